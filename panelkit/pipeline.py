"""The whole flow on one page: study -> panel -> estimates -> checks -> exhibits -> files -> package. Only this file knows the order."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panelkit import outputs
from panelkit.building import assemble_panel, documented, files_of, panel_files, quality_of
from panelkit.core import digest as digests
from panelkit.core.check import Check, Subject
from panelkit.core.codec import from_json, to_json
from panelkit.core.errors import EngineRefusedError, EstimationError, Fault, StudyError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import ModelSpec, Setting
from panelkit.core.manifest import Entry, Manifest
from panelkit.core.registry import CHECKS, ENGINES, ESTIMATORS, FIGURES, TABLES
from panelkit.core.request import covariance_columns
from panelkit.core.results import Results
from panelkit.core.study import Study
from panelkit.steps import Steps, code_digest

if TYPE_CHECKING:
    from panelkit.core.exhibit import Figure, Table
    from panelkit.core.panel import Panel
    from panelkit.core.request import Covariance
    from panelkit.etl.assemble import Assembled

Say = Callable[[str], None]


def silent(text: str) -> None:
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
    from panelkit.estimators import faults_of

    study = read(path, Known(functions=frozenset(function_names()), conventions=frozenset(CONVENTIONS)))
    models = {m.id: m for m in study.models}
    if faults := [f for name, family in study.families.items() for f in faults_of(name, family, models)]:
        raise StudyError(faults=faults)
    return replace(study, root=Path(root) if root is not None else _root(path))


def _root(path: Path) -> Path:
    folder = path.resolve().parent
    return next((f for f in (folder, *folder.parents) if (f / "data").is_dir()), folder)


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
    names += covariance_columns(model.covariance or study.defaults.covariance)
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


def estimate(study: Study, panel: Panel, *, steps: Steps | None = None, say: Say = silent) -> dict[str, Estimate]:
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
    study: Study, panel: Panel, estimates: dict[str, Estimate], *, steps: Steps | None = None, say: Say = silent
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
    for one in _families(study, panel, estimates, steps):
        found[one.of] = (*found[one.of], one)
    return found


def _families(study: Study, panel: Panel, estimates: dict[str, Estimate], steps: Steps) -> tuple[Check, ...]:
    """One finding for each model with members in a family: its p values adjusted for being looked at together."""
    from panelkit.estimators import adjusted

    models = {m.id: m for m in study.models}
    found: tuple[Check, ...] = ()
    for name, family in study.families.items():
        ids = dict.fromkeys(m.partition(".")[0] for m in family.members)
        parts = {"family": digests.of_value(to_json(family))}
        for model in (models[i] for i in ids):
            parts |= {f"{k} of {model.id}": v for k, v in _parts(study, panel, model).items()}
        setting = partial(_setting_of_estimate, study, estimates)
        make = partial(adjusted, name, family, estimates, models, panel, setting, study.head.seed)
        found += steps.do(f"family {name}", tuple[Check, ...], parts, make)
    return found


def _setting_of_estimate(study: Study, estimates: dict[str, Estimate], model: ModelSpec) -> Setting:
    return setting_of(study, model, estimates[model.id].engine)


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
    say: Say = silent,
) -> Run:
    """The whole flow for the study at `path`; files go to `output`/<study id>/, whole or not at all."""
    study = documented(read_study(path, root=root))
    from panelkit.replication.placing import put_folder, recover

    folder = Path(output) / study.id
    recover(folder)
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
    results = _results(study, assembled, estimates, checks)
    gates = gates_failed(results)
    files = run_files(results, report(results), panel_files(study, assembled))
    files["manifest.json"] = _manifest(study, files, inputs, gates)
    put_folder(folder, files)
    say(f"{len(files)} files in {folder.as_posix()}")
    return Run(
        study=study, folder=folder, results=results, exit_code=1 if gates else 0, reasons=steps.reasons, gates=gates
    )


def _results(
    study: Study, assembled: Assembled, estimates: dict[str, Estimate], checks: dict[str, tuple[Check, ...]]
) -> Results:
    """All findings together; those of the quality report that concern one model stand with that model's."""
    found = (*assembled.checks, *quality_of(study, assembled).checks)
    of_models = {m: (*own, *(c for c in found if c.of == m)) for m, own in checks.items()}
    own = tuple(replace(c, gate=c.gate or c.name in study.quality.gates) for c in found if c.of not in checks)
    used = _common(study, assembled.panel)
    return Results(study=study, panel=assembled.panel, estimates=estimates, checks=of_models, quality=own, used=used)


def run_files(results: Results, exhibits: Exhibits, panel: dict[str, bytes]) -> dict[str, bytes]:
    """Every file of a run but its manifest."""
    from panelkit.reporting.exhibits import numbers_tex

    study = results.study
    return {
        "estimates.json": outputs.as_json(outputs.estimates_document(study.id, results.estimates)),
        "checks.json": outputs.as_json(outputs.checks_document(study.id, results.checks, results.quality)),
        **panel,
        **exhibits.files,
        "samples.csv": outputs.samples(results.panel, results.used or results.panel, results.estimates),
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
