"""Headless Chromium: the browser that `TEST_CHROMIUM` names, or one of the path."""

import os
import shutil
import subprocess
import tempfile

from tests.support.report import for_want_of

VARIABLE = "TEST_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 60  # seconds for a page
SCRIPT_TIME = 20_000  # milliseconds of the page's clock, which stands still while a request is under way
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")


def dumped(url: str, *options: str) -> str:
    """Load the page, let its scripts finish, and return its elements as HTML.

    The test is skipped if there is no Chromium.
    """
    with tempfile.TemporaryDirectory(prefix="orders-chromium-") as profile:
        command = [
            executable(),
            *OPTIONS,
            f"--user-data-dir={profile}",
            f"--virtual-time-budget={SCRIPT_TIME}",
            *options,
            "--dump-dom",
            url,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def executable() -> str:
    found = (found for name in NAMES if (found := shutil.which(name)))
    if browser := os.environ.get(VARIABLE) or next(found, None):
        return browser
    return for_want_of("Chromium", why=f"none of {', '.join(NAMES)} is on the path, and {VARIABLE} names none")
