"""Files in requests and responses; a response is read from the store piece by piece while it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask import Response, current_app, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable, RequestEntityTooLarge, UnsupportedMediaType

from orders_domain.errors import StoreUnavailable
from orders_domain.model.jobs import FileFormat
from orders_domain.model.values.total_table import total_table
from orders_domain.use_cases import WrittenFile
from orders_flask.web.json_parser import require_identity

IMPORT_LIMIT = "IMPORT_MAX_BYTES"
"""The setting, and the key of the app's configuration, of the most bytes of a file that is sent."""
MIN_PART = 64 * 1024
MEDIA_TYPES = total_table(FileFormat, {FileFormat.CSV: "text/csv", FileFormat.JSON_LINES: "application/x-ndjson"})
_FORMATS = {
    **{media_type: form for form, media_type in MEDIA_TYPES.items()},
    "application/jsonl": FileFormat.JSON_LINES,
}
_CHARSETS = ("", "utf-8", "utf8", "utf-16", "utf16")


def sent_format() -> FileFormat:
    """Return the format of the file in the body of this request.

    Raises:
        UnsupportedMediaType: the Content-Type is of no such file, or has a charset that no such file has.
    """
    if request.mimetype not in _FORMATS:
        raise UnsupportedMediaType(f"The Content-Type must be {' or '.join(MEDIA_TYPES.values())}.")
    charset = request.mimetype_params.get("charset", "")
    if charset.lower() not in _CHARSETS:
        raise UnsupportedMediaType(f"The charset must be utf-8, utf-16 or left out, not {charset}.")
    return _FORMATS[request.mimetype]


def sent_file() -> bytes:
    """Return the body of this request.

    Raises:
        UnsupportedMediaType: the body is compressed.
        RequestEntityTooLarge: it has more bytes than the setting allows.
    """
    limit: int = current_app.config[IMPORT_LIMIT]
    require_identity(request.headers.get("Content-Encoding", ""))
    too_large = RequestEntityTooLarge(
        f"The file must have at most {limit:,} bytes ({IMPORT_LIMIT}); send it in parts, each with its header."
    )
    if (request.content_length or 0) > limit:
        raise too_large
    request.max_content_length = limit + 1  # one more, to detect excess in chunked bodies
    content = request.get_data(cache=False)
    if len(content) > limit:
        raise too_large
    return content


class ResponseParts(Iterator[bytes]):
    """The bytes of a response, which are read while it is sent."""


class JoinedPieces(ResponseParts):
    """Pieces of any size, such as one for each order, in parts of at least 64 KiB except the last."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def __next__(self) -> bytes:
        part = bytearray()
        for piece in self._pieces:
            part += piece
            if len(part) >= MIN_PART:
                break
        if not part:
            raise StopIteration
        return bytes(part)


class FileParts(ResponseParts):
    """The bytes of a file from ``start`` to ``end``. Only one part is in memory."""

    def __init__(self, read: Callable[[int], bytes], start: int, end: int) -> None:
        self._read = read
        self._at = start
        self._end = end

    def __next__(self) -> bytes:
        """Return the next part.

        Raises:
            StoreUnavailable: the store is unavailable, or the file was deleted meanwhile.
        """
        if self._at >= self._end:
            raise StopIteration
        part = self._read(self._at)[: self._end - self._at]
        if not part:
            raise StoreUnavailable("The file was deleted while it was read.")
        self._at += len(part)
        return part


def file_response(file: WrittenFile, *, name: str) -> Response:
    """Return the file, or the range of it that the client asks for (RFC 9110, section 14).

    Raises:
        RequestedRangeNotSatisfiable: the range begins behind the end of the file.
    """
    job, size = file.job, file.job.size
    tag = f'"{job.id}"'  # the file does not change
    headers = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'attachment; filename="{name}.{job.file_format.value}"',
        "Cache-Control": "private",
    }
    start, end, status = 0, size, 200
    if wanted := _range(tag, size):
        start, end = wanted
        status = 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    return current_app.response_class(
        FileParts(file.read, start, end),
        status=status,
        headers=headers,
        content_type=f"{MEDIA_TYPES[job.file_format]}; charset=utf-8",
        direct_passthrough=True,
    )


def _range(tag: str, size: int) -> tuple[int, int] | None:
    """Return the range that is asked for; None for the file as such, also if several ranges are asked for.

    Raises:
        RequestedRangeNotSatisfiable: it begins behind the end of the file.
    """
    wanted = request.range
    if_range = request.headers.get("If-Range")
    if wanted is None or wanted.units != "bytes" or len(wanted.ranges) != 1 or if_range not in (None, tag):
        return None
    bounds = (0, size) if -wanted.ranges[0][0] > size > 0 else wanted.range_for_length(size)  # the last bytes: all
    if bounds is None or bounds[0] >= size:
        raise RequestedRangeNotSatisfiable(length=size, description=f"The file has {size:,} bytes.")
    return bounds
