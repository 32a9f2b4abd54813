"""Pages of yearbooks: layouts that change, units that change, encryption, and what is refused."""

import pytest
from handmade import locked, workbook, write

from panelkit.core.errors import SourceError
from panelkit.etl.look import look

REGIONS = [
    ("全 国", "National Total"),
    ("东部地区", "Eastern Region"),
    ("北 京", "Beijing"),
    ("天津", "Tianjin"),
    ("河北", "Hebei"),
]


def page(
    year=2015,
    unit="单位：亿元",
    names=("企业数\n(个)\nNumber of\nEnterprises\n(unit)", "营业\n收入\nRevenue"),
    values=None,
):
    """A page of two columns of figures; the nation is the sum."""
    values = values or {"北 京": (10, 1.5), "天津": (20, 2.5), "河北": (30, 3.5)}
    total = tuple(sum(v[i] for v in values.values()) for i in (0, 1))
    rows = [[f"5-3 各地区高技术产业({year}年)"], ["Statistics by Region"], [unit], ["地 区", "Region", *names], []]
    for zh, en in REGIONS:
        rows.append([zh, en, *(values.get(zh) or (total if zh == "全 国" else (1, 0.1)))])
    return [*rows, ["注：一"]]


FIELDS = {"series": {"firms": "企业数", "revenue": "营业收入"}}


def cell(observed, series, unit, time):
    frame = observed.frame
    found = frame[(frame["series"] == f"s.{series}") & (frame["unit"] == unit) & (frame["time"] == time)]
    return float(found["value"].iloc[0]), found["cell"].iloc[0], found["measure"].iloc[0]


def test_a_page_is_read_by_its_headings(read_as, tmp_path):
    got = read_as("yearbook_page", write(tmp_path / "p.xlsx", page()), **FIELDS)
    assert cell(got, "firms", "天津", 2015) == (20.0, "1!C9", "个")
    assert cell(got, "revenue", "天津", 2015) == (2.5, "1!D9", "亿元")
    assert set(got.frame["vintage"]) == {2016}
    assert any("footer passed over: 注:一" in n for n in got.notes)
    english = read_as("yearbook_page", tmp_path / "p.xlsx", series={"r": "revenue"})
    assert cell(english, "r", "北 京", 2015)[0] == 1.5


def test_headings_over_rows_and_under_merged_parents(read_as, tmp_path):
    rows = [
        ["1-4 R&D人员全时当量 (2012年)"],
        ["单位：人年", "(man-year)"],
        ["地 区", "Region", "合  计", "按活动分", None, None],
        [None, None, "Total", "基础", "应用", "试验"],
        [None, None, None, "研究", "研究", "发展"],
        [],
        ["全 国", "National Total", 6, 1, 2, 3],
        ["北 京", "Beijing", 4, 1, 1, 2],
        [],
        ["天 津", "Tianjin", 2, 0, 1, 1],
        ["河 北", "Hebei", None, None, None, None],
    ]
    path = write(tmp_path / "p.xlsx", rows, ("D3:F3",))
    got = read_as("yearbook_page", path, series={"all": "合计", "applied": "按活动分应用研究"})
    assert cell(got, "applied", "天 津", 2012) == (1.0, "1!E10", "人年")
    assert got.frame["value"].isna().sum() == 2
    kind, seen = look(path)
    assert kind == "yearbook_page"
    assert [s.name for s in seen.series] == ["合计 / Total", "按活动分基础研究", "按活动分应用研究", "按活动分试验发展"]


def test_one_page_for_each_year(read_as, tmp_path):
    write(tmp_path / "raw-2015.xlsx", page(2015, names=("企业数(个)", "主营业务收入")))
    (tmp_path / "raw-2016.xlsx").write_bytes(locked(workbook(page(2016))))
    thousands = {"北 京": (10, 15000), "天津": (20, 25000), "河北": (30, 35000)}
    write(tmp_path / "other.xlsx", page(2018, unit="单位：万元", values=thousands))
    template = tmp_path / "raw-{year}.xlsx"
    series = {"firms": "企业数", "revenue": "主营业务收入 | 营业收入"}
    with pytest.raises(SourceError, match=r"no file 'raw-2017.xlsx' for 2017[^$]*skip = "):
        read_as("yearbook_page", template, series=series, years=(2015, 2018), files={"2018": "other.xlsx"})
    got = read_as(
        "yearbook_page",
        template,
        series=series,
        years=(2015, 2018),
        files={"2018": "other.xlsx"},
        skip={"2017": "not published"},
        measures={"revenue": "亿元"},
    )
    assert cell(got, "revenue", "天津", 2015)[1:] == ("raw-2015.xlsx!1!D9", "亿元")
    assert cell(got, "revenue", "天津", 2018) == (2.5, "other.xlsx!1!D9", "亿元")
    assert any("no page of 2017: not published" in n for n in got.notes)
    assert any("converted from 万元 to 亿元" in n for n in got.notes)
    assert any("Excel's default password" in n for n in got.notes)
    assert sorted(got.frame["vintage"].unique()) == [2016, 2017, 2019]


def test_headings_by_year(read_as, tmp_path):
    write(tmp_path / "p-2015.xlsx", page(2015))
    write(tmp_path / "p-2016.xlsx", page(2016, names=("企业数(个)", "营业收入净额")))
    fields = {"series": {"firms": "企业数", "revenue": "营业收入"}}
    with pytest.raises(SourceError, match=r"no heading '营业收入'.*\n.*did you mean '营业收入净额'"):
        read_as("yearbook_page", tmp_path / "p-{year}.xlsx", **fields)
    own = {"revenue": {"2016-2020": "营业收入净额"}, "firms": {"2016": ""}}
    got = read_as("yearbook_page", tmp_path / "p-{year}.xlsx", headings=own, **fields)
    assert set(got.frame[got.frame["series"] == "s.firms"]["time"]) == {2015}
    assert any("not printed on the page of 2016" in n for n in got.notes)


def changed(row, column, text, **given):
    rows = page(**given)
    rows[row] = [*rows[row]]
    rows[row][column] = text
    return rows


@pytest.mark.parametrize(
    ("rows", "fields", "says"),
    [
        (page(), {"series": {"x": "出口"}}, "no heading '出口'"),
        (changed(8, 1, "Hebei"), FIELDS, r"1!A9: the two names of a row are not of one region: 天津 and Hebei"),
        (changed(8, 2, "2O"), FIELDS, r"1!C9 \(天津\): '2O' is no number"),
        (changed(8, 2, "3,078"), FIELDS, "separators of thousands"),
        (page(), {**FIELDS, "measures": {"revenue": "万人"}}, "declared in 万人 but the file prints 亿元"),
        (page(unit="单位：亿元，万人"), FIELDS, "no unit of measure for 'revenue'"),
        (page(), {**FIELDS, "year": 2016}, "title is of 2015, the source says 2016"),
        (page(), {**FIELDS, "title_has": "专利"}, "title does not have '专利'"),
        ([[*r[:2], None, *r[2:]] if n == 8 else r for n, r in enumerate(page())], FIELDS, "column without a heading"),
        ([*page()[:-1], [None, None, 5, 6]], FIELDS, "figures stand beside no region"),
        ([["标题"], ["甲", 1], ["乙", 2]], FIELDS, "no column of regions"),
        (page(names=("企业数(个)", "企业数")), {"series": {"f": "企业数"}}, "several columns fit"),
    ],
)
def test_what_is_refused(read_as, tmp_path, rows, fields, says):
    with pytest.raises(SourceError, match=says) as caught:
        read_as("yearbook_page", write(tmp_path / "p.xlsx", rows), **fields)
    assert all(f.where and f.mend for f in caught.value.faults)


def test_figures_one_row_below_their_name(read_as, tmp_path):
    rows = page()
    at = next(n for n, r in enumerate(rows) if r and r[0] == "天津")
    rows[at : at + 1] = [["天津", "Tianjin"], [None, None, 20, 2.5]]
    got = read_as("yearbook_page", write(tmp_path / "p.xlsx", rows), **FIELDS)
    assert cell(got, "firms", "天津", 2015)[0] == 20.0
    assert any("stand one row below its name" in n for n in got.notes)


def test_languages_that_contradict_each_other_are_flagged(read_as, tmp_path):
    rows = page(names=("出口额\nImports", "进口额\nExports"))
    got = read_as("yearbook_page", write(tmp_path / "p.xlsx", rows), series={"x": "出口额"})
    assert sum("contradict each other" in n for n in got.notes) == 2


def test_a_password_of_its_own(read_as, tmp_path):
    path = tmp_path / "p.xlsx"
    path.write_bytes(locked(workbook(page()), "other"))
    with pytest.raises(SourceError, match="encrypted under a password of its own"):
        read_as("yearbook_page", path, **FIELDS)


def test_file_names_do_not_lead_out_of_the_folder(read_as, tmp_path):
    with pytest.raises(SourceError, match="no plain file name"):
        read_as("yearbook_page", tmp_path / "p-{year}.xlsx", files={"2015": "../p.xlsx"}, **FIELDS)


def test_one_damaged_page_does_not_take_the_others_along(read_as, tmp_path):
    write(tmp_path / "p-2015.xlsx", page(2015))
    (tmp_path / "p-2016.xlsx").write_bytes(b"PK\x03\x04 broken")
    write(tmp_path / "p-2017.xlsx", page(2018))
    with pytest.raises(SourceError) as caught:
        read_as("yearbook_page", tmp_path / "p-{year}.xlsx", **FIELDS)
    said = str(caught.value)
    assert "damaged" in said
    assert "title is of 2018, the source says 2017" in said
