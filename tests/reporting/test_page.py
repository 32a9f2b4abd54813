"""The page: one file, nothing from outside, every fact there, nothing of a label taken for markup."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
from made_up import everything, hostile_table

from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.results import Results
from panelkit.core.variable import Origin, Variable
from panelkit.reporting._page_curves import _names
from panelkit.reporting._page_words import PAGE_WORDS
from panelkit.reporting.page import Section, page
from panelkit.reporting.words import JOIN, WORDS

VOID = {"meta", "br", "img", "link", "hr", "input"}


class Outline(HTMLParser):
    """Ids, addresses and the nesting of tags."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        self.tags.add(tag)
        self.ids += [facts["id"] or ""] if "id" in facts else []
        self.links += [v or "" for k, v in attrs if k in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(data: bytes) -> Outline:
    found = Outline()
    found.feed(data.decode())
    assert not found.open
    return found


def test_one_file_with_sound_links_and_no_script() -> None:
    data = everything()["report.html"]
    found = outline(data)
    assert len(found.ids) == len(set(found.ids))
    inside = [link[1:] for link in found.links if link.startswith("#")]
    assert set(inside) <= set(found.ids)
    assert {"table-main", "figure-events", "model-both"} <= set(inside)
    assert all(link.startswith(("#", "data:image/svg+xml;base64,")) for link in found.links)
    assert "script" not in found.tags
    assert "b" not in found.tags
    assert not re.search(rb"url\(|@import|javascript:", data)


def test_every_fact_is_there(results: Results) -> None:
    text = page(results, (), (), {}).decode()
    for wanted in (
        "E-commerce &amp; &lt;clusters&gt;", "A. Author, B. Author", "ln_lq ~ ln_gdp | province + year", "years 2015-2022",
        "2 rows (a cell of fdi is missing)", "restricted wild cluster bootstrap, 9,999 draws", "linearmodels agrees &lt;b&gt;",
        "dense differs by 20%", "2 cells are filled.", "540000 (no series)", "CR3 cluster jackknife", "pyfixest 0.60", "0" * 64,
    ):  # fmt: skip
        assert wanted in text
    assert "SIMULATED" not in text


def test_simulated_and_chinese(chinese: Results) -> None:
    text = page(chinese, (hostile_table("zh"),), (), {}).decode()
    assert 'lang="zh-CN"' in text
    assert 'class="banner">模拟数据' in text
    assert "组内R²" in text


def test_the_language_can_be_chosen(chinese: Results) -> None:
    assert "At a glance" in page(chinese, (), (), {}, language="en").decode()


def test_extra_sections(results: Results) -> None:
    section = Section(id="limits-of-data", title=Label(en="Limits <1>"), paragraphs=(Label(en="No stock & no flow."),))
    data = page(results, (), (), {}, extra=(section,))
    assert "section-limits-of-data" in outline(data).ids
    assert b"No stock &amp; no flow." in data


def test_a_web_address_is_a_link(results: Results) -> None:
    source = replace(results.study.sources["gdp"], url="https://data.stats.gov.cn/x?a=1&b=2")
    found = replace(results, study=replace(results.study, sources={"gdp": source}))
    assert "https://data.stats.gov.cn/x?a=1&b=2" in outline(page(found, (), (), {})).links


def test_both_languages_have_every_word_with_the_same_slots() -> None:
    for key, (english, chinese) in {**WORDS, **PAGE_WORDS}.items():
        assert chinese, key
        assert set(re.findall(r"{(\w+)[:}]", english)) == set(re.findall(r"{(\w+)}", chinese)), key
    assert set(JOIN["en"]) == set(JOIN["zh"])


def test_units_of_several_keys_are_told_by_their_places() -> None:
    keys = [(c, i) for c in ("320100", "320200") for i in ("13", "17")]
    frame = pd.DataFrame(
        {"u": [f"{c} / {i}" for c, i in keys], "t": 2015, "c": [k[0] for k in keys], "i": [k[1] for k in keys]}
    )
    labels = {"320100": Label(en="Nanjing", zh="南京")}
    panel = Panel.of(frame, unit="u", time="t", parts=("c", "i"), unit_labels=labels, variables=[
        Variable(name=n, kind="category", measure="", label=Label(), origin=Origin(how="read")) for n in ("c", "i")])  # fmt: skip
    whole = {2016.0: ["320100 / 13", "320100 / 17"], math.inf: ["320200 / 13", "320200 / 17"]}
    assert _names(panel, whole, "zh") == {2016.0: ["南京"], math.inf: ["320200"]}
    parted = {2016.0: ["320100 / 13"], math.inf: ["320100 / 17", "320200 / 13", "320200 / 17"]}
    assert _names(panel, parted, "zh")[2016.0] == ["南京 / 13"]
