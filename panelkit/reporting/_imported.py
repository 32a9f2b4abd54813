"""Results of pyfixest, linearmodels and statsmodels read by their attributes alone; none of the three is imported, no table is made.

Effects come from the model's own formula or settings, each named by itself, so that blanks in a formula hide none; every R-squared
goes by its kind; a number that a package does not give stays absent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from panelkit.core.errors import ReportError

CONSTANT = "(constant)"
_CONSTANT = ("Intercept", "const", "_cons", "(Intercept)")
# estimators of linearmodels whose R-squared is of transformed data
_TRANSFORMED = {
    "RandomEffects": "r2_quasi", "BetweenOLS": "r2_between", "FirstDifferenceOLS": "r2_difference",
}  # fmt: skip


# what packages call an error of one kind; anything else stays as they call it
KINDS = {
    **dict.fromkeys(("iid", "unadjusted", "homoskedastic", "nonrobust", "classical"), "classical"),
    **dict.fromkeys(("hetero", "heteroskedastic", "robust", "hc0", "hc1", "hc2", "hc3"), "robust"),
    **dict.fromkeys(("crv1", "crv3", "clustered", "cluster"), "clustered"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What is taken from a result: coefficients as (estimate, se, statistic, p, low, high), effects absorbed, statistics by kind.

    covariance : its kind (see `KINDS`), what the package calls it, and what it clusters by ("" where it is not known). weighted : whether
    rows have weights; clusters : how many there are, by what they are called.
    """

    outcome: str
    terms: dict[str, tuple[float, float, float, float, float, float]]
    absorb: tuple[str, ...]
    rows: int
    statistics: dict[str, float] = field(default_factory=dict)
    covariance: tuple[str, str, str] = ("", "", "")
    weighted: bool = False
    clusters: dict[str, int] = field(default_factory=dict)


def flat(models: Any) -> Iterator[Any]:
    """Results one by one: lists in lists, mappings and pyfixest's results of several formulas are opened."""
    for model in models.values() if isinstance(models, Mapping) else models:
        inner = getattr(model, "all_fitted_models", None)
        if isinstance(inner, Mapping):
            yield from inner.values()
        elif isinstance(model, list | tuple | Mapping):
            yield from flat(model)
        else:
            yield model


def imported(model: Any) -> Read:
    """A result as read by its attributes.

    Raises
    ------
    ReportError
        Where it is of none of the three packages, or holds several equations.
    """
    if hasattr(model, "equation_labels"):
        what = f"a {type(model).__name__} holds several equations ({', '.join(map(str, model.equation_labels))})"
        raise ReportError(what, mend="give them one by one: result.equations['...']")
    if hasattr(model, "_fml") or hasattr(model, "_coefnames"):
        return _pyfixest(model)
    if hasattr(model, "std_errors") and hasattr(model, "tstats"):
        return _linearmodels(model)
    if hasattr(model, "bse") and hasattr(model, "params"):
        return _statsmodels(model)
    what = f"a {type(model).__name__} is no result of pyfixest, linearmodels or statsmodels"
    raise ReportError(what, mend="give fitted results")


def canonical(name: str) -> str:
    """The name of a term, the constant by one name whoever gave it another."""
    return CONSTANT if name in _CONSTANT else name


def effects_of(formula: str) -> tuple[str, ...]:
    """The effects behind the first bar of a formula, whatever its blanks; interactions by '^'.

    >>> effects_of("y ~ x | province + year"), effects_of("y~x|a+b^c"), effects_of("y ~ 1 | a | x ~ z"), effects_of("y ~ 1 | x ~ z")
    (('province', 'year'), ('a', 'b^c'), ('a',), ())
    """
    parts = formula.split("|")[1:]
    if not parts or "~" in parts[0]:
        return ()
    named = ("^".join(p.strip() for p in e.split("^")) for e in parts[0].split("+"))
    return tuple(dict.fromkeys(e for e in named if e and e != "0"))


def _pyfixest(model: Any) -> Read:
    tidy = model.tidy()
    low, high = (next(c for c in tidy.columns if str(c).startswith(p)) for p in ("2.5", "97.5"))
    terms = {
        str(name): tuple(float(row[c]) for c in ("Estimate", "Std. Error", "t value", "Pr(>|t|)", low, high))
        for name, row in tidy.iterrows()
    }
    formula = str(getattr(model, "_fml", "") or "")
    effects = effects_of(formula) or effects_of("y ~ x | " + str(getattr(model, "_fixef", "") or "0"))
    outcome = str(model._depvar)
    found = {
        "r2_within": getattr(model, "_r2_within", None) if effects else None,
        "r2": getattr(model, "_r2", None),
        "r2_pseudo": getattr(model, "_pseudo_r2", None),
    }
    if str(getattr(model, "_method", "")) == "did2s":  # its second stage regresses the outcome less its imputed effects
        outcome, found = outcome.removesuffix("_hat"), {}
    kind = str(getattr(model, "_vcov_type_detail", "") or getattr(model, "_vcov_type", ""))
    by = getattr(model, "_clustervar", None)
    named = tuple(map(str, by)) if isinstance(by, list | tuple) else tuple(filter(None, str(by or "").split("+")))
    frame = getattr(model, "_cluster_df", None)  # its own counts are the smallest of both where there are two
    clusters = {n: int(frame[n].nunique()) for n in named if frame is not None and n in getattr(frame, "columns", ())}
    weighted = bool(getattr(model, "_has_weights", False) or getattr(model, "_weights_name", None))
    return _read(
        outcome,
        terms,
        effects,
        int(model._N),
        found,
        errors=(kind, " + ".join(named)),
        weighted=weighted,
        clusters=clusters,
    )


def _linearmodels(model: Any) -> Read:
    bounds = model.conf_int()
    terms = {
        str(n): tuple(
            float(v) for v in (model.params[n], model.std_errors[n], model.tstats[n], model.pvalues[n], *bounds.loc[n])
        )
        for n in model.params.index
    }
    inner = getattr(model, "model", None)
    effects, found = _effects_of_linearmodels(inner), {}
    r2 = getattr(model, "rsquared", None)
    if hasattr(model, "absorbed_rsquared"):
        found = {"r2_within": model.absorbed_rsquared, "r2": r2}
    elif effects:
        # after the effects are taken out; its own 'within' is another statistic and is left alone
        found = {"r2_within": r2, "r2": getattr(model, "rsquared_inclusive", None)}
    else:
        centred = bool(getattr(inner, "has_constant", True))
        found = {_TRANSFORMED.get(type(inner).__name__, "r2" if centred else "r2_uncentred"): r2}
    depvar = getattr(getattr(inner, "dependent", None), "vars", None)
    if depvar is None:
        depvar = getattr(getattr(inner, "dependent", None), "cols", None)
    outcome = str(depvar[0]) if depvar else str(model.summary.tables[0].data[0][1]).strip()
    kind = str(getattr(model, "_cov_type", "") or getattr(model, "cov_type", ""))
    clusters = _clusters_of_linearmodels(model, inner) if kind.lower() == "clustered" else {}
    named = {n: size for n, size in clusters.items() if n}
    weights = getattr(
        getattr(inner, "weights", None), "values2d", getattr(getattr(inner, "weights", None), "ndarray", None)
    )
    return _read(
        outcome, terms, effects, int(model.nobs), found,
        errors=(kind, " + ".join(named)), weighted=_vary(weights), clusters=clusters,
    )  # fmt: skip


def _effects_of_linearmodels(inner: Any) -> tuple[str, ...]:
    """Effects of a PanelOLS by the names of its index, its other effects and those of AbsorbingLS by their columns."""
    effects: list[str] = []
    names = [str(n) for n in getattr(getattr(getattr(inner, "dependent", None), "index", None), "names", ()) or ()]
    for flag, place in (("entity_effects", 0), ("time_effects", 1)):
        if getattr(inner, flag, False) is True:
            effects.append(names[place] if len(names) > place and names[place] != "None" else flag.split("_")[0])
    other = getattr(getattr(inner, "_other_effect_cats", None), "dataframe", None)
    if other is not None:
        effects += [str(c) for c in other.columns]
    absorbed = getattr(getattr(inner, "_absorb_inter", None), "cat", None)
    if absorbed is not None:
        effects += [str(c) for c in absorbed.columns]
    return tuple(dict.fromkeys(effects))


def _vary(weights: Any) -> bool:
    """Whether there are weights that are not all the same."""
    import numpy as np

    if weights is None or not np.size(weights):
        return False
    values = np.asarray(weights, dtype=float).ravel()
    return bool(np.ptp(values) > 1e-12 * abs(values[0]))


def _clusters_of_linearmodels(model: Any, inner: Any) -> dict[str, int]:
    """How many clusters a result of linearmodels has, by the name of its entities or periods; by "" where they go by no name."""
    import numpy as np

    groups = getattr(getattr(getattr(model, "_deferred_cov", None), "__self__", None), "_clusters", None)
    if groups is None:
        groups = (getattr(model, "cov_config", None) or {}).get("clusters")
    if groups is None:
        return {}
    groups = np.asarray(groups)
    columns = groups.reshape(len(groups), -1).T
    dependent, named = getattr(inner, "dependent", None), {}
    index = [str(n) for n in getattr(getattr(dependent, "index", None), "names", ()) or ()]
    for column in columns:
        codes = np.unique(column, return_inverse=True)[1]
        said = ""
        for place, ids in ((0, "entity_ids"), (1, "time_ids")):
            known = np.asarray(getattr(dependent, ids, ())).ravel()
            if len(known) == len(codes) and _alike(np.unique(known, return_inverse=True)[1], codes):
                said = index[place] if len(index) > place and index[place] != "None" else ids.split("_")[0]
        named[said] = len(np.unique(column))
    return named


def _alike(a: Any, b: Any) -> bool:
    """Whether two codings part the rows in the same way."""
    pairs = set(zip(a.tolist(), b.tolist(), strict=True))
    return len(pairs) == len(set(a.tolist())) == len(set(b.tolist()))


def _statsmodels(model: Any) -> Read:
    names = [str(n) for n in (model.params.index if hasattr(model.params, "index") else model.model.exog_names)]
    bounds = model.conf_int()
    rows = bounds.to_numpy() if hasattr(bounds, "to_numpy") else bounds
    columns = [list(map(float, v)) for v in (model.params, model.bse, model.tvalues, model.pvalues)]
    terms = {n: (*(c[i] for c in columns), float(rows[i][0]), float(rows[i][1])) for i, n in enumerate(names)}
    if hasattr(model, "fe_params"):  # of a mixed model the coefficients, not the variances of its random effects
        terms = {n: terms[n] for n in map(str, model.fe_params.index)}
    centred = bool(getattr(model, "k_constant", 1))
    found = {
        "r2" if centred else "r2_uncentred": getattr(model, "rsquared", None),
        "r2_adjusted": getattr(model, "rsquared_adj", None) if centred else None,
        # McFadden's; that of a quantile regression is another statistic
        "r2_pseudo": None if type(model.model).__name__ == "QuantReg" else getattr(model, "prsquared", None),
    }
    errors, clusters = _covariance_of_statsmodels(model)
    glm = hasattr(model.model, "freq_weights")  # whose `weights` are those of its last step
    given = ("freq_weights", "var_weights") if glm else ("weights",)
    weighted = any(_vary(getattr(model.model, name, None)) for name in given)
    outcome = str(model.model.endog_names)
    return _read(outcome, terms, (), int(model.nobs), found, errors=errors, weighted=weighted, clusters=clusters)


def _covariance_of_statsmodels(model: Any) -> tuple[tuple[str, str], dict[str, int]]:
    """What statsmodels calls its errors and what they cluster by, and how many clusters there are."""
    import numpy as np

    kind, how = str(getattr(model, "cov_type", "") or "model-based"), getattr(model, "cov_kwds", None) or {}
    if kind != "cluster":
        return (f"{kind} ({how['maxlags']} lags)" if kind == "HAC" and how.get("maxlags") is not None else kind, ""), {}
    groups = how.get("groups")
    by = getattr(groups, "name", None) or getattr(groups, "columns", None)
    names = [by] if isinstance(by, str) else [str(b) for b in by] if by is not None else []
    values = np.asarray(groups)
    columns = list(values.reshape(len(values), -1).T) if groups is not None else []
    sizes = {name: len(np.unique(column)) for name, column in zip(names or [""], columns, strict=False)}
    return (kind, " + ".join(names)), sizes


def _read(
    outcome: str,
    terms: Mapping[str, Sequence[float]],
    absorb: Iterable[str],
    rows: int,
    found: Mapping[str, Any],
    *,
    errors: tuple[str, str],
    weighted: bool,
    clusters: dict[str, int],
) -> Read:
    known = {k: float(v) for k, v in found.items() if v is not None and not math.isnan(float(v))}
    six = {canonical(n): (v[0], v[1], v[2], v[3], v[4], v[5]) for n, v in terms.items()}
    kind, by = errors
    return Read(
        outcome=outcome, terms=six, absorb=tuple(absorb), rows=rows, statistics=known, weighted=weighted, clusters=clusters,
        covariance=(KINDS.get(kind.casefold(), ""), kind, by),
    )  # fmt: skip
