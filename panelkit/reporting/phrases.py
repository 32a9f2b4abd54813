"""Sentences that other stages hand over in English alone, and units of measure, in the language of the exhibit; patterns as data.

A phrase that no pattern knows stays as it is. `{0}` is the first group of the pattern; a group named `v...` is a variable and goes
by its label, one named `l...` a list of variables. No stage is imported: a pattern that no longer fits simply leaves English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from panelkit.core.label import Language
from panelkit.core.panel import Panel
from panelkit.reporting._did_phrases import DID_PHRASES
from panelkit.reporting._estimator_phrases import ESTIMATOR_PHRASES
from panelkit.reporting._panel_var_phrases import PANEL_VAR_PHRASES
from panelkit.reporting.labels import key_label, term_label
from panelkit.reporting.numbers import MINUS
from panelkit.reporting.words import method_words

# pattern (of a whole phrase) -> Chinese
# ruff: noqa: E501
PHRASES: tuple[tuple[str, str], ...] = (
    # rows left out
    (r"outside (\d+)-(\d+)", "不在{0}–{1}年内"),
    (r"(?P<v1>\S+) missing", "{0}缺失"),
    (r"not where present\((?P<v1>\w+)\)", "{0}缺失"),
    (r"not where (.+)", "不满足条件 {0}"),
    (r"singleton: the only row of its (?P<v1>\S+)", "单例：该{0}仅此一行"),
    (r"(?P<v1>\S+) (\S+) excluded: (.+)", "剔除{0}{1}：{2}"),
    (r"common sample: a cell of some model is missing", "共同样本：某一模型有单元格缺失"),
    # how the rows came to be
    (r"years (\d+)-(\d+) of the study", "研究所用的{0}–{1}年"),
    (
        r"all (\d+) units? in all years (\d+)-(\d+) of (?:the files|files and study), so that lags follow time",
        "补齐{0}个单位在文件所含{1}–{2}年的全部组合，使滞后项按时间取值",
    ),
    (r"(.+?) \((\d{6})\) excluded: (.+)", "剔除{0}（{1}）：{2}"),
    # conventions
    (
        r"(\d+) clusters? \((?P<l1>.+?)\), fewer than (\d+): CR3 \(cluster jackknife\) with t\((\d+)\), by default\.",
        "{0}个聚类（{1}），少于{2}个：默认采用CR3（聚类刀切法）与t({3})分布。",
    ),
    (r"(\d+) clusters? \((?P<l1>.+?)\), CR1 with t\((\d+)\), by default\.", "{0}个聚类（{1}）：默认采用CR1与t({2})分布。"),
    (
        r"The two-way covariance had a negative eigenvalue, which was set to zero \(as fixest does\)\.",
        "双向聚类协方差矩阵有负特征值，已置为零（与fixest一致）。",
    ),
    (
        r"CR3 is not defined for (?P<l1>.+): without some cluster the rest does not determine it\.",
        "CR3对{0}无定义：剔除某一聚类后其余样本无法识别该系数。",
    ),
    (r"(?P<v1>\S+) is left out: it (.+)\.", "剔除{0}：{1}。"),
    (r"is absorbed by the effects", "被固定效应吸收"),
    (r"is a combination of (?P<l1>.+)", "是{0}的线性组合"),
    # resampling
    (
        r"No bootstrap is made for two-stage least squares yet: the wild restricted efficient one is to come\.",
        "两阶段最小二乘暂未作自助法。",
    ),
    (
        r"No cluster bootstrap is made under two-way clustering: it is defined for one cluster variable\.",
        "双向聚类下不作聚类自助法：它只对单一聚类变量有定义。",
    ),
    (r"The bootstrap could not be made: (.+)\.", "自助法未能完成：{0}。"),
    (
        r"(No cluster is|One cluster is|Two clusters are) treated: CR1, CR3 and the wild cluster bootstrap are withheld for (?P<l1>.+?) \(with so few.*",
        "受处理的聚类{0}：不给出{1}的CR1、CR3与wild聚类自助法结果（受处理聚类如此之少时，CR1多半会拒绝真实的原假设，后两者几乎从不拒绝）。"
        "若处理的分配机制成立，可用处理路径置换检验，或采用合成双重差分的安慰剂检验。",
    ),
    (r"No cluster is", "为零"),
    (r"One cluster is", "仅有一个"),
    (r"Two clusters are", "仅有两个"),
    # designs
    (
        r"The coefficient on a dose is a causal response only under strong parallel trends: .*",
        "强度系数只有在强平行趋势下才是因果反应：低强度单位若处于较高强度，其路径须与实际处于该强度的单位相同（Callaway、Goodman-Bacon和"
        "Sant'Anna，2024）。",
    ),
    (
        r"With cohorts treated at different times each two-way coefficient also holds effects of other event times, .*",
        "各批次处理时间不同时，若效应因批次而异，每个双向固定效应系数也含有其他事件时间的效应（Sun和Abraham，2021）；应与只同未处理单位比较的"
        "估计量一并阅读。",
    ),
    (
        r"Event time (-?\d+) is the reference; (-?\d+) and (-?\d+) gather every earlier and later one\.",
        "以事件时间{0}为基期；{1}与{2}分别合并更早和更晚的各期。",
    ),
    (
        r"No unit is never treated: the level of the event times rests on the binned ends and on units not yet treated\.",
        "没有从未处理的单位：各期系数的水平依赖于合并的两端与尚未处理的单位。",
    ),
    (r"(\d+) (?:unit is|units are) treated from the first period on, with no period before\.", "{0}个单位自首期起即受处理，没有处理前的时期。"),
    (
        r"In (.+) no unit is untreated \((\d+) rows?\): effects there rest on units treated already, not on clean controls; end the window before, or say so\.",
        "{0}年没有未处理的单位（{1}行）：这些年份的效应依赖于已处理的单位而非干净的对照；应缩短窗口或予以说明。",
    ),
    (
        r"No lead beside the reference is estimated: parallel trends before treatment cannot be looked at\.",
        "基期之外没有前导项：无法考察处理前的平行趋势。",
    ),
    (
        r"The joint test of the leads is not made: its covariance is withheld or not defined\.",
        "未作前导项的联合检验：其协方差未给出或无定义。",
    ),
    (r"The joint test of the leads is not made: (.+)\.", "未作前导项的联合检验：{0}。"),
    (
        r"The joint test of (\d+) leads? is of (\d+) combinations? only: their covariance has no more\.",
        "{0}个前导项的联合检验只含{1}个线性组合：其协方差的秩仅此而已。",
    ),
    # mediation
    (
        r"The indirect effect's standard error, interval and p come from (\d+) pairs? bootstrap draws of clusters \((?P<l1>.+?)\), percentile\.",
        "间接效应的标准误、区间与p值来自{0}次整群自助抽样（{1}），取百分位区间。",
    ),
    (
        r"The three regressions use the same (\d+) rows?; fit statistics are of the total effect's\.",
        "三个回归使用相同的{0}行；拟合统计量取自总效应方程。",
    ),
    (
        r"Identification: a is as causal as the design for the treatment; b, the indirect and the direct effect are .*",
        "识别：a的因果性取决于处理变量的研究设计；b、间接效应与直接效应只有在给定处理、控制变量与固定效应后，没有不可观测因素同时影响中介变量与结果"
        "时才是因果的，面板固定效应并不保证这一点。从中介变量到结果的一步更宜由理论论证（江艇，2022）。",
    ),
    (r"No bias-corrected interval: (.+)\.", "未给出偏差校正区间：{0}。"),
    # instruments
    (
        r"The instruments are weak for (?P<v1>\S+) \(first-stage F ([\d.]+) < (\d+)\): .*",
        "{0}的工具变量较弱（第一阶段F为{1}，小于{2}）：两阶段估计偏向最小二乘，其t检验不可依赖；应报告Anderson-Rubin置信集。",
    ),
    (
        r"With several endogenous regressors each first-stage F can be large while .*",
        "有多个内生变量时，各自的第一阶段F可能都大，而工具变量对它们的联合识别仍然很弱。",
    ),
    (r"(.+); fitted by (\S+)", "{0}；改由{1}拟合"),
)  # fmt: skip
_HAN = re.compile("[\u4e00-\u9fff]")
_WIDE = "\u4e00-\u9fff，。；：、（）《》“”"
# a bracket behind a Chinese character or around a p value, not those of columns; a mark that a Chinese character stands beside
_BRACKETS = re.compile(
    rf"(?<=[{_WIDE}]) ?\((?!\d{{1,2}}\))([^()]*(?:\([^()]*\)[^()]*)*)\)|(?<=\d) ?\((p [=<] [\d.]+)\)"
)
# and one behind capitals that stand behind a character: 人均GDP(对数), but no function: 取ln(人均GDP)
_CAPITALS = re.compile(r"(?<=[\u4e00-\u9fff])([A-Z][A-Z&]*) ?\(([^()]*[\u4e00-\u9fff][^()]*)\)")
_STOPS = re.compile(rf"(?<=[{_WIDE}])[,:?!]|[,:](?= ?[{_WIDE}])|(?<=\d),(?=[A-Za-z])|;")
_STOP = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！"}
_BLANKS = re.compile(rf"(?<=[{_WIDE}]) +(?![=<>≤≥→×+])|(?<![=<>≤≥→×+)]) +(?=[{_WIDE}])")
_HYPHEN = re.compile(r"(?<![0-9A-Za-z_.)\]\u4e00-\u9fff-])-(?=\d)|(?<=增长)-(?=\d)|(?<=值)-(?=\d)")
_REGIME = re.compile(r"\b\w+(?::\w+)*:(?:regime|step)::\d+\b", re.ASCII)  # terms of threshold models
_NAME = re.compile(r"(?<![\w.])[A-Za-z]\w*_\w+(?![\w.(])", re.ASCII)
_WORD = re.compile(
    r"(?<![\w.'])[A-Za-z]\w{2,}(?![\w.('])", re.ASCII
)  # in Chinese every word of Latin letters may be a variable
_KNOWN = tuple(
    (re.compile(pattern, re.DOTALL), chinese)
    for pattern, chinese in (*PHRASES, *DID_PHRASES, *ESTIMATOR_PHRASES, *PANEL_VAR_PHRASES)
)
# the same facts in English with labels in place of the names of variables
_LABELLED = tuple(
    re.compile(p, re.DOTALL)
    for p in (
        r"(?P<l1>\S+) missing",
        r"singleton: the only row of its (?P<l1>\S+)",
        r".+? are withheld for (?P<l1>.+?) \(with so few.*",
        r"CR[23] is not defined for (?P<l1>.+?): .*",
    )
)
# where sentences of checks name a variable, whose name may be a plain English word
_PLACES = re.compile(
    r"(?<=\bfor )[A-Za-z]\w*(?= they count as)|^[A-Za-z]\w*(?= is [-\u2212]?\d)|(?<= moves )[A-Za-z]\w*(?= most)"
    r"|(?<=coefficient on )[A-Za-z]\w*(?= \()",
    re.ASCII,
)
_YEARS = re.compile(r"(?<=outside )(\d{4})-(\d{4})")
_PRESENT = re.compile(r"not where present\((\w+)\)")

# Chinese unit of measure -> English
MEASURES: dict[str, str] = {
    "万亿元": "trillion yuan", "亿元": "100 million yuan", "千万元": "10 million yuan", "百万元": "million yuan",
    "万元": "10,000 yuan", "千元": "thousand yuan", "元": "yuan", "元/人": "yuan per head",
    "亿美元": "100 million US dollars", "万美元": "10,000 US dollars", "千美元": "thousand US dollars", "美元": "US dollars",
    "亿人": "100 million persons", "万人": "10,000 persons", "人": "persons", "万户": "10,000 households", "户": "households",
    "万件": "10,000 items", "件": "items", "亿件": "100 million items", "万个": "10,000", "个": "number", "家": "firms",
    "万台": "10,000 sets", "台": "sets", "万吨": "10,000 tonnes", "吨": "tonnes", "万吨标准煤": "10,000 tonnes of coal equivalent",
    "亿千瓦时": "100 million kWh", "公里": "km", "千米": "km", "万公里": "10,000 km", "平方公里": "km²", "万平方米": "10,000 m²",
    "公顷": "hectares", "年": "years", "区年": "zone-years", "人年": "person-years", "万GB": "10,000 GB", "指数": "index",
    "人/平方公里": "persons per km²", "公里/平方公里": "km per km²", "篇": "papers", "项": "items", "张": "sheets",
}  # fmt: skip
_CHINESE_MEASURES = {
    "yuan per head": "元/人", "persons": "人", "person": "人", "zone-years": "区年", "zone-year": "区年", "years": "年", "year": "年",
    "percent": "%", "index": "指数", "km": "公里", "households": "户", "items": "件", "firms": "家", "tonnes": "吨", "yuan": "元",
    "100 million yuan": "亿元", "10,000 yuan": "万元", "US dollars": "美元", "days": "天", "months": "月", "share": "比例",
}  # fmt: skip


def said(phrase: str, panel: Panel, language: Language) -> str:
    """A phrase of another stage in `language`, names of variables by their labels; what is not known stays as it is."""
    if language == "zh":
        for form, chinese in _KNOWN:
            found = form.fullmatch(phrase)
            if found:
                return chinese.format(*_slots(found, panel, language))
        return phrase
    phrase = _PRESENT.sub(r"\1 missing", _YEARS.sub("\\1\u2013\\2", phrase))
    for form in _LABELLED:
        found = form.fullmatch(phrase)
        if found and set(names := found["l1"].split(", ")) <= set(panel.names):
            labels = ", ".join(term_label(n, panel, language) for n in names)
            return phrase[: found.start("l1")] + labels + phrase[found.end("l1") :]
    return phrase


def finding(text: str, panel: Panel, language: Language) -> str:
    """What a check says: names of variables by their labels, a hyphen before a number as a minus sign."""
    known = {v.name for v in panel.variables}

    def label(found: re.Match[str]) -> str:
        return term_label(found[0], panel, language) if found[0] in known else found[0]

    text = _REGIME.sub(lambda m: term_label(m[0], panel, language), text)
    if language == "en":
        return minus(_PLACES.sub(label, _NAME.sub(label, text)))
    told = minus(_WORD.sub(label, text))
    named = (v.name for v in panel.variables if v.kind == "category")  # what errors are clustered by
    for key in dict.fromkeys((panel.unit, panel.time, *panel.parts, *named)):
        told = re.sub(rf"(?<![\w.]){re.escape(key)}(?![\w.])", key_label(key, panel, language), told, flags=re.ASCII)
    return full_width(method_words(told, language))


def minus(text: str) -> str:
    """The text with a true minus sign before each negative number.

    >>> minus("-0.5 in 2015-2018, t(G-1)")
    '−0.5 in 2015-2018, t(G-1)'
    """
    return _HYPHEN.sub(MINUS, text)


def full_width(text: str) -> str:
    """Chinese text with the marks of Chinese print: commas, colons and brackets beside a character full width, no blanks about it.

    What stands between Latin letters and digits keeps its marks: names, functions, test statistics, columns.

    >>> full_width("第(1)列:对 集聚(ln LQ) 影响最大的是青海(630000), 为 0.5 个标准误; F(2, 30) = 21.3, ln(人均GDP)")
    '第(1)列：对集聚（ln LQ）影响最大的是青海（630000），为0.5个标准误；F(2, 30) = 21.3, ln(人均GDP)'
    >>> full_width("人均GDP(对数), 取ln(人均GDP)")
    '人均GDP（对数），取ln(人均GDP)'
    """
    if not _HAN.search(text):
        return text
    text = _CAPITALS.sub(r"\1（\2）", text)
    text = _BRACKETS.sub(lambda m: f"（{m[1] or m[2]}）", text)
    text = _STOPS.sub(lambda m: _STOP[m[0]], text)
    return _BLANKS.sub("", text)


def headline(text: str) -> str:
    """The first sentence, without its full stop.

    >>> headline("Qinghai moves it most, by 0.5 standard errors. It assumes nothing.")
    'Qinghai moves it most, by 0.5 standard errors'
    """
    return re.split(r"(?<=[^\s.])\.\s+(?=[A-Z])|。", text, maxsplit=1)[0].rstrip(".。")


def _slots(found: re.Match[str], panel: Panel, language: Language) -> Iterable[str]:
    named = {i: name for name, i in found.re.groupindex.items()}
    for i, text in enumerate(found.groups(""), start=1):
        name = named.get(i, "")
        if name.startswith("v"):
            yield term_label(text, panel, language)
        elif name.startswith("l"):
            yield "、".join(term_label(part.strip("' "), panel, language) for part in text.split(", "))
        else:
            # a slot may be a phrase of its own, as the reason why a regressor is left out
            parts = text.split("; ")
            yield "；".join(said(p, panel, language) if " " in p or not p[:1].isdigit() else p for p in parts)


def measure(text: str, language: Language) -> str:
    """A unit of measure in `language`; functions around it stay, and what is not known stays as it is.

    >>> measure("ln(亿元)", "en"), measure("zone-years", "zh"), measure("元/万人", "en")
    ('ln(100 million yuan)', '区年', 'yuan per 10,000 persons')
    """
    around = re.fullmatch(r"([A-Za-z]\w*)\((.*)\)", text)
    if around:
        return f"{around[1]}({measure(around[2], language)})"
    if language == "zh":
        return _CHINESE_MEASURES.get(text, text)
    if text in MEASURES:
        return MEASURES[text]
    above, slash, below = text.partition("/")
    if slash and above in MEASURES and below in MEASURES:
        return f"{MEASURES[above]} per {_one(MEASURES[below])}"
    return text


def _one(text: str) -> str:
    return {"persons": "person", "households": "household", "firms": "firm", "years": "year"}.get(text, text)
