"""Raw files of the flagship: each as its sidecar says, and equal to what the carry-over script writes."""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from panelkit.facts.provinces import provinces

ROOT = Path(__file__).resolve().parents[2]
RAW = ROOT / "data" / "raw"
COMPILATION = ROOT.parent / "shared" / "facts" / "china_province_year.csv"
SIDECARS = sorted(RAW.glob("*/*.source.toml"))
SAID = ("publisher", "title", "url", "retrieved", "years", "licence", "redistribute", "confidence", "notes", "steps")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("sidecar", SIDECARS, ids=lambda p: p.name.removesuffix(".source.toml"))
def test_every_file_is_as_its_sidecar_says(sidecar: Path) -> None:
    said = tomllib.loads(sidecar.read_text(encoding="utf-8"))
    assert not [key for key in SAID if key not in said]
    assert ("vintage" in said) != ("vintage_column" in said)
    file = sidecar.with_name(sidecar.name.removesuffix(".source.toml"))
    assert hashlib.sha256(file.read_bytes()).hexdigest() == said["sha256"]
    rows = rows_of(file)
    assert list(rows[0]) == ["province_code", "year", *said["columns"], *said.get("marks", {})]
    first, last = said["years"]
    units = ["000000"] if said.get("nation") else [p.code for p in provinces()]
    span = [(u, str(y)) for u in units for y in range(first, last + 1)]
    assert [(r["province_code"], r["year"]) for r in rows] == span
    for name, column in said["columns"].items():
        assert column["unit"]
        assert column["label"].keys() == {"en", "zh"}
        values = [float(r[name]) for r in rows if r[name]]
        assert min(values) > 0
        assert len(values) > (0.7 if said.get("nation") else 0.9) * len(rows)


def test_every_csv_has_a_sidecar() -> None:
    assert {p.name for p in RAW.glob("*/*.csv")} == {p.name.removesuffix(".source.toml") for p in SIDECARS}


def test_the_cells_that_the_one_vintage_shares_lack() -> None:
    rows = rows_of(RAW / "nbs" / "sector_shares_one_vintage.csv")
    empty = {(r["province_code"], r["year"]) for r in rows if int(r["year"]) >= 2015 and not r["secondary_share"]}
    assert empty == {(c, "2015") for c in ("110000", "130000", "370000", "450000", "460000", "540000")} | {
        ("360000", "2018")
    }


@pytest.mark.skipif(not COMPILATION.is_file(), reason="the compilation of official figures is not beside the checkout")
def test_the_script_writes_the_same_bytes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(RAW / "carry_over.py"), str(tmp_path)], check=True, capture_output=True)
    written = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    mine = sorted(p.relative_to(RAW) for p in RAW.glob("*/*") if p.is_file() and p.suffix in (".csv", ".toml"))
    assert written == mine
    assert [(tmp_path / p).read_bytes() for p in written] == [(RAW / p).read_bytes() for p in mine]
