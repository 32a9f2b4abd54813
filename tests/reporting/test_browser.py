"""The page in a real Chromium: what is seen at four widths, read aloud, reached by keys, printed, asked of the network. Slow."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import Chromium, chromium
from made_up import everything

pytestmark = pytest.mark.slow
PROBE = (Path(__file__).parent / "probe.js").read_text("utf-8")
OPEN = "document.querySelectorAll('details').forEach(d => { d.open = true })"
FOCUS = """(() => { const e = document.activeElement, c = getComputedStyle(e);
  return {tag: e.tagName, id: e.id, text: e.textContent.trim().slice(0, 40),
    seen: e.matches(':focus-visible') && c.outlineStyle !== 'none' && parseFloat(c.outlineWidth) >= 2}; })()"""
# what a key may reach, in the order of the page: of radio buttons only the one that is chosen
STOPS = """[...document.querySelectorAll('a[href], summary, input, [tabindex="0"]')].filter(e => e.tabIndex >= 0
  && e.checkVisibility({contentVisibilityAuto: true}) && (e.type !== 'radio' || e.checked)).length"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_bytes(everything()["report.html"])
    return path


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    try:
        with chromium(tmp_path_factory.mktemp("browser")) as tab:
            yield tab
    except FileNotFoundError as error:
        pytest.skip(str(error))


def speak(tab: Chromium, which: str) -> None:
    tab.run(f"document.getElementById('language-{which}').click()")


@pytest.mark.parametrize("width", [360, 820, 1280, 1920])
def test_every_width_language_and_colour(tab: Chromium, path: Path, width: int) -> None:
    for dark in (False, True):
        tab.open(path, width, dark=dark)
        tab.run(OPEN)
        for which, language in (("first", "en"), ("second", "zh-CN")):
            speak(tab, which)
            found = tab.run(PROBE)
            assert found.pop("texts") > 300
            assert found == {"wider": 0, "languages": [language], "faint": [], "outside": [], "cut": []}


def test_the_probe_sees_what_it_looks_for(tab: Chromium, path: Path) -> None:
    tab.open(path, 360)
    tab.run("""document.querySelector('main').insertAdjacentHTML('afterbegin',
      '<p style="color:#999">faint</p><p style="width:40em;max-width:none">' + 'outside '.repeat(20) + '</p>'
      + '<p style="height:1em;overflow:hidden">' + 'cut '.repeat(90) + '</p>')""")
    found = tab.run(PROBE)
    assert found["faint"] == ["faint"]
    assert found["outside"][0].startswith("outside")
    assert found["cut"][0].startswith("cut")
    assert found["wider"] > 0


def test_links_and_ids(tab: Chromium, path: Path) -> None:
    tab.open(path)
    ids = tab.run("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    assert set(tab.run("[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.hash.slice(1))")) <= set(ids)


@pytest.mark.parametrize("which", ["first", "second"])
def test_what_is_read_aloud(tab: Chromium, path: Path, which: str) -> None:
    """The tree that a screen reader is given: names, one outline of headings, tables with headings, landmarks."""
    tab.open(path)
    tab.run(OPEN)
    speak(tab, which)
    nodes = tab.tree()

    def named(*roles: str) -> list[str]:
        return [n.get("name", {}).get("value", "").strip() for n in nodes if n["role"]["value"] in roles]

    for roles in (
        ("link", "button", "radio", "DisclosureTriangle"),
        ("table", "image", "article"),
        ("columnheader", "rowheader"),
    ):
        assert named(*roles)
        assert all(named(*roles)), roles
    levels = [_property(n, "level") for n in nodes if n["role"]["value"] == "heading"]
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in zip([0, *levels], levels, strict=False))
    assert all(named("heading"))
    assert [len(named(r)) for r in ("banner", "navigation", "main", "form", "region")] == [1, 1, 1, 1, 0]
    assert named("navigation", "form") == (["Display", "Contents"] if which == "first" else ["显示", "目录"])
    assert all(_property(n, "expanded") for n in nodes if n["role"]["value"] == "DisclosureTriangle")
    scopes = "th:not([scope]), table:not([aria-label]):not(:has(> caption)), img:not([alt]), td:first-child[rowspan]:not(:empty)"
    assert tab.run(f"document.querySelectorAll({scopes!r}).length") == 0


def _property(node: dict[str, Any], name: str) -> Any:
    return next(p["value"]["value"] for p in node["properties"] if p["name"] == name)


def test_every_stop_of_the_keyboard(tab: Chromium, path: Path) -> None:
    """Each once and seen, the link past the contents first, and out of the page at the end."""
    tab.open(path)
    stops = []
    while len(stops) < 400 and (tab.press("Tab") or (at := tab.run(FOCUS))["tag"] != "BODY"):
        stops.append(at)
    assert stops[0]["text"] == "Skip to content"
    assert len(stops) == tab.run(STOPS)
    assert [s for s in stops if not s["seen"]] == []


def test_keys_open_close_and_choose(tab: Chromium, path: Path) -> None:
    tab.open(path)
    tab.run("document.querySelector('.model summary').focus()")
    opened = []
    for key in ("Enter", " ", " ", "Enter"):
        tab.press(key)
        opened.append(tab.run("document.activeElement.parentElement.open"))
    assert opened == [True, False, True, False]
    tab.run("document.getElementById('language-first').focus()")
    tab.press("ArrowRight")
    assert tab.run(PROBE)["languages"] == ["zh-CN"]
    tab.run("scrollTo(0, 0); document.querySelector('.skip.second').focus()")
    tab.press("Enter")
    tab.press("Tab")
    assert tab.run("document.getElementById('content-zh').contains(document.activeElement)")


def test_a_number_leads_to_its_lineage_and_back(tab: Chromium, path: Path) -> None:
    """Its link opens the parts that the lineage lies in and goes there, and the lineage names the exhibits that print it."""
    tab.open(path)
    link = "document.querySelector('#table-main [data-key=\"both|ln_gdp|estimate\"] a')"
    where = tab.run(f"{link}.hash")
    shown = f"document.querySelector({where!r}).checkVisibility({{contentVisibilityAuto: true}})"
    assert not tab.run(shown)
    tab.run(f"{link}.focus()")
    tab.press("Enter")
    assert tab.run(shown)
    assert "#" + tab.run(FOCUS)["id"] == where
    tab.run("document.activeElement.querySelector('a[href=\"#region-main\"]').focus()")
    tab.press("Enter")
    assert tab.run(FOCUS)["id"] == "region-main"


def test_colours_by_choice(tab: Chromium, path: Path) -> None:
    tab.open(path)
    grounds = []
    for theme in ("light", "dark"):
        tab.run(f"document.getElementById('theme-{theme}').click()")
        grounds.append(tab.run("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(255, 255, 255)", "rgb(23, 25, 28)"]


def test_printed_all_is_open(tab: Chromium, path: Path, tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext here")
    tab.open(path)
    (tmp_path / "page.pdf").write_bytes(base64.b64decode(tab.ask("Page.printToPDF", preferCSSPageSize=True)["data"]))
    text = subprocess.run(["pdftotext", tmp_path / "page.pdf", "-"], capture_output=True, text=True, check=True).stdout
    for wanted in ("What the numbers of this model rest on", "dense differs by 20%", "How it is made"):
        assert wanted in " ".join(text.split())
    assert "Skip to content" not in text


def test_nothing_is_asked_of_the_network_and_the_console_is_silent(tab: Chromium, path: Path) -> None:
    assert not re.search(r'(?:src|href)="https?://', path.read_text("utf-8"))
    tab.open(path)
    told = {e["method"]: e["params"] for e in tab.events if "method" in e}
    assert not {"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"} & set(told)
    asked = [e["params"]["request"]["url"] for e in tab.events if e.get("method") == "Network.requestWillBeSent"]
    assert [u for u in asked if not u.startswith(("file:", "data:"))] == []
