"""A small reader of our do-files that does with numpy what Stata would do: written from Stata's manuals, sharing nothing with panelkit.

It knows the few commands that the twins are written in and holds every `assert`. What it does not know it lists: nothing passes unread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

REGRESS = (
    "regress",
    "reghdfe",
    "ivregress",
    "ivreghdfe",
    "ppmlhdfe",
    "poisson",
    "xtreg",
    "xtmg",
    "xtscc",
    "newey",
    "acreg",
)
SILENT = (
    "capture noisily",
    "version",
    "clear",
    "set",
    "estat",
    "local",
    "quietly",
    "foreach",
    "gen byte `name'",
    "}",
    "if `k'",
)


@dataclass
class Stata:
    """The state of a session: data, panel keys, last results; `held` counts asserts, `unknown` are commands it cannot do."""

    folder: Path
    data: pd.DataFrame = field(default_factory=pd.DataFrame)
    keys: tuple[str, str] = ("", "")
    b: dict[str, float] = field(default_factory=dict)
    se: dict[str, float] = field(default_factory=dict)
    n: int = 0
    scalars: dict[str, float] = field(default_factory=dict)
    held: int = 0
    failed: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    done: bool = True

    def run(self, text: str) -> Stata:
        for line in text.splitlines():
            bare = line.strip()
            if bare and not bare.startswith("*") and not bare.startswith(SILENT):
                self.line(bare)
        return self

    def line(self, line: str) -> None:
        word = line.split()[0].rstrip(",")
        if word == "use":
            self.data = pd.read_stata(self.folder / re.search(r'"(.*)"', line)[1])
        elif word == "xtset":
            self.keys = tuple(line.split()[1:3])
            self.data = self.data.sort_values(list(self.keys)).reset_index(drop=True)
        elif word in ("keep", "drop"):
            mask = self.value(line.split(" if ", 1)[1]).astype(bool)
            self.data = self.data[mask if word == "keep" else ~mask].reset_index(drop=True)
        elif word == "gen":
            name, expression = re.match(r"gen (?:\w+ )?(\w+) = (.*)$", line).groups()
            if lagged := re.fullmatch(r"L(\d+)\.(\w+)", expression):
                unit, time = self.keys
                before = self.data[[unit, time, lagged[2]]].rename(columns={lagged[2]: name})
                before[time] += int(lagged[1])
                self.data = self.data.merge(before, on=[unit, time], how="left")
                return
            expression, _, condition = expression.partition(" if ")
            made = pd.Series(self.value(expression), index=self.data.index).astype(float)
            self.data[name] = made.where(self.value(condition).astype(bool)) if condition else made
        elif word == "egen":
            self.egen(line)
        elif word == "scalar":
            name, expression = line[7:].split(" = ")
            self.scalars[name] = self.number(expression)
        elif word == "assert":
            self.hold(line)
        elif word == "jackknife":
            self.jackknife(line)
        elif word in ("did2s", "did_imputation"):
            self.done = True
            self.imputed(line)
        elif word in REGRESS:
            self.done = True
            self.estimate(line)
        else:
            self.unknown.append(line)
            self.done = False

    def egen(self, line: str) -> None:
        name, what, of, by = re.match(r"egen \w+ (\w+) = (\w+)\(([^)]*)\)(?:, by\((\w+)\))?", line).groups()
        if what == "group":
            self.data[name] = self.data.groupby(of.split(), sort=True).ngroup().astype(float) + 1
        else:
            self.data[name] = self.data.groupby(by)[of].transform(what)

    def value(self, expression: str) -> pd.Series:
        """An expression over the data; a missing value is larger than every number."""
        known = {c: self.data[c] for c in self.data}
        known |= {
            "missing": lambda *s: pd.concat(s, axis=1).isna().any(axis=1),
            "max": lambda a, b: np.fmax(a, b),
            "min": lambda a, b: np.fmin(a, b),
        }
        known |= {"floor": np.floor, "ceil": np.ceil, "cond": np.where, "inrange": lambda s, a, b: (s >= a) & (s <= b)}
        text = re.sub(r"!(?!=)", "~", expression)
        text = re.sub(r"(\w+) >= (\w+)", r"(\1.fillna(np.inf) >= \2.fillna(np.inf))", text)
        text = " & ".join(f"({p})" for p in text.split(" & "))
        return eval(text, {"__builtins__": {}, "np": np}, known)

    def number(self, expression: str) -> float:
        text = re.sub(r"_(b|se)\[([^\]]+)\]", r"self.\1['\2']", expression)
        return float(eval(text, {"self": self, **self.scalars}))

    def hold(self, line: str) -> None:
        if not self.done:
            self.unknown.append(line)
            return
        if found := re.match(r"assert e\(N\) == (\d+)$", line):
            self.held += 1
            if self.n != int(found[1]):
                self.failed.append(f"{line}: {self.n}")
            return
        left, right = re.match(r"assert reldif\((.*), ([^,]+)\) < 1e-6$", line).groups()
        try:
            made, told = self.number(left), float(right)
        except KeyError as error:
            self.failed.append(f"{line}: no {error}")
            return
        self.held += 1
        if not abs(made - told) / (abs(told) + 1) < 1e-6:  # reldif as Stata defines it
            self.failed.append(f"{line}: {made}")

    # ------------------------------------------------------------ data of a command

    def column(self, name: str) -> np.ndarray:
        if found := re.match(r"(D|S\d+)\.(\w+)$", name):
            step = 1 if found[1] == "D" else int(found[1][1:])
            unit, time = self.keys
            now = self.data.set_index([unit, time])[found[2]]
            before = now.copy()
            before.index = pd.MultiIndex.from_arrays(
                [now.index.get_level_values(0), now.index.get_level_values(1) + step]
            )
            return (now - before.reindex(now.index)).to_numpy()
        return self.data[name].to_numpy(dtype=float)

    def dummies(self, factor: str) -> np.ndarray:
        of, _, slope = factor.removeprefix("i.").partition("#c.")
        made = pd.get_dummies(self.data[of].astype(int)).to_numpy(dtype=float)
        return made * self.column(slope)[:, None] if slope else made

    def parts(self, line: str) -> tuple[list[str], list[str], list[str], list[str], str, np.ndarray, np.ndarray]:
        """Slopes, endogenous, instruments, factors, the command's options, weights, rows."""
        body, _, options = line.partition(",")
        body, _, condition = body.partition(" if ")
        weights = np.ones(len(self.data))
        if found := re.search(r" \[\w+=(\w+)\]", body):
            weights, body = self.column(found[1]), body.replace(found[0], "")
        first, *names = re.sub(r"\([^)]*\)", "", body).split()[1:]
        names = [n for n in names if n not in ("2sls", "liml")]
        if first in ("2sls", "liml"):
            options, (first, *names) = options + f" {first}", names
        pair = re.search(r"\(([^=]*) = ([^)]*)\)", body)
        endogenous, instruments = (pair[1].split(), pair[2].split()) if pair else ([], [])
        absorbed = re.search(r"absorb\(([^)]*)\)", options)
        factors = (absorbed[1].split() if absorbed else []) + [n for n in names if n.startswith("i.")]
        factors += re.findall(r"pfe\d\((\w+)\)", options)
        slopes = [first, *(n for n in names if not n.startswith("i."))]
        rows = self.value(condition).to_numpy(dtype=bool) if condition else np.ones(len(self.data), dtype=bool)
        return slopes, endogenous, instruments, factors, options, weights, rows

    def estimate(self, line: str) -> None:
        command = line.split()[0]
        (outcome, *slopes), endogenous, instruments, factors, options, w, rows = self.parts(line)
        y = self.column(outcome)
        names = [*endogenous, *slopes]
        X = np.column_stack([self.column(n) for n in names]) if names else np.empty((len(y), 0))
        Z = np.column_stack([self.column(n) for n in [*instruments, *slopes]]) if names else X
        if command == "xtreg" and (" fe" in options or " re" in options or " be" in options):
            return self.xtreg(line, y, X, slopes, factors, options)
        if command == "xtmg":
            return self.xtmg(y, X, slopes, options)
        if command == "xtscc" and " fe" in options:
            factors = [*factors, f"i.{self.keys[0]}"]
        absorb = np.column_stack([self.dummies(f) for f in factors]) if factors else np.empty((len(y), 0))
        if not factors and "noconstant" not in options:
            names, X, Z = (
                [*names, "_cons"],
                np.column_stack([X, np.ones(len(y))]),
                np.column_stack([Z, np.ones(len(y))]),
            )
        rows = rows & ~np.isnan(y) & ~np.isnan(X).any(axis=1) & ~np.isnan(Z).any(axis=1)
        y, X, Z, A, w = y[rows], X[rows], Z[rows], absorb[rows], w[rows]
        self.n, kept = int(rows.sum()), self.data[rows]
        if command in ("poisson", "ppmlhdfe"):
            beta = irls(y, np.column_stack([X, A]), w)[: len(names)]
            self.b, self.se = dict(zip(names, beta, strict=True)), {}
            return None
        W = np.sqrt(w)[:, None]
        y_, X_, Z_, A_ = (y[:, None] * W)[:, 0], X * W, Z * W, A * W
        rank = np.linalg.matrix_rank(A_) if A_.shape[1] else 0
        if A_.shape[1]:
            y_, X_, Z_ = (m - A_ @ np.linalg.lstsq(A_, m, rcond=None)[0] for m in (y_, X_, Z_))
        if "liml" in options:
            beta = liml(y_, X_, Z_, len(endogenous))
        elif endogenous:
            hat = Z_ @ np.linalg.lstsq(Z_, X_, rcond=None)[0]
            beta = np.linalg.solve(hat.T @ X_, hat.T @ y_)
        else:
            beta = np.linalg.lstsq(X_, y_, rcond=None)[0]
        self.b = dict(zip(names, beta, strict=True))
        self.se = (
            {}
            if endogenous
            else self.errors(X_, y_ - X_ @ beta, np.column_stack([X_, A_]), options, kept, (names, factors, rank))
        )
        return None

    def errors(self, X, e, full, options, kept, about) -> dict[str, float]:
        """Classical, robust, HC2, HC3 and one-way clusters, with the factors of regress and reghdfe."""
        names, factors, rank = about
        n, bread = len(e), np.linalg.inv(X.T @ X)
        if found := re.search(r"vce\(cluster (\w+)\)", options):
            codes = kept[found[1]].to_numpy()
            meat = sum(np.outer(s, s) for s in (X[codes == g].T @ e[codes == g] for g in np.unique(codes)))
            nested = 0
            for factor in factors:
                of = factor.removeprefix("i.").partition("#c.")
                if kept.groupby(of[0])[found[1]].nunique().max() == 1:
                    nested += len(kept[of[0]].unique())
            k = len(names) + rank - nested + (1 if nested else 0)
            G = len(np.unique(codes))
            V = bread @ meat @ bread * G / (G - 1) * (n - 1) / (n - k)
        elif hc := re.search(r"vce\(hc([23])\)", options):
            h = np.einsum("ij,ij->i", full @ np.linalg.pinv(full.T @ full), full)
            u = e / (1 - h) ** (0.5 if hc[1] == "2" else 1)
            V = bread @ (X.T * u**2) @ X @ bread
        elif "vce(robust)" in options:
            V = bread @ (X.T * e**2) @ X @ bread * n / (n - len(names) - rank)
        else:
            V = bread * (e @ e) / (n - len(names) - rank)
        return dict(zip(names, np.sqrt(np.diag(V)), strict=True))

    def xtreg(self, line: str, y, X, slopes, factors, options) -> None:
        unit = self.data[self.keys[0]].to_numpy()
        if " fe" in options:
            self.line(re.sub(r"xtreg (.*), fe(.*)", rf"regress \1 i.{self.keys[0]},\2", line))
            G = len(np.unique(unit))
            k = (
                len(self.b) + sum(len(self.data[f[2:]].unique()) - 1 for f in factors) + 1
            )  # xtreg counts no unit effect
            ours, n = len(self.b), self.n
            dummies = np.column_stack([self.dummies(f) for f in [*factors, f"i.{self.keys[0]}"]])
            k_regress = ours + np.linalg.matrix_rank(dummies) - G + 1
            self.se = {c: s * np.sqrt((n - k_regress) / (n - k)) for c, s in self.se.items()}
            return
        frame = pd.DataFrame(np.column_stack([y, X])).groupby(unit)
        means = frame.mean().to_numpy()
        self.n, names = len(y), [*slopes, "_cons"]
        D = np.column_stack([means[:, 1:], np.ones(len(means))])
        between, *_ = np.linalg.lstsq(D, means[:, 0], rcond=None)
        if " be" in options:
            self.b, self.se = dict(zip(names, between, strict=True)), {}
            return
        T = len(y) / len(means)
        within = np.column_stack([y, X]) - frame.transform("mean").to_numpy()
        moving = [j for j in range(1, within.shape[1]) if np.abs(within[:, j]).max() > 1e-10]
        c, *_ = np.linalg.lstsq(within[:, moving], within[:, 0], rcond=None)
        e = within[:, 0] - within[:, moving] @ c
        s_e = (e @ e) / (len(y) - len(means) - len(moving))
        r = means[:, 0] - D @ between
        s_b = (r @ r) / (len(means) - D.shape[1])
        theta = 1 - np.sqrt(s_e / (T * max(s_b, 0)))
        both = np.column_stack([y, X, np.ones(len(y))])
        moved = both - theta * pd.DataFrame(both).groupby(unit).transform("mean").to_numpy()
        beta, *_ = np.linalg.lstsq(moved[:, 1:], moved[:, 0], rcond=None)
        self.b, self.se = dict(zip(names, beta, strict=True)), {}

    def xtmg(self, y, X, slopes, options) -> None:
        unit, time = (self.data[k].to_numpy() for k in self.keys)
        columns = [y, *X.T]
        extra = [pd.Series(c).groupby(time).transform("mean").to_numpy() for c in columns] if " cce" in options else []
        extra += [time - time.min() + 1.0] if " trend" in options else []
        D = np.column_stack([X, np.ones(len(y)), *extra])
        own = np.array([np.linalg.lstsq(D[unit == u], y[unit == u], rcond=None)[0] for u in np.unique(unit)])
        names = [*slopes, "_cons"]
        self.n = len(y)
        self.b = dict(zip(names, own.mean(axis=0), strict=False))
        self.se = dict(zip(names, own.std(axis=0, ddof=1) / np.sqrt(len(own)), strict=False))

    def imputed(self, line: str) -> None:
        """Untreated rows give effects; the mean of what is left over among treated rows."""
        two = line.startswith("did2s")
        words = line.split(",")[0].split()
        outcome = words[1]
        first = re.search(r"first_stage\(([^)]*)\)", line)[1].split() if two else [f"i.{words[2]}", f"i.{words[3]}"]
        if found := re.search(r"controls\(([^)]*)\)", line):
            first += found[1].split()
        on = self.data["pk_on"].to_numpy() == 1
        A = np.column_stack([self.dummies(f) if f.startswith("i.") else self.column(f)[:, None] for f in first])
        y = self.column(outcome)
        gamma, *_ = np.linalg.lstsq(A[~on], y[~on], rcond=None)
        known = np.abs(A - A @ np.linalg.pinv(A[~on]) @ A[~on]).max(axis=1) < 1e-8
        self.n, self.se = len(y), {}
        self.b = {"pk_on" if two else "tau": float((y - A @ gamma)[on & known].mean())}

    def jackknife(self, line: str) -> None:
        by, mse, command = re.match(r"jackknife, cluster\((\w+)\)( mse)?: (.*)$", line).groups()
        whole, data, n = dict(self.b), self.data, self.n
        replicates = []
        for cluster in np.sort(data[by].unique()):
            self.data = data[data[by] != cluster].reset_index(drop=True)
            self.estimate(command)
            replicates.append([self.b[k] for k in whole])
        drawn = np.array(replicates)
        centre = np.array(list(whole.values())) if mse else drawn.mean(axis=0)
        G = len(drawn)
        self.data, self.n, self.b = data, n, whole
        self.se = dict(zip(whole, np.sqrt((G - 1) / G * ((drawn - centre) ** 2).sum(axis=0)), strict=True))


def irls(y: np.ndarray, X: np.ndarray, w: np.ndarray) -> np.ndarray:
    mu = y + 0.5
    for _ in range(100):
        eta = np.log(mu)
        z, v = eta + (y - mu) / mu, np.sqrt(mu * w)
        beta, *_ = np.linalg.lstsq(X * v[:, None], z * v, rcond=None)
        new = np.exp(X @ beta)
        if np.abs(new / mu - 1).max() < 1e-13:
            break
        mu = new
    return beta


def liml(y: np.ndarray, X: np.ndarray, Z: np.ndarray, k: int) -> np.ndarray:
    """X: endogenous first, then included exogenous; Z: excluded instruments first, then the same exogenous."""
    inside = X[:, k:]
    own = np.column_stack([y, X[:, :k]])

    def left(M: np.ndarray, of: np.ndarray) -> np.ndarray:
        return M - of @ np.linalg.lstsq(of, M, rcond=None)[0] if of.shape[1] else M

    A, B = left(own, inside), left(own, Z)
    kappa = np.linalg.eigvals(np.linalg.solve(B.T @ B, A.T @ A)).real.min()
    P = X - kappa * left(X, Z)
    return np.linalg.solve(P.T @ X, P.T @ y)
