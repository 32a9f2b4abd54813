"""Forgeries: one number changed wherever results and ledger hold it, with its text and stars, and every print taken as made to match.

Digests and manifest are taken as made anew too, so what finds a forgery is algebra alone: the number does not follow from the others,
or the others not from it. Errors in files are in injections.
"""

from __future__ import annotations

import json
import math
import pickle
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panelkit.replication import standalone

Files = Mapping[str, bytes]
Leaf = tuple[tuple[str | int, ...], Any]
PRECISE = re.compile(r"-?\d\.\d{10,}(?:e-?\d+)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgery:
    """One forged number: its kind, its place, and results and ledger as they are with it."""

    kind: str
    where: str
    documents: Documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """The ledger, the estimates by model, and the checks in their order."""

    book: dict[str, Any]
    estimates: dict[str, Any]
    checks: list[dict[str, Any]]

    @property
    def by_name(self) -> dict[tuple[str, str], Any]:
        """The checks by model and name."""
        return {(c["of"], c["name"]): c for c in self.checks}


KINDS: tuple[tuple[str, str, str], ...] = (
    ("a coefficient", "estimates", r"terms/\d+/estimate"),
    ("a standard error", "estimates", r"terms/\d+/se"),
    ("a statistic", "estimates", r"terms/\d+/statistic"),
    ("a p", "estimates", r"terms/\d+/p"),
    ("degrees of freedom", "estimates", r"terms/\d+/df"),
    ("an end of an interval", "estimates", r"terms/\d+/(?:low|high)"),
    ("a variance", "estimates", r"covariance_matrix/(\d+)/\1"),
    ("an R-squared", "estimates", r"fit/r2"),
    ("an adjusted R-squared", "estimates", r"fit/r2_adjusted"),
    ("a sum of squares", "estimates", r"fit/rss"),
    ("a root mean squared error", "estimates", r"fit/extra/rmse"),
    ("an R-squared within units", "estimates", r"fit/extra/r2_within_unit"),
    ("a count of parameters", "estimates", r"fit/parameters"),
    ("rows of a sample", "estimates", r"sample/rows"),
    ("units or periods of a sample", "estimates", r"sample/(?:units|periods|first|last)"),
    ("rows left out of a sample", "estimates", r"sample/dropped/\d+/rows"),
    ("clusters", "estimates", r"sample/clusters/[^/]+"),
    ("a statistic of a joint test", "estimates", r"tests/(?!route)[^/]+/statistic"),
    ("a p of a joint test", "estimates", r"tests/(?!route)[^/]+/p"),
    ("a point of a curve", "estimates", r"curves/[^/]+/\d+/estimate"),
    ("an error of a curve", "estimates", r"curves/[^/]+/\d+/se"),
    ("a p of a curve", "estimates", r"curves/[^/]+/\d+/p"),
    ("a p by draws", "estimates", r"resampled/\d+/p"),
    ("a p of a check", "checks", r"rows/\d+/p"),
    ("an estimate in a check", "checks", r"rows/\d+/estimate"),
    ("an error in a check", "checks", r"rows/\d+/se"),
    ("an adjusted p of a check", "checks", r"rows/\d+/p_adjusted"),
    ("a change in a check", "checks", r"rows/\d+/(?:change_in_se|in_se|change)"),
    ("a weight in a check", "checks", r"rows/\d+/(?:weight|negative_weight)"),
    ("a count in a check", "checks", r"rows/\d+/(?:treated_cells|supported)"),
    ("a value of a check", "checks", r"value"),
    ("a verdict of a check", "checks", r"verdict"),
    ("an adjusted p of a hypothesis", "ledger", r"p_adjusted\..*"),
    ("a smallest effect of a hypothesis", "ledger", r"smallest\..*"),
    ("a finding on a hypothesis", "words", r"r\d+\.c6"),
    ("a mean in a table of description", "ledger", r"mean|sd(?:_between|_within)?"),
    ("a difference in a balance table", "ledger", r"difference|normalised_difference|difference_p"),
)
OPEN_VALUES = re.compile(  # checks whose value no row of theirs gives
    r"second_engine|honest_did|pretrend_power|threshold_effect|matching_balance|anticipation|timing_rules|weak_instruments|"
    r"plausibly_exogenous|unit_roots|stability|moment_conditions|expected|robustness_|few_clusters|collinearity|treatment_ends|"
    r"(?:placebo|placebo_cohorts)$"
)
JUDGED = re.compile(r"reset|placebo_time|placebo_outcomes|placebo_sample|negative_weights|robustness_")


def read_documents(files: Files) -> Documents:
    """Ledger, estimates and checks of a package."""
    return Documents(
        book=json.loads(files["ledger.json"]),
        estimates={e["id"]: e for e in json.loads(files["results/estimates.json"])["estimates"]},
        checks=json.loads(files["results/checks.json"])["checks"],
    )


def forgeries(files: Files, frame: standalone.Frame, *, each: int = 2, seed: int = 0) -> Iterator[Forgery]:
    """Up to `each` forgeries of every kind that a package has a place for; the same package and seed give the same ones."""
    held = read_documents(files)
    kept = pickle.dumps(held)  # our own, a moment ago: copies are faster so
    for kind, where, pattern in KINDS:
        draw = random.Random(f"{seed}/forged/{kind}")  # noqa: S311 - no secret
        sites = sorted(SITES[where](held, pattern), key=str)
        for of, path in draw.sample(sites, min(each, len(sites))):
            documents = pickle.loads(kept)  # noqa: S301
            FORGE[where](documents, of, path, draw)
            follow(held.book["numbers"], documents, frame)
            at = "/".join(map(str, path))
            yield Forgery(kind=kind, where=f"{_called(held, where, of)}, {at}", documents=documents)


def _called(held: Documents, where: str, of: str) -> str:
    """What is forged, by name."""
    if where == "checks":
        return f"{held.checks[int(of)]['name']} of {held.checks[int(of)]['of']}"
    return of


def _leaves(value: Any, way: tuple[str | int, ...] = ()) -> Iterator[Leaf]:
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(inner, (*way, key))
    else:
        yield way, value


def _matched(value: Any, pattern: str) -> Iterator[tuple[str | int, ...]]:
    for path, leaf in _leaves(value):
        if re.fullmatch(pattern, "/".join(str(p).replace("/", "|") for p in path)) and _usable(leaf):
            yield path


def _usable(value: Any) -> bool:
    """A number that another can be put in the place of; one that is tiny may be a zero with noise."""
    found = standalone.number(value)
    return value in ("holds", "fails") or (found is not None and math.isfinite(found) and abs(found) > 1e-9)


def _of_estimates(held: Documents, pattern: str) -> list[tuple[str, Any]]:
    return [(m, p) for m, e in held.estimates.items() for p in _matched(e, pattern) if _answers(e, p)]


def _answers(estimate: dict[str, Any], path: tuple[Any, ...]) -> bool:
    """Whether algebra answers for a number; errors and p of draws, bands of systems and withheld ones are made anew by L2 alone."""
    if path[0] in ("terms", "curves"):
        row = _at(estimate, path[:-1])
        drawn = [r for r in estimate["resampled"] if r["term"] == row.get("name")]
        known = all(math.isfinite(_or_nan(row.get(k))) for k in ("se", "p", "low", "high"))
        return known and not drawn_alone(row, drawn) and (path[0] == "terms" or estimate["kind"] != "panel_var")
    if path[0] == "tests":
        return not re.match(r"threshold_\d+$", str(path[1]))
    if path[-1] == "parameters":
        return "rmse" in estimate["fit"]["extra"]
    return path[:2] != ("fit", "rss") or "rmse" in estimate["fit"]["extra"]


def _or_nan(value: Any) -> float:
    found = standalone.number(value)
    return math.nan if found is None else float(found)


def drawn_alone(row: Mapping[str, Any], drawn: list[Any]) -> bool:
    """Whether p or interval of a term are those of draws."""
    return any(standalone.number(r["p"]) == standalone.number(row["p"]) for r in drawn)


def _of_checks(held: Documents, pattern: str) -> list[tuple[str, Any]]:
    found = []
    for i, check in enumerate(held.checks):
        if check["of"] not in held.estimates or check["name"] == "second_engine":
            continue
        for path in _matched(check, pattern):
            if _tells(check, path):
                found.append((str(i), path))
    return found


def _tells(check: dict[str, Any], path: tuple[Any, ...]) -> bool:
    """Whether algebra answers for a number of a check."""
    row = check["rows"][path[1]] if path[0] == "rows" else {}
    if path == ("value",):
        return bool(check["rows"]) and not OPEN_VALUES.match(check["name"])
    if path == ("verdict",):
        return check["value"] is not None and check["bound"] is not None and JUDGED.match(check["name"]) is not None
    if path[-1] == "p_adjusted" and check["name"].startswith("family "):
        return "Romano-Wolf" not in check["text"]["en"]
    if "draws" in row or "threshold" in row or row.get("p_by"):
        return "p_by" in row and path[-1] == "p"
    if path[-1] in ("p", "estimate", "se") and "case" in row:
        return all(math.isfinite(_or_nan(row.get(k))) for k in ("se", "p", "low", "high"))
    if path[-1] in ("treated_cells", "supported"):
        return bool(row.get("event_time", -1) >= 0)
    if path[-1] == "p":
        return "value" in row or "df1" in row or "specification" in row
    return True


def _of_ledger(held: Documents, pattern: str) -> list[tuple[str, Any]]:
    found = []
    for name, entry in held.book["numbers"].items():
        model, term, field = entry["key"]
        of_check = (model, term.rpartition("#")[0]) in held.by_name
        if re.fullmatch(pattern, field) and _usable(entry["raw"]) and not of_check:
            found.append((name, ("numbers", name, "raw")))
    return found


def _of_words(held: Documents, pattern: str) -> list[tuple[str, Any]]:
    tables = [t for t, s in held.book["settings"].items() if s["kind"] == "hypotheses"]
    return [(t, ("words", t, c)) for t in tables for c in held.book["words"].get(t, {}) if re.fullmatch(pattern, c)]


def _at(holder: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        holder = holder[step]
    return holder


def _other(value: Any, draw: random.Random) -> Any:
    """Another value of the same kind, not far from it."""
    if isinstance(value, str):
        words = {"holds": "fails", "fails": "holds", "supported": "inconclusive", "inconclusive": "supported"}
        words |= {"支持": "不确定", "不确定": "支持", "negligible": "supported", "可忽略": "支持"}
        return words.get(value, "supported" if value.isascii() else "支持")
    if isinstance(value, int):
        return value + draw.choice((-1, 1)) if value > 1 else value + 1
    return value * draw.choice((0.83, 0.9, 1.1, 1.17))


def _forge_estimate(documents: Documents, of: str, path: tuple[Any, ...], draw: random.Random) -> None:
    holder = _at(documents.estimates[of], path[:-1])
    old = holder[path[-1]]
    # another count of the draws is one that the panel alone tells apart, at L2: what is tried here lies between two
    holder[path[-1]] = old + 1 / (3 * int(holder["draws"])) if path[0] == "resampled" else _other(old, draw)
    if path[0] == "curves" or path[0] == "terms":  # a curve through the terms has the number too
        for other in (documents.estimates[of]["terms"], *documents.estimates[of]["curves"].values()):
            _replaced(other, old, holder[path[-1]])
    _replaced(documents.checks, old, holder[path[-1]])


def _replaced(holder: Any, old: Any, new: Any) -> None:
    """Every number of full precision that is `old` is `new`."""
    if not isinstance(old, float) or not PRECISE.match(repr(old)):
        return
    for path, leaf in list(_leaves(holder)):
        if isinstance(leaf, float) and leaf == old:
            _at(holder, path[:-1])[path[-1]] = new


def _forge_check(documents: Documents, of: str, path: tuple[Any, ...], draw: random.Random) -> None:
    check = documents.checks[int(of)]
    holder = _at(check, path[:-1])
    old = holder[path[-1]]
    holder[path[-1]] = _other(old, draw)
    if path[-1] != "verdict":  # a value that is that number, and other checks that repeat it
        _replaced(documents.checks, old, holder[path[-1]])


def _forge_book(documents: Documents, of: str, path: tuple[Any, ...], draw: random.Random) -> None:
    holder = _at(documents.book, path[:-1])
    holder[path[-1]] = _other(holder[path[-1]], draw)


SITES: dict[str, Callable[[Documents, str], list[tuple[str, Any]]]] = {
    "estimates": _of_estimates,
    "checks": _of_checks,
    "ledger": _of_ledger,
    "words": _of_words,
}
FORGE: dict[str, Callable[[Documents, str, tuple[Any, ...], random.Random], None]] = {
    "estimates": _forge_estimate,
    "checks": _forge_check,
    "ledger": _forge_book,
    "words": _forge_book,
}


def follow(numbers: Mapping[str, Any], documents: Documents, frame: standalone.Frame) -> None:
    """Every entry of a ledger made to say what its results say: number, text and stars; numbers : the entries as they were."""
    known = (documents.estimates, documents.by_name, frame)
    for name, entry in documents.book["numbers"].items():
        setting = documents.book["settings"][entry["exhibit"]]
        if entry["raw"] == numbers[name]["raw"] and entry["key"][0] in documents.estimates:
            try:
                now = standalone.value_of(entry["key"], known, setting)
            except (LookupError, ArithmeticError, TypeError, ValueError):
                continue
            a, b = standalone.number(now), standalone.number(entry["raw"])
            if now is not None and not (
                now == entry["raw"] or (a is not None and b is not None and standalone.same(a, b))
            ):
                entry["raw"] = now
        if entry["raw"] != numbers[name]["raw"]:
            entry["shown"] = shown_as(entry["raw"], entry["shown"])
        entry["mark"] = _mark(entry, documents, setting)


def _mark(entry: Mapping[str, Any], documents: Documents, setting: Mapping[str, Any]) -> str:
    model, name, field = entry["key"]
    terms = documents.estimates.get(model, {"terms": ()})["terms"]
    p = next((_or_nan(t["p"]) for t in terms if t["name"] == name), math.nan)
    return "*" * sum(p < s for s in setting["stars"]) if field == "estimate" else str(entry["mark"])


def shown_as(raw: Any, like: str) -> str:
    """A value printed as another one was: its brackets, decimals and minus sign.

    >>> shown_as(0.25, "(0.118)"), shown_as("-0.5, 1.25", "[−0.2, 0.3]")
    ('(0.250)', '[−0.5, 1.2]')
    """
    if isinstance(raw, str) and ", " in raw:
        inner = ", ".join(
            shown_as(float(r), s) for r, s in zip(raw.split(", "), like.strip("[]()").split(", "), strict=False)
        )
        return f"[{inner}]" if like.startswith("[") else inner
    value = standalone.number(raw)
    if value is None or not math.isfinite(value):
        return like if value is None else "–"
    left = like[0] if like[:1] in "([" else ""
    right = like[-1] if like[-1:] in ")]" else ""
    bare = like.strip("()[]")
    if bare.startswith("<"):
        bare = bare[1:]
        if 0 <= value < float(bare):
            return like
    if "e" in bare:
        return f"{left}{value:.{len(bare.partition('e')[0].partition('.')[2])}e}{right}"
    text = f"{value:,.{len(bare.partition('.')[2])}f}" if "," in bare else f"{value:.{len(bare.partition('.')[2])}f}"
    return f"{left}{text.replace('-', '−')}{right}"


def found_by_algebra(documents: Documents, frame: standalone.Frame) -> tuple[str, ...]:
    """What those parts of L1 find that hold numbers against numbers; nothing where documents would pass them."""
    level = standalone.Level("L1")
    standalone.reckoned(documents.book, documents.estimates, documents.checks, frame, level)
    return tuple(text for _, text in level.findings)


def tried_forgeries(
    files: Files, folder: Path, *, each: int = 2, seed: int = 0
) -> tuple[dict[str, tuple[int, int]], tuple[str, ...]]:
    """Kind -> how many forgeries of it were caught and tried, and those that slipped."""
    counts: dict[str, tuple[int, int]] = {}
    slipped = []
    frame = standalone.Frame(str(folder), standalone.Level("L1"))
    for forgery in forgeries(files, frame, each=each, seed=seed):
        found = bool(found_by_algebra(forgery.documents, frame))
        caught, tried = counts.get(forgery.kind, (0, 0))
        counts[forgery.kind] = (caught + found, tried + 1)
        slipped += [] if found else [f"{forgery.kind}, forged: {forgery.where}"]
    return counts, tuple(slipped)
