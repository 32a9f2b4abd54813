"""What the verifier finds, and the files of a package as it reads them: never through a link, never without a bound."""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
from typing import Any

MANIFEST = "MANIFEST.sha256"
LARGEST = 256 * 1024 * 1024  # bytes of one file that is read whole
MOST_FILES = 20000


class Cannot(Exception):  # noqa: N818
    """This is no package, or one that must not be opened."""


class Level:
    """What one level compared and found; the worst kind of finding is its verdict."""

    def __init__(self, name: str) -> None:
        self.name, self.compared = name, 0
        self.findings: list[tuple[str, str]] = []
        self.notes: list[str] = []

    def find(self, kind: str, text: str) -> None:
        """Note something wrong: 'differs', 'stale' or 'unbound'."""
        if (kind, text) not in self.findings:
            self.findings.append((kind, text))

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
        return {
            "level": self.name,
            "verdict": verdict,
            "compared": self.compared,
            "findings": findings,
            "notes": self.notes,
        }


def read(folder: str, name: str) -> bytes:
    """The bytes of a file of the package; links and outsized files are not followed."""
    path = os.path.join(folder, *name.split("/"))
    if os.path.islink(path) or not os.path.isfile(path):
        raise Cannot(f"there is no file {name}")
    if os.path.getsize(path) > LARGEST:
        raise Cannot(f"{name} is too large to be read")
    with open(path, "rb") as file:
        return file.read()


def unsafe(name: str) -> bool:
    """Whether a path would leave the package or cannot stand on every machine."""
    odd = name.startswith("/") or "\\" in name or ":" in name or any(ord(c) < 32 for c in name)
    return odd or any(p in ("", ".", "..") for p in name.split("/"))


def walk(folder: str, below: str = "") -> list[tuple[str, str]]:
    """Every entry below a folder as (path, kind): 'file', 'link', 'empty folder' or 'device'; no link is followed."""
    found: list[tuple[str, str]] = []
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
        return json.loads(read(folder, name).decode("utf-8"))
    except (ValueError, RecursionError):
        raise Cannot(f"{name} cannot be read as JSON") from None


def names_below(folder: str, below: str) -> list[str]:
    """The files below a folder of the package, sorted."""
    return [name for name, kind in walk(folder) if name.startswith(below) and kind == "file"]


def unzipped(data: bytes, most: int = LARGEST) -> bytes:
    """The content of a gzip file, refused where it is far larger than a package's is."""
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as opened:
        content = opened.read(most + 1)
    if len(content) > most:
        raise Cannot("a compressed file unpacks to far too much")
    return content


def of_battery(folder: str, name: str) -> bool:
    """Whether a model is a specification of a robustness battery that the study declares."""
    study = read(folder, "study.toml").decode("utf-8")
    return "__" in name and f"[robustness.{name.partition('__')[0]}" in study
