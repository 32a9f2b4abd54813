"""Raw files to a checked panel: 31 provinces, 20 years, 40 series of the panel from 60 files, beside just reading the files.

The files are written by the benchmark: 20 portal exports (GB18030), 20 tidy tables, 20 portal workbooks; the study is a TOML
file. Timed: the study read, every file read, the panel with its derivations, and the quality report. Just reading: each
file parsed by pandas or calamine, nothing else. Wall and processor seconds (subprocesses
included), best of `--repeat`, imports before the clock.
Run: python -m bench.etl [--repeat 3]
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from os import times
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pandas as pd
from python_calamine import CalamineWorkbook

from panelkit import building, pipeline
from panelkit.etl.overlap import overlap_faults
from panelkit.etl.quality import quality_report
from panelkit.facts.provinces import provinces

YEARS = list(range(2003, 2023))
MOST = 10.0  # seconds, the aim

_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="分省年度数据" sheetId="1" r:id="r1"/>'
    "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
    'Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
    "</Relationships>",
}


def portal(name: str, values: np.ndarray) -> list[list[object]]:
    """Rows of a portal export, newest year first, with its footer."""
    rows: list[list[object]] = [["数据库：分省年度数据"], [f"指标：{name}(亿元)"], ["时间：最近20年"]]
    rows.append(["地区", *(f"{y}年" for y in reversed(YEARS))])
    rows += [[p.name_zh_full, *map(float, v[::-1])] for p, v in zip(provinces(), values, strict=True)]
    return [*rows, ["数据来源：国家统计局"]]


def workbook(rows: list[list[object]]) -> bytes:
    """Rows as a minimal .xlsx."""

    def cell(value: object) -> str:
        return f"<c><v>{value}</v></c>" if isinstance(value, float) else f'<c t="inlineStr"><is><t>{value}</t></is></c>'

    sheet = "".join(f"<row>{''.join(map(cell, r))}</row>" for r in rows)
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for path, text in _PARTS.items():
            archive.writestr(path, text)
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{space}"><sheetData>{sheet}</sheetData></worksheet>'
        )
    return buffer.getvalue()


def write(folder: Path) -> Path:
    """Sixty files and the study that takes forty variables from them."""
    draws = np.random.default_rng(20231213)
    data = folder / "data"
    data.mkdir()
    lines = [
        "schema = 1",
        "[study]",
        'id = "bench"',
        'title = "bench"',
        "seed = 1",
        "[panel]",
        f"years = [{YEARS[0]}, {YEARS[-1]}]",
    ]
    for i in range(60):
        level = np.exp(draws.normal(6, 1, 31))[:, None] * 1.08 ** np.arange(20)
        values = np.round(level * np.exp(draws.normal(0, 0.02, (31, 20))), 2)
        kind = ("nbs_csv", "tidy", "nbs_excel")[i // 20]
        name, path = f"指标{i}", data / f"f{i}.{'xlsx' if i >= 40 else 'csv'}"
        if kind == "nbs_csv":
            text = "\r\n".join(",".join(map(str, r)) for r in portal(name, values)) + "\r\n"
            path.write_bytes(text.encode("gb18030"))
        elif kind == "nbs_excel":
            path.write_bytes(workbook(portal(name, values)))
        else:
            keys = pd.MultiIndex.from_product([[p.code for p in provinces()], YEARS], names=["province", "year"])
            pd.Series(values.ravel(), index=keys, name=name).to_csv(path)
        lines += [
            f"[sources.s{i}]",
            f'kind = "{kind}"',
            f'path = "data/{path.name}"',
            f'series = {{ x = "{name}" }}',
            "vintage = 2024",
        ]
        lines += ['measures = { x = "亿元" }', 'publisher = "bench"']
    for i in range(40):
        lines += [f"[variables.v{i}]"]
        if i < 20:
            lines += [f'series = "s{i}.x"', 'transform = "ln"']
        elif i < 36:
            lines += [
                f'expression = "ln(lag(s{i}.x, 1) / s{i + 24}.x) + diff(ln(s{i}.x), 1) - winsor_by_year(ln(s{i}.x), 0.01)"'
            ]
        else:
            parts = {
                36: ("location_quotient", 'part = "s36.x", whole = "s40.x"'),
                37: ("entropy_index", 'components = { "s37.x" = "+", "s41.x" = "+", "s42.x" = "-" }'),
                38: ("krugman_specialisation", 'parts = { a = "s38.x", b = "s43.x", c = "s20.x" }'),
                39: ("capital_stock", f'investment = "s39.x", start = {YEARS[0]}, preset = "zhang2004"'),
            }[i]
            lines += [f'derive = "{parts[0]}"', f"with = {{ {parts[1]} }}"]
    study = folder / "study.toml"
    study.write_text("\n".join(lines).replace('gaps = "refuse"', "") + "\n", "utf-8")
    text = study.read_text("utf-8").replace("[panel]\n", '[panel]\ngaps = "list"\n')
    study.write_text(text, "utf-8")
    return study


def whole(study: Path) -> int:
    """Study, files, panel, report; how many cells the panel has."""
    read = building.documented(pipeline.read_study(study))
    assembled = building.assemble_panel(read)
    overlap_faults(read, assembled)
    quality_report(read, assembled)
    return int(assembled.panel.frame.notna().sum().sum())


def just_read(folder: Path) -> None:
    """Every file parsed once."""
    for path in sorted((folder / "data").iterdir()):
        if path.suffix == ".xlsx":
            CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
        else:
            first = path.read_bytes()
            text = first.decode("utf-8" if first.startswith(b"province") else "gb18030")
            pd.read_csv(io.StringIO(text), skiprows=0 if text.startswith("province") else 3)


def best(run: Callable[[], object], repeat: int) -> tuple[float, float]:
    """Shortest wall and shortest processor time of `repeat` runs."""
    walls, processors = [], []
    for _ in range(repeat):
        begun, spent = perf_counter(), sum(times()[:4])
        run()
        walls.append(perf_counter() - begun)
        processors.append(sum(times()[:4]) - spent)
    return min(walls), min(processors)


def main() -> None:
    """Print seconds, and the ratio to just reading."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args().repeat
    with TemporaryDirectory(prefix="bench_etl_") as name:
        folder = Path(name)
        study = write(folder)
        pipeline.load_kinds()
        cells = whole(study)
        read = best(lambda: just_read(folder), repeat)
        made = best(lambda: whole(study), repeat)
    print(f"60 files just read       {read[0]:8.2f} s ({read[1]:.2f} s of processor)")
    print(
        f"study to checked panel   {made[0]:8.2f} s ({made[1]:.2f} s of processor)   {made[0] / read[0]:6.1f} x just reading, "
        f"{cells} cells; aim {MOST:g} s"
    )


if __name__ == "__main__":
    main()
