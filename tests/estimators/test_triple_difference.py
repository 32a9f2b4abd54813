"""Triple differences: routes by plain means, engines, permutation of places, staggered cells, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from panelkit.core.errors import EstimationError
from panelkit.core.request import Permutation
from panelkit.numerics.did_triple import cube_slope, eight_means

PAIRS = "province^industry + province^year + industry^year"
FORMULA = f"y ~ dose:expo | {PAIRS}"


def cube(places: int = 24, groups: int = 6, b: float = 0.3, seed: int = 0) -> pd.DataFrame:
    """Provinces by industries, 2010-2018, all three pairs of effects; dose grows from the cohort's year."""
    rng = np.random.default_rng(seed)
    keys = [(f"{p:02d}", f"{j}", t) for p in range(places) for j in range(groups) for t in range(2010, 2019)]
    d = pd.DataFrame(keys, columns=["province", "industry", "year"])
    p, j, t = d.province.astype(int).to_numpy(), d.industry.astype(int).to_numpy(), d.year.to_numpy() - 2010
    cohort = np.array([0, 2013, 2015, 2016])[np.arange(places) % 4]
    d["cohort"] = cohort[p].astype(float)
    d["dose"] = np.where(d.cohort > 0, np.maximum(0, d.year - d.cohort + 1), 0).astype(float)
    d["expo"], d["on"] = np.linspace(0, 1, groups)[j], (j >= groups // 2).astype(float)
    d["unit"] = d.province + "|" + d.industry
    d["y"] = b * d.dose * d.expo + rng.normal(size=(places, groups))[p, j] + rng.normal(size=(places, 9))[p, t]
    d["y"] += rng.normal(size=(groups, 9))[j, t] + 0.2 * rng.normal(size=len(d))
    d["x"], d["w"], d["region"] = rng.normal(size=len(d)), 1.0 + p % 3, (p // 12).astype(str)
    return d


@pytest.fixture(scope="module")
def ddd(run, make):
    def build(kind="triple_difference", frame=None, **fields):
        data = cube() if frame is None else frame
        panel = make(data, unit="unit", categories=("province", "industry", "region"))
        fields = {"formula": FORMULA, "engine": "pyfixest", **fields}
        return run(kind, panel, **fields)

    return build


def test_a_dose_is_found_by_every_engine_and_by_plain_means(ddd):
    made = ddd()
    term = made.term("dose:expo")
    assert term.estimate == pytest.approx(0.3, abs=4 * term.se)
    assert made.tests["route"]["difference"] < 1e-12
    assert made.sample.clusters == {"province": 24}
    assert (made.covariance.variant, made.fit.extra["places"], made.fit.extra["groups"]) == ("cr3", 24, 6)
    for engine in ("linearmodels", "dense"):
        other = ddd(engine=engine).term("dose:expo")
        assert (other.estimate, other.se) == (pytest.approx(term.estimate, rel=1e-9), pytest.approx(term.se, rel=1e-7))


def test_two_way_effects_alone_would_be_biased(ddd):
    frame = cube()
    frame["y"] += 3 * frame.dose * (frame.province.astype(int) % 2)  # moves all industries of a province alike
    assert ddd(frame=frame).term("dose:expo").estimate == pytest.approx(ddd().term("dose:expo").estimate, abs=1e-9)


def test_paths_change_places_and_exposures_stay(ddd):
    made = ddd(assignment="places", resample=True, inference=Permutation(draws=199))
    found = {r.method: r for r in made.resampled}
    assert {m.partition(" (")[0] for m in found} == {"permutation of treatment paths"}
    assert all(r.p == pytest.approx(1 / 200) for r in found.values())
    quiet = ddd(
        frame=cube(b=0.0, seed=3), assignment="places", resample=True, inference=Permutation(draws=199, strata="region")
    )
    assert all(r.p > 0.02 for r in quiet.resampled)
    assert "places, exposures staying, within region" in quiet.resampled[0].note
    with pytest.raises(EstimationError, match="declared assignment"):
        ddd(inference=Permutation())


def test_the_permutation_is_that_of_refitting(ddd, make):
    """One draw by hand: move the paths, fit again, the same coefficient."""
    from panelkit.numerics.permutation import PanelRows, path_orders, permute_paths
    from panelkit.numerics.projection import absorber

    d = cube(places=12)
    p, t = d.province.astype(int).to_numpy(), d.year.to_numpy() - 2010
    paths = np.zeros((12, 9))
    paths[p, t] = d.dose
    pairs = [("province", "industry"), ("province", "year"), ("industry", "year")]
    off = absorber([d.groupby(list(k)).ngroup().to_numpy() for k in pairs])
    rows, expo = PanelRows(unit_codes=p, time_codes=t), d.expo.to_numpy()
    got = permute_paths(paths, rows, d.y.to_numpy(), None, off, p, 5, 1, None, expo)
    for draw, order in enumerate(path_orders(12, 5, 1)):
        x = off.residualise(paths[order[p], t] * expo)
        assert got.estimates[draw] == pytest.approx(x @ d.y.to_numpy() / (x @ x), rel=1e-9)


def test_the_classic_eight_cells(ddd, make, run):
    d = cube(places=8, groups=4)
    d["treated"], d["after"] = (d.province.astype(int) % 2).astype(float), (d.year >= 2014).astype(float)
    products = ["treated:on", "treated:after", "on:after", "treated:on:after"]
    formula = f"y ~ treated + on + after + {' + '.join(products)}"
    made = ddd(frame=d, formula=formula, cluster="province", weights="w")
    hand = 0.0
    for sign, a, b, c in [(-1 if (a + b + c) % 2 == 0 else 1, a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)]:
        cell = d[(d.treated == a) & (d.on == b) & (d.after == c)]
        hand += sign * np.average(cell.y, weights=cell.w)
    assert made.term("treated:on:after").estimate == pytest.approx(hand, rel=1e-9)
    assert made.tests["route"]["difference"] < 1e-10
    absorbed = ddd(frame=d, formula=f"y ~ treated:on:after | {PAIRS}", place="province")
    assert absorbed.term("treated:on:after").estimate == pytest.approx(
        ddd(frame=d, formula=formula, cluster="province").term("treated:on:after").estimate, rel=1e-9
    )
    with pytest.raises(EstimationError, match="lacks treated:on"):
        ddd(frame=d, formula=formula.replace("treated:on + ", "", 1), cluster="province")


def test_an_event_study_of_the_triple_difference(ddd):
    made = ddd(kind="event_study", formula=f"y ~ 1 | {PAIRS}", cohort="cohort", exposure="expo", window=(-3, 2),
               cluster="province", draws=999, resample=True)  # fmt: skip
    after = [e for e in made.curves["event_time"] if e.at >= 0]
    assert [e.estimate for e in after[:2]] == pytest.approx([0.3, 0.6], abs=0.25)
    assert made.tests["pre_trends"]["p"] > 0.01
    bands = {r.term: r for r in made.resampled if r.method == "sup-t band"}
    assert set(bands) == {f"event_time at {t}" for t in (-3, -2, 0, 1, 2)}
    assert all(bands[f"event_time at {e.at:g}"].low < e.low for e in after)


# ---------------------------------------------------------------- staggered


def staggered_frame(seed: int = 1) -> pd.DataFrame:
    d = cube(b=0.0, seed=seed)
    since = d.year - d.cohort
    d["y"] += np.where((d.cohort > 0) & (since >= 0), (1 + since) * d.on, 0.0)
    return d


@pytest.mark.parametrize("control", ["never", "notyet"])
def test_staggered_cells_and_their_route(ddd, control):
    fields = {
        "kind": "staggered_triple_difference",
        "formula": f"y ~ 1 | {PAIRS}",
        "cohort": "cohort",
        "eligible": "on",
    }
    made = ddd(frame=staggered_frame(), control=control, **fields)
    assert made.tests["route"]["difference"] < 1e-12
    assert made.confirmation == "route"
    assert made.sample.clusters == {"province": 24}
    after = {e.at: e.estimate for e in made.curves["event_time"] if e.at >= 0}
    assert all(b == pytest.approx(1 + e, abs=0.3) for e, b in after.items())
    assert abs(made.fit.extra["two_way"] - made.term("att").estimate) > 0.3  # the static one mixes growing effects
    V = made.influence.T @ made.influence
    assert pytest.approx(made.covariance_matrix) == V
    assert made.influence.shape == (24, 4)


def test_cohorts_of_one_place_have_no_error(ddd):
    d = staggered_frame()
    d.loc[(d.cohort == 2016) & (d.province != "03"), "cohort"] = 0.0
    fields = {
        "kind": "staggered_triple_difference",
        "formula": f"y ~ 1 | {PAIRS}",
        "cohort": "cohort",
        "eligible": "on",
    }
    by = {e.at: e for e in ddd(frame=d, **fields).curves["cohort"]}
    assert np.isnan(by[2016].se)
    assert by[2013].se > 0


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"formula": "y ~ dose:expo | unit + year"}, "three pairs"),
        ({"formula": f"y ~ dose + x | {PAIRS}"}, "no product"),
        ({"formula": f"y ~ x:expo | {PAIRS}"}, "no product of a path"),
        ({"place": "region"}, "no factor of the effects"),
        ({"strata": "regin"}, "no variable"),
        ({"treatment": "dose:x"}, "no product of the formula"),
        (
            {
                "kind": "staggered_triple_difference",
                "formula": f"y ~ 1 | {PAIRS}",
                "cohort": "cohort",
                "eligible": "expo",
            },
            "not 0 or 1",
        ),
        (
            {"kind": "staggered_triple_difference", "formula": f"y ~ 1 | {PAIRS}", "cohort": "dose", "eligible": "on"},
            "not constant|changes",
        ),
    ],
)
def test_it_refuses_in_words(ddd, fields, what):
    with pytest.raises(EstimationError, match=what) as told:
        ddd(**fields)
    assert all(f.mend for f in told.value.faults)


def test_plain_means_are_refused_where_they_are_not_the_estimate():
    y, x = np.arange(8.0), np.array([0.0, 1.0] * 4)
    with pytest.raises(ValueError, match="not balanced"):
        cube_slope(y, x, (np.zeros(8, int), np.zeros(8, int), np.zeros(8, int)))
    with pytest.raises(ValueError, match="no row"):
        eight_means(y, x, x, x)
