"""Our own estimates, numbers given as a frame, and results that speak maketables' protocol, read for tables of scripts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from panelkit.core.errors import Fault, ReportError
from panelkit.core.estimate import Estimate, Term
from panelkit.core.nearest import known_or_nearest
from panelkit.core.request import Clustered
from panelkit.reporting.scripts.read import NORMAL, Read, made, t_of

# what packages call the columns of their tidy frames
COLUMNS = {
    "estimate": ("estimate", "b", "coef", "coef.", "coefficient", "parameter", "params", "dy/dx"),
    "se": ("se", "std. error", "std.error", "std err", "std_error", "std.err.", "std. err.", "bse", "s.e.", "standard error"),
    "statistic": ("statistic", "t", "z", "t value", "z value", "t-stat", "tstat", "tvalues"),
    "p": ("p", "pr(>|t|)", "pr(>|z|)", "p>|t|", "p>|z|", "p.value", "p_value", "pvalue", "pvalues", "p-value"),
    "low": ("low", "ci95l", "conf.low", "conf_low", "2.5%", "2.5 %", "[0.025", "ci_lower", "lower", "lower ci"),
    "high": ("high", "ci95u", "conf.high", "conf_high", "97.5%", "97.5 %", "0.975]", "ci_upper", "upper", "upper ci"),
}  # fmt: skip

# kinds that other packages have too go by the name that these have
_KINDS = {
    "fixed_effects": "OLS", "poisson": "Poisson", "instrumental": "2SLS", "random_effects": "est_random", "between": "est_between",
    "first_difference": "est_difference",
}  # fmt: skip


def estimate(found: Estimate, labels: Mapping[str, str] | None = None) -> Read:
    """One of panelkit's own estimates, by its own specification."""
    covariance, sample, fit = found.covariance, found.sample, found.fit
    by = " + ".join(covariance.by) if isinstance(covariance, Clustered) else ""
    called = str(getattr(covariance, "variant", "") or covariance.kind).upper()
    kind = "kind" if covariance.kind in ("clustered", "robust", "classical") else ""
    within = {"r2_within": fit.r2_within} if found.absorb else {"r2_adjusted": fit.r2_adjusted}
    degrees = {t.df for t in found.terms}
    limited = any(r.estimator == "limited_information" for r in found.requests)
    resampled = any(not math.isnan(r.p) for r in found.resampled)
    return made(
        {t.name: (t.estimate, t.se, t.statistic, t.p, *at_95(t)) for t in found.terms},
        (called, by),
        outcome=found.outcome,
        absorb=found.absorb,
        rows=sample.rows,
        statistics={"r2": fit.r2, **within, **fit.extra},
        clusters=dict(sample.clusters),
        estimator="LIML" if limited else _KINDS.get(found.kind, f"kind: {found.kind}"),
        reference=t_of(degrees.pop()) if len(degrees) == 1 else "t",
        remarks=(("resampled_apart", ()),) if resampled else (),
        labels=dict(labels or {}),
        source=found,
        **({"kind": covariance.kind} if kind else {}),
    )


def at_95(term: Term) -> tuple[float, float]:
    """The interval at 95 %, which the note beneath a script's table says, also of a term of a study at another level.

    One that its error and degrees of freedom do not make (by draws, of a threshold) stays.
    """
    if not (term.se > 0 and math.isfinite(term.high)):
        return term.low, term.high
    from scipy import stats

    half = (term.high - term.low) / 2
    law = stats.t(term.df) if math.isfinite(term.df) else stats.norm
    made = abs((term.high + term.low) / 2 - term.estimate) <= 1e-9 * half
    if not made or abs(2 * law.cdf(half / term.se) - 1.95) <= 1e-9:
        return term.low, term.high
    reach = float(law.ppf(0.975)) * term.se
    return term.estimate - reach, term.estimate + reach


def speaks(model: Any) -> Read:
    """A result that speaks maketables' protocol."""
    frame = model.__maketables_coef_table__
    stat = getattr(model, "__maketables_stat__", lambda key: None)
    told = getattr(model, "__maketables_vcov_info__", None) or {}
    by = told.get("clustervar") or ""
    effects = str(getattr(model, "__maketables_fixef_string__", "") or "")
    count = stat("N")
    return given(
        frame,
        outcome=str(getattr(model, "__maketables_depvar__", "") or "y"),
        rows=None if count is None else int(count),
        absorb=tuple(e.strip() for e in effects.split("+") if e.strip()),
        errors=str(told.get("vcov_type") or ""),
        cluster=" + ".join(by) if isinstance(by, list | tuple) else str(by),
        statistics={k: v for k in ("r2", "r2_within") if isinstance(v := stat(k), int | float)},
        labels=dict(getattr(model, "__maketables_var_labels__", None) or {}),
        source=model,
    )


def given(
    frame: Any, *, outcome: str, df: float | None = None, errors: str = "", cluster: str = "", **facts: Any
) -> Read:
    """Coefficients of any program as a column of `panelkit.reporting.table`.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row for each term, its name in the index; columns by any of the usual names: estimate (b, coef, Estimate), se
        (Std. Error, bse), and where there are some statistic, p, low and high.
    outcome : str
        The dependent variable.
    df : float, optional
        Degrees of freedom of the t that p and interval are read from where the frame has none; infinite for the normal.
    errors, cluster : str
        What the standard errors are called ("CRV1", "HC1"), and what they cluster by ("province", "province + year").
    **facts
        rows, absorb (effects), estimator, clusters {name: number}, statistics {"r2": ...}, weighted, heading.

    Returns
    -------
    Read
        To be given to `table` beside fitted results.

    Raises
    ------
    ReportError
        A frame without estimates or errors, or without p where no `df` is given; an unknown fact.
    """
    known = ("rows", "absorb", "estimator", "clusters", "statistics", "weighted", "heading", "labels", "source")
    faults = [
        Fault(where=k, what=f"there is no fact '{k}'", mend=known_or_nearest(k, known)) for k in facts if k not in known
    ]
    if not hasattr(frame, "columns"):
        raise ReportError(
            f"a {type(frame).__name__} is no frame of coefficients", mend="give a pandas DataFrame, terms in its index"
        )
    columns = {field: _column(frame, names) for field, names in COLUMNS.items()}
    listed = ", ".join(map(str, frame.columns))
    for field in ("estimate", "se"):
        if columns[field] is None:
            mend = f"name it '{field}'; the columns are {listed}"
            faults.append(Fault(where="frame", what=f"no column holds the {field}", mend=mend))
    if columns["p"] is None and df is None:
        mend = "say df = ... (inf for the normal)"
        faults.append(Fault(where="frame", what="no column holds p, and no degrees of freedom are given", mend=mend))
    if faults:
        raise ReportError(faults=faults)
    terms = _six([str(n) for n in frame.index], columns, df)
    reference = "" if df is None else NORMAL if math.isinf(df) else t_of(df)
    return made(terms, (errors, cluster), outcome=outcome, reference=reference, **{"source": frame, **facts})


def _column(frame: Any, names: tuple[str, ...]) -> list[float] | None:
    for name in frame.columns:
        if str(name).strip().casefold() in names:
            return [float(v) for v in frame[name]]
    return None


def _six(names: list[str], columns: Mapping[str, list[float] | None], df: float | None) -> dict[str, tuple[float, ...]]:
    from scipy import stats

    from panelkit.reporting.scripts.read import twice

    if len(set(names)) < len(names):
        raise twice(n for n in names if names.count(n) > 1)
    law = None if df is None else stats.norm if math.isinf(df) else stats.t(df)
    made: dict[str, tuple[float, ...]] = {}
    for i, name in enumerate(names):
        b, se, statistic, p, low, high = (math.nan if c is None else c[i] for c in columns.values())
        if math.isnan(statistic) and se:
            statistic = b / se
        if law is not None and math.isnan(p):
            p = 2 * float(law.sf(abs(statistic)))
        if law is not None and math.isnan(low):
            low, high = (b + side * float(law.ppf(0.975)) * se for side in (-1, 1))
        made[name] = (b, se, statistic, p, low, high)
    return made
