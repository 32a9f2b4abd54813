"""Sources of several files or sheets for every layout: a path or sheet with {year}, {unit} or *; reading one is for its layout.

"gdp-{year}.csv" is a file for each year, "{unit}.xlsx" one for each unit, "part-*.parquet" files that go on with each other;
sheet = "{year}" (part = "{year}" of a tidy table) is a sheet for each. A year or unit that a file does not hold itself is that of its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from panelkit.core.counted import counted
from panelkit.core.errors import Fault, SourceError
from panelkit.core.source import Observations, SourceSpec
from panelkit.etl.sources._many import YEAR, once, plain_names
from panelkit.etl.sources._observed import Ledger, provenance_of_files
from panelkit.etl.sources._text import file_bytes
from panelkit.etl.sources._workbook import LARGEST_WORKBOOK, sheet_names

UNIT = "{unit}"
MOST_FILES = 2000
MOST_STARS = 3  # more are tried against a name in too many ways
_MARKS = {YEAR: r"(?P<year>\d{4})", UNIT: r"(?P<unit>.+?)", "*": ".*"}
_NOT_DATA = (".source.toml", ".md")

Read = Callable[[Any, Path], Observations]
Files = Callable[[Any, Path], tuple[Path, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One file or sheet: the source that reads it alone, how messages name it, and the year and unit that its name says."""

    spec: SourceSpec
    path: Path
    name: str
    year: int = 0
    unit: str = ""


def is_pattern(text: str, own: tuple[str, ...] = ()) -> bool:
    """Whether a name stands for several, by other marks than those that a layout handles itself."""
    return any(mark in text for mark in _MARKS if mark not in own)


def _pattern(name: str) -> re.Pattern[str]:
    parts = re.split(r"(\{year\}|\{unit\}|\*)", re.sub(r"\*+", "*", name))
    if parts.count("*") > MOST_STARS:
        what = f"there are more than {MOST_STARS} '*' in '{name}'"
        raise SourceError(what, where=name, mend="one * stands for any text, whatever is in it")
    marks = [p for p in parts if p in (YEAR, UNIT)]
    if len(set(marks)) < len(marks):
        raise SourceError(f"a mark stands twice in '{name}'", where=name, mend="write {year} and {unit} once each")
    return re.compile("".join(_MARKS.get(p, re.escape(p)) for p in parts))


def files_named(spec: SourceSpec, path: Path) -> dict[Path, tuple[int, str]]:
    """Every file of a path with marks, with the year and unit of its name (0 and "" where it has none), by year, unit and name.

    Raises
    ------
    SourceError
        No file fits, too many do, a name of `files` is none; a declared year of a file without years has no file.
    """
    plain_names(spec.files.values(), spec.path)
    listed = sorted(path.parent.iterdir()) if path.parent.is_dir() else []
    pattern = _pattern(path.name)
    found: dict[Path, tuple[int, str]] = {}
    for file in listed:
        fits = pattern.fullmatch(file.name)
        if fits and file.is_file() and not file.name.startswith((".", "~$")) and not file.name.endswith(_NOT_DATA):
            groups = fits.groupdict()
            found[file] = (int(groups.get("year") or 0), (groups.get("unit") or "").strip())
    for key, name in spec.files.items():
        found = {p: k for p, k in found.items() if key not in (str(k[0]), k[1])}
        if path.with_name(name) in found:
            raise SourceError(f"'{name}' would stand for {key} and for another", where=spec.path, mend="correct files")
        found[path.with_name(name)] = (int(key), "") if YEAR in path.name else (0, key)
    found = {p: k for p, k in found.items() if str(k[0]) not in spec.skip and k[1] not in spec.skip}
    if not found or len(found) > MOST_FILES:
        what = (
            "no file fits the path"
            if not found
            else f"{counted(len(found), 'files fit')} the path; at most {MOST_FILES} are read"
        )
        raise SourceError(what, where=spec.path, mend="{year} stands for four digits, {unit} and * for any name")
    _refuse_absent(spec, path, found)
    return dict(sorted(found.items(), key=lambda item: (item[1], item[0].name)))


def _refuse_absent(spec: SourceSpec, path: Path, found: Mapping[Path, tuple[int, str]]) -> None:
    faults = [
        Fault(where=spec.path, what=f"there is no file '{p.name}'", mend="put it there, or correct files")
        for p in found
        if not p.is_file()
    ]
    if YEAR in path.name and getattr(spec, "time", None) == "" and spec.years:
        years = {k[0] for k in found.values()}
        absent = [y for y in range(spec.years[0], spec.years[1] + 1) if y not in years and str(y) not in spec.skip]
        faults += [
            Fault(
                where=spec.path,
                what=f"there is no file for {year}",
                mend=f'put it there, name it in files, or say why there is none: skip = {{ {year} = "not published" }}',
            )
            for year in absent
        ]
    if faults:
        raise SourceError(faults=faults)


def pieces_of(spec: SourceSpec, path: Path, own: tuple[str, ...] = ()) -> list[Piece]:
    """Every file and sheet of a source whose path or sheet has marks; itself alone where neither has."""
    files: Mapping[Path, tuple[int, str]] = {path: (0, "")}
    if is_pattern(path.name, own):
        files = files_named(spec, path)
    made: list[Piece] = []
    folder = spec.path.rpartition("/")[0]
    for file, (year, unit) in files.items():
        shown = spec.path if file == path else f"{folder}/{file.name}" if folder else file.name
        one = replace(spec, path=shown, files={}, skip={}) if file != path else spec
        name = file.name if file != path else ""
        made += _sheets(Piece(spec=one, path=file, name=name, year=year, unit=unit), spec, own)
    return made


def _sheets(piece: Piece, spec: SourceSpec, own: tuple[str, ...]) -> list[Piece]:
    """One piece for each sheet that fits the mark in `sheet` or `part`."""
    field = next((f for f in ("sheet", "part") if is_pattern(getattr(spec, f, ""), own)), "")
    if not field:
        return [piece]
    wanted = getattr(spec, field)
    names = sheet_names(file_bytes(piece.path, largest=LARGEST_WORKBOOK), piece.path, piece.spec.path)
    pattern = _pattern(wanted)
    found = [(n, m) for n in names if (m := pattern.fullmatch(n)) is not None]
    found = [(n, m) for n, m in found if not {m.groupdict().get("year"), m.groupdict().get("unit")} & set(spec.skip)]
    if not found:
        what = f"no sheet fits {field} = '{wanted}'"
        raise SourceError(what, where=piece.spec.path, mend=f"the sheets are {', '.join(names)}")
    made = []
    for name, fits in found:
        year, unit = fits.groupdict().get("year"), fits.groupdict().get("unit")
        made.append(
            replace(
                piece,
                spec=_with(piece.spec, {field: name}),
                name=piece.name or name,
                year=int(year) if year else piece.year,
                unit=unit or piece.unit,
            )
        )
    return made


def _with(spec: SourceSpec, given: dict[str, Any]) -> SourceSpec:
    made: SourceSpec = replace(spec, **given)
    return made


def over_several(read: Read, own: tuple[str, ...] = ()) -> Read:
    """What reads a source of one file or sheet, or of several by a path or sheet with marks.

    Parameters
    ----------
    own : marks that the layout handles itself.
    """

    def read_all(spec: SourceSpec, path: Path) -> Observations:
        sheet = getattr(spec, "sheet", "") or getattr(spec, "part", "")
        if not is_pattern(path.name, own) and not is_pattern(sheet, own):
            return read(spec, path)
        faults: list[Fault] = []
        found: list[tuple[Piece, Observations]] = []
        for piece in pieces_of(spec, path, own):
            try:
                found.append((piece, _placed(piece, read)))
            except SourceError as fault:
                faults += fault.faults
        if faults:
            raise SourceError(faults=faults)
        return _joined(spec, found)

    return read_all


def files_of_several(files: Files, own: tuple[str, ...] = ()) -> Files:
    """Every file of a source, by the same marks."""

    def listed(spec: SourceSpec, path: Path) -> tuple[Path, ...]:
        return tuple(files_named(spec, path)) if is_pattern(path.name, own) else files(spec, path)

    return listed


def _placed(piece: Piece, read: Read) -> Observations:
    """The observations of one piece, under the year and unit of its name where it has none of its own."""
    spec = piece.spec
    names = {f.name for f in fields(spec)}
    takes_name = "unit_name" in names and piece.unit and not getattr(spec, "unit_name", "")
    takes_year = "year" in names and piece.year and getattr(spec, "year", 0) is None
    if takes_name or takes_year:
        given: dict[str, Any] = ({"unit_name": piece.unit} if takes_name else {}) | (
            {"year": piece.year} if takes_year else {}
        )
        spec = _with(spec, given)
    observed = read(spec, piece.path)
    frame = observed.frame
    if piece.unit and not takes_name:
        if observed.parts != () and "unit_name" not in names:
            raise SourceError(
                f"the name of the file says the unit '{piece.unit}', and the file has units of its own",
                where=spec.path,
                mend='write * in place of {unit}, or say unit = ""',
            )
        if observed.parts == ():
            frame = frame.assign(unit=piece.unit)
            observed = replace(observed, parts=None)
    if observed.timeless and piece.year:
        frame = frame.assign(time=piece.year)
        observed = replace(observed, timeless=False)
    mark = "!" if "!" in str(frame["cell"].iloc[0]) else ", "
    cells = [f"{piece.name}{mark}{c}" for c in frame["cell"]] if piece.path.name == piece.name else frame["cell"]
    return replace(observed, frame=frame.assign(cell=cells))


def _joined(spec: SourceSpec, found: list[tuple[Piece, Observations]]) -> Observations:
    import pandas as pd

    first = found[0][1]
    odd = [p.name for p, o in found if (o.parts, o.timeless) != (first.parts, first.timeless)]
    ledger = Ledger(where=spec.path)
    if odd:
        ledger.fault(f"'{odd[0]}' has other keys than '{found[0][0].name}'", "give the two a source of its own each")
        ledger.finish()
    frame = pd.concat([o.frame for _, o in found], ignore_index=True)
    columns = {name: list(frame[name]) for name in frame.columns}
    kept = pd.DataFrame(once(columns, ledger)).astype(frame.dtypes.to_dict())
    ledger.say(f"{counted(len(found), 'files')} or sheets read as one: {found[0][0].name} to {found[-1][0].name}")
    notes: dict[str, list[str]] = {}
    for piece, one in found:
        for note in one.notes:
            notes.setdefault(note, []).append(piece.name)
    for note, names in notes.items():
        ledger.say(
            f"{names[0]}: {note}" if len(names) == 1 else f"{note} (in {counted(len(names), 'files')} or sheets)"
        )
    if spec.years is not None and not first.timeless:
        inside = kept["time"].between(*spec.years)
        if not inside.all():
            ledger.say(f"{counted(int((~inside).sum()), 'cells')} outside {spec.years[0]}-{spec.years[1]} left out")
        kept = kept[inside].reset_index(drop=True)
    ledger.finish()
    if kept.empty:
        raise SourceError("the files hold no figure in the years", where=spec.path, mend="correct years, or the path")
    digests = {p.path.name: o.provenance.sha256 for p, o in found}
    steps = tuple(f"read of {p.name}" for p, _ in found)
    return replace(
        first, frame=kept, notes=ledger.notes(), provenance=provenance_of_files(first.provenance, digests, steps)
    )
