"""Workbooks written by hand for tests: one sheet, texts and numbers, merged cells, and the same under a password."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_STORED, ZipFile, ZipInfo

_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_RELS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
    'Target="{target}"/></Relationships>'
)
_BOOK = (
    '<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="1" sheetId="1" r:id="r1"/></sheets></workbook>'
)


def letters(column: int) -> str:
    """Letters of a column counted from 0."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def workbook(rows: list[list[object]], merged: tuple[str, ...] = ()) -> bytes:
    """An .xlsx of one sheet; merged: ranges such as "D5:G5"."""
    lines = []
    for r, row in enumerate(rows, start=1):
        cells = []
        for c, cell in enumerate(row):
            if cell is None or cell == "":
                continue
            at = f"{letters(c)}{r}"
            if isinstance(cell, (int, float)):
                cells.append(f'<c r="{at}"><v>{cell!r}</v></c>')
            else:
                cells.append(f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(str(cell))}</t></is></c>')
        lines.append(f'<row r="{r}">{"".join(cells)}</row>')
    ranges = "".join(f'<mergeCell ref="{m}"/>' for m in merged)
    sheet = (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{''.join(lines)}</sheetData>"
        + (f"<mergeCells>{ranges}</mergeCells>" if ranges else "")
        + "</worksheet>"
    )
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELS.format(kind="officeDocument", target="xl/workbook.xml"),
        "xl/workbook.xml": _BOOK,
        "xl/_rels/workbook.xml.rels": _RELS.format(kind="worksheet", target="worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": sheet,
        "docProps/room.xml": f"<room>{' ' * 8192}</room>",  # the encryption of very small packages is beyond msoffcrypto
    }
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as file:
        for name, text in parts.items():
            file.writestr(ZipInfo(name), text)
    return out.getvalue()


def locked(data: bytes, password: str = "VelvetSweatshop") -> bytes:
    """The workbook encrypted under a password."""
    import msoffcrypto

    out = BytesIO()
    msoffcrypto.OfficeFile(BytesIO(data)).encrypt(password, out)
    return out.getvalue()


def write(path: Path, rows: list[list[object]], merged: tuple[str, ...] = ()) -> Path:
    """A workbook as a file."""
    path.write_bytes(workbook(rows, merged))
    return path
