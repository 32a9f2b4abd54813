"""Facts of provinces that do not change: regions, coast, distances; policies are in first_treated and zone_exposure."""

from __future__ import annotations

from typing import Literal

from panelkit.core.derivation import Columns, DerivationSpec, Derived, Evidence
from panelkit.core.registry import DERIVATIONS, DerivationKind
from panelkit.core.spec import spec
from panelkit.etl.derive._units import on_grid
from panelkit.facts.provinces import province
from panelkit.facts.tables import read_table

_TEXTS = frozenset({"code", "region4", "belt3", "name_en", "name_zh"})
_MEASURES = {"dist_hangzhou_km": "km", "latitude": "degrees", "longitude": "degrees", "prefectures": "units"}


@spec
class ProvinceFactSpec(DerivationSpec):
    """Which fact; see `facts.provinces.Province`. In a panel of cities: that of the city's province, such as its `code` to cluster by."""

    fact: Literal[
        "code",
        "region4",
        "belt3",
        "name_en",
        "name_zh",
        "coastal",
        "municipality",
        "autonomous_region",
        "prefectures",
        "latitude",
        "longitude",
        "dist_hangzhou_km",
    ]


def derive(options: ProvinceFactSpec, columns: Columns) -> Derived:
    """The fact in every row of the province: text for regions and names, 1 and 0 for yes and no, else a number.

    Source
    ------
    The table `provinces` of the facts, with source and confidence in its catalogue. Common error avoided: Inner Mongolia and
    Guangxi in the regions of 1986, which put them in the centre and the east.
    """
    is_text = options.fact in _TEXTS

    def value(unit: str, year: int) -> object:
        found = getattr(province(unit), options.fact)
        return found if is_text else float(found)

    return Derived(
        values=on_grid(columns, value, "object" if is_text else "float64", of_cities=True),
        measure=_MEASURES.get(options.fact, ""),
        how=f"{options.fact} of the province (facts: provinces)",
    )


def evidence(options: ProvinceFactSpec, unit: str, year: int) -> tuple[Evidence, ...]:
    """The line of the province."""
    rows = read_table("provinces")
    return tuple(
        Evidence(table="facts/provinces.csv", line=i, text=f"{row['name_zh']} {row['name_en']}")
        for i, row in enumerate(rows, start=2)
        if row["code"] == unit
    )


DERIVATIONS.register(
    DerivationKind(
        name="province_fact",
        spec=ProvinceFactSpec,
        summary="a fact of the province that does not change: region, coast, distance",
        summary_zh="不随时间变化的省份特征",
        formula="",
        facts=lambda _: ("provinces",),
        evidence=evidence,
        inputs=lambda options: (),
        derive=derive,
    )
)
