"""From a printed number back to the cells it came from."""

from __future__ import annotations

import json

import pytest
from made import observations, panel, results

from panelkit.core.errors import PackageError
from panelkit.replication.collect import PackageInputs
from panelkit.replication.ledger import ledger
from panelkit.replication.trace import Lineage, trace


def traced(inputs: PackageInputs, number: str, **how: object) -> Lineage:
    output = inputs.output
    cells = {t: json.loads((output / "tables" / f"{t}.cells.json").read_text("utf-8")) for t in ("table1", "table2")}
    about = (json.loads((output / name).read_text("utf-8")) for name in ("estimates.json", "panel.json"))
    return trace(number, ledger(cells), *about, observations(panel()), **how)  # type: ignore[arg-type]


def test_a_printed_coefficient(inputs: PackageInputs) -> None:
    found = traced(inputs, "table2.r0.c0", at=("110000", 2016))
    assert found.key == ("both", "x", "estimate")
    assert found.value == results().estimates["both"].terms[0].estimate
    assert found.formula == "y ~ x | province + year"
    assert (found.rows, found.window) == (30, (2015, 2019))
    assert [v.name for v in found.variables] == ["y", "x"]
    assert found.variables[0].how == "ln(book.y)"
    assert found.sources == ("book", "closed")
    assert found.cells_in_all == 60
    assert [(c.series, c.cell) for c in found.cells] == [
        ("book.y", "line 3, column 3"),
        ("closed.x", "line 3, column 3"),
    ]


def test_by_model_term_field(inputs: PackageInputs) -> None:
    found = traced(inputs, "years.x.se")
    assert found.entry is None
    assert found.value == results().estimates["years"].terms[0].se
    assert traced(inputs, "both..rows").value == 30


def test_a_descriptive_number(inputs: PackageInputs) -> None:
    found = traced(inputs, "table1.r0.c2")
    assert found.key == ("panel", "y", "mean")
    assert found.cells_in_all == 30


@pytest.mark.parametrize(
    ("number", "near"), [("table2.r0.c9", "table2.r0.c"), ("both.x.sd", "both.x.se"), ("bot.x.se", "")]
)
def test_unknown(inputs: PackageInputs, number: str, near: str) -> None:
    with pytest.raises(PackageError) as told:
        traced(inputs, number)
    assert near in told.value.faults[0].mend
