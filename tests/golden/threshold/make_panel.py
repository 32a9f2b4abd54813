"""The made panel of this folder: 20 units, 12 years, slopes 0.4, 1.0 and 1.9 with thresholds of q at -0.5 and 0.8."""

from pathlib import Path

import numpy as np
import pandas as pd


def panel() -> pd.DataFrame:
    draw = np.random.default_rng(1999)
    units, years = 20, 12
    unit, year = np.repeat(np.arange(units), years), np.tile(np.arange(2001, 2001 + years), units)
    q = 0.7 * draw.normal(size=units)[unit] + draw.normal(size=units * years)
    x = 3 + draw.normal(size=units)[unit] + draw.normal(size=units * years)
    w = draw.normal(size=units * years) + 0.4 * q
    slope = np.where(q <= -0.5, 0.4, np.where(q <= 0.8, 1.0, 1.9))
    y = slope * x + 0.5 * w + draw.normal(size=units)[unit] + 0.1 * (year - 2001) + draw.normal(size=units * years)
    return pd.DataFrame({"unit": [f"u{i:02d}" for i in unit], "year": year, "y": y, "x": x, "w": w, "q": q}).round(6)


if __name__ == "__main__":
    panel().to_csv(Path(__file__).parent / "panel.csv", index=False)
