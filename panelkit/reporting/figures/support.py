"""The support of event times: treated cells, and those with enough clean controls, from the check `support`. It counts nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.figures._canvas import GREY, INK, alone, claim, claim_each, drawn
from panelkit.reporting.figures._given import check_of, floats, language_of, rows_of, simulated
from panelkit.reporting.labels import level_text
from panelkit.reporting.numbers import shown
from panelkit.reporting.words import word

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@spec
class SupportFigure(FigureSpec):
    """Treated cells by event time of one difference-in-differences model, and how many of them are supported."""

    kind: Literal["support"] = "support"
    model: str
    check: str = "support"


def build(figure: SupportFigure, results: Results) -> Figure:
    """Its numbers: event time, treated cells, supported ones, fewest and most clean controls.

    Raises
    ------
    ReportError
        An unknown model, or a check without such rows.
    """
    language = language_of(figure, results)
    check = check_of(figure, figure.model, figure.check, results)
    columns = ("event_time", "treated_cells", "supported", "fewest_controls", "most_controls")
    rows = rows_of(figure, check, columns)
    after = [r for r in rows if r["event_time"] >= 0]
    said = [
        f"{r['event_time']}: {shown(r['supported'], kind='count')} / {shown(r['treated_cells'], kind='count')}"
        for r in after
    ]
    return Figure(
        id=figure.id,
        kind="support",
        title=figure.title.to(language),
        width=figure.width,
        data={c: tuple(float(r[c]) for r in rows) for c in columns},
        labels={
            "x": word("event_time", language),
            "y": word("treated_cells", language),
            "supported": word("supported_cells", language),
            "other": word("unsupported_cells", language),
        },
        notes=(*simulated(results, language), check.text.to(language)),
        language=language,
        alt=f"{figure.title.to(language) or word('treated_cells', language)}: {alone(said, language)}",
    )


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    return drawn(figure, _paint, size=(6.3, 3.2))


def _paint(figure: Figure, axes: Axes) -> None:
    at, cells, held = (floats(figure, c) for c in ("event_time", "treated_cells", "supported"))
    rest = [c - h for c, h in zip(cells, held, strict=True)]
    own = axes.bar(at, held, color=INK, width=0.7, label=figure.labels["supported"])
    above = axes.bar(
        at, rest, bottom=held, color="white", edgecolor=GREY, hatch="///", width=0.7, label=figure.labels["other"]
    )
    claim_each(own, "box", "event_time-0.35,0", "event_time+0.35,supported")
    claim_each(above, "box", "event_time-0.35,supported", "event_time+0.35,treated_cells")
    axes.axvline(-0.5, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), gid=claim("upright", "-0.5"))
    axes.set_xticks(at, [level_text(f"{int(t)}") for t in at])
    axes.set_xlabel(figure.labels["x"])
    axes.set_ylabel(figure.labels["y"])
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


FIGURES.register(
    FigureKind(
        name="support",
        spec=SupportFigure,
        summary="treated cells by event time, and those with enough clean controls",
        build=build,
        draw=draw,
    )
)
