"""Published regressions reproduced through the command line, figure by figure."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1].parent / "shared" / "data" / "china"

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the data are in ../shared, which is absent here")


@pytest.fixture(scope="module")
def thesis(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    output = tmp_path_factory.mktemp("golden")
    words = ["run", HERE / "province_panel_tfp" / "study.toml", "--root", DATA, "--output", output]
    done = subprocess.run(
        [sys.executable, "-m", "panelkit", *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    checks = json.loads((output / "province_panel_tfp" / "checks.json").read_text("utf-8"))["checks"]
    return {c["of"]: c for c in checks if c["name"] == "expected"}


@needs_data
@pytest.mark.parametrize(
    "model",
    ["m1", "m2", "mediator", "outcome", "channel", "iv", "without_tibet", "without_municipalities", "macro_burden"],
)
def test_the_published_log_is_reproduced(model: str, thesis: dict[str, dict[str, object]]) -> None:
    assert thesis[model]["verdict"] == "holds", thesis[model]["text"]
