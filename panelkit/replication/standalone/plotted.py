"""The points that the content stream of a picture's PDF draws, and the places of its marks; texts are read in pdf."""

from __future__ import annotations

from collections.abc import Iterable

from panelkit.replication.standalone.pdf import NUMERAL, pieces

Matrix = tuple[float, float, float, float, float, float]
SAME = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
COARSE = 0.02  # points on paper within which two are one


class Plotted:
    """Every point of every path, and where each mark is put; what only clips is left out."""

    def __init__(self, stream: bytes, marks: dict[bytes, bytes]) -> None:
        self.points = Nearby()
        self.exact: list[tuple[float, float]] = []
        self.marks = marks
        self.follow(stream, SAME, 0)

    def follow(self, stream: bytes, matrix: Matrix, depth: int) -> None:
        """Draw a content stream."""
        kept: list[Matrix] = []
        operands: list[float] = []
        path: list[tuple[float, float]] = []
        name = b""
        for piece in pieces(stream):
            if NUMERAL.match(piece):
                operands.append(float(piece))
                continue
            if piece.startswith(b"/"):
                name = piece[1:]
                continue
            if piece in (b"m", b"l", b"c"):
                path += [moved(matrix, operands[i], operands[i + 1]) for i in range(0, len(operands) - 1, 2)]
            elif piece in (b"S", b"s", b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"):
                self.take(path)
                path = []
            elif piece == b"n":
                path = []
            elif piece == b"q":
                kept.append(matrix)
            elif piece == b"Q":
                matrix = kept.pop()
            elif piece == b"cm":
                matrix = times(operands, matrix)
            elif piece == b"Do" and name in self.marks:
                self.take([moved(matrix, 0.0, 0.0)])
                if depth < 2:
                    self.follow(self.marks[name], matrix, depth + 1)
            operands = []

    def take(self, path: Iterable[tuple[float, float]]) -> None:
        """Note points."""
        for x, y in path:
            self.exact.append((x, y))
            self.points.add([(x, y)])

    def has(self, points: Iterable[tuple[float, float]]) -> bool:
        """Whether every one of these is drawn."""
        return all(self.points.has(x, y) for x, y in points)


class Nearby:
    """Points by squares of paper, so that one is found among many; rounding apart."""

    def __init__(self, within: float = COARSE) -> None:
        self.within = within
        self.squares: set[tuple[int, int]] = set()

    def add(self, points: Iterable[tuple[float, float]]) -> None:
        """Note points."""
        self.squares.update((round(x / self.within), round(y / self.within)) for x, y in points)

    def has(self, x: float, y: float) -> bool:
        """Whether a point is among them."""
        i, j = round(x / self.within), round(y / self.within)
        return any((i + a, j + b) in self.squares for a in (0, -1, 1) for b in (0, -1, 1))


def moved(m: Matrix, x: float, y: float) -> tuple[float, float]:
    """A point under a matrix."""
    return m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]


def times(n: list[float], m: Matrix) -> Matrix:
    """The matrix that first does n, then m."""
    a, b, c, d, e, f = n[-6:]
    return (
        a * m[0] + b * m[2], a * m[1] + b * m[3], c * m[0] + d * m[2], c * m[1] + d * m[3],
        e * m[0] + f * m[2] + m[4], e * m[1] + f * m[3] + m[5],
    )  # fmt: skip
