"""A number of one thing is written with its singular: no sentence in the code counts by itself what `core.counted` bends to the number."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from panelkit.core.counted import counted, filled

HOME = Path(__file__).resolve().parents[2] / "panelkit"
APART = ("numerics", "replication/standalone")  # import nothing of the core
NOUNS = (
    "rows cells units draws clusters columns years coefficients instruments periods files lags regressors controls effects variables"
    " specifications thresholds models candidates classes records headings pairs combinations levels values parameters groups faults"
    " outcomes slopes leads pieces provinces sheets findings texts labels cohorts keys samples entries cities counties observations"
    " tables checks fields blocks dummies"
)
COUNTS = re.compile(rf"^ (?:[a-z-]+ )?(?:{'|'.join(NOUNS.split())})\b")


def uncounted(path: Path) -> Iterator[str]:
    """Places of a file where a slot of its own stands before a plural; constants, which are more than one, in capitals."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.JoinedStr):
            continue
        for slot, text in zip(node.values, node.values[1:], strict=False):
            if isinstance(slot, ast.FormattedValue) and isinstance(text, ast.Constant) and COUNTS.match(text.value):
                number = ast.unparse(slot.value)
                if _is_number(number):
                    yield f"{path.relative_to(HOME)}:{slot.lineno}: {{{number}}}{text.value[:30]}"


def _is_number(expression: str) -> bool:
    """Whether a slot reads like a count: a length, a sum, a whole number."""
    return bool(re.match(r"(?:len|int|sum)\(", expression))


@pytest.mark.parametrize("path", sorted(HOME.rglob("*.py")), ids=lambda p: p.relative_to(HOME).as_posix())
def test_counts_bend_their_nouns(path):
    if not path.relative_to(HOME).as_posix().startswith(APART):
        assert list(uncounted(path)) == []


def test_the_words_of_one():
    assert counted(1, "entries are") == "1 entry is"
    assert counted("1", "treated cells weigh") == "1 treated cell weighs"
    assert counted(0, "series") == "0 series"
    assert filled("{n:#classes} of {of}", n=1, of="size") == "1 class of size"
