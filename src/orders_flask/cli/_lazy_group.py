"""Group of commands whose modules are imported when they are run, because all of them take half a second."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: its module, and its line in the group's help."""

    module: str
    help: str

    def load(self) -> click.Command:
        """Return the command: the function that has the last name of the module, or the one after a colon."""
        module, _, name = self.module.partition(":")
        command: click.Command = getattr(import_module(module), name or module.rpartition(".")[2])
        return command


class LazyGroup(click.Group):
    """A group that knows its commands by name."""

    def __init__(self, *arguments: Any, entries: Mapping[str, Entry], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self.entries.get(cmd_name)
        return entry.load() if entry else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.entries[name].help) for name in self.list_commands(ctx)])
