"""The page in a real Chromium: three widths, both languages, both themes, links, console, network. Slow; skipped without a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from made_up import everything

pytestmark = pytest.mark.slow
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
PROBE = """<script>
const seen = e => e.getClientRects().length > 0;
const broken = [...document.querySelectorAll('a[href^="#"]')].filter(a => !document.getElementById(decodeURIComponent(a.hash.slice(1))));
document.title = JSON.stringify({
  wide: document.documentElement.scrollWidth, window: innerWidth,
  languages: [...document.querySelectorAll('div.view')].filter(seen).map(v => v.lang),
  ground: getComputedStyle(document.body).backgroundColor,
  broken: broken.map(a => a.hash), unnamed: [...document.querySelectorAll('input,a,[role=region]')].filter(
    e => !(e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && e.labels.length))).length,
  twice: [...document.querySelectorAll('[id]')].length - new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size,
});
</script></body>"""


@pytest.fixture(scope="module")
def page() -> str:
    return everything()["report.html"].decode()


def browser(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium here")
    quiet = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
    )
    profile = f"--user-data-dir={folder / 'profile'}"
    return subprocess.run([found, *quiet, profile, *flags], capture_output=True, text=True, timeout=180, check=False)


def seen(page: str, folder: Path, width: int = 1200) -> dict[str, object]:
    """What the page is like, told by a script that its own policy would not let run."""
    path = folder / "probed.html"
    path.write_text(POLICY.sub("", page).replace("</body>", PROBE), "utf-8")
    made = browser(folder, f"--window-size={width},900", "--dump-dom", path.as_uri())
    title = re.search(r"<title>(\{.*?\})</title>", made.stdout)
    assert title, made.stderr[-400:]
    found: dict[str, object] = json.loads(title[1])
    return found


@pytest.mark.parametrize("width", [500, 820, 1400])
@pytest.mark.parametrize("language", ["first", "second"])
def test_three_widths_in_both_languages(page: str, tmp_path: Path, width: int, language: str) -> None:
    if language == "second":
        page = page.replace('id="language-first" checked', 'id="language-first"')
        page = page.replace('id="language-second"', 'id="language-second" checked')
    found = seen(page, tmp_path, width)
    assert found["wide"] <= found["window"]  # type: ignore[operator]
    assert found["languages"] == (["en"] if language == "first" else ["zh-CN"])


def test_links_names_and_ids(page: str, tmp_path: Path) -> None:
    found = seen(page, tmp_path)
    assert found["broken"] == []
    assert found["unnamed"] == 0
    assert found["twice"] == 0


def test_a_number_leads_to_its_lineage_within_closed_parts(page: str, tmp_path: Path) -> None:
    """The link of a number opens the parts that its lineage lies in; without it the lineage is not shown."""
    found = re.search(r'data-key="both\|ln_gdp\|estimate"[^>]*><a class="k"[^>]*href="#([\w-]+)"', page)
    assert found
    probe = f"""<script>
    const shown = () => document.getElementById('{found[1]}').checkVisibility({{contentVisibilityAuto: true}});
    const before = shown(); location.hash = '#{found[1]}';
    document.title = JSON.stringify({{before: before, after: shown()}});</script></body>"""
    path = tmp_path / "lineage.html"
    path.write_text(POLICY.sub("", page).replace("</body>", probe), "utf-8")
    made = browser(tmp_path, "--window-size=1200,900", "--dump-dom", path.as_uri())
    title = re.search(r"<title>(\{.*?\})</title>", made.stdout)
    assert title, made.stderr[-400:]
    assert json.loads(title[1]) == {"before": False, "after": True}


def test_themes(page: str, tmp_path: Path) -> None:
    grounds = []
    for theme in ("light", "dark"):
        chosen = page.replace('id="theme-auto" checked', 'id="theme-auto"').replace(
            f'id="theme-{theme}"', f'id="theme-{theme}" checked'
        )
        grounds.append(seen(chosen, tmp_path)["ground"])
    assert grounds == ["rgb(255, 255, 255)", "rgb(23, 25, 28)"]


def test_nothing_is_asked_of_the_network_and_the_console_is_silent(page: str, tmp_path: Path) -> None:
    assert not re.search(r'(?:src|href)="https?://', page)
    path, log = tmp_path / "report.html", tmp_path / "net.json"
    path.write_text(page, "utf-8")
    made = browser(tmp_path, "--enable-logging=stderr", f"--log-net-log={log}", "--dump-dom", path.as_uri())
    assert "CONSOLE" not in made.stderr
    asked = re.findall(r'"url":"(https?://[^"]+)"', log.read_text("utf-8", errors="replace"))
    # what the browser itself asks its maker is none of the page's
    assert not [u for u in asked if not re.search(r"google|gstatic|chromium|gvt1", u)]
