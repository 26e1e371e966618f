"""Where a real part comes from: the environment, else a server already listening, else one started for the run."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit


class Unavailable(Exception):
    """A server cannot be had; the message says why."""


class Addressed(Protocol):
    """Anything with an address."""

    @property
    def url(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Part:
    """A technology that tests need, and where a server of it may be.

    `version_at` asks the server at an address for its version, within seconds, and raises `Unavailable`.
    """

    name: str
    variable: str
    usual: Sequence[str]
    version_at: Callable[[str], str]
    throwaway: Callable[[], AbstractContextManager[Addressed]]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A server that answered, and how we came by it."""

    name: str
    version: str
    url: str
    how: str

    def __str__(self) -> str:
        where = urlsplit(self.url)
        return f"{self.name} {self.version} at {where.hostname}:{where.port} ({self.how})"


def find(part: Part, *, until: ExitStack, environment: Mapping[str, str] = os.environ) -> Found:
    """Return the first server that answers; one started here lives until `until` is closed.

    An address in the environment is an order: if nobody answers there, no other is tried.

    Raises:
        Unavailable: there is none; the message names every place tried.
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
