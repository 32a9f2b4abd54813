"""Does a coefficient differ between two groups of units? Fully interacted least squares and permuted labels. No subsample stars."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.digest import child_seed
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate, Resampled
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.formula import Absorbed, Formula, Slope
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Clustered, Design
from panelkit.core.spec import spec
from panelkit.core.variable import Origin, Variable
from panelkit.estimators._compile import Compiled, Rows, columns_of, compile_model, formula_of, rows_of
from panelkit.estimators._convention import permutation_of
from panelkit.estimators._covariance import linearised
from panelkit.estimators._estimate import Further, estimate_of, undetermined
from panelkit.estimators._inference import Answer, answer, terms_of
from panelkit.estimators._resample import cluster_rows, resample, strata_of
from panelkit.estimators._sample import sample_of
from panelkit.estimators._words import equation, inference_words, no_instruments
from panelkit.numerics import labels
from panelkit.numerics.cr2 import Kind, satterthwaite

CAVEAT = (
    "The permutation p holds if the labels are exchangeable: under the null the groups differ in nothing that enters the"
    " equation, the variance of the errors included. It is two-sided (Stata `bdiff` prints one-sided)."
)


@spec
class Heterogeneity(ModelSpec):
    """`kind = "heterogeneity"`: y ~ x + controls | effects, estimated for two groups at once, every slope and effect their own.

    Parameters
    ----------
    group : a variable with two levels, constant within units. focal : the slope whose difference is tested; the first one
        unless named. reference : the level that is subtracted; the first in order unless named.
    draws, strata : of the permutation of labels across units, within a fixed category.
    """

    kind: str = "heterogeneity"
    group: str
    focal: str = ""
    reference: str = ""
    draws: int = 999
    strata: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Groups:
    """The sample's rows with a column for each slope and level; levels: the other one, then the reference; first: rows of the other."""

    used: Panel
    base: Formula
    interacted: Formula
    focal: str
    group: str
    levels: tuple[str, str]
    first: np.ndarray
    rows: Rows


def estimate(spec: Heterogeneity, panel: Panel, setting: Setting) -> Estimate:
    """Terms `x:group::level` of both groups, `difference` (of the focal slope), then the other slopes.

    The difference has the covariance of the fully interacted model, the model's own resampling, and the p of permuted labels.

    Raises
    ------
    EstimationError
        Whatever the data do not allow; a group that has not two levels, or changes within a unit.

    Source
    ------
    Interacted model: Chow (1960, doi:10.2307/1910133) with a robust covariance, as Stata `suest`; permutation: Cleary (1999,
    doi:10.1111/0022-1082.00121).
    """
    found, compiled = _compiled(spec, panel, setting)
    permutation_of(spec, compiled.inference, "", "")
    where = f"models.{spec.id}"
    got = answer(compiled, setting, where)
    drawn = resample(compiled, setting, skip=undetermined(got))
    resampled, notes = list(drawn.resampled), list(drawn.notes)
    if setting.resample:
        resampled += _of_difference(spec, found, setting)
        resampled.append(_permuted(spec, found, setting, where))
        notes.append(CAVEAT)
    made = estimate_of(
        spec, compiled, got, setting, Further(resampled=tuple(resampled), notes=tuple(notes), extra=_counts(found))
    )
    return _with_difference(made, compiled, got, setting, found)


def _with_difference(made: Estimate, compiled: Compiled, got: Answer, setting: Setting, found: _Groups) -> Estimate:
    """The estimate with the difference as its third term; its degrees of freedom are its own where they are Satterthwaite's."""
    names = compiled.request.terms
    own = [names.index(n) for n in _pair(found)]
    rest = [j for j in range(len(names)) if j not in own]
    L = np.zeros((len(names) + 1, len(names)))
    L[0, own[0]] = L[1, own[1]] = L[2, own[0]] = 1.0
    L[2, own[1]] = -1.0
    L[np.arange(len(rest)) + 3, rest] = 1.0
    V = np.array([[_product(a, got.V, b) for b in L] for a in L])
    df = got.dfs[[own[0], own[1], own[0], *rest]].copy()
    covariance = compiled.request.covariance
    if isinstance(covariance, Clustered) and covariance.reference in ("satterthwaite", "bell_mccaffrey"):
        kinds: dict[str, Kind] = {"cr1": "cr0", "cr0": "cr0", "cr2": "cr2", "cr3": "cr3"}
        df[2] = satterthwaite(linearised(compiled.design, kinds[covariance.variant]), L[2])[0]
    order = (*_pair(found), "difference", *(names[j] for j in rest))
    terms = terms_of(order, L @ got.fit.coefficients, V, df, setting.defaults.level)
    return replace(made, terms=terms, covariance_matrix=V)


def _product(a: np.ndarray, V: np.ndarray, b: np.ndarray) -> float:
    """a'Vb where an element of V that is not defined counts only if a or b needs it."""
    left, right = np.flatnonzero(a), np.flatnonzero(b)
    return float(a[left] @ V[np.ix_(left, right)] @ b[right])


def _pair(found: _Groups) -> tuple[str, str]:
    """The focal slope's columns: of the other level, of the reference."""
    first, second = (f"{found.focal}:{found.group}::{level}" for level in found.levels)
    return first, second


def _counts(found: _Groups) -> dict[str, float]:
    units = found.used.codes(found.used.unit)
    sides = (found.first, ~found.first)
    return {f"units: {v}": float(len(np.unique(units[s]))) for v, s in zip(found.levels, sides, strict=True)}


def _compiled(spec: Heterogeneity, panel: Panel, setting: Setting) -> tuple[_Groups, Compiled]:
    found = _groups(spec, panel, setting)
    compiled = compile_model(_plain(spec), found.used, setting, formula=found.interacted, focal=_pair(found)[0])
    lost = set(compiled.dropped) & set(_pair(found))
    if lost:
        raise EstimationError(
            f"{', '.join(sorted(lost))} is left out as collinear: there is no difference to test",
            where=f"models.{spec.id}",
            mend="choose effects and controls that leave the slope some variation in both groups",
        )
    sample = sample_of(found.used, found.rows.positions, found.rows.drops, compiled.sample.clusters)
    return found, replace(compiled, sample=sample)


def _plain(spec: Heterogeneity) -> Heterogeneity:
    """The model on rows that were chosen already."""
    return replace(spec, years=None, where="", exclude={}, singletons="keep")


def _groups(spec: Heterogeneity, panel: Panel, setting: Setting) -> _Groups:
    no_instruments(spec)
    base = formula_of(spec)
    where = f"models.{spec.id}"
    names = [s.name for s in base.slopes if s.factors]
    focal = spec.focal or (names[0] if names else "")
    if focal not in names:
        raise EstimationError(
            f"'{focal}' is no slope of the formula", where=f"{where}.focal", mend=known_or_nearest(focal, names)
        )
    if any(s.levels_of for s in base.slopes):
        raise EstimationError(
            "i() cannot be interacted with the groups", where=f"{where}.formula", mend="absorb the category behind '|'"
        )
    for name in (spec.group, *([spec.strata] if spec.strata else [])):
        if name not in panel.names:
            raise EstimationError(
                f"there is no variable '{name}'", where=where, mend=known_or_nearest(name, panel.names)
            )
    effects = tuple(_own_effect(e, spec.group, panel) for e in base.absorb) or (Absorbed(factors=(spec.group,)),)
    with_group = replace(base, absorb=(*effects, Absorbed(factors=(spec.group,))), constant=False)
    rows = rows_of(spec, with_group, panel, setting)
    levels, labelled = _levels(spec, rows.panel, where)
    used, slopes = _interacted(base, spec.group, rows.panel, levels, labelled)
    return _Groups(
        used=used,
        base=base,
        interacted=replace(base, slopes=slopes, absorb=effects, constant=False),
        focal=focal,
        group=spec.group,
        levels=levels,
        first=labelled == levels[0],
        rows=rows,
    )


def _own_effect(effect: Absorbed, group: str, panel: Panel) -> Absorbed:
    """The effect of each group; one whose levels each lie in one group (the unit's) is its own already."""
    known = panel.codes(group) >= 0
    inner, outer = panel.codes(*effect.factors)[known], panel.codes(group)[known]
    if len(np.unique(np.column_stack([inner, outer]), axis=0)) == len(np.unique(inner)):
        return effect
    return replace(effect, factors=(*effect.factors, group))


def _levels(spec: Heterogeneity, rows: Panel, where: str) -> tuple[tuple[str, str], np.ndarray]:
    """Both levels as text, the reference last, and the level (n,) of every row."""
    values = rows.column(spec.group)
    shown = np.array([str(int(v)) if isinstance(v, float) and v == int(v) else str(v) for v in values.tolist()])
    levels = sorted(set(shown.tolist()))
    if len(levels) != 2:
        listed = ", ".join(levels[:5])
        raise EstimationError(
            f"'{spec.group}' has {counted(len(levels), 'levels')} in this sample ({listed}): two are compared",
            where=f"{where}.group",
            mend="make a variable of two levels, or choose two by `where`",
        )
    reference = spec.reference or levels[0]
    if reference not in levels:
        raise EstimationError(
            f"the reference '{reference}' is no level of '{spec.group}'",
            where=f"{where}.reference",
            mend=known_or_nearest(reference, levels),
        )
    units = rows.codes(rows.unit)
    if len(np.unique(np.column_stack([units, rows.codes(spec.group)]), axis=0)) > units.max() + 1:
        raise EstimationError(
            f"'{spec.group}' changes within a {rows.unit}",
            where=f"{where}.group",
            mend="take the level of a year before the sample: a group that answers to the treatment cannot be compared",
        )
    other = next(v for v in levels if v != reference)
    return (other, reference), shown


def _interacted(
    base: Formula, group: str, rows: Panel, levels: tuple[str, str], labelled: np.ndarray
) -> tuple[Panel, tuple[Slope, ...]]:
    columns: dict[str, np.ndarray] = {}
    made: list[Variable] = []
    for slope in base.slopes:
        values = np.prod([rows.column(f).astype("float64") for f in slope.factors], axis=0)
        for level in levels:
            name = f"{slope.name}:{group}::{level}"
            columns[name] = np.where(labelled == level, values, 0.0)
            origin = Origin(how=f"{slope.name} where {group} is {level}, else 0", inputs=(*slope.factors, group))
            made.append(Variable(name=name, measure="", label=Label(en=name, zh=name), origin=origin))
    return rows.extended(columns, made), tuple(Slope(factors=(name,)) for name in columns)


def _of_difference(spec: Heterogeneity, found: _Groups, setting: Setting) -> list[Resampled]:
    """The model's own resampling of the difference: the same regression written as x and x in the first group."""
    first, second = _pair(found)
    values = found.used.column(first) + found.used.column(second)
    whole = Variable(name="(both groups)", measure="", label=Label(), origin=Origin(how="both groups"))
    panel = found.used.extended({whole.name: values}, [whole])
    slopes = tuple(Slope(factors=(whole.name,)) if s.name == second else s for s in found.interacted.slopes)
    compiled = compile_model(
        _plain(spec), panel, setting, formula=replace(found.interacted, slopes=slopes), focal=first
    )
    skip = [n for n in compiled.design.names if n != first]
    return [replace(r, term="difference") for r in resample(compiled, setting, skip=skip).resampled]


def _permuted(spec: Heterogeneity, found: _Groups, setting: Setting, where: str) -> Resampled:
    design = compile_model(_plain(spec), found.used, setting, formula=found.base, focal=found.focal).design
    units = replace(design, clusters=(design.unit_codes,), cluster_names=(found.used.unit,))
    strata = strata_of(found.used, design.unit_codes, spec.strata, where) if spec.strata else None
    seed = child_seed(setting.seed, "labels")
    try:
        got = labels.permute_labels(cluster_rows(units), found.first.astype(np.intp), spec.draws, seed, strata)
    except ValueError as fault:
        raise EstimationError(str(fault), where=where, mend="choose groups that both determine the slopes") from fault
    within = f", within {spec.strata}" if spec.strata else ""
    lost = (
        f"; {counted(got.undefined, 'draws')} in which a group does not determine its slopes" if got.undefined else ""
    )
    blank = float("nan")
    return Resampled(
        term="difference",
        method="permutation of group labels",
        statistic=float(got.difference[design.focal]),
        p=float(got.p[design.focal]),
        low=blank,
        high=blank,
        draws=spec.draws - got.undefined,
        note=f"labels permuted across units{within}, group sizes kept{lost}; statistic: the difference itself",
    )


def prepare(spec: Heterogeneity, panel: Panel, setting: Setting) -> Design:
    """The arrays of the interacted regression; `focal` is the slope in the group that is not the reference."""
    return _compiled(spec, panel, setting)[1].design


def explain(spec: Heterogeneity) -> str:
    """What will be done, in words."""
    focal = spec.focal or next((s.name for s in formula_of(spec).slopes if s.factors), "")
    return (
        f"{equation(spec)}\nEvery slope and effect for both levels of {spec.group}; the difference of {focal} is tested in that"
        f" one regression, and by {spec.draws} permutations of the labels across units. {CAVEAT} {inference_words(spec)}"
    )


def _columns(spec: Heterogeneity) -> tuple[str, ...]:
    return columns_of(spec, spec.group, *([spec.strata] if spec.strata else []))


ESTIMATORS.register(
    EstimatorKind(
        name="heterogeneity",
        spec=Heterogeneity,
        summary="a slope compared between two groups of units, with permuted labels",
        confirmation="engine",
        columns=_columns,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
    )
)
