"""Bad input ends in one clear message (where, what, how to mend), exit code 2, and nothing written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def figures(folder: Path) -> Path:
    return folder / "data" / "raw" / "figures.csv"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def in_study(old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: edit(folder / "study.toml", old, new)


def duplicated_row(folder: Path) -> None:
    lines = figures(folder).read_text("utf-8").splitlines()
    figures(folder).write_text("\n".join([*lines, lines[1]]) + "\n", "utf-8")


def text_number(folder: Path) -> None:
    lines = figures(folder).read_text("utf-8").splitlines()
    cells = lines[1].split(",")
    lines[1] = f'{cells[0]},{cells[1]},"3,078.5",{cells[3]},{cells[4]}'
    figures(folder).write_text("\n".join(lines) + "\n", "utf-8")


def gbk_as_utf8(folder: Path) -> None:
    text = figures(folder).read_text("utf-8")
    figures(folder).write_bytes(text.encode("gb18030"))
    edit(
        folder / "study.toml",
        'unit = "province"\ntime = "year"\nseries',
        'unit = "province"\ntime = "year"\nencoding = "utf-8"\nseries',
    )


def no_excel(folder: Path) -> None:
    (folder / "data/raw/figures.xls").write_text("<html><table></table></html>", "utf-8")
    edit(folder / "study.toml", 'kind = "tidy"', 'kind = "nbs_excel"')
    edit(folder / "study.toml", "figures.csv", "figures.xls")
    edit(folder / "study.toml", 'unit = "province"\ntime = "year"\nseries', "series")


def two_shanxi(folder: Path) -> None:
    text = figures(folder).read_text("utf-8").replace("山西,", "Shanxi,").replace("陕西,", "Shanxi,")
    figures(folder).write_text(text, "utf-8")


def unknown_province(folder: Path) -> None:
    figures(folder).write_text(figures(folder).read_text("utf-8").replace("浙江,", "Atlantis,"), "utf-8")


def infinite(folder: Path) -> None:
    lines = figures(folder).read_text("utf-8").splitlines()
    cells = lines[9].split(",")
    lines[9] = ",".join([*cells[:2], "inf", *cells[3:]])
    figures(folder).write_text("\n".join(lines) + "\n", "utf-8")


def blank_cell(folder: Path) -> None:
    lines = figures(folder).read_text("utf-8").splitlines()
    cells = lines[9].split(",")
    lines[9] = ",".join([*cells[:2], "", *cells[3:]])
    figures(folder).write_text("\n".join(lines) + "\n", "utf-8")


COMBINED = '[variables.w]\nexpression = "x + 2 * z"\n[[models]]'
CONSTANT = '[variables.w]\nderive = "province_fact"\nwith = { fact = "coastal" }\n[[models]]'
SPOILED: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "unknown key": (in_study('id = "main"', 'id = "main"\nformla = "x"'), "models.main.formla", "formula"),
    "misspelt variable": (in_study("y ~ x + z", "y ~ xx + z"), "models.main", "'x'"),
    "duplicated province-year": (duplicated_row, "line 250", "Beijing 110000"),
    "text number": (text_number, "line 2", "thousands"),
    "GBK read as UTF-8": (gbk_as_utf8, "figures.csv", "encoding"),
    "an Excel file that is none": (no_excel, "figures.xls", ""),
    "no province column": (in_study('unit = "province"\ntime', 'unit = "provnce"\ntime'), "figures.csv", "'province'"),
    "two Shanxi": (two_shanxi, "figures.csv", "Shanxi"),
    "unknown province": (unknown_province, "figures.csv", "Atlantis"),
    "infinite value": (infinite, "line 10", ""),
    "gap refused": (blank_cell, "line 10", "gaps"),
    "exact combination": (
        lambda f: (in_study("[[models]]", COMBINED)(f), in_study("y ~ x + z", "y ~ x + z + w")(f))[0],
        "models.main",
        "w",
    ),
    "constant within units": (
        lambda f: (in_study("[[models]]", CONSTANT)(f), in_study("y ~ x + z", "y ~ x + z + w")(f))[0],
        "models.main",
        "w",
    ),
    "one cluster": (
        in_study("y ~ x + z | province + year", "y ~ x + z\"\nwhere = \"province == '110000'"),
        "models.main",
        "cluster",
    ),
    "empty sample": (in_study('id = "main"', 'id = "main"\nwhere = "year > 2050"'), "models.main", ""),
    "missing file": (in_study("figures.csv", "nothing.csv"), "sources.raw.path", "nothing.csv"),
}


@pytest.mark.parametrize("name", SPOILED)
def test_bad_input_is_one_clear_message(name: str, small: Path, cli: Any) -> None:
    spoil, where, word = SPOILED[name]
    spoil(small)
    done = cli("run", "study.toml", "--json", cwd=small)
    assert done.returncode == 2, done.stdout + done.stderr
    faults = json.loads(done.stdout)
    told = json.dumps(faults, ensure_ascii=False)
    assert 1 <= len(faults) <= 40
    assert all(f["what"] for f in faults)
    assert all(f["mend"] for f in faults), faults
    assert where in told, told
    assert word in told, told
    assert not (small / "output").exists(), "nothing is written"
    assert "Traceback" not in done.stderr


def test_the_small_study_itself_runs(small: Path, cli: Any) -> None:
    done = cli("run", "study.toml", cwd=small)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("spoil", ["exact combination", "constant within units"])
def test_collinear_columns_are_dropped_by_name_where_asked(spoil: str, small: Path, cli: Any) -> None:
    SPOILED[spoil][0](small)
    edit(small / "study.toml", "[[models]]", '[defaults]\ncollinear = "drop"\n[[models]]')
    done = cli("run", "study.toml", cwd=small)
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads((small / "output/small/estimates.json").read_text("utf-8"))
    assert document["estimates"][0]["dropped_terms"] == ["w"]
    table = (small / "output/small/tables/one.csv").read_text("utf-8-sig")
    assert "w" in table.split("Notes", 1)[1], "the note names what was dropped"
