"""A study file: what is right comes through typed, and every fault is told at once with its key path and the nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest

import panelkit
from panelkit.core.errors import StudyError

SOUND = """
schema = 1
[study]
id = "s"
title = "A study"
seed = 1
[panel]
unit = "firm"
years = [2000, 2005]
[sources.raw]
kind = "tidy"
path = "data/raw/x.csv"
unit = "firm"
time = "year"
series = { y = "y", x = "x" }
[variables.y]
series = "raw.y"
[variables.x]
expression = "ln(raw.x)"
[[models]]
id = "m"
kind = "fixed_effects"
formula = "y ~ x | firm + year"
"""


def read(tmp_path: Path, text: str) -> panelkit.Study:
    path = tmp_path / "study.toml"
    path.write_text(text, "utf-8")
    return panelkit.read_study(path)


def faults(tmp_path: Path, text: str) -> dict[str, tuple[str, str]]:
    with pytest.raises(StudyError) as caught:
        read(tmp_path, text)
    return {f.where: (f.what, f.mend) for f in reversed(caught.value.faults)}


def test_a_sound_study_is_typed(tmp_path: Path) -> None:
    study = read(tmp_path, SOUND)
    assert study.head.title.zh == "A study"
    assert study.panel.code_list == "as_printed"
    assert study.model("m").formula == "y ~ x | firm + year"
    assert set(study.checks_of(study.model("m"))) == {"second_engine", "few_clusters"}


def test_the_digest_is_over_content_not_layout(tmp_path: Path) -> None:
    assert read(tmp_path, SOUND).digest == read(tmp_path, SOUND.replace("seed = 1", "seed  =  1 # a comment")).digest
    assert read(tmp_path, SOUND).digest != read(tmp_path, SOUND.replace("seed = 1", "seed = 2")).digest


def test_every_fault_at_once(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        SOUND.replace("seed = 1", 'seed = "one"')
        .replace('unit = "firm"\nyears', 'unti = "firm"\nyears')
        .replace("ln(raw.x)", "lm(raw.xx)")
        .replace("y ~ x | firm", "y ~ z | frim"),
    )
    assert set(found) == {"study.seed", "panel.unti"}, "what cannot be typed is told first"
    found = faults(tmp_path, SOUND.replace("ln(raw.x)", "lm(raw.xx)").replace("y ~ x | firm", "y ~ xx | frim"))
    assert found["variables.x.expression"][1] == "did you mean 'raw.x'?"
    assert found["models.m.formula"][0].startswith("unknown variable")


@pytest.mark.parametrize(
    ("old", "new", "where", "mend"),
    [
        ('kind = "tidy"', 'kind = "tidi"', "sources.raw.kind", "did you mean 'tidy'?"),
        ('kind = "fixed_effects"', 'kind = "fixed_effect"', "models.m.kind", "did you mean 'fixed_effects'?"),
        ("years = [2000, 2005]", "years = [2005, 2000]", "panel.years", "write [first, last]"),
        (
            'path = "data/raw/x.csv"',
            'path = "data/raw/x.csv"\nbase_years = { y = 2015 }',
            "sources.raw.base_years.y",
            'say prices = { y = "real" }',
        ),
        ('path = "data/raw/x.csv"', 'path = "../../etc/x.csv"', "sources.raw.path", "relative"),
        ('series = "raw.y"', 'series = "raw.yy"', "variables.y.series", "did you mean 'raw.y'?"),
        ('series = "raw.y"', 'series = "raw.y"\nderive = "x"', "variables.y", "give one of"),
        ("schema = 1", "schema = 9", "schema", "this version reads schema 1"),
        ("y ~ x | firm + year", "y x | firm + year", "models.m.formula", "write: y ~"),
        ("years = [2000, 2005]", 'years = [2000, 2005]\ngaps = "refse"', "panel.gaps", "did you mean 'refuse'?"),
        ("[[models]]", '[defaults]\nconfirm = ["pyfixst"]\n[[models]]', "defaults.confirm", "did you mean 'pyfixest'?"),
        (
            "[[models]]",
            '[defaults]\ncovariance = { kind = "clusterd" }\n[[models]]',
            "defaults.covariance.kind",
            "did you mean 'clustered'?",
        ),
        (
            "[[models]]",
            '[defaults]\ncovariance = { kind = "clustered", variant = "cr9" }\n[[models]]',
            "defaults.covariance.variant",
            "cr1",
        ),
    ],
)
def test_one_fault_names_the_nearest(tmp_path: Path, old: str, new: str, where: str, mend: str) -> None:
    found = faults(tmp_path, SOUND.replace(old, new, 1))
    assert where in found, found
    assert mend in found[where][1]


def test_nothing_is_evaluated(tmp_path: Path) -> None:
    hostile = SOUND.replace("ln(raw.x)", "__import__('os').system('true')")
    assert "variables.x.expression" in faults(tmp_path, hostile)


def test_a_study_cannot_bring_code(tmp_path: Path) -> None:
    assert "plugins" in faults(tmp_path, SOUND.replace("schema = 1", 'schema = 1\nplugins = ["evil.py"]'))


@pytest.mark.parametrize(("content", "word"), [(b"a = ", "TOML"), (b"\xff\xfe\xff", "UTF-8"), (b"x = 1", "schema")])
def test_what_is_no_study(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "study.toml"
    path.write_bytes(content)
    with pytest.raises(StudyError, match=word):
        panelkit.read_study(path)


def test_the_schema_covers_what_the_reader_takes(tmp_path: Path) -> None:
    from panelkit.study import json_schema

    read(tmp_path, SOUND)
    schema = json_schema()
    assert schema["properties"]["models"]["items"]["anyOf"]
    kinds = {m["properties"]["kind"]["const"] for m in schema["properties"]["models"]["items"]["anyOf"]}
    assert "fixed_effects" in kinds
