"""Numbers of a manuscript: found, told apart, bound to the ledger or listed with what they may have been meant to be."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest

from panelkit.core.errors import PackageError
from panelkit.core.manifest import Entry
from panelkit.replication.audit import AuditReport, audit, beside, chance_of, label_words


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
