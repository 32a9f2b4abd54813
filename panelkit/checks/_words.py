"""How checks print a p-value in a sentence; exhibits have their own number formatter."""

from __future__ import annotations


def p_is(p: float) -> str:
    """'p = 0.031', or 'p < 0.001'; never a zero that is none.

    >>> p_is(0.0312), p_is(1e-9)
    ('p = 0.031', 'p < 0.001')
    """
    return "p < 0.001" if p < 0.0005 else f"p = {p:.3f}"
