"""What results or panel hold under a key (model, term, field); the one place that knows where a printed number lives."""

from __future__ import annotations

import math
from typing import Any

from panelkit.replication.standalone.claims_held import of_claims
from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.numbers import number, same


def value_of(key: list[str], known: tuple[Any, Any, Frame], setting: Any = None) -> Any:
    """What estimates, checks or panel hold under a key; None where its rows are in no list. Raises LookupError where nothing does."""
    try:
        of_check = (key[0], key[1].rpartition("#")[0]) in known[1]
        if key[2].startswith(OF_CLAIMS):
            return of_claims(key, known, setting)
        if key[0] == "panel" or (key[1] and key[2] in ON_PANEL and not of_check):
            return on_panel(key, known[2], setting)
        return of_model(key, known)
    except StopIteration:
        raise LookupError(".".join(key)) from None


def on_panel(key: list[str], frame: Frame, setting: Any) -> Any:
    """A number over the rows of the panel or of a model's sample; None where no samples.csv lists them."""
    whose, name, field = key
    places = frame.places(whose)
    if places is None:
        return None
    if field in DESCRIBED and "@" not in name:
        return frame.described(name, field, places)
    if field in CORRELATED:
        r, _, pairs = frame.correlated(name, field, places)
        return pairs if field == "pairs" else r
    if field not in ON_PANEL:
        raise LookupError(field)
    if setting is None or ("cuts" if field in MOVED else "cut") not in setting:
        raise LookupError(f"{'.'.join(key)} without what it was made with")
    return (frame.moved if field in MOVED else frame.balanced)(name, field, setting, places)


def of_model(key: list[str], known: tuple[Any, Any, Frame]) -> Any:
    """A number of an estimate or of one of its checks."""
    estimates, checks, _ = known
    model, term, field = key
    estimate = estimates[model]
    name, hash_sign, row = term.rpartition("#")
    if field == "leave_one_out":
        rows = checks[model, term]["rows"]
        left = [v for v in (number(r["coefficient_without"]) for r in rows) if v is not None and math.isfinite(v)]
        return f"{min(left)!r}, {max(left)!r}"
    if hash_sign and (model, name) in checks:
        return checks[model, name]["rows"][int(row)][field]
    if term:
        held = next(t for t in estimate["terms"] if t["name"] == term)
        drawn = [r for r in estimate.get("resampled", ()) if r["term"] == term and not same(r["p"], math.nan)]
        if field == "p_resampled":
            return drawn[0]["p"]
        if field == "interval_resampled":
            held = next((r for r in drawn if not same(r["low"], math.nan)), next(iter(drawn)))
        if field in ("interval", "interval_resampled"):
            return f"{number(held['low'])!r}, {number(held['high'])!r}"
        return held[field]
    part, _, of = field.partition(".")
    if part == "tests":
        test, _, statistic = of.rpartition(".")
        return estimate["tests"][test][statistic]
    if part == "absorb":
        return "yes" if of in estimate["absorb"] else "no"
    if part == "slopes":
        slopes = [".".join(s) for r in estimate["requests"][:1] for s in r["varying_slopes"]]
        return "yes" if of in slopes else "no"
    if part == "clusters":
        groups = estimate["sample"]["clusters"]
        return groups[of] if of else next(iter(groups.values()))
    if part == "second_engine":
        verdict = checks.get((model, "second_engine"), {}).get("verdict")
        return {"holds": "agrees", "fails": "differs", None: "none"}.get(verdict, "says")
    for place in (estimate["sample"], estimate["fit"], estimate["fit"]["extra"]):
        if field in place:
            return place[field]
    raise LookupError(field)


DESCRIBED = ("count", "mean", "sd", "sd_between", "sd_within", "min", "median", "max")
CORRELATED = ("pearson", "spearman", "pairs")
BY_GROUP = ("difference", "normalised_difference", "difference_p", "group_rows", "group_units")
MOVED = ("transitions", "transition_share", "transitions_from")
ON_PANEL = (*DESCRIBED, *CORRELATED, *BY_GROUP, *MOVED)
OF_CLAIMS = ("p_adjusted.", "smallest.")
UNIT_SCALE = ("pearson", "spearman", "normalised_difference", "difference_p", "transition_share")


def scale_of(key: list[str], frame: Frame) -> float:
    """How large the numbers are that a difference is made of, so that what cancels is not held against its last digits."""
    if key[2] in UNIT_SCALE:
        return 1.0
    if key[2] not in ("difference", "mean"):
        return 0.0
    values = frame.columns.get(key[1].split("@")[0], [])
    return max((abs(v) for v in values if v == v), default=0.0) * 1e-4  # 1e-13 of the largest
