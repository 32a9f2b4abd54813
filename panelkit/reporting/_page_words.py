"""The page's own headings and sentences, English and Chinese, as data; what exhibits print is in `words`."""

from __future__ import annotations

from panelkit.core.label import Language

PAGE_WORDS: dict[str, tuple[str, str]] = {
    "contents": ("Contents", "目录"),
    "skip": ("Skip to content", "跳到正文"),
    "report": ("Report of a panelkit run", "panelkit运行报告"),
    "at_a_glance": ("At a glance", "概览"),
    "models": ("Models", "模型"),
    "exhibits": ("Exhibits", "图表"),
    "checks": ("Checks", "检验"),
    "data": ("Data", "数据"),
    "design": ("Design", "研究设计"),
    "robustness": ("Robustness", "稳健性"),
    "failing": ("Checks that fail", "未通过的检验"),
    "coverage": ("Who has data when", "数据覆盖情况"),
    "coverage_text": (
        "Units with a value of each variable, by period; the darker, the more.",
        "各变量在各期有取值的单位数；颜色越深，数量越多。",
    ),
    "variable": ("Variable", "变量"),
    "design_text": (
        "Every model that was estimated, and who is first treated when, before any estimate is read.",
        "在阅读任何估计值之前：全部模型，以及各单位首次受处理的时间。",
    ),
    "kind_of": ("Kind", "类型"),
    "first_treated": ("First treated", "首次受处理"),
    "never": ("not within the panel", "样本期内未受处理"),
    "picture": ("Estimate and interval on one scale", "同一标尺上的估计值与区间"),
    "robustness_text": (
        "Coefficients that several models estimate for one outcome, from the smallest to the largest, each with its interval on one "
        "scale. None of the models is left out.",
        "由多个模型对同一被解释变量估计的系数，按大小排列，区间取同一标尺。没有模型被省略。",
    ),
    "models_text": (
        "Open a model for its terms, conventions, checks and lineage; every number of it leads to the lineage.",
        "展开模型可见其系数、约定、检验与来源；其中每个数字都链接到来源。",
    ),
    "cells": ("Single cells", "原始单元格"),
    "quality_more": (
        "The whole quality report: series, vintages, breaks, sums, fills, outliers (quality.html)",
        "完整的数据质量报告：序列、版次、口径变化、合计、填补与异常值（quality.html）",
    ),
    "quality": ("Quality of the data", "数据质量"),
    "history": ("How the rows came to be", "样本行的由来"),
    "variables": ("Variables", "变量"),
    "sources": ("Sources", "数据来源"),
    "conventions": ("Conventions", "约定"),
    "limits": ("What this page does not say", "本页未说明之处"),
    "observations": ("Observations", "观测值"),
    "how_many": ("Units", "单位数"),
    "which": ("Which", "单位"),
    "rows": ("observations", "观测值"),
    "units": ("units", "截面单位"),
    "periods": ("periods", "期"),
    "n_models": ("models", "模型"),
    "n_holds": ("checks hold", "项检验通过"),
    "n_fails": ("checks fail", "项检验未通过"),
    "n_says": ("remarks", "项说明"),
    "unit_is": ("Unit of observation", "观测单位"),
    "years": ("Years", "年份"),
    "seed": ("Seed", "随机种子"),
    "digest": ("Digest of the study", "研究文件摘要"),
    "panel_digest": ("Digest of the panel", "面板摘要"),
    "step": ("Step", "步骤"),
    "before": ("Before", "之前"),
    "after": ("After", "之后"),
    "excluded": ("Excluded", "剔除"),
    "name": ("Name", "名称"),
    "label": ("Label", "标签"),
    "measure": ("Unit of measure", "计量单位"),
    "made": ("How it is made", "构造方法"),
    "filled": ("Filled cells", "填补的单元格"),
    "publisher": ("Publisher", "发布机构"),
    "source": ("Source", "来源"),
    "vintage": ("Vintage", "版本年份"),
    "licence": ("Licence", "许可"),
    "formula": ("Formula", "公式"),
    "outcome": ("Outcome", "被解释变量"),
    "where": ("Rows where", "样本条件"),
    "sample": ("Sample", "样本"),
    "clusters": ("Clusters", "聚类数"),
    "effects": ("Effects", "固定效应"),
    "left_out": ("Left out", "未用的观测"),
    "collinear": ("Collinear, left out", "因共线剔除"),
    "inference": ("Standard errors", "标准误"),
    "resampling": ("Resampling", "重抽样"),
    "check": ("Check", "检验"),
    "engine": ("Engine", "计算引擎"),
    "confirmed": ("Confirmed by", "复核方式"),
    "own_engine": ("panelkit's own calculation", "panelkit自行计算"),
    "confirmed_engine": ("a second engine that answers the same request", "由另一引擎对同一请求复算"),
    "confirmed_route": ("an independent route of calculation", "由独立的计算途径复核"),
    "confirmed_frozen": (
        "named reference cases only; not confirmed at run time",
        "仅由既定参照算例核对；运行时未复核",
    ),
    "term": ("Term", "变量"),
    "estimate": ("Estimate", "估计值"),
    "se": ("SE", "标准误"),
    "interval": ("{level} interval", "{level}置信区间"),
    "resampled": ("p, resampled", "重抽样p值"),
    "verdict": ("Verdict", "结论"),
    "finding": ("Finding", "发现"),
    "value": ("Value", "数值"),
    "bound": ("Bound", "界限"),
    "gate": ("gate", "门槛"),
    "notes": ("Notes", "备注"),
    "own_name": ("English", "中文"),
    "tongue": ("Language", "语言"),
    "display": ("Display", "显示"),
    "theme": ("Colours", "配色"),
    "theme_auto": ("as the system", "跟随系统"),
    "theme_light": ("light", "浅色"),
    "theme_dark": ("dark", "深色"),
    "printed_in": ("Printed in", "见于"),
    "origins": ("Where these numbers come from", "这些数字的来源"),
    "lineage": ("Lineage: model, sample, variables, files and cells", "来源：模型、样本、变量、文件与单元格"),
    "lineage_text": (
        "What the numbers of this model rest on; panelkit trace goes on from here to single cells of the files. The digest is of the "
        "keys of the rows.",
        "该模型的数字所依据的内容；用 panelkit trace 可继续追溯到文件中的单元格。摘要取自样本行的键。",
    ),
    "hypotheses": ("Hypotheses", "假说"),
    "hypothesis": ("Hypothesis", "假说"),
    "model": ("Model", "模型"),
    "hypotheses_text": (
        "The models by the hypothesis they speak to, each with its first coefficient. A verdict needs a rule that is set beforehand: a "
        "table of the kind hypotheses states one.",
        "各模型按所对应的假说列出，取其首个系数。结论须依事先设定的规则得出，见 hypotheses 类表格。",
    ),
    "none": ("None.", "无。"),
    "rows_of_check": ("The numbers behind it", "具体数值"),
    "rows_alike": ("The numbers behind it are those of the model", "具体数值同模型"),
    "no_checks": ("No check was run on this model.", "该模型未作检验。"),
    "abstract": ("Abstract", "摘要"),
    "convention_text": (
        "Numbers are printed to fixed decimals; one that would read as zero is given with two significant digits. Stars follow "
        "the p values of the bracketed statistic. R² within is after the absorbed effects are taken out, R² overall counts what "
        "they explain: the two are never compared in one row. Every printed number carries its model, term and field, and its "
        "full double in the ledger beside each table.",
        "数字按固定小数位印出；若会显示为零，则保留两位有效数字。星号依据括号内统计量的p值。组内R²为剔除固定效应后的拟合优度，"
        "总体R²包含固定效应的解释力：二者从不列于同一行。每个印出的数字都记有其模型、变量与字段，完整精度见各表旁的账本。",
    ),
    "limits_text": (
        "A check that holds is no proof of a design: it says that one particular fault was looked for and not found. Agreement of "
        "engines confirms arithmetic, not identification. Estimates are conditional on the sample and the conventions named with "
        "them; other defensible choices may give other numbers.",
        "检验通过并不证明设计成立：它只表明查找过某一特定问题而未发现。引擎一致确认的是计算，而非识别。估计值以所述样本与约定为"
        "条件；其他合理的选择可能得到不同的数字。",
    ),
}


def page_words(language: Language, level: str) -> dict[str, str]:
    """All of them in one language; `level` is that of the study's intervals, in words."""
    return {key: pair[language == "zh"].replace("{level}", level) for key, pair in PAGE_WORDS.items()}
