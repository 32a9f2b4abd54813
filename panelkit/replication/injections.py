"""Errors to put into a package, one at a time, of many kinds; the verifier is tested by them (level L5). Nothing is verified here."""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from panelkit.replication.archive import zipped
from panelkit.replication.cells import gzipped

Files = Mapping[str, bytes]
Change = Callable[[str, random.Random], str]
PRINTED = r"[−-]?\d[\d,]*(?:\.\d+)?|[−-]?\.\d+"
DOUBLE = r"-?\d+\.\d+(?:e-?\d+)?"
FIRST = 4  # significant digits among which one is changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """One error: its kind, the place, and the files as they are with it (None: the file is gone)."""

    kind: str
    where: str
    changed: dict[str, bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """Errors by pattern: in files whose path matches `files`, group 1 of `pattern` is changed."""

    kind: str
    files: str
    pattern: str
    change: Change


def digit(text: str, draw: random.Random) -> str:
    """One of the first significant digits is another one."""
    places = [i for i, c in enumerate(text) if c.isdigit()]
    mantissa = [i for i in places if "e" not in text[:i]]
    first = next((n for n, i in enumerate(mantissa) if text[i] != "0"), 0)
    at = draw.choice(mantissa[first : first + FIRST])
    return f"{text[:at]}{(int(text[at]) + draw.randint(1, 9)) % 10}{text[at + 1 :]}"


def sign(text: str, draw: random.Random) -> str:
    """The other sign."""
    return text[1:] if text[0] in "-−" else f"−{text}"


def stars(text: str, draw: random.Random) -> str:
    """Another number of stars."""
    return "*" * draw.choice([n for n in range(1, 4) if n != len(text)])


def other(text: str, draw: random.Random) -> str:
    """The opposite word."""
    return {"Yes": "No", "No": "Yes", "是": "否", "否": "是"}[text]


def words(text: str, draw: random.Random) -> str:
    """Other words of the same kind."""
    return f"{text} after trimming"


def none(text: str, draw: random.Random) -> str:
    """Nothing."""
    return ""


def put(new: str) -> Change:
    """Something fixed."""
    return lambda text, draw: new if text != new else f"{new}x"


TEXTS = (
    _Text(kind="a digit in LaTeX", files=r"tables/\w+\.tex", pattern=r"(?m)(?<=\d)(\.\d+)(?=[ {][^%\n]*% pk r\d+$)", change=digit),
    _Text(kind="a count in LaTeX", files=r"tables/\w+\.tex", pattern=r"& \{?(\d+)(?=\}? (?:&|\\\\))", change=digit),
    _Text(kind="stars in LaTeX", files=r"tables/\w+\.tex", pattern=r"(?m)\\pkstars\{(\*+)\}(?=.*% pk r\d+$)", change=stars),
    _Text(kind="an effect row in LaTeX", files=r"tables/\w+\.tex", pattern=r"& \{?(Yes|No|是|否)(?=\}? (?:&|\\\\))", change=other),
    _Text(kind="a label in LaTeX", files=r"tables/\w+\.tex", pattern=r"(?m)^(\w[^&%\\{}]+) & .* % pk r\d+$", change=words),
    _Text(kind="a note in LaTeX", files=r"tables/\w+\.tex", pattern=r"(?m)^\\item (.{12,})$", change=words),
    _Text(kind="a digit in HTML", files=r"tables/\w+\.html", pattern=rf">[(\[]?({PRINTED})(?=[<)\]])", change=digit),
    _Text(kind="stars in HTML", files=r"tables/\w+\.html", pattern=r"<sup>(\*+)</sup>", change=stars),
    _Text(kind="an effect row in HTML", files=r"tables/\w+\.html", pattern=r">(Yes|No|是|否)<", change=other),
    _Text(kind="a value beside a cell in HTML", files=r"tables/\w+\.html", pattern=rf'data-raw="({DOUBLE})"', change=digit),
    _Text(kind="a cell hidden in HTML", files=r"tables/\w+\.html", pattern=r"<td()(?= data-cell)", change=put(" hidden")),
    _Text(kind="a digit in Word", files=r"tables/\w+\.docx", pattern=rf"<w:t(?: [^>]*)?>[(\[]?({PRINTED})[)\]]?</w:t>", change=digit),
    _Text(kind="stars in Word", files=r"tables/\w+\.docx", pattern=r">(\*+)<", change=stars),
    _Text(kind="an effect row in Word", files=r"tables/\w+\.docx", pattern=r">(Yes|No|是|否)<", change=other),
    _Text(kind="hidden text in Word", files=r"tables/\w+\.docx", pattern=r"<w:rPr>()", change=put("<w:vanish/>")),
    _Text(kind="a digit in CSV", files=r"tables/\w+\.csv", pattern=rf'[,"][\'\u00a0]?[(\[]?({PRINTED})(?=[)\]*"])', change=digit),
    _Text(kind="a sign in CSV", files=r"tables/\w+\.csv", pattern=r'"(−?\d*\.\d+)(?=\**")', change=sign),
    _Text(kind="stars in CSV", files=r"tables/\w+\.csv", pattern=r'\d(\*+)"', change=stars),
    _Text(kind="a digit in Typst", files=r"tables/\w+\.typ", pattern=rf'"[(\[]?({PRINTED})[)\]]?"(?=.*// pk r)', change=digit),
    _Text(kind="a digit of a table on the page", files=r"report\.html",
          pattern=rf"<td data-cell=[^>]*>(?:<[^>]*>)*[(\[]?({PRINTED})(?=[<)\]])",
          change=digit),
    _Text(kind="a number of a check on the page", files=r"report\.html",
          pattern=r'<td class="n" data-from="checks\|[^"]+">(?:<a [^>]*>)?(\d+\.\d{3})<', change=digit),
    _Text(kind="a digit in the text of the page", files=r"report\.html",
          pattern=rf"data-key=\"[^\"]*\"(?![^>]*data-cell)[^>]*>({PRINTED})<",
          change=digit),
    _Text(kind="the interval in the results", files=r"results/estimates\.json",
          pattern=rf'"p": {DOUBLE},\s*"low": ({DOUBLE}),\s*"high": {DOUBLE}\s*\}}',
          change=digit),
    _Text(kind="a value in the ledger", files=r"ledger\.json", pattern=rf'"raw": ({DOUBLE})', change=digit),
    _Text(kind="a text in the ledger", files=r"ledger\.json", pattern=rf'"shown": "[(\[]?({PRINTED})[)\]]?"', change=digit),
    _Text(kind="stars in the ledger", files=r"ledger\.json", pattern=r'"mark": "(\*+)"', change=stars),
    _Text(kind="a key in the ledger", files=r"ledger\.json", pattern=r'"key": \[\s*"\w+",\s*"\w+",\s*"(estimate)"', change=put("se")),
    _Text(kind="a cell of the panel", files=r"data/processed/panel\.csv", pattern=rf",({DOUBLE})", change=digit),
    _Text(kind="a row of the panel gone", files=r"data/processed/panel\.csv", pattern=r"(?m)^(\w+,\d+,.*\n)", change=none),
    _Text(kind="a cell of a raw file", files=r"data/(?!processed/).*\.csv", pattern=r"(?<=[,\n])(\d+\.\d+|\d{1,3})(?=[,\r\n])",
          change=digit),
    _Text(kind="the seed of the study", files=r"study\.toml", pattern=r"seed = (\d+)", change=digit),
    _Text(kind="a formula of the study", files=r"study\.toml", pattern=r'formula = "\w+ ~ ()', change=put("0 + ")),
    _Text(kind="the run time in a README", files=r"README(?:\.zh)?\.md", pattern=r"(<10 minutes)", change=put("<1 minute")),
    _Text(kind="the seed in a README", files=r"README\.md", pattern=r"one seed, (\d+)", change=digit),
    _Text(kind="a version in a README", files=r"README(?:\.zh)?\.md", pattern=r"numpy (\d+\.\d+)", change=digit),
    _Text(kind="a digest in a README", files=r"README(?:\.zh)?\.md", pattern=r"`([0-9a-f]{64})`", change=lambda t, d: t[::-1]),
    _Text(kind="an exhibit in the README", files=r"README\.md", pattern=r"`(tables/\w+)\.\w+`", change=words),
    _Text(kind="a line of the map gone", files=r"map\.csv", pattern=r"(?m)^((?!exhibit,|report,).*\n)", change=none),
    _Text(kind="a value of the second engine", files=r"results/crosscheck\.json",
          pattern=rf'"other_(?:coefficient|se)": ({DOUBLE})',
          change=digit),
    _Text(kind="the verdict of the second engine", files=r"results/crosscheck\.json", pattern=r'"verdict": "(holds)"', change=put("fails")),
    _Text(kind="a verdict in the checks", files=r"results/checks\.json",
          pattern=r'"name": "second_engine",\s*"of": "\w+",\s*"verdict": "(holds)"',
          change=put("fails")),
    _Text(kind="a number in a model's file", files=r"results/models/\w+\.json",
          pattern=rf'"(?:estimate|se|p|rss)": ({DOUBLE})',
          change=digit),
    _Text(kind="the seed in a model's file", files=r"results/models/\w+\.json", pattern=r'"seed": (\d+)', change=digit),
    _Text(kind="the formula in a model's file", files=r"results/models/\w+\.json", pattern=r'"formula": "\w+ ~ ()', change=put("0 + ")),
    _Text(kind="a number in a do-file", files=r"stata/\w+\.do", pattern=rf"\], ({DOUBLE})\)", change=digit),
    _Text(kind="the rows in a do-file", files=r"stata/\w+\.do", pattern=r"e\(N\) == (\d+)", change=digit),
    _Text(kind="a variable in a do-file", files=r"stata/\w+\.do", pattern=r"(?m)^(?:iv)?reghdfe (\w+) ", change=put("another")),
    _Text(kind="the effects in a do-file", files=r"stata/\w+\.do", pattern=r"(?m)^(?:iv)?reghdfe .*absorb\([^ )]+( [^)]+)\)", change=none),
    _Text(kind="the clusters in a do-file", files=r"stata/\w+\.do", pattern=r"(?m)^[a-z]+hdfe .*cluster[( ](\w+)\)", change=put("year")),
    _Text(kind="a number told in a do-file", files=r"stata/\w+\.do", pattern=rf"(?m)^\* panelkit: .* = ({DOUBLE})", change=digit),
    _Text(kind="a figure in the codebook", files=r"data/processed/codebook\.csv", pattern=rf",({DOUBLE})(?=[,\n])", change=digit),
    _Text(kind="a place of a raw cell", files=r"provenance/panel_cells\.csv\.gz", pattern=r",(data/)", change=put("old/")),
    _Text(kind="a cell of the panel without its place", files=r"provenance/panel_cells\.csv\.gz",
          pattern=r"(?m)^(\w+,\d+,\w+,,,,,,.*\n)",
          change=none),
    _Text(kind="a version in the environment", files=r"env/environment\.json", pattern=r'"numpy": "(\d+\.\d+)', change=digit),
    _Text(kind="a row of a sample", files=r"data/processed/samples\.csv", pattern=r",([01])(?=[,\n])", change=lambda t, d: str(1 - int(t))),
    _Text(kind="an effect in a figure's numbers", files=r"figures/event_study\.csv", pattern=rf"(?<=[,\n])({DOUBLE})(?=,)", change=digit),
    _Text(kind="a macro of the text", files=r"(?:tables/)?numbers\.tex", pattern=r"endcsname\{\D*(\d[\d.]*)", change=digit),
    _Text(kind="the title of the deposit", files=r"datacite\.json", pattern=r'"title": "(Data and Code for)', change=words),
)  # fmt: skip
RESULTS: tuple[tuple[str, str], ...] = (
    ("a coefficient in the results", r"estimates/\d+/terms/\d+/estimate"),
    ("a standard error in the results", r"estimates/\d+/terms/\d+/se"),
    ("a p in the results", r"estimates/\d+/terms/\d+/p"),
    ("a statistic in the results", r"estimates/\d+/terms/\d+/statistic"),
    ("a variance in the results", r"estimates/\d+/covariance_matrix/(\d+)/\1"),
    ("the rows in the results", r"estimates/\d+/sample/rows"),
    ("the clusters in the results", r"estimates/\d+/sample/clusters/\w+"),
    ("an absorbed effect in the results", r"estimates/\d+/absorb/\d+"),
    ("a digest of a sample", r"estimates/\d+/sample/keys_digest"),
)
TABLES = re.compile(r"tables/\w+\.(?:tex|html|docx|csv|typ)$")


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
