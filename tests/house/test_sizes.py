"""Rooms that a reader can know: files, functions and parameter lists of a size that has served well."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2] / "panelkit"
FILES = sorted(p for p in HOME.rglob("*.py") if "__pycache__" not in p.parts)
LINES, BODY = 470, 75
EXCEPTIONS: dict[str, str] = {}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(HOME).as_posix())
def test_a_file_is_one_room(path: Path) -> None:
    if path.relative_to(HOME).as_posix() not in EXCEPTIONS:
        assert len(path.read_text("utf-8").splitlines()) <= LINES


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(HOME).as_posix())
def test_a_function_fits_on_a_screen(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            prose = node.body[0] if ast.get_docstring(node) else None
            length = (node.end_lineno or 0) - node.lineno + 1
            if prose is not None:
                length -= (prose.end_lineno or 0) - prose.lineno + 1
            assert length <= BODY, f"{path.name}: {node.name} has {length} lines"


def test_every_exception_still_exists() -> None:
    for name in EXCEPTIONS:
        assert (HOME / name).is_file()
