"""A specification curve as one statistic, against its own distribution when whole treatment paths change hands. Nothing is refitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from panelkit.numerics.arrays import FloatArray, IntArray, group_codes
from panelkit.numerics.permutation import TIE, Assignment, effects_under, path_orders, slopes_under


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adopted:
    """A specification whose adoption dates change hands: cohort (U,) over the common list of units; `effect` gives (estimate, t) under
    such cohorts; `groups` clusters stand behind the t."""

    cohort: FloatArray
    effect: Callable[[FloatArray], tuple[float, float]]
    groups: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointCurve:
    """All specifications under the same permutations.

    Attributes
    ----------
    statistics : (S,) t of each specification (raw clustered covariance, CR0); drawn : (B, S) under each permutation.
    share, p_share : specifications significant in the direction that most of them have, and its p.
    mean, p_mean : mean t over specifications, and the two-sided p of it.
    undefined : draws in which some specification has no coefficient, left out.
    """

    statistics: FloatArray
    drawn: FloatArray
    share: float
    p_share: float
    mean: float
    p_mean: float
    undefined: int


def joint_curve(cases: Sequence[Assignment | Adopted], draws: int, seed: int, level: float = 0.05) -> JointCurve:
    """Give back how many specifications are significant, and the mean t, beside what chance assignment of the paths gives.

    Parameters
    ----------
    cases : S specifications; their paths or cohorts have one row for each unit of one common list, so that a draw moves the
        same histories in all of them, however many units each uses.
    draws, seed : B permutations, as `path_orders`. level : of significance, two-sided, by t(G - 1).

    Raises
    ------
    ValueError
        If no case is given, the lists of units differ, or a treatment is absorbed.

    Source
    ------
    Simonsohn, Simmons and Nelson (2020, doi:10.1038/s41562-020-0912-z): the share of significant specifications in the
    dominant direction and the mean z, under random assignment of the treatment; here paths stay whole. p counts the
    true assignment, so it is never 0.
    """
    from scipy import stats

    if not cases:
        raise ValueError("a curve needs one specification or more")
    units = {np.asarray(c.cohort if isinstance(c, Adopted) else c.path).shape[0] for c in cases}
    if len(units) > 1:
        raise ValueError("the specifications do not share one list of units")
    orders = path_orders(units.pop(), draws, seed)
    found = [_under(c, orders) for c in cases]
    own = np.array([f[0] for f in found])
    drawn = np.column_stack([f[1] for f in found])
    defined = drawn[np.isfinite(drawn).all(axis=1)]
    groups = [
        c.groups if isinstance(c, Adopted) else group_codes(c.clusters, "the cluster", len(c.y))[1] for c in cases
    ]
    critical = np.array([stats.t.ppf(1 - level / 2, g - 1) for g in groups])
    share, shares = _share(own[None, :], critical)[0], _share(defined, critical)
    mean, means = float(own.mean()), defined.mean(axis=1)
    count = len(defined) + 1
    return JointCurve(
        statistics=own,
        drawn=drawn,
        share=float(share),
        p_share=float((1 + (shares >= share - TIE).sum()) / count),
        mean=mean,
        p_mean=float((1 + (np.abs(means) >= abs(mean) * (1 - TIE)).sum()) / count),
        undefined=len(drawn) - len(defined),
    )


def _under(case: Assignment | Adopted, orders: IntArray) -> tuple[float, FloatArray]:
    """t under the true assignment, and (B,) under the others."""
    if isinstance(case, Adopted):
        own = case.effect(case.cohort)[1]
        if not np.isfinite(own):
            raise ValueError("the true cohorts have no effect with an error")
        return own, effects_under(case.cohort, case.effect, orders)[:, 1]
    true, drawn = slopes_under(case, [orders])
    return float(true[1]), drawn[:, 1]


def _share(t: FloatArray, critical: FloatArray) -> FloatArray:
    """(m,) share of columns significant in the direction in which most of a row's significant ones lie."""
    above, below = (t > critical).mean(axis=1), (t < -critical).mean(axis=1)
    out: FloatArray = np.maximum(above, below)
    return out
