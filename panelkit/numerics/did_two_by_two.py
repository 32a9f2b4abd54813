"""Two groups, two periods: doubly robust, regression and weighting estimates with influence. Staggered designs: did_callaway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from panelkit.numerics.arrays import FloatArray
from panelkit.numerics.did_propensity import NEWTON_GAP, NEWTON_STEPS, inverse_gram, propensity_score

Method = Literal["dr", "dr_improved", "reg", "ipw", "ipw_unscaled"]
TRIM = 0.995  # controls with a propensity score at or above this are left out (R DRDID)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoByTwo:
    """The effect on the treated and its influence (n,), on the scale sqrt(sum of squares) / n; `trimmed` controls."""

    att: float
    influence: FloatArray
    trimmed: int = 0

    @property
    def se(self) -> float:
        return float(np.sqrt(self.influence @ self.influence) / len(self.influence))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fitted:
    """A nuisance fit: fitted values, and the influence (n, k) of its coefficients."""

    values: FloatArray
    linear: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Term:
    """sign x mean(b v) / mean(b): weights b, values v, which fits v subtracts (times which rows), if b has the odds."""

    sign: float
    b: FloatArray
    v: FloatArray
    less: tuple[tuple[_Fitted, Any], ...] = ()
    odds: _Fitted | None = None


def two_by_two(
    change: FloatArray, treated: FloatArray, X: FloatArray, weights: FloatArray, method: Method = "dr"
) -> TwoByTwo:
    """Give back the effect on the treated from one change of the outcome for each unit.

    Parameters
    ----------
    change : (n,) outcome after less outcome before.
    treated : (n,) 1 or 0.
    X : (n, k) covariates at the base period, with the constant.
    weights : (n,) above zero.
    method : `dr` doubly robust, logit and least squares (`drdid_panel`); `dr_improved` with calibrated propensity and
        weighted regression (`drdid_imp_panel`); `reg` outcome regression; `ipw` normalised (Hajek); `ipw_unscaled`
        Abadie's Horvitz-Thompson.

    Raises
    ------
    ValueError
        If a group is empty, the covariates are collinear among the controls, or they separate the groups.

    Source
    ------
    Sant'Anna and Zhao (2020, doi:10.1016/j.jeconom.2020.06.003, equations 2.4-2.8, theorem A.1); Abadie (2005,
    doi:10.1111/0034-6527.00321); R DRDID 1.2.3, trimming at .995.
    """
    d, w = np.asarray(treated, dtype=np.float64), weights / weights.mean()
    _both(d)
    if method not in ("dr", "dr_improved", "reg", "ipw", "ipw_unscaled"):
        raise ValueError(f"a method is dr, dr_improved, reg, ipw or ipw_unscaled, not {method!r}")
    if method == "reg":
        fit = _regression(change, X, w * (1 - d))
        return _sum([_Term(sign=1.0, b=w * d, v=change - fit.values, less=((fit, 1.0),))], X)
    if method == "dr_improved":
        return _improved(change, d, X, w)
    score = _logit(d, X, w)
    kept = (d == 1) | (score.values < TRIM)
    trimmed = int((~kept).sum())
    odds = w * (1 - d) * kept * score.values / (1 - np.minimum(score.values, 1 - 1e-6))
    if method == "ipw_unscaled":
        return _unscaled(change, d, X, w, odds, score, trimmed)
    less: tuple[tuple[_Fitted, Any], ...] = ()
    v = change
    if method == "dr":
        fit = _regression(change, X, w * (1 - d))
        v, less = change - fit.values, ((fit, 1.0),)
    terms = [_Term(sign=1.0, b=w * d, v=v, less=less), _Term(sign=-1.0, b=odds, v=v, less=less, odds=score)]
    return _sum(terms, X, trimmed)


def two_by_two_sections(
    outcome: FloatArray,
    after: FloatArray,
    treated: FloatArray,
    X: FloatArray,
    weights: FloatArray,
    method: Method = "dr",
) -> TwoByTwo:
    """Give back the effect on the treated from two cross-sections (rows before and after, not linked).

    Parameters
    ----------
    outcome, after, treated : (n,) outcome, 1 in the later period, 1 in the treated group.
    X, weights : as in `two_by_two`, of the row's own period.
    method : `dr` the locally efficient one (`drdid_rc`), `reg` (`reg_did_rc`) or `ipw` (`std_ipw_did_rc`).

    Raises
    ------
    ValueError
        As `two_by_two`, or if one of the four cells is empty.

    Source
    ------
    Sant'Anna and Zhao (2020, doi:10.1016/j.jeconom.2020.06.003, section 2.2, theorem A.3); R DRDID 1.2.3.
    """
    d, p, w = np.asarray(treated, float), np.asarray(after, float), weights / weights.mean()
    cells = {(g, s): w * (d == g) * (p == s) for g in (0, 1) for s in (0, 1)}
    if any(c.sum() == 0 for c in cells.values()):
        raise ValueError("one of the four cells (group by period) is empty")
    if method == "reg":
        before, later = (_regression(outcome, X, cells[0, s]) for s in (0, 1))
        means = [_Term(sign=s, b=cells[1, t], v=outcome) for t, s in ((1, 1.0), (0, -1.0))]
        both = _Term(sign=1.0, b=w * d, v=before.values - later.values, less=((later, 1.0), (before, -1.0)))
        return _sum([*means, both], X)
    if method not in ("dr", "ipw"):
        raise ValueError(f"with cross-sections a method is dr, reg or ipw, not {method!r}")
    score = _logit(d, X, w)
    kept = (d == 1) | (score.values < TRIM)
    share = kept * score.values / (1 - np.minimum(score.values, 1 - 1e-6))
    v = outcome
    less: tuple[tuple[_Fitted, Any], ...] = ()
    extra: list[_Term] = []
    if method == "dr":
        fits = {key: _regression(outcome, X, cell) for key, cell in cells.items()}
        v = outcome - np.where(p == 1, fits[0, 1].values, fits[0, 0].values)
        less = ((fits[0, 1], p), (fits[0, 0], 1 - p))
        for s, sign in ((1, 1.0), (0, -1.0)):
            gap = fits[1, s].values - fits[0, s].values
            lessened = ((fits[1, s], -1.0), (fits[0, s], 1.0))
            extra.append(_Term(sign=sign, b=w * d, v=gap, less=lessened))
            extra.append(_Term(sign=-sign, b=cells[1, s], v=gap, less=lessened))
    terms = [_Term(sign=s, b=cells[1, t], v=v, less=less) for t, s in ((1, 1.0), (0, -1.0))]
    terms += [_Term(sign=-s, b=cells[0, t] * share, v=v, less=less, odds=score) for t, s in ((1, 1.0), (0, -1.0))]
    return _sum([*terms, *extra], X, int((~kept).sum()))


def _sum(terms: list[_Term], X: FloatArray, trimmed: int = 0) -> TwoByTwo:
    """Add up ratios of means and their influence, the estimated nuisance parameters included (delta method)."""
    n = len(terms[0].b)
    att, influence = 0.0, np.zeros(n)
    for term in terms:
        size = term.b.mean()
        if size <= 0:
            raise ValueError("no weight is left in one of the groups")
        ratio = float((term.b * term.v).mean() / size)
        part = term.b * (term.v - ratio)
        for fit, rows in term.less:
            part = part - fit.linear @ ((term.b * rows) @ X / n)
        if term.odds is not None:
            part = part + term.odds.linear @ ((term.b * (term.v - ratio)) @ X / n)
        att += term.sign * ratio
        influence += term.sign * part / size
    return TwoByTwo(att=att, influence=influence, trimmed=trimmed)


def _improved(change: FloatArray, d: FloatArray, X: FloatArray, w: FloatArray) -> TwoByTwo:
    """Calibrated propensity and regression weighted by its odds: first-step estimation leaves no trace."""
    score = _calibrated(d, X, w)
    kept = (d == 1) | (score < TRIM)
    odds = w * (1 - d) * kept * score / (1 - np.minimum(score, 1 - 1e-6))
    fit = _regression(change, X, np.where(odds > 0, odds, 0.0))
    v = change - fit.values
    terms = [_Term(sign=1.0, b=w * d, v=v), _Term(sign=-1.0, b=odds, v=v)]
    return _sum(terms, X, int((~kept).sum()))


def _unscaled(
    change: FloatArray,
    d: FloatArray,
    X: FloatArray,
    w: FloatArray,
    odds: FloatArray,
    score: _Fitted,
    trimmed: int,
) -> TwoByTwo:
    each, size = (w * d - odds) * change, (w * d).mean()
    att = float(each.mean() / size)
    moved = score.linear @ (-(odds * change) @ X / len(d))
    return TwoByTwo(att=att, influence=(each - w * d * att + moved) / size, trimmed=trimmed)


def _regression(y: FloatArray, X: FloatArray, w: FloatArray) -> _Fitted:
    """Weighted least squares on the rows with weight; fitted for every row."""
    n = len(y)
    gram = (X * w[:, None]).T @ X / n
    inverse = inverse_gram(gram, "the controls")
    b = inverse @ (X.T @ (w * y)) / n
    values = X @ b
    b = b + inverse @ (X.T @ (w * (y - values))) / n
    values = X @ b
    return _Fitted(values=values, linear=(X * (w * (y - values))[:, None]) @ inverse)


def _logit(d: FloatArray, X: FloatArray, w: FloatArray) -> _Fitted:
    """Logit of treatment with the influence of its coefficients."""
    fit = propensity_score(d, X, w)
    linear = (X * (w * (d - fit.score))[:, None]) @ (fit.covariance * len(d))
    return _Fitted(values=np.minimum(fit.score, 1 - 1e-6), linear=linear)


def _calibrated(d: FloatArray, X: FloatArray, w: FloatArray) -> FloatArray:
    """Propensity scores whose odds reweight the controls to the treated means (Graham, Pinto and Egel 2012)."""
    target = X.T @ (w * d)
    b = np.linalg.lstsq(X, np.full(len(d), np.log(float((w * d).sum() / (w * (1 - d)).sum()))), rcond=None)[0]
    for _ in range(NEWTON_STEPS):
        odds = w * (1 - d) * np.exp(X @ b)
        step = inverse_gram((X * odds[:, None]).T @ X, "the calibrated propensity score") @ (target - X.T @ odds)
        loss = float(odds.sum() - target @ b)
        size = 1.0
        while size > 1e-8:
            tried = b + size * step
            with np.errstate(over="ignore"):
                if float((w * (1 - d) * np.exp(X @ tried)).sum() - target @ tried) <= loss + 1e-12 * abs(loss):
                    break
            size /= 2
        b = b + size * step
        if float(np.abs(X @ step).max()) < NEWTON_GAP:
            odds_at = np.exp(X @ b)
            return np.asarray(odds_at / (1 + odds_at))
    raise ValueError(
        "the calibrated propensity score does not converge: no weights of the controls reach the treated means"
    )


def _both(d: FloatArray) -> None:
    if not ((d == 1) | (d == 0)).all() or d.sum() == 0 or d.sum() == len(d):
        raise ValueError("two groups are needed: some units treated, some not")
