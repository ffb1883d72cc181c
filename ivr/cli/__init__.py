"""The command line: one file per command group; every command with examples, every fault one line.

Exit status: 0 done, 1 the answer is no (a check failed), 2 it could not be done.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from data.errors import DataError
from dialogs.errors import DialogError
from esl.errors import EslError
from ivr.cli.context import DATABASE_URL
from ivr.errors import IvrError
from ivr.places import plain_places
from ivr.secret import secrets_to_come
from speech.errors import SpeechError

if TYPE_CHECKING:
    from ivr.config import Settings

P = ParamSpec("P")
R = TypeVar("R")
FAULTS = (IvrError, EslError, SpeechError, DialogError, DataError)
"""What each package raises for the operator: one line, with the remedy in it."""

_COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("ivr.cli.serve", "The server: takes calls, calls people, answers the HTTP API."),
    "demo": ("ivr.cli.demo", "Two calls on the embedded switch: one caller speaks, one keys."),
    "doctor": ("ivr.cli.doctor", "What is missing or misconfigured here, and what to do about it."),
    "bench": ("ivr.cli.bench", "Measures what callers wait for, and what calls cost."),
    "check": ("ivr.cli.flows", "Checks flow files: every mistake, with line, column and remedy."),
    "test": ("ivr.cli.flow_test", "Runs the tests beside the flows: scripted calls, offline."),
    "call": ("ivr.cli.call", "Be a caller in the terminal."),
    "graph": ("ivr.cli.graph", "Draws a flow for people who do not read flows."),
    "schema": ("ivr.cli.flows", "JSON Schemas of the flow language and the files beside it."),
    "flow": ("ivr.cli.flow", "Publish the flows, go back, and see who published what and why."),
    "lookup": ("ivr.cli.lookup", "Ask a look-up as a call would."),
    "outbox": ("ivr.cli.outbox", "What is to be done in other systems, and what was given up."),
    "caller": ("ivr.cli.caller", "Who a number is taken for, and numbers that are not welcome."),
    "db": ("ivr.cli.db", "The database: create, upgrade, fill, check; people in and out."),
    "recordings": ("ivr.cli.recordings", "Recordings of calls: find, play, export."),
    "identity": ("ivr.cli.identity", "What proves callers, and who is locked out."),
    "case": ("ivr.cli.case", "Cases that callers or agents have opened."),
    "consent": ("ivr.cli.consent", "What people agreed to: the text, the answer, its sound."),
    "messages": ("ivr.cli.messages", "Messages to customers and other systems."),
    "token": ("ivr.cli.api", "Tokens of the HTTP API: who may ask what, until when."),
    "trace": ("ivr.cli.trace", "Everything that happened in a call, with times."),
    "freeswitch": ("ivr.cli.freeswitch", "A real FreeSWITCH: its configuration."),
    "callbacks": ("ivr.cli.callbacks", "Callers who keep their place and are to be called: docs/queues.md."),
    "queue": ("ivr.cli.queue", "The queues now: who waits, how long, who is there."),
    "agent": ("ivr.cli.agent", "Agents come, pause and go, and close their contacts: docs/agents.md."),
    "supervise": ("ivr.cli.supervise", "Listen, whisper, join, move a caller; alerts and repairs."),
    "campaign": ("ivr.cli.campaign", "Campaigns: load bases, create, preview, cut samples, report."),
    "rules": ("ivr.cli.rules", "When people may be contacted, by which law, and why not."),
    "queues": ("ivr.cli.queues", "The queues of people: check, list, bring the switch in step."),
    "report": ("ivr.cli.report", "What happened in queues, with agents, callers and flows: docs/reports.md."),
    "work": ("ivr.cli.work", "Calls to return, cases and reviews, given to agents."),
    "models": ("ivr.cli.models", "Speech models: what is there, and fetching what is not."),
    "say": ("ivr.cli.speech", "Synthesises a text to a file or to the speaker."),
    "transcribe": ("ivr.cli.speech", "Recognises the speech in a file."),
    "prompts": ("ivr.cli.prompts", "What callers hear: made ahead, or recorded in a studio."),
    "nlu": ("ivr.cli.nlu", "Free speech: trains, checks, tests and serves what understands it."),
    "eval": ("ivr.cli.evaluate", "How well callers are understood."),
}
"""Where a command is, and what the list of commands says of it: to show that list loads none of them."""
_WITHOUT_LOG = frozenset({"check", "test", "call", "graph", "schema"})
"""What a designer calls a hundred times a day: they log nothing, and do not load what logs (a call by voice
does both)."""
_PLACES_ONLY = frozenset({"check", "test", "schema"})
"""Of those, the ones that need to know where the flows are, and no other setting (docs/decisions/
dialogs-quick-commands.md)."""


_WORDS = "ivr.words"
"""Under which a context keeps what stands behind the command's name."""


def loaded(module: str) -> ModuleType:
    """What is loaded stays: looking through it for rubbish is a tenth of a short command's time."""
    gc.disable()
    try:
        return importlib.import_module(module)
    finally:
        gc.freeze()
        gc.enable()


class Commands(click.Group):
    """Loads a command's module when it is asked for: `ivr --help` is there at once, and needs no engine."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        commands: Sequence[click.Command] = loaded(_COMMANDS[cmd_name][0]).commands
        return next(command for command in commands if command.name == cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, words = super().resolve_command(ctx, args)
        ctx.meta[_WORDS] = words  # click tells a group nothing of them
        return name, command, words

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_room, said) in _COMMANDS.items()])


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
    if ctx.invoked_subcommand in _PLACES_ONLY and (places := plain_places(config)) is not None:
        ctx.obj = places
        return
    try:
        with secrets_to_come(ctx.invoked_subcommand == "freeswitch"):
            settings: Settings = importlib.import_module("ivr.config").load(config)
    except IvrError:
        if help_is_asked(ctx):  # which no mistake in a file may keep from anybody
            return
        raise
    if log_level is not None:
        settings = settings.model_copy(update={"log": settings.log.model_copy(update={"level": log_level})})
    if ctx.invoked_subcommand not in _WITHOUT_LOG:
        importlib.import_module("ivr.logs").configure(settings.log)
    ctx.obj = settings
    ctx.meta[DATABASE_URL] = settings.database_url


def help_is_asked(ctx: click.Context) -> bool:
    """Whether the command behind the group is called for what it says of itself alone: its last word is
    `--help`, and not behind a `--`, where a text may begin with anything."""
    words: Sequence[str] = ctx.meta.get(_WORDS, ())
    return "--" not in words and words[-1:] in (["-h"], ["--help"])


def pass_settings(command: Callable[Concatenate[Settings, P], R]) -> Callable[P, R]:
    """Gives a command the settings, as its first argument."""

    @wraps(command)
    def settled(*arguments: P.args, **named: P.kwargs) -> R:
        from ivr.config import Settings  # noqa: PLC0415 -- slow to load, and not for every command

        return click.make_pass_decorator(Settings)(command)(*arguments, **named)

    return settled


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
