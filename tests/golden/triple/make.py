"""Makes staggered.csv and diff_diff.json. Run by a Python that has diff-diff: python make.py (the toolkit itself does not need it)."""

import json
import warnings
from importlib.metadata import version
from pathlib import Path

import diff_diff as dd
import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
COLUMNS = {"outcome": "y", "unit": "unit", "time": "year", "first_treat": "cohort", "eligibility": "on"}


def rows() -> pd.DataFrame:
    """60 places of three cohorts, six groups of which three are eligible, seven years; the covariate moves trends and take-up."""
    rng = np.random.default_rng(4)
    made = []
    for place in range(60):
        cohort = (0, 2013, 2015)[place % 3]
        for group in range(6):
            on, level = int(group < 3), rng.normal()
            x = rng.normal() + 0.4 * (cohort > 0) + 0.3 * on
            for year in range(2010, 2017):
                effect = on * (cohort > 0) * (year >= cohort) * (1 + 0.5 * (year - cohort) + 0.3 * x)
                y = level + 0.2 * (year - 2010) * (1 + 0.5 * x) + 0.1 * on * (year - 2010) + effect + rng.normal()
                made.append((f"p{place:02d}", f"g{group}", year, cohort, on, round(x, 6), round(y, 6)))
    return pd.DataFrame(made, columns=["place", "group", "year", "cohort", "on", "x", "y"])


def main() -> None:
    warnings.simplefilter("ignore")
    d = rows()
    d.to_csv(HERE / "staggered.csv", index=False)
    d["unit"] = pd.factorize(d.place + d.group)[0]
    told = {}
    for name, method, covariates, control in (
        ("plain", "reg", None, "nevertreated"),
        ("plain_notyet", "reg", None, "notyettreated"),
        ("reg", "reg", ["x"], "nevertreated"),
        ("ipw", "ipw", ["x"], "nevertreated"),
        ("dr", "dr", ["x"], "nevertreated"),
    ):
        model = dd.StaggeredTripleDifference(estimation_method=method, control_group=control, pscore_trim=1e-6)
        out = model.fit(d, covariates=covariates, aggregate="event_study", **COLUMNS)
        cells = {
            f"{int(g)},{int(t)}": [float(v["effect"]), float(v["se"])] for (g, t), v in out.group_time_effects.items()
        }
        told[name] = {"cells": cells, "att": [float(out.overall_att), float(out.overall_se)]}
    text = json.dumps({"program": f"diff-diff {version('diff-diff')}", "cases": told}, indent=1)
    (HERE / "diff_diff.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
