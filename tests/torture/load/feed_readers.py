"""Readers of the event feed, which are stopped at random moments and resume from the cursor that they stored."""

import time

from tests.torture.credentials import bearer_token
from tests.torture.load.actor import Actor
from tests.torture.load.shared import Shared
from tests.torture.log import FeedPage, Outcome

STOP = 0.03  # probability of a stop at each of three moments of a page
CATCH_UP_SECONDS = 60
END_SECONDS = 2  # the wait for events after which the feed has none


class FeedReader(Actor):
    """It stores the cursor of a page after the page, so that it reads the last page again if it stops between."""

    pause = (0.0, 0.5)

    def __init__(self, name: str, shared: Shared, *, seed: int) -> None:
        super().__init__(name, shared, seed=seed)
        self._token = bearer_token(name, scope="orders:read")
        self._stored = self._cursor = ""
        self._resumptions = 0

    def act(self) -> None:
        wait = self.chance.choice((0, 0, 1))
        self._read(limit=self.chance.choice((1, 20, 200)), wait=wait, stop=STOP)

    def catch_up(self) -> None:
        """Read on to the end of the feed, or until `CATCH_UP_SECONDS` have passed."""
        deadline = time.monotonic() + CATCH_UP_SECONDS
        while time.monotonic() < deadline and self._read(limit=200, wait=END_SECONDS, stop=0) != 0:
            pass
        self.close()

    def _read(self, *, limit: int, wait: int, stop: float) -> int | None:
        """Read a page; return the number of its events, or None if it was not recorded with its cursor."""
        path = f"/v1/events?limit={limit}&wait={wait}" + (f"&after={self._cursor}" if self._cursor else "")
        if self.attempt("feed.read", "GET", path, token=self._token).outcome is not Outcome.ACKNOWLEDGED:
            return None
        events, cursor = self.response.body["data"], self.response.body["next_cursor"]
        if self._stops(stop):
            return None
        page = FeedPage(reader=self.name, resumptions=self._resumptions, events=events)
        self.shared.feed.append(page)
        if self._stops(stop):
            return None
        self._stored = self._cursor = cursor
        page.is_stored = True
        self._stops(stop)
        return len(events)

    def _stops(self, probability: float) -> bool:
        """At times stop, and resume from the stored cursor; return whether it did."""
        if self.chance.random() >= probability:
            return False
        self.close()
        self._resumptions += 1
        self._cursor = self._stored
        return True
