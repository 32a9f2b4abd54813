"""Rows of a unit of several keys are clustered on the first of them, unless a study says otherwise."""

import numpy as np
import pandas as pd
import pytest

import panelkit.engines
import panelkit.estimators  # noqa: F401
from panelkit.core.estimation import Defaults, Setting
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import ENGINES, ESTIMATORS
from panelkit.core.variable import Origin, Variable


@pytest.fixture(scope="module")
def cells() -> Panel:
    rng = np.random.default_rng(3)
    places, groups, years = 12, 3, range(2010, 2016)
    rows = pd.MultiIndex.from_product([range(places), range(groups), years], names=["p", "g", "year"]).to_frame(
        index=False
    )
    rows["province"] = rows["p"].map("{:02d}".format)
    rows["industry"] = rows["g"].map("i{}".format)
    rows["province_industry"] = rows["province"] + " / " + rows["industry"]
    shock = rng.standard_normal((places, 6))
    rows["x"] = rng.standard_normal(len(rows)) + shock[rows["p"], rows["year"] - 2010]
    rows["y"] = rng.standard_normal(len(rows)) + shock[rows["p"], rows["year"] - 2010]
    kinds = {"province": "category", "industry": "category", "x": "number", "y": "number"}
    made = [
        Variable(name=n, measure="", label=Label(en=n), origin=Origin(how="made"), kind=k) for n, k in kinds.items()
    ]
    keys = ["province_industry", "year"]
    return Panel.of(
        rows[[*keys, *kinds]],
        unit="province_industry",
        time="year",
        parts=("province", "industry"),
        variables=made,
    )


def clusters(panel: Panel, **fields: str) -> dict[str, int]:
    kind = ESTIMATORS["fixed_effects"]
    model = kind.spec(id="m", formula="y ~ x | province^industry + year", **fields)
    made = kind.estimate(model, panel, Setting(engine=ENGINES["pyfixest"], defaults=Defaults(), seed=1, resample=False))
    return dict(made.sample.clusters)


def test_the_first_key_is_the_cluster(cells):
    assert cells.place == "province"
    assert clusters(cells) == {"province": 12}


def test_a_study_may_say_otherwise(cells):
    assert clusters(cells, cluster="province_industry") == {"province_industry": 36}
