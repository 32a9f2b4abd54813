"""The balance plot: differences of covariates in standard deviations before and after matching, from the check `matching_balance`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.figures._canvas import GREY, HAIR, INK, alone, claim, drawn
from panelkit.reporting.figures._given import check_of, floats, language_of, rows_of, simulated
from panelkit.reporting.labels import term_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.printed import folded
from panelkit.reporting.words import word

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@spec
class BalanceFigure(FigureSpec):
    """A balance plot of one matching model."""

    kind: Literal["balance"] = "balance"
    model: str
    check: str = "matching_balance"


def build(figure: BalanceFigure, results: Results) -> Figure:
    """Its numbers: covariate, label, difference before and after matching, and the bound.

    Raises
    ------
    ReportError
        An unknown model, or a check without such rows.
    """
    language = language_of(figure, results)
    check = check_of(figure, figure.model, figure.check, results)
    given = rows_of(figure, check, ("variable", "difference", "matched_difference"))
    rows = sorted(given, key=lambda r: (abs(r["difference"]), str(r["variable"])))
    names = tuple(str(r["variable"]) for r in rows)
    labels = tuple(term_label(n, results.panel, language) for n in names)
    bound = float(check.bound) if check.bound is not None else float("nan")
    data = {
        "variable": names,
        "label": labels,
        "difference": tuple(float(r["difference"]) for r in rows),
        "matched_difference": tuple(float(r["matched_difference"]) for r in rows),
        "bound": (bound,) * len(rows),
    }
    said = [
        f"{n}: {shown(r['difference'])} → {shown(r['matched_difference'])}" for n, r in zip(labels, rows, strict=True)
    ]
    return Figure(
        id=figure.id,
        kind="balance",
        title=figure.title.to(language),
        width=figure.width,
        data=data,
        labels={
            "x": word("balance_axis", language),
            "before": word("before_matching", language),
            "after": word("after_matching", language),
        },
        notes=(*simulated(results, language), word("balance_figure", language, bound=shown(bound))),
        language=language,
        alt=f"{figure.title.to(language) or word('balance_axis', language)}: {alone(said, language)}",
    )


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    return drawn(figure, _paint, size=(6.3, max(2.2, 1.3 + 0.36 * len(figure.data["variable"]))))


def _paint(figure: Figure, axes: Axes) -> None:
    count = len(figure.data["variable"])
    at = list(range(1, count + 1))
    before, after = floats(figure, "difference"), floats(figure, "matched_difference")
    bound = float(floats(figure, "bound")[0])
    axes.axvline(0, color=GREY, linewidth=0.8, zorder=1, gid=claim("upright", "0"))
    for edge, sign in ((-bound, "-"), (bound, "")):
        limit = claim("upright", f"{sign}bound.first")
        axes.axvline(edge, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1, gid=limit)
    moved = claim("segments", "difference,$", "matched_difference,$")
    axes.hlines(at, before, after, color=GREY, linewidth=1.0, zorder=2, gid=moved)
    first, then = claim("points", "difference,$"), claim("points", "matched_difference,$")
    axes.plot(
        before,
        at,
        "o",
        color=INK,
        markerfacecolor="white",
        markersize=6,
        zorder=3,
        label=figure.labels["before"],
        gid=first,
    )
    axes.plot(after, at, "o", color=INK, markersize=5.5, zorder=4, label=figure.labels["after"], gid=then)
    axes.yaxis.set_gid(claim("ticks", "$", "label"))
    wide = 34 if figure.width == "double" else 18
    axes.set_yticks(at, ["\n".join(folded(str(label), wide)) for label in figure.data["label"]])
    axes.set_ylim(0.4, count + 0.6)
    axes.tick_params(axis="y", length=HAIR)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(figure.labels["x"])
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


FIGURES.register(
    FigureKind(
        name="balance",
        spec=BalanceFigure,
        summary="differences of covariates before and after matching",
        build=build,
        draw=draw,
    )
)
