"""Command groups that are imported when they are used: `helpdesk` itself starts fast whatever its verbs need."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click import Command, Context


def lazy_group(modules: Mapping[str, str]) -> type[TyperGroup]:
    """A group class whose commands `modules` names as `module` or `module:attribute` (default `app`): a `typer.Typer`, or a
    function, which becomes one command.

    A module that is not there is left out; one that is there and broken fails loudly when it is used.
    """

    class LazyGroup(TyperGroup):
        def list_commands(self, ctx: Context) -> list[str]:
            return [*super().list_commands(ctx), *(name for name, where in modules.items() if _exists(where))]

        def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
            where = modules.get(cmd_name)
            if where is None or not _exists(where):
                return super().get_command(ctx, cmd_name)
            module, _, attribute = where.partition(":")
            target: Any = getattr(importlib.import_module(module), attribute or "app")
            if not isinstance(target, typer.Typer):
                function, target = target, typer.Typer()
                target.command()(function)
            command = typer.main.get_command(target)
            command.name = cmd_name
            return command

    return LazyGroup


def _exists(where: str) -> bool:
    return importlib.util.find_spec(where.partition(":")[0]) is not None
