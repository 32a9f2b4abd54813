"""Every province spelling in the shared raw files is matched, whatever the file's layout and encoding."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import re
from pathlib import Path

import msoffcrypto
import pandas as pd
import pytest
import python_calamine

from panelkit.facts.provinces import is_not_a_province, match, provinces

CHINA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "china"
pytestmark = pytest.mark.skipif(not CHINA.is_dir(), reason="the shared data are not beside the checkout")

ONE_PROVINCE = {"分省年度数据.csv"}  # the transposed export of one province in the new layout, which does not name it
CITY_LISTS = {"主要城市年度数据.xls"}
NO_NAMES = {"W_adj.csv", "W_econ.csv", "missingness_report.csv", "variable_dictionary.csv", "gdp_national.csv"}


def texts_of_csv(path: Path) -> set[str]:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    return {cell for row in csv.reader(text.splitlines()) for cell in row}


def texts_of_excel(path: Path) -> set[str]:
    raw = path.read_bytes()
    if b"<html" in raw[:4000].lower() or b"<table" in raw[:4000].lower():  # a web page under the name of a workbook
        text = raw.decode("utf-8", "replace") if b"utf-8" in raw[:4000].lower() else raw.decode("gb18030", "replace")
        return set(re.split(r"<[^>]*>|&nbsp;|[\r\n\t]+", text))
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(decrypted(raw)))
    rows = [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]
    return {cell for row in rows for cell in row if isinstance(cell, str)}


def decrypted(raw: bytes) -> bytes:
    """A workbook locked with the password that Excel itself tries first, opened."""
    try:
        locked = msoffcrypto.OfficeFile(io.BytesIO(raw))
    except msoffcrypto.exceptions.FileFormatError:
        return raw
    if not locked.is_encrypted():
        return raw
    opened = io.BytesIO()
    locked.load_key(password="VelvetSweatshop")
    locked.decrypt(opened)
    return opened.getvalue()


def texts_of_rda(path: Path) -> set[str]:
    """Strings of an R workspace: in its XDR form each has a four-byte head ending in 09 and a four-byte length."""
    raw = path.read_bytes()
    for opener in (gzip.decompress, bz2.decompress, lzma.decompress):
        try:
            raw = opener(raw)
            break
        except (OSError, lzma.LZMAError):
            continue
    found = set()
    for hit in re.finditer(rb"\x00[\x00-\xff]{2}\x09\x00\x00\x00([\x01-\x7f])", raw):
        try:
            found.add(raw[hit.end() : hit.end() + hit[1][0]].decode("utf-8"))
        except UnicodeDecodeError:
            continue
    return found


def texts_of_stata(path: Path) -> set[str]:
    frame = pd.read_stata(path, convert_categoricals=False)
    return {v for c in frame.columns for v in frame[c] if isinstance(v, str)}


READERS = {".csv": texts_of_csv, ".xls": texts_of_excel, ".xlsx": texts_of_excel, ".rda": texts_of_rda}
READERS[".dta"] = texts_of_stata
FILES = sorted(p for p in CHINA.rglob("*") if p.suffix in READERS) if CHINA.is_dir() else []


def names_a_province(text: str) -> bool:
    """A short text that holds a province's name and is therefore a name of a row or column, not a sentence."""
    bare = "".join(text.split())
    return len(bare) <= 12 and not re.search(r"\d", bare) and any(p.name_zh in bare for p in provinces())


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(CHINA)))
def test_every_spelling_is_known(path: Path) -> None:
    texts = READERS[path.suffix](path)
    unknown = {t for t in texts if names_a_province(t) and match(t) is None and is_not_a_province(t) is None}
    assert not unknown
    if path.name in NO_NAMES | CITY_LISTS or (path.name in ONE_PROVINCE and "new" in path.parent.name):
        return
    named = {found.code for t in texts if not re.fullmatch(r"[\d.]+", t.strip()) and (found := match(t))}
    assert named == {p.code for p in provinces()}
