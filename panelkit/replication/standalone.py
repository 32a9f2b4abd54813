#!/usr/bin/env python3
"""Verify a replication package without running anything of it: levels L0 and L1, by the standard library of Python 3.9 alone.

    python verify.py [--json] [FOLDER]

L0  every file is there, is what MANIFEST.sha256 says, and nothing else is there.
L1  every number printed in the tables (LaTeX, HTML, Word, CSV) and the page is the one in ledger.json and results/estimates.json,
    to the printed digits; stars follow from p, t from coefficient and standard error, rows on effects and N from the model; words
    are the same in every format; the copies of the results (models, second engine, Stata, samples, codebook, places of raw cells)
    say what the results say.
Exit code: 0 verified, 1 something differs, 2 this cannot be verified. Levels that estimate anew are `panelkit verify`'s.
This file is part of panelkit and is copied whole into every package (so it is longer than others); it imports nothing of panelkit.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import math
import os
import re
import stat
import struct
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
import zlib
from html.parser import HTMLParser
from typing import Any

MANIFEST = "MANIFEST.sha256"
LARGEST = 256 * 1024 * 1024  # bytes of one file that is read whole
MOST_FILES = 20000
JUNK = {"__MACOSX", ".git", ".DS_Store", "Thumbs.db", "__pycache__", ".ipynb_checkpoints"}
NO_SCAN = ("data/raw/", "env/requirements.lock", "verify.py")
SCANNED = (".json", ".csv", ".md", ".toml", ".txt", ".py", ".tex", ".html")
HOME = re.compile(r"(?<![\w./:-])/(?:home|Users|root|tmp)/\w|\b[A-Za-z]:\\{1,2}(?:Users|Documents)\b")
LOG = re.compile(r"log/[A-Za-z0-9_.-]+\.txt$")
MINUS = "\u2212"
FINE = 1e-9  # what arithmetic on the same doubles may part by


class Cannot(Exception):  # noqa: N818
    """This is no package, or one that must not be opened."""


class Level:
    """What one level compared and found; the worst kind of finding is its verdict."""

    def __init__(self, name: str) -> None:
        self.name, self.compared = name, 0
        self.findings: list[tuple[str, str]] = []
        self.notes: list[str] = []

    def find(self, kind: str, text: str) -> None:
        """Note something wrong: 'differs', 'stale' or 'unbound'."""
        if (kind, text) not in self.findings:
            self.findings.append((kind, text))

    def hold(self, holds: bool, kind: str, text: str) -> None:
        """Count a comparison, and note it where it does not hold."""
        self.compared += 1
        if not holds:
            self.find(kind, text)

    def told(self) -> dict[str, Any]:
        """The level as JSON."""
        kinds = {kind for kind, _ in self.findings}
        whole = "verified" if self.compared else "not rerun"
        verdict = next((k for k in ("differs", "stale", "unbound") if k in kinds), whole)
        findings = [f"{kind}: {text}" for kind, text in self.findings]
        return {
            "level": self.name,
            "verdict": verdict,
            "compared": self.compared,
            "findings": findings,
            "notes": self.notes,
        }


def read(folder: str, name: str) -> bytes:
    """The bytes of a file of the package; links and outsized files are not followed."""
    path = os.path.join(folder, *name.split("/"))
    if os.path.islink(path) or not os.path.isfile(path):
        raise Cannot(f"there is no file {name}")
    if os.path.getsize(path) > LARGEST:
        raise Cannot(f"{name} is too large to be read")
    with open(path, "rb") as file:
        return file.read()


# ---------------------------------------------------------------- L0


def unsafe(name: str) -> bool:
    """Whether a path would leave the package or cannot stand on every machine."""
    odd = name.startswith("/") or "\\" in name or ":" in name or any(ord(c) < 32 for c in name)
    return odd or any(p in ("", ".", "..") for p in name.split("/"))


def read_manifest(folder: str) -> tuple[dict[str, str], list[str], Any]:
    """Path -> digest, what is wrong in the list itself, and the count and size at its head."""
    try:
        text = read(folder, MANIFEST).decode("utf-8")
    except UnicodeDecodeError:
        raise Cannot(f"{MANIFEST} is not UTF-8") from None
    listed: dict[str, str] = {}
    wrong, head = [], None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            head = re.match(r"# (\d+) files, (\d+) bytes$", line) or head
            continue
        found = re.match(r"([0-9a-f]{64})  (.+)$", line)
        if found is None:
            raise Cannot(f"{MANIFEST}, line {number} is no digest and path")
        name = found.group(2)
        if unsafe(name) or name == MANIFEST:
            wrong.append(f"line {number} names a path that a package cannot have: {name!r}")
        elif name in listed:
            wrong.append(f"{name} is listed twice")
        else:
            listed[name] = found.group(1)
    if list(listed) != sorted(listed):
        wrong.append(f"{MANIFEST} is not sorted")
    if not listed:
        raise Cannot(f"{MANIFEST} lists nothing")
    return listed, wrong, (int(head.group(1)), int(head.group(2))) if head else None


def walk(folder: str, below: str = "") -> list[tuple[str, str]]:
    """Every entry below a folder as (path, kind): 'file', 'link', 'empty folder' or 'device'; no link is followed."""
    found: list[tuple[str, str]] = []
    with os.scandir(os.path.join(folder, below)) as opened:
        entries = sorted(opened, key=lambda e: e.name)
    for entry in entries:
        name = below + entry.name
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):
            found.append((name, "link"))
        elif stat.S_ISDIR(mode):
            found += walk(folder, name + "/") or [(name, "empty folder")]
        else:
            found.append((name, "file" if stat.S_ISREG(mode) else "device"))
        if len(found) > MOST_FILES:
            raise Cannot("there are more files than a package has")
    return found


def level_0(folder: str) -> Level:
    """Files against the manifest."""
    level = Level("L0")
    listed, wrong, head = read_manifest(folder)
    for text in wrong:
        level.find("differs", text)
    there: dict[str, str] = {}
    folded: dict[str, str] = {}
    size = 0
    for name, kind in walk(folder):
        if name == MANIFEST:
            continue
        if LOG.match(name) and kind == "file":
            level.notes.append(f"{name} is a log, which no digest covers")
            continue
        if JUNK.intersection(name.split("/")) or name.split("/")[-1].startswith("._"):
            level.find("differs", f"{name} does not belong in a package")
        elif kind != "file":
            level.find("differs", f"{name} is a {kind}")
        elif name not in listed:
            level.find("differs", f"{name} is not in the manifest")
        if name.casefold() in folded:
            level.find("differs", f"{folded[name.casefold()]} and {name} differ by case alone")
        folded[name.casefold()] = name
        there[name] = kind
    for name, expected in listed.items():
        level.hold(name in there, "differs", f"{name} is missing")
        if there.get(name) == "file":
            size += match(folder, name, expected, level)
    if head != (len(listed), size):
        level.find(
            "differs", f"the manifest speaks of {head or (0, 0)} files and bytes, here are {(len(listed), size)}"
        )
    return level


def match(folder: str, name: str, expected: str, level: Level) -> int:
    """Hold one file against its digest; its size is given back."""
    digest, size = hashlib.sha256(), 0
    with open(os.path.join(folder, *name.split("/")), "rb") as file:
        for chunk in iter(lambda: file.read(1 << 20), b""):
            digest.update(chunk)
            size += len(chunk)
    if size == 0:
        level.find("differs", f"{name} is empty")
    if digest.hexdigest() != expected:
        level.find("differs", f"{name} is not the file that the manifest lists")
    if name.endswith(SCANNED) and not name.startswith(NO_SCAN) and size <= LARGEST:
        found = HOME.search(read(folder, name).decode("utf-8", "replace"))
        if found:
            level.find("differs", f"{name} names a path of somebody's machine: {found.group(0)!r}")
    return size


# ---------------------------------------------------------------- printed files read back

SIGNS = dict(zip("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")), dict(zip("0123456789", "₀₁₂₃₄₅₆₇₈₉"))  # noqa: B905
WORDS = {
    "textbackslash": "\\", "textasciicircum": "^", "textasciitilde": "~", "textless": "<", "textgreater": ">", "textbar": "|",
    "nobreakspace": "\u00a0", "textendash": "–", "textemdash": "—", "ldots": "…", "textdegree": "°", "textquoteleft": "‘",
    "textquoteright": "’", "textquotedblleft": "“", "textquotedblright": "”", "circ": "°", "dagger": "†", "ddagger": "‡",
    "textdagger": "†", "textdaggerdbl": "‡",
    "-": MINUS, "times": "×", "div": "÷", "pm": "±", "leq": "≤", "geq": "≥", "neq": "≠", "approx": "≈",
    "infty": "∞", "cdot": "·", "rightarrow": "→", "leftrightarrow": "↔", "in": "∈", "sum": "∑", "alpha": "α", "beta": "β",
    "gamma": "γ", "delta": "δ", "varepsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ",
    "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ",
    "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
TEX = re.compile(
    r"\\text(super|sub)script\{(\d)\}|\$\^?\{?\\?([A-Za-z]+|-)\}?\$|\\pk(?:stars|mark|[A-Z]+)\b|\\([A-Za-z]+\d*)(?:\{\})?|\\([^A-Za-z])|[{}]"
)
DEFINES = re.compile(
    r"\\(?:[egx]?def|let|input|include|(?:re)?newcommand|renewcommand|catcode|csname|ifx?|write|llap|rlap|phantom)\b"
)
BALANCED = r"(?:[^#{}]|\{(?:[^#{}]|\{[^#{}]*\})*\})*"
OURS = re.compile(
    r"\\def\\pk(?:stars#1\{\$\^\{#1\}\$\}|mark#1\{\\textsuperscript\{#1\}\}|[A-Z]+#1#2\{\\hphantom\{"
    + BALANCED
    + r"\}\\llap\{#1\}\\rlap\{#2\}\\hphantom\{"
    + BALANCED
    + r"\}\})$"
)


def untex(text: str) -> str:
    """The characters that our own LaTeX prints."""

    def char(found: re.Match[str]) -> str:
        raised, digit, sign, word, escaped = found.groups()
        if digit:
            return SIGNS[raised == "sub"][digit]
        if word and re.match(r"char\d{1,6}$", word):
            return chr(int(word[4:]))
        if (sign or word) and (sign or word) not in WORDS:
            raise ValueError(f"it holds a command that is not ours: {found.group(0)}")
        return WORDS[sign or word] if sign or word else escaped or ""

    return TEX.sub(char, text)


def headed(level: int, spans: list[tuple[int, str]]) -> dict[str, str]:
    """One line of headings by column, without blanks, since formats break it differently."""
    texts = ["".join(text.split()) for count, text in spans for _ in range(count)]
    return {f"h{level}.{j}": text for j, text in enumerate(texts)}


def from_tex(data: bytes) -> dict[str, str]:
    """Cells, row labels and notes of a LaTeX table of ours; a definition that is not ours could print anything and is refused."""
    found: dict[str, str] = {}
    notes, body, level, panels = 0, False, -1, 0
    for line in data.decode("utf-8").split("\n"):
        if DEFINES.search(line) and not OURS.match(line):
            raise ValueError(f"it holds a definition that is not ours: {line!r}")
        body = (body or line == "\\midrule") and line != "\\bottomrule" and not line.startswith("\\end{")
        row = re.match(r"(.*) \\\\ % pk (r\d+)$", line)
        panel = re.match(r"\\multicolumn\{\d+\}\{l\}\{(.*)\} \\\\ % pk panel$", line)
        parted = "&" in re.sub(r"\\.", "", line)
        level = 0 if line == "\\toprule" else level
        if level >= 0 and not body and line.endswith(" \\\\"):
            parts = [re.match(r"\\multicolumn\{(\d+)\}\{[lc]\}\{(.*)\}$", c) for c in line[:-3].split(" & ")[1:]]
            if None in parts:
                raise ValueError(f"a heading is not ours: {line!r}")
            spans = [
                (int(m.group(1)), FOLDED.sub(lambda f: f.group(1).replace(" \\\\ ", " "), m.group(2)))
                for m in parts
                if m
            ]
            found.update(headed(level, [(n, untex(text)) for n, text in spans]))
            level += 1
        if row:
            label, *cells = row.group(1).split(" & ")
            found[f"{row.group(2)}.label"] = untex(label)
            found.update({f"{row.group(2)}.c{j}": untex(cell) for j, cell in enumerate(cells)})
        elif line.startswith("\\item "):
            found[f"note{notes}"] = untex(line[6:])
            notes += 1
        elif body and panel and not parted:
            found[f"panel{panels}.label"] = untex(panel.group(1))
            panels += 1
        elif body and parted:
            found[f"unmarked line {line!r}"] = "1"
    return found


def from_csv(data: bytes) -> dict[str, str]:
    """Cells, row labels and notes of a CSV table of ours."""
    found: dict[str, str] = {}
    notes = level = panels = 0
    for line in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        bare = [c[1:] if c.startswith(("'", "\u00a0")) else c for c in line]
        if line and re.match(r"r\d+$", line[-1]):
            found[f"{line[-1]}.label"] = bare[0]
            found.update({f"{line[-1]}.c{j}": cell for j, cell in enumerate(bare[1:-1])})
        elif line and line[-1] == "panel":
            found[f"panel{panels}.label"] = bare[0]
            panels += 1
        elif line and line[-1] == "heading":
            found.update(headed(level, [(1, text) for text in bare[1:-1]]))
            level += 1
        elif line and line[-1] == "note":
            found[f"note{notes}"] = bare[0]
            notes += 1
    return found


TYPST_ROW = re.compile(r"  (\".*), // pk (r\d+)$")
TYPST_CELL = re.compile(
    r'(?:n\([\d.]+em, ("(?:[^"\\]|\\.)*"), [\d.]+em, ("(?:[^"\\]|\\.)*"), |t\()("(?:[^"\\]|\\.)*")(?:, ("(?:[^"\\]|\\.)*"))?\)'
)
TYPST_HEAD = re.compile(r'table\.cell\(colspan: (\d+), align: \w+, ("(?:[^"\\]|\\.)*")\)')
TYPST_NOTE = re.compile(r'#block\([^"]*text\(("(?:[^"\\]|\\.)*"), size: 0\.85em\)\)$')


def from_typ(data: bytes) -> dict[str, str]:
    """Cells, row labels and notes of a Typst table of ours; a definition that could print anything is refused."""
    found: dict[str, str] = {}
    notes = level = 0
    for line in data.decode("utf-8").split("\n"):
        row, note = TYPST_ROW.match(line), TYPST_NOTE.match(line)
        if line.lstrip().startswith(("#let", "#show", "#import", "#include")) and re.search(
            r"\"[^\"]*\d|#import|#include|hide", line
        ):
            raise ValueError(f"it holds a definition that is not ours: {line!r}")
        if row:
            label, end = json.JSONDecoder().raw_decode(row.group(1))
            found[f"{row.group(2)}.label"] = label
            for j, cell in enumerate(TYPST_CELL.finditer(row.group(1), end)):
                found[f"{row.group(2)}.c{j}"] = "".join(json.loads(t) for t in cell.groups() if t is not None)
        elif line.startswith("    ") and TYPST_HEAD.search(line):
            found.update(headed(level, [(int(n), json.loads(t)) for n, t in TYPST_HEAD.findall(line)]))
            level += 1
        elif note:
            found[f"note{notes}"] = json.loads(note.group(1))
            notes += 1
        elif re.search(r"[nt]\((?:[\d.]+em, )?\"", line) and not line.startswith("#"):
            found[f"unmarked line {line!r}"] = "1"
    return found


COUNTED = re.compile(r"(?<![\w.])[-\u2212+]?\d[\d,]*(?:\.\d+)?(?![\w])")
FOLDED = re.compile(r"\\begin\{tabular\}\[b\]\{@\{\}c@\{\}\}(.*)\\end\{tabular\}")
WIDTH = re.compile(r"(min-width:[\d.]+ch)?$")
HIDES = re.compile(rb"(content|display\s*:\s*none|visibility|font-size\s*:\s*0[^.])", re.IGNORECASE)


class Page(HTMLParser):
    """Every table of ours on a page, by its id: cells, row labels and notes, and the keys and full values beside the cells."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: dict[str, dict[str, str]] = {}
        self.facts: dict[str, dict[str, dict[str, str]]] = {}
        self.table = self.open = self.label = ""
        self.notes, self.inside = -1, False
        self.heads: list[tuple[int, str]] = []
        self.level = 0
        self.loose: list[list[str]] = []  # key and text of numbers bound outside of tables
        self.quiet = self.unbound = self.bound = (
            0  # depth of what is no text; numbers in the text without and with a key
        )

    def told(self, name: str) -> str:
        """How many numbers of the page have a key, and how many have none (years, headings, what a check says in words)."""
        inside = sum(len(facts) for facts in self.facts.values())
        return (
            f"{name}: {inside} numbers in tables and {len(self.loose)} outside are bound to the results; "
            f"{self.unbound} numbers in its text are not"
        )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        """Open a table, cell, row label or note."""
        given = {k: v or "" for k, v in attrs}
        self.quiet += tag in ("script", "style", "svg", "template")
        if tag == "table" and given.get("id", "").startswith("table-"):
            self.table, self.inside, self.level = given["id"][6:], True, 0
            self.tables.setdefault(self.table, {})
            self.facts.setdefault(self.table, {})
        elif self.inside and (
            tag in ("script", "style", "template") or "hidden" in given or not WIDTH.match(given.get("style", ""))
        ):
            raise ValueError(f"a table holds a <{tag}> that may hide what is printed")
        elif (
            self.inside
            and tag == "td"
            and (given.get("data-cell", "") in self.tables[self.table] or "data-cell" not in given)
        ):
            raise ValueError("a table holds a cell without a name of its own")
        elif self.inside and tag == "th" and given.get("scope") in ("col", "colgroup") and "rowspan" not in given:
            self.open = "head"
            self.heads.append((int(given.get("colspan") or 1), ""))
        elif tag == "th" and given.get("scope") == "row":
            self.open, self.label = "label", ""
        elif tag == "td" and "data-cell" in given and self.table:
            self.open = given["data-cell"]
            self.tables[self.table][self.open] = ""
            self.tables[self.table][self.open.split(".")[0] + ".label"] = self.label
            self.facts[self.table][self.open] = given
        elif "data-key" in given and not self.inside:
            self.open = "loose"
            self.loose.append([given["data-key"], "", tag])
        elif tag == "div" and given.get("class") == "pk-notes":
            self.notes = 0
        elif tag == "p" and self.notes >= 0 and self.table:
            self.open = f"note{self.notes}"
            self.tables[self.table][self.open] = ""

    def handle_endtag(self, tag: str) -> None:
        """Close what is open."""
        self.quiet -= tag in ("script", "style", "svg", "template")
        if tag == "p" and self.open.startswith("note"):
            self.notes += 1
        if tag in ("td", "th", "p") or (self.open == "loose" and self.loose[-1][2] == tag):
            self.open = ""
        if tag == "tr" and self.heads:
            self.tables[self.table].update(headed(self.level, self.heads))
            self.level, self.heads = self.level + 1, []
        if tag == "div":
            self.notes = -1
        if tag == "table":
            self.inside = False

    def handle_data(self, data: str) -> None:
        """Text of what is open."""
        if not self.open and not self.quiet and not self.inside:
            self.unbound += len(COUNTED.findall(data))
        if self.open == "label":
            self.label += data
        elif self.open == "head":
            self.heads[-1] = (self.heads[-1][0], self.heads[-1][1] + data)
        elif self.open == "loose":
            self.loose[-1][1] += data
        elif self.open and self.table:
            self.tables[self.table][self.open] += data


def from_html(data: bytes) -> Page:
    """The tables of a page."""
    page = Page()
    page.feed(data.decode("utf-8"))
    page.close()
    return page


def word_part(data: bytes, name: str = "word/document.xml") -> bytes:
    """The XML of a part of a Word file; document types, entities and bombs are refused."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        members = opened.infolist()
        part = opened.getinfo(name)
        if (
            len(members) > 2000
            or part.file_size > 64 * 1024 * 1024
            or part.file_size > 400 * max(part.compress_size, 1)
        ):
            raise ValueError("it unpacks to far too much")
        xml = opened.read(part)
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml or xml[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in xml:
        raise ValueError("it declares a document type or entities")
    return xml


def from_docx(data: bytes) -> dict[str, str]:
    """Cells, row labels and notes of a Word table of ours."""
    xml = word_part(data)
    if re.search(rb"<w:(vanish|specVanish|webHidden|del|ins|moveFrom|moveTo|altChunk|txbxContent)\b", xml):
        raise ValueError("it hides text or keeps track of changes")
    w = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    body = ElementTree.fromstring(xml).find(w + "body")  # noqa: S314
    found: dict[str, str] = {}
    notes, row, level, after = 0, -1, 0, False
    for element in body if body is not None else ():
        if element.tag == w + "p" and after:
            found[f"note{notes}"] = "".join(t.text or "" for t in element.iter(w + "t"))
            notes += 1
        after = after or element.tag == w + "tbl"
        for line in element.findall(w + "tr"):
            texts = ["".join(t.text or "" for t in cell.iter(w + "t")) for cell in line.findall(w + "tc")]
            if line.find(f"{w}trPr/{w}tblHeader") is not None:
                wide = [cell.find(f"{w}tcPr/{w}gridSpan") for cell in line.findall(w + "tc")]
                counts = [1 if span is None else int(span.get(w + "val", "1")) for span in wide]
                found.update(headed(level, list(zip(counts, texts))[1:]))  # noqa: B905
                level += 1
                continue
            row += 1
            if len(texts) > 1:
                found[f"r{row}.label"] = texts[0]
                found.update({f"r{row}.c{j}": text for j, text in enumerate(texts[1:])})
    return found


# ---------------------------------------------------------------- numbers

NUMBER = re.compile(r"([-+]?)(\d[\d,]*)(?:\.(\d+))?(?:e([-+]?\d+))?$")


def number(value: Any) -> Any:
    """A double of a JSON value; None where it is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value)
    return float(value) if value in ("nan", "inf", "-inf") else None


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are the same: numbers to the last digits of a double."""
    a, b = number(left), number(right)
    if a is None or b is None:
        return bool(left == right)
    return (a != a and b != b) or a == b or abs(a - b) <= FINE * 1e-4 * max(abs(a), abs(b))


def near(left: float, right: float, scale: float = 0.0) -> bool:
    """Whether two results of a calculation agree; NaN agrees with NaN."""
    if left != left or right != right or math.isinf(left) or math.isinf(right):
        return (left != left and right != right) or left == right
    return abs(left - right) <= FINE * max(abs(left), abs(right), scale)


def bare(text: str) -> str:
    """A printed number without brackets."""
    return text.strip().strip("()[]").replace(MINUS, "-")


def rounds(raw: Any, shown: str) -> bool:
    """Whether a printed text is its value, to the digits that are printed."""
    value, text = number(raw), bare(shown)
    if value is None and isinstance(raw, str) and ", " in raw:
        bounds, ends = raw.split(", "), text.split(", ")
        return len(bounds) == len(ends) and all(rounds(number(b) or float(b), e) for b, e in zip(bounds, ends))  # noqa: B905
    if value is None:
        known = {
            "yes": ("Yes", "是"),
            "no": ("No", "否", ""),
            "agrees": ("agrees", "一致"),
            "differs": ("differs", "不一致"),
        }
        return text in known.get(str(raw), ("–", str(raw)))
    if value != value:
        return text in ("–", "")
    if math.isinf(value):
        return text == ("∞" if value > 0 else "-∞")
    if text.startswith("<"):
        return NUMBER.match(text[1:]) is not None and 0 <= value < float(text[1:])
    found = NUMBER.match(text)
    if found is None:
        return False
    sign, whole, decimals, power = found.groups()
    unit = 10.0 ** (int(power or 0) - len(decimals or ""))
    printed = float(f"{sign}{whole.replace(',', '')}.{decimals or 0}e{power or 0}")
    return abs(value - printed) <= unit * 0.5 * (1 + 1e-6) + abs(value) * 2.0**-50


def tail(t: float, df: float) -> float:
    """Two-sided tail of Student's t, of the normal where df is infinite (incomplete beta by Lentz's continued fraction)."""
    if math.isinf(df):
        return math.erfc(abs(t) / math.sqrt(2))
    x, a, b = df / (df + t * t), df / 2, 0.5
    if t * t == 0:
        return 1.0
    flip = x > (a + 1) / (a + b + 2)
    if flip:
        x, a, b = t * t / (df + t * t), b, a
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or 1e-300)
    whole = d
    for m in range(1, 2000):
        for top in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / (1 + top * d or 1e-300), 1 + top / c or 1e-300
            whole *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    if x <= 0:
        part = 0.0
    else:
        front = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
        part = math.exp(front) * whole / a
    return 1 - part if flip else part


# ---------------------------------------------------------------- L1


def level_1(folder: str) -> Level:
    """Printed numbers against the ledger, the ledger against estimates and panel, and each estimate against itself."""
    level = Level("L1")
    try:
        book = load(folder, "ledger.json")
        estimates = {e["id"]: e for e in load(folder, "results/estimates.json")["estimates"]}
        checks = {(c["of"], c["name"]): c for c in load(folder, "results/checks.json")["checks"]}
        numbers = book["numbers"]
        frame = Frame(folder, level)
        started(folder, book, level)
        for estimate in estimates.values():
            consistent(estimate, float(book.get("level", 0.95)), frame.rows, level)
        for name, entry in numbers.items():
            bound(name, entry, (estimates, checks, frame), level, book["settings"][entry["exhibit"]])
            marked(name, entry, (book["settings"], estimates, frame), level)
        printed(folder, book, (estimates, checks, frame), level)
        noted(folder, book["settings"], level)
        copies(folder, book, (estimates, checks, frame), level)
        pictured(folder, estimates, level)
        listed(folder, book, level)
    except Cannot as error:
        level.find("differs", str(error))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, csv.Error, RecursionError) as error:
        level.find("differs", f"a file of results has not the form it must have ({type(error).__name__}: {error})")
    return level


def load(folder: str, name: str) -> Any:
    """A JSON file of the package."""
    try:
        return json.loads(read(folder, name).decode("utf-8"))
    except (ValueError, RecursionError):
        raise Cannot(f"{name} cannot be read as JSON") from None


def started(folder: str, book: dict[str, Any], level: Level) -> None:
    """Study and raw files are those that the run started from."""
    study = hashlib.sha256(read(folder, "study.toml")).hexdigest()
    level.hold(study == book["study_sha256"], "stale", "study.toml is not the one that was run")
    for name, raw in book["inputs"].items():
        if not raw["provided"]:
            level.notes.append(f"{name} is not provided; its SHA-256 is {raw['sha256']}")
            continue
        if unsafe(name):
            raise Cannot(f"{name!r} is no path of a package")
        digest = hashlib.sha256(read(folder, name)).hexdigest()
        level.hold(digest == raw["sha256"], "stale", f"{name} is not the raw file that the run started from")


class Frame:
    """The panel as its CSV holds it, held against the digest on record; columns as doubles or texts."""

    def __init__(self, folder: str, level: Level) -> None:
        about = load(folder, "data/processed/panel.json")
        text = io.StringIO(read(folder, "data/processed/panel.csv").decode("utf-8-sig"), newline="")
        header, *lines = [line for line in csv.reader(text) if line]
        texts = {about["unit"], *(v["name"] for v in about["variables"] if v["kind"] == "category")}
        self.rows, self.folder = len(lines), folder
        self.samples: dict[str, list[int]] = {}
        self.about, self.header, self.lines = about, header, lines
        self.units = [line[header.index(about["unit"])] for line in lines]
        self.columns: dict[str, list[float]] = {}
        digest = hashlib.sha256()
        for j, name in enumerate(header):
            digest.update(f"{name}\0".encode())
            if name in texts:
                digest.update("\0".join(line[j] for line in lines).encode())
            else:
                values = [float(line[j] or "nan") + 0.0 for line in lines]
                self.columns[name] = values
                plain = b"".join(struct.pack("<d", v) if v == v else b"\0\0\0\0\0\0\xf8\x7f" for v in values)
                digest.update(plain)
            digest.update(b"\1")
        level.hold(digest.hexdigest() == about["digest"], "stale", "panel.csv is not the panel that was estimated on")

    def places(self, whose: str) -> Any:
        """The numbers of the rows of a model's sample, or of all rows ("panel"); None where no samples.csv lists them."""
        name = "data/processed/samples.csv"
        if whose == "panel":
            return range(self.rows)
        if not self.samples and os.path.isfile(os.path.join(self.folder, *name.split("/"))):
            header, *lines = csv.reader(io.StringIO(read(self.folder, name).decode("utf-8"), newline=""))
            for j, model in enumerate(header[2:], start=2):
                self.samples[model] = [i for i, line in enumerate(lines[: self.rows]) if line[j] == "1"]
        return self.samples.get(whose)

    def column(self, name: str) -> list[Any]:
        """A column: numbers, whole numbers for the time, texts for units and categories ("" where there is none)."""
        if name == self.about["time"]:
            return [int(v) for v in self.columns[name]]
        if name in self.columns:
            return list(self.columns[name])
        j = self.header.index(name) if name in self.header else -1
        if j < 0:
            raise LookupError(name)
        return [line[j] for line in self.lines]

    def described(self, name: str, statistic: str, places: Any) -> Any:
        """A descriptive statistic of a column over some rows."""
        column = self.columns[name]
        pairs = [(self.units[i], column[i]) for i in places if column[i] == column[i]]
        values = sorted(v for _, v in pairs)
        by_unit = grouped(pairs)
        means = {u: average(v) for u, v in by_unit.items()}
        n = len(values)
        return {
            "count": lambda: n,
            "mean": lambda: average(values),
            "sd": lambda: spread(values),
            "sd_between": lambda: spread(list(means.values())),
            "sd_within": lambda: spread([v - means[u] for u, v in pairs]),
            "min": lambda: values[0],
            "max": lambda: values[-1],
            "p25": lambda: quantile(values, 0.25),
            "median": lambda: quantile(values, 0.5),
            "p75": lambda: quantile(values, 0.75),
        }[statistic]()

    def correlated(self, pair: str, method: str, places: Any) -> tuple[float, float, int]:
        """Correlation of "x~y" where both are there, its p by t(n - 2), and the number of rows."""
        one, other = pair.split("~")
        a, b = self.columns[one], self.columns[other]
        both = [i for i in places if a[i] == a[i] and b[i] == b[i]]
        x, y = [a[i] for i in both], [b[i] for i in both]
        if method == "spearman":
            x, y = ranked(x), ranked(y)
        n = len(both)
        x, y = [v - average(x) for v in x], [v - average(y) for v in y]
        size = math.sqrt(math.fsum(v * v for v in x) * math.fsum(v * v for v in y))
        if n < 3 or size == 0:
            return math.nan, math.nan, n
        r = 1.0 if one == other else max(-1.0, min(1.0, math.fsum(v * w for v, w in zip(x, y)) / size))  # noqa: B905
        return r, 0.0 if abs(r) == 1 else tail(r * math.sqrt((n - 2) / (1 - r * r)), n - 2), n

    def members(self, group: str, setting: dict[str, Any], places: Any) -> tuple[dict[int, str], list[str]]:
        """The group of each row of a balance table, and the groups that have rows, in their order."""
        column, cut, years = self.column(group), setting["cut"], setting["years"]
        times = self.column(self.about["time"])
        inside = [i for i in places if not years or years[0] <= times[i] <= years[1]]
        there = [i for i in inside if column[i] == column[i] and column[i] != ""]
        if cut is None:
            order = [class_text(v) for v in sorted({column[i] for i in there})]
            member = {i: class_text(column[i]) for i in there}
        else:
            order = [f"<={cut:g}", f">{cut:g}"]
            member = {i: order[column[i] > cut] for i in there}
        if setting["missing"]:
            member.update(dict.fromkeys(set(inside) - set(there), "missing"))
            order.append("missing")
        return member, [code for code in order if code in set(member.values())]

    def balanced(self, name: str, field: str, setting: dict[str, Any], places: Any) -> Any:
        """A cell of a balance table: by group, its size, or the second group minus the first."""
        variable, _, group = name.rpartition("@")
        group, _, code = group.partition("=")
        member, codes = self.members(group, setting, places)
        if code and code not in codes:
            raise LookupError(name)
        if field in ("group_rows", "group_units"):
            inside = [self.units[i] for i, c in member.items() if c == code]
            return len(inside) if field == "group_rows" else len(set(inside))
        column = self.columns[variable]
        values = {c: [column[i] for i, m in member.items() if m == c and column[i] == column[i]] for c in codes}
        if code:
            return average(values[code]) if field == "mean" else spread(values[code])
        one, two = codes  # a difference is shown of two groups alone
        gap = average(values[two]) - average(values[one])
        if field == "difference":
            return gap
        if field == "normalised_difference":
            return gap / math.sqrt((spread(values[one]) ** 2 + spread(values[two]) ** 2) / 2)
        by_unit = [
            grouped([(self.units[i], column[i]) for i, m in member.items() if m == c and column[i] == column[i]])
            for c in codes
        ]
        if set(by_unit[0]) & set(by_unit[1]):
            return math.nan
        means = [[average(v) for v in of.values()] for of in by_unit]
        parts = [spread(m) ** 2 / len(m) for m in means]
        df = sum(parts) ** 2 / sum(p * p / (len(m) - 1) for p, m in zip(parts, means))  # noqa: B905
        return tail((average(means[1]) - average(means[0])) / math.sqrt(sum(parts)), df)

    def moved(self, name: str, field: str, setting: dict[str, Any], places: Any) -> Any:
        """A cell of a transition table: how many units, or what share of a class, go from one to another."""
        variable, step = name.split("@")[0], int(name.rpartition("+")[2])
        column, times, cuts = self.column(variable), self.column(self.about["time"]), sorted(setting["cuts"])
        known: dict[tuple[str, int], str] = {}
        for i in places:
            if column[i] != column[i] or column[i] == "":
                continue
            held = class_text(column[i])
            if cuts:
                names = [f"<{cuts[0]:g}", *(f"{a:g}–{b:g}" for a, b in zip(cuts, cuts[1:])), f"≥{cuts[-1]:g}"]  # noqa: B905, RUF007
                held = names[sum(c <= column[i] for c in cuts)]
            known[self.units[i], times[i]] = held
        counts: dict[str, int] = {}
        totals: dict[str, int] = {}
        for (unit, time), one in known.items():
            other = known.get((unit, time + step))
            if other is not None:
                for key, of in ((f"{variable}@{one}>{other}+{step}", counts), (f"{variable}@{one}+{step}", totals)):
                    of[key] = of.get(key, 0) + 1
        if field == "transitions_from":
            return totals.get(name, 0)
        if field == "transitions":
            return counts.get(name, 0)
        start = next(k for k in totals if name.startswith(k.rpartition("+")[0] + ">"))
        return counts.get(name, 0) / totals[start]


def class_text(value: Any) -> str:
    """A class as it is named in a key."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def average(values: list[float]) -> float:
    """The mean, NaN of nothing."""
    return math.fsum(values) / len(values) if values else math.nan


def grouped(pairs: list[tuple[str, float]]) -> dict[str, list[float]]:
    """Values by unit."""
    made: dict[str, list[float]] = {}
    for unit, value in pairs:
        made.setdefault(unit, []).append(value)
    return made


def ranked(values: list[float]) -> list[float]:
    """Ranks from 1, the mean of their ranks for ties."""
    order = sorted(values)
    first: dict[float, int] = {}
    count: dict[float, int] = {}
    for i, v in enumerate(order):
        first.setdefault(v, i)
        count[v] = count.get(v, 0) + 1
    return [first[v] + (count[v] + 1) / 2 for v in values]


def quantile(ordered: list[float], share: float) -> float:
    """A quantile of sorted values, between two of them in proportion."""
    at = (len(ordered) - 1) * share
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def spread(values: list[float]) -> float:
    """Standard deviation with divisor n - 1."""
    if len(values) < 2:
        return math.nan
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1))


def consistent(estimate: dict[str, Any], coverage: float, rows: int, level: Level) -> None:
    """Statistic, p, interval and covariance of each term, and the size of the sample."""
    sample, matrix = estimate["sample"], estimate.get("covariance_matrix") or []
    level.hold(sample["rows"] <= rows, "differs", f"{estimate['id']} rests on more rows than the panel has")
    for i, term in enumerate(estimate["terms"]):
        where = f"results/estimates.json, {estimate['id']}.{term['name']}"
        b, se, t, df, p, low, high = (
            number(term[k]) for k in ("estimate", "se", "statistic", "df", "p", "low", "high")
        )
        if len(matrix) == len(estimate["terms"]):
            variance = number(matrix[i][i])
            root = math.sqrt(variance) if variance >= 0 else math.nan
            level.hold(near(root, se), "differs", f"{where}: se is not that of the covariance")
        if not se > 0 or t != t:
            continue
        level.hold(near(t, b / se, 1e-3), "differs", f"{where}: the statistic is {t!r}, estimate over se {b / se!r}")
        drawn = [r for r in estimate.get("resampled", ()) if r["term"] == term["name"]]
        if any(all(same(r[k], term[k]) for k in ("p", "low", "high")) for r in drawn) or df != df or df <= 0:
            continue  # this term's own p and interval are those of the draws
        level.hold(
            abs(tail(t, df) - p) <= 1e-6 * p + 1e-12, "differs", f"{where}: p is {p!r}, but {tail(t, df)!r} by t and df"
        )
        if low == low and high == high:
            level.hold(
                near((low + high) / 2, b, abs(high - low)),
                "differs",
                f"{where}: the interval is not about the estimate",
            )
            reach = tail((high - low) / 2 / se, df)
            level.hold(abs(reach - (1 - coverage)) <= 1e-6, "differs", f"{where}: the interval covers {1 - reach:.4f}")


def value_of(key: list[str], known: tuple[Any, Any, Frame], setting: Any = None) -> Any:
    """What estimates, checks or panel hold under a key; None where the ledger alone can. Raises LookupError where nothing does."""
    try:
        of_check = (key[0], key[1].rpartition("#")[0]) in known[1]
        if key[0] == "panel" or (key[1] and key[2] in ON_PANEL and not of_check):
            return on_panel(key, known[2], setting)
        return of_model(key, known)
    except StopIteration:
        raise LookupError(".".join(key)) from None


def on_panel(key: list[str], frame: Frame, setting: Any) -> Any:
    """A number over the rows of the panel or of a model's sample; None where neither samples.csv nor the ledger tells how."""
    whose, name, field = key
    places = frame.places(whose)
    if places is None:
        return None
    if field in DESCRIBED and "@" not in name:
        return frame.described(name, field, places)
    if field in CORRELATED:
        r, _, pairs = frame.correlated(name, field, places)
        return pairs if field == "pairs" else r
    if field not in ON_PANEL:
        raise LookupError(field)
    if setting is None or ("cuts" if field in MOVED else "cut") not in setting:
        return None
    return (frame.moved if field in MOVED else frame.balanced)(name, field, setting, places)


def of_model(key: list[str], known: tuple[Any, Any, Frame]) -> Any:
    """A number of an estimate or of one of its checks."""
    estimates, checks, _ = known
    model, term, field = key
    estimate = estimates[model]
    name, hash_sign, row = term.rpartition("#")
    if field == "leave_one_out":
        rows = checks[model, term]["rows"]
        left = [v for v in (number(r["coefficient_without"]) for r in rows) if v is not None and math.isfinite(v)]
        return f"{min(left)!r}, {max(left)!r}"
    if hash_sign and (model, name) in checks:
        return checks[model, name]["rows"][int(row)][field]
    if term:
        held = next(t for t in estimate["terms"] if t["name"] == term)
        drawn = [r for r in estimate.get("resampled", ()) if r["term"] == term and not same(r["p"], math.nan)]
        if field.startswith(LEDGER_ALONE):
            return None
        if field == "p_resampled":
            return drawn[0]["p"]
        if field == "interval_resampled":
            held = next((r for r in drawn if not same(r["low"], math.nan)), next(iter(drawn)))
        if field in ("interval", "interval_resampled"):
            return f"{number(held['low'])!r}, {number(held['high'])!r}"
        return held[field]
    part, _, of = field.partition(".")
    if part == "tests":
        test, _, statistic = of.rpartition(".")
        return estimate["tests"][test][statistic]
    if part == "absorb":
        return "yes" if of in estimate["absorb"] else "no"
    if part == "slopes":
        slopes = [".".join(s) for r in estimate["requests"][:1] for s in r["varying_slopes"]]
        return "yes" if of in slopes else "no"
    if part == "clusters":
        groups = estimate["sample"]["clusters"]
        return groups[of] if of else next(iter(groups.values()))
    if part == "second_engine":
        verdict = checks.get((model, "second_engine"), {}).get("verdict")
        return {"holds": "agrees", "fails": "differs", None: "none"}.get(verdict, "says")
    for place in (estimate["sample"], estimate["fit"], estimate["fit"]["extra"]):
        if field in place:
            return place[field]
    raise LookupError(field)


DESCRIBED = ("count", "mean", "sd", "sd_between", "sd_within", "min", "median", "max")
CORRELATED = ("pearson", "spearman", "pairs")
BY_GROUP = ("difference", "normalised_difference", "difference_p", "group_rows", "group_units")
MOVED = ("transitions", "transition_share", "transitions_from")
ON_PANEL = (*DESCRIBED, *CORRELATED, *BY_GROUP, *MOVED)
LEDGER_ALONE = ("p_adjusted.", "smallest.")
UNIT_SCALE = ("pearson", "spearman", "normalised_difference", "difference_p", "transition_share")


def scale_of(key: list[str], frame: Frame) -> float:
    """How large the numbers are that a difference is made of, so that what cancels is not held against its last digits."""
    if key[2] in UNIT_SCALE:
        return 1.0
    if key[2] not in ("difference", "mean"):
        return 0.0
    values = frame.columns.get(key[1].split("@")[0], [])
    return max((abs(v) for v in values if v == v), default=0.0) * 1e-4  # 1e-13 of the largest


def bound(name: str, entry: dict[str, Any], known: tuple[Any, Any, Frame], level: Level, setting: Any = None) -> None:
    """A ledger entry against what it says it is, and its text against its value."""
    key = ".".join(entry["key"])
    try:
        value = value_of(entry["key"], known, setting)
    except LookupError:
        level.find("unbound", f"ledger.json, {name}: there is no {key} in the results")
        return
    if value is None:
        level.notes.append(f"{name}: {key} is not in the results and not made anew here; held against the ledger alone")
    else:
        a, b = number(value), number(entry["raw"])
        scale = scale_of(entry["key"], known[2])
        ok = near(a, b, scale) if a is not None and b is not None else value == entry["raw"]
        level.hold(
            ok, "differs", f"ledger.json, {name}: {key} is {value!r} in the results, {entry['raw']!r} in the ledger"
        )
    level.hold(
        rounds(entry["raw"], entry["shown"]),
        "differs",
        f"ledger.json, {name}: {entry['raw']!r} is not shown as {entry['shown']!r}",
    )


def marked(name: str, entry: dict[str, Any], known: tuple[Any, Any, Frame], level: Level) -> None:
    """Stars against p at the levels of the table."""
    settings, estimates, frame = known
    model, term, field = entry["key"]
    stars, p = "", math.nan
    if field == "estimate" and model in estimates:
        p = next((number(t["p"]) for t in estimates[model]["terms"] if t["name"] == term), math.nan)
    elif field in ("pearson", "spearman") and len(set(term.split("~"))) == 2:
        places = frame.places(model)
        if places is None:
            level.notes.append(f"{name}: the stars are over a model's rows; held against the ledger alone")
            return
        p = frame.correlated(term, field, places)[1]
    stars = "*" * sum(p < s for s in settings[entry["exhibit"]]["stars"])
    level.hold(
        entry["mark"] == stars, "differs", f"ledger.json, {name}: the mark is {entry['mark']!r}, by p it is {stars!r}"
    )


def printed(folder: str, book: dict[str, Any], known: tuple[Any, Any, Frame], level: Level) -> None:
    """Every printed file against the ledger, and what is no number against the other formats."""
    entries: dict[str, dict[str, Any]] = {}
    for name, entry in book["numbers"].items():
        entries.setdefault(entry["exhibit"], {})[name[len(entry["exhibit"]) + 1 :]] = entry
    readers = {".tex": from_tex, ".csv": from_csv, ".docx": from_docx, ".typ": from_typ}
    said: dict[tuple[str, str], tuple[str, str]] = {
        (table, cell): (text, "ledger.json")
        for table, cells in book.get("words", {}).items()
        for cell, text in cells.items()
    }
    foreknown(book, known[1], entries)
    seen: dict[str, int] = {}
    for name, kind in walk(folder):
        table, extension = os.path.splitext(name.split("/")[-1])
        inside = name.startswith("tables/") and name.count("/") == 1 and kind == "file" and name != "tables/numbers.tex"
        try:
            if inside and name.endswith(".cells.json"):
                recorded(load(folder, name), entries.get(table[:-6], {}), name, level)
            elif inside and extension in readers:
                seen[table] = seen.get(table, 0) + 1
                against(readers[extension](read(folder, name)), entries.get(table, {}), (name, table), said, level)
            elif (inside and extension == ".html") or name == "report.html":
                data = read(folder, name)
                if inside and any(HIDES.search(rule) for rule in re.findall(rb"<style>(.*?)</style>", data, re.DOTALL)):
                    raise ValueError("its style may hide what is printed")
                page = from_html(data)
                if name == "report.html":
                    level.notes.append(page.told(name))
                for key, text, _ in page.loose:
                    loosely(f"{name}, {key}", key.split("|"), text.strip(), book, known, level)
                wanted = set(entries) if name == "report.html" else {table}
                for missing in sorted(wanted - set(page.tables)):
                    level.find("differs", f"{name} has no table {missing}")
                for shown, cells in page.tables.items():
                    seen[shown] = seen.get(shown, 0) + 1
                    against(cells, entries.get(shown, {}), (name, shown), said, level)
                    attributes(page.facts[shown], entries.get(shown, {}), f"{name}, {shown}", level)
        except (
            ValueError,
            KeyError,
            IndexError,
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            RuntimeError,
            ElementTree.ParseError,
            NotImplementedError,
            csv.Error,
        ) as error:
            level.find("differs", f"{name} cannot be read back: {error}")
    for table in sorted(entries):
        level.hold(seen.get(table, 0) > 0, "differs", f"table {table} is in no printed file")


def loosely(
    name: str, key: list[str], text: str, book: dict[str, Any], known: tuple[Any, Any, Frame], level: Level
) -> None:
    """A number in the text of the page against the results, or against the ledger where that alone has it."""
    entry = next((e for e in book["numbers"].values() if e["key"] == key), None)
    setting = book["settings"][entry["exhibit"]] if entry else None
    try:
        raw = value_of(key, known, setting)
    except LookupError:
        level.find("unbound", f"{name}: there is no {'.'.join(key)} in the results")
        return
    if raw is None and entry is None:
        level.find("unbound", f"{name}: {'.'.join(key)} is neither in the results nor in the ledger")
        return
    raw = entry["raw"] if raw is None and entry else raw
    bound(name, {"key": key, "raw": raw, "shown": text}, known, level, setting)


def foreknown(book: dict[str, Any], checks: dict[Any, Any], entries: dict[str, dict[str, Any]]) -> None:
    """Figures known beforehand stand beside ours in a comparison table, without a key: `entries` gets them from the checks."""
    for check in checks.values():
        for row in check.get("rows") or () if check["name"] == "expected" else ():
            for name, entry in book["numbers"].items():
                cell = name[len(entry["exhibit"]) + 1 :]
                if (
                    book["settings"][entry["exhibit"]]["kind"] == "comparison"
                    and entry["key"] == [check["of"], row["term"], row["field"]]
                    and cell.endswith(".c1")
                ):
                    entries[entry["exhibit"]].setdefault(cell[:-1] + "0", {"foreknown": row["known"]})


def against(
    cells: dict[str, str], entries: dict[str, Any], at: tuple[str, str], said: dict[Any, Any], level: Level
) -> None:
    """One printed table: its numbers against the ledger, no number besides, and its words as in the other formats."""
    name, table = at
    for cell, entry in entries.items():
        if "foreknown" in entry:
            if cell in cells and NUMBER.match(bare(cells[cell])):
                level.hold(
                    rounds(entry["foreknown"], cells[cell]),
                    "differs",
                    f"{name}, {cell}: {entry['foreknown']!r} was known",
                )
            continue
        shown = entry["shown"] + entry["mark"]
        level.hold(
            cells.get(cell) == shown,
            "differs",
            f"{name}, {cell}: {cells.get(cell)!r} is printed, {shown!r} is in the ledger",
        )
    for cell, text in cells.items():
        if (
            cell not in entries
            and ".label" not in cell
            and not cell.startswith(("note", "h"))
            and NUMBER.match(bare(text.strip("*")))
        ):
            level.find("unbound", f"{name}, {cell}: {text!r} is not in the ledger")
        first, where = said.setdefault((table, cell), (text, name))
        if cell not in entries:
            level.hold(text == first, "differs", f"{name}, {cell}: {text!r}, but {first!r} in {where}")


def noted(folder: str, settings: dict[str, Any], level: Level) -> None:
    """The note of a table against its star levels."""
    for table, setting in settings.items():
        name = f"tables/{table}.csv"
        if not setting["stars"] or not os.path.isfile(os.path.join(folder, *name.split("/"))):
            continue
        cells = from_csv(read(folder, name))
        notes = " ".join(text for cell, text in cells.items() if cell.startswith("note"))
        for star in setting["stars"]:
            held = re.search(rf"(?<![\d.]){re.escape(f'{100 * star:g}')}%", notes) is not None
            level.hold(held, "differs", f"{name}: the note does not name the level {100 * star:g}%")


def attributes(facts: dict[str, dict[str, str]], entries: dict[str, Any], name: str, level: Level) -> None:
    """Keys and full values that HTML carries beside a cell."""
    for cell, entry in entries.items():
        if "foreknown" in entry:
            continue
        fact = facts.get(cell, {})
        level.hold(
            fact.get("data-key") == "|".join(entry["key"]), "differs", f"{name}, {cell}: the key beside it is another"
        )
        raw, value = number(entry["raw"]), fact.get("data-raw", "")
        held = (
            value == str(entry["raw"]) if raw is None else (value == "nan" if raw != raw else same(raw, float(value)))
        )
        level.hold(held, "differs", f"{name}, {cell}: the value beside it is {value!r}, {entry['raw']!r} in the ledger")


def recorded(cells: list[dict[str, Any]], entries: dict[str, Any], name: str, level: Level) -> None:
    """A table's own list of cells against the ledger."""
    mine = {c["cell"]: [c["shown"], c["mark"], list(c["key"]), c["raw"]] for c in cells}
    theirs = {e["cell"]: [e["shown"], e["mark"], list(e["key"]), e["raw"]] for e in entries.values() if "key" in e}
    for cell in sorted({*mine, *theirs}):
        a, b = mine.get(cell, [None] * 4), theirs.get(cell, [None] * 4)
        level.hold(a[:3] == b[:3] and same(a[3], b[3]), "differs", f"{name}, {cell} is not as in the ledger")


def pictured(folder: str, estimates: dict[str, Any], level: Level) -> None:
    """The numbers of figures: effects against the curves of the estimates, a placebo's estimate against a term."""
    fields = ("at", "estimate", "se", "low", "high", "p")
    effects = [e for made in estimates.values() for curve in made.get("curves", {}).values() for e in curve]
    points = [tuple(number(e[f]) for f in fields) for e in effects]
    known = [number(t["estimate"]) for made in estimates.values() for t in made["terms"]]
    for name, kind in walk(folder):
        if kind != "file" or not name.startswith("figures/") or not name.endswith(".csv"):
            continue
        for line in csv.DictReader(io.StringIO(read(folder, name).decode("utf-8-sig"), newline="")):
            if set(fields) <= set(line) and line.get("reference") in ("1", "True"):
                zero = all(float(line[f] or 0) == 0 for f in ("estimate", "se", "low", "high"))
                level.hold(zero, "differs", f"{name}: the reference at {line['at']} is not zero")
            elif set(fields) <= set(line):
                point = tuple(float(line[f] or "nan") for f in fields)
                holds = any(all(same(a, b) for a, b in zip(point, other)) for other in points)  # noqa: B905
                level.hold(holds, "differs", f"{name}: the effect at {line['at']} is not in results/estimates.json")
            elif "draw" in line and line.get("estimate"):
                holds = any(same(float(line["estimate"]), other) for other in known)
                level.hold(
                    holds, "differs", f"{name}: the estimate {line['estimate']} is not in results/estimates.json"
                )


def listed(folder: str, book: dict[str, Any], level: Level) -> None:
    """Every exhibit of map.csv is there and in the README, and every exhibit that is there is in map.csv."""
    _, *lines = csv.reader(io.StringIO(read(folder, "map.csv").decode("utf-8"), newline=""))
    readme = read(folder, "README.md").decode("utf-8")
    level.hold(f"one seed, {book['seed']}," in readme, "differs", "README.md names another seed")
    level.hold(readme.count(book["run_time"]) >= 2, "differs", "README.md names another run time")
    there = {name for name, kind in walk(folder) if kind == "file"}
    for line in lines:
        level.hold(line[1] in there, "differs", f"map.csv lists {line[1]}, which is missing")
        level.hold(line[1] in readme, "differs", f"README.md does not list {line[1]}")
    for name in sorted(there - {line[1] for line in lines}):
        if name.startswith(("tables/", "figures/")) and not name.endswith(".cells.json"):
            level.find("unbound", f"{name} is an exhibit that map.csv does not list")


# ---------------------------------------------------------------- L1, the copies of the results


def copies(folder: str, book: dict[str, Any], known: tuple[Any, Any, Frame], level: Level) -> None:
    """Everything that repeats what the results, the panel or the run say: each against its original."""
    estimates, checks, frame = known
    modelled(folder, book, estimates, level)
    crosschecked(folder, estimates, checks, level)
    sampled(folder, estimates, frame, level)
    coded(folder, frame, level)
    in_stata(folder, estimates, frame, level)
    placed(folder, book, frame, level)
    macros(folder, book, level)
    told_of(folder, book, level)


def equal(left: Any, right: Any) -> bool:
    """Whether two JSON values are the same, number by number to the last digits of a double."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(equal(a, b) for a, b in zip(left, right))  # noqa: B905
    return same(left, right)


def names_below(folder: str, below: str) -> list[str]:
    """The files below a folder of the package, sorted."""
    return [name for name, kind in walk(folder) if name.startswith(below) and kind == "file"]


def modelled(folder: str, book: dict[str, Any], estimates: dict[str, Any], level: Level) -> None:
    """results/models: one file for each estimate, the same estimate, and the seed that follows from the study's."""
    there = {name[len("results/models/") : -len(".json")] for name in names_below(folder, "results/models/")}
    level.hold(there == set(estimates), "differs", "results/models has not one file for each estimate")
    for name in sorted(there & set(estimates)):
        model, where = load(folder, f"results/models/{name}.json"), f"results/models/{name}.json"
        level.hold(model["id"] == name, "differs", f"{where} is of another model")
        level.hold(
            equal(model["estimate"], estimates[name]),
            "differs",
            f"{where} is not the estimate in results/estimates.json",
        )
        level.hold(
            model["sample_digest"] == estimates[name]["sample"]["keys_digest"], "differs", f"{where} has another sample"
        )
        seed = int(hashlib.sha256(f"{book['seed']}/{name}".encode()).hexdigest()[:15], 16)
        level.hold(
            model["seed"] == seed, "differs", f"{where}: the seed is {model['seed']}, by the study's it is {seed}"
        )
        asked = model["specification"]
        level.hold(
            asked["id"] == name and asked["kind"] == estimates[name]["kind"],
            "differs",
            f"{where}: the specification is of another model",
        )
        study = read(folder, "study.toml").decode("utf-8")
        quoted = (json.dumps(asked["formula"], ensure_ascii=False), f"'{asked['formula']}'")
        level.hold(any(q in study for q in quoted), "differs", f"{where}: the formula is not in study.toml")


def crosschecked(folder: str, estimates: dict[str, Any], checks: dict[Any, Any], level: Level) -> None:
    """results/crosscheck.json against checks and estimates, and its differences and verdicts against its own values."""
    models = load(folder, "results/crosscheck.json")["models"]
    level.hold(
        [m["id"] for m in models] == list(estimates),
        "differs",
        "results/crosscheck.json has not one entry for each model",
    )
    for model in models:
        where = f"results/crosscheck.json, {model['id']}"
        check, estimate = checks.get((model["id"], "second_engine")), estimates.get(model["id"], {"terms": ()})
        if check is None:
            level.hold(model["verdict"] == "none", "differs", f"{where}: there is no such check")
            continue
        for field in ("verdict", "value", "bound", "text"):
            level.hold(equal(model[field], check[field]), "differs", f"{where}: the {field} is not that of the check")
        rows = [{k: r[k] for k in v} for r, v in zip(check.get("rows") or (), model["values"])]  # noqa: B905
        level.hold(equal(rows, model["values"]), "differs", f"{where}: the values are not those of the check")
        terms = {t["name"]: t for t in estimate["terms"]}
        for row in model["values"]:
            told = number(row["coefficient_difference"])
            if row["term"] in terms:
                b, other = number(terms[row["term"]]["estimate"]), number(row["other_coefficient"])
                level.hold(
                    same(row["coefficient"], b),
                    "differs",
                    f"{where}: {row['term']} is {row['coefficient']!r}, not {b!r}",
                )
                floor = 1e-3 * (number(row["se"]) or 0.0)
                gap = parted(b, other, floor if floor == floor and floor > 0 else 0.0)
                level.hold(near(gap, told, 1e-6), "differs", f"{where}: {row['term']} parts by {gap!r}, not {told!r}")
            errors = parted(number(row["se"]), number(row["other_se"]))
            level.hold(
                near(errors, number(row["se_difference"]), 1e-6),
                "differs",
                f"{where}: the standard errors of {row['term']} part by {errors!r}",
            )
        if model["verdict"] in ("holds", "fails") and model["value"] is not None:
            over = number(model["value"]) > number(model["bound"])
            level.hold(
                over == (model["verdict"] == "fails"), "differs", f"{where}: the verdict is not that of value and bound"
            )


def parted(a: float, b: float, floor: float = 0.0) -> float:
    """The relative difference of two numbers."""
    if a != a or b != b:
        return math.nan
    size = max(abs(a), abs(b), floor)
    return abs(a - b) / size if size > 0 else 0.0


def sampled(folder: str, estimates: dict[str, Any], frame: Frame, level: Level) -> None:
    """data/processed/samples.csv, where there is one: rows, units, periods, window and digest of each model's sample."""
    name = "data/processed/samples.csv"
    if not os.path.isfile(os.path.join(folder, *name.split("/"))):
        level.notes.append("there is no list of the rows of each model's sample (data/processed/samples.csv)")
        return
    header, *lines = csv.reader(io.StringIO(read(folder, name).decode("utf-8"), newline=""))
    unit, time = (frame.header.index(frame.about[k]) for k in ("unit", "time"))
    keys = [[line[unit], line[time]] for line in frame.lines]
    level.hold([line[:2] for line in lines] == keys, "differs", f"{name} has not the keys of the panel")
    level.hold(header[2:] == list(estimates), "differs", f"{name} has not one column for each model")
    for j, model in enumerate(header[2:], start=2):
        if model not in estimates:
            continue
        rows = [line for line in lines if line[j] == "1"]
        sample, where = estimates[model]["sample"], f"{name}, {model}"
        times = [int(float(row[1])) for row in rows]
        digest = hashlib.sha256(f"{frame.about['unit']}\0".encode() + "\0".join(r[0] for r in rows).encode() + b"\1")
        digest.update(f"{frame.about['time']}\0".encode() + b"".join(struct.pack("<d", t) for t in times) + b"\1")
        level.hold(
            digest.hexdigest() == sample["keys_digest"], "differs", f"{where}: these are not the rows of the sample"
        )
        for field, made in (
            ("rows", len(rows)),
            ("units", len({r[0] for r in rows})),
            ("periods", len(set(times))),
            ("first", min(times, default=0)),
            ("last", max(times, default=0)),
        ):
            level.hold(sample[field] == made, "differs", f"{where}: {field} is {sample[field]}, in the list {made}")
        places = [i for i, line in enumerate(lines) if line[j] == "1"]
        for cluster, count in sample["clusters"].items():
            if set(cluster.split("^")) <= set(frame.header):
                columns = [frame.header.index(part) for part in cluster.split("^")]
                made = len({tuple(frame.lines[i][c] for c in columns) for i in places})
                level.hold(count == made, "differs", f"{where}: {count} clusters by {cluster}, in the panel {made}")


def coded(folder: str, frame: Frame, level: Level) -> None:
    """data/processed/codebook.csv against panel.json and the panel."""
    name = "data/processed/codebook.csv"
    lines = list(csv.DictReader(io.StringIO(read(folder, name).decode("utf-8-sig"), newline="")))
    variables = frame.about["variables"]
    level.hold(
        [i["variable"] for i in lines] == [v["name"] for v in variables], "differs", f"{name} has other variables"
    )
    for line, variable in zip(lines, variables):  # noqa: B905
        where = f"{name}, {variable['name']}"
        said = {
            "label_en": variable["label"]["en"],
            "label_zh": variable["label"]["zh"],
            "measure": variable["measure"],
            "kind": variable["kind"],
            "price": variable["price"],
            "made": variable["origin"]["how"],
            "from": " ".join(variable["origin"]["inputs"]),
            "filled": str(variable["filled"]),
        }
        for field, text in said.items():
            level.hold(line[field] == text, "differs", f"{where}: {field} is not that of panel.json")
        column = [row[frame.header.index(variable["name"])] for row in frame.lines]
        level.hold(line["cells"] == str(sum(c != "" for c in column)), "differs", f"{where}: another count of cells")
        level.hold(line["missing"] == str(sum(c == "" for c in column)), "differs", f"{where}: another count of gaps")
        there = [i for i, c in enumerate(column) if c != ""]
        times = [frame.column(frame.about["time"])[i] for i in there] if there else [""]
        spans = (("units", len({frame.units[i] for i in there})), ("first", min(times)), ("last", max(times)))
        for field, made in spans:
            shown = line[field].partition(".0")[0]  # a column of whole numbers with a gap is written as doubles
            level.hold(shown == str(made), "differs", f"{where}: {field} is {line[field]}, by the panel {made}")
        if variable["kind"] == "number" and there:
            for field in ("mean", "sd", "min", "p25", "median", "p75", "max"):
                value, made = float(line[field] or "nan"), frame.described(variable["name"], field, range(frame.rows))
                level.hold(
                    near(value, made, scale_of(["panel", variable["name"], field], frame)),
                    "differs",
                    f"{where}: {field} is {line[field]}, by the panel {made!r}",
                )


DO_LINE = re.compile(r"(?:jackknife, cluster\([\w ]+\) mse: )?(\w+(?: 2sls)?) ([^\[,]*?)(?: \[\w+=\w+\])?,(.*)$")
COMMANDS = ("reghdfe", "ivreghdfe", "ppmlhdfe", "regress", "poisson", "ivregress 2sls")


def in_stata(folder: str, estimates: dict[str, Any], frame: Frame, level: Level) -> None:
    """The Stata twins: the panel in panel.dta, and outcome, regressors, effects and numbers of each do-file."""
    try:
        names, columns = from_dta(read(folder, "data/processed/panel.dta"))
        for j, name in enumerate(frame.header):
            texts = [line[j] for line in frame.lines]
            values: list[Any] = list(frame.columns.get(name, texts))
            level.hold(
                len(values) == len(columns[j])
                and all(a == b or (a != a and b != b) for a, b in zip(values, columns[j])),  # noqa: B905
                "differs",
                f"data/processed/panel.dta: {names[j]} is not {name} of the panel",
            )
        marked = columns[len(frame.header) :]
        frame.places("")
        level.hold(
            len(marked) == len(frame.samples), "differs", "data/processed/panel.dta has not a marker of each sample"
        )
        for j, (model, places) in enumerate(frame.samples.items(), start=len(frame.header)):
            inside = set(places)
            own = [1.0 if i in inside else 0.0 for i in range(frame.rows)]
            level.hold(
                j < len(columns) and columns[j] == own,
                "differs",
                f"data/processed/panel.dta: its marker of {model} is not the sample in samples.csv",
            )
    except (Cannot, struct.error, ValueError, IndexError, UnicodeDecodeError) as error:
        level.find("differs", f"data/processed/panel.dta cannot be read back: {error}")
    for model, estimate in estimates.items():
        name = f"stata/{model}.do"
        lines = read(folder, name).decode("utf-8").split("\n")
        mine = [m for m in map(DO_LINE.match, lines) if m and m.group(1) in COMMANDS and "jackknife" not in m.group(0)]
        again = [m for m in map(DO_LINE.match, lines) if m and m.group(1) in COMMANDS and "jackknife" in m.group(0)]
        level.hold(len(mine) == len(estimate["requests"]), "differs", f"{name} has not one regression for each request")
        pairs: list[tuple[Any, Any]] = [*zip(mine, estimate["requests"]), *zip(again, estimate["requests"])]  # noqa: B905
        for found, request in pairs:
            wanted = [request["outcome"], *request["slopes"], *request["endogenous"], *request["instruments"]]
            level.hold(words_of(found.group(2)) == set(map(stata, wanted)), "differs", f"{name}: another equation")
            effects = re.search(r"absorb\(([^)]*)\)", found.group(3))
            taken = {*request["absorb"], *(part for pair in request["varying_slopes"] for part in pair)}
            level.hold(
                words_of(effects.group(1) if effects else "") == set(map(stata, taken)),
                "differs",
                f"{name}: other effects",
            )
            held = re.search(r"vce\(cluster ([^)]*)\)", found.group(3))
            by = set(map(stata, request["covariance"].get("by", ())))
            level.hold(
                "jackknife" in found.group(0) or words_of(held.group(1) if held else "") == by,
                "differs",
                f"{name}: other clusters",
            )
        rows = [int(n) for n in re.findall(r"e\(N\) == (\d+)$", "\n".join(lines), re.MULTILINE)]
        rows += [int(n) for n in re.findall(r"^\* the sample has (\d+) rows$", "\n".join(lines), re.MULTILINE)]
        level.hold(
            bool(rows) and set(rows) == {estimate["sample"]["rows"]}, "differs", f"{name}: another number of rows"
        )
        for letter, field in (("b", "estimate"), ("se", "se")):
            known = {stata(t["name"]): number(t[field]) for t in estimate["terms"]}
            for term, value in re.findall(
                rf"^assert reldif\(_{letter}\[(\w+)\], ([^)]+)\) < 1e-6$", "\n".join(lines), re.M
            ):
                level.hold(
                    same(known.get(term.replace("pk_", "", 1) if term.startswith("pk_") else term), float(value)),
                    "differs",
                    f"{name}: {term} is not {value} in results/estimates.json",
                )
        odd = [
            i
            for i in lines
            if i.startswith("assert") and not re.match(r"assert (e\(N\) == \d+|reldif\(.*\) < 1e-6)$", i)
        ]
        level.hold(not odd, "differs", f"{name} holds something else to be so: {odd[:1]}")
    listed = [f'do "stata/{model}.do"' for model in estimates]
    every = [i for i in read(folder, "stata/run_all.do").decode("utf-8").split("\n") if i and not i.startswith("*")]
    level.hold(every == listed, "differs", "stata/run_all.do does not run the twin of each model")


def stata(name: str) -> str:
    """A name as Stata may have it, cut to what is compared."""
    return re.sub(r"\W", "_", name)[:28]


def words_of(text: str) -> set[str]:
    """The names in a piece of a Stata command, without the marks of factors and of what the file makes itself."""
    found = re.findall(r"\w+", re.sub(r"\b[ic]\.", "", text.replace("(", " ").replace("=", " ")))
    return {(w[3:] if w.startswith("pk_") else w)[:28] for w in found}


STATA_TYPES = {65526: ("d", 8), 65527: ("f", 4), 65528: ("i", 4), 65529: ("h", 2), 65530: ("b", 1)}


def from_dta(data: bytes) -> tuple[list[str], list[list[Any]]]:
    """Names and columns of a Stata file of ours (format 118, little endian); missing numbers are NaN."""
    if not data.startswith(b"<stata_dta><header><release>118</release><byteorder>LSF</byteorder><K>"):
        raise ValueError("it is no Stata file of format 118")
    count = struct.unpack_from("<H", data, 70)[0]
    rows = struct.unpack_from("<Q", data, data.index(b"<N>") + 3)[0]
    places = struct.unpack_from("<14Q", data, data.index(b"<map>") + 5)
    kinds = struct.unpack_from(f"<{count}H", data, places[2] + len("<variable_types>"))
    at = places[3] + len("<varnames>")
    names = [data[at + 129 * j : at + 129 * (j + 1)].split(b"\0")[0].decode("utf-8") for j in range(count)]
    width = sum(STATA_TYPES[k][1] if k in STATA_TYPES else k for k in kinds)
    at = places[9] + len("<data>")
    if rows * width > len(data):
        raise ValueError("it is shorter than it says")
    columns: list[list[Any]] = [[] for _ in kinds]
    for _ in range(rows):
        for j, kind in enumerate(kinds):
            if kind in STATA_TYPES:
                letter, size = STATA_TYPES[kind]
                value: Any = float(struct.unpack_from("<" + letter, data, at)[0])
                missing = {"d": 2.0**1023, "f": 2.0**127, "i": 2147483621, "h": 32741, "b": 101}[letter]
                columns[j].append(math.nan if value >= missing else value)
            else:
                size = kind
                columns[j].append(data[at : at + size].split(b"\0")[0].decode("utf-8"))
            at += size
    return names, columns


def unzipped(data: bytes, most: int = LARGEST) -> bytes:
    """The content of a gzip file, refused where it is far larger than a package's is."""
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as opened:
        content = opened.read(most + 1)
    if len(content) > most:
        raise Cannot("a compressed file unpacks to far too much")
    return content


CELL = re.compile(r"line (\d+), column (\d+)$")


def placed(folder: str, book: dict[str, Any], frame: Frame, level: Level) -> None:
    """provenance/panel_cells.csv.gz: every cell of the panel and no other, files that the run started from, values where plain."""
    name = "provenance/panel_cells.csv.gz"
    try:
        text = unzipped(read(folder, name)).decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        level.find("differs", f"{name} cannot be unpacked: {error}")
        return
    plain = {v["name"]: v["origin"]["how"] for v in frame.about["variables"]}
    unit, time = (frame.header.index(frame.about[k]) for k in ("unit", "time"))
    cells = {
        (line[unit], line[time], variable): line[frame.header.index(variable)]
        for line in frame.lines
        for variable in plain
        if line[frame.header.index(variable)] != ""
    }
    raw: dict[str, Any] = {}
    listed = set()
    for line in csv.DictReader(io.StringIO(text, newline="")):
        if not line["unit"]:
            level.hold(
                plain.get(line["variable"]) == line["how"], "differs", f"{name}: {line['variable']} is made otherwise"
            )
            continue
        key = (line["unit"], line["time"], line["variable"])
        listed.add(key)
        if line["file"] and line["file"] not in book["inputs"]:
            level.find("differs", f"{name}: {line['file']} is no raw file of the run")
        place = CELL.match(line["cell"])
        if place and plain.get(line["variable"]) == line["series"] and line["file"].endswith(".csv"):
            if line["file"] not in raw:
                raw[line["file"]] = raw_lines(folder, line["file"], book)
            held = raw[line["file"]].get(int(place.group(1)), [])
            shown = held[int(place.group(2)) - 1] if len(held) >= int(place.group(2)) else None
            if shown is not None and key in cells and plain_number(shown) and plain_number(cells[key]):
                level.hold(
                    float(shown) == float(cells[key]),
                    "differs",
                    f"{name}: {'.'.join(key)} is {cells[key]}, in {line['file']}, {line['cell']}, it is {shown}",
                )
    for key in sorted(set(cells) ^ listed)[:20]:
        level.find("differs", f"{name}: {'.'.join(key)} stands only in one of panel and list")
    level.hold(listed == set(cells), "differs", f"{name} does not list the cells of the panel")


def plain_number(text: str) -> bool:
    """Whether a text is a number as Python writes it."""
    return re.match(r"-?\d+(\.\d+)?([eE][-+]?\d+)?$", text.strip()) is not None


def raw_lines(folder: str, name: str, book: dict[str, Any]) -> dict[int, list[str]]:
    """The lines of a raw CSV that is provided and is UTF-8, by number; nothing where it is neither."""
    if not book["inputs"][name]["provided"] if name in book["inputs"] else True:
        return {}
    try:
        reader = csv.reader(io.StringIO(read(folder, name).decode("utf-8-sig"), newline=""))
        return {number: line for line, number in ((line, reader.line_num) for line in reader)}
    except (UnicodeDecodeError, csv.Error):
        return {}


CSNAME = re.compile(r"\\expandafter\\def\\csname pk@(cell|key)@\\detokenize\{([^{}]*)\}\\endcsname\{(.*)\}$")
FINDS = re.compile(r"\\(?:providecommand\{\\pk(?:cell|key|find)\}|errmessage\{)")


def macros(folder: str, book: dict[str, Any], level: Level) -> None:
    """numbers.tex, where there is one: each macro prints the ledger's text of its cell, or of the first cell with its key."""
    by_key: dict[str, list[str]] = {}
    for name, entry in book["numbers"].items():
        by_key.setdefault(named("|".join(entry["key"])), []).append(name)
    for file in ("numbers.tex", "tables/numbers.tex"):
        if not os.path.isfile(os.path.join(folder, *file.split("/"))):
            continue
        try:
            found = from_numbers(read(folder, file))
        except ValueError as error:
            level.find("differs", f"{file} cannot be read back: {error}")
            continue
        cells = {named(name): [name] for name in book["numbers"]}
        for (kind, name), text in found.items():
            known = (cells if kind == "cell" else by_key).get(name)
            if known is None:
                level.find("unbound", f"{file}: {name} is nothing in the ledger")
                continue
            texts = [book["numbers"][cell]["shown"] for cell in known]
            held = text in texts or (kind == "key" and text in [t.strip("()[]") for t in texts])
            level.hold(held, "differs", f"{file}, {name}: {text!r} is printed, {texts[0]!r} is in the ledger")
        absent = sorted(n for n in cells if ("cell", n) not in found)
        level.hold(not absent, "differs", f"{file} has no macro for {', '.join(absent[:3])}")


def named(name: str) -> str:
    """A name as a macro of ours has it."""
    return name.translate({ord(c): "-" for c in "%\\{}#"})


def from_numbers(data: bytes) -> dict[tuple[str, str], str]:
    """('cell' or 'key', name) -> the text that its macro prints; a line that is not ours is refused."""
    found: dict[tuple[str, str], str] = {}
    for line in data.decode("utf-8").split("\n"):
        made = CSNAME.match(line)
        if made:
            if made.group(1, 2) in found:
                raise ValueError(f"{made.group(2)} is defined twice")
            found[(made.group(1), made.group(2))] = untex(made.group(3))
        elif line and not line.startswith("%"):
            bare_line = re.sub(r"#[12]|\[[12]\]", "", line)
            if not FINDS.match(line) or re.search(r"\d", bare_line):
                raise ValueError(f"it holds a definition that is not ours: {line!r}")
    return found


def told_of(folder: str, book: dict[str, Any], level: Level) -> None:
    """What both READMEs, the environment and the metadata say of the run."""
    versions = load(folder, "env/environment.json")["versions"]
    level.hold(versions == book["environment"], "differs", "env/environment.json is not the environment of the run")
    for name in ("README.md", "README.zh.md"):
        text = read(folder, name).decode("utf-8")
        for program, version in book["environment"].items():
            level.hold(f"{program} {version}" in text, "differs", f"{name} does not name {program} {version}")
        for path, raw in book["inputs"].items():
            level.hold(
                raw["sha256"] in text and path in text, "differs", f"{name} does not list {path} with its SHA-256"
            )
        level.hold(book["run_time"] in text, "differs", f"{name} names another run time")
        level.hold(f" {book['seed']}" in text, "differs", f"{name} names another seed")
    titles = [t["title"] for t in load(folder, "datacite.json")["titles"]]
    cited = read(folder, "CITATION.cff").decode("utf-8")
    level.hold(
        f"title: {json.dumps(titles[0], ensure_ascii=False)}" in cited,
        "differs",
        "CITATION.cff and datacite.json have two titles",
    )


# ---------------------------------------------------------------- the command


def verify(folder: str, levels: list[str]) -> dict[str, Any]:
    """The levels asked for, the exit code, the digest of the manifest, and why nothing could be done ('' where it could)."""
    made: list[Level] = []
    digest = cannot = ""
    try:
        digest = hashlib.sha256(read(folder, MANIFEST)).hexdigest()
        made = [{"L0": level_0, "L1": level_1}[name](folder) for name in levels]
    except (Cannot, OSError) as error:
        cannot = str(error) or type(error).__name__
    told = [level.told() for level in made]
    bad = any(level["verdict"] != "verified" for level in told)
    return {"digest": digest, "cannot": cannot, "levels": told, "exit_code": 2 if cannot else int(bad)}


def main(arguments: list[str]) -> int:
    """Verify and print; see the top of this file."""
    folders = [a for a in arguments if not a.startswith("-")]
    folder = folders[0] if folders else os.path.dirname(os.path.abspath(__file__))
    result = verify(folder, ["L0", "L1"])
    if "--json" in arguments:
        sys.stdout.write(json.dumps(result, indent=1) + "\n")
        return int(result["exit_code"])
    if result["cannot"]:
        sys.stdout.write(f"cannot verify: {result['cannot']}\n")
    for level in result["levels"]:
        sys.stdout.write(f"{level['level']} {level['verdict']}: {level['compared']} compared\n")
        for text in level["findings"] + [f"note: {n}" for n in level["notes"]]:
            sys.stdout.write(f"  {text}\n".encode("ascii", "backslashreplace").decode())
    sys.stdout.write("L2 and above: not rerun (panelkit verify)\n")
    sys.stdout.write(f"package digest {result['digest']}\n")
    return int(result["exit_code"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
