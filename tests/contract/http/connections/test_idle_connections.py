"""Connections of strangers: many of every kind that stop halfway, beside which the service still serves."""

import ctypes
import json
import os
import socket
import stat
import time
from contextlib import suppress
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from orders_flask.web.admission.unread_responses import UNREAD_TIMEOUT
from tests.support.depth import effort
from tests.support.server import Served
from tests.support.servers.ephemeral.server import HOST
from tests.support.strangers import KINDS, many, sent_by

FEW = 60  # sockets of a worker without clients: of its pools and threads
CONNECTIONS = effort(150, 1_100)  # of each kind
MEBIBYTE = 1024 * 1024
WORKER_MEBIBYTES = 250
ORDER = json.dumps({"items": [{"sku": "tea"}], "total_price": 1}).encode()


def children(served: Served) -> list[str]:
    """The process ids of the workers, among others."""
    server = served.process.pid
    return Path(f"/proc/{server}/task/{server}/children").read_text().split()


def memory(served: Served) -> float:
    """The memory of the worker process in MiB."""
    pages = [int(Path(f"/proc/{child}/statm").read_text().split()[1]) for child in children(served)]
    return max(pages) * os.sysconf("SC_PAGE_SIZE") / MEBIBYTE


def sockets(served: Served) -> int:
    """The number of open sockets of the worker process."""
    files = [_open_files(child).values() for child in children(served)]
    return max(sum(name.startswith("socket:") for name in names) for names in files)


def settled(served: Served, *, at_most: int) -> int:
    """The number of open sockets after those of earlier clients were closed, for which the service has some time."""
    deadline = time.monotonic() + 2 * UNREAD_TIMEOUT
    former, count = -1, sockets(served)
    while (count > at_most or count != former) and time.monotonic() < deadline:
        time.sleep(1)
        former, count = count, sockets(served)
    return count


def _open_files(process: str) -> dict[int, str]:
    """The targets of the open files, by number."""
    files: dict[int, str] = {}
    for file in list(Path(f"/proc/{process}/fd").iterdir()):
        with suppress(FileNotFoundError):  # closed meanwhile
            files[int(file.name)] = str(file.readlink())
    return files


def user_timeouts(served: Served, port: int) -> list[float]:
    """The seconds of TCP_USER_TIMEOUT of the service's connections to the client's port."""
    getfd = 438  # the number of the system call pidfd_getfd, which duplicates a file of another process
    found = []
    for child in children(served):
        process = os.pidfd_open(int(child))
        for file in _open_files(child):
            duplicate = ctypes.CDLL(None).syscall(getfd, process, file, 0)
            if duplicate >= 0 and stat.S_ISSOCK(os.fstat(duplicate).st_mode):
                with socket.socket(fileno=duplicate) as connection, suppress(OSError, IndexError):
                    if connection.getpeername()[1] == port:
                        timeout = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
                        found.append(timeout / 1000)
            elif duplicate >= 0:
                os.close(duplicate)
        os.close(process)
    return found


def probe(served: Served) -> float:
    """Ask for `/healthz`; return the seconds that it took."""
    begun = time.monotonic()
    with urlopen(f"{served.url}/healthz", timeout=20) as health:
        assert health.status == 200
    return time.monotonic() - begun


@pytest.mark.parametrize("kind", KINDS)
def test_connections_that_stop_do_not_stop_the_service(served: Served, kind: str) -> None:
    order = Request(f"{served.url}/orders/", data=ORDER, headers={"Content-Type": "application/json"})
    order.add_header("Authorization", f"Bearer {served.token('patient')}")

    with many(served.port, sent_by(kind, served.token("slow")), count=CONNECTIONS):
        first, took = probe(served), probe(served)
        with urlopen(order, timeout=20) as placed:
            assert placed.status == 201
        used = memory(served)

    print(f"{kind}: /healthz {first:.2f} s, then {took:.2f} s, {used:.0f} MiB")
    assert took < 1
    assert used < WORKER_MEBIBYTES


@pytest.mark.deep
def test_sockets_of_clients_that_read_nothing_are_closed(served: Served) -> None:
    before = settled(served, at_most=FEW)

    with many(served.port, sent_by("reading nothing"), count=CONNECTIONS):
        deadline = time.monotonic() + 5
        while (during := sockets(served)) < before + CONNECTIONS and time.monotonic() < deadline:
            time.sleep(0.05)  # they are accepted one after the other
        after = settled(served, at_most=before + 2)

    assert during >= before + CONNECTIONS
    assert after <= before + 2


def test_connections_inherit_the_limit_of_unread_responses(served: Served) -> None:
    """The limit is an option of the server's sockets, which the kernel shows only to its process."""
    with socket.create_connection((HOST, served.port), timeout=20) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.recv(65536)

        assert user_timeouts(served, connection.getsockname()[1]) == [UNREAD_TIMEOUT]
