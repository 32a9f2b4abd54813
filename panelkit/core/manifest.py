"""What a run or a package consists of: digests of files, environment, and the ledger of every printed number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One printed number: raw value, text as printed, the (model, term, field) it belongs to and the exhibit that prints it."""

    cell: str
    exhibit: str
    raw: float | int | str | None
    shown: str
    mark: str
    key: tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """files : relative path -> SHA-256. numbers : the ledger, by cell name. environment : package -> version, no clock, no path."""

    study_digest: str
    files: dict[str, str]
    environment: dict[str, str]
    numbers: dict[str, Entry] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
