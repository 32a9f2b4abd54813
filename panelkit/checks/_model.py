"""What checks read off a model: the levels, effects and codes of its one linear equation, and that equation fitted. No test lives here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.checks._finding import unfit
from panelkit.core.check import Subject
from panelkit.core.counted import counted
from panelkit.core.formula import Slope, parse_formula
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.request import Clustered, Design
from panelkit.numerics.arrays import FloatArray, IntArray
from panelkit.numerics.least_squares import solve, two_stage
from panelkit.numerics.projection import Absorber, absorber, dummy_columns
from panelkit.numerics.sandwich import Jackknife, jackknife
from panelkit.numerics.small_sample import Counts, factor, reference_df

SAME = 1e-5  # relative; engines agree far closer, other estimators hardly ever come so near
FREE_OF_EFFECTS = ("first_difference", "correlated_random_effects", "mean_group", "common_correlated_effects")
ONE_EQUATION = "put it on a fixed_effects (or instrumental) model of the one equation that it is about"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Levels:
    """One linear equation before any effect is taken out; rows in the order of `sample`.

    names, X : regressors (n, k) without the constant; y (n,). effects : codes of each absorbed effect; trends : (effect,
    variable) of varying slopes. endogenous : columns of X; instruments (n, l) excluded ones or None. weights (n,) or None.
    unit, time : codes 0..L-1; years : whole periods (n,). cluster : codes of the model's first cluster variable.
    """

    names: tuple[str, ...]
    X: FloatArray
    y: FloatArray
    constant: bool
    effects: tuple[IntArray, ...]
    effect_names: tuple[str, ...]
    trends: tuple[tuple[int, FloatArray], ...]
    endogenous: tuple[int, ...]
    instruments: FloatArray | None
    weights: FloatArray | None
    unit: IntArray
    time: IntArray
    years: IntArray
    cluster: IntArray
    cluster_name: str
    sample: Panel

    @property
    def rows(self) -> int:
        return int(self.X.shape[0])

    @property
    def units(self) -> int:
        return int(self.unit.max()) + 1

    @property
    def periods(self) -> int:
        return int(self.time.max()) + 1

    @property
    def sweep(self) -> Absorber:
        """The projection off the model's effects and trends."""
        return absorber(self.effects, self.weights, self.trends)

    def beside(self, *codes: IntArray, without: tuple[str, ...] = ()) -> list[IntArray]:
        """`codes`, then the model's effects that are not named in `without` and not among `codes`."""
        kept = [e for e, n in zip(self.effects, self.effect_names, strict=True) if n not in without]
        return [*codes, *(e for e in kept if not any(_same(e, c) for c in codes))]

    def name(self, code: int) -> Label:
        """What unit `code` is called."""
        return self.sample.unit_name(sorted(self.sample.units)[code])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """The equation by least squares (2SLS where instrumented): coefficients of `Levels.names`, residuals (n,) unweighted,
    X (n, k or 1 + k) and y after the effects and times root weights, the constant first where there is no effect."""

    X: FloatArray
    y: FloatArray
    coefficients: FloatArray
    residuals: FloatArray
    rss: float
    df: int


def read(subject: Subject, kind: str) -> Levels:
    """The model's equation in levels: from its design where that holds them, else from its formula.

    Raises
    ------
    EstimationError
        Where the model is no single linear equation.
    """
    estimate = subject.estimate
    if any(getattr(r, "family", "gaussian") != "gaussian" for r in estimate.requests):
        raise unfit(
            subject, kind, "is for a linear model, and this one is not", "log the outcome, or leave it out here"
        )
    outcomes = {getattr(r, "outcome", estimate.outcome) for r in estimate.requests}
    if len(outcomes) > 1:
        raise unfit(
            subject,
            kind,
            f"is about one equation, and this model has {counted(len(outcomes), 'outcomes')}",
            ONE_EQUATION,
        )
    sample = subject.panel.take(estimate.sample.positions)
    design = subject.design()
    known = estimate.outcome in sample.names and len(design.outcome) == sample.rows
    if known and np.array_equal(design.outcome, sample.column(estimate.outcome).astype("float64")):
        return _of_design(design, sample)
    return _of_formula(subject, kind, sample, design)


def refuse_weights(subject: Subject, kind: str, levels: Levels) -> None:
    """Raises EstimationError for a weighted model."""
    if levels.weights is not None:
        raise unfit(subject, kind, "is not defined for a weighted model", "put it on the same model without weights")


def refuse_instruments(subject: Subject, kind: str, levels: Levels) -> None:
    """Raises EstimationError for a model with instruments."""
    if levels.endogenous:
        raise unfit(
            subject, kind, "is for a model without instruments", "put it on the model without '| endog ~ instr'"
        )


def refuse_trends(subject: Subject, kind: str, levels: Levels) -> None:
    """Raises EstimationError for a model with varying slopes."""
    if levels.trends:
        raise unfit(
            subject, kind, "is not defined beside slopes that vary by group", "put it on the model without a[x]"
        )


def need_instruments(subject: Subject, kind: str, levels: Levels) -> None:
    """Raises EstimationError for a model without instruments."""
    if not levels.endogenous or levels.instruments is None:
        raise unfit(
            subject,
            kind,
            "is for a model with instruments",
            'put it on a model of kind = "instrumental": y ~ controls | effects | endogenous ~ instruments',
        )


def need_regressors(subject: Subject, kind: str, levels: Levels) -> None:
    """Raises EstimationError for a model without any regressor."""
    if not levels.names:
        raise unfit(subject, kind, "is about regressors, and the model has none", "put it on a model with regressors")


def is_least_squares(subject: Subject, levels: Levels) -> bool:
    """Whether the model's coefficients are those of (two-stage) least squares on this equation: not of another estimator."""
    told = {t.name: t.estimate for t in subject.estimate.terms}
    names = [n for n in levels.names if n in told]
    if not names:
        return not levels.names
    try:
        ours = dict(zip(levels.names, fitted(levels).coefficients, strict=True))
    except ValueError:
        return False
    return all(abs(ours[n] - told[n]) <= SAME * max(abs(ours[n]), abs(told[n]), 1e-12) for n in names)


def need_least_squares(subject: Subject, kind: str, levels: Levels) -> None:
    """Raises EstimationError for an estimator other than (two-stage) least squares with absorbed effects."""
    if not is_least_squares(subject, levels):
        raise unfit(
            subject,
            kind,
            f"is read off least squares with absorbed effects, and '{subject.estimate.kind}' is another estimator",
            "put it on a fixed_effects model of the same equation",
        )


def leans_on_uncorrelated_effects(subject: Subject, levels: Levels) -> bool:
    """Whether the model's slopes are consistent only if unit effects and regressors are uncorrelated (pooled, random, between)."""
    return not has_unit_effects(levels) and subject.estimate.kind not in FREE_OF_EFFECTS


def allows_for_correlation_within_units(subject: Subject, levels: Levels) -> bool:
    """Whether the model's standard errors stay valid where errors of one unit are correlated over time."""
    covariance = subject.estimate.covariance
    if covariance.kind == "clustered":
        return nested(levels.unit, levels.cluster)
    return covariance.kind in ("driscoll_kraay", "newey_west") or getattr(covariance, "lags", 0) > 0


def fitted(levels: Levels, effects: list[IntArray] | None = None) -> Fitted:
    """The equation fitted on its own effects, or on `effects` in place of them (then without trends).

    Raises
    ------
    ValueError
        As `solve` and `two_stage`.
    """
    sweep = levels.sweep if effects is None else absorber(effects, levels.weights)
    alone = sweep.first is None
    ones = (
        np.ones((levels.rows, 1)) if alone and (levels.constant or effects is not None) else np.zeros((levels.rows, 0))
    )
    X = np.column_stack([ones, sweep.residualise(levels.X)])
    y = sweep.residualise(levels.y)
    if levels.endogenous and levels.instruments is not None:
        inner = [ones.shape[1] + j for j in levels.endogenous]
        outer = [j for j in range(X.shape[1]) if j not in inner]
        Z = sweep.residualise(levels.instruments)
        rank = 0 if alone else sweep.rank
        stage = two_stage(X[:, outer], X[:, inner], Z, y, levels.weights, rank)
        b = np.zeros(X.shape[1])
        b[[*outer, *inner]] = stage.coefficients
    else:
        b = solve(X, y, levels.weights).coefficients
    root = np.ones(levels.rows) if levels.weights is None else np.sqrt(levels.weights)
    residuals = y - X @ b
    return Fitted(
        X=X * root[:, None],
        y=y * root,
        coefficients=b[ones.shape[1] :],
        residuals=residuals,
        rss=float(np.sum((root * residuals) ** 2)),
        df=levels.rows - X.shape[1] - (0 if alone else sweep.rank),
    )


def counts(levels: Levels, slopes: int, *, clustered: bool) -> Counts:
    """What the small-sample factor of the equation is made of, with `slopes` columns beside constant and effects."""
    sweep = levels.sweep
    effects = tuple((int(e.max()) + 1, nested(e, levels.cluster)) for e in levels.effects)
    return Counts(
        rows=levels.rows,
        slopes=slopes + sweep.trend_rank,
        constant=levels.constant,
        effects=effects,
        clusters=(int(levels.cluster.max()) + 1,) if clustered else (),
        redundant=sweep.redundant,
    )


def without_each(levels: Levels, codes: IntArray, columns: FloatArray) -> Jackknife:
    """The coefficients of `columns` (n, k), beside the model's effects or constant, without each group of `codes`.

    Effects within the groups are swept, the others written out.

    Raises
    ------
    ValueError
        As `sandwich.jackknife`.
    """
    constant = [np.zeros(levels.rows, dtype=np.intp)] if levels.constant else []
    effects = list(levels.effects) or constant
    inside = [e for e in effects if nested(e, codes)]
    project = absorber(inside, levels.weights)
    blocks = [dummy_columns(e, drop_first=bool(inside)) for e in effects if not nested(e, codes)]
    others = project.residualise(np.column_stack(blocks)) if blocks else None
    return jackknife(project.residualise(columns), project.residualise(levels.y), codes, others, levels.weights)


def by_clusters(subject: Subject) -> bool:
    """Whether the model's own covariance is clustered."""
    return isinstance(subject.estimate.covariance, Clustered)


def cluster_factor(subject: Subject, levels: Levels, slopes: int) -> tuple[float, float]:
    """Factor of CR1 and reference degrees of freedom by the first cluster variable, under the model's small-sample convention."""
    convention = getattr(subject.estimate.covariance, "small_sample", "fixest")
    made = counts(levels, slopes, clustered=True)
    return factor(made, convention, "cluster"), reference_df(made, convention, "cluster")


def nested(inner: IntArray, outer: IntArray) -> bool:
    """Whether each level of `inner` lies in one level of `outer`."""
    return len(np.unique(inner * (int(outer.max()) + 1) + outer)) == int(inner.max()) + 1


def dummies(codes: list[IntArray], rows: int) -> FloatArray:
    """0/1 columns of each effect, its first level left out."""
    return np.column_stack([np.zeros((rows, 0)), *(dummy_columns(c) for c in codes)])


def _same(a: IntArray, b: IntArray) -> bool:
    return a is b or bool(np.array_equal(a, b)) or (nested(a, b) and nested(b, a))


def _of_design(design: Design, sample: Panel) -> Levels:
    first = int(bool(design.names) and design.names[0] == "(constant)")
    return Levels(
        names=design.names[first:],
        X=design.regressors[:, first:],
        y=design.outcome,
        constant=bool(first),
        effects=tuple(e.astype(np.intp) for e in design.effects),
        effect_names=design.effect_names,
        trends=design.varying_slopes,
        endogenous=tuple(j - first for j in design.endogenous),
        instruments=design.instruments,
        weights=design.weights,
        unit=design.unit_codes.astype(np.intp),
        time=design.time_codes.astype(np.intp),
        years=sample.column(sample.time).astype(np.intp),
        cluster=design.clusters[0].astype(np.intp),
        cluster_name=design.cluster_names[0],
        sample=sample,
    )


def _of_formula(subject: Subject, kind: str, sample: Panel, design: Design) -> Levels:
    text = getattr(subject.model, "formula", "")
    formula = parse_formula(text, where=f"models.{subject.estimate.id}.formula")
    dropped = set(subject.estimate.dropped_terms)
    endogenous = [n for n in formula.endogenous if n not in dropped]
    parts = [(n, sample.column(n).astype("float64")) for n in endogenous]
    parts += [p for s in formula.slopes for p in _columns(s, sample) if p[0] not in dropped]
    if any(e.slopes for e in formula.absorb):
        raise unfit(
            subject, kind, "is not defined beside slopes that vary by group", "put it on the model without a[x]"
        )
    weights = getattr(subject.model, "weights", "")
    cluster = (design.cluster_names or (sample.unit,))[0]
    names = [n for n in formula.instruments if n not in dropped]
    return Levels(
        names=tuple(n for n, _ in parts),
        X=np.column_stack([np.zeros((sample.rows, 0)), *(c for _, c in parts)]),
        y=sample.column(formula.outcome).astype("float64"),
        constant=formula.constant,
        effects=tuple(sample.codes(*e.factors).astype(np.intp) for e in formula.absorb),
        effect_names=tuple(e.name for e in formula.absorb),
        trends=(),
        endogenous=tuple(range(len(endogenous))),
        instruments=np.column_stack([sample.column(n).astype("float64") for n in names]) if names else None,
        weights=sample.column(weights).astype("float64") if weights else None,
        unit=sample.codes(sample.unit).astype(np.intp),
        time=sample.codes(sample.time).astype(np.intp),
        years=sample.column(sample.time).astype(np.intp),
        cluster=sample.codes(*cluster.split("^")).astype(np.intp),
        cluster_name=cluster,
        sample=sample,
    )


def _columns(slope: Slope, sample: Panel) -> list[tuple[str, FloatArray]]:
    """Columns of one term of the formula: a variable, a product, or dummies less the reference."""
    if not slope.levels_of:
        return [(slope.name, np.prod([sample.column(f).astype("float64") for f in slope.factors], axis=0))]
    values = sample.column(slope.levels_of)
    shown = {(str(int(v)) if isinstance(v, float) and v == int(v) else str(v)): v for v in sorted(set(values.tolist()))}
    reference = slope.reference or next(iter(shown))
    return [
        (f"{slope.levels_of}::{text}", (values == v).astype("float64"))
        for text, v in shown.items()
        if text != reference
    ]


def has_unit_effects(levels: Levels) -> bool:
    """Whether some absorbed effect separates the units."""
    return any(nested(e, levels.unit) for e in levels.effects)
