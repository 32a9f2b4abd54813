"""The lines at the end of a test run that say how many oracle cases are covered; works with and without xdist."""

from collections import defaultdict

import pytest

SAID = pytest.StashKey[bool]()


def pytest_terminal_summary(terminalreporter, config):
    """'oracle: N of 149 cases covered (M numbers compared); not covered: group: cases ...', once per run."""
    results, statistics, models = defaultdict(list), {}, {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", []):
                if name == "oracle" and getattr(report, "when", "") == "call":
                    case, left, count = value.split()
                    results[case].append((outcome == "passed", int(count), int(left)))
                elif name == "oracle_models" and outcome == "passed":
                    case, count = value.split()
                    models[case] = int(count)
                elif name == "oracle_statistics_left":  # of check_cases: tests in the case that no check makes
                    case, count = value.split()
                    statistics[case] = int(count)
    if not (results or models) or config.stash.get(SAID, False):
        return
    config.stash[SAID] = True
    from oracle_cases import index

    passed = {case for case, told in results.items() if all(ok for ok, _, _ in told)}
    compared = sum(count for told in results.values() for _, count, _ in told)
    other = sum(statistics.get(case, 0) for case in passed)
    unlike = sum(min(left for _, _, left in results[case]) for case in passed)
    missing = defaultdict(list)
    for case, group in zip(index()["case"], index()["group"], strict=True):
        if case not in passed:
            missing[group].append(case)
    left = "; ".join(f"{group}: {', '.join(cases)}" for group, cases in sorted(missing.items()))
    terminalreporter.write_line(
        f"oracle: {len(passed)} of {len(index())} cases covered ({compared} numbers compared raw, of which {unlike} kinds of standard"
        f" errors are left to what follows; {sum(models.values())} as models of a study, {len(models)} cases; {other} statistics of"
        f" tests that no check makes); not covered: {left or 'none'}"
    )
