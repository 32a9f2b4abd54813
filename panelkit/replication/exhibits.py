"""Where each exhibit of a package comes from: its files, the command and study line that make it, and the models in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from panelkit.core.study import Study
from panelkit.replication.collect import Run, table_of
from panelkit.replication.standalone.lists import SECTION, line_of, study_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """A table or figure as the package lists it; `line` is 0 where the study file names it in no line of its own."""

    folder: str
    id: str
    title_en: str
    title_zh: str
    files: tuple[str, ...]
    command: str
    line: int
    models: tuple[str, ...]


def seed_line(text: str) -> int:
    """The line of the study file that sets the seed, from 1; 0 where none does.

    >>> seed_line('[study]\\nid = "a"\\nseed = 7\\n')
    3
    """
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header = SECTION.match(line)
        section = header[1] if header else section
        if section == "study" and re.match(r"\s*seed\s*=", line):
            return number
    return 0


def exhibits(study: Study, study_text: str, run: Run) -> tuple[Exhibit, ...]:
    """Tables, then figures, in the study's order; only those that the run made."""
    lines = study_lines(study_text)
    found = []
    for folder, verb, specs in (("tables", "table", study.tables), ("figures", "figure", study.figures)):
        for spec in specs:
            files = run.exhibit_files(folder, spec.id)
            if not files:
                continue
            models = dict.fromkeys(e.key[0] for e in run.numbers.values() if e.exhibit == spec.id and e.key[0])
            named = getattr(spec, "columns", ()) or getattr(spec, "models", ()) or (getattr(spec, "model", ""),)
            known = {m.id for m in study.every_model}
            models.update(dict.fromkeys(n for n in named if isinstance(n, str) and n in known))
            found.append(
                Exhibit(
                    folder=folder,
                    id=spec.id,
                    title_en=spec.title.to("en") or spec.id,
                    title_zh=spec.title.to("zh") or spec.id,
                    files=files,
                    command=f"panelkit {verb} {spec.id}",
                    line=line_of(lines, folder, spec.id),
                    models=tuple(m for m in models if m in known),
                )
            )
    return tuple(found)


def exhibit_map(study: Study, study_text: str, run: Run, shown: tuple[Exhibit, ...]) -> bytes:
    """`map.csv`: one row per file of an exhibit, with the program, its line in the study file and what goes in."""
    lines = study_lines(study_text)
    rows: list[tuple[str, ...]] = [("exhibit", "file", "program", "study_line", "inputs")]
    for exhibit in shown:
        models = [f"{m} (study.toml:{line_of(lines, 'models', m)})" for m in exhibit.models]
        inputs = "; ".join(["data/processed/panel.csv", *models])
        rows += [(exhibit.id, name, exhibit.command, f"study.toml:{exhibit.line}", inputs) for name in exhibit.files]
    if "numbers.tex" in run.files:
        rows.append(
            (
                "numbers in the text",
                "numbers.tex",
                "panelkit run study.toml",
                "study.toml:1",
                "data/processed/panel.csv",
            )
        )
    rows += [
        ("report", name, "panelkit run study.toml", "study.toml:1", "data/processed/panel.csv")
        for name in ("report.html", "report.pdf")
        if name == "report.html" or name in run.files
    ]
    return table_of(rows)
