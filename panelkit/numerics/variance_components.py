"""Variances of unit effects and of what is left, and quasi-demeaning by them. No coefficient is estimated here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes, group_sums, matrix, vector
from panelkit.numerics.projection import absorber, collinear


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VarianceComponents:
    """Variances `idiosyncratic` and `unit` (squared units of y), `theta` (N,) of each unit, and whether `unit` was cut at zero."""

    idiosyncratic: float
    unit: float
    theta: FloatArray
    cut: bool

    @property
    def share(self) -> float:
        """The unit effects' share of the variance (Stata's rho)."""
        return self.unit / (self.unit + self.idiosyncratic)


def swamy_arora(X: FloatArray, y: FloatArray, unit: IntArray) -> VarianceComponents:
    """Give back the variance components of a one-way error model.

    Parameters
    ----------
    X : (n, k) regressors in levels, the constant among them.
    y : (n,).
    unit : (n,) unit codes; units may have different numbers of rows.

    Raises
    ------
    ValueError
        If no degrees of freedom are left within or between the units.

    Notes
    -----
    The within variance is RSS/(n - N - k_w), k_w the rank of the regressors that vary within units. The unit variance comes
    from the regression on unit means weighted by T_i; it can be estimated below zero, and is then zero (`cut`): random
    effects are pooled least squares. theta_i = 1 - sqrt(s_e / (s_e + T_i s_u)).

    Source
    ------
    Swamy and Arora (1972), unbalanced: Baltagi and Chang (1994, doi:10.1016/0304-4076(94)90052-3). R plm
    `random.method = "swar"`, Stata `xtreg, re sa`, linearmodels `RandomEffects` with `small_sample=True`.
    """
    design = matrix(X, "X")
    outcome = vector(y, "y", design.shape[0])
    codes, units = group_codes(unit, "the unit", design.shape[0])
    n = design.shape[0]
    within = absorber([codes]).residualise(np.column_stack([design, outcome]))
    lost = collinear(within[:, :-1], design)
    kept = [j for j in range(design.shape[1]) if j not in lost]
    df_within = n - units - len(kept)
    if df_within <= 0:
        raise ValueError(f"{n} rows of {units} units leave no degrees of freedom within units")
    own = _rss(within[:, kept], within[:, -1]) / df_within
    T = np.bincount(codes).astype(np.float64)
    means = group_sums(np.column_stack([design, outcome]), codes, units) / T[:, None]
    root = np.sqrt(T)[:, None]
    lost = collinear(means[:, :-1] * root, means[:, :-1] * root)
    columns = [j for j in range(design.shape[1]) if j not in lost]
    df_between = units - len(columns)
    if df_between <= 0:
        raise ValueError(f"{units} units leave no degrees of freedom between units")
    between = means[:, columns] * root
    rss = _rss(between, means[:, -1] * root[:, 0])
    Q = np.linalg.qr(between / np.linalg.norm(between, axis=0))[0]
    trace = float(np.sum(T[:, None] * Q**2))
    raw = (rss - df_between * own) / (n - trace)
    variance = max(0.0, raw)
    return VarianceComponents(
        idiosyncratic=own, unit=variance, theta=1 - np.sqrt(own / (own + T * variance)), cut=raw <= 0
    )


def quasi_demean(values: FloatArray, unit: IntArray, theta: FloatArray) -> FloatArray:
    """Give back values (n, m) less theta of their unit times the unit's mean. Raises ValueError if the lengths do not fit."""
    columns = matrix(values, "the values")
    codes, units = group_codes(unit, "the unit", columns.shape[0])
    if len(theta) != units:
        raise ValueError(f"{len(theta)} thetas do not fit {units} units")
    means = group_sums(columns, codes, units) / np.bincount(codes)[:, None]
    return np.asarray(columns - (theta[:, None] * means)[codes])


def _rss(X: FloatArray, y: FloatArray) -> float:
    """The residual sum of squares of y on columns of full rank (or none)."""
    rest = y
    if X.shape[1]:
        Q = np.linalg.qr(X / np.linalg.norm(X, axis=0))[0]
        for _ in range(2):
            rest = rest - Q @ (Q.T @ rest)
    return float(rest @ rest)
