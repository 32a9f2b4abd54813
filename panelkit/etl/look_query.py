"""The source that a study declares for a database that was looked at: query, unit, time and series; the look itself is in sources.sql."""

from __future__ import annotations

import json
import re
from pathlib import Path

from panelkit.core.source import Reading, SeriesSeen
from panelkit.etl.harmonise.units import parse_measure
from panelkit.etl.sources.sql import quoted_name

MOST = 8  # series of an example
_SAID = re.compile(
    r"^table (?P<table>.*), by what stands in its columns: unit = '(?P<unit>.*?)', time = '(?P<time>.*?)'"
    r"(?:, series_column = '(?P<series>.*?)', value_column = '(?P<value>.*?)')?(?:; no province or city)?$"
)


def query_in_toml(path: Path, seen: Reading) -> list[str]:
    """The table of a study file for the first table of a database with units and years, its first series as examples.

    A table with its series in rows is turned by the query: a column for each series.
    """
    said = [found for o in seen.oddities if (found := _SAID.match(o))]
    if not said or not seen.series:
        return []
    roles = said[0]
    own = [s for s in seen.series if s.name.startswith(roles["table"] + ".")][:MOST]
    names = [s.name.removeprefix(roles["table"] + ".") for s in own]
    aliases = _aliases(names)
    table, unit, time = (quoted_name(roles[k]) for k in ("table", "unit", "time"))
    if roles["series"]:
        value, series = quoted_name(roles["value"]), quoted_name(roles["series"])
        cases = ", ".join(
            f"max({value}) FILTER (WHERE {series} = {_literal(n)}) AS {a}" for a, n in zip(aliases, names, strict=True)
        )
        query = f"SELECT {unit}, {time}, {cases} FROM {table} GROUP BY ALL"  # noqa: S608  shown, not run
        columns = dict(zip(aliases, aliases, strict=True))
    else:
        listed = ", ".join(quoted_name(n) for n in names)
        query = f"SELECT {unit}, {time}, {listed} FROM {table}"  # noqa: S608  shown, not run
        columns = dict(zip(aliases, names, strict=True))
    measures = {a: _measure(s) for a, s in zip(aliases, own, strict=True)}
    lines = [
        "[sources.NAME]",
        'kind = "sql"',
        f"path = {_text('data/raw/PUBLISHER/' + path.name)}",
        f"query = {_text(query)}",
        f"unit = {_text(roles['unit'])}",
        f"time = {_text(roles['time'])}",
        f"series = {_inline(columns)}",
    ]
    if open_ := {a: m for a, m in measures.items() if m == "?"}:
        lines += [f"measures = {_inline(open_)}", "# what the file does not say is for you to fill in"]
    return [*lines, "vintage = YEAR  # of the export or yearbook"]


def _measure(one: SeriesSeen) -> str:
    return one.unit or "?"


def _aliases(names: list[str]) -> list[str]:
    """A short name in letters for each series, x1, x2 where it has none."""
    found: list[str] = []
    for name in names:
        stem = parse_measure(name)[0].casefold()
        short = "_".join(re.findall(r"[a-z][a-z0-9]*", stem)[:3]) if stem.isascii() else ""
        found.append(short if short and short not in found else f"x{len(found) + 1}")
    return found


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _inline(values: dict[str, str]) -> str:
    return "{ " + ", ".join(f"{k} = {_text(v)}" for k, v in values.items()) + " }"
