"""The README by its word: its commands run in order as printed, what it shows is what they print, its fragments are a study's."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from panelkit.core.registry import ESTIMATORS
from panelkit.pipeline import load_kinds

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
OWN = README[README.index("## Your own study") :]
PAPER = "The coefficient of e-commerce is 0.350 (0.079) in column (1) of Table 1.\n"


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def commands() -> Iterator[list[str]]:
    """Words of each command of the section about a study of one's own, in order."""
    for block in blocks("sh", OWN):
        for line in block.splitlines():
            command = line.partition("  #")[0].partition("&&")[0].strip()
            if command:
                yield shlex.split(command)


@pytest.fixture(scope="module")
def spoken(cli: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each command printed, by the command."""
    home = tmp_path_factory.mktemp("newcomer")
    told: dict[str, str] = {}
    for program, *words in commands():
        assert program == "panelkit"
        inside = home / "my_paper"
        if inside.is_dir():
            (inside / "paper.tex").write_text(PAPER, "utf-8")
        done = cli(*words, cwd=inside if inside.is_dir() else home)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        told[" ".join((program, *words))] = done.stdout
    return told


@pytest.mark.slow
def test_every_command_runs_as_printed(spoken: dict[str, str]) -> None:
    assert len(spoken) >= 12
    assert "L2 verified" in spoken["panelkit verify output/packages/my_study"]


@pytest.mark.slow
def test_what_is_shown_is_what_is_printed(spoken: dict[str, str]) -> None:
    shown = [b for b in blocks("text", OWN) if b.startswith("$ panelkit table")]
    assert shown
    for block in shown:
        command, *lines = block.splitlines()
        printed = spoken[command.removeprefix("$ ")].splitlines()
        at = 0
        for line in (x for x in lines if x != "..."):
            assert line in printed[at:], line
            at = printed.index(line, at) + 1


def test_its_fragments_are_toml_and_its_kinds_are_known() -> None:
    load_kinds()
    for block in blocks("toml"):
        assert tomllib.loads(block)
    table = README[README.index("| in Stata |") :].partition("\n\n")[0]
    named = set(re.findall(r'"([a-z_]+_[a-z_]+|threshold|poisson|instrumental)"', table))
    assert named
    assert named <= set(ESTIMATORS.names())
