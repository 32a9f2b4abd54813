"""Units by years as cells of grey, with the year below and the unit beside; what the greys mean is the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from panelkit.core.exhibit import Figure
from panelkit.reporting.figures._canvas import HAIR, INK, LEADING, claim
from panelkit.reporting.printed import folded

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes

WHITE = "#ffffff"


_NAME = {"double": 48, "single": 26}  # letters in a line of a row's name


def height(figure: Figure, column: str = "name") -> float:
    """Inches that the rows need; at one column, where the picture is set lower, more for names of several lines."""
    names = list(dict.fromkeys(str(n) for n in figure.data[column]))
    lines = max((len(folded(n, _NAME[figure.width])) for n in names), default=1)
    return max(2.4, 0.9 + 0.155 * len(names) * (1 + 0.5 * (lines - 1)))


def places(figure: Figure) -> tuple[list[str], list[int]]:
    """Units in the order they first stand, and years in order."""
    units = list(dict.fromkeys(str(u) for u in figure.data["name"]))
    years = sorted({int(t) for t in figure.data["time"]})
    return units, years


def matrix(figure: Figure, column: str) -> np.ndarray:
    """(units, years) of a column, NaN where a cell is absent."""
    import numpy as np

    units, years = places(figure)
    made = np.full((len(units), len(years)), np.nan)
    at = {u: i for i, u in enumerate(units)}
    for name, year, value in zip(figure.data["name"], figure.data["time"], figure.data[column], strict=True):
        if value is not None:
            made[
                at[str(name)],
                int(year) - years[0] if len(years) == years[-1] - years[0] + 1 else years.index(int(year)),
            ] = value
    return made


def shaded(axes: Axes, values: np.ndarray, column: str, **how: Any) -> Any:
    """The cells as squares of a mesh, the first unit on top; what they say is a column of the figure."""
    import numpy as np

    rows, columns = values.shape
    edges = np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5
    mesh = axes.pcolormesh(
        *edges, values, edgecolors="face", linewidth=0.1, gid=claim("cells", "name", "time", column), **how
    )
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows - 0.5, -0.5)
    return mesh


def framed(axes: Axes, figure: Figure) -> None:
    """Names at the left, years below, thin white lines between cells."""
    units, years = places(figure)
    small = 7.5 if figure.width == "double" else 6
    lines = ["\n".join(folded(u, _NAME[figure.width])) for u in units]
    axes.set_yticks(range(len(units)), lines, fontsize=small, linespacing=LEADING[figure.language])
    axes.set_xticks(range(len(years)), [str(y) for y in years], fontsize=small)
    axes.set_xticks([x - 0.5 for x in range(1, len(years))], minor=True)
    axes.set_yticks([y - 0.5 for y in range(1, len(units))], minor=True)
    axes.yaxis.set_gid(claim("names", "name"))
    axes.xaxis.set_gid(claim("years", "time"))
    axes.grid(which="minor", color=WHITE, linewidth=0.8)
    axes.tick_params(which="both", length=HAIR)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(axis="both", labelcolor=INK)
