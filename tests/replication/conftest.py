"""One small finished run and its package, made once for all tests of this folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from made import finished
from studies import package_of

from panelkit.replication.collect import PackageInputs
from panelkit.replication.package import make_package


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> PackageInputs:
    return finished(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def files(inputs: PackageInputs) -> dict[str, bytes]:
    return make_package(inputs)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a test run that all its workers have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def packages(shared: Path) -> Callable[[str], Path]:
    """Name of one of `studies.NAMES` or `studies.MORE` -> its package folder, not to be written to."""
    return lambda name: package_of(name, shared)


@pytest.fixture
def again(tmp_path: Path) -> PackageInputs:
    """A run of one's own, to be spoilt."""
    return finished(tmp_path / "run")
