"""The schema that stands beside a study tells an editor the fields of today."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from panelkit.study import json_schema

ANALYSES = Path(__file__).resolve().parents[2] / "analyses"
BESIDE = sorted(ANALYSES.glob("*/study.schema.json"))


def test_a_study_has_one_beside_it() -> None:
    assert BESIDE


@pytest.mark.parametrize("path", BESIDE, ids=lambda p: p.parent.name)
def test_it_is_the_schema_of_today(path: Path) -> None:
    assert json.loads(path.read_text("utf-8")) == json.loads(json.dumps(json_schema()))
