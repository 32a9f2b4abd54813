"""The treated path beside its synthetic one, from a model of kind `synthetic_did`; one cohort a picture. No weight is found here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.figures._canvas import GREY, INK, alone, claim, claim_each, drawn
from panelkit.reporting.figures._given import floats, language_of, model_of, simulated
from panelkit.reporting.labels import key_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.words import word

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@spec
class SyntheticPathsFigure(FigureSpec):
    """The paths of one cohort of a synthetic difference-in-differences.

    Parameters
    ----------
    cohort : the first treated period of the cohort shown; the earliest one unless named.
    """

    kind: Literal["synthetic_paths"] = "synthetic_paths"
    model: str
    cohort: int | None = None


def build(figure: SyntheticPathsFigure, results: Results) -> Figure:
    """Its numbers: period, treated mean, synthetic mean shifted to it by the period weights, and the weights of the periods.

    Raises
    ------
    ReportError
        A model without such paths, or a cohort that it has not.
    """
    language, panel = language_of(figure, results), results.panel
    made = model_of(figure, figure.model, results)
    rows = made.records.get("paths", ())
    cohorts = sorted({int(r["cohort"]) for r in rows})
    chosen = figure.cohort if figure.cohort is not None else (cohorts or [0])[0]
    if chosen not in cohorts:
        where = f"figures.{figure.id}.{'cohort' if cohorts else 'model'}"
        mend = f"name one of {', '.join(map(str, cohorts))}" if cohorts else "name a model of kind 'synthetic_did'"
        raise ReportError(f"'{figure.model}' has no paths of a cohort {chosen}", where=where, mend=mend)
    own = [r for r in rows if int(r["cohort"]) == chosen]
    weights = {
        float(r[panel.time]): float(r["weight"])
        for r in made.records.get("period_weights", ())
        if int(r["cohort"]) == chosen
    }
    times = tuple(float(r[panel.time]) for r in own)
    treated, shifted = (tuple(float(r[c]) for r in own) for c in ("treated", "shifted"))
    said = [
        f"{t:g}: {shown(a)} / {shown(b)}"
        for t, a, b in zip(times, treated, shifted, strict=True)
        if t in (chosen, times[-1])
    ]
    return Figure(
        id=figure.id,
        kind="synthetic_paths",
        title=figure.title.to(language),
        width=figure.width,
        data={
            "time": times,
            "treated": treated,
            "synthetic": shifted,
            "period_weight": tuple(weights.get(t, 0.0) for t in times),
        },
        labels={
            "x": key_label(panel.time, panel, language),
            "y": key_label(made.outcome, panel, language),
            "treated": word("treated", language),
            "synthetic": word("synthetic_path", language),
            "start": str(chosen),
        },
        notes=(*simulated(results, language), word("synthetic_paths", language)),
        language=language,
        alt=f"{figure.title.to(language) or word('synthetic_path', language)}: {alone(said, language)}",
    )


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    return drawn(figure, _paint, size=(6.3, 3.6))


def _paint(figure: Figure, axes: Axes) -> None:
    time, treated, other, weight = (floats(figure, c) for c in ("time", "treated", "synthetic", "period_weight"))
    start, names = float(figure.labels["start"]) - 0.5, (figure.labels["treated"], figure.labels["synthetic"])
    axes.axvline(start, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), gid=claim("upright", f"{start:g}"))
    axes.plot(time, treated, "-", color=INK, linewidth=1.6, label=names[0], gid=claim("line", "time,treated"))
    axes.plot(
        time,
        other,
        linestyle=(0, (5, 2)),
        color=INK,
        linewidth=1.2,
        label=names[1],
        gid=claim("line", "time,synthetic"),
    )
    low, high = axes.get_ylim()
    most = max(weight) or 1.0
    bars = axes.bar(
        time, [0.15 * (high - low) * w / most for w in weight], bottom=low, color=GREY, alpha=0.6, width=0.7
    )
    claim_each(bars, "height", "time-0.35", "time+0.35", "period_weight")
    axes.set_ylim(low, high)
    axes.set_xlabel(figure.labels["x"])
    axes.set_ylabel(figure.labels["y"])
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


FIGURES.register(
    FigureKind(
        name="synthetic_paths",
        spec=SyntheticPathsFigure,
        summary="treated and synthetic path of a synthetic difference-in-differences",
        build=build,
        draw=draw,
    )
)
