"""Numbers of one estimate that follow from others of it or from the panel: fit, tests, curves, products, draws; terms are in entries."""

from __future__ import annotations

import math
import re
from typing import Any

from panelkit.replication.standalone.distributions import chi2_tail, f_tail, tail
from panelkit.replication.standalone.frame import Frame
from panelkit.replication.standalone.level import Level
from panelkit.replication.standalone.moments import average, grouped
from panelkit.replication.standalone.numbers import near, number, same

CLOSE = 1e-7  # of a p, a fit or an interval made anew
ROUNDED = 1e-3  # of (1 - level), by which the reach of an interval may be off
DRAWN_TESTS = re.compile(r"threshold_\d+$|route$")  # p by draws, or no test
CHI2_TESTS = re.compile(r"(?:hansen|granger_jks): ")  # the statistic is chi-squared itself
NORMAL_TESTS = re.compile(r"(?:ar\d+|granger_dh): ")  # the statistic is a normal one
EXACT_DF = ("cr0", "cr1", "cr3")  # of which t has one less than the clusters; CR2 has its own


def implied(estimate: dict[str, Any], frame: Frame, coverage: float, level: Level, start: int) -> None:
    """Everything of an estimate that need not be believed; `start` is the number of rows that every model begins with."""
    where = f"results/estimates.json, {estimate['id']}"
    sized(estimate, start, where, level)
    fitted(estimate, frame, where, level)
    for name, test in estimate["tests"].items():
        tested(name, test, where, level)
    squared(estimate, where, level)
    curved(estimate, coverage, where, level)
    made_of_parts(estimate, where, level)
    drawn_in_steps(estimate, where, level)


def begun(estimate: dict[str, Any]) -> int:
    """The rows that an estimate started from: those used and those left out."""
    sample = estimate["sample"]
    return int(sample["rows"]) + sum(int(d["rows"]) for d in sample["dropped"])


def sized(estimate: dict[str, Any], start: int, where: str, level: Level) -> None:
    """Degrees of freedom by the clusters; the rows used and left out by the panel."""
    sample, covariance = estimate["sample"], estimate["covariance"]
    groups = [int(c) for c in sample["clusters"].values()]
    if covariance.get("kind") == "clustered" and covariance.get("reference") == "t" and groups:
        wanted = min(groups) - 1 if covariance.get("groups") == "min" or len(groups) == 1 else None
        for term in estimate["terms"]:
            df = number(term["df"])
            if wanted is not None and covariance.get("variant") in EXACT_DF and math.isfinite(df):
                level.hold(df == wanted, "differs", f"{where}.{term['name']}: df is {df:g}, of {wanted + 1} clusters")
    gone = begun(estimate) - sample["rows"]
    level.hold(
        begun(estimate) == start,
        "differs",
        f"{where}: {sample['rows']} rows and {gone} left out are not all {start}",
    )


def fitted(estimate: dict[str, Any], frame: Frame, where: str, level: Level) -> None:
    """Adjusted R-squared, root mean squared error, and R-squared by the outcome in the panel."""
    fit = estimate["fit"]
    rows = estimate["sample"][
        "units" if estimate["kind"] == "between" else "rows"
    ]  # between units, of which each is a row
    r2, adjusted, rss, rmse = (number(v) for v in (fit["r2"], fit["r2_adjusted"], fit["rss"], fit["extra"].get("rmse")))
    free = rows - fit["parameters"]
    plain = all(not r["weights"] for r in estimate["requests"])
    if plain and rmse is not None and rss is not None and free > 0:
        level.hold(near(rmse * rmse * free, rss, 1e-300), "differs", f"{where}: rmse is not that of rss and parameters")
    if plain and r2 is not None and adjusted is not None and free > 0:
        made = 1 - (1 - r2) * (rows - 1) / free
        level.hold(
            abs(adjusted - made) <= CLOSE, "differs", f"{where}: the adjusted R-squared is not {made!r} of R-squared"
        )
    places = frame.places(estimate["id"])
    outcome = frame.columns.get(estimate["outcome"])
    if not plain or rss is None or places is None or outcome is None or not of_levels(estimate):
        return
    values = [(frame.units[i], outcome[i]) for i in places]
    about = {None: average([v for _, v in values])}
    means = {u: average(v) for u, v in grouped(values).items()}
    for share, centre in (
        (r2, lambda u: about[None]),
        (number(fit["extra"].get("r2_within_unit")), lambda u: means[u]),
    ):
        whole = math.fsum((v - centre(u)) ** 2 for u, v in values)
        if share is not None and whole > 0:
            made = 1 - rss / whole
            fits = abs(share - made) <= CLOSE
            level.hold(fits, "differs", f"{where}: an R-squared is {share!r}, by rss and the panel {made!r}")


def of_levels(estimate: dict[str, Any]) -> bool:
    """Whether the residuals are those of the outcome itself, by least squares."""
    requests = estimate["requests"]
    if not requests or estimate["kind"] == "panel_var":
        return False
    last = requests[-1]
    return (
        last["family"] == "gaussian"
        and last["estimator"] == "least_squares"
        and last["outcome"] == estimate["outcome"]
        and not last["endogenous"]
    )


def p_of_test(name: str, statistic: float, df1: float, df2: float) -> float:
    """p of a joint test by its statistic: F, chi-squared over its degrees where the second ones are infinite, or as its kind has it."""
    if CHI2_TESTS.match(name):
        return chi2_tail(statistic, df1)
    return tail(statistic, math.inf) if NORMAL_TESTS.match(name) else f_tail(statistic, df1, df2)


def tested(name: str, test: dict[str, Any], where: str, level: Level) -> None:
    """The p of a joint test."""
    if DRAWN_TESTS.match(name) or not {"statistic", "df1", "df2", "p"} <= set(test):
        return
    statistic, df1, df2, p = (number(test[k]) for k in ("statistic", "df1", "df2", "p"))
    if statistic != statistic or p != p:
        level.hold(p != p, "differs", f"{where}, {name}: p is {p!r} without a statistic")
        return
    made = p_of_test(name, statistic, df1, df2)
    level.hold(
        abs(made - p) <= 1e-6 * p + 1e-12,
        "differs",
        f"{where}, {name}: p is {p!r}, but {made!r} by its statistic and df",
    )


def squared(estimate: dict[str, Any], where: str, level: Level) -> None:
    """A covariance is symmetric, and no covariance is larger than its variances allow; those of curves too."""
    for what, matrix in (("", estimate.get("covariance_matrix")), *(estimate.get("curve_covariances") or {}).items()):
        size = len(matrix or [])
        held = all(len(row) == size for row in matrix or [])
        for i in range(size if held else 0):
            for j in range(i):
                a, b = number(matrix[i][j]), number(matrix[j][i])
                most = math.sqrt(abs(number(matrix[i][i]) * number(matrix[j][j])))
                held = held and near(a, b, most) and (a != a or most != most or abs(a) <= most * (1 + 1e-6))
        level.hold(held, "differs", f"{where}: {what or 'the covariance'} is no covariance")


def curved(estimate: dict[str, Any], coverage: float, where: str, level: Level) -> None:
    """Points of a curve: those of terms as their terms, all others by their own errors and degrees of freedom."""
    if estimate["kind"] == "panel_var":
        return  # its bands are quantiles of draws
    terms = {t["name"]: t for t in estimate["terms"]}
    own_degrees = estimate["covariance"].get("variant") == "cr2"  # which gives each point degrees of freedom of its own
    allowed = None if own_degrees else {number(t["df"]) for t in estimate["terms"]} | {math.inf}
    for name, curve in estimate["curves"].items():
        matrix = (estimate.get("curve_covariances") or {}).get(name)
        for i, point in enumerate(curve):
            at = f"{where}, {name} at {point['label']}"
            own = terms.get(f"{name}::{number(point['at']):g}")
            if own is not None:
                fits = all(same(point[k], own[k]) for k in ("estimate", "se", "p", "low", "high"))
                level.hold(fits, "differs", f"{at} is not its term")
            b, se, low, high, p = (number(point[k]) for k in ("estimate", "se", "low", "high", "p"))
            if matrix is not None and len(matrix) == len(curve):
                variance = number(matrix[i][i])
                fits = near(variance, se * se) or (variance != variance) or not se > 0
                level.hold(fits, "differs", f"{at}: its error is not that of the covariance")
            level.hold(
                reaches((b, se, low, high, p), coverage, allowed),
                "differs",
                f"{at}: error, interval and p do not fit each other",
            )


def reaches(of: tuple[float, float, float, float, float], coverage: float, allowed: Any = None) -> bool:
    """Whether estimate, error, ends of the interval and p belong together under one t (or normal) distribution.

    allowed : its degrees of freedom, where they are known; otherwise any that fit the interval fit p too.

    >>> reaches((1.0, 0.5, 1.0 - 0.5 * 1.959963984540054, 1.0 + 0.5 * 1.959963984540054, 0.04550026389635842), 0.95)
    True
    """
    b, se, low, high, p = of
    if not se > 0 or low != low or high != high or math.isinf(low) or math.isinf(high):
        return True
    reach = (high - low) / 2
    if not near((low + high) / 2, b, reach):
        return False
    df = degrees_of(reach / se, 1 - coverage)
    if df is None or (allowed is not None and not any(df == a or abs(df - a) <= 1e-4 * df for a in allowed)):
        return False
    made = tail(b / se, df)
    return p != p or abs(made - p) <= 1e-4 * p + 1e-9  # the degrees of freedom are found by bisection


def degrees_of(t: float, share: float) -> Any:
    """The degrees of freedom at which |t| has a two-sided tail of `share`; None where t is nearer than the normal allows."""
    if abs(tail(t, math.inf) - share) <= 1e-7:
        return math.inf
    if tail(t, math.inf) > share or tail(t, 0.2) < share:
        return None
    low, high = math.log(0.2), math.log(1e9)
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if tail(t, math.exp(middle)) > share else (low, middle)
    found = math.exp((low + high) / 2)
    whole = round(found)
    return float(whole) if whole and abs(found - whole) <= 1e-5 * whole else found


def made_of_parts(estimate: dict[str, Any], where: str, level: Level) -> None:
    """Products and sums of mediation, changes at thresholds, strengths of instruments."""
    terms = {t["name"]: number(t["estimate"]) for t in estimate["terms"]}
    if estimate["kind"] == "mediation":
        a, b = (next(v for n, v in terms.items() if n.startswith(f"{x}: ")) for x in "ab")
        held = near(terms["indirect"], a * b)
        level.hold(held, "differs", f"{where}: the indirect effect is not a times b, {a * b!r}")
        whole, size = terms["direct"] + terms["indirect"], abs(terms["direct"]) + abs(terms["indirect"])
        level.hold(
            abs(terms["total"] - whole) <= CLOSE * size,
            "differs",
            f"{where}: direct and indirect are not the total, {whole!r}",
        )
    names, matrix = list(terms), estimate.get("covariance_matrix") or []
    for name in names:
        found = re.match(r"(.*):step::(\d+)$", name)
        below, above = (f"{found.group(1)}:regime::{int(found.group(2)) + s}" if found else "" for s in (0, 1))
        if found is None or below not in terms or above not in terms:
            continue
        size = abs(terms[below]) + abs(terms[above])
        gap = terms[above] - terms[below]
        level.hold(
            near(terms[name], gap, size), "differs", f"{where}: {name} is not the change of its regimes, {gap!r}"
        )
        if len(matrix) == len(names):
            i, j, k = (names.index(n) for n in (below, above, name))
            parts = [number(matrix[i][i]), number(matrix[j][j]), -2 * number(matrix[i][j])]
            variance = math.fsum(parts)
            held = near(number(matrix[k][k]), variance, sum(map(abs, parts)))
            level.hold(held, "differs", f"{where}: the variance of {name} is not that of its regimes")
    for name, value in estimate["fit"]["extra"].items():
        head, _, of = name.partition(": ")
        test = estimate["tests"].get(
            {"first_stage_f_clustered": f"first_stage_clustered: {of}"}.get(head, f"first_stage: {of}")
        )
        if test is None or head not in ("first_stage_f", "first_stage_f_clustered", "partial_r2"):
            continue
        f, df1, df2 = (number(test[k]) for k in ("statistic", "df1", "df2"))
        made = f * df1 / (f * df1 + df2) if head == "partial_r2" else f
        level.hold(near(number(value), made, 1e-3), "differs", f"{where}: {name} is not that of its test")


def drawn_in_steps(estimate: dict[str, Any], where: str, level: Level) -> None:
    """A p by draws is a count of them, of the sample itself besides or without it; and lies between 0 and 1."""
    for row in estimate.get("resampled") or ():
        p, draws = number(row["p"]), int(row["draws"])
        if p != p or draws < 1:
            continue
        fits = counted(p, draws)
        level.hold(fits, "differs", f"{where}: {row['method']} of {row['term']}: p is {p!r}, no count of {draws} draws")


def counted(p: float, draws: int) -> bool:
    """Whether p is a count of draws, of the sample itself besides or without it; two-sided ones count twice.

    >>> counted(0.7173, 9999), counted(0.71735, 9999)
    (True, False)
    """
    counts = (p * draws, p * (draws + 1), p * draws / 2, p * (draws + 1) / 2)
    return 0 <= p <= 1 and any(abs(c - round(c)) <= 1e-9 * max(c, 1.0) for c in counts)
