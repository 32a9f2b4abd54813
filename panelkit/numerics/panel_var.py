"""Panel vector autoregressions by least squares within units, half-panel jackknifed, from cross-products by cluster. No lag is taken here.

Every number of the estimator is a function of one matrix of cross-products for each cluster and part of the panel, so leaving a
cluster out, drawing clusters and the jackknife over halves are weighted sums of matrices; nothing is refitted row by row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, matrix

NOTHING_LEFT = (
    1e-11  # share of a regressor's own sum of squares left after the others: below it a draw does not determine it
)
BLOCK_CELLS = 4_000_000  # numbers held at once by one block of draws

BoolArray = np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lagged:
    """The rows of a system, each with its lags; sorted by unit and time.

    outcomes (n, k) ; lags (n, m), m = k times the number of lags, lag by lag ; units, clusters (n,) codes, a unit within one
    cluster ; periods (n,) codes of the time effects, or None for unit effects alone.
    """

    outcomes: FloatArray
    lags: FloatArray
    units: IntArray
    clusters: IntArray
    periods: IntArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """One part of the panel: how much its estimate counts, and its cross-products (G, c, c) of outcomes, lags, time dummies within units.

    rows, effects : (G,) rows, and unit effects in those rows.
    """

    share: float
    products: FloatArray
    rows: FloatArray
    effects: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """For each row of weights: coefficients (B, m, k), NaN where not determined, and covariance of the errors (B, k, k)."""

    coefficients: FloatArray
    errors: FloatArray


def halves(units: IntArray, clusters: IntArray | None = None) -> list[tuple[BoolArray, BoolArray]]:
    """Give back the splits of a panel in first and second half of each unit's rows: (n,) masks.

    One split where every unit has an even number of rows; else two, the odd row in the second half and in the first, over which the
    jackknife averages.

    Source
    ------
    Dhaene and Jochmans (2015, doi:10.1093/restud/rdv007), section 2 for odd T; each unit is split at its own middle.

    Examples
    --------
    >>> [m.tolist() for m in halves(np.array([0, 0, 0, 0]))[0]]
    [[True, True, False, False], [False, False, True, True]]
    >>> len(halves(np.array([0, 0, 0, 1, 1])))
    2
    """
    codes, count = group_codes(units, "the unit")
    sizes = np.bincount(codes, minlength=count)
    start = np.zeros(count, dtype=np.intp)
    order = np.argsort(codes, kind="stable")
    start[1:] = np.cumsum(sizes)[:-1]
    place = np.empty(len(codes), dtype=np.intp)
    place[order] = np.arange(len(codes)) - start[codes[order]]
    cuts = [sizes // 2] if not (sizes % 2).any() else [sizes // 2, (sizes + 1) // 2]
    return [(place < cut[codes], place >= cut[codes]) for cut in cuts]


def parts_of(rows: Lagged, jackknife: bool) -> tuple[Part, ...]:
    """Give back the parts whose estimates add up to the estimator: the whole panel, and its halves with minus a half.

    theta = 2 theta(all) - (theta(first half) + theta(second half)) / 2, the mean over both splits where there are two.

    Raises
    ------
    ValueError
        If shapes differ, values are missing, or a unit lies in two clusters.

    Source
    ------
    Dhaene and Jochmans (2015, doi:10.1093/restud/rdv007), equation for the half-panel jackknife.
    """
    n = len(rows.outcomes)
    matrix(rows.outcomes, "the outcomes")
    matrix(rows.lags, "the lags", n)
    units, count = group_codes(rows.units, "the unit", n)
    clusters, _ = group_codes(rows.clusters, "the cluster", n)
    of = np.full(count, -1, dtype=np.intp)
    of[units] = clusters
    if (of[units] != clusters).any():
        raise ValueError("a unit lies in two clusters: its rows would be torn apart")
    whole = _part(rows, np.ones(n, dtype=bool), 2.0 if jackknife else 1.0)
    if not jackknife:
        return (whole,)
    splits = halves(units)
    return (whole, *(_part(rows, half, -0.5 / len(splits)) for split in splits for half in split))


def _part(rows: Lagged, kept: BoolArray, share: float) -> Part:
    """Cross-products of the kept rows by cluster, columns off the unit means of just these rows."""
    groups = int(rows.clusters.max()) + 1
    blocks = [rows.outcomes[kept], rows.lags[kept]]
    if rows.periods is not None:
        codes = rows.periods[kept]  # of this part alone: each part takes its own time effects off
        blocks.append((codes[:, None] == np.unique(codes)[None, 1:]).astype(np.float64))
    Z = within(np.column_stack(blocks), rows.units[kept])
    own, effects = rows.clusters[kept], np.zeros(groups)
    first = np.unique(rows.units[kept], return_index=True)[1]
    np.add.at(effects, own[first], 1.0)
    order = np.argsort(own, kind="stable")
    ends = np.cumsum(np.bincount(own, minlength=groups))
    products = np.stack([p.T @ p for p in np.split(Z[order], ends[:-1])])
    return Part(
        share=share, products=products, rows=np.bincount(own, minlength=groups).astype(np.float64), effects=effects
    )


def within(values: FloatArray, units: IntArray) -> FloatArray:
    """Give back columns (n, c) less the means of each unit; codes need not be all present."""
    present, codes = np.unique(units, return_inverse=True)
    sizes = np.bincount(codes, minlength=len(present))[:, None]
    sums = np.zeros((len(present), values.shape[1]))
    np.add.at(sums, codes, values)
    out: FloatArray = values - (sums / sizes)[codes]
    return out


def solved(parts: tuple[Part, ...], equations: int, lags: int, weights: FloatArray) -> Drawn:
    """Give back the estimator under each row of cluster weights: jackknifed coefficients and the covariance of its errors.

    Parameters
    ----------
    parts : from `parts_of`, the whole panel first. equations : k. lags : m regressors. weights : (B, G) how often each cluster counts;
        a row of ones is the sample, a row with one zero leaves a cluster out, `permutation.pairs_weights` draws clusters.

    Notes
    -----
    errors : residuals of the whole panel at the coefficients found, their cross-products over N less unit effects, time effects and m.
    A cluster drawn twice has its unit effects twice.
    """
    B = len(weights)
    b = np.zeros((B, lags, equations))
    errors = np.full((B, equations, equations), np.nan)
    cells = sum(p.products.shape[1] ** 2 for p in parts)
    step = max(1, BLOCK_CELLS // max(cells, 1))
    for start in range(0, B, step):
        w = weights[start : start + step]
        reduced = [_off_dummies(p, equations + lags, w) for p in parts]
        found = sum(p.share * _slopes(S, equations) for p, (S, _) in zip(parts, reduced, strict=True))
        b[start : start + step] = found
        S, dummies = reduced[0]
        free = w @ parts[0].rows - w @ parts[0].effects - dummies - lags
        errors[start : start + step] = _errors(S, np.asarray(found), equations) / np.maximum(free, 1.0)[:, None, None]
    return Drawn(coefficients=b, errors=errors)


def _off_dummies(part: Part, kept: int, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted cross-products (B, kept, kept) after the time dummies, and how many of these there are (B,)."""
    S = np.tensordot(weights, part.products, axes=1)
    if S.shape[1] == kept:
        return S, np.zeros(len(weights))
    inner, cross, own = S[:, kept:, kept:], S[:, kept:, :kept], S[:, :kept, :kept]
    values, vectors = np.linalg.eigh(inner)
    alive = values > NOTHING_LEFT * np.maximum(values[:, -1:], np.finfo(float).tiny)
    inverse = np.where(alive, 1 / np.where(alive, values, 1.0), 0.0)
    turned = vectors.transpose(0, 2, 1) @ cross
    left: FloatArray = own - turned.transpose(0, 2, 1) @ (inverse[:, :, None] * turned)
    return left, alive.sum(axis=1).astype(np.float64)


def _slopes(S: FloatArray, k: int) -> FloatArray:
    """(B, m, k) by least squares from cross-products ordered outcomes, lags; NaN where they do not determine every one."""
    X, XY = S[:, k:, k:], S[:, k:, :k]
    size = np.sqrt(np.maximum(np.diagonal(X, axis1=1, axis2=2), 0.0))
    bad = (size <= 0).any(axis=1)
    size = np.where(size > 0, size, 1.0)
    scaled = X / size[:, :, None] / size[:, None, :]
    bad |= np.linalg.eigvalsh(scaled)[:, 0] <= NOTHING_LEFT
    scaled[bad] = np.eye(X.shape[1])
    out: FloatArray = np.linalg.solve(scaled, XY / size[:, :, None]) / size[:, :, None]
    out[bad] = np.nan
    return out


def _errors(S: FloatArray, b: FloatArray, k: int) -> FloatArray:
    """(B, k, k) cross-products of residuals at b."""
    cross = b.transpose(0, 2, 1) @ S[:, k:, :k]
    out: FloatArray = S[:, :k, :k] - cross - cross.transpose(0, 2, 1) + b.transpose(0, 2, 1) @ S[:, k:, k:] @ b
    return (out + out.transpose(0, 2, 1)) / 2


def influence(parts: tuple[Part, ...], equations: int, lags: int) -> FloatArray:
    """Give back the influence (G, k m) of each cluster on the coefficients, equation by equation; their outer products are CR0.

    psi_g = sum over parts of share times (X'X)^-1 X_g'u_g, u the residuals of that part at its own estimate, as of a sum of
    estimators; for the whole panel alone this is the usual CR0 of every equation and between equations.
    """
    k, m = equations, lags
    out = np.zeros((len(parts[0].rows), m, k))
    for part in parts:
        A = part.products
        total = A.sum(axis=0)
        inverse = np.linalg.pinv(total[k:, k:], rcond=NOTHING_LEFT, hermitian=True)
        scores = A[:, k:, :k] - A[:, k:, k:] @ (inverse @ total[k:, :k])
        out += part.share * (inverse @ scores)[:, :m, :]
    return out.transpose(0, 2, 1).reshape(len(out), k * m)


def wild(parts: tuple[Part, ...], rows: Lagged, b: FloatArray, weights: FloatArray) -> Drawn:
    """Give back draws of the wild cluster bootstrap of scores: a weight for each cluster on its influence on slopes and error covariance.

    Parameters
    ----------
    b : (m, k) the estimate. weights : (B, G) of mean zero and variance one.

    Notes
    -----
    Scores are at each part's own estimate (see `influence`), so that draws spread as the clustered covariance does. A wild bootstrap of
    the outcomes with the lags held would not: in a short panel the cross-products of the lags move with the errors, and its draws spread
    a quarter too little. Signs leave squared residuals as they are, so the error covariance has an influence of its own: U_g'U_g less its
    share by rows. Both are scaled by the root of (N - units) / (N - units - time effects - m).

    Source
    ------
    Kline and Santos (2012, doi:10.1515/2156-6674.1006).
    """
    k, m = rows.outcomes.shape[1], rows.lags.shape[1]
    whole = parts[0]
    u, off, dummies = after_effects(rows, b)
    inner = float(whole.rows.sum() - whole.effects.sum())
    free = max(inner - dummies - m, 1.0)
    scale = np.sqrt(inner / free)
    moved = (weights @ influence(parts, k, m) * scale).reshape(len(weights), k, m).transpose(0, 2, 1)
    order = np.argsort(rows.clusters, kind="stable")
    ends = np.cumsum(np.bincount(rows.clusters, minlength=len(whole.rows)))[:-1]
    squares = np.stack([part.T @ part for part in np.split(u[order], ends)])
    total = squares.sum(axis=0)
    share = (whole.rows - whole.effects) / inner
    gaps = squares - share[:, None, None] * total
    crossed = moved.transpose(0, 2, 1) @ (off.T @ u)
    errors = total + scale * np.tensordot(weights, gaps, axes=1) - crossed - crossed.transpose(0, 2, 1)
    return Drawn(coefficients=b + moved, errors=errors / free)


def after_effects(rows: Lagged, b: FloatArray) -> tuple[FloatArray, FloatArray, int]:
    """Give back residuals (n, k) at b (m, k) and lags (n, m) after unit and time effects, and the rank of the latter."""
    off, y = within(rows.lags, rows.units), within(rows.outcomes, rows.units)
    if rows.periods is None:
        return y - off @ b, off, 0
    D = within((rows.periods[:, None] == np.unique(rows.periods)[None, 1:]).astype(np.float64), rows.units)
    slopes, _, rank, _ = np.linalg.lstsq(D, np.hstack([off, y]), rcond=None)
    left = np.hstack([off, y]) - D @ slopes
    m = off.shape[1]
    return left[:, m:] - left[:, :m] @ b, left[:, :m], int(rank)
