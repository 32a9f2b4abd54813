"""What each variable of a study is made of, in which order and in which years it is needed; nothing is computed here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from panelkit.core.errors import StudyError
from panelkit.core.expression import Call, Name, Node, names_in, parse_expression
from panelkit.core.registry import DERIVATIONS
from panelkit.core.study import Study, VariablePlan
from panelkit.etl import derive as _kinds  # noqa: F401  registers the derivations
from panelkit.etl.expressions import shifted, years_needed

Window = tuple[int, int]
DEEPEST = 200  # variables that rest on one another; a chain is walked as deep as it is long


def tree_of(plan: VariablePlan) -> Node:
    """The parsed expression of a variable."""
    return parse_expression(plan.spec.expression, where=f"variables.{plan.name}.expression")


def direct_inputs(plan: VariablePlan) -> tuple[str, ...]:
    """Series and names that a variable is made of, not looking through other variables."""
    return tuple(dict.fromkeys((*_made_of(plan), *filled_from(plan))))


def _made_of(plan: VariablePlan) -> tuple[str, ...]:
    if plan.spec.series:
        return (plan.spec.series,)
    if plan.spec.expression:
        return names_in(tree_of(plan))
    return DERIVATIONS[plan.spec.derive].inputs(plan.options)


def filled_from(plan: VariablePlan) -> tuple[str, ...]:
    """What a fill by regression rests on."""
    return getattr(plan.spec.fill, "on", ())


def in_order(plans: Mapping[str, VariablePlan]) -> tuple[str, ...]:
    """Names of variables, each after those it needs.

    Raises
    ------
    StudyError
        A circle, drawn as a -> b -> a; a chain of more than `DEEPEST`.
    """
    done: dict[str, int] = {}  # name -> how many stand below it, one on the other

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = " -> ".join((*path[path.index(name) :], name))
            raise StudyError(
                f"variables need each other in a circle: {circle}", where=f"variables.{name}", mend="break it"
            )
        if name in done or name not in plans:
            return
        inputs = direct_inputs(plans[name])
        for other in inputs if len(path) <= DEEPEST else ():
            visit(other, (*path, name))
        done[name] = 1 + max((done.get(other, 0) for other in inputs), default=0)
        if done[name] > DEEPEST or len(path) > DEEPEST:
            what = f"it needs a variable that needs a variable, more than {DEEPEST} times over"
            raise StudyError(what, where=f"variables.{name}", mend="say it in fewer steps")

    for name in plans:
        visit(name, ())
    return tuple(done)


def windows(study: Study, order: Iterable[str]) -> dict[str, Window]:
    """First and last year in which each variable and series is needed: the panel's years, and further back for lags."""
    return windows_of(dict.fromkeys(study.variables, study.panel.years), study.variables, order)


def windows_of(
    wanted: Mapping[str, Window], plans: Mapping[str, VariablePlan], order: Iterable[str]
) -> dict[str, Window]:
    """First and last year in which everything below the wanted variables is needed."""
    needed = dict(wanted)
    for name in reversed(tuple(order)):
        if name not in needed:
            continue
        for other, window in _needed_by(plans[name], needed[name]).items():
            before = needed.get(other, window)
            needed[other] = (min(before[0], window[0]), max(before[1], window[1]))
    return needed


def _needed_by(plan: VariablePlan, window: Window) -> dict[str, Window]:
    where = f"variables.{plan.name}"
    first, last = window
    if plan.spec.transform:
        first, last = shifted(Call(plan.spec.transform, (Name(plan.name),)), first, last, where)
    if plan.spec.expression:
        needed = years_needed(tree_of(plan), first, last, where)
        for name in filled_from(plan):
            before = needed.get(name, (first, last))
            needed[name] = (min(before[0], first), max(before[1], last))
        return needed
    if plan.spec.derive and plan.options is not None:
        own, more = _made_of(plan), dict.fromkeys(filled_from(plan), (first, last))
        return more | {name: plan.options.years_of(name, first, last) for name in own}
    return dict.fromkeys(direct_inputs(plan), (first, last))


def series_behind(name: str, plans: Mapping[str, VariablePlan]) -> tuple[str, ...]:
    """Every raw series that a variable rests on, through all others."""
    found: dict[str, None] = {}
    seen: set[str] = set()

    def visit(other: str) -> None:
        if other in seen:
            return
        seen.add(other)
        if other not in plans:
            if "." in other:
                found[other] = None
            return
        for below in direct_inputs(plans[other]):
            visit(below)

    visit(name)
    return tuple(found)
