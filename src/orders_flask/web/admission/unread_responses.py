"""Unread responses: the kernel closes the connection of a client that reads nothing of its response.

The server has no time limit for writing, and gives the application no access to its sockets, which are therefore found
among the open files of the process.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

UNREAD_TIMEOUT = 60.0
"""Seconds in which the client acknowledges no byte of what was sent, or has no room for the next one."""

_POLL_SECONDS = 0.05
_STARTUP_SECONDS = 30.0
_OPEN_FILES = Path("/proc/self/fd")
_IS_LINUX = sys.platform == "linux"


async def limit_unread_responses(seconds: float = UNREAD_TIMEOUT) -> bool:
    """Limit the connections to this process, as soon as it listens; new ones inherit that of the listening socket.

    Return whether it listens within 30 s. There is no limit on other systems than Linux.
    """
    if not _IS_LINUX:
        return False
    for _ in range(int(_STARTUP_SECONDS / _POLL_SECONDS)):
        if _limit(milliseconds=int(seconds * 1000)):
            return True
        await asyncio.sleep(_POLL_SECONDS)
    return False


def _limit(*, milliseconds: int) -> bool:
    found = list(_sockets())
    try:
        ports = {port for port, listens, _ in found if listens}
        for port, _, connection in found:
            if port in ports:  # also those that were accepted before
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        return bool(ports)
    finally:
        for _, _, connection in found:
            connection.close()


def _sockets() -> Iterator[tuple[int, bool, socket.socket]]:
    """Yield the port, whether it listens, and a duplicate of each TCP socket of the process."""
    for file in list(_OPEN_FILES.iterdir()):
        with suppress(OSError):  # no socket, or closed meanwhile
            connection = socket.socket(fileno=os.dup(int(file.name)))
            if connection.family in (socket.AF_INET, socket.AF_INET6) and connection.type == socket.SOCK_STREAM:
                listens = bool(connection.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
                yield connection.getsockname()[1], listens, connection
            else:
                connection.close()
