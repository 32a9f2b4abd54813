"""A made-up run with three estimates and labels that are hostile to every format."""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd

from panelkit.core.check import Check
from panelkit.core.estimate import Drop, Effect, Estimate, Quality, Resampled, Sample, Term
from panelkit.core.estimation import Defaults, ModelSpec
from panelkit.core.exhibit import Cell, Column, Row, Table
from panelkit.core.label import Label
from panelkit.core.panel import Panel, Step
from panelkit.core.request import Clustered, Covariance, Regression, Robust
from panelkit.core.results import Results
from panelkit.core.source import SourceSpec
from panelkit.core.study import Head, PanelSpec, Study
from panelkit.core.variable import Origin, Variable
from panelkit.replication.standalone.drawing import Glyphs
from panelkit.replication.standalone.level import Level
from panelkit.replication.standalone.pictures import held_picture, pictured_as, same_on_paper

HOSTILE = (
    "ln(人均GDP) & 100%",
    "FDI_ratio",
    "<b>",
    "a\\b",
    "#1 $x^2~ {y}",
    "=1+1",
    "*** [x] --",
    "'quoted\" | “双引号”",
    "R² ≤ 5",
)


def variable(name: str, en: str, zh: str, measure: str = "", filled: int = 0) -> Variable:
    return Variable(
        name=name,
        measure=measure,
        label=Label(en=en, zh=zh),
        origin=Origin(how=f"ln({name})", inputs=("a.b",)),
        filled=filled,
    )


def made_panel() -> Panel:
    random = np.random.default_rng(1)
    frame = pd.DataFrame(
        [(u, t) for u in ("110000", "120000", "130000", "140000") for t in range(2015, 2023)],
        columns=["province", "year"],
    )
    variables = (
        variable("ln_lq", "Secondary-industry agglomeration (ln LQ)", "第二产业集聚（区位熵对数）"),
        variable("ln_gdp", HOSTILE[0], HOSTILE[0], "yuan per head"),
        variable("fdi", HOSTILE[1], "外资占比_FDI", "%", filled=2),
        variable("zone", HOSTILE[2], "综试区<年>", "years"),
        variable("back", HOSTILE[3], HOSTILE[3], "10⁸ yuan"),
    )
    for v in variables:
        frame[v.name] = random.normal(size=len(frame)) * (12345.678 if v.name == "back" else 1)
    return Panel.of(
        frame,
        unit="province",
        time="year",
        variables=variables,
        history=[Step(before=40, after=32, why="years 2015-2022")],
    )


def term(name: str, estimate: float, se: float, df: float = 30.0, p: float | None = None) -> Term:
    t = estimate / se
    if p is None:
        p = math.erfc(abs(t) / math.sqrt(2))
    return Term(
        name=name, estimate=estimate, se=se, statistic=t, df=df, p=p, low=estimate - 2 * se, high=estimate + 2 * se
    )


def estimate(
    name: str,
    terms: tuple[Term, ...],
    *,
    covariance: Covariance,
    outcome: str = "ln_lq",
    absorb: tuple[str, ...] = ("province", "year"),
    rows: int = 32,
    **more: object,
) -> Estimate:
    clusters = dict.fromkeys(getattr(covariance, "by", ()), 4)
    slopes = tuple(t.name for t in terms if t.name != "(constant)")
    made = Estimate(
        id=name,
        kind="fixed_effects",
        outcome=outcome,
        terms=terms,
        covariance_matrix=np.diag([t.se**2 for t in terms]),
        covariance=covariance,
        sample=Sample(
            rows=rows,
            units=4,
            periods=8,
            clusters=clusters,
            dropped=(),
            first=2015,
            last=2022,
            keys_digest=f"k{rows}",
            positions=np.arange(rows),
        ),
        fit=Quality(r2=0.9714, r2_within=0.1234 if absorb else None, parameters=12),
        requests=(Regression(outcome=outcome, slopes=slopes, absorb=absorb, covariance=covariance),),
        absorb=absorb,
        engine="pyfixest",
        engine_version="0.60",
        confirmation="engine",
    )
    return replace(made, **more)


CR3 = Clustered(by=("province",), variant="cr3")


def made_results(*, simulated: bool = False, language: str = "en") -> Results:
    wild = "restricted wild cluster bootstrap"
    first = estimate(
        "both", (term("ln_gdp", 0.2451, 0.0612), term("fdi", -0.00012, 0.00005), term("zone", -1.5, 0.9)), covariance=CR3,
        resampled=(Resampled(term="ln_gdp", method=wild, statistic=4.0, p=0.0123, low=0.1, high=0.4, draws=9999),
                   Resampled(term="fdi", method=wild, statistic=-2.4, p=0.0004, low=-1.0, high=0.0, draws=9999)),
    )  # fmt: skip
    second = estimate(
        "single", (term("(constant)", 3.25, 0.4), term("ln_gdp", 0.1, 0.2), term("ln_gdp:zone", 12.5, 3.0)),
        covariance=Robust(), absorb=(), rows=30, dropped_terms=("back",),
    )  # fmt: skip
    second = replace(second, sample=replace(second.sample, dropped=(Drop(rows=2, why="a cell of fdi is missing"),)))
    curve = tuple(
        Effect(
            at=float(t),
            label=str(t),
            estimate=0.02 * t if t >= 0 else 0.01,
            se=0.03,
            low=(0.02 * t if t >= 0 else 0.01) - 0.06,
            high=(0.02 * t if t >= 0 else 0.01) + 0.06,
            p=0.4,
            rows=28 - abs(t),
        )
        for t in (-4, -3, -2, 0, 1, 2, 3)
    )
    third = estimate(
        "events", (term("zone", 0.33, 0.1),), covariance=Clustered(by=("province", "year"), variant="cr1"), outcome="fdi",
        curves={"event_time": curve}, tests={"pre_trends": {"statistic": 1.234, "df1": 3.0, "df2": 3.0, "p": 0.4321}},
    )  # fmt: skip
    draws = tuple(float(d) for d in np.random.default_rng(2).normal(0, 0.1, 500))
    checks = {
        "both": (
            Check(
                name="second_engine",
                of="both",
                verdict="holds",
                value=1e-13,
                bound=1e-8,
                text=Label(en="linearmodels agrees <b>", zh="linearmodels 一致"),
                gate=True,
            ),
        ),
        "single": (
            Check(
                name="second_engine",
                of="single",
                verdict="fails",
                value=0.2,
                bound=1e-8,
                text=Label(en="dense differs by 20% in ln_gdp.", zh="dense 引擎在 ln_gdp 上相差20%。"),
            ),
        ),
        "events": (
            Check(
                name="placebo",
                of="events",
                verdict="holds",
                value=0.006,
                bound=None,
                text=Label(en="4 of 500 draws", zh="500次中4次"),
                series={"draws": draws, "observed": (0.33, 3.3)},
                rows=({"statistic": "coefficient", "p": 0.004}, {"statistic": "t", "p": 0.006}),
            ),
        ),
    }
    study = Study(
        head=Head(id="made-up", title=Label(en="E-commerce & <clusters>", zh="电商与产业集群"), seed=1,
                  language=language,  # type: ignore[arg-type]
                  simulated=simulated,
                  authors=("A. Author", "B. Author"), abstract=Label(en="Whether zones move industry.", zh="综试区是否影响产业。")),
        panel=PanelSpec(years=(2015, 2022), exclude={"540000": "no series"}),
        sources={"gdp": SourceSpec(id="gdp", kind="tidy", path="data/raw/a.csv", series={"b": "B"}, publisher="NBS",
                                   title=Label(en="GDP"), url="javascript:alert(1)", vintage=2025)},
        variables={}, defaults=Defaults(),
        models=tuple(ModelSpec(id=i, kind="fixed_effects", formula=f"ln_lq ~ {x} | province + year", label=Label(en=en, zh=zh),
                               hypothesis="H1") for i, x, en, zh in (
            ("both", "ln_gdp", "TWFE", "双向固定效应"), ("single", "zone", "OLS & more", "最小二乘"),
            ("events", "zone", "Zones", "综试区"))),
        checks={}, tables=(), figures=(), digest="0" * 64, document={},
    )  # fmt: skip
    quality = (
        Check(
            name="gaps",
            of="",
            verdict="says",
            value=2,
            bound=None,
            text=Label(en="2 cells are filled.", zh="填补2个单元格。"),
        ),
    )
    return Results(
        study=study,
        panel=made_panel(),
        estimates={"both": first, "single": second, "events": third},
        checks=checks,
        quality=quality,
    )


def hostile_table(language: str = "en") -> Table:
    """Every hostile text as label, heading, cell, mark, note and title."""
    columns = (
        Column(id="a", heading=("Same & <heading>", HOSTILE[0])),
        Column(id="b", heading=("Same & <heading>", HOSTILE[4]), align="left"),
        Column(id="c", heading=(HOSTILE[6], HOSTILE[5]), align="centre"),
    )
    rows = [Row(kind="panel", label="Panel A: 50% & more")]
    for i, text in enumerate(HOSTILE):
        cells = (
            Cell(
                raw=-0.5 * i, shown=f"{'−' if i else ''}{0.5 * i:.3f}", mark="*" * (i % 4), key=("m", text, "estimate")
            ),
            Cell(raw=text, shown=text),
            Cell(raw=text, shown=text, mark="†"),
        )
        rows.append(Row(kind="term", label=text, cells=cells, rule_above=i == 3))
    return Table(
        id="hostile_1",
        title=HOSTILE[0] + HOSTILE[3],
        columns=columns,
        rows=tuple(rows),
        notes=HOSTILE,
        language=language,
        number=3,
    )  # type: ignore[arg-type]


def everything() -> dict[str, bytes]:
    """Every file that a run with these results would write, in English, which needs no further font."""
    import panelkit.reporting.figures
    import panelkit.reporting.tables  # noqa: F401
    from panelkit.core.registry import FIGURES, TABLES
    from panelkit.reporting.exhibits import render_figure, render_table
    from panelkit.reporting.figures.event_study import EventStudyFigure
    from panelkit.reporting.figures.placebo import PlaceboFigure
    from panelkit.reporting.page import page
    from panelkit.reporting.tables.descriptive import DescriptiveTable
    from panelkit.reporting.tables.regression import RegressionTable

    found = made_results()
    tables = (
        TABLES["regression"].build(
            RegressionTable(id="main", title=Label(en="Main"), samples="told", columns=("both", "single", "events")),
            found,
        ),
        TABLES["descriptive"].build(DescriptiveTable(id="variables", title=Label(en="Variables")), found),
        hostile_table(),
    )
    figures = (
        FIGURES["event_study"].build(EventStudyFigure(id="events", model="events", title=Label(en="Events")), found),
        FIGURES["placebo"].build(PlaceboFigure(id="placebo", model="events", title=Label(en="Placebo")), found),
    )
    files: dict[str, bytes] = {}
    for table in tables:
        files |= render_table(table, ("latex", "html", "docx", "csv"))
    for figure in figures:
        files |= render_figure(figure)
    files["report.html"] = page(found, tables, figures, {f.id: files[f"{f.id}.svg"] for f in figures})
    return files


def read_back(files: dict[str, bytes], figure: str) -> list[str]:
    """What the verifier finds wrong with a figure's SVG and PDF, each held against its CSV and the other."""
    level, rows = Level("L1"), list(csv.DictReader(io.StringIO(files[f"{figure}.csv"].decode())))
    try:
        record = pictured_as(files[f"{figure}.svg"])
    except ValueError as error:
        return [str(error)]
    picture = held_picture(files[f"{figure}.svg"], (rows, True, Glyphs()), record, figure, level)
    if picture is not None:
        same_on_paper(files[f"{figure}.pdf"], picture, f"{figure}.pdf", level)
    assert level.compared > 1
    return [text for _, text in level.findings]


def moved(svg: bytes) -> list[bytes]:
    """A picture with one point that is drawn elsewhere, and with a line that nobody asked for."""
    text = svg.decode()
    point = re.search(
        r'<g id="pk\.(?!level|upright|says|word|counts|hatch)[a-z]+![^"]*">.*?(?:<path d="M |<use [^>]*?x=")(\d+\.\d+)',
        text,
        re.DOTALL,
    )
    assert point is not None
    start, end = point.span(1)
    axes = text.index('<g id="axes_1">') + len('<g id="axes_1">')
    line = '<g id="line2d_99"><path d="M 150 90 L 170 110" style="stroke: #1a1a1a"/></g>'
    return [
        (text[:start] + f"{float(text[start:end]) + 8:.6f}" + text[end:]).encode(),
        (text[:axes] + line + text[axes:]).encode(),
    ]
