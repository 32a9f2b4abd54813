"""Every engine, with our own small-sample factors, against the numbers frozen from R; the summary says how many cases are covered."""

import pytest
from oracle_cases import ORACLE, EngineRefusalError, covered, index, kinds_left, not_covered, numbers

import panelkit.engines  # noqa: F401  registers them
from panelkit.core.registry import ENGINES

pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason=f"the frozen R numbers are not at {ORACLE}")


ANSWERING = ("dense", "linearmodels", "pyfixest", "statsmodels", "unitwise")


@pytest.mark.parametrize("case", covered())
def test_oracle(case, record_property):
    """Every engine that does not refuse the case; one must answer it."""
    answered, refused, wrong = [], [], []
    for engine in ANSWERING:
        try:
            found = numbers(case, ENGINES[engine])
        except EngineRefusalError as refusal:
            refused.append(str(refusal))
            continue
        answered.append(found)
        wrong += [f"{engine}: {n}" for n in found if not n.agrees]
    assert answered, refused
    record_property("oracle", f"{case} {min(len(kinds_left(case, f)) for f in answered)} {sum(map(len, answered))}")
    assert not wrong, "\n".join([f"{case}: {len(wrong)} numbers differ", *wrong])


def test_every_case_is_covered_or_has_its_reason():
    names = list(index()["case"])
    assert len(names) >= 149
    assert set(covered()) | {n for n in names if not_covered(n)} == set(names)
    assert len(covered()) >= 66


def test_a_wrong_factor_does_not_pass():
    found = numbers("fx_grunfeld_fe", ENGINES["dense"])
    errors = [n for n in found if n.name.startswith("se cluster_firm ") and n.rtol]
    assert errors
    assert not any(type(n)(n.name, n.ours * 1.00001, n.theirs, n.rtol).agrees for n in errors)
