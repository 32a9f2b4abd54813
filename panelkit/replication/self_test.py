"""Level L5: the verifier tested on the package itself, by errors and forgeries put into a copy; says which slipped.

The package is not touched.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from panelkit.replication import standalone
from panelkit.replication.forgeries import tried_forgeries
from panelkit.replication.injections import Injection, injections
from panelkit.replication.package import MANIFEST, manifest_of

LONG = ("printed", "placed")  # parts of L1 that take longest, and are tried last where the others may find as much


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """Errors tried, caught (by L1, with the manifest made anew so that L0 sees nothing), and those that slipped.

    by_digest : the kinds of errors that were found by the digests in the ledger alone, not by what the file says.
    forged : by kind how many forgeries, a number changed wherever it stands, algebra caught, and how many were tried.
    """

    tried: int
    caught: int
    kinds: int
    slipped: tuple[str, ...]
    by_digest: dict[str, int] = field(default_factory=dict)
    forged: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __str__(self) -> str:
        alone = sum(self.by_digest.values())
        found, made = (sum(v[k] for v in self.forged.values()) for k in (0, 1))
        told = f"; {found} of {made} forgeries (one number changed wherever it stands) caught by algebra, of {len(self.forged)} kinds"
        return self._injected(alone) + (told if self.forged else "")

    def _injected(self, alone: int) -> str:
        return f"{self.caught} of {self.tried} injected errors caught, of {self.kinds} kinds" + (
            f"; {alone} by the ledger's digests alone, not by what is printed ({', '.join(self.by_digest)})"
            if alone
            else ""
        )


def read_files(folder: Path) -> dict[str, bytes]:
    """Every listed file of a package folder; links are left out."""
    listed, _, _ = standalone.read_manifest(str(folder))
    return {name: standalone.read(str(folder), name) for name in listed}


def self_test(folder: Path, *, each: int = 2, seed: int = 0) -> SelfTest:
    """Put errors into a copy of the package, one at a time, and count those that L1 finds though the manifest fits them.

    Then forgeries, which fit every digest and print, and are found by algebra.
    """
    files = read_files(folder)
    injected = tried(files, injections(files, each=each, seed=seed))
    forged, slipped = tried_forgeries(files, folder, each=each, seed=seed)
    return replace(injected, forged=forged, slipped=(*injected.slipped, *slipped))


def tried(files: dict[str, bytes], errors: Iterable[Injection]) -> SelfTest:
    """The outcome of trying each of `errors` on a copy of `files`."""
    kinds: set[str] = set()
    slipped: list[str] = []
    count, alone = 0, dict[str, int]()
    with tempfile.TemporaryDirectory(prefix="panelkit-l5-") as made:
        copy = Path(made)
        for name, data in files.items():
            _put(copy, name, data)
        likely: dict[str, str] = {}
        for error in errors:
            count += 1
            kinds.add(error.kind)
            how = caught(copy, files, error, likely)
            if how == "by digest":
                alone[error.kind] = alone.get(error.kind, 0) + 1
            if not how:
                slipped.append(f"{error.kind}: {error.where}")
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir(exist_ok=True)
    return SelfTest(
        tried=count,
        caught=count - len(slipped),
        kinds=len(kinds),
        slipped=tuple(slipped),
        by_digest=dict(sorted(alone.items())),
    )


def caught(copy: Path, files: dict[str, bytes], error: Injection, likely: dict[str, str]) -> str:
    """How L1 finds one error in the copy, which is as it was afterwards: 'by content', 'by digest', or '' where it does not.

    likely : kind of file -> the part of L1 that found the last error in such a file, which is tried first the next time; the
        parts after the one that finds an error are not waited for, which cannot unfind it.
    """
    spoilt = {n: d for n, d in {**files, **error.changed}.items() if d is not None}
    try:
        for name, data in error.changed.items():
            _put(copy, name, data)
        _put(copy, MANIFEST, manifest_of(spoilt).encode())
        return _found(copy, PurePosixPath(min(error.changed)), likely)
    finally:
        for name in error.changed:
            _put(copy, name, files.get(name))


def _found(copy: Path, changed: PurePosixPath, likely: dict[str, str]) -> str:
    """How the parts of L1 find something in the copy, tried in turn until one finds by content."""
    level, parts = standalone.Level("L1"), dict[str, Callable[[], None]]()
    place = f"{changed.parent}/*{changed.suffix}"

    def by_content() -> bool:
        return any(not text.endswith(standalone.BY_DIGEST) for _, text in level.findings)

    try:
        standalone.attempt(lambda: parts.update(standalone.steps(str(copy), level)), level)
        if by_content():
            return "by content"
        for name in sorted(parts, key=lambda part: (part != likely.get(place), part in LONG)):
            standalone.attempt(parts[name], level)
            if by_content():
                likely[place] = name
                return "by content"
    except OSError:
        return "by content"
    return "by digest" if level.findings else ""


def _put(folder: Path, name: str, data: bytes | None) -> None:
    path = folder.joinpath(*name.split("/"))
    if data is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
