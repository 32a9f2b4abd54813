"""Curves of averaged effects, and their simultaneous bands by the multiplier bootstrap. What is averaged is the estimator's."""

from __future__ import annotations

import numpy as np

from panelkit.core.estimate import Effect, Resampled
from panelkit.estimators._estimate import TOO_FEW_TREATED
from panelkit.estimators._inference import term_of
from panelkit.numerics.staggered_bands import Bands, multiplier_bands
from panelkit.numerics.staggered_effects import Aggregated, CohortEffects

FEW = 30  # clusters below which the bands are said to be too narrow


def treated_units(effects: CohortEffects, parts: dict[str, Aggregated]) -> dict[str, np.ndarray]:
    """How many treated units stand behind each point of the three curves: by event time, cohort and period."""
    whose = {"dynamic": effects.event, "group": effects.cohorts, "calendar": effects.periods}
    made = {}
    for how, key in whose.items():
        cells = (key if how == "dynamic" else np.where(effects.event >= 0, key, np.nan), effects.treated)
        add = np.max if how == "group" else np.sum
        made[how] = np.array([int(add(cells[1][cells[0] == a])) for a in parts[how].at])
    return made


def curve(found: Aggregated, units: np.ndarray, few: bool, level: float) -> tuple[Effect, ...]:
    """The curve of a list of averages, pointwise intervals.

    Without errors where `few` clusters are treated at all, and at a point that one or two of the treated `units` stand behind: the
    spread of treated changes cannot be seen there, so the error would be that of the controls alone.
    """
    rows = zip(found.at, found.estimate, found.se, units, strict=True)
    return tuple(effect(a, b, np.nan if few or n <= TOO_FEW_TREATED else s, n, level) for a, b, s, n in rows)


def effect(at: float, b: float, se: float, rows: int, level: float) -> Effect:
    """One point of a curve, normal reference."""
    t = term_of("", float(b), float(se), np.inf, level)
    return Effect(
        at=float(at), label=f"{at:g}", estimate=t.estimate, se=t.se, low=t.low, high=t.high, p=t.p, rows=int(rows)
    )


def bands_of(
    parts: dict[str, Aggregated], units: dict[str, np.ndarray], draws: int, seed: int, level: float
) -> tuple[Resampled, ...]:
    """Simultaneous bands of the three curves, and the bootstrap interval of each average; `units` as in `curve`."""
    made: list[Resampled] = []
    heads = {"dynamic": "event_time", "group": "cohort", "calendar": "calendar"}
    for how, head in heads.items():
        found = parts[how]
        held = units[how] > TOO_FEW_TREATED
        if not held.any():
            continue
        names = [f"{head} at {a:g}" for a in found.at[held]]  # no term has such a name: a table has no line for them
        bands = _banded(found.estimate[held], found.influence[:, held], found, (draws, seed), level)
        made += _rows(names, bands, level, "simultaneous")
    for name, how in (
        ("att", "simple"),
        ("att_dynamic", "dynamic"),
        ("att_group", "group"),
        ("att_calendar", "calendar"),
    ):
        found = parts[how]
        one = _banded(np.array([found.overall]), found.overall_influence[:, None], found, (draws, seed), level)
        made += _rows([name], one, level, "alone")
    return tuple(made)


def _banded(
    values: np.ndarray, influence: np.ndarray, found: Aggregated, drawn: tuple[int, int], level: float
) -> Bands | None:
    scaled = influence * np.sqrt(found.factor)
    try:
        return multiplier_bands(values, scaled, found.clusters, drawn[0], drawn[1], level)
    except ValueError:
        return None


def _rows(names: list[str], bands: Bands | None, level: float, how: str) -> list[Resampled]:
    if bands is None:
        return []
    note = f"{100 * level:g} % {how}, critical value {bands.critical:.3f}, {bands.clusters} clusters"
    return [
        Resampled(
            term=name,
            method="multiplier bootstrap",
            statistic=float(bands.estimate[j] / bands.bootstrap_se[j]),
            p=float(bands.p[j]),
            low=float(bands.low[j]),
            high=float(bands.high[j]),
            draws=bands.draws,
            note=note,
        )
        for j, name in enumerate(names)
        if np.isfinite(bands.bootstrap_se[j])
    ]


def band_words(banded: tuple[Resampled, ...], clusters: int) -> tuple[str, ...]:
    """What the bands are, and a warning where few clusters make them too narrow."""
    if not banded:
        return ()
    few = f" With {clusters} clusters they are too narrow." if clusters < FEW else ""
    return (
        f"Bands: multiplier bootstrap, {banded[0].draws} draws, one sign for each cluster; a band holds all points of its curve"
        f" at once, the intervals of the curves one point each.{few}",
    )
