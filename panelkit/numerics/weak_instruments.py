"""How strong instruments are: effective F, rank tests, tF. Robust sets are in anderson_rubin; no estimate is chosen here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, group_sums, matrix, vector

TAUS = (0.05, 0.10, 0.20, 0.30)
LEVEL = 0.95

# Lee, McCrary, Moreira and Porter (2022), 5 % critical values of |t| at sqrt(F) = 2.0, 2.1, ..., 10.3.
_TF_ROOTS = np.arange(84) / 10 + 2.0
_TF_CRITICAL = np.array(
    [
        18.66, 9.74, 7.37, 6.18, 5.43, 4.92, 4.54, 4.25, 4.01, 3.82, 3.65, 3.51, 3.39, 3.29, 3.19, 3.11, 3.03, 2.97, 2.91,
        2.85, 2.80, 2.75, 2.71, 2.67, 2.63, 2.60, 2.57, 2.54, 2.51, 2.48, 2.46, 2.43, 2.41, 2.39, 2.37, 2.35, 2.33, 2.32,
        2.30, 2.29, 2.27, 2.26, 2.24, 2.23, 2.22, 2.21, 2.20, 2.19, 2.17, 2.16, 2.16, 2.15, 2.14, 2.13, 2.12, 2.11, 2.10,
        2.10, 2.09, 2.08, 2.08, 2.07, 2.06, 2.06, 2.05, 2.04, 2.04, 2.03, 2.03, 2.02, 2.02, 2.01, 2.01, 2.00, 2.00, 1.99,
        1.99, 1.99, 1.98, 1.98, 1.97, 1.97, 1.97, 1.96,
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Equation:
    """One instrumented equation, everything already residualised off the absorbed effects (and times root weights).

    y (n,); endogenous (n, m); instruments (n, l) excluded ones; exogenous (n, w) included ones, w may be 0, the constant
    among them if no effect was absorbed.
    """

    y: FloatArray
    endogenous: FloatArray
    instruments: FloatArray
    exogenous: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Errors:
    """What is assumed of the errors: `iid`, `robust` or `cluster` with codes (n,); `factor` multiplies every variance.

    Variances are raw without it: divided by n for `iid`, HC0, CR0. So `factor` is n/(n-K) for iid and HC1, and
    `small_sample.factor` for clusters.
    """

    kind: Literal["iid", "robust", "cluster"]
    codes: IntArray | None = None
    factor: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Partialled:
    """`Equation` after the included exogenous columns are projected off; Q (n, l) an orthonormal basis of Z."""

    y: FloatArray
    X: FloatArray
    Z: FloatArray
    Q: FloatArray


def partial_out(equation: Equation) -> Partialled:
    """Give back the equation without its included exogenous columns (Frisch, Waugh and Lovell).

    Raises
    ------
    ValueError
        If lengths differ, there are fewer instruments than endogenous columns, or instruments are collinear with each
        other or with the exogenous columns.
    """
    X = matrix(equation.endogenous, "the endogenous regressors")
    n = X.shape[0]
    Z = matrix(equation.instruments, "the instruments", n)
    W = matrix(equation.exogenous, "the exogenous regressors", n)
    y = vector(equation.y, "y", n)
    if Z.shape[1] < X.shape[1]:
        raise ValueError(f"{X.shape[1]} endogenous regressors need as many instruments, not {Z.shape[1]}")
    both = np.column_stack([y, X, Z])
    if W.shape[1]:
        basis = np.linalg.qr(W / np.maximum(np.linalg.norm(W, axis=0), np.finfo(float).tiny))[0]
        for _ in range(2):
            both = both - basis @ (basis.T @ both)
    k = 1 + X.shape[1]
    clean = both[:, k:]
    before, after = np.linalg.norm(Z, axis=0), np.linalg.norm(clean, axis=0)
    if (after <= 1e-10 * before).any():
        raise ValueError(f"instrument {int(np.argmax(after <= 1e-10 * before))} is a combination of exogenous columns")
    Q, R = np.linalg.qr(clean / after)
    if (np.abs(np.diag(R)) < 1e-10).any():
        raise ValueError(f"instrument {int(np.argmin(np.abs(np.diag(R))))} is a combination of the other instruments")
    return Partialled(y=both[:, 0], X=both[:, 1:k], Z=clean, Q=Q)


def cross_meat(Z: FloatArray, u: FloatArray, v: FloatArray, errors: Errors) -> FloatArray:
    """Give back the variance (l, l) between Z'u and Z'v under the errors assumed, factor included.

    Raises
    ------
    ValueError
        For an unknown kind, or clusters without codes.
    """
    n = Z.shape[0]
    if errors.kind == "iid":
        return errors.factor * float(u @ v) / n * (Z.T @ Z)
    first, second = Z * u[:, None], Z * v[:, None]
    if errors.kind == "cluster":
        if errors.codes is None:
            raise ValueError("clustered errors need the cluster codes")
        codes, groups = group_codes(errors.codes, "the cluster", n)
        first, second = group_sums(first, codes, groups), group_sums(second, codes, groups)
    elif errors.kind != "robust":
        raise ValueError(f"errors are iid, robust or cluster, not {errors.kind!r}")
    return errors.factor * (first.T @ second)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveF:
    """The effective F, and for each worst-case bias tau (share of the benchmark) its 5 % critical value and the
    effective degrees of freedom behind it."""

    statistic: float
    taus: tuple[float, ...]
    critical: tuple[float, ...]
    effective_df: tuple[float, ...]


def effective_f(equation: Equation, errors: Errors) -> EffectiveF:
    """Give back Montiel Olea and Pflueger's effective F; weak instruments are rejected above the critical value.

    Parameters
    ----------
    equation : with ONE endogenous regressor.
    errors : robust or clustered; under iid it is the classical first-stage F (factor n/(n-K)).

    Raises
    ------
    ValueError
        If there is more than one endogenous regressor, or as `partial_out`.

    Notes
    -----
    Assumes a linear first stage and many clusters (rows); with 31 clusters the clustered variance is itself biased
    down, so the F is too large: read it beside the Anderson-Rubin set, which decides. Critical values are the
    simplified (conservative) ones, x = 1/tau by Patnaik's approximation: above those of the generalised test that
    Stata `weakivtest` prints for TSLS. With one instrument: 37.4, 23.1, 15.1, 12.0.

    Source
    ------
    Montiel Olea and Pflueger (2013, doi:10.1080/00401706.2013.806694, section 3); instruments net of the controls
    (pyfixest 0.60 leaves the controls in, which is wrong with two instruments or more).
    """
    parts = partial_out(equation)
    if parts.X.shape[1] != 1:
        raise ValueError("the effective F is for one endogenous regressor; see rank_tests for more")
    x = parts.X[:, 0]
    slope = parts.Q.T @ x
    v = x - parts.Q @ slope
    W = cross_meat(parts.Q, v, v, errors)
    trace = float(np.trace(W))
    if trace <= 0:
        raise ValueError("the first stage fits exactly: its F is not defined")
    shares: FloatArray = np.linalg.eigvalsh(W).astype(np.float64) / trace
    pairs = [_patnaik(shares, tau) for tau in TAUS]
    return EffectiveF(
        statistic=float(slope @ slope) / trace,
        taus=TAUS,
        critical=tuple(value for value, _ in pairs),
        effective_df=tuple(df for _, df in pairs),
    )


def _patnaik(shares: FloatArray, tau: float) -> tuple[float, float]:
    """Critical value and effective degrees of freedom of the simplified test; shares: eigenvalues of W2 over its trace."""
    from scipy import stats

    x = 1 / tau
    df = (1 + 2 * x) / (float(np.sum(shares**2)) + 2 * x * float(shares.max()))
    return float(stats.ncx2.ppf(LEVEL, df, x * df)) / df, df


@dataclass(frozen=True, slots=True, kw_only=True)
class RankTests:
    """Kleibergen-Paap rk LM (chi2(df), p: is the equation identified at all?), rk Wald chi2 and F, Cragg-Donald F.

    Under iid errors these are Anderson's canonical correlation LM and the Cragg-Donald Wald, as ivreg2 prints.
    """

    lm: float
    df: int
    lm_p: float
    wald: float
    wald_f: float
    cragg_donald_f: float


def rank_tests(equation: Equation, errors: Errors, parameters: int) -> RankTests:
    """Give back the tests that the instruments move all endogenous regressors at once.

    Parameters
    ----------
    equation : any number of endogenous regressors.
    errors : leave `factor` at 1: ivreg2's own corrections are applied to the F.
    parameters : all instruments, excluded and included, the constant, and the rank of the absorbed effects (for effects
        nested in the clusters ivreg2 via reghdfe leaves them out under clustering: pass what the convention counts).

    Raises
    ------
    ValueError
        As `partial_out`, or if no degrees of freedom are left.

    Notes
    -----
    Assumes nothing of the structural errors. Stock-Yogo's critical values belong to Cragg-Donald under iid errors
    only; none exist for rk F. A rejection of LM is far from strength. Few clusters: as for `effective_f`.

    Source
    ------
    Kleibergen and Paap (2006, doi:10.1016/j.jeconom.2005.02.011), Cragg and Donald (1993, doi:10.1017/S0266466600007519).
    Stata ivreg2/ranktest: X'X normalisation in both forms, LM scores from X itself, Wald scores from the first-stage
    residuals; F = rk (n-L)/(n l), clustered rk (n-L)(G-1)/((n-1) G l). fixest normalises by the residuals (the same with
    one endogenous regressor) and its Cragg-Donald takes off m + l + 1 parameters only.
    """
    parts = partial_out(equation)
    n, m, columns = parts.X.shape[0], parts.X.shape[1], parts.Q.shape[1]
    if n <= parameters:
        raise ValueError(f"{n} rows leave no degrees of freedom for {parameters} parameters")
    first = np.linalg.qr(parts.X / np.linalg.norm(parts.X, axis=0))
    if (np.abs(np.diag(first[1])) < 1e-10).any():
        raise ValueError("the endogenous regressors are collinear")
    basis = first[0]
    theta = parts.Q.T @ basis
    smallest = float(np.linalg.svd(theta, compute_uv=False)[-1]) ** 2
    if smallest >= 1 - 1e-12:
        raise ValueError("an endogenous regressor is fitted exactly by the instruments")
    donald = smallest / (1 - smallest)
    if errors.kind == "iid":
        lm, wald = n * smallest, n * donald
    else:
        residuals = basis - parts.Q @ theta
        lm, wald = (_rk(theta, parts.Q, scores, errors) for scores in (basis, residuals))
    ratio = (n - parameters) / n
    if errors.kind == "cluster":
        groups = int(np.asarray(errors.codes).max()) + 1
        ratio = (n - parameters) / (n - 1) * (groups - 1) / groups
    from scipy import special

    df = columns - m + 1
    return RankTests(
        lm=lm,
        df=df,
        lm_p=float(special.chdtrc(df, lm)),
        wald=wald,
        wald_f=wald * ratio / columns,
        cragg_donald_f=donald * (n - parameters) / columns,
    )


def _rk(theta: FloatArray, Q: FloatArray, scores: FloatArray, errors: Errors) -> float:
    """lambda' V^-1 lambda for rank m-1 of theta (l, m), the variance from Q times each column of scores."""
    m = theta.shape[1]
    blocks = [[cross_meat(Q, scores[:, i], scores[:, j], errors) for j in range(m)] for i in range(m)]
    V = np.block(blocks)
    u, _, vt = np.linalg.svd(theta, full_matrices=True)
    # The choice of basis of the last directions cancels in the quadratic form, so the singular vectors will do.
    B = np.kron(vt[m - 1 :, :], u[:, m - 1 :].T)
    point = B @ theta.T.reshape(-1)
    return float(point @ np.linalg.solve(B @ V @ B.T, point))


@dataclass(frozen=True, slots=True, kw_only=True)
class TF:
    """The 5 % critical value of |t| given F, the interval with it (infinite where F is too small) and its standard
    error, `se` times critical/1.96."""

    critical: float
    low: float
    high: float
    adjusted_se: float


def t_f(coefficient: float, se: float, f: float) -> TF:
    """Give back the tF interval of a just-identified equation with one endogenous regressor.

    Parameters
    ----------
    coefficient, se : two-stage least squares and its robust or clustered error.
    f : first-stage F of the single instrument with the SAME covariance (= effective F).

    Raises
    ------
    ValueError
        If se or f is negative or missing.

    Notes
    -----
    Assumes normality of the reduced forms (many clusters). Below F = 4, where the table begins, the interval is the whole
    line (the exact limit is 3.84). With several instruments it does not apply.

    Source
    ------
    Lee, McCrary, Moreira and Porter (2022, doi:10.1257/aer.20211063, table 3A), linear in sqrt(F) between the printed
    values as R ivDiag `tF` (which stays at 18.66 below F = 4).
    """
    if not (np.isfinite(coefficient) and se >= 0 and f >= 0):
        raise ValueError(f"tF needs a coefficient, an error and an F, not {coefficient}, {se}, {f}")
    root = float(np.sqrt(f))
    critical = float(np.interp(root, _TF_ROOTS, _TF_CRITICAL)) if root >= 2 else float("inf")
    half = critical * se
    return TF(critical=critical, low=coefficient - half, high=coefficient + half, adjusted_se=half / 1.96)
