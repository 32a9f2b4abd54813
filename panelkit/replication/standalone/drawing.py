"""Our SVG pictures read back: every artist with its points, shades and words, ticks with their places; what it means is in claims."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

LARGEST_PICTURE = 32 * 1024 * 1024
SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
DRAWN_TAGS = {"svg", "g", "defs", "path", "use", "image", "clipPath", "rect", "pattern", "style", "title", "metadata"}
OURS_STYLE = "*{stroke-linejoin: round; stroke-linecap: butt}"
DIGITS = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
JOINED = re.compile(r"ffi|ffl|ff|fi|fl|.", re.DOTALL)  # letters that fonts draw as one
ALIKE = set("0123456789.-\u2212")  # signs that must not be drawn one as another
Point = tuple[float, float]


class Artist:
    """One drawn artist: its id, its axes, where it belongs ('' or 'legend'), its paths with their fill, places of marks, its text."""

    def __init__(self, name: str, axes: str, within: str) -> None:
        self.name, self.axes, self.within = name, axes, within
        self.paths: list[tuple[list[Point], str]] = []
        self.places: list[Point] = []
        self.marks: list[str] = []
        self.text: Text | None = None
        self.image = False


class Text:
    """A text: its lines, the glyphs it is drawn by, and where it starts."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.glyphs: list[str] = []
        self.at: Point = (0.0, 0.0)

    @property
    def words(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


class Axis:
    """An axis: its claim, its ticks as (place, text), and its other texts (name, power of ten)."""

    def __init__(self, claim: str) -> None:
        self.claim = claim
        self.ticks: list[tuple[float, str]] = []
        self.others: list[Text] = []


class Picture:
    """A picture of ours. Raises ValueError for what is none, or holds what ours do not."""

    def __init__(self, data: bytes) -> None:
        if len(data) > LARGEST_PICTURE or b"<!ENTITY" in data or data.count(b"<!DOCTYPE") > 1 or b"\x00" in data:
            raise ValueError("it is no picture of ours")
        parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))  # noqa: S314
        parser.feed(data)
        root = parser.close()
        self.artists: list[Artist] = []
        self.texts: list[Text] = []
        self.axes: dict[str, dict[str, Axis]] = {}
        self.shapes: dict[str, list[Point]] = {}  # marks that are drawn at places
        self.outlines: dict[str, str] = {}  # of glyphs
        self.size = (measure(root.get("width")), measure(root.get("height")))
        box = [float(v) for v in (root.get("viewBox") or "").split()]
        if box[:2] != [0.0, 0.0] or tuple(box[2:]) != self.size:
            raise ValueError("its frame is not its size")
        for node in root.iter():
            allowed(node)
            if node.tag == f"{SVG}path" and node.get("id"):
                self.define(node)
        for child in root:
            self.walk(child, None, "", None)

    def define(self, node: ElementTree.Element) -> None:
        """A path that is drawn elsewhere: a mark or a glyph."""
        name, drawn = node.get("id") or "", " ".join((node.get("d") or "").split())
        if node.get("transform"):  # a glyph, in the units of its font
            if self.outlines.setdefault(name, drawn) != drawn:
                raise ValueError(f"the glyph {name} has two outlines")
        elif name in self.shapes:
            raise ValueError(f"the mark {name} is drawn twice")
        else:
            self.shapes[name] = points_of(drawn)

    def outline(self, artist: Artist) -> list[Point]:
        """The path of an artist, one that is defined apart and put in its place included."""
        made = [p for path, _ in artist.paths for p in path]
        for mark, (x, y) in zip(artist.marks, artist.places):  # noqa: B905
            made += [(p[0] + x, p[1] + y) for p in self.shapes[mark]]
        return made

    def walk(self, node: ElementTree.Element, artist: Artist | None, axes: str, axis: Axis | None) -> None:
        """Everything below a node."""
        if not isinstance(node.tag, str):
            if artist is not None and artist.text is not None:
                artist.text.lines.append(html.unescape((node.text or "").strip()))
            return
        tag, name = node.tag.rpartition("}")[2], node.get("id") or ""
        if tag in ("defs", "metadata", "title", "style"):
            return
        if tag == "g" and not name and artist is not None and artist.text is not None:
            self.glyphs(node, artist.text)
            return
        if tag == "g" and name:
            artist, axes, axis = self.opened(node, name, artist, (axes, axis))
        elif tag == "image" and artist is None and axes:
            self.artists.append(Artist("image", axes, ""))
            self.artists[-1].image = True
        elif tag != "g":
            self.drawn(node, tag, artist)
        for child in node:
            self.walk(child, artist, axes, axis)
        if axis is not None and re.match(r"[xy]tick_\d+$", name):
            self.ticked(axis, name, artist)

    def opened(
        self, node: ElementTree.Element, name: str, artist: Artist | None, at: tuple[str, Axis | None]
    ) -> tuple[Artist | None, str, Axis | None]:
        """What a named group is: axes, an axis, or an artist."""
        axes, axis = at
        if re.match(r"axes_\d+$", name):
            self.axes[name] = {}
            return None, name, None
        if re.match(r"figure_\d+$", name):
            return None, axes, None
        ticks = {(child.get("id") or "")[:5] for child in node} & {"xtick", "ytick"}
        if axes and not axis and (ticks or name.startswith("matplotlib.axis_")):
            way = next(iter(ticks), "xtick" if "x" not in self.axes[axes] else "ytick")[0]
            axis = self.axes[axes].setdefault(way, Axis(name if name.startswith("pk.") else ""))
            return None, axes, axis
        if axis is not None and not re.match(r"[xy]tick_\d+$", name) and artist is None and name.startswith("text_"):
            made = Artist(name, axes, "axis")
        else:
            made = Artist(name, axes, "tick" if axis else within(name, artist))
        if name.startswith(("text_", "pk.word!", "pk.says!", "pk.counts!")):
            made.text = Text()
            self.texts.append(made.text)
            if axis is not None and made.within == "axis":
                axis.others.append(made.text)
            if artist is not None and made.within == "tick":
                artist.text = None
        self.artists.append(made)
        return made, axes, axis

    def drawn(self, node: ElementTree.Element, tag: str, artist: Artist | None) -> None:
        """A shape of an artist."""
        if artist is None:
            if tag in ("path", "use", "image"):
                raise ValueError("it draws something that belongs to nothing")
            return
        if node.get("transform") and tag != "image":
            raise ValueError(f"a shape of {artist.name} is moved")
        if tag == "path":
            fill = re.search(r"fill: ([^;]+)", node.get("style") or "")
            artist.paths.append((points_of(node.get("d") or ""), fill.group(1) if fill else ""))
        elif tag == "use":
            if (node.get(HREF) or "")[1:] not in self.shapes:
                raise ValueError(f"{artist.name} draws a mark that is not there")
            artist.marks.append((node.get(HREF) or "")[1:])
            artist.places.append((float(node.get("x") or 0), float(node.get("y") or 0)))
        elif tag == "image":
            artist.image = True

    def glyphs(self, node: ElementTree.Element, text: Text) -> None:
        """The glyphs that a text is drawn by."""
        moved = re.match(r"translate\(([-\d.]+) ([-\d.]+)\)", node.get("transform") or "")
        if moved and not text.glyphs:
            text.at = (float(moved.group(1)), float(moved.group(2)))
        for part in node.iter(f"{SVG}use"):
            name = (part.get(HREF) or "")[1:]
            if name not in self.outlines:
                raise ValueError("a text is drawn by a glyph that is not there")
            text.glyphs.append(name)
        if any(p.get("id") is None for p in node.iter(f"{SVG}path")):
            raise ValueError("a text holds a shape that is no glyph")

    def ticked(self, axis: Axis, name: str, artist: Artist | None) -> None:
        """A tick that has been read: where it stands and what it says."""
        mine: list[Artist] = []
        for made in reversed(self.artists):
            mine.append(made)
            if made.name == name:
                break
        places = [place for made in mine for place in made.places]
        words = next((made.text.words for made in mine if made.text is not None), "")
        if places and words:
            axis.ticks.append((places[0][name[0] == "y"], words))


def within(name: str, artist: Artist | None) -> str:
    """Where an artist belongs: to the legend, to a text, or to the axes themselves."""
    if name.startswith("legend_") or (artist is not None and artist.within == "legend"):
        return "legend"
    return "text" if artist is not None and artist.text is not None else ""


def allowed(node: Any) -> None:
    """Refuse what pictures of ours have none of: scripts, texts in fonts, styles, moved groups."""
    if not isinstance(node.tag, str):
        return
    space, _, tag = node.tag.rpartition("}")
    if space + "}" != SVG:
        if node.get("id"):
            raise ValueError("it holds something that is no picture")
        return
    if tag not in DRAWN_TAGS or any(name.lower().startswith("on") for name in node.attrib):
        raise ValueError(f"it holds a <{tag}> that ours have not")
    if tag == "style" and (node.text or "").strip() != OURS_STYLE:
        raise ValueError("its style is not ours")
    if re.search(r"(?:display|visibility|filter|mask)\s*:", node.get("style") or ""):
        raise ValueError("it hides what is drawn")
    if tag == "image" and not (node.get(HREF) or "").startswith("data:image/png;base64,"):
        raise ValueError("it takes in another file")
    if tag == "use" and not (node.get(HREF) or "").startswith("#"):
        raise ValueError("it takes in another file")


def measure(text: str | None) -> float:
    """A length in points."""
    found = re.match(r"(\d+(?:\.\d+)?)pt$", text or "")
    if found is None:
        raise ValueError("it has no size")
    return float(found.group(1))


def points_of(drawn: str) -> list[Point]:
    """The points of a path, those that only bend it included; a closing line adds none."""
    if re.search(r"[^MLQCz\d\s.e-]", drawn):
        raise ValueError("a path is drawn by other means than ours")
    numbers = [float(n) for n in DIGITS.findall(drawn)]
    return list(zip(numbers[::2], numbers[1::2]))  # noqa: B905


class Glyphs:
    """What each glyph says, learnt from every text of every picture: one glyph says one letter and has one outline."""

    def __init__(self) -> None:
        self.letters: dict[str, str] = {}
        self.outlines: dict[str, str] = {}

    def read(self, picture: Picture) -> None:
        """Take the letters of a picture. Raises ValueError where a glyph says two things, or two digits look alike."""
        for name, outline in picture.outlines.items():
            if self.outlines.setdefault(name, outline) != outline:
                raise ValueError(f"the glyph {name} has another outline in another picture")
        for text in picture.texts:
            for letter, glyph in zip(self.spelt(text), text.glyphs):  # noqa: B905
                if self.letters.setdefault(glyph, letter) != letter:
                    raise ValueError(f"{text.words!r} is drawn by a glyph of {self.letters[glyph]!r} for {letter!r}")
        looks: dict[str, str] = {}
        for glyph, letter in self.letters.items():
            if letter in ALIKE and looks.setdefault(self.outlines[glyph], letter) != letter:
                raise ValueError(f"{letter} and {looks[self.outlines[glyph]]} are drawn alike")

    def spelt(self, text: Text) -> list[str]:
        """The letters that the glyphs of a text stand for, one for each."""
        whole = "".join(text.lines)
        bare = "".join(whole.split())
        plain = re.sub("- (?=-)", "-", whole)  # a comment cannot hold "--"
        # two joined letters or a blank without a glyph make a text as long: the one that agrees with what glyphs are known to say
        every = [made for one in (whole, plain, bare) for made in (list(one), JOINED.findall(one))]
        fitting = [letters for letters in every if len(letters) == len(text.glyphs)]
        for letters in fitting:
            if all(self.letters.get(g, one) == one for g, one in zip(text.glyphs, letters)):  # noqa: B905
                return letters
        if fitting:
            return fitting[0]
        raise ValueError(f"{text.words!r} is not what its glyphs say")
