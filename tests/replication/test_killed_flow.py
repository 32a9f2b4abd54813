"""Whole commands killed at many moments: `panelkit run` and `panelkit package` leave the old files or the new ones, never a mixture.

Every kill ends a process of its own, made from one that has imported everything, as importing takes far longer than the work and
touches no file. Half are SIGKILL at the n-th event of its work on the files (a file opened to be written, moved, removed, two
folders exchanged), so that the writing, which takes a small part of the time, is well covered; the others end it after a share of
the processor time that an undisturbed one takes, which no load of the machine changes (the timer's signal is not caught: the
system ends the process, as SIGKILL does). Raw data change before each, so old and new
differ. Two studies of the same text, in two folders, are worked on at a time.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
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
# answers each line [folder, when to end, command] with the exit code of a process that ran panelkit there; when to end is nothing,
# "event 7" or "time 0.4". Before the first it runs the commands that it was started with once itself, so that they find all imported,
# on a study without models: an engine starts threads of its own, which a process made from this one would wait for in vain. Drawing, which
# writes no file and takes most of the time, is left out: a picture is a few bytes, and is put in place as every file is.
TEMPLATE = """
import gc, json, os, runpy, signal, sys, time
answers = os.fdopen(os.dup(1), "w")
os.dup2(os.open("said", os.O_WRONLY | os.O_CREAT), 1), os.dup2(1, 2)
def panelkit(command):
    sys.argv = ["panelkit", *command]
    try:
        runpy.run_module("panelkit", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code or 0
    return 0
def until(end):
    how, _, at = end.partition(" ")
    count, on = 0, True
    def happened(event, args):
        nonlocal count
        if event == "open":
            seen = isinstance(args[0], (str, bytes)) and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        else:
            seen = event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree") or (
                event == "ctypes.dlsym" and args[1] in ("renameat2", "renamex_np"))
        if seen and on:
            count += 1
            if how == "event" and count == int(at):
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(happened)
    if how == "time":
        signal.setitimer(signal.ITIMER_PROF, float(at))
    def told():
        nonlocal on
        on = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        return f"{count} {time.process_time()}"
    return told
import pyfixest.estimation, linearmodels, statsmodels.api
from panelkit.reporting.figures import _canvas
drawn = {"svg": b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"></svg>'}
_canvas._file = lambda picture, form, **how: drawn.get(form, form.encode())
for command in json.loads(sys.argv[1]):
    assert panelkit(command) == 0
gc.freeze()
print("ready", file=answers, flush=True)
for line in sys.stdin:
    folder, end, command = json.loads(line)
    process = os.fork()
    if not process:
        code = 99
        try:
            os.chdir(folder)
            os.dup2(os.open("said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1), os.dup2(1, 2)
            signal.alarm(60)
            told = until(end)
            code = panelkit(command)
            note = told()
            open("told", "w").write(note)
        finally:
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), file=answers, flush=True)
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


def around(folder: Path) -> dict[str, str]:
    """The environment of every process here: the code under test, one thread."""
    return {
        **os.environ, "PYTHONPATH": str(Path(panelkit.__file__).parents[1]), "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": str(folder.parent / "matplotlib"),
    }  # fmt: skip


def fresh(folder: Path, command: str) -> None:
    """A command as a user starts it, in a study's folder."""
    done = subprocess.run(
        [sys.executable, "-m", "panelkit", *COMMANDS[command]],
        cwd=folder, env=around(folder), capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


class Lane:
    """A study's folder, and the template from which each process that works on it is made."""

    def __init__(self, folder: Path, commands: list[str]) -> None:
        self.folder, warm = folder, folder.with_name(f"{folder.name}-warm")
        write_raw(warm, 2)
        (warm / "study.toml").write_text(STUDY.partition("[[models]]")[0])
        self.template = subprocess.Popen(
            [sys.executable, "-c", TEMPLATE, json.dumps([COMMANDS[c] for c in commands])],
            cwd=warm, env=around(folder), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._answer() == "ready", (warm / "said").read_text()

    def _answer(self) -> str:
        assert self.template.stdout is not None
        return self.template.stdout.readline().strip()

    def does(self, command: str, end: str = "") -> tuple[int, str]:
        """Have a process do a command and wait for it; its exit code, and what it noted of itself."""
        told = self.folder / "told"
        told.unlink(missing_ok=True)
        assert self.template.stdin is not None
        print(json.dumps([str(self.folder), end, COMMANDS[command]]), file=self.template.stdin, flush=True)
        code = int(self._answer())
        allowed = {"": 0, "event": -signal.SIGKILL, "time": -signal.SIGPROF}[end.partition(" ")[0]]
        assert code in (0, allowed), (code, (self.folder / "said").read_text())
        return code, told.read_text() if told.is_file() else ""

    def close(self) -> None:
        assert self.template.stdin is not None
        self.template.stdin.close()
        self.template.wait(timeout=600)


def undisturbed(lane: Lane, command: str) -> Whole:
    _, told = lane.does(command)
    events, seconds = told.split()
    return Whole(
        output=held(lane.folder / "output" / "s"),
        deposit=held(lane.folder / "deposit"),
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


def killed(lane: Lane, ends: list[Moment], wholes: list[dict[str, Whole]], present: int, often: int) -> tuple[int, int]:
    """Kill commands at these moments, one after the other; how many were still at work, and how many had put nothing new in place.

    wholes : what the raw data of version 0 and 1 give. present : the version there is. often : after so many one is left to end.
    """
    at_work = old = 0
    folder = lane.folder
    for moment, (command, how, share) in enumerate(ends):
        whole, target = [w[command] for w in wholes], 1 - present
        write_raw(folder, target)
        much = (
            1 + int(MORE * share * whole[target].events) if how == "event" else round(share * whole[target].seconds, 4)
        )
        code, _ = lane.does(command, f"{how} {much}")
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
            for each in dict.fromkeys([command, *(c for c, _, _ in ends)]):  # each sweeps beside what it writes itself
                lane.does(each)
                assert held(folder / "output" / "s") == whole[target].output, where
                assert made(folder, each) == part(wholes[target][each].deposit, each), where
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
    with ExitStack() as ends, ThreadPoolExecutor(2) as pool:
        workers = list(pool.map(lambda k: Lane(tmp_path / f"lane{k}", commands), range(2)))
        for lane in workers:
            ends.callback(lane.close)
        return _of_two(workers, lanes, often, commands, pool)


def _of_two(
    workers: list[Lane], lanes: list[list[Moment]], often: int, commands: list[str], pool: ThreadPoolExecutor
) -> tuple[int, int]:
    def before(version: int) -> dict[str, Whole]:
        lane = workers[version]
        write_raw(lane.folder, version)
        found = {}
        for command in commands:
            shutil.rmtree(lane.folder / "output", ignore_errors=True)
            found[command] = undisturbed(lane, command)
        return found

    wholes = list(pool.map(before, range(2)))
    for command in commands:
        first, second = wholes[0][command], wholes[1][command]
        assert first.output.keys() == second.output.keys()
        assert first.output["panel.csv"] != second.output["panel.csv"]
    done = list(pool.map(lambda k: killed(workers[k], lanes[k], wholes, k, often), range(2)))
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
        list(pool.map(lambda k: fresh(tmp_path, "run"), range(2)))
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
