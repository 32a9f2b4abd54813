"""Results of statsmodels read by their attributes; statsmodels is not imported, no table is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from panelkit.core.errors import ReportError
from panelkit.reporting.scripts.read import NORMAL, Read, made, mean_of, named, sample_of, six, t_of, vary

_ESTIMATORS = {
    "OLS": "OLS", "WLS": "OLS", "GLS": "GLS", "GLSAR": "GLS", "Logit": "Logit", "Probit": "Probit", "Poisson": "Poisson",
    "MNLogit": "est_multinomial", "NegativeBinomial": "est_negbin", "NegativeBinomialP": "est_negbin", "MixedLM": "est_mixed",
    "RLM": "est_robust", "GEE": "GEE", "PHReg": "Cox", "IV2SLS": "2SLS", "ConditionalLogit": "est_conditional_logit",
}  # fmt: skip
# whose R-squared is that of least squares on the rows as they are, or as they are transformed
_R2 = {"OLS": "r2", "WLS": "r2", "IV2SLS": "r2", "GLS": "r2_transformed", "GLSAR": "r2_transformed"}


def statsmodels(model: Any) -> Read:
    """A result of one equation."""
    inner = model.model
    names = list(model.params.index) if hasattr(model.params, "index") else list(inner.exog_names)
    mixed = hasattr(model, "fe_params")  # of a mixed model the coefficients, not the variances of its random effects
    terms = six(names, model.params, model.bse, model.tvalues, model.pvalues, bounds=model.conf_int())
    if mixed:
        kept = model.fe_params.index if hasattr(model.fe_params, "index") else names[: len(model.fe_params)]
        terms = {n: terms[n] for n in map(str, kept)}
    return _read(model, terms, remarks=(("mixed_variances", ()),) if mixed else ())


def margins(model: Any) -> Read:
    """Marginal effects of a binary or count model.

    Raises
    ------
    ReportError
        Of a model of several outcomes.
    """
    import numpy as np

    if np.ndim(model.margeff) > 1:
        what = "marginal effects of several outcomes are a matrix"
        raise ReportError(what, mend="give one outcome's: given(effects.summary_frame().loc['...'], outcome='...')")
    frame = model.summary_frame()
    terms = six(frame.index, model.margeff, model.margeff_se, model.tvalues, model.pvalues, bounds=model.conf_int())
    how = {k: str(model.margeff_options.get(k, "")) for k in ("at", "method")}
    base = _estimator(model.results)
    read = _read(model.results, terms, remarks=(("margins", tuple(sorted(how.items()))),), source=model)
    return _with(read, estimator=f"est_margins: {base}")


def several(model: Any) -> Iterator[Read]:
    """One for each equation of a vector autoregression, or outcome of a multinomial logit."""
    import numpy as np

    inner = model.model
    if hasattr(model, "neqs"):
        frames = (model.params, model.bse, model.tvalues, model.pvalues)
        for j, outcome in enumerate(map(str, model.names)):
            terms = six(model.params.index, *(np.asarray(f)[:, j] for f in frames))
            yield made(
                terms, ("nonrobust", ""), outcome=outcome, rows=int(model.nobs), estimator="VAR", reference=NORMAL, source=model
            )  # fmt: skip
        return
    values = np.asarray(model.conf_int(), dtype=float)
    outcomes = [str(v) for v in getattr(inner, "_ynames_map", {}).values()]
    bounds = values.reshape(len(outcomes) - 1, -1, 2)
    for j, outcome in enumerate(outcomes[1:]):
        columns = (np.asarray(f, dtype=float)[:, j] for f in (model.params, model.bse, model.tvalues, model.pvalues))
        terms = six(inner.exog_names, *columns, bounds=bounds[j])
        read = _read(model, terms, remarks=(("against_base", (("base", outcomes[0]),)),))
        yield _with(read, heading=f"{inner.endog_names} = {outcome}")


def _with(read: Read, **changed: Any) -> Read:
    from dataclasses import replace

    return replace(read, **changed)


def _read(model: Any, terms: Any, *, remarks: tuple[Any, ...] = (), source: Any = None) -> Read:
    inner = model.model
    called, by, clusters = _covariance(model)
    kind = {"kind": "clustered"} if type(inner).__name__ == "GEE" and clusters else {}
    values = getattr(inner, "endog", None)
    rows = _rows(model, inner)
    weights = _weights(inner)
    return made(
        terms,
        (called, by),
        outcome=str(inner.endog_names),
        rows=rows,
        statistics=_fits(model, inner),
        clusters=clusters,
        weighted=_weighted(inner),
        estimator=_estimator(model),
        reference=_reference(model),
        sample=sample_of(values),
        mean=mean_of(values, rows, weights),
        remarks=(*remarks, *_told(model, inner)),
        source=model if source is None else source,
        **kind,
    )


def _rows(model: Any, inner: Any) -> int | None:
    count = getattr(model, "nobs", None)
    if count is None:
        endog = getattr(inner, "endog", None)
        count = None if endog is None else len(endog)
    return None if count is None else int(count)


def _told(model: Any, inner: Any) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """What a reader must know of a fit: steps that did not end, cut points by statsmodels' own scale, an offset."""
    found: list[tuple[str, tuple[tuple[str, str], ...]]] = []
    steps: Any = getattr(model, "mle_retvals", None)
    ended = steps.get("converged") if hasattr(steps, "get") else None
    ended = getattr(model, "converged", True) if ended is None else ended
    if ended is not None and not ended:
        found.append(("not_converged", ()))
    if type(inner).__name__ == "OrderedModel":
        found.append(("ordered_cuts", ()))
    if any(getattr(inner, name, None) is not None and vary(getattr(inner, name)) for name in ("offset", "exposure")):
        found.append(("offset", ()))
    return found


def _reference(model: Any) -> str:
    """`use_t` says which one; the degrees of freedom are those of its own inference, where they differ from the residual ones."""
    if not getattr(model, "use_t", False):
        return NORMAL
    return t_of(getattr(model, "df_resid_inference", None) or getattr(model, "df_resid", None))


def _weights(inner: Any) -> Any:
    """Weights of the data that vary; the weights of an estimator's own steps (GLM, RLM) are none."""
    name = type(inner).__name__
    for field in ("weights",) if name in ("WLS", "GEE") else ("freq_weights", "var_weights") if name == "GLM" else ():
        found = getattr(inner, field, None)
        if vary(found):
            return found
    return None


def _weighted(inner: Any) -> bool:
    """Whether rows have weights; a result that was saved without its data still says that it had some."""
    if type(inner).__name__ == "WLS" and getattr(inner, "weights", None) is None:
        return True
    flags = ("freq_weights", "var_weights")
    lost = (getattr(inner, f, None) is None and getattr(inner, f"_has_{f}", False) for f in flags)
    return _weights(inner) is not None or (type(inner).__name__ == "GLM" and any(lost))


def _fits(model: Any, inner: Any) -> dict[str, Any]:
    name = type(inner).__name__
    kind, centred = _R2.get(name, ""), bool(getattr(model, "k_constant", 1))
    if kind == "r2_transformed" and name == "GLS" and getattr(inner, "sigma", None) is None:
        kind = "r2"
    found: dict[str, Any] = {}
    if name not in ("GEE", "RLM", "IV2SLS"):  # which have no likelihood
        found = {"loglik": _given(model, "llf"), "aic": _given(model, "aic"), "bic": _bic(model)}
    # McFadden's; that of a quantile regression is another statistic
    found["r2_pseudo"] = None if name == "QuantReg" else _given(model, "prsquared")
    if kind:
        found[kind if centred else "r2_uncentred"] = _given(model, "rsquared")
        found["r2_adjusted"] = _given(model, "rsquared_adj") if centred and kind == "r2" else None
    return found


def _given(model: Any, name: str) -> float | None:
    """A statistic, None where the result has none or has lost the data that it is made from."""
    try:
        found = getattr(model, name, None)
    except (NotImplementedError, ValueError, TypeError, AttributeError):
        return None
    return float(found) if isinstance(found, int | float) else None


def _bic(model: Any) -> float | None:
    """The Bayesian criterion; of a GLM the one from its likelihood."""
    found = _given(model, "bic_llf")
    return _given(model, "bic") if found is None else found


def _estimator(model: Any) -> str:
    inner = model.model
    name = type(inner).__name__
    if name == "QuantReg":
        return f"est_quantile: {getattr(model, 'q', '')}"
    if name == "GLM":
        family = inner.family
        return f"GLM ({type(family).__name__}, {type(family.link).__name__})"
    if name == "OrderedModel":
        law = getattr(getattr(inner, "distr", None), "name", "")
        return {"norm": "est_ordered_probit", "logistic": "est_ordered_logit"}.get(law, "OrderedModel")
    return _ESTIMATORS.get(name, name)


def _covariance(model: Any) -> tuple[str, str, dict[str, int]]:
    """What statsmodels calls its errors and what they cluster by, and how many clusters there are."""
    import numpy as np

    inner = model.model
    kind, how = str(getattr(model, "cov_type", "") or "model-based"), getattr(model, "cov_kwds", None) or {}
    if type(inner).__name__ == "GEE" and kind in ("robust", "bias_reduced"):  # a sandwich over its groups
        return kind, "", named((), [len(inner.group_labels)])
    lags = how.get("maxlags")
    if kind != "cluster":
        return f"{kind} ({lags} lags)" if lags is not None else kind, "", {}
    groups = how.get("groups")
    by = getattr(groups, "name", None) or getattr(groups, "columns", None)
    names = [by] if isinstance(by, str) else [str(b) for b in by] if by is not None else []
    values = np.asarray(groups)
    columns = list(values.reshape(len(values), -1).T) if groups is not None else []
    kind += ", no small-sample factor" if how.get("use_correction") is False else ""
    return kind, " + ".join(names), named(names, [len(np.unique(column)) for column in columns])
