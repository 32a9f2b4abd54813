"""Sources of one file for each year: which files they are, and one digest for all of them; reading one is for its layout."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from panelkit.core.errors import Fault, SourceError
from panelkit.etl.harmonise.units import plain
from panelkit.etl.sources._observed import Ledger
from panelkit.facts.provinces import match

YEAR = "{year}"
_PLAIN_NAME = re.compile(r"[^/\\\0]+")


def one_file(_: object, path: Path) -> tuple[Path, ...]:
    """The file of a source that has only one."""
    return (path,)


def plain_names(names: Iterable[str], where: str) -> None:
    """Refuse names that lead out of the folder of the path."""
    faults = [
        Fault(where=where, what=f"'{name}' is no plain file name", mend="files lie in the folder of the path")
        for name in names
        if not _PLAIN_NAME.fullmatch(name) or name in (".", "..")
    ]
    if faults:
        raise SourceError(faults=faults)


def files_by_year(
    path: Path, where: str, years: tuple[int, int] | None, named: Mapping[str, str], skip: Mapping[str, str]
) -> dict[int, Path]:
    """The file of each year, of a path such as "raw-{year}.xls".

    Parameters
    ----------
    years : first and last, or None for every year that has a file.
    named : year -> name of its file in the same folder, where it differs. skip : year -> why there is no file.

    Raises
    ------
    SourceError
        Files that are missing, names that lead out of the folder.
    """
    faults = [
        Fault(where=where, what=f"'{text}' is no year", mend="write it as four digits")
        for text in (*named, *skip)
        if not re.fullmatch(r"\d{4}", text)
    ]
    if faults:
        raise SourceError(faults=faults)
    plain_names(named.values(), where)
    own = {int(y): path.with_name(name) for y, name in named.items()}
    if years is None:
        pattern = re.compile(re.escape(path.name).replace(re.escape(YEAR), r"(\d{4})", 1))
        listed = sorted(path.parent.iterdir()) if path.parent.is_dir() else []
        found = {int(m[1]): p for p in listed if (m := pattern.fullmatch(p.name))} | own
    else:
        wanted = (y for y in range(years[0], years[1] + 1) if str(y) not in skip)
        found = {y: own.get(y, path.with_name(path.name.replace(YEAR, str(y)))) for y in wanted}
    found = {y: p for y, p in sorted(found.items()) if str(y) not in skip}
    faults = [
        Fault(
            where=where,
            what=f"there is no file '{p.name}' for {y}",
            mend=f'put it there, name it in files, or say why there is none: skip = {{ {y} = "not published" }}',
        )
        for y, p in found.items()
        if not p.is_file()
    ]
    if faults or not found:
        raise SourceError(
            faults=faults or [Fault(where=where, what="no file fits the path", mend="{year} stands for four digits")]
        )
    return found


def once(columns: Mapping[str, list[object]], ledger: Ledger) -> dict[str, list[object]]:
    """Cells that several files print kept once where they agree; a fault where they do not."""
    at: dict[tuple[object, ...], int] = {}
    kept: list[int] = []
    values, cells = columns["value"], columns["cell"]
    for i, key in enumerate(zip(columns["series"], map(_region, columns["unit"]), columns["time"], strict=True)):
        if key not in at:
            at[key] = i
            kept.append(i)
            continue
        first, again = values[at[key]], values[i]
        if first != first and again == again:
            kept[kept.index(at[key])] = i
            at[key] = i
        elif again == again and first != again:
            ledger.fault(
                f"{plain(str(columns['unit'][i]))}, {columns['time'][i]} is {first} in {cells[at[key]]} and {again} in {cells[i]}",
                "the files are of two vintages: export them again on one day",
            )
        else:
            ledger.note("cells that two files print alike kept once", str(cells[i]))
    return {k: [v[i] for i in kept] for k, v in columns.items()}


def _region(unit: object) -> str:
    found = match(str(unit))
    return found.code if found else "".join(plain(str(unit)).split())


def together(parts: Mapping[str, bytes]) -> bytes:
    """One text that names every file with its digest; its own digest is that of the source."""
    from panelkit.core.digest import of_bytes

    return "".join(f"{of_bytes(data)}  {name}\n" for name, data in sorted(parts.items())).encode()
