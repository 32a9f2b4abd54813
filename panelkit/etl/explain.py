"""A variable in words and as a formula, before or after a panel is there; nothing is computed anew, the codebook is in codebook."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from panelkit.core.expression import Binary, Call, Name, Node, Number, Text, Unary
from panelkit.core.key import level_of
from panelkit.core.label import Language
from panelkit.core.panel import Panel
from panelkit.core.registry import DERIVATIONS
from panelkit.core.study import FillRule, Study, VariablePlan
from panelkit.etl.needs import direct_inputs, series_behind, tree_of

if TYPE_CHECKING:
    import pandas as pd

_MOVED = {
    "lag": r"{x}_{{i,t-{k}}}",
    "lead": r"{x}_{{i,t+{k}}}",
    "diff": r"\Delta_{{{k}}} {x}",
}
_WORDS: dict[str, tuple[str, str]] = {
    "series": ("as published, series {name}", "直接取自序列{name}"),
    "expression": ("computed from other columns", "由其他列计算"),
    "formula": ("formula", "公式"),
    "where": ("where", "其中"),
    "inputs": ("made of", "输入"),
    "rests_on": ("rests on", "原始序列"),
    "made": ("as made", "构造结果"),
    "method": ("method", "方法"),
    "options": ("options", "选项"),
    "transform": ("then", "再取"),
    "measure": ("unit of measure", "计量单位"),
    "price": ("prices", "价格口径"),
    "fill": ("gaps filled by", "缺失填补方法"),
    "filled": ("filled cells", "填补单元格"),
    "missing": ("missing cells", "缺失单元格"),
    "of": ("of", "/"),
    "source": ("source", "来源"),
}


def _say(key: str, language: Language, **slots: Any) -> str:
    return _WORDS[key][language == "zh"].format(**slots)


def latex_of(node: Node) -> str:
    r"""An expression as LaTeX; names stand upright, with their unit and year as subscripts.

    >>> from panelkit.core.expression import parse_expression
    >>> latex_of(parse_expression("ln(a.b) / lag(x, 2)"))
    '\\frac{\\ln\\left(\\mathrm{a.b}_{it}\\right)}{\\mathrm{x}_{i,t-2}}'
    """
    match node:
        case Number():
            return f"{node.value:g}"
        case Text():
            return rf"\text{{{_plain(node.value)}}}"
        case Name():
            return rf"{_name(node.name)}_{{it}}"
        case Unary():
            return f"-{latex_of(node.operand)}" if node.operator == "-" else rf"\lnot {latex_of(node.operand)}"
        case Call():
            return _call(node)
    left, right = latex_of(node.left), latex_of(node.right)
    match node.operator:
        case "/":
            return rf"\frac{{{left}}}{{{right}}}"
        case "*":
            return rf"{_bracketed(node.left, left)} \cdot {_bracketed(node.right, right)}"
        case "^":
            return rf"{{{_bracketed(node.left, left)}}}^{{{right}}}"
        case "-":
            return f"{left} - {_bracketed(node.right, right)}"
    signs = {"==": "=", "!=": r"\ne", "<=": r"\le", ">=": r"\ge", "and": r"\land", "or": r"\lor"}
    return f"{left} {signs.get(node.operator, node.operator)} {right}"


def _plain(text: str) -> str:
    return text.replace("_", r"\_").replace("%", r"\%").replace("&", r"\&")


def _name(text: str) -> str:
    return rf"\mathrm{{{_plain(text)}}}"


def _bracketed(node: Node, text: str) -> str:
    return rf"\left({text}\right)" if isinstance(node, Binary) and node.operator in ("+", "-") else text


def _call(node: Call) -> str:
    inner = [latex_of(a) for a in node.arguments]
    if node.function in _MOVED:
        steps = inner[1] if len(inner) > 1 else "1"
        first = node.arguments[0]
        if node.function == "diff" or not isinstance(first, Name):
            body = rf"\left({inner[0]}\right)" if not isinstance(first, Name) else inner[0]
        else:
            body = _name(first.name)
        return _MOVED[node.function].format(x=body, k=steps)
    names = {"ln": r"\ln", "log": r"\ln", "exp": r"\exp", "min": r"\min", "max": r"\max"}
    if node.function == "sqrt":
        return rf"\sqrt{{{inner[0]}}}"
    if node.function == "abs":
        return rf"\left|{inner[0]}\right|"
    if node.function == "log1p":
        return rf"\ln\left(1 + {inner[0]}\right)"
    upright = rf"\operatorname{{{_plain(node.function)}}}"
    return rf"{names.get(node.function, upright)}\left({', '.join(inner)}\right)"


def formula_of(plan: VariablePlan, code_lists: Mapping[str, str] | None = None) -> str:
    """The formula of a variable as LaTeX, its transform around it.

    code_lists : keys of the panel, where a formula differs between units of one key and of several.
    """
    spec = plan.spec
    if spec.derive:
        body = DERIVATIONS[spec.derive].formula_of(plan.options, code_lists)
    elif spec.expression:
        body = latex_of(tree_of(plan))
    else:
        body = rf"{_name(spec.series)}_{{it}}"
    if not spec.transform or (
        spec.derive and getattr(plan.options, "form", "") == "ln" and spec.transform in ("ln", "log")
    ):
        return body
    return _call(Call(spec.transform, (Name(spec.name),))) + (
        rf", \quad {_name(spec.name)}_{{it}}: {body}" if body else ""
    )


def explain_variable(
    plan: VariablePlan,
    language: Language = "en",
    panel: Panel | None = None,
    study: Study | None = None,
    observations: pd.DataFrame | None = None,
    say: Callable[[str], str] = str,
) -> str:
    """What a variable is: its formula and what its symbols stand for, its inputs, and, with a panel, how many cells are filled.

    Parameters
    ----------
    panel : the panel that holds it, for its unit of measure and the counts of cells.
    study : for the files behind it, and the keys of its units. observations : raw cells, to tell which keys its inputs differ by.
    say : how a variable was made, in the language.
    """
    spec = plan.spec
    colon = "：" if language == "zh" else ": "
    label = spec.label.to(language)
    lines = [f"{spec.name}{colon}{label}" if label else spec.name, f"  {_summary(plan, language)}"]
    lists = keys_of(plan, study, panel, observations) if study is not None else None
    entries = [("formula", formula_of(plan, lists)), *(("where", text) for text in _symbols(plan, language, lists))]
    entries += [("inputs", ", ".join(direct_inputs(plan))), ("options", _options(plan))]
    entries += [("transform", spec.transform), ("fill", _fill(plan)), ("source", _paths(plan, study))]
    entries += [("method", _method(plan)) if language == "en" else ("method", "")]
    if panel is not None and spec.name in panel.names:
        entries += _on_panel(spec.name, panel, language, say)
    lines += [f"  {_say(key, language)}{colon}{text}" for key, text in entries if text]
    return "\n".join(lines)


def keys_of(
    plan: VariablePlan, study: Study, panel: Panel | None = None, observations: pd.DataFrame | None = None
) -> dict[str, str]:
    """Keys of the units that a variable was made on, with their lists: those that any of its inputs differs by; all where not known."""
    lists = study.panel.code_lists
    if len(lists) < 2 or panel is None or observations is None:
        return lists
    found: set[str] = set()
    for name in direct_inputs(plan):
        found |= _differs_by(name, panel, observations)
    return {k: v for k, v in lists.items() if k in found} or lists


def _differs_by(name: str, panel: Panel, observations: pd.DataFrame) -> set[str]:
    if name in panel.names:
        others = {p: [q for q in (*panel.parts, panel.time) if q != p] for p in panel.parts}
        return {p for p, rest in others.items() if (panel.frame.groupby(rest)[name].nunique() > 1).any()}
    units = observations.loc[observations["series"] == name, "unit"]
    level = level_of(str(units.iloc[0])) if len(units) else ()
    return {p for p, varies in zip(panel.parts, level, strict=False) if varies}


def _summary(plan: VariablePlan, language: Language) -> str:
    spec, colon = plan.spec, "：" if language == "zh" else ": "
    if spec.derive:
        kind = DERIVATIONS[spec.derive]
        return f"{spec.derive}{colon}{(kind.summary_zh or kind.summary) if language == 'zh' else kind.summary}"
    if spec.expression:
        return f"{_say('expression', language)}{colon}{spec.expression}"
    return _say("series", language, name=spec.series)


def _symbols(plan: VariablePlan, language: Language, code_lists: Mapping[str, str] | None) -> list[str]:
    """What each symbol of the formula stands for."""
    if not plan.spec.derive:
        return []
    found = DERIVATIONS[plan.spec.derive].symbols_of(plan.options, code_lists)
    return [f"{s} = {v if isinstance(v, str) else v.to(language)}" for s, v in found.items() if v]


def _on_panel(name: str, panel: Panel, language: Language, say: Callable[[str], str]) -> list[tuple[str, str]]:
    """What is known once the panel is there."""
    variable, rows = panel.variable(name), panel.rows
    missing = int(panel.frame[name].isna().sum())

    def share(cells: int) -> str:
        return f"{cells} {_say('of', language)} {rows} ({100 * cells / max(rows, 1):.1f}%)"

    found = [("made", say(variable.origin.how)), ("rests_on", ", ".join(variable.origin.inputs))]
    found += [("measure", variable.measure), ("price", price_in_words(variable.price, language, variable.base_year))]
    return [*found, ("filled", share(variable.filled)), ("missing", share(missing))]


def _method(plan: VariablePlan) -> str:
    """What the docstring of a derivation says under Source: papers, and the common errors that it avoids."""
    if not plan.spec.derive:
        return ""
    text = inspect.getdoc(DERIVATIONS[plan.spec.derive].derive) or ""
    return " ".join(text.partition("Source\n------\n")[2].split())


def price_in_words(price: str, language: Language, base_year: int | None = None) -> str:
    """'nominal' or 'real' in the language, with the year whose prices a real amount is in."""
    if price == "real" and base_year is not None:
        return f"实际({base_year}年价)" if language == "zh" else f"real, prices of {base_year}"
    return {"nominal": "名义", "real": "实际(不变价)"}.get(price, "") if language == "zh" else price


def _options(plan: VariablePlan) -> str:
    if plan.options is None or not dataclasses.is_dataclass(plan.options):
        return ""
    shown = []
    for one in dataclasses.fields(plan.options):
        value = getattr(plan.options, one.name)
        if value not in ("", None, (), {}) and value is not False:
            shown.append(f"{one.name} = {value}")
    return ", ".join(shown)


def _fill(plan: VariablePlan) -> str:
    fill = plan.spec.fill
    if isinstance(fill, FillRule):
        return f"{fill.method} ({', '.join(fill.on)})" if fill.on else fill.method
    return fill or ""


def _paths(plan: VariablePlan, study: Study | None) -> str:
    if study is None:
        return plan.spec.source
    ids = dict.fromkeys(n.split(".")[0] for n in series_behind(plan.name, study.variables))
    return "; ".join(study.sources[i].path for i in ids if i in study.sources) or plan.spec.source
