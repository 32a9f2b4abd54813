"""The command line: one command per verb, text or JSON out, exit codes 0 (done), 1 (a gate failed), 2 (the input is wrong)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from panelkit.answering import answer, say
from panelkit.answering import as_json as json_text
from panelkit.core.counted import counted
from panelkit.core.errors import PanelkitError
from panelkit.core.label import Language

FLAGSHIP = Path("analyses/cbec_clusters/study.toml")
HERE = Path("study.toml")


def _default_study() -> Path:
    """The study that is meant where none is named: `study.toml` in this folder, else the flagship."""
    return HERE if HERE.is_file() else FLAGSHIP


app = typer.Typer(
    help="From raw yearbook exports to a referee-proof panel paper.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print the result, or the faults, as one JSON document.")]
Root = Annotated[Path | None, typer.Option("--root", help="Folder that the study's source paths start from.")]
StudyFile = Annotated[Path, typer.Argument(help="The study file (TOML).")]
_WHICH = "by default study.toml in this folder, else the flagship."
StudyArgument = Annotated[Path | None, typer.Argument(help=f"The study file; {_WHICH}")]
StudyOption = Annotated[Path | None, typer.Option("--study", help=f"The study whose finished run it is; {_WHICH}")]


def _quiet_if(as_json: bool) -> Callable[[str], None]:
    return (lambda text: None) if as_json else say


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")],
    simulated: Annotated[
        bool, typer.Option("--simulated", help="The whole flagship design on a simulated panel of known truth.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a study that runs at once, to be edited."""

    def work() -> tuple[Any, str, int]:
        from panelkit.template import make_study

        made = make_study(folder, simulated=simulated)
        names = [p.as_posix() for p in made]
        return {"files": names}, "\n".join([*names, f"now run: panelkit run {(folder / 'study.toml').as_posix()}"]), 0

    answer(work, as_json)


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A raw file.")],
    vintages: Annotated[Path | None, typer.Option("--vintages", help="Another export of the same series.")] = None,
    series: Annotated[
        str, typer.Option("--series", help="With --vintages: which series, where a file has several.")
    ] = "",
    sheet: Annotated[str, typer.Option("--sheet", help="One sheet of a workbook; without it, every sheet.")] = "",
    as_json: Json = False,
) -> None:
    """Tell what a raw file holds, as it would be read; or compare two exports of one series cell by cell."""

    def work() -> tuple[Any, str, int]:
        from panelkit import looking
        from panelkit.core.codec import to_json

        if vintages is not None:
            compared = looking.vintages(file, vintages, series)
            return to_json(compared), looking.comparison_in_words(file, vintages, compared), 0
        reading = looking.inspect(file, sheet)
        return to_json(reading), looking.reading_in_words(file, reading), 0

    answer(work, as_json)


def _language(named: str) -> Language | None:
    """The language asked for, None where none is."""
    if named not in ("", "en", "zh"):
        raise PanelkitError(f"'{named}' is no language of panelkit", where="--language", mend="write en or zh")
    return cast(Language, named) if named else None


@app.command()
def explain(
    study: StudyFile,
    name: Annotated[str | None, typer.Argument(help="A model or a variable; without it, every model.")] = None,
    se: Annotated[
        bool, typer.Option("--se", help="The model's standard errors under every convention, and who prints which.")
    ] = False,
    language: Annotated[
        str, typer.Option("--language", help="en or zh, of a model's design; the study's own unless given.")
    ] = "",
    as_json: Json = False,
    root: Root = None,
) -> None:
    """Say what will be done and why, before any number; with --se, why standard errors differ between programs."""

    def work() -> tuple[Any, str, int]:
        from panelkit import looking, pipeline
        from panelkit.core.codec import to_json

        if se:
            found = looking.standard_errors(pipeline.read_study(study, root=root), name)
            return to_json(found), looking.standard_errors_in_words(found), 0
        text = looking.explain(pipeline.read_study(study, root=root), name, _language(language))
        return {"text": text}, text, 0

    answer(work, as_json)


@app.command()
def check(
    study: StudyArgument = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of study files instead.")] = False,
    as_json: Json = False,
    root: Root = None,
) -> None:
    """Validate a study and its raw files without estimating; every fault at once."""

    def work() -> tuple[Any, str, int]:
        from panelkit import building, estimating, pipeline
        from panelkit.study import json_schema

        if schema:
            pipeline.load_kinds()
            made = json_schema()
            return made, json_text(made), 0
        read = pipeline.read_study(study or _default_study(), root=root)
        pipeline.refuse_unfit(read)
        panel = building.build_panel(read)
        if faults := estimating.faults_before(read, panel):
            raise PanelkitError(faults=faults)
        value = {"study": read.id, "rows": panel.rows, "units": len(panel.units), "models": [m.id for m in read.models]}
        return value, f"{read.id}: no fault; {counted(panel.rows, 'rows')}, {counted(len(read.models), 'models')}", 0

    answer(work, as_json)


@app.command()
def build(
    study: StudyArgument = None,
    output: Annotated[Path, typer.Option("--output", help="Where the panel goes.")] = Path("data/processed"),
    as_json: Json = False,
    root: Root = None,
) -> None:
    """Raw files to a panel: Parquet, CSV and codebook, with the quality report."""

    def work() -> tuple[Any, str, int]:
        from panelkit import building, pipeline
        from panelkit.replication.foreign import refuse_foreign_output
        from panelkit.replication.placing import put_folder

        read = building.documented(pipeline.read_study(study or _default_study(), root=root))
        made = building.assemble_panel(read)
        quality = building.quality_of(read, made)
        folder = output / read.id
        refuse_foreign_output(folder)
        pictures = building.quality_pictures(quality)
        put_folder(
            folder, building.panel_files(read, made) | building.quality_files(read, made.panel, quality, pictures)
        )
        found = quality.checks
        value = {
            "folder": folder.as_posix(),
            "rows": made.panel.rows,
            "digest": made.panel.digest,
            "quality": [{"name": c.name, "of": c.of, "verdict": c.verdict, "text": c.text.en} for c in found],
        }
        gates = [c.name for c in found if c.verdict == "fails" and c.gate]
        stopped = [f"gate failed: {name}" for name in gates]
        told = "\n".join([building.build_in_words(made.panel, quality, folder.as_posix()), *stopped])
        return value, told, 1 if gates else 0

    answer(work, as_json)


@app.command()
def run(
    study: StudyArgument = None,
    output: Annotated[Path, typer.Option("--output", help="Folder for outputs.")] = Path("output"),
    why: Annotated[bool, typer.Option("--explain", help="Say of each step why it was done again.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Do everything again.")] = False,
    as_json: Json = False,
    root: Root = None,
) -> None:
    """The whole flow: panel, estimates, checks, tables, figures, report."""

    def work() -> tuple[Any, str, int]:
        from panelkit import pipeline

        done = pipeline.run(study or _default_study(), output=output, root=root, force=force, say=_quiet_if(as_json))
        lines = [f"  {step}: {reason}" for step, reason in done.reasons.items()] if why else []
        lines += [f"gate failed: {c.of}: {c.text.en}" for c in done.gates]
        lines.append(f"report: {(done.folder / 'report.html').as_posix()}")
        value = {
            "study": done.study.id,
            "folder": done.folder.as_posix(),
            "exit_code": done.exit_code,
            "steps": done.reasons,
        }
        return value, "\n".join(lines), done.exit_code

    answer(work, as_json)


def _exhibit(kind: str, name: str, study: Path | None, output: Path, to: Path | None, as_json: bool) -> None:
    def work() -> tuple[Any, str, int]:
        import shutil

        from panelkit import looking

        made = looking.exhibit_file(
            kind, name, study or _default_study(), output=output, ending=to.suffix.removeprefix(".") if to else "csv"
        )
        if to is None:
            text = made.read_text("utf-8-sig")
            return {"file": made.as_posix(), "text": text}, looking.exhibit_in_words(kind, made), 0
        if not to.parent.is_dir():
            raise PanelkitError("there is no such folder", where=to.parent.as_posix(), mend="make it first")
        shutil.copyfile(made, to)
        return {"file": to.as_posix()}, to.as_posix(), 0

    answer(work, as_json)


@app.command()
def table(
    name: Annotated[str, typer.Argument(help="The table's id.")],
    study: StudyOption = None,
    output: Annotated[Path, typer.Option("--output")] = Path("output"),
    to: Annotated[Path | None, typer.Option("--to", help="A file; its ending says the format.")] = None,
    as_json: Json = False,
) -> None:
    """One table of a finished run, on the terminal or to a file."""
    _exhibit("tables", name, study, output, to, as_json)


@app.command()
def figure(
    name: Annotated[str, typer.Argument(help="The figure's id.")],
    study: StudyOption = None,
    output: Annotated[Path, typer.Option("--output")] = Path("output"),
    to: Annotated[Path | None, typer.Option("--to", help="A file; its ending says the format.")] = None,
    as_json: Json = False,
) -> None:
    """One figure of a finished run: its numbers on the terminal, or the picture to a file."""
    _exhibit("figures", name, study, output, to, as_json)


@app.command()
def trace(
    number: Annotated[str, typer.Argument(help="A ledger cell such as table2.r0.c1, model.term.field, or a variable.")],
    unit: Annotated[str | None, typer.Argument(help="With a variable: its unit, by name or code.")] = None,
    year: Annotated[int | None, typer.Argument(help="With a variable: the time.")] = None,
    study: StudyOption = None,
    output: Annotated[Path, typer.Option("--output")] = Path("output"),
    every: Annotated[bool, typer.Option("--all", help="With a variable: the cells of other units one by one.")] = False,
    as_json: Json = False,
) -> None:
    """From a printed number back to model, sample, variables and raw cells; or from a variable, unit and year to raw cells."""

    def work() -> tuple[Any, str, int]:
        from panelkit import looking
        from panelkit.core.codec import to_json

        which = study or _default_study()
        if unit is not None and year is not None:
            cell = looking.trace_variable(number, unit, year, which, output=output, unfold=every)
            return to_json(cell), str(cell), 0
        if unit is not None:
            raise PanelkitError("the year is missing", where=f"trace {number} {unit}", mend="write VARIABLE UNIT YEAR")
        lineage = looking.trace(number, which, output=output)
        return to_json(lineage), str(lineage), 0

    answer(work, as_json)


@app.command()
def package(
    study: StudyArgument = None,
    output: Annotated[Path, typer.Option("--output", help="Folder for outputs.")] = Path("output"),
    to: Annotated[
        Path | None, typer.Option("--to", help="Folder or .zip to make; default OUTPUT/packages/<study id>.")
    ] = None,
    as_json: Json = False,
    root: Root = None,
) -> None:
    """The replication package of a study (runs it first where anything changed)."""

    def work() -> tuple[Any, str, int]:
        from panelkit import packaging

        where, count = packaging.package(
            study or _default_study(), output=output, to=to, root=root, say=_quiet_if(as_json)
        )
        return {"package": where.as_posix(), "files": count}, f"{where.as_posix()}: {counted(count, 'files')}", 0

    answer(work, as_json)


@app.command()
def verify(
    package: Annotated[Path, typer.Argument(help="A package: folder or zip.")],
    levels: Annotated[str, typer.Option("--levels", help="Which levels, of L0,L1,L2,L3,L4,L5.")] = "L0,L1,L2",
    offline: Annotated[
        bool, typer.Option("--offline", help="L3: ask no index; take wheels from --wheels alone.")
    ] = False,
    wheels: Annotated[Path | None, typer.Option("--wheels", help="L3: a folder of wheels.")] = None,
    python: Annotated[
        Path | None, typer.Option("--python", help="L3: an interpreter that has the lock's versions; none is built.")
    ] = None,
    run_package_code: Annotated[
        bool, typer.Option("--run-package-code", help="L3: run the panelkit in the package, a stranger's code.")
    ] = False,
    certificate: Annotated[Path | None, typer.Option("--certificate", help="A folder for the certificate.")] = None,
    as_json: Json = False,
) -> None:
    """Verify a replication package, running no code of it unless asked: 0 verified, 1 differs, 2 cannot."""

    def work() -> tuple[Any, str, int]:
        from panelkit import packaging
        from panelkit.core.codec import to_json
        from panelkit.replication.rebuild import Rebuild
        from panelkit.replication.verify import Means

        if certificate is not None:
            packaging.refuse_certificate_in(certificate)
        code = "package" if run_package_code else "ours"
        rebuild = Rebuild(offline=offline, wheels=wheels, python=python, code=code)
        report = packaging.verify(package, levels=tuple(levels.split(",")), means=Means(rebuild=rebuild))
        if certificate is not None:
            packaging.certify(report, certificate)
        return to_json(report), str(report), report.exit_code

    answer(work, as_json)


@app.command()
def audit(
    paper: Annotated[Path, typer.Argument(help="A manuscript: .tex, .docx or .md.")],
    study: StudyOption = None,
    output: Annotated[Path, typer.Option("--output")] = Path("output"),
    package: Annotated[Path | None, typer.Option("--package", help="A package folder, in place of a run.")] = None,
    as_json: Json = False,
) -> None:
    """Bind every number of a manuscript to the ledger of a run, or list it."""

    def work() -> tuple[Any, str, int]:
        from panelkit import packaging
        from panelkit.core.codec import to_json

        report = packaging.audit(paper, study=study or _default_study(), output=output, package=package)
        return to_json(report), str(report), report.exit_code

    answer(work, as_json)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Engines, fonts, LaTeX, and self-tests of the engines' known faults."""

    def work() -> tuple[Any, str, int]:
        from panelkit.doctor import examine

        findings = examine()
        text = "\n".join(f"{'ok ' if f['ok'] else 'NO '} {f['what']}: {f['text']}" for f in findings)
        return findings, text, 0 if all(f["ok"] for f in findings if f["needed"]) else 1

    answer(work, as_json)
