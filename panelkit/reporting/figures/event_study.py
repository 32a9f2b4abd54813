"""The event-study figure: effects by period with intervals, reference period, zero line, support beneath and the pre-trend test."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from panelkit.core.errors import ReportError
from panelkit.core.estimate import Effect, Estimate
from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.label import Language
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.figures._canvas import GREY, INK, PALE, claim, drawn
from panelkit.reporting.figures._given import model_of
from panelkit.reporting.labels import level_text, term_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.printed import folded
from panelkit.reporting.words import level_of, method_words, p_phrase, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@spec
class EventStudyFigure(FigureSpec):
    """An event-study figure of one curve of one model."""

    kind: Literal["event_study"] = "event_study"
    model: str
    curve: str = "event_time"


def build(figure: EventStudyFigure, results: Results) -> Figure:
    """Its numbers: one entry per period, the reference at zero where the curve leaves it out.

    Raises
    ------
    ReportError
        An unknown model, or one without such a curve.
    """
    language = figure.language or results.study.head.language
    where = f"figures.{figure.id}"
    estimate = model_of(figure, figure.model, results)
    if not estimate.curves.get(figure.curve):
        what = f"'{figure.model}' has no curve '{figure.curve}'"
        raise ReportError(what, where=f"{where}.curve", mend=known_or_nearest(figure.curve, estimate.curves))
    effects, reference = with_reference(estimate.curves[figure.curve])
    fields = ("at", "label", "estimate", "se", "low", "high", "p", "rows")
    data = {name: tuple(getattr(e, name) for e in effects) for name in fields}
    data["reference"] = tuple(int(e.at == reference) for e in effects)
    bands = {r.term: r for r in estimate.resampled if r.term.startswith(f"{figure.curve} at ") and math.isfinite(r.low)}
    banded = [bands.get(f"{figure.curve} at {e.at:g}") for e in effects]
    if bands:
        data["band_low"] = tuple(b.low if b else math.nan for b in banded)
        data["band_high"] = tuple(b.high if b else math.nan for b in banded)
    outcome = term_label(estimate.outcome, results.panel, language)
    shown_reference = None if reference is None else shown(reference, 0)
    kind = "unreferenced" if shown_reference is None else "supported"
    binned = (word("event_bins", language),) if any(str(e.label)[:1] in "<>" for e in effects) else ()
    method = method_words(next(iter(bands.values())).method, language) if bands else ""
    spans = (word("event_bands", language, method=method),) if bands else ()
    notes = [
        word(kind, language, reference=shown_reference or "", level=level_of(results)),
        *spans,
        *binned,
        *pretrend(estimate, language),
    ]
    if results.study.head.simulated:
        notes.insert(0, word("simulated", language))
    return Figure(
        id=figure.id,
        kind="event_study",
        title=figure.title.to(language),
        width=figure.width,
        data=data,
        labels={
            "x": word("since", language),
            "y": word("effect_axis", language, of=outcome),
            "support": word("support", language),
            "reference": word("reference_period", language),
        },
        notes=tuple(notes),
        language=language,
        alt=_alt(figure.title.to(language) or outcome, effects, reference, language),
    )


def with_reference(effects: tuple[Effect, ...]) -> tuple[tuple[Effect, ...], float | None]:
    """The effects in order of time and the reference period: the one without a standard error, else the single gap in the run."""
    ordered = sorted(effects, key=lambda e: e.at)
    for effect in ordered:
        if effect.estimate == 0 and not effect.se > 0:
            return tuple(ordered), effect.at
    times = [e.at for e in ordered]
    gaps = [t for t in range(math.ceil(times[0]), math.floor(times[-1]) + 1) if t not in times]
    if len(gaps) != 1:
        return tuple(ordered), None
    nan = math.nan
    empty = Effect(at=float(gaps[0]), label=str(gaps[0]), estimate=0.0, se=nan, low=nan, high=nan, p=nan, rows=0)
    return tuple(sorted([*ordered, empty], key=lambda e: e.at)), float(gaps[0])


def pretrend(estimate: Estimate, language: Language) -> tuple[str, ...]:
    """The sentence on the joint test of the effects before treatment, where the estimate has one."""
    name = next((n for n in estimate.tests if "pre" in n.casefold() or n == "parallel_trends"), None)
    if name is None:
        return ()
    test = estimate.tests[name]
    slots = {"df1": f"{test['df1']:g}", "statistic": shown(test["statistic"], 2), "p": p_phrase(test["p"], language)}
    second = test.get("df2", math.inf)
    if not math.isfinite(second):
        return (word("pretrend_normal", language, **slots),)
    return (word("pretrend", language, df2=f"{second:g}", **slots),)


def _alt(title: str, effects: tuple[Effect, ...], reference: float | None, language: Language) -> str:
    sep, end = ("；", "。") if language == "zh" else ("; ", ".")
    points = [
        f"{shown(e.at, 0)}: {shown(e.estimate)}"
        + ("" if e.at == reference else f" [{shown(e.low, missing='–')}, {shown(e.high, missing='–')}]")
        for e in effects
    ]
    return f"{title}: {sep.join(points)}{end}"


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    return drawn(figure, _paint)


def _paint(figure: Figure, axes: Axes) -> None:
    import numpy as np

    at, estimates = np.array(figure.data["at"], float), np.array(figure.data["estimate"], float)
    low, high = np.array(figure.data["low"], float), np.array(figure.data["high"], float)
    reference = np.array(figure.data["reference"], bool)
    real = ~reference
    axes.axhline(0, color=GREY, linewidth=0.8, zorder=1, gid=claim("level", "0"))
    if reference.any():
        # treatment begins right after the reference where that is the last period before it
        axes.axvline(float(at[reference][0]) + 0.5, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1,
                     gid=claim("upright", "at+0.5", "reference=1"))  # fmt: skip
    if "band_low" in figure.data:
        edges = [np.array(figure.data[k], float)[real] for k in ("band_low", "band_high")]
        band = claim("segments", "at,band_low", "at,band_high", "reference=0")
        axes.vlines(at[real], *edges, color=PALE, linewidth=7, zorder=1.5, gid=band)
    interval = claim("segments", "at,low", "at,high", "reference=0")
    axes.vlines(at[real], low[real], high[real], color=INK, linewidth=1.3, zorder=2, gid=interval)
    cap = 0.09
    for edge, name in ((low, "low"), (high, "high")):
        ends = claim("segments", f"at-{cap},{name}", f"at+{cap},{name}", "reference=0")
        axes.hlines(edge[real], at[real] - cap, at[real] + cap, color=INK, linewidth=1.3, zorder=2, gid=ends)
    points = [claim("points", "at,estimate", f"reference={i}") for i in (0, 1)]
    axes.plot(at[real], estimates[real], "o", color=INK, markersize=5.5, zorder=3, gid=points[0])
    axes.plot(
        at[reference],
        estimates[reference],
        "o",
        color=INK,
        markerfacecolor="white",
        markersize=6,
        zorder=3,
        gid=points[1],
    )
    size = 6 if figure.width == "single" else 8
    for x in at[reference]:
        axes.annotate(
            figure.labels["reference"], (x, 0),
            xytext=(0, 9), textcoords="offset points", ha="center", fontsize=size, color=GREY,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
    axes.set_xlim(at.min() - 0.6, at.max() + 0.6)
    labels = [
        f"{level_text(label)}\n{shown(n, kind='count') if n else '–'}"
        for label, n in zip(figure.data["label"], figure.data["rows"], strict=True)
    ]
    axes.set_xticks(at, labels)
    axes.xaxis.set_gid(claim("ticks", "at", "label", "rows"))
    axes.annotate(
        figure.labels["support"], (0, 0), xycoords="axes fraction", xytext=(-10, -21.5), textcoords="offset points", ha="right",
        va="center", fontsize=9, color=GREY, style="italic", annotation_clip=False,
    )  # fmt: skip
    axes.set_xlabel(figure.labels["x"])
    axes.set_ylabel("\n".join(folded(figure.labels["y"], 40)))


FIGURES.register(
    FigureKind(
        name="event_study", spec=EventStudyFigure, summary="effects by period with intervals", build=build, draw=draw
    )
)
