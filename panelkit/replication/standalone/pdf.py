"""The text of a PDF as Typst writes it: pages in order, each run of glyphs by its font's own table; anything bent or hidden is refused."""

from __future__ import annotations

import functools
import re
import zlib
from collections.abc import Iterator

MOST_PDF = 256 * 1024 * 1024  # bytes that all streams of a file may unpack to together
OBJECT = re.compile(rb"(?:^|[\r\n])(\d{1,7}) 0 obj\b(.*?)(?:\bendobj\b)", re.DOTALL)
REFERENCE = re.compile(rb"(\d{1,7}) 0 R")
ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
PLAIN_PIECE = re.compile(rb"<[0-9A-Fa-f\s]*>|<<|>>|[\[\]]|/?[^\s()<>\[\]{}/%]+|/|\(|[<>{}%)]")
BRACKET = re.compile(rb"[()\\]")
NUMERAL = re.compile(rb"[-+]?[\d.]+$")
DEEPEST = 8  # forms within forms
ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)


class Pdf:
    """The objects of a PDF without cross-reference: number -> bytes; each stream unpacked once, all of them within a bound."""

    def __init__(self, data: bytes) -> None:
        if not data.startswith(b"%PDF-1."):
            raise ValueError("it is no PDF")
        if re.search(
            rb"/(?:Encrypt|ObjStm|JavaScript|JS|AA|OpenAction|Launch|EmbeddedFile|AcroForm|RichMedia)\b", data
        ):
            raise ValueError("it is encrypted, or runs or holds other things")
        self.left = MOST_PDF
        self.objects: dict[int, bytes] = {}
        for found in OBJECT.finditer(data):
            if int(found.group(1)) in self.objects:
                raise ValueError("an object of it is changed further down")
            self.objects[int(found.group(1))] = found.group(2)
        if data.count(b"%%EOF") != 1 + sum(b"%%EOF" in body for body in self.objects.values()):
            raise ValueError("it was changed after it was made")

    def head(self, number: int) -> bytes:
        """What an object says before its stream."""
        return self.objects[number].split(b"stream", 1)[0]

    def stream(self, number: int) -> bytes:
        """The unpacked stream of an object."""
        head, _, rest = self.objects[number].partition(b"stream")
        size = re.search(rb"/Length (\d+)\b( 0 R)?", head)
        start = 2 if rest.startswith(b"\r\n") else 1
        length = int(self.objects[int(size.group(1))] if size.group(2) else size.group(1)) if size else 0
        data = rest[start : start + length]
        if b"/FlateDecode" in head:
            opened = zlib.decompressobj()
            data = opened.decompress(data, self.left + 1)
        self.left -= len(data)
        if self.left < 0:
            raise ValueError("it unpacks to far too much")
        return data

    def named(self, head: bytes, kind: bytes) -> dict[bytes, int]:
        """The objects that a dictionary of resources names of one kind: /Font<</f0 16 0 R>>."""
        found = re.search(rb"/" + kind + rb"\s*(?:<<(.*?)>>|(\d+) 0 R)", head, re.DOTALL)
        if found is None:
            return {}
        inner = self.head(int(found.group(2))) if found.group(2) else found.group(1)
        return {name: int(number) for name, number in re.findall(rb"/([^\s/<>\[\]()]+)\s+(\d+) 0 R", inner)}


def glyphs(pdf: Pdf, font: int) -> dict[int, str]:
    """Glyph -> text, from a font's own table."""
    table = re.search(rb"/ToUnicode (\d+) 0 R", pdf.head(font))
    if table is None:
        raise ValueError("a font of it does not say what its glyphs are")
    text = pdf.stream(int(table.group(1)))
    found: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        for glyph, uni in re.findall(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]*)>", block):
            found[int(glyph, 16)] = bytes.fromhex(uni.decode()).decode("utf-16-be", "replace")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", text, re.DOTALL):
        for low, high, uni in re.findall(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]{4})>", block):
            for k in range(int(low, 16), int(high, 16) + 1):
                found[k] = chr(int(uni, 16) + k - int(low, 16))
        for low, high, each in re.findall(rb"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]{4})>\s*\[([^\]]*)\]", block):
            told = re.findall(rb"<([0-9A-Fa-f]*)>", each)
            for k, uni in zip(range(int(low, 16), int(high, 16) + 1), told):  # noqa: B905
                found[k] = bytes.fromhex(uni.decode()).decode("utf-16-be", "replace")
    return found


def literal(piece: bytes) -> bytes:
    """The bytes of a string of a PDF."""
    if piece.startswith(b"<"):
        plain = re.sub(rb"\s", b"", piece[1:-1])
        return bytes.fromhex((plain + b"0" * (len(plain) % 2)).decode())

    def one(found: re.Match[bytes]) -> bytes:
        what = found.group(1)
        return bytes([int(what, 8) & 255]) if what[:1].isdigit() else ESCAPED.get(what, what)

    return ESCAPE.sub(one, piece[1:-1])


def pieces(content: bytes) -> Iterator[bytes]:
    """The strings, names, numbers and operators of a content stream; brackets within a string are counted, never searched for."""
    place, end = 0, len(content)
    while place < end:
        found = PLAIN_PIECE.search(content, place)
        if found is None:
            return
        place = found.end()
        if found.group() != b"(":
            yield found.group()
            continue
        depth = 1
        while depth:
            bracket = BRACKET.search(content, place)
            if bracket is None:
                raise ValueError("a text of it has no end")
            place = bracket.end() + (bracket.group() == b"\\")
            depth += {b"(": 1, b")": -1}.get(bracket.group(), 0)
        yield content[found.start() : place]


def runs(pdf: Pdf, content: bytes, head: bytes, fonts_read: dict[int, dict[int, str]], depth: int = 0) -> list[str]:
    """The runs of text that a content stream and the forms within it show, in the order they are drawn."""
    fonts, forms = pdf.named(head, b"Font"), pdf.named(head, b"XObject")
    found, shown, operands = [], "", list[bytes]()
    table: dict[int, str] = {}
    for piece in pieces(content):
        if piece[:1] in b"(<[]/>" or NUMERAL.match(piece):
            operands.append(piece)
            continue
        if piece == b"Tf":
            font = fonts[operands[0][1:]]
            fonts_read.setdefault(font, {} if font in fonts_read else glyphs(pdf, font))
            table = fonts_read[font]
        elif piece in (b"Tj", b"TJ", b"'", b'"'):
            shown += "".join(spelt(literal(text), table) for text in operands if text[:1] in (b"(", b"<"))
        elif piece == b"ET":
            found.append(shown)
            shown = ""
        elif (piece == b"Tr" and operands != [b"0"]) or piece == b"BI":
            raise ValueError("it holds text that is not to be seen, or pictures within the text")
        elif piece == b"Do" and depth < DEEPEST and operands[-1][1:] in forms:
            form = forms[operands[-1][1:]]
            if b"/Form" in pdf.head(form):
                found += runs(pdf, pdf.stream(form), pdf.head(form), fonts_read, depth + 1)
        operands = []
    return found


def spelt(raw: bytes, table: dict[int, str]) -> str:
    """The text of glyphs of two bytes each; one without a text in the font's table is a sign that no number has."""
    return "".join(table.get(raw[i] << 8 | raw[i + 1], "\ufffd") for i in range(0, len(raw) - 1, 2))


@functools.lru_cache(maxsize=2)
def text_of(data: bytes) -> tuple[str, ...]:
    """The runs of text of every page, in order; kept, as the verifier tested on itself (L5) reads the same file many times."""
    pdf = Pdf(data)
    pages = [n for n in pdf.objects if re.search(rb"/Type\s*/Pages\b", pdf.head(n))]
    order: list[int] = []
    below: dict[int, list[int]] = {n: [int(k) for k in REFERENCE.findall(kids(pdf.head(n)))] for n in pages}
    root = re.search(rb"/Type\s*/Catalog\b.*?/Pages (\d+) 0 R|/Pages (\d+) 0 R.*?/Type\s*/Catalog\b", data, re.DOTALL)
    waiting = [int(root.group(1) or root.group(2))] if root else []
    while waiting:
        number = waiting.pop(0)
        if number in below:
            waiting = below.pop(number) + waiting
        else:
            order.append(number)
    fonts_read: dict[int, dict[int, str]] = {}
    found: list[str] = []
    for number in order:
        head = pdf.head(number)
        resources = re.search(rb"/Resources (\d+) 0 R", head)
        content = re.search(rb"/Contents (\d+) 0 R", head)
        if b"/Annots" in head and re.search(rb"/Subtype\s*/(?!Link)\w+", b"".join(map(pdf.head, notes_on(pdf, head)))):
            raise ValueError("it has notes upon its pages")
        if content:
            inner = pdf.head(int(resources.group(1))) if resources else head
            found += runs(pdf, pdf.stream(int(content.group(1))), inner, fonts_read)
    return tuple(found)


def kids(head: bytes) -> bytes:
    """The list of pages below a node."""
    found = re.search(rb"/Kids\s*\[(.*?)\]", head, re.DOTALL)
    return found.group(1) if found else b""


def notes_on(pdf: Pdf, head: bytes) -> list[int]:
    """The annotations of a page."""
    found = re.search(rb"/Annots\s*(?:\[(.*?)\]|(\d+) 0 R)", head, re.DOTALL)
    if found is None:
        return []
    return [int(n) for n in REFERENCE.findall(found.group(1) or pdf.head(int(found.group(2))))]
