"""Difference-in-differences on matched rows: what matching undoes, each way of matching, balance, engines, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from panelkit.core.errors import EstimationError
from panelkit.numerics.did_propensity import propensity_score

FORMULA = "y ~ treated | province + year"


def selected(units: int = 240, seed: int = 0, effect: float = 1.0) -> pd.DataFrame:
    """Units with larger z are treated in 2014 more often, and z has a trend of its own: two-way alone is biased upward."""
    rng = np.random.default_rng(seed)
    z, v = rng.normal(size=units), rng.normal(size=units)
    on = rng.random(units) < 1 / (1 + np.exp(-(z - 0.3)))
    d = pd.DataFrame([(f"{i:03d}", t) for i in range(units) for t in range(2010, 2018)], columns=["province", "year"])
    i = d.province.astype(int).to_numpy()
    d["treated"] = (on[i] & (d.year >= 2014)).astype(float)
    d["ever"], d["z"], d["v"] = on[i].astype(float), z[i], v[i] + 0.3 * rng.normal(size=len(d))
    d["y"] = (
        effect * d.treated + 0.4 * z[i] * (d.year - 2010) + rng.normal(size=units)[i] + 0.5 * rng.normal(size=len(d))
    )
    d["w"] = 1.0
    return d


@pytest.fixture(scope="module")
def psm(run, make):
    def build(kind="matching_did", frame=None, **fields):
        data = selected() if frame is None else frame
        fields = {
            "formula": FORMULA,
            "engine": "pyfixest",
            **({"match_on": ("z", "v")} if kind == "matching_did" else {}),
            **fields,
        }
        return run(kind, make(data), **fields)

    return build


WAYS = [
    {"scores": s, **m}
    for s in ("baseline", "by_period", "pooled")
    for m in (
        {"neighbours": 2},
        {"caliper": 0.05},
        {"replacement": "without", "caliper": 0.05},
        {"method": "radius", "caliper": 0.1},
        {"method": "kernel"},
        {"method": "kernel", "kernel": "normal", "distance": "logit", "bandwidth": 0.3},
    )
]


@pytest.mark.parametrize("way", WAYS, ids=[" ".join(map(str, w.values())) for w in WAYS])
def test_matching_undoes_what_selection_did(psm, way):
    naive = psm("dose_did").term("treated").estimate
    made = psm(**way)
    assert naive > 1.8
    assert abs(made.term("treated").estimate - 1) < 0.45 < naive - 1
    assert made.fit.extra["largest_matched_difference"] < made.fit.extra["largest_difference"] / 2
    assert made.sample.rows == len(made.sample.positions)
    assert sum(d.rows for d in made.sample.dropped) + made.sample.rows == len(selected())
    assert {r["variable"] for r in made.records["balance"]} == {"z", "v"}
    total = made.fit.extra["matched_treated"] + made.fit.extra["off_support"] + made.fit.extra["unmatched"]
    assert total == made.fit.extra["treated_entries"]


def test_the_baseline_score_is_a_logit_of_unit_means(psm):
    d = selected()
    means = d[d.year < 2014].groupby("province")[["z", "v"]].mean().to_numpy()
    on = d.groupby("province").ever.first().to_numpy()
    fitted = propensity_score(on, np.column_stack([np.ones(len(on)), means]))
    made = psm(method="kernel")
    assert [r["coefficient"] for r in made.records["score"]] == pytest.approx(fitted.coefficients[1:], rel=1e-8)
    assert [r["se"] for r in made.records["score"]] == pytest.approx(fitted.se[1:], rel=1e-8)
    assert sum(r["treated"] for r in made.records["overlap"]) == on.sum()


def test_two_engines_and_equal_weights(psm):
    made = psm(method="kernel")
    other = psm(method="kernel", engine="linearmodels")
    assert other.term("treated").estimate == pytest.approx(made.term("treated").estimate, rel=1e-9)
    assert made.requests[0].weights == "matching::weight"
    equal = psm(method="kernel", weighting="equal")
    assert equal.requests[0].weights == ""
    assert equal.sample.rows == made.sample.rows


def test_a_named_group_and_missing_covariates(psm):
    assert psm(group="ever").term("treated") == psm().term("treated")
    frame = selected()
    frame.loc[frame.province == "007", "v"] = np.nan
    made = psm(frame=frame)
    assert any(d.why == "a covariate of the score is missing" and d.rows == 8 for d in made.sample.dropped)


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"match_on": ()}, "no covariate"),
        ({"match_on": ("zz",)}, "no variable"),
        ({"treatment": "zz"}, "no regressor"),
        ({"method": "radius"}, "caliper is not above zero"),
        ({"caliper": -1.0}, "caliper is not above zero"),
        ({"method": "kernel", "caliper": 0.1}, "no caliper"),
        ({"method": "kernel", "neighbours": 3}, "do not fit kernel"),
        ({"weights": "w"}, "their matches"),
        ({"group": "z"}, "not 0 or 1"),
        ({"match_on": ("ever",)}, "nothing is matched"),
        ({"years": (2014, 2017)}, "no row lies before|absorbs|constant"),
    ],
)
def test_it_refuses_in_words(psm, fields, what):
    with pytest.raises(EstimationError, match=what) as told:
        psm(**fields)
    assert all(f.mend for f in told.value.faults)


# ---------------------------------------------------------------- the bootstrap that matches anew

SAMPLING_SPREAD = 0.054  # of the estimate by kernel matching over `selected(seed=0)` to `selected(seed=59)`


def test_the_bootstrap_that_matches_anew_repeats_itself_and_covers(psm):
    fields = {"method": "kernel", "rematch": 199, "resample": True}
    made, again = psm(**fields), psm(**fields)
    (one,) = [r for r in made.resampled if r.method == "bootstrap with matching"]
    assert one == next(r for r in again.resampled if r.method == "bootstrap with matching")
    assert one.term == "treated"
    assert one.low < made.term("treated").estimate < one.high
    assert one.low < 1.0 < one.high
    spread = made.term("treated").estimate / one.statistic
    assert 0.6 < spread / SAMPLING_SPREAD < 1.7
    assert (
        made.term("treated").se > 2 * SAMPLING_SPREAD
    )  # matches taken as given hide that matching undoes most of the noise
    assert any("scores and matches anew" in n for n in made.notes)


def test_a_draw_of_every_cluster_once_is_the_estimate(psm, make):
    from panelkit.core.estimation import Defaults, Setting
    from panelkit.core.registry import ENGINES
    from panelkit.estimators import matching_did
    from panelkit.estimators._matching import match_rows
    from panelkit.estimators._matching_draws import _coefficient

    spec = matching_did.MatchingDid(id="m", formula=FORMULA, match_on=("z", "v"), method="kernel")
    setting = Setting(engine=ENGINES["pyfixest"], defaults=Defaults(), seed=1)
    matched = matching_did._compiled(spec, make(selected()), setting)
    whole = matching_did.compile_model(spec, matched.used, setting, focal="treated")
    everything = np.arange(matched.used.rows)
    got = _coefficient(
        whole.design,
        matched.rows,
        lambda r: match_rows(r, spec.scores, spec.match_on, matching_did._how(spec))[3],
        everything,
        whole.design.clusters[0],
        True,
    )
    assert got == pytest.approx(psm(method="kernel").term("treated").estimate, rel=1e-10)


def test_nearest_neighbours_are_said_to_have_no_valid_bootstrap(psm):
    made = psm(rematch=99, resample=True)
    assert any("is not valid (Abadie and Imbens" in n for n in made.notes)
    with pytest.raises(EstimationError, match="99 draws or more"):
        psm(rematch=5)
