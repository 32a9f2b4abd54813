"""What the second engine says of a covariance that no engine computes."""

from __future__ import annotations

from panelkit.checks.second_engine import _with_own_sandwich
from panelkit.core.label import Label
from panelkit.core.request import Clustered, DriscollKraay, Robust


def test_an_own_sandwich_is_said() -> None:
    said = Label(en="agrees.", zh="一致。")
    for native in (Clustered(variant="cr1"), Clustered(variant="cr3"), Robust(variant="hc1")):
        assert _with_own_sandwich(said, native) == said
    for own in (Clustered(variant="cr2"), Robust(variant="hc3"), DriscollKraay()):
        told = _with_own_sandwich(said, own)
        assert "coefficients and residuals" in told.en
        assert "残差" in told.zh
