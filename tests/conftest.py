"""For every test: one thread for linear algebra (small matrices, many processes), and what was counted at the end of the run."""

import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "agree"))

from counted_summary import counted_lines
from oracle_summary import pytest_terminal_summary as oracle_lines


def pytest_terminal_summary(terminalreporter, config):
    """What the oracle covers, and what tests counted."""
    oracle_lines(terminalreporter, config)
    counted_lines(terminalreporter, config)
