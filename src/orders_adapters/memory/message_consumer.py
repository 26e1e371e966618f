"""In-memory message consumer, for messages that are appended to ``waiting``."""

from collections import Counter, deque

from orders_domain.errors import PrerequisiteMissing
from orders_domain.ports.message_consumer import MessageConsumer, MessageHandler

MAX_RETRIES = 3
"""The retries of an early message, each at the end of the queue."""


class InMemoryMessageConsumer(MessageConsumer):
    """``waiting`` has the messages to consume, ``dead_letters`` the rejected ones with the reason."""

    def __init__(self, *messages: bytes) -> None:
        self.waiting = deque(messages)
        self.dead_letters: list[tuple[bytes, str]] = []
        self._early: Counter[bytes] = Counter()

    def poll(self, handler: MessageHandler, *, timeout: float) -> bool:
        if not self.waiting:
            return False
        message = self.waiting[0]
        try:
            reason = handler(message)
        except PrerequisiteMissing as early:
            self._early[message] += 1
            if self._early[message] <= MAX_RETRIES:
                self.waiting.rotate(-1)
                return False
            reason = str(early)
        if reason is not None:
            self.dead_letters.append((message, reason))
        self.waiting.popleft()
        return True

    def close(self) -> None:
        """Do nothing, because there is no connection."""
