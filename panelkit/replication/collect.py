"""What goes into a package, read from a run's output folder and the study's raw files; nothing is written and nothing computed anew."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from panelkit.core import digest
from panelkit.core.codec import from_json
from panelkit.core.errors import Fault, PackageError
from panelkit.core.label import Label, Language
from panelkit.core.manifest import Entry, Manifest
from panelkit.core.source import SourceSpec
from panelkit.core.study import Study
from panelkit.replication.ledger import ledger, same
from panelkit.replication.standalone import unsafe

PANEL_FILES = ("panel.csv", "panel.parquet", "panel.json", "codebook.csv", "observations.parquet")
FURTHER = ("codebook.docx", "filled.csv")  # runs of before had none
QUALITY = ("quality.html", "quality.json")  # they quote raw figures, so they go with all sources open only
SAMPLES = "samples.csv"  # which rows each model used; runs of before had none
RESULT_FILES = ("estimates.json", "checks.json")
ALONE = ("report.html", "report.pdf", "numbers.tex")
TAKEN = frozenset({"tables", "figures", "results", "env", "stata", "provenance", "log"})  # folders of every package
RERUN = "run the study again, then package it"
LEFT_OUT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Quality of the data: not in this package</title></head>
<body><main><h1>Quality of the data</h1>
<p>The whole quality report quotes raw figures, and some raw files of this study may not be given on; so it is not in this package.
Its findings are in report.html and results/checks.json. <code>python run.py</code> makes it, where the raw files are at hand.</p>
<p lang="zh">完整的数据质量报告引用原始数值,而本研究的部分原始文件不得再次发布,故未收入本包。其结论见 report.html 与
results/checks.json;取得原始文件后,<code>python run.py</code> 可生成该报告。</p>
</main></body></html>
"""
PROGRAM = '''"""Run this study from its raw files; the same as `panelkit run study.toml`."""

from pathlib import Path

import panelkit

if __name__ == "__main__":
    panelkit.run(Path(__file__).resolve().parent / "study.toml")
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class FactTable:
    """A table of facts that is shipped with panelkit: its content, and what its catalogue says of it."""

    id: str
    title: Label
    source: str
    confidence: str
    caveats: tuple[str, ...]
    data: bytes = field(repr=False)

    @property
    def path(self) -> str:
        """Where a package has it."""
        return f"data/facts/{self.id}.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageInputs:
    """What a package is made of.

    Parameters
    ----------
    study, study_text : the study as read, and the text of its file.
    output : the run's output folder. root : the folder that source paths are relative to.
    lock : text of the lock file. run_time : class of the run time in the data editors' words, such as '<10 minutes'.
    program : text of `run.py`. raw : source id -> its files relative to `root`, where they are not the one at its path.
    facts : what is known of each table of facts that panelkit ships, of which a package takes those that its panel rests on.
    printed : makes a PDF of a README's text and language; None for a package without one.
    """

    study: Study
    study_text: str
    output: Path
    root: Path
    lock: str
    run_time: str = "<10 minutes"
    program: str = PROGRAM
    raw: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    facts: tuple[FactTable, ...] = ()
    printed: Callable[[str, Language], bytes] | None = None

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as its output folder holds it, checked against its own manifest; cards : of the raw files, by path in a package."""

    manifest: Manifest
    numbers: dict[str, Entry]
    estimates: dict[str, Any]
    files: dict[str, bytes] = field(repr=False)
    raw: tuple[RawFile, ...] = ()
    cards: dict[str, bytes] = field(default_factory=dict, repr=False)
    facts: tuple[FactTable, ...] = ()

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
    if not all(source.redistribute for source in inputs.study.sources.values()):
        files = {name: data for name, data in files.items() if name not in QUALITY}
        files |= {"quality.html": LEFT_OUT.encode()} if "report.html" in files else {}  # the page leads there
    files["data/processed/observations.parquet"] = _withheld(
        files["data/processed/observations.parquet"], inputs.study.sources
    )
    return Run(
        manifest=manifest,
        numbers=numbers,
        estimates=json.loads(files["results/estimates.json"]),
        files=files,
        raw=raw,
        cards=_cards(inputs),
        facts=_facts(inputs.facts, json.loads(files["data/processed/panel.json"])),
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
    if name in (*PANEL_FILES, *FURTHER, SAMPLES):
        return f"data/processed/{name}"
    if name in RESULT_FILES:
        return f"results/{name}"
    return name if name in (*ALONE, *QUALITY) or name.startswith(("tables/", "figures/")) else ""


def raw_place(source: str, path: str) -> str:
    """Where a raw file stands in a package: where the study has it, so that it is found; else data/raw/<source>/<name>.

    A study with a file of the latter kind (it lies at a place that a package has for something else) is verified from its panel
    (L2), not from raw (L3).

    >>> raw_place("gdp", "data/gdp.csv"), raw_place("gdp", "tables/gdp.csv")
    ('data/gdp.csv', 'data/raw/gdp/gdp.csv')
    """
    parts = PurePosixPath(path.replace("\\", "/")).parts
    own = len(parts) > 1 and not unsafe("/".join(parts)) and parts[0] not in TAKEN
    own = own and (parts[0] != "data" or parts[1] not in ("processed", "facts"))
    return "/".join(parts) if own else f"data/raw/{source}/{parts[-1]}"


def _files_of(inputs: PackageInputs, source: SourceSpec) -> tuple[str, ...]:
    return inputs.raw.get(source.id) or (source.path,)


def _raw(inputs: PackageInputs, manifest: Manifest, faults: list[Fault]) -> tuple[RawFile, ...]:
    by_path: dict[str, list[SourceSpec]] = {}
    for source in inputs.study.sources.values():
        for name in _files_of(inputs, source):
            by_path.setdefault(name, []).append(source)
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
        found.append(
            RawFile(
                sources=tuple(s.id for s in sources),
                path=raw_place(sources[0].id, name),
                sha256=sha256,
                data=data if all(s.redistribute for s in sources) else None,
            )
        )
    return tuple(found)


def _cards(inputs: PackageInputs) -> dict[str, bytes]:
    """The cards beside raw files; a source of one file for each year has one, called as its path is."""
    found: dict[str, bytes] = {}
    for source in inputs.study.sources.values():
        for name in dict.fromkeys((source.path, *_files_of(inputs, source))):
            card = inputs.root / f"{name}.source.toml"
            if card.is_file():
                found[f"{raw_place(source.id, name)}.source.toml"] = card.read_bytes()
    return found


def _facts(known: tuple[FactTable, ...], about: Mapping[str, Any]) -> tuple[FactTable, ...]:
    """The tables of facts that a variable of the panel says it is made from."""
    used = {n for v in about["variables"] for n in re.findall(r"\(facts: (\w+)\)", v["origin"]["how"])}
    return tuple(fact for fact in known if fact.id in used)


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
