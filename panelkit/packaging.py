"""A finished run made into a replication package, and a package held against itself; the flow of a run is in pipeline."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panelkit import outputs
from panelkit.building import documented, files_of
from panelkit.core.errors import StudyError
from panelkit.pipeline import Say, check, estimate, read_study, run, silent
from panelkit.steps import times

if TYPE_CHECKING:
    from panelkit.core.study import Study
    from panelkit.replication.audit import AuditReport
    from panelkit.replication.collect import FactTable
    from panelkit.replication.verify import Means, Report


def package(
    path: Path | str,
    *,
    output: Path | str = "output",
    to: Path | str | None = None,
    root: Path | str | None = None,
    say: Say = silent,
) -> tuple[Path, int]:
    """The replication package of a study, a folder or a .zip; the study is run first where anything changed.

    Parameters
    ----------
    path : Path or str
        The study file.
    output : Path or str
        Folder for outputs, as in `run`.
    to : Path or str, optional
        Folder or .zip to make; `output`/packages/<study id> without it.
    root : Path or str, optional
        As in `read_study`.
    say : callable
        Is given a line of text after each step, and what is to be known of the rights of sources.

    Returns
    -------
    (Path, int)
        Where the package is, and how many files it holds.

    Raises
    ------
    PanelkitError
        The run cannot be made, its outputs were changed by hand, or `to` holds files that are not ours.
    """
    from panelkit.replication.archive import refuse_destination
    from panelkit.replication.collect import PackageInputs
    from panelkit.replication.package import make_package, write_package
    from panelkit.replication.rights import rights_in_words
    from panelkit.replication.run_time import UNMEASURED, run_log, run_time
    from panelkit.reporting.readme_pdf import readme_pdf

    destination = Path(to) if to is not None else Path(output) / "packages" / read_study(path, root=root).id
    refuse_destination(destination)
    done = run(path, output=output, root=root, say=say)
    study = documented(done.study)
    seconds = times(Path(output) / ".steps" / study.id)
    inputs = PackageInputs(
        study=study,
        study_text=Path(path).read_text("utf-8-sig"),
        output=done.folder,
        root=study.root,
        lock=_lock(),
        run_time=run_time(sum(seconds.values())) if seconds else UNMEASURED,
        raw={s.id: _relative(study, files_of(study, s)) for s in study.sources.values()},
        facts=_facts(),
    )
    for line in rights_in_words(study, json.loads((done.folder / "panel.json").read_text("utf-8"))):
        say(line)
    if "pdf" in study.head.report:
        inputs = replace(inputs, printed=readme_pdf)
    files = make_package(inputs)
    log = run_log(study.id, seconds)
    return write_package(files, destination, zip=destination.suffix == ".zip", log=log), len(files)


def _relative(study: Study, files: tuple[Path, ...]) -> tuple[str, ...]:
    return tuple(f.relative_to(study.root).as_posix() for f in files)


def _facts() -> tuple[FactTable, ...]:
    """Every table of facts that panelkit ships, as a package would take it."""
    from panelkit.core.label import Label
    from panelkit.facts.tables import catalogue, table_bytes
    from panelkit.replication.collect import FactTable

    return tuple(
        FactTable(
            id=name,
            title=Label(en=note.title_en, zh=note.title_zh),
            source=note.source,
            confidence=note.confidence,
            caveats=note.caveats,
            data=table_bytes(name),
        )
        for name, note in catalogue().items()
    )


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


def verify(folder: Path | str, *, levels: tuple[str, ...] = ("L0", "L1", "L2"), means: Means | None = None) -> Report:
    """A package held against itself, level by level; no code of it is run unless asked.

    Parameters
    ----------
    folder : Path or str
        A package: folder or zip.
    levels : tuple of str
        Of L0 (every file is what the manifest says), L1 (every printed number is that of the results), L2 (estimated anew from the
        panel), L3 (all anew from raw files in a clean environment), L4 (second engines), L5 (the verifier by injected errors).
    means : Means, optional
        What the levels above L1 are done with, such as how L3 is built.

    Returns
    -------
    Report
        levels with verdict, findings and counts; exit_code 0 verified, 1 something differs, 2 a level could not be done.

    Raises
    ------
    StudyError
        An unknown level.
    PackageError
        This is no package, or an archive that is not safe to unpack.
    """
    from panelkit.replication.verify import LEVELS, Means
    from panelkit.replication.verify import verify as held

    unknown = [level for level in levels if level not in LEVELS]
    if unknown:
        raise StudyError(f"unknown level '{unknown[0]}'", where="--levels", mend=f"levels are {', '.join(LEVELS)}")
    means = means or Means()
    rebuild = replace(means.rebuild, lock=means.rebuild.lock or _lock())
    given = replace(means, rerun=estimates_anew, second=second_engines_anew, rebuild=rebuild)
    return held(Path(folder), levels=[level for level in LEVELS if level in levels], means=given)


def certify(report: Report, folder: Path) -> None:
    """Write what was verified as `certificate.json` (with its schema) and `certificate.html` (in both languages)."""
    from panelkit.replication.certificate import certificate
    from panelkit.replication.placing import put_folder

    refuse_certificate_in(folder)
    put_folder(folder, certificate(report))


def refuse_certificate_in(folder: Path) -> None:
    """Refuse a folder for a certificate that holds anything else, which is better known before what takes minutes is verified.

    Raises
    ------
    PackageError
        With the first of those files.
    """
    from panelkit.replication.certificate import FILES
    from panelkit.replication.foreign import refuse_foreign

    refuse_foreign(folder, FILES)


def audit(
    paper: Path | str,
    *,
    study: Path | str | None = None,
    output: Path | str = "output",
    package: Path | str | None = None,
) -> AuditReport:
    """Every number of a manuscript bound to the ledger of a finished run (or of a package folder), or listed.

    Parameters
    ----------
    paper : Path or str
        .tex, .docx or .md.
    study : Path or str, optional
        The study whose finished run it is; `study.toml` without it.
    output : Path or str
        Folder for outputs, as in `run`.
    package : Path or str, optional
        A package folder, in place of a run.

    Returns
    -------
    AuditReport
        numbers with what each is bound to, counts by binding, exit_code 0 where no number is unbound, else 1.

    Raises
    ------
    PanelkitError
        There is no finished run, or the manuscript cannot be read.
    """
    from panelkit.looking import finished
    from panelkit.replication.audit import audit as bind
    from panelkit.replication.audit import beside, entries_of, label_words, windows_of
    from panelkit.replication.findings import findings
    from panelkit.reporting._page_names import CHECK_NAMES

    home = Path(package) if package is not None else finished(study or "study.toml", output)
    results, processed = (home / "results", home / "data" / "processed") if package is not None else (home, home)
    ledger = entries_of(home / "ledger.json")
    estimates = json.loads((results / "estimates.json").read_text("utf-8"))["estimates"]
    checks = json.loads((results / "checks.json").read_text("utf-8"))["checks"]
    about = json.loads((processed / "panel.json").read_text("utf-8"))
    known = {**findings(checks, estimates), **ledger, **beside(estimates, ledger)}
    words = {name: tuple(w.lower() for w in (name.replace("_", " "), *said)) for name, said in CHECK_NAMES.items()}
    said = {**words, **label_words(about, estimates)}
    return bind(Path(paper), known, words=said, home=home, windows=windows_of(estimates))


def second_engines_anew(folder: Path) -> dict[str, Any]:
    """The second engines asked again from a package's panel, in the form of checks.json (level L4)."""
    study = read_study(folder / "study.toml", root=folder)
    study = replace(study, models=tuple(replace(m, checks=()) for m in study.models), families={}, robustness={})
    panel = outputs.read_panel(folder / "data" / "processed")
    return outputs.checks_document(study.id, check(study, panel, estimate(study, panel)), ())


def estimates_anew(folder: Path) -> dict[str, Any]:
    """The estimates of an unpacked package made again from its panel, in the form of estimates.json, and its checks (level L2).

    The checks are those of models and families, but for second engines, which are asked in L4. What a battery of robustness says
    of its specifications is held by L1, against their estimates.
    """
    study = read_study(folder / "study.toml", root=folder)
    panel = outputs.read_panel(folder / "data" / "processed")
    made = estimate(study, panel)
    found = check(replace(study, robustness={}), panel, made, leave_out=("second_engine",))
    checks = outputs.checks_document(study.id, found, ())["checks"]
    return {**outputs.estimates_document(study.id, made), "checks": checks}
