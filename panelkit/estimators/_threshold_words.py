"""A threshold model in words: what will be done (English and Chinese), and what was found. Nothing is computed here."""

from __future__ import annotations

import numpy as np

from panelkit.core.counted import counted
from panelkit.core.formula import Formula
from panelkit.core.panel import Panel
from panelkit.estimators._compile import formula_of
from panelkit.estimators._threshold import Searched
from panelkit.estimators._threshold_spec import Threshold
from panelkit.estimators._words import inference_words

CITE = "Hansen (1999)"
FEW = 5  # clusters in a regime below which its slope rests on a handful of them


def explained(spec: Threshold) -> str:
    """What will be done, in both languages."""
    return f"{_equation(spec)}\n{_english(spec)} {inference_words(spec)}\n{_chinese(spec)}"


def _equation(spec: Threshold) -> str:
    """One line: y = b1 x [q <= tau] + b2 x [q > tau] + ..."""
    base: Formula = formula_of(spec)
    q = spec.threshold
    several = [f"[{q} <= tau1]", "[...]", f"[{q} > tau{spec.thresholds}]"]
    marks = several if spec.thresholds > 1 else [f"[{q} <= tau]", f"[{q} > tau]"]
    parts = []
    for name in spec.switching:
        parts += ["..." if m == "[...]" else f"b {name} {m}" for m in marks]
    parts += [f"c {s.name}" for s in base.slopes if s.name not in spec.switching]
    parts += ["level of the regime"] if spec.intercept == "switches" else []
    parts += [f"effect({e.name})" for e in base.absorb]
    return f"{base.outcome} = {' + '.join(parts)} + e"


def _english(spec: Threshold) -> str:
    tried = counted(spec.grid, "values") if spec.grid else "every value"
    more = (
        f" Up to {counted(spec.thresholds, 'thresholds')}: the next is looked for where the last is found at p <= "
        f"{spec.significance:g}, and the"
        " earlier ones are found again then."
        if spec.thresholds > 1
        else ""
    )
    return (
        f"Fixed-effects threshold model ({CITE}): the threshold is the value of {spec.threshold} with the smallest sum of squares, among"
        f" {tried} that leave {100 * spec.trim:g} % of the rows in each regime.{more} Test of no threshold: F "
        f"with {counted(spec.draws, 'draws')} of"
        " whole paths of errors, regressors fixed. Confidence set: values whose likelihood ratio is within its bootstrap quantile; 7.35,"
        " that of independent errors, stands beside. The model is static: with a lagged outcome it is not consistent for few years, and"
        " where the threshold variable answers to the error neither is it (Seo and Shin 2016). An unbalanced panel is taken as it is."
    )


def _chinese(spec: Threshold) -> str:
    tried = f"{spec.grid}个取值" if spec.grid else "全部取值"
    more = (
        f"至多{spec.thresholds}个门槛：上一个门槛在p≤{spec.significance:g}下成立时才寻找下一个，并重新估计此前的门槛。"
        if spec.thresholds > 1
        else ""
    )
    return (
        f"固定效应面板门槛模型（Hansen，1999）：在使各区制至少保留{100 * spec.trim:g}%观测的{tried}中，"
        f"取残差平方和最小的{spec.threshold}值为门槛。{more}无门槛的检验：固定解释变量，对整条误差路径抽样{spec.draws}次，得F统计量的p值。门槛的置信集：似然比不超过自助法分位数的取值；并列独立误差下的7.35。"
        "模型为静态：含滞后被解释变量时短面板下不一致，门槛变量内生时亦然（Seo和Shin，2016）。非平衡面板按原样使用。"
    )


def notes(spec: Threshold, search: Searched, used: Panel) -> tuple[str, ...]:
    """What a reader must know of the search."""
    made = search.found.curves
    told = [
        f"Fixed-effects threshold model ({CITE}) in {spec.threshold}: {counted(len(search.found.steps[0].candidates), 'candidates leave')}"
        f" {counted(search.rows.least, 'rows')} or more in each regime; standard errors take the thresholds as given.",
        _drawn(search),
    ]
    thin = search.found.steps[0].thin
    if thin:
        told.append(
            f"{counted(thin, 'candidates are')} passed over, since a regime would hold rows of one cluster only."
        )
    flat = sum(c.flat for c in made)
    if flat:
        told.append(f"{counted(flat, 'candidates are')} passed over, since a regime would not determine its slope.")
    told += _unbalanced(used)
    if (np.ptp(_by_unit(search.q, search.units), axis=0) == 0).all():
        told.append(f"{spec.threshold} does not change within units: the regimes are groups of units.")
    if len(search.tested) > len(search.found.thresholds):
        told.append(
            f"A threshold number {len(search.tested)} is not found (p = {search.tested[-1].p:.3f}) and not taken."
        )
    if search.stopped:
        told.append(f"No further threshold could be tried: {search.stopped}.")
    if search.found.moved:
        once = ", ".join(f"{t:.6g}" for t in search.found.moved)
        told.append(f"Found again once, as Hansen does, the thresholds would be {once}; here until none moves.")
    return (*told, *_of_sets(search), *_of_regimes(search))


def _drawn(search: Searched) -> str:
    draws = search.draws
    if draws.bootstrap == "blocks":
        return (
            f"Tests and confidence sets by {counted(draws.draws, 'draws')}: each unit is given the errors of a "
            "unit drawn with replacement, whole"
            " paths, regressors fixed."
        )
    why = f" ({search.why})" if search.why else ""
    return (
        f"Tests and confidence sets by {counted(draws.draws, 'draws')}: the errors of each cluster are given one "
        f"random sign, regressors fixed{why}."
        " Confidence sets by signs are too small: read the one at 7.35 beside."
    )


def _unbalanced(used: Panel) -> list[str]:
    cells = len(used.units) * len(used.times)
    if used.rows == cells:
        return []
    return [
        f"The panel has {used.rows} of {counted(cells, 'cells')}; Hansen's theory is for balanced panels. Sums of "
        "squares are exact all the same, and"
        " a unit is given errors only of units seen in all its periods."
    ]


def _by_unit(values: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Lowest and highest value (2, units) of each unit."""
    low, high = np.full(int(units.max()) + 1, np.inf), np.full(int(units.max()) + 1, -np.inf)
    np.minimum.at(low, units, values)
    np.maximum.at(high, units, values)
    return np.array([low, high])


def _of_sets(search: Searched) -> list[str]:
    told = []
    for i, bound in enumerate(search.bounds):
        pieces = search.sets(i, bound)
        if len(pieces) > 1:
            each = ", ".join(f"[{a:.6g}, {b:.6g}]" for a, b in pieces)
            told.append(f"The confidence set of threshold {i + 1} has {counted(len(pieces), 'pieces')}: {each}.")
        if where := search.open_at(i, bound):
            end = {"low": "lowest candidate", "high": "highest candidate", "both": "candidates at both ends"}[where]
            told.append(f"The confidence set of threshold {i + 1} reaches the {end}: what lies beyond was not tried.")
    return told


def _of_regimes(search: Searched) -> list[str]:
    rows = search.records("")["regimes"]
    return [
        f"Regime {r['regime']} has rows of {counted(r['clusters'], 'clusters')} only: its slope rests on them."
        for r in rows
        if r["clusters"] < FEW
    ]
