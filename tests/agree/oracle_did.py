"""Oracle cases of difference-in-differences through the model kinds: what a study gets, beside R. No tolerance is tuned to a case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from oracle_data import COEFFICIENT, ORACLE, STANDARD_ERROR, EngineRefusalError, Number

import panelkit.checks
import panelkit.estimators  # noqa: F401  they register themselves
from panelkit.core.check import Subject
from panelkit.core.errors import EngineRefusedError
from panelkit.core.estimate import Effect, Estimate
from panelkit.core.estimation import Defaults, Setting
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import CHECKS, ESTIMATORS
from panelkit.core.variable import Origin, Variable

DEMEANED = 2e-7  # what fixest's demeaning by iteration leaves in didimputation and did2s; ours is the exact projection
FIXEST = 1e-7  # the oracle's own, where fixest demeans by iteration
CURVES = {"dynamic": "event_time", "group": "cohort", "calendar": "calendar"}


def staggered(this: dict, engine: Any) -> list[Number]:
    """The numbers of a staggered case.

    Raises
    ------
    EngineRefusalError
        Where the kind refuses the engine, with its reason.
    """
    name = this["case"]
    for start, answer in (
        ("did_", callaway),
        ("drdid_", two_by_two),
        ("fx_sunab", sun_abraham),
        ("imputation_", imputed),
        ("did2s_", two_stage),
        ("bacon_", decomposed),
    ):
        if name.startswith(start):
            return answer(this, engine)
    raise KeyError(name)


def covered_case(name: str) -> bool:
    """Whether `staggered` answers a case of the group did."""
    return name.startswith(("did_", "drdid_", "fx_sunab", "imputation_", "did2s_", "bacon_"))


# ---------------------------------------------------------------- data and fits


def panel_of(d: pd.DataFrame, unit: str, time: str) -> Panel:
    d = d.assign(**{unit: d[unit].astype(str)})
    made = [
        Variable(name=str(c), measure="", label=Label(en=str(c)), origin=Origin(how="oracle"))
        for c in d.columns
        if c not in (unit, time)
    ]
    return Panel.of(d, unit=unit, time=time, variables=made)


def rows_of(this: dict) -> tuple[pd.DataFrame, str, str, str]:
    """The rows of a case with numbers only, its outcome, unit and time; the column `cohort` is 0 where never treated."""
    d = pd.read_csv(ORACLE / "data" / f"{this['dataset'][0]}.csv")
    if this["dataset"][0] == "divorce":
        d["cohort"] = d["st"].map(d[d["unilateral"] == 1].groupby("st")["year"].min()).fillna(0)
        return d[["st", "year", "cohort", "suiciderate_jag"]], "suiciderate_jag", "st", "year"
    if this["dataset"][0] == "mpdta":
        d = d.rename(columns={"first.treat": "cohort"})
        if "unbalanced" in this["case"]:
            holes = d["countyreal"].drop_duplicates().tolist()[::25]
            d = d[~(d["countyreal"].isin(holes) & (d["year"] == 2005))]
        return d[["countyreal", "year", "cohort", "lemp", "lpop"]], "lemp", "countyreal", "year"
    d["cohort"] = d["year_treated"].where(d["year_treated"] < 10000, 0)
    return d[["id", "year", "cohort", "x1", "y"]], "y", "id", "year"


def fit(kind: str, panel: Panel, engine: Any, formula: str, **fields: Any) -> Estimate:
    made = ESTIMATORS[kind]
    setting = Setting(engine=engine, defaults=Defaults(), seed=1, resample=False)
    spec = made.spec(id="m", kind=kind, formula=formula, cohort="cohort", **fields)
    try:
        return made.estimate(spec, panel, setting)
    except EngineRefusedError as refusal:
        raise EngineRefusalError(str(refusal)) from refusal


def of_curve(made: Estimate, curve: str, told: Iterable[tuple[float, Any, Any]], tolerance: float) -> list[Number]:
    """Estimate and error of each point (at, estimate, error); null is no number."""
    points: dict[float, Effect] = {e.at: e for e in made.curves[curve]}
    out = []
    for at, b, se in told:
        point = points[float(at)]
        out.append(Number(f"{curve} {at:g}", point.estimate, float(b), tolerance if b else 0))
        if se is not None:
            out.append(Number(f"se {curve} {at:g}", point.se, float(se), STANDARD_ERROR))
    return out


def of_term(made: Estimate, name: str, b: float, se: float, tolerance: float = COEFFICIENT) -> list[Number]:
    t = made.term(name)
    return [Number(name, t.estimate, float(b), tolerance), Number(f"se {name}", t.se, float(se), STANDARD_ERROR)]


def one(value: Any) -> float:
    return float(np.ravel(value)[0])


# ---------------------------------------------------------------- the packages


def callaway(this: dict, engine: Any) -> list[Number]:
    """R did: every cell, the four averages, their curves, the pre-test of the cells, and balanced event times."""
    spec, told = this["spec"], this["result"]
    d, outcome, unit, time = rows_of(this)
    right = "1" if spec["xformla"] == "~1" else spec["xformla"].lstrip("~")
    fields = {
        "control": {"nevertreated": "never", "notyettreated": "notyet"}[spec["control_group"]],
        "adjustment": spec["est_method"],
        "base": spec["base_period"],
        "anticipation": spec["anticipation"],
        "unbalanced": "allow" if spec["allow_unbalanced_panel"] else "drop",
    }
    panel, formula = panel_of(d, unit, time), f"{outcome} ~ {right} | {unit} + {time}"
    made = fit("callaway_santanna", panel, engine, formula, **fields)
    cells = {(c.cohort, c.period): c for c in made.cells}
    out = []
    for g, t, b, se in zip(*(told["att_gt"][k] for k in ("group", "time", "att", "se")), strict=True):
        cell = cells[float(g), float(t)]
        out.append(Number(f"att({g}, {t})", cell.estimate, float(b), COEFFICIENT if b else 0))
        if se is not None:
            out.append(Number(f"se att({g}, {t})", cell.se, float(se), STANDARD_ERROR))
    for term, how in (
        ("att", "simple"),
        ("att_dynamic", "dynamic"),
        ("att_group", "group"),
        ("att_calendar", "calendar"),
    ):
        numbers = of_term(made, term, one(told[how]["overall_att"]), one(told[how]["overall_se"]))
        out += numbers[:1] if how == "group" else numbers  # R 2.1.2 gives that error the shares of other cohorts
        if how in CURVES:
            rows = zip(told[how]["egt"], told[how]["att_egt"], told[how]["se_egt"], strict=True)
            out += of_curve(made, CURVES[how], rows, COEFFICIENT)
    again = fit("callaway_santanna", panel, engine, formula, balance=1, **fields)
    balanced = told["dynamic_balance_e1"]
    out += of_term(again, "att_dynamic", one(balanced["overall_att"]), one(balanced["overall_se"]))
    rows = zip(balanced["egt"], balanced["att_egt"], balanced["se_egt"], strict=True)
    return [*out, *of_curve(again, "event_time", rows, COEFFICIENT)]


def two_by_two(this: dict, engine: Any) -> list[Number]:
    """R DRDID: two periods; the improved and the unscaled estimators are those of numerics alone."""
    d, outcome, unit, time = rows_of(this)
    d = d[d["year"].isin([2006, 2007]) & d["cohort"].isin([0, 2007])]
    out = []
    for adjustment, name in (("dr", "drdid_trad"), ("reg", "ordid"), ("ipw", "ipwdid_normalized")):
        panel, formula = panel_of(d, unit, time), f"{outcome} ~ lpop | {unit} + {time}"
        made = fit("callaway_santanna", panel, engine, formula, adjustment=adjustment)
        told = this["result"][name]
        out += [
            Number(f"{name} {n.name}", n.ours, n.theirs, n.rtol) for n in of_term(made, "att", told["att"], told["se"])
        ]
    return out


def sun_abraham(this: dict, engine: Any) -> list[Number]:
    """R fixest sunab: event times, the average, cohorts, every cell."""
    d, outcome, unit, time = rows_of(this)
    made = fit("sun_abraham", panel_of(d, unit, time), engine, f"{outcome} ~ x1 | {unit} + {time}")
    told = this["result"]
    if this["case"] == "fx_sunab":
        names = {n: float(n.removeprefix("year::")) for n in told["coef"] if n.startswith("year::")}
        errors = told["se"]["cluster_id"]["se"]
        return of_curve(made, "event_time", [(at, told["coef"][n], errors[n]) for n, at in names.items()], FIXEST)
    out = of_term(made, "att", told["att"]["coef"]["ATT"], told["att"]["se"]["ATT"], FIXEST)
    by = told["cohort"]
    names = {n: float(n.removeprefix("cohort::")) for n in by["coef"] if n.startswith("cohort::")}
    out += of_curve(made, "cohort", [(at, by["coef"][n], by["se"][n]) for n, at in names.items()], FIXEST)
    cells = {f"year::{int(c.period - c.cohort)}:cohort::{int(c.cohort)}": c for c in made.cells}
    apart = told["disaggregated"]
    for name, cell in cells.items():
        out.append(Number(name, cell.estimate, float(apart["coef"][name]), FIXEST))
        out.append(Number(f"se {name}", cell.se, float(apart["se"][name]), STANDARD_ERROR))
    return out


def imputed(this: dict, engine: Any) -> list[Number]:
    """R didimputation: the average, or each horizon."""
    d, outcome, unit, time = rows_of(this)
    made = fit("imputation", panel_of(d, unit, time), engine, f"{outcome} ~ 1 | {unit} + {time}")
    told = this["result"]["estimates"]
    if "static" in this["case"]:
        return of_term(made, "att", one(told["estimate"]), one(told["std.error"]), DEMEANED)
    rows = zip(map(float, told["term"]), told["estimate"], told["std.error"], strict=True)
    return of_curve(made, "event_time", rows, DEMEANED)


def two_stage(this: dict, engine: Any) -> list[Number]:
    """R did2s: one dummy of treatment, or event times with the means of residuals before treatment."""
    d, outcome, unit, time = rows_of(this)
    right = next((p.strip() for p in this["spec"]["first_stage"].lstrip("~").split("|")), "0")
    formula = f"{outcome} ~ {'1' if right in ('0', '1') else right.replace('0 + ', '')} | {unit} + {time}"
    told = this["result"]
    errors = told["se"]["did2s_cluster"]
    if "event" not in this["case"]:
        made = fit("gardner", panel_of(d, unit, time), engine, formula)
        return of_term(made, "att", told["coef"]["tr::1"], errors["tr::1"], DEMEANED)
    made = fit("gardner", panel_of(d, unit, time), engine, formula, before="means")
    rows = [(float(n.removeprefix("rel::")), b, errors[n]) for n, b in told["coef"].items()]
    return of_curve(made, "event_time", rows, DEMEANED)


def decomposed(this: dict, engine: Any) -> list[Number]:
    """R bacondecomp: every two-by-two comparison with its weight, by the check `bacon` of a two-way model."""
    d, outcome, unit, time = rows_of(this)
    d = d.assign(treated=((d["cohort"] > 0) & (d[time] >= d["cohort"])).astype(float))
    panel = panel_of(d, unit, time)
    kind = ESTIMATORS["dose_did"]
    spec: Any = kind.spec(id="m", formula=f"{outcome} ~ treated | {unit} + {time}")
    setting = Setting(engine=engine, defaults=Defaults(), seed=1, resample=False)
    try:
        made = kind.estimate(spec, panel, setting)
    except EngineRefusedError as refusal:
        raise EngineRefusalError(str(refusal)) from refusal
    check = CHECKS["bacon"]
    subject = Subject(
        model=spec,
        estimate=made,
        panel=panel,
        design=lambda: kind.prepare(spec, panel, setting),
        again=lambda *_: "",
        confirm=(),
        seed=1,
    )
    found = check.check(check.spec(kind="bacon"), subject)
    told = this["result"]
    out = [Number("two-way", made.terms[0].estimate, one(told["twfe"]), FIXEST)]
    parts = {(r["treated"], r["compared"]): r for r in found.rows if r["treated"]}
    pairs = told["two_by_two"]
    for i, (g, c) in enumerate(zip(pairs["treated"], pairs["untreated"], strict=True)):
        ours = parts[f"{g:g}", "never" if c == 99999 else f"{c:g}"]
        out += [Number(f"{k} {g} {c}", ours[k], float(pairs[k][i]), FIXEST) for k in ("weight", "estimate")]
    assert len(parts) == len(pairs["treated"])
    return out
