"""Level L3: the whole study again from its raw files, in an environment built from the package's lock; asked for, never by default.

This runs code. What runs is this panelkit, unless the package carries another and its code is asked for; the distributions are those
that the lock names by hash. Nothing is estimated in this process.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panelkit.core.counted import counted
from panelkit.core.errors import PackageError
from panelkit.replication.archive import safe_path
from panelkit.replication.bundle import program_files
from panelkit.replication.environment import locked

LOCK = "env/requirements.lock"
CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
import panelkit
done = panelkit.run("study.toml", root=".", output=sys.argv[2])
print(done.folder.as_posix())
"""
LISTED = """
import importlib.metadata as m, json, os, platform, re, sys
told = sys.implementation.version
full = f"{told.major}.{told.minor}.{told.micro}" + ("" if told.releaselevel == "final" else f"{told.releaselevel[0]}{told.serial}")
machine = {
    "implementation_name": sys.implementation.name, "implementation_version": full, "os_name": os.name,
    "platform_machine": platform.machine(), "platform_python_implementation": platform.python_implementation(),
    "platform_release": platform.release(), "platform_system": platform.system(), "platform_version": platform.version(),
    "python_full_version": platform.python_version(), "python_version": ".".join(platform.python_version_tuple()[:2]),
    "sys_platform": sys.platform,
}
names = {re.sub("[-_.]+", "-", d.metadata["Name"]).lower(): d.version for d in m.distributions() if d.metadata["Name"]}
print(json.dumps({"machine": machine, "distributions": names}))
"""
MOST_BYTES = 64 * 1024**2


class NotRerunError(Exception):
    """Why the study cannot be made again from raw here, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """How L3 is done.

    offline : no index is asked; wheels come from `wheels` (a folder) alone.
    python : an interpreter that has the lock's distributions already; it is held against the lock, and no environment is built.
    seconds : what building and running may take together. code : 'ours' runs this panelkit with this panelkit's lock (`lock`, its
    text) and refuses where the package carries another of either; 'package' runs those in the package, a stranger's code.
    """

    offline: bool = False
    wheels: Path | None = None
    python: Path | None = None
    seconds: float = 3600.0
    code: str = "ours"
    lock: str = ""


def rebuilt(folder: Path, how: Rebuild) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The output files of a whole run from the raw files of the package in `folder`, and what is to be said of how it was made.

    Raises
    ------
    NotRerunError
        A raw file is not provided, the environment cannot be built, the time is over, or the run says no.
    """
    book = json.loads((folder / "ledger.json").read_text("utf-8"))
    absent = sorted(name for name, raw in book["inputs"].items() if not raw["provided"])
    if absent:
        raise NotRerunError(f"{counted(len(absent), 'raw files are')} not provided: {', '.join(absent)}")
    if any(p.is_symlink() for p in folder.rglob("*")):
        raise NotRerunError("there is a link in the package")
    until = time.monotonic() + how.seconds
    with tempfile.TemporaryDirectory(prefix="panelkit-l3-") as made:
        home = Path(made)
        program, said = _program(folder, home / "program", how.code)
        python, built = _python(folder, home / "venv", how, until)
        study = home / "study"
        cards = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.source.toml"))
        for name in ["study.toml", *book["inputs"], *cards]:
            path = folder.joinpath(*safe_path(name).parts)
            if path.is_file():
                target = study.joinpath(*safe_path(name).parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        _do([str(python), "-I", "-c", CHILD, str(program), str(home / "out")], study, until, "the run from raw")
        outputs = [p for p in (home / "out").iterdir() if (p / "manifest.json").is_file()]
        if len(outputs) != 1:
            raise NotRerunError("the run from raw left no outputs")
        files = {p.relative_to(outputs[0]).as_posix(): p.read_bytes() for p in outputs[0].rglob("*") if p.is_file()}
        return dict(sorted(files.items())), (*said, *built)


def _program(folder: Path, into: Path, code: str) -> tuple[Path, tuple[str, ...]]:
    zips = sorted((folder / "env").glob("panelkit-*.zip"))
    if len(zips) != 1 or zips[0].is_symlink():
        raise NotRerunError("the package does not carry panelkit (env/panelkit-<version>.zip)")
    carried = _opened(zips[0])
    same = carried == program_files()
    if not same and code != "package":
        raise NotRerunError(
            f"the panelkit in the package ({zips[0].name}) is not this one, and its code is run only where that is asked for "
            "(--run-package-code), or by installing that version"
        )
    for name, data in carried.items():
        target = into.joinpath(*safe_path(name).parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return into, ("run by this panelkit, which is the one in the package",) if same else (
        f"run by {zips[0].name}, as asked",
    )


def _opened(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as opened:
            members = [m for m in opened.infolist() if not m.is_dir()]
            plain = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            odd = any(m.external_attr >> 28 == 0xA or m.compress_type not in plain for m in members)
            if sum(m.file_size for m in members) > MOST_BYTES or odd:
                raise NotRerunError(f"{path.name} holds more than panelkit does, or a link")
            return {str(safe_path(m.filename)): _unpacked(opened, m) for m in members}
    except (zipfile.BadZipFile, PackageError, OSError, RuntimeError, NotImplementedError) as error:
        raise NotRerunError(f"{path.name} cannot be unpacked: {error}") from None


def _unpacked(opened: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with opened.open(member) as packed:  # in pieces: a file that lies about its size is cut off, not unpacked
        return b"".join(iter(lambda: packed.read(1 << 20), b""))


def _python(folder: Path, venv: Path, how: Rebuild, until: float) -> tuple[Path, tuple[str, ...]]:
    """The interpreter to run with, and what is to be said of it."""
    lock = folder / LOCK
    if lock.is_symlink() or not lock.is_file() or lock.stat().st_size > MOST_BYTES:
        raise NotRerunError(f"there is no {LOCK} that can be read")
    text = lock.read_text("utf-8")
    if how.code != "package" and how.lock and text != how.lock:
        raise NotRerunError(
            f"{LOCK} is not this panelkit's, and what it names is installed only where that is asked for (--run-package-code)"
        )
    try:
        if how.python is not None:
            told = json.loads(_do([str(how.python), "-I", "-c", LISTED], venv.parent, until, f"{how.python.name}"))
            return how.python, (_held(locked(text, told["machine"]), told["distributions"]),)
        locked(text)
    except ValueError as error:
        raise NotRerunError(str(error)) from None
    # -I: a venv.py or logging.py that lies in the folder would be imported otherwise
    _do([sys.executable, "-I", "-m", "venv", str(venv)], venv.parent, until, "making an environment")
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    where = ["--no-index"] if how.offline else []
    where += ["--find-links", str(how.wheels.resolve())] if how.wheels else []
    command = [str(python), "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += [
        "--require-hashes",
        "--no-deps",
        "--no-compile",
        "--only-binary",
        ":all:",
        *where,
        "-r",
        str(lock.resolve()),
    ]
    _do(command, venv, until, "installing the lock" + (" offline" if how.offline else ""))
    return python, ("a new environment, every distribution of the lock installed by its hash",)


def _held(wanted: dict[str, str], there: dict[str, str]) -> str:
    """What is to be said of an interpreter that has every version that the lock pins for it."""
    apart = [f"{n} {there.get(n, 'absent')} instead of {v}" for n, v in wanted.items() if there.get(n) != v]
    if apart:
        raise NotRerunError(f"the interpreter given is not what the lock says: {'; '.join(apart[:5])}")
    return f"an interpreter that was given, with all {counted(len(wanted), 'versions')} that the lock pins for it"


def _do(command: list[str], where: Path, until: float, what: str) -> str:
    left = until - time.monotonic()
    kept = ("PATH", "LANG", "LC_ALL", "TZ", "HOME", "SYSTEMROOT", "TMPDIR", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
    passed = {k: v for k, v in os.environ.items() if k in kept or k.startswith(("PIP_", "SSL_CERT"))}
    try:
        done = subprocess.run(  # noqa: S603 - L3 is asked for, and runs what its docstring says
            command, cwd=where, capture_output=True, text=True, check=False, timeout=max(left, 0.1),
            env={**passed, "PYTHONHASHSEED": "0"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NotRerunError(f"{what} did not end in the time allowed") from None
    except OSError as error:
        raise NotRerunError(f"{what} could not be started: {error}") from None
    if done.returncode:
        last = " ".join(done.stderr.strip().splitlines()[-3:]) or f"exit code {done.returncode}"
        raise NotRerunError(f"{what} failed: {last[:400]}")
    return done.stdout


def documents(files: dict[str, bytes]) -> dict[str, Any]:
    """Estimates, second engine and ledger of a run's output files."""
    return {
        "estimates": json.loads(files["estimates.json"]),
        "checks": json.loads(files["checks.json"]),
        "ledger": {e["cell"]: e for e in json.loads(files["ledger.json"])},
    }
