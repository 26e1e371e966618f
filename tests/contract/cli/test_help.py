"""Help text of every command."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from orders_flask.cli import orders as command
from tests.support.cases import each_case
from tests.support.command import environment, orders

LOADED: dict[str, click.Command] = {name: entry.load() for name, entry in command.entries.items()}
COMMANDS = {"demo", "doctor", "migrate", "outbox", "relay", "serve", "token"}


def every_command() -> list[list[str]]:
    commands = [[name] for name in LOADED]
    for name, group in LOADED.items():
        if isinstance(group, click.Group):
            commands += [[name, inner] for inner in group.commands]
    return commands


def test_documented_commands_exist() -> None:
    assert LOADED.keys() >= COMMANDS


def test_listed_lines_are_those_of_the_commands() -> None:
    """The group lists its commands without importing them."""
    lines = {name: entry.help for name, entry in command.entries.items()}

    assert lines == {name: loaded.get_short_help_str(limit=200) for name, loaded in LOADED.items()}


@pytest.mark.parametrize(
    ("arguments", "libraries"),
    [
        (["--help"], {"sqlalchemy", "flask", "structlog", "jwt"}),
        (["token", "ann"], {"sqlalchemy", "flask", "structlog"}),
    ],
)
def test_light_command_imports_few_libraries(tmp_path: Path, arguments: list[str], libraries: set[str]) -> None:
    """Their imports take 0.5 s; times would depend on the machine."""
    program = f"import sys; sys.argv = ['orders', *{arguments}]\nfrom orders_flask.__main__ import main\n"
    report = "try: main()\nfinally: print(*sorted(sys.modules), file=sys.stderr)"

    ended = subprocess.run(
        [sys.executable, "-c", program + report], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )

    assert ended.returncode == 0, ended.stderr
    assert libraries.isdisjoint(ended.stderr.split())


@each_case("flag", ["--help", "-h"])
@each_case("words", [[], *every_command()])
def test_help_describes_command_and_options(words: list[str], flag: str) -> None:
    shown = CliRunner().invoke(command, [*words, flag], prog_name="orders")

    assert shown.exit_code == 0
    assert shown.output.startswith(f"Usage: {' '.join(['orders', *words])}")
    assert len([line for line in shown.output.splitlines() if line.strip()]) >= 4
    assert "ORDERS_" not in shown.output.partition("\n")[0]


@each_case("words", every_command())
def test_command_list_describes_each_command(words: list[str]) -> None:
    listed = CliRunner().invoke(command, [*words[:-1], "--help"], prog_name="orders").output

    (line,) = [line for line in listed.partition("Commands:")[2].splitlines() if line.split()[:1] == [words[-1]]]
    assert len(line.split()) > 3


@each_case("words", [[], *every_command()])
def test_help_lines_are_not_truncated(words: list[str]) -> None:
    shown = CliRunner().invoke(command, [*words, "--help"], prog_name="orders", terminal_width=80)

    _, _, lines = shown.output.partition("\n\n")  # the usage line, in which ... means repetition
    assert len(lines.splitlines()) >= 3
    assert [line for line in lines.splitlines() if line.endswith("...")] == []


@pytest.mark.parametrize(
    "program", [[str(Path(sys.executable).with_name("orders"))], [sys.executable, "-m", "orders_flask"]]
)
def test_console_script_equals_module(program: list[str]) -> None:
    shown = subprocess.run([*program, "--help"], capture_output=True, text=True, timeout=60)

    assert shown.returncode == 0
    assert shown.stdout.startswith("Usage: orders [OPTIONS] COMMAND")


def test_version_is_printed(tmp_path: Path) -> None:
    assert orders("--version", here=tmp_path).stdout.startswith("orders, version ")


@pytest.mark.parametrize(
    "words", [["sell"], ["outbox", "sell"], ["serve", "--port", "none"], ["token"], ["serve", "--x"]]
)
def test_unknown_command_is_a_usage_error(words: list[str]) -> None:
    shown = CliRunner().invoke(command, words, prog_name="orders")

    assert shown.exit_code == 2
    assert "Traceback" not in shown.output
