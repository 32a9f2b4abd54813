"""What is drawn made to fit its picture: titles of axes into lines, crowded labels of ticks apart."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from panelkit.reporting.printed import folded

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure as Picture
    from matplotlib.text import Text

SMALLEST = 5.5  # points of a label that had to give way
_APART = 0.55  # of the size of the type, the least blank between labels


def fit(picture: Picture) -> None:
    """Titles within the picture, labels that do not touch; what fits stays as it is."""
    picture.draw_without_rendering()
    for axes in picture.axes:
        _title(picture, axes)
    picture.draw_without_rendering()
    for axes in picture.axes:
        if axes.get_visible() and axes.axison:
            _ticks(picture, axes.xaxis)
    picture.draw_without_rendering()


def _title(picture: Picture, axes: Axes) -> None:
    """The title of the axis below in lines that the picture is wide enough for, that beside it as it is high enough for."""
    for label, upright, room in (
        (axes.xaxis.label, False, picture.bbox.width),
        (axes.yaxis.label, True, picture.bbox.height),
    ):
        text = " ".join(label.get_text().split("\n"))
        for width in range(60, 11, -4):
            extent = label.get_window_extent()
            within = (extent.y0 >= 0 and extent.y1 <= room) if upright else (extent.x0 >= 0 and extent.x1 <= room)
            if not text or within:
                break
            label.set_text("\n".join(folded(text, width)))
            picture.draw_without_rendering()


def _ticks(picture: Picture, axis: Axis) -> None:
    """Labels below a picture that touch are set smaller, then every second, third ... is left out; that of zero stays."""
    while _touch(picture, _shown(axis)) and _size(_shown(axis)[0]) > SMALLEST:
        axis.set_tick_params(labelsize=max(SMALLEST, _size(_shown(axis)[0]) - 0.5))
        picture.draw_without_rendering()
    labels = _shown(axis)
    if not _touch(picture, labels) or str(axis.get_gid()).startswith("pk.ticks"):  # these name a row each
        return
    places = [label.get_position()[0] for label in labels]
    first = places.index(0) if 0 in places else 0
    for step in range(2, len(labels) + 1):
        kept = [i for i in range(len(labels)) if (i - first) % step == 0]
        if not _touch(picture, [labels[i] for i in kept]):
            axis.set_ticks([places[i] for i in kept], [labels[i].get_text() for i in kept])
            return


def _shown(axis: Axis) -> list[Text]:
    """The labels of an axis that are seen, in their order."""
    low, high = sorted(axis.get_view_interval())
    labels = [t for t in axis.get_ticklabels() if t.get_visible() and t.get_text()]
    return sorted((t for t in labels if low <= t.get_position()[0] <= high), key=lambda t: t.get_position()[0])


def _touch(picture: Picture, labels: list[Text]) -> bool:
    extents = [label.get_window_extent() for label in labels]
    blank = _APART * _size(labels[0]) * picture.dpi / 72 if labels else 0.0
    return any(b.x0 - a.x1 < blank for a, b in pairwise(extents))


def _size(label: Text) -> float:
    return float(label.get_fontsize())
