"""What a command answers: text or JSON on stdout, faults on stderr, exit codes 0, 1, 2 and 130; the commands are in cli."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import sys
from collections.abc import Callable
from typing import Any, TextIO

import typer

from panelkit.core.counted import counted
from panelkit.core.errors import PanelkitError

INTERRUPTED = 130  # as shells say of what Ctrl-C ended
# signs of a stranger's file that would steer a terminal, or turn what is read
_STEERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def say(text: str) -> None:
    """A line on stdout; signs that its encoding does not have become '?', in place of an error.

    A reader that has left (`| head -1`) ends the telling and not the work: what is to be written is written all the same.

    Raises
    ------
    PanelkitError
        What takes the output in cannot: a full disk.
    """
    try:
        _write(sys.stdout, text + "\n")
    except BrokenPipeError:
        silence(sys.stdout)
    except OSError as error:
        silence(sys.stdout)
        mend = "give the output a place with room, or none"
        raise PanelkitError(error.strerror or str(error), where="standard output", mend=mend) from None


def _complain(text: str) -> None:
    """A line on stderr, where there is one that takes it in."""
    try:
        _write(sys.stderr, text + "\n")
    except OSError:
        silence(sys.stderr)


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # panelkit was started without it
        return
    encoding = stream.encoding or "utf-8"
    stream.write(_STEERS.sub(_written, text).encode(encoding, "replace").decode(encoding))
    stream.flush()


def silence(stream: TextIO) -> None:
    """Let a stream that nobody takes in go nowhere, also what is in it still when Python ends."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _written(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape", "surrogatepass").decode()


def as_json(value: Any) -> str:
    """JSON in plain ASCII where stdout could not hold it otherwise."""
    encoding = (sys.stdout.encoding if sys.stdout is not None else "") or "utf-8"
    unicode = encoding.lower().replace("-", "").startswith("utf")
    return json.dumps(value, ensure_ascii=not unicode, indent=1)


def answer(work: Callable[[], tuple[Any, str, int]], in_json: bool) -> None:
    """Print what `work` gives (JSON value, text, exit code), or the faults; leave with the exit code, 130 where it was interrupted."""
    try:
        value, text, code = _done(work)
        say(as_json(value) if in_json else text)
    except PanelkitError as error:
        _refuse(error, in_json)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        _complain("interrupted: what was there before is untouched")
        raise typer.Exit(INTERRUPTED) from None
    raise typer.Exit(code)


def _refuse(error: PanelkitError, in_json: bool) -> None:
    faults = [{"where": f.where, "what": f.what, "mend": f.mend} for f in error.faults]
    if in_json:
        try:
            say(as_json(faults))
            return
        except PanelkitError as deaf:
            error = deaf
    _complain(f"{error}")
    if len(error.faults) > 1:
        _complain(counted(len(faults), "faults"))


_MENDS = {
    errno.ENOSPC: "make room and do it again; what was there is untouched",
    errno.EDQUOT: "make room and do it again; what was there is untouched",
    errno.EFBIG: "files of this size are not allowed here: lift the limit (ulimit -f), or write elsewhere",
    errno.EACCES: "give yourself the right to it, or name another place",
    errno.EPERM: "give yourself the right to it, or name another place",
    errno.EROFS: "name a place that may be written",
    errno.ENAMETOOLONG: "shorten the path or the id",
    errno.EEXIST: "there is a file where a folder is due: name another place",
    errno.ENOTDIR: "there is a file where a folder is due: name another place",
    errno.EISDIR: "there is a folder where a file is due: name another place",
    errno.ELOOP: "a link leads back to itself: name the place itself",
    errno.ENOENT: "make it first, or name one that is there",
}


def _done(work: Callable[[], tuple[Any, str, int]]) -> tuple[Any, str, int]:
    """What `work` gives; what the system refuses (no room, no right, no such folder, no memory) as a fault with its path."""
    try:
        return work()
    except OSError as error:
        mend = _MENDS.get(error.errno or 0, "look at this path")
        raise PanelkitError(error.strerror or str(error), where=str(error.filename or ""), mend=mend) from error
    except MemoryError as error:
        mend = "give it more memory (ulimit -v), or cut the files to the years and series the study needs"
        raise PanelkitError("there is not enough memory", mend=mend) from error
