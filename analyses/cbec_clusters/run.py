"""The flagship study through the public face: the same bytes as `panelkit run`."""

from pathlib import Path

import panelkit

run = panelkit.run(Path(__file__).parent / "study.toml", output="output")
if run.results is not None:
    for estimate in run.results.estimates.values():
        print(estimate.id, estimate.to_frame().round(4).to_string(), sep="\n", end="\n\n")
print(run.folder / "report.html")
