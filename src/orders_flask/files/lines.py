"""Lines of a file, read one after the other, and texts of it for a terminal."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterator
from itertools import chain
from typing import Protocol

from orders_domain.errors import UnreadableFile

MAX_LINE_BYTES = 1024 * 1024  # a longer line is split, and none of its parts is valid


class Readable(Protocol):
    """A file of bytes that is read line by line."""

    def readline(self, size: int, /) -> bytes: ...


class NumberedLines:
    """The lines of a file, read once; ``read`` is the number of bytes read, ``number`` that of the last line.

    The file is UTF-8, or UTF-16 with a byte order mark, as Excel's "Unicode Text" is.
    """

    def __init__(self, file: Readable) -> None:
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


def _recode(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the lines of a text in UTF-16 as UTF-8. The pieces may end within a character.

    Raises:
        UnreadableFile: the text is not UTF-16.
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
        raise UnreadableFile(f"The file begins like UTF-16, but is not UTF-16: {error.reason}.") from error


def printable(text: str) -> str:
    """Escape control characters, because the text of a client or of a file must not control the terminal."""
    return text if text.isprintable() else ascii(text)
