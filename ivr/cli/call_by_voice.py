"""`ivr call --voice`: a call on the embedded switch, with a headset or from a file."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.markup import escape

from data.seeds import demo_customers
from ivr.cli.demo import Screen, prepared
from ivr.cli.fetch_bars import FetchBars
from ivr.cli.flows import CannotBeDone, Chosen
from ivr.config import Settings
from ivr.logs import configure, quieter
from ivr.stage import Stage
from ivr.workshop.sound_device import SoundDevice
from ivr.workshop.voice_call import FileCaller, converse, pieces_of, play_straight
from speech.errors import SpeechError
from speech.studio import read_sound


class Spoken(Protocol):
    """The options that a call by voice goes by."""

    @property
    def language(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def said(self) -> Path | None: ...
    @property
    def kept(self) -> Path | None: ...
    @property
    def straight(self) -> bool: ...


def by_voice(settings: Settings, chosen: Chosen, given: Spoken) -> None:
    """A call on the embedded switch. Raises `CannotBeDone`, `IvrError`, `SpeechError`."""
    folder, flow = chosen.folder, chosen.flow.name
    samples = _speech(given.said) if given.said is not None else None
    if given.straight and samples is None:
        raise CannotBeDone("--straight is about a file: add --in caller.wav")
    device = SoundDevice() if samples is None else None
    configure(quieter(settings.log))
    console = Console(soft_wrap=not sys.stdout.isatty())
    screen = Screen(console)
    number = given.number or demo_customers()[0].phone_number

    def tell(text: str) -> None:
        console.print(f"[dim]{escape(text)}[/dim]")

    # The language was asked for: it is not that of the number's last call.
    asked = {"flow": flow, "language": given.language, "former_language": False}
    calls = settings.calls.model_copy(update=asked)
    settings = prepared(settings.model_copy(update={"calls": calls, "flows": folder.resolve()}), tell)
    with (
        FetchBars(console) as bar,
        Stage(settings, watch=screen.watch, tell=tell, fetching=bar.advance) as stage,
    ):
        bar.stop()
        stage.server.rooms.voice.wait_warm()
        screen.expect(number, "caller")
        caller = stage.caller(number, ear=None if device is None else device.play)
        if device is not None:
            with device:
                converse(caller, device, _typed_meanwhile() if sys.stdin.isatty() else None)
        elif given.straight:
            assert samples is not None
            play_straight(caller, samples)
        else:
            assert samples is not None
            mind = FileCaller(caller, pieces_of(samples), lambda what: screen.said("caller", number, what))
            stage.watch_caller(number, mind.watch)
            mind.play()
        stage.wait_until_idle()
    console.print(
        f"As a test: IVR_DATABASE__URL={settings.database_url} ivr flow from-call last", soft_wrap=True
    )
    if given.kept is not None:
        try:
            caller.write_wav(given.kept)
        except OSError as fault:
            raise CannotBeDone(
                f"{given.kept} cannot be written ({fault.strerror}): name another file"
            ) from fault
        console.print(f"The call (left: caller, right: system): {given.kept}", soft_wrap=True)


def _speech(file: Path) -> bytes:
    """The samples of a file with speech in it. Raises `CannotBeDone`."""
    try:
        samples = read_sound(file)
    except SpeechError as fault:
        raise CannotBeDone(f"{fault}: name another") from fault
    if not pieces_of(samples):
        raise CannotBeDone(f"nothing is said in {file}: record the caller's answers, with pauses between")
    return samples


def _typed_meanwhile() -> Iterator[str]:
    """Lines from the keyboard while the call goes on: waits without holding it up."""
    keyboard = sys.stdin.fileno()
    while True:
        select.select([keyboard], [], [])
        line = os.read(keyboard, 4096)
        if not line:
            return
        yield line.decode("utf-8", "replace")
