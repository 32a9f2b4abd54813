"""Known figures beside ours: printed digits, and true values of a simulation that one interval may miss by chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from panelkit.core.check import Check, Subject
from panelkit.core.label import Label
from panelkit.core.panel import Panel


@pytest.fixture(scope="module")
def subject(panel: Panel, subject_of: Callable[..., Subject]) -> Subject:
    return subject_of("fixed_effects", panel, formula="y ~ x | province + year", confirm=("pyfixest", "dense"))


def held(subject: Subject, check: Callable[..., Check], **fields: Any) -> Check:
    return check("expected", subject, source=Label(en="made up", zh="自拟"), **fields)


@pytest.mark.parametrize(
    ("errors", "verdict", "words"),
    [
        (0.5, "holds", "1 of 1"),
        (2.5, "says", "one right interval in twenty misses"),
        (6.0, "fails", "apart: x estimate"),
    ],
)
def test_a_truth_outside_one_interval_says_and_one_far_off_fails(
    subject: Subject, check: Callable[..., Check], errors: float, verdict: str, words: str
) -> None:
    term = subject.estimate.term("x")
    found = held(subject, check, values={"x": term.estimate + errors * term.se})
    assert found.verdict == verdict
    assert words in found.text.en
    assert found.rows[0]["agrees"] is (verdict == "holds")
    assert "自拟" in found.text.zh
    assert "against" not in found.text.zh


def test_printed_digits_never_miss_by_chance(subject: Subject, check: Callable[..., Check]) -> None:
    term = subject.estimate.term("x")
    right, wrong = f"{term.estimate:.4f}", f"{term.estimate + 2.2 * term.se:.4f}"
    assert held(subject, check, values={"x": right}).verdict == "holds"
    assert held(subject, check, values={"x": wrong}).verdict == "fails"
    both = held(subject, check, values={"x": term.estimate + 2.2 * term.se}, rows=1)
    assert both.verdict == "fails", "a miss by chance excuses no other"
    assert both.text.zh.count("观测数") == 1
