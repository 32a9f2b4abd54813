"""Units of measure: read from a printed name, compared, converted, and carried through arithmetic; no figure is read here."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from types import MappingProxyType

_BRACKET = re.compile(r"^(?P<stem>.*?)\s*[(\[](?P<measure>[^()\[\]]*)[)\]]\s*$", re.DOTALL)
_SPELLED = re.compile(r"^单位\s*:\s*(?P<measure>.+)$")
_MAGNITUDES = MappingProxyType(
    {"": 1.0, "十": 1e1, "百": 1e2, "千": 1e3, "万": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8, "十亿": 1e9}
    | {"百亿": 1e10, "千亿": 1e11, "万亿": 1e12}
)
_ATOMS = MappingProxyType(
    {
        name: (name, 1.0)
        for name in (
            "元",
            "美元",
            "人",
            "件",
            "个",
            "户",
            "吨",
            "吨标准煤",
            "人年",
            "台",
            "辆",
            "家",
            "项",
            "部",
            "份",
            "册",
            "套",
        )
    }
    | {"千米": ("米", 1e3), "公里": ("米", 1e3), "米": ("米", 1.0), "千克": ("吨", 1e-3), "公斤": ("吨", 1e-3)}
    | {
        "千瓦时": ("千瓦时", 1.0),
        "千瓦小时": ("千瓦时", 1.0),
        "度": ("千瓦时", 1.0),
        "公顷": ("公顷", 1.0),
        "亩": ("公顷", 1 / 15),
    }
    | {"平方公里": ("公顷", 100.0), "平方千米": ("公顷", 100.0), "平方米": ("公顷", 1e-4), "立方米": ("立方米", 1.0)}
    | {"%": ("%", 1.0), "‰": ("%", 0.1), "百分点": ("百分点", 1.0), "GB": ("GB", 1.0), "TB": ("GB", 1024.0)}
)
_SAME = MappingProxyType(
    {
        "人民币元": "元",
        "人民币亿元": "亿元",
        "100 million yuan": "亿元",
        "10000 yuan": "万元",
        "yuan": "元",
        "person": "人",
    }
    | {
        "unit": "个",
        "units": "个",
        "item": "项",
        "items": "项",
        "million usd": "百万美元",
        "million us dollar": "百万美元",
    }
    | {
        "million us dollars": "百万美元",
        "1000 usd": "千美元",
        "us$": "美元",
        "10000 person": "万人",
        "ton": "吨",
        "tons": "吨",
    }
    | {"10000 tons": "万吨", "100 million kwh": "亿千瓦小时", "hectare": "公顷", "hectares": "公顷", "household": "户"}
    | {"pieces": "件", "10000 households": "万户", "10000 pieces": "万件", "km": "公里", "cases": "件"}
    | {"persons": "人", "10000 persons": "万人", "usd": "美元", "100 million usd": "亿美元", "10000 usd": "万美元"}
    | {"percent": "%", "per cent": "%", "pct": "%", "piece": "件", "man-year": "人年", "man-years": "人年"}
)
PURE = frozenset({"", "%", "‰", "百分点", "1"})


def plain(text: str) -> str:
    """A printed name or unit in normal widths without blanks at its ends, so that （亿元） equals (亿元)."""
    return unicodedata.normalize("NFKC", text).replace("\ufeff", "").strip()


def parse_measure(name: str) -> tuple[str, str | None]:
    """A printed name without its unit of measure, and that unit, None where none is printed.

    Only a last bracket is a unit: other brackets belong to the name.

    >>> parse_measure("人口数(人口抽样调查)(人)")
    ('人口数(人口抽样调查)', '人')
    >>> parse_measure("电子商务销售额（亿元）")
    ('电子商务销售额', '亿元')
    """
    text = plain(name)
    spelled = _SPELLED.match(text)
    if spelled:
        return "", known_measure(spelled["measure"]) or spelled["measure"].strip()
    found = _BRACKET.match(text)
    if found is None or not found["stem"]:
        return text, None
    measure = known_measure(found["measure"])
    return (found["stem"].strip(), measure) if measure is not None else (text, None)


def known_measure(text: str) -> str | None:
    """The unit of measure that a text is, in its usual spelling, or None where the text is something else.

    >>> known_measure("亿元"), known_measure("上年=100"), known_measure("不含农户")
    ('亿元', '上年=100', None)
    """
    narrow = plain(text)
    usual = _SAME.get(narrow.casefold(), narrow)
    parts = re.split(r"[/·]", usual)
    if all(_atom(p) is not None for p in parts) or re.fullmatch(r"(上年|\d{4}年?)\s*=\s*100(\.0)?", usual):
        return usual
    return (
        usual
        if re.fullmatch(r"[十百千万亿]*(美元|元|人|吨|件|平方米|平方公里|公里|千瓦|册|份|套|所|张|次|床|条)", usual)
        else None
    )


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


def same_measure(one: str, other: str) -> bool:
    """Whether two spellings mean the same unit; another power of ten is another unit.

    >>> same_measure("亿元", "100 million yuan"), same_measure("亿元", "万元")
    (True, False)
    """
    a, b = (_SAME.get(plain(m).casefold(), plain(m)) for m in (one, other))
    return a == b or (_atom(a) is not None and _atom(a) == _atom(b))


def conversion(given: str, wanted: str) -> float | None:
    """What to multiply figures in `given` by to have them in `wanted`; None where the pair is not known.

    >>> conversion("万元", "亿元"), conversion("万人", "人"), conversion("万元", "人")
    (0.0001, 10000.0, None)
    """
    a, b = (_atom(_SAME.get(plain(m).casefold(), plain(m))) for m in (given, wanted))
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
