"""What stands in a package beside results and exhibits: Stata files, places of raw cells, metadata, environment, log."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyreadstat
from made import panel

from panelkit.core.expression import parse_expression
from panelkit.core.label import Label
from panelkit.replication import standalone
from panelkit.replication.bundle import program_zip
from panelkit.replication.cells import reach, shifts
from panelkit.replication.collect import PackageInputs
from panelkit.replication.package import MANIFEST, make_package, write_package
from panelkit.replication.stata import stata_names

Files = dict[str, bytes]


def test_stata_panel(files: Files, tmp_path: Path) -> None:
    (tmp_path / "panel.dta").write_bytes(files["data/processed/panel.dta"])
    frame, about = pyreadstat.read_dta(str(tmp_path / "panel.dta"))
    mine = panel().frame
    for name in mine.columns:
        assert frame[name].tolist() == mine[name].tolist()
    assert frame["in_both"].tolist() == [1] * 30
    assert about.column_names_to_labels["y"] == "产出"
    assert b"01 Jan 1980 00:00" in files["data/processed/panel.dta"]
    assert pd.read_stata(tmp_path / "panel.dta")["x"].tolist() == mine["x"].tolist()
    names, columns = standalone.from_dta(files["data/processed/panel.dta"])
    assert names[:2] == ["province", "year"]
    assert columns[0][0] == "110000"


def test_stata_names() -> None:
    long = "a" * 40
    made = stata_names([long, f"{long}b", "1x", "销售", "int"])
    assert len(set(made.values())) == 5
    assert all(len(n) <= 32 for n in made.values())
    assert (made["1x"], made["int"]) == ("_1x", "int_")


def test_do_file(files: Files) -> None:
    text = files["stata/both.do"].decode()
    assert "keep if in_both == 1" in text
    assert "reghdfe y x, absorb(i.pk_province i.year) keepsingletons vce(cluster pk_province)" in text
    term = json.loads(files["results/estimates.json"])["estimates"][0]["terms"][0]
    assert f"assert reldif(_b[x], {term['estimate']!r}) < 1e-6" in text
    assert "CR1" in text
    assert files["stata/run_all.do"].decode().count("do ") >= 2


def test_a_formula_cannot_end_a_comment(inputs: PackageInputs) -> None:
    model = replace(inputs.study.models[0], where='province != "1"\nshell rm')
    made = make_package(replace(inputs, study=replace(inputs.study, models=(model, inputs.study.models[1]))))
    assert not any(line.startswith("shell") for line in made["stata/both.do"].decode().split("\n"))


def test_places_of_raw_cells(files: Files) -> None:
    data = files["provenance/panel_cells.csv.gz"]
    assert data[4:8] == b"\0\0\0\0"  # no time
    lines = list(csv.DictReader(io.StringIO(gzip.decompress(data).decode())))
    first = lines[0]
    assert (first["unit"], first["time"], first["variable"], first["file"], first["cell"]) == (
        "110000", "2015", "y", "data/raw/book/y.csv", "line 2, column 3",
    )  # fmt: skip
    assert len(lines) == 60 + 2


def test_lags_are_followed() -> None:
    assert shifts(parse_expression("diff(a.b, 2) + lead(c.d)")) == {("a.b", -2), ("a.b", 0), ("c.d", 1)}
    variables = {
        "x": {"origin": {"how": "ln(s.a)", "inputs": ["s.a"]}},
        "l": {"origin": {"how": "lag(x, 1)", "inputs": ["s.a"]}},
        "q": {"origin": {"how": "location_quotient: of part", "inputs": ["s.a", "s.b"]}},
    }
    assert reach("l", variables) == (("s.a", -1),)
    assert reach("q", variables) == (("s.a", 0), ("s.b", 0))


def test_metadata_and_environment(files: Files) -> None:
    made = json.loads(files["datacite.json"])
    assert [c["name"] for c in made["creators"]] == ["Wei Zhang", "A. Smith"]
    assert made["titles"][0]["title"] == "Data and Code for: Small & simple"
    assert not {"doi", "publicationYear"} & set(made)
    environment = json.loads(files["env/environment.json"])
    assert environment["platform"]["blas"]
    assert "/" not in json.dumps(environment["platform"])


def test_what_a_deposit_is_told_of_the_authors(again: PackageInputs) -> None:
    head = replace(
        again.study.head,
        orcid={"Wei Zhang": "0000-0002-1825-0097"},
        affiliations={"Wei Zhang": "University of X"},
        keywords=(Label(en="panel data", zh="面板数据"), Label(en="DID", zh="DID")),
        jel=("F14", "R12"),
        place=Label(en="Mainland China", zh="中国大陆"),
    )
    made = make_package(replace(again, study=replace(again.study, head=head)))
    about = json.loads(made["datacite.json"])
    assert about["creators"][0]["nameIdentifiers"][0]["nameIdentifier"] == "https://orcid.org/0000-0002-1825-0097"
    assert about["creators"][1] == {"name": "A. Smith"}
    assert [s["subject"] for s in about["subjects"] if s.get("subjectScheme") == "JEL"] == ["F14", "R12"]
    assert {"subject": "面板数据", "lang": "zh"} in about["subjects"]
    assert about["subjects"].count({"subject": "DID"}) == 1
    assert about["geoLocations"] == [{"geoLocationPlace": "Mainland China"}]
    cited = made["CITATION.cff"].decode()
    assert (
        '  - name: "Wei Zhang"\n    orcid: "https://orcid.org/0000-0002-1825-0097"\n    affiliation: "University of X"'
        in cited
    )
    assert 'keywords:\n  - "panel data"\n  - "DID"\n  - "F14"' in cited
    assert "Keywords: panel data, DID\n\nJEL codes: F14, R12" in made["README.md"].decode()
    assert "关键词：面板数据，DID" in made["README.zh.md"].decode()
    assert (
        "Wei Zhang (University of X, <https://orcid.org/0000-0002-1825-0097>), A. Smith" in made["README.md"].decode()
    )


def test_a_readme_in_print_is_made_of_the_readme(again: PackageInputs, files: Files) -> None:
    asked: list[tuple[str, str]] = []

    def printed(text: str, language: str) -> bytes:
        asked.append((text, language))
        return f"%PDF-1.7 {language}".encode()

    made = make_package(replace(again, printed=printed))
    assert made["README.pdf"] == b"%PDF-1.7 en"
    assert asked[0] == (made["README.md"].decode(), "en")
    assert ("README.zh.pdf" in made) == (again.study.head.language == "zh")
    assert "README.pdf" not in files


def test_both_readmes_list_the_same_files_and_exhibits(files: Files) -> None:
    def rows(name: str) -> list[list[str]]:
        return [re.findall("`[^`]+`", line) for line in files[name].decode().splitlines() if line.startswith("| ")]

    assert rows("README.md") == rows("README.zh.md")


def test_panelkit_in_the_package_runs(tmp_path: Path) -> None:
    name, data = program_zip()
    assert program_zip()[1] == data
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        parts.extractall(tmp_path)
    code = "import sys; sys.path.insert(0, sys.argv[1]); import panelkit, importlib.metadata as m; " \
           "print(panelkit.__file__.startswith(sys.argv[1]), m.version('panelkit') in sys.argv[2])"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(tmp_path), name], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True"]


def test_no_digest_covers_the_log(files: Files, tmp_path: Path) -> None:
    folder = write_package(files, tmp_path / "p", log="took 9.1 s\n")
    told = standalone.verify(str(folder), ["L0"])
    assert told["exit_code"] == 0
    assert "log/run.txt" in told["levels"][0]["notes"][0]
    assert "log/" not in files[MANIFEST].decode()
    (folder / "log" / "run.py").write_text("x")
    assert standalone.verify(str(folder), ["L0"])["exit_code"] == 1
    write_package(files, tmp_path / "a.zip", zip=True, log="1")
    write_package(files, tmp_path / "b" / "a.zip", zip=True, log="2")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b" / "a.zip").read_bytes()


def test_numbers_of_the_page_are_counted(files: Files, tmp_path: Path) -> None:
    notes = standalone.verify(str(write_package(files, tmp_path / "p")), ["L1"])["levels"][0]["notes"]
    said = "1 outside are bound to the results, 6 in sentences to what they quote; 2 are bound to nothing"
    assert any(said in n for n in notes), notes
