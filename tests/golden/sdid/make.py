"""Makes block.csv and synthdid.json. Run by a Python that has synthdid-py: python make.py (the toolkit itself does not need it)."""

import json
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import synthdid

HERE = Path(__file__).resolve().parent
DRAWS = 400


def rows() -> pd.DataFrame:
    """40 units, ten of them treated from the twelfth of 16 years on; two common factors, the treated load more on one."""
    rng = np.random.default_rng(5)
    factors = rng.normal(size=(2, 16)).cumsum(axis=1)
    made = []
    for unit in range(40):
        loads = rng.normal(size=2) + np.array([0.5 * (unit >= 30), 0])
        path = 5 + loads @ factors + rng.normal(size=16) + (unit >= 30) * (np.arange(16) >= 11) * 1.5
        made += [(f"u{unit:02d}", 2000 + t, int(unit >= 30 and t >= 11), round(y, 6)) for t, y in enumerate(path)]
    return pd.DataFrame(made, columns=["unit", "year", "treated", "y"])


def main() -> None:
    warnings.simplefilter("ignore")
    d = rows()
    d.to_csv(HERE / "block.csv", index=False)
    panel = synthdid.panel_matrices(d, "unit", "year", "y", "treated")
    found = synthdid.synthdid_estimate(panel.Y, panel.N0, panel.T0)
    told = {
        "program": f"synthdid-py {version('synthdid-py')}, a port of R synthdid",
        "draws": DRAWS,
        "att": float(found),
        "jackknife": synthdid.jackknife_se(found),
        "placebo": synthdid.placebo_se(found, replications=DRAWS, random_state=1),
        "bootstrap": synthdid.bootstrap_se(found, replications=DRAWS, random_state=1),
        "sc": float(synthdid.sc_estimate(panel.Y, panel.N0, panel.T0)),
        "did": float(synthdid.did_estimate(panel.Y, panel.N0, panel.T0)),
    }
    (HERE / "synthdid.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
