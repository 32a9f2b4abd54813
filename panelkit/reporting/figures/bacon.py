"""The Goodman-Bacon scatter: each two-by-two comparison by its weight and its estimate, marked by what it compares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.label import Language
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting._table_words import TABLE_WORDS
from panelkit.reporting.figures._canvas import GREY, INK, alone, claim, drawn
from panelkit.reporting.figures._given import check_of, language_of, model_of, rows_of, simulated
from panelkit.reporting.numbers import shown
from panelkit.reporting.words import word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKS = (("o", INK), ("^", GREY), ("x", INK), ("s", "white"), ("D", GREY), ("+", INK))


@spec
class BaconFigure(FigureSpec):
    """A scatter of a check's rows `comparison` (words), `weight` and `estimate`."""

    kind: Literal["bacon"] = "bacon"
    model: str
    check: str = "bacon"


def build(figure: BaconFigure, results: Results) -> Figure:
    """Its numbers: comparison, its name, weight and estimate.

    Raises
    ------
    ReportError
        An unknown model, or a check without such rows.
    """
    language = language_of(figure, results)
    model_of(figure, figure.model, results)
    check = check_of(figure, figure.model, figure.check, results)
    rows = _single(rows_of(figure, check, ("comparison", "weight", "estimate")))
    kinds = list(dict.fromkeys(str(r["comparison"]) for r in rows))
    names = {k: _named(k, language) for k in kinds}
    data: dict[str, tuple[Any, ...]] = {
        "comparison": tuple(str(r["comparison"]) for r in rows),
        "name": tuple(names[str(r["comparison"])] for r in rows),
        "weight": tuple(float(r["weight"]) for r in rows),
        "estimate": tuple(float(r["estimate"]) for r in rows),
    }
    weights = [float(r["weight"]) for r in rows]
    total = sum(weights)
    overall = sum(w * float(r["estimate"]) for w, r in zip(weights, rows, strict=True)) / total if total else math.nan
    data["overall"] = (overall, *(math.nan,) * (len(rows) - 1))
    shares = {k: sum(w for w, r in zip(weights, rows, strict=True) if r["comparison"] == k) for k in kinds}
    said = [f"{names[k]} {100 * share / total:.1f}%" for k, share in shares.items() if total]
    note = word("bacon", language, value=shown(overall, missing="–"), each=alone(said, language))
    return Figure(
        id=figure.id,
        kind="bacon",
        title=figure.title.to(language),
        width=figure.width,
        data=data,
        labels={"x": word("field_weight", language), "y": word("bacon_axis", language)},
        notes=(*simulated(results, language), note),
        language=language,
        alt=f"{figure.title.to(language)}: {note}",
    )


def _single(rows: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    """The comparisons of two groups, without the lines that sum them up: their weights would count twice."""
    pairs = tuple(r for r in rows if str(r.get("treated") or "") and str(r.get("compared") or ""))
    return pairs or rows


def _named(kind: str, language: Language) -> str:
    """The words for a kind of comparison; one that others brought goes by its own name."""
    key = "field_" + kind.casefold().replace(" ", "_")
    return word(key, language) if key in TABLE_WORDS else kind.replace("_", " ")


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    return drawn(figure, _paint)


def _paint(figure: Figure, axes: Axes) -> None:
    names = list(dict.fromkeys(figure.data["name"]))
    axes.axhline(0, color=GREY, linewidth=0.8, zorder=1, gid=claim("level", "0"))
    overall = float(figure.data["overall"][0])
    axes.axhline(
        overall, color=INK, linewidth=1.0, linestyle=(0, (4, 2)), zorder=1, gid=claim("level", "overall.first")
    )
    for k, (name, (marker, face)) in enumerate(zip(names, MARKS * len(names), strict=False)):
        at = [i for i, n in enumerate(figure.data["name"]) if n == name]
        x, y = [figure.data["weight"][i] for i in at], [figure.data["estimate"][i] for i in at]
        axes.plot(x, y, marker, color=INK, markerfacecolor=face, markersize=5, label=name, zorder=2,
                  gid=claim("points", "weight,estimate", f"name#{k}"))  # fmt: skip
    axes.legend(frameon=False, fontsize="small")
    axes.set_xlabel(figure.labels["x"])
    axes.set_ylabel(figure.labels["y"])


FIGURES.register(
    FigureKind(
        name="bacon", spec=BaconFigure, summary="two-by-two comparisons by weight and estimate", build=build, draw=draw
    )
)
