"""One question on a call: time is what has been heard, the prompts and the ear are real."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import gevent
import gevent.event

from dialogs.effects import Collect, Keys, Spoken
from dialogs.slots.asking import Asking
from dialogs.slots.digits import Digits
from dialogs.slots.yes_no import YesNo
from esl.switch import Audio, Digit, Finished, ListeningLost
from ivr.living.attention import Attention
from ivr.living.collected import Collected
from ivr.living.floor import Floor
from ivr.living.hearing import IntoPrompts
from ivr.living.listening import Question
from ivr.living.voicing import Voicing
from speech.cached_synthesizer import CachedSynthesizer
from speech.prompts import PromptLibrary
from speech.pyttsx3 import Pyttsx3
from speech.recognizer import WHILE_SPOKEN, Hypothesis, Reading
from speech.sound import FRAME_BYTES, FRAME_SECONDS, read_wav, seconds_of
from speech.synthesizer import Waiting
from tests.ivr.paper import PaperCall, PaperDialog
from tests.speech.conftest import noise

TOLD = "Su saldo pendiente es de ciento cuarenta y dos euros con treinta."
PROMPT = "Diga saldo, pedido o incidencia. Para hablar con una persona, diga operador."


class AudioClock:
    """Time is what has been heard."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        """Seconds."""
        return self.time

    def wait_seconds(self, seconds: float) -> float:
        """Nobody waits."""
        return min(seconds, 0.05)


class Line:
    """The caller's side, frame by frame; the end of a prompt comes when it has played."""

    def __init__(self, clock: AudioClock, call: PaperCall) -> None:
        self._clock = clock
        self._call = call
        self._frames: list[bytes | Digit | ListeningLost] = []
        self.extra: list[object] = []
        self.piled_up: list[object] = []
        """What came while nobody took anything."""
        self.playing: list[tuple[str, float]] = []
        self.together = 1
        """Frames that come at once."""

    def say(self, sound: bytes) -> None:
        """What the line brings next."""
        self._frames += [
            sound[at : at + FRAME_BYTES] for at in range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES)
        ]

    @property
    def left(self) -> float:
        """Seconds that have not come yet."""
        return len(self._frames) * FRAME_SECONDS

    def then(self, event: Digit | ListeningLost) -> None:
        """What comes after the sound until here."""
        self._frames.append(event)

    def put(self, event: object) -> None:
        """What work beside the call puts into the inbox."""
        self.extra.append(event)

    def get(self, timeout: float | None = None) -> object:
        """The next event: work first, then the end of a prompt, then sound, then silence."""
        gevent.sleep(0)
        if self.extra:
            return self.extra.pop(0)
        if self.piled_up:
            return self.piled_up.pop(0)
        if self.playing and self.playing[0][1] <= self._clock.time:
            return Finished(self.playing.pop(0)[0], "playback", "_none_", {})
        return self.next_frame()

    def empty(self) -> bool:
        """Whether nothing waits to be taken."""
        return not self.piled_up

    def next_frame(self) -> object:
        """A fiftieth of a second goes by."""
        sound = b""
        for _ in range(self.together):
            if self._frames and not isinstance(self._frames[0], bytes):
                break
            frame = self._frames.pop(0) if self._frames else noise(0.02, 5)
            assert isinstance(frame, bytes)
            sound += frame
            self._clock.time += FRAME_SECONDS
        if sound:
            return Audio(sound, self._clock.time)
        self._clock.time += FRAME_SECONDS
        return self._frames.pop(0)


class RealCall(PaperCall):
    """Prompts take as long as their files."""

    def __init__(self, clock: AudioClock) -> None:
        super().__init__(hold_prompts=True)
        self.clock = clock
        self.inbox = Line(clock, self)  # type: ignore[assignment] # what of a queue is used
        self.files: list[Path] = []
        self.sounded: list[tuple[float, float]] = []
        """When each thing that was played began, and for how many seconds."""
        self.stopped: list[float] = []
        """When what played was cut off."""

    def play(self, files: Sequence[Path]) -> str:
        """Notes the files; the end comes by itself."""
        command = super().play(files)
        seconds = sum(seconds_of(read_wav(file)) for file in files)
        self.files += files
        self.sounded.append((self.clock.time, seconds))
        self.inbox.playing.append((command, self.clock.time + seconds))  # type: ignore[attr-defined] # see above
        return command

    def stop_playing(self) -> None:
        """What plays is cut off."""
        self.orders.append("stop_playing")
        self.stopped.append(self.clock.time)
        playing = self.inbox.playing  # type: ignore[attr-defined] # see above
        playing[:] = [(command, self.clock.time) for command, _ends in playing]


@dataclass
class PaperEngine:
    """Understands what the test says, one text after the other; may take its time."""

    texts: list[str]
    partial: str = ""
    """What it has understood while the caller speaks."""
    in_pause: str = ""
    """What it understands a fifth of a second after they have fallen silent."""
    slow: gevent.event.Event | None = None
    engine: str = "paper"
    heard: list[float] = field(default_factory=list)
    """Seconds of each utterance."""
    _bytes: int = 0
    _paused_at: int | None = None

    def languages(self) -> frozenset[str]:
        """One."""
        return frozenset({"es"})

    def open(self, *, language: str, phrases: Sequence[str] = (), words: Sequence[str] = ()) -> PaperEngine:
        """Itself."""
        self._bytes = 0
        return self

    def feed(self, samples: bytes) -> None:
        """Counts."""
        self._bytes += len(samples)

    @property
    def so_far(self) -> tuple[Reading, ...]:
        """As the test says."""
        if self.in_pause:
            late = self._paused_at is not None and self._bytes - self._paused_at > 3200
            return (Reading(self.in_pause, 0.8),) if late else ()
        return (Reading(self.partial, WHILE_SPOKEN),) if self.partial else ()

    def pause(self) -> None:
        """From here on it decodes."""
        self._paused_at = self._bytes

    def resume(self) -> None:
        """What it has understood is not all."""
        self._paused_at = None

    def cancel(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""

    def finish(self, timeout: float) -> Hypothesis:
        """The next text."""
        if self.slow is not None:
            self.slow.wait(5)
        self.heard.append(self._bytes / 16000)
        text = self.texts.pop(0)
        return Hypothesis((Reading(text, 0.9),) if text else (), "paper", 1.0, 0.1)


class Scene:
    """One question on a call, with real prompts and a real ear."""

    def __init__(self, folder: Path, speaker: Pyttsx3) -> None:
        self.clock = AudioClock()
        self.call = RealCall(self.clock)
        self.line: Line = self.call.inbox  # type: ignore[assignment] # see there
        synthesizer = CachedSynthesizer(speaker, folder / "cache", at_all=20.0)  # on a busy machine
        self.library = PromptLibrary(synthesizer, recordings=folder / "studio", converted=folder / "made")
        self.attention = Attention(self.call, self.clock, longest=600.0)  # type: ignore[arg-type] # a clock
        self.prompt = self.library.file_of(PROMPT, language="es")
        self.told = self.library.file_of(TOLD, language="es")
        self.words: list[str] = []
        self.voicing = Voicing(self.call, PaperDialog([]), self)  # type: ignore[arg-type] # what of them is used
        self.floor = Floor(self.attention, self.clock, self.voicing)  # type: ignore[arg-type] # a clock

    def file_of(self, spoken: Spoken, waiting: Waiting | None = None) -> Path:
        """Synthesised."""
        self.words.append(spoken.text)
        return self.library.file_of(spoken.text, language="es")

    def rest_of(self, files: Sequence[Path], seconds: float) -> Path:
        """The real one."""
        return self.library.rest_of(files, seconds)

    def _ready(self, makes_for: float) -> Callable[[], str]:
        """What the line brings meanwhile piles up."""
        until = self.clock.time + makes_for
        while self.clock.time < until:
            self.line.piled_up.append(self.line.next_frame())
        return lambda: self.voicing.play([self.prompt])

    def ask(
        self,
        kind: Digits | YesNo,
        engine: PaperEngine,
        *,
        barge_in: bool = True,
        makes_for: float = 0.0,
        into_prompts: IntoPrompts = "answer",
    ) -> Collected:
        """Puts the question, whose prompt is made for so many seconds."""
        collect = Collect(
            prompt=(),
            step="trial",
            kind=kind.name,
            language="es",
            phrases=kind.phrases("es"),
            words=kind.words("es"),
            keys=kind.keys() if isinstance(kind, Digits) else Keys(1, 1),
            judge=lambda answer: kind.judge(answer, Asking("es")),
            final_silence=kind.final_silence,
            barge_in=barge_in,
        )
        question = Question(
            collect,
            call=self.call,
            attention=self.attention,
            recognizer=engine,
            clock=self.clock,  # type: ignore[arg-type] # a clock
            voicing=self.voicing,
            floor=self.floor,
            into_prompts=into_prompts,
        )
        return question.ask(lambda: self._ready(makes_for))

    def tell(self) -> None:
        """Says something into which nobody may speak."""
        self.attention.until_finished(self.voicing.play([self.told]))

    @property
    def played(self) -> list[float]:
        """Seconds of each thing that was played."""
        return [seconds_of(read_wav(file)) for file in self.call.files]


Say = Callable[[str], bytes]
