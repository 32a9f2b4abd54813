"""Sentences of the difference-in-differences kinds in Chinese; a part of `phrases`, which applies them."""

from __future__ import annotations

DID_PHRASES: tuple[tuple[str, str], ...] = (
    # triple differences
    (
        r"The coefficient is causal if, without treatment, the gap between more and less exposed groups would have moved alike .*",
        "若无处理时，暴露程度高与低的组别之差在各地区的变动相同，则系数为因果效应；同一地区各组共同的变动与同一组别各地共同的变动均已吸收。",
    ),
    (
        r"With a dose or an exposure in more than two values it is so only under strong parallel trends of that gap .*",
        "处理强度或暴露程度多于两个取值时，还需该差异满足强平行趋势（Callaway、Goodman-Bacon和Sant'Anna，2024）。",
    ),
    (
        r"Assigned to (?P<v1>\S+): (.+); exposure by (?P<v2>\S+): (.+) \((\d+) rows? at exposure 0\)\. Clustered by (?P<l1>.+)\.",
        "处理分配到{0}：{1}；按{2}的暴露：{3}（{4}行暴露为0）。按{5}聚类。",
    ),
    (
        r"In (.+) no (?P<v1>\S+) is untreated: what is compared there are doses .*",
        "{0}年没有未处理的{1}：该处比较的是已处理地区的强度差异，而非处理与未处理。",
    ),
    (
        r"Event times are multiplied with (?P<v1>\S+): each coefficient is a triple difference\.",
        "事件时间与{0}相乘：各系数为三重差分。",
    ),
    # event studies and doses
    (
        r"Event times (.+) are the references; (-?\d+) and (-?\d+) gather every earlier and later one\.",
        "以事件时间{0}为基期；{1}与{2}分别合并更早和更晚的各期。",
    ),
    (
        r"Event times? (.+) (?:is the reference|are the references); rows of treated units before (-?\d+) and after (-?\d+) leave\.",
        "以事件时间{0}为基期；处理单位早于{1}与晚于{2}的行不进入样本。",
    ),
    (
        r"Band over all event times: sup-t, (\d+) draws?, (\S+) % simultaneous, critical value (\S+) \(one point alone (\S+)\)\.",
        "各期的联合置信带：sup-t，{0}次抽样，{1}%联合水平，临界值{2}（单点为{3}）。",
    ),
    (r"event time outside the window", "事件时间在窗口之外"),
    (
        r"(.+) falls in (\d+) rows? of (\d+) units?: the treatment is not absorbing, .*without memory\. Rises alone: (\S+); falls alone:"
        r" (\S+); equal but for the sign: p = (\S+)\.",
        "{0}在{2}个单位的{1}行下降：处理并非一经开始即持续，系数把下降视为符号相反的上升且不计先前处理。仅上升：{3}；仅下降：{4}；二者大小"
        "相等的检验p = {5}。",
    ),
    # synthetic difference-in-differences
    (
        r"(.+) \(Arkhangelsky.+\): (\d+) treated units? in (\d+) cohorts? against (\d+) never treated ones, averaged by treated cells\.",
        "{0}（Arkhangelsky等，2021）：{2}个批次的{1}个处理单位，对照为{3}个从未处理的单位，按处理单元格平均。",
    ),
    (r"Synthetic difference-in-differences: unit and period weights", "合成双重差分：单位与时期加权"),
    (r"Synthetic control: unit weights without shift, no period weights", "合成控制：仅单位加权，无截距平移与时期权重"),
    (r"Difference-in-differences: equal weights", "双重差分：等权"),
    (
        r"Errors: spread of placebo effects on untreated units, .*; (\d+) replications, normal interval\.",
        "标准误：未处理单位安慰剂效应的离散度（要求处理与未处理单位噪声相同）；{0}次，正态区间。",
    ),
    (
        r"Errors: jackknife over units with weights kept; (\d+) replications, normal interval\.",
        "标准误：对单位的刀切法（权重不变）；{0}次，正态区间。",
    ),
    (
        r"Errors: bootstrap of units with weights found anew; (\d+) replications, normal interval\.",
        "标准误：单位自助法（权重重新估计）；{0}次，正态区间。",
    ),
    (
        r"(\d+) bootstrap draws? without some cohort or with fewer than two controls were drawn again\.",
        "{0}次自助抽样缺少某一批次或对照不足两个，已重抽。",
    ),
    (
        r"The earliest cohort has (\d+) periods? before treatment: weights found on so few fit noise\.",
        "最早批次处理前仅有{0}期：据此估计的权重拟合的多为噪声。",
    ),
    (
        r"By route: two-way regression with the weights agrees with (\d+) cohort effects?, to (\S+) of the largest\.",
        "路径复核：以这些权重作双向固定效应回归，与{0}个批次效应一致，差异不超过最大者的{1}。",
    ),
    (
        r"By route: two-way regression with the weights DOES NOT AGREE with (\d+) cohort effects?, difference (\S+)\.",
        "路径复核：以这些权重作双向固定效应回归，与{0}个批次效应不一致，最大差异为{1}。",
    ),
    (
        r"By route: (.+) agrees to (\S+) of it\.",
        "路径复核：{0}与估计值一致，差异不超过其{1}。",
    ),
    (
        r"By route: (.+) DOES NOT AGREE, difference (\S+)\.",
        "路径复核：{0}与估计值不一致，差异{1}。",
    ),
    (r"the cube less its means over each factor", "三维均值逐一相减"),
    (r"eight cell means", "八个单元格均值"),
    (r"No second route by plain means: (.+)\.", "未以单元格均值另行复核：{0}。"),
    (r"with controls or weights it is no difference of plain means", "含控制变量或权重时它不是均值之差"),
    (r"with controls it is no difference of eight means", "含控制变量时它不是八个均值之差"),
    (r"the cube is not balanced: .+", "三维数据不平衡"),
    (
        r"with covariates or further effects the saturated regression is another estimator",
        "含协变量或其他固定效应时饱和回归是另一估计量",
    ),
    (r"no unit is untreated in (.+): no effect is identified there", "{0}年没有未处理的单位：该处效应不可识别"),
    (r"(?P<v1>\S+) not seen in every one of (\d+) periods?", "{0}并非{1}期俱全"),
    (
        r"(?P<v1>\S+) treated from the first period on: no period before to compare with",
        "{0}自首期起即受处理：没有处理前的时期可比",
    ),
    (
        r"separated: an outcome of zero that the effects and regressors fit exactly",
        "完全分离：结果为零且被固定效应与解释变量完全拟合",
    ),
    # routes, references, anew
    (
        r"a regression of the controls and a logit for each cell, both by their own arithmetic,",
        "各单元格另行计算的对照回归与logit",
    ),
    (r"a regression of the controls for each cell, by its own arithmetic,", "各单元格另行计算的对照回归"),
    (r"a logit for each cell, by its own arithmetic,", "各单元格另行计算的logit"),
    (
        r"three two-by-two effects for each cell and control cohort, by their own arithmetic,",
        "各单元格与对照批次的三个两两比较（另行计算）",
    ),
    (r"least squares of untreated rows on every dummy", "对未处理行以全部虚拟变量作最小二乘"),
    (r"least squares with every dummy written out", "写出全部虚拟变量的最小二乘"),
    (r"least squares with every dummy and product written out", "写出全部虚拟变量与乘积项的最小二乘"),
    (
        r"No row at event time (\S+); read against the last period before it instead: (.+)\.",
        "事件时间{0}没有观测；改以其前最后一期为基期：{1}。",
    ),
    (
        r"Bootstrap with matching: (\d+) draws?, percentile, (\d+) clusters? drawn whole, scores and matches anew; spread of the draws"
        r" ([\d.e+-]+?)\.",
        "重新匹配的自助法：{0}次，百分位区间，整群抽取{1}个聚类，每次重新估计得分并匹配；抽样离散度{2}。",
    ),
    # matching
    (r"not matched, or beyond the common support", "未匹配，或在共同支撑之外"),
    (r"a covariate of the score is missing", "倾向得分的协变量缺失"),
    (
        r"Errors take scores and matches as given; .*",
        "标准误视倾向得分与匹配为给定；对最近邻匹配重复匹配的自助法并不成立（Abadie和Imbens，2008）。",
    ),
    (
        r"Propensity score on (?P<l1>.+): (.+)\. (.+), distance on the (?:score|logit): (\d+) of (\d+) treated (?:units|rows) matched"
        r" with (\d+) others \((\d+) off the common support, (\d+) without a match\)\.",
        "倾向得分协变量：{0}；{1}。{2}：{4}个处理中匹配{3}个，使用对照{5}个（{6}个在共同支撑之外，{7}个无匹配）。",
    ),
    (r"(epanechnikov|normal|uniform|tricube) kernel, bandwidth (\S+)", "{0}核，带宽{1}"),
    (r"(\d+) nearest neighbours? with replacement, no caliper", "有放回最近{0}个邻居，无卡尺"),
    (r"(\d+) nearest neighbours? without replacement, no caliper", "无放回最近{0}个邻居，无卡尺"),
    (r"(\d+) nearest neighbours? with replacement, caliper (\S+)", "有放回最近{0}个邻居，卡尺{1}"),
    (r"(\d+) nearest neighbours? without replacement, caliper (\S+)", "无放回最近{0}个邻居，卡尺{1}"),
    (
        r"one score for each unit, from means before any treatment, and units matched once",
        "每单位一个得分（取处理前均值），按单位匹配一次",
    ),
    (r"a score in each period, and rows matched within it", "逐期估计得分并在期内匹配"),
    (r"all within (\S+)", "半径{0}内的全部对照"),
    (r"one score over all rows, and rows matched whatever their period", "混合全部样本估计得分并匹配"),
    (
        r"Largest difference of a covariate in standard deviations: (\S+) before matching, (\S+) after\.",
        "协变量标准化差异的最大值：匹配前{0}，匹配后{1}。",
    ),
    (
        r"A unit may be matched in some periods and not in others: the matched panel is unbalanced by design\.",
        "同一单位可能在某些时期匹配而在其他时期未匹配：匹配后面板因此不平衡。",
    ),
)
