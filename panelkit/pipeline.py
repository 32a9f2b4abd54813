"""The whole flow on one page: study -> panel -> estimates -> checks -> exhibits -> files -> package. Only this file knows the order."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panelkit import outputs
from panelkit.core import digest as digests
from panelkit.core.check import Check, Subject
from panelkit.core.codec import from_json, to_json
from panelkit.core.errors import EngineRefusedError, EstimationError, Fault, SourceError, StudyError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.manifest import Entry, Manifest
from panelkit.core.registry import CHECKS, ENGINES, ESTIMATORS, FIGURES, SOURCES, TABLES
from panelkit.core.results import Results
from panelkit.core.source import Observations
from panelkit.core.study import Study
from panelkit.steps import Steps, code_digest

if TYPE_CHECKING:
    from panelkit.core.exhibit import Figure, Table
    from panelkit.core.panel import Panel
    from panelkit.core.request import Covariance
    from panelkit.etl.assemble import Assembled
    from panelkit.replication.verify import Report

Say = Callable[[str], None]


def _silent(text: str) -> None:
    """Say nothing."""


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
    """The study in a TOML file, validated; source paths start from `root`, by default the nearest folder above that holds `data`.

    Raises
    ------
    StudyError
        With every fault of the file.
    """
    load_kinds()
    from panelkit.etl.expressions import function_names
    from panelkit.numerics.small_sample import CONVENTIONS
    from panelkit.study import Known
    from panelkit.study import read_study as read

    path = Path(path)
    study = read(path, Known(functions=frozenset(function_names()), conventions=frozenset(CONVENTIONS)))
    return replace(study, root=Path(root) if root is not None else _root(path))


def _root(path: Path) -> Path:
    folder = path.resolve().parent
    return next((f for f in (folder, *folder.parents) if (f / "data").is_dir()), folder)


# ---------------------------------------------------------------- panel


def documented(study: Study) -> Study:
    """The study with its sources completed by the cards beside their files; all faults of all cards and paths at once."""
    from panelkit.etl.sidecar import completed

    sources, faults = {}, list[Fault]()
    for name, source in study.sources.items():
        path = study.root / source.path
        if not path.is_file() or not path.resolve().is_relative_to(study.root.resolve()):
            mend = f"put the file there, or mend sources.{name}.path"
            faults.append(Fault(where=f"sources.{name}.path", what=f"there is no file '{source.path}'", mend=mend))
            continue
        try:
            sources[name] = completed(source, path)
        except SourceError as error:
            faults += error.faults
    if faults:
        raise SourceError(faults=faults)
    return replace(study, sources=sources)


def read_sources(study: Study) -> dict[str, Observations]:
    """Every source of a documented study as observations; all faults of all files at once."""
    read: dict[str, Observations] = {}
    faults: list[Fault] = []
    for name, source in study.sources.items():
        try:
            read[name] = SOURCES[source.kind].read(source, study.root / source.path)
        except SourceError as error:
            faults += error.faults
    if faults:
        raise SourceError(faults=faults)
    return read


def assemble_panel(study: Study) -> Assembled:
    """Raw files to a validated panel with its raw cells, findings and notes."""
    from panelkit.etl.assemble import assemble

    study = documented(study)
    return assemble(study, read_sources(study))


def build_panel(study: Study) -> Panel:
    """The panel of a study, from its raw files."""
    return assemble_panel(study).panel


# ---------------------------------------------------------------- estimates and checks


def setting_of(
    study: Study, model: ModelSpec, engine: str, covariance: Covariance | None = None, resample: bool = True
) -> Setting:
    """What an estimator works in: the engine, the study's defaults, and the model's own seed."""
    seed = digests.child_seed(study.head.seed, model.id)
    return Setting(engine=ENGINES[engine], defaults=study.defaults, seed=seed, covariance=covariance, resample=resample)


def _parts(study: Study, panel: Panel, model: ModelSpec, **further: Any) -> dict[str, str]:
    """What a model's numbers depend on, each part by its digest."""
    from panelkit.core.expression import names_in, parse_expression

    names = [panel.unit, panel.time, *ESTIMATORS[model.kind].columns(model), model.weights, model.cluster]
    names += list(names_in(parse_expression(model.where))) if model.where else []
    covariance = model.covariance or study.defaults.covariance
    names += list(getattr(covariance, "by", ()))
    wanted = [n for n in dict.fromkeys(names) if n in panel.names]
    engines = {e: ENGINES[e].version for e in study.defaults.confirm}
    return {
        "code": code_digest_once(),
        "data": digests.of_frame(panel.frame[wanted]),
        "model": digests.of_value(to_json(model)),
        "defaults": digests.of_value(to_json(study.defaults)),
        "seed": str(study.head.seed),
        "engines": digests.of_value(engines),
        **{k: digests.of_value(to_json(v)) for k, v in further.items()},
    }


code_digest_once = cache(code_digest)


def estimate(study: Study, panel: Panel, *, steps: Steps | None = None, say: Say = _silent) -> dict[str, Estimate]:
    """Every model of a study on its panel, by id.

    Raises
    ------
    EstimationError
        With the faults of every model that cannot be estimated as specified.
    """
    steps = steps or Steps(folder=None)
    panel = _common(study, panel)
    made: dict[str, Estimate] = {}
    faults: list[Fault] = []
    for model in study.models:
        make = partial(_by_first_engine, study, panel, model)
        try:
            made[model.id] = steps.do(f"model {model.id}", Estimate, _parts(study, panel, model), make)
        except EstimationError as error:
            faults += error.faults
        say(f"model {model.id}: {steps.reasons.get(f'model {model.id}', 'faulty')}")
    if faults:
        raise EstimationError(faults=faults)
    return made


def _by_first_engine(study: Study, panel: Panel, model: ModelSpec) -> Estimate:
    """The estimate by the first engine named in `confirm` that answers; the refusals of those before it go into its notes."""
    refused: list[Fault] = []
    for engine in study.defaults.confirm:
        try:
            made = ESTIMATORS[model.kind].estimate(model, panel, setting_of(study, model, engine))
        except EngineRefusedError as error:
            refused += error.faults
            continue
        return replace(made, notes=(*made.notes, *(f"{f.what}; fitted by {engine}" for f in refused)))
    raise EstimationError(faults=refused)


def _common(study: Study, panel: Panel) -> Panel:
    """The rows that every model can use, where the study asks for a common sample."""
    if not study.defaults.common_sample:
        return panel
    names = {n for m in study.models for n in ESTIMATORS[m.kind].columns(m) if n in panel.names}
    names -= {getattr(m, "cohort", "") for m in study.models}  # missing where never treated, which is no gap
    complete = panel.frame[sorted(names)].notna().all(axis=1).to_numpy()
    return panel.keep(complete, why="common sample: a cell of some model is missing")


def check(
    study: Study, panel: Panel, estimates: dict[str, Estimate], *, steps: Steps | None = None, say: Say = _silent
) -> dict[str, tuple[Check, ...]]:
    """The checks of every model, by model id; `second_engine` and `few_clusters` run on each."""
    steps = steps or Steps(folder=None)
    panel = _common(study, panel)
    found: dict[str, tuple[Check, ...]] = {}
    for model in study.models:
        made = []
        for name, declared in study.checks_of(model).items():
            step = f"check {name} of {model.id}"
            parts = _parts(study, panel, model, check=declared)
            subject = _subject(study, panel, model, estimates[model.id])
            make = partial(CHECKS[declared.kind].check, declared, subject)
            made.append(replace(steps.do(step, Check, parts, make), gate=declared.gate))
        found[model.id] = tuple(made)
        say(f"checks of {model.id}: " + ", ".join(f"{c.name} {c.verdict}" for c in made))
    return found


def _subject(study: Study, panel: Panel, model: ModelSpec, made: Estimate) -> Subject:
    kind, main = ESTIMATORS[model.kind], made.engine

    def again(engine: str, covariance: Covariance | None) -> Estimate | str:
        setting = setting_of(study, model, engine, covariance, resample=False)
        for request in made.requests:
            asked = request if covariance is None else replace(request, covariance=covariance)
            if engine != main and (reason := ENGINES[engine].refuses(asked)):
                return reason
        return kind.estimate(model, panel, setting)

    return Subject(
        model=model,
        estimate=made,
        panel=panel,
        design=lambda: kind.prepare(model, panel, setting_of(study, model, main)),
        again=again,
        confirm=study.defaults.confirm,
        seed=digests.child_seed(study.head.seed, model.id, "checks"),
    )


def gates_failed(results: Results) -> tuple[Check, ...]:
    """The checks whose failure makes a run end with 1: those marked as gates, and every second engine that disagrees."""
    found = [*results.quality, *(c for of in results.checks.values() for c in of)]
    return tuple(c for c in found if c.verdict == "fails" and (c.gate or c.name == "second_engine"))


# ---------------------------------------------------------------- exhibits


def report(results: Results) -> Exhibits:
    """Tables and figures of a study with all their files, the page, and the ledger of every printed number."""
    from panelkit.reporting.exhibits import ledger, render_figure, render_table
    from panelkit.reporting.page import page

    study = results.study
    tables: list[Table] = []
    figures: list[Figure] = []
    files: dict[str, bytes] = {}
    numbers: dict[str, Entry] = {}
    for place, table in enumerate(study.tables, start=1):
        built = TABLES[table.kind].build(_spoken(study, table), results)
        made = replace(built, number=place, notes=(*built.notes, *(n.to(built.language) for n in table.notes)))
        tables.append(made)
        files |= {f"tables/{name}": content for name, content in render_table(made, table.formats).items()}
        numbers |= {entry.cell: entry for entry in ledger(made)}
    for place, wanted in enumerate(study.figures, start=1):
        drawn = replace(FIGURES[wanted.kind].build(_spoken(study, wanted), results), number=place)
        figures.append(drawn)
        files |= {f"figures/{name}": content for name, content in render_figure(drawn).items()}
    pictures = {f.id: files[f"figures/{f.id}.svg"] for f in figures}
    files["report.html"] = page(results, tuple(tables), tuple(figures), pictures)
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
    say: Say = _silent,
) -> Run:
    """The whole flow for the study at `path`; files go to `output`/<study id>/, whole or not at all."""
    study = read_study(path, root=root)
    folder = Path(output) / study.id
    outputs.recover(folder)
    inputs = input_digests(study)
    kept = None if force else _unchanged(folder, inputs)
    if kept is not None:
        say(f"{study.id}: nothing has changed; {folder.as_posix()} is up to date")
        return Run(study=study, folder=folder, results=None, exit_code=kept, reasons={"run": "unchanged"})
    steps = Steps(folder=None if force else Path(output) / ".steps" / study.id)
    assembled = assemble_panel(study)
    say(f"panel: {assembled.panel.rows} rows, {len(assembled.panel.units)} units, {len(assembled.panel.times)} periods")
    estimates = estimate(study, assembled.panel, steps=steps, say=say)
    checks = check(study, assembled.panel, estimates, steps=steps, say=say)
    results = Results(study=study, panel=assembled.panel, estimates=estimates, checks=checks, quality=assembled.checks)
    gates = gates_failed(results)
    files = run_files(results, report(results), assembled.observations)
    files["manifest.json"] = _manifest(study, files, inputs, gates)
    outputs.write_folder(folder, files)
    say(f"{len(files)} files in {folder.as_posix()}")
    return Run(
        study=study, folder=folder, results=results, exit_code=1 if gates else 0, reasons=steps.reasons, gates=gates
    )


def run_files(results: Results, exhibits: Exhibits, observations: Any) -> dict[str, bytes]:
    """Every file of a run but its manifest."""
    study = results.study
    return {
        "estimates.json": outputs.as_json(outputs.estimates_document(study.id, results.estimates)),
        "checks.json": outputs.as_json(outputs.checks_document(study.id, results.checks, results.quality)),
        **outputs.panel_files(results.panel, observations),
        **exhibits.files,
        "ledger.json": outputs.as_json(list(exhibits.ledger.values())),
    }


def input_digests(study: Study) -> dict[str, str]:
    """Everything a run depends on, by digest: code, study, each raw file, engines and the libraries that draw and write."""
    raw = {}
    for source in study.sources.values():
        path = study.root / source.path
        raw[f"raw {source.path}"] = digests.of_bytes(path.read_bytes()) if path.is_file() else "absent"
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


# ---------------------------------------------------------------- package and verify


def package(
    path: Path | str,
    *,
    output: Path | str = "output",
    to: Path | str | None = None,
    root: Path | str | None = None,
    say: Say = _silent,
) -> tuple[Path, int]:
    """The replication package of a study, a folder or a .zip; the study is run first where anything changed.

    Returns
    -------
    (Path, int)
        Where the package is, and how many files it holds.
    """
    from panelkit.replication.collect import PackageInputs
    from panelkit.replication.package import make_package, write_package

    done = run(path, output=output, root=root, say=say)
    inputs = PackageInputs(
        study=documented(done.study),
        study_text=Path(path).read_text("utf-8-sig"),
        output=done.folder,
        root=done.study.root,
        lock=_lock(),
    )
    destination = Path(to) if to is not None else Path(output) / "packages" / done.study.id
    files = make_package(inputs)
    return write_package(files, destination, zip=destination.suffix == ".zip"), len(files)


def _lock() -> str:
    """The hash-locked requirements that this panelkit was tested with."""
    home = Path(__file__).parent
    found = next((f for f in (home / "requirements.lock", home.parent / "requirements.lock") if f.is_file()), None)
    if found is None:
        raise StudyError(
            "requirements.lock is not to be found",
            where="panelkit",
            mend="install panelkit from its repository or wheel",
        )
    return found.read_text("utf-8")


def verify(folder: Path | str, *, levels: tuple[str, ...] = ("L0", "L1", "L2")) -> Report:
    """A package held against itself, level by level; see `panelkit.replication.verify`. No code of the package is run."""
    from panelkit.replication.verify import LEVELS
    from panelkit.replication.verify import verify as held

    unknown = [level for level in levels if level not in LEVELS]
    if unknown:
        raise StudyError(f"unknown level '{unknown[0]}'", where="--levels", mend=f"levels are {', '.join(LEVELS)}")
    return held(Path(folder), levels=[level for level in LEVELS if level in levels], rerun=estimates_anew)


def estimates_anew(folder: Path) -> dict[str, Any]:
    """The estimates of an unpacked package made again from its panel, in the form of estimates.json (level L2)."""
    study = read_study(folder / "study.toml", root=folder)
    panel = outputs.read_panel(folder / "data" / "processed")
    return outputs.estimates_document(study.id, estimate(study, panel))
