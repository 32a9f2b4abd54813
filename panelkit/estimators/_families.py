"""p values adjusted for a family of coefficients of several models, drawn jointly. The algebra is in numerics.multiple."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from panelkit.core.check import Check
from panelkit.core.counted import counted
from panelkit.core.digest import child_seed
from panelkit.core.errors import EstimationError, Fault
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS
from panelkit.core.request import Design
from panelkit.core.study import FamilySpec
from panelkit.estimators._covariance import LINEAR
from panelkit.estimators._resample import FEW_FOR_RADEMACHER, instrument_columns
from panelkit.numerics import multiple, wild, wild_instrumental

CONTROLS = {
    "romano_wolf": ("familywise error rate, Romano-Wolf stepdown", "族错误率，Romano-Wolf逐步法"),
    "holm": ("familywise error rate, Holm", "族错误率，Holm法"),
    "bh": ("false discovery rate, Benjamini-Hochberg", "错误发现率，Benjamini-Hochberg法"),
    "sharpened_q": ("false discovery rate, sharpened two-stage q", "错误发现率，两阶段sharpened q值"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """One coefficient: its model's estimate, its p before adjustment and where that came from."""

    model: str
    term: str
    estimate: float
    p: float
    source: str

    @property
    def name(self) -> str:
        return f"{self.model}.{self.term}"


def faults_of(name: str, family: FamilySpec, models: Mapping[str, ModelSpec]) -> tuple[Fault, ...]:
    """What is wrong with a declared family before any number: unknown models, members twice, fewer than two.

    Parameters
    ----------
    name : str
        Of the family.
    family : FamilySpec
        Its members as "model.term", and the method.
    models : mapping of ModelSpec
        By id.

    Returns
    -------
    tuple of Fault
        Empty where all is well.
    """
    where = f"families.{name}.members"
    faults = []
    for member in family.members:
        model, dot, term = member.partition(".")
        if not dot or not term:
            faults.append(Fault(where=where, what=f"'{member}' is not model.term", mend='write "model.term"'))
        elif model not in models:
            faults.append(Fault(where=where, what=f"there is no model '{model}'", mend=known_or_nearest(model, models)))
    if len(set(family.members)) < max(len(family.members), 2):
        faults.append(
            Fault(where=where, what="a family needs two different members or more", mend="name them once each")
        )
    if family.draws < 99:
        faults.append(
            Fault(
                where=f"families.{name}.draws", what=f"{counted(family.draws, 'draws are')} too few", mend="draw 9999"
            )
        )
    return tuple(faults)


def adjusted(
    name: str,
    family: FamilySpec,
    estimates: Mapping[str, Estimate],
    models: Mapping[str, ModelSpec],
    panel: Panel,
    setting_of: Callable[[ModelSpec], Setting],
    seed: int = 0,
) -> tuple[Check, ...]:
    """One finding for each model with members in the family: its coefficients with p before and after adjustment.

    Romano-Wolf takes the wild cluster bootstrap t of each coefficient, its null imposed, with one vector of weights for
    the clusters of all models in a draw, so that dependence between the statistics is that of the data. Other methods adjust
    the p of the model's own resampling where it has one, else of its t test.

    Parameters
    ----------
    name, family : as declared in the study.
    estimates, models : of every member at least, by model id. panel : that they were estimated on.
    setting_of : the setting a model is prepared in. seed : the study's.

    Returns
    -------
    tuple of Check
        One for each model, in the order of the members.

    Raises
    ------
    EstimationError
        Unknown terms, or without p; for Romano-Wolf models that are clustered differently, or whose statistics cannot be drawn.

    Source
    ------
    Romano and Wolf (2005, doi:10.1111/j.1468-0262.2005.00615.x); wild cluster form: Clarke, Romano and Wolf (2020,
    doi:10.1177/1536867X20976314), R wildrwolf.
    """
    faults = faults_of(name, family, models)
    if faults:
        raise EstimationError(faults=faults)
    members = _members(name, family, estimates)
    gone = ", ".join(m.name for m in members if np.isnan(m.p))
    if gone:
        raise EstimationError(
            f"{gone} has no p: it is withheld or not defined",
            where=f"families.{name}",
            mend="take it out of the family, or give its model an inference that has one",
        )
    lost = 0
    if family.method == "romano_wolf":

        def prepared(model: str) -> Design:
            spec = models[model]
            return ESTIMATORS[spec.kind].prepare(spec, panel, setting_of(spec))

        statistics, drawn = _drawn(name, family, members, estimates, prepared, panel, child_seed(seed, "family", name))
        whole = ~np.isnan(drawn).any(axis=1)
        lost = int((~whole).sum())
        if whole.sum() < 99:
            raise EstimationError(
                f"{lost} of {counted(len(whole), 'draws leave')} a statistic undefined",
                where=f"families.{name}",
                mend="take out the coefficient that rests on very few clusters",
            )
        after = multiple.romano_wolf(statistics, drawn[whole])
    else:
        adjust = {"holm": multiple.holm, "bh": multiple.benjamini_hochberg, "sharpened_q": multiple.sharpened_q}
        after = adjust[family.method](np.array([m.p for m in members]))
    rows = [_row(m, float(a)) for m, a in zip(members, after, strict=True)]
    return tuple(
        _finding(name, family, model, [r for r in rows if r["model"] == model], len(members), lost)
        for model in dict.fromkeys(m.model for m in members)
    )


def _members(name: str, family: FamilySpec, estimates: Mapping[str, Estimate]) -> list[_Member]:
    made, faults = [], []
    for member in family.members:
        model, _, term = member.partition(".")
        estimate = estimates[model]
        found = next((t for t in estimate.terms if t.name == term), None)
        if found is None:
            mend = known_or_nearest(term, [t.name for t in estimate.terms])
            faults.append(Fault(where=f"families.{name}.members", what=f"'{model}' has no term '{term}'", mend=mend))
            continue
        drawn = next((r for r in estimate.resampled if r.term == term and not np.isnan(r.p)), None)
        p, source = (drawn.p, drawn.method) if drawn else (found.p, "t test")
        made.append(_Member(model=model, term=term, estimate=found.estimate, p=p, source=source))
    if faults:
        raise EstimationError(faults=faults)
    return made


def _drawn(
    name: str,
    family: FamilySpec,
    members: list[_Member],
    estimates: Mapping[str, Estimate],
    prepared: Callable[[str], Design],
    panel: Panel,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Statistics (S,) and draws (B, S): every model's columns of one matrix of weights by cluster name."""
    where = f"families.{name}"
    designs, called = {}, {}
    for model in dict.fromkeys(m.model for m in members):
        request = estimates[model].requests[0]
        if request.family != "gaussian" or request.estimator not in (*LINEAR, "two_stage_least_squares"):
            raise EstimationError(
                f"no wild bootstrap is made for kind '{estimates[model].kind}' of '{model}'",
                where=where,
                mend='take method = "holm"',
            )
        designs[model] = prepared(model)
        called[model] = _cluster_names(designs[model], panel.take(estimates[model].sample.positions))
    kinds = {d.cluster_names[:1] for d in designs.values()}
    if len(kinds) > 1:
        raise EstimationError(
            f"the models are clustered differently ({', '.join(sorted(k[0] for k in kinds))}): their draws cannot be joint",
            where=where,
            mend='cluster every member by the same variable, or take method = "holm"',
        )
    everyone = sorted({c for names in called.values() for c in names})
    kind: wild.Weights = (
        family.weights if family.weights != "auto" else ("webb" if len(everyone) < FEW_FOR_RADEMACHER else "rademacher")
    )
    weights = wild.wild_weights(len(everyone), kind, family.draws, seed)
    statistics, columns = [], []
    for member in members:
        place = [everyone.index(c) for c in called[member.model]]
        try:
            own, draws = _statistics(designs[member.model], member.term, weights[:, place])
        except ValueError as fault:
            raise EstimationError(
                f"{member.name} cannot be drawn: {fault}", where=where, mend='take method = "holm"'
            ) from fault
        statistics.append(own)
        columns.append(draws)
    return np.array(statistics), np.column_stack(columns)


def _statistics(design: Design, term: str, weights: np.ndarray) -> tuple[float, np.ndarray]:
    if term not in design.names:
        raise ValueError(f"it is no coefficient of one regression (those are {', '.join(design.names)})")
    index = design.names.index(term)
    if design.endogenous:
        if design.endogenous != (index,):
            raise ValueError("of two-stage least squares only one endogenous regressor's coefficient can be drawn")
        return wild_instrumental.wild_two_stage_statistics(
            instrument_columns(design), design.clusters[0], design.absorber, weights
        )
    X, y = design.absorber.residualise(design.regressors), design.absorber.residualise(design.outcome)
    return wild.wild_statistics(X, y, design.clusters[0], design.absorber, index, weights)


def _cluster_names(design: Design, sample: Panel) -> list[str]:
    """What each cluster of the first cluster variable is called, in the order of its codes."""
    parts = [sample.column(p).astype(str) for p in design.cluster_names[0].split("^")]
    called = dict(zip(design.clusters[0].tolist(), map(" ^ ".join, zip(*parts, strict=True)), strict=True))
    return [called[g] for g in sorted(called)]


def _row(member: _Member, after: float) -> dict[str, Any]:
    return {
        "model": member.model,
        "term": member.term,
        "estimate": member.estimate,
        "p": member.p,
        "p_by": member.source,
        "p_adjusted": after,
    }


def _finding(name: str, family: FamilySpec, model: str, rows: list[dict[str, Any]], size: int, lost: int) -> Check:
    control, control_zh = CONTROLS[family.method]
    wild_drawn = family.method == "romano_wolf"
    how = (
        f", {counted(family.draws - lost, 'wild bootstrap draws')} with the same weights in every model"
        if wild_drawn
        else ""
    )
    how_zh = f",{family.draws - lost}次wild自助抽样,各模型权重相同" if wild_drawn else ""
    each = "; ".join(f"{r['term']}: p = {r['p']:.3f} ({r['p_by']}), adjusted {r['p_adjusted']:.3f}" for r in rows)
    each_zh = ";".join(f"{r['term']}:p = {r['p']:.3f},调整后 {r['p_adjusted']:.3f}" for r in rows)
    gone = f" {counted(lost, 'draws')} left a statistic undefined and are out." if lost else ""
    gone_zh = f"另有{lost}次无定义,未计入。" if lost else ""
    return Check(
        name=f"family {name}",
        of=model,
        verdict="says",
        value=min(r["p_adjusted"] for r in rows),
        bound=None,
        text=Label(
            en=f"In the family {family.label.en or name} of {counted(size, 'coefficients')} ({control}{how}): {each}.{gone}",
            zh=f"在由{size}个系数组成的检验族“{family.label.zh or name}”中({control_zh}{how_zh}):{each_zh}。{gone_zh}",
        ),
        rows=tuple(rows),
    )
