"""One model under every covariance convention: standard error, factor, degrees of freedom, and the programs that print it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.panel import Panel
from panelkit.core.registry import ESTIMATORS
from panelkit.core.request import (
    Classical,
    Clustered,
    Conley,
    Covariance,
    Design,
    DriscollKraay,
    NeweyWest,
    Regression,
    Robust,
)
from panelkit.estimators import _factor_words as words
from panelkit.estimators._convention import asked_covariance, counts_of, resolve
from panelkit.numerics.serial import default_lags
from panelkit.numerics.small_sample import CONVENTIONS, Counts, reference_df

CONLEY_KM = 500.0  # cutoff shown where the study names none

CLUSTER_PROGRAMS = {
    "fixest": "R fixest and Python pyfixest, vcov = ~{by} (their default); Stata reghdfe where no level is redundant",
    "reghdfe": "Stata reghdfe, vce(cluster {by}); ivreghdfe with small",
    "xtreg": "Stata xtreg, fe vce(cluster {by}), time effects as i.year; it keeps singletons",
    "plm_hc0": 'R plm vcovHC(type = "HC0"); Python linearmodels PanelOLS, cov_type="clustered", debiased=False',
    "plm_sss": 'R plm vcovHC(type = "sss")',
    "linearmodels": 'Python linearmodels PanelOLS, cov_type="clustered" (debiased, its default)',
    "sandwich": "Stata areg and regress with i.{by}; R sandwich vcovCL on lm with dummies, clubSandwich CR1S;"
    ' statsmodels OLS with dummies, cov_type="cluster" (with z unless use_t=True)',
    "fixest_full": 'R fixest ssc(K.fixef = "full")',
    "fixest_none": 'R fixest ssc(K.fixef = "none")',
    "clubsandwich": 'R clubSandwich vcovCR(type = "CR1"); Stata poisson and logit, vce(cluster {by}), with z',
    "ivreg2": "Stata ivreg2 and xtivreg2 without the option small",
    "none": "the raw sandwich with the normal",
}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A convention to show; `spec` where the program that prints it also fits otherwise."""

    name: str
    covariance: Covariance
    programs: str
    reason: str = ""
    spec: ModelSpec | None = None


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
    counted = ", ".join(f"{count} clusters of {name}" for name, count in groups.items())
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
    return (
        f"On this panel: {len(design.outcome)} rows, {counted}. Standard errors: {_named(covariance)}, {why}."
        f" Resampling: {resampling}, {how}."
    )


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
    for wanted in _wanted(spec, own, design, panel):
        lines.append(_line(wanted, own, wanted.spec or spec, panel, plain))
    lost = sum(d.rows for d in own.sample.dropped if "singleton" in d.why)
    notes = [
        f"N = {own.sample.rows} rows, the same in every line; all errors are from {own.engine}'s fit, factors are panelkit's own.",
    ]
    if lost:
        notes.append(
            f"{lost} singleton rows are left out, as reghdfe and fixest do; areg, xtreg, plm and linearmodels keep them, and their N,"
            " K and G are then larger."
        )
    return SideBySide(
        model=spec.id,
        terms=tuple(t.name for t in own.terms),
        estimates={t.name: t.estimate for t in own.terms},
        own=_named(own.covariance),
        lines=tuple(lines),
        notes=tuple(notes),
    )


def _own_line(own: Estimate) -> Line:
    return Line(
        name="this model",
        formula=_named(own.covariance),
        programs="panelkit run",
        se={t.name: t.se for t in own.terms},
        df={t.name: t.df for t in own.terms},
        ratio={t.name: 1.0 for t in own.terms},
        own=True,
    )


def _line(wanted: _Wanted, own: Estimate, spec: ModelSpec, panel: Panel, setting: Setting) -> Line:
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
    covariance = made.covariance
    counts: Counts = counts_of(replace(request, covariance=covariance), design)
    convention, names = covariance.small_sample, design.effect_names
    periods = int(design.time_codes.max()) + 1
    if isinstance(covariance, Classical):
        return words.classical_words(counts, convention, names, reference_df(counts, "fixest", "classical"))
    if isinstance(covariance, Robust):
        return HC[covariance.variant] if covariance.variant != "hc1" else words.robust_words(counts, convention, names)
    if isinstance(covariance, (DriscollKraay, NeweyWest)):
        lags = default_lags(periods) if covariance.lags is None else covariance.lags
        return f"{lags} {'lag' if lags == 1 else 'lags'} of {periods} periods; {words.serial_words(counts, convention, names, periods)}"
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


def _named(covariance: Covariance) -> str:
    """A covariance in a few words."""
    if isinstance(covariance, Clustered):
        kind = covariance.variant.upper()
        kind += f" ({covariance.jackknife_variant})" if covariance.variant == "cr3" else ""
        factor = f", convention {covariance.small_sample}" if covariance.variant == "cr1" else ""
        reference = "Satterthwaite t" if covariance.reference in ("satterthwaite", "bell_mccaffrey") else "t(G-1)"
        reference = "normal" if covariance.reference == "normal" else reference
        return f"{kind} clustered by {' and '.join(covariance.by)}{factor}, {reference}"
    if isinstance(covariance, Robust):
        return f"{covariance.variant.upper()}, convention {covariance.small_sample}"
    names = {"driscoll_kraay": "Driscoll-Kraay", "newey_west": "Newey-West within unit", "conley": "Conley"}
    return f"{names.get(covariance.kind, 'classical')}, convention {covariance.small_sample}"


def _wanted(spec: ModelSpec, own: Estimate, design: Design, panel: Panel) -> list[_Wanted]:
    mine = own.covariance
    by = mine.by[0] if isinstance(mine, Clustered) else (spec.cluster or panel.unit)
    rows, clusters, two_way = _of_rows(), _of_clusters(by, design, panel), _two_way(mine, by, panel)
    return [*rows, *clusters, *_of_other_steps(spec, by), *two_way, *_of_space_and_time(mine, panel)]


def _of_other_steps(spec: ModelSpec, by: str) -> list[_Wanted]:
    if getattr(spec, "stop", "") != "converged":
        return []
    stopped: ModelSpec = replace(spec, stop="fixest")  # type: ignore[call-arg]
    programs = "R fixest fepois to its last digit: its errors are from the means before its last step"
    return [_Wanted(name="CR1, fixest's stop", covariance=Clustered(by=(by,)), programs=programs, spec=stopped)]


def _of_rows() -> list[_Wanted]:
    return [
        _Wanted(
            name="classical",
            covariance=Classical(),
            programs='Stata regress, areg, xtreg fe, reghdfe without vce(); R lm, plm, fixest "iid"; linearmodels unadjusted',
        ),
        _Wanted(
            name="classical, ivreg2",
            covariance=Classical(small_sample="ivreg2"),
            programs="Stata ivreg2 without small; statsmodels and R systemfit without a correction",
        ),
        _Wanted(
            name="HC0", covariance=Robust(variant="hc0"), programs='R sandwich vcovHC(type = "HC0"); statsmodels HC0'
        ),
        _Wanted(
            name="HC1",
            covariance=Robust(),
            programs='Stata vce(robust) of regress, areg, reghdfe (not of xtreg, which clusters); fixest "hetero"; statsmodels HC1',
        ),
        _Wanted(
            name="HC1, plm",
            covariance=Robust(small_sample="plm_sss"),
            programs='R plm vcovHC(method = "white1", type = "HC1")',
        ),
        _Wanted(
            name="HC2",
            covariance=Robust(variant="hc2"),
            programs="Stata regress with dummies, vce(hc2); statsmodels HC2 and R sandwich on dummies",
        ),
        _Wanted(
            name="HC3",
            covariance=Robust(variant="hc3"),
            programs="Stata regress with dummies, vce(hc3); statsmodels HC3 and R sandwich on dummies",
        ),
        _Wanted(
            name="HC3, plm",
            covariance=Robust(variant="hc3", small_sample="plm_hc0"),
            programs='R plm vcovHC(method = "white1", type = "HC3"): dummies not counted in the leverage',
        ),
    ]


def _of_clusters(by: str, design: Design, panel: Panel) -> list[_Wanted]:
    made = [
        _Wanted(
            name="CR0",
            covariance=Clustered(by=(by,), variant="cr0"),
            programs="R clubSandwich CR0; fixest ssc(adj = FALSE, cluster.adj = FALSE)",
        )
    ]
    for convention in CONVENTIONS:
        reason = ""
        if convention == "xtreg" and not (panel.unit in design.effect_names and _nests(design, panel.unit)):
            reason = "xtreg, fe needs the unit's effect, and clusters that nest the units"
        made.append(
            _Wanted(
                name=f"CR1, {convention}",
                covariance=Clustered(by=(by,), small_sample=convention),
                programs=CLUSTER_PROGRAMS[convention].format(by=by),
                reason=reason,
            )
        )
    made.append(
        _Wanted(
            name="CR2",
            covariance=Clustered(by=(by,), variant="cr2"),
            programs='R clubSandwich vcovCR(type = "CR2") with its Satterthwaite t; Stata reg_sandwich;'
            " Stata 18 regress, vce(hc2 clustvar, dfadjust)",
        )
    )
    programs = {
        "mnw": "R summclust and Stata summclust (CV3J)",
        "mnw_centred": "statsmodels cov_type='cluster-jk'; Stata vce(jackknife, cluster()) without mse",
        "hansen": "Hansen (2025); R clubSandwich CR3 on dummies",
        "pyfixest": "Python pyfixest vcov CRV3",
    }
    variants: dict[str, Callable[[], Clustered]] = {
        "mnw": lambda: Clustered(by=(by,), variant="cr3"),
        "mnw_centred": lambda: Clustered(by=(by,), variant="cr3", jackknife_variant="mnw_centred"),
        "hansen": lambda: Clustered(by=(by,), variant="cr3", jackknife_variant="hansen"),
        "pyfixest": lambda: Clustered(by=(by,), variant="cr3", jackknife_variant="pyfixest"),
    }
    made += [_Wanted(name=f"CR3, {v}", covariance=make(), programs=programs[v]) for v, make in variants.items()]
    return made


def _nests(design: Design, effect: str) -> bool:
    from panelkit.numerics.cluster_design import is_nested

    return is_nested(design.effects[design.effect_names.index(effect)], design.clusters[0])


def _two_way(mine: Covariance, by: str, panel: Panel) -> list[_Wanted]:
    two = mine.by if isinstance(mine, Clustered) and len(mine.by) == 2 else (by, panel.time)
    if two[0] == two[1]:
        two = (panel.unit, panel.time)
    said = " and ".join(two)
    return [
        _Wanted(
            name=f"two-way, {said}, smallest G",
            covariance=Clustered(by=two, groups="min"),
            programs=f"R fixest, Stata reghdfe vce(cluster {' '.join(two)})",
        ),
        _Wanted(
            name=f"two-way, {said}, each G",
            covariance=Clustered(by=two, groups="own"),
            programs='fixest ssc(G.df = "conventional"); Stata cgmreg, older ivreg2',
        ),
        _Wanted(
            name=f"two-way, {said}, no factor",
            covariance=Clustered(by=two, variant="cr0"),
            programs='R plm vcovDC(type = "HC0"); linearmodels with two clusters, debiased=False',
        ),
    ]


def _of_space_and_time(mine: Covariance, panel: Panel) -> list[_Wanted]:
    made = [
        _Wanted(name="Driscoll-Kraay, fixest", covariance=DriscollKraay(), programs='R fixest "DK"; pyfixest'),
        _Wanted(
            name="Driscoll-Kraay, no factor",
            covariance=DriscollKraay(small_sample="plm_hc0"),
            programs="R plm vcovSCC; statsmodels hac-groupsum, use_correction=False",
        ),
        _Wanted(
            name="Driscoll-Kraay, plm sss",
            covariance=DriscollKraay(small_sample="plm_sss"),
            programs='R plm vcovSCC(type = "sss")',
        ),
        _Wanted(name="Newey-West, fixest", covariance=NeweyWest(), programs='R fixest "NW"; pyfixest'),
        _Wanted(name="Newey-West, no factor", covariance=NeweyWest(small_sample="plm_hc0"), programs="R plm vcovNW"),
    ]
    conley = mine if isinstance(mine, Conley) else Conley(cutoff_km=CONLEY_KM)
    if {conley.latitude, conley.longitude} <= set(panel.names):
        flat = replace(conley, pairs="all", lags=0, kernel="uniform", small_sample="fixest")
        bare = replace(conley, small_sample="none", reference="t")
        made += [
            _Wanted(
                name="Conley, no factor",
                covariance=bare,
                programs="R conleyreg; Stata acreg and Hsiang's ols_spatial_HAC",
            ),
            _Wanted(
                name="Conley, fixest",
                covariance=flat,
                programs=f'R fixest conley({conley.cutoff_km:g}, distance = "spherical"), up to its radius of the earth',
            ),
        ]
    return made
