"""Axes, legends and notes of figures, English and Chinese, as data; slots in braces, printed through `words`."""

from __future__ import annotations

FIGURE_WORDS: dict[str, tuple[str, str]] = {
    "effect_axis": ("Effect on {of}", "对{of}的影响"),
    "impulse_of": ("Shock to {of}", "{of}的冲击"),
    "horizon_axis": ("Periods after the shock", "冲击后的期数"),
    "forecast_axis": ("Periods ahead", "预测期数"),
    "order_first": ("{of} first", "{of}在前"),
    "cholesky_order": ("Cholesky order: {of}", "Cholesky排序：{of}"),
    "irf_figure": ("Impulse responses", "脉冲响应"),
    "fevd_figure": ("Forecast error variance decomposition", "预测误差方差分解"),
    "irf_note": (
        "Rows: the variable that responds; columns: a shock of one standard deviation of its orthogonalised error.",
        "行为响应变量；列为正交化误差一个标准差的冲击。",
    ),
    "fevd_note": (
        "Rows: the variable forecast; columns: the share of its forecast error variance due to that shock.",
        "行为被预测变量；列为该冲击在其预测误差方差中所占份额。",
    ),
    "irf_bands": (
        "Bands: {level} of {draws:#draws} ({method}), each horizon by itself.",
        "置信带：{draws}次抽样的{level}区间（{method}），逐期计算。",
    ),
    "irf_orders": (
        "Solid line and grey band: {first}; dashed line and dotted band: {second}.",
        "实线与灰色带：{first}；虚线与点线带：{second}。",
    ),
    "lag_of": ("{of} (t−{lag}) → {effect}", "{of}（t−{lag}）→ {effect}"),
    "since": ("Periods since treatment", "距处理的期数"),
    "support": ("N", "N"),
    "reference_period": ("reference", "基期"),
    "interval": ("{level} interval", "{level}置信区间"),
    "pretrend": (
        "Joint test of the pre-treatment effects: F({df1}, {df2}) = {statistic}, {p}.",
        "处理前各期联合检验：F({df1}, {df2}) = {statistic}，{p}。",
    ),
    "pretrend_normal": (
        "Joint test of the pre-treatment effects: chi-squared({df1}) = {statistic}, {p}.",
        "处理前各期联合检验：卡方({df1}) = {statistic}，{p}。",
    ),
    "supported": (
        "Points are effects, bars {level} intervals; {reference} is the reference period. N counts the observations behind a point.",
        "点为各期效应，线段为{level}置信区间；{reference}为基期。N为各点所依据的观测数。",
    ),
    "unreferenced": (
        "Points are effects, bars {level} intervals. N counts the observations behind a point.",
        "点为各期效应，线段为{level}置信区间。N为各点所依据的观测数。",
    ),
    "draw_axis": ("Coefficient under permuted treatment", "置换处理后的系数"),
    "draw_count": ("Draws", "次数"),
    "estimated": ("estimate {value}", "实际估计值 {value}"),
    "p_value": ("p {relation} {p}", "p {relation} {p}"),
    "placebo": (
        "{draws:#draws}; the line marks the estimate, {value}; two-sided {p}.",
        "共{draws}次置换；竖线为实际估计值{value}；双侧检验{p}。",
    ),
    "placebo_t": (" By the t statistic {p}.", "按t统计量检验{p}。"),
    "useless": (" Left out, since they gave no number: {n:#draws}.", "另有{n}次无结果，未计入。"),
    "trends": ("Means over the units of each group.", "各组单位的均值。"),
    "trends_left": ("Left out, in no group: {units:#units}.", "{units}个单位不属于任何组，未计入。"),
    "untreated": ("untreated", "未处理"),
    "treated": ("treated", "已处理"),
    "absent_cell": ("no figure", "无数据"),
    "timing": (
        "{treated:#units are} treated, {never} never in these years; by first year of treatment {each}.",
        "{treated}个单位受处理，{never}个在所示年份内未受处理；按首次处理年份计 {each}。",
    ),
    "gaps": ("Missing cells: {each}. Years are of the panel.", "缺失单元格：{each}。年份为面板所含年份。"),
    "gaps_none": ("none", "无"),
    "gaps_bar": ("Share missing", "缺失比例"),
    "coefficient": ("Coefficient", "系数"),
    "coefficient_of": ("Coefficient of {of}", "{of}的系数"),
    "coefficient_without": ("Coefficient of {of} without the cluster named", "剔除所列聚类后{of}的系数"),
    "coefficients": ("Points are estimates, lines {level} intervals.", "点为估计值，线段为{level}置信区间。"),
    "coefficients_both": (
        "Points are estimates, solid lines {level} intervals, broken lines {level} intervals by the bootstrap.",
        "点为估计值，实线为{level}置信区间，虚线为自助法{level}区间。",
    ),
    "left_out_each": (
        "The broken line marks the estimate with every cluster, {value}, the band its {level} interval [{low}, {high}].",
        "虚线为含全部聚类的估计值{value}，灰带为其{level}置信区间[{low}, {high}]。",
    ),
    "range_of": ("{of}: {low} to {high}.", "{of}：{low}至{high}。"),
    "heat_classes": ("Observations by class: {each}. White: no figure.", "各类观测数：{each}。白色为无数据。"),
    "mean_of_years": (", mean of {first}–{last}", "，{first}–{last}年均值"),
    "tiles": (
        "{of}. Squares stand for provincial units and lie only roughly where these do; hatched: no figure here. No boundary is shown.",
        "{of}。方格代表省级单位，位置仅为示意；斜线为本面板无数据。图中不含任何边界。",
    ),
    "curve": (
        "{count:#specifications}: {low} to {high}, median {middle}; {above} above zero, {clear} with a {level} interval that excludes "
        "zero (filled). They are no independent tests.",
        "{count}种设定：{low}至{high}，中位数{middle}；{above}个大于零，{clear}个的{level}区间不含零（实心）。各设定并非相互独立的检验。",
    ),
    "bacon": (
        "The broken line marks the weighted mean, {value}. Shares of the weight: {each}.",
        "虚线为加权平均{value}。权重占比：{each}。",
    ),
    "bacon_axis": ("Two-by-two estimate", "2×2估计值"),
    "quadrant_hh": ("high among high", "高–高"),
    "quadrant_lh": ("low among high", "低–高"),
    "quadrant_ll": ("low among low", "低–低"),
    "quadrant_hl": ("high among low", "高–低"),
    "moran": (
        "{of}, {year}, in standard deviations from the mean against the mean of the bordering units. The line's slope is Moran's I, "
        "{value}. Units by quadrant: {each}.",
        "{of}（{year}年），以偏离均值的标准差计，与相邻单位均值对照。直线斜率为Moran's I，{value}。各象限单位数：{each}。",
    ),
    "moran_left": ("Left out for want of a figure: {units:#units}.", "{units}个单位无数据，未计入。"),
    "moran_axis": ("{of}, standardised", "{of}（标准化）"),
    "moran_lag": ("Mean of the neighbours", "相邻单位均值"),
    "moran_line": ("Moran's I = {value}", "Moran's I = {value}"),
    "effect_of": ("Effect of {of}", "{of}的效应"),
    "marginal": (
        "Line: effect, from {low} to {high}; band: pointwise {level} interval; bars: observations by value of the moderator.",
        "实线为效应，由{low}至{high}；灰带为逐点{level}区间；柱形为调节变量各取值的观测数。",
    ),
}
