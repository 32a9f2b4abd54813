"""What methods on transformed rows share: refusals in words, a design of those rows, and correlations within, between and overall."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.core.estimation import ModelSpec
from panelkit.core.request import Clustered, Design
from panelkit.estimators import _leave_out
from panelkit.estimators._compile import Compiled, formula_of
from panelkit.estimators._words import no_instruments
from panelkit.numerics.projection import absorber


def no_effects(spec: ModelSpec, instead: str) -> None:
    """Refuse instruments and absorbed effects; `instead` says what to write."""
    no_instruments(spec)
    formula = formula_of(spec)
    if formula.absorb:
        raise EstimationError(
            f"kind '{spec.kind}' absorbs no effects, and the formula has {' + '.join(e.name for e in formula.absorb)}",
            where=f"models.{spec.id}.formula",
            mend=instead,
        )


def no_weights(spec: ModelSpec, why: str) -> None:
    """Refuse weights, with the reason."""
    if spec.weights:
        raise EstimationError(
            f"kind '{spec.kind}' takes no weights: {why}",
            where=f"models.{spec.id}.weights",
            mend="leave `weights` out, or take fixed_effects",
        )


def design_of(compiled: Compiled, rows: np.ndarray, **changes: np.ndarray | None) -> Compiled:
    """The compiled model with a design of transformed rows; codes are those of `rows` (positions in the sample).

    changes : `outcome`, `regressors` and, where they change, `weights` of the new design. Paths are dropped: what is drawn anew
    would have to be transformed anew.
    """
    old = compiled.design

    def coded(codes: np.ndarray) -> np.ndarray:
        return np.unique(codes[rows], return_inverse=True)[1].reshape(-1).astype(codes.dtype)

    weights = changes.pop("weights", None if old.weights is None else old.weights[rows])
    design = replace(
        old,
        **changes,  # type: ignore[arg-type]
        weights=weights,
        absorber=absorber((), weights),
        clusters=tuple(coded(c) for c in old.clusters),
        unit_codes=coded(old.unit_codes),
        time_codes=coded(old.time_codes),
        paths=None,
        keys_digest=old.keys_digest if len(rows) == len(old.outcome) else "",
    )
    return replace(compiled, design=with_leave_out(design))


def with_leave_out(design: Design) -> Design:
    """The design, leaving out clusters of its own rows."""
    leave_out: Callable[[], object] = lambda: _leave_out.jackknife(design)  # noqa: E731
    return replace(design, leave_out=leave_out)


def refuse_single(spec: ModelSpec, compiled: Compiled) -> None:
    """Refuse clusters of which the transformation left one."""
    if not isinstance(compiled.request.covariance, Clustered):
        return
    for name, codes in zip(compiled.design.cluster_names, compiled.design.clusters, strict=True):
        if codes.max() == 0:
            raise EstimationError(
                f"'{name}' has a single cluster among the rows that are left",
                where=f"models.{spec.id}",
                mend="cluster on a finer category",
            )


def correlations(design: Design, slopes: np.ndarray) -> dict[str, float]:
    """Squared correlations of outcome and prediction: `r2_within`, `r2_between`, `r2_overall` (Stata `xtreg`).

    design : in levels. slopes : (k,) of its regressors, the constant among them.
    """
    units = design.unit_codes
    counts = np.bincount(units)
    y, fit = design.outcome, design.regressors @ slopes

    def means(values: np.ndarray) -> np.ndarray:
        return np.bincount(units, weights=values) / counts

    pairs = {
        "r2_within": (y - means(y)[units], fit - means(fit)[units]),
        "r2_between": (means(y), means(fit)),
        "r2_overall": (y, fit),
    }
    return {name: _squared(a, b) for name, (a, b) in pairs.items()}


def _squared(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = float(a @ a) * float(b @ b)
    if size <= 0 or float(b @ b) <= 1e-24 * len(b):
        return float("nan")
    return float(a @ b) ** 2 / size
