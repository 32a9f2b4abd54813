"""A package is a stranger's file: zips that climb, link or explode, and Word files that do, are refused before anything is written."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest

from panelkit.core.errors import PackageError
from panelkit.replication import archive, standalone
from panelkit.replication.package import MANIFEST, manifest_of, write_package
from panelkit.replication.verify import verify


def packed(tmp_path: Path, members: list[tuple[zipfile.ZipInfo, bytes]]) -> Path:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr(MANIFEST, "x")
        for info, data in members:
            opened.writestr(info, data, compress_type=zipfile.ZIP_DEFLATED)
    return path


def member(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.filename = name
    info.create_system = 3
    info.external_attr = mode << 16
    return info


ODD_NAMES = (
    *(
        "../evil",
        "a/../../evil",
        "/etc/evil",
        "C:/evil",
        "a\\..\\evil",
        "a//b",
        "./a",
        "a\x01b",
        "a:b",
        "CON",
        "data/nul.csv",
    ),
    *("a./b", "a ", "gpj\u202eexe", "a\u200bb", "a" * 500, "a\x1b[2J"),
)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_zip_slip(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path, [(member(name), b"x")])
    with pytest.raises(PackageError):
        verify(path)
    assert [p.name for p in tmp_path.iterdir()] == ["p.zip"]


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o644, stat.S_IFCHR | 0o644])
def test_links_and_devices(tmp_path: Path, mode: int) -> None:
    with pytest.raises(PackageError, match="link or device"):
        verify(packed(tmp_path, [(member("data/a", mode), b"/etc/passwd")]))


def test_bomb(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="far too much"):
        verify(packed(tmp_path, [(member("a"), b"\0" * 30_000_000)]))


def test_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 3)
    with pytest.raises(PackageError, match="more than a package"):
        verify(packed(tmp_path, [(member(str(i)), b"x") for i in range(5)]))


@pytest.mark.parametrize(
    ("one", "other"), [("A.csv", "a.csv"), ("caf\u00e9", "cafe\u0301"), ("\u0131.csv", "I.csv"), ("a.csv", "a.csv")]
)
def test_names_that_collide(tmp_path: Path, one: str, other: str) -> None:
    with pytest.raises(PackageError, match="one name"):
        verify(packed(tmp_path, [(member(one), b"x"), (member(other), b"y")]))


@pytest.mark.parametrize("how", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_ways_of_packing_that_unpack_without_a_bound(tmp_path: Path, how: int) -> None:
    with zipfile.ZipFile(tmp_path / "p.zip", "w", how) as opened:
        opened.writestr(MANIFEST, "x")
        opened.writestr("a", b"\0" * 100_000)
    with pytest.raises(PackageError, match="packages are not"):
        verify(tmp_path / "p.zip")


@pytest.mark.parametrize("place", ["size", "name", "overlap"])
def test_a_zip_whose_two_lists_differ(tmp_path: Path, place: str) -> None:
    path = packed(tmp_path, [(member("aaaa"), b"\0" * 900_000), (member("bbbb"), b"\0" * 900_000)])
    data = bytearray(path.read_bytes())
    listed = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    if place == "size":  # it says 100 bytes and holds 900,000
        data[listed + 24 : listed + 28] = (100).to_bytes(4, "little")
    elif place == "name":
        data[listed + 46 : listed + 50] = b"cccc"
    else:  # two entries, one content
        other = data.index(b"PK\x01\x02", listed + 4)
        data[other + 42 : other + 46] = data[listed + 42 : listed + 46]
    path.write_bytes(data)
    with pytest.raises(PackageError):
        verify(path)


def test_no_zip(tmp_path: Path) -> None:
    (tmp_path / "p.zip").write_bytes(b"PK no zip")
    with pytest.raises(PackageError, match="no zip"):
        verify(tmp_path / "p.zip")
    with pytest.raises(PackageError, match="no such package"):
        verify(tmp_path / "q.zip")


def test_truncated(files: dict[str, bytes], tmp_path: Path) -> None:
    path = write_package(files, tmp_path / "p.zip", zip=True)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(PackageError):
        verify(path)


def test_a_byte_in_the_middle(files: dict[str, bytes], tmp_path: Path) -> None:
    path = write_package(files, tmp_path / "p.zip", zip=True)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(PackageError):
        verify(path)


def test_a_link_in_a_folder(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = write_package(files, tmp_path / "p")
    (folder / "LICENSE.txt").unlink()
    os.symlink("/etc/hostname", folder / "LICENSE.txt")
    os.symlink("/", folder / "root")
    report = verify(folder, levels=("L0",))
    assert report.exit_code == 1
    assert any("root is a link" in f for f in report.levels[0].findings)
    assert any("LICENSE.txt is a link" in f for f in report.levels[0].findings)


def test_what_lies_behind_a_link_or_a_pipe_is_not_read(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = write_package(files, tmp_path / "p")
    (folder / "results").rename(tmp_path / "elsewhere")
    (folder / "results").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(folder / "log")  # a reader would wait for ever
    (folder / "study.toml").unlink()
    os.mkfifo(folder / "study.toml")
    report = verify(folder, rerun=lambda _: pytest.fail("rerun"))
    assert [level.verdict for level in report.levels] == ["differs", "differs", "not rerun"]
    assert any("through a link" in f for f in report.levels[1].findings)


def test_folders_without_end_and_names_that_steer_a_terminal(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = write_package(files, tmp_path / "p")
    (folder / "a\x1b[2J\u202eb").write_text("x")
    (folder / "tables" / "Table2.tex").write_text("x")
    told = str(verify(folder, levels=("L0",)))
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "by case or accents alone" in told
    deep = folder
    for _ in range(60):
        deep = deep / "d"
    deep.mkdir(parents=True)
    with pytest.raises(PackageError, match="without end"):
        verify(folder)


def test_a_folder_that_changes_meanwhile(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = write_package(files, tmp_path / "p")

    def rerun(place: Path) -> dict[str, object]:
        (place / "README.md").write_text("another")
        return {"estimates": []}

    with pytest.raises(PackageError, match="changed while"):
        verify(folder, rerun=rerun)


@pytest.mark.parametrize("line", ["../outside", "/etc/passwd", "a\\b", "C:x"])
def test_manifest_that_climbs(files: dict[str, bytes], tmp_path: Path, line: str) -> None:
    folder = write_package(files, tmp_path / "p")
    with (folder / MANIFEST).open("a", encoding="utf-8") as file:
        file.write(f"{'0' * 64}  {line}\n")
    report = verify(folder, levels=("L0",))
    assert any("cannot have" in f for f in report.levels[0].findings)


def test_manifest_that_lists_twice(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = write_package(files, tmp_path / "p")
    text = (folder / MANIFEST).read_text()
    (folder / MANIFEST).write_text(text + text.splitlines()[-1] + "\n")
    assert any("twice" in f for f in verify(folder, levels=("L0",)).levels[0].findings)


@pytest.mark.parametrize("text", ["", "nonsense\n", "\xff"])
def test_manifest_that_is_none(files: dict[str, bytes], tmp_path: Path, text: str) -> None:
    folder = write_package(files, tmp_path / "p")
    (folder / MANIFEST).write_bytes(text.encode("latin-1"))
    with pytest.raises(PackageError):
        verify(folder)


def test_path_of_ones_own_machine_is_found(files: dict[str, bytes], tmp_path: Path) -> None:
    spoilt = {**files, "README.md": files["README.md"] + b"\nsee /" + b"home/wei/thesis/\n"}
    spoilt[MANIFEST] = manifest_of(spoilt).encode()
    report = verify(write_package(spoilt, tmp_path / "p"), levels=("L0",))
    assert "/" + "home/w" in report.levels[0].findings[0]


def word(xml: bytes) -> bytes:
    store = io.BytesIO()
    with zipfile.ZipFile(store, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("word/document.xml", xml)
    return store.getvalue()


def test_word_bomb_and_entities() -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>'
    with pytest.raises(ValueError, match="entities"):
        standalone.from_docx(word(laughs))
    with pytest.raises(ValueError, match="entities"):
        standalone.from_docx(word('<?xml version="1.0"?><!DOCTYPE l><l/>'.encode("utf-16")))
    with pytest.raises(ValueError, match="far too much"):
        standalone.from_docx(word(b"<l>" + b" " * 10_000_000 + b"</l>"))
