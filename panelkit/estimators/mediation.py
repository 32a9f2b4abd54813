"""Effect on the mediator and indirect effect a x b with a cluster bootstrap, linear. Sensitivity to confounding is not measured here."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.digest import child_seed
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate, Resampled, Term
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.formula import Formula, Slope
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS, EstimatorKind
from panelkit.core.request import Design, PairsBootstrap
from panelkit.core.spec import spec
from panelkit.estimators._compile import Compiled, columns_of, compile_model, formula_of
from panelkit.estimators._convention import permutation_of
from panelkit.estimators._estimate import Further, estimate_of
from panelkit.estimators._inference import Answer, answer, term_of
from panelkit.estimators._leave_out import split
from panelkit.estimators._resample import p_of_draws
from panelkit.estimators._words import equation, inference_words, no_instruments
from panelkit.numerics import crossproducts, joint, permutation

LABEL = (
    "Identification: a is as causal as the design for the treatment; b, the indirect and the direct effect are causal only"
    " if nothing unobserved moves mediator and outcome together, given treatment, controls and effects. Panel effects do not"
    " give that. The step from mediator to outcome is better argued from theory (Jiang 2022)."
)


@spec
class Mediation(ModelSpec):
    """`kind = "mediation"`: the formula is the outcome's, y ~ x + controls | effects; `mediator` is named beside it.

    Parameters
    ----------
    mediator : the variable between. treatment : the slope whose effect is split; the first one unless named.
    draws : of the pairs cluster bootstrap.
    """

    kind: str = "mediation"
    mediator: str
    treatment: str = ""
    draws: int = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    """The three regressions on the same rows: mediator on x; outcome on x and mediator; outcome on x."""

    treatment: str
    first: Compiled
    second: Compiled
    total: Compiled


def estimate(spec: Mediation, panel: Panel, setting: Setting) -> Estimate:
    """Terms `a: x on m`, `b: m on y`, `direct`, `indirect`, `total`.

    a, b, direct and total have the model's covariance; the indirect effect has the standard deviation, percentile interval
    and p of a pairs cluster bootstrap, and a bias-corrected and accelerated interval beside. total = direct + indirect.

    Raises
    ------
    EstimationError
        Whatever the data do not allow.

    Source
    ------
    Product of coefficients; pairs cluster bootstrap: Cameron, Gelbach and Miller (2008, doi:10.1162/rest.90.3.414); BCa: Efron
    (1987, doi:10.1080/01621459.1987.10478410). No Sobel test and no stepwise test are made.
    """
    steps = _compiled(spec, panel, setting)
    permutation_of(spec, steps.total.inference, "", "")
    where = f"models.{spec.id}"
    got = [answer(c, setting, where) for c in (steps.first, steps.second, steps.total)]
    drawn = _bootstrap(spec, steps, setting) if setting.resample else None
    terms, V = _terms(spec, steps, got, drawn, setting)
    resampled, said = _resampled(spec, steps, terms, drawn, setting)
    base = estimate_of(spec, steps.total, got[2], setting, Further())
    same = f"The three regressions use the same {counted(base.sample.rows, 'rows')}; fit statistics are of the total effect's."
    quality = replace(base.fit, extra={**base.fit.extra, "rss_with_mediator": got[1].fit.rss})
    return replace(
        base,
        terms=terms,
        covariance_matrix=V,
        fit=quality,
        requests=tuple(g.request for g in got),
        resampled=resampled,
        dropped_terms=steps.second.dropped,
        notes=(
            *base.notes,
            *said,
            LABEL,
            same,
        ),
    )


def _compiled(spec: Mediation, panel: Panel, setting: Setting) -> _Steps:
    no_instruments(spec)
    base = formula_of(spec)
    where = f"models.{spec.id}"
    controls = tuple(s for s in base.slopes if s.name != spec.mediator)
    names = [s.name for s in controls if s.factors]
    treatment = spec.treatment or (names[0] if names else "")
    if treatment not in names:
        raise EstimationError(
            f"the treatment '{treatment}' is no regressor of the formula",
            where=f"{where}.treatment",
            mend=known_or_nearest(treatment, names),
        )
    if spec.mediator not in panel.names or spec.mediator in (base.outcome, treatment):
        raise EstimationError(
            f"'{spec.mediator}' cannot be the mediator: it is unknown, the outcome or the treatment",
            where=f"{where}.mediator",
            mend=known_or_nearest(spec.mediator, panel.names),
        )
    if spec.draws < 1:
        raise EstimationError(
            f"{counted(spec.draws, 'draws are')} too few", where=f"{where}.draws", mend="draw 999 times"
        )
    mediator = Slope(factors=(spec.mediator,))
    complete = replace(base, slopes=(*controls, mediator))
    second = compile_model(spec, panel, setting, formula=complete, focal=spec.mediator)
    lost = set(second.dropped) & {treatment, spec.mediator}
    if lost:
        raise EstimationError(
            f"{', '.join(sorted(lost))} is left out as collinear: there is nothing to split",
            where=where,
            mend="choose effects and controls that leave treatment and mediator some variation",
        )
    used = panel.take(second.sample.positions)
    plain = replace(spec, years=None, where="", exclude={}, singletons="keep")
    first = compile_model(
        plain, used, setting, formula=replace(base, outcome=spec.mediator, slopes=controls), focal=treatment
    )
    total = compile_model(plain, used, setting, formula=replace(base, slopes=controls), focal=treatment)
    total = replace(total, sample=second.sample)
    return _Steps(treatment=treatment, first=first, second=second, total=total)


def _bootstrap(spec: Mediation, steps: _Steps, setting: Setting) -> tuple[crossproducts.MediationDraws, np.ndarray]:
    """Draws over clusters, and the indirect effect without each cluster."""
    design = steps.second.design
    names = list(design.names)
    x, m = names.index(steps.treatment), names.index(spec.mediator)
    controls = [j for j in range(len(names)) if j not in (x, m)]
    parts = split(design)
    root = np.ones(len(design.outcome)) if design.weights is None else np.sqrt(design.weights)
    head = np.column_stack([design.outcome, design.regressors[:, [x, m, *controls]]])
    Z = np.column_stack([parts.nested.residualise(head), parts.others]) * root[:, None]
    A = crossproducts.per_cluster(Z, design.clusters[0])
    layout = crossproducts.MediationLayout(outcome=0, treatment=1, mediator=2, controls=tuple(range(3, Z.shape[1])))
    method = steps.second.inference
    draws = method.draws if isinstance(method, PairsBootstrap) else spec.draws
    groups = A.shape[0]
    weights = permutation.pairs_weights(groups, draws, child_seed(setting.seed, "mediation")).astype(np.float64)
    without = crossproducts.indirect_effect(A, layout, np.ones((groups, groups)) - np.eye(groups))
    return crossproducts.indirect_effect(A, layout, weights), without.indirect


def _terms(
    spec: Mediation,
    steps: _Steps,
    got: list[Answer],
    drawn: tuple[crossproducts.MediationDraws, np.ndarray] | None,
    setting: Setting,
) -> tuple[tuple[Term, ...], np.ndarray]:
    first, second, total = got
    x, m, y = steps.treatment, spec.mediator, steps.second.request.outcome
    level = setting.defaults.level
    places = [
        (f"a: {x} on {m}", first, x),
        (f"b: {m} on {y}", second, m),
        ("direct", second, x),
        ("total", total, x),
    ]
    made: dict[str, Term] = {}
    for name, source, column in places:
        j = source.request.terms.index(column)
        se = float(np.sqrt(source.V[j, j])) if source.V[j, j] >= 0 else float("nan")
        made[name] = term_of(name, float(source.fit.coefficients[j]), se, float(source.dfs[j]), level)
    product = made[places[0][0]].estimate * made[places[1][0]].estimate
    made["indirect"] = _indirect(product, drawn, level)
    order = [places[0][0], places[1][0], "direct", "indirect", "total"]
    V = np.full((5, 5), np.nan)
    for i, name in enumerate(order):
        V[i, i] = made[name].se ** 2
    jx, jm = second.request.terms.index(x), second.request.terms.index(m)
    V[1, 2] = V[2, 1] = second.V[jx, jm]
    return tuple(made[name] for name in order), V


def _indirect(product: float, drawn: tuple[crossproducts.MediationDraws, np.ndarray] | None, level: float) -> Term:
    blank = float("nan")
    if drawn is None:
        return Term(
            name="indirect",
            estimate=product,
            se=blank,
            statistic=blank,
            df=float("inf"),
            p=blank,
            low=blank,
            high=blank,
        )
    draws = drawn[0].indirect[np.isfinite(drawn[0].indirect)]
    if len(draws) < 2:
        raise EstimationError(
            "no bootstrap draw determines the indirect effect", mend="use more clusters or fewer controls"
        )
    se = float(np.std(draws, ddof=1))
    low, high = joint.percentile(draws, level)
    return Term(
        name="indirect",
        estimate=product,
        se=se,
        statistic=product / se if se > 0 else blank,
        df=float("inf"),
        p=p_of_draws(draws),
        low=low,
        high=high,
    )


def _resampled(
    spec: Mediation,
    steps: _Steps,
    terms: tuple[Term, ...],
    drawn: tuple[crossproducts.MediationDraws, np.ndarray] | None,
    setting: Setting,
) -> tuple[tuple[Resampled, ...], tuple[str, ...]]:
    if drawn is None:
        return (), ()
    draws, without = drawn
    indirect = next(t for t in terms if t.name == "indirect")
    used = len(draws.indirect) - draws.singular
    by = steps.second.design.cluster_names[0]
    lost = f"; {counted(draws.singular, 'draws')} in which treatment or mediator is absorbed" if draws.singular else ""
    note = f"whole clusters of {by} drawn with replacement, each with its own effects{lost}"
    made = [
        Resampled(
            term="indirect",
            method="pairs cluster bootstrap, percentile",
            statistic=indirect.statistic,
            p=indirect.p,
            low=indirect.low,
            high=indirect.high,
            draws=used,
            note=note,
        )
    ]
    said = [
        f"The indirect effect's standard error, interval and p come from {counted(used, 'pairs')} bootstrap draws "
        f"of clusters ({by}), percentile."
    ]
    try:
        low, high = joint.bca(draws.indirect, indirect.estimate, without[np.isfinite(without)], setting.defaults.level)
    except ValueError as fault:
        said.append(f"No bias-corrected interval: {fault}.")
    else:
        made.append(
            replace(
                made[0],
                method="pairs cluster bootstrap, bias-corrected and accelerated",
                p=float("nan"),
                low=low,
                high=high,
            )
        )
    return tuple(made), tuple(said)


def prepare(spec: Mediation, panel: Panel, setting: Setting) -> Design:
    """The arrays of the total effect's regression; `focal` is the treatment."""
    return _compiled(spec, panel, setting).total.design


def explain(spec: Mediation) -> str:
    """What will be done, in words."""
    base: Formula = formula_of(spec)
    controls = tuple(s for s in base.slopes if s.name != spec.mediator)
    steps = (
        replace(base, outcome=spec.mediator, slopes=controls),
        replace(base, slopes=(*controls, Slope(factors=(spec.mediator,)))),
        replace(base, slopes=controls),
    )
    lines = "\n".join(equation(spec, step) for step in steps)
    return (
        f"{lines}\nThree regressions on the same rows: a, then b and direct, then total; indirect = a x b, with a pairs cluster"
        f" bootstrap of {counted(spec.draws, 'draws')}. {LABEL} {inference_words(spec)}"
    )


def _columns(spec: Mediation) -> tuple[str, ...]:
    return columns_of(spec, spec.mediator)


ESTIMATORS.register(
    EstimatorKind(
        name="mediation",
        spec=Mediation,
        summary="effect on a mediator and indirect effect with a cluster bootstrap",
        confirmation="engine",
        columns=_columns,
        estimate=estimate,
        prepare=prepare,
        explain=explain,
    )
)
