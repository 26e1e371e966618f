"""Shared parts of long-running commands: actor, graceful interrupt, prefetched input, progress bar."""

import getpass
import os
import signal
import stat
import sys
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeVar

import click

from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH, Actor, Role
from orders_flask.files.lines import NumberedLines

INTERRUPTED = 130  # a shell's exit status after Ctrl-C

Item = TypeVar("Item")


def cli_actor() -> Actor:
    """Return an administrator whose subject is ``cli:`` and the operating system's user name."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container may have no name for its user
        name = str(os.getuid())
    return Actor(subject=f"cli:{name}"[:MAX_SUBJECT_LENGTH], role=Role.ADMIN)


class GracefulInterrupt:
    """Lets the current batch finish after the first SIGINT or SIGTERM; a second signal interrupts at once."""

    def __init__(self) -> None:
        self.received = False

    def until(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items until a signal is received."""
        for item in items:
            yield item
            if self.received:
                return

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._receive) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _receive(self, *_: object) -> None:
        self.received = True
        self.__exit__()


def prefetched(items: Iterator[Item], *, size: int) -> Generator[Item, None, None]:
    """Yield the items; while the caller stores them, a thread prefetches the next ``size``.

    Not for a pipe, because the end waits for the thread, and a pipe may be silent.
    """
    with ThreadPoolExecutor(1) as thread:
        following = thread.submit(_first, items, size)
        while batch := following.result():
            following = thread.submit(_first, items, size)
            yield from batch


def _first(items: Iterator[Item], size: int) -> list[Item]:
    return list(islice(items, size))


def detach_stdout() -> None:
    """Redirect standard output to the null device, so that the flush at exit does not fail again."""
    with suppress(OSError):
        stdout = sys.stdout.fileno()
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout)


def ensure_reaches(lines: NumberedLines, first: int) -> None:
    """Check, after the last line, that the file has all lines before ``first``.

    Raises:
        ClickException: the file is shorter.
    """
    if first > lines.number + 1:
        raise click.ClickException(f"The file ends with line {lines.number}, before --from-line {first}.")


@contextmanager
def open_input(path: str) -> Iterator[tuple[BinaryIO, int | None]]:
    """Open a file, or standard input for ``-``; yield it with its size in bytes, or None if it is a pipe."""
    if path == "-":
        yield sys.stdin.buffer, None
        return
    with Path(path).open("rb") as file:
        status = os.fstat(file.fileno())
        yield file, status.st_size if stat.S_ISREG(status.st_mode) else None


def progress(length: int | None, label: str) -> AbstractContextManager[Any]:
    """Return a progress bar on standard error; it is hidden if standard error is not a terminal."""
    hidden = length is None or not sys.stderr.isatty()
    return click.progressbar(length=length or 0, label=label, file=sys.stderr, hidden=hidden)
