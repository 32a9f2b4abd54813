"""Yearbook pages written by hand in the layouts that publishers use; figures are made up so that each tells where it stands."""

from __future__ import annotations

from panelkit.facts.provinces import provinces

ZH = [p.name_zh for p in provinces()]
EN = {p.name_zh: p.name_en for p in provinces()}
Rows = list[list[object]]


def spaced(name: str) -> str:
    """A name of two characters as yearbooks print it.

    >>> spaced("北京"), spaced("黑龙江")
    ('北  京', '黑龙江')
    """
    return "  ".join(name) if len(name) == 2 else name


def figure(region: str, column: int, year: int = 0) -> float:
    """The figure of a region, a column and a year."""
    return 1000.0 * (ZH.index(region) + 1) + 10 * column + (year - 2000 if year else 0) / 100


def body(
    columns: int, *, years: tuple[int, ...] = (0,), regions: list[str] | None = None, english: bool = True
) -> Rows:
    """The national row and one for each region: columns outermost, years within."""
    regions = regions or ZH
    keys = [(c, y) for c in range(columns) for y in years]
    rows: Rows = [[spaced(r), *([EN[r]] if english else []), *(figure(r, c, y) for c, y in keys)] for r in regions]
    totals = [round(sum(figure(r, c, y) for r in ZH), 6) for c, y in keys]
    nation: list[object] = ["全  国", *(["National Total"] if english else []), *totals]
    return [nation, *rows] if regions[0] == ZH[0] else rows


def html(rows: Rows, title: str = "") -> bytes:
    """A web page with one table."""
    cells = "".join("<tr>" + "".join(f"<td>{'' if c is None else c}</td>" for c in row) + "</tr>\n" for row in rows)
    head = '<html><head><meta charset="utf-8"><title>not this</title><style>td {x: 1}</style></head>'
    return f"{head}<body><div>{title}</div><table>{cells}</table></body></html>".encode()


def xml_spreadsheet(sheets: dict[str, Rows]) -> bytes:
    """An XML spreadsheet of 2003."""

    def cell(value: object) -> str:
        kind = "Number" if isinstance(value, (int, float)) else "String"
        return f'<Cell><Data ss:Type="{kind}">{value}</Data></Cell>' if value is not None else "<Cell/>"

    made = "".join(
        f'<Worksheet ss:Name="{name}"><Table>'
        + "".join(f"<Row>{''.join(map(cell, row))}</Row>" for row in rows)
        + "</Table></Worksheet>"
        for name, rows in sheets.items()
    )
    named = "urn:schemas-microsoft-com:office:spreadsheet"
    head = '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
    return f'{head}<Workbook xmlns="{named}" xmlns:ss="{named}">{made}</Workbook>'.encode()


def csv(rows: Rows) -> str:
    """Rows as comma-separated text."""

    def quoted(cell: object) -> str:
        text = "" if cell is None else str(cell)
        return f'"{text}"' if "," in text or "\n" in text else text

    return "".join(",".join(map(quoted, row)) + "\n" for row in rows)
