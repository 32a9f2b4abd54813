"""Difference-in-differences with a dose: two-way effects and a treatment path by unit and time. Event times live in event_study."""

from __future__ import annotations

from typing import Literal

from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Design, Permutation
from panelkit.core.spec import spec
from panelkit.estimators._compile import Compiled, columns_of, compile_model, formula_of
from panelkit.estimators._convention import permutation_of
from panelkit.estimators._estimate import Further, estimate_of, treated_clusters, undetermined, withhold
from panelkit.estimators._inference import answer
from panelkit.estimators._resample import permute, resample
from panelkit.estimators._words import equation, inference_words, no_instruments

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
    assignment : 'units' declares that whole treatment paths could have gone to other units, and only then is a permutation
        p given. strata : a fixed category within which they could.
    """

    kind: str = "dose_did"
    treatment: str = ""
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
    Callaway, Goodman-Bacon and Sant'Anna (2024, doi:10.3386/w32117) on what the coefficient means.
    """
    compiled = _compiled(spec, panel, setting)
    method = permutation_of(spec, compiled.inference, spec.assignment, spec.strata)
    design, where = compiled.design, f"models.{spec.id}"
    got = answer(compiled, setting, where)
    name = design.names[design.focal]
    count = treated_clusters(compiled, design.regressors[:, design.focal] != 0)
    got, withheld = withhold(got, (name,), count)
    drawn = resample(compiled, setting, skip=undetermined(got))
    moved = permute(compiled, method, panel, setting, where) if method is not None else ()
    further = Further(
        resampled=(*drawn.resampled, *moved),
        notes=(*drawn.notes, CAVEAT, *withheld),
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


def _compiled(spec: DoseDid, panel: Panel, setting: Setting) -> Compiled:
    no_instruments(spec)
    name = treatment_of(spec)
    if spec.strata and spec.strata not in panel.names:
        raise EstimationError(
            f"there is no variable '{spec.strata}'",
            where=f"models.{spec.id}.strata",
            mend=known_or_nearest(spec.strata, panel.names),
        )
    compiled = compile_model(spec, panel, setting, focal=name)
    if name in compiled.dropped:
        raise EstimationError(
            f"the treatment is left out: {' '.join(n for n in compiled.notes if n.startswith(name))}",
            where=f"models.{spec.id}",
            mend="choose effects that leave the treatment some variation",
        )
    return compiled


def prepare(spec: DoseDid, panel: Panel, setting: Setting) -> Design:
    """The arrays of the regression; `focal` is the treatment, `paths` its path in every unit."""
    return _compiled(spec, panel, setting).design


def explain(spec: DoseDid) -> str:
    """What will be done, in words."""
    said = f" Whole paths of {treatment_of(spec)} are permuted across units{f' within {spec.strata}' if spec.strata else ''}."
    return f"{equation(spec)}\nTreatment: {treatment_of(spec)}. {CAVEAT} {inference_words(spec)}{said if spec.assignment else ''}"


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
