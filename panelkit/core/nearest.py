"""Which known name a misspelt one most likely meant; the wording that every stage uses for it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MOST_NAMED = 40


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name closest to `name`, or None where nothing is close.

    >>> nearest("ln_sale", ["ln_sales", "ln_rd"])
    'ln_sales'
    """
    names = sorted(set(known))
    folded = {n.casefold(): n for n in names}
    close = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def known_or_nearest(name: str, known: Iterable[str]) -> str:
    """The mend of an unknown name: the nearest one, else all that are known."""
    names = sorted(set(known))
    near = nearest(name, names)
    if near is not None:
        return f"did you mean '{near}'?"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"known: {', '.join(names[:MOST_NAMED])}{more}" if names else "none is known"
