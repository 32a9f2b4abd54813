"""What both READMEs of a package are written from, and the parts that no language changes; the sentences are in readme and readme_zh."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from panelkit.core.source import SourceSpec
from panelkit.core.study import Study
from panelkit.replication.collect import FactTable, RawFile, Run
from panelkit.replication.environment import platform_facts
from panelkit.replication.exhibits import Exhibit
from panelkit.replication.rights import in_panel

SIZES = ((25, "<25 MB"), (250, "25 MB - 250 MB"), (2_048, "250 MB - 2 GB"), (25_600, "2 GB - 25 GB"))
TEMPLATE = "https://social-science-data-editors.github.io/template_README/"
SMALL = 1_000_000  # cells of a panel for which 2 GB of memory are known to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A study, its run, and what is known besides.

    printed : whether the READMEs are there as PDF too. size : bytes of everything else in the package. program : the zip of panelkit.
    seed_line : of study.toml. without_twin : models for which Stata has no command.
    """

    study: Study
    run: Run
    exhibits: tuple[Exhibit, ...]
    environment: dict[str, str]
    run_time: str
    size: int
    program: str
    seed_line: int
    printed: bool = False
    without_twin: tuple[str, ...] = ()

    @property
    def closed(self) -> tuple[RawFile, ...]:
        """The raw files that may not be given on."""
        return tuple(r for r in self.run.raw if r.data is None)

    @property
    def facts(self) -> tuple[FactTable, ...]:
        """The tables of facts that the panel rests on."""
        return self.run.facts

    def files(self, source: SourceSpec) -> tuple[RawFile, ...]:
        """The raw files of a source."""
        return tuple(r for r in self.run.raw if source.id in r.sources)

    def in_panel(self, source: SourceSpec) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Variables of the panel that hold a series of the source as it was read, and those that are made from one."""
        return in_panel(self.run.document("data/processed/panel.json"), source.id)

    @property
    def models(self) -> int:
        """How many models were estimated, those of batteries included."""
        return len(self.run.estimates["estimates"])

    @property
    def rows(self) -> int:
        """Rows of the panel."""
        text = self.run.files["data/processed/panel.csv"].decode("utf-8-sig")
        return max(sum(1 for _ in csv.reader(io.StringIO(text))) - 1, 0)

    @property
    def cells(self) -> int:
        """Rows times variables of the panel."""
        return self.rows * len(self.run.document("data/processed/panel.json")["variables"])

    @property
    def versions(self) -> str:
        """Every version on record, with blanks and commas."""
        return ", ".join(f"{n} {v}" for n, v in self.environment.items())

    @property
    def machine(self) -> str:
        """System, processor kind and linear algebra library; no name and no path."""
        facts = platform_facts()
        return f"{facts['system']} {facts['machine']}, {facts['implementation']}, {facts['blas']}"


def size_class(size: int) -> str:
    """The class of a size in bytes, in the template's words."""
    return next((name for most, name in SIZES if size < most * 1024**2), ">25 GB")


def plain(text: str) -> str:
    """Text that Markdown and HTML take for text: one line, no markup, no direction of its own."""
    kept = "".join(c for c in text if c.isprintable() or c.isspace())
    marked = " ".join(kept.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{c}" if c in "`*[]|" else c for c in marked)


def sentence(text: str) -> str:
    """Plain text with one full stop at its end; '' stays ''."""
    made = plain(text)
    return made if not made or made.endswith((".", "!", "?", "。")) else f"{made}."


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def listed(names: Sequence[str], and_: str = ", ") -> str:
    """Names as code, one after the other."""
    return and_.join(f"`{n}`" for n in names)
