"""Industries by GB/T 4754: names and codes of three editions, what becomes of them, sums of merged ones, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panelkit.core.errors import PanelkitError
from panelkit.core.registry import SOURCES
from panelkit.etl.assemble import assemble
from panelkit.facts.industries import EDITIONS, JOINT, becomes, industries, industry, is_whole, match_industry
from panelkit.facts.tables import read_table

KEYS = ("province", "industry")
EVERY = [(i.edition, i.code) for e in EDITIONS for i in industries(e)]


def test_every_name_and_code_is_its_division() -> None:
    for edition in EDITIONS:
        for one in industries(edition):
            assert match_industry(one.code, edition) == one.code
            assert match_industry(f"{one.section}{one.code}", edition) == one.code
            assert match_industry(one.name_zh, edition) == one.code
            assert match_industry(f"{one.section}{one.code}{one.name_zh}", edition) == one.code
            assert match_industry(f"{one.code} {one.name_zh}", edition) == one.code
            assert not is_whole(one.name_zh) or one.section in "JKP"


def test_the_same_digits_are_other_industries() -> None:
    assert industry("30", "2002").name_zh == "塑料制品业"
    assert industry("30", "2011").name_zh == "非金属矿物制品业"
    assert match_industry("30塑料制品业", "2011") is None
    assert match_industry("通信设备、计算机及其他电子设备制造业", "2002") == "40"


@given(st.sampled_from(EVERY), st.sampled_from([*EDITIONS, JOINT]))
def test_what_belongs_together_is_the_same_from_both_sides(one: tuple[str, str], to: str) -> None:
    edition, code = one
    mine, theirs = becomes(code, edition, to)
    assert code in mine
    for other in mine:
        assert becomes(other, edition, to) == (mine, theirs)
    if to != JOINT:
        for other in theirs:
            assert becomes(other, to, edition) == (theirs, mine)
    else:
        assert len(theirs) == 1


def test_links_name_divisions_that_are_there() -> None:
    for row in read_table("industry_links"):
        assert industry(row["code"], row["edition"]) is not None
        assert industry(row["to_code"], row["to_edition"]) is not None
    split = {r["code"] for r in read_table("industry_links") if r["edition"] == "2002" and r["relation"] == "split"}
    assert "37" in split
    assert becomes("36", "2017", "2002") == (("36", "37"), ("37",))


def test_the_joint_list_keeps_the_sum_of_every_edition() -> None:
    for edition in EDITIONS:
        joint = {i.joint for i in industries(edition)}
        counted = sum(
            len(becomes(i.code, edition, JOINT)[0]) for i in {j.joint: j for j in industries(edition)}.values()
        )
        assert counted == len(industries(edition))
        assert joint == {becomes(i.code, edition, JOINT)[1][0] for i in industries(edition)}


OLD = {
    "29": 3.0,
    "30": 4.0,
    "31": 5.0,
    "37": 6.0,
    "17": 1.0,
}  # rubber, plastics, minerals, transport equipment, textiles
NEW = {"29": 8.0, "30": 6.0, "36": 5.0, "37": 2.0, "17": 2.0}


def _write(path: Path, drop: tuple[int, str] | None = None) -> None:
    rows = [("浙江", code, year, value + year) for year in (2010, 2011) for code, value in OLD.items()]
    rows += [("浙江", code, year, value + year) for year in (2012, 2013) for code, value in NEW.items()]
    rows += [(p, "制造业", y, 999.0) for p in ("浙江",) for y in (2010, 2013)]
    frame = pd.DataFrame([r for r in rows if (r[2], r[1]) != drop], columns=["地区", "行业", "year", "jobs"])
    frame.to_csv(path, index=False)


def _made(path: Path, source_of: Any, study_of: Any, code_list: str, **fields: Any) -> Any:
    unit = {"province": "地区", "industry": "行业"}
    given = {"series": {"jobs": "jobs"}, "measures": {"jobs": "万人"}, **fields}
    spec = source_of("tidy", path, unit=unit, **given)
    study = study_of(
        {"jobs": {"series": "s.jobs"}},
        {"s": spec},
        unit=KEYS,
        codes={"industry": code_list},
        years=(2010, 2013),
        gaps="list",
    )
    return assemble(study, {"s": SOURCES["tidy"].read(spec, path)})


BY_YEARS = {"2002": (2003, 2011), "2011": (2012, 2017)}


def test_a_joint_series_across_the_change_of_edition(tmp_path: Path, source_of: Any, study_of: Any) -> None:
    _write(tmp_path / "f.csv")
    made = _made(tmp_path / "f.csv", source_of, study_of, "gbt4754_joint", industries=BY_YEARS)
    panel = made.panel.frame.set_index(["industry", "year"]).jobs
    assert sorted(set(made.panel.column("industry"))) == ["17", "29", "30", "36+37"]
    assert panel["29", 2010] == 3.0 + 4.0 + 2 * 2010
    assert panel["29", 2012] == 8.0 + 2012
    assert panel["30", 2010] == 5.0 + 2010  # minerals, which were 31
    assert panel["36+37", 2011] == 6.0 + 2011
    assert panel["36+37", 2013] == 7.0 + 2 * 2013
    assert made.panel.unit_name("330000 / 36+37").en.startswith("Zhejiang, Motor vehicles and Railway")
    assert any("'制造业' set aside" in n for n in made.notes)
    assert any("sums over divisions" in n for n in made.notes)
    cell = made.observations.set_index(["unit", "time"]).cell["330000 / 29", 2010]
    assert cell == "line 2, column 4 + line 3, column 4"


def test_a_missing_part_leaves_the_sum_missing(tmp_path: Path, source_of: Any, study_of: Any) -> None:
    _write(tmp_path / "f.csv", drop=(2011, "30"))
    made = _made(tmp_path / "f.csv", source_of, study_of, "gbt4754_joint", industries=BY_YEARS)
    panel = made.panel.frame.set_index(["industry", "year"]).jobs
    assert np.isnan(panel["29", 2011])
    assert panel["29", 2010] == 3.0 + 4.0 + 2 * 2010
    assert any("1 of these sums are missing" in n for n in made.notes)


@pytest.mark.parametrize(
    ("code_list", "fields", "text"),
    [
        ("gbt4754_2011", {"industries": BY_YEARS}, "37 交通运输设备制造业 of GB/T 4754-2002 is 36 and 37 in 2011"),
        ("gbt4754_2011", {}, "cross 2012"),
        ("gbt4754_joint", {}, "is not declared"),
        ("gbt4754_joint", {"industries": {"2002": (2003, 2011)}}, "the edition of 2012 is not declared"),
        ("gbt4754_joint", {"industries": BY_YEARS, "measures": {"jobs": "%"}}, "does not add up"),
        ("gbt4754_joint", {"industries": BY_YEARS, "measures": {}}, "does not add up"),
        ("gbt4754_joint", {"industries": "2017", "years": (2012, 2013)}, ""),
    ],
)
def test_what_cannot_be_brought_together_is_refused(
    code_list: str, fields: dict[str, Any], text: str, tmp_path: Path, source_of: Any, study_of: Any
) -> None:
    _write(tmp_path / "f.csv")
    if not text:
        assert _made(tmp_path / "f.csv", source_of, study_of, code_list, **fields).panel.rows > 0
        return
    with pytest.raises(PanelkitError, match=text):
        _made(tmp_path / "f.csv", source_of, study_of, code_list, **fields)


def test_a_name_of_another_edition_says_so(tmp_path: Path, source_of: Any, study_of: Any) -> None:
    path = tmp_path / "f.csv"
    path.write_text("地区,行业,year,jobs\n浙江,塑料制品业,2012,1\n浙江,没有的业,2012,1\n", "utf-8")
    with pytest.raises(PanelkitError) as caught:
        _made(path, source_of, study_of, "gbt4754_2011")
    assert "it is one of 2002" in str(caught.value)
    assert "line 3" in str(caught.value)


def test_a_location_quotient_across_editions_without_a_list_is_refused(
    tmp_path: Path, source_of: Any, study_of: Any
) -> None:
    _write(tmp_path / "f.csv")
    path, unit = tmp_path / "f.csv", {"province": "地区", "industry": "行业"}
    spec = source_of("tidy", path, unit=unit, series={"jobs": "jobs"}, measures={"jobs": "万人"})
    for kind in ("location_quotient", "hhi", "krugman_specialisation"):
        study = study_of(
            {"x": {"derive": kind, "with": {"part": "s.jobs"}}}, {"s": spec}, unit=KEYS, years=(2010, 2013), gaps="list"
        )
        with pytest.raises(PanelkitError, match="another edition came into use in 2012"):
            assemble(study, {"s": SOURCES["tidy"].read(spec, path)})


def test_a_table_of_one_industry_goes_by_the_panel_s_list(tmp_path: Path, source_of: Any, study_of: Any) -> None:
    path = tmp_path / "f.csv"
    path.write_text("province,year,x\n浙江,2013,1\n江苏,2013,2\n", "utf-8")
    spec = source_of("tidy", path, series={"x": "x"}, measures={"x": "亿元"}, at={"industry": "纺织业"})
    study = study_of(
        {"x": {"series": "s.x"}}, {"s": spec}, unit=KEYS, codes={"industry": "gbt4754_2011"}, years=(2013, 2013)
    )
    made = assemble(study, {"s": SOURCES["tidy"].read(spec, path)})
    assert made.panel.units == ("320000 / 17", "330000 / 17")
