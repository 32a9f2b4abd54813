"""Tables as LaTeX fragments to be \\input: booktabs, threeparttable, siunitx columns; read back by our own marks."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from panelkit.core.exhibit import LINE, Cell, Column, Row, Table
from panelkit.core.registry import RENDERERS, RendererKind
from panelkit.reporting.numbers import MINUS
from panelkit.reporting.printed import Span, aligned, folded, heading_lines, plain, printed, safe_id
from panelkit.reporting.render._tex import escape, unescape

_HEAD = """% {name}: made by panelkit; every row ends in its ledger name. Do not edit, run the study again.
% Needs \\usepackage{{{packages}}}; Chinese text: a ctex class and XeLaTeX.
"""
# every number is printed with the digits and separators of the ledger; brackets and stars stand tight beside it
_SETUP = (
    r"\sisetup{input-decimal-markers=.,input-ignore={,},group-digits=integer,group-minimum-digits=4,group-separator={,},"
    r"retain-negative-zero=true,table-align-text-before=false,table-align-text-after=false}"
)
_PLAIN = re.compile(rf"([(\[]?<?)({MINUS}?)((?:0|[1-9]\d{{0,2}}(?:,\d{{3}})*)(?:\.\d+)?)([)\]]?)", re.ASCII)
# braces before it, sign, digits, braces behind it: a bare number is never in braces itself
_BRACED = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
_NUMBER = re.compile(rf"(?:{_BRACED})?(-?)(\d[\d,]*(?:\.\d+)?)(?:{_BRACED})?", re.ASCII)
_ROW = re.compile(r"^(.*) \\\\\*? % pk (r\d+)$")
# digits that a line of 345 points (article class) holds, the blank beside a column in digits, points from line to line, the size
# and half the space between columns; the first that fits is taken, before a table is turned by 90 degrees
_SIZES = (
    (67, 2.4, 12.0, "", ""), (79, 1.45, 9.5, r"\footnotesize", "3pt"), (79, 0.99, 9.5, r"\footnotesize", "2pt"),
    (85, 1.55, 8.0, r"\scriptsize", "3pt"), (79, 0.77, 9.5, r"\footnotesize", "1.5pt"), (85, 1.06, 8.0, r"\scriptsize", "2pt"),
    (85, 0.7, 8.0, r"\scriptsize", "1.3pt"),
)  # fmt: skip
_PAGE, _PAGE_TURNED = 530.0, 330.0  # points of a page of the article class
_FOLDS = (16, 12, 10, 8)  # letters in a line of a heading over one column
_BROKEN = 0.27  # the share of a line that row labels are broken to, where they are longer and the table is too wide
_EMS = {
    **dict.fromkeys("ijlft.,:;'!|I[]", 0.29), **dict.fromkeys("acersz()-", 0.42), **dict.fromkeys("mMwW—", 0.83), " ": 0.35, "−": 0.78,
}  # fmt: skip
_KEPT = 2  # rows at least above the notes of a table that breaks across pages
_TURNED = 1.55  # how much longer a line is on a page turned by 90 degrees


def render(table: Table) -> bytes:
    """The table as a `table` environment with caption, label `tab:<id>` and notes.

    It is turned by 90 degrees where it asks for that or is too wide for any size, and a `longtable` where it asks for that
    or is higher than a page at every size that fits a line.
    """
    printed(table)
    table = replace(table, landscape=table.landscape or too_wide(table))
    table = replace(table, long=table.long or _too_high(table, _fitting(table)))
    lines = [_HEAD.format(name=safe_id(table.id), packages=_packages(table)).rstrip("\n")]
    lines += [r"\begin{landscape}"] if table.landscape else []
    lines += _longtable(table) if table.long else _float(table)
    lines += [r"\end{landscape}"] if table.landscape else []
    return ("\n".join(lines) + "\n").encode()


def _packages(table: Table) -> str:
    return ",".join(
        [
            "booktabs",
            "siunitx",
            "longtable" if table.long else "threeparttable",
            *(["pdflscape"] if table.landscape else []),
        ]
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
    last = r"\noalign{}\endlastfoot" if table.notes else r"\bottomrule\endlastfoot"
    lines += [r"\midrule\endfoot", last, rf"\noalign{{\label{{tab:{table.id}}}}}"]
    for i, row in enumerate(table.rows):
        lines += _row(table, i, row)
    lines += _notes_beneath(table) if table.notes else []
    return [*lines, r"\end{longtable}", r"\par\endgroup"]


def _notes_beneath(table: Table) -> list[str]:
    """The notes as the last row, so that no page ends between the table and them; as wide as a line, whatever the table's width."""
    return [
        r"\pkbottom",
        rf"\multicolumn{{{len(table.columns) + 1}}}{{@{{}}c@{{}}}}{{\makebox[0pt]{{\parbox[t]{{\linewidth}}{{%",
        r"\begin{list}{}{\leftmargin0pt \itemsep0pt \parsep0pt \topsep0pt \labelwidth0pt \labelsep0pt}",
        r"\footnotesize",
        *_notes(table),
        r"\end{list}",
        r"}}} \\",
    ]


def _rules(columns: int) -> list[str]:
    """The rules of a table across pages, where no page may end: one there would print two, its own and that of the page."""
    made = []
    for name, thick in (("rule", "light"), ("bottom", "heavy")):
        drawn = rf"\multispan{{{columns + 1}}}\leaders\hrule height\{thick}rulewidth\hfill\cr"
        skips = (r"\noalign{\penalty10000\vskip\aboverulesep}", r"\noalign{\penalty10000\vskip\belowrulesep}")
        made.append(rf"\def\pk{name}{{{skips[0]}{drawn}{skips[1]}}}")
    return made


def _definitions(table: Table) -> list[str]:
    made = [r"\def\pkstars#1{$^{#1}$}", r"\def\pkmark#1{\textsuperscript{#1}}"]
    made += _rules(len(table.columns)) if table.long else []
    return [*made, _SETUP] if any(_number(table, i, j) for i, j in _places(table)) else made


def _places(table: Table) -> list[tuple[int, int]]:
    return [(i, j) for i, row in enumerate(table.rows) for j in range(len(row.cells))]


def _notes(table: Table) -> list[str]:
    return [rf"\item {escape(note, chinese_quotes=table.language == 'zh')}" for note in table.notes]


def _layout(table: Table) -> tuple[list[str], str]:
    """Size, space and the letters of the columns: long row labels are broken into lines before the type is made smaller."""
    letters = "".join(_column(table, j) for j in range(len(table.columns)))
    at, broken, _ = _fitting(table)
    size, between = _SIZES[at][3:]
    settings = [size, rf"\setlength{{\tabcolsep}}{{{between}}}"] if size else []
    stub = rf">{{\raggedright\arraybackslash}}b{{{_BROKEN}\linewidth}}" if broken else "l"
    return settings, f"{stub}{letters}"


def _fitting(table: Table) -> tuple[int, bool, int]:
    """Which size to set it in, whether row labels are broken for it, and the width of a heading's lines.

    The largest size that fits a line, and for a table that does not break across pages a page too, where there is one.
    """
    fitting = [
        (size, broken, fold)
        for size in range(len(_SIZES))
        for fold in _FOLDS
        if (broken := _fits(table, size, fold)) is not None
    ]
    fitting = fitting or [(len(_SIZES) - 1, _stub(table) > _BROKEN * _line(table, len(_SIZES) - 1), _FOLDS[-1])]
    return next((f for f in fitting if table.long or not _too_high(table, f)), fitting[0])


def _fits(table: Table, size: int, fold: int) -> bool | None:
    """Whether row labels must be broken for the table to fit a line; None where it does not fit."""
    blank, line, stub = _SIZES[size][1], _line(table, size), _stub(table)
    columns = _columns(table, fold) + blank * (len(table.columns) + 1)
    if columns + stub <= line:
        return False
    return True if stub > _BROKEN * line and columns + _BROKEN * line <= line else None


def _line(table: Table, size: int) -> float:
    """Digits of that size that a line of the paper holds."""
    return _SIZES[size][0] * table.line / LINE * (_TURNED if table.landscape else 1.0)


def _too_high(table: Table, fitting: tuple[int, bool, int]) -> bool:
    """Whether the table with its notes is higher than a page."""
    size, broken, fold = fitting
    page = _PAGE_TURNED if table.landscape else _PAGE
    room = _BROKEN * _line(table, size) if broken else math.inf
    lines = sum(max(1.0, math.ceil(_width(plain(row.label)) * 2.1 / room)) for row in table.rows)
    lines += sum(max((len(folded(s.text, fold * s.count)) for s in line), default=1) for line in heading_lines(table))
    notes = sum(math.ceil(_width(plain(note)) * 2 / _line(table, 1)) for note in table.notes)
    leading = 1.3 if table.language == "zh" else 1.0  # ctex spreads lines
    return leading * ((lines + 1) * _SIZES[size][2] + notes * _SIZES[1][2]) + 40 > page


def too_wide(table: Table) -> bool:
    """Whether the table fits no line at any size unless it is turned."""
    return all(_fits(table, size, fold) is None for size in range(len(_SIZES)) for fold in _FOLDS)


def parse(data: bytes) -> dict[str, str]:
    """Cells as printed by `render`, by "r<row>.c<column>"."""
    found: dict[str, str] = {}
    for line in data.decode().split("\n"):
        row = _ROW.match(line)
        if row:
            _, *cells = row[1].split(" & ")
            found |= {f"{row[2]}.c{j}": _read(cell) for j, cell in enumerate(cells)}
    return found


def _read(cell: str) -> str:
    """What a cell prints; the hyphen of a number is a minus sign, as siunitx sets it."""
    number = _NUMBER.fullmatch(cell)
    if not number:
        return unescape(cell.removeprefix(r"\multicolumn{1}{c}"))
    before, sign, digits, after = number.groups("")
    return unescape(before) + (MINUS if sign else "") + digits + unescape(after)


def _number(table: Table, i: int, j: int) -> tuple[str, str, str, str] | None:
    """Brackets before, sign, digits and brackets behind of a cell that siunitx aligns; None for any other.

    A number that siunitx would print otherwise (parted by thousands in another way, a hyphen for a minus) stays text, and so does one
    whose mark holds a brace, which would end the braces that marks stand in.
    """
    cells = table.rows[i].cells
    parts = aligned(table, i, j) if cells and not set(cells[j].mark) & set("{}") else None
    found = _PLAIN.fullmatch("".join(parts)) if parts else None
    return (found[1], found[2] or "", found[3], found[4]) if found else None


def _numbers(table: Table, j: int) -> list[tuple[str, str, str, str, str]]:
    """Every number to be aligned in a column: brackets before, sign, digits, brackets behind, mark."""
    made = [(_number(table, i, j), row.cells[j].mark) for i, row in enumerate(table.rows) if row.cells]
    return [(*n, mark) for n, mark in made if n]


def _column(table: Table, j: int) -> str:
    """The letter of a column; `S` with room for its widest number, brackets and mark where it has numbers to align."""
    made = _numbers(table, j)
    if not made:
        return {"left": "l", "centre": "c", "decimal": "c"}[table.columns[j].align]
    whole = max(len(n[2].partition(".")[0].replace(",", "")) for n in made)
    places = max(len(n[2].partition(".")[2]) for n in made)
    options = [f"table-format={'-' if any(n[1] for n in made) else ''}{whole}.{places}"]
    before = max((n[0] for n in made), key=_width)
    if before:
        options.append(f"table-space-text-pre={{{escape(before)}}}")
    after = max((_right(n[3], n[4]) for n in made), key=lambda t: _width(unescape(t)))
    if after:
        options.append(f"table-space-text-post={{{after}}}")
    return f"S[{','.join(options)}]"


def _room(table: Table, j: int) -> float:
    """Width of the block that the numbers of a column stand in, in the units of `_width`."""
    made = _numbers(table, j)
    parts = [n[2].partition(".") for n in made]
    return (
        max(_width(n[0]) for n in made) + max(_width(n[1]) for n in made) + max(_width(whole) for whole, _, _ in parts)
        + max(_width(dot + rest) for _, dot, rest in parts) + max(_width(n[3] + n[4]) for n in made)
    )  # fmt: skip


def _width(text: str) -> float:
    """About how wide a text is, in ems of Computer Modern."""
    return sum(_EMS.get(c, 1.1 if c >= "\u2e80" else 0.72 if c.isupper() else 0.5) for c in text)


def _stub(table: Table) -> float:
    """About how wide the longest row label is, in digits."""
    return max((_width(plain(row.label)) for row in table.rows if row.cells), default=0) * 2


def _columns(table: Table, fold: int) -> float:
    """About how wide all columns but the row labels are, in digits at the table's own size, headings in lines of `fold`."""
    wide = [
        max(
            (_width(plain(r.cells[j].shown) + plain(r.cells[j].mark)) * 2 for r in table.rows if r.cells),
            default=0,
        )
        for j in range(len(table.columns))
    ]
    wide = [max(w, _room(table, j) * 2) if _numbers(table, j) else w for j, w in enumerate(wide)]
    for line in heading_lines(table):
        for span in line:
            longest = max((_width(p) * 2 for p in folded(span.text, fold * span.count)), default=0)
            for j in range(span.start, span.start + span.count):
                wide[j] = max(wide[j], longest / span.count)
    return sum(wide)


def _right(after: str, mark: str) -> str:
    return escape(after) + _mark(mark)


def _mark(mark: str) -> str:
    if not mark:
        return ""
    bare = plain(mark)
    return rf"\pkstars{{{bare}}}" if set(bare) == {"*"} else rf"\pkmark{{{escape(bare)}}}"


def _cell(table: Table, i: int, j: int, cell: Cell) -> str:
    number = _number(table, i, j)
    if number is None:
        text = escape(cell.shown, chinese_quotes=table.language == "zh") + _mark(cell.mark)
        column = _column(table, j)
        if text and column.startswith("S") and _width(plain(cell.shown) + plain(cell.mark)) > 0.75 * _room(table, j):
            return rf"\multicolumn{{1}}{{c}}{{{text}}}"
        # braces keep siunitx from reading a text as a number, and our parser too
        return f"{{{text}}}" if text and (_NUMBER.fullmatch(text) or column.startswith("S")) else text
    before, sign, digits, after = number
    behind = _right(after, cell.mark)
    return (
        (f"{{{escape(before)}}}" if before else "")
        + ("-" if sign else "")
        + digits
        + (f"{{{behind}}}" if behind else "")
    )


def _row(table: Table, i: int, row: Row) -> list[str]:
    rule = [r"\pkrule" if table.long else r"\midrule"] if row.rule_above and i else []
    label = escape(row.label, chinese_quotes=table.language == "zh")
    if row.kind == "panel":
        return [*rule, rf"\multicolumn{{{len(table.columns) + 1}}}{{l}}{{{label}}} {_end(table, i)} % pk panel"]
    # an ' & ' inside a text is always escaped, so it parts cells and nothing else
    cells = " & ".join([label, *(_cell(table, i, j, c) for j, c in enumerate(row.cells))])
    return [*rule, rf"{cells} {_end(table, i)} % pk r{i}"]


def _end(table: Table, i: int) -> str:
    """The end of a row; no page ends before a bracket or a rule, after the heading of a panel, or before the last rows."""
    following = table.rows[i + 1 : i + 2]
    kept = table.rows[i].kind == "panel" or i + 1 >= len(table.rows) - _KEPT
    return r"\\*" if table.long and (kept or any(r.kind == "bracket" or r.rule_above for r in following)) else r"\\"


def _headings(table: Table) -> list[str]:
    lines = []
    spans, (_, _, fold) = heading_lines(table), _fitting(table)
    for level, line in enumerate(spans):
        stub = escape(table.stub) if level == 0 else ""
        lines.append(" & ".join([stub, *(_heading(table.columns, span, fold) for span in line)]) + r" \\")
        rules = [rf"\cmidrule(lr){{{s.start + 2}-{s.start + s.count + 1}}}" for s in line if s.count > 1]
        if rules and level + 1 < len(spans):
            lines.append("".join(rules))
    return lines


def _heading(columns: tuple[Column, ...], span: Span, fold: int) -> str:
    letter = "l" if columns[span.start].align == "left" and span.count == 1 else "c"
    pieces = [escape(p) for p in folded(span.text, fold * span.count)]
    text = r" \\ ".join(pieces)
    if len(pieces) > 1:
        text = rf"\begin{{tabular}}[b]{{@{{}}{letter}@{{}}}}{text}\end{{tabular}}"
    return rf"\multicolumn{{{span.count}}}{{{letter}}}{{{text}}}"


RENDERERS.register(
    RendererKind(name="latex", extension="tex", summary="booktabs fragment to be \\input", render=render, parse=parse)
)
