"""Every format gives back what it printed, escapes what is hostile, and is the same bytes each time."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up import HOSTILE, hostile_table, made_results

import panelkit.reporting.render  # noqa: F401
from panelkit.core.errors import PanelkitError, ReportError
from panelkit.core.exhibit import Cell, Column, Row, Table
from panelkit.core.registry import RENDERERS
from panelkit.reporting.exhibits import ledger, numbered, render_table
from panelkit.reporting.printed import folded, heading_lines, printed
from panelkit.reporting.render._tex import escape, unescape
from panelkit.reporting.render.csv import guarded, unguarded
from panelkit.reporting.tables.regression import RegressionTable, build

FORMATS = ("latex", "html", "docx", "csv", "typst")
TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from("\\{}&%$#_^~<>|\"'[]*-−–²₀×=+@ \t\n\u00a0"), max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    width = draw(st.integers(1, 3))
    aligns = st.sampled_from(["left", "decimal", "centre"])
    columns = tuple(
        Column(id=f"c{j}", heading=tuple(draw(st.lists(TEXT, max_size=2))), align=draw(aligns)) for j in range(width)
    )
    numbers = st.floats(-1e6, 1e6).map(lambda v: f"{v:,.3f}".replace("-", "−"))
    cells = st.builds(
        Cell,
        raw=st.just(1.0),
        shown=TEXT | numbers | numbers.map(lambda t: f"({t})"),
        mark=st.sampled_from(["", "*", "***", "†"]) | TEXT,
    )
    rows = []
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["term", "bracket", "stat", "text", "panel"]))
        made = () if kind == "panel" else tuple(draw(cells) for _ in range(width))
        rows.append(Row(kind=kind, label=draw(TEXT), cells=made, rule_above=draw(st.booleans())))
    return Table(
        id="t", title=draw(TEXT), columns=columns, rows=tuple(rows), notes=tuple(draw(st.lists(TEXT, max_size=2))), stub=draw(TEXT),
        language=draw(st.sampled_from(["en", "zh"])), number=draw(st.integers(0, 3)),
    )  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_hostile_texts_come_back(form: str, language: str) -> None:
    table = hostile_table(language)
    assert RENDERERS[form].parse(RENDERERS[form].render(table)) == printed(table)


@pytest.mark.parametrize("form", ["latex", "html", "csv", "typst"])
@given(table=tables())
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_comes_back(form: str, table: Table) -> None:
    assert RENDERERS[form].parse(RENDERERS[form].render(table)) == printed(table)


@given(table=tables())
@settings(deadline=None, max_examples=12)
def test_any_table_comes_back_from_word(table: Table) -> None:
    assert RENDERERS["docx"].parse(RENDERERS["docx"].render(table)) == printed(table)


@pytest.mark.parametrize("form", FORMATS)
def test_a_regression_table_comes_back_with_its_stars(form: str) -> None:
    table = build(RegressionTable(id="t", samples="told", columns=("both", "single", "events")), made_results())
    back = RENDERERS[form].parse(RENDERERS[form].render(table))
    assert back == printed(table)
    assert back["r0.c0"] == "0.245***"


@given(TEXT)
def test_tex_escaping_is_undone(text: str) -> None:
    tex = escape(text)
    assert not set(tex) & {"\n", "~"}
    assert unescape(tex) == "".join(printed(_one(text)).values())


def _one(text: str) -> Table:
    return Table(
        id="t",
        title="",
        columns=(Column(id="a", heading=()),),
        rows=(Row(kind="text", label="", cells=(Cell(raw=None, shown=text),)),),
    )


@given(TEXT)
def test_a_guarded_text_is_no_formula_and_comes_back(text: str) -> None:
    kept = guarded(text)
    assert unguarded(kept) == next(iter(printed(_one(text)).values()))
    assert not kept.startswith(("=", "@", "＝", "＠"))


def test_spreadsheet_guards() -> None:
    assert guarded("=cmd|' /C calc'!A0") == "'=cmd|' /C calc'!A0"
    assert guarded("  -1+1") == "'  -1+1"
    assert guarded("-0.5") == "-0.5"
    assert guarded("(0.012)") == "\u00a0(0.012)"


def test_html_has_no_markup_from_labels() -> None:
    text = RENDERERS["html"].render(hostile_table()).decode()
    assert "<b>" not in text
    assert "&lt;b&gt;" in text
    for i in range(1, len(HOSTILE)):
        assert f'id="hostile_1-r{i}-c0"' in text


def test_latex_keeps_every_cell_in_its_column() -> None:
    for line in RENDERERS["latex"].render(hostile_table()).decode().splitlines():
        if "% pk r" in line:
            assert line.replace(r"\&", "").count("&") == 3


def test_no_line_of_a_heading_ends_in_an_open_bracket_or_begins_with_a_stop() -> None:
    for text in (
        "第二产业集聚(区位熵对数)",
        "首次公布,相同样本",
        "电子商务销售额（对数），至2021年",
        "Sector (ln LQ), first",
    ):
        for width in range(4, 20):
            lines = folded(text, width)
            assert not any(line.endswith(("(", "（")) or line.startswith((",", "，", ")", "）")) for line in lines), (
                lines
            )
            assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_six_columns_with_long_labels_stand_upright(language: str) -> None:
    """At the margins of the article class; wider ones are turned."""
    long = {"en": "Agglomeration, shares as first published (ln LQ)", "zh": "第二产业集聚（首次公布占比，区位熵对数）"}[
        language
    ]
    heads = {"en": "First published, same cells", "zh": "首次公布，相同样本"}[language]

    def table(width: int) -> Table:
        columns = tuple(Column(id=str(j), heading=(f"({j + 1})", f"{long} {j // 3}", heads)) for j in range(width))
        numbers = tuple(Cell(raw=0.123, shown="0.123", mark="**", key=("m", "x", "estimate")) for _ in columns)
        ses = tuple(Cell(raw=0.123, shown="(0.123)", key=("m", "x", "se")) for _ in columns)
        rows = (Row(kind="term", label=long, cells=numbers), Row(kind="bracket", label="", cells=ses))
        return Table(id="t", title="", columns=columns, rows=rows, language=language)  # type: ignore[arg-type]

    assert b"landscape" not in RENDERERS["latex"].render(table(6))
    assert b"landscape" in RENDERERS["latex"].render(table(10))
    # and a wider line of the paper holds larger type
    assert b"\\tabcolsep}{3pt}" in RENDERERS["latex"].render(replace(table(6), line=16.0))
    assert b"\\tabcolsep}{3pt}" not in RENDERERS["latex"].render(table(6))


@pytest.mark.parametrize("mark", ["{", "}", "{}", "\\\\", "*{"])
def test_a_brace_as_a_mark_comes_back_from_latex(mark: str) -> None:
    cell = Cell(raw=-0.5, shown="−0.500", mark=mark)
    columns, rows = (Column(id="a", heading=()),), (Row(kind="term", label="x", cells=(cell,)),)
    table = Table(id="t", title="", columns=columns, rows=rows)
    assert RENDERERS["latex"].parse(RENDERERS["latex"].render(table)) == printed(table)


def test_a_line_that_no_paper_has_is_refused() -> None:
    table = build(RegressionTable(id="t", columns=("both",)), made_results())
    assert numbered(table, 2, RegressionTable(id="t", columns=("both",), line=16)).line == 16
    with pytest.raises(ReportError, match="line of 160 cm"):
        numbered(table, 2, RegressionTable(id="t", columns=("both",), line=160))


def test_spans_do_not_cross_the_groups_above() -> None:
    columns = tuple(Column(id=str(j), heading=("AABB"[j], "same", "last")) for j in range(4))
    lines = heading_lines(Table(id="t", title="", columns=columns, rows=()))
    counts = [[(s.text, s.count) for s in line] for line in lines]
    assert counts == [[("A", 2), ("B", 2)], [("same", 2), ("same", 2)], [("last", 1)] * 4]


def test_files_and_ledger() -> None:
    table = build(RegressionTable(id="t", columns=("both",)), made_results())
    files = render_table(table, ("latex", "csv"))
    assert sorted(files) == ["t.cells.json", "t.csv", "t.tex"]
    cells = json.loads(files["t.cells.json"])
    assert cells[0] == {
        "cell": "t.r0.c0",
        "raw": 0.2451,
        "shown": "0.245",
        "mark": "***",
        "key": ["both", "ln_gdp", "estimate"],
    }
    assert [e.cell for e in ledger(table)] == [c["cell"] for c in cells]


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "a b", "名"])
def test_an_id_that_is_no_file_name_is_refused(name: str) -> None:
    with pytest.raises(ReportError, match="cannot name a file"):
        render_table(replace(hostile_table(), id=name), ("csv",))


def test_a_row_that_does_not_fit_and_an_unknown_format_are_refused() -> None:
    table = hostile_table()
    with pytest.raises(ReportError, match="2 cells for 3 columns"):
        render_table(replace(table, rows=(Row(kind="term", label="x", cells=table.rows[1].cells[:2]),)), ("html",))
    with pytest.raises(PanelkitError, match="did you mean 'latex'"):
        render_table(table, ("latx",))


def test_word_has_fonts_header_and_fixed_times() -> None:
    from docx import Document

    data = RENDERERS["docx"].render(hostile_table("zh"))
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert {i.date_time for i in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        body = parts.read("word/document.xml").decode()
        core = parts.read("docProps/core.xml").decode()
    assert body.count("<w:tblHeader/>") == 2
    assert body.count("<w:r>") == body.count('w:eastAsia="宋体"')
    assert "SEQ 表" in body
    assert core.count("1980-01-01T00:00:00Z") == 2
    assert len(Document(io.BytesIO(data)).tables) == 1


_SCRIPT = """
import sys, hashlib
sys.path.insert(0, {folder!r})
from made_up import everything
print(hashlib.sha256(b"".join(n.encode() + b for n, b in sorted(everything().items()))).hexdigest())
"""


def test_the_bytes_are_the_same_under_any_hash_seed() -> None:
    folder = str(Path(__file__).parent)
    made = {
        subprocess.run(
            [sys.executable, "-c", _SCRIPT.format(folder=folder)], env={"PYTHONHASHSEED": seed, "PATH": "", "HOME": "/tmp"},
            capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1", "12345")
    }  # fmt: skip
    assert len(made) == 1
    assert len(made.pop().strip()) == 64


def test_a_table_across_pages_keeps_rules_brackets_and_notes_together() -> None:
    r"""No `\midrule` stands where a page may end, which would print a second rule; the notes are its last row."""

    table = replace(hostile_table("en"), long=True)
    text = RENDERERS["latex"].render(table).decode()
    body = text.split("endlastfoot")[1]
    assert r"\midrule" not in body
    rows = [line for line in body.split("\n") if " % pk " in line or line == r"\pkrule"]
    for before, after in pairwise(rows):
        if after == r"\pkrule":
            assert r"\\* % pk" in before
    if table.notes:
        assert body.index(r"\pkbottom") < body.index(r"\item ") < body.index(r"\end{longtable}")
        assert r"\\* % pk" in rows[-1]
    assert RENDERERS["latex"].parse(text.encode()) == printed(table)


def test_a_title_longer_than_a_word_file_has_room_for() -> None:
    from panelkit.reporting.render import docx

    title = "long " * 60
    assert docx.render(Table(id="t", title=title, columns=(Column(id="a", heading=("a",)),), rows=()))
