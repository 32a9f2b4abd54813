"""Errors of many kinds in packages of all studies: every one is caught though the manifest is made anew to fit it.

That nothing is said of the packages as they are is in test_untouched.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from studies import MORE, NAMES

from panelkit.replication.forgeries import KINDS, tried_forgeries
from panelkit.replication.injections import RESULTS, TEXTS, Injection, injections
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
NO_STUDY_FIGURE = {"an effect in a figure's numbers"}  # no figure of an event study
NO_COUNTS = {"a count in LaTeX"}  # its tables compare estimates, and print no whole numbers
NO_MINUS = {"a minus dropped", "a minus dropped in LaTeX"}  # no cell begins with a negative number
NO_EFFECTS = {"an effect row in LaTeX", "an effect row in HTML", "an effect row in Word"}  # no regression table
NO_RAW = {"a cell of a raw file"}  # the rates are not ours to give on
NO_EVENTS = {"an event time in a do-file"}  # no event study
NO_SYSTEM = {  # no panel vector autoregression; tests/stories/test_panel_var.py has one
    "a covariance of errors in the results",
    "a modulus in the results",
    "a share of forecast variance in the results",
    "a test of non-causality in the results",
    "an impulse response in the results",
}
NO_XTHREG = {"the command of thresholds in a do-file"}  # xthreg takes balanced panels only
NO_THRESHOLD = NO_XTHREG | {
    "a confidence set in the results",
    "a threshold in a do-file",
    "a threshold in the results",
    "the rows of a regime in the results",
}
NO_BRACKETS = {"a heading read aloud in HTML"}  # no row of brackets beneath a coefficient
ALL_PLACED = {"a cell of the panel without its place"}  # every cell was read, none is made or missing
OTHER_DESIGNS = NO_SYSTEM | NO_THRESHOLD
WITH_NOTHING = {  # kinds that a package has no place for, each for the reason above
    "flagship": NO_TYPST | NO_THOUSANDS | NO_SYSTEM | NO_XTHREG,
    "known_truth": NO_TYPST | NO_THOUSANDS | NO_TOLD | OTHER_DESIGNS,
    "city_zones": NO_TYPST | NO_COUNTS | NO_MINUS | NO_EFFECTS | NO_BRACKETS | OTHER_DESIGNS,
    "organ_donors": NO_TYPST | NO_THOUSANDS | NO_RAW | NO_STUDY_FIGURE | OTHER_DESIGNS,
    "industry_zones": NO_TYPST | NO_TOLD | {"a minus dropped in LaTeX"} | NO_STUDY_FIGURE | NO_EVENTS | OTHER_DESIGNS,
    "chinese": NO_THOUSANDS | NO_TOLD | NO_PAGE | NO_FIGURES | NO_EVENTS | ALL_PLACED | OTHER_DESIGNS,
}


LEAST_KINDS = {"chinese": 10}  # kinds of forgeries that a package has a place for


def errors_in(name: str, files: dict[str, bytes]) -> list[Injection]:
    """The errors that are tried in a package: two of each kind in the first three, one in the others."""
    return list(injections(files, each=2 if name in NAMES else 1, seed=1))


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("name", [*NAMES, *MORE])
def test_every_error_is_caught(
    packages: Packages, name: str, chunk: int, record_property: Callable[[str, object], None]
) -> None:
    files = read_files(packages(name))
    errors = errors_in(name, files)[chunk::CHUNKS]
    assert len(errors) >= 30
    outcome = tried(files, errors)
    assert not outcome.slipped, "\n".join(outcome.slipped)
    record_property("counted", f"injected errors caught|in {name}|{outcome.caught}")


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NAMES, *MORE])
def test_every_forgery_is_caught_by_algebra(
    packages: Packages, name: str, record_property: Callable[[str, object], None]
) -> None:
    """One number changed wherever it stands, every digest and print taken as made to match: it does not follow from the others."""
    folder = packages(name)
    counts, slipped = tried_forgeries(read_files(folder), folder, each=2, seed=1)
    assert not slipped, "\n".join(slipped)
    made = sum(tried for _, tried in counts.values())
    assert len(counts) >= LEAST_KINDS.get(name, 20)
    assert set(counts) <= {kind for kind, _, _ in KINDS}
    record_property("counted", f"forgeries caught by algebra|in {name}|{made}")


@pytest.mark.slow
def test_enough_errors_of_enough_kinds(packages: Packages) -> None:
    made = {name: errors_in(name, read_files(packages(name))) for name in (*NAMES, *MORE)}
    assert sum(len(made[name]) for name in NAMES) >= 300
    for name, errors in made.items():
        kinds = {e.kind for e in errors}
        assert len(kinds) >= 100
        possible = {t.kind for t in TEXTS} | {k for k, _ in RESULTS}
        assert possible - kinds == WITH_NOTHING[name], f"{name} has no place for {sorted(possible - kinds)}"


def test_one_of_each_kind_in_a_small_package(packages: Packages) -> None:
    outcome = self_test(packages("chinese"), each=1, seed=3)
    assert not outcome.slipped, "\n".join(outcome.slipped)
    assert outcome.kinds >= 50
    assert len(outcome.forged) >= LEAST_KINDS["chinese"]
    assert str(outcome).startswith(f"{outcome.tried} of {outcome.tried} injected errors caught")


def test_the_same_errors_every_time(packages: Packages) -> None:
    files = read_files(packages("chinese"))
    first, second = ([(e.kind, e.where, e.changed) for e in injections(files, each=1)] for _ in range(2))
    assert first == second
    assert all(files.get(n) != d for _, _, changed in first for n, d in changed.items())


def test_a_package_can_be_carried_to_another_folder(packages: Packages, tmp_path: Path) -> None:
    moved = shutil.copytree(packages("chinese"), tmp_path / "研究 包 (1)")
    done = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py"], cwd=moved, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
