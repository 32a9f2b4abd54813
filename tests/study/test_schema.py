"""The schema that stands beside a study tells an editor the fields of today."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ANALYSES = Path(__file__).resolve().parents[2] / "analyses"
BESIDE = sorted(ANALYSES.glob("*/study.schema.json"))


def test_a_study_has_one_beside_it() -> None:
    assert BESIDE


@pytest.mark.parametrize("path", BESIDE, ids=lambda p: p.parent.name)
def test_it_is_the_schema_of_today(path: Path) -> None:
    """In a process of its own: the schema has the kinds that are registered, which other tests change."""
    said = subprocess.run([sys.executable, "-m", "panelkit", "check", "--schema"], capture_output=True, check=True)
    assert json.loads(path.read_text("utf-8")) == json.loads(said.stdout)


def test_without_the_kinds_there_is_no_schema() -> None:
    code = "from panelkit.study import json_schema; json_schema()"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert said.returncode != 0
    assert "load_kinds" in said.stderr
