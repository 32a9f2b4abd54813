"""Province names: every spelling means one province, and no row is both a province and something else."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

import panelkit.facts.provinces as places
from panelkit.core.errors import PanelkitError
from panelkit.facts.tables import catalogue, read_table

BLANKS = (" ", "\u3000", "\u00a0", "\ufeff", "\t", "\n", "\u200b", "\u2002")


def test_there_are_31_provinces_in_code_order() -> None:
    codes = [p.code for p in places.provinces()]
    assert len(codes) == 31
    assert codes == sorted(codes)
    assert sum(p.municipality for p in places.provinces()) == 4
    assert sum(p.autonomous_region for p in places.provinces()) == 5
    assert sum(p.prefectures for p in places.provinces()) == 333 + 4
    counts = {r: sum(p.region4 == r for p in places.provinces()) for r in ("east", "central", "west", "northeast")}
    assert counts == {"east": 10, "central": 6, "west": 12, "northeast": 3}
    assert [sum(p.belt3 == b for p in places.provinces()) for b in ("east", "central", "west")] == [11, 8, 12]


@pytest.mark.parametrize("place", places.provinces(), ids=lambda p: p.name_en)
def test_every_official_form_is_matched(place: places.Province) -> None:
    forms = [place.name_zh, place.name_zh_full, place.name_en, place.name_en_full, place.iso, place.code]
    forms += [place.code[:2], f"{place.code}000000", f"{place.code}.0", place.name_en.upper(), place.name_en.lower()]
    forms += [" ".join(place.name_zh), f"{place.name_en} Province", f"\ufeff{place.name_zh_full}\u00a0"]
    assert {places.match_province(f) for f in forms} == {place.code}


@pytest.mark.parametrize(
    ("printed", "code", "how"),
    [
        ("上   海", "310000", "name"),
        ("Shanxi", "140000", "name"),
        ("Shanxi Province", "140000", "name"),
        ("SHAANXI", "610000", "name"),
        ("Shannxi", "610000", "alias"),
        ("Shǎnxī", "610000", "alias"),
        ("Shānxī", "140000", "alias"),
        ("Zhèjiāng", "330000", "name"),
        ("广西壮族自治区", "450000", "name"),
        ("廣東省", "440000", "alias"),
        ("Inner-Mongolia", "150000", "name"),
        ("Nei Menggu", "150000", "name"),
        ("Guangxi,", "450000", "name"),
        ("Xizang", "540000", "name"),
        ("新疆维吾尔自治区", "650000", "name"),
        ("330000000000", "330000", "code"),
        ("３３００００", "330000", "code"),
        ("内蒙占", "150000", "ocr"),
        ("江两", "360000", "ocr"),
        ("江四", "360000", "ocr"),
        ("浙汀", "330000", "ocr"),
        ("四 藏", "540000", "ocr"),
    ],
)
def test_spellings_met_in_files(printed: str, code: str, how: str) -> None:
    found = places.match(printed)
    assert found == places.Match(code=code, how=how, printed=printed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        ("全 国", "national"),
        ("National Total", "national"),
        ("000000", "national"),
        ("东部地区", "regional"),
        ("尔部地区", "regional"),
        ("东 北", "regional"),
        ("新疆生产建设兵团", "Corps"),
        ("新疆（兵团）", "Corps"),
        ("大连市", "separately planned"),
        ("Shenzhen", "separately planned"),
        ("香港特别行政区", "Hong Kong"),
        ("Macau", "Hong Kong"),
        ("台湾省", "Hong Kong"),
        ("810000", "Hong Kong"),
        ("不分地区", "not allocated"),
        ("吉林市", "shares its name"),
        ("Jilin City", "shares its name"),
    ],
)
def test_rows_that_are_not_provinces(printed: str, words: str) -> None:
    assert words in (places.is_not_a_province(printed) or "")
    assert places.match(printed) is None


def test_no_text_is_both_and_aliases_belong_to_one_province() -> None:
    known = set(places._known())
    assert not known & set(places._known_others())
    spellings = [r["spelling"] for r in read_table("province_aliases")]
    assert len(spellings) == len(set(spellings))


@pytest.mark.parametrize("printed", ["", "nan", "浙", "甲省", "330100", "990000", "海南藏族", "广东(不含深圳)"])
def test_what_is_unknown_is_not_guessed(printed: str) -> None:
    if printed == "浙":
        assert places.match_province(printed) == "330000"
    else:
        assert places.match(printed) is None
        assert places.is_not_a_province(printed) is None


def test_near_names_and_unknown_codes() -> None:
    assert places.nearest("Guandong")[0] == "Guangdong"
    assert places.nearest("黑江")[0] == "黑龙江"
    assert places.province("810000").in_nbs_panel is False
    with pytest.raises(PanelkitError, match="six digits"):
        places.province("33")


@given(
    place=st.sampled_from(places.provinces()),
    form=st.sampled_from(["name_zh", "name_zh_full", "name_en", "name_en_full", "code"]),
    data=st.data(),
)
def test_blanks_anywhere_do_not_matter(place: places.Province, form: str, data: st.DataObject) -> None:
    text = getattr(place, form)
    gaps = data.draw(st.lists(st.text(st.sampled_from(BLANKS), max_size=3), min_size=len(text) + 1, max_size=99))
    padded = "".join(gap + char for gap, char in zip(gaps, text + " ", strict=False))
    assert places.match_province(padded) == place.code


@given(st.text(alphabet=string.printable + "省市区北上海京江西东广", max_size=12))
def test_any_text_is_at_most_one_thing(text: str) -> None:
    found = places.match(text)
    assert found is None or places.is_not_a_province(text) is None


def test_every_table_reads_and_is_described() -> None:
    for name, note in catalogue().items():
        assert len(read_table(name)) == note.rows
        assert note.title_en
        assert note.title_zh
        assert note.source
        assert note.confidence
    with pytest.raises(PanelkitError, match="did you mean 'contiguity'"):
        read_table("contiguty")
