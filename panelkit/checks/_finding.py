"""How a check hands back a finding, refuses a model it does not fit, and names units in what numerics says. No test is computed here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from panelkit.core.check import Check, CheckSpec, Subject, Verdict
from panelkit.core.errors import EstimationError
from panelkit.core.label import Label
from panelkit.core.panel import Panel


def finding(
    declared: CheckSpec,
    subject: Subject,
    text: Label,
    *,
    verdict: Verdict = "says",
    value: float | None = None,
    bound: float | None = None,
    rows: Sequence[Mapping[str, Any]] = (),
    series: Mapping[str, Any] | None = None,
) -> Check:
    """A Check with plain floats throughout; what is not a finite number becomes None in `rows`."""
    return Check(
        name=declared.kind,
        of=subject.estimate.id,
        verdict=verdict,
        value=None if value is None else float(value),
        bound=None if bound is None else float(bound),
        text=text,
        gate=declared.gate,
        series={name: tuple(map(float, values)) for name, values in (series or {}).items()},
        rows=tuple({key: _plain(value) for key, value in row.items()} for row in rows),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def unfit(subject: Subject, kind: str, what: str, mend: str) -> EstimationError:
    """The error of a check that is asked of a model it does not fit."""
    return EstimationError(f"the check '{kind}' {what}", where=f"models.{subject.estimate.id}.checks", mend=mend)


@contextmanager
def said_by_numerics(subject: Subject, kind: str, sample: Panel, mend: str) -> Iterator[None]:
    """Turn a ValueError of numerics into an EstimationError of this check, "unit 3" into that unit's name.

    Raises
    ------
    EstimationError
        In place of the ValueError.
    """
    try:
        yield
    except ValueError as fault:
        raise unfit(subject, kind, f"cannot be made: {in_names(str(fault), sample)}", mend) from fault


def in_names(text: str, sample: Panel, kept: Sequence[str] | None = None) -> str:
    """`text` of numerics with the names of units in place of their codes, which count the units of the sample, or those `kept`."""
    units = sorted(sample.units) if kept is None else kept

    def name(found: re.Match[str]) -> str:
        at = int(found[1])
        return sample.unit_name(units[at]).to("en") if at < len(units) else found[0]

    return re.sub(r"\bunit (\d+)\b", name, text)


def joined(parts: Sequence[Label]) -> Label:
    """Sentences one after the other, in both languages."""
    return Label(en=" ".join(p.en for p in parts if p.en), zh="".join(p.zh for p in parts if p.zh))
