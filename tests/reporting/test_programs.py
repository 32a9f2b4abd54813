"""What other programs make of our files: LaTeX compiles them, LibreOffice opens them. Slow; skipped where a program is missing."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from made_up import hostile_table, made_results

import panelkit.reporting.render  # noqa: F401
from panelkit.core.exhibit import Cell, Table
from panelkit.core.label import Label
from panelkit.core.registry import RENDERERS
from panelkit.reporting.tables import descriptive, regression

pytestmark = pytest.mark.slow
PACKAGES = r"\usepackage{booktabs,threeparttable}"
CHINESE = rf"""\documentclass[fontset=none]{{ctexart}}{PACKAGES}
\setCJKmainfont{{Noto Serif CJK SC}}\setCJKsansfont{{Noto Sans CJK SC}}"""


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} here")
    return found


def made(language: str) -> list[Table]:
    results = made_results(language=language)
    title = Label(en="Main", zh="主要结果")
    return [
        regression.build(
            regression.RegressionTable(id="main", title=title, columns=("both", "single", "events")), results
        ),
        regression.build(
            regression.RegressionTable(id="wide", title=title, columns=("both",) * 7, brackets="ci"), results
        ),
        descriptive.build(descriptive.DescriptiveTable(id="variables", title=title), results),
        hostile_table(language),
    ]


def typeset(command: str, head: str, tables: list[Table], folder: Path) -> str:
    for table in tables:
        (folder / f"{table.id}.tex").write_bytes(RENDERERS["latex"].render(table))
    inputs = "".join(rf"\input{{{t.id}}}" for t in tables)
    (folder / "paper.tex").write_text(rf"{head}\begin{{document}}{inputs}\end{{document}}", "utf-8")
    run = subprocess.run(
        [program(command), "-interaction=nonstopmode", "-halt-on-error", "paper.tex"],
        cwd=folder,
        capture_output=True,
        timeout=300,
    )
    log = run.stdout.decode(errors="replace")
    assert run.returncode == 0, log[-2000:]
    return log


def in_latin(table: Table) -> Table:
    """The table without its Chinese characters, which pdfLaTeX has no font for."""

    def latin(text: str) -> str:
        return "".join(c for c in text if not "\u2e80" <= c <= "\uffef")

    def cell(c: Cell) -> Cell:
        return replace(c, shown=latin(c.shown))

    rows = tuple(replace(r, label=latin(r.label), cells=tuple(map(cell, r.cells))) for r in table.rows)
    columns = tuple(replace(c, heading=tuple(map(latin, c.heading))) for c in table.columns)
    return replace(table, title=latin(table.title), rows=rows, columns=columns, notes=tuple(map(latin, table.notes)))


def test_xelatex_sets_chinese_and_english(tmp_path: Path) -> None:
    fonts = subprocess.run([program("fc-list"), "Noto Serif CJK SC"], capture_output=True, text=True).stdout
    if not fonts:
        pytest.skip("no Noto Serif CJK SC here")
    for language in ("en", "zh"):
        folder = tmp_path / language
        folder.mkdir()
        log = typeset("xelatex", CHINESE, made(language), folder)
        assert "Missing character" not in log


def test_pdflatex_sets_every_other_sign(tmp_path: Path) -> None:
    typeset("pdflatex", rf"\documentclass{{article}}{PACKAGES}", [in_latin(t) for t in made("en")], tmp_path)


def test_what_is_typeset_is_what_is_printed(tmp_path: Path) -> None:
    table = in_latin(made("en")[0])
    typeset("pdflatex", rf"\documentclass{{article}}{PACKAGES}", [table], tmp_path)
    text = subprocess.run(
        [program("pdftotext"), "-layout", "paper.pdf", "-"], cwd=tmp_path, capture_output=True, text=True
    ).stdout
    lines = [line.split() for line in text.replace("∗", "*").splitlines()]
    assert ["Observations", "32", "30", "32"] in lines
    assert ["Year", "FE", "Yes", "No", "Yes"] in lines
    assert any(line[:1] == ["<b>"] and line[1].startswith("−1.500") for line in lines)


def test_libreoffice_opens_word_files(tmp_path: Path) -> None:
    office = program("soffice")
    for table in made("zh"):
        (tmp_path / f"{table.id}.docx").write_bytes(RENDERERS["docx"].render(table))
    names = [f"{t.id}.docx" for t in made("zh")]
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [office, profile, "--headless", "--convert-to", "txt:Text", *names],
        cwd=tmp_path,
        capture_output=True,
        timeout=300,
        check=True,
    )
    assert "省份固定效应" in (tmp_path / "main.txt").read_text("utf-8-sig")
    assert "ln(人均GDP) & 100%" in (tmp_path / "hostile_1.txt").read_text("utf-8-sig")
