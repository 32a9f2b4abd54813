"""`[study]`: what a deposit is told is held to its form, with the nearest author or how to write it."""

from __future__ import annotations

import pytest

from panelkit.core.label import Label
from panelkit.core.study import Head
from panelkit.study.head import check_digit, faults_of_head

RIGHT = Head(
    id="s",
    title=Label(en="S"),
    seed=1,
    authors=("Wei Zhang",),
    orcid={"Wei Zhang": "0000-0002-1694-233X"},
    jel=("F14", "C"),
)


def test_a_right_head_has_no_fault() -> None:
    assert list(faults_of_head(RIGHT)) == []


@pytest.mark.parametrize(
    ("orcid", "jel", "what"),
    [
        ({"Wei Zang": "0000-0002-1825-0097"}, (), "none of the authors"),
        ({"Wei Zhang": "0000-0002-1825-0098"}, (), "is no ORCID"),
        ({"Wei Zhang": "https://orcid.org/0000-0002-1825-0097"}, (), "is no ORCID"),
        ({}, ("f14",), "no JEL code"),
        ({}, ("F142",), "no JEL code"),
    ],
)
def test_faults(orcid: dict[str, str], jel: tuple[str, ...], what: str) -> None:
    head = Head(id="s", title=Label(en="S"), seed=1, authors=("Wei Zhang",), orcid=orcid, jel=jel)
    (fault,) = faults_of_head(head)
    assert what in fault.what
    assert fault.mend


def test_check_digits_of_known_orcids() -> None:
    for known in ("0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X"):
        assert check_digit(known) == known[-1]
