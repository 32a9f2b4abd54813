"""A run that is killed at any moment leaves the old outputs or the new ones, never a mixture; the next run succeeds."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from panelkit.replication import placing

FILES = 12
LOOP = """
import sys
from pathlib import Path
from panelkit.replication.placing import put_folder
folder = Path(sys.argv[1])
for generation in range(10**9):
    files = {{f"part{{i % 3}}/file{{i}}.txt": f"generation {{generation}} ".encode() * (1 + 40 * i) for i in range({files})}}
    put_folder(folder, files)
    if generation == 2:
        print("going", flush=True)
"""


def generations(folder: Path) -> set[str]:
    """The generations that the files of a folder belong to; a set of one where it is whole."""
    found = [p for p in folder.rglob("*") if p.is_file()]
    assert len(found) == FILES, f"{len(found)} files"
    return {" ".join(p.read_text().split()[:2]) for p in found}


def whole(folder: Path) -> bool:
    return folder.is_dir() and len(generations(folder)) == 1


def killed(folder: Path, draw: random.Random) -> None:
    """Start a process that rewrites the folder without end, and kill it some time after it got going."""
    code = LOOP.format(files=FILES)
    home = str(Path(placing.__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": home}
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"going\n"
    time.sleep(draw.random() * 0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


@pytest.mark.slow
def test_outputs_killed_at_fifty_moments(tmp_path: Path) -> None:
    draw, folder = random.Random(6), tmp_path / "output" / "small"
    folder.parent.mkdir()
    for moment in range(50):
        killed(folder, draw)
        placing.recover(folder)
        assert whole(folder), f"moment {moment}"
    placing.put_folder(folder, {"a.txt": b"new"})
    assert [p.name for p in folder.parent.iterdir()] == ["small"]
    assert [p.name for p in folder.iterdir()] == ["a.txt"]


@pytest.mark.slow
def test_an_exchange_leaves_no_moment_without_a_folder(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    if not placing.exchange(tmp_path / "a", tmp_path / "b"):
        pytest.skip("this file system cannot exchange two folders")
    draw, folder = random.Random(7), tmp_path / "output"
    for moment in range(50):
        killed(folder, draw)
        assert whole(folder), f"moment {moment}: not even a recovery is needed"
    placing.put_folder(folder, {"a.txt": b"new"})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b", "output"]


def test_where_nothing_can_be_exchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "exchange", lambda left, right: False)
    folder = tmp_path / "output"
    placing.put_folder(folder, {"a.txt": b"1"})
    placing.put_folder(folder, {"b/c.txt": b"2"})
    assert [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()] == ["b/c.txt"]
    folder.rename(tmp_path / ".output.old")  # killed between the two moves
    (tmp_path / ".output.new").mkdir()
    placing.recover(folder)
    assert (folder / "b" / "c.txt").read_bytes() == b"2"
    assert [p.name for p in tmp_path.iterdir()] == ["output"]


def test_exchange_is_refused_in_silence(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert not placing.exchange(tmp_path / "a", tmp_path / "nothing")
    assert (tmp_path / "a").is_dir()
