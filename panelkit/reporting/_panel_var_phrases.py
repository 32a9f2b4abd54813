"""Sentences of panel vector autoregressions in Chinese; a part of `phrases`, which applies them."""

from __future__ import annotations

# ruff: noqa: E501
PANEL_VAR_PHRASES: tuple[tuple[str, str], ...] = (
    (r"initial values: the first (\d+) years? of its (?P<v1>\S+)", "初始值：该{1}的前{0}年用作滞后项"),
    (r"after a gap: no row of its (?P<v1>\S+) in one of the (\d+) years? before", "缺口之后：该{0}在前{1}年中有年份没有观测"),
    (r"the last row of its (?P<v1>\S+): no later one to deviate from", "该{0}的最后一行：其后没有观测可作离差"),
    (r"fewer than (\d+) rows? of its (?P<v1>\S+) after the lags", "取滞后项后该{1}的观测少于{0}行"),
    (r"Panel vector autoregression of (\d+) variables?, (\d+) lags?: (.+)\.", "面板向量自回归：{0}个变量，滞后{1}阶；{2}。"),
    (r"least squares within units, corrected by the half-panel jackknife", "单位内最小二乘，经半面板刀切法校正"),
    (r"least squares within units, not corrected", "单位内最小二乘，未校正"),
    (r"moments on forward orthogonal deviations, instruments collapsed", "前向正交离差的广义矩估计，工具变量合并"),
    (
        r"Uncorrected coefficients on the own first lag, and what their bias of about -\(1 \+ rho\)/T comes to with T = (\S+) rows? a unit \(Nickell 1981\): (.+)\.",
        "各变量对自身一阶滞后的未校正系数，括号内为其偏误的近似值−(1 + ρ)/T（每个单位T = {0}行；Nickell，1981）：{1}。",
    ),
    (
        r"Twice the estimate of the whole panel less the mean of those of its halves .*",
        "两倍全样本估计减去前后两半样本估计的均值（Dhaene和Jochmans，2015）；后一半的滞后项取自前一半。各引擎分别估计这些回归；标准误针对校正后的估计量，由panelkit自行计算。",
    ),
    (r"Bands and p by draws: (.+), percentile, (\d+) draws?; (.+)\.", "置信带与抽样p值：{0}，百分位区间，{1}次；{2}。"),
    (r"pairs cluster bootstrap", "整群自助法"),
    (r"wild cluster bootstrap of scores", "得分wild聚类自助法"),
    (r"whole clusters of (?P<v1>\S+) drawn with replacement, each with its own effects", "按{0}整群有放回抽取，各有其自身的固定效应"),
    (r"one (\w+) weight for each (?P<v1>\S+)", "每个{1}一个{0}权重"),
    (r"(\d+) (?:draw does|draws do) not determine the system and are left out\.", "{0}次抽样无法识别该系统，未计入。"),
    (
        r"(\d+) of (\d+) (?:draw is|draws are) not stable: bands at long horizons rest on them too\.",
        "{1}次抽样中有{0}次不稳定：较远期的置信带也包含这些抽样。",
    ),
    (
        r"Responses to one standard deviation of an orthogonalised error, Cholesky orders: (?P<l1>[^;]+); (?P<l2>[^;]+)\.",
        "脉冲响应对应正交化误差的一个标准差，Cholesky排序：{0}；{1}。",
    ),
    (
        r"Responses to one standard deviation of an orthogonalised error, Cholesky orders: (.+)\.",
        "脉冲响应对应正交化误差的一个标准差，Cholesky排序：{0}。",
    ),
    (
        r"The system is not stable \(largest modulus (\S+)\): responses do not die out and shares mean little\.",
        "系统不稳定（最大特征值模为{0}）：脉冲响应不会消失，方差份额意义有限。",
    ),
    (
        r"Moments on forward orthogonal deviations \(Helmert\), (two steps, Windmeijer's errors|one step), clustered by (?P<v1>\S+), normal reference: (\d+) instruments? for (\d+) coefficients? of each equation \(lags (\d+) to (\d+) of the levels, collapsed\), (\d+) transformed rows?\.",
        "前向正交离差（Helmert变换）的广义矩估计，{0}，按{1}聚类，正态分布：每个方程{2}个工具变量、{3}个系数（水平值滞后{4}至{5}期，合并），变换后{6}行。",
    ),
    (r"two steps, Windmeijer's errors", "两步，Windmeijer校正标准误"),
    (r"one step", "一步"),
    (
        r"The Juodis-Karavias-Sarafidis test is not made: it needs (\d+) years? of every unit, and (\d+) of (\d+) have fewer\.",
        "未作Juodis-Karavias-Sarafidis检验：每个单位至少须有{0}年，而{2}个单位中有{1}个不足。",
    ),
    (r"The Juodis-Karavias-Sarafidis test is not made: (.+)\.", "未作Juodis-Karavias-Sarafidis检验：{0}。"),
    (
        r"The Dumitrescu-Hurlin test is not made: it needs more than 5 \+ 3 x (\d+) = (\d+) years? of every unit, and (\d+) of (\d+) have no more\.",
        "未作Dumitrescu-Hurlin检验：每个单位须多于5 + 3×{0} = {1}年，而{3}个单位中有{2}个不满足。",
    ),
    (r"The Dumitrescu-Hurlin test is not made: a unit has (\d+) rows? for (\d+) coefficients?\.", "未作Dumitrescu-Hurlin检验：某单位只有{0}行，须估计{1}个系数。"),
    (
        r"CR3 is not defined: without some cluster the rest does not determine the system\.",
        "CR3无定义：剔除某一聚类后其余样本无法识别该系统。",
    ),
)  # fmt: skip
