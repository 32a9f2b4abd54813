"""Treatment timing (panelview): which unit is treated when, in the order in which they began."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.figures._canvas import alone, drawn
from panelkit.reporting.figures._given import language_of, simulated, unit_names, variable_of
from panelkit.reporting.figures._grid import framed, height, matrix, shaded
from panelkit.reporting.labels import key_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.words import word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVELS = ("#eceff3", "#8c96a3", "#23272e")


@spec
class TreatmentTimingFigure(FigureSpec):
    """A figure of who is treated when.

    variable : the treatment (zero before, a dose or one after), or with `cohort` the first year of treatment, missing for never.
    """

    kind: Literal["treatment_timing"] = "treatment_timing"
    variable: str
    cohort: bool = False


def build(figure: TreatmentTimingFigure, results: Results) -> Figure:
    """Its numbers: unit, its name, year, the dose, and 0 (untreated) or 1 (treated).

    Raises
    ------
    ReportError
        An unknown variable, or one that is no number.
    """
    language, panel = language_of(figure, results), results.panel
    name = variable_of(figure, figure.variable, panel)
    if panel.variable(name).kind != "number":
        raise ReportError(
            f"'{name}' is no number",
            where=f"figures.{figure.id}.variable",
            mend="give a dose, 0 and 1, or the first year",
        )
    frame = panel.frame[[panel.unit, panel.time, name]]
    began: dict[str, float] = {}
    dose: dict[tuple[str, int], float | None] = {}
    for unit, year, value in frame.itertuples(index=False):
        missing = value != value
        here = (0.0 if missing or year < value else 1.0) if figure.cohort else (None if missing else float(value))
        dose[unit, int(year)] = here
        if here:
            began[unit] = min(began.get(unit, math.inf), int(year))
    order = sorted(panel.units, key=lambda u: (began.get(u, math.inf), u))
    names = dict(zip(order, unit_names(panel, tuple(order), language), strict=True))
    keys = [(u, t) for u in order for t in panel.times if (u, t) in dose]
    data = {
        "unit": tuple(u for u, _ in keys),
        "name": tuple(names[u] for u, _ in keys),
        "time": tuple(t for _, t in keys),
        "dose": tuple(dose[k] for k in keys),
        "treated": tuple(None if dose[k] is None else int(bool(dose[k])) for k in keys),
    }
    firsts = sorted(set(began.values()))
    count = {year: sum(b == year for b in began.values()) for year in firsts}
    said = [f"{int(y)}: {n}" for y, n in count.items()]
    never = len(order) - len(began)
    notes = word(
        "timing",
        language,
        treated=shown(len(began), kind="count"),
        never=shown(never, kind="count"),
        each=alone(said, language),
    )
    labels = {
        "x": key_label(panel.time, panel, language), "no": word("untreated", language), "yes": word("treated", language),
        "dose": key_label(name, panel, language), "absent": word("absent_cell", language),
    }  # fmt: skip
    return Figure(
        id=figure.id,
        kind="treatment_timing",
        title=figure.title.to(language),
        width=figure.width,
        data=data,
        labels=labels,
        notes=(*simulated(results, language), notes),
        language=language,
        alt=f"{figure.title.to(language)}: {notes}",
    )


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    return drawn(figure, _paint, size=(6.3, height(figure)))


def _paint(figure: Figure, axes: Axes) -> None:
    import numpy as np
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Patch

    dose = matrix(figure, "dose")
    treated = [float(v) for v in figure.data["dose"] if v]
    low, high = min(treated, default=1.0), max(treated, default=1.0)
    many = high > low
    shades = LinearSegmentedColormap.from_list("greys", LEVELS[1:] if many else LEVELS[2:] * 2)
    greys = shades.with_extremes(under=LEVELS[0], bad="white")
    given = np.ma.masked_invalid(np.where(dose == 0, low - 1, dose))
    image = shaded(axes, given, "dose", cmap=greys, vmin=low, vmax=high if many else low + 1)
    framed(axes, figure)
    handles = [Patch(color=LEVELS[0], label=figure.labels["no"])]
    if many:
        bar = axes.figure.colorbar(image, ax=axes, fraction=0.035, pad=0.02, extend="neither")
        bar.set_label(figure.labels["dose"])
        bar.outline.set_visible(False)
    else:
        handles.append(Patch(color=LEVELS[-1], label=figure.labels["yes"]))
    axes.legend(
        handles=handles,
        frameon=False,
        fontsize="small",
        ncol=2,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        borderaxespad=0.2,
    )
    axes.set_xlabel(figure.labels["x"])


FIGURES.register(
    FigureKind(
        name="treatment_timing", spec=TreatmentTimingFigure, summary="who is treated when", build=build, draw=draw
    )
)
