"""Errors put into a package, one at a time: L0 sees each, and L1 sees those that a cheat hides from L0 by hashing anew."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from panelkit.replication import standalone
from panelkit.replication.archive import zipped
from panelkit.replication.package import MANIFEST, manifest_of, write_package

Files = dict[str, bytes]
Spoil = Callable[[Files], None]


def text(name: str, old: str, new: str) -> Spoil:
    def spoil(files: Files) -> None:
        assert old.encode() in files[name], f"{old!r} is not in {name}"
        files[name] = files[name].replace(old.encode(), new.encode(), 1)

    return spoil


def pattern(name: str, old: str, new: str) -> Spoil:
    def spoil(files: Files) -> None:
        changed, count = re.subn(old, new, files[name].decode(), count=1)
        assert count, f"{old!r} is not in {name}"
        files[name] = changed.encode()

    return spoil


def word(table: str, old: str, new: str) -> Spoil:
    def spoil(files: Files) -> None:
        with zipfile.ZipFile(io.BytesIO(files[f"tables/{table}.docx"])) as opened:
            parts = {m.filename: opened.read(m) for m in opened.infolist()}
        xml = parts["word/document.xml"].decode()
        assert old in xml, f"{old!r} is not in the document"
        parts["word/document.xml"] = xml.replace(old, new, 1).encode()
        files[f"tables/{table}.docx"] = zipped(parts)

    return spoil


def value(name: str, path: list, change: Callable) -> Spoil:
    def spoil(files: Files) -> None:
        document = json.loads(files[name])
        holder = document
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = change(holder[path[-1]])
        files[name] = json.dumps(document, ensure_ascii=False).encode()

    return spoil


def gone(name: str) -> Spoil:
    return lambda files: files.pop(name) and None


def put(name: str, data: bytes) -> Spoil:
    return lambda files: files.__setitem__(name, data)


def everywhere(old: str, new: str) -> Spoil:
    """The clever cheat: in every printed file at once, but not in the results."""

    def spoil(files: Files) -> None:
        for name in [n for n in files if n.startswith("tables/table2.") or n == "report.html"]:
            if name.endswith(".docx"):
                word("table2", old, new)(files)
            else:
                files[name] = files[name].replace(old.encode(), new.encode())

    return spoil


EST, LED = "results/estimates.json", "ledger.json"
TERM = ["estimates", 0, "terms", 0]
half = lambda v: v * 0.5  # noqa: E731
more = lambda v: v + 1  # noqa: E731

# name, what is spoilt, whether L1 can know after the manifest is made anew
INJECTIONS: list[tuple[str, Spoil, bool]] = [
    ("tex digit", text("tables/table2.tex", ".809{\\pkstars{***}} &", ".909{\\pkstars{***}} &"), True),
    ("tex se digit", text("tables/table2.tex", ".035{)}", ".025{)}"), True),
    ("tex second column", text("tables/table2.tex", "& 0.805{\\pkstars{***}} \\\\", "& 0.005{\\pkstars{***}} \\\\"), True),
    ("tex star dropped", text("tables/table2.tex", ".809{\\pkstars{***}} &", ".809{\\pkstars{**}} &"), True),
    ("tex all stars dropped", text("tables/table2.tex", ".809{\\pkstars{***}} &", ".809 &"), True),
    ("tex FE swapped", text("tables/table2.tex", "Province FE & {Yes} & {No}", "Province FE & {No} & {Yes}"), True),
    ("tex FE claimed", text("tables/table2.tex", "Province FE & {Yes} & {No}", "Province FE & {Yes} & {Yes}"), True),
    ("tex N", text("tables/table2.tex", "Observations & {30} & {30}", "Observations & {31} & {30}"), True),
    ("tex settings print another number", text("tables/table2.tex", "group-digits=integer", "round-mode=places"), True),
    ("tex settings ignore a digit", text("tables/table2.tex", "input-ignore={,}", "input-ignore={,8}"), True),
    ("tex column prints another number", text("tables/table2.tex", "S[table-format", "S[round-mode=places,table-format"), True),
    ("tex redefinition", text("tables/table2.tex", "\\centering", "\\centering\\renewcommand{\\pkstars}[1]{0.9}"), True),
    ("tex row unmarked", text("tables/table2.tex", " \\\\ % pk r5", " \\\\"), True),
    ("tex row added", text("tables/table2.tex", "\\bottomrule", "Best & 9.999 & 9.999 \\\\\n\\bottomrule"), True),
    ("tex number in a blank", text("tables/table2.tex", "&  \\\\ % pk r8", "& 0.999 \\\\ % pk r8"), True),
    ("tex label", text("tables/table2.tex", "Sales (R \\& D\\_1)", "Exports"), True),
    ("tex heading", text("tables/table2.tex", "{c}{(2)}", "{c}{(3)}"), True),
    ("html heading", text("tables/table2.html", ">Output<", ">Exports<"), True),
    ("word heading", word("table2", ">(2)<", ">(3)<"), True),
    ("csv heading", text("tables/table2.csv", '(2)', '(3)'), True),
    ("tex note", text("tables/table2.tex", "clustered by province (CR1)", "clustered by year (CR1)"), True),
    ("tex descriptive", pattern("tables/table1.tex", r"(& -?\d+\.)[0-79](\d\d)", r"\g<1>8\2"), True),
    ("html digit", text("tables/table2.html", ">.809<", ">.819<"), True),
    ("html star", text("tables/table2.html", "<sup>***</sup>", "<sup>**</sup>"), True),
    ("html data-raw", pattern("tables/table2.html", r'data-raw="0\.80', 'data-raw="0.81'), True),
    ("html data-key", text("tables/table2.html", 'data-key="both|x|se"', 'data-key="both|x|p"'), True),
    ("html FE", text("tables/table2.html", ">No<", ">Yes<"), True),
    ("html N", text("tables/table2.html", ">30<", ">300<"), True),
    ("html hidden", text("tables/table2.html", '<td data-cell="r0.c0"', '<td hidden data-cell="r0.c0"'), True),
    ("html cell besides", text("tables/table2.html", '<td data-cell="r0.c1"', "<td>0.999</td><td data-cell=\"r0.c1\""), True),
    ("html style", text("tables/table2.html", "<style>", "<style>.num{display:none}"), True),
    ("html note level", text("tables/table2.html", "below 1%, 5%, 10%", "below 5%, 10%, 20%"), True),
    ("page digit", text("report.html", ">.809<", ">.999<"), True),
    ("page sentence", text("report.html", ">30 observations", ">29 observations"), True),
    ("page fact", text("report.html", 'data-from="panel|rows">30', 'data-from="panel|rows">32'), True),
    ("page without a table", pattern("report.html", r'id="table-table2"', 'id="other"'), True),
    ("word digit", word("table2", ">0.809<", ">0.909<"), True),
    ("word star", word("table2", ">***<", ">**<"), True),
    ("word FE", word("table2", ">No<", ">Yes<"), True),
    ("word N", word("table2", ">30<", ">33<"), True),
    ("word label", word("table2", "Sales (R &amp; D_1)", "Exports"), True),
    ("word hidden", word("table2", "<w:rPr>", "<w:rPr><w:vanish/>"), True),
    ("word entity", word("table2", "<w:document", '<!DOCTYPE a [<!ENTITY b "0.9">]><w:document'), True),
    ("word broken", put("tables/table2.docx", b"PK no zip"), True),
    ("csv digit", text("tables/table2.csv", "0.809***", "0.909***"), True),
    ("csv star", text("tables/table2.csv", "0.809***", "0.809**"), True),
    ("csv FE", text("tables/table2.csv", '"Yes","No"', '"No","Yes"'), True),
    ("csv N", text("tables/table2.csv", '"30","30","r5"', '"30","40","r5"'), True),
    ("csv sign", text("tables/table2.csv", '"0.809***"', '"\u22120.809***"'), True),
    ("csv note level", text("tables/table2.csv", "below 1%, 5%, 10%", "below 5%, 10%, 20%"), True),
    ("estimate", value(EST, [*TERM, "estimate"], half), True),
    ("se", value(EST, [*TERM, "se"], half), True),
    ("statistic", value(EST, [*TERM, "statistic"], half), True),
    ("p", value(EST, [*TERM, "p"], lambda v: v + 0.02), True),
    ("df", value(EST, [*TERM, "df"], lambda v: 500.0), True),
    ("interval", value(EST, [*TERM, "low"], half), True),
    ("covariance", value(EST, ["estimates", 0, "covariance_matrix", 0, 0], half), True),
    ("resampled p", value(EST, ["estimates", 0, "resampled", 0, "p"], half), True),
    ("rows", value(EST, ["estimates", 1, "sample", "rows"], more), True),
    ("clusters", value(EST, ["estimates", 0, "sample", "clusters", "province"], more), True),
    ("absorb", value(EST, ["estimates", 0, "absorb"], lambda v: ["year"]), True),
    ("r2", value(EST, ["estimates", 0, "fit", "r2_within"], lambda v: 0.95), True),
    ("second engine", value("results/checks.json", ["checks", 0, "verdict"], lambda v: "fails"), True),
    ("ledger raw", value(LED, ["numbers", "table2.r0.c0", "raw"], half), True),
    ("ledger shown", value(LED, ["numbers", "table2.r0.c0", "shown"], lambda v: "0.909"), True),
    ("ledger mark", value(LED, ["numbers", "table2.r0.c0", "mark"], lambda v: ""), True),
    ("ledger key", value(LED, ["numbers", "table2.r0.c0", "key"], lambda v: ["years", "x", "estimate"]), True),
    ("ledger unknown key", value(LED, ["numbers", "table2.r0.c0", "key"], lambda v: ["both", "z", "estimate"]), True),
    ("ledger levels", value(LED, ["settings", "table2", "stars"], lambda v: [0.2, 0.1, 0.05]), True),
    ("ledger entry gone", value(LED, ["numbers"], lambda v: {k: e for k, e in v.items() if k != "table2.r0.c0"}), True),
    ("cells raw", pattern("tables/table2.cells.json", r'"raw": 0\.80', '"raw": 0.90'), True),
    ("digit in all formats", everywhere(".809", ".909"), True),
    ("FE in all formats", everywhere(">No<", ">Yes<"), True),
    ("file deleted", gone("tables/table2.tex"), True),
    ("results deleted", gone(EST), True),
    ("ledger deleted", gone(LED), True),
    ("study deleted", gone("study.toml"), True),
    ("licence deleted", gone("LICENSE.txt"), False),
    ("table added", put("tables/table9.tex", b"x"), True),
    ("file added", put("notes.txt", b"x"), False),
    ("junk added", put("__MACOSX/._a", b"x"), False),
    ("git added", put(".git/config", b"x"), False),
    ("empty results", put(EST, b""), True),
    ("empty table", put("tables/table2.csv", b""), True),
    ("raw cell", text("data/raw/book/y.csv", "1,2,3", "1,2,4"), True),
    ("panel cell", pattern("data/processed/panel.csv", r"(\d\.\d{4})\d", r"\g<1>77"), True),
    ("panel row dropped", pattern("data/processed/panel.csv", r"110000,2015,.*\n", ""), True),
    ("study seed", text("study.toml", "seed = 7", "seed = 8"), True),
    ("README run time", text("README.md", "<10 minutes", "<1 minute"), True),
    ("README seed", text("README.md", "one seed, 7,", "one seed, 9,"), True),
    ("README exhibit", text("README.md", "`tables/table2.tex`", "`tables/main.tex`"), True),
    ("map", text("map.csv", "tables/table2.tex", "tables/other.tex"), True),
]  # fmt: skip
NAMES = [i[0] for i in INJECTIONS]


def verdicts(folder: Path) -> dict[str, str]:
    return {level["level"]: level["verdict"] for level in standalone.verify(str(folder), ["L0", "L1"])["levels"]}


def test_untouched_is_verified(files: Files, tmp_path: Path) -> None:
    assert verdicts(write_package(files, tmp_path / "p")) == {"L0": "verified", "L1": "verified"}


@pytest.mark.parametrize("injection", INJECTIONS, ids=NAMES)
def test_caught(files: Files, tmp_path: Path, injection: tuple[str, Spoil, bool]) -> None:
    _, spoil, known_to_l1 = injection
    spoilt = dict(files)
    spoil(spoilt)
    assert spoilt != files
    assert verdicts(write_package(spoilt, tmp_path / "honest"))["L0"] == "differs"
    spoilt[MANIFEST] = manifest_of(spoilt).encode()
    found = verdicts(write_package(spoilt, tmp_path / "cheat"))
    if known_to_l1:
        assert found["L1"] in ("differs", "stale", "unbound")


def test_enough_are_tried() -> None:
    assert len(INJECTIONS) >= 80
    assert len(NAMES) == len(set(NAMES))


def test_numbers_in_sentences_are_held_or_counted(files: Files, tmp_path: Path) -> None:
    """A sentence that quotes results holds none but theirs; of what the author wrote, a number from nowhere is counted, no fault."""
    folder = write_package(files, tmp_path / "p")
    level = next(x for x in standalone.verify(str(folder), ["L1"])["levels"] if x["level"] == "L1")
    told = next(n for n in level["notes"] if n.startswith("report.html"))
    assert "6 in sentences to what they quote; 2 are bound to nothing" in told
