"""The triple difference on simulated cells: prints the truth beside both designs."""

from pathlib import Path

import panelkit

run = panelkit.run(Path(__file__).parent / "study.toml", output="output")
print((run.folder / "tables" / "truth.csv").read_text("utf-8-sig"))
