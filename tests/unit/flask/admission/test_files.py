"""Files in responses: each part is read when the client has taken the one before; none for a client that has gone."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, Response

from orders_domain.errors import StoreUnavailable
from orders_flask.web.admission import AdmissionMiddleware
from orders_flask.web.admission import responder as module
from orders_flask.web.background.file_transfer import MIN_PART, FileParts, JoinedPieces

PART = 256 * 1024
PARTS = 8
SCOPE = {"type": "http", "http_version": "1.1", "method": "GET", "path": "/", "query_string": b"", "headers": []}


class Download:
    """A file of eight parts and a client; ``reads`` are the offsets that were read, ``sent`` the parts' bytes."""

    def __init__(self) -> None:
        self.reads: list[int] = []
        self.sent: list[int] = []
        self.used: list[int] = []
        self.gone = asyncio.Event()
        app = Flask("file")
        app.add_url_rule("/", view_func=self._file)
        self.middleware = AdmissionMiddleware(app, threads=1)
        self.fails_at = -1

    def _file(self) -> Response:
        headers = {"Content-Length": str(PARTS * PART)}
        return Response(FileParts(self._read, 0, PARTS * PART), headers=headers, direct_passthrough=True)

    def _read(self, offset: int) -> bytes:
        if offset == self.fails_at:
            raise StoreUnavailable("Away.")
        self.reads.append(offset)
        return b"x" * PART

    def run(self, taken: Callable[[int], Any] = lambda _: None) -> None:
        """Send the file; ``taken`` is called with the bytes that the client has got, and may return an awaitable."""
        first = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            if first:
                return first.pop()
            await self.gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            self.sent.append(len(message.get("body", b"")))
            self.used.append(self.middleware._responses.used)
            if wait := taken(sum(self.sent)):
                await wait

        asyncio.run(asyncio.wait_for(self.middleware(SCOPE, receive, send), 20))


def test_file_is_read_part_by_part() -> None:
    download, read_before = Download(), list[tuple[int, int]]()

    download.run(lambda got: read_before.append((got, len(download.reads) * PART)))

    assert download.reads == [number * PART for number in range(PARTS)]
    assert sum(download.sent) == PARTS * PART
    assert all(read - got < PART for got, read in read_before)
    assert (max(download.used), download.middleware._responses.used) == (PART, 0)


def test_no_part_is_read_for_a_client_that_has_gone() -> None:
    download = Download()

    async def leave() -> None:
        download.gone.set()
        await asyncio.sleep(0.01)

    download.run(lambda got: leave() if got >= PART else None)

    assert len(download.reads) == 1
    assert download.middleware._responses.used == 0


def test_client_that_stops_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESPONSE_TIMEOUT", 0.05)
    download = Download()

    download.run(lambda got: asyncio.Event().wait() if got > PART else None)

    assert len(download.reads) == 2
    assert download.middleware._responses.used == 0


def test_failure_of_the_store_ends_the_response() -> None:
    download = Download()
    download.fails_at = 3 * PART

    download.run()

    assert sum(download.sent) == 3 * PART  # less than was declared, so that the server closes the connection
    assert download.middleware._responses.used == 0


def test_deleted_file_ends_the_response() -> None:
    with pytest.raises(StoreUnavailable):
        next(FileParts(lambda _: b"", 0, 1))


def test_document_of_many_pieces_is_not_held_in_memory() -> None:
    download = Download()
    read: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(1_000):
            read.append(number)
            yield b"x" * 1_000

    def document() -> Response:
        return Response(JoinedPieces(pieces()), direct_passthrough=True)

    download.middleware = AdmissionMiddleware(document_app(document), threads=1)
    behind = list[int]()

    download.run(lambda got: behind.append(len(read) * 1_000 - got))

    assert sum(download.sent) == 1_000_000
    assert 0 < max(download.used) < 2 * MIN_PART
    assert max(behind) < 2 * MIN_PART
    assert len(download.sent) < 50


def document_app(view: Callable[[], Response]) -> Flask:
    app = Flask("document")
    app.add_url_rule("/", view_func=view)
    return app
