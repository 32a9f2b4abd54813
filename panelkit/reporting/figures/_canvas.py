"""What every figure is drawn on: fonts, greys, sizes, and files without clocks or random ids; knows no kind of figure."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from panelkit.core.exhibit import Figure
from panelkit.reporting.figures._fit import fit
from panelkit.reporting.figures._fonts import chinese_font
from panelkit.reporting.figures._truetype import truetype

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Picture

INK, GREY, PALE = "#1a1a1a", "#6b6b6b", "#c9ced6"
SIZE = (6.3, 3.7)  # inches: the text width of a journal page
SINGLE = 3.3  # inches: one of two columns
DPI = 200
LEADING = {"en": 0.95, "zh": 1.15}  # between the lines of a name; Chinese letters fill theirs
HAIR = 0.001  # points: the length of ticks that are not to be seen and yet say where they stand
_CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")


def drawn(
    figure: Figure, paint: Callable[[Figure, Axes], None], *, size: tuple[float, float] = SIZE
) -> dict[str, bytes]:
    """The figure as PDF (TrueType), SVG (text as outlines) and PNG, those that it asks for; the same bytes every time.

    size : inches at two columns; at one column the width is halved and the height kept down with it.

    Raises
    ------
    ReportError
        Where the figure has Chinese words and no font here has them.
    """
    import logging

    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Picture

    logging.getLogger("fontTools").setLevel(
        logging.WARNING
    )  # it tells every step of subsetting where an engine set INFO
    settings: Any = _settings(figure)
    if figure.width == "single":
        size = (SINGLE, min(size[1], max(2.5, size[1] * 0.75)))
    with mpl.rc_context(settings):
        picture = Picture(figsize=size, layout="constrained")
        FigureCanvasAgg(picture)
        axes = picture.add_subplot()
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        paint(figure, axes)
        fit(picture)  # lays everything out, once for all formats
        picture.set_layout_engine("none")
        return {form: _file(picture, form, **how) for form, how in _hushed(figure).items() if form in figure.formats}


def _hushed(figure: Figure) -> dict[str, dict[str, Any]]:
    """How each format is told to say nothing of clocks and programs."""
    named = {"Creator": "panelkit", "Title": figure.id}
    return {
        "pdf": {"metadata": {"CreationDate": None, **named}},
        "svg": {"metadata": {"Date": None, **named}},
        "png": {"metadata": {"Software": None}, "dpi": DPI},
    }


def _file(picture: Picture, form: str, **how: Any) -> bytes:
    buffer = io.BytesIO()
    with truetype(picture) if form == "pdf" else nullcontext():
        picture.savefig(buffer, format=form, **how)
    return buffer.getvalue()


def _settings(figure: Figure) -> dict[str, Any]:
    import matplotlib as mpl

    defaults: Any = mpl.rcParamsDefault
    families = ["DejaVu Sans"]
    if any(_CHINESE.search(text) for text in _words(figure)):
        families.insert(0, chinese_font(f"figures.{figure.id}"))
    return {
        **defaults,
        "backend": "agg",
        "font.family": families,
        "font.size": 9 if figure.width == "double" else 7.5,
        "axes.edgecolor": INK,
        "axes.linewidth": 0.8,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "pdf.fonttype": 42,
        "ps.fonttype": 42,
        "svg.fonttype": "path",
        "svg.hashsalt": figure.id,
        "axes.unicode_minus": True,
        "axes.formatter.useoffset": False,
        "path.simplify": False,
        "text.hinting": "no_hinting",  # else letters are as wide as the dots allow, and what fits on one grid is cut on another
        "text.parse_math": False,  # a label with dollar signs is a text
    }


def claim(form: str, *parts: str) -> str:
    """What a drawn artist says it draws of the figure's CSV: the `gid` by which the verifier reads the picture back.

    Parameters
    ----------
    form : 'points', 'line', 'segments', 'box', 'band', 'level', 'upright', ...; see `replication.standalone.claims`.
    parts : coordinates "x,y" of columns (`column`, `column.first`, `$` for the row's place, a number; with an offset "at+0.5"), and
        last which rows ("column=value", "column#0" for the first value of a column, "$=3").
    """
    return "!".join((f"pk.{form}", *parts))


def claim_each(artists: Iterable[Any], form: str, *parts: str) -> None:
    """Let artist k say that it draws row k."""
    for k, artist in enumerate(artists):
        artist.set_gid(claim(form, *parts, f"$={k}"))


def alone(text: Iterable[str], language: str) -> str:
    """Parts of an alternative text, joined by the punctuation of the language."""
    return ("；" if language == "zh" else "; ").join(text)


def _words(figure: Figure) -> Iterable[str]:
    yield from figure.labels.values()
    for column in figure.data.values():
        yield from (v for v in column if isinstance(v, str))
