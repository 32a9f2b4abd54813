"""The grammar of equations, a small part of fixest's: `y ~ x1 + x2:z + i(g, ref=2) | fe1 + fe2^t + fe3[x] | endog ~ instr`.

Every name is a declared variable, the unit or the time of the panel; nothing is transformed inside a formula.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from panelkit.core.counted import counted
from panelkit.core.errors import StudyError

_NAME = r"[^\W\d]\w*"
MOST_FACTORS = 10  # of a product


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """One right-hand term: a variable, a product (`factors` of two or more), or dummies of a category (`levels_of`)."""

    factors: tuple[str, ...] = ()
    levels_of: str = ""
    reference: str = ""

    @property
    def name(self) -> str:
        return f"i({self.levels_of})" if self.levels_of else ":".join(self.factors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorbed:
    """One absorbed effect: a category or a combination of categories, and the variables whose slopes vary with it."""

    factors: tuple[str, ...]
    slopes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "^".join(self.factors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """An equation as data; `constant` is False where effects are absorbed or the formula says `0 +`."""

    outcome: str
    slopes: tuple[Slope, ...] = ()
    absorb: tuple[Absorbed, ...] = ()
    endogenous: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    constant: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Every variable the equation needs, each once."""
        found = [self.outcome]
        for slope in self.slopes:
            found += [slope.levels_of] if slope.levels_of else slope.factors
        found += [*self.endogenous, *self.instruments]
        for effect in self.absorb:
            found += [*effect.factors, *effect.slopes]
        return tuple(dict.fromkeys(found))


def parse_formula(text: str, *, where: str = "formula") -> Formula:
    """The equation in `text`.

    Raises
    ------
    StudyError
        Where the text is not such an equation.

    >>> f = parse_formula("y ~ x + x:z | firm + year")
    >>> [s.name for s in f.slopes], [e.name for e in f.absorb], f.constant
    (['x', 'x:z'], ['firm', 'year'], False)
    """
    parts = [p.strip() for p in text.split("|")]
    if "~" not in parts[0]:
        raise _fault("there is no '~' between outcome and regressors", where)
    if len(parts) > 3:
        raise _fault("there are more than three parts", where)
    outcome, right = (p.strip() for p in parts[0].split("~", 1))
    if not re.fullmatch(_NAME, outcome):
        raise _fault(f"the outcome '{outcome}' is not one variable", where)
    instrumented = parts.pop() if len(parts) > 1 and "~" in parts[-1] else ""
    absorb = tuple(_absorbed(t, where) for t in _terms(parts[1], where) if t != "0") if len(parts) > 1 else ()
    bent = {e.factors for e in absorb if e.slopes}  # a[x] has the levels of a too: a + a[x] says them twice
    absorb = tuple(e for e in absorb if e.slopes or e.factors not in bent)
    slopes, constant = _slopes(right, where)
    endogenous, instruments = _instrumented(instrumented, where)
    if outcome in {f for s in slopes for f in (*s.factors, s.levels_of)} | set(endogenous):
        raise StudyError(f"the outcome '{outcome}' stands on the right too", where=where, mend="take it out there")
    if not slopes and not endogenous and right.strip() not in ("0", "1"):
        raise _fault("there is nothing on the right-hand side", where)
    return Formula(
        outcome=outcome,
        slopes=slopes,
        absorb=absorb,
        endogenous=endogenous,
        instruments=instruments,
        constant=constant and not absorb,
    )


def _fault(what: str, where: str) -> StudyError:
    return StudyError(what, where=where, mend="write: y ~ x1 + x2 | fe1 + fe2, and for instruments | endog ~ instr")


def _terms(text: str, where: str) -> list[str]:
    terms = [t.strip() for t in text.split("+")]
    if any(not t for t in terms):
        raise _fault(f"a term is missing in '{text}'", where)
    repeated = sorted(t for t, times in Counter(terms).items() if times > 1)
    if repeated:
        raise _fault(f"'{repeated[0]}' stands twice", where)
    return terms


def _slopes(text: str, where: str) -> tuple[tuple[Slope, ...], bool]:
    slopes, constant = [], True
    for term in _terms(text, where):
        if term in ("0", "1"):
            constant = term == "1"
        elif found := re.fullmatch(rf"i\(\s*({_NAME})\s*(?:,\s*ref\s*=\s*(-?\w+)\s*)?\)", term):
            slopes.append(Slope(levels_of=found[1], reference=found[2] or ""))
        elif re.fullmatch(rf"{_NAME}(\s*:\s*{_NAME})*", term):
            factors = tuple(f.strip() for f in term.split(":"))
            if len(factors) > MOST_FACTORS:
                raise _fault(
                    f"a product of {counted(len(factors), 'variables')}; at most {MOST_FACTORS} are taken", where
                )
            slopes.append(Slope(factors=factors))
        else:
            what = f"the term '{term}' is not a declared variable, a product a:b or i(a, ref=...)"
            raise StudyError(what, where=where, mend=_declared_instead(term))
    return tuple(slopes), constant


def _declared_instead(term: str) -> str:
    """How a term in the manner of Stata or R is written here."""
    if dummies := re.fullmatch(rf"(?:i[b\d]*\.|C\(|factor\()\s*({_NAME})\s*\)?", term):
        return f"put '{dummies[1]}' behind '|' to absorb it, or write i({dummies[1]}, ref=...) for its dummies"
    if product := re.fullmatch(rf"(?:c\.)?({_NAME})\s*(\*|#{{1,2}})\s*(?:c\.)?({_NAME})", term):
        first, sign, second = product.groups()
        return f"write {first}:{second}" if sign == "#" else f"write {first} + {second} + {first}:{second}"
    if shifted := re.fullmatch(rf"([LFD])(\d*)\.({_NAME})", term):
        function = {"L": "lag", "F": "lead", "D": "diff"}[shifted[1]]
        made = f"{function}({shifted[3]}, {shifted[2] or 1})" if function != "diff" else f"diff({shifted[3]})"
        return f'declare it under a name of its own: [variables.NAME] with expression = "{made}"'
    inner = re.fullmatch(r"(?:np\.)?(?:log|ln)\((.+)\)", term)
    made = f"ln({inner[1]})" if inner else re.sub(r"^I\((.+)\)$", r"\1", term)
    return f'declare it under a name of its own: [variables.NAME] with expression = "{made}"; nothing is transformed inside a formula'


def _absorbed(term: str, where: str) -> Absorbed:
    found = re.fullmatch(rf"({_NAME}(?:\s*\^\s*{_NAME})*)\s*(?:\[\s*({_NAME}(?:\s*,\s*{_NAME})*)\s*\])?", term)
    if found is None:
        raise _fault(f"the absorbed effect '{term}' is not a, a^b or a[x]", where)
    factors = tuple(f.strip() for f in found[1].split("^"))
    if len(set(factors)) < len(factors):
        raise _fault(f"the absorbed effect '{term}' names one variable twice", where)
    return Absorbed(
        factors=factors,
        slopes=tuple(s.strip() for s in found[2].split(",")) if found[2] else (),
    )


def _instrumented(text: str, where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not text:
        return (), ()
    sides = [_terms(side, where) for side in text.split("~")]
    if len(sides) != 2 or not all(re.fullmatch(_NAME, t) for side in sides for t in side):
        raise _fault(f"the part '{text}' is not endog ~ instr", where)
    if len(sides[1]) < len(sides[0]):
        raise _fault("there are fewer instruments than endogenous variables", where)
    return tuple(sides[0]), tuple(sides[1])
