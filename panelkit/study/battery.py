"""From a declared robustness battery to its specifications, each a model of its own; what they give is judged elsewhere."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from panelkit.core.counted import counted
from panelkit.core.errors import Fault, StudyError
from panelkit.core.estimation import ModelSpec
from panelkit.core.formula import parse_formula
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.registry import ESTIMATORS
from panelkit.core.robustness import DIMENSIONS, RobustnessSpec, Variant
from panelkit.core.study import VariablePlan, VariableSpec
from panelkit.study.typed import typed

MOST = 500  # specifications of one battery; a product grows fast
JOIN = "__"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*")  # no double underscore, which joins names


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a battery is expanded with: the study file's document, its variables, panel keys and models as typed."""

    document: Mapping[str, Any]
    variables: Mapping[str, VariablePlan]
    keys: tuple[str, ...]
    models: tuple[ModelSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """The specifications of a battery, the base first, and the winsorised variables that they need."""

    variants: tuple[Variant, ...] = ()
    variables: tuple[VariablePlan, ...] = ()


def expand(name: str, battery: RobustnessSpec, declared: Declared, faults: list[Fault]) -> Expanded:
    """Every specification of `battery`; what is wrong with it goes to `faults`."""
    where = f"robustness.{name}"
    entries = {m.get("id"): m for m in declared.document.get("models", []) if isinstance(m, dict)}
    found = _faults(name, battery, entries)
    faults += found
    base = next((m for m in declared.models if m.id == battery.base), None)
    if found or base is None:
        return Expanded()
    raw = declared.document["robustness"][name]
    edit = _Edit(raw=raw, treatment=_treatment(base), term=battery.term or _treatment(base))
    made: list[Variant] = []
    for chosen in _combinations(battery):
        try:
            entry, term = edit.apply(dict(entries[battery.base]), chosen)
        except StudyError as error:
            faults += error.faults
            continue
        entry["id"] = JOIN.join((name, *(chosen.values() or ("base",))))
        kind = ESTIMATORS[entry["kind"]] if str(entry.get("kind")) in ESTIMATORS else None
        if kind is None:
            mend = known_or_nearest(str(entry.get("kind")), ESTIMATORS.names())
            at = ".".join((where, *next(iter(chosen.items()), ()), "kind"))
            faults.append(Fault(where=at, what=f"unknown model kind '{entry.get('kind')}'", mend=mend))
            continue
        at = f"{where}.{JOIN.join(chosen.values())}" if chosen else where
        model = typed(kind.spec, entry, at, faults)
        if model is not None:
            label = _label(battery, chosen, raw, declared.variables)
            made.append(Variant(id=model.id, battery=name, chosen=chosen, label=label, model=model, term=term))
    if battery.common_sample:
        made = _on_common_rows(made, declared)
    return Expanded(variants=tuple(made), variables=tuple(edit.winsorised(declared.variables)))


def variant_of_path(variant: Variant) -> str:
    """Where a specification stands in the study file, for messages."""
    chosen = [".".join(pair) for pair in variant.chosen.items()]
    return f"robustness.{variant.battery}" + (f".{' with '.join(chosen)}" if chosen else "")


def _combinations(battery: RobustnessSpec) -> list[dict[str, str]]:
    """The base, then every choice alone or every combination of them, as dimension -> choice."""
    by_dimension = {d: list(getattr(battery, d)) for d in DIMENSIONS if getattr(battery, d)}
    if battery.combine == "product":
        each = [[(d, c) for c in ("", *choices)] for d, choices in by_dimension.items()]
        return [{d: c for d, c in pairs if c} for pairs in itertools.product(*each)]
    return [{}, *({d: c} for d, choices in by_dimension.items() for c in choices)]


def _faults(name: str, battery: RobustnessSpec, entries: Mapping[Any, Any]) -> list[Fault]:
    where, found = f"robustness.{name}", []

    def fault(at: str, what: str, mend: str) -> None:
        found.append(Fault(where=f"{where}.{at}" if at else where, what=what, mend=mend))

    if battery.base not in entries:
        fault("base", f"unknown model '{battery.base}'", known_or_nearest(battery.base, map(str, entries)))
    if not NAME.fullmatch(name):
        found.append(Fault(where=where, what="this name does not fit", mend="letters, digits and single underscores"))
    seen: dict[str, str] = {"base": ""}
    for dimension, choice, value in battery.choices():
        at = f"{dimension}.{choice}"
        if not NAME.fullmatch(choice):
            fault(at, f"the name '{choice}' does not fit", "letters, digits and single underscores")
        if choice in seen:
            fault(at, f"the name '{choice}' stands twice in the battery", "give each choice a name of its own")
        seen[choice] = dimension
        if dimension == "windows" and value[0] > value[1]:
            fault(at, f"{value[0]} is after {value[1]}", "write [first, last]")
        if dimension == "winsor" and not 0 < value < 0.5:
            fault(at, f"{value:g} is no share that can be cut off at both ends", "such as 0.01")
    for choice in battery.labels:
        if choice not in seen:
            fault(f"labels.{choice}", f"no choice is called '{choice}'", known_or_nearest(choice, seen))
    if len(seen) == 1:
        fault("", "it declares no other specification", f"add one of {', '.join(DIMENSIONS)}")
    count = len(_combinations(battery))
    if count > MOST:
        fault(
            "combine",
            f"{counted(count, 'specifications are')} more than {MOST}",
            "cross fewer choices, or one_at_a_time",
        )
    for field in ("level", "agree"):
        if not 0 < getattr(battery, field) <= 1:
            fault(field, "it lies between 0 and 1", "such as 0.05 for level, 1.0 for agree")
    return found


def _treatment(model: ModelSpec) -> str:
    """The name of the model's treatment: declared, else the first slope; "" where cohorts say who is treated."""
    if getattr(model, "cohort", ""):
        return ""
    named = str(getattr(model, "treatment", "") or "")
    slopes = parse_formula(model.formula, where=f"models.{model.id}.formula").slopes
    return named or (slopes[0].name if slopes else "")


@dataclass
class _Edit:
    """Choices put into the entry of a model; remembers which variables it asks to be winsorised."""

    raw: Mapping[str, Any]
    treatment: str
    term: str

    def __post_init__(self) -> None:
        self.cut: dict[str, tuple[str, float]] = {}

    def apply(self, entry: dict[str, Any], chosen: Mapping[str, str]) -> tuple[dict[str, Any], str]:
        """The entry under `chosen`, and the term that is looked at."""
        entry = {k: v for k, v in entry.items() if k not in ("checks", "hypothesis", "label")}
        term = self.term
        for dimension, choice in chosen.items():
            value = self.raw[dimension][choice]
            if dimension == "estimators":
                entry, term = self._estimator(entry, value, term)
            elif dimension == "covariances":
                entry["covariance"] = value
            elif dimension == "samples":
                entry = _sampled(entry, value)
            elif dimension == "windows":
                entry["years"] = value
            elif dimension == "timings":
                entry, term = self._timed(entry, value, term)
            else:
                entry["formula"] = self._formula(str(entry["formula"]), dimension, value)
        return entry, term

    def _estimator(self, entry: dict[str, Any], value: Mapping[str, Any], term: str) -> tuple[dict[str, Any], str]:
        """The base's fields that the other kind knows too, then those that are declared."""
        kind = value.get("kind", entry["kind"])
        if kind not in ESTIMATORS:
            return {**entry, **value}, term
        known = {f.name for f in dataclasses.fields(ESTIMATORS[kind].spec)}
        kept = {k: v for k, v in entry.items() if k in known}
        return {**kept, **{k: v for k, v in value.items() if k != "term"}, "kind": kind}, value.get("term", term)

    def _timed(self, entry: dict[str, Any], value: str, term: str) -> tuple[dict[str, Any], str]:
        fields = {f.name for f in dataclasses.fields(ESTIMATORS[entry["kind"]].spec)}
        if "cohort" in fields:
            return {**entry, "cohort": value}, term
        entry = {**entry, "formula": _renamed(str(entry["formula"]), {self.treatment: value})}
        if entry.get("treatment"):
            entry["treatment"] = value
        return entry, value if term == self.treatment else term

    def _formula(self, formula: str, dimension: str, value: Any) -> str:
        if dimension == "outcomes":
            return f"{value} ~{formula.split('~', 1)[1]}"
        if dimension in ("controls", "policies"):
            return _with_controls(formula, value)
        parsed = parse_formula(formula)
        plain = [s.factors[0] for s in parsed.slopes if len(s.factors) == 1 and s.factors[0] != self.treatment]
        cut = {n: f"{n}_w{round(1000 * value):03d}" for n in (parsed.outcome, *plain)}
        self.cut |= {new: (old, value) for old, new in cut.items()}
        return _renamed(formula, cut)

    def winsorised(self, variables: Mapping[str, VariablePlan]) -> Iterable[VariablePlan]:
        """The variables that were asked for, each from the one it is cut from."""
        for new, (old, share) in self.cut.items():
            if old in variables and new not in variables:
                spec = variables[old].spec
                cut = f"{100 * share:g}%"
                label = Label(
                    en=f"{spec.label.to('en') or old}, winsorised at {cut}",
                    zh=f"{spec.label.to('zh') or old}(缩尾{cut})",
                )
                yield VariablePlan(
                    spec=VariableSpec(
                        name=new, expression=f"winsor({old}, {share:g})", measure=spec.measure, label=label
                    )
                )


def _sampled(entry: dict[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    entry = dict(entry)
    if value.get("where"):
        entry["where"] = _both(str(entry.get("where", "")), value["where"])
    if value.get("exclude"):
        entry["exclude"] = {**entry.get("exclude", {}), **value["exclude"]}
    if value.get("weights"):
        entry["weights"] = value["weights"]
    return entry


def _both(first: str, second: str) -> str:
    return f"({first}) and ({second})" if first and second else first or second


def _with_controls(formula: str, names: Iterable[str]) -> str:
    """The formula with `names` among its regressors, without those that a '-' stands before."""
    left, right = formula.split("~", 1)
    slopes, bar, rest = right.partition("|")
    terms = [t.strip() for t in slopes.split("+")]
    for name in names:
        if name.startswith("-"):
            terms = [t for t in terms if t != name[1:].strip()]
        elif name not in terms:
            terms.append(name)
    if len(terms) > 1 and not bar:
        terms = [t for t in terms if t != "1"]
    terms = [t for t in terms if t != "1"] or ["1"]
    return f"{left}~ {' + '.join(terms)}" + (f" {bar}{rest}" if bar else "")


def _renamed(formula: str, names: Mapping[str, str]) -> str:
    """The formula with whole names replaced on both sides of its first part, effects and instruments left alone."""
    head, bar, rest = formula.partition("|")
    for old, new in names.items():
        head = re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", new, head)
    return head + bar + rest


def _on_common_rows(variants: list[Variant], declared: Declared) -> list[Variant]:
    """Each specification on the rows in which every numeric variable of any of them is there; cohorts may be missing (never)."""
    names: dict[str, None] = {}
    for variant in variants:
        cohort = getattr(variant.model, "cohort", "")
        try:
            needed = ESTIMATORS[variant.model.kind].columns(variant.model)
        except StudyError:  # its formula is faulty, which is said where models are validated
            continue
        for used in needed:
            plan = declared.variables.get(re.sub(r"_w\d{3}$", "", used), declared.variables.get(used))
            if plan is not None and plan.spec.kind == "number" and used != cohort:
                names.setdefault(plan.name)
    condition = " and ".join(f"present({n})" for n in names)
    return [
        dataclasses.replace(v, model=dataclasses.replace(v.model, where=_both(condition, v.model.where)))
        for v in variants
    ]


# ---------------------------------------------------------------- what a specification is called


def _label(
    battery: RobustnessSpec, chosen: Mapping[str, str], raw: Mapping[str, Any], variables: Mapping[str, VariablePlan]
) -> Label:
    if not chosen:
        rows = ("Base, on the common rows", "基准(共同样本)") if battery.common_sample else ("Base", "基准")
        return battery.labels.get("base", Label(en=rows[0], zh=rows[1]))
    parts = [battery.labels.get(c) or _words(d, c, raw[d][c], variables) for d, c in chosen.items()]
    return Label(en="; ".join(p.to("en") for p in parts), zh=";".join(p.to("zh") for p in parts))


def _words(dimension: str, choice: str, value: Any, variables: Mapping[str, VariablePlan]) -> Label:
    """What a choice is called where the study does not say."""

    def named(names: Iterable[str], language: str) -> str:
        found = [variables[n].spec.label.to(language) or n if n in variables else n for n in names]
        return ("、" if language == "zh" else ", ").join(found)

    if dimension == "outcomes":
        return Label(en=named([value], "en"), zh=named([value], "zh"))
    if dimension == "controls":
        added = [n for n in value if not n.startswith("-")]
        taken = [n[1:].strip() for n in value if n.startswith("-")]
        en = [*([f"with {named(added, 'en')}"] if added else []), *([f"without {named(taken, 'en')}"] if taken else [])]
        zh = [*([f"加入{named(added, 'zh')}"] if added else []), *([f"不含{named(taken, 'zh')}"] if taken else [])]
        return Label(en=_capital(", ".join(en)), zh=",".join(zh))
    if dimension == "policies":
        return Label(en=named(value, "en"), zh=named(value, "zh"))
    if dimension == "windows":
        return Label(en=f"{value[0]}–{value[1]} only", zh=f"仅{value[0]}–{value[1]}年")
    if dimension == "winsor":
        return Label(en=f"{100 * value:g}% at both ends", zh=f"双侧{100 * value:g}%")
    if dimension == "timings":
        return Label(en=named([value], "en"), zh=named([value], "zh"))
    return Label(en=choice.replace("_", " ").capitalize(), zh=choice.replace("_", " "))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
