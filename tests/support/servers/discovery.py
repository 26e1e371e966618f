"""Server discovery: the address in the environment, a listening server, or a server started for the run."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit


class Unavailable(Exception):
    """No server is available; the message states the reason."""


class Addressed(Protocol):
    """Protocol of a server with an address."""

    @property
    def url(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Part:
    """A kind of server that tests need, and where to find it.

    `version_at` returns the version of the server at an address within seconds, and raises `Unavailable`.
    """

    name: str
    variable: str
    usual: Sequence[str]
    version_at: Callable[[str], str]
    throwaway: Callable[[], AbstractContextManager[Addressed]]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A server that responded, and how it was discovered."""

    name: str
    version: str
    url: str
    how: str

    def __str__(self) -> str:
        where = urlsplit(self.url)
        return f"{self.name} {self.version} at {where.hostname}:{where.port} ({self.how})"


def find(part: Part, *, until: ExitStack, environment: Mapping[str, str] = os.environ) -> Found:
    """Return the first server that responds; a server started here lives until `until` is closed.

    An address in the environment is binding: if its server does not respond, no other is tried.

    Raises:
        Unavailable: no server responds; the message names every address tried.
    """
    if url := environment.get(part.variable):
        return _ask(part, url, how=f"named by {part.variable}")
    reasons = []
    for url in part.usual:
        try:
            return _ask(part, url, how="listening already")
        except Unavailable as why:
            reasons.append(str(why))
    try:
        return _ask(part, until.enter_context(part.throwaway()).url, how="started for this run")
    except Unavailable as why:
        raise Unavailable("; ".join([*reasons, str(why)])) from why


def _ask(part: Part, url: str, *, how: str) -> Found:
    return Found(name=part.name, version=part.version_at(url), url=url, how=how)
