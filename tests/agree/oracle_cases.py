"""Oracle cases (numbers frozen from R) as requests on panels, one function per group; no tolerance is tuned to a case.

A function of `GROUPS` takes a case and an engine, and gives back `Number`s (ours beside theirs) or raises `EngineRefusalError` with
the engine's reason; `not_covered` says what has no estimator yet. A later estimator adds its group, or a branch in one, in the file of
its R package.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from oracle_data import ORACLE as ORACLE
from oracle_data import UNIT_TIME as UNIT_TIME
from oracle_data import EngineRefusalError as EngineRefusalError
from oracle_data import Number as Number
from oracle_data import build as build
from oracle_data import case as case
from oracle_data import data as data
from oracle_data import index as index
from oracle_data import terms as terms
from oracle_did import covered_case, staggered
from oracle_fixest import fixest_poisson, fixest_regression
from oracle_others import clubsandwich, cluster_jackknife, instrumental, mediation, system
from oracle_plm import MEAN_GROUPS, mean_groups, plm_regression
from oracle_setups import panel_of as panel_of

GROUPS: dict[str, Callable[[dict, object], list[Number]]] = {
    "linear_panel": plm_regression,
    "hdfe": fixest_regression,
    "did": lambda this, engine: (staggered if covered_case(this["case"]) else fixest_regression)(this, engine),
    "iv": instrumental,
    "clubsandwich": clubsandwich,
    "cluster_jackknife": cluster_jackknife,
    "system": system,
    "mediation": mediation,
    "ppml": fixest_poisson,
    "heterogeneous": mean_groups,
}


def not_covered(name: str) -> str | None:
    """Why no estimator of panelkit answers the case yet; None where `GROUPS` holds it."""
    this = case(name)
    group, spec = this["group"], this["spec"]
    if group not in GROUPS:
        return "the group has no estimator yet"
    if group == "linear_panel" and spec["estimator"] == "random" and not name.endswith("_swar"):
        return f"random effects '{name.rpartition('_')[2]}' have no estimator: only Swamy and Arora's, one-way"
    if group == "heterogeneous" and name.partition("_")[2] not in MEAN_GROUPS:
        return f"{name.partition('_')[2]} (general GLS, random coefficients) has no estimator"
    if group == "did" and not covered_case(name) and name not in ("fx_did_2x2", "fx_did_event"):
        return "this difference-in-differences has no estimator yet"
    if group == "system" and (spec["method"] not in ("OLS", "2SLS") or "variants" in name):
        return f"systemfit method '{spec['method']}' has no estimator yet"
    if group == "mediation" and name != "med_panel_produc":
        return "simulated mediation (R mediate) has no estimator yet"
    return None


def covered() -> list[str]:
    """Cases that `GROUPS` answers, in the order of the index; none where the oracle is absent."""
    return [name for name in index()["case"] if not_covered(name) is None] if ORACLE.is_dir() else []


def kinds_left(name: str, found: list[Number]) -> list[str]:
    """Kinds of standard errors that a covered case holds and that were not compared (CR2, Driscoll-Kraay, Newey-West ...)."""
    result = case(name)["result"]
    told = [*result.get("se", {}), *(k for k in result if re.fullmatch(r"CR\d\w?", k))]
    return [k for k in told if not any(n.name.startswith(f"se {k} ") for n in found)]


def numbers(name: str, engine) -> list[Number]:
    """Every number of the case that this engine answers.

    Raises
    ------
    EngineRefusalError
        Where the engine refuses the request, with its reason.
    """
    this = case(name)
    return GROUPS[this["group"]](this, engine)
