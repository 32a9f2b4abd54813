"""A panel vector autoregression in Stata: each equation on the whole panel and its halves, tests and moments by their commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from panelkit.replication.stata.columns import Columns, NoTwinError, quoted
from panelkit.replication.stata.names import one_line, sample_name
from panelkit.replication.stata.regressions import TOLERANCE

NEEDS = {
    "jackknife": "reghdfe, ftools, xtgrangert",
    "lsdv": "reghdfe, ftools, xtgrangert",
    "gmm": "xtabond2, pvar, xtgrangert",
}


def panel_var(estimate: Mapping[str, Any], model: Any, columns: Columns, marked: bool) -> tuple[list[str], list[str]]:
    """Lines that take lags and choose rows, and lines that estimate and hold the numbers.

    Raises
    ------
    NoTwinError
        Clusters that are no column of the panel.
    """
    names = [t["name"].partition(": ")[0] for t in estimate["terms"]]
    variables = list(dict.fromkeys(names))
    if model.where or len(estimate["covariance"]["by"]) != 1:
        raise NoTwinError(
            "rows chosen by an expression are not translated, and lags must not be taken from rows that are left out"
        )
    lags = [f"pk_l{s}_{columns.of(n)}"[:32] for s in range(1, model.lags + 1) for n in variables]
    rows = _rows(estimate, model, columns, (variables, lags), marked)
    tests = [
        f"capture noisily xtgrangert {columns.of(effect)} {columns.of(cause)}, lags({model.lags}) het"
        for effect in variables
        for cause in variables
        if cause != effect
    ]
    made = (
        _moments(estimate, model, columns, variables)
        if model.estimator == "gmm"
        else _squares(estimate, model, columns, variables, lags)
    )
    return rows, [*columns.lines, *made, "", "* non-causality, own lags differing by unit", *tests, *_told(estimate)]


def _rows(
    estimate: Mapping[str, Any], model: Any, columns: Columns, known: tuple[list[str], list[str]], marked: bool
) -> list[str]:
    variables, lags = known
    time, unit = columns.of(columns.time), columns.names[columns.unit]
    made = [f"keep if inrange({time}, {model.years[0]}, {model.years[1]})"] if model.years else []
    made += [f"drop if {unit} == {quoted(u)}" for u in model.exclude]
    made += [f"drop if missing({', '.join(columns.of(n) for n in variables)})"]
    number = columns.numbered()
    made += [*columns.lines, f"xtset {number} {time}"]
    columns.lines.clear()
    if model.estimator == "gmm":  # its commands take lags and leave rows out themselves
        return made
    each = [(s, n) for s in range(1, model.lags + 1) for n in variables]
    made += [f"gen double {new} = L{s}.{columns.of(n)}" for new, (s, n) in zip(lags, each, strict=True)]
    if marked:
        return [*made, f"keep if {columns.names[sample_name(model.id)]} == 1"]
    return [*made, f"drop if missing({', '.join(lags)})"]


def _squares(
    estimate: Mapping[str, Any], model: Any, columns: Columns, variables: list[str], lags: list[str]
) -> list[str]:
    """Every equation by reghdfe; with the jackknife twice the whole less the mean of the halves."""
    effects = " ".join(columns.factor(e) for e in estimate["absorb"])
    time, unit = columns.of(columns.time), columns.numbered()
    jackknife = model.estimator == "jackknife"
    lines = []
    if jackknife:
        lines += [
            "* halves of each unit's rows; an odd row is in the second half first, then in the first one",
            f"egen double pk_place = rank({time}), by({unit})",
            f"egen double pk_rows = count({time}), by({unit})",
            "gen byte pk_half1 = pk_place <= floor(pk_rows / 2)",
            "gen byte pk_half2 = pk_place <= ceil(pk_rows / 2)",
        ]
    terms = estimate["terms"]
    for j, name in enumerate(variables):
        command = f"reghdfe {columns.of(name)} {' '.join(lags)}"
        options = f", absorb({effects}) keepsingletons"
        held = terms[j * len(lags) : (j + 1) * len(lags)]
        lines += [
            "",
            f"* equation {j + 1} of {len(variables)}",
            command + options,
            f"assert e(N) == {estimate['sample']['rows']}",
        ]
        share = "2 * " if jackknife else ""
        lines += [f"scalar pk_{i} = {share}_b[{lag}]" for i, lag in enumerate(lags)]
        halves = [f"pk_half{h} == {side}" for h in (1, 2) for side in (1, 0)] if jackknife else []
        for half in halves:
            lines += [
                f"{command} if {half}{options}",
                *(f"scalar pk_{i} = pk_{i} - 0.25 * _b[{lag}]" for i, lag in enumerate(lags)),
            ]
        lines += [
            f"assert reldif(pk_{i}, {t['estimate']!r}) < {TOLERANCE}"
            for i, t in enumerate(held)
            if isinstance(t["estimate"], float)
        ]
    return lines


def _moments(estimate: Mapping[str, Any], model: Any, columns: Columns, variables: list[str]) -> list[str]:
    """xtabond2 equation by equation, and pvar; neither is asserted, since panelkit does not run Stata."""
    names = [columns.of(n) for n in variables]
    low, high = (int(estimate["fit"]["extra"][f"{which}_instrument_lag"]) for which in ("first", "last"))
    gmm = " ".join(names)
    steps = " twostep" if model.steps == 2 else ""
    lagged = " ".join(f"L(1/{model.lags}).{n}" for n in names)
    said = [
        "",
        "* xtabond2 keeps deviations one period late, so that its lag s + 1 is lag s here; pvar takes time effects off as means over",
        "* units and weighs its first step by the identity: near these numbers, and equal to them where exactly identified",
    ]
    said += [
        f"capture noisily xtabond2 {n} {lagged}, gmm({gmm}, lag({low + 1} {high + 1}) collapse) noleveleq orthogonal{steps} robust"
        for n in names
    ]
    said.append(f"capture noisily pvar {' '.join(names)}, lags({model.lags}) fod gmmstyle instlags({low}/{high})")
    return [
        *said,
        *(f"capture noisily {c}" for c in ("pvarstable", "pvargranger", f"pvarirf, oirf step({model.horizon})")),
    ]


def _told(estimate: Mapping[str, Any]) -> list[str]:
    """Tests and first responses of panelkit, to be compared by eye."""
    lines = [
        f"* panelkit: {one_line(name)}: statistic {test['statistic']!r}, p {test['p']!r}"
        for name, test in estimate["tests"].items()
    ]
    lines += [
        f"* panelkit: {one_line(name)} at 1: {effect['estimate']!r}"
        for name, curve in estimate["curves"].items()
        for effect in curve
        if name.startswith("irf") and effect["at"] == 1
    ]
    return [
        "* of the half-panel jackknife test the statistic of panelkit is that of xtgrangert, het (chi-squared)",
        *lines,
    ]
