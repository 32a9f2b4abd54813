"""Where packages are held against themselves: interpreters, hash seeds, threads, languages and time zones; no package is made here.

A place is tried as a program sees it that calls `setlocale(LC_ALL, "")`, as editors do: files are opened in the place's own
encoding where none is named, and C libraries write decimals as the place does.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"
SEEDS = range(8)
THREADS = (1, 2)
OLDEST = (3, 11)  # that panelkit runs on


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A locale and a time zone; made : how `localedef` makes the locale, where that is to be made; utf8 : PYTHONUTF8.

    encodings : names, without hyphens, by which Python may call the place's own encoding.
    """

    name: str
    language: str
    zone: str
    encodings: tuple[str, ...] = ("utf8",)
    made: tuple[str, str] | None = None
    utf8: str = "0"


PLACES = (
    Place(name="UTF-8", language="C.UTF-8", zone="UTC", utf8="1"),
    Place(
        name="Chinese, GBK",
        language="zh_CN.GBK",
        zone="Asia/Shanghai",
        encodings=("gbk", "gb2312", "cp936"),
        made=("zh_CN", "GBK"),
    ),
    Place(name="Turkish, decimal comma", language="tr_TR.UTF-8", zone="America/New_York", made=("tr_TR", "UTF-8")),
    Place(name="ASCII alone", language="C", zone="Pacific/Kiritimati", encodings=("ansi_x3.41968", "ascii", "usascii")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One process: by which of the interpreters, and where."""

    python: str
    seed: int
    threads: int
    place: Place

    def environment(self, locales: Path) -> dict[str, str]:
        """What the process is started with."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "PYTHON"))}
        pools = ("OPENBLAS", "OMP", "MKL", "NUMBA", "RAYON")
        return {
            **kept,
            **{f"{pool}_NUM_THREADS": str(self.threads) for pool in pools},
            "LC_ALL": self.place.language, "LANG": self.place.language, "LOCPATH": str(locales), "TZ": self.place.zone,
            "PYTHONHASHSEED": str(self.seed), "PYTHONUTF8": self.place.utf8, "PYTHONCOERCECLOCALE": "0",
        }  # fmt: skip


def covering(pythons: Sequence[str]) -> list[Cell]:
    """Every seed in every place: 32 cells in which every pair of levels of two factors occurs, for up to four interpreters."""
    return [
        Cell(python=pythons[(s + p) % len(pythons)], seed=s, threads=THREADS[(s >> 1 ^ p >> 1) & 1], place=place)
        for s, (p, place) in product(SEEDS, enumerate(PLACES))
    ]


def complete(pythons: Sequence[str]) -> list[Cell]:
    """Every combination of interpreter, seed, threads and place, those of one place together."""
    return [
        Cell(python=python, seed=s, threads=t, place=p) for p, s, t, python in product(PLACES, SEEDS, THREADS, pythons)
    ]


def locales(folder: Path) -> Path:
    """The locales of PLACES made below `folder`, as far as this machine can make them."""
    folder.mkdir(parents=True, exist_ok=True)
    for place in PLACES:
        if place.made and shutil.which("localedef") and not (folder / place.language).is_dir():
            form, signs = place.made
            made = ["localedef", "-i", form, "-f", signs, str(folder / place.language)]
            subprocess.run(made, capture_output=True, check=False)
    return folder


def interpreters() -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Other interpreters that are here, each with its version: those on the path, and those that pyenv installed."""
    names = [f"python3.{minor}" for minor in range(9, 20)]
    found = [p for name in names if (p := shutil.which(name))]
    found += [str(p) for p in sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python"))]
    asked = "import sys; print(*sys.version_info[:3])"
    for python in found:
        done = subprocess.run([python, "-I", "-S", "-c", asked], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            a, b, c = map(int, done.stdout.split())
            yield python, (a, b, c)


def plain_pythons() -> list[str]:
    """This interpreter, and the oldest (from 3.9 on, as the verifier promises) and the newest other that is here."""
    others = sorted((version, python) for python, version in interpreters() if version >= (3, 9))
    mine = sys.version_info[:2]
    ends = {version[:2]: python for version, python in (others[0], others[-1])} if others else {}
    return [sys.executable, *(python for version, python in ends.items() if version != mine)]


def other_python(folder: Path) -> tuple[str | None, str]:
    """An interpreter of another version with the lock's packages, and what is to be said of it.

    It is the one that PANELKIT_OTHER_PYTHON names; else an environment is built below `folder` with the newest other interpreter
    that is here, every package of requirements.lock by its hash. None where there is no such interpreter or no index to ask.
    """
    if named := os.environ.get("PANELKIT_OTHER_PYTHON"):
        return named, "named by PANELKIT_OTHER_PYTHON"
    mine = sys.version_info[:2]
    others = sorted((v, p) for p, v in interpreters() if v[:2] >= OLDEST and v[:2] != mine)
    if not others:
        return None, "no other interpreter of 3.11 or newer is here (PANELKIT_OTHER_PYTHON names one)"
    version, python = others[-1]
    shutil.rmtree(folder, ignore_errors=True)
    built = str(folder / "bin" / "python")
    pip = [built, "-m", "pip", "install", "--quiet", "--no-compile"]
    locked = [*pip, "--require-hashes", "-r", str(LOCK)]
    own = [*pip, "--no-build-isolation", "--no-deps", "--editable", str(ROOT)]  # engines tell its version
    for command in ([python, "-m", "venv", str(folder)], locked, own):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return None, f"no environment could be built for {python}: {done.stderr.strip()[-300:]}"
    return built, f"{'.'.join(map(str, version))}, built from requirements.lock"


# what a process does in its place: every package at the levels asked for; it answers with what was found, and where it believes to be
DRIVER = """
import json, locale, sys, time
try:
    place = locale.setlocale(locale.LC_ALL, "")
except locale.Error as error:
    place = f"none ({error})"
told, levels, *folders = sys.argv[1:]
from panelkit import packaging
with open(told, "w", encoding="utf-8") as answers:
    for folder in folders:
        for level in packaging.verify(folder, levels=tuple(levels.split(","))).levels:
            found = [folder, level.level, level.verdict, level.compared, level.findings + level.notes]
            print(json.dumps(found), file=answers)
    encoding = locale.getpreferredencoding(False)
    print(json.dumps([".".join(map(str, sys.version_info[:3])), place, encoding, time.tzname[0]]), file=answers)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a process said: (package, level, verdict, numbers compared, what it found), and its version, place, encoding and zone."""

    levels: tuple[tuple[str, str, str, int, tuple[str, ...]], ...]
    about: tuple[str, ...]


def held(cell: Cell, packages: Sequence[Path], levels: str, made: Path, scratch: Path) -> Found:
    """The packages verified in a process of that cell; `made` : folder of locales. Raises RuntimeError where it came to no end."""
    told = scratch / "told.jsonl"
    done = subprocess.run(
        [cell.python, "-c", DRIVER, str(told), levels, *map(str, packages)], capture_output=True, check=False, cwd=scratch,
        env={**cell.environment(made), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{cell}: {done.stderr.decode('utf-8', 'replace')[-2000:]}")
    *found, about = map(json.loads, told.read_text("utf-8").splitlines())
    rows = tuple((Path(f).name, level, verdict, compared, tuple(said)) for f, level, verdict, compared, said in found)
    return Found(levels=rows, about=tuple(about))
