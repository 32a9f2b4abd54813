"""What verify reports: levels, digits where numbers part, exit codes; and the single file on its own."""

from __future__ import annotations

import ast
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import resealed
from scipy import stats

from panelkit.core.errors import EstimationError
from panelkit.core.exhibit import Cell, Column, Row, Table
from panelkit.core.registry import RENDERERS
from panelkit.replication import standalone
from panelkit.replication.package import MANIFEST, manifest_of, verifier, write_package
from panelkit.replication.rerun import digit_where_they_part
from panelkit.replication.verify import verify
from panelkit.reporting.numbers import shown


def anew(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "results" / "estimates.json").read_text("utf-8"))


def nudged(*path: Any, by: float) -> Any:
    def rerun(folder: Path) -> dict[str, Any]:
        made = anew(folder)
        holder = made["estimates"]
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] *= 1 + by
        return made

    return rerun


def test_verified_from_raw_bytes_to_rerun(files: dict[str, bytes], tmp_path: Path) -> None:
    for package in (write_package(files, tmp_path / "p"), write_package(files, tmp_path / "p.zip", zip=True)):
        report = verify(package, rerun=anew)
        assert report.exit_code == 0
        assert [(level.level, level.verdict) for level in report.levels] == [
            ("L0", "verified"),
            ("L1", "verified"),
            ("L2", "verified"),
        ]
        assert all(level.compared > 30 for level in report.levels)


@pytest.mark.parametrize(
    ("path", "by", "verdict"),
    [
        ((0, "terms", 0, "estimate"), 1e-9, "verified"),
        ((0, "terms", 0, "estimate"), 1e-6, "differs"),
        ((0, "terms", 0, "se"), 1e-6, "differs"),
        ((0, "resampled", 0, "p"), 1e-10, "differs"),
        ((0, "resampled", 0, "p"), 1e-14, "verified"),
        ((0, "fit", "rss"), 1e-7, "differs"),
        ((1, "covariance_matrix", 0, 0), 1e-7, "differs"),
    ],
)
def test_tolerance_by_kind(files: dict[str, bytes], tmp_path: Path, path: Any, by: float, verdict: str) -> None:
    report = verify(write_package(files, tmp_path / "p"), levels=("L2",), rerun=nudged(*path, by=by))
    assert report.levels[0].verdict == verdict
    assert report.exit_code == (verdict == "differs")


def test_says_the_digit(files: dict[str, bytes], tmp_path: Path) -> None:
    report = verify(
        write_package(files, tmp_path / "p"), levels=("L2",), rerun=nudged(0, "terms", 0, "estimate", by=1e-5)
    )
    assert "both.terms.x.estimate" in report.levels[0].findings[0]
    assert "significant digit 6" in report.levels[0].findings[0]


def test_digit() -> None:
    assert digit_where_they_part(0.245, 0.945) == 1
    assert digit_where_they_part(1.0, 1.0) == 17
    assert digit_where_they_part(123.456, 123.457) == 6


def test_counts_are_exact_and_absent_terms_are_found(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = write_package(files, tmp_path / "p")

    def one_row_more(at: Path) -> dict[str, Any]:
        made = anew(at)
        made["estimates"][0]["sample"]["rows"] += 1
        made["estimates"][1]["terms"] = []
        return made

    found = " ".join(verify(folder, levels=("L2",), rerun=one_row_more).levels[0].findings)
    assert "both.sample.rows" in found
    assert "years.terms.x" in found


def test_another_engine_version_is_no_difference(files: dict[str, bytes], tmp_path: Path) -> None:
    def newer(at: Path) -> dict[str, Any]:
        made = anew(at)
        made["estimates"][0]["engine_version"] = "9"
        return made

    assert verify(write_package(files, tmp_path / "p"), levels=("L2",), rerun=newer).exit_code == 0


def test_not_rerun_is_said_and_is_no_success(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = write_package(files, tmp_path / "p")
    report = verify(folder)
    assert (report.levels[-1].verdict, report.exit_code) == ("not rerun", 2)
    assert verify(folder, levels=("L0", "L1")).exit_code == 0

    def fails(at: Path) -> dict[str, Any]:
        raise EstimationError("there is no variation in x")

    assert verify(folder, levels=("L2",), rerun=fails).levels[0].verdict == "differs"


def test_code_of_a_package_is_not_run(files: dict[str, bytes], tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    poison = f"open({str(marker)!r}, 'w')\n".encode()
    spoilt = {
        **files,
        "run.py": poison,
        "verify.py": poison,
        "study.toml": b'plugins = ["mine"]\n' + files["study.toml"],
    }
    spoilt[MANIFEST] = manifest_of(spoilt).encode()
    folder = write_package(spoilt, tmp_path / "p")
    called: list[Path] = []

    def rerun(at: Path) -> dict[str, Any]:
        called.append(at)
        return anew(at)

    report = verify(folder, rerun=rerun)
    assert report.levels[-1].verdict == "not rerun"
    assert "plugins" in report.levels[-1].notes[0]
    assert "not this panelkit's" in report.notes[0]
    assert not called
    assert verify(folder, levels=("L2",), rerun=rerun, plugins="run").exit_code == 0
    assert called
    assert not marker.exists()


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", *arguments], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip


def test_the_single_file_needs_nothing_installed(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = write_package(files, tmp_path / "a b 包")
    good = command(folder)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "L1 verified" in good.stdout
    (folder / "tables" / "table2.tex").write_bytes(files["tables/table2.tex"].replace(b".809", b".909"))
    bad = command(folder, "--json")
    assert bad.returncode == 1
    told = json.loads(bad.stdout)
    assert [level["verdict"] for level in told["levels"]] == ["differs", "differs"]
    assert "0.909***" in told["levels"][1]["findings"][0]
    (folder / MANIFEST).unlink()
    assert command(folder).returncode == 2


def test_the_single_file_is_python_3_9_and_standard() -> None:
    tree = ast.parse(verifier(), feature_version=(3, 9))
    imported = {
        (n.module or "") if isinstance(n, ast.ImportFrom) else a.name
        for n in ast.walk(tree)
        if isinstance(n, (ast.Import, ast.ImportFrom))
        for a in n.names
    }
    assert {i.split(".")[0] for i in imported} <= set(sys.stdlib_module_names) | {"__future__"}
    called = {n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    assert not called & {"eval", "exec", "compile", "__import__"}
    assert not any(k.arg == "strict" for n in ast.walk(tree) if isinstance(n, ast.Call) for k in n.keywords)


PLAIN = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Co", "Cn"), blacklist_characters="\u2028\u2029\ufeff"), max_size=12
)


@settings(deadline=None, max_examples=40)
@given(PLAIN, PLAIN, PLAIN, st.sampled_from(["", "*", "***", "a"]))
def test_the_single_file_reads_what_the_renderers_write(label: str, first: str, second: str, mark: str) -> None:
    import panelkit.reporting.render  # noqa: F401

    rows = (
        Row(
            kind="term",
            label=label,
            cells=(Cell(raw=1.0, shown=first, mark=mark, key=("m", "x", "estimate")), Cell(raw=None, shown=second)),
        ),
        Row(kind="panel", label=label),
        Row(
            kind="stat",
            label="N",
            cells=(Cell(raw=30, shown="\u22121,030.5", key=("m", "", "rows")), Cell(raw=None, shown="")),
        ),
    )
    columns = (Column(id="a", heading=("(1)",)), Column(id="b", heading=("(1)",), align="left"))
    table = Table(id="t", title=label, columns=columns, rows=rows, notes=("50% & more", label))
    for name, read in (("csv", standalone.from_csv), ("latex", standalone.from_tex), ("docx", standalone.from_docx),
                       ("typst", standalone.from_typ)):  # fmt: skip
        data = RENDERERS[name].render(table)
        mine = read(data)
        assert {k: v for k, v in mine.items() if ".c" in k} == RENDERERS[name].parse(data), name
        assert mine["r2.label"] == "N"
        assert mine["note0"] == "50% & more", name
    page = standalone.from_html(RENDERERS["html"].render(table))
    assert {k: v for k, v in page.tables["t"].items() if ".c" in k} == RENDERERS["html"].parse(
        RENDERERS["html"].render(table)
    )


@settings(deadline=None)
@given(st.floats(-1e12, 1e12), st.integers(0, 6))
def test_every_shown_number_rounds_its_value(value: float, digits: int) -> None:
    assert standalone.rounds(value, f"({shown(value, digits)})")


@settings(deadline=None)
@given(st.floats(0, 1), st.integers(1, 6))
def test_every_shown_p_rounds_its_value(p: float, digits: int) -> None:
    assert standalone.rounds(p, f"[{shown(p, digits, kind='p')}]")


@settings(deadline=None)
@given(st.floats(-60, 60), st.sampled_from([1.0, 2.0, 5.0, 29.5, 30.0, 200.0, 6041.0, math.inf]))
def test_tail_of_t(t: float, df: float) -> None:
    wanted = 2 * (stats.norm.sf(abs(t)) if math.isinf(df) else stats.t.sf(abs(t), df))
    assert standalone.tail(t, df) == pytest.approx(wanted, rel=1e-8, abs=1e-14)


def test_wrong_digits_do_not_round() -> None:
    assert not standalone.rounds(0.245, "0.945")
    assert not standalone.rounds(0.2456, "0.245")
    assert not standalone.rounds(-0.245, "0.245")
    assert not standalone.rounds("yes", "No")
    assert not standalone.rounds(0.2, "<0.001")
    assert not standalone.rounds(30, "3")


def test_intervals_and_figures_known_beforehand() -> None:
    assert standalone.rounds("0.4609, 0.8053", "[0.461, 0.805]")
    assert standalone.rounds("nan, inf", "[–, ∞]")
    assert not standalone.rounds("0.4609, 0.8053", "[0.461, 0.905]")
    assert not standalone.rounds("0.4609, 0.8053", "[0.461]")
    book = {
        "numbers": {"t.r1.c1": {"exhibit": "t", "key": ["m", "x", "estimate"]}},
        "settings": {"t": {"kind": "comparison"}},
    }
    entries: dict[str, dict[str, Any]] = {"t": {"r1.c1": book["numbers"]["t.r1.c1"]}}
    row = {"term": "x", "field": "estimate", "known": 0.5}
    standalone.foreknown(book, {("m", "expected"): {"name": "expected", "of": "m", "rows": [row]}}, entries)
    assert entries["t"]["r1.c0"] == {"foreknown": 0.5}
    level = standalone.Level("L1")
    standalone.against({"r1.c0": "0.900"}, {"r1.c0": entries["t"]["r1.c0"]}, ("f", "t"), {}, level)
    assert level.told()["verdict"] == "differs"


def test_numbers_bound_outside_of_tables_are_held_too(files: dict[str, bytes], tmp_path: Path) -> None:
    for text, verdict in (("0.809", "verified"), ("0.909", "differs")):
        page = files["report.html"].replace(
            b"<html><body>", f'<html><body><b data-key="both|x|estimate">{text}</b>'.encode()
        )
        spoilt = {**files, "report.html": page}
        assert verify(write_package(resealed(spoilt), tmp_path / text), levels=("L1",)).levels[0].verdict == verdict


def test_effects_of_a_figure_are_held_against_the_curves(files: dict[str, bytes], tmp_path: Path) -> None:
    effects = json.loads(files["results/estimates.json"])["estimates"][0]["curves"]["event_time"]
    names = ("at", "label", "estimate", "se", "low", "high", "p", "rows", "reference")
    lines = [",".join(str({**e, "reference": 0}[n]) for n in names) for e in effects]
    for changed, verdict in ((False, "verified"), (True, "differs")):
        shown = [line.replace("0.05", "0.01") if changed else line for line in lines]
        spoilt = {**files, "figures/f.csv": ("\n".join([",".join(names), *shown]) + "\n").encode()}
        spoilt["map.csv"] = (
            files["map.csv"] + b"f,figures/f.csv,panelkit figure f,study.toml:0,data/processed/panel.csv\n"
        )
        for readme in ("README.md", "README.zh.md"):
            spoilt[readme] = files[readme] + b"| f | | `panelkit figure f` | study.toml:0 | `figures/f.csv` |\n"
        book = json.loads(files["ledger.json"])
        model = json.loads(files["results/estimates.json"])["estimates"][0]["id"]
        book["figures"] = {"f": {"kind": "event_study", "model": model, "curve": "event_time"}}
        spoilt["ledger.json"] = json.dumps(book).encode()
        assert (
            verify(write_package(resealed(spoilt), tmp_path / str(changed)), levels=("L1",)).levels[0].verdict
            == verdict
        )


def test_a_second_engine_that_has_no_error_of_its_own_is_no_finding(files: dict[str, bytes], tmp_path: Path) -> None:
    made = {n: json.loads(files[n]) for n in ("results/crosscheck.json", "results/checks.json")}
    rows = [r for m in made["results/crosscheck.json"]["models"] for r in m["values"]]
    rows += [
        r for c in made["results/checks.json"]["checks"] if c["name"] == "second_engine" for r in c.get("rows") or ()
    ]
    assert rows
    for alone, verdict in ((False, "verified"), (True, "differs")):
        for row in rows:
            row |= {"other_se": None, "se_difference": 0.1 if alone else None}
        spoilt = {**files, **{n: json.dumps(d).encode() for n, d in made.items()}}
        (found,) = verify(write_package(resealed(spoilt), tmp_path / str(alone)), levels=("L1",)).levels
        assert found.verdict == verdict, found.findings[:3]


def test_the_verdict_stands_first_and_what_to_do_last(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = write_package(files, tmp_path / "p")
    good = command(folder).stdout.split("\n")
    assert good[0].startswith("VERIFIED: nothing differs at L0, L1 (")
    assert "panelkit verify FOLDER" in good[-2]
    (folder / "tables" / "table2.tex").write_bytes(files["tables/table2.tex"].replace(b".809", b".909"))
    bad = command(folder).stdout
    assert bad.startswith("DIFFERS: ")
    assert re.search(r"Where it differs \(findings, file\):\n +\d+  tables/table2\.tex\n", bad)
    assert "What to do - L0: " in bad
    assert "What to do - L1: " in bad
    assert str(verify(folder, levels=("L0",))).startswith("DIFFERS: 1 at L0\n")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["no such folder"], "there is no folder"),
        (["verify.py"], "it is a file; name the folder that holds MANIFEST.sha256"),
        (["p.zip"], "it is a zip: unpack it first"),
        (["outer"], "the package is in outer"),
        (["tables"], "this is no package"),
        (["--fast"], "is no option of it"),
        (["tables", "data"], "it takes one folder, not 2"),
    ],
)
def test_what_is_no_package_is_told_with_what_to_give(
    files: dict[str, bytes], tmp_path: Path, given: list[str], said: str
) -> None:
    folder = write_package(files, tmp_path / "p")
    (folder / "p.zip").write_bytes(b"PK")
    (folder / "outer" / "inner").mkdir(parents=True)
    (folder / "outer" / "inner" / MANIFEST).write_text("x")
    done = command(folder, *given)
    assert done.returncode == 2
    assert done.stdout.startswith("cannot verify: ")
    assert said in done.stdout
    assert not done.stderr
