"""What is said over a sentence to somebody whom we call: an objection stops it, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dialogs.effects import Heeded
from dialogs.objections import objected, objections
from dialogs.results import Match
from dialogs.universals import OBJECTION
from esl.switch import Digit
from ivr.living.collected import Collected
from ivr.living.sentence import HEARD_OUT, Sentence
from ivr.living.voicing import Voicing
from speech.pyttsx3 import Pyttsx3
from speech.sound import read_wav, seconds_of, to_pcm, to_samples
from tests.ivr.paper import PaperDialog
from tests.speech.conftest import noise
from tests.speech.question_scene import PaperEngine, Say, Scene
from tests.speech.test_turns import say

__all__ = ["say"]

OBJECTS = "no me llamen más"
HEEDED = Heeded("es", objections("es"), lambda heard: objected(heard, "es"))


class Spoken(Scene):
    """One sentence on a call, with a real prompt and a real ear."""

    def tell(self, engine: PaperEngine, *, heard_out: bool = True) -> Collected | None:
        """Says it."""
        voicing = Voicing(self.call, PaperDialog([]), self)  # type: ignore[arg-type] # what of them is used
        sentence = Sentence(
            replace(HEEDED, heard_out=heard_out),
            call=self.call,
            attention=self.attention,
            recognizer=engine,
            clock=self.clock,  # type: ignore[arg-type] # a clock
            voicing=voicing,
        )
        self.began = self.clock.now()
        said = sentence.say(lambda: voicing.play([self.prompt]))
        self.echoes = sentence.echoes
        return said

    @property
    def beyond(self) -> float:
        """Seconds after the end of the sentence."""
        return self.clock.now() - self.began - seconds_of(read_wav(self.prompt))


@pytest.fixture
def told(tmp_path: Path, speaker: Pyttsx3) -> Spoken:
    return Spoken(tmp_path, speaker)


def test_an_objection_stops_the_sentence(told: Spoken, say: Say) -> None:
    """As soon as it is over, and long before the sentence is."""
    told.line.say(noise(0.6, 5) + say(OBJECTS) + noise(6.0, 5))
    against = told.tell(PaperEngine([OBJECTS]))
    assert against is not None and isinstance(against.answer, Match)
    assert (against.answer.value, against.answer.said) == (OBJECTION, OBJECTS)
    assert told.call.orders.count("stop_playing") == 1
    assert told.beyond < -1.0


@pytest.mark.parametrize(("in_pause", "pause"), [("", 0.7), (OBJECTS, 0.45)])
def test_a_recogniser_that_knows_it_in_the_pause_stops_it_sooner(
    told: Spoken, say: Say, in_pause: str, pause: float
) -> None:
    """The pause that ends the utterance is shorter."""
    told.line.say(noise(0.6, 5) + say(OBJECTS) + noise(6.0, 5))
    against = told.tell(PaperEngine([OBJECTS], in_pause=in_pause))
    assert against is not None and against.decided_at is not None and against.ended_at is not None
    assert against.decided_at - against.ended_at == pytest.approx(pause, abs=0.1)


@pytest.mark.parametrize(
    "said", ["sí dígame", "vale, de acuerdo", "un momento por favor", "no, llamen más tarde"]
)
def test_nothing_else_stops_it(told: Spoken, say: Say, said: str) -> None:
    """It goes on without a gap while they speak, and is said once."""
    told.line.say(noise(0.6, 5) + say(said) + noise(9.0, 5))
    engine = PaperEngine([said], in_pause="no llamen más" if "llamen" in said else "")
    assert told.tell(engine) is None
    assert "stop_playing" not in told.call.orders and len(told.played) == 1
    assert len(engine.heard) == 1, "it was listened to"
    assert told.beyond < 0.1


def test_what_is_shorter_than_any_objection_is_not_recognised(told: Spoken, say: Say) -> None:
    """A cough costs no recogniser anything."""
    told.line.say(noise(0.6, 5) + say("ah")[:3200] + noise(9.0, 5))
    engine = PaperEngine([])
    assert told.tell(engine) is None and engine.heard == []


def test_who_objects_after_something_else_is_heard(told: Spoken, say: Say) -> None:
    """Two utterances in one sentence."""
    told.line.say(noise(0.3, 5) + say("sí dígame") + noise(1.0, 5) + say(OBJECTS) + noise(6.0, 5))
    against = told.tell(PaperEngine(["sí dígame", OBJECTS]))
    assert against is not None and told.beyond < 0


def test_who_speaks_as_it_ends_is_heard_out(told: Spoken, say: Say) -> None:
    """The call neither goes on nor ends over their words."""
    seconds = seconds_of(read_wav(told.prompt))
    told.line.say(noise(seconds - 0.5, 5) + say(OBJECTS) + noise(6.0, 5))
    against = told.tell(PaperEngine([OBJECTS]))
    assert against is not None and 0 < told.beyond < HEARD_OUT
    assert "stop_playing" not in told.call.orders, "nothing plays any more"


def test_who_speaks_as_a_person_takes_over_is_not_waited_for(told: Spoken, say: Say) -> None:
    """They hear it themselves; and whoever answered is theirs in time."""
    seconds = seconds_of(read_wav(told.prompt))
    told.line.say(noise(seconds - 0.5, 5) + say(OBJECTS) + noise(6.0, 5))
    assert told.tell(PaperEngine([OBJECTS]), heard_out=False) is None
    assert told.beyond < 0.1


def test_a_television_does_not_hold_the_call(told: Spoken, say: Say) -> None:
    """Whoever never stops is waited for only so long."""
    before = seconds_of(read_wav(told.prompt)) - 0.5
    told.line.say(noise(before, 5) + say("el tiempo de mañana y las noticias de la tarde con deportes") * 4)
    assert told.tell(PaperEngine([""] * 9)) is None
    assert told.beyond == pytest.approx(HEARD_OUT, abs=0.3)


def test_our_own_echo_is_not_listened_to(told: Spoken, say: Say) -> None:
    """Though it held an objection: from then on nothing in this call's sentences is believed."""
    samples = to_samples(read_wav(told.prompt)) * 10 ** (-12 / 20)
    told.line.say(noise(0.16, 5) + to_pcm(samples) + noise(3.0, 5))
    engine = PaperEngine([OBJECTS] * 9)
    assert told.tell(engine) is None
    assert told.echoes and engine.heard == []


def test_a_key_stops_it_and_waits_for_the_question(told: Spoken, say: Say) -> None:
    """As in any sentence; what they say beside it counts no more."""
    told.line.say(noise(0.3, 5) + say(OBJECTS) + noise(6.0, 5))
    told.line.extra.append(Digit("1"))
    engine = PaperEngine([OBJECTS])
    told.line.playing.clear()
    assert told.call.orders == []

    def stopped() -> None:
        told.call.orders.append("stop_playing")
        command, _ = told.line.playing.pop()
        told.line.playing.append((command, 0.0))

    told.call.stop_playing = stopped  # type: ignore[method-assign] # a switch that says when it has stopped
    assert told.tell(engine) is None
    assert list(told.attention.keys) == ["1"] and engine.heard == []
