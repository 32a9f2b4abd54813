"""Files of strangers beside the zip itself: spreadsheets and Word files with entities, formulas in tables, markup in labels, and paths."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from made import results

from panelkit.core.errors import PackageError, PanelkitError
from panelkit.core.label import Label
from panelkit.replication import standalone
from panelkit.replication.audit import audit
from panelkit.replication.collect import PackageInputs, raw_place
from panelkit.replication.package import MANIFEST, make_package, manifest_of, write_package
from panelkit.replication.verify import verify
from panelkit.reporting.render import html

Files = dict[str, bytes]
ROOT = str(Path(__file__).parents[2])
LAUGHS = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY x SYSTEM "file:///etc/passwd">]>'


def archive(parts: dict[str, str | bytes]) -> bytes:
    store = io.BytesIO()
    with zipfile.ZipFile(store, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return store.getvalue()


@pytest.mark.parametrize(
    "xml", [f"{LAUGHS}<l>&x;</l>".encode(), f"{LAUGHS}<l/>".encode("utf-16"), b"<l>" + b" " * 10**7]
)
def test_a_manuscript_with_entities(tmp_path: Path, xml: bytes) -> None:
    (tmp_path / "paper.docx").write_bytes(archive({"word/document.xml": xml}))
    with pytest.raises(PackageError, match=r"entities|too much"):
        audit(tmp_path / "paper.docx", {})


def test_a_workbook_with_entities_gives_nothing_away(tmp_path: Path) -> None:
    from panelkit import looking

    sheet = f'{LAUGHS}<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&x;</t></is></c></row></sheetData></worksheet>'
    book = "<workbook><sheets><sheet name='s' sheetId='1' r:id='r1' xmlns:r='r'/></sheets></workbook>"
    (tmp_path / "raw.xlsx").write_bytes(archive({"xl/workbook.xml": book, "xl/worksheets/sheet1.xml": sheet}))
    try:
        seen = str(looking.inspect(tmp_path / "raw.xlsx"))
    except PanelkitError as error:
        seen = str(error)
    assert "root:" not in seen


def test_a_pickle_is_never_opened(files: Files, tmp_path: Path) -> None:
    class Poison:
        def __reduce__(self) -> tuple[object, tuple[str, str]]:
            return open, (str(tmp_path / "ran"), "w")

    for name in ("results/estimates.json", "data/processed/panel.dta", "data/processed/panel.csv", "ledger.json"):
        spoilt = {**files, name: pickle.dumps(Poison())}
        spoilt[MANIFEST] = manifest_of(spoilt).encode()
        assert verify(write_package(spoilt, tmp_path / "p"), levels=("L0", "L1")).exit_code == 1
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_formulas_in_tables_are_text(text: str) -> None:
    from panelkit.core.exhibit import Cell, Column, Row, Table
    from panelkit.reporting.render import csv as rendered

    rows = (Row(kind="text", label=text, cells=(Cell(raw=None, shown=text),)),)
    table = Table(id="t", title=text, columns=(Column(id="a", heading=(text,)),), rows=rows, notes=(text,))
    for line in csv.reader(io.StringIO(rendered.render(table).decode("utf-8-sig"), newline="")):
        assert not any(c.startswith(("=", "+", "-", "@", "\t", "\r")) for c in line), line


def test_markup_in_labels_is_text(inputs: PackageInputs) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)> | [a](javascript:alert(1))"
    head = replace(inputs.study.head, title=Label(en=evil, zh=evil), authors=(evil,), abstract=Label(en=evil, zh=evil))
    sources = {n: replace(s, publisher=evil, title=Label(en=evil), url=evil) for n, s in inputs.study.sources.items()}
    made = make_package(replace(inputs, study=replace(inputs.study, head=head, sources=sources)))
    for name in ("README.md", "README.zh.md"):
        assert b"<script" not in made[name]
        assert b"<img" not in made[name]
    assert json.loads(made["datacite.json"])["titles"][0]["title"].endswith(evil)
    first = results().estimates["both"]
    assert first.id == "both"
    from panelkit.core.exhibit import Cell, Column, Row, Table

    table = Table(id="t", title=evil, columns=(Column(id="a", heading=(evil,)),), notes=(evil,),
                  rows=(Row(kind="text", label=evil, cells=(Cell(raw=None, shown=evil),)),))  # fmt: skip
    assert "<script>alert" not in html.fragment(table)
    assert "<img" not in html.fragment(table)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../etc/passwd", "data/../../x.csv", "C:\\x.csv", "data/processed/panel.csv"]
)
def test_a_source_cannot_choose_its_place(path: str) -> None:
    place = raw_place("book", path)
    assert place.startswith("data/raw/book/")
    assert ".." not in place


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.csv"])
def test_a_study_cannot_read_outside_of_its_folder(tmp_path: Path, path: str) -> None:
    from panelkit import building, pipeline

    (tmp_path / "secret.csv").write_text("province,year,y\n110000,2015,1\n")
    folder = tmp_path / "study"
    (folder / "data" / "raw").mkdir(parents=True)
    (folder / "study.toml").write_text(
        f'schema = 1\n[study]\nid = "s"\ntitle = "s"\nseed = 1\n[panel]\nyears = [2015, 2015]\n[sources.a]\nkind = "tidy"\n'
        f'path = "{path}"\nseries = {{ y = "y" }}\n[variables.y]\nseries = "a.y"\n'
        '[[models]]\nid = "m"\nkind = "fixed_effects"\nformula = "y ~ 1"\n'
    )
    with pytest.raises(PanelkitError):
        building.build_panel(pipeline.read_study(folder / "study.toml"))


def test_a_ledger_cannot_name_a_path_outside(files: Files, tmp_path: Path) -> None:
    book = json.loads(files["ledger.json"])
    book["inputs"]["../../etc/passwd"] = {"sha256": "0" * 64, "provided": True}
    spoilt = {**files, "ledger.json": json.dumps(book).encode()}
    spoilt[MANIFEST] = manifest_of(spoilt).encode()
    found = verify(write_package(spoilt, tmp_path / "p"), levels=("L1",)).levels[0]
    assert any("no path of a package" in f for f in found.findings)


def test_a_bomb_in_gzip_and_a_stata_file_that_lies(files: Files) -> None:
    with pytest.raises(standalone.Cannot, match="far too much"):
        standalone.unzipped(gzip.compress(b"\0" * 10_000_000), most=1_000_000)
    with pytest.raises(standalone.Cannot, match="without end"):
        standalone.unzipped(gzip.compress(b"," * 10_000_000))
    dta = files["data/processed/panel.dta"]
    at = dta.index(b"<N>") + 3
    with pytest.raises(ValueError, match="shorter"):
        standalone.from_dta(dta[:at] + b"\xff" * 7 + b"\0" + dta[at + 8 :])


def test_outsized_cells_are_an_answer_and_no_crash(files: Files, tmp_path: Path) -> None:
    deep = {**files, "ledger.json": b"[" * 100_000}
    wide = {**files, "tables/table2.csv": files["tables/table2.csv"] + b'"' + b"9" * 2_000_000 + b'","1","r0"\n'}
    endless = {**files, "map.csv": b"a," * 3_000_000}
    large = {
        **files,
        "results/estimates.json": files["results/estimates.json"].replace(b'"rows": ', b'"rows": ' + b"9" * 400),
    }
    long = {
        **files,
        "data/processed/panel.csv": files["data/processed/panel.csv"] + b"110000,2019," + b"9" * 200_000 + b",1\n",
    }
    for number, spoilt in enumerate((deep, wide, endless, large, long)):
        spoilt[MANIFEST] = manifest_of(spoilt).encode()
        folder = write_package(spoilt, tmp_path / str(number))
        told = verify(folder, levels=("L1", "L2"), rerun=lambda _: {"estimates": []})
        assert told.exit_code == 1
        assert len(str(told)) < 20_000


@pytest.mark.parametrize(
    "text", ["9" * 40_000, "-" * 40_000, "1.1." * 10_000, "a" * 40_000, "{a" * 20_000, "(1" * 20_000, "$" * 40_000]
)
@pytest.mark.parametrize("ending", ["md", "tex"])
def test_a_hostile_manuscript_is_read_in_a_moment(tmp_path: Path, text: str, ending: str) -> None:
    (tmp_path / f"paper.{ending}").write_text(f"The effect is {text} here.\n")
    script = (
        f"from pathlib import Path; from panelkit.replication.audit import audit; audit(Path('paper.{ending}'), {{}})"
    )
    subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={**os.environ, "PYTHONPATH": ROOT}, timeout=60, check=True
    )


@pytest.mark.parametrize(
    "text", ["0e999999", "1e999999", "0e-999999", "9" * 39 + "e9", "0." + "0" * 38 + "e99999", "１２.３", "1e5%"]
)
def test_numbers_beyond_any_size_are_unbound_and_no_crash(tmp_path: Path, text: str) -> None:
    from panelkit.core.manifest import Entry

    key = ("m", "x", "estimate")
    ledger = {"t.r0.c0": Entry(cell="t.r0.c0", exhibit="t", raw=0.2451, shown="0.245", mark="", key=key)}
    (tmp_path / "paper.md").write_text(f"The coefficient is {text} here.\n")
    assert not [n for n in audit(tmp_path / "paper.md", ledger).numbers if n.binding in ("exact", "words")]
    assert not standalone.rounds(0.5, text)


@pytest.mark.parametrize(
    "text",
    ["<td " * 100_000, '<a href="' * 100_000, "{" * 200_000, "* a: b, " * 50_000, "\\multicolumn{1}{c}{" * 20_000],
)
def test_hostile_text_in_a_package_is_refused_in_a_moment(files: Files, tmp_path: Path, text: str) -> None:
    for number, name in enumerate(
        ("tables/table2.html", "tables/table2.tex", "tables/table2.typ", "stata/both.do", "report.html")
    ):
        spoilt = {**files, name: files[name] + f"\n{text}".encode()}
        spoilt[MANIFEST] = manifest_of(spoilt).encode()
        folder = write_package(spoilt, tmp_path / str(number))
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(folder / "verify.py")], capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 1, name


def test_no_module_of_a_package_is_imported(files: Files, tmp_path: Path) -> None:
    """Not by the levels that start a process, not by its verify.py, not by a command given inside its folder."""
    from panelkit.replication.rebuild import Rebuild
    from panelkit.replication.verify import Means

    evil = f"open({str(tmp_path / 'ran')!r}, 'a').write(__file__)\n".encode()
    names = ("venv", "re", "json", "logging", "runpy", "pandas", "sitecustomize", "typer", "pip")
    spoilt = {**files, **{f"{name}.py": evil for name in names}}
    spoilt[MANIFEST] = manifest_of(spoilt).encode()
    folder = write_package(spoilt, tmp_path / "p")
    lock = files["env/requirements.lock"].decode()
    verify(folder, levels=("L3",), means=Means(rebuild=Rebuild(offline=True, seconds=2.0, lock=lock)))
    for command in (["verify.py"], ["-m", "panelkit", "verify", ".", "--levels", "L0"]):
        env = {**os.environ, "PYTHONPATH": ROOT}
        done = subprocess.run([sys.executable, *command], cwd=folder, env=env, capture_output=True, check=False)
        assert done.returncode == 1, done.stderr
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()
