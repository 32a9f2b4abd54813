"""The coefficient plot: one coefficient under several models, with intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from panelkit.core.counted import counted
from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.label import Label
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.figures._canvas import GREY, HAIR, INK, alone, claim, drawn
from panelkit.reporting.figures._given import floats, language_of, model_of, simulated, term_of
from panelkit.reporting.labels import term_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.printed import folded
from panelkit.reporting.words import JOIN, joined, level_of, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@spec
class CoefficientsFigure(FigureSpec):
    """A coefficient plot.

    models : from the top. terms : names that the coefficient goes by; each model shows the first that it has, without any its
    own first term. labels : of the rows, in place of the models' own. resampled : the bootstrap's interval beneath the other.
    """

    kind: Literal["coefficients"] = "coefficients"
    models: tuple[str, ...]
    terms: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    resampled: bool = True


def build(figure: CoefficientsFigure, results: Results) -> Figure:
    """Its numbers: model, label, term, estimate, interval, and the bootstrap's interval.

    Raises
    ------
    ReportError
        An unknown model, one without the term, or labels that do not fit.
    """
    language = language_of(figure, results)
    if figure.labels and len(figure.labels) != len(figure.models):
        what = f"{counted(len(figure.labels), 'labels')} for {counted(len(figure.models), 'models')}"
        raise ReportError(what, where=f"figures.{figure.id}.labels", mend="give one for each model")
    known = {m.id: m.label.to(language) or m.id for m in results.study.models}
    labels = [x.to(language) for x in figure.labels] or [known.get(m, m) for m in figure.models]
    rows = []
    for model, label in zip(figure.models, labels, strict=True):
        estimate = model_of(figure, model, results)
        term = term_of(figure, estimate, figure.terms)
        drawn_ = next((r for r in estimate.resampled if r.term == term.name and not math.isnan(r.low)), None)
        wild = (drawn_.low, drawn_.high) if drawn_ and figure.resampled else (math.nan, math.nan)
        if labels.count(label) > 1:
            label += JOIN[language]["colon"] + term_label(term.name, results.panel, language)
        rows.append((model, label, term.name, term.estimate, term.low, term.high, *wild))
    fields = ("model", "label", "term", "estimate", "low", "high", "low_resampled", "high_resampled")
    data = {f: tuple(r[i] for r in rows) for i, f in enumerate(fields)}
    of = joined((term_label(n, results.panel, language) for n in dict.fromkeys(r[2] for r in rows)), language, "comma")
    note = word(
        "coefficients_both" if any(r[6] == r[6] for r in rows) else "coefficients", language, level=level_of(results)
    )
    said = [f"{r[1]}: {shown(r[3])} [{shown(r[4], missing='–')}, {shown(r[5], missing='–')}]" for r in rows]
    return Figure(
        id=figure.id,
        kind="coefficients",
        title=figure.title.to(language),
        width=figure.width,
        data=data,
        labels={"x": word("coefficient_of", language, of=of)},
        notes=(*simulated(results, language), note),
        language=language,
        alt=f"{figure.title.to(language) or of}: {alone(said, language)}",
    )


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    return drawn(figure, _paint, size=(6.3, max(2.0, 0.9 + 0.36 * len(figure.data["model"]))))


def _paint(figure: Figure, axes: Axes) -> None:
    count = len(figure.data["model"])
    at = list(range(count, 0, -1))
    axes.axvline(0, color=GREY, linewidth=0.8, zorder=1, gid=claim("upright", "0"))
    axes.hlines(at, floats(figure, "low"), floats(figure, "high"), color=INK, linewidth=1.5, zorder=2,
                gid=claim("segments", "low,$", "high,$"))  # fmt: skip
    under = [y - 0.2 for y in at]
    axes.hlines(
        under,
        floats(figure, "low_resampled"),
        floats(figure, "high_resampled"),
        color=GREY,
        linewidth=1.2,
        linestyle=(0, (3, 1.5)),
        zorder=2,
        gid=claim("segments", "low_resampled,$+0.2", "high_resampled,$+0.2"),
    )
    axes.plot(floats(figure, "estimate"), at, "o", color=INK, markersize=5, zorder=3, gid=claim("points", "estimate,$"))
    wide = 34 if figure.width == "double" else 18
    axes.set_yticks(at, ["\n".join(folded(str(label), wide)) for label in figure.data["label"]])
    axes.yaxis.set_gid(claim("ticks", "$", "label"))
    axes.set_ylim(0.4, count + 0.6)
    axes.tick_params(axis="y", length=HAIR)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("\n".join(folded(figure.labels["x"], 60 if figure.width == "double" else 30)))


FIGURES.register(
    FigureKind(
        name="coefficients",
        spec=CoefficientsFigure,
        summary="one coefficient under several models",
        build=build,
        draw=draw,
    )
)
