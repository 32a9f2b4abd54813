"""Observations of all sources to one panel; reading files is in sources, writing them is for the pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from panelkit.core.check import Check
from panelkit.core.counted import counted
from panelkit.core.derivation import Columns
from panelkit.core.errors import Fault, PanelError, PanelkitError
from panelkit.core.key import level_of, parts_of
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel, Step
from panelkit.core.source import OBSERVED, Observations
from panelkit.core.study import PanelSpec, Study
from panelkit.etl.expressions import Grid
from panelkit.etl.gaps import (
    empty_years_fault,
    find_gaps,
    gap_check,
    gap_faults,
    kept_units,
    unused_series,
    years_without_figures,
)
from panelkit.etl.harmonise.breaks import break_faults, names_beside
from panelkit.etl.harmonise.keys import (
    NATION,
    REGIONS,
    everywhere,
    labels_of,
    labels_of_places,
    part_variables,
    to_units,
    units_of,
)
from panelkit.etl.harmonise.mixed_units import mixed_measures
from panelkit.etl.harmonise.national import national_rows
from panelkit.etl.harmonise.units import measure_of
from panelkit.etl.harmonise.vintages import vintage_faults
from panelkit.etl.levels import Levels
from panelkit.etl.needs import direct_inputs, in_order, windows
from panelkit.etl.prices import price_of_series
from panelkit.etl.variables import check_plan, make_variables
from panelkit.etl.workbench import Workbench
from panelkit.facts.provinces import is_not_a_province, match, provinces

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """A panel, every observation that it may rest on (columns `OBSERVED`, units as codes), findings, and what was done.

    national : observations of national rows that stood in the files, unit 'nation'; they are never a unit of the panel.
    filled : bool, rows as the panel's, one column per variable with cells that are not as published. details : variable -> numbers
    behind it, such as the weights of an index. beside : series -> its names beside the printed one.
    """

    panel: Panel
    observations: pd.DataFrame
    checks: tuple[Check, ...]
    notes: tuple[str, ...]
    national: pd.DataFrame
    filled: pd.DataFrame
    details: Mapping[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def assemble(study: Study, observations: Mapping[str, Observations]) -> Assembled:
    """The panel of a study.

    Parameters
    ----------
    study : Study
    observations : dict
        Source id -> what was read of it, units as printed.

    Raises
    ------
    PanelError
        Unmatched units, keys that stand twice, undeclared mixing of vintages, gaps under gaps = 'refuse', units of measure that
        do not fit, logarithms of zero, unknown names: every fault of the stage at once, with file, cell and province.
    """
    frame, notes, faults = harmonised(study, observations)
    _raise(faults)
    order = _order(study)
    needed = windows(study, order)
    beside = names_beside(study, observations)
    told, crossed = break_faults(study.sources, frame, needed, study.panel.vintages, beside)
    notes += told
    grid = _grid(study, frame)
    faults = _excluded_faults(study.panel, grid) + _unknown_series(study, frame) + crossed
    faults += mixed_measures(study.sources, frame, needed)
    _raise(faults)
    found = find_gaps(frame, study.sources, needed, grid)
    if study.panel.gaps == "refuse":
        faults += gap_faults(found)
    bench = _bench(study, frame, grid)
    faults += make_variables(study, bench, order, needed)
    _raise(faults)
    panel = _panel(study, bench, grid, frame)
    if study.panel.gaps == "refuse" and (empty := years_without_figures(study, panel)):
        _raise([empty_years_fault(empty, panel)])
    notes += [f"{name}: no variable uses this series" for name in unused_series(study, needed)]
    return Assembled(
        panel=panel,
        observations=frame[list(OBSERVED)],
        checks=(gap_check(found),),
        notes=(*notes, *bench.notes),
        national=_national(study, observations, frame),
        filled=_flags(bench, panel),
        details=bench.details,
        beside=beside,
    )


def _national(study: Study, observations: Mapping[str, Observations], frame: pd.DataFrame) -> pd.DataFrame:
    """National rows as printed in the files, to hold sums against: unit "nation", or that of an activity, such as "* / 17"."""
    import pandas as pd

    frames = [national_rows(frame, study)[list(OBSERVED)]]
    for name in study.sources:
        if name not in observations:
            continue
        frame = observations[name].frame
        if len(study.panel.parts) > 1 and observations[name].parts:
            frames.append(_national_by_activity(study, name, observations[name]))
        elif observations[name].parts == () and not study.sources[name].at:  # no column of units
            frames.append(frame.assign(unit="nation")[list(OBSERVED)])
        elif study.panel.code_list != "as_printed":
            nation = [u for u in frame["unit"].unique() if match(u) is None and is_not_a_province(u) == NATION]
            frames.append(frame[frame["unit"].isin(nation)].assign(unit="nation")[list(OBSERVED)])
    frames = [f for f in frames if len(f)]
    if not frames:
        return pd.DataFrame(columns=list(OBSERVED))
    together = pd.concat(frames, ignore_index=True)
    return together.sort_values(["series", "time"], kind="stable", ignore_index=True)


def _national_by_activity(study: Study, name: str, observed: Observations) -> pd.DataFrame:
    """Rows of the nation that stand among those of regions, by activity; they are set aside where regions are coded."""
    read = observed.parts or ()
    places = [i for i, p in enumerate(read) if study.panel.code_lists.get(p) in REGIONS]
    nothing = observed.frame.iloc[:0][list(OBSERVED)]
    if len(places) != 1 or len(read) < 2:
        return nothing
    printed = {u: parts_of(u) for u in observed.frame["unit"].unique()}
    nation = [
        u
        for u, p in printed.items()
        if len(p) == len(read) and match(p[places[0]]) is None and is_not_a_province(p[places[0]]) == NATION
    ]
    if not nation or len(nation) == len(printed):  # a file of the nation alone is among the figures already
        return nothing
    rows = replace(observed, frame=observed.frame[observed.frame["unit"].isin(nation)])
    coded, _, faults = to_units(rows, study.sources[name], study.panel)
    return nothing if faults else national_rows(coded, study)[list(OBSERVED)]


def _flags(bench: Workbench, panel: Panel) -> pd.DataFrame:
    import pandas as pd

    keys = pd.MultiIndex.from_arrays([panel.column(panel.unit), panel.column(panel.time)])
    return pd.DataFrame(
        {n: pd.Series(f, index=bench.columns.grid).reindex(keys).to_numpy() for n, f in bench.flags.items()},
        index=range(panel.rows),
    )


def _raise(faults: Iterable[Fault]) -> None:
    listed = tuple(dict.fromkeys(faults))
    if listed:
        raise PanelError(faults=listed)


def harmonised(study: Study, observations: Mapping[str, Observations]) -> tuple[pd.DataFrame, list[str], list[Fault]]:
    """All observations in one frame with codes, sorted by series, unit and time; notes and faults of all sources."""
    import pandas as pd

    frames, notes, faults = [], [], []
    for name, spec in study.sources.items():
        if name not in observations:
            faults.append(
                Fault(where=f"sources.{name}", what="the source was not read", mend="read it before assembling")
            )
            continue
        observed = observations[name]
        frame, said, wrong = to_units(observed, spec, study.panel)
        told, mixed = vintage_faults(spec, frame, study.panel.vintages)
        notes += [f"{name}: {note}" for note in (*observed.notes, *said, *told)]
        faults += [*wrong, *mixed]
        frames.append(frame)
    if not frames:
        return pd.DataFrame(columns=[*OBSERVED, "printed"]), notes, faults
    timeless = [n for n in observations if observations[n].timeless]
    if timeless:
        frames = _in_every_year(frames, timeless, study.panel.years)
    together = pd.concat(frames, ignore_index=True)
    return together.sort_values(["series", "unit", "time"], kind="stable", ignore_index=True), notes, faults


def _in_every_year(frames: list[pd.DataFrame], timeless: list[str], years: tuple[int, int]) -> list[pd.DataFrame]:
    """Figures of files without a year, in every year that any file or the study has."""
    dated = [int(t) for f in frames if len(f) and f["source"].iloc[0] not in timeless for t in f["time"].unique()]
    span = range(min([years[0], *dated]), max([years[1], *dated]) + 1)
    return [everywhere(f, span) if len(f) and f["source"].iloc[0] in timeless else f for f in frames]


def _order(study: Study) -> tuple[str, ...]:
    """Order of the variables; what is wrong with any of them is raised for all at once."""
    faults: list[Fault] = []
    for plan in study.variables.values():
        try:
            check_plan(plan)
        except PanelkitError as fault:
            faults += fault.faults
    _raise(faults)
    try:
        return in_order(study.variables)
    except PanelkitError as fault:
        raise PanelError(faults=fault.faults) from None


def _grid(study: Study, frame: pd.DataFrame) -> Grid:
    first, last = study.panel.years
    units = units_of(list(map(str, frame["unit"].unique())), study.panel)
    if not units and study.panel.code_list == "gbt2260":
        units = tuple(p.code for p in provinces())
    if not units:
        raise PanelError("no source holds any unit", where="sources", mend="name at least one file with figures")
    seen = [int(t) for t in frame["time"].unique()]
    return Grid(
        units=units,
        years=tuple(range(min([first, *seen]), max([last, *seen]) + 1)),
        study_years=study.panel.years,
        window=study.panel.years,
        kept=kept_units(units, study.panel.exclude),
        unit=study.panel.entity,
        time=study.panel.time,
        parts=study.panel.parts if len(study.panel.parts) > 1 else (),
    )


def _excluded_faults(panel: PanelSpec, grid: Grid) -> list[Fault]:
    faults = []
    known = dict.fromkeys([*grid.units, *(p for u in grid.units for p in parts_of(u))])
    for unit in panel.exclude:
        if unit in known:
            continue
        found = match(unit) if "gbt2260" in panel.code_lists.values() else None
        mend = f'write "{found.code}"' if found else known_or_nearest(unit, known)
        noun = " or ".join(panel.parts)
        faults.append(Fault(where=f"panel.exclude.{unit}", what=f"no source has the {noun} '{unit}'", mend=mend))
    if not grid.kept.any():
        faults.append(Fault(where="panel.exclude", what="every unit is excluded", mend="keep some"))
    return faults


def _unknown_series(study: Study, frame: pd.DataFrame) -> list[Fault]:
    """Names in variables that are neither a series, nor a variable, nor a key."""
    series = {f"{s.id}.{alias}" for s in study.sources.values() for alias in s.series}
    known = {*series, *study.variables, *study.panel.keys}
    held = set(frame["series"])
    faults = []
    for plan in study.variables.values():
        for name in direct_inputs(plan):
            noun = "series" if "." in name else "variable"
            if name not in known:
                faults.append(
                    Fault(
                        where=f"variables.{plan.name}",
                        what=f"there is no {noun} '{name}'",
                        mend=known_or_nearest(name, known),
                    )
                )
            elif name in series and name not in held:
                faults.append(
                    Fault(
                        where=f"variables.{plan.name}",
                        what=f"the file holds nothing of {name}",
                        mend="look at the source",
                    )
                )
    return faults


def _bench(study: Study, frame: pd.DataFrame, grid: Grid) -> Workbench:
    import pandas as pd

    index = pd.MultiIndex.from_product([list(grid.units), list(grid.years)], names=[grid.unit, grid.time])
    values: dict[str, pd.Series] = {}
    measures: dict[str, str] = {}
    parts = study.panel.parts
    levels = Levels(parts=parts, unit=grid.unit, time=grid.time)
    for series, rows in frame.groupby("series", sort=True):
        is_text = rows["text"].notna().any()
        keyed = rows.set_index(pd.MultiIndex.from_arrays([rows["unit"], rows["time"]]))["text" if is_text else "value"]
        level = level_of(str(rows["unit"].iloc[0]))
        levels.known[str(series)] = level
        holds = index if all(level) else _index(grid.units_at(level), grid)
        column = keyed.reindex(holds).set_axis(index)
        values[str(series)] = (
            column.astype("object").where(column.notna(), None) if is_text else column.astype("float64")
        )
        measures[str(series)] = str(rows["measure"].iloc[0])
    columns = Columns(
        values=values,
        measures=measures,
        parts={p: pd.Series(grid.part_column(i), index=index, dtype="object") for i, p in enumerate(grid.parts)},
        code_lists=study.panel.code_lists,
        grid=index,
        study_years=study.panel.years,
        unit=grid.unit,
        time=grid.time,
        excluded=frozenset(u for u, kept in zip(grid.units, grid.kept, strict=True) if not kept),
    )
    for source in study.sources.values():
        for alias in source.series:
            if f"{source.id}.{alias}" in measures:
                columns.prices[f"{source.id}.{alias}"] = price_of_series(
                    source, alias, measures[f"{source.id}.{alias}"]
                )
                if alias in source.base_years:
                    columns.base_years[f"{source.id}.{alias}"] = source.base_years[alias]
    return Workbench(
        columns=columns,
        grid=grid,
        bare={},
        measures={name: measure_of(text) for name, text in measures.items()},
        fills=study.panel.gaps == "fill",
        levels=levels,
    )


def _index(units: Iterable[str], grid: Grid) -> pd.MultiIndex:
    import pandas as pd

    at = [u for u in units for _ in grid.years]
    return pd.MultiIndex.from_arrays([at, grid.year_column], names=[grid.unit, grid.time])


def _panel(study: Study, bench: Workbench, grid: Grid, frame: pd.DataFrame) -> Panel:
    import pandas as pd

    variables = [*part_variables(study.panel), *(bench.variables[name] for name in study.variables)]
    columns = {grid.unit: grid.unit_column, grid.time: grid.year_column}
    columns |= {part: grid.part_column(place) for place, part in enumerate(grid.parts)}
    columns |= {name: bench.columns.values[name].to_numpy() for name in study.variables}
    keys = len(frame[["unit", "time"]].drop_duplicates())
    rows = len(grid.units) * len(grid.years)
    step = Step(
        before=keys,
        after=rows,
        why=f"all {counted(len(grid.units), 'units')} in all years {grid.years[0]}-{grid.years[-1]} of files and "
        "study, so that lags follow time",
    )
    panel = Panel.of(
        pd.DataFrame(columns),
        unit=grid.unit,
        time=grid.time,
        variables=variables,
        history=(step,) if keys != rows else (),
        unit_labels=labels_of_places(columns[v.name] for v in variables if v.kind == "category")
        | labels_of(grid.units, study.panel),
        parts=grid.parts,
    )
    for unit, reason in study.panel.exclude.items():
        name = panel.unit_name(unit).en if unit in panel.unit_labels or unit in panel.units else unit
        out = np.isin(panel.column(grid.unit), [u for u in grid.units if unit in (u, *parts_of(u))])
        panel = panel.keep(~out, why=f"{name} excluded: {reason}")
    first, last = study.panel.years
    years = panel.column(grid.time)
    inside = (years >= first) & (years <= last)
    if not inside.all():
        panel = panel.keep(inside, why=f"years {first}-{last} of the study")
    return panel
