"""Errors of many kinds in three packages: all are caught though the manifest is made anew; the packages untouched are verified anywhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from studies import NAMES, ROOT

from panelkit.replication.injections import RESULTS, TEXTS, injections
from panelkit.replication.self_test import read_files, self_test, tried

Packages = Callable[[str], Path]
CHUNKS = 3
NO_TYPST = {"a digit in Typst"}  # the study asks for no such format
NO_THOUSANDS = {"a comma of thousands"}  # no cell of a table is a number of a thousand or more
NO_TOLD = {"a number told in a do-file"}  # every number that a do-file of it tells is asserted there
NO_PAGE = {  # made by hand: its page is its tables and three sentences, without checks and pictures
    "a number of a check on the page",
    "a picture on the page",
    "a figure within the page",
    "a text read aloud on the page",
}
NO_FIGURES = {"an effect in a figure's numbers", "a number of a figure", "a picture of a figure"}  # it declares none
NO_EVENTS = {"an event time in a do-file"}  # no event study
ALL_PLACED = {"a cell of the panel without its place"}  # every cell was read, none is made or missing
WITH_NOTHING = {  # kinds that a package has no place for, each for the reason above
    "flagship": NO_TYPST | NO_THOUSANDS,
    "known_truth": NO_TYPST | NO_THOUSANDS | NO_TOLD,
    "chinese": NO_THOUSANDS | NO_TOLD | NO_PAGE | NO_FIGURES | NO_EVENTS | ALL_PLACED,
}


def pythons() -> list[str]:
    """This interpreter, and the oldest and newest others that are here."""
    home = Path.home() / ".pyenv" / "versions"
    others = [str(home / v / "bin" / "python") for v in ("3.9.18", "3.13.0")]
    return [sys.executable, *(p for p in others if Path(p).exists())]


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("name", NAMES)
def test_every_error_is_caught(packages: Packages, name: str, chunk: int) -> None:
    files = read_files(packages(name))
    errors = list(injections(files, each=2, seed=1))[chunk::CHUNKS]
    assert len(errors) >= 30
    outcome = tried(files, errors)
    assert not outcome.slipped, "\n".join(outcome.slipped)


@pytest.mark.slow
def test_enough_errors_of_enough_kinds(packages: Packages) -> None:
    made = {name: list(injections(read_files(packages(name)), each=2, seed=1)) for name in NAMES}
    assert sum(map(len, made.values())) >= 300
    for name, errors in made.items():
        kinds = {e.kind for e in errors}
        assert len(kinds) >= 50
        possible = {t.kind for t in TEXTS} | {k for k, _ in RESULTS}
        assert possible - kinds == WITH_NOTHING[name], f"{name} has no place for {sorted(possible - kinds)}"


def test_one_of_each_kind_in_a_small_package(packages: Packages) -> None:
    outcome = self_test(packages("chinese"), each=1, seed=3)
    assert not outcome.slipped, "\n".join(outcome.slipped)
    assert outcome.kinds >= 50
    assert str(outcome).startswith(f"{outcome.tried} of {outcome.tried} injected errors caught")


def test_the_same_errors_every_time(packages: Packages) -> None:
    files = read_files(packages("chinese"))
    first, second = ([(e.kind, e.where, e.changed) for e in injections(files, each=1)] for _ in range(2))
    assert first == second
    assert all(files.get(n) != d for _, _, changed in first for n, d in changed.items())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("python", pythons())
def test_nothing_is_reported_on_an_untouched_package(packages: Packages, python: str, seed: int) -> None:
    places = [("C", "UTC"), ("zh_CN.UTF-8", "Asia/Shanghai"), ("tr_TR.UTF-8", "America/New_York")]
    language, zone = places[seed % 3]
    for name in NAMES:
        done = subprocess.run(
            [python, "-I", "-S", str(packages(name) / "verify.py"), "--json"], capture_output=True, text=True, check=False,
            env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": str(seed), "LC_ALL": language, "LANG": language, "TZ": zone},
        )  # fmt: skip
        told = json.loads(done.stdout)
        assert (done.returncode, [level["findings"] for level in told["levels"]]) == (0, [[], []])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_the_rerun_agrees_under_any_seed_threads_and_place(packages: Packages, seed: int) -> None:
    threads = str(1 + seed % 2)
    names = ("known_truth", "flagship") if seed < 2 else ("known_truth",)
    for name in names:
        done = subprocess.run(
            [sys.executable, "-m", "panelkit", "verify", str(packages(name)), "--json"],
            capture_output=True, text=True, check=False, cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": str(seed), "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads,
                 "TZ": ("UTC", "Asia/Shanghai")[seed % 2], "LC_ALL": ("C.UTF-8", "C")[seed // 2 % 2], "PYTHONUTF8": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_package_can_be_carried_to_another_folder(packages: Packages, tmp_path: Path) -> None:
    moved = shutil.copytree(packages("chinese"), tmp_path / "研究 包 (1)")
    done = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py"], cwd=moved, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
