"""How a variable is made, in Chinese: the words that constructions hand over in English, part by part; formulas stay as they are."""

from __future__ import annotations

import re
from collections.abc import Callable

from panelkit.core.label import Language

_RULES = {
    "approval_year": "批复年份", "first_full_year": "首个完整年份", "treat_year_h1rule": "上半年批复计当年，否则次年", "plan_date": "省级方案年份",
}  # fmt: skip
# pattern (of a part) -> Chinese; applied in this order. What none of them knows stays English.
# ruff: noqa: E501
_PARTS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"^part of the key (\w+)$", r"键 \1 的组成部分"),
    (r"^location_quotient: ", "区位熵："),
    (r"(?:(ln) of )?\(part / whole( of the place)?\) / \(sum of part / sum of whole\)",
     lambda m: f"{'ln ' if m[1] else ''}[(部分 / {'本地' if m[2] else ''}总量) / (部分合计 / 总量合计)]"),
    (r", sums over units present in each year", "，合计取各年有值的单位"),
    (r", each unit left out of its own", "，本单位不计入自身的合计"),
    (r", excluded units included", "，含被剔除的单位"),
    (r"^zone_exposure: zone_years of pilot zones", "综试区暴露：综试区区年数"),
    (r"^zone_exposure: any_zone of pilot zones", "综试区暴露：是否已有综试区"),
    (r"^zone_exposure: zone_count of pilot zones", "综试区暴露：综试区个数"),
    (r"^zone_exposure: share_of_prefectures of pilot zones", "综试区暴露：设区市中综试区所占比重"),
    (r"^zone_exposure: (\w+) of the city's own pilot zone", r"综试区暴露：本市综试区（\1）"),
    (r"; zones of county-level cities do not count", "；县级市综试区不计"),
    (r"^first_treated: first year with a free trade zone", "首次处理年份：首个设有自贸区的年份"),
    (r"^first_treated: first year with a pilot zone of the whole city", "首次处理年份：全市设立综试区的首个年份"),
    (r"^first_treated: first year with a pilot zone", "首次处理年份：首个设有综试区的年份"),
    (r", timing rule (\w+)", lambda m: f"，时点规则：{_RULES.get(m[1], m[1])}"),
    (r"; 0 where there is none ?", "；没有则为0"),
    (r"^treated_after: 1 from the year in (\w+) on, else 0", r"处理变量：自\1所示年份起为1，此前为0"),
    (r"^province_fact: municipality of the province", "省份属性：是否直辖市"),
    (r"^province_fact: (\w+) of the province", r"省份属性：\1"),
    (r"^treated_neighbours: number of bordering provinces treated by then, cohorts of (\w+)", r"相邻处理省份：当时已受处理的相邻省份数，批次取自\1"),
    (r"^treated_neighbours: share of bordering provinces treated by then, cohorts of (\w+)", r"相邻处理省份：当时已受处理的相邻省份占比，批次取自\1"),
    (r"^capital_stock: perpetual inventory of (\S+) from (\d+), depreciation (\S+), first stock investment of (the next year|that year) / ",
     lambda m: f"资本存量：{m[1]}的永续盘存，始于{m[2]}年，折旧率{m[3]}，初始存量 = {'次年' if m[4] == 'the next year' else '当年'}投资 / "),
    (r"^neighbour_mean: mean of (\S+) over bordering provinces", r"相邻省份均值：\1在接壤省份的均值"),
    (r"^pre_mean: mean of (\S+) over (\d+)-(\d+)", r"事前均值：\1在\2–\3年的均值"),
    (r"^density: ", "密度："),
    (r", area of one year", "，面积取某一年"),
    (r"^deflate: (\S+) x (\S+) of (\d+) over (\d+) \((chained|fixed base), prices of \d+ to \d+\)",
     lambda m: f"换算基期：{m[1]} × {m[2]}（{m[4]}年至{m[3]}年，{'链式' if m[5] == 'chained' else '定基'}；由{m[4]}年价换为{m[3]}年价）"),
    (r"^deflate: ", "价格平减："),
    (r"\(fixed base, prices of (\d+)\)", r"（定基，\1年价格）"),
    (r"\(chained, prices of (\d+)\)", r"（链式，\1年价格）"),
    (r"\(prices of (\d+)\)", r"（\1年价格）"),
    (r"^coupling: standard coupling degree C of ", "耦合：耦合度C（标准式），系统为"),
    (r"^coupling: modified coupling degree C of ", "耦合：耦合度C（修正式），系统为"),
    (r"^coupling: development T of ", "耦合：综合发展水平T，系统为"),
    (r"^coupling: coordination D = sqrt\(C T\), standard C of ", "耦合：协调度D = sqrt(C T)，C取标准式，系统为"),
    (r"^coupling: coordination D = sqrt\(C T\), modified C of ", "耦合：协调度D = sqrt(C T)，C取修正式，系统为"),
    (r" \(weights of T: (.+)\)$", r"（T的权重：\1）"),
    (r"^entropy_index: sum of w z, entropy weights ", "综合指数：w z之和，熵权 "),
    (r"^entropy_index: sum of w z, (\w+) weights ", r"综合指数：w z之和，\1权重 "),
    (r", ranges and weights over (\d+) rows? of (\d+)-(\d+)", r"；极值与权重取自\2–\3年的\1行"),
    (r"^hhi: ", "赫芬达尔指数："),
    (r"sum of squared shares of (\d+) (?:industry|industries)", r"\1个行业份额的平方和"),
    (r"sum of squared shares of units in (\S+?), one number per year", r"各单位在\1中份额的平方和，每年一个数"),
    (r"sum of squared shares of every .+? in (\S+)", r"\1中份额的平方和"),
    (r"^spatial_gini: sum over units of \(share in (\S+) - share in (\S+)\)\^2, one number per year", r"空间基尼系数：各单位（\1份额 − \2份额）²之和，每年一个数"),
    (r"^krugman_specialisation: sum over (\d+) (?:industry|industries) of \|share - share in .+\|", r"Krugman专业化指数：\1个行业|份额 − 其他地区份额|之和"),
    (r"^diversity: ", "多样化指数："),
    (r"^coagglomeration: Theta of the location quotients of (\S+) and (\S+) in (\S+)", r"协同集聚：\1与\2在\3中的区位熵之Θ"),
    (r"^ellison_glaeser: Ellison-Glaeser gamma of (\S+) in (\S+), plants ", r"Ellison-Glaeser指数γ：\1在\2中，企业数 "),
    (r" ?\(facts: (\w+)\)", r"（事实表：\1）"),
)  # fmt: skip
_KNOWN = tuple((re.compile(pattern), chinese) for pattern, chinese in _PARTS)


def made(how: str, language: Language) -> str:
    """How a variable is made, in a language; expressions and names of series stay.

    >>> made("treated_after: 1 from the year in first_ftz on, else 0", "zh"), made("ln(gdp.value)", "zh")
    ('处理变量：自first_ftz所示年份起为1，此前为0', 'ln(gdp.value)')
    """
    for form, chinese in _KNOWN if language == "zh" else ():
        how = form.sub(chinese, how)
    return how
