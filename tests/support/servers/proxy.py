"""TCP proxy between the program and a server, which tests use to break the network, or to reach it from another."""

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from tests.support.servers.ephemeral.server import free_port

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Cue:
    """Byte sequences at which the proxy stops forwarding."""

    words: tuple[bytes, ...]
    done: bool
    came: threading.Event = field(default_factory=threading.Event)
    _matched: dict[socket.socket, int] = field(default_factory=dict)  # the number of matched sequences by connection

    def matches(self, data: bytes, *, by: socket.socket) -> bool:
        """Match data of a client; return whether the last sequence matched for the first time."""
        matched = self._matched.get(by, 0)
        while matched < len(self.words) and self.words[matched] in data:
            matched += 1
        self._matched[by] = matched
        return matched == len(self.words) and not self.came.is_set()


class Proxy:
    """`with Proxy(host, port) as proxy: ...` forwards `proxy.port` until a method breaks the connection.

    It listens on loopback, unless another address of this machine is given.
    """

    def __init__(self, host: str, port: int, *, address: str = HOST) -> None:
        self._server = (host, port)
        self._address = address
        self._lock = threading.Lock()
        self._flowing = threading.Event()
        self._flowing.set()
        self._delay = 0.0
        self._cue: Cue | None = None
        self._open: set[socket.socket] = set()
        self._pumps: list[threading.Thread] = []
        self.port = free_port()
        self._listen()

    @classmethod
    def before(cls, url: str, *, address: str = HOST) -> Self:
        """A proxy in front of the server of an address; see `through`."""
        where = urlsplit(url)
        if where.hostname is None or where.port is None:
            raise ValueError(f"an address with a host and a port is needed, not {url}")
        return cls(where.hostname, where.port, address=address)

    def through(self, url: str) -> str:
        """The address of the same server through this proxy."""
        where = urlsplit(url)
        credentials, at, _ = where.netloc.rpartition("@")
        return where._replace(netloc=f"{credentials}{at}{self._address}:{self.port}").geturl()

    def cut(self) -> None:
        """Close all connections and refuse new ones."""
        self._stop_listening()
        self._drop_all()

    def hang(self) -> None:
        """Accept connections and forward nothing."""
        self._flowing.clear()

    def hang_at(self, *words: bytes, done: bool) -> threading.Event:
        """Stop forwarding after one client has sent all byte sequences in order; return the event that is set then.

        With ``done`` the server still receives the last sequence and executes it, but its response is not forwarded.
        """
        self._cue = Cue(words, done)
        return self._cue.came

    def delay(self, seconds: float) -> None:
        """Delay all data in both directions."""
        self._delay = seconds

    def restore(self) -> None:
        """Forward again; the data received meanwhile is delivered."""
        self._delay = 0.0
        self._cue = None
        self._flowing.set()
        if self._listener is None:
            self._listen()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.cut()
        for pump in self._pumps:
            pump.join(5)

    def _listen(self) -> None:
        self._listener: socket.socket | None = socket.create_server((self._address, self.port), backlog=128)
        self._accepting = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._accepting.start()

    def _stop_listening(self) -> None:
        if self._listener is None:
            return
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closing alone does not wake accept()
        self._listener.close()
        self._accepting.join(5)
        self._listener = None

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self._join(client)

    def _join(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._server, timeout=5)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        with self._lock:
            self._open |= {client, server}
        for source, sink in ((client, server), (server, client)):
            pump = threading.Thread(target=self._pump, args=(source, sink, source is client), daemon=True)
            self._pumps.append(pump)
            pump.start()

    def _pump(self, source: socket.socket, sink: socket.socket, from_client: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                time.sleep(self._delay)
                cue = self._cue if from_client else None
                if cue and cue.matches(data, by=source):
                    self._flowing.clear()  # before forwarding, so that the response cannot pass
                    if cue.done:
                        sink.sendall(data)
                    cue.came.set()
                    if cue.done:
                        continue
                self._flowing.wait()
                sink.sendall(data)
        self._drop(source, sink)

    def _drop_all(self) -> None:
        with self._lock:
            everything = tuple(self._open)
        self._drop(*everything)
        self._flowing.set()  # pumps that hang detect the closed sockets and end

    def _drop(self, *sockets: socket.socket) -> None:
        for connection in sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        with self._lock:
            self._open -= set(sockets)
