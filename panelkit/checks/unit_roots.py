"""Panel unit-root tests of a model's variables: Levin-Lin-Chu, Im-Pesaran-Shin, Fisher types, CIPS. It differences nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from panelkit.checks._finding import finding, in_names, unfit
from panelkit.checks._words import p_is
from panelkit.core.check import Check, CheckSpec, Subject
from panelkit.core.counted import counted
from panelkit.core.formula import parse_formula
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import CHECKS, CheckKind
from panelkit.core.spec import spec
from panelkit.numerics import combined_p, unit_roots
from panelkit.numerics.arrays import FloatArray, IntArray
from panelkit.numerics.unit_root_tables import Deterministic, adf_p

Name = Literal["llc", "ips", "fisher", "cips"]
ORDER = ("fisher: inverse normal", "ips", "llc", "fisher: Maddala-Wu")  # which p is the value
MEASURED = Label(
    en=(
        "Measured at T = 13, one lag, an intercept, 31 units: LLC rejects 93% of true unit roots (always with a trend); IPS has"
        " size 4% and power 13% and 38% against roots of 0.9 and 0.8; the inverse normal has size 6%, Maddala-Wu 29%; CIPS has size 4%"
        " and power 10% against 0.8. Not rejecting says nothing in so short a panel, and rejecting means that some units are"
        " stationary. LLC, IPS and Fisher assume independent units, CIPS one common factor."
    ),
    zh=(
        "实测（T = 13、滞后一期、含截距、31个单元）：LLC 以93%的概率拒绝真实单位根（含趋势时几乎必然拒绝）；"
        "IPS 水平4%，对0.9与0.8的根功效为13%与38%；逆正态水平6%，Maddala-Wu 29%；CIPS 水平4%，对0.8的根功效10%。"
        "如此短的面板中，不拒绝不说明任何问题；拒绝只表示部分单元平稳。"
        "LLC、IPS 与 Fisher 假定单元相互独立，CIPS 假定只有一个共同因子。"
    ),
)


@spec
class UnitRoots(CheckSpec):
    """`kind = "unit_roots"`: unit roots in `variables` (the model's outcome and regressors unless named) on the model's rows.

    Assumes: LLC, IPS and Fisher independent units, LLC one autoregression for all; CIPS one common factor. It says and never
    fails: at T = 13 no test has the size and power to act on (the text gives the measured figures).

    Parameters
    ----------
    tests : of "llc", "ips", "fisher", "cips". lags : of the difference, a number, or "AIC" or "SIC" by unit from 0 to `most`
        (CIPS then takes `most`). deterministic : "none", "intercept" or "trend". divisor : of the residual variance, "free"
        degrees of freedom (textbooks, Stata) or "rows" (plm's default, which over-rejects).
    """

    kind: str = "unit_roots"
    variables: tuple[str, ...] = ()
    tests: tuple[Name, ...] = ("llc", "ips", "fisher", "cips")
    lags: int | Literal["AIC", "SIC"] = 1
    most: int = 4
    deterministic: Deterministic = "intercept"
    divisor: Literal["free", "rows"] = "free"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Series:
    """A variable on the longest run without gap of each unit; gaps : units with rows left out for one; short : units left
    out, since the regression has too few rows for them."""

    values: FloatArray
    unit: IntArray
    years: IntArray
    gaps: tuple[str, ...]
    short: tuple[str, ...]


def check(declared: UnitRoots, subject: Subject) -> Check:
    """`value` is the largest p, over the variables, of the inverse normal (else of the first test that is made).

    A test that is not defined on these rows (too short, unbalanced for LLC) is a row with its reason. series : each unit's
    Dickey-Fuller t, by variable.

    Source
    ------
    Levin, Lin and Chu (2002), Im, Pesaran and Shin (2003), Maddala and Wu (1999), Choi (2001), Pesaran (2007): see numerics.
    Stata `xtunitroot`, R plm `purtest`, `cipstest`.
    """
    sample = subject.panel.take(subject.estimate.sample.positions)
    names = declared.variables or _of_model(subject, sample)
    _refuse(subject, names, sample)
    rows: list[dict[str, Any]] = []
    series: dict[str, Any] = {}
    said: list[Label] = []
    for name in names:
        one = _series(name, sample, _fewest(declared))
        made, t = _tests(declared, one, sample)
        rows += [{"variable": name, **row} for row in made]
        if t is not None:
            series[f"t: {name}"] = t
        said.append(_sentence(name, made, one, sample))
    undefined = _undefined(rows)
    found = {key: [r["p"] for r in rows if r["statistic"] == key and r.get("p") is not None] for key in ORDER}
    values = next((v for v in found.values() if len(v) == len(names)), [])
    T = len(sample.times)
    return finding(
        declared,
        subject,
        Label(
            en=f"Unit roots, T = {T}, {counted(len(sample.units), 'units')}. {' '.join(s.en for s in said)} {undefined.en}{MEASURED.en}",
            zh=f"面板单位根，T = {T}，{len(sample.units)}个单元。{''.join(s.zh for s in said)}{undefined.zh}{MEASURED.zh}",
        ),
        value=max(values) if values else None,
        rows=rows,
        series=series,
    )


def _of_model(subject: Subject, sample: Panel) -> tuple[str, ...]:
    """Outcome, regressors and instruments as written, less products and dummies."""
    formula = parse_formula(getattr(subject.model, "formula", ""), where=f"models.{subject.estimate.id}.formula")
    slopes = [f for s in formula.slopes if not s.levels_of for f in s.factors]
    named = dict.fromkeys([formula.outcome, *slopes, *formula.endogenous])
    return tuple(n for n in named if n not in (sample.unit, sample.time) and sample.variable(n).kind == "number")


def _refuse(subject: Subject, names: tuple[str, ...], sample: Panel) -> None:
    for name in names:
        if name not in sample.names:
            mend = known_or_nearest(name, sample.names)
            raise unfit(subject, "unit_roots", f"is of '{name}', which is no variable", mend)
        if name in (sample.unit, sample.time) or sample.variable(name).kind != "number":
            raise unfit(
                subject, "unit_roots", f"is of '{name}', which is no number over time", "name a numeric variable"
            )


def _fewest(declared: UnitRoots) -> int:
    """Periods below which a unit's Dickey-Fuller regression has no degree of freedom."""
    lags = declared.most if isinstance(declared.lags, str) else declared.lags
    return 2 * lags + 3 + {"none": 0, "intercept": 1, "trend": 2}[declared.deterministic]


def _series(name: str, sample: Panel, fewest: int) -> _Series:
    values = sample.column(name).astype("float64")
    years, unit = sample.column(sample.time).astype(np.intp), sample.codes(sample.unit)
    kept = np.zeros(len(values), dtype=bool)
    gaps, short = [], []
    for i, who in enumerate(sorted(sample.units)):
        rows = np.flatnonzero((unit == i) & ~np.isnan(values))
        runs = np.split(rows, np.flatnonzero(np.diff(years[rows]) != 1) + 1)
        longest = max(runs, key=len)
        if len(longest) < fewest:
            short.append(who)
            continue
        kept[longest] = True
        if len(runs) > 1:
            gaps.append(who)
    coded = np.unique(unit[kept], return_inverse=True)[1].astype(np.intp)
    return _Series(values=values[kept], unit=coded, years=years[kept], gaps=tuple(gaps), short=tuple(short))


def _tests(declared: UnitRoots, one: _Series, sample: Panel) -> tuple[list[dict[str, Any]], FloatArray | None]:
    """A row for each test, and each unit's Dickey-Fuller t where it is defined."""
    y, unit, years = one.values, one.unit, one.years
    terms, most = declared.deterministic, declared.most
    rows: list[dict[str, Any]] = []
    t: FloatArray | None = None
    names = [u for u in sorted(sample.units) if u not in one.short]

    def attempt(statistic: str, make: Callable[[], list[dict[str, Any]]]) -> None:
        why = ""
        try:
            with np.errstate(divide="raise", invalid="raise"):
                rows.extend(make())
        except FloatingPointError:
            why = "the series of a unit is fitted exactly"
        except ValueError as fault:
            why = in_names(str(fault), sample, names)
        if why:
            rows.append({"statistic": statistic, "value": None, "p": None, "why": why})

    def llc() -> list[dict[str, Any]]:
        got = unit_roots.levin_lin_chu(y, unit, years, declared.lags, terms, most)
        return [{"statistic": "llc", "value": got.statistic, "p": got.p}]

    def ips() -> list[dict[str, Any]]:
        got = unit_roots.im_pesaran_shin(y, unit, years, declared.lags, terms, most, declared.divisor)
        return [{"statistic": "ips", "value": got.statistic, "p": got.p}]

    def fisher() -> list[dict[str, Any]]:
        nonlocal t
        t = unit_roots.adf(y, unit, years, declared.lags, terms, most, declared.divisor).t
        got = combined_p.fisher(np.clip(adf_p(t, terms), 1e-16, 1 - 1e-12))
        return [
            {"statistic": "fisher: inverse normal", "value": got.inverse_normal, "p": got.inverse_normal_p},
            {"statistic": "fisher: Maddala-Wu", "value": got.maddala_wu, "p": got.maddala_wu_p},
            {"statistic": "fisher: Choi Pm", "value": got.modified, "p": got.modified_p},
            {"statistic": "fisher: logit", "value": got.logit, "p": got.logit_p},
        ]

    def cips() -> list[dict[str, Any]]:
        lags = most if isinstance(declared.lags, str) else declared.lags
        out = []
        for form in ("truncated", "plain"):
            got = unit_roots.cips(y, unit, years, lags, terms, form)
            out.append(
                {
                    "statistic": "cips" if form == "truncated" else "cips, not truncated",
                    "value": got.statistic,
                    "p": None,
                    "critical_1": got.critical[0],
                    "critical_5": got.critical[1],
                    "critical_10": got.critical[2],
                    "rejects_at": got.rejects_at,
                    "outside_table": got.outside,
                }
            )
        return out

    makers = {"llc": llc, "ips": ips, "fisher": fisher, "cips": cips}
    for name in declared.tests:
        attempt(name, makers[name])
    return rows, t


def _sentence(name: str, made: list[dict[str, Any]], one: _Series, sample: Panel) -> Label:
    shown: list[Label] = []
    short = {"llc": "LLC", "ips": "IPS", "fisher: inverse normal": "Fisher"}
    for row in made:
        what = row["statistic"]
        if row.get("why"):
            continue
        if what in short:
            both = f"{short[what]} {row['value']:.2f}, {p_is(row['p'])}"
            shown.append(Label(en=both, zh=both))
        elif what == "cips":
            edge = " (outside its table)" if row["outside_table"] else ""
            shown.append(
                Label(
                    en=f"CIPS {row['value']:.2f} (5% critical value {row['critical_5']:.2f}){edge}",
                    zh=f"CIPS {row['value']:.2f}（5%临界值 {row['critical_5']:.2f}）"
                    + ("（超出临界值表）" if edge else ""),
                )
            )
    shown = shown or [Label(en="no test is defined", zh="各检验均无定义")]
    en, zh = "; ".join(s.en for s in shown), "；".join(s.zh for s in shown)
    if one.short:
        en += f"; left out as too short: {_listed([sample.unit_name(u).en for u in one.short])}"
        zh += f"；过短而未计入：{_listed([sample.unit_name(u).zh for u in one.short])}"
    if one.gaps:
        en += f"; the longest run without gap of {_listed([sample.unit_name(u).en for u in one.gaps])}"
        zh += f"；{_listed([sample.unit_name(u).zh for u in one.gaps])}存在缺口，取最长连续段"
    return Label(en=f"{name}: {en}.", zh=f"{name}：{zh}。")


def _undefined(rows: list[dict[str, Any]]) -> Label:
    """Which tests are not defined for which variables, with the first reason of each test."""
    label = {"llc": "LLC", "ips": "IPS", "fisher": "Fisher", "cips": "CIPS"}
    why: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row.get("why"):
            why.setdefault(row["statistic"], []).append(row)
    if not why:
        return Label()
    said = [f"{label[k]} of {', '.join(r['variable'] for r in v)} ({v[0]['why']})" for k, v in why.items()]
    said_zh = [f"{label[k]}：{'、'.join(r['variable'] for r in v)}（{v[0]['why']}）" for k, v in why.items()]
    return Label(en=f"Not defined on these rows: {'; '.join(said)}. ", zh=f"在这些观测上无定义：{'；'.join(said_zh)}。")


def _listed(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:3])} ... ({len(names)})"


CHECKS.register(
    CheckKind(
        name="unit_roots",
        spec=UnitRoots,
        summary="panel unit roots of the model's variables (LLC, IPS, Fisher, CIPS)",
        check=check,
    )
)
