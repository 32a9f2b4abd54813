"""Cities and their pilot zones on a simulated outcome: prints the truth beside every estimator."""

from pathlib import Path

import panelkit

run = panelkit.run(Path(__file__).parent / "study.toml", output="output")
print((run.folder / "tables" / "estimators.csv").read_text("utf-8-sig"))
