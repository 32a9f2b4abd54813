"""Oracle cases (numbers frozen from R) through the checks: panel tests, unit roots, instruments. No tolerance is tuned to a case.

`covered()` lists the cases, `numbers(name)` gives ours beside theirs, `left(name)` what the case holds and no check gives. It
reads any case of its groups, by its formula and index, whatever the data set; oracle_summary counts what passes. Where a
program's convention differs, the line says which identity holds ours to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd
from oracle_cases import ORACLE, UNIT_TIME, Number, build, case, data, index, terms

import panelkit.checks
import panelkit.engines
import panelkit.estimators  # noqa: F401  they register themselves
from panelkit.core.check import Check, Subject
from panelkit.core.estimation import Defaults, Setting
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import CHECKS, ENGINES, ESTIMATORS
from panelkit.core.request import Classical, Clustered, Robust
from panelkit.core.variable import Origin, Variable
from panelkit.numerics.unit_root_tables import adf_p

STATISTIC, P_VALUE = 1e-6, 1e-6  # relative; the oracle's own
P_ABSOLUTE = 1e-10  # below it p-values are compared absolutely to 1e-8, as the oracle's README says
MACKINNON = (
    0.004  # between MacKinnon's approximations of 1994 (ours) and 1996 (plm's), absolutely, measured on Grunfeld
)

GROUPS = ("panel_test", "unit_root", "iv")


# ---------------------------------------------------------------- a case as a model and its checks


def panel_of(frame: pd.DataFrame, unit: str, time: str) -> Panel:
    """A panel of the numeric columns; names become the names a formula may hold."""
    numeric = [c for c in frame.columns if c not in (unit, time) and pd.api.types.is_numeric_dtype(frame[c])]
    made = [Variable(name=c, measure="", label=Label(en=c), origin=Origin(how="oracle")) for c in numeric]
    frame = frame[[unit, time, *numeric]].copy()
    if pd.api.types.is_numeric_dtype(frame[unit]):
        frame[unit] = frame[unit].map("{:06d}".format)
    return Panel.of(frame, unit=unit, time=time, variables=made)


def subject(panel: Panel, kind: str, formula: str, **fields) -> Subject:
    estimator = ESTIMATORS[kind]
    model = estimator.spec(id="case", kind=kind, formula=formula, **{"singletons": "keep", **fields})
    setting = Setting(engine=ENGINES["dense"], defaults=Defaults(), seed=1, resample=False)
    made = estimator.estimate(model, panel, setting)
    return Subject(
        model=model,
        estimate=made,
        panel=panel,
        design=lambda: estimator.prepare(model, panel, setting),
        again=lambda engine, covariance: "not asked",
        confirm=(),
        seed=1,
    )


def run(check: str, of: Subject, **fields) -> Check:
    kind = CHECKS[check]
    return kind.check(kind.spec(kind=check, **fields), of)


def row(check: Check, statistic: str) -> dict:
    return next(r for r in check.rows if r["statistic"] == statistic)


def with_logs(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Names of the form l<start of a column> that are no column are logs of that column, as the cases' notes say."""
    out = frame.copy()
    for name in names:
        if name not in out.columns:
            meant = [c for c in frame.columns if c.startswith(name[1:])]
            exact = [c for c in meant if c == name[1:]] or meant
            if name[0] != "l" or len(exact) != 1:
                raise KeyError(f"no column for '{name}'")
            out[name] = np.log(frame[exact[0]])
    return out


def p_number(name: str, ours: float | None, theirs: float | None) -> Iterator[Number]:
    if ours is None or theirs is None:
        return
    if theirs < P_ABSOLUTE:
        yield Number(f"{name} p (absolute)", 1 + ours, 1 + theirs, 1e-8)
    else:
        yield Number(f"{name} p", ours, theirs, P_VALUE)


def told(name: str, ours: dict, want: dict) -> Iterator[Number]:
    """Statistic, p and degrees of freedom of one test."""
    yield Number(name, ours["value"], want["statistic"], STATISTIC)
    yield from p_number(name, ours.get("p"), want.get("p_value"))
    df = list((want.get("df") or {}).values())
    given = [ours[k] for k in ("df", "df1", "df2") if ours.get(k) is not None]
    if len(df) == len(given):
        for k, (a, b) in enumerate(zip(given, df, strict=True)):
            yield Number(f"{name} df{k + 1}", a, b, 0)


# ---------------------------------------------------------------- plm's panel tests

PLM_LM = {
    "bp_individual": "Breusch-Pagan, unit",
    "bp_time": "Breusch-Pagan, time",
    "bp_twoways": "Breusch-Pagan, both",
    "honda_individual": "Honda, unit",
    "honda_time": "Honda, time",
    "honda_twoways": "Honda, both",
    "kw_individual": "Honda, unit",
    "kw_time": "Honda, time",
    "kw_twoways": "King-Wu, both",
    "ghm_twoways": "Gourieroux-Holly-Monfort, both",
}
PLM_F = {
    "individual": "unit effects",
    "time": "time effects",
    "twoways": "unit and time effects",
    "time_given_individual": "time effects beside unit effects",
    "individual_given_time": "unit effects beside time effects",
}
PLM_CD = {
    "cd": "CD",
    "lm": "LM",
    "sclm": "scaled LM",
    "bcsclm": "bias-corrected scaled LM",
    "rho": "mean correlation",
    "absrho": "mean absolute correlation",
}
PLM_TESTED = {
    "within": "residuals",
    "twoways": "residuals",
    "pooling": "residuals",
    "hetero": "unit_regressions",
    "y": "outcome",
}


def panel_tests(this: dict) -> Iterator[tuple[str, Iterator[Number]]]:
    """Each key of the case that a check answers, with its numbers."""
    spec, result = this["spec"], this["result"]
    unit, time = spec["index"]
    outcome, right = (p.strip() for p in spec["formula"].split("~"))
    frame = with_logs(pd.read_csv(ORACLE / "data" / f"{this['dataset'][0]}.csv"), [outcome, *terms(right)])
    panel = panel_of(frame, unit, time)
    text = f"{outcome} ~ {right}"
    models = {
        "within": subject(panel, "fixed_effects", f"{text} | {unit}", covariance=Classical()),
        "twoways": subject(panel, "fixed_effects", f"{text} | {unit} + {time}", covariance=Classical()),
        "pooling": subject(panel, "fixed_effects", text, covariance=Classical()),
    }
    within = models["within"]
    hausman, serial = run("hausman", within), run("serial_correlation", within)
    effects, pooled = run("poolability", within), run("breusch_pagan", models["pooling"])
    for key, want in result.items():
        head, _, rest = key.partition("_")
        ours = None
        if key in ("hausman_swar", "hausman_aux"):
            ours = row(hausman, "classical" if key == "hausman_swar" else "auxiliary regression")
        elif head == "plmtest" and rest in PLM_LM:
            ours = row(pooled, PLM_LM[rest])
        elif head == "pFtest" and rest in PLM_F:
            ours = row(effects, PLM_F[rest])
        elif head == "poolability":
            ours = row(effects, "slopes equal" if "within" in rest else "slopes and constants equal")
        elif key == "wooldridge_within_pwartest":
            ours = row(serial, "within")
        elif key in ("wooldridge_fd_fd", "wooldridge_fd_fe"):
            ours = row(serial, f"difference, null in {'levels' if key.endswith('fe') else 'differences'} (plm)")
        elif head == "pcd" and (found := re.fullmatch(r"(variable|[a-z]+)_(\w+)", rest)):
            test, source = ("cd", found[2]) if found[1] == "variable" else (found[1], found[2])
            of = models.get(source, models["pooling"])
            ours = row(run("cross_section_dependence", of, tested=PLM_TESTED[source]), PLM_CD[test])
        if ours is not None:
            yield key, told(key, ours, want)


# ---------------------------------------------------------------- plm's unit roots

TERMS = {"none": "none", "drift": "intercept", "trend": "trend", "intercept": "intercept"}
FISHER = {
    "madwu": "fisher: Maddala-Wu",
    "Pm": "fisher: Choi Pm",
    "invnormal": "fisher: inverse normal",
    "logit": "fisher: logit",
}


def unit_root_tests(this: dict) -> Iterator[tuple[str, Iterator[Number]]]:
    name = this["dataset"][0]
    variable = this["spec"]["variable"] if "variable" in this["spec"] else this["case"].rsplit("_", 1)[1]
    unit, time = this["spec"].get("index", UNIT_TIME.get(name, ("", "")))
    frame = pd.read_csv(ORACLE / "data" / f"{name}.csv")
    panel = panel_of(frame, unit, time)
    other = next(v.name for v in panel.variables if v.name != variable)
    of = subject(panel, "fixed_effects", f"{variable} ~ {other} | {unit}", covariance=Classical())

    @cache
    def made(tests: tuple[str, ...], lags: int | str, terms: str, divisor: str) -> Check:
        return run(
            "unit_roots", of, variables=(variable,), tests=tests, lags=lags, deterministic=terms, divisor=divisor
        )

    for key, want in this["result"].items():
        test, *rest = key.split("_")
        if test == "cips":
            got = made(("cips",), int(rest[1].removeprefix("lag")), TERMS[rest[0]], "free")
            yield key, cips(key, row(got, "cips" if rest[2] == "truncated" else "cips, not truncated"), want)
        elif test in ("levinlin", "ips", *FISHER) and rest[0] != "Ztbar":
            chosen = rest[1].removeprefix("lag")
            lags = chosen if chosen in ("AIC", "SIC") else int(chosen)
            names = ("llc",) if test == "levinlin" else ("ips",) if test == "ips" else ("fisher",)
            got = made((*names, "fisher"), lags, TERMS[rest[0]], "rows")  # plm's dfcor = FALSE
            if test in FISHER:
                yield key, fisher(key, got, f"t: {variable}", TERMS[rest[0]], want)
            else:
                yield key, told(key, row(got, names[0]), want | {"df": None})


def cips(key: str, ours: dict, want: dict) -> Iterator[Number]:
    """plm interpolates p from the table on a grid; ours gives the critical values, whose interpolation is held to 0.002."""
    yield Number(key, ours["value"], want["statistic"], STATISTIC)
    edges = [ours[f"critical_{level}"] for level in (1, 5, 10)]
    level = float(np.interp(ours["value"], edges, (0.01, 0.05, 0.10)))
    yield Number(f"{key} p within .002", float(abs(level - want["p_value"]) <= 0.002), 1.0, 0)


def fisher(key: str, got: Check, series: str, terms: str, want: dict) -> Iterator[Number]:
    """plm takes MacKinnon's (1996) p-values, ours those of 1994: each unit's t is held to plm's, its p to their distance."""
    t = np.array(got.series[series])
    for k, theirs in enumerate(want["individual_t"].values()):
        yield Number(f"{key} t of unit {k}", float(t[k]), theirs, STATISTIC)
    apart = np.abs(adf_p(t, terms) - np.array(list(want["individual_p"].values()))).max()
    yield Number(f"{key} p of units within {MACKINNON}", float(apart <= MACKINNON), 1.0, 0)


# ---------------------------------------------------------------- instruments: AER and fixest


def instruments(this: dict) -> Iterator[tuple[str, Iterator[Number]]]:
    spec, result = this["spec"], this["result"]
    aer, fixest = "diagnostics_classical" in result, "fitstat_iid" in result
    if not (aer or fixest):
        return
    d, unit, time = data(this)
    parts = [p.strip() for p in spec["formula"].split("|")]
    outcome, right = (p.strip() for p in parts[0].split("~"))
    if fixest:
        absorb = [t.strip() for t in parts[1].split("+")] if len(parts) == 3 else []
        inner, own = ([t.strip() for t in side.split("+")] for side in parts[-1].split("~"))
        exogenous = [t for t in terms(right) if t != "1"]
    else:
        absorb, given = [], terms(parts[1])
        exogenous = [t for t in terms(right) if t in given]
        inner, own = [t for t in terms(right) if t not in given], [t for t in given if t not in exogenous]
    names = {t: f"v{k}" for k, t in enumerate([outcome, *inner, *exogenous, *own])}
    built = {names[t]: next(iter(build(d, t, unit, time).values())) for t in names}
    panel = panel_of(d[[unit, time]].assign(**built).dropna().reset_index(drop=True), unit, time)
    formula = " + ".join(names[t] for t in exogenous) or "1"
    formula = f"{names[outcome]} ~ {formula}"
    formula += f" | {' + '.join(absorb)}" if absorb else ""
    formula += f" | {' + '.join(names[t] for t in inner)} ~ {' + '.join(names[t] for t in own)}"
    of = {
        "iid": subject(panel, "instrumental", formula, covariance=Classical()),
        "hetero": subject(panel, "instrumental", formula, covariance=Robust(variant="hc1")),
        "hc0": subject(panel, "instrumental", formula, covariance=Robust(small_sample="none")),
    }
    if fixest and spec.get("cluster"):
        of["cluster"] = subject(panel, "instrumental", formula, covariance=Clustered(by=(spec["cluster"],)))
    sizes = (panel.rows, len(inner), len(own), len(exogenous))
    yield from (aer_diagnostics if aer else fixest_statistics)(result, of, sizes)


def aer_diagnostics(result: dict, of: dict[str, Subject], sizes: tuple[int, int, int, int]) -> Iterator:
    n, m, count, w = sizes
    for block, name in (("diagnostics_classical", "iid"), ("diagnostics_robust_HC0", "hc0")):
        want, free = result[block], n - count - w - 1
        weak = run("weak_instruments", of[name])
        if m == 1:
            # AER's robust F is the rk Wald over the number of instruments, without ivreg2's (n-L)/n
            f = row(weak, "Kleibergen-Paap F")["value"] * (1 if name == "iid" else n / free)
            yield (
                f"{block} Weak",
                told(f"{block} F", {"value": f}, {"statistic": want["Weak instruments"]["statistic"]}),
            )
        wu = row(run("endogeneity", of[name]), "Wu-Hausman")
        yield f"{block} Wu-Hausman", told(f"{block} Wu-Hausman", wu, want["Wu-Hausman"] | {"df": None})
        if count > m and name == "iid":
            sargan = row(run("overidentification", of[name]), "Sargan")
            yield f"{block} Sargan", told(f"{block} Sargan", sargan, want["Sargan"] | {"df": None})


def fixest_statistics(result: dict, of: dict[str, Subject], sizes: tuple[int, int, int, int]) -> Iterator:
    n, m, count, w = sizes
    iid, want = run("weak_instruments", of["iid"]), result["fitstat_iid"]
    wu = row(run("endogeneity", of["iid"]), "Wu-Hausman")
    yield "iid wh", told("iid wh", wu, {"statistic": want["wh"]["stat"], "p_value": want["wh"]["p"]})
    if count > m and "sargan" in want:
        sargan = row(run("overidentification", of["iid"]), "Sargan")
        theirs = {"statistic": want["sargan"]["stat"], "p_value": want["sargan"].get("p")}
        yield "iid sargan", told("iid sargan", sargan, theirs)
    if "cd" in want:
        # fixest's Cragg-Donald takes off m + l + 1 parameters, neither effects nor exogenous columns
        cd = want["cd"] if isinstance(want["cd"], float) else want["cd"]["stat"]
        rank = of["iid"].design().absorber.rank or 1
        ours = row(iid, "Cragg-Donald F")["value"] / (n - rank - w - count) * (n - m - count - 1)
        yield "iid cd", told("iid cd", {"value": ours}, {"statistic": cd})
    for name in ("iid", "hetero", "cluster"):
        if m == 1 and name in of and f"fitstat_{name}" in result:
            key = next(k for k in result[f"fitstat_{name}"] if k.startswith("ivwald1"))
            f = row(run("weak_instruments", of[name]), "Kleibergen-Paap F")["value"]
            theirs = result[f"fitstat_{name}"][key]["stat"]
            yield f"{name} ivwald1", told(f"{name} ivwald1", {"value": f}, {"statistic": theirs})


# ---------------------------------------------------------------- the registry


HOW = {"panel_test": panel_tests, "unit_root": unit_root_tests, "iv": instruments}


def covered() -> list[str]:
    """Cases of which some check gives some number, in the order of the index; none where the oracle is absent."""
    if not ORACLE.is_dir():
        return []
    rows = zip(index()["case"], index()["group"], strict=True)
    return [name for name, group in rows if group in GROUPS and (group != "iv" or _diagnosed(name))]


def _diagnosed(name: str) -> bool:
    return any(k.startswith(("diagnostics", "fitstat")) for k in case(name)["result"])


@cache
def answered(name: str) -> dict[str, tuple[Number, ...]]:
    """Ours beside theirs, by the key of the case (for instruments by statistic)."""
    this = case(name)
    return {key: tuple(found) for key, found in HOW[this["group"]](this)}


def numbers(name: str) -> list[Number]:
    return [n for found in answered(name).values() for n in found]


def left(name: str) -> list[str]:
    """Keys of the case that no check gives; for instruments none are counted, the estimates there are oracle_cases' own."""
    if case(name)["group"] == "iv":
        return []
    return [key for key in case(name)["result"] if key not in answered(name)]
