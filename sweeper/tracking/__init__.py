"""The MLflow mirror of a sweep: the only importer of mlflow; the study stays the truth."""
