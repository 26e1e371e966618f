"""In-memory message consumer, for messages that are appended to ``waiting``, and dead letters of such consumers."""

from collections import Counter, deque
from collections.abc import Collection, Mapping

from orders_domain.errors import PrerequisiteMissing
from orders_domain.ports.events.dead_letters import DeadLetter, DeadLetterPage, DeadLetters, dead_letter_id
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


class InMemoryDeadLetters(DeadLetters):
    """Those of in-memory consumers, by the name of the queue."""

    def __init__(self, consumers: Mapping[str, InMemoryMessageConsumer] | None = None) -> None:
        self._consumers = consumers or {}

    def select(self, *, limit: int) -> DeadLetterPage:
        letters = [
            DeadLetter.of(body, queue=queue, reason=reason)
            for queue, consumer in self._consumers.items()
            for body, reason in consumer.dead_letters[:limit]
        ]
        return DeadLetterPage(
            letters=letters, total=sum(len(consumer.dead_letters) for consumer in self._consumers.values())
        )

    def requeue(self, ids: Collection[str] | None = None, *, limit: int | None = None) -> int:
        requeued = 0
        for queue, consumer in self._consumers.items():
            rejected, consumer.dead_letters = consumer.dead_letters, []
            for body, reason in rejected:
                chosen = ids is None or dead_letter_id(body, queue=queue) in ids
                if chosen and (limit is None or requeued < limit):
                    consumer.waiting.append(body)
                    requeued += 1
                else:
                    consumer.dead_letters.append((body, reason))
        return requeued
