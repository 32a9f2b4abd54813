"""Tails of the distributions that p values are taken from, and p values adjusted for their number; no file is read."""

from __future__ import annotations

import math

MOST_STEPS = 20000  # of a series or a continued fraction; those of tables need some dozens
LARGEST_DEGREES = 1e9
SHARPENED = 1000  # sharpened q values are found to one part in so many


def tail(t: float, df: float) -> float:
    """Two-sided tail of Student's t, of the normal where df is infinite.

    >>> round(tail(2.0422724563, 30.0), 9), round(tail(1.959963985, math.inf), 9)
    (0.05, 0.05)
    """
    if math.isinf(df):
        return math.erfc(abs(t) / math.sqrt(2))
    if t * t == 0:
        return 1.0
    return beta_share(df / (df + t * t), t * t / (df + t * t), df / 2, 0.5)


def f_tail(f: float, df1: float, df2: float) -> float:
    """Upper tail of F; of chi-squared over its degrees of freedom where the second ones are infinite.

    >>> round(f_tail(4.1708767, 1.0, 30.0), 7), round(f_tail(3.8414588, 1.0, math.inf), 7)
    (0.05, 0.05)
    """
    if math.isinf(df2) or df2 > LARGEST_DEGREES:
        return chi2_tail(f * df1, df1)
    if f <= 0:
        return 1.0
    whole = df2 + df1 * f
    return beta_share(df2 / whole, df1 * f / whole, df2 / 2, df1 / 2)


def chi2_tail(x: float, df: float) -> float:
    """Upper tail of chi-squared: the series of the lower tail, or the continued fraction of the upper one.

    >>> round(chi2_tail(5.9914645, 2.0), 7)
    0.05
    """
    a, half = df / 2, x / 2
    if half <= 0:
        return 1.0
    front = math.exp(a * math.log(half) - half - math.lgamma(a))
    if half < a + 1:
        term = total = 1 / a
        for n in range(1, MOST_STEPS):
            term *= half / (a + n)
            total += term
            if term < total * 1e-17:
                break
        return 1 - front * total
    b = half + 1 - a
    c, d = 1e300, 1 / b
    whole = d
    for n in range(1, MOST_STEPS):
        top = -n * (n - a)
        b += 2
        d = 1 / (top * d + b or 1e-300)
        c = b + top / c or 1e-300
        whole *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * whole


def beta_share(x: float, rest: float, a: float, b: float) -> float:
    """The regularised incomplete beta function at x, by Lentz's continued fraction; rest : 1 - x, which the caller knows better."""
    flip = x > (a + 1) / (a + b + 2)
    if flip:
        x, rest, a, b = rest, x, b, a
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or 1e-300)
    whole = d
    for m in range(1, MOST_STEPS):
        for top in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / (1 + top * d or 1e-300), 1 + top / c or 1e-300
            whole *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    if x <= 0:
        part = 0.0
    else:
        front = a * math.log(x) + b * math.log(rest) - math.lgamma(a) - math.lgamma(b) + math.lgamma(a + b)
        part = math.exp(front) * whole / a
    return 1 - part if flip else part


def adjusted_by(method: str, ps: list[float]) -> list[float]:
    """p values adjusted for their number: 'holm', 'bh' (Benjamini-Hochberg) or 'sharpened_q'; of Holm a missing one stays, and counts.

    >>> [[round(p, 3) for p in adjusted_by(m, [0.01, 0.04, 0.03])] for m in ("holm", "bh")]
    [[0.03, 0.06, 0.06], [0.03, 0.04, 0.04]]
    >>> adjusted_by("sharpened_q", [0.001, 0.5])
    [0.003, 0.334]
    """
    count = len(ps)
    order = sorted(range(count), key=lambda i: math.inf if ps[i] != ps[i] else ps[i])
    made = [math.nan] * count
    if method == "sharpened_q":
        ranked = [ps[i] for i in order]
        found = [1.0] * count
        for step in range(SHARPENED, 0, -1):
            q = step / SHARPENED
            sharper = sharpened(ranked, q / (1 + q))
            found[:sharper] = [q] * sharper
        for rank, i in enumerate(order):
            made[i] = found[rank]
        return made
    best = 0.0 if method == "holm" else 1.0
    for rank in range(count) if method == "holm" else reversed(range(count)):
        p = ps[order[rank]]
        if p == p:
            best = max(best, min(1.0, (count - rank) * p)) if method == "holm" else min(best, p * count / (rank + 1))
            made[order[rank]] = best
    return made


def sharpened(ranked: list[float], first: float) -> int:
    """How many of sorted p values the two stages reject where the first stage is at the level `first`."""
    count = len(ranked)
    rejected = last_within(ranked, first)
    return count if rejected == count else last_within(ranked, first * count / (count - rejected))


def last_within(ranked: list[float], level: float) -> int:
    """The last rank whose p is within its share of a level, 0 for none."""
    return max((r for r, p in enumerate(ranked, start=1) if p <= level * r / len(ranked)), default=0)
