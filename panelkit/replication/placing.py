"""Folders put in place whole: written beside, then exchanged in one step where the system can; what is in them is not looked at."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

_HERE = -100  # AT_FDCWD
_SWAP = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS


def exchange(left: Path, right: Path) -> bool:
    """Exchange two paths in one step; False, with nothing done, where system or file system has no such step."""
    try:
        library = ctypes.CDLL(None, use_errno=True)
        a, b = os.fsencode(left), os.fsencode(right)
        if sys.platform == "darwin":
            return int(library.renamex_np(a, b, _SWAP)) == 0
        return int(library.renameat2(_HERE, a, _HERE, b, _SWAP)) == 0
    except (AttributeError, OSError, TypeError, ValueError):
        return False


@contextlib.contextmanager
def alone(folder: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Keep other processes (and threads) that ask for the same folder out meanwhile; `waiting` is called where one must be waited for.

    The lock is the system's, on the folder itself: it leaves no file, and a process that is killed gives it up. Without such
    locks (Windows, some network drives) nothing is kept out.
    """
    try:
        import fcntl

        held = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(held, fcntl.LOCK_EX)
        except OSError:
            pass
        yield
    finally:
        os.close(held)


def put_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make `folder` hold just `files` (relative path -> bytes).

    Killed at any moment, this leaves the old folder or the new one, never a mixture. Where two folders cannot be exchanged there
    is a moment without either; `recover`, which the next call begins with, puts the old one back. Two processes that write the
    same folder do so one after the other.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with alone(folder.parent):
        _put(folder, files)


def _put(folder: Path, files: Mapping[str, bytes]) -> None:
    _recover(folder)
    beside, old = _beside(folder)
    try:
        for name in sorted(files):
            path = beside.joinpath(*name.split("/"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[name])
        beside.mkdir(parents=True, exist_ok=True)
    except BaseException as error:  # no room, no right to write, interrupted: the old folder stands
        shutil.rmtree(beside, ignore_errors=True)
        _name_place(error, folder)
        raise
    if not folder.exists():
        os.replace(beside, folder)
    elif exchange(beside, folder):
        shutil.rmtree(beside, ignore_errors=True)
    else:
        os.replace(folder, old)
        os.replace(beside, folder)
        shutil.rmtree(old, ignore_errors=True)


def put_file(path: Path, data: bytes) -> None:
    """Make `path` hold `data`, whole or not at all; what stood there before stands where this cannot be done."""
    beside = path.with_name(f".{path.name}.new")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        beside.write_bytes(data)
        os.replace(beside, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        _name_place(error, path)
        raise


def _name_place(error: BaseException, place: Path) -> None:
    """Let an error that names no file (a full disk) name the place that was to be written."""
    if isinstance(error, OSError) and error.filename is None:
        error.filename = str(place)


def recover(folder: Path) -> None:
    """Put the old folder back where a run was killed between two moves, and clear away what a killed run left beside it."""
    if folder.parent.is_dir():
        with alone(folder.parent):
            _recover(folder)


def _recover(folder: Path) -> None:
    beside, old = _beside(folder)
    if old.exists() and not folder.exists():
        os.replace(old, folder)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(beside, ignore_errors=True)


def _beside(folder: Path) -> tuple[Path, Path]:
    """Where the new folder is made, and where the old one waits."""
    return folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
