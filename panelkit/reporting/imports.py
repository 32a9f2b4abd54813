"""Results of pyfixest, linearmodels and statsmodels as a table, for users who have scripts of their own; read by their attributes alone.

None of the three is imported. Effects come from the model's own formula or settings, each named by itself, so that blanks in a formula
hide none; the kinds of R-squared are told apart and never share a row; a number that a package does not give stays blank.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from panelkit.core.errors import Fault, ReportError
from panelkit.core.exhibit import Cell, Column, Row, Table
from panelkit.core.label import Language
from panelkit.reporting.numbers import is_number, shown, stars
from panelkit.reporting.words import all_columns, joined, word

_BLANK = Cell(raw=None, shown="")
_CONSTANT = ("(constant)", "Intercept", "const", "_cons")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What is taken from a result: coefficients as (estimate, se, statistic, p, low, high), effects absorbed, statistics by kind."""

    outcome: str
    terms: dict[str, tuple[float, float, float, float, float, float]]
    absorb: tuple[str, ...]
    rows: int
    statistics: dict[str, float] = field(default_factory=dict)
    covariance: str = ""


def table(
    models: Sequence[Any],
    *,
    id: str = "table",
    title: str = "",
    labels: Mapping[str, str] | None = None,
    headings: Sequence[str] = (),
    brackets: Literal["se", "t", "p", "ci"] = "se",
    levels: tuple[float, ...] = (0.10, 0.05, 0.01),
    digits: int = 3,
    keep: Iterable[str] = (),
    extra: Mapping[str, Sequence[str]] | None = None,
    notes: Iterable[str] = (),
    language: Language = "en",
) -> Table:
    """A regression table of results of pyfixest, linearmodels or statsmodels, one column each; `render_table` writes it.

    labels : name of a variable or effect -> what is printed. keep : terms to show. extra : rows of words, one for each column.

    Raises
    ------
    ReportError
        A result of another kind, a row that does not fit, a kept term that no model has, a number typed by hand.
    """
    read = [imported(m) for m in models]
    said = labels or {}
    faults = _faults(read, headings, tuple(keep), extra or {})
    if faults:
        raise ReportError(faults=faults)
    names = dict.fromkeys(n for r in read for n in r.terms)
    order = [n for n in names if n not in _CONSTANT] + [n for n in names if n in _CONSTANT]
    rows: list[Row] = []
    for name in order:
        if not keep or name in set(keep):
            rows += _term(name, read, (brackets, digits, levels), _label(name, said, language))
    effects = dict.fromkeys(a for r in read for a in r.absorb)
    for i, effect in enumerate(effects):
        has = ["yes" if effect in r.absorb else "no" for r in read]
        cells = tuple(
            Cell(raw=h, shown=word(h, language), key=(f"m{j + 1}", "", f"absorb.{effect}")) for j, h in enumerate(has)
        )
        label = word("effect", language, of=" × ".join(_label(e, said, language) for e in effect.split("^")))
        rows.append(Row(kind="text", label=label, cells=cells, rule_above=i == 0))
    rows += _statistics(read, digits, language)
    for label, texts in (extra or {}).items():
        rows.append(Row(kind="text", label=label, cells=tuple(Cell(raw=t, shown=t) for t in texts)))
    columns = tuple(
        Column(
            id=f"c{j}", heading=(f"({j + 1})", _label(r.outcome, said, language), *([headings[j]] if headings else []))
        )
        for j, r in enumerate(read)
    )
    written = (*_notes(read, brackets, levels, language), *notes)
    return Table(
        id=id,
        title=title,
        columns=columns,
        rows=tuple(rows),
        notes=written,
        stub=word("variable", language),
        language=language,
    )


def imported(model: Any) -> Read:
    """A result as read by its attributes.

    Raises
    ------
    ReportError
        Where it is of none of the three packages.
    """
    if hasattr(model, "_fml") or hasattr(model, "_coefnames"):
        return _pyfixest(model)
    if hasattr(model, "std_errors") and hasattr(model, "tstats"):
        return _linearmodels(model)
    if hasattr(model, "bse") and hasattr(model, "params"):
        return _statsmodels(model)
    what = f"a {type(model).__name__} is no result of pyfixest, linearmodels or statsmodels"
    raise ReportError(what, mend="give fitted results")


def effects_of(formula: str) -> tuple[str, ...]:
    """The effects behind the first bar of a formula, whatever its blanks; interactions by '^'.

    >>> effects_of("y ~ x | province + year"), effects_of("y~x|a+b^c"), effects_of("y ~ 1 | a | x ~ z"), effects_of("y ~ 1 | x ~ z")
    (('province', 'year'), ('a', 'b^c'), ('a',), ())
    """
    parts = formula.split("|")[1:]
    if not parts or "~" in parts[0]:
        return ()
    named = ("^".join(p.strip() for p in e.split("^")) for e in parts[0].split("+"))
    return tuple(dict.fromkeys(e for e in named if e and e != "0"))


def _pyfixest(model: Any) -> Read:
    tidy = model.tidy()
    low, high = (next(c for c in tidy.columns if str(c).startswith(p)) for p in ("2.5", "97.5"))
    terms = {
        str(name): tuple(float(row[c]) for c in ("Estimate", "Std. Error", "t value", "Pr(>|t|)", low, high))
        for name, row in tidy.iterrows()
    }
    formula = str(getattr(model, "_fml", "") or "")
    effects = effects_of(formula) or effects_of("y ~ x | " + str(getattr(model, "_fixef", "") or "0"))
    found = {"r2_within": getattr(model, "_r2_within", None), "r2": getattr(model, "_r2", None)}
    if not effects:
        found.pop("r2_within")
    kind, by = (
        str(getattr(model, "_vcov_type_detail", "") or getattr(model, "_vcov_type", "")),
        getattr(model, "_clustervar", None),
    )
    clusters = " + ".join(map(str, by)) if isinstance(by, list | tuple) else str(by or "")
    return _read(str(model._depvar), terms, effects, int(model._N), found, f"{kind} ({clusters})" if clusters else kind)


def _linearmodels(model: Any) -> Read:
    bounds = model.conf_int()
    terms = {
        str(n): tuple(
            float(v) for v in (model.params[n], model.std_errors[n], model.tstats[n], model.pvalues[n], *bounds.loc[n])
        )
        for n in model.params.index
    }
    inner = getattr(model, "model", None)
    effects: list[str] = []
    index = [str(n) for n in getattr(getattr(getattr(inner, "dependent", None), "index", None), "names", ()) or ()]
    for flag, place in (("entity_effects", 0), ("time_effects", 1)):
        if getattr(inner, flag, False):
            effects.append(index[place] if len(index) > place and index[place] != "None" else flag.split("_")[0])
    found: dict[str, Any] = {}
    if effects:
        # after the effects are taken out; its own 'within' is another statistic and is left alone
        found["r2_within"] = getattr(model, "rsquared", None)
        found["r2"] = getattr(model, "rsquared_inclusive", None)
    else:
        found["r2"] = getattr(model, "rsquared", None)
    outcome = str(model.summary.tables[0].data[0][1]).strip() if hasattr(model, "summary") else ""
    depvar = getattr(getattr(inner, "dependent", None), "vars", None) or getattr(
        getattr(inner, "dependent", None), "cols", None
    )
    kind = str(getattr(model, "_cov_type", "") or getattr(model, "cov_type", ""))
    return _read(str(depvar[0]) if depvar else outcome, terms, tuple(effects), int(model.nobs), found, kind)


def _statsmodels(model: Any) -> Read:
    names = (
        [str(n) for n in getattr(model.params, "index", None) or model.model.exog_names]
        if not hasattr(model.params, "index")
        else list(map(str, model.params.index))
    )
    bounds = model.conf_int()
    rows = bounds.to_numpy() if hasattr(bounds, "to_numpy") else bounds
    columns = [list(map(float, v)) for v in (model.params, model.bse, model.tvalues, model.pvalues)]
    terms = {n: (*(c[i] for c in columns), float(rows[i][0]), float(rows[i][1])) for i, n in enumerate(names)}
    found = {"r2": getattr(model, "rsquared", None), "r2_adjusted": getattr(model, "rsquared_adj", None)}
    return _read(str(model.model.endog_names), terms, (), int(model.nobs), found, str(getattr(model, "cov_type", "")))


def _read(
    outcome: str,
    terms: Mapping[str, Sequence[float]],
    absorb: tuple[str, ...],
    rows: int,
    found: Mapping[str, Any],
    covariance: str,
) -> Read:
    known = {k: float(v) for k, v in found.items() if isinstance(v, int | float) and not math.isnan(v)}
    six = {n: (v[0], v[1], v[2], v[3], v[4], v[5]) for n, v in terms.items()}
    return Read(outcome=outcome, terms=six, absorb=absorb, rows=rows, statistics=known, covariance=covariance)


def _faults(
    read: list[Read], headings: Sequence[str], keep: tuple[str, ...], extra: Mapping[str, Sequence[str]]
) -> list[Fault]:
    names = {n for r in read for n in r.terms}
    faults = [
        Fault(where="keep", what=f"no model has the term '{k}'", mend=f"terms are {', '.join(sorted(names))}")
        for k in keep
        if k not in names
    ]
    if not read:
        faults.append(Fault(where="models", what="there are no models", mend="give one at least"))
    if headings and len(headings) != len(read):
        faults.append(
            Fault(where="headings", what=f"{len(headings)} headings for {len(read)} models", mend="give one for each")
        )
    for label, texts in extra.items():
        if len(texts) != len(read):
            faults.append(
                Fault(
                    where="extra",
                    what=f"'{label}' has {len(texts)} values for {len(read)} models",
                    mend="give one for each",
                )
            )
        faults += [
            Fault(where="extra", what=f"'{label}' holds the number {t}, which comes from no model", mend="write words")
            for t in texts
            if is_number(t)
        ]
    return faults


def _label(name: str, labels: Mapping[str, str], language: Language) -> str:
    if name in labels:
        return labels[name]
    if name in _CONSTANT:
        return word("constant", language)
    if ":" in name:
        return " × ".join(_label(part, labels, language) for part in name.split(":"))
    bare = re.fullmatch(r"C\((\w+)\)(.*)", name)
    if bare:
        return labels.get(bare[1], bare[1]) + bare[2]
    return (
        word(name, language)
        if name in ("province", "city", "county", "firm", "industry", "region", "country", "year", "quarter", "month")
        else name
    )


def _term(name: str, read: list[Read], how: tuple[str, int, tuple[float, ...]], label: str) -> list[Row]:
    brackets, digits, levels = how
    above, beneath = [], []
    place = {"se": 1, "t": 2, "p": 3}
    for j, result in enumerate(read):
        known = result.terms.get(name)
        if known is None:
            above.append(_BLANK)
            beneath.append(_BLANK)
            continue
        model = f"m{j + 1}"
        above.append(
            Cell(
                raw=known[0],
                shown=shown(known[0], digits, missing="–"),
                mark=stars(known[3], levels),
                key=(model, name, "estimate"),
            )
        )
        if brackets == "ci":
            text = f"[{shown(known[4], digits, missing='–')}, {shown(known[5], digits, missing='–')}]"
            beneath.append(Cell(raw=f"{known[4]!r}, {known[5]!r}", shown=text, key=(model, name, "interval")))
        else:
            value = known[place[brackets]]
            text = shown(value, digits, kind="p" if brackets == "p" else "number", missing="–")
            key = (model, name, {"se": "se", "t": "statistic", "p": "p"}[brackets])
            beneath.append(Cell(raw=value, shown=f"({text})", key=key))
    return [Row(kind="term", label=label, cells=tuple(above)), Row(kind="bracket", label="", cells=tuple(beneath))]


def _statistics(read: list[Read], digits: int, language: Language) -> list[Row]:
    counts = tuple(
        Cell(raw=r.rows, shown=shown(r.rows, kind="count"), key=(f"m{j + 1}", "", "rows")) for j, r in enumerate(read)
    )
    rows = [Row(kind="stat", label=word("rows", language), cells=counts, rule_above=True)]
    for kind in ("r2_within", "r2", "r2_adjusted"):
        cells = []
        for j, result in enumerate(read):
            # within where effects are absorbed, else overall: unlike kinds never share a row
            wanted = "r2_within" if "r2_within" in result.statistics else "r2"
            value = result.statistics.get(kind) if kind in (wanted, "r2_adjusted") else None
            cells.append(
                _BLANK if value is None else Cell(raw=value, shown=shown(value, digits), key=(f"m{j + 1}", "", kind))
            )
        if any(c.key for c in cells):
            rows.append(Row(kind="stat", label=word(kind, language), cells=tuple(cells)))
    return rows


def _notes(read: list[Read], brackets: str, levels: tuple[float, ...], language: Language) -> tuple[str, ...]:
    """Brackets, each column's covariance in its package's own words, and stars."""
    groups: dict[str, list[int]] = {}
    for j, result in enumerate(read, start=1):
        groups.setdefault(result.covariance or "–", []).append(j)
    each = [
        word("several", language, columns=all_columns(columns, language), text=kind) for kind, columns in groups.items()
    ]
    first = word(f"in_{brackets}", language, what=joined(each, language))
    text = word("notes", language) + first
    if levels:
        widest = tuple(sorted(set(levels), reverse=True))
        marks = joined(("*" * n for n in range(len(widest), 0, -1)), language, "comma")
        shares = joined((f"{100 * level:g}%" for level in reversed(widest)), language, "comma")
        text += (" " if language == "en" else "") + word("stars", language, stars=marks, levels=shares)
    return (text,)
