"""What the artists of a picture say they draw (their ids), each held against the figure's CSV through the ticks of its axes.

An id is `pk.<form>!<coordinates or columns>...[!<rows>]`: coordinates are "x,y" of columns (`column.first` for its first row, `$` for a
row's place, a number; with an offset, "at+0.5"), rows are "column=value", "column#0" (the first of its values) or "$=3".
"""

from __future__ import annotations

import bisect
import math
import re
from typing import Any

from panelkit.replication.standalone.drawing import Artist, Axis, Picture, Point
from panelkit.replication.standalone.numbers import MINUS, rounds

FAR_OFF = 0.02  # points on paper that a mark may be off: what is written to six decimals, through ticks that are
COORDINATE = re.compile(r"(-?)(\$|[A-Za-z_]\w*|\d+(?:\.\d+)?(?:e-?\d+)?)(\.first)?([+-]\d+(?:\.\d+)?)?$")
TICK = re.compile(r"[-\u2212]?\d[\d,]*(?:\.\d+)?(?:e[-\u2212]?\d+)?$")
POWER = re.compile(r"1e([-\u2212]?\d+)$")
PRINTED_NUMBER = re.compile(r"<?\s*(?<![\w.])[-\u2212]?\d[\d,]*(?:\.\d+)?")
WHITE = ("#ffffff", "none", "")


class Drawn:
    """The columns of a figure's CSV."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self.rows = rows

    def value(self, expression: str, row: int) -> float:
        """A coordinate in one row; NaN where there is none. Raises ValueError for what is no coordinate."""
        found = COORDINATE.match(expression)
        if found is None:
            raise ValueError(f"{expression!r} is no coordinate")
        minus, name, first, offset = found.groups()
        if name == "$":
            made = float(row)
        elif name[0].isdigit():
            made = float(name)
        else:
            text = self.rows[0 if first else row][name]
            made = float(text) if text else math.nan
        return (-made if minus else made) + float(offset or 0)

    def chosen(self, filters: str) -> list[int]:
        """The rows that an artist draws."""
        every = range(len(self.rows))
        if not filters:
            return list(every)
        if filters.startswith("$="):
            return [int(filters[2:])]
        name, sign, value = re.match(r"(\w+)([=#])(.*)$", filters).groups()  # type: ignore[union-attr]
        if sign == "#":
            value = list(dict.fromkeys(r[name] for r in self.rows))[int(value)]
        return [i for i in every if self.rows[i][name] == value]

    def points(self, coordinates: list[str], filters: str) -> list[list[Point]]:
        """For each row that has them all, its points."""
        found = []
        for i in self.chosen(filters):
            pairs = [tuple(self.value(e, i) for e in c.split(",")) for c in coordinates]
            if all(math.isfinite(v) for pair in pairs for v in pair):
                found.append([(p[0], p[1]) for p in pairs])
        return found


class Scale:
    """Where values of one axis stand on paper: a line through ticks that are numbers, else through what is drawn."""

    def __init__(self) -> None:
        self.pairs: list[tuple[float, float]] = []  # value, place
        self.slope = self.start = math.nan

    def fit(self) -> float:
        """Lay the line; how far the farthest of its pairs is off."""
        low, high = min(self.pairs), max(self.pairs)
        if high[0] > low[0]:
            self.slope = (high[1] - low[1]) / (high[0] - low[0])
        else:
            self.slope = 0.0
        self.start = low[1] - self.slope * low[0]
        return max(abs(self.place(v) - p) for v, p in self.pairs)

    def place(self, value: float) -> float:
        """Where a value stands."""
        return self.start + self.slope * value


class Claims:
    """The claims of one picture, each held against the CSV; `words` : whether its texts are those of the CSV's language."""

    def __init__(self, picture: Picture, rows: list[dict[str, str]], words: bool) -> None:
        self.picture, self.data, self.words = picture, Drawn(rows), words
        self.wrong: list[str] = []
        self.compared = 0
        self.scales: dict[tuple[str, str], Scale] = {}
        self.shades: dict[str, list[tuple[float, str]]] = {}
        self.heights: dict[str, list[tuple[float, float, float]]] = {}

    def hold(self, holds: bool, text: str) -> None:
        """Count a comparison, and note it where it does not hold."""
        self.compared += 1
        if not holds:
            self.wrong.append(text)

    def held(self) -> list[str]:
        """Everything that is wrong with the picture."""
        own = [a for a in self.picture.artists if a.name.startswith("pk.")]
        pairs: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for axes, ways in self.picture.axes.items():
            for way in "xy":
                self.ticked(axes, way, ways.get(way))
        later = []
        for artist in own:
            form, *parts = artist.name[3:].split("!")
            later.append((artist, form, parts))
            for value, place, way in self.placed(artist, form, parts):
                pairs.setdefault((artist.axes, way), []).append((value, place))
        for at, found in pairs.items():
            if at not in self.scales:
                scale = self.scales[at] = Scale()
                scale.pairs = found
            if math.isnan(self.scales[at].slope):  # one tick lays no line: what is drawn does, through it
                self.scales[at].pairs = [*self.scales[at].pairs, *found]
                self.scales[at].fit()
            for value, place in found:
                off = abs(self.scales[at].place(value) - place)
                self.hold(
                    off <= FAR_OFF, f"a mark of {at[0]} stands {off:.2f} points off its value {value:g} ({at[1]})"
                )
        for artist, form, parts in later:
            self.said(artist, form, parts)
        self.shaded()
        self.raised()
        return self.wrong

    def ticked(self, axes: str, way: str, axis: Axis | None) -> None:
        """The scale of an axis by its ticks: numbers, or the rows that they name."""
        if axis is None or not axis.ticks:
            return
        form, *parts = axis.claim[3:].split("!") if axis.claim else ("", "")
        scale = Scale()
        if form == "ticks":
            self.named(axis, parts, scale)
        elif form in ("names", "years"):
            values = list(dict.fromkeys(r[parts[0]] for r in self.data.rows))
            values = [
                bare_words(v) for v in (sorted(values, key=float) if form == "years" else values)
            ]  # names may be in lines
            for k, (place, text) in enumerate(axis.ticks):
                known = form == "years" or not self.words or k < len(values)
                here = values.index(bare_words(text)) if bare_words(text) in values else k
                self.hold(known and (not self.words or (bare_words(text) in values and (form == "years" or here == k))),
                          f"the tick {text!r} is none of {parts[0]}")  # fmt: skip
                scale.pairs.append((float(here), place))
        elif len(axis.ticks) > 1 and all(TICK.match(text) for _, text in axis.ticks):
            power = next(
                (10.0 ** int(m.group(1).replace(MINUS, "-")) for t in axis.others if (m := POWER.match(t.words))), 1.0
            )
            scale.pairs = [(plainly(text) * power, place) for place, text in axis.ticks]
        if scale.pairs:
            self.scales[axes, way] = scale
            off = scale.fit()
            self.hold(off <= FAR_OFF, f"the ticks of {axes} ({way}) are {off:.2f} points off a scale")
            if len({v for v, _ in scale.pairs}) < 2:
                self.scales[axes, way].slope = math.nan
                self.scales[axes, way].pairs = scale.pairs

    def named(self, axis: Axis, parts: list[str], scale: Scale) -> None:
        """Ticks that name the rows of the CSV."""
        rows = range(len(self.data.rows))
        self.hold(len(axis.ticks) == len(rows), f"it has {len(axis.ticks)} ticks for {len(rows)} rows")
        ordered = axis.ticks if parts[0] != "$" else axis.ticks[: len(rows)]
        for i, (place, text) in zip(rows, ordered):  # noqa: B905
            scale.pairs.append((self.data.value(parts[0], i), place))
            said = "".join(as_told(self.data.rows[i][c], c) for c in parts[1:])
            if self.words:
                self.hold(bare_words(text) == bare_words(said), f"the tick {text!r} does not say {said!r}")

    def placed(self, artist: Artist, form: str, parts: list[str]) -> list[tuple[float, float, str]]:
        """(value, place, axis) of everything that an artist draws at a coordinate."""
        coordinates = [p for p in parts if "," in p]
        filters = parts[-1] if parts and re.match(r"[\w$]+[=#]", parts[-1]) else ""
        if form in ("points", "line", "segments", "box", "band"):
            wanted = self.data.points(coordinates, filters)
            drawn = marks_of(artist, form)
            flat = [p for row in wanted for p in row]
            if form == "band":
                flat = [row[0] for row in wanted] + [row[1] for row in reversed(wanted)]
                drawn = ringed(self.picture.outline(artist), len(wanted))
            self.hold(len(flat) == len(drawn), f"{artist.name} draws {len(drawn)} places for {len(flat)}")
            made = [(v[k], d[k], "xy"[k]) for v, d in zip(flat, drawn) for k in (0, 1)]  # noqa: B905
            if form == "line" and artist.places:
                self.hold(artist.places == drawn, f"{artist.name}: its marks are not on its line")
            return made
        if form in ("level", "upright"):
            way = int(form == "level")
            value = self.data.value(parts[0], self.data.chosen(filters)[0])
            return [(value, p[way], "xy"[way]) for path, _ in artist.paths for p in path]
        if form == "span":
            xs = sorted({p[0] for path, _ in artist.paths for p in path})
            return [(self.data.value(e, 0), x, "x") for e, x in zip(parts, (xs[0], xs[-1]))]  # noqa: B905
        if form == "reach":
            xs = sorted({p[0] for path, _ in artist.paths for p in path})
            first, last = int(parts[2]), int(parts[3])
            told = all(self.data.value(parts[1], i) == 1 for i in range(first, last + 1))
            self.hold(told, f"{artist.name} reaches over rows that are not {parts[1]}")
            return [(self.data.value(parts[0], i), x, "x") for i, x in ((first, xs[0]), (last, xs[-1]))]
        if form == "bin":
            return self.binned(artist, parts)
        if form == "height":
            i = self.data.chosen(filters)[0]
            (left, bottom), (right, top) = corners(artist)
            weight = self.data.value(parts[2], i)
            self.heights.setdefault(artist.axes, []).append((weight, top - bottom, bottom))
            return [(self.data.value(parts[0], i), left, "x"), (self.data.value(parts[1], i), right, "x")]
        if form == "tile":
            i = self.data.chosen(filters)[0]
            (left, bottom), _ = corners(artist)
            self.shades.setdefault(artist.axes, []).append((self.data.value(parts[2], i), artist.paths[0][1]))
            return [(self.data.value(parts[0], i), left, "x"), (-self.data.value(parts[1], i), bottom, "y")]
        return []

    def binned(self, artist: Artist, parts: list[str]) -> list[tuple[float, float, str]]:
        """One bar of a histogram: its edges, and how many values lie between them."""
        values = sorted(float(r[parts[0]]) for r in self.data.rows if r[parts[0]])
        bins, k = int(parts[1]), int(parts[2])
        step = (values[-1] - values[0]) / bins
        if step == 0:
            return []
        low, high = values[0] + k * step, values[-1] if k + 1 == bins else values[0] + (k + 1) * step
        upper = len(values) if k + 1 == bins else bisect.bisect_left(values, high)
        (left, bottom), (right, top) = corners(artist)
        count = float(upper - bisect.bisect_left(values, low))
        return [(low, left, "x"), (high, right, "x"), (0.0, bottom, "y"), (count, top, "y")]

    def said(self, artist: Artist, form: str, parts: list[str]) -> None:
        """Texts, slopes and cells."""
        text = artist.text.words if artist.text is not None else ""
        if form == "says":
            i = self.data.chosen(parts[-1])[0]
            found = [n.replace(" ", "") for n in PRINTED_NUMBER.findall(text)]
            values = [self.data.rows[i][c] for c in parts[:-1]]
            fits = len(found) == len(values) and all(rounds(float(v or "nan"), n) for v, n in zip(values, found))  # noqa: B905
            self.hold(fits, f"the text {text!r} does not say {', '.join(values)}")
        elif form == "word" and self.words:
            told = self.data.rows[self.data.chosen(parts[-1])[0]][parts[0]]
            self.hold(bare_words(text) == bare_words(told), f"the text {text!r} is not {told!r}")
        elif form == "slope":
            z, lag = ([self.data.value(c, i) for i in range(len(self.data.rows))] for c in parts[0].split(","))
            rise = sum(a * b for a, b in zip(z, lag)) / sum(a * a for a in z)  # noqa: B905
            x, y = (self.scales[artist.axes, way] for way in "xy")
            for point in artist.paths[0][0]:
                value = (point[0] - x.start) / x.slope
                self.hold(abs(y.place(rise * value) - point[1]) <= FAR_OFF, f"{artist.name} has another slope")
        elif form in ("cells", "counts", "hatch"):
            self.on_grid(artist, form, parts, text)

    def on_grid(self, artist: Artist, form: str, parts: list[str], text: str) -> None:
        """Cells of a grid of names by years, and what is written or hatched upon them."""
        rows = self.data.rows
        names = list(dict.fromkeys(r["name"] for r in rows))
        years = sorted({r["time"] for r in rows}, key=float)
        known = {(r["name"], r["time"]): r for r in rows}
        x, y = (self.scales[artist.axes, way] for way in "xy")
        if form != "cells":
            i, j = int(parts[-2]), int(parts[-1])
            here = known.get((names[i], years[j]), {})
            values = [here.get(c, "") for c in parts[:-2] if float(here.get(c) or 0)]
            place = artist.text.at if artist.text is not None else middle(corners(artist))
            inside = abs(place[0] - x.place(j)) <= abs(x.slope) / 2 and abs(place[1] - y.place(i)) <= abs(y.slope) / 2
            found = [n.strip() for n in PRINTED_NUMBER.findall(text.replace("+", " "))]
            fits = values == found if form == "counts" else bool(values)
            self.hold(inside and fits, f"{names[i]}, {years[j]}: {text!r} is not {' and '.join(values) or 'nothing'}")
            return
        over, _, under = parts[2].partition("/")
        seen = set()
        for path, fill in artist.paths:
            place = middle(bounds(path))
            i, j = (round((p - s.start) / s.slope) if s.slope else 0 for p, s in ((place[1], y), (place[0], x)))
            centred = abs(x.place(j) - place[0]) <= 1 and abs(y.place(i) - place[1]) <= 1
            if not centred or not (0 <= i < len(names) and 0 <= j < len(years)):
                self.hold(False, "a cell stands where no unit and year is")
                continue
            here = known.get((names[i], years[j]), {})
            seen.add((names[i], years[j]))
            value = float(here.get(over) or "nan")
            value = value / (float(here[under]) or 1.0) if under and here else value
            self.shades.setdefault(artist.axes, []).append((value, fill))
        for at, here in known.items():
            self.hold(at in seen or not here[over], f"there is no cell of {at[0]}, {at[1]}")

    def shaded(self) -> None:
        """Of two cells that with the larger value is never the paler, of one value they are alike, of none they are white."""
        for cells in self.shades.values():
            before = ("", math.inf)
            for value, fill in sorted(((v, f) for v, f in cells if v == v), key=lambda c: c[0]):
                self.hold(
                    fill.startswith("#") and brightness(fill) <= before[1] + 1e-9,
                    f"the shade of {value:g} is paler than of less",
                )
                before = (fill, brightness(fill))
            by_value: dict[float, set[str]] = {}
            for value, fill in cells:
                by_value.setdefault(value if value == value else math.inf, set()).add(fill)
            for value, fills in by_value.items():
                missing = all(f in WHITE or f.startswith("url(") for f in fills)
                self.hold(missing if value == math.inf else len(fills) == 1, f"the shades of {value:g} are not alike")

    def raised(self) -> None:
        """Bars without an axis of their own stand on one line, as high as their values are to each other."""
        for bars in self.heights.values():
            most = max(bars)
            unit = most[1] / most[0] if most[0] else 0.0
            for value, height, bottom in bars:
                level = abs(bottom - bars[0][2]) <= FAR_OFF
                self.hold(
                    level and abs(height - unit * value) <= FAR_OFF, f"a bar is not as high as its weight {value:g}"
                )


def marks_of(artist: Artist, form: str) -> list[Point]:
    """The places of an artist in the order of the rows."""
    if form == "points":
        return artist.places
    if form == "box":
        return list(corners(artist))
    return [p for path, _ in artist.paths for p in path]


def ringed(path: list[Point], rows: int) -> list[Point]:
    """A band's lower edge and its upper one, without the corners that are drawn twice."""
    return path[1 : rows + 1] + path[rows + 2 : 2 * rows + 2] if len(path) >= 2 * rows + 2 else path


def corners(artist: Artist) -> tuple[Point, Point]:
    """The left lower and right upper corner of what an artist draws; on paper what is lower has the larger place."""
    return bounds([p for path, _ in artist.paths for p in path])


def bounds(path: list[Point]) -> tuple[Point, Point]:
    """The left lower and right upper corner of a path."""
    if not path:
        raise ValueError("a shape has no points")
    xs, ys = [p[0] for p in path], [p[1] for p in path]
    return (min(xs), max(ys)), (max(xs), min(ys))


def middle(box: tuple[Point, Point]) -> Point:
    """The middle of a box."""
    return (box[0][0] + box[1][0]) / 2, (box[0][1] + box[1][1]) / 2


def brightness(fill: str) -> float:
    """How bright a shade is; none is brightest."""
    found = re.match(r"#([0-9a-f]{6})$", fill)
    return sum(bytes.fromhex(found.group(1))) if found else 765.0


def plainly(text: str) -> float:
    """The number that a tick says."""
    return float(text.replace(MINUS, "-").replace(",", ""))


def as_told(text: str, column: str) -> str:
    """A cell of the CSV as ticks say it: no rows are a dash."""
    return "–" if column == "rows" and text == "0" else text


def bare_words(text: Any) -> str:
    """A text without blanks, one kind of minus and of comparison."""
    made = "".join(str(text).split()).replace(MINUS, "-").replace(",", "")
    return made.replace("<=", "≤").replace(">=", "≥")
