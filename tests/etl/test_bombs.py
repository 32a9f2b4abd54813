"""Small files that unpack, or are read, without end: refused in words by `panelkit inspect`, in bounded time and memory."""

from __future__ import annotations

import gzip
import struct
import time
import zipfile

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from typer.testing import CliRunner

from panelkit.cli import app
from panelkit.core.errors import SourceError
from panelkit.core.registry import SOURCES
from panelkit.etl.sources import _engine, _text

duckdb = pytest.importorskip("duckdb")


def refused(path, words):
    told = CliRunner().invoke(app, ["inspect", str(path)])
    assert told.exit_code == 2, told.output
    assert words in " ".join(told.output.split()), told.output
    assert "Traceback" not in told.output


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".xls"])
@pytest.mark.parametrize("head", ["province,year,", "地区,"])
def test_a_header_of_two_million_columns(tmp_path, head, ending):
    mark = "\t" if ending == ".tsv" else ","
    text = head + ",".join(f"c{i}" for i in range(2_000_000)) + "\n" + "1," * 2_000_000 + "\n"
    path = tmp_path / f"wide{ending}"
    path.write_text(text.replace(",", mark), "utf-8")
    refused(path, "20,000 are not read" if ending != ".xls" else "no Excel file")


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_lines_without_end(tmp_path, end):
    path = tmp_path / "lines.csv"
    path.write_text("province,year,y" + end * (_text.MOST_LINES + 1), "utf-8", newline="")
    refused(path, "5,000,001 lines")


def test_as_many_columns_as_are_read_are_read():
    line = ",".join(map(str, range(_text.MOST_FIELDS)))
    assert len(_text.separated(line + "\n", ",")[0].fields) == _text.MOST_FIELDS
    with pytest.raises(SourceError, match="20,001 fields"):
        _text.separated(line + ",x\n", ",")


def test_a_parquet_file_that_names_one_text_a_million_times(tmp_path):
    one = pa.DictionaryArray.from_arrays(pa.array([0] * 3_000_000, "int32"), ["x" * 2**20])
    parquet.write_table(pa.table({"province": one}), tmp_path / "a.parquet", compression="zstd")
    assert (tmp_path / "a.parquet").stat().st_size < 100_000
    refused(tmp_path / "a.parquet", "unpacks to more than 1024 MB")


def test_a_parquet_file_of_too_many_cells(tmp_path):
    table = pa.table({c: pa.array([0] * 17_000_000, "int8") for c in ("province", "year", "y")})
    parquet.write_table(table, tmp_path / "a.parquet", compression="zstd")
    refused(tmp_path / "a.parquet", "50,000,000 are not read")


def number(value):
    return struct.pack(">i", value)


def runs_of_r(count, columns):
    """A saved R list of columns that stand in the file as "from, to"."""
    name = number(1) + number(9 | 4 << 12) + number(14) + b"compact_intseq"
    run = number(238) + number(2) + name + number(254) + number(14) + number(3) + struct.pack(">ddd", count, 1, 1)
    listed = number(19) + number(columns) + (run + number(254)) * columns
    named = number(2 | 1024) + number(1) + number(9 | 4 << 12) + number(1) + b"x" + listed + number(254)
    return gzip.compress(b"RDX2\nX\n" + number(2) + number(0) + number(0) + named)


@pytest.mark.parametrize("count", [60_000_000, 9_000_000, float("inf"), float("-inf"), float("nan"), 1e300])
def test_an_r_file_of_runs(tmp_path, count):
    (tmp_path / "a.rda").write_bytes(runs_of_r(count, 40))
    assert (tmp_path / "a.rda").stat().st_size < 1000
    refused(tmp_path / "a.rda", "the R file cannot be read")


def test_an_r_file_that_unpacks_without_end(tmp_path):
    with gzip.open(tmp_path / "a.rda", "wb", compresslevel=1) as file:
        file.write(b"RDX3\nX\n")
        for _ in range(9):
            file.write(b"\0" * 2**26)
    refused(tmp_path / "a.rda", "unpacks to more than 512 MB")


@pytest.mark.parametrize("lies", [False, True])
def test_a_workbook_that_swells(tmp_path, lies):
    path, sheet = tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml"
    space = "http://schemas.openxmlformats.org"
    kinds = f"<Relationships xmlns='{space}/package/2006/relationships'>"
    kinds += f"<Relationship Id='r1' Type='{space}/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        made.writestr("_rels/.rels", f"{kinds}/officeDocument' Target='xl/workbook.xml'/></Relationships>")
        made.writestr(
            "xl/_rels/workbook.xml.rels", f"{kinds}/worksheet' Target='worksheets/sheet1.xml'/></Relationships>"
        )
        made.writestr(
            "xl/workbook.xml",
            f"<workbook xmlns='{space}/spreadsheetml/2006/main' xmlns:r='{space}/officeDocument/2006/relationships'>"
            "<sheets><sheet name='s' sheetId='1' r:id='r1'/></sheets></workbook>",
        )
        with made.open(sheet, "w") as file:
            file.write(f"<worksheet xmlns='{space}/spreadsheetml/2006/main'><sheetData>".encode())
            for _ in range(1500):
                file.write(b"<row>" + b"<c><v>1</v></c>" * 16_000 + b"</row>")
            file.write(b"</sheetData></worksheet>")
    if lies:  # the directory of the archive says that the sheet is small
        data = bytearray(path.read_bytes())
        at = data.rindex(sheet.encode()) - 46
        data[at + 24 : at + 28] = struct.pack("<I", 1000)
        path.write_bytes(bytes(data))
    refused(path, "larger than its declared" if lies else "is not read")


@pytest.mark.parametrize(
    "query",
    [
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT '110000' AS province, 2010 AS year, max(n) AS y FROM r",
        "SELECT '110000' AS province, 2010 AS year, sum(a.range * b.range) AS y FROM range(100000000) a, range(100000000) b",
        "SELECT '110000' AS province, range AS year, 1 AS y FROM range(10000000000)",
        "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
        "SELECT * FROM 'https://127.0.0.1:9/x.parquet'",
        "SELECT " + "(" * 100_000 + "1" + ")" * 100_000,
    ],
)
def test_a_query_without_end_or_to_the_net(tmp_path, monkeypatch, query):
    monkeypatch.setattr(_engine, "LONGEST", 2)
    path = tmp_path / "a.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS y")
    kind = SOURCES["sql"]
    spec = kind.spec(id="s", kind="sql", path="a.duckdb", query=query, series={"y": "y"}, measures={"y": ""})
    with pytest.raises(SourceError, match=r"broken off after 2 seconds|the engine refuses"):
        kind.read(spec, path)


def test_all_queries_of_a_source_have_one_time_together(tmp_path, monkeypatch):
    monkeypatch.setattr(_engine, "LONGEST", 1)
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        clock = _engine.Clock()
        slow = "SELECT sum(a.range * b.range) FROM range(30000000) a, range(100000) b"
        with pytest.raises(SourceError, match="broken off after 1 seconds"):
            clock.within(connection, lambda: connection.execute(slow).fetchall(), "s")
        assert clock.left <= 0
        start = time.monotonic()
        with pytest.raises(SourceError, match="broken off"):
            clock.within(connection, lambda: connection.execute(slow).fetchall(), "s")
        assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('../secret')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM '/etc/passwd'",
        "ATTACH '/etc/passwd' AS other",
        "COPY t TO 'out.csv'",
        "COPY (SELECT 1) TO 'out.csv'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "EXPORT DATABASE 'out'",
        "IMPORT DATABASE 'out'",
        "PRAGMA database_list",
        "SET enable_external_access = true",
        "SELECT 1; COPY t TO 'out.csv'",
        "WITH a AS (SELECT * FROM sniff_csv('/etc/passwd')) SELECT * FROM a",
        "SELECT getenv('HOME') AS y",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM parquet_scan('/etc/passwd')",
        "CREATE TABLE u AS SELECT 1",
        "SELECT 1) LIMIT 0; COPY t TO 'out.csv'; SELECT (1",
    ],
)
def test_a_query_that_leaves_its_database(tmp_path, query):
    path = tmp_path / "a.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS y")
    kind = SOURCES["sql"]
    spec = kind.spec(id="s", kind="sql", path="a.duckdb", query=query, series={"y": "y"}, measures={"y": ""})
    with pytest.raises(SourceError) as caught:
        kind.read(spec, path)
    assert "root:" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["a.duckdb"]


SPREADSHEET = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="a"><Table>'
    "<Row ss:Index='{index}'><Cell ss:Index='{index}'><Data ss:Type='Number'>{number}</Data></Cell></Row></Table></Worksheet></Workbook>"
)
ARCHIVE = "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "attributes.xls",
            "<html><table " + "a=1 " * 50_000 + "><tr><td>1</td></tr></table>",
            "more than 20,000 attributes",
        ),
        ("reference.xls", "<html><table><tr><td>&#" + "9" * 9000 + ";</td></tr></table>", "the web page is damaged"),
        ("figure.xls", "<html><table><tr><td>" + "9" * 9000 + "</td><td>2015</td></tr></table>", "no header row"),
        ("index.xls", SPREADSHEET.format(index="9" * 9000, number="9" * 9000), "no header row"),
        ("heads.mht", ARCHIVE + "--b\n" + "X: y\n" * 150_000, "more parts or heads of parts"),
        ("parts.mht", ARCHIVE + "--b\nContent-Type: text/html\n\n<p>x\n" * 12_000, "more parts or heads of parts"),
    ],
)
def test_a_page_of_attributes_digits_and_parts_without_end(tmp_path, name, text, words):
    (tmp_path / name).write_text(text, "utf-8")
    refused(tmp_path / name, words)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.sqlite", b"SQLite format 3\0" + bytes(5000), "this is a SQLite database"),
        ("a.duckdb", b"SQLite format 3\0" + bytes(5000), "this is a SQLite database"),
        ("a.sav", b"$FL2@(#) SPSS" + bytes(500), "this is an SPSS file"),
        ("a.sas7bdat", bytes(12) + b"\xc2\xea\x81\x60" + bytes(500), "this is a SAS file"),
        ("a.parquet", b"PARE" + bytes(500) + b"PARE", "the Parquet file cannot be read"),
        ("folder.csv", None, "this is a folder"),
    ],
)
def test_a_file_of_another_program_is_named(tmp_path, name, data, words):
    if data is None:
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_bytes(data)
    refused(tmp_path / name, words)


def test_a_query_against_sqlite_is_told_why_not(tmp_path):
    (tmp_path / "a.db").write_bytes(b"SQLite format 3\0" + bytes(5000))
    kind = SOURCES["sql"]
    spec = kind.spec(id="s", kind="sql", path="a.db", query="SELECT 1", series={"y": "y"}, measures={"y": ""})
    with pytest.raises(SourceError, match="by an extension from the network"):
        kind.read(spec, tmp_path / "a.db")


def test_value_labels_of_stata_are_clean(tmp_path):
    import pandas as pd

    from panelkit.etl.sources._stata import stata_table

    frame = pd.DataFrame({"prov": [1, 2, 3], "sector": [1, 2, 3], "y": [1.0, 2.0, 3.0]})
    labels = {
        "prov": {1: " 北京\u3000", 2: "\u202e上海", 3: "Ｔｉａｎｊｉｎ\u200b\n"},
        "sector": {1: "制\u00a0造 业\x07", 2: "Ｍｉｎｉｎｇ", 3: "Mining "},
    }
    frame.to_stata(
        tmp_path / "a.dta",
        version=118,
        write_index=False,
        value_labels=labels,
        variable_labels={"y": " 产出\u202e（亿元）\n"},
    )
    table = stata_table((tmp_path / "a.dta").read_bytes(), "a.dta", "")
    assert table["prov"] == ["北京", "上海", "Tianjin"]
    assert table.shown["sector"] == ["制 造 业", "Mining", "Mining"]
    assert table.labels == ("", "", "产出(亿元)")
    assert "several values of 'sector' have one label: Mining" in table.notes
    assert sum("hide or turn" in note for note in table.notes) == 2
