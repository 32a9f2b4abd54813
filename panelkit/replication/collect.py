"""What goes into a package, read from a run's output folder and the study's raw files; nothing is written and nothing computed anew."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from panelkit.core import digest
from panelkit.core.codec import from_json
from panelkit.core.errors import Fault, PackageError
from panelkit.core.manifest import Entry, Manifest
from panelkit.core.source import SourceSpec
from panelkit.core.study import Study
from panelkit.replication.ledger import ledger, same

PANEL_FILES = ("panel.csv", "panel.parquet", "panel.json", "codebook.csv", "observations.parquet")
SAMPLES = "samples.csv"  # which rows each model used; runs of before had none
RESULT_FILES = ("estimates.json", "checks.json")
ALONE = ("report.html", "report.pdf", "numbers.tex")
RERUN = "run the study again, then package it"
PROGRAM = '''"""Run this study from its raw files; the same as `panelkit run study.toml`."""

from pathlib import Path

import panelkit

if __name__ == "__main__":
    panelkit.run(Path(__file__).resolve().parent / "study.toml")
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageInputs:
    """What a package is made of.

    Parameters
    ----------
    study, study_text : the study as read, and the text of its file.
    output : the run's output folder. root : the folder that source paths are relative to.
    lock : text of the lock file. run_time : class of the run time in the data editors' words, such as '<10 minutes'.
    program : text of `run.py`.
    """

    study: Study
    study_text: str
    output: Path
    root: Path
    lock: str
    run_time: str = "<10 minutes"
    program: str = PROGRAM

    @property
    def seeds(self) -> dict[str, int]:
        """The seed that each model and its checks draw from, by model id."""
        return {m.id: digest.child_seed(self.study.head.seed, m.id) for m in self.study.every_model}


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """One raw file: where the package has it (or would), its digest, and its bytes where it may be given on."""

    sources: tuple[str, ...]
    path: str
    sha256: str
    data: bytes | None
    sidecar: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as its output folder holds it, checked against its own manifest."""

    manifest: Manifest
    numbers: dict[str, Entry]
    estimates: dict[str, Any]
    files: dict[str, bytes] = field(repr=False)
    raw: tuple[RawFile, ...] = ()

    def document(self, name: str) -> Any:
        """The content of one of its JSON files, by its path in the package."""
        return json.loads(self.files[name])

    def exhibit_files(self, folder: str, exhibit: str) -> tuple[str, ...]:
        """Paths of the files of one exhibit, without its cells."""
        return tuple(
            name
            for name in sorted(self.files)
            if PurePosixPath(name).parent.as_posix() == folder
            and PurePosixPath(name).name.split(".")[0] == exhibit
            and not name.endswith(".cells.json")
        )


def collect(inputs: PackageInputs) -> Run:
    """The run that is to be packaged.

    Raises
    ------
    PackageError
        All faults at once: a missing or changed output file, another study than the one that was run, raw files that changed
        since the run, printed numbers without a key or with two values, numbers that are not those of estimates.json.
    """
    manifest = _manifest(inputs)
    faults: list[Fault] = []
    if manifest.study_digest != inputs.study.digest:
        faults.append(Fault(where="study.toml", what="the study has changed since the run", mend=RERUN))
    files = _outputs(inputs.output, manifest, faults)
    raw = _raw(inputs, manifest, faults)
    if faults:
        raise PackageError(faults=faults)
    cells = {
        PurePosixPath(n).name.removesuffix(".cells.json"): json.loads(files[n])
        for n in files
        if n.startswith("tables/") and n.endswith(".cells.json")
    }
    if not cells and manifest.numbers:
        raise PackageError("the tables come without their cells", where="tables/*.cells.json", mend=RERUN)
    numbers = ledger(cells)
    for name, entry in manifest.numbers.items():
        if name in numbers and not same(entry.raw, numbers[name].raw):
            faults.append(Fault(where=f"tables, cell {name}", what="the run's ledger has another value", mend=RERUN))
    if faults:
        raise PackageError(faults=faults)
    files["data/processed/observations.parquet"] = _withheld(
        files["data/processed/observations.parquet"], inputs.study.sources
    )
    return Run(
        manifest=manifest, numbers=numbers, estimates=json.loads(files["results/estimates.json"]), files=files, raw=raw
    )


def _manifest(inputs: PackageInputs) -> Manifest:
    path = inputs.output / "manifest.json"
    if not path.is_file():
        raise PackageError("there is no finished run", where=f"{inputs.output.name}/manifest.json", mend=RERUN)
    try:
        return from_json(Manifest, json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise PackageError(
            f"this is no manifest: {error}", where=f"{inputs.output.name}/manifest.json", mend=RERUN
        ) from None


def _outputs(output: Path, manifest: Manifest, faults: list[Fault]) -> dict[str, bytes]:
    """Package path -> bytes of every file that the run's manifest lists; what stands there besides is left alone."""
    files: dict[str, bytes] = {}
    for name, expected in sorted(manifest.files.items()):
        path = output.joinpath(*PurePosixPath(name).parts)
        if not path.is_file():
            faults.append(Fault(where=name, what="this output is missing", mend=RERUN))
            continue
        data = path.read_bytes()
        if digest.of_bytes(data) != expected:
            faults.append(Fault(where=name, what="this output is not as the run made it", mend=RERUN))
        place = _place(name)
        if place:
            files[place] = data
    wanted = [*(f"data/processed/{n}" for n in PANEL_FILES), *(f"results/{n}" for n in RESULT_FILES)]
    for place in wanted:
        if place not in files and PurePosixPath(place).name not in {f.where for f in faults}:
            faults.append(Fault(where=PurePosixPath(place).name, what="the run did not make this file", mend=RERUN))
    return files


def _place(name: str) -> str:
    """Where an output file stands in a package; '' for one that has no place there."""
    if name in (*PANEL_FILES, SAMPLES):
        return f"data/processed/{name}"
    if name in RESULT_FILES:
        return f"results/{name}"
    return name if name in ALONE or name.startswith(("tables/", "figures/")) else ""


def raw_path(source: SourceSpec) -> str:
    """Where a source's file stands in a package: as in the study where that is below data, else data/raw/<id>/<name>.

    A study with a source of the latter kind is verified from its panel (L2), not from raw (L3).
    """
    path = PurePosixPath(source.path.replace("\\", "/"))
    own = (
        path.parts[:1] == ("data",) and len(path.parts) > 2 and path.parts[1] != "processed" and ".." not in path.parts
    )
    return path.as_posix() if own else f"data/raw/{source.id}/{path.name}"


def _raw(inputs: PackageInputs, manifest: Manifest, faults: list[Fault]) -> tuple[RawFile, ...]:
    by_path: dict[str, list[SourceSpec]] = {}
    for source in inputs.study.sources.values():
        by_path.setdefault(source.path, []).append(source)
    found = []
    for name, sources in sorted(by_path.items()):
        path = inputs.root / name
        if not path.is_file():
            faults.append(Fault(where=name, what="this raw file is missing", mend="put it back where the study says"))
            continue
        data = path.read_bytes()
        sha256 = digest.of_bytes(data)
        if manifest.inputs.get(f"raw {name}", sha256) != sha256:
            faults.append(Fault(where=name, what="this raw file has changed since the run", mend=RERUN))
        sidecar = path.with_name(path.name + ".source.toml")
        found.append(
            RawFile(
                sources=tuple(s.id for s in sources),
                path=raw_path(sources[0]),
                sha256=sha256,
                data=data if all(s.redistribute for s in sources) else None,
                sidecar=sidecar.read_bytes() if sidecar.is_file() else None,
            )
        )
    return tuple(found)


def _withheld(observations: bytes, sources: Mapping[str, SourceSpec]) -> bytes:
    """The observations with the values of sources that may not be given on blanked; their cells stay, so lineage stays."""
    closed = [s.id for s in sources.values() if not s.redistribute]
    if not closed:
        return observations
    import pandas as pd

    frame = pd.read_parquet(io.BytesIO(observations))
    hidden = frame["source"].isin(closed)
    frame.loc[hidden, "value"] = float("nan")
    frame.loc[hidden, "text"] = None
    store = io.BytesIO()
    frame.to_parquet(store, index=False)
    return store.getvalue()


def table_of(rows: list[tuple[str, ...]]) -> bytes:
    """A CSV in UTF-8 with Unix line ends."""
    store = io.StringIO()
    csv.writer(store, lineterminator="\n").writerows(rows)
    return store.getvalue().encode()
