"""Whole commands killed at many moments: `panelkit run` and `panelkit package` leave the old files or the new ones, never a mixture.

Every kill ends a fresh process as a user would have started it. Half are SIGKILL at the n-th event of its work on the files (a file
opened to be written, moved, removed, two folders exchanged), so that the writing, which takes a small part of the time, is well
covered; the others end it after a share of the processor time that an undisturbed one takes, which no load of the machine changes
(the timer's signal is not caught: the system ends the process, as SIGKILL does). Raw data change before each, so old and new
differ. Two studies of the same text, in two folders, are worked on at a time.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

import panelkit
from panelkit.replication import placing

STUDY = """schema = 1
[study]
id = "s"
title = "Killed"
seed = 1
[panel]
unit = "unit"
years = [2010, 2013]
[sources.a]
kind = "tidy"
path = "data/a.csv"
unit = "unit"
time = "year"
series = { y = "y", x = "x" }
measures = { y = "", x = "" }
[variables.y]
series = "a.y"
[variables.x]
series = "a.x"
[[models]]
id = "m"
kind = "fixed_effects"
formula = "y ~ x | unit + year"
[[models]]
id = "n"
kind = "fixed_effects"
formula = "y ~ x | unit"
[[tables]]
id = "main"
columns = ["m", "n"]
"""
# runs panelkit; the first argument is a file for what an undisturbed run took, the second when to end: nothing, "event 7" or "time 0.4"
KILLED = """
import os, runpy, signal, sys, time
told, end = sys.argv[1:3]
how, _, at = end.partition(" ")
home, count = os.getcwd(), 0
def happened(event, args):
    global count
    if event == "open":
        seen = isinstance(args[0], (str, bytes)) and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
    else:
        seen = event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree") or (
            event == "ctypes.dlsym" and args[1] in ("renameat2", "renamex_np"))
    if seen:
        count += 1
        if how == "event" and count == int(at):
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(happened)
if how == "time":
    signal.setitimer(signal.ITIMER_PROF, float(at))
sys.argv = ["panelkit", *sys.argv[3:]]
try:
    runpy.run_module("panelkit", run_name="__main__", alter_sys=True)
finally:
    how = ""
    open(told, "w").write(f"{count} {time.process_time()}")
"""
COMMANDS = {
    "run": ("run", "study.toml"),
    "package": ("package", "study.toml", "--to", "deposit/p"),
    "zip": ("package", "study.toml", "--to", "deposit/p.zip"),
}


@dataclass(frozen=True, kw_only=True)
class Whole:
    """What an undisturbed command leaves: digests of the files of output and deposit, and how many events and seconds it took."""

    output: dict[str, str]
    deposit: dict[str, str]
    events: int
    seconds: float


def write_raw(folder: Path, version: int) -> None:
    draw = random.Random(version)
    rows = [f"u{u:02},{t},{draw.random():.6f},{draw.random():.6f}" for u in range(12) for t in range(2010, 2014)]
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(STUDY)
    (folder / "data" / "a.csv").write_text("unit,year,y,x\n" + "\n".join(rows) + "\n")


def held(folder: Path) -> dict[str, str]:
    """Digest of every file below a folder; the log of a package, which no digest covers and a clock is in, is left out."""
    found = {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in folder.rglob("*")
        if p.is_file()
    }
    return {n: d for n, d in found.items() if not n.endswith("log/run.txt")}


def lane(folder: Path, command: str, end: str = "") -> tuple[int, str]:
    """Start a command in a study's folder and wait for it; its exit code, and what it noted of itself."""
    told = folder / "told"
    told.unlink(missing_ok=True)
    around = {
        **os.environ, "PYTHONPATH": str(Path(panelkit.__file__).parents[1]), "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "MPLCONFIGDIR": str(folder.parent / "matplotlib"),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(told), end, *COMMANDS[command]],
        cwd=folder, env=around, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    if done.returncode > 0:
        raise AssertionError(done.stdout + done.stderr)
    return done.returncode, told.read_text() if told.is_file() else ""


def undisturbed(folder: Path, command: str) -> Whole:
    code, told = lane(folder, command)
    assert code == 0
    events, seconds = told.split()
    return Whole(
        output=held(folder / "output" / "s"),
        deposit=held(folder / "deposit"),
        events=int(events),
        seconds=float(seconds),
    )


def swept(folder: Path) -> None:
    """Nothing half-written is left beside outputs, steps and packages."""
    assert sorted(p.name for p in (folder / "output").iterdir()) == [".steps", "s"]
    assert not list((folder / "output" / ".steps").rglob("*.part"))
    if (folder / "deposit").is_dir():
        assert not [p.name for p in (folder / "deposit").iterdir() if p.name.startswith(".")]


MORE = 1.3  # a run that takes the place of another one clears that away, which the undisturbed one has not to
Moment = tuple[str, str, float]  # command, 'event' or 'time', and the share of what an undisturbed one takes


def killed(
    folder: Path, ends: list[Moment], wholes: list[dict[str, Whole]], present: int, often: int
) -> tuple[int, int]:
    """Kill commands at these moments, one after the other; how many were still at work, and how many had put nothing new in place.

    wholes : what the raw data of version 0 and 1 give. present : the version there is. often : after so many one is left to end.
    """
    at_work = old = 0
    for moment, (command, how, share) in enumerate(ends):
        whole, target = [w[command] for w in wholes], 1 - present
        write_raw(folder, target)
        much = (
            1 + int(MORE * share * whole[target].events) if how == "event" else round(share * whole[target].seconds, 4)
        )
        code, _ = lane(folder, command, f"{how} {much}")
        at_work += code != 0
        where = f"moment {moment}, {command} killed at {how} {much}"
        if not (folder / "output" / "s").is_dir():  # between two moves, where two folders cannot be exchanged
            placing.recover(folder / "output" / "s")
        outputs, deposits = held(folder / "output" / "s"), made(folder, command)
        assert outputs in [w.output for w in whole], f"{where}: a mixture of outputs"
        wanted = [part(w.deposit, command) for w in whole]
        assert deposits in wanted, f"{where}: a mixture in the package"
        old += outputs == whole[present].output
        if moment % often == often - 1 or moment == len(ends) - 1:
            assert lane(folder, command)[0] == 0, f"{where}: the next one fails"
            assert held(folder / "output" / "s") == whole[target].output, where
            assert made(folder, command) == wanted[target], where
            swept(folder)
            present = target
        elif outputs == whole[target].output:
            present = target
    return at_work, old


def part(files: dict[str, str], command: str) -> dict[str, str]:
    """Of the files in the folder of packages those that a command writes."""
    return {n: d for n, d in files.items() if n.startswith({"package": "p/", "zip": "p.zip", "run": "-"}[command])}


def made(folder: Path, command: str) -> dict[str, str]:
    return part(held(folder / "deposit"), command)


def moments(count: int, seed: int, commands: tuple[str, ...]) -> list[Moment]:
    """Shares drawn evenly within equal parts; from half of the time on, and over the events of writing."""
    draw = random.Random(seed)
    found = []
    for k in range(count):
        how = ("event", "time")[k % 2]
        share = (k // 2 + draw.random()) / ((count + 1) // 2)
        found.append((commands[k % len(commands)], how, share if how == "event" else 0.3 + 0.7 * share))
    return found


def of_two(tmp_path: Path, lanes: list[list[Moment]], often: int) -> tuple[int, int]:
    """The moments of two studies, one for each of two workers; each begins with what one of the two versions gives."""
    commands = sorted({c for ends in lanes for c, _, _ in ends})

    def before(version: int) -> dict[str, Whole]:
        write_raw(tmp_path / f"lane{version}", version)
        found = {}
        for command in commands:
            shutil.rmtree(tmp_path / f"lane{version}" / "output", ignore_errors=True)
            found[command] = undisturbed(tmp_path / f"lane{version}", command)
        return found

    with ThreadPoolExecutor(2) as pool:
        wholes = list(pool.map(before, range(2)))
        for command in commands:
            first, second = wholes[0][command], wholes[1][command]
            assert first.output.keys() == second.output.keys()
            assert first.output["panel.csv"] != second.output["panel.csv"]
        done = list(pool.map(lambda k: killed(tmp_path / f"lane{k}", lanes[k], wholes, k, often), range(2)))
    return sum(a for a, _ in done), sum(b for _, b in done)


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that ends a process at a moment")


def test_a_run_killed_at_eight_moments(tmp_path: Path) -> None:
    draw = random.Random(5)
    ends = [("run", "event", (k + draw.random()) / 6) for k in range(6)] + [("run", "time", 0.6), ("run", "time", 0.9)]
    at_work, old = of_two(tmp_path, [ends[::2], ends[1::2]], often=4)
    assert at_work >= 5
    assert old >= 2


@pytest.mark.slow
def test_runs_and_packages_killed_at_fifty_moments(tmp_path: Path) -> None:
    lanes = [moments(26, 1, ("run",)), moments(24, 2, ("package", "zip", "package"))]
    at_work, old = of_two(tmp_path, lanes, often=5)
    assert at_work >= 35  # those that end before their moment are few
    assert old >= 10


def test_two_runs_at_the_same_time_are_done_one_after_the_other(tmp_path: Path) -> None:
    write_raw(tmp_path, 0)
    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(lambda k: lane(tmp_path, "run")[0], range(2)))
    assert codes == [0, 0]
    manifest = json.loads((tmp_path / "output" / "s" / "manifest.json").read_text())
    there = held(tmp_path / "output" / "s")
    assert {n: d for n, d in there.items() if n != "manifest.json"} == manifest["files"]
    swept(tmp_path)


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    order: list[str] = []

    def second() -> None:
        with placing.alone(tmp_path, lambda: order.append("waits")):
            order.append("has it")

    other = threading.Thread(target=second)
    with placing.alone(tmp_path):
        other.start()
        for _ in range(1000):
            if order:
                break
            time.sleep(0.01)
        order.append("given up")
    other.join(timeout=30)
    assert order == ["waits", "given up", "has it"]
