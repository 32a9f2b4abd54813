"""One number formatter, and its inverse."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panelkit.reporting.numbers import read_number, shown, stars


@pytest.mark.parametrize(
    ("value", "digits", "kind", "text"),
    [
        (0.12345, 3, "number", "0.123"),
        (-0.12345, 3, "number", "−0.123"),
        (-0.0, 3, "number", "0.000"),
        (0.00012345, 3, "number", "0.00012"),
        (-0.0004, 3, "number", "−0.00040"),
        (1e-12, 3, "number", "1.0e−12"),
        (1.5e16, 3, "number", "1.5e16"),
        (1234567.891, 1, "number", "1,234,567.9"),
        (math.nan, 3, "number", ""),
        (None, 3, "number", ""),
        (math.inf, 3, "number", "∞"),
        (12345, 3, "count", "12,345"),
        (0.00001, 3, "p", "<0.001"),
        (0.05, 3, "p", "0.050"),
        (1.0, 3, "p", "1.000"),
    ],
)
def test_a_number_is_shown_as_promised(value: float, digits: int, kind: str, text: str) -> None:
    assert shown(value, digits, kind=kind) == text  # type: ignore[arg-type]


def test_what_is_no_count_or_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="no count"):
        shown(1.5, kind="count")
    with pytest.raises(ValueError, match="no probability"):
        shown(1.5, kind="p")


def test_stars_follow_the_levels_strictly() -> None:
    levels = (0.10, 0.05, 0.01)
    assert [stars(p, levels) for p in (0.2, 0.1, 0.07, 0.05, 0.02, 0.009, math.nan, None)] == [
        "",
        "",
        "*",
        "*",
        "**",
        "***",
        "",
        "",
    ]


@given(st.floats(-1e14, 1e14), st.integers(0, 6))
def test_a_shown_number_reads_back_to_its_digits_and_never_as_zero(value: float, digits: int) -> None:
    back = read_number(shown(value, digits))
    assert math.isclose(back, value, rel_tol=0.06, abs_tol=0.5000001 * 10.0**-digits)
    assert (back == 0) == (value == 0)
    assert math.copysign(1, back) == math.copysign(1, value) or value == 0


@pytest.mark.parametrize("text", ["(−1,234.50)", "[−1,234.50]***", "-1234.5", "−1 234.50*", "（−1,234.50）"])
def test_brackets_minus_and_separators_are_understood(text: str) -> None:
    assert read_number(text) == -1234.5


def test_nothing_is_no_number_and_words_are_refused() -> None:
    assert math.isnan(read_number("–"))
    assert read_number("[<0.001]") == 0.001
    for text in ("Yes", "1.2.3", "1,2"):
        with pytest.raises(ValueError, match="no number"):
            read_number(text)
