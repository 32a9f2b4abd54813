"""Leave one out: the coefficient without each cluster in turn, from the check `few_clusters`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.figures._canvas import GREY, HAIR, INK, PALE, alone, claim, drawn
from panelkit.reporting.figures._given import (
    check_of,
    floats,
    language_of,
    model_of,
    rows_of,
    simulated,
    term_of,
    unit_names,
)
from panelkit.reporting.labels import term_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.printed import folded
from panelkit.reporting.words import level_of, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@spec
class LeaveOneOutFigure(FigureSpec):
    """A leave-one-out plot; term : that the check is about, by default the model's first. first : the most telling clusters alone."""

    kind: Literal["leave_one_out"] = "leave_one_out"
    model: str
    term: str = ""
    check: str = "few_clusters"
    first: int | None = None


def build(figure: LeaveOneOutFigure, results: Results) -> Figure:
    """Its numbers: cluster, its name, the coefficient without it and the share of the variation it carries.

    Raises
    ------
    ReportError
        An unknown model or term, or a check without such rows.
    """
    language = language_of(figure, results)
    estimate = model_of(figure, figure.model, results)
    term = term_of(figure, estimate, (figure.term,) if figure.term else ())
    check = check_of(figure, figure.model, figure.check, results)
    rows = [
        r for r in rows_of(figure, check, ("cluster", "coefficient_without")) if math.isfinite(r["coefficient_without"])
    ]
    rows.sort(key=lambda r: (-abs(r["coefficient_without"] - term.estimate), str(r["cluster"])))
    rows = sorted(rows[: figure.first], key=lambda r: (r["coefficient_without"], str(r["cluster"])))
    clusters = tuple(str(r["cluster"]) for r in rows)
    data = {
        "cluster": clusters,
        "name": tuple(unit_names(results.panel, clusters, language)),
        "coefficient_without": tuple(float(r["coefficient_without"]) for r in rows),
        "share": tuple(float(r.get("share", math.nan)) for r in rows),
        "estimate": (term.estimate, *(math.nan,) * (len(rows) - 1)),
        "low": (term.low, *(math.nan,) * (len(rows) - 1)),
        "high": (term.high, *(math.nan,) * (len(rows) - 1)),
    }
    of = term_label(term.name, results.panel, language)
    said = [f"{n}: {shown(float(r['coefficient_without']))}" for n, r in zip(data["name"], rows, strict=True)]
    note = word(
        "left_out_each",
        language,
        level=level_of(results),
        value=shown(term.estimate),
        low=shown(term.low, missing="–"),
        high=shown(term.high, missing="–"),
    )
    return Figure(
        id=figure.id,
        kind="leave_one_out",
        title=figure.title.to(language),
        width=figure.width,
        data=data,
        labels={"x": word("coefficient_without", language, of=of)},
        notes=(*simulated(results, language), note),
        language=language,
        alt=f"{figure.title.to(language) or of}: {note} {alone(said, language)}",
    )


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    return drawn(figure, _paint, size=(6.3, max(2.2, 0.9 + 0.155 * len(figure.data["cluster"]))))


def _paint(figure: Figure, axes: Axes) -> None:
    values, names = floats(figure, "coefficient_without"), [str(n) for n in figure.data["name"]]
    value, low, high = (float(figure.data[f][0]) for f in ("estimate", "low", "high"))
    at = list(range(len(values)))
    if math.isfinite(low) and math.isfinite(high):
        span = claim("span", "low.first", "high.first")
        axes.axvspan(low, high, color=PALE, alpha=0.45, linewidth=0, zorder=0, gid=span)
    axes.axvline(0, color=GREY, linewidth=0.8, zorder=1, gid=claim("upright", "0"))
    whole = claim("upright", "estimate.first")
    axes.axvline(value, color=INK, linewidth=1.2, linestyle=(0, (4, 2)), zorder=1, gid=whole)
    stems = claim("segments", "estimate.first,$", "coefficient_without,$")
    axes.hlines(at, value, values, color=GREY, linewidth=1.0, zorder=2, gid=stems)
    axes.plot(values, at, "o", color=INK, markersize=4, zorder=3, gid=claim("points", "coefficient_without,$"))
    axes.yaxis.set_gid(claim("ticks", "$", "name"))
    axes.set_yticks(at, names, fontsize=7.5 if figure.width == "double" else 6)
    axes.set_ylim(-0.8, len(values) - 0.2)
    axes.tick_params(axis="y", length=HAIR)
    axes.set_xlabel("\n".join(folded(figure.labels["x"], 60 if figure.width == "double" else 30)))


FIGURES.register(
    FigureKind(
        name="leave_one_out",
        spec=LeaveOneOutFigure,
        summary="the coefficient without each cluster",
        build=build,
        draw=draw,
    )
)
