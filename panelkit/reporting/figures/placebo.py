"""The placebo figure: the distribution of estimates under permuted treatment, and where the estimate itself stands in it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from panelkit.core.check import Check
from panelkit.core.errors import ReportError
from panelkit.core.estimate import Estimate
from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.figures._canvas import GREY, INK, PALE, claim, drawn
from panelkit.reporting.figures._given import model_of
from panelkit.reporting.numbers import shown
from panelkit.reporting.words import p_phrase, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@spec
class PlaceboFigure(FigureSpec):
    """The draws of a model's placebo check."""

    kind: Literal["placebo"] = "placebo"
    model: str
    check: str = "placebo"


def build(figure: PlaceboFigure, results: Results) -> Figure:
    """Its numbers: `draw` (every draw), `estimate` and `p` (each in the first row alone).

    Raises
    ------
    ReportError
        An unknown model, or one whose checks kept no draws.
    """
    language = figure.language or results.study.head.language
    where = f"figures.{figure.id}"
    model = model_of(figure, figure.model, results)
    checks = {c.name: c for c in results.checks.get(figure.model, ())}
    found = checks.get(figure.check)
    if found is None or not found.series:
        what = f"'{figure.model}' has no check '{figure.check}' with draws"
        raise ReportError(
            what,
            where=f"{where}.check",
            mend=f"name it in the model's checks; {known_or_nearest(figure.check, checks)}",
        )
    every = found.series.get("draws") or max(found.series.values(), key=len)
    draws = tuple(d for d in every if math.isfinite(d))
    if not draws:
        raise ReportError("no draw gave a number", where=where, mend="look at the check itself")
    value = _estimate(found, model)
    ps = {str(r.get("statistic")): float(r["p"]) for r in found.rows if "p" in r}
    p = ps.get("coefficient", math.nan if found.value is None else found.value)
    said = p_phrase(p, language)
    notes = word("placebo", language, draws=shown(len(draws), kind="count"), value=shown(value), p=said)
    if "t" in ps:
        notes += word("placebo_t", language, p=p_phrase(ps["t"], language))
    if len(every) > len(draws):
        notes += word("useless", language, n=shown(len(every) - len(draws), kind="count"))
    blank = (math.nan,) * (len(draws) - 1)
    return Figure(
        id=figure.id,
        kind="placebo",
        title=figure.title.to(language),
        width=figure.width,
        data={"draw": draws, "estimate": (value, *blank), "p": (p, *blank)},
        labels={
            "x": word("draw_axis", language),
            "y": word("draw_count", language),
            "value": word("estimated", language, value=shown(value)),
            "p": said,
        },
        notes=((word("simulated", language), notes) if results.study.head.simulated else (notes,)),
        language=language,
        alt=f"{figure.title.to(language)}: {notes}",
    )


def _estimate(found: Check, model: Estimate) -> float:
    """The estimate that the draws are held against: the check's own, else the model's first term."""
    if found.series.get("observed"):
        return float(found.series["observed"][0])
    return model.terms[0].estimate


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    return drawn(figure, _paint)


def _paint(figure: Figure, axes: Axes) -> None:
    import numpy as np

    draws, value = np.sort(np.array(figure.data["draw"], float)), float(figure.data["estimate"][0])
    bins = int(np.clip(round(2 * len(draws) ** (1 / 3)), 8, 40))
    bars: Any
    *_, bars = axes.hist(draws, bins=bins, color=PALE, edgecolor="white", linewidth=0.5, zorder=1)
    for k, bar in enumerate(bars):
        bar.set_gid(claim("bin", "draw", f"{bins}", f"{k}"))
    axes.axvline(0, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=2, gid=claim("upright", "0"))
    axes.axvline(value, color=INK, linewidth=1.8, zorder=3, gid=claim("upright", "estimate.first"))
    top = axes.get_ylim()[1]
    axes.set_ylim(0, top * 1.16)
    left, right = min(draws[0], value), max(draws[-1], value)
    margin = 0.06 * (right - left or 1.0)
    axes.set_xlim(left - margin, right + margin)
    on_right = value < (left + right) / 2
    axes.annotate(
        f"{figure.labels['value']}\n{figure.labels['p']}", (value, top * 1.13), xytext=(5 if on_right else -5, 0),
        textcoords="offset points", ha="left" if on_right else "right", va="top", fontsize=9 if figure.width == "double" else 7, color=INK,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1}, zorder=4, gid=claim("says", "estimate", "p", "$=0"),
    )  # fmt: skip
    axes.set_xlabel(figure.labels["x"])
    axes.set_ylabel(figure.labels["y"])


FIGURES.register(
    FigureKind(
        name="placebo", spec=PlaceboFigure, summary="permuted estimates and the estimate itself", build=build, draw=draw
    )
)
