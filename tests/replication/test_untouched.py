"""Nothing is said of a package as it was made, wherever it is held against itself; what is said of spoilt ones is in test_sweep.

Levels L0 and L1 by `verify.py` in plain interpreters, level L2 (every estimate anew) by panelkit in two versions of Python: under
PYTHONHASHSEED 0 to 7, with one and two threads, in four places (encoding, decimal sign, time zone). In a run of the tests the
processes are those of a covering design: every seed in every place, and with these every pair of levels of two factors. With
PANELKIT_WHOLE_MATRIX=1 the reruns of the first three packages are those of every combination, 384. The end of the run says how
many there were, by which interpreters and where; where there is only one interpreter, or a locale cannot be made, it says that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations, product
from pathlib import Path

import pytest
from matrix import PLACES, SEEDS, Cell, complete, covering, held, locales, other_python, plain_pythons
from studies import MORE, NAMES, once

Packages = Callable[[str], Path]
Record = Callable[[str, object], None]
WHOLE = os.environ.get("PANELKIT_WHOLE_MATRIX") == "1"
REAL = tuple(n for n in (*NAMES, *MORE) if n != "chinese")  # made by a run; the other's estimates were made by hand
FIRST = ("flagship", "known_truth", "organ_donors")


@pytest.fixture(scope="session")
def here(shared: Path) -> Path:
    """The folder of locales."""
    return once(shared / "locales", locales)


@pytest.fixture(scope="session")
def pythons(shared: Path) -> tuple[list[str], str]:
    """Interpreters with the lock's packages, and what is to be said of the other one; its environment is built once."""

    def make(answer: Path) -> None:
        answer.write_text(json.dumps(other_python(shared / "other-python")), "utf-8")

    other, said = json.loads(once(shared / "other-python.json", make).read_text("utf-8"))
    return [sys.executable, *([other] if other else [])], said


def named(version: str, place: str) -> str:
    return f"by Python {'.'.join(version.split('.')[:2])} in {place}"


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_design_holds_every_pair_of_levels(count: int) -> None:
    cells = covering([f"python{i}" for i in range(count)])
    levels = [
        [getattr(c, f) if f != "place" else c.place.name for f in ("python", "seed", "threads", "place")] for c in cells
    ]
    assert len(cells) == len(set(map(tuple, levels))) == 32
    for a, b in combinations(range(4), 2):
        seen = {(row[a], row[b]) for row in levels}
        assert seen == set(product({row[a] for row in levels}, {row[b] for row in levels}))
    everything = complete([f"python{i}" for i in range(count)])
    assert len(set(everything)) == count * 8 * 2 * len(PLACES)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_reported_on_an_untouched_package(
    packages: Packages, here: Path, seed: int, record_property: Record
) -> None:
    folders = [packages(name) for name in (*NAMES, *MORE)]
    for cell in (c for c in covering(plain_pythons()) if c.seed == seed):
        for folder in folders:
            done = subprocess.run(  # not -I, which would leave the seed out
                [cell.python, "-S", "-s", str(folder / "verify.py"), "--json"],
                capture_output=True, check=False, env=cell.environment(here),
            )  # fmt: skip
            told = json.loads(done.stdout.decode("ascii"))
            assert (done.returncode, [level["findings"] for level in told["levels"]]) == (0, [[], []]), cell
        version = "own" if cell.python == sys.executable else Path(cell.python).parents[1].name
        record_property(
            "counted", f"untouched packages verified, L0 and L1, none with a finding|by {version}|{len(folders)}"
        )


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_rerun_agrees_under_any_seed_threads_and_place(
    packages: Packages,
    here: Path,
    pythons: tuple[list[str], str],
    seed: int,
    tmp_path: Path,
    record_property: Record,
) -> None:
    known, said = pythons
    folders = [packages(name) for name in FIRST]
    for cell in (c for c in (complete if WHOLE else covering)(known) if c.seed == seed):
        rerun(cell, folders, (here, tmp_path), record_property)
    record_property("told", f"the other Python of the reruns: {said}")


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES, ids=lambda p: p.language)
def test_the_other_packages_are_rerun_too(
    packages: Packages,
    here: Path,
    pythons: tuple[list[str], str],
    place: object,
    tmp_path: Path,
    record_property: Record,
) -> None:
    folders = [packages(name) for name in REAL if name not in FIRST]
    for cell in [c for c in covering(pythons[0]) if c.place == place][: len(pythons[0])]:
        rerun(cell, folders, (here, tmp_path), record_property)


def rerun(cell: Cell, folders: list[Path], places: tuple[Path, Path], record_property: Record) -> None:
    """Level L2 of the packages in that cell: verified, with nothing found; and the process was where it was meant to be."""
    found = held(cell, folders, "L2", *places)
    assert len(found.levels) == len(folders)
    for name, level, verdict, compared, said in found.levels:
        assert (level, verdict, said) == ("L2", "verified", ()), f"{name}, {cell}: {said}"
        assert compared > 100
    version, place, encoding, zone = found.about
    if not place.startswith("none"):
        assert place == cell.place.language
        assert encoding.lower().replace("-", "") in cell.place.encodings, encoding
    else:
        record_property(
            "told", f"the reruns meant for {cell.place.language} were without that locale, which this machine has not"
        )
    assert zone != "UTC" or cell.place.zone == "UTC"
    record_property(
        "counted", f"untouched packages rerun, L2, none with a finding|{named(version, place)}|{len(folders)}"
    )


def test_another_python_is_found_or_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANELKIT_OTHER_PYTHON", "/some/python")
    assert other_python(tmp_path) == ("/some/python", "named by PANELKIT_OTHER_PYTHON")
    monkeypatch.delenv("PANELKIT_OTHER_PYTHON")
    monkeypatch.setattr("matrix.interpreters", lambda: iter([(sys.executable, sys.version_info[:3])]))
    python, said = other_python(tmp_path)
    assert python is None
    assert "no other interpreter" in said
