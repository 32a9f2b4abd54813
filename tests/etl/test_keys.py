"""Units of several keys: figures of fewer keys, indices over industries, lineage and gaps, against the same by hand; laws."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panelkit.core.errors import PanelError, PanelkitError
from panelkit.core.registry import SOURCES
from panelkit.etl.against_nation import ratios_to_nation, sums
from panelkit.etl.assemble import Assembled, assemble
from panelkit.etl.lineage import lineage_of
from panelkit.etl.quality import quality_report
from panelkit.etl.raw_cells import cells_of
from panelkit.facts.provinces import provinces
from panelkit.numerics.concentration import location_quotients

PLACES = [p.code for p in provinces()][:6]
INDUSTRIES = ["17", "18", "26", "39"]
YEARS = (2015, 2018)
SPAN = range(YEARS[0], YEARS[1] + 1)
KEYS = ("province", "industry")

Build = Callable[..., Assembled]


def drawn(seed: int, *, absent: int = 3) -> pd.DataFrame:
    """Cells with jobs, a figure of the province, one of the industry, one of the nation; some cells do not exist."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([PLACES, INDUSTRIES, SPAN], names=["province", "industry", "year"])
    frame = index.to_frame(index=False)
    frame["jobs"] = rng.uniform(1, 50, len(frame)).round(3)
    for name, keys in (("gdp", ["province", "year"]), ("price", ["industry", "year"]), ("cpi", ["year"])):
        levels = frame[keys].drop_duplicates().reset_index(drop=True)
        levels[name] = rng.uniform(100, 200, len(levels)).round(3)
        frame = frame.merge(levels, on=keys)
    pairs = frame[["province", "industry"]].drop_duplicates().reset_index(drop=True)
    gone = pairs.iloc[rng.choice(len(pairs), absent, replace=False)].assign(gone=True)
    frame = frame.merge(gone, on=["province", "industry"], how="left")
    return frame[frame.gone.isna()].drop(columns="gone").reset_index(drop=True)


@pytest.fixture
def build(tmp_path: Path, source_of: Any, study_of: Any) -> Build:
    """Files of four levels of a frame, and the panel of variables made of them."""

    def make(frame: pd.DataFrame, variables: dict[str, Any], **panel: Any) -> Assembled:
        files = {
            "cells": (
                ["province", "industry", "year", "jobs"],
                {"province": "province", "industry": "industry"},
                "jobs",
            ),
            "gdp": (["province", "year", "gdp"], "province", "gdp"),
            "price": (["industry", "year", "price"], "industry", "price"),
            "cpi": (["year", "cpi"], "", "cpi"),
        }
        sources, observed = {}, {}
        for name, (columns, unit, series) in files.items():
            if panel.get("unit", KEYS) != KEYS and name in ("cells", "price"):
                continue
            path = tmp_path / f"{name}.csv"
            frame[columns].drop_duplicates().sample(frac=1, random_state=3).to_csv(path, index=False)
            measures = {series: {"jobs": "万人", "gdp": "亿元"}.get(series, "")}
            spec = source_of(
                "tidy", path, id=name, unit=unit, series={series: series}, measures=measures, industries="2017"
            )
            sources[name], observed[name] = spec, SOURCES["tidy"].read(spec, path)
        codes = {} if "unit" in panel else {"codes": {"industry": "gbt4754_2017"}}
        study = study_of(variables, sources, **{"unit": KEYS, "years": YEARS, **codes, **panel})
        made = assemble(study, observed)
        build.study = study  # type: ignore[attr-defined]
        return made

    build: Any = make
    return make


def by_hand(frame: pd.DataFrame, build: Build) -> pd.DataFrame:
    return frame.sort_values(["province", "industry", "year"]).reset_index(drop=True)


def test_figures_of_fewer_keys_are_merged_as_by_hand(build: Build) -> None:
    frame = drawn(1)
    series = {n: {"series": f"{n}.{n}"} for n in ("gdp", "price", "cpi")}
    made = build(frame, {"jobs": {"series": "cells.jobs"}, **series})
    panel, hand = made.panel.frame, by_hand(frame, build)
    assert panel.province_industry.tolist() == (hand.province + " / " + hand.industry).tolist()
    for name in ("jobs", "gdp", "price", "cpi"):
        np.testing.assert_array_equal(panel[name], hand[name])
    assert made.panel.parts == KEYS
    assert made.panel.names[:4] == ("province_industry", "year", "province", "industry")
    assert "figures of the whole, by time" in " ".join(made.notes)
    assert made.national.groupby("unit")["series"].unique().map(list).to_dict() == {
        "nation": ["cpi.cpi"],
        **{f"* / {j}": ["price.price"] for j in INDUSTRIES},
    }


@pytest.mark.parametrize("among", [True, False], ids=["rows among the provinces", "a file of its own"])
def test_national_rows_of_an_industry_are_held_against_the_sum_of_its_cells(
    tmp_path: Path, source_of: Any, study_of: Any, among: bool
) -> None:
    frame = drawn(1, absent=0)[["province", "industry", "year", "jobs"]]
    totals = frame.groupby(["industry", "year"], as_index=False)["jobs"].sum().assign(province="全国")
    totals.loc[totals.industry == "26", "jobs"] *= 1.2
    files = {"cells": pd.concat([frame, totals]) if among else frame, "nation": totals.drop(columns="province")}
    sources, observed = {}, {}
    for name, own in files.items():
        path = tmp_path / f"{name}.csv"
        own.to_csv(path, index=False)
        unit = {k: k for k in KEYS if k in own}
        fields = {"unit": unit, "series": {"jobs": "jobs"}, "measures": {"jobs": "万人"}, "industries": "2017"}
        sources[name] = source_of("tidy", path, id=name, **fields)
        observed[name] = SOURCES["tidy"].read(sources[name], path)
    codes = {"industry": "gbt4754_2017"}
    study = study_of({"jobs": {"series": "cells.jobs"}}, sources, unit=KEYS, years=YEARS, codes=codes)
    made = assemble(study, observed)
    ratios = ratios_to_nation(study, made, {} if among else {"cells.jobs": "nation.jobs"})
    assert ratios.groupby("group")["ratio"].mean().to_dict() == pytest.approx(
        {"* / 17": 1.0, "* / 18": 1.0, "* / 26": 1 / 1.2, "* / 39": 1.0}
    )
    found = sums(ratios)
    assert (found.verdict, [r["group"] for r in found.rows]) == ("says", ["* / 26"])
    assert "cells.jobs 26 " in found.text.en
    assert "化学原料" in found.text.zh


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), absent=st.integers(0, 6))
def test_location_quotients_of_cells(
    tmp_path_factory: Any, source_of: Any, study_of: Any, seed: int, absent: int
) -> None:
    frame = drawn(seed, absent=absent)
    path = tmp_path_factory.mktemp("lq") / "cells.csv"
    frame.to_csv(path, index=False)
    spec = source_of(
        "tidy", path, unit={k: k for k in KEYS}, series={"jobs": "jobs"}, measures={"jobs": "万人"}, industries="2017"
    )
    variables = {
        "lq": {"derive": "location_quotient", "with": {"part": "s.jobs", "form": "ratio"}},
        "jobs": {"series": "s.jobs"},
    }
    study = study_of(variables, {"s": spec}, unit=KEYS, codes={"industry": "gbt4754_2017"})
    panel = assemble(study, {"s": SOURCES["tidy"].read(spec, path)}).panel.frame
    for _, own in panel.groupby("year"):
        table = own.pivot(index="province", columns="industry", values="jobs")
        wanted = pd.DataFrame(location_quotients(table.fillna(0.0).to_numpy()), table.index, table.columns)
        got = own.pivot(index="province", columns="industry", values="lq")
        np.testing.assert_allclose(got.to_numpy()[~got.isna()], wanted.to_numpy()[~got.isna()], rtol=1e-12)
        weights = table.sum(axis=1) / table.sum().sum()
        np.testing.assert_allclose((got.fillna(0).mul(weights, axis=0)).sum(), 1.0, rtol=1e-12)  # weighted mean 1


def test_indices_of_provinces_are_those_of_a_panel_of_provinces(
    build: Build, study_of: Any, source_of: Any, tmp_path: Path
) -> None:
    frame = drawn(2, absent=0)
    kinds = {
        "h": ("hhi", {}),
        "k": ("krugman_specialisation", {}),
        "d": ("diversity", {"form": "relative"}),
        "s": ("diversity", {"form": "shannon"}),
    }
    made = build(frame, {n: {"derive": k, "with": {"part": "cells.jobs", **o}} for n, (k, o) in kinds.items()})
    table = frame.pivot(index=["province", "year"], columns="industry", values="jobs").add_prefix("j").reset_index()
    path = tmp_path / "table.csv"
    table.to_csv(path, index=False)
    series = {c: c for c in table.columns[2:]}
    spec = source_of("tidy", path, series=series, measures=dict.fromkeys(series, "万人"))
    parts = {c: f"s.{c}" for c in series}
    other = assemble(
        study_of({n: {"derive": k, "with": {"parts": parts, **o}} for n, (k, o) in kinds.items()}, {"s": spec}),
        {"s": SOURCES["tidy"].read(spec, path)},
    ).panel.frame
    both = made.panel.frame.merge(other, on=["province", "year"], suffixes=("", "_wide"))
    assert len(both) == made.panel.rows
    for name in kinds:
        np.testing.assert_allclose(both[name], both[f"{name}_wide"], rtol=1e-12)


def test_concentration_of_industries(build: Build) -> None:
    frame = drawn(3)
    made = build(
        frame,
        {
            "g": {"derive": "spatial_gini", "with": {"part": "cells.jobs"}},
            "h": {"derive": "hhi", "with": {"part": "cells.jobs", "over": "province"}},
            "plants": {"expression": "0.1 + 0 * price.price"},
            "eg": {"derive": "ellison_glaeser", "with": {"part": "cells.jobs", "plant_hhi": "plants"}},
            "mean_h": {"expression": "mean_by(h, year)"},
        },
    )
    panel = made.panel.frame
    for _year, own in frame.groupby("year"):
        table = own.pivot(index="province", columns="industry", values="jobs").reindex(PLACES).fillna(0.0)
        x = table.sum(axis=1) / table.sum().sum()
        shares = table / table.sum()
        here = panel[panel.year == _year].drop_duplicates("industry").set_index("industry")
        gini = ((shares.sub(x, axis=0)) ** 2).sum()
        np.testing.assert_allclose(here.g.reindex(gini.index), gini, rtol=1e-12)
        np.testing.assert_allclose(here.h.reindex(gini.index), (shares**2).sum(), rtol=1e-12)
        room = 1 - (x**2).sum()
        np.testing.assert_allclose(here.eg.reindex(gini.index), (gini - room * 0.1) / (room * 0.9), rtol=1e-12)
        np.testing.assert_allclose(here.mean_h, (shares**2).sum().mean(), rtol=1e-12)  # each industry counts once


def test_a_province_counts_once(build: Build) -> None:
    frame = drawn(4, absent=5)
    variables = {
        "z": {"expression": "standardise(gdp.gdp)"},
        "total": {"expression": "sum_by(gdp.gdp, year)"},
        "index": {"derive": "entropy_index", "with": {"components": {"gdp.gdp": "+", "ln_gdp": "-"}}},
        "ln_gdp": {"series": "gdp.gdp", "transform": "ln"},
        "lagged": {"expression": "lag(gdp.gdp)"},
        "dose": {"derive": "zone_exposure"},
        "region": {"derive": "province_fact", "with": {"fact": "region4"}, "kind": "category"},
        "real": {"expression": "gdp.gdp / cpi.cpi"},
    }
    cells = build(frame, {**variables, "jobs": {"series": "cells.jobs"}}, gaps="list").panel.frame
    alone = build(frame, variables, gaps="list", unit="province").panel.frame
    both = cells.merge(alone, on=["province", "year"], suffixes=("", "_alone"), validate="many_to_one")
    for name in variables:
        if name == "region":
            assert both.region.equals(both.region_alone)
        else:
            np.testing.assert_allclose(both[name], both[f"{name}_alone"], rtol=1e-12)


def test_fills_of_a_province_are_made_once_and_counted_in_every_cell(build: Build) -> None:
    frame = drawn(5, absent=0)
    blank = (frame.province == PLACES[0]) & (frame.year == 2016)
    frame.loc[blank, "gdp"] = np.nan
    made = build(frame, {"gdp": {"series": "gdp.gdp", "fill": "linear"}, "jobs": {"series": "cells.jobs"}}, gaps="fill")
    panel = made.panel.frame.set_index(["province", "industry", "year"]).gdp
    ends = frame[(frame.province == PLACES[0]) & frame.year.isin([2015, 2017])].groupby("year").gdp.first()
    assert panel.loc[PLACES[0], "17", 2016] == pytest.approx(ends.mean())
    assert made.panel.variable("gdp").filled == len(INDUSTRIES)
    assert made.filled["gdp"].sum() == len(INDUSTRIES)
    assert next(c for c in made.checks if c.name == "gaps").value == 1.0


def test_gaps_are_counted_at_their_level(build: Build) -> None:
    frame = drawn(6, absent=0)
    frame.loc[(frame.province == PLACES[1]) & (frame.year == 2017), "gdp"] = np.nan
    frame = frame[~((frame.province == PLACES[2]) & (frame.industry == "17") & (frame.year == 2018))]
    with pytest.raises(PanelError) as caught:
        build(frame, {"gdp": {"series": "gdp.gdp"}, "jobs": {"series": "cells.jobs"}})
    text = str(caught.value)
    assert "gdp.gdp has 1 gap " in text
    assert f"{PLACES[1]} / *" in text
    assert "cells.jobs has 1 gap " in text
    assert f"{PLACES[2]} / 17 2018" in text


def test_a_place_without_one_industry_has_no_total(build: Build) -> None:
    frame = drawn(7, absent=0)
    frame.loc[(frame.province == PLACES[0]) & (frame.industry == "17") & (frame.year == 2016), "jobs"] = np.nan
    made = build(frame, {"lq": {"derive": "location_quotient", "with": {"part": "cells.jobs"}}}, gaps="list")
    panel = made.panel.frame.set_index(["province", "year"])
    assert panel.loc[(PLACES[0], 2016)].lq.isna().all()
    assert panel.lq.isna().sum() == len(INDUSTRIES)
    assert any("1 of 24 province-years have a industry without a figure" in n or "no total" in n for n in made.notes)


def test_excluded_by_a_part(build: Build) -> None:
    frame = drawn(8)
    made = build(frame, {"jobs": {"series": "cells.jobs"}}, exclude={PLACES[0]: "a reason", "39": "another"})
    assert PLACES[0] not in set(made.panel.column("province"))
    assert "39" not in set(made.panel.column("industry"))
    assert next(s.why for s in made.panel.history if "excluded" in s.why).startswith("Beijing (110000) excluded")


def test_lineage_of_every_level(build: Build, study_of: Any) -> None:
    frame = drawn(9, absent=0)
    variables = {"real": {"expression": "cells.jobs * gdp.gdp / cpi.cpi"}}
    made = build(frame, variables)
    sources = {n: type("S", (), {"path": f"{n}.csv", "publisher": ""})() for n in ("cells", "gdp", "price", "cpi")}
    study = study_of(variables, sources, unit=KEYS, years=YEARS)
    chain = lineage_of("real", "北京/17", 2016, study, made)
    assert chain.unit == "110000 / 17"
    assert [leaf.value is not None for leaf in chain.leaves()] == [True] * 3
    assert [leaf.place["path"] for leaf in chain.leaves()] == ["cells.csv", "gdp.csv", "cpi.csv"]
    found = cells_of("real", "110000 / 17", 2016, study, made.observations)
    assert sorted(c["unit"] for c in found) == ["* / *", "110000 / *", "110000 / 17"]
    with pytest.raises(PanelError, match="write it as"):
        lineage_of("real", "Mars/17", 2016, study, made)


def test_the_quality_report_of_cells(build: Build, study_of: Any) -> None:
    frame = drawn(10)
    variables = {"jobs": {"series": "cells.jobs"}, "gdp": {"series": "gdp.gdp"}, "cpi": {"series": "cpi.cpi"}}
    made = build(frame, variables)
    sources = made.observations.groupby("source").size().index
    real = {n: _source(n) for n in sources}
    report = quality_report(study_of(variables, real, unit=KEYS, years=YEARS), made, language="en")
    balance = next(c for c in report.checks if c.name == "balance")
    assert f"{len(frame) // 4} units x 4 years" in balance.text.en


def _source(name: str) -> Any:
    from panelkit.core.source import SourceSpec

    return SourceSpec(id=name, kind="tidy", path=f"{name}.csv", series={name: name})


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"unit": {"province": "province", "sector": "industry"}}, "the panel has no key 'sector'"),
        ({"unit": "jobs"}, "province"),
        ({"at": {"product": "1"}}, "the panel has no key 'product'"),
        (
            {"unit": {"province": "province", "industry": "industry"}, "at": {"industry": "17"}},
            "is a column of the file too",
        ),
    ],
)
def test_keys_that_do_not_fit_are_refused(
    change: dict[str, Any], text: str, tmp_path: Path, source_of: Any, study_of: Any
) -> None:
    path = tmp_path / "f.csv"
    drawn(1).to_csv(path, index=False)
    spec = source_of("tidy", path, **{"unit": {k: k for k in KEYS}, "series": {"jobs": "jobs"}, **change})
    study = study_of({"jobs": {"series": "s.jobs"}}, {"s": spec}, unit=KEYS, years=YEARS)
    with pytest.raises(PanelkitError, match=text):
        assemble(study, {"s": SOURCES["tidy"].read(spec, path)})


def test_a_file_of_one_industry(tmp_path: Path, source_of: Any, study_of: Any) -> None:
    frame = drawn(11, absent=0)
    sources, observed = {}, {}
    for code in INDUSTRIES:
        path = tmp_path / f"i{code}.csv"
        frame[frame.industry == code][["province", "year", "jobs"]].to_csv(path, index=False)
        sources[f"i{code}"] = source_of("tidy", path, id=f"i{code}", series={"jobs": "jobs"}, at={"industry": code})
        observed[f"i{code}"] = SOURCES["tidy"].read(sources[f"i{code}"], path)
    variables = {"a": {"series": "i17.jobs"}}
    made = assemble(study_of(variables, sources, unit=KEYS, years=YEARS, gaps="list"), observed)
    assert len(made.panel.units) == len(PLACES) * len(INDUSTRIES)
    own = made.panel.frame[made.panel.frame.industry == "17"]
    hand = frame[frame.industry == "17"].sort_values(["province", "year"])
    np.testing.assert_array_equal(own.a, hand.jobs)
    assert made.panel.frame[made.panel.frame.industry != "17"].a.isna().all()


def test_indices_of_cells_in_a_panel_of_one_key_are_refused(build: Build) -> None:
    frame = drawn(12)
    for kind in ("krugman_specialisation", "diversity"):
        with pytest.raises(PanelkitError, match="no key of activities"):
            build(frame, {"x": {"derive": kind, "with": {"part": "gdp.gdp"}}}, unit="province")
    with pytest.raises(PanelkitError, match="co-agglomeration is of places"):
        build(
            frame,
            {
                "x": {
                    "derive": "coagglomeration",
                    "with": {"first": "cells.jobs", "second": "cells.jobs", "whole": "gdp.gdp"},
                }
            },
        )


def test_a_national_export_of_the_portal_deflates_a_province_panel(
    tmp_path: Path, source_of: Any, study_of: Any
) -> None:
    frame = drawn(13)
    frame[["province", "year", "gdp"]].drop_duplicates().to_csv(tmp_path / "gdp.csv", index=False)
    text = "数据库：年度数据\n时间：最近4年\n指标,2018年,2017年,2016年,2015年\n"
    text += "居民消费价格指数(上年=100),102,101,103,104\n数据来源：国家统计局\n"
    (tmp_path / "nation.csv").write_bytes(text.encode("gb18030"))
    gdp = source_of("tidy", tmp_path / "gdp.csv", id="gdp", series={"gdp": "gdp"}, measures={"gdp": "亿元"})
    nation = source_of("nbs_csv", tmp_path / "nation.csv", id="nation", series={"cpi": "居民消费价格指数"})
    variables = {
        "gdp": {"series": "gdp.gdp"},
        "real": {"derive": "deflate", "with": {"amount": "gdp.gdp", "index": "nation.cpi", "base": 2015}},
    }
    study = study_of(variables, {"gdp": gdp, "nation": nation}, years=YEARS)
    made = assemble(
        study,
        {
            "gdp": SOURCES["tidy"].read(gdp, tmp_path / "gdp.csv"),
            "nation": SOURCES["nbs_csv"].read(nation, tmp_path / "nation.csv"),
        },
    )
    panel = made.panel.frame
    chained = {2015: 1.0, 2016: 1.03, 2017: 1.03 * 1.01, 2018: 1.03 * 1.01 * 1.02}
    np.testing.assert_allclose(panel.real, panel.gdp / panel.year.map(chained), rtol=1e-12)
    chain = lineage_of("real", PLACES[0], 2017, study, made)
    assert any("nation.csv" in leaf.how and "one figure for *" in leaf.how for leaf in chain.leaves())


def test_a_panel_of_cities_and_products_with_the_province_of_each(
    tmp_path: Path, source_of: Any, study_of: Any
) -> None:
    rows = [(c, p, y, 1.0) for c in ("杭州", "宁波市", "苏州市", "浙江省") for p in ("toys", "shoes") for y in SPAN]
    path = tmp_path / "cells.csv"
    pd.DataFrame(rows, columns=["城市", "product", "year", "x"]).to_csv(path, index=False)
    spec = source_of("tidy", path, unit={"city": "城市", "product": "product"}, series={"x": "x"})
    variables = {
        "x": {"series": "s.x"},
        "province": {"derive": "province_fact", "with": {"fact": "code"}, "kind": "category"},
        "dose": {"derive": "zone_exposure", "with": {"level": "city"}},
    }
    study = study_of(variables, {"s": spec}, unit=("city", "product"), codes={"city": "gbt2260_city"}, years=YEARS)
    made = assemble(study, {"s": SOURCES["tidy"].read(spec, path)})
    panel = made.panel.frame
    assert sorted(set(panel.city)) == ["320500", "330100", "330200"]
    assert dict(zip(panel.city, panel.province, strict=True)) == {
        "320500": "320000",
        "330100": "330000",
        "330200": "330000",
    }
    assert panel[(panel.city == "330100") & (panel.year == 2017)].dose.tolist() == [1.0, 1.0]
    assert made.panel.unit_name("330100 / toys").en == "Hangzhou, toys (330100 / toys)"
    assert any("a province, its cities are in it" in n for n in made.notes)


def test_orders_become_location_quotients_and_an_absent_cell_is_zero(
    tmp_path: Path, source_of: Any, study_of: Any
) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "地区": rng.choice(["浙江", "江苏 ", "广东"], 500),
            "行业": rng.choice(["C17", "18", "纺织服装、服饰业", "39"], 500),
            "日期": rng.choice(["2018-03-01", "2019/4/1", "20200501", "2018年6月"], 500),
            "金额": rng.uniform(1, 9, 500).round(2),
        }
    )
    frame = frame[~((frame["地区"] == "广东") & (frame["行业"] == "39") & frame["日期"].str.startswith("2019"))]
    path = tmp_path / "orders.csv"
    frame.to_csv(path, index=False)
    spec = source_of(
        "records", path, unit={"province": "地区", "industry": "行业"}, time="日期", absent="zero",
        series={"sales": "sum(金额)", "mean": "mean(金额)", "days": "distinct(日期)"},
        measures={"sales": "元", "mean": "元", "days": ""},
    )  # fmt: skip
    with pytest.raises(PanelkitError, match=r"stand.*times|are both"):
        _orders(spec, path, study_of, {"sales": {"series": "s.sales"}})
    frame = frame.assign(行业=frame["行业"].replace("纺织服装、服饰业", "18"))
    frame.to_csv(path, index=False)
    variables = {
        "sales": {"series": "s.sales"},
        "mean": {"series": "s.mean"},
        "days": {"series": "s.days"},
        "lq": {"derive": "location_quotient", "with": {"part": "s.sales", "form": "ratio"}},
    }
    panel = _orders(spec, path, study_of, variables).set_index(["province", "industry", "year"])
    assert panel.loc[("440000", "39", 2019), "sales"] == 0
    assert panel.loc[("440000", "39", 2019), "lq"] == 0
    year = frame["日期"].str[:4].astype(int)
    own = frame[(frame["地区"] == "浙江") & (frame["行业"] == "18") & (year == 2018)]
    cell = panel.loc[("330000", "18", 2018)]
    assert cell.sales == pytest.approx(own["金额"].sum(), rel=1e-14)
    assert cell["mean"] == pytest.approx(own["金额"].mean(), rel=1e-14)
    assert cell.days == own["日期"].nunique()
    here = panel.xs(2018, level="year").sales.unstack()
    wanted = location_quotients(here.to_numpy())
    np.testing.assert_allclose(panel.xs(2018, level="year").lq.unstack().to_numpy(), wanted, rtol=1e-12)


def _orders(spec: Any, path: Path, study_of: Any, variables: dict[str, Any]) -> pd.DataFrame:
    codes = {"industry": "gbt4754_2017"}
    study = study_of(variables, {"s": spec}, unit=KEYS, codes=codes, years=(2018, 2020), gaps="list")
    return assemble(study, {"s": SOURCES["records"].read(spec, path)}).panel.frame
