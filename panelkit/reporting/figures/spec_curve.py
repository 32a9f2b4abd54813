"""The specification curve: one coefficient under every model, sorted, and beneath it what each model chose."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from panelkit.core.errors import ReportError
from panelkit.core.estimate import Estimate, Term
from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.label import Language
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.conventions import convention
from panelkit.reporting.figures._canvas import GREY, INK, LEADING, PALE, claim, drawn
from panelkit.reporting.figures._given import floats, language_of, model_of, simulated, term_of
from panelkit.reporting.labels import effect_label, term_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.printed import folded
from panelkit.reporting.words import level_of, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@spec
class SpecCurveFigure(FigureSpec):
    """A specification curve.

    battery : a declared robustness battery, every specification of it with what it chose. Or, by hand: models; terms : names that
    the coefficient goes by, the first that a model has. base : the model to mark.
    """

    kind: Literal["spec_curve"] = "spec_curve"
    battery: str = ""
    models: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    base: str = ""


def build(figure: SpecCurveFigure, results: Results) -> Figure:
    """Its numbers: model, estimate, interval, p, and for each choice that differs between models 1 or 0.

    Raises
    ------
    ReportError
        An unknown model, one without the term, or a base that is not among the models.
    """
    language = language_of(figure, results)
    if figure.battery:
        return _of_battery(figure, results)
    if figure.base and figure.base not in figure.models:
        raise ReportError(
            f"the base '{figure.base}' is none of the models",
            where=f"figures.{figure.id}.base",
            mend="name it in models",
        )
    pairs = []
    for model in figure.models:
        estimate = model_of(figure, model, results)
        pairs.append((estimate, term_of(figure, estimate, figure.terms)))
    pairs.sort(key=lambda p: (p[1].estimate, p[0].id))
    made = [choices(e, t, (results.panel, language)) for e, t in pairs]
    every = dict.fromkeys(
        c
        for family in zip(*made, strict=True)
        for c in sorted({x for xs in family for x in xs})
        if len({tuple(x) for x in family}) > 1
    )
    chosen = {choice: tuple(int(any(choice in xs for xs in x)) for x in made) for choice in every}
    return _figure(figure, results, pairs, chosen, figure.base)


def _of_battery(figure: SpecCurveFigure, results: Results) -> Figure:
    """The curve of a battery: for each dimension the base's choice and every other one, and which specification took it."""
    language, known = language_of(figure, results), results.study.robustness
    if figure.battery not in known or figure.models:
        what = (
            f"there is no battery '{figure.battery}'" if figure.battery not in known else "a battery has its own models"
        )
        mend = known_or_nearest(figure.battery, known) if figure.battery not in known else "leave out models"
        raise ReportError(what, where=f"figures.{figure.id}.battery", mend=mend)
    base = known[figure.battery].base
    found = next(c for c in results.checks[base] if c.name == f"robustness_{figure.battery}")
    terms = {str(r["specification"]): str(r["term"]) for r in found.rows if not r["failure"]}
    variants = {v.id: v for v in results.study.variants if v.battery == figure.battery}
    pairs = [(results.variants[v], results.variants[v].term(t)) for v, t in terms.items()]
    if not pairs:
        raise ReportError(
            "no specification of the battery was estimated", where=f"figures.{figure.id}", mend="look at their failures"
        )
    pairs.sort(key=lambda p: (p[1].estimate, p[0].id))
    chosen: dict[str, tuple[int, ...]] = {}
    labels = {tuple(v.chosen.items()): v.label.to(language) for v in variants.values() if len(v.chosen) < 2}
    for dimension in dict.fromkeys(d for v in variants.values() for d in v.chosen):
        of = word(f"dimension_{dimension}", language)
        crossed = known[figure.battery].combine == "product"
        for choice in (*([""] if crossed else []), *getattr(known[figure.battery], dimension)):
            shown_as = labels[((dimension, choice),)] if choice else word("choice_base", language)
            name = word("choice_of", language, dimension=of, choice=shown_as)
            name = name if name not in chosen else f"{name} ({choice})"
            chosen[name] = tuple(int(variants[e.id].chosen.get(dimension, "") == choice) for e, _ in pairs)
    if known[figure.battery].combine == "one_at_a_time":
        base_row = variants[f"{figure.battery}__base"].label.to(language)
        chosen = {base_row: tuple(int(not variants[e.id].chosen) for e, _ in pairs)} | chosen
    made = _figure(figure, results, pairs, chosen, f"{figure.battery}__base")
    failed = [r for r in found.rows if r["failure"]]
    if not failed:
        return made
    each = "; ".join(f"{r[f'label_{language}']} ({r['failure']})" for r in failed)
    return replace(made, notes=(*made.notes, word("not_drawn", language, each=each)))


def _figure(
    figure: SpecCurveFigure,
    results: Results,
    pairs: list[tuple[Estimate, Term]],
    chosen: dict[str, tuple[int, ...]],
    base: str,
) -> Figure:
    """The figure of sorted specifications; chosen : what a row of dots stands for -> 1 where a specification took it."""
    language = language_of(figure, results)
    data: dict[str, tuple[object, ...]] = {
        "model": tuple(e.id for e, _ in pairs),
        "estimate": tuple(t.estimate for _, t in pairs),
        "low": tuple(t.low for _, t in pairs),
        "high": tuple(t.high for _, t in pairs),
        "p": tuple(t.p for _, t in pairs),
        "base": tuple(int(e.id == base) for e, _ in pairs),
    }
    labels = {"y": word("coefficient", language)}
    for i, choice in enumerate(chosen):
        data[f"choice{i}"] = chosen[choice]
        labels[f"choice{i}"] = choice
    values = [t.estimate for _, t in pairs]
    share = sum(v > 0 for v in values)
    middle = (
        sorted(values)[len(values) // 2]
        if len(values) % 2
        else sum(sorted(values)[len(values) // 2 - 1 : len(values) // 2 + 1]) / 2
    )
    note = word(
        "curve", language, level=level_of(results),
        count=shown(len(values), kind="count"), low=shown(values[0]), high=shown(values[-1]), middle=shown(middle),
        above=shown(share, kind="count"), clear=shown(sum(t.low > 0 or t.high < 0 for _, t in pairs), kind="count"),
    )  # fmt: skip
    return Figure(
        id=figure.id,
        kind="spec_curve",
        title=figure.title.to(language),
        width=figure.width,
        data=data,
        labels=labels,
        notes=(*simulated(results, language), note),
        language=language,
        alt=f"{figure.title.to(language)}: {note}",
    )


def choices(estimate: Estimate, term: Term, at: tuple[Panel, Language]) -> tuple[list[str], ...]:
    """What a model chose: outcome, the regressor itself, effects, controls, standard errors, size of the sample."""
    panel, language = at
    others = [t.name for t in estimate.terms if t.name not in (term.name, "(constant)")]
    levels = {n: n.partition("::")[0] for n in others if "::" in n}  # all levels of a category are one choice
    return (
        [term_label(estimate.outcome, panel, language)],
        [term_label(term.name, panel, language)],
        [effect_label(a, panel, language) for a in estimate.absorb],
        list(dict.fromkeys(_choice(levels.get(n, n), n in levels, panel, language) for n in others)),
        [re.split(r"，|（|, ", convention(estimate.covariance, panel, language))[0]],
        [f"{word('rows', language)} {shown(estimate.sample.rows, kind='count')}"],
    )


def _choice(name: str, is_category: bool, panel: Panel, language: Language) -> str:
    """A regressor, or all indicators of a category: 'i(year)' as 'Year indicators'."""
    inner = re.fullmatch(r"i\((.*)\)", name)
    label = term_label(inner[1] if inner else name, panel, language)
    return word("indicators", language, of=label) if is_category else label


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    lines = sum(_height(lines) for lines in _names(figure))
    return drawn(figure, _paint, size=(6.3, 2.6 + (0.2 if figure.width == "double" else 0.34) * lines))


def _height(lines: list[str]) -> float:
    """Of a row, in rows of one line."""
    return 1 + 0.55 * (len(lines) - 1)


def _names(figure: Figure) -> list[list[str]]:
    """The names of the rows of dots, folded into lines."""
    width = 44 if figure.width == "double" else 30
    return [folded(figure.labels[k], width) for k in figure.data if k.startswith("choice")]


def _paint(figure: Figure, axes: Axes) -> None:
    keys = [k for k in figure.data if k.startswith("choice")]
    picture = axes.figure
    axes.remove()
    double, names = figure.width == "double", _names(figure)
    tall = [_height(lines) for lines in names]
    ratios = [2.3, max((0.2 if double else 0.34) * sum(tall), 0.01)]
    rows = [sum(tall[:i]) + (tall[i] - 1) / 2 for i in range(len(tall))]
    above, below = picture.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": ratios})
    _curve(figure, above)
    at = list(range(len(figure.data["model"])))
    for row, key in zip(rows, keys, strict=True):
        on = [i for i in at if figure.data[key][i]]
        every, taken = claim("points", f"$,{row:g}"), claim("points", f"$,{row:g}", f"{key}=1")
        below.plot(at, [row] * len(at), ".", color=PALE, markersize=2.5, zorder=1, gid=every)
        below.plot(on, [row] * len(on), "s", color=INK, markersize=3.6, zorder=2, gid=taken)
    below.set_yticks(
        rows, ["\n".join(lines) for lines in names], fontsize=7 if double else 5, linespacing=LEADING[figure.language]
    )
    below.set_ylim(sum(tall) - 0.4, -0.6)
    below.set_xticks([])
    below.tick_params(length=0)
    for side in below.spines.values():
        side.set_visible(False)


def _curve(figure: Figure, axes: Axes) -> None:
    low, high, values = (floats(figure, f) for f in ("low", "high", "estimate"))
    axes.axhline(0, color=GREY, linewidth=0.8, zorder=1, gid=claim("level", "0"))
    interval = claim("segments", "$,low", "$,high")
    axes.vlines(range(len(values)), low, high, color=PALE, linewidth=2.2, zorder=2, gid=interval)
    for i, value in enumerate(values):
        face = INK if low[i] > 0 or high[i] < 0 else "white"
        marker = "D" if figure.data["base"][i] else "o"
        size = 5.5 if marker == "D" else 4.5
        point = claim("points", "$,estimate", f"$={i}")
        axes.plot([i], [value], marker, color=INK, markerfacecolor=face, markersize=size, zorder=3, gid=point)
    axes.set_ylabel(figure.labels["y"])
    axes.set_xlim(-0.6, len(values) - 0.4)
    axes.tick_params(axis="x", length=0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


FIGURES.register(
    FigureKind(
        name="spec_curve",
        spec=SpecCurveFigure,
        summary="one coefficient under every model, sorted",
        build=build,
        draw=draw,
    )
)
