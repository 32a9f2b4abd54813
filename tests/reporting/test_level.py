"""Exhibits and the page name the level of the study's own intervals."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_up import term
from scipy import stats
from test_figures import EVENTS

from panelkit.core.results import Results
from panelkit.reporting._page_words import page_words
from panelkit.reporting.figures import event_study
from panelkit.reporting.scripts.of_others import at_95
from panelkit.reporting.words import WORDS, level_of


@pytest.mark.parametrize("key", sorted(WORDS))
def test_no_sentence_has_the_level_built_in(key: str) -> None:
    assert not [text for text in WORDS[key] if "95%" in text or "95 %" in text]


def test_a_study_at_ninety_per_cent(results: Results) -> None:
    study = replace(results.study, defaults=replace(results.study.defaults, level=0.9))
    at_ninety = replace(results, study=study)
    assert level_of(results) == "95%"
    assert level_of(at_ninety) == "90%"
    assert "90% intervals" in event_study.build(EVENTS, at_ninety).notes[0]
    assert page_words("zh", level_of(at_ninety))["interval"] == "90%置信区间"
    assert not [text for text in page_words("en", "90%").values() if "95%" in text]


@pytest.mark.parametrize("level", [0.8, 0.9, 0.99])
@pytest.mark.parametrize("df", [29.0, float("inf")])
def test_a_script_has_ninety_five_per_cent_of_every_study(level: float, df: float) -> None:
    reach = stats.t.ppf((1 + level) / 2, df)
    told = at_95(replace(term("x", 0.5, 0.1, df), low=0.5 - 0.1 * reach, high=0.5 + 0.1 * reach))
    assert told == pytest.approx(stats.t.interval(0.95, df, 0.5, 0.1), rel=1e-12)


def test_an_interval_by_draws_stays() -> None:
    assert at_95(replace(term("x", 0.5, 0.1, 29.0), low=0.2, high=0.9)) == (0.2, 0.9)
