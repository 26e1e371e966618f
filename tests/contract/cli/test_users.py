"""orders users create, list, disable, enable, password, language, end-sessions"""

import os
import pty
import subprocess
from pathlib import Path

import pytest

from orders_domain import Role
from orders_domain.errors import InvalidCredentials
from orders_domain.use_cases import SignIn
from tests.support.command import Ended, assert_error_line, environment, orders
from tests.support.shop_folder import Shop, command

PASSWORD = "correct horse"


def ran(shop: Shop, *arguments: str, given: str = f"{PASSWORD}\n") -> Ended:
    """Run `orders users` with the given standard input."""
    return shop.run("users", *arguments, given=given)


def create(shop: Shop, email: str = "ann@example.com", *arguments: str, given: str = f"{PASSWORD}\n") -> Ended:
    return ran(shop, "create", email, "--password-stdin", *arguments, given=given)


def signs_in(shop: Shop, email: str = "ann@example.com", password: str = PASSWORD) -> bool:
    try:
        shop.within(lambda container: container.sign_in(SignIn(email=email, password=password, address="::1")))
    except InvalidCredentials:
        return False
    return True


def test_created_user_can_sign_in(shop: Shop) -> None:
    created = create(shop, "Ann@Example.com", "--id", "ann")

    assert (created.returncode, created.stdout) == (0, "Created ann@example.com with id ann and role customer.\n")
    assert signs_in(shop)
    assert not signs_in(shop, password="wrong horse")


def test_created_admin_has_role_and_scopes(shop: Shop) -> None:
    create(shop, "root@example.com", "--role", "admin", "--scope", "orders:write", "--scope", "a:b")

    (user,) = shop.within(lambda container: container.users().list_page())
    assert (user.role, user.scopes) == (Role.ADMIN, {"orders:write", "a:b"})
    assert len(user.id) == 36


def test_user_list_shows_no_hash(shop: Shop) -> None:
    create(shop, "bob@example.com", "--id", "bob", "--role", "admin", "--scope", "orders:write")
    create(shop, "ann@example.com", "--id", "ann")
    shop.run("users", "disable", "ann@example.com")

    listed = shop.run("users", "list")

    ann, bob = (line.split() for line in listed.stdout.splitlines())
    assert ann[:4] == ["ann@example.com", "ann", "customer", "disabled"]
    assert bob == ["bob@example.com", "bob", "admin", "orders:write"]
    assert "argon2" not in listed.stdout


def test_language_is_set_listed_and_removed(shop: Shop) -> None:
    def listed() -> list[str]:
        return shop.run("users", "list").stdout.split()[3:]

    create(shop, "ann@example.com", "--language", "de-AT")
    assert listed() == ["language", "de-AT"]

    changed = shop.run("users", "language", "Ann@example.com", "fr")
    assert (changed.returncode, changed.stdout) == (0, "The language of ann@example.com is fr.\n")
    assert listed() == ["language", "fr"]

    assert shop.run("users", "language", "ann@example.com", "--remove").returncode == 0
    assert listed() == []


def test_language_must_be_a_tag_of_an_account(shop: Shop) -> None:
    assert_error_line(create(shop, "ann@example.com", "--language", "german!"), "like de or de-AT")
    create(shop)

    assert_error_line(shop.run("users", "language", "ann@example.com", "d"), "like de or de-AT")
    assert_error_line(shop.run("users", "language", "bob@example.com", "de"), "There is no account")
    for words in ((), ("de", "--remove")):
        assert shop.run("users", "language", "ann@example.com", *words).returncode == 2


def test_disabled_user_cannot_sign_in(shop: Shop) -> None:
    create(shop)

    assert shop.run("users", "disable", "ANN@example.com").returncode == 0
    assert not signs_in(shop)
    assert shop.run("users", "enable", "ann@example.com").returncode == 0

    assert signs_in(shop)


def test_last_administrator_is_not_disabled(shop: Shop) -> None:
    create(shop, "root@example.com", "--role", "admin")
    command = ("users", "disable", "root@example.com")

    assert_error_line(shop.run(*command), "last administrator")
    assert signs_in(shop, "root@example.com")
    create(shop, "other@example.com", "--role", "admin")

    assert shop.run(*command).returncode == 0
    assert not signs_in(shop, "root@example.com")


def test_new_password_replaces_the_old_one(shop: Shop) -> None:
    create(shop)

    changed = ran(shop, "password", "ann@example.com", "--password-stdin", given="battery staple\r\nand more")

    assert (changed.returncode, changed.stdout) == (0, "Changed the password of ann@example.com.\n")
    assert not signs_in(shop)
    assert signs_in(shop, password="battery staple")


@pytest.mark.parametrize(
    ("email", "given", "word"),
    [
        ("ann", f"{PASSWORD}\n", "ann@example.com"),
        ("ann@example.com", "short\n", "8 to 1,024"),
        ("ann@example.com", "", "8 to 1,024"),
        ("ann@example.com", "x" * 1_025, "8 to 1,024"),
        ("ann@example.com", "correct\x00horse\n", "NUL"),
        ("ann@example.com", "correct \udcff horse\n", "UTF-8"),
    ],
)
def test_invalid_user_is_not_created(shop: Shop, email: str, given: str, word: str) -> None:
    refused = create(shop, email, given=given)

    assert_error_line(refused, word)
    assert shop.run("users", "list").stdout == ""


def test_duplicate_user_is_rejected(shop: Shop) -> None:
    create(shop, "ann@example.com", "--id", "ann")

    assert_error_line(create(shop, "ANN@example.com"), "ann@example.com")
    assert_error_line(create(shop, "other@example.com", "--id", "ann"), "ann")


@pytest.mark.parametrize("words", [("disable",), ("enable",), ("password", "--password-stdin"), ("end-sessions",)])
def test_unknown_user_is_named(shop: Shop, words: tuple[str, ...]) -> None:
    assert_error_line(ran(shop, *words, "nobody@example.com"), "nobody@example.com")


def test_sessions_of_a_subject_are_ended(shop: Shop) -> None:
    ended = shop.run("users", "end-sessions", "--id", "provider|ann")

    assert (ended.returncode, ended.stdout) == (0, "The sessions of provider|ann are ended.\n")
    assert len(shop.rows("SELECT * FROM revoked_tokens WHERE valid_from < 9007199254740991")) == 1


@pytest.mark.parametrize("whose", [(), ("ann@example.com", "--id", "ann"), ("--id", "")])
def test_end_sessions_needs_one_user(shop: Shop, whose: tuple[str, ...]) -> None:
    create(shop)

    assert_error_line(shop.run("users", "end-sessions", *whose))
    assert shop.rows("SELECT * FROM revoked_tokens") == []


def test_password_argument_is_a_usage_error(shop: Shop) -> None:
    assert orders("users", "create", "ann@example.com", PASSWORD, here=shop.here).returncode == 2
    assert orders("users", "create", "ann@example.com", "--password", PASSWORD, here=shop.here).returncode == 2


@pytest.mark.parametrize("words", [("create",), ("password",)])
def test_password_prompt_needs_a_terminal(shop: Shop, words: tuple[str, ...]) -> None:
    process = subprocess.run(
        command("users", *words, "ann@example.com"),
        cwd=shop.here,
        env=environment(),
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # no terminal for the prompt
        capture_output=True,
        text=True,
        timeout=60,
    )

    ended = Ended(returncode=process.returncode, stdout=process.stdout, stderr=process.stderr)
    assert_error_line(ended, "terminal", "--password-stdin")


def test_password_prompt_asks_twice(shop: Shop) -> None:
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        command("users", "create", "ann@example.com"),
        cwd=shop.here,
        env=environment(),
        stdin=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    shown = b""
    for word in (b"Password:", b"confirmation:"):
        while word not in shown:
            shown += os.read(master, 1_000)
        os.write(master, f"{PASSWORD}\n".encode())

    assert process.wait(timeout=60) == 0
    os.close(master)
    assert signs_in(shop)


def test_unmigrated_database_is_an_error(tmp_path: Path) -> None:
    assert_error_line(orders("users", "list", here=tmp_path), "store")
