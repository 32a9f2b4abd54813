"""What `few_clusters` says where errors are sums of influence by cluster (staggered designs); leverage by cluster is in few_clusters."""

from __future__ import annotations

import numpy as np

from panelkit.core.check import Check, Subject
from panelkit.core.counted import counted
from panelkit.core.estimate import Estimate
from panelkit.core.label import Label
from panelkit.core.request import Clustered
from panelkit.numerics.ranks import descending


def told_by_influence(estimate: Estimate) -> bool:
    """Whether a model's errors are sums of influence by cluster, also where they are withheld."""
    return estimate.influence is not None or {"treated_clusters", "never_treated"} <= set(estimate.fit.extra)


def of_influence(subject: Subject, names: tuple[str, ...], few: int, largest_share: float, gate: bool) -> Check:
    """Number of clusters, treated ones, and how evenly the error of the first term rests on them.

    Fails where one cluster carries more than `largest_share` of the variance. share_g = psi_g^2 / sum of psi^2, psi_g the influence
    of cluster g; effective number 1 / sum of share_g^2. Both come from the outcomes, unlike the leverage of a regression.

    Parameters
    ----------
    names : (G,) of the clusters, in the order of the rows of influence.

    Source
    ------
    Influence sums by cluster: Callaway and Sant'Anna (2021, doi:10.1016/j.jeconom.2020.12.001), R `did`. How much wider t(G - 1) and
    the factor G / (G - 1) are: conventions of CR1 in Stata and fixest. Few treated clusters: MacKinnon and Webb (2017,
    doi:10.1002/jae.2508).
    """
    estimate = subject.estimate
    count, treated = len(names), int(estimate.fit.extra["treated_clusters"])
    by = next(iter(estimate.sample.clusters))
    en = [f"{counted(count, 'clusters')} ({by}), {treated} of them treated."]
    zh = [f"共 {count} 个聚类({by}),其中 {treated} 个受处理。"]
    psi = None if estimate.influence is None else np.asarray(estimate.influence)[:, 0]
    share = None if psi is None or len(psi) != count or not np.sum(psi**2) > 0 else psi**2 / np.sum(psi**2)
    if psi is None:
        en.append(
            "The errors are withheld: one or two treated clusters show next to nothing of the spread among treated ones."
        )
        zh.append("标准误不予报告:仅一两个受处理聚类几乎无法反映受处理者之间的离散程度。")
    if share is not None:
        term, top = estimate.terms[0].name, int(descending(share)[0])
        called = subject.panel.unit_name(names[top])
        effective, largest = 1 / np.sum(share**2), 100 * share[top]
        en[0] = (
            f"{counted(count, 'clusters')} ({by}), {treated} of them treated, on which the error of {term} rests "
            f"as on {effective:.1f} equal ones: "
            f"{called.en} carries {largest:.1f}% of it."
        )
        zh[0] = (
            f"共 {count} 个聚类({by}),其中 {treated} 个受处理;{term} 的标准误所依据的有效聚类数约为 {effective:.1f}:"
            f"{called.zh} 占其方差的 {largest:.1f}%。"
        )
    if psi is not None:
        _meaning(estimate, (count, treated), few, en, zh)
    top_share = None if share is None else float(share.max())
    return Check(
        name="few_clusters",
        of=estimate.id,
        verdict="fails" if top_share is not None and top_share > largest_share else "says",
        value=top_share,
        bound=None if share is None else largest_share,
        text=Label(en=" ".join(en), zh="".join(zh)),
        gate=gate,
        series={} if share is None else {"share": tuple(map(float, share))},
        rows=() if share is None else tuple({"cluster": names[g], "share": float(share[g])} for g in descending(share)),
    )


def _meaning(estimate: Estimate, counts: tuple[int, int], few: int, en: list[str], zh: list[str]) -> None:
    """What the numbers of clusters mean for errors that are right for many clusters only."""
    from scipy import stats

    count, treated = counts
    used = estimate.covariance
    corrected = isinstance(used, Clustered) and used.variant == "cr1"
    factor = 1.0 if corrected else float(np.sqrt(count / (count - 1)))

    def wider(df: int) -> str:
        return f"{100 * (stats.t.ppf(0.975, df) / stats.norm.ppf(0.975) * factor - 1):.0f}%"

    small = max(min(treated, count - treated) or treated, 2)
    en.append(
        "Errors from influence are right for many clusters, treated and untreated; critical values are normal"
        + ("." if corrected else ", without a small-sample factor.")
    )
    zh.append(
        "影响函数标准误仅在受处理与未处理聚类均足够多时成立,临界值取自正态分布"
        + ("。" if corrected else ",且无小样本调整。")
    )
    if count < few or small < few / 2:
        by_factor = "" if corrected else f" and G/(G-1), G = {count}"
        en.append(
            f"With t({count - 1}){by_factor}, intervals would be {wider(count - 1)} wider; with t({small - 1}), by the smaller of both"
        )
        en[-1] += f" groups of clusters, {wider(small - 1)}: a p just below a level is no evidence."
        by_factor = "" if corrected else f"并乘以 G/(G−1)(G = {count})"
        zh.append(
            f"若用 t({count - 1}) {by_factor},区间会宽 {wider(count - 1)};若按两组中较少的一组用 t({small - 1}),会宽 {wider(small - 1)}:"
        )
        zh[-1] += "略低于显著性水平的 p 值不足为据。"
