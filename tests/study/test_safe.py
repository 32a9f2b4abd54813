"""A stranger's study: what could reach beyond it, hide text or fill a machine is refused in words, never met by a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from panelkit.core.errors import SourceError, StudyError
from panelkit.core.source import SourceSpec
from panelkit.etl.sidecar import completed
from panelkit.pipeline import read_study
from panelkit.study.safe import unsafe

HEAD = 'schema = 1\n[study]\nid = "s"\ntitle = "T"\nseed = 1\n[panel]\nyears = [2010, 2015]\n'


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"study": {"id": "../../evil"}}, "study.id"),
        ({"models": [{"id": "../m"}]}, "models.id"),
        ({"tables": [{"id": "a/b"}]}, "tables.id"),
        ({"figures": [{"id": "C:x"}]}, "figures.id"),
        ({"sources": {"a.b": {}}}, "sources"),
        ({"variables": {"..": {}}}, "variables"),
        ({"study": {"title": "gpj\u202eexe"}}, "study.title"),
        ({"tables": [{"notes": [{"zh": "\u2066x"}]}]}, "tables[0].notes[0].zh"),
        ({"study": {"abstract": "a\0b"}}, "study.abstract"),
        ({"models": [{"inference": {"draws": 10**9}}]}, "models[0].inference.draws"),
        ({"defaults": {"seed": 10**40}}, "defaults.seed"),
        ({"panel": {"years": [1, 999999999]}}, "panel.years[1]"),
        ({"panel": {"years": [0, 2015]}}, "panel.years"),
        ({"sources": {"a": {"years": [1, 10**9]}}}, "sources.a.years[1]"),
        ({"checks": {"reset": {"powers": [2, 10**6]}}}, "checks.reset.powers[1]"),
        ({"study": {"abstract": "x" * 20_001}}, "study.abstract"),
        ({"study": {"id": "CON"}}, "study.id"),
        ({"tables": [{"columns": ["m"] * 101}]}, "tables[0].columns"),
        ({"models": [{}] * 501}, "models"),
    ],
)
def test_what_no_study_may_hold(document: dict[str, object], where: str) -> None:
    assert [f.where for f in unsafe(document)] == [where]


def test_what_every_study_holds_is_no_fault() -> None:
    document = {
        "study": {"id": "cbec-clusters", "title": {"zh": "跨境电商\n与产业集群"}},
        "variables": {"销售额": {"label": "a"}},
    }
    assert not list(unsafe(document))


@pytest.mark.parametrize(
    "tail", ["z = " + "[" * 20000 + "]" * 20000, "[" + ".".join("a" * 9000) + "]\nb = 1", "z = " + "1" * 9000]
)
def test_brackets_and_digits_without_end(tmp_path: Path, tail: str) -> None:
    (tmp_path / "study.toml").write_text(f"{HEAD}{tail}\n")
    with pytest.raises(StudyError):
        read_study(tmp_path / "study.toml")


def test_a_card_that_is_a_link_or_has_no_end(tmp_path: Path) -> None:
    source = SourceSpec(id="a", kind="tidy", path="a.csv", series={"y": "y"})
    card = tmp_path / "a.csv.source.toml"
    (tmp_path / "elsewhere.toml").write_text('publisher = "stolen"')
    card.symlink_to(tmp_path / "elsewhere.toml")
    with pytest.raises(SourceError, match="link"):
        completed(source, tmp_path / "a.csv")
    card.unlink()
    card.write_text("z = " + "[" * 20000)
    with pytest.raises(SourceError, match="cannot be read"):
        completed(source, tmp_path / "a.csv")
    card.write_text("#" * 1_000_001)
    with pytest.raises(SourceError, match="too large"):
        completed(source, tmp_path / "a.csv")


ENDLESS = {
    "plugins": ('plugins = ["os:system"]\n' + HEAD, "panelkit runs no plugin"),
    "plugins of the study": (HEAD.replace("seed", 'plugins = ["x.py"]\nseed'), "study.plugins"),
    "a comment of 120 MB": (HEAD + "#" + "x" * 120_000_000, "too large for a study"),
    "models": (
        HEAD + "".join(f'[[models]]\nid="m{i}"\nkind="fixed_effects"\n' for i in range(33_000)),
        "33,000 entries",
    ),
    "variables": (
        HEAD + "".join(f'[variables.v{i}]\nexpression="v{i + 1}"\n' for i in range(45_000)),
        "45,000 entries",
    ),
    "a sum": (HEAD + f'[variables.a]\nexpression="{"1 + " * 4_000}1"\n', "200 operators"),
    "a number": (HEAD + '[variables.a]\nexpression="lag(b, 1e999)"\n', "too large"),
    "a product": (
        HEAD + f'[[models]]\nid="m"\nkind="fixed_effects"\nformula="y ~ {":".join("x" * 11)}"\n',
        "at most 10",
    ),
    "an effect": (HEAD + '[[models]]\nid="m"\nkind="fixed_effects"\nformula="y ~ x | year^year"\n', "twice"),
    "keys": (HEAD + "".join(f"k{i}=1\n" for i in range(180_000)), "entries"),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_study_without_end_is_told_at_the_command_line(tmp_path: Path, name: str) -> None:
    from typer.testing import CliRunner

    from panelkit.cli import app

    text, words = ENDLESS[name]
    (tmp_path / "study.toml").write_text(text)
    for command in (["run", "--output", str(tmp_path / "out")], ["explain"]):
        told = CliRunner().invoke(app, [command[0], str(tmp_path / "study.toml"), *command[1:]])
        assert told.exit_code == 2
        assert words in " ".join(told.output.split()), told.output[:500]
        assert "Traceback" not in told.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("title = [1, 2]", "title"),
        ('title = { xx = "a" }', "title"),
        ("notes = 5", "notes"),
        ("[columns]\ny = 3", "columns"),
        ("files = 3", "files"),
        ("vintage = 99999999999999999999", "vintage"),
        ('publisher = "a\\u001b[2J\\u202e"', "hide or turn"),
    ],
)
def test_a_card_that_is_none_or_deceives(tmp_path: Path, card: str, words: str) -> None:
    (tmp_path / "a.csv.source.toml").write_text(card)
    with pytest.raises(SourceError, match=words):
        completed(SourceSpec(id="a", kind="tidy", path="a.csv", series={"y": "y"}), tmp_path / "a.csv")


def test_letters_that_deceive_are_taken_out_of_a_file_and_told(tmp_path: Path) -> None:
    from panelkit import building

    lines = [f"{firm},{year},{year}" for firm in ("a\x01\x1b[2J", "gpj\u202eexe") for year in (2010, 2011)]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "f.csv").write_text("\n".join(["firm,year,y", *lines, ""]), encoding="utf-8")
    head = HEAD.replace("years = [2010, 2015]", 'unit = "firm"\nyears = [2010, 2011]')
    source = '[sources.f]\nkind = "tidy"\npath = "data/f.csv"\nunit = "firm"\ntime = "year"\nseries = { y = "y" }\n'
    model = '[[models]]\nid = "m"\nkind = "fixed_effects"\nformula = "y ~ 1"\n'
    (tmp_path / "study.toml").write_text(f'{head}{source}[variables.y]\nseries = "f.y"\n{model}')
    study = read_study(tmp_path / "study.toml")
    assert building.build_panel(study).units == ("a[2J", "gpjexe")
    assert any("U+001B" in note for note in building.read_sources(study)["f"].notes)
