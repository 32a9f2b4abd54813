"""Workbooks exported by the statistics bureau's portal (.xls, .xlsx), header rows stripped or not; CSV files are in nbs_csv."""

from __future__ import annotations

from pathlib import Path

from panelkit.core.counted import counted
from panelkit.core.errors import SourceError
from panelkit.core.registry import SOURCES, SourceKind
from panelkit.core.source import Observations, Reading
from panelkit.core.spec import spec
from panelkit.etl.sources._frames import WORKBOOKS
from panelkit.etl.sources._observed import looking
from panelkit.etl.sources._portal import CellRow, Periods, PortalSpec, PortalTable, cells_of, take_apart
from panelkit.etl.sources._portal_cells import Opened, files_of, look_at, read_portal
from panelkit.etl.sources._several import files_of_several, over_several
from panelkit.etl.sources._text import file_bytes
from panelkit.etl.sources._workbook import LARGEST_WORKBOOK, Sheet, sheet_of


@spec
class NbsExcelSpec(PortalSpec):
    """A workbook of the portal.

    Parameters
    ----------
    series : dict
        One alias -> the indicator as printed; where the header rows were stripped, what the study says it is, and
        `measures` is required.
    sheet : str
        Name of the sheet, where the workbook has several with cells.
    """

    sheet: str = ""


def read(spec: NbsExcelSpec, path: Path) -> Observations:
    """Observations of a portal workbook.

    Raises
    ------
    SourceError
        No Excel file, an encrypted one, another layout, or cells that are no numbers: all at once.
    """

    def opened(file: Path, where: str) -> Opened:
        data = file_bytes(file, largest=LARGEST_WORKBOOK)
        sheet = sheet_of(data, file, where, spec.sheet)
        return data, _table(sheet, where, spec.periods), sheet.notes

    return read_portal(spec, path, opened)


def _table(sheet: Sheet, where: str, periods: Periods | None) -> PortalTable:
    def row(number: int, cells: tuple[object, ...]) -> CellRow:
        return CellRow(cells=cells, place=lambda column: f"!{sheet.place(number, column)}")

    return take_apart([row(number, cells) for number, cells in enumerate(sheet.rows)], where, periods)


def recognise(path: Path, sheet: str = "") -> str | None:
    """Why a file is a portal workbook, or None."""
    if path.suffix.casefold() not in WORKBOOKS:
        return None
    try:
        found = sheet_of(file_bytes(path, largest=LARGEST_WORKBOOK), path, path.name, sheet)
        table = _table(found, path.name, "last")
    except SourceError:
        return None
    if not table.fits:
        return None
    return f"a workbook with a header row of years below {counted(len(table.head), 'rows')} such as 数据库"


def look(path: Path, sheet: str = "") -> Reading:
    """What a portal workbook holds."""
    found = sheet_of(file_bytes(path, largest=LARGEST_WORKBOOK), path, path.name, sheet)
    table = _table(found, path.name, "last")
    layout = "portal workbook" if table.head else "portal workbook, header stripped"
    layout += ", years in rows" if table.turned else ""
    ledger = looking(path.name, cells_of(table))
    for note in found.notes:
        ledger.say(note)
    return look_at(table, layout, found.format, ledger)


SOURCES.register(
    SourceKind(
        name="nbs_excel",
        spec=NbsExcelSpec,
        summary="Excel export of the statistics bureau's portal, one indicator or transposed",
        read=over_several(read),
        recognise=recognise,
        look=look,
        files=files_of_several(files_of),
        sheets=True,
    )
)
