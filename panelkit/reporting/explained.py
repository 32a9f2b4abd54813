"""What a model will do, in Chinese: the sentences that estimators say of themselves in English, as patterns; equations stay as they are."""

from __future__ import annotations

import re

from panelkit.reporting._did_phrases import DID_PHRASES
from panelkit.reporting._estimator_phrases import ESTIMATOR_PHRASES
from panelkit.reporting.phrases import PHRASES, full_width

# ruff: noqa: E501
_UNIT = r"the panel's unit \(its first key, where it has several\)"
# in this order: whole sentences first, then the words within the others
_SENTENCES: tuple[tuple[str, str], ...] = (
    (r"Pooled least squares: no effect is absorbed\.", "混合最小二乘：不吸收任何固定效应。"),
    (r"Least squares; the effects are absorbed, not reported\.", "最小二乘；固定效应被吸收，不报告。"),
    (r"Analytic weights: the error's variance is proportional to 1/weight\.", "分析权重：误差方差与1/权重成正比。"),
    (r"Analytic weights multiply the score of each row\.", "分析权重乘以各观测的得分。"),
    (
        r"Analytic weights: a difference of rows with weights w and v gets 1/\(1/w \+ 1/v\)\.",
        "分析权重：权重为w与v的两行之差的权重为1/(1/w + 1/v)。",
    ),
    (r"Frequency weights count identical rows\.", "频数权重计相同的观测。"),
    (
        r"Standard errors clustered by (.+?): below 50 clusters CR3 \(cluster jackknife\) with t\(G-1\) and the restricted wild cluster bootstrap, from 50 on CR1 with t\(G-1\), unless the study's defaults say otherwise\.",
        r"标准误按\1聚类：聚类少于50个时用CR3（聚类刀切法）与t(G−1)及施加原假设的wild聚类自助法，50个及以上用CR1与t(G−1)；研究另有默认设定者从其设定。",
    ),
    (
        r"Standard errors clustered by (.+?), (CR\d(?: \(\w+\))?), convention (\S+), (.+?)\.(?= |$)",
        r"标准误按\1聚类（\2），小样本口径同\3，参照\4分布。",
    ),
    (r"Classical standard errors, convention (\S+)\.", r"普通标准误，口径同\1。"),
    (r"Heteroskedasticity-robust standard errors \((\w+)\), convention (\S+)\.", r"异方差稳健标准误（\1），口径同\2。"),
    (r"Driscoll-Kraay standard errors, (\S+) lags?, convention (\S+)\.", r"Driscoll-Kraay标准误，滞后\1期，口径同\2。"),
    (
        r"Newey-West \(within unit\) standard errors, (\S+) lags?, convention (\S+)\.",
        r"单位内Newey-West标准误，滞后\1期，口径同\2。",
    ),
    (
        r"Conley standard errors: dependence up to (\S+) km \((\w+) weights\), rows of (the same period|all periods)(?:, and (\d+) lags? within units)?; convention (\S+)\.",
        r"Conley空间标准误：相关距离不超过\1公里（\2核），取\3的观测；口径同\5。",
    ),
    (r"Sample: every row with no missing cell\.", "样本：无缺失值的全部观测。"),
    (r"Sample: (.+)\.", r"样本：\1。"),
    (
        r"Least squares on unit means, each unit counting once whatever its number of rows; unit effects are left in the error, so they must not go with the regressors\. No weights\.",
        "以各单位均值作最小二乘，每个单位计一次，与其观测数无关；单位效应留在误差中，故不得与解释变量相关。不加权。",
    ),
    (
        r"Common correlated effects: a constant(, a linear trend)? and the averages over units of the outcome and of every regressor, with loads of each unit, stand for unobserved common factors; (.+?) \(no weights\)\.",
        r"共同相关效应：常数项\1与各期结果变量及全部解释变量的截面均值（各单位有各自的载荷）代表不可观测的共同因子；\2（不加权）。",
    ),
    (
        r"Standard errors from the spread of the unit slopes, t\(N-1\)\. With few years this takes most degrees of freedom\. Confirmed by another route: each unit by a solver of its own\.",
        "标准误来自各单位斜率的离散度，参照t(N−1)。年数少时耗去大部分自由度。由另一途径复核：各单位分别求解。",
    ),
    (
        r"Least squares unit by unit, each with its own constant( and a linear trend)?; the coefficients are averaged, every unit counting once \(no weights\)\. Standard errors from the spread of the unit estimates, t\(N-1\)\. A unit needs more rows than coefficients\. Confirmed by another route: each unit by a solver of its own\.",
        r"逐单位作最小二乘，各有常数项\1；系数取平均，每个单位计一次（不加权）。标准误来自各单位估计值的离散度，参照t(N−1)。单位的观测数须多于系数个数。由另一途径复核：各单位分别求解。",
    ),
    (
        r"Random effects \(Swamy and Arora\) with the unit mean of each regressor that varies within units beside it\. The slopes are then those of fixed effects, time-constant regressors keep theirs, and the Wald test of the means is the Hausman test that holds under heteroskedasticity and serial correlation\. No weights\.",
        "随机效应（Swamy和Arora），并加入各时变解释变量的单位均值。斜率即固定效应的斜率，非时变变量的系数得以保留；对均值的Wald检验即在异方差与序列相关下仍成立的Hausman检验。不加权。",
    ),
    (
        r"Random effects: generalised least squares with Swamy and Arora's variance components \(Baltagi and Chang's where units have different numbers of rows\)\. Consistent only where the unit effects do not go with the regressors: see kind correlated_random_effects for the test\. No weights\.",
        "随机效应：广义最小二乘，方差成分依Swamy和Arora（各单位观测数不同时依Baltagi和Chang）。仅在单位效应与解释变量不相关时一致：检验见correlated_random_effects。不加权。",
    ),
    (
        r"Least squares\. Differences follow time, never row order: none is taken across a gap\.",
        "最小二乘。差分按时间而非行序，不跨缺口。",
    ),
    (
        r"Every slope and effect for both levels of (\S+); the difference of (\S+) is tested in that one regression, and by (\d+) permutations of the labels across units\.",
        r"\1两组各有斜率与固定效应；在同一回归中检验\2的组间差异，并以\3次跨单位的标签置换检验。",
    ),
    (
        r"(Two-stage least squares|Limited-information maximum likelihood \(LIML\)); the effects are absorbed from every variable and instrument\. First-stage F, classical and clustered, and partial R2 are given\.",
        r"\1；全部变量与工具变量均吸收固定效应。给出普通与聚类的第一阶段F统计量及偏R²。",
    ),
    (
        r"Three regressions on the same rows: a, then b and direct, then total; indirect = a x b, with a pairs cluster bootstrap of (\d+) draws?\.",
        r"同一样本上的三个回归：先a，再b与直接效应，再总效应；间接效应 = a × b，整群自助法\1次。",
    ),
    (
        r"Poisson pseudo-maximum likelihood: only the mean has to be right, not the distribution\. The effects are absorbed; outcomes of zero that are separated are left out and counted\.",
        "泊松伪极大似然：只要求均值设定正确，不要求分布。固定效应被吸收；被完全分离的零值观测剔除并计数。",
    ),
    (r"No bootstrap\.", "不作自助法。"),
    # a threshold model tells itself in both languages
    (r"Fixed-effects threshold model [^\n]*?(?=标准误|Standard errors|\n|$)", ""),
    (
        r"Each equation by least squares on the whole panel and on each half of every unit's years; 2 x whole - mean of halves takes the bias of short panels off \(Nickell 1981; Dhaene and Jochmans 2015\)\.",
        "各方程在整个面板与各单位年份的前后两半上分别作最小二乘；2 × 整体 − 两半均值消去短面板偏差（Nickell，1981；Dhaene和Jochmans，2015）。",
    ),
    (
        r"Each equation by least squares within units; its bias of about -\(1 \+ rho\)/T is not corrected\.",
        "各方程作单位内最小二乘；约为−(1 + ρ)/T的偏差未校正。",
    ),
    (
        r"Forward orthogonal deviations, levels lagged as collapsed instruments, (\w+) steps?, Hansen's J and AR\(2\)\.",
        r"前向正交离差，滞后水平值作折叠的工具变量，\1步，附Hansen的J与AR(2)检验。",
    ),
    (
        r"Lags follow time and jump no gap; rows without all lags are counted\. Joint covariance over equations\.",
        "滞后按时间而不跨缺口；滞后不全的观测计数。各方程共用联合协方差。",
    ),
    (
        r"Non-causality: Wald test of the system, the half-panel jackknife test of Juodis, Karavias and Sarafidis \(2021\) where every unit has (\d+) years?, and Dumitrescu-Hurlin where every one has more than (\d+)\.",
        r"非因果性：系统的Wald检验；各单位满\1年时另作Juodis、Karavias和Sarafidis（2021）的半面板刀切检验；各单位多于\2年时另作Dumitrescu-Hurlin检验。",
    ),
    (
        r"Responses over (\d+) years? under the Cholesky orders (.+?); (?:bands by (\d+) draws? of (?:whole clusters|the wild cluster bootstrap of scores)|no bands)\.",
        r"\1年内的脉冲响应，Cholesky次序为\2；置信带由\3次自助抽样求得。",
    ),
    (
        r"Standard errors clustered by (.+?): below 50 clusters CR3 \(a cluster left out of the whole panel and of its halves\), from 50 on CR1, with t\(G-1\)\.",
        r"标准误按\1聚类：聚类少于50个时用CR3（从整个面板及其两半中剔除一个聚类），50个及以上用CR1，参照t(G−1)分布。",
    ),
    (
        r"Standard errors clustered by (.+?) on the moments(, Windmeijer-corrected)?, normal reference\.",
        r"标准误按\1在矩条件上聚类，参照正态分布。",
    ),
    (
        r"Propensity score \(logit of ever being treated\) on (.+?): (.+?); (nearest|radius|kernel), (common|all) support\.",
        r"倾向得分（是否曾受处理的logit）所用变量：\1；\2；\3匹配，\4支撑域。",
    ),
    (r"Years without an untreated unit leave, counted\.", "没有未处理单位的年份剔除并计数。"),
    (r"Years without an untreated unit are kept\.", "没有未处理单位的年份予以保留。"),
    (
        r"Event time (-?\d+) is the reference; (-?\d+) and (-?\d+) gather every earlier and later one\.",
        r"以事件时间\1为基期；\2与\3分别合并更早和更晚的各期。",
    ),
    (
        r"Event times? (.+?) (?:is the reference|are the references); rows of treated units before (-?\d+) and after (-?\d+) leave\.",
        r"以事件时间\1为基期；处理单位早于\2、晚于\3的观测剔除。",
    ),
    (r"Whole paths of (\S+) are permuted across units(?: within (\S+))?\.", r"\1的整条路径在单位之间置换。"),
    (
        r"Whole paths are permuted across places(?: within (\S+))?, exposures stay\.",
        "整条处理路径在地区之间置换，暴露度不变。",
    ),
    (r"Treatment: (.+?)\.(?= |$)", r"处理变量：\1。"),
    (r"Covariates enter linearly\.", "协变量线性进入。"),
    (
        r"Covariates enter by outcome regression and propensity score, doubly robust(, at their values for eligible treated units)?\.",
        r"协变量以结果回归与倾向得分双重稳健方式进入。",
    ),
    (
        r"Covariates enter by outcome regression(, at their values for eligible treated units)?\.",
        "协变量以结果回归方式进入。",
    ),
    (
        r"Covariates enter by inverse probability weighting(?: to eligible treated units)?\.",
        "协变量以逆概率加权方式进入。",
    ),
    (r"Covariates are fitted on untreated rows\.", "协变量在未处理的观测上拟合。"),
    (
        r"Triple differences by cohort and period \(Olden and Moen 2022; Ortiz-Villavicencio and Sant'Anna 2025\)",
        "按批次与时期的三重差分（Olden和Moen，2022；Ortiz-Villavicencio和Sant'Anna，2025）",
    ),
    (
        r"Each effect is the change of eligible less that of ineligible groups in treated places, less the same in places not treated; controls not treated yet are compared cohort by cohort\.",
        "每个效应为处理地区中适用组与不适用组变化之差，再减去未处理地区的同一差额；尚未处理的对照逐批次比较。",
    ),
    (r"Covariates enter by period and centred by cohort\.", "协变量按时期进入并按批次中心化。"),
    (
        r"All of it is panelkit's own arithmetic, confirmed by another route to every cell; no engine estimates it\. The two-way coefficient is kept beside it as `two_way`: already treated units are controls there\.",
        "全部由panelkit自行计算，每个单元格由另一途径复核，不由任何引擎估计。双向固定效应系数以`two_way`附于其旁：其中已处理单位充当对照。",
    ),
    (
        r"Errors from influence summed by (.+?), normal reference; (?:simultaneous bands from (\d+) multiplier draws|no bands)\. Units treated from the first period on and periods without an untreated unit leave, counted\.",
        r"标准误由影响函数按\1加总，参照正态分布；联合置信带以乘子自助法\2次求得。自首期即受处理的单位与没有未处理单位的时期剔除并计数。",
    ),
    (
        r"(Synthetic difference-in-differences: unit and period weights|Synthetic control: unit weights without shift, no period weights|Difference-in-differences: equal weights), so that weighted never treated units move as the treated did before treatment; each cohort by itself, averaged by treated cells\.",
        r"\1，使加权后的从未处理单位与处理单位在处理前走势一致；各批次分别估计，按处理单元格数平均。",
    ),
    (
        r"Units with a gap, units treated from the first period on and periods without an untreated unit leave, counted\. Confirmed by a two-way regression with the weights\.",
        "有缺口的单位、自首期即受处理的单位与没有未处理单位的时期剔除并计数。以加权双向回归复核。",
    ),
    (
        r"Errors: spread of placebo effects on untreated units, valid where noise is alike in treated and untreated ones\.",
        "标准误：未处理单位安慰剂效应的离散度，要求处理与未处理单位噪声相近。",
    ),
    (r"Errors: jackknife over units with weights kept\.", "标准误：逐一剔除单位的刀切法，权重不变。"),
    (r"Errors: bootstrap of units with weights found anew\.", "标准误：单位自助法，每次重估权重。"),
    (
        r"On this panel: (\d+) rows?, (.+?)\. Standard errors: (.+?), (named by .+?|by default.*?)\. Resampling: (.+?), (named in the study|by default)\.",
        r"就本面板：\1行，\2。标准误：\3，\4。重抽样：\5，\6。",
    ),
    (r"On which panel is not known yet: ", "面板尚不可得："),
)
_WORDS: tuple[tuple[str, str], ...] = (
    (
        r"att: all treated cells by size\. att_group: cohorts by size, periods of a cohort alike\. att_dynamic: event times alike\. att_calendar: periods alike\.",
        "att：按处理单元格数平均；att_group：按批次规模加权，批次内各期等权；att_dynamic：各事件时间等权；att_calendar：各时期等权。",
    ),
    (r"(?<=按)(\w+) and (\w+)(?=聚类)", r"\1与\2双向"),
    (r"t\(([GN])-(?=[1K]\))", r"t(\1−"),
    (r"(CR\d)(?: \((\w+)\))? clustered by (\w+)", r"按\3聚类的\1"),
    (r"。 (?=\S)", "。"),
    (_UNIT, "面板单位（多个键时取第一个）"),
    (r"the panel's unit", "面板单位"),
    (r" \+ effects of (\S+) \+ (\S+)", r" + \1与\2的效应"),
    (r"the place of the treatment", "处理所在地"),
    (
        r", effects of '(\S+)' \(0 or missing: never treated\) by cohort and period: (.+?), compared with units (never treated|not treated yet)\.",
        r"；按批次与时期估计'\1'（0或缺失为从未处理）的效应：\2，对照为\3的单位。",
    ),
    (r", effects of '(\S+)' \(0 or missing: never treated\)\.", r"；'\1'（0或缺失为从未处理）的效应。"),
    (
        r", and one coefficient for each event time (-?\d+) to (-?\d+) counted from '(\S+)' \(0 or missing: never treated\)(?:, times (\S+?))?\.",
        r"；自'\3'（0或缺失为从未处理）起，事件时间\1至\2各一个系数。",
    ),
    (r", in differences over (\d+) years? within unit, with ", r"；单位内\1年差分，"),
    (
        r"a constant, the common drift \(as R plm; linearmodels has none\)",
        "含常数项，即共同漂移（同R plm；linearmodels无此项）",
    ),
    (r"no constant \(as linearmodels\)", "无常数项（同linearmodels）"),
    (r", in each unit after the mean over units of each year is taken off", "；各单位分别估计，先减去各年截面均值"),
    (r", in each unit", "；各单位分别估计"),
    (r", on matched rows\.", "；匹配后的样本。"),
    (r"one slope for all units", "各单位斜率相同"),
    (r"the slopes averaged, every unit counting once", "各单位斜率取平均，每个单位计一次"),
    (r"(?:, a| and a) linear trend", "与线性趋势"),
    (
        r"one score for each unit, from means before any treatment, and units matched once",
        "每个单位一个得分，取处理前均值，单位只匹配一次",
    ),
    (r"a score in each period, and rows matched within it", "逐期估计得分并在期内匹配"),
    (r"one score over all rows, and rows matched whatever their period", "全部观测共用一个得分，不分时期匹配"),
    (r"(?<=；)nearest(?=匹配)", "最近邻"),
    (r"(?<=；)radius(?=匹配)", "半径"),
    (r"(?<=；)kernel(?=匹配)", "核"),
    (r"common(?=支撑域)", "共同"),
    (r"all(?=支撑域)", "全部"),
    (r"Two-stage least squares", "两阶段最小二乘"),
    (r"Limited-information maximum likelihood \(LIML\)", "有限信息极大似然（LIML）"),
    (r"Synthetic difference-in-differences: unit and period weights", "合成双重差分：单位权重与时期权重"),
    (r"Synthetic control: unit weights without shift, no period weights", "合成控制：无平移的单位权重，无时期权重"),
    (r"Difference-in-differences: equal weights", "双重差分：等权"),
    (r"not treated yet(?=的单位)", "尚未处理"),
    (r"never treated(?=的单位)", "从未处理"),
    (r"(\d+) clusters? of (\w+)", r"\1个聚类（\2）"),
    (r"named by the model", "由模型指定"),
    (r"named by the study's defaults", "由研究的默认设定指定"),
    (r"named in the study", "由研究指定"),
    (
        r"by default, since (\d+) is fewer than (\d+): CR1 t tests reject too often with few clusters",
        r"默认（\1个少于\2个：聚类少时CR1的t检验过度拒绝）",
    ),
    (r"by default, since (\d+) is not fewer than (\d+)", r"默认（\1个不少于\2个）"),
    (
        r"wild restricted efficient bootstrap of the endogenous regressor",
        "内生变量的施加原假设的有效wild聚类自助法（WRE）",
    ),
    (r"wild cluster bootstrap(?=，)", "wild聚类自助法"),
    (r"pairs cluster bootstrap(?=，)", "整群自助法"),
    (r"permutation of treatment paths(?=，)", "处理路径置换检验"),
    (r"(?<=重抽样：)none", "无"),
    (r"by default(?=。)", "默认"),
    (r"rows where ", "满足 "),
    (r"(?<=样本：)years (\d+)-(\d+)", r"\1–\2年"),
    (r"(?<=[：; ])without (\S+) \((.+?)\)", r"剔除\1（\2）"),
    (r"the same period(?=的观测)", "同一时期"),
    (r"all periods(?=的观测)", "全部时期"),
    (r"t with Satterthwaite degrees of freedom", "Satterthwaite自由度的t"),
    (r"参照the normal分布", "参照正态分布"),
    (r"instrumented by", "的工具变量为"),
)
_KNOWN = tuple(re.compile(p) for p, _ in _SENTENCES), tuple(re.compile(p) for p, _ in _WORDS)
# whole sentences that estimates print as notes too; those with names of variables in them are not met here
_OPEN = (
    r"[^\n]*?(?:\d{4}\)|untreated units only|one-sided\)|= 999\))\."  # how a sentence ends that its pattern leaves open
)
# whole sentences that estimates print as notes too; those with names of variables in them are not met here
_NOTES = tuple(
    (re.compile(p.removesuffix(".*") + _OPEN if p.endswith(".*") else p), zh)
    for p, zh in (*PHRASES, *DID_PHRASES, *ESTIMATOR_PHRASES)
    if len(zh) > 24 and "(?P<v" not in p and ".*" not in p.removesuffix(".*")
)


def explained(text: str) -> str:
    """What a model will do, in Chinese; a sentence that no pattern knows, and an equation, stay as they are."""
    for form, (_, chinese) in zip(_KNOWN[0], _SENTENCES, strict=True):
        text = form.sub(chinese, text)
    for form, chinese in _NOTES:
        text = form.sub(lambda found, to=chinese: to.format(*found.groups()), text)  # type: ignore[misc]
    for form, (_, chinese) in zip(_KNOWN[1], _WORDS, strict=True):
        text = form.sub(chinese, text)
    return "\n".join(line if re.match(r"[\w^().\[\] ]+ = ", line) else full_width(line) for line in text.split("\n"))
