"""Levels above L2: from raw, by a second engine, the verifier's own test; and the certificate of it all."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from panelkit.replication import verify as verifying
from panelkit.replication.archive import zipped
from panelkit.replication.bundle import program_zip
from panelkit.replication.certificate import FILES, certificate
from panelkit.replication.certificate_schema import SCHEMA
from panelkit.replication.environment import locked
from panelkit.replication.package import MANIFEST, manifest_of, write_package
from panelkit.replication.rebuild import Rebuild
from panelkit.replication.standalone import level_1
from panelkit.replication.verify import LevelResult, Means, Report, verify

Files = dict[str, bytes]


def checks(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "results" / "checks.json").read_text("utf-8"))


def level(folder: Path, name: Any, **means: Any) -> LevelResult:
    (found,) = verify(folder, levels=(name,), means=Means(**means)).levels
    return found


def opened(files: Files, tmp_path: Path) -> Path:
    """A package all of whose raw files are provided, as far as its ledger says."""
    book = json.loads(files["ledger.json"])
    for raw in book["inputs"].values():
        raw["provided"] = True
    return write_package({**files, "ledger.json": json.dumps(book).encode()}, tmp_path / "p")


def test_from_raw_says_why_not(files: Files, tmp_path: Path) -> None:
    closed = level(write_package(files, tmp_path / "closed"), "L3")
    assert (closed.verdict, closed.notes) == ("not rerun", ("1 raw file is not provided: data/raw/closed/x.csv",))
    folder = opened(files, tmp_path)
    assert "time allowed" in level(folder, "L3", rebuild=Rebuild(seconds=0.0)).notes[0]
    wrong = level(folder, "L3", rebuild=Rebuild(python=Path(sys.executable)))
    assert "not what the lock says: numpy" in wrong.notes[0]
    (tmp_path / "wheels").mkdir()
    (folder / "env" / "requirements.lock").write_text(f"no-such-thing==1.0 --hash=sha256:{'0' * 64}\n")
    offline = level(folder, "L3", rebuild=Rebuild(offline=True, wheels=tmp_path / "wheels"))
    assert "installing the lock offline failed" in offline.notes[0]


def test_a_strangers_panelkit_is_not_run(files: Files, tmp_path: Path) -> None:
    folder = opened(files, tmp_path)
    marker = tmp_path / "ran"
    name, data = program_zip()
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        content = {m: parts.read(m) for m in parts.namelist()}
    (folder / name).write_bytes(zipped({**content, "panelkit/__init__.py": f"open({str(marker)!r}, 'w')".encode()}))
    assert "not this one" in level(folder, "L3").notes[0]
    (folder / name).write_bytes(zipped({**content, "../evil.py": b"x"}))
    assert "would leave the package" in level(folder, "L3").notes[0]
    (folder / name).unlink()
    assert "does not carry panelkit" in level(folder, "L3").notes[0]
    assert not marker.exists()


def test_from_raw_compares_numbers_and_texts(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = opened(files, tmp_path)
    book = json.loads(files["ledger.json"])
    made = {
        "estimates.json": files["results/estimates.json"],
        "checks.json": files["results/checks.json"],
        "ledger.json": json.dumps(list(book["numbers"].values())).encode(),
        "panel.csv": files["data/processed/panel.csv"],
        "tables/table2.tex": files["tables/table2.tex"],
    }
    monkeypatch.setattr(verifying, "rebuilt", lambda folder, how: (made, ("made up",)))
    same = level(folder, "L3")
    assert (same.verdict, same.notes[-1][:6]) == ("verified", "2 of 2")
    made["ledger.json"] = made["ledger.json"].replace(b'"0.809"', b'"0.810"')
    assert any("0.810" in f for f in level(folder, "L3").findings)


def test_a_lock_is_read_for_the_machine_it_is_for() -> None:
    lock = (Path(__file__).resolve().parents[2] / "requirements.lock").read_text("utf-8")
    older = locked(lock, {"python_version": "3.11", "python_full_version": "3.11.7", "sys_platform": "linux"})
    newer = locked(lock, {"python_version": "3.13", "python_full_version": "3.13.0", "sys_platform": "win32"})
    assert "colorama" in newer.keys() - older.keys()
    assert "pexpect" in older.keys() - newer.keys()
    assert older["numpy"] != newer["numpy"]


@pytest.mark.parametrize(
    "line",
    [
        "--extra-" + "index-" + "url https://example.org",
        "-r /etc/passwd",
        "numpy @ https://example.org/numpy.whl --hash=sha256:00",
        "numpy==2.4.0",
        "numpy>=2.4.0 --hash=sha256:00",
        "numpy==2.4.0 --hash=sha256:00 --config-settings x",
        f"numpy==2.4.0 ; {'(' * 9000} --hash=sha256:00",
        "numpy==2.4.0 ; weather == 'fine' --hash=sha256:00",
        "numpy==2.4.0 --hash=sha256:00\nnumpy==2.5.0 --hash=sha256:00",
    ],
)
def test_a_lock_that_is_more_than_pins_is_refused(files: Files, tmp_path: Path, line: str) -> None:
    folder = opened(files, tmp_path)
    (folder / "env" / "requirements.lock").write_text(line + "\n")
    with pytest.raises(ValueError, match="lock"):
        locked(line)
    assert "lock" in level(folder, "L3").notes[0]


def test_a_strangers_lock_is_not_installed(files: Files, tmp_path: Path) -> None:
    found = level(opened(files, tmp_path), "L3", rebuild=Rebuild(lock="numpy==9.9 --hash=sha256:00\n"))
    assert found.verdict == "not rerun"
    assert "requirements.lock is not this panelkit's" in found.notes[0]


@pytest.mark.slow
def test_from_raw_in_an_interpreter_that_was_given(packages: Callable[[str], Path]) -> None:
    found = level(packages("known_truth"), "L3", rebuild=Rebuild(python=Path(sys.executable)))
    assert found.verdict == "verified", found
    assert found.compared > 200
    assert "that the lock pins for it" in found.notes[-2]


@pytest.mark.slow
def test_from_raw_in_a_new_environment_built_from_the_lock(packages: Callable[[str], Path]) -> None:
    found = level(packages("known_truth"), "L3", rebuild=Rebuild(seconds=1800.0))
    if found.verdict == "not rerun" and re.search(r"Connection|resolution|No matching distribution", found.notes[0]):
        pytest.skip(f"no index can be asked here: {found.notes[0]}")
    assert found.verdict == "verified", found
    assert "every distribution of the lock installed by its hash" in found.notes[-2]
    same, there = re.match(r"(\d+) of (\d+) files", found.notes[-1]).groups()  # type: ignore[union-attr]
    assert same == there


def test_second_engine(files: Files, tmp_path: Path) -> None:
    folder = write_package(files, tmp_path / "p")
    good = level(folder, "L4", second=checks)
    assert (good.verdict, good.compared) == ("verified", 8)

    def other(at: Path) -> dict[str, Any]:
        made = checks(at)
        made["checks"][0]["rows"][0]["other_coefficient"] *= 1.001
        made["checks"][1]["verdict"] = "fails"
        return made

    found = level(folder, "L4", second=other)
    assert found.verdict == "differs"
    assert any("both.linearmodels.x" in f and "significant digit" in f for f in found.findings)
    assert any("years: the package says holds, anew it is fails" in f for f in found.findings)
    assert level(folder, "L4").verdict == "not rerun"


def test_the_verifier_tests_itself(files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_package(files, tmp_path / "p")
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    found = level(folder, "L5", each=1)
    assert (found.verdict, found.findings) == ("verified", ())
    injected, forged = map(int, re.findall(r"(\d+) of \1 (?:injected errors|forgeries)", found.notes[0]))
    assert found.compared == injected + forged
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    for part in ("coded", "in_stata", "digested"):  # a verifier that has gone blind
        monkeypatch.setattr(level_1, part, lambda *given: None)
    blind = level(folder, "L5", each=1)
    assert blind.verdict == "differs"
    assert any("slipped: a figure in the codebook" in f for f in blind.findings)
    (folder / "tables" / "table2.tex").write_bytes(files["tables/table2.tex"].replace(b".809", b".909"))
    assert level(folder, "L5", each=1).verdict == "not rerun"


def test_a_folder_with_other_files_is_refused_before_anything_is_verified(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "panelkit", "verify", str(tmp_path / "none"), "--certificate", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "mine.txt" in done.stdout + done.stderr
    assert set(certificate(Report(levels=(), exit_code=0))) == set(FILES)


def test_certificate(files: Files, tmp_path: Path) -> None:
    bad = {**files, "tables/table2.csv": files["tables/table2.csv"].replace(b"0.809***", b"<script>x</script>")}
    bad[MANIFEST] = manifest_of(bad).encode()
    report = verify(write_package(bad, tmp_path / "p"), levels=("L0", "L1"))
    first, second = (certificate(report, made_with={"python": "2.7"}, study="small & simple") for _ in range(2))
    assert first == second
    document = json.loads(first["certificate.json"])
    assert document["exit_code"] == 1
    assert document["package_digest"] == report.digest
    assert document["not_asked_for"] == ["L2", "L3", "L4", "L5"]
    assert document["departures"][0].startswith("python: the package was made with 2.7")
    assert {"processors", "settings"} == set(document["environment"]["threads"])
    assert {"system", "blas", "machine"} <= set(document["environment"]["platform"])
    assert conforms(document, SCHEMA) == []
    assert json.loads(first["certificate.schema.json"]) == SCHEMA
    page = first["certificate.html"].decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "small &amp; simple" in page
    assert str(tmp_path) not in page + first["certificate.json"].decode()
    assert b"verified: everything" in certificate(Report(levels=(), exit_code=0))["certificate.html"]
    assert conforms({**document, "study": 3, "more": 1}, SCHEMA) == ["/study", "/more"]


def test_a_certificate_names_its_study_and_tells_differences_to_the_digit(files: Files, tmp_path: Path) -> None:
    folder = write_package(files, tmp_path / "p")
    estimates = json.loads(files["results/estimates.json"])
    estimates["estimates"][0]["terms"][0]["estimate"] *= 1 + 3e-12  # another build of a linear algebra library
    estimates["estimates"][0]["terms"][0]["se"] *= 1 + 2e-4
    report = verify(folder, levels=("L2",), rerun=lambda _: estimates)
    document = json.loads(certificate(report)["certificate.json"])
    head = tomllib.loads(files["study.toml"].decode())["study"]
    assert (document["study"], document["titles"]["en"]) == (head["id"], head["title"]["en"])
    assert (document["departures"], document["made_with"]["python"]) == (
        [],
        document["environment"]["versions"]["python"],
    )
    digits = document["levels"][0]["digits"]
    (apart,) = digits["parted"]
    assert apart["where"].endswith(".se")
    assert apart["digit"] in (4, 5)
    assert digits["nearest"]["where"].endswith(".estimate")
    assert digits["nearest"]["digit"] in (12, 13)
    assert digits["same"] == document["levels"][0]["compared"] - 2
    assert conforms(document, SCHEMA) == []
    page = certificate(report)["certificate.html"].decode()
    assert all(said in page for said in ("Parts at significant digit", "自第几位有效数字起不同", "验证证书"))


def conforms(value: Any, schema: Any, at: str = "", defs: Any = None) -> list[str]:
    """Where a JSON value is not as a schema says, of the words that ours uses."""
    defs = schema.get("$defs", {}) if defs is None else defs
    if "$ref" in schema:
        return conforms(value, defs[schema["$ref"].rpartition("/")[2]], at, defs)
    if "anyOf" in schema:
        return [] if any(not conforms(value, s, at, defs) for s in schema["anyOf"]) else [at]
    kinds = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
    }
    wanted = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", list(kinds))
    if not any(isinstance(value, kinds[k]) and (k == "boolean" or not isinstance(value, bool)) for k in wanted):
        return [at]
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        return [at]
    if isinstance(value, dict):
        known, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
        wrong = [f"{at}/{k}" for k in schema.get("required", ()) if k not in value]
        for key, inner in value.items():
            if key in known:
                wrong += conforms(inner, known[key], f"{at}/{key}", defs)
            elif rest is False or key not in schema.get("propertyNames", {}).get("enum", [key]):
                wrong.append(f"{at}/{key}")
            elif isinstance(rest, dict):
                wrong += conforms(inner, rest, f"{at}/{key}", defs)
        return wrong
    if isinstance(value, list):
        return [w for i, inner in enumerate(value) for w in conforms(inner, schema["items"], f"{at}/{i}", defs)]
    low = schema.get("minimum")
    return [at] if low is not None and value is not None and value < low else []
