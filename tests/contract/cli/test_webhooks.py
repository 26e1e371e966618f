"""`orders webhooks`: endpoints are added, tested, rotated, disabled and removed, and the log has each delivery."""

import re
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from tests.contract.webhooks.receiver import Receiver
from tests.support.command import orders
from tests.support.servers.ephemeral.server import HOST

ALLOWED = {"WEBHOOK_ALLOWED_HOSTS": HOST}


def added(here: Path, url: str) -> tuple[str, str]:
    """The id and the secret of a new endpoint."""
    ended = orders("webhooks", "add", url, here=here, **ALLOWED)
    assert ended.returncode == 0, ended.stderr
    (webhook, secret) = re.findall(r"^(?:id|secret) +(\S+)$", ended.stdout, re.MULTILINE)
    return webhook, secret


def test_endpoint_is_tested_and_logged(migrated: Path) -> None:
    with Receiver() as receiver:
        works, secret = added(migrated, receiver.url("/204/works"))
        broken, _ = added(migrated, receiver.url("/500/broken"))
        passed = orders("webhooks", "test", works, here=migrated, **ALLOWED)
        failed = orders("webhooks", "test", broken, here=migrated, **ALLOWED)
        (received,) = receiver.wait_for(1, path="/204")

    Webhook(secret).verify(received.body, dict(received.headers))
    assert (passed.returncode, "answered 204" in passed.stdout) == (0, True)
    assert (failed.returncode, "answered 500" in failed.stderr) == (1, True)
    (line,) = orders("webhooks", "log", works, here=migrated).stdout.splitlines()
    assert line.split()[1] == "delivered"
    (line,) = orders("webhooks", "log", broken, "--state", "waiting", here=migrated).stdout.splitlines()
    assert line.split()[-1] == "500"
    doctor = orders("doctor", here=migrated)
    assert "webhooks   ok (2 endpoints, 1 deliveries wait)" in doctor.stdout


def test_endpoint_changes_and_ends(migrated: Path) -> None:
    webhook, secret = added(migrated, f"http://{HOST}:8443/")

    rotated = orders("webhooks", "rotate", webhook, "--overlap", "1", here=migrated).stdout.split()[-1]
    assert rotated.startswith("whsec_")
    assert rotated != secret
    shown = orders("webhooks", "show", webhook, here=migrated).stdout
    assert re.search(r"former secret +until ", shown)
    assert "whsec_" not in shown
    assert orders("webhooks", "disable", webhook, here=migrated).stdout == "Disabled.\n"
    assert orders("webhooks", "list", here=migrated).stdout.split()[:3] == ["disabled", "requested", webhook]
    assert f"1 webhook endpoints are disabled: {webhook}" in orders("doctor", here=migrated).stdout
    refused = orders("webhooks", "redeliver", webhook, here=migrated)
    assert (refused.returncode, "must be enabled first" in refused.stderr) == (1, True)
    assert orders("webhooks", "enable", webhook, here=migrated).stdout == "Enabled.\n"
    assert orders("webhooks", "redeliver", webhook, here=migrated).stdout == "Queued again: 0.\n"
    assert orders("webhooks", "remove", webhook, here=migrated).stdout == "Removed.\n"
    assert "There are no endpoints" in orders("webhooks", "list", here=migrated).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "http://hooks.example.com/"),
        ("add", "https://127.0.0.1/"),
        ("add", "https://hooks.example.com/\r\nX: 1"),
        ("show", "01a21eea-909f-70f8-a787-67bda0a163d0"),
        ("redeliver", "01a21eea-909f-70f8-a787-67bda0a163d0", "7"),
    ],
)
def test_bad_input_is_a_sentence(migrated: Path, arguments: tuple[str, ...]) -> None:
    ended = orders("webhooks", *arguments, here=migrated)

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("orders: ")


def test_bad_setting_is_a_sentence(migrated: Path) -> None:
    ended = orders("webhooks", "list", here=migrated, WEBHOOK_ALLOWED_HOSTS="https://x")

    assert ended.returncode == 1
    assert "WEBHOOK_ALLOWED_HOSTS cannot be used: 'https://x' must be" in ended.stderr
