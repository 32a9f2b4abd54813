"""A panel vector autoregression by least squares within units: engines' equations, the jackknife, its covariance. No curve is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.estimate import Sample
from panelkit.core.estimation import Setting
from panelkit.core.formula import Absorbed, Formula, Slope
from panelkit.core.request import Analytic, Clustered, Design, Regression
from panelkit.estimators import _leave_out
from panelkit.estimators._compile import Compiled, compile_model
from panelkit.estimators._convention import counts_of, resolve
from panelkit.estimators._inference import answer
from panelkit.estimators._panel_var_rows import System, term_name
from panelkit.numerics import panel_var, sandwich
from panelkit.numerics.small_sample import factor, unnested_df


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """A system estimated: coefficients (m, k) lag by lag, V (k m, k m) equation by equation, errors (k, k) covariance of the errors.

    uncorrected : (m, k) without the jackknife. df : of t. requests : what engines were asked, first for the outcome's own equation.
    design : of the first equation. r2_within : (k,) of the equations on the whole panel, before any correction. sample : where a
    transformation leaves fewer rows than the system has.
    """

    coefficients: np.ndarray
    uncorrected: np.ndarray
    V: np.ndarray
    errors: np.ndarray
    df: float
    covariance: Clustered
    requests: tuple[Regression, ...]
    design: Design
    engine: tuple[str, str]
    r2_within: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()
    extra: dict[str, float] | None = None
    sample: Sample | None = None


def lagged_of(system: System) -> panel_var.Lagged:
    """The arrays of a system."""
    panel = system.panel
    return panel_var.Lagged(
        outcomes=system.outcomes,
        lags=system.lags,
        units=panel.codes(panel.unit),
        clusters=panel.codes(*system.clusters[0].split("^")),
        periods=panel.codes(panel.time) if system.period else None,
    )


def covariance_of(spec: Any, system: System, setting: Setting) -> tuple[Clustered, tuple[str, ...]]:
    """The covariance of a system, one cluster variable that units do not cross, and the sentence on the default.

    Raises
    ------
    EstimationError
        Any other covariance, or a single cluster.
    """
    found, _, said = resolve(spec, setting, system.sample.clusters)
    where = f"models.{spec.id}.covariance"
    plain = isinstance(found, Clustered) and len(found.by) == 1 and found.variant != "cr2"
    if not plain or (isinstance(found, Clustered) and found.reference in ("satterthwaite", "bell_mccaffrey")):
        raise EstimationError(
            "a system has errors clustered on one category: CR3, CR1 or CR0, with t(G-1), t(N-K) or the normal",
            where=where,
            mend='leave `covariance` out, or write { kind = "clustered", variant = "cr1" }',
        )
    assert isinstance(found, Clustered)
    if min(system.sample.clusters.values()) < 2:
        raise EstimationError(
            "there is a single cluster in this sample", where=where, mend="cluster on a finer category"
        )
    return found, said


def fit_squares(spec: Any, system: System, setting: Setting) -> Fitted:
    """Least squares within units, corrected by the half-panel jackknife where the specification says so.

    Every equation on the whole panel and on each half is one regression that an engine answers; the corrected coefficients are twice the
    first less the mean of the halves. The covariance is of the corrected estimator: CR3 leaves a cluster out of all of its parts, CR1 and
    CR0 are outer products of its influence.

    Raises
    ------
    EstimationError
        Whatever the data do not allow.
    """
    covariance, said = covariance_of(spec, system, setting)
    jackknife = spec.estimator == "jackknife"
    where = f"models.{spec.id}"
    rows = lagged_of(system)
    try:
        parts = panel_var.parts_of(rows, jackknife)
    except ValueError as fault:
        raise EstimationError(
            str(fault), where=where, mend="cluster on the unit, or on a category that holds it"
        ) from fault
    masks = [np.ones(len(rows.outcomes), dtype=bool)]
    masks += [half for split in panel_var.halves(rows.units) for half in split] if jackknife else []
    asked: list[Regression] = []
    b = np.zeros((len(system.columns), len(system.names)))
    whole: list[tuple[Compiled, Any]] = []
    for part, mask in zip(parts, masks, strict=True):
        for j, name in enumerate(system.names):
            compiled = equation_of(spec, system, name, mask, setting)
            got = answer(compiled, setting, where)
            b[:, j] += part.share * got.fit.coefficients
            asked.append(got.request)
            if part is parts[0]:
                whole.append((compiled, got))
    first = whole[0][0]
    uncorrected = np.column_stack([got.fit.coefficients for _, got in whole])
    request = replace(first.request, covariance=covariance)
    V, notes = _covariance(system, parts, b, covariance, (request, first.design))
    if not jackknife and covariance.variant in ("cr0", "cr1"):
        V = _by_engine(V, [got.V for _, got in whole], _factor(covariance, request, first.design))
    groups = min(system.sample.clusters.values())
    df = float("inf") if covariance.reference == "normal" else groups - 1.0
    if covariance.reference == "n_minus_k":
        df = unnested_df(counts_of(request, first.design), covariance.small_sample)
    engine = whole[0][1].fit
    return Fitted(
        coefficients=b,
        uncorrected=uncorrected,
        V=V,
        errors=_errors(system, rows, [got.fit.residuals for _, got in whole], uncorrected - b),
        df=df,
        covariance=covariance,
        requests=tuple(asked),
        design=_design(first.design, system, parts),
        engine=(engine.engine, engine.version),
        r2_within=tuple(1 - got.fit.rss / got.fit.tss_within for _, got in whole),
        notes=(*said, *notes),
    )


def equation_of(spec: Any, system: System, name: str, mask: np.ndarray, setting: Setting) -> Compiled:
    """One equation on some rows, its covariance CR0: the factor is the system's."""
    formula = Formula(
        outcome=name,
        slopes=tuple(Slope(factors=(c,)) for c in system.columns),
        absorb=tuple(Absorbed(factors=(e,)) for e in system.absorb),
        constant=False,
    )
    plain = replace(
        setting,
        covariance=Clustered(by=system.clusters, variant="cr0", small_sample="none", reference="normal"),
        resample=False,
    )
    inner = replace(spec, years=None, where="", exclude={}, singletons="keep", inference=Analytic())
    return compile_model(
        inner, system.panel.take(np.flatnonzero(mask)), plain, formula=formula, focal=system.columns[1]
    )


def _covariance(
    system: System,
    parts: tuple[panel_var.Part, ...],
    b: np.ndarray,
    covariance: Clustered,
    first: tuple[Regression, Design],
) -> tuple[np.ndarray, tuple[str, ...]]:
    k, m = len(system.names), len(system.columns)
    if covariance.variant != "cr3":
        psi = panel_var.influence(parts, k, m)
        return psi.T @ psi * _factor(covariance, *first), ()
    left = leave_out(parts, k, m, b)
    V = sandwich.cv3(left, covariance.jackknife_variant, _factor(replace(covariance, variant="cr1"), *first))
    if not left.undetermined.any():
        return V, ()
    return V, ("CR3 is not defined: without some cluster the rest does not determine the system.",)


def leave_out(parts: tuple[panel_var.Part, ...], k: int, m: int, b: np.ndarray) -> sandwich.Jackknife:
    """The estimates of the whole system (k m,) without each cluster."""
    groups = len(parts[0].rows)
    found = panel_var.solved(parts, k, m, np.ones((groups, groups)) - np.eye(groups)).coefficients
    without = found.transpose(0, 2, 1).reshape(groups, k * m)
    none = np.full((groups, k * m), np.nan)
    return sandwich.Jackknife(
        coefficients=b.T.reshape(-1),
        replicates=without,
        undetermined=np.isnan(without),
        leverage=none[:, 0],
        partial_leverage=none,
    )


def _factor(covariance: Clustered, request: Regression, design: Design) -> float:
    if covariance.variant == "cr0":
        return 1.0
    asked = replace(request, covariance=replace(covariance, variant="cr1"))
    return factor(counts_of(asked, design), covariance.small_sample, "cluster")


def _by_engine(V: np.ndarray, blocks: list[np.ndarray], scale: float) -> np.ndarray:
    """The covariance with each equation's own block as the engine has it."""
    out = V.copy()
    m = len(blocks[0])
    for j, block in enumerate(blocks):
        out[j * m : (j + 1) * m, j * m : (j + 1) * m] = block * scale
    return out


def _errors(system: System, rows: panel_var.Lagged, residuals: list[np.ndarray], moved: np.ndarray) -> np.ndarray:
    """Covariance (k, k) of the errors at the coefficients reported: engines' residuals plus what the correction moves them."""
    _, off, dummies = panel_var.after_effects(rows, moved)
    effects = len(np.unique(rows.units)) + dummies
    u = np.column_stack(residuals) + off @ moved
    free = len(u) - effects - off.shape[1]
    if free < 1:
        raise EstimationError(
            f"{counted(len(u), 'rows leave')} no degree of freedom beside {counted(effects, 'effects')} and "
            f"{counted(off.shape[1], 'lags')}",
            mend="take fewer lags, or unit effects alone",
        )
    made: np.ndarray = u.T @ u / free
    return made


def _design(design: Design, system: System, parts: tuple[panel_var.Part, ...]) -> Design:
    """The first equation's design under the names of the terms; leaving a cluster out leaves it out of halves too."""
    k, m = len(system.names), len(system.columns)
    names = tuple(
        term_name(system.names[0], c.partition("::lag")[0], int(c.partition("::lag")[2])) for c in system.columns
    )

    def without() -> sandwich.Jackknife:
        plain = _leave_out.jackknife(design)
        ones = np.ones((1, len(parts[0].rows)))
        b = panel_var.solved(parts, k, m, ones).coefficients[0]
        left = leave_out(parts, k, m, b)
        return replace(
            plain, coefficients=b[:, 0], replicates=left.replicates[:, :m], undetermined=left.undetermined[:, :m]
        )

    return replace(design, names=names, leave_out=without, paths=None)
