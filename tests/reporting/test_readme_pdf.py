"""A README in print: every part of the Markdown that panelkit writes, nothing of it taken for Typst."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from panelkit.reporting.readme_pdf import readme_pdf, source

TEXT = """# Data and Code for: A & B &lt;c&gt;

Authors: A. Smith (<https://orcid.org/0000-0002-1825-0097>)

## Overview

**Simulated.** One \\*star\\* and #let x = 1, `run.py` and $5$ [a] @ref _b_.

- first of `data/raw/a_long_name.csv`
  goes on
- second

    python verify.py
    .venv/bin/python -m zipfile -e "x" .

| File | Notes | Line |
| --- | --- | --- |
| `tables/robustness_zone_dose.tex` | a \\| b | study.toml:411 |
"""


def test_every_part_is_there_and_none_is_taken_for_typst() -> None:
    made = source(TEXT)
    for wanted in (
        '#heading(level: 1)[#"Data and Code for: A & B <c>"]',
        '#link("https://orcid.org/0000-0002-1825-0097")',
        '#strong("Simulated.")',
        "One *star* and #let x = 1, ",
        '#cut("run.py")',
        '[#"first of "#cut("data/raw/a_long_name.csv")#" goes on"], [#"second"]',
        '#raw(block: true, "python verify.py\\n.venv/bin/python',
        '[#"a | b"], [#"study.toml:411"]',
    ):
        assert wanted in made, wanted


@pytest.mark.slow
def test_it_compiles_to_the_same_bytes_and_reads_back(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    first = readme_pdf(TEXT)
    assert first == readme_pdf(TEXT)
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext here")
    (tmp_path / "README.pdf").write_bytes(first)
    text = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "README.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    for wanted in ("A & B <c>", "#let x = 1", "python verify.py", "study.toml:411"):
        assert wanted in text
