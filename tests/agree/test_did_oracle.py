"""Staggered difference-in-differences against numbers frozen from did, DRDID, fixest, didimputation, did2s, bacondecomp.

Tolerances are the oracle's own. Two places differ, and the test says which: R `did` 2.1.2 gives the overall `group` error the
shares of the wrong cohorts (`shares="r_did"` repeats it), and the packages that demean by iteration stop at about 1e-8.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from panelkit.numerics.bacon import FORBIDDEN, bacon, negative_weights
from panelkit.numerics.did_callaway import CallawayPlan, callaway_santanna, two_by_two_means
from panelkit.numerics.did_imputation import imputation, two_stage_gardner
from panelkit.numerics.did_interaction import extended_two_way, interaction_weighted
from panelkit.numerics.did_two_by_two import two_by_two
from panelkit.numerics.staggered_bands import pretest
from panelkit.numerics.staggered_effects import aggregate
from panelkit.numerics.staggered_panel import staggered_panel
from panelkit.numerics.support import advice, support

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
ORACLE = SHARED / "oracle"
ITERATION = 2e-7  # what fixest's demeaning leaves in didimputation and did2s; ours equals the exact projection
pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason=f"the frozen R numbers are not at {ORACLE}")
CALLAWAY = sorted(p.stem for p in (ORACLE / "cases").glob("did_*.json"))


def case(name):
    return json.loads((ORACLE / "cases" / f"{name}.json").read_text(encoding="utf-8"))


def panel_of(d, outcome, unit, time, cohort, covariates=()):
    first = d[cohort].to_numpy(float)
    first = np.where((first == 0) | (first >= 10000), np.inf, first)
    codes = np.unique(d[unit], return_inverse=True)[1]
    X = d[list(covariates)].to_numpy(float) if covariates else None
    return staggered_panel(d[outcome].to_numpy(float), codes, d[time].to_numpy(float), first, X)


def mpdta(covariates=()):
    d = pd.read_csv(ORACLE / "data" / "mpdta.csv")
    return panel_of(d, "lemp", "countyreal", "year", "first.treat", covariates)


def staggered(covariates=()):
    d = pd.read_csv(ORACLE / "data" / "base_stagg.csv")
    return panel_of(d, "y", "id", "year", "year_treated", covariates)


def callaway(name):
    this = case(name)
    spec = this["spec"]
    covariates = () if spec["xformla"] == "~1" else (spec["xformla"].lstrip("~"),)
    if this["dataset"] == ["base_stagg"]:
        panel = staggered(covariates)
    else:
        d = pd.read_csv(ORACLE / "data" / "mpdta.csv")
        if "unbalanced" in name:
            holes = d["countyreal"].drop_duplicates().tolist()[::25]
            d = d[~(d["countyreal"].isin(holes) & (d["year"] == 2005))]
        panel = panel_of(d, "lemp", "countyreal", "year", "first.treat", covariates)
    plan = CallawayPlan(
        control={"nevertreated": "never", "notyettreated": "notyet"}[spec["control_group"]],
        method=spec["est_method"],
        base=spec["base_period"],
        anticipation=spec["anticipation"],
        unbalanced="allow" if spec["allow_unbalanced_panel"] else "drop",
    )
    return this, panel, plan


def near(ours, theirs, rtol):
    told = np.array([np.nan if v is None else v for v in np.atleast_1d(theirs)], dtype=float)
    np.testing.assert_allclose(np.atleast_1d(ours), told, rtol=rtol, atol=1e-14)


@pytest.mark.parametrize("name", CALLAWAY)
def test_callaway_santanna(name):
    this, panel, plan = callaway(name)
    told, b, s = this["result"], this["tolerance"]["coef_rtol"], this["tolerance"]["se_rtol"]
    effects = callaway_santanna(panel, plan)
    near(effects.cohorts, told["att_gt"]["group"], 0)
    near(effects.periods, told["att_gt"]["time"], 0)
    near(effects.att, told["att_gt"]["att"], b)
    near(effects.se, told["att_gt"]["se"], s)
    for how in ("simple", "dynamic", "group", "calendar", "dynamic_balance_e1"):
        balance = 1 if "balance" in how else None
        ours = aggregate(effects, how.split("_")[0], balance=balance, shares="r_did")
        near(ours.overall, told[how]["overall_att"], b)
        near(ours.overall_se, told[how]["overall_se"], s)
        if told[how]["egt"]:
            near(ours.at, told[how]["egt"], 0)
            near(ours.estimate, told[how]["att_egt"], b)
            near(ours.se, told[how]["se_egt"], s)
    if told["wald_pretest"]:
        test = pretest(effects)
        near(test.statistic * test.df1, told["wald_pretest"]["values"][0], s)
        assert abs(test.p - told["wald_pretest_p"]["values"][0][0]) < 1e-5
    if not panel.covariates.shape[1]:
        near(two_by_two_means(panel, plan), effects.att, 1e-12)


def test_group_error_of_four_python_engines():
    ours = aggregate(callaway_santanna(mpdta()), "group")
    assert round(ours.overall_se, 7) == 0.0124461  # csdid, differences, diff-diff, moderndid; R 2.1.2: .0124153


def test_two_by_two():
    this = case("drdid_2x2_mpdta")
    d = pd.read_csv(ORACLE / "data" / "mpdta.csv").sort_values(["countyreal", "year"])
    d = d[d["year"].isin([2006, 2007]) & d["first.treat"].isin([0, 2007])]
    y, x = (d[c].to_numpy().reshape(-1, 2) for c in ("lemp", "lpop"))
    treated = (d["first.treat"] == 2007).to_numpy(float).reshape(-1, 2)[:, 0]
    X = np.column_stack([np.ones(len(x)), x[:, 0]])
    for method, name in (
        ("dr_improved", "drdid_imp"),
        ("dr", "drdid_trad"),
        ("reg", "ordid"),
        ("ipw", "ipwdid_normalized"),
        ("ipw_unscaled", "ipwdid_ht"),
    ):
        ours = two_by_two(y[:, 1] - y[:, 0], treated, X, np.ones(len(y)), method)
        near(ours.att, this["result"][name]["att"], this["tolerance"]["coef_rtol"])
        near(ours.se, this["result"][name]["se"], this["tolerance"]["se_rtol"])


def test_sun_abraham():
    effects = interaction_weighted(staggered(("x1",)))
    told, more = case("fx_sunab")["result"], case("fx_sunab_agg")["result"]
    ours = aggregate(effects, "dynamic")
    names = [f"year::{int(e)}" for e in ours.at]
    near(ours.estimate, [told["coef"][n] for n in names], 1e-7)
    near(ours.se, [told["se"]["cluster_id"]["se"][n] for n in names], 1e-6)
    simple = aggregate(effects)
    near([simple.overall], more["att"]["coef"]["ATT"], 1e-7)
    near([simple.overall_se], more["att"]["se"]["ATT"], 1e-6)
    ours = aggregate(effects, "group")
    names = [f"cohort::{int(g)}" for g in ours.at]
    near(ours.estimate, [more["cohort"]["coef"][n] for n in names], 1e-7)
    near(ours.se, [more["cohort"]["se"][n] for n in names], 1e-6)
    names = [f"year::{int(e)}:cohort::{int(g)}" for e, g in zip(effects.event, effects.cohorts, strict=True)]
    near(effects.att, [more["disaggregated"]["coef"][n] for n in names], 1e-7)
    near(effects.se, [more["disaggregated"]["se"][n] for n in names], 1e-6)


def test_imputation():
    effects = imputation(mpdta())
    told = case("imputation_mpdta_static")["result"]["estimates"]
    ours = aggregate(effects)
    near(ours.overall, told["estimate"], ITERATION)
    near(ours.overall_se, told["std.error"], 1e-6)
    told = case("imputation_mpdta_horizon")["result"]["estimates"]
    ours = aggregate(effects, "dynamic")
    near(ours.estimate, told["estimate"], ITERATION)
    near(ours.se, told["std.error"], 1e-6)


@pytest.mark.parametrize("name", ["did2s_mpdta_static", "did2s_base_stagg_static", "did2s_base_stagg_event"])
def test_gardner(name):
    told = case(name)["result"]
    panel = mpdta() if "mpdta" in name else staggered(("x1",) if "static" in name else ())
    if "static" in name:
        ours = aggregate(two_stage_gardner(panel))
        near(ours.overall, told["coef"]["tr::1"], ITERATION)
        near(ours.overall_se, told["se"]["did2s_cluster"]["tr::1"], 1e-6)
        return
    ours = aggregate(two_stage_gardner(panel, leads="all"), "dynamic")
    kept = ours.at != -1
    names = [f"rel::{int(e)}" for e in ours.at[kept]]
    near(ours.estimate[kept], [told["coef"][n] for n in names], ITERATION)
    near(ours.se[kept], [told["se"]["did2s_cluster"][n] for n in names], 1e-6)


def test_extended_two_way_is_imputation_without_covariates():
    ours = aggregate(extended_two_way(mpdta()))
    near(ours.overall, aggregate(imputation(mpdta())).overall, 1e-10)
    assert round(ours.overall_se, 7) == 0.0132650  # R etwfe, in the guides
    with_population = aggregate(extended_two_way(mpdta(("lpop",))))
    assert (round(with_population.overall, 4), round(with_population.overall_se, 4)) == (-0.0506, 0.0125)


def test_bacon():
    d = pd.read_csv(ORACLE / "data" / "divorce.csv")
    d["first"] = d["st"].map(d[d["unilateral"] == 1].groupby("st")["year"].min()).fillna(0)
    divorce = panel_of(d, "suiciderate_jag", "st", "year", "first")
    for name, panel in (("bacon_mpdta", mpdta()), ("bacon_divorce", divorce)):
        told, ours = case(name)["result"], bacon(panel)
        pairs = told["two_by_two"]
        assert len(pairs["treated"]) == len(ours.weight)
        of = {(g, c): i for i, (g, c) in enumerate(zip(ours.treated, ours.compared, strict=True))}
        at = [of[g, np.inf if c == 99999 else c] for g, c in zip(pairs["treated"], pairs["untreated"], strict=True)]
        near(ours.estimate[at], pairs["estimate"], 1e-7)
        near(ours.weight[at], pairs["weight"], 1e-7)
        assert [ours.kind[i] for i in at] == pairs["type"]
        near(ours.weight.sum(), 1, 1e-12)
        near(ours.weighted, told["twfe"], 1e-7)
        near(ours.weighted, ours.two_way, 1e-9)


@pytest.mark.parametrize(
    ("rule", "cells", "negative", "total", "forbidden", "supported"),
    [
        ("approval_year", 169, 45, -0.230, 0.378, [26, 11, 11, 1]),
        ("treat_year_h1rule", 150, 44, -0.224, 0.329, [26, 11, 11, 11]),
        ("first_full_year", 148, 44, -0.203, 0.313, [26, 11, 11, 11]),
    ],
)
def test_the_provinces_under_three_timing_rules(rule, cells, negative, total, forbidden, supported):
    zones = pd.read_csv(SHARED / "facts" / "cbec_pilot_zones.csv")
    first = zones[zones["batch"] <= 7].groupby("province_code")[rule].min().to_numpy(float)
    d = pd.DataFrame({"unit": np.repeat(np.arange(31), 13), "year": np.tile(np.arange(2010, 2023), 31)})
    d["first"], d["y"] = np.repeat(first, 13), np.random.default_rng(0).normal(size=403)
    panel = panel_of(d, "y", "unit", "year", "first")
    weights, parts, table = negative_weights(panel), bacon(panel), support(panel, least=5)
    assert (weights.cells, weights.negative, round(weights.negative_sum, 3)) == (cells, negative, total)
    assert round(parts.share(*FORBIDDEN), 3) == forbidden
    near(parts.weighted, parts.two_way, 1e-9)
    near(weights.two_way, parts.two_way, 1e-9)
    assert table.supported[:4].tolist() == supported
    if rule == "approval_year":
        assert table.untreated.tolist() == [31, 31, 31, 31, 31, 30, 20, 20, 5, 2, 1, 1, 0]
        assert "no unit is untreated in 2022: 31 treated cells" in advice(table)
        effects = imputation(panel)
        assert all(t == 2022 for _, t, _ in effects.unidentified)
        assert sum(int(why.split()[0]) for _, _, why in effects.unidentified) == 31
