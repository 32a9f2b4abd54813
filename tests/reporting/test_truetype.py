"""Fonts in a picture's PDF are what it says they are: TrueType, with the letters and widths of the font they were made from."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from test_figures import EVENTS

from panelkit.core.errors import ReportError
from panelkit.core.results import Results
from panelkit.reporting.exhibits import render_figure
from panelkit.reporting.figures import _fonts, event_study
from panelkit.reporting.figures._truetype import ERROR, _quadratic, _subset

LETTERS = "基期对外资占比年0123"


@pytest.fixture
def chinese_file() -> tuple[str, int]:
    from matplotlib import font_manager

    try:
        path = font_manager.findfont(_fonts.chinese_font())
    except ReportError:
        pytest.skip("no Chinese font on this machine")
    return str(path), getattr(path, "face_index", 0)


def test_the_embedded_fonts_have_true_type_outlines(chinese: Results, chinese_file: tuple[str, int]) -> None:
    from fontTools.ttLib import TTFont

    made = render_figure(event_study.build(EVENTS, chinese))["events.pdf"]
    fonts = [zlib.decompress(s) for s in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, re.S) if s[:1] == b"x"]
    fonts = [f for f in fonts if f[:4] in (b"\0\1\0\0", b"OTTO", b"true")]
    assert fonts
    for content in fonts:
        font = TTFont(io.BytesIO(content))
        assert "glyf" in font
        assert "CFF " not in font


def test_a_reader_of_pdf_finds_no_mismatch(chinese: Results, chinese_file: tuple[str, int], tmp_path: Path) -> None:
    if not shutil.which("pdffonts"):
        pytest.skip("no pdffonts on this machine")
    (tmp_path / "events.pdf").write_bytes(render_figure(event_study.build(EVENTS, chinese))["events.pdf"])
    said = subprocess.run(["pdffonts", tmp_path / "events.pdf"], capture_output=True, text=True, check=True)
    assert said.stderr == ""
    assert "CID TrueType" in said.stdout


def test_letters_keep_width_and_shape(chinese_file: tuple[str, int]) -> None:
    """Advance the same, area within what an outline off by `ERROR` along its bounds can change."""
    from fontTools.pens.areaPen import AreaPen
    from fontTools.pens.perimeterPen import PerimeterPen
    from fontTools.ttLib import TTFont

    path, face = chinese_file
    before = TTFont(path, fontNumber=face, recalcTimestamp=False)
    if "CFF " not in before:
        pytest.skip("the Chinese font of this machine is TrueType already")
    after = TTFont(path, fontNumber=face, recalcTimestamp=False)
    _subset(after, LETTERS)
    _quadratic(after)
    buffer = io.BytesIO()
    after.save(buffer)
    after = TTFont(buffer)
    for letter in LETTERS:
        measured = []
        for font in (before, after):
            name, outlines = font.getBestCmap()[ord(letter)], font.getGlyphSet()
            area, round_it = AreaPen(outlines), PerimeterPen(outlines)
            outlines[name].draw(area)
            outlines[name].draw(round_it)
            measured.append((outlines[name].width, abs(area.value), round_it.value))
        (width, inked, bounds), (width_after, inked_after, _) = measured
        assert width_after == width
        assert abs(inked_after - inked) <= (ERROR + 0.5) * bounds  # coordinates of TrueType are whole
        assert inked > 0
