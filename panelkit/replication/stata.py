"""The Stata side of a package: the panel as a .dta file and a do-file twin of every regression; nothing of it is run or computed here."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from panelkit.core.estimation import ModelSpec

LONGEST = 32  # characters of a Stata name
TOLERANCE = "1e-6"
RESERVED = frozenset(
    {"_all", "_b", "_coef", "_cons", "_n", "_N", "_pi", "_pred", "_rc", "_skip", "byte", "double", "float", "if", "in"}
    | {"int", "long", "strL", "using", "with"}
)
SAME_FACTOR = ("fixest", "reghdfe")  # conventions whose CR1 is reghdfe's own


def stata_names(names: Sequence[str]) -> dict[str, str]:
    """Name in the panel -> name in Stata: letters, digits and underscores, 32 at most, none twice.

    >>> stata_names(["ln_lq", "a:b", "a^b", "if"])
    {'ln_lq': 'ln_lq', 'a:b': 'a_b', 'a^b': 'a_b_2', 'if': 'if_'}
    """
    made: dict[str, str] = {}
    for name in names:
        bare = re.sub(r"\W", "_", name)
        bare = f"_{bare}" if bare[:1].isdigit() or not bare else bare
        bare = f"{bare}_" if bare in RESERVED or re.fullmatch(r"str\d+", bare) else bare
        bare, place = bare[:LONGEST], 1
        while bare in made.values():
            place += 1
            bare = f"{bare[: LONGEST - 1 - len(str(place))]}_{place}"
        made[name] = bare
    return made


def sample_name(model: str) -> str:
    """The marker of a model's rows in `panel.dta` and `samples.csv`."""
    return f"in_{model}"


def dta(panel: bytes, about: Mapping[str, Any], samples: bytes | None) -> bytes:
    """The panel as a Stata file (format 118, Stata 14 and newer) with variable labels and the sample marker of each model.

    Parameters
    ----------
    panel, about : `panel.csv` and the content of `panel.json`. samples : `samples.csv` where there is one.
    """
    import datetime

    import pandas as pd

    texts = {about["unit"], *(v["name"] for v in about["variables"] if v["kind"] == "category")}
    frame = pd.read_csv(io.BytesIO(panel), dtype=str, keep_default_na=False)
    for name in frame.columns:
        values = frame[name].tolist()
        if name in texts:
            frame[name] = pd.Series(values, dtype=object)
        elif name == about["time"]:
            frame[name] = pd.Series([int(v) for v in values], dtype="int64")
        else:
            frame[name] = pd.Series([float(v or "nan") for v in values], dtype="float64")
    labels = {v["name"]: v["label"]["zh"] or v["label"]["en"] for v in about["variables"]}
    for model, inside in marks(samples).items():
        frame[sample_name(model)] = pd.Series(inside, dtype="int8")
        labels[sample_name(model)] = f"row of the sample of {model}"
    named = stata_names(list(frame.columns))
    store = io.BytesIO()
    frame.rename(columns=named).to_stata(
        store,
        write_index=False,
        version=118,
        time_stamp=datetime.datetime(1980, 1, 1),
        variable_labels={named[n]: labels.get(n, "")[:80] for n in frame.columns},
        byteorder="little",
    )
    return store.getvalue()


def marks(samples: bytes | None) -> dict[str, list[int]]:
    """Model -> 1 for each row of the panel in its sample, else 0."""
    if samples is None:
        return {}
    header, *lines = csv.reader(io.StringIO(samples.decode("utf-8")))
    return {name: [int(line[j]) for line in lines] for j, name in enumerate(header) if j > 1}


class Twin:
    """One model's do-file, written line by line."""

    def __init__(self, estimate: Mapping[str, Any], model: ModelSpec, about: Mapping[str, Any], marked: bool) -> None:
        self.estimate, self.model, self.about, self.marked = estimate, model, about, marked
        columns = [about["unit"], about["time"], *(v["name"] for v in about["variables"])]
        self.texts = {about["unit"], *(v["name"] for v in about["variables"] if v["kind"] == "category")}
        self.columns = set(columns)
        self.names = stata_names([*columns, *([sample_name(model.id)] if marked else [])])
        self.made: dict[str, str] = {}
        self.lines: list[str] = []

    def text(self) -> str:
        """The do-file."""
        of = self.estimate
        self.lines = [
            f"* {of['id']}: Stata twin of a panelkit {of['kind']} model, written from its request; run it from the package's folder.",
            "* Needs reghdfe, ftools, and for instruments ivreghdfe and ivreg2: ssc install NAME. Nothing here was run by panelkit.",
            f"* Formula: {_line(self.model.formula)}",
            f"* Standard errors in the tables: {convention(of['covariance'])}.",
            "version 14",
            "clear all",
            "set more off",
            'use "data/processed/panel.dta", clear',
        ]
        self._keep()
        body: list[str] = []
        for number, request in enumerate(of["requests"], start=1):
            body += self._request(number, request)
        self.lines += [*self._generated(), *body]
        for drawn in of["resampled"]:
            name = "boottest" if "wild" in drawn["method"] else "bootstrap, cluster()"
            self.lines.append(
                f"* {_line(drawn['term'])}: {_line(drawn['method'])}, {drawn['draws']} draws, p = {drawn['p']}; "
                f"in Stata: {name} (other draws, so p agrees to the error of simulation only)"
            )
        return "\n".join(self.lines) + "\n"

    def _keep(self) -> None:
        if self.marked:
            self.lines.append(f"keep if {self.names[sample_name(self.model.id)]} == 1")
        else:
            if self.model.years:
                self.lines.append(
                    f"keep if inrange({self.names[self.about['time']]}, {self.model.years[0]}, {self.model.years[1]})"
                )
            for unit in self.model.exclude:
                self.lines.append(f'drop if {self.names[self.about["unit"]]} == "{_line(unit)}"')
            if self.model.where:
                self.lines.append(
                    f"* also only rows where {_line(self.model.where)} (panelkit's words; not translated)"
                )
            used = {n for r in self.estimate["requests"] for n in (r["outcome"], *r["slopes"], *r["endogenous"])}
            used |= {n for r in self.estimate["requests"] for n in (*r["instruments"], r["weights"])}
            numbers = [self.names[n] for n in self.names if n in used - self.texts]
            self.lines.append(f"drop if missing({', '.join(numbers)})")
        self.lines.append(f"* the sample has {self.estimate['sample']['rows']} rows")

    def _column(self, name: str) -> str:
        """The Stata name of a column of a request, made from the panel where it is not in it."""
        if name in self.names and name not in self.texts:
            return self.names[name]
        if name not in self.made:
            taken = [*self.names.values(), *self.made.values()]
            self.made[name] = list(stata_names([*taken, f"pk_{name}"]).values())[-1]
        return self.made[name]

    def _generated(self) -> list[str]:
        lines = []
        for name, new in self.made.items():
            lines.append(self._made_of(name, new))
        return lines

    def _made_of(self, name: str, new: str) -> str:
        if name in self.texts:
            return f"egen long {new} = group({self.names[name]})"
        if "^" in name:
            return f"egen long {new} = group({' '.join(self.names[p] for p in name.split('^'))})"
        cohort = getattr(self.model, "cohort", None)
        if name.startswith("event_time::") and cohort:
            first, time = self.names[cohort], self.names[self.about["time"]]
            low, high = getattr(self.model, "window", (-4, 4))
            since = f"max({low}, min({high}, {time} - {first}))"
            return f"gen double {new} = ({since} == {name.split('::')[1]}) & {first} != 0 & !missing({first})"
        if "::" in name and name.split("::")[0] in self.columns:
            of, level = name.split("::", 1)
            value = f'"{_line(level)}"' if of in self.texts else level
            return f"gen double {new} = ({self.names[of]} == {value})"
        if ":" in name and set(name.split(":")) <= self.columns:
            return f"gen double {new} = {' * '.join(self.names[p] for p in name.split(':'))}"
        return f"* {new} stands for {_line(name)}, a column that the method itself makes; make it before you go on"

    def _request(self, number: int, request: Mapping[str, Any]) -> list[str]:
        command, vce = self._command(request), self._vce(request["covariance"])
        lines = ["", f"* regression {number} of {len(self.estimate['requests'])}", f"{command} {vce}".rstrip()]
        if len(self.estimate["requests"]) == 1:
            lines += self._asserts(request, errors=self._comparable())
            if self.estimate["covariance"].get("variant") == "cr3":
                by = " ".join(self._column(c) for c in self.estimate["covariance"]["by"])
                lines += [
                    "* CR3: the cluster jackknife about the full estimate, (G-1)/G times the sum of squares",
                    f"jackknife, cluster({by}) mse: {command}",
                    *self._asserts(request, errors=True, only_errors=True),
                ]
        return lines

    def _comparable(self) -> bool:
        held = self.estimate["covariance"]
        one = len(held.get("by", ())) < 2
        plain = held["kind"] != "clustered" or held["variant"] == "cr1"
        return plain and one and held["small_sample"] in SAME_FACTOR

    def _command(self, request: Mapping[str, Any]) -> str:
        right = " ".join(self._column(s) for s in request["slopes"])
        weight = ""
        if request["weights"]:
            kind = "aweight" if request["weight_kind"] == "analytic" else "fweight"
            weight = f" [{kind}={self._column(request['weights'])}]"
        slopes = [f"{self._group(e)}#c.{self._column(v)}" for e, v in request["varying_slopes"]]
        absorb = " ".join([*(self._group(e) for e in request["absorb"]), *slopes])
        first = ""
        if request["endogenous"]:
            left = " ".join(self._column(e) for e in request["endogenous"])
            first = f"({left} = {' '.join(self._column(z) for z in request['instruments'])})"
        outcome = self._column(request["outcome"])
        singletons = " keepsingletons" if self.model.singletons == "keep" else ""
        equation = " ".join(p for p in (outcome, right, first) if p)
        if absorb:
            name = "ivreghdfe" if first else ("ppmlhdfe" if request["family"] == "poisson" else "reghdfe")
            return f"{name} {equation}{weight}, absorb({absorb}){singletons}"
        constant = "" if request["constant"] else " noconstant"
        name = "ivregress 2sls" if first else ("poisson" if request["family"] == "poisson" else "regress")
        return f"{name} {equation}{weight},{constant}"

    def _group(self, effect: str) -> str:
        return f"i.{self._column(effect)}" if effect in self.columns or "^" in effect else self._column(effect)

    def _vce(self, covariance: Mapping[str, Any]) -> str:
        if covariance["kind"] == "clustered":
            return f"vce(cluster {' '.join(self._column(c) for c in covariance['by'])})"
        return "vce(robust)" if covariance["kind"] == "robust" else ""

    def _asserts(self, request: Mapping[str, Any], *, errors: bool, only_errors: bool = False) -> list[str]:
        known = {*request["slopes"], *request["endogenous"]}
        lines = [] if only_errors else [f"assert e(N) == {self.estimate['sample']['rows']}"]
        for term in (t for t in self.estimate["terms"] if t["name"] in known):
            name = self._column(term["name"])
            if not only_errors and isinstance(term["estimate"], float):
                lines.append(f"assert reldif(_b[{name}], {term['estimate']!r}) < {TOLERANCE}")
            if errors and isinstance(term["se"], float):
                lines.append(f"assert reldif(_se[{name}], {term['se']!r}) < {TOLERANCE}")
        return lines


def convention(covariance: Mapping[str, Any]) -> str:
    """A covariance in the field's words."""
    if covariance["kind"] == "classical":
        return f"classical, degrees of freedom as in {covariance['small_sample']}"
    if covariance["kind"] == "robust":
        return f"heteroskedasticity-robust ({covariance['variant'].upper()}), factor as in {covariance['small_sample']}"
    if covariance["kind"] == "clustered":
        words = {
            "cr0": "CR0, no small-sample factor",
            "cr1": f"CR1, factor as in {covariance['small_sample']}",
            "cr3": "CR3 (cluster jackknife)",
        }
        variant = words.get(covariance["variant"], str(covariance["variant"]).upper())
        return f"clustered by {' and '.join(covariance['by'])}, {variant}, t(G-1)"
    return str(covariance["kind"])


def do_files(
    estimates: Sequence[Mapping[str, Any]], models: Mapping[str, ModelSpec], about: Mapping[str, Any], marked: bool
) -> dict[str, bytes]:
    """`stata/<model>.do` of every estimate, and `stata/run_all.do` that runs them in order."""
    made = {f"stata/{e['id']}.do": Twin(e, models[e["id"]], about, marked).text().encode() for e in estimates}
    every = ["* Runs the twin of every model; start it from the package's folder.", *(f'do "{name}"' for name in made)]
    return {**made, "stata/run_all.do": ("\n".join(every) + "\n").encode()}


def _line(text: str) -> str:
    """Text that ends no comment and no string of a do-file."""
    return (
        re.sub(r'[`"\'\s]+', " ", str(text)).replace("/*", "/ *").replace("*/", "* /").replace("///", "/ / /").strip()
    )
