"""Fixed-effects threshold model: slopes that switch where a variable crosses a level (Hansen 1999). The search: numerics.threshold."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate, Resampled, Term
from panelkit.core.estimation import Setting
from panelkit.core.formula import Formula, Slope
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Clustered, Design
from panelkit.core.variable import Origin, Variable
from panelkit.estimators import _threshold_words as words
from panelkit.estimators._columns import is_category, with_units
from panelkit.estimators._compile import Compiled, Rows, columns_of, compile_model, formula_of, rows_of
from panelkit.estimators._convention import permutation_of
from panelkit.estimators._covariance import linearised
from panelkit.estimators._estimate import Further, estimate_of, undetermined
from panelkit.estimators._inference import Answer, answer, terms_of
from panelkit.estimators._resample import resample
from panelkit.estimators._sample import sample_of
from panelkit.estimators._threshold import Searched, searched
from panelkit.estimators._threshold_spec import Threshold, fault, faults_of
from panelkit.estimators._words import no_instruments
from panelkit.numerics.cr2 import Kind, satterthwaite

ROUTE = 1e-8  # relative: the engine's sum of squares at the thresholds against that of the search
NAMED = {"blocks": "errors of whole units", "wild": "signs by cluster"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """The sample with a column for each switching slope and regime, what was searched, and the regression at its thresholds."""

    used: Panel
    rows: Rows
    search: Searched
    compiled: Compiled


def estimate(spec: Threshold, panel: Panel, setting: Setting) -> Estimate:
    """Terms `x:regime::1` ..., then `x:step::1` (regime 2 less regime 1) ..., then the controls; the thresholds in `records`.

    Slopes have the model's covariance with the thresholds as given; the p of a step is that of the test of its threshold, since
    under equal slopes there is none. `records`: thresholds, threshold_sets (their pieces), regimes, threshold_ratios (the curve).

    Raises
    ------
    EstimationError
        Whatever the data do not allow.

    Source
    ------
    Hansen (1999, doi:10.1016/S0304-4076(99)00025-1); Stata `xthreg` (Wang 2015), with exact candidates and another refinement: see
    `numerics.threshold.find`. Slopes given the threshold: its error does not matter for them in large samples (Hansen 1999, 3.5).
    """
    where = f"models.{spec.id}"
    ready = _ready(spec, panel, setting)
    compiled, search = ready.compiled, ready.search
    permutation_of(spec, compiled.inference, "", "")
    got = answer(compiled, setting, where)
    drawn = resample(compiled, setting, skip=undetermined(got))
    gap = abs(got.fit.rss - search.found.ssr) / search.found.ssr
    made = estimate_of(
        spec,
        compiled,
        got,
        setting,
        Further(
            resampled=drawn.resampled,
            tests={**search.tests(len(spec.switching)), "route": {"difference": gap * got.fit.rss}},
            notes=(*words.notes(spec, search, ready.used), *drawn.notes, _route(gap, len(search.found.thresholds))),
            extra=search.extra(),
        ),
    )
    return replace(
        _with_steps(spec, made, got, ready, setting),
        confirmation="route",
        records=search.records(spec.threshold),
    )


def _route(gap: float, count: int) -> str:
    said = f"agrees with the search to {ROUTE:.0e}" if gap <= ROUTE else f"DOES NOT AGREE with the search, {gap:.1e}"
    at = "the threshold" if count == 1 else f"the {counted(count, 'thresholds')}"
    return f"By route: the regression refitted by the engine at {at} {said} of the sum of squares."


# ---------------------------------------------------------------- rows, search, regression


def _ready(spec: Threshold, panel: Panel, setting: Setting) -> _Ready:
    base = _checked(spec, panel)
    with_q = base if spec.threshold in base.names else _more(base, spec.threshold)
    rows = rows_of(spec, with_q, panel, setting)
    _refuse_constant(spec, rows.panel)
    linear = compile_model(_plain(spec), rows.panel, setting, formula=base)
    lost = [n for n in spec.switching if n in linear.dropped]
    if lost:
        raise EstimationError(
            f"{', '.join(lost)} is left out as collinear: there is no slope to switch",
            where=f"models.{spec.id}.switching",
            mend="choose effects and controls that leave it some variation",
        )
    search = searched(spec, linear, setting)
    regimes = np.searchsorted(np.asarray(search.found.thresholds), search.q, side="left")
    used, formula = _with_regimes(spec, base, rows.panel, regimes, len(search.found.thresholds) + 1)
    focal = f"{spec.switching[0]}:regime::{len(search.found.thresholds) + 1}"
    compiled = compile_model(_plain(spec), used, setting, formula=formula, focal=focal)
    gone = [n for n in compiled.dropped if "regime::" in n]
    if gone:
        raise EstimationError(
            f"{', '.join(gone)} is left out as collinear: that regime does not determine its slope",
            where=f"models.{spec.id}",
            mend="raise `trim`, or take fewer thresholds or effects",
        )
    sample = sample_of(used, rows.positions, rows.drops, compiled.sample.clusters)
    dropped = tuple(dict.fromkeys([*linear.dropped, *compiled.dropped]))
    compiled = replace(compiled, sample=sample, dropped=dropped)
    return _Ready(used=used, rows=rows, search=search, compiled=compiled)


def _more(base: Formula, name: str) -> Formula:
    """The equation with one variable more, for the choice of rows."""
    return replace(base, slopes=(*base.slopes, Slope(factors=(name,))))


def _plain(spec: Threshold) -> Threshold:
    """The model on rows that were chosen already."""
    return replace(spec, years=None, where="", exclude={}, singletons="keep")


def _checked(spec: Threshold, panel: Panel) -> Formula:
    """The equation, every fault of the declaration told at once."""
    no_instruments(spec)
    base = formula_of(spec)
    faults = faults_of(spec)
    if spec.threshold in panel.names and is_category(panel, spec.threshold):
        mend = "take a variable with a scale; groups are compared by kind 'heterogeneity'"
        faults.append(fault(spec, "threshold", f"'{spec.threshold}' is a category: it has no level to cross", mend))
    if spec.threshold not in panel.names:
        mend = known_or_nearest(spec.threshold, panel.names)
        faults.append(fault(spec, "threshold", f"there is no variable '{spec.threshold}'", mend))
    if faults:
        raise EstimationError(faults=faults)
    return base


def _refuse_constant(spec: Threshold, rows: Panel) -> None:
    values = rows.column(spec.threshold).astype("float64")
    if np.ptp(values) == 0:
        raise EstimationError(
            f"'{spec.threshold}' is {values[0]:g} in every row: it has no level to cross",
            where=f"models.{spec.id}.threshold",
            mend="take a variable that differs between rows",
        )


def _with_regimes(
    spec: Threshold, base: Formula, rows: Panel, regimes: np.ndarray, count: int
) -> tuple[Panel, Formula]:
    """The rows with a column for each switching slope and regime, and the equation in these columns."""
    columns: dict[str, np.ndarray] = {}
    made: list[Variable] = []
    slopes: list[Slope] = []

    def add(name: str, values: np.ndarray, inputs: tuple[str, ...]) -> None:
        if name in rows.names:
            raise EstimationError(f"'{name}' is taken", where=f"models.{spec.id}", mend="rename that variable")
        columns[name] = values
        origin = Origin(how="in one regime, else 0", inputs=(*inputs, spec.threshold))
        made.append(Variable(name=name, measure="", label=Label(en=name, zh=name), origin=origin))
        slopes.append(Slope(factors=(name,)))

    for slope in base.slopes:
        if slope.name not in spec.switching:
            slopes.append(slope)
            continue
        values = np.prod([rows.column(f).astype("float64") for f in slope.factors], axis=0)
        for regime in range(count):
            add(f"{slope.name}:regime::{regime + 1}", np.where(regimes == regime, values, 0.0), slope.factors)
    for regime in range(1, count if spec.intercept == "switches" else 1):
        add(f"regime::{regime + 1}", (regimes == regime).astype("float64"), ())
    return rows.extended(columns, made), replace(base, slopes=tuple(slopes))


# ---------------------------------------------------------------- terms


def _with_steps(spec: Threshold, made: Estimate, got: Answer, ready: _Ready, setting: Setting) -> Estimate:
    """The estimate with the change of each slope at each threshold; its p is that of the test of the threshold."""
    names = list(got.request.terms)
    count = len(ready.search.found.thresholds)
    order: list[str] = []
    rows: list[np.ndarray] = []
    for name in names:
        order.append(name)
        rows.append(_unit(names, name))
        head, _, regime = name.rpartition(":regime::")
        if head in spec.switching and int(regime) == count + 1:
            for j in range(1, count + 1):
                order.append(f"{head}:step::{j}")
                rows.append(_unit(names, f"{head}:regime::{j + 1}") - _unit(names, f"{head}:regime::{j}"))
    L = np.array(rows)
    V = np.array([[_product(a, got.V, b) for b in L] for a in L])
    df = np.array([_degrees(row, got, ready.compiled) for row in L])
    terms = terms_of(tuple(order), L @ got.fit.coefficients, V, df, setting.defaults.level)
    steps = [_tested(t, ready.search) if ":step::" in t.name else t for t in terms]
    drawn = []
    for term in (t for t in steps if ":step::" in t.name and not np.isnan(t.p)):
        drawn += [_of_step(term, ready.search), *_step_resampled(spec, term.name, ready, setting)]
    return replace(made, terms=tuple(steps), covariance_matrix=V, resampled=(*made.resampled, *drawn))


def _unit(names: list[str], name: str) -> np.ndarray:
    return np.array([1.0 if n == name else 0.0 for n in names])


def _product(a: np.ndarray, V: np.ndarray, b: np.ndarray) -> float:
    """a'Vb where an element of V that is not defined counts only if a or b needs it."""
    left, right = np.flatnonzero(a), np.flatnonzero(b)
    return float(a[left] @ V[np.ix_(left, right)] @ b[right])


def _degrees(row: np.ndarray, got: Answer, compiled: Compiled) -> float:
    """Degrees of freedom of a combination: those of its coefficients, of Satterthwaite its own."""
    covariance = compiled.request.covariance
    if np.count_nonzero(row) > 1 and isinstance(covariance, Clustered):
        own = covariance.reference in ("satterthwaite", "bell_mccaffrey")
        if own or (covariance.variant == "cr2" and covariance.reference == "t"):
            kinds: dict[str, Kind] = {"cr1": "cr0", "cr0": "cr0", "cr2": "cr2", "cr3": "cr3"}
            return float(satterthwaite(linearised(compiled.design, kinds[covariance.variant]), row)[0])
    return float(got.dfs[np.flatnonzero(row)].min())


def _tested(term: Term, search: Searched) -> Term:
    return replace(term, p=search.p_of(int(term.name.rpartition("::")[2])))


def _step_resampled(spec: Threshold, step: str, ready: _Ready, setting: Setting) -> list[Resampled]:
    """The model's own resampling of a change: the same regression with the lower regime's column taken over both."""
    if not setting.resample:
        return []
    head, _, number = step.rpartition(":step::")
    lower, upper = f"{head}:regime::{number}", f"{head}:regime::{int(number) + 1}"
    panel = ready.compiled.panel
    whole = Variable(name="(both regimes)", measure="", label=Label(), origin=Origin(how="both regimes"))
    panel = panel.extended({whole.name: panel.column(lower) + panel.column(upper)}, [whole])
    slopes = tuple(
        Slope(factors=(whole.name,)) if n == lower else Slope(factors=(n,)) for n in ready.compiled.request.slopes
    )
    formula = replace(with_units(formula_of(spec), panel), slopes=slopes)
    compiled = compile_model(_plain(spec), panel, setting, formula=formula, focal=upper)
    skip = [n for n in compiled.design.names if n != upper]
    return [replace(r, term=step) for r in resample(compiled, setting, skip=skip).resampled]


def _of_step(term: Term, search: Searched) -> Resampled:
    number = int(term.name.rpartition("::")[2])
    none = float("nan")
    return Resampled(
        term=term.name,
        method=f"threshold bootstrap, {NAMED[search.draws.bootstrap]}",
        statistic=search.statistic_of(number),
        p=term.p,
        low=none,
        high=none,
        draws=search.draws.draws,
        note="F of its threshold, since under equal slopes there is none",
    )


def prepare(spec: Threshold, panel: Panel, setting: Setting) -> Design:
    """The arrays of the regression at the thresholds found; `focal` is the first switching slope in the highest regime."""
    return _ready(spec, panel, setting).compiled.design


def explain(spec: Threshold) -> str:
    """What will be done, in words, English and Chinese."""
    return words.explained(spec)


def _columns(spec: Threshold) -> tuple[str, ...]:
    return columns_of(spec, spec.threshold)


ESTIMATORS.register(
    EstimatorKind(
        name="threshold",
        spec=Threshold,
        summary="slopes that switch where a variable crosses an estimated level (Hansen's fixed-effects threshold)",
        confirmation="route",
        columns=_columns,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
        checks=("threshold_effect",),
        faults=lambda spec, _: faults_of(spec),
    )
)
