"""Letters that hide or turn what is read, and those that steer a terminal; where they may stand is for those who ask."""

from __future__ import annotations

TURNS = frozenset({*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C})  # bidirectional controls
CONTROLS = frozenset({*range(0x20)} - {9, 10, 13} | {*range(0x7F, 0xA0), 0x200B, 0x2060, 0x2028, 0x2029, 0xFEFF})


def deceiving(text: str) -> str:
    """The first letters of a text that deceive its reader, by their codes; "" where there are none.

    >>> deceiving("gpj\\u202eexe"), deceiving("plain text")
    ('U+202E', '')
    """
    found = sorted({ord(c) for c in text} & (TURNS | CONTROLS))
    return ", ".join(f"U+{c:04X}" for c in found[:4])


def without(text: str) -> str:
    """A text without the letters that deceive its reader."""
    return "".join(c for c in text if ord(c) not in TURNS and ord(c) not in CONTROLS)
