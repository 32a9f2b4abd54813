"""The Moran scatter of one year: each unit against the mean of its neighbours, with the quadrants named; the lag is made elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from panelkit.core.counted import counted
from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.figures._canvas import GREY, INK, alone, claim, drawn
from panelkit.reporting.figures._given import floats, language_of, simulated, unit_names, variable_of
from panelkit.reporting.labels import key_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.words import joined, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST = 4
QUADRANTS = ("hh", "lh", "ll", "hl")  # high among high, low among high, low among low, high among low


# where a name may stand beside its point, the first preferred: points across and up, and how it is set there
_SIDES = (
    (3, 2, "left", "bottom"), (-3, 2, "right", "bottom"), (3, -2, "left", "top"), (-3, -2, "right", "top"),
    (0, 4, "center", "bottom"), (0, -4, "center", "top"), (5, 0, "left", "center"), (-5, 0, "right", "center"),
    (9, 8, "left", "bottom"), (-9, 8, "right", "bottom"), (9, -8, "left", "top"), (-9, -8, "right", "top"),
)  # fmt: skip


@spec
class MoranScatterFigure(FigureSpec):
    """variable : of each unit. lag : its mean over the neighbours, made by `derive = "neighbour_mean"`. year : None takes the last."""

    kind: Literal["moran_scatter"] = "moran_scatter"
    variable: str
    lag: str
    year: int | None = None


def build(figure: MoranScatterFigure, results: Results) -> Figure:
    """Its numbers: unit, name, quadrant, and both variables less the mean of the first over its standard deviation.

    The slope of the line is Moran's I of row-standardised weights, sum(z Wz) / sum(z^2); units without a value or a lag are left out.

    Raises
    ------
    ReportError
        An unknown variable, a year that is not in the panel, fewer than four units, a variable that does not vary.

    Source
    ------
    Anselin (1996), "The Moran scatterplot as an ESDA tool to assess local instability in spatial association".
    """
    import numpy as np

    language, panel, where = language_of(figure, results), results.panel, f"figures.{figure.id}"
    name, lag = (variable_of(figure, n, panel, f) for n, f in ((figure.variable, "variable"), (figure.lag, "lag")))
    year = panel.times[-1] if figure.year is None else figure.year
    if year not in panel.times:
        raise ReportError(
            f"the panel has no year {year}", where=f"{where}.year", mend=f"{panel.times[0]} to {panel.times[-1]}"
        )
    frame = panel.frame
    here = frame[frame[panel.time] == year]
    held = here[here[name].notna() & here[lag].notna()]
    x, near = held[name].to_numpy(float), held[lag].to_numpy(float)
    if len(held) < FEWEST or float(np.std(x)) == 0:
        what = (
            f"{counted(len(held), 'units have')} {name} and {lag} in {year}"
            if len(held) < FEWEST
            else f"{name} does not vary in {year}"
        )
        raise ReportError(what, where=where, mend="choose another year or variable")
    z, wz = (x - x.mean()) / x.std(), (near - x.mean()) / x.std()
    units = tuple(map(str, held[panel.unit]))
    quadrant = tuple(
        QUADRANTS[0 if b >= 0 and a >= 0 else 1 if b >= 0 else 2 if a < 0 else 3] for a, b in zip(z, wz, strict=True)
    )
    slope = float((z * wz).sum() / (z * z).sum())
    named = unit_names(panel, units, language)
    data = {
        "unit": units,
        "name": tuple(named),
        "quadrant": quadrant,
        "z": tuple(map(float, z)),
        "lag": tuple(map(float, wz)),
    }
    counts = {q: [n for n, at in zip(named, quadrant, strict=True) if at == q] for q in QUADRANTS}
    each = joined((f"{word(f'quadrant_{q}', language)} {len(names)}" for q, names in counts.items()), language, "comma")
    label = key_label(name, panel, language)
    absent = len(here) - len(held)
    told = word("moran", language, of=label, year=year, value=shown(slope), each=each)
    listing = [
        f"{word(f'quadrant_{q}', language)}: {joined(names, language, 'comma')}" for q, names in counts.items() if names
    ]
    return Figure(
        id=figure.id,
        kind="moran_scatter",
        title=figure.title.to(language),
        width=figure.width,
        data=data,
        labels={
            "x": word("moran_axis", language, of=label),
            "y": word("moran_lag", language),
            "slope": repr(slope),
            "line": word("moran_line", language, value=shown(slope)),
            **{q: word(f"quadrant_{q}", language) for q in QUADRANTS},
        },
        notes=(*simulated(results, language), told, *((word("moran_left", language, units=absent),) if absent else ())),
        language=language,
        alt=f"{figure.title.to(language) or label}: {told} {alone(listing, language)}",
    )


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    return drawn(figure, _paint, size=(6.3, 4.6))


def _paint(figure: Figure, axes: Axes) -> None:
    z, lag = floats(figure, "z"), floats(figure, "lag")
    small = figure.width == "single"
    wide, high = 1.18 * max(map(abs, z)), 1.25 * max(map(abs, lag))
    axes.axhline(0, color=GREY, linewidth=0.7, gid=claim("level", "0"))
    axes.axvline(0, color=GREY, linewidth=0.7, gid=claim("upright", "0"))
    slope = float(figure.labels["slope"])
    axes.plot([-wide, wide], [-wide * slope, wide * slope], color=INK, linewidth=1.1, label=figure.labels["line"],
              gid=claim("slope", "z,lag"))  # fmt: skip
    filled = [at in ("hh", "ll") for at in figure.data["quadrant"]]
    axes.scatter(
        z,
        lag,
        s=14 if small else 22,
        c=[INK if f else "white" for f in filled],
        edgecolors=INK,
        linewidths=0.7,
        zorder=3,
        gid=claim("points", "z,lag"),
    )
    corners = {"hh": (0.985, 0.985), "lh": (0.015, 0.985), "ll": (0.015, 0.015), "hl": (0.985, 0.015)}
    for quadrant, (x, y) in corners.items():
        axes.text(x, y, figure.labels[quadrant], transform=axes.transAxes, ha="right" if x > 0.5 else "left",
                  va="top" if y > 0.5 else "bottom", fontsize=6 if small else 7.5, color=GREY)  # fmt: skip
    axes.set_xlim(-wide, wide)
    axes.set_ylim(-high, high)
    axes.set_xlabel(figure.labels["x"])
    axes.set_ylabel(figure.labels["y"])
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False, fontsize=6 if small else 8)
    _named(axes, list(zip(z, lag, strict=True)), [str(n) for n in figure.data["name"]], 4.8 if small else 6.2)


def _named(axes: Axes, points: list[tuple[float, float]], names: list[str], size: float) -> None:
    """A name beside each point, on the side where it covers least of other names and points."""
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    scale = axes.figure.dpi / 72
    at = [tuple(axes.transData.transform(p)) for p in points]
    taken = [(x - 2.5 * scale, y - 2.5 * scale, x + 2.5 * scale, y + 2.5 * scale) for x, y in at]
    taken += [_box(t) for t in axes.texts]
    for i, name in enumerate(names):
        others = taken[:i] + taken[i + 1 :]
        best: tuple[float, int, Any] | None = None
        for place, (dx, dy, ha, va) in enumerate(_SIDES):
            text = axes.annotate(name, points[i], xytext=(dx, dy), textcoords="offset points", ha=ha, va=va,
                                 fontsize=size, color=INK, in_layout=False, gid=claim("word", "name", f"$={i}"))  # fmt: skip
            cost = sum(_shared(_box(text), other) for other in others) + _outside(_box(text), _box(axes))
            if best is None or cost < best[0] - 1e-9:
                if best:
                    best[2].remove()
                best = (cost, place, text)
            else:
                text.remove()
        if best:
            taken.append(_box(best[2]))


def _box(artist: Any) -> tuple[float, float, float, float]:
    extent = artist.get_window_extent()
    return extent.x0, extent.y0, extent.x1, extent.y1


def _shared(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """The area that two boxes share."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _outside(a: tuple[float, float, float, float], within: tuple[float, float, float, float]) -> float:
    """The area of a box beyond another, and a little for all of it."""
    return (a[2] - a[0]) * (a[3] - a[1]) - _shared(a, within)


FIGURES.register(
    FigureKind(
        name="moran_scatter",
        spec=MoranScatterFigure,
        summary="units against the mean of their neighbours (Moran)",
        build=build,
        draw=draw,
    )
)
