"""What commands that run for long share: who runs them, Ctrl-C in good order, lines with their numbers, progress."""

import getpass
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeVar

import click

from orders_domain.model.actor import MAX_SUBJECT_LENGTH, Actor, Role

MAX_LINE_BYTES = 1024 * 1024  # bytes; what is longer comes in pieces, and none of them fits
INTERRUPTED = 130  # exit status, as a shell has it after Ctrl-C

Thing = TypeVar("Thing")


def cli_actor() -> Actor:
    """Return whoever runs the command: an administrator, as far as orders are concerned."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container may have no name for its user
        name = str(os.getuid())
    return Actor(subject=f"cli:{name}"[:MAX_SUBJECT_LENGTH], role=Role.ADMIN)


class GracefulInterrupt:
    """The first Ctrl-C, or SIGTERM, lets what was begun be finished; a second one is as rude as ever."""

    def __init__(self) -> None:
        self.received = False

    def until(self, things: Iterable[Thing]) -> Iterator[Thing]:
        """Yield the things until it comes."""
        for thing in things:
            yield thing
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


def detach_stdout() -> None:
    """What could not be written there is not tried again when the process ends."""
    with suppress(OSError):
        stdout = sys.stdout.fileno()
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout)


class NumberedLines:
    """The lines of a file, read once; ``read`` says how many bytes, ``number`` which line came last."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.read = 0
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        complete = True
        while line := self._file.readline(MAX_LINE_BYTES):
            self.read += len(line)
            self.number += complete
            complete = line.endswith(b"\n")
            encoding = "utf-8-sig" if self.number == 1 else "utf-8"
            yield line.decode(encoding, "surrogateescape")  # so that one bad line is one bad line

    def ensure_reaches(self, first: int) -> None:
        """Return if the file, read to its end, reaches up to the line before ``first``.

        Raises:
            ClickException: there was nothing to go on with.
        """
        if first > self.number + 1:
            raise click.ClickException(f"The file ends with line {self.number}, before --from-line {first}.")


@contextmanager
def open_input(path: str) -> Iterator[tuple[BinaryIO, int | None]]:
    """Open a file to read, or standard input for ``-``; give it with its size, where that is known."""
    if path == "-":
        yield sys.stdin.buffer, None
        return
    with Path(path).open("rb") as file:
        yield file, os.fstat(file.fileno()).st_size


def progress(length: int | None, label: str) -> AbstractContextManager[Any]:
    """Return a bar on standard error, for people: it is not drawn for a file or a pipe."""
    hidden = length is None or not sys.stderr.isatty()
    return click.progressbar(length=length or 0, label=label, file=sys.stderr, hidden=hidden)
