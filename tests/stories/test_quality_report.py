"""The quality report as `panelkit build` writes it: one page, one document, the codebook; the same bytes twice; gates and traces."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

Cli = Any
FURTHER = """
[variables.w]
expression = "winsor(raw.x, 0.05)"
label = { en = "x, winsorised", zh = "x(缩尾)" }
[variables.u]
derive = "entropy_index"
with = { components = { "raw.x" = "+", "raw.z" = "-" } }
[variables.zone]
derive = "zone_exposure"
label = { en = "Zone-years", zh = "综试区年数" }
[quality]
gates = ["outliers"]
"""


@pytest.fixture
def spoiled(small: Path) -> Path:
    """The small study with a hole that is filled, an index, a dose, and a gate."""
    raw = small / "data" / "raw" / "figures.csv"
    lines = raw.read_text("utf-8").splitlines()
    where = next(i for i, line in enumerate(lines) if line.startswith("广东,2014"))
    parts = lines[where].split(",")
    lines[where] = ",".join([*parts[:2], "", *parts[3:]])
    raw.write_text("\n".join(lines) + "\n", "utf-8")
    study = small / "study.toml"
    text = study.read_text("utf-8").replace('gaps = "refuse"', 'gaps = "fill"')
    text = text.replace('series = "raw.y"\n', 'series = "raw.y"\nfill = "linear"\n', 1)
    study.write_text(text.replace("[[models]]", FURTHER + "[[models]]", 1), "utf-8")
    return small


class Text(HTMLParser):
    """Text, links and images of a page, and what it would ask the network for."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.images, self.asks, self.quiet = "", 0, [], 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.quiet += tag in ("style", "script")
        if tag == "img":
            self.images += 1
            assert given["alt"]
            assert (given["src"] or "").startswith("data:image/svg+xml;base64,")
        self.asks += [v for k, v in attrs if k in ("href", "src") and v and v.startswith(("http", "//"))]

    def handle_endtag(self, tag: str) -> None:
        self.quiet -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        self.text += "" if self.quiet else data


def digests(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_the_report_is_written_and_repeats_itself(cli: Cli, spoiled: Path) -> None:
    study = spoiled / "study.toml"
    first = cli("build", study, "--output", spoiled / "a", "--root", spoiled)
    assert first.returncode == 0, first.stderr + first.stdout
    for words in ("Findings", "Series: units, prices, vintages, coverage", "Weights of indices", "cells ("):
        assert words in first.stdout
    again = cli("build", study, "--output", spoiled / "b", "--root", spoiled, seed=3)
    assert again.returncode == 0
    folder = spoiled / "a" / "small"
    assert digests(folder) == digests(spoiled / "b" / "small")

    told = json.loads((folder / "quality.json").read_text("utf-8"))
    found = {c["name"]: c for c in told["findings"]}
    assert found["filled_cells"]["rows"] == [{"variable": "y", "filled": 1, "rows": 248, "share": 1 / 248}]
    assert sum(told["pictures"]["quality_gaps"]["data"]["filled"]) == 1
    assert told["panel"]["rows"] == 248
    assert {"quality_findings", "quality_availability", "quality_sources", "quality_weights"} <= told["tables"].keys()

    page = Text()
    page.feed((folder / "quality.html").read_text("utf-8"))
    assert page.images == 4
    assert page.asks == []
    for words in ("Availability by unit", "各地区数据可得性", "SIMULATED DATA", "1 of 248 (0.4%)"):
        assert words in page.text

    lines = (folder / "filled.csv").read_text("utf-8").splitlines()
    assert lines[0] == "province,year,variable,value"
    assert [line.split(",")[:3] for line in lines[1:]] == [["440000", "2014", "y"]]


def test_the_codebook_is_a_word_file_with_an_east_asian_font(cli: Cli, spoiled: Path) -> None:
    docx = pytest.importorskip("docx")
    assert cli("build", spoiled / "study.toml", "--output", spoiled / "a", "--root", spoiled).returncode == 0
    data = (spoiled / "a" / "small" / "codebook.docx").read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert all(i.date_time == (1980, 1, 1, 0, 0, 0) for i in parts.infolist())
        assert "宋体" in parts.read("word/document.xml").decode("utf-8")
    tables = docx.Document(io.BytesIO(data)).tables
    heads = [[c.text for c in t.rows[0].cells] for t in tables]
    assert heads[0] == ["variable", "label", "unit", "prices", "how it is made"]
    assert heads[1][:4] == ["variable", "N", "missing", "filled"]
    assert heads[-1] == ["source", "citation", "licence"]
    names = [row.cells[0].text for row in tables[0].rows[1:]]
    assert names == ["y", "x", "z", "w", "u", "zone"]
    assert any("State Council" in row.cells[1].text for row in tables[-1].rows)


def test_a_gate_stops_and_a_misspelt_one_is_refused(cli: Cli, spoiled: Path) -> None:
    study = spoiled / "study.toml"
    text = study.read_text("utf-8")
    study.write_text(text.replace('gates = ["outliers"]', 'gates = ["filled_cells"]'), "utf-8")
    stopped = cli("build", study, "--output", spoiled / "a", "--root", spoiled)
    assert stopped.returncode == 1
    assert "gate failed: filled_cells" in stopped.stdout
    study.write_text(
        text.replace('gates = ["outliers"]', 'gates = ["outlier"]\ntotals = { "raw.y" = "raw.q" }'), "utf-8"
    )
    refused = cli("build", study, "--output", spoiled / "a", "--root", spoiled)
    assert refused.returncode == 2
    assert "did you mean 'outliers'" in refused.stderr
    assert "unknown series 'raw.q'" in refused.stderr


def test_every_kind_of_cell_is_traced_before_any_run(cli: Cli, spoiled: Path) -> None:
    study = spoiled / "study.toml"

    def leaves(*words: object) -> list[dict[str, Any]]:
        told = cli("trace", *words, "--study", study, "--output", spoiled / "none", "--json")
        assert told.returncode == 0, told.stderr
        found: list[dict[str, Any]] = []

        def walk(step: dict[str, Any]) -> None:
            if not step["below"]:
                found.append(step)
            for below in step["below"]:
                walk(below)

        walk(json.loads(told.stdout))
        return found

    filled = leaves("y", "广东", 2014)
    assert [(s["time"], s["value"] is None) for s in filled] == [(2014, True), (2013, False), (2015, False)]
    assert all(s["place"]["path"] == "data/raw/figures.csv" for s in filled)
    assert {s["name"] for s in leaves("u", "Guangdong", 2016)} == {"raw.x", "raw.z"}
    assert {s["place"]["path"] for s in leaves("zone", "440000", 2018)} == {"panelkit/facts/cbec_pilot_zones.csv"}


def test_a_variable_is_explained_in_both_languages_with_its_share_of_filled_cells(cli: Cli, spoiled: Path) -> None:
    told = cli("explain", spoiled / "study.toml", "y", "--root", spoiled)
    assert told.returncode == 0, told.stderr
    assert "filled cells: 1 of 248 (0.4%)" in told.stdout
    assert "填补单元格：1 / 248 (0.4%)" in told.stdout
    index = cli("explain", spoiled / "study.toml", "u", "--root", spoiled).stdout
    assert r"e_j = -\frac{1}{\ln (NT)}" in index
    assert "Common errors avoided" in index
    assert "x_2 = raw.z (-)" in index
