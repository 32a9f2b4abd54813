"""Numbers of a manuscript: found, told apart, bound to the ledger or listed with what they may have been meant to be."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import docx
import pytest

from panelkit.core.errors import PackageError
from panelkit.core.manifest import Entry
from panelkit.replication.audit import AuditReport, audit, beside, entries_of, label_words
from panelkit.replication.binding import chance_of


def entry(cell: str, raw: float | int, shown: str, field: str, term: str = "sales", mark: str = "") -> Entry:
    return Entry(cell=cell, exhibit="t", raw=raw, shown=shown, mark=mark, key=("main", term, field))


LEDGER = {
    e.cell: e
    for e in (
        entry("t.r0.c0", 0.26804, "0.268", "estimate", mark="***"),
        entry("t.r1.c0", 0.08315, "(0.083)", "se"),
        entry("t.r2.c0", -1.4171, "\u22121.417", "estimate", "labour"),
        entry("t.r3.c0", 372, "372", "rows", ""),
        entry("t.r4.c0", 31, "31", "units", ""),
    )
}
WORDS = {"sales": ("sales", "销售额"), "labour": ("labour", "劳动力"), "main": ("main",)}


def audited(folder: Path, text: str, ending: str = "md") -> AuditReport:
    paper = folder / f"paper.{ending}"
    paper.write_text(text, "utf-8")
    return audit(paper, LEDGER, words=WORDS)


@pytest.mark.parametrize(
    ("text", "ending", "binding"),
    [
        ("Sales raise it by 0.268 a year.", "md", "words"),
        ("Sales raise it by $0.268^{***}$.", "tex", "words"),
        ("Sales raise it by $0.268^{*}$.", "tex", "unbound"),
        ("销售额的系数为0.268。", "md", "words"),
        ("The effect of labour is \u22121.417.", "md", "words"),
        ("The effect of labour is $-1.417$.", "tex", "words"),
        ("Somewhere stands 0.268.", "md", "value"),
        ("Sales: 26.8% more.", "md", "words"),
        ("With 372 observations.", "md", "words"),
        ("Sales raise it by 0.286.", "md", "unbound"),
        ("Sales raise it by -0.268.", "md", "unbound"),
        ("It is \\pkcell{t.r0.c0}.", "tex", "exact"),
        ("It is \\pkkey{main|sales|estimate}.", "tex", "exact"),
        ("It is \\pk{t.r0.c0}.", "tex", "exact"),
        ("It is \\pkcell{t.r9.c9}.", "tex", "unbound"),
        ("In 2015 it began.", "md", "no estimate"),
        ("See Table 2.", "md", "no estimate"),
        ("见表2。", "md", "no estimate"),
        ("at the 5% level", "md", "no estimate"),
        ("by 2SLS", "md", "no estimate"),
        ("\\citep{smith2015}", "tex", "no estimate"),
        ("\\vspace{3pt}", "tex", "no estimate"),
        ("https://example.org/0.268", "md", "no estimate"),
    ],
)
def test_one_number(tmp_path: Path, text: str, ending: str, binding: str) -> None:
    found = audited(tmp_path, text, ending)
    assert [b.binding for b in found.numbers] == [binding]
    assert found.exit_code == (binding == "unbound")


def test_a_standard_error_beside_its_coefficient(tmp_path: Path) -> None:
    found = audited(tmp_path, "The effect of sales is 0.268 (0.083) with N = 372.")
    assert [b.key and b.key[2] for b in found.numbers] == ["estimate", "se", "rows"]
    assert found.counts["words"] == 3


@pytest.mark.parametrize(
    ("text", "miss"),
    [
        ("-0.268", "other sign"),
        ("26.804", "percent for fraction"),
        ("0.269", "rounded otherwise"),
        ("0.267", "rounded otherwise"),
        ("0.968", "one digit off"),
        ("0.286", "digits exchanged"),
        ("2.680", "decimal point elsewhere"),
        ("373", "one digit off"),
    ],
)
def test_near_misses(tmp_path: Path, text: str, miss: str) -> None:
    (found,) = audited(tmp_path, f"Sales: {text}.").numbers
    assert found.binding == "unbound"
    assert any(miss in m for m in found.misses), found.misses


def test_every_number_is_counted_and_comments_are_none(tmp_path: Path) -> None:
    text = "\\documentclass[12pt]{article}\n\\begin{document}\n1.5 and 2.5 % 3.5\n\\end{document}\n4.5\n"
    found = audited(tmp_path, text, "tex")
    assert sum(found.counts.values()) == 2
    assert "2 numbers" in str(found)


def test_chance() -> None:
    assert chance_of("0.268", LEDGER.values()) == pytest.approx(2 / 2000)
    assert chance_of("0.3", LEDGER.values()) == pytest.approx(2 / 20)
    assert chance_of("0.3", ()) == 0
    many = [entry(str(i), i / 1000, "", "estimate") for i in range(400)]
    assert chance_of("0.3", many) == pytest.approx(5 / 20)


def test_word_and_its_footnotes(tmp_path: Path) -> None:
    paper = docx.Document()
    paper.add_paragraph("Sales raise it by ").add_run("0.2")
    paper.paragraphs[0].add_run("68")  # Word breaks a number into runs as it likes
    paper.add_table(1, 1).cell(0, 0).text = "0.999"
    paper.save(str(tmp_path / "paper.docx"))
    found = audit(tmp_path / "paper.docx", LEDGER, words=WORDS)
    assert [(b.number.text, b.binding) for b in found.numbers] == [("0.268", "words"), ("0.999", "unbound")]


def test_what_is_no_manuscript(tmp_path: Path) -> None:
    for name, data in (("a.pdf", b"%PDF"), ("a.docx", b"PK"), ("a.tex", b"\xff\xfe\x00")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(PackageError):
            audit(tmp_path / name, LEDGER)
    with pytest.raises(PackageError):
        audit(tmp_path / "nothing.tex", LEDGER)


def test_words_and_numbers_beside() -> None:
    panel = {"variables": [{"name": "sales", "label": {"en": "Sales (ln)", "zh": "销售额(对数)"}}]}
    term = {"name": "sales", "p": 0.003, "statistic": 3.2, "low": 0.098, "high": 0.438}
    estimates = [{"id": "main", "outcome": "sales", "terms": [term]}]
    assert label_words(panel, estimates)["sales"] == ("sales", "销售额")
    assert {e.key[2] for e in beside(estimates, LEDGER).values()} == {"p", "statistic", "low", "high"}


FOOLS = {  # what a text may try, and the number that must not escape
    "its own macro": (r"\newcommand{\b}{0.968}\begin{document}Sales: \b.\end{document}", "0.968"),
    "a macro in the preamble, used in a macro": (
        r"\def\a{0.9}\newcommand\b{\a68}\begin{document}\b\end{document}",
        "0.968",
    ),
    "a macro with arguments": (r"\newcommand{\b}[1]{0.968#1}\begin{document}\b{*}\end{document}", "0.968"),
    "an argument too many": (r"\ref{a}{0.968}", "0.968"),
    "a box": (r"\resizebox{0.9\textwidth}{!}{0.968}", "0.968"),
    "a colour": (r"\color{red}{0.968}", "0.968"),
    "a coloured text": (r"\textcolor{red}{0.968}", "0.968"),
    "a column of joined cells": (r"\multicolumn{2}{c}{0.968} \\", "0.968"),
    "a caption": (r"\caption{Effect 0.968}", "0.968"),
    "a footnote": (r"x\footnote[3]{It is 0.968}", "0.968"),
    "braces between": (r"0{.}968", "0.968"),
    "an empty group between": (r"0.9{}68", "0.968"),
    "a group within": (r"0.{968}", "0.968"),
    "a power of ten": (r"$9.68 \times 10^{-1}$", "9.68e-1"),
    "num": (r"\num{0.968}", "0.968"),
    "a thin space": (r"1\,234 firms", "1234"),
    "after the word model": ("in model 0.96", "0.96"),
    "a table and a number": ("Tables 1 and 0.96", "0.96"),
    "after the word note": ("note 241 rows", "241"),
    "a year that counts": ("of 1985 observations", "1985"),
    "a per cent that is no level": (r"it significantly rises by 10\%", "10%"),
    "a letter before": ("b-0.968", "0.968"),
    "in words": ("two hundred and forty-one rows", "241"),
    "a group in \\SI": (r"\SI{0.968}{\percent}", "0.968%"),
}


@pytest.mark.parametrize("fool", FOOLS)
def test_no_number_escapes(tmp_path: Path, fool: str) -> None:
    text, number = FOOLS[fool]
    found = audited(tmp_path, text, "tex")
    assert number in [b.number.text for b in found.numbers if b.binding != "no estimate"], found
    assert found.exit_code == 1


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.968 is the effect", "0.968"),  # no item of a list
        ("```\n0.968\n```", "0.968"),  # what is shown as it is, is shown
        ("0.9\u200b68 of it", "0.968"),
        ("\u202e0.968\u202c", "0.968"),
        ("0.968SD", "0.968"),
        ("二百四十一个观测", "241"),
        ("增长百分之七", "7%"),
        ("seven per cent", "7%"),
        ("0.968", "0.968"),
    ],
)
def test_no_number_escapes_from_markdown(tmp_path: Path, text: str, number: str) -> None:
    found = audited(tmp_path, text)
    assert number in [b.number.text for b in found.numbers if b.binding == "unbound"], found


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("1. First, sales", "md"),
        ("## 3.2 Results", "md"),
        ("```python\nx = 0.968\n```", "md"),
        ("significant at the 5% and 1% levels", "md"),
        ("***、**、*分别表示在1%、5%、10%的水平上显著", "md"),
        ("winsorised at 1%", "md"),
        ("with p < 0.05", "md"),
        ("Equation (2.4) and pages 123-145", "md"),
        (r"\newcommand{\w}{0.8\textwidth}\begin{document}\rule{\w}{2pt}\end{document}", "tex"),
        (r"\cmidrule(lr){2-3}\begin{tabular}{l*{3}{c}}", "tex"),
        ("one of them, or two", "md"),
        ("2015年以来", "md"),
        ("第三十一条", "md"),
    ],
)
def test_what_is_no_estimate_stays_so(tmp_path: Path, text: str, ending: str) -> None:
    found = audited(tmp_path, text, ending)
    assert not [b.number.text for b in found.numbers if b.binding != "no estimate"], found


def test_a_sign_that_the_words_give_away(tmp_path: Path) -> None:
    crowd = {f"c{i}": entry(f"c{i}", -i / 1000, f"\u2212{i / 1000:.3f}", "mean", f"v{i}") for i in range(400)}
    paper = tmp_path / "p.md"
    paper.write_text("The effect of sales is -0.268.")
    (found,) = audit(paper, {**LEDGER, **crowd}, words=WORDS).numbers
    assert found.binding == "unbound"
    assert "other sign), which the words name" in found.misses[0]


def test_files_that_a_text_takes_in(tmp_path: Path) -> None:
    home = tmp_path / "run" / "tables"
    home.mkdir(parents=True)
    (tmp_path / "paper").mkdir()
    (tmp_path / "secret.tex").write_text("0.123")
    (tmp_path / "paper" / "more.tex").write_text("It is 0.968.\n\\input{more}\n\\input{../secret}\\input{none}")
    (tmp_path / "paper" / "main.tex").write_text(
        "\\begin{document}\\include{more}\\lstinputlisting{x.txt}\\end{document}"
    )
    found = audit(tmp_path / "paper" / "main.tex", LEDGER, words=WORDS, home=tmp_path / "run")
    told = {b.number.text: b.misses for b in found.numbers if b.binding == "unbound"}
    assert "0.968" in told
    assert "outside" in told["../secret"][0]
    assert "no such file" in told["none"][0]
    assert "\\lstinputlisting" in told
    assert "0.123" not in str(found)
    assert "more.tex line 1: 0.968" in str(found)


def test_tables_that_a_text_takes_in(tmp_path: Path, files: dict[str, bytes]) -> None:
    for name in ("tables/table2.tex", "numbers.tex", "ledger.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(files[name])
    ledger = entries_of(tmp_path / "ledger.json")
    paper = tmp_path / "paper.tex"
    paper.write_text("\\input{numbers}\\begin{document}\\input{tables/table2}\\pkkey{both|x|estimate}\\end{document}")
    good = audit(paper, ledger)
    assert good.exit_code == 0
    assert (
        good.counts["exact"]
        == sum(n.exhibit == "table2" and any(c.isdigit() for c in n.shown) for n in ledger.values()) + 1
    )
    (tmp_path / "tables" / "table2.tex").write_bytes(files["tables/table2.tex"].replace(b"0.809", b"0.909"))
    (tmp_path / "numbers.tex").write_bytes(files["numbers.tex"].replace(b"0.809", b"0.909"))
    bad = audit(paper, ledger)
    assert {b.number.macro[0] for b in bad.numbers if b.binding == "unbound" and b.number.macro} >= {
        "table",
        "defines cell",
    }
    paper.write_text("\\newcommand{\\pkkey}[1]{0.268}\\begin{document}\\pkkey{both|x|estimate}\\end{document}")
    own = audit(paper, ledger)
    assert any("defines a macro of panelkit's" in m for b in own.numbers for m in b.misses)


def test_macros_without_end(tmp_path: Path) -> None:
    bomb = "".join(
        f"\\def\\{a}{{{chr(92) + b} {chr(92) + b} {chr(92) + b}}}" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    found = audited(tmp_path, bomb + "\\def\\i{" + "0.5 " * 500 + "}\\begin{document}\\a\\end{document}", "tex")
    assert any("without end" in m for b in found.numbers for m in b.misses)


def test_equations_and_headers_of_word(tmp_path: Path) -> None:
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    m = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    body = (
        f"<w:document {w} {m}><w:body><w:p><m:oMath><m:r><m:t>b=0.968</m:t></m:r></m:oMath></w:p></w:body></w:document>"
    )
    with zipfile.ZipFile(tmp_path / "p.docx", "w") as made:
        made.writestr("word/document.xml", body)
        made.writestr("word/header1.xml", f"<w:hdr {w}><w:p><w:r><w:t>0.967</w:t></w:r></w:p></w:hdr>")
    assert [b.number.text for b in audit(tmp_path / "p.docx", LEDGER).numbers] == ["0.968", "0.967"]
    with zipfile.ZipFile(tmp_path / "q.docx", "w") as made:
        made.writestr("word/document.xml", body.replace("<w:p>", "<w:altChunk/><w:p>"))
    with pytest.raises(PackageError, match="altChunk"):
        audit(tmp_path / "q.docx", LEDGER)


@pytest.mark.parametrize(
    "text",
    [
        "at " + "1" * 60 + "x 5%",
        "Tables " + "1, " * 4000 + "x 5",
        "{" * 20000 + "\\def\\a{" * 3000,
        "twenty " * 8000,
        "\\num{" * 9000,
        "一" * 20000 + "点",
        "1," * 5000,
        "https://" + "a/" * 20000,
        "1" * 30000 + " and 1e999 and 1e-999",
    ],
)
def test_no_text_takes_for_ever(tmp_path: Path, text: str) -> None:
    for ending in ("tex", "md"):
        start = time.process_time()
        audited(tmp_path, text, ending)
        assert time.process_time() - start < 20
