"""Threshold models against pyxthreg 0.0.3 on a made panel and on Produc, and what the estimate says beside.

`golden/threshold/pyxthreg.json` holds that program's numbers from a run of ours (exact candidates, grid = 0); panelkit shares no code with
it. Its F divides by NT - T (and T - 1 more with year effects) where panelkit, as Hansen (1999), divides by the rows less the absorbed
effects; its three-way search goes through earlier thresholds once. Hansen's own data of 565 firms could not be had.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import panelkit.engines
import panelkit.estimators  # noqa: F401  they register themselves
from panelkit.core.errors import EstimationError
from panelkit.core.estimation import Defaults, Setting
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import ENGINES, ESTIMATORS
from panelkit.core.variable import Origin, Variable
from panelkit.numerics.threshold import critical_iid

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "threshold"
PRODUC = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "data" / "produc.csv"
CASES = json.loads((GOLDEN / "pyxthreg.json").read_text("utf-8"))["cases"]
KIND = ESTIMATORS["threshold"]


def panel_of(frame: pd.DataFrame, unit: str = "unit") -> Panel:
    frame = frame.assign(**{unit: frame[unit].astype(str)})
    variables = [
        Variable(
            name=str(c),
            measure="",
            label=Label(en=str(c)),
            origin=Origin(how="given"),
            kind="number" if frame[c].dtype.kind in "if" else "category",
        )
        for c in frame
        if c not in (unit, "year")
    ]
    return Panel.of(frame, unit=unit, time="year", variables=variables)


def made() -> pd.DataFrame:
    return pd.read_csv(GOLDEN / "panel.csv")


def produc() -> pd.DataFrame:
    if not PRODUC.exists():
        pytest.skip("the oracle's data are not beside this clone")
    d = pd.read_csv(PRODUC)
    logs = {f"l{c}": np.log(d[c]) for c in ("gsp", "pc", "emp", "pcap")}
    return d.assign(**logs).rename(columns={"state": "unit"})[["unit", "year", "unemp", *logs]]


def fitted(frame: pd.DataFrame, engine: str = "pyfixest", **fields: Any) -> Any:
    spec = KIND.spec(
        id="m", **{"threshold": "q", "switching": ("x",), "formula": "y ~ x + w | unit + year", "draws": 99, **fields}
    )
    setting = Setting(engine=ENGINES[engine], defaults=Defaults(), seed=5, resample=False)
    return KIND.estimate(spec, panel_of(frame), setting)


def test_the_committed_panel_is_the_one_that_is_made() -> None:
    import importlib.util

    where = importlib.util.spec_from_file_location("make_panel", GOLDEN / "make_panel.py")
    assert where is not None
    assert where.loader is not None
    module = importlib.util.module_from_spec(where)
    where.loader.exec_module(module)
    pd.testing.assert_frame_equal(module.panel(), made(), check_exact=False, rtol=1e-9)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_the_numbers_of_another_program(case: dict[str, Any]) -> None:
    frame = produc() if case["name"].startswith("produc") else made()
    effects = "unit + year" if case["two_way"] else "unit"
    got = fitted(
        frame,
        formula=f"{case['outcome']} ~ {' + '.join([*case['controls'], *case['switching']])} | {effects}",
        threshold=case["q"],
        switching=tuple(case["switching"]),
        thresholds=case["asked"],
        trim=case["trim"],
        significance=1.0,
    )
    rows = got.records["thresholds"]
    assert [r["estimate"] for r in rows] == pytest.approx(case["thresholds"], abs=1e-9)
    assert got.fit.rss == pytest.approx(case["rss"], rel=1e-9)
    count = len(rows) + 1
    names = [*case["controls"], *(f"{x}:regime::{k}" for k in range(1, count + 1) for x in case["switching"])]
    assert [got.term(n).estimate for n in names] == pytest.approx(case["beta"], rel=1e-7)
    df = case["N"] * case["T"] - case["N"] - (case["T"] - 1 if case["two_way"] else 0)
    theirs = case["N"] * case["T"] - case["T"] - (case["T"] - 1 if case["two_way"] else 0)
    assert got.tests["threshold_1"]["df2"] == df
    # before refinement moves an earlier threshold, each step's F is the same but for its divisor
    assert [got.tests[f"threshold_{k}"]["statistic"] * theirs / df for k in range(1, min(count, 3))] == pytest.approx(
        case["F"][: min(count, 3) - 1], rel=1e-7
    )


@pytest.mark.parametrize("case", [c for c in CASES if c["asked"] == 1], ids=lambda c: c["name"])
def test_the_set_under_independent_errors_is_that_of_another_program(case: dict[str, Any]) -> None:
    """With its divisor (regressors counted too) in place of ours the ends of the set at 7.35 are the same."""
    frame = made()
    effects = "unit + year" if case["two_way"] else "unit"
    got = fitted(
        frame,
        formula=f"y ~ {' + '.join([*case['controls'], *case['switching']])} | {effects}",
        switching=tuple(case["switching"]),
        trim=case["trim"],
    )
    scale = case["df_resid"] / got.tests["threshold_1"]["df2"]
    kept = [r["value"] for r in got.records["threshold_ratios"] if r["ratio"] * scale <= critical_iid(0.95)]
    assert [[kept[0], kept[-1]]] == case["lr_ci"]


def test_thresholds_are_taken_as_far_as_the_tests_go() -> None:
    got = fitted(made(), thresholds=3, trim=0.1, draws=299)
    assert len(got.records["thresholds"]) == 2
    assert [r["thresholds"] for r in got.records["threshold_tests"]] == [1, 2, 3]
    assert got.records["threshold_tests"][2]["p"] > 0.05
    assert any("number 3 is not found" in n for n in got.notes)
    ps = []
    for seed in range(5):  # q dealt out at random: no threshold in it
        none = fitted(made().assign(q=np.random.default_rng(seed).permutation(made().q)), thresholds=2, draws=299)
        ps.append(none.records["threshold_tests"][0]["p"])
        assert ps[-1] <= 0.05 or len(none.records["threshold_tests"]) == 1, "the second is not looked for"
    assert sum(p > 0.05 for p in ps) >= 4


def test_the_route_and_every_engine_agree_with_the_search() -> None:
    for engine in ("pyfixest", "linearmodels", "dense"):
        got = fitted(made(), engine, thresholds=2, trim=0.1)
        assert got.engine == engine
        assert got.confirmation == "route"
        assert got.tests["route"]["difference"] <= 1e-8 * got.fit.rss
        assert any("agrees with the search" in n for n in got.notes)


def test_a_step_is_the_difference_of_slopes_with_the_p_of_its_test() -> None:
    got = fitted(made(), thresholds=2, trim=0.1)
    for j, row in enumerate(got.records["thresholds"], start=1):
        step = got.term(f"x:step::{j}")
        low, high = got.term(f"x:regime::{j}"), got.term(f"x:regime::{j + 1}")
        assert step.estimate == pytest.approx(high.estimate - low.estimate)
        names = [t.name for t in got.terms]
        a, b = names.index(low.name), names.index(high.name)
        V = got.covariance_matrix
        assert step.se**2 == pytest.approx(V[a, a] + V[b, b] - 2 * V[a, b])
        assert step.p == row["p"] == got.tests[f"threshold_{row['step']}"]["p"]


def test_slopes_by_regime_are_those_of_a_plain_regression_on_the_regimes() -> None:
    got = fitted(made(), trim=0.1)
    tau = got.records["thresholds"][0]["estimate"]
    d = made()
    d = d.assign(low=d.x * (d.q <= tau), high=d.x * (d.q > tau))
    setting = Setting(engine=ENGINES["pyfixest"], defaults=Defaults(), seed=5, resample=False)
    plain = ESTIMATORS["fixed_effects"]
    want = plain.estimate(plain.spec(id="p", formula="y ~ low + high + w | unit + year"), panel_of(d), setting)
    for mine, theirs in (("x:regime::1", "low"), ("x:regime::2", "high"), ("w", "w")):
        assert got.term(mine).estimate == pytest.approx(want.term(theirs).estimate, rel=1e-9)
        assert got.term(mine).se == pytest.approx(want.term(theirs).se, rel=1e-9)
    assert [r["rows"] for r in got.records["regimes"]] == [(d.q <= tau).sum(), (d.q > tau).sum()]


def test_an_unbalanced_panel_is_taken_and_said() -> None:
    d = made().drop(index=[3, 40, 100, 101, 200]).reset_index(drop=True)
    got = fitted(d, trim=0.1)
    assert got.records["thresholds"][0]["bootstrap"] == "blocks"
    assert any("235 of 240 cells" in n for n in got.notes)
    d.loc[7, "q"] = np.nan
    assert any(drop.why == "q missing" for drop in fitted(d).sample.dropped)
    halves = made().query("unit < 'u10' and year < 2007 or unit >= 'u10' and year >= 2007")
    alone = halves.drop(index=halves.query("unit == 'u03' and year == 2003").index)
    signs = fitted(pd.concat([alone, made().query("unit == 'u03' and year == 2010")]), trim=0.2)
    assert signs.records["thresholds"][0]["bootstrap"] == "wild"
    assert any("no other that is seen in all their periods" in n for n in signs.notes)


def test_a_level_that_moves_and_clusters_above_units() -> None:
    d = made()
    d = d.assign(region="r" + (d.unit.str[1:].astype(int) // 4).astype(str), y=d.y + 2.0 * (d.q > 0.8))
    got = fitted(d, intercept="switches", cluster="region", trim=0.1)
    assert got.term("regime::2").estimate == pytest.approx(2, abs=1.5)
    assert got.records["thresholds"][0]["bootstrap"] == "wild"
    assert got.sample.clusters == {"region": 5}
    with pytest.raises(EstimationError, match="blocks of whole units cannot be drawn"):
        fitted(d, cluster="region", bootstrap="blocks")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"switching": ("z",)}, "'z' is no regressor"),
        ({"switching": ()}, "no slope switches"),
        ({"threshold": "y"}, "is the outcome"),
        ({"threshold": "nothing"}, "no variable 'nothing'"),
        ({"threshold": "side"}, "is a category"),
        ({"threshold": "fixed"}, "is 2 in every row"),
        ({"thresholds": 4}, "4 thresholds are not looked for"),
        ({"trim": 0.5}, "cannot be"),
        ({"trim": 0.0}, "cannot be"),
        ({"draws": 5}, "5 draws are too few"),
        ({"grid": 3}, "3 candidates are too few"),
        ({"significance": 0.0}, "no level"),
        ({"formula": "y ~ x + w"}, "no effect is absorbed"),
        ({"threshold": "two"}, "no threshold of 'two' can be tried"),
        ({"switching": ("w",), "formula": "y ~ x + w | unit + year", "threshold": "only"}, "can be tried"),
        ({"formula": "y ~ w | unit + year | x ~ z", "switching": ("w",)}, "instruments"),
    ],
)
def test_what_cannot_be_a_threshold_model_is_refused(fields: dict[str, Any], told: str) -> None:
    d = made()
    d = d.assign(
        fixed=2.0, two=(d.index == 3).astype(float), side=np.where(d.index % 2, "a", "b"), z=d.x + d.w,
        only=np.where(d.unit == "u00", 1.0, 0.0),
    )  # fmt: skip
    with pytest.raises(EstimationError, match=told) as error:
        fitted(d, **fields)
    assert all(f.where.startswith("models.m") and f.mend for f in error.value.faults)


def test_all_faults_of_a_declaration_are_told_at_once() -> None:
    with pytest.raises(EstimationError) as error:
        fitted(made(), switching=("nothing",), threshold="y", draws=1, trim=0.9)
    assert len(error.value.faults) == 4
