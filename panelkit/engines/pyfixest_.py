"""The engine pyfixest: its demeaner, least squares, 2SLS, Poisson steps and sandwich, without any of its small-sample factors."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.registry import ENGINES
from panelkit.core.request import Classical, Clustered, Fit, Request, Robust
from panelkit.engines._poisson_fit import poisson_fit
from panelkit.engines._pyfixest_arrays import many_rows, poisson_steps
from panelkit.engines._pyfixest_sweep import swept
from panelkit.engines._sample import CONSTANT, Sample, answer, refusal, refuse_or_read, scaled

if TYPE_CHECKING:
    from panelkit.core.panel import Panel

MANY = 100_000  # rows above which feols is not handed a table


@cache  # reading a package's metadata takes as long as a small regression
def _version() -> str:
    return metadata.version("pyfixest")


class Pyfixest:
    """Least squares, 2SLS and Poisson with any number of absorbed effects.

    The effects are swept out by pyfixest's own demeaner, called with the effects in the order of the request, and `feols` then
    fits the swept columns. Naming the effects in its formula would do the same, but pyfixest 0.60 takes them from a `set`, so
    that their order, and with it the last bits of every number, would follow PYTHONHASHSEED. For the same reason the steps of
    its `fepois` are made here, around its demeaner. Above `MANY` rows the swept columns are solved and summed as arrays: there
    the tables that `feols` builds from a formula take longer than the fit itself.
    """

    name = "pyfixest"

    @property
    def version(self) -> str:
        return _version()

    def refuses(self, request: Request) -> str | None:
        """See `core.engine.Engine`."""
        if request.varying_slopes:
            return "pyfixest has no slopes that vary by group (fixest's fe[x]); linearmodels and dense have"
        if isinstance(request.covariance, Clustered) and request.covariance.variant == "cr3":
            return (
                "pyfixest's CRV3 is another variant than the cluster jackknife asked for (cr3), and it refits with its"
                " loose default tolerance"
            )
        if len(request.endogenous) > 1:
            return f"pyfixest instruments one endogenous regressor, not {len(request.endogenous)}"
        return refusal(request, families=("gaussian", "poisson"))

    def fit(self, request: Request, panel: Panel) -> Fit:
        """The answer by `pyfixest.feols`.

        Raises
        ------
        EstimationError
            Where demeaning does not converge, or pyfixest drops or refuses a column or a row.
        """
        sample = refuse_or_read(self.refuses(request), self.name, request, panel)
        unit = scaled(sample)
        if request.family == "poisson":
            b, steps, within = poisson_steps(replace(unit.sample, outcome=sample.outcome), request)
            slopes = unit.back / unit.outcome_unit
            return poisson_fit(self, request, sample, slopes @ b, steps, within @ np.linalg.inv(slopes))
        rest = swept(unit.sample, request)
        if sample.rows > MANY and not request.endogenous:
            coefficients, pieces, residuals = many_rows(rest, request)
        else:
            model, order = _feols(rest, request)
            coefficients = np.asarray(model._beta_hat, dtype=float).reshape(-1)[order]
            pieces = tuple(V[np.ix_(order, order)] for V in _pieces(model, rest, request))
            residuals = np.asarray(model.resid(), dtype=float)
        return answer(
            engine=self.name,
            version=self.version,
            sample=sample,
            coefficients=unit.coefficients(coefficients),
            raw=tuple(unit.covariance(V) for V in pieces),
            residuals=residuals * unit.outcome_unit,
            outcome_within=rest.outcome * unit.outcome_unit if sample.effects else None,
        )


def _feols(sample: Sample, request: Request) -> tuple[Any, list[int]]:
    """The fitted model, and the position in it of each term of the request."""
    import pandas as pd
    import pyfixest as pf

    slopes = [f"x{j}" for j in range(len(request.slopes))]
    endogenous = [f"e{j}" for j in range(len(request.endogenous))]
    instruments = [f"z{j}" for j in range(len(request.instruments))]
    c = sample.constants
    frame = pd.DataFrame(
        {
            "y": sample.outcome,
            **dict(zip(slopes, sample.exogenous[:, c:].T, strict=True)),
            **dict(zip(endogenous, sample.endogenous.T, strict=True)),
            **dict(zip(instruments, sample.instruments.T, strict=True)),
            **{f"c{j}": codes for j, codes in enumerate(sample.clusters)},
        }
    )
    if sample.weights is not None:
        frame["w"] = sample.weights
    formula = "y ~ " + (" + ".join(slopes) or "1")
    if endogenous:
        formula += f" | {' + '.join(endogenous)} ~ {' + '.join(instruments)}"
    words = {**dict(zip(slopes, request.slopes, strict=True)), **dict(zip(endogenous, request.endogenous, strict=True))}
    words |= {**dict(zip(instruments, request.instruments, strict=True)), "Intercept": CONSTANT}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is dropped is read off the model below
            model: Any = pf.feols(
                formula,
                data=frame,
                vcov="iid",
                weights=None if sample.weights is None else "w",
                weights_type="fweights" if request.weight_kind == "frequency" else "aweights",
                ssc=pf.ssc(k_adj=False, G_adj=False),
                fixef_rm="none",
                drop_intercept=not request.constant,
            )
    except (ValueError, np.linalg.LinAlgError) as fault:
        raise EstimationError(
            f"pyfixest cannot fit this: {' '.join(str(fault).split())}", mend="look for collinear columns"
        ) from fault
    dropped = [*(getattr(model, "_collin_vars", None) or []), *(getattr(model, "_collin_vars_z", None) or [])]
    if dropped:
        gone = ", ".join(f"'{words.get(d, d)}'" for d in dict.fromkeys(dropped))
        raise EstimationError(f"pyfixest drops {gone} as collinear", mend="leave the column out of the model")
    if model._N_rows != sample.rows:
        raise EstimationError(f"pyfixest drops {counted(sample.rows - model._N_rows, 'rows')} of the sample")
    found = list(model._coefnames)
    wanted = [*(["Intercept"] if request.constant else []), *endogenous, *slopes]
    return model, [found.index(name) for name in wanted]


def _pieces(model: Any, sample: Sample, request: Request) -> tuple[np.ndarray, ...]:
    """Without a factor: pyfixest divides RSS by N - 1 in `iid` whatever `ssc` says, and takes nothing else here."""
    if isinstance(request.covariance, Classical):
        rows = sample.rows if request.weight_kind == "analytic" or sample.weights is None else sample.weights.sum()
        return (np.asarray(model.vcov("iid")._vcov) * (rows - 1),)
    if isinstance(request.covariance, Robust):
        return (np.asarray(model.vcov("hetero")._vcov),)
    return tuple(np.asarray(model.vcov({"CRV1": f"c{j}"})._vcov) for j in range(len(sample.clusters)))


ENGINES.register(Pyfixest())
