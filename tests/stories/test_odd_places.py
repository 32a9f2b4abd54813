"""Folders as they are: files of the author's own among the outputs, files for folders, no right, no room, long and Chinese paths."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest
import typer


@pytest.mark.parametrize("command", ["run", "build"])
def test_a_file_of_the_author_is_not_lost(command: str, small: Path, cli: Any) -> None:
    first = cli(command, "study.toml", "--output", "out", cwd=small)
    assert first.returncode == 0, first.stderr
    own = small / "out" / "small" / "thesis.docx"
    own.write_text("mine", "utf-8")
    (small / "out" / "small" / ".DS_Store").write_bytes(b"")  # what a system leaves is no file of the author
    again = cli(command, "study.toml", "--output", "out", *(["--force"] if command == "run" else []), cwd=small)
    assert again.returncode == 2
    assert "thesis.docx" in again.stderr
    assert "move them elsewhere" in again.stderr
    assert own.read_text("utf-8") == "mine"


def test_a_certificate_replaces_no_folder_of_the_author(small: Path) -> None:
    from panelkit.core.errors import PackageError
    from panelkit.replication.foreign import refuse_foreign

    with pytest.raises(PackageError, match=r"study\.toml"):
        refuse_foreign(small, {"certificate.json", "certificate.html"})


@pytest.mark.parametrize("command", ["run", "build"])
def test_a_file_where_a_folder_is_due(command: str, small: Path, cli: Any) -> None:
    (small / "out").write_text("a file", "utf-8")
    told = cli(command, "study.toml", "--output", "out", cwd=small)
    assert told.returncode == 2
    assert "Traceback" not in told.stderr
    assert "mend:" in told.stderr
    assert (small / "out").read_text("utf-8") == "a file"


def test_a_long_path_with_blanks_and_chinese(small: Path, cli: Any) -> None:
    deep = small / "我的 论文" / ("very long name " * 8).strip() / "out put"
    done = cli("run", "study.toml", "--output", deep, cwd=small)
    assert done.returncode == 0, done.stderr
    assert (deep / "small" / "report.html").is_file()


@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        ("inspect data/raw/figures.csv >&-", 0, ""),
        ("inspect nothing.csv >&- 2>&- <&-", 2, ""),
        ("inspect data/raw/figures.csv --json | true", 0, ""),
        ("inspect data/raw/figures.csv >/dev/full", 2, "standard output: No space left on device"),
        ("inspect nothing.csv --json >/dev/full", 2, "standard output: No space left on device"),
        ("inspect nothing.csv 2>/dev/full", 2, ""),
        ("--help >/dev/full", 2, ""),
    ],
)
def test_an_output_that_nobody_takes_in(command: str, code: int, told: str, small: Path) -> None:
    import os
    import subprocess
    import sys

    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    words, _, to = command.partition(" >") if " >" in command else command.partition(" 2>")
    to = command.removeprefix(words)
    program = f'PYTHONPATH="{Path(__file__).parents[2]}" "{sys.executable}" -m panelkit'
    piped = f"{program} {words.removesuffix(' | true')}" + (
        " | true; exit ${PIPESTATUS[0]}" if "| true" in words else to
    )
    done = subprocess.run(["bash", "-c", piped], capture_output=True, text=True, check=False, cwd=small, env=os.environ)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert told in done.stderr


def test_a_folder_that_is_deleted_meanwhile(small: Path, cli: Any) -> None:
    import subprocess
    import sys

    call = "import os, sys; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone'); os.execv(sys.executable, sys.argv[1:])"
    words = [sys.executable, "-m", "panelkit", "inspect", str(small / "data" / "raw" / "figures.csv")]
    environment = {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", call, *words], capture_output=True, text=True, check=False, cwd=small, env=environment
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("thesis.docx", "something that is no package"),
        ("mine.zip", "something that is no package"),
        ("folder", "something that is no package"),
        ("kept", "files that panelkit did not make, and they would be lost: notes.md"),
        ("link", "this is a link"),
        ("folder.zip", "this is a folder"),
        ("thesis.docx/package", "this is a file, where a folder is due"),
        ("..", "no name of a folder"),
        ("/dev/null", "this is a device"),
    ],
)
def test_a_package_goes_nowhere_that_holds_anything_else(name: str, what: str, tmp_path: Path) -> None:
    from panelkit.core.errors import PackageError
    from panelkit.replication.archive import refuse_destination, zipped

    for folder in ("folder", "folder.zip", "kept"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "notes.md").write_text("mine", "utf-8")
    (tmp_path / "kept" / "MANIFEST.sha256").write_text("# 1 files\n", "utf-8")
    (tmp_path / "thesis.docx").write_text("mine", "utf-8")
    (tmp_path / "mine.zip").write_bytes(zipped({"thesis.docx": b"mine"}))
    (tmp_path / "link").symlink_to("kept")
    with pytest.raises(PackageError, match=what):
        refuse_destination(tmp_path / name)
    refuse_destination(tmp_path / "new" / "package.zip")
    (tmp_path / "ours.zip").write_bytes(zipped({"ours/MANIFEST.sha256": b""}))
    refuse_destination(tmp_path / "ours.zip")


def test_a_new_study_in_this_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from panelkit.core.errors import StudyError
    from panelkit.template import make_study

    monkeypatch.chdir(tmp_path)
    assert Path("study.toml") in make_study(Path(), simulated=False)
    assert not list(tmp_path.glob(".*"))
    (tmp_path / "file").write_text("mine", "utf-8")
    for name in ("file", "..", ""):
        with pytest.raises(StudyError):
            make_study(Path(name), simulated=False)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_what_the_system_refuses_is_a_fault(number: int, capsys: Any) -> None:
    from panelkit.answering import answer

    def work() -> Any:
        raise OSError(number, "it is refused", "some/place")

    with pytest.raises(typer.Exit) as left:
        answer(work, False)
    assert left.value.exit_code == 2
    told = capsys.readouterr().err
    assert "some/place: it is refused" in told
    assert "mend:" in told


def test_no_room_leaves_the_old_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from panelkit.replication.placing import put_folder

    put_folder(tmp_path / "out", {"a.txt": b"old"})
    whole = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if self.name == "b.txt":
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        put_folder(tmp_path / "out", {"a.txt": b"new", "b.txt": b"new"})
    assert (tmp_path / "out" / "a.txt").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_no_room_for_one_file_is_told_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from panelkit.replication.placing import put_file

    put_file(tmp_path / "a.zip", b"old")

    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space") as caught:
        put_file(tmp_path / "a.zip", b"new")
    assert caught.value.filename == str(tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]


def test_two_runs_at_once_leave_one_whole_folder(small: Path, cli: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from panelkit.outputs import intact

    with ThreadPoolExecutor(2) as both:
        done = list(both.map(lambda _: cli("run", "study.toml", "--output", "out", cwd=small), range(2)))
    assert [d.returncode for d in done] == [0, 0], [d.stderr for d in done]
    folder = small / "out" / "small"
    assert intact(folder, json.loads((folder / "manifest.json").read_text("utf-8"))["files"])
    assert sorted(p.name for p in folder.parent.iterdir()) == [".steps", "small"]


def test_a_terminal_of_few_signs_is_no_error(small: Path, cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    built = cli("build", cwd=small)
    assert built.returncode == 0, built.stderr
    assert "Balance" in built.stdout
    assert json.loads(cli("build", "--json", cwd=small).stdout)["rows"] == 248


def test_a_figure_without_a_font_is_told_before_the_run(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import font_manager

    from panelkit import pipeline
    from panelkit.core.errors import ReportError

    figure = '[[figures]]\nid = "plot"\nkind = "coefficients"\nmodels = ["main"]\n'
    text = (small / "study.toml").read_text("utf-8")
    (small / "study.toml").write_text(
        text.replace("simulated = true", 'simulated = true\nlanguage = "zh"') + figure, "utf-8"
    )
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    with pytest.raises(ReportError, match=r"figures\.plot: .* no Chinese font"):
        pipeline.run(small / "study.toml", output=small / "out")
    assert not (small / "out").exists()
