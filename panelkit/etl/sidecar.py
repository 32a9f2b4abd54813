"""The card beside a raw file (`<file>.source.toml`): what it says of the file completes what the study says; it holds no figures."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from panelkit.core import digest as digests
from panelkit.core.errors import Fault, SourceError
from panelkit.core.label import Label
from panelkit.core.letters import deceiving
from panelkit.core.source import SourceSpec

LARGEST_CARD = 1_000_000  # bytes
LATEST = 9999  # year
_TEXTS = ("publisher", "url", "retrieved", "licence")


def completed(source: SourceSpec, path: Path) -> SourceSpec:
    """`source` with the publisher, title, licence, vintage and units of measure that the card beside `path` states.

    What the study itself states stands. Without a card the source comes back as it is. A source of one file for each year has
    one card, called as its path is, such as `raw-{year}.xls.source.toml`; its `files` (name -> SHA-256) says what the pages are.

    Raises
    ------
    SourceError
        Where the card cannot be read, or describes another file (its SHA-256 differs), or contradicts the study's units.
    """
    card_path = path.with_name(path.name + ".source.toml")
    if card_path.is_symlink():
        raise SourceError("the card is a link", where=card_path.name, mend="put the card itself beside the file")
    if not card_path.is_file():
        return source
    if card_path.stat().st_size > LARGEST_CARD:
        raise SourceError(
            "this is too large for a card", where=card_path.name, mend="put figures into the file, not here"
        )
    try:
        card = tomllib.loads(card_path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, or brackets without end
        raise SourceError(f"the card cannot be read: {error}", where=card_path.name, mend="mend its TOML") from error
    _refuse_misshapen(card, card_path.name)
    _refuse_other_file(card, path)
    given: dict[str, Any] = {k: str(card[k]) for k in _TEXTS if k in card and not getattr(source, k)}
    if "title" in card and not (source.title.en or source.title.zh):
        title = card["title"]
        given["title"] = Label(en=title, zh=title) if isinstance(title, str) else Label(**title)
    if source.vintage is None and isinstance(card.get("vintage"), int):
        given["vintage"] = card["vintage"]
    given["redistribute"] = source.redistribute and bool(card.get("redistribute", True))
    given["measures"] = _measures(source, card, path)
    if not source.notes:
        given["notes"] = " ".join(card.get("notes", []))
    return replace(source, **given)


def _refuse_misshapen(card: dict[str, Any], where: str) -> None:
    """What a card says is in the form that it must have, and no text of it deceives its reader; all faults at once."""
    title, columns = card.get("title", ""), card.get("columns", {})
    fits = {
        "title": _texts(title) and set(title) <= {"en", "zh"} if isinstance(title, dict) else isinstance(title, str),
        "files": _texts(card.get("files", {})),
        "notes": isinstance(card.get("notes", []), list) and all(isinstance(n, str) for n in card.get("notes", [])),
        "columns": isinstance(columns, dict)
        and all(isinstance(c, dict) and isinstance(c.get("unit", ""), str) for c in columns.values()),
        "vintage": not isinstance(card.get("vintage"), int) or 0 <= card["vintage"] <= LATEST,
        **{name: not isinstance(card.get(name), (dict, list)) for name in (*_TEXTS, "sha256")},
    }
    faults = [
        Fault(where=f"{where}, {name}", what="this is not in the form of a card", mend="see the card of a new study")
        for name, holds in fits.items()
        if not holds
    ]
    if named := deceiving("".join(_all_texts(card))):
        what = f"the card holds characters that hide or turn what is read: {named}"
        faults.append(Fault(where=where, what=what, mend="write it again without them"))
    if faults:
        raise SourceError(faults=faults)


def _texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())


def _all_texts(value: Any) -> Iterator[str]:
    """Every text of a card, names of its entries included; it was read by a parser that bounds its depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _all_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _all_texts(inner)


def _refuse_other_file(card: dict[str, Any], path: Path) -> None:
    stated: dict[str, str] = dict(card.get("files", {}))
    if card.get("sha256") and path.is_file():
        stated[path.name] = card["sha256"]
    for name, digest in sorted(stated.items()):
        file = path.with_name(Path(name).name)
        found = digests.of_bytes(file.read_bytes()) if file.is_file() else ""
        if found == digest:
            continue
        mend = f"put the file there, or take it out of the card {path.name}.source.toml"
        if found:
            card_name = f"{path.name}.source.toml"
            mend = f'take the file as it was; if it was changed on purpose, say so in {card_name} and put sha256 = "{found}" there'
        raise SourceError(
            "the file is not the one its card describes: the SHA-256 differs"
            if found
            else "the card describes a file that is not there",
            where=name,
            mend=mend,
        )


def _measures(source: SourceSpec, card: dict[str, Any], path: Path) -> dict[str, str]:
    columns = card.get("columns", {})
    measures = dict(source.measures)
    for alias, printed in source.series.items():
        stated = columns.get(printed, {}).get("unit")
        if stated is None:
            continue
        if measures.setdefault(alias, stated) != stated:
            raise SourceError(
                f"'{printed}' is in {stated} by its card and in {measures[alias]} by the study",
                where=f"{path.name}.source.toml",
                mend=f"mend sources.{source.id}.measures.{alias}, or the card",
            )
    return measures
