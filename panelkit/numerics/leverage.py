"""Leverage of each row, absorbed dummies included, and HC2 and HC3 from it, no factor. Clusters live in cr2."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.numerics import sandwich
from panelkit.numerics.arrays import FloatArray, IntArray, matrix, vector
from panelkit.numerics.projection import DENSE_COLUMNS, Absorber

EXACT_FIT = 1e-9  # 1 - h below this: the row is fitted exactly
BLOCK_CELLS = 4_000_000  # cells of the remaining dummies made dense at a time


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HatValues:
    """Leverage h (n,) of each row, and the part of it the absorbed effects and trends alone would give (n,)."""

    values: FloatArray
    effects: FloatArray


def hat_values(X: FloatArray, sweep: Absorber) -> HatValues:
    """Give back the diagonal of the hat matrix of [X, every absorbed dummy and trend].

    h_i = w_i x_i'(X'WX)^-1 x_i + h_i(effects); the second part is w_i / (sum of w in the group) for the largest effect
    plus a Schur complement in the columns of the others, so that no rows x levels matrix of dummies is formed.

    Parameters
    ----------
    X : (n, k) regressors already residualised by `sweep`; k may be 0.
    sweep : the absorbed effects and the weights (`projection.absorber`; without effects `absorber([], w)`, which gives
        R plm's leverages of the transformed data if X is demeaned: plm counts no dummy).

    Raises
    ------
    ValueError
        If rows differ, X is collinear, or more than `DENSE_COLUMNS` dummies remain beside the largest effect: their
        exact leverage would need the inverse of a matrix of that size.

    Source
    ------
    Hoaglin and Welsch (1978, doi:10.1080/00031305.1978.10479237); partitioned projection as Frisch, Waugh and Lovell.
    Equal to the leverages of R `lm`/statsmodels with every dummy written out.

    Examples
    --------
    >>> from panelkit.numerics.projection import absorber
    >>> firm = np.repeat([0, 1], 5)
    >>> sweep = absorber([firm])
    >>> x = sweep.residualise(np.arange(10.0) ** 2)
    >>> h = hat_values(x, sweep)
    >>> round(float(h.values.sum()), 12), h.effects[:2].tolist()
    (3.0, [0.2, 0.2])
    """
    design = matrix(X, "X")
    n = design.shape[0]
    if sweep.first is not None and sweep.rows != n:
        raise ValueError(f"X has {n} rows, the absorbed effects have {sweep.rows}")
    w = np.ones(n) if sweep.weights is None else vector(sweep.weights, "weights", n)
    effects = _effects(sweep, w)
    return HatValues(values=effects + _slopes(design * np.sqrt(w)[:, None]), effects=effects)


def rescaled(u: FloatArray, hat: HatValues, power: float) -> FloatArray:
    """Give back u / (1 - h)^power (n,): power 1/2 is HC2's residual, 1 is HC3's (the leave-one-row-out residual).

    A row that the absorbed effects alone fit exactly (a singleton) has residual and regressors zero: it gets 0, which
    is what dropping it would give, since singletons change nothing for the other rows.

    Raises
    ------
    ValueError
        If a row is fitted exactly because of a regressor (a dummy for that row, say): 0/0, and R prints NaN.
    """
    residuals = vector(u, "the residuals", hat.values.shape[0])
    alone = hat.effects > 1 - EXACT_FIT
    stuck = np.flatnonzero((hat.values > 1 - EXACT_FIT) & ~alone)
    if stuck.size:
        rows = ", ".join(str(int(i)) for i in stuck[:5])
        raise ValueError(
            f"{stuck.size} row(s) are fitted exactly by a regressor (leverage 1; first rows {rows}): HC2 and HC3 are"
            " not defined; drop these rows with their regressor, or use HC1"
        )
    gap = np.where(alone, 1.0, 1 - hat.values)
    return np.where(alone, 0.0, residuals / gap**power)


def hc2(bread: FloatArray, X: FloatArray, u: FloatArray, hat: HatValues) -> FloatArray:
    """Give back HC2 (k, k), no factor: scores weighted by 1/(1 - h).

    Parameters
    ----------
    bread, X, u : as in `sandwich.hc0` (with weights pass w * u).
    hat : `hat_values` of the same model.

    Raises
    ------
    ValueError
        As `rescaled` does.

    Source
    ------
    MacKinnon and White (1985, doi:10.1016/0304-4076(85)90158-7). statsmodels HC2, R sandwich `vcovHC(type="HC2")`,
    Stata `regress, vce(hc2)` with the dummies written out; Stata `areg` and `xtreg` have none.
    """
    return sandwich.hc0(bread, X, rescaled(u, hat, 0.5))


def hc3(bread: FloatArray, X: FloatArray, u: FloatArray, hat: HatValues) -> FloatArray:
    """Give back HC3 (k, k), no factor: scores weighted by 1/(1 - h)^2. Parameters, Raises and Source as `hc2`.

    Without the (n-1)/n of MacKinnon and White's jackknife, as statsmodels, R sandwich and Stata do.
    """
    return sandwich.hc0(bread, X, rescaled(u, hat, 1.0))


def _slopes(design: FloatArray) -> FloatArray:
    """Row sums of squares of an orthonormal basis of the columns."""
    if design.shape[1] == 0:
        return np.zeros(design.shape[0])
    length = np.linalg.norm(design, axis=0)
    if (length == 0).any():
        raise ValueError(f"regressor {int(np.argmin(length))} is zero: nothing is left of it after the effects")
    basis, triangle = np.linalg.qr(design / length)
    if (np.abs(np.diag(triangle)) < 1e-9).any():
        raise ValueError(f"regressor {int(np.argmin(np.abs(np.diag(triangle))))} is a combination of the others")
    out: FloatArray = np.einsum("ij,ij->i", basis, basis)
    return out


def _effects(sweep: Absorber, w: FloatArray) -> FloatArray:
    """Leverage of the absorbed dummies and trends alone (n,)."""
    first, others = sweep.first, sweep.others
    if first is None:
        return np.zeros(w.shape[0])
    out = w / first.totals[first.codes]
    for trend in first.trends:
        out = out + w * trend**2
    if others is None or others.design.shape[1] == 0:
        return out
    p = others.design.shape[1]
    if p > DENSE_COLUMNS:
        raise ValueError(
            f"HC2 and HC3 need the leverage of {p} dummies beside the largest effect; above {DENSE_COLUMNS} it is not"
            " computed: use HC1, or cluster"
        )
    inverse = others.solve(np.eye(p))
    means = (first.sums @ others.design).tocsr().multiply(1 / first.totals[:, None]).tocsr()
    parts = [(first.sums @ others.design.multiply(t[:, None]).tocsr()).tocsr() for t in first.trends]
    step = max(1, BLOCK_CELLS // p)
    for start in range(0, w.shape[0], step):
        rows: IntArray = np.arange(start, min(start + step, w.shape[0]))
        block = others.design[rows].toarray() - means[first.codes[rows]].toarray()
        for trend, part in zip(first.trends, parts, strict=True):
            block -= trend[rows, None] * part[first.codes[rows]].toarray()
        out[rows] += w[rows] * np.einsum("ij,ij->i", block @ inverse, block)
    return out
