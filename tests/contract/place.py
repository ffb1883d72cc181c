"""What a contract needs of a switch, whichever it is: callers, an agent, the queue behind our server.

Rules:
1. A contract speaks to our own server's side (`Application`) and to the caller's ear and mouth (`Caller`);
   what lies between is the switch under test, and no test asks which one it is.
2. All instants are `time.monotonic`; all sound is 16-bit mono at 8 kHz.
3. Every wait has a deadline that raises.
"""

from __future__ import annotations

import re
import time
import wave
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import gevent
import numpy as np
from gevent.event import Event
from gevent.queue import Empty, Queue

from esl.errors import CallEnded
from esl.event_source import EventSource
from esl.live_audio import AudioTransport
from esl.outbound import OutboundServer
from esl.switch import Audio, Call, CallEvent, Digit, Finished, HungUp
from tests.freeswitch.harness import wait_until
from tests.freeswitch.sound import place as position

EXTENSION = "9100"
FALLBACK = "agents@ivr"
STAFFED = "billing@ivr"
BRIEF = "brief@ivr"
"""A queue whose agent never answers and which lets go after `BRIEF_SECONDS`."""
BRIEF_SECONDS = 2
UNSTAFFED = "unstaffed@ivr"
"""A queue without anybody, which lets go after `UNSTAFFED_SECONDS`."""
UNSTAFFED_SECONDS = 1
MOST_CALLS = 30

LOUD = 500.0
"""Root mean square of 20 ms above which a frame holds a sound."""

ALMOST_ALL = 0.8
"""Of what `arrived` counts: a telephone made of Python is late by a frame now and then, on a busy machine."""


class Heard(Protocol):
    """20 ms that reached the caller's ear, and when."""

    @property
    def at(self) -> float: ...
    @property
    def samples(self) -> bytes: ...


class Caller(Protocol):
    """A telephone with somebody at it."""

    answered: Event
    over: Event

    def call(self) -> None:
        """Begins to call, and returns at once."""

    def say(self, samples: bytes) -> Event:
        """Begins to say it; the event is set when it is out."""

    def press(self, keys: str) -> None:
        """Presses keys, one after the other, until the last one is out."""

    def put_on_hold(self, direction: str = "sendonly") -> None:
        """We are put on hold, by a new offer that only sends, or neither sends nor takes (`inactive`)."""

    def take_back(self) -> None:
        """And taken back."""

    def hang_up(self) -> None:
        """At any moment: also while it rings."""

    @property
    def heard(self) -> Sequence[Heard]:
        """Everything since the beginning of the sound."""


class Callee(Protocol):
    """A telephone that can be called, with somebody at it."""

    dial: str
    """What `bridge` and `originate` call them by."""
    headers: Mapping[str, str]
    """The X- headers with which they are called; known once it rings."""
    over: Event

    def wait_for_call(self) -> None:
        """Raises `TimeoutError` or `ScriptError`."""

    def ring(self) -> None: ...

    def sound_early(self) -> None:
        """Opens the sound before the answer."""

    def answer(self) -> None: ...

    def refuse(self, cause: str) -> None:
        """With FreeSWITCH's cause, or the SIP status that becomes it."""

    def say(self, samples: bytes) -> Event: ...

    def press(self, keys: str) -> None: ...

    def hang_up(self) -> None: ...

    @property
    def heard(self) -> Sequence[Heard]: ...

    @property
    def keys(self) -> str:
        """What the other side pressed."""


class Place(Protocol):
    """A switch whose dialplan leads `EXTENSION` to our server at `port`, then to the fallback queue."""

    name: str
    port: int
    folder: Path
    """Where prompts and recordings may be."""

    @property
    def pid(self) -> int:
        """The process that records."""

    @property
    def events(self) -> tuple[tuple[str, int], str]:
        """Where event connections come in, and their password."""

    def caller(
        self,
        *,
        number: str = "34600111222",
        name: str = "Ana Pérez",
        asserted: tuple[str, dict[str, str]] | None = None,
    ) -> Caller:
        """`asserted`: the trunk's P-Asserted-Identity, and the variables that FreeSWITCH makes of it."""

    def callee(self, number: str) -> Callee:
        """Somebody who waits to be called; for one call."""

    def api(self, command: str) -> str: ...

    def agent(self, talks_for: float) -> AbstractContextManager[Event]:
        """An agent in `STAFFED` for the length of a `with`, who hangs up `talks_for` seconds after having
        answered; the event tells that they did answer."""

    def hang_up_all(self) -> None:
        """Callers who are still there hang up."""


def members(place: Place, queue: str) -> set[str]:
    """The legs (uuid) that wait in a queue."""
    columns: list[str] = []
    waiting = set()
    for line in place.api(f"callcenter_config queue list members {queue}").splitlines():
        cells = line.split("|")
        if "session_uuid" in cells:
            columns = cells
        elif columns and len(cells) == len(columns):
            row = dict(zip(columns, cells, strict=True))
            if row["state"] in ("Waiting", "Trying"):
                waiting.add(row["session_uuid"])
    return waiting


def channels(place: Place) -> int:
    found = re.search(r"^(\d+) total", place.api("show channels count"), re.M)
    assert found is not None
    return int(found[1])


def in_fallback(place: Place, uuid: str, seconds: float = 5) -> None:
    """Waits until the leg is where callers go whom we lost."""
    wait_until(lambda: uuid in members(place, FALLBACK), seconds, f"{uuid} in the fallback queue")


def gone(place: Place, seconds: float = 8) -> None:
    """Waits until the switch has no leg left."""
    wait_until(lambda: channels(place) == 0, seconds, "no leg left")


def loudness(samples: bytes) -> float:
    return float(np.sqrt(np.mean(np.frombuffer(samples, "<i2").astype(float) ** 2))) if samples else 0.0


def wait_heard(caller: Caller, condition: Callable[[Sequence[Heard]], bool], seconds: float = 5) -> None:
    wait_until(lambda: condition(caller.heard), seconds, "the awaited sound at the caller's ear")


def in_a_row(caller: Caller) -> bytes:
    """What was heard, frame by frame as it came. (FreeSWITCH skips one frame's time in its RTP time stamps
    within the first 200 ms after the answer: no sample is lost, and a telephone hears 20 ms of nothing.)"""
    return b"".join(frame.samples for frame in list(caller.heard))


def arrived(said: bytes, heard: bytes) -> float:
    """How much of what was said is heard: the share of its pieces of 40 ms that are found, each in its place.

    In its place means within 80 ms: FreeSWITCH corrects its clock by a frame early in a call, and puts
    silence where a telephone (or a busy test) is late by one. Use `noise`: it is found nowhere by chance.
    """
    size = 640
    pieces = [said[at : at + size] for at in range(0, len(said) - size + 1, size)]
    found = [position(piece, heard) for piece in pieces]
    shifts = [at - number * size // 2 for number, (at, fit) in enumerate(found) if fit > 0.9]
    usual = sorted(shifts)[len(shifts) // 2] if shifts else 0
    return sum(abs(shift - usual) <= 640 for shift in shifts) / len(pieces)


def last_loud(caller: Caller) -> float:
    """The instant at which the last sound had been heard to its end."""
    return next(frame.at for frame in reversed(caller.heard) if loudness(frame.samples) > LOUD) + 0.02


def hears(caller: Caller, seconds: float = 5) -> None:
    """Waits until sound reaches the caller now."""
    began = len(caller.heard)
    wait_heard(caller, lambda heard: any(loudness(frame.samples) > LOUD for frame in heard[began:]), seconds)


def wav(file: Path, samples: bytes) -> Path:
    with wave.open(str(file), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(8000)
        stream.writeframes(samples)
    return file


@dataclass(eq=False)
class Session:
    """A call that has reached our server, driven by the test."""

    call: Call
    done: Event = field(default_factory=Event)
    events: list[tuple[float, CallEvent]] = field(default_factory=list)
    """Everything but the audio."""
    audio: bytearray = field(default_factory=bytearray)

    def until(self, condition: Callable[[CallEvent], bool], seconds: float = 8) -> CallEvent:
        """Takes events from the inbox until one fulfils `condition`. Raises `TimeoutError`, or `CallEnded`
        once the last one has been taken."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                event = self.call.inbox.get(timeout=left)
            except Empty:
                break
            if isinstance(event, Audio):
                self.audio += event.samples
            else:
                assert isinstance(event, CallEvent)
                self.events.append((time.monotonic(), event))
            if condition(event):  # type: ignore[arg-type] - asserted above, or Audio
                return event  # type: ignore[return-value] - likewise
            if isinstance(event, HungUp):
                raise CallEnded(f"the call is over: {event}")
        raise TimeoutError(f"the awaited event did not come within {seconds:g} s; there were {self.events}")

    def finished(self, identity: str, seconds: float = 8) -> Finished:
        event = self.until(lambda each: isinstance(each, Finished) and each.command_id == identity, seconds)
        assert isinstance(event, Finished)
        return event

    def hung_up(self, seconds: float = 8) -> HungUp:
        event = self.until(lambda each: isinstance(each, HungUp), seconds)
        assert isinstance(event, HungUp)
        return event

    def keys(self, count: int, seconds: float = 8) -> str:
        """Takes events until `count` keys have arrived since the beginning."""
        while len(keys := self.keys_so_far) < count:
            self.until(lambda each: isinstance(each, Digit), seconds)
        return keys

    @property
    def keys_so_far(self) -> str:
        return "".join(event.key for _, event in self.events if isinstance(event, Digit))

    def listen(self, seconds: float) -> None:
        """Takes whatever comes for so long."""
        try:
            self.until(lambda each: isinstance(each, HungUp), seconds)
        except TimeoutError:
            return

    def hear(self, length: int, seconds: float = 8) -> None:
        """Takes events until so many bytes of audio are there."""
        deadline = time.monotonic() + seconds
        while len(self.audio) < length:
            self.until(lambda each: isinstance(each, Audio), deadline - time.monotonic())

    def let_go(self) -> None:
        """Our application returns: the leg is released."""
        self.done.set()


class Application:
    """Our outbound server; each call waits for the test to do something with it."""

    def __init__(
        self,
        port: int,
        *,
        event_sources: Sequence[EventSource] = (),
        live_audio: AudioTransport | None = None,
    ) -> None:
        self._calls: Queue[Session] = Queue()
        self._sessions: list[Session] = []
        self.server = OutboundServer(
            ("127.0.0.1", port), self._on_call, event_sources=event_sources, live_audio=live_audio
        )
        self.server.start()

    def _on_call(self, call: Call) -> None:
        session = Session(call)
        self._sessions.append(session)
        self._calls.put(session)
        session.done.wait()

    def next_call(self, seconds: float = 5) -> Session:
        try:
            return self._calls.get(timeout=seconds)
        except Empty:
            raise TimeoutError("no call reached our server") from None

    def close(self) -> None:
        for session in self._sessions:
            session.let_go()
        self.server.close(2)


def pause(seconds: float) -> None:
    """So long nothing happens on our side, while the caller and the switch go on."""
    Event().wait(seconds)


def together(*work: Callable[[], object]) -> None:
    """Does all of it at once; raises the first fault."""
    for greenlet in gevent.joinall([gevent.spawn(each) for each in work]):
        greenlet.get()


def connected(place: Place, application: Application) -> tuple[Caller, Session]:
    """A caller and our side of the call, answered, with sound on its way."""
    caller = place.caller()
    caller.call()
    session = application.next_call()
    session.call.answer()
    if not caller.answered.wait(5):
        raise TimeoutError("the caller was not told of the answer")
    return caller, session
