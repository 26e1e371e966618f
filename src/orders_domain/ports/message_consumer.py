"""Messages that come in, one after the other."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

MessageHandler: TypeAlias = Callable[[bytes], str | None]
"""What is done about a message: None when it is done, else why that can never be.

Raises:
    Unavailable: it cannot be done now.
    PrerequisiteMissing: nor can it be before something else has happened, which may never be.
"""


class MessageConsumer(Protocol):
    """A broker's messages for us, at least once each. One inlet belongs to one thread."""

    def poll(self, handler: MessageHandler, *, timeout: float) -> bool:
        """Wait so many seconds at most for a message, and have it handled; say whether that was the end of one.

        A message is acknowledged when it is done, and not before; what was not acknowledged comes again. One that can
        never be done is acknowledged when it lies, with the reason, among the dead letters. One that is early
        (``PrerequisiteMissing``) is given again and again for a while, and others meanwhile if the broker can; then it
        is put among
        the dead letters, too.

        Raises:
            Unavailable: ``handle`` raised it, and is given the same message first at the next call; or the broker is
                away, and the message may come to somebody else.
        """
        ...

    def close(self) -> None:
        """Hang up; a later ``take`` connects again."""
        ...
