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


def ods(sheets: dict[str, list[list[object]]], spans: dict[tuple[int, int], tuple[int, int]] | None = None) -> bytes:
    """An OpenDocument spreadsheet; spans: (row, column) -> rows and columns that the cell is merged over, on every sheet."""

    def cell(value: object, at: tuple[int, int]) -> str:
        down, across = (spans or {}).get(at, (1, 1))
        merged = (
            f' table:number-rows-spanned="{down}" table:number-columns-spanned="{across}"'
            if (spans or {}).get(at)
            else ""
        )
        if value is None or value == "":
            return f"<table:table-cell{merged}/>"
        number = f'office:value-type="float" office:value="{value!r}"'
        shown = number if isinstance(value, (int, float)) else 'office:value-type="string"'
        lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
        return f"<table:table-cell {shown}{merged}>{lines}</table:table-cell>"

    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + "".join(
            f"<table:table-row>{''.join(cell(v, (r, c)) for c, v in enumerate(row)) or '<table:table-cell/>'}</table:table-row>"
            for r, row in enumerate(rows)
        )
        + "</table:table>"
        for name, rows in sheets.items()
    )
    named = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{named}:office:1.0" '
        f'xmlns:table="{named}:table:1.0" xmlns:text="{named}:text:1.0" office:version="1.2"><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    listed = (
        f'<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="{named}:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as file:
        for name, text in (("mimetype", kind), ("content.xml", content), ("META-INF/manifest.xml", listed)):
            file.writestr(ZipInfo(name), text)
    return out.getvalue()


def web_archive(pages: dict[str, str], encoding: str = "gb18030", transfer: str = "quoted-printable") -> bytes:
    """A web archive of one or more pages, as a spreadsheet program saves a workbook as a single file."""
    import base64
    import quopri

    mark = "----=_NextPart_01D9"
    parts = []
    for name, text in pages.items():
        raw = text.encode(encoding)
        body = quopri.encodestring(raw) if transfer == "quoted-printable" else base64.encodebytes(raw)
        head = (
            f"--{mark}\r\nContent-Location: file:///C:/0E1/{name}\r\nContent-Transfer-Encoding: {transfer}\r\n"
            f'Content-Type: text/html; charset="{"gb2312" if encoding == "gb18030" else encoding}"\r\n\r\n'
        )
        parts.append(head.encode("ascii") + body + b"\r\n")
    start = (
        "MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n"
        f'Content-Type: multipart/related; boundary="{mark}"\r\n\r\nThis document is a Single File Web Page.\r\n\r\n'
    )
    return start.encode("ascii") + b"".join(parts) + f"--{mark}--\r\n".encode("ascii")
