"""The numbers in a manuscript (LaTeX, Word, Markdown, plain text): each with its place, its words around it and what kind it is."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from panelkit.core.errors import PackageError
from panelkit.replication import standalone

LARGEST = 64 * 1024**2
NEAR = 90  # characters on either side that count as its words
KINDS = ("number", "macro", "year", "reference", "level", "name", "layout", "address")
ENDINGS = (".tex", ".docx", ".md", ".txt")
NUMBER = re.compile(
    r"(?P<sign>(?<![\w.)\]])[-\u2212+]|(?<=[\s(\[=,])\u2013(?=[\d.])|(?<=[\uff0c\u3002\uff08\u4e3a\u662f])[-\u2212])?"
    r"(?P<body>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*|\.\d+)(?P<power>[eE][-+]?\d+)?"
    r"(?P<stars>\s?\*{1,3})?(?P<percent>\s?%)?"
)
MACRO = re.compile(r"\\pk(cell|key)?\{([^{}]*)\}")
BEFORE = re.compile(
    r"(?:section|sec\.|table|figure|fig\.|equation|eq\.|column|columns|panel|appendix|chapter|hypothesis|hypotheses|model|models|step|"
    r"footnote|note|page|pages|pp?\.|no\.|vol\.|volume|version|level|levels|第|表|图|式|附录|列|假设|模型|公式|章|节|注)"
    r"[\s~(（]*(?:[A-Z]?\d+[-–,、和and\s()（）]*)*$",
    re.IGNORECASE,
)
LEVELS = re.compile(r"(?:level|significan|confidence|percentile|winsor|显著|置信|水平|缩尾)", re.IGNORECASE)
ADDRESS = re.compile(r"(?:https?://|doi:|doi\.org/)\S+|10\.\d{4,}/\S+", re.IGNORECASE)
LAYOUT = re.compile(
    r"\\(?:documentclass|usepackage|includegraphics|vspace|hspace|setlength|addtolength|setcounter|addtocounter|geometry|ref|eqref|autoref|"
    r"cref|Cref|pageref|label|cite[a-z]*|textcite|parencite|nocite|bibliography[a-z]*|input|include|href|url|newcommand|renewcommand|def|"
    r"fontsize|setstretch|linespread|cmidrule|cline|multicolumn|multirow|begin|end|rule|raisebox|parbox|resizebox|scalebox|color|definecolor|"
    r"hypersetup|captionsetup|sisetup|setCJKmainfont|setmainfont|title|date|author|bibitem|tag)\*?"
    r"(?:\([^)]*\))?(?:\[[^\]]*\])*(?:\{(?:[^{}]|\{[^{}]*\})*\})*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number of the text.

    text : as printed (sign, digits, percent sign). kind : one of `KINDS`. place : line or paragraph, from 1. around : the words
    before and after it. macro : (how, name) where a macro of `numbers.tex` prints it.
    """

    text: str
    kind: str
    place: int
    around: str
    before: str = ""
    stars: str = ""
    macro: tuple[str, str] | None = None


def numbers_of(paper: Path) -> tuple[Number, ...]:
    """Every number of a manuscript, in the order of the text.

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
            return tuple(n for i, text in enumerate(_paragraphs(data), start=1) for n in _in_text(text, i))
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
    return tuple(_in_tex(text) if paper.suffix.lower() == ".tex" else _in_markdown(text))


def _paragraphs(data: bytes) -> Iterator[str]:
    w = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    for part in ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml"):
        try:
            xml = standalone.word_part(data, part)
        except KeyError:
            if part == "word/document.xml":
                raise
            continue
        for paragraph in ElementTree.fromstring(xml).iter(w + "p"):  # noqa: S314 - entities were refused
            pieces = []
            for run in paragraph.iter():
                if run.tag == w + "t":
                    pieces.append(run.text or "")
                elif run.tag in (w + "tab", w + "br"):
                    pieces.append(" ")
                elif run.tag == w + "noBreakHyphen":
                    pieces.append("-")
            yield "".join(pieces)


def _in_tex(text: str) -> Iterator[Number]:
    body = text.split(r"\begin{document}", 1)
    start = body[0].count("\n") if len(body) == 2 else 0
    for place, line in enumerate(body[-1].split(r"\end{document}")[0].split("\n"), start=start + 1):
        line = re.sub(r"(?<!\\)%.*", "", line)
        for shown in LAYOUT.finditer(line):
            command = shown.group(0)
            if not re.match(r"\\(?:title|multicolumn|multirow|href)", command):
                yield from (_layout(m.group(0), place, command) for m in re.finditer(r"\d[\d.]*", command))
        line = LAYOUT.sub(_kept, line)
        line = re.sub(
            r"\\(?:num|SI|qty|text\w*|emph|mathbf|mathrm|footnote|caption|section|subsection)\*?\{", " {", line
        )
        line = line.replace("{,}", ",").replace(r"\,", "").replace("$-$", "-").replace(r"\%", "%")
        line = re.sub(r"\^\{?\\?(\*{1,3})\}?", r"\1", line)
        line = line.replace("---", " , ").replace("--", "–").replace("~", " ")
        yield from _in_text(re.sub(r"(?<![\\\w])[${}]", " ", line).replace("  ", " "), place)


def _kept(found: re.Match[str]) -> str:
    """What of a command of layout is still text: the last argument of a title or of joined cells."""
    command = found.group(0)
    if re.match(r"\\(?:title|multicolumn|multirow|href)", command):
        return " " + command[command.rindex("{") :] if "{" in command else " "
    return " "


def _layout(text: str, place: int, command: str) -> Number:
    kind = "reference" if re.match(r"\\(?:\w*ref|cite|label|textcite|parencite|tag|bibitem)", command) else "layout"
    return Number(text=text, kind=kind, place=place, around=command[:NEAR])


def _in_markdown(text: str) -> Iterator[Number]:
    fenced = False
    for place, line in enumerate(text.split("\n"), start=1):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
            continue
        if fenced:
            yield from (_layout(m.group(0), place, line) for m in re.finditer(r"\d[\d.]*", line))
            continue
        item = re.match(r"\s*(?:#+\s*)?(\d+(?:\.\d+)*)[.)、]?\s", line)
        if item and re.match(r"\s*(?:#+\s*\d|\d+[.)、])", line):
            yield Number(text=item.group(1), kind="reference", place=place, around=line[:NEAR])
            line = " " * item.end() + line[item.end() :]
        yield from _in_text(line.replace("\\*", "*").replace("**", "").replace("|", " | "), place)


def _in_text(text: str, place: int) -> Iterator[Number]:
    text = text.translate({c: c - 0xFEE0 for c in range(0xFF01, 0xFF5F) if chr(c - 0xFEE0) in "0123456789.%*+-,()"})
    for macro in MACRO.finditer(text):
        yield Number(
            text=macro.group(0),
            kind="macro",
            place=place,
            around=_around(text, *macro.span()),
            macro=(macro.group(1) or "cell", macro.group(2)),
        )
    text = MACRO.sub(lambda m: " " * len(m.group(0)), text)
    addresses = [m.span() for m in ADDRESS.finditer(text)]
    for found in NUMBER.finditer(text):
        start, end = found.span()
        kind = "address" if any(a <= start < b for a, b in addresses) else _kind(text, found)
        shown = f"{found.group('sign') or ''}{found.group('body')}{found.group('power') or ''}{(found.group('percent') or '').strip()}"
        yield Number(
            text=shown.replace("\u2013", "\u2212"),
            kind=kind,
            place=place,
            around=_around(text, start, end),
            before=text[max(0, start - NEAR) : start],
            stars=(found.group("stars") or "").strip(),
        )


def _around(text: str, start: int, end: int) -> str:
    return " ".join(text[max(0, start - NEAR) : end + NEAR].split())


def _kind(text: str, found: re.Match[str]) -> str:
    """What a number is by its form and by what stands right before it."""
    start, end = found.span()
    body, before, after = found.group("body"), text[:start], text[end:]
    whole = body.isdigit() and not found.group("percent") and not found.group("power")
    if (
        re.search(r"[A-Za-z_\u00c0-\u024f]$", before)
        or re.search(r"[A-Za-z]-$", before)
        or re.match(r"[A-Za-z]{2,}|[A-Z](?![a-z])", after)
    ):
        return "name"  # CR3, 2SLS, GB2260, COVID-19
    if body.count(".") > 1:
        return "reference"
    if (
        BEFORE.search(before[-NEAR:])
        and (whole or (body.count(".") == 1 and len(body) <= 4))
        and not found.group("sign")
    ):
        return "reference"
    if whole and len(body) == 4 and 1800 <= int(body) <= 2100 and not found.group("sign"):
        return "year"
    if (found.group("percent") or re.match(r"\s?(?:per ?cent|个百分)", after)) and LEVELS.search(
        text[max(0, start - 60) : end + 40]
    ):
        return "level" if body in ("0.1", "1", "5", "10", "90", "95", "99", "99.9") else "number"
    return "number"
