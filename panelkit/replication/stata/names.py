"""Names and texts as Stata may have them."""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST = 32  # characters of a Stata name
RESERVED = frozenset(
    {"_all", "_b", "_coef", "_cons", "_n", "_N", "_pi", "_pred", "_rc", "_skip", "byte", "double", "float", "if", "in"}
    | {"int", "long", "strL", "using", "with"}
)


def stata_names(names: Sequence[str]) -> dict[str, str]:
    """Name in the panel -> name in Stata: letters, digits and underscores, 32 at most, none twice.

    >>> stata_names(["ln_lq", "a:b", "a^b", "if"])
    {'ln_lq': 'ln_lq', 'a:b': 'a_b', 'a^b': 'a_b_2', 'if': 'if_'}
    """
    made: dict[str, str] = {}
    for name in names:
        bare = re.sub(r"\W", "_", name)
        bare = f"_{bare}" if bare[:1].isdigit() or not bare else bare
        bare = f"{bare}_" if bare in RESERVED or re.fullmatch(r"str\d+", bare) else bare
        bare, place = bare[:LONGEST], 1
        while bare in made.values():
            place += 1
            bare = f"{bare[: LONGEST - 1 - len(str(place))]}_{place}"
        made[name] = bare
    return made


def sample_name(model: str) -> str:
    """The marker of a model's rows in `panel.dta` and `samples.csv`."""
    return f"in_{model}"


def one_line(text: object) -> str:
    """Text that ends no comment and no string of a do-file."""
    plain = re.sub(r'[`"\'\s]+', " ", str(text))
    return plain.replace("/*", "/ *").replace("*/", "* /").replace("///", "/ / /").strip()
