"""Units of measure: read from a printed name, compared, converted, and carried through arithmetic; no figure is read here."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cache

from panelkit.etl.harmonise.unit_words import ATOMS as _ATOMS
from panelkit.etl.harmonise.unit_words import COUNT_WORDS as _COUNT_WORDS
from panelkit.etl.harmonise.unit_words import ENGLISH as _ENGLISH
from panelkit.etl.harmonise.unit_words import ENGLISH_UNIT as _ENGLISH_UNIT
from panelkit.etl.harmonise.unit_words import MAGNITUDES as _MAGNITUDES
from panelkit.etl.harmonise.unit_words import SAME as _SAME

_BRACKET = re.compile(r"[(\[【]\s*(?:(?:计量)?单位\s*:\s*)?(?P<measure>[^()\[\]【】]*)[)\]】]")
_MARK = re.compile(r"[_:,;、]|(?<=[^\x00-\x7f])[\s-]+|\s+(?=[^\x00-\x7f%‰])|\s+(?=[%‰])")
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)+")
_COUNTING = re.compile(r"(?:^|[^a-z])(?:\d+[a-z]*|k|m|mn|bn|thousand|million|billion|wan|yi)$|[十百千万亿]$")
_SHORT = frozenset(
    {"元", "人", "%", "‰", "件", "个", "项", "吨", "户"}
)  # of one character, and no word of another meaning
_SPELLED = re.compile(r"^(?:计量)?单位\s*:\s*(?P<measure>.+)$")
PURE = frozenset({"", "%", "‰", "百分点", "1"})


def plain(text: str) -> str:
    """A printed name or unit in normal widths without blanks at its ends, so that （亿元） equals (亿元)."""
    return unicodedata.normalize("NFKC", text).replace("\ufeff", "").strip()


def parse_measure(name: str) -> tuple[str, str | None]:
    """A printed name without its unit of measure, and that unit, None where none is printed.

    A unit is the last bracket that holds one, or what stands behind a mark such as "_", ":" or a blank: all else is the name.

    >>> parse_measure("人口数(人口抽样调查)(人)")
    ('人口数(人口抽样调查)', '人')
    >>> parse_measure("电子商务销售额（亿元）")
    ('电子商务销售额', '亿元')
    >>> parse_measure("总人口数_人"), parse_measure("GDP:亿元"), parse_measure("人均GDP"), parse_measure("exports_usd")
    (('总人口数', '人'), ('GDP', '亿元'), ('人均GDP', None), ('exports_usd', None))
    """
    text = plain(name)
    spelled = _SPELLED.match(text)
    if spelled:
        return "", known_measure(spelled["measure"]) or spelled["measure"].strip()
    if text.endswith((")", "]", "】", "#", "*")):
        for found in reversed(list(_BRACKET.finditer(text))):
            measure = known_measure(found["measure"])
            stem = (text[: found.start()].rstrip() + text[found.end() :].strip(" #*")).strip()
            if measure is not None and found.start() > 0:
                return stem, measure
        return text, None
    if _IDENTIFIER.fullmatch(text):  # a name that a program gave, such as exports_usd, says no unit of measure
        return text, None
    for mark in _MARK.finditer(text):
        stem, tail = text[: mark.start()].strip(" _"), text[mark.end() :].strip()
        measure = known_measure(tail) if stem and (len(tail) > 1 or tail in _SHORT) else None
        if measure is not None:
            return (text, None) if _COUNTING.search(stem.casefold()) else (stem, measure)
    return text, None


def known_measure(text: str) -> str | None:
    """The unit of measure that a text is, in its usual spelling, or None where the text is something else.

    >>> known_measure("亿元"), known_measure("上年=100"), known_measure("不含农户")
    ('亿元', '上年=100', None)
    >>> known_measure("10 000 persons"), known_measure("亿 元"), known_measure("元/人"), known_measure("USD 100 million")
    ('万人', '亿元', '元/人', '亿美元')
    """
    narrow = plain(text)
    close = "".join(narrow.split()) if not narrow.isascii() else narrow
    usual = _SAME.get(close.casefold(), close)
    usual = _english(usual) or usual
    parts = re.split(r"[/·]", usual)
    if all(_atom(p) is not None or re.fullmatch(r"[十百千万亿]+", p) for p in parts) and any(_atom(p) for p in parts):
        return usual
    if re.fullmatch(r"(上年(?:同期|同月)?|\d{4}年?|(?:the )?(?:preceding|previous|last) year)\s*=\s*100(\.0)?", usual):
        return usual if "上年" in usual or usual[0].isdigit() else "上年=100"
    return None


@cache
def _english(text: str) -> str | None:
    """A unit such as "10 000 persons" in its Chinese spelling."""
    if not text.isascii():
        return None
    low = re.sub(r"(?<=\d),(?=\d{3})", "", " ".join(text.casefold().replace("(", " ").replace(")", " ").split()))
    low = re.sub(r"^unit\s*:\s*", "", low)
    if low in _ENGLISH:
        return _ENGLISH[low]
    found = _ENGLISH_UNIT.fullmatch(low)
    if found is None:
        return None
    count, unit = found["count"].strip(), found["unit"].strip()
    money = re.match(r"(rmb|usd|us\$)\s+", count)
    if money:
        count, unit = count[money.end() :].strip(), unit or money[1]
    spelled = re.sub(r"\s+", " ", count).replace("millions", "million")
    usual, size = _ENGLISH.get(unit), _COUNT_WORDS.get(spelled) if spelled else ""
    return size + usual if usual is not None and size is not None else None


def _atom(measure: str) -> tuple[str, float] | None:
    """Base unit and how many of it one `measure` is."""
    if measure in _ATOMS:
        return _ATOMS[measure]
    for cut in (2, 1):
        magnitude, rest = measure[:cut], measure[cut:]
        if rest in _ATOMS and magnitude in _MAGNITUDES and rest not in ("%", "‰", "百分点"):
            base, size = _ATOMS[rest]
            return base, size * _MAGNITUDES[magnitude]
    return None


def _whole(measure: str) -> tuple[tuple[str, ...], float] | None:
    """Base units and size of a unit of measure, quotients such as 元/人 included."""
    parts = measure.split("/")
    atoms = [_atom(p) or ((p, _MAGNITUDES[p]) if p in _MAGNITUDES and p else None) for p in parts]
    if any(a is None for a in atoms):
        return None
    known = [a for a in atoms if a is not None]
    size = known[0][1]
    for _, one in known[1:]:
        size /= one
    bases = tuple("" if p in _MAGNITUDES else a[0] for p, a in zip(parts, known, strict=True))
    return bases, size


def same_measure(one: str, other: str) -> bool:
    """Whether two spellings mean the same unit; another power of ten is another unit.

    >>> same_measure("亿元", "100 million yuan"), same_measure("亿元", "万元")
    (True, False)
    """
    a, b = (known_measure(m) or plain(m) for m in (one, other))
    return a == b or (_whole(a) is not None and _whole(a) == _whole(b))


def conversion(given: str, wanted: str) -> float | None:
    """What to multiply figures in `given` by to have them in `wanted`; None where the pair is not known.

    >>> conversion("万元", "亿元"), conversion("万人", "人"), conversion("万元", "人")
    (0.0001, 10000.0, None)
    """
    a, b = (_whole(known_measure(m) or plain(m)) for m in (given, wanted))
    if a is None or b is None or a[0] != b[0]:
        return None
    return a[1] / b[1] if a[1] >= b[1] else 1.0 / (b[1] / a[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A unit of measure in arithmetic.

    powers : unit -> exponent. exact : False after a multiplication by a literal constant, which may itself be a conversion;
    nothing is asserted then. text : said instead of the powers, such as 'ln(亿元)', which counts as a pure number.
    """

    powers: dict[str, int] = field(default_factory=dict)
    exact: bool = True
    text: str = ""

    def __str__(self) -> str:
        if self.text or not self.exact:
            return self.text
        over = [u if n == 1 else f"{u}^{n}" for u, n in self.powers.items() if n > 0]
        under = [u if n == -1 else f"{u}^{-n}" for u, n in self.powers.items() if n < 0]
        return "/".join(["·".join(over) or ("1" if under else ""), *under])

    @property
    def pure(self) -> bool:
        return not set(self.powers) - PURE

    def times(self, other: Measure, sign: int = 1) -> Measure:
        """The measure of a product (sign 1) or quotient (sign -1); a percentage scales and has no unit of its own there."""
        if sign == 1 and not other.powers and self.powers == {"%": 1}:
            return Measure(powers=self.powers, exact=self.exact and other.exact)
        powers = {u: n for u, n in self.powers.items() if u not in PURE}
        for unit, n in other.powers.items():
            if unit not in PURE:
                powers[unit] = powers.get(unit, 0) + sign * n
        return Measure(powers={u: n for u, n in powers.items() if n}, exact=self.exact and other.exact)

    def agrees(self, other: Measure) -> bool:
        """Whether a sum of the two makes sense."""
        if not (self.exact and other.exact) or (self.pure and other.pure and not (self.powers and other.powers)):
            return True
        if self.powers == other.powers:
            return True
        units = [next(iter(m.powers), "") for m in (self, other) if list(m.powers.values()) in ([1], [])]
        return len(units) == 2 and same_measure(*units)


def measure_of(text: str) -> Measure:
    """A printed unit as a `Measure`; '' is a pure number."""
    return Measure(powers={plain(text): 1}) if plain(text) else Measure()
