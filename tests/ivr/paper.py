"""A call on paper: the port `esl.switch.Call` without a switch, for tests of what performs on it.

Prompts end at once unless the test holds them; whatever the session orders is noted in `orders`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gevent.queue import Queue

from dialogs.call import Trace, Visit
from dialogs.effects import Effect, Spoken, StartRecording
from dialogs.position import Fault, Position
from dialogs.results import Result
from esl.errors import CallEnded, CommandRefusedError
from esl.switch import FRAME_BYTES, Audio, Digit, Finished, HungUp
from speech.synthesizer import Waiting


class PaperCall:
    """Notes orders; the test puts events into the inbox."""

    def __init__(self, *, hold_prompts: bool = False) -> None:
        self.uuid = "11111111-2222-4333-8444-555555555555"
        self.caller_number = "+34600111222"
        self.caller_name = "Ana Pérez"
        self.destination = "9100"
        self.variables: Mapping[str, str] = {}
        self.inbox: Queue[object] = Queue()
        self.orders: list[str] = []
        self.hold_prompts = hold_prompts
        self.queue_variables: Mapping[str, str] = {"cc_cause": "answered"}
        self.refused: str | None = None
        """The order that the switch refuses."""
        self.leaves_empty = False
        """A recording that it refuses leaves an empty file, as on a full disk."""
        self.hang_up_at: str | None = None
        """The order at which the caller hangs up instead of its being carried out."""
        self.voice: Path | None = None
        """Where the caller's voice is recorded to."""
        self._commands = 0
        self._playing: str | None = None
        self._over = False

    def _order(self, order: str) -> None:
        if self._over:
            raise CallEnded("the caller has hung up")
        self.orders.append(order)
        if order.split(" ", maxsplit=1)[0] == self.refused:
            raise CommandRefusedError(order, "-ERR Cannot record session!")
        if order.split(" ", maxsplit=1)[0] == self.hang_up_at:
            self.caller_hangs_up()
            raise CallEnded("the caller has hung up")

    def caller_hangs_up(self) -> None:
        self._over = True
        self.inbox.put(HungUp("NORMAL_CLEARING", by_caller=True))

    def keys(self, keys: str) -> None:
        for key in keys:
            self.inbox.put(Digit(key))

    def _finished(self, command: str, application: str, variables: Mapping[str, str]) -> None:
        self.inbox.put(Finished(command, application, "_none_", variables))

    def answer(self) -> None:
        self._order("answer")

    def play(self, files: Sequence[Path]) -> str:
        self._order("play " + " ".join(file.name for file in files))
        self._commands += 1
        self._playing = f"c{self._commands}"
        if not self.hold_prompts:
            self._finished(self._playing, "playback", {})
        return self._playing

    def stop_playing(self) -> None:
        self._order("stop_playing")
        if self._playing is not None and self.hold_prompts:
            self._finished(self._playing, "playback", {})

    def sentence_ends(self) -> None:
        """What plays comes to its end by itself, where the test holds it."""
        assert self._playing is not None
        self._finished(self._playing, "playback", {})

    def start_listening(self) -> None:
        self._order("start_listening")

    def stop_listening(self) -> None:
        self._order("stop_listening")

    def start_recording(self, file: Path) -> None:
        if self.leaves_empty:
            file.touch()
        self._order("start_recording")

    def start_voice_recording(self, file: Path) -> None:
        self._order("start_voice_recording")
        file.write_bytes(b"RIFF")
        self.voice = file

    def stop_voice_recording(self) -> None:
        self._order("stop_voice_recording")

    def mask_recording(self) -> None:
        self._order("mask")

    def unmask_recording(self) -> None:
        self._order("unmask")

    def stop_recording(self) -> None:
        self._order("stop_recording")

    def set_variable(self, name: str, value: str) -> None:
        self._order(f"set {name}={value}")

    def enqueue(self, queue: str) -> str:
        self._order(f"enqueue {queue}")
        self._commands += 1
        self._finished(f"c{self._commands}", "callcenter", self.queue_variables)
        if self.queue_variables.get("cc_cause") == "answered":
            self._over = True
            self.inbox.put(HungUp("NORMAL_CLEARING", by_caller=False))
        return f"c{self._commands}"

    def transfer(self, destination: str) -> str:
        self._order(f"transfer {destination}")
        self._finished("t", "transfer", {})
        return "t"

    def hang_up(self, cause: str = "NORMAL_CLEARING") -> None:
        self._order(f"hang_up {cause}")
        self._over = True
        self.inbox.put(HungUp(cause, by_caller=False))

    def release(self) -> None:
        self._order("release")
        self._over = True


class LiveInbox(Queue[object]):
    """Live audio flows without end: whoever waits gets a frame of silence at the latest."""

    def get(self, block: bool = True, timeout: float | None = None) -> object:
        if self.empty():
            return Audio(bytes(FRAME_BYTES), 0.0)
        return super().get(block, timeout)


class PaperDialog:
    """Asks for the given effects in turn and keeps the results."""

    def __init__(self, effects: Sequence[Effect | Exception], *, recording_waits: bool = False) -> None:
        self._effects = list(effects)
        self.results: list[Result] = []
        self.hung_up: list[str] = []
        self.outcome: str | None = None
        self.recording_waits = recording_waits or any(
            isinstance(effect, StartRecording) for effect in effects
        )
        self.language = "es"
        self.pace = 1.0
        self.faults: list[Fault] = []
        self.position = Position("main", "")
        self.secrets: frozenset[str] = frozenset()
        self.about_the_caller: dict[str, str | int | bool | None] = {}
        self.trace = Trace([Visit("main", "greet", "es", "next"), Visit("main", "number", "es")])

    def start(self) -> Effect:
        return self._next()

    def send(self, result: Result) -> Effect:
        self.results.append(result)
        return self._next()

    def _next(self) -> Effect:
        effect = self._effects.pop(0)
        if isinstance(effect, Exception):
            raise effect
        return effect

    def hang_up(self, cause: str) -> None:
        self.hung_up.append(cause)


class PaperPrompts:
    """Every prompt is a file of its name."""

    def file_of(self, spoken: Spoken, waiting: Waiting | None = None) -> Path:
        return Path(f"/prompts/{spoken.text}.wav")

    def rest_of(self, files: Sequence[Path], seconds: float) -> Path:
        """The name tells from where."""
        return Path(f"/prompts/rest-of-{files[0].name}")
