"""What the tests of the ETL share: real files where they are, and studies made in a line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from panelkit.core.estimation import Defaults
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS, SOURCES
from panelkit.core.source import OBSERVED, Observations, Provenance, SourceSpec
from panelkit.core.study import Head, PanelSpec, Study, VariablePlan, VariableSpec
from panelkit.etl import derive as _derive  # noqa: F401
from panelkit.etl import sources as _sources  # noqa: F401

sys.path.insert(0, str(Path(__file__).parent))

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


def _observed(frame: pd.DataFrame, measures: Mapping[str, str]) -> Observations:
    """Columns unit, time and one per alias, as a reader would give them; NaN is a blank cell."""
    aliases = [c for c in frame.columns if c not in ("unit", "time")]
    long = frame.melt(["unit", "time"], aliases, "alias", "value")
    long["series"] = "s." + long["alias"]
    long["cell"] = [f"sheet!C{i + 2}" for i in range(len(long))]
    long["measure"] = [measures.get(a, "") for a in long["alias"]]
    long = long.assign(text=None, vintage=0, source="s").astype({"text": "object"})
    card = Provenance(publisher="", title=Label(), url="", retrieved="", vintage=None, sha256="", licence="")
    return Observations(frame=long[list(OBSERVED)], provenance=card)


@pytest.fixture(scope="session")
def assembled_of() -> Callable[..., Any]:
    """Frame with unit, time and one column per alias of source 's' -> (Assembled, Study); `models`, `source` go to those."""
    from dataclasses import replace

    from panelkit.core.registry import ESTIMATORS
    from panelkit.estimators import fixed_effects as _fixed_effects  # noqa: F401
    from panelkit.etl.assemble import assemble

    def make(
        frame: pd.DataFrame,
        variables: Mapping[str, Mapping[str, Any]],
        *,
        measures: Mapping[str, str] | None = None,
        source: Mapping[str, Any] | None = None,
        models: Mapping[str, Any] | None = None,
        **panel: Any,
    ) -> Any:
        aliases = {c: c for c in frame.columns if c not in ("unit", "time")}
        spec = SourceSpec(id="s", kind="tidy", path="f.xlsx", series=aliases, **(source or {}))
        study = _study_of(variables, {"s": spec}, **panel)
        kind = ESTIMATORS["fixed_effects"].spec
        made = tuple(
            kind(id=i, kind="fixed_effects", **({"formula": m} if isinstance(m, str) else m))
            for i, m in (models or {}).items()
        )
        study = replace(study, models=made)
        return assemble(study, {"s": _observed(frame, measures or {})}), study

    return make


@pytest.fixture(scope="session")
def rows_of() -> Callable[..., pd.DataFrame]:
    """Every unit in every year, units outermost, with columns."""

    def make(units: list[str], years: range, **columns: Any) -> pd.DataFrame:
        return (
            pd.MultiIndex.from_product([units, years], names=["unit", "time"]).to_frame(index=False).assign(**columns)
        )

    return make
