"""Time and ids: they come in as arguments."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

Clock: TypeAlias = Callable[[], datetime]
"""The present moment, aware, in UTC."""

NewId: TypeAlias = Callable[[], UUID]
"""A UUID never given before; version 7, so that later ids sort later."""
