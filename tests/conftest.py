"""For every test: one thread for linear algebra (small matrices, many processes), and the oracle's count at the end of the run."""

import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent / "agree"))

from oracle_summary import pytest_terminal_summary as pytest_terminal_summary
