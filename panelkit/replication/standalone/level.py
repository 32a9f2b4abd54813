"""What the verifier finds, and the files of a package as it reads them: never through a link, never without a bound."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import stat
import unicodedata
from typing import Any

MANIFEST = "MANIFEST.sha256"
LARGEST = 256 * 1024 * 1024  # bytes of one file that is read whole
LARGEST_PACKAGE = 4 * 1024**3
MOST_FILES = 20000
LONGEST_RECORD = 2_000_000  # bytes of a line of a table
DEEPEST_FOLDER = 40  # folders within folders
MOST_FINDINGS, LONGEST_FINDING = 1000, 1000  # findings of a level that are told, and signs of each
LONGEST_INTEGER = 30  # digits; counts and seeds are far shorter, and a longer one fits no double
DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")  # no file can be called so on Windows
HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


class Cannot(Exception):  # noqa: N818
    """This is no package, or one that must not be opened."""


class Level:
    """What one level compared and found; the worst kind of finding is its verdict."""

    def __init__(self, name: str) -> None:
        self.name, self.compared = name, 0
        self.findings: dict[tuple[str, str], None] = {}
        self.more = 0  # findings beyond those that are told
        self.notes: list[str] = []

    def find(self, kind: str, text: str) -> None:
        """Note something wrong: 'differs', 'stale' or 'unbound'."""
        shown = (
            visible(text)
            if len(text) <= LONGEST_FINDING
            else visible(f"{text[:LONGEST_FINDING]} ... ({len(text)} signs)")
        )
        if (kind, shown) in self.findings:
            return
        if len(self.findings) < MOST_FINDINGS:
            self.findings[kind, shown] = None
        else:
            self.more += 1

    def hold(self, holds: bool, kind: str, text: str) -> None:
        """Count a comparison, and note it where it does not hold."""
        self.compared += 1
        if not holds:
            self.find(kind, text)

    def told(self) -> dict[str, Any]:
        """The level as JSON."""
        kinds = {kind for kind, _ in self.findings}
        whole = "verified" if self.compared else "not rerun"
        verdict = next((k for k in ("differs", "stale", "unbound") if k in kinds), whole)
        findings = [f"{kind}: {text}" for kind, text in self.findings]
        findings += [f"{whole if not kinds else verdict}: and {self.more} findings more"] if self.more else []
        return {
            "level": self.name,
            "verdict": verdict,
            "compared": self.compared,
            "findings": findings,
            "notes": self.notes,
        }


def read(folder: str, name: str) -> bytes:
    """The bytes of a file of the package; links and outsized files are not followed."""
    path = folder
    for part in name.split("/"):
        path = os.path.join(path, part)
        if os.path.islink(path):
            raise Cannot(f"{name} is reached through a link")
    if not os.path.isfile(path):
        raise Cannot(f"there is no file {name}")
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise Cannot(f"{name} cannot be read: {error.strerror}") from None
    if len(data) > LARGEST:
        raise Cannot(f"{name} is too large to be read")
    if name.endswith(".csv") and endless(data) and (not name.startswith("data/") or name.startswith("data/processed/")):
        raise Cannot(f"{name} has a line without end")
    return data


def endless(data: bytes) -> bool:
    """Whether a line is longer than a table's is; as fields it would take many times its size."""
    return any(len(line) > LONGEST_RECORD for line in io.BytesIO(data))


def unsafe(name: str) -> bool:
    """Whether a path would leave the package or cannot stand on every machine."""
    odd = name.startswith("/") or "\\" in name or ":" in name or HIDDEN.search(name) or len(name) > 400
    parts = name.split("/")
    return bool(odd) or any(p in ("", ".", "..") or p[-1] in ". " or DEVICES.match(p) for p in parts)


def folded(name: str) -> str:
    r"""What two names have alike that are one on a system which ignores case, or how a letter with its accent is written.

    >>> folded("Caf\u00e9.csv") == folded("CAFE\u0301.CSV")
    True
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).upper()).casefold()


def visible(text: str) -> str:
    r"""A text without signs that steer a terminal, hide or turn what is read: each is written out.

    >>> visible("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return HIDDEN.sub(lambda found: found.group().encode("unicode_escape", "surrogatepass").decode(), text)


def stamps(folder: str) -> list[tuple[str, int, int, int, int]]:
    """Size, place and times of every file below a folder: they are the same again where nothing was changed meanwhile."""
    found = []
    for name, kind in walk(folder):
        told = os.lstat(os.path.join(folder, *name.split("/")))
        found.append((f"{kind} {name}", told.st_size, told.st_ino, told.st_mtime_ns, told.st_ctime_ns))
    return found


def walk(folder: str, below: str = "") -> list[tuple[str, str]]:
    """Every entry below a folder as (path, kind): 'file', 'link', 'empty folder' or 'device'; no link is followed."""
    found: list[tuple[str, str]] = []
    if below.count("/") > DEEPEST_FOLDER:
        raise Cannot("there are folders within folders without end")
    with os.scandir(os.path.join(folder, below)) as opened:
        entries = sorted(opened, key=lambda e: e.name)
    for entry in entries:
        name = below + entry.name
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):
            found.append((name, "link"))
        elif stat.S_ISDIR(mode):
            found += walk(folder, name + "/") or [(name, "empty folder")]
        else:
            found.append((name, "file" if stat.S_ISREG(mode) else "device"))
        if len(found) > MOST_FILES:
            raise Cannot("there are more files than a package has")
    return found


def load(folder: str, name: str) -> Any:
    """A JSON file of the package."""
    try:
        return json.loads(read(folder, name).decode("utf-8"), parse_int=whole)
    except (ValueError, RecursionError):
        raise Cannot(f"{name} cannot be read as JSON") from None


def whole(digits: str) -> int:
    """A whole number of a JSON file; one that no result has is refused before it is reckoned with."""
    if len(digits) > LONGEST_INTEGER:
        raise ValueError("it holds an endless number")
    return int(digits)


def names_below(folder: str, below: str) -> list[str]:
    """The files below a folder of the package, sorted."""
    return [name for name, kind in walk(folder) if name.startswith(below) and kind == "file"]


def unzipped(data: bytes, most: int = LARGEST) -> bytes:
    """The content of a gzip file, refused where it is far larger than a package's is."""
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as opened:
        content = opened.read(most + 1)
    if len(content) > most:
        raise Cannot("a compressed file unpacks to far too much")
    if endless(content):
        raise Cannot("a compressed file has a line without end")
    return content


def of_battery(folder: str, name: str) -> bool:
    """Whether a model is a specification of a robustness battery that the study declares."""
    study = read(folder, "study.toml").decode("utf-8")
    return "__" in name and f"[robustness.{name.partition('__')[0]}" in study
