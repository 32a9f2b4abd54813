"""Pairs of many series that are gone through in arrays are the pairs that going through them one by one finds."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from panelkit.etl.overlap import _near


@given(st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from([1e-9, 0.1, 0.5]))
def test_near_pairs_are_those_of_one_by_one(seed: int, each_year: bool, bound: float) -> None:
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(5, 4))
    kinds = (
        base,
        base + 1.0,
        base + rng.normal(size=(1, 4)),
        base + rng.normal(scale=0.05, size=(5, 4)),
        rng.normal(size=(5, 4)),
    )
    logs = {f"s{i}": np.where(rng.random((5, 4)) < 0.2, np.nan, k) for i, k in enumerate(kinds)}

    def spread(a: str, b: str) -> float:
        gap = logs[a] - logs[b]
        years = [gap[~np.isnan(gap[:, t]), t] for t in range(4)] if each_year else [gap[~np.isnan(gap)]]
        wide = [float(np.ptp(g)) for g in years if len(g) >= (3 if each_year else 1)]
        return max(wide, default=np.inf)

    assert list(_near(logs, bound, each_year=each_year)) == [p for p in combinations(logs, 2) if spread(*p) <= bound]
