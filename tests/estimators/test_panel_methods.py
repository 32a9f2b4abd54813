"""Between, differences, random and correlated random effects, mean groups, Poisson and LIML: what they must give whatever the engine."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from panelkit.core.errors import EstimationError
from panelkit.core.request import Classical, Clustered, Robust

X = "y ~ dose + x"


def slopes(made):
    return {t.name: t.estimate for t in made.terms}


def gappy(frame):
    unit = frame.province.astype(int)
    return frame[~((unit % 3 == 0) & (frame.year == 2018)) & ~((unit % 7 == 1) & (frame.year < 2017))]


def test_without_effects_fixed_effects_is_pooled_least_squares(panel, frame, run):
    made = run("fixed_effects", panel, formula=X, covariance=Classical())
    A = np.column_stack([np.ones(len(frame)), frame.dose, frame.x])
    b, rss, _, _ = np.linalg.lstsq(A, frame.y, rcond=None)
    assert list(slopes(made).values()) == pytest.approx(b, rel=1e-10)
    V = np.linalg.inv(A.T @ A) * rss[0] / (len(frame) - 3)
    assert [t.se for t in made.terms] == pytest.approx(np.sqrt(np.diag(V)), rel=1e-10)


def test_group_trends_are_columns_written_out(panel, frame, run):
    made = run("fixed_effects", panel, formula="y ~ dose + x | province + year + province[year]", engine="dense")
    other = run("fixed_effects", panel, formula="y ~ dose + x | province + year + province[year]")
    unit = pd.get_dummies(frame.province).to_numpy(float)
    years = pd.get_dummies(frame.year).to_numpy(float)
    A = np.column_stack([frame.dose, frame.x, unit, years, unit * (frame.year.to_numpy() - 2018.5)[:, None]])
    b = np.linalg.lstsq(A, frame.y, rcond=None)[0][:2]
    for one in (made, other):
        assert list(slopes(one).values()) == pytest.approx(b, rel=1e-8)
    assert [t.se for t in made.terms] == pytest.approx([t.se for t in other.terms], rel=1e-6)


@pytest.mark.parametrize("engine", ["linearmodels", "dense"])
def test_between_is_least_squares_on_means(frame, make, run, engine):
    d = gappy(frame)
    made = run("between", make(d, categories=("region",)), formula=X, engine=engine)
    means = d.groupby("province")[["y", "dose", "x"]].mean()
    b = np.linalg.lstsq(np.column_stack([np.ones(31), means.dose, means.x]), means.y, rcond=None)[0]
    assert list(slopes(made).values()) == pytest.approx(b, rel=1e-9)
    assert made.fit.extra["observations"] == 31
    assert made.sample.rows == len(d)
    assert made.terms[0].df == 30


def test_differences_follow_time_and_not_rows(frame, make, run):
    d = gappy(frame).sort_values(["province", "year"])
    made = run("first_difference", make(d, categories=("region",)), formula=X)
    before = d.assign(year=d.year + 1)
    pairs = d.merge(before, on=["province", "year"], suffixes=("", "_before"))
    D = [pairs[c] - pairs[f"{c}_before"] for c in ("y", "dose", "x")]
    b = np.linalg.lstsq(np.column_stack([np.ones(len(pairs)), D[1], D[2]]), D[0], rcond=None)[0]
    assert list(slopes(made).values()) == pytest.approx(b, rel=1e-9)
    assert made.sample.rows == len(pairs)
    assert sum(drop.rows for drop in made.sample.dropped) == len(d) - len(pairs)


def test_the_constant_of_differences_is_the_formula_s(panel, run):
    assert run("first_difference", panel, formula=X).terms[0].name == "(constant)"
    assert [t.name for t in run("first_difference", panel, formula="y ~ 0 + dose + x").terms] == ["dose", "x"]


def test_differences_over_two_years_in_a_biennial_panel(frame, make, run):
    d = frame[frame.year % 2 == 1]
    with pytest.raises(EstimationError, match="no row has another"):
        run("first_difference", make(d, categories=("region",)), formula=X)
    both = [
        run("first_difference", make(d, categories=("region",)), formula=X, step=2, engine=e)
        for e in ("linearmodels", "dense")
    ]
    assert both[0].sample.rows == len(d) - 31
    assert list(slopes(both[0]).values()) == pytest.approx(list(slopes(both[1]).values()), rel=1e-9)


def test_two_years_make_differences_and_fixed_effects_one(frame, make, run):
    d = make(frame[frame.year.isin([2018, 2019])], categories=("region",))
    ours = slopes(run("first_difference", d, formula="y ~ m + x"))
    theirs = slopes(run("fixed_effects", d, formula="y ~ m + x | province + year"))
    assert [ours[k] for k in theirs] == pytest.approx(list(theirs.values()), rel=1e-9)


@pytest.mark.parametrize("balance", ["balanced", "gaps"])
def test_mundlak_gives_the_within_slopes(frame, make, run, balance):
    d = make(frame if balance == "balanced" else gappy(frame), categories=("region",))
    made = run("correlated_random_effects", d, formula=X)
    within = run("fixed_effects", d, formula=f"{X} | province")
    assert [slopes(made)[k] for k in ("dose", "x")] == pytest.approx(list(slopes(within).values()), rel=1e-8)
    assert {"mean(dose)", "mean(x)"} < set(slopes(made))
    assert set(made.tests["mundlak"]) == {"statistic", "df1", "df2", "p"}
    assert made.tests["mundlak"]["df1"] == 2


def test_year_dummies_have_no_mean_of_their_own_in_a_balanced_panel(panel, frame, make, run):
    made = run("correlated_random_effects", panel, formula="y ~ x + i(year)")
    assert [t.name for t in made.terms if t.name.startswith("mean")] == ["mean(x)"]
    loose = run("correlated_random_effects", make(gappy(frame), categories=("region",)), formula="y ~ x + i(year)")
    assert len([t for t in loose.terms if t.name.startswith("mean(year::")]) >= 1


def test_no_unit_variance_is_pooled_least_squares_and_says_so(frame, make, run):
    rng = np.random.default_rng(0)
    d = frame.assign(y=frame.x + rng.normal(size=len(frame)))
    d["y"] -= d.groupby("province").y.transform("mean") * 0.98 - d.groupby("province").x.transform("mean")
    made = run("random_effects", make(d, categories=("region",)), formula="y ~ x")
    pooled = run("fixed_effects", make(d, categories=("region",)), formula="y ~ x")
    if made.fit.extra["sigma2_unit"] == 0:
        assert list(slopes(made).values()) == pytest.approx(list(slopes(pooled).values()), rel=1e-9)
        assert any("pooled" in n for n in made.notes)
    assert made.fit.extra["theta_min"] >= 0


@pytest.mark.parametrize("kind", ["between", "first_difference", "random_effects", "correlated_random_effects"])
@pytest.mark.parametrize("covariance", [None, Classical(), Robust(variant="hc1"), Clustered(variant="cr1")])
def test_engines_agree_on_transformed_rows(frame, make, run, kind, covariance):
    d = make(gappy(frame), categories=("region",))
    one, two = (run(kind, d, formula=X, covariance=covariance, engine=e) for e in ("linearmodels", "dense"))
    for a, b in zip(one.terms, two.terms, strict=True):
        assert a.estimate == pytest.approx(b.estimate, rel=1e-8)
        assert a.se == pytest.approx(b.se, rel=1e-6)


def test_mean_group_is_the_mean_of_unit_regressions(panel, frame, run):
    each = []
    for _, own in frame.groupby("province"):
        A = np.column_stack([np.ones(len(own)), own.m, own.x])
        each.append(np.linalg.lstsq(A, own.y, rcond=None)[0])
    each = np.array(each)
    for engine in ("unitwise", "dense"):
        made = run("mean_group", panel, formula="y ~ m + x", engine=engine)
        assert list(slopes(made).values()) == pytest.approx(each.mean(axis=0), rel=1e-9)
        assert [t.se for t in made.terms] == pytest.approx(each.std(axis=0, ddof=1) / np.sqrt(31), rel=1e-9)
        assert made.confirmation == "route"


@pytest.mark.parametrize("fields", [{}, {"slopes": "pooled"}, {"trend": "unit"}, {"slopes": "pooled", "trend": "unit"}])
def test_common_correlated_effects_by_two_routes(panel, run, fields):
    one, two = (
        run("common_correlated_effects", panel, formula="y ~ x", engine=e, **fields) for e in ("unitwise", "dense")
    )
    for a, b in zip(one.terms, two.terms, strict=True):
        assert a.estimate == pytest.approx(b.estimate, rel=1e-8)
        assert a.se == pytest.approx(b.se, rel=1e-6)


def test_a_short_unit_is_named(frame, make, run):
    d = make(frame[(frame.province != "04") | (frame.year < 2017)], categories=("region",))
    with pytest.raises(EstimationError, match="unit 04 has 2 rows"):
        run("mean_group", d, formula="y ~ m + x", engine="unitwise")


def counts(frame):
    rng = np.random.default_rng(5)
    d = frame.assign(count=rng.poisson(np.exp(0.4 * frame.x - 0.5)).astype(float))
    d.loc[d.province == "07", "count"] = 0.0
    return d


def test_poisson_is_that_of_fepois_and_counts_what_is_separated(frame, make, run):
    import pyfixest as pf

    d = counts(frame)
    made = run(
        "poisson",
        make(d, categories=("region",)),
        formula="count ~ x + m | province + year",
        engine="pyfixest",
        covariance=Clustered(variant="cr1"),
    )
    theirs = pf.fepois("count ~ x + m | province + year", d, vcov={"CRV1": "province"}, iwls_tol=1e-12)
    assert list(slopes(made).values()) == pytest.approx(theirs.coef().to_numpy(), rel=1e-8)
    empty = int((d.groupby("province")["count"].sum() == 0).sum())
    assert empty >= 1
    assert made.fit.extra["separated"] == 8 * empty
    assert [drop.rows for drop in made.sample.dropped if "separated" in drop.why] == [8 * empty]
    assert made.sample.clusters == {"province": 31 - empty}


@pytest.mark.parametrize(
    "covariance", [None, Classical(), Robust(variant="hc0"), Clustered(by=("province", "year"), variant="cr1")]
)
def test_poisson_by_three_engines(frame, make, run, covariance):
    d = make(counts(frame), categories=("region",))
    formula = "count ~ x + m | province + year"
    found = [
        run("poisson", d, formula=formula, engine=e, covariance=covariance)
        for e in ("pyfixest", "dense", "statsmodels")
    ]
    for other in found[1:]:
        for a, b in zip(found[0].terms, other.terms, strict=True):
            assert a.estimate == pytest.approx(b.estimate, rel=1e-8)
            assert a.se == pytest.approx(b.se, rel=1e-6)


def test_separation_beyond_empty_levels_is_found(frame, make, run):
    d = frame.assign(count=1.0 + np.random.default_rng(2).poisson(3, size=len(frame)))
    lone = (d.province.isin(["03", "11"])) & (d.year > 2019)
    d["flag"] = lone.astype(float)
    d.loc[lone, "count"] = 0.0
    made = run(
        "poisson",
        make(d, categories=("region",)),
        formula="count ~ x + flag | province + year",
        collinear="drop",
        engine="pyfixest",
    )
    assert made.fit.extra["separated"] == lone.sum()
    assert made.dropped_terms == ("flag",)


def test_frequency_weights_of_poisson_are_repeated_rows(frame, make, run):
    d = counts(frame)
    d["twice"] = 1.0 + (d.year == 2017)
    doubled = d[d.year == 2017].assign(province=lambda f: f.province)
    weighted = run(
        "poisson",
        make(d, categories=("region",)),
        formula="count ~ x + m",
        weights="twice",
        weight_kind="frequency",
        engine="dense",
        covariance=Robust(variant="hc0"),
    )
    long = pd.concat([d, doubled.assign(year=doubled.year + 100)])
    plain = run(
        "poisson",
        make(long, categories=("region",)),
        formula="count ~ x + m",
        engine="dense",
        covariance=Robust(variant="hc0"),
    )
    for a, b in zip(weighted.terms, plain.terms, strict=True):
        assert a.estimate == pytest.approx(b.estimate, rel=1e-9)
        assert a.se == pytest.approx(b.se, rel=1e-8)


def test_a_negative_poisson_outcome_is_refused(panel, run):
    with pytest.raises(EstimationError, match="'y' is below zero"):
        run("poisson", panel, formula="y ~ x | province")


IV = "y ~ dose | province + year | m ~ z"


def test_liml_with_one_instrument_each_is_two_stage_least_squares(panel, run):
    two, liml = (run("instrumental", panel, formula=IV, estimator=e) for e in ("2sls", "liml"))
    assert list(slopes(liml).values()) == pytest.approx(list(slopes(two).values()), rel=1e-8)
    assert liml.fit.extra["kappa"] == pytest.approx(1.0, abs=1e-10)
    assert [t.se for t in liml.terms] == pytest.approx([t.se for t in two.terms], rel=1e-6)


def test_liml_by_two_engines_and_its_jackknife_by_refits(panel, run):
    formula = "y ~ dose | province + year | m ~ z + x"
    one, two = (
        run("instrumental", panel, formula=formula, estimator="liml", engine=e) for e in ("linearmodels", "dense")
    )
    assert one.fit.extra["kappa"] == pytest.approx(two.fit.extra["kappa"], rel=1e-10)
    assert one.fit.extra["kappa"] > 1
    for a, b in zip(one.terms, two.terms, strict=True):
        assert a.estimate == pytest.approx(b.estimate, rel=1e-8)
        assert a.se == pytest.approx(b.se, rel=1e-6)


REFUSED = [
    ("between", {"weights": "weight"}, "takes no weights"),
    ("random_effects", {"weights": "weight"}, "takes no weights"),
    ("correlated_random_effects", {"weights": "weight"}, "takes no weights"),
    ("mean_group", {"weights": "weight"}, "takes no weights"),
    ("common_correlated_effects", {"weights": "weight"}, "takes no weights"),
    ("first_difference", {"weights": "weight", "weight_kind": "frequency"}, "no frequency weights"),
    ("random_effects", {"formula": f"{X} | province"}, "absorbs no effects"),
    ("between", {"formula": "y ~ 1 | province | m ~ z"}, "instruments"),
    ("random_effects", {"formula": "y ~ 0 + x"}, "constant"),
    ("mean_group", {"covariance": Classical()}, "one covariance"),
    ("between", {"covariance": Clustered(by=("year",))}, "varies within"),
]


@pytest.mark.parametrize(("kind", "fields", "words"), REFUSED)
def test_what_a_kind_does_not_take_is_refused_in_words(panel, run, kind, fields, words):
    with pytest.raises(EstimationError, match=words):
        run(kind, panel, **({"formula": X} | fields))


@pytest.mark.parametrize("kind", ["between", "random_effects", "first_difference"])
def test_leaving_clusters_out_of_the_prepared_design_is_that_of_the_estimate(panel, frame, make, run, kind):
    from panelkit.core.estimation import Defaults, Setting
    from panelkit.core.registry import ENGINES, ESTIMATORS

    d = make(gappy(frame), categories=("region",))
    made = run(kind, d, formula=X)
    estimator = ESTIMATORS[kind]
    setting = Setting(engine=ENGINES["dense"], defaults=Defaults(), seed=1)
    design = estimator.prepare(estimator.spec(id="m", kind=kind, formula=X), d, setting)
    left = design.leave_out()
    assert left.coefficients == pytest.approx([t.estimate for t in made.terms], rel=1e-8)
    gaps = left.replicates - left.coefficients
    S = np.sqrt(np.diag(gaps.T @ gaps) * 30 / 31)
    assert pytest.approx([t.se for t in made.terms], rel=1e-7) == S
    assert len(design.clusters[0]) == made.sample.rows
