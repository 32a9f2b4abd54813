"""A certificate of what was verified: verdicts, environment, every difference to the digit, as JSON with its schema; no clock, no path.

The page of it is in certificate_page, the schema in certificate_schema.
"""

from __future__ import annotations

import json
import math
import platform
from typing import Any

from panelkit.replication.certificate_page import page
from panelkit.replication.certificate_schema import FORMAT, SCHEMA
from panelkit.replication.environment import departures, environment, platform_facts, threads
from panelkit.replication.rerun import Parted
from panelkit.replication.verify import LEVELS, Digits, Report

FILES = ("certificate.html", "certificate.json", "certificate.schema.json")


def certificate(
    report: Report, *, made_with: dict[str, str] | None = None, study: str | None = None
) -> dict[str, bytes]:
    """`certificate.json`, its `certificate.schema.json` and `certificate.html`; the same report on the same machine gives the same bytes.

    Parameters
    ----------
    report : what `verify` found. It knows the study and what the package was made with.
    made_with : the versions of the package, whose departures from here are listed; by default those that the report knows.
    study : the name of what was verified; by default the one that the report knows.
    """
    subject = report.subject
    document = _document(report, subject.made_with if made_with is None else made_with, study or subject.study)
    return {
        "certificate.html": page(document, subject.language).encode(),
        "certificate.json": _json(document),
        "certificate.schema.json": _json(SCHEMA),
    }


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _document(report: Report, made_with: dict[str, str], study: str) -> dict[str, Any]:
    here = environment()
    asked = {r.level for r in report.levels}
    machine = {**platform_facts(), "release": platform.release()}
    return {
        "format": FORMAT,
        "study": study,
        "titles": dict(sorted(report.subject.titles.items())),
        "package_digest": report.digest,
        "exit_code": report.exit_code,
        "verdict": ("verified", "differs", "not all done")[report.exit_code],
        "levels": [
            {
                "level": r.level,
                "verdict": r.verdict,
                "compared": r.compared,
                "findings": list(r.findings),
                "notes": list(r.notes),
                "digits": None if r.digits is None else _digits(r.digits),
            }
            for r in report.levels
        ],
        "not_asked_for": [level for level in LEVELS if level not in asked],
        "notes": list(report.notes),
        "environment": {"versions": here, "platform": machine, "threads": threads()},
        "made_with": dict(sorted(made_with.items())),
        "departures": list(departures(made_with, {**here, **machine})) if made_with else [],
    }


def _digits(found: Digits) -> dict[str, Any]:
    return {
        "same": found.same,
        "nearest": None if found.nearest is None else _parted(found.nearest),
        "parted": [_parted(p) for p in found.parted],
    }


def _parted(found: Parted) -> dict[str, Any]:
    return {
        "where": found.where,
        "packaged": _value(found.packaged),
        "anew": _value(found.anew),
        "digit": found.digit,
    }


def _value(value: Any) -> Any:
    """A number or text as JSON has it: NaN and the infinities as text, what is neither as its JSON text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return (
        value if value is None or isinstance(value, (bool, int, float, str)) else json.dumps(value, ensure_ascii=False)
    )
