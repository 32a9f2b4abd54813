"""Engines one by one: awkward names, row order, weights, hand-worked numbers, refusals and faults in words."""

import numpy as np
import pandas as pd
import pytest

import panelkit.engines  # noqa: F401  registers them
from panelkit.core.engine import Engine
from panelkit.core.errors import EstimationError, PanelError
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import ENGINES
from panelkit.core.request import Classical, Clustered, Regression, Robust
from panelkit.core.variable import Origin, Variable

NAMES = ("dense", "linearmodels", "pyfixest")


def panel_of(d, unit="省份", time="年份"):
    variables = [
        Variable(
            name=c,
            measure="",
            label=Label(),
            origin=Origin(how="made up"),
            kind="number" if pd.api.types.is_numeric_dtype(d[c]) else "category",
        )
        for c in d.columns
        if c not in (unit, time)
    ]
    return Panel.of(d, unit=unit, time=time, variables=variables)


def frame(units=8, years=6, seed=3):
    rng = np.random.default_rng(seed)
    unit, year = (a.ravel() for a in np.meshgrid(np.arange(units), 2010 + np.arange(years), indexing="ij"))
    n = len(unit)
    x, z, e = rng.normal(size=(3, n))
    return pd.DataFrame(
        {
            "省份": [f"{110000 + 1000 * i}" for i in unit],
            "年份": year,
            "y ~ 1 | (产出)": 2 * x + unit + 0.1 * year + e,
            "`x`+log(1)": x + 0.5 * z,
            "Intercept": rng.normal(size=n),
            "工具 变量": z,
            "w": rng.integers(1, 5, size=n).astype(float),
            "组 别": [f"g{i % 3}" for i in unit],
            "同": [f"一{i}" for i in range(n)],
        }
    )


def request(**changes):
    given = {
        "outcome": "y ~ 1 | (产出)",
        "slopes": ("`x`+log(1)", "Intercept"),
        "absorb": ("省份", "年份"),
        "covariance": Clustered(by=("省份",)),
    }
    return Regression(**(given | changes))


def by_hand(d, weights=None):
    """Two-way effects by explicit dummies and the normal equations: coefficients and CR0 on the unit."""
    X = np.column_stack(
        [d["`x`+log(1)"], d["Intercept"], pd.get_dummies(d["省份"]), pd.get_dummies(d["年份"]).iloc[:, 1:]]
    )
    X = X.astype(float)
    w = np.ones(len(d)) if weights is None else weights
    bread = np.linalg.inv(X.T @ (X * w[:, None]))
    b = bread @ X.T @ (w * d["y ~ 1 | (产出)"].to_numpy())
    u = d["y ~ 1 | (产出)"].to_numpy() - X @ b
    scores = pd.DataFrame(X * (w * u)[:, None]).groupby(d["省份"].to_numpy()).sum().to_numpy()
    V = bread @ scores.T @ scores @ bread
    return b[:2], V[:2, :2], u, bread[:2, :2]


def test_each_engine_is_registered_and_says_its_version():
    assert set(NAMES) <= set(ENGINES.names())
    for name in NAMES:
        assert isinstance(ENGINES[name], Engine)
        assert ENGINES[name].version[0].isdigit()


@pytest.mark.parametrize("name", NAMES)
def test_awkward_names_and_hand_worked_numbers(name):
    d = frame()
    fit = ENGINES[name].fit(request(), panel_of(d))
    b, V, u, _ = by_hand(d)
    assert fit.engine == name
    assert fit.coefficients == pytest.approx(b, rel=1e-10)
    assert fit.raw[0] == pytest.approx(V, rel=1e-9, abs=1e-14)
    assert fit.residuals == pytest.approx(u, abs=1e-10)
    assert fit.rss == pytest.approx(u @ u, rel=1e-11)
    y = d["y ~ 1 | (产出)"]
    assert fit.tss == pytest.approx(((y - y.mean()) ** 2).sum(), rel=1e-12)
    within = y - y.groupby(d["省份"]).transform("mean") - y.groupby(d["年份"]).transform("mean") + y.mean()
    assert fit.tss_within == pytest.approx((within**2).sum(), rel=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_analytic_weights_by_hand(name):
    d = frame()
    w = d["w"].to_numpy()
    fit = ENGINES[name].fit(request(weights="w"), panel_of(d))
    b, V, u, bread = by_hand(d, w)
    assert fit.coefficients == pytest.approx(b, rel=1e-10)
    assert fit.raw[0] == pytest.approx(V, rel=1e-9, abs=1e-14)
    assert fit.residuals == pytest.approx(u, abs=1e-10)
    assert fit.rss == pytest.approx(w @ u**2, rel=1e-11)
    classical = ENGINES[name].fit(request(weights="w", covariance=Classical()), panel_of(d))
    assert classical.raw[0] == pytest.approx(bread * (w @ u**2), rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("name", ["dense", "pyfixest"])
@pytest.mark.parametrize("covariance", [Classical(), Robust(variant="hc0"), Clustered(by=("省份",))])
def test_frequency_weights_stand_for_rows(name, covariance):
    """A weight of 3 is the row written three times: the copies are made as further years of a panel of its own."""
    d = frame()
    weighted = ENGINES[name].fit(request(weights="w", weight_kind="frequency", covariance=covariance), panel_of(d))
    copies = (
        d.loc[d.index.repeat(d["w"].astype(int))].assign(year=lambda f: f["年份"].astype(str)).reset_index(drop=True)
    )
    copies["年份"] = copies.groupby("省份").cumcount()
    written = ENGINES["dense"].fit(request(absorb=("省份", "year"), covariance=covariance), panel_of(copies))
    assert weighted.coefficients == pytest.approx(written.coefficients, rel=1e-9)
    assert weighted.raw[0] == pytest.approx(written.raw[0], rel=1e-8, abs=1e-14)
    assert weighted.rss == pytest.approx(written.rss, rel=1e-10)
    assert weighted.tss == pytest.approx(written.tss, rel=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_row_order_changes_no_bit(name):
    d = frame()
    fit = ENGINES[name].fit(request(), panel_of(d))
    shuffled = ENGINES[name].fit(request(), panel_of(d.sample(frac=1, random_state=1)))
    assert fit.coefficients.tobytes() == shuffled.coefficients.tobytes()
    assert fit.raw[0].tobytes() == shuffled.raw[0].tobytes()
    assert fit.residuals.tobytes() == shuffled.residuals.tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_order_of_slopes_and_of_effects_only_moves_the_answer(name):
    d = panel_of(frame())
    fit = ENGINES[name].fit(request(), d)
    turned = ENGINES[name].fit(request(slopes=("Intercept", "`x`+log(1)"), absorb=("年份", "省份")), d)
    assert turned.coefficients[::-1] == pytest.approx(fit.coefficients, rel=1e-11)
    assert turned.raw[0][::-1, ::-1] == pytest.approx(fit.raw[0], rel=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_terms_of_2sls_are_constant_endogenous_slopes(name):
    d = frame()
    asked = request(
        estimator="two_stage_least_squares",
        slopes=("Intercept",),
        endogenous=("`x`+log(1)",),
        instruments=("工具 变量",),
        absorb=(),
        constant=True,
        covariance=Robust(variant="hc0"),
    )
    fit = ENGINES[name].fit(asked, panel_of(d))
    one = np.ones(len(d))
    X = np.column_stack([one, d["`x`+log(1)"], d["Intercept"]])
    Z = np.column_stack([one, d["工具 变量"], d["Intercept"]])
    A = np.linalg.inv(Z.T @ X)
    b = A @ Z.T @ d["y ~ 1 | (产出)"]
    u = d["y ~ 1 | (产出)"].to_numpy() - X @ b
    meat = (Z * (u**2)[:, None]).T @ Z
    assert asked.terms == ("(constant)", "`x`+log(1)", "Intercept")
    assert fit.coefficients == pytest.approx(b, rel=1e-9)
    assert fit.raw[0] == pytest.approx(A @ meat @ A.T, rel=1e-8)
    assert fit.residuals == pytest.approx(u, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_two_way_pieces_are_first_second_intersection(name):
    d = panel_of(frame())
    both = ENGINES[name].fit(request(covariance=Clustered(by=("组 别", "年份"))), d)
    first = ENGINES[name].fit(request(covariance=Clustered(by=("组 别",))), d)
    second = ENGINES[name].fit(request(covariance=Clustered(by=("年份",))), d)
    turned = ENGINES[name].fit(request(covariance=Clustered(by=("年份", "组 别"))), d)
    alone = ENGINES[name].fit(request(covariance=Clustered(by=("省份", "年份"))), d)
    robust = ENGINES[name].fit(request(covariance=Robust(variant="hc0")), d)
    assert both.raw[0].tobytes() == first.raw[0].tobytes()
    assert both.raw[1].tobytes() == second.raw[0].tobytes()
    assert both.raw[2] == pytest.approx(turned.raw[2], rel=1e-12)
    assert alone.raw[2] == pytest.approx(robust.raw[0], rel=1e-11)


def test_jackknife_is_the_sum_over_refits():
    d = frame()
    fit = ENGINES["dense"].fit(request(covariance=Clustered(by=("组 别",), variant="cr3")), panel_of(d))
    total = np.zeros((2, 2))
    for group in d["组 别"].unique():
        gap = by_hand(d[d["组 别"] != group])[0] - by_hand(d)[0]
        total += np.outer(gap, gap)
    assert fit.raw[0] == pytest.approx(total, rel=1e-8)


# ---------------------------------------------------------------- refusals, before any data are seen


CR3 = Clustered(by=("省份",), variant="cr3")
REFUSED = [
    (("linearmodels",), {"family": "poisson"}, "poisson"),
    (("statsmodels", "unitwise"), {}, "only"),
    (("pyfixest", "linearmodels"), {"estimator": "mean_group"}, "mean group"),
    (("pyfixest",), {"estimator": "random_effects", "absorb": ()}, "random effects"),
    (("dense", "linearmodels"), {"estimator": "between"}, "absorbs no effects"),
    (("dense", "linearmodels"), {"estimator": "random_effects", "absorb": (), "weights": "w"}, "not weighted"),
    (NAMES, {"slopes": ()}, "no regressor"),
    (NAMES, {"constant": True}, "constant"),
    (NAMES, {"covariance": Clustered()}, "cluster variable"),
    (NAMES, {"covariance": Clustered(by=("省份", "年份", "组 别"))}, "clustering on 3"),
    (("dense",), {"covariance": Clustered(by=("省份", "年份"), variant="cr3")}, "one cluster variable"),
    (NAMES, {"endogenous": ("w",), "instruments": ("工具 变量",)}, "two_stage_least_squares"),
    (NAMES, {"estimator": "two_stage_least_squares"}, "endogenous"),
    (NAMES, {"estimator": "two_stage_least_squares", "endogenous": ("w",)}, "cannot identify"),
    (("pyfixest",), {"covariance": CR3}, "another variant"),
    (("linearmodels",), {"covariance": CR3}, "jackknife"),
    (("pyfixest",), {"varying_slopes": (("省份", "w"),)}, "slopes that vary"),
    (
        ("pyfixest",),
        {
            "estimator": "two_stage_least_squares",
            "endogenous": ("w", "Intercept"),
            "instruments": ("工具 变量", "`x`+log(1)"),
            "slopes": (),
        },
        "one endogenous",
    ),
    (("linearmodels",), {"weights": "w", "weight_kind": "frequency"}, "frequency"),
]


@pytest.mark.parametrize(("names", "changes", "words"), REFUSED, ids=[w for _, _, w in REFUSED])
def test_refusals_are_words(names, changes, words):
    asked = request(**changes)
    for name in names:
        assert words in ENGINES[name].refuses(asked)
        with pytest.raises(EstimationError, match="does not answer this"):
            ENGINES[name].fit(asked, panel_of(frame()))


# ---------------------------------------------------------------- faults of the data


def spoilt(d, **columns):
    return panel_of(d.assign(**columns))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("absorb", [("省份",), ("省份", "年份"), ()])
def test_an_exact_combination_is_named_not_fitted(name, absorb):
    """The fault of fixest and pyfixest that misses vc = value + 2 capital; the scales differ by a million."""
    d = frame()
    big = d["Intercept"] * 1e6
    panel = spoilt(d, big=big, vc=d["`x`+log(1)"] + 2 * big)
    asked = request(slopes=("`x`+log(1)", "big", "vc"), absorb=absorb, constant=not absorb)
    with pytest.raises(EstimationError, match=r"vc|combination"):
        ENGINES[name].fit(asked, panel)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("estimator", ["least_squares", "two_stage_least_squares"])
def test_a_regressor_without_variation_within_the_effects_is_named(name, estimator):
    d = frame()
    panel = spoilt(d, 面积=d["省份"].astype(float) * 3)
    iv = {"endogenous": ("`x`+log(1)",), "instruments": ("工具 变量",), "slopes": ("Intercept", "面积")}
    changes = iv if estimator.startswith("two") else {"slopes": ("Intercept", "面积")}
    with pytest.raises(EstimationError, match="面积"):
        ENGINES[name].fit(request(estimator=estimator, **changes), panel)


@pytest.mark.parametrize("name", NAMES)
def test_missing_cells_categories_weights_and_single_clusters_are_named(name):
    d = frame()
    engine = ENGINES[name]
    with pytest.raises(EstimationError, match="'Intercept' is missing in 2 rows"):
        engine.fit(request(), spoilt(d, Intercept=d["Intercept"].where(d.index > 1)))
    with pytest.raises(EstimationError, match="'组 别' is a category"):
        engine.fit(request(slopes=("组 别",)), panel_of(d))
    with pytest.raises(EstimationError, match="1 weights in 'w' are not above zero"):
        engine.fit(request(weights="w"), spoilt(d, w=d["w"].where(d.index > 0, 0.0)))
    with pytest.raises(EstimationError, match="one cluster of '国家'"):
        engine.fit(request(covariance=Clustered(by=("国家",))), spoilt(d, 国家="中国"))
    with pytest.raises(EstimationError, match="'组 别' is missing in 1 row"):
        engine.fit(request(absorb=("组 别",)), spoilt(d, **{"组 别": d["组 别"].where(d.index > 0, None)}))
    with pytest.raises(EstimationError, match="no rows"):
        engine.fit(request(), panel_of(d).keep(np.zeros(len(d), dtype=bool), why="test"))
    with pytest.raises(PanelError, match="no variable 'Intercpt'"):
        engine.fit(request(slopes=("Intercpt",)), panel_of(d))


@pytest.mark.parametrize("name", NAMES)
def test_more_regressors_than_rows_is_a_fault_in_words(name):
    d = frame(units=2, years=2)
    more = {f"v{j}": np.random.default_rng(j).normal(size=4) for j in range(4)}
    with pytest.raises(EstimationError):
        ENGINES[name].fit(request(slopes=tuple(more), absorb=("省份",)), spoilt(d, **more))


def test_dense_says_when_a_sample_is_too_large(monkeypatch):
    monkeypatch.setattr("panelkit.engines.dense.LARGEST", 100)
    with pytest.raises(EstimationError, match="dummies") as told:
        ENGINES["dense"].fit(request(), panel_of(frame()))
    assert "pyfixest or linearmodels" in told.value.faults[0].mend


def test_dense_names_the_cluster_without_which_nothing_is_determined():
    d = frame()
    policy = (d["省份"] == "110000") & (d["年份"] > 2012)
    panel = spoilt(d, 政策=policy.astype(float))
    with pytest.raises(EstimationError, match="'政策' is not determined without the cluster 110000"):
        ENGINES["dense"].fit(request(slopes=("政策",), covariance=CR3), panel)


def test_a_singleton_is_kept():
    """Pruning is the estimator's business: the sample handed over holds just the rows to use."""
    d = frame()
    d = d[(d["省份"] != "110000") | (d["年份"] == 2012)]
    fits = [ENGINES[name].fit(request(), panel_of(d)) for name in NAMES]
    for fit in fits:
        assert len(fit.residuals) == len(d)
        assert abs(fit.residuals[0]) < 1e-9
        assert fit.coefficients == pytest.approx(fits[0].coefficients, rel=1e-10)
