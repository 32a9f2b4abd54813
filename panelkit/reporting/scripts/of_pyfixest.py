"""Results of pyfixest read by their attributes; pyfixest is not imported, no table is made."""

from __future__ import annotations

from typing import Any

from panelkit.reporting.scripts.read import NORMAL, Read, effects_of, made, mean_of, sample_of, t_of

_ESTIMATORS = {
    "feols": "OLS", "twfe": "OLS", "saturated": "OLS", "compression": "OLS", "fepois": "Poisson", "feglm-logit": "Logit",
    "feglm-probit": "Probit", "feglm-gaussian": "GLM (Gaussian)", "did2s": "est_did2s",
}  # fmt: skip
_FACTOR = {"k_adj": True, "k_fixef": "nonnested", "G_adj": True, "G_df": "min"}
_NORMAL = ("fepois", "feglm-logit", "feglm-probit", "feglm-gaussian")


def pyfixest(model: Any) -> Read:
    """A fit of feols, fepois, feglm, quantreg, did2s or event_study."""
    tidy = model.tidy()
    low, high = (next(c for c in tidy.columns if str(c).startswith(p)) for p in ("2.5", "97.5"))
    columns = ("Estimate", "Std. Error", "t value", "Pr(>|t|)", low, high)
    terms = {str(name): [float(row[c]) for c in columns] for name, row in tidy.iterrows()}
    method = str(getattr(model, "_method", ""))
    formula = str(getattr(model, "_fml", "") or "")
    effects = effects_of(formula) or effects_of("y ~ x | " + str(getattr(model, "_fixef", "") or "0"))
    outcome, rows, found = str(model._depvar), int(model._N), _fits(model, effects)
    values = getattr(model, "_Y_untransformed", None)
    if method == "did2s":  # its second stage regresses the outcome less its imputed effects
        outcome, found, values = outcome.removesuffix("_hat"), {}, None
    kind = str(getattr(model, "_vcov_type_detail", "") or getattr(model, "_vcov_type", ""))
    lag = getattr(model, "_lag", None)
    names, clusters = _clusters(model, kind)
    weights = _weights(model)
    split = str(getattr(model, "_sample_split_var", None) or "")
    return made(
        terms,
        ((f"{kind} ({lag} lags)" if lag is not None else kind) + _factor(model), " + ".join(names)),
        outcome=outcome,
        absorb=effects,
        rows=rows,
        statistics=found,
        clusters=clusters,
        weighted=bool(getattr(model, "_has_weights", False) or getattr(model, "_weights_name", None)),
        estimator=_estimator(model, method),
        reference=NORMAL if method in _NORMAL else t_of(getattr(model, "_df_t", None)),
        split=(split, str(getattr(model, "_sample_split_value", ""))) if split else ("", ""),
        sample=sample_of(values),
        mean=mean_of(values, rows, weights),
        remarks=(("not_converged", ()),) if getattr(model, "_convergence", True) is False else (),
        source=model,
    )


def local_projections(model: Any) -> Read:
    """A fit of lpdid, whose coefficients are of regressions of their own."""
    tidy = model._coeftable
    low, high = (next(c for c in tidy.columns if str(c).startswith(p)) for p in ("2.5", "97.5"))
    columns = ("Estimate", "Std. Error", "t value", "Pr(>|t|)", low, high)
    terms = {str(name): [float(row[c]) for c in columns] for name, row in tidy.iterrows()}
    counts = sorted({int(n) for n in tidy["N"]})
    given = getattr(model, "_vcov", "") or ""
    kind, by = next(iter(given.items())) if isinstance(given, dict) else (str(given), "")
    slots = (("fewest", str(counts[0])), ("most", str(counts[-1])))
    return made(
        terms,
        (str(kind), " + ".join(part.strip() for part in str(by).split("+") if part.strip())),
        outcome=str(model._yname),
        absorb=(str(model._tname),),
        rows=counts[0] if len(counts) == 1 else None,
        estimator="est_lpdid",
        remarks=(("own_regressions", slots),) if len(counts) > 1 else (),
        source=model,
    )


def _factor(model: Any) -> str:
    """The parts of the small-sample factor that are not pyfixest's own, as its `ssc` names them."""
    given = getattr(model, "_ssc_dict", None) or {}
    return "".join(f", {k}={given[k]}" for k, own in _FACTOR.items() if given.get(k, own) != own)


def _fits(model: Any, effects: tuple[str, ...]) -> dict[str, Any]:
    return {
        "r2_within": getattr(model, "_r2_within", None) if effects else None,
        "r2": getattr(model, "_r2", None),
        "r2_pseudo": getattr(model, "_pseudo_r2", None),
        "r2_adjusted": None if effects else getattr(model, "_adj_r2", None),
    }


def _estimator(model: Any, method: str) -> str:
    if method.startswith("quantreg"):
        return f"est_quantile: {getattr(model, '_quantile', '')}"
    return "2SLS" if getattr(model, "_is_iv", False) else _ESTIMATORS.get(method, method)


def _weights(model: Any) -> Any:
    """The weights of its rows, None where they have none or are not kept."""
    name, data = getattr(model, "_weights_name", None), getattr(model, "_data", None)
    return data[name] if name and data is not None and name in getattr(data, "columns", ()) else None


def _clusters(model: Any, kind: str) -> tuple[tuple[str, ...], dict[str, int]]:
    """What errors cluster by, and how many clusters each has."""
    by = getattr(model, "_clustervar", None)
    names = tuple(map(str, by)) if isinstance(by, list | tuple) else tuple(filter(None, str(by or "").split("+")))
    frame = getattr(model, "_cluster_df", None)  # its own counts are the smallest of both where there are two
    sizes = {n: int(frame[n].nunique()) for n in names if frame is not None and n in getattr(frame, "columns", ())}
    counted = getattr(model, "_G", None)
    if not sizes and kind.startswith("CRV") and len(names) < 2 and counted:
        first = counted[0] if isinstance(counted, list | tuple) else counted
        sizes = {names[0] if names else "#1": int(first)}
    return names, sizes
