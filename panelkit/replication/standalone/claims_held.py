"""Tables of hypotheses: adjusted p, smallest effects of interest and findings made anew; settings of tables against study.toml."""

from __future__ import annotations

import math
import re
from typing import Any

from panelkit.replication.standalone.distributions import adjusted_by, tail
from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.level import Level
from panelkit.replication.standalone.numbers import number

OF_A_DEVIATION = 0.1  # of a standard deviation within units
SIGNIFICANT = 0.05
SAID_AS = {
    "negligible": ("negligible", "可忽略"),
    "supported": ("supported", "支持"),
    "contradicted": ("contradicted", "相反"),
    "inconclusive": ("inconclusive", "不确定"),
    "positive": ("positive", "正"),
    "negative": ("negative", "负"),
}
DECLARED = ("levels", "cut", "cuts", "years", "kind")


def of_claims(key: list[str], known: tuple[Any, Any, Frame], setting: Any) -> Any:
    """`p_adjusted.TABLE.HYPOTHESIS` or `smallest.` so of a term. Raises LookupError where no such claim is made."""
    model, term, field = key
    for claim, p, least in weighed_claims(known, setting or {}):
        if (claim["model"], claim["term"]) == (model, term) and field.endswith(f".{claim['hypothesis']}"):
            return p if field.startswith("p_adjusted.") else least
    raise LookupError(".".join(key))


def weighed_claims(known: tuple[Any, Any, Frame], setting: dict[str, Any]) -> list[tuple[dict[str, Any], float, float]]:
    """(claim, p adjusted by Holm's method within its family, smallest effect of interest) of every claim of a table, in order."""
    estimates, _, frame = known
    claims = [
        {**claim, "family": hypothesis["family"] or hypothesis["id"], "hypothesis": hypothesis["id"]}
        for hypothesis in setting["hypotheses"]
        for claim in hypothesis["claims"]
    ]
    for claim in claims:
        names = [t["name"] for t in estimates[claim["model"]]["terms"]]
        claim["term"] = claim["term"] or next(n for n in names if n != "(constant)")
    ps = []
    for claim in claims:
        term, drawn = of_term(estimates[claim["model"]], claim["term"])
        both = [number(term["p"]), number(drawn["p"]) if drawn else math.nan]
        ps.append(max((p for p in both if p == p), default=math.nan))
    made = [math.nan] * len(claims)
    for family in {c["family"] for c in claims}:
        places = [i for i, c in enumerate(claims) if c["family"] == family]
        for i, p in zip(places, adjusted_by("holm", [ps[i] for i in places])):  # noqa: B905
            made[i] = p
    return [(c, p, smallest(c, estimates[c["model"]], frame)) for c, p in zip(claims, made)]  # noqa: B905


def of_term(estimate: dict[str, Any], name: str) -> tuple[dict[str, Any], Any]:
    """A term, and its resampling that has a p and an interval, else one that has a p."""
    term = next(t for t in estimate["terms"] if t["name"] == name)
    drawn = [r for r in estimate["resampled"] if r["term"] == name and number(r["p"]) == number(r["p"])]
    whole = [r for r in drawn if number(r["low"]) == number(r["low"])]
    return term, next(iter([*whole, *drawn]), None)


def smallest(claim: dict[str, Any], estimate: dict[str, Any], frame: Frame) -> float:
    """0.1 standard deviations within units of the outcome per one of the regressor, or for the whole of one that is 0 or 1."""
    if claim["smallest"] is not None:
        return float(claim["smallest"])
    numeric = {v["name"] for v in frame.about["variables"] if v["kind"] == "number"}
    lagged = re.fullmatch(r"(\w+): (\w+) lag (\d+)", claim["term"])
    explained, name = (lagged.group(1), lagged.group(2)) if lagged else (estimate["outcome"], claim["term"])
    if explained not in numeric:
        return math.nan
    outcome: float = frame.described(explained, "sd_within", range(frame.rows))
    name = re.sub(r":(?:regime|step)::\d+$", "", name)
    if name not in numeric:
        return OF_A_DEVIATION * outcome if ":" in claim["term"] else math.nan
    values = {v for v in frame.columns[name] if v == v}
    spread = 1.0 if values <= {0.0, 1.0} else frame.described(name, "sd_within", range(frame.rows))
    return OF_A_DEVIATION * outcome / spread if spread > 0 else math.nan


def finding_on(claim: dict[str, Any], estimate: dict[str, Any], of: tuple[float, float], few: int) -> str:
    """The finding on one claim by its term's interval, that of its draws where clusters are few, and (adjusted p, smallest effect)."""
    (adjusted, least), (term, drawn) = of, of_term(estimate, claim["term"])
    b, se, df, low, high = (number(term[k]) for k in ("estimate", "se", "df", "low", "high"))
    if se != se or low != low:
        return "inconclusive"
    if least == least and least > abs(b) and tail((least - abs(b)) / se, df) < 0.1:
        return "negligible"
    ends, covariance = [(low, high)], estimate["covariance"]
    groups = min((int(c) for c in estimate["sample"]["clusters"].values()), default=few)
    if covariance.get("kind") == "clustered" and groups < few:
        if (
            drawn is None
            or number(drawn["low"]) != number(drawn["low"])
            or covariance.get("variant") not in ("cr2", "cr3")
        ):
            return "inconclusive"
        ends.append((number(drawn["low"]), number(drawn["high"])))
    above, below = all(a > 0 for a, _ in ends), all(b < 0 for _, b in ends)
    if not adjusted < SIGNIFICANT or not (above or below):
        return "inconclusive"
    return "supported" if above == (claim["sign"] == "positive") else "contradicted"


def claimed(book: dict[str, Any], known: tuple[Any, Any, Frame], level: Level) -> None:
    """Signs, findings and verdicts of each table of hypotheses, which are words, against its claims."""
    for table, setting in book["settings"].items():
        if setting["kind"] != "hypotheses":
            continue
        if "hypotheses" not in setting:
            level.find(
                "unbound",
                f"ledger.json does not say what the table {table} claims, so its findings cannot be made anew",
            )
            continue
        words, weighed = book["words"].get(table, {}), iter(weighed_claims(known, setting))
        row = 0
        for place, hypothesis in enumerate(setting["hypotheses"]):
            findings = []
            for _ in hypothesis["claims"]:
                row += 1
                claim, p, least = next(weighed)
                findings.append(finding_on(claim, known[0][claim["model"]], (p, least), int(setting["few_clusters"])))
                key = book["numbers"].get(f"{table}.r{row}.c1", {}).get("key")
                level.hold(
                    key == [claim["model"], claim["term"], "estimate"],
                    "differs",
                    f"table {table}, row {row} is of another claim",
                )
                for cell, said in (("c0", claim["sign"]), ("c6", findings[-1])):
                    shown = words.get(f"r{row}.{cell}")
                    level.hold(
                        shown in SAID_AS[said],
                        "differs",
                        f"table {table}, r{row}.{cell}: {shown!r} is printed, by the results it is {said}",
                    )
            whole = (
                "contradicted"
                if "contradicted" in findings
                else findings[0]
                if len(set(findings)) == 1
                else "inconclusive"
            )
            label = words.get(f"panel{place}.label", "")
            said_right = re.split(r"[:：]\s*", label)[-1] in SAID_AS[whole] and hypothesis["id"] in label
            level.hold(
                said_right,
                "differs",
                f"table {table}, {hypothesis['id']}: {label!r} is printed, by its rows it is {whole}",
            )
            row += 1


def declared_settings(book: dict[str, Any], study: dict[str, Any], level: Level) -> None:
    """What the ledger says that tables were made with, against study.toml where that declares it."""
    tables = {t.get("id"): t for t in study.get("tables") or []}
    few = ((study.get("defaults") or {}).get("few_clusters"), (study.get("defaults") or {}).get("level"))
    level.hold(
        few[1] in (None, book.get("level")), "differs", "ledger.json has another level of intervals than study.toml"
    )
    for name, setting in book["settings"].items():
        table, where = tables.get(name), f"ledger.json, settings of {name}"
        if table is None:
            continue
        for field in DECLARED:
            held = setting.get("stars" if field == "levels" else field)
            wanted = table.get(field)
            level.hold(
                wanted is None or sorted_in(held) == sorted_in(wanted),
                "differs",
                f"{where}: {field} is not that of study.toml",
            )
        if setting["kind"] == "hypotheses":
            level.hold(
                few[0] in (None, setting.get("few_clusters")),
                "differs",
                f"{where}: few clusters are others in study.toml",
            )
            mine = [asked(h) for h in setting.get("hypotheses") or ()]
            level.hold(
                mine == [asked(h) for h in table.get("hypotheses") or ()],
                "differs",
                f"{where}: study.toml claims something else",
            )


def sorted_in(value: Any) -> Any:
    """Lists without their order."""
    return sorted(value, key=str) if isinstance(value, (list, tuple)) else value


def asked(hypothesis: dict[str, Any]) -> tuple[Any, ...]:
    """What a hypothesis claims, with what it does not say."""
    claims = [
        (c.get("model"), c.get("term") or "", c.get("sign") or "positive", c.get("smallest"))
        for c in hypothesis.get("claims") or ()
    ]
    return hypothesis.get("id"), hypothesis.get("family") or "", claims
