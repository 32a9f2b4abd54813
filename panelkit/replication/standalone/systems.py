"""A panel vector autoregression against itself: responses, shares, stability and tests by its coefficients and covariances."""

from __future__ import annotations

import math
from typing import Any

from panelkit.replication.standalone.distributions import tail
from panelkit.replication.standalone.level import Level
from panelkit.replication.standalone.numbers import near, number, same

Square = list[list[float]]


def system_held(estimate: dict[str, Any], checks: dict[tuple[str, str], Any], level: Level) -> None:
    """Every number of a system that follows from others of it."""
    where = f"results/estimates.json, {estimate['id']}"
    names = list(dict.fromkeys(t["name"].partition(": ")[0] for t in estimate["terms"]))
    k, m = len(names), len(estimate["terms"]) // len(names)
    b = [number(t["estimate"]) for t in estimate["terms"]]
    A = [[b[j * m + i] for i in range(m)] for j in range(k)]  # (k, m), lag by lag
    errors = {(r["row"], r["column"]): number(r["covariance"]) for r in estimate["records"]["error_covariance"]}
    sigma = [[errors[r, c] for c in names] for r in names]
    _stable(estimate, A, where, level)
    held: dict[str, tuple[list[Square], list[Square]]] = {}
    for name, curve in estimate["curves"].items():
        head, _, rest = name.partition(" [")
        order, _, pair = rest.partition("] ")
        impulse, _, response = pair.partition(" -> ")
        if order not in held:
            held[order] = _responses(A, sigma, [names.index(n) for n in order.split(", ")], len(curve))
        own = held[order][head == "fevd"]
        i, j = names.index(response), names.index(impulse)
        size = max(abs(theta[r][c]) for theta in own for r in range(k) for c in range(k))
        for h, effect in enumerate(curve):
            right = near(number(effect["estimate"]), own[h][i][j], size)
            level.hold(right, "differs", f"{where}, {name} at {effect['at']} is not that of its coefficients")
            level.hold(
                number(effect["at"]) == h + (head == "fevd"), "differs", f"{where}, {name}: its horizons are others"
            )
            low, high = number(effect["low"]), number(effect["high"])
            level.hold(not low > high, "differs", f"{where}, {name} at {effect['at']}: its band is turned over")
    _tests(estimate, (names, m), b, where, level)
    told = checks.get((estimate["id"], "granger"), {}).get("rows") or ()
    for row in told:
        test = estimate["tests"].get(f"{row['test']}: {row['pair']}", {})
        fits = all(same(row.get(f), test.get(f)) for f in ("statistic", "p"))
        level.hold(
            fits,
            "differs",
            f"results/checks.json, granger of {estimate['id']}: {row['test']}, {row['pair']} is another test",
        )
    count = sum(n.startswith("granger") for n in estimate["tests"])
    level.hold(
        not told or len(told) == count,
        "differs",
        f"results/checks.json, granger of {estimate['id']} has not every test",
    )


def _companion(A: Square) -> Square:
    k, m = len(A), len(A[0])
    return [*[row[:] for row in A], *([float(c == r) for c in range(m)] for r in range(m - k))]


def _times(left: Square, right: Square) -> Square:
    return [[math.fsum(row[i] * right[i][c] for i in range(len(right))) for c in range(len(right[0]))] for row in left]


def _stable(estimate: dict[str, Any], A: Square, where: str, level: Level) -> None:
    """The largest modulus by powers of the companion matrix, and the product of all by its determinant."""
    told = [number(r["modulus"]) for r in estimate["records"]["stability"]]
    largest = number(estimate["fit"]["extra"]["largest_modulus"])
    ordered = bool(told) and same(told[0], largest) and told == sorted(told, reverse=True)
    level.hold(ordered, "differs", f"{where}: its moduli are not in order")
    C = _companion(A)
    power, logged = C, 0.0
    for n in range(20):  # C to the power of 2^20, each square divided by its size
        size = max(abs(v) for row in power for v in row)
        if size == 0:
            break
        logged += math.log(size) / 2**n
        power = [[v / size for v in row] for row in power]
        power = _times(power, power)
    grown = math.exp(logged)
    near_it = abs(grown - largest) <= 1e-4 * max(largest, 1e-6)
    level.hold(near_it, "differs", f"{where}: its largest modulus is {grown:.6g}, not {largest:.6g}")
    product = abs(_determinant(C))
    level.hold(near(math.prod(told), product, 1e-6), "differs", f"{where}: the product of its moduli is {product:.6g}")


def _determinant(M: Square) -> float:
    rows, made = [row[:] for row in M], 1.0
    for c in range(len(rows)):
        best = max(range(c, len(rows)), key=lambda r: abs(rows[r][c]))
        if rows[best][c] == 0:
            return 0.0
        if best != c:
            rows[c], rows[best], made = rows[best], rows[c], -made
        made *= rows[c][c]
        for r in range(c + 1, len(rows)):
            share = rows[r][c] / rows[c][c]
            rows[r] = [a - share * b for a, b in zip(rows[r], rows[c])]  # noqa: B905
    return made


def _responses(A: Square, sigma: Square, order: list[int], horizons: int) -> tuple[list[Square], list[Square]]:
    """Responses and shares by horizon; the first of the order moves all others at once."""
    k = len(A)
    P = [[0.0] * k for _ in range(k)]
    for n, i in enumerate(order):
        for j in order[: n + 1]:
            rest = sigma[i][j] - math.fsum(P[i][c] * P[j][c] for c in order[: order.index(j)])
            P[i][j] = math.sqrt(rest) if i == j else rest / P[j][j]
    C, power = _companion(A), [[float(r == c) for c in range(len(A[0]))] for r in range(len(A[0]))]
    theta, shares = [], []
    total = [[0.0] * k for _ in range(k)]
    for _ in range(horizons):
        theta.append(_times([row[:k] for row in power[:k]], P))
        total = [[total[r][c] + theta[-1][r][c] ** 2 for c in range(k)] for r in range(k)]
        shares.append([[v / math.fsum(row) for v in row] for row in total])
        power = _times(power, C)
    return theta, shares


def _tests(estimate: dict[str, Any], of: tuple[list[str], int], b: list[float], where: str, level: Level) -> None:
    """Wald statistics by coefficients and covariance; p by t where one coefficient is tested."""
    names, m = of
    V = estimate["covariance_matrix"]
    for name, test in estimate["tests"].items():
        head, _, pair = name.partition(": ")
        if head != "granger":
            continue
        cause, _, effect = pair.partition(" -> ")
        at = [names.index(effect) * m + i for i in range(names.index(cause), m, len(names))]
        M = [[number(V[r][c]) for c in at] for r in at]
        statistic, p = number(test["statistic"]), number(test["p"])
        if not all(math.isfinite(v) for row in M for v in row):
            continue
        solved = _solved(M, [b[i] for i in at])
        wald = math.fsum(b[i] * s for i, s in zip(at, solved)) / len(at)  # noqa: B905
        level.hold(near(statistic, wald, abs(wald)), "differs", f"{where}, {name}: its statistic is {wald!r}")
        if len(at) == 1:
            right = tail(math.sqrt(max(statistic, 0.0)), number(test["df2"]))
            level.hold(
                abs(right - p) <= 1e-6 * p + 1e-12,
                "differs",
                f"{where}, {name}: p is {p!r}, but {right!r} by its statistic",
            )


def _solved(M: Square, y: list[float]) -> list[float]:
    """The solution of M x = y by Cramer's rule."""
    whole = _determinant(M)
    made = []
    for c in range(len(y)):
        turned = [[y[r] if i == c else v for i, v in enumerate(row)] for r, row in enumerate(M)]
        made.append(_determinant(turned) / whole)
    return made
