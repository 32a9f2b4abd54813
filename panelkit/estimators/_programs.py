"""Which covariances are shown beside a model's own, and which programs print each. Nothing is estimated here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec
from panelkit.core.panel import Panel
from panelkit.core.request import Classical, Clustered, Conley, Covariance, Design, DriscollKraay, NeweyWest, Robust
from panelkit.numerics.small_sample import CONVENTIONS

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
class Wanted:
    """A convention to show; `spec` where the program that prints it also fits otherwise."""

    name: str
    covariance: Covariance
    programs: str
    reason: str = ""
    spec: ModelSpec | None = None


def wanted(spec: ModelSpec, own: Estimate, design: Design, panel: Panel) -> list[Wanted]:
    """Every convention to show for a model: of rows, of clusters, two-way, of space and time."""
    mine = cast(Covariance, own.covariance)
    by = mine.by[0] if isinstance(mine, Clustered) else (spec.cluster or panel.place)
    rows, clusters, two_way = _of_rows(), _of_clusters(by, design, panel), _two_way(mine, by, panel)
    return [*rows, *clusters, *_of_other_steps(spec, by), *two_way, *_of_space_and_time(mine, panel)]


def _of_other_steps(spec: ModelSpec, by: str) -> list[Wanted]:
    if getattr(spec, "stop", "") != "converged":
        return []
    stopped: ModelSpec = replace(spec, stop="fixest")  # type: ignore[call-arg]
    programs = "R fixest fepois to its last digit: its errors are from the means before its last step"
    return [Wanted(name="CR1, fixest's stop", covariance=Clustered(by=(by,)), programs=programs, spec=stopped)]


def _of_rows() -> list[Wanted]:
    return [
        Wanted(
            name="classical",
            covariance=Classical(),
            programs='Stata regress, areg, xtreg fe, reghdfe without vce(); R lm, plm, fixest "iid"; linearmodels unadjusted',
        ),
        Wanted(
            name="classical, ivreg2",
            covariance=Classical(small_sample="ivreg2"),
            programs="Stata ivreg2 without small; statsmodels and R systemfit without a correction",
        ),
        Wanted(
            name="HC0", covariance=Robust(variant="hc0"), programs='R sandwich vcovHC(type = "HC0"); statsmodels HC0'
        ),
        Wanted(
            name="HC1",
            covariance=Robust(),
            programs='Stata vce(robust) of regress, areg, reghdfe (not of xtreg, which clusters); fixest "hetero"; statsmodels HC1',
        ),
        Wanted(
            name="HC1, plm",
            covariance=Robust(small_sample="plm_sss"),
            programs='R plm vcovHC(method = "white1", type = "HC1")',
        ),
        Wanted(
            name="HC2",
            covariance=Robust(variant="hc2"),
            programs="Stata regress with dummies, vce(hc2); statsmodels HC2 and R sandwich on dummies",
        ),
        Wanted(
            name="HC3",
            covariance=Robust(variant="hc3"),
            programs="Stata regress with dummies, vce(hc3); statsmodels HC3 and R sandwich on dummies",
        ),
        Wanted(
            name="HC3, plm",
            covariance=Robust(variant="hc3", small_sample="plm_hc0"),
            programs='R plm vcovHC(method = "white1", type = "HC3"): dummies not counted in the leverage',
        ),
    ]


def _of_clusters(by: str, design: Design, panel: Panel) -> list[Wanted]:
    made = [
        Wanted(
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
            Wanted(
                name=f"CR1, {convention}",
                covariance=Clustered(by=(by,), small_sample=convention),
                programs=CLUSTER_PROGRAMS[convention].format(by=by),
                reason=reason,
            )
        )
    made.append(
        Wanted(
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
    made += [Wanted(name=f"CR3, {v}", covariance=make(), programs=programs[v]) for v, make in variants.items()]
    return made


def _nests(design: Design, effect: str) -> bool:
    from panelkit.numerics.cluster_design import is_nested

    return is_nested(design.effects[design.effect_names.index(effect)], design.clusters[0])


def _two_way(mine: Covariance, by: str, panel: Panel) -> list[Wanted]:
    two = mine.by if isinstance(mine, Clustered) and len(mine.by) == 2 else (by, panel.time)
    if two[0] == two[1]:
        two = (panel.unit, panel.time)
    said = " and ".join(two)
    return [
        Wanted(
            name=f"two-way, {said}, smallest G",
            covariance=Clustered(by=two, groups="min"),
            programs=f"R fixest, Stata reghdfe vce(cluster {' '.join(two)})",
        ),
        Wanted(
            name=f"two-way, {said}, each G",
            covariance=Clustered(by=two, groups="own"),
            programs='fixest ssc(G.df = "conventional"); Stata cgmreg, older ivreg2',
        ),
        Wanted(
            name=f"two-way, {said}, no factor",
            covariance=Clustered(by=two, variant="cr0"),
            programs='R plm vcovDC(type = "HC0"); linearmodels with two clusters, debiased=False',
        ),
    ]


def _of_space_and_time(mine: Covariance, panel: Panel) -> list[Wanted]:
    made = [
        Wanted(name="Driscoll-Kraay, fixest", covariance=DriscollKraay(), programs='R fixest "DK"; pyfixest'),
        Wanted(
            name="Driscoll-Kraay, no factor",
            covariance=DriscollKraay(small_sample="plm_hc0"),
            programs="R plm vcovSCC; statsmodels hac-groupsum, use_correction=False",
        ),
        Wanted(
            name="Driscoll-Kraay, plm sss",
            covariance=DriscollKraay(small_sample="plm_sss"),
            programs='R plm vcovSCC(type = "sss")',
        ),
        Wanted(name="Newey-West, fixest", covariance=NeweyWest(), programs='R fixest "NW"; pyfixest'),
        Wanted(name="Newey-West, no factor", covariance=NeweyWest(small_sample="plm_hc0"), programs="R plm vcovNW"),
    ]
    conley = mine if isinstance(mine, Conley) else Conley(cutoff_km=CONLEY_KM)
    if {conley.latitude, conley.longitude} <= set(panel.names):
        flat = replace(conley, pairs="all", lags=0, kernel="uniform", small_sample="fixest")
        bare = replace(conley, small_sample="none", reference="t")
        made += [
            Wanted(
                name="Conley, no factor",
                covariance=bare,
                programs="R conleyreg; Stata acreg and Hsiang's ols_spatial_HAC",
            ),
            Wanted(
                name="Conley, fixest",
                covariance=flat,
                programs=f'R fixest conley({conley.cutoff_km:g}, distance = "spherical"), up to its radius of the earth',
            ),
        ]
    return made
