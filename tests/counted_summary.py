"""Lines at the end of a test run that add up what its tests counted; works with and without xdist.

A test counts by `record_property("counted", "what was done|of which|7")`, and says something once by `record_property("told", ...)`.
"""

from collections import Counter, defaultdict

import pytest

SAID = pytest.StashKey[bool]()


def counted_lines(terminalreporter, config):
    """'what was done: 7 of which, 3 of another', one line each, sorted, once per run."""
    counts, said = defaultdict(Counter), set()
    for report in terminalreporter.stats.get("passed", []):
        for name, value in getattr(report, "user_properties", []):
            if name == "counted" and getattr(report, "when", "") == "call":
                what, which, count = value.split("|")
                counts[what][which] += int(count)
            elif name == "told":
                said.add(value)
    if config.stash.get(SAID, False):
        return
    config.stash[SAID] = True
    for what, found in sorted(counts.items()):
        terminalreporter.write_line(f"{what}: " + ", ".join(f"{n} {which}" for which, n in sorted(found.items())))
    for line in sorted(said):
        terminalreporter.write_line(line)
