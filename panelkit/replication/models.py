"""Every model in a file of its own, and what the second engines said of it; both taken out of the run's results, nothing computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

COMPARED = ("coefficient", "other_coefficient", "coefficient_difference", "se", "other_se", "se_difference")


def model_files(
    estimates: Sequence[Mapping[str, Any]], models: Mapping[str, Any], seeds: Mapping[str, int]
) -> dict[str, Any]:
    """`results/models/<id>.json` -> its content: the specification, the seed, and the estimate as in estimates.json."""
    return {
        f"results/models/{e['id']}.json": {
            "id": e["id"],
            "specification": models.get(e["id"], {}),
            "seed": seeds[e["id"]],
            "sample_digest": e["sample"]["keys_digest"],
            "estimate": e,
        }
        for e in estimates
    }


def crosscheck(checks: Mapping[str, Any], estimates: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`results/crosscheck.json` from checks.json: per model the engines, their values, differences, tolerance and verdict.

    Models without a second engine are listed too, with the words why.
    """
    found = {c["of"]: c for c in checks["checks"] if c["name"] == "second_engine"}
    models = []
    for estimate in estimates:
        check = found.get(estimate["id"])
        models.append(
            {
                "id": estimate["id"],
                "engine": estimate["engine"],
                "confirmation": estimate["confirmation"],
                "verdict": check["verdict"] if check else "none",
                "value": check["value"] if check else None,
                "bound": check["bound"] if check else None,
                "text": check["text"] if check else {"en": "", "zh": ""},
                "values": [
                    {"engine": r["engine"], "term": r["term"], "under": r["under"], **{k: r[k] for k in COMPARED}}
                    for r in (check["rows"] if check else ())
                ],
            }
        )
    return {"study": checks["study"], "models": models}
