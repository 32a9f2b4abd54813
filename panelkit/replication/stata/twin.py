"""A model's do-file: the panel, its rows, the columns it makes, the commands, and the numbers of panelkit beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from panelkit.core.counted import counted
from panelkit.core.estimation import ModelSpec
from panelkit.replication.stata.columns import Columns, NoTwinError, quoted
from panelkit.replication.stata.names import one_line, sample_name
from panelkit.replication.stata.panel_var import NEEDS as OF_SYSTEM
from panelkit.replication.stata.panel_var import panel_var
from panelkit.replication.stata.regressions import TOLERANCE, Command, command_of
from panelkit.replication.stata.staggered import NEEDS, method_of, staggered
from panelkit.replication.stata.thresholds import regimes_of, steps, xthreg

INSTALLED = {
    "reghdfe": "reghdfe, ftools",
    "ivreghdfe": "ivreghdfe, ivreg2, reghdfe, ftools",
    "ppmlhdfe": "ppmlhdfe, reghdfe, ftools",
    "xtscc": "xtscc",
    "acreg": "acreg",
    "xtmg": "xtmg",
    "xtdcce2": "xtdcce2, moremata",
}
LISTED = 12  # draws are named one by one up to so many


def do_files(
    estimates: Sequence[Mapping[str, Any]], models: Mapping[str, ModelSpec], about: Mapping[str, Any], marked: bool
) -> dict[str, bytes]:
    """`stata/<model>.do` of every estimate, and `stata/run_all.do` that runs them in order."""
    made = {f"stata/{e['id']}.do": twin(e, models[e["id"]], about, marked).encode() for e in estimates}
    every = ["* Runs the twin of every model; start it from the package's folder.", *(f'do "{name}"' for name in made)]
    return {**made, "stata/run_all.do": ("\n".join(every) + "\n").encode()}


def without_twin(
    estimates: Sequence[Mapping[str, Any]], models: Mapping[str, ModelSpec], about: Mapping[str, Any], marked: bool
) -> tuple[str, ...]:
    """The models for which Stata has no command."""
    return tuple(e["id"] for e in estimates if _body(e, models[e["id"]], about, marked)[2])


def twin(estimate: Mapping[str, Any], model: ModelSpec, about: Mapping[str, Any], marked: bool) -> str:
    """The do-file of one model."""
    body, needs, why = _body(estimate, model, about, marked)
    installed = f" Needs {needs}: ssc install NAME." if needs else ""
    head = [
        f"* {estimate['id']}: Stata twin of a panelkit {estimate['kind']} model, written from its request; run it from the package's "
        "folder.",
        f"* Written by panelkit, which does not run Stata.{installed}",
        f"* Formula: {one_line(model.formula)}",
        f"* Standard errors in the tables: {one_line(convention(estimate['covariance']))}.",
    ]
    rows = f"* the sample has {counted(estimate['sample']['rows'], 'rows')}"
    if why:
        said = [f"* Stata has no twin of this model: {one_line(why)}.", rows, *_told(estimate)]
        return "\n".join([*head, *said]) + "\n"
    start = ["version 14", "clear all", "set more off", 'use "data/processed/panel.dta", clear']
    return "\n".join([*head, *start, *body[0], rows, *body[1], *_drawn(estimate)]) + "\n"


def _body(
    estimate: Mapping[str, Any], model: ModelSpec, about: Mapping[str, Any], marked: bool
) -> tuple[tuple[list[str], list[str]], str, str]:
    """(lines that choose rows, lines that estimate), what must be installed, and why there is no twin ('' where there is one)."""
    columns = Columns(model, about, marked)
    columns.regimes = regimes_of(estimate)
    try:
        if method := method_of(estimate, model):
            lines = ["", *staggered(method, estimate, model, columns), *_told(estimate)]
            return (_kept(estimate, columns, marked), [*columns.lines, *lines]), NEEDS[method], ""
        if estimate["kind"] == "panel_var":
            return panel_var(estimate, model, columns, marked), OF_SYSTEM[getattr(model, "estimator", "gmm")], ""
        lines, commands = [], []
        requests = [
            {**r, "covariance": estimate["covariance"]} for r in estimate["requests"]
        ]  # engines are asked for its parts
        if not requests:
            raise NoTwinError("it is no regression")
        for number, request in enumerate(requests, start=1):
            command = command_of(request, columns, _balanced(estimate))
            commands.append(command)
            lines += ["", f"* regression {number} of {len(requests)}", *(f"* {note}" for note in command.notes)]
            lines += [*command.before, command.full]
            lines += _asserts(estimate, request, command, columns, number)
        if columns.regimes[1]:
            further = xthreg(estimate, model, columns, _balanced(estimate))
            lines += ["", *further, *(_told(estimate) if further[-1].startswith("xthreg") else [])]
        if "reldif" not in "".join(lines) and estimate["terms"] and all(c.coefficients for c in commands):
            raise NoTwinError(f"a {estimate['kind']} model is more than the regressions it is made of")
        kept = [] if requests[0]["estimator"] == "first_difference" else _kept(estimate, columns, marked)
    except NoTwinError as reason:
        return ([], []), "", str(reason)
    needs = dict.fromkeys(INSTALLED.get(c.full.split()[0], "") for c in commands)
    needs |= dict.fromkeys(["xthreg"] if any(line.startswith("xthreg ") for line in lines) else [])
    return (kept, [*columns.lines, *lines]), ", ".join(n for n in needs if n), ""


def _balanced(estimate: Mapping[str, Any]) -> bool:
    sample = estimate["sample"]
    return bool(sample["rows"] == sample["units"] * sample["periods"])


def _kept(estimate: Mapping[str, Any], columns: Columns, marked: bool) -> list[str]:
    model, names = columns.model, columns.names
    if marked:
        return [f"keep if {names[sample_name(model.id)]} == 1"]
    lines = []
    if model.years:
        lines.append(f"keep if inrange({names[columns.time]}, {model.years[0]}, {model.years[1]})")
    lines += [f"drop if {names[columns.unit]} == {quoted(unit)}" for unit in model.exclude]
    if model.where:
        lines.append(f"* also only rows where {one_line(model.where)} (panelkit's words; not translated)")
    used = {n for r in estimate["requests"] for n in (r["outcome"], *r["slopes"], *r["endogenous"])}
    used |= {n for r in estimate["requests"] for n in (*r["instruments"], r["weights"])}
    numbers = [names[n] for n in names if n in used - columns.texts]
    return [*lines, f"drop if missing({', '.join(numbers)})"]


def _asserts(
    estimate: Mapping[str, Any], request: Mapping[str, Any], command: Command, columns: Columns, number: int
) -> list[str]:
    """What the command must give: rows, coefficients, standard errors where the convention is Stata's, and those of the jackknife."""
    if estimate["kind"] == "mediation":
        return _of_mediation(estimate, request, command, number)
    terms = {t["name"]: t for t in estimate["terms"]}
    lines = [f"assert e(N) == {estimate['sample']['rows']}"]
    shown = {n: s for n, s in command.names.items() if n in terms}
    if command.coefficients:
        lines += [_equal(f"_b[{s}]", terms[n]["estimate"]) for n, s in shown.items()]
    if (
        "difference" in terms and "difference" not in shown and len(shown) > 1
    ):  # of two groups, the first minus the second
        first, second = list(shown.values())[:2]
        lines.append(_equal(f"_b[{first}] - _b[{second}]", terms["difference"]["estimate"]))
    lines += steps(estimate, shown) if command.coefficients else []
    if command.coefficients and command.errors:
        lines += [_equal(f"_se[{s}]", terms[n]["se"]) for n, s in shown.items()]
    held = estimate["covariance"]
    if command.jackknife and held.get("variant") == "cr3" and held["jackknife_variant"] in ("mnw", "mnw_centred"):
        by = " ".join(columns.of(c) for c in held["by"])
        about = " mse" if held["jackknife_variant"] == "mnw" else ""
        lines += [
            "* CR3: the cluster jackknife, (G-1)/G times the sum of squares",
            f"jackknife, cluster({by}){about}: {command.text}",
            *(_equal(f"_se[{s}]", terms[n]["se"]) for n, s in shown.items()),
        ]
    return [line for line in lines if line]


def _of_mediation(estimate: Mapping[str, Any], request: Mapping[str, Any], command: Command, number: int) -> list[str]:
    """Mediator on x, outcome on x and mediator, outcome on x; the indirect effect is the product of two coefficients."""
    mediator = estimate["requests"][0]["outcome"]
    first = next(t["name"] for t in estimate["terms"] if t["name"].startswith("a: "))  # "a: x on m"
    treatment = first.removeprefix("a: ").removesuffix(f" on {mediator}")
    terms = {t["name"].partition(": ")[0]: t["estimate"] for t in estimate["terms"]}
    x = f"_b[{command.names[treatment]}]"
    if number == 1:
        return [_equal(x, terms["a"]), f"scalar pk_a = {x}"]
    if number == 2:
        m = f"_b[{command.names[mediator]}]"
        return [_equal(m, terms["b"]), _equal(x, terms["direct"]), _equal(f"pk_a * {m}", terms["indirect"])]
    return [_equal(x, terms["total"])]


def _equal(left: str, value: Any) -> str:
    return f"assert reldif({left}, {value!r}) < {TOLERANCE}" if isinstance(value, float) else ""


def _told(estimate: Mapping[str, Any]) -> list[str]:
    """The numbers of panelkit as comments, for what is compared by eye."""
    return [
        f"* panelkit: {one_line(t['name'])} = {t['estimate']!r} (se {t['se']!r})"
        for t in estimate["terms"]
        if isinstance(t["estimate"], float) and isinstance(t["se"], float)
    ]


def _drawn(estimate: Mapping[str, Any]) -> list[str]:
    drawn = estimate["resampled"]
    lines = []
    for one in drawn[:LISTED]:
        searched = "xthreg" if "threshold" in one["method"] else "bootstrap, cluster()"
        name = "boottest" if "wild" in one["method"] else searched
        lines.append(
            f"* {one_line(one['term'])}: {one_line(one['method'])}, {counted(one['draws'], 'draws')}, p = {one['p']}; "
            f"in Stata: {name} (other draws, so p agrees to the error of simulation only)"
        )
    return [
        *lines,
        *([f"* and {len(drawn) - LISTED} more by draws, in results/estimates.json"] if len(drawn) > LISTED else []),
    ]


def convention(covariance: Mapping[str, Any]) -> str:
    """A covariance in the field's words."""
    factor = f"factor as in {covariance.get('small_sample')}"
    if covariance["kind"] == "classical":
        return f"classical, degrees of freedom as in {covariance['small_sample']}"
    if covariance["kind"] == "robust":
        return f"heteroskedasticity-robust ({covariance['variant'].upper()}), {factor}"
    if covariance["kind"] == "clustered":
        words = {"cr0": "CR0, no small-sample factor", "cr1": f"CR1, {factor}", "cr3": "CR3 (cluster jackknife)"}
        variant = words.get(covariance["variant"], str(covariance["variant"]).upper())
        reference = "normal" if covariance["reference"] == "normal" else "t(G-1)"
        return f"clustered by {' and '.join(covariance['by'])}, {variant}, {reference}"
    names = {"driscoll_kraay": "Driscoll-Kraay", "newey_west": "Newey-West", "conley": "Conley"}
    lags = f", {counted(covariance['lags'], 'lags')}" if covariance.get("lags") is not None else ""
    return f"{names.get(covariance['kind'], covariance['kind'])}{lags}, {factor}"
