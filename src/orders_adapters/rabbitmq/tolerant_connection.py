"""Connection that also reads messages whose headers pika cannot read."""

from __future__ import annotations

import struct

from pika import BasicProperties, SelectConnection
from pika.frame import Frame, Header, ProtocolHeader
from pika.spec import FRAME_END_SIZE, FRAME_HEADER, FRAME_HEADER_SIZE

_UNREADABLE = (ValueError, OverflowError, OSError, RecursionError)
"""Errors of a time after the year 9999, or beyond the platform's, and of deep tables."""


class TolerantConnection(SelectConnection):  # type: ignore[misc]  # pika has no types
    """A message with unreadable headers has no properties.

    Otherwise the connection would break at each delivery of that message, and after a hundred deliveries the broker
    would dead-letter it, and the valid messages that were delivered with it.
    """

    def _read_frame(self) -> tuple[int, Frame | ProtocolHeader | None]:
        try:
            consumed, frame = super()._read_frame()
        except _UNREADABLE:
            kind, channel, size = struct.unpack_from(">BHL", self._frame_buffer)
            if kind != FRAME_HEADER:
                raise
            _, _, body_size = struct.unpack_from(">HHQ", self._frame_buffer, FRAME_HEADER_SIZE)
            return FRAME_HEADER_SIZE + size + FRAME_END_SIZE, Header(channel, body_size, BasicProperties())
        return consumed, frame
