"""Impulse responses (or variance shares) of a panel vector autoregression, both Cholesky orders in a grid. None is computed here."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Literal

from panelkit.core.errors import ReportError
from panelkit.core.estimate import Effect, Estimate
from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.label import Language
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.figures._canvas import GREY, INK, PALE, alone, claim, drawn
from panelkit.reporting.figures._given import language_of, model_of, simulated
from panelkit.reporting.labels import key_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.printed import folded
from panelkit.reporting.words import method_words, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEADS = {"responses": "irf", "shares": "fevd"}
CURVE = re.compile(r"(irf|fevd) \[(.+)\] (\w+) -> (\w+)")
STYLES: tuple[dict[str, Any], ...] = (
    {"linestyle": "-", "linewidth": 1.5, "marker": "o", "markersize": 3},
    {"linestyle": (0, (5, 2)), "linewidth": 1.2, "marker": "s", "markersize": 3, "markerfacecolor": "white"},
)


@spec
class ImpulseResponseFigure(FigureSpec):
    """Responses of each variable of a system to a shock in each, with bands, under two Cholesky orders.

    Parameters
    ----------
    model : of kind 'panel_var'. show : 'responses', or 'shares' of the variance of forecast errors. impulses, responses : the
        variables shown, all unless named. orders : how many of the model's orders are drawn, one or two.
    """

    kind: Literal["impulse_response"] = "impulse_response"
    model: str
    show: Literal["responses", "shares"] = "responses"
    impulses: tuple[str, ...] = ()
    responses: tuple[str, ...] = ()
    orders: Literal[1, 2] = 2


def build(figure: ImpulseResponseFigure, results: Results) -> Figure:
    """Its numbers: a row for each order, impulse, response and horizon, with the interval by the draws.

    Raises
    ------
    ReportError
        A model without responses, or a variable that its system has not.
    """
    language, panel = language_of(figure, results), results.panel
    made = model_of(figure, figure.model, results)
    found = {name: CURVE.fullmatch(name) for name in made.curves}
    head = HEADS[figure.show]
    known = {name: m.groups() for name, m in found.items() if m is not None and m[1] == head}
    if not known:
        what = f"'{figure.model}' has no impulse responses"
        raise ReportError(what, where=f"figures.{figure.id}.model", mend="name a model of kind 'panel_var'")
    orders = list(dict.fromkeys(order for _, order, _, _ in known.values()))[: figure.orders]
    names = list(dict.fromkeys(impulse for _, _, impulse, _ in known.values()))
    impulses = _chosen(figure, "impulses", figure.impulses, names)
    responses = _chosen(figure, "responses", figure.responses, names)
    rows: list[tuple[str, str, str, Effect]] = [
        (order, impulse, response, effect)
        for order in orders
        for response in responses
        for impulse in impulses
        for effect in made.curves[f"{head} [{order}] {impulse} -> {response}"]
    ]
    fields = ("at", "estimate", "se", "low", "high", "p")
    data: dict[str, tuple[Any, ...]] = {
        "curve": tuple(f"{head} [{r[0]}] {r[1]} -> {r[2]}" for r in rows),
        "order": tuple(r[0] for r in rows),
        "impulse": tuple(r[1] for r in rows),
        "response": tuple(r[2] for r in rows),
        **{f: tuple(getattr(r[3], f) for r in rows) for f in fields},
    }
    labels = {f"order{i}": _order(order, panel, language) for i, order in enumerate(orders)}
    labels |= {f"impulse {n}": word("impulse_of", language, of=key_label(n, panel, language)) for n in impulses}
    labels |= {f"response {n}": key_label(n, panel, language) for n in responses}
    labels["x"] = word("horizon_axis" if head == "irf" else "forecast_axis", language)
    return Figure(
        id=figure.id,
        kind="impulse_response",
        title=figure.title.to(language),
        width=figure.width,
        data=data,
        labels=labels,
        notes=(*simulated(results, language), *_notes(figure, made, labels, (results.study.defaults.level, language))),
        language=language,
        alt=f"{figure.title.to(language) or word(f'{head}_figure', language)}: {_alt(rows, panel, language)}",
    )


def _chosen(figure: FigureSpec, field: str, wanted: tuple[str, ...], known: list[str]) -> list[str]:
    for name in wanted:
        if name not in known:
            what = f"the system has no variable '{name}'"
            raise ReportError(what, where=f"figures.{figure.id}.{field}", mend=known_or_nearest(name, known))
    return list(wanted) or known


def _order(order: str, panel: Panel, language: Language) -> str:
    names = " → ".join(key_label(n, panel, language) for n in order.split(", "))
    return word("cholesky_order", language, of=names)


def _notes(
    figure: ImpulseResponseFigure, made: Estimate, labels: dict[str, str], how: tuple[float, Language]
) -> list[str]:
    level, language = how
    notes = [word("irf_note" if figure.show == "responses" else "fevd_note", language)]
    drawn_by = next(iter(made.resampled), None)
    if drawn_by is not None:
        method = method_words(drawn_by.method, language)
        slots = {"level": f"{100 * level:g}%", "method": method, "draws": shown(drawn_by.draws, kind="count")}
        notes.append(word("irf_bands", language, **slots))
    if "order1" in labels:
        notes.append(word("irf_orders", language, first=labels["order0"], second=labels["order1"]))
    return notes


def _alt(rows: list[tuple[str, str, str, Effect]], panel: Panel, language: Language) -> str:
    """Of each pair and order the value at the first year that is not fixed by the order, and the last."""
    last = max(e.at for *_, e in rows)
    said = []
    for order, impulse, response, effect in rows:
        if effect.at in (1.0, last):
            named = f"{key_label(impulse, panel, language)} → {key_label(response, panel, language)}"
            span = f"[{shown(effect.low, missing='–')}, {shown(effect.high, missing='–')}]"
            first = word("order_first", language, of=key_label(order.split(", ")[0], panel, language))
            said.append(f"{named} ({first}) {effect.at:g}: {shown(effect.estimate)} {span}")
    return alone(said, language)


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    rows = len(set(figure.data["response"]))
    tall = 0.75 + (1.75 if figure.width == "double" else 1.5) * rows
    made = drawn(figure, _paint, size=(6.3, tall / (1.0 if figure.width == "double" else 0.75)))
    return made


def _paint(figure: Figure, axes: Axes) -> None:
    picture = axes.figure
    axes.remove()
    impulses, responses = (list(dict.fromkeys(figure.data[c])) for c in ("impulse", "response"))
    orders = list(dict.fromkeys(figure.data["order"]))
    small = figure.width == "single"
    wrap = 16 if small else max(20, 62 // len(impulses))
    grid = picture.subplots(len(responses), len(impulses), sharex=True, sharey="row", squeeze=False)
    for i, response in enumerate(responses):
        for j, impulse in enumerate(impulses):
            panel = grid[i][j]
            panel.axhline(0, color=GREY, linewidth=0.7, zorder=1, gid=claim("level", "0"))
            for k, order in enumerate(orders):
                _curve(figure, panel, (order, impulse, response), k)
            if i == 0:
                panel.set_title(
                    "\n".join(folded(figure.labels[f"impulse {impulse}"], wrap)), fontsize=7 if small else 9
                )
            if j == 0:
                named = folded(figure.labels[f"response {response}"], 20 if small else 24)
                panel.set_ylabel("\n".join(named), fontsize=6.5 if small else 8.5)
            if i == len(responses) - 1:
                panel.set_xlabel(figure.labels["x"], fontsize=7 if small else 9)
            for side in ("top", "right"):
                panel.spines[side].set_visible(False)
            _whole_years(panel, figure)
    handles, said = grid[0][0].get_legend_handles_labels()
    width = 44 if small else 90
    picture.legend(
        handles, ["\n".join(folded(text, width)) for text in said], loc="outside upper center", frameon=False, ncols=1,
        fontsize=6.5 if small else 8.5,
    )  # fmt: skip


def _whole_years(panel: Axes, figure: Figure) -> None:
    last = int(max(figure.data["at"]))
    step = max(1, math.ceil(last / (5 if figure.width == "single" else 8)))
    first = int(min(figure.data["at"]))
    panel.set_xticks(range(first, last + 1, step))


def _curve(figure: Figure, panel: Axes, which: tuple[str, str, str], k: int) -> None:
    keys = zip(figure.data["order"], figure.data["impulse"], figure.data["response"], strict=True)
    places = [i for i, key in enumerate(keys) if key == which]
    at, middle, low, high = ([float(figure.data[f][i]) for i in places] for f in ("at", "estimate", "low", "high"))
    own = f"curve#{list(dict.fromkeys(figure.data['curve'])).index(figure.data['curve'][places[0]])}"
    if all(map(math.isfinite, [*low, *high])):
        if k == 0:
            band = claim("band", "at,low", "at,high", own)
            panel.fill_between(at, low, high, color=PALE, linewidth=0, alpha=0.75, zorder=1.2, gid=band)
        else:
            for name, edge in (("low", low), ("high", high)):
                line = claim("line", f"at,{name}", own)
                panel.plot(at, edge, color=INK, linewidth=0.7, linestyle=(0, (1, 1.6)), zorder=2, gid=line)
    drawn_as = claim("line", "at,estimate", own)
    panel.plot(at, middle, color=INK, label=figure.labels[f"order{k}"], zorder=3 + k, gid=drawn_as, **STYLES[k])


FIGURES.register(
    FigureKind(
        name="impulse_response",
        spec=ImpulseResponseFigure,
        summary="impulse responses of a panel vector autoregression with bootstrap bands",
        build=build,
        draw=draw,
    )
)
