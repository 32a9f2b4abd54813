"""Records at order or declaration level (CSV, Parquet), added up by the SQL engine to one row per unit and year; tables are tidy."""

from __future__ import annotations

import codecs
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from panelkit.core.counted import counted
from panelkit.core.errors import SourceError
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import SOURCES, SourceKind
from panelkit.core.source import Observations, Reading, SourceSpec, Units
from panelkit.core.spec import spec
from panelkit.etl.sources._engine import Clock, locked, settings
from panelkit.etl.sources._group_records import (
    Total,
    added_up,
    counted_once,
    figures_of,
    grouped,
    with_keys,
    with_zeros,
)
from panelkit.etl.sources._observed import Ledger, reading, sealed, series_seen, settle_measure, unit_columns
from panelkit.etl.sources._several import UNIT, files_named, is_pattern

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

YEAR_OF_NAME = "year of the file's name"
LARGEST_RECORDS = 20 * 2**30  # bytes
_TOTAL = re.compile(r"(?P<how>sum|mean|min|max|count|distinct)\(\s*(?P<column>[^()]*?)\s*\)")
_KEYS = ("unit", "time", "series", "value", "measure", "cell")
_CHUNK = 2**20


@spec
class RecordsSpec(SourceSpec):
    """Records to be added up.

    Parameters
    ----------
    unit : str, or dict
        Column of the unit; "" to add up over all records of a year (figures of the nation); or key of the panel -> its column.
    time : str
        Column of the year, or of a date or time of which the year is taken; "" where it is in the names of the files ({year}).
    number : str
        Column that numbers the records, such as an order number: no two may have the same. Without one a record that stands twice
        counts twice, and a note says so.
    within : str
        A further column, such as an industry; the unit is then "unit / industry", in a panel of one key with codes = 'as_printed'.
    series : dict
        Alias -> "sum(amount)", "mean(price)", "min(...)", "max(...)", "count()" or "distinct(firm)".
    only : dict
        Alias -> { column -> values }: the records that it counts, such as { textiles = { industry = ["C17", "C18"] } }. A unit
        and year that have records, but none of these, has the sum and the count 0.
    blank : 'refuse' or 'drop'
        What to do with records without unit or year; dropped ones are counted in a note.
    absent : 'missing' or 'zero'
        What a unit and year without any record is: missing, or 0 for sums and counts, in every year that has records.
    encoding, separator : str
        Only where they cannot be found from the file.
    memory : str
        Limit of the engine, such as "2GB". threads : int; with one, sums are the same to the last digit every time.
    """

    unit: Units = "province"
    time: str = "year"
    number: str = ""
    within: str = ""
    only: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    blank: Literal["refuse", "drop"] = "refuse"
    absent: Literal["missing", "zero"] = "missing"
    encoding: str = ""
    separator: str = ""
    memory: str = "2GB"
    threads: int = 1


def read(spec: RecordsSpec, path: Path) -> Observations:
    """Observations of records added up by unit and year, sorted by both.

    Raises
    ------
    SourceError
        A missing column (with the nearest), records without unit or year, figures that are no numbers: all at once.
    """
    ledger = Ledger(where=spec.path)
    totals = _totals(spec, ledger)
    measures = {t.alias: _measure(spec, t, ledger) for t in totals}
    ledger.finish()
    files = _files(spec, path)
    when = spec.time or YEAR_OF_NAME
    if not spec.time and not all(files.values()):
        ledger.fault(
            "no column of years is named, and no file's name says one", "name the column, or write {year} in the path"
        )
    ledger.finish()
    limits = (spec.memory, spec.threads)
    with _opened(files, spec.path, limits, spec.encoding, spec.separator) as (table, ask):
        _require_columns(spec, totals, table.columns, ledger)
        ledger.finish()
        groups = ask(grouped(table, _key_columns(spec), when, totals))
        keyed = with_keys(groups, len(_key_columns(spec)))
        _count_faults(spec, totals, keyed, ledger)
        ledger.finish()
        frame = added_up(keyed, totals)
        for total in (t for t in totals if t.how == "distinct"):
            found = ask(counted_once(table, _key_columns(spec), when, total))
            frame = frame.merge(found, on=["unit", "time"], how="left")
    if spec.absent == "zero":
        frame, made = with_zeros(frame, totals)
        ledger.say(f"{counted(made, 'units')} and years without a record taken for 0, as declared")
    frame = frame.sort_values(["unit", "time"], kind="stable", ignore_index=True)
    columns: dict[str, list[object]] = {k: [] for k in _KEYS}
    for total in totals:
        columns["unit"] += list(frame["unit"])
        columns["time"] += list(frame["time"])
        columns["series"] += [f"{spec.id}.{total.alias}"] * len(frame)
        columns["value"] += list(frame[f"v_{total.alias}"].astype("float64"))
        columns["measure"] += [measures[total.alias]] * len(frame)
        columns["cell"] += [f"{spec.series[total.alias]} of {counted(n, 'records')}" for n in frame[f"n_{total.alias}"]]
    ledger.say(
        f"{counted(int(frame['records'].sum()), 'records', ',')} added up to {counted(len(frame), 'units')} and years"
    )
    return sealed(spec, b"".join(map(_digest_text, files)), columns, ledger, parts=tuple(unit_columns(spec.unit)))


def _files(spec: RecordsSpec, path: Path) -> dict[Path, int]:
    """The files of the source, by the year of their names, 0 where they have none."""
    if not is_pattern(path.name):
        return {path: 0}
    if UNIT in path.name:
        raise SourceError("records name their units in a column", where=spec.path, mend="write * in place of {unit}")
    return {file: year for file, (year, _) in files_named(spec, path).items()}


def _totals(spec: RecordsSpec, ledger: Ledger) -> tuple[Total, ...]:
    found = []
    for alias, text in spec.series.items():
        parsed = _TOTAL.fullmatch(text.strip())
        if parsed is None or bool(parsed["column"]) == (parsed["how"] == "count"):
            ledger.fault(
                f"series.{alias} = '{text}' is not understood",
                "write sum(column), mean(column), min(column), max(column), distinct(column) or count()",
            )
            continue
        found.append(
            Total(alias=alias, how=parsed["how"], column=parsed["column"], only=dict(spec.only.get(alias, {})))
        )
    for alias in spec.only:
        if alias not in spec.series:
            ledger.fault(f"only.{alias} is no series of the source", known_or_nearest(alias, spec.series))
    return tuple(found)


def _measure(spec: RecordsSpec, total: Total, ledger: Ledger) -> str:
    counted = total.how in ("count", "distinct")
    return settle_measure(spec, total.alias, None, ledger, required=not counted)


def _require_columns(spec: RecordsSpec, totals: tuple[Total, ...], names: Any, ledger: Ledger) -> None:
    wanted = {f"unit.{k}": c for k, c in unit_columns(spec.unit).items()}
    wanted |= {"time": spec.time} if spec.time else {}
    wanted |= {k: v for k, v in (("within", spec.within), ("number", spec.number)) if v}
    for total in totals:
        wanted |= {f"series.{total.alias}": total.column} if total.column else {}
        wanted |= {f"only.{total.alias}.{c}": c for c in total.only}
    for where, name in wanted.items():
        if name not in names:
            ledger.fault(f"there is no column '{name}'", f"{where}: {known_or_nearest(name, names)}")


@contextmanager
def _opened(
    files: Mapping[Path, int], where: str, limits: tuple[str, int], encoding: str, separator: str
) -> Iterator[tuple[ir.Table, Any]]:
    """The records of all files as a table of the engine, and a function that runs a question on it and gives a pandas frame.

    files : with the year of each file's name, which becomes the column `YEAR_OF_NAME`; 0 where it has none.
    """
    import duckdb
    import ibis

    for path in files:
        if not path.is_file():
            raise SourceError("there is no such file", where=where, mend="correct the source's path")
    if sum(path.stat().st_size for path in files) > LARGEST_RECORDS:
        raise SourceError(
            "the files are too large", where=where, mend=f"at most {LARGEST_RECORDS // 2**30} GB are read"
        )
    with tempfile.TemporaryDirectory(prefix="panelkit-") as spare:
        connection = ibis.duckdb.connect(**settings(*limits, where))
        try:
            folders = []
            tables: list[ir.Table] = []
            for number, (path, year) in enumerate(files.items()):
                own = Path(spare) / str(number)
                given, table = _table_of(connection, path, (where, encoding, separator), own)
                folders.append(given.parent)
                tables.append(table.mutate(**{YEAR_OF_NAME: ibis.literal(str(year))}) if year else table)
            locked(connection.con, *folders)
            table = _united(tables, list(files), where)
            clock = Clock()
            yield table, lambda asked: clock.within(connection.con, lambda: connection.execute(asked), where)
        except duckdb.Error as fault:
            said = " ".join(str(fault).split())[:200]
            raise SourceError(f"the records cannot be read: {said}", where=where, mend="mend the file") from None
        finally:
            connection.disconnect()


def _table_of(connection: Any, path: Path, how: tuple[str, str, str], spare: Path) -> tuple[Path, ir.Table]:
    """One file as a table, and the file that is read: itself, or its copy in UTF-8."""
    where, encoding, separator = how
    suffix = path.suffix.casefold()
    if suffix == ".parquet":
        return path, connection.read_parquet(str(path))
    if suffix not in (".csv", ".tsv", ".txt"):
        raise SourceError(f"records are not read from '{suffix}'", where=where, mend="give .csv or .parquet")
    spare.mkdir()
    given = _as_utf8(path, where, encoding, spare)
    mark = {"tab": "\t"}.get(separator, separator) or _separator(given)
    options = {"delim": mark, "quote": '"', "escape": '"', "strict_mode": True, "all_varchar": True}
    return given, connection.read_csv(str(given), header=True, **options)


def _united(tables: list[ir.Table], files: list[Path], where: str) -> ir.Table:
    """The records of all files one below the other; their columns must be the same, in any order."""
    first = tables[0]
    for table, file in zip(tables[1:], files[1:], strict=True):
        if set(table.columns) != set(first.columns):
            odd = sorted(set(table.columns) ^ set(first.columns))
            raise SourceError(
                f"'{file.name}' and '{files[0].name}' have not the same columns: {', '.join(odd[:6])}",
                where=where,
                mend="give files of one layout, or each a source of its own",
            )
        first = first.union(table.select(*first.columns), distinct=False)
    return first


def _separator(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        head = file.readline(100_000)
    return max((",", "\t", ";", "|"), key=head.count)


def _as_utf8(path: Path, where: str, encoding: str, spare: Path) -> Path:
    """The file itself where it is UTF-8, else a copy in UTF-8."""
    with path.open("rb") as file:
        marked = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
    found = encoding or ("utf-16" if marked else "utf-8" if _decodes(path, "utf-8") else "gb18030")
    try:
        if codecs.lookup(found).name in ("utf-8", "ascii"):
            return path
        copy = spare / "records.csv"
        with path.open(encoding=found, newline="") as old, copy.open("w", encoding="utf-8", newline="") as new:
            while chunk := old.read(_CHUNK):
                new.write(chunk)
    except (UnicodeError, LookupError):
        raise SourceError(
            f"this is no text in {found}", where=where, mend="declare its encoding, or write it again as UTF-8"
        ) from None
    return copy


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _key_columns(spec: RecordsSpec) -> tuple[str, ...]:
    return (*unit_columns(spec.unit).values(), *([spec.within] if spec.within else []))


def _noun(spec: RecordsSpec) -> str:
    return " or no ".join(unit_columns(spec.unit).values()) or "unit"


def _count_faults(spec: RecordsSpec, totals: tuple[Total, ...], keyed: pd.DataFrame, ledger: Ledger) -> None:
    """Records without a key, and figures that are none: how many, each with an example."""
    rows = int(keyed["rows"].sum())
    if not rows:
        ledger.fault("the file has no record", "export it again")
        return
    gone = keyed[keyed["unit"].isna() | keyed["time"].isna()]
    if len(gone):
        example = max((str(w) for w in gone["when"].dropna()), default=None)
        what = (
            f"{int(gone['rows'].sum()):,} of {counted(rows, 'records have', ',')} no {_noun(spec)} or no year "
            f"in {spec.time or 'their file name'}"
        )
        if spec.blank == "refuse":
            ledger.fault(f"{what} (such as '{example}')", "mend them, or say blank = 'drop'")
        else:
            ledger.say(f"{what}: dropped, as declared")
    for i, name in enumerate(figures_of(totals)):
        bad, blank = int(keyed[f"bad{i}"].sum()), int(keyed[f"blank{i}"].sum())
        if bad:
            example = max(str(e) for e in keyed[f"example{i}"].dropna())
            ledger.fault(
                f"{counted(bad, 'cells', ',')} of '{name}' are no numbers, such as '{example}'",
                "mend them; figures have no separators of thousands here",
            )
        if blank:
            ledger.say(f"{counted(blank, 'blank cells', ',')} of '{name}' left out of its totals")


def _digest_text(path: Path) -> bytes:
    """What stands for the bytes of a file that may be larger than memory: its size and the digest of its chunks."""
    import hashlib

    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return f"{digest.hexdigest()}  {path.stat().st_size}\n".encode()


def recognise(path: Path) -> str | None:
    """Records cannot be told from a tidy table by their looks: the study says so."""
    return None


def look(path: Path) -> Reading:
    """How many records there are and what columns they have."""
    import pandas as pd

    ledger = Ledger(where=path.name)
    with _opened({path: 0}, path.name, ("1GB", 1), "", "") as (table, ask):
        head: pd.DataFrame = ask(table.head(3))
        rows = int(ask(table.count()))
    ledger.say(f"{counted(rows, 'records', ',')} with the columns {', '.join(map(str, head.columns))}")
    empty = pd.DataFrame({k: [] for k in ("unit", "time", "value", "cell")})
    seen = [series_seen(str(name), "", empty, ledger) for name in head.columns]
    return reading("records, to be added up by the study", "", "", seen, ledger)


SOURCES.register(
    SourceKind(
        name="records",
        spec=RecordsSpec,
        summary="records at order or declaration level (CSV, Parquet), added up to unit and year by the SQL engine",
        read=read,
        recognise=recognise,
        look=look,
        files=lambda spec, path: tuple(_files(spec, path)),
    )
)
