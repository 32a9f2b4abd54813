"""Stata files as columns of cells: labels of variables and of regions, and the encoding of texts; which column is what is for tidy."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from panelkit.core.counted import counted
from panelkit.core.errors import SourceError
from panelkit.core.letters import deceiving, without
from panelkit.etl.sources._cell_table import CellTable
from panelkit.etl.sources._cells import narrow
from panelkit.facts.provinces import is_not_a_province, match

_UNICODE = 118  # first release whose texts are UTF-8
_CJK = re.compile(r"[\u3400-\u9fff]")
_STRANGE = re.compile(r"[\u00a1-\u00ff\u2010-\u2040\u0152-\u0192\ufffd]{2}")


def release_of(data: bytes) -> int:
    """The release of a Stata file by its first bytes; 0 where it is none.

    >>> release_of(b"<stata_dta><header><release>118</release>"), release_of(bytes([114, 2, 1])), release_of(b"hello")
    (118, 114, 0)
    """
    found = re.match(rb"<stata_dta><header><release>(\d{3})</release>", data)
    if found:
        return int(found[1])
    return data[0] if data[:1] and 102 <= data[0] <= 115 and data[1:2] in (b"\x01", b"\x02") else 0


def stata_table(data: bytes, where: str, encoding: str) -> CellTable:
    """The variables of a Stata file.

    Texts of Stata 13 and older have no declared encoding: UTF-8 and GB18030 are tried, and the choice is noted. A numeric
    variable whose value labels are regions gives its labels.

    Raises
    ------
    SourceError
        No Stata file, a damaged one, texts that do not fit the declared encoding.
    """
    release = release_of(data)
    if not release:
        mend = "export it again, or give it the ending of what it is"
        raise SourceError("this is no Stata file: it does not begin as one", where=where, mend=mend)
    notes: list[str] = []
    if encoding or release >= _UNICODE:
        frame, meta = _read(data, where, encoding or None)
        used = encoding or "utf-8"
    else:
        frame, meta, used = _guessed(data, where)
        if used != "ascii":
            notes.append(f"texts of Stata 13 or older, whose encoding is not in the file: read as {used}")
    names = list(map(str, frame.columns))
    columns = []
    labelled: dict[str, list[object]] = {}
    for name in names:
        cells = [None if c is None or c != c else c for c in frame[name].astype("object")]
        shown, said = _cleaned(meta.variable_value_labels.get(name, {}), name)
        notes += said
        if _regions(shown):
            cells = [shown.get(c, shown.get(_whole(c), c)) for c in cells]
            notes.append(f"the variable '{name}' gives its value labels, which are regions")
        elif shown and all(_whole(c) in shown or c in shown for c in cells if c is not None):
            labelled[name] = [None if c is None else shown.get(c, shown.get(_whole(c))) for c in cells]
        columns.append(cells)
    return CellTable(
        names=tuple(names),
        columns=tuple(columns),
        place=lambda row, column: f", row {row + 1}, column {names[column]}",
        format=f"Stata (release {release})",
        encoding=used,
        labels=tuple(_clean(meta.column_names_to_labels.get(n) or "") for n in names),
        notes=tuple(notes),
        shown=labelled,
    )


def _clean(text: str) -> str:
    """A label in normal widths, blanks made one, without letters that hide or turn what is read."""
    return " ".join(without(narrow(str(text))).split())


def _cleaned(labels: Mapping[Any, str], name: str) -> tuple[dict[Any, str], list[str]]:
    """Value labels made clean, and what is said of it: letters taken out, values that have one label."""
    made = {value: _clean(text) for value, text in labels.items()}
    said = []
    hidden = [value for value, text in labels.items() if deceiving(str(text))]
    if hidden:
        count = counted(len(hidden), "value labels")
        said.append(f"letters that hide or turn what is read were taken out of {count} of '{name}'")
    alike = sorted(text for text, count in Counter(made.values()).items() if count > 1)
    if alike:
        said.append(f"several values of '{name}' have one label: {', '.join(alike[:3])}")
    return made, said


def _whole(cell: object) -> object:
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _regions(labels: Mapping[Any, str]) -> bool:
    known = sum(match(str(t)) is not None or is_not_a_province(str(t)) is not None for t in labels.values())
    return len(labels) > 2 and known > len(labels) / 2


def _guessed(data: bytes, where: str) -> tuple[Any, Any, str]:
    """The file under the encoding in which its texts are texts: strictly UTF-8, else GB18030 where that gives Chinese, else Latin."""
    found = None
    for encoding in ("utf-8", "gb18030", "latin-1"):
        try:
            frame, meta = _read(data, where, encoding)
        except SourceError as fault:
            found = found or fault
            continue
        texts = _texts(frame, meta)
        if texts.isascii():
            return frame, meta, "ascii"
        if encoding == "latin-1" or (_CJK.search(texts) and not _STRANGE.search(texts)):
            return frame, meta, encoding
    raise found or SourceError("the Stata file cannot be read", where=where, mend="save it again in Stata")


def _texts(frame: Any, meta: Any) -> str:
    parts = [
        " ".join(map(str, frame[n].dropna().unique()))
        for n in frame.columns
        if frame[n].dtype == object or str(frame[n].dtype).startswith("str")
    ]
    labels = [str(t) for t in meta.column_names_to_labels.values() if t]
    values = [str(t) for shown in meta.variable_value_labels.values() for t in shown.values()]
    return " ".join([*parts, *labels, *values])


def _read(data: bytes, where: str, encoding: str | None) -> tuple[Any, Any]:
    import pyreadstat

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "f.dta"
        copy.write_bytes(data)
        try:
            return pyreadstat.read_dta(str(copy), encoding=encoding, apply_value_formats=False)
        except (pyreadstat.ReadstatError, ValueError, IndexError, OverflowError, MemoryError) as fault:
            said = str(fault).replace(str(copy), "the file")[:80]
    raise SourceError(
        f"the Stata file cannot be read ({said})",
        where=where,
        mend="save it again in Stata, or declare encoding = 'gb18030' for texts written by Stata 13 or older",
    )
