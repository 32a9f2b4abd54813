"""The further kinds of figures: their numbers, their files in both widths and languages, and what they refuse."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace

import numpy as np
import pytest
from made_up import CR3, estimate, moved, read_back, term

import panelkit.reporting.figures  # noqa: F401
from panelkit.core.check import Check
from panelkit.core.errors import ReportError
from panelkit.core.estimate import Effect
from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.label import Label
from panelkit.core.registry import FIGURES
from panelkit.core.results import Results
from panelkit.reporting.exhibits import render_figure
from panelkit.reporting.figures import _fonts
from panelkit.reporting.figures.bacon import BaconFigure
from panelkit.reporting.figures.coefficients import CoefficientsFigure
from panelkit.reporting.figures.gap_matrix import GapMatrixFigure
from panelkit.reporting.figures.heat_map import HeatMapFigure
from panelkit.reporting.figures.impulse_response import ImpulseResponseFigure
from panelkit.reporting.figures.leave_one_out import LeaveOneOutFigure
from panelkit.reporting.figures.marginal_effects import MarginalEffectsFigure
from panelkit.reporting.figures.moran_scatter import MoranScatterFigure
from panelkit.reporting.figures.spec_curve import SpecCurveFigure
from panelkit.reporting.figures.threshold import ThresholdFigure
from panelkit.reporting.figures.tile_grid import TILES, TileGridFigure
from panelkit.reporting.figures.treatment_timing import TreatmentTimingFigure
from panelkit.reporting.figures.trends import TrendsFigure

TITLE = Label(en="A figure", zh="图")
EVERY: tuple[FigureSpec, ...] = (
    BaconFigure(id="bacon", title=TITLE, model="both"),
    CoefficientsFigure(id="coefficients", title=TITLE, models=("both", "single"), terms=("ln_gdp",)),
    GapMatrixFigure(id="gaps", title=TITLE),
    HeatMapFigure(id="heat", title=TITLE, variable="fdi", cuts=(-0.5, 0.5)),
    HeatMapFigure(id="scale", title=TITLE, variable="fdi", order="panel"),
    ImpulseResponseFigure(id="responses", title=TITLE, model="system"),
    ImpulseResponseFigure(id="shares", title=TITLE, model="system", show="shares", impulses=("fdi",), orders=1),
    LeaveOneOutFigure(id="left", title=TITLE, model="both", term="ln_gdp"),
    MarginalEffectsFigure(id="marginal", title=TITLE, model="moderated", term="ln_gdp", moderator="zone"),
    MoranScatterFigure(id="moran", title=TITLE, variable="zone", lag="fdi", year=2020),
    SpecCurveFigure(id="curve", title=TITLE, models=("both", "single"), terms=("ln_gdp",), base="both"),
    ThresholdFigure(id="threshold", title=TITLE, model="switching"),
    TileGridFigure(id="tiles", title=TITLE, variable="fdi", year=2020),
    TreatmentTimingFigure(id="timing", title=TITLE, variable="began", cohort=True),
    TreatmentTimingFigure(id="dose", title=TITLE, variable="dose"),
    TrendsFigure(
        id="trends", title=TITLE, variable="fdi", group="began", missing=Label(en="never", zh="从未"), mark=2018
    ),
)

CURVE = ((0.1, 9.0), (0.2, 5.0), (0.3, 8.5), (0.4, 0.0), (0.5, 2.0), (0.6, 12.0))
SWITCHING = {
    "thresholds": ({"threshold": 1, "variable": "fdi", "estimate": 0.4, "bound": 6.1, "bound_iid": 7.352},),
    "threshold_ratios": tuple({"threshold": 1, "value": v, "ratio": r} for v, r in CURVE),
    "threshold_sets": tuple(
        {"threshold": 1, "bound": bound, "low": low, "high": high}
        for bound in ("bootstrap", "iid")
        for low, high in ((0.2, 0.2), (0.4, 0.5))
    ),
}


@pytest.fixture
def full(results: Results) -> Results:
    panel = results.panel
    frame = panel.frame
    began = frame["province"].map({"110000": 2018.0, "120000": 2020.0, "130000": 2020.0}).to_numpy(float)
    dose = np.where(frame["year"].to_numpy() >= began, frame["year"].to_numpy() - began + 1, 0.0)
    fdi = panel.column("fdi")
    fdi[3] = np.nan
    made = panel.extended(
        {"began": began, "dose": dose, "fdi": fdi},
        [
            replace(panel.variable("zone"), name="began", label=Label(en="First year", zh="首年")),
            replace(panel.variable("zone"), name="dose", label=Label(en="Dose", zh="剂量")),
            panel.variable("fdi"),
        ],
    )
    moderated = estimate("moderated", (term("ln_gdp", 0.2, 0.1), term("ln_gdp:zone", 0.1, 0.05)), covariance=CR3)
    system = replace(estimate("system", (term("ln_gdp: fdi lag 1", 0.2, 0.1),), covariance=CR3), curves=system_curves())
    switching = estimate("switching", (term("fdi:regime::1", 0.2, 0.1),), covariance=CR3, records=SWITCHING)
    rows = (
        {"comparison": "earlier_vs_later", "weight": 0.25, "estimate": 1.0},
        {"comparison": "other", "weight": 0.75, "estimate": 2.0},
    )
    left = (
        {"cluster": "110000", "share": 0.5, "coefficient_without": 0.3},
        {"cluster": "120000", "share": 0.1, "coefficient_without": float("nan")},
    )
    says = {"of": "both", "verdict": "says", "value": None, "bound": None, "text": Label(en="said")}
    checks = (Check(name="bacon", rows=rows, **says), Check(name="few_clusters", rows=left, **says))  # type: ignore[arg-type]
    return replace(
        results,
        panel=made,
        estimates={**results.estimates, "moderated": moderated, "system": system, "switching": switching},
        checks={**results.checks, "both": (*results.checks["both"], *checks)},
    )


def system_curves() -> dict[str, tuple[Effect, ...]]:
    """Responses and shares of a system of two under both orders, six years."""

    def curve(level: float) -> tuple[Effect, ...]:
        values = [level * 0.7**h for h in range(6)]
        return tuple(
            Effect(at=float(h), label=str(h), estimate=v, se=0.1, low=v - 0.2, high=v + 0.2, p=0.5, rows=32)
            for h, v in enumerate(values)
        )

    names = ("ln_gdp", "fdi")
    return {
        f"{head} [{', '.join(order)}] {a} -> {b}": curve(1 + i + 2 * j + 0.1 * (order[0] == "fdi"))
        for head in ("irf", "fevd")
        for order in (names, names[::-1])
        for i, a in enumerate(names)
        for j, b in enumerate(names)
    }


def at_the_edge(png: bytes) -> bool:
    """Whether anything is drawn on the outermost dots of a picture: what is cut is cut there."""
    from matplotlib.image import imread

    dots = imread(io.BytesIO(png))[..., :3]
    return any(bool((line < 0.99).any()) for line in (dots[0], dots[-1], dots[:, 0], dots[:, -1]))


def build(spec: FigureSpec, results: Results) -> Figure:
    return FIGURES[spec.kind].build(spec, results)


@pytest.mark.parametrize("spec", EVERY, ids=lambda s: s.id)
def test_every_kind_makes_its_files_without_a_warning(spec: FigureSpec, full: Results) -> None:
    figure = build(spec, full)
    assert len({len(c) for c in figure.data.values()}) == 1
    assert figure.alt
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        files = render_figure(figure)
    assert sorted(files) == [f"{spec.id}.{e}" for e in ("csv", "pdf", "png", "svg")]
    assert b"/Type3" not in files[f"{spec.id}.pdf"]
    assert not at_the_edge(files[f"{spec.id}.png"])
    assert read_back(files, spec.id) == []
    for wrong in moved(files[f"{spec.id}.svg"]):
        assert read_back({**files, f"{spec.id}.svg": wrong}, spec.id) != []
    assert render_figure(figure)[f"{spec.id}.svg"] == files[f"{spec.id}.svg"]


@pytest.mark.slow
@pytest.mark.parametrize("spec", EVERY, ids=lambda s: s.id)
def test_every_kind_at_one_column_and_in_chinese(spec: FigureSpec, full: Results) -> None:
    try:
        _fonts.chinese_font()
    except ReportError as error:
        pytest.skip(str(error))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        files = render_figure(build(replace(spec, width="single", language="zh"), full))
    assert not at_the_edge(files[f"{spec.id}.png"])
    assert read_back(files, spec.id) == []
    assert int.from_bytes(files[f"{spec.id}.png"][16:20], "big") == 660


def test_numbers(full: Results) -> None:
    data = {s.id: build(s, full).data for s in EVERY}
    assert data["bacon"]["overall"][0] == pytest.approx(1.75)
    assert data["left"]["cluster"] == ("110000",)  # without a number, a cluster has no place
    assert sum(data["gaps"]["missing"]) == 1 + 8  # type: ignore[arg-type]
    assert data["curve"]["model"] == ("single", "both")
    assert dict(zip(data["tiles"]["unit"], data["tiles"]["value"], strict=True))["110000"] == full.panel.frame["fdi"][5]
    middle = data["marginal"]["moderator"][20]
    assert data["marginal"]["effect"][20] == pytest.approx(0.2 + 0.1 * middle)  # type: ignore[operator]
    timing = {(u, t): d for u, t, d in zip(*(data["timing"][c] for c in ("unit", "time", "treated")), strict=True)}
    assert [timing["110000", t] for t in (2017, 2018)] == [0, 1]
    assert not any(timing["140000", t] for t in range(2015, 2023))
    assert data["threshold"]["in_set"] == (0, 1, 0, 1, 1, 0)
    assert set(data["threshold"]["bound_iid"]) == {7.352}
    assert set(data["trends"]["name"]) == {"First year = 2018", "First year = 2020", "never"}


def test_lines_that_sum_up_comparisons_are_no_points_of_their_own(full: Results) -> None:
    check = next(c for c in full.checks["both"] if c.name == "bacon")
    pairs = [
        {"comparison": "Earlier vs Later Treated", "treated": a, "compared": b, "weight": 0.5, "estimate": e}
        for a, b, e in (("2016", "2018", 1.0), ("2016", "2020", 2.0))
    ]
    total = {"comparison": "Earlier vs Later Treated", "treated": "", "compared": "", "weight": 1.0, "estimate": 1.5}
    found = replace(full, checks={**full.checks, "both": (replace(check, rows=(total, *pairs)),)})
    figure = build(BaconFigure(id="bacon", title=TITLE, model="both"), found)
    assert figure.data["weight"] == (0.5, 0.5)
    assert figure.data["overall"][0] == pytest.approx(1.5)
    assert set(figure.data["name"]) == {"Earlier and later treated, before the later"}


def test_tiles_do_not_overlap() -> None:
    assert len({place[:2] for place in TILES.values()}) == len(TILES) == 34


def test_what_does_not_fit_is_refused(full: Results) -> None:
    for spec, said in (
        (HeatMapFigure(id="h", variable="fdii"), "did you mean 'fdi'"),
        (HeatMapFigure(id="h", variable="fdi", cuts=(0.0,), classes=(TITLE,)), "1 names for 2 classes"),
        (TileGridFigure(id="t", variable="fdi", year=1999), "no year 1999"),
        (MoranScatterFigure(id="t", variable="fdi", lag="nosuch"), "no variable 'nosuch'"),
        (MoranScatterFigure(id="t", variable="fdi", lag="zone", year=1999), "no year 1999"),
        (TrendsFigure(id="t", variable="fdi", group="dose"), "changes within"),
        (BaconFigure(id="b", model="single"), "no check 'bacon'"),
        (SpecCurveFigure(id="s", models=("both",), terms=("zonee",)), "did you mean 'zone'"),
        (MarginalEffectsFigure(id="m", model="both", term="ln_gdp", moderator="zone"), "its product with zone"),
    ):
        with pytest.raises(ReportError, match=said):
            build(spec, full)


def test_impulse_responses_hold_both_orders_and_say_which_is_which(full: Results) -> None:
    figure = build(ImpulseResponseFigure(id="r", title=TITLE, model="system"), full)
    assert len(figure.data["at"]) == 2 * 4 * 6
    assert list(dict.fromkeys(figure.data["order"])) == ["ln_gdp, fdi", "fdi, ln_gdp"]
    rows = zip(*(figure.data[c] for c in ("order", "impulse", "response", "at", "estimate")), strict=True)
    held = full.estimates["system"].curves
    assert all(held[f"irf [{o}] {i} -> {r}"][int(t)].estimate == e for o, i, r, t, e in rows)
    said = " ".join(figure.notes)
    assert "Solid line and grey band: Cholesky order: ln(人均GDP) & 100% → FDI_ratio; dashed line" in said
    assert "one standard deviation" in said
    one = build(ImpulseResponseFigure(id="r", title=TITLE, model="system", orders=1, responses=("fdi",)), full)
    assert set(one.data["response"]) == {"fdi"}
    assert len(set(one.data["order"])) == 1


def test_impulse_responses_refuse_what_is_no_system(full: Results) -> None:
    with pytest.raises(ReportError, match="no impulse responses"):
        build(ImpulseResponseFigure(id="r", model="both"), full)
    with pytest.raises(ReportError, match="no variable 'gdp'"):
        build(ImpulseResponseFigure(id="r", model="system", impulses=("gdp",)), full)


def test_a_threshold_is_pictured_with_its_set_and_both_bounds_named(full: Results) -> None:
    spec = ThresholdFigure(id="threshold", title=TITLE, model="switching")
    for language, words in (
        ("en", ("[0.200, 0.200], [0.400, 0.500]", "6.10", "7.35", "independent errors")),
        ("zh", ("[0.200, 0.200]、[0.400, 0.500]", "6.10", "7.35", "置信集")),
    ):
        figure = build(replace(spec, language=language), full)  # type: ignore[arg-type]
        assert all(w in figure.notes[-1] and w in figure.alt for w in words)
        assert "6.10" in figure.labels["bootstrap"]
        assert "7.35" in figure.labels["iid"]
    with pytest.raises(ReportError, match="has no threshold 2"):
        build(replace(spec, number=2), full)
    with pytest.raises(ReportError, match="has no threshold 1") as error:
        build(replace(spec, model="both"), full)
    assert "kind 'threshold'" in error.value.faults[0].mend
