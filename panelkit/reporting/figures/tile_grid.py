"""The tile grid of provinces: one square for each, roughly where it lies; no boundary is drawn and none is needed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.label import Language
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.figures._canvas import alone, claim, drawn
from panelkit.reporting.figures._given import language_of, simulated, unit_names, variable_of
from panelkit.reporting.labels import key_label
from panelkit.reporting.numbers import MINUS, shown
from panelkit.reporting.words import word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# code -> (row from the top, column, short names)
TILES: dict[str, tuple[int, int, str, str]] = {
    "230000": (0, 8, "HLJ", "黑"), "220000": (1, 8, "JL", "吉"), "210000": (2, 7, "LN", "辽"), "150000": (1, 5, "IM", "蒙"),
    "650000": (1, 0, "XJ", "新"), "620000": (2, 2, "GS", "甘"), "640000": (2, 4, "NX", "宁"), "110000": (2, 6, "BJ", "京"),
    "130000": (3, 6, "HEB", "冀"), "120000": (3, 7, "TJ", "津"), "140000": (3, 5, "SX", "晋"), "610000": (3, 4, "SN", "陕"),
    "630000": (3, 1, "QH", "青"), "540000": (4, 0, "XZ", "藏"), "410000": (4, 5, "HEN", "豫"), "370000": (4, 6, "SD", "鲁"),
    "510000": (4, 2, "SC", "川"), "500000": (4, 3, "CQ", "渝"), "420000": (4, 4, "HUB", "鄂"), "340000": (5, 5, "AH", "皖"),
    "320000": (5, 6, "JS", "苏"), "310000": (5, 7, "SH", "沪"), "430000": (5, 4, "HUN", "湘"), "520000": (5, 3, "GZ", "贵"),
    "530000": (5, 2, "YN", "云"), "360000": (6, 5, "JX", "赣"), "330000": (6, 6, "ZJ", "浙"), "450000": (6, 3, "GX", "桂"),
    "440000": (6, 4, "GD", "粤"), "350000": (7, 5, "FJ", "闽"), "710000": (7, 6, "TW", "台"), "460000": (8, 3, "HI", "琼"),
    "810000": (7, 4, "HK", "港"), "820000": (7, 3, "MO", "澳"),
}  # fmt: skip


@spec
class TileGridFigure(FigureSpec):
    """A grid of provinces (units by GB/T 2260) for one variable; year : None takes the mean of all years."""

    kind: Literal["tile_grid"] = "tile_grid"
    variable: str
    year: int | None = None
    digits: int = 2


def build(figure: TileGridFigure, results: Results) -> Figure:
    """Its numbers: code, name, row, column and value (none where the panel has none).

    Raises
    ------
    ReportError
        Units that are no provinces, an unknown variable, a year that is not in the panel.
    """
    language, panel = language_of(figure, results), results.panel
    where = f"figures.{figure.id}"
    strange = [u for u in panel.units if u not in TILES]
    if strange:
        raise ReportError(
            f"'{strange[0]}' is the code of no province", where=where, mend="this figure is for provinces by GB/T 2260"
        )
    name = variable_of(figure, figure.variable, panel)
    if figure.year is not None and figure.year not in panel.times:
        raise ReportError(
            f"the panel has no year {figure.year}", where=f"{where}.year", mend=f"{panel.times[0]} to {panel.times[-1]}"
        )
    frame = panel.frame
    here = frame if figure.year is None else frame[frame[panel.time] == figure.year]
    values = here.groupby(panel.unit, sort=True)[name].mean()
    codes = tuple(TILES)
    data = {
        "unit": codes,
        "name": tuple(unit_names(panel, codes, language)),
        "short": tuple(TILES[c][3 if language == "zh" else 2] for c in codes),
        "row": tuple(TILES[c][0] for c in codes),
        "column": tuple(TILES[c][1] for c in codes),
        "value": tuple(float(values[c]) if c in values.index and values[c] == values[c] else math.nan for c in codes),
    }
    label = key_label(name, panel, language)
    of = f"{label}{_when(figure, panel.times, language)}"
    said = [f"{n} {shown(float(v), figure.digits)}" for n, v in zip(data["name"], data["value"], strict=True) if v == v]
    return Figure(
        id=figure.id,
        kind="tile_grid",
        title=figure.title.to(language),
        width=figure.width,
        data=data,
        labels={"value": of, "digits": str(figure.digits)},
        notes=(*simulated(results, language), word("tiles", language, of=of)),
        language=language,
        alt=f"{figure.title.to(language) or label}: {alone(said, language)}",
    )


def _when(figure: TileGridFigure, times: tuple[int, ...], language: Language) -> str:
    if figure.year is not None:
        return f"，{figure.year}年" if language == "zh" else f", {figure.year}"
    return word("mean_of_years", language, first=times[0], last=times[-1])


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    return drawn(figure, _paint, size=(6.3, 5.4))


def _paint(figure: Figure, axes: Axes) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, Normalize
    from matplotlib.patches import Rectangle

    known = [float(v) for v in figure.data["value"] if v == v]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    norm = Normalize(low, high if high > low else low + 1)
    greys = LinearSegmentedColormap.from_list("greys", ("#eef1f4", "#20242a"))
    small = figure.width == "single"
    columns = ("short", "row", "column", "value")
    for k, (short, row, column, value) in enumerate(zip(*(figure.data[c] for c in columns), strict=True)):
        missing = value != value
        face = "white" if missing else greys(norm(value))
        axes.add_patch(Rectangle((column, -row), 0.94, 0.94, facecolor=face, edgecolor="#9aa1ab" if missing else "none", linewidth=0.6,
                                 hatch="////" if missing else None, gid=claim("tile", "column", "row", "value", f"$={k}")))  # fmt: skip
        ink = "white" if not missing and norm(value) > 0.5 else "black"
        place = (column + 0.47, -row + (0.47 if missing else 0.6))
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6} if missing else None
        axes.text(*place, short, ha="center", va="center", fontsize=5.5 if small else 9, color=ink, bbox=box,
                  gid=claim("word", "short", f"$={k}"))  # fmt: skip
        if not missing:
            text = f"{float(value):.{figure.labels['digits']}f}".replace("-", MINUS)
            axes.text(column + 0.47, -row + 0.27, text, ha="center", va="center", fontsize=4.2 if small else 7, color=ink,
                      gid=claim("says", "value", f"$={k}"))  # fmt: skip
    axes.set_xlim(-0.1, 9.1)
    axes.set_ylim(-8.1, 1.1)
    axes.set_aspect("equal")
    axes.axis("off")
    bar = axes.figure.colorbar(
        ScalarMappable(norm, greys), ax=axes, orientation="horizontal", fraction=0.035, pad=0.02, aspect=40
    )
    bar.outline.set_visible(False)
    bar.set_label(figure.labels["value"])


FIGURES.register(
    FigureKind(name="tile_grid", spec=TileGridFigure, summary="provinces as a grid of squares", build=build, draw=draw)
)
