"""The heat map: a variable by unit and year in shades of grey, in classes where cuts are given (coupling coordination)."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from panelkit.core.counted import counted
from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.label import Label
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.figures._canvas import alone, drawn
from panelkit.reporting.figures._given import language_of, simulated, unit_names, variable_of
from panelkit.reporting.figures._grid import framed, height, matrix, shaded
from panelkit.reporting.labels import key_label
from panelkit.reporting.numbers import MINUS, shown
from panelkit.reporting.printed import folded
from panelkit.reporting.words import JOIN, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PALEST, DARKEST = "#dde2e8", "#14171c"


@spec
class HeatMapFigure(FigureSpec):
    """A heat map of one variable.

    cuts : limits of classes (a value at a cut belongs to the class above it); none gives a continuous scale. classes : their names,
    one more than cuts. order : units by their mean, from the top, or in the panel's order.
    """

    kind: Literal["heat_map"] = "heat_map"
    variable: str
    cuts: tuple[float, ...] = ()
    classes: tuple[Label, ...] = ()
    order: Literal["mean", "panel"] = "mean"


def build(figure: HeatMapFigure, results: Results) -> Figure:
    """Its numbers: unit, its name, year, value and class (counted from 0).

    Raises
    ------
    ReportError
        An unknown variable, one that is no number, or classes that do not fit the cuts.
    """
    language, panel = language_of(figure, results), results.panel
    name = variable_of(figure, figure.variable, panel)
    where = f"figures.{figure.id}"
    if panel.variable(name).kind != "number":
        raise ReportError(f"'{name}' is no number", where=f"{where}.variable", mend="give a numeric variable")
    if figure.classes and len(figure.classes) != len(figure.cuts) + 1:
        what = f"{len(figure.classes)} names for {counted(len(figure.cuts) + 1, 'classes')}"
        raise ReportError(what, where=f"{where}.classes", mend="give one more than there are cuts")
    frame = panel.frame[[panel.unit, panel.time, name]]
    means = frame.groupby(panel.unit, sort=True)[name].mean()
    order = (
        sorted(panel.units, key=lambda u: (-means[u] if means[u] == means[u] else math.inf, u))
        if figure.order == "mean"
        else list(panel.units)
    )
    names = dict(zip(order, unit_names(panel, tuple(order), language), strict=True))
    values = {(u, int(t)): float(v) for u, t, v in frame.itertuples(index=False)}
    keys = [(u, t) for u in order for t in panel.times if (u, t) in values]
    cuts = sorted(figure.cuts)
    data = {
        "unit": tuple(u for u, _ in keys),
        "name": tuple(names[u] for u, _ in keys),
        "time": tuple(t for _, t in keys),
        "value": tuple(values[k] for k in keys),
        "class": tuple(None if values[k] != values[k] else sum(values[k] >= c for c in cuts) for k in keys),
    }
    labels = {
        "x": key_label(panel.time, panel, language),
        "value": key_label(name, panel, language),
        "cuts": " ".join(f"{c!r}" for c in cuts),
    }
    classes = [c.to(language) for c in figure.classes] or (class_names(cuts) if cuts else [])
    labels |= {f"class{i}": text for i, text in enumerate(classes)}
    spans = class_names(cuts) if cuts and figure.classes else []
    labels |= {f"span{i}": text for i, text in enumerate(spans)}
    marks = JOIN[language]
    told = [f"{a}{marks['open']}{b}{marks['close']}" for a, b in zip(classes, spans, strict=True)] if spans else classes
    counts = [f"{text} {sum(c == i for c in data['class'])}" for i, text in enumerate(told)]
    ends = word(
        "range_of",
        language,
        of=labels["value"],
        low=shown(float(frame[name].min())),
        high=shown(float(frame[name].max())),
    )
    note = word("heat_classes", language, each=alone(counts, language)) if classes else ends
    return Figure(
        id=figure.id,
        kind="heat_map",
        title=figure.title.to(language),
        width=figure.width,
        data=data,
        labels=labels,
        notes=(*simulated(results, language), note),
        language=language,
        alt=f"{figure.title.to(language) or labels['value']}: {ends}",
    )


def class_names(cuts: list[float]) -> list[str]:
    """Names of the classes between cuts, where they have none of their own."""
    said = [f"{c:g}".replace("-", MINUS) for c in cuts]
    return [f"< {said[0]}", *(f"{a}–{b}" for a, b in pairwise(said)), f"≥ {said[-1]}"]


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    return drawn(figure, _paint, size=(6.3, height(figure)))


def _paint(figure: Figure, axes: Axes) -> None:
    import numpy as np
    from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap

    classes = [figure.labels[k] for k in figure.labels if k.startswith("class")]
    values = matrix(figure, "class" if classes else "value")
    greys = LinearSegmentedColormap.from_list("greys", (PALEST, DARKEST)).with_extremes(bad="white")
    norm = BoundaryNorm([i - 0.5 for i in range(len(classes) + 1)], greys.N) if classes else None
    image = shaded(axes, np.ma.masked_invalid(values), "class" if classes else "value", cmap=greys, norm=norm)
    framed(axes, figure)
    bar = axes.figure.colorbar(image, ax=axes, fraction=0.045, pad=0.02, aspect=32)
    bar.outline.set_visible(False)
    if classes:
        lines = [[*folded(c, 14), *filter(None, [figure.labels.get(f"span{i}", "")])] for i, c in enumerate(classes)]
        bar.set_ticks(range(len(classes)), labels=["\n".join(each) for each in lines])
        bar.ax.tick_params(length=0, labelsize=8 if figure.width == "double" else 5.5)
        bar.ax.minorticks_off()
    else:
        bar.set_label("\n".join(folded(figure.labels["value"], 40)))
    axes.set_xlabel(figure.labels["x"])


FIGURES.register(
    FigureKind(name="heat_map", spec=HeatMapFigure, summary="a variable by unit and year", build=build, draw=draw)
)
