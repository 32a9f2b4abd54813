"""The engine linearmodels: PanelOLS where it is exact, AbsorbingLS elsewhere, IV2SLS and IVLIML; its raw covariances only."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.registry import ENGINES
from panelkit.core.request import Clustered, Fit, Request
from panelkit.engines._linearmodels_panel import TRANSFORMED, transformed_fit
from panelkit.engines._linearmodels_parts import frames, kinds, raw_pieces
from panelkit.engines._sample import PLAIN, Sample, answer, refusal, refuse_or_read, scaled

if TYPE_CHECKING:
    import pandas as pd

    from panelkit.core.panel import Panel

ABSORBED = 1e-9  # share of a column left by the effects, below which it does not vary within them
SWEEP: dict[str, Any] = {  # the default tolerance of 1e-8 leaves errors above 1e-8 in the coefficients
    "method": "lsmr",
    "absorb_options": {"atol": 1e-15, "btol": 1e-15, "conlim": 0.0, "maxiter": 20_000},
    "debiased": False,
}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is taken from a fitted linearmodels model; covariance gives the raw matrix of a kind for the terms."""

    coefficients: np.ndarray
    residuals: np.ndarray
    covariances: tuple[np.ndarray, ...]
    outcome_within: np.ndarray | None
    extra: dict[str, float] = field(default_factory=dict)


class Linearmodels:
    """Least squares and 2SLS: unit and time effects by PanelOLS, other and more effects and varying slopes by AbsorbingLS.

    PanelOLS sweeps unit and time effects (or any one effect) exactly; for two effects of which one is neither it iterates to 1e-8,
    so those go to AbsorbingLS with LSMR at its smallest tolerance. 2SLS is IV2SLS on columns that AbsorbingLS has swept.
    """

    name = "linearmodels"

    @property
    def version(self) -> str:
        return metadata.version("linearmodels")

    def refuses(self, request: Request) -> str | None:
        """See `core.engine.Engine`."""
        if request.weights and request.weight_kind == "frequency":
            return "linearmodels has analytic weights only, no frequency weights"
        if isinstance(request.covariance, Clustered) and request.covariance.variant == "cr3":
            return "linearmodels has no cluster jackknife (cr3)"
        return refusal(request, estimators=(*PLAIN, "limited_information", *TRANSFORMED))

    def fit(self, request: Request, panel: Panel) -> Fit:
        """The answer by PanelOLS, AbsorbingLS or IV2SLS.

        Raises
        ------
        EstimationError
            Where linearmodels refuses a column, or a column does not vary within the effects.
        """
        sample = refuse_or_read(self.refuses(request), self.name, request, panel)
        if request.estimator in TRANSFORMED:
            return self._transformed(request, sample, panel)
        unit = scaled(sample)
        plain = {panel.unit, panel.time}.issuperset(request.absorb) or len(request.absorb) == 1
        from linearmodels.panel.utility import AbsorbingEffectError

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if request.endogenous:
                    found = _iv(unit.sample, request)
                elif plain and not request.varying_slopes:
                    found = _panel_ols(unit.sample, request, panel)
                else:
                    found = _absorbing(unit.sample, request)
        except AbsorbingEffectError as fault:
            gone = ", ".join(f"'{name}'" for name in _named(fault, request)) or "a regressor"
            raise EstimationError(
                f"{gone}: nothing is left after the absorbed effects and the other regressors",
                mend="leave it out of the model",
            ) from fault
        except (ValueError, np.linalg.LinAlgError) as fault:
            raise EstimationError(
                f"linearmodels cannot fit this: {_in_words(fault, request)}",
                mend="look for collinear or absorbed columns",
            ) from fault
        within = found.outcome_within
        return answer(
            engine=self.name,
            version=self.version,
            sample=sample,
            coefficients=unit.coefficients(found.coefficients),
            raw=tuple(unit.covariance(V) for V in found.covariances),
            residuals=found.residuals * unit.outcome_unit,
            outcome_within=None if within is None else within * unit.outcome_unit,
            extra=found.extra,
        )

    def _transformed(self, request: Request, sample: Sample, panel: Panel) -> Fit:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return transformed_fit(self.name, self.version, sample, request, panel)
        except (ValueError, np.linalg.LinAlgError) as fault:
            raise EstimationError(
                f"linearmodels cannot fit this: {_in_words(fault, request)}", mend="look for collinear columns"
            ) from fault


def _in_words(fault: Exception, request: Request) -> str:
    if "full column rank" in str(fault):
        return "a regressor is an exact combination of the others"
    text = " ".join(str(fault).split())
    for j, name in enumerate(request.terms):
        text = text.replace(f"term{j:03d}", f"'{name}'")
    return text


def _named(fault: Exception, request: Request) -> list[str]:
    return [name for j, name in enumerate(request.terms) if f"term{j:03d}" in str(fault)]


def _panel_ols(sample: Sample, request: Request, panel: Panel) -> _Answer:
    import pandas as pd
    from linearmodels.panel import PanelOLS

    index = pd.MultiIndex.from_arrays([panel.codes(panel.unit), panel.column(panel.time)], names=["unit", "time"])
    y, X = frames(sample, index)
    weights = None if sample.weights is None else pd.DataFrame({"w": sample.weights}, index=index)
    other = not {panel.unit, panel.time}.issuperset(request.absorb)
    model = PanelOLS(
        y,
        X,
        weights=weights,
        entity_effects=panel.unit in request.absorb,
        time_effects=panel.time in request.absorb,
        other_effects=pd.DataFrame({"effect": sample.effects[0]}, index=index) if other else None,
    )
    results = []
    for kind in kinds(request, sample):
        if "clusters" in kind:
            kind["clusters"] = pd.DataFrame({"cluster": kind["clusters"]}, index=index)
        results.append(model.fit(debiased=False, auto_df=False, count_effects=False, **kind))
    first = results[0]
    b = np.asarray(first.params, dtype=float)
    within = None
    if request.absorb:
        # total_ss is of the outcome after the effects, with weights of mean one
        size = 1.0 if sample.weights is None else float(sample.weights.mean())
        within = _of_size(float(first.total_ss) * size, sample)
    return _Answer(b, np.asarray(first.resids, dtype=float), raw_pieces(results, request, len(b), sample.rows), within)


def _of_size(total: float, sample: Sample) -> np.ndarray:
    """A column whose weighted sum of squares is `total`."""
    w = float(sample.rows if sample.weights is None else sample.weights.sum())
    return np.full(sample.rows, np.sqrt(total / w))


def _absorbing(sample: Sample, request: Request) -> _Answer:
    y, X = frames(sample)
    model = _absorbing_model(sample, y, X)
    results = [model.fit(**SWEEP, **kind) for kind in kinds(request, sample)]
    b = np.asarray(results[0].params, dtype=float)
    within = np.asarray(_absorbing_model(sample, y, None).fit(**SWEEP).resids, dtype=float)
    return _Answer(
        b, np.asarray(results[0].resids, dtype=float), raw_pieces(results, request, len(b), sample.rows), within
    )


def _absorbing_model(sample: Sample, y: pd.DataFrame, X: pd.DataFrame | None) -> Any:
    import pandas as pd
    from linearmodels.iv.absorbing import AbsorbingLS, Interaction

    absorb = pd.DataFrame({f"f{j}": pd.Categorical(codes) for j, codes in enumerate(sample.effects)})
    trends = [
        Interaction(cat=pd.DataFrame({"g": pd.Categorical(codes)}), cont=pd.DataFrame({"v": values}))
        for codes, values in sample.trends
    ]
    weights = None if sample.weights is None else pd.DataFrame({"w": sample.weights})
    return AbsorbingLS(y, X, absorb=absorb if sample.effects else None, interactions=trends or None, weights=weights)


def _iv(sample: Sample, request: Request) -> _Answer:
    """2SLS on columns that AbsorbingLS has swept: IV2SLS absorbs nothing itself (Frisch, Waugh and Lovell hold for it too)."""
    import pandas as pd
    from linearmodels.iv import IV2SLS, IVLIML

    c, e = sample.constants, sample.endogenous.shape[1]
    swept = _swept(sample, request) if sample.effects or sample.trends else sample
    y, X = frames(swept)
    endogenous = X.iloc[:, c : c + e]
    exogenous = X.drop(columns=endogenous.columns)
    Z = pd.DataFrame(swept.instruments, columns=[f"z{j}" for j in range(swept.instruments.shape[1])])
    weights = None if sample.weights is None else pd.DataFrame({"w": sample.weights})
    limited = request.estimator == "limited_information"
    model = (IVLIML if limited else IV2SLS)(
        y, exogenous if exogenous.shape[1] else None, endogenous, Z, weights=weights
    )
    results: list[Any] = [model.fit(debiased=False, **kind) for kind in kinds(request, sample)]
    at = [list(results[0].params.index).index(name) for name in X.columns]
    raw = tuple(V[np.ix_(at, at)] for V in raw_pieces(results, request, len(at), sample.rows))
    return _Answer(
        np.asarray(results[0].params, dtype=float)[at],
        np.asarray(results[0].resids, dtype=float),
        raw,
        None if swept is sample else swept.outcome,
        {"kappa": float(results[0].kappa)} if limited else {},
    )


def _swept(sample: Sample, request: Request) -> Sample:
    import pandas as pd

    def rest(columns: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
        made = np.empty_like(columns)
        for j, name in enumerate(names):
            model = _absorbing_model(sample, pd.DataFrame({"v": columns[:, j]}), None)
            made[:, j] = np.asarray(model.fit(**SWEEP).resids, dtype=float)
            if np.linalg.norm(made[:, j]) <= ABSORBED * np.linalg.norm(columns[:, j]):
                raise EstimationError(
                    f"'{name}' does not vary within the absorbed effects", mend="leave it out of the model"
                )
        return made

    return replace(
        sample,
        outcome=rest(sample.outcome[:, None], (request.outcome,))[:, 0],
        exogenous=rest(sample.exogenous, request.slopes),
        endogenous=rest(sample.endogenous, request.endogenous),
        instruments=rest(sample.instruments, request.instruments),
    )


ENGINES.register(Linearmodels())
