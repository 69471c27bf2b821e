"""Nuclei drawn from a seed, so that everything runs without a download."""

from trainables.data.synthetic.source import SyntheticSource

__all__ = ["SyntheticSource"]
