"""What the user asks for: a space file read into a `SweepSpec`, with mistakes at their lines."""

from __future__ import annotations

from sweeper.spec.notes import find_notes
from sweeper.spec.reading import SpecFile, load_spec, read_spec
from sweeper.spec.sections import Budget, Objective, Resources
from sweeper.spec.sweep_spec import SweepSpec
from sweeper.spec.training import TrainingFile, dump_training, read_training
from sweeper.spec.writing import dump_spec, dump_yaml, spec_hash

__all__ = [
    "Budget",
    "Objective",
    "Resources",
    "SpecFile",
    "SweepSpec",
    "TrainingFile",
    "dump_spec",
    "dump_training",
    "dump_yaml",
    "find_notes",
    "load_spec",
    "read_spec",
    "read_training",
    "spec_hash",
]
