"""Groups of commands whose modules are loaded only when one of them is called for."""

import importlib
from collections.abc import Mapping

import click


class LazyGroup(click.Group):
    """`places` says where each command is, as `module:name`, in the order in which they are listed."""

    places: Mapping[str, str] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Every command."""
        return list(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """Load one command."""
        place = self.places.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command
