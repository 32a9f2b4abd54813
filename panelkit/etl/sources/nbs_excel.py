"""Workbooks exported by the statistics bureau's portal (.xls, .xlsx), header rows stripped or not; CSV files are in nbs_csv."""

from __future__ import annotations

from pathlib import Path

from panelkit.core.errors import SourceError
from panelkit.core.registry import SOURCES, SourceKind
from panelkit.core.source import Observations, Reading
from panelkit.core.spec import spec
from panelkit.etl.sources._observed import Ledger, sealed
from panelkit.etl.sources._portal import CellRow, PortalSpec, PortalTable, columns_of, look_at, take_apart
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
    data = file_bytes(path, largest=LARGEST_WORKBOOK)
    sheet = sheet_of(data, path, spec.path, spec.sheet)
    ledger = Ledger(where=spec.path, thousands=spec.thousands)
    for note in sheet.notes:
        ledger.say(note)
    columns = columns_of(spec, _table(sheet, spec.path), ledger)
    return sealed(spec, data, columns, ledger)


def _table(sheet: Sheet, where: str) -> PortalTable:
    def row(number: int, cells: tuple[object, ...]) -> CellRow:
        return CellRow(cells=cells, place=lambda column: f"!{sheet.place(number, column)}")

    return take_apart([row(number, cells) for number, cells in enumerate(sheet.rows)], where)


def recognise(path: Path) -> str | None:
    """Why a file is a portal workbook, or None."""
    try:
        table = _table(sheet_of(file_bytes(path, largest=LARGEST_WORKBOOK), path, path.name), path.name)
    except SourceError:
        return None
    return f"a workbook with a header row of years below {len(table.head)} rows such as 数据库"


def look(path: Path) -> Reading:
    """What a portal workbook holds."""
    sheet = sheet_of(file_bytes(path, largest=LARGEST_WORKBOOK), path, path.name)
    table = _table(sheet, path.name)
    layout = "portal workbook" if table.head else "portal workbook, header stripped"
    layout += ", years in rows" if table.turned else ""
    ledger = Ledger(where=path.name)
    for note in sheet.notes:
        ledger.say(note)
    return look_at(table, layout, f"Excel workbook, sheet {sheet.name}", ledger)


SOURCES.register(
    SourceKind(
        name="nbs_excel",
        spec=NbsExcelSpec,
        summary="Excel export of the statistics bureau's portal, one indicator or transposed",
        read=read,
        recognise=recognise,
        look=look,
    )
)
