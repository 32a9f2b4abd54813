"""Adjustments of p-values for several hypotheses. The p-values and draws are made elsewhere."""

from __future__ import annotations

import numpy as np

from panelkit.numerics.arrays import FloatArray, matrix, vector

STEPS = 1000  # sharpened q-values are found to one part in so many
TIE = 1e-10  # |t*| this close to |t|, relative, counts as equal


def romano_wolf(statistics: FloatArray, draws: FloatArray) -> FloatArray:
    """Give back stepdown p-values that control the familywise error rate under the dependence of the draws.

    Parameters
    ----------
    statistics : (S,) studentised statistics of the sample.
    draws : (B, S) the same statistics in draws made under the null (bootstrap t about the estimate, or permutations),
        all S of a row from one draw.

    Raises
    ------
    ValueError
        If shapes differ or a value is missing: leave undefined draws out first, whole rows, and say so.

    Source
    ------
    Romano and Wolf (2005, doi:10.1111/j.1468-0262.2005.00615.x; 2016, doi:10.1016/j.spl.2016.02.012),
    two-sided, (1 + #) / (B + 1); Stata `rwolf` (Clarke, Romano and Wolf 2020, doi:10.1177/1536867X20976314).
    """
    sizes = np.abs(vector(statistics, "the statistics"))
    drawn = np.abs(matrix(draws, "the draws of the statistics"))
    if drawn.shape[1] != sizes.shape[0] or drawn.shape[0] == 0:
        raise ValueError(f"{sizes.shape[0]} statistics do not fit draws of shape {drawn.shape}")
    order = np.argsort(-sizes, kind="stable")
    largest = np.maximum.accumulate(drawn[:, order[::-1]], axis=1)[:, ::-1]  # over this hypothesis and smaller ones
    reached = (largest >= sizes[order] * (1 - TIE)).sum(axis=0)
    stepped = np.maximum.accumulate((1 + reached) / (drawn.shape[0] + 1))
    out = np.empty(sizes.shape[0])
    out[order] = stepped
    return out


def holm(p: FloatArray) -> FloatArray:
    """Give back Holm's stepdown p-values (familywise error rate, any dependence).

    Raises
    ------
    ValueError
        If a p-value is missing or outside [0, 1].

    Source
    ------
    Holm (1979, jstor 4615733); R `p.adjust(method = "holm")`.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).round(12).tolist()
    [0.03, 0.06, 0.06]
    """
    values = _p_values(p)
    order = np.argsort(values, kind="stable")
    out = np.empty(len(values))
    out[order] = np.minimum(1, np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)))
    return out


def benjamini_hochberg(p: FloatArray) -> FloatArray:
    """Give back Benjamini-Hochberg q-values (false discovery rate, independence or positive dependence).

    Raises
    ------
    ValueError
        As `holm` does.

    Source
    ------
    Benjamini and Hochberg (1995, doi:10.1111/j.2517-6161.1995.tb02031.x); R `p.adjust(method = "BH")`.

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).round(12).tolist()
    [0.03, 0.04, 0.04]
    """
    values = _p_values(p)
    order = np.argsort(values, kind="stable")
    scaled = values[order] * len(values) / np.arange(1, len(values) + 1)
    out = np.empty(len(values))
    out[order] = np.minimum(1, np.minimum.accumulate(scaled[::-1])[::-1])
    return out


def sharpened_q(p: FloatArray) -> FloatArray:
    """Give back sharpened two-stage q-values, to 0.001; they may lie below the p-values when many are rejected.

    Raises
    ------
    ValueError
        As `holm` does.

    Source
    ------
    Benjamini, Krieger and Yekutieli (2006, doi:10.1093/biomet/93.3.491, definition 6); Anderson (2008,
    doi:10.1198/016214508000000841) and his Stata code `fdr_sharpened_qvalues.do`: the smallest q on the grid 1, .999,
    ..., .001 from which on the hypothesis is rejected; 1 if it never is.
    """
    values = _p_values(p)
    total = len(values)
    order = np.argsort(values, kind="stable")
    ranked, ranks = values[order], np.arange(1, total + 1)
    found = np.ones(total)
    for step in range(STEPS, 0, -1):
        q = step / STEPS
        first = q / (1 + q)
        rejected = int(ranks[ranked <= first * ranks / total].max(initial=0))
        if rejected == total:
            sharper = total
        else:
            second = first * total / (total - rejected)
            sharper = int(ranks[ranked <= second * ranks / total].max(initial=0))
        found[:sharper] = q
    out = np.empty(total)
    out[order] = found
    return out


def _p_values(p: FloatArray) -> FloatArray:
    values = vector(p, "the p-values")
    if len(values) == 0 or values.min() < 0 or values.max() > 1:
        raise ValueError("p-values lie between 0 and 1, and there must be one or more")
    return values
