"""The demonstration: a random password, marked accounts that production refuses, and no database of others."""

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from dotenv import dotenv_values

from tests.support.command import Ended, assert_error_line, environment, orders
from tests.support.production import PRODUCTION
from tests.support.shop_folder import Shop

PASSWORD = re.compile(r"with the password (\w+)")
OWN = {name: PRODUCTION[name] for name in ("JWT_SECRET", "CART_SNAPSHOT_SECRET")}

KNOCK = """
import json, sys
from orders_flask.wsgi import app
email, password, *tokens = sys.argv[1:]
client = app.test_client()
login = client.post("/auth/login", json={"email": email, "password": password})
statuses = [client.get("/api/v1/orders/", headers={"Authorization": f"Bearer {t}"}).status_code for t in tokens]
refreshed = [client.post("/auth/refresh", json={"token": t}).status_code for t in tokens]
print(json.dumps([login.status_code, (login.json or {}).get("token"), statuses, refreshed]))
"""


@pytest.fixture(autouse=True)
def not_serving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders_flask.web.admission.server.serve", lambda **_: None)


def demo(here: Path, **settings: str) -> Ended:
    return orders("demo", "--port", "18434", here=here, **settings)


def shown_password(ended: Ended) -> str:
    found = PASSWORD.search(ended.stdout)
    assert ended.returncode == 0, ended
    assert found
    return found[1]


def admin_token(ended: Ended) -> str:
    return ended.stdout.partition("An administrator's token")[2].splitlines()[1].strip()


def knock(here: Path, password: str, *tokens: str, **settings: str) -> tuple[list[object], str]:
    """Sign in as the administrator and use the tokens; return the statuses and the log."""
    command = [sys.executable, "-c", KNOCK, "admin@example.com", password, *tokens]
    ran = subprocess.run(command, cwd=here, env=environment(**settings), capture_output=True, text=True, timeout=120)
    assert ran.stdout, ran.stderr
    return json.loads(ran.stdout), ran.stderr


def test_password_is_random_and_stored(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()

    first, second = demo(tmp_path), demo(tmp_path)

    assert shown_password(first) == shown_password(second) != shown_password(demo(tmp_path / "other"))
    assert dotenv_values(tmp_path / "orders.db.secrets")["DEMO_PASSWORD"] == shown_password(first)


def test_production_refuses_account_and_tokens(tmp_path: Path) -> None:
    shown = demo(tmp_path, **OWN)
    printed, password = admin_token(shown), shown_password(shown)
    (before, signed_in, *_), _ = knock(tmp_path, password, **OWN)
    assert before == 200

    (login, _, statuses, refreshed), log = knock(tmp_path, password, printed, str(signed_in), **PRODUCTION)

    assert (login, statuses, refreshed) == (401, [401, 401], [401, 401])
    assert "demo_accounts.rejected" in log
    assert "ann@example.com, admin@example.com" in log
    assert '"demo_account"' in log


def test_doctor_names_accounts_in_production(tmp_path: Path) -> None:
    demo(tmp_path)

    advice = [line for line in orders("doctor", here=tmp_path, **PRODUCTION).stdout.splitlines() if "advice" in line]

    assert "The accounts of the demonstration cannot sign in" in advice[0]
    assert not any("demonstration" in line for line in orders("doctor", here=tmp_path).stdout.splitlines())


@pytest.mark.parametrize("by", ["bob", "ann"])
def test_database_of_others_is_refused(migrated: Path, by: str) -> None:
    Shop(migrated).place(by=by)

    ended = demo(migrated)

    assert_error_line(ended, "must be empty or of an earlier demo", "DATABASE_URL=sqlite:///demo.db")
    assert orders("users", "list", here=migrated).stdout == ""


def test_orders_after_the_demo_are_refused(tmp_path: Path) -> None:
    assert demo(tmp_path).returncode == 0
    Shop(tmp_path).place(by="ann")
    assert demo(tmp_path).returncode == 0

    Shop(tmp_path).place(by="bob")

    assert demo(tmp_path).returncode == 1


def test_account_of_another_is_refused(migrated: Path) -> None:
    created = orders(
        "users", "create", "root@shop.test", "--id", "admin", "--password-stdin", here=migrated, given="a password\n"
    )
    assert created.returncode == 0, created

    assert_error_line(demo(migrated), "orders or accounts of others")


def test_database_of_another_release_stays_unchanged(tmp_path: Path) -> None:
    for words in (("migrate", "--to", "0014"), ("migrate",)):
        assert orders(*words, here=tmp_path).returncode == 0
        if words == ("migrate",):
            Shop(tmp_path).place(by="bob")
        before = dump(tmp_path)

        ended = demo(tmp_path)

        assert_error_line(ended, "The database must be empty or of", "DATABASE_URL=sqlite:///demo.db")
        assert dump(tmp_path) == before


def dump(here: Path) -> list[str]:
    with closing(sqlite3.connect(here / "orders.db")) as connection:
        return list(connection.iterdump())
