"""Figures: their numbers, their files, their fonts."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from panelkit.core.errors import ReportError
from panelkit.core.estimate import Resampled
from panelkit.core.label import Label
from panelkit.core.results import Results
from panelkit.reporting.exhibits import figure_data, render_figure
from panelkit.reporting.figures import _fonts, event_study, placebo
from panelkit.reporting.figures.event_study import EventStudyFigure
from panelkit.reporting.figures.placebo import PlaceboFigure

EVENTS = EventStudyFigure(id="events", model="events", title=Label(en="Events", zh="事件研究"))
PLACEBO = PlaceboFigure(id="placebo", model="events", title=Label(en="Placebo", zh="安慰剂检验"))


def test_the_missing_period_is_the_reference(results: Results) -> None:
    figure = event_study.build(EVENTS, results)
    assert figure.data["at"] == (-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
    assert figure.data["reference"] == (0, 0, 0, 1, 0, 0, 0, 0)
    assert figure.data["rows"][4] == 28
    assert any("F(3, 3) = 1.23, p = 0.432" in n for n in figure.notes)
    assert "−1: 0.000" in figure.alt


def test_an_effect_without_an_error_is_the_reference(results: Results) -> None:
    made = results.estimates["events"]
    curve = made.curves["event_time"]
    zero = replace(curve[2], at=-1.0, label="-1", estimate=0.0, se=0.0, low=0.0, high=0.0)
    binned = replace(curve[0], label="<=-4")
    known = replace(made, curves={"event_time": (binned, *curve[1:], zero)})
    figure = event_study.build(EVENTS, replace(results, estimates={"events": known}))
    assert figure.data["reference"] == (0, 0, 0, 1, 0, 0, 0, 0)
    assert any("outermost" in n for n in figure.notes)


def test_placebo_keeps_every_draw_and_the_p(results: Results) -> None:
    figure = placebo.build(PLACEBO, results)
    assert len(figure.data["draw"]) == 500
    assert figure.data["estimate"][0] == 0.33
    assert figure.labels["p"] == "p = 0.004"
    assert "500 draws" in figure.notes[0]


def test_a_simulated_study_says_so(chinese: Results) -> None:
    assert "模拟数据" in event_study.build(EVENTS, chinese).notes[0]
    assert "模拟数据" in placebo.build(PLACEBO, chinese).notes[0]


def test_what_is_not_there_is_refused_by_nearest_name(results: Results) -> None:
    with pytest.raises(ReportError, match="did you mean 'events'"):
        event_study.build(replace(EVENTS, model="event"), results)
    with pytest.raises(ReportError, match="no curve 'cohort'"):
        event_study.build(replace(EVENTS, curve="cohort"), results)
    with pytest.raises(ReportError, match="no check 'placebo'"):
        placebo.build(replace(PLACEBO, model="both"), results)


def test_files(results: Results) -> None:
    figure = event_study.build(EVENTS, results)
    files = render_figure(figure)
    assert sorted(files) == ["events.csv", "events.pdf", "events.png", "events.svg"]
    assert files == render_figure(figure)
    assert b"/Type3" not in files["events.pdf"]
    assert b"CreationDate" not in files["events.pdf"]
    assert b"<dc:date>" not in files["events.svg"]
    assert b"tEXt" not in files["events.png"]
    rows = list(csv.DictReader(io.StringIO(files["events.csv"].decode())))
    assert float(rows[7]["estimate"]) == figure.data["estimate"][7]
    assert rows[3]["se"] == ""


@pytest.mark.parametrize("text", ["costs $x$ or $\\badcmd$", "a --> b -- c", "#1 & <b> % {y} ^_~"])
def test_a_label_is_drawn_as_it_stands(results: Results, text: str) -> None:
    from panelkit.replication.standalone.drawing import Glyphs, Picture

    figure = event_study.build(EVENTS, results)
    picture = Picture(render_figure(replace(figure, labels={**figure.labels, "y": text}))["events.svg"])
    Glyphs().read(picture)
    drawn = "".join("".join(part.lines) for part in picture.texts).replace(" ", "")
    assert text.replace(" ", "") in drawn


def test_data_is_exact(results: Results) -> None:
    figure = placebo.build(PLACEBO, results)
    rows = list(csv.DictReader(io.StringIO(figure_data(figure).decode())))
    assert tuple(float(r["draw"]) for r in rows) == figure.data["draw"]


def test_chinese_words_without_a_font_are_refused(chinese: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import font_manager

    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    with pytest.raises(ReportError, match="no Chinese font") as error:
        render_figure(event_study.build(EVENTS, chinese))
    assert "fonts-noto-cjk" in str(error.value)


def test_chinese_words_with_a_font(chinese: Results, recwarn: pytest.WarningsRecorder) -> None:
    try:
        _fonts.chinese_font()
    except ReportError as error:
        pytest.skip(str(error))
    figure = event_study.build(EVENTS, chinese)
    assert render_figure(figure) == render_figure(figure)
    assert not [w for w in recwarn if "Glyph" in str(w.message)]


def test_simultaneous_bands_stand_behind_the_intervals(results: Results) -> None:
    made = results.estimates["events"]
    bands = tuple(
        Resampled(
            term=f"event_time at {e.at:g}",
            method="multiplier bootstrap",
            statistic=1.0,
            p=0.3,
            low=e.low - 1,
            high=e.high + 1,
            draws=999,
        )
        for e in made.curves["event_time"]
    )
    known = replace(results, estimates={"events": replace(made, resampled=bands)})
    figure = event_study.build(EVENTS, known)
    assert figure.data["band_low"][0] == made.curves["event_time"][0].low - 1
    assert figure.data["band_low"][3] != figure.data["band_low"][3]  # the reference has none
    assert any("simultaneous" in n for n in figure.notes)
    assert render_figure(figure)["events.svg"] != render_figure(event_study.build(EVENTS, results))["events.svg"]


def test_crowded_labels_long_titles_and_dollar_signs_fit_their_picture() -> None:
    """At one column, too: labels of ticks are set apart, titles of axes go into lines, a label is no formula."""
    from itertools import pairwise

    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Picture

    from panelkit.reporting.figures._canvas import SINGLE
    from panelkit.reporting.figures._fit import fit

    with mpl.rc_context({"text.parse_math": False, "font.size": 7.5}):
        picture = Picture(figsize=(SINGLE, 2.5), layout="constrained")
        FigureCanvasAgg(picture)
        axes = picture.add_subplot()
        axes.set_xticks(range(-15, 16), [f"{y}\n{900 + y}" for y in range(-15, 16)])
        axes.set_xlabel(
            "Effect of sales ($) and exports ($) on the output of enterprises above designated size, standardised"
        )
        fit(picture)
        picture.draw_without_rendering()
        shown = [t.get_window_extent() for t in axes.get_xticklabels() if t.get_text()]
        assert len(shown) > 5
        assert all(b.x0 > a.x1 for a, b in pairwise(shown))
        assert any(t.get_text().startswith("0\n") for t in axes.get_xticklabels())
        title = axes.xaxis.label.get_window_extent()
        assert title.x0 >= 0
        assert title.x1 <= picture.bbox.width
        assert "($)" in axes.xaxis.label.get_text()


def test_joined_letters_and_blanks_are_told_apart() -> None:
    """'ff' is one glyph in some fonts and a blank none in some texts: of two readings as long, the one that glyphs known before allow."""
    from types import SimpleNamespace

    from panelkit.replication.standalone.drawing import Glyphs

    drawn = [*"Random", " ", "ff", *"ects"]
    text = SimpleNamespace(words="Random ffects", lines=["Random ffects"], glyphs=[f"g{part}" for part in drawn])
    assert Glyphs().spelt(text) == drawn  # type: ignore[arg-type]
