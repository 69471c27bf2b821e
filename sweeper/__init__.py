"""Sweeps for instance segmentation: Ray Tune schedules, Optuna proposes and prunes, MLflow remembers."""
