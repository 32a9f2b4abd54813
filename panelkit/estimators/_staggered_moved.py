"""The effect of a staggered design under other adoption dates of its units, for permutations; the design is not compiled again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from panelkit.core.request import Adoption
from panelkit.estimators._staggered import Staggered
from panelkit.estimators._staggered_method import Method
from panelkit.numerics.arrays import FloatArray
from panelkit.numerics.staggered_effects import aggregate
from panelkit.numerics.staggered_panel import StaggeredPanel

NONE = (float("nan"), float("nan"))


def adoption_of(method: Method, design: Staggered) -> Adoption | None:
    """Who adopts when, and the average effect (att) with its t under other dates; None where rows are no panel of such units.

    Under other dates the rules of the sample hold again: units treated from the first period on leave, and periods without an
    untreated unit. Units that left for that reason under the true dates stay away.
    """
    if design.sections or method.triple is not None:
        return None
    made = design.compiled.panel
    names = np.unique(made.column(made.unit).astype(str))
    if len(names) != design.panel.units:
        return None

    def effect(cohort: FloatArray) -> tuple[float, float]:
        under = _under(design, np.asarray(cohort, dtype=np.float64), method.anticipation)
        if under is None:
            return NONE
        try:
            found = aggregate(method.effects(under), "simple")
        except (ValueError, np.linalg.LinAlgError):
            return NONE
        se = found.overall_se
        return float(found.overall), float(found.overall / se) if se > 0 else float("nan")

    clusters = design.panel.clusters
    groups = design.panel.units if clusters is None else int(clusters.max()) + 1
    return Adoption(keys=tuple(map(str, names)), cohort=design.panel.cohort.copy(), effect=effect, groups=groups)


def _under(design: Staggered, cohort: FloatArray, anticipation: int) -> Staggered | None:
    """The design with those cohorts, without the rows that can be compared with nothing; None where no treated row is left."""
    panel = design.panel
    first = cohort[panel.unit]
    kept = first > panel.time.min()
    kept &= np.isin(panel.time, np.unique(panel.time[kept & (first > panel.time + anticipation)]))
    if not (kept & (panel.time >= first)).any():
        return None
    if kept.all():
        return replace(design, panel=replace(panel, cohort=cohort))
    effects = None if design.effects is None else tuple(_coded(e[kept]) for e in design.effects)
    return replace(design, panel=_rows(panel, cohort, kept), effects=effects)


def _rows(panel: StaggeredPanel, cohort: FloatArray, kept: np.ndarray) -> StaggeredPanel:
    units = np.unique(panel.unit[kept])
    return replace(
        panel,
        outcome=panel.outcome[kept],
        unit=_coded(panel.unit[kept]),
        time=panel.time[kept],
        covariates=panel.covariates[kept],
        weights=None if panel.weights is None else panel.weights[kept],
        cohort=cohort[units],
        clusters=None if panel.clusters is None else _coded(panel.clusters[units]),
        order=panel.order[kept],
    )


def _coded(codes: np.ndarray) -> np.ndarray:
    return np.unique(codes, return_inverse=True)[1].astype(np.intp)
