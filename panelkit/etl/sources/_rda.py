"""Data frames out of R's saved files (.rda, .RData, .rds): only vectors are read, nothing of R is called or evaluated."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from panelkit.core.errors import SourceError

LARGEST_UNPACKED = 512 * 2**20  # bytes
DEEPEST = 200  # lists within lists
MOST_COMPACT = 10_000_000  # numbers that stand in the file as "from, to" only

_NA_INTEGER = -(2**31)
_NA_REAL = bytes.fromhex("000007a2")  # low word of R's missing number, another payload than other NaNs
_NIL = frozenset({254, 253, 252, 251, 242, 241, 250})
_SYMBOL, _PAIRLIST, _CHARACTER, _LOGICAL, _INTEGER, _REAL, _TEXT, _LIST = 1, 2, 9, 10, 13, 14, 16, 19
_REFERENCE, _ALTERNATIVE = 255, 238


@dataclass(slots=True)
class Value:
    """A vector or list of R with its attributes; blanks are None."""

    items: list[Any]
    attributes: dict[str, Any] = field(default_factory=dict)


class _UnreadableError(Exception):
    """What stands there is no vector, list or text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFrame:
    """A data frame: its name in the file, names of its columns, and its cells by column."""

    name: str
    names: tuple[str, ...]
    columns: tuple[list[Any], ...]


def data_frames(data: bytes, where: str) -> list[DataFrame]:
    """Every data frame in a saved R file, in the order of the file.

    Raises
    ------
    SourceError
        It is no saved R file, a damaged one, or holds no data frame.

    Source
    ------
    R Internals, 1.8 Serialization Formats (XDR, versions 2 and 3).
    """
    try:
        raw = _unpacked(data)
        head = raw[:5]
        reader = _Reader(BytesIO(raw[5:] if head in (b"RDX2\n", b"RDX3\n") else raw))
        root = reader.start()
    except (
        _UnreadableError,
        struct.error,
        IndexError,
        OSError,
        EOFError,
        ValueError,
        OverflowError,
        TypeError,
        AttributeError,
        RecursionError,
        lzma.LZMAError,
    ) as fault:
        raise SourceError(
            f"the R file cannot be read ({str(fault)[:80] or type(fault).__name__})",
            where=where,
            mend="save the data frame in R with save(x, file = ...) or as .csv; functions and environments are not read",
        ) from None
    objects = root.attributes if not root.items else {"": root}
    found = [f for name, value in objects.items() if (f := _frame(name, value)) is not None]
    if not found:
        held = ", ".join(objects) or "nothing"
        raise SourceError(f"the R file holds no data frame (it holds {held})", where=where, mend="save a data frame")
    return found


def _unpacked(data: bytes) -> bytes:
    openers = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\x00", lzma.open))
    for mark, opener in openers:
        if data.startswith(mark):
            with opener(BytesIO(data)) as file:
                unpacked: bytes = file.read(LARGEST_UNPACKED + 1)
            if len(unpacked) > LARGEST_UNPACKED:
                raise _UnreadableError(f"it unpacks to more than {LARGEST_UNPACKED // 2**20} MB")
            return unpacked
    return data


def _frame(name: str, value: Any) -> DataFrame | None:
    if not isinstance(value, Value) or "names" not in value.attributes:
        return None
    kinds = value.attributes.get("class")
    if not isinstance(kinds, Value) or "data.frame" not in kinds.items:
        return None
    columns = [_column(c) for c in value.items]
    if len({len(c) for c in columns}) > 1:
        return None
    return DataFrame(name=name, names=tuple(map(str, value.attributes["names"].items)), columns=tuple(columns))


def _column(value: Any) -> list[Any]:
    """Cells of a column, the texts of a factor in place of its codes."""
    if not isinstance(value, Value):
        return []
    levels = value.attributes.get("levels")
    if isinstance(levels, Value):
        return [None if i is None else levels.items[i - 1] for i in value.items]
    return value.items


class _Reader:
    """Reads one serialised value after another; references count the symbols seen."""

    def __init__(self, stream: BytesIO) -> None:
        self.stream = stream
        self.left = len(stream.getbuffer())
        self.seen: list[str] = []
        self.depth = 0
        self.compact = 0  # numbers written out so far of what stands as "from, to"

    def take(self, size: int) -> bytes:
        self.left -= size
        if size < 0 or self.left < 0:
            raise _UnreadableError("it ends too early")
        return self.stream.read(size)

    def integer(self) -> int:
        return int(struct.unpack(">i", self.take(4))[0])

    def start(self) -> Value:
        """The whole: for .rda a pairlist of named values, given as the attributes of an empty value."""
        if self.take(2) != b"X\n":
            raise _UnreadableError("it is not in R's binary format (XDR)")
        version = self.integer()
        self.take(8)
        if version == 3:
            self.take(self.integer())
        elif version != 2:
            raise _UnreadableError(f"its format is version {version}")
        value = self.value()
        if isinstance(value, dict):
            return Value([], value)
        if not isinstance(value, Value):
            raise _UnreadableError("it holds no data")
        return value

    def value(self) -> Any:
        """The next value: Value, dict of a pairlist, str of a symbol or text, None."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise _UnreadableError("lists within lists without end")
        try:
            return self._value()
        finally:
            self.depth -= 1

    def _value(self) -> Any:
        flags = self.integer()
        kind, has_attributes, has_tag = flags & 255, bool(flags & 512), bool(flags & 1024)
        if kind in _NIL:
            return None
        if kind == _REFERENCE:
            return self.seen[(flags >> 8 or self.integer()) - 1]
        if kind == _SYMBOL:
            self.seen.append(str(self.value()))
            return self.seen[-1]
        if kind == _PAIRLIST:
            return self._pairlist(has_attributes, has_tag)
        if kind == _CHARACTER:
            return self._text(flags)
        if kind == _ALTERNATIVE:
            return self._alternative()
        found = Value(list(self._items(kind)))
        if has_attributes:
            found.attributes = self.value() or {}
        return found

    def _pairlist(self, has_attributes: bool, has_tag: bool) -> dict[str, Any]:
        pairs: dict[str, Any] = {}
        while True:
            if has_attributes:
                self.value()
            name = str(self.value()) if has_tag else str(len(pairs))
            pairs[name] = self.value()
            flags = self.integer()
            if flags & 255 in _NIL:
                return pairs
            if flags & 255 != _PAIRLIST:
                raise _UnreadableError("a list ends in something else")
            has_attributes, has_tag = bool(flags & 512), bool(flags & 1024)

    def _text(self, flags: int) -> str | None:
        size = self.integer()
        if size == -1:
            return None
        raw = self.take(size)
        if (flags >> 12) & 4:
            return raw.decode("latin-1")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:  # texts of R on a Chinese Windows before R 4.2
            return raw.decode("gb18030")

    def _count(self, width: int) -> int:
        count = self.integer()
        if count == -1:
            count = (self.integer() << 32) + self.integer()
        if count < 0 or count * width > self.left:
            raise _UnreadableError("a vector is longer than the file")
        return count

    def _items(self, kind: int) -> Iterator[Any]:
        if kind in (_LOGICAL, _INTEGER):
            count = self._count(4)
            for item in struct.unpack(f">{count}i", self.take(4 * count)):
                yield None if item == _NA_INTEGER else (bool(item) if kind == _LOGICAL else item)
        elif kind == _REAL:
            count = self._count(8)
            raw = self.take(8 * count)
            for at, item in enumerate(struct.unpack(f">{count}d", raw)):
                missing = item != item and raw[8 * at + 4 : 8 * at + 8] == _NA_REAL
                yield None if missing else item
        elif kind in (_TEXT, _LIST):
            for _ in range(self._count(4)):
                yield self.value()
        else:
            raise _UnreadableError(f"a value of R's kind {kind} (function, environment, raw bytes) is not read")

    def _alternative(self) -> Value:
        """R's compact forms: runs of numbers, texts of numbers, and wrapped vectors."""
        info, state, attributes = self.value(), self.value(), self.value()
        name = next(iter(info.values())) if isinstance(info, dict) else ""
        if name in ("compact_intseq", "compact_realseq"):
            count, first, step = state.items
            self.compact += max(int(count), 0)
            if self.compact > MOST_COMPACT:
                raise _UnreadableError(f"runs of more than {MOST_COMPACT:,} numbers")
            made = Value([first + i * step for i in range(int(count))])
            if name == "compact_intseq":
                made.items = [int(i) for i in made.items]
        elif name == "deferred_string":
            held = next(iter(state.values())) if isinstance(state, dict) else state
            made = Value([None if i is None else f"{i:.15g}" for i in held.items])
        elif str(name).startswith("wrap_"):
            made = next(iter(state.values())) if isinstance(state, dict) else state.items[0]
        else:
            made = None
        if not isinstance(made, Value):
            raise _UnreadableError(f"R's compact form '{name}' is not read")
        if isinstance(attributes, dict):
            made.attributes = attributes
        return made
