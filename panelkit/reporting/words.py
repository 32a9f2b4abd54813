"""Rows, notes and standard errors of tables in words, English and Chinese, and the look-up of every word that exhibits print.

Figures, tables of scripts and further kinds of tables have theirs in files of their own; labels of variables are not here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from panelkit.core.counted import filled
from panelkit.core.errors import ReportError
from panelkit.core.label import Language
from panelkit.core.nearest import known_or_nearest
from panelkit.reporting._figure_words import FIGURE_WORDS
from panelkit.reporting._script_words import SCRIPT_WORDS
from panelkit.reporting._table_words import TABLE_WORDS
from panelkit.reporting.numbers import shown

if TYPE_CHECKING:
    from panelkit.core.results import Results

# key: (English, Chinese); slots in braces
WORDS: dict[str, tuple[str, str]] = {
    "alike": (
        "{positive} of {models} estimates are positive; {apart} of the intervals leave out zero.",
        "{models}个估计值中有{positive}个为正；{apart}个区间不含零。",
    ),
    # rows and columns
    "yes": ("Yes", "是"),
    "no": ("No", "否"),
    "variable": ("", "变量"),
    "effect": ("{of} FE", "{of}固定效应"),
    "slopes": ("{of}-specific slopes of {variable}", "{of}特定的{variable}斜率"),
    "panel_row": ("Panel {letter}. {label}", "Panel {letter}：{label}"),
    "outcomes": ("Dependent variables. {each}.", "被解释变量：{each}。"),
    "constant": ("Constant", "常数项"),
    "unit_mean": ("{of}, mean of the unit", "{of}（单位均值）"),
    # names of common keys, where the study declares no label
    "province": ("Province", "省份"),
    "city": ("City", "城市"),
    "county": ("County", "县"),
    "firm": ("Firm", "企业"),
    "industry": ("Industry", "行业"),
    "region": ("Region", "地区"),
    "country": ("Country", "国家"),
    "year": ("Year", "年份"),
    "quarter": ("Quarter", "季度"),
    "month": ("Month", "月份"),
    # verdicts
    "holds": ("holds", "通过"),
    "fails": ("fails", "未通过"),
    "says": ("says", "说明"),
    "agrees": ("agrees", "一致"),
    "differs": ("differs", "不一致"),
    # covariance: English reads after "standard errors ...", Chinese is the whole noun
    "classical": ("classical, of one variance", "普通标准误（同方差）"),
    "robust": ("heteroskedasticity-robust ({variant})", "异方差稳健标准误（{variant}）"),
    "cr0": ("clustered by {by} (CR0, no small-sample factor)", "聚类到{by}的稳健标准误（CR0，无小样本调整）"),
    "cr1": ("clustered by {by} (CR1)", "聚类到{by}的稳健标准误（CR1）"),
    "cr3": (
        "clustered by {by}, CR3 cluster jackknife (MacKinnon, Nielsen and Webb 2023)",
        "聚类到{by}的CR3聚类刀切标准误（MacKinnon、Nielsen和Webb，2023）",
    ),
    "kernel_uniform": ("uniform", "均匀"),
    "kernel_bartlett": ("Bartlett", "Bartlett"),
    "cr2": (
        "clustered by {by}, CR2 bias-reduced linearisation (Pustejovsky and Tipton 2018)",
        "聚类到{by}的CR2偏差修正标准误（Pustejovsky和Tipton，2018）",
    ),
    "cr3_mnw_centred": (
        "clustered by {by}, CR3 cluster jackknife about the mean of the replicates",
        "聚类到{by}的CR3聚类刀切标准误（以各次估计的均值为中心）",
    ),
    "cr3_hansen": (
        "clustered by {by}, CR3 cluster jackknife without a factor (Hansen 2025)",
        "聚类到{by}的CR3聚类刀切标准误（无因子，Hansen，2025）",
    ),
    "cr3_pyfixest": (
        "clustered by {by}, CR3 cluster jackknife with the small-sample factor of pyfixest",
        "聚类到{by}的CR3聚类刀切标准误（小样本因子同pyfixest）",
    ),
    "driscoll_kraay": (
        "Driscoll-Kraay, {lags:#lags}",
        "Driscoll-Kraay标准误（滞后{lags}期）",
    ),
    "newey_west": ("Newey-West within units, {lags:#lags}", "单位内Newey-West标准误（滞后{lags}期）"),
    "driscoll_kraay_rule": (
        "Driscoll-Kraay, as many lags as the whole part of T to the power 1/4",
        "Driscoll-Kraay标准误（滞后期数取T的1/4次方的整数部分）",
    ),
    "newey_west_rule": (
        "Newey-West within units, as many lags as the whole part of T to the power 1/4",
        "单位内Newey-West标准误（滞后期数取T的1/4次方的整数部分）",
    ),
    "replicates_placebo": (
        "spread of {draws:#placebo effects} on untreated units",
        "{draws}次未处理单位安慰剂效应的离散度",
    ),
    "replicates_jackknife": ("jackknife over {draws:#units}", "逐一剔除{draws}个单位的刀切法"),
    "replicates_bootstrap": ("bootstrap of units, {draws:#draws}", "单位自助法（{draws}次）"),
    "conley": (
        "Conley, cutoff {cutoff} km, {kernel} kernel{lags}",
        "Conley空间标准误（截断距离{cutoff}公里，{kernel}核{lags}）",
    ),
    "conley_lags": (" and {lags:#lags} within units", "，单位内滞后{lags}期"),
    "two_way": (
        "clustered two ways, by {by} ({variant}; {groups})",
        "按{by}双向聚类的稳健标准误（{variant}，{groups}）",
    ),
    "groups_min": ("smallest G in every term", "各项取最小的G"),
    "groups_own": ("each term with its own G", "各项取各自的G"),
    "factor": ("small-sample factor of {of}", "小样本因子同{of}"),
    "t_clusters": ("reference t(G\u22121)", "参照t(G\u22121)分布"),
    "t_satterthwaite": (
        "reference t with Satterthwaite degrees of freedom",
        "参照Satterthwaite自由度的t分布",
    ),
    "t_periods": ("reference t(T\u22121)", "参照t(T\u22121)分布"),
    "t_residual": ("reference t(N\u2212K)", "参照t(N\u2212K)分布"),
    "normal": ("normal reference", "参照正态分布"),
    # notes; *_all where one text holds of every column, else one text for each
    "notes": ("Notes: ", "注："),
    "in_se_all": ("Standard errors in parentheses: {what}.", "括号内为{what}。"),
    "in_se": ("Standard errors in parentheses. {what}.", "括号内为标准误。{what}。"),
    "in_t_all": ("t statistics in parentheses; standard errors {what}.", "括号内为t值，依据{what}。"),
    "in_t": ("t statistics in parentheses. Standard errors: {what}.", "括号内为t值。所依据的标准误：{what}。"),
    "in_p_all": ("p values in parentheses; standard errors {what}.", "括号内为p值，依据{what}。"),
    "in_p": ("p values in parentheses. Standard errors: {what}.", "括号内为p值。所依据的标准误：{what}。"),
    "in_ci_all": (
        "{level} confidence intervals in brackets; standard errors {what}.",
        "方括号内为{level}置信区间，依据{what}。",
    ),
    "in_ci": (
        "{level} confidence intervals in brackets. Standard errors: {what}.",
        "方括号内为{level}置信区间。所依据的标准误：{what}。",
    ),
    "resampled_all": ("Beneath, in square brackets: p of the {what}.", "其下方方括号内为重抽样p值：{what}。"),
    "resampled": ("Beneath, in square brackets: p by resampling. {what}.", "其下方方括号内为重抽样p值。{what}。"),
    "wild": ("{method}, {draws:#draws}", "{method}（{draws}次）"),
    "wild_of": ("for {of}: {what}", "{of}：{what}"),
    "of_changes": ("a change at a threshold", "门槛处的变化"),
    "beneath_se": ("Standard errors in square brackets.", "其下方方括号内为标准误。"),
    "beneath_t": ("t statistics in square brackets.", "其下方方括号内为t值。"),
    "beneath_p": ("p values in square brackets.", "其下方方括号内为p值。"),
    "beneath_ci": ("{level} confidence intervals in square brackets.", "其下方方括号内为{level}置信区间。"),
    "reference_of": ("Reference distribution: {each}.", "参照分布：{each}。"),
    "normal_law": ("normal", "正态"),
    "observations": ("{rows:#observations}", "{rows}个观测值"),
    "no_errors": ("The package gives no standard error. {each}.", "所用软件未给出标准误：{each}。"),
    "withheld": ("Standard errors withheld. {each}.", "未给出标准误：{each}。"),
    "stars": ("{stars} mark p below {levels}.", "{stars}分别表示在{levels}的水平上显著。"),
    "stars_of": (
        " Stars follow these standard errors, not the resampling{but}.",
        "星号依据上述标准误，而非重抽样{but}。",
    ),
    "stars_of_changes": ("; those of a change at a threshold follow its test", "；门槛处变化的星号依据门槛检验"),
    "drawn_errors": (
        "The indirect effect's standard error and stars are the bootstrap's.",
        "间接效应的标准误与星号取自自助法。",
    ),
    "drawn_error": ("The indirect effect's standard error is the bootstrap's.", "间接效应的标准误取自自助法。"),
    "same_sample": ("All columns rest on one sample, {sample}.", "各列样本相同（{sample}）。"),
    "samples": ("The samples differ. {each}.", "各列样本不同。{each}。"),
    "samples_of": ("The samples differ, all of {years}: {each}.", "各列样本不同（均为{years}）：{each}。"),
    "sample": (
        "{rows:#observations}, {units:#units}, {first}–{last}",
        "{rows}个观测值、{units}个截面单位、{first}–{last}年",
    ),
    "sample_years": ("{first}–{last}", "{first}–{last}年"),
    "dropped": ("Left out: {each}.", "未用的观测：{each}。"),
    "drop": ("{rows:#rows} ({why})", "{rows}行（{why}）"),
    "collinear": ("Left out as collinear: {each}.", "因共线剔除：{each}。"),
    "excluded": ("Excluded: {each}.", "不含：{each}。"),
    "filled": ("Cells not as published: {each}.", "非原始公布的单元格：{each}。"),
    "fill": ("{variable} {cells} of {rows} ({share})", "{variable}共{cells}个，占{rows}行的{share}"),
    "event_bands": ("Grey: simultaneous bands ({method}).", "灰色：联合置信带（{method}）。"),
    "event_bins": ("The outermost periods gather all beyond them.", "两端各期合并了更远的时期。"),
    "simulated": (
        "SIMULATED DATA: made up to test the method, no finding about any place.",
        "模拟数据：仅用于检验方法，不构成任何实证结论。",
    ),
    "failed": ("Checks that fail. {each}.", "检验未通过：{each}。"),
    "failed_names": (
        "Checks that fail (in full in the replication package). {each}.",
        "未通过的检验（详见复现包）：{each}。",
    ),
    "several": ("{columns}: {text}", "第{columns}列：{text}"),
    "described": (
        "{rows:#observations}: {units:#units}, {first}–{last}. Between: of the units' means; within: of deviations from them.",
        "{rows}个观测值：{units}个截面单位，{first}–{last}年。组间：各单位均值；组内：对单位均值的离差。",
    ),
    "described_short": (
        "{rows:#observations}: {units:#units}, {first}–{last}.",
        "{rows}个观测值：{units}个截面单位，{first}–{last}年。",
    ),
}
WORDS |= FIGURE_WORDS | SCRIPT_WORDS | TABLE_WORDS
# punctuation between parts
JOIN: dict[str, dict[str, str]] = {
    "en": {"and": " and ", "list": "; ", "comma": ", ", "open": " (", "close": ")", "space": " ", "colon": ": "},
    "zh": {"and": "和", "list": "；", "comma": "、", "open": "（", "close": "）", "space": "", "colon": "："},
}


# the parts of a resampling's name, in the words that estimators use for it
METHODS: tuple[tuple[str, str], ...] = (
    ("unrestricted wild cluster bootstrap", "未施加原假设的wild聚类自助法"),
    ("restricted wild cluster bootstrap", "施加原假设的wild聚类自助法"),
    ("wild restricted efficient bootstrap", "施加原假设的有效wild聚类自助法（WRE）"),
    ("wild cluster bootstrap of scores", "得分wild聚类自助法"),
    ("pairs cluster bootstrap", "整群自助法"),
    ("cluster jackknife", "聚类刀切法"),
    ("multiplier bootstrap", "乘子自助法"),
    ("bootstrap with matching", "含重新匹配的自助法"),
    ("placebo in place of the treated", "以未处理单元代替的安慰剂检验"),
    ("sup-t band", "sup-t"),
    ("permutation of group labels", "组别标签置换检验"),
    ("threshold bootstrap", "门槛自助法"),
    (", errors of whole units", "（整单位误差）"),
    (", signs by cluster", "（按聚类变号）"),
    (", basic", "，基本区间"),
    ("permutation of treatment paths (coefficient)", "处理路径置换检验（按系数）"),
    ("permutation of treatment paths (t)", "处理路径置换检验（按t统计量）"),
    ("permutation of treatment paths", "处理路径置换检验"),
    (", percentile", "，百分位区间"),
    (", bias-corrected and accelerated", "，偏差校正加速区间"),
    ("multiplier bootstrap", "乘子自助法"),
    ("bootstrap with matching", "重新匹配的自助法"),
    ("placebo in place of the treated", "以对照顶替处理单位的安慰剂检验"),
    (" (coefficient)", "（系数）"),
    (" (t)", "（t值）"),
)


def method_words(method: str, language: Language) -> str:
    """The name of a resampling method in a language; what is not known stays English."""
    for english, chinese in METHODS if language == "zh" else ():
        method = method.replace(english, chinese)
    return method


def word(key: str, language: Language, **slots: object) -> str:
    """The word or sentence of that key, its slots filled.

    >>> word("rows", "zh"), word("effect", "en", of="Year")
    ('观测值', 'Year FE')
    """
    if key not in WORDS:
        raise ReportError(f"there are no words for '{key}'", mend=known_or_nearest(key, WORDS))
    text = WORDS[key][language == "zh"]
    return filled(text, **slots) if slots else text


def level_of(results: Results) -> str:
    """The level of a study's intervals in words: '95%', unless its `[defaults] level` says otherwise."""
    return f"{100 * results.study.defaults.level:g}%"


def p_phrase(p: float, language: Language) -> str:
    """A p value in a sentence: 'p = 0.012' or 'p < 0.001'."""
    text = shown(p, kind="p", missing="–")
    return word("p_value", language, relation="<" if text.startswith("<") else "=", p=text.lstrip("<"))


def joined(parts: Iterable[str], language: Language, by: str = "list") -> str:
    """The parts in a row, with the punctuation of the language; `by` is 'and', 'list' or 'comma'."""
    return JOIN[language][by].join(parts)


def all_columns(numbers: Iterable[int], language: Language) -> str:
    """Columns by number (1-based), runs shortened.

    >>> all_columns([1, 2, 3, 5], "en")
    '(1)–(3), (5)'
    """
    runs: list[list[int]] = []
    for n in sorted(numbers):
        if runs and runs[-1][-1] == n - 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    shown = []
    for run in runs:
        head = [f"({run[0]})"] if len(run) == 1 else [f"({run[0]})", f"({run[-1]})"]
        shown.append(("–" if len(run) > 2 else JOIN[language]["comma"]).join(head))
    return JOIN[language]["comma"].join(shown)
