"""Groups of commands whose modules are imported when a command is called: help needs none of them."""

import importlib
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import click


class Lazy(click.Group):
    """A group whose commands are known by name and one line of help; `table` has module and name behind each, below `rollout.cli`."""

    table: Mapping[str, tuple[str, str]] = {}

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        module, _, name = self.table[cmd_name][0].partition(":")
        found = getattr(importlib.import_module(f"rollout.cli.{module}"), name)
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.table.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.table and not args[0].startswith("-"):
            hint = self.hint(args[0])
            ctx.fail(f"no such command: {args[0]}.{f' Did you mean {hint}?' if hint else ''} See {ctx.command_path} --help")
        return super().resolve_command(ctx, args)

    def hint(self, word: str) -> str:
        """What was probably meant; empty if nothing comes close."""
        return next(iter(get_close_matches(word, self.table, n=1)), "")


def lazily(table: Mapping[str, tuple[str, str]], **attributes: Any) -> type[Lazy]:
    """The class of a group with these commands."""
    return type("LazyGroup", (Lazy,), {"table": table, **attributes})
