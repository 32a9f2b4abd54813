"""What a run was computed with: versions of Python and of the distributions that matter; no path, no clock, no machine name."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable
from importlib import metadata

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


def locked(lock: str) -> dict[str, str]:
    """Name -> version of every distribution that the text of a lock file pins.

    >>> locked("numpy==2.4.0 \\\\\\n    --hash=sha256:00")
    {'numpy': '2.4.0'}
    """
    pins = re.findall(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", lock, flags=re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in sorted(pins)}


def departures(run: dict[str, str], here: dict[str, str]) -> tuple[str, ...]:
    """Sentences on every distribution whose version differs between a run and here; none where both agree."""
    return tuple(
        f"{name}: the package was made with {run[name]}, here is {here.get(name, 'none')}"
        for name in sorted(run)
        if here.get(name) != run[name]
    )
