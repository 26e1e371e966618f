"""Long polls: their end by an event, by time, by a signal, and the bound on those that wait."""

import os
import signal
from collections.abc import Iterator

import pytest
from flask import Flask

from orders_domain.use_cases import EventPage
from orders_flask.web.background import long_polls
from orders_flask.web.background.long_polls import LongPolls

EMPTY = EventPage(events=(), next_cursor="end", is_last=True)
EXAMINED = EventPage(events=(), next_cursor="further", is_last=False)


def test_poll_reads_on_until_its_time_is_over() -> None:
    pauses, read = list[float](), list[str | None]()

    def page(after: str | None) -> EventPage:
        read.append(after)
        return EXAMINED if len(read) == 1 else EMPTY

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            polls.end()

    polls = LongPolls(limit=1, pause=pause)

    assert polls.read(page, seconds=30) == (EMPTY, True)
    assert read == [None, "further", "end", "end", "end"]
    assert pauses == [long_polls.POLL_INTERVAL] * 3
    assert LongPolls(limit=1).read(lambda _: EMPTY, seconds=0) == (EMPTY, True)


def test_polls_beyond_the_limit_do_not_wait() -> None:
    inner: list[tuple[EventPage, bool]] = []

    def pause(_: float) -> None:
        inner.append(polls.read(lambda _: EMPTY, seconds=30))
        polls.end()

    polls = LongPolls(limit=1, pause=pause)

    assert polls.read(lambda _: EMPTY, seconds=30) == (EMPTY, True)
    assert inner == [(EMPTY, False)]


def test_only_thread_does_not_wait() -> None:
    app = Flask("polls")
    long_polls.install(app, threads=1)
    with app.app_context():
        assert long_polls.long_polls().read(lambda _: EMPTY, seconds=1) == (EMPTY, False)


@pytest.fixture
def terminations() -> Iterator[list[int]]:
    """The signals that the handler before ours has received."""
    received: list[int] = []
    before = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    signal.signal(signal.SIGTERM, lambda number, _: received.append(number))
    yield received
    for number, handler in before:
        signal.signal(number, handler)


def test_signal_ends_polls_and_reaches_the_server(terminations: list[int]) -> None:
    app = Flask("test")
    long_polls.install(app, threads=8)
    long_polls.end_at_signals(app, signal.SIGINT, signal.SIGTERM)

    os.kill(os.getpid(), signal.SIGTERM)

    with app.app_context():
        assert long_polls.long_polls().read(lambda _: EMPTY, seconds=300) == (EMPTY, True)
    assert terminations == [signal.SIGTERM]
