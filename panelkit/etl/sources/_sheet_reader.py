"""Run as a program of its own by _workbook: reads one sheet from standard input and writes it as JSON; imports nothing of panelkit.

A damaged workbook can make the reading library ask for more memory than there is and end the whole process. Here it ends this one.
"""

from __future__ import annotations

import datetime
import json
import sys
from io import BytesIO
from typing import Any

MEMORY = 2 * 2**30  # bytes of address space


def limit_memory() -> None:
    """Ask the system to refuse more than `MEMORY`; Windows knows no such limit."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def sheet_as_json(data: bytes, path: str, wanted: str, largest: int) -> dict[str, Any]:
    """The wanted sheet, or the only one with cells: {"sheet", "rows", "others"}, or {"fault", ...} with a word for what is wrong."""
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
        return {"sheet": filled[0], "rows": rows, "others": [n for n in names if n != filled[0]]}
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
    found = sheet_as_json(sys.stdin.buffer.read(), sys.argv[1], sys.argv[2], int(sys.argv[3]))
    sys.stdout.buffer.write(json.dumps(found).encode())
