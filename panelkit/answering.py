"""What a command answers: text or JSON on stdout, faults on stderr, exit codes 0, 1 and 2; the commands are in cli."""

from __future__ import annotations

import errno
import json
import re
import sys
from collections.abc import Callable
from typing import Any, TextIO

import typer

from panelkit.core.errors import PanelkitError

# signs of a stranger's file that would steer a terminal, or turn what is read
_STEERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def say(text: str) -> None:
    """A line on stdout; signs that its encoding does not have become '?', in place of an error."""
    _write(sys.stdout, text + "\n")


def _write(stream: TextIO, text: str) -> None:
    encoding = stream.encoding or "utf-8"
    stream.write(_STEERS.sub(_written, text).encode(encoding, "replace").decode(encoding))


def _written(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape", "surrogatepass").decode()


def as_json(value: Any) -> str:
    """JSON in plain ASCII where stdout could not hold it otherwise."""
    unicode = (sys.stdout.encoding or "utf-8").lower().replace("-", "").startswith("utf")
    return json.dumps(value, ensure_ascii=not unicode, indent=1)


def answer(work: Callable[[], tuple[Any, str, int]], in_json: bool) -> None:
    """Print what `work` gives (JSON value, text, exit code), or the faults; leave with the exit code."""
    try:
        value, text, code = _done(work)
    except PanelkitError as error:
        faults = [{"where": f.where, "what": f.what, "mend": f.mend} for f in error.faults]
        if in_json:
            say(as_json(faults))
        else:
            _write(sys.stderr, f"{error}\n")
            if len(faults) > 1:
                _write(sys.stderr, f"{len(faults)} faults\n")
        raise typer.Exit(2) from None
    say(as_json(value) if in_json else text)
    raise typer.Exit(code)


def _done(work: Callable[[], tuple[Any, str, int]]) -> tuple[Any, str, int]:
    """What `work` gives; what the system refuses (no room, no right, no such folder) as a fault with its path."""
    try:
        return work()
    except OSError as error:
        mend = {
            errno.ENOSPC: "make room and do it again; what was there is untouched",
            errno.EDQUOT: "make room and do it again; what was there is untouched",
            errno.EACCES: "name a place that may be written, such as --output FOLDER",
            errno.EROFS: "name a place that may be written, such as --output FOLDER",
            errno.ENAMETOOLONG: "shorten the path or the id",
        }.get(error.errno or 0, "look at this path")
        raise PanelkitError(error.strerror or str(error), where=str(error.filename or ""), mend=mend) from error
