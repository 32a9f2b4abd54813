"""Prints the coverage of the oracle at the end of a run. Under xdist the controller reads only tests/conftest.py: import it there."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from oracle_summary import pytest_terminal_summary as pytest_terminal_summary
