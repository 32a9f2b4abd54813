"""From a model's specification to one regression on one sample: request, rows, collinearity, design. Nothing is estimated here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Sample
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.expression import names_in, parse_expression
from panelkit.core.formula import Formula, parse_formula
from panelkit.core.panel import Panel
from panelkit.core.request import Clustered, Covariance, Design, Inference, Regression, covariance_columns
from panelkit.estimators import _leave_out
from panelkit.estimators._columns import Layout, lay_out, needed, refuse_bad_names, unit_or_parts, with_units
from panelkit.estimators._convention import asked_covariance, resolve
from panelkit.estimators._sample import sample_of, select_rows
from panelkit.numerics.projection import Absorber, absorber, collinear


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """One regression, ready for an engine.

    panel : the sample's rows and no other, with every made column. request : its covariance is resolved. dropped :
    collinear columns left out, by name.
    """

    request: Regression
    panel: Panel
    sample: Sample
    design: Design
    inference: Inference
    dropped: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of a model before its columns are made: panel of just these rows, positions, drops, clusters."""

    panel: Panel
    positions: np.ndarray
    drops: tuple
    clusters: tuple[str, ...]


def formula_of(spec: ModelSpec, panel: Panel | None = None) -> Formula:
    """The model's equation, on a panel with its units for all their parts. Raises StudyError where it is none."""
    formula = parse_formula(spec.formula, where=f"models.{spec.id}.formula")
    return formula if panel is None else with_units(formula, panel)


def columns_of(spec: ModelSpec, *further: str) -> tuple[str, ...]:
    """Every name of a variable that a model needs, for validation before any data are read."""
    formula = formula_of(spec)
    names = [*formula.names, *further, spec.weights, *(spec.cluster.split("^") if spec.cluster else ())]
    names += covariance_columns(spec.covariance)
    if spec.where:
        names += names_in(parse_expression(spec.where, where=f"models.{spec.id}.where"))
    return tuple(dict.fromkeys(n for n in names if n))


def rows_of(spec: ModelSpec, formula: Formula, panel: Panel, setting: Setting) -> Rows:
    """The rows a model uses.

    Raises
    ------
    EstimationError
        Unknown names, bad cells, an empty sample.
    """
    clusters = cluster_names(spec, panel, setting)
    refuse_bad_names(formula, spec, panel, clusters)
    singletons = spec.singletons or setting.defaults.singletons
    positions, drops = select_rows(spec, formula, panel, clusters, singletons)
    return Rows(panel=panel.take(positions), positions=positions, drops=drops, clusters=clusters)


def cluster_names(spec: ModelSpec, panel: Panel, setting: Setting) -> tuple[str, ...]:
    """The cluster variables: those of the covariance, else the model's, else the unit's first key; resampling needs one in any case."""
    asked = asked_covariance(spec, setting)
    named = asked.by if isinstance(asked, Clustered) else ()
    return tuple("^".join(unit_or_parts(n, panel)) for n in named or (spec.cluster or panel.place,))


def compile_model(
    spec: ModelSpec, panel: Panel, setting: Setting, *, formula: Formula | None = None, focal: str = "", mend: str = ""
) -> Compiled:
    """One regression of `spec` on `panel`.

    Parameters
    ----------
    formula : takes the place of the model's own (a step of a method of several steps).
    focal : name of the coefficient of interest; the first one unless named.
    mend : what to say to a collinear column, beside leaving it out.

    Raises
    ------
    EstimationError
        Whatever the data do not allow; StudyError where the formula is none.
    """
    equation = with_units(formula or formula_of(spec), panel)
    rows = rows_of(spec, equation, panel, setting)
    made, layout = lay_out(equation, spec, rows.panel, rows.clusters)
    if not layout.slopes and not layout.endogenous and not layout.constant:
        raise EstimationError(
            "there is nothing to estimate: effects only", where=f"models.{spec.id}", mend="name a regressor before '|'"
        )
    weights = made.column(layout.weights).astype("float64") if layout.weights else None
    effects = _effects_of(made, layout, weights)
    layout, dropped, notes = _without_collinear(spec, made, layout, effects, setting, mend)
    groups = {name: int(made.codes(name).max()) + 1 for name in rows.clusters}
    covariance, inference, why = resolve(spec, setting, groups)
    clustered = groups if isinstance(covariance, Clustered) else {}
    _refuse_single(spec, clustered)
    request = _request(spec, layout, covariance)
    sample = sample_of(made, rows.positions, rows.drops, clustered)
    return Compiled(
        request=request,
        panel=made,
        sample=sample,
        design=replace(_design(request, made, rows, effects, focal, panel), keys_digest=sample.keys_digest),
        inference=inference,
        dropped=dropped,
        notes=(*notes, *why),
    )


def _refuse_single(spec: ModelSpec, groups: dict[str, int]) -> None:
    for name, count in groups.items():
        if count < 2:
            raise EstimationError(
                f"'{name}' has a single cluster in this sample: clustered errors need two or more",
                where=f"models.{spec.id}",
                mend='cluster on a finer category, or set covariance = { kind = "robust" }',
            )


def _request(spec: ModelSpec, layout: Layout, covariance: Covariance) -> Regression:
    return Regression(
        estimator="two_stage_least_squares" if layout.endogenous else "least_squares",
        outcome=layout.outcome,
        slopes=layout.slopes,
        absorb=layout.absorb,
        varying_slopes=layout.varying_slopes,
        endogenous=layout.endogenous,
        instruments=layout.instruments,
        constant=layout.constant,
        weights=layout.weights,
        weight_kind=spec.weight_kind,
        covariance=covariance,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effects:
    """The absorbed effects of a sample: codes, trends as (index of the effect, variable), weights, and the projection off them."""

    codes: tuple[np.ndarray, ...]
    slopes: tuple[tuple[int, np.ndarray], ...]
    weights: np.ndarray | None
    absorber: Absorber


def _effects_of(made: Panel, layout: Layout, weights: np.ndarray | None) -> _Effects:
    codes = tuple(made.codes(name) for name in layout.absorb)
    slopes = tuple((layout.absorb.index(e), made.column(v).astype("float64")) for e, v in layout.varying_slopes)
    return _Effects(codes=codes, slopes=slopes, weights=weights, absorber=absorber(codes, weights, slopes))


def _design(request: Regression, made: Panel, rows: Rows, effects: _Effects, focal: str, whole: Panel) -> Design:
    constant = [np.ones(made.rows)] if request.constant else []
    columns = constant + [made.column(n).astype("float64") for n in (*request.endogenous, *request.slopes)]
    instruments = [made.column(n).astype("float64") for n in request.instruments]
    first = min(len(constant), len(request.terms) - 1)
    design = Design(
        names=request.terms,
        outcome=made.column(request.outcome).astype("float64"),
        regressors=np.column_stack(columns),
        endogenous=tuple(len(constant) + j for j in range(len(request.endogenous))),
        instruments=np.column_stack(instruments) if instruments else None,
        absorber=effects.absorber,
        effects=effects.codes,
        effect_names=request.absorb,
        varying_slopes=effects.slopes,
        clusters=tuple(made.codes(c) for c in rows.clusters),
        cluster_names=rows.clusters,
        unit_codes=made.codes(made.unit),
        time_codes=made.codes(made.time),
        weights=effects.weights,
        focal=request.terms.index(focal) if focal in request.terms else first,
    )
    leave_out: Callable[[], object] = lambda: _leave_out.jackknife(design)  # noqa: E731
    return replace(design, leave_out=leave_out, paths=_paths(design, made, rows.positions, whole))


def _paths(design: Design, made: Panel, positions: np.ndarray, whole: Panel) -> np.ndarray:
    """(units, periods) of the focal variable, from the whole panel where it is a variable there; NaN where unknown."""
    name = design.names[design.focal]
    paths = np.full((int(design.unit_codes.max()) + 1, int(design.time_codes.max()) + 1), np.nan)
    if name in whole.names and name not in (whole.unit, whole.time):
        units, times = whole.codes(whole.unit), whole.codes(whole.time)
        own_units, own_times = np.full(int(units.max()) + 1, -1), np.full(int(times.max()) + 1, -1)
        own_units[units[positions]], own_times[times[positions]] = design.unit_codes, design.time_codes
        rows, columns = own_units[units], own_times[times]
        there = (rows >= 0) & (columns >= 0)
        paths[rows[there], columns[there]] = whole.column(name)[there]
    elif name in made.names:
        paths[design.unit_codes, design.time_codes] = made.column(name)
    return paths


def _without_collinear(
    spec: ModelSpec, made: Panel, layout: Layout, off: _Effects, setting: Setting, mend: str
) -> tuple[Layout, tuple[str, ...], tuple[str, ...]]:
    """The layout without what is absorbed or a combination, the names left out, and a note on each."""
    names = [*layout.slopes, *layout.endogenous, *layout.instruments]
    if not names:
        return layout, (), ()
    root = np.ones(made.rows) if off.weights is None else np.sqrt(off.weights)
    raw = np.column_stack([made.column(n).astype("float64") for n in names])
    mean = [np.zeros(made.rows, dtype=np.int64)]
    project = absorber(mean, off.weights) if layout.constant else off.absorber
    left = project.residualise(raw) * root[:, None]
    _refuse_still_outcome(spec, made, layout, project, root)
    raw = raw * root[:, None]
    bad = collinear(left, raw)
    exogenous = len(layout.slopes) + len(layout.endogenous)
    # instruments are judged beside the exogenous regressors alone
    own = [j for j in bad if j < exogenous]
    kept = [j for j in range(len(layout.slopes)) if j not in own]
    tail = list(range(exogenous, len(names)))
    if tail:
        order = [*kept, *tail]
        own += [order[j] for j in collinear(left[:, order], raw[:, order]) if order[j] >= exogenous]
    if not own:
        return layout, (), ()
    reasons = {names[j]: _why(j, own, names, left, made, layout) for j in own}
    if (spec.collinear or setting.defaults.collinear) == "refuse" or set(reasons) & set(layout.endogenous):
        said = "; ".join(f"'{n}' {why}" for n, why in reasons.items())
        advice = f'leave {_listed(reasons)} out, or set collinear = "drop" to have that done and said'
        raise EstimationError(f"{said}", where=f"models.{spec.id}", mend=f"{mend}; or {advice}" if mend else advice)
    reduced = replace(
        layout,
        slopes=tuple(n for n in layout.slopes if n not in reasons),
        instruments=tuple(n for n in layout.instruments if n not in reasons),
    )
    _refuse_nothing_left(spec, layout, reduced, reasons)
    return reduced, tuple(reasons), tuple(f"{n} is left out: it {why}." for n, why in reasons.items())


def _refuse_nothing_left(spec: ModelSpec, before: Layout, after: Layout, reasons: dict[str, str]) -> None:
    if before.slopes and not after.slopes and not after.endogenous:
        said = "; ".join(f"'{n}' {why}" for n, why in reasons.items())
        raise EstimationError(
            f"no regressor is left: {said}",
            where=f"models.{spec.id}",
            mend="choose regressors that vary within the effects",
        )
    if len(after.instruments) < len(after.endogenous):
        raise EstimationError(
            f"{counted(len(after.instruments), 'instruments are')} left for {counted(len(after.endogenous), 'endogenous regressors')}",
            where=f"models.{spec.id}",
            mend="choose instruments that vary within the effects and are no combination of the controls",
        )


def _refuse_still_outcome(spec: ModelSpec, made: Panel, layout: Layout, project: Absorber, root: np.ndarray) -> None:
    outcome = made.column(layout.outcome).astype("float64")
    left = project.residualise(outcome[:, None])
    if layout.absorb and collinear(left * root[:, None], outcome[:, None] * root[:, None]):
        raise EstimationError(
            f"nothing of the outcome '{layout.outcome}' is left after the effects {' + '.join(layout.absorb)}",
            where=f"models.{spec.id}",
            mend="choose an outcome that varies within the effects, or fewer effects",
        )


def _why(j: int, bad: list[int], names: list[str], left: np.ndarray, made: Panel, layout: Layout) -> str:
    """Why a column adds nothing, in words."""
    column = made.column(names[j]).astype("float64")
    if np.ptp(column) == 0:
        return f"is {column[0]:g} in every row"
    beside = f" beside the effects {' + '.join(layout.absorb)}" if layout.absorb else ""
    for effect in layout.absorb:
        codes = made.codes(effect)
        low, high = np.full(codes.max() + 1, np.inf), np.full(codes.max() + 1, -np.inf)
        np.minimum.at(low, codes, column)
        np.maximum.at(high, codes, column)
        if ((high - low) <= 1e-12 * np.maximum(np.abs(low), np.abs(high))).all():
            return f"is constant within {effect}, so the effect absorbs it"
    earlier = [i for i in range(len(names)) if i not in bad and i < j]
    size = np.linalg.norm(left[:, earlier], axis=0)
    weight = np.linalg.lstsq(left[:, earlier] / size, left[:, j], rcond=None)[0] / size if earlier else np.zeros(0)
    scale = float(np.linalg.norm(left[:, j]))
    parts = [
        f"{weight[i]:.6g} {names[e]}"
        for i, e in enumerate(earlier)
        if abs(weight[i]) * size[i] > 1e-7 * max(scale, 1e-300)
    ]
    if not parts or scale <= 1e-9 * np.linalg.norm(column - column.mean()):
        return f"is a combination of the effects {' + '.join(layout.absorb)}" if layout.absorb else "is constant"
    if len(parts) > 4:
        return f"is an exact combination of {counted(len(parts), 'other columns')} ({', '.join(names[e] for e in earlier[:3])} ...){beside}"
    return f"is an exact combination of other columns: {names[j]} = {' + '.join(parts).replace('+ -', '- ')}{beside}"


def _listed(names: dict[str, str]) -> str:
    return ", ".join(f"'{n}'" for n in names)


__all__ = ["Compiled", "Rows", "cluster_names", "columns_of", "compile_model", "formula_of", "needed", "rows_of"]
