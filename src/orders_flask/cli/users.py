"""The ``orders users`` commands: create, list, disable, enable, password, language, end-sessions, export, erase."""

import os
import sys
from collections.abc import Sequence

import click

from orders_domain.model.accounts.actor import Role
from orders_domain.use_cases import (
    ChangeLanguage,
    ChangePassword,
    CreateUser,
    DisableUser,
    EnableUser,
    EndSessions,
    ListUsers,
)
from orders_flask import settings
from orders_flask.bootstrap.container import Container
from orders_flask.cli._streaming import cli_actor
from orders_flask.cli.accounts.personal_data import erase, export
from orders_flask.files.lines import MAX_LINE_BYTES

_from_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of standard input; do not prompt."
)


@click.group()
def users() -> None:
    """Manage accounts with an e-mail address and a password.

    Accounts sign in with POST /auth/login. Users with tokens of an identity provider need no account.
    """


users.add_command(export)
users.add_command(erase)


@users.command()
@click.argument("email")
@click.option("--role", type=click.Choice(["customer", "admin"]), default="customer", show_default=True)
@click.option("--scope", "scopes", multiple=True, help="A scope such as orders:write; repeatable.")
@click.option("--id", "user_id", help="The subject (sub) of the user's tokens; by default a new UUID.")
@click.option("--language", help="The language of letters, such as de or de-AT.")
@_from_stdin
def create(
    *, email: str, role: str, scopes: Sequence[str], user_id: str | None, language: str | None, password_stdin: bool
) -> None:
    """Create an account for EMAIL and prompt for its password.

    The password is never an argument, because other users of the machine can read the process list.

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
            language=language,
        )
    )
    click.echo(f"Created {user.email} with id {user.id} and role {user.role.value}.")


@users.command("list")
def show() -> None:
    """List all accounts, sorted by e-mail address.

    Columns: e-mail address, id, role, scopes, and if they are set the language, and the time at which the account was
    disabled.
    """
    container, after = _container(), ""
    while page := container.list_users(ListUsers(actor=cli_actor(), after=after)):
        for user in page:
            set_parts = [f"language {user.language}"] if user.language else []
            set_parts += [f"disabled {user.disabled_at:%Y-%m-%d %H:%M:%S}"] if user.disabled_at else []
            parts = (f"{user.email:32}", f"{user.id:36}", f"{user.role.value:8}", " ".join(sorted(user.scopes)))
            click.echo("  ".join((*parts, *set_parts)).rstrip())
        after = page[-1].email


@users.command()
@click.argument("email")
def disable(email: str) -> None:
    """Disable the account of EMAIL.

    A disabled account can neither sign in nor refresh its tokens. All tokens that were issued earlier are revoked at
    once, in every process. The account of the last administrator who can sign in is not disabled.
    """
    _container().disable_user(DisableUser(actor=cli_actor(), email=email))
    click.echo(f"{email} is disabled.")


@users.command()
@click.argument("email")
def enable(email: str) -> None:
    """Enable the account of EMAIL again."""
    _container().enable_user(EnableUser(actor=cli_actor(), email=email))
    click.echo(f"{email} is enabled.")


@users.command()
@click.argument("email")
@_from_stdin
def password(email: str, password_stdin: bool) -> None:
    """Change the password of EMAIL; prompts for the new one.

    All tokens that were issued earlier are revoked at once, in every process.
    """
    _container().change_password(ChangePassword(actor=cli_actor(), email=email, password=_password(password_stdin)))
    click.echo(f"Changed the password of {email}.")


@users.command()
@click.argument("email")
@click.argument("language", required=False)
@click.option("--remove", is_flag=True, help="Let letters be in the language of the request, or NOTIFICATION_LANGUAGE.")
def language(email: str, language: str | None, *, remove: bool) -> None:
    """Set the LANGUAGE of letters to EMAIL, such as de or de-AT.

    The tokens of EMAIL state it from the next sign-in or refresh on.

    \b
    Examples:
      orders users language ann@example.com de
      orders users language ann@example.com --remove
    """
    if (language is None) != remove:
        raise click.UsageError("Either LANGUAGE or --remove must be given.")
    user = _container().change_language(ChangeLanguage(actor=cli_actor(), email=email, language=language))
    click.echo(f"The language of {user.email} is {user.language or 'not set'}.")


@users.command("end-sessions")
@click.argument("email", required=False)
@click.option("--id", "user_id", help="The subject (sub) of the tokens, for a user without an account.")
def end_sessions(email: str | None, user_id: str | None) -> None:
    """Revoke all tokens of EMAIL or of a subject.

    The tokens that were issued until now are revoked in every process, also a token that does not state when it was
    issued (iat). The user can sign in again at once.

    \b
    Examples:
      orders users end-sessions ann@example.com
      orders users end-sessions --id 7c9e6679-7425-40de-944b-e07fc1f90ae7
    """
    _container().end_sessions(EndSessions(actor=cli_actor(), email=email, user_id=user_id))
    click.echo(f"The sessions of {email or user_id} are ended.")


def _password(from_stdin: bool) -> str:
    if not from_stdin:
        if not _at_a_terminal():
            raise click.ClickException("Cannot prompt for the password without a terminal; use --password-stdin.")
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    try:
        return sys.stdin.buffer.readline(MAX_LINE_BYTES).decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise click.ClickException("The password on standard input must be UTF-8.") from error


def _at_a_terminal() -> bool:
    """Return whether a hidden prompt is possible; the checks and their order are those of ``getpass``."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return sys.stdin.isatty()
    return True


def _container() -> Container:
    return Container(settings=settings.load())
