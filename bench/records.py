"""Two million order records to a panel of province, industry and year with location quotients, over scanning the columns once.

The records (province by name, division of GB/T 4754, date, amount, firm) are written by the benchmark as Parquet and as CSV. Timed:
the source read by the engine (keys and figures checked, totals and counts by cell), the panel with quotients in logarithms. Scanning
once: DuckDB counting keys and dates and adding up amounts in one query over the same file, with as many threads. Wall and processor
seconds, best of `--repeat`, imports before the clock; the quotients are held against DuckDB's own window sums to 1e-12.
Run: python -m bench.records [--rows 2000000]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pandas as pd

from bench.etl import best
from panelkit import building, pipeline
from panelkit.facts.industries import industries
from panelkit.facts.provinces import provinces

YEARS = (2018, 2023)
MOST = 20.0  # times the scan, the aim

STUDY = """
schema = 1
[study]
id = "bench"
title = "bench"
seed = 1
[panel]
unit = ["province", "industry"]
codes = {{ industry = "gbt4754_2017" }}
years = [{first}, {last}]
[sources.orders]
kind = "records"
path = "{path}"
unit = {{ province = "province", industry = "industry" }}
time = "day"
series = {{ sales = "sum(amount)", orders = "count()" }}
measures = {{ sales = "元" }}
threads = {threads}
[variables.ln_lq]
derive = "location_quotient"
with = {{ part = "orders.sales" }}
[variables.sales]
series = "orders.sales"
"""
SCAN = "SELECT count(province), count(industry), max(day), sum(CAST(amount AS DOUBLE)) FROM {source}"
HELD = """
WITH cells AS (SELECT province, industry, year(CAST(day AS DATE)) AS y, sum(CAST(amount AS DOUBLE)) AS e FROM {source} GROUP BY ALL)
SELECT province, industry, y, ln((e / sum(e) OVER (PARTITION BY province, y))
 / (sum(e) OVER (PARTITION BY industry, y) / sum(e) OVER (PARTITION BY y))) AS lq FROM cells
"""


def write(folder: Path, rows: int) -> None:
    """The records in both formats."""
    rng = np.random.default_rng(20231213)
    names = np.array([p.name_zh for p in provinces()])
    codes = np.array([i.code for i in industries("2017") if i.section in "BCD"])
    days = pd.to_datetime(f"{YEARS[0]}-01-01") + pd.to_timedelta(rng.integers(0, 2190, rows), unit="D")
    frame = pd.DataFrame(
        {
            "province": names[rng.integers(0, len(names), rows)],
            "industry": codes[rng.integers(0, len(codes), rows)],
            "day": days.date,
            "amount": np.round(np.exp(rng.normal(4, 1, rows)), 2),
            "firm": rng.integers(0, 100_000, rows),
        }
    )
    frame.to_parquet(folder / "orders.parquet", index=False)
    frame.to_csv(folder / "orders.csv", index=False)


def made(folder: Path, name: str, threads: int) -> pd.DataFrame:
    """The panel of one of the files."""
    text = STUDY.format(first=YEARS[0], last=YEARS[1], path=name, threads=threads)
    (folder / "study.toml").write_text(text, "utf-8")
    read = building.documented(pipeline.read_study(folder / "study.toml", root=folder))
    return building.assemble_panel(read).panel.frame


def scan(folder: Path, name: str, threads: int, query: str = SCAN) -> pd.DataFrame:
    """One query over the file."""
    with duckdb.connect(config={"threads": threads}) as engine:
        source = f"'{folder / name}'" if name.endswith("parquet") else f"read_csv('{folder / name}', all_varchar=true)"
        return engine.execute(query.format(source=source)).df()


def difference(folder: Path, name: str, panel: pd.DataFrame) -> float:
    """Largest difference of a quotient from DuckDB's."""
    held = scan(folder, name, 1, HELD)
    codes = {p.name_zh: p.code for p in provinces()}
    held = held.assign(province=held["province"].map(codes))
    both = panel.merge(held, left_on=["province", "industry", "year"], right_on=["province", "industry", "y"])
    if len(both) != len(panel):
        raise SystemExit(f"{len(panel)} cells of the panel, {len(both)} of DuckDB")
    return float((both["ln_lq"] - both["lq"]).abs().max())


def main() -> None:
    """Print seconds, and the ratio to the scan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    pipeline.load_kinds()
    with TemporaryDirectory(prefix="bench_records_") as place:
        folder = Path(place)
        write(folder, asked.rows)
        for name in ("orders.parquet", "orders.csv"):
            panel = made(folder, name, asked.threads)
            apart = difference(folder, name, panel)
            once = best(lambda n=name: scan(folder, n, asked.threads), asked.repeat)
            whole = best(lambda n=name: made(folder, n, asked.threads), asked.repeat)
            print(
                f"{name:15s} {asked.rows:,} records, {len(panel)} cells: scan {once[0]:.3f} s ({once[1]:.3f} s of processor), panel "
                f"{whole[0]:.2f} s ({whole[1]:.2f} s), {whole[1] / once[1]:.1f} times by processor; aim {MOST:g}; "
                f"quotients apart by {apart:.1e}"
            )


if __name__ == "__main__":
    main()
