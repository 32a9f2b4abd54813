"""Sentences of other stages in Chinese, and units of measure in English: none that the flagship prints stays in the other language."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from panelkit import estimators
from panelkit.core.results import Results
from panelkit.reporting._made_phrases import made
from panelkit.reporting._page_names import CHECK_NAMES, KIND_NAMES
from panelkit.reporting.phrases import finding, full_width, measure, said
from panelkit.reporting.words import method_words

STUDY = Path(__file__).resolve().parents[2] / "analyses" / "cbec_clusters" / "study.toml"
ENGLISH = re.compile(r"\b(?:the|of|is|are|with|and|not|missing|rows?|by|where|clusters?)\b")


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("fdi missing", "外资占比_FDI缺失"),
        ("outside 2015-2021", "不在2015–2021年内"),
        ("not where present(fdi)", "外资占比_FDI缺失"),
        ("not where fdi > 0", "不满足条件 fdi > 0"),
        ("singleton: the only row of its province", "单例：该省份仅此一行"),
        ("fdi is left out: it is absorbed by the effects.", "剔除外资占比_FDI：被固定效应吸收。"),
        ("years 2015-2022 of the study", "研究所用的2015–2022年"),
        ("31 clusters (province), fewer than 50: CR3 (cluster jackknife) with t(30), by default.",
         "31个聚类（省份），少于50个：默认采用CR3（聚类刀切法）与t(30)分布。"),
        ("province not seen in every one of 9 periods", "省份并非9期俱全"),
        ("province treated from the first period on: no period before to compare with",
         "省份自首期起即受处理：没有处理前的时期可比"),
        ("separated: an outcome of zero that the effects and regressors fit exactly",
         "完全分离：结果为零且被固定效应与解释变量完全拟合"),
        ("nobody knows this", "nobody knows this"),
    ],
)  # fmt: skip
def test_phrases(chinese: Results, phrase: str, expected: str) -> None:
    assert said(phrase, chinese.panel, "zh") == expected


def test_every_way_of_resampling_has_a_chinese_name() -> None:
    home = Path(estimators.__file__).parent
    found = {m for p in home.glob("*.py") for m in re.findall(r'\bmethod=f?"([^"]+ [^"]+)"', p.read_text("utf-8"))}
    found = {re.sub(r"\{[^}]*\}", "", m).replace("()", "(t)").strip(" ,") for m in found} - {"wild cluster bootstrap"}
    assert len(found) > 8
    for method in found:
        assert not re.search(r"[a-z]{5}", method_words(method, "zh").replace("wild", "")), method


def test_english_names_variables_by_their_labels(results: Results) -> None:
    assert said("fdi missing", results.panel, "en") == "FDI_ratio missing"
    assert said("a cell is missing", results.panel, "en") == "a cell is missing"


def test_measures() -> None:
    assert measure("ln(亿元)", "en") == "ln(100 million yuan)"
    assert measure("元/万人", "en") == "yuan per 10,000 persons"
    assert measure("zone-years", "zh") == "区年"
    assert measure("%", "en") == measure("%", "zh") == "%"


@pytest.mark.slow
def test_nothing_of_the_flagship_stays_english_in_chinese() -> None:
    building, pipeline = (pytest.importorskip(f"panelkit.{name}") for name in ("building", "pipeline"))
    study = pipeline.read_study(STUDY)
    panel = building.assemble_panel(study).panel
    estimates = pipeline.estimate(study, panel)
    phrases = {h.why for h in panel.history}
    phrases |= {d.why for e in estimates.values() for d in e.sample.dropped} | {
        n for e in estimates.values() for n in e.notes
    }
    assert len(phrases) > 8
    for phrase in sorted(phrases):
        chinese = said(phrase, panel, "zh")
        assert chinese != phrase, phrase
        # a condition stands as it is written, and so does the author's reason for an exclusion
        assert not ENGLISH.search(re.sub(r"不满足条件 .*|剔除[^：]*：.*|present\(\w+\)", "", chinese)), chinese
    for variable in panel.variables:
        assert not re.search("[\u4e00-\u9fff]", measure(variable.measure, "en")), variable.measure


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        (
            "对 集聚(ln LQ) 影响最大的是青海(630000): 为 0.5 个标准误;其余不变",
            "对集聚（ln LQ）影响最大的是青海（630000）：为0.5个标准误；其余不变",
        ),
        ("第(1)、(2)列:F(2, 30) = 21.367, p < 0.001", "第(1)、(2)列：F(2, 30) = 21.367, p < 0.001"),
        ("基准为0.3(p = 0.241)", "基准为0.3（p = 0.241）"),
        ("ln(人均GDP)", "ln(人均GDP)"),
        ("事件时间 = −2", "事件时间 = −2"),
        ("Joint test: F(2, 30), 1,234; x", "Joint test: F(2, 30), 1,234; x"),
    ],
)
def test_marks_of_chinese_print(text: str, printed: str) -> None:
    assert full_width(text) == printed
    assert full_width(printed) == printed


def test_findings_in_chinese_name_keys_and_resampling(chinese: Results) -> None:
    text = "31 个聚类(province),推断方法:CR3 + restricted wild cluster bootstrap。"
    assert finding(text, chinese.panel, "zh") == "31个聚类（省份），推断方法：CR3 + 施加原假设的wild聚类自助法。"
    assert finding("by province", chinese.panel, "en") == "by province"
    assert finding("系数 fdi:regime::2 为 1", chinese.panel, "zh").endswith("，区制2为1")


def test_how_the_flagship_makes_its_variables_is_said_in_chinese() -> None:
    from panelkit import building, pipeline

    study = pipeline.read_study(STUDY)
    for variable in building.build_panel(study).variables:
        plan = study.variables.get(variable.name)
        if plan is not None and plan.spec.derive:
            chinese = made(variable.origin.how, "zh")
            assert re.search("[\u4e00-\u9fff]", chinese), variable.origin.how
            assert not ENGLISH.search(re.sub(r"（.*?）", "", chinese)), chinese


def test_every_kind_has_a_name_in_both_languages() -> None:
    from panelkit import pipeline
    from panelkit.core.registry import CHECKS, ESTIMATORS

    pipeline.load_kinds()
    assert not {k.name for k in CHECKS} - set(CHECK_NAMES)
    assert not {k.name for k in ESTIMATORS} - set(KIND_NAMES)


# kinds whose sentences have their Chinese; a new one joins with its own in `_estimator_phrases`
SPOKEN = (
    "between", "callaway_santanna", "common_correlated_effects", "correlated_random_effects", "dose_did", "event_study",
    "extended_two_way", "first_difference", "fixed_effects", "gardner", "heterogeneity", "imputation", "instrumental", "mean_group",
    "mediation", "panel_var", "poisson", "random_effects", "staggered_did", "sun_abraham", "threshold",
)  # fmt: skip


def test_estimators_speak_chinese() -> None:
    """The notes of these kinds on the panel that the contract tests make."""
    path = Path(__file__).resolve().parents[1] / "contract" / "test_every_kind.py"
    where = importlib.util.spec_from_file_location("every_kind", path)
    assert where is not None
    assert where.loader is not None
    every = importlib.util.module_from_spec(where)
    where.loader.exec_module(every)
    panel = every.panel_of(every.frame())
    left = {}
    for kind in (k for k in every.ESTIMATORS if k in SPOKEN):
        made = every.run(kind, panel)
        for phrase in (*made.notes, *(d.why for d in made.sample.dropped)):
            chinese = said(phrase, panel, "zh")
            if chinese == phrase or ENGLISH.search(chinese):
                left[phrase] = kind
    assert not left
