"""Shared parts of long-running commands: actor, graceful interrupt, numbered lines, progress bar."""

import getpass
import os
import signal
import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeVar

import click

from orders_domain.model.accounts.actor import MAX_SUBJECT_LENGTH, Actor, Role

MAX_LINE_BYTES = 1024 * 1024  # a longer line is split, and none of its parts is valid
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


def detach_stdout() -> None:
    """Redirect standard output to the null device, so that the flush at exit does not fail again."""
    with suppress(OSError):
        stdout = sys.stdout.fileno()
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout)


class NumberedLines:
    """The lines of a file, read once; ``read`` is the number of bytes read, ``number`` that of the last line.

    The file is UTF-8, or UTF-16 with a byte order mark, as Excel's "Unicode Text" is.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._lines = self._utf8_lines()
        self.read = 0
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        complete = True
        for line in self._lines:
            self.number += complete
            complete = line.endswith(b"\n")
            encoding = "utf-8-sig" if self.number == 1 else "utf-8"
            yield line.decode(encoding, "surrogateescape")  # bad bytes invalidate their line only

    def _utf8_lines(self) -> Iterator[bytes]:
        lines = self._raw_lines()
        first = next(lines, b"")
        lines = chain((first,), lines) if first else lines
        yield from _recode(lines) if first.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else lines

    def _raw_lines(self) -> Iterator[bytes]:
        while line := self._file.readline(MAX_LINE_BYTES):
            self.read += len(line)
            yield line

    def ensure_reaches(self, first: int) -> None:
        """Check, after the last line, that the file has all lines before ``first``.

        Raises:
            ClickException: the file is shorter.
        """
        if first > self.number + 1:
            raise click.ClickException(f"The file ends with line {self.number}, before --from-line {first}.")


def _recode(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the lines of a text in UTF-16 as UTF-8. The pieces may end within a character.

    Raises:
        ClickException: the text is not UTF-16.
    """
    decoder, text = getincrementaldecoder("utf-16")("surrogatepass"), ""
    try:
        for piece in chain(pieces, (b"",)):
            *lines, text = (text + decoder.decode(piece, final=not piece)).split("\n")
            yield from (f"{line}\n".encode("utf-8", "surrogatepass") for line in lines)
            if len(text) > MAX_LINE_BYTES or (text and not piece):
                yield text.encode("utf-8", "surrogatepass")
                text = ""
    except UnicodeDecodeError as error:
        raise click.ClickException(f"The file begins like UTF-16, but is not UTF-16: {error.reason}.") from error


@contextmanager
def open_input(path: str) -> Iterator[tuple[BinaryIO, int | None]]:
    """Open a file, or standard input for ``-``; yield it with its size in bytes, or None if that is unknown."""
    if path == "-":
        yield sys.stdin.buffer, None
        return
    with Path(path).open("rb") as file:
        yield file, os.fstat(file.fileno()).st_size


def progress(length: int | None, label: str) -> AbstractContextManager[Any]:
    """Return a progress bar on standard error; it is hidden if standard error is not a terminal."""
    hidden = length is None or not sys.stderr.isatty()
    return click.progressbar(length=length or 0, label=label, file=sys.stderr, hidden=hidden)
