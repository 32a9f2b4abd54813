"""Run as a program of its own by _workbook: sheets from standard input to one line of JSON each; imports nothing of panelkit.

A damaged workbook can make the reading library ask for more memory than there is and end the whole process. Here it ends this one.
"""

from __future__ import annotations

import datetime
import json
import sys
from io import BytesIO
from typing import Any

MEMORY = 2 * 2**30  # bytes of address space
DEFAULT_PASSWORD = "VelvetSweatshop"  # noqa: S105  Excel opens files under this one without asking


def limit_memory() -> None:
    """Ask the system to refuse more than `MEMORY`; Windows knows no such limit."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def opened_by_default(data: bytes) -> bytes | None:
    """The workbook without its encryption, where Excel's default password opens it; None where it is not encrypted so."""
    import warnings

    warnings.simplefilter("ignore")
    import msoffcrypto

    try:
        book = msoffcrypto.OfficeFile(BytesIO(data))
        if not book.is_encrypted():
            return None
        book.load_key(password=DEFAULT_PASSWORD)
        plain = BytesIO()
        book.decrypt(plain)
        return plain.getvalue()
    except Exception:  # the library raises many kinds; whatever it was, the file does not open so
        return None


def sheet_as_json(data: bytes, path: str, wanted: str, largest: int) -> dict[str, Any]:
    """The wanted sheet, or the only one with cells: {"sheet", "rows", "others"}, or {"fault", ...} with a word for what is wrong."""
    found = _sheet(data, path, wanted, largest)
    if found.get("fault") in ("encrypted", "damaged") and data.startswith(b"\xd0\xcf\x11\xe0"):
        opened = opened_by_default(data)
        if opened is not None:
            return {**_sheet(opened, path, wanted, largest), "opened": True}
    return found


def _sheet(data: bytes, path: str, wanted: str, largest: int) -> dict[str, Any]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        names = list(book.sheet_names)
        filled = [wanted] if wanted else [n for n in names if book.get_sheet_by_name(n).total_height]
        if wanted and wanted not in names:
            return {"fault": "unknown", "names": names}
        if len(filled) != 1:
            return {"fault": "several" if filled else "empty", "names": filled}
        sheet = book.get_sheet_by_name(filled[0])
        last = sheet.end or (0, 0)
        height, width = last[0] + 1, last[1] + 1
        if height * width > largest:
            return {"fault": "large", "names": filled, "height": height, "width": width}
        rows = [[_plain(c) for c in row] for row in sheet.to_python(skip_empty_area=False)]
        merged = [[list(a), list(b)] for a, b in sheet.merged_cell_ranges or ()]
        return {"sheet": filled[0], "rows": rows, "others": [n for n in names if n != filled[0]], "merged": merged}
    except CalamineError as fault:
        said = fault
    try:  # encryption is told by path only, not on bytes
        CalamineWorkbook.from_path(path)
    except PasswordError:
        return {"fault": "encrypted"}
    except CalamineError as fault:
        said = fault
    return {"fault": "damaged", "said": str(said)}


def _plain(cell: object) -> object:
    if cell == "":
        return None
    return cell if isinstance(cell, (str, int, float, bool)) else _dated(cell)


def _dated(cell: object) -> str:
    dated = isinstance(cell, (datetime.date, datetime.time))
    return cell.isoformat() if dated else str(cell)  # type: ignore[attr-defined]


if __name__ == "__main__":
    limit_memory()
    jobs = json.loads(
        sys.stdin.buffer.readline()
    )  # [[path, sheet, number of bytes], ...], then the bytes one after another
    for job_path, job_sheet, size in jobs:
        found = sheet_as_json(sys.stdin.buffer.read(size), job_path, job_sheet, int(sys.argv[1]))
        sys.stdout.buffer.write(json.dumps(found).encode() + b"\n")
        sys.stdout.buffer.flush()
