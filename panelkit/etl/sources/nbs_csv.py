"""CSV exports of the statistics bureau's portal, old layout (GB18030) and that of 2026 (UTF-8, tabs); workbooks are in nbs_excel."""

from __future__ import annotations

from pathlib import Path

from panelkit.core.counted import counted
from panelkit.core.errors import SourceError
from panelkit.core.registry import SOURCES, SourceKind
from panelkit.core.source import Observations, Reading
from panelkit.core.spec import spec
from panelkit.etl.sources._observed import looking
from panelkit.etl.sources._portal import CellRow, Periods, PortalSpec, PortalTable, cells_of, take_apart
from panelkit.etl.sources._portal_cells import Opened, files_of, look_at, read_portal
from panelkit.etl.sources._several import files_of_several, over_several
from panelkit.etl.sources._text import CUT, TextFile, at, decode, file_bytes, separated


@spec
class NbsCsvSpec(PortalSpec):
    """A CSV export of the portal.

    Parameters
    ----------
    series : dict
        One alias -> the indicator as printed, such as "地区生产总值(亿元)"; the layout of 2026 does not print it, so that
        the name is what the study says and `measures` is required. Transposed files: alias -> row name, any number.
    encoding : str
        Only where it cannot be found from the bytes.
    """

    encoding: str = ""


def read(spec: NbsCsvSpec, path: Path) -> Observations:
    """Observations of a portal CSV.

    Raises
    ------
    SourceError
        It is not this layout, an indicator or unit of measure is not the declared one, a cell is no number: all at once.
    """

    def opened(file: Path, where: str) -> Opened:
        data = file_bytes(file)
        text = decode(data, where, spec.encoding)
        table = _table(text, where, spec.periods)
        return data, table, (CUT,) if text.cut and not table.footers else ()

    return read_portal(spec, path, opened)


def _table(file: TextFile, where: str, periods: Periods | None) -> PortalTable:
    def row(number: int, fields: tuple[str, ...]) -> CellRow:
        return CellRow(cells=fields, place=lambda column: f", {at(number, column + 1)}")

    try:
        lines = separated(file.text, _mark(file.text))
    except SourceError as fault:
        raise SourceError(
            fault.faults[0].what, where=f"{where}, {fault.faults[0].where}", mend=fault.faults[0].mend
        ) from None
    return take_apart([row(line.number, line.fields) for line in lines], where, periods)


def _mark(text: str) -> str:
    """Commas, unless the file was saved again with tabs or semicolons; the layout of 2026 has a tab before every comma."""
    counts = {mark: text.count(mark) for mark in ",\t;"}
    return "," if counts[","] >= max(counts["\t"], counts[";"]) / 2 else max("\t;", key=lambda mark: counts[mark])


def layout_of(table: PortalTable) -> str:
    """Which of the portal's layouts a table has."""
    if not table.by_region:
        return "portal, indicators in rows"
    if table.turned:
        return "portal, years in rows"
    if table.indicator:
        return "portal, old"
    return "portal, 2026" if "数据库" in table.head else "portal, header stripped"


def recognise(path: Path) -> str | None:
    """Why a file is a portal CSV, or None."""
    try:
        table = _table(decode(file_bytes(path), path.name), path.name, "last")
    except SourceError:
        return None
    if not table.fits:
        return None
    return f"a header row of years below {counted(len(table.head), 'lines')} such as 数据库 ({layout_of(table)})"


def look(path: Path) -> Reading:
    """What a portal CSV holds."""
    file = decode(file_bytes(path), path.name)
    table = _table(file, path.name, "last")
    ledger = looking(path.name, cells_of(table), commas_part=_mark(file.text) == ",")
    return look_at(table, layout_of(table), file.encoding + file.shown_marks, ledger)


SOURCES.register(
    SourceKind(
        name="nbs_csv",
        spec=NbsCsvSpec,
        summary="CSV export of the statistics bureau's portal, old or 2026, one indicator or transposed",
        read=over_several(read),
        recognise=recognise,
        look=look,
        files=files_of_several(files_of),
    )
)
