"""The same bytes under any PYTHONHASHSEED: pyfixest takes the names of its effects from a set, and its factors followed the seed."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import numpy as np, pandas as pd
import panelkit.engines
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import ENGINES
from panelkit.core.request import Clustered, Regression
from panelkit.core.variable import Origin, Variable
from panelkit.numerics.small_sample import Counts, factor

rng = np.random.default_rng(5)
unit, year = (a.ravel() for a in np.meshgrid(np.arange(31), np.arange(2015, 2022), indexing="ij"))
x, z, v, e = rng.normal(size=(4, len(unit)))
d = pd.DataFrame({"province": [f"{i:02d}" for i in unit], "year": year, "y": x + unit * 0.1 + e, "x": x + 0.3 * z, "z": z, "v": v})
d["sector"] = [f"s{(i + y) % 4}" for i, y in zip(unit, year)]
d = d[rng.uniform(size=len(d)) > 0.1]
names = [c for c in d if c not in ("province", "year")]
variables = [Variable(name=c, measure="", label=Label(), origin=Origin(how=""),
                      kind="category" if c == "sector" else "number") for c in names]
panel = Panel.of(d, unit="province", time="year", variables=variables)
counts = Counts(rows=panel.rows, slopes=2, constant=False, effects=((31, True), (7, False)), clusters=(31,))
iv = dict(estimator="two_stage_least_squares", slopes=("v",), endogenous=("x",), instruments=("z",))
for name in ("pyfixest", "linearmodels", "dense"):
    for absorb in (("province", "year"), ("year", "province"), ("province", "year", "sector")):
        for shape in (dict(slopes=("x", "v")), iv):
            request = Regression(outcome="y", absorb=absorb, covariance=Clustered(by=("province",)), **shape)
            fit = ENGINES[name].fit(request, panel)
            se = np.sqrt(np.diag(fit.raw[0]) * factor(counts, "fixest", "cluster"))
            print(name, absorb, fit.coefficients.tolist(), se.tolist(), fit.rss)
"""


@pytest.mark.slow
def test_standard_errors_do_not_follow_the_hash_seed():
    printed = set()
    for seed in range(6):
        environment = os.environ | {"PYTHONHASHSEED": str(seed)}
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=environment, check=False
        )
        assert run.returncode == 0, run.stderr[-2000:]
        assert len(run.stdout.splitlines()) == 18
        printed.add(run.stdout)
    assert len(printed) == 1
