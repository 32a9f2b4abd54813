"""Results of linearmodels read by their attributes; linearmodels is not imported, no table is made."""

from __future__ import annotations

from typing import Any

from panelkit.core.errors import ReportError
from panelkit.reporting.scripts.read import NORMAL, Read, made, mean_of, named, sample_of, six, t_of, vary

# estimators whose R-squared is of transformed data
_TRANSFORMED = {
    "RandomEffects": "r2_quasi", "BetweenOLS": "r2_between", "FirstDifferenceOLS": "r2_difference",
}  # fmt: skip
_ESTIMATORS = {
    "PanelOLS": "OLS", "PooledOLS": "OLS", "AbsorbingLS": "OLS", "RandomEffects": "est_random", "BetweenOLS": "est_between",
    "FirstDifferenceOLS": "est_difference", "FamaMacBeth": "Fama-MacBeth",
}  # fmt: skip
_METHODS = {
    "IV-2SLS": "2SLS", "IV-LIML": "LIML", "IV-GMM": "GMM", "IV-GMM-CUE": "GMM (CUE)", "OLS": "OLS",
    "GLS": "SUR", "System OLS": "OLS",
}  # fmt: skip


def linearmodels(model: Any) -> Read:
    """A result of one equation: panel, instrumental, absorbing, or an equation of a system.

    Raises
    ------
    ReportError
        A result that holds a matrix of coefficients.
    """
    if getattr(model.params, "ndim", 1) > 1:
        what = f"a {type(model).__name__} holds a matrix of coefficients, assets by factors"
        mend = "give what you print of it: given(DataFrame({'b': r.risk_premia, 'se': r.risk_premia_se}), outcome='...', df=inf)"
        raise ReportError(what, mend=mend)
    columns = (model.params, model.std_errors, model.tstats, model.pvalues)
    terms = six(model.params.index, *columns, bounds=model.conf_int())
    inner = getattr(model, "model", None)
    effects, also = _effects(inner)
    kind, names, clusters = _errors(model, inner)
    values, rows = _outcome_values(model, inner), int(model.nobs)
    weights = getattr(inner, "weights", None)
    weights = getattr(weights, "values2d", getattr(weights, "ndarray", None))
    weighted = vary(weights)
    return made(
        terms,
        (kind, " + ".join(names)),
        outcome=_outcome(model, inner),
        absorb=effects,
        rows=rows,
        statistics=_fits(model, inner, effects),
        clusters=clusters,
        weighted=weighted,
        estimator=_estimator(model, inner),
        reference=t_of(getattr(model, "df_resid", None)) if getattr(model, "_debiased", False) else NORMAL,
        sample=sample_of(values),
        mean=mean_of(values, rows, weights if weighted else None)
        if type(inner).__name__ not in _TRANSFORMED or type(inner).__name__ == "RandomEffects"
        else float("nan"),
        remarks=(("absorbed_too", (("what", ", ".join(also)),)),) if also else (),
        heading=str(getattr(model, "equation_label", "") or ""),
        source=model,
    )


def _fits(model: Any, inner: Any, effects: tuple[str, ...]) -> dict[str, Any]:
    r2 = getattr(model, "rsquared", None)
    if hasattr(model, "absorbed_rsquared"):
        return {"r2_within": model.absorbed_rsquared, "r2": r2}
    if effects:
        # after the effects are taken out; its own 'within' is another statistic and is left alone
        return {"r2_within": r2, "r2": getattr(model, "rsquared_inclusive", None)}
    centred = bool(getattr(inner, "has_constant", True))
    kind = _TRANSFORMED.get(type(inner).__name__, "r2" if centred else "r2_uncentred")
    adjusted = getattr(model, "rsquared_adj", None) if kind == "r2" and hasattr(model, "method") else None
    return {kind: r2, "r2_adjusted": adjusted}


def _outcome(model: Any, inner: Any) -> str:
    dependent = getattr(inner, "dependent", None)
    depvar = getattr(dependent, "vars", None) or getattr(dependent, "cols", None)
    if depvar:
        return str(depvar[0])
    own = getattr(model, "dependent", None)  # of an equation of a system
    return own if isinstance(own, str) else str(model.summary.tables[0].data[0][1]).strip()


def _outcome_values(model: Any, inner: Any) -> Any:
    dependent = getattr(inner, "dependent", None)
    for name in ("values2d", "ndarray"):
        if getattr(dependent, name, None) is not None:
            return getattr(dependent, name)
    return None


def _estimator(model: Any, inner: Any) -> str:
    name = type(inner).__name__
    if name in _ESTIMATORS:
        return _ESTIMATORS[name]
    method = str(getattr(model, "method", "") or name)
    return _METHODS.get(method, method)


def _effects(inner: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Effects by the names of the index, of other effects and of AbsorbingLS's columns; and what else is absorbed."""
    effects: list[str] = []
    names = [str(n) for n in getattr(getattr(getattr(inner, "dependent", None), "index", None), "names", ()) or ()]
    for flag, place in (("entity_effects", 0), ("time_effects", 1)):
        if getattr(inner, flag, False) is True:
            effects.append(names[place] if len(names) > place and names[place] != "None" else flag.split("_")[0])
    other = getattr(getattr(inner, "_other_effect_cats", None), "dataframe", None)
    if other is not None:
        effects += [str(c) for c in other.columns]
    absorbed: Any = getattr(inner, "_absorb_inter", None)
    if getattr(absorbed, "cat", None) is not None:
        effects += [str(c) for c in absorbed.cat.columns]
    also = [str(c) for c in getattr(getattr(absorbed, "cont", None), "columns", ())]
    for each in getattr(inner, "_interaction_list", None) or ():
        parts = [str(c) for frame in (each.cat, each.cont) for c in getattr(frame, "columns", ())]
        also.append(":".join(parts))
    return tuple(dict.fromkeys(effects)), tuple(dict.fromkeys(also))


def _errors(model: Any, inner: Any) -> tuple[str, list[str], dict[str, int]]:
    """What the package calls the errors, what they cluster by, and how many clusters there are."""
    kind = str(getattr(model, "_cov_type", "") or getattr(model, "cov_type", ""))
    estimator = getattr(getattr(model, "_deferred_cov", None), "__self__", None)
    config = getattr(model, "cov_config", None) or {}
    if kind.lower() == "clustered":
        clusters = _clusters(estimator, config, inner)
        debiased = getattr(estimator, "_group_debias", config.get("group_debias", False))
        return f"{kind}{', G/(G−1)' if debiased else ''}", [n for n in clusters if n[:1] != "#"], clusters
    bandwidth = getattr(estimator, "_bw", None) if estimator is not None else config.get("bandwidth")
    kernel = getattr(estimator, "_kernel", None) if estimator is not None else config.get("kernel")
    if bandwidth is not None and kernel:
        kind = f"{kind}, {kernel}, bandwidth {float(bandwidth):g}"
    return kind, [], {}


def _clusters(estimator: Any, config: Any, inner: Any) -> dict[str, int]:
    """How many clusters there are, by the name of entities, periods or absorbed columns that part the rows alike."""
    import numpy as np

    groups = getattr(estimator, "_clusters", None)
    groups = config.get("clusters") if groups is None else groups
    if groups is None:
        return {}
    groups = np.asarray(groups)
    codes = [np.unique(c, return_inverse=True)[1] for c in groups.reshape(len(groups), -1).T]
    known = _known(inner)
    names = [next((n for n, k in known.items() if len(k) == len(c) and _alike(k, c)), "") for c in codes]
    return named(names, [len(np.unique(c)) for c in codes])


def _known(inner: Any) -> dict[str, Any]:
    """Codes of what a model knows its rows by."""
    import numpy as np

    dependent = getattr(inner, "dependent", None)
    found: dict[str, Any] = {}
    index = [str(n) for n in getattr(getattr(dependent, "index", None), "names", ()) or ()]
    for place, ids in ((0, "entity_ids"), (1, "time_ids")):
        codes = np.asarray(getattr(dependent, ids, ())).ravel()
        name = index[place] if len(index) > place and index[place] != "None" else ids.split("_")[0]
        found[name] = np.unique(codes, return_inverse=True)[1]
    frames: list[Any] = [
        getattr(getattr(inner, "_other_effect_cats", None), "dataframe", None),
        getattr(getattr(inner, "_absorb_inter", None), "cat", None),
    ]
    for frame in frames:
        for name in getattr(frame, "columns", ()):
            found[str(name)] = np.unique(np.asarray(frame[name].astype(str)), return_inverse=True)[1]
    return found


def _alike(a: Any, b: Any) -> bool:
    """Whether two codings part the rows in the same way."""
    pairs = set(zip(a.tolist(), b.tolist(), strict=True))
    return len(pairs) == len(set(a.tolist())) == len(set(b.tolist()))
