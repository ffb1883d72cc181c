"""What the README promises of the command line as a whole."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from ivr.cli import root


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(("ivr", *path)), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _commands(inner, (*path, name))


@pytest.mark.parametrize(("name", "command"), tuple(_commands(root)))
def test_every_command_has_an_example_on_a_line_of_its_own(name: str, command: click.Command) -> None:
    """Groups as well; without its `\\b` mark click would run the lines of the examples together."""
    lines = [line.strip() for line in command.get_help(click.Context(command, info_name=name)).splitlines()]
    assert any(line == name or line.startswith(f"{name} ") for line in lines), "\n".join(lines)
