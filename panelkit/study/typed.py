"""From TOML values to typed specifications: unknown keys, wrong types and wrong choices become faults with their key path."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from panelkit.core.errors import Fault
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest, nearest

T = TypeVar("T")

_PLAIN = {  # what a value should have been, as TOML writes it
    "tuple_type": 'write a list in square brackets, such as [2010, 2022] or ["a", "b"]',
    "list_type": 'write a list in square brackets, such as ["a", "b"]',
    "dict_type": 'write pairs in braces: { name = value }, such as { "540000" = "why" }',
    "dataclass_type": "write pairs in braces: { key = value }",
    "dataclass_exact_type": "write pairs in braces: { key = value }",
    "int_type": "write a whole number without quotation marks",
    "int_from_float": "write a whole number",
    "float_type": "write a number without quotation marks",
    "bool_type": "write true or false without quotation marks",
    "string_type": "write a text in quotation marks",
    "too_long": "it has too many entries",
    "too_short": "an entry is missing",
}


def typed(kind: type[T], value: Any, where: str, faults: list[Fault]) -> T | None:
    """`value` (a TOML table) as the specification `kind`; None, with every fault added to `faults`, where it does not fit."""
    from pydantic import TypeAdapter, ValidationError

    if not isinstance(value, dict):
        faults.append(Fault(where=where, what=f"a table is expected, not {value!r}", mend=f"write it as [{where}]"))
        return None
    prepared = _labelled(kind, value)
    try:
        made: T = TypeAdapter(kind).validate_json(json.dumps(prepared, default=str), strict=True)
        return made
    except ValidationError as error:
        seen: dict[tuple[str, str], Fault] = {}
        for one in error.errors(include_url=False, include_context=True):
            fault = _fault(kind, prepared, where, one)
            if fault is not None:
                seen.setdefault((fault.where, fault.what), fault)
        faults.extend(seen.values())
        return None


def _labelled(kind: Any, value: Any) -> Any:
    """`value` with every plain text that stands where a label is due made a label of both languages."""
    if kind is Label and isinstance(value, str):
        return {"en": value, "zh": value}
    if typing.get_origin(kind) is tuple and isinstance(value, list):
        return [_labelled(typing.get_args(kind)[0], v) for v in value]
    if dataclasses.is_dataclass(kind) and isinstance(value, dict):
        hints = typing.get_type_hints(kind)
        return {k: _labelled(hints.get(k), v) for k, v in value.items()}
    return value


def _fault(kind: type, value: Any, where: str, error: Any) -> Fault | None:
    """One pydantic error in our words; None for the branches of a union that the value did not mean."""
    path, here, node = [where], kind, value
    location = list(error["loc"])
    for part in location[:-1] if error["type"] == "unexpected_keyword_argument" else location:
        members = {m.__name__: m for m in _members(here)}
        if part in members and not (isinstance(node, dict) and part in node):
            meant = node.get("kind") if isinstance(node, dict) else None
            tags = {_tag(m): m for m in members.values()}
            if meant in tags and tags[meant] is not members[part]:
                return None
            if not isinstance(node, dict):
                mend = " or ".join(f'{{ kind = "{t}", ... }}' for t in sorted(t for t in tags if t))
                what = f"{json.dumps(node, ensure_ascii=False, default=str)} does not fit"
                return Fault(where=".".join(path), what=what, mend=f"write {mend}")
            if meant not in tags:
                mend = known_or_nearest(str(meant), [t for t in tags if t])
                return Fault(where=f"{'.'.join(path)}.kind", what=f"unknown kind '{meant}'", mend=mend)
            here = members[part]
            continue
        path.append(str(part))
        here = _type_of(here, part)
        node = (
            node.get(part)
            if isinstance(node, dict)
            else (node[part] if isinstance(part, int) and isinstance(node, list) else None)
        )
    if error["type"] == "unexpected_keyword_argument":
        key = str(location[-1])
        mend = known_or_nearest(key, _fields(here))
        return Fault(where=".".join([*path, key]), what=f"unknown key '{key}'", mend=mend)
    if error["type"] in ("missing", "missing_argument", "missing_keyword_only_argument"):
        mend = f"add it: {path[-1]} = {_as_written(here)}"
        return Fault(where=".".join(path), what="this key is missing", mend=mend)
    return Fault(where=".".join(path), **_words(error, node))


def _as_written(kind: Any) -> str:
    """What a value of that type looks like in TOML.

    >>> _as_written(tuple[str, ...]), _as_written(dict[str, typing.Literal["+", "-"]]), _as_written(tuple[int, int])
    ('["...", ...]', '{ NAME = "+" or "-" }', '[number, number]')
    """
    arguments = [a for a in typing.get_args(kind) if a is not type(None)]
    origin = typing.get_origin(kind)
    if origin is typing.Literal:
        return " or ".join(json.dumps(a) for a in arguments)
    if origin is tuple:
        inside = [_as_written(a) if a is not Ellipsis else "..." for a in arguments]
        return f"[{', '.join(inside)}]"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"{{ NAME = {_as_written(arguments[-1])} }}"
    if kind is not Label and dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        due = [f.name for f in dataclasses.fields(kind) if f.default is f.default_factory is dataclasses.MISSING]
        return f"{{ {', '.join(f'{name} = {_as_written(hints[name])}' for name in due)} }}"
    if arguments:
        return _as_written(arguments[0])
    return {int: "number", float: "number", bool: "true or false"}.get(kind, '"..."')


def _words(error: Any, node: Any) -> dict[str, str]:
    if error["type"] == "literal_error":
        allowed = [a.strip("' ") for a in error["ctx"]["expected"].replace(" or ", ", ").split(",")]
        near = nearest(str(node), allowed)
        mend = f"did you mean '{near}'? ({', '.join(allowed)})" if near else known_or_nearest(str(node), allowed)
        return {"what": f"'{node}' is not one of the choices", "mend": mend}
    return {
        "what": f"{json.dumps(node, ensure_ascii=False, default=str)} does not fit",
        "mend": _PLAIN.get(error["type"]) or f"it should be {error['msg'].removeprefix('Input should be ')}",
    }


def _members(kind: Any) -> list[Any]:
    inner = [a for a in typing.get_args(kind) if a is not type(None)]
    return [m for m in inner if dataclasses.is_dataclass(m)]


def _tag(kind: Any) -> str | None:
    return next((str(f.default) for f in dataclasses.fields(kind) if f.name == "kind"), None)


def _fields(kind: Any) -> list[str]:
    return [f.name for f in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else []


def _type_of(kind: Any, part: Any) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return typing.get_type_hints(kind).get(str(part))
    arguments = typing.get_args(kind)
    if dataclasses.is_dataclass(next(iter(_members(kind)), None)):
        only = _members(kind)
        return typing.get_type_hints(only[0]).get(str(part)) if len(only) == 1 else None
    return arguments[-1] if typing.get_origin(kind) is dict and arguments else (arguments[0] if arguments else None)
