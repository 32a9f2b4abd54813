"""The panel: unique sorted unit-time keys, declared variables, and the history of how its rows came to be; it estimates nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from panelkit.core import digest as digests
from panelkit.core.counted import counted
from panelkit.core.errors import PanelError
from panelkit.core.key import parts_of
from panelkit.core.label import Label
from panelkit.core.nearest import known_or_nearest
from panelkit.core.variable import Variable

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change of the panel's rows: how many before and after, and why."""

    before: int
    after: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A unit-time panel.

    Make one with `Panel.of`, which sorts by key and refuses what is no panel. `frame` hands out a copy: columns are the
    unit (text), the time (int) and one per variable (float64, or text for categories), in the order of `variables`; rows are sorted
    by unit and time.

    Parameters
    ----------
    unit, time : str
        Names of the two key columns.
    variables : tuple of Variable
        What the other columns are.
    history : tuple of Step
        Every cut of rows on the way here, with counts and reason.
    unit_labels : mapping of str to Label
        Names of units, or of parts of them, that go by a code.
    parts : tuple of str
        The categories that make up a unit of several keys (province, industry); empty where a unit is one thing.
    """

    unit: str
    time: str
    variables: tuple[Variable, ...]
    history: tuple[Step, ...]
    unit_labels: Mapping[str, Label]
    parts: tuple[str, ...] = ()
    _frame: pd.DataFrame = field(repr=False)
    _known: dict[tuple[str, ...], Any] = field(repr=False, compare=False, init=False, default_factory=dict)

    @classmethod
    def of(
        cls,
        frame: pd.DataFrame,
        *,
        unit: str,
        time: str,
        variables: Iterable[Variable],
        history: Iterable[Step] = (),
        unit_labels: Mapping[str, Label] | None = None,
        parts: Iterable[str] = (),
    ) -> Panel:
        """A panel of `frame`, sorted by unit and time; `unit_labels` names units, or parts of them, that go by a code.

        Raises
        ------
        PanelError
            A key that stands twice or is missing, an infinite value, a column that no variable declares.
        """
        declared = tuple(variables)
        wanted = [unit, time, *(v.name for v in declared)]
        absent = [c for c in wanted if c not in frame.columns]
        if absent:
            raise PanelError(
                f"the frame has no column '{absent[0]}'", mend=known_or_nearest(absent[0], map(str, frame.columns))
            )
        undeclared = [str(c) for c in frame.columns if c not in wanted]
        if undeclared:
            raise PanelError(
                f"no variable is declared for the columns {undeclared}", mend="declare each with unit and label"
            )
        tidy = _typed(frame[wanted], unit, time, declared).sort_values([unit, time], kind="stable", ignore_index=True)
        _refuse_bad_keys(tidy, unit, time)
        _refuse_bad_parts(tidy, unit, tuple(parts))
        _refuse_infinite(tidy, unit, time, declared)
        return cls(
            unit=unit,
            time=time,
            variables=declared,
            history=tuple(history),
            unit_labels=dict(unit_labels or {}),
            parts=tuple(parts),
            _frame=tidy,
        )

    @property
    def frame(self) -> pd.DataFrame:
        return self._frame.copy()

    @property
    def digest(self) -> str:
        """SHA-256 of the frame, found when first asked for."""
        return str(self._once(("digest",), lambda: digests.of_frame(self._frame)))

    def _once(self, key: tuple[str, ...], found: Callable[[], Any]) -> Any:
        """What is found out about the frame, kept: the frame never changes."""
        if key not in self._known:
            self._known[key] = found()
        return self._known[key]

    @property
    def place(self) -> str:
        """What rows are clustered on unless a study names something else: the first key of a unit, within which shocks are shared."""
        return self.parts[0] if self.parts else self.unit

    @property
    def rows(self) -> int:
        return len(self._frame)

    @property
    def units(self) -> tuple[str, ...]:
        return tuple(self._once(("units",), lambda: self._frame[self.unit].drop_duplicates().to_numpy(dtype=object)))

    @property
    def times(self) -> tuple[int, ...]:
        return tuple(sorted(int(t) for t in self._frame[self.time].unique()))

    @property
    def names(self) -> tuple[str, ...]:
        """Everything a formula may refer to: unit, time and variables."""
        return (self.unit, self.time, *(v.name for v in self.variables))

    def variable(self, name: str) -> Variable:
        """The variable of that name, with its label and unit."""
        for known in self.variables:
            if known.name == name:
                return known
        raise PanelError(f"there is no variable '{name}'", mend=known_or_nearest(name, self.names))

    def unit_name(self, code: str) -> Label:
        """How a reader knows a unit: "Qinghai (630000)" where its code has a name, else the code."""
        name = self.unit_labels.get(code)
        if name is None and self.parts:
            named = [self.unit_labels.get(p, Label(en=p, zh=p)) for p in parts_of(code)]
            name = Label(en=", ".join(n.en for n in named), zh="".join(n.zh for n in named))
        if name is None:
            return Label(en=code, zh=code)
        return Label(en=f"{name.en} ({code})", zh=f"{name.zh}({code})")

    def column(self, name: str) -> np.ndarray:
        """One column as an array (copy): float64, or objects for unit and categories, int64 for time."""
        if name not in self._frame.columns:
            raise PanelError(f"there is no variable '{name}'", mend=known_or_nearest(name, self.names))
        return self._frame[name].to_numpy(copy=True)

    def absent(self, name: str) -> np.ndarray:
        """Which rows (bool, one per row) have no value in a column."""
        found: np.ndarray = self._frame[name].isna().to_numpy()
        return found

    def codes(self, *names: str) -> np.ndarray:
        """Integer codes 0..L-1 (read-only) of one category or a combination; -1 where any is missing; order is by value."""
        found: np.ndarray = self._once(("codes", *names), lambda: _coded(self._frame, names))
        found.flags.writeable = False
        return found

    def keep(self, mask: np.ndarray, *, why: str) -> Panel:
        """The rows where `mask` (bool, one per row) holds, with the step in the history."""
        kept = self._frame.loc[mask].reset_index(drop=True)
        step = Step(before=self.rows, after=len(kept), why=why)
        return replace(self, _frame=kept, history=(*self.history, step))

    def take(self, positions: np.ndarray) -> Panel:
        """The rows at sorted `positions`, for one model's sample; says nothing in the history, the Sample does."""
        import numpy as np

        if np.array_equal(positions, np.arange(self.rows)):
            return self
        made = replace(self, _frame=self._frame.iloc[positions].reset_index(drop=True))
        for key, found in self._known.items():
            if key[0] == "codes":
                made._known[key] = _narrowed(found, positions)
        return made

    def extended(self, columns: Mapping[str, Any], variables: Iterable[Variable]) -> Panel:
        """The panel with further columns (arrays, one value per row), each with its variable.

        Raises
        ------
        PanelError
            As `Panel.of`, whose checks only the new columns need: the keys and their order are this panel's.
        """
        added = tuple(variables)
        new = {a.name for a in added}
        if new & {self.unit, self.time, *self.parts}:
            raise PanelError(f"{sorted(new)} would replace keys of the panel", mend="give the column another name")
        given = self._frame.assign(**{a.name: columns[a.name] for a in added})
        typed = {a.name: _of_kind(given[a.name], a) for a in added}
        known = tuple(v for v in self.variables if v.name not in new)
        frame = self._frame[[self.unit, self.time, *(v.name for v in known)]].assign(**typed)
        _refuse_infinite(frame, self.unit, self.time, added)
        made = replace(self, variables=(*known, *added), _frame=frame)
        kept = {key: v for key, v in self._known.items() if key[0] in ("codes", "units") and not new & set(key[1:])}
        made._known.update(kept)
        return made


def _coded(frame: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray:
    import numpy as np
    import pandas as pd

    if len(names) == 1:
        coded, _ = pd.factorize(frame[names[0]], sort=True)
        found: np.ndarray = coded.astype("int64")
        return found
    keys = frame[list(names)]
    missing = keys.isna().any(axis=1).to_numpy()
    codes = keys.groupby(list(names), sort=True, dropna=False).ngroup().to_numpy().astype("int64")
    if missing.any():
        codes[missing] = -1
        codes[~missing] = np.unique(codes[~missing], return_inverse=True)[1]
    return codes


def _narrowed(codes: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Codes of some rows, those of levels that are left without a row taken out."""
    import numpy as np

    left = codes[positions]
    there = np.bincount(left + 1, minlength=1) > 0  # -1, missing, comes first and stays
    there[0] = True
    return (np.cumsum(there) - 2)[left + 1]


def _typed(frame: pd.DataFrame, unit: str, time: str, variables: tuple[Variable, ...]) -> pd.DataFrame:
    typed = {unit: frame[unit].astype("object").map(lambda v: v if v is None or v != v else str(v))}
    times = frame[time]
    if times.isna().any() or not (times == times.astype("int64")).all():
        raise PanelError(
            f"the time '{time}' is missing or not whole somewhere", mend="give every row a whole number such as a year"
        )
    typed[time] = times.astype("int64")
    typed |= {variable.name: _of_kind(frame[variable.name], variable) for variable in variables}
    return type(frame)(typed)


def _of_kind(column: pd.Series, variable: Variable) -> pd.Series:
    """A column as the kind of its variable wants it: doubles, or texts."""
    if variable.kind == "number":
        return column.astype("float64")
    return column.astype("object").map(lambda v: None if v is None or v != v else str(v))


def _refuse_bad_keys(frame: pd.DataFrame, unit: str, time: str) -> None:
    if frame[unit].isna().any():
        raise PanelError(
            f"{counted(int(frame[unit].isna().sum()), 'rows have')} no {unit}", mend=f"give every row its {unit}"
        )
    twice = frame.duplicated([unit, time])
    if twice.any():
        first = frame.loc[twice, [unit, time]].iloc[0]
        raise PanelError(
            f"{unit} {first[unit]}, {time} {first[time]} stands more than once ({counted(int(twice.sum()), 'rows')} too many)",
            mend="keep one row per unit and time",
        )


def _refuse_bad_parts(frame: pd.DataFrame, unit: str, parts: tuple[str, ...]) -> None:
    """Parts must be columns, and a unit must be one value of each: no unit with two provinces, no two units of the same parts."""
    if not parts:
        return
    absent = [p for p in parts if p not in frame.columns]
    if absent:
        raise PanelError(f"the part '{absent[0]}' of the unit is no column", mend="declare it as a category")
    once = frame[[unit, *parts]].drop_duplicates()
    for keys in ([unit], list(parts)):
        twice = once[once.duplicated(keys, keep=False)]
        if len(twice) or once[list(parts)].isna().any(axis=None):
            first = once[once[list(parts)].isna().any(axis=1)] if not len(twice) else twice
            raise PanelError(
                f"units and their parts do not belong together: {first.iloc[0].to_dict()}",
                mend=f"give each {unit} one value of {' and of '.join(parts)}, and no two the same",
            )


def _refuse_infinite(frame: pd.DataFrame, unit: str, time: str, variables: tuple[Variable, ...]) -> None:
    import numpy as np

    for variable in variables:
        if variable.kind != "number":
            continue
        bad = np.isinf(frame[variable.name].to_numpy())
        if bad.any():
            row = frame.iloc[int(np.flatnonzero(bad)[0])]
            raise PanelError(
                f"'{variable.name}' is infinite for {unit} {row[unit]}, {time} {row[time]} ({counted(int(bad.sum()), 'cells')})",
                where=f"variables.{variable.name}",
                mend="a logarithm of zero or a division by zero makes this: look at its inputs there; where it stands for never (of a"
                " first treated period), leave it missing or write 0",
            )
