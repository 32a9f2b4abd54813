"""The README names every kind that a study can hold."""

from pathlib import Path

import pytest

from panelkit.core import registry
from panelkit.pipeline import load_kinds

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
SOCKETS = ("ESTIMATORS", "CHECKS", "DERIVATIONS", "SOURCES", "TABLES", "FIGURES")


@pytest.mark.parametrize("socket", SOCKETS)
def test_every_kind_is_named(socket):
    load_kinds()
    absent = [kind.name for kind in getattr(registry, socket) if f"`{kind.name}`" not in README]
    assert not absent


def test_every_function_of_an_expression_is_named() -> None:
    from panelkit.etl.expressions import function_names

    named = set(README.replace("`", " ").replace(";", " ").split())
    assert set(function_names()) <= named
