"""`panelkit explain STUDY MODEL` on the shipped simulated study: the design first, with the figures that the real timing gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def test_the_design_comes_before_the_model_and_has_the_known_figures(cli: Any) -> None:
    told = cli("explain", ROOT / "analyses" / "known_truth" / "study.toml", "event_study")
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("THE DESIGN of event_study")
    for words in (
        "37.8 % of its weight is forbidden",
        "45 of 169 treated cells weigh negatively",
        "In 2022 no unit is untreated",
    ):
        assert words in told.stdout
    assert told.stdout.index("Who is treated when") < told.stdout.index("THE MODEL")


def test_the_design_in_the_other_language(cli: Any) -> None:
    study = ROOT / "analyses" / "known_truth" / "study.toml"
    told = cli("explain", study, "event_study", "--language", "zh")
    assert told.returncode == 0, told.stderr
    for words in ("何时受处理", "37.8 % 为不当比较", "169 个处理单元格中有 45 个权重为负"):
        assert words in told.stdout
    wrong = cli("explain", study, "event_study", "--language", "fr")
    assert wrong.returncode == 2
    assert "--language: 'fr' is no language of panelkit" in wrong.stderr + wrong.stdout
