"""Tables as LaTeX fragments to be \\input: booktabs and threeparttable, aligned at the decimal point, read back by our own marks."""

from __future__ import annotations

import re
from dataclasses import replace

from panelkit.core.exhibit import Cell, Column, Row, Table
from panelkit.core.registry import RENDERERS, RendererKind
from panelkit.reporting.printed import Span, aligned, folded, heading_lines, plain, printed, safe_id
from panelkit.reporting.render._tex import escape, unescape

_HEAD = """% {name}: made by panelkit; every row ends in its ledger name. Do not edit, run the study again.
% Needs \\usepackage{{{packages}}}; Chinese text: a ctex class and XeLaTeX.
"""
_ROW = re.compile(r"^(.*) \\\\ % pk (r\d+)$")
# widths in digits that a line of 345 points holds at each size
_SIZES = ((66, ""), (76, r"\footnotesize"))
_HEADING_WIDTH = 16
_STUB = 30
_WIDEST = 112
_LINES, _LINES_TURNED = 56, 30
_TURNED = 1.55  # how much longer a line is on a page turned by 90 degrees


def render(table: Table) -> bytes:
    """The table as a `table` environment with caption, label `tab:<id>` and notes.

    It is turned by 90 degrees where it asks for that or is too wide for any size, and a `longtable` where it asks for that
    or has more rows than a page.
    """
    printed(table)
    table = replace(table, landscape=table.landscape or _size(table) > _WIDEST)
    table = replace(table, long=table.long or len(table.rows) > (_LINES_TURNED if table.landscape else _LINES))
    lines = [_HEAD.format(name=safe_id(table.id), packages=_packages(table)).rstrip("\n")]
    lines += [r"\begin{landscape}"] if table.landscape else []
    lines += _longtable(table) if table.long else _float(table)
    lines += [r"\end{landscape}"] if table.landscape else []
    return ("\n".join(lines) + "\n").encode()


def _packages(table: Table) -> str:
    return ",".join(
        ["booktabs", "longtable" if table.long else "threeparttable", *(["pdflscape"] if table.landscape else [])]
    )


def _float(table: Table) -> list[str]:
    chinese = table.language == "zh"
    lines = [r"\begin{table}[htbp]", r"\centering", *_definitions(table)]
    lines += [r"\begin{threeparttable}"]
    lines += [rf"\caption{{{escape(table.title, chinese_quotes=chinese)}}}", rf"\label{{tab:{table.id}}}"]
    settings, letters = _layout(table)
    lines += [*settings, rf"\begin{{tabular}}{{{letters}}}", r"\toprule", *_headings(table), r"\midrule"]
    for i, row in enumerate(table.rows):
        lines += _row(table, i, row)
    lines += [r"\bottomrule", r"\end{tabular}"]
    if table.notes:
        lines += [r"\begin{tablenotes}[flushleft]", r"\footnotesize", *_notes(table), r"\end{tablenotes}"]
    return [*lines, r"\end{threeparttable}", r"\end{table}"]


def _longtable(table: Table) -> list[str]:
    """A table that breaks across pages; the caption and headings are written once and stand on each of them."""
    settings, letters = _layout(table)
    lines = [r"\begingroup", r"\centering", *_definitions(table), *settings]
    lines += [rf"\begin{{longtable}}{{{letters}}}"]
    # an empty list entry, so that a caption on every page is listed once, by the line before it
    title = escape(table.title, chinese_quotes=table.language == "zh")
    lines += [rf"\caption[]{{{title}}} \\", r"\toprule", *_headings(table), r"\midrule", r"\endhead"]
    lines += [r"\midrule\endfoot", r"\bottomrule\endlastfoot", rf"\noalign{{\label{{tab:{table.id}}}}}"]
    for i, row in enumerate(table.rows):
        lines += _row(table, i, row)
    lines += [r"\end{longtable}"]
    if table.notes:
        lines += [
            r"\begin{list}{}{\leftmargin0pt \itemsep0pt \parsep0pt \labelwidth0pt \labelsep0pt}",
            r"\footnotesize",
        ]
        lines += [*_notes(table), r"\end{list}"]
    return [*lines, r"\par\endgroup"]


def _definitions(table: Table) -> list[str]:
    return [r"\def\pkstars#1{$^{#1}$}", r"\def\pkmark#1{\textsuperscript{#1}}", *_alignments(table)]


def _notes(table: Table) -> list[str]:
    return [rf"\item {escape(note, chinese_quotes=table.language == 'zh')}" for note in table.notes]


def _layout(table: Table) -> tuple[list[str], str]:
    """Size, space and the letters of the columns."""
    letters = "".join({"left": "l", "centre": "c", "decimal": "c"}[c.align] for c in table.columns)
    room = _TURNED if table.landscape else 1.0
    size = next((command for limit, command in _SIZES if _size(table) <= limit * room), r"\scriptsize")
    settings = [size, r"\setlength{\tabcolsep}{3pt}"] if size else []
    if size and _stub(table) > _STUB:
        # long row labels are broken into lines, loosely, so that no word sticks out
        settings += [r"\tolerance=9999 \emergencystretch=3em \hbadness=10000"]
        return settings, r"p{0.27\linewidth}" + letters
    return settings, "l" + letters


def parse(data: bytes) -> dict[str, str]:
    """Cells as printed by `render`, by "r<row>.c<column>"."""
    found: dict[str, str] = {}
    for line in data.decode().split("\n"):
        row = _ROW.match(line)
        if row:
            _, *cells = row[1].split(" & ")
            found |= {f"{row[2]}.c{j}": unescape(cell) for j, cell in enumerate(cells)}
    return found


def _macro(j: int) -> str:
    """\\pkA, \\pkB ... \\pkAA: the number macro of a column."""
    letters = ""
    j += 1
    while j:
        j, rest = divmod(j - 1, 26)
        letters = chr(65 + rest) + letters
    return rf"\pk{letters}"


def _alignments(table: Table) -> list[str]:
    """For each decimal column a macro of two arguments that sets what is before and from the point on in boxes of equal width."""
    made = []
    for j in range(len(table.columns)):
        parts = [(a, row.cells[j].mark) for i, row in enumerate(table.rows) if (a := aligned(table, i, j))]
        if parts:
            left = escape(max((a[0] for a, _ in parts), key=_width))
            right = max((_right(a[1], m) for a, m in parts), key=lambda t: _width(unescape(t)))
            body = rf"\hphantom{{{left}}}\llap{{#1}}\rlap{{#2}}\hphantom{{{right}}}"
            made.append(rf"\def{_macro(j)}#1#2{{{body}}}")
    return made


def _width(text: str) -> float:
    return sum(
        {"−": 0.78, ",": 0.28, ".": 0.28, "(": 0.39, ")": 0.39, "[": 0.28, "]": 0.28, "*": 0.38}.get(
            c, 1.1 if c >= "\u2e80" else 0.5
        )
        for c in text
    )


def _stub(table: Table) -> float:
    """About how wide the longest row label is, in digits; letters are narrower."""
    return max((_width(plain(row.label)) for row in table.rows if row.cells), default=0) * 1.7


def _size(table: Table) -> float:
    """About how wide the table is, in digits at its own size."""
    wide = _stub(table)
    for j, column in enumerate(table.columns):
        cells = [_width(plain(row.cells[j].shown) + plain(row.cells[j].mark)) * 2 for row in table.rows if row.cells]
        words = [min(_width(line) * 2, _HEADING_WIDTH) for line in column.heading]
        wide += max([*cells, *words], default=0) + 2
    return wide


def _right(after: str, mark: str) -> str:
    return escape(after) + _mark(mark)


def _mark(mark: str) -> str:
    if not mark:
        return ""
    bare = plain(mark)
    return rf"\pkstars{{{bare}}}" if set(bare) == {"*"} else rf"\pkmark{{{escape(bare)}}}"


def _cell(table: Table, i: int, j: int, cell: Cell) -> str:
    parts = aligned(table, i, j)
    if parts is None:
        return escape(cell.shown, chinese_quotes=table.language == "zh") + _mark(cell.mark)
    return rf"{_macro(j)}{{{escape(parts[0])}}}{{{_right(parts[1], cell.mark)}}}"


def _row(table: Table, i: int, row: Row) -> list[str]:
    rule = [r"\midrule"] if row.rule_above and i else []
    label = escape(row.label, chinese_quotes=table.language == "zh")
    if row.kind == "panel":
        return [*rule, rf"\multicolumn{{{len(table.columns) + 1}}}{{l}}{{{label}}} \\ % pk panel"]
    # an ' & ' inside a text is always escaped, so it parts cells and nothing else
    return [*rule, " & ".join([label, *(_cell(table, i, j, c) for j, c in enumerate(row.cells))]) + rf" \\ % pk r{i}"]


def _headings(table: Table) -> list[str]:
    lines = []
    spans = heading_lines(table)
    for level, line in enumerate(spans):
        stub = escape(table.stub) if level == 0 else ""
        lines.append(" & ".join([stub, *(_heading(table.columns, span) for span in line)]) + r" \\")
        rules = [rf"\cmidrule(lr){{{s.start + 2}-{s.start + s.count + 1}}}" for s in line if s.count > 1]
        if rules and level + 1 < len(spans):
            lines.append("".join(rules))
    return lines


def _heading(columns: tuple[Column, ...], span: Span) -> str:
    letter = "l" if columns[span.start].align == "left" and span.count == 1 else "c"
    pieces = [escape(p) for p in folded(span.text, _HEADING_WIDTH * span.count)]
    text = r" \\ ".join(pieces)
    if len(pieces) > 1:
        text = rf"\begin{{tabular}}[b]{{@{{}}{letter}@{{}}}}{text}\end{{tabular}}"
    return rf"\multicolumn{{{span.count}}}{{{letter}}}{{{text}}}"


RENDERERS.register(
    RendererKind(name="latex", extension="tex", summary="booktabs fragment to be \\input", render=render, parse=parse)
)
