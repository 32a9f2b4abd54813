"""A package, folder or zip, held against itself level by level; runs no code of it and estimates nothing: the rerun is handed in."""

from __future__ import annotations

import json
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from panelkit.core.errors import PackageError, PanelkitError
from panelkit.replication import archive, standalone
from panelkit.replication.package import verifier
from panelkit.replication.rerun import compare

Level = Literal["L0", "L1", "L2"]
Verdict = Literal["verified", "differs", "stale", "unbound", "not rerun"]
LEVELS: tuple[Level, ...] = ("L0", "L1", "L2")
LARGEST_JSON = 256 * 1024**2

RerunNumbers = dict[str, Any]  # estimates made anew, in the form of estimates.json
Rerun = Callable[[Path], RerunNumbers]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelResult:
    """One level: its verdict, how many things were compared, what was found wrong, and what is only said."""

    level: Level
    verdict: Verdict
    compared: int
    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All levels asked for. exit_code : 0 verified, 1 something differs, 2 a level could not be done. digest : of the manifest."""

    levels: tuple[LevelResult, ...]
    exit_code: int
    digest: str = ""
    notes: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        lines = [f"package {self.digest}"]
        for level in self.levels:
            lines.append(f"{level.level} {level.verdict}: {level.compared} compared")
            lines += [f"  {finding}" for finding in level.findings]
            lines += [f"  note: {note}" for note in level.notes]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


def verify(
    package: Path,
    *,
    levels: Sequence[Level] = LEVELS,
    rerun: Rerun | None = None,
    plugins: Literal["refuse", "run"] = "refuse",
) -> Report:
    """What holds of a package.

    Parameters
    ----------
    package : folder or zip.
    levels : those asked for. A level that cannot be done is 'not rerun' and makes the exit code 2.
    rerun : makes the estimates anew from `data/processed` and `study.toml` below the folder it is given (L2).
    plugins : a study that registers code of its own is not rerun unless 'run' is asked for.

    Raises
    ------
    PackageError
        What is no package, or a zip that is unsafe to open.
    """
    if package.is_dir():
        return _verify(package, tuple(levels), rerun, plugins)
    if not package.is_file():
        raise PackageError("there is no such package", where=str(package), mend="name a folder or a zip")
    with tempfile.TemporaryDirectory(prefix="panelkit-") as folder:
        return _verify(archive.extract(package, Path(folder)), tuple(levels), rerun, plugins)


def _verify(folder: Path, levels: tuple[Level, ...], rerun: Rerun | None, plugins: str) -> Report:
    checked = standalone.verify(str(folder), [level for level in levels if level != "L2"])
    if checked["cannot"]:
        raise PackageError(
            checked["cannot"],
            where=folder.name,
            mend="give a package made by panelkit package, as its author published it",
        )
    results = [
        LevelResult(
            level=found["level"],
            verdict=found["verdict"],
            compared=found["compared"],
            findings=tuple(found["findings"]),
            notes=tuple(found["notes"]),
        )
        for found in checked["levels"]
    ]
    if "L2" in levels:
        results.append(_rerun(folder, rerun, plugins))
    notes = []
    carried = folder / "verify.py"
    if carried.is_file() and not carried.is_symlink() and carried.read_bytes() != verifier().encode():
        notes.append("the verify.py in this package is not this panelkit's; it was not used")
    return Report(levels=tuple(results), exit_code=_exit_code(results), digest=checked["digest"], notes=tuple(notes))


def _exit_code(results: list[LevelResult]) -> int:
    verdicts = {r.verdict for r in results}
    if verdicts & {"differs", "stale", "unbound"}:
        return 1
    return 2 if "not rerun" in verdicts else 0


def _rerun(folder: Path, rerun: Rerun | None, plugins: str) -> LevelResult:
    if rerun is None:
        return _not_rerun("nothing was handed in that estimates")
    try:
        document = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
        packaged = _read(folder / "results" / "estimates.json")
    except (OSError, ValueError) as error:
        return _not_rerun(f"study.toml or results/estimates.json cannot be read: {error}")
    if _has_plugins(document) and plugins != "run":
        return _not_rerun("the study registers code of its own (plugins), which is not run unless asked for")
    try:
        anew = rerun(folder)
    except PanelkitError as error:
        return LevelResult(level="L2", verdict="differs", compared=0, findings=tuple(map(str, error.faults)))
    result = compare(packaged, json.loads(json.dumps(anew)))
    findings = [str(p) for p in result.parted]
    if not result.compared:
        return _not_rerun("there is no number in results/estimates.json")
    return LevelResult(
        level="L2",
        verdict="differs" if findings else "verified",
        compared=result.compared,
        findings=tuple(findings),
    )


def _has_plugins(document: dict[str, Any]) -> bool:
    head = document.get("study")
    return bool(document.get("plugins")) or (isinstance(head, dict) and bool(head.get("plugins")))


def _read(path: Path) -> dict[str, Any]:
    if path.stat().st_size > LARGEST_JSON:
        raise ValueError("it is larger than any results are")
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def _not_rerun(why: str) -> LevelResult:
    return LevelResult(level="L2", verdict="not rerun", compared=0, notes=(why,))
