"""Every picture of a figure against its CSV, the ledger, the PDF of the same name and the page; what a claim means is in claims."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import re
import xml.etree.ElementTree as ElementTree
import zlib
from typing import Any

from panelkit.replication.standalone.claims import Claims, bounds
from panelkit.replication.standalone.drawing import Artist, Glyphs, Picture, Point
from panelkit.replication.standalone.level import Level, names_below, read
from panelkit.replication.standalone.pdf import Pdf, runs
from panelkit.replication.standalone.plotted import Nearby, Plotted

OFF_EDGE = 0.5  # points on paper
LEGEND_OFF = (
    6.0  # a legend, and what is behind a text, is as wide as its words, which formats measure each in its own way
)
EMBEDDED = re.compile(
    r'<figure id="figure-(\w+)((?:-\w\w)?)" tabindex="-1">\s*<div class="card"><img src="data:image/svg\+xml;base64,([\w+/=]*)"'
)
BAD_PICTURE = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, zlib.error, ElementTree.ParseError,
    binascii.Error, RecursionError,
)  # fmt: skip


def drawn_right(folder: str, book: dict[str, Any], level: Level) -> None:
    """figures/*.svg against CSV and ledger, figures/*.pdf against the SVG, and the pictures within report.html against both."""
    record, glyphs = book.get("pictures", {}), Glyphs()
    names = names_below(folder, "figures/")
    there = {n[len("figures/") : -4] for n in names if n.endswith(".svg")}
    level.hold(there == set(record), "differs", "figures/ has not one picture for each that the ledger lists")
    svgs: dict[str, bytes] = {}
    for figure in sorted(there & set(record)):
        where = f"figures/{figure}.svg"
        svgs[figure] = read(folder, where)
        rows = rows_of_csv(folder, figure)
        picture = held_picture(svgs[figure], (rows, True, glyphs), record[figure], where, level)
        if picture is not None and f"figures/{figure}.pdf" in names:
            same_on_paper(read(folder, f"figures/{figure}.pdf"), picture, f"figures/{figure}.pdf", level)
    if "report.html" in names_below(folder, "report.html"):
        embedded(folder, record, svgs, glyphs, level)


def rows_of_csv(folder: str, figure: str) -> list[dict[str, str]]:
    """The rows of a figure's CSV."""
    text = read(folder, f"figures/{figure}.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def pictured_as(data: bytes) -> dict[str, Any]:
    """What the ledger notes of a picture: what its artists claim to draw, and its texts."""
    picture = Picture(data)
    Glyphs().read(picture)
    return {"claims": claims_of(picture), "texts": [text.words for text in picture.texts]}


def claims_of(picture: Picture) -> list[str]:
    """The claims of artists and axes, in the order they are drawn."""
    axes = [
        f"{a}.{way} {axis.claim}"
        for a, ways in picture.axes.items()
        for way, axis in sorted(ways.items())
        if axis.claim
    ]
    return [f"{a.axes} {a.name}" for a in picture.artists if a.name.startswith("pk.")] + axes


def held_picture(
    data: bytes, known: tuple[list[dict[str, str]], bool, Glyphs], record: dict[str, Any], where: str, level: Level
) -> Picture | None:
    """One picture against the CSV and the ledger."""
    rows, words, glyphs = known
    try:
        picture = Picture(data)
        glyphs.read(picture)
        claims = Claims(picture, rows, words)
        wrong = [*claims.held(), *besides(picture)]
    except BAD_PICTURE as error:
        level.find("differs", f"{where} cannot be read back: {error}")
        return None
    level.compared += claims.compared
    for text in wrong[:20]:
        level.find("differs", f"{where}: {text}")
    drawn_as = record["claims" if words else "twin_claims"]
    level.hold(claims_of(picture) == drawn_as, "differs", f"{where} does not draw what the ledger says it draws")
    known_texts, found = record["texts" if words else "twin_texts"], [text.words for text in picture.texts]
    apart = [f"{b!r} is drawn, {a!r} is in the ledger" for a, b in zip(known_texts, found) if a != b]  # noqa: B905
    for text in apart[:5]:
        level.find("differs", f"{where}: {text}")
    level.hold(
        len(known_texts) == len(found), "differs", f"{where} has {len(found)} texts, the ledger {len(known_texts)}"
    )
    level.compared += len(found)
    return picture


def besides(picture: Picture) -> list[str]:
    """What is drawn by no claim and is neither frame, tick, text nor legend."""
    boxes = {
        a.axes: bounds(a.paths[0][0])
        for a in reversed(picture.artists)
        if a.name.startswith("patch_") and a.paths and not a.within
    }
    claimed = {a.axes for a in picture.artists if a.name.startswith("pk.")}
    frame = boxes.get("", ((0.0, 0.0), (0.0, 0.0)))
    odd = []
    if frame != ((0.0, picture.size[1]), (picture.size[0], 0.0)):
        odd.append("its ground is not its size")
    legends = {a.axes: legend_box(picture, a.axes) for a in picture.artists if a.within == "legend"}
    for artist in picture.artists:
        points = picture.outline(artist) if artist.paths or artist.places else []
        if artist.name.startswith("pk."):
            continue
        if artist.axes not in claimed and artist.axes:
            inner = [boxes[axes] for axes in claimed if axes in boxes]
            if any(strictly_inside(p, box) for p in points for box in inner):
                odd.append(f"{artist.name} of {artist.axes} is drawn upon what it is not of")
        elif artist.image or not furniture(artist, points, boxes.get(artist.axes), legends.get(artist.axes)):
            odd.append(f"{artist.name} of {artist.axes or 'the picture'} is drawn, and nothing says what it is")
    return odd


def furniture(artist: Artist, points: list[Point], box: Any, legend: Any) -> bool:
    """Whether an unclaimed artist is a frame, a tick, a ground of a text or of a legend."""
    if not points:
        return True
    if artist.within == "text":
        return all(fill == "#ffffff" for _, fill in artist.paths) and not artist.places
    if artist.within == "legend":
        return legend is not None and all(inside(p, legend) for p in points)
    if not artist.axes:
        return len(artist.paths) == 1 and artist.paths[0][1] == "#ffffff" and not artist.places
    if box is None:
        return False
    (left, bottom), (right, top) = box
    on_edge = [min(abs(x - left), abs(x - right), abs(y - bottom), abs(y - top)) <= OFF_EDGE for x, y in artist.places]
    ends = [
        min(abs(x - left), abs(x - right), abs(y - bottom), abs(y - top)) <= OFF_EDGE
        for path, _ in artist.paths
        for x, y in path
    ]
    straight = all(len({p[0] for p in path}) == 1 or len({p[1] for p in path}) == 1 for path, _ in artist.paths)
    ground = len(artist.paths) == 1 and bounds(artist.paths[0][0]) == box
    return all(on_edge) and all(ends) and (straight or ground)


def legend_box(picture: Picture, axes: str) -> tuple[Point, Point] | None:
    """The room that the texts of a legend take, and the marks beside them."""
    starts = [a.text.at for a in picture.artists if a.within == "legend" and a.axes == axes and a.text is not None]
    if not starts:
        return None
    xs, ys = [p[0] for p in starts], [p[1] for p in starts]
    return (min(xs) - 60, max(ys) + 15), (picture.size[0], min(ys) - 22)


def inside(point: Point, box: tuple[Point, Point]) -> bool:
    """Whether a point lies in a box."""
    (left, bottom), (right, top) = box
    return left - OFF_EDGE <= point[0] <= right + OFF_EDGE and top - OFF_EDGE <= point[1] <= bottom + OFF_EDGE


def strictly_inside(point: Point, box: tuple[Point, Point]) -> bool:
    """Whether a point lies well within a box."""
    (left, bottom), (right, top) = box
    return left + OFF_EDGE < point[0] < right - OFF_EDGE and top + OFF_EDGE < point[1] < bottom - OFF_EDGE


def same_on_paper(data: bytes, picture: Picture, where: str, level: Level) -> None:
    """The PDF of a picture against its SVG: the same texts in the same order, and the same points."""
    try:
        pdf = Pdf(data)
        (page,) = [n for n in pdf.objects if re.search(rb"/Type\s*/Page\b", pdf.head(n))]
        content = re.search(rb"/Contents (\d+) 0 R", pdf.head(page))
        resources = re.search(rb"/Resources (\d+) 0 R", pdf.head(page))
        stream = pdf.stream(int(content.group(1)))  # type: ignore[union-attr]
        head = pdf.head(int(resources.group(1)))  # type: ignore[union-attr]
        said = "".join("".join(runs(pdf, stream, head, {})).split())
        plotted = Plotted(
            stream, {name: pdf.stream(n) for name, n in pdf.named(head, b"XObject").items() if b"/Form" in pdf.head(n)}
        )
    except BAD_PICTURE as error:
        level.find("differs", f"{where} cannot be read back: {error}")
        return
    drawn = "".join("".join(text.words.split()) for text in picture.texts)
    level.hold(said == drawn, "differs", f"{where} has other texts than the SVG")
    height = picture.size[1]
    absent = 0
    for artist in picture.artists:
        if not artist.name.startswith("pk."):
            continue
        absent += sum(not plotted.has([(x, height - y)]) for path, _ in artist.paths for x, y in path)
        for mark, (x, y) in zip(artist.marks, artist.places):  # noqa: B905
            shape = [
                (x + a, height - y - b) for a, b in picture.shapes[mark]
            ]  # one mark alone is drawn as a path in its place
            absent += not (plotted.has([(x, height - y)]) or (shape != [] and plotted.has(shape)))
    level.hold(absent == 0, "differs", f"{where} does not draw {absent} points of the SVG")
    known, legend = Nearby(), Nearby(LEGEND_OFF)
    for artist in picture.artists:
        points = [*artist.places, *picture.outline(artist)]
        known.add((x, height - y) for x, y in points)
        legend.add((x, height - y) for x, y in (points if artist.within in ("legend", "text") else ()))
    extra = [p for p in plotted.exact if not known.has(*p) and not legend.has(*p)]
    level.hold(not extra, "differs", f"{where} draws {len(extra)} points that the SVG has not")


def pictures_on(page: str) -> list[tuple[str, str, bytes]]:
    """The pictures of figures on a page: figure, '' or what the other language puts behind its name, and the SVG."""
    return [(name, twin, base64.b64decode(coded)) for name, twin, coded in EMBEDDED.findall(page)]


def embedded(folder: str, record: dict[str, Any], svgs: dict[str, bytes], glyphs: Glyphs, level: Level) -> None:
    """The pictures within the page: the first of a figure is its SVG, that of the other language draws the same numbers."""
    page = read(folder, "report.html").decode("utf-8")
    seen: dict[str, int] = {}
    for name, twin, data in pictures_on(page):
        if name not in record:
            continue
        seen[name] = seen.get(name, 0) + 1
        where = f"report.html, figure {name}{twin}"
        if not twin:
            level.hold(data == svgs.get(name), "differs", f"{where}: its picture is not figures/{name}.svg")
        elif data != svgs.get(name):
            held_picture(data, (rows_of_csv(folder, name), False, glyphs), record[name], where, level)
    for name in record:
        level.hold(seen.get(name, 0) == 2, "differs", f"report.html has not the picture {name} in both languages")
