"""Tables of more than sixty real estimates, every kind of estimator among them, in every format: compiled, opened, the same numbers in all.

Each kind of the socket is estimated on three panels whose outcomes are some 1e9 apart in size; nothing in the tables is made up.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from made_up import made_results
from test_programs import CHINESE, PACKAGES, in_latin, program, typeset

from panelkit.core.estimate import Estimate
from panelkit.core.exhibit import Table
from panelkit.core.label import Label
from panelkit.core.registry import RENDERERS
from panelkit.replication import standalone
from panelkit.reporting.printed import plain, printed
from panelkit.reporting.tables import regression

sys.path.insert(0, str(Path(__file__).parents[1] / "contract"))
import test_every_kind as every

pytestmark = pytest.mark.slow
FORMATS = ("latex", "html", "docx", "csv", "typst")
WIDE = 5  # columns of a table
READERS = {
    "latex": standalone.from_tex, "csv": standalone.from_csv, "docx": standalone.from_docx, "typst": standalone.from_typ,
    "html": lambda data: next(iter(standalone.from_html(data).tables.values())),
}  # fmt: skip


@pytest.fixture(scope="module")
def estimates() -> dict[str, Estimate]:
    made = {}
    for number, scale in enumerate((1.0, 3.7e4, 2.9e-5)):
        frame = every.frame()
        panel = every.panel_of(frame.assign(y=frame["y"] * scale))
        for kind in every.ESTIMATORS:
            name = f"{kind}_{number + 1}"
            made[name] = replace(every.run(kind, panel), id=name)
    return made


def tables(estimates: dict[str, Estimate], language: str) -> list[Table]:
    results = replace(
        made_results(language=language), panel=every.panel_of(every.frame()), estimates=dict(estimates), checks={}
    )
    names = list(estimates)
    made = []
    for place, start in enumerate(range(0, len(names), WIDE), start=1):
        spec = regression.RegressionTable(
            id=f"t{place:02d}", title=Label(en=f"Estimates {place}", zh=f"估计{place}"), columns=tuple(names[start : start + WIDE]),
            samples="told",
            brackets=("se", "t", "p", "ci")[place % 4], language=language,
        )  # fmt: skip
        made.append(replace(regression.build(spec, results), number=place))
    return made


def test_every_kind_is_among_more_than_sixty(estimates: dict[str, Estimate]) -> None:
    assert len(estimates) >= 60
    assert {e.kind for e in estimates.values()} == set(every.ESTIMATORS)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_all_formats_hold_identical_numbers(estimates: dict[str, Estimate], language: str) -> None:
    for table in tables(estimates, language):
        want = printed(table)
        words: dict[str, dict[str, str]] = {}
        for form in FORMATS:
            data = RENDERERS[form].render(table)
            assert RENDERERS[form].parse(data) == want, (table.id, form)
            found = READERS[form](data)
            assert {k: v for k, v in found.items() if re.match(r"r\d+\.c", k)} == want, (table.id, form)
            words[form] = {k: v for k, v in found.items() if k not in want and k != "heading.number"}
            for i, row in enumerate(table.rows):
                for j, cell in enumerate(row.cells):
                    if isinstance(cell.raw, float) and cell.raw == cell.raw:
                        assert standalone.rounds(cell.raw, plain(cell.shown)), (table.id, i, j, cell)
        for form in FORMATS:
            assert words[form] == words["csv"], (table.id, form)


def numbers(text: str) -> Counter[str]:
    """The numbers of a typeset text: minus signs and stars made plain, brackets apart."""
    made = text.replace("−", "-").replace("–", "-").replace("∗", "*").replace("\u00a0", " ")
    return Counter(
        re.findall(r"(?<![\w.])-?\d[\d,]*\.?\d*(?:e-?\d+)?", re.sub(r"[()\[\],;*<](?=\s|$)|[(\[<]|\*+", " ", made))
    )


def shown(table: Table) -> Counter[str]:
    return sum((numbers(plain(c.shown)) for r in table.rows for c in r.cells), Counter())


def text_of(pdf: Path) -> str:
    done = subprocess.run([program("pdftotext"), "-layout", str(pdf), "-"], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize(("command", "language"), [("pdflatex", "en"), ("xelatex", "zh")])
def test_they_compile_and_the_pages_hold_every_number(
    estimates: dict[str, Estimate], tmp_path: Path, command: str, language: str
) -> None:
    made = tables(estimates, language)
    if (
        command == "xelatex"
        and "Noto Serif CJK SC"
        not in subprocess.run([program("fc-list")], capture_output=True, text=True, check=False).stdout
    ):
        pytest.skip("no Noto Serif CJK SC here")
    made = [in_latin(t) for t in made] if command == "pdflatex" else made
    head = rf"\documentclass{{article}}{PACKAGES}" if command == "pdflatex" else CHINESE
    for _ in range(3):  # a longtable has its widths from the run before
        log = typeset(command, head + r"\usepackage[margin=2cm]{geometry}", made, tmp_path)
    assert "Missing character" not in log
    assert "Overfull" not in log, [line for line in log.splitlines() if "Overfull" in line]
    there = numbers(text_of(tmp_path / "paper.pdf"))
    for table in made:
        lacking = shown(table) - there
        assert not lacking, (table.id, lacking)


def test_libreoffice_prints_every_number(estimates: dict[str, Estimate], tmp_path: Path) -> None:
    office = program("soffice")
    made = tables(estimates, "zh")[::3] + tables(estimates, "en")[1::3]
    for table in made:
        (tmp_path / f"{table.id}.docx").write_bytes(RENDERERS["docx"].render(table))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [office, profile, "--headless", "--convert-to", "pdf", *(f"{t.id}.docx" for t in made)],
        cwd=tmp_path, capture_output=True, timeout=560, check=True,
    )  # fmt: skip
    for table in made:
        lacking = shown(table) - numbers(text_of(tmp_path / f"{table.id}.pdf"))
        assert not lacking, (table.id, lacking)
