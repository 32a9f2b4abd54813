"""Looking without running: what a raw file holds, what a study will do, what a finished run printed and where it came from."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from panelkit.core.codec import from_json
from panelkit.core.errors import EngineRefusedError, PanelkitError, StudyError
from panelkit.core.estimation import ModelSpec
from panelkit.core.label import Language
from panelkit.core.manifest import Manifest
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import ESTIMATORS
from panelkit.core.source import Reading
from panelkit.core.study import Study
from panelkit.pipeline import load_kinds, read_study

if TYPE_CHECKING:
    from panelkit.core.panel import Panel
    from panelkit.estimators._side_by_side import SideBySide
    from panelkit.etl.lineage import Lineage as VariableLineage
    from panelkit.etl.look import VintageComparison
    from panelkit.replication.trace import Lineage

# kinds with the model's errors although a route confirms them; others bring their own, which `explain` has told
REGRESSED = ("threshold",)


def inspect(path: Path | str, sheet: str = "") -> Reading:
    """What a raw file (or one sheet of it) holds, as the layout that recognises it reads it.

    Raises
    ------
    SourceError
        Where no layout recognises the file, with each layout's reason; or where it cannot be read.
    """
    from panelkit.etl.look import look

    load_kinds()
    return look(Path(path), sheet)[1]


def reading_in_words(path: Path | str, reading: Reading) -> str:
    """What a raw file holds, for a terminal, with the source that a study would declare."""
    from panelkit.etl.look_words import reading_in_words as words

    return words(Path(path), reading)


def comparison_in_words(a: Path | str, b: Path | str, found: VintageComparison) -> str:
    """Two exports of one series, for a terminal."""
    from panelkit.etl.look_words import comparison_in_words as words

    return words((Path(a).name, Path(b).name), found)


def vintages(a: Path | str, b: Path | str, series: str = "") -> VintageComparison:
    """Two exports of one series compared cell by cell."""
    from panelkit.etl.look import vintages as compare

    load_kinds()
    return compare(Path(a), Path(b), series)


def explain(study: Study, name: str | None = None, language: Language | None = None) -> str:
    """What will be done and why, in words and formulas, before any number: the study, one model or one variable.

    Of one model also which standard errors and resampling it gets on the panel at hand, and why, where its raw files are there; of
    one with a treatment first its design: who is treated when, who can be compared, what is identified, which estimator fits.
    """
    from panelkit import building

    if name is None:
        spoken = language or study.head.language
        return "\n\n".join(f"{m.id} ({m.kind})\n{_told(ESTIMATORS[m.kind].explain(m), spoken)}" for m in study.models)
    if name in {m.id for m in study.models}:
        model = study.model(name)
        own = ESTIMATORS[model.kind].explain(model)
        try:
            panel = building.build_panel(study)
        except PanelkitError as error:
            at = f"{error.faults[0].where}: " if error.faults[0].where else ""
            return _told(
                f"{own}\nOn which panel is not known yet: {at}{error.faults[0].what}.", language or study.head.language
            )
        if ESTIMATORS[model.kind].confirmation == "engine" or model.kind in REGRESSED:
            own += f"\n{_on_this_panel(study, model, panel)}"
        spoken = language or study.head.language
        seen = _design(model, panel, spoken)
        own = _told(own, spoken)
        return f"{seen}\n\n{'模型' if spoken == 'zh' else 'THE MODEL'}\n{own}" if seen else own
    if name in study.variables:
        return _variable_in_words(study, name)
    known = [*(m.id for m in study.models), *study.variables]
    raise StudyError(f"there is no model or variable '{name}'", mend=known_or_nearest(name, known))


def _told(text: str, language: Language) -> str:
    """What a model will do, as its kind says it in English, in the language of the reader."""
    from panelkit.reporting.explained import explained

    return explained(text) if language == "zh" else text


def _design(model: ModelSpec, panel: Panel, language: Language) -> str:
    """The design of a model as its rows show it, "" where it has no treatment that starts or no row is left."""
    from panelkit.checks import design_of, design_page
    from panelkit.estimators._compile import formula_of
    from panelkit.estimators._sample import select_rows

    try:
        positions, _ = select_rows(model, formula_of(model), panel, (), "keep")
    except PanelkitError:
        return ""
    facts = design_of(model, panel, positions)
    return "" if facts is None else design_page(facts, panel, model.kind, language)


def _variable_in_words(study: Study, name: str) -> str:
    """A variable in both languages, the study's first; with its counts of cells where the raw files make a panel."""
    from panelkit import building
    from panelkit.etl.explain import explain_variable

    languages: tuple[Language, Language] = ("zh", "en") if study.head.language == "zh" else ("en", "zh")
    panel, observations, why = None, None, ""
    try:
        made = building.assemble_panel(study)
        panel, observations = made.panel, made.observations
    except PanelkitError as error:
        why = f"How many of its cells are filled is not known yet: {error.faults[0].where}: {error.faults[0].what}."
    told = [
        explain_variable(study.variables[name], language, panel, study, observations, _speaker(panel, language))
        for language in languages
    ]
    return "\n\n".join([*told, *filter(None, (why,))])


def _speaker(panel: Panel | None, language: Language) -> Callable[[str], str]:
    from panelkit.reporting.phrases import said

    return str if panel is None else partial(said, panel=panel, language=language)


def _on_this_panel(study: Study, model: ModelSpec, panel: Panel) -> str:
    from panelkit import pipeline
    from panelkit.estimators._side_by_side import chosen

    try:
        return chosen(model, panel, pipeline.setting_of(study, model, study.defaults.confirm[0]))
    except PanelkitError as error:
        return f"On which panel is not known yet: {error.faults[0].what}."


def standard_errors(study: Study, name: str | None) -> SideBySide:
    """A model's coefficients under every covariance convention.

    Raises
    ------
    StudyError
        Where no model is called that; EstimationError where it cannot be estimated.
    """
    from panelkit import building, pipeline
    from panelkit.estimators._side_by_side import side_by_side

    models = {m.id: m for m in study.models}
    if name is None and len(models) == 1:
        name = next(iter(models))
    if name not in models:
        what = f"there is no model '{name}'" if name else "--se needs the name of a model"
        raise StudyError(what, mend=known_or_nearest(name or "", models))
    panel = building.build_panel(study)
    refused: EngineRefusedError | None = None
    for engine in study.defaults.confirm:
        try:
            return side_by_side(models[name], panel, pipeline.setting_of(study, models[name], engine))
        except EngineRefusedError as error:
            refused = refused or error
    raise refused or StudyError("no engine is named", where="defaults.confirm", mend='write confirm = ["pyfixest"]')


def standard_errors_in_words(found: SideBySide) -> str:
    """A table for each coefficient, then how each convention is made and which program prints it."""
    lines = [f"{found.model}: {found.own}", *found.notes]
    wide = max(len(line.name) for line in found.lines)
    for term in found.terms:
        lines += ["", f"{term} = {found.estimates[term]:.6g}", f"  {'':{wide}}  {'SE':>12} {'ratio':>7} {'df':>8}"]
        for line in found.lines:
            if term in line.se:
                df = "normal" if math.isinf(line.df[term]) else f"{line.df[term]:.4g}"
                ratio = f"{line.ratio[term]:.3f}"
                lines.append(f"  {line.name:{wide}}  {line.se[term]:>12.6g} {ratio:>7} {df:>8}")
    lines += ["", "How each is made, and who prints it"]
    for line in found.lines:
        lines.append(f"  {line.name}: {line.formula or f'not defined here: {line.reason}'}")
        lines.append(f"      {line.programs}")
    return "\n".join(lines)


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


def exhibit_in_words(kind: str, file: Path) -> str:
    """One exhibit's CSV file for a terminal: a table ruled and aligned, a figure's numbers as they are."""
    if kind == "figures":
        return file.read_text("utf-8-sig")
    from panelkit.reporting.terminal import of_csv

    return of_csv(file.read_bytes())


def trace_variable(
    name: str, unit: str, year: int, path: Path | str, *, output: Path | str = "output", unfold: bool = False
) -> VariableLineage:
    """From one cell of the panel back to the raw cells and the chain of transformations; `unfold`: those of other units too.

    The panel is that of a finished run; where the study was not run, it is made from the raw files.
    """
    import pandas as pd

    from panelkit import building
    from panelkit.etl.assemble import Assembled
    from panelkit.etl.lineage import Saved, lineage_of
    from panelkit.outputs import read_filled, read_panel

    study = read_study(path)
    folder = Path(output) / study.id
    kept: Assembled | Saved
    if (folder / "manifest.json").is_file():
        panel = read_panel(folder)
        observations = pd.read_parquet(folder / "observations.parquet")
        kept = Saved(observations=observations, panel=panel, filled=read_filled(folder, panel))
    else:
        kept = building.assemble_panel(study)
    return lineage_of(name, unit, year, study, kept, unfold=unfold)
