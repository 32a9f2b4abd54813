"""Workbooks written by hand for tests: one sheet, texts and numbers, merged cells, and the same under a password."""

from __future__ import annotations

import gzip
import struct
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
    "{sheets}</Types>"
)
_SHEET_TYPE = (
    '<Override PartName="/xl/worksheets/sheet{n}.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
)
_RELS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    "{relations}</Relationships>"
)
_RELATION = (
    '<Relationship Id="r{n}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
    'Target="{target}"/>'
)
_BOOK = (
    '<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    "{sheets}</sheets></workbook>"
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
    return workbook_of({"1": rows}, merged)


def workbook_of(sheets: dict[str, list[list[object]]], merged: tuple[str, ...] = ()) -> bytes:
    """An .xlsx of several sheets, all with the same merged ranges."""
    numbered = list(enumerate(sheets, start=1))
    relations = "".join(_RELATION.format(n=n, kind="worksheet", target=f"worksheets/sheet{n}.xml") for n, _ in numbered)
    named = "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}"/>' for n, name in numbered)
    parts = {
        "[Content_Types].xml": _TYPES.format(sheets="".join(_SHEET_TYPE.format(n=n) for n, _ in numbered)),
        "_rels/.rels": _RELS.format(relations=_RELATION.format(n=1, kind="officeDocument", target="xl/workbook.xml")),
        "xl/workbook.xml": _BOOK.format(sheets=named),
        "xl/_rels/workbook.xml.rels": _RELS.format(relations=relations),
        **{f"xl/worksheets/sheet{n}.xml": _sheet(sheets[name], merged) for n, name in numbered},
        "docProps/room.xml": f"<room>{' ' * 8192}</room>",  # the encryption of very small packages is beyond msoffcrypto
    }
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as file:
        for name, text in parts.items():
            file.writestr(ZipInfo(name), text)
    return out.getvalue()


def _sheet(rows: list[list[object]], merged: tuple[str, ...]) -> str:
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
    return (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{''.join(lines)}</sheetData>"
        + (f"<mergeCells>{ranges}</mergeCells>" if ranges else "")
        + "</worksheet>"
    )


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


def packed(frame: dict[str, list], name: str = "d") -> bytes:
    """A data frame as R saves it (XDR, version 2)."""

    def text(t):
        raw = t.encode()
        return struct.pack(">ii", 0x00008009, len(raw)) + raw

    def vector(kind, items, attributes=b""):
        flag = kind | (0x200 if attributes else 0)
        body = b"".join(items)
        return struct.pack(">ii", flag, len(items)) + body + attributes

    def pair(key, made):
        return struct.pack(">i", 0x402) + struct.pack(">i", 1) + text(key) + made

    end = struct.pack(">i", 254)
    columns = []
    for cells in frame.values():
        if isinstance(cells[0], str):
            columns.append(vector(16, [text(c) for c in cells]))
        else:
            columns.append(
                vector(14, [bytes.fromhex("7ff00000000007a2") if c is None else struct.pack(">d", c) for c in cells])
            )
    rows = len(next(iter(frame.values())))
    attributes = (
        pair("names", vector(16, [text(k) for k in frame]))
        + pair("class", vector(16, [text("data.frame")]))
        + pair("row.names", vector(13, [struct.pack(">i", -(2**31)), struct.pack(">i", -rows)]))
        + end
    )
    body = pair(name, vector(19, columns, attributes)) + end
    return gzip.compress(mtime=0, data=b"RDX2\nX\n" + struct.pack(">iii", 2, 0x00040000, 0x00020300) + body)
