"""Ray Tune runs the trials: the only package that imports ray (`session` and `loading` do not)."""
