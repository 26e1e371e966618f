"""Mail server for tests: it stores messages, and rejects recipients on request."""

from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any, Self

from aiosmtpd.controller import Controller

from tests.support.servers.ephemeral.server import HOST, free_port


@dataclass
class MailServer:
    """`with MailServer() as mail: ...`; `replies` by recipient, `login` as name and password if it is required."""

    replies: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    letters: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address not in self.replies:
            envelope.rcpt_tos.append(address)
        return self.replies.get(address, "250 OK")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        self.recipients += envelope.rcpt_tos
        return "250 OK"

    @property
    def url(self) -> str:
        return f"smtp://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        self.port = free_port()
        self._controller = Controller(self, hostname=HOST, port=self.port, **self.options)
        self._controller.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._controller.stop()
