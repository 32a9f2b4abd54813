"""A package, folder or zip, held against itself level by level; estimates nothing itself: the reruns are handed in.

No code of a package is run, but for L3 where that is asked for (`Rebuild`).
"""

from __future__ import annotations

import json
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from panelkit.core.counted import counted
from panelkit.core.errors import PackageError, PanelkitError
from panelkit.core.label import Language
from panelkit.replication import archive, standalone
from panelkit.replication.models import crosscheck
from panelkit.replication.package import verifier
from panelkit.replication.rebuild import NotRerunError, Rebuild, documents, rebuilt
from panelkit.replication.rerun import Comparison, Parted, agree, compare, compare_checks, engines_part, parquet_parts
from panelkit.replication.self_test import self_test

Level = Literal["L0", "L1", "L2", "L3", "L4", "L5"]
Verdict = Literal["verified", "differs", "stale", "unbound", "not rerun"]
LEVELS: tuple[Level, ...] = ("L0", "L1", "L2", "L3", "L4", "L5")
DEFAULT: tuple[Level, ...] = ("L0", "L1", "L2")
LARGEST_JSON = 256 * 1024**2
LARGEST_STUDY = 2_000_001  # a longer one is refused where it is read as a study
UNLIKE = (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, MemoryError)

RerunNumbers = dict[str, Any]  # estimates made anew, in the form of estimates.json
Rerun = Callable[[Path], RerunNumbers]
Second = Callable[[Path], dict[str, Any]]  # second engines asked anew, in the form of checks.json


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What levels above L1 are done with; a level without its means is 'not rerun'.

    rerun : makes the estimates anew from `data/processed` and `study.toml` below the folder it is given (L2).
    second : asks the second engines anew, from the same (L4). rebuild : how L3 is done. each : errors of each kind (L5).
    plugins : a study that registers code of its own is not rerun unless 'run' is asked for.
    """

    rerun: Rerun | None = None
    second: Second | None = None
    rebuild: Rebuild = field(default_factory=Rebuild)
    each: int = 2
    plugins: Literal["refuse", "run"] = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Digits:
    """Numbers made anew against those of the package, to the digit.

    same : how many are the same to the last bit. nearest : of those that agree without that, the one that parts at the earliest
    digit. parted : those that do not agree.
    """

    same: int
    nearest: Parted | None
    parted: tuple[Parted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelResult:
    """One level: its verdict, how many things were compared, what was found wrong, what is only said, and the digits of L2 to L4."""

    level: Level
    verdict: Verdict
    compared: int
    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    digits: Digits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a package says of itself: study, its titles by language, the language of its report, and what it was made with."""

    study: str = ""
    titles: dict[str, str] = field(default_factory=dict)
    language: Language = "en"
    made_with: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All levels asked for. exit_code : 0 verified, 1 something differs, 2 a level could not be done. digest : of the manifest."""

    levels: tuple[LevelResult, ...]
    exit_code: int
    digest: str = ""
    notes: tuple[str, ...] = field(default=())
    subject: Subject = field(default_factory=Subject)

    def __str__(self) -> str:
        told = [asdict(level) for level in self.levels]
        lines = [standalone.headline(told), f"package {self.digest}"]
        for level in self.levels:
            said = standalone.MEANS[level.level]
            lines.append(f"{level.level} {level.verdict}: {level.compared} compared ({said})")
            lines += [f"  {finding}" for finding in level.findings]
            lines += [f"  note: {note}" for note in level.notes]
        lines += [f"note: {note}" for note in self.notes]
        if any(level.findings for level in self.levels):
            lines += ["where it differs (findings, file):", *standalone.where_it_differs(told)]
        return "\n".join([*lines, *(f"what to do - {text}" for text in standalone.advice(told))])


def verify(
    package: Path,
    *,
    levels: Sequence[Level] = DEFAULT,
    rerun: Rerun | None = None,
    means: Means | None = None,
    plugins: Literal["refuse", "run"] = "refuse",
) -> Report:
    """What holds of a package.

    Parameters
    ----------
    package : folder or zip.
    levels : those asked for. A level that cannot be done is 'not rerun' and makes the exit code 2.
    means : what levels above L1 are done with; `rerun` and `plugins` alone stand for `Means(rerun=..., plugins=...)`.

    Raises
    ------
    PackageError
        What is no package, or a zip that is unsafe to open.
    """
    means = means or Means(rerun=rerun, plugins=plugins)
    wanted = tuple(level for level in LEVELS if level in levels)
    if package.is_dir():
        return _verify(package, wanted, means)
    if not package.is_file():
        raise PackageError("there is no such package", where=str(package), mend="name a folder or a zip")
    with tempfile.TemporaryDirectory(prefix="panelkit-") as folder:
        return _verify(archive.extract(package, Path(folder)), wanted, means)


def _verify(folder: Path, levels: tuple[Level, ...], means: Means) -> Report:
    before = _stamps(folder)
    checked = standalone.verify(str(folder), [level for level in levels if level in ("L0", "L1")])
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
    further = {"L2": _from_panel, "L3": _from_raw, "L4": _second_engine, "L5": _self_test}
    results += [further[level](folder, means) for level in levels if level in further]
    if set(levels) & set(further) and _stamps(folder) != before:
        mend = "verify it again where nobody writes to it"
        raise PackageError("the package was changed while it was verified", where=folder.name, mend=mend)
    notes = []
    carried = folder / "verify.py"
    own = verifier().encode()
    if carried.is_file() and (
        carried.is_symlink() or carried.stat().st_size != len(own) or carried.read_bytes() != own
    ):
        notes.append("the verify.py in this package is not this panelkit's; it was not used")
    return Report(
        levels=tuple(results),
        exit_code=_exit_code(results),
        digest=checked["digest"],
        notes=tuple(notes),
        subject=_subject(folder),
    )


def _subject(folder: Path) -> Subject:
    """What the package is of, by its own words; nothing where they cannot be read."""
    try:
        head = tomllib.loads(standalone.read(str(folder), "study.toml").decode("utf-8"))["study"]
        made = json.loads(standalone.read(str(folder), "env/environment.json"))
        titles = head.get("title", "")
        titles = titles if isinstance(titles, dict) else {"en": titles, "zh": titles}
        return Subject(
            study=str(head["id"]),
            titles={k: str(v) for k, v in titles.items() if k in ("en", "zh")},
            language="zh" if head.get("language") == "zh" else "en",
            made_with={str(k): str(v) for k, v in {**made["versions"], **made["platform"]}.items()},
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, standalone.Cannot):
        return Subject()


def _stamps(folder: Path) -> list[tuple[str, int, int, int, int]]:
    try:
        return standalone.stamps(str(folder))
    except (standalone.Cannot, OSError):  # which the verifier says in its own words
        return []


def _exit_code(results: list[LevelResult]) -> int:
    verdicts = {r.verdict for r in results}
    if verdicts & {"differs", "stale", "unbound"}:
        return 1
    return 2 if "not rerun" in verdicts else 0


def _refused(level: Level, folder: Path, means: Means) -> LevelResult | None:
    """Why a study is not rerun at all: links or outsized files, it cannot be read, or it registers code of its own."""
    try:
        for name, kind in standalone.walk(str(folder)):
            if kind in ("link", "device"):
                return _not_rerun(level, f"{name} is a {kind}; what it leads to is no part of the package")
            if name.endswith((".csv", ".json", ".parquet", ".toml")) and (folder / name).stat().st_size > LARGEST_JSON:
                return _not_rerun(level, f"{name} is too large to be read")
        document = tomllib.loads(standalone.read(str(folder), "study.toml")[:LARGEST_STUDY].decode("utf-8"))
    except (OSError, ValueError, RecursionError, standalone.Cannot) as error:
        return _not_rerun(level, f"study.toml cannot be read: {error}")
    if _has_plugins(document) and means.plugins != "run":
        return _not_rerun(level, "the study registers code of its own (plugins), which is not run unless asked for")
    return None


def _from_panel(folder: Path, means: Means) -> LevelResult:
    """L2."""
    if means.rerun is None:
        return _not_rerun("L2", "nothing was handed in that estimates")
    if refused := _refused("L2", folder, means):
        return refused
    try:
        packaged = _read(folder / "results" / "estimates.json")
        anew = means.rerun(folder)
        twins = parquet_parts(folder)
        anew = json.loads(json.dumps(anew))
        result = compare(packaged, anew)
        if "checks" in anew:
            compare_checks(_read(folder / "results" / "checks.json"), anew["checks"], result)
    except PanelkitError as error:
        return LevelResult(level="L2", verdict="differs", compared=0, findings=tuple(map(str, error.faults)))
    except UNLIKE as error:
        return _not_rerun("L2", f"results/estimates.json or the panel cannot be read: {_said(error)}")
    told = f"{len(result.reworded)} sentences of checks have the same numbers in other words, those of this panelkit"
    return _compared("L2", result, further=twins, notes=(told,) if result.reworded else ())


def _from_raw(folder: Path, means: Means) -> LevelResult:
    """L3."""
    if refused := _refused("L3", folder, means):
        return refused
    try:
        packaged = {n: _read(folder / n) for n in ("results/estimates.json", "ledger.json")}
        files, said = rebuilt(folder, means.rebuild)
        anew = documents(files)
        result = compare(packaged["results/estimates.json"], anew["estimates"])
        compare_checks(_read(folder / "results" / "checks.json"), anew["checks"]["checks"], result, every=True)
        made, held = anew["ledger"], dict(packaged["ledger.json"]["numbers"])
    except NotRerunError as reason:
        return _not_rerun("L3", str(reason))
    except UNLIKE as error:
        return _not_rerun("L3", f"the package or the run from raw cannot be read: {_said(error)}")
    apart = []
    for cell in sorted({*made, *held}):
        a, b = (f"{e['shown']}{e['mark']}" if e else "nothing" for e in (held.get(cell), made.get(cell)))
        result.compared += 1
        if a != b:
            apart.append(f"{cell}: the package prints {a!r}, anew it is {b!r}")
    places = {
        n: f"data/processed/{n}" if n.startswith(("panel.csv", "panel.json", "codebook")) else n
        for n in files
        if n.startswith(("panel.csv", "panel.json", "codebook", "tables/", "figures/"))
    }
    there = [n for n, place in places.items() if (folder / place).is_file()]
    other = [places[n] for n in there if (folder / places[n]).read_bytes() != files[n]]
    told = f": not {', '.join(other[:5])}" if other else ""
    notes = (
        *said,
        f"{len(there) - len(other)} of {counted(len(there), 'files')} of panel, tables and figures came out the same to the byte{told}",
    )
    return _compared("L3", result, further=apart, notes=notes)


def _second_engine(folder: Path, means: Means) -> LevelResult:
    """L4."""
    if means.second is None:
        return _not_rerun("L4", "nothing was handed in that asks a second engine")
    if refused := _refused("L4", folder, means):
        return refused
    try:
        packaged = _read(folder / "results" / "crosscheck.json")
        estimates = _read(folder / "results" / "estimates.json")["estimates"]
        anew = crosscheck(json.loads(json.dumps(means.second(folder))), estimates)
        result, findings = agree(packaged, anew)
    except PanelkitError as error:
        return LevelResult(level="L4", verdict="differs", compared=0, findings=tuple(map(str, error.faults)))
    except UNLIKE as error:
        return _not_rerun("L4", f"results/crosscheck.json cannot be read: {_said(error)}")
    notes = [
        f"{m['id']}: no second engine at run time ({m['confirmation']})" for m in anew["models"] if not m["values"]
    ]
    findings += [f"{m['id']}: {m['text']['en']}" for m in anew["models"] if m["verdict"] == "fails"]
    notes += engines_part(anew)
    return _compared("L4", result, further=findings, notes=tuple(notes))


def _self_test(folder: Path, means: Means) -> LevelResult:
    """L5."""
    try:
        held = standalone.verify(str(folder), ["L1"])
        if held["exit_code"]:
            return _not_rerun("L5", "the package does not verify as it is, so no error can be told from its own")
        made = self_test(folder, each=means.each)
    except (*UNLIKE, standalone.Cannot) as error:
        return _not_rerun("L5", f"no errors can be put into this package: {_said(error)}")
    return LevelResult(
        level="L5",
        verdict="differs" if made.slipped else "verified",
        compared=made.tried + sum(count for _, count in made.forged.values()),
        findings=tuple(f"slipped: {s}" for s in made.slipped),
        notes=(str(made), "what only the digest of the package tells (licence, programs, pictures) is not among them"),
    )


def _compared(
    level: Level, result: Comparison, *, further: Sequence[str] = (), notes: tuple[str, ...] = ()
) -> LevelResult:
    findings = (*map(str, result.parted), *further)
    if not result.compared:
        return _not_rerun(level, "there is no number to compare")
    return LevelResult(
        level=level,
        verdict="differs" if findings else "verified",
        compared=result.compared,
        findings=findings,
        notes=notes,
        digits=Digits(same=result.same, nearest=result.nearest, parted=tuple(result.parted)),
    )


def _has_plugins(document: dict[str, Any]) -> bool:
    head = document.get("study")
    return bool(document.get("plugins")) or (isinstance(head, dict) and bool(head.get("plugins")))


def _read(path: Path) -> dict[str, Any]:
    if path.stat().st_size > LARGEST_JSON:
        raise ValueError("it is larger than any results are")
    read = json.loads(path.read_text(encoding="utf-8"), parse_int=standalone.whole)
    if not isinstance(read, dict):
        raise ValueError(f"{path.name} is no table of results")
    return read


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def _not_rerun(level: Level, why: str) -> LevelResult:
    return LevelResult(level=level, verdict="not rerun", compared=0, notes=(why,))
