"""One model under every covariance convention: standard error, factor, degrees of freedom, and the programs that print it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS
from panelkit.core.request import (
    Classical,
    Conley,
    Covariance,
    Design,
    DriscollKraay,
    NeweyWest,
    Regression,
    Replicates,
    Robust,
)
from panelkit.estimators import _factor_words as words
from panelkit.estimators._convention import asked_covariance, counts_of, resolve
from panelkit.estimators._programs import Wanted
from panelkit.estimators._programs import wanted as every_convention
from panelkit.numerics.serial import default_lags
from panelkit.numerics.small_sample import Counts, reference_df


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One convention. se, df, ratio : by coefficient; ratio is to the model's own standard error. reason : why there is none."""

    name: str
    formula: str
    programs: str
    se: dict[str, float]
    df: dict[str, float]
    ratio: dict[str, float]
    own: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """lines : every convention. own : the model's, in words. notes : what the numbers rest on."""

    model: str
    terms: tuple[str, ...]
    estimates: dict[str, float]
    own: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def chosen(spec: ModelSpec, panel: Panel, setting: Setting) -> str:
    """Which covariance and which inference a model gets on this panel, and why, as sentences.

    Raises
    ------
    EstimationError
        Whatever the data do not allow.
    """
    design = ESTIMATORS[spec.kind].prepare(spec, panel, setting)
    groups = {n: int(c.max()) + 1 for n, c in zip(design.cluster_names, design.clusters, strict=True)}
    covariance, inference, _ = resolve(spec, setting, groups)
    groups_named = ", ".join(f"{counted(count, 'clusters')} of {name}" for name, count in groups.items())
    few, limit = min(groups.values()), setting.defaults.few_clusters
    who = "the model" if spec.covariance else ("the study's defaults" if setting.defaults.covariance else "")
    if asked_covariance(spec, setting) is not None:
        why = f"named by {who}"
    elif few < limit:
        why = f"by default, since {few} is fewer than {limit}: CR1 t tests reject too often with few clusters"
    else:
        why = f"by default, since {few} is not fewer than {limit}"
    asked = spec.inference or setting.defaults.inference
    resampling = RESAMPLED.get(inference.kind, inference.kind)
    if design.endogenous and inference.kind == "wild_bootstrap":
        resampling = "wild restricted efficient bootstrap of the endogenous regressor"
    how = "named in the study" if asked is not None else "by default"
    if (bands := getattr(spec, "bands", "")) and hasattr(spec, "draws"):  # a kind with draws of its own
        resampling, how = BANDS[bands], "by `bands` of the model"
    return (
        f"On this panel: {counted(len(design.outcome), 'rows')}, {groups_named}. Standard errors: {words.named(covariance)}, {why}."
        f" Resampling: {resampling}, {how}."
    )


BANDS = {"pairs": "pairs cluster bootstrap", "wild": "wild cluster bootstrap of scores", "none": "none"}
RESAMPLED = {
    "analytic": "none",
    "wild_bootstrap": "wild cluster bootstrap",
    "pairs_bootstrap": "pairs cluster bootstrap",
    "jackknife": "cluster jackknife",
    "permutation": "permutation of treatment paths",
}


def side_by_side(spec: ModelSpec, panel: Panel, setting: Setting) -> SideBySide:
    """The model under every convention; nothing is resampled.

    Raises
    ------
    EstimationError
        Where the model itself cannot be estimated; a convention that is not defined for it is a line with its reason.
    """
    kind = ESTIMATORS[spec.kind]
    plain = replace(setting, resample=False)
    own = kind.estimate(spec, panel, plain)
    design = kind.prepare(spec, panel, plain)
    lines = [_own_line(own)]
    sandwich = not isinstance(own.covariance, Replicates)
    for wanted in every_convention(spec, own, design, panel) if sandwich else ():
        lines.append(_line(wanted, own, wanted.spec or spec, panel, plain))
    lost = sum(d.rows for d in own.sample.dropped if "singleton" in d.why)
    notes = [
        f"N = {counted(own.sample.rows, 'rows')}, the same in every line; all errors are from {own.engine}'s fit, "
        "factors are panelkit's own.",
    ]
    if not sandwich:
        notes.append(
            "Its errors are the spread of replications: no sandwich, and so no convention, stands behind them."
        )
    if lost:
        notes.append(
            f"{counted(lost, 'singleton rows are')} left out, as reghdfe and fixest do; areg, xtreg, plm and "
            "linearmodels keep them, and their N,"
            " K and G are then larger."
        )
    return SideBySide(
        model=spec.id,
        terms=tuple(t.name for t in own.terms),
        estimates={t.name: t.estimate for t in own.terms},
        own=words.named(own.covariance),
        lines=tuple(lines),
        notes=tuple(notes),
    )


def _own_line(own: Estimate) -> Line:
    return Line(
        name="this model",
        formula=words.named(own.covariance),
        programs="panelkit run",
        se={t.name: t.se for t in own.terms},
        df={t.name: t.df for t in own.terms},
        ratio={t.name: 1.0 for t in own.terms},
        own=True,
    )


def _line(wanted: Wanted, own: Estimate, spec: ModelSpec, panel: Panel, setting: Setting) -> Line:
    none: dict[str, float] = {}
    blank = Line(name=wanted.name, formula="", programs=wanted.programs, se=none, df=none, ratio=none)
    if wanted.reason:
        return replace(blank, reason=wanted.reason)
    kind, under = ESTIMATORS[spec.kind], replace(setting, covariance=wanted.covariance)
    try:
        made = kind.estimate(spec, panel, under)
        formula = _formula(made, kind.prepare(spec, panel, under))
    except EstimationError as error:
        return replace(blank, reason="; ".join(f.what for f in error.faults))
    known = {t.name: t.se for t in own.terms}
    return replace(
        blank,
        formula=formula,
        se={t.name: t.se for t in made.terms},
        df={t.name: t.df for t in made.terms},
        ratio={t.name: t.se / known[t.name] if known.get(t.name, 0) > 0 else float("nan") for t in made.terms},
    )


def _formula(made: Estimate, design: Design) -> str:
    request: Regression = next((r for r in made.requests if r.terms == design.names), made.requests[-1])
    covariance = cast(Covariance, made.covariance)
    counts: Counts = counts_of(replace(request, covariance=covariance), design)
    convention, names = covariance.small_sample, design.effect_names
    periods = int(design.time_codes.max()) + 1
    if isinstance(covariance, Classical):
        return words.classical_words(counts, convention, names, reference_df(counts, "fixest", "classical"))
    if isinstance(covariance, Robust):
        return HC[covariance.variant] if covariance.variant != "hc1" else words.robust_words(counts, convention, names)
    if isinstance(covariance, (DriscollKraay, NeweyWest)):
        lags = default_lags(periods) if covariance.lags is None else covariance.lags
        return (
            f"{lags} {'lag' if lags == 1 else 'lags'} of {counted(periods, 'periods')}; "
            f"{words.serial_words(counts, convention, names, periods)}"
        )
    if isinstance(covariance, Conley):
        text = words.distance_words(counts, convention, names)
        return f"up to {covariance.cutoff_km:g} km, {covariance.kernel}, pairs of {covariance.pairs}; {text}"
    if covariance.variant == "cr0":
        return words.NO_FACTOR
    if covariance.variant == "cr2":
        return "no factor; residuals of a cluster times (I - H_gg)^(-1/2), so that it is unbiased under equal variances"
    groups = counts.clusters[0]
    if covariance.variant == "cr3":
        scales = {
            "mnw": f"(G-1)/G x S = {groups - 1}/{groups} x S",
            "mnw_centred": f"(G-1)/G x S = {groups - 1}/{groups} x S about the mean of the b_g",
            "hansen": "S, no factor",
            "pyfixest": f"S x {words.cluster_words(counts, convention, names)}" if len(counts.clusters) == 1 else "",
        }
        return f"{scales[covariance.jackknife_variant]}; S = sum of (b_g - b)(b_g - b)', b_g without cluster g"
    if len(covariance.by) > 1:
        return words.twoway_words(counts, convention, covariance.groups, names)
    return words.cluster_words(counts, convention, names)


HC = {
    "hc0": words.NO_FACTOR,
    "hc2": "no factor; squared residuals over 1 - h, h the leverage of the row, every dummy counted",
    "hc3": "no factor; squared residuals over (1 - h)^2",
}
