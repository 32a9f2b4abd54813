"""Whether money is nominal or real: what a unit of measure implies, how it passes through expressions, and models that forget it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial

from panelkit.core.check import Check
from panelkit.core.errors import StudyError
from panelkit.core.evaluation import CELL_FUNCTIONS, shown
from panelkit.core.expression import Binary, Call, Name, Node, Number, Text, Unary, walk
from panelkit.core.formula import parse_formula
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.registry import DERIVATIONS
from panelkit.core.source import SourceSpec
from panelkit.core.study import Study, VariablePlan, VariableSpec
from panelkit.core.variable import Price
from panelkit.etl.harmonise.units import conversion

SUMS = ("+", "-", "<", "<=", ">", ">=", "==", "!=")  # operators whose two sides must be of one basis
_MEND = 'deflate the nominal one, or say price = "nominal", "real" or "none" on this variable, where it is meant'
_LOGARITHMS = ("ln", "log", "log1p")
_FIXED_BASE = re.compile(r"^\d{4}年?\s*=\s*100")


def is_money(measure: str) -> bool:
    """Whether a unit of measure is an amount of money, also per head.

    >>> is_money("亿元"), is_money("元/人"), is_money("万美元"), is_money("万人"), is_money("人/元")
    (True, True, True, False, False)
    """
    over = measure.split("/")[0]
    return any(conversion(over, unit) is not None for unit in ("元", "美元"))


def price_of_series(source: SourceSpec, alias: str, measure: str) -> Price:
    """As the source declares it; money is nominal unless declared."""
    return source.prices.get(alias) or ("nominal" if is_money(measure) else "")


def price_of_expression(node: Node, prices: Mapping[str, Price], measures: Mapping[str, str]) -> Price:
    """Basis of prices of an expression.

    A ratio of two amounts of one basis and one year is pure; of two years (x / lag(x)) it keeps the basis. A nominal amount over an
    index with a fixed base is real, and a real one times such an index nominal again. Sums of a nominal amount with anything are
    nominal. Logarithms remember: the difference of two logarithms of one basis is pure, as their ratio is.
    """
    match node:
        case Name():
            return prices.get(node.name, "")
        case Number() | Text():
            return ""
        case Unary():
            return price_of_expression(node.operand, prices, measures)
        case Call():
            if node.function == "present":
                return ""
            given = [price_of_expression(a, prices, measures) for a in node.arguments]
            return _worse(*given) if node.function in ("min", "max") else given[0]
    left, right = (price_of_expression(side, prices, measures) for side in (node.left, node.right))
    match node.operator:
        case "*":
            return _product(node, left, right, measures)
        case "/":
            return _ratio(node, left, right, measures)
        case "-" if is_log(node.left) and is_log(node.right):
            return _ratio(node, left, right, measures)
        case "+" | "-":
            return _worse(left, right)
        case "^":
            return left
    return ""


def _product(node: Binary, left: Price, right: Price, measures: Mapping[str, str]) -> Price:
    """A real amount times an index with a fixed base is nominal again."""
    for own, other, side in ((left, right, node.right), (right, left, node.left)):
        if own == "real" and not other and _is_fixed_base(side, measures):
            return "nominal"
    return _worse(left, right)


def _is_fixed_base(node: Node, measures: Mapping[str, str]) -> bool:
    indices = [n.name for n in walk(node) if isinstance(n, Name)]
    return bool(indices) and all(_FIXED_BASE.match(measures.get(n, "")) for n in indices)


def _worse(*given: Price) -> Price:
    return "nominal" if "nominal" in given else "real" if "real" in given else ""


def is_log(node: Node) -> bool:
    """Whether an expression is a logarithm, also moved in time or cut."""
    return isinstance(node, Call) and (
        node.function in _LOGARITHMS or (node.function not in CELL_FUNCTIONS and is_log(node.arguments[0]))
    )


def _moved(node: Node) -> bool:
    return any(isinstance(n, Call) and n.function in ("lag", "lead", "diff") for n in walk(node))


def _ratio(node: Binary, left: Price, right: Price, measures: Mapping[str, str]) -> Price:
    if left and right:
        return "nominal" if left == right == "nominal" and _moved(node.left) != _moved(node.right) else ""
    if left == "nominal" and _is_fixed_base(node.right, measures):
        return "real"
    return left or right


def base_year_of(
    node: Node, prices: Mapping[str, Price], base_years: Mapping[str, int], measures: Mapping[str, str], where: str = ""
) -> int | None:
    """Year whose prices a real expression is in; None where it is not real, or the year is not known.

    Raises
    ------
    StudyError
        Two real amounts of different base years that are added, subtracted, compared or divided.
    """
    known = partial(base_year_of, prices=prices, base_years=base_years, measures=measures, where=where)
    match node:
        case Name():
            return base_years.get(node.name)
        case Number() | Text():
            return None
        case Unary():
            return known(node.operand)
        case Call():
            given = [known(a) for a in node.arguments]
            year = _one_year(given, where) if node.function in ("min", "max") else given[0]
            return year if price_of_expression(node, prices, measures) == "real" else None
    left, right = known(node.left), known(node.right)
    product = node.operator == "*" or (node.operator == "+" and is_log(node.left) and is_log(node.right))
    if product and left and right and left != right:
        return None
    year = _one_year([left, right], where)
    if price_of_expression(node, prices, measures) != "real":
        return None
    return year or _year_of_indices(node.right, measures)


def _one_year(given: Iterable[int | None], where: str) -> int | None:
    years = sorted({year for year in given if year is not None})
    if len(years) > 1:
        raise StudyError(
            f"real amounts at prices of {' and of '.join(map(str, years))} are put together",
            where=where,
            mend="deflate the nominal series to one base year, or move one of them in a variable of its own: "
            f'derive = "deflate" with by = "rebase", was = {years[0]}, base = {years[-1]}',
        )
    return years[0] if years else None


def _year_of_indices(node: Node, measures: Mapping[str, str]) -> int | None:
    found = {m[0][:4] for n in walk(node) if isinstance(n, Name) and (m := _FIXED_BASE.match(measures.get(n.name, "")))}
    return int(found.pop()) if len(found) == 1 else None


def refuse_mixed_sum(node: Node, prices: Mapping[str, Price], measures: Mapping[str, str], where: str) -> None:
    """Refuse a sum, difference, comparison, minimum or maximum of a nominal and a real amount.

    Raises
    ------
    StudyError
    """
    for part in walk(node):
        sides: tuple[Node, ...] = ()
        if isinstance(part, Binary) and part.operator in SUMS and not is_log_ratio(part):
            sides = (part.left, part.right)
        elif isinstance(part, Call) and part.function in ("min", "max"):
            sides = part.arguments
        given = {price_of_expression(side, prices, measures) for side in sides}
        if {"nominal", "real"} <= given and not is_log_product(part):
            raise StudyError(f"{shown(part)} puts nominal and real money together", where=where, mend=_MEND)


def refuse_mixed_inputs(plan: VariablePlan, prices: Mapping[str, Price], base_years: Mapping[str, int]) -> None:
    """Refuse a derivation, no index, of nominal and of real amounts, or of real amounts of two base years.

    Raises
    ------
    StudyError
    """
    kind = DERIVATIONS[plan.spec.derive]
    if kind.is_index or kind.sets_prices:
        return
    names = kind.inputs(plan.options)
    nominal, real = ([n for n in names if prices.get(n) == basis] for basis in ("nominal", "real"))
    if nominal and real:
        raise StudyError(
            f"{nominal[0]} is nominal and {real[0]} is real: {plan.spec.derive} would set one against the other",
            mend=_MEND,
        )
    years = {base_years[n]: n for n in real if n in base_years}
    if len(years) > 1:
        (a, first), (b, second) = sorted(years.items())[:2]
        raise StudyError(
            f"{first} is at prices of {a} and {second} at prices of {b}",
            mend=f'move one of them: derive = "deflate" with by = "rebase", was = {a}, base = {b}',
        )


def is_log_ratio(part: Binary) -> bool:
    """A difference of logarithms, the logarithm of a ratio."""
    return part.operator == "-" and is_log(part.left) and is_log(part.right)


def is_log_product(part: Node) -> bool:
    """A sum of logarithms, the logarithm of a product."""
    return isinstance(part, Binary) and part.operator == "+" and is_log(part.left) and is_log(part.right)


def declared_basis(spec: VariableSpec, price: Price, base_year: int | None) -> tuple[Price, int | None]:
    """Basis of prices and base year of a variable: what its inputs give, unless the study says otherwise.

    Raises
    ------
    StudyError
        A base year of what is not real, or another than a series or a derivation is in: only an expression can rebase.
    """
    where, year = f"variables.{spec.name}.base_year", spec.base_year
    price = "" if spec.price == "none" else spec.price or price
    if year is not None and price != "real":
        raise StudyError(
            f"'{spec.name}' has a base year and is {price or 'no money'}",
            where=where,
            mend='say price = "real", or take the base year away',
        )
    if year is not None and not spec.expression and base_year not in (None, year):
        raise StudyError(
            f"'{spec.name}' is declared at prices of {year} and made of prices of {base_year}",
            where=where,
            mend=f'correct the year, or move it: derive = "deflate" with by = "rebase", was = {base_year}, base = {year}',
        )
    return price, (year or base_year) if price == "real" else None


def price_basis(study: Study, panel: Panel) -> tuple[Check, ...]:
    """Models with nominal money: a failure without effects of time, a remark where a level is in it in spite of them.

    With effects of time a common deflator drops out of logarithms, not of levels.
    """
    found = []
    for model in study.models:
        formula = parse_formula(model.formula)
        nominal = [n for n in formula.names if n in {v.name for v in panel.variables} and _nominal(panel, n)]
        if not nominal:
            continue
        by_time = any(panel.time in e.factors for e in formula.absorb)
        by_time = by_time or any(s.levels_of == panel.time for s in formula.slopes)
        levels = [n for n in nominal if not panel.variable(n).measure.startswith(("ln(", "log1p("))]
        if not by_time:
            found.append(_finding(model.id, nominal, "fails"))
        elif levels:
            found.append(_finding(model.id, levels, "says"))
    return tuple(found)


def _nominal(panel: Panel, name: str) -> bool:
    return panel.variable(name).price == "nominal"


def _finding(model: str, names: list[str], verdict: str) -> Check:
    listed, listed_zh = ", ".join(names), "、".join(names)
    fails = verdict == "fails"
    return Check(
        name="price_basis",
        of=model,
        verdict="fails" if fails else "says",
        value=float(len(names)),
        bound=0.0 if fails else None,
        text=Label(
            en=f"Nominal money without effects of time or a deflator: {listed}."
            if fails
            else f"Nominal money in levels; effects of time do not take prices out of levels: {listed}.",
            zh=f"名义金额既未平减也无时间固定效应：{listed_zh}。"
            if fails
            else f"水平形式的名义金额，时间固定效应不能消除价格因素：{listed_zh}。",
        ),
        rows=tuple({"variable": n, "price": "nominal"} for n in names),
    )
