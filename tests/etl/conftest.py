"""What the tests of the ETL share: real files where they are, and studies made in a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from panelkit.core.estimation import Defaults
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, SOURCES
from panelkit.core.source import Observations, SourceSpec
from panelkit.core.study import Head, PanelSpec, Study, VariablePlan, VariableSpec
from panelkit.etl import derive as _derive  # noqa: F401
from panelkit.etl import sources as _sources  # noqa: F401

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


@pytest.fixture(scope="session")
def china() -> Path:
    """Real exports."""
    folder = SHARED / "data" / "china"
    if not folder.is_dir():
        pytest.skip("../shared/data/china is not here: real files are not part of a clone")
    return folder


@pytest.fixture(scope="session")
def policy_facts() -> Path:
    """Province-year figures with vintages."""
    folder = SHARED / "facts"
    if not folder.is_dir():
        pytest.skip("../shared/facts is not here: it is not part of a clone")
    return folder


def _source_of(kind: str, path: Path | str, **fields: Any) -> SourceSpec:
    """A source of a kind; id 's' unless given."""
    spec: SourceSpec = SOURCES[kind].spec(**{"id": "s", "kind": kind, "path": Path(path).name, "series": {}, **fields})
    return spec


def _read_as(kind: str, path: Path, **fields: Any) -> Observations:
    """A file read as a kind."""
    return SOURCES[kind].read(_source_of(kind, path, **fields), path)


def _study_of(
    variables: Mapping[str, Mapping[str, Any]], sources: Mapping[str, SourceSpec] | None = None, **panel: Any
) -> Study:
    """A study with these variables; `with` holds the options of a derivation."""
    plans = {}
    for name, fields in variables.items():
        own = dict(fields)
        options = own.pop("with", {})
        typed = DERIVATIONS[own["derive"]].spec(**options) if own.get("derive") else None
        plans[name] = VariablePlan(spec=VariableSpec(name=name, **own), options=typed)
    return Study(
        head=Head(id="t", title=Label(en="t"), seed=1),
        panel=PanelSpec(**{"years": (2015, 2018), **panel}),
        sources=dict(sources or {}),
        variables=plans,
        defaults=Defaults(),
        models=(),
        checks={},
        tables=(),
        figures=(),
        digest="",
        document={},
    )


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a text file and give its path."""

    def write(text: str, name: str = "f.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.fixture
def source_of() -> Callable[..., SourceSpec]:
    return _source_of


@pytest.fixture
def read_as() -> Callable[..., Observations]:
    return _read_as


@pytest.fixture(scope="session")
def study_of() -> Callable[..., Study]:
    return _study_of
