"""Exhibits and the page name the level of the study's own intervals."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_figures import EVENTS

from panelkit.core.results import Results
from panelkit.reporting._page_words import page_words
from panelkit.reporting.figures import event_study
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
