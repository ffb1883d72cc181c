"""The commands of a designer, run in this process."""

from __future__ import annotations

from pathlib import Path

import click
from click.testing import CliRunner, Result

from ivr.cli import call, flow_test, flows, graph
from ivr.config import Settings

BALANCE = Path(__file__).parent / "balance"

commands = [*flows.commands, *flow_test.commands, *call.commands, *graph.commands]
GROUP = click.Group("ivr", commands={str(command.name): command for command in commands})


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(GROUP, list(words), input=typed, obj=Settings())
