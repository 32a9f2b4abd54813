"""Composite index of several components, weighted by entropy, equally, by CRITIC or by the first principal component."""

from __future__ import annotations

from typing import Literal

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.errors import StudyError
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._tables import inside, on_grid_of, wide
from panelkit.numerics.composite import WEIGHTINGS, component_weights, normalised, rank_correlation, scale_of, weights

FLAT = 0.01  # range over mean below which a component is said to be nearly constant
HEAVY = 0.5  # weight above which one component is said to rule the index


@spec
class EntropyIndexSpec(DerivationSpec):
    """Components and their weights.

    Parameters
    ----------
    components : dict
        Series or variable -> "+" (more is better) or "-" (more is worse); the direction of each is to be said.
    weights : 'entropy' | 'equal' | 'critic' | 'pca'
    fit_years : pair of int
        Years that ranges and weights are taken from, such as those before a policy; without it the study's years, and adding a
        year changes every value.
    shift : float
        Added to normalised values before shares are taken; not needed, since 0 ln 0 = 0, and it changes the weights.
    """

    components: dict[str, Literal["+", "-"]]
    weights: Literal["entropy", "equal", "critic", "pca"] = "entropy"
    fit_years: tuple[int, int] | None = None
    shift: float = 0.0

    def years_needed(self, first: int, last: int) -> tuple[int, int]:
        """The result's years and those of the fit."""
        return (
            (first, last) if self.fit_years is None else (min(first, self.fit_years[0]), max(last, self.fit_years[1]))
        )


def derive(options: EntropyIndexSpec, columns: Columns) -> Derived:
    """U_it = sum_j w_j z_itj with z in [0, 1] over all kept units and all years of the fit together.

    Raises
    ------
    StudyError
        A single component, one that does not vary, or a fit without rows.

    Source
    ------
    Shannon (1948); CRITIC: Diakoulaki et al. (1995). Common errors avoided: ln N in place of ln(N T), weights made year by year (values
    then do not compare over time), a hidden constant added to z, raw shares of mixed units, directions forgotten.
    """
    names = list(options.components)
    if len(names) < 2:
        raise StudyError(
            "an index needs two components or more", mend="name them under components, each with its direction"
        )
    values = np.stack([wide(columns, n) for n in names], axis=-1)
    fitted = inside(columns, options.fit_years) & ~np.isnan(values).any(axis=-1)
    if fitted.sum() < 3:
        raise StudyError(
            f"the weights rest on {counted(int(fitted.sum()), 'rows')}",
            mend="widen fit_years, or look at missing cells",
        )
    scale = scale_of(values[fitted])
    for name, low, high in zip(names, scale.low, scale.high, strict=True):
        if not high > low:
            raise StudyError(f"the component {name} does not vary over the fit", mend="leave it out")
    rises = np.array([d == "+" for d in options.components.values()], dtype=bool)
    z = normalised(values, rises, scale)
    own = weights(z[fitted], options.weights, options.shift)
    span = options.fit_years or columns.study_years
    return Derived(
        values=on_grid_of(columns, z @ own),
        measure="",
        how=f"sum of w z, {options.weights} weights "
        + ", ".join(f"{n} {w:.4f} ({d})" for (n, d), w in zip(options.components.items(), own, strict=True))
        + f", ranges and weights over {counted(int(fitted.sum()), 'rows')} of {span[0]}-{span[1]}",
        notes=_notes(options, columns, z, fitted, own, scale.high - scale.low),
        details=_weights_by_method(options, z[fitted], z[inside(columns) & ~np.isnan(z).any(axis=-1)]),
    )


def _weights_by_method(options: EntropyIndexSpec, z: np.ndarray, study: np.ndarray) -> tuple[dict[str, object], ...]:
    """Weight of each component by every method, and the rank correlation of each index with the one chosen."""
    by = {m: weights(z, m, options.shift) for m in WEIGHTINGS}
    chosen = study @ by[options.weights]
    rows: list[dict[str, object]] = [
        {"component": name, "direction": way, **{m: float(w[j]) for m, w in by.items()}, "chosen": options.weights}
        for j, (name, way) in enumerate(options.components.items())
    ]
    ranks = {m: rank_correlation(chosen, study @ w) for m, w in by.items()}
    return (*rows, {"component": "", "direction": "rank correlation", **ranks, "chosen": options.weights})


def _notes(
    options: EntropyIndexSpec, columns: Columns, z: np.ndarray, fitted: np.ndarray, own: np.ndarray, spread: np.ndarray
) -> tuple[str, ...]:
    names = list(options.components)
    notes = []
    study = inside(columns) & ~np.isnan(z).any(axis=-1)
    index = z[study] @ own
    others = {by: weights(z[fitted], by, options.shift) for by in WEIGHTINGS if by != options.weights}
    ranks = ", ".join(f"{by} {rank_correlation(index, z[study] @ w):.3f}" for by, w in others.items())
    notes.append(f"rank correlation of the index with {options.weights} weights and with others: {ranks}")
    if options.fit_years is None:
        notes.append("ranges and weights look ahead: a further year changes every value (fit_years pins them)")
    else:
        beyond = int(((z[study] < 0) | (z[study] > 1)).any(axis=-1).sum())
        if beyond:
            notes.append(f"{counted(beyond, 'rows have')} a component outside its range in the years of the fit")
    if options.shift:
        notes.append(
            f"{options.shift:g} was added to normalised values before shares were taken, which changes the weights"
        )
    level = np.abs(np.nanmean(np.stack([wide(columns, n)[study] for n in names]), axis=1))
    flat = [n for n, s, m in zip(names, spread, level, strict=True) if s < FLAT * m]
    if flat:
        notes.append(f"nearly constant, so that its weight rests on noise: {', '.join(flat)}")
    heavy = [f"{n} {w:.2f}" for n, w in zip(names, own, strict=True) if w > HEAVY and len(names) > 2]
    if heavy:
        notes.append(f"one component has more than half of the weight: {', '.join(heavy)}")
    if options.weights == "pca":
        _, share, agree = component_weights(z[fitted])
        notes.append(f"the first principal component holds {100 * share:.0f}% of the variance")
        if not agree:
            notes.append("its loadings differ in sign: the components do not measure one thing")
    return tuple(notes)


_WEIGHTS = {
    "entropy": r"w_j = \frac{1 - e_j}{\sum_k (1 - e_k)}, \quad e_j = -\frac{1}{\ln (NT)} \sum_{i,t} p_{itj} \ln p_{itj}, \quad "
    r"p_{itj} = \frac{z_{itj}}{\sum_{i,t} z_{itj}}",
    "equal": r"w_j = 1 / J",
    "critic": r"w_j = \frac{c_j}{\sum_k c_k}, \quad c_j = \sigma_j \sum_k (1 - r_{jk})",
    "pca": r"w_j = a_{1j}^2, \quad R a_1 = \lambda_1 a_1",
}


def formula(options: EntropyIndexSpec) -> str:
    """The index, how components are brought to [0, 1], and the weights by the method at hand."""
    rises = r"z_{itj} = \frac{x_{itj} - \min_j}{\max_j - \min_j}"
    falls = r"z_{itj} = \frac{\max_j - x_{itj}}{\max_j - \min_j}"
    ways = set(options.components.values())
    both = rf"{rises} \ (+), \quad {falls} \ (-)"
    z = both if len(ways) == 2 else rises if ways == {"+"} else falls
    own = _WEIGHTS[options.weights]
    if options.shift:
        own = own.replace("z_{itj}", rf"(z_{{itj}} + {options.shift:g})")
    return rf"U_{{it}} = \sum_j w_j z_{{itj}}, \quad {z}, \quad {own}"


def symbols(options: EntropyIndexSpec) -> dict[str, str | Label]:
    """The components with their directions, and the rows of the fit."""
    span = options.fit_years
    en = f"all units in {span[0]}-{span[1]}" if span else "all units in all years of the study"
    zh = f"{span[0]}-{span[1]}年全部地区" if span else "研究期内全部地区"
    over = Label(en=f"over {en}", zh=f"取自{zh}")
    found: dict[str, str | Label] = {r"\min_j, \max_j": over}
    if options.weights == "entropy":
        found["NT"] = Label(en=f"rows: {en}", zh=f"样本行数：{zh}")
    if options.weights in ("critic", "pca"):
        found["r_{jk}" if options.weights == "critic" else "R"] = Label(
            en="correlations of the components", zh="指标间相关系数"
        )
    return {rf"x_{j}": f"{n} ({d})" for j, (n, d) in enumerate(options.components.items(), start=1)} | found


DERIVATIONS.register(
    DerivationKind(
        name="entropy_index",
        spec=EntropyIndexSpec,
        summary="composite index with entropy, equal, CRITIC or principal-component weights",
        summary_zh="综合指数(熵权、等权、CRITIC或主成分权重)",
        formula=formula,
        inputs=lambda options: tuple(options.components),
        symbols=symbols,
        reach="panel",
        is_index=True,
        derive=derive,
    )
)
