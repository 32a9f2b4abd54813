"""Numbers of checks that follow from others of theirs, from the estimate or from its terms; sentences are held by level L2."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from panelkit.replication.standalone.distributions import adjusted_by, chi2_tail, f_tail, tail
from panelkit.replication.standalone.implied import CLOSE, counted, reaches
from panelkit.replication.standalone.level import Level
from panelkit.replication.standalone.numbers import near, number, same

Row = dict[str, Any]
ON_CHANGE = (
    "leave_one_unit_out",
    "leave_one_cohort_out",
    "concurrent_policies",
    "dropped_neighbours",
    "treatment_ends",
)
OWN_TAILS = (
    "unit_roots",
    "granger",
    "moment_conditions",
)  # tails of their own, or tests of the estimate, where they are held
HOLM = ("placebo_time", "placebo_outcomes")
P_OF_A_ROW = (
    "reset", "serial_correlation", "parallel_trends", "mundlak", "heteroskedasticity", "endogeneity", "overidentification",
    "slope_homogeneity", "poolability", "breusch_pagan", "cross_section_dependence", "placebo", "placebo_cohorts", "placebo_sample",
    "granger", "hausman",
)  # fmt: skip


def weighed(checks: list[dict[str, Any]], estimates: dict[str, Any], study: dict[str, Any], level: Level) -> None:
    """Every check against itself and the estimate that it is of; study : study.toml, empty where it cannot be read."""
    families(checks, estimates, study, level)
    for check in checks:
        where = f"results/checks.json, {check['name']} of {check['of']}"
        rows, estimate = list(check.get("rows") or ()), estimates.get(check["of"])
        for row in rows:
            drawn_row(row, where, level)
            if check["name"] not in OWN_TAILS:
                tested_row(row, where, level)
        if estimate is not None and rows:
            if rows[0].get("case") == "as declared":
                refitted(rows, estimate, where, level)
            if check["name"] in BY_KIND:
                BY_KIND[check["name"]](rows, estimate, where, level)
            if check["name"].startswith("robustness_"):
                specified(rows, estimates, where, level)
        valued(check, rows, where, level)
        judged(check, rows, where, level)


def numbers_in(row: Row, *fields: str) -> list[float]:
    """Fields of a row as doubles, NaN where one is missing or no number."""
    found = (number(row.get(f)) for f in fields)
    return [math.nan if v is None else v for v in found]


def drawn_row(row: Row, where: str, level: Level) -> None:
    """A p by draws is a count of them."""
    p = number(row.get("p"))
    if p is not None and "draws" in row:
        level.hold(counted(p, int(row["draws"])), "differs", f"{where}: p is {p!r}, no count of {row['draws']} draws")


def tested_row(row: Row, where: str, level: Level) -> None:
    """The p of a test by its statistic and degrees of freedom."""
    statistic = number(row.get("value", row.get("statistic")))
    p = number(row.get("p"))
    if statistic is None or p is None or "draws" in row or "threshold" in row:
        return
    df1, df2, df = (number(row.get(k)) for k in ("df1", "df2", "df"))
    if df1 is not None and df2 is not None:
        wanted = [f_tail(statistic, df1, df2)]
    elif df1 is not None:
        wanted = [chi2_tail(statistic, df1)] if "df2" not in row else [chi2_tail(statistic * df1, df1)]
    elif df is not None:
        wanted = [chi2_tail(statistic, df), tail(statistic, math.inf)]
    else:
        two = tail(statistic, math.inf)
        # the last is of two variances that cannot be negative: a mixture of chi-squared with none, one and two degrees
        mixed = 0.5 * chi2_tail(statistic, 1.0) + 0.25 * chi2_tail(statistic, 2.0) if statistic > 0 else 1.0
        wanted = [two, two / 2, 1 - two / 2, mixed]
    fits = any(abs(w - p) <= 1e-6 * p + 1e-12 for w in wanted)
    told = row.get("test", row.get("statistic", "its test"))
    level.hold(fits, "differs", f"{where}: p of {told} is {p!r}, but {wanted[0]!r} by its statistic and df")


def refitted(rows: list[Row], estimate: dict[str, Any], where: str, level: Level) -> None:
    """Models fitted otherwise: each row's p and interval by its error, and how far it is from the model in errors of the model."""
    base, se = numbers_in(rows[0], "estimate", "se")
    terms = [t for t in estimate["terms"] if same(t["estimate"], rows[0]["estimate"])]
    for term in terms[:1]:
        fits = all(_alike(rows[0].get(k), term[k]) for k in ("se", "p", "low", "high"))
        level.hold(
            fits and rows[0]["rows"] == estimate["sample"]["rows"],
            "differs",
            f"{where}: its first row is not the model",
        )
    for row in rows:
        b, own, low, high, p, change = numbers_in(row, "estimate", "se", "low", "high", "p", "change_in_se")
        name = f"{where}, {row.get('case')}"
        coverage = 0.95 if not own > 0 or low != low else _coverage(rows[0], estimate)
        level.hold(
            reaches((b, own, low, high, p), coverage),
            "differs",
            f"{name}: estimate, error, interval and p do not fit each other",
        )
        if "change_in_se" in row and b == b:
            made = (b - base) / se if se > 0 else math.nan
            level.hold(
                near(change, made, 1e-3) or (change != change and not se > 0),
                "differs",
                f"{name}: it moves by {made!r} errors",
            )


def _coverage(first: Row, estimate: dict[str, Any]) -> float:
    """The study's level, by the model's own interval."""
    for term in estimate["terms"]:
        se, low, high, df = (number(term[k]) for k in ("se", "low", "high", "df"))
        if se > 0 and low == low and df > 0:
            return round(1 - tail((high - low) / 2 / se, df), 6)
    return 0.95


def _alike(left: Any, right: Any) -> bool:
    """The same number, where none and not a number are one."""
    a, b = number(left), number(right)
    return a == b or same(math.nan if a is None else a, math.nan if b is None else b)


def adjusted_rows(rows: list[Row], estimate: dict[str, Any], where: str, level: Level) -> None:
    """p adjusted by Holm's method over the rows beside the model's own."""
    tried = [r for r in rows[1:] if number(r.get("p")) is not None]
    for row, made in zip(tried, adjusted_by("holm", [number(r["p"]) for r in tried])):  # noqa: B905
        (told,) = numbers_in(row, "p_adjusted")
        level.hold(
            near(told, made),
            "differs",
            f"{where}, {row['case']}: its adjusted p is {told!r}, by Holm's method {made!r}",
        )


def pulled(rows: list[Row], estimate: dict[str, Any], where: str, level: Level) -> None:
    """Changes without a unit or a row, in units of the coefficient and of its error."""
    whole = [r for r in rows if number(r.get("coefficient_without")) is not None]
    fits = []
    for term in estimate["terms"]:
        b, se = numbers_in(term, "estimate", "se")
        moved = [numbers_in(r, "coefficient_without", "change") for r in whole]
        held = all(near(w - b, c, abs(b) * 1e3) for w, c in moved)
        told = [numbers_in(r, "change", "in_se") for r in rows if number(r.get("in_se")) is not None]
        fits.append(held and all(near(c / se, e, 1e-3) for c, e in told if se > 0))
    level.hold(any(fits), "differs", f"{where}: what it leaves out does not move the coefficient as it says")


def compared_pairs(rows: list[Row], estimate: dict[str, Any], where: str, level: Level) -> None:
    """Weights of two-group comparisons sum to one, and their kinds are the sums of their pairs."""
    pairs = [r for r in rows if r["treated"]]
    level.hold(
        abs(math.fsum(r["weight"] for r in pairs) - 1) <= CLOSE, "differs", f"{where}: its weights do not sum to one"
    )
    for kind in (r for r in rows if not r["treated"]):
        own = [r for r in pairs if r["comparison"] == kind["comparison"]]
        weight = math.fsum(r["weight"] for r in own)
        mean = math.fsum(r["weight"] * r["estimate"] for r in own) / weight if weight else math.nan
        size = max((abs(r["estimate"]) for r in own), default=0.0)
        (told,) = numbers_in(kind, "estimate")
        fits = near(kind["weight"], weight, 1.0) and near(told, mean, size)
        level.hold(fits, "differs", f"{where}: {kind['comparison']} is not the sum of its pairs")


def known_before(rows: list[Row], estimate: dict[str, Any], where: str, level: Level) -> None:
    """Figures known beforehand beside ours: ours, whether they agree, and how far a truth lies outside."""
    terms = {t["name"]: t for t in estimate["terms"]}
    for row in rows:
        term = terms.get(row["term"])
        known, ours = numbers_in(row, "known", "ours")
        name = f"{where}, {row['term'] or 'rows'} {row['field']}"
        held = estimate["sample"]["rows"] if row["field"] == "rows" else (term or {}).get(row["field"])
        level.hold(_alike(held, ours), "differs", f"{name}: ours is {ours!r}, in the results {held!r}")
        if term is None:
            level.hold(bool(row["agrees"]) == (known == ours), "differs", f"{name}: whether it agrees is told wrongly")
        elif row.get("how") == "interval":
            b, se, df, low, high = numbers_in(term, "estimate", "se", "df", "low", "high")
            level.hold(
                bool(row["agrees"]) == (low <= known <= high), "differs", f"{name}: whether it agrees is told wrongly"
            )
            (p,) = numbers_in(row, "p")
            if p == p and se > 0:
                made = tail((b - known) / se, df)
                level.hold(
                    abs(p - made) <= 1e-6 * p + 1e-12, "differs", f"{name}: its p is {p!r}, by error and df {made!r}"
                )


def specified(rows: list[Row], estimates: dict[str, Any], where: str, level: Level) -> None:
    """Rows of a robustness battery against the estimate of each specification, and their signs and p against each other."""
    for row in rows:
        estimate = estimates.get(row["specification"])
        if row.get("failure") or estimate is None:
            continue
        term = next((t for t in estimate["terms"] if t["name"] == row["term"]), None)
        if term is not None:
            fits = all(_alike(row.get(k), term[k]) for k in ("estimate", "se", "p", "low", "high"))
            level.hold(fits, "differs", f"{where}, {row['specification']}: it is not its estimate")
        level.hold(
            row["rows"] == estimate["sample"]["rows"], "differs", f"{where}, {row['specification']}: it has other rows"
        )
    told = [(number(r["p"]), bool(r["significant"])) for r in rows if number(r.get("p")) is not None]
    most, least = max((p for p, s in told if s), default=0.0), min((p for p, s in told if not s), default=1.0)
    level.hold(
        most <= least, "differs", f"{where}: one with p {most:g} is called significant, one with {least:g} is not"
    )


def families(checks: list[dict[str, Any]], estimates: dict[str, Any], study: dict[str, Any], level: Level) -> None:
    """p values of each family over all its models: those it takes, and those it makes of them."""
    found: dict[str, list[tuple[str, Row]]] = {}
    for check in checks:
        if check["name"].startswith("family "):
            found.setdefault(check["name"][len("family ") :], []).extend((check["of"], r) for r in check["rows"])
    for name, members in found.items():
        where = f"results/checks.json, family {name}"
        for model, row in members:
            estimate = estimates[row["model"]]
            term: Row = next((t for t in estimate["terms"] if t["name"] == row["term"]), {})
            drawn = [r for r in estimate["resampled"] if r["term"] == row["term"] and number(r["p"]) == number(r["p"])]
            p, by = (drawn[0]["p"], drawn[0]["method"]) if drawn else (term.get("p"), "t test")
            fits = (
                row["model"] == model
                and _alike(row["p"], p)
                and row["p_by"] == by
                and _alike(row["estimate"], term.get("estimate"))
            )
            level.hold(fits, "differs", f"{where}: {row['model']}.{row['term']} is not in the results as it says")
        declared = (study.get("families") or {}).get(name)
        order = [f"{r['model']}.{r['term']}" for _, r in members]
        if declared is not None:
            level.hold(
                sorted(order) == sorted(declared["members"]),
                "differs",
                f"{where} has other members than study.toml declares",
            )
        texts = " ".join(c["text"]["en"] for c in checks if c["name"] == f"family {name}")
        method = (declared or {}).get("method") or _method(texts)
        if method in ("holm", "bh", "sharpened_q"):
            ps = [number(r["p"]) for _, r in members]
            for (_, row), made in zip(members, adjusted_by(method, ps)):  # noqa: B905
                fits = near(number(row["p_adjusted"]), made)
                level.hold(
                    fits,
                    "differs",
                    f"{where}: {row['model']}.{row['term']} adjusted is {row['p_adjusted']!r}, not {made!r} ({method})",
                )


def _method(text: str) -> str:
    """How a family says that it adjusts."""
    said = {", Holm)": "holm", "Benjamini-Hochberg)": "bh", "two-stage q)": "sharpened_q"}
    return next((m for words, m in said.items() if words in text), "romano_wolf")


def largest_change(rows: list[Row]) -> Any:
    """In errors of the model, by the row whose estimate is farthest from the model's; None where there is none."""
    moved = [r for r in rows[1:] if number(r.get("estimate")) is not None]
    if not moved:
        return None
    top = max(moved, key=lambda r: abs(r["estimate"] - rows[0]["estimate"]))
    size = number(top.get("change_in_se"))
    return None if size is None or size != size else abs(size)


def valued(check: dict[str, Any], rows: list[Row], where: str, level: Level) -> None:
    """The value of a check by its rows."""
    name, value = check["name"], number(check["value"])
    if not rows:
        return
    wanted: list[Any] = []
    if name in ON_CHANGE:
        wanted = [largest_change(rows)]
    elif name in HOLM:
        wanted = [min((v for r in rows if (v := number(r.get("p_adjusted"))) is not None), default=None)]
    elif name.startswith("family "):
        wanted = [min(number(r["p_adjusted"]) for r in rows)]
    elif name in P_OF_A_ROW:
        wanted = [None, *(number(v) for r in rows for k, v in r.items() if k == "p" or k.endswith("_p"))]
    elif name in BY_ROWS:
        wanted = [BY_ROWS[name](rows)]
    else:
        return
    fits = any((value is None) == (w is None) and (value is None or near(value, w, 1e-12)) for w in wanted)
    level.hold(fits, "differs", f"{where}: its value is {check['value']!r}, by its rows {wanted[-1]!r}")


def judged(check: dict[str, Any], rows: list[Row], where: str, level: Level) -> None:
    """The verdict where it is that of value and bound."""
    name, value, bound = check["name"], number(check["value"]), number(check["bound"])
    if value is None or bound is None:
        return
    if name in (*ON_CHANGE, "influence", "collinearity", "few_clusters") and (
        value > bound or check["verdict"] != "fails"
    ):
        fits = (value > bound) == (check["verdict"] == "fails")  # a turned sign fails too
    elif name in (*HOLM, "placebo_sample", "reset", "negative_weights"):
        fits = (value < bound) == (check["verdict"] == "fails")
    elif name.startswith("robustness_"):
        fits = (value >= bound) == (check["verdict"] == "holds")
    else:
        return
    level.hold(fits, "differs", f"{where}: {check['verdict']!r} is not the verdict of {value:g} against {bound:g}")


def _supported(rows: list[Row]) -> Any:
    after = [r for r in rows if r["event_time"] >= 0]
    cells = sum(r["treated_cells"] for r in after)
    return sum(r["supported"] for r in after) / cells if cells else None


def dosed(rows: list[Row], estimate: dict[str, Any], where: str, level: Level) -> None:
    """The weights of treated cells sum to one, the negative ones to no more than all."""
    whole = math.fsum(number(r["weight"]) for r in rows)
    level.hold(abs(whole - 1) <= CLOSE, "differs", f"{where}: its weights sum to {whole!r}")
    for r in rows:
        fits = (
            r["negative"] <= r["treated_cells"]
            and number(r["negative_weight"]) <= min(0.0, number(r["weight"])) + CLOSE
        )
        level.hold(fits, "differs", f"{where}, {r['period']:g}: more is negative than there is")


def covered(rows: list[Row], estimate: dict[str, Any], where: str, level: Level) -> None:
    """No more treated cells are supported than there are."""
    for r in rows:
        fits = 0 <= r["supported"] <= r["treated_cells"] and r["fewest_controls"] <= r["most_controls"]
        level.hold(fits, "differs", f"{where}, event time {r['event_time']}: more is supported than there is")


BY_KIND: dict[str, Callable[[list[Row], dict[str, Any], str, Level], None]] = {
    **dict.fromkeys(HOLM, adjusted_rows),
    "influence": pulled,
    "bacon": compared_pairs,
    "negative_weights": dosed,
    "support": covered,
    "expected": known_before,
}
BY_ROWS: dict[str, Callable[[list[Row]], Any]] = {
    "influence": lambda rows: max(
        (abs(v) for r in rows if "time" not in r and (v := number(r.get("in_se"))) is not None), default=None
    ),
    "collinearity": lambda rows: max(number(r["vif"]) for r in rows if "vif" in r),
    "few_clusters": lambda rows: max((v for r in rows if (v := number(r.get("share"))) is not None), default=None),
    "support": _supported,
    "negative_weights": lambda rows: math.fsum(number(r["negative_weight"]) for r in rows),
    "bacon": lambda rows: math.fsum(r["weight"] for r in rows if r["treated"] and r["forbidden"]),
}
