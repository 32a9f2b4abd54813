"""A key of the panel that stands in the columns of a yearbook page, such as industries; one series for each column is in yearbook_page."""

from __future__ import annotations

from collections.abc import Sequence

from panelkit.etl.sources._observed import Ledger
from panelkit.etl.sources._page import Page
from panelkit.etl.sources._page_head import Heading, folded
from panelkit.facts.industries import is_whole, match_industry

EDITIONS = ("2017", "2011", "2002")
_TOTALS = frozenset(
    map(folded, ("合计", "总计", "小计", "全部", "总数", "Total", "Grand Total", "Sub-total", "Subtotal", "All"))
)

Member = tuple[Heading, str]  # a column, and what it is of the key


def members_of(page: Page, name: str, alone: bool, place: str, ledger: Ledger) -> list[Member]:
    """The columns of a series, with the value of the key that each is: those below a heading `name`, else all of the page.

    Parameters
    ----------
    name : the series as the study names it: a heading over the columns, or what the title says.
    alone : whether the study takes one series of the page, so that its columns need no heading over them.
    """
    named = [h for h in page.headings if h.shown]
    wanted = folded(name)
    below = [
        (h, _rest(h, wanted))
        for h in named
        if folded(h.zh or h.en).startswith(wanted) and folded(h.zh or h.en) != wanted
    ]
    in_title = wanted in folded("".join(page.titles))
    if not below and not alone and not in_title:
        shown = ", ".join(dict.fromkeys(h.shown for h in named))
        ledger.fault(f"no columns stand below a heading '{name}'", f"the page has {shown}", place)
        return []
    if not below and not in_title:
        ledger.say(f"'{name}' is what the study says the columns are, under the title '{' / '.join(page.titles)[:60]}'")
    found = below or [(h, h.shown) for h in named]
    totals = [(h, m) for h, m in found if folded(m) in _TOTALS]
    for _, member in totals:
        ledger.say(f"the column '{member}' of '{name}' is a total of those beside it: set aside")
    return [(h, m) for h, m in found if folded(m) not in _TOTALS]


def _rest(heading: Heading, wanted: str) -> str:
    """What a heading says behind the name of its parent."""
    text = heading.zh or heading.en
    for end in range(len(text) + 1):
        if folded(text[:end]) == wanted:
            rest = text[end:].lstrip(" #:,、-")
            return rest
    return text


def industries_in(headings: Sequence[Heading]) -> int:
    """How many headings are names of industries, of any edition, or sections of them."""
    names = dict.fromkeys(h.shown for h in headings if h.shown)
    return sum(is_whole(n) or any(match_industry(n, e) for e in EDITIONS) for n in names)
