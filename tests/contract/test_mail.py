"""E-mail notifications by SMTP, on a real server: complete, sent once, and with an error if rejected."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from orders_adapters.idna.email_normalizer import normalize_email
from orders_adapters.smtp.notifier import SmtpNotifier
from orders_adapters.system.log_notifier import notify
from orders_adapters.testing.examples import NOON
from orders_adapters.testing.notifications.notifier import (
    LETTER,
    NEWS,
    DeliveredMessage,
    NotifierHarness,
    NotifierTests,
)
from orders_domain.errors import NotificationRejected, NotifierUnavailable, RecipientDeferred
from tests.support.servers.ephemeral.server import HOST, free_port
from tests.support.servers.mail import MailServer

SENDER = "shop@example.com"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as mail:
        yield mail


class TestSmtpNotifier(NotifierTests):
    @pytest.fixture
    def harness(self, mail: MailServer) -> NotifierHarness:
        return NotifierHarness(
            notifier=SmtpNotifier(mail.url, sender=SENDER),
            delivered=lambda: [
                DeliveredMessage(message_id=str(letter["Message-ID"]), to=to, text=str(letter.get_payload()).strip())
                for letter, to in zip(mail.letters, mail.recipients, strict=True)
            ],
            reject=lambda: mail.replies.update({LETTER.to: "550 no such user"}),
            defer=lambda: mail.replies.update({LETTER.to: "450 busy"}),
        )


@pytest.mark.clause("002-29")
def test_email_has_recipient_text_and_stable_id(mail: MailServer) -> None:
    notifier = SmtpNotifier(mail.url, sender=SENDER)

    notifier(LETTER)
    notifier(LETTER)

    first, again = mail.letters
    assert (first["From"], first["To"], first["Subject"]) == (SENDER, "ann@example.com", "Your order 7")
    assert str(first.get_payload()).strip() == NEWS.text
    assert first["Message-ID"] == again["Message-ID"] == f"<{LETTER.id}@example.com>"


def test_html_is_an_alternative_of_the_text(mail: MailServer) -> None:
    SmtpNotifier(mail.url, sender=SENDER)(replace(LETTER, content=replace(NEWS, html="<p>On its way</p>")))

    (letter,) = mail.letters
    assert [(part.get_content_type(), str(part.get_payload()).strip()) for part in letter.iter_parts()] == [  # type: ignore[attr-defined]
        ("text/plain", NEWS.text),
        ("text/html", "<p>On its way</p>"),
    ]


@pytest.mark.parametrize(
    "typed", ["Jose\u0301@B\u00fccher.example", "ann@b\u00fccher.example", "\u5f20@xn--bcher-kva.example"]
)
def test_letter_to_international_address_leaves(mail: MailServer, typed: str) -> None:
    address = normalize_email(typed)

    SmtpNotifier(mail.url, sender=SENDER)(replace(LETTER, to=address))

    assert mail.recipients == [address]
    assert mail.letters[0]["To"] == address


def test_ascii_server_gets_international_domains() -> None:
    with MailServer(options={"enable_SMTPUTF8": False}) as mail:
        notifier = SmtpNotifier(mail.url, sender=SENDER)
        notifier(replace(LETTER, to=normalize_email("ann@b\u00fccher.example")))
        with pytest.raises(NotificationRejected, match="SMTPUTF8"):
            notifier(replace(LETTER, to="jos\u00e9@example.com"))

    assert mail.recipients == ["ann@xn--bcher-kva.example"]


@pytest.mark.parametrize("reply", ["550 no such user", "553 not here"])
def test_permanent_smtp_error_is_rejected(mail: MailServer, reply: str) -> None:
    mail.replies["ann@example.com"] = reply

    with pytest.raises(NotificationRejected):
        SmtpNotifier(mail.url, sender=SENDER)(LETTER)


@pytest.mark.parametrize("reply", ["450 busy", "452 full"])
def test_temporary_refusal_defers_that_letter_alone(mail: MailServer, reply: str) -> None:
    mail.replies["ann@example.com"] = reply
    notifier = SmtpNotifier(mail.url, sender=SENDER)

    with pytest.raises(RecipientDeferred):
        notifier(LETTER)

    notifier(replace(LETTER, to="bob@example.com"))
    assert mail.recipients == ["bob@example.com"]


def test_closing_server_is_unavailable(mail: MailServer) -> None:
    mail.replies["ann@example.com"] = "421 closing"

    with pytest.raises(NotifierUnavailable):
        SmtpNotifier(mail.url, sender=SENDER)(LETTER)


@pytest.mark.parametrize(
    "address",
    [
        "ann",
        "@",
        "ann@",
        "@example.com",
        "a b@example.com",
        "a@b\r\nBcc: all@example.com",
        "a@b,c@d",
        "ä @x",
        "ä\u200b@x",
        "<a@b>",
    ],
)
def test_invalid_email_is_rejected_unsent(mail: MailServer, address: str) -> None:
    with pytest.raises(NotificationRejected):
        SmtpNotifier(mail.url, sender=SENDER)(replace(LETTER, to=address))

    assert mail.letters == []


def test_newline_in_subject_is_rejected(mail: MailServer) -> None:
    with pytest.raises(NotificationRejected):
        SmtpNotifier(mail.url, sender=SENDER)(replace(LETTER, content=replace(NEWS, subject="7\r\nBcc: all@x.com")))

    assert mail.letters == []


def test_unreachable_server_is_unavailable() -> None:
    with pytest.raises(NotifierUnavailable):
        SmtpNotifier(f"smtp://{HOST}:{free_port()}", sender=SENDER)(LETTER)


def test_silent_server_times_out() -> None:
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]

        with pytest.raises(NotifierUnavailable):
            SmtpNotifier(f"smtp://{HOST}:{port}", sender=SENDER, timeout=0.5)(LETTER)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("piece", [b"220-x", b"220-x\r\n", b"\x16\x03\x01\x40\x00"], ids=["byte", "line", "handshake"])
def test_dripping_server_times_out(scheme: str, piece: bytes) -> None:
    """Each step of the socket is in time, and the reply or the handshake never ends."""
    with socket.create_server((HOST, 0)) as listener:
        notifier = SmtpNotifier(f"{scheme}://{HOST}:{listener.getsockname()[1]}", sender=SENDER, total=1.0)

        def drip() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                for _ in range(200):  # 20 s
                    connection.sendall(piece)
                    time.sleep(0.1)

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(NotifierUnavailable):
            notifier(LETTER)

    assert time.monotonic() - began < 10


def test_missing_required_tls_sends_nothing(mail: MailServer) -> None:
    with pytest.raises(NotifierUnavailable):
        SmtpNotifier(f"{mail.url}?tls=required", sender=SENDER)(LETTER)

    assert mail.letters == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_login_is_used_and_wrong_login_sends_nothing() -> None:
    def known(server: object, session: object, envelope: object, mechanism: str, login: object) -> AuthResult:
        right = (login.login, login.password) == (b"ann@shop", b"p:w/d")  # type: ignore[attr-defined]
        return AuthResult(success=right, handled=right)  # an unhandled failure gets the server's own response

    options = {"authenticator": known, "auth_required": True, "auth_require_tls": False}
    with MailServer(options=options) as mail:
        SmtpNotifier(f"smtp://ann%40shop:p%3Aw%2Fd@{HOST}:{mail.port}", sender=SENDER)(LETTER)
        with pytest.raises(NotifierUnavailable):
            SmtpNotifier(f"smtp://ann%40shop:wrong@{HOST}:{mail.port}", sender=SENDER)(LETTER)

    assert len(mail.letters) == 1


def test_untrusted_certificate_is_rejected(certificate: tuple[Path, Path]) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    with MailServer(options={"tls_context": context}) as mail:
        with pytest.raises(NotifierUnavailable):
            SmtpNotifier(mail.url, sender=SENDER)(LETTER)
        assert mail.letters == []

        SmtpNotifier(f"{mail.url}?tls=off", sender=SENDER)(LETTER)
        assert len(mail.letters) == 1


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    signed = builder.not_valid_before(NOON).not_valid_after(NOON + timedelta(days=3650)).sign(key, hashes.SHA256())
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    files[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


@pytest.mark.parametrize(
    ("url", "sender"),
    [("smtp://", SENDER), ("http://h", SENDER), ("smtp://h?tls=perhaps", SENDER), ("smtp://h", "nobody")],
)
def test_invalid_server_or_sender_is_rejected(url: str, sender: str) -> None:
    with pytest.raises(ValueError):
        SmtpNotifier(url, sender=sender)


def test_missing_server_logs_the_message(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    notify(LETTER)

    assert str(LETTER.id) in caplog.text
    assert NEWS.text in caplog.text
