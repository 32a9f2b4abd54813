"""The flagship design on a simulated panel: prints truth beside estimate."""

from pathlib import Path

import panelkit

run = panelkit.run(Path(__file__).parent / "study.toml", output="output")
print((run.folder / "tables" / "truth.csv").read_text("utf-8-sig"))
