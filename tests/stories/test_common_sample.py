"""One sample for all models: every model on the rows that all can use, its descriptives over those rows, and a package that verifies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd


def test_descriptives_are_over_the_rows_used(small: Path, cli: Any) -> None:
    figures = pd.read_csv(small / "data/raw/figures.csv")
    figures.loc[3:40:4, "z"] = float("nan")
    figures.to_csv(small / "data/raw/figures.csv", index=False)
    text = (small / "study.toml").read_text("utf-8").replace('gaps = "refuse"', 'gaps = "list"')
    text = text.replace("[[models]]", "[defaults]\ncommon_sample = true\n[[models]]", 1)
    text += '[[models]]\nid = "short"\nkind = "fixed_effects"\nformula = "y ~ x | province + year"\n'
    text += '[[tables]]\nid = "means"\nkind = "descriptive"\ntitle = "Means"\nvariables = ["x"]\nsample = "short"\n'
    (small / "study.toml").write_text(text, "utf-8")
    packed = cli("package", "study.toml", "--to", "package", cwd=small)
    assert packed.returncode == 0, packed.stdout + packed.stderr
    estimates = json.loads((small / "output/small/estimates.json").read_text("utf-8"))["estimates"]
    assert len({e["sample"]["rows"] for e in estimates}) == 1
    used = pd.read_csv(small / "output/small/samples.csv", dtype={"province": str})
    assert used["short"].sum() == used["main"].sum() == estimates[0]["sample"]["rows"] == figures["z"].notna().sum()
    cells = json.loads((small / "output/small/tables/means.cells.json").read_text("utf-8"))
    mean = next(c["raw"] for c in cells if c["key"][2] == "mean")
    assert abs(mean - figures.loc[figures["z"].notna(), "x"].mean()) < 1e-12
    verified = cli("verify", "package", "--levels", "L0,L1,L2", cwd=small)
    assert verified.returncode == 0, verified.stdout
