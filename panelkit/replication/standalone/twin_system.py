"""The do-file of a panel vector autoregression, written anew from its estimate and held line by line against the one in the package."""

from __future__ import annotations

import re
from typing import Any

from panelkit.replication.standalone.names import squeezed

LONGEST = 32
KEPT = frozenset(
    {"_all", "_b", "_coef", "_cons", "_n", "_N", "_pi", "_pred", "_rc", "_skip", "byte", "double", "float", "if", "in"}
    | {"int", "long", "strL", "using", "with"}
)
HALVES = "* halves of each unit's rows; an odd row is in the second half first, then in the first one"
LATE = "* xtabond2 keeps deviations one period late, so that its lag s + 1 is lag s here; pvar takes time effects off as means over"
AROUND = (
    "* units and weighs its first step by the identity: near these numbers, and equal to them where exactly identified"
)
JACKKNIFED = "* of the half-panel jackknife test the statistic of panelkit is that of xtgrangert, het (chi-squared)"


def names_in_stata(header: list[str]) -> dict[str, str]:
    """What each column of the panel is called there: letters, digits, underscores, 32 at most, none twice."""
    made: dict[str, str] = {}
    for name in header:
        bare = re.sub(r"\W", "_", name)
        bare = "_" + bare if bare[:1].isdigit() or not bare else bare
        bare = bare + "_" if bare in KEPT or re.fullmatch(r"str\d+", bare) else bare
        bare, place = bare[:LONGEST], 1
        while bare in made.values():
            place += 1
            bare = f"{bare[: LONGEST - 1 - len(str(place))]}_{place}"
        made[name] = bare
    return made


def system_lines(
    estimate: dict[str, Any], model: dict[str, Any], header: list[str], keys: tuple[str, str], marker: str
) -> tuple[list[str], list[str]]:
    """The lines that choose rows, and those that estimate, as the twin of this system has them.

    Raises
    ------
    KeyError, ValueError, TypeError
        Where the estimate or its specification are not those of a system.
    """
    names = names_in_stata(header)
    effects = [t["name"].partition(": ")[0] for t in estimate["terms"]]
    own = [names[v] for v in dict.fromkeys(effects)]
    unit, time = f"pk_{names[keys[0]]}"[:LONGEST], names[keys[1]]
    p = int(model["lags"])
    lags = [f"pk_l{s}_{v}"[:LONGEST] for s in range(1, p + 1) for v in own]
    rows = [f"keep if inrange({time}, {model['years'][0]}, {model['years'][1]})"] if model.get("years") else []
    rows += [f'drop if {names[keys[0]]} == "{u}"' for u in model.get("exclude", {})]
    rows += [
        f"drop if missing({', '.join(own)})",
        f"egen long {unit} = group({names[keys[0]]})",
        f"xtset {unit} {time}",
    ]
    moments = model["estimator"] == "gmm"
    if not moments:
        each = [f"L{s}.{v}" for s in range(1, p + 1) for v in own]
        rows += [f"gen double {new} = {old}" for new, old in zip(lags, each)]  # noqa: B905
        rows.append(f"keep if {marker} == 1" if marker else f"drop if missing({', '.join(lags)})")
    absorb = " ".join(f"i.{unit if e == keys[0] else names[e]}" for e in estimate["absorb"])
    made = (
        of_moments(estimate, model, own) if moments else of_squares(estimate, model, (own, lags), (unit, time, absorb))
    )
    tests = [f"capture noisily xtgrangert {a} {b}, lags({p}) het" for a in own for b in own if a != b]
    return rows, [*made, "", "* non-causality, own lags differing by unit", *tests, *numbers_told(estimate)]


def of_squares(
    estimate: dict[str, Any], model: dict[str, Any], names: tuple[list[str], list[str]], keys: tuple[str, str, str]
) -> list[str]:
    """Each equation on the whole panel and, where it is jackknifed, on four halves; and what must come out."""
    (own, lags), (unit, time, absorb) = names, keys
    jackknife = model["estimator"] == "jackknife"
    lines = []
    if jackknife:
        lines += [
            HALVES,
            f"egen double pk_place = rank({time}), by({unit})",
            f"egen double pk_rows = count({time}), by({unit})",
        ]
        lines += [f"gen byte pk_half{i} = pk_place <= {f}(pk_rows / 2)" for i, f in ((1, "floor"), (2, "ceil"))]
    for j, outcome in enumerate(own):
        command, options = f"reghdfe {outcome} {' '.join(lags)}", f", absorb({absorb}) keepsingletons"
        lines += [
            "",
            f"* equation {j + 1} of {len(own)}",
            command + options,
            f"assert e(N) == {estimate['sample']['rows']}",
        ]
        lines += [f"scalar pk_{i} = {'2 * ' if jackknife else ''}_b[{lag}]" for i, lag in enumerate(lags)]
        for half in [f"pk_half{h} == {s}" for h in (1, 2) for s in (1, 0)] if jackknife else []:
            lines.append(f"{command} if {half}{options}")
            lines += [f"scalar pk_{i} = pk_{i} - 0.25 * _b[{lag}]" for i, lag in enumerate(lags)]
        held = estimate["terms"][j * len(lags) : (j + 1) * len(lags)]
        lines += [
            f"assert reldif(pk_{i}, {t['estimate']!r}) < 1e-6"
            for i, t in enumerate(held)
            if isinstance(t["estimate"], float)
        ]
    return lines


def of_moments(estimate: dict[str, Any], model: dict[str, Any], own: list[str]) -> list[str]:
    """The commands for moments, none of whose numbers is asserted."""
    low, high = (int(estimate["fit"]["extra"][f"{w}_instrument_lag"]) for w in ("first", "last"))
    p, steps = int(model["lags"]), " twostep" if int(model["steps"]) == 2 else ""
    right, every = " ".join(f"L(1/{p}).{v}" for v in own), " ".join(own)
    options = f"gmm({every}, lag({low + 1} {high + 1}) collapse) noleveleq orthogonal{steps} robust"
    after = ("pvarstable", "pvargranger", f"pvarirf, oirf step({int(model['horizon'])})")
    return [
        "",
        LATE,
        AROUND,
        *(f"capture noisily xtabond2 {v} {right}, {options}" for v in own),
        f"capture noisily pvar {every}, lags({p}) fod gmmstyle instlags({low}/{high})",
        *(f"capture noisily {c}" for c in after),
    ]


def numbers_told(estimate: dict[str, Any]) -> list[str]:
    """Tests, and responses one year on, as comments."""
    lines = [
        f"* panelkit: {squeezed(n)}: statistic {t['statistic']!r}, p {t['p']!r}" for n, t in estimate["tests"].items()
    ]
    for name, curve in estimate["curves"].items():
        at = [e["estimate"] for e in curve if e["at"] == 1]
        lines += [f"* panelkit: {squeezed(name)} at 1: {value!r}" for value in at if name.startswith("irf")]
    return [JACKKNIFED, *lines]


def other_lines(lines: list[str], wanted: tuple[list[str], list[str]]) -> tuple[list[str], list[str]]:
    """Lines of a do-file that are not as wanted, and those behind them, which say what was drawn."""
    rows, body = wanted
    start = next((i for i, line in enumerate(lines) if line.startswith("use ")), -1) + 1
    middle = next((i for i, line in enumerate(lines) if line.startswith("* the sample has ")), len(lines))
    odd = [found for found, right in pairs(lines[start:middle], rows) if found != right]
    rest = lines[middle + 1 :]
    odd += [found for found, right in pairs(rest[: len(body)], body) if found != right]
    return odd, [*lines[: start - 1], *rest[len(body) :]]


def pairs(found: list[str], wanted: list[str]) -> list[tuple[str, str]]:
    """Line by line, a missing one as a word of its own."""
    size = max(len(found), len(wanted))
    return [
        (found[i] if i < len(found) else "(a line is missing)", wanted[i] if i < len(wanted) else "(none)")
        for i in range(size)
    ]
