"""Names of the checks and of the kinds of models that panelkit brings, English and Chinese, as the page and notes print them."""

from __future__ import annotations

from panelkit.core.label import Language
from panelkit.core.results import Results
from panelkit.reporting.words import JOIN

CHECK_NAMES: dict[str, tuple[str, str]] = {
    # of models
    "second_engine": ("Second engine", "第二引擎复核"),
    "few_clusters": ("Few clusters", "聚类数过少"),
    "influence": ("Influence", "影响点"),
    "serial_correlation": ("Serial correlation", "序列相关"),
    "heteroskedasticity": ("Heteroskedasticity", "异方差"),
    "cross_section_dependence": ("Cross-section dependence", "截面相关"),
    "collinearity": ("Collinearity", "共线性"),
    "reset": ("RESET", "RESET检验"),
    "hausman": ("Hausman", "Hausman检验"),
    "mundlak": ("Mundlak", "Mundlak检验"),
    "poolability": ("Poolability", "可混合性"),
    "breusch_pagan": ("Breusch-Pagan LM", "Breusch-Pagan LM检验"),
    "slope_homogeneity": ("Slope homogeneity", "斜率同质性"),
    "unit_roots": ("Unit roots", "单位根"),
    "stability": ("Stability", "稳定性"),
    "granger": ("Granger non-causality", "Granger因果检验"),
    "moment_conditions": ("Moment conditions", "矩条件"),
    "weak_instruments": ("Weak instruments", "弱工具变量"),
    "overidentification": ("Overidentification", "过度识别"),
    "endogeneity": ("Endogeneity", "内生性"),
    "plausibly_exogenous": ("Plausibly exogenous", "近似外生性"),
    "parallel_trends": ("Parallel trends", "平行趋势"),
    "pretrend_power": ("Power of the pre-trend test", "平行趋势检验功效"),
    "honest_did": ("Honest DID bounds", "HonestDiD界限"),
    "support": ("Support", "样本支撑"),
    "bacon": ("Goodman-Bacon decomposition", "Goodman-Bacon分解"),
    "negative_weights": ("Negative weights", "负权重"),
    "placebo": ("Placebo", "安慰剂检验"),
    "placebo_time": ("Placebo in time", "时间安慰剂"),
    "placebo_cohorts": ("Permuted adoption dates", "置换采纳时间"),
    "placebo_outcomes": ("Placebo outcomes", "安慰剂结果变量"),
    "placebo_sample": ("Rows beyond reach", "不受影响的样本"),
    "anticipation": ("Anticipation", "预期效应"),
    "leave_one_cohort_out": ("Without one cohort", "逐一剔除批次"),
    "leave_one_unit_out": ("Without one unit", "逐一剔除单元"),
    "dropped_neighbours": ("Without treated neighbours", "剔除相邻单元"),
    "treatment_ends": ("Treatment that ends", "处理的终止"),
    "concurrent_policies": ("Concurrent policies", "同期政策"),
    "timing_rules": ("Timing rules", "处理时间规则"),
    "matching_balance": ("Balance after matching", "匹配后平衡性"),
    "threshold_effect": ("Threshold effect", "门槛效应"),
    "balance_of_matches": ("Balance after matching", "匹配后平衡性"),
    "robustness": ("Robustness battery", "稳健性检验组"),
    "family": ("Family of hypotheses", "假设族"),
    "expected": ("Known figures", "已知数值"),
    # of the panel
    "gaps": ("Gaps", "缺口"),
    "balance": ("Balance", "平衡性"),
    "missing": ("Missing cells", "缺失值"),
    "filled_cells": ("Filled cells", "填补的单元格"),
    "jumps": ("Jumps of scale", "量级跳变"),
    "outliers": ("Outliers", "离群值"),
    "sums": ("Sums against the nation", "与全国合计核对"),
    "constant_ratio": ("Constant ratio", "恒定比例"),
    "shares": ("Shares", "占比范围"),
    "breaks": ("Breaks of definition", "口径变化"),
    "revised_from": ("Revised from a year on", "自某年起修订"),
    "revisions": ("Revisions", "数据修订"),
    "price_basis": ("Price basis", "价格基准"),
    "index_overlap": ("Same figures under two names", "同一数值两个名称"),
    "price_mix": ("Nominal and real together", "名义与实际混用"),
    "index_divisor": ("Divisor of an index", "指数除数"),
    "apportioned": ("Apportioned series", "按比例分摊的序列"),
    "overlap": ("Overlap of components", "成分重叠"),
}
KIND_NAMES: dict[str, tuple[str, str]] = {
    "fixed_effects": ("fixed effects", "固定效应模型"),
    "between": ("between", "组间估计"),
    "first_difference": ("first differences", "一阶差分"),
    "random_effects": ("random effects", "随机效应模型"),
    "correlated_random_effects": ("correlated random effects", "相关随机效应模型"),
    "mean_group": ("mean group", "均值组估计"),
    "common_correlated_effects": ("common correlated effects", "共同相关效应"),
    "poisson": ("Poisson pseudo-likelihood", "泊松伪极大似然"),
    "heterogeneity": ("heterogeneity by group", "分组异质性"),
    "instrumental": ("two-stage least squares", "两阶段最小二乘"),
    "dose_did": ("dose difference-in-differences", "强度双重差分"),
    "event_study": ("event study", "事件研究"),
    "staggered_did": ("staggered difference-in-differences", "交错双重差分"),
    "callaway_santanna": ("Callaway-Sant'Anna", "Callaway-Sant'Anna估计"),
    "sun_abraham": ("Sun-Abraham", "Sun-Abraham估计"),
    "imputation": ("imputation (Borusyak-Jaravel-Spiess)", "插补估计（Borusyak-Jaravel-Spiess）"),
    "gardner": ("two-stage (Gardner)", "两步估计（Gardner）"),
    "extended_two_way": ("extended two-way (Wooldridge)", "扩展双向固定效应（Wooldridge）"),
    "triple_difference": ("triple difference", "三重差分"),
    "staggered_triple_difference": ("staggered triple difference", "交错三重差分"),
    "synthetic_did": ("synthetic difference-in-differences", "合成双重差分"),
    "matching_did": ("matching difference-in-differences", "匹配双重差分"),
    "threshold": ("fixed-effects threshold", "固定效应面板门槛模型"),
    "mediation": ("mediation", "中介效应"),
    "panel_var": ("panel vector autoregression", "面板向量自回归"),
}


def named(names: dict[str, tuple[str, str]], name: str, language: Language) -> str:
    """The name to print; a kind that others brought goes by its own."""
    head, blank, rest = name.partition(" ")
    if not blank and name.startswith("robustness_"):
        head, blank, rest = name.partition("_")
    if blank and head in names:  # a battery or a family, by its own id
        return names[head][language == "zh"] + JOIN[language]["colon"] + rest.replace("_", " ")
    return names.get(name, (name.replace("_", " ").capitalize(), name.replace("_", " ")))[language == "zh"]


def check_name(name: str, results: Results, language: Language) -> str:
    """What a check is called; a family or a battery by the label that the study gives it."""
    head, _, own = name.replace("robustness_", "robustness ", 1).partition(" ")
    study = results.study
    labels = {f"family {n}": f.label for n, f in study.families.items()}
    labels |= {f"robustness {n}": b.label for n, b in study.robustness.items()}
    label = labels[f"{head} {own}"].to(language) if f"{head} {own}" in labels else ""
    if not label:
        return named(CHECK_NAMES, name, language)
    return f"{named(CHECK_NAMES, head, language)}{JOIN[language]['colon']}{label}"
