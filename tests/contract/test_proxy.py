"""Proxy for network faults: it cuts, hangs, delays and restores connections."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.support.servers.proxy import Proxy


class Echo:
    """A server that echoes every line."""

    def __enter__(self) -> int:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        port: int = self._listener.getsockname()[1]
        return port

    def __exit__(self, *error: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    @staticmethod
    def _answer(client: socket.socket) -> None:
        with client:
            while data := client.recv(100):
                client.sendall(data)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Echo() as port, Proxy("127.0.0.1", port) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: Proxy) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        client.sendall(b"hello")
        assert client.recv(100) == b"hello"
        yield client


def test_cut_closes_and_refuses_connections(proxy: Proxy, client: socket.socket) -> None:
    proxy.cut()

    assert client.recv(100) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


@pytest.mark.usefixtures("client")
def test_restore_listens_on_the_same_port(proxy: Proxy) -> None:
    before = proxy.port
    proxy.cut()

    proxy.restore()

    assert proxy.port == before
    with socket.create_connection(("127.0.0.1", before), timeout=5) as again:
        again.sendall(b"again")
        assert again.recv(100) == b"again"


def test_hang_forwards_nothing_until_restore(proxy: Proxy, client: socket.socket) -> None:
    proxy.hang()

    client.sendall(b"anybody?")
    client.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.recv(100)

    proxy.restore()
    client.settimeout(5)
    assert client.recv(100) == b"anybody?"


def test_delay_postpones_forwarding(proxy: Proxy, client: socket.socket) -> None:
    proxy.delay(0.3)

    client.sendall(b"slow")
    client.settimeout(0.2)
    with pytest.raises(TimeoutError):
        client.recv(100)

    client.settimeout(5)
    assert client.recv(100) == b"slow"


def test_address_is_rewritten_to_the_proxy() -> None:
    url = "postgresql+psycopg://orders:secret@localhost:5432/orders?sslmode=disable"

    with Proxy.before(url) as proxy:
        assert proxy.through(url) == (
            f"postgresql+psycopg://orders:secret@127.0.0.1:{proxy.port}/orders?sslmode=disable"
        )
