"""Messages within one process: put in by whoever has the inlet."""

from collections import Counter, deque

from orders_domain.errors import PrerequisiteMissing
from orders_domain.ports.message_consumer import MessageConsumer, MessageHandler

RETRY_DELAYS = 3
"""How often a message that is early goes back behind the others."""


class InMemoryMessageConsumer(MessageConsumer):
    """``waiting`` are the messages to come, ``dead`` those that could never be done, each with the reason."""

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
            if self._early[message] <= RETRY_DELAYS:
                self.waiting.rotate(-1)
                return False
            reason = str(early)
        if reason is not None:
            self.dead_letters.append((message, reason))
        self.waiting.popleft()
        return True

    def close(self) -> None:
        """There is nothing to hang up."""
