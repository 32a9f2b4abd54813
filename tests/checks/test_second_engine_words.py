"""What the second engine says: of a covariance that no engine computes, of another route, of faults in Chinese."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from panelkit.checks._faults import in_chinese
from panelkit.checks.second_engine import _with_own_sandwich
from panelkit.core.label import Label
from panelkit.core.request import Clustered, DriscollKraay, Robust
from tests.checks.conftest import provinces


def test_an_own_sandwich_is_said() -> None:
    said = Label(en="agrees.", zh="一致。")
    for native in (Clustered(variant="cr1"), Clustered(variant="cr3"), Robust(variant="hc1")):
        assert _with_own_sandwich(said, native) == said
    for own in (Clustered(variant="cr2"), Robust(variant="hc3"), DriscollKraay()):
        told = _with_own_sandwich(said, own)
        assert "coefficients and residuals" in told.en
        assert "残差" in told.zh


def test_another_route_confirms_where_no_engine_can_and_fails_where_it_differs(make_panel, subject_of, check):  # type: ignore[no-untyped-def]
    d = provinces()
    d["cohort"] = d.cohort.where(d.cohort < 2020, 0.0)
    fields = {"formula": "y ~ 1 | province + year", "cohort": "cohort", "draws": 0, "control": "notyet"}
    subject = subject_of("callaway_santanna", make_panel(d), confirm=("pyfixest", "dense"), **fields)
    held = check("second_engine", subject)
    assert held.verdict == "holds"
    assert held.value < 1e-12
    assert "another route agrees with" in held.text.en
    wrong = replace(subject.estimate, tests={**subject.estimate.tests, "route": {"difference": 0.01, "cells": 9.0}})
    found = check("second_engine", replace(subject, estimate=wrong))
    assert found.verdict == "fails"
    assert "DOES NOT AGREE" in found.text.en
    assert "不一致" in found.text.zh


@pytest.mark.parametrize(
    "fault", ["no row is untreated: untreated outcomes cannot be predicted", "V is not positive definite: leave"]
)
def test_faults_have_chinese_words_and_unknown_ones_are_quoted(fault: str) -> None:
    assert not re.search("[a-z]{4}", in_chinese(fault))
    assert in_chinese(f"{fault}; what nobody knows").endswith('原文:"what nobody knows"')
