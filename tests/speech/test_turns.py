"""Whose turn it is: nods, coughs and echoes do not interrupt, answers end when complete, no dead air."""

from __future__ import annotations

from pathlib import Path

import gevent
import gevent.event
import pytest

from dialogs.results import Heard, Keyed, Match, NoMatch
from dialogs.slots.asking import Asking
from dialogs.slots.digits import Digits
from dialogs.slots.yes_no import YesNo
from esl.switch import Digit
from ivr.living.interruptions import is_nod, samples_of
from speech.errors import RecognizerTimeout
from speech.pyttsx3 import Pyttsx3
from speech.recognizer import Hypothesis
from speech.sound import read_wav, to_pcm, to_samples, write_wav
from tests.speech.conftest import noise
from tests.speech.question_scene import AudioClock, PaperEngine, Say, Scene


@pytest.fixture
def scene(tmp_path: Path, speaker: Pyttsx3) -> Scene:
    """A call with a prompt."""
    return Scene(tmp_path, speaker)


@pytest.fixture(scope="module")
def say(caller: Pyttsx3) -> Say:
    """The caller's voice."""
    return lambda text: caller.speak(text, language="es")


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
