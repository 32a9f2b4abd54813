"""The Stata 18 log of shared/data/china/SOURCES.md: all its models, to every printed digit, once numbers are stored as Stata stores them.

The variables are generated as 4-byte floats (Stata's default type), which moves the seventh digit: with doubles throughout m1 gives
.1525462 in place of .1525471. Standard errors are the xtreg convention (here equal to fixest's, the unit effect nested in the
cluster) for the fixed effects, and the bare sandwich with the normal (ivregress with dummies) for the 2SLS.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panelkit.core.request import Clustered

FILE = Path(__file__).resolve().parents[2].parent / "shared/data/china/province_panel_tfp/panel_with_broad_tax.csv"
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="the data are in ../shared, which is absent here")

CONTROLS = " + urban_rate + sec_ind_share + trade_openness"
PRINTED = {
    "m1": (
        "ln_tfp ~ pub3 + tax + aging3",
        217,
        {"pub3": (".1525471", ".1745179"), "tax": ("-.008265", ".003822"), "aging3": ("-.0109117", ".0079609")},
        {},
    ),
    "m2": (
        "ln_tfp ~ pub3 + tax + aging3" + CONTROLS,
        186,
        {
            "pub3": (".0296852", ".1587826"),
            "tax": ("-.0110708", ".0037407"),
            "aging3": (".0021025", ".0075475"),
            "urban_rate": ("-.0230612", ".0077889"),
        },
        {},
    ),
    "mediator": (
        "tech ~ pub3 + tax + aging3" + CONTROLS,
        186,
        {"pub3": (".2573005", ".1416635"), "tax": (".0096458", ".0021539"), "aging3": ("-.0059035", ".0067545")},
        {},
    ),
    "outcome": (
        "ln_tfp ~ tech + pub3 + tax + aging3" + CONTROLS,
        186,
        {
            "pub3": (".0930788", ".1667139"),
            "tax": ("-.0086943", ".003793"),
            "aging3": (".000648", ".007082"),
            "tech": ("-.2463799", ".1603056"),
        },
        {},
    ),
    "no_tibet": (
        "ln_tfp ~ pub3 + tax + aging3" + CONTROLS,
        180,
        {"pub3": (".0320141", ".1578512"), "tax": ("-.0131569", ".0041418"), "aging3": (".0045315", ".0076055")},
        {"26": "x"},
    ),
    "no_municipalities": (
        "ln_tfp ~ pub3 + tax + aging3" + CONTROLS,
        162,
        {"pub3": (".0493728", ".1551416"), "tax": ("-.0112392", ".0042437"), "aging3": (".0103978", ".0096269")},
        {"01": "x", "02": "x", "09": "x", "22": "x"},
    ),
    "macro": (
        "ln_tfp ~ pub3 + macro_tax_burden + aging3" + CONTROLS,
        186,
        {
            "pub3": (".1029681", ".1675042"),
            "macro_tax_burden": ("-.0279789", ".0086039"),
            "aging3": (".0053305", ".0082864"),
        },
        {},
    ),
}


def single(values: pd.Series) -> pd.Series:
    return values.astype("float32").astype("float64")


@pytest.fixture(scope="module")
def panel(make):
    frame = pd.read_csv(FILE).sort_values(["province_id", "year"]).reset_index(drop=True)
    numbers = frame.select_dtypes("float64").columns
    frame[numbers] = frame[numbers].apply(single)
    capital = {}
    for unit, part in frame.groupby("province_id"):
        invested = part.set_index("year").fai_bn
        stock = float(np.float32(invested[2008] / (0.161 + 0.096)))
        capital[unit, 2007] = stock
        for year in range(2008, 2018):
            stock = float(np.float32(0.904 * stock + invested[year]))
            capital[unit, year] = stock
    frame["capital"] = [capital.get(key, np.nan) for key in zip(frame.province_id, frame.year, strict=True)]
    labour = frame.emp_urban_unit_10k + frame.private_emp_10k
    logs = [single(np.log(v)) for v in (frame.gdp_bn, frame.capital, single(labour))]
    frame["ln_tfp"] = single(logs[0] - 0.5 * logs[1] - 0.5 * logs[2])
    frame["pub"] = single(frame.emp_urban_unit_10k / labour)
    frame["tech"] = single(np.log(frame.pub_tech_staff / frame.gdp_bn * 1000))
    frame["tax"] = frame.broad_tax_burden
    by = frame.groupby("province_id")
    frame = frame.assign(
        pub3=by["pub"].shift(3), pub4=by["pub"].shift(4), aging3=by["aging_rate"].shift(3), tax1=by["tax"].shift(1)
    )
    frame["province"] = [f"{i:02d}" for i in frame.province_id]
    used = ["province", "year", "ln_tfp", "pub3", "pub4", "aging3", "tax", "tax1", "tech", "macro_tax_burden"]
    return make(frame[[*used, "urban_rate", "sec_ind_share", "trade_openness"]])


def agrees(printed: str, ours: float) -> bool:
    return round(ours, len(printed.partition(".")[2])) == pytest.approx(float(printed), abs=1e-12)


@pytest.mark.parametrize("name", PRINTED)
def test_fixed_effects(name, panel, run):
    formula, count, printed, left_out = PRINTED[name]
    made = run(
        "fixed_effects",
        panel,
        formula=f"{formula} | province + year",
        years=(2011, 2017),
        exclude=left_out,
        covariance=Clustered(small_sample="xtreg"),
    )
    assert made.sample.rows == count
    apart = {
        t: (made.term(t).estimate, made.term(t).se, p)
        for t, p in printed.items()
        if not (agrees(p[0], made.term(t).estimate) and agrees(p[1], made.term(t).se))
    }
    assert not apart
    if name in ("m1", "m2"):
        assert round(made.fit.extra["r2_within_unit"], 4) == {"m1": 0.6943, "m2": 0.7583}[name]


def test_two_stage_least_squares(panel, run):
    printed = {"pub3": ("-.1862598", ".2409079"), "tax": ("-.0181699", ".0056557"), "aging3": (".0011211", ".0065843")}
    made = run(
        "instrumental",
        panel,
        formula=f"ln_tfp ~ aging3{CONTROLS} | province + year | pub3 + tax ~ pub4 + tax1",
        years=(2011, 2017),
        covariance=Clustered(variant="cr0", reference="normal"),
    )
    assert made.sample.rows == 155
    for name, (b, se) in printed.items():
        assert made.term(name).estimate == pytest.approx(float(b), abs=2e-7)
        assert agrees(se, made.term(name).se)
    assert np.isinf(made.terms[0].df)
    assert round(np.sqrt(made.fit.rss / 155), 5) == 0.04053


def test_indirect_effect_of_the_tax(panel, run):
    made = run(
        "mediation",
        panel,
        formula=f"ln_tfp ~ tax + pub3 + aging3{CONTROLS} | province + year",
        mediator="tech",
        years=(2011, 2017),
        covariance=Clustered(small_sample="xtreg"),
    )
    assert agrees("-.00237653", made.term("indirect").estimate)
