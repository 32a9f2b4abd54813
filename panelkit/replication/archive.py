"""Zip files of packages: written the same on every machine, and read back without trust; what is in them is judged elsewhere."""

from __future__ import annotations

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from panelkit.core.errors import PackageError
from panelkit.replication.foreign import refuse_foreign
from panelkit.replication.placing import put_file, put_folder, recover
from panelkit.replication.standalone.level import MANIFEST, folded, unsafe

EPOCH = (1980, 1, 1, 0, 0, 0)
MOST_FILES = 10_000
MOST_BYTES = 4 * 1024**3
MOST_RATIO = 400
SMALL = 1024**2  # below this a high ratio is no bomb
MOST_SMALL = 64 * SMALL  # of all files together


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The bytes of a zip of `files` (relative path -> bytes): sorted names, date 1980-01-01, mode 0644, no extra fields."""
    store = io.BytesIO()
    with zipfile.ZipFile(store, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system = 3
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, files[name], compresslevel=9)
    return store.getvalue()


def safe_path(name: str) -> PurePosixPath:
    """The path of a file inside a package.

    Raises
    ------
    PackageError
        An absolute path, a drive letter or stream, a backslash, a sign that is not seen, '.' or '..', a device of Windows, a
        name that ends in a dot or blank.
    """
    path = PurePosixPath(name)
    if not name or unsafe(name.removesuffix("/")):
        raise PackageError(
            f"the path {name!r} would leave the package or cannot be written everywhere",
            where="package",
            mend="do not open this package; ask its author for a clean one",
        )
    return path


def refuse_alike(names: Iterable[str]) -> None:
    """Refuse names of files that cannot stand in a package, one by one or beside each other.

    Raises
    ------
    PackageError
        A name that is not safe; two that differ by case or accents alone, of which many systems would keep one.
    """
    seen: dict[str, str] = {}
    for name in names:
        safe_path(name)
        other = seen.setdefault(folded(name), name)
        if other != name:
            what = f"'{other}' and '{name}' differ by case or accents alone, and many systems would keep one of them"
            raise PackageError(what, where="package", mend="rename one, in the study too")


def extract(archive: Path, into: Path) -> Path:
    """Unpack a zip below `into` (which exists and is empty) and give the folder that holds the manifest.

    Nothing is written before the whole directory has been judged; sizes are counted while reading, not believed.

    Raises
    ------
    PackageError
        No zip; a path that leaves the folder; a link or device; names that collide where case is ignored; too many files,
        too many bytes, or a ratio of compression that only a bomb has.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [m for m in opened.infolist() if not m.is_dir()]
            _judge(opened.infolist(), archive.stat().st_size)
            for member in members:
                _unpack(opened, member, into)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, OSError) as error:
        raise PackageError(
            f"this is no zip that can be read: {error}", where=archive.name, mend="download the package again"
        ) from None
    if (into / MANIFEST).is_file():
        return into
    inner = [p for p in into.iterdir() if p.is_dir()]
    if len(inner) == 1 and len(list(into.iterdir())) == 1 and (inner[0] / MANIFEST).is_file():
        return inner[0]
    raise PackageError(f"there is no {MANIFEST}", where=archive.name, mend="give a package made by panelkit package")


def _judge(members: list[zipfile.ZipInfo], size: int) -> None:
    mend = "do not open this package; ask its author for a clean one"
    total = sum(m.file_size for m in members)
    if len(members) > MOST_FILES or total > min(MOST_BYTES, max(MOST_RATIO * size, MOST_SMALL)):
        raise PackageError("the zip holds more than a package may", where="package", mend=mend)
    seen: set[str] = set()
    for member in members:
        safe_path(member.filename)
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise PackageError("a link or device is no part of a package", where=member.filename, mend=mend)
        if member.flag_bits & 0x1:
            raise PackageError("this file is encrypted", where=member.filename, mend=mend)
        if member.file_size > SMALL and member.file_size > MOST_RATIO * max(member.compress_size, 1):
            raise PackageError("this file unpacks to far too much", where=member.filename, mend=mend)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise PackageError("this file is packed in a way that packages are not", where=member.filename, mend=mend)
        if folded(member.filename) in seen:
            raise PackageError("two files have one name", where=member.filename, mend=mend)
        seen.add(folded(member.filename))


def _unpack(opened: zipfile.ZipFile, member: zipfile.ZipInfo, into: Path) -> None:
    target = into.joinpath(*safe_path(member.filename).parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    left = member.file_size
    with opened.open(member) as source, target.open("xb") as sink:
        while chunk := source.read(1 << 20):
            left -= len(chunk)
            if left < 0:
                raise PackageError(
                    "this file is longer than the zip says",
                    where=member.filename,
                    mend="do not open this package; ask its author for a clean one",
                )
            sink.write(chunk)


def place(files: Mapping[str, bytes], destination: Path) -> Path:
    """Write a folder of files beside `destination` and move it into place, so that it is there whole or not at all.

    An older package at `destination` (a folder with a manifest, and nothing beyond it) is replaced; anything else there is refused.
    """
    recover(destination)
    refuse_destination(destination)
    for name in files:
        safe_path(name)
    put_folder(destination, files)
    return destination


def place_file(data: bytes, destination: Path) -> Path:
    """Write a package as one file beside `destination` and move it into place; an older package there is replaced."""
    refuse_destination(destination)
    put_file(destination, data)
    return destination


def refuse_destination(destination: Path) -> None:
    """Refuse a place that a package cannot go to: better known before the run than after it.

    Raises
    ------
    PackageError
        No name of a folder, a link, something there that is no package or that holds files beyond it, a file where a folder is due, a
        folder that may not be written.
    """
    where, mend = str(destination), "name another place for the package"
    if not destination.name or destination.name == "..":
        raise PackageError("this is no name of a folder", where=where, mend="name a new folder")
    if destination.is_symlink():
        raise PackageError("this is a link", where=where, mend=mend)
    if destination.suffix == ".zip" and destination.is_dir():
        raise PackageError("this is a folder", where=where, mend="name a file that ends in .zip")
    if destination.exists() and not (destination.is_dir() or destination.is_file()):
        raise PackageError("this is a device", where=where, mend=mend)
    if destination.exists() and not _replaceable(destination):
        raise PackageError("there is something that is no package", where=where, mend=mend)
    if destination.is_dir() and (destination / MANIFEST).is_file():
        refuse_foreign(destination, _listed(destination))
    above = next(p for p in destination.absolute().parents if p.exists())
    if not above.is_dir():
        raise PackageError("this is a file, where a folder is due", where=str(above), mend=mend)
    if not os.access(above, os.W_OK | os.X_OK):
        raise PackageError("this folder may not be written", where=str(above), mend=mend)


def _replaceable(destination: Path) -> bool:
    if destination.is_dir():
        return (destination / MANIFEST).is_file() or not any(destination.iterdir())
    if destination.suffix != ".zip":
        return False
    try:
        with zipfile.ZipFile(destination) as opened:
            return f"{destination.stem}/{MANIFEST}" in opened.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def _listed(package: Path) -> set[str]:
    """The files of a package, by its manifest, with the manifest itself and the logs."""
    lines = (package / MANIFEST).read_text("utf-8", "replace").splitlines()
    logs = {p.relative_to(package).as_posix() for p in (package / "log").glob("*") if p.is_file()}
    return {MANIFEST, *logs, *(line.split("  ", 1)[1] for line in lines if "  " in line and line[:1] != "#")}
