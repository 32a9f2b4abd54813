"""One request as Stata's command for it, with the numbers that it must give as `assert`; a method Stata does not have is said so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from panelkit.replication.stata.columns import Columns, NoTwinError

TOLERANCE = "1e-6"
SAME_FACTOR = ("fixest", "reghdfe")  # conventions whose CR1 and HC1 are those of regress and reghdfe
Request = Mapping[str, Any]


@dataclass(kw_only=True)
class Command:
    """A command without its errors (`text`), with them (`full`), and what it gives: names of coefficients, whether errors agree.

    before : lines that come first. errors : its standard errors are those of the estimate. jackknife : leaving a cluster out and
    running it again gives those of CR3. notes : what a reader must know.
    """

    text: str
    full: str
    before: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    errors: bool = False
    jackknife: bool = False
    coefficients: bool = True
    notes: list[str] = field(default_factory=list)


def command_of(request: Request, columns: Columns, balanced: bool) -> Command:
    """Stata's command for a request.

    Raises
    ------
    NoTwinError
        An estimator that no command of Stata has.
    """
    makers: dict[str, Callable[[Request, Columns, bool], Command]] = {
        "least_squares": _least_squares,
        "two_stage_least_squares": _instrumental,
        "limited_information": _instrumental,
        "between": _between,
        "first_difference": _differences,
        "random_effects": _random_effects,
        "mean_group": _mean_group,
        "demeaned_mean_group": _mean_group,
        "cce_mean_group": _mean_group,
        "cce_pooled": _pooled_cce,
    }
    name = request["estimator"]
    if name not in makers:
        raise NoTwinError(f"no command of Stata is known to be {name.replace('_', ' ')}")
    made = (_poisson if request["family"] == "poisson" else makers[name])(request, columns, balanced)
    known = [*request["slopes"], *request["endogenous"]]
    made.names = {**{n: columns.of(n) for n in known}, **made.names}
    if (
        request["constant"] and not request["absorb"] and request["trend"] == "none"
    ):  # where a trend starts is the program's
        made.names.setdefault("(constant)", "_cons")
    return made


def _equation(request: Request, columns: Columns) -> str:
    right = [columns.of(s) for s in request["slopes"]]
    if request["endogenous"]:
        left = " ".join(columns.of(e) for e in request["endogenous"])
        right.append(f"({left} = {' '.join(columns.of(z) for z in request['instruments'])})")
    return " ".join([columns.of(request["outcome"]), *right])


def _weight(request: Request, columns: Columns, analytic: str = "aweight") -> str:
    if not request["weights"]:
        return ""
    kind = analytic if request["weight_kind"] == "analytic" else "fweight"
    return f" [{kind}={columns.of(request['weights'])}]"


def _effects(request: Request, columns: Columns) -> str:
    slopes = [f"{columns.factor(e)}#c.{columns.of(v)}" for e, v in request["varying_slopes"]]
    return " ".join([*(columns.factor(e) for e in request["absorb"]), *slopes])


def _clusters(request: Request, columns: Columns) -> str:
    return " ".join(columns.of(c) for c in request["covariance"].get("by", ()))


def _vce(request: Request, columns: Columns) -> str:
    covariance = request["covariance"]
    if covariance["kind"] == "clustered":
        return f" vce(cluster {_clusters(request, columns)})"
    return " vce(robust)" if covariance["kind"] == "robust" else ""


def _same_errors(covariance: Mapping[str, Any]) -> bool:
    """Whether regress and reghdfe have these standard errors by their own factor."""
    if covariance.get("small_sample") not in SAME_FACTOR:
        return False
    if covariance["kind"] == "clustered":
        return bool(covariance["variant"] == "cr1" and len(covariance["by"]) == 1)
    return bool(covariance["kind"] == "classical" or covariance.get("variant") == "hc1")


def _least_squares(request: Request, columns: Columns, balanced: bool) -> Command:
    covariance, effects = request["covariance"], _effects(request, columns)
    equation, weight = _equation(request, columns), _weight(request, columns)
    if covariance["kind"] in ("driscoll_kraay", "newey_west", "conley"):
        return _kernel(request, columns)
    if covariance["kind"] == "robust" and covariance["variant"] in ("hc2", "hc3"):
        constant = "" if request["constant"] or effects else " noconstant"
        text = f"regress {' '.join(p for p in (equation, effects) if p)}{weight},{constant}"
        plm = str(covariance["small_sample"]).startswith("plm")
        return Command(text=text, full=f"{text} vce({covariance['variant']})", errors=not plm and not weight)
    plain = columns.unit in request["absorb"] and set(request["absorb"]) <= {columns.unit, columns.time}
    if covariance.get("small_sample") == "xtreg" and plain and not request["varying_slopes"]:
        return _xtreg_fe(request, columns)
    if effects:
        text = f"reghdfe {equation}{weight}, absorb({effects}) keepsingletons"
    else:
        text = f"regress {equation}{weight},{'' if request['constant'] else ' noconstant'}"
    return Command(text=text, full=text + _vce(request, columns), errors=_same_errors(covariance), jackknife=not weight)


def _xtreg_fe(request: Request, columns: Columns) -> Command:
    times = f" {columns.factor(columns.time)}" if columns.time in request["absorb"] else ""
    text = f"xtreg {_equation(request, columns)}{times}{_weight(request, columns)}, fe"
    one = request["covariance"]["kind"] == "clustered" and list(request["covariance"]["by"]) == [columns.unit]
    return Command(
        text=text,
        full=text + _vce(request, columns),
        before=[_xtset(columns)],
        errors=one and request["covariance"]["variant"] == "cr1" and not request["weights"],
    )


def _kernel(request: Request, columns: Columns) -> Command:
    """Driscoll-Kraay by xtscc, Newey-West by newey, Conley by acreg; their own small-sample factors are not ours."""
    covariance, equation = request["covariance"], _equation(request, columns)
    absorbed = set(request["absorb"])
    note = ["the command has a small-sample factor of its own: its errors are near those of panelkit, and not asserted"]
    if request["weights"] or request["varying_slopes"]:
        raise NoTwinError(f"{covariance['kind'].replace('_', ' ')} errors with weights or group trends")
    if covariance["kind"] == "driscoll_kraay" and absorbed <= {columns.unit, columns.time}:
        times = f" {columns.factor(columns.time)}" if columns.time in absorbed else ""
        within = " fe" if columns.unit in absorbed else ""
        lag = "" if covariance["lags"] is None else f" lag({covariance['lags']})"
        text = f"xtscc {equation}{times},{within}{lag}"
        return Command(text=text, full=text, before=[_xtset(columns)], notes=note)
    if covariance["kind"] == "newey_west" and covariance["lags"] is not None:
        text = f"newey {' '.join(p for p in (equation, _effects(request, columns)) if p)}, lag({covariance['lags']})"
        return Command(text=text, full=text, before=[_xtset(columns)], notes=note)
    if covariance["kind"] == "conley" and len(absorbed) <= 2:
        effects = "".join(f" pfe{i}({columns.of(e)})" for i, e in enumerate(request["absorb"], start=1))
        place = f"latitude({columns.of(covariance['latitude'])}) longitude({columns.of(covariance['longitude'])})"
        text = (
            f"acreg {equation}, id({columns.numbered()}) time({columns.of(columns.time)}) {place} spatial "
            f"dist({covariance['cutoff_km']:g}){' bartlett' if covariance['kernel'] == 'bartlett' else ''}{effects}"
        )
        return Command(text=text, full=text, notes=note)
    raise NoTwinError(f"{covariance['kind'].replace('_', ' ')} errors with these effects")


def _xtset(columns: Columns) -> str:
    return f"xtset {columns.numbered()} {columns.of(columns.time)}"


def _instrumental(request: Request, columns: Columns, balanced: bool) -> Command:
    equation, effects, weight = _equation(request, columns), _effects(request, columns), _weight(request, columns)
    covariance = request["covariance"]
    limited = request["estimator"] == "limited_information"
    note = ["two programs have two small-sample factors for instruments: errors are asserted of the jackknife alone"]
    once = not limited and not weight
    if effects:
        text = f"ivreghdfe {equation}{weight}, absorb({effects}) keepsingletons{' liml' if limited else ''}"
        clustered = f" cluster({_clusters(request, columns)})" if covariance["kind"] == "clustered" else ""
        return Command(
            text=text,
            full=text + (clustered or (" robust" if covariance["kind"] == "robust" else "")),
            jackknife=once,
            notes=note,
        )
    constant = "" if request["constant"] else " noconstant"
    text = f"ivregress {'liml' if limited else '2sls'} {equation}{weight},{constant}"
    return Command(text=text, full=text + _vce(request, columns), jackknife=once, notes=note)


def _poisson(request: Request, columns: Columns, balanced: bool) -> Command:
    equation, effects = _equation(request, columns), _effects(request, columns)
    weight = _weight(request, columns, analytic="pweight")
    if effects:
        text = f"ppmlhdfe {equation}{weight}, absorb({effects}) keepsingletons tolerance(1e-10)"
    else:
        text = f"poisson {equation}{weight},{'' if request['constant'] else ' noconstant'}"
    note = ["the errors of panelkit have its own factor for Poisson models and are not asserted"]
    return Command(text=text, full=text + _vce(request, columns), notes=note)


def _between(request: Request, columns: Columns, balanced: bool) -> Command:
    text = f"xtreg {_equation(request, columns)}, be"
    plain = not request["weights"] and request["constant"]
    if not plain:
        raise NoTwinError("xtreg, be has neither weights nor a model without constant")
    by = list(request["covariance"].get("by", ()))
    return Command(text=text, full=text, before=[_xtset(columns)], jackknife=by == [columns.unit])


def _differences(request: Request, columns: Columns, balanced: bool) -> Command:
    step = int(request["step"])
    operator = "D" if step == 1 else f"S{step}"
    names = [request["outcome"], *request["slopes"]]
    of = {n: f"{operator}.{columns.of(n)}" for n in names}
    inside = columns.names.get(f"in_{columns.model.id}")
    condition = f" if {inside} == 1" if inside else ""
    constant = "" if request["constant"] else " noconstant"
    text = f"regress {' '.join(of[n] for n in names)}{condition}{_weight(request, columns)},{constant}"
    return Command(
        text=text,
        full=text + _vce(request, columns),
        before=[_xtset(columns)],
        names={n: of[n] for n in request["slopes"]},
        errors=_same_errors(request["covariance"]),
        jackknife=not request["weights"],
    )


def _random_effects(request: Request, columns: Columns, balanced: bool) -> Command:
    if request["weights"]:
        raise NoTwinError("xtreg, re takes no such weights")
    text = f"xtreg {_equation(request, columns)}, re sa"
    notes = [
        "errors are those of the quasi-demeaned rows, with theta held: xtreg, re has other factors, so none is asserted"
    ]
    if not balanced:
        notes.append(
            "the panel is unbalanced, where programs weigh variance components in several ways: nothing is asserted"
        )
    return Command(
        text=text, full=text + _vce(request, columns), before=[_xtset(columns)], coefficients=balanced, notes=notes
    )


def _mean_group(request: Request, columns: Columns, balanced: bool) -> Command:
    cce = " cce" if request["estimator"] == "cce_mean_group" else ""
    trend = " trend" if request["trend"] == "unit" else ""
    names = {n: columns.of(n) for n in (request["outcome"], *request["slopes"])}
    before = [_xtset(columns)]
    if request["estimator"] == "demeaned_mean_group":
        time = columns.of(columns.time)
        for number, (name, held) in enumerate(names.items(), start=1):
            before += [
                f"egen double pk_m{number} = mean({held}), by({time})",
                f"gen double pk_d{number} = {held} - pk_m{number}",
            ]
            names[name] = f"pk_d{number}"
    text = f"xtmg {' '.join(names.values())},{cce}{trend}".rstrip(",")
    return Command(
        text=text,
        full=text,
        before=before,
        names={n: names[n] for n in request["slopes"]} | ({} if trend else {"(constant)": "_cons"}),
        errors=request["covariance"].get("variant") == "cr3",
        notes=[
            "CR3 of a mean over units is the spread of the units' own slopes over the root of their number, as in xtmg"
        ],
    )


def _pooled_cce(request: Request, columns: Columns, balanced: bool) -> Command:
    equation = _equation(request, columns)
    pooled = " ".join(columns.of(s) for s in request["slopes"])
    text = f"xtdcce2 {equation}, pooled({pooled}) crosssectional({equation}) cr_lags(0)"
    return Command(
        text=text + (" trend" if request["trend"] == "unit" else ""),
        full=text + (" trend" if request["trend"] == "unit" else ""),
        before=[_xtset(columns)],
        notes=["its errors are those of Pesaran, not the clustered ones of panelkit: not asserted"],
    )
