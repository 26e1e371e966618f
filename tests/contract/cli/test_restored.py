"""orders restored: a restored database is not taken for the lost one."""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from orders_adapters.serialization.incoming_messages import parse_tracking_event
from orders_domain import OrderStatus
from orders_domain.errors import InvalidToken, OrderNotFound
from orders_domain.use_cases import CreateUser, SignIn, SignOut, TrackShipment
from orders_flask.bootstrap.container import Container
from tests.contract.http.auth.accounts import PASSWORD, ROOT
from tests.support.command import assert_error_line, orders
from tests.support.shop_folder import Shop


@dataclass(frozen=True)
class Restored(Shop):
    """A shop whose last order, of number 4, and the revocation of ``dead`` were lost with its database."""

    dead: str


@pytest.fixture
def restored(shop: Shop) -> Restored:
    shop.place(3)
    shop.within(
        lambda container: container.create_user(
            CreateUser(actor=ROOT, email="ann@example.com", password=PASSWORD, user_id="ann")
        )
    )
    backup = shutil.copy(shop.here / "orders.db", shop.here / "backup.db")
    shop.place(1, by="alice")
    dead = token_after_backup(shop)
    for suffix in ("", "-wal", "-shm"):
        (shop.here / f"orders.db{suffix}").unlink(missing_ok=True)
    Path(backup).rename(shop.here / "orders.db")
    return Restored(shop.here, dead)


def token_after_backup(shop: Shop) -> str:
    def sign_in_and_out(container: Container) -> str:
        token = container.sign_in(SignIn(email="ann@example.com", password=PASSWORD, address="::1")).access
        container.sign_out(SignOut(token=container.authenticate(token)))
        return str(token)

    return str(shop.within(sign_in_and_out))


def numbers(shop: Shop) -> list[int]:
    return [number for (number,) in shop.rows("SELECT number FROM orders ORDER BY number")]


def test_without_the_command_the_lost_live_again(restored: Restored) -> None:
    """The fault that the command prevents."""
    restored.place(1, by="bob")

    assert numbers(restored) == [1, 2, 3, 4]
    restored.within(lambda container: container.authenticate(restored.dead))


def test_numbers_are_not_given_again(restored: Restored) -> None:
    ended = restored.run("restored")
    restored.place(2, by="bob")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "number 10004 or a greater one" in ended.stdout
    assert numbers(restored) == [1, 2, 3, 10_004, 10_005]


def test_gap_follows_the_option_and_repeats(restored: Restored) -> None:
    for _ in range(2):
        assert restored.run("restored", "--gap", "50").returncode == 0
    restored.place(1, by="bob")

    assert numbers(restored)[-1] == 104


def test_earlier_tokens_are_revoked(restored: Restored) -> None:
    restored.run("restored")

    with pytest.raises(InvalidToken, match="revoked"):
        restored.within(lambda container: container.authenticate(restored.dead))
    sign_in = SignIn(email="ann@example.com", password=PASSWORD, address="::1")
    restored.within(lambda container: container.authenticate(container.sign_in(sign_in).access))
    dev = orders("token", "bob", here=restored.here)
    restored.within(lambda container: container.authenticate(dev.stdout.strip()))


def test_event_of_lost_order_changes_no_other(restored: Restored) -> None:
    restored.run("restored")
    restored.place(1, by="bob")
    event = {"eventId": "1", "orderID": 4, "status": "SHIPPED", "occurredAt": datetime.now(UTC).isoformat()}

    tracking = TrackShipment(event=parse_tracking_event(json.dumps(event).encode()))

    with pytest.raises(OrderNotFound):
        restored.within(lambda container: container.track_shipment(tracking))
    assert restored.rows("SELECT DISTINCT status FROM orders") == [(OrderStatus.PENDING.value,)]


def test_identity_is_renewed(restored: Restored) -> None:
    before = restored.within(lambda container: container.store().identity.get())

    restored.run("restored")

    after = restored.within(lambda container: container.store().identity.get())
    assert before != after
    assert UUID(after)


@pytest.mark.parametrize("gap", ["0", "-1", "1000000001", "many"])
def test_invalid_gap_is_a_usage_error(restored: Restored, gap: str) -> None:
    assert restored.run("restored", "--gap", gap).returncode == 2
    assert restored.rows("SELECT * FROM revoked_tokens") == []


def test_unmigrated_database_is_an_error(tmp_path: Path) -> None:
    assert_error_line(orders("restored", here=tmp_path), "store")
