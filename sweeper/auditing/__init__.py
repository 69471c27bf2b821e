"""Is anything of a sweep lost or double? Looks at the study, MLflow, the disk and the processes.

Nothing is changed. Each area has a file, which gives its checks as values.
"""

from __future__ import annotations

from sweeper.auditing.auditor import audit
from sweeper.auditing.results import Audit, Check, Finding, Severity

__all__ = ["Audit", "Check", "Finding", "Severity", "audit"]
