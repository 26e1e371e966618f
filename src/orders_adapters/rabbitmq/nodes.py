"""Nodes of a cluster, as an address with several hosts has them, and connections to one that answers."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

import pika

_HOSTS = re.compile(r"(?P<user>[^:]+://(?:[^/?]*@)?)(?P<hosts>[^/?@]*)(?P<rest>.*)")
_Connection = TypeVar("_Connection")


class Nodes:
    """The nodes of ``amqp://user:password@rabbit-1,rabbit-2:5673/vhost``, the one that answered last at the front.

    Args:
        url: one host or several, each with its port or the usual one; everything else is the same for all.
        settings: attributes of the parameters of pika.

    Raises:
        ValueError: the address is invalid.
    """

    def __init__(self, url: str, **settings: Any) -> None:
        self._nodes = deque(pika.URLParameters(one) for one in _of_each_host(url))
        for parameters in self._nodes:
            for name, value in settings.items():
                setattr(parameters, name, value)

    def set_default(self, name: str, value: object) -> None:
        """Set an attribute of the parameters that the address has not set."""
        for parameters in self._nodes:
            if getattr(parameters, name) is None:
                setattr(parameters, name, value)

    def connect(
        self,
        open_connection: Callable[[pika.URLParameters], _Connection],
        *,
        failures: tuple[type[Exception], ...],
        may_continue: Callable[[], bool] = lambda: True,
    ) -> _Connection:
        """Try each node once, and raise the failure of the last one.

        If the time for others is over, the next call begins with the node after the one that has not answered.
        Another thread may have turned away from that node meanwhile.
        """
        others = len(self._nodes) - 1
        while True:
            node = self._nodes[0]
            try:
                return open_connection(node)
            except failures:
                if self._nodes[0] is node:
                    self._nodes.rotate(-1)
                if not others or not may_continue():
                    raise
                others -= 1


def _of_each_host(url: str) -> list[str]:
    several = _HOSTS.fullmatch(url)
    if several is None or "," not in several["hosts"]:
        return [url]
    hosts = several["hosts"].split(",")
    if not all(hosts) or any(character.isspace() for character in several["hosts"]):
        raise ValueError("each host between commas must have a name, without spaces")
    return [f"{several['user']}{host}{several['rest']}" for host in hosts]
