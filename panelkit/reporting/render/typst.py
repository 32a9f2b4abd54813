"""Tables as Typst, and from that as PDF where the typst package is installed (extra `pdf`); aligned at the decimal point."""

from __future__ import annotations

import json
import re
from typing import Any

from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Cell, Row, Table
from panelkit.core.registry import RENDERERS, RendererKind
from panelkit.reporting.printed import aligned, caption, heading_lines, plain, printed, safe_id

# the first comes with Typst itself, so that Latin text is set alike on every machine
FONTS = (
    "Libertinus Serif", "Times New Roman", "Liberation Serif", "Noto Serif CJK SC", "Source Han Serif SC", "Songti SC", "SimSun",
    "Noto Sans CJK SC", "Microsoft YaHei", "WenQuanYi Micro Hei",
)  # fmt: skip
_UNBROKEN = re.compile("[^\\s\u2e80-\u9fff\uff00-\uffef]+|[\u2e80-\u9fff]{1,3}")  # what a heading is not broken in
CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_FOLD, _NARROW = (
    6.0,
    4.6,
)  # ems that a heading over one column may take before it is broken into lines; among five and more
_LABEL, _LEAST = 13.0, 7.0  # ems that labels of rows are left at least, if they need them; points of the smallest type
_ROW = re.compile(r"^  (.*), // pk (r\d+)$")
_CELL = re.compile(
    r'(?:n\((?:[\d.]+em), ("(?:[^"\\]|\\.)*"), (?:[\d.]+em), ("(?:[^"\\]|\\.)*"), |t\()("(?:[^"\\]|\\.)*")(?:, ("(?:[^"\\]|\\.)*"))?\)'
)
_HEAD = """// {name}: made by panelkit; every row ends in its ledger name. Do not edit, run the study again.
#set document(title: {title}, author: "panelkit", date: none)
#set page(width: {width}, height: {height}, margin: 1.6cm{flipped})
#set text(font: ({fonts}), size: {size}pt, lang: "{language}", fallback: true)
#set par(leading: 0.5em)
#show figure: set block(breakable: true)
#show figure.caption: set block(sticky: true)
#let mark(m) = if m.starts-with("*") {{ m }} else if m != "" {{ super(typographic: false, m) }}
#let n(l, before, r, after, m) = box(width: l, align(right, before)) + box(width: r, align(left, after + mark(m)))
#let t(shown, m) = shown + mark(m)
"""


def render(table: Table) -> bytes:
    """A Typst document that holds the table alone, on a page of its own size."""
    return source(table).encode()


def source(table: Table, *, paper: bool = True) -> str:
    """The Typst source; without `paper` only the table, to stand in a larger document with the same definitions."""
    printed(table)
    label, title = caption(table)
    said = (". " if table.language == "en" else " ").join(filter(None, (label, title)))
    widths = "(" + ", ".join(["auto", *(_column(table, j) for j in range(len(table.columns)))]) + ")"
    sides = ", ".join(
        f"{side} + bottom"
        for side in (
            "left",
            *({"left": "left", "centre": "center", "decimal": "center"}[c.align] for c in table.columns),
        )
    )
    lines = [head(table)] if paper else []
    lines += [
        "#figure(kind: table, supplement: none, numbering: none, "
        f'caption: figure.caption(position: top, text({_text(said)}, weight: "bold")),'
    ]
    lines += [
        f"table(columns: {widths}, align: ({sides}), stroke: none, inset: (x: 4pt, y: 2.6pt), column-gutter: 2pt,"
    ]
    lines += ["  table.hline(stroke: 1pt),", *_headings(table), "  table.hline(stroke: 0.5pt),"]
    for i, row in enumerate(table.rows):
        lines += _row(table, i, row)
    lines += ["  table.hline(stroke: 1pt),", "))"]
    for note in table.notes:
        lines.append(f"#block(width: 100%, above: 0.5em, below: 0.4em, text({_text(note)}, size: 0.85em))")
    if not paper:
        lines.insert(0, f"#metadata(none) <table-{safe_id(table.id)}>")
    return "\n".join(lines) + "\n"


def head(table: Table) -> str:
    """The document's settings and the three functions that cells use."""
    wide = table.landscape or len(table.columns) > 6
    return _HEAD.format(
        name=safe_id(table.id), title=_text(table.title), width="21cm", height="29.7cm", flipped=", flipped: true" if wide else "",
        fonts=", ".join(f'"{f}"' for f in FONTS), size=9 if len(table.columns) <= 7 else 8,
        language=table.language,
    )  # fmt: skip


def _text(text: str) -> str:
    """A Typst string: what a JSON string is, but for its escapes of characters."""
    return json.dumps(plain(text), ensure_ascii=False)


def _row(table: Table, i: int, row: Row) -> list[str]:
    rule = ["  table.hline(stroke: 0.5pt),"] if row.rule_above and i else []
    if row.kind == "panel":
        return [*rule, f"  table.cell(colspan: {len(table.columns) + 1}, align: left, {_text(row.label)}), // pk panel"]
    cells = ", ".join(_cell(table, i, j, c) for j, c in enumerate(row.cells))
    return [*rule, f"  {_text(row.label)}, {cells}, // pk r{i}"]


def _cell(table: Table, i: int, j: int, cell: Cell) -> str:
    parts = aligned(table, i, j)
    if parts is None:
        return f"t({_text(cell.shown)}, {_text(cell.mark)})"
    left, right = _room(table, j)
    return f"n({left:g}em, {_text(parts[0])}, {right:g}em, {_text(parts[1])}, {_text(cell.mark)})"


def _room(table: Table, j: int) -> tuple[float, float]:
    parts = [(a, row.cells[j].mark) for i, row in enumerate(table.rows) if (a := aligned(table, i, j))]
    left = max((0.5 * len(a[0]) for a, _ in parts), default=0.0)
    return round(left, 2), round(max((0.5 * len(a[1]) + 0.45 * len(mark) for a, mark in parts), default=0.0), 2)


def _column(table: Table, j: int) -> str:
    """The width of a column: numbers take what the widest of them or a folded heading needs, words what they need; labels the rest."""
    if table.columns[j].align == "left":
        return "auto"
    texts = [row.cells[j].shown for i, row in enumerate(table.rows) if row.cells and aligned(table, i, j) is None]
    need = max([sum(_room(table, j)), *(min(_ems(t), 9.0) for t in texts)])
    fold = _FOLD if len(table.columns) < 5 else _NARROW
    for span in (s for line in heading_lines(table) for s in line if s.start <= j < s.start + s.count):
        longest = max((_ems(w) for w in _UNBROKEN.findall(span.text)), default=0.0)
        need = max(need, min(longest, 9.0) / span.count, min(_ems(span.text), fold) / span.count)
    return f"{need + 1.2:.2f}em"


def fitting(table: Table, room: float, *, most: float) -> float:
    """Points of type, in halves and at most `most`, in which a table is no wider than `room` points and labels need not be crushed."""
    columns = range(len(table.columns))
    sure = [float(width.removesuffix("em")) for j in columns if (width := _column(table, j)) != "auto"]
    texts = [[row.label for row in table.rows if row.cells]]
    texts += [
        [row.cells[j].shown for row in table.rows if row.cells] for j in columns if table.columns[j].align == "left"
    ]
    free = sum(min(_LABEL, max(map(_ems, column), default=0.0)) for column in texts)
    return min(most, max(_LEAST, int(2 * (room - 10 * (len(sure) + len(texts))) / (sum(sure) + free)) / 2))


def _ems(text: str) -> float:
    """About how wide a text is, in ems of Libertinus; a Chinese character is one."""
    return sum(1.0 if c >= "\u2e80" else 0.62 if c.isupper() else 0.47 for c in text)


def _headings(table: Table) -> list[str]:
    """Heading rows, repeated on every page, with a rule beneath each span."""
    lines = ["  table.header("]
    spans = heading_lines(table)
    for level, line in enumerate(spans):
        cells = [_text(table.stub if level == 0 else "")]
        cells += [
            f"table.cell(colspan: {s.count}, align: {'left' if table.columns[s.start].align == 'left' else 'center'}, {_text(s.text)})"
            for s in line
        ]
        lines.append("    " + ", ".join(cells) + ",")
        if level + 1 < len(spans):
            lines += [
                f"    table.hline(start: {s.start + 1}, end: {s.start + s.count + 1}, stroke: 0.4pt),"
                for s in line
                if s.count > 1
            ]
    return [*lines, "  ),"]


def parse(data: bytes) -> dict[str, str]:
    """Cells as printed by `render`, by "r<row>.c<column>"."""
    found: dict[str, str] = {}
    for line in data.decode().split("\n"):
        row = _ROW.match(line)
        if row:
            _, end = json.JSONDecoder().raw_decode(row[1])
            for j, cell in enumerate(_CELL.finditer(row[1], end)):
                texts = [json.loads(t) for t in cell.groups() if t is not None]
                found[f"{row[2]}.c{j}"] = "".join(texts)
    return found


def pdf(table: Table) -> bytes:
    """The table as PDF; the same bytes every time.

    Raises
    ------
    ReportError
        Where the typst package is not installed, or no font here has the table's Chinese characters.
    """
    return compiled(
        source(table), chinese=bool(CHINESE.search(json.dumps(printed(table), ensure_ascii=False) + table.title))
    )


def compiled(text: str, *, chinese: bool) -> bytes:
    """Typst source as PDF.

    Raises
    ------
    ReportError
        Where the typst package is not installed, or there are Chinese characters and no font has them.
    """
    typst = needed("formats")
    if chinese and not set(FONTS[3:]) & {f for f, *_ in map(_family, typst.Fonts().families())}:
        raise ReportError(
            "the table has Chinese words and this machine has no Chinese font",
            where="formats",
            mend="install one (Debian, Ubuntu: apt-get install fonts-noto-cjk), or set language = 'en'",
        )
    return bytes(typst.compile(text.encode(), format="pdf", timestamp=0))


def needed(where: str) -> Any:
    """The typst package.

    Raises
    ------
    ReportError
        Where it is not installed.
    """
    try:
        import typst
    except ImportError:
        raise ReportError(
            "a PDF is made by the typst package, which is not installed here",
            where=where,
            mend="pip install 'panelkit[pdf]' (or typst itself), or ask for no PDF",
        ) from None
    return typst


def _family(name: object) -> tuple[str]:
    return (str(name),)


def unread(data: bytes) -> dict[str, str]:
    """A PDF is not read back.

    Raises
    ------
    ReportError
        Always.
    """
    raise ReportError(
        f"a PDF ({len(data)} bytes) is not read back", mend="read its Typst source: formats = ['typst', 'pdf']"
    )


RENDERERS.register(
    RendererKind(name="typst", extension="typ", summary="Typst source of the table", render=render, parse=parse)
)
RENDERERS.register(
    RendererKind(
        name="pdf", extension="pdf", summary="PDF by Typst (extra `pdf`); not read back", render=pdf, parse=unread
    )
)
