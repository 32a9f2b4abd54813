"""Makes late_cohorts.json. Run by a Python that has csdid, with the path of base_stagg.csv (the oracle's): python make_late.py PATH."""

import contextlib
import io
import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from csdid.att_gt import ATTgt

CASES = {
    "anticipation_never": {"control_group": "nevertreated", "anticipation": 1},
    "anticipation_notyet": {"control_group": "notyettreated", "anticipation": 1},
    "universal_two": {"control_group": "notyettreated", "anticipation": 2, "base_period": "universal"},
    "gap_years": {"control_group": "notyettreated", "anticipation": 0, "years": [1, 2, 4, 5, 8]},
}


def main() -> None:
    warnings.simplefilter("ignore")
    whole = pd.read_csv(sys.argv[1])
    whole["cohort"] = whole.year_treated.where(whole.year_treated < 10000, 0).astype(float)
    told = {}
    for name, options in CASES.items():
        years, base = options.pop("years", list(range(1, 9))), options.pop("base_period", "varying")
        d = whole[whole.year.isin(years)]
        with contextlib.redirect_stdout(io.StringIO()):
            fit = ATTgt(yname="y", tname="year", idname="id", gname="cohort", data=d, **options)
            fit = fit.fit(est_method="dr", base_period=base, bstrap=False)
            by = {
                how: fit.aggte(typec=how, bstrap=False, cband=False, na_rm=True).atte for how in ("simple", "dynamic")
            }
        r = fit.results
        rows = zip(r["group"], r["year"], r["att"], np.asarray(r["se"], float), strict=True)
        told[name] = {
            "cells": [[float(g), float(t), float(b), None if np.isnan(s) else float(s)] for g, t, b, s in rows],
            **{
                how: [float(np.ravel(v["overall_att"])[0]), float(np.ravel(v["overall_se"])[0])]
                for how, v in by.items()
            },
        }
    text = json.dumps({"program": f"csdid {version('csdid')}", "cases": told}, indent=1)
    (Path(__file__).resolve().parent / "late_cohorts.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
