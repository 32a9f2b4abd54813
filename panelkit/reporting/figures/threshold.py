"""The likelihood ratio of a threshold over its candidates, with its confidence set and both bounds. No threshold is searched here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from panelkit.core.errors import ReportError
from panelkit.core.estimate import Estimate
from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.label import Language
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.figures._canvas import GREY, INK, PALE, alone, claim, drawn
from panelkit.reporting.figures._given import floats, language_of, model_of, simulated
from panelkit.reporting.labels import key_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.words import joined, level_of, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LISTED = 4  # pieces of a set that a caption names one by one
ABOVE = 1.12  # of the highest line or point: where the picture ends


@spec
class ThresholdFigure(FigureSpec):
    """The likelihood ratio of one threshold of a model of kind `threshold`, with its confidence set.

    number : which threshold, from the lowest.
    """

    kind: Literal["threshold"] = "threshold"
    model: str
    number: int = 1


def build(figure: ThresholdFigure, results: Results) -> Figure:
    """Its numbers: candidate, likelihood ratio, whether it is the threshold and lies in the sets, and both bounds.

    Raises
    ------
    ReportError
        A model without thresholds, or without that one.
    """
    language, panel = language_of(figure, results), results.panel
    made = model_of(figure, figure.model, results)
    known = made.records.get("thresholds", ())
    own = next((t for t in known if t["threshold"] == figure.number), None)
    if own is None:
        where = f"figures.{figure.id}.{'number' if known else 'model'}"
        mend = f"write 1 to {len(known)}" if known else "name a model of kind 'threshold'"
        raise ReportError(f"'{figure.model}' has no threshold {figure.number}", where=where, mend=mend)
    points = [r for r in made.records["threshold_ratios"] if r["threshold"] == figure.number]
    bound, iid = float(own["bound"]), float(own["bound_iid"])
    values = tuple(float(r["value"]) for r in points)
    ratios = tuple(float(r["ratio"]) for r in points)
    name = key_label(str(own["variable"]), panel, language)
    slots = {
        "of": name,
        "value": shown(float(own["estimate"])),
        "level": level_of(results),
        "set": _set(made, figure.number, "bootstrap", language),
        "bound": shown(bound, 2),
        "iid": shown(iid, 2),
        "wide": word("threshold_iid_set", language, set=_set(made, figure.number, "iid", language)),
    }
    said = word("threshold_curve", language, **slots)
    return Figure(
        id=figure.id,
        kind="threshold",
        title=figure.title.to(language),
        width=figure.width,
        data={
            "value": values,
            "ratio": ratios,
            "best": tuple(int(v == own["estimate"]) for v in values),
            "in_set": tuple(int(r <= bound) for r in ratios),
            "in_set_iid": tuple(int(r <= iid) for r in ratios),
            "bound": (bound,) * len(values),
            "bound_iid": (iid,) * len(values),
        },
        labels={
            "x": name,
            "y": word("likelihood_ratio", language),
            "set": word("confidence_set", language, level=slots["level"]),
            "bootstrap": word("bootstrap_bound", language, bound=shown(bound, 2)),
            "iid": word("iid_bound", language, bound=shown(iid, 2)),
        },
        notes=(*simulated(results, language), said),
        language=language,
        alt=alone([f"{figure.title.to(language) or word('likelihood_ratio', language)}: {said}"], language),
    )


def _set(made: Estimate, number: int, kind: str, language: Language) -> str:
    """The pieces of a confidence set in brackets; of many its ends and how many they are."""
    pieces: list[dict[str, Any]] = [
        r for r in made.records["threshold_sets"] if r["threshold"] == number and r["bound"] == kind
    ]
    if len(pieces) > LISTED:
        ends = f"[{shown(pieces[0]['low'])}, {shown(pieces[-1]['high'])}]"
        return word("set_in_pieces", language, ends=ends, count=len(pieces))
    return joined((f"[{shown(p['low'])}, {shown(p['high'])}]" for p in pieces), language, "comma")


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    return drawn(figure, _paint, size=(6.3, 3.6))


def _paint(figure: Figure, axes: Axes) -> None:
    at, ratio = floats(figure, "value"), floats(figure, "ratio")
    inside = [v > 0 for v in floats(figure, "in_set")]
    bound, iid = floats(figure, "bound")[0], floats(figure, "bound_iid")[0]
    top = ABOVE * max([*ratio, bound, iid])
    for place, (a, b) in enumerate(_runs(inside)):
        named = figure.labels["set"] if place == 0 else None
        if a == b:
            one = claim("upright", "value", f"$={a}")
            axes.axvline(at[a], color=PALE, linewidth=2.5, zorder=0, label=named, gid=one)
        else:
            reach = claim("reach", "value", "in_set", str(a), str(b))
            axes.axvspan(at[a], at[b], color=PALE, linewidth=0, zorder=0, label=named, gid=reach)
    axes.plot(at, ratio, "-", color=INK, linewidth=1.1, zorder=3, gid=claim("line", "value,ratio"))
    best = floats(figure, "best").index(1.0)
    lowest = claim("points", "value,ratio", "best=1")
    axes.plot([at[best]], [ratio[best]], "o", color=INK, markersize=5, zorder=4, gid=lowest)
    for level, name, how in (
        (
            bound,
            "bootstrap",
            {"color": INK, "linewidth": 1.0, "linestyle": (0, (5, 2)), "gid": claim("level", "bound.first")},
        ),
        (
            iid,
            "iid",
            {"color": GREY, "linewidth": 1.4, "linestyle": (0, (1, 1.2)), "gid": claim("level", "bound_iid.first")},
        ),
    ):
        axes.axhline(level, zorder=2, label=figure.labels[name], **how)  # type: ignore[arg-type]
    axes.set_ylim(-0.03 * top, top)
    axes.set_xlabel(figure.labels["x"])
    axes.set_ylabel(figure.labels["y"])
    wide = figure.width == "double"
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3 if wide else 1, columnspacing=1.2)


def _runs(inside: list[bool]) -> list[tuple[int, int]]:
    """First and last place of each unbroken run of True."""
    found: list[tuple[int, int]] = []
    for i, held in enumerate(inside):
        if held and i and inside[i - 1]:
            found[-1] = (found[-1][0], i)
        elif held:
            found.append((i, i))
    return found


FIGURES.register(
    FigureKind(
        name="threshold",
        spec=ThresholdFigure,
        summary="likelihood ratio of a threshold with its confidence set and both bounds",
        build=build,
        draw=draw,
    )
)
