"""Names and texts as a do-file may have them; nothing is held against anything here."""

from __future__ import annotations

import re


def stata(name: str) -> str:
    """A name as Stata may have it, cut to what is compared."""
    return re.sub(r"\W", "_", name)[:28]


def squeezed(text: object) -> str:
    """A text that ends no comment and no string of a do-file, as the twins write it."""
    plain = re.sub(r'[`"\'\s]+', " ", str(text))
    return plain.replace("/*", "/ *").replace("*/", "* /").replace("///", "/ / /").strip()
