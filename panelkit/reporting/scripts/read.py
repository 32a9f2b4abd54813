"""What is taken from a fitted result of any package, and the names that all packages' terms go by; no package is read here."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from panelkit.core.errors import ReportError

CONSTANT = "(constant)"
_CONSTANT = ("Intercept", "const", "_cons", "(Intercept)", "constant", CONSTANT)
Six = tuple[float, float, float, float, float, float]
# what packages call an error of one kind; anything else stays as they call it
KINDS = {
    **dict.fromkeys(("iid", "unadjusted", "homoskedastic", "nonrobust", "classical"), "classical"),
    **dict.fromkeys(("hetero", "heteroskedastic", "robust", "hc0", "hc1", "hc2", "hc3"), "robust"),
    **dict.fromkeys(("crv1", "crv3", "clustered", "cluster", "cr0", "cr1", "cr2", "cr3"), "clustered"),
}
NORMAL = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What is taken from a result.

    Parameters
    ----------
    outcome : str
        The dependent variable.
    terms : dict
        Name (see `canonical`) -> estimate, se, statistic, p, low, high; NaN for what the package does not give.
    absorb : tuple of str
        Effects absorbed, interactions by '^'.
    rows : int or None
        The package's own count of observations; None where its coefficients have several.
    statistics : dict
        R-squared by its kind, and what else the package gives.
    covariance : (str, str, str)
        Its kind (see `KINDS`), what the package calls it, and what it clusters by ("" where it is not known).
    weighted : bool
        Whether rows have weights.
    clusters : dict
        How many there are, by what they are called; "#1", "#2" where they go by no name.
    estimator : str
        What it is, in the field's words ("OLS", "2SLS"), or a key of words for it ("est_quantile: 0.25").
    reference : str
        What p, stars and interval are read from: "normal" or "t(29)"; "" where it is not known.
    split : (str, str)
        Variable and value of a sample that was split, ("", "") for none.
    sample : (int, str)
        Rows of the outcome that the result holds and a digest of its sorted values; (0, "") where it holds none.
    mean : float
        Of the outcome over the rows, NaN where it is not known.
    remarks : tuple
        What a reader must be told: a key of words and its slots.
    heading : str
        Names the column where a result has several.
    names : dict
        Name in `terms` -> the package's own.
    labels : dict
        Name -> what is printed, where the result itself knows.
    source : object
        The result.
    """

    outcome: str
    terms: dict[str, Six]
    absorb: tuple[str, ...] = ()
    rows: int | None = None
    statistics: dict[str, float] = field(default_factory=dict)
    covariance: tuple[str, str, str] = ("", "", "")
    weighted: bool = False
    clusters: dict[str, int] = field(default_factory=dict)
    estimator: str = ""
    reference: str = ""
    split: tuple[str, str] = ("", "")
    sample: tuple[int, str] = (0, "")
    mean: float = math.nan
    remarks: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    heading: str = ""
    names: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    source: Any = field(default=None, repr=False, compare=False)


def canonical(name: str) -> str:
    """The name of a term whoever gave it: the constant by one name, levels of a category as variable::level.

    >>> canonical("Intercept"), canonical("C(region)[T.north]:x"), canonical("year::2013.0"), canonical("i(year)::2013:x")
    ('(constant)', 'region::north:x', 'year::2013', 'year::2013:x')
    """
    if name in _CONSTANT:
        return CONSTANT
    return ":".join(_factor(f) for f in factors(name))


def factors(name: str) -> list[str]:
    """The factors of a product; a double colon parts none.

    >>> factors("year::2013:x"), factors("C(a, Treatment('b'))[T.c]:x")
    (['year::2013', 'x'], ["C(a, Treatment('b'))[T.c]", 'x'])
    """
    return re.split(r"(?<!:):(?!:)", name)


def _factor(name: str) -> str:
    level = re.fullmatch(r"(?:[Ci]\((\w+)\)|(\w+))(?:::(.+)|\[(?:T\.)?(.+)\])", name)
    if not level:
        return name
    text = re.sub(r"^(-?\d+)\.0$", r"\1", level[3] or level[4])
    return f"{level[1] or level[2]}::{text}"


def effects_of(formula: str) -> tuple[str, ...]:
    """The effects behind the first bar of a formula, whatever its blanks; interactions by '^'.

    >>> effects_of("y ~ x | province + year"), effects_of("y~x|a+b^c"), effects_of("y ~ 1 | a | x ~ z"), effects_of("y ~ 1 | x ~ z")
    (('province', 'year'), ('a', 'b^c'), ('a',), ())
    """
    parts = formula.split("|")[1:]
    if not parts or "~" in parts[0]:
        return ()
    named = ("^".join(p.strip() for p in e.split("^")) for e in parts[0].split("+"))
    return tuple(dict.fromkeys(e for e in named if e and e != "0"))


def made(terms: Mapping[str, Sequence[Any]], errors: tuple[str, str] = ("", ""), **facts: Any) -> Read:
    """A `Read` of terms by the package's own names, errors as (what they are called, what they cluster by), and further fields.

    Raises
    ------
    ReportError
        Two terms of one name.
    """
    names = {canonical(n): n for n in terms}
    if len(names) < len(terms):
        raise twice(n for n in terms if names[canonical(n)] != n)
    called, by = errors
    words = re.findall(r"[\w-]+", called.casefold())
    kind = facts.pop("kind", KINDS.get(words[0] if words else "", ""))
    known = {k: float(v) for k, v in facts.pop("statistics", {}).items() if v is not None and not math.isnan(float(v))}
    six = {
        n: (f[0], f[1], f[2], f[3], f[4], f[5]) for n, own in names.items() for f in [[float(v) for v in terms[own]]]
    }
    return Read(terms=six, names=names, statistics=known, covariance=(kind, called, by), **facts)


def twice(names: Iterable[str]) -> ReportError:
    """The fault of a result that has several terms of one name, of which one could only hide the other."""
    listed = ", ".join(f"'{n}'" for n in dict.fromkeys(map(str, names)))
    return ReportError(f"a result has several terms of the name {listed}", mend="rename the columns and fit it again")


def six(names: Iterable[Any], *columns: Iterable[Any], bounds: Any = None) -> dict[str, tuple[float, ...]]:
    """Name -> estimate, se, statistic, p, low, high from columns in that order; NaN bounds where there are none.

    Raises
    ------
    ReportError
        Two terms of one name, or columns of unlike length.
    """
    import numpy as np

    own = [str(n) for n in names]
    values = [np.asarray(c, dtype=float).ravel() for c in columns]
    ends = np.full((len(own), 2), np.nan) if bounds is None else np.asarray(bounds, dtype=float)
    if any(len(v) != len(own) for v in values) or ends.shape != (len(own), 2):
        sizes = ", ".join(str(len(v)) for v in values)
        raise ReportError(f"a result has {len(own)} names for {sizes} numbers", mend="give a result of one equation")
    if len(set(own)) < len(own):
        raise twice(n for n in own if own.count(n) > 1)
    return {n: (*(float(v[i]) for v in values), float(ends[i, 0]), float(ends[i, 1])) for i, n in enumerate(own)}


def sample_of(outcome: Any) -> tuple[int, str]:
    """Rows of an outcome and a digest of its sorted values (ten digits), so that order and package do not matter."""
    import numpy as np

    if outcome is None:
        return 0, ""
    try:
        values = np.sort(np.asarray(outcome, dtype=float).ravel())
    except (TypeError, ValueError):
        return 0, ""
    if not len(values):
        return 0, ""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        scale = 10.0 ** (9 - np.floor(np.log10(np.abs(values))))
        rounded = np.where(np.isfinite(scale) & (values != 0), np.round(values * scale) / scale, values) + 0.0
    return len(values), hashlib.sha256(rounded.tobytes()).hexdigest()


def mean_of(outcome: Any, rows: int | None, weights: Any = None) -> float:
    """The mean of an outcome where it has as many rows as the result says; weighted where the fit was."""
    import numpy as np

    try:
        values = np.asarray(outcome, dtype=float).ravel()
    except (TypeError, ValueError):
        return math.nan
    if not len(values) or (len(values) != rows and weights is None):
        return math.nan
    if weights is None:
        return float(values.mean())
    heavy = np.asarray(weights, dtype=float).ravel()
    return float(np.average(values, weights=heavy)) if len(heavy) == len(values) else math.nan


def vary(weights: Any) -> bool:
    """Whether there are weights that are not all the same."""
    import numpy as np

    if weights is None or not np.size(weights):
        return False
    values = np.asarray(weights, dtype=float).ravel()
    return bool(np.ptp(values) > 1e-12 * abs(values[0]))


def named(names: Sequence[str], sizes: Sequence[int]) -> dict[str, int]:
    """Numbers of clusters by name, "#1", "#2" for those without one."""
    known = [n or f"#{i}" for i, n in enumerate(names, start=1)]
    known += [f"#{i}" for i in range(len(known) + 1, len(sizes) + 1)]
    return dict(zip(known, sizes, strict=False))


def t_of(df: Any) -> str:
    """The name of a t distribution, of the normal where its degrees of freedom are none or infinite.

    >>> t_of(29.0), t_of(float("inf")), t_of(7.565)
    ('t(29)', 'normal', 't(7.6)')
    """
    try:
        value = float(df)
    except (TypeError, ValueError):
        return ""
    if math.isnan(value):
        return ""
    return NORMAL if math.isinf(value) else f"t({value:.0f})" if value.is_integer() else f"t({value:.1f})"
