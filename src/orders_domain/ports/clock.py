"""Clock and id generator ports, injected for tests."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

Clock: TypeAlias = Callable[[], datetime]
"""Return the current time as an aware datetime in UTC."""

NewId: TypeAlias = Callable[[], UUID]
"""Return a new unique UUID of version 7, so that ids sort by time."""
