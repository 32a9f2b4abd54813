"""Panel vector autoregressions by moments of forward orthogonal deviations, instruments collapsed. No lag is chosen here.

One set of instruments for every equation and a weight matrix for each: one step weighs by (Z'Z)^-1, which is two-stage least squares,
two steps by the inverse of the clustered covariance of the moments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, group_sums, matrix

BLOCK_CELLS = 2_000_000  # numbers held at once by one block of draws


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """Transformed rows of one system: outcomes (n, k), regressors (n, m), instruments (n, z), clusters (n,) codes."""

    outcomes: FloatArray
    regressors: FloatArray
    instruments: FloatArray
    clusters: IntArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Equation:
    """One equation: coefficients (m,), their clustered covariance (m, m) (Windmeijer's for two steps), plain two-step covariance.

    influence : (G, m) of each cluster. hansen, hansen_df, hansen_p : NaN where exactly identified. weight : (z, z) of the last step.
    """

    coefficients: FloatArray
    covariance: FloatArray
    uncorrected: FloatArray
    influence: FloatArray
    residuals: FloatArray
    weight: FloatArray
    hansen: float
    hansen_df: int
    hansen_p: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Differences:
    """Differenced rows for the tests of serial correlation: outcome (d,), regressors (d, m), clusters (d,), units and times (d,)."""

    outcome: FloatArray
    regressors: FloatArray
    clusters: IntArray
    units: IntArray
    times: IntArray


def forward_deviations(values: FloatArray, units: IntArray) -> tuple[FloatArray, IntArray]:
    """Give back forward orthogonal deviations and the rows (positions) they stand at; the last row of each unit has none.

    x*_t = sqrt(T_t / (T_t + 1)) (x_t - mean of the T_t later rows); errors of one variance without serial correlation stay so.

    Parameters
    ----------
    values : (n, c), rows sorted by unit and time. units : (n,) codes.

    Source
    ------
    Arellano and Bover (1995, doi:10.1016/0304-4076(94)01642-D); the Helmert transformation of Stata `pvar` and `xtabond2, orthogonal`.

    Examples
    --------
    >>> forward_deviations(np.array([[1.0], [3.0]]), np.array([0, 0]))[0].round(4).tolist()
    [[-1.4142]]
    """
    codes, count = group_codes(units, "the unit", len(values))
    out, rows = [], []
    for i in range(count):
        place = np.flatnonzero(codes == i)
        own = values[place]
        later = np.cumsum(own[::-1], axis=0)[::-1][1:]
        left = np.arange(len(own) - 1, 0, -1)[:, None]
        out.append(np.sqrt(left / (left + 1)) * (own[:-1] - later / left))
        rows.append(place[:-1])
    return np.vstack(out), np.concatenate(rows).astype(np.intp)


def first_weight(moments: Moments) -> FloatArray:
    """Give back (Z'Z)^-1, a generalised inverse where instruments repeat."""
    Z = moments.instruments
    return _inverse(Z.T @ Z)


def equation(moments: Moments, index: int, first: FloatArray, steps: int, weight: FloatArray | None = None) -> Equation:
    """Give back one equation in one or two steps.

    Parameters
    ----------
    index : of the outcome. first : (m,) coefficients of the first step; `one_step` gives them. steps : 1 or 2.
    weight : of the first step, (Z'Z)^-1 unless given.

    Raises
    ------
    ValueError
        If there are fewer instruments than regressors, or they do not move the regressors.

    Source
    ------
    Two steps: Hansen (1982, doi:10.2307/1912775); corrected errors: Windmeijer (2005, doi:10.1016/j.jeconom.2004.02.005). As Stata
    `xtabond2, twostep robust` (no small-sample factor); Hansen's J of the second step.
    """
    X, Z, y = moments.regressors, moments.instruments, moments.outcomes[:, index]
    codes, groups = group_codes(moments.clusters, "the cluster", len(y))
    ZX, Zy = Z.T @ X, Z.T @ y
    start = first_weight(moments) if weight is None else weight
    sums = _by_cluster(Z, y - X @ first, codes, groups)
    S = sums.T @ sums
    bread = _bread(ZX, start)
    robust = bread @ ZX.T @ start @ S @ start @ ZX @ bread
    psi = sums @ start @ ZX @ bread
    b, V, plain, W = first, robust, robust, start
    efficient = _inverse(S)
    if steps == 2:
        W = efficient
        bread = _bread(ZX, W)
        b = bread @ ZX.T @ W @ Zy
        plain = bread
        psi = _by_cluster(Z, y - X @ b, codes, groups) @ W @ ZX @ bread
        V = _windmeijer(moments, (first, b), index, (W, bread, robust))
    over = Z.shape[1] - X.shape[1]
    J = float("nan")
    if over > 0:
        second = _bread(ZX, efficient) @ ZX.T @ efficient @ Zy
        gap = Z.T @ (y - X @ second)
        J = float(gap @ efficient @ gap)
    return Equation(
        coefficients=b,
        covariance=(V + V.T) / 2,
        uncorrected=plain,
        influence=psi,
        residuals=y - X @ b,
        weight=W,
        hansen=J,
        hansen_df=over,
        hansen_p=float(special.chdtrc(over, J)) if over > 0 else float("nan"),
    )


def one_step(moments: Moments, weight: FloatArray | None = None) -> FloatArray:
    """Give back the coefficients (m, k) of the first step. Raises ValueError as `equation`."""
    Z = moments.instruments
    ZX = Z.T @ matrix(moments.regressors, "the regressors")
    W = first_weight(moments) if weight is None else weight
    out: FloatArray = _bread(ZX, W) @ ZX.T @ W @ (Z.T @ moments.outcomes)
    return out


def _by_cluster(Z: FloatArray, residuals: FloatArray, codes: IntArray, groups: int) -> FloatArray:
    return group_sums(Z * residuals[:, None], codes, groups)


def _bread(ZX: FloatArray, W: FloatArray) -> FloatArray:
    if ZX.shape[0] < ZX.shape[1]:
        raise ValueError(f"{ZX.shape[0]} instruments are too few for {ZX.shape[1]} regressors")
    made = ZX.T @ W @ ZX
    size = np.sqrt(np.maximum(np.diag(made), np.finfo(float).tiny))
    if np.linalg.eigvalsh(made / np.outer(size, size))[0] <= 1e-11:
        raise ValueError("the instruments do not move every regressor by itself")
    out = np.asarray(np.linalg.inv(made), dtype=np.float64)
    return (out + out.T) / 2


def _inverse(S: FloatArray) -> FloatArray:
    size = np.sqrt(np.maximum(np.diag(S), np.finfo(float).tiny))
    out = np.asarray(np.linalg.pinv(S / np.outer(size, size), rcond=1e-10, hermitian=True), dtype=np.float64)
    out = out / np.outer(size, size)
    return (out + out.T) / 2


def _windmeijer(
    moments: Moments, b: tuple[FloatArray, FloatArray], index: int, known: tuple[FloatArray, FloatArray, FloatArray]
) -> FloatArray:
    """Windmeijer's covariance; known : second weight, plain covariance of the second step, robust one of the first."""
    W, plain, robust = known
    X, Z, y = moments.regressors, moments.instruments, moments.outcomes[:, index]
    codes, groups = group_codes(moments.clusters, "the cluster", len(y))
    gap = W @ (Z.T @ (y - X @ b[1]))
    own = _by_cluster(Z, y - X @ b[0], codes, groups)
    D = np.empty((X.shape[1], X.shape[1]))
    for j in range(X.shape[1]):
        moved = _by_cluster(Z, X[:, j], codes, groups)
        change = moved.T @ own + own.T @ moved
        D[:, j] = plain @ (Z.T @ X).T @ W @ change @ gap
    return plain + D @ plain + plain @ D.T + D @ robust @ D.T


def serial_correlation(found: Equation, moments: Moments, differences: Differences, order: int) -> tuple[float, float]:
    """Give back z and p of the test that differenced errors have no correlation of that order; NaN where no pair of rows is so far apart.

    Source
    ------
    Arellano and Bond (1991, doi:10.2307/2297968), on differences also where forward deviations are estimated, as `xtabond2`.
    """
    u = differences.outcome - differences.regressors @ found.coefficients
    place = {key: i for i, key in enumerate(zip(differences.units.tolist(), differences.times.tolist(), strict=True))}
    w = np.zeros(len(u))
    for (unit, time), i in place.items():
        before = place.get((unit, time - order))
        if before is not None:
            w[i] = u[before]
    groups = int(moments.clusters.max()) + 1
    pairs = np.bincount(differences.clusters, weights=w * u, minlength=groups)
    Z = moments.instruments
    ZX = Z.T @ moments.regressors
    bread = _bread(ZX, found.weight)
    sums = _by_cluster(Z, found.residuals, moments.clusters, groups)
    moved = w @ differences.regressors
    variance = (
        float(pairs @ pairs)
        - 2 * float(moved @ bread @ ZX.T @ found.weight @ (sums.T @ pairs))
        + float(moved @ found.covariance @ moved)
    )
    if not variance > 0 or not w.any():
        return float("nan"), float("nan")
    z = float(pairs.sum()) / float(np.sqrt(variance))
    return z, 2 * float(special.ndtr(-abs(z)))


def drawn(moments: Moments, steps: int, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give back coefficients (B, m, k) and error covariances (B, k, k) of the system under each row of cluster weights.

    Weight matrices are found anew in each draw; draws in which the instruments fail are NaN. Moments are not recentred.
    """
    X, Z, Y = moments.regressors, moments.instruments, moments.outcomes
    codes, groups = group_codes(moments.clusters, "the cluster", len(Y))
    k, m, z = Y.shape[1], X.shape[1], Z.shape[1]
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=groups))[:-1]
    full = np.column_stack([Y, X, Z])
    A = np.stack([part.T @ part for part in np.split(full[order], ends)])
    rows = np.bincount(codes, minlength=groups).astype(np.float64)
    b, errors = np.full((len(weights), m, k), np.nan), np.full((len(weights), k, k), np.nan)
    step = max(1, BLOCK_CELLS // (groups * z + (k + m + z) ** 2))
    for start in range(0, len(weights), step):
        w = weights[start : start + step]
        S = np.tensordot(w, A, axes=1)
        ZX, ZY, ZZ = S[:, k + m :, k : k + m], S[:, k + m :, :k], S[:, k + m :, k + m :]
        with np.errstate(all="ignore"):
            first = _weighted(ZX, ZY, np.asarray(np.linalg.pinv(ZZ, rcond=1e-11, hermitian=True), dtype=np.float64))
            out = first
            if steps == 2:
                out = np.empty_like(first)
                for j in range(k):
                    gap = A[None, :, k + m :, j] - np.einsum("gzx,bx->bgz", A[:, k + m :, k : k + m], first[:, :, j])
                    V = np.einsum("bgz,bg,bgv->bzv", gap, w, gap, optimize=True)
                    bad = ~np.isfinite(V).all(axis=(1, 2))
                    V[bad] = np.eye(z)
                    W = np.asarray(np.linalg.pinv(V, rcond=1e-10, hermitian=True), dtype=np.float64)
                    out[:, :, j : j + 1] = _weighted(ZX, ZY[:, :, j : j + 1], W)
                    out[bad, :, j] = np.nan
            cross = out.transpose(0, 2, 1) @ S[:, k : k + m, :k]
            own = out.transpose(0, 2, 1) @ S[:, k : k + m, k : k + m] @ out
            left = S[:, :k, :k] - cross - cross.transpose(0, 2, 1) + own
        b[start : start + step] = out
        errors[start : start + step] = left / np.maximum(w @ rows - m, 1.0)[:, None, None]
    return b, errors


def _weighted(ZX: FloatArray, ZY: FloatArray, W: FloatArray) -> FloatArray:
    """(B, m, c) coefficients under weight matrices; NaN where not determined."""
    left = ZX.transpose(0, 2, 1) @ W
    made = left @ ZX
    size = np.sqrt(np.maximum(np.diagonal(made, axis1=1, axis2=2), np.finfo(float).tiny))
    scaled = made / size[:, :, None] / size[:, None, :]
    bad = np.linalg.eigvalsh(scaled)[:, 0] <= 1e-11
    scaled[bad] = np.eye(made.shape[1])
    out: FloatArray = np.linalg.solve(scaled, (left @ ZY) / size[:, :, None]) / size[:, :, None]
    out[bad] = np.nan
    return out
