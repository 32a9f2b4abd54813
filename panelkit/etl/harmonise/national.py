"""Which harmonised figures are the nation's, by activity where units have one; what they are held against is in against_nation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from panelkit.core.key import level_of
from panelkit.core.study import Study
from panelkit.etl.harmonise.keys import REGIONS

if TYPE_CHECKING:
    import pandas as pd


def region_places(study: Study) -> list[int]:
    """Positions of the keys that are regions; of a panel of one key that key, whatever its list."""
    lists = list(study.panel.code_lists.values())
    return [i for i, codes in enumerate(lists) if codes in REGIONS] if len(lists) > 1 else [0]


def national_rows(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Of harmonised figures those that vary over activities and not over regions, such as "* / 17"."""
    places = region_places(study)
    if len(study.panel.parts) < 2 or not places:
        return frame.iloc[:0]
    levels = {u: level_of(u) for u in frame["unit"].unique()}
    is_national = {u: any(v) and not any(v[i] for i in places) for u, v in levels.items()}
    return frame[frame["unit"].map(is_national).astype(bool)]
