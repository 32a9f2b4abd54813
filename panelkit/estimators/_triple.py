"""The three factors of a triple difference: which is assigned the treatment, which carries the exposure. No regression is run here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.formula import Formula
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel

EFFECTS = "write y ~ dose:exposure | place^group + place^time + group^time, such as province^industry + province^year + industry^year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """place : what the treatment is assigned to. group : what differs in exposure. dose, exposure : factors of the treatment."""

    place: str
    group: str
    dose: tuple[str, ...]
    exposure: tuple[str, ...]


def pair_of(formula: Formula, panel: Panel, where: str) -> tuple[str, str]:
    """The two factors beside time, as first written.

    Raises
    ------
    EstimationError
        If the effects are not the three pairs of two categories and time.
    """
    pairs = [e.factors for e in formula.absorb if not e.slopes]
    names = list(dict.fromkeys(f for p in pairs for f in p))
    wanted = {frozenset((a, b)) for i, a in enumerate(names) for b in names[i + 1 :]}
    if (
        len(formula.absorb) != 3
        or len(names) != 3
        or panel.time not in names
        or {frozenset(p) for p in pairs} != wanted
    ):
        raise EstimationError(
            "a triple difference has the three pairs of two categories and time as effects",
            where=f"{where}.formula",
            mend=EFFECTS,
        )
    first, second = (n for n in names if n != panel.time)
    return first, second


def factors_of(treatment: tuple[str, ...], pair: tuple[str, str], panel: Panel, named: str, where: str) -> Factors:
    """Which of `pair` the treatment is assigned to, by what its factors are constant in.

    Parameters
    ----------
    treatment : the factors of the product that is the treatment. panel : the rows used.
    named : the place, where the study names it.

    Raises
    ------
    EstimationError
        If no part of the treatment is a path of places and the rest fixed.
    """
    if named and named not in pair:
        raise EstimationError(
            f"the place '{named}' is no factor of the effects",
            where=f"{where}.place",
            mend=known_or_nearest(named, pair),
        )
    values = {f: panel.column(f).astype("float64") for f in treatment}
    both = panel.codes(*pair)
    for place in (named,) if named else pair:
        by_time = panel.codes(place, panel.time)
        dose = tuple(f for f in treatment if constant(values[f], by_time))
        exposure = tuple(f for f in treatment if f not in dose)
        path = np.prod([values[f] for f in dose], axis=0) if dose else np.zeros(panel.rows)
        moves = not constant(path, panel.codes(place))
        if exposure and moves and all(constant(values[f], both) for f in exposure):
            group = pair[0] if place == pair[1] else pair[1]
            return Factors(place=place, group=group, dose=dose, exposure=exposure)
    raise EstimationError(
        f"'{':'.join(treatment)}' is no product of a path of {' or '.join((named,) if named else pair)} over {panel.time}"
        " and an exposure that is fixed within their pairs",
        where=f"{where}.treatment",
        mend="the dose may vary by place and time only, the exposure by group (fixed over time)",
    )


def constant(values: np.ndarray, codes: np.ndarray) -> bool:
    """Whether a column has one value within each code."""
    low, high = np.full(int(codes.max()) + 1, np.inf), np.full(int(codes.max()) + 1, -np.inf)
    np.minimum.at(low, codes, values)
    np.maximum.at(high, codes, values)
    return bool((high - low <= 1e-12 * np.maximum(np.abs(low), np.abs(high))).all())
