"""Codes of cities: how many, names and former names, namesakes, places inside others; against the tables of provinces and zones."""

from __future__ import annotations

from collections import Counter

import pytest

from panelkit.core.label import Label
from panelkit.core.source import OBSERVED, Observations, Provenance
from panelkit.etl.harmonise.provinces import to_codes
from panelkit.facts.cities import all_cities, cities, city, inner_place, match_city
from panelkit.facts.provinces import match, provinces
from panelkit.facts.tables import read_table


def test_as_many_in_every_province_as_the_table_of_provinces_says() -> None:
    counted = Counter(c.province_code for c in cities())
    assert counted == {p.code: p.prefectures for p in provinces()}
    assert len(cities()) == 333 + 4


def test_codes_lie_in_their_provinces_and_stand_once() -> None:
    assert len({c.code for c in all_cities()}) == len(all_cities())
    assert all(c.code[:2] + "0000" == c.province_code for c in all_cities())
    assert all(c.code.endswith("00") for c in all_cities())


def test_cities_with_a_zone_are_those_of_the_table_of_zones() -> None:
    for row in read_table("cbec_pilot_zones"):
        if row["level"] in ("county-level city", "new area", "province-wide"):
            assert city(row["city_code"]) is None
            continue
        found = city(row["city_code"])
        assert found is not None
        assert (found.name_zh_full, found.province_code) == (row["city_zh"], row["province_code"])
        assert match_city(row["city_zh"]) == row["city_code"]


def test_every_name_means_its_city() -> None:
    for one in all_cities():
        assert match_city(one.name_zh_full) == one.code, one
        assert match_city(one.code) == one.code
        assert match_city(one.name_en) in (one.code, None)
        if not (match(one.name_zh) and one.level != "municipality"):
            assert match_city(one.name_zh) == one.code, one


def test_capitals_and_separately_planned_cities() -> None:
    capitals = {c.province_code: c.name_zh for c in cities() if c.capital}
    assert capitals == {p.code: p.capital_zh for p in provinces()}
    planned = {c.name_zh for c in cities() if c.separately_planned}
    assert planned == {"大连", "青岛", "宁波", "厦门", "深圳"}


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("江苏 苏州", "320500"),
        ("安徽省宿州市", "341300"),
        ("Suzhou", None),
        ("Suzhou (Anhui)", "341300"),
        ("Fuzhou", None),
        ("襄樊", "420600"),
        ("毕节地区", "520500"),
        ("522400", "520500"),
        ("330100000000", "330100"),
        ("延边", "222400"),
        ("黔东南州", "522600"),
        ("海南", None),
        ("海南州", "632500"),
        ("海南藏族自治州", "632500"),
        ("海南省", None),
        ("吉林市", "220200"),
        ("吉林省吉林市", "220200"),
        ("吉林省", None),
        ("Urumqi", "650100"),
        ("Xi'an", "610100"),
        ("朝阳", "211300"),
        ("济源", None),
        ("石河子市", None),
    ],
)
def test_spellings(printed: str, code: str | None) -> None:
    assert match_city(printed) == code


def _table(names: list[str]) -> Observations:
    import pandas as pd

    rows = [(n, 2015, "s.x", 1.0, None, "亿元", 0, "s", f"line {i + 2}, column 1") for i, n in enumerate(names)]
    card = Provenance(publisher="", title=Label(), url="", retrieved="", vintage=None, sha256="", licence="")
    return Observations(frame=pd.DataFrame(rows, columns=list(OBSERVED)).astype({"text": "object"}), provenance=card)


def test_provinces_corps_regions_and_inner_places_are_set_aside() -> None:
    names = [
        "全国",
        "东部地区",
        "浙江",
        "杭州",
        "宁波市",
        "义乌市",
        "新疆生产建设兵团",
        "海南",
        "海南州",
        "吉林",
        "吉林市",
    ]
    frame, notes, faults = to_codes(_table(names), "f.csv", "gbt2260_city", "city")
    assert not faults
    assert list(frame["unit"]) == ["330100", "330200", "632500", "220200"]
    assert sum("set aside" in n for n in notes) == 7
    assert any("it lies in 金华市" in n for n in notes)


def test_a_bare_jilin_is_the_city_only_where_no_province_stands() -> None:
    frame, notes, _ = to_codes(_table(["长春", "吉林", "四平"]), "f.csv", "gbt2260_city", "city")
    assert list(frame["unit"]) == ["220100", "220200", "220300"]
    assert any("taken for the city" in n for n in notes)
    frame, notes, _ = to_codes(_table(["辽宁", "吉林", "四平"]), "f.csv", "gbt2260_city", "city")
    assert list(frame["unit"]) == ["220300"]


def test_what_is_no_city_is_refused_with_its_cell() -> None:
    _, _, faults = to_codes(_table(["杭州", "Suzhou"]), "f.csv", "gbt2260_city", "city")
    assert "'Suzhou' is no city" in faults[0].what
    assert "line 3" in faults[0].where
    assert "province in front" in faults[0].mend


def test_separately_planned_cities_are_no_provinces() -> None:
    frame, notes, _ = to_codes(_table(["辽宁", "大连", "新疆", "新疆兵团"]), "f.csv", "gbt2260", "province")
    assert list(frame["unit"]) == ["210000", "650000"]
    assert sum("set aside" in n for n in notes) == 2


def test_inner_places() -> None:
    assert inner_place("义乌") == ("义乌市", "330700")
    assert inner_place("杭州市") is None
