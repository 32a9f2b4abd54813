"""A LaTeX manuscript as lines of plain text: files that it takes in followed, its own macros put in, commands of layout taken out.

What may print a number and cannot be followed is named, never passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

DEEPEST, MOST_FILES, LONGEST_LINE = 8, 200, 1_000_000
ONE = """documentclass usepackage RequirePackage includegraphics vspace hspace geometry ref eqref autoref cref Cref pageref label
bibliography bibliographystyle url href setstretch linespread cmidrule cline end raisebox parbox scalebox color textcolor colorbox
hypersetup captionsetup sisetup setCJKmainfont setmainfont bibitem tag nocite pagestyle thispagestyle addbibresource stepcounter
refstepcounter value rotatebox phantom hphantom vphantom"""
TWO = "setlength addtolength setcounter addtocounter fontsize multicolumn multirow rule resizebox newlength import subimport"
ARGUMENTS = {**dict.fromkeys(ONE.split(), 1), **dict.fromkeys(TWO.split(), 2), "definecolor": 3}
ENVIRONMENTS = {
    "tabular": 1,
    "array": 1,
    "longtable": 1,
    "minipage": 1,
    "tabularx": 2,
    "tabular*": 2,
    "thebibliography": 1,
}
CITES = re.compile(r"(?:\w*cite[a-z]*|\w*ref|label|tag|bibitem)$", re.IGNORECASE)
COMMAND = re.compile(r"\\([A-Za-z]+)\*?")
TAKES = re.compile(r"\\(input|include|subfile|subfileinclude|InputIfFileExists)\b\s*(?:\{([^{}]*)\}|([^\s\\{}]+))")
OTHER = re.compile(
    r"\\(verbatiminput|lstinputlisting|csvautotabular|csvreader|DTLloaddb|import|subimport|directlua|write18)\b"
)
DEFINES = re.compile(
    r"\\(?:(?:re|provide)?newcommand|(?:New|Renew|Provide)DocumentCommand|DeclareRobustCommand|[egx]?def|gdef)\*?\s*\{?\s*"
    r"\\([A-Za-z@]+)\s*\}?"
)
LENGTH = re.compile(
    r"(?<![\w\\])[-+]?(?:\d++(?:\.\d*+)?|\.\d++)\s*(?:(?:pt|cm|mm|em|ex|(?<=\d)in|(?<=\d\.)in|bp|sp|ch)\b|\\(?:text|line|column|paper)(?:width|height)|"
    r"\\baselineskip)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of text. file : '' of the manuscript itself. layout : (number, command) of what only places things on the page."""

    place: int
    text: str
    file: str = ""
    layout: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A file that the manuscript takes in as it is made by panelkit: a table, or the macros of numbers."""

    name: str
    data: bytes
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Something that may print numbers and was not read, and why."""

    name: str
    why: str
    place: int
    file: str = ""


@dataclass(slots=True)
class Reader:
    """Reads a manuscript below the folders it may take files from; `macros` are those that it defines without arguments."""

    homes: Sequence[Path]
    macros: dict[str, str] = field(default_factory=dict)
    files: int = 0

    def read(self, text: str, folder: Path, file: str = "", depth: int = 0) -> Iterator[Line | Taken | Unread]:
        """Every line of a text and of the files that it takes in, in their order."""
        text = "\n".join(re.sub(r"(?<!\\)((?:\\\\)*)%.*", r"\1", line) for line in text.split("\n"))
        text, bodies = self._defined(text)
        for place, name, body in bodies:
            if name.startswith("pk") and name[2:] in ("cell", "key", "find", ""):
                yield Unread(
                    name=f"\\{name}", why="the text defines a macro of panelkit's itself", place=place, file=file
                )
            elif re.search(r"(?<![#\w])\d", body):
                yield from self._line(body, place, file)
        start, end = text.find(r"\begin{document}"), text.find(r"\end{document}")
        head = text[: max(start, 0)]
        yield from self._taken(head, 0, folder, file, depth, head_only=True)
        body = text[max(start, 0) : end if end >= 0 else len(text)]
        yield from self._taken(body, head.count("\n"), folder, file, depth)

    def _taken(
        self, text: str, before: int, folder: Path, file: str, depth: int, head_only: bool = False
    ) -> Iterator[Line | Taken | Unread]:
        for place, line in enumerate(text.split("\n"), start=before + 1):
            at = 0
            for found in TAKES.finditer(line):
                if not head_only:
                    yield from self._line(line[at : found.start()], place, file)
                yield from self._file((found.group(2) or found.group(3) or "").strip(), folder, (place, file), depth)
                at = found.end()
            if head_only:
                continue
            for found in OTHER.finditer(line):
                yield Unread(name=found.group(0), why="what it prints is not followed", place=place, file=file)
            yield from self._line(line[at:], place, file)

    def _file(self, name: str, folder: Path, at: tuple[int, str], depth: int) -> Iterator[Line | Taken | Unread]:
        place, file = at
        path = folder / (name if name.endswith(".tex") else f"{name}.tex")
        why = ""
        self.files += 1
        if depth >= DEEPEST or self.files > MOST_FILES:
            why = "files take in files without end"
        elif not any(path.resolve().is_relative_to(home.resolve()) for home in self.homes):
            why = "it lies outside of the manuscript's folder and of the run or package"
        elif not path.is_file():
            why = "there is no such file"
        elif path.stat().st_size > LONGEST_LINE * 64:
            why = "it is too large"
        if why:
            yield Unread(name=name, why=why, place=place, file=file)
            return
        data = path.read_bytes()
        if re.search(rb"^% [\w-]+: made by panelkit; ", data) or data.startswith(b"% Made by panelkit: "):
            yield Taken(name=path.name, data=data, place=place)
            return
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            yield Unread(name=name, why="it is not UTF-8", place=place, file=file)
            return
        yield from self.read(text, folder, path.name, depth + 1)

    def _defined(self, text: str) -> tuple[str, list[tuple[int, str, str]]]:
        """The text without its definitions; those with arguments are given back, the others are put in where they are used."""
        pieces, bodies, at = [], [], 0
        for found in DEFINES.finditer(text):
            if found.start() < at:
                continue
            end = found.end()
            options = re.match(r"(?:\s*\[[^\]]*\]|#\d|\s*\{[mo\s]*\}(?=\s*\{))*\s*", text[end:])
            end += options.end() if options else 0
            body, end = _group(text, end)
            taken = text[found.start() : end]
            pieces += [text[at : found.start()], "\n" * taken.count("\n")]
            name, at = found.group(1), end
            if (options and "#" in options.group(0)) or re.search(r"#\d", body) or name.startswith("pk"):
                bodies.append((text[: found.start()].count("\n") + 1, name, body))
            else:
                self.macros[name] = body
        return "".join([*pieces, text[at:]]), bodies

    def _line(self, text: str, place: int, file: str) -> Iterator[Line | Unread]:
        for _ in range(DEEPEST * 2):
            names = [n for n in COMMAND.findall(text) if n in self.macros]
            if not names or len(text) + sum(len(self.macros[n]) for n in names) > LONGEST_LINE:
                break
            text = COMMAND.sub(lambda m: self.macros.get(m[1], m[0]), text)
        if any(n in self.macros for n in COMMAND.findall(text)):
            yield Unread(name=f"\\{names[0]}", why="its macros grow without end", place=place, file=file)
            return
        kept, layout = without_layout(text)
        yield Line(place=place, text=plain(kept), file=file, layout=layout)


def _group(text: str, at: int) -> tuple[str, int]:
    """The group in braces that starts at `at`, and where it ends; ('', at) where none starts."""
    if at >= len(text) or text[at] != "{":
        return "", at
    depth = 0
    for place in range(at, len(text)):
        if text[place] in "{}" and (place == 0 or text[place - 1] != "\\"):
            depth += 1 if text[place] == "{" else -1
            if depth == 0:
                return text[at + 1 : place], place + 1
    return text[at + 1 :], len(text)


def without_layout(line: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A line without the arguments that only place things on the page, just so many as each command has; and the numbers in them.

    >>> without_layout(r"\\resizebox{0.9\\textwidth}{!}{0.945}")[0]
    ' {0.945}'
    """
    kept, layout, at = [], [], 0
    for found in COMMAND.finditer(line):
        name = found.group(1)
        cites = CITES.match(name)
        count = 1 if cites else ARGUMENTS.get(name, 0)
        if found.start() < at or not (count or name == "begin"):
            continue
        end = found.end()
        if name == "begin":
            environment, end = _group(line, end)
            count = ENVIRONMENTS.get(environment, 0)
        end = _options(line, end, round_=name == "cmidrule")
        for _ in range(count):
            while end < len(line) and line[end] == " ":
                end += 1
            _, end = _group(line, end)
            end = _options(line, end)
        command = line[found.start() : end]
        layout += [(m, command) for m in re.findall(r"\d[\d.]*", command)]
        kept += [line[at : found.start()], " "]
        at = end
    text = "".join([*kept, line[at:]])
    layout += [(m.group(0), m.group(0)) for m in LENGTH.finditer(text)]
    return LENGTH.sub(" ", text), tuple(layout)


def _options(line: str, at: int, round_: bool = False) -> int:
    while at < len(line) and (line[at] == "[" or (round_ and line[at] == "(")):
        end = line.find("]" if line[at] == "[" else ")", at)
        if end < 0:
            break
        at = end + 1
    return at


def plain(line: str) -> str:
    """LaTeX as text: signs, powers, percent signs and stars as they are printed, pieces of one number joined."""
    line = re.sub(r"\\(?:SI|qty)\s*\{([^{}]*)\}\s*\{\\percent\}", r" \1\\% ", line)
    line = re.sub(
        r"\\(?:num|SI|qty|text\w*|emph|math\w+|footnote|caption|section|subsection|mbox|ensuremath)\*?\s*\{", "{", line
    )
    line = re.sub(
        r"(?<![\d.])(\d[\d.]*+)\s*\$?\s*\\(?:times|cdot)\s*10\s*\^\s*\{?\s*(?:\$?-\$?|\\text-)?(-?\d+)\}?", _power, line
    )
    line = line.replace("{,}", ",").replace("{.}", ".").replace("{}", "").replace(r"\,", "").replace("$-$", "-")
    line = re.sub(r"(?<=[\d.,])\{([\d.,]+)\}|(?<=\d)\\relax\s*(?=[\d.])|(?<=[\d.])\\/(?=[\d.])", r"\1", line)
    line = line.replace(r"\%", "%")
    line = re.sub(r"\^\{?\\?(\*{1,3})\}?", r"\1", line)
    line = line.replace("---", " , ").replace("--", "\u2013").replace("~", " ")
    return re.sub(r"(?<![\\\w])[${}]", " ", line).replace("  ", " ")


def _power(found: re.Match[str]) -> str:
    sign = "-" if re.search(r"\^\s*\{?\s*\$?-", found.group(0)) and not found.group(2).startswith("-") else ""
    return f"{found.group(1)}e{sign}{found.group(2)}"
