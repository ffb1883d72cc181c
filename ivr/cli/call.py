"""`ivr call`: play a caller in the terminal."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from zoneinfo import ZoneInfo

import click

from dialogs.facts import Facts
from dialogs.flow import FlowSet
from dialogs.rehearsal import ENDING, Script
from dialogs.segments.facts import FACTS, wrong_facts
from dialogs.simulator import ShownLine, TextCaller
from dialogs.source import parse
from dialogs.stand_in import Agents, Data, Understands
from dialogs.typed import HELP
from ivr.cli import pass_settings
from ivr.cli.flows import CannotBeDone, Chosen, catalogue_option, chosen_flow, load_tests
from ivr.config import Settings

if TYPE_CHECKING:
    from ivr.understanding.understanding import Understanding

_COLOURS = {"ivr": "cyan", "system": "blue", "note": "yellow", "caller": "green"}


@dataclass(frozen=True)
class Given:
    """The options of the command that only one of its ways needs."""

    language: str
    folder: Path | None
    catalogue_file: Path | None
    data_file: Path | None
    agents: Agents
    number: str
    segment: str
    history: tuple[str, ...]
    moment: str | None
    said: Path | None
    kept: Path | None
    straight: bool


@click.command("call")
@click.argument("flow")
@click.option("--text", "by_text", is_flag=True, help="Type what the caller says.")
@click.option("--voice", "by_voice", is_flag=True, help="Speak: a headset, or WAV files.")
@click.option(
    "--language", default="es", show_default=True, help="The language of the greeting: es, ca or en."
)
@click.option("--flows", "folder", type=click.Path(path_type=Path), help="The folder of the flows.")
@click.option(
    "--data",
    "data_file",
    type=click.Path(path_type=Path),
    help="With --text: a test file whose data answer look-ups.",
)
@click.option(
    "--agents",
    type=click.Choice(["free", "busy", "closed"]),
    default="busy",
    show_default=True,
    help="With --text: whether a person takes the call.",
)
@click.option("--number", default="", help="The number that the caller calls from.")
@click.option("--segment", default="", help="With --text: what the caller is known as, such as vip.")
@click.option(
    "--history",
    multiple=True,
    metavar="FACT=VALUE",
    help="With --text: what is known of the caller, such as orders.on_the_way=1; again for more.",
)
@click.option("--now", "moment", help="With --text: when the call is, such as 2026-11-23T10:00.")
@click.option(
    "--in", "said", type=click.Path(path_type=Path), help="With --voice: the caller's speech, a WAV file."
)
@click.option(
    "--out", "kept", type=click.Path(path_type=Path), help="With --voice: keep the call (left: caller)."
)
@click.option("--straight", is_flag=True, help="With --in: play it as it is, and not one answer a question.")
@catalogue_option
@pass_settings
def call(settings: Settings, /, flow: str, by_text: bool, by_voice: bool, **given: Any) -> None:
    """Play a caller in the terminal.

    \b
    Examples:
      ivr call main --text
      ivr call main --text --language ca --data my-flows/main.test.yaml
      ivr call main --text --now 2026-12-25T10:00 --segment vip
      ivr call main --text --history calls.last_90_days=12
      ivr call my-flows/main.flow.yaml --text                by its file
      ivr call collection_reminder --text                    be called, as its tests are
      ivr call main --voice                                  with a headset
      ivr call main --voice --in caller.wav --out call.wav

    By text, what the caller says in their own words is understood by the engines of a live call, and look-ups
    are answered from the data of a test file, by default the one beside the flow, and whoever its tests call
    (`caller: {called: true, …}`) is who you are; /help tells what can be
    typed beside what the caller says. By voice, the call is a real one on the embedded switch, and look-ups
    are answered for the made-up customers of the demo; keys can be typed meanwhile.
    """
    if by_text == by_voice:
        raise CannotBeDone("a call is by text or by voice: add --text or --voice")
    options = Given(**given)
    chosen = _speaking(settings, flow, options)
    if by_voice:
        # A switch, a recogniser and a database, none of which a call by text waits for.
        importlib.import_module("ivr.cli.call_by_voice").by_voice(settings, chosen, options)
        return
    flows, flow = chosen.flows, chosen.flow.name
    beside = Path(chosen.flow.source.file).with_name(f"{flow}{ENDING}")
    scripts = _scripts(options.data_file or beside, flows)
    called = _called(scripts)
    given_here = {"number": options.number, "segment": options.segment}
    known = {"number": "", "name": "", "segment": "", "attested": "none", **called}
    known.update({name: value for name, value in given_here.items() if value})
    now = _moment(options.moment, settings.calls.zone)
    history = _history(options.history)
    facts = Facts(options.language, known, now, settings.calls.region, recorded=True, history=history)
    if called:
        _show([("note", f"you are called: {known['name']}, {known['number']} (`caller` of {beside.name})")])
    _by_text(
        TextCaller(flows, flow, facts, _data(scripts), options.agents, understands=_understands(settings))
    )


def _understands(settings: Settings) -> Understands:
    """The engines of a live call; what is not understood is not kept. They are opened when first wanted."""

    @cache
    def opened() -> Understanding:
        # numpy, the models and what logs, which few calls by text want. Unset, it would log into the talk.
        logs = importlib.import_module("ivr.logs")
        logs.configure(logs.quieter(settings.log))
        opening = importlib.import_module("ivr.understanding.opening")
        engines: Understanding = opening.open_understanding(
            settings.understanding.model_copy(update={"collect": False}), settings.home, time.monotonic
        )
        engines.make_ready()
        return engines

    return lambda asked: opened().understand(asked)


def _history(written: tuple[str, ...]) -> dict[str, str | int | bool | None]:
    """Facts of the caller, each as its type. Raises `CannotBeDone`."""
    found: dict[str, str | int | bool | None] = {}
    for one in written:
        name, sign, value = one.partition("=")
        fact = FACTS.get(name)
        if not sign:
            raise CannotBeDone(f"“{one}” is no fact: write it as calls.last_90_days=12")
        is_text = fact is not None and fact.kind not in ("number", "money", "boolean")
        found[name] = value if is_text else parse(value, one).content
    for _name, message in wrong_facts(found):
        raise CannotBeDone(message)
    return found


def _moment(text: str | None, zone: str) -> datetime:
    """The wall clock of the site, to the minute: as written, or now. Raises `CannotBeDone`."""
    if text is None:
        return datetime.now(ZoneInfo(zone)).replace(second=0, microsecond=0)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), second=0, microsecond=0)
    except ValueError as fault:
        raise CannotBeDone(f"“{text}” is no time: write 2026-11-23T10:00") from fault


def _speaking(settings: Settings, flow: str, given: Given) -> Chosen:
    """The flow, if it is there and speaks the language. Raises `CannotBeDone`."""
    chosen = chosen_flow(flow, given.folder, settings.flows_folder, given.catalogue_file)
    spoken = chosen.flow.languages
    if given.language not in spoken:
        raise CannotBeDone(
            f"{chosen.flow.name} does not speak {given.language}: choose one of {', '.join(spoken)}"
        )
    return chosen


def _scripts(file: Path, flows: FlowSet) -> tuple[Script, ...]:
    return tuple(load_tests([file], flows)) if file.exists() else ()


def _data(scripts: Iterable[Script]) -> Data:
    found: dict[str, Any] = {}
    for script in scripts:
        found.update(script.data)
    return found


def _called(scripts: Iterable[Script]) -> dict[str, str | int | bool | None]:
    """Whom the tests call: a flow that calls people has to know whom. Empty: people call it."""
    return next((dict(one.facts.caller) for one in scripts if one.facts.caller.get("called") is True), {})


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


def _show(lines: list[ShownLine]) -> None:
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
