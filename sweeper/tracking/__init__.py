"""The MLflow mirror of a sweep: the only importer of mlflow. The study stays the record of truth."""
