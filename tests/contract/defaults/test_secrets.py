"""Secrets of an installation that has none of its own: random, private, shared by its processes, for loopback only."""

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest
from dotenv import dotenv_values

from orders_flask import Settings
from orders_flask.bootstrap.local_secrets import cart_secrets, local_secrets, token_secret
from orders_flask.production import PUBLISHED_SECRETS
from orders_flask.settings import InvalidSetting
from tests.contract.defaults.conftest import forged_by
from tests.support.command import assert_error_line, environment, orders
from tests.support.secrets import CART_SECRET, JWT_SECRET


@pytest.fixture
def never_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders_flask.web.admission.server.serve", lambda **_: pytest.fail("It serves."))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{tmp_path}/shop.db")


def test_secrets_are_random_and_stored(settings: Settings, tmp_path: Path) -> None:
    elsewhere = Settings(database_url=f"sqlite:///{tmp_path}/other.db")

    first, second, other = (local_secrets(each) for each in (settings, settings, elsewhere))

    assert first == second != other
    assert len({first.token_secret, first.cart_secret, first.demo_password}) == 3
    assert (token_secret(settings), cart_secrets(settings)) == (first.token_secret, (first.cart_secret,))
    assert first.token_secret not in repr(first)


def test_own_secrets_create_no_file(settings: Settings, tmp_path: Path) -> None:
    own = Settings(database_url=settings.database_url, jwt_secret=JWT_SECRET, cart_snapshot_secret=CART_SECRET)

    assert (token_secret(own), cart_secrets(own)) == (JWT_SECRET, (CART_SECRET,))
    assert list(tmp_path.iterdir()) == []


def test_processes_at_once_share_one_file(settings: Settings, tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        results = list(threads.map(lambda _: local_secrets(settings), range(64)))

    assert len(set(results)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["shop.db.secrets"]


def test_secrets_that_others_may_read_are_refused(settings: Settings) -> None:
    local_secrets(settings)
    settings.local_secrets.chmod(0o640)

    with pytest.raises(InvalidSetting, match="must be readable by its owner only"):
        local_secrets(settings)


@pytest.mark.parametrize("content", ["", "JWT_SECRET=short\n", "not a file of secrets\n"])
def test_incomplete_secrets_are_refused(settings: Settings, content: str) -> None:
    local_secrets(settings)
    settings.local_secrets.write_text(content)

    with pytest.raises(InvalidSetting, match="must have JWT_SECRET, CART_SNAPSHOT_SECRET"):
        local_secrets(settings)


def test_unwritable_directory_asks_for_a_secret(tmp_path: Path) -> None:
    ended = orders("token", "ann", here=tmp_path, DATABASE_URL="sqlite:////no/such/folder/x.db")

    assert_error_line(ended, "JWT_SECRET", "must be set", "/no/such/folder/x.db.secrets", "no such file")


@pytest.mark.usefixtures("never_served")
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
@pytest.mark.parametrize("command", ["serve", "demo"])
@pytest.mark.parametrize("variable", ["PATH", "ORDERS_ENV"])
def test_open_address_needs_an_own_secret(tmp_path: Path, host: str, command: str, variable: str) -> None:
    ended = orders(command, "--host", host, here=tmp_path, **{variable: "development"})

    assert_error_line(ended, "JWT_SECRET must be set", host, "127.0.0.1", "openssl rand")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("never_served")
@pytest.mark.parametrize("secret", sorted(PUBLISHED_SECRETS))
def test_open_address_refuses_published_secrets(tmp_path: Path, secret: str) -> None:
    token = orders("serve", "--host", "0.0.0.0", here=tmp_path, JWT_SECRET=secret)
    cart = orders("serve", "--host", "0.0.0.0", here=tmp_path, JWT_SECRET=JWT_SECRET, CART_SNAPSHOT_SECRET=secret)

    assert_error_line(token, "JWT_SECRET must not be a secret of the documentation")
    assert_error_line(cart, "CART_SNAPSHOT_SECRET must not be a secret of the documentation")


@pytest.mark.usefixtures("never_served")
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_open_address_refuses_tokens_for_everybody(tmp_path: Path, command: str) -> None:
    ended = orders(command, "--host", "0.0.0.0", here=tmp_path, JWT_SECRET=JWT_SECRET, ORDERS_DEMO="on")

    assert_error_line(ended, "ORDERS_DEMO must be off", "0.0.0.0", "/docs")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_loopback_needs_no_secret(tmp_path: Path, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[dict[str, object]] = []
    monkeypatch.setattr("orders_flask.web.admission.server.serve", lambda **options: served.append(options))

    ended = orders("serve", "--host", host, "--port", "18431", here=tmp_path)

    assert (ended.returncode, len(served)) == (0, 1), ended


KNOCK = """
import sys
from orders_flask.wsgi import app
for token in sys.argv[1:]:
    with app.test_client() as client:
        print(client.get("/api/v1/orders/", headers={"Authorization": f"Bearer {token}"}).status_code)
"""


def test_other_servers_accept_no_published_secret(tmp_path: Path) -> None:
    """gunicorn and uvicorn choose the address themselves, and import ``orders_flask.wsgi:app``."""
    claims = {"sub": "root", "exp": 4_000_000_000, "role": "admin"}
    assert orders("token", "root", here=tmp_path).returncode == 0
    file = tmp_path / "orders.db.secrets"
    own = jwt.encode(claims, dotenv_values(file)["JWT_SECRET"] or "", algorithm="HS256")

    command = [sys.executable, "-c", KNOCK, *forged_by(), own]
    ran = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120)

    assert ran.stdout.split() == ["401"] * len(PUBLISHED_SECRETS) + ["200"], ran.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
