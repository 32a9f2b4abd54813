"""The schema of `certificate.json` (JSON Schema, draft 2020-12); it is written beside every certificate, which it describes whole."""

from __future__ import annotations

from typing import Any

FORMAT = "panelkit certificate 1"  # raised where a field goes or means something else; further fields do not raise it


def _object(about: str, **fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": about,
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def _list(about: str, of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "description": about, "items": of}


def _text(about: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": about, **more}


def _texts(about: str) -> dict[str, Any]:
    return {"type": "object", "description": about, "additionalProperties": {"type": "string"}}


def _count(about: str) -> dict[str, Any]:
    return {"type": "integer", "minimum": 0, "description": about}


_VALUE = {"type": ["number", "string", "boolean", "null"]}
_PARTED = _object(
    "Two numbers or texts that are not the same to the last bit.",
    where=_text("Model, term and field, parted by points."),
    packaged={**_VALUE, "description": "What the package has; 'nan', 'inf' and '-inf' are texts."},
    anew={**_VALUE, "description": "What came out anew."},
    digit={
        "type": ["integer", "null"],
        "minimum": 1,
        "description": "The first significant digit in which they part, counted on the larger, or on the standard error or other "
        "scale that the number is small against; null where one of them is no number.",
    },
)
_LEVEL = _object(
    "One level that was asked for.",
    level=_text("L0 to L5.", enum=["L0", "L1", "L2", "L3", "L4", "L5"]),
    verdict=_text(
        "'not rerun' tells why among the notes.", enum=["verified", "differs", "stale", "unbound", "not rerun"]
    ),
    compared=_count("How many things were compared; on L5 how many errors were put in."),
    findings=_list("What was found wrong, in English.", _text("One finding.")),
    notes=_list("What is said besides, in English.", _text("One note.")),
    digits={
        "description": "Numbers made anew against those of the package; null on a level that makes none (L0, L1, L5), or was not done.",
        "anyOf": [
            {"type": "null"},
            _object(
                "The differences to the digit.",
                same=_count("How many numbers are the same to the last bit."),
                nearest={
                    "description": "Of the numbers that agree without that, the one parting at the earliest digit; null where none does.",
                    "anyOf": [{"type": "null"}, {"$ref": "#/$defs/parted"}],
                },
                parted=_list("The numbers that do not agree.", {"$ref": "#/$defs/parted"}),
            ),
        ],
    },
)

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Certificate of verification of a replication package",
    **_object(
        "What was verified, with what, and what was found. It holds no time and no path: the same report on the same machine gives the "
        "same bytes.",
        format=_text("The form of this file.", const=FORMAT),
        study=_text("The id of the study, by the package's study.toml; empty where that cannot be read."),
        titles={**_texts("The title of the study by language ('en', 'zh')."), "propertyNames": {"enum": ["en", "zh"]}},
        package_digest=_text("SHA-256 of MANIFEST.sha256, which has the digest of every file."),
        exit_code={
            "type": "integer",
            "enum": [0, 1, 2],
            "description": "0 all that was asked for holds, 1 something differs, 2 a level could not be done.",
        },
        verdict=_text("The exit code in words.", enum=["verified", "differs", "not all done"]),
        levels=_list("The levels asked for, in order.", _LEVEL),
        not_asked_for=_list("The levels that were not asked for.", _text("L0 to L5.")),
        notes=_list("What is said of the whole package, in English.", _text("One note.")),
        environment=_object(
            "What it was verified with.",
            versions=_texts("Python and each distribution that matters -> version."),
            platform=_texts(
                "Operating system, kind of processor, implementation of Python, linear algebra library (BLAS)."
            ),
            threads=_object(
                "What numbers of threads the last digits may hang on.",
                processors=_count("Processors that this process may use; 0 where the system does not tell."),
                settings=_texts(
                    "The variables of the environment that bound threads -> value; those not set are left out."
                ),
            ),
        ),
        made_with=_texts(
            "What the package was made with, by env/environment.json: the same names as in versions and platform."
        ),
        departures=_list("Each of these that is another here, in English.", _text("One departure.")),
    ),
    "$defs": {"parted": _PARTED},
}
