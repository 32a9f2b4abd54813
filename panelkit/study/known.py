"""What other stages understand, as the pipeline hands it to the study's checks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What other stages understand, handed in by the pipeline; an empty set leaves the names unchecked.

    Parameters
    ----------
    functions : frozenset of str
        Functions of expressions.
    conventions : frozenset of str
        Small-sample conventions.
    findings : frozenset of str
        Findings on a panel, which gates may name.
    """

    functions: frozenset[str] = frozenset()
    conventions: frozenset[str] = frozenset()
    findings: frozenset[str] = frozenset()
