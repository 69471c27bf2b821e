"""Sweeps in order, and what is said of those."""

from __future__ import annotations

import sweeper
from sweeper.study.lock import drive


def tree(root):
    """Every file below a folder and what it holds."""
    return {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_finished_sweep_is_in_order(scene):
    found = scene.audit()
    assert [finding.sentence for finding in found.findings] == []
    assert found.is_in_order
    assert (found.num_trials, found.num_runs, found.num_epochs) == (4, 4, 11)
    empty = [check.unit for check in found.checks if not check.count]
    assert empty == ["reports", "processes"]


def test_an_interrupted_sweep_is_in_order(scene):
    found = scene.only("open")
    assert (found.kind, found.severity) == ("interrupted", "note")
    assert found.sentence == "1 interrupted (#3 at epoch 2), resume goes on with them"
    assert found.todo == f"sweeper resume open --home {scene.home.root}"
    assert scene.audit("open").is_in_order


def test_nothing_is_changed(scene):
    before = tree(scene.home.root)
    scene.audit()
    scene.audit("open")
    assert tree(scene.home.root) == before


def test_no_store_is_made(scene):
    scene.home.mlflow_db.unlink()
    assert scene.kinds() == ["run-missing"] * 4 + ["parent-missing"]
    assert not scene.home.mlflow_db.exists()


def test_a_half_made_store_is_left_alone(scene):
    scene.sql("DELETE FROM alembic_version")
    before = scene.home.mlflow_db.read_bytes()
    found = scene.audit()
    assert not found.is_in_order
    (reason,) = found.unchecked
    assert "mlflow.db is half an MLflow store" in reason
    assert scene.home.mlflow_db.read_bytes() == before


def test_a_store_that_is_no_database_is_not_checked(scene):
    scene.home.mlflow_db.write_text("not a database, but long enough to be looked at" * 10)
    found = scene.audit()
    assert found.num_runs is None
    assert not found.num_wrong
    assert not found.is_in_order
    (reason,) = found.unchecked
    assert "mlflow.db can't be read: file is not a database" in reason


def test_while_a_driver_runs_only_what_always_holds_is_checked(scene):
    scene.sql("DELETE FROM metrics WHERE step = 2 AND run_uuid = ?", scene.run_id(3, "open"))
    (scene.home.sweep("open").trial(3).checkpoints / ".new-abc").mkdir()
    with drive(scene.home.sweep("open")):
        found = scene.audit("open")
    assert found.is_driven
    assert found.is_in_order
    assert not found.findings


def test_for_python(scene):
    assert sweeper.audit("done", scene.home.root).is_in_order
