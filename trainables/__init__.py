"""Training code: knows nothing of sweeps; of `sweeper` it imports `sweeper.protocol` alone."""
