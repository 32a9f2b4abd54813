"""Yearbook pages in the layouts that are found in print, on the yearbooks' discs and on the web: each is looked at and read right."""

import pytest
from handmade import workbook_of, write
from pages import EN, ZH, body, csv, figure, html, spaced, xml_spreadsheet

from panelkit.core.errors import SourceError
from panelkit.etl.look import look

TITLE = ["2-5 各地区产值 (2015年)"]
HEAD = [TITLE, ["Output by Region (2015)"], ["单位：亿元", "(100 million yuan)"]]
NAMES = ["地 区", "Region", "总产值\nOutput", "利润\nProfits"]


def seen_as(path, kind="yearbook_page"):
    found, seen = look(path)
    assert found == kind, seen.layout
    return seen


def check(read_as, path, series, *, years=(2015,), cells=(), **fields):
    """The page is recognised, and each series has every figure of every region and year."""
    seen = seen_as(path)
    for one in seen.series:
        assert one.units_matched == 31, (one.name, one.unmatched)
        assert not one.unmatched
    got = read_as("yearbook_page", path, series={a: n for a, (n, _) in series.items()}, **fields)
    frame = got.frame.assign(code=[u.replace(" ", "").replace("\u3000", "") for u in got.frame["unit"]])
    for alias, (_, column) in series.items():
        own = frame[frame["series"] == f"s.{alias}"]
        assert set(own["time"]) == set(years)
        by_key = {(u, t): v for u, t, v in zip(own["code"], own["time"], own["value"], strict=True)}
        for region in ZH:
            for year in years:
                assert by_key[region, year] == pytest.approx(figure(region, column, year if len(years) > 1 else 0)), (
                    region,
                    year,
                )
    for alias, unit, time, cell in cells:
        own = frame[(frame["series"] == f"s.{alias}") & (frame["code"] == unit) & (frame["time"] == time)]
        assert list(own["cell"]) == [cell]
    return seen, got


TWO = {"x": ("总产值", 0), "p": ("利润", 1)}


def test_web_pages_and_xml_under_the_name_of_a_workbook(read_as, tmp_path):
    rows = [*HEAD, NAMES, *body(2), ["注：本表按当年价格计算。"]]
    page = tmp_path / "p.xls"
    page.write_bytes(html(rows))
    seen, got = check(read_as, page, TWO, cells=[("x", "北京", 2015, "page!C6")])
    assert [s.unit for s in seen.series] == ["亿元", "亿元"]
    assert any("web page saved under the name of a workbook" in n for n in got.notes)
    page.write_bytes(html(rows[1:], "2-5 各地区产值 (2015年)"))
    check(read_as, page, TWO)
    page.write_bytes(xml_spreadsheet({"2-5": rows}))
    check(read_as, page, TWO, cells=[("x", "北京", 2015, "2-5!C6")])
    page.write_bytes(csv(rows).replace(",", "\t").encode("gb18030"))
    seen, _ = check(read_as, page, TWO, cells=[("x", "北京", 2015, "line 8, column 3")])
    assert seen.encoding == "text"


def test_a_page_saved_as_csv(read_as, tmp_path):
    page = tmp_path / "p.csv"
    page.write_bytes(csv([*HEAD, NAMES, *body(2)]).encode("utf-8-sig"))
    check(read_as, page, TWO)


def test_years_side_by_side(read_as, tmp_path):
    """A parent heading over its years, years in numbers; and years over their headings."""
    years = (2013, 2014, 2015)
    head = [["2-5 各地区产值"], ["单位：亿元"], ["地 区", "Region", "总产值", None, None, "利润", None, None]]
    rows = [*head, [None, None, *map(float, years), *map(float, years)], *body(2, years=years)]
    merged = ("A3:A4", "B3:B4", "C3:E3", "F3:H3")
    cells = [("p", "北京", 2014, "1!G6")]
    _, got = check(read_as, write(tmp_path / "p.xlsx", rows, merged), TWO, years=years, cells=cells)
    assert set(got.frame["vintage"]) == {2016}
    turned = [(c, y) for y in years for c in range(2)]
    figures = [[spaced(r), *(figure(r, c, y) for c, y in turned)] for r in ZH]
    head = [["2-5 各地区产值"], ["单位：亿元"], ["地 区", "2013年", None, "2014年", None, "2015年", None]]
    rows = [*head, [None, *["总产值", "利润"] * 3], *figures]
    check(read_as, write(tmp_path / "q.xlsx", rows, ("A3:A4", "B3:C3", "D3:E3", "F3:G3")), TWO, years=years)
    check(read_as, write(tmp_path / "r.xlsx", rows), TWO, years=years)  # merged cells lost
    page = tmp_path / "s.csv"
    page.write_text(csv(rows))
    check(read_as, page, TWO, years=years)


def test_years_within_headings(read_as, tmp_path):
    years = (2014, 2015)
    head = [["2-5 各地区年末人口"], ["单位：万人"], ["地 区", "Region", "2014年末人口", "2015年末人口"]]
    path = write(tmp_path / "p.xlsx", [*head, *body(1, years=years)])
    check(read_as, path, {"x": ("末人口", 0)}, years=years)


def test_a_page_that_goes_on_below(read_as, tmp_path):
    """Further provinces, further headings, or another year below the first table."""
    half = 15
    first = [*HEAD, NAMES, *body(2, regions=ZH[:half])]
    more = [["2-5 续表", None], ["地 区", "Region", "总产值\nOutput", "利润\nProfits"], *body(2, regions=ZH[half:])]
    seen, _ = check(read_as, write(tmp_path / "p.xlsx", [*first, ["注：一"], [], *more]), TWO)
    assert len(seen.series) == 2
    wider = [["续表 continued"], ["单位：人"], ["地 区", "Region", "从业人员\nEmployees"]]
    wider += [[r[0], r[1], r[4]] for r in body(3)]
    path = write(tmp_path / "q.xlsx", [*HEAD, NAMES, *body(2), [], *wider])
    seen, _ = check(read_as, path, {**TWO, "n": ("从业人员", 2)})
    assert [s.unit for s in seen.series] == ["亿元", "亿元", "人"]
    years = (2014, 2015)
    pages = [[[f"2-5 各地区产值 ({y}年)"], ["单位：亿元"], NAMES, *body(2, years=(y,))] for y in years]
    path = write(tmp_path / "r.xlsx", [*pages[0], [], *pages[1]])
    check(read_as, path, TWO, years=years)


def test_provinces_side_by_side(read_as, tmp_path):
    """The second half of the provinces stands right of the first."""
    left, right = body(2, regions=ZH[:16], english=False), body(2, regions=ZH[16:], english=False)
    rows = [a + (b if i < len(right) else []) for i, (a, b) in enumerate(zip(left, [*right, []], strict=False))]
    rows = [[*a, *b] for a, b in zip(left, [*right, *[[None] * 3] * (len(left) - len(right))], strict=True)]
    names = ["地 区", "总产值", "利润"]
    path = write(tmp_path / "p.xlsx", [TITLE, ["单位：亿元"], [*names, *names], *rows])
    seen, _ = check(read_as, path, TWO)
    assert any("2 times side by side" in o for o in seen.oddities)


def test_names_in_the_other_language_at_the_right_end(read_as, tmp_path):
    rows = [[r[0], *r[2:], r[1]] for r in body(2)]
    path = write(tmp_path / "p.xlsx", [*HEAD[:1], ["单位：亿元"], ["地 区", "总产值", "利润", "Region"], *rows])
    seen, _ = check(read_as, path, TWO)
    assert [s.name for s in seen.series] == ["总产值", "利润"]


def test_provinces_across(read_as, tmp_path):
    head = [TITLE, ["指标", "单位", "全国", *map(spaced, ZH)]]
    figures = [
        ["总产值", "亿元", sum(figure(r, 0) for r in ZH), *(figure(r, 0) for r in ZH)],
        ["利润", "万元", sum(figure(r, 1) for r in ZH), *(figure(r, 1) for r in ZH)],
    ]
    path = write(tmp_path / "p.xlsx", [*head, *figures])
    seen, _ = check(read_as, path, TWO, cells=[("p", "天津", 2015, "1!E4")])
    assert [s.unit for s in seen.series] == ["亿元", "万元"]


def test_units_in_a_row_of_their_own_and_numbered_columns(read_as, tmp_path):
    rows = [
        TITLE,
        ["地 区", "Region", "总产值", "利润"],
        [None, None, "(亿元)", "(万元)"],
        ["甲", "乙", 1, 2],
        *body(2),
    ]
    seen, _ = check(read_as, write(tmp_path / "p.xlsx", rows), TWO)
    assert [s.unit for s in seen.series] == ["亿元", "万元"]
    rows[2] = [None, None, "亿元", "%"]
    seen, _ = check(read_as, write(tmp_path / "p.xlsx", rows), TWO)
    assert [s.unit for s in seen.series] == ["亿元", "%"]


def test_lost_merges_under_parents(read_as, tmp_path):
    """Two parents with the same children, in a text file that keeps no merged cells."""
    rows = [
        TITLE,
        ["单位：亿元"],
        ["地 区", "工业", None, "建筑业", None],
        [None, "产值", "利润", "产值", "利润"],
        *body(4, english=False),
    ]
    page = tmp_path / "p.csv"
    page.write_text(csv(rows))
    check(read_as, page, {"x": ("工业产值", 0), "y": ("建筑业利润", 3)})


def test_notes_and_marks_on_names(read_as, tmp_path):
    rows = body(2)
    rows[1][0] = "北  京①"
    rows[2][0] = "天  津 1)"
    rows[3][0] = "#河  北"
    seen = seen_as(write(tmp_path / "p.xlsx", [*HEAD, NAMES, *rows, ["① 含开发区。"]]))
    assert {s.units_matched for s in seen.series} == {31}
    assert not seen.series[0].unmatched


def test_a_unit_line_beside_the_title_and_an_edition_in_it(read_as, tmp_path):
    head = [["中国统计年鉴2016"], ["2-5 各地区产值 (2015年)", None, None, "单位：亿元"], NAMES]
    seen, _ = check(read_as, write(tmp_path / "p.xlsx", [*head, *body(2)]), TWO)
    assert seen.series[0].unit == "亿元"
    head = [["2-5 Output by Region (2015)"], ["(100 million yuan)"], ["Region", "Output", "Profits"]]
    rows = [[EN.get(r[0].replace(" ", ""), "National Total"), *r[2:]] for r in body(2)]
    seen = seen_as(write(tmp_path / "p.xlsx", [*head, *rows]))
    assert [(s.name, s.unit, s.units_matched, s.times) for s in seen.series] == [
        ("Output", "亿元", 31, (2015,)),
        ("Profits", "亿元", 31, (2015,)),
    ]


def test_figures_as_text(read_as, tmp_path):
    rows = [[*r[:2], f"{r[2]:,.2f}", f"{r[3]}%"] for r in body(2)]
    path = write(tmp_path / "p.xlsx", [TITLE, ["地 区", "Region", "总产值(亿元)", "增长率(%)"], *rows])
    seen = seen_as(path)
    assert seen.series[0].first["value"] == pytest.approx(sum(figure(r, 0) for r in ZH))
    assert any("separators of thousands" in o for o in seen.oddities)
    with pytest.raises(SourceError, match="separators of thousands"):
        read_as("yearbook_page", path, series={"x": "总产值"})
    check(read_as, path, {"x": ("总产值", 0), "p": ("增长率", 1)}, thousands=",")


def test_the_year_of_a_file_name_is_a_guess_and_said(tmp_path):
    path = write(tmp_path / "c2-5-2016.xlsx", [["2-5 各地区产值"], ["单位：亿元"], NAMES, *body(2)])
    seen = seen_as(path)
    assert seen.series[0].times == (2016,)
    assert any("2016 is from the file's name" in o for o in seen.oddities)


def test_a_workbook_of_one_sheet_for_each_year(read_as, tmp_path):
    years = (2013, 2014, 2015)
    sheets = {f"{y}年": [[f"2-5 各地区产值 ({y}年)"], ["单位：亿元"], NAMES, *body(2, years=(y,))] for y in years}
    path = tmp_path / "p.xlsx"
    path.write_bytes(workbook_of({**sheets, "说明": [["一", "二"], ["三", "四"]]}))
    kind, seen = look(path)
    assert kind == "yearbook_page"
    assert [s.name for s in seen.series][:2] == ["2013年 > 总产值 / Output", "2013年 > 利润 / Profits"]
    assert [s.times for s in seen.series] == [(y,) for y in years for _ in range(2)]
    assert any("sheet '说明' is not read: " in o for o in seen.oddities)
    _, one = look(path, "2014年")
    assert [s.first["cell"] for s in one.series] == ["2014年!C4", "2014年!D4"]
    with pytest.raises(SourceError, match="4 sheets with cells"):
        read_as("yearbook_page", path, series={"x": "总产值"})
    got = read_as("yearbook_page", path, series={"x": "总产值"}, sheet="{year}年")
    frame = got.frame[got.frame["unit"] == "北  京"]
    assert dict(zip(frame["time"], frame["value"], strict=True)) == {y: figure("北京", 0, y) for y in years}
    assert list(frame["cell"]) == ["2013年!C5", "2014年!C5", "2015年!C5"]
    with pytest.raises(SourceError, match="no sheet for 2012"):
        read_as("yearbook_page", path, series={"x": "总产值"}, sheet="{year}年", years=(2012, 2014))


def test_both_languages_in_one_cell(read_as, tmp_path):
    rows = [[f"{r[0]}  {r[1]}", *r[2:]] for r in body(2)]
    head = [TITLE, ["单位：亿元"], ["地 区 Region", "总产值 Output", "利润 Profits"]]
    seen = seen_as(write(tmp_path / "p.xlsx", [*head, *rows]))
    assert [(s.name, s.units_matched, s.unmatched) for s in seen.series] == [
        ("总产值 / Output", 31, ()),
        ("利润 / Profits", 31, ()),
    ]
    rows[2][0] = "天津  Hebei"
    seen = seen_as(write(tmp_path / "p.xlsx", [*head, *rows]))
    assert seen.series[0].unmatched == ("天津  Hebei",)
