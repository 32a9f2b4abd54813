"""The label of a term, an effect or a key, from the panel's variables; never from an engine's names."""

from __future__ import annotations

import re

from panelkit.core.estimate import Estimate
from panelkit.core.label import Language
from panelkit.core.panel import Panel
from panelkit.reporting.numbers import MINUS
from panelkit.reporting.words import WORDS, joined, word


def key_label(name: str, panel: Panel, language: Language) -> str:
    """The label of one variable, the unit or the time: the declared one, else a word for it, else its name."""
    for variable in panel.variables:
        if variable.name == name and variable.label.to(language):
            return variable.label.to(language)
    if name in WORDS:
        return word(name, language)
    if name == panel.unit and panel.parts:
        return " × ".join(key_label(part, panel, language) for part in panel.parts)
    return name[:1].upper() + name[1:] if name in (panel.unit, panel.time) else name


def term_label(name: str, panel: Panel, language: Language) -> str:
    """The label of a term: products with ' × ', levels of a category behind their variable.

    '(constant)', 'x', 'x:z', 'region::east', 'i(region)::east', 'mean(x)', 'a: x on m' (a step of a mediation), 'y: x lag 1' (of an
    autoregression), 'x:regime::1' and 'x:step::1' (of a threshold model) are understood.
    """
    if name.strip("()").casefold() in ("constant", "intercept"):
        return word("constant", language)
    if name in {v.name for v in panel.variables} or name in WORDS:
        return key_label(name, panel, language)
    switched = re.fullmatch(r"(?:(.+):)?(regime|step)::(\d+)", name)
    if switched and "regime" not in {v.name for v in panel.variables}:
        of = term_label(switched[1], panel, language) if switched[1] else ""
        return word(f"{switched[2]}_of" if of else "regime_level", language, of=of, number=switched[3])
    if lagged := of_lag(name):
        effect, cause = (key_label(n, panel, language) for n in lagged[:2])
        return word("lag_of", language, of=cause, lag=lagged[2], effect=effect)
    mean = re.fullmatch(r"mean\((.+)\)", name)
    if mean:  # of a unit, in correlated random effects
        return word("unit_mean", language, of=term_label(mean[1], panel, language))
    path = re.fullmatch(r"[a-z]: (\w+) on (\w+)", name)
    if path:
        return f"{key_label(path[1], panel, language)} → {key_label(path[2], panel, language)}"
    head, levels, level = name.partition("::")
    if levels:
        inner = re.fullmatch(r"i\((.*)\)", head)
        factors = inner[1] if inner else head
        whose = " × ".join(key_label(factor, panel, language) for factor in factors.split(":"))
        said = level_text(level)
        return f"{whose} {said}" if said[:1] in "≤≥" else f"{whose} = {said}"
    return " × ".join(key_label(factor, panel, language) for factor in name.split(":"))


def of_lag(name: str) -> tuple[str, str, str] | None:
    """Effect, cause and lag of a term of an autoregression, 'y: x lag 1'; None for another term.

    >>> of_lag("y: x lag 1"), of_lag("x")
    (('y', 'x', '1'), None)
    """
    found = re.fullmatch(r"(\w+): (\w+) lag (\d+)", name)
    return (found[1], found[2], found[3]) if found else None


def outcome_label(estimate: Estimate, panel: Panel, language: Language) -> str:
    """The label of what a model explains; of a system that of every variable."""
    effects = [lagged[0] for t in estimate.terms if (lagged := of_lag(t.name))]
    if not effects or len(effects) < len(estimate.terms):
        return term_label(estimate.outcome, panel, language)
    return joined((key_label(n, panel, language) for n in dict.fromkeys(effects)), language, "comma")


def on_outcome(name: str, estimate: Estimate, panel: Panel, language: Language) -> str:
    """A term with what it acts on: 'x on y'; the terms of a system say it themselves."""
    of = term_label(name, panel, language)
    if of_lag(name):
        return of
    return word("on", language, of=of, outcome=term_label(estimate.outcome, panel, language))


def level_text(level: str) -> str:
    """A level or period as printed: '-4' with a true minus, '<=-4' (a binned end) as '≤−4'."""
    return re.sub(r"(?<![^≤≥])-(?=[0-9])", MINUS, level.replace("<=", "≤").replace(">=", "≥"))


def effect_label(name: str, panel: Panel, language: Language) -> str:
    """The label of an absorbed effect: 'province' -> 'Province FE', 'industry^year' -> 'Industry × Year FE'."""
    of = " × ".join(key_label(factor, panel, language) for factor in name.split("^"))
    return word("effect", language, of=of)


def slopes_label(effect: str, variable: str, panel: Panel, language: Language) -> str:
    """The label of slopes that vary with an effect."""
    of = " × ".join(key_label(factor, panel, language) for factor in effect.split("^"))
    return word("slopes", language, of=of, variable=key_label(variable, panel, language))
