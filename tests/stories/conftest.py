"""The command line as a user types it, in a process of its own, and a small study on made-up figures to spoil."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"

Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def cli() -> Cli:
    """Run `panelkit ...`; keyword `seed` sets PYTHONHASHSEED, `cwd` the folder."""

    def run(*words: object, cwd: Path | None = None, seed: int = 0) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONHASHSEED": str(seed), "MPLCONFIGDIR": os.environ.get("MPLCONFIGDIR", "")}
        if not environment["MPLCONFIGDIR"]:
            environment.pop("MPLCONFIGDIR")
        return subprocess.run(
            [sys.executable, "-m", "panelkit", *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            cwd=cwd or ROOT,
            env=environment,
            timeout=600,
        )

    return run


STUDY = """
schema = 1
[study]
id = "small"
title = "A small study"
seed = 7
simulated = true
[panel]
unit = "province"
years = [2011, 2018]
gaps = "refuse"
[sources.raw]
kind = "tidy"
path = "data/raw/figures.csv"
unit = "province"
time = "year"
series = { y = "y", x = "x", z = "z" }
[variables.y]
series = "raw.y"
[variables.x]
series = "raw.x"
[variables.z]
series = "raw.z"
[[models]]
id = "main"
kind = "fixed_effects"
formula = "y ~ x + z | province + year"
[[tables]]
id = "one"
title = "One table"
columns = ["main"]
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with study.toml and data/raw/figures.csv, 31 provinces by Chinese names, 2011-2018."""
    import numpy as np

    from panelkit.facts.provinces import provinces

    draws = np.random.default_rng(5)
    lines = ["province,year,y,x,z"]
    for province in provinces():
        level = draws.normal()
        for year in range(2011, 2019):
            x, z, e = draws.normal(size=3)
            lines.append(f"{province.name_zh},{year},{0.5 * x + level + 0.1 * (year - 2011) + e:.6f},{x:.6f},{z:.6f}")
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)
    (raw / "figures.csv").write_text("\n".join(lines) + "\n", "utf-8")
    (tmp_path / "study.toml").write_text(STUDY, "utf-8")
    return tmp_path
