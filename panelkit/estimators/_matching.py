"""Scores, matches and balance of a matching design on the rows of a panel; who weighs what. No outcome is looked at here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from panelkit.core.errors import EstimationError
from panelkit.numerics.did_matching import Matched, balance, common_support, kernel_weights, nearest_neighbours
from panelkit.numerics.did_propensity import propensity_score

Scores = Literal["baseline", "by_period", "pooled"]
BINS = 20  # of the figure of overlap


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """How rows are matched; fields as in the kind `matching_did`."""

    method: Literal["nearest", "radius", "kernel"]
    neighbours: int
    replacement: Literal["with", "without"]
    caliper: float | None
    bandwidth: float
    kernel: Literal["epanechnikov", "normal", "uniform", "tricube"]
    distance: Literal["score", "logit"]
    support: Literal["common", "all"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Groups:
    """What came of matching: weights (n,) of the entries given; score (n,), NaN where none; balance and logit as records.

    off_support, unmatched : treated entries beyond the scores of the others, or without a match. used : controls with a weight.
    failed : (name of the group, why) of groups of entries that have no score. loglik, null : of the logits, summed.
    """

    weights: np.ndarray
    score: np.ndarray
    logit: tuple[dict[str, Any], ...]
    off_support: int
    unmatched: int
    used: int
    failed: tuple[tuple[str, str], ...]
    loglik: float
    null: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MatchRows:
    """Rows before matching: X (n, k) covariates; on (n,) the unit is treated at some time, now (n,) the row is; units, times (n,) codes."""

    X: np.ndarray
    on: np.ndarray
    now: np.ndarray
    units: np.ndarray
    times: np.ndarray

    def drawn(self, rows: np.ndarray, units: np.ndarray) -> MatchRows:
        """These rows, of units that go by other codes."""
        return MatchRows(X=self.X[rows], on=self.on[rows], now=self.now[rows], units=units, times=self.times[rows])


def match_rows(
    rows: MatchRows, scores: Scores, names: tuple[str, ...], how: Matching
) -> tuple[Groups, np.ndarray, np.ndarray, np.ndarray]:
    """What came of matching, the entries matched (units or rows) with which of them are treated, and the weight of every row.

    Raises
    ------
    EstimationError
        If nothing is matched, or units have no row before the first treatment.
    """
    if scores == "pooled":
        found = match(rows.X, rows.on, {"all rows": np.arange(len(rows.X))}, names, how)
        return found, rows.X, rows.on, found.weights
    if scores == "by_period":
        groups = {str(t): np.flatnonzero(rows.times == t) for t in np.unique(rows.times)}
        found = match(rows.X, rows.on, groups, names, how)
        return found, rows.X, rows.on, found.weights
    first = rows.times[rows.now].min() if rows.now.any() else rows.times.max() + 1
    before = rows.times < first
    counts = np.bincount(rows.units[before], minlength=int(rows.units.max()) + 1)
    sums = [np.bincount(rows.units[before], weights=x[before], minlength=len(counts)) for x in rows.X.T]
    seen = np.flatnonzero(counts > 0)
    if not len(seen):
        raise EstimationError(
            "no row lies before the first treatment", mend="take scores = 'by_period', or a window that begins earlier"
        )
    entries = np.stack(sums, axis=1)[seen] / counts[seen, None]
    member = np.zeros(len(counts), dtype=bool)
    member[rows.units[rows.on]] = True
    found = match(entries, member[seen], {"units": np.arange(len(seen))}, names, how)
    of_unit = np.zeros(len(counts))
    of_unit[seen] = found.weights
    return found, entries, member[seen], of_unit[rows.units]


def match(
    X: np.ndarray, treated: np.ndarray, groups: dict[str, np.ndarray], names: tuple[str, ...], how: Matching
) -> Groups:
    """Scores and matches of each group of entries by itself.

    Parameters
    ----------
    X : (n, k) covariates. treated : (n,) bool. groups : positions of the entries of each group (a period, or all).

    Raises
    ------
    EstimationError
        If no group has a score, or nothing is matched.
    """
    weights, score = np.zeros(len(X)), np.full(len(X), np.nan)
    logit: list[dict[str, Any]] = []
    failed: list[tuple[str, str]] = []
    off = unmatched = used = 0
    loglik = null = 0.0
    for name, at in groups.items():
        d = treated[at].astype(np.float64)
        spread = X[at].std(axis=0)
        scaled = (X[at] - X[at].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        try:
            if not d.any() or d.all():
                raise ValueError("there are no treated, or no others, to compare with")
            fitted = propensity_score(d, np.column_stack([np.ones(len(at)), scaled]))
            got, inside = _matched(fitted.score if how.distance == "score" else fitted.index, d, how)
        except ValueError as fault:
            failed.append((name, str(fault)))
            continue
        score[at], weights[at] = fitted.score, got.weights
        treated_inside = int((d == 1).sum()) - int(((d == 1) & ~inside).sum())
        off += int(((d == 1) & ~inside).sum())
        unmatched += treated_inside - len(got.treated)
        used += got.used
        share = float(d.mean())
        loglik += fitted.loglik
        null += len(d) * (share * np.log(share) + (1 - share) * np.log(1 - share))
        b = fitted.coefficients[1:] / np.where(spread > 0, spread, 1.0)
        se = fitted.se[1:] / np.where(spread > 0, spread, 1.0)
        logit += [
            {"group": name, "variable": v, "coefficient": float(c), "se": float(s)}
            for v, c, s in zip(names, b, se, strict=True)
        ]
    if not weights.any():
        said = "; ".join(f"{n}: {why}" for n, why in failed[:3]) or "no treated entry has a match"
        raise EstimationError(
            f"nothing is matched ({said})",
            mend="match on fewer covariates, widen the caliper, or take scores = 'pooled'",
        )
    return Groups(
        weights=weights,
        score=score,
        logit=tuple(logit),
        off_support=off,
        unmatched=unmatched,
        used=used,
        failed=tuple(failed),
        loglik=loglik,
        null=null,
    )


def _matched(values: np.ndarray, d: np.ndarray, how: Matching) -> tuple[Matched, np.ndarray]:
    """The match on the common support, its weights put back on all entries."""
    inside = np.ones(len(d), dtype=bool) if how.support == "all" else np.asarray(common_support(values, d))
    if not (inside & (d == 1)).any() or not (inside & (d == 0)).any():
        raise ValueError("treated and others have no scores in common")
    at = np.flatnonzero(inside)
    if how.method == "nearest":
        got = nearest_neighbours(values[at], d[at], how.neighbours, how.caliper, how.replacement)
    elif how.method == "radius":
        got = kernel_weights(values[at], d[at], float(how.caliper or 0.0), "uniform")
    else:
        got = kernel_weights(values[at], d[at], how.bandwidth, how.kernel)
    weights = np.zeros(len(d))
    weights[at] = got.weights
    made = Matched(
        weights=weights, treated=at[got.treated], unmatched=at[got.unmatched], neighbours=got.neighbours, used=got.used
    )
    return made, inside


def balance_records(
    X: np.ndarray, treated: np.ndarray, weights: np.ndarray, names: tuple[str, ...]
) -> tuple[dict[str, Any], ...]:
    """Means, differences in standard deviations and variance ratios of each covariate, before and after matching."""
    found = balance(X, treated.astype(np.float64), weights)
    fields = ("treated", "controls", "matched_treated", "matched_controls", "difference", "matched_difference", "ratio")
    return tuple(
        {
            "variable": name,
            **{f: float(getattr(found, f)[j]) for f in (*fields, "matched_ratio")},
        }
        for j, name in enumerate(names)
    )


def overlap_records(score: np.ndarray, treated: np.ndarray, weights: np.ndarray) -> tuple[dict[str, Any], ...]:
    """How many treated and other entries have a score in each of twenty bins, and their weights after matching."""
    known = ~np.isnan(score)
    edges = np.linspace(0, 1, BINS + 1)
    bins = np.clip(np.searchsorted(edges, score[known], side="right") - 1, 0, BINS - 1)
    counts = {
        "treated": treated[known].astype(float),
        "controls": (~treated[known]).astype(float),
        "matched_controls": weights[known] * ~treated[known],
    }
    sums = {name: np.bincount(bins, weights=v, minlength=BINS) for name, v in counts.items()}
    return tuple(
        {"from": float(edges[i]), "to": float(edges[i + 1]), **{n: float(s[i]) for n, s in sums.items()}}
        for i in range(BINS)
    )
