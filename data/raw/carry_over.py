"""Writes the CSV files of this folder from the compilation of official figures, as their sidecars say; it estimates nothing.

Only for those who keep the compilation beside the checkout (`../shared/facts/china_province_year.csv` and `china_national_year.csv`); a
study never runs it. Each `<file>.source.toml` names the columns to take, the years and the marks; this script writes `<file>` and
the sha256 line of the sidecar. The same input gives the same bytes.

    python data/raw/carry_over.py [folder to write to]
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
COMPILATION = HERE.parents[1].parent / "shared" / "facts" / "china_province_year.csv"
OF_NATION = COMPILATION.with_name("china_national_year.csv")
NATION = "000000"

Cell = dict[str, str]
Key = tuple[str, int, str]


def read_compilation(path: Path) -> dict[Key, Cell]:
    """Cells of the compilation by province (or nation), year and series."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    of_nation = path.name == OF_NATION.name
    wanted = [r for r in rows if (r["province_code"] == NATION) == of_nation]
    return {(r["province_code"], int(r["year"]), r["series"]): r for r in wanted}


def mark(name: str, cell: Cell) -> str:
    """What a mark column says of a cell."""
    if name == "vintage":
        return cell["vintage"]
    if name == "basis":
        return "fifth" if int(cell["vintage"]) >= 2025 else "fourth"
    if name == "origin" and cell["series"] == "secondary_share":
        return "ratio" if cell["source_note"].startswith("secondary_va") else "published"
    if name == "origin":
        return "derived" if cell["confirmed"].startswith("derived") else "published"
    raise ValueError(f"no rule for the mark '{name}'")


def table(sidecar: dict[str, Any], cells: dict[Key, Cell]) -> str:
    """The CSV text of one file: every province and year of its span, empty where there is no figure."""
    series, marks = list(sidecar["columns"]), list(sidecar.get("marks", {}))
    first, last = sidecar["years"]
    wanted = {k: c for k, c in cells.items() if k[2] in series and first <= k[1] <= last}
    vintages = {c["vintage"] for c in wanted.values()}
    if "vintage" in sidecar and vintages != {str(sidecar["vintage"])}:
        raise ValueError(f"the sidecar states vintage {sidecar['vintage']}, the cells have {sorted(vintages)}")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["province_code", "year", *series, *marks])
    for province in sorted({k[0] for k in cells}):
        for year in range(first, last + 1):
            row = [wanted.get((province, year, s)) for s in series]
            said = [{mark(m, c) for c in row if c} for m in marks]
            if any(len(s) > 1 for s in said):
                raise ValueError(f"{province} {year}: the columns disagree on a mark; give them files of their own")
            writer.writerow([province, year, *(c["value"] if c else "" for c in row), *("".join(s) for s in said)])
    return out.getvalue()


def carry_over(compilation: Path, target: Path) -> list[Path]:
    """Write every file whose sidecar lies in this folder, and its sidecar, below `target`."""
    provinces = read_compilation(compilation)
    nation = read_compilation(compilation.with_name(OF_NATION.name))
    written = []
    for source in sorted(HERE.glob("*/*.source.toml")):
        text = source.read_text(encoding="utf-8")
        sidecar = tomllib.loads(text)
        data = table(sidecar, nation if sidecar.get("nation") else provinces).encode("utf-8")
        file = target / source.relative_to(HERE).with_name(source.name.removesuffix(".source.toml"))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        stamped = re.sub(r'(?m)^sha256 = ".*"$', f'sha256 = "{hashlib.sha256(data).hexdigest()}"', text)
        file.with_name(source.name).write_bytes(stamped.encode("utf-8"))
        written.append(file)
    return written


if __name__ == "__main__":
    if not COMPILATION.is_file():
        sys.exit("the compilation is not beside this checkout; the CSV files here need nothing else to be used")
    for path in carry_over(COMPILATION, Path(sys.argv[1]) if len(sys.argv) > 1 else HERE):
        sys.stdout.write(f"{path.name}\n")
