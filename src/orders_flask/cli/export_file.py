"""The file that an export writes: whole under its name, or unfinished under its name and ``.part``."""

import csv
import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
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
        ClickException: there is one already.
    """
    try:
        file = _part(path).open("xb")
    except FileExistsError:
        raise click.ClickException(
            f"{_part(path)} is there, from an export that was interrupted or still runs: "
            "--resume goes on with it, or delete it."
        ) from None
    _hold(file)
    file.write(header)
    return file, None


def go_on(path: Path, header: bytes, form: str) -> tuple[BinaryIO, After | None]:
    """Open the unfinished file of an interrupted export, cut to what is surely whole; a new one where there is none.

    Raises:
        ClickException: it was begun with another view or format.
    """
    if not _part(path).exists():
        return begin(path, header)
    file = _part(path).open("r+b")
    _hold(file)
    resumed = _resumed(file, header, form)
    file.truncate(resumed.size)
    file.seek(resumed.size)
    if resumed.size == 0:
        file.write(header)
    return file, resumed.after


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


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _resumed(file: BinaryIO, header: bytes, form: str) -> Resumed:
    """Find the end of the last order but one: the last may lack items, and is written again."""
    first = file.read(len(header))
    if len(first) < len(header) and header.startswith(first):
        return Resumed(0, None)
    if first != header:
        raise click.ClickException(f"{file.name} has other columns: resume with the view and format it was begun with.")
    key_of = _json_key if form == "jsonl" else _csv_key_by(header)
    end, last, before = len(header), None, None
    start = end
    for record in _records(file, quoted=form == "csv"):
        key = key_of(record)
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


def _json_key(record: bytes) -> After:
    return _key(orjson.loads(record))


def _csv_key_by(header: bytes) -> Callable[[bytes], After]:
    columns = header.decode().strip().split(",")

    def key(record: bytes) -> After:
        (cells,) = csv.reader([record.decode()])
        return _key(dict(zip(columns, cells, strict=True)))

    return key


def _key(row: Mapping[str, str]) -> After:
    created_at, order_id = (row[column] for column in KEY)
    return After(datetime.fromisoformat(created_at), UUID(order_id))
