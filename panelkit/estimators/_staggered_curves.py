"""Curves of averaged effects, and their simultaneous bands by the multiplier bootstrap. What is averaged is the estimator's."""

from __future__ import annotations

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.estimate import Effect, Resampled
from panelkit.estimators._estimate import TOO_FEW_TREATED
from panelkit.estimators._inference import term_of
from panelkit.numerics.did_imputation import PreTrends
from panelkit.numerics.staggered_bands import Bands, grouped_bands
from panelkit.numerics.staggered_effects import Aggregated, CohortEffects, covariance

FEW = 30  # clusters below which the bands are said to be too narrow


def treated_units(effects: CohortEffects, parts: dict[str, Aggregated]) -> dict[str, np.ndarray]:
    """How many treated units stand behind each point of the curves in `parts`: by event time, cohort and period."""
    whose = {"dynamic": effects.event, "group": effects.cohorts, "calendar": effects.periods}
    made = {}
    for how, key in ((h, k) for h, k in whose.items() if h in parts):
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


def covariances_of(found: Aggregated, units: np.ndarray, few: bool) -> np.ndarray:
    """The covariance (r, r) of the points of a curve, NaN in the rows and columns that `curve` gives no error."""
    V = covariance(found.influence, found.clusters, found.factor)
    return _withheld((V + V.T) / 2, few | (units <= TOO_FEW_TREATED) | ~np.isfinite(found.se))


def _withheld(V: np.ndarray, out: np.ndarray) -> np.ndarray:
    V = V.copy()
    V[out, :] = np.nan
    V[:, out] = np.nan
    return V


def event_curve(
    found: Aggregated, units: np.ndarray, leads: PreTrends | None, reference: float | None, few: bool, level: float
) -> tuple[tuple[Effect, ...], np.ndarray]:
    """The curve by event time with leads among untreated rows and the reference period at zero, and its covariance (r, r).

    The covariance of leads and effects comes from the influence of both; the reference has zeros.
    """
    plain = found.at if reference is None else found.at[found.at != reference]
    points = [
        (float(a), e, found.influence[:, i], int(units[i]))
        for i, (a, e) in enumerate(zip(found.at, found.estimate, strict=True))
        if a in plain
    ]
    if leads is not None:
        scale = 1 / np.sqrt(found.factor)  # the leads have no small-sample factor
        points += [
            (float(a), b, leads.influence[:, j] * scale, 0)
            for j, (a, b) in enumerate(zip(leads.at, leads.estimate, strict=True))
        ]
    points.sort(key=lambda p: p[0])
    V = covariance(np.column_stack([p[2] for p in points]), found.clusters, found.factor)
    spread = np.sqrt(np.maximum(np.diag(V), 0.0))
    ahead = set() if leads is None else set(leads.at.tolist())
    thin = np.array([p[3] <= TOO_FEW_TREATED and p[0] not in ahead for p in points]) | (spread == 0) | few
    V = _withheld((V + V.T) / 2, thin)
    rows = zip(points, np.where(thin, np.nan, spread), strict=True)
    made = [effect(a, b, s, n, level) for (a, b, _, n), s in rows]
    if reference is None:
        return tuple(made), V
    place = int(sum(e.at < reference for e in made))
    blank = float("nan")
    zero = Effect(at=reference, label=f"{reference:g}", estimate=0.0, se=0.0, low=0.0, high=0.0, p=blank, rows=0)
    V = np.insert(np.insert(V, place, 0.0, axis=0), place, 0.0, axis=1)
    return (*made[:place], zero, *made[place:]), V


def bands_of(
    parts: dict[str, Aggregated], units: dict[str, np.ndarray], draws: int, seed: int, level: float
) -> tuple[Resampled, ...]:
    """Simultaneous bands of the three curves, and the bootstrap interval of each average; `units` as in `curve`."""
    heads = {"dynamic": "event_time", "group": "cohort", "calendar": "calendar"}
    terms = {"att": "simple", "att_dynamic": "dynamic", "att_group": "group", "att_calendar": "calendar"}
    names: list[list[str]] = []
    groups: list[tuple[np.ndarray, np.ndarray]] = []
    for how, head in heads.items():
        found, held = parts[how], units[how] > TOO_FEW_TREATED
        if held.any():
            names.append(
                [f"{head} at {a:g}" for a in found.at[held]]
            )  # no term has such a name: a table has no line for them
            groups.append((found.estimate[held], found.influence[:, held] * np.sqrt(found.factor)))
    curves = len(groups)
    for name, how in terms.items():
        found = parts[how]
        names.append([name])
        groups.append((np.array([found.overall]), found.overall_influence[:, None] * np.sqrt(found.factor)))
    try:
        bands = grouped_bands(groups, parts["simple"].clusters, draws, seed, level)
    except ValueError:
        return ()
    made: list[Resampled] = []
    for i, (of, band) in enumerate(zip(names, bands, strict=True)):
        made += _rows(of, band, level, "simultaneous" if i < curves else "alone")
    return tuple(made)


def _rows(names: list[str], bands: Bands | None, level: float, how: str) -> list[Resampled]:
    if bands is None:
        return []
    note = f"{100 * level:g} % {how}, critical value {bands.critical:.3f}, {counted(bands.clusters, 'clusters')}"
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
    few = f" With {counted(clusters, 'clusters')} they are too narrow." if clusters < FEW else ""
    return (
        f"Bands: multiplier bootstrap, {counted(banded[0].draws, 'draws')}, one sign for each cluster; a band holds all points of its curve"
        f" at once, the intervals of the curves one point each.{few}",
    )
