"""Records at order or declaration level (CSV, Parquet), added up by the SQL engine to one row per unit and year; tables are tidy."""

from __future__ import annotations

import codecs
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from panelkit.core.errors import SourceError
from panelkit.core.key import EVERY, JOINT
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import SOURCES, SourceKind
from panelkit.core.source import Observations, Reading, SourceSpec, Units
from panelkit.core.spec import spec
from panelkit.etl.sources._engine import locked, settings, within_time
from panelkit.etl.sources._observed import Ledger, reading, sealed, series_seen, settle_measure, unit_columns

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

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
        Column of the year, or of a date or time of which the year is taken.
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
    encoding: str = ""
    separator: str = ""
    memory: str = "2GB"
    threads: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Total:
    """What a series adds up, over which records."""

    alias: str
    how: str
    column: str
    only: dict[str, tuple[str, ...]]


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
    with _opened(path, spec.path, spec.memory, spec.threads, spec.encoding, spec.separator) as (table, ask):
        _require_columns(spec, totals, table.columns, ledger)
        ledger.finish()
        keyed = _keyed(spec, table)
        _count_faults(spec, totals, keyed, ask, ledger)
        ledger.finish()
        frame = ask(_added_up(totals, keyed))
    frame = frame.sort_values(["unit", "time"], kind="stable", ignore_index=True)
    columns: dict[str, list[object]] = {k: [] for k in _KEYS}
    for total in totals:
        columns["unit"] += list(frame["unit"])
        columns["time"] += list(frame["time"])
        columns["series"] += [f"{spec.id}.{total.alias}"] * len(frame)
        columns["value"] += list(frame[f"v_{total.alias}"].astype("float64"))
        columns["measure"] += [measures[total.alias]] * len(frame)
        columns["cell"] += [f"{spec.series[total.alias]} of {n} records" for n in frame[f"n_{total.alias}"]]
    ledger.say(f"{int(frame['records'].sum()):,} records added up to {len(frame)} units and years")
    return sealed(spec, _digest_text(path), columns, ledger, parts=tuple(unit_columns(spec.unit)))


def _totals(spec: RecordsSpec, ledger: Ledger) -> tuple[_Total, ...]:
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
            _Total(alias=alias, how=parsed["how"], column=parsed["column"], only=dict(spec.only.get(alias, {})))
        )
    for alias in spec.only:
        if alias not in spec.series:
            ledger.fault(f"only.{alias} is no series of the source", known_or_nearest(alias, spec.series))
    return tuple(found)


def _measure(spec: RecordsSpec, total: _Total, ledger: Ledger) -> str:
    counted = total.how in ("count", "distinct")
    return settle_measure(spec, total.alias, None, ledger, required=not counted)


def _require_columns(spec: RecordsSpec, totals: tuple[_Total, ...], names: Any, ledger: Ledger) -> None:
    wanted = {f"unit.{k}": c for k, c in unit_columns(spec.unit).items()} | {"time": spec.time}
    wanted |= {k: v for k, v in (("within", spec.within), ("number", spec.number)) if v}
    for total in totals:
        wanted |= {f"series.{total.alias}": total.column} if total.column else {}
        wanted |= {f"only.{total.alias}.{c}": c for c in total.only}
    for where, name in wanted.items():
        if name not in names:
            ledger.fault(f"there is no column '{name}'", f"{where}: {known_or_nearest(name, names)}")


@contextmanager
def _opened(
    path: Path, where: str, memory: str, threads: int, encoding: str, separator: str
) -> Iterator[tuple[ir.Table, Any]]:
    """The file as a table of the engine, and a function that runs a question on it and gives a pandas frame."""
    import duckdb
    import ibis

    if not path.is_file():
        raise SourceError("there is no such file", where=where, mend="correct the source's path")
    if path.stat().st_size > LARGEST_RECORDS:
        raise SourceError("the file is too large", where=where, mend=f"at most {LARGEST_RECORDS // 2**30} GB are read")
    with tempfile.TemporaryDirectory(prefix="panelkit-") as spare:
        suffix = path.suffix.casefold()
        given = path if suffix == ".parquet" else _as_utf8(path, where, encoding, Path(spare))
        connection = ibis.duckdb.connect(**settings(memory, threads, where))
        try:
            if suffix == ".parquet":
                table = connection.read_parquet(str(given))
            elif suffix in (".csv", ".tsv", ".txt"):
                mark = {"tab": "\t"}.get(separator, separator) or _separator(given)
                options = {"delim": mark, "quote": '"', "escape": '"', "strict_mode": True, "all_varchar": True}
                table = connection.read_csv(str(given), header=True, **options)
            else:
                raise SourceError(f"records are not read from '{suffix}'", where=where, mend="give .csv or .parquet")
            locked(connection.con, given.parent)
            yield table, lambda asked: within_time(connection.con, lambda: connection.execute(asked), where)
        except duckdb.Error as fault:
            said = " ".join(str(fault).split())[:200]
            raise SourceError(f"the records cannot be read: {said}", where=where, mend="mend the file") from None
        finally:
            connection.disconnect()


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


def _keyed(spec: RecordsSpec, table: ir.Table) -> ir.Table:
    """The records with the columns `unit` and `time` (a year, null where there is none) in front."""
    import ibis

    names = [*unit_columns(spec.unit).values(), *([spec.within] if spec.within else [])]
    unit = _text(table, names[0]).nullif("") if names else ibis.literal(EVERY)
    for name in names[1:]:
        part = _text(table, name).nullif("")
        unit = (unit.isnull() | part.isnull()).ifelse(ibis.null("string"), unit.concat(JOINT, part))
    when = table[spec.time]
    if when.type().is_temporal():
        year = when.year().cast("int64")
    else:
        text = when.cast("string").strip()
        digits = text.re_extract(r"^((1[89]|2[01])\d\d)($|年|[-/.]\d|\.0+$|(0[1-9]|1[0-2])([0-3]\d)?$)", 1)
        year = digits.nullif("").cast("int64")
    return table.mutate(__unit=unit, __time=year)


def _noun(spec: RecordsSpec) -> str:
    return " or no ".join(unit_columns(spec.unit).values()) or "unit"


def _text(table: ir.Table, name: str) -> Any:
    column = table[name]
    if column.type().is_floating():
        column = column.cast("int64")
    return column.cast("string").strip()


def _number(table: ir.Table, name: str) -> Any:
    """A column as doubles, null where it is blank or no number."""
    column = table[name]
    if not column.type().is_string():
        return column.cast("float64")
    return column.strip().nullif("").try_cast("float64")


def _count_faults(spec: RecordsSpec, totals: tuple[_Total, ...], keyed: ir.Table, ask: Any, ledger: Ledger) -> None:
    """Records without a key, and figures that are none: counted in one pass, each with an example."""
    figures = sorted({t.column for t in totals if t.how in ("sum", "mean", "min", "max")})
    bad = {n: _is_bad(keyed, n) for n in figures}
    gone = keyed["__unit"].isnull() | keyed["__time"].isnull()
    asked = {"rows": keyed.count(), "gone": gone.sum(), "when": keyed[spec.time].cast("string").max(where=gone)}
    for i, name in enumerate(figures):
        asked[f"bad{i}"] = bad[name].sum()
        asked[f"example{i}"] = keyed[name].cast("string").max(where=bad[name])
        asked[f"blank{i}"] = (_number(keyed, name).isnull() & ~bad[name]).sum()
    if spec.number:
        asked["different"] = keyed[spec.number].nunique()
    found = ask(keyed.aggregate(**asked)).iloc[0]
    again = int(found["rows"]) - int(found["different"]) if spec.number else 0
    if again:
        ledger.fault(
            f"{again:,} of {int(found['rows']):,} records have a '{spec.number}' that another has, or none",
            "take out the records that stand twice",
        )
    if not spec.number:
        ledger.say("no column numbers the records: one that stands twice counts twice (number = ...)")
    if not int(found["rows"]):
        ledger.fault("the file has no record", "export it again")
        return
    if int(found["gone"] or 0):
        what = (
            f"{int(found['gone']):,} of {int(found['rows']):,} records have no {_noun(spec)} or no year in {spec.time}"
        )
        if spec.blank == "refuse":
            ledger.fault(f"{what} (such as '{found['when']}')", "mend them, or say blank = 'drop'")
        else:
            ledger.say(f"{what}: dropped, as declared")
    for i, name in enumerate(figures):
        if int(found[f"bad{i}"] or 0):
            ledger.fault(
                f"{int(found[f'bad{i}']):,} cells of '{name}' are no numbers, such as '{found[f'example{i}']}'",
                "mend them; figures have no separators of thousands here",
            )
        if int(found[f"blank{i}"] or 0):
            ledger.say(f"{int(found[f'blank{i}']):,} blank cells of '{name}' left out of its totals")


def _is_bad(table: ir.Table, name: str) -> Any:
    """Whether a cell is neither blank nor a finite number."""
    number = _number(table, name)
    odd = (number.isnan() | number.isinf()).fill_null(False)
    if not table[name].type().is_string():
        return odd
    return odd | (table[name].strip().nullif("").notnull() & number.isnull())


def _added_up(totals: tuple[_Total, ...], keyed: ir.Table) -> ir.Table:
    """One row per unit and year: the records, and for each series its total and the records behind it."""
    kept = keyed.filter(keyed["__unit"].notnull() & keyed["__time"].notnull())
    asked: dict[str, Any] = {"records": kept.count()}
    for total in totals:
        where = None
        for name, values in sorted(total.only.items()):
            inside = _text(kept, name).isin(list(values))
            where = inside if where is None else where & inside
        rows = kept.count(where=where)
        asked[f"n_{total.alias}"] = rows
        if total.how == "count":
            asked[f"v_{total.alias}"] = rows
        elif total.how == "distinct":
            asked[f"v_{total.alias}"] = kept[total.column].nunique(where=where)
        else:
            found = getattr(_number(kept, total.column), total.how)(where=where)
            asked[f"v_{total.alias}"] = (rows == 0).ifelse(0.0, found) if total.how == "sum" else found
    return kept.group_by(unit="__unit", time="__time").aggregate(**asked)


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
    with _opened(path, path.name, "1GB", 1, "", "") as (table, ask):
        head: pd.DataFrame = ask(table.head(3))
        rows = int(ask(table.count()))
    ledger.say(f"{rows:,} records with the columns {', '.join(map(str, head.columns))}")
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
    )
)
