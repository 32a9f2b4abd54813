"""Fields that layouts of sheets and delimited text share: which sheet, how text and figures are written; reading is each layout's."""

from __future__ import annotations

from typing import Literal

from panelkit.core.source import SourceSpec
from panelkit.core.spec import spec

COLUMNS = ("unit", "time", "series", "value", "measure", "cell")  # of the observations that such a layout makes


@spec
class PrintedSpec(SourceSpec):
    """A sheet or delimited text whose figures are written for the eye.

    Parameters
    ----------
    sheet, encoding, separator, thousands : str
        Only where they cannot be found from the file; without `thousands`, "3,078.5" is refused.
    decimal : str
        "," where figures have a decimal comma; "3078,5" is refused without it.
    """

    sheet: str = ""
    encoding: str = ""
    separator: str = ""
    thousands: str = ""
    decimal: Literal["", ","] = ""
