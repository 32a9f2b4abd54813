"""What a package holds, that it is the same bytes every time, and what is refused to be packed."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from panelkit import __version__
from panelkit.core import digest
from panelkit.core.errors import PackageError
from panelkit.core.label import Label
from panelkit.replication import standalone
from panelkit.replication.collect import FactTable, PackageInputs, raw_place
from panelkit.replication.environment import departures, environment, locked
from panelkit.replication.exhibits import study_lines
from panelkit.replication.ledger import ledger
from panelkit.replication.package import MANIFEST, make_package, verifier, write_package
from panelkit.replication.rights import licence, rights_in_words
from panelkit.replication.run_time import run_log, run_time

LAYOUT = {
    "README.md", "README.zh.md", "LICENSE.txt", "CITATION.cff", "datacite.json", "study.toml", "run.py", "verify.py", "ledger.json",
    "map.csv", "report.html", "quality.html", "numbers.tex", MANIFEST,
    "env/requirements.lock", "env/environment.json", f"env/panelkit-{__version__}.zip",
    "data/raw/NOT_PROVIDED.md", "data/raw/book/y.csv", "data/raw/book/y.csv.source.toml", "provenance/panel_cells.csv.gz",
    *(f"results/{n}.json" for n in ("estimates", "checks", "crosscheck", "models/both", "models/years")),
    *(f"stata/{n}.do" for n in ("both", "years", "run_all")),
    *(f"data/processed/panel.{n}" for n in ("csv", "parquet", "json", "dta")),
    *(f"data/processed/{n}" for n in ("codebook.csv", "filled.csv", "observations.parquet", "samples.csv")),
    *(f"tables/{t}.{e}" for t in ("table1", "table2") for e in ("tex", "html", "docx", "csv", "typ", "cells.json")),
}  # fmt: skip


def test_layout(files: dict[str, bytes]) -> None:
    assert set(files) == LAYOUT
    assert list(files) == sorted(files)
    assert all(files.values())


def test_closed_source_gives_no_value_away(files: dict[str, bytes]) -> None:
    assert b"secret" not in b"".join(files.values())
    frame = pd.read_parquet(io.BytesIO(files["data/processed/observations.parquet"]))
    closed = frame[frame["source"] == "closed"]
    assert len(closed) == 30
    assert closed["value"].isna().all()
    assert closed["cell"].str.startswith("line").all()
    assert frame.loc[frame["source"] == "book", "value"].notna().all()
    told = files["data/raw/NOT_PROVIDED.md"].decode()
    assert hashlib.sha256(b"secret\n").hexdigest() in told
    assert "https://example.org" in told


def test_what_the_panel_holds_of_a_closed_source_is_said(files: dict[str, bytes], inputs: PackageInputs) -> None:
    assert "The panel, which is provided, has what is made from its figures in `x`." in files["README.md"].decode()
    assert "2015-2019, 30 rows" in files["README.md"].decode()
    assert "随包提供的面板中：`x` 由其得出" in files["README.zh.md"].decode()
    assert b"not in this package" in files["quality.html"]  # the page leads there
    about = json.loads(files["data/processed/panel.json"])
    assert rights_in_words(inputs.study, about)[0].endswith("holds figures of it: x")
    unsaid = replace(inputs.study, sources={"book": replace(inputs.study.sources["book"], licence="")})
    assert rights_in_words(unsaid, about)[0].startswith("book: no licence is stated")
    assert "book (NBS): licence not stated; redistribution not forbidden by the study file" in licence(unsaid)


def test_manifest_is_what_sha256sum_reads(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = write_package(files, tmp_path / "p")
    ran = subprocess.run(
        ["sha256sum", "-c", "--quiet", MANIFEST], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_map_names_program_line_and_models(files: dict[str, bytes]) -> None:
    rows = list(csv.DictReader(io.StringIO(files["map.csv"].decode())))
    row = next(r for r in rows if r["file"] == "tables/table2.tex")
    lines = files["study.toml"].decode().splitlines()
    assert row["program"] == "panelkit table table2"
    assert lines[int(row["study_line"].split(":")[1]) - 1] == "[[tables]]"
    assert "both (study.toml:" in row["inputs"]


def test_readme_has_what_data_editors_ask(files: dict[str, bytes]) -> None:
    readme = files["README.md"].decode()
    for wanted in (
        "legitimate access",
        "permission to redistribute",
        "## Dataset list",
        "one seed, 7",
        "<10 minutes",
        "numpy",
        "## References",
    ):
        assert wanted in readme
    assert "唯一种子 7" in files["README.zh.md"].decode()


def test_ledger_holds_every_printed_number(files: dict[str, bytes]) -> None:
    numbers = json.loads(files["ledger.json"])["numbers"]
    cells = [c for t in ("table1", "table2") for c in json.loads(files[f"tables/{t}.cells.json"])]
    assert {c["cell"] for c in cells} == set(numbers)


def test_nothing_of_this_machine(files: dict[str, bytes], inputs: PackageInputs) -> None:
    everything = b"".join(files.values())
    assert str(inputs.output.parent.parent).encode() not in everything
    assert sys.prefix.encode() not in everything


def test_twice_the_same_zip(inputs: PackageInputs, files: dict[str, bytes], tmp_path: Path) -> None:
    first = write_package(files, tmp_path / "a" / "p.zip", zip=True).read_bytes()
    assert write_package(make_package(inputs), tmp_path / "b" / "p.zip", zip=True).read_bytes() == first


@pytest.mark.slow
def test_same_bytes_under_any_hash_seed(tmp_path: Path) -> None:
    code = (
        "import sys, hashlib, pathlib; sys.path.insert(0, sys.argv[1])\n"
        "from made import finished\nfrom panelkit.replication.package import make_package\n"
        "from panelkit.replication.archive import zipped\n"
        "print(hashlib.sha256(zipped(make_package(finished(pathlib.Path(sys.argv[2]))))).hexdigest())"
    )
    seen = set()
    for seed in ("0", "3"):
        ran = subprocess.run(
            [sys.executable, "-c", code, str(Path(__file__).parent), str(tmp_path / seed)],
            env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        seen.add(ran.stdout)
    assert len(seen) == 1


def test_a_package_replaces_a_package_and_nothing_else(files: dict[str, bytes], tmp_path: Path) -> None:
    target = write_package(files, tmp_path / "p")
    (target / "stray.txt").write_text("x")
    with pytest.raises(PackageError, match=r"would be lost: stray\.txt"):
        write_package(files, target)
    (target / "stray.txt").unlink()
    (target / "README.md").write_text("x")
    write_package(files, target)
    assert (target / "README.md").read_bytes() == files["README.md"]
    assert [p.name for p in tmp_path.iterdir()] == ["p"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_text("x")
    with pytest.raises(PackageError, match="no package"):
        write_package(files, tmp_path / "mine")
    with pytest.raises(PackageError, match="no package"):
        write_package(files, tmp_path / "mine", zip=True)


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda i: (i.output / "estimates.json").write_text("{}"), "not as the run made it"),
        (lambda i: (i.output / "tables" / "table2.tex").unlink(), "missing"),
        (lambda i: (i.output / "manifest.json").unlink(), "no finished run"),
        (lambda i: (i.output / "manifest.json").write_text("[1"), "no manifest"),
        (lambda i: (i.root / "data/raw/book/y.csv").write_text("other"), "changed since the run"),
        (lambda i: (i.root / "data/raw/closed/x.csv").unlink(), "missing"),
    ],
)
def test_refused(again: PackageInputs, spoil: object, what: str) -> None:
    spoil(again)  # type: ignore[operator]
    with pytest.raises(PackageError, match=what):
        make_package(again)


def test_every_fault_at_once(again: PackageInputs) -> None:
    (again.root / "data/raw/closed/x.csv").unlink()
    (again.output / "report.html").unlink()
    with pytest.raises(PackageError) as told:
        make_package(replace(again, study=replace(again.study, digest="another")))
    assert len(told.value.faults) == 3


def test_stray_files_of_an_older_run_stay_out(again: PackageInputs) -> None:
    (again.output / "tables" / "old.tex").write_text("old")
    assert "tables/old.tex" not in make_package(again)


def test_a_raw_file_stands_where_the_study_looks_for_it() -> None:
    assert raw_place("book", "data/y.csv") == "data/y.csv"
    assert raw_place("book", "raw/2016/y.csv") == "raw/2016/y.csv"
    for taken in ("../../shared/y.csv", "tables/y.csv", "data/processed/y.csv", "data/facts/y.csv", "y.csv"):
        assert raw_place("book", taken) == "data/raw/book/y.csv"


def test_a_source_of_one_file_for_each_year(again: PackageInputs) -> None:
    study, name = again.study, "data/raw/book/y-{year}.csv"
    sources = {**study.sources, "book": replace(study.sources["book"], path=name)}
    for year in (2015, 2016):
        (again.root / name.format(year=year)).write_bytes(f"of {year}".encode())
    (again.root / f"{name}.source.toml").write_text('publisher = "NBS"')
    raw = {"book": tuple(name.format(year=y) for y in (2015, 2016)), "closed": ("data/raw/closed/x.csv",)}
    seen = pd.read_parquet(again.output / "observations.parquet")
    own = seen["source"] == "book"
    seen.loc[own, "cell"] = "y-" + seen["time"].clip(upper=2016).astype(str) + ".csv!line 2, column 3"
    seen.to_parquet(again.output / "observations.parquet", index=False)
    manifest = json.loads((again.output / "manifest.json").read_text("utf-8"))
    manifest["files"]["observations.parquet"] = digest.of_bytes((again.output / "observations.parquet").read_bytes())
    (again.output / "manifest.json").write_text(json.dumps(manifest))
    files = make_package(replace(again, study=replace(study, sources=sources), raw=raw))
    assert files["data/raw/book/y-2016.csv"] == b"of 2016"
    assert f"{name}.source.toml" in files
    assert "`data/raw/book/y-2015.csv`" in files["README.md"].decode()
    places = gzip.decompress(files["provenance/panel_cells.csv.gz"]).decode()
    assert '110000,2015,y,book.y,110000,2015,data/raw/book/y-2015.csv,"y-2015.csv!' in places
    assert '110000,2019,y,book.y,110000,2019,data/raw/book/y-2016.csv,"y-2016.csv!' in places


def test_facts_that_the_panel_rests_on_are_there(again: PackageInputs) -> None:
    about = json.loads((again.output / "panel.json").read_text("utf-8"))
    about["variables"][1]["origin"]["how"] = "zone_years of pilot zones (facts: zones)"
    (again.output / "panel.json").write_text(json.dumps(about))
    manifest = json.loads((again.output / "manifest.json").read_text("utf-8"))
    manifest["files"]["panel.json"] = digest.of_bytes((again.output / "panel.json").read_bytes())
    (again.output / "manifest.json").write_text(json.dumps(manifest))
    known = tuple(
        FactTable(
            id=i, title=Label(en=f"All {i}", zh=i), source="A gazette", confidence="high", caveats=(), data=b"a,b\n"
        )
        for i in ("zones", "rivers")
    )
    files = make_package(replace(again, facts=known))
    assert files["data/facts/zones.csv"] == b"a,b\n"
    assert "data/facts/rivers.csv" not in files
    for readme in ("README.md", "README.zh.md"):
        assert "data/facts/zones.csv" in files[readme].decode()


def test_run_time_is_a_class_and_the_log_has_no_digest(inputs: PackageInputs, tmp_path: Path) -> None:
    assert [run_time(s) for s in (1, 599, 600, 7199, 10**7)] == [
        "<10 minutes",
        "<10 minutes",
        "10-60 minutes",
        "1-2 hours",
        ">14 days",
    ]
    log = run_log("small", {"model both": 1.5})
    assert run_log("small", {}) == ""
    folder = write_package(make_package(replace(inputs, run_time="1-2 hours")), tmp_path / "p", log=log)
    assert "1-2 hours" in (folder / "README.md").read_text("utf-8")
    assert (folder / "log" / "run.txt").read_text() == log
    found = standalone.verify(str(folder), ["L0", "L1"])
    assert [level["findings"] for level in found["levels"]] == [[], []]


def test_one_key_one_value() -> None:
    cell = {"cell": "t.r0.c0", "raw": 0.5, "shown": "0.500", "mark": "", "key": ["m", "x", "estimate"]}
    other = {**cell, "cell": "u.r0.c0", "raw": 0.6}
    with pytest.raises(PackageError, match=r"0\.5 in one and 0\.6"):
        ledger({"t": [cell], "u": [other]})
    with pytest.raises(PackageError, match="twice"):
        ledger({"t": [cell, cell]})
    with pytest.raises(PackageError, match="no key"):
        ledger({"t": [{**cell, "key": None}]})
    assert ledger({"t": [{**cell, "raw": "nan"}], "u": [{**other, "raw": "nan"}]})


def test_environment() -> None:
    here = environment()
    assert {"python", "numpy", "panelkit"} <= set(here)
    assert departures(here, here) == ()
    assert departures({"numpy": "1.0"}, here)[0].startswith("numpy: the package was made with 1.0")
    pins = "numpy==2.4.0 \\\n  --hash=sha256:0\nPandas_x==3.0 --hash=sha256:1\n# said\n"
    assert locked(pins) == {"numpy": "2.4.0", "pandas-x": "3.0"}


def test_study_lines_read_quoted_and_commented_heads() -> None:
    text = '[[tables]]  # main\nkind = "regression"\nid = \'t\'\n[sources."a b"]\n'
    assert study_lines(text) == {("tables", "t"): 1, ("sources", "a b"): 4}


def test_the_verifier_is_shipped_as_it_is(files: dict[str, bytes]) -> None:
    assert files["verify.py"].decode() == verifier()


def test_the_verifier_says_how_it_is_called(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = write_package(files, tmp_path / "p")
    calls = [
        subprocess.run(
            [sys.executable, "-I", "-S", "-W", "error", folder / "verify.py", a],
            capture_output=True,
            text=True,
            check=False,
        )
        for a in ("--help", "--levels=L2")
    ]
    assert [c.returncode for c in calls] == [0, 2]
    assert "python verify.py [--help] [--json] [FOLDER]" in calls[0].stdout
    assert "--levels=L2 is no option of it" in calls[1].stdout
    warned = [sys.executable, "-I", "-S", "-W", "error::DeprecationWarning", folder / "verify.py"]
    assert subprocess.run(warned, capture_output=True, text=True, check=False).returncode == 0


def test_names_that_differ_by_case_alone_are_no_package() -> None:
    from panelkit.replication.archive import refuse_alike

    refuse_alike(["tables/one.tex", "tables/two.tex"])
    with pytest.raises(PackageError, match="differ by case or accents alone"):
        refuse_alike(["data/raw/Figures.CSV", "data/raw/figures.csv"])
