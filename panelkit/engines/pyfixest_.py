"""The engine pyfixest: its demeaner and its least squares, 2SLS and sandwich, without any of its small-sample factors."""

from __future__ import annotations

import warnings
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.registry import ENGINES
from panelkit.core.request import Classical, Clustered, Fit, Request, Robust
from panelkit.engines._sample import CONSTANT, Sample, answer, refusal, refuse_or_read, scale_of, scaled

if TYPE_CHECKING:
    from panelkit.core.panel import Panel

TOLERANCE = 1e-14  # of the demeaner, on columns brought to size one; its default of 1e-6 leaves errors near 1e-5
ROUNDS = 50_000
ABSORBED = 1e-9  # share of a column left by the effects, below which it does not vary within them


class Pyfixest:
    """Least squares and 2SLS with any number of absorbed effects.

    The effects are swept out by pyfixest's own demeaner, called with the effects in the order of the request, and `feols` then
    fits the swept columns. Naming the effects in its formula would do the same, but pyfixest 0.60 takes them from a `set`, so
    that their order, and with it the last bits of every number, would follow PYTHONHASHSEED.
    """

    name = "pyfixest"

    @property
    def version(self) -> str:
        return metadata.version("pyfixest")

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
        return refusal(request)

    def fit(self, request: Request, panel: Panel) -> Fit:
        """The answer by `pyfixest.feols`.

        Raises
        ------
        EstimationError
            Where demeaning does not converge, or pyfixest drops or refuses a column or a row.
        """
        sample = refuse_or_read(self.refuses(request), self.name, request, panel)
        unit = scaled(sample)
        swept = _swept(unit.sample, request)
        model, order = _feols(swept, request)
        coefficients = np.asarray(model._beta_hat, dtype=float).reshape(-1)[order]
        raw = tuple(unit.covariance(V[np.ix_(order, order)]) for V in _pieces(model, swept, request))
        return answer(
            engine=self.name,
            version=self.version,
            sample=sample,
            coefficients=unit.coefficients(coefficients),
            raw=raw,
            residuals=np.asarray(model.resid(), dtype=float) * unit.outcome_unit,
            outcome_within=swept.outcome * unit.outcome_unit if sample.effects else None,
        )


def _swept(sample: Sample, request: Request) -> Sample:
    """The sample with its effects swept out of every column, in two rounds: size the rest of each column, then sweep to the end."""
    if not sample.effects:
        return sample
    from pyfixest.estimation import demean

    columns = np.column_stack([sample.outcome, sample.exogenous, sample.endogenous, sample.instruments])
    effects = np.column_stack(sample.effects).astype(np.uintp)
    weights = np.ones(sample.rows) if sample.weights is None else sample.weights
    before = np.sqrt(np.mean(np.square(columns), axis=0))
    rough, _ = demean(np.ascontiguousarray(columns), effects, weights, 1e-6, ROUNDS)
    left = np.sqrt(np.mean(np.square(rough), axis=0))
    names = (request.outcome, *request.slopes, *request.endogenous, *request.instruments)
    for name, size, rest in zip(names, before, left, strict=True):
        if rest <= ABSORBED * size and name != request.outcome:
            raise EstimationError(
                f"'{name}' does not vary within the absorbed effects", mend="leave it out of the model"
            )
    units = scale_of(rough)
    fine, converged = demean(np.ascontiguousarray(rough / units), effects, weights, TOLERANCE, ROUNDS)
    if not converged:
        raise EstimationError(
            f"pyfixest's demeaner does not converge to {TOLERANCE:g} in {ROUNDS} rounds",
            mend="the effects are barely connected; take the engine dense or linearmodels",
        )
    fine = np.asarray(fine) * units
    x, e = sample.exogenous.shape[1], sample.endogenous.shape[1]
    return Sample(
        outcome=fine[:, 0],
        exogenous=fine[:, 1 : 1 + x],
        endogenous=fine[:, 1 + x : 1 + x + e],
        instruments=fine[:, 1 + x + e :],
        effects=sample.effects,
        trends=(),
        clusters=sample.clusters,
        weights=sample.weights,
        constants=0,
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
        raise EstimationError(f"pyfixest drops {sample.rows - model._N_rows} rows of the sample")
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
