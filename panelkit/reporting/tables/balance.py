"""The balance table: variables by group, their differences in standard deviations, and p by unit means where groups are fixed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from panelkit.core.counted import counted
from panelkit.core.errors import ReportError
from panelkit.core.exhibit import Cell, Column, Row, Table, TableSpec
from panelkit.core.label import Label, Language
from panelkit.core.nearest import known_or_nearest
from panelkit.core.panel import Panel
from panelkit.core.registry import TABLES, TableKind
from panelkit.core.results import Results
from panelkit.core.spec import spec
from panelkit.reporting.labels import key_label, level_text
from panelkit.reporting.numbers import shown
from panelkit.reporting.tables._common import finished, language_of, number, numeric, panel_of, row_digits, sample_note
from panelkit.reporting.words import word

if TYPE_CHECKING:
    import pandas as pd

MOST = 6
_PAIR = (
    ("difference", "group_difference"),
    ("normalised_difference", "normalised_difference"),
    ("difference_p", "difference_p"),
)


@spec
class BalanceTable(TableSpec):
    """A balance table.

    group : a category, or a number that is cut: `cut` None takes each of its values, else up to `cut` and above it; `missing`
    names the rows where it is missing as a group of their own (never treated), else they are left out and counted.
    groups : headings of the groups in their order. years : the first and last year that count, such as those before treatment.
    variables : by default every numeric variable that a model uses. sample : a model's id, for its rows alone.
    """

    kind: Literal["balance"] = "balance"
    group: str
    cut: float | None = None
    missing: Label = Label()
    groups: tuple[Label, ...] = ()
    years: tuple[int, int] | None = None
    variables: tuple[str, ...] = ()
    sample: str = ""
    digits: int = 3


def build(table: BalanceTable, results: Results) -> Table:
    """The table: mean and standard deviation of each group; with two groups also their difference.

    Raises
    ------
    ReportError
        An unknown group or variable, fewer than two groups or more than six, headings that do not fit.
    """
    language = language_of(table, results)
    panel = panel_of(table, table.sample, results)
    whose = table.sample or "panel"
    if table.group not in results.panel.names:
        what = f"there is no variable '{table.group}'"
        mend = known_or_nearest(table.group, results.panel.names)
        raise ReportError(what, where=f"tables.{table.id}.group", mend=mend)
    if table.years:
        years = panel.column(panel.time)
        panel = panel.keep((years >= table.years[0]) & (years <= table.years[1]), why="")
    names = tuple(n for n in numeric(table, table.variables, results) if n != table.group)
    frame = panel.frame
    member, codes = _members(table, frame)
    labels = _labels(table, codes, panel, language)
    pair = len(codes) == 2
    rows: list[Row] = []
    tested = False
    for name in names:
        means, beneath = [], []
        held = [frame.loc[member == code, name].dropna() for code in codes]
        known = [(float(v.mean()) if len(v) else math.nan, float(v.std())) for v in held]
        digits = row_digits((f for pair_of in known for f in pair_of), table.digits)
        for code, (mean, sd) in zip(codes, known, strict=True):
            key = f"{name}@{grouping(table)}={code}"
            means.append(number(mean, (whose, key, "mean"), digits))
            beneath.append(number(sd, (whose, key, "sd"), digits, around="()"))
        if pair:
            found = difference(frame, member, (name, panel.unit), (codes[0], codes[1]))
            tested = tested or not math.isnan(found["difference_p"])
            at = f"{name}@{grouping(table)}"
            means.append(number(found["difference"], (whose, at, "difference"), digits))
            means.append(number(found["normalised_difference"], (whose, at, "normalised_difference"), table.digits))
            means.append(number(found["difference_p"], (whose, at, "difference_p"), table.digits, kind="p"))
            beneath += [Cell(raw=None, shown="")] * 3
        rows.append(Row(kind="term", label=key_label(name, panel, language), cells=tuple(means)))
        rows.append(Row(kind="bracket", label="", cells=tuple(beneath)))
    rows += _counts(table, frame, member, (codes, whose, pair), (panel, language))
    heads = [Column(id=f"g{i}", heading=(label,)) for i, label in enumerate(labels)]
    heads += [Column(id=n, heading=(word(w, language),)) for n, w in _PAIR if pair]
    left = int((member == "").sum())
    notes = [word("balance", language) + (word("balance_pair", language) if pair else "")]
    notes += [word("balance_tested", language) if tested else word("balance_untested", language)] if pair else []
    notes += [word("left_ungrouped", language, rows=shown(left, kind="count"))] if left else []
    return finished(table, results, heads, rows, [*notes, sample_note(panel, language)])


def grouping(table: BalanceTable) -> str:
    """The group with what else its numbers rest on, so that a key stands for one number in every table of a study."""
    more = [f"{table.years[0]}-{table.years[1]}"] if table.years else []
    more += [f"<={table.cut:g}"] if table.cut is not None else []
    return f"{table.group}[{';'.join(more)}]" if more else table.group


def _members(table: BalanceTable, frame: pd.DataFrame) -> tuple[pd.Series, list[str]]:
    """The group of each row as text ("" for none), and the groups in their order."""
    column = frame[table.group]
    if table.cut is not None:
        member = column.map(lambda v: "" if v != v else (f"<={table.cut:g}" if v <= table.cut else f">{table.cut:g}"))
        order = [f"<={table.cut:g}", f">{table.cut:g}"]
    else:
        member = column.map(lambda v: "" if v is None or v != v else (f"{v:g}" if isinstance(v, float) else str(v)))
        order = [f"{v:g}" if isinstance(v, float) else str(v) for v in sorted(column.dropna().unique())]
    if table.missing != Label():
        member = member.where(member != "", "missing")
        order.append("missing")
    there = [g for g in order if (member == g).any()]
    if not 2 <= len(there) <= MOST:
        what = f"'{table.group}' makes {counted(len(there), 'groups')}"
        raise ReportError(
            what, where=f"tables.{table.id}.group", mend=f"two to {MOST} can stand here: give `cut`, or another group"
        )
    return member, there


def _labels(table: BalanceTable, codes: list[str], panel: Panel, language: Language) -> list[str]:
    if table.groups:
        if len(table.groups) != len(codes):
            what = f"{counted(len(table.groups), 'headings')} for {counted(len(codes), 'groups')}"
            raise ReportError(what, where=f"tables.{table.id}.groups", mend=f"the groups are {', '.join(codes)}")
        return [g.to(language) for g in table.groups]
    name = key_label(table.group, panel, language)
    return [
        table.missing.to(language) if c == "missing" else f"{name} {level_text(c)}" if c[0] in "<>" else f"{name} = {c}"
        for c in codes
    ]


def _counts(
    table: BalanceTable,
    frame: pd.DataFrame,
    member: pd.Series,
    of: tuple[list[str], str, bool],
    at: tuple[Panel, Language],
) -> list[Row]:
    (codes, whose, pair), (panel, language) = of, at
    blank = (Cell(raw=None, shown=""),) * (3 if pair else 0)
    made = []
    for field, label in (
        ("rows", word("rows", language)),
        ("units", word("units", language, of=key_label(panel.unit, panel, language))),
    ):
        cells = []
        for code in codes:
            here = frame.loc[member == code, panel.unit]
            count = len(here) if field == "rows" else int(here.nunique())
            cells.append(number(count, (whose, f"{grouping(table)}={code}", f"group_{field}"), kind="count"))
        made.append(Row(kind="stat", label=label, cells=(*cells, *blank), rule_above=field == "rows"))
    return made


def difference(frame: pd.DataFrame, member: pd.Series, of: tuple[str, str], codes: tuple[str, str]) -> dict[str, float]:
    """Second group minus first: difference, the same over the root mean variance (Imbens and Rubin 2015), and p.

    p is Welch's over the means of the units, NaN where a unit changes its group: rows of one unit are not independent draws.
    """
    from scipy import special

    name, unit = of
    rows = frame[[unit, name]].assign(group=member.to_numpy()).dropna()
    one, two = (rows.loc[rows["group"] == c, name] for c in codes)
    gap = float(two.mean() - one.mean()) if len(one) and len(two) else math.nan
    scale = math.sqrt((float(one.var()) + float(two.var())) / 2) if len(one) > 1 and len(two) > 1 else math.nan
    found = {
        "difference": gap,
        "normalised_difference": gap / scale if scale > 0 else math.nan,
        "difference_p": math.nan,
    }
    pairs = rows[rows["group"].isin(codes)]
    if pairs.groupby(unit)["group"].nunique().max() != 1:
        return found
    means = pairs.groupby([unit, "group"], sort=True)[name].mean().reset_index()
    a, b = (means.loc[means["group"] == c, name].to_numpy() for c in codes)
    if min(len(a), len(b)) < 2:
        return found
    parts = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    if sum(parts) > 0:
        df = sum(parts) ** 2 / (parts[0] ** 2 / (len(a) - 1) + parts[1] ** 2 / (len(b) - 1))
        t = (b.mean() - a.mean()) / math.sqrt(sum(parts))
        found["difference_p"] = float(2 * special.stdtr(df, -abs(t)))
    return found


TABLES.register(
    TableKind(name="balance", spec=BalanceTable, summary="variables by group, with normalised differences", build=build)
)
