"""Raw trends: the mean of a variable by year in each group of units."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from panelkit.core.counted import counted
from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.label import Label
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.figures._canvas import GREY, INK, alone, claim, drawn
from panelkit.reporting.figures._given import language_of, simulated, variable_of
from panelkit.reporting.labels import key_label, level_text
from panelkit.reporting.numbers import shown
from panelkit.reporting.phrases import measure
from panelkit.reporting.printed import folded
from panelkit.reporting.words import word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLES = (("o", "-", INK), ("s", "--", INK), ("^", ":", INK), ("D", "-", GREY), ("v", "--", GREY), ("x", ":", GREY))


@spec
class TrendsFigure(FigureSpec):
    """Means by year.

    group : a variable that parts the units, empty for one line; a number is parted at `cut` (up to it, above it) or goes by its
    values. Units whose group changes are a fault. missing : the name of the units whose group is missing; without it they are
    left out and counted. groups : names in the order of the groups. mark : a year to mark by a line.
    """

    kind: Literal["trends"] = "trends"
    variable: str
    group: str = ""
    cut: float | None = None
    missing: Label = Label()
    groups: tuple[Label, ...] = ()
    mark: int | None = None


def build(figure: TrendsFigure, results: Results) -> Figure:
    """Its numbers: group, year, mean and how many units it is of.

    Raises
    ------
    ReportError
        An unknown variable, a group that changes within a unit, more than six groups, names that do not fit.
    """
    language, panel = language_of(figure, results), results.panel
    name = variable_of(figure, figure.variable, panel)
    frame = panel.frame
    member, left = _members(figure, results)
    groups = list(dict.fromkeys(sorted(set(member.values()), key=_order)))
    where = f"figures.{figure.id}"
    if not 1 <= len(groups) <= len(STYLES):
        raise ReportError(
            f"'{figure.group}' makes {counted(len(groups), 'groups')}",
            where=f"{where}.group",
            mend="one to six can be drawn: give `cut`",
        )
    if figure.groups and len(figure.groups) != len(groups):
        what = f"{len(figure.groups)} names for the groups {', '.join(groups)}"
        raise ReportError(what, where=f"{where}.groups", mend="give one for each group")
    label = key_label(figure.group, panel, language) if figure.group else ""
    names = [g.to(language) for g in figure.groups] or [_named(g, label, figure.missing.to(language)) for g in groups]
    rows = []
    for group, said in zip(groups, names, strict=True):
        here = frame[frame[panel.unit].map(member) == group].dropna(subset=[name])
        means = here.groupby(panel.time, sort=True)[name].agg(["mean", "count"])
        rows += [(group, said, int(t), float(m), int(n)) for t, m, n in means.itertuples()]
    columns = ("group", "name", "time", "mean", "units")
    data = {c: tuple(r[i] for r in rows) for i, c in enumerate(columns)}
    unit = measure(panel.variable(name).measure, language)
    y = key_label(name, panel, language)
    notes = [*simulated(results, language), word("trends", language)]
    notes += [word("trends_left", language, units=shown(left, kind="count"))] if left else []
    ends = [
        f"{n}: {shown(next(r[3] for r in rows if r[1] == n))} → {shown([r[3] for r in rows if r[1] == n][-1])}"
        for n in names
    ]
    return Figure(
        id=figure.id,
        kind="trends",
        title=figure.title.to(language),
        width=figure.width,
        data=data,
        labels={
            "x": key_label(panel.time, panel, language),
            "y": _axis(y, unit),
            "group": "" if figure.groups else label,
            "mark": str(figure.mark or ""),
        },
        notes=tuple(notes),
        language=language,
        alt=f"{figure.title.to(language) or y}: {alone(ends, language)}",
    )


def _axis(label: str, unit: str) -> str:
    """A label with its unit; the logarithm is named once."""
    if not unit or unit in label:
        return label
    inner = re.fullmatch(r"ln\((.+)\)", unit)
    return f"{label}, {inner[1]}" if inner and ("ln" in label or "对数" in label) else f"{label} ({unit})"


def _members(figure: TrendsFigure, results: Results) -> tuple[dict[str, str], int]:
    """The group of each unit, and how many units have none."""
    panel = results.panel
    if not figure.group:
        return dict.fromkeys(panel.units, ""), 0
    name = variable_of(figure, figure.group, panel, "group")
    made: dict[str, str] = {}
    left = 0
    for unit, values in panel.frame.groupby(panel.unit, sort=True)[name]:
        known = list(dict.fromkeys(values.dropna().tolist()))
        texts = list(dict.fromkeys(_group(v, figure.cut) for v in known))
        if len(texts) > 1:
            what = f"'{name}' changes within {panel.unit_name(str(unit)).en}"
            raise ReportError(
                what, where=f"figures.{figure.id}.group", mend="give a variable that is fixed for a unit, or `cut`"
            )
        if texts:
            made[str(unit)] = texts[0]
        elif figure.missing != Label():
            made[str(unit)] = "missing"
        else:
            left += 1
    return made, left


def _group(value: object, cut: float | None) -> str:
    if cut is not None and isinstance(value, int | float):
        return f"<={cut:g}" if value <= cut else f">{cut:g}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _order(group: str) -> tuple[int, float, str]:
    if group == "missing":
        return (2, 0.0, group)
    try:
        return (0, float(group), group)
    except ValueError:
        return (0 if group.startswith("<") else 1, 0.0, group)


def _named(group: str, label: str, missing: str) -> str:
    if group == "missing":
        return missing
    return f"{label} {level_text(group)}" if group[:1] in ("<", ">") else (f"{label} = {group}" if label else "")


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    return drawn(figure, _paint)


def _paint(figure: Figure, axes: Axes) -> None:
    names = list(dict.fromkeys(figure.data["name"]))
    for k, (name, (marker, line, ink)) in enumerate(zip(names, STYLES, strict=False)):
        at = [i for i, n in enumerate(figure.data["name"]) if n == name]
        x, y = [int(figure.data["time"][i]) for i in at], [float(figure.data["mean"][i]) for i in at]
        axes.plot(x, y, marker=marker, linestyle=line, color=ink, markersize=4.5, linewidth=1.2, label=name or None,
                  markerfacecolor="white" if ink == GREY else ink, gid=claim("line", "time,mean", f"name#{k}"))  # fmt: skip
    if figure.labels["mark"]:
        mark = float(figure.labels["mark"]) - 0.5
        axes.axvline(mark, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), gid=claim("upright", f"{mark:g}"))
    axes.set_xticks(sorted(set(figure.data["time"])))
    axes.set_xlabel(figure.labels["x"])
    axes.set_ylabel("\n".join(folded(figure.labels["y"], 40)))
    if any(names):
        # above the lines, which it could cover; what all names begin with heads them once
        head = figure.labels["group"]
        shared = bool(head) and all(
            n.startswith((f"{head} = ", f"{head} ≤", f"{head} >")) or "=" not in n for n in names
        )
        handles, texts = axes.get_legend_handles_labels()
        bare = [t.removeprefix(head).removeprefix(" = ").strip() if shared else t for t in texts]
        axes.legend(
            handles, bare, title="\n".join(folded(head, 60)) if shared else None, frameon=False, fontsize="small", title_fontsize="small",
            loc="lower left", bbox_to_anchor=(0, 1), ncols=_columns(figure, bare), alignment="left",
            borderaxespad=0.2, handlelength=3.2,
        )  # fmt: skip


def _columns(figure: Figure, texts: list[str]) -> int:
    """In how many columns a legend of those texts fits above the lines."""
    size, room = (7.5, 400) if figure.width == "double" else (6.2, 185)  # points
    letters = max(sum(2 if c >= "\u2e80" else 1 for c in text) for text in texts)
    return max(1, min(len(texts), int(room / (size * (6 + 0.56 * letters)))))


FIGURES.register(
    FigureKind(name="trends", spec=TrendsFigure, summary="means by year and group", build=build, draw=draw)
)
