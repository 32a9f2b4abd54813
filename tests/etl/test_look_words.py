"""What `panelkit inspect` prints: aligned under Chinese, complete, and the source it proposes reads the file."""

import json
import tomllib

import pytest
from handmade import write
from pages import ZH, body, figure
from typer.testing import CliRunner

from panelkit.cli import app
from panelkit.core.registry import SOURCES
from panelkit.etl.look import look
from panelkit.etl.look_words import cut, padded, source_in_toml, table, width

OLD = (
    "数据库：分省年度数据\n指标：地区生产总值(亿元)\n时间：最近2年\n地区,2016年,2015年\n"
    "北京市,2,1\n天津市,4,3\n河北省,6,\n数据来源：国家统计局\n"
)


def inspect(*arguments):
    done = CliRunner().invoke(app, ["inspect", *map(str, arguments)])
    return done.exit_code, done.stdout


def test_texts_take_the_columns_they_take_on_a_terminal():
    assert (width("北京 a"), padded("北京", 6), padded("北京", 6, right=True)) == (6, "北京  ", "  北京")
    assert cut("地区生产总值", 7) == "地区生…"
    lines = table([("一", "1"), ("abc", "10")], frozenset({1}))
    assert lines == ["一    1", "abc  10"]


def test_a_portal_export_in_words(written):
    code, said = inspect(written(OLD, encoding="gb18030"))
    assert code == 0
    for part in (
        "portal, old",
        "gb18030",
        "亿元",
        "2015-2016",
        "北京市 2016 = 2 (line 5, column 2)",
        "1 blank cell kept as missing",
    ):
        assert part in said
    assert 'kind = "nbs_csv"' in said


def test_the_json_form(written):
    code, said = inspect(written(OLD), "--json")
    assert code == 0
    made = json.loads(said)
    assert {"layout", "encoding", "vintage_hint", "series", "oddities", "kind"} <= set(made)
    assert {"name", "unit", "times", "units_matched", "unmatched", "missing", "first"} <= set(made["series"][0])
    assert made["series"][0]["first"] == {"unit": "北京市", "time": 2016, "value": 2.0, "cell": "line 5, column 2"}


def test_two_exports_in_words(written):
    one = written(OLD)
    other = written(OLD.replace("4,3", "4,3.3").replace("2016年,2015年", "2016年,2015年"), "g.csv")
    code, said = inspect(one, "--vintages", other)
    assert code == 0
    for part in (
        "5 cells stand in both: 4 equal, 1 differ",
        "+10.00",
        "line 6, column 3",
        "differ in 2015, equal otherwise: 天津",
    ):
        assert part in said, said


def files(tmp_path, written):
    two = (("产值", "亿元"), ("人口", "万人"))
    tidy = "province,year,指标,单位,值\n" + "".join(
        f"{r},{y},{n},{u},{figure(r, c, y)}\n" for r in ZH for y in (2014, 2015) for c, (n, u) in enumerate(two)
    )
    wide = "省份,gdp2014,gdp2015\n" + "".join(f"{r},{figure(r, 0, 2014)},{figure(r, 0, 2015)}\n" for r in ZH)
    rows = [
        ["2-5 各地区产值 (2015年)"],
        ["单位：亿元"],
        ["地 区", "Region", "总产值\nOutput", "利润\nProfits"],
        *body(2),
    ]
    yield written(OLD, "old.csv")
    yield written(tidy, "tidy.csv")
    yield written(wide, "wide.csv")
    yield write(tmp_path / "page.xlsx", rows)
    yield write(tmp_path / "grouped.xlsx", [*rows[:3], *([*r[:2], f"{r[2]:,.1f}", f"{r[3]:,.1f}"] for r in rows[3:])])


def test_the_source_it_proposes_reads_the_file(tmp_path, written):
    """What is proposed is a source of that kind, and its figures are those of the look."""
    for path in files(tmp_path, written):
        kind, seen = look(path)
        text = "\n".join(source_in_toml(path, seen)).replace("vintage = YEAR", "vintage = 2020").replace('"?"', '""')
        fields = tomllib.loads(text)["sources"]["NAME"]
        fields.setdefault("measures", {})
        if kind == "wide":
            fields["measures"] = dict.fromkeys(fields["series"], "亿元")
        spec = SOURCES[kind].spec(id="s", **{**fields, "path": path.name})
        got = SOURCES[kind].read(spec, path).frame
        for alias, one in zip(fields["series"], seen.series, strict=False):
            own = got[(got["series"] == f"s.{alias}") & (got["cell"] == one.first["cell"])]
            assert list(own["value"]) == [one.first["value"]], (path.name, alias)


@pytest.mark.parametrize("name", ["说明.txt", "x.pdf"])
def test_what_is_no_table_is_refused_in_words(tmp_path, name):
    path = tmp_path / name
    path.write_bytes("没有表".encode())
    done = CliRunner().invoke(app, ["inspect", str(path)])
    assert done.exit_code == 2
    assert "mend:" in done.stderr
