"""Units made of several parts, such as province and industry: one text for what needs one unit, and the parts back from it."""

from __future__ import annotations

from collections.abc import Iterable

JOINT = " / "
EVERY = "*"  # in place of a part over which a figure does not vary: "330000 / *" holds for every industry of Zhejiang


def joined(parts: Iterable[str]) -> str:
    """The parts as one text.

    >>> joined(["330000", "17"])
    '330000 / 17'
    """
    return JOINT.join(parts)


def parts_of(unit: str) -> tuple[str, ...]:
    """The parts of a unit; a unit of one part is its own.

    >>> parts_of("330000 / 17"), parts_of("Ohio")
    (('330000', '17'), ('Ohio',))
    """
    return tuple(unit.split(JOINT))


def level_of(unit: str) -> tuple[bool, ...]:
    """Over which of its parts a figure varies.

    >>> level_of("330000 / *")
    (True, False)
    """
    return tuple(part != EVERY for part in parts_of(unit))


def at_level(unit: str, level: tuple[bool, ...]) -> str:
    """The unit whose figure holds for `unit`, where figures vary over the parts of `level` only.

    >>> at_level("330000 / 17", (True, False)), at_level("330000 / 17", (True, True))
    ('330000 / *', '330000 / 17')
    """
    return joined(p if varies else EVERY for p, varies in zip(parts_of(unit), level, strict=True))
