"""A package with one table of every kind: each printed number is held against results and panel by the verifier that ships in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import UNITS, YEARS, estimate, finished, results
from scipy import stats

import panelkit.reporting.tables  # noqa: F401
from panelkit.core.check import Check
from panelkit.core.estimate import Drop, Sample
from panelkit.core.exhibit import TableSpec
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import TABLES
from panelkit.core.results import Results
from panelkit.core.variable import Origin, Variable
from panelkit.replication import standalone
from panelkit.replication.package import make_package, manifest_of, write_package
from panelkit.reporting.tables.balance import BalanceTable
from panelkit.reporting.tables.comparison import ComparisonTable
from panelkit.reporting.tables.correlation import CorrelationTable
from panelkit.reporting.tables.decomposition import DecompositionTable
from panelkit.reporting.tables.descriptive import DescriptiveTable
from panelkit.reporting.tables.first_stage import FirstStageTable
from panelkit.reporting.tables.hypotheses import Claim, HypothesesTable, Hypothesis
from panelkit.reporting.tables.regression import ModelsPanel, RegressionTable
from panelkit.reporting.tables.robustness import RobustnessTable
from panelkit.reporting.tables.transition import TransitionTable

TITLE = Label(en="A table", zh="表")
HALVES = tuple(ModelsPanel(label=Label(en=f"{x} & more", zh=f"{x} & 更多"), columns=("both", "years")) for x in "AB")
SPECS: tuple[TableSpec, ...] = (
    DescriptiveTable(id="described", title=TITLE, sample="half"),
    RegressionTable(id="panels", title=TITLE, panels=HALVES, show_resampled=True),
    CorrelationTable(id="pearson", title=TITLE, variables=("y", "x", "gap"), pairs=True),
    CorrelationTable(id="spearman", title=TITLE, variables=("y", "x", "treated"), method="spearman", sample="half"),
    BalanceTable(id="balance", title=TITLE, group="treated", variables=("y", "x", "gap")),
    BalanceTable(id="cut", title=TITLE, group="gap", cut=0.0, missing=Label(en="none", zh="无"), variables=("y",)),
    BalanceTable(id="pair", title=TITLE, group="x", cut=0.5, years=(2016, 2018), variables=("y",), sample="half"),
    BalanceTable(id="regions", title=TITLE, group="region", variables=("x", "y")),
    TransitionTable(id="shares", title=TITLE, variable="x", cuts=(-1.0, 1.0)),
    TransitionTable(id="counts", title=TITLE, variable="stage", show="count", step=2, sample="half"),
    DecompositionTable(id="parts", title=TITLE, model="both", check="parts"),
    FirstStageTable(id="stages", title=TITLE),
    RobustnessTable(id="robust", title=TITLE, base="both", models=("years", "half"), terms=("x",)),
    HypothesesTable(
        id="claims",
        title=TITLE,
        hypotheses=(
            Hypothesis(id="H1", statement=Label(en="More", zh="更多"), claims=(Claim(model="both"), Claim(model="years"))),
        ),
    ),
    ComparisonTable(id="known", title=TITLE),
)  # fmt: skip


def widened(of: Panel) -> Panel:
    """The panel with a variable that has gaps, one that is fixed within units, and two categories."""
    frame = of.frame
    late = frame["province"].to_numpy() > "125000"
    gap = np.where(np.arange(len(frame)) % 7 == 0, np.nan, np.sin(np.arange(len(frame))))
    columns = {
        "gap": gap,
        "treated": late.astype(float),
        "region": np.where(late, "inland", "coast").astype(object),
        "stage": np.where(frame["x"] > 0, "up & on", "down").astype(object),
    }
    kinds = {"region": "category", "stage": "category"}
    made = [
        Variable(name=n, measure="", label=Label(en=n, zh=n), kind=kinds.get(n, "number"),  # type: ignore[arg-type]
                 origin=Origin(how="as read", inputs=("book.y",)))
        for n in columns
    ]  # fmt: skip
    return of.extended(columns, made)


def halved(of: Panel, made: Any) -> Any:
    """The estimate, said to be of every unit but the last."""
    from panelkit.core import digest

    positions = np.flatnonzero(of.frame["province"].to_numpy() != UNITS[-1])
    inside = of.take(positions).frame
    sample: Sample = replace(
        made.sample, rows=len(positions), units=len(UNITS) - 1, clusters={"province": len(UNITS) - 1},
        positions=positions, dropped=(Drop(rows=len(of.frame) - len(positions), why="the last unit"),),
        keys_digest=digest.of_frame(inside[["province", "year"]]),
    )  # fmt: skip
    (term,) = made.terms
    df, here = 4.0, inside["y"].to_numpy()
    reach, p = float(stats.t.ppf(0.975, df)) * term.se, float(2 * stats.t.sf(abs(term.statistic), df))
    term = replace(term, df=df, p=p, low=term.estimate - reach, high=term.estimate + reach)
    fit = replace(made.fit, r2=1 - made.fit.rss / float(((here - here.mean()) ** 2).sum()))
    return replace(made, sample=sample, terms=(term,), fit=fit)


def said(name: str, rows: tuple[dict[str, Any], ...], **series: tuple[float, ...]) -> Check:
    text = Label(en="said", zh="说明")
    return Check(name=name, of="both", verdict="says", value=None, bound=None, text=text, rows=rows, series=series)


def every_kind(language: str) -> Results:
    made = results(language)
    of = widened(made.panel)
    both = made.estimates["both"]
    asked = replace(both.requests[0], slopes=(), endogenous=("x",), instruments=("gap",))
    tests = {
        "first_stage: x": {"statistic": 23.4, "df1": 1.0, "df2": 30.0, "p": float(stats.f.sf(23.4, 1, 30))},
        "anderson_rubin": {"statistic": 4.5, "df1": 1.0, "p": 0.03},
    }
    iv = replace(estimate(of, "iv", ("year",)), requests=(asked,), tests=tests)
    iv = replace(iv, fit=replace(iv.fit, extra={"first_stage_f: x": 23.4, "partial_r2: x": 23.4 / 53.4}))
    half = halved(of, estimate(of, "half", ("year",)))
    models = [*made.study.models]
    models += [replace(models[1], id=i) for i in ("iv", "half")]
    without = (0.71, 0.83, float("nan"))
    term = both.terms[0]
    checks = (
        *made.checks["both"],
        said("parts", ({"component": "within", "difference": 0.25, "p": 0.1, "draws": 10},
                       {"component": "between", "difference": -0.75, "p": 0.5, "draws": 12})),
        said("few_clusters", tuple({"cluster": str(i), "coefficient_without": v} for i, v in enumerate(without)),
             coefficient_without=without),
        said("expected", ({"term": "x", "field": "estimate", "known": 0.8, "ours": term.estimate, "low": term.low,
                           "high": term.high, "agrees": True},)),
    )  # fmt: skip
    specs = tuple(replace(s, language=language) for s in SPECS)  # type: ignore[arg-type]
    return replace(
        made,
        panel=of,
        study=replace(made.study, models=tuple(models), tables=specs),
        estimates={**made.estimates, "iv": iv, "half": half},
        checks={**made.checks, "both": checks},
    )


@pytest.fixture(scope="module", params=["en", "zh"])
def packed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("kinds")
    return make_package(finished(folder, request.param, made=every_kind(request.param)))


def test_there_is_one_of_every_kind() -> None:
    assert {s.kind for s in SPECS} == set(TABLES.names())
    assert len(YEARS) == 5


def test_every_number_is_verified(packed: dict[str, bytes], tmp_path: Path) -> None:
    found = standalone.verify(str(write_package(packed, tmp_path / "package")), ["L0", "L1"])
    assert found["exit_code"] == 0, found["levels"][1]["findings"][:10] or found["cannot"]
    assert not [n for n in found["levels"][1]["notes"] if "ledger alone" in n]


def spoilt(table: str, field: str) -> Callable[[dict[str, Any]], None]:
    """Another value of the first cell with a field, in the ledger alone."""

    def change(book: dict[str, Any]) -> None:
        entry = next(
            e
            for e in book["numbers"].values()
            if e["exhibit"] == table and e["key"][2] == field and (not isinstance(e["raw"], float) or abs(e["raw"]) < 1)
        )
        entry["raw"] = f"0.1, {entry['raw']}" if isinstance(entry["raw"], str) else entry["raw"] + 1e-5

    return change


def restarred(book: dict[str, Any]) -> None:
    entry = next(e for e in book["numbers"].values() if e["exhibit"] == "pearson" and e["mark"])
    entry["mark"] += "*"


@pytest.mark.parametrize(
    "change",
    [
        restarred,
        *(
            spoilt(*at)
            for at in (
                ("described", "mean"), ("pearson", "pearson"), ("pearson", "pairs"), ("spearman", "spearman"), ("balance", "mean"),
                ("balance", "difference"), ("balance", "normalised_difference"), ("balance", "difference_p"), ("cut", "group_rows"),
                ("pair", "group_units"), ("shares", "transition_share"), ("counts", "transitions"), ("counts", "transitions_from"),
                ("parts", "difference"), ("stages", "tests.first_stage: x.p"), ("robust", "leave_one_out"),
                ("claims", "interval_resampled"),
            )
        ),
    ],
)  # fmt: skip
def test_another_value_is_found(
    packed: dict[str, bytes], tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    book = json.loads(packed["ledger.json"])
    change(book)
    files = {**packed, "ledger.json": json.dumps(book).encode()}
    files["MANIFEST.sha256"] = manifest_of(files).encode()
    found = standalone.verify(str(write_package(files, tmp_path / "package")), ["L1"])["levels"][0]
    assert any("in the results" in f or "by p it is" in f for f in found["findings"])


def test_a_panel_heading_is_the_same_in_every_format(packed: dict[str, bytes], tmp_path: Path) -> None:
    tex = packed["tables/panels.tex"]
    assert rb"\&" in next(i for i in tex.split(b"\n") if i.endswith(b"% pk panel"))
    changed = re.sub(rb"(\{l\}\{[^&]*)\\&(.*% pk panel)", rb"\1and 99 \2", tex, count=1)
    assert changed != tex
    found = standalone.verify(str(write_package({**packed, "tables/panels.tex": changed}, tmp_path / "p")), ["L1"])
    assert any("panel0.label" in f for f in found["levels"][0]["findings"])
