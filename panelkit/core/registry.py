"""The sockets: one registry per folder of kinds, and what a kind must bring; finds nothing by itself, imports no kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from panelkit.core.errors import Fault, PanelkitError
from panelkit.core.nearest import known_or_nearest

if TYPE_CHECKING:
    from pathlib import Path

    from panelkit.core.check import Check, Subject
    from panelkit.core.derivation import Columns, Derived, Evidence
    from panelkit.core.engine import Engine
    from panelkit.core.estimate import Estimate
    from panelkit.core.estimation import Setting
    from panelkit.core.exhibit import Figure, Table
    from panelkit.core.label import Label
    from panelkit.core.panel import Panel
    from panelkit.core.request import Design
    from panelkit.core.results import Results
    from panelkit.core.source import Observations, Reading
    from panelkit.core.study import PanelSpec


class Kind(Protocol):
    """Anything that can stand in a socket."""

    @property
    def name(self) -> str: ...


K = TypeVar("K", bound=Kind)
Reach = Literal["unit", "year", "panel"]


class Registry(Generic[K]):
    """The kinds of one socket by name."""

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._kinds: dict[str, K] = {}

    def register(self, kind: K) -> K:
        """Add a kind; a name taken twice is a fault of the code, not of a study."""
        if kind.name in self._kinds:
            raise ValueError(f"two {self.noun} kinds are called '{kind.name}'")
        self._kinds[kind.name] = kind
        return kind

    def __getitem__(self, name: str) -> K:
        if name not in self._kinds:
            raise PanelkitError(f"unknown {self.noun} '{name}'", mend=known_or_nearest(name, self._kinds))
        return self._kinds[name]

    def __contains__(self, name: str) -> bool:
        return name in self._kinds

    def __iter__(self) -> Iterator[K]:
        return iter(self._kinds[name] for name in self.names())

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._kinds))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """A raw layout. `recognise` gives a reason why the file is of this layout, or None; `look` reads it without a study.

    files : every file that a source rests on; most have one, yearbook pages one for each year.
    sheets : whether `recognise` and `look` also take the name of a sheet, for workbooks that have several.
    """

    name: str
    spec: type
    summary: str
    read: Callable[[Any, Path], Observations]
    recognise: Callable[..., str | None]
    look: Callable[..., Reading]
    files: Callable[[Any, Path], tuple[Path, ...]] = lambda _, path: (path,)
    sheets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CellWords:
    """Formula and symbols of a construction where a unit is a place and an activity; both are handed key -> list that it goes by."""

    formula: Callable[[Any, Mapping[str, str]], str]
    symbols: Callable[[Any, Mapping[str, str]], dict[str, str | Label]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivationKind:
    """A construction of one variable from series or other variables; `formula` is LaTeX, the summaries are for a reader.

    formula : the formula, or what gives it for given options, since their forms differ. symbols : LaTeX symbol -> the input it
    stands for, or a word in both languages. reach : which other cells a cell rests on: those of its own unit, of all units in
    its years, or of all units in all years of the study. divisors : fields whose inputs only divide. is_index : components are
    weighed together, so that overlap with the other side of a model is refused. facts : names of the shipped
    tables of facts that it rests on. evidence : their rows behind a cell, from options, unit and year. sets_prices : it looks at nominal
    and real inputs itself. of_cells : formula and symbols in a panel of several keys, where they differ.
    """

    name: str
    spec: type
    summary: str
    formula: str | Callable[[Any], str]
    inputs: Callable[[Any], tuple[str, ...]]
    derive: Callable[[Any, Columns], Derived]
    summary_zh: str = ""
    symbols: Callable[[Any], dict[str, str | Label]] = lambda _: {}
    reach: Reach | Callable[[Any], Reach] = "unit"
    divisors: tuple[str, ...] = ()
    is_index: bool = False
    sets_prices: bool = False
    facts: Callable[[Any], tuple[str, ...]] = lambda _: ()
    evidence: Callable[[Any, str, int], tuple[Evidence, ...]] = lambda *_: ()
    of_cells: CellWords | None = None

    def formula_of(self, options: Any, code_lists: Mapping[str, str] | None = None) -> str:
        """The formula under these options, in a panel of those keys."""
        if self.of_cells is not None and code_lists is not None and len(code_lists) > 1:
            return self.of_cells.formula(options, code_lists)
        return self.formula if isinstance(self.formula, str) else self.formula(options)

    def symbols_of(self, options: Any, code_lists: Mapping[str, str] | None = None) -> dict[str, str | Label]:
        """What the symbols stand for, in a panel of those keys."""
        if self.of_cells is not None and code_lists is not None and len(code_lists) > 1:
            return self.of_cells.symbols(options, code_lists)
        return self.symbols(options)

    def reach_of(self, options: Any) -> Reach:
        """The reach under these options."""
        return self.reach(options) if callable(self.reach) else self.reach


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimatorKind:
    """A method. `confirmation` is 'engine', 'route' or 'frozen'; `columns` names the variables a specification needs.

    checks : diagnostics that run on every model of this kind, whether it names them or not, or what names them for a specification.
    faults : what is wrong with a declaration by itself, held against the study's panel (keys and years), before any row is read.
    """

    name: str
    spec: type
    summary: str
    confirmation: str
    columns: Callable[[Any], tuple[str, ...]]
    estimate: Callable[[Any, Panel, Setting], Estimate]
    prepare: Callable[[Any, Panel, Setting], Design]
    explain: Callable[[Any], str]
    checks: tuple[str, ...] | Callable[[Any], tuple[str, ...]] = ()
    faults: Callable[[Any, PanelSpec], list[Fault]] = lambda *_: []

    def checks_of(self, spec: Any) -> tuple[str, ...]:
        """The diagnostics that run on a model of this specification."""
        return self.checks(spec) if callable(self.checks) else self.checks


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckKind:
    """A diagnostic of one estimate."""

    name: str
    spec: type
    summary: str
    check: Callable[[Any, Subject], Check]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableKind:
    """A kind of table: from the facts of a run to cells."""

    name: str
    spec: type
    summary: str
    build: Callable[[Any, Results], Table]
    faults: Callable[[Any], list[Fault]] = lambda spec: []  # what is wrong with the declaration by itself
    sample_faults: Callable[[Any, Mapping[str, tuple[str, int]]], list[Fault]] = (
        lambda spec, samples: []
    )  # and with the samples


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureKind:
    """A kind of figure: `build` gathers its numbers, `draw` makes the pictures {extension: bytes}."""

    name: str
    spec: type
    summary: str
    build: Callable[[Any, Results], Figure]
    draw: Callable[[Figure], dict[str, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RendererKind:
    """An output format of tables; `parse` reads its own files back to {cell key: shown text}."""

    name: str
    extension: str
    summary: str
    render: Callable[[Table], bytes]
    parse: Callable[[bytes], dict[str, str]]


SOURCES: Registry[SourceKind] = Registry("source")
DERIVATIONS: Registry[DerivationKind] = Registry("derivation")
ENGINES: Registry[Engine] = Registry("engine")
ESTIMATORS: Registry[EstimatorKind] = Registry("model kind")
CHECKS: Registry[CheckKind] = Registry("check")
TABLES: Registry[TableKind] = Registry("table kind")
FIGURES: Registry[FigureKind] = Registry("figure kind")
RENDERERS: Registry[RendererKind] = Registry("output format")
