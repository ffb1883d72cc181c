"""`ivr demo`: the main job, played by two callers, shown while it happens."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import gevent
from rich.console import Console
from rich.markup import escape

from data.seeds import DEMO_PIN, demo_customers, seed
from data.store import Store
from esl.later import run_later
from ivr.cli import pass_settings
from ivr.cli.fetch_bars import FetchBars
from ivr.clock import Clock
from ivr.config import DatabaseSettings, Settings
from ivr.demo import (
    CallerMind,
    Persona,
    Reply,
    Verdict,
    median_turn_ms,
    one_by_one,
    person_goal,
    spoken_goal,
)
from ivr.logs import configure, quieter
from ivr.moments import (
    CallBegan,
    CallerAnswered,
    CallerRecorded,
    CallOver,
    HandedOver,
    LookedUp,
    Moment,
    SystemSpoke,
)
from ivr.stage import Stage
from ivr.voice import Speaker
from speech.pyttsx3 import CALLER_VOICES
from speech.sound import write_wav

SECOND_CALL_AFTER = 4.0
"""Seconds: the second caller does not wait for the first to end."""
AGENT_SAYS = "Hola, soy Marta, de facturación. Ya veo sus datos. ¿En qué puedo ayudarle?"


def speaking_caller(customer_number: str, phone_number: str) -> Persona:
    """Lucía asks for her balance by voice, without listening to the menu's end, and keys her PIN."""
    return Persona(
        name="Lucía",
        number=phone_number,
        language="es",
        replies=(
            # Who calls again about an open ticket or a coming order is asked about that first.
            Reply("known_matter", words="no, es por otra cosa", after=1.5),
            Reply("main_menu", words="quiero saber mi saldo", after=2.0),
            Reply("main_menu", words="saldo"),
            Reply("customer_number", words=one_by_one(customer_number), after=4.0),
            Reply("customer_number", words=one_by_one(customer_number)),
            Reply("pin", keys=DEMO_PIN, after=1.5),  # as the prompt advises: nobody in the room hears it
            Reply("pin", keys=DEMO_PIN),
            Reply("about_the_payment", words="no, gracias"),
            Reply("about_the_payment", words="no"),
            Reply("anything_else", words="no, gracias"),
            Reply("anything_else", words="no"),
        ),
    )


def keying_caller(customer_number: str, phone_number: str) -> Persona:
    """Antonio knows the menus: he keys everything before he is asked to the end, and wants a person."""
    return Persona(
        name="Antonio",
        number=phone_number,
        language="es",
        interrupts_after=1.0,
        replies=(
            Reply("known_matter", keys="2"),
            Reply("main_menu", keys="1"),
            Reply("customer_number", keys=customer_number),
            Reply("pin", keys=DEMO_PIN),
            Reply("anything_else", keys="1"),
            Reply("more_about_balance", keys="0"),
        ),
    )


class Screen:
    """The conversation, line by line, while it happens."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._clock = Clock()
        self._names: dict[str, tuple[str, str]] = {}
        self._colours = iter(("cyan", "magenta", "green", "yellow"))

    def expect(self, number: str, name: str) -> None:
        """Names the caller who calls from `number`."""
        self._names[number] = (name, next(self._colours))

    def watch(self, moment: Moment) -> None:
        """Shows a moment."""
        if isinstance(moment, CallBegan):
            self._names[moment.call_id] = self._names.get(moment.caller_number, ("?", "white"))
        name, colour = self._names.get(moment.call_id, ("?", "white"))
        text = _line(moment)
        if text:
            self._console.print(
                f"[dim]{self._clock.now():6.1f} s[/dim]  [{colour}]{escape(name):8}[/{colour}] {text}"
            )

    def said(self, name: str, colour_of: str, words: str) -> None:
        """Shows what a caller does, before anybody has understood it."""
        colour = self._names.get(colour_of, ("", "white"))[1]
        self._console.print(
            f"[dim]{self._clock.now():6.1f} s[/dim]  [{colour}]{escape(name):8}[/{colour}] {words}"
        )


def _line(moment: Moment) -> str:  # noqa: PLR0911 - one line for each kind of moment
    match moment:
        case CallBegan(caller_number=number, destination=destination):
            return f"☎  calls from {escape(number)} to {escape(destination)}"
        case SystemSpoke(text=text, language=language):
            return f"[bold]system[/bold] \\[{language}]  {escape(text)}"
        case CallerAnswered(result="match") as answer:
            sure = f"{answer.by}, {answer.band}, confidence {answer.confidence:.2f}"
            return (
                f"[bold green]understood[/bold green]  {escape(answer.said)!s} → [bold]{escape(answer.value)}"
                f"[/bold]   ({sure}, after {answer.latency * 1000:.0f} ms)"
            )
        case CallerAnswered(result="no_match", said=said):
            return f"[yellow]not understood[/yellow]  {escape(said)}"
        case CallerAnswered():
            return "[yellow]nothing was said[/yellow]"
        case CallerRecorded(seconds=seconds):
            return f"recorded  {seconds:.1f} s"
        case LookedUp(name=name, result=result, seconds=seconds):
            return f"[dim]looked up {name}: {result} ({seconds * 1000:.0f} ms)[/dim]"
        case HandedOver(queue=queue, result=""):
            return f"waits for a person ({escape(queue)})"
        case HandedOver(queue=queue, result=result):
            said = (
                "a person has answered" if result == "handed" else f"{queue} gives the caller back: {result}"
            )
            return escape(said)
        case CallOver(cause=cause, by=by, outcome=outcome, seconds=seconds):
            return f"☎  over after {seconds:.1f} s, ended by {by} ({cause}); outcome: {outcome or 'none'}"


@dataclass(frozen=True)
class Played:
    """The demo's result."""

    verdicts: Sequence[Verdict]
    asr_engine: str
    tts_engine: str

    def as_json(self) -> dict[str, object]:
        """The contract of PRODUCT: one line, these keys."""
        return {
            "calls": len(self.verdicts),
            "reached_goal": sum(verdict.reached for verdict in self.verdicts),
            "asr_engine": self.asr_engine,
            "tts_engine": self.tts_engine,
            "turn_ms_p50": median_turn_ms(self.verdicts),
            "recordings": [str(recording) for recording in _recordings(self.verdicts)],
        }


def _recordings(verdicts: Sequence[Verdict]) -> list[Path]:
    """Those that are there: a switch may have refused to record."""
    named = [verdict.played.over.recording for verdict in verdicts if verdict.played.over is not None]
    return [recording for recording in named if recording is not None and recording.is_file()]


def prepared(settings: Settings, progress: Callable[[str], None]) -> Settings:
    """A database with the made-up customers. The operator's own database is left alone."""
    url = f"sqlite:///{settings.home / 'demo.sqlite3'}"
    store = Store(url)
    try:
        store.upgrade()
        seeded = seed(store)
    finally:
        store.close()
    progress(f"database {url}: {seeded.customers} made-up customers")
    return settings.model_copy(update={"database": DatabaseSettings(url=url)})


def play(settings: Settings, console: Console) -> Played:
    """Plays both calls and judges them."""

    def tell(text: str) -> None:
        console.print(f"[dim]{escape(text)}[/dim]")

    customer, other = demo_customers()[0], demo_customers()[1]
    settings = prepared(settings, tell)
    screen = Screen(console)
    folder = Path(tempfile.mkdtemp(prefix="ivr-demo-"))
    speaker = Speaker(CALLER_VOICES)
    try:
        agent_voice = folder / "agent.wav"
        write_wav(agent_voice, speaker.speak(AGENT_SAYS, "es"))
        with (
            FetchBars(console) as bar,
            Stage(
                settings, watch=screen.watch, tell=tell, fetching=bar.advance, agent_voice=agent_voice
            ) as stage,
        ):
            bar.stop()
            voice = stage.server.rooms.voice
            voice.wait_warm()
            minds = []
            for persona in (
                speaking_caller(customer.customer_number, customer.phone_number),
                keying_caller(other.customer_number, other.phone_number),
            ):
                screen.expect(persona.number, persona.name)
                mind = CallerMind(
                    persona, stage.caller(persona.number, persona.name), speaker.speak, screen.said
                )
                stage.watch_caller(persona.number, mind.watch)
                minds.append(mind)
            console.rule("two calls")
            first = gevent.spawn(minds[0].play)
            second = run_later(SECOND_CALL_AFTER, minds[1].play)
            gevent.joinall([first, second], raise_error=True)
            verdicts = [
                spoken_goal(minds[0].played, customer.balance_cents, customer.currency, voice.samples_of),
                person_goal(minds[1].played),
            ]
            return Played(verdicts, voice.engine, voice.synthesis)
    finally:
        speaker.close()
        shutil.rmtree(folder, ignore_errors=True)


def show(played: Played, console: Console, settings: Settings) -> None:
    """What came of it, and where it can be found."""
    console.rule("what came of it")
    for verdict in played.verdicts:
        sign = "[green]✔[/green]" if verdict.reached else "[red]✘[/red]"
        console.print(f"{sign} {verdict.played.persona.name} wanted to {verdict.goal}: {escape(verdict.why)}")
    if not all(verdict.reached for verdict in played.verdicts):
        console.print(busy(os.getloadavg()[0], os.cpu_count() or 1), end="", soft_wrap=True)
    turns = median_turn_ms(played.verdicts)
    if turns is not None:
        console.print(f"Median time from the end of the caller's speech to our answer: {turns} ms")
    console.print(f"Recognition: {played.asr_engine}; synthesis: {played.tts_engine}")
    for recording in _recordings(played.verdicts):
        console.print(f"Recording (left: caller, right: system): {recording}", soft_wrap=True)
    console.print(f"Call records: {settings.home / 'demo.sqlite3'} (tables calls, turns)", soft_wrap=True)


def busy(load: float, processors: int) -> str:
    """Why callers are not understood on a machine that has too much else to do, as a line; empty: it has not.
    `load`: processes that ran or waited to run, over the last minute."""
    if load <= 2 * processors:
        return ""
    return (
        f"This machine has more to do than it can ({load:.0f} processes for {processors} processors), and"
        " what is recognised too late counts as not understood: end the others, and run it again.\n"
    )


@click.command()
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON (the rest goes to stderr).")
@pass_settings
def demo(settings: Settings, as_json: bool) -> None:
    """Two calls on the embedded switch: one caller speaks, one keys and asks for a person.

    Exit status 0 only if the amount that the caller heard is the one in the database, and a person
    answered the other.

    \b
    Examples:
      ivr demo
      ivr demo --json | tail -1
    """
    configure(quieter(settings.log))
    console = Console(stderr=as_json, soft_wrap=not sys.stdout.isatty())
    played = play(settings, console)
    show(played, console, settings)
    if as_json:
        click.echo(json.dumps(played.as_json()))
    if not all(verdict.reached for verdict in played.verdicts):
        sys.exit(1)


commands = [demo]
