"""The file that an export writes: whole under its name, or unfinished under its name and ``.part``."""

import csv
import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import click
import orjson

from orders_domain.queries import After
from orders_flask.cli.export_rows import KEY


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where an unfinished file ends well: behind the last order that it surely has whole."""

    size: int
    after: After | None


def begin(path: Path, header: bytes) -> tuple[BinaryIO, After | None]:
    """Open the unfinished file of a new export.

    Raises:
        ClickException: there is one already, or none can be written there.
    """
    with _sentences():
        file = _part(path).open("xb")
    _hold(file)
    file.write(header)
    return file, None


def go_on(path: Path, header: bytes, columns: Sequence[str]) -> tuple[BinaryIO, After | None]:
    """Open the unfinished file of an interrupted export, cut to what is surely whole; a new one where there is none.

    Raises:
        ClickException: another export is writing it, or it was begun with another view or format.
    """
    if not _part(path).exists():
        return begin(path, header)
    with _sentences():
        file = _part(path).open("r+b")
    try:
        _hold(file)
        return file, _cut(file, header, columns)
    except BaseException:
        file.close()
        raise


def finish(path: Path, file: BinaryIO) -> None:
    """Give the file its name; it is on the disk by then."""
    file.flush()
    os.fsync(file.fileno())
    file.close()
    _part(path).replace(path)


def _hold(file: BinaryIO) -> None:
    """Keep the file to ourselves; the lock goes with it, however we end."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise click.ClickException(f"{file.name} is being written by another export.") from None


@contextmanager
def _sentences() -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise click.ClickException(
            f"{error.filename} is there, from an export that was interrupted or still runs: "
            "--resume goes on with it, or delete it."
        ) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename} cannot be written: {error.strerror}.") from error


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _cut(file: BinaryIO, header: bytes, columns: Sequence[str]) -> After | None:
    """Leave what is whole, and stand behind it; return the order it ends with."""
    try:
        resumed = _resumed(file, header, columns)
    except ValueError:
        raise click.ClickException(
            f"{file.name} was begun with another view or format: give those again, or delete it."
        ) from None
    file.truncate(resumed.size)
    file.seek(resumed.size)
    if resumed.size == 0:
        file.write(header)
    return resumed.after


def _resumed(file: BinaryIO, header: bytes, columns: Sequence[str]) -> Resumed:
    """Find the end of the last order but one: the last may lack items, and is written again.

    Raises:
        ValueError: this is no file of ours, or of another view or format.
    """
    first = file.read(len(header))
    if len(first) < len(header) and header.startswith(first):
        return Resumed(0, None)
    if first != header:
        raise ValueError(first)
    quoted = bool(header)  # CSV; JSON Lines have no header
    end, last, before = len(header), None, None
    start = end
    for record in _records(file, quoted=quoted):
        key = _key(_cells(record) if quoted else orjson.loads(record), columns)
        if key != last:
            end, last, before = start, key, last
        start += len(record)
    return Resumed(end, before)


def _records(file: BinaryIO, *, quoted: bool) -> Iterator[bytes]:
    """Yield complete records; one of CSV goes on where a quote is still open."""
    record = b""
    for line in file:
        record += line
        if line.endswith(b"\n") and not (quoted and record.count(b'"') % 2):
            yield record
            record = b""


def _cells(record: bytes) -> Sequence[str]:
    (cells,) = csv.reader([record.decode()])
    return cells


def _key(row: Mapping[str, str] | Sequence[str], columns: Sequence[str]) -> After:
    """Return which order the row is of."""
    named = row if isinstance(row, Mapping) else dict(zip(columns, row, strict=True))
    if list(named) != list(columns):
        raise ValueError(row)
    created_at, order_id = (named[column] for column in KEY)
    return After(datetime.fromisoformat(created_at), UUID(order_id))
