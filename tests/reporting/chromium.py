"""One Chromium that tests ask by its own protocol, over a pipe: what it shows, reads aloud and answers to keys; knows nothing of pages."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "Escape": (27, ""), " ": (32, " "), "ArrowRight": (39, "")}


class Chromium:
    """A tab of a browser. `ask` is the protocol; the rest are the questions that tests share."""

    def __init__(self, asks: int, answers: int) -> None:
        self._asks, self._answers, self._left, self._last = asks, answers, b"", 0
        self.session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The browser's answer; what it tells meanwhile is kept in `events`."""
        self._last += 1
        call: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if self.session:
            call["sessionId"] = self.session
        os.write(self._asks, json.dumps(call).encode() + b"\0")
        while (told := self._told()).get("id") != self._last:
            self.events.append(told)
        if "error" in told:
            raise RuntimeError(f"{method}: {told['error']}")
        answer: dict[str, Any] = told["result"]
        return answer

    def _told(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            more = os.read(self._answers, 1 << 20)
            if not more:
                raise RuntimeError("Chromium has gone")
            self._left += more
        one, self._left = self._left.split(b"\0", 1)
        told: dict[str, Any] = json.loads(one)
        return told

    def open(self, path: Path, width: int = 1280, *, dark: bool = False) -> None:
        """Show a file in a window of this width, as a system with these colours would."""
        self.size(width)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", media="", features=[scheme])
        self.events.clear()
        self.ask("Page.navigate", url=path.as_uri())
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            self.events.append(self._told())

    def size(self, width: int, height: int = 900) -> None:
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, key: str, *, shift: bool = False) -> None:
        """A key down and up, as from a keyboard."""
        code, text = KEYS[key]
        known = {
            "key": key,
            "code": "Space" if key == " " else key,
            "windowsVirtualKeyCode": code,
            "modifiers": 8 * shift,
        }
        self.ask("Input.dispatchKeyEvent", type="keyDown", text=text, **known)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **known)

    def tree(self) -> list[dict[str, Any]]:
        """What a screen reader is given, in the order it is read: role, name, properties; ignored nodes left out."""
        nodes = {n["nodeId"]: n for n in self.ask("Accessibility.getFullAXTree")["nodes"]}
        left, found = [next(iter(nodes))], []
        while left:
            node = nodes[left.pop()]
            left += [c for c in reversed(node.get("childIds", [])) if c in nodes]
            found += [] if node["ignored"] else [node]
        return found


@contextlib.contextmanager
def chromium(folder: Path) -> Iterator[Chromium]:
    """A browser of its own with a fresh profile in `folder`."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        raise FileNotFoundError("no Chromium here")
    (reads, asks), (answers, writes) = os.pipe(), os.pipe()
    command = [found, *QUIET, "--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}", "about:blank"]
    # the protocol is spoken over files 3 and 4, which either pipe may have by chance
    joined = ["bash", "-c", f'exec 18<&{reads} 19>&{writes} && exec "$@" 3<&18 4>&19 18<&- 19>&-', "bash", *command]
    with subprocess.Popen(
        joined, pass_fds=(reads, writes), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        os.close(reads)
        os.close(writes)
        try:
            yield Chromium(asks, answers)
        finally:
            os.close(asks)
            process.terminate()
            process.wait(30)
            os.close(answers)
