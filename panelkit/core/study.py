"""What a study file says, as data; every entry knows its key path, and nothing here reads or checks a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from panelkit.core.check import CheckSpec
from panelkit.core.derivation import DerivationSpec
from panelkit.core.estimation import Defaults, ModelSpec
from panelkit.core.exhibit import FigureSpec, TableSpec
from panelkit.core.label import Label
from panelkit.core.robustness import RobustnessSpec, Variant
from panelkit.core.source import SourceSpec, Vintages
from panelkit.core.spec import spec

SCHEMA = 1
CodeList = Literal[
    "gbt2260", "gbt2260_city", "gbt4754_2002", "gbt4754_2011", "gbt4754_2017", "gbt4754_joint", "as_printed"
]


@spec
class Head:
    """`[study]`: what the study is. `simulated` marks data that were made up; every output then says so.

    report : the forms of the report; 'pdf' needs the typst package (extra `pdf`).
    orcid, affiliations : by author, as written under `authors`. keywords, jel (such as "F14") : what a deposit asks.
    place : what the data cover, such as "Mainland China".
    """

    id: str
    title: Label
    seed: int
    language: Literal["en", "zh"] = "en"
    authors: tuple[str, ...] = ()
    orcid: dict[str, str] = field(default_factory=dict)
    affiliations: dict[str, str] = field(default_factory=dict)
    keywords: tuple[Label, ...] = ()
    jel: tuple[str, ...] = ()
    place: Label = Label()
    abstract: Label = Label()
    licence: str = "MIT"
    data_licence: str = ""
    simulated: bool = False
    report: tuple[Literal["html", "pdf"], ...] = ("html",)


@spec
class PanelSpec:
    """`[panel]`: the keys and the rules of assembly.

    unit : the key beside time, or several: unit = ["province", "industry"]. A unit is then one of each ("330000 / 17", in the
    column province_industry), and `province` and `industry` are categories of the panel that formulas, `cluster` and `where` may
    name; a file that has only some of the keys holds for every unit that shares them.
    codes : 'gbt2260' (provinces by GB/T 2260), 'gbt2260_city' (prefecture-level units and municipalities) 'gbt4754_2017' (industries of
    that edition by two digits; also _2002, _2011, and _joint: divisions put together until all editions have them) or 'as_printed';
    with several keys a table by key. Default gbt2260 for 'province', as_printed for any other.
    years : first and last year of the panel; sources may reach further back, for lags. exclude : unit code -> reason.
    gaps : 'refuse' stops on a blank or absent cell of any series inside its years, 'list' counts and goes on,
    'fill' fills what variables declare.
    """

    unit: str | tuple[str, ...] = "province"
    time: str = "year"
    years: tuple[int, int]
    codes: CodeList | dict[str, CodeList] | None = None
    exclude: dict[str, str] = field(default_factory=dict)
    gaps: Literal["refuse", "list", "fill"] = "refuse"
    vintages: Vintages = "one"

    @property
    def parts(self) -> tuple[str, ...]:
        """The keys that a unit is made of; one, mostly."""
        return (self.unit,) if isinstance(self.unit, str) else self.unit

    @property
    def entity(self) -> str:
        """The column of the panel that holds its units."""
        return "_".join(self.parts)

    @property
    def keys(self) -> tuple[str, ...]:
        """Every column that is a key or a part of one, the time last."""
        return tuple(dict.fromkeys((self.entity, *self.parts, self.time)))

    @property
    def code_lists(self) -> dict[str, str]:
        """The list that each part goes by."""
        usual = {part: "gbt2260" if part == "province" else "as_printed" for part in self.parts}
        if isinstance(self.codes, dict):
            return usual | {part: name for part, name in self.codes.items() if part in usual}
        return usual | ({self.parts[0]: self.codes} if self.codes else {})

    @property
    def code_list(self) -> str:
        """The list of a panel whose units have one part; 'several' where they have more."""
        return self.code_lists[self.parts[0]] if len(self.parts) == 1 else "several"


@spec
class FillRule:
    """`fill` in full. linear : between figures on both sides. carry : the last figure. regression : fitted on `on` (series or
    variables) and unit effects, over the cells that are there.
    """

    method: Literal["linear", "carry", "regression"]
    on: tuple[str, ...] = ()


@spec
class VariableSpec:
    """`[variables.NAME]`: one of `series`, `expression` or `derive`, then an optional `transform`.

    series : "source.alias". expression : see `core.expression`; plain names are variables, dotted names series.
    derive : a registered derivation with its options under `with`. transform : a function of one argument put around the result.
    measure : unit of measure of the result; asserted where the inputs know theirs. fill : 'linear', 'carry' or a `FillRule`,
    under gaps = "fill".
    price : 'nominal' or 'real', where the inputs do not tell it rightly, or 'none' for what is no money (a price index made as nominal over
    real); nominal and real money in one expression need it. base_year : year whose prices a real amount is in, likewise.
    """

    name: str
    series: str = ""
    expression: str = ""
    derive: str = ""
    transform: str = ""
    measure: str | None = None
    label: Label = Label()
    kind: Literal["number", "category"] = "number"
    fill: Literal["linear", "carry"] | FillRule | None = None
    price: Literal["nominal", "real", "none"] | None = None
    base_year: int | None = None
    source: str = ""


@spec
class FamilySpec:
    """`[families.NAME]`: coefficients whose p values are adjusted for being looked at together.

    members : "model.term" each. method : 'romano_wolf' and 'holm' hold the familywise error rate, 'bh' and 'sharpened_q'
    the false discovery rate. draws, weights : of Romano-Wolf's wild cluster bootstrap, the same weights in every model.
    """

    members: tuple[str, ...]
    method: Literal["romano_wolf", "holm", "bh", "sharpened_q"] = "romano_wolf"
    draws: int = 9999
    weights: Literal["rademacher", "webb", "mammen", "auto"] = "auto"
    label: Label = Label()


@spec
class QualitySpec:
    """`[quality]`.

    gates : findings about the panel (by name, such as "jumps") whose failure makes the run end with 1.
    totals : series -> the national series that its units should add up to, such as "accounts.gdp" = "nation.gdp".
    """

    gates: tuple[str, ...] = ()
    totals: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VariablePlan:
    """A variable with the options of its derivation, typed by the derivation's own spec."""

    spec: VariableSpec
    options: DerivationSpec | None = None

    @property
    def name(self) -> str:
        return self.spec.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A study: validated, typed, immutable; `read_study` makes one.

    Parameters
    ----------
    head : Head
        What stands under `[study]`: id, title, seed, language, authors.
    panel : PanelSpec
        Keys, years and the rules of assembly.
    sources, variables : dict
        By name, in the order of the file: raw files, and how each variable is made.
    defaults : Defaults
        What models inherit.
    models, tables, figures : tuple
        In the order of the file.
    checks, families, robustness : dict
        By name: declared diagnostics, families of hypotheses, batteries.
    quality : QualitySpec
        Gates and national totals of the quality report.
    digest : str
        SHA-256 over the content, not over layout or comments.
    document : dict
        The file as parsed.
    variants : tuple of Variant
        The specifications of every robustness battery.
    root : Path
        The folder that source paths start from; it is where the study lies, not what it says.
    """

    head: Head
    panel: PanelSpec
    sources: dict[str, SourceSpec]
    variables: dict[str, VariablePlan]
    defaults: Defaults
    models: tuple[ModelSpec, ...]
    checks: dict[str, CheckSpec]
    tables: tuple[TableSpec, ...]
    figures: tuple[FigureSpec, ...]
    digest: str
    document: dict[str, Any] = field(repr=False)
    families: dict[str, FamilySpec] = field(default_factory=dict)
    quality: QualitySpec = field(default_factory=QualitySpec)
    robustness: dict[str, RobustnessSpec] = field(default_factory=dict)
    variants: tuple[Variant, ...] = ()
    root: Path = field(default=Path(), repr=False, compare=False)

    @property
    def id(self) -> str:
        return self.head.id

    def model(self, model_id: str) -> ModelSpec:
        """The model of that id."""
        return next(m for m in self.models if m.id == model_id)

    @property
    def every_model(self) -> tuple[ModelSpec, ...]:
        """The models, then the specifications of the batteries."""
        return (*self.models, *(v.model for v in self.variants))

    def checks_of(self, model: ModelSpec) -> dict[str, CheckSpec]:
        """The checks that run on a model: `second_engine` and `few_clusters` always, and those that it (or its kind) names.

        Of a specification of a battery `second_engine` alone: what the others look at is looked at in its base.
        """
        if model.id in {v.id for v in self.variants}:
            return {"second_engine": self.checks["second_engine"]}
        names = dict.fromkeys(("second_engine", "few_clusters", *model.checks))
        return {name: self.checks[name] for name in names}
