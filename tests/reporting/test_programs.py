"""What other programs make of our files: LaTeX compiles them, LibreOffice opens them. Slow; skipped where a program is missing."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from made_up import hostile_table, made_results

import panelkit.reporting.render  # noqa: F401
from panelkit.core.exhibit import Cell, Table
from panelkit.core.label import Label
from panelkit.core.registry import RENDERERS
from panelkit.reporting.tables import descriptive, regression

pytestmark = pytest.mark.slow
PACKAGES = r"\usepackage{booktabs,siunitx,threeparttable,longtable,pdflscape}"
CHINESE = rf"""\documentclass[fontset=none]{{ctexart}}{PACKAGES}
\setCJKmainfont{{Noto Serif CJK SC}}\setCJKsansfont{{Noto Sans CJK SC}}"""


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} here")
    return found


def made(language: str) -> list[Table]:
    results = made_results(language=language)
    title = Label(en="Main", zh="主要结果")
    return [
        regression.build(
            regression.RegressionTable(id="main", title=title, samples="told", columns=("both", "single", "events")),
            results,
        ),
        regression.build(
            regression.RegressionTable(id="wide", title=title, columns=("both",) * 7, brackets="ci"), results
        ),
        descriptive.build(descriptive.DescriptiveTable(id="variables", title=title), results),
        hostile_table(language),
    ]


def typeset(command: str, head: str, tables: list[Table], folder: Path) -> str:
    for table in tables:
        (folder / f"{table.id}.tex").write_bytes(RENDERERS["latex"].render(table))
    inputs = "".join(rf"\input{{{t.id}}}" for t in tables)
    (folder / "paper.tex").write_text(rf"{head}\begin{{document}}{inputs}\end{{document}}", "utf-8")
    run = subprocess.run(
        [program(command), "-interaction=nonstopmode", "-halt-on-error", "paper.tex"],
        cwd=folder,
        capture_output=True,
        timeout=300,
    )
    log = run.stdout.decode(errors="replace")
    assert run.returncode == 0, log[-2000:]
    return log


def in_latin(table: Table) -> Table:
    """The table without its Chinese characters, which pdfLaTeX has no font for."""

    def latin(text: str) -> str:
        return "".join(c for c in text if not "\u2e80" <= c <= "\uffef")

    def cell(c: Cell) -> Cell:
        return replace(c, shown=latin(c.shown))

    rows = tuple(replace(r, label=latin(r.label), cells=tuple(map(cell, r.cells))) for r in table.rows)
    columns = tuple(replace(c, heading=tuple(map(latin, c.heading))) for c in table.columns)
    return replace(table, title=latin(table.title), rows=rows, columns=columns, notes=tuple(map(latin, table.notes)))


def test_xelatex_sets_chinese_and_english(tmp_path: Path) -> None:
    fonts = subprocess.run([program("fc-list"), "Noto Serif CJK SC"], capture_output=True, text=True).stdout
    if not fonts:
        pytest.skip("no Noto Serif CJK SC here")
    for language in ("en", "zh"):
        folder = tmp_path / language
        folder.mkdir()
        log = typeset("xelatex", CHINESE, made(language), folder)
        assert "Missing character" not in log


def test_pdflatex_sets_every_other_sign(tmp_path: Path) -> None:
    typeset("pdflatex", rf"\documentclass{{article}}{PACKAGES}", [in_latin(t) for t in made("en")], tmp_path)


def test_what_is_typeset_is_what_is_printed(tmp_path: Path) -> None:
    table = in_latin(made("en")[0])
    typeset("pdflatex", rf"\documentclass{{article}}{PACKAGES}", [table], tmp_path)
    text = subprocess.run(
        [program("pdftotext"), "-layout", "paper.pdf", "-"], cwd=tmp_path, capture_output=True, text=True
    ).stdout
    lines = [line.split() for line in text.replace("∗", "*").splitlines()]
    assert ["Observations", "32", "30", "32"] in lines
    assert ["Year", "FE", "Yes", "No", "Yes"] in lines
    assert any(line[:1] == ["<b>"] and line[1].startswith("−1.500") for line in lines)


def test_libreoffice_opens_word_files(tmp_path: Path) -> None:
    office = program("soffice")
    for table in made("zh"):
        (tmp_path / f"{table.id}.docx").write_bytes(RENDERERS["docx"].render(table))
    names = [f"{t.id}.docx" for t in made("zh")]
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [office, profile, "--headless", "--convert-to", "txt:Text", *names],
        cwd=tmp_path,
        capture_output=True,
        timeout=300,
        check=True,
    )
    assert "省份固定效应" in (tmp_path / "main.txt").read_text("utf-8-sig")
    assert "ln(人均GDP) & 100%" in (tmp_path / "hostile_1.txt").read_text("utf-8-sig")


# ---------------------------------------------------------------- sixty estimates


def sixty() -> list[Table]:
    """Tables of sixty estimates of all kinds: sizes from 1e-9 to 1e9, every covariance, missing errors, products, event times."""
    import numpy as np
    from made_up import CR3, estimate, term

    from panelkit.core.request import Classical, Clustered, Conley, DriscollKraay, NeweyWest, Robust

    random = np.random.default_rng(7)
    names = (
        "ln_gdp",
        "fdi",
        "zone",
        "back",
        "ln_gdp:zone",
        "event_time::-3",
        "event_time::>=2",
        "zone::east",
        "(constant)",
        "indirect",
    )
    kinds = (CR3, Classical(), Robust(variant="hc3"), Clustered(by=("province", "year")), Clustered(by=("province",), variant="cr2"),
             DriscollKraay(), NeweyWest(lags=2), Conley(cutoff_km=500))  # fmt: skip
    results = made_results()
    estimates = {}
    for k in range(60):
        chosen = random.permutation(len(names))[: random.integers(1, 7)]
        scale = 10.0 ** random.integers(-9, 10)
        terms = []
        for j in sorted(chosen):
            made_term = term(names[j], float(random.normal() * scale), float(abs(random.normal()) * scale + 1e-12))
            terms.append(
                replace(made_term, se=float("nan"), p=float("nan"), statistic=float("nan"))
                if random.random() < 0.05
                else made_term
            )
        absorb = (("province", "year"), ("province",), (), ("province^year",))[k % 4]
        estimates[f"m{k}"] = estimate(
            f"m{k}", tuple(terms), covariance=kinds[k % 8], absorb=absorb, rows=30 + k, outcome=("ln_lq", "fdi")[k % 2]
        )
    results = replace(results, estimates={**results.estimates, **estimates})
    tables = []
    ids = list(estimates)
    for i, brackets in zip(range(0, 60, 6), ("se", "t", "p", "ci", "se") * 2, strict=True):
        width = {"long": i % 12 == 0, "landscape": i % 18 == 0}
        spec = regression.RegressionTable(
            id=f"t{i}", title=Label(en="Six"), samples="told", columns=tuple(ids[i : i + 6]), brackets=brackets, **width
        )  # type: ignore[arg-type]
        tables.append(regression.build(spec, results))
    halves = (
        regression.ModelsPanel(label=Label(en="One"), columns=tuple(ids[:3])),
        regression.ModelsPanel(label=Label(en="Two"), columns=tuple(ids[3:6])),
    )
    tables.append(
        regression.build(
            regression.RegressionTable(id="panels", title=Label(en="Panels"), samples="told", panels=halves), results
        )
    )
    return tables


def test_sixty_estimates_compile_open_and_read_back_the_same(tmp_path: Path) -> None:
    from panelkit.reporting.numbers import read_number
    from panelkit.reporting.printed import printed

    tables = [in_latin(t) for t in sixty()]
    head = r"\documentclass{article}\usepackage{booktabs,siunitx,threeparttable,longtable,pdflscape}\usepackage[margin=2cm]{geometry}"
    log = typeset("pdflatex", head, tables, tmp_path)
    assert "Overfull" not in log, [line for line in log.splitlines() if "Overfull" in line]
    office = program("soffice")
    for table in tables:
        want = printed(table)
        for form in ("latex", "html", "docx", "csv", "typst"):
            kind = RENDERERS[form]
            data = kind.render(table)
            back = kind.parse(data)
            assert back == want, (table.id, form)
            for i, row in enumerate(table.rows):
                for j, cell in enumerate(row.cells):
                    if isinstance(cell.raw, float) and cell.raw == cell.raw and not cell.shown.startswith("<"):
                        number = read_number(back[f"r{i}.c{j}"])
                        assert number == read_number(cell.shown)
                        assert (
                            abs(number - cell.raw) <= max(0.06 * abs(cell.raw), 0.0005001)
                            if "<" not in back[f"r{i}.c{j}"]
                            else True
                        )
            if form == "docx":
                (tmp_path / f"{table.id}.docx").write_bytes(data)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    names = [f"{t.id}.docx" for t in tables]
    subprocess.run(
        [office, profile, "--headless", "--convert-to", "txt:Text", *names],
        cwd=tmp_path,
        capture_output=True,
        timeout=300,
        check=True,
    )
    for table in tables:
        text = (tmp_path / f"{table.id}.txt").read_text("utf-8-sig")
        for value in printed(table).values():
            assert value in text


def test_typst_makes_the_same_pdf_twice() -> None:
    pytest.importorskip("typst")
    table = made("en")[0]
    first = RENDERERS["pdf"].render(table)
    assert first.startswith(b"%PDF")
    assert first == RENDERERS["pdf"].render(table)


def script_tables(language: str) -> list[Table]:
    """What scripts may print: two hundred rows, thirty columns, numbers of every size, Greek, panels, one cell."""
    from test_script_tables import result

    from panelkit.reporting import table as script

    sizes = (1e-300, 1e12, -1e12, float("inf"), 0.0, 1e-7, 123456.789)
    models = {
        "long": [result({f"x_{i}": 0.1 * i for i in range(200)})] * 2,
        "broad": [result({"x": 0.1 * i, "treat": -12.345 * i}) for i in range(30)],
        "sizes": [result({f"v{i}": v for i, v in enumerate(sizes)}, se=s) for s in (0.0, 1e-300, 1e12)],
        "greek": [result({"β₁": 0.1, "α × γ": 0.2, "ln(Σx²)_{a} & 5%": 0.3, "a long name " * 9: 0.5})],
        "alone": [result({"x": 0.1})],
    }
    made = [script(m, id=name, title=name, language=language, brackets=("t", "se")) for name, m in models.items()]
    rows = {"A & B": models["alone"], "C_1": models["alone"]}
    made.append(script(panels=rows, id="blocks", term_groups={"Main & more": "*"}, language=language))
    return [part for table in made for part in table.parts()]


@pytest.mark.parametrize(("command", "language"), [("pdflatex", "en"), ("xelatex", "en"), ("xelatex", "zh")])
def test_tables_of_scripts_compile_within_the_page(command: str, language: str, tmp_path: Path) -> None:
    head = CHINESE if language == "zh" else rf"\documentclass{{article}}\usepackage[T1]{{fontenc}}{PACKAGES}"
    head = head.replace(r"\usepackage[T1]{fontenc}", r"\usepackage{fontspec}") if command == "xelatex" else head
    tables = [in_latin(t) if command == "pdflatex" else t for t in script_tables(language)]
    typeset(command, head, tables, tmp_path)
    log = typeset(command, head, tables, tmp_path)  # once more: tables across pages find their widths then
    over = [float(w) for w in re.findall(r"Overfull \\hbox \((\S+)pt", log)]
    assert max(over, default=0) < 6
    assert "Float too large" not in log
