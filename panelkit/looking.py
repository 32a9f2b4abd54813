"""Looking without running: what a raw file holds, what a study will do, what a finished run printed and where it came from."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from panelkit.core.codec import from_json
from panelkit.core.errors import SourceError, StudyError
from panelkit.core.manifest import Manifest
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import ESTIMATORS, SOURCES
from panelkit.core.source import Reading
from panelkit.core.study import Study
from panelkit.pipeline import load_kinds, read_study

if TYPE_CHECKING:
    from panelkit.replication.trace import Lineage


def inspect(path: Path | str) -> Reading:
    """What a raw file holds, as the layout that recognises it reads it.

    Raises
    ------
    SourceError
        Where no layout recognises the file, with each layout's reason; or where it cannot be read.
    """
    load_kinds()
    path = Path(path)
    if not path.is_file():
        raise SourceError("there is no such file", where=str(path), mend="name a file")
    for kind in SOURCES:
        if kind.recognise(path):
            return kind.look(path)
    raise SourceError(
        "no layout recognises this file", where=path.name, mend=f"known layouts: {', '.join(SOURCES.names())}"
    )


def explain(study: Study, name: str | None = None) -> str:
    """What will be done and why, in words and formulas, before any number: the study, one model or one variable."""
    if name is None:
        return "\n\n".join(ESTIMATORS[m.kind].explain(m) for m in study.models)
    if name in {m.id for m in study.models}:
        model = study.model(name)
        return ESTIMATORS[model.kind].explain(model)
    if name in study.variables:
        return json.dumps(asdict(study.variables[name].spec), ensure_ascii=False, indent=1)
    known = [*(m.id for m in study.models), *study.variables]
    raise StudyError(f"there is no model or variable '{name}'", mend=known_or_nearest(name, known))


def trace(number: str, path: Path | str, *, output: Path | str = "output") -> Lineage:
    """From a printed number of a finished run (a ledger cell, or model.term.field) back to model, sample and raw cells."""
    import pandas as pd

    from panelkit.replication.trace import trace as follow

    folder = finished(path, output)
    documents = {n: json.loads((folder / f"{n}.json").read_text("utf-8")) for n in ("manifest", "estimates", "panel")}
    observations = pd.read_parquet(folder / "observations.parquet")
    return follow(
        number, from_json(Manifest, documents["manifest"]), documents["estimates"], documents["panel"], observations
    )


def finished(path: Path | str, output: Path | str) -> Path:
    """The output folder of a study that was run."""
    study = read_study(path)
    folder = Path(output) / study.id
    if not (folder / "manifest.json").is_file():
        raise StudyError(
            f"'{study.id}' has not been run", where=folder.as_posix(), mend=f"panelkit run {Path(path).as_posix()}"
        )
    return folder


def exhibit_file(kind: str, name: str, path: Path | str, *, output: Path | str = "output", ending: str = "csv") -> Path:
    """The file of one exhibit (`kind` 'tables' or 'figures') of a finished run."""
    folder = finished(path, output) / kind
    made = folder / f"{name}.{ending}"
    if made.is_file():
        return made
    names = sorted({f.name.split(".")[0] for f in folder.glob("*")})
    if name in names:
        endings = sorted(f.suffix for f in folder.glob(f"{name}.*"))
        raise StudyError(
            f"'{name}' was not made as .{ending}", where=folder.as_posix(), mend=f"it is there as {', '.join(endings)}"
        )
    raise StudyError(
        f"there is no '{name}' among the {kind}", where=folder.as_posix(), mend=known_or_nearest(name, names)
    )
