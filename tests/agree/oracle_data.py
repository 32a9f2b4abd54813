"""The oracle's cases and data as they lie on disk: numbers to compare, derived variables, R terms as columns. No request is made here.

Formulas of the oracle are in R notation; the few forms that occur are built with plain pandas (log, lag by time within unit,
products, i()), never evaluated.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

ORACLE = Path(__file__).resolve().parents[2].parent / "shared" / "oracle"

COEFFICIENT = 1e-8  # relative; tighter than the oracle's own 1e-7
STANDARD_ERROR = 1e-6  # relative; the oracle's own
SUM_OF_SQUARES = 1e-8  # relative; of ssr, R2


class EngineRefusalError(Exception):
    """The engine refuses this case; the text is its reason."""


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a case: where it stands, ours, theirs, and the relative tolerance (0: equal)."""

    name: str
    ours: float
    theirs: float
    rtol: float

    @property
    def agrees(self) -> bool:
        if self.rtol == 0:
            return self.ours == self.theirs
        return bool(abs(self.ours - self.theirs) <= self.rtol * abs(self.theirs))

    def __str__(self) -> str:
        gap = abs(self.ours - self.theirs) / max(abs(self.theirs), 1e-300)
        return f"{self.name}: {self.ours!r} here, {self.theirs!r} in the oracle (relative {gap:.1e}, allowed {self.rtol:.0e})"


@cache
def index() -> pd.DataFrame:
    return pd.read_csv(ORACLE / "index.csv", keep_default_na=False)


@cache
def case(name: str) -> dict:
    return {"case": name, **json.loads((ORACLE / "cases" / f"{name}.json").read_text(encoding="utf-8"))}


# ---------------------------------------------------------------- data: what the notes of the cases derive and filter


UNIT_TIME = {
    "grunfeld": ("firm", "year"),
    "produc": ("state", "year"),
    "empluk": ("firm", "year"),
    "fatalities": ("state", "year"),
    "base_did": ("id", "period"),
    "cigarettessw": ("state", "year"),
    "kmenta": ("", ""),
    "trade_small": ("", "Year"),
    "gasoline": ("country", "year"),
}


def data(this: dict) -> tuple[pd.DataFrame, str, str]:
    """The rows of a case with its derived variables, the unit and the time; rows that are no unit-time panel get a number."""
    name = this["dataset"][0]
    d = pd.read_csv(ORACLE / "data" / f"{name}.csv")
    if name == "fatalities":
        d["frate"] = 10000 * d["fatal"] / d["pop"]
    elif name == "trade_small":
        d = d.assign(ldist=np.log(d["dist_km"]), newid=d["Origin"] + " " + d["Destination"])
    elif name == "cigarettessw":
        d = d.assign(rprice=d["price"] / d["cpi"], rincome=d["income"] / d["population"] / d["cpi"])
        d = d.assign(tdiff=(d["taxs"] - d["tax"]) / d["cpi"], rtax=d["tax"] / d["cpi"])
        if this["case"] == "iv_cigarettes_1995":
            d = d[d["year"] == 1995]
    elif name == "grunfeld":
        d = d.assign(vc=d["value"] + 2 * d["capital"], firmsize=10 * d["firm"], w=1 + d["year"] % 5)
        for new, old, steps in (("lvalue", "value", 1), ("l2value", "value", 2), ("lcapital", "capital", 1)):
            d[new] = lagged(d, old, steps, "firm", "year")
        if this["case"].startswith("fx_grunfeld_singleton"):
            d = d[(d["firm"] != 10) | (d["year"] == 1940)]
        if this["case"] == "fx_grunfeld_gap_lag":
            d = d[~((d["firm"] == 3) & d["year"].isin([1940, 1941])) & ~((d["firm"] == 5) & (d["year"] <= 1938))]
    elif name == "produc":
        d = d.assign(**{f"l{v}": np.log(d[v]) for v in ("gsp", "pcap", "pc", "emp")})
    d = d.reset_index(drop=True)
    unit, time = unit_and_time(name)
    if not unit:
        unit, d["row"] = "row", [f"{i:06d}" for i in range(len(d))]
    if not time:
        time, d["once"] = "once", 0
    return d, unit, time


def unit_and_time(name: str) -> tuple[str, str]:
    """Entity and time of a data set, as its meta file tells where it is not one of those that need more than that."""
    if name in UNIT_TIME:
        return UNIT_TIME[name]
    told = json.loads((ORACLE / "data" / f"{name}.meta.json").read_text(encoding="utf-8"))
    return told.get("entity") or "", told.get("time") or ""


def lagged(d: pd.DataFrame, column: str, steps: int, unit: str, time: str) -> np.ndarray:
    """The column `steps` periods before, by time and not by row: missing across a gap."""
    before = d[[unit, time, column]].assign(**{time: d[time] + steps}).rename(columns={column: "before"})
    return d[[unit, time]].merge(before, on=[unit, time], how="left")["before"].to_numpy()


def build(d: pd.DataFrame, term: str, unit: str, time: str) -> dict[str, np.ndarray]:
    """Column(s) of an R term by the name R gives to its coefficient."""
    if found := re.fullmatch(r"i\((\w+), (\w+), (\d+)\)", term):
        group, by, reference = found[1], found[2], int(found[3])
        return {
            f"{group}::{level}:{by}": ((d[group] == level) * d[by]).to_numpy(float)
            for level in sorted(d[group].unique())
            if level != reference
        }
    if found := re.fullmatch(r"log\((\w+)\)", term):
        return {term: np.log(d[found[1]].to_numpy(float))}
    if found := re.fullmatch(r"l\((\w+), (\d+)\)", term):
        return {term: lagged(d, found[1], int(found[2]), unit, time)}
    if ":" in term:
        return {term: np.prod([d[f].to_numpy(float) for f in term.split(":")], axis=0)}
    return {term: d[term].to_numpy(float)}


def terms(text: str) -> list[str]:
    return [" ".join(t.split()) for t in text.split("+") if t.strip() not in ("", "1", "0")]
