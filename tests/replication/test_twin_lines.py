"""Every line of the do-file of every kind of model is known to the verifier; one line more, or a column made otherwise, is found."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "contract"))

import test_every_kind as every

from panelkit import outputs
from panelkit.core.codec import to_json
from panelkit.replication.standalone import twin_lines
from panelkit.replication.standalone.level import Level
from panelkit.replication.stata import do_files
from panelkit.replication.stata.columns import Columns, NoTwinError
from panelkit.replication.stata.names import one_line


@pytest.fixture(scope="module")
def panel() -> Any:
    return every.panel_of(every.frame())


def findings(monkeypatch: pytest.MonkeyPatch, panel: Any, kind: str, spoil: Any = None) -> list[tuple[str, str]]:
    made, model = every.run(kind, panel), every.model(kind)
    about = json.loads(
        outputs.as_json(
            {"unit": panel.unit, "time": panel.time, "variables": panel.variables, "unit_labels": panel.unit_labels}
        )
    )
    estimate = json.loads(json.dumps(outputs.estimates_document("s", {made.id: made})))["estimates"][0]
    lines = do_files([estimate], {made.id: model}, about, True)[f"stata/{made.id}.do"].decode().split("\n")
    specification = json.loads(json.dumps(to_json(model)))
    monkeypatch.setattr(twin_lines, "load", lambda *_: {"specification": specification})
    frame: Any = SimpleNamespace(about=about, header=[str(c) for c in panel.frame.columns])
    level = Level("L1")
    twin_lines.lines_held("", kind, spoil(lines) if spoil else lines, (estimate, frame, f"in_{made.id}"), level)
    return list(level.findings)


@pytest.mark.parametrize("kind", every.ESTIMATORS)
def test_every_line_is_known(monkeypatch: pytest.MonkeyPatch, panel: Any, kind: str) -> None:
    assert findings(monkeypatch, panel, kind) == []


@pytest.mark.parametrize("line", [
    "!rm -rf x", "shell rm x", "drop if year == 2015", "replace y = 2 * y", "gen double pk_x = y", "gen double pk_event_time__1 = year",
    "egen long pk_unit = group(year)", "egen double pk_mean_x_ = mean(x), by(year)", "keep if in_other == 1", "do other.do",
    "* Standard errors in the tables: clustered by year, CR3 (cluster jackknife), t(G-1).", "* Formula: y ~ z | unit", "`=1'",
    "* x: restricted wild cluster bootstrap, 9999 draws, p = 0.9; in Stata: boottest (other draws, so p agrees", "* the p is 0.001",
    "include other.do", "python: import os", "copy a b", "reghdfe y x ; !rm x",
    "* a note\r!rm -rf x", "* a note\u2028shell rm x", "* a note\x0b!rm x", "* the next line is a comment too ///", "* so is all below /*",
    'gen double pk_x = (region == "$S_ADO")', 'gen double pk_x = (region == "`=1\'")', "assert reldif(_b[`x'], 0.5) < 1e-6",
    "reghdfe y $controls, absorb(unit)", "reghdfe y `controls', absorb(unit)", "#delimit ;", "reghdfe y x /// more", "capture !rm x",
    "quietly shell rm x", "mata: stata(\"!rm x\")", "window manage close", "net install x", "set trace on", "program define reghdfe",
    'display "x" ', "winexec x", "xshell x", "erase x", "save x, replace", "use other.dta, clear",
])  # fmt: skip
def test_a_line_more_is_found(monkeypatch: pytest.MonkeyPatch, panel: Any, line: str) -> None:
    assert findings(monkeypatch, panel, "event_study", lambda lines: [*lines, line])


HOSTILE = (
    'x"',
    "x`=1'",
    "$S_ADO",
    'x" if 1 | "',
    "a\\",
    "a\r!touch ran",
    "a\n!touch ran",
    "`!touch ran'",
    "a */ b",
    "a /// b",
    "Xi'an",
    "东/*",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_of_the_data_is_a_text_in_a_do_file_or_nothing(text: str) -> None:
    """A class or unit whose name Stata would read as more than a text makes no line; another one stands there as it is."""
    model = every.model("fixed_effects")
    variables = [{"name": n, "kind": k} for n, k in (("y", "number"), ("x", "number"), ("region", "category"))]
    columns = Columns(model, {"unit": "unit", "time": "year", "variables": variables}, True)
    if any(c in text for c in '`"$\\\r\n'):
        with pytest.raises(NoTwinError) as said:
            columns.of(f"region::{text}")
        assert not set('`"$\r\n') & set(str(said.value))
        return
    columns.of(f"region::{text}")
    assert f'(region == "{text}")' in columns.lines[0]
    with pytest.raises(NoTwinError):
        columns.of(f"x::{text}")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_in_a_comment_stays_in_it(text: str) -> None:
    said = one_line(f"y ~ x | {text}")
    assert not twin_lines.unsafe_in_stata(f"* Formula: {said}")
    assert len(f"* {said}".splitlines()) == 1
