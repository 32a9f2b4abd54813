"""panelkit: from raw yearbook exports to a referee-proof panel paper. The public face; everything heavy is imported on first use."""

from __future__ import annotations

import os
import sys

if sys.argv[:1] == ["-m"] and ("-m", "panelkit") in zip(sys.orig_argv, sys.orig_argv[1:], strict=False):
    # `python -m panelkit` looks for modules in the folder that it is called in first; in a stranger's folder lies a stranger's re.py
    _home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    try:
        _here = os.path.realpath(os.getcwd())
    except OSError:  # the folder has been deleted: nothing lies in it
        _here = os.path.realpath(_home)
    if _here != os.path.realpath(_home):
        sys.path[:] = [p for p in sys.path if os.path.realpath(p) != _here]

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_VERBS = {
    "read_study": "pipeline",
    "build_panel": "building",
    "estimate": "pipeline",
    "check": "pipeline",
    "report": "pipeline",
    "run": "pipeline",
    "package": "packaging",
    "verify": "packaging",
    "audit": "packaging",
}
_NOUNS = {
    "Study": "study",
    "Panel": "panel",
    "Variable": "variable",
    "Observations": "source",
    "Estimate": "estimate",
    "Term": "estimate",
    "Check": "check",
    "Results": "results",
    "Table": "exhibit",
    "Cell": "exhibit",
    "Figure": "exhibit",
    "Manifest": "manifest",
    "PanelkitError": "errors",
}
__all__ = ["__version__", *_NOUNS, *_VERBS]

if TYPE_CHECKING:
    from panelkit.building import build_panel as build_panel
    from panelkit.core.check import Check as Check
    from panelkit.core.errors import PanelkitError as PanelkitError
    from panelkit.core.estimate import Estimate as Estimate
    from panelkit.core.estimate import Term as Term
    from panelkit.core.exhibit import Cell as Cell
    from panelkit.core.exhibit import Figure as Figure
    from panelkit.core.exhibit import Table as Table
    from panelkit.core.manifest import Manifest as Manifest
    from panelkit.core.panel import Panel as Panel
    from panelkit.core.results import Results as Results
    from panelkit.core.source import Observations as Observations
    from panelkit.core.study import Study as Study
    from panelkit.core.variable import Variable as Variable
    from panelkit.packaging import audit as audit
    from panelkit.packaging import package as package
    from panelkit.packaging import verify as verify
    from panelkit.pipeline import check as check
    from panelkit.pipeline import estimate as estimate
    from panelkit.pipeline import read_study as read_study
    from panelkit.pipeline import report as report
    from panelkit.pipeline import run as run


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _VERBS:
        return getattr(import_module(f"panelkit.{_VERBS[name]}"), name)
    if name in _NOUNS:
        return getattr(import_module(f"panelkit.core.{_NOUNS[name]}"), name)
    raise AttributeError(f"module 'panelkit' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
