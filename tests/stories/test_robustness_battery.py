"""A battery through the command line: every specification is in estimates, table, curve and page, a failed one with its reason."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from panelkit.reporting.phrases import headline

BATTERY = """
[robustness.dose]
base = "{base}"
permutations = 99

[robustness.dose.samples]
half = {{ where = "year >= 2016" }}
none = {{ where = "year >= 2050" }}

[robustness.dose.covariances]
driscoll_kraay = {{ kind = "driscoll_kraay" }}

[robustness.dose.winsor]
cut = 0.02

[robustness.own]
base = "{base}"

[robustness.own.windows]
late = [2012, 2022]

[[tables]]
id = "my_table"
kind = "robustness"
battery = "own"

[[figures]]
id = "my_curve"
kind = "spec_curve"
battery = "own"
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from panelkit import pipeline
    from panelkit.template import make_study

    home = tmp_path_factory.mktemp("battery") / "study"
    make_study(home, simulated=False)
    text = (home / "study.toml").read_text("utf-8")
    base = pipeline.read_study(home / "study.toml").models[0].id
    (home / "study.toml").write_text(text + BATTERY.format(base=base), "utf-8")
    done = pipeline.run(home / "study.toml", output=home / "output")
    assert done.exit_code == 0
    return done.folder


def test_every_specification_is_in_the_estimates_and_in_the_table_or_told_why_not(finished: Path) -> None:
    ids = {e["id"] for e in json.loads((finished / "estimates.json").read_text("utf-8"))["estimates"]}
    assert {"dose__base", "dose__half", "dose__driscoll_kraay", "dose__cut"} <= ids
    assert "dose__none" not in ids
    table = (finished / "tables" / "robustness_dose.csv").read_text("utf-8-sig")
    labels = [row[0] for row in csv.reader(table.splitlines())]
    assert sum(label.startswith("(") for label in labels) == 1 + 5
    assert "not estimated" in table
    keyed = {e["key"][0] for e in json.loads((finished / "ledger.json").read_text("utf-8"))}
    assert {"dose__base", "dose__half", "dose__driscoll_kraay", "dose__cut"} <= keyed


def test_the_verdict_counts_the_failed_one_as_not_agreeing(finished: Path) -> None:
    checks = json.loads((finished / "checks.json").read_text("utf-8"))["checks"]
    found = next(c for c in checks if c["name"] == "robustness_dose")
    assert len(found["rows"]) == 5
    assert [r["specification"] for r in found["rows"] if r["failure"]] == ["dose__none"]
    assert found["value"] == sum(bool(r.get("agrees")) for r in found["rows"]) / 5
    agreeing = sum(bool(r.get("agrees")) for r in found["rows"])
    first = headline(found["text"]["en"])
    assert first.startswith(f"{agreeing} of 5 declared specifications agree with the base")
    assert first.endswith("4 of 5 estimated")
    assert headline(found["text"]["zh"]).startswith(f"所声明的 5 个设定中 {agreeing} 个与基准结论一致")


def test_the_curve_has_a_point_for_each_and_the_page_shows_both(finished: Path) -> None:
    with (finished / "figures" / "curve_dose.csv").open(encoding="utf-8-sig") as file:
        assert len(list(csv.DictReader(file))) == 4
    page = (finished / "report.html").read_text("utf-8")
    assert "robustness_dose" in page
    assert "dose__none" not in page or "not estimated" in page


def test_the_base_on_the_common_rows_is_the_base_where_nothing_is_missing(finished: Path) -> None:
    every = {e["id"]: e for e in json.loads((finished / "estimates.json").read_text("utf-8"))["estimates"]}
    base = next(e for e in every.values() if "__" not in e["id"])
    assert every["dose__base"]["terms"] == base["terms"]
    assert every["dose__driscoll_kraay"]["terms"][0]["estimate"] == base["terms"][0]["estimate"]
    assert every["dose__driscoll_kraay"]["terms"][0]["se"] != base["terms"][0]["se"]


@pytest.fixture(scope="module")
def packed(finished: Path) -> Path:
    from panelkit import packaging

    return packaging.package(finished.parents[1] / "study.toml", output=finished.parent)[0]


def test_the_package_is_verified_to_the_second_engine(packed: Path) -> None:
    from panelkit import packaging

    assert packaging.verify(packed, levels=("L0", "L1", "L2", "L4")).exit_code == 0


def test_exhibits_of_a_name_of_the_authors_stand_for_a_battery_too(packed: Path) -> None:
    assert (packed / "tables" / "my_table.csv").is_file()
    assert not (packed / "tables" / "robustness_own.csv").exists()
    assert (packed / "figures" / "my_curve.csv").is_file()


def without_row(text: str) -> str:
    found = json.loads(text)
    for check in found["checks"]:
        if check["name"] == "robustness_dose":
            check["rows"] = [r for r in check["rows"] if r["specification"] != "dose__half"]
            check["value"] = sum(bool(r.get("agrees")) for r in check["rows"]) / len(check["rows"])
    return json.dumps(found)


def without_estimate(text: str) -> str:
    found = json.loads(text)
    found["estimates"] = [e for e in found["estimates"] if e["id"] != "dose__half"]
    return json.dumps(found)


HIDDEN = {
    "verdict": ("results/checks.json", without_row, "left out: dose__half"),
    "estimates": (
        "results/estimates.json",
        without_estimate,
        "dose__half is neither estimated nor told to have failed",
    ),
    "curve": (
        "figures/curve_dose.csv",
        lambda text: "\n".join(line for line in text.splitlines() if not line.startswith("dose__half")),
        "not one point for each specification",
    ),
    "page": (
        "report.html",
        lambda text: text.replace('data-key="dose__half|', 'data-key="dose__base|'),
        "report.html does not show dose__half",
    ),
    "table": (
        "ledger.json",
        lambda text: text.replace('"dose__half"', '"dose__base"'),
        "dose__half is in no row of the table",
    ),
}


@pytest.mark.parametrize("where", HIDDEN)
def test_a_specification_that_is_left_out_is_missed(where: str, packed: Path, tmp_path: Path) -> None:
    """From whichever place it is taken: the verifier counts what study.toml declares."""
    import shutil

    from panelkit.replication.standalone.level_1 import level_1

    name, change, said = HIDDEN[where]
    folder = tmp_path / "package"
    shutil.copytree(packed, folder)
    old = (folder / name).read_text("utf-8-sig")
    new = change(old)
    assert new != old
    (folder / name).write_text(new, "utf-8")
    findings = " | ".join(text for _, text in level_1(str(folder)).findings)
    assert said in findings, findings[:2000]


def test_a_battery_of_a_stranger_is_bounded() -> None:
    from panelkit.replication.standalone.batteries import MOST, specifications

    every = {axis: {f"c{i}": 1 for i in range(200)} for axis in ("samples", "controls", "windows", "timings")}
    assert len(specifications("b", {**every, "combine": "product"})) == MOST + 1
    assert specifications("b", {"samples": {"a": 1}, "windows": {"w": 1}, "combine": "product"}) == [
        "b__base", "b__w", "b__a", "b__a__w",
    ]  # fmt: skip
