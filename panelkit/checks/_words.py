"""How checks print a p-value in a sentence; exhibits have their own number formatter."""

from __future__ import annotations

from panelkit.core.label import Label

SHORT = 30  # periods below which a text says what so few leave of a test


def measured(periods: int, en: str, zh: str) -> Label:
    """The clause with the figures of bench/check_sizes.py (T = 13, 31 units, nominal 5 %), empty in a long panel.

    >>> measured(40, "size 5%", "水平5%").en
    ''
    """
    if periods >= SHORT:
        return Label()
    return Label(en=f" Measured at T = 13, 31 units: {en}.", zh=f"实测（T = 13、31个单元）：{zh}。")


def p_is(p: float) -> str:
    """'p = 0.031', or 'p < 0.001'; never a zero that is none.

    >>> p_is(0.0312), p_is(1e-9)
    ('p = 0.031', 'p < 0.001')
    """
    return "p < 0.001" if p < 0.0005 else f"p = {p:.3f}"


def f_is(statistic: float, df1: float, df2: float) -> str:
    """'F(2, 30) = 4.123', 'chi2(3) = 7.815' where df2 is infinite (`statistic` is then times df1).

    >>> f_is(4.1234, 2, 30), f_is(2.605, 3, float("inf"))
    ('F(2, 30) = 4.123', 'chi2(3) = 7.815')
    """
    if df2 == float("inf"):
        return f"chi2({df1:g}) = {statistic * df1:.3f}"
    return f"F({df1:g}, {df2:g}) = {statistic:.3f}"
