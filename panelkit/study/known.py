"""What other stages understand, as the pipeline hands it to the study's checks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What other stages understand, handed in by the pipeline: functions of expressions, small-sample conventions, findings on a panel."""

    functions: frozenset[str] = frozenset()
    conventions: frozenset[str] = frozenset()
    findings: frozenset[str] = frozenset()
