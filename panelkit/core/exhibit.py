"""Tables and figures as data, free of any output format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from panelkit.core.label import Label
from panelkit.core.spec import spec

LINE = 12.1  # cm of a line of LaTeX's article class


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One printed value.

    Parameters
    ----------
    raw : float, int, str or None
        The value in full.
    shown : str
        As printed, plain text.
    key : (str, str, str) or None
        (model, term, field) for a number of an estimate; None for text. A key stands for the same number in every exhibit.
    mark : str
        Set as a superscript behind it (stars).
    """

    raw: float | int | str | None
    shown: str
    key: tuple[str, str, str] | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row: 'term' (coefficient line), 'bracket' (beneath it), 'stat', 'text', or 'panel' (a heading across, no cells)."""

    kind: Literal["term", "bracket", "stat", "text", "panel"]
    label: str
    cells: tuple[Cell, ...] = ()
    rule_above: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: `id` and heading lines from the top."""

    id: str
    heading: tuple[str, ...]
    align: Literal["left", "decimal", "centre"] = "decimal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table in one language.

    Parameters
    ----------
    id, title : str
        Its name in files and ledger, and what is printed above it.
    columns, rows : tuple
        Headings and alignment; labels and cells. Every row has a cell for each column.
    notes : tuple of str
        Printed below, one paragraph each.
    stub : str
        Heads the column of row labels.
    language : 'en' or 'zh'
        Of all words.
    number : int
        Printed behind "Table"; 0 for none.
    long, landscape : bool
        It may break across pages, its heading repeated; it stands on a page turned by 90 degrees.
    line : float
        Width in cm of a line of the paper it is for.
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    stub: str = ""
    language: Literal["en", "zh"] = "en"
    number: int = 0
    long: bool = False
    landscape: bool = False
    line: float = LINE

    def cells(self) -> Iterator[tuple[str, Cell]]:
        """Every keyed cell with its ledger name "table.r<row>.c<column>"."""
        for i, row in enumerate(self.rows):
            for j, cell in enumerate(row.cells):
                if cell.key is not None:
                    yield f"{self.id}.r{i}.c{j}", cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure as numbers.

    Parameters
    ----------
    id, kind, title : str
        Its name in files, its kind, and what is printed below it.
    data : dict of tuple
        Columns of equal length, saved as CSV beside the picture.
    labels : dict of str
        The words in it, by role.
    notes : tuple of str
        Printed below the title.
    language : 'en' or 'zh'
        Of all words.
    number : int
        Printed behind "Figure"; 0 for none.
    alt : str
        The picture in words, for those who cannot see it.
    width : 'single' or 'double'
        Of one or of two columns of a journal.
    formats : tuple of 'pdf', 'svg', 'png'
        The files that its picture is drawn to.
    """

    id: str
    kind: str
    title: str
    data: dict[str, tuple[Any, ...]]
    labels: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    language: Literal["en", "zh"] = "en"
    number: int = 0
    alt: str = ""
    width: Literal["single", "double"] = "double"
    formats: tuple[Literal["pdf", "svg", "png"], ...] = ("pdf", "svg", "png")


@spec
class TableSpec:
    """What every table declares; each kind adds its own fields. `notes` are printed below those that panelkit writes.

    long : it may break across pages (LaTeX longtable; headings are repeated). landscape : it is turned by 90 degrees.
    line : width in cm of a line of the paper, which LaTeX tables are fitted to: 12.1 is that of the article class, 16 that of A4 with
    margins of 2.5 cm.
    """

    id: str
    kind: str = "regression"
    title: Label = Label()
    notes: tuple[Label, ...] = ()
    formats: tuple[str, ...] = ("latex", "html", "docx", "csv")
    language: Literal["en", "zh"] | None = None
    long: bool = False
    landscape: bool = False
    line: float = LINE


@spec
class FigureSpec:
    """What every figure declares; each kind adds its own fields. `width` : of one or of two columns of a journal."""

    id: str
    kind: str
    title: Label = Label()
    language: Literal["en", "zh"] | None = None
    width: Literal["single", "double"] = "double"
