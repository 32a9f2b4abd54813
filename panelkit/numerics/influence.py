"""Influence by closed form: the coefficients without each row, and without each unit. Nothing is refitted here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, matrix, vector
from panelkit.numerics.least_squares import solve
from panelkit.numerics.leverage import hat_values
from panelkit.numerics.projection import Absorber
from panelkit.numerics.sandwich import jackknife

ALONE = 1e-10  # what a row leaves over from the effects (and regressors), below which they fit it exactly


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Influence:
    """What leaving out does.

    Attributes
    ----------
    coefficients : (k,) with everything.
    without : (r, k) without each row or unit; NaN where the rest does not determine a coefficient.
    leverage : (r,) of each row, effects counted; of each unit, effects swept off before not counted.
    most : (k,) which row or unit moves each coefficient most.
    """

    coefficients: FloatArray
    without: FloatArray
    leverage: FloatArray
    most: IntArray


def leave_one_row_out(X: FloatArray, y: FloatArray, sweep: Absorber) -> Influence:
    """Give back the coefficients without each row, effects estimated anew each time.

    Parameters
    ----------
    X : (n, k) and y : (n,), already residualised by `sweep` (without effects: X holds the constant).
    sweep : the projection that was applied, its weights included.

    Raises
    ------
    ValueError
        If lengths differ or columns are collinear.

    Notes
    -----
    A row that an effect fits alone (a singleton) changes nothing and is reported so. A row whose loss makes a
    coefficient undetermined gives NaN.

    Source
    ------
    Belsley, Kuh and Welsch (1980, eq. 2.1): b - b(i) = (X'WX)^-1 x_i w_i u_i / (1 - h_i), here with h_i the leverage of regressors
    AND effects, which makes it exact with absorbed effects.
    """
    design = matrix(X, "X", sweep.rows)
    n = design.shape[0]
    fit = solve(design, y, sweep.weights)
    w = np.ones(n) if sweep.weights is None else sweep.weights
    hats = hat_values(design, sweep)
    rest = 1 - hats.values
    alone = 1 - hats.effects < ALONE
    lost = ~alone & (rest < ALONE)
    scale = np.where(alone | lost, 0.0, w * fit.residuals / np.where(alone | lost, 1.0, rest))
    without = fit.coefficients - scale[:, None] * (design @ fit.bread)
    without[lost] = np.nan
    return _influence(fit.coefficients, without, hats.values)


def leave_one_unit_out(
    X: FloatArray,
    y: FloatArray,
    unit: IntArray,
    others: FloatArray | None = None,
    w: FloatArray | None = None,
) -> Influence:
    """Give back the coefficients without each unit; arguments and Raises as `sandwich.jackknife`, which it reads.

    X, y and `others` (the dummies of effects not nested in units) are residualised off the effects nested in units.

    Source
    ------
    MacKinnon, Nielsen and Webb (2023, doi:10.1177/1536867X231212433, R summclust): leave-one-cluster-out by cross-products.
    """
    left = jackknife(X, vector(y, "y"), unit, others, w)
    return _influence(left.coefficients, left.replicates, left.leverage)


def _influence(coefficients: FloatArray, without: FloatArray, leverage: FloatArray) -> Influence:
    moved = np.abs(without - coefficients)
    most = np.argmax(np.where(np.isnan(moved), np.inf, moved), axis=0)
    return Influence(
        coefficients=coefficients, without=without, leverage=leverage, most=np.asarray(most, dtype=np.intp)
    )
