"""report.pdf read back with the standard library: every row of every table, no number besides; changed, hidden or bent, it is found."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from made import finished, resealed, results

from panelkit.core import digest
from panelkit.core.errors import ReportError
from panelkit.core.registry import TABLES
from panelkit.replication import standalone
from panelkit.replication.package import make_package, write_package
from panelkit.replication.standalone.level import Level
from panelkit.replication.standalone.on_paper import with_powers
from panelkit.replication.standalone.pdf import Pdf, glyphs, text_of
from panelkit.replication.standalone.readme_pages import readme_pages
from panelkit.reporting.readme_pdf import readme_pdf

pytest.importorskip("typst")
Files = dict[str, bytes]
CONTENT = re.compile(rb"(\d+) 0 obj\s*<</Length (\d+)/Filter/FlateDecode>>\s*stream\r?\n")


@pytest.fixture(scope="module", params=["en", "zh"])
def packaged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A small package with a page and a PDF of the same run."""
    from panelkit.reporting.document import document
    from panelkit.reporting.page import page

    made = results(request.param)
    inputs = finished(tmp_path_factory.mktemp("run"), request.param)
    tables = tuple(TABLES[t.kind].build(t, made) for t in made.study.tables)
    manifest = json.loads((inputs.output / "manifest.json").read_text("utf-8"))
    for name, data in (("report.html", page(made, tables, (), {})), ("report.pdf", document(made, tables, (), {}))):
        (inputs.output / name).write_bytes(data)
        manifest["files"][name] = digest.of_bytes(data)
    (inputs.output / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
    return make_package(inputs)


def found(files: Files, folder: Path) -> list[str]:
    level = standalone.verify(str(write_package(resealed(files), folder)), ["L1"])["levels"][0]
    return [f for f in level["findings"] if "report.pdf" in f]


def changed(pdf: bytes, old: str, new: str, nth: int = 0) -> bytes:
    """The PDF with one text of a run in place of another of the same length, set in the glyphs of its font."""
    read = Pdf(pdf)
    fonts = {n: glyphs(read, n) for n in read.objects if b"/ToUnicode" in read.head(n)}
    for match in CONTENT.finditer(pdf):
        start, size = match.end(), int(match.group(2))
        try:
            content = zlib.decompress(pdf[start : start + size])
        except zlib.error:
            continue
        for table in fonts.values():
            codes = {text: code for code, text in table.items() if len(text) == 1}
            if not set(old + new) <= set(codes):
                continue
            a, b = (b"".join(escaped(codes[c]) for c in text) for text in (old, new))
            places = [m.start() for m in re.finditer(re.escape(a), content)] if b"BT" in content else []
            if len(places) > nth:
                at = places[nth]
                packed = zlib.compress(content[:at] + b + content[at + len(a) :])
                head = pdf[match.start() : start].replace(b"/Length %d" % size, b"/Length %d" % len(packed))
                return pdf[: match.start()] + head + packed + pdf[start + size :]
    raise AssertionError(f"{old} is not in the PDF")


def escaped(code: int) -> bytes:
    return b"".join(ESCAPES.get(b, bytes([b]) if 32 <= b < 127 else b"\\%03o" % b) for b in divmod(code, 256))


ESCAPES = {10: b"\\n", 13: b"\\r", 9: b"\\t", 8: b"\\b", 12: b"\\f", 40: b"\\(", 41: b"\\)", 92: b"\\\\"}


def test_untouched_it_is_read_and_verified(packaged: Files, tmp_path: Path) -> None:
    folder = write_package(packaged, tmp_path / "p")
    levels = standalone.verify(str(folder), ["L0", "L1"])["levels"]
    assert [(x["verdict"], x["findings"]) for x in levels] == [("verified", [])] * 2
    assert any(n.startswith("report.pdf: ") and "rows of tables" in n for n in levels[1]["notes"])
    listed = [row[1] for row in csv.reader(io.StringIO(packaged["map.csv"].decode("utf-8-sig"))) if row[0] == "report"]
    assert listed == ["report.html", "report.pdf"]
    for readme in ("README.md", "README.zh.md"):
        assert b"`report.pdf`" in packaged[readme]


def test_it_reads_what_another_program_reads(packaged: Files, tmp_path: Path) -> None:
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not installed")
    (tmp_path / "r.pdf").write_bytes(packaged["report.pdf"])
    other = subprocess.run(
        ["pdftotext", "-raw", str(tmp_path / "r.pdf"), "-"], capture_output=True, check=True
    ).stdout.decode()
    ours = "".join(text_of(packaged["report.pdf"]))
    assert sorted("".join(other.split())) == sorted("".join(ours.split()))


@pytest.mark.parametrize(("old", "new"), [(".809", ".909"), (".035)", ".053)"), (".805", ".508"), (".812", ".912")])
def test_a_number_changed_is_found(packaged: Files, tmp_path: Path, old: str, new: str) -> None:
    hit = 0
    for nth in range(3):
        try:
            pdf = changed(packaged["report.pdf"], old, new, nth)
        except AssertionError:
            break
        hit += 1
        assert found({**packaged, "report.pdf": pdf}, tmp_path / str(nth)), f"{old} to {new}, place {nth}"
    assert hit


def test_what_is_bent_hidden_or_more_is_refused(packaged: Files, tmp_path: Path) -> None:
    pdf = packaged["report.pdf"]
    for number, spoilt in enumerate((
        b"%PDF-1.7\n", pdf[: len(pdf) // 2], pdf + b"\n9 0 obj\n<</Type/Page>>\nendobj\n%%EOF\n", b"PK" + pdf,
        pdf.replace(b"/Type/Catalog", b"/OpenAction 1 0 R/Type/Catalog"), re.sub(rb"/ToUnicode \d+ 0 R", b"", pdf),
    )):  # fmt: skip
        assert found({**packaged, "report.pdf": spoilt}, tmp_path / str(number)), number


def test_a_bomb_is_refused() -> None:
    packed = zlib.compress(b"0" * 300_000_000)
    bomb = (
        b"%%PDF-1.7\n1 0 obj\n<</Length %d/Filter/FlateDecode>>\nstream\n" % len(packed)
        + packed
        + b"\nendstream\nendobj\n%%EOF"
    )
    with pytest.raises(ValueError, match="far too much"):
        Pdf(bomb).stream(1)


@pytest.mark.parametrize(
    "content", [b"(" * 200_000, b"(\\" * 100_000, b"<" * 200_000, b"[" * 200_000, b"(\\0" * 100_000 + b")"]
)
def test_hostile_text_takes_no_time(content: bytes) -> None:
    from panelkit.replication.standalone.pdf import pieces

    with contextlib.suppress(ValueError):
        assert len(list(pieces(content))) <= len(content)


def test_a_power_of_ten_that_chinese_text_sets_apart_is_of_its_number() -> None:
    runs = ["最大相对差", "6.9", "e-16", "。", "0.062", "0.033", "2", "电商e-1"]
    assert with_powers(runs) == ["最大相对差", "6.9e-16", "。", "0.062", "0.033", "2", "电商e-1"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_readme_as_pdf_says_what_its_markdown_says(files: dict[str, bytes], tmp_path: Path, language: str) -> None:
    pytest.importorskip("typst")
    end = ".zh" if language == "zh" else ""
    text = files[f"README{end}.md"].decode()
    try:
        printed = readme_pdf(text, language)  # type: ignore[arg-type]
    except ReportError as error:
        pytest.skip(str(error))
    (tmp_path / f"README{end}.pdf").write_bytes(printed)
    number = re.search(r"(?<![\w.`/\-])\d{2,}(?![\w.`/%\-])", text)
    assert number is not None
    changed = text[: number.start()] + f"{int(number.group()) + 11}" + text[number.end() :]
    less = "\n".join(line for line in text.split("\n") if number.group() not in line)
    for told, finds in ((text, False), (changed, True), (less, True), (f"{text}\nOne more line, 4711.\n", True)):
        (tmp_path / f"README{end}.md").write_text(told, "utf-8")
        level = Level("L1")
        readme_pages(str(tmp_path), level)
        assert bool(level.findings) is finds, (told == text, level.findings)
        assert level.compared > 100 or finds
