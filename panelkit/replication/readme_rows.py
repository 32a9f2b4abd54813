"""The lists of a package's README in either language: data files, exhibits, what is left out, references; the words come with the call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from panelkit.core.label import Language
from panelkit.replication.told import Told, listed, plain, table


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a README says in one language. processed : file of data/processed -> what it is; {..} are slots."""

    language: Language
    comma: str
    join: str
    yes: str
    no: str
    end: Callable[[str], str]
    unstated: str
    processed: tuple[tuple[str, str], ...]
    raw: str
    card: str
    fact: str
    all: str
    hidden: str
    places: str
    data_head: tuple[str, ...]
    exhibit_head: tuple[str, ...]
    numbers: tuple[str, str]
    report: tuple[str, str]
    printed: tuple[str, str]
    closed: str
    no_twin: str
    further: tuple[str, ...]
    reference: str
    fact_reference: str
    address: str
    access: str
    authors: str
    keywords: str
    jel: str


def heading_lines(told: Told, w: Words) -> str:
    """Authors with affiliation and ORCID, keywords and JEL codes; a line for each that the study gives."""
    head = told.study.head
    named = []
    for author in head.authors:
        more = [plain(head.affiliations[author])] if author in head.affiliations else []
        more += [f"<https://orcid.org/{head.orcid[author]}>"] if author in head.orcid else []
        named.append(plain(author) + (f" ({w.comma.join(more)})" if more else ""))
    lines = [w.authors.format(w.comma.join(named) or w.unstated)]
    words = [plain(k.to(w.language)) for k in head.keywords]
    lines += [w.keywords.format(w.comma.join(words))] if words else []
    lines += [w.jel.format(", ".join(head.jel))] if head.jel else []
    return "\n\n".join(lines)


def data_files(told: Told, w: Words) -> str:
    """Every data file with its source, what it is, and whether it is provided."""
    rows = [(f"`{r.path}`", w.join.join(r.sources), w.raw, w.yes if r.data is not None else w.no) for r in told.run.raw]
    rows += [(f"`{name}`", "", w.card, w.yes) for name in told.run.cards]
    rows += [(f"`{f.path}`", f.id, w.fact, w.yes) for f in told.facts]
    for name, what in w.processed:
        if name == "panel.dta" or f"data/processed/{name}" in told.run.files:  # which the package makes of the panel
            hidden = w.hidden if name.startswith("obs") and told.closed else ""
            rows.append((f"`data/processed/{name}`", w.all, what + hidden, w.yes))
    rows.append(("`provenance/panel_cells.csv.gz`", w.all, w.places, w.yes))
    return table(w.data_head, rows)


def exhibits(told: Told, w: Words) -> str:
    """Every exhibit with the program, the line of the study file and the files that it is in."""
    made = [
        (
            e.id,
            plain(e.title_zh if w.language == "zh" else e.title_en),
            f"`run.py`{w.comma}`{e.command}`",
            f"study.toml:{e.line}",
            listed(e.files, w.join),
        )
        for e in told.exhibits
    ]
    alone = [("numbers.tex", w.numbers), ("report.html", w.report), ("report.pdf", w.printed)]
    made += [(*said, "`run.py`", "study.toml:1", f"`{name}`") for name, said in alone if name in told.run.files]
    return table(w.exhibit_head, made)


def omitted(told: Told, w: Words) -> str:
    """What the package does not hold, and why."""
    lines = [w.closed.format(f"`{r.path}`") for r in told.closed]
    lines += [w.no_twin.format(listed(told.without_twin, w.join))] if told.without_twin else []
    return "\n".join(f"- {line}" for line in (*lines, *w.further))


def references(told: Told, w: Words) -> str:
    """A line for each source and each table of facts."""
    lines = []
    for source in told.study.sources.values():
        line = w.reference.format(
            publisher=plain(source.publisher) or source.id,
            vintage=f" ({source.vintage})" if source.vintage else "",
            title=w.end(source.title.to(w.language) or source.id),
        )
        line += w.address.format(plain(source.url)) if source.url else ""
        line += w.access.format(w.end(source.retrieved)) if source.retrieved else ""
        lines.append(line)
    lines += [w.fact_reference.format(title=plain(f.title.to(w.language)), source=w.end(f.source)) for f in told.facts]
    return "\n".join(f"- {line}" for line in dict.fromkeys(lines))
