"""One matrix: equation x covariance x balance x weights, every pair of engines that answer, on a made-up panel with Chinese names.

Tolerances, never tuned: coefficients 1e-8 relative, and raw covariance pieces 1e-7 relative to their own standard errors. pyfixest and
linearmodels sweep effects by iteration, stopped near 1e-14 of each column's size, where dense solves at once; what is left of the
difference is that tolerance times the conditioning of the regressors, around 1e-11 here.
"""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from oracle_cases import panel_of

import panelkit.engines  # noqa: F401  registers them
from panelkit.core.registry import ENGINES
from panelkit.core.request import Classical, Clustered, Regression, Robust
from panelkit.numerics.sandwich import jackknife

COEFFICIENT, PIECE, FIT = 1e-8, 1e-7, 1e-9
NAMES = ("dense", "linearmodels", "pyfixest")

EQUATIONS = {
    "pooled": {"slopes": ("研发", "劳动 力"), "constant": True},
    "pooled without a constant": {"slopes": ("研发", "劳动 力")},
    "one-way unit": {"slopes": ("研发", "劳动 力"), "absorb": ("省份",)},
    "one-way time": {"slopes": ("研发", "劳动 力"), "absorb": ("年份",)},
    "one-way other": {"slopes": ("研发", "劳动 力"), "absorb": ("政策 组",)},
    "two-way": {"slopes": ("研发", "劳动 力"), "absorb": ("省份", "年份")},
    "two-way, other order": {"slopes": ("研发", "劳动 力"), "absorb": ("年份", "省份")},
    "three-way": {"slopes": ("研发", "劳动 力"), "absorb": ("省份", "年份", "政策 组")},
    "interacted": {"slopes": ("研发", "劳动 力"), "absorb": ("省份", "地区^年份")},
    "trend": {"slopes": ("研发", "劳动 力"), "absorb": ("省份", "年份"), "varying_slopes": (("省份", "趋势"),)},
    "2sls pooled": {"slopes": ("劳动 力",), "endogenous": ("研发",), "instruments": ("z1", "z2"), "constant": True},
    "2sls two-way": {
        "slopes": ("劳动 力",),
        "absorb": ("省份", "年份"),
        "endogenous": ("研发",),
        "instruments": ("z1", "z2"),
    },
    "2sls, two endogenous": {
        "slopes": (),
        "absorb": ("省份",),
        "endogenous": ("研发", "劳动 力"),
        "instruments": ("z1", "z2", "z3"),
    },
}
COVARIANCES = {
    "classical": Classical(),
    "robust": Robust(variant="hc0"),
    "cluster": Clustered(by=("省份",)),
    "two-way": Clustered(by=("省份", "年份")),
    "cr3": Clustered(by=("省份",), variant="cr3"),
}
BALANCES = ("balanced", "unbalanced", "gaps")
WEIGHTS = ("", "人口")


def made_up(balance):
    """14 provinces x 9 years; levels of variables far apart (1e-3 to 1e6), as in yearbooks."""
    rng = np.random.default_rng(7)
    unit, year = (a.ravel() for a in np.meshgrid(np.arange(14), np.arange(2010, 2019), indexing="ij"))
    n = len(unit)
    u, t = rng.normal(size=14)[unit], rng.normal(size=9)[year - 2010]
    z1, z2, z3, labour, e = rng.normal(size=(5, n))
    rd = 0.6 * z1 + 0.4 * z2 + 0.5 * u + 0.3 * e + rng.normal(size=n)
    labour = labour + 0.5 * z3 + 0.2 * u
    d = pd.DataFrame(
        {
            "省份": [f"省 {i:02d}" for i in unit],
            "年份": year,
            "产出": 1e4 * (1 + 0.5 * rd - 0.3 * labour + u + t + e * (1 + 0.3 * np.abs(z1))),
            "研发": rd * 1e-3,
            "劳动 力": labour * 1e5 + 1e6,
            "z1": z1,
            "z2": z2,
            "z3": z3,
            "政策 组": [f"组{(i + (y - 2010) // 3) % 4}" for i, y in zip(unit, year, strict=True)],
            "地区^年份": [f"{i % 3}^{y}" for i, y in zip(unit, year, strict=True)],
            "趋势": (year - 2009).astype(float),
            "人口": rng.uniform(100, 9000, size=n),
        }
    )
    if balance == "unbalanced":
        d = d[(rng.uniform(size=n) > 0.15) | (year < 2014)]
    if balance == "gaps":
        d = d[~((unit % 3 == 0) & (year >= 2012) & (year <= 2014)) & ~((unit % 5 == 1) & (year == 2016))]
    return panel_of(d, "省份", "年份")


@pytest.fixture(scope="module")
def panels():
    return {balance: made_up(balance) for balance in BALANCES}


def request_of(equation, covariance, weights):
    shape = EQUATIONS[equation]
    estimator = "two_stage_least_squares" if "endogenous" in shape else "least_squares"
    return Regression(outcome="产出", **shape, estimator=estimator, weights=weights, covariance=COVARIANCES[covariance])


def apart(ours, theirs):
    return float(np.max(np.abs(ours - theirs) / np.abs(theirs)))


def pieces_apart(ours, theirs):
    """The largest gap in the units of the product of the standard errors: off-diagonal cells may be near zero."""
    se = np.sqrt(np.diag(theirs))
    return float(np.max(np.abs(ours - theirs) / np.outer(se, se)))


@pytest.mark.parametrize("weights", WEIGHTS, ids=["unweighted", "weighted"])
@pytest.mark.parametrize("balance", BALANCES)
@pytest.mark.parametrize("covariance", [c for c in COVARIANCES if c != "cr3"])
@pytest.mark.parametrize("equation", EQUATIONS)
def test_engines_agree(panels, equation, covariance, balance, weights):
    request = request_of(equation, covariance, weights)
    panel = panels[balance]
    fits = {name: ENGINES[name].fit(request, panel) for name in NAMES if ENGINES[name].refuses(request) is None}
    assert len(fits) >= 2, "a number that one engine alone answers is not confirmed"
    for one, two in combinations(fits, 2):
        a, b = fits[one], fits[two]
        assert apart(a.coefficients, b.coefficients) <= COEFFICIENT, (one, two)
        assert len(a.raw) == len(b.raw) == (3 if covariance == "two-way" else 1)
        for left, right in zip(a.raw, b.raw, strict=True):
            assert pieces_apart(left, right) <= PIECE, (one, two)
        assert np.max(np.abs(a.residuals - b.residuals)) <= FIT * np.sqrt(b.rss / panel.rows), (one, two)
        for total in ("rss", "tss", "tss_within"):
            assert getattr(a, total) == pytest.approx(getattr(b, total), rel=FIT), (one, two, total)


@pytest.mark.parametrize("weights", WEIGHTS, ids=["unweighted", "weighted"])
@pytest.mark.parametrize("balance", BALANCES)
@pytest.mark.parametrize("equation", EQUATIONS)
def test_jackknife_by_refits_is_answered_by_dense_alone(panels, equation, balance, weights):
    request = request_of(equation, "cr3", weights)
    assert [name for name in NAMES if ENGINES[name].refuses(request) is None] == ["dense"]
    fit = ENGINES["dense"].fit(request, panels[balance])
    assert np.all(np.linalg.eigvalsh(fit.raw[0]) > 0)


@pytest.mark.parametrize("weights", WEIGHTS, ids=["unweighted", "weighted"])
@pytest.mark.parametrize("balance", BALANCES)
@pytest.mark.parametrize("equation", [e for e in EQUATIONS if "2sls" not in e and "trend" not in e])
def test_jackknife_by_refits_is_that_of_numerics(panels, equation, balance, weights):
    """The same sum of outer products from updated cross-products, with every effect as explicit columns."""
    request, panel = request_of(equation, "cr3", weights), panels[balance]
    fit = ENGINES["dense"].fit(request, panel)
    constant = [np.ones(panel.rows)] if request.constant else []
    X = np.column_stack([*constant, *(panel.column(s) for s in request.slopes)])
    size = np.sqrt(np.mean(X**2, axis=0))
    dummies = [np.eye(panel.codes(a).max() + 1)[panel.codes(a)] for a in request.absorb]
    w = panel.column(weights) if weights else None
    updated = jackknife(
        X / size, panel.column("产出"), panel.codes("省份"), np.column_stack(dummies) if dummies else None, w
    )
    gaps = (updated.replicates - updated.coefficients) / size
    assert pieces_apart(gaps.T @ gaps, fit.raw[0]) <= PIECE
