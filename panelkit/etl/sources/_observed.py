"""The long frame of observations and where it came from; how a layout is read is in its own file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from panelkit.core.counted import counted
from panelkit.core.digest import of_bytes
from panelkit.core.errors import Fault, SourceError
from panelkit.core.letters import deceiving, without
from panelkit.core.source import OBSERVED, Observations, Provenance, Reading, SeriesSeen, SourceSpec, Units
from panelkit.etl.harmonise.provinces import ungarbled
from panelkit.etl.harmonise.units import same_measure
from panelkit.etl.sources._cells import NoNumeral, narrow, read_number
from panelkit.etl.sources._marks import number_marks
from panelkit.facts.cities import match_city
from panelkit.facts.provinces import is_not_a_province, match, province

if TYPE_CHECKING:
    import pandas as pd

MOST_FAULTS = 20
MOST_MARKED = 1_000_000  # cells whose marks are looked at


def _at(head: str, place: str, tail: str = "") -> str:
    """A place behind a note, in brackets; nothing where it has none."""
    return f" ({head}{place.lstrip('!, ')}{tail})" if place else ""


@dataclass(slots=True)
class Ledger:
    """Faults and notes of one file while it is being read: counts of what was passed over, with the first place of each.

    aside : for a look, rows that are no province, by what they are. places : for a look, whether the units are places of China.
    """

    where: str
    thousands: str = ""
    decimal: str = ""
    faults: list[Fault] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    firsts: dict[str, str] = field(default_factory=dict)
    sentences: set[str] = field(default_factory=set)
    aside: dict[str, dict[str, None]] = field(default_factory=dict)
    places: bool = True

    def note(self, what: str, place: str = "") -> None:
        """Count something that was passed over or changed; `what` is its plural, as in "blank cells kept as missing"."""
        self.counts[what] = self.counts.get(what, 0) + 1
        self.firsts.setdefault(what, place)

    def say(self, what: str, place: str = "") -> None:
        """Note a whole sentence, of the file or of a place in it."""
        self.sentences.add(what)
        self.note(what, place)

    def fault(self, what: str, mend: str, place: str = "") -> None:
        """Keep a fault; it is raised with all others at the end."""
        self.faults.append(Fault(where=self.where + place, what=what, mend=mend))

    def number(self, cell: object, place: str, unit: str = "", measure: str | None = "") -> float:
        """A cell as a number, with blanks counted and anything else kept as a fault; `measure` as in `read_number`."""
        found = read_number(cell, thousands=self.thousands, decimal=self.decimal, measure=measure)
        if isinstance(found, NoNumeral):
            row = f" ({unit})" if unit else ""
            self.fault(found.what, found.mend, f"{place}{row}")
            return float("nan")
        if found.blank_mark:
            self.note(f"cells marked '{found.blank_mark}' read as missing", place)
        elif found.value != found.value:
            self.note("blank cells kept as missing", place)
        if found.grouped:
            mark = "" if self.thousands == "," else f" ({self.thousands!r})"
            self.note(f"numbers with separators of thousands{mark}", place)
        if found.noted:
            self.note("numbers with the mark of a note behind them, read without it", place)
        if found.comma:
            self.note("numbers with a decimal comma", place)
        if found.percent:
            self.note("numbers with the sign %", place)
        return found.value

    def notes(self) -> tuple[str, ...]:
        """One line for each kind of thing noted."""
        return tuple(
            self._sentence(what, count)
            if what in self.sentences
            else counted(count, what) + _at("first at ", self.firsts[what])
            for what, count in self.counts.items()
        )

    def _sentence(self, what: str, count: int) -> str:
        more = f" and {counted(count - 1, 'more places')}" if count > 1 else ""
        return what + _at("", self.firsts[what], more)

    def finish(self) -> None:
        """Raise what was found.

        Raises
        ------
        SourceError
            With every fault up to `MOST_FAULTS`, and how many more there are.
        """
        if not self.faults:
            return
        more = len(self.faults) - MOST_FAULTS
        shown = self.faults[:MOST_FAULTS]
        if more > 0:
            shown.append(
                Fault(
                    where=self.where, what=f"{counted(more, 'more faults')} of this kind", mend="mend those above first"
                )
            )
        raise SourceError(faults=shown)


def observe(
    columns: dict[str, list[object]], key: tuple[str, int], series: str, value: float, measure: str, cell: str
) -> None:
    """One observation more; key : its unit and time, cell : where in the file it stands."""
    seen = (*key, series, value, measure, cell.lstrip("!, "))
    for name, one in zip(("unit", "time", "series", "value", "measure", "cell"), seen, strict=True):
        columns[name].append(one)


def looking(where: str, cells: Iterable[object], *, commas_part: bool = True) -> Ledger:
    """The ledger of a look, with the marks that the numbers among the cells have; `commas_part` as in `number_marks`."""
    texts = (narrow(c) for c in islice(cells, MOST_MARKED) if isinstance(c, str))
    marks = number_marks(texts, commas_part=commas_part)
    ledger = Ledger(where=where, thousands=marks.thousands, decimal=marks.decimal)
    if marks.doubtful:
        ledger.say(
            'figures such as 1,234 may be thousands or have a decimal comma: say thousands = "," or decimal = ","'
        )
    return ledger


def sealed(
    spec: SourceSpec,
    data: bytes,
    columns: dict[str, list[object]],
    ledger: Ledger,
    steps: Iterable[str] = (),
    parts: tuple[str, ...] | None = None,
    timeless: bool = False,
) -> Observations:
    """Observations of what was read, inside the years that the source declares; `parts`, `timeless` as in `Observations`.

    Raises
    ------
    SourceError
        Whatever the ledger holds; nothing left inside the declared years.
    """
    import pandas as pd

    ledger.finish()
    frame = pd.DataFrame(columns)
    if spec.years is not None and not timeless:
        inside = frame["time"].between(*spec.years)
        if not inside.all():
            ledger.counts[f"cells outside {spec.years[0]}-{spec.years[1]} left out"] = int((~inside).sum())
            ledger.firsts[f"cells outside {spec.years[0]}-{spec.years[1]} left out"] = ""
        frame = frame[inside].reset_index(drop=True)
    if frame.empty:
        span = f" in the years {spec.years[0]}-{spec.years[1]}" if spec.years else ""
        raise SourceError(f"the file holds no figure{span}", where=ledger.where, mend="correct years, or the path")
    frame = _readable(frame, ledger)
    return Observations(
        frame=_typed(frame, spec),
        provenance=provenance(spec, data, tuple(steps)),
        notes=ledger.notes(),
        parts=parts,
        timeless=timeless,
    )


def _readable(frame: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """The frame without letters that no reader sees: they steer a terminal, turn a line, and no Word file or picture can hold them."""
    for column in ("unit", "text", "measure"):
        texts = {t for t in frame.get(column, ()) if isinstance(t, str)}
        bare = {
            t: without(t) for t in texts if deceiving(t) and not ungarbled(t)
        }  # a wrong encoding is refused in words later
        if bare:
            named = deceiving("".join(sorted(bare)))
            ledger.say(
                f"letters that hide or turn what is read were taken out of {counted(len(bare), 'texts')}: {named}"
            )
            frame = frame.assign(**{column: [bare.get(t, t) for t in frame[column]]})
    return frame


def unit_columns(unit: Units) -> dict[str, str]:
    """Key of the panel -> column; a column that stands alone is its own key, no column is none.

    >>> unit_columns("region"), unit_columns({"industry": "code"}), unit_columns("")
    ({'region': 'region'}, {'industry': 'code'}, {})
    """
    if isinstance(unit, str):
        return {unit: unit} if unit else {}
    return dict(unit)


def _typed(frame: pd.DataFrame, spec: SourceSpec) -> pd.DataFrame:
    count = len(frame)
    frame = frame.assign(
        source=spec.id,
        text=frame.get("text", [None] * count),
        vintage=frame.get("vintage", [spec.vintage or 0] * count),
    )
    frame = frame[list(OBSERVED)]
    kinds = {"time": "int64", "value": "float64", "vintage": "int64"}
    texts = dict.fromkeys(("unit", "series", "text", "measure", "source", "cell"), "object")
    typed = frame.astype({**kinds, **texts})
    return typed.assign(text=typed["text"].where(typed["text"].notna(), None))


def provenance(spec: SourceSpec, data: bytes, steps: tuple[str, ...]) -> Provenance:
    """Where the file came from, with the digest of its bytes."""
    return Provenance(
        publisher=spec.publisher,
        title=spec.title,
        url=spec.url,
        retrieved=spec.retrieved,
        vintage=spec.vintage,
        sha256=of_bytes(data),
        licence=spec.licence,
        steps=steps,
    )


def provenance_of_files(one: Provenance, digests: Mapping[str, str], steps: tuple[str, ...]) -> Provenance:
    """The provenance of a source of several files: the digest is that of the list of their digests."""
    text = "".join(f"{sha}  {name}\n" for name, sha in sorted(digests.items()))
    return replace(one, sha256=of_bytes(text.encode()), steps=steps)


def settle_measure(
    spec: SourceSpec, alias: str, printed: str | None, ledger: Ledger, place: str = "", *, required: bool = True
) -> str:
    """The unit of measure of a series: as printed, asserted against what is declared; declared where none is printed.

    Where neither is there it is a fault, or, not `required`, the series counts as a pure number and a note says so.
    """
    declared = spec.measures.get(alias)
    if printed and declared is not None and not same_measure(printed, declared):
        ledger.fault(
            f"'{alias}' is declared in {declared or 'pure numbers'} but the file prints {printed}",
            f"correct measures.{alias}; to convert, declare measure on a variable",
            place,
        )
    if not printed and declared is None and not required:
        ledger.say(f"no unit of measure is known for '{alias}': it is taken for a pure number")
    elif not printed and declared is None:
        ledger.fault(
            f"the file prints no unit of measure for '{alias}'",
            f'declare it: measures = {{ {alias} = "亿元" }} ("" for a pure number)',
            place,
        )
    return declared if declared is not None else (printed or "")


def series_seen(
    name: str, measure: str, frame: pd.DataFrame, ledger: Ledger | None = None, label: str = ""
) -> SeriesSeen:
    """What a look tells about one series: `frame` has unit, time, value, cell as printed; rows that are no unit go to the ledger."""
    units = [u for u in map(str, dict.fromkeys(frame["unit"])) if u not in ("", "?")]
    matched, unmatched = _matched(units, ledger)
    present = frame[frame["value"].notna()]
    first = (present if len(present) else frame).head(1)
    fields: dict[str, object] = {}
    if len(first):
        value = float(first["value"].iloc[0])
        fields = {
            "unit": " ".join(str(first["unit"].iloc[0]).split()),
            "time": int(first["time"].iloc[0]),
            "value": None if value != value else value,
            "cell": str(first["cell"].iloc[0]),
        }
    return SeriesSeen(
        name=name,
        unit=measure,
        times=tuple(sorted(int(t) for t in frame["time"].unique())),
        units_matched=matched,
        unmatched=unmatched,
        missing=int(frame["value"].isna().sum()),
        first=fields,
        label=label,
    )


def _matched(units: list[str], ledger: Ledger | None) -> tuple[int, tuple[str, ...]]:
    """How many units are known, provinces by code, and those that are not; cities where most units are cities."""
    if ledger is not None and not ledger.places:
        return len(units), ()
    found = {u: match(u) for u in units}
    cities = {u: match_city(u) for u in units}
    by_city = sum(c is not None for c in cities.values()) > sum(m is not None for m in found.values())
    kinds = {u: is_not_a_province(u) for u in units if cities[u] is None or not by_city}
    if ledger is not None:
        for unit, kind in kinds.items():
            if kind is not None:
                ledger.aside.setdefault(kind, {})[" ".join(unit.split())] = None
        for unit, one in found.items():
            if one is not None and one.how == "ocr":
                name = province(one.code).name_zh
                ledger.say(f"'{unit.strip()}' is taken for {name}, a slip of optical recognition")
        if by_city:
            ledger.say("the units are cities: codes = 'gbt2260_city' under [panel]")
    if by_city:
        missed = (u for u in units if cities[u] is None and found[u] is None and kinds.get(u) is None)
        return len({c for c in cities.values() if c}), tuple(missed)
    missed = (u for u in units if found[u] is None and kinds.get(u) is None)
    return len({m.code for m in found.values() if m}), tuple(missed)


def reading(layout: str, encoding: str, hint: str, seen: Iterable[SeriesSeen], ledger: Ledger) -> Reading:
    """What a look found; faults of single cells become oddities, because a look refuses no readable file."""
    for kind, names in ledger.aside.items():
        shown = ", ".join(list(names)[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
        ledger.say(f"rows that are no province: {shown} ({kind})")
    faults = tuple(f"{f.where}: {f.what}" for f in ledger.faults[:MOST_FAULTS])
    more = len(ledger.faults) - MOST_FAULTS
    rest = (f"{more} more of this kind",) if more > 0 else ()
    return Reading(
        layout=layout,
        encoding=encoding,
        vintage_hint=hint,
        series=tuple(seen),
        oddities=(*ledger.notes(), *faults, *rest),
    )
