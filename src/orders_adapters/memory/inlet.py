"""Messages within one process: put in by whoever has the inlet."""

from collections import deque

from orders_domain.ports.inlet import Handle


class Inlet:
    """``waiting`` are the messages to come, ``dead`` those that could never be done, each with the reason."""

    def __init__(self, *messages: bytes) -> None:
        self.waiting = deque(messages)
        self.dead: list[tuple[bytes, str]] = []

    def take(self, handle: Handle, *, within: float) -> bool:
        if not self.waiting:
            return False
        message = self.waiting[0]
        if (reason := handle(message)) is not None:
            self.dead.append((message, reason))
        self.waiting.popleft()
        return True

    def close(self) -> None:
        """There is nothing to hang up."""
