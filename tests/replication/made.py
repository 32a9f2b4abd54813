"""A small finished run, made by hand on a panel of 6 places and 5 years: what pipeline would have left in its output folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from panelkit.core import digest
from panelkit.core.check import Check
from panelkit.core.codec import to_json
from panelkit.core.estimate import Effect, Estimate, Quality, Resampled, Sample, Term
from panelkit.core.estimation import Defaults, ModelSpec
from panelkit.core.label import Label
from panelkit.core.manifest import Manifest
from panelkit.core.panel import Panel, Step
from panelkit.core.registry import TABLES
from panelkit.core.request import Clustered, Regression
from panelkit.core.results import Results
from panelkit.core.source import OBSERVED, SourceSpec
from panelkit.core.study import Head, PanelSpec, Study
from panelkit.core.variable import Origin, Variable
from panelkit.replication.collect import PackageInputs
from panelkit.replication.environment import environment
from panelkit.replication.package import MANIFEST, manifest_of
from panelkit.reporting.exhibits import ledger, numbers_tex, render_table
from panelkit.reporting.render import html
from panelkit.reporting.tables.descriptive import DescriptiveTable
from panelkit.reporting.tables.regression import RegressionTable

UNITS = ("110000", "120000", "130000", "140000", "150000", "610000")
YEARS = (2015, 2016, 2017, 2018, 2019)
# sentences of the page, each with what it quotes; the second could be said in other words, so a number too many is only counted
QUOTES = (
    '<p data-from="estimates|both|sample">30 observations, 6 units, 2015–2019</p><p data-from="panel|rows">30</p>'
    '<p data-from="study">Figure 7 of 98765 pages</p>'
)
STUDY = """schema = 1

[study]
id = "small"
title = { en = "Small & simple", zh = "小型研究" }
seed = 7

[panel]
years = [2015, 2019]

[sources.book]
kind = "tidy"
path = "data/raw/book/y.csv"

[sources.closed]
kind = "tidy"
path = "data/raw/closed/x.csv"
redistribute = false

[[models]]
id = "both"
kind = "fixed_effects"
formula = "y ~ x | province + year"

[[models]]
id = "years"
kind = "fixed_effects"
formula = "y ~ x | year"

[[tables]]
id = "table1"
kind = "descriptive"

[[tables]]
id = "table2"
columns = ["both", "years"]
"""


def panel() -> Panel:
    draw = np.random.default_rng(3)
    rows = [(u, t) for u in UNITS for t in YEARS]
    x = draw.normal(size=len(rows)) * 3
    y = 0.8 * x + draw.normal(size=len(rows)) + np.repeat(draw.normal(size=len(UNITS)), len(YEARS))
    frame = pd.DataFrame({"province": [u for u, _ in rows], "year": [t for _, t in rows], "y": y, "x": x})
    made = [
        Variable(
            name="y",
            measure="100 million",
            label=Label(en="Output", zh="产出"),
            origin=Origin(how="ln(book.y)", inputs=("book.y",)),
        ),
        Variable(
            name="x",
            measure="",
            label=Label(en="Sales (R & D_1)", zh="销售额"),
            origin=Origin(how="as read", inputs=("closed.x",)),
        ),
    ]
    return Panel.of(
        frame, unit="province", time="year", variables=made, history=[Step(before=31, after=30, why="no key")]
    )


def estimate(of: Panel, name: str, absorb: tuple[str, ...]) -> Estimate:
    frame = of.frame
    dummies = pd.get_dummies(frame[list(absorb)].astype(str), drop_first=True, dtype=float)
    X = np.column_stack([frame["x"], np.ones(len(frame)), dummies])
    b, *_ = np.linalg.lstsq(X, frame["y"], rcond=None)
    residual = frame["y"].to_numpy() - X @ b
    bread = np.linalg.inv(X.T @ X)
    meat = sum(
        np.outer(s, s) for s in (X[m].T @ residual[m] for m in (frame["province"].to_numpy() == u for u in UNITS))
    )
    variance = float((bread @ meat @ bread)[0, 0]) * 6 / 5
    se, df = float(np.sqrt(variance)), 5.0
    t, reach = float(b[0]) / se, float(stats.t.ppf(0.975, df)) * se
    term = Term(name="x", estimate=float(b[0]), se=se, statistic=t, df=df, p=float(2 * stats.t.sf(abs(t), df)),
                low=float(b[0]) - reach, high=float(b[0]) + reach)  # fmt: skip
    covariance = Clustered(by=("province",))
    wide = float(stats.t.ppf(0.975, df)) * 0.05
    curve = tuple(
        Effect(
            at=float(k), label=str(k), estimate=0.1 * k, se=0.05, low=0.1 * k - wide, high=0.1 * k + wide,
            p=float(2 * stats.t.sf(abs(0.1 * k) / 0.05, df)), rows=6,
        )
        for k in (-2, 0, 1)
    )  # fmt: skip
    rss, about = float(residual @ residual), float(((frame["y"] - frame["y"].mean()) ** 2).sum())
    return Estimate(
        id=name, kind="fixed_effects", outcome="y", terms=(term,), covariance_matrix=np.array([[variance]]), covariance=covariance,
        sample=Sample(rows=30, units=6, periods=5, clusters={"province": 6}, dropped=(), first=2015, last=2019,
                      keys_digest=digest.of_frame(of.frame[["province", "year"]]), positions=np.arange(30)),
        fit=Quality(r2=1 - rss / about, r2_within=0.81234 if "province" in absorb else None, rss=rss, parameters=X.shape[1]),
        requests=(Regression(outcome="y", slopes=("x",), absorb=absorb, covariance=covariance),),
        absorb=absorb, engine="dense", engine_version="0.1.0", confirmation="engine",
        resampled=(Resampled(term="x", method="restricted wild cluster bootstrap", statistic=t, p=0.03125, low=0.1, high=1.1, draws=64),),
        curves={"event_time": curve} if name == "both" else {},
    )  # fmt: skip


def confirmed(made: Estimate) -> dict[str, object]:
    """What a second engine that agrees would have said."""
    term = made.terms[0]
    return {
        "engine": "linearmodels", "term": "x", "coefficient": term.estimate, "other_coefficient": term.estimate,
        "coefficient_difference": 0.0, "se": term.se, "other_se": term.se, "se_difference": 0.0, "under": "",
    }  # fmt: skip


def results(language: str = "en") -> Results:
    of = panel()
    study = Study(
        head=Head(id="small", title=Label(en="Small & simple", zh="小型研究"), seed=7, language=language,  # type: ignore[arg-type]
                   authors=("Wei Zhang", "A. Smith")),
        panel=PanelSpec(years=(2015, 2019)),
        sources={
            "book": SourceSpec(id="book", kind="tidy", path="data/raw/book/y.csv", series={"y": "产出"}, publisher="NBS", licence="open"),
            "closed": SourceSpec(id="closed", kind="tidy", path="data/raw/closed/x.csv", series={"x": "x"}, publisher="A firm",
                                 url="https://example.org", redistribute=False),
        },
        variables={},
        defaults=Defaults(),
        models=(
            ModelSpec(id="both", kind="fixed_effects", formula="y ~ x | province + year"),
            ModelSpec(id="years", kind="fixed_effects", formula="y ~ x | year"),
        ),
        checks={},
        tables=(
            DescriptiveTable(id="table1", title=Label(en="Variables"), statistics=("count", "mean", "sd", "sd_between", "sd_within",
                                                                                             "min", "median", "max"), language=language),
            RegressionTable(id="table2", title=Label(en="Main", zh="主要结果"), columns=("both", "years"),
                            statistics=("rows", "units", "clusters", "r2_kind", "second_engine"), language=language),
        ),
        figures=(),
        digest=digest.of_bytes(STUDY.encode()),
        document={},
    )  # fmt: skip
    estimates = {"both": estimate(of, "both", ("province", "year")), "years": estimate(of, "years", ("year",))}
    agree = {
        m: (
            Check(
                name="second_engine",
                of=m,
                verdict="holds",
                value=0.0,
                bound=1e-6,
                text=Label(en="agrees", zh="一致"),
                rows=(confirmed(estimates[m]),),
            ),
        )
        for m in ("both", "years")
    }
    return Results(study=study, panel=of, estimates=estimates, checks=agree)


def observations(of: Panel) -> pd.DataFrame:
    rows = []
    for i, (u, t, y, x) in enumerate(of.frame[["province", "year", "y", "x"]].itertuples(index=False)):
        rows.append((u, t, "book.y", y, None, "", 2020, "book", f"line {i + 2}, column 3"))
        rows.append((u, t, "closed.x", x, None, "", 2020, "closed", f"line {i + 2}, column 3"))
    return pd.DataFrame(rows, columns=list(OBSERVED))


def samples(made: Results) -> bytes:
    """Which rows each model used, as pipeline lists them."""
    frame = made.panel.frame
    lines = ["province,year," + ",".join(made.estimates)]
    inside = [set(e.sample.positions.tolist()) for e in made.estimates.values()]
    for i, (unit, time) in enumerate(zip(frame["province"], frame["year"], strict=True)):
        lines.append(f"{unit},{time}," + ",".join(str(int(i in rows)) for rows in inside))
    return ("\n".join(lines) + "\n").encode()


def resealed(files: dict[str, bytes]) -> dict[str, bytes]:
    """Files with the digests in the ledger and the manifest made anew, as one who changes a package with care would."""
    book = json.loads(files["ledger.json"])
    known = book.get("digests", {})
    book["digests"] = {n: digest.of_bytes(d) for n, d in sorted(files.items()) if n in known}
    made = {**files, "ledger.json": (json.dumps(book, ensure_ascii=False, indent=1) + "\n").encode()}
    return {**made, MANIFEST: manifest_of(made).encode()}


def finished(folder: Path, language: str = "en", made: Results | None = None) -> PackageInputs:
    """Write raw files and the output folder below `folder`; made : other results than those of `results`."""
    from panelkit import outputs
    from panelkit.etl.codebook import codebook_rows

    made = made or results(language)
    study, seen = made.study, observations(made.panel)
    tables = [TABLES[t.kind].build(t, made) for t in study.tables]
    files = {
        "estimates.json": outputs.as_json(outputs.estimates_document(study.id, made.estimates)),
        "checks.json": outputs.as_json(outputs.checks_document(study.id, made.checks, ())),
        **outputs.panel_files(made.panel, seen, codebook_rows(made.panel, study, seen)),
        "samples.csv": samples(made),
    }
    numbers = {}
    for table in tables:
        files |= {f"tables/{n}": c for n, c in render_table(table, ("latex", "html", "docx", "csv", "typst")).items()}
        numbers |= {e.cell: e for e in ledger(table)}
    files["numbers.tex"] = numbers_tex(numbers.values())
    first = made.estimates["both"].terms[0].estimate
    bound = f'<p>In 2015 it was <b data-key="both|x|estimate">{first:.3f}</b>.</p>'
    files["report.html"] = (
        "<html><body>" + bound + QUOTES + "".join(map(html.fragment, tables)) + "</body></html>"
    ).encode()
    raw = {
        "data/raw/book/y.csv": b"a,b,c\n1,2,3\n",
        "data/raw/closed/x.csv": b"secret\n",
        "data/raw/book/y.csv.source.toml": b'publisher = "NBS"\n',
    }
    for name, content in raw.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    manifest = Manifest(
        study_digest=study.digest,
        files={n: digest.of_bytes(c) for n, c in files.items()},
        environment=environment(),
        numbers=numbers,
        inputs={f"raw {n}": digest.of_bytes(c) for n, c in raw.items() if not n.endswith(".toml")},
    )
    files["manifest.json"] = (json.dumps(to_json(manifest), ensure_ascii=False) + "\n").encode()
    for name, content in files.items():
        path = folder / "output" / "small" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return PackageInputs(
        study=study,
        study_text=STUDY,
        output=folder / "output" / "small",
        root=folder,
        lock="numpy==2.4.0 --hash=sha256:00\n",
    )
