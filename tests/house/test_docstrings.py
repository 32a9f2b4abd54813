"""The public face is documented: every parameter with what it is, what comes back, what is raised."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
import textwrap
from typing import Any

import pytest

STAGES = (
    "core", "engines", "estimators", "etl", "facts", "numerics", "replication", "reporting", "simulation", "study", "checks",
)  # fmt: skip
HEAD = re.compile(r"^(\w+)\n-+$", re.MULTILINE)


def _public() -> list[tuple[str, Any]]:
    """Every function and class of the face and of what the stages' folders hand out themselves."""
    found = []
    for name in ("panelkit", *(f"panelkit.{s}" for s in STAGES)):
        module = importlib.import_module(name)
        for own in getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]:
            thing = getattr(module, own)
            if callable(thing) and str(getattr(thing, "__module__", "")).startswith("panelkit"):
                found.append((f"{name}.{own}", thing))
    return found


def sections(doc: str) -> dict[str, str]:
    """The parts of a docstring in NumPy style, the text before them under ''."""
    parts = HEAD.split(doc)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def named(section: str) -> set[str]:
    """The names that a section describes: `a, b : ...`, several on a line too."""
    heads = re.findall(r"(?:^|[.;] )((?:\*{0,2}\w+)(?:, \*{0,2}\w+)*)(?= :|$)", section, re.MULTILINE)
    return {n.lstrip("*") for head in heads for n in head.split(", ")}


def _faults(thing: Any) -> list[str]:
    told = sections(inspect.getdoc(thing) or "")
    if not told[""].strip():
        return ["says nothing"]
    if inspect.isclass(thing):
        wanted = (
            [f.name for f in dataclasses.fields(thing) if not f.name.startswith("_")]
            if dataclasses.is_dataclass(thing)
            else []
        )
        return [f"{n} is not described" for n in wanted if n not in named(told.get("Parameters", ""))]
    signature = inspect.signature(thing)
    faults = [f"{n} is not described" for n in signature.parameters if n not in named(told.get("Parameters", ""))]
    if signature.return_annotation not in (None, "None") and "Returns" not in told:
        faults.append("does not say what it returns")
    tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
    if any(isinstance(node, ast.Raise) and node.exc is not None for node in ast.walk(tree)) and "Raises" not in told:
        faults.append("does not say what it raises")
    return faults


@pytest.mark.parametrize(("name", "thing"), _public(), ids=lambda x: x if isinstance(x, str) else "")
def test_what_is_public_is_described(name: str, thing: Any) -> None:
    assert not _faults(thing), f"{name}: {'; '.join(_faults(thing))}"


def test_every_verb_of_the_face_says_what_it_raises() -> None:
    import panelkit

    verbs = [v for v in panelkit.__all__ if inspect.isfunction(getattr(panelkit, v))]
    assert len(verbs) >= 9
    assert [v for v in verbs if "Raises" not in sections(inspect.getdoc(getattr(panelkit, v)) or "")] == []
