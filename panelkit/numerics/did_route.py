"""Other routes to effects by cohort and period with covariates, gaps or further effects; no arithmetic of the estimators is used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray
from panelkit.numerics.did_callaway import CallawayPlan, comparisons, leaving, never_within
from panelkit.numerics.staggered_effects import CohortEffects
from panelkit.numerics.staggered_panel import NEVER, StaggeredPanel

DENSE = 4e6  # cells of a matrix of dummies up to which it is written out and solved by singular values
SETTLED, STEPS = 1e-13, 60
TRIM = 0.995  # as R DRDID: controls with a score from here on take no part


def covariate_cells(panel: StaggeredPanel, plan: CallawayPlan, effects: CohortEffects) -> FloatArray:
    """Give back ATT(g, t) (m,) of Callaway and Sant'Anna with covariates, each cell from its own rows.

    Outcome regression by least squares on the cell's controls, weights from a logit by reweighted least squares, and the
    doubly robust one as the weighted means of what the regression leaves. Points alone, no influence.

    Parameters
    ----------
    effects : says which cells there are; no value of it is used.

    Raises
    ------
    ValueError
        If a logit of some cell does not settle.

    Source
    ------
    Sant'Anna and Zhao (2020, doi:10.1016/j.jeconom.2020.06.003, equations 2.2-2.6 and 3.4 to 3.6).
    """
    always, incomplete = leaving(panel, plan)
    stay = ~(always | incomplete)
    rows = stay[panel.unit]
    linked = int(rows.sum()) == int(stay.sum()) * len(panel.periods)
    cohort = never_within(panel, plan)
    bases = bases_of(panel, plan, effects)
    out = np.zeros(len(effects.att))
    for j, (g, t) in enumerate(zip(effects.cohorts.tolist(), effects.periods.tolist(), strict=True)):
        base = bases[g, t]
        if t == base:
            continue
        latest = max(t, base) + plan.anticipation
        others = cohort == NEVER if plan.control == "never" else (cohort > latest) & (cohort != g)
        chosen = stay & (others | (cohort == g))
        if linked:
            out[j] = linked_difference(panel, chosen, cohort == g, (t, base), plan.method)
        else:
            out[j] = _sections_difference(panel, chosen, cohort == g, (t, base), plan.method)
    return out


def bases_of(panel: StaggeredPanel, plan: CallawayPlan, effects: CohortEffects) -> dict[tuple[float, float], float]:
    """The base period of each (cohort, period)."""
    cohorts = np.unique(effects.cohorts).tolist()
    return {(g, t): base for g in cohorts for t, base in comparisons(panel.periods, g, plan)}


def linked_difference(
    panel: StaggeredPanel, chosen: Any, treated: Any, pair: tuple[float, float], method: str
) -> float:
    """One two-by-two effect from units seen in both periods of `pair` (now, before); chosen, treated : (N,) bool."""
    at = {p: np.flatnonzero((panel.time == p) & chosen[panel.unit]) for p in pair}
    change = panel.outcome[at[pair[0]]] - panel.outcome[at[pair[1]]]
    earlier = at[min(pair)]
    X = np.column_stack([np.ones(len(earlier)), panel.covariates[earlier]])
    w, d = panel.mass[earlier], treated[panel.unit[earlier]]
    left = change if method == "ipw" else change - X @ _fitted(change[~d], X[~d], w[~d])
    if method == "reg":
        return float(np.average(left[d], weights=w[d]))
    odds = _odds(d, X, w)
    return float(np.average(left[d], weights=w[d]) - np.average(left[~d], weights=(w * odds)[~d]))


def _sections_difference(
    panel: StaggeredPanel, chosen: Any, treated: Any, pair: tuple[float, float], method: str
) -> float:
    """One two-by-two effect from two cross-sections."""
    rows = np.flatnonzero(np.isin(panel.time, pair) & chosen[panel.unit])
    y, w = panel.outcome[rows], panel.mass[rows]
    X = np.column_stack([np.ones(len(rows)), panel.covariates[rows]])
    d, now = treated[panel.unit[rows]], panel.time[rows] == pair[0]

    def mean(values: FloatArray, where: Any, weights: FloatArray = w) -> float:
        return float(np.average(values[where], weights=weights[where]))

    def line(where: Any) -> FloatArray:
        return _fitted(y[where], X[where], w[where])

    def moved(values: FloatArray, side: Any, weights: FloatArray = w) -> float:
        return mean(values, side & now, weights) - mean(values, side & ~now, weights)

    if method == "reg":
        return moved(y, d) - mean(X @ (line(~d & now) - line(~d & ~now)), d)
    odds = w * _odds(d, X, w)
    if method == "ipw":
        return moved(y, d) - moved(y, ~d, odds)
    untreated = {True: line(~d & now), False: line(~d & ~now)}
    left = y - np.where(now, X @ untreated[True], X @ untreated[False])
    gain = {s: X @ (line(d & (now == s)) - untreated[s]) for s in (True, False)}
    efficient = mean(gain[True], d) - mean(gain[True], d & now) - mean(gain[False], d) + mean(gain[False], d & ~now)
    return moved(left, d) - moved(left, ~d, odds) + efficient


def _fitted(y: FloatArray, X: FloatArray, w: FloatArray) -> FloatArray:
    """Coefficients of weighted least squares, by singular values."""
    root = np.sqrt(w)
    size = np.sqrt(np.mean(X**2, axis=0))
    found: FloatArray = np.linalg.lstsq(X * root[:, None] / size, y * root, rcond=None)[0] / size
    return found


def _odds(d: Any, X: FloatArray, w: FloatArray) -> FloatArray:
    """Odds of treatment by a logit, zero for controls beyond the trimming: reweighted least squares until it settles."""
    index = np.full(len(d), np.log(w[d].sum() / w[~d].sum()))
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-index))
        working = index + (d - p) / (p * (1 - p))
        moved = X @ _fitted(working, X, w * p * (1 - p))
        step = float(np.abs(moved - index).max())
        index = moved
        if step < SETTLED * max(1.0, float(np.abs(index).max())) * 100:
            break
    else:
        raise ValueError("the logit of a cell does not settle")
    p = 1 / (1 + np.exp(-index))
    return np.where(p < TRIM, np.exp(index), 0.0)


def triple_cells(panel: StaggeredPanel, eligible: Any, plan: CallawayPlan, effects: CohortEffects) -> FloatArray:
    """Give back each cell (m,) of a staggered triple difference with covariates as three two-by-two effects for each control cohort.

    Parameters
    ----------
    eligible : (N,) bool. effects : says which cells there are; no value of it is used.

    Raises
    ------
    ValueError
        If a logit of some cell does not settle.

    Source
    ------
    Ortiz-Villavicencio and Sant'Anna (2025, arXiv:2505.09942), the three terms of their estimators.
    """
    on = np.asarray(eligible, dtype=bool)
    cohort = never_within(panel, plan)
    bases = bases_of(panel, plan, effects)
    out = np.zeros(len(effects.att))
    for j, (g, t) in enumerate(zip(effects.cohorts.tolist(), effects.periods.tolist(), strict=True)):
        base, latest = bases[g, t], max(t, bases[g, t]) + plan.anticipation
        if t == base:
            continue
        own = (cohort == g) & on

        def against(others: Any, own: Any = own, pair: tuple[float, float] = (t, base)) -> float:
            return linked_difference(panel, own | others, own, pair, plan.method)

        known = np.unique(cohort[cohort == NEVER if plan.control == "never" else (cohort > latest) & (cohort != g)])
        pairs = [((cohort == c) & on, (cohort == c) & ~on) for c in known.tolist()]
        pairs = [(yes, no) for yes, no in pairs if yes.any() and no.any()]
        earlier = panel.time == min(t, base)
        weights = [float(panel.mass[earlier & yes[panel.unit]].sum()) for yes, _ in pairs]
        gaps = [against(yes) - against(no) for yes, no in pairs]
        out[j] = against((cohort == g) & ~on) + float(np.average(gaps, weights=weights))
    return out


# ---------------------------------------------------------------- regressions on dummies written out


def imputed_cells(
    panel: StaggeredPanel, effects: CohortEffects, others: Sequence[IntArray] | None = None
) -> FloatArray:
    """Give back effects by cohort and period (m,) by least squares of untreated rows on every dummy, written out.

    Parameters
    ----------
    effects : says which cells there are (before treatment too); no value of it is used.
    others : codes (n,) of the effects beside the unit in the panel's row order; None for the period.

    Raises
    ------
    ValueError
        If some treated row is not determined by the untreated ones.

    Source
    ------
    Borusyak, Jaravel and Spiess (2024, doi:10.1093/restud/rdae007, theorem 1), computed as it reads.
    """
    undetermined = [why for _, _, why in effects.unidentified if why.endswith("do not determine the prediction")]
    if undetermined:
        raise ValueError("which rows the untreated ones determine would have to be found out anew")
    codes = [panel.unit, *([np.searchsorted(panel.periods, panel.time)] if others is None else others)]
    design = _dummies(codes, panel.covariates)
    untreated = panel.event < 0
    b = _least_squares(design[np.flatnonzero(untreated)], panel.outcome[untreated], panel.mass[untreated])
    gap = panel.outcome - np.asarray(design @ b)
    known = np.logical_and.reduce([np.isin(c, c[untreated]) for c in codes])
    cohort = panel.cohort[panel.unit]
    pairs = zip(effects.cohorts.tolist(), effects.periods.tolist(), strict=True)
    rows = [known & (cohort == g) & (panel.time == t) for g, t in pairs]
    return np.array([np.average(gap[r], weights=panel.mass[r]) for r in rows])


def saturated_cells(
    panel: StaggeredPanel, effects: CohortEffects, extended: Literal["", "never", "notyet"] = ""
) -> FloatArray:
    """Give back the coefficients (m,) of a dummy for each cell beside unit, period and covariates, every column written out.

    Parameters
    ----------
    effects : says which cells there are; no value of it is used.
    extended : of Wooldridge's regression its control group: units and periods without an untreated row are left out, covariates
        also stand times each period, and centred at their cohort's mean times each cell. Else Sun and Abraham's: cohorts
        without a cell are left out, covariates enter linearly.

    Raises
    ------
    ValueError
        If the dummy of some cell is a combination of others.

    Source
    ------
    Sun and Abraham (2021, doi:10.1016/j.jeconom.2020.09.006); Wooldridge (2025, doi:10.1007/s00181-025-02807-z), as they read.
    """
    from scipy import sparse

    if any("collinear" in why for _, _, why in effects.unidentified):
        raise ValueError("the dummy of a cell is a combination of others")
    cohort, when = panel.cohort[panel.unit], np.searchsorted(panel.periods, panel.time)
    if extended:
        untreated = panel.event < 0 if extended == "notyet" else cohort > panel.periods[-1]
        kept = np.isin(panel.unit, panel.unit[panel.event < 0]) & np.isin(when, when[untreated])
    else:
        kept = np.isin(cohort, effects.cohorts) | (cohort > panel.periods[-1])
    pairs = list(zip(effects.cohorts.tolist(), effects.periods.tolist(), strict=True))
    cells = sparse.hstack(
        [sparse.csr_array((kept & (cohort == g) & (panel.time == t)).astype(float)[:, None]) for g, t in pairs], "csr"
    )
    blocks = [cells, _dummies([panel.unit, when], panel.covariates)]
    for x in panel.covariates.T if extended else ():
        blocks.append(sparse.csr_array(x[:, None] * (when[:, None] == np.arange(1, len(panel.periods)))))
        centred = x.copy()
        for g in np.unique(cohort[kept]):
            centred[cohort == g] -= np.average(x[kept & (cohort == g)], weights=panel.mass[kept & (cohort == g)])
        blocks.append(sparse.csr_array(cells.multiply(centred[:, None])))
    design = sparse.hstack(blocks, format="csr")[np.flatnonzero(kept)]
    return _least_squares(design, panel.outcome[kept], panel.mass[kept])[: len(pairs)]


def _dummies(codes: Sequence[IntArray], X: FloatArray) -> Any:
    from scipy import sparse

    n = len(codes[0])
    made = [sparse.csr_array((np.ones(n), (np.arange(n), c)), shape=(n, int(c.max()) + 1)) for c in codes]
    return sparse.hstack([*made, sparse.csr_array(X - X.mean(axis=0))], format="csr")


def _least_squares(design: Any, y: FloatArray, w: FloatArray) -> FloatArray:
    """Shortest coefficients, columns brought to length one: by singular values where small, else by LSMR and a second pass."""
    from scipy import sparse
    from scipy.sparse.linalg import lsmr

    root = np.sqrt(w)
    A = sparse.csr_array(design.multiply(root[:, None]))
    size = np.sqrt(np.asarray(A.multiply(A).sum(axis=0)).ravel())
    size[size == 0] = 1.0
    A = sparse.csr_array(A.multiply(1 / size[None, :]))
    if A.shape[0] * A.shape[1] <= DENSE:
        found: FloatArray = np.linalg.lstsq(A.toarray(), y * root, rcond=1e-11)[0] / size
        return found
    b = np.zeros(A.shape[1])
    for _ in range(3):
        rest = y * root - np.asarray(A @ b)
        b = b + lsmr(A, rest, atol=1e-15, btol=1e-15, conlim=0, maxiter=20_000)[0]
    return np.asarray(b / size)
