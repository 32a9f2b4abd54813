"""A cell of the page with one number of a check: no other number of that check may stand in its place, digests made anew or not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made import resealed

from panelkit.core.check import Check
from panelkit.core.label import Label, Language
from panelkit.replication.package import write_package
from panelkit.replication.verify import verify
from panelkit.reporting._page_rows import rows_of
from panelkit.reporting.numbers import shown

ROWS: list[dict[str, Any]] = [
    {"case": "all but 3", "case_zh": "除去第3个", "estimate": 0.2166, "p": 0.03171, "rows": 1234, "agrees": True, "other": None},
    {"case": "all but 4", "case_zh": "除去第4个", "estimate": -0.1217, "p": 0.000042, "rows": 5, "agrees": False, "other": "nan"},
]  # fmt: skip
CHECK: dict[str, Any] = {"value": 0.1166812345, "bound": 0.05, "rows": ROWS}


def findings(files: dict[str, bytes], folder: Path, quoted: str, text: str) -> list[str]:
    """What L1 says of a page with that cell, in a package sealed anew with a check more."""
    checks = json.loads(files["results/checks.json"])
    checks["checks"].append({**checks["checks"][0], "name": "leave_one_unit_out", **CHECK})
    cell = f'<body><table><tr><td class="n" data-from="checks|both|leave_one_unit_out|{quoted}"><a href="#x">{text}</a></td></tr></table>'
    spoilt = {
        **files,
        "results/checks.json": json.dumps(checks).encode(),
        "report.html": files["report.html"].replace(b"<body>", cell.encode()),
    }
    level = verify(write_package(resealed(spoilt), folder), levels=("L1",)).levels[0]
    return [f for f in level.findings if "leave_one_unit_out" in f and "report.html" in f]


@pytest.mark.parametrize(
    ("quoted", "right", "wrong"),
    [
        ("value", "0.117", ("0.217", "0.050", "0.118", "11.7", "", "–", "0.117 0.2")),  # others of the check, or a share as a percentage
        ("bound", "0.050", ("0.117", "0.060", "5")),
        ("rows|0|estimate", "0.217", ("0.117", "−0.217", "−0.122")),
        ("rows|1|estimate", "−0.122", ("0.122", "0.217")),
        ("rows|0|p", "0.032", ("0.031", "0.000042")),
        ("rows|1|p", "0.000042", ("0.000043", "0.032")),
        ("rows|0|rows", "1234", ("5", "1235")),
        ("rows|0|case", "all but 3", ("all but 4",)),
        ("rows|0|case", "除去第3个", ("除去第4个",)),
        ("rows|0|agrees", "Yes", ("0.217",)),
        ("rows|0|other", "–", ("0.217", "3")),
        ("rows|1|other", "–", ("0.217",)),
        ("rows|1|none", "", ("4",)),
    ],
)  # fmt: skip
def test_a_cell_holds_its_own_number(
    files: dict[str, bytes], tmp_path: Path, quoted: str, right: str, wrong: tuple[str, ...]
) -> None:
    assert not findings(files, tmp_path / "right", quoted, right)
    for n, text in enumerate(wrong):
        assert findings(files, tmp_path / f"wrong{n}", quoted, text), text


@pytest.mark.parametrize(
    "quoted", ["rows|2|p", "rows|-1|p", "rows|x|p", "rows", "rows|0", "nothing", "rows|99999999|p"]
)
def test_a_cell_of_nothing_holds_no_number(files: dict[str, bytes], tmp_path: Path, quoted: str) -> None:
    assert findings(files, tmp_path / "p", quoted, "0.217")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_the_page_prints_is_its_own_number(files: dict[str, bytes], tmp_path: Path, language: Language) -> None:
    says = Label(en="x")
    check = Check(
        name="placebo_outcomes", of="both", verdict="says", value=0.1, bound=None, text=says, rows=tuple(ROWS[:1])
    )
    made = rows_of(check, language)
    assert made is not None
    assert len(made["fields"]) == len(made["headings"]) == len(made["cells"][0])
    for field, text in zip(made["fields"], made["cells"][0], strict=True):
        assert not findings(files, tmp_path / f"{language}-{field}", f"rows|0|{field}", text)
    assert not findings(files, tmp_path / f"{language}-value", "value", shown(0.1166812345))
