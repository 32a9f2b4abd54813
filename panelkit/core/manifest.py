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
    """What a run made, and from what.

    Parameters
    ----------
    study_digest : str
        SHA-256 of the study's content.
    files : dict
        Relative path -> SHA-256.
    environment : dict
        Package -> version; no clock, no path.
    numbers : dict of Entry
        The ledger, by cell name.
    inputs : dict
        What the run depends on -> digest: code, study, raw files, environment.
    extra : dict
        Exit code and failed gates.
    """

    study_digest: str
    files: dict[str, str]
    environment: dict[str, str]
    numbers: dict[str, Entry] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
