"""The figures that the flagship shows side by side: the same regression on first-print and on one-vintage shares."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

RAW = Path(__file__).resolve().parents[2] / "data" / "raw" / "nbs"
YEARS = range(2015, 2023)
Array = np.ndarray
Cells = dict[tuple[str, int], float]

# outcome, share, cells: rows, slope, CR1 (G/(G-1) (N-1)/(N-K), K = 1 + 1 + 7 year effects), CR3 as jackknife
FIGURES = [
    ("sales", "first", "all", 248, 1.338, 0.498, 0.557),
    ("share", "first", "all", 248, 0.074, 0.031, 0.034),
    ("sales", "one", "one", 241, 0.305, 0.690, 0.764),
    ("share", "one", "one", 241, 0.011, 0.027, 0.033),
    ("sales", "first", "one", 241, 1.285, 0.548, 0.621),
    ("share", "first", "one", 241, 0.071, 0.033, 0.037),
]


def logs(file: str, column: str) -> Cells:
    with (RAW / file).open(encoding="utf-8", newline="") as opened:
        rows = [r for r in csv.DictReader(opened) if int(r["year"]) in YEARS and r[column]]
    return {(r["province_code"], int(r["year"])): float(np.log(float(r[column]))) for r in rows}


def within(values: Array, unit: Array, time: Array) -> Array:
    dummies = np.column_stack([unit[:, None] == np.unique(unit), time[:, None] == np.unique(time)[1:]]).astype(float)
    basis, _ = np.linalg.qr(dummies)
    return values - basis @ (basis.T @ values)


def slope(y: Array, x: Array, unit: Array, time: Array) -> tuple[float, Array, Array]:
    y, x = within(y, unit, time), within(x, unit, time)
    b = float(x @ y / (x @ x))
    return b, x, y - b * x


@pytest.mark.parametrize(("outcome", "share", "cells", "rows", "b", "cr1", "cr3"), FIGURES)
def test_the_figures(outcome: str, share: str, cells: str, rows: int, b: float, cr1: float, cr3: float) -> None:
    """ln LQ is ln share here: with year effects the national share drops out."""
    sales = logs("e_commerce_sales.csv", "e_commerce_sales")
    one = logs("sector_shares_one_vintage.csv", "secondary_share")
    first = logs("sector_shares_first_print.csv", "secondary_share_first")
    keys = sorted(one if cells == "one" else first)
    values = {"sales": sales, "share": one if share == "one" else first}
    y = np.array([values[outcome][k] for k in keys])
    x = np.array([values["share" if outcome == "sales" else "sales"][k] for k in keys])
    unit, time = np.array([k[0] for k in keys]), np.array([k[1] for k in keys])
    found, regressor, residual = slope(y, x, unit, time)
    groups = np.unique(unit)
    g, n = len(groups), len(keys)
    meat = sum(float(regressor[unit == k] @ residual[unit == k]) ** 2 for k in groups)
    factor = g / (g - 1) * (n - 1) / (n - (2 + len(YEARS) - 1))
    left = np.array([slope(y[unit != k], x[unit != k], unit[unit != k], time[unit != k])[0] for k in groups])
    assert (n, g) == (rows, 31)
    assert found == pytest.approx(b, abs=6e-4)
    assert np.sqrt(factor * meat) / (regressor @ regressor) == pytest.approx(cr1, abs=6e-4)
    assert np.sqrt((g - 1) / g * ((left - found) ** 2).sum()) == pytest.approx(cr3, abs=6e-4)
