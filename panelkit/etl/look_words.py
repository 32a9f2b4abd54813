"""A look at a raw file, and two exports side by side, in words for a terminal; what is said is found in look."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from panelkit.core.source import Reading, SeriesSeen
from panelkit.etl.harmonise.units import parse_measure
from panelkit.etl.harmonise.vintages import VintageComparison
from panelkit.etl.look import source_fields
from panelkit.etl.look_query import query_in_toml

MOST_SERIES = 40
MOST_IN_SOURCE = 8
MOST_ODDITIES = 30
MOST_REVISED = 12
_NAME = 46  # columns of a terminal


def width(text: str) -> int:
    """Columns that a text takes on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """A text filled up with blanks to a number of columns."""
    blanks = " " * max(columns - width(text), 0)
    return blanks + text if right else text + blanks


def cut(text: str, columns: int) -> str:
    """A text that takes no more than `columns`.

    >>> cut("地区生产总值", 7)
    '地区生…'
    """
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[:-1]
    return text + "…"


def table(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Rows of texts under each other; `right`: columns set flush right."""
    widths = [max(width(r[c]) for r in rows) for c in range(len(rows[0]))]
    return ["  ".join(padded(t, widths[c], right=c in right) for c, t in enumerate(row)).rstrip() for row in rows]


def reading_in_words(path: Path, seen: Reading) -> str:
    """What a raw file holds: the layout, a line for each series, what is odd, and how a study names it."""
    lines = [
        path.name,
        f"  layout    {seen.layout}",
        f"  kind      {seen.kind}",
        f"  encoding  {seen.encoding}",
        f"  vintage   {seen.vintage_hint or 'the file gives no hint'}",
        "",
        *(f"  {line}" for line in _series(seen.series)),
    ]
    unmatched = list(dict.fromkeys(u for s in seen.series for u in s.unmatched if u.strip()))
    if unmatched:
        shown = ", ".join(" ".join(u.split()) for u in unmatched[:12])
        more = f" and {len(unmatched) - 12} more" if len(unmatched) > 12 else ""
        lines += ["", f"  not matched to any province or city ({len(unmatched)}): {shown}{more}"]
    if seen.oddities:
        lines += ["", "  said of it", *(f"  - {o}" for o in seen.oddities[:MOST_ODDITIES])]
        if len(seen.oddities) > MOST_ODDITIES:
            lines.append(f"  - and {len(seen.oddities) - MOST_ODDITIES} more (--json prints all)")
    source = source_in_toml(path, seen)
    return "\n".join([*lines, "", "  in a study", *(f"    {line}" for line in source)]) if source else "\n".join(lines)


def _series(series: Sequence[SeriesSeen]) -> list[str]:
    head = ("series", "unit", "years", "regions", "blank", "first figure")
    rows: list[tuple[str, ...]] = [head]
    for one in series[:MOST_SERIES]:
        name = (one.name or "(not named in the file)") + (f": {one.label}" if one.label else "")
        rows.append(
            (
                cut(name, _NAME),
                one.unit or "not printed",
                _span(one.times),
                str(one.units_matched),
                str(one.missing),
                _first(one),
            )
        )
    lines = table(rows, frozenset({3, 4}))
    if len(series) > MOST_SERIES:
        lines.append(f"... and {len(series) - MOST_SERIES} more series (--json prints all)")
    return lines


def _span(times: Sequence[int]) -> str:
    known = [t for t in times if t]
    if not known:
        return "unknown"
    whole = known[-1] - known[0] + 1 == len(known)
    return (
        str(known[0]) if len(known) == 1 else f"{known[0]}-{known[-1]}" + ("" if whole else f" ({len(known)} of them)")
    )


def _first(one: SeriesSeen) -> str:
    first = one.first
    if not first:
        return ""
    value = "blank" if first["value"] is None else f"{first['value']:.12g}"
    return f"{first['unit'] or '?'} {first['time'] or '?'} = {value} ({first['cell']})"


# ---------------------------------------------------------------- for a study


def source_in_toml(path: Path, seen: Reading) -> list[str]:
    """The table of a study file that reads this file so, its first series as examples."""
    if not seen.series or seen.kind == "records":
        return []
    if seen.kind == "sql":
        return query_in_toml(path, seen)
    sheet = seen.series[0].name.partition(" > ")[0] if " > " in seen.series[0].name else ""
    own = [s for s in seen.series if not sheet or s.name.startswith(f"{sheet} > ")]
    chosen: dict[str, SeriesSeen] = {}
    for one in own[:MOST_IN_SOURCE]:
        chosen.setdefault(_alias(one, chosen), one)
    fields = source_fields(path, seen, chosen)
    open_ = {alias: s.unit or "?" for alias, s in chosen.items()}
    printed = bool(fields.get("measure_column")) or all(_prints(s, seen) for s in chosen.values())
    fields["measures"] = {} if printed else {a: u for a, u in open_.items() if u == "?" or not _prints(chosen[a], seen)}
    lines = ["[sources.NAME]", f"kind = {_text(seen.kind)}", f"path = {_text('data/raw/PUBLISHER/' + path.name)}"]
    lines += [
        f"{key} = {_value(value)}" for key, value in fields.items() if value not in ("", {}, None) or key == "time"
    ]
    if len(own) > len(chosen):
        lines.append(f"# and {len(own) - len(chosen)} more series")
    if (
        "?" in fields["measures"].values()
        or "not named" in " ".join(seen.oddities)
        or any(not s.name for s in chosen.values())
        or "?" in (fields.get("unit_name"), fields.get("thousands"))
    ):
        lines.append("# what the file does not say is for you to fill in")
    return [*lines, "vintage = YEAR  # of the export or yearbook"]


def _prints(one: SeriesSeen, seen: Reading) -> bool:
    """Whether the file itself prints the unit of measure of a series, so that the study need not."""
    return bool(one.unit)


def _alias(one: SeriesSeen, taken: Mapping[str, Any]) -> str:
    """A short name in letters: the English one where there is one, else x1, x2."""
    name = one.name.split(" / ")[-1].partition(" > ")[2] or one.name.split(" / ")[-1]
    stem = parse_measure(name)[0].casefold()
    short = "_".join(re.findall(r"[a-z][a-z0-9]*", stem)[:3]) if stem.isascii() else ""
    return short if short and short not in taken else f"x{len(taken) + 1}"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _text(value) if isinstance(value, str) else str(value)


# ---------------------------------------------------------------- two exports


def comparison_in_words(names: tuple[str, str], found: VintageComparison) -> str:
    """Two exports of one series: counts, a line for each year, the widest differences and what was revised in part."""
    both = [r for r in found.rows if r["difference"] is not None]
    lines = [f"A  {names[0]}", f"B  {names[1]}", "", found.text.en]
    years = sorted({r["time"] for r in both})
    rows: list[tuple[str, ...]] = [("year", "cells in both", "equal", "differ", "median", "widest", "in")]
    for year in years:
        own = [r for r in both if r["time"] == year]
        differ = sorted((r for r in own if r["verdict"] == "differs"), key=lambda r: abs(r["percent"] or 0.0))
        middle = differ[len(differ) // 2]["percent"] if differ else None
        last = differ[-1] if differ else None
        shown = (_percent(middle), _percent(last["percent"] if last else None), last["name"] if last else "")
        rows.append((str(year), str(len(own)), str(len(own) - len(differ)), str(len(differ)), *shown))
    lines += ["", *table(rows, frozenset({1, 2, 3, 4, 5}))]
    widest = sorted(
        (r for r in both if r["verdict"] == "differs"), key=lambda r: (-abs(r["percent"] or 0.0), r["unit"], r["time"])
    )
    if widest:
        rows = [("widest", "year", "A", "B", "B - A", "%", "cell of A", "cell of B")]
        for r in widest[:MOST_REVISED]:
            figures = (f"{r['a']:.12g}", f"{r['b']:.12g}", f"{r['difference']:+.6g}", _percent(r["percent"]))
            rows.append((r["name"], str(r["time"]), *figures, r["cell_a"], r["cell_b"]))
        lines += ["", *table(rows, frozenset({2, 3, 4, 5}))]
        if len(widest) > MOST_REVISED:
            lines.append(f"... and {len(widest) - MOST_REVISED} more (--json prints every cell)")
    alone = {
        v: sorted({r["time"] for r in found.rows if r["verdict"] == v} - set(years)) for v in ("only in a", "only in b")
    }
    lines += ["", *_in_part(found)] if found.revised else [""]
    lines += [f"{v[:-1]}{v[-1].upper()}: {_spans(y)}" for v, y in alone.items() if y]
    return "\n".join(lines)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:+.2f}"


def _spans(years: Sequence[int]) -> str:
    """Years in words, runs as spans.

    >>> _spans([2015, 2016, 2017, 2019])
    '2015-2017, 2019'
    """
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in runs)


def _in_part(found: VintageComparison) -> list[str]:
    """Units revised in part of the years only, under the years in which they differ."""
    listed: dict[str, list[str]] = {}
    for one in found.revised:
        listed.setdefault(_spans(one["differs_in"]), []).append(one["name"])
    return [f"differ in {years}, equal otherwise: {', '.join(names)}" for years, names in sorted(listed.items())]
