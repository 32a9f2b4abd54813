"""What panelkit says when it cannot go on: where, what, how to mend; no logging and no exit codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 2_000  # signs of a part of a fault; what is quoted in it may come from a stranger


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong: `where` (file and cell, or key path), `what`, and `mend` (what to do about it)."""

    where: str
    what: str
    mend: str

    def __post_init__(self) -> None:
        for name in ("where", "what", "mend"):
            text = getattr(self, name)
            if len(text) > LONGEST:
                shown = f"{text[: LONGEST // 2]} ... ({len(text):,} signs) ... {text[-LONGEST // 4 :]}"
                object.__setattr__(self, name, shown)

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  mend: {self.mend}" if self.mend else head


class PanelkitError(Exception):
    """The input is wrong in one or more ways; `faults` holds all that were found at that stage.

    Parameters
    ----------
    what, where, mend : str
        The single fault, or leave `what` out and give `faults`.
    faults : iterable of Fault
        Every fault of the stage at once.
    """

    def __init__(self, what: str = "", *, where: str = "", mend: str = "", faults: Iterable[Fault] = ()) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults) or (Fault(where=where, what=what, mend=mend),)
        super().__init__("\n".join(map(str, self.faults)))


class StudyError(PanelkitError):
    """The study file is wrong."""


class SourceError(PanelkitError):
    """A raw file cannot be read as what the study says it is."""


class PanelError(PanelkitError):
    """Observations do not make the panel that the study asks for."""


class EstimationError(PanelkitError):
    """A model cannot be estimated as specified."""


class EngineRefusedError(EstimationError):
    """One engine does not answer such a request; another may."""


class ReportError(PanelkitError):
    """An exhibit cannot be made."""


class PackageError(PanelkitError):
    """A replication package cannot be made or read."""
