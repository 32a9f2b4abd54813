"""The whole flow on one page: study -> panel -> estimates -> checks -> exhibits -> files -> package. Only this file knows the order."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panelkit import outputs
from panelkit.building import (
    assemble_panel,
    documented,
    files_of,
    panel_files,
    quality_files,
    quality_of,
    quality_pictures,
)
from panelkit.core import digest as digests
from panelkit.core.check import Check
from panelkit.core.codec import from_json
from panelkit.core.counted import counted
from panelkit.core.errors import StudyError
from panelkit.core.estimate import Estimate
from panelkit.core.manifest import Entry, Manifest
from panelkit.core.registry import FIGURES, TABLES
from panelkit.core.results import Results
from panelkit.core.study import Study
from panelkit.estimating import Say as Say
from panelkit.estimating import check as check
from panelkit.estimating import code_digest_once, common_sample
from panelkit.estimating import estimate as estimate
from panelkit.estimating import gates_failed as gates_failed
from panelkit.estimating import setting_of as setting_of
from panelkit.estimating import silent as silent
from panelkit.steps import Steps

if TYPE_CHECKING:
    from panelkit.core.exhibit import Figure, Table
    from panelkit.etl.assemble import Assembled


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibits:
    """Tables and figures of a run, and their files by path inside the output folder."""

    tables: tuple[Table, ...]
    figures: tuple[Figure, ...]
    files: dict[str, bytes]
    ledger: dict[str, Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What `run` did: the results (None where nothing had changed), the folder, 0 or 1, and why each step was or was not done."""

    study: Study
    folder: Path
    results: Results | None
    exit_code: int
    reasons: dict[str, str]
    gates: tuple[Check, ...] = field(default=())


# ---------------------------------------------------------------- study


@cache
def load_kinds() -> None:
    """Fill the sockets: one import per folder of kinds."""
    import panelkit.checks
    import panelkit.engines
    import panelkit.estimators
    import panelkit.etl.derive
    import panelkit.etl.sources
    import panelkit.reporting.figures
    import panelkit.reporting.render
    import panelkit.reporting.tables  # noqa: F401


def read_study(path: Path | str, *, root: Path | str | None = None) -> Study:
    """The study in a TOML file, validated.

    Parameters
    ----------
    path : Path or str
        The file.
    root : Path or str, optional
        Where source paths start; by default the nearest folder above that holds `data`.

    Returns
    -------
    Study

    Raises
    ------
    StudyError
        With every fault of the file, each with its key path and the nearest known name.
    """
    load_kinds()
    from panelkit.etl.expressions import function_names
    from panelkit.etl.quality_words import FINDINGS
    from panelkit.numerics.small_sample import CONVENTIONS
    from panelkit.study import Known
    from panelkit.study import read_study as read

    path = Path(path)
    from panelkit.estimators import faults_of

    known = Known(
        functions=frozenset(function_names()), conventions=frozenset(CONVENTIONS), findings=frozenset(FINDINGS)
    )
    study = read(path, known)
    models = {m.id: m for m in study.models}
    if faults := [f for name, family in study.families.items() for f in faults_of(name, family, models)]:
        raise StudyError(faults=faults)
    return replace(study, root=Path(root) if root is not None else _root(path))


def _root(path: Path) -> Path:
    folder = path.resolve().parent
    return next((f for f in (folder, *folder.parents) if (f / "data").is_dir()), folder)


# ---------------------------------------------------------------- exhibits


def report(results: Results) -> Exhibits:
    """Tables and figures of a study with all their files, the page, and the ledger of every printed number.

    Parameters
    ----------
    results : Results
        As `Results.of` gathers them.

    Returns
    -------
    Exhibits
        tables, figures; files : path inside the output folder -> bytes, nothing is written; ledger : by cell name.

    Raises
    ------
    ReportError
        An exhibit that cannot be made of these results: unknown terms, columns that do not fit, no font for its language.
    """
    from panelkit.reporting.exhibits import ledger, numbered, render_figure, render_table
    from panelkit.reporting.page import page

    study = results.study
    if "pdf" in study.head.report:
        from panelkit.reporting.document import document
    tables: list[Table] = []
    figures: list[Figure] = []
    files: dict[str, bytes] = {}
    numbers: dict[str, Entry] = {}
    for place, table in enumerate(study.tables, start=1):
        made = numbered(TABLES[table.kind].build(_spoken(study, table), results), place, table)
        tables.append(made)
        formats = tuple(
            dict.fromkeys((*table.formats, "csv"))
        )  # `panelkit table` prints the CSV, whatever is asked for
        files |= {f"tables/{name}": content for name, content in render_table(made, formats).items()}
        numbers |= {entry.cell: entry for entry in ledger(made)}
    for place, wanted in enumerate(study.figures, start=1):
        drawn = replace(FIGURES[wanted.kind].build(_spoken(study, wanted), results), number=place)
        figures.append(drawn)
        files |= {f"figures/{name}": content for name, content in render_figure(drawn).items()}
    pictures = {f.id: files[f"figures/{f.id}.svg"] for f in figures}
    quality = quality_pictures(results.quality_report) if results.quality_report else {}
    if results.quality_report:
        files |= quality_files(study, results.panel, results.quality_report, quality)
    files["report.html"] = page(
        results, tuple(tables), tuple(figures), pictures, quality={name: made["svg"] for name, made in quality.items()}
    )
    if "pdf" in study.head.report:
        files["report.pdf"] = document(results, tuple(tables), tuple(figures), pictures)
    return Exhibits(tables=tuple(tables), figures=tuple(figures), files=files, ledger=numbers)


def _spoken(study: Study, exhibit: Any) -> Any:
    return exhibit if exhibit.language else replace(exhibit, language=study.head.language)


# ---------------------------------------------------------------- the whole run


def run(
    path: Path | str,
    *,
    output: Path | str = "output",
    root: Path | str | None = None,
    force: bool = False,
    say: Say = silent,
) -> Run:
    """The whole flow for the study at `path`; files go to `output`/<study id>/, whole or not at all.

    Two runs of a study at the same time into the same place are done one after the other.

    Parameters
    ----------
    path : Path or str
        The study file.
    output : Path or str
        Folder for outputs of all studies.
    root : Path or str, optional
        As in `read_study`.
    force : bool
        Do everything again, also what has not changed.
    say : callable
        Is given a line of text after each step.

    Returns
    -------
    Run
        results (None where nothing had changed), folder, exit_code 0 or 1 (a gate failed), reasons of each step, gates that failed.

    Raises
    ------
    PanelkitError
        With all faults of the stage that cannot go on; what stood in the folder before is untouched.
    OSError
        The system refuses to write.
    """
    study = documented(read_study(path, root=root))
    from panelkit.replication.placing import alone

    refuse_unfit(study)
    memory = Path(output) / ".steps" / study.id
    made = [folder for folder in (memory, memory.parent, Path(output)) if not folder.exists()]
    memory.mkdir(parents=True, exist_ok=True)
    try:
        with alone(memory, lambda: say(f"{study.id}: another run of this study is at work; waiting for it")):
            return _run(study, Path(output) / study.id, Steps(folder=None if force else memory), say)
    finally:  # a run that is refused leaves nothing
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()


def refuse_unfit(study: Study) -> None:
    """Refuse a study that this machine cannot report on, before minutes of estimating.

    Raises
    ------
    ReportError
        There is no typst for a report in PDF, or no Chinese font for a figure with Chinese words.
    """
    if "pdf" in study.head.report:
        from panelkit.reporting.render.typst import needed

        needed("study.report")
    if chinese := [f.id for f in study.figures if (f.language or study.head.language) == "zh"]:
        from panelkit.reporting.figures._fonts import chinese_font

        chinese_font(f"figures.{chinese[0]}")


def _run(study: Study, folder: Path, steps: Steps, say: Say) -> Run:
    from panelkit.replication.foreign import refuse_foreign_output
    from panelkit.replication.placing import put_folder, recover

    recover(folder)
    refuse_foreign_output(folder)
    inputs = input_digests(study)
    kept = None if steps.folder is None else _unchanged(folder, inputs)
    if kept is not None:
        say(f"{study.id}: nothing has changed; {folder.as_posix()} is up to date")
        return Run(study=study, folder=folder, results=None, exit_code=kept, reasons={"run": "unchanged"})
    assembled = steps.timed("raw files to panel", lambda: assemble_panel(study))
    say(
        f"panel: {counted(assembled.panel.rows, 'rows')}, {counted(len(assembled.panel.units), 'units')}, "
        f"{counted(len(assembled.panel.times), 'periods')}"
    )
    failures: dict[str, str] = {}
    estimates = estimate(study, assembled.panel, steps=steps, say=say, failures=failures)
    checks = check(study, assembled.panel, estimates, steps=steps, say=say, failures=failures)
    results = replace(_results(study, assembled, estimates, checks), failures=failures)
    gates = gates_failed(results)
    say(_data_in_words(results))
    made = steps.timed("tables, figures and page", lambda: report(results))
    files = run_files(results, made, panel_files(study, assembled))
    steps.log()
    files["manifest.json"] = _manifest(study, files, inputs, gates)
    put_folder(folder, files)
    say(f"{counted(len(files), 'files')} in {folder.as_posix()}")
    return Run(
        study=study, folder=folder, results=results, exit_code=1 if gates else 0, reasons=steps.reasons, gates=gates
    )


def _results(
    study: Study, assembled: Assembled, estimates: dict[str, Estimate], checks: dict[str, tuple[Check, ...]]
) -> Results:
    """All findings together; those of the quality report that concern one model stand with that model's."""
    told = quality_of(study, assembled)
    named = {v.id for v in study.variants}
    own = {m: found if m in named else (*found, *(c for c in told.checks if c.of == m)) for m, found in checks.items()}
    return Results.of(
        study,
        assembled.panel,
        estimates,
        own,
        quality=tuple(c for c in told.checks if c.of not in checks),
        used=common_sample(study, assembled.panel),
        filled=assembled.filled,
        quality_report=told,
    )


def _data_in_words(results: Results) -> str:
    """The findings on the data in one line: which are to be explained, which are remarks."""
    from panelkit.etl.quality_words import CHECK_NAMES

    named: dict[str, list[str]] = {"fails": [], "says": []}
    found = results.quality_report.checks if results.quality_report else ()
    for one in found:
        if one.verdict in named:
            named[one.verdict].append(CHECK_NAMES.get(one.name, (one.name, ""))[0])
    told = [
        f"{words} {', '.join(dict.fromkeys(named[v]))}"
        for v, words in (("fails", "to be explained:"), ("says", "remarks:"))
        if named[v]
    ]
    return (
        f"data: {'; '.join(told)} (quality.html)" if told else f"data: {counted(len(found), 'findings')}, all in order"
    )


def run_files(results: Results, exhibits: Exhibits, panel: dict[str, bytes]) -> dict[str, bytes]:
    """Every file of a run but its manifest."""
    from panelkit.reporting.exhibits import numbers_tex

    study = results.study
    return {
        "estimates.json": outputs.as_json(outputs.estimates_document(study.id, results.every)),
        "checks.json": outputs.as_json(
            outputs.checks_document(study.id, {**results.checks, **results.variant_checks}, results.quality)
        ),
        **panel,
        **exhibits.files,
        "samples.csv": outputs.samples(results.panel, results.used or results.panel, results.every),
        "ledger.json": outputs.as_json(list(exhibits.ledger.values())),
        "numbers.tex": numbers_tex(exhibits.ledger.values()),
    }


def input_digests(study: Study) -> dict[str, str]:
    """Everything a run depends on, by digest: code, study, each raw file, engines and the libraries that draw and write."""
    raw = {}
    for source in study.sources.values():
        for path in files_of(study, source):
            name = path.relative_to(study.root).as_posix()
            raw[f"raw {name}"] = digests.of_bytes(path.read_bytes()) if path.is_file() else "absent"
    return {"code": code_digest_once(), "study": study.digest, "environment": digests.of_value(_environment()), **raw}


def _environment() -> dict[str, str]:
    from panelkit.replication.environment import environment

    return environment()


def _unchanged(folder: Path, inputs: dict[str, str]) -> int | None:
    """The exit code of the last run where its inputs were these and its files are all there, untouched; else None."""
    try:
        manifest = from_json(Manifest, json.loads((folder / "manifest.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    if manifest.inputs != inputs or not outputs.intact(folder, manifest.files):
        return None
    return int(manifest.extra["exit_code"])


def _manifest(study: Study, files: dict[str, bytes], inputs: dict[str, str], gates: tuple[Check, ...]) -> bytes:
    numbers = {e["cell"]: from_json(Entry, e) for e in json.loads(files["ledger.json"])}
    manifest = Manifest(
        study_digest=study.digest,
        files={name: digests.of_bytes(content) for name, content in sorted(files.items())},
        environment=_environment(),
        numbers=numbers,
        inputs=inputs,
        extra={"exit_code": 1 if gates else 0, "gates": [f"{c.of}: {c.name}" for c in gates]},
    )
    return outputs.as_json(manifest)
