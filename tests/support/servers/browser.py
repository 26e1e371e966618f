"""A headless Chromium that a test drives over a pipe, with the DevTools protocol."""

import base64
import fcntl
import json
import os
import select
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from tests.support.servers.chromium import OPTIONS, executable

END = b"\0"  # of each message
PATIENCE = 120_000  # milliseconds for a script of a page
LOAD_SECONDS = 60
LOADED = "Page.loadEventFired"
RECORDED = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Network.requestWillBeSent")
"""The events that `watch` records."""


class Browser:
    """`with Browser() as browser: ...` has one page, which `open` loads and `run` runs scripts in."""

    recorded: list[dict[str, Any]]

    def __enter__(self) -> Self:
        with ExitStack() as ending:
            profile = ending.enter_context(
                tempfile.TemporaryDirectory(prefix="orders-chromium-", ignore_cleanup_errors=True)
            )
            read_by_it, self._to = _pipe()
            self._from, written_by_it = _pipe()
            command = [executable(), *OPTIONS, f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
            self._process = subprocess.Popen(
                ["bash", "-c", f'exec "$@" 3<&{read_by_it} 4>&{written_by_it}', "bash", *command],
                pass_fds=(read_by_it, written_by_it),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            os.close(read_by_it)
            os.close(written_by_it)
            ending.callback(self._end)
            self._number, self._session, self._unread = 0, {}, b""
            self._loads, self.recorded = 0, []
            (page, *_) = [one for one in self.ask("Target.getTargets")["targetInfos"] if one["type"] == "page"]
            attached = self.ask("Target.attachToTarget", targetId=page["targetId"], flatten=True)
            self._session = {"sessionId": attached["sessionId"]}
            self.ask("Page.enable")
            self._ending = ending.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._ending.close()

    def ask(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its result; events in between are passed over."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters, **self._session}
        os.write(self._to, json.dumps(message).encode() + END)
        while (answer := self._next()).get("id") != self._number:
            pass
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def open(self, url: str) -> None:
        """Load the page, and wait until it has loaded."""
        before = self._loads
        self.ask("Page.navigate", url=url)
        self._wait_for_load(before)

    def follow(self, script: str) -> None:
        """Run a script that leaves the page, such as a click on a link, and wait until the next page has loaded."""
        before = self._loads
        self.run(script)
        self._wait_for_load(before)

    def watch(self) -> None:
        """Record what the pages say to the console, and the requests that they send, from now on."""
        for domain in ("Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def show_dark(self, *, dark: bool) -> None:
        """Show pages as a reader who prefers a dark or a light scheme sees them."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])

    def run(self, script: str) -> Any:
        """Return the JSON value of an expression, or that which its promise resolves to."""
        done = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, timeout=PATIENCE)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def press_enter(self) -> None:
        """Press the key in the element that has the focus, and wait until the page has handled it."""
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
        self.ask("Input.dispatchKeyEvent", type="keyDown", text="\r", **key)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **key)

    def resize(self, width: int, height: int) -> None:
        """Show the page at this size, in CSS pixels."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def picture(self, file: Path) -> None:
        """Write the visible part of the page as PNG."""
        file.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))

    def _next(self) -> dict[str, Any]:
        while END not in self._unread:
            part = os.read(self._from, 1 << 20)
            assert part, "Chromium has ended"
            self._unread += part
        message, _, self._unread = self._unread.partition(END)
        event = dict(json.loads(message))
        self._loads += event.get("method") == LOADED
        if event.get("method") in RECORDED:
            self.recorded.append(event)
        return event

    def _wait_for_load(self, before: int) -> None:
        while self._loads == before:
            readable = END in self._unread or select.select([self._from], [], [], LOAD_SECONDS)[0]
            assert readable, f"no page has loaded within {LOAD_SECONDS} s"
            self._next()

    def _end(self) -> None:
        os.close(self._to)  # Chromium ends when nobody can ask
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        os.close(self._from)


def _pipe() -> tuple[int, int]:
    """The ends of a pipe, at numbers that are neither 3 nor 4, which Chromium reads and writes."""
    ends = os.pipe()
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return moved[0], moved[1]
