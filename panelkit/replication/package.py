"""A replication package as files in memory, and written to a folder or zip; what is in them comes from the run, nothing is computed."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

from panelkit.core import digest
from panelkit.core.codec import to_json
from panelkit.replication import archive
from panelkit.replication.collect import PackageInputs, Run, collect
from panelkit.replication.exhibits import exhibit_map, exhibits
from panelkit.replication.readme import Told, readme, readme_zh
from panelkit.replication.rights import citation, licence, not_provided

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
        "LICENSE.txt": licence(study).encode(),
        "CITATION.cff": citation(study).encode(),
        "study.toml": inputs.study_text.encode(),
        "run.py": inputs.program.encode(),
        "verify.py": verifier().encode(),
        "requirements.lock": inputs.lock.encode(),
        "ledger.json": _json(_ledger(inputs, run)),
        "map.csv": exhibit_map(study, inputs.study_text, shown),
    }
    for raw in run.raw:
        if raw.data is not None:
            files[raw.path] = raw.data
        if raw.sidecar is not None:
            files[f"{raw.path}.source.toml"] = raw.sidecar
    if any(raw.data is None for raw in run.raw):
        files["data/raw/NOT_PROVIDED.md"] = not_provided(study, run.raw).encode()
    told = Told(
        study=study,
        run=run,
        exhibits=shown,
        environment=run.manifest.environment,
        run_time=inputs.run_time,
        size=sum(map(len, files.values())),
    )
    files["README.md"] = readme(told).encode()
    files["README.zh.md"] = readme_zh(told).encode()
    for name in files:
        archive.safe_path(name)
    files[MANIFEST] = manifest_of(files).encode()
    return dict(sorted(files.items()))


def write_package(files: dict[str, bytes], destination: Path, *, zip: bool = False) -> Path:
    """Write a package as a folder, or as one zip (its files below a folder named as the zip), whole or not at all."""
    if not zip:
        return archive.place(files, destination)
    stem = destination.name.removesuffix(".zip")
    return archive.place_file(archive.zipped({f"{stem}/{name}": data for name, data in files.items()}), destination)


def manifest_of(files: dict[str, bytes]) -> str:
    """The manifest, which `sha256sum -c` reads as well: a count and size, then digest and path of every file but itself."""
    listed = sorted(name for name in files if name != MANIFEST)
    head = f"# {len(listed)} files, {sum(len(files[n]) for n in listed)} bytes\n"
    return head + "".join(f"{digest.of_bytes(files[n])}  {n}\n" for n in listed)


def verifier() -> str:
    """The text of the verifier that every package carries."""
    return resources.files("panelkit.replication").joinpath("standalone.py").read_text(encoding="utf-8")


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
        "environment": run.manifest.environment,
        "inputs": {r.path: {"sha256": r.sha256, "provided": r.data is not None} for r in run.raw},
        "settings": {t.id: {"kind": t.kind, "stars": list(getattr(t, "levels", ()))} for t in study.tables},
        "numbers": {name: to_json(entry) for name, entry in sorted(run.numbers.items())},
    }


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
