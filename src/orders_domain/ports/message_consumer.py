"""Message consumer port."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

MessageHandler: TypeAlias = Callable[[bytes], str | None]
"""Handle one message. Return None on success, or the reason why it goes to the dead-letter queue.

Raises:
    Unavailable: the message must be retried later.
    PrerequisiteMissing: the entity it refers to is not stored yet.
"""


class MessageConsumer(Protocol):
    """Consumes messages from a broker, at least once each. An instance must be used by one thread only."""

    def poll(self, handler: MessageHandler, *, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds for a message and handle it; return whether a message was finished.

        A message is acknowledged after it was handled; unacknowledged messages are redelivered. If ``handler`` returns
        a reason, the message is acknowledged once it is in the dead-letter queue with that reason. If ``handler``
        raises PrerequisiteMissing, the message is retried for a while, without blocking other messages if the broker
        supports it, and is then dead-lettered.

        Raises:
            Unavailable: ``handler`` raised it, and the next call handles the same message first; or the broker is
                unavailable, and another consumer may receive the message.
        """
        ...

    def close(self) -> None:
        """Close the connection; a later ``poll`` opens a new one."""
        ...
