"""Who goes on while their words are being recognised has given one answer, and it is heard as a whole."""

from __future__ import annotations

from pathlib import Path

import gevent
import numpy as np
import pytest

from dialogs.results import Heard, Keyed, Match, NoMatch
from dialogs.slots.yes_no import YesNo
from esl.switch import Digit, ListeningLost
from speech.errors import RecognizerLost
from speech.pyttsx3 import Pyttsx3
from speech.recognizer import Hypothesis, Reading
from speech.sound import read_wav, seconds_of, to_pcm, to_samples
from tests.speech.conftest import mixed, noise, tones
from tests.speech.question_scene import AudioClock, PaperEngine, Say, Scene


class Pondering(PaperEngine):
    """Takes its time for each utterance; what it understands depends on how much it has heard."""

    def __init__(
        self, clock: AudioClock, takes: float, short: str = "sí", long: str = "sí perdón no"
    ) -> None:
        super().__init__([])
        self._clock, self.takes = clock, takes
        self._short, self._long = short, long
        self.not_before = 0.0
        """By the clock of the line."""
        self.begun = self.cancelled = self.opened = 0

    def open(self, **expected: object) -> Pondering:  # type: ignore[override] # what is expected is all the same
        """Itself."""
        self.opened += 1
        self._bytes = 0
        return self

    def cancel(self) -> None:
        """Counts."""
        self.cancelled += 1

    def finish(self, timeout: float) -> Hypothesis:
        """After its time, by the clock of the line."""
        self.begun += 1
        heard, ready = self._bytes / 16_000, max(self._clock.time + self.takes, self.not_before)
        while self._clock.time < ready:
            gevent.sleep(0)
        self.heard.append(heard)
        text = self._long if heard > 2.0 else self._short
        return Hypothesis((Reading(text, 0.9),), "paper", heard, self.takes)


@pytest.fixture
def scene(tmp_path: Path, speaker: Pyttsx3) -> Scene:
    """A call with a question that is soon put."""
    scene = Scene(tmp_path, speaker)
    scene.prompt = scene.library.file_of("¿Sí?", language="es")
    return scene


@pytest.fixture(scope="module")
def say(caller: Pyttsx3) -> Say:
    """The caller's voice."""
    return lambda text: caller.speak(text, language="es")


def quiet(seconds: float) -> bytes:
    return noise(seconds, 5)


def lower(sound: bytes, decibels: float) -> bytes:
    return to_pcm(to_samples(sound) * 10 ** (-decibels / 20))


def from_its_first_sound(sound: bytes) -> bytes:
    loud = np.flatnonzero(np.abs(to_samples(sound)) > 0.02)
    return sound[2 * int(loud[0]) :]


def begins(scene: Scene) -> bytes:
    """Until the question has been put."""
    return quiet(seconds_of(read_wav(scene.prompt)) + 0.5)


@pytest.mark.parametrize("together", [1, 5])
@pytest.mark.parametrize("gap", [0.6, 0.9, 1.3])
def test_who_corrects_themselves_while_we_think_is_understood_as_a_whole(
    scene: Scene, say: Say, together: int, gap: float
) -> None:
    """ "Sí… perdón, no": the yes is thought about, and not answered."""
    first, second = say("sí"), say("perdón, no, no")
    scene.line.together = together
    scene.line.say(begins(scene) + first + quiet(gap) + second + quiet(3))
    engine = Pondering(scene.clock, takes=1.0)
    collected = scene.ask(YesNo(), engine)
    assert isinstance(collected.given, Heard)
    assert [one.text for one in collected.given.alternatives] == ["sí perdón no"]
    assert isinstance(collected.answer, Match) and collected.answer.value == "no"
    (whole,) = engine.heard
    assert seconds_of(first + second) + gap < whole < seconds_of(first + second) + gap + 1.2
    assert collected.ended_at is not None and collected.decided_at is not None
    assert 0.2 < collected.decided_at - collected.ended_at < 0.65
    assert (engine.begun, engine.opened) == (2, 2), "the first is given up, and all is heard anew"
    assert scene.words == [], "nobody is told to wait while they speak"


def test_who_has_ended_waits_no_longer(scene: Scene, say: Say) -> None:
    """The ear is open meanwhile, and that costs nothing."""
    scene.line.say(begins(scene) + say("sí") + quiet(3))
    engine = Pondering(scene.clock, takes=0.7)
    collected = scene.ask(YesNo(), engine)
    assert isinstance(collected.answer, Match) and collected.decided_at is not None
    assert scene.clock.time - collected.decided_at == pytest.approx(0.7, abs=0.05)


def test_a_click_or_a_key_tone_does_not_make_anybody_wait(scene: Scene, say: Say) -> None:
    """A handset that is put down, keys that are heard: no words."""
    after = quiet(0.15) + noise(0.01, 9000) + quiet(0.3) + tones(770, 1336, seconds=0.12) + quiet(3)
    scene.line.say(begins(scene) + say("sí") + quiet(0.5) + mixed(after, quiet(3)))
    engine = Pondering(scene.clock, takes=1.0)
    collected = scene.ask(YesNo(), engine)
    assert isinstance(collected.answer, Match) and engine.begun == 1


@pytest.mark.parametrize("below", [15, 20])
def test_a_television_does_not_go_on_for_the_caller(scene: Scene, say: Say, below: int) -> None:
    """Whoever begins to speak behind them is no part of their answer."""
    television = lower(say("y en otras noticias el gobierno ha anunciado nuevas obras"), below)
    scene.line.say(begins(scene) + say("sí") + quiet(0.7) + television + quiet(3))
    engine = Pondering(scene.clock, takes=1.0)
    collected = scene.ask(YesNo(), engine)
    assert isinstance(collected.answer, Match) and engine.begun == 1


def test_who_goes_on_a_little_softer_is_heard(scene: Scene, say: Say) -> None:
    """Half as loud, on a line that hisses."""
    second = lower(say("perdón, no, no"), 6)
    speech = begins(scene) + say("sí") + quiet(0.8) + second + quiet(3)
    scene.line.say(mixed(speech, noise(seconds_of(speech), 80)))
    engine = Pondering(scene.clock, takes=1.0)
    collected = scene.ask(YesNo(), engine)
    assert isinstance(collected.answer, Match) and collected.answer.value == "no"


@pytest.mark.parametrize("after", [0.08, 0.1, 0.12])
def test_who_begins_as_the_words_come_is_heard_as_well(scene: Scene, say: Say, after: float) -> None:
    """Nobody knows yet that they speak: a moment tells."""
    first, second = say("sí"), from_its_first_sound(say("perdón, no, no"))
    engine = Pondering(scene.clock, takes=0.0)
    scene.line.say(begins(scene) + first + quiet(1.2) + second + quiet(3))
    engine.not_before = scene.clock.time + seconds_of(begins(scene) + first) + 1.2 + after
    collected = scene.ask(YesNo(), engine)
    assert isinstance(collected.answer, Match) and collected.answer.value == "no" and engine.begun == 2


def test_once_we_have_spoken_it_is_our_turn(scene: Scene, say: Say) -> None:
    """ "One moment, please" was heard: the answer stands, and who speaks then is waited for, and not cut."""
    second = say("perdón, quería decir que no, que no quiero pagarlo")
    scene.line.say(begins(scene) + say("sí") + quiet(2.1) + second + quiet(3))
    engine = Pondering(scene.clock, takes=2.2)
    collected = scene.ask(YesNo(), engine)
    engine.takes = 0.0
    assert isinstance(collected.answer, Match) and collected.answer.value == "yes" and engine.begun == 1
    assert scene.words == ["Un momento, por favor."]
    speaks_until = scene.line.left
    assert speaks_until > 3.3, "they are in the middle of it"
    scene.ask(YesNo(), engine)
    assert "stop_playing" not in scene.call.orders


@pytest.mark.parametrize("begins_at", [0.02 * frame for frame in range(2, 8)])
def test_words_that_come_as_one_moment_ends_are_taken(scene: Scene, say: Say, begins_at: float) -> None:
    """The end of that sentence is not missed where somebody begins to speak in this very moment."""
    moment = seconds_of(read_wav(scene.library.file_of("Un momento, por favor.", language="es")))
    second = from_its_first_sound(say("perdón, quería decir que no, que no quiero pagarlo"))
    engine = Pondering(scene.clock, takes=1.2 + moment)
    scene.line.say(begins(scene) + say("sí") + quiet(1.5 + moment + begins_at) + second + quiet(3))
    collected = scene.ask(YesNo(), engine)
    assert scene.words == ["Un momento, por favor."] and scene.line.left > 3.0
    assert isinstance(collected.answer, Match) and collected.answer.value == "yes"


def test_who_always_goes_on_is_judged_at_the_longest_time(scene: Scene, say: Say) -> None:
    """However many pauses they make: an answer's time runs from its beginning."""
    scene.line.say(begins(scene) + (say("sí, claro, bueno") + quiet(0.8)) * 20)
    engine = Pondering(scene.clock, takes=0.6)
    collected = scene.ask(YesNo(), engine)
    assert engine.begun > 3 and collected.given is not None and collected.began_at is not None
    assert scene.clock.time - collected.began_at < 12.0 + 2.0


def test_a_key_answers_also_who_goes_on(scene: Scene, say: Say) -> None:
    """Keys win."""
    scene.line.say(begins(scene) + say("sí") + quiet(0.8) + say("perdón, no")[:8000])
    scene.line.then(Digit("2"))
    engine = Pondering(scene.clock, takes=1.0)
    assert scene.ask(YesNo(), engine).given == Keyed("2")
    assert engine.cancelled >= 2 and engine.heard == []


class Full(Pondering):
    """Takes one utterance, and then no more."""

    def open(self, **expected: object) -> Pondering:  # type: ignore[override] # see above
        """The first."""
        if self.opened:
            raise RecognizerLost("no worker has room")
        return super().open(**expected)


def test_who_goes_on_and_is_taken_by_no_worker_is_asked_again(scene: Scene, say: Say) -> None:
    """Half of what they said is no answer."""
    scene.line.say(begins(scene) + say("sí") + quiet(0.8) + say("perdón, no, no") + quiet(3))
    collected = scene.ask(YesNo(), Full(scene.clock, takes=1.0))
    assert collected.answer == NoMatch() and collected.recognizer_lost


def test_listening_that_is_lost_while_they_go_on_leaves_the_keys(scene: Scene, say: Say) -> None:
    """The question waits for them as ever."""
    scene.line.say(begins(scene) + say("sí") + quiet(0.8) + say("perdón, no")[:8000])
    scene.line.then(ListeningLost("gone"))
    scene.line.say(quiet(1))
    scene.line.then(Digit("1"))
    assert scene.ask(YesNo(), Pondering(scene.clock, takes=1.0)).given == Keyed("1")
