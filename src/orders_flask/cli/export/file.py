"""Resumable export file: ``FILE.part`` while it is written, renamed to ``FILE`` when it is complete."""

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
from orders_flask.bootstrap import open_private
from orders_flask.cli.export import options as export_options
from orders_flask.cli.export.options import Options
from orders_flask.files.order_rows import KEY


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """The end of the last order that is certainly complete in an unfinished file."""

    size: int  # bytes
    cursor: Cursor | None
    orders: int  # complete orders before this point


def target(path: Path) -> Path:
    """Return the file to write; a symlink is resolved.

    Raises:
        ClickException: the path is not a regular file; the final rename would replace a device or a FIFO.
    """
    with _os_errors(path), suppress(FileNotFoundError):
        if not stat.S_ISREG(path.stat().st_mode):
            raise click.ClickException(f"{path} must be a regular file; use - for standard output.")
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def start(path: Path, header: bytes, options: Options) -> tuple[BinaryIO, ResumePoint]:
    """Open the unfinished file of a new export.

    Raises:
        ClickException: an unfinished file exists already, or the file cannot be written.
    """
    with _os_errors(path):
        file = open_private(_part(path), "xb")
        _lock(file)
        export_options.store(_part(path), options)
    file.write(header)
    return file, ResumePoint(len(header), None, 0)


def resume(path: Path, header: bytes, columns: Sequence[str], options: Options) -> tuple[BinaryIO, ResumePoint]:
    """Open the unfinished file, truncated to its complete orders; if there is none, start a new export.

    Raises:
        ClickException: another export holds the lock, or the options differ, or the export is complete.
    """
    if not _part(path).exists():
        if path.exists():
            raise click.ClickException(
                f"Nothing to resume: {path} is complete and {_part(path)} does not exist. "
                "To export again, omit --resume."
            )
        return start(path, header, options)
    with _os_errors(path):
        file = _part(path).open("r+b")
    try:
        _lock(file)
        with _os_errors(path):
            if os.fstat(file.fileno()).st_size:
                export_options.ensure_same(_part(path), options)
            else:  # the export may have been killed before its options were synced to disk
                export_options.store(_part(path), options)
            return file, _truncate(file, header, columns)
    except BaseException:
        file.close()
        raise


def finish(path: Path, file: BinaryIO) -> None:
    """Sync the file to disk, then rename it to its final name."""
    file.flush()
    os.fsync(file.fileno())
    file.close()
    _part(path).replace(path)
    export_options.delete(_part(path))


def _lock(file: BinaryIO) -> None:
    """Lock the file exclusively; the operating system releases the lock even after a crash."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise click.ClickException(f"{file.name} is locked by another export.") from None


@contextmanager
def _os_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise click.ClickException(
            f"{error.filename} exists already, from an export that was interrupted or is still running. "
            "Resume it with --resume, or delete it."
        ) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or _part(path)} cannot be written: {error.strerror}.") from error


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _truncate(file: BinaryIO, header: bytes, columns: Sequence[str]) -> ResumePoint:
    """Truncate the file to its complete orders, and seek to its new end."""
    try:
        point = _resume_point(file, header, columns)
    except ValueError:
        raise click.ClickException(f"{file.name} has rows that this export does not write; delete it.") from None
    file.truncate(point.size)
    file.seek(point.size)
    if point.size == 0:
        file.write(header)
    return point


def _resume_point(file: BinaryIO, header: bytes, columns: Sequence[str]) -> ResumePoint:
    """Return the end of the last order but one, because the last order may lack items.

    Raises:
        ValueError: the file's rows are not those of an export with these columns.
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
    """Yield complete records; a CSV record with an open quote continues on the next line."""
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
    """Return the cursor of the row's order."""
    values = row if isinstance(row, Mapping) else dict(zip(columns, row, strict=True))
    if list(values) != list(columns):
        raise ValueError(row)
    created_at, order_id = (values[column] for column in KEY)
    return Cursor(datetime.fromisoformat(created_at), UUID(order_id))
