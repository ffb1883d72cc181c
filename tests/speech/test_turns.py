"""Whose turn it is: nods, coughs and echoes do not interrupt, answers end when complete, no dead air."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import gevent
import gevent.event
import pytest

from dialogs.effects import Collect, Keys, Spoken
from dialogs.results import Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.digits import Digits
from dialogs.slots.yes_no import YesNo
from esl.switch import Audio, Digit, Finished
from ivr.living.attention import Attention
from ivr.living.interruptions import is_nod, samples_of
from ivr.living.listening import Collected, Question
from ivr.living.voicing import Voicing
from speech.cached_synthesizer import CachedSynthesizer
from speech.errors import RecognizerTimeout
from speech.prompts import PromptLibrary
from speech.pyttsx3 import CALLER_VOICES, Pyttsx3
from speech.recognizer import WHILE_SPOKEN, Hypothesis, Reading
from speech.sound import FRAME_BYTES, FRAME_SECONDS, read_wav, seconds_of, to_pcm, to_samples, write_wav
from tests.ivr.paper import PaperCall, PaperDialog
from tests.speech.conftest import noise

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
        self._frames: list[bytes] = []
        self.extra: list[object] = []
        self.playing: list[tuple[str, float]] = []

    def say(self, sound: bytes) -> None:
        """What the line brings next."""
        self._frames += [
            sound[at : at + FRAME_BYTES] for at in range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES)
        ]

    def put(self, event: object) -> None:
        """What work beside the call puts into the inbox."""
        self.extra.append(event)

    def get(self, timeout: float | None = None) -> object:
        """The next event: work first, then the end of a prompt, then sound, then silence."""
        gevent.sleep(0)
        if self.extra:
            return self.extra.pop(0)
        if self.playing and self.playing[0][1] <= self._clock.time:
            return Finished(self.playing.pop(0)[0], "playback", "_none_", {})
        self._clock.time += FRAME_SECONDS
        frame = self._frames.pop(0) if self._frames else noise(0.02, 5)
        return Audio(frame, self._clock.time)


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
        synthesizer = CachedSynthesizer(speaker, folder / "cache")
        self.library = PromptLibrary(synthesizer, recordings=folder / "studio", converted=folder / "made")
        self.attention = Attention(self.call, self.clock, longest=600.0)  # type: ignore[arg-type] # a clock
        self.prompt = self.library.file_of(PROMPT, language="es")
        self.words: list[str] = []

    def file_of(self, spoken: Spoken) -> Path:
        """Synthesised."""
        self.words.append(spoken.text)
        return self.library.file_of(spoken.text, language="es")

    def rest_of(self, files: Sequence[Path], seconds: float) -> Path:
        """The real one."""
        return self.library.rest_of(files, seconds)

    def ask(self, kind: Digits | YesNo, engine: PaperEngine) -> Collected:
        """Puts the question."""
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
        )
        voicing = Voicing(self.call, PaperDialog([]), self)  # type: ignore[arg-type] # what of them is used
        question = Question(
            collect,
            call=self.call,
            attention=self.attention,
            recognizer=engine,
            clock=self.clock,  # type: ignore[arg-type] # a clock
            voicing=voicing,
        )
        return question.ask(lambda: voicing.play([self.prompt]))

    @property
    def played(self) -> list[float]:
        """Seconds of each thing that was played."""
        return [seconds_of(read_wav(file)) for file in self.call.files]


@pytest.fixture
def scene(tmp_path: Path, speaker: Pyttsx3) -> Scene:
    """A call with a prompt."""
    return Scene(tmp_path, speaker)


Say = Callable[[str], bytes]


@pytest.fixture(scope="module")
def say() -> Say:
    """The caller's voice."""
    engine = Pyttsx3(voices=CALLER_VOICES, timeout=20)
    return lambda text: engine.speak(text, language="es")


@pytest.mark.parametrize(
    ("language", "text", "nod"),
    [
        ("es", "ajá", True),
        ("es", "vale, vale", True),
        ("es", "de acuerdo", True),
        ("ca", "d’acord", True),
        ("ca", "molt bé", True),
        ("en", "uh huh", True),
        ("en", "I see.", True),
        ("en", "mm-hmm, got it", True),
        ("en", "yep", True),
        ("es", "muy bien, vale", True),
        ("es", "ya veo. perfecto", True),
        ("ca", "vale, ja veig", True),
        ("ca", "Hmm", True),
        ("es", "ya, pero no es eso", False),
        ("en", "right, my balance", False),
        ("es", "bueno, un pedido", False),
        ("es", "vale, mi saldo", False),
        ("es", "no", False),
        ("es", "", False),
        ("xx", "ajá", False),
    ],
)
def test_what_a_nod_is(language: str, text: str, nod: bool) -> None:
    """Words that only show that somebody listens, once or several times."""
    assert is_nod(text, language) is nod


def test_a_piece_of_a_prompt_is_read_across_its_files(tmp_path: Path) -> None:
    """Only what is needed; a file that is gone is left out, and beyond the end there is nothing."""
    files = [tmp_path / "a.wav", tmp_path / "gone.wav", tmp_path / "b.wav"]
    first, second = noise(1.0, 500), noise(1.0, 500, seed=2)
    write_wav(files[0], first)
    write_wav(files[2], second)
    assert samples_of(files, 0.5, 1.5) == first[8000:] + second[:8000]
    assert samples_of(files, -1.0, 0.25) == first[:4000]
    assert samples_of(files, 1.9, 9.0) == second[14_400:]
    assert samples_of(files, 3.0, 4.0) == b""


def test_a_nod_lets_the_prompt_go_on(scene: Scene, say: Say) -> None:
    """ "Ajá" in the middle: the prompt stops, goes on near where it stopped, and the answer comes later."""
    scene.line.say(noise(1.5, 5) + say("ajá") + noise(6.0, 5) + say("sí") + noise(2.0, 5))
    collected = scene.ask(YesNo(), PaperEngine(["ajá", "sí"]))
    assert isinstance(collected.answer, Match) and collected.answer.value == "yes"
    whole, rest = scene.played
    assert 0.6 < whole - rest < 1.5  # it goes back by 0.6 s
    assert scene.call.orders.count("stop_playing") == 1


def test_a_nod_that_answers_is_an_answer(scene: Scene, say: Say) -> None:
    """ "Sí" to a yes-or-no question interrupts as ever."""
    scene.line.say(noise(1.0, 5) + say("sí") + noise(2.0, 5))
    collected = scene.ask(YesNo(), PaperEngine(["sí"]))
    assert isinstance(collected.answer, Match) and len(scene.played) == 1


def test_a_cough_lets_the_prompt_go_on(scene: Scene, say: Say) -> None:
    """Short sound in which nothing was understood; a long one is asked about."""
    cough = say("ah")[:2400]
    scene.line.say(noise(1.5, 5) + cough + noise(8.0, 5) + say("sí") + noise(2.0, 5))
    collected = scene.ask(YesNo(), PaperEngine(["", "sí"]))
    assert isinstance(collected.answer, Match) and len(scene.played) == 2


def test_words_that_are_no_answer_interrupt(scene: Scene, say: Say) -> None:
    """Whoever says something else is not talked over."""
    scene.line.say(noise(1.0, 5) + say("quiero otra cosa muy distinta") + noise(2.0, 5))
    collected = scene.ask(YesNo(), PaperEngine(["quiero otra cosa muy distinta"]))
    assert isinstance(collected.answer, NoMatch) and len(scene.played) == 1


def test_our_own_echo_does_not_interrupt(scene: Scene, say: Say) -> None:
    """The line brings the prompt back, 150 ms later: it goes on, and is not interrupted a second time."""
    samples = to_samples(read_wav(scene.prompt)) * 10 ** (-12 / 20)
    seconds = len(samples) / 8000
    before, again = to_pcm(samples)[: 2 * 8000 * 2], to_pcm(samples)  # it stops; then it plays once more
    quiet = noise(0.16, 5)
    scene.line.say(quiet + before + noise(0.5, 5) + again + noise(1.0, 5) + say("no") + noise(2.0, 5))
    engine = PaperEngine(["no"])
    collected = scene.ask(YesNo(), engine)
    assert collected.echoes
    assert isinstance(collected.answer, Match) and collected.answer.value == "no"
    assert scene.call.orders.count("stop_playing") == 1 and len(engine.heard) == 1
    assert scene.played[1] == pytest.approx(seconds, abs=0.3)


def test_keys_interrupt_whatever_the_line_brings(scene: Scene, say: Say) -> None:
    """A key in the middle of an echo answers at once."""
    samples = to_samples(read_wav(scene.prompt)) * 0.25
    scene.line.say(noise(0.16, 5) + to_pcm(samples)[:24_000])
    scene.line.extra.append(Digit("1"))
    collected = scene.ask(YesNo(), PaperEngine([]))
    assert collected.given == Keyed("1")


@pytest.mark.parametrize(
    ("partial", "least", "most"),
    [("", 0.9, 1.15), ("cuatro cinco siete", 1.45, 1.8), ("cuatro cinco siete uno ocho", 0.25, 0.45)],
)
def test_a_number_ends_when_it_is_complete(
    scene: Scene, say: Say, partial: str, least: float, most: float
) -> None:
    """Seconds of silence at the end: usual, more while digits are missing, fewer when all are there."""
    said = say("cuatro, cinco")
    scene.line.say(noise(0.5, 5) + said + noise(3.0, 5))
    scene.prompt = scene.library.file_of("¿Sí?", language="es")
    engine = PaperEngine(["cuatro cinco siete uno ocho"], partial=partial)
    began = scene.clock.time
    collected = scene.ask(Digits.model_validate({"length": 5}), engine)
    assert isinstance(collected.answer, Match) and collected.ended_at is not None
    assert least < scene.clock.time - collected.ended_at < most
    assert scene.clock.time - began < 4.5


@pytest.mark.parametrize(
    ("kind", "in_pause", "least", "most"),
    [
        (Digits.model_validate({"length": 5}), "cuatro cinco siete uno ocho", 0.4, 0.6),
        (Digits.model_validate({"length": 5}), "cuatro cinco siete", 0.9, 1.15),
        (Digits.model_validate({"min": 4, "max": 6}), "cuatro cinco siete uno ocho", 0.9, 1.15),
        (YesNo(), "sí", 0.4, 0.5),
        (YesNo(), "quizás", 0.45, 0.65),
    ],
)
def test_what_is_understood_in_the_pause_ends_it(
    scene: Scene, say: Say, kind: Asking, in_pause: str, least: float, most: float
) -> None:
    """An engine that decodes in pauses: what is complete ends it once that is known; nothing prolongs it."""
    scene.line.say(noise(0.5, 5) + say("cuatro") + noise(3.0, 5))
    scene.prompt = scene.library.file_of("¿Sí?", language="es")
    collected = scene.ask(kind, PaperEngine([in_pause], in_pause=in_pause))
    assert collected.ended_at is not None and collected.decided_at is not None
    assert least < collected.decided_at - collected.ended_at < most


@pytest.mark.parametrize(("partial", "most"), [("sí", 0.45), ("", 0.65)])
def test_a_yes_that_is_known_needs_no_long_pause(scene: Scene, say: Say, partial: str, most: float) -> None:
    """Nothing follows a yes: the usual half second is a third of one."""
    scene.line.say(noise(0.5, 5) + say("sí") + noise(3.0, 5))
    scene.prompt = scene.library.file_of("¿Sí?", language="es")
    collected = scene.ask(YesNo(), PaperEngine(["sí"], partial=partial))
    assert collected.ended_at is not None and collected.decided_at is not None
    assert collected.decided_at - collected.ended_at < most


def test_nobody_waits_in_silence_for_the_words(scene: Scene, say: Say) -> None:
    """An engine that takes its time: after a second and a bit the caller hears that it takes a moment."""
    slow = gevent.event.Event()
    scene.line.say(noise(0.5, 5) + say("sí") + noise(1.0, 5))
    engine = PaperEngine(["sí"], slow=slow)

    def release() -> None:
        while not scene.words:
            gevent.sleep(0)
        slow.set()

    releasing = gevent.spawn(release)
    collected = scene.ask(YesNo(), engine)
    releasing.join(timeout=5)
    assert scene.words == ["Un momento, por favor."]
    assert isinstance(collected.answer, Match) and isinstance(collected.given, Heard)


class Hanging(PaperEngine):
    """An engine that never answers."""

    def __init__(self, clock: AudioClock) -> None:
        super().__init__([])
        self._clock = clock

    def finish(self, timeout: float) -> Hypothesis:
        """Gives up at the deadline, as workers do."""
        late = self._clock.time + timeout
        while self._clock.time < late:
            gevent.sleep(0)
        raise RecognizerTimeout("did not answer")


@pytest.mark.parametrize("kind", [YesNo(), Digits.model_validate({"length": 5})])
def test_an_engine_that_hangs_leaves_no_long_silence(scene: Scene, say: Say, kind: Digits | YesNo) -> None:
    """Between the last word and the next question no silence is longer than two seconds."""
    scene.line.say(noise(0.5, 5) + say("sí") + noise(1.0, 5))
    scene.prompt = scene.library.file_of("¿Sí?", language="es")
    collected = scene.ask(kind, Hanging(scene.clock))
    assert collected.answer == NoMatch() and collected.ended_at is not None
    silent_since = [collected.ended_at]
    for began, seconds in scene.call.sounded[1:]:
        assert began - silent_since[-1] <= 2.0
        silent_since.append(began + seconds)
    assert scene.clock.time - silent_since[-1] <= 2.0
    assert len(silent_since) > 2


def test_a_key_ends_the_wait_for_the_words(scene: Scene, say: Say) -> None:
    """Keys always win: whoever presses one while the recogniser hangs is served by it at once."""
    scene.line.say(noise(0.5, 5) + say("sí") + noise(1.0, 5))
    scene.prompt = scene.library.file_of("¿Sí?", language="es")

    def press() -> None:
        while not scene.words:
            gevent.sleep(0)
        scene.line.extra.append(Digit("2"))

    pressing = gevent.spawn(press)
    collected = scene.ask(YesNo(), Hanging(scene.clock))
    pressing.join(timeout=5)
    assert isinstance(collected.given, Keyed) and isinstance(collected.answer, Match)
    assert collected.answer.value == "no"
    assert scene.clock.time - scene.call.sounded[-1][0] < 0.2
