"""Errors to put into a package, one at a time, of many kinds; the verifier is tested by them (level L5). Nothing is verified here."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from panelkit.replication.archive import zipped
from panelkit.replication.cells import gzipped
from panelkit.replication.injection_kinds import PRINTED, RESULTS, TEXTS, digit
from panelkit.replication.injections_drawn import drawn_errors

Files = Mapping[str, bytes]
TABLES = re.compile(r"tables/\w+\.(?:tex|html|docx|csv|typ)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """One error: its kind, the place, and the files as they are with it (None: the file is gone)."""

    kind: str
    where: str
    changed: dict[str, bytes | None]


def injections(files: Files, *, each: int = 2, seed: int = 0) -> Iterator[Injection]:
    """Up to `each` errors of every kind that this package has a place for; the same package and seed give the same errors."""
    for text in TEXTS:
        draw = random.Random(f"{seed}/{text.kind}")  # noqa: S311 - no secret
        sites = [
            (n, m) for n in sorted(files) if re.fullmatch(text.files, n) for m in _sites(files[n], n, text.pattern)
        ]
        for name, (start, end) in draw.sample(sites, min(each, len(sites))):
            content = opened(name, files[name])
            new = content[:start] + text.change(content[start:end], draw) + content[end:]
            yield Injection(
                kind=text.kind, where=f"{name}, place {start}", changed={name: closed(name, new, files[name])}
            )
    yield from _results(files, each, seed)
    yield from _everywhere(files, each, seed)
    yield from _whole(files, each, seed)
    yield from _moved(files, each, seed)
    for kind, where, changed in drawn_errors(files, each, seed):
        yield Injection(kind=kind, where=where, changed=changed)


def _sites(data: bytes, name: str, pattern: str) -> list[tuple[int, int]]:
    return [m.span(1) for m in re.finditer(pattern, opened(name, data))]


def opened(name: str, data: bytes) -> str:
    """The text of a file, of the document inside a Word file, or of what a gzip file holds."""
    if name.endswith(".docx"):
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            return parts.read("word/document.xml").decode("utf-8")
    return (gzip.decompress(data) if name.endswith(".gz") else data).decode("utf-8")


def closed(name: str, text: str, old: bytes) -> bytes:
    """The file again with another text."""
    if name.endswith(".docx"):
        with zipfile.ZipFile(io.BytesIO(old)) as parts:
            return zipped({**{m: parts.read(m) for m in parts.namelist()}, "word/document.xml": text.encode()})
    return gzipped(text.encode()) if name.endswith(".gz") else text.encode()


def _leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(inner, f"{at}/{key}".lstrip("/"))
    else:
        yield at, value


def _results(files: Files, each: int, seed: int) -> Iterator[Injection]:
    """One number of estimates.json is another, everything else is as it was."""
    name = "results/estimates.json"
    for kind, pattern in RESULTS:
        draw = random.Random(f"{seed}/{kind}")  # noqa: S311
        sites = [p for p, v in _leaves(json.loads(files[name])) if re.fullmatch(pattern, p) and v not in ("nan", 0)]
        for path in draw.sample(sites, min(each, len(sites))):
            document = json.loads(files[name])
            holder: Any = document
            *way, last = path.split("/")
            for step in way:
                holder = holder[int(step) if isinstance(holder, list) else step]
            key = int(last) if isinstance(holder, list) else last
            value = holder[key]
            holder[key] = (
                value + 1 if isinstance(value, int) else value * 0.9 if isinstance(value, float) else f"{value}"[::-1]
            )
            data = (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
            yield Injection(kind=kind, where=f"{name}, {path}", changed={name: data})


def _everywhere(files: Files, each: int, seed: int) -> Iterator[Injection]:
    """The clever cheat: a printed number or word is another in every format at once."""
    book = json.loads(files["ledger.json"])
    draw = random.Random(f"{seed}/everywhere")  # noqa: S311
    shown = sorted({(e["exhibit"], e["shown"].strip("()[]")) for e in book["numbers"].values() if "." in e["shown"]})
    tried = 0
    for table, old in draw.sample(shown, len(shown)):
        new, changed = digit(old, draw) if re.fullmatch(PRINTED, old) else old, dict[str, bytes | None]()
        for name in [n for n in sorted(files) if n.startswith(f"tables/{table}.") and TABLES.match(n)]:
            text, a, b = opened(name, files[name]), old, new
            if name.endswith((".tex", ".html")):  # the whole part and the decimals stand apart
                a, b = old[old.index(".") :], new[new.index(".") :]
            if a != b and a in text:
                changed[name] = closed(name, text.replace(a, b), files[name])
        if len(changed) >= 2:
            yield Injection(kind="a number in all formats", where=f"{table}: {old} to {new}", changed=changed)
            tried += 1
        if tried == each:
            break
    for table in sorted(book.get("words", {})):
        note = book["words"][table].get("note0", "")
        if len(note) > 20 and f"tables/{table}.csv" in files:
            name = f"tables/{table}.csv"
            text = opened(name, files[name])
            piece = note[:16]
            if '"' not in piece and piece in text:
                new = text.replace(piece, f"Weighted. {piece}")
                yield Injection(kind="a note in CSV", where=table, changed={name: new.encode()})


def _whole(files: Files, each: int, seed: int) -> Iterator[Injection]:
    """Whole files: gone, empty, taken from another place, or added."""
    draw = random.Random(f"{seed}/whole")  # noqa: S311
    tables = [n for n in sorted(files) if TABLES.match(n) and not n.endswith("numbers.tex")]
    for name in draw.sample(tables, min(each, len(tables))):
        yield Injection(kind="a table gone", where=name, changed={name: None})
    for name in draw.sample(tables, min(each, len(tables))):
        yield Injection(kind="a table empty", where=name, changed={name: b""})
    pairs = [(a, b) for a in tables for b in tables if a != b and a.split(".")[1] == b.split(".")[1]]
    for a, b in draw.sample(pairs, min(each, len(pairs))):
        yield Injection(kind="a table in the place of another", where=f"{a} for {b}", changed={b: files[a]})
    for name in ("results/estimates.json", "results/crosscheck.json", "ledger.json", "data/processed/panel.dta")[
        : 2 * each
    ]:
        yield Injection(kind="results gone", where=name, changed={name: None})
    if tables:
        stray = f"tables/extra.{tables[0].rsplit('.', 1)[1]}"
        yield Injection(kind="a table added", where=stray, changed={stray: files[tables[0]]})
    for name in draw.sample(tables, min(each, len(tables))):
        yield Injection(kind="a broken file", where=name, changed={name: files[name][: len(files[name]) // 2]})
    dta = files.get("data/processed/panel.dta", b"")
    at = dta.find(b"<data>") + 6
    if at > 6:
        filled = [i for i in range(at, dta.index(b"</data>")) if dta[i]]  # what follows the end of a text is no figure
        for place in draw.sample(filled, min(each, len(filled))):
            data = dta[:place] + bytes([dta[place] ^ 0x41]) + dta[place + 1 :]
            yield Injection(
                kind="a byte of the Stata panel", where=f"byte {place}", changed={"data/processed/panel.dta": data}
            )


def _moved(files: Files, each: int, seed: int) -> Iterator[Injection]:
    """Rows, columns and cells of a table in another order, each with its name or heading."""
    draw = random.Random(f"{seed}/moved")  # noqa: S311
    ways: tuple[tuple[str, str, Callable[[str], str]], ...] = (
        ("two rows exchanged in LaTeX", ".tex", lambda t: _rows_exchanged(t, r"(?m)^.* % pk r\d+\n")),
        ("two rows exchanged in HTML", ".html", lambda t: _rows_exchanged(t, r"(?m)^<tr .*</tr>\n")),
        ("two rows exchanged in CSV", ".csv", lambda t: _rows_exchanged(t, r'(?m)^.*"r\d+"\r\n')),
        ("two rows exchanged in Typst", ".typ", lambda t: _rows_exchanged(t, r"(?m)^.* // pk r\d+\n")),
        (
            "two columns exchanged in LaTeX",
            ".tex",
            lambda t: _columns_exchanged(t, r"(?m)^[^%\n]* \\\\(?: % pk r\d+)?$", " & "),
        ),
        ("two columns exchanged in CSV", ".csv", lambda t: _columns_exchanged(t, r'(?m)^".*"(?=\r$)', '","')),
        (
            "two cells exchanged in CSV",
            ".csv",
            lambda t: _columns_exchanged(t, r'(?m)^".*(?="r\d+"\r$)', '","', once=True),
        ),
        ("two cells exchanged in HTML", ".html", _cells_exchanged),
    )
    for kind, ending, change in ways:
        names = [n for n in sorted(files) if TABLES.match(n) and n.endswith(ending)]
        made = [(n, change(opened(n, files[n]))) for n in names]
        other = [(n, text) for n, text in made if text != opened(n, files[n])]
        for name, text in draw.sample(other, min(each, len(other))):
            yield Injection(kind=kind, where=name, changed={name: text.encode()})


def _rows_exchanged(text: str, pattern: str) -> str:
    """The first two rows in each other's place."""
    rows = list(re.finditer(pattern, text))[:2]
    if len(rows) < 2 or rows[0].end() != rows[1].start():
        return text
    first, second = rows
    return text[: first.start()] + second.group() + first.group() + text[second.end() :]


def _columns_exchanged(text: str, pattern: str, between: str, *, once: bool = False) -> str:
    """The first two columns of numbers in each other's place, headings and all; once : in one row alone, where they differ."""
    left = [1 if once else -1]

    def one(found: re.Match[str]) -> str:
        parts = found.group().split(between)
        if len(parts) < 4 or not left[0] or parts[1] == parts[2]:
            return found.group()
        left[0] -= 1
        return between.join([parts[0], parts[2], parts[1], *parts[3:]])

    return re.sub(pattern, one, text)


def _cells_exchanged(text: str) -> str:
    """The texts of two cells of the first row of a table in each other's place, their names left."""
    cells = list(re.finditer(r"<td [^>]*>(.*?)</td>", text))
    pair = next(((a, b) for a, b in itertools.pairwise(cells) if a.group(1) != b.group(1)), None)
    if pair is None:
        return text
    a, b = pair
    return text[: a.start(1)] + b.group(1) + text[a.end(1) : b.start(1)] + a.group(1) + text[b.end(1) :]
