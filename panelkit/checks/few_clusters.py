"""How many clusters there really are: leverage, effective number, treated ones, and the coefficient without each. No new standard error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from panelkit.checks._faults import told
from panelkit.checks._influence_clusters import of_influence, told_by_influence
from panelkit.core.check import Check, CheckSpec, Subject, Verdict
from panelkit.core.counted import counted
from panelkit.core.errors import EstimationError
from panelkit.core.label import Label
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.request import Clustered, Design
from panelkit.core.spec import spec
from panelkit.numerics.ranks import descending


@spec
class FewClusters(CheckSpec):
    """`kind = "few_clusters"`.

    Parameters
    ----------
    few : below this many clusters a plain CR1 t test over-rejects. largest_share : of one cluster in the variation of the
        focal regressor; above it the check fails.
    """

    kind: str = "few_clusters"
    few: int = 50
    largest_share: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clusters:
    """Facts by cluster of the focal regressor; effective : 1 / sum of squared shares (Carter, Schnepel and Steigerwald 2017)."""

    names: tuple[str, ...]
    leverage: np.ndarray
    share: np.ndarray
    without: np.ndarray
    effective: float
    treated: int


def check(declared: FewClusters, subject: Subject) -> Check:
    """Number of clusters, largest share, effective number, range of the coefficient without one cluster.

    Fails where a plain clustered t test is used with few clusters, or one cluster holds more than `largest_share`. Of staggered
    designs, whose errors are sums of influence, the share of the variance takes the place of that of the regressor.

    Source
    ------
    Leverage and partial leverage: MacKinnon, Nielsen and Webb (2023, doi:10.1016/j.jeconom.2022.04.001). Effective number
    with independent errors: Carter, Schnepel and Steigerwald (2017, doi:10.1162/REST_a_00639).
    """
    design = subject.design()
    if told_by_influence(subject.estimate) and design.leave_out is None:
        names = _names(design, subject)
        return of_influence(subject, names, declared.few, declared.largest_share, declared.gate)
    try:
        facts = _facts(design, subject)
    except EstimationError as error:
        why = told("; ".join(f.what for f in error.faults))
        text = Label(en=f"Cluster leverage is not computed: {why.en}.", zh=f"未计算聚类杠杆值:{why.zh}。")
        return Check(name="few_clusters", of=subject.estimate.id, verdict="says", value=None, bound=None, text=text)
    count = len(facts.names)
    plain = count < declared.few and _is_plain(subject)
    largest = float(facts.share.max())
    verdict: Verdict = "fails" if plain or largest > declared.largest_share else "says"
    return Check(
        name="few_clusters",
        of=subject.estimate.id,
        verdict=verdict,
        value=largest,
        bound=declared.largest_share,
        text=_text(declared, subject, design, facts, plain),
        gate=declared.gate,
        series={
            "share": tuple(map(float, facts.share)),
            "coefficient_without": tuple(map(float, facts.without)),
        },
        rows=_rows(facts),
    )


def _facts(design: Design, subject: Subject) -> _Clusters:
    if design.leave_out is None:
        raise EstimationError("this design cannot leave clusters out")
    left = design.leave_out()
    j = design.focal
    share = left.partial_leverage[:, j]
    focal = design.regressors[:, j]
    return _Clusters(
        names=_names(design, subject),
        leverage=left.leverage,
        share=share,
        without=left.replicates[:, j],
        effective=float(1 / np.sum(share**2)),
        treated=len(np.unique(design.clusters[0][focal != 0])),
    )


def _names(design: Design, subject: Subject) -> tuple[str, ...]:
    """What each cluster of the first cluster variable is called."""
    sample = subject.panel.take(subject.estimate.sample.positions)
    parts = [sample.column(p).astype(str) for p in design.cluster_names[0].split("^")]
    called = dict(zip(design.clusters[0].tolist(), map(" ^ ".join, zip(*parts, strict=True)), strict=True))
    return tuple(called[g] for g in sorted(called))


def _is_plain(subject: Subject) -> bool:
    """Whether nothing but an ordinary t test (no CR3, no resampling) stands behind the terms."""
    covariance = subject.estimate.covariance
    jackknifed = isinstance(covariance, Clustered) and covariance.variant in ("cr2", "cr3")
    return not jackknifed and not subject.estimate.resampled


METHODS = {
    "restricted wild cluster bootstrap": "受限wild聚类自助法",
    "unrestricted wild cluster bootstrap": "非受限wild聚类自助法",
    "wild restricted efficient bootstrap": "受限有效wild自助法",
    "pairs cluster bootstrap, percentile": "成对聚类自助法(百分位)",
    "pairs cluster bootstrap, bias-corrected and accelerated": "成对聚类自助法(BCa)",
    "wild cluster bootstrap of scores, percentile": "得分wild聚类自助法(百分位)",
    "cluster jackknife": "聚类刀切法",
    "multiplier bootstrap": "乘子自助法",
    "placebo in place of the treated": "以对照顶替处理单元的安慰剂",
    "sup-t band": "sup-t同时置信带",
    "permutation of treatment paths (coefficient)": "处理路径置换(系数)",
    "permutation of treatment paths (t)": "处理路径置换(t)",
    "classical": "经典标准误",
    "robust": "稳健标准误",
    "driscoll_kraay": "Driscoll-Kraay",
    "conley": "Conley",
}


def _used(subject: Subject, named: Mapping[str, str] | None = None) -> str:
    covariance = subject.estimate.covariance
    kind = covariance.kind if not isinstance(covariance, Clustered) else covariance.variant.upper()
    every = [kind, *dict.fromkeys(r.method for r in subject.estimate.resampled)]
    return " + ".join((named or {}).get(m, m) for m in every)


def _text(declared: FewClusters, subject: Subject, design: Design, facts: _Clusters, plain: bool) -> Label:
    count, by, name = len(facts.names), design.cluster_names[0], design.names[design.focal]
    top = int(descending(facts.share)[0])
    largest = subject.panel.unit_name(facts.names[top])
    known = facts.without[np.isfinite(facts.without)]
    estimate = float(_coefficient(subject, name))
    ends = (float(known.min()), float(known.max())) if len(known) else (float("nan"), float("nan"))
    en = [
        f"{counted(count, 'clusters')} ({by}); for {name} they count as {facts.effective:.1f} equal ones.",
        f"{largest.en} carries {100 * facts.share[top]:.1f}% of its variation after effects and controls.",
        f"Without one cluster the coefficient ({estimate:.4g}) lies between {ends[0]:.4g} and {ends[1]:.4g}.",
    ]
    zh = [
        f"共 {count} 个聚类({by});对 {name} 而言,有效聚类数约为 {facts.effective:.1f}。",
        f"剔除固定效应与控制变量后,{largest.zh} 占其变异的 {100 * facts.share[top]:.1f}%。",
        f"逐一剔除一个聚类,系数({estimate:.4g})介于 {ends[0]:.4g} 与 {ends[1]:.4g} 之间。",
    ]
    if len(known) < count:
        en.append(f"Without {'one' if count - len(known) == 1 else count - len(known)} of them it is not determined.")
        zh.append(f"剔除其中 {count - len(known)} 个聚类后系数无法识别。")
    if facts.treated < count:
        en.append(f"{name} is not zero in {facts.treated} {'cluster' if facts.treated == 1 else 'clusters'}.")
        zh.append(f"{name} 在 {facts.treated} 个聚类中非零。")
    if _withheld(subject, name):
        en.append(f"Its standard error is withheld or not defined under {_used(subject)}.")
        zh.append(f"在 {_used(subject, METHODS)} 下其标准误不予报告或无定义。")
    else:
        en.append(f"Inference: {_used(subject)}.")
        zh.append(f"推断方法:{_used(subject, METHODS)}。")
    if plain:
        en.append(
            f"With fewer than {counted(declared.few, 'clusters')} a plain t test rejects too often; take CR3 or the wild cluster bootstrap."
        )
        zh.append(f"聚类数少于 {declared.few},普通 t 检验过度拒绝;应采用 CR3 或 wild 聚类自助法。")
    return Label(en=" ".join(en), zh="".join(zh))


def _withheld(subject: Subject, name: str) -> bool:
    return any(t.name == name and np.isnan(t.se) for t in subject.estimate.terms)


def _coefficient(subject: Subject, name: str) -> float:
    """The estimate of a term, looked up by name; NaN where the method gives it another name."""
    return next((t.estimate for t in subject.estimate.terms if t.name == name), _total(subject))


def _total(subject: Subject) -> float:
    return next((t.estimate for t in subject.estimate.terms if t.name == "total"), float("nan"))


def _rows(facts: _Clusters) -> tuple[dict[str, Any], ...]:
    order = descending(facts.share)
    return tuple(
        {
            "cluster": facts.names[g],
            "share": float(facts.share[g]),
            "leverage": float(facts.leverage[g]),
            "coefficient_without": float(facts.without[g]),
        }
        for g in order
    )


CHECKS.register(
    CheckKind(
        name="few_clusters",
        spec=FewClusters,
        summary="clusters: leverage, effective number, leave one out",
        check=check,
    )
)
