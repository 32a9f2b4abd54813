"""What an engine must offer: a name, a version, a refusal in words, and a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from panelkit.core.panel import Panel
    from panelkit.core.request import Fit, Request


@runtime_checkable
class Engine(Protocol):
    """Answers a request on a panel that holds just the sample, or says why not."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def refuses(self, request: Request) -> str | None:
        """The reason, in words, why this engine does not answer such a request; None where it does."""
        ...

    def fit(self, request: Request, panel: Panel) -> Fit:
        """The answer. Raises EstimationError where the data do not allow one."""
        ...
