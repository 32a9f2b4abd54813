"""Raw covariance matrices and the cluster jackknife, no factor applied (see small_sample). No resampling lives here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, group_sums, matrix, row_weights, vector

LOST_DIRECTION = 1e-9  # share of a direction left without a cluster, below which the others do not determine it
CV3Variant = Literal["mnw", "mnw_centred", "hansen", "pyfixest"]


def classical(bread: FloatArray, rss: float, df: float) -> FloatArray:
    """Give back bread x rss/df (k, k). Raises ValueError if df is not above zero."""
    if df <= 0:
        raise ValueError(f"classical errors need degrees of freedom above zero, not {df}")
    return bread * (rss / df)


def hc0(bread: FloatArray, X: FloatArray, u: FloatArray) -> FloatArray:
    """Give back the raw heteroskedasticity-robust covariance (k, k), no factor.

    Parameters
    ----------
    bread : (k, k), (X'WX)^-1.
    X : (n, k) residualised regressors (for 2SLS the projected ones).
    u : (n,) residuals; with weights pass w * u.

    Source
    ------
    White (1980, doi:10.2307/1912934). fixest `hetero` without adjustment, plm `white1` HC0.
    """
    scores = matrix(X, "X") * vector(u, "the residuals", len(X))[:, None]
    return bread @ (scores.T @ scores) @ bread


def cluster(bread: FloatArray, X: FloatArray, u: FloatArray, codes: IntArray) -> FloatArray:
    """Give back the raw one-way clustered covariance (k, k), no factor (CR0).

    Parameters
    ----------
    bread, X, u : as in `hc0`.
    codes : (n,) cluster codes 0..G-1.

    Source
    ------
    Liang and Zeger (1986, doi:10.1093/biomet/73.1.13). plm `vcovHC(type="HC0")`, fixest without adjustments.
    """
    design = matrix(X, "X")
    coded, groups = group_codes(codes, "the cluster", design.shape[0])
    sums = group_sums(design * vector(u, "the residuals", design.shape[0])[:, None], coded, groups)
    return bread @ (sums.T @ sums) @ bread


def twoway(
    bread: FloatArray,
    X: FloatArray,
    u: FloatArray,
    codes1: IntArray,
    codes2: IntArray,
    factors: tuple[float, float, float] = (1.0, 1.0, 1.0),
    fix_psd: bool = False,
) -> tuple[FloatArray, bool]:
    """Give back the two-way clustered covariance and whether negative eigenvalues were cut.

    Parameters
    ----------
    bread, X, u : as in `hc0`.
    codes1, codes2 : (n,) cluster codes; the intersection is formed here.
    factors : multipliers of the three terms (`small_sample.twoway_factors`); the sign of the third is taken here.
    fix_psd : cut negative eigenvalues to zero, as fixest does (with a warning there; the flag is for yours).

    Source
    ------
    Cameron, Gelbach and Miller (2011, doi:10.1198/jbes.2010.07136).
    """
    n = len(X)
    first, _ = group_codes(codes1, "the first cluster", n)
    second, size = group_codes(codes2, "the second cluster", n)
    V = (
        factors[0] * cluster(bread, X, u, first)
        + factors[1] * cluster(bread, X, u, second)
        - factors[2] * cluster(bread, X, u, intersection(first, second, size))
    )
    V = (V + V.T) / 2
    values, vectors = np.linalg.eigh(V)
    if not fix_psd or values.size == 0 or values[0] >= 0:
        return V, False
    return (vectors * np.maximum(values, 0.0)) @ vectors.T, True


def intersection(codes1: IntArray, codes2: IntArray, levels2: int) -> IntArray:
    """Give back codes (n,) of the pairs that occur, in order of (first, second)."""
    _, inverse = np.unique(codes1 * levels2 + codes2, return_inverse=True)
    return np.asarray(inverse, dtype=np.intp)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Jackknife:
    """The estimates without each cluster.

    Attributes
    ----------
    coefficients : (k,) all clusters.
    replicates : (G, k) without cluster g; NaN where the rest does not determine a coefficient (`undetermined`).
    undetermined : (G, k) bool; a covariance that needs such a replicate is NaN, never silently a smaller sum.
    leverage : (G,) of each cluster; effects swept off before are not in it (each nested level would add 1).
    partial_leverage : (G, k) share of each cluster in the variation of each coefficient's own regressor; sums to 1.
    """

    coefficients: FloatArray
    replicates: FloatArray
    undetermined: FloatArray
    leverage: FloatArray
    partial_leverage: FloatArray


def cv3(jackknife: Jackknife, variant: CV3Variant = "mnw", factor: float = 1.0) -> FloatArray:
    """Give back the jackknife covariance (k, k); with S = sum over g of (b_g - b)(b_g - b)':

    `mnw` (G-1)/G S (summclust's CV3J); `mnw_centred` the same about the mean of the b_g; `hansen` S, no factor;
    `pyfixest` factor x S, with the factor of `small_sample.factor(counts, "fixest", "cluster")`.

    Raises
    ------
    ValueError
        For an unknown variant.

    Source
    ------
    MacKinnon, Nielsen and Webb (2023, J. Applied Econometrics, doi:10.1002/jae.2969; R summclust); Hansen (2025). pyfixest 0.60
    CRV3 is the last variant, not MNW's.
    """
    b = jackknife.replicates
    groups = b.shape[0]
    gaps = b - (b.mean(axis=0) if variant == "mnw_centred" else jackknife.coefficients)
    S = gaps.T @ gaps
    scale = {"mnw": (groups - 1) / groups, "mnw_centred": (groups - 1) / groups, "hansen": 1.0, "pyfixest": factor}
    if variant not in scale:
        raise ValueError(f"CV3 is {', '.join(scale)}, not {variant!r}")
    return S * scale[variant]


def jackknife(
    X: FloatArray,
    y: FloatArray,
    codes: IntArray,
    others: FloatArray | None = None,
    w: FloatArray | None = None,
) -> Jackknife:
    """Give back the leave-one-cluster-out estimates by updating cross-products; nothing is refitted.

    Parameters
    ----------
    X : (n, k) regressors and y : (n,) outcome, both already residualised off the effects NESTED in the clusters
        (dropping a cluster leaves those residuals of the other rows unchanged).
    codes : (n,) cluster codes.
    others : (n, p) explicit columns of what is not nested (`projection.dummy_columns` of the year, say), residualised
        off the same nested effects; collinear or vanishing columns are allowed.
    w : (n,) above zero, or None.

    Raises
    ------
    ValueError
        If the columns of X are collinear given `others`, or there are fewer than two clusters.

    Source
    ------
    MacKinnon, Nielsen and Webb (2023, doi:10.1002/jae.2969), equations for CV3 with absorbed cluster
    effects; a level that disappears with its cluster is handled by a generalised inverse, as in summclust.
    """
    design = matrix(X, "X")
    n, k = design.shape
    coded, groups = group_codes(codes, "the cluster", n)
    if groups < 2:
        raise ValueError("leaving out one cluster needs two clusters or more")
    weights = row_weights(w, n)
    root = np.ones(n) if weights is None else np.sqrt(weights)
    nuisance = orthonormal(np.zeros((n, 0)) if others is None else matrix(others, "others", n) * root[:, None])
    own, triangle = own_part(design * root[:, None], nuisance)
    basis = np.column_stack([own, nuisance])
    target = vector(y, "y", n) * root
    rest = target - basis @ (basis.T @ target)
    rest -= basis @ (basis.T @ rest)
    inverse = np.linalg.inv(triangle)
    coefficients = inverse @ (own.T @ target)
    grams = grams_by_cluster(basis, coded, groups)
    moments = group_sums(basis * rest[:, None], coded, groups)
    values, vectors = np.linalg.eigh(np.eye(basis.shape[1]) - grams)
    alive = values > LOST_DIRECTION
    spread = np.einsum("gij,gi->gj", vectors, moments) * np.where(alive, 1 / np.where(alive, values, 1.0), 0.0)
    shift = np.einsum("gij,gj->gi", vectors, spread)[:, :k] @ inverse.T
    reach = np.einsum("ij,gjd->gid", inverse / np.linalg.norm(inverse, axis=1)[:, None], vectors[:, :k, :])
    undetermined = (np.abs(reach) * ~alive[:, None, :]).max(axis=2, initial=0.0) > 1e-6
    partial = inverse / np.linalg.norm(inverse, axis=1)[:, None]
    return Jackknife(
        coefficients=coefficients,
        replicates=np.where(undetermined, np.nan, coefficients - shift),
        undetermined=undetermined,
        leverage=np.trace(grams, axis1=1, axis2=2),
        partial_leverage=np.einsum("ji,gik,jk->gj", partial, grams[:, :k, :k], partial),
    )


def orthonormal(columns: FloatArray) -> FloatArray:
    """An orthonormal basis (n, r) of the span of the columns, vanishing and collinear ones left out."""
    if columns.shape[1] == 0:
        return columns
    length = np.linalg.norm(columns, axis=0)
    kept = columns[:, length > 1e-10 * max(float(length.max()), 1e-300)]
    if kept.shape[1] == 0:
        return kept
    left, singular, _ = np.linalg.svd(kept / np.linalg.norm(kept, axis=0), full_matrices=False)
    basis: FloatArray = left[:, singular > 1e-8 * singular[0]]
    return basis


def own_part(design: FloatArray, nuisance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """QR of the regressors off the nuisance columns: orthonormal (n, k) and the triangle (k, k)."""
    length = np.linalg.norm(design, axis=0)
    if (length == 0).any():
        raise ValueError(f"regressor {int(np.argmin(length))} is zero: nothing is left of it after the effects")
    rest = design / length
    for _ in range(2):
        rest = rest - nuisance @ (nuisance.T @ rest)
    own, triangle = np.linalg.qr(rest)
    if (np.abs(np.diag(triangle)) < 1e-9).any():
        column = int(np.argmin(np.abs(np.diag(triangle))))
        raise ValueError(f"regressor {column} is a combination of the other columns and effects")
    return own, triangle * length


def grams_by_cluster(basis: FloatArray, codes: IntArray, groups: int) -> FloatArray:
    """Cross-products (G, m, m) of the rows of each cluster."""
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=groups))
    parts = np.split(basis[order], ends[:-1])
    return np.stack([part.T @ part for part in parts])
