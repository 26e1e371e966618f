"""orders users create, list, disable, enable, password"""

import os
import sys
from collections.abc import Sequence

import click

from orders_domain.model.actor import Role
from orders_domain.use_cases import ChangePassword, CreateUser, DisableUser, EnableUser, ListUsers
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli._streaming import MAX_LINE_BYTES, cli_actor

_from_stdin = click.option(
    "--password-stdin", is_flag=True, help="Take the first line of standard input for the password; do not ask."
)


@click.group()
def users() -> None:
    """Manage the accounts that sign in by e-mail and password.

    They sign in at POST /auth/login. Users whose tokens come from elsewhere need no account.
    """


@users.command()
@click.argument("email")
@click.option("--role", type=click.Choice(["customer", "admin"]), default="customer", show_default=True)
@click.option("--scope", "scopes", multiple=True, help="Such as orders:write; may be given several times.")
@click.option("--id", "user_id", help="The subject of the user's tokens; by default a new UUID.")
@_from_stdin
def create(email: str, role: str, scopes: Sequence[str], user_id: str | None, password_stdin: bool) -> None:
    """Create the account of EMAIL, and ask for its password.

    A password is never an argument: other users of the machine could read it in the list of processes.

    \b
    Examples:
      orders users create ann@example.com
      pass show shop/root | orders users create root@example.com --role admin --password-stdin
    """
    password = _password(password_stdin)
    user = _container().create_user(
        CreateUser(
            actor=cli_actor(),
            email=email,
            password=password,
            role=Role(role),
            scopes=frozenset(scopes),
            user_id=user_id,
        )
    )
    click.echo(f"{user.email} is {user.id}, {user.role.value}.")


@users.command("list")
def show() -> None:
    """List all accounts by their e-mail addresses.

    Each line has address, id, role, scopes, and since when the account is disabled.
    """
    container, after = _container(), ""
    while page := container.list_users(ListUsers(actor=cli_actor(), after=after)):
        for user in page:
            since = f"disabled {user.disabled_at:%Y-%m-%d %H:%M:%S}" if user.disabled_at else ""
            parts = (f"{user.email:32}", f"{user.id:36}", f"{user.role.value:8}", " ".join(sorted(user.scopes)), since)
            click.echo("  ".join(parts).rstrip())
        after = page[-1].email


@users.command()
@click.argument("email")
def disable(email: str) -> None:
    """Refuse sign-in and refreshed tokens to EMAIL.

    Tokens issued before stay valid until they expire.
    """
    _container().disable_user(DisableUser(actor=cli_actor(), email=email))
    click.echo(f"{email} cannot sign in any more.")


@users.command()
@click.argument("email")
def enable(email: str) -> None:
    """Let EMAIL sign in again."""
    _container().enable_user(EnableUser(actor=cli_actor(), email=email))
    click.echo(f"{email} can sign in.")


@users.command()
@click.argument("email")
@_from_stdin
def password(email: str, password_stdin: bool) -> None:
    """Give EMAIL another password, and ask for it.

    Tokens issued before stay valid until they expire.
    """
    _container().change_password(ChangePassword(actor=cli_actor(), email=email, password=_password(password_stdin)))
    click.echo(f"{email} has a new password.")


def _password(from_stdin: bool) -> str:
    if not from_stdin:
        if not _at_a_terminal():
            raise click.ClickException(
                "There is no terminal to ask for the password at; --password-stdin takes it from standard input."
            )
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    try:
        return sys.stdin.buffer.readline(MAX_LINE_BYTES).decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise click.ClickException("The password on standard input is not UTF-8.") from error


def _at_a_terminal() -> bool:
    """Whether a password can be asked for without being shown: where ``getpass`` looks, in its order."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return sys.stdin.isatty()
    return True


def _container() -> Container:
    return Container(settings=settings.load())
