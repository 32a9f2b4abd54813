"""What numerics and estimators say in English when something cannot be computed, in the words of a Chinese sentence; patterns as data."""

from __future__ import annotations

import re

from panelkit.core.label import Label

# pattern of a whole fault -> Chinese; {0} is its first group
FAULTS: tuple[tuple[str, str], ...] = (
    (r"no engine has staggered effects; they are confirmed by route.*", "没有引擎实现交错处理效应,改由另一算法复核"),
    (r"no engine has synthetic .*", "没有引擎实现合成双重差分,改由另一算法复核"),
    (r"V is not positive definite.*", "处理前各期系数的协方差矩阵不是正定的"),
    (r"V leaves no variation in one of the restrictions", "协方差矩阵在某一约束上没有变异"),
    (r"V must be the symmetric covariance.*", "协方差矩阵不对称"),
    (r"the covariance is not symmetric", "协方差矩阵不对称"),
    (r"the covariance has a negative eigenvalue or is zero.*", "协方差矩阵有负特征值或为零,联合检验无定义"),
    (r"a joint test needs degrees of freedom above zero, not (.+)", "联合检验的自由度须大于零,而非 {0}"),
    (r"(\d+) coefficients of which (\d+) before treatment: each side needs one", "{0} 个系数中 {1} 个在处理前:前后各须至少一个"),
    (r"the decomposition needs a balanced panel.*", "该分解要求平衡面板,即每个单元在每期都有观测"),
    (r"the decomposition is of the two-way estimate without covariates and weights", "该分解针对不含协变量与权重的双向估计"),
    (r"no cohort is treated within the window.*", "样本期内没有开始处理的批次"),
    (r"no cohort is treated after the first period.*", "首期之后没有开始处理的批次,无从比较前后"),
    (r"no cohort-period cell is left to (?:average|estimate)", "没有可估计的批次—时期单元格"),
    (r"no cohort-period cell has an estimate; the first reason: (.+)", "没有批次—时期单元格得到估计;首个原因:{0}"),
    (r"nothing is left of the treatment after unit and period effects.*", "扣除单元与时期固定效应后处理变量已无变异"),
    (r"nothing is left of the treatment beside unit, period and covariates", "扣除单元、时期与协变量后处理变量已无变异"),
    (r"no row is untreated.*", "没有未处理的观测,无法推算未处理结果"),
    (r"no treated row can be imputed.*", "没有可推算的处理观测:各处理时期均无未处理单元"),
    (r"no treated row has an untreated unit in its period", "各处理观测所在时期均无未处理单元"),
    (r"no unit is left: all are treated from the start or not seen in every period", "没有可用单元:均自首期受处理,或并非每期都有观测"),
    (r"no treated row is left(?: \((.+)\))?", "没有剩下处理观测"),
    (r"no row is left(?: \((.+)\))?", "没有剩下观测"),
    (r"no regressor is left: (.+)", "没有剩下解释变量"),
    (r"no row is treated.*", "没有受处理的观测"),
    (r"no row has the reference event time (.+)", "没有观测处于参照期 {0}"),
    (r"the lead (\S+) is not determined.*", "前导期 {0} 无法识别"),
    (r"no weight is left in one of the groups", "某一组没有剩余权重"),
    (r"one of the four cells \(group by period\) is empty", "四个单元格(组别×时期)之一为空"),
    (r"the covariates are collinear or have no variation among (.+)", "协变量在某一组内共线或无变异"),
    (r"the covariates have no variation among (.+)", "协变量在某一组内无变异"),
    (r"the covariates separate treated and controls.*", "协变量完全区分了处理组与对照组,倾向得分不存在"),
    (r"the (?:calibrated )?propensity score does not converge.*", "倾向得分不收敛"),
    (r"two groups are needed: some units treated.*", "须同时有处理组与对照组"),
    (r"the effects and controls absorb the treatment.*", "处理变量被固定效应与控制变量吸收,没有安慰剂分布"),
    (r"the true cohorts have no effect.*", "真实批次下没有可估计的效应,没有安慰剂分布"),
    (r"the (?:placebo|curve) needs one (?:draw|specification) or more.*", "至少须置换一次"),
    (r"the specifications do not share one list of units", "各设定的单元列表不同"),
    (r"unit (\S+) has two rows in period (\S+)", "单元 {0} 在 {1} 期有两个观测"),
    (r"the (cohort|cluster) of unit (\S+) changes over time.*", "单元 {1} 的批次或聚类随时间变化"),
    (r"'(.+)' changes within .*", "'{0}' 在单元内变化"),
    (r"'(.+)' has a single cluster in this sample.*", "'{0}' 在样本中只有一个聚类"),
    (r"'(.+)' is infinite in (\d+) rows", "'{0}' 在 {1} 个观测中为无穷大"),
    (r"there is no variable '(.+)'", "没有变量 '{0}'"),
    (r"nothing of the outcome '(.+)' is left after the effects .*", "扣除固定效应后结果变量 '{0}' 已无变异"),
    (r"(\S+) is left out: it is absorbed by the effects", "{0} 被固定效应吸收"),
    (r"this design cannot leave clusters out", "该设定无法逐一剔除聚类"),
    (r"'(.+)' is constant within (.+), so the effect absorbs it", "'{0}' 在 {1} 内不变,被固定效应吸收"),
    (r"'(.+)' is 0 in every row", "'{0}' 在所有观测中均为 0"),
    (r"the model's covariance is withheld.*", "该模型的协方差未给出"),
)  # fmt: skip
# the end of a fault that a pattern leaves open does not reach into the next one, which a semicolon sets off
_FORMS = tuple((re.compile(p if "; " in p else p.replace(".*", "[^;]*")), chinese) for p, chinese in FAULTS)


def in_chinese(fault: str) -> str:
    """A fault in Chinese, each part between semicolons by itself; one that no pattern knows stands in quotes, as it is.

    >>> in_chinese("no row is untreated: untreated outcomes cannot be predicted")
    '没有未处理的观测,无法推算未处理结果'
    >>> in_chinese("what nobody knows")
    '原文:"what nobody knows"'
    """
    whole = _one(fault)
    if whole is None and "; " in fault:
        return ";".join(in_chinese(part) for part in fault.split("; "))
    return whole if whole is not None else f'原文:"{fault}"'


def told(fault: object) -> Label:
    """A fault in both languages."""
    return Label(en=str(fault), zh=in_chinese(str(fault)))


def _one(fault: str) -> str | None:
    for form, chinese in _FORMS:
        found = form.fullmatch(fault.strip().rstrip("."))
        if found:
            return chinese.format(*(g or "" for g in found.groups()))
    return None
