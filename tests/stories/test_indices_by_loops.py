"""Every index through a study file and the command line, against plain loops over the papers' formulas that share no code with it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from panelkit.facts.provinces import provinces

CODES = [p.code for p in provinces()]
YEARS = range(2004, 2016)
STUDY = range(2008, 2015)
ALIASES = (
    "a",
    "b",
    "c",
    "whole",
    "up",
    "down",
    "flat",
    "inv",
    "link",
    "fixed",
    "area",
    "hplant",
    "n1",
    "n2",
    "e1",
    "e2",
)
HEAD = """schema = 1
[study]
id = "loops"
title = "loops"
seed = 1
[panel]
{unit}
years = [2008, 2014]
gaps = "list"
"""
ABC = 'parts = { a = "s.a", b = "s.b", c = "s.c" }'
INDEX = 'components = { "s.up" = "+", "s.down" = "-", "s.a" = "+" }'
VARIABLES = {
    "lq_ratio": ("location_quotient", 'part = "s.a", whole = "s.whole", form = "ratio"'),
    "lq_sym": ("location_quotient", 'part = "s.a", whole = "s.whole", form = "symmetric"'),
    "lq_ln": ("location_quotient", 'part = "s.b", whole = "s.whole"'),
    "lq_loo": ("location_quotient", 'part = "s.a", whole = "s.whole", form = "ratio", leave_one_out = true'),
    "lq_bal": ("location_quotient", 'part = "s.a", whole = "s.whole", form = "ratio", balanced = true'),
    "hhi": ("hhi", ABC),
    "hhi_n": ("hhi", f"{ABC}, normalised = true"),
    "hhi_units": ("hhi", 'part = "s.a"'),
    "gini": ("spatial_gini", 'part = "s.a", whole = "s.whole"'),
    "eg": ("ellison_glaeser", 'part = "s.a", whole = "s.whole", plant_hhi = "s.hplant"'),
    "eg_bins": (
        "ellison_glaeser",
        'part = "s.a", whole = "s.whole", bin_plants = ["s.n1", "s.n2"], bin_employment = ["s.e1", "s.e2"]',
    ),
    "theta": ("coagglomeration", 'first = "s.a", second = "s.b", whole = "s.whole"'),
    "krugman": ("krugman_specialisation", ABC),
    "krugman_all": ("krugman_specialisation", f'{ABC}, reference = "all", halved = true'),
    "relative": ("diversity", ABC),
    "hachman": ("diversity", f'{ABC}, form = "hachman"'),
    "shannon": ("diversity", f'{ABC}, form = "shannon"'),
    "inverse": ("diversity", f'{ABC}, form = "inverse_hhi"'),
    "density": ("density", 'amount = "s.whole", area = "s.area"'),
    "u_entropy": ("entropy_index", INDEX),
    "u_fit": ("entropy_index", f"{INDEX}, fit_years = [2005, 2009]"),
    "u_shift": ("entropy_index", f"{INDEX}, shift = 0.01"),
    "u_equal": ("entropy_index", f'{INDEX}, weights = "equal"'),
    "u_critic": ("entropy_index", f'{INDEX}, weights = "critic"'),
    "u_pca": ("entropy_index", f'{INDEX}, weights = "pca"'),
    "c2": ("coupling", 'systems = ["u_entropy", "u_equal"], give = "C"'),
    "t2": ("coupling", 'systems = ["u_entropy", "u_equal"], give = "T", weights = [0.3, 0.7]'),
    "d3": ("coupling", 'systems = ["u_entropy", "u_equal", "u_pca"]'),
    "m2": ("coupling", 'systems = ["u_entropy", "u_equal"], give = "C", form = "modified"'),
    "m3": ("coupling", 'systems = ["u_entropy", "u_equal", "u_pca"], give = "C", form = "modified"'),
    "k_zhang": ("capital_stock", 'investment = "s.inv", start = 2004, preset = "zhang2004"'),
    "k_shan": ("capital_stock", 'investment = "s.inv", start = 2004, preset = "shan2008"'),
    "k_own": (
        "capital_stock",
        'investment = "s.inv", start = 2004, depreciation = 0.06, growth = 0.11, first = "same"',
    ),
    "real": ("deflate", 'amount = "s.whole", index = "s.link", base = 2010'),
    "real_fixed": ("deflate", 'amount = "s.whole", index = "s.fixed", base = 2006, form = "fixed_base"'),
    "volume": ("deflate", 'amount = "s.whole", index = "s.link", base = 2010, by = "volume"'),
    "moved": ("deflate", 'amount = "real", index = "s.link", base = 2007, by = "rebase", was = 2010'),
    "pre": ("pre_mean", 'of = "s.whole", years = [2005, 2008]'),
}
EXPRESSIONS = {
    "lag2": "lag(s.a, 2)",
    "lead1": "lead(s.a, 1)",
    "diff1": "diff(s.whole, 1)",
    "wins": "winsor(s.whole, 0.05)",
    "wins_year": "winsor_by_year(s.whole, 0.1)",
    "standard": "standardise(s.whole)",
    "product": "s.up * lag(s.down, 1)",
    "year_mean": "mean_by(s.whole, year)",
}


@pytest.fixture(scope="module")
def figures() -> pd.DataFrame:
    """31 provinces, some rows absent, some cells blank, some zero; one province alone in its last year is not complete."""
    draws = np.random.default_rng(77)
    rows = pd.DataFrame([(c, t) for c in CODES for t in YEARS], columns=["province", "year"])
    n = len(rows)
    for name in ("a", "b", "c", "whole", "inv", "area", "e1", "e2"):
        rows[name] = draws.uniform(5, 90, n)
    rows["whole"] += rows[["a", "b", "c"]].sum(axis=1)
    rows["up"], rows["down"], rows["flat"] = draws.normal(0, 1, n), draws.uniform(3, 9, n), 1.0
    rows["inv"] = 20 * 1.1 ** (rows["year"] - 2004) * draws.uniform(0.85, 1.15, n)
    rows["link"] = draws.uniform(97, 108, n)
    rows["fixed"] = draws.uniform(90, 150, n)
    rows["n1"], rows["n2"] = draws.integers(2, 40, n), draws.integers(1, 5, n)
    rows["hplant"] = rows["year"].map({t: 0.02 + 0.001 * (t - 2000) for t in YEARS})
    rows.loc[draws.choice(n, 12, replace=False), "a"] = 0.0
    for name in ("a", "b", "whole", "up", "down", "link", "inv"):
        rows.loc[draws.choice(n, 6, replace=False), name] = np.nan
    rows.loc[rows["year"] == 2004, "inv"] = rows.loc[rows["year"] == 2004, "inv"].fillna(20.0)
    return rows.drop(index=draws.choice(n, 7, replace=False)).sample(frac=1, random_state=1)


@pytest.fixture(scope="module")
def built(
    cli: Any, figures: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[tuple[str, int], float]]:
    """Variable -> (province, year) -> value, as the panel on disk has it."""
    folder = tmp_path_factory.mktemp("loops")
    figures.to_csv(folder / "f.csv", index=False)
    lines = [
        HEAD.format(unit='unit = "province"'),
        '[sources.s]\nkind = "tidy"\npath = "f.csv"\nunit = "province"\ntime = "year"',
    ]
    taken = ", ".join(f'{a} = "{a}"' for a in ALIASES)
    lines += [f"series = {{ {taken} }}"]
    lines += [
        'measures = { whole = "亿元", a = "亿元", b = "亿元", c = "亿元", inv = "亿元" }',
        'prices = { inv = "real" }',
    ]
    lines += [f'[variables.{n}]\nderive = "{kind}"\nwith = {{ {options} }}' for n, (kind, options) in VARIABLES.items()]
    lines += [f'[variables.{n}]\nexpression = "{text}"' for n, text in EXPRESSIONS.items()]
    (folder / "study.toml").write_text("\n".join(lines), encoding="utf-8")
    done = cli("build", folder / "study.toml", "--root", folder, "--output", folder / "out")
    assert done.returncode == 0, done.stderr
    made = pd.read_csv(folder / "out" / "loops" / "panel.csv", dtype={"province": str})
    names = [*VARIABLES, *EXPRESSIONS]
    return {n: {(p, t): v for p, t, v in zip(made["province"], made["year"], made[n], strict=True)} for n in names}


class Loops:
    """Cells as a dictionary, and the formulas as loops over it."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.cells = {
            (name, p, t): float(v)
            for name in ALIASES
            for p, t, v in zip(rows["province"], rows["year"], rows[name], strict=True)
            if v == v
        }

    def x(self, name: str, p: str, t: int) -> float:
        return self.cells.get((name, p, t), math.nan)

    def have(self, names: str, t: int) -> list[str]:
        """Provinces with all of these in a year."""
        return [p for p in CODES if all((n, p, t) in self.cells for n in names.split())]

    def lq(self, part: str, p: str, t: int, *, out: bool = False, among: list[str] | None = None) -> float:
        known = [q for q in self.have(f"{part} whole", t) if among is None or q in among]
        others = [q for q in known if not (out and q == p)]
        above, below = (sum(self.x(n, q, t) for q in others) for n in (part, "whole"))
        return (self.x(part, p, t) / self.x("whole", p, t)) / (above / below)

    def mix(self, p: str, t: int) -> list[float]:
        return [self.x(n, p, t) for n in "abc"]

    def shares(self, p: str, t: int) -> list[float]:
        return [v / sum(self.mix(p, t)) for v in self.mix(p, t)]

    def nation(self, t: int, without: str = "") -> list[float]:
        known = [q for q in self.have("a b c", t) if q != without]
        sums = [sum(self.x(n, q, t) for q in known) for n in "abc"]
        return [v / sum(sums) for v in sums]

    def gini(self, t: int) -> tuple[float, float]:
        known = self.have("a whole", t)
        total = {n: sum(self.x(n, q, t) for q in known) for n in ("a", "whole")}
        g = sum((self.x("a", q, t) / total["a"] - self.x("whole", q, t) / total["whole"]) ** 2 for q in known)
        return g, 1 - sum((self.x("whole", q, t) / total["whole"]) ** 2 for q in known)

    def index(self, weights: str, span: range, shift: float = 0.0) -> dict[tuple[str, int], float]:
        names, ways = ("up", "down", "a"), (1, -1, 1)
        rows = [(p, t) for p in CODES for t in span if all((n, p, t) in self.cells for n in names)]
        low = {n: min(self.x(n, *r) for r in rows) for n in names}
        high = {n: max(self.x(n, *r) for r in rows) for n in names}

        def z(n: str, way: int, r: tuple[str, int]) -> float:
            v = (self.x(n, *r) - low[n]) / (high[n] - low[n])
            return v if way > 0 else 1 - v

        table = [[z(n, w, r) for n, w in zip(names, ways, strict=True)] for r in rows]
        w = getattr(self, f"_{weights}")(table, shift)
        every = [(p, t) for p in CODES for t in YEARS if all((n, p, t) in self.cells for n in names)]
        return {r: sum(wj * z(n, way, r) for wj, n, way in zip(w, names, ways, strict=True)) for r in every}

    @staticmethod
    def _entropy(table: list[list[float]], shift: float) -> list[float]:
        spare = []
        for j in range(3):
            column = [row[j] + shift for row in table]
            e = -sum(v / sum(column) * math.log(v / sum(column)) for v in column if v > 0) / math.log(len(column))
            spare.append(1 - e)
        return [s / sum(spare) for s in spare]

    @staticmethod
    def _equal(table: list[list[float]], shift: float) -> list[float]:
        return [1 / 3] * 3

    @staticmethod
    def _critic(table: list[list[float]], shift: float) -> list[float]:
        frame = pd.DataFrame(table)
        r, sd = frame.corr(), frame.std()
        content = [sd[j] * sum(1 - r.loc[j, k] for k in range(3)) for j in range(3)]
        return [c / sum(content) for c in content]

    @staticmethod
    def _pca(table: list[list[float]], shift: float) -> list[float]:
        """Power iteration on the correlations."""
        r = pd.DataFrame(table).corr().to_numpy() + 2 * np.eye(3)
        v = np.array([0.3, 0.5, 0.9])
        for _ in range(20000):
            v = r @ v
            v /= math.sqrt(float(v @ v))
        return [float(a) ** 2 for a in v]

    def stock(self, p: str, t: int, d: float, first: float) -> float:
        k = first
        for year in range(2005, t + 1):
            k = (1 - d) * k + self.x("inv", p, year)
        return k

    def level(self, p: str, t: int, base: int) -> float:
        up = math.prod(self.x("link", p, s) / 100 for s in range(base + 1, t + 1))
        return up / math.prod(self.x("link", p, s) / 100 for s in range(t + 1, base + 1))


def expected(f: Loops) -> dict[str, Any]:
    """Variable -> function of province and year."""
    complete = [p for p in CODES if all(p in f.have("a whole", t) for t in STUDY)]
    u = {
        "u_entropy": f.index("entropy", STUDY),
        "u_fit": f.index("entropy", range(2005, 2010)),
        "u_shift": f.index("entropy", STUDY, 0.01),
        "u_equal": f.index("equal", STUDY),
        "u_critic": f.index("critic", STUDY),
        "u_pca": f.index("pca", STUDY),
    }

    def levels(names: str, p: str, t: int) -> list[float]:
        return [u[n].get((p, t), math.nan) for n in names.split()]

    def c(v: list[float]) -> float:
        return len(v) * math.prod(v) ** (1 / len(v)) / sum(v)

    def wang(v: list[float]) -> float:
        n = len(v)
        apart = sum(abs(v[i] - v[j]) for i in range(n) for j in range(i)) / sum(range(1, n))
        return math.sqrt((1 - apart) * math.prod(x / max(v) for x in v) ** (1 / (n - 1)))

    def own_growth(p: str) -> float:
        return (f.x("inv", p, 2009) / f.x("inv", p, 2004)) ** (1 / 5) - 1

    def eg(p: str, t: int, h: float) -> float:
        g, room = f.gini(t)
        return (g - room * h) / (room * (1 - h))

    def bins(t: int) -> float:
        sums = {n: sum(f.x(n, q, t) for q in CODES if (n, q, t) in f.cells) for n in ("n1", "n2", "e1", "e2")}
        return (sums["e1"] ** 2 / sums["n1"] + sums["e2"] ** 2 / sums["n2"]) / (sums["e1"] + sums["e2"]) ** 2

    def theta(p: str, t: int) -> float:
        known = f.have("a b whole", t)
        m, s = (
            (f.x(n, p, t) / f.x("whole", p, t))
            / (sum(f.x(n, q, t) for q in known) / sum(f.x("whole", q, t) for q in known))
            for n in "ab"
        )
        return 1 - abs(m - s) / (m + s) + m + s

    def krugman(p: str, t: int, other: list[float]) -> float:
        return sum(abs(a - b) for a, b in zip(f.shares(p, t), other, strict=True))

    def quantile(values: list[float], q: float) -> float:
        v = sorted(values)
        at = q * (len(v) - 1)
        low = math.floor(at)
        return v[low] + (at - low) * (v[min(low + 1, len(v) - 1)] - v[low])

    pooled = [f.x("whole", q, t) for q in CODES for t in STUDY if ("whole", q, t) in f.cells]
    middle = sum(pooled) / len(pooled)
    sd = math.sqrt(sum((v - middle) ** 2 for v in pooled) / (len(pooled) - 1))

    def of_year(t: int) -> list[float]:
        return [f.x("whole", q, t) for q in f.have("whole", t)]

    def clip(v: float, given: list[float], share: float) -> float:
        return min(max(v, quantile(given, share)), quantile(given, 1 - share)) if v == v else v

    def hhi(p: str, t: int) -> float:
        return sum(s * s for s in f.shares(p, t))

    def pre(p: str) -> float:
        given = [f.x("whole", p, t) for t in range(2005, 2009) if ("whole", p, t) in f.cells]
        return sum(given) / len(given)

    def hhi_units(t: int) -> float:
        given = [f.x("a", q, t) for q in f.have("a", t)]
        return sum((v / sum(given)) ** 2 for v in given)

    return {
        "lq_ratio": lambda p, t: f.lq("a", p, t),
        "lq_sym": lambda p, t: (f.lq("a", p, t) - 1) / (f.lq("a", p, t) + 1),
        "lq_ln": lambda p, t: math.log(f.lq("b", p, t)),
        "lq_loo": lambda p, t: f.lq("a", p, t, out=True),
        "lq_bal": lambda p, t: f.lq("a", p, t, among=complete),
        "hhi": hhi,
        "hhi_n": lambda p, t: (hhi(p, t) - 1 / 3) / (1 - 1 / 3),
        "hhi_units": lambda p, t: hhi_units(t),
        "gini": lambda p, t: f.gini(t)[0],
        "eg": lambda p, t: eg(p, t, 0.02 + 0.001 * (t - 2000)),
        "eg_bins": lambda p, t: eg(p, t, bins(t)),
        "theta": theta,
        "krugman": lambda p, t: krugman(p, t, f.nation(t, without=p)),
        "krugman_all": lambda p, t: krugman(p, t, f.nation(t)) / 2,
        "relative": lambda p, t: 1 / krugman(p, t, f.nation(t)),
        "hachman": lambda p, t: 1 / sum(s * s / n for s, n in zip(f.shares(p, t), f.nation(t), strict=True)),
        "shannon": lambda p, t: -sum(s * math.log(s) if s else 0 * s for s in f.shares(p, t)),
        "inverse": lambda p, t: 1 / hhi(p, t),
        "density": lambda p, t: f.x("whole", p, t) / f.x("area", p, t),
        **{n: (lambda p, t, n=n: u[n].get((p, t), math.nan)) for n in u},
        "c2": lambda p, t: c(levels("u_entropy u_equal", p, t)),
        "t2": lambda p, t: sum(a * b for a, b in zip((0.3, 0.7), levels("u_entropy u_equal", p, t), strict=True)),
        "d3": lambda p, t: math.sqrt(
            c(levels("u_entropy u_equal u_pca", p, t)) * sum(levels("u_entropy u_equal u_pca", p, t)) / 3
        ),
        "m2": lambda p, t: wang(levels("u_entropy u_equal", p, t)),
        "m3": lambda p, t: wang(levels("u_entropy u_equal u_pca", p, t)),
        "k_zhang": lambda p, t: f.stock(p, t, 0.096, f.x("inv", p, 2004) / 0.1),
        "k_shan": lambda p, t: f.stock(p, t, 0.1096, f.x("inv", p, 2005) / (own_growth(p) + 0.1096)),
        "k_own": lambda p, t: f.stock(p, t, 0.06, f.x("inv", p, 2004) / 0.17),
        "real": lambda p, t: f.x("whole", p, t) / f.level(p, t, 2010),
        "real_fixed": lambda p, t: f.x("whole", p, t) / (f.x("fixed", p, t) / f.x("fixed", p, 2006)),
        "volume": lambda p, t: f.x("whole", p, 2010) * f.level(p, t, 2010),
        "moved": lambda p, t: f.x("whole", p, t) / f.level(p, t, 2010) / f.level(p, 2010, 2007),
        "pre": lambda p, t: pre(p),
        "lag2": lambda p, t: f.x("a", p, t - 2),
        "lead1": lambda p, t: f.x("a", p, t + 1),
        "diff1": lambda p, t: f.x("whole", p, t) - f.x("whole", p, t - 1),
        "wins": lambda p, t: clip(f.x("whole", p, t), pooled, 0.05),
        "wins_year": lambda p, t: clip(f.x("whole", p, t), of_year(t), 0.1),
        "standard": lambda p, t: (f.x("whole", p, t) - middle) / sd,
        "product": lambda p, t: f.x("up", p, t) * f.x("down", p, t - 1),
        "year_mean": lambda p, t: sum(of_year(t)) / len(of_year(t)),
    }


@pytest.fixture(scope="module")
def rules(figures: pd.DataFrame) -> dict[str, Any]:
    """The loops over these figures."""
    return expected(Loops(figures))


@pytest.mark.parametrize("name", [*VARIABLES, *EXPRESSIONS])
def test_as_the_loops_have_it(built: Any, rules: dict[str, Any], name: str) -> None:
    rule, got = rules[name], built[name]
    assert len(got) == 31 * len(STUDY)
    assert sum(v == v for v in got.values()) > 150
    for (p, t), value in got.items():
        due = rule(p, t)
        assert value == pytest.approx(due, rel=1e-9, abs=1e-12, nan_ok=True), (p, t)
