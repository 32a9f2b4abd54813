"""A table of a script: shown by notebooks and terminals, written to files of any format; what it says is settled before it comes here."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from panelkit.core.errors import Fault, ReportError
from panelkit.core.exhibit import Table
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import RENDERERS
from panelkit.reporting.exhibits import in_chinese_print
from panelkit.reporting.printed import caption, plain, printed, text_of
from panelkit.reporting.render import docx, html, latex, typst
from panelkit.reporting.words import all_columns, word

_ON_PAPER = 12  # columns that a turned page of Word or Typst holds at a size that is read


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ScriptTable(Table):
    """A table with the verbs that scripts and notebooks need."""

    def to(self, form: str) -> str | bytes:
        """The table in a format: text, but for 'docx' and 'pdf'.

        Parameters
        ----------
        form : str
            latex, html, docx, typst, csv, pdf, markdown, or the ending of such a file (tex, typ, md).

        Raises
        ------
        ReportError
            An unknown format.
        """
        kind = _kind(form)
        if kind == "markdown":
            return self._repr_markdown_()
        made = self._rendered(kind)
        return made if kind in ("docx", "pdf") else made.decode("utf-8-sig")

    def save(self, *paths: str | os.PathLike[str]) -> tuple[Path, ...]:
        """Write the table to files, each in the format of its ending (.tex .html .docx .typ .csv .pdf .md).

        Parameters
        ----------
        *paths : str or path
            Where to; folders that are not there are made.

        Returns
        -------
        tuple of Path
            The files, as they were given.

        Raises
        ------
        ReportError
            With every path whose ending is no format, or that the system refuses; nothing is written then.
        """
        faults, made = [], []
        for path in map(Path, paths):
            try:
                kind = _kind(path.suffix.removeprefix("."))
                data = self._repr_markdown_().encode() if kind == "markdown" else self._rendered(kind)
                made.append((path, data))
            except ReportError as error:
                faults += [replace(f, where=str(path)) for f in error.faults]
        if faults or not paths:
            raise ReportError(
                faults=faults or [Fault(where="save", what="no file is named", mend="save('table.tex', 'table.docx')")]
            )
        for path, data in made:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            except OSError as error:
                raise ReportError(
                    f"it cannot be written: {error.strerror}", where=str(path), mend="close it, or write elsewhere"
                ) from None
        return tuple(path for path, _ in made)

    def in_print(self) -> ScriptTable:
        """The table in the marks of its language's print; a row that does not fit is told here and not when it is written."""
        printed(self)
        return in_chinese_print(self) if self.language == "zh" else self

    def parts(self, most: int = 0) -> tuple[ScriptTable, ...]:
        """The table, or tables of fewer columns where these fit no turned page of LaTeX, or are more than `most`."""
        count = len(self.columns)
        for pieces in range(1, count):
            size = -(-count // pieces)
            made = [self._columns(i, min(i + size, count)) for i in range(0, count, size)]
            if (not most or size <= most) and not any(latex.too_wide(replace(p, landscape=True)) for p in made):
                return tuple(made) if pieces > 1 else (self,)
        return (self,)

    def _columns(self, first: int, last: int) -> ScriptTable:
        """Some of the columns under their own numbers."""
        several = all_columns(range(first + 1, last + 1), self.language)
        return replace(
            self,
            id=f"{self.id}-{first + 1}" if first else self.id,
            title=word("title_columns", self.language, title=self.title, columns=several).lstrip(" ,，"),
            columns=self.columns[first:last],
            rows=tuple(replace(r, cells=r.cells[first:last]) for r in self.rows),
        )

    def _rendered(self, kind: str) -> bytes:
        """The file of a format; paper takes a table that is too wide for it in parts."""
        parts = (
            self.parts(0 if kind == "latex" else _ON_PAPER) if kind in ("latex", "docx", "pdf", "typst") else (self,)
        )
        if len(parts) == 1:
            return RENDERERS[kind].render(self)
        if kind == "latex":
            return b"\n".join(RENDERERS[kind].render(p) for p in parts)
        if kind == "docx":
            return docx.book(self.title or self.id, (), parts)
        turned = [replace(p, landscape=True) for p in parts]
        text = typst.head(turned[0]) + "\n#pagebreak()\n".join(typst.source(p, paper=False) for p in turned)
        return text.encode() if kind == "typst" else typst.compiled(text, chinese=bool(typst.CHINESE.search(text)))

    def __str__(self) -> str:
        from panelkit.reporting.terminal import of_csv

        return of_csv(RENDERERS["csv"].render(self))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<style>{html.STYLE}</style>\n{html.fragment(self)}"

    def _repr_latex_(self) -> str:
        return str(self.to("latex"))

    def _repr_markdown_(self) -> str:
        """A pipe table; its headings in one row, since Markdown has no more."""
        lines = [f"**{_marked(' '.join(filter(None, caption(self))))}**", ""] if self.title else []
        heads = [_marked(self.stub), *("<br>".join(_marked(h) for h in c.heading if h) for c in self.columns)]
        lines += [_line(heads), _line([":--", *("--:" if c.align == "decimal" else ":--" for c in self.columns)])]
        for row in self.rows:
            cells = [_marked(text_of(c)) for c in row.cells] or [""] * len(self.columns)
            lines.append(_line([f"*{_marked(row.label)}*" if row.kind == "panel" else _marked(row.label), *cells]))
        return "\n".join([*lines, "", *("\n".join((_marked(n), "")) for n in self.notes)])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _marked(text: str) -> str:
    """Text that Markdown takes for nothing else."""
    return "".join(f"\\{c}" if c in "\\|*_`<>[]#~$^&" else c for c in plain(text))


def _kind(form: str) -> str:
    import panelkit.reporting.render  # noqa: F401

    names = {
        **{k.name: k.name for k in RENDERERS},
        **{k.extension: k.name for k in RENDERERS},
        "markdown": "markdown",
        "md": "markdown",
    }
    if form not in names:
        raise ReportError(f"there is no format '{form}'", mend=known_or_nearest(form, names))
    return names[form]
