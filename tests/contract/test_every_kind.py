"""Every registered kind of every socket brings what its socket asks for; every estimator kind estimates, explains and repeats itself."""

from __future__ import annotations

import dataclasses
import json
import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter, ValidationError

import panelkit.checks
import panelkit.engines
import panelkit.estimators
import panelkit.etl.derive
import panelkit.etl.sources
import panelkit.reporting.figures
import panelkit.reporting.render
import panelkit.reporting.tables  # noqa: F401  they register themselves
from panelkit.core import registry
from panelkit.core.check import Subject
from panelkit.core.codec import to_json
from panelkit.core.engine import Engine
from panelkit.core.errors import EngineRefusedError
from panelkit.core.estimate import Estimate
from panelkit.core.estimation import Defaults, Setting
from panelkit.core.label import Label
from panelkit.core.panel import Panel
from panelkit.core.request import Clustered, Regression
from panelkit.core.variable import Origin, Variable
from panelkit.reporting import table
from panelkit.reporting.maketables import adapt

SOCKETS = {
    "source": (registry.SOURCES, ("read", "recognise", "look")),
    "derivation": (registry.DERIVATIONS, ("inputs", "derive")),
    "estimator": (registry.ESTIMATORS, ("columns", "estimate", "prepare", "explain")),
    "check": (registry.CHECKS, ("check",)),
    "table": (registry.TABLES, ("build",)),
    "figure": (registry.FIGURES, ("build", "draw")),
    "renderer": (registry.RENDERERS, ("render", "parse")),
}
EVERY = [(socket, kind.name) for socket, (kinds, _) in SOCKETS.items() for kind in kinds]
WITH_SPEC = [(socket, name) for socket, name in EVERY if socket != "renderer"]
ESTIMATORS = registry.ESTIMATORS.names()


def faults(kind: object, verbs: tuple[str, ...]) -> list[str]:
    """What a kind lacks of its socket's protocol."""
    found = [f"no {text}" for text in ("name", "summary") if not str(getattr(kind, text, "")).strip()]
    found += [f"{verb} is no function" for verb in verbs if not callable(getattr(kind, verb, None))]
    return found


@pytest.mark.parametrize(("socket", "name"), EVERY)
def test_a_kind_brings_what_its_socket_asks_for(socket: str, name: str) -> None:
    kinds, verbs = SOCKETS[socket]
    assert faults(kinds[name], verbs) == []
    assert kinds[name].name == name


@pytest.mark.parametrize("socket", SOCKETS)
def test_a_bare_object_is_no_kind(socket: str) -> None:
    assert len(faults(object(), SOCKETS[socket][1])) == 2 + len(SOCKETS[socket][1])


@pytest.mark.parametrize("socket", SOCKETS)
def test_a_name_taken_twice_is_refused(socket: str) -> None:
    kinds = SOCKETS[socket][0]
    with pytest.raises(ValueError, match=r"two .* are called"):
        kinds.register(next(iter(kinds)))


@pytest.mark.parametrize(("socket", "name"), WITH_SPEC)
def test_a_specification_is_closed_frozen_and_has_a_schema(socket: str, name: str) -> None:
    made: Any = SOCKETS[socket][0][name].spec
    assert dataclasses.is_dataclass(made)
    assert made.__dataclass_params__.frozen
    assert made.__doc__
    assert not made.__doc__.startswith(f"{made.__name__}("), "the docstring is the dataclass's own"
    adapter = TypeAdapter(made)
    schema = adapter.json_schema()
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    with pytest.raises(ValidationError, match="no_such_key"):
        adapter.validate_python({"no_such_key": 1})


# ---------------------------------------------------------------- engines


@pytest.mark.parametrize("name", registry.ENGINES.names())
def test_an_engine_says_who_it_is_and_refuses_in_words(name: str) -> None:
    engine = registry.ENGINES[name]
    assert isinstance(engine, Engine)
    assert not isinstance(object(), Engine)
    assert engine.name == name
    assert engine.version[0].isdigit()
    assert type(engine).__doc__
    reason = engine.refuses(Regression(outcome="y", slopes=("x",), covariance=Clustered()))
    assert reason
    assert " " in reason


# ---------------------------------------------------------------- estimators


def frame() -> pd.DataFrame:
    """14 units, 12 years; a level, a count, a path of adoption, an instrument, a mediator."""
    rng = np.random.default_rng(11)
    made = pd.DataFrame([(f"u{i:02d}", t) for i in range(14) for t in range(2006, 2018)], columns=["unit", "year"])
    code, n = made.unit.str[1:].astype(int), len(made)
    made["cohort"] = np.where(code < 9, 2009.0 + code % 4 * 2, np.nan)
    made["treated"] = (made.year >= made.cohort).astype(float)
    made["dose"] = made.treated * (made.year - made.cohort.fillna(0) + 1)
    made["z"], made["x"] = rng.normal(size=n), rng.normal(size=n) + rng.normal(size=14)[code]
    made["m"] = 0.7 * made.z + 0.4 * made.x + rng.normal(size=n)
    made["y"] = 0.5 * made.treated + made.x + 0.6 * made.m + rng.normal(size=14)[code] + rng.normal(size=n)
    made["region"] = "r" + (code % 2).astype(str)
    made["place"], made["side"] = "p" + (code // 2).astype(str), "s" + (code % 2).astype(str)
    made["opened"] = np.where(code // 2 < 4, 2010.0 + code // 2 % 2 * 2, np.nan)
    made["eligible"] = (code % 2).astype(float)
    made["path"] = (made.year >= made.opened).astype(float)
    made["count"] = rng.poisson(np.exp(0.3 * made.x + 0.2 * made.m)).astype(float)
    return made


def panel_of(d: pd.DataFrame) -> Panel:
    variables = [
        Variable(
            name=str(c),
            measure="",
            label=Label(en=str(c)),
            origin=Origin(how="made up"),
            kind="category" if c in ("region", "place", "side") else "number",
        )
        for c in d.columns
        if c not in ("unit", "year")
    ]
    return Panel.of(d, unit="unit", time="year", variables=variables)


THREE = "place^side + place^year + side^year"
TWO_WAY = "y ~ x | unit + year"
EXAMPLES: dict[
    str, dict[str, Any]
] = {  # a kind that is not here is run on TWO_WAY, with `cohort` where it asks for one
    "between": {"formula": "y ~ x"},
    "common_correlated_effects": {"formula": "y ~ x"},
    "correlated_random_effects": {"formula": "y ~ x + m"},
    "dose_did": {"formula": "y ~ dose + x | unit + year"},
    "event_study": {"formula": "y ~ x | unit + year", "cohort": "cohort"},
    "first_difference": {"formula": "y ~ x + m"},
    "heterogeneity": {"formula": "y ~ treated + x | unit + year", "group": "region"},
    "instrumental": {"formula": "y ~ x | unit + year | m ~ z"},
    "mean_group": {"formula": "y ~ x + m"},
    "mediation": {"formula": "y ~ x | unit + year", "mediator": "m"},
    "panel_var": {"formula": "y ~ x | unit + year"},
    "poisson": {"formula": "count ~ x + m | unit + year"},
    "matching_did": {
        "formula": "y ~ treated + x | unit + year",
        "match_on": ("z",),
        "method": "kernel",
        "support": "all",
    },
    "random_effects": {"formula": "y ~ x + m"},
    "staggered_triple_difference": {"formula": f"y ~ 1 | {THREE}", "cohort": "opened", "eligible": "eligible"},
    "synthetic_did": {"formula": "y ~ 1 | unit + year", "cohort": "cohort", "errors": "jackknife"},
    "threshold": {"formula": "y ~ x + m | unit + year", "threshold": "z", "switching": ("x",), "draws": 99},
    "triple_difference": {"formula": f"y ~ path:eligible + x | {THREE}"},
    **{
        kind: {"formula": "y ~ 1 | unit + year", "cohort": "cohort"}
        for kind in (
            "callaway_santanna",
            "extended_two_way",
            "gardner",
            "imputation",
            "staggered_did",
            "sun_abraham",
        )
    },
}


def model(kind: str) -> Any:
    made = registry.ESTIMATORS[kind].spec
    given = dict(EXAMPLES.get(kind, {}))
    needs = {
        f.name
        for f in dataclasses.fields(made)
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }
    if "cohort" in needs:
        given.setdefault("cohort", "cohort")
    given.setdefault("formula", TWO_WAY)
    return made(id="m", kind=kind, **given)


def run(kind: str, panel: Panel) -> Estimate:
    """The estimate by the first engine of the defaults that answers."""
    refused: EngineRefusedError | None = None
    for engine in Defaults().confirm:
        setting = Setting(engine=registry.ENGINES[engine], defaults=Defaults(), seed=3, resample=False)
        try:
            return registry.ESTIMATORS[kind].estimate(model(kind), panel, setting)
        except EngineRefusedError as error:
            refused = error
    raise AssertionError(f"no engine of the defaults answers kind '{kind}': {refused}")


def in_bytes(made: Estimate) -> str:
    return json.dumps(to_json(made), sort_keys=True)


@pytest.fixture(scope="module")
def once() -> Callable[[str], Estimate]:
    kept: dict[str, Estimate] = {}

    def get(kind: str) -> Estimate:
        if kind not in kept:
            kept[kind] = run(kind, panel_of(frame()))
        return kept[kind]

    return get


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_an_estimator_gives_finite_terms_and_says_what_it_did(kind: str, once: Callable[[str], Estimate]) -> None:
    made = once(kind)
    assert made.terms
    assert all(np.isfinite(t.estimate) for t in made.terms)
    assert any(np.isfinite(t.se) for t in made.terms) or kind == "mediation"
    assert made.covariance_matrix.shape == (len(made.terms),) * 2
    assert made.kind == kind
    assert made.engine in registry.ENGINES
    assert made.requests
    assert made.confirmation == registry.ESTIMATORS[kind].confirmation
    assert made.confirmation in ("engine", "route", "frozen")
    assert made.sample.rows == len(made.sample.positions)
    assert sum(d.rows for d in made.sample.dropped) == len(frame()) - made.sample.rows


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_an_estimator_is_confirmed_as_it_says(kind: str, once: Callable[[str], Estimate]) -> None:
    """Another engine of the defaults answers each of its requests, by itself or under a covariance that it has."""
    made = once(kind)
    if made.confirmation == "frozen":
        return
    for request in made.requests:
        plain = dataclasses.replace(request, covariance=Clustered(by=("unit",)))
        others = [
            e
            for e in Defaults().confirm
            if e != made.engine and None in (registry.ENGINES[e].refuses(request), registry.ENGINES[e].refuses(plain))
        ]
        assert others, f"no second engine for {request}"


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_the_columns_an_estimator_names_suffice(kind: str, once: Callable[[str], Estimate]) -> None:
    named = registry.ESTIMATORS[kind].columns(model(kind))
    d = frame()
    fewer = run(kind, panel_of(d[["unit", "year", *(c for c in d if c in named and c not in ("unit", "year"))]]))
    assert in_bytes(fewer) == in_bytes(once(kind))


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_the_same_bytes_twice_and_under_shuffled_rows(kind: str, once: Callable[[str], Estimate]) -> None:
    first = in_bytes(once(kind))
    assert in_bytes(run(kind, panel_of(frame()))) == first
    assert in_bytes(run(kind, panel_of(frame().sample(frac=1.0, random_state=5)))) == first


DID = sorted(
    k
    for k in ESTIMATORS
    if "cohort" in {f.name for f in dataclasses.fields(registry.ESTIMATORS[k].spec)}
    or k.endswith("_did")
    or "difference_in" in k
    or k == "triple_difference"
)


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_an_estimate_goes_into_scripts_by_its_own_names(kind: str, once: Callable[[str], Estimate]) -> None:
    """In a table without a study, in maketables, through pickle and as a frame: the same numbers, no name taken for another."""
    made = once(kind)
    again = pickle.loads(pickle.dumps(made))
    assert again.to_frame().equals(made.to_frame())
    wanted = sorted(t.estimate for t in made.terms)
    for language in ("en", "zh"):
        for given in (made, adapt(made, panel_of(frame()), language)):
            printed = table([given], language=language)
            found = [c.raw for r in printed.rows for c in r.cells if c.key and c.key[2] == "estimate"]
            assert sorted(found) == wanted
            labels = [r.label for r in printed.rows if r.kind == "term"]
            assert not [t for t in labels if re.search(r"::|^att\b|\b(x|y|m) (lag|on) |REPLICATES", t)], labels
    maketables = pytest.importorskip("maketables")
    theirs = maketables.ETable([adapt(made, panel_of(frame()))], model_stats=["N"]).df
    cells = [str(v).split()[0].rstrip("*") for key, v in theirs.iloc[:, 0].items() if key[0] == "coef"]
    assert sorted(map(float, cells)) == pytest.approx(wanted, abs=5.1e-4)
    assert not [key[1] for key in theirs.index if re.search(r"\b(x|y|m) (lag|on) ", str(key[1]))]


@pytest.mark.parametrize("kind", DID)
def test_the_support_table_comes_with_every_difference_in_differences(
    kind: str, once: Callable[[str], Estimate]
) -> None:
    """Brought by the kind, with treated cells counted against clean controls; the counts are those of the frame."""
    assert "support" in registry.ESTIMATORS[kind].checks
    made, spec = once(kind), model(kind)
    setting = Setting(engine=registry.ENGINES[made.engine], defaults=Defaults(), seed=3)
    panel = panel_of(frame())
    subject = Subject(
        model=spec,
        estimate=made,
        panel=panel,
        design=lambda: registry.ESTIMATORS[kind].prepare(spec, panel, setting),
        again=lambda *_: "",
        confirm=Defaults().confirm,
        seed=1,
        refit=lambda *_: "",
    )
    found = registry.CHECKS["support"].check(registry.CHECKS["support"].spec(controls=1), subject)
    assert found.value is not None, found.text.en
    d = panel.take(made.sample.positions).frame
    triple = "triple" in kind
    d = d.assign(first=d["opened" if triple else "cohort"].fillna(np.inf)).drop_duplicates(
        ["place" if triple else "unit", "year"]
    )
    by_event = {r["event_time"]: r for r in found.rows if r["event_time"] >= 0}
    assert by_event
    for e, row in by_event.items():
        here = d[d.year - d["first"] == e]
        assert row["treated_cells"] == len(here)
        clean = [int(((d.year == t) & (d["first"] > t)).sum()) for t in here.year]
        assert (row["fewest_controls"], row["most_controls"]) == (min(clean), max(clean))
    assert "place" in found.text.en if triple else True


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_an_estimator_explains_itself_and_prepares_a_design(kind: str, once: Callable[[str], Estimate]) -> None:
    estimator = registry.ESTIMATORS[kind]
    text = estimator.explain(model(kind))
    assert "\n" in text
    assert len(text) > 60
    setting = Setting(engine=registry.ENGINES[once(kind).engine], defaults=Defaults(), seed=3)
    design = estimator.prepare(model(kind), panel_of(frame()), setting)
    assert design.regressors.shape == (len(design.outcome), len(design.names))
    assert len(design.clusters[0]) == len(design.outcome)
    assert design.keys_digest in (
        "",
        once(kind).sample.keys_digest,
    )  # what `check` says of samples before a run is true


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_what_a_model_will_do_is_told_in_chinese_too(kind: str) -> None:
    """Equations, names and settings apart, no English word in small letters is left."""
    from panelkit.reporting.explained import explained

    spec = model(kind)
    told = explained(registry.ESTIMATORS[kind].explain(spec))
    lines = [re.sub(r"^[\w\[\]^.]+ = .*?(?=；|;  |$)", "", line) for line in told.split("\n")]
    text = re.sub(r"`[^`]*`|'[^']*'", "", " ".join(lines))
    known = {
        *re.findall(r"\w+", str(spec)),
        "att",
        "att_group",
        "att_dynamic",
        "att_calendar",
        "wild",
        "panelkit",
        "logit",
        "and",
    }
    known |= {"linearmodels", "plm", "floor", "correlated_random_effects", "fixest", "exp", "effect"}
    left = [w for w in re.findall(r"(?<![\w.-])[a-z][a-z_]{2,}(?![\w(])", text) if w not in known]
    assert not left, (left, told)
