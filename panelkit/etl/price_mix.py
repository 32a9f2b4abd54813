"""Nominal and real money, or real money of years that are not known, put together: refused, or said; the basis itself is in prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from panelkit.core.check import Check
from panelkit.core.evaluation import shown
from panelkit.core.expression import Binary, walk
from panelkit.core.label import Label
from panelkit.core.registry import DERIVATIONS
from panelkit.core.study import Study, VariablePlan
from panelkit.core.variable import Price
from panelkit.etl.needs import direct_inputs, tree_of
from panelkit.etl.prices import SUMS, base_year_of, is_log_product, is_log_ratio, price_of_expression, price_of_series

if TYPE_CHECKING:
    from panelkit.etl.assemble import Assembled


def price_mix(study: Study, assembled: Assembled) -> Check:
    """What is allowed and to be known: nominal over real money, nominal and real components of one index, real money of undeclared years.

    A variable that says its own `price` has answered for itself.
    """
    prices, bases, measures = _known(study, assembled)
    rows = []
    for plan in study.variables.values():
        if plan.spec.price is None:
            found = (
                _of_expression(plan, prices, bases, measures)
                if plan.spec.expression
                else _of_inputs(plan, prices, bases)
            )
            rows += [{"variable": plan.name, **row} for row in found]
    return Check(
        name="price_mix",
        of="panel",
        verdict="says" if rows else "holds",
        value=float(len(rows)),
        bound=None,
        text=Label(
            en="; ".join(_said(r, "en") for r in rows) + "."
            if rows
            else "No variable sets nominal against real money, or real money of unknown years against others.",
            zh="；".join(_said(r, "zh") for r in rows) + "。"
            if rows
            else "没有变量混用名义与实际金额，也没有混用基期不明的实际金额。",
        ),
        rows=tuple(rows),
    )


def _known(study: Study, assembled: Assembled) -> tuple[dict[str, Price], dict[str, int], dict[str, str]]:
    """Basis, base year and measure of every series and variable."""
    seen = assembled.observations.drop_duplicates("series").set_index("series")["measure"]
    prices: dict[str, Price] = {}
    bases: dict[str, int] = {}
    measures = {str(n): str(m) for n, m in seen.items()}
    for source in study.sources.values():
        for alias in source.series:
            name = f"{source.id}.{alias}"
            prices[name] = price_of_series(source, alias, measures.get(name, ""))
            if alias in source.base_years:
                bases[name] = source.base_years[alias]
    for variable in assembled.panel.variables:
        prices[variable.name], measures[variable.name] = variable.price, variable.measure
        if variable.base_year is not None:
            bases[variable.name] = variable.base_year
    return prices, bases, measures


def _of_expression(
    plan: VariablePlan, prices: Mapping[str, Price], bases: Mapping[str, int], measures: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    price = partial(price_of_expression, prices=prices, measures=measures)
    for part in walk(tree_of(plan)):
        if not isinstance(part, Binary):
            continue
        left, right = price(part.left), price(part.right)
        if {left, right} == {"nominal", "real"} and (
            part.operator in ("*", "/") or is_log_ratio(part) or is_log_product(part)
        ):
            yield {"what": "ratio" if part.operator in ("/", "-") else "product", "of": shown(part)}
        if left == right == "real" and part.operator in (*SUMS, "/"):
            years = [base_year_of(side, prices, bases, measures) for side in (part.left, part.right)]
            if (years[0] is None) != (years[1] is None):
                yield {"what": "base_year", "of": shown(part), "base_year": years[0] or years[1]}


def _of_inputs(plan: VariablePlan, prices: Mapping[str, Price], bases: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    if plan.spec.derive and DERIVATIONS[plan.spec.derive].sets_prices:
        return
    names = direct_inputs(plan)
    nominal, real = ([n for n in names if prices.get(n) == basis] for basis in ("nominal", "real"))
    if nominal and real:
        yield {
            "what": "index",
            "of": ", ".join((*nominal, *real)),
            "nominal": ", ".join(nominal),
            "real": ", ".join(real),
        }
    is_index = bool(plan.spec.derive) and DERIVATIONS[plan.spec.derive].is_index
    known = [bases[n] for n in real if n in bases]
    if known and len(known) < len(real) and not is_index:
        yield {"what": "base_year", "of": ", ".join(real), "base_year": known[0]}


_TEXTS = {
    "ratio": (
        '{variable} sets nominal against real money ({of}): a price index, or a slip; say price = "none" where it is meant',
        "{variable}以名义金额对实际金额（{of}）：若非有意构造价格指数，应先统一口径",
    ),
    "product": ("{variable} multiplies nominal by real money ({of})", "{variable}把名义金额与实际金额相乘（{of}）"),
    "index": (
        "{variable} weighs nominal ({nominal}) and real money ({real}) together: prices raise the first alone",
        "{variable}把名义指标（{nominal}）与实际指标（{real}）合成：价格上涨只会推高前者",
    ),
    "base_year": (
        "{variable} sets real money at prices of {base_year} against real money of a year that is not declared ({of})",
        "{variable}把{base_year}年价的实际金额与未声明基期的实际金额放在一起（{of}）",
    ),
}


def _said(row: Mapping[str, Any], language: str) -> str:
    return _TEXTS[str(row["what"])][language == "zh"].format(**row)
