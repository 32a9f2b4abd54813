"""Marginal effects: the effect of one regressor along another that moderates it, above how often its values occur."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Figure, FigureSpec
from panelkit.core.registry import FIGURES, FigureKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.figures._canvas import GREY, INK, PALE, claim, claim_each, drawn
from panelkit.reporting.figures._given import floats, language_of, model_of, simulated, variable_of
from panelkit.reporting.labels import key_label
from panelkit.reporting.numbers import shown
from panelkit.reporting.printed import folded
from panelkit.reporting.words import level_of, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS, BINS = 41, 24


@spec
class MarginalEffectsFigure(FigureSpec):
    """The effect of `term` along `moderator`, from a model with both `term` and their product; intervals are pointwise."""

    kind: Literal["marginal_effects"] = "marginal_effects"
    model: str
    term: str
    moderator: str


def build(figure: MarginalEffectsFigure, results: Results) -> Figure:
    """Its numbers: value of the moderator, effect, standard error and interval; then the edges and counts of the histogram.

    Raises
    ------
    ReportError
        An unknown model or variable, or a model without the product.
    """
    import numpy as np
    from scipy import special

    language, panel = language_of(figure, results), results.panel
    estimate = model_of(figure, figure.model, results)
    moderator = variable_of(figure, figure.moderator, panel, "moderator")
    names = [t.name for t in estimate.terms]
    product = next((n for n in (f"{figure.term}:{moderator}", f"{moderator}:{figure.term}") if n in names), None)
    if figure.term not in names or product is None:
        what = f"'{figure.model}' has not both {figure.term} and its product with {moderator}"
        raise ReportError(what, where=f"figures.{figure.id}", mend=f"its terms are {', '.join(names)}")
    values = results.sample_of(figure.model).column(moderator).astype(float)
    i, j = names.index(figure.term), names.index(product)
    V, df = estimate.covariance_matrix, estimate.terms[j].df
    at = np.linspace(float(np.nanmin(values)), float(np.nanmax(values)), POINTS)
    effect = estimate.terms[i].estimate + estimate.terms[j].estimate * at
    se = np.sqrt(np.maximum(V[i, i] + 2 * at * V[i, j] + at**2 * V[j, j], 0.0))
    reach = float(special.ndtri(0.975) if math.isinf(df) else special.stdtrit(df, 0.975))
    counts, edges = np.histogram(values[np.isfinite(values)], bins=BINS)
    rest = POINTS - BINS
    data = {
        "moderator": tuple(map(float, at)), "effect": tuple(map(float, effect)), "se": tuple(map(float, se)),
        "low": tuple(map(float, effect - reach * se)), "high": tuple(map(float, effect + reach * se)),
        "bin_from": (*map(float, edges[:-1]), *(math.nan,) * rest), "bin_to": (*map(float, edges[1:]), *(math.nan,) * rest),
        "rows": (*map(int, counts), *(None,) * rest),
    }  # fmt: skip
    of, along = key_label(figure.term, panel, language), key_label(moderator, panel, language)
    note = word(
        "marginal", language, level=level_of(results), low=shown(float(effect[0])), high=shown(float(effect[-1]))
    )
    return Figure(
        id=figure.id,
        kind="marginal_effects",
        title=figure.title.to(language),
        width=figure.width,
        data=data,
        labels={"x": along, "y": word("effect_of", language, of=of)},
        notes=(*simulated(results, language), note),
        language=language,
        alt=f"{figure.title.to(language) or of}: {note}",
    )


def draw(figure: Figure) -> dict[str, bytes]:
    """The pictures, {extension: bytes}."""
    return drawn(figure, _paint)


def _paint(figure: Figure, axes: Axes) -> None:
    x = floats(figure, "moderator")
    low, high = floats(figure, "low"), floats(figure, "high")
    bars = axes.twinx()
    known = [k for k, n in enumerate(figure.data["rows"]) if n is not None]
    counts = [int(figure.data["rows"][k]) for k in known]
    left = [float(figure.data["bin_from"][k]) for k in known]
    wide = [float(figure.data["bin_to"][k]) - float(figure.data["bin_from"][k]) for k in known]
    boxes = bars.bar(left, counts, width=wide, align="edge", color=PALE, edgecolor="white", linewidth=0.4, zorder=0)
    claim_each(boxes, "box", "bin_from,0", "bin_to,rows")
    bars.set_ylim(0, 4 * max(counts, default=1))
    bars.axis("off")
    axes.set_zorder(bars.get_zorder() + 1)
    axes.patch.set_visible(False)
    axes.axhline(0, color=GREY, linewidth=0.8, gid=claim("level", "0"))
    band = claim("band", "moderator,low", "moderator,high")
    axes.fill_between(x, low, high, color=GREY, alpha=0.25, linewidth=0, gid=band)
    axes.plot(x, floats(figure, "effect"), color=INK, linewidth=1.5, gid=claim("line", "moderator,effect"))
    bottom, top = min(*low, 0.0), max(*high, 0.0)
    axes.set_ylim(bottom - 0.35 * (top - bottom), top + 0.05 * (top - bottom))
    axes.set_xlabel(figure.labels["x"])
    axes.set_ylabel("\n".join(folded(figure.labels["y"], 40)))


FIGURES.register(
    FigureKind(
        name="marginal_effects",
        spec=MarginalEffectsFigure,
        summary="an effect along its moderator",
        build=build,
        draw=draw,
    )
)
