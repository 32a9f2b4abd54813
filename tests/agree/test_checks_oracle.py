"""The checks, from model to finding, against numbers frozen from R (plm, AER, fixest); the summary counts them."""

import pytest
from check_cases import answered, covered, left, numbers
from oracle_cases import ORACLE

pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason=f"the frozen R numbers are not at {ORACLE}")


@pytest.mark.parametrize("name", covered())
def test_checks_against_the_oracle(name, record_property):
    found = numbers(name)
    record_property("oracle", f"{name} 0 {len(found)}")
    record_property("oracle_statistics_left", f"{name} {len(left(name))}")
    wrong = [str(n) for n in found if not n.agrees]
    assert found
    assert not wrong, "\n".join([f"{name}: {len(wrong)} of {len(found)} numbers differ", *wrong])


def test_the_cases_and_what_is_left_of_them():
    assert len(covered()) >= 10
    assert sum(len(numbers(name)) for name in covered()) > 500
    panel_tests = [n for n in covered() if n.endswith("panel_tests")]
    known = (
        "hausman_walhus",
        "hausman_aux_robust",
        "wooldridge_unobserved",
        "pwtest",
        "pbgtest",
        "pdwtest",
        "bhargava",
    )
    known += ("baltagi", "bera_sosa_yoon")
    for name in panel_tests:
        assert all(key.startswith(known) for key in left(name)), left(name)
    for name in [n for n in covered() if "unitroot" in n]:
        assert all(key.startswith(("hadri", "ips_Ztbar")) for key in left(name)), left(name)


def test_a_wrong_statistic_does_not_pass():
    one = answered("grunfeld_panel_tests")["hausman_swar"][0]
    assert one.agrees
    assert not type(one)(one.name, one.ours * 1.0001, one.theirs, one.rtol).agrees
