"""Outlines of PostScript turned to TrueType: a PDF names every embedded font TrueType, and a journal's preflight looks inside.

Noto and Source Han, the free Chinese fonts, have cubic (CFF) outlines, which matplotlib embeds unchanged under TrueType's name.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture
    from matplotlib.text import Text

ERROR = 0.5  # units of the em (of 1,000) that a quadratic outline may lie off the cubic one: a thousandth of a millimetre in print


@contextmanager
def truetype(picture: Picture) -> Iterator[None]:
    """Within, texts in a font with PostScript outlines have the same letters as TrueType; advances stay, so a finished layout holds.

    Source: cubic to quadratic Bezier curves as fontTools.cu2qu makes them, error at most `ERROR`.
    """
    from matplotlib import font_manager
    from matplotlib.text import Text

    before: list[tuple[Text, Any]] = []
    written: dict[tuple[str, int], list[Text]] = {}
    for text in picture.findobj(Text):
        found = font_manager.findfont(text.get_fontproperties())
        written.setdefault((str(found), getattr(found, "face_index", 0)), []).append(text)
    for (path, face), texts in sorted(written.items(), key=lambda item: item[0]):
        letters = "".join(sorted({letter for text in texts for letter in text.get_text()}))
        if family := _turned(path, face, letters):
            for text in texts:
                before.append((text, text.get_fontfamily()))
                text.set_fontfamily([family, *text.get_fontfamily()[1:]])
    try:
        yield
    finally:
        for text, families in before:
            text.set_fontfamily(families)


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Of the turned fonts, which live as long as the process: matplotlib remembers where it found a family."""
    return tempfile.TemporaryDirectory(prefix="panelkit-fonts-")


@cache
def _turned(path: str, face: int, letters: str) -> str:
    """The family by which matplotlib now finds these letters with TrueType outlines; empty where they have them already."""
    from fontTools.ttLib import TTFont
    from matplotlib import font_manager

    with TTFont(path, fontNumber=face, lazy=True, recalcTimestamp=False) as font:
        if "CFF " not in font:
            return ""
        _subset(font, letters)
        _quadratic(font)
        family = (
            f"{font['name'].getDebugName(1)} {hashlib.sha256(f'{path} {face} {letters}'.encode()).hexdigest()[:16]}"
        )
        for record in font["name"].names:
            if record.nameID in (1, 16):
                record.string = family
        file = Path(_folder().name) / f"{family}.ttf"
        font.save(file)
    font_manager.fontManager.addfont(file)
    return family


def _subset(font: Any, letters: str) -> None:
    from fontTools.subset import Options, Subsetter

    kept = Options(name_IDs=["*"], notdef_outline=True, hinting=False, drop_tables=["BASE", "VORG", "vhea", "vmtx"])
    subsetter = Subsetter(kept)
    subsetter.populate(text=letters)
    subsetter.subset(font)


def _quadratic(font: Any) -> None:
    """The tables of cubic outlines replaced by those of TrueType, in place."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import newTable

    outlines = font.getGlyphSet()
    order = font.getGlyphOrder()
    glyphs = {}
    for name in order:
        pen = TTGlyphPen(outlines)
        outlines[name].draw(Cu2QuPen(pen, ERROR * font["head"].unitsPerEm / 1000, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"] = newTable("loca")
    font["glyf"] = glyf = newTable("glyf")
    glyf.glyphOrder = order
    glyf.glyphs = glyphs
    for name in order:
        glyphs[name].recalcBounds(glyf)
        font["hmtx"][name] = (font["hmtx"][name][0], getattr(glyphs[name], "xMin", 0))
    maxp = font["maxp"]
    maxp.tableVersion = 0x00010000
    for field in _PROGRAM:
        setattr(maxp, field, 0)
    maxp.maxZones = 1
    post = font["post"]
    post.formatType = 3.0
    del font["CFF "]
    font.sfntVersion = "\0\1\0\0"


_PROGRAM = (
    "maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements",
    "maxSizeOfInstructions", "maxComponentElements",
)  # fmt: skip
