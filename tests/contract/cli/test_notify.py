"""`orders notify`: recipients of alerts, a message now, and letters that were not sent."""

from pathlib import Path

import pytest

from tests.support.command import orders
from tests.support.servers.mail import MailServer

pytestmark = pytest.mark.clause("002-30")


def test_recipients_are_added_listed_and_removed(migrated: Path) -> None:
    added = orders("notify", "add", "Root@Bücher.example", "--language", "de", here=migrated)
    alerts = ("stock_low", "delivery_failed", "webhook_disabled")
    assert added.stdout == "".join(f"root@xn--bcher-kva.example gets the alert {alert}.\n" for alert in alerts)
    assert "before SMTP_URL is set" in added.stderr
    phone = ("+4915112345678", "--alert", "stock_low")
    assert orders("notify", "add", *phone, here=migrated, SMS_URL="http://127.0.0.1:1").stderr == ""

    listed = [line.split() for line in orders("notify", "list", here=migrated).stdout.splitlines()]
    assert listed == [
        ["delivery_failed", "root@xn--bcher-kva.example", "de"],
        ["stock_low", "+4915112345678"],
        ["stock_low", "root@xn--bcher-kva.example", "de"],
        ["webhook_disabled", "root@xn--bcher-kva.example", "de"],
    ]

    assert orders("notify", "remove", "root@bücher.example", here=migrated).returncode == 0
    again = orders("notify", "remove", "root@bücher.example", here=migrated)
    assert (again.returncode, "does not get the alert" in again.stderr) == (1, True)
    assert len(orders("notify", "list", here=migrated).stdout.splitlines()) == 1


@pytest.mark.parametrize("address", ["root", "015112345678", "+49", "a b@example.com", "root@"])
def test_invalid_address_is_refused_in_a_sentence(migrated: Path, address: str) -> None:
    ended = orders("notify", "add", address, here=migrated)

    assert ended.returncode == 1
    assert "must be" in ended.stderr
    assert "Nobody gets alerts" in orders("notify", "list", here=migrated).stderr


def test_test_message_arrives_or_says_why(migrated: Path) -> None:
    with MailServer(replies={"gone@example.com": "550 no such user"}) as mail:
        sent = orders("notify", "test", "root@example.com", here=migrated, SMTP_URL=mail.url)
        refused = orders("notify", "test", "gone@example.com", here=migrated, SMTP_URL=mail.url)
        no_sms = orders("notify", "test", "+4915112345678", here=migrated, SMTP_URL=mail.url)

    assert (sent.returncode, mail.recipients) == (0, ["root@example.com"])
    assert (refused.returncode, "550 no such user" in refused.stderr) == (1, True)
    assert (no_sms.returncode, "SMS_URL must be set" in no_sms.stderr) == (1, True)


def test_unknown_letter_is_not_resent(migrated: Path) -> None:
    ended = orders("notify", "resend", "5d1f6e0c-8a59-5b0e-9c55-1f1a3c6c9a3b", here=migrated)

    assert ended.returncode == 1
    assert "No failed or unaddressed notification" in ended.stderr
    assert orders("notify", "letters", here=migrated).stderr == "0 notifications.\n"


def test_doctor_names_a_broken_template(migrated: Path, tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "en"
    folder.mkdir(parents=True)
    (folder / "order_placed.subject").write_text("Tea")
    (folder / "order_placed.txt").write_text("{{ nmber }}")

    ended = orders("doctor", here=migrated, NOTIFICATION_TEMPLATES=str(folder.parent))

    assert ended.returncode == 1
    (line,) = [line for line in ended.stdout.splitlines() if line.startswith("templates")]
    assert str(folder / "order_placed.txt") in line
    assert "'nmber' is undefined" in line
