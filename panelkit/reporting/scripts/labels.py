"""What the terms and effects of a script's results are called in print, and which of them a pattern means; no table is made here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from panelkit.core.errors import Fault
from panelkit.core.label import Label, Language
from panelkit.core.nearest import known_or_nearest
from panelkit.reporting.labels import level_text, term_label
from panelkit.reporting.scripts.read import CONSTANT, canonical, factors
from panelkit.reporting.tables._choice import fits
from panelkit.reporting.words import word

Pattern = str | re.Pattern[str]
KEYS = ("province", "city", "county", "firm", "industry", "region", "country", "year", "quarter", "month")
_POWERS = str.maketrans("23", "²³")


def label_of(name: str, labels: Mapping[str, str], language: Language) -> str:
    """The label of a term or effect: the given one, else one for what its name says: a product, a level, a log, a square, a lag.

    >>> label_of("region::north:x", {"x": "Sales"}, "en"), label_of("np.log(w)", {}, "en"), label_of("I(x ** 2)", {}, "en")
    ('Region = north × Sales', 'ln(w)', 'x²')
    """
    if name in labels:
        return labels[name]
    if name == CONSTANT:
        return word("constant", language)
    parts = factors(name)
    if len(parts) > 1:
        return " × ".join(label_of(part, labels, language) for part in parts)
    made = _made(name, labels, language)
    if made:
        return made
    return word(name, language) if name in KEYS else name


def _made(name: str, labels: Mapping[str, str], language: Language) -> str:
    """The label of a name that a formula made; "" for a plain one."""
    level = re.fullmatch(r"(\w+|[Ci]\([^()]+\))::(.+)", name)
    if level:
        inner = re.fullmatch(r"[Ci]\(([^(),]+).*\)", level[1])
        return f"{label_of(inner[1].strip() if inner else level[1], labels, language)} = {level_text(level[2])}"
    against = re.fullmatch(
        r"C\((\w+),\s*(?:Treatment|contr\.treatment)\((?:reference\s*=\s*|base\s*=\s*)?(.+?)\)\)\[(?:T\.)?(.+)\]", name
    )
    if against:
        base = against[2].strip().strip("'\"")
        return word(
            "level_against",
            language,
            of=label_of(against[1], labels, language),
            level=level_text(against[3]),
            base=base,
        )
    log = re.fullmatch(r"(?:np\.)?(log|log1p)\((\w+)\)", name)
    if log:
        of = label_of(log[2], labels, language)
        return f"ln(1 + {of})" if log[1] == "log1p" else f"ln({of})"
    power = re.fullmatch(r"I\((\w+)\s*(?:\*\*|\^)\s*([23])\)", name)
    if power:
        return label_of(power[1], labels, language) + power[2].translate(_POWERS)
    quoted = re.fullmatch(r"Q\(['\"](.+)['\"]\)", name)
    if quoted:
        return label_of(quoted[1], labels, language)
    lag = re.fullmatch(r"(?:(\w+)\.L(\d+)|L(\d+)\.(\w+))", name)
    if lag and lag[1] not in ("ar", "ma"):
        of, steps = label_of(lag[1] or lag[4], labels, language), int(lag[2] or lag[3])
        return f"{of} (t−{steps})" if steps else of
    return ""


def own_label(name: str, labels: Mapping[str, str], language: Language) -> str:
    """The label of a term of one of panelkit's own estimates, variables by the given labels.

    >>> own_label("a: x on m", {"x": "Sales"}, "en"), own_label("event_time::-4", {}, "en"), own_label("att_group", {}, "zh")
    ('Sales → m', 'Event time = −4', 'ATT（按批次规模加权）')
    """
    return labels[name] if name in labels else term_label(name, bare_panel(labels), language)


def bare_panel(labels: Mapping[str, str]) -> Any:
    """What names variables as a panel does, where there is no panel: the given labels, the same in both languages."""
    variables = tuple(SimpleNamespace(name=n, label=Label(en=text, zh=text)) for n, text in labels.items())
    return SimpleNamespace(variables=variables, unit="", time="", parts=())


def effect_of(effect: str, labels: Mapping[str, str], language: Language) -> str:
    """The label of an absorbed effect: 'industry^year' -> 'Industry × Year FE'."""
    if effect in labels:
        return labels[effect] if "^" in effect else word("effect", language, of=labels[effect])
    return word("effect", language, of=" × ".join(label_of(e, labels, language) for e in effect.split("^")))


def matched(
    names: Mapping[str, Iterable[str]], patterns: Sequence[Pattern], where: str, faults: list[Fault]
) -> list[str]:
    """The names that patterns mean, in the patterns' order; one that means none is a fault.

    Parameters
    ----------
    names : mapping
        Name -> what else it goes by.
    patterns : sequence
        A name, one with '*' for any text, or a compiled regular expression that is searched for.
    where : str
        The option, for the fault.
    faults : list
        Faults are added to it.
    """
    found: list[str] = []
    for pattern in patterns:
        hits = [n for n, also in names.items() if any(_means(pattern, text) for text in (n, *also))]
        if not hits:
            text = pattern if isinstance(pattern, str) else pattern.pattern
            mend = known_or_nearest(text.replace("*", ""), names)
            if isinstance(pattern, str) and re.search(r"[\^$|\\+?]|\.\*", pattern):
                mend = f"for a regular expression give re.compile({pattern!r}); {mend}"
            faults.append(Fault(where=where, what=f"no model has the term '{text}'", mend=mend))
        found += hits
    return list(dict.fromkeys(found))


def _means(pattern: Pattern, name: str) -> bool:
    if isinstance(pattern, re.Pattern):
        return pattern.search(name) is not None
    return fits(name, pattern) or (canonical(pattern) == name if "*" not in pattern else False)
