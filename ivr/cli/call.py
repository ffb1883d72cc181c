"""`ivr call`: play a caller in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import click

from dialogs.errors import DialogError
from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.rehearsal import ENDING
from dialogs.simulator import HELP, Line, TextCaller
from dialogs.stand_in import Agents, Data
from ivr.cli.flows import CannotBeDone, catalogue_option, existing, load_set, load_tests

_COLOURS = {"ivr": "cyan", "system": "blue", "note": "yellow", "caller": "green"}


@click.command("call")
@click.argument("flow")
@click.option("--text", "by_text", is_flag=True, help="Type what the caller says.")
@click.option(
    "--language", default="es", show_default=True, help="The language of the greeting: es, ca or en."
)
@click.option("--flows", "folder", type=click.Path(path_type=Path), help="The folder of the flows.")
@click.option(
    "--data", "data_file", type=click.Path(path_type=Path), help="A test file whose data answer look-ups."
)
@click.option(
    "--agents",
    type=click.Choice(["free", "busy", "closed"]),
    default="busy",
    show_default=True,
    help="Whether a person takes the call.",
)
@catalogue_option
def call(
    flow: str,
    by_text: bool,
    language: str,
    folder: Path | None,
    data_file: Path | None,
    agents: Agents,
    catalogue_file: Path | None,
) -> None:
    """Play a caller in the terminal.

    \b
    ivr call main --text
    ivr call main --text --language ca --data my-flows/main.test.yaml

    Look-ups are answered from the data of a test file, by default the one beside the flow.
    /help tells what can be typed beside what the caller says.
    """
    if not by_text:
        raise CannotBeDone("a call by voice is not there yet: add --text")
    flows = load_set(existing((folder,) if folder else ()), catalogue_file)
    chosen = _speaks(flows, flow, language)
    beside = Path(chosen).with_name(f"{flow}{ENDING}")
    now = datetime.now(ZoneInfo("Europe/Madrid")).replace(second=0, microsecond=0)
    facts = Facts(language, {"number": "", "name": "", "segment": ""}, now, recorded=True)
    _by_text(TextCaller(flows, flow, facts, _data(data_file or beside, flows), agents))


def _speaks(flows: FlowSet, flow: str, language: str) -> str:
    """The file of the flow, if it is there and speaks the language. Raises `CannotBeDone`."""
    try:
        chosen = flows.flow(flow)
    except DialogError as fault:
        raise CannotBeDone(f"{fault}: name one of these") from fault
    if language not in chosen.languages:
        raise CannotBeDone(f"{flow} does not speak {language}: choose one of {', '.join(chosen.languages)}")
    return chosen.source.file


def _data(file: Path, flows: FlowSet) -> Data:
    if not file.exists():
        return {}
    found: dict[str, Any] = {}
    for script in load_tests([file], flows):
        found.update(script.data)
    return found


def _by_text(caller: TextCaller) -> None:
    click.echo(HELP)
    _show(caller.start())
    over = False
    for line in _typed_here(caller) if sys.stdin.isatty() else _piped(sys.stdin):
        if caller.finished and not line.strip():
            return
        _show(caller.feed(line))
        if caller.finished and not over:
            _show([("note", "the call is over: /save keeps it, /back takes the last turn back, Enter ends")])
        over = caller.finished


def _show(lines: list[Line]) -> None:
    for who, what in lines:
        click.echo(f"{click.style(f'{who:>6}', fg=_COLOURS[who])}: {what}")


def _piped(pipe: TextIO) -> Iterator[str]:
    """Lines from a pipe, to its end; shown, because no keyboard has shown them."""
    for line in pipe:
        typed = line.rstrip("\n")
        click.echo(f"> {typed}")
        yield typed


def _typed_here(caller: TextCaller) -> Iterator[str]:
    """Lines from the keyboard, with editing, history and completion, until it ends (Ctrl-D)."""
    try:
        import readline  # noqa: PLC0415 - not on every system, and only needed here
    except ImportError:
        pass
    else:
        names = caller.names

        def complete(begun: str, nth: int) -> str | None:
            found = [name for name in names if name.startswith(begun)]
            return found[nth] if nth < len(found) else None

        readline.set_completer_delims(" ")
        readline.set_completer(complete)
        readline.parse_and_bind("tab: complete")
    while True:
        try:
            yield input("> ")
        except EOFError:
            click.echo()
            return


commands: list[click.Command] = [call]
"""For the root command group."""
