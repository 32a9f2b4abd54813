"""What may be done with a package and how to cite it: licence, citation file, and the list of raw files that are not in it."""

from __future__ import annotations

import json
from typing import Any

from panelkit.core.source import SourceSpec
from panelkit.core.study import Head, Study
from panelkit.replication.collect import RawFile

MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software
is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES
OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def licence(study: Study) -> str:
    """LICENSE.txt: that of programs and text, that of the data, and what each source says of itself."""
    head = study.head
    holders = ", ".join(head.authors) or f"the authors of {study.id}"
    code = f"MIT License\n\nCopyright (c) {holders}\n\n{MIT}" if head.licence == "MIT" else f"{head.licence}\n"
    data = head.data_licence or "The study file declares no licence of its own for the data; each source's terms hold."
    sources = [
        f"- {s.id} ({s.publisher or 'publisher not stated'}): {s.licence or 'licence not stated'}; "
        f"redistribution {_allowed(s)}"
        for s in study.sources.values()
    ]
    return f"PROGRAMS, STUDY FILE AND TEXT\n\n{code}\nDATA\n\n{data}\n\n" + "\n".join(sources) + "\n"


def _allowed(source: SourceSpec) -> str:
    if not source.redistribute:
        return "not allowed"
    return "declared allowed" if source.licence else "not forbidden by the study file"


def citation(study: Study) -> str:
    """CITATION.cff, version 1.2.0; without a date, which a deposit adds."""
    title = f"Data and Code for: {study.head.title.to('en') or study.id}"
    authors = study.head.authors or (f"The authors of {study.id}",)
    lines = [
        "cff-version: 1.2.0",
        "message: Please cite this package as below.",
        "type: dataset",
        f"title: {_quoted(title)}",
        "authors:",
        *(line for a in authors for line in _author(a, study.head)),
    ]
    words = [w.to("en") for w in study.head.keywords] + list(study.head.jel)
    if words:
        lines += ["keywords:", *(f"  - {_quoted(w)}" for w in words)]
    if study.head.licence:
        lines.append(f"license: {_quoted(study.head.licence)}")
    if abstract := study.head.abstract.to("en"):
        lines.append(f"abstract: {_quoted(abstract)}")
    return "\n".join(lines) + "\n"


def _author(author: str, head: Head) -> list[str]:
    lines = [f"  - name: {_quoted(author)}"]
    if author in head.orcid:
        lines.append(f"    orcid: {_quoted('https://orcid.org/' + head.orcid[author])}")
    if author in head.affiliations:
        lines.append(f"    affiliation: {_quoted(head.affiliations[author])}")
    return lines


def _quoted(text: str) -> str:
    """A YAML double-quoted scalar, which JSON's text is."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


def in_panel(about: Any, source: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Variables of a panel that hold a series of a source as it was read, and those that are made from one, by panel.json.

    >>> about = {"variables": [
    ...     {"name": "gdp", "origin": {"how": "s.gdp", "inputs": ["s.gdp"]}},
    ...     {"name": "ln_gdp", "origin": {"how": "ln(gdp)", "inputs": ["gdp"]}}]}
    >>> in_panel(about, "s")
    (('gdp',), ('ln_gdp',))
    """
    same: list[str] = []
    made: list[str] = []
    for variable in about["variables"]:  # each stands below those that it is made from
        how, inputs = variable["origin"]["how"], variable["origin"]["inputs"]
        own = [i for i in inputs if i.startswith(f"{source}.")]
        if own == [how] or (how in inputs and how in same):
            same.append(variable["name"])
        elif own or {*same, *made} & set(inputs):
            made.append(variable["name"])
    return tuple(same), tuple(made)


def rights_in_words(study: Study, about: Any) -> list[str]:
    """What whoever packages a study has to know of its sources' rights, a line for each source that is not plain; about : panel.json."""
    lines = []
    for source in study.sources.values():
        if source.redistribute and not source.licence:
            lines.append(
                f"{source.id}: no licence is stated, so its raw file goes into the package; say redistribute = false where it may not"
            )
        if not source.redistribute:
            same, made = in_panel(about, source.id)
            held = f"; the panel, which does, holds figures of it: {', '.join((*same, *made))}" if same or made else ""
            lines.append(f"{source.id}: its raw file may not be given on and stays out of the package{held}")
    return lines


def not_provided(study: Study, raw: tuple[RawFile, ...]) -> str:
    """NOT_PROVIDED.md: each raw file that may not be given on, its digest, and where to get it."""
    lines = ["# Raw files that this package does not provide", ""]
    for file in (r for r in raw if r.data is None):
        for source in (study.sources[s] for s in file.sources):
            lines.append(
                f"- `{file.path}` ({source.id}): SHA-256 `{file.sha256}`. Get it from {source.publisher or 'its publisher'}"
                f"{', ' + source.url if source.url else ''}{', as retrieved ' + source.retrieved if source.retrieved else ''}. "
                f"Terms: {source.licence or 'not stated'}."
            )
    lines += [
        "",
        "`data/processed/observations.parquet` lists each of their cells, without its value. The panel, the estimates and every",
        "printed number can be verified without them (levels L0 to L2); building the panel anew needs them (level L3). The panel is",
        "provided: README.md says which of its variables hold figures of these files.",
    ]
    return "\n".join(lines) + "\n"
