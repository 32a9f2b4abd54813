"""Files of one series in different units of measure stop the study; spellings of one unit do not."""

import pandas as pd

from panelkit.etl.harmonise.mixed_units import mixed_measures


def frame(measures: dict[int, str]) -> pd.DataFrame:
    rows = [(u, t, s, 1.0, m, f"{t}.xls!1!B5") for t, m in measures.items() for s in ("s.a", "s.b") for u in ("1", "2")]
    return pd.DataFrame(rows, columns=["unit", "time", "series", "value", "measure", "cell"])


def test_pages_in_another_unit_are_one_fault_that_names_the_first_of_them() -> None:
    needed = {"s.a": (2015, 2017), "s.b": (2015, 2017)}
    seen = frame({2015: "亿元", 2016: "万元", 2017: "万元"})
    (fault,) = mixed_measures({}, seen, needed)
    assert "2016.xls" in fault.where
    assert "s.a is in 亿元 before and in 万元 here, and so 1 more series" in fault.what
    assert mixed_measures({}, seen, {"s.a": (2016, 2017)}) == []  # years that no variable uses do not count
    assert mixed_measures({}, frame({2015: "亿元", 2016: "100 million yuan"}), needed) == []
