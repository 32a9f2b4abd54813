"""Notes of the ETL and places in raw files in Chinese: the English sentence of a note with its slots, and how it reads in Chinese."""

from __future__ import annotations

import re
from functools import cache

from panelkit.core.counted import counted
from panelkit.core.label import Language

# English with {} slots -> Chinese with the same slots by number. What none of them knows stays English.
# ruff: noqa: E501
_NOTES: tuple[tuple[str, str], ...] = (
    # what was read
    ("{} blank cells kept as missing (first at {})", "{0}个空白单元格作缺失处理（首个在{1}）"),
    ("{} blank cells kept as missing", "{0}个空白单元格作缺失处理"),
    ("{} cells outside {}-{} left out", "{1}–{2}年以外的{0}个单元格未用"),
    ("footer passed over: {}", "略去表尾：{0}"),
    ("line before the header passed over: {}", "略去表头前的一行：{0}"),
    ("{} blank lines passed over", "略去{0}个空行"),
    ("{} rows above the header passed over", "略去表头之上的{0}行"),
    ("row without figures passed over: {} ({})", "略去无数据的行：{0}（{1}）"),
    ("years stand in rows and regions in columns", "年份在行，地区在列"),
    ("regions stand in columns and headings in rows", "地区在列，指标在行"),
    ("the file does not name its indicator: '{}' is what the study says it is", "文件未写明指标：按研究文件视为“{0}”"),
    ("the file does not name its series: '{}' is what the study says it is", "文件未写明序列：按研究文件视为“{0}”"),
    ("no unit of measure is known for '{}': it is taken for a pure number", "“{0}”的计量单位不明，作纯数处理"),
    ("'{}' is taken for {}, a slip of optical recognition", "“{0}”视为{1}（光学识别错误）"),
    ("{} rows of series that the study does not take passed over", "略去研究未用序列的{0}行"),
    ("{} records added up to {} units and years", "{0}条记录汇总为{1}个地区年份"),
    ("{} units and years without a record taken for 0, as declared", "按声明，{0}个无记录的地区年份取0"),
    ("no page of {}: {}", "{0}年无该页：{1}"),
    ("query: {}", "查询：{0}"),
    ("figures of the whole, by time", "全国数，逐年"),
    ("one figure for every {}: it holds in all its cells", "每个{0}一个数，适用于其全部单元格"),
    ("no variable uses this series", "没有变量使用此序列"),
    # units
    ("'{}' taken for {}, a slip of optical recognition ({})", "“{0}”视为{1}（光学识别错误，{2}）"),
    ("'{}' taken for the city of that name: the file has no province", "“{0}”视为同名城市：文件中没有省份"),
    ("{} cells of the row '{}' set aside: the national total", "“{1}”一行的{0}个单元格另存：全国合计"),
    ("{} cells of the row '{}' set aside: the province, beside others", "“{1}”一行的{0}个单元格另存：与其他省份并列的省"),
    ("{} cells of the row '{}' set aside: a province, its cities are in it", "“{1}”一行的{0}个单元格另存：省，其城市已在文件中"),
    ("{} cells of the row '{}' set aside: its divisions stand beside it", "“{1}”一行的{0}个单元格另存：其下各行业已在文件中"),
    ("{} cells of the row '{}' set aside: it lies in {}", "“{1}”一行的{0}个单元格另存：位于{2}"),
    ("{} cells of the row '{}' set aside: {}", "“{1}”一行的{0}个单元格另存，不是省级地区"),
    ("the provinces add up to {} of the national row of {} ({} years)", "各省合计为{1}全国数的{0}（{2}年）"),
    ("industries of GB/T 4754-{} brought to the list {}", "GB/T 4754-{0}的行业已归入{1}版"),
    ("{} cells are sums over divisions that are one in the panel's list ({})", "{0}个单元格由面板行业表中合并的大类相加（{1}）"),
    ("{} of these sums are missing, since a part is", "其中{0}个合计因部分缺失而缺失"),
    # vintages and breaks
    ("{} splices vintages, as declared: {}", "{0}按声明拼接不同版次：{1}"),
    ("{} crosses {} ({}-{}), as declared: {}", "{0}按声明跨越口径变化{1}（{2}–{3}年），详见口径变化表"),
    # variables
    ("{} cells are not as published ({})", "{0}个单元格非公布值（{1}）"),
    ("converted from {} to {} (x {})", "由{0}换算为{1}（乘以{2}）"),
    ("{} cut {} of {} cells ({} from below, {} from above)", "{0}截去{2}个单元格中的{1}个（下端{3}个，上端{4}个）"),
    ("{} takes {} steps of time: {}", "{0}跨{1}期：{2}"),
    # derivations
    ("the denominator sums over {} units in {} and {} in {}", "分母所含地区数不同：{1}年{0}个，{3}年{2}个"),
    ("sums over units rest on {} units in {} and {} in {}", "合计所含地区数不同：{1}年{0}个，{3}年{2}个"),
    ("{} of {} {}-years have a {} without a figure, and so no total (such as {}, {})", "{1}个地区年份中有{0}个缺某一行业的数据，故无合计（如{4}，{5}年）"),
    ("it is the same for all units of a year: year effects absorb it", "同年各地区取值相同：会被时间固定效应吸收"),
    ("Theta is not the co-agglomeration index of Ellison and Glaeser", "Θ并非Ellison-Glaeser协同集聚指数"),
    ("the Herfindahl index of plants is approximated from classes of size, so the index is overstated", "企业赫芬达尔指数由规模分组近似，故该指数偏大"),
    ("the stock begins {} years before the sample: under {} years its first guess still shows", "资本存量始于样本前{0}年：不足{1}年，初始存量的影响仍在"),
    ("a first stock of investment / 10% was made for {}, not for {}", "初始存量 = 投资 / 10%适用于{0}年，不适用于{1}年"),
    ("{} is nominal: a stock adds up years, so deflate it first", "{0}为名义值：存量跨年累加，应先平减"),
    ("of the stock of {}, {}% is still its first guess (median unit; highest {}%)", "{0}年存量中仍有{1}%来自初始存量（中位地区；最高{2}%）"),
    ("with depreciation {}% instead the stock is {}% (median), rank correlation {}", "若折旧率取{0}%，存量变动{1}%（中位数），秩相关{2}"),
    ("{} cells rest on some of the neighbours alone, since others have no figure", "{0}个单元格只取部分相邻省份，其余无数据"),
    ("{} units have fewer than {} of those years", "{0}个地区的可用年份少于{1}年"),
    ("{} province is treated only after {}", "{0}个省份在{1}年之后才受处理"),
    ("{} provinces are treated only after {}", "{0}个省份在{1}年之后才受处理"),
    ("{} city is treated only after {}", "{0}个城市在{1}年之后才受处理"),
    ("{} cities are treated only after {}", "{0}个城市在{1}年之后才受处理"),
    ("{} cities hold a zone of a county-level city only, which does not treat them", "{0}个城市仅有县级市综试区，不视为受处理"),
    ("{} cells of {} are missing in the result, for want of a figure of {}", "{1}有{0}个单元格因缺{2}而在结果中缺失"),
    ("moved from prices of {} to prices of {}: x {} to {} (median unit {})", "由{0}年价换算为{1}年价：乘以{2}至{3}（中位地区{4}）"),
    ("moved from prices of {} to prices of {}: x {}", "由{0}年价换算为{1}年价：乘以{2}"),
    ("rank correlation of the index with {} weights and with others: {}", "指数（{0}权重）与其他权重所得指数的秩相关：{1}"),
    ("ranges and weights look ahead: a further year changes every value (fit_years pins them)", "极值与权重取自全部年份：增加一年会改变所有数值（可用fit_years固定）"),
    ("{} rows have a component outside its range in the years of the fit", "{0}行的某一指标超出拟合年份的取值范围"),
    ("{} was added to normalised values before shares were taken, which changes the weights", "求比重前对标准化值加了{0}，权重因此改变"),
    ("nearly constant, so that its weight rests on noise: {}", "几乎不变、权重主要反映噪声的指标：{0}"),
    ("one component has more than half of the weight: {}", "单一指标权重过半：{0}"),
    ("the first principal component holds {}% of the variance", "第一主成分解释{0}%的方差"),
    ("its loadings differ in sign: the components do not measure one thing", "载荷符号不一：各指标并非度量同一事物"),
    ("C ({}) lies between {} and {}, median {}", "C（{0}）介于{1}与{2}之间，中位数{3}"),
    ("rank correlation of D with T: {}; print T beside D", "D与T的秩相关为{0}；应同时报告T"),
    ("C is 0 in {} cells, where one system is at its minimum: that is the scale, not the economy", "C在{0}个单元格为0，因某一系统处于最小值：这是标准化所致，而非经济含义"),
)  # fmt: skip
_WORDS = (
    (re.compile(r"\bline (\d+), column (\d+)"), r"第\1行第\2列"),
    (re.compile(r"(\d+) \((\d+) cells?\)"), r"\1年（\2个单元格）"),
    (re.compile(r"\binputs filled\b"), "投入项经填补"),
    (re.compile(r"\blinear\b"), "线性插值"),
    (re.compile(r"\bcarry\b"), "沿用前值"),
    (re.compile(r"\bregression on\b"), "回归于"),
    (re.compile(r"\bentropy\b"), "熵权"),
    (re.compile(r"\bequal\b"), "等权"),
    (re.compile(r"\bcritic\b"), "CRITIC"),
    (re.compile(r"\bpca\b"), "主成分"),
    (re.compile(r"\bstandard\b"), "标准式"),
    (re.compile(r"\bmodified\b"), "修正式"),
    (re.compile(r"\bprovince\b"), "省份"),
    (re.compile(r"\bindustry\b"), "行业"),
    (re.compile(r"(?<=%) to (?=[\d.]+%)"), "至"),
)


_COUNTED = re.compile(
    r"\\\{\\\}\\ ((?:blank\\ )?(?:cells|rows|records|units|years|cities|numbers|lines)(?:\\ (?:have|rest|hold|are))?)(?![\w-])"
)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(_one_or_more(re.escape(en)).replace(r"\{\}", "(.+?)") + r"\Z"), zh) for en, zh in _NOTES)


def _one_or_more(pattern: str) -> str:
    """The pattern of a note, what it counts also in the singular."""
    return _COUNTED.sub(lambda m: rf"\{{\}}\ (?:{m[1]}|{_spaced(counted(1, m[1].replace(chr(92), '')))})", pattern)


def _spaced(singular: str) -> str:
    return singular.removeprefix("1 ").replace(" ", r"\ ")


def note_in(text: str, language: Language) -> str:
    """A note in the language; English where no Chinese is known.

    >>> note_in("3 blank cells kept as missing (first at line 9, column 4)", "zh")
    '3个空白单元格作缺失处理（首个在第9行第4列）'
    """
    if language != "zh":
        return text
    for pattern, chinese in _patterns():
        if found := pattern.match(text):
            return chinese.format(*(_slot(g) for g in found.groups()))
    return text


def _slot(text: str) -> str:
    for pattern, chinese in _WORDS:
        text = pattern.sub(chinese, text)
    return text


def place_in(cell: str, language: Language) -> str:
    """Where a raw cell stands, in the language.

    >>> place_in("line 9, column 4", "zh"), place_in("sheet1!B7", "zh")
    ('第9行第4列', 'sheet1!B7')
    """
    return _WORDS[0][0].sub(_WORDS[0][1], cell) if language == "zh" else cell
