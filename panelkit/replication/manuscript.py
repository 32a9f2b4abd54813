"""The numbers in a manuscript (LaTeX, Word, Markdown, plain text): each with its place, its words around it and what kind it is."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from panelkit.core.errors import PackageError
from panelkit.replication import standalone
from panelkit.replication.manuscript_tex import CITES, Reader, Taken, Unread
from panelkit.replication.number_forms import form_of, listed, stretches
from panelkit.replication.number_words import spelled

LARGEST = 64 * 1024**2
NEAR = 90  # characters on either side that count as its words
KINDS = ("number", "macro", "year", "reference", "level", "name", "layout", "address", "computing", "unread")
ENDINGS = (".tex", ".docx", ".md", ".txt")
NUMBER = re.compile(
    r"(?P<sign>(?<![\w.)\]])[-\u2212+]|(?<=[\s(\[=,])\u2013(?=[\d.])|(?<=[\uff0c\u3002\uff08\u4e3a\u662f])[-\u2212])?"
    r"(?P<body>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*|\.\d+)(?P<power>[eE][-+]?\d+)?"
    r"(?P<stars>\s?\*{1,3})?(?P<percent>\s?%)?"
)
MACRO = re.compile(r"\\pk(cell|key)?\{([^{}]*)\}")
BEFORE = re.compile(
    r"(?:\b(?:sections?|sec\.|tables?|figures?|figs?\.|equations?|eqs?\.|columns?|panels?|appendix|chapters?|hypothes[ie]s|models?|steps?|"
    r"footnotes?|pages?|pp?\.|no\.|vol\.|volumes?|versions?|levels? L)|第|表|图|式|附录|列|假设|模型|公式|章|节|注)"
    r"[\s~(（]*(?P<further>(?:[A-Z]?\d{1,5}+(?:\s*+[-\u2013,、和()（）]\s*|\s*and\s+))*)$",
    re.IGNORECASE,
)
COUNTED = re.compile(
    r"\s+(?:observ|firm|unit|provinc|cit(?:y|ies)|row|cell|household|sampl|draw|case)|\s?(?:个|家|观测|样本|条|户)",
    re.IGNORECASE,
)
AFTER_LEVEL = re.compile(
    r"\s?(?:per ?cent|%)?\s?(?:-?(?:significance|confidence))?\s?(?:levels?|confidence|interval|CI\b|的?显著|的?置信|的?水平)"
)
BEFORE_LEVEL = re.compile(
    r"(?:at (?:the )?|levels? (?:of )?|winsori[sz]ed (?:at (?:the )?)?|percentiles? |p\s?[<\u2264]\s?|\*{1,3}\s?(?:p\s?[<\u2264]\s?)?|缩尾|"
    r"在|分别(?:表示|代表)?在?)(?:[\d.]++\s?%?\s?(?:,|、|and|or|和|与|及)?\s?)*$",
    re.IGNORECASE,
)
LEVELS = ("0.1", "0.10", "0.05", "0.01", "0.001", "1", "5", "10", "90", "95", "99", "99.9")
HIDDEN = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF, 0xAD])


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number of the text.

    text : as printed (sign, digits, percent sign). kind : one of `KINDS`. place : line or paragraph, from 1, of `file` ('' is the
    manuscript itself). around : the words before and after it. macro : (how, name) where a macro of `numbers.tex` prints it
    ('cell' or 'key'), a table of panelkit's ('table') or where the text takes in such macros ('defines cell', 'defines key').
    'unread' is no number but something that may print some; `around` says why it was not read.
    """

    text: str
    kind: str
    place: int
    around: str
    before: str = ""
    after: str = ""
    stars: str = ""
    macro: tuple[str, str] | None = None
    file: str = ""


def numbers_of(paper: Path, home: Path | None = None) -> tuple[Number, ...]:
    """Every number of a manuscript, in the order of the text; home : the run or package that it may take files from.

    Raises
    ------
    PackageError
        A file that is no manuscript of a known kind, is too large, or is a Word file that must not be opened.
    """
    if paper.suffix.lower() not in ENDINGS or not paper.is_file():
        raise PackageError(
            "this is no manuscript that can be read", where=paper.name, mend=f"give a file: {', '.join(ENDINGS)}"
        )
    data = paper.read_bytes()
    if len(data) > LARGEST:
        raise PackageError(
            "this is too large for a manuscript", where=paper.name, mend="give the text without pictures"
        )
    try:
        if paper.suffix.lower() == ".docx":
            return tuple(_without_references(_paragraphs(data)))
        text = data.decode("utf-8-sig")
    except (
        ValueError,
        KeyError,
        zipfile.BadZipFile,
        zlib.error,
        ElementTree.ParseError,
        RuntimeError,
        EOFError,
    ) as error:
        raise PackageError(
            f"this cannot be read: {error}", where=paper.name, mend="save it again as UTF-8, or as a plain .docx"
        ) from None
    if paper.suffix.lower() == ".tex":
        return tuple(_in_tex(text, paper.parent, home))
    return tuple(_in_markdown(text))


def _paragraphs(data: bytes) -> Iterator[str]:
    """Every paragraph of text, notes, headers and footers of a Word file; equations are text as well."""
    w = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    m = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        others = sorted(n for n in opened.namelist() if re.fullmatch(r"word/(?:header|footer)\d*\.xml", n))
    for part in ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml", *others):
        try:
            xml = standalone.word_part(data, part)
        except KeyError:
            if part == "word/document.xml":
                raise
            continue
        if re.search(rb"<w:altChunk\b", xml):
            raise ValueError("it takes in another document (altChunk)")
        for paragraph in ElementTree.fromstring(xml).iter(w + "p"):  # noqa: S314 - entities were refused
            pieces = []
            for run in paragraph.iter():
                if run.tag in (w + "t", m + "t"):
                    pieces.append(run.text or "")
                elif run.tag in (w + "tab", w + "br"):
                    pieces.append(" ")
                elif run.tag == w + "noBreakHyphen":
                    pieces.append("-")
            yield "".join(pieces)


def _without_references(lines: Iterable[str]) -> Iterator[Number]:
    """The numbers of paragraphs; those of a list of references are references."""
    listing = False
    for place, text in enumerate(lines, start=1):
        listing, entry = listed(text, listing)
        yield from (replace(n, kind="reference") if entry else n for n in _in_text(text, place))


def _in_tex(text: str, folder: Path, home: Path | None) -> Iterator[Number]:
    reader = Reader(homes=[folder, *([home] if home is not None else [])])
    context = ("", "")
    for piece in reader.read(text, folder):
        if isinstance(piece, Taken):
            yield from _in_ours(piece)
        elif isinstance(piece, Unread):
            yield Number(text=piece.name, kind="unread", place=piece.place, around=piece.why, file=piece.file)
        else:
            yield from (_layout(n, piece.place, command, piece.file) for n, command in piece.layout)
            before = context[1] if context[0] == piece.file else ""
            yield from (replace(n, file=piece.file) for n in _in_text(piece.text, piece.place, before))
            context = (piece.file, MACRO.sub(" ", piece.text.strip())[-NEAR:])


def _in_ours(taken: Taken) -> Iterator[Number]:
    """The numbers of a table of panelkit's by its cells, and the macros of a numbers.tex."""
    try:
        if taken.data.startswith(b"% Made by panelkit: "):
            for (how, name), text in standalone.from_numbers(taken.data).items():
                yield Number(
                    text=text, kind="macro", place=taken.place, around=taken.name, macro=(f"defines {how}", name)
                )
            return
        table = taken.name.removesuffix(".tex")
        for cell, text in standalone.from_tex(taken.data).items():
            if re.match(r"r\d+\.c\d+$", cell) and re.search(r"\d", text):
                yield Number(
                    text=text, kind="macro", place=taken.place, around=taken.name, macro=("table", f"{table}.{cell}")
                )
    except ValueError as error:
        yield Number(
            text=taken.name, kind="unread", place=taken.place, around=f"it is not as panelkit made it: {error}"
        )


def _layout(text: str, place: int, command: str, file: str = "") -> Number:
    kind = "reference" if CITES.match(command.lstrip("\\").split("{")[0].split("[")[0].rstrip("*")) else "layout"
    return Number(text=text, kind=kind, place=place, around=command[:NEAR], file=file)


def _in_markdown(text: str) -> Iterator[Number]:
    fence, context, listing = "", "", False
    for place, line in enumerate(text.split("\n"), start=1):
        opened = re.match(r"\s*(```+|~~~+)\s*(\S*)", line)
        if opened:
            fence = "" if fence else (opened.group(2) or "text")
            continue
        if fence and fence.strip("{}").lower() not in ("text", "txt", "plain"):  # a program, said by its language
            yield from (_layout(m.group(0), place, line) for m in re.finditer(r"\d[\d.]*", line))
            continue
        listing, entry = listed(line, listing)
        if entry:
            yield from (replace(n, kind="reference") for n in _in_text(line, place))
            continue
        item = re.match(r"\s*(?:#+\s+(\d{1,2}(?:\.\d{1,2})*)[.)、]?\s|(\d{1,3})[.)、](?=\s))", line)
        if item:
            yield Number(text=item.group(1) or item.group(2), kind="reference", place=place, around=line[:NEAR])
            line, context = " " * item.end() + line[item.end() :], ""
        line = line.replace("\\*", "*").replace("|", " | ")
        line = re.sub(r"\*\*(?=\S)(.+?)(?<=[^\s*])\*\*(?!\*)", r"\1", line)  # bold, but not the stars behind a number
        yield from _in_text(line, place, context)
        context = line.strip()[-NEAR:]


def _in_text(text: str, place: int, context: str = "") -> Iterator[Number]:
    """The numbers of a line; context : the end of the line before it in the same paragraph."""
    at = len(context) + 1 if context else 0
    text = f"{context} {text}" if context else text
    text = text.translate(HIDDEN)
    text = text.translate({c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F) if chr(c - 0xFEE0) in "0123456789.%*+-,()<=>"})
    for macro in MACRO.finditer(text, at):
        yield Number(
            text=macro.group(0),
            kind="macro",
            place=place,
            around=_around(text, *macro.span()),
            macro=(macro.group(1) or "cell", macro.group(2)),
        )
    text = MACRO.sub(lambda m: " " * len(m.group(0)), text)
    for start, end, digits in spelled(text):
        if (
            start >= at
            and not re.match(r"\s?(?:年|月|日|届|条|章|节)", text[end:])
            and not BEFORE.search(text[max(0, start - NEAR) : start])
        ):
            kind = "level" if AFTER_LEVEL.match(text[end:]) else "number"
            around = _around(text, start, end)
            yield Number(text=digits, kind=kind, place=place, around=around, before=text[max(0, start - NEAR) : start],
                         after=text[end : end + NEAR])  # fmt: skip
    known = stretches(text)
    for found in NUMBER.finditer(text, at):
        start, end = found.span()
        kind = next((k for a, b, k in known if a <= start < b), "") or _kind(text, found)
        shown = f"{found.group('sign') or ''}{found.group('body')}{found.group('power') or ''}{(found.group('percent') or '').strip()}"
        yield Number(
            text=shown.replace("\u2013", "\u2212"),
            kind=kind,
            place=place,
            around=_around(text, start, end),
            before=text[max(0, start - NEAR) : start],
            after=text[end : end + NEAR],
            stars=(found.group("stars") or "").strip(),
        )


def _around(text: str, start: int, end: int) -> str:
    return " ".join(text[max(0, start - NEAR) : end + NEAR].split())


def _kind(text: str, found: re.Match[str]) -> str:
    """What a number is by its form and by what stands right beside it; what could be an estimate is a number."""
    start, end = found.span()
    body, before, after = found.group("body"), text[max(0, start - 2 * NEAR) : start], text[end : end + NEAR]
    whole = body.isdigit() and not found.group("percent") and not found.group("power")
    if whole and (
        re.search(r"[A-Za-z_\u00c0-\u024f]$", before)
        or re.search(r"[A-Za-z]-$", before)
        or re.match(r"[A-Z][A-Z]*\b|SLS", after)
    ):
        return "name"  # CR3, 2SLS, GB2260, COVID-19
    if body.count(".") > 1:
        return "reference"
    if form := form_of(body, before, after, signed=bool(found.group("sign"))):
        return form
    if re.search(r"[A-Za-z]$", before) and not body.startswith(("0", ".")):
        return "name"  # v1.2
    if _refers(body, before, found):
        return "reference"
    if whole and len(body) == 4 and 1800 <= int(body) <= 2100 and not found.group("sign") and not COUNTED.match(after):
        return "year"
    return "level" if _is_level(body, before, after, found) else "number"


def _refers(body: str, before: str, found: re.Match[str]) -> bool:
    """Whether a number names a table, page, section or the like."""
    keyword = BEFORE.search(before[-NEAR:])
    if keyword is None or found.group("sign") or found.group("percent") or found.group("power"):
        return False
    if body.isdigit():
        pages = re.search(r"(?:pages?|pp?\.|no\.|vol\.|volumes?)[\s\d\u2013-]*$", before[-NEAR:], re.IGNORECASE)
        return len(body) <= (5 if pages else 2)
    return re.fullmatch(r"[1-9]\d?\.\d{1,2}", body) is not None and not keyword.group("further")


def _is_level(body: str, before: str, after: str, found: re.Match[str]) -> bool:
    """Whether a number is a level of significance or confidence, or a share that is winsorised."""
    if body not in LEVELS or found.group("sign"):
        return False
    percent = bool(found.group("percent")) or re.match(r"\s?(?:per ?cent|个百分)", after) is not None
    if body.startswith("0.") and not percent:
        return re.search(r"p\s?[<\u2264]\s?$", before) is not None
    said = AFTER_LEVEL.match(after) or re.match(
        r"(?:\s?(?:,|、|and|or|和|与|及)\s?[\d.]+\s?%)*\s?(?:的?水平|levels?|significan|的?显著)", after
    )
    return percent and bool(
        said
        or (
            BEFORE_LEVEL.search(before[-60:])
            and re.search(r"level|significan|winsor|percentile|缩尾|显著|水平|\*", before[-60:] + after[:40])
        )
    )
