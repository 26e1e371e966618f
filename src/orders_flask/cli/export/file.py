"""The file that an export writes: whole under its name, or unfinished under its name and ``.part``."""

import csv
import fcntl
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import click
import orjson

from orders_domain.model.order_filter import Cursor
from orders_flask.cli.export import options as export_options
from orders_flask.cli.export.options import Options
from orders_flask.cli.export.rows import KEY


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where an unfinished file ends well: behind the last order that it surely has whole."""

    size: int
    cursor: Cursor | None
    orders: int  # it has so many


def target(path: Path) -> Path:
    """Return the file that is to be written: where the path is a symlink, the file it names.

    Raises:
        ClickException: there is something that is no regular file; a device or a FIFO would be replaced by one.
    """
    with _sentences(path), suppress(FileNotFoundError):
        if not stat.S_ISREG(path.stat().st_mode):
            raise click.ClickException(f"{path} is no regular file; - writes to standard output.")
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def start(path: Path, header: bytes, options: Options) -> tuple[BinaryIO, ResumePoint]:
    """Open the unfinished file of a new export.

    Raises:
        ClickException: there is one already, or none can be written there.
    """
    with _sentences(path):
        file = _part(path).open("xb")
        _lock(file)
        export_options.store(_part(path), options)
    file.write(header)
    return file, ResumePoint(len(header), None, 0)


def resume(path: Path, header: bytes, columns: Sequence[str], options: Options) -> tuple[BinaryIO, ResumePoint]:
    """Open the unfinished file of an interrupted export, cut to what is surely whole; a new one where there is none.

    Raises:
        ClickException: another export is writing it, or it was begun with other options; or the export is finished.
    """
    if not _part(path).exists():
        if path.exists():
            raise click.ClickException(
                f"{path} is complete, there is no {_part(path)} to go on with; without --resume it is written anew."
            )
        return start(path, header, options)
    with _sentences(path):
        file = _part(path).open("r+b")
    try:
        _lock(file)
        with _sentences(path):
            if os.fstat(file.fileno()).st_size:
                export_options.ensure_same(_part(path), options)
            else:  # it ended before its options were surely noted
                export_options.store(_part(path), options)
            return file, _truncate(file, header, columns)
    except BaseException:
        file.close()
        raise


def finish(path: Path, file: BinaryIO) -> None:
    """Give the file its name; it is on the disk by then."""
    file.flush()
    os.fsync(file.fileno())
    file.close()
    _part(path).replace(path)
    export_options.delete(_part(path))


def _lock(file: BinaryIO) -> None:
    """Keep the file to ourselves; the lock goes with it, however we end."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise click.ClickException(f"{file.name} is being written by another export.") from None


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise click.ClickException(
            f"{error.filename} is there, from an export that was interrupted or still runs: "
            "--resume goes on with it, or delete it."
        ) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or _part(path)} cannot be written: {error.strerror}.") from error


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _truncate(file: BinaryIO, header: bytes, columns: Sequence[str]) -> ResumePoint:
    """Leave what is whole, and stand behind it; return what that is."""
    try:
        resumed = _resumed(file, header, columns)
    except ValueError:
        raise click.ClickException(f"{file.name} has rows that no such export writes: delete it.") from None
    file.truncate(resumed.size)
    file.seek(resumed.size)
    if resumed.size == 0:
        file.write(header)
    return resumed


def _resumed(file: BinaryIO, header: bytes, columns: Sequence[str]) -> ResumePoint:
    """Find the end of the last order but one: the last may lack items, and is written again.

    Raises:
        ValueError: this is no file of ours.
    """
    first = file.read(len(header))
    if len(first) < len(header) and header.startswith(first):
        return ResumePoint(0, None, 0)
    if first != header:
        raise ValueError(first)
    quoted = bool(header)  # CSV; JSON Lines have no header
    end, last, before = len(header), None, None
    start, orders = end, 0
    for record in _records(file, quoted=quoted):
        key = _key(_cells(record) if quoted else orjson.loads(record), columns)
        if key != last:
            end, last, before = start, key, last
            orders += 1
        start += len(record)
    return ResumePoint(end, before, max(orders - 1, 0))


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


def _key(row: Mapping[str, str] | Sequence[str], columns: Sequence[str]) -> Cursor:
    """Return which order the row is of."""
    named = row if isinstance(row, Mapping) else dict(zip(columns, row, strict=True))
    if list(named) != list(columns):
        raise ValueError(row)
    created_at, order_id = (named[column] for column in KEY)
    return Cursor(datetime.fromisoformat(created_at), UUID(order_id))
