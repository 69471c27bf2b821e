"""What is remarkable about measured data, topic by topic. Thresholds stand beside their reasons."""

from trainables.inspection.findings.all import find_all

__all__ = ["find_all"]
