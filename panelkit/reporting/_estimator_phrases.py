"""Sentences of the estimators beyond plain fixed effects, as patterns with their Chinese; `phrases` matches them. Data alone."""

from __future__ import annotations

# ruff: noqa: E501
ESTIMATOR_PHRASES: tuple[tuple[str, str], ...] = (
    # between, first differences, random effects
    (
        r"Least squares on the means of (\d+) units? \((\d+) rows?\); N in the factors is (\d+)\.",
        "对{0}个单位的均值（{1}行）作最小二乘；小样本因子中的N为{2}。",
    ),
    (
        r"No simultaneous band is made: the covariance of an event time is withheld or not defined\.",
        "未作联合置信带：某一事件时间的协方差未给出或无定义。",
    ),
    (r"The constant is a drift common to all units\.", "常数项为全部单位共同的漂移。"),
    (r"no row of its (?P<v1>\S+) (\d+) years? before", "该{0}{1}年前没有观测"),
    (r"the engine (\S+) does not answer this: (.+)", "引擎{0}不适用（{1}）"),
    (r"it does not fit first differences", "不估计一阶差分"),
    (r"it does not fit random effects", "不估计随机效应"),
    (r"it does not fit (.+)", "不估计{0}"),
    (
        r"on a panel with gaps one dummy for a cohort and period is not the mean of the effects imputed to single rows",
        "面板有缺口时，批次与时期的单个虚拟变量不等于逐行插补效应的均值",
    ),
    (r"Standard errors take the estimated theta as given\.", "标准误把估计的theta视为已知。"),
    (
        r"The variance of the unit effects came out at zero or below and is set to zero: this is pooled least squares\.",
        "单位效应的方差估计值不大于零，已置为零：结果即混合最小二乘。",
    ),
    (
        r"Mundlak test that the (\d+) unit means are zero \(robust Hausman\): p = ([\d.]+)\. Its power comes from the (\d+) units?, not from the number of years\.",
        "Mundlak检验（稳健Hausman）：{0}个单位均值的系数均为零，p = {1}。其功效来自{2}个单位，而非年数。",
    ),
    (r"The means are not tested: their covariance is not defined\.", "未检验单位均值：其协方差无定义。"),
    (r"The means are not tested: (.+)\.", "未检验单位均值：{0}。"),
    # unit by unit
    (
        r"Standard errors from the spread of (\d+) unit estimates?, t\((\d+)\); (\d+) rows?, each unit counts once\.",
        "标准误取自{0}个单位估计值的离散程度，t({1})；共{2}行，每个单位计一次。",
    ),
    (
        r"Standard errors from the spread of (\d+) unit slopes? \(Pesaran 2006, eq\. 69\), t\((\d+)\); (\d+) rows?\.",
        "标准误取自{0}个单位斜率的离散程度（Pesaran，2006，式69），t({1})；共{2}行。",
    ),
    (
        r"Each unit's regression spends (\d+) coefficients? \((\d+) regressors?, their averages, that of the outcome, a constant(.*?)\); the shortest unit has (\d+) rows?\.",
        "每个单位的回归用去{0}个系数（{1}个解释变量及其截面均值、被解释变量的截面均值与常数项{2}）；观测最少的单位有{3}行。",
    ),
    (r" and a trend", "及趋势项"),
    (r", a trend", "、趋势项"),
    (
        r"Slopes may differ between units; the mean is consistent for many units and years, and a few short units can rule it\. The covariance is the cluster jackknife over units \(CR3\), which is what Pesaran and Smith's formula comes to\.",
        "各单位的斜率可以不同；单位与年份都多时均值才一致，少数短单位可能左右结果。协方差为按单位的聚类刀切法（CR3），与Pesaran和Smith的公式等价。",
    ),
    # Poisson, LIML, heterogeneity, resampling
    (
        r"CR3 leaves clusters out of the model linearised at the estimate \(one step, no refits\)\.",
        "CR3在估计值处线性化后逐一剔除聚类（一步近似，不重新拟合）。",
    ),
    (r"No bootstrap is made for Poisson models\.", "泊松模型不作自助法。"),
    (
        r"The steps end where R fixest's do \(deviance within 1e-8\); errors are from the means before the last step\.",
        "迭代在R fixest停止处结束（偏差变化小于1e-8）；标准误取自最后一步之前的均值。",
    ),
    (
        r"No bootstrap is made for LIML: the wild restricted efficient one is that of 2SLS\.",
        "LIML不作自助法：有效的受限wild自助法是2SLS的方法。",
    ),
    (
        r"No pairs bootstrap is made for two-stage least squares: .*",
        "两阶段最小二乘不作整群自助法：工具变量在某次抽样中较弱时，其分位数可能不存在。",
    ),
    (
        r"No unrestricted wild bootstrap is made for two-stage least squares: .*",
        "两阶段最小二乘不作未施加原假设的wild自助法：只有施加原假设的有效方法性质良好。",
    ),
    (
        r"No wild bootstrap is made for (\d+) endogenous regressors: .*",
        "有{0}个内生变量时不作wild自助法：有效的受限方法只对单一内生变量有定义。",
    ),
    (
        r"The permutation p holds if the labels are exchangeable: under the null the groups differ in nothing that enters the equation, the variance of the errors included\. It is two-sided \(Stata `bdiff` prints one-sided\)\.",
        "置换p值以组别标签可交换为前提：原假设下两组在方程所含各方面均无差异，包括误差方差。该p值为双侧（Stata的`bdiff`给出单侧）。",
    ),
    # thresholds
    (
        r"Fixed-effects threshold model \(Hansen \(1999\)\) in (?P<v1>\S+): (\d+) (?:candidate leaves|candidates leave) (\d+) rows? or more in each regime; standard errors take the thresholds as given\.",
        "以{0}为门槛变量的固定效应面板门槛模型（Hansen，1999）：{1}个候选值使各区制至少保留{2}行；标准误视门槛为已知。",
    ),
    (
        r"Tests and confidence sets by (\d+) draws?: each unit is given the errors of a unit drawn with replacement, whole paths, regressors fixed\.",
        "检验与置信集基于{0}次抽样：固定解释变量，每个单位获得有放回抽取的某一单位的整条误差路径。",
    ),
    (
        r"Tests and confidence sets by (\d+) draws?: the errors of each cluster are given one random sign, regressors fixed(?: \((.+)\))?\. Confidence sets by signs are too small: read the one at 7\.35 beside\.",
        "检验与置信集基于{0}次抽样：固定解释变量，每个聚类的误差整体随机变号。此法的置信集偏小，应与7.35下的置信集对照。",
    ),
    (
        r"(\d+) (?:candidate is|candidates are) passed over, since a regime would hold rows of one cluster only\.",
        "略去{0}个候选值：某一区制将仅含一个聚类的观测。",
    ),
    (
        r"(\d+) (?:candidate is|candidates are) passed over, since a regime would not determine its slope\.",
        "略去{0}个候选值：某一区制无法识别其斜率。",
    ),
    (
        r"The panel has (\d+) of (\d+) cells?; Hansen's theory is for balanced panels\. Sums of squares are exact all the same, and a unit is given errors only of units seen in all its periods\.",
        "面板含{1}个单元格中的{0}个；Hansen的理论针对平衡面板。残差平方和仍为精确值，抽样时每个单位只获得在其全部时期均有观测的单位的误差。",
    ),
    (r"(?P<v1>\S+) does not change within units: the regimes are groups of units\.", "{0}在单位内不变：各区制即单位的分组。"),
    (r"A threshold number (\d+) is not found \(p = ([\d.]+)\) and not taken\.", "第{0}个门槛不成立（p = {1}），未采用。"),
    (r"No further threshold could be tried: (.+)\.", "无法再尝试更多门槛：{0}。"),
    (
        r"Found again once, as Hansen does, the thresholds would be (.+); here until none moves\.",
        "若如Hansen只重新估计一次，门槛为{0}；此处重复至不再变动。",
    ),
    (r"The confidence set of threshold (\d+) has (\d+) pieces?: (.+)\.", "门槛{0}的置信集分{1}段：{2}。"),
    (
        r"The confidence set of threshold (\d+) reaches the lowest candidate: what lies beyond was not tried\.",
        "门槛{0}的置信集触及最低候选值：更低的取值未作尝试。",
    ),
    (
        r"The confidence set of threshold (\d+) reaches the highest candidate: what lies beyond was not tried\.",
        "门槛{0}的置信集触及最高候选值：更高的取值未作尝试。",
    ),
    (
        r"The confidence set of threshold (\d+) reaches the candidates at both ends: what lies beyond was not tried\.",
        "门槛{0}的置信集触及两端候选值：范围以外的取值未作尝试。",
    ),
    (r"Regime (\d+) has rows of (\d+) clusters? only: its slope rests on them\.", "区制{0}仅含{1}个聚类的观测：其斜率依赖于它们。"),
    (
        r"By route: the regression refitted by the engine at the threshold agrees with the search to (\S+) of the sum of squares\.",
        "经独立途径复核：由引擎在该门槛处重新拟合的回归与搜索结果一致，相差不超过残差平方和的{0}。",
    ),
    (
        r"By route: the regression refitted by the engine at the (\d+) thresholds? agrees with the search to (\S+) of the sum of squares\.",
        "经独立途径复核：由引擎在{0}个门槛处重新拟合的回归与搜索结果一致，相差不超过残差平方和的{1}。",
    ),
    (
        r"By route: the regression refitted by the engine at the threshold DOES NOT AGREE with the search, (\S+) of the sum of squares\.",
        "经独立途径复核：由引擎在该门槛处重新拟合的回归与搜索结果不一致，相差残差平方和的{0}。",
    ),
    (
        r"By route: the regression refitted by the engine at the (\d+) thresholds? DOES NOT AGREE with the search, (\S+) of the sum of squares\.",
        "经独立途径复核：由引擎在{0}个门槛处重新拟合的回归与搜索结果不一致，相差残差平方和的{1}。",
    ),
    (
        r"no value of the threshold variable leaves (\d+) rows? in each regime(?: \(threshold (\d+)\))?",
        "没有取值能使各区制均保留{0}行",
    ),
    (
        r"no value of the threshold variable leaves rows of (\d+) clusters? in each regime(?: \(threshold (\d+)\))?",
        "没有取值能使各区制均含{0}个聚类的观测",
    ),
    # staggered adoption
    (r"([A-Z]\S+), ([A-Z]\S+) and ([A-Z]\S+) \((\d{4})\)", "{0}、{1}和{2}（{3}）"),
    (r"([A-Z]\S+) and ([A-Z]\S+) \((\d{4})\)", "{0}和{1}（{2}）"),
    (r"([A-Z]\S+) \((\d{4})\)", "{0}（{1}）"),
    (
        r"(.+? \(\d{4}\)); compared with units that are never treated: (\d+) never treated, (\d+) treated after the last period kept\. att: .*",
        "{0}；以从未处理的单位为对照：从未处理{1}个，在保留的末期之后才处理{2}个。att：按规模对全部处理后单元格平均；att_group：各批次按规模平均，"
        "批次内各期等权；att_dynamic：各事件时间等权；att_calendar：各年份等权。",
    ),
    (
        r"(.+? \(\d{4}\)); compared with units not treated yet, and never treated ones: (\d+) never treated, (\d+) treated after the last period kept\. att: .*",
        "{0}；以尚未处理及从未处理的单位为对照：从未处理{1}个，在保留的末期之后才处理{2}个。att：按规模对全部处理后单元格平均；att_group：各批次按"
        "规模平均，批次内各期等权；att_dynamic：各事件时间等权；att_calendar：各年份等权。",
    ),
    (
        r"No unit is never treated: the cohort treated after the last period kept stands in for them\.",
        "没有从未处理的单位：以保留的末期之后才处理的批次代替。",
    ),
    (
        r"The sample ends in (\S+): later no unit is untreated, and (\d+) cohort-period (?:cell is|cells are) not identified there by any comparison with untreated units\.",
        "样本止于{0}年：此后没有未处理的单位，{1}个批次与时期单元格无法通过与未处理单位的比较识别。",
    ),
    (r"(\d+) (?:cell has|cells have) no estimate \((.+)\)\.", "{0}个单元格没有估计值（{1}）。"),
    (r"cohort (\S+) in (\S+): (.+)", "{0}批次在{1}年：{2}"),
    (r"one of the four cells \(group by period\) is empty", "四个单元格（组别×时期）之一为空"),
    (r"(\d+) treated rows?: (.+)", "{0}个处理后观测，{1}"),
    (r"(\d+) of them have no untreated row of their own", "其中{0}个所属单位没有未处理的观测"),
    (r"after the last cohort, the only one to compare with, is treated", "唯一的对照批次（最后一批）此后也已处理"),
    (r"the cohort is treated from the first period on", "该批次自首期起即受处理"),
    (r"the cohort has no row at the reference event time (\S+)", "该批次在基期（事件时间{0}）没有观测"),
    (r"the unit has no untreated row", "该单位没有未处理的观测"),
    (
        r"Driscoll-Kraay errors rest on (\d+) sums? over units, one for each period: with fewer than (\d+) they are known to be too small\.",
        "Driscoll-Kraay标准误只依据{0}个逐期加总：少于{1}期时已知偏小。",
    ),
    (r"(\w+) weights over (\d+) lags? of (\d+) periods?\.", "{0}权重，{2}期中取{1}阶滞后。"),
    (r"no unit is untreated in that period", "该期没有未处理的单位"),
    (r"the untreated rows do not determine the prediction", "未处理的观测不足以确定预测值"),
    (r"no period before treatment \(and anticipation\) to compare with", "没有可供比较的处理前（及预期前）时期"),
    (r"\.\.\.", "……"),
    (r"(\d+) (\S+) treated from the first period on left: no period before treatment\.", "剔除{0}个自首期起即受处理的单位：没有处理前的时期。"),
    (
        r"Cohorts of one or two units \((.+?)\): their own spread cannot be seen, so averages that hold them have errors that are too small; points that rest on them alone have none\.",
        "仅含一两个单位的批次（{0}）：其自身的离散程度无从观察，含有它们的平均效应的标准误偏小；仅依赖它们的点不给出标准误。",
    ),
    (
        r"(\d+) clusters? treated: standard errors, bands and the pre-trend test are withheld\.",
        "仅{0}个聚类受处理：不给出标准误、置信带与平行趋势检验。",
    ),
    (
        r"The joint pre-trend test is of the averages at event times (.+?): (\d+) cells? before treatment are too many for (\d+) clusters?\.",
        "平行趋势联合检验针对事件时间{0}的平均效应：处理前的{1}个单元格对{2}个聚类而言过多。",
    ),
    (
        r"The joint pre-trend test leaves out (\d+) cells? of one or two treated units\.",
        "平行趋势联合检验不含仅有一至两个受处理单位的{0}个单元格。",
    ),
    (r"The joint pre-trend test is not made: (.+)\.", "未作平行趋势联合检验：{0}。"),
    (
        r"By route: (.+?) agree with the (\d+) cells?, to (\S+) of the largest\.",
        "经独立途径复核：{0}与{1}个单元格一致，差异不超过最大者的{2}。",
    ),
    (
        r"By route: (.+?) DO NOT AGREE with the (\d+) cells?, largest difference (\S+)\.",
        "经独立途径复核：{0}与{1}个单元格不一致，最大差异{2}。",
    ),
    (r"four plain means for each cell", "每个单元格的四个均值"),
    (r"imputed effects", "插补得到的效应"),
    (r"least squares on cell dummies", "对单元格虚拟变量的最小二乘"),
    (r"differences of means with the last untreated period", "与最后未处理时期的均值之差"),
    (r"Not confirmed at run time: (.+)\.", "运行时未复核：{0}。"),
    (
        r"Bands: multiplier bootstrap, (\d+) draws?, one sign for each cluster; a band holds all points of its curve at once, the intervals of the curves one point each\. With (\d+) clusters? they are too narrow\.",
        "置信带：乘子自助法，{0}次，每个聚类一个符号；置信带同时覆盖曲线上的所有点，曲线的区间只覆盖单个点。仅{1}个聚类时置信带偏窄。",
    ),
    (
        r"Bands: multiplier bootstrap, (\d+) draws?, one sign for each cluster; a band holds all points of its curve at once, the intervals of the curves one point each\.",
        "置信带：乘子自助法，{0}次，每个聚类一个符号；置信带同时覆盖曲线上的所有点，曲线的区间只覆盖单个点。",
    ),
)  # fmt: skip
