"""README.md of a package by the Social Science Data Editors' template, filled from study and run; the Chinese one is in readme_zh."""

from __future__ import annotations

from panelkit.core.counted import counted
from panelkit.core.source import SourceSpec
from panelkit.replication.collect import FactTable
from panelkit.replication.readme_rows import Words, data_files, exhibits, heading_lines, omitted, references
from panelkit.replication.told import SMALL, TEMPLATE, Told, listed, plain, sentence, size_class

WORDS = Words(
    language="en",
    comma=", ",
    join=", ",
    yes="Yes",
    no="No",
    end=sentence,
    unstated="not stated in the study file",
    processed=(
        ("panel.csv", "the panel, UTF-8, full precision"),
        ("panel.parquet", "the same panel"),
        ("panel.dta", "the same panel for Stata 14 and newer, with a marker of each model's rows"),
        ("panel.json", "variables with label, unit and origin; every row dropped or filled, and why"),
        ("codebook.csv", "codebook: label, unit, formula, source, citation, summary statistics"),
        ("codebook.docx", "the codebook to read"),
        ("filled.csv", "which cells were filled, and how"),
        ("samples.csv", "which rows each model used"),
        ("observations.parquet", "every raw cell as read"),
    ),
    raw="raw, as published",
    card="card of the raw file of that name: where it comes from",
    fact="facts of policy or geography",
    all="all listed",
    hidden="; without the values of closed sources",
    places="raw file and cell behind every cell of the panel",
    data_head=("Data file", "Source", "Notes", "Provided"),
    exhibit_head=("Exhibit", "Title", "Program", "Line", "Output"),
    numbers=("numbers in the text", "One macro for each printed number"),
    report=("report", "Report of the whole study"),
    printed=(
        "report in print",
        "The same report to print",
    ),
    closed="Raw file {}: may not be given on (`data/raw/NOT_PROVIDED.md`).",
    no_twin="A Stata twin of {}: no command of Stata estimates it.",
    further=(
        "The manuscript: journals ask for packages without it. `panelkit audit PAPER --package .` binds its numbers to the ledger.",
        "Survey instruments, an ethics approval, a pre-registration: the study file names none.",
    ),
    reference="{publisher}{vintage}. {title}",
    fact_reference="{title}. Table of facts of panelkit. {source}",
    address=" {}",
    access=" Access: {}",
    authors="Authors: {}",
    keywords="Keywords: {}",
    jel="JEL codes: {}",
)


def readme(told: Told) -> str:
    """README.md."""
    head = told.study.head
    simulated = "**The data of this study are simulated. No number here says anything about the world.**"
    parts = [
        f"# Data and Code for: {plain(head.title.to('en') or told.study.id)}",
        simulated if head.simulated else "",
        _overview(told),
        _availability(told),
        f"## Dataset list\n\n{data_files(told, WORDS)}",
        _computation(told),
        _programs(told),
        _instructions(told),
        "## List of tables, figures and programs\n\nAll tables and figures of the study are made by the programs here, none by hand; "
        f"the same list is in `map.csv`.\n\n{exhibits(told, WORDS)}",
        f"## What is not in this package\n\n{omitted(told, WORDS)}",
        f"## References\n\n{references(told, WORDS)}",
        f"This README follows the template of the Social Science Data Editors, <{TEMPLATE}>.",
    ]
    return "\n\n".join(p for p in parts if p) + "\n"


def _overview(told: Told) -> str:
    study = told.study
    abstract = plain(study.head.abstract.to("en"))
    return (
        f"{heading_lines(told, WORDS)}\n\n## Overview\n\n{abstract + chr(10) * 2 if abstract else ''}"
        f"One study file (`study.toml`) takes {counted(len(told.run.raw), 'raw files')} to a panel by {study.panel.entity} and "
        f"{study.panel.time} ({study.panel.years[0]}-{study.panel.years[1]}, {counted(told.rows, 'rows')}), "
        f"{counted(told.models, 'models')} and {counted(len(told.exhibits), 'exhibits')}. One "
        "command, `python run.py`, makes all of it; run time: "
        f"{told.run_time}. `python verify.py` checks the package with Python alone, nothing installed."
    )


def _availability(told: Told) -> str:
    if told.closed:
        extent = (
            "Some data cannot be made publicly available. `data/raw/NOT_PROVIDED.md` lists each file with its SHA-256 and where "
            "it is to be had; panel, estimates and every printed number can be verified without them. The panel is provided: "
            "which of its variables hold figures of such a file is said with each source, and the package is to be deposited "
            "only where the terms of that file allow it."
        )
    elif told.study.head.simulated:
        extent = "All data are simulated, and all are provided in this package."
    else:
        extent = "All data are publicly available, and all are provided in this package."
    lines = [
        "## Data availability and provenance statements",
        "### Statement about rights",
        "- By depositing this package the author(s) certify that they have legitimate access to and permission to use the data "
        "used in the manuscript.\n"
        "- By depositing this package the author(s) certify that they have documented permission to redistribute and publish "
        "the data contained in it; what each source allows is stated below and in LICENSE.txt.",
        "### Summary of availability",
        extent,
        "### Details on each data source",
    ]
    sources = [_source(s, told) for s in told.study.sources.values()]
    return "\n\n".join([*lines, *sources, *map(_fact, told.facts)])


def _source(source: SourceSpec, told: Told) -> str:
    allowed = "The study declares that this file may **not** be redistributed."
    if source.redistribute:
        stated = bool(source.licence)
        allowed = f"The study {'declares that this file may be redistributed' if stated else 'does not forbid to redistribute it'}."
    files = [
        f"- File: `{r.path}`, {'provided' if r.data is not None else 'not provided'}; SHA-256 `{r.sha256}`."
        for r in told.files(source)
    ]
    return "\n".join(
        [
            f"#### {plain(source.title.to('en')) or source.id} (`{source.id}`)",
            "",
            f"- Publisher: {sentence(source.publisher) or 'not stated in the study.'}"
            + (f" Vintage of the figures: {source.vintage}." if source.vintage else ""),
            f"- Address: {plain(source.url) or 'not stated in the study.'}",
            f"- Access: {sentence(source.retrieved) or 'not stated in the study.'}",
            f"- Licence: {sentence(source.licence) or 'not stated in the study: ask the author(s) before passing the file on.'} {allowed}",
            *files,
            *_in_panel(source, told),
            *([f"- Notes: {sentence(source.notes)}"] if source.notes else []),
        ]
    )


def _in_panel(source: SourceSpec, told: Told) -> list[str]:
    """What the panel holds of a source whose files may not be given on."""
    same, made = ((), ()) if source.redistribute else told.in_panel(source)
    held = "totals of its records" if source.kind == "records" else "its figures as they were read"
    said = [f"{held} in {listed(same)}"] if same else []
    said += [f"what is made from {'them' if same else 'its figures'} in {listed(made)}"] if made else []
    return [f"- The panel, which is provided, has {'; '.join(said)}."] if said else []


def _fact(fact: FactTable) -> str:
    return "\n".join(
        [
            f"#### {plain(fact.title.to('en'))} (`{fact.id}`)",
            "",
            "- A table of facts that is shipped with panelkit, under its licence (MIT); variables made from it say so in the "
            "codebook.",
            f"- Source: {sentence(fact.source)}",
            f"- Confidence: {sentence(fact.confidence)}",
            f"- File: `{fact.path}`, provided; `python run.py` reads the same table from panelkit itself.",
            *(f"- Caveat: {sentence(c)}" for c in fact.caveats),
        ]
    )


def _computation(told: Told) -> str:
    memory = "2 GB suffice" if told.cells <= SMALL else "not measured for a panel of this size"
    measured = (
        "" if told.run_time == "not measured" else " (what each step took is in `log/run.txt`, which no digest covers)"
    )
    return (
        "## Computational requirements\n\n"
        f"- Software: {told.versions} (also in `env/environment.json`). `env/requirements.lock` pins every distribution by "
        "version and hash, and is the set-up program: see Instructions.\n"
        "- `verify.py` needs Python 3.9 or newer and nothing else. The do-files need Stata 14 or newer and name the commands "
        "that must be installed.\n"
        f"- Hardware and system of the last run: {told.machine}.\n"
        f"- Randomness: one seed, {told.study.head.seed}, set at line {told.seed_line} of `study.toml`; every model and check "
        "draws from a child of it, so the order of running does not matter.\n"
        f"- Run time on a standard desktop machine: {told.run_time}{measured}.\n"
        f"- Storage: {size_class(told.size)}. Memory: {memory}. Installing needs a network, running does not."
    )


def _programs(told: Told) -> str:
    none = f" Stata has no command for {listed(told.without_twin)}; these say so." if told.without_twin else ""
    return f"""## Description of programs

- `run.py`: raw files to every exhibit, through `study.toml`; the only program that makes anything.
- `study.toml`: the whole study as data: sources, variables, models, checks, tables, figures. Nothing in it is run as code.
- `verify.py`: checks this package without running anything of it (levels L0 and L1, below).
- `{told.program}`: panelkit as it made this package (MIT licence).
- `stata/run_all.do` and one do-file for each model, a Stata twin of its regression with the numbers it must give
  as `assert`. panelkit writes them and does not run them.{none}
- `results/estimates.json`: every estimate in full precision; `results/models/`: one file per model with specification and seed;
  `results/checks.json`: every check with its verdict; `results/crosscheck.json`: what the second engines found.
- `ledger.json`: every printed number with its key (model, term, field); `map.csv`: the list of exhibits below, as a table.
{_beside(told)}"""


def _beside(told: Told) -> str:
    """What else there is to read."""
    quality = "`quality.html` (what is odd in the data, cell by cell; `quality.json` the same for programs), "
    printed = ", `README.pdf` (this text to print)" if told.printed else ""
    return (
        f"- Beside them: {quality if 'quality.html' in told.run.files else ''}`LICENSE.txt`, `CITATION.cff` (how to cite),\n"
        f"  `datacite.json` (metadata for the deposit){printed} and `README.zh.md` (this text in Chinese)."
    )


def _instructions(told: Told) -> str:
    return f"""## Instructions to replicators

Check the package as it is, with Python alone (a minute or less; exit code 0 verified, 1 differs, 2 cannot):

    python verify.py

L0: every file is here and is what `MANIFEST.sha256` says. L1: every printed number in tables (LaTeX, HTML, Word, CSV, Typst) and
report is the one in `ledger.json` and in `results/`; every figure (SVG, PDF) draws the numbers of its CSV, and these are those of
the results or the panel; the bytes of PNG pictures are held by digest alone. The digest that it prints stands for the whole
package: compare it with the one its author published.

Run everything anew from the raw files, in a copy (in the package itself, step one would list what does not belong to it):

    cp -r . ../rerun && cd ../rerun
    python3 -m venv .venv
    .venv/bin/python -m pip install --require-hashes -r env/requirements.lock
    .venv/bin/python -m zipfile -e {told.program} .
    .venv/bin/python run.py

Results are in `output/{told.study.id}/`. Further levels, each number compared with that of the package:

    .venv/bin/python -m panelkit verify PACKAGE
    .venv/bin/python -m panelkit verify PACKAGE --levels L3,L4,L5 --certificate FOLDER

The first adds L2: every model estimated again from `data/processed/`. L3: all of it from the raw files in a new environment built
from `env/requirements.lock`; L4: every model by a second engine, against `results/crosscheck.json`; L5: the verifier itself, by
errors put into a copy of this package, caught over tried. In Stata, `do stata/run_all.do` from the package's folder."""
