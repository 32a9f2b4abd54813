"""Synthetic difference-in-differences for few treated units and its relatives. Several cohorts and errors: synthetic_cohorts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, matrix

Variant = Literal["sdid", "sc", "did"]
STEPS, STEPS_BEFORE_CUT = 10_000, 100
CUT = 4.0  # weights below a quarter of the largest are set to zero and the search starts again
STOP = 1e-5  # of the noise level: decrease per step below which the search ends
FLOOR = 1e-6  # ridge of period weights (and of unit weights in synthetic control), of the noise level


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Synthetic:
    """A weighted difference in differences.

    Attributes
    ----------
    estimate : effect on the treated units, mean over treated periods.
    unit_weights : (N0,) of the controls, in their order; `period_weights` : (T0,) of the periods before treatment.
    path, synthetic : (T,) mean outcome of the treated and of the weighted controls (levels, not shifted).
    effects : (T - T0,) effect by treated period.
    noise : standard deviation of the changes of the controls before treatment.
    """

    estimate: float
    unit_weights: FloatArray
    period_weights: FloatArray
    path: FloatArray
    synthetic: FloatArray
    effects: FloatArray
    noise: float


def synthetic_did(outcome: FloatArray, treated: Any, before: int, variant: Variant = "sdid") -> Synthetic:
    """Give back synthetic difference-in-differences, synthetic control or difference-in-differences of a block design.

    Parameters
    ----------
    outcome : (N, T) balanced.
    treated : (N,) bool; all treated from the same period on.
    before : number of periods T0 before treatment.
    variant : `sdid` unit and period weights; `sc` unit weights without shift, no period weights; `did` equal weights.

    Raises
    ------
    ValueError
        If there are fewer than two controls or periods before treatment, no treated unit or no treated period.

    Source
    ------
    Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021, doi:10.1257/aer.20190159, algorithm 1); R synthdid 0.0.9:
    Frank-Wolfe with its stopping rule and sparsification, here on cross-products.
    """
    Y, on = _block(outcome, treated, before)
    if variant not in ("sdid", "sc", "did"):
        raise ValueError(f"a variant is sdid, sc or did, not {variant!r}")
    controls = Y[~on]
    noise = noise_of(controls, before)
    target = Y[on].mean(axis=0)[None, :]
    plan = (variant, noise, int(on.sum()))
    units, periods = weights_of(controls, target, np.ones((1, len(controls))), before, plan, None)
    path, synthetic = target[0], units[0] @ controls
    gap = path - synthetic
    shift = float(periods[0] @ gap[:before])
    return Synthetic(
        estimate=float(gap[before:].mean() - shift),
        unit_weights=units[0],
        period_weights=periods[0],
        path=path,
        synthetic=synthetic,
        effects=gap[before:] - shift,
        noise=noise,
    )


def noise_of(controls: FloatArray, before: int) -> float:
    """Give back the standard deviation of the changes of the controls (N0, T) before treatment."""
    return float(np.diff(controls[:, :before], axis=1).std(ddof=1))


def weights_of(
    controls: FloatArray,
    target: FloatArray,
    counts: FloatArray,
    before: int,
    plan: tuple[Variant, float, int],
    start: tuple[FloatArray, FloatArray] | None,
) -> tuple[FloatArray, FloatArray]:
    """Give back unit weights (B, N0) and period weights (B, T0) for each target path (B, T).

    Parameters
    ----------
    controls : (N0, T). target : (B, T). before : T0.
    counts : (B, N0) how often each control is there: 0 closes it, more than 1 is a bootstrap draw (its copies share a weight).
    plan : variant, noise level, number of treated units (for the ridge).
    start : unit and period weights to start from, or None.
    """
    variant, noise, size = plan
    kept = np.asarray(counts, dtype=np.float64)
    count = kept.sum(axis=1, keepdims=True)
    B, after = len(target), controls.shape[1] - before
    if variant == "did":
        return kept / count, np.full((B, before), 1 / before)
    early = controls[:, :before]
    centred = early - early.mean(axis=1, keepdims=True) if variant == "sdid" else early
    aim = target[:, :before]
    aim = aim - aim.mean(axis=1, keepdims=True) if variant == "sdid" else aim
    ridge = (size * after) ** 0.25 * noise if variant == "sdid" else FLOOR * noise
    gram = centred @ centred.T
    x0 = kept / count
    if start is not None:
        x0 = kept * start[0]
        empty = x0.sum(axis=1) <= 0
        x0[empty] = kept[empty]
        x0 = x0 / x0.sum(axis=1, keepdims=True)
    copies = np.maximum(kept, 1.0)
    problem = _Problem(
        gram=gram, right=aim @ centred.T, square=(aim**2).sum(axis=1), rows=before, open=kept > 0, copies=copies
    )
    units = _search(problem, ridge, x0, STOP * noise)
    if variant == "sc":
        return units, np.zeros((B, before))
    late = controls[:, before:].mean(axis=1)
    table = np.column_stack([early, late])
    means = kept @ table / count
    every = np.einsum("bi,ij,ik->bjk", kept, table, table, optimize=True)
    every -= count[:, :, None] * means[:, :, None] * means[:, None, :]
    periods = _Problem(
        gram=every[:, :before, :before],
        right=every[:, :before, before],
        square=every[:, before, before],
        rows=count[:, 0],
        open=np.ones((B, before), dtype=bool),
        copies=np.ones((B, before)),
    )
    p0 = np.full((B, before), 1 / before) if start is None else np.tile(start[1], (B, 1))
    return units, _search(periods, FLOOR * noise, p0, STOP * noise)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Problem:
    """Least squares on the simplex for B targets: A'A (shared (p, p) or (B, p, p)), A'b, b'b, rows, which weights may move.

    copies : (B, p) the ridge of a weight shared by k copies is a k-th of one.
    """

    gram: FloatArray
    right: FloatArray
    square: FloatArray
    rows: Any
    open: Any
    copies: FloatArray


def _search(problem: _Problem, ridge: float, start: FloatArray, stop: float) -> FloatArray:
    """Frank-Wolfe, small weights cut, Frank-Wolfe again (R synthdid `sc.weight.fw` and `sparsify_function`)."""
    x = _frank_wolfe(problem, ridge, start, stop, STEPS_BEFORE_CUT)
    each = x / problem.copies
    x = np.where(each <= each.max(axis=1, keepdims=True) / CUT, 0.0, x)
    return _frank_wolfe(problem, ridge, x / x.sum(axis=1, keepdims=True), stop, STEPS)


def _frank_wolfe(problem: _Problem, ridge: float, start: FloatArray, stop: float, steps: int) -> FloatArray:
    out = start.copy()
    x = start.copy()
    live = np.arange(len(x))
    shared = problem.gram.ndim == 2
    rows = np.broadcast_to(np.asarray(problem.rows, dtype=np.float64), (len(x),))
    moved = x @ problem.gram if shared else np.einsum("bij,bj->bi", problem.gram, x)
    eta = (rows * ridge**2)[:, None]
    last = np.full(len(x), np.inf)
    right, square, closed, share = problem.right, problem.square, ~problem.open, 1 / problem.copies
    for step in range(steps):
        half = moved - right + eta * share * x
        half_open = np.where(closed, np.inf, half)
        best = half_open.argmin(axis=1)
        at = np.arange(len(x))
        column = problem.gram[best] if shared else problem.gram[live, best]
        own = column[at, best]
        inner = (x * moved).sum(axis=1)
        slope = (half * x).sum(axis=1) - half[at, best]
        norm = (share * x**2).sum(axis=1)
        curve = own - 2 * moved[at, best] + inner + eta[:, 0] * (norm - share[at, best] * (2 * x[at, best] - 1))
        size = np.clip(np.where(curve > 0, slope / np.where(curve > 0, curve, 1.0), 0.0), 0.0, 1.0)[:, None]
        x = (1 - size) * x
        x[at, best] += size[:, 0]
        moved = moved + size * (column - moved)
        error = (x * moved).sum(axis=1) - 2 * (right * x).sum(axis=1) + square
        value = ridge**2 * (share * x**2).sum(axis=1) + error / rows[live]
        done = (last - value <= stop**2) & (step >= 1)
        last = value
        if done.any() or step == steps - 1:
            out[live] = x
            keep = ~done
            if not keep.any():
                break
            live, x, moved, eta, last = live[keep], x[keep], moved[keep], eta[keep], last[keep]
            right, square, closed, share = right[keep], square[keep], closed[keep], share[keep]
    return out


def _block(outcome: FloatArray, treated: Any, before: int) -> tuple[FloatArray, Any]:
    Y = matrix(outcome, "the outcome")
    on = np.asarray(treated)
    if on.shape != (len(Y),) or on.dtype != bool:
        raise ValueError(f"the treated units must be {len(Y)} times true or false")
    if on.sum() == 0 or (~on).sum() < 2:
        raise ValueError("one treated unit and two controls at least")
    if before < 2 or before >= Y.shape[1]:
        raise ValueError(f"{before} of {Y.shape[1]} periods before treatment: two before and one after at least")
    return Y, on
