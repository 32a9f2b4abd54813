"""Composite index of several components, weighted by entropy, equally, by CRITIC or by the first principal component."""

from __future__ import annotations

from typing import Literal

import numpy as np

from panelkit.core.derivation import Columns, DerivationSpec, Derived
from panelkit.core.errors import StudyError
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
            f"the weights rest on {int(fitted.sum())} rows", mend="widen fit_years, or look at missing cells"
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
        + f", ranges and weights over {int(fitted.sum())} rows of {span[0]}-{span[1]}",
        notes=_notes(options, columns, z, fitted, own, scale.high - scale.low),
    )


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
            notes.append(f"{beyond} rows have a component outside its range in the years of the fit")
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


DERIVATIONS.register(
    DerivationKind(
        name="entropy_index",
        spec=EntropyIndexSpec,
        summary="composite index with entropy, equal, CRITIC or principal-component weights",
        summary_zh="综合指数(熵权、等权、CRITIC或主成分权重)",
        formula=r"U_{it} = \sum_j w_j z_{itj}, \quad w_j = \frac{1 - e_j}{\sum_j (1 - e_j)}, \quad "
        r"e_j = -\frac{1}{\ln (NT)} \sum_{i,t} p_{itj} \ln p_{itj}, \quad p_{itj} = z_{itj} / \sum_{i,t} z_{itj}",
        inputs=lambda options: tuple(options.components),
        derive=derive,
    )
)
