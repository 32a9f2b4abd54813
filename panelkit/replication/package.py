"""A replication package as files in memory, and written to a folder or zip; what is in them comes from the run, nothing is computed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from panelkit.core import digest
from panelkit.core.codec import to_json
from panelkit.core.counted import counted
from panelkit.core.errors import PackageError
from panelkit.core.label import Label
from panelkit.replication import archive
from panelkit.replication.bundle import VERSION, program_zip
from panelkit.replication.cells import panel_cells
from panelkit.replication.collect import PackageInputs, Run, collect
from panelkit.replication.environment import platform_facts
from panelkit.replication.exhibits import exhibit_map, exhibits, seed_line
from panelkit.replication.joined import joined
from panelkit.replication.metadata import datacite
from panelkit.replication.models import crosscheck, model_files
from panelkit.replication.readme import readme
from panelkit.replication.readme_zh import readme_zh
from panelkit.replication.rights import citation, licence, not_provided
from panelkit.replication.standalone import from_csv, pictured_as, pictures_on
from panelkit.replication.stata import do_files, dta, without_twin
from panelkit.replication.told import Told

MANIFEST = "MANIFEST.sha256"


def make_package(inputs: PackageInputs) -> dict[str, bytes]:
    """Every file of the package by relative path, sorted; the same run gives the same bytes.

    Raises
    ------
    PackageError
        Where the output folder is not a whole and unchanged run of this study (see `collect`).
    """
    run = collect(inputs)
    study = inputs.study
    shown = exhibits(study, inputs.study_text, run)
    files = {
        **run.files,
        **_papers(inputs),
        **_derived(inputs, run),
        "ledger.json": _json(_ledger(inputs, run)),
        "map.csv": exhibit_map(study, inputs.study_text, run, shown),
    }
    for raw in run.raw:
        if raw.data is not None:
            files[raw.path] = raw.data
    files |= run.cards | {fact.path: fact.data for fact in run.facts}
    if any(raw.data is None for raw in run.raw):
        files["data/raw/NOT_PROVIDED.md"] = not_provided(study, run.raw).encode()
    told = Told(
        study=study,
        run=run,
        exhibits=shown,
        environment=run.manifest.environment,
        run_time=inputs.run_time,
        size=sum(map(len, files.values())),
        program=program_zip()[0],
        seed_line=seed_line(inputs.study_text),
        printed=inputs.printed is not None,
        without_twin=without_twin(
            run.estimates["estimates"],
            {m.id: m for m in study.every_model},
            run.document("data/processed/panel.json"),
            "data/processed/samples.csv" in run.files,
        ),
    )
    files["README.md"] = readme(told).encode()
    files["README.zh.md"] = readme_zh(told).encode()
    if inputs.printed is not None:
        files["README.pdf"] = inputs.printed(files["README.md"].decode(), "en")
    if inputs.printed is not None and study.head.language == "zh":
        files["README.zh.pdf"] = inputs.printed(files["README.zh.md"].decode(), "zh")
    archive.refuse_alike(files)
    files["ledger.json"] = _json({**json.loads(files["ledger.json"]), "digests": _digests(files)})
    files[MANIFEST] = manifest_of(files).encode()
    return dict(sorted(files.items()))


def _papers(inputs: PackageInputs) -> dict[str, bytes]:
    """What comes from the study and from panelkit alone."""
    study = inputs.study
    program, zipped = program_zip()
    return {
        "LICENSE.txt": licence(study).encode(),
        "CITATION.cff": citation(study).encode(),
        "datacite.json": _json(datacite(study, VERSION)),
        "study.toml": inputs.study_text.encode(),
        "run.py": inputs.program.encode(),
        "verify.py": verifier().encode(),
        "env/requirements.lock": inputs.lock.encode(),
        program: zipped,
    }


def _derived(inputs: PackageInputs, run: Run) -> dict[str, bytes]:
    """What is written anew from the run's own files: environment, models, second engine, Stata twins, places of raw cells."""
    estimates = run.estimates["estimates"]
    panel, about = run.files["data/processed/panel.csv"], run.document("data/processed/panel.json")
    samples = run.files.get("data/processed/samples.csv")
    models = {m.id: m for m in inputs.study.every_model}
    specifications = {m: to_json(s) for m, s in models.items()}
    return {
        "env/environment.json": _json({"versions": run.manifest.environment, "platform": platform_facts()}),
        "results/crosscheck.json": _json(crosscheck(run.document("results/checks.json"), estimates)),
        **{n: _json(c) for n, c in model_files(estimates, specifications, inputs.seeds).items()},
        "data/processed/panel.dta": dta(panel, about, samples),
        **do_files(estimates, models, about, samples is not None),
        "provenance/panel_cells.csv.gz": panel_cells(
            run.raw, panel, about, run.files["data/processed/observations.parquet"]
        ),
    }


def write_package(files: dict[str, bytes], destination: Path, *, zip: bool = False, log: str = "") -> Path:
    """Write a package as a folder, or as one zip (its files below a folder named as the zip), whole or not at all.

    log : what the run said and how long it took. It goes to `log/run.txt`, which no digest covers; a zip has none, so that the
    same run gives the same bytes.
    """
    if not zip:
        return archive.place({**files, **({"log/run.txt": log.encode()} if log else {})}, destination)
    stem = destination.name.removesuffix(".zip")
    return archive.place_file(archive.zipped({f"{stem}/{name}": data for name, data in files.items()}), destination)


def manifest_of(files: dict[str, bytes]) -> str:
    """The manifest, which `sha256sum -c` reads as well: a count and size, then digest and path of every file but itself."""
    listed = sorted(name for name in files if name != MANIFEST and not name.startswith("log/"))
    head = f"# {counted(len(listed), 'files')}, {sum(len(files[n]) for n in listed)} bytes\n"
    return head + "".join(f"{digest.of_bytes(files[n])}  {n}\n" for n in listed)


def _digests(files: dict[str, bytes]) -> dict[str, str]:
    """SHA-256 of every file but the ledger, for the ledger: a second record of what level L1 does not read."""
    return {name: digest.of_bytes(data) for name, data in sorted(files.items()) if name != "ledger.json"}


def verifier() -> str:
    """The text of the verifier that every package carries."""
    return joined()


def _ledger(inputs: PackageInputs, run: Run) -> dict[str, Any]:
    """Every printed number with what it takes to check it without the study: star levels, digests of what the run started from."""
    study = inputs.study
    return {
        "study": study.id,
        "study_digest": study.digest,
        "study_sha256": digest.of_bytes(inputs.study_text.encode()),
        "seed": study.head.seed,
        "run_time": inputs.run_time,
        "level": study.defaults.level,
        "common_sample": study.defaults.common_sample,
        "environment": run.manifest.environment,
        "facts": {fact.path: digest.of_bytes(fact.data) for fact in run.facts},
        "inputs": {r.path: {"sha256": r.sha256, "provided": r.data is not None} for r in run.raw},
        "settings": {t.id: _setting(t, study.defaults.few_clusters) for t in study.tables},
        "figures": {f.id: to_json(f) for f in study.figures if f"figures/{f.id}.csv" in run.files},
        "pictures": _pictures(run),
        "words": _words(run),
        "numbers": {name: to_json(entry) for name, entry in sorted(run.numbers.items())},
    }


def _drawn(name: str, data: bytes) -> dict[str, Any]:
    try:
        return pictured_as(data)
    except ValueError as error:
        mend = "write labels without signs that a font draws together, and run the study again"
        raise PackageError(f"the picture cannot be read back: {error}", where=name, mend=mend) from None


def _pictures(run: Run) -> dict[str, Any]:
    """What the picture of each figure draws, and its texts in both languages of the page."""
    found: dict[str, Any] = {
        name[len("figures/") : -len(".svg")]: _drawn(name, data)
        for name, data in run.files.items()
        if name.startswith("figures/") and name.endswith(".svg")
    }
    for figure, twin, data in pictures_on(run.files["report.html"].decode()) if "report.html" in run.files else ():
        if twin and figure in found:
            found[figure] |= {f"twin_{part}": held for part, held in _drawn(f"report.html, {figure}", data).items()}
    return dict(sorted(found.items()))


def _setting(table: Any, few: int) -> dict[str, Any]:
    """What of a table's declaration its numbers cannot be checked without; few : from how many clusters on they are not few."""
    made = {"kind": table.kind, "stars": list(getattr(table, "levels", ()))}
    if table.kind == "balance":
        made |= {"cut": table.cut, "years": table.years, "missing": table.missing != Label()}
    if table.kind == "transition":
        made |= {"cuts": table.cuts}
    if table.kind == "hypotheses":
        fields = ("model", "term", "sign", "smallest")
        made["few_clusters"] = few
        made["hypotheses"] = [
            {"id": h.id, "family": h.family, "claims": [{f: getattr(c, f) for f in fields} for c in h.claims]}
            for h in table.hypotheses
        ]
    return made


def _words(run: Run) -> dict[str, dict[str, str]]:
    """Labels, headings and notes of each table as its CSV prints them, so that all formats are held against one record."""
    cells = {
        n[len("tables/") : -len(".csv")]: from_csv(c)
        for n, c in run.files.items()
        if n.startswith("tables/") and n.endswith(".csv")
    }
    return {
        table: {cell: text for cell, text in sorted(found.items()) if f"{table}.{cell}" not in run.numbers}
        for table, found in sorted(cells.items())
    }


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
