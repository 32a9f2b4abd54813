"""Tables as Word files: three lines, East Asian font, repeated header, decimal tabs; the same bytes every time."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from panelkit.core.exhibit import Table
from panelkit.core.registry import RENDERERS, RendererKind
from panelkit.reporting.printed import aligned, caption, heading_lines, plain, printed

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

_LATIN, _EAST_ASIAN = "Times New Roman", "宋体"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_WIDE = 6
_THICK, _THIN = 12, 6  # eighths of a point
_UNBROKEN = re.compile("[^\\s\u2e80-\u9fff\uff00-\uffef]+")  # what no line may be broken in; Chinese may be anywhere
_DIGIT = int(4.9 * 12700)  # room for a digit at 9 points, in EMU
_LONGEST_PROPERTY = 255  # signs, by the format
_MARGIN = 68580  # Word's own, left and right in a cell


def render(table: Table) -> bytes:
    """A document of caption, table and notes; landscape where the table is wide."""
    from docx import Document

    printed(table)
    document = Document()
    _page(document, table)
    _caption(document, table)
    _grid(document, table)
    for note in table.notes:
        _write(document.add_paragraph(), plain(note), size=8)
    return _same_bytes(document)


def book(title: str, paragraphs: tuple[str, ...], tables: tuple[Table, ...]) -> bytes:
    """A document of several tables on landscape pages: a title, paragraphs, and each table under its caption."""
    from docx import Document
    from docx.shared import Pt

    for table in tables:
        printed(table)
    document = Document()
    _page(document, replace(tables[0], title=title, landscape=True))
    heading = document.add_paragraph()
    heading.paragraph_format.space_after = Pt(6)
    _write(heading, plain(title), size=14, bold=True)
    for text in paragraphs:
        _write(document.add_paragraph(), plain(text))
    for table in tables:
        document.add_paragraph()
        _caption(document, table)
        _grid(document, table)
        for note in table.notes:
            _write(document.add_paragraph(), plain(note), size=8)
    return _same_bytes(document)


def parse(data: bytes) -> dict[str, str]:
    """Cells as printed, by "r<row>.c<column>"; rows after the repeated header count from 0, a merged row is a heading."""
    from docx import Document
    from docx.oxml.ns import qn

    found: dict[str, str] = {}
    grid = Document(io.BytesIO(data)).tables[0]._tbl
    body = [tr for tr in grid.tr_lst if tr.trPr is None or tr.trPr.find(qn("w:tblHeader")) is None]
    for i, tr in enumerate(body):
        cells = tr.tc_lst
        if len(cells) > 1:
            texts = ["".join(t.text or "" for t in tc.iter(qn("w:t"))) for tc in cells[1:]]
            found |= {f"r{i}.c{j}": text for j, text in enumerate(texts)}
    return found


def _page(document: Document, table: Table) -> None:
    """Paper, fonts and properties that say nothing of when and by whom."""
    from docx.enum.section import WD_ORIENT
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    section = document.sections[0]
    size = (Cm(21.0), Cm(29.7))
    if table.landscape or len(table.columns) > _WIDE:
        section.orientation, size = WD_ORIENT.LANDSCAPE, (size[1], size[0])
    section.page_width, section.page_height = size
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2.2)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = _LATIN, Pt(10)
    fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), _EAST_ASIAN)
    normal.paragraph_format.space_after = Pt(0)
    properties = document.core_properties
    properties.author = properties.last_modified_by = "panelkit"
    properties.title, properties.comments, properties.revision = plain(table.title)[:_LONGEST_PROPERTY], "", 1
    properties.created = properties.modified = datetime(1980, 1, 1)


def _caption(document: Document, table: Table) -> None:
    """The caption above, its number a SEQ field that Word counts on."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.space_after = Pt(4)
    paragraph.paragraph_format.keep_with_next = True
    label, title = caption(table)
    if label:
        lead, name = ("表", "表") if table.language == "zh" else ("Table ", "Table")
        _write(paragraph, lead, bold=True)
        _field(paragraph, f" SEQ {name} \\* ARABIC \\r {table.number} ", str(table.number))
        _write(paragraph, "  " if table.language == "zh" else ". ", bold=True)
    _write(paragraph, title, bold=True)


def _field(paragraph: Paragraph, instruction: str, shown: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), instruction)
    run = _write(paragraph, shown, bold=True)
    field.append(run._r)
    paragraph._p.append(field)


def _write(paragraph: Paragraph, text: str, *, size: float = 10, bold: bool = False, raised: bool = False) -> Any:
    """A run with both fonts set on it, so that Chinese never falls back to another face."""
    from docx.oxml.ns import qn
    from docx.shared import Pt

    run = paragraph.add_run(text)
    run.font.name, run.font.size, run.font.bold = _LATIN, Pt(size), bold or None
    run.font.superscript = raised or None
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), _EAST_ASIAN)
    return run


def _grid(document: Document, table: Table) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT

    heads = heading_lines(table)
    wide = len(table.columns) + 1
    grid = document.add_table(rows=len(heads) + len(table.rows), cols=wide)
    grid.alignment, grid.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    widths = _widths(document, table)
    stops = [_stop(table, j, width) for j, width in enumerate(widths[1:])]
    for j, width in enumerate(widths):
        grid.columns[j].width = width
    trs = list(grid._tbl.tr_lst)
    flat = grid._cells  # read once: each `cell(i, j)` would read the whole table again
    cells = [flat[i * wide : (i + 1) * wide] for i in range(len(trs))]
    for line in cells:
        for j, cell in enumerate(line):
            cell.width = widths[j]
    for level, spans in enumerate(heads):
        _repeat(trs[level])
        for cell in cells[level]:
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM
        _put(cells[level][0], table.stub if level == 0 else "", centred=False)
        for span in spans:
            first, last = cells[level][span.start + 1], cells[level][span.start + span.count]
            merged = first.merge(last) if span.count > 1 else first
            _put(merged, span.text, centred=table.columns[span.start].align != "left")
            if span.count > 1:
                _border(merged._tc, "bottom", _THIN)
    for i, row in enumerate(table.rows):
        line = cells[len(heads) + i]
        for cell in line if row.kind in ("term", "stat") else ():
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM  # numbers stand beside the last line of a label
        _put(line[0] if row.kind != "panel" else line[0].merge(line[-1]), plain(row.label), centred=False)
        for j, cell in enumerate(row.cells if row.kind != "panel" else ()):
            _number(line[j + 1], table, i, j, stops[j])
            if cell.mark:
                _write(line[j + 1].paragraphs[0], plain(cell.mark), size=9, raised=True)
        if _kept(table, i):
            for cell in line:
                cell.paragraphs[0].paragraph_format.keep_with_next = True
    _rules(trs, len(heads), [i for i, r in enumerate(table.rows) if r.rule_above and i])


def _kept(table: Table, i: int) -> bool:
    """Whether no page may end behind a row: before a bracket, after the heading of a panel, before the last rows and the notes."""
    following = table.rows[i + 1 : i + 2]
    return table.rows[i].kind == "panel" or i + 3 >= len(table.rows) or any(r.kind == "bracket" for r in following)


def _widths(document: Document, table: Table) -> list[int]:
    """The columns take what their widest number or a folded heading needs, the stub the rest up to what it needs."""
    section: Any = document.sections[0]
    line = int(section.page_width - section.left_margin - section.right_margin)
    columns = []
    alone = [
        (s.start, w) for spans in heading_lines(table) for s in spans if s.count == 1 for w in _UNBROKEN.findall(s.text)
    ]
    for j, column in enumerate(table.columns):
        need = sum(_room(table, j)) + 3.6
        texts = [row.cells[j].shown for i, row in enumerate(table.rows) if row.cells and aligned(table, i, j) is None]
        words = max((_size(w) for t in texts for w in t.split()), default=0.0) + 3
        need = max(
            [
                need,
                7.0,
                min(words, 26),
                *(min(_size(w) + 2.5, 20) for at, w in alone if at == j),  # no word of a heading is broken
                *(min(_size(t) + 2, 22) for t in texts),
                *(min(_size(h) + 2, 12) for h in column.heading),
            ]
        )
        columns.append(int(need * _DIGIT))
    stub = max((_size(row.label) for row in table.rows if row.cells), default=0.0) + 2
    stub_width = int(min(max(stub * _DIGIT, line * 0.15), line * 0.4))
    spare = line - stub_width - sum(columns)
    if spare < 0:
        stub_width = max(stub_width + spare, int(line * 0.15))
    elif any(c.align == "left" for c in table.columns):
        columns = _stretched(table, columns, spare)
    elif columns:
        columns = [c + min(spare // len(columns), int(line * 0.06)) for c in columns]
    return [stub_width, *columns]


def _stretched(table: Table, columns: list[int], spare: int) -> list[int]:
    """Columns of words take what is left of the line, each by what its longest text still lacks."""
    lacks = [
        max((int((_size(row.cells[j].shown) + 2) * _DIGIT) for row in table.rows if row.cells), default=0) - width
        if column.align == "left"
        else 0
        for j, (column, width) in enumerate(zip(table.columns, columns, strict=True))
    ]
    lacks = [max(n, 0) for n in lacks]
    total = sum(lacks)
    return [w + min(n, spare * n // total) if total else w for w, n in zip(columns, lacks, strict=True)]


def _size(text: str) -> float:
    """Width in digits; a Chinese character counts two."""
    return sum(2.0 if c >= "\u2e80" else 1.0 for c in text)


def _room(table: Table, j: int) -> tuple[float, float]:
    """Digits before and from the decimal point of a column, stars at two thirds of their size."""
    parts = [(a, row.cells[j].mark) for i, row in enumerate(table.rows) if (a := aligned(table, i, j))]
    left = max((_size(a[0]) for a, _ in parts), default=0.0)
    return left, max((_size(a[1]) + 0.67 * len(mark) for a, mark in parts), default=0.0)


def _put(cell: Any, text: str, *, centred: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph = cell.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.LEFT
    _spaced(paragraph)
    _write(paragraph, plain(text), size=9)


def _spaced(paragraph: Paragraph) -> None:
    from docx.shared import Pt

    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1)


def _stop(table: Table, j: int, width: int) -> int:
    """Where the decimal points of a column stand, its widest number in the middle."""
    left, right = _room(table, j)
    return int(max((width - 2 * _MARGIN - (left + right) * _DIGIT) / 2 + left * _DIGIT, left * _DIGIT))


def _number(cell: Any, table: Table, i: int, j: int, stop: int) -> None:
    """A cell's text: at a decimal tab where it is a number of a decimal column, else centred or left."""
    from docx.enum.text import WD_TAB_ALIGNMENT

    content = table.rows[i].cells[j]
    if aligned(table, i, j) is None:
        _put(cell, content.shown, centred=table.columns[j].align != "left")
        return
    paragraph = cell.paragraphs[0]
    _spaced(paragraph)
    paragraph.paragraph_format.tab_stops.add_tab_stop(stop, WD_TAB_ALIGNMENT.DECIMAL)
    _write(paragraph, plain(content.shown), size=9)


def _repeat(tr: Any) -> None:
    """Mark a row as header, to be repeated on each page."""
    from docx.oxml import OxmlElement

    tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _rules(trs: list[Any], heads: int, thin: list[int]) -> None:
    """Top and bottom thick, one thin line under the header, and thin lines where rows ask for one."""
    from docx.oxml import OxmlElement

    for i, tr in enumerate(trs):
        row = tr.get_or_add_trPr()
        row.insert(0, OxmlElement("w:cantSplit"))
        for tc in tr.tc_lst:
            if i == 0:
                _border(tc, "top", _THICK)
            if i == heads or (i - heads) in thin:
                _border(tc, "top", _THIN)
            if i == len(trs) - 1:
                _border(tc, "bottom", _THICK)


def _border(tc: Any, edge: str, size: int) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = tc.get_or_add_tcPr()
    borders = properties.find(qn("w:tcBorders"))
    if borders is None:
        borders = OxmlElement("w:tcBorders")
        properties.append(borders)
    line = OxmlElement(f"w:{edge}")
    for name, value in (("val", "single"), ("sz", str(size)), ("space", "0"), ("color", "000000")):
        line.set(qn(f"w:{name}"), value)
    if edge == "top":
        borders.insert(0, line)
    else:
        borders.append(line)


def _same_bytes(document: Document) -> bytes:
    """The document's parts in a zip without clocks."""
    made = io.BytesIO()
    document.save(made)
    out = io.BytesIO()
    with zipfile.ZipFile(made) as parts, zipfile.ZipFile(out, "w") as fixed:
        names = sorted(parts.namelist(), key=lambda n: (n != "[Content_Types].xml", n))
        for name in names:
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o600 << 16
            fixed.writestr(entry, parts.read(name))
    return out.getvalue()


RENDERERS.register(
    RendererKind(name="docx", extension="docx", summary="Word file in three lines", render=render, parse=parse)
)
