"""What must hold of `[study]`: authors that are named where something is said of them, ORCIDs and JEL codes in their form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from panelkit.core.errors import Fault
from panelkit.core.nearest import known_or_nearest
from panelkit.core.study import Head

_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]", re.ASCII)
_JEL = re.compile(r"[A-Z]\d{0,2}", re.ASCII)


def faults_of_head(head: Head) -> Iterator[Fault]:
    """Every fault of what a deposit is told of the study."""
    for field, entries in (("orcid", head.orcid), ("affiliations", head.affiliations)):
        for author in entries:
            if author not in head.authors:
                mend = known_or_nearest(author, head.authors)
                yield Fault(where=f"study.{field}.{author}", what=f"'{author}' is none of the authors", mend=mend)
    for author, number in head.orcid.items():
        if not _ORCID.fullmatch(number) or number[-1] != check_digit(number):
            what = f"'{number}' is no ORCID: its form or its last character is wrong"
            yield Fault(
                where=f"study.orcid.{author}", what=what, mend="write 0000-0000-0000-0000, as orcid.org shows it"
            )
    for code in head.jel:
        if not _JEL.fullmatch(code):
            yield Fault(
                where="study.jel", what=f"'{code}' is no JEL code", mend='write a letter and up to two digits: "F14"'
            )


def check_digit(orcid: str) -> str:
    """The last character of an ORCID, from those before it (ISO 7064 MOD 11-2).

    >>> check_digit("0000-0002-1825-0097")
    '7'
    """
    total = 0
    for digit in orcid.replace("-", "")[:15]:
        total = (total + int(digit)) * 2
    rest = (12 - total % 11) % 11
    return "X" if rest == 10 else str(rest)
