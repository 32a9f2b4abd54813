"""From a printed number back: model, sample, variables with their origin, and the raw cells of a place and time; it reads no file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from panelkit.core.counted import counted
from panelkit.core.errors import PackageError
from panelkit.core.manifest import Entry, Manifest
from panelkit.core.nearest import known_or_nearest

if TYPE_CHECKING:
    import pandas as pd

_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawCell:
    """One cell of a raw file, as it was read."""

    unit: str
    time: int
    series: str
    value: float | str | None
    source: str
    cell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A variable: how it was made, and the series ("source.alias") it comes down to."""

    name: str
    measure: str
    how: str
    inputs: tuple[str, ...]
    series: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where a printed number comes from. cells : those of the unit and time asked for, else none; `cells_in_all` counts every one."""

    number: str
    entry: Entry | None
    key: tuple[str, str, str]
    value: float | int | str | None
    formula: str
    outcome: str
    engine: str
    rows: int
    units: int
    window: tuple[int, int]
    dropped: tuple[tuple[int, str], ...]
    variables: tuple[Traced, ...]
    sources: tuple[str, ...]
    cells_in_all: int
    cells: tuple[RawCell, ...] = ()

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        printed = f', printed as "{self.entry.shown}{self.entry.mark}"' if self.entry is not None else ""
        yield f"{self.number} = {self.value if self.value is not None else 'no number'}{printed}"
        yield f"  it is   {'.'.join(filter(None, self.key))}"
        if self.formula:
            yield f"  model   {self.formula}; fitted by {self.engine}"
        yield f"  sample  {counted(self.rows, 'rows')}, {counted(self.units, 'units')}, {self.window[0]}-{self.window[1]}"
        for rows, why in self.dropped:
            yield f"    left out: {counted(rows, 'rows')} ({why})"
        for variable in self.variables:
            yield f"  variable {variable.name} = {variable.how}"
            if variable.series and variable.series != (variable.how,):
                yield f"    from {', '.join(variable.series)}"
        yield f"  raw cells: {self.cells_in_all}, of {', '.join(self.sources) or 'no source'}"
        for cell in self.cells:
            yield f"    {cell.series}, {cell.unit}, {cell.time} = {cell.value}: {cell.source}, {cell.cell}"
        if self.variables and not self.cells:
            yield f"  each of them: panelkit trace {self.variables[0].name} UNIT YEAR"


def trace(
    number: str,
    ledger: Mapping[str, Entry] | Manifest,
    estimates: Mapping[str, Any],
    panel: Mapping[str, Any],
    observations: pd.DataFrame,
    *,
    at: tuple[str, int] | None = None,
) -> Lineage:
    """The lineage of a number.

    Parameters
    ----------
    number : a ledger cell ("table2.r3.c1") or "model.term.field".
    ledger : by cell name, or the manifest of a run. estimates : estimates.json. panel : panel.json.
    observations : every raw cell as read, columns `core.source.OBSERVED`.
    at : (unit, time) whose raw cells are listed.

    Raises
    ------
    PackageError
        A number or model that does not exist; nearest names are offered.
    """
    entries = ledger.numbers if isinstance(ledger, Manifest) else ledger
    entry = entries.get(number)
    models = {e["id"]: e for e in estimates["estimates"]}
    if entry is None and number in {v["name"] for v in panel["variables"]}:
        raise PackageError(
            f"'{number}' is a variable, not a number", mend="write VARIABLE UNIT YEAR for one of its cells"
        )
    key = entry.key if entry is not None else _key(number, models, entries)
    estimate = models.get(key[0])
    if estimate is None:
        return _of_variable(number, entry, key, panel, observations, at)
    names = _names(estimate, panel)
    traced = tuple(_traced(name, panel) for name in names)
    sample = estimate["sample"]
    cells = _cells(observations, traced)
    return Lineage(
        number=number,
        entry=entry,
        key=key,
        value=entry.raw if entry is not None else value_of(estimate, key[1], key[2]),
        formula=_formula(estimate),
        outcome=str(estimate.get("outcome", "")),
        engine=_engine(estimate),
        rows=int(sample["rows"]),
        units=int(sample["units"]),
        window=(int(sample["first"]), int(sample["last"])),
        dropped=tuple((int(d["rows"]), str(d["why"])) for d in sample.get("dropped", ())),
        variables=traced,
        sources=tuple(sorted(cells["source"].unique())),
        cells_in_all=len(cells),
        cells=_listed(cells, at),
    )


def value_of(estimate: Mapping[str, Any], term: str, field: str) -> float | int | str | None:
    """The number of an estimate that (term, field) names: of a term, else of its sample or fit; None where there is none."""
    for known in estimate["terms"]:
        if known["name"] == term:
            found: float | None = known.get(field)
            return found
    for part in ("sample", "fit"):
        if not term and field in estimate[part]:
            held: float | None = estimate[part][field]
            return held
    return None


def _key(number: str, models: Mapping[str, Any], entries: Mapping[str, Entry]) -> tuple[str, str, str]:
    model, _, rest = number.partition(".")
    term, _, field = rest.rpartition(".")
    if model in models and field:
        if value_of(models[model], term, field) is not None:
            return model, term, field
        terms = [f"{model}.{t['name']}.{f}" for t in models[model]["terms"] for f in ("estimate", "se", "p")]
        raise PackageError(f"there is no number '{number}'", where=model, mend=known_or_nearest(number, terms))
    raise PackageError(
        f"there is no printed number '{number}'",
        mend=_beside(number, entries) or known_or_nearest(number, [*entries, *models]),
    )


def _beside(number: str, entries: Mapping[str, Entry]) -> str:
    """The numbers of the row that was meant, where it is one of an exhibit; rows and columns are counted from nought."""
    row = re.match(r"(.+\.r\d+)\.c\d+", number)
    names = [e for e in entries if row and e.rpartition(".")[0] == row[1]]
    each = ", ".join(f"{n} ({entries[n].shown})" for n in names)
    return f"that row, columns counted from c0, has {each}" if names else ""


def _engine(estimate: Mapping[str, Any]) -> str:
    """Who fitted it; an estimate of panelkit's own routes was fitted by no engine, though one fitted the regression beside it."""
    own = estimate.get("confirmation", "engine") != "engine" and estimate.get("engine") != "unitwise"
    return "panelkit's own calculation" if own else str(estimate.get("engine", ""))


def _formula(estimate: Mapping[str, Any]) -> str:
    for request in estimate.get("requests", ()):
        right = " + ".join(request.get("slopes", ())) or "1"
        effects = [*request.get("absorb", ()), *(f"{e}[{v}]" for e, v in request.get("varying_slopes", ()))]
        instruments = request.get("instruments", ())
        text = f"{request['outcome']} ~ {right}" + (f" | {' + '.join(effects)}" if effects else "")
        return text + (f" | {' + '.join(request['endogenous'])} ~ {' + '.join(instruments)}" if instruments else "")
    return ""


def _names(estimate: Mapping[str, Any], panel: Mapping[str, Any]) -> tuple[str, ...]:
    """The panel's variables that a model uses, in the order of its requests."""
    known = {v["name"] for v in panel["variables"]}
    asked = [str(estimate.get("outcome", ""))]
    for request in estimate.get("requests", ()):
        asked += [request["outcome"], *request.get("endogenous", ()), *request.get("slopes", ())]
        asked += [*request.get("instruments", ()), *request.get("absorb", ()), request.get("weights", "")]
        asked += [v for pair in request.get("varying_slopes", ()) for v in pair]
    asked += [t["name"] for t in estimate["terms"]]
    asked += [r["variable"] for r in estimate.get("records", {}).get("thresholds", ())]
    parts = [n for name in asked for n in _NAME.findall(str(name))]
    return tuple(dict.fromkeys(n for n in parts if n in known))


def _traced(name: str, panel: Mapping[str, Any]) -> Traced:
    variables = {v["name"]: v for v in panel["variables"]}
    variable = variables[name]
    origin = variable["origin"]
    series: dict[str, None] = {}
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        current = waiting.pop(0)
        if current in seen:
            continue
        seen.add(current)
        if current in variables:
            waiting += variables[current]["origin"]["inputs"]
        else:
            series[current] = None
    return Traced(
        name=name,
        measure=variable["measure"],
        how=origin["how"],
        inputs=tuple(origin["inputs"]),
        series=tuple(series),
    )


def _cells(observations: pd.DataFrame, traced: tuple[Traced, ...]) -> pd.DataFrame:
    wanted = {s for t in traced for s in t.series}
    return observations[observations["series"].isin(wanted)].sort_values(
        ["unit", "time", "series", "source", "cell"], kind="stable"
    )


def _listed(cells: pd.DataFrame, at: tuple[str, int] | None) -> tuple[RawCell, ...]:
    if at is None:
        return ()
    here = cells[(cells["unit"] == at[0]) & (cells["time"] == at[1])]
    return tuple(
        RawCell(
            unit=str(r.unit),
            time=int(r.time),
            series=str(r.series),
            value=(None if r.text is None or r.text != r.text else str(r.text))
            if r.value != r.value
            else float(r.value),
            source=str(r.source),
            cell=str(r.cell),
        )
        for r in here.itertuples(index=False)
    )


def _of_variable(
    number: str,
    entry: Entry | None,
    key: tuple[str, str, str],
    panel: Mapping[str, Any],
    observations: pd.DataFrame,
    at: tuple[str, int] | None,
) -> Lineage:
    """The lineage of a number that belongs to a variable, not to a model (a descriptive table)."""
    known = {v["name"] for v in panel["variables"]}
    name = next((n for k in key for n in (k, *_NAME.findall(k)) if n in known), None)
    if name is None:
        raise PackageError(
            f"'{'.'.join(key)}' names no model and no variable", where=number, mend="run the study again"
        )
    traced = (_traced(name, panel),)
    cells = _cells(observations, traced)
    return Lineage(
        number=number,
        entry=entry,
        key=key,
        value=entry.raw if entry is not None else None,
        formula="",
        outcome=name,
        engine="",
        rows=int(panel["history"][-1]["after"]) if panel.get("history") else 0,
        units=int(observations["unit"].nunique()),
        window=(int(observations["time"].min()), int(observations["time"].max())),
        dropped=(),
        variables=traced,
        sources=tuple(sorted(cells["source"].unique())),
        cells_in_all=len(cells),
        cells=_listed(cells, at),
    )
