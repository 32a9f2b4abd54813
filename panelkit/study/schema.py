"""The JSON schema of the study file, made from the same specifications that read it, so that editors can complete and check."""

from __future__ import annotations

from typing import Any

from panelkit.core.estimation import Defaults
from panelkit.core.registry import CHECKS, DERIVATIONS, ESTIMATORS, FIGURES, SOURCES, TABLES, Registry
from panelkit.core.robustness import RobustnessSpec
from panelkit.core.study import SCHEMA, FamilySpec, Head, PanelSpec, QualitySpec, VariableSpec


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a study: sections, kinds and their fields.

    Returns
    -------
    dict
        Ready for `json.dumps`.

    Raises
    ------
    RuntimeError
        Where a socket is empty: without `panelkit.pipeline.load_kinds` before it, the schema would know no kind, and say nothing of it.
    """
    sockets = (SOURCES, DERIVATIONS, ESTIMATORS, CHECKS, TABLES, FIGURES)
    if empty := [socket.noun for socket in sockets if not socket.names()]:
        raise RuntimeError(f"no {', '.join(empty)} kind is registered: call panelkit.pipeline.load_kinds() before")
    definitions: dict[str, Any] = {}
    variable = _of(VariableSpec, definitions, given=("name",))
    options = [_of(kind.spec, definitions) for kind in DERIVATIONS]
    variable["properties"]["with"] = {"anyOf": options} if options else {"type": "object"}
    variable["properties"]["derive"] = {"enum": list(DERIVATIONS.names())}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "panelkit study",
        "type": "object",
        "additionalProperties": False,
        "required": ["schema", "study", "panel"],
        "properties": {
            "schema": {"const": SCHEMA},
            "study": _of(Head, definitions),
            "panel": _of(PanelSpec, definitions),
            "sources": {"type": "object", "additionalProperties": _any(SOURCES, definitions, given=("id",))},
            "variables": {"type": "object", "additionalProperties": variable},
            "defaults": _of(Defaults, definitions),
            "models": {"type": "array", "items": _any(ESTIMATORS, definitions)},
            "checks": {"type": "object", "additionalProperties": _any(CHECKS, definitions, optional=("kind",))},
            "tables": {"type": "array", "items": _any(TABLES, definitions)},
            "figures": {"type": "array", "items": _any(FIGURES, definitions)},
            "families": {"type": "object", "additionalProperties": _of(FamilySpec, definitions)},
            "quality": _of(QualitySpec, definitions),
            "robustness": {"type": "object", "additionalProperties": _of(RobustnessSpec, definitions)},
        },
        "$defs": definitions,
    }


def _of(
    kind: type, definitions: dict[str, Any], *, given: tuple[str, ...] = (), optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The schema of one specification; `given` keys are filled from the table's name, `optional` ones need not stand there."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(kind).json_schema(ref_template="#/$defs/{model}")
    definitions.update(schema.pop("$defs", {}))
    schema.pop("title", None)
    for key in given:
        schema.get("properties", {}).pop(key, None)
    if "required" in schema:
        schema["required"] = [k for k in schema["required"] if k not in (*given, *optional)]
    for key in ("label", "title", "abstract"):
        if key in schema.get("properties", {}):
            schema["properties"][key] = {"anyOf": [{"type": "string"}, schema["properties"][key]]}
    for key in ("notes", "headings"):
        if schema.get("properties", {}).get(key, {}).get("type") == "array":
            schema["properties"][key]["items"] = {"anyOf": [{"type": "string"}, schema["properties"][key]["items"]]}
    return schema


def _any(
    socket: Registry[Any], definitions: dict[str, Any], *, given: tuple[str, ...] = (), optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    found = []
    for kind in socket:
        schema = _of(kind.spec, definitions, given=given, optional=optional)
        schema["properties"]["kind"] = {"const": kind.name}
        schema["description"] = kind.summary
        found.append(schema)
    return {"anyOf": found} if found else {"type": "object"}
