"""What was computed before and need not be again: each step's result kept beside the outputs under the digest of all it depends on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from panelkit.core import digest as digests
from panelkit.core.codec import from_json, to_json
from panelkit.replication.placing import put_file

T = TypeVar("T")
TIMES = "seconds.json"


def times(folder: Path) -> dict[str, float]:
    """Step -> seconds, as the last run noted them in the folder of its steps; nothing where it did not."""
    try:
        read = json.loads((folder / TIMES).read_text("utf-8"))
        return {str(k): float(v) for k, v in read.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


@dataclass(kw_only=True)
class Steps:
    """The memory of one study's steps, in `folder`; `reasons` tells of each step of this run whether it was done, and why.

    `seconds` is how long each step took when it was done, which may have been in an earlier run; no output depends on it.

    A kept result is used only where every part of its key is the same: code, specification, data, engines. The name of
    the part that differs is the reason for doing a step again.
    """

    folder: Path | None
    reasons: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Clear away what a killed run had half written."""
        if self.folder is not None and self.folder.is_dir():
            for part in self.folder.glob(".*.new"):
                part.unlink()

    def do(self, name: str, kind: Any, parts: dict[str, str], make: Callable[[], T]) -> T:
        """The result of step `name`, from memory where every part is unchanged, else made now and kept."""
        kept = self._kept(name)
        if kept is None:
            self.reasons[name] = "not done before"
        else:
            changed = sorted(p for p in {*parts, *kept["parts"]} if parts.get(p) != kept["parts"].get(p))
            if not changed and digests.of_value(kept["result"]) == kept["digest"]:
                self.reasons[name] = "unchanged"
                self.seconds[name] = float(kept.get("seconds", 0.0))
                remembered: T = from_json(kind, kept["result"])
                return remembered
            self.reasons[name] = f"{' and '.join(changed)} changed" if changed else "what was kept is damaged"
        made = self.timed(name, make)
        self._keep(name, parts, to_json(made))
        return made

    def timed(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, its time noted."""
        start = time.perf_counter()
        made = make()
        self.seconds[name] = time.perf_counter() - start
        return made

    def log(self) -> None:
        """Write down what a whole run takes, step by step, beside what is kept: for the log of a package alone."""
        if self.folder is not None:
            taken = {k: round(v, 3) for k, v in self.seconds.items()}
            put_file(self.folder / TIMES, json.dumps(taken, indent=1).encode())

    def _path(self, name: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{digests.of_bytes(name.encode())[:24]}.json"

    def _kept(self, name: str) -> dict[str, Any] | None:
        if self.folder is None:
            return None
        try:
            kept = json.loads(self._path(name).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return kept if isinstance(kept, dict) and {"parts", "result", "digest"} <= set(kept) else None

    def _keep(self, name: str, parts: dict[str, str], result: Any) -> None:
        if self.folder is None:
            return
        kept = {"step": name, "parts": parts, "result": result, "digest": digests.of_value(result)}
        kept["seconds"] = self.seconds.get(name, 0.0)
        put_file(self._path(name), json.dumps(kept, ensure_ascii=False).encode())


def code_digest() -> str:
    """SHA-256 over every file of the package that computes: a change of panelkit is a reason to do a step again."""
    home = Path(__file__).parent
    files = sorted(
        p for p in home.rglob("*") if p.suffix in (".py", ".csv", ".toml", ".j2") and "__pycache__" not in p.parts
    )
    return digests.of_value({p.relative_to(home).as_posix(): digests.of_bytes(p.read_bytes()) for p in files})
