"""The raw side of the flow: files, completed by their cards, to observations, to a panel with its quality report and its files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from panelkit import outputs
from panelkit.core.counted import counted
from panelkit.core.errors import Fault, ReportError, SourceError, StudyError
from panelkit.core.registry import SOURCES
from panelkit.core.source import Observations, SourceSpec
from panelkit.core.study import Study

if TYPE_CHECKING:
    from panelkit.core.panel import Panel
    from panelkit.core.results import QualityReport
    from panelkit.etl.assemble import Assembled


PRINTED = (
    ("findings", 0),
    ("dropped", 0),
    ("sources", 0),
    ("breaks", 0),
    ("steps", 10),
    ("fills", 0),
    ("filled_by_model", 0),
    ("outlying", 10),
    ("sums", 0),
    ("weights", 0),
    ("coverage", 0),
    ("availability", 10),
    ("notes", 0),
)  # tables of the quality report on a terminal, and how many of their rows; 0 for all


def documented(study: Study) -> Study:
    """The study with its sources completed by the cards beside their files; all faults of all cards and paths at once."""
    from panelkit.etl.sidecar import completed

    sources, faults = {}, list[Fault]()
    for name, source in study.sources.items():
        path = study.root / source.path
        try:
            absent = [f for f in files_of(study, source) if not _inside(study.root, f)]
            if absent:
                named = f"'{absent[0].relative_to(study.root).as_posix()}'"
                leads = absent[0].is_file()
                what = f"{named} is a link out of the study's folder" if leads else f"there is no file {named}"
                faults.append(
                    Fault(
                        where=f"sources.{name}.path", what=what, mend=f"put the file there, or mend sources.{name}.path"
                    )
                )
                continue
            sources[name] = completed(source, path)
        except SourceError as error:
            faults += error.faults
    if faults:
        raise SourceError(faults=faults)
    return replace(study, sources=sources)


def files_of(study: Study, source: SourceSpec) -> tuple[Path, ...]:
    """Every raw file that a source rests on; yearbook pages have one for each year."""
    return SOURCES[source.kind].files(source, study.root / source.path) or (study.root / source.path,)


def _inside(root: Path, path: Path) -> bool:
    return path.is_file() and path.resolve().is_relative_to(root.resolve())


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
    """Raw files to a validated panel with its raw cells, findings and notes.

    Raises
    ------
    SourceError, PanelError
        Files that are not what the study says, or observations that make no panel.
    StudyError
        A model in which an index shares components with the outcome, a control or another index.
    """
    from panelkit.etl.assemble import assemble
    from panelkit.etl.overlap import overlap_faults

    study = documented(study)
    if faults := overlap_faults(study):
        raise StudyError(faults=faults)
    return assemble(study, read_sources(study))


def quality_of(study: Study, assembled: Assembled) -> QualityReport:
    """Findings about the panel, with the tables and pictures that a reader sees; see `etl.quality`."""
    from panelkit.etl.quality import quality_report

    return quality_report(study, assembled, language=study.head.language)


def quality_pictures(quality: QualityReport) -> dict[str, dict[str, bytes]]:
    """Every picture of the report by its id in the report's own language, by `id.en` or `id.zh` in the other; its files by ending.

    Without a Chinese font there are the English ones alone, which need none.
    """
    from panelkit.reporting.exhibits import render_figure

    drawn: dict[str, dict[str, bytes]] = {}
    for language, exhibits in sorted(quality.exhibits.items(), key=lambda e: e[0] != quality.language):
        for own, english in zip(exhibits.figures, quality.exhibits["en"].figures, strict=True):
            name = own.id if language == quality.language else f"{own.id}.{language}"
            try:
                files = render_figure(own)
            except ReportError:
                if language != quality.language:
                    continue
                files = render_figure(english)
            drawn[name] = {file.partition(".")[2]: content for file, content in files.items()}
    return drawn


def quality_files(
    study: Study, panel: Panel, quality: QualityReport, pictures: dict[str, dict[str, bytes]]
) -> dict[str, bytes]:
    """The quality report as files: one page, one JSON document, and each table as CSV and picture beside them."""
    from panelkit.reporting.exhibits import render_table
    from panelkit.reporting.quality_page import quality_page

    svgs = {name: files["svg"] for name, files in pictures.items()}
    files = {
        "quality.html": quality_page(study, panel, quality, svgs),
        "quality.json": outputs.as_json(outputs.quality_document(study.id, panel, quality)),
    }
    for table in quality.tables:
        files[f"quality/{table.id}.csv"] = render_table(table, ("csv",))[f"{table.id}.csv"]
    for name, made in pictures.items():
        files |= {f"quality/{name}.{ending}": content for ending, content in made.items()}
    return files


def panel_files(study: Study, assembled: Assembled) -> dict[str, bytes]:
    """The files of a panel: itself, its codebook as CSV and Word file, the raw cells it was made of and the cells that are filled."""
    from panelkit.etl.codebook import codebook_rows, codebook_tables, codebook_words
    from panelkit.reporting.render.docx import book

    panel, language = assembled.panel, study.head.language
    described = codebook_rows(panel, study, assembled.observations)
    title, scope = codebook_words(panel, study, language)
    files = outputs.panel_files(panel, assembled.observations, described, assembled.filled)
    files["codebook.docx"] = book(title, (scope,), codebook_tables(study, described, language))
    return files


def build_in_words(panel: Panel, quality: QualityReport, folder: str) -> str:
    """The quality report on a terminal: the panel's size, findings, what was dropped, series, breaks, fills and who lacks what."""
    from panelkit.reporting.terminal import as_text

    size = (
        f"{counted(panel.rows, 'rows')}, {counted(len(panel.units), 'units')}, "
        f"{panel.times[0]}-{panel.times[-1]}, {counted(len(panel.variables), 'variables')}"
    )
    tables = {t.id.removeprefix("quality_"): t for t in quality.tables}
    parts = [f"{folder}: {size}"]
    parts += [
        as_text(tables[name], most=most, without=("publisher", "source", "short_of"))
        for name, most in PRINTED
        if name in tables
    ]
    parts.append(f"All of it: {folder}/quality.html, quality.json, codebook.docx")
    return "\n\n".join(parts)


def build_panel(study: Study) -> Panel:
    """The panel of a study, from its raw files.

    Parameters
    ----------
    study : Study
        As `read_study` gives it.

    Returns
    -------
    Panel
        One row per unit and time, sorted; `history` says which rows were left out and why.

    Raises
    ------
    SourceError, PanelError
        All faults of the raw files, or of what is made from them, at once: where, what, how to mend.
    """
    return assemble_panel(study).panel
