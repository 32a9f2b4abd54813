"""Conditions on the rows of a panel, with three-valued logic."""

import numpy as np
import pandas as pd
import pytest

from panelkit.core.errors import PanelError, StudyError
from panelkit.core.evaluation import evaluate_rows, shown
from panelkit.core.expression import parse_expression
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.variable import Origin, Variable


@pytest.fixture(scope="module")
def panel() -> Panel:
    frame = pd.DataFrame(
        {
            "province": ["110000", "110000", "120000"],
            "year": [2015, 2016, 2015],
            "x": [0.0, np.nan, 2.0],
            "k": ["a", None, "b"],
        }
    )
    kinds = {"x": "number", "k": "category"}
    variables = [
        Variable(name=n, measure="", label=Label(), origin=Origin(how=""), kind=kind) for n, kind in kinds.items()
    ]
    return Panel.of(frame, unit="province", time="year", variables=variables)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("year >= 2016", [0, 1, 0]),
        ('province != "110000"', [0, 0, 1]),
        ("x > 1", [0, 0, 1]),
        ("not (x > 1)", [1, 0, 0]),
        ("x != 2", [1, 0, 0]),
        ("x > 1 or year == 2016", [0, 1, 1]),
        ("x < 1 and year == 2016", [0, 0, 0]),
        ("k == 'a'", [1, 0, 0]),
        ("abs(x - 1) == 1", [1, 0, 1]),
        ("max(x, 1) ^ 2 == 4", [0, 0, 1]),
    ],
)
def test_conditions(panel, text, due):
    kept = evaluate_rows(parse_expression(text), panel)
    assert kept.dtype == bool
    assert list(kept) == [bool(d) for d in due]


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("lag(x, 1) > 0", StudyError, "no function 'lag'"),
        ("province == 110000", StudyError, "text with a number"),
        ("k < 'b'", StudyError, "orders texts"),
        ("x + 5", StudyError, "not a condition"),
        ("k + 1 > 2", StudyError, "k is text"),
        ("ln(x) > 0", PanelError, r"province 110000, year 2015 \(1 cell\)"),
        ("y > 0", PanelError, "no variable 'y'"),
        ("abs(x, 1) > 0", StudyError, "abs has 2 arguments where 1 are due"),
        ("sqrt(x - 1) > 0", PanelError, "negative number"),
        ("(x - 1) ^ 0.5 > 0", PanelError, "not defined"),
    ],
)
def test_bad_conditions(panel, text, kind, says):
    with pytest.raises(kind, match=says) as caught:
        evaluate_rows(parse_expression(text), panel, where="models.m.where")
    assert caught.value.faults[0].mend


def test_trees_are_shown_as_written():
    for text in ("ln(a.b) - (x + 1) / 2", "not (year >= 2016)", "-x ^ 2", 'k == "a"'):
        assert shown(parse_expression(shown(parse_expression(text)))) == shown(parse_expression(text))
