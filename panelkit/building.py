"""The raw side of the flow: files, completed by their cards, to observations, to a panel with its quality report and its files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from panelkit import outputs
from panelkit.core.check import Check
from panelkit.core.codec import to_json
from panelkit.core.errors import Fault, SourceError, StudyError
from panelkit.core.registry import SOURCES
from panelkit.core.source import Observations, SourceSpec
from panelkit.core.study import Study

if TYPE_CHECKING:
    from panelkit.core.panel import Panel
    from panelkit.etl.assemble import Assembled
    from panelkit.etl.quality import Report as Quality


def documented(study: Study) -> Study:
    """The study with its sources completed by the cards beside their files; all faults of all cards and paths at once."""
    from panelkit.etl.sidecar import completed

    sources, faults = {}, list[Fault]()
    for name, source in study.sources.items():
        path = study.root / source.path
        try:
            absent = [f for f in files_of(study, source) if not _inside(study.root, f)]
            if absent:
                what = f"there is no file '{absent[0].relative_to(study.root).as_posix()}'"
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


def quality_of(study: Study, assembled: Assembled) -> Quality:
    """Findings about the panel, with the tables that a reader sees; see `etl.quality`."""
    from panelkit.etl.harmonise.breaks import break_check
    from panelkit.etl.quality import quality_report
    from panelkit.etl.variables import in_order, windows

    needed = windows(study, in_order(study.variables))
    crossed = break_check(study.sources, assembled.observations, needed, study.panel.vintages)
    return quality_report(study, assembled, breaks=(crossed,), language=study.head.language)


def quality_files(quality: Quality, found: tuple[Check, ...]) -> dict[str, bytes]:
    """The quality report as files: each table as HTML and CSV, every finding as JSON."""
    from panelkit.reporting.exhibits import render_table

    files = {
        "quality/findings.json": outputs.as_json(
            [{k: v for k, v in to_json(c).items() if k != "series"} for c in found]
        )
    }
    for table in quality.tables:
        files |= {f"quality/{name}": content for name, content in render_table(table, ("html", "csv")).items()}
    return files


def panel_files(study: Study, assembled: Assembled) -> dict[str, bytes]:
    """The files of a panel: itself, its codebook and the raw cells it was made of."""
    from panelkit.etl.explain import codebook_rows

    described = codebook_rows(assembled.panel, study, assembled.observations)
    return outputs.panel_files(assembled.panel, assembled.observations, described, assembled.filled)


def build_panel(study: Study) -> Panel:
    """The panel of a study, from its raw files."""
    return assemble_panel(study).panel
