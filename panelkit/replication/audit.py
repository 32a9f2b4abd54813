"""Every number of a manuscript bound to the ledger, or listed with near misses; chance matches are counted, not hidden."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panelkit.core.counted import counted
from panelkit.core.manifest import Entry
from panelkit.replication.binding import Bound, bind, defines_rightly, prints, value_of
from panelkit.replication.contradictions import contradicted
from panelkit.replication.manuscript import numbers_of
from panelkit.replication.number_places import placed


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """Every number of a manuscript. counts : by binding; kinds : those that are no estimates, by kind.

    expected_by_chance : how many of the numbers bound by value alone a made-up text would have bound as well.
    exit_code : 0 where no number is unbound, else 1.
    """

    paper: str
    numbers: tuple[Bound, ...]
    counts: dict[str, int]
    kinds: dict[str, int]
    expected_by_chance: float
    ledger_numbers: int
    exit_code: int

    def __str__(self) -> str:
        c = self.counts
        tested = sum(c.values()) - c["no estimate"]
        lines = [
            f"{self.paper}: {counted(sum(c.values()), 'numbers')}; {c['no estimate']} are no estimates"
            + (f" ({', '.join(f'{n} {k}' for k, n in self.kinds.items())})" if self.kinds else ""),
            f"of {tested}: {c['exact']} bound by macro, {c['words']} by value and words, {c['value']} by value alone, "
            f"{c['unbound']} unbound",
            f"against {counted(self.ledger_numbers, 'numbers')} of the ledger; of those bound by value alone "
            f"{self.expected_by_chance:.1f} are "
            "to be expected by chance",
        ]
        for bound in self.numbers:
            of = f"{bound.number.file} " if bound.number.file else ""
            where = f"  {of}line {bound.number.place}: {bound.number.text}"
            if bound.binding == "unbound":
                near = f"; near: {'; '.join(bound.misses)}" if bound.misses else ""
                lines.append(f"{where} is unbound{near}  [...{bound.number.around}...]")
            elif bound.binding == "value":
                lines.append(
                    f"{where} is {'.'.join(bound.key or ())} by value alone"
                    + (f", or one of {bound.others} others" if bound.others else "")
                    + f" (chance {bound.chance:.0%})"
                    + (f"; near: {'; '.join(bound.misses)}" if bound.misses else "")
                )
        return "\n".join(lines)


def label_words(panel: Mapping[str, Any], estimates: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Name of a variable or model -> the words a text may call it: the name itself, and its labels in both languages.

    Parameters
    ----------
    panel : content of panel.json. estimates : entries of estimates.json.
    """
    words: dict[str, tuple[str, ...]] = {}
    for variable in panel["variables"]:
        label = variable["label"]
        texts = (variable["name"], *(re.sub(r"\s*[(（].*?[)）]", "", label[lang]) for lang in ("en", "zh")))
        words[variable["name"]] = tuple(t for t in dict.fromkeys(t.lower() for t in texts) if len(t) > 1)
    for estimate in estimates:
        own = words.get(str(estimate.get("outcome", "")), ())
        words.setdefault(estimate["id"], (estimate["id"].lower(), estimate["id"].replace("_", " ").lower(), *own))
    return words


def audit(
    paper: Path,
    ledger: Mapping[str, Entry],
    *,
    words: Mapping[str, tuple[str, ...]] | None = None,
    home: Path | None = None,
    windows: Collection[tuple[int, int]] = (),
) -> AuditReport:
    """Bind every number of a manuscript.

    Parameters
    ----------
    paper : .tex, .docx, .md or .txt. ledger : every printed number, by cell. words : see `label_words`.
    home : the run or package, whose tables and macros a LaTeX text may take in. windows : first and last year of the panel and of
    each sample.

    Raises
    ------
    PackageError
        A manuscript that cannot be read.
    """
    known = {name: e for name, e in ledger.items() if value_of(e.raw) is not None}
    made: list[Bound] = []
    for number in numbers_of(paper, home):
        if number.macro is not None and number.macro[0].startswith("defines ") and defines_rightly(number, ledger):
            continue
        made.append(bind(number, ledger, known, words or {}, made[-1] if made else None))
    made = contradicted(placed(made, known, prints), known, prints, windows)
    counts = {b: sum(m.binding == b for m in made) for b in ("exact", "words", "value", "unbound", "no estimate")}
    kinds: dict[str, int] = {}
    for bound in made:
        if bound.binding == "no estimate":
            kinds[bound.number.kind] = kinds.get(bound.number.kind, 0) + 1
    return AuditReport(
        paper=paper.name,
        numbers=tuple(made),
        counts=counts,
        kinds=dict(sorted(kinds.items())),
        expected_by_chance=math.fsum(b.chance for b in made if b.binding in ("value", "unbound")),
        ledger_numbers=len(known),
        exit_code=1 if counts["unbound"] else 0,
    )


def beside(estimates: Iterable[Mapping[str, Any]], ledger: Mapping[str, Entry]) -> dict[str, Entry]:
    """p, statistic, both ends of the interval and draws of every term that the ledger prints, where it does not print them itself.

    They are in the results, and a text may quote them; an interval that is printed as one cell is taken apart into its ends.
    """
    printed = {e.key for e in ledger.values()}
    terms = {k[:2] for k in printed}
    found: dict[str, Entry] = {}
    for estimate in estimates:
        for drawn in estimate.get("resampled", ()):
            key = (str(estimate["id"]), str(drawn["term"]), "draws")
            cell = f"results.{'.'.join(key)}"
            shown = f"{drawn['draws']:,}"
            found[cell] = Entry(cell=cell, exhibit="results", raw=drawn["draws"], shown=shown, mark="", key=key)
        for term in estimate["terms"]:
            for field in ("p", "statistic", "low", "high"):
                key = (str(estimate["id"]), str(term["name"]), field)
                if key[:2] in terms and key not in printed and value_of(term[field]) is not None:
                    cell = f"results.{'.'.join(key)}"
                    found[cell] = Entry(
                        cell=cell, exhibit="results", raw=term[field], shown=f"{term[field]:.4g}", mark="", key=key
                    )
    return found


def windows_of(estimates: Iterable[Mapping[str, Any]]) -> set[tuple[int, int]]:
    """First and last year of each sample, and of all of them together."""
    found = {(int(e["sample"]["first"]), int(e["sample"]["last"])) for e in estimates if e["sample"]["rows"]}
    return found | ({(min(a for a, _ in found), max(b for _, b in found))} if found else set())


def entries_of(file: Path) -> dict[str, Entry]:
    """The ledger in a `ledger.json`, of a package or of a run, its tables in the order of their numbers."""
    document = json.loads(file.read_text("utf-8"))
    listed = document["numbers"].values() if isinstance(document, dict) else document
    if isinstance(document, dict):  # of a package, by name; a text counts tables as they are numbered
        heads = {
            t: re.search(r"\d+", cells.get("heading.number", "")) for t, cells in document.get("words", {}).items()
        }
        numbered = {t: int(found.group()) for t, found in heads.items() if found}
        listed = sorted(listed, key=lambda e: numbered.get(e["exhibit"], len(numbered) + 1))
    return {
        e["cell"]: Entry(
            cell=e["cell"], exhibit=e["exhibit"], raw=e["raw"], shown=e["shown"], mark=e["mark"], key=tuple(e["key"])
        )
        for e in listed
    }
