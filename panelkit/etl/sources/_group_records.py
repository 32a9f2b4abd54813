"""Records to totals: one pass of the engine groups by keys as printed, then the groups become units and years; files are in records."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from panelkit.core.key import EVERY, JOINT

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd

_YEAR = re.compile(r"^((1[89]|2[01])\d\d)($|年|[-/.]\d|[-/.]?[QqMm]\d|\.0+$|(0[1-9]|1[0-2])([0-3]\d)?$)")
_SPACE = " \t\n\r\x0b\x0c"
LONGEST_DATE = 24  # characters of a date that are looked at, where no mark stands after the year


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What a series adds up, over which records."""

    alias: str
    how: str
    column: str
    only: dict[str, tuple[str, ...]]


def figures_of(totals: Iterable[Total]) -> list[str]:
    """The columns that must hold numbers."""
    return sorted({t.column for t in totals if t.how in ("sum", "mean", "min", "max")})


def grouped(table: ir.Table, keys: tuple[str, ...], when: str, totals: tuple[Total, ...]) -> ir.Table:
    """One row for each combination of keys as printed: key0, key1, ..., when, rows; for each figure the bad and blank cells with an
    example; for each total the records behind it and its parts. Nothing is trimmed or looked up for each record.
    """
    asked: dict[str, Any] = {"rows": table.count()}
    for i, name in enumerate(figures_of(totals)):
        number, bad = _number(table, name), _is_bad(table, name)
        asked |= {f"bad{i}": bad.sum(), f"example{i}": table[name].cast("string").max(where=bad)}
        asked[f"blank{i}"] = (number.isnull() & ~bad).sum()
    for total in totals:
        where = _where(table, total)
        asked[f"n_{total.alias}"] = table.count(where=where)
        if total.how in ("sum", "mean"):
            asked[f"v_{total.alias}"] = _number(table, total.column).sum(where=where)
            asked[f"m_{total.alias}"] = _number(table, total.column).count(where=where)
        elif total.how in ("min", "max"):
            asked[f"v_{total.alias}"] = getattr(_number(table, total.column), total.how)(where=where)
    by = {f"key{i}": _as_text(table[name]) for i, name in enumerate(keys)}
    return table.group_by(**by, when=_date_text(table[when])).aggregate(**asked)


def with_keys(groups: pd.DataFrame, keys: int) -> pd.DataFrame:
    """The groups with `unit` (its parts joined) and `time` (a year), missing where there is none."""
    import pandas as pd

    parts = [_mapped(groups[f"key{i}"], _trimmed) for i in range(keys)]
    unit = parts[0] if parts else pd.Series(EVERY, index=groups.index, dtype="object")
    for part in parts[1:]:
        unit = unit + JOINT + part
    return groups.assign(unit=unit, time=_mapped(groups["when"], _year_of))


def _mapped(column: pd.Series, made: Any) -> pd.Series:
    known = {value: made(value) for value in column.dropna().unique()}
    return column.astype("object").map(known).astype("object")


def _trimmed(text: object) -> str | None:
    return str(text).strip(_SPACE) or None


def _year_of(text: object) -> int | None:
    found = _YEAR.match(str(text).strip(_SPACE))
    return int(found[1]) if found else None


def added_up(keyed: pd.DataFrame, totals: tuple[Total, ...]) -> pd.DataFrame:
    """One row per unit and year: the records, and for each series its total (v_) and the records behind it (n_)."""
    kept = keyed[keyed["unit"].notna() & keyed["time"].notna()]
    kept = kept.assign(time=kept["time"].astype("int64"))
    order = [
        "unit",
        "time",
        "when",
        *(c for c in kept if re.fullmatch(r"key\d+", c)),
    ]  # so that sums do not follow the engine's order
    by = kept.sort_values(order, kind="stable").groupby(["unit", "time"], sort=True)
    made = {"records": by["rows"].sum()}
    for total in totals:
        records = made[f"n_{total.alias}"] = by[f"n_{total.alias}"].sum()
        if total.how == "count":
            made[f"v_{total.alias}"] = records
        elif total.how in ("min", "max"):
            made[f"v_{total.alias}"] = getattr(by[f"v_{total.alias}"], total.how)()
        elif total.how in ("sum", "mean"):
            whole, there = by[f"v_{total.alias}"].sum(min_count=1), by[f"m_{total.alias}"].sum()
            made[f"v_{total.alias}"] = (
                whole / there.where(there > 0) if total.how == "mean" else whole.where(records > 0, 0.0)
            )
    import pandas as pd

    return pd.DataFrame(made).reset_index()


def with_zeros(frame: pd.DataFrame, totals: tuple[Total, ...]) -> tuple[pd.DataFrame, int]:
    """Every unit in every year that any has, sums and counts 0 where there is no record; and how many rows that adds."""
    import pandas as pd

    every = pd.MultiIndex.from_product(
        [sorted(frame["unit"].unique()), sorted(frame["time"].unique())], names=["unit", "time"]
    )
    whole = frame.set_index(["unit", "time"]).reindex(every)
    zero = ["records", *(f"n_{t.alias}" for t in totals)]
    zero += [f"v_{t.alias}" for t in totals if t.how in ("sum", "count", "distinct")]
    gone = whole["records"].isna()
    whole.loc[gone, zero] = 0
    counts = ["records", *(f"n_{t.alias}" for t in totals)]
    return whole.astype(dict.fromkeys(counts, "int64")).reset_index(), int(gone.sum())


def counted_once(table: ir.Table, keys: tuple[str, ...], when: str, total: Total) -> ir.Table:
    """Different values of a column by unit and year; they do not add up over groups, so every record is looked at with its key."""
    import ibis

    parts = [_stripped(_as_text(table[name])).nullif("") for name in keys]
    unit = parts[0] if parts else ibis.literal(EVERY)
    for part in parts[1:]:
        unit = (unit.isnull() | part.isnull()).ifelse(ibis.null("string"), unit.concat(JOINT, part))
    year = _stripped(_date_text(table[when])).re_extract(_YEAR.pattern, 1).nullif("").cast("int64")
    marked = table.mutate(__unit=unit, __time=year)
    marked = marked.filter(marked["__unit"].notnull() & marked["__time"].notnull())
    found = marked[total.column].nunique(where=_where(marked, total))
    return marked.group_by(unit="__unit", time="__time").aggregate(**{f"v_{total.alias}": found})


def _where(table: ir.Table, total: Total) -> Any:
    where = None
    for name, values in sorted(total.only.items()):
        inside = _stripped(_as_text(table[name])).isin(list(values))
        where = inside if where is None else where & inside
    return where


def _as_text(column: Any) -> Any:
    if column.type().is_floating():
        column = column.cast("int64")
    return column.cast("string")


def _stripped(text: Any) -> Any:
    return text.strip()


def _date_text(when: Any) -> Any:
    """What tells the year: the year of a date; of a text with a mark after its year no more than the digit behind the mark."""
    if when.type().is_temporal():
        return when.year().cast("string")
    text = when.cast("string")
    marked = text.substr(4, 1).isin(["-", "/", ".", "年"])
    return marked.ifelse(text.left(6), (text.length() > LONGEST_DATE).ifelse(text.left(LONGEST_DATE), text))


def _number(table: ir.Table, name: str) -> Any:
    """A column as doubles, null where it is blank or no number."""
    column = table[name]
    if not column.type().is_string():
        return column.cast("float64")
    return column.try_cast("float64").fill_null(column.strip().nullif("").try_cast("float64"))


def _is_bad(table: ir.Table, name: str) -> Any:
    """Whether a cell is neither blank nor a finite number."""
    number = _number(table, name)
    odd = (number.isnan() | number.isinf()).fill_null(False)
    if not table[name].type().is_string():
        return odd
    return odd | (number.isnull() & table[name].notnull() & (table[name].strip() != ""))
