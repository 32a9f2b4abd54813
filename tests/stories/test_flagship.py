"""The flagship as the README tells it: the headline by vintage, every second engine agreeing, the same bytes from run.py, its package."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
STUDY = ROOT / "analyses" / "cbec_clusters" / "study.toml"


@pytest.fixture(scope="module")
def flagship(cli: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("flagship")
    done = cli("run", STUDY, "--output", output)
    assert done.returncode == 0, done.stdout + done.stderr
    return output / "cbec_clusters"


def estimates(folder: Path) -> dict[str, dict[str, Any]]:
    document = json.loads((folder / "estimates.json").read_text("utf-8"))
    return {e["id"]: e for e in document["estimates"]}


def focal(folder: Path, model: str) -> tuple[float, float]:
    term = estimates(folder)[model]["terms"][0]
    return round(term["estimate"], 3), round(term["p"], 3)


def test_the_headline_depends_on_the_vintage(flagship: Path) -> None:
    assert focal(flagship, "ecommerce_on_cluster_first") == (1.338, 0.023)
    assert focal(flagship, "cluster_on_ecommerce_first") == (0.074, 0.036)
    assert focal(flagship, "ecommerce_on_cluster")[0] == 0.305
    assert focal(flagship, "cluster_on_ecommerce")[0] == 0.011
    readme = (ROOT / "README.md").read_text("utf-8")
    for figure in ("1.338", ".023", ".074", ".036", ".305", ".011"):
        assert figure in readme


def test_every_model_is_confirmed(flagship: Path) -> None:
    checks = json.loads((flagship / "checks.json").read_text("utf-8"))["checks"]
    verdicts = {c["of"]: c["verdict"] for c in checks if c["name"] == "second_engine"}
    made = estimates(flagship)
    assert set(verdicts) == set(made)
    by_route = {m for m, e in made.items() if e["confirmation"] != "engine"}
    assert {verdicts[m] for m in set(made) - by_route} == {"holds"}
    assert by_route == {
        "zone_dose__imputation", "zone_dose__not_yet_treated", "ecommerce_threshold", "cluster_threshold",
    }  # fmt: skip
    assert all(made[model]["tests"]["route"]["difference"] < 1e-10 for model in by_route)


def test_the_battery_leaves_nothing_out(flagship: Path) -> None:
    from panelkit import pipeline

    declared = [v.id for v in pipeline.read_study(ROOT / STUDY).variants]
    assert len(declared) >= 15
    checks = json.loads((flagship / "checks.json").read_text("utf-8"))["checks"]
    found = next(c for c in checks if c["name"] == "robustness_zone_dose")
    assert [r["specification"] for r in found["rows"]] == declared
    assert set(declared) <= set(estimates(flagship)), "a specification of the flagship failed"


def test_the_report_says_what_it_must(flagship: Path) -> None:
    page = (flagship / "report.html").read_text("utf-8")
    for words in ("No official series of provincial cross-border e-commerce exists", "no capital stock", "vanishes"):
        assert words in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def digests(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_run_py_gives_the_same_bytes(flagship: Path, tmp_path: Path) -> None:
    program = ROOT / "analyses" / "cbec_clusters" / "run.py"
    assert len(program.read_text("utf-8").splitlines()) <= 15
    done = subprocess.run([sys.executable, program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "output" / "cbec_clusters") == digests(flagship)


def test_its_package_verifies(flagship: Path, cli: Any, tmp_path: Path) -> None:
    packed = cli("package", STUDY, "--output", flagship.parent, "--to", tmp_path / "p")
    assert packed.returncode == 0, packed.stderr
    held = cli("verify", tmp_path / "p", "--levels", "L0,L1,L2,L4", "--certificate", tmp_path / "certificate")
    assert held.returncode == 0, held.stdout + held.stderr
    assert (tmp_path / "certificate" / "certificate.html").is_file()


def test_standard_errors_side_by_side(cli: Any) -> None:
    told = cli("explain", STUDY, "cluster_on_ecommerce", "--se")
    assert told.returncode == 0, told.stderr
    readme = (ROOT / "README.md").read_text("utf-8")
    quoted = [line.strip() for line in readme.splitlines() if line.startswith("  CR") and "ratio" not in line]
    assert len(quoted) >= 5
    for line in quoted:
        assert " ".join(line.removesuffix("; ...").split()) in " ".join(told.stdout.split()), line


def test_a_manuscript_is_bound_to_the_ledger(flagship: Path, cli: Any, tmp_path: Path) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text("E-commerce sales (ln) have a coefficient of 0.074 (0.034), not 0.987.\n", "utf-8")
    told = cli("audit", paper, "--study", STUDY, "--output", flagship.parent, "--json")
    assert told.returncode == 1, told.stdout + told.stderr
    assert "0.987" in told.stdout
