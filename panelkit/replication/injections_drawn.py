"""Errors put into pictures, one at a time: points, shades, numbers and whole pictures; the other kinds are in injections."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable, Iterator, Mapping

from panelkit.replication.injection_kinds import digit
from panelkit.replication.standalone.drawing import Glyphs, Picture

Files = Mapping[str, bytes]
Error = tuple[str, str, dict[str, bytes | None]]  # kind, where, what is changed
Change = Callable[[str, random.Random], str]
_POINT = re.compile(
    r'<g id="pk\.(?:points|line|segments|box|bin|tile)![^"]*">(?:(?!</g>).)*?(?:<path d="M |<use [^>]*?x=")(\d+\.\d+)',
    re.DOTALL,
)
_CELL = re.compile(r'<g id="pk\.(?:cells|tile)![^"]*">.*?fill: (#[0-9a-f]{6})', re.DOTALL)
_WRITTEN = re.compile(r"<!-- ([^>]*?\d[^>]*?) -->\s*<g [^>]*transform[^>]*>.*?</g>", re.DOTALL)
_COMMENT = re.compile(r"<!-- [^>]*?(\d)[^>]*? -->")
_MARK = re.compile(r'<g id="pk\.(?:points|line|segments)![^"]*">.*?()</g>', re.DOTALL)


def drawn_errors(files: Files, each: int, seed: int) -> Iterator[Error]:
    """Up to `each` errors of each kind that pictures have a place for."""
    svgs = [n for n in sorted(files) if re.fullmatch(r"figures/\w+\.svg", n)]
    for kind, pattern, change in (
        ("a point of a picture", _POINT, _shifted),
        ("a shade of a picture", _CELL, _shade),
        ("a text beside the glyphs of a picture", _COMMENT, digit),
        ("a mark added to a picture", _MARK, lambda t, d: '<path d="M 100 100 L 120 120" style="stroke: #1a1a1a"/>'),
    ):
        draw = random.Random(f"{seed}/{kind}")  # noqa: S311 - no secret
        texts = {name: files[name].decode() for name in svgs}
        sites = [(n, m.start(1), m.end(1)) for n in svgs for m in pattern.finditer(texts[n])]
        for name, start, end in draw.sample(sites, min(each, len(sites))):
            new = texts[name][:start] + change(texts[name][start:end], draw) + texts[name][end:]
            yield kind, f"{name}, place {start}", {name: new.encode()}
    yield from _written(files, svgs, each, seed)
    yield from _exchanged(files, each, seed)
    yield from _in_pdf(files, each, seed)


def _shifted(text: str, draw: random.Random) -> str:
    """A place more than a point off."""
    return f"{float(text) + draw.choice((-1, 1)) * draw.uniform(1, 20):.6f}"


def _shade(text: str, draw: random.Random) -> str:
    """The other end of the greys."""
    return "#14171d" if sum(bytes.fromhex(text[1:])) > 400 else "#eef1f5"


def _written(files: Files, svgs: list[str], each: int, seed: int) -> Iterator[Error]:
    """A digit is another one in a picture, both as it is drawn and as it is said beside."""
    draw = random.Random(f"{seed}/written")  # noqa: S311
    sites = [(n, m.span()) for n in svgs for m in _WRITTEN.finditer(files[n].decode())]
    count = 0
    for name, (start, end) in draw.sample(sites, len(sites)):
        whole, glyphs = files[name].decode(), Glyphs()
        glyphs.read(Picture(files[name]))
        piece = whole[start:end]
        said = re.match(r"<!-- (.*?) -->", piece, re.DOTALL)
        assert said is not None
        uses = list(re.finditer(r'xlink:href="#([^"]+)"', piece))
        digits = [u for u in uses if glyphs.letters.get(u.group(1), "").isdigit()]
        places = [i for i, c in enumerate(piece[: said.end(1)]) if c.isdigit()]
        if not digits or len(digits) != len(places):
            continue
        k = draw.randrange(len(digits))
        font, letter = digits[k].group(1).rpartition("-")[0], piece[places[k]]
        others = [
            (g, c) for g, c in glyphs.letters.items() if c.isdigit() and c != letter and g.rpartition("-")[0] == font
        ]
        if not others:
            continue
        glyph, new = draw.choice(sorted(others))
        use = digits[k]
        piece = piece[: use.start(1)] + glyph + piece[use.end(1) :]
        piece = piece[: places[k]] + new + piece[places[k] + 1 :]
        yield (
            "a number written in a picture",
            f"{name}: {said.group(1)}",
            {name: (whole[:start] + piece + whole[end:]).encode()},
        )
        count += 1
        if count == each:
            return


def _exchanged(files: Files, each: int, seed: int) -> Iterator[Error]:
    """A picture in the place of another, in figures/ and on the page."""
    draw = random.Random(f"{seed}/exchanged")  # noqa: S311
    for ending in ("svg", "pdf", "png"):
        names = [n for n in sorted(files) if re.fullmatch(rf"figures/\w+\.{ending}", n)]
        pairs = [(a, b) for a in names for b in names if a != b]
        for a, b in draw.sample(pairs, min(each, len(pairs))):
            yield f"a picture in the place of another ({ending})", f"{a} for {b}", {b: files[a]}
    page = files.get("report.html", b"").decode()
    found = [
        m.span(1)
        for m in re.finditer(
            r'<figure id="figure-\w+(?:-\w\w)?" tabindex="-1">\s*<div class="card"><img src="([^"]+)"', page
        )
    ]
    pairs_of = [(a, b) for a in found for b in found if a < b and page[a[0] : a[1]] != page[b[0] : b[1]]]
    for one, two in draw.sample(pairs_of, min(each, len(pairs_of))):
        new = page[: one[0]] + page[two[0] : two[1]] + page[one[1] : two[0]] + page[one[0] : one[1]] + page[two[1] :]
        yield "two pictures of the page exchanged", f"places {one[0]} and {two[0]}", {"report.html": new.encode()}


def _in_pdf(files: Files, each: int, seed: int) -> Iterator[Error]:
    """A point of a picture's PDF is another."""
    draw = random.Random(f"{seed}/in pdf")  # noqa: S311
    names = [n for n in sorted(files) if re.fullmatch(r"figures/\w+\.pdf", n)]
    for name in draw.sample(names, min(each, len(names))):
        data = files[name]
        for found in re.finditer(rb"/Length (\d+) 0 R /Filter /FlateDecode\s*>>\s*stream\r?\n", data):
            length = re.search(rb"(?m)^" + found.group(1) + rb" 0 obj\s+(\d+)", data)
            if length is None:
                continue
            end = found.end() + int(length.group(1))
            content = zlib.decompress(data[found.end() : end])
            points = [m.span(1) for m in re.finditer(rb"(?m)^(\d+\.\d+) \d+\.\d+ [ml]$", content)]
            if b" Tf" not in content or not points:
                continue
            start, stop = draw.choice(points)
            new = zlib.compress(
                content[:start] + _shifted(content[start:stop].decode(), draw).encode() + content[stop:]
            )
            size = data[: length.start(1)] + str(len(new)).encode() + data[length.end(1) :]
            change = size[: found.end()] + new + size[end:] if length.start() > end else None
            if change is not None:
                yield "a point of a picture's PDF", name, {name: change}
            break
