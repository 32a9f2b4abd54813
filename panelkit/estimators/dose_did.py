"""Difference-in-differences with a dose: two-way effects and a treatment path by unit and time. Event times live in event_study."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.formula import Formula, Slope
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Design, Permutation
from panelkit.core.spec import spec
from panelkit.core.variable import Origin, Variable
from panelkit.estimators._compile import Compiled, columns_of, compile_model, formula_of
from panelkit.estimators._convention import permutation_of
from panelkit.estimators._estimate import Further, estimate_of, treated_clusters, undetermined, withhold
from panelkit.estimators._events import bare_words
from panelkit.estimators._inference import answer
from panelkit.estimators._resample import permute, resample
from panelkit.estimators._words import equation, inference_words, no_instruments
from panelkit.numerics import joint

CAVEAT = (
    "The coefficient on a dose is a causal response only under strong parallel trends: units at a lower dose would have"
    " followed, at a higher one, the path of those that had it (Callaway, Goodman-Bacon and Sant'Anna 2024)."
)


@spec
class DoseDid(ModelSpec):
    """`kind = "dose_did"`: y ~ dose + controls | unit + time.

    Parameters
    ----------
    treatment : the slope that is the treatment; the first one unless named.
    scale : the dose enters as it is ('level'), or as ln(1 + dose), which a few units with very large doses do not govern.
    assignment : 'units' declares that whole treatment paths could have gone to other units, and only then is a permutation
        p given. strata : a fixed category within which they could.
    """

    kind: str = "dose_did"
    treatment: str = ""
    scale: Literal["level", "log1p"] = "level"
    assignment: Literal["units", ""] = ""
    strata: str = ""


def estimate(spec: DoseDid, panel: Panel, setting: Setting) -> Estimate:
    """Two-way fixed effects on the treatment path; withheld errors where one or two clusters are treated.

    Raises
    ------
    EstimationError
        Whatever the data do not allow, permutation inference without a declared assignment.

    Source
    ------
    Callaway, Goodman-Bacon and Sant'Anna (2024, doi:10.3386/w32117) on what the coefficient means; tests['symmetry'] where a dose
    falls somewhere: whether it takes off what as large a rise adds (rises and falls of the dose as two regressors).
    """
    panel = _scaled(spec, panel)
    compiled = _compiled(spec, panel, setting)
    method = permutation_of(spec, compiled.inference, spec.assignment, spec.strata)
    design, where = compiled.design, f"models.{spec.id}"
    got = answer(compiled, setting, where)
    name = design.names[design.focal]
    count = treated_clusters(compiled, design.regressors[:, design.focal] != 0)
    got, withheld = withhold(got, (name,), count)
    drawn = resample(compiled, setting, skip=undetermined(got))
    moved = permute(compiled, method, panel, setting, where) if method is not None else ()
    tests, said = _symmetry(spec, compiled, panel, setting)
    made = compiled.panel
    bare = bare_words(design.regressors[:, design.focal], made.column(made.time), made.unit)
    further = Further(
        resampled=(*drawn.resampled, *moved),
        tests=tests,
        notes=(*drawn.notes, CAVEAT, *bare, *said, *withheld),
        extra={"treated_clusters": float(count)},
    )
    return estimate_of(spec, compiled, got, setting, further)


def treatment_of(spec: DoseDid) -> str:
    """The name of the treatment.

    Raises
    ------
    EstimationError
        If it is no slope of the formula.
    """
    slopes = [s.name for s in formula_of(spec).slopes if s.factors]
    name = spec.treatment or (slopes[0] if slopes else "")
    if name not in slopes:
        raise EstimationError(
            f"the treatment '{name}' is no regressor of the formula",
            where=f"models.{spec.id}.treatment",
            mend=known_or_nearest(name, slopes),
        )
    return name


def _scaled_name(spec: DoseDid) -> str:
    """The treatment as it enters the equation."""
    name = treatment_of(spec)
    return name if spec.scale == "level" else f"ln(1 + {name})"


def _formula(spec: DoseDid, panel: Panel, *instead: str) -> Formula:
    """The equation with the treatment as it enters, or with other columns in its place."""
    base, name = formula_of(spec, panel), treatment_of(spec)
    own = tuple(Slope(factors=(n,)) for n in instead or (_scaled_name(spec),))
    return (
        base
        if not instead and spec.scale == "level"
        else replace(base, slopes=tuple(s for slope in base.slopes for s in (own if slope.name == name else (slope,))))
    )


def _scaled(spec: DoseDid, panel: Panel) -> Panel:
    """The panel with ln(1 + dose), where the dose enters so.

    Raises
    ------
    EstimationError
        If the dose is a product, unknown, or below zero somewhere.
    """
    name = treatment_of(spec)
    if spec.scale == "level":
        return panel
    where = f"models.{spec.id}.treatment"
    if ":" in name or name not in panel.names:
        mend = "name one variable" if ":" in name else known_or_nearest(name, panel.names)
        raise EstimationError(f"ln(1 + dose) is not made of '{name}'", where=where, mend=mend)
    dose = panel.column(name).astype("float64")
    if (dose < 0).any():
        raise EstimationError(
            f"'{name}' is below zero in {counted(int((dose < 0).sum()), 'rows')}",
            where=where,
            mend='take scale = "level"',
        )
    known = panel.variable(name)
    label = Label(en=f"ln(1 + {known.label.to('en') or name})", zh=f"ln(1+{known.label.to('zh') or name})")
    origin = Origin(how="ln(1 + dose)", inputs=(name,))
    made = Variable(name=_scaled_name(spec), measure="", label=label, origin=origin)
    return panel.extended({made.name: np.log1p(dose)}, [made])


def _symmetry(
    spec: DoseDid, compiled: Compiled, panel: Panel, setting: Setting
) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    """Where the dose falls: how often, and the test that a fall takes off what a rise adds."""
    made = compiled.panel
    name = compiled.design.names[compiled.design.focal]
    units, dose = made.codes(made.unit), made.column(name).astype("float64")
    order = np.lexsort((made.column(made.time), units))
    same = np.r_[False, units[order][1:] == units[order][:-1]]
    step = np.where(same, np.diff(dose[order], prepend=dose[order][0]), 0.0)
    falls = int((step < 0).sum())
    if not falls:
        return {}, ()
    lost = len(np.unique(units[order][step < 0]))
    said = (
        f"{name} falls in {counted(falls, 'rows')} of {counted(lost, 'units')}: the treatment is not absorbing, "
        "and the coefficient takes a fall for a rise"
        " with the other sign, without memory."
    )
    parts = {}
    for part, moved in (("rises", np.maximum(step, 0.0)), ("falls", np.maximum(-step, 0.0))):
        total = np.cumsum(moved)
        first = np.flatnonzero(~same)
        column = np.empty(made.rows)
        column[order] = total - np.repeat(total[first], np.diff(np.r_[first, made.rows]))
        parts[f"{name}, {part}"] = column
    variables = [
        Variable(name=n, measure="", label=Label(en=n), origin=Origin(how="cumulated", inputs=())) for n in parts
    ]
    try:
        inner = replace(spec, years=None, where="", exclude={})
        two = compile_model(inner, made.extended(parts, variables), setting, formula=_formula(spec, panel, *parts))
        got = answer(two, setting, f"models.{spec.id}")
        index = [two.request.terms.index(n) for n in parts]
        sum_ = float(got.fit.coefficients[index].sum())
        test = joint.wald(np.array([sum_]), np.array([[got.V[np.ix_(index, index)].sum()]]), got.df)
    except (EstimationError, ValueError) as fault:
        return {}, (f"{said} Whether both are as large is not tested: {str(fault).splitlines()[0]}.",)
    up, down = got.fit.coefficients[index]
    found = {"statistic": test.statistic, "df1": float(test.df1), "df2": float(test.df2), "p": test.p}
    return {"symmetry": found}, (
        f"{said} Rises alone: {up:.4g}; falls alone: {down:.4g}; equal but for the sign: p = {test.p:.3f}.",
    )


def _compiled(spec: DoseDid, panel: Panel, setting: Setting) -> Compiled:
    no_instruments(spec)
    name = _scaled_name(spec)
    if spec.strata and spec.strata not in panel.names:
        raise EstimationError(
            f"there is no variable '{spec.strata}'",
            where=f"models.{spec.id}.strata",
            mend=known_or_nearest(spec.strata, panel.names),
        )
    compiled = compile_model(spec, panel, setting, formula=_formula(spec, panel), focal=name)
    if name in compiled.dropped:
        raise EstimationError(
            f"the treatment is left out: {' '.join(n for n in compiled.notes if n.startswith(name))}",
            where=f"models.{spec.id}",
            mend="choose effects that leave the treatment some variation",
        )
    return compiled


def prepare(spec: DoseDid, panel: Panel, setting: Setting) -> Design:
    """The arrays of the regression; `focal` is the treatment, `paths` its path in every unit."""
    return _compiled(spec, _scaled(spec, panel), setting).design


def explain(spec: DoseDid) -> str:
    """What will be done, in words."""
    said = f" Whole paths of {treatment_of(spec)} are permuted across units{f' within {spec.strata}' if spec.strata else ''}."
    return f"{equation(spec)}\nTreatment: {_scaled_name(spec)}. {CAVEAT} {inference_words(spec)}{said if spec.assignment else ''}"


def _columns(spec: DoseDid) -> tuple[str, ...]:
    strata = spec.inference.strata if isinstance(spec.inference, Permutation) else ""
    return columns_of(spec, *(s for s in (spec.strata, strata) if s))


ESTIMATORS.register(
    EstimatorKind(
        name="dose_did",
        spec=DoseDid,
        summary="two-way fixed effects on a treatment path (dose)",
        confirmation="engine",
        columns=_columns,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
        checks=("support",),
    )
)
