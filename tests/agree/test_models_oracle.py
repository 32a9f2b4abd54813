"""Every case of the regression groups as a model of a study, under every covariance that R prints and panelkit has."""

import pytest
from oracle_cases import ORACLE, case, covered
from oracle_models import NOT_OURS, compared

pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason=f"the frozen R numbers are not at {ORACLE}")
GROUPS = ("linear_panel", "hdfe", "ppml", "heterogeneous")
CASES = [
    n
    for n in covered()
    if "formula" in case(n)["spec"]
    and "sunab" not in case(n)["spec"]["formula"]
    and (case(n)["group"] in GROUPS or "feols" in str(case(n)["r_call"]))
]


@pytest.mark.parametrize("name", CASES)
def test_a_study_gets_what_r_prints(name, record_property):
    found, left = compared(case(name))
    record_property("oracle_models", f"{name} {len(found)}")
    refused = {kind: why for kind, why in left.items() if not NOT_OURS.search(kind)}
    assert all("CR2 of random effects" in why for why in refused.values()), refused
    wrong = [str(n) for n in found if not n.agrees]
    assert found
    assert not wrong, "\n".join([f"{name}: {len(wrong)} of {len(found)} numbers differ", *wrong[:20], *left])
