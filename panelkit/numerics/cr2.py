"""CR2 (bias-reduced linearisation) and CR3 with absorbed effects, their degrees of freedom and Wald test, no factor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from panelkit.numerics.arrays import FloatArray, IntArray, group_sums, matrix, vector
from panelkit.numerics.cluster_design import ClusterDesign

NULL_EIGENVALUE = 1e-10  # of I - H within a cluster: below it a direction is fitted by the cluster alone
BLOCK_ROWS = 5000  # largest cluster for which a rows x rows matrix is formed
Kind = Literal["cr0", "cr2", "cr3"]
Working = Literal["identity", "inverse_weights"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Linearised:
    """The forms a whose cluster sums a'u are the pieces of the covariance; build it with `linearise`.

    Attributes
    ----------
    design : the clustered design.
    kind, working : what was built.
    forms : (n, k) A_g' W_g X_g (X'WX)^-1, row by row: V = sum over clusters of (forms_g' u_g)(forms_g' u_g)'.
    swept : (n, k) the forms after the transposed projection off the nested effects.
    lost : (G, k) True where the cluster alone determines part of the coefficient (one treated cluster): CR2 then
        leaves that direction out by a generalised inverse and is too small; the caller should withhold it.
    """

    design: ClusterDesign
    kind: Kind
    working: Working
    forms: FloatArray
    swept: FloatArray
    lost: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotelling:
    """Approximate Hotelling T2 test: F, its degrees of freedom and p (NaN where df2 is not above zero)."""

    f: float
    df1: int
    df2: float
    p: float


def linearise(design: ClusterDesign, kind: Kind = "cr2", working: Working = "identity") -> Linearised:
    """Give back the adjusted linear forms of CR0, CR2 or CR3 for every dummy of the model.

    Parameters
    ----------
    design : from `cluster_design.cluster_design`.
    kind : `cr0` A = I; `cr2` A_g = V'(V [(I-H) S (I-H)']_gg V')^(-1/2) V, V the Cholesky root of S_g, symmetric root,
        zero eigenvalues left out; `cr3` A_g = (I - H_gg)^-1 (the cluster jackknife without a factor).
    working : error covariance S assumed: `identity` (clubSandwich's default for `lm` with weights, and its default
        without) or `inverse_weights` S = W^-1 (its `inverse_var = TRUE`, for weights that are inverse variances).

    Raises
    ------
    ValueError
        For an unknown kind or working model, a cluster of more than `BLOCK_ROWS` rows where a matrix of its size is
        needed (CR2 with weights), or CR3 where a cluster alone determines a coefficient.

    Notes
    -----
    Effects nested in the clusters may be swept off beforehand and forgotten when there are no weights, or where weights
    are constant within clusters and `working="inverse_weights"`: I - H_gg is then the identity less Z_g Z_g' on what is
    left of X (Pustejovsky and Tipton's Theorem 2; their corrigendum confines it to ordinary least squares). With other
    weights it is not so, and the nested dummies are kept in I - H_gg here, exactly, as in clubSandwich with every dummy
    written out; that matrix is then singular in directions on which W X leans, and CR2 is not exactly unbiased even
    under its own working model (1 to 3 % on small panels). Effects that cross clusters (years) are always explicit
    columns of Z, never merely demeaned away.

    Source
    ------
    Bell and McCaffrey (2002, Survey Methodology 28); Pustejovsky and Tipton (2018, doi:10.1080/07350015.2016.1247004), equations
    for A_g; R clubSandwich 0.5 `vcovCR(type = "CR2")`, Stata `reg_sandwich`.
    """
    if kind not in ("cr0", "cr2", "cr3"):
        raise ValueError(f"the correction is cr0, cr2 or cr3, not {kind!r}")
    if working not in ("identity", "inverse_weights"):
        raise ValueError(f"the working model is identity or inverse_weights, not {working!r}")
    w = np.ones(len(design.codes)) if design.weights is None else design.weights
    root = np.sqrt(w)[:, None]
    turn = np.asarray(np.linalg.inv(design.triangle).T, dtype=np.float64)  # slopes @ bread = Z[:, :k] @ turn
    scaled = design.basis * root
    forms = root * (scaled[:, : turn.shape[0]] @ turn)
    swept = forms.copy()
    lost = np.zeros((design.groups, turn.shape[0]), dtype=bool)
    second = _second_moment(design, working)
    for g, rows in enumerate(design.clusters()):
        adjusted, lost[g] = _inverse_power(scaled[rows], turn, 0.5 if kind == "cr2" else 1.0)
        if kind == "cr2" and design.weights is not None:
            A, back = _weighted(design, w[rows], rows, second, working)
            forms[rows] = A @ forms[rows]
            swept[rows] = back @ forms[rows]
        elif kind != "cr0":
            forms[rows] = swept[rows] = root[rows] * adjusted
    if kind == "cr3" and lost.any():
        cluster, column = np.argwhere(lost)[0]
        raise ValueError(
            f"coefficient {column} cannot be estimated without cluster {cluster}: CR3 is not defined (one treated"
            " cluster?); use permutation"
        )
    return Linearised(design=design, kind=kind, working=working, forms=forms, swept=swept, lost=lost)


def covariance(linearised: Linearised, u: FloatArray) -> FloatArray:
    """Give back the covariance (k, k), no factor.

    Parameters
    ----------
    linearised : from `linearise`.
    u : (n,) plain residuals of the full model; with weights NOT multiplied by them (unlike in `sandwich`).

    Raises
    ------
    ValueError
        If the number of rows differs.

    Notes
    -----
    clubSandwich: CR1 = cr0 x G/(G-1), CR1p = cr0 x G/(G-p), CR1S = cr0 x G(N-1)/((G-1)(N-p)), p counting every
    written-out column (`small_sample` convention `sandwich`); CR2 and CR3 as they are. MacKinnon, Nielsen and Webb's
    CV3 is cr3 x (G-1)/G (`sandwich.cv3`).
    """
    residuals = vector(u, "the residuals", linearised.forms.shape[0])
    pieces = group_sums(linearised.forms * residuals[:, None], linearised.design.codes, linearised.design.groups)
    return pieces.T @ pieces


def satterthwaite(linearised: Linearised, contrast: FloatArray | None = None) -> FloatArray:
    """Give back the degrees of freedom of t for each coefficient (k,), or for each row of `contrast` (m,).

    2 E(v)^2 / Var(v) of the variance estimate v under the working model: (sum P_gg)^2 / (sum P_gh^2), P_gh the
    covariance of the pieces of clusters g and h. For `cr2` these are Bell and McCaffrey's; `cr0` serves every CR1
    (a factor drops out).

    Parameters
    ----------
    linearised : from `linearise`.
    contrast : (m, k) or (k,), or None for each coefficient.

    Raises
    ------
    ValueError
        If a contrast has another number of columns.

    Source
    ------
    Bell and McCaffrey (2002); Imbens and Kolesar (2016, doi:10.1162/REST_a_00552); Pustejovsky and Tipton (2018), equation 11; R
    clubSandwich `coef_test(test = "Satterthwaite")`.
    """
    chosen = _contrast(linearised, contrast)
    out = np.empty(chosen.shape[0])
    for i, row in enumerate(chosen):
        P = _piece_covariances(linearised, row[None, :])[0, 0]
        out[i] = np.trace(P) ** 2 / np.sum(P**2)
    return out


def hotelling(
    linearised: Linearised, u: FloatArray, coefficients: FloatArray, contrast: FloatArray, factor: float = 1.0
) -> Hotelling:
    """Give back the test that every row of `contrast` times the coefficients is zero.

    Parameters
    ----------
    linearised, u : as in `covariance`.
    coefficients : (k,).
    contrast : (q, k), rows independent.
    factor : what the covariance is multiplied by (CR1).

    Raises
    ------
    ValueError
        If shapes differ or the covariance of the contrasts is singular (more contrasts than clusters can carry).

    Source
    ------
    Pustejovsky and Tipton (2018, doi:10.1080/07350015.2016.1247004), section 4.2; R clubSandwich `Wald_test(test = "HTZ")`.
    """
    C = _contrast(linearised, contrast)
    q = C.shape[0]
    gap = C @ vector(coefficients, "the coefficients", linearised.forms.shape[1])
    V = C @ covariance(linearised, u) @ C.T * factor
    if np.linalg.matrix_rank(V, hermitian=True) < q:
        raise ValueError(f"the covariance of {q} contrasts is singular: test fewer at once")
    statistic = float(gap @ np.linalg.solve(V, gap))
    P = _piece_covariances(linearised, C)
    half = _power(np.einsum("stgg->st", P), -0.5)
    scaled = np.einsum("as,stgh,tb->abgh", half, P, half)
    traces = np.einsum("ssgh->gh", scaled)
    spread = float(np.sum(traces**2) + np.einsum("stgh,tsgh->", scaled, scaled))
    eta = q * (q + 1) / spread
    df2 = eta - q + 1
    f = statistic * df2 / (q * eta)
    p = float(special.fdtrc(q, df2, f)) if df2 > 0 else float("nan")
    return Hotelling(f=f, df1=q, df2=df2, p=p)


def _second_moment(design: ClusterDesign, working: Working) -> FloatArray:
    """Z'W S W Z (r, r) under the working model S."""
    if design.weights is None or working == "inverse_weights":
        return np.eye(design.basis.shape[1])
    weighted = design.basis * design.weights[:, None]
    return weighted.T @ weighted


def _inverse_power(scaled: FloatArray, turn: FloatArray, power: float) -> tuple[FloatArray, FloatArray]:
    """(I - ZZ')^(-power) Z_own turn (t, k) of one cluster, and which coefficients (k,) it alone determines.

    By singular values of Z_g (t, r): a long cluster costs t r^2, a short one t^2 r.
    """
    k = turn.shape[0]
    left, singular, right = np.linalg.svd(scaled, full_matrices=False)
    gap = 1 - singular**2
    alive = gap > NULL_EIGENVALUE
    scale = np.where(alive, singular / np.where(alive, gap, 1.0) ** power, 0.0)
    own = right[:, :k] @ turn
    lost = np.abs(own) * ~alive[:, None]
    return (left * scale) @ own, lost.max(axis=0, initial=0.0) > 1e-6 * np.linalg.norm(turn, axis=0)


def _weighted(
    design: ClusterDesign, w: FloatArray, rows: IntArray, second: FloatArray, working: Working
) -> tuple[FloatArray, FloatArray]:
    """A_g and K_g' (t, t) of CR2 with weights w (t,), every nested dummy kept in I - H."""
    t = len(rows)
    if t > BLOCK_ROWS:
        raise ValueError(f"a cluster has {t} rows; CR2 with weights needs a matrix of that size (limit {BLOCK_ROWS})")
    Z, B = design.basis[rows], design.nested_basis(rows)
    theta = np.ones(t) if working == "identity" else 1 / w
    K = np.eye(t) - B @ (B * w[:, None]).T
    cross = (K * (theta * w)) @ Z
    omega = (K * theta) @ K.T - Z @ cross.T - cross @ Z.T + Z @ second @ Z.T
    outer = np.sqrt(theta)
    A = outer[:, None] * _power(outer[:, None] * omega * outer, -0.5) * outer
    return A, K.T


def _power(square: FloatArray, power: float) -> FloatArray:
    """A symmetric matrix to a power, eigenvalues that are zero left out."""
    values, vectors = np.linalg.eigh((square + square.T) / 2)
    alive = values > NULL_EIGENVALUE * max(float(values[-1]), 0.0)
    scale = np.where(alive, np.where(alive, values, 1.0) ** power, 0.0)
    out: FloatArray = (vectors * scale) @ vectors.T
    return out


def _piece_covariances(linearised: Linearised, contrast: FloatArray) -> FloatArray:
    """P (q, q, G, G): covariance of c_s' piece_g and c_t' piece_h under the working model."""
    design = linearised.design
    w = np.ones(len(design.codes)) if design.weights is None else design.weights
    theta = np.ones(len(w)) if linearised.working == "identity" else 1 / w
    second = _second_moment(design, linearised.working)
    q, G = contrast.shape[0], design.groups
    a, b = linearised.forms @ contrast.T, linearised.swept @ contrast.T
    reach = [group_sums(design.basis * a[:, s, None], design.codes, G) for s in range(q)]
    cross = [group_sums(design.basis * (w * theta * b[:, s])[:, None], design.codes, G) for s in range(q)]
    P = np.empty((q, q, G, G))
    for s in range(q):
        for t in range(q):
            own = np.bincount(design.codes, weights=theta * b[:, s] * b[:, t], minlength=G)
            far = reach[s] @ second @ reach[t].T - reach[s] @ cross[t].T - cross[s] @ reach[t].T
            P[s, t] = np.diag(own) + far
    return P


def _contrast(linearised: Linearised, contrast: FloatArray | None) -> FloatArray:
    k = linearised.forms.shape[1]
    if contrast is None:
        return np.eye(k)
    C = matrix(np.atleast_2d(contrast), "the contrast")
    if C.shape[1] != k:
        raise ValueError(f"a contrast has {C.shape[1]} columns, the model has {k} coefficients")
    return C
