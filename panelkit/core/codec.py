"""Frozen nouns to JSON values and back, doubles exact; only annotated dataclasses, never a class named in the data."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """A JSON value of a noun: dataclasses as objects, arrays as lists, NaN and infinities as the texts 'nan', 'inf', '-inf'."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return [to_json(v) for v in value.tolist()]
    if isinstance(value, np.generic):
        return to_json(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, dict):
        return {str(k): to_json(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_json(v) for v in value]
    return value


def from_json(kind: type[T], value: Any) -> T:
    """The noun of type `kind` that `to_json` made `value` of.

    Raises
    ------
    ValueError
        Where the value does not fit the type.
    """
    made: T = _decode(kind, value)
    return made


def _decode(kind: Any, value: Any) -> Any:
    origin = typing.get_origin(kind)
    if kind is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        return _union(typing.get_args(kind), value)
    if origin is typing.Literal:
        return value
    if origin is tuple:
        arguments = typing.get_args(kind)
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_decode(arguments[0], v) for v in value)
        return tuple(_decode(a, v) for a, v in zip(arguments, value, strict=True))
    if origin is dict:
        return {k: _decode(typing.get_args(kind)[1], v) for k, v in value.items()}
    if kind is np.ndarray or origin is np.ndarray:
        return np.array(_numbers(value))
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind, localns={"np": np})
        known = {f.name for f in dataclasses.fields(kind)}
        if not isinstance(value, dict) or not set(value) <= known:
            raise ValueError(f"this is not a {getattr(kind, '__name__', kind)}")
        make: Any = kind
        return make(**{k: _decode(hints[k], v) for k, v in value.items()})
    if kind is float:
        return float(value)
    return value


def _numbers(value: Any) -> Any:
    return (
        [_numbers(v) for v in value] if isinstance(value, list) else (float(value) if isinstance(value, str) else value)
    )


def _union(kinds: tuple[Any, ...], value: Any) -> Any:
    if value is None and type(None) in kinds:
        return None
    tagged = [k for k in kinds if dataclasses.is_dataclass(k)]
    if isinstance(value, dict) and tagged:
        for kind in tagged:
            fields = {f.name: f for f in dataclasses.fields(kind)}
            if "kind" not in fields or fields["kind"].default == value.get("kind"):
                return _decode(kind, value)
        raise ValueError(f"no kind '{value.get('kind')}' here")
    if value in ("nan", "inf", "-inf") and float in kinds:
        return float(value)
    return value
