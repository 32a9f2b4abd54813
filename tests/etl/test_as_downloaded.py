"""Files as they are downloaded: the block that inspect prints reads each to the right figures, or the file is refused in words."""

from __future__ import annotations

import tomllib
from pathlib import Path

import corruption
import exports_files
import exports_pages
import exports_pages_found
import exports_pages_more
import exports_portal
import exports_tables
import pytest
from exports import EXPORTS, PROVINCES, YEARS, figure, separated
from exports_pages_found import INDUSTRIES, industries_page
from handmade import workbook

from panelkit.core.errors import PanelkitError, SourceError
from panelkit.core.registry import SOURCES
from panelkit.core.source import Observations
from panelkit.etl.assemble import assemble
from panelkit.etl.harmonise.units import parse_measure, plain
from panelkit.etl.look import LONGEST_PAGE, look, source_fields
from panelkit.etl.look_words import source_in_toml
from panelkit.etl.sources import _workbook
from panelkit.facts.cities import match_city
from panelkit.facts.provinces import match_province

MODULES = (exports_files, exports_pages, exports_pages_found, exports_pages_more, exports_portal, exports_tables)
CODES = {"gbt2260": match_province, "gbt2260_city": match_city, "as_printed": lambda text: " ".join(text.split())}


@pytest.fixture(autouse=True)
def in_one_process(monkeypatch):
    """Workbooks are read here and not each in a process of its own."""
    monkeypatch.setattr(_workbook, "_run", corruption.in_this_process)


def plainly(name: str) -> str:
    return "".join(plain(parse_measure(name)[0]).split())


def block_of(path, wanted, fields):
    """What inspect says a study should write, for the series that are wanted, by alias; and their printed units."""
    kind, seen = look(path)
    block = tomllib.loads("\n".join(source_in_toml(path, seen)).replace("YEAR", "2025"))["sources"]["NAME"]
    own = dict(block["series"])
    if kind != "sql":
        own = source_fields(path, seen, {f"a{i}": s for i, s in enumerate(seen.series)})["series"]
    units = {plainly(n): s.unit for n, s in zip(own.values(), seen.series, strict=False)}
    taken = {}
    for name in wanted:
        fits = [n for n in own.values() if plainly(n) == plainly(name)]
        fits = fits or [n for n in own.values() if plainly(n).startswith(plainly(name))]
        alone = len(own) == 1 or name == "*"
        taken[name] = (fits or (list(own.values()) if alone else [name]))[0]
    block |= {"series": {f"x{i}": n for i, n in enumerate(taken.values())}, "kind": kind}
    block.pop("measures", None)
    block = {k: v for k, v in {**block, **fields}.items() if v is not None}
    return block, {n: units.get(plainly(t), "") for n, t in taken.items()}


def read_block(block, path) -> Observations:
    kind = SOURCES[block["kind"]]
    given = {k: tuple(v) if isinstance(v, list) else v for k, v in block.items() if k != "path"}
    return kind.read(kind.spec(id="s", path=path.name, **given), path)


@pytest.mark.parametrize("name", EXPORTS)
def test_what_inspect_prints_reads_the_file(name, tmp_path):
    made = EXPORTS[name]()
    for file, content in made.file.files.items():
        (tmp_path / file).write_bytes(content)
    path = tmp_path / next(iter(made.file.files))
    block, units = block_of(path, made.series, made.fields)
    open_ = {f"x{i}": made.measures.get(n, "亿元") for i, n in enumerate(units) if n in made.measures or not units[n]}
    observed = read_block({**block, "measures": open_}, tmp_path / (made.file.pattern or path.name))
    for i, figures in enumerate(made.series.values()):
        rows = observed.frame[observed.frame["series"] == f"s.x{i}"]
        got = {}
        for unit, time, value in zip(rows["unit"], rows["time"], rows["value"], strict=True):
            code = CODES[made.codes](unit)
            assert code is None or got.setdefault((code, time), value) == value or value != value
        got.pop((None, 0), None)
        due = {k: v for k, v in figures.items() if v is not None}
        there = {k: v for k, v in got.items() if v == v and k[0] is not None}
        assert there == pytest.approx(due)
        assert set(figures) <= set(got)


def test_there_are_many_exports_of_every_module():
    counts = {m.__name__: sum(f.__module__ == m.__name__ for f in EXPORTS.values()) for m in MODULES}
    assert min(counts.values()) >= 8
    assert sum(counts.values()) >= 80


# ---------------------------------------------------------------- marks of numbers

TIDY = [["province", "year", "x"]]


def refused(block, path, says):
    with pytest.raises(SourceError, match=says) as caught:
        read_block(block, path)
    assert all(f.where and f.mend for f in caught.value.faults)


def test_a_comma_that_may_be_either_is_left_to_the_study(written):
    """171,691 in a file parted by semicolons."""
    rows = [
        [p.name_en, y, f"{100 + i % 900},{i % 1000:03d}"]
        for i, (p, y) in enumerate((p, y) for p in PROVINCES for y in YEARS)
    ]
    path = written(separated([*TIDY, *rows], ";"))
    _, seen = look(path)
    assert any("may be thousands or have a decimal comma" in o for o in seen.oddities)
    assert 'thousands = "?"' in source_in_toml(path, seen)
    block = {"kind": "tidy", "series": {"x": "x"}}
    refused(block, path, "separators of thousands or a decimal comma")
    by_thousands = read_block({**block, "thousands": ","}, path).frame["value"]
    by_comma = read_block({**block, "decimal": ","}, path).frame["value"]
    assert list(by_thousands) == pytest.approx([1000 * v for v in by_comma])


@pytest.mark.parametrize(
    ("printed", "fields", "value"),
    [
        ("1.234,5", {"thousands": ".", "decimal": ","}, 1234.5),
        ("1.234", {"thousands": "."}, 1234.0),
        ("1 234,5", {"thousands": " ", "decimal": ","}, 1234.5),
        ("1'234.5", {"thousands": "'"}, 1234.5),
        ("0,537", {"decimal": ","}, 0.537),
        ("1,2E3", {"decimal": ","}, 1200.0),
        ("12609.56①", {}, 12609.56),
        ("12 ②", {}, 12.0),
        ("0,537", {"thousands": ","}, None),
        ("1.5", {"decimal": ","}, None),
        ("12,34,567", {"thousands": ","}, None),
        ("12609.56²", {}, None),
        ("①", {}, None),
    ],
)
def test_marks_inside_numbers(written, printed, fields, value):
    path = written(separated([*TIDY, ["北京", 2015, printed]], "\t"))
    block = {"kind": "tidy", "series": {"x": "x"}, **fields}
    if value is None:
        return refused(block, path, "no number|separators of thousands|mark of a note")
    assert list(read_block(block, path).frame["value"]) == [value]
    return None


# ---------------------------------------------------------------- what stands between head and figures


def test_a_unit_line_above_a_table_is_held_against_the_study(written, tmp_path):
    """Whichever layout reads the file."""
    body = [[p.name_zh, *(figure(p.code, y) for y in YEARS)] for p in PROVINCES]
    rows = [["各地区年末人口"], ["", "单位：万人"], ["地区", *(f"{y}年" for y in YEARS)], *body]
    path = written(separated(rows))
    (tmp_path / "f.xlsx").write_bytes(workbook(rows))
    for kind, file, name in (
        ("nbs_csv", path, "x"),
        ("wide", path, "x"),
        ("nbs_excel", tmp_path / "f.xlsx", "x"),
        ("yearbook_page", tmp_path / "f.xlsx", "年末人口"),
    ):
        block = {"kind": kind, "series": {"x": name}}
        assert set(read_block(block, file).frame["measure"]) == {"万人"}
        refused({**block, "measures": {"x": "亿元"}}, file, "declared in 亿元 but the file prints 万人")


def test_rows_of_labels_are_no_figures_and_figures_no_labels(written):
    names, labels, units = ["prov", "year", "gdp"], ["省份", "年份", "产值"], ["", "", "亿元"]
    body = [[p.name_zh, y, figure(p.code, y)] for p in PROVINCES for y in YEARS]
    block = {"kind": "tidy", "series": {"x": "产值"}, "unit": "prov"}
    got = read_block(block, written(separated([names, labels, units, *body])))
    assert (len(got.frame), set(got.frame["measure"])) == (len(body), {"亿元"})
    assert any("row of labels below the header: 省份, 年份, 产值" in n for n in got.notes)
    spoiled = [["北京", 2013, "x1"], *body[1:]]
    refused({**block, "series": {"x": "gdp"}}, written(separated([names, *spoiled])), "'x1' is no number")


def test_cells_below_a_name_are_filled_only_as_declared(written):
    rows = [[p.name_zh if y == YEARS[0] else "", y, figure(p.code, y)] for p in PROVINCES for y in YEARS]
    path = written(separated([["province", "year", "x"], *rows]))
    block = {"kind": "tidy", "series": {"x": "x"}}
    refused(block, path, "no province.*\n.*fill_down")
    got = read_block({**block, "fill_down": ("province",)}, path)
    assert len(got.frame) == len(rows)
    assert any("filled with the one above" in n for n in got.notes)


def test_a_page_of_years_needs_the_name_of_its_unit(tmp_path):
    rows = [["2-1 主要年份生产总值"], ["单位：亿元"], ["年份", "生产总值"], *([y, figure("x", y)] for y in YEARS)]
    path = tmp_path / "f.xlsx"
    path.write_bytes(workbook(rows))
    block = {"kind": "yearbook_page", "series": {"x": "生产总值"}}
    refused(block, path, "years of one unit")
    got = read_block({**block, "unit_name": "浙江"}, path)
    assert dict(zip(got.frame["time"], got.frame["value"], strict=True)) == {y: figure("x", y) for y in YEARS}
    assert set(got.frame["vintage"]) == {2023}


def test_a_growth_rate_beside_two_years_is_of_neither(tmp_path):
    rows = [["各地区收入"], ["地区", "2019年\n(元)", "2020年\n(元)", "2020年比2019年增长(%)"]]
    rows += [[p.name_zh, figure(p.code, 2019), figure(p.code, 2020), 5.0] for p in PROVINCES]
    path = tmp_path / "f.xlsx"
    path.write_bytes(workbook(rows))
    refused({"kind": "yearbook_page", "series": {"x": "增长"}}, path, "no heading '增长'")
    grown = {"kind": "yearbook_page", "series": {"x": "2020年比2019年增长"}}
    refused(grown, path, "neither the title nor the heading")
    assert set(read_block({**grown, "year": 2020}, path).frame["time"]) == {2020}


# ---------------------------------------------------------------- a key in the columns


def by_key(observed, alias="x"):
    rows = observed.frame[observed.frame["series"] == f"s.{alias}"]
    parts = [u.split(" / ") for u in rows["unit"]]
    return {(match_province(p[0]), p[1]): v for p, v in zip(parts, rows["value"], strict=True)}


def test_industries_in_columns_are_a_key_of_the_panel(tmp_path, study_of):
    path = tmp_path / "f.xlsx"
    path.write_bytes(workbook(industries_page()))
    _, seen = look(path)
    assert any('across = "industry"' in o for o in seen.oddities)
    block = {"kind": "yearbook_page", "series": {"x": "城镇单位就业人员"}, "across": "industry"}
    got = read_block(block, path)
    due = {(p.code, n): figure(p.code, 2019, k) for p in PROVINCES for k, n in enumerate(INDUSTRIES)}
    assert by_key(got) == due
    assert any("'合计' of '城镇单位就业人员' is a total" in n for n in got.notes)
    kind = SOURCES["yearbook_page"]
    spec = kind.spec(id="s", path=path.name, breaks={}, **block)
    panel = {
        "unit": ("region", "industry"),
        "codes": {"region": "gbt2260", "industry": "as_printed"},
        "years": (2019, 2019),
    }
    made = assemble(study_of({"e": {"series": "s.x"}}, {"s": spec}, **panel), {"s": got})
    assert made.panel.rows == len(due)
    odd = study_of({"e": {"series": "s.x"}}, {"s": spec}, **{**panel, "unit": ("region", "product")})
    with pytest.raises(PanelkitError, match="no key 'industry'"):
        assemble(odd, {"s": got})


def test_several_series_over_the_same_industries(tmp_path):
    path = tmp_path / "f.xlsx"
    path.write_bytes(workbook(industries_page(parents=("就业人员", "工资总额")), ("B3:H3", "I3:O3")))
    block = {"kind": "yearbook_page", "series": {"x": "就业人员", "w": "工资总额"}, "across": "industry"}
    got = read_block(block, path)
    for alias, first in (("x", 0), ("w", 10)):
        due = {(p.code, n): figure(p.code, 2019, first + k) for p in PROVINCES for k, n in enumerate(INDUSTRIES)}
        assert by_key(got, alias) == due
    refused({**block, "series": {"x": "就业人员", "w": "利润"}}, path, "no columns stand below a heading '利润'")


# ---------------------------------------------------------------- several files and sheets


def test_files_that_contradict_each_other_are_refused_and_equal_cells_kept_once(tmp_path):
    for first in (2013, 2016):
        years = range(first, first + 5)
        rows = [["地区", *years], *([p.name_zh, *(figure(p.code, y) for y in years)] for p in PROVINCES)]
        (tmp_path / f"gdp-{first}.csv").write_text(separated(rows), "utf-8")
    block = {"kind": "wide", "series": {"x": "gdp"}, "measures": {"x": "亿元"}}
    got = read_block(block, tmp_path / "gdp-*.csv")
    assert len(got.frame) == 31 * 8
    assert any("cells that two files print alike kept once" in n for n in got.notes)
    text = (tmp_path / "gdp-2016.csv").read_text("utf-8")
    (tmp_path / "gdp-2016.csv").write_text(text.replace(str(figure("110000", 2016)), "1.5"), "utf-8")
    refused(block, tmp_path / "gdp-{year}.csv", "北京, 2016 is .* in gdp-2013.csv.* and 1.5 in gdp-2016.csv")


def test_a_year_without_a_file_is_refused_or_skipped_with_a_reason(tmp_path):
    for year in (2013, 2015):
        rows = [["province", "x"], *([p.name_zh, figure(p.code, year)] for p in PROVINCES)]
        (tmp_path / f"x-{year}.csv").write_text(separated(rows), "utf-8")
    block = {"kind": "tidy", "series": {"x": "x"}, "time": "", "years": (2013, 2015)}
    refused(block, tmp_path / "x-{year}.csv", "no file for 2014")
    got = read_block({**block, "skip": {"2014": "not published"}}, tmp_path / "x-{year}.csv")
    assert set(got.frame["time"]) == {2013, 2015}
    assert got.frame["cell"].iloc[0].startswith("x-2013.csv, line 2")
    twice = {**block, "skip": {"2014": "?"}, "files": {"2013": "x-2015.csv"}}
    refused(twice, tmp_path / "x-{year}.csv", "'x-2015.csv' would stand for 2013 and for another")
    (tmp_path / "late.csv").write_text((tmp_path / "x-2013.csv").read_text("utf-8"), "utf-8")
    named = read_block({**block, "files": {"2014": "late.csv"}}, tmp_path / "x-{year}.csv")
    assert set(named.frame["time"]) == {2013, 2014, 2015}
    refused({**block, "files": {"2014": "../x.csv"}}, tmp_path / "x-{year}.csv", "no plain file name")


def test_a_file_of_units_of_its_own_takes_no_unit_from_its_name(tmp_path):
    (tmp_path / "a.csv").write_text(separated([["province", "year", "x"], ["北京", 2015, 1]]), "utf-8")
    refused({"kind": "tidy", "series": {"x": "x"}}, tmp_path / "{unit}.csv", "has units of its own")


def test_records_of_several_files_are_added_up_as_one(tmp_path):
    rows = [[p.name_zh, f"{y}-03-01", figure(p.code, y, part)] for p in PROVINCES for y in YEARS for part in range(3)]
    for part in range(3):
        text = separated([["province", "date", "amount"], *rows[part::3]])
        (tmp_path / f"orders-{part}.csv").write_bytes(text.encode(("utf-8", "gb18030", "utf-8")[part]))
    block = {"kind": "records", "series": {"x": "sum(amount)"}, "time": "date", "measures": {"x": "元"}}
    got = read_block(block, tmp_path / "orders-*.csv").frame
    due = {(p.name_zh, y): sum(figure(p.code, y, part) for part in range(3)) for p in PROVINCES for y in YEARS}
    assert dict(zip(zip(got["unit"], got["time"], strict=True), got["value"], strict=True)) == pytest.approx(due)
    for year in (2015, 2016):
        own = separated([["amount", "province"], *([a, u] for u, d, a in rows if d.startswith(str(year)))])
        (tmp_path / f"y-{year}.csv").write_text(own, "utf-8")
    by_year = read_block({**block, "time": ""}, tmp_path / "y-{year}.csv").frame
    got = dict(zip(zip(by_year["unit"], by_year["time"], strict=True), by_year["value"], strict=True))
    assert got == pytest.approx({k: v for k, v in due.items() if k[1] in (2015, 2016)})
    (tmp_path / "orders-3.csv").write_text("province,day,amount\n北京,2015-01-01,1\n", "utf-8")
    refused(block, tmp_path / "orders-*.csv", "have not the same columns: date, day")


def test_records_are_no_page_and_are_told_so(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = (
        f"O{i},{2015 + i % 5}-03-0{1 + i % 9},{('北京市', '浙江省')[i % 2]},{i % 97}.5\n"
        for i in range(LONGEST_PAGE + 1)
    )
    path.write_text("order,date,province,amount\n" + "".join(rows), "utf-8")
    with pytest.raises(SourceError, match="kind = 'records'") as refused:
        look(path)
    assert "nbs_csv" not in str(refused.value)
