"""A look at a raw file of any layout, without a study; reading it for a study is in sources."""

from __future__ import annotations

from pathlib import Path

from panelkit.core.errors import Fault, SourceError
from panelkit.core.registry import SOURCES
from panelkit.core.source import Reading
from panelkit.etl import sources as _kinds  # noqa: F401  registers the layouts

_ORDER = ("nbs_csv", "nbs_excel", "tidy")


def recognised(path: Path) -> tuple[tuple[str, str], ...]:
    """Layouts that a file may have, as (kind, reason), the most particular first."""
    names = [n for n in _ORDER if n in SOURCES] + [n for n in SOURCES.names() if n not in _ORDER]
    found = [(name, SOURCES[name].recognise(path)) for name in names]
    return tuple((name, reason) for name, reason in found if reason is not None)


def look(path: Path) -> tuple[str, Reading]:
    """The kind of a raw file and what it holds.

    Raises
    ------
    SourceError
        No layout fits; the message says for each why not.
    """
    if not path.is_file():
        raise SourceError("there is no such file", where=str(path), mend="correct the path")
    for name, _ in recognised(path):
        return name, SOURCES[name].look(path)
    workbook = path.suffix.casefold() in (".xls", ".xlsx", ".xlsm", ".xlsb", ".ods")
    kinds = ("nbs_excel",) if workbook else ("nbs_csv", "tidy") if path.suffix.casefold() == ".csv" else ("tidy",)
    faults: list[Fault] = []
    for name in kinds:
        try:
            return name, SOURCES[name].look(path)
        except SourceError as fault:
            faults += [Fault(where=f.where, what=f"as {name}: {f.what}", mend=f.mend) for f in fault.faults]
    raise SourceError(faults=faults)
