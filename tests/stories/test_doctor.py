"""What doctor says of a machine without a program: that it is missing, for what it is needed, and that panelkit works without."""

from __future__ import annotations

import sys

import pytest

from panelkit import doctor


def test_a_missing_program_is_named_with_what_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "typst", None)
    for name in ("_engines_agree", "_collinearity", "_chinese_font"):
        monkeypatch.setattr(doctor, name, lambda: "tried elsewhere")
    found = {f["what"]: f for f in doctor.examine()}
    assert not found["report.pdf"]["ok"]
    assert "typst" in found["report.pdf"]["text"]
    assert "needed only to compile tables" in found["xelatex"]["text"]
    assert not any(f["needed"] for f in found.values() if not f["ok"])
