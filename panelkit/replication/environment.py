"""What a run was computed with: versions of Python and of the distributions that matter; no path, no clock, no machine name."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

MATTER = (
    "panelkit",
    "numpy",
    "pandas",
    "scipy",
    "statsmodels",
    "linearmodels",
    "pyfixest",
    "matplotlib",
    "seaborn",
    "pyarrow",
    "python-docx",
    "python-calamine",
    "pyreadstat",
)

_LONGEST = 100_000  # characters of one pin: a wheel for each system has a hash
_PIN = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9._, -]*\])?\s*==\s*[A-Za-z0-9.!+_-]+(?:\s*;[^#]*?)?)(?:\s+--hash=sha256:[0-9a-f]+)+"
)


def environment(distributions: Iterable[str] = MATTER) -> dict[str, str]:
    """Name -> version of Python ("python") and of each distribution that is installed, sorted by name.

    >>> sorted(environment(("numpy",)))
    ['numpy', 'python']
    """
    found = {"python": platform.python_version()}
    for name in distributions:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return dict(sorted(found.items()))


def platform_facts() -> dict[str, str]:
    """What else the last digits of a number may hang on: system, processor kind and linear algebra library; no host, path or clock."""
    import numpy as np

    known = np.show_config(mode="dicts").get("Build Dependencies", {})
    library = known.get("blas", {})
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "implementation": platform.python_implementation(),
        "blas": f"{library.get('name', 'unknown')} {library.get('version', '')}".strip(),
    }


def threads() -> dict[str, Any]:
    """Processors that this process may use (0 where the system does not tell), and the variables that bound threads, as set."""
    names = ("BLIS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    able = getattr(os, "sched_getaffinity", None)
    count = len(able(0)) if able is not None else os.cpu_count() or 0
    return {"processors": count, "settings": {n: os.environ[n] for n in names if n in os.environ}}


def locked(lock: str, machine: Mapping[str, str] | None = None) -> dict[str, str]:
    """Name -> version of every distribution that a lock pins for a machine; environment markers (PEP 508) are read, not guessed.

    Parameters
    ----------
    machine : values of the marker variables ("python_full_version", "sys_platform", ...); by default those of this interpreter.

    Raises
    ------
    ValueError
        A line that is no pin with hashes: an option, an address, a range. A lock could have pip take anything by such a line.

    >>> locked("numpy==2.4.0 ; python_version < '3' --hash=sha256:00")
    {}
    >>> locked("numpy==2.4.0 --hash=sha256:00")
    {'numpy': '2.4.0'}
    """
    from packaging.markers import InvalidMarker, UndefinedEnvironmentName, default_environment
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    where = {**{k: str(v) for k, v in default_environment().items()}, **(machine or {})}
    pins: dict[str, str] = {}
    for line in re.sub(r"\\\r?\n", " ", lock).splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _PIN.fullmatch(line.strip())
        if found is None or len(line) > _LONGEST:
            raise ValueError(f"a line of the lock is no pin with hashes: {line.strip()[:80]!r}")
        try:
            asked = Requirement(found.group(1))
            holds = asked.marker is None or asked.marker.evaluate({**where, "extra": ""})
        except (InvalidRequirement, InvalidMarker, UndefinedEnvironmentName, RecursionError) as error:
            raise ValueError(f"a line of the lock cannot be read: {line.strip()[:80]!r} ({error})") from None
        (pinned,) = asked.specifier
        if not holds:
            continue
        name = canonicalize_name(asked.name)
        if pins.setdefault(name, pinned.version) != pinned.version:
            raise ValueError(f"the lock pins {name} twice for one machine: {pins[name]} and {pinned.version}")
    return dict(sorted(pins.items()))


def departures(run: dict[str, str], here: dict[str, str]) -> tuple[str, ...]:
    """Sentences on every distribution whose version differs between a run and here; none where both agree."""
    return tuple(
        f"{name}: the package was made with {run[name]}, here is {here.get(name, 'none')}"
        for name in sorted(run)
        if here.get(name) != run[name]
    )
