"""Valid files of every kind of source spoiled at random: each is read to the right figures, refused, or flagged; none passes in
silence with a wrong number.

Not covered, because no single file can show it: one plausible digit in place of another, where the file prints no total; two names
or two figures of like size that changed places. Against changed bytes the digest in the sidecar stands (see test_sidecar).
"""

from __future__ import annotations

import random

import pytest
from corruption import GRID, LAYOUTS, YEARS, Reader, truth, verdicts, wanted

from panelkit.core.errors import PanelkitError
from panelkit.core.registry import SOURCES


@pytest.fixture
def reader(tmp_path, monkeypatch, study_of):
    return Reader(tmp_path, monkeypatch, study_of)


def none_in_silence(found):
    silent = {case: v for case, v in found.items() if v not in ("right", "refused", "flagged")}
    assert not silent, "\n".join(f"{case}: {v}" for case, v in silent.items())


@pytest.mark.parametrize("name", LAYOUTS)
def test_no_spoiled_file_passes_in_silence(reader, name):
    found = verdicts(reader, name, 0)
    none_in_silence(found)
    alike = {v for (case, _), v in found.items() if case == "spell_alike"}
    assert alike <= ({"right", "refused"} if name in ("records", "query") else {"right"})


@pytest.mark.slow
@pytest.mark.parametrize("name", LAYOUTS)
def test_no_spoiled_file_passes_in_silence_at_length(reader, name):
    for seed in range(1, 4):
        none_in_silence(verdicts(reader, name, seed))


@pytest.mark.parametrize("name", [n for n in LAYOUTS if n not in ("records", "query")])
def test_a_minus_is_read_or_refused_in_every_spelling(reader, name):
    """Net figures: a minus in another spelling, in brackets or behind the figure never becomes a positive number."""
    layout = LAYOUTS[name]
    net = {k: -v if k[0] in ("130000", "440000") else v for k, v in truth(0).items()}
    clean = layout.make(net)
    got, _ = reader(layout, reader.file(layout, clean))
    assert got == pytest.approx(wanted(layout, net))
    rng = random.Random(name)
    cells = [
        (r, c)
        for r, row in enumerate(clean)
        for c, t in enumerate(row)
        if t.startswith("-") and t.strip()[1:].replace(".", "").isdigit()
    ]
    for spelling in ("−{}", "－{}", "–{}", "—{}", "负{}", "({})", "{}-", "- {}", "△{}", "▲{}"):
        row, column = rng.choice(cells)
        grid = [list(r) for r in clean]
        grid[row][column] = spelling.format(grid[row][column].strip()[1:])
        try:
            got, _ = reader(layout, reader.file(layout, grid))
        except PanelkitError:
            continue
        assert got == pytest.approx(wanted(layout, net)), spelling


def test_a_minus_that_is_lost_shows_in_the_total_beside_it(reader):
    """Where the page prints the nation."""
    layout = LAYOUTS["page of several years"]
    net = {k: -v if k[0] in ("130000", "440000") else v for k, v in truth(0).items()}
    clean = layout.make(net)
    _, usual = reader(layout, reader.file(layout, clean))
    for row, column in [(r, c) for r, line in enumerate(clean) for c, t in enumerate(line) if t.startswith("-")]:
        grid = [list(r) for r in clean]
        grid[row][column] = grid[row][column][1:]
        _, said = reader(layout, reader.file(layout, grid))
        assert any(f"national row of {YEARS[column - 2]}" in s for s in said - usual)


def test_there_are_enough_cases_of_every_kind():
    assert len(LAYOUTS) * (len(GRID) + 3) >= 400
    assert {layout.kind for layout in LAYOUTS.values()} == set(SOURCES.names())
