"""An instrumented model as the arrays and error assumptions that tests of instruments take. No test lives here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from panelkit.checks._model import Levels, counts, need_instruments, read
from panelkit.core.check import Subject
from panelkit.core.counted import counted
from panelkit.core.label import Label
from panelkit.core.request import Classical, Clustered
from panelkit.numerics.arrays import FloatArray
from panelkit.numerics.projection import absorber
from panelkit.numerics.small_sample import factor, parameters, reference_df
from panelkit.numerics.weak_instruments import Equation, Errors, cross_meat, partial_out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Instrumented:
    """The equation after effects and times root weights, and what is assumed of its errors.

    m, l, w : number of endogenous regressors, instruments, exogenous regressors (the constant not counted). rank : of effects
    and constant. raw : errors without a factor; assumed : the words for them.
    """

    levels: Levels
    equation: Equation
    raw: Errors
    endogenous: tuple[str, ...]
    instruments: tuple[str, ...]
    m: int
    l: int  # noqa: E741
    w: int
    rank: int
    convention: str
    assumed: Label

    def parameters(self, slopes: int) -> int:
        """K of an equation with `slopes` columns beside constant and effects, as the errors' factor counts it."""
        return parameters(self._counts(slopes), self.convention)

    def every(self, slopes: int) -> int:
        """The same with every effect counted, nested or not."""
        return slopes + self.rank

    def errors(self, slopes: int) -> Errors:
        """The errors with the small-sample factor of an equation with `slopes` columns (HC1, CR1, n/(n-K))."""
        kind = {"iid": "classical", "robust": "hc1", "cluster": "cluster"}[self.raw.kind]
        by = factor(self._counts(slopes), self.convention, kind)  # type: ignore[arg-type]
        return Errors(kind=self.raw.kind, codes=self.raw.codes, factor=by)

    def df(self, slopes: int) -> float:
        """Reference degrees of freedom: G-1 or n-K."""
        kind = {"iid": "classical", "robust": "hc1", "cluster": "cluster"}[self.raw.kind]
        return reference_df(self._counts(slopes), self.convention, kind)  # type: ignore[arg-type]

    def _counts(self, slopes: int):  # type: ignore[no-untyped-def]
        return counts(self.levels, slopes, clustered=self.raw.kind == "cluster")


def instrumented(subject: Subject, kind: str) -> Instrumented:
    """The model's equation with its instruments.

    The errors are those of the model's covariance: iid for classical, robust, or clustered by its first cluster variable
    (also where the model has CR2, CR3 or another covariance over clusters or time).

    Raises
    ------
    EstimationError
        Where the model has no instruments or is no single linear equation.
    """
    levels = read(subject, kind)
    need_instruments(subject, kind, levels)
    Z = np.asarray(levels.instruments)
    sweep = absorber(levels.effects, levels.weights, levels.trends)
    root = (np.ones(levels.rows) if levels.weights is None else np.sqrt(levels.weights))[:, None]
    inner = list(levels.endogenous)
    outer = [j for j in range(len(levels.names)) if j not in inner]
    bare = sweep.first is None
    ones = np.ones((levels.rows, int(bare and levels.constant)))
    equation = Equation(
        y=(sweep.residualise(levels.y[:, None]) * root)[:, 0],
        endogenous=sweep.residualise(levels.X[:, inner]) * root,
        instruments=sweep.residualise(Z) * root,
        exogenous=np.column_stack([ones, sweep.residualise(levels.X[:, outer])]) * root,
    )
    errors, assumed = _errors(subject, levels)
    return Instrumented(
        levels=levels,
        equation=equation,
        raw=errors,
        endogenous=tuple(levels.names[j] for j in inner),
        instruments=_names(subject, Z.shape[1]),
        m=len(inner),
        l=Z.shape[1],
        w=len(outer),
        rank=ones.shape[1] if bare else sweep.rank,
        convention=getattr(subject.estimate.covariance, "small_sample", "fixest"),
        assumed=assumed,
    )


def two_stage_errors(model: Instrumented) -> tuple[FloatArray, FloatArray]:
    """2SLS coefficients (m,) of the endogenous regressors and their covariance under the errors assumed, factor included."""
    parts = partial_out(model.equation)
    projected = parts.Q @ (parts.Q.T @ parts.X)
    bread = np.linalg.inv(projected.T @ parts.X)
    b = bread @ (projected.T @ parts.y)
    u = parts.y - parts.X @ b
    return b, bread @ cross_meat(projected, u, u, model.errors(model.m + model.w)) @ bread.T


def _errors(subject: Subject, levels: Levels) -> tuple[Errors, Label]:
    covariance = subject.estimate.covariance
    if isinstance(covariance, Classical):
        return Errors(kind="iid"), Label(en="independent errors of one variance", zh="独立同方差误差")
    if covariance.kind == "robust":
        return Errors(kind="robust"), Label(en="heteroskedasticity-robust errors", zh="异方差稳健误差")
    name, groups = levels.cluster_name, int(levels.cluster.max()) + 1
    several = isinstance(covariance, Clustered) and len(covariance.by) > 1
    return Errors(kind="cluster", codes=levels.cluster), Label(
        en=f"errors clustered by {name}{' alone' if several else ''} (CR1, {counted(groups, 'clusters')})",
        zh=f"{'仅' if several else ''}按 {name} 聚类的误差（CR1，{groups}个聚类）",
    )


def _names(subject: Subject, count: int) -> tuple[str, ...]:
    known = next((r.instruments for r in subject.estimate.requests if len(r.instruments) == count), ())
    return known or tuple(f"instrument {j + 1}" for j in range(count))
