"""A case as a request on a panel, and its coefficients and covariances beside the oracle's. Which case asks what is told elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from oracle_data import COEFFICIENT, STANDARD_ERROR, EngineRefusalError, Number, build

from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.request import Classical, Clustered, Covariance, Fit, Regression, Robust
from panelkit.core.variable import Origin, Variable
from panelkit.numerics.small_sample import Counts, factor, twoway_factors


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The sample of a case and its request but for the covariance; `theirs` leads from our term to R's name."""

    panel: Panel
    request: Regression
    theirs: dict[str, str] = field(default_factory=dict)
    fits: dict[tuple[str, Covariance], Fit] = field(default_factory=dict, repr=False)

    @property
    def rows(self) -> np.ndarray:
        """Positions of the rows that the estimator is left with: one of each unit (between), those with one before (differences)."""
        panel, request = self.panel, self.request
        units, times = panel.codes(panel.unit), panel.column(panel.time)
        if request.estimator == "between":
            return np.unique(units, return_index=True)[1]
        if request.estimator == "first_difference":
            known = set(zip(units, times, strict=True))
            return np.flatnonzero([(u, t - 1) in known for u, t in zip(units, times, strict=True)])
        return np.arange(panel.rows)

    def counts(self, by: tuple[str, ...] = ()) -> Counts:
        """What the factors are made of: levels, nesting, clusters, counted from the sample and not by an engine."""
        panel, request, rows = self.panel, self.request, self.rows
        clusters = [np.unique(panel.codes(c)[rows], return_inverse=True)[1] for c in by]
        sizes = tuple(int(c.max()) + 1 for c in clusters)
        if len(by) == 2:
            sizes = (*sizes, len(np.unique(np.column_stack(clusters), axis=0)))
        trends = sum(int(panel.codes(effect).max()) + 1 for effect, _ in request.varying_slopes)
        return Counts(
            rows=len(rows),
            slopes=len(request.slopes) + len(request.endogenous) + trends,
            constant=request.constant,
            effects=tuple(
                (int(codes.max()) + 1, any(nested(codes, c) for c in clusters))
                for codes in map(panel.codes, request.absorb)
            ),
            clusters=sizes,
        )

    def fit(self, engine, covariance: Covariance) -> Fit:
        request = replace(self.request, covariance=covariance)
        reason = engine.refuses(request)
        if reason:
            raise EngineRefusalError(f"{engine.name}: {reason}")
        key = (engine.name, covariance)
        if key not in self.fits:
            self.fits[key] = engine.fit(request, self.panel)
        return self.fits[key]


def nested(inner: np.ndarray, outer: np.ndarray) -> bool:
    return len(np.unique(np.column_stack([inner, outer]), axis=0)) == len(np.unique(inner))


def setup(
    d: pd.DataFrame,
    unit: str,
    time: str,
    *,
    outcome: str,
    slopes: list[str],
    absorb: list[str] = (),
    endogenous: list[str] = (),
    instruments: list[str] = (),
    constant: bool,
    weights: str = "",
    clusters: tuple[str, ...] = (),
    prune: bool = False,
) -> Setup:
    """Columns built, complete rows kept, singletons pruned where the program does, the panel made."""
    columns = {
        name: v for t in [outcome, *slopes, *endogenous, *instruments] for name, v in build(d, t, unit, time).items()
    }
    terms = [name for t in slopes for name in build(d, t, unit, time)]
    effects, trends = [], []
    made = pd.DataFrame(columns)
    made[[unit, time]] = d[[unit, time]].to_numpy()
    for effect in absorb:
        name, _, slope = effect.rstrip("]").partition("[")
        effects.append(name)
        if name not in made:
            made[name] = d[name.split("^")].astype(str).agg("^".join, axis=1) if "^" in name else d[name]
        if slope:
            trends.append((name, f"slope {slope}"))
            made[f"slope {slope}"] = d[slope].astype(float)
    for name in (*clusters, *((weights,) if weights else ())):
        if name not in made:
            made[name] = d[name]
    made = made.dropna().reset_index(drop=True)
    while prune:
        alone = np.any([made.groupby(e)[unit].transform("size") == 1 for e in effects] or [[False]], axis=0)
        if not alone.any():
            break
        made = made[~alone].reset_index(drop=True)
    request = Regression(
        estimator="two_stage_least_squares" if endogenous else "least_squares",
        outcome=outcome,
        slopes=tuple(terms),
        absorb=tuple(effects),
        varying_slopes=tuple(trends),
        endogenous=tuple(endogenous),
        instruments=tuple(instruments),
        constant=constant,
        weights=weights,
        covariance=Classical(),
    )
    theirs = {"(constant)": "(Intercept)", **{e: f"fit_{e}" for e in endogenous}}
    return Setup(panel=panel_of(made, unit, time), request=request, theirs=theirs)


def panel_of(frame: pd.DataFrame, unit: str, time: str) -> Panel:
    variables = [
        Variable(
            name=str(c),
            measure="",
            label=Label(),
            origin=Origin(how="oracle"),
            kind="number" if pd.api.types.is_numeric_dtype(frame[c]) else "category",
        )
        for c in frame.columns
        if c not in (unit, time)
    ]
    return Panel.of(frame, unit=unit, time=time, variables=variables)


def coefficients(this: Setup, fit: Fit, oracle: dict, where: str = "coef") -> list[Number]:
    return [
        Number(f"{where} {name}", float(b), oracle[named(this, name, oracle)], COEFFICIENT)
        for name, b in zip(this.request.terms, fit.coefficients, strict=True)
    ]


def named(this: Setup, term: str, oracle: dict) -> str:
    return this.theirs[term] if this.theirs.get(term) in oracle else term


def errors(this: Setup, V: np.ndarray, oracle: dict, where: str) -> list[Number]:
    found = np.sqrt(np.diag(V))
    return [
        Number(f"{where} {name}", float(se), oracle[named(this, name, oracle)], STANDARD_ERROR)
        for name, se in zip(this.request.terms, found, strict=True)
        if oracle[named(this, name, oracle)] is not None
    ]


def without_negative(V: np.ndarray) -> np.ndarray:
    """fixest's mend of a two-way covariance: negative eigenvalues become zero."""
    values, vectors = np.linalg.eigh((V + V.T) / 2)
    return (vectors * np.maximum(values, 0)) @ vectors.T


def clustered(
    this: Setup, engine, by: tuple[str, ...], convention: str, groups: str | None = None
) -> tuple[np.ndarray, Counts]:
    counts = this.counts(by)
    raw = this.fit(engine, Clustered(by=by)).raw
    if len(by) == 1:
        return raw[0] * factor(counts, convention, "cluster"), counts
    a, b, c = twoway_factors(counts, convention, groups)
    return a * raw[0] + b * raw[1] - c * raw[2], counts


def classical(this: Setup, engine, convention: str = "fixest") -> np.ndarray:
    fit = this.fit(engine, Classical())
    return fit.raw[0] / len(this.rows) * factor(this.counts(), convention, "classical")


def robust(this: Setup, engine, convention: str) -> np.ndarray:
    return this.fit(engine, Robust()).raw[0] * factor(this.counts(), convention, "hc1")
