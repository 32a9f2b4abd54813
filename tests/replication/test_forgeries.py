"""Packages that the toolkit itself makes of forged results: prints, copies and digests fit, so algebra or a rerun must tell."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made import finished, resealed, results

from panelkit import outputs
from panelkit.core.estimate import Estimate
from panelkit.core.label import Label
from panelkit.core.results import Results
from panelkit.replication import standalone
from panelkit.replication.forgeries import KINDS, forgeries, found_by_algebra, read_documents, tried_forgeries
from panelkit.replication.package import make_package, write_package
from panelkit.replication.rerun import Comparison, compare, compare_checks, said_alike
from panelkit.replication.self_test import read_files
from panelkit.reporting.tables import hypotheses
from panelkit.reporting.tables.hypotheses import Claim, HypothesesTable, Hypothesis

Change = Callable[[Estimate], Estimate]
CLAIMS = HypothesesTable(
    id="table3",
    hypotheses=(
        Hypothesis(
            id="H1", statement=Label(en="x moves y", zh="x影响y"), family="H", claims=(Claim(model="both", term="x"),)
        ),
        Hypothesis(
            id="H2",
            statement=Label(en="x moves y down", zh="x降低y"),
            family="H",
            claims=(Claim(model="years", term="x", sign="negative"), Claim(model="both", term="x", smallest=2.0)),
        ),
    ),
)
STUDY_LINES = """
[[tables]]
id = "table3"
kind = "hypotheses"
hypotheses = [
  { id = "H1", family = "H", statement = { en = "x moves y", zh = "x影响y" }, claims = [{ model = "both", term = "x" }] },
  { id = "H2", family = "H", statement = { en = "x moves y down", zh = "x降低y" }, claims = [
    { model = "years", term = "x", sign = "negative" }, { model = "both", term = "x", smallest = 2.0 } ] },
]
"""


def honest() -> Results:
    made = results()
    return replace(made, study=replace(made.study, tables=(*made.study.tables, CLAIMS)))


def of_term(**fields: Callable[[float], float]) -> Change:
    def change(estimate: Estimate) -> Estimate:
        (term,) = estimate.terms
        return replace(estimate, terms=(replace(term, **{f: c(getattr(term, f)) for f, c in fields.items()}),))

    return change


def of_fit(**fields: Any) -> Change:
    return lambda e: replace(e, fit=replace(e.fit, **{f: c(getattr(e.fit, f)) for f, c in fields.items()}))


def of_sample(**fields: Any) -> Change:
    return lambda e: replace(e, sample=replace(e.sample, **fields))


def of_point(**fields: Callable[[float], float]) -> Change:
    def change(estimate: Estimate) -> Estimate:
        first, *rest = estimate.curves["event_time"]
        made = replace(first, **{f: c(getattr(first, f)) for f, c in fields.items()})
        return replace(estimate, curves={"event_time": (made, *rest)})

    return change


def more(value: float) -> float:
    return value * 1.1


FORGED: dict[str, Change] = {
    "a coefficient": of_term(estimate=more),
    "a coefficient and its statistic": of_term(estimate=more, statistic=more),
    "a standard error": of_term(se=more),
    "a statistic": of_term(statistic=more),
    "a p": of_term(p=more),
    "degrees of freedom": of_term(df=lambda v: v + 1),
    "an end of the interval": of_term(low=more),
    "both ends of the interval": of_term(low=lambda v: v - 0.01, high=lambda v: v + 0.01),
    "the variance": lambda e: replace(e, covariance_matrix=e.covariance_matrix * 1.1),
    "an R-squared": of_fit(r2=lambda v: 0.5 + v / 2),
    "a sum of squares": of_fit(rss=more),
    "the rows": of_sample(rows=31),
    "the units": of_sample(units=7),
    "the clusters": of_sample(clusters={"province": 7}),
    "the first year": of_sample(first=2014),
    "a p by draws": lambda e: replace(e, resampled=(replace(e.resampled[0], p=0.0333),)),
    "a point of a curve": of_point(estimate=more),
    "an error of a curve": of_point(se=more),
    "a p of a curve": of_point(p=more),
}


def packed(at: Path, made: Results) -> dict[str, bytes]:
    inputs = finished(at, made=made)
    text = inputs.study_text + STUDY_LINES
    return make_package(replace(inputs, study_text=text))


def l1(folder: Path) -> tuple[str, list[str]]:
    (level,) = standalone.verify(str(folder), ["L1"])["levels"]
    return level["verdict"], level["findings"]


def test_an_honest_package_with_hypotheses_is_verified(tmp_path: Path) -> None:
    folder = write_package(packed(tmp_path / "run", honest()), tmp_path / "p")
    assert l1(folder) == ("verified", [])
    book = json.loads((folder / "ledger.json").read_text())
    claimed = book["settings"]["table3"]["hypotheses"]
    assert [len(h["claims"]) for h in claimed] == [1, 2]
    fields = {e["key"][2] for e in book["numbers"].values()}
    assert {"p_adjusted.table3.H1", "smallest.table3.H2"} <= fields


@pytest.mark.parametrize("name", FORGED)
def test_a_number_forged_before_anything_was_printed(tmp_path: Path, name: str) -> None:
    made = honest()
    forged = FORGED[name](made.estimates["both"])
    folder = write_package(
        packed(tmp_path / "run", replace(made, estimates={**made.estimates, "both": forged})), tmp_path / "p"
    )
    assert (folder / "MANIFEST.sha256").is_file()
    assert [x["verdict"] for x in standalone.verify(str(folder), ["L0"])["levels"]] == ["verified"]
    verdict, findings = l1(folder)
    assert verdict == "differs", name
    assert findings
    document = outputs.estimates_document("small", {**made.estimates, "both": forged})
    anew = outputs.estimates_document("small", made.estimates)
    assert compare(json.loads(outputs.as_json(document)), json.loads(outputs.as_json(anew))).parted


def test_an_adjusted_p_that_is_not_adjusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hypotheses, "holm", list)
    folder = write_package(packed(tmp_path / "run", honest()), tmp_path / "p")
    verdict, findings = l1(folder)
    assert verdict == "differs"
    assert any("p_adjusted.table3" in f for f in findings)


def test_a_smallest_effect_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hypotheses, "SHARE", 0.2)
    folder = write_package(packed(tmp_path / "run", honest()), tmp_path / "p")
    verdict, findings = l1(folder)
    assert verdict == "differs"
    assert any("smallest.table3" in f for f in findings)


def test_a_finding_that_is_friendlier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hypotheses, "found", lambda *_: "supported")
    folder = write_package(packed(tmp_path / "run", honest()), tmp_path / "p")
    verdict, findings = l1(folder)
    assert verdict == "differs"
    assert any("by the results it is" in f for f in findings)


def test_forgeries_of_every_kind_that_a_small_package_has_a_place_for(tmp_path: Path) -> None:
    files = packed(tmp_path / "run", honest())
    folder = write_package(files, tmp_path / "p")
    counts, slipped = tried_forgeries(files, folder, each=3)
    assert not slipped, "\n".join(slipped)
    wanted = {
        "a coefficient",
        "a p",
        "an adjusted p of a hypothesis",
        "a smallest effect of a hypothesis",
        "a finding on a hypothesis",
    }
    assert wanted <= set(counts) <= {k for k, _, _ in KINDS}


def test_nothing_is_found_in_documents_as_they_are_and_forgeries_repeat(tmp_path: Path) -> None:
    files = packed(tmp_path / "run", honest())
    folder = write_package(files, tmp_path / "p")
    frame = standalone.Frame(str(folder), standalone.Level("L1"))
    assert found_by_algebra(read_documents(read_files(folder)), frame) == ()
    first, second = ([(f.where, f.documents) for f in forgeries(files, frame, each=1)] for _ in range(2))
    assert first == second


def check(**fields: Any) -> dict[str, Any]:
    text = {"en": "F = 4.123, p = 0.041", "zh": "p = 0.041"}
    return {"of": "m", "name": "reset", "verdict": "says", "value": 0.041, "bound": 0.05, "text": text,
            "rows": [{"statistic": "RESET", "value": 4.123, "p": 0.041}], **fields}  # fmt: skip


@pytest.mark.parametrize(
    ("anew", "parts"),
    [
        ({}, 0),
        ({"value": 0.041 * (1 + 1e-9)}, 0),
        ({"text": {"en": "F = 4.124, p = 0.041", "zh": "p = 0.041"}}, 0),
        ({"text": {"en": "F = 4.523, p = 0.041", "zh": "p = 0.041"}}, 1),
        ({"text": {"en": "an F of 4.123, p = 0.041", "zh": "p = 0.041"}}, 0),
        ({"text": {"en": "an F of 4.123, p = 0.051", "zh": "p = 0.041"}}, 1),
        ({"value": 0.051}, 1),
        ({"verdict": "fails"}, 1),
        ({"rows": [{"statistic": "RESET", "value": 4.123, "p": 0.051}]}, 1),
        ({"rows": []}, 3),
        ({"name": "influence"}, 2),
    ],
)
def test_checks_made_anew_are_compared_number_by_number(anew: dict[str, Any], parts: int) -> None:
    result = Comparison()
    compare_checks({"checks": [check(), {**check(), "name": "second_engine"}]}, [check(**anew)], result)
    assert len(result.parted) == parts, result.parted
    reworded = Comparison()
    other = {"en": "an F of 4.123, p = 0.041", "zh": "p = 0.041"}
    compare_checks({"checks": [check()]}, [check(text=other)], reworded)
    assert reworded.reworded == ["checks.m.reset.text.en"]
    strict = Comparison()
    compare_checks({"checks": [check()]}, [check(text=other)], strict, every=True)
    assert len(strict.parted) == 1
    assert not said_alike("5 of 7", "6 of 7")


def test_a_package_without_the_rows_of_its_samples_is_not_verified(tmp_path: Path) -> None:
    """Their sizes could be anything."""
    files = packed(tmp_path / "run", honest())
    del files["data/processed/samples.csv"]
    verdict, findings = l1(write_package(resealed(files), tmp_path / "p"))
    assert verdict == "differs"
    assert any("they could be any" in f for f in findings)


MAPPED = {
    "a row twice": lambda t: t + t.split("\n")[1] + "\n",
    "another program": lambda t: t.replace("panelkit table table2", "panelkit table table1", 1),
    "another line of the study": lambda t: re.sub(r"study\.toml:\d+,data", "study.toml:1,data", t, count=1),
    "another line of a model": lambda t: re.sub(r"both \(study\.toml:\d+\)", "both (study.toml:1)", t, count=1),
    "a model less": lambda t: re.sub(r"; years \(study\.toml:\d+\)", "", t, count=1),
    "a model more": lambda t: re.sub(r"(table1\S*,study\.toml:\d+,[^\n]*)", r"\1; other (study.toml:3)", t, count=1),
    "another exhibit": lambda t: t.replace("table2,tables/table2.csv", "table1,tables/table2.csv", 1),
    "another column": lambda t: t.replace("study_line", "line", 1),
}


@pytest.mark.parametrize("name", MAPPED)
def test_a_row_of_the_map_is_held(files: dict[str, bytes], tmp_path: Path, name: str) -> None:
    text = files["map.csv"].decode()
    changed = MAPPED[name](text)
    assert changed != text
    _, findings = l1(write_package(resealed({**files, "map.csv": changed.encode()}), tmp_path / "p"))
    assert any("map.csv" in f for f in findings), findings


FILLED = "province,year,variable,value\n110000,2015,y,{y}\n610000,2019,x,{x}\n"


@pytest.mark.parametrize(
    ("changed", "held"),
    [
        (lambda t: t, True),
        (lambda t: t + t.split("\n")[1] + "\n", False),
        (lambda t: t.replace("610000", "990000"), False),
        (lambda t: t.replace("2019,x,", "2019,x,1"), False),
        (lambda t: t.replace("2019,x", "2019,z"), False),
        (lambda t: "\n".join(t.split("\n")[:2]) + "\n", False),
        (lambda t: t.replace("value", "was"), False),
        (lambda t: None, False),
    ],
    ids=[
        "as it is",
        "a cell twice",
        "a unit of its own",
        "another value",
        "no variable",
        "a cell less",
        "another head",
        "gone",
    ],
)
def test_filled_cells_are_held(
    files: dict[str, bytes], tmp_path: Path, changed: Callable[[str], str | None], held: bool
) -> None:
    lines = files["data/processed/panel.csv"].decode().split("\n")
    cells = {tuple(r.split(",")[:2]): dict(zip(lines[0].split(","), r.split(","), strict=True)) for r in lines[1:] if r}
    text = FILLED.format(y=cells["110000", "2015"]["y"], x=cells["610000", "2019"]["x"])
    about = json.loads(files["data/processed/panel.json"])
    for variable in about["variables"]:
        variable["filled"] = 1
    made = {**files, "data/processed/panel.json": json.dumps(about).encode()}
    made.pop("data/processed/filled.csv", None)
    if (new := changed(text)) is not None:
        made["data/processed/filled.csv"] = new.encode()
    _, findings = l1(write_package(resealed(made), tmp_path / "p"))
    assert any("filled.csv" in f for f in findings) is not held, findings
