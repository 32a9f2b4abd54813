"""A made-up run, in English and in Chinese (marked as simulated)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from panelkit.core.results import Results

sys.path.insert(0, str(Path(__file__).parent))
from made_up import made_results


@pytest.fixture
def results() -> Results:
    return made_results()


@pytest.fixture
def chinese() -> Results:
    return made_results(simulated=True, language="zh")
