"""Zones: the counts that officials published, the shared policy table, and a treatment that ends."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

import panelkit.facts.zones as timing
from panelkit.core.errors import PanelkitError
from panelkit.facts.contiguity import neighbours
from panelkit.facts.provinces import provinces

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "facts"
COHORTS = {2015: 1, 2016: 10, 2018: 15, 2019: 3, 2020: 1, 2022: 1}
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared facts are not beside the checkout")


def read(name: str) -> list[dict[str, str]]:
    with (SHARED / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_zones_per_batch_and_provinces_covered() -> None:
    batches = Counter(z.batch for z in timing.zones())
    assert [batches[b] for b in range(1, 9)] == [1, 12, 22, 24, 46, 27, 33, 16]
    covered = [len({z.province_code for z in timing.zones() if z.batch <= b}) for b in range(1, 8)]
    assert covered == [1, 11, 26, 29, 30, 30, 31]
    assert sum(not z.name_seen for z in timing.zones()) == 10
    assert sum(bool(z.plan_date) for z in timing.zones()) == 29
    assert len({z.document for z in timing.zones()}) == 8


def test_cohorts_and_clean_controls() -> None:
    assert Counter(timing.first_treated("approval_year").values()) == COHORTS
    left = {y: len(c) for y, c in timing.untreated("approval_year", range(2014, 2023)).items()}
    assert left == {2014: 31, 2015: 30, 2016: 20, 2017: 20, 2018: 5, 2019: 2, 2020: 1, 2021: 1, 2022: 0}
    full = {y: len(c) for y, c in timing.untreated("first_full_year", range(2015, 2023)).items()}
    assert full == {2015: 31, 2016: 20, 2017: 20, 2018: 20, 2019: 5, 2020: 2, 2021: 1, 2022: 1}


def test_cities_are_prefecture_level_only() -> None:
    cities = timing.first_treated("approval_year", level="city")
    assert sum(year <= 2022 for year in cities.values()) == 157
    assert "330782" not in cities
    assert "133100" not in cities
    assert cities["330100"] == 2015


@needs_shared
def test_exposure_equals_the_shared_policy_table() -> None:
    rows = read("policy_province_year.csv")
    years = range(2010, 2024)
    mine = {
        "zone_years_exposed": timing.exposure("zone_years", years),
        "n_cum_end": timing.exposure("zone_count", years),
        "share_prefecture_units_end": timing.exposure("share_of_prefectures", years),
        "any_zone_end": timing.exposure("any_zone", years, "approval_year"),
        "any_zone_h1rule": timing.exposure("any_zone", years, "treat_year_h1rule"),
        "any_zone_full_year": timing.exposure("any_zone", years, "first_full_year"),
    }
    trade = {rule: timing.free_trade_zone(rule) for rule in ("approval_year", "first_full_year")}
    assert len(rows) == 31 * len(years)
    for row in rows:
        key = (row["province_code"], int(row["year"]))
        assert {c: v[key] for c, v in mine.items()} == {c: float(row[c]) for c in mine}, key
        for rule, column in (("approval_year", "ftz_launched_end"), ("first_full_year", "ftz_full_year")):
            assert (trade[rule].get(key[0], 9999) <= key[1]) == (row[column] == "1"), (key, column)


@needs_shared
def test_timing_rules_equal_the_shared_zone_list() -> None:
    for zone, row in zip(timing.zones(), read("cbec_pilot_zones.csv"), strict=True):
        assert zone.city_code == row["city_code"]
        yearly = [r for r in timing.TIMING_RULES if r != "plan_date"]
        assert {r: zone.first_treated(r) for r in yearly} == {r: int(row[r]) for r in yearly}
        assert zone.first_treated("plan_date") == int((row["plan_date"] or row["approval_year"])[:4])


def test_a_treatment_that_ends() -> None:
    count, years = timing.exposure("zone_count", [2022, 2024, 2025]), timing.exposure("zone_years", [2024, 2025])
    assert sum(v for (_, y), v in count.items() if y == 2022) == 165
    assert sum(v for (_, y), v in count.items() if y == 2025) == 165 + 16 - 3
    assert count["460000", 2024] == 2
    assert count["460000", 2025] == 1
    # two zones end and one begins on the same day: 2 * s + (1 - s), s the share of the year before it
    assert years["460000", 2025] == pytest.approx(1 + 105 / 365, abs=0.002)
    assert timing.exposure("share_of_prefectures", [2025])["460000", 2025] == 1.0
    assert timing.exposure("any_zone", [2025])["460000", 2025] == 1.0


def test_what_is_outside_is_refused_in_words() -> None:
    with pytest.raises(PanelkitError, match="years covered: 1990 to 2025"):
        timing.exposure("zone_years", [2024, 2031])
    with pytest.raises(PanelkitError, match="did you mean 'approval_year'"):
        timing.first_treated("aproval_year")
    with pytest.raises(PanelkitError, match="kind of exposure"):
        timing.exposure("dose", [2020])
    with pytest.raises(PanelkitError, match="level"):
        timing.first_treated("approval_year", level="county")


def test_free_trade_zones() -> None:
    launches = Counter(timing.free_trade_zone("approval_year").values())
    assert launches == {2013: 1, 2015: 3, 2017: 7, 2018: 1, 2019: 6, 2020: 3, 2023: 1}
    assert timing.free_trade_zone("treat_year_h1rule")["330000"] == 2017


def test_borders_are_symmetric_and_counted() -> None:
    land = {p.code: neighbours(p.code, strait=False) for p in provinces()}
    assert sum(map(len, land.values())) == 2 * 68
    assert all(a in land[b] for a, near in land.items() for b in near)
    assert [len(land[c]) for c in ("150000", "610000", "130000", "510000", "460000")] == [8, 8, 7, 7, 0]
    assert neighbours("460000") == ("440000",)
    with pytest.raises(PanelkitError, match="31 province codes"):
        neighbours("Zhejiang")


@needs_shared
def test_borders_equal_the_shared_degrees() -> None:
    for row in read("contiguity_degree.csv"):
        assert len(neighbours(row["code"], strait=False)) == int(row["n_land_neighbours"])
        assert len(neighbours(row["code"])) == int(row["n_with_hainan_convention"])
