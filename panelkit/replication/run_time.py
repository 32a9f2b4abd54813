"""How long a study takes: as a class, in the words of the data editors' template, and step by step in a log that no digest covers."""

from __future__ import annotations

from collections.abc import Mapping

CLASSES = (
    (600, "<10 minutes"),
    (3_600, "10-60 minutes"),
    (7_200, "1-2 hours"),
    (28_800, "2-8 hours"),
    (86_400, "8-24 hours"),
    (259_200, "1-3 days"),
    (1_209_600, "3-14 days"),
)
UNMEASURED = "not measured"


def run_time(seconds: float) -> str:
    """The class of a time.

    >>> run_time(82.0), run_time(4000.0)
    ('<10 minutes', '1-2 hours')
    """
    return next((name for most, name in CLASSES if seconds < most), ">14 days")


def run_log(study: str, seconds: Mapping[str, float]) -> str:
    """The text of `log/run.txt`: what a whole run took on the machine of the author, step by step; '' where nothing was noted.

    A step that was not done again by the last run has the time of the run that did it.
    """
    if not seconds:
        return ""
    lines = [f"{study}: {sum(seconds.values()):.1f} seconds for a whole run, on the machine that made this package"]
    lines += [f"{took:9.2f}  {name}" for name, took in seconds.items()]
    return "\n".join(lines) + "\n"
