"""The gap matrix: for each variable (or unit) and year, how many cells have no figure and how many one that is not as published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.figures._canvas import alone, claim, drawn
from panelkit.reporting.figures._given import language_of, simulated, variable_of
from panelkit.reporting.figures._grid import framed, height, matrix, shaded
from panelkit.reporting.labels import key_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.words import word

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@spec
class GapMatrixFigure(FigureSpec):
    """A figure of missing cells; variables : by default every one of the panel."""

    kind: Literal["gap_matrix"] = "gap_matrix"
    variables: tuple[str, ...] = ()


def build(figure: GapMatrixFigure, results: Results) -> Figure:
    """Its numbers: variable, its label, year, missing and filled cells, and how many there could be.

    Raises
    ------
    ReportError
        An unknown variable.
    """
    language, panel = language_of(figure, results), results.panel
    names = tuple(variable_of(figure, n, panel, "variables") for n in figure.variables) or tuple(
        v.name for v in panel.variables
    )
    frame = panel.frame
    rows: list[tuple[Any, ...]] = []
    for name in names:
        flags = results.filled
        fills = 0 if flags is None or name not in flags else flags[name].to_numpy(dtype=int)
        gaps = frame[[panel.time]].assign(missing=frame[name].isna().astype(int), filled=fills, cells=1)
        label = key_label(name, panel, language)
        rows += [(name, label, *map(int, r)) for r in gaps.groupby(panel.time, sort=True).sum().itertuples()]
    columns = ("variable", "name", "time", "missing", "filled", "cells")
    data = {c: tuple(r[i] for r in rows) for i, c in enumerate(columns)}
    totals = {n: sum(r[3] for r in rows if r[0] == n) for n in names}
    said = [f"{key_label(n, panel, language)} {shown(c, kind='count')}" for n, c in totals.items() if c]
    text = word("gaps", language, each=alone(said, language) or word("gaps_none", language))
    return Figure(
        id=figure.id,
        kind="gap_matrix",
        title=figure.title.to(language),
        width=figure.width,
        data=data,
        labels={"x": key_label(panel.time, panel, language), "bar": word("gaps_bar", language)},
        notes=(*simulated(results, language), text),
        language=language,
        alt=f"{figure.title.to(language)}: {text}",
    )


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    return drawn(figure, _paint, size=(6.3, height(figure) + 0.3))


def _paint(figure: Figure, axes: Axes) -> None:
    import numpy as np
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    missing, filled, cells = (matrix(figure, c) for c in ("missing", "filled", "cells"))
    share = np.divide(missing, cells, out=np.zeros_like(missing), where=cells > 0)
    greys = LinearSegmentedColormap.from_list("greys", ("#eceff3", "#23272e"))
    shaded(axes, share, "missing/cells", cmap=greys, vmin=0, vmax=1)
    framed(axes, figure)
    for i in range(missing.shape[0]):
        for j in range(missing.shape[1]):
            text = f"{int(missing[i, j])}" if missing[i, j] else ""
            if filled[i, j]:
                text += f" +{int(filled[i, j])}" if text else f"+{int(filled[i, j])}"
                box = Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, hatch="////", edgecolor="#8b94a0", linewidth=0,
                                gid=claim("hatch", "filled", f"{i}", f"{j}"))  # fmt: skip
                axes.add_patch(box)
            if text:
                ink = "white" if share[i, j] > 0.5 else "black"
                axes.text(
                    j,
                    i,
                    text,
                    ha="center",
                    va="center",
                    fontsize=7 if figure.width == "double" else 5,
                    color=ink,
                    fontweight="bold" if filled[i, j] else "normal",
                    gid=claim("counts", "missing", "filled", f"{i}", f"{j}"),
                )
    axes.set_xlabel(figure.labels["x"])


FIGURES.register(
    FigureKind(
        name="gap_matrix", spec=GapMatrixFigure, summary="missing cells by variable and year", build=build, draw=draw
    )
)
