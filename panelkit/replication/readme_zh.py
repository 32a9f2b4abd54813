"""README.zh.md of a package: the data editors' template in Chinese, filled from study and run; the English one is in readme."""

from __future__ import annotations

import re

from panelkit.core.source import SourceSpec
from panelkit.replication.collect import FactTable
from panelkit.replication.readme_rows import Words, data_files, exhibits, heading_lines, omitted, references
from panelkit.replication.told import SMALL, TEMPLATE, Told, listed, plain, size_class


def _end(text: str, otherwise: str = "研究文件未注明") -> str:
    """Plain text with one full stop at its end."""
    return (plain(text).rstrip("。. ") or otherwise) + "。"


WORDS = Words(
    language="zh",
    comma=",",
    join="、",
    yes="是",
    no="否",
    end=_end,
    unstated="研究文件未注明",
    processed=(
        ("panel.csv", "面板数据,UTF-8,全精度"),
        ("panel.parquet", "同一面板"),
        ("panel.dta", "同一面板,Stata 14 及以上可读,含各模型样本标记"),
        ("panel.json", "变量标签、单位与来历;每一行的剔除或填补及其原因"),
        ("codebook.csv", "变量表:标签、单位、公式、来源、引文与描述统计"),
        ("codebook.docx", "供阅读的变量表"),
        ("filled.csv", "填补的单元格及其方法"),
        ("samples.csv", "各模型所用的行"),
        ("observations.parquet", "读入的全部原始单元格"),
    ),
    raw="原始文件,与发布时相同",
    card="同名原始文件的来源卡片",
    fact="政策或地理事实",
    all="上列全部",
    hidden=";不含不得发布来源的数值",
    places="每个面板单元格所取的原始文件与单元格",
    data_head=("文件", "来源", "说明", "是否提供"),
    exhibit_head=("编号", "标题", "程序", "行", "文件"),
    numbers=("文中数字", "每个印出的数字一个宏"),
    report=("报告", "整项研究的报告"),
    printed=("打印版报告", "供打印的同一报告"),
    closed="原始文件 {}:不得再次发布(`data/raw/NOT_PROVIDED.md`)。",
    no_twin="{} 的 Stata 对照:Stata 没有相应命令。",
    further=(
        "论文本身:期刊要求复现包不含论文。`panelkit audit PAPER --package .` 将文中数字逐个对应到账簿。",
        "调查问卷、伦理审查、预注册:研究文件未提及。",
    ),
    reference="{publisher}{vintage}。{title}",
    fact_reference="{title}。panelkit 的事实表。{source}",
    address=" {}",
    access=" 取得:{}",
    authors="作者:{}",
    keywords="关键词:{}",
    jel="JEL 分类号:{}",
)


def readme_zh(told: Told) -> str:
    """README.zh.md."""
    head = told.study.head
    parts = [
        f"# 《{plain(head.title.to('zh') or told.study.id)}》的数据与程序",
        "**本研究的数据为模拟数据,其中任何数字均不代表现实。**" if head.simulated else "",
        _overview(told),
        _availability(told),
        f"## 数据文件清单\n\n{data_files(told, WORDS)}",
        _computation(told),
        _programs(told),
        _instructions(told),
        f"## 表、图与程序清单\n\n全部图表由上述程序生成,无一手工制作;同一清单见 `map.csv`。\n\n{exhibits(told, WORDS)}",
        f"## 本包未包含的内容\n\n{omitted(told, WORDS)}",
        f"## 参考文献\n\n{references(told, WORDS)}",
        f"本说明依社会科学数据编辑的模板写成,<{TEMPLATE}>。",
    ]
    return full_marks("\n\n".join(p for p in parts if p)) + "\n"


def full_marks(markdown: str) -> str:
    """Markdown in the marks of Chinese print: commas, colons, semicolons and brackets about Chinese; the rest as it is.

    >>> full_marks("作者:A, B (MIT 许可),见 `a,b`;f(x, y)")
    '作者：A, B （MIT 许可），见 `a,b`；f(x, y)'
    """
    return "\n".join(line if line.startswith("    ") else _in_full(line) for line in markdown.split("\n"))


_KEPT = re.compile(r"`[^`]*`|<?https?://[^\s>]+>?")
_HAN = "\u4e00-\u9fff\u3001\u3002\uff08-\uff0c\uff1a\uff1b\u300a\u300b\ue000"  # and what is kept
_STOP = re.compile(rf"(?<=[{_HAN}*])[,:;]|[,:;](?=[{_HAN}])")
_BRACKETS = re.compile(rf"(?<=[{_HAN}])\(([^()]*)\)|\(([^()]*[{_HAN}][^()]*)\)")
_FULL = {",": "，", ":": "：", ";": "；"}


def _in_full(line: str) -> str:
    kept = _KEPT.findall(line)
    text = _BRACKETS.sub(lambda m: f"（{m[1] if m[1] is not None else m[2]}）", _KEPT.sub("\ue000", line))
    text = _STOP.sub(lambda m: _FULL[m[0]], text)
    for piece in kept:
        text = text.replace("\ue000", piece, 1)
    return text


_TIMES = {"minutes": "分钟", "hours": "小时", "days": "天", "not measured": "未计时"}


def _time(told: Told) -> str:
    """The class of the run time in Chinese, the data editors' words behind."""
    chinese = told.run_time
    for english, other in _TIMES.items():
        chinese = chinese.replace(english, other)
    return f"{chinese.replace('<', '少于 ').replace('>', '超过 ')}({told.run_time})"


def _overview(told: Told) -> str:
    study = told.study
    abstract = plain(study.head.abstract.to("zh"))
    return (
        f"{heading_lines(told, WORDS)}\n\n## 概述\n\n"
        f"{abstract + chr(10) * 2 if abstract else ''}"
        f"一个研究文件(`study.toml`)由 {len(told.run.raw)} 个原始文件得到面板"
        f"({study.panel.entity} × {study.panel.time}，{study.panel.years[0]}–{study.panel.years[1]} 年,{told.rows} 行)、"
        f"{told.models} 个模型与 {len(told.exhibits)} 个图表。`python run.py` 一条命令完成全部,运行时间:{_time(told)}。"
        "`python verify.py` 只需 Python 即可核对本包。"
    )


def _availability(told: Told) -> str:
    if told.closed:
        extent = (
            "部分数据不得公开发布:`data/raw/NOT_PROVIDED.md` 列出每个文件的 SHA-256 与取得途径;"
            "没有这些文件,仍可核对面板、估计结果与每一个印出的数字。面板已随包提供,其中哪些变量取自此类文件,见各来源;"
            "仅在该文件的条款允许时方可公开本包。"
        )
    elif told.study.head.simulated:
        extent = "全部数据均为模拟数据,均已包含在本包内。"
    else:
        extent = "全部数据均可公开取得,并已包含在本包内。"
    lines = [
        "## 数据可得性与来源说明",
        "### 权利声明",
        "- 作者提交本复现包,即确认其合法取得并有权使用文中所用数据。\n"
        "- 作者提交本复现包,即确认其有书面许可再次发布包内数据;各来源的许可见下文与 LICENSE.txt。",
        "### 可得性概要",
        extent,
        "### 各数据来源",
    ]
    return "\n\n".join([*lines, *(_source(s, told) for s in told.study.sources.values()), *map(_fact, told.facts)])


def _source(source: SourceSpec, told: Told) -> str:
    allowed = "研究文件声明此文件**不得**再次发布。"
    if source.redistribute:
        allowed = "研究文件声明此文件可再次发布。" if source.licence else "研究文件未禁止再次发布。"
    files = [
        f"- 文件:`{r.path}`,{'已提供' if r.data is not None else '未提供'};SHA-256 `{r.sha256}`。"
        for r in told.files(source)
    ]
    return "\n".join(
        [
            f"#### {plain(source.title.to('zh')) or source.id}(`{source.id}`)",
            "",
            f"- 发布者:{_end(source.publisher)}" + (f"数据版次:{source.vintage}。" if source.vintage else ""),
            f"- 网址:{plain(source.url) or '研究文件未注明。'}",
            f"- 取得:{_end(source.retrieved)}",
            f"- 许可:{_end(source.licence)}{allowed}",
            *files,
            *_in_panel(source, told),
            *([f"- 说明:{_end(source.notes)}"] if source.notes else []),
        ]
    )


def _in_panel(source: SourceSpec, told: Told) -> list[str]:
    """What the panel holds of a source whose files may not be given on."""
    same, made = ((), ()) if source.redistribute else told.in_panel(source)
    held = "的记录汇总值" if source.kind == "records" else "读入的原值"
    said = [f"{listed(same, '、')} 为其{held}"] if same else []
    said += [f"{listed(made, '、')} 由其得出"] if made else []
    return [f"- 随包提供的面板中:{';'.join(said)}。"] if said else []


def _fact(fact: FactTable) -> str:
    return "\n".join(
        [
            f"#### {plain(fact.title.to('zh'))}(`{fact.id}`)",
            "",
            "- panelkit 自带的事实表,许可同 panelkit(MIT);由其得到的变量在变量表中注明。",
            f"- 来源:{_end(fact.source)}",
            f"- 可信程度:{_end(fact.confidence)}",
            f"- 文件:`{fact.path}`,已提供;`python run.py` 由 panelkit 本身读取同一张表。",
            *(f"- 注意:{_end(c)}" for c in fact.caveats),
        ]
    )


def _computation(told: Told) -> str:
    memory = "2 GB 即可" if told.cells <= SMALL else "此规模未测"
    measured = "" if told.run_time == "not measured" else "(各步用时见 `log/run.txt`,不计入任何校验值)"
    return (
        "## 计算要求\n\n"
        f"- 软件:{told.versions}(另见 `env/environment.json`)。`env/requirements.lock` 固定全部软件包的版本与校验值,"
        "安装方法见“复现步骤”。\n"
        "- `verify.py` 只需 Python 3.9 以上。do 文件需 Stata 14 以上,所需命令在文件中注明。\n"
        f"- 最近一次运行的系统与硬件:{told.machine}。\n"
        f"- 随机性:唯一种子 {told.study.head.seed},设于 `study.toml` 第 {told.seed_line} 行;每个模型与检验由它派生各自的种子,"
        "与运行次序无关。\n"
        f"- 普通台式机上的运行时间:{_time(told)}{measured}。\n"
        f"- 存储:{size_class(told.size)};内存:{memory};安装需要联网,运行不需要。"
    )


def _programs(told: Told) -> str:
    none = f"Stata 没有估计 {listed(told.without_twin, '、')} 的命令,相应文件中已注明。" if told.without_twin else ""
    return f"""## 程序说明

- `run.py`:经 `study.toml` 由原始文件生成全部图表;唯一产生结果的程序。
- `study.toml`:以数据写成的整项研究:来源、变量、模型、检验、表与图,其中没有可执行代码。
- `verify.py`:不运行包内任何程序即可核对本包(L0、L1,见下)。
- `{told.program}`:生成本包的 panelkit(MIT 许可)。
- `stata/run_all.do` 与 {told.models} 个模型各一的 do 文件:每个回归的 Stata 对照程序,应得数值写为 `assert`;
  由 panelkit 写出,未经其运行。{none}
- `results/estimates.json`:全精度估计结果;`results/models/`:每个模型的设定与种子;`results/checks.json`:全部检验及结论;
  `results/crosscheck.json`:第二引擎结果。
- `ledger.json`:每一个印出的数字及其键(模型、项、字段);`map.csv`:下列图表清单。
{_beside(told)}"""


def _beside(told: Told) -> str:
    """What else there is to read."""
    quality = "`quality.html`(逐格列出数据中的可疑之处;`quality.json` 供程序读取)、"
    printed = "、`README.zh.pdf`(本文打印版)" if told.printed and told.study.head.language == "zh" else ""
    return (
        f"- 另有:{quality if 'quality.html' in told.run.files else ''}`LICENSE.txt`、`CITATION.cff`(引用方式)、\n"
        f"  `datacite.json`(存档元数据){printed}、`README.md`(英文版)。"
    )


def _instructions(told: Told) -> str:
    return f"""## 复现步骤

核对本包原样,只需 Python(一分钟以内;退出码 0 一致、1 有出入、2 无法核对):

    python verify.py

L0:文件齐全且与 `MANIFEST.sha256` 一致。L1:各格式表格与报告中印出的每个数字与 `ledger.json`、`results/` 一致;每幅图(SVG、PDF)
所画即其 CSV 中的数值,后者与结果或面板一致;PNG 图只以校验值核对。所印校验值代表整个包,请与作者公布的比较。

由原始文件全部重做(请在副本中运行):

    cp -r . ../rerun && cd ../rerun
    python3 -m venv .venv
    .venv/bin/python -m pip install --require-hashes -r env/requirements.lock
    .venv/bin/python -m zipfile -e {told.program} .
    .venv/bin/python run.py

结果在 `output/{told.study.id}/`。更高层次的核对,逐个数字与本包比较:

    .venv/bin/python -m panelkit verify PACKAGE
    .venv/bin/python -m panelkit verify PACKAGE --levels L3,L4,L5 --certificate FOLDER

前一条另含 L2:由 `data/processed/` 重新估计每个模型。L3:在按锁定文件新建的环境中由原始数据重做;L4:由第二引擎核对;
L5:向副本注入错误以检验核验程序本身。Stata:在包的文件夹中运行 `do stata/run_all.do`。"""
