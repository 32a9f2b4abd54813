"""The README of a package by the Social Science Data Editors' template, in English and Chinese, filled from study and run."""

from __future__ import annotations

from dataclasses import dataclass

from panelkit.core.source import SourceSpec
from panelkit.core.study import Study
from panelkit.replication.collect import RawFile, Run
from panelkit.replication.exhibits import Exhibit

SIZES = ((25, "<25 MB"), (250, "25 MB - 250 MB"), (2_048, "250 MB - 2 GB"), (25_600, "2 GB - 25 GB"))
TEMPLATE = "https://social-science-data-editors.github.io/template_README/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What both READMEs are written from; `size` in bytes of everything else in the package; `program` the zip of panelkit."""

    study: Study
    run: Run
    exhibits: tuple[Exhibit, ...]
    environment: dict[str, str]
    run_time: str
    size: int
    program: str


def readme(told: Told) -> str:
    """README.md."""
    head = told.study.head
    parts = [
        f"# Data and Code for: {_plain(head.title.to('en') or told.study.id)}",
        _simulated(
            told.study, "**The data of this study are simulated. No number here says anything about the world.**"
        ),
        _overview(told),
        _availability(told),
        _datasets(told),
        _computation(told),
        _programs(told),
        _exhibit_list(told),
        _references(told.study),
        f"This README follows the template of the Social Science Data Editors, <{TEMPLATE}>.",
    ]
    return "\n\n".join(p for p in parts if p) + "\n"


def _overview(told: Told) -> str:
    head = told.study.head
    authors = ", ".join(map(_plain, head.authors)) or "not stated in the study file"
    abstract = _plain(head.abstract.to("en"))
    return (
        f"Authors: {authors}\n\n## Overview\n\n{abstract + chr(10) * 2 if abstract else ''}"
        f"One study file (`study.toml`) takes {len(told.run.raw)} raw file(s) to a panel by {told.study.panel.entity} and "
        f"{told.study.panel.time} ({told.study.panel.years[0]}-{told.study.panel.years[1]}), {len(told.study.models)} "
        f"model(s) and {len(told.exhibits)} exhibit(s). One command, `python run.py`, makes all of it; expected run time "
        f"{told.run_time}. `python verify.py` checks the package with Python alone, nothing installed."
    )


def _availability(told: Told) -> str:
    closed = [r for r in told.run.raw if r.data is None]
    extent = "Some data cannot be made publicly available." if closed else "All data are provided in this package."
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
    return "\n\n".join([*lines, *(_source(s, told.run.raw) for s in told.study.sources.values())])


def _source(source: SourceSpec, raw: tuple[RawFile, ...]) -> str:
    file = next(r for r in raw if source.id in r.sources)
    vintage = f", vintage {source.vintage}" if source.vintage else ""
    given = "is provided" if file.data is not None else "is not provided (see `data/raw/NOT_PROVIDED.md`)"
    allowed = (
        "The study declares that this file may be redistributed."
        if source.redistribute
        else "The study declares that this file may not be redistributed."
    )
    return (
        f"**{source.id}**: {_plain(source.title.to('en')) or source.id}. Publisher: {_plain(source.publisher) or 'not stated'}"
        f"{vintage}. Address: {_plain(source.url) or 'not stated'}. Retrieved: {_plain(source.retrieved) or 'not stated'}. "
        f"Licence: {_plain(source.licence) or 'not stated'}. {allowed} The file `{file.path}` {given}; SHA-256 `{file.sha256}`."
        + (f" {_plain(source.notes)}" if source.notes else "")
    )


def _datasets(told: Told) -> str:
    rows = [
        "## Dataset list",
        "| Data file | Source | Notes | Provided |\n|---|---|---|---|",
    ]
    table = [
        f"| `{r.path}` | {', '.join(r.sources)} | raw, as published | {'Yes' if r.data is not None else 'No'} |"
        for r in told.run.raw
    ]
    closed = any(r.data is None for r in told.run.raw)
    made = (
        ("panel.csv", "the panel, UTF-8, full precision"),
        ("panel.parquet", "the panel"),
        ("panel.dta", "the panel for Stata 14 and newer"),
        ("panel.json", "variables, labels, units, history of rows"),
        ("codebook.csv", "codebook of the panel"),
        ("observations.parquet", "every raw cell as read" + ("; closed sources without values" if closed else "")),
    )
    table += [f"| `data/processed/{name}` | all listed | {what} | Yes |" for name, what in made]
    if "data/processed/samples.csv" in told.run.files:
        table.append("| `data/processed/samples.csv` | all listed | which rows each model used | Yes |")
    table.append(
        "| `provenance/panel_cells.csv.gz` | all listed | file and cell behind every cell of the panel | Yes |"
    )
    return "\n\n".join([rows[0], "\n".join([rows[1], *table])])


def _computation(told: Told) -> str:
    versions = ", ".join(f"{n} {v}" for n, v in told.environment.items())
    return (
        "## Computational requirements\n\n"
        f"- Software: {versions} (also in `env/environment.json`). `env/requirements.lock` pins every distribution with its hash;\n"
        "  set up with `python -m venv .venv`, then `pip install --require-hashes -r env/requirements.lock`, then unpack\n"
        f"  `{told.program}` (panelkit itself) beside `run.py`.\n"
        "- `verify.py` needs Python 3.9 or newer and nothing else.\n"
        f"- Randomness: one seed, {told.study.head.seed}, set under `[study]` in `study.toml`; every model and check draws from a "
        "child of it, so the order of running does not matter.\n"
        f"- Run time on a standard desktop machine: {told.run_time} (the time that was measured is in `log/`, which no digest "
        "covers).\n"
        f"- Storage: {_size(told.size)}. Memory: 2 GB suffice. No network is used."
    )


def _programs(told: Told) -> str:
    twins = [f"`stata/{e['id']}.do`" for e in told.run.estimates["estimates"]]
    return f"""## Description of programs

- `run.py`: raw files to every exhibit, through `study.toml`; the only program that makes anything.
- `study.toml`: the whole study as data: sources, variables, models, checks, tables, figures. Nothing in it is run as code.
- `verify.py`: checks this package without running anything of it (levels L0 and L1, below).
- `{told.program}`: panelkit as it made this package.
- {", ".join(twins)}: a Stata twin of each regression, with the numbers it must give as `assert`; written, not run, by panelkit.
- `results/`: every estimate in full precision (`estimates.json`, one file per model in `models/`), every check with its verdict,
  and what the second engines found (`crosscheck.json`). `ledger.json`: every printed number.

## Instructions to replicators

1. `python verify.py`: L0, every file is here and is what `MANIFEST.sha256` says; L1, every printed number in the LaTeX, HTML,
   Word and CSV tables is the one in `ledger.json` and in `results/estimates.json`. Exit code 0 verified, 1 differs, 2 cannot.
2. `panelkit verify .`: L2 besides: every model is estimated again from `data/processed/` and compared number by number.
3. `panelkit verify . --levels L0,L1,L2,L3,L4,L5`: L3, all of it from the raw files in a new environment built from
   `env/requirements.lock`; L4, every model by a second engine, against `results/crosscheck.json`; L5, the verifier itself, by
   errors put into a copy of this package: caught over tried.
4. `python run.py`: everything anew from the raw files, into `output/`. Do this in a copy, since step 1 lists files that do not
   belong to the package.

The digest that `verify.py` prints stands for the whole package: compare it with the one its author published."""


def _exhibit_list(told: Told) -> str:
    rows = ["| Exhibit | Title | Program | Line | Output |\n|---|---|---|---|---|"]
    rows += [
        f"| {e.id} | {_plain(e.title_en)} | `run.py`, `{e.command}` | study.toml:{e.line} | "
        + ", ".join(f"`{n}`" for n in e.files)
        + " |"
        for e in told.exhibits
    ]
    rows.append("| report | Report of the whole study | `run.py` | study.toml:1 | `report.html` |")
    intro = "All tables and figures of the study are made by the programs here, none by hand; the same list is in `map.csv`."
    return f"## List of tables, figures and programs\n\n{intro}\n\n" + "\n".join(rows)


def _references(study: Study) -> str:
    lines = [
        f"- {_plain(s.publisher) or s.id}{f' ({s.vintage})' if s.vintage else ''}. {_plain(s.title.to('en')) or s.id}. "
        f"{_plain(s.url)}".rstrip()
        + (f" Retrieved {_plain(s.retrieved)}." if s.retrieved else "")
        for s in study.sources.values()
    ]
    return "## References\n\n" + "\n".join(lines)


def readme_zh(told: Told) -> str:
    """README.zh.md: the same, in short."""
    head = told.study.head
    title = _plain(head.title.to("zh") or told.study.id)
    raw = [
        f"| `{r.path}` | {'、'.join(r.sources)} | {'是' if r.data is not None else '否'} | `{r.sha256}` |"
        for r in told.run.raw
    ]
    shown = [f"| {e.id} | {_plain(e.title_zh)} | `{e.command}` | study.toml:{e.line} |" for e in told.exhibits]
    versions = "、".join(f"{n} {v}" for n, v in told.environment.items())
    parts = [
        f"# 《{title}》的数据与程序",
        _simulated(told.study, "**本研究的数据为模拟数据,其中任何数字均不代表现实。**"),
        f"作者:{'、'.join(map(_plain, head.authors)) or '研究文件未注明'}",
        "## 概述",
        _plain(head.abstract.to("zh")),
        f"`study.toml` 写明全部来源、变量、模型、表与图;`python run.py` 由原始文件生成全部结果,运行时间 {told.run_time}"
        "(实测时间见 `log/`,不计入任何校验值)。"
        f"面板:{told.study.panel.entity} × {told.study.panel.time},"
        f"{told.study.panel.years[0]}—{told.study.panel.years[1]} 年。",
        "## 数据来源与权利声明",
        "- 作者提交本复现包,即确认其合法取得并有权使用文中数据。\n"
        "- 作者提交本复现包,即确认其有书面许可再次发布包内数据;各来源的许可见下表与 LICENSE.txt。",
        "\n".join(["| 原始文件 | 来源 | 是否提供 | SHA-256 |\n|---|---|---|---|", *raw]),
        "\n".join(_source_zh(s) for s in told.study.sources.values()),
        "## 计算环境",
        f"{versions}(另见 `env/environment.json`)。随机种子 {head.seed}(`study.toml` 的 `[study]`)。"
        f"`env/requirements.lock` 固定全部版本与校验值,`{told.program}` 为 panelkit 本身。存储 {_size(told.size)};内存 2 GB 即可;不联网。",
        "## 程序说明",
        "- `run.py`:由原始文件生成全部结果。\n- `study.toml`:以数据写成的整项研究,其中没有可执行代码。\n"
        "- `verify.py`:不运行包内任何程序即可核对(L0、L1)。\n- `stata/*.do`:每个回归的 Stata 对照程序,含应得数值(`assert`);"
        "由 panelkit 写出,未经其运行。\n- `data/processed/panel.dta`、`panel.csv`:面板数据;`codebook.csv`:变量表;"
        "`provenance/panel_cells.csv.gz`:每个面板单元格所取的原始文件与单元格。\n"
        "- `results/`:全部估计、检验与第二引擎结果;`ledger.json`:文中每一个数字。",
        "## 核验步骤",
        "1. `python verify.py`(只需 Python 3.9 以上):L0 核对文件,L1 逐个核对 tex、html、docx、csv 中印出的数字。\n"
        "2. `panelkit verify .`:L2 由面板重新估计并逐个比较。\n"
        "3. `panelkit verify . --levels L0,L1,L2,L3,L4,L5`:L3 在新环境中由原始数据重做,L4 由第二引擎核对,"
        "L5 向副本注入错误以检验核验程序本身。\n"
        "4. `python run.py`:由原始文件全部重做(请在副本中运行)。",
        "## 表与图清单",
        "\n".join(["| 编号 | 标题 | 命令 | 研究文件行 |\n|---|---|---|---|", *shown]),
    ]
    return "\n\n".join(p for p in parts if p) + "\n"


def _source_zh(source: SourceSpec) -> str:
    allowed = "研究文件声明可再次发布" if source.redistribute else "研究文件声明不得再次发布"
    return (
        f"- **{source.id}**:{_plain(source.title.to('zh')) or source.id}。发布者:{_plain(source.publisher) or '未注明'};"
        f"网址:{_plain(source.url) or '未注明'};获取日期:{_plain(source.retrieved) or '未注明'};"
        f"许可:{_plain(source.licence) or '未注明'};{allowed}。"
    )


def _simulated(study: Study, text: str) -> str:
    return text if study.head.simulated else ""


def _size(size: int) -> str:
    return next((name for most, name in SIZES if size < most * 1024**2), ">25 GB")


def _plain(text: str) -> str:
    """Text that Markdown and HTML take for text: one line, no markup."""
    plain = " ".join(text.split()).replace("|", "/")
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
