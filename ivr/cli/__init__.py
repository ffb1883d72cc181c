"""The command line: one file per command group; every command with examples, every fault one line.

Exit status: 0 done, 1 the answer is no (a check failed), 2 it could not be done.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from data.errors import DataError
from dialogs.errors import DialogError
from esl.errors import EslError
from ivr import logs
from ivr.cli.database import DATABASE_URL
from ivr.config import Settings, load
from ivr.errors import IvrError
from speech.errors import SpeechError

FAULTS = (IvrError, EslError, SpeechError, DialogError, DataError)
"""What each package raises for the operator: one line, with the remedy in it."""

_ROOMS: dict[str, str] = {
    "serve": "ivr.cli.serve",
    "demo": "ivr.cli.demo",
    "doctor": "ivr.cli.doctor",
    "bench": "ivr.cli.bench",
    "check": "ivr.cli.flows",
    "test": "ivr.cli.flow_test",
    "call": "ivr.cli.call",
    "graph": "ivr.cli.graph",
    "schema": "ivr.cli.flows",
    "flow": "ivr.cli.flow",
    "lookup": "ivr.cli.lookup",
    "outbox": "ivr.cli.outbox",
    "caller": "ivr.cli.caller",
    "db": "ivr.cli.db",
    "recordings": "ivr.cli.recordings",
    "identity": "ivr.cli.identity",
    "case": "ivr.cli.case",
    "consent": "ivr.cli.consent",
    "messages": "ivr.cli.messages",
    "freeswitch": "ivr.cli.freeswitch",
    "models": "ivr.cli.speech",
    "say": "ivr.cli.speech",
    "transcribe": "ivr.cli.speech",
    "prompts": "ivr.cli.prompts",
    "eval": "ivr.cli.evaluate",
    "nlu": "ivr.cli.nlu",
}


class Commands(click.Group):
    """Loads a command's module when it is asked for, so that `--help` needs no speech engine."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_ROOMS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        room = _ROOMS.get(cmd_name)
        if room is None:
            return None
        commands: Sequence[click.Command] = importlib.import_module(room).commands
        return next(command for command in commands if command.name == cmd_name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Settings; default: IVR_CONFIG, else ivr.yaml in IVR_HOME, else built-in defaults.",
)
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="How much is logged."
)
@click.version_option(package_name="ivr", prog_name="ivr")
@click.pass_context
def root(ctx: click.Context, config: Path | None, log_level: str | None) -> None:
    """A voice IVR on FreeSWITCH, with no cloud.

    \b
    Examples:
      ivr demo                 two calls on the embedded switch, one spoken, one keyed
      ivr serve                the server; without FreeSWITCH it brings its own switch
      ivr check                check the flows
      ivr doctor               what is missing here, and what to do about it
    """
    settings = load(config)
    if log_level is not None:
        settings = settings.model_copy(update={"log": settings.log.model_copy(update={"level": log_level})})
    logs.configure(settings.log)
    ctx.obj = settings
    ctx.meta[DATABASE_URL] = settings.database_url


pass_settings = click.make_pass_decorator(Settings)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and ends the process with its exit status."""
    try:
        status = root.main(args=arguments, prog_name="ivr", standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        status = 2
    except click.exceptions.Abort:
        click.echo("ivr: interrupted", err=True)
        status = 130
    except FAULTS as fault:
        click.echo(f"ivr: {fault}", err=True)
        status = 2
    except BrokenPipeError:
        sys.stderr.close()
        status = 0
    sys.exit(status if isinstance(status, int) else 0)
