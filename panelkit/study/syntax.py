"""What is wrong with a file that is no TOML, at which line, and how it is mended; reading TOML itself is Python's own."""

from __future__ import annotations

import re
import tomllib

from panelkit.core.errors import Fault

_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")
_NAME = re.compile(r"[^\s\"'=\[\].#]*[^\x00-\x7f][^\s\"'=\[\].#]*")
_LONGEST = 80  # signs of a line that are shown
_SEARCHED = 500  # lines from the end in which an open bracket is looked for

_MENDS = (
    (
        ("Cannot overwrite", "Cannot declare", "Cannot mutate", "Duplicate", "already"),
        "this key or section stands twice: keep one; of models, tables and figures write [[models]] with two brackets for each",
    ),
    (
        ("Illegal character '\\n'", "Unterminated string", "Expected \"'"),
        "a quotation mark is missing at the end of the text",
    ),
    (("Unclosed array",), "a ']' is missing"),
    (("Unclosed inline table",), "a '}' is missing"),
    (("Expected '=' after a key",), "write name = value; a text in quotation marks"),
    (("Invalid value",), "a text is written in quotation marks, a number or true and false without"),
    (("Unescaped '\\\\'", "Invalid hex"), "write '/' in paths, or the text between single quotation marks"),
    (
        ("Expected newline",),
        "something is left behind the value: one pair on a line, quotation marks inside a text as '...'",
    ),
)


def not_toml(text: str, error: tomllib.TOMLDecodeError, name: str) -> Fault:
    """The fault of a file that cannot be read as TOML: line by number and text, and what such a line most likely needs.

    >>> text = "a = 1\\na = 2"
    >>> try:
    ...     tomllib.loads(text)
    ... except tomllib.TOMLDecodeError as error:
    ...     fault = not_toml(text, error, "study.toml")
    >>> fault.where, fault.what
    ('study.toml, line 2', "this is not TOML: Cannot overwrite a value: 'a = 2'")
    """
    said = str(error)
    place = _PLACE.search(said)
    lines = text.splitlines()
    at = int(place[1]) if place and place[1] else _opened(lines)
    line = lines[at - 1].strip() if 0 < at <= len(lines) else ""
    what = f"this is not TOML: {_PLACE.sub('', said)}" + (f": '{line[:_LONGEST]}'" if line else "")
    mend = next((m for signs, m in _MENDS if any(s in said for s in signs)), "mend this line")
    own = _NAME.search(line)
    if own and "Invalid initial character for a key" in said:
        mend = f'put a name with letters beyond a-z in quotation marks: "{own[0]}"'
    return Fault(where=f"{name}, line {at}" if line else name, what=what, mend=mend)


def _opened(lines: list[str]) -> int:
    """The line where something was opened that the end of the file still waits for: the one behind the last whole part."""
    for count in range(len(lines) - 1, max(len(lines) - _SEARCHED, 0), -1):
        try:
            tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue
        return count + 1
    return len(lines)
