"""Tables as semantic HTML: a fragment for the page, or a page of its own; every number carries its key and full value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from html.parser import HTMLParser

from panelkit.core.exhibit import Cell, Row, Table
from panelkit.core.registry import RENDERERS, RendererKind
from panelkit.reporting.printed import aligned, caption, heading_lines, plain, printed, safe_id

STYLE = """
table.pk{border-collapse:collapse;border-top:2px solid;border-bottom:2px solid;font-variant-numeric:tabular-nums;margin:0 auto}
table.pk caption{caption-side:top;padding:0 0 .5em;font-weight:600}
table.pk th,table.pk td{padding:.16em .7em;font-weight:400;text-align:center;vertical-align:top}
table.pk thead th{vertical-align:bottom;min-width:3.6em;max-width:13em}
table.pk thead th[colspan]:not([colspan="1"]){border-bottom:1px solid}
table.pk thead tr:last-child th{border-bottom:1px solid;padding-bottom:.35em}
table.pk tbody tr:first-child>*{padding-top:.4em}
table.pk thead .stub{border-bottom:1px solid;padding-bottom:.35em}
table.pk th[scope=row],table.pk .left{text-align:left}table.pk th[scope=row]{min-width:9em}
table.pk tr.rule>*{border-top:1px solid}
table.pk tr.bracket td{padding-top:0}table.pk tr.term td,table.pk tr.stat td{vertical-align:bottom}
table.pk .num,table.pk td.left{white-space:nowrap}
table.pk .a,table.pk .b{display:inline-block}
table.pk .a{text-align:right}table.pk .b{text-align:left}
table.pk sup{font-size:.8em;line-height:0}
.pk-notes{font-size:.85em;line-height:1.5;margin:.5em auto 0;max-width:60em}.pk-notes p{margin:.15em 0}
"""
# what a row of brackets holds, by the field of its numbers
SPOKEN = {
    "se": ("standard error", "标准误"),
    "statistic": ("t statistic", "t值"),
    "p": ("p value", "p值"),
    "p_resampled": ("resampled p value", "重抽样p值"),
    "interval": ("confidence interval", "置信区间"),
    "interval_resampled": ("resampled confidence interval", "重抽样置信区间"),
    "difference_p": ("p value", "p值"),
    "sd": ("standard deviation", "标准差"),
    "pairs": ("pairs", "配对数"),
}
_PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font-family:"Times New Roman","Noto Serif CJK SC","Songti SC",SimSun,serif;margin:2em}}{style}</style></head>
<body>
{body}</body></html>
"""


def render(table: Table) -> bytes:
    """A page that holds the table alone."""
    language = "zh-CN" if table.language == "zh" else "en"
    title = escape(" ".join(filter(None, caption(table))))
    return _PAGE.format(language=language, title=title, style=STYLE, body=fragment(table)).encode()


def fragment(table: Table, *, links: Mapping[str, str] | None = None) -> str:
    """The `<table>` and its notes; ids start with the table's.

    links : where a number of a model leads to, by the model's id (on the page, its lineage).
    """
    printed(table)
    name = safe_id(table.id)
    lines = [f'<table class="pk" id="table-{name}">']
    lines += [f"<caption>{escape(_title(table))}</caption>", "<thead>", *_head(table), "</thead>", "<tbody>"]
    lines += [
        _row(table, i, row, lambda i, j, cell: _cell(table, i, j, cell, links or {}))
        for i, row in enumerate(table.rows)
    ]
    lines += ["</tbody>", "</table>"]
    if table.notes:
        lines += ['<div class="pk-notes">', *(f"<p>{escape(plain(n))}</p>" for n in table.notes), "</div>"]
    return "\n".join(lines) + "\n"


def twin(table: Table, links: Mapping[str, str]) -> str:
    """The same table in the page's other language: no ids of cells, each number in a `<data>` of its own with its key."""
    printed(table)
    lines = [f'<table class="pk" data-of="{safe_id(table.id)}">']
    lines += [f"<caption>{escape(_title(table))}</caption>", "<thead>", *_head(table), "</thead>", "<tbody>"]
    lines += [
        _row(table, i, row, lambda i, j, cell: _twin_cell(table, i, j, cell, links)) for i, row in enumerate(table.rows)
    ]
    lines += ["</tbody>", "</table>"]
    if table.notes:
        lines += ['<div class="pk-notes twin">', *(f"<p>{escape(plain(n))}</p>" for n in table.notes), "</div>"]
    return "\n".join(lines) + "\n"


def _title(table: Table) -> str:
    return (". " if table.language == "en" else " ").join(filter(None, caption(table)))


def _head(table: Table) -> list[str]:
    lines = []
    spans = heading_lines(table)
    for level, line in enumerate(spans):
        stub = _stub(table, len(spans)) if level == 0 else ""
        cells = []
        for span in line:
            scope = "colgroup" if span.count > 1 else "col"
            left = ' class="left"' if table.columns[span.start].align == "left" else ""
            cells.append(f'<th scope="{scope}" colspan="{span.count}"{left}>{escape(span.text)}</th>')
        lines.append(f"<tr>{stub}{''.join(cells)}</tr>")
    return lines


def _stub(table: Table, lines: int) -> str:
    """What heads the labels of rows; one without a text is no heading."""
    tag, scope = ("th", 'scope="col" ') if table.stub else ("td", "")
    return f'<{tag} {scope}class="left stub" rowspan="{lines}">{escape(plain(table.stub))}</{tag}>'


def _row(table: Table, i: int, row: Row, cell_of: Callable[[int, int, Cell], str]) -> str:
    kind = f"{row.kind} rule" if row.rule_above and i else row.kind
    label = escape(plain(row.label))
    if row.kind == "panel":
        return (
            f'<tr class="{kind}"><th scope="rowgroup" colspan="{len(table.columns) + 1}" class="left">{label}</th></tr>'
        )
    cells = "".join(cell_of(i, j, cell) for j, cell in enumerate(row.cells))
    return f'<tr class="{kind}"><th scope="row"{_spoken(table, i, row)}>{label}</th>{cells}</tr>'


def _spoken(table: Table, i: int, row: Row) -> str:
    """What those who cannot see are told heads a row of brackets: the label above, and what the brackets hold."""
    above = next((r.label for r in reversed(table.rows[:i]) if r.label), "")
    field = next((c.key[2] for c in row.cells if c.key), "")
    if row.kind != "bracket" or row.label or not above:
        return ""
    name = next((pair[table.language == "zh"] for f, pair in SPOKEN.items() if field == f), "")
    colon = "：" if table.language == "zh" else ": "
    return f' aria-label="{escape(plain(above + (colon + name if name else "")))}"'


def _cell(table: Table, i: int, j: int, cell: Cell, links: Mapping[str, str]) -> str:
    facts = [f'data-cell="r{i}.c{j}"']
    if cell.key is not None:
        facts.append(f'id="{table.id}-r{i}-c{j}"')
        facts.append(f'data-key="{escape(plain("|".join(cell.key)))}"')
        facts.append(f'data-raw="{escape(plain(repr(cell.raw) if isinstance(cell.raw, float) else str(cell.raw)))}"')
    facts.append('class="left"' if table.columns[j].align == "left" else 'class="num"')
    before, after, mark = _parts(table, i, j, cell)
    whole = f"{before}{after}{mark}{_closed(table, i, j)}"
    return f"<td {' '.join(facts)}>{_linked(whole, cell, links)}</td>"


def _twin_cell(table: Table, i: int, j: int, cell: Cell, links: Mapping[str, str]) -> str:
    parts = aligned(table, i, j)
    mark = f"<sup>{escape(plain(cell.mark))}</sup>" if cell.mark else ""
    text = escape(plain(cell.shown))
    if parts is not None:
        known = [(a, row.cells[j].mark) for k, row in enumerate(table.rows) if (a := aligned(table, k, j))]
        left, right = (max(len(a[side]) for a, _ in known) for side in (0, 1))
        text = f'<span class="a" style="min-width:{left}ch">{escape(parts[0])}</span>'
        # a mark stands tight behind the number, and in a box that keeps the decimal points in one line
        wide = "" if cell.mark else f' style="min-width:{right}ch"'
        text += f'<span class="b"{wide}>{escape(parts[1])}</span>'
        room = 0.5 * max(len(m) for _, m in known) + (right - len(parts[1]) if cell.mark else 0)
        mark = f'<span class="b" style="min-width:{room:g}ch">{mark}</span>'
    side = "left" if table.columns[j].align == "left" else "num"
    if cell.key is None:
        return f'<td class="{side}">{text}{mark}</td>'
    key = f'data-key="{escape(plain("|".join(cell.key)))}"'
    return f'<td class="{side}"><data {key} value="{escape(plain(str(cell.raw)))}">{_linked(text, cell, links)}</data>{mark}</td>'


def _parts(table: Table, i: int, j: int, cell: Cell) -> tuple[str, str, str]:
    """What stands before the decimal point, what from there on (its box still open), and the mark."""
    mark = f"<sup>{escape(plain(cell.mark))}</sup>" if cell.mark else ""
    parts = aligned(table, i, j)
    if parts is None:
        return escape(plain(cell.shown)), "", mark
    left, right = _widths(table, j)
    before = f'<span class="a" style="min-width:{left}ch">{escape(parts[0])}</span>'
    return before, f'<span class="b" style="min-width:{right}ch">{escape(parts[1])}', mark


def _closed(table: Table, i: int, j: int) -> str:
    return "" if aligned(table, i, j) is None else "</span>"


def _linked(text: str, cell: Cell, links: Mapping[str, str]) -> str:
    """The text as a link to its model's lineage; by keyboard the list beneath the table leads there."""
    target = links.get(cell.key[0]) if cell.key else None
    return f'<a class="k" tabindex="-1" href="#{escape(target)}">{text}</a>' if target and text else text


def _widths(table: Table, j: int) -> tuple[float, float]:
    """Room before and from the decimal point, in widths of a digit."""
    parts = [(a, len(row.cells[j].mark)) for i, row in enumerate(table.rows) if (a := aligned(table, i, j))]
    return max(len(a[0]) for a, _ in parts), max(len(a[1]) + 0.5 * marks for a, marks in parts)


class _Reader(HTMLParser):
    """Collects the text of every cell."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.cells: dict[str, str] = {}
        self.open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = dict(attrs).get("data-cell")
        if tag == "td" and name:
            self.open = name
            self.cells[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self.open = ""

    def handle_data(self, data: str) -> None:
        if self.open:
            self.cells[self.open] += data


def parse(data: bytes) -> dict[str, str]:
    """Cells as printed, by "r<row>.c<column>"."""
    reader = _Reader()
    reader.feed(data.decode())
    reader.close()
    return reader.cells


RENDERERS.register(
    RendererKind(
        name="html", extension="html", summary="semantic table, numbers with their keys", render=render, parse=parse
    )
)
