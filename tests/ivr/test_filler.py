"""What a caller hears while a back end takes its time, and what their keys do meanwhile."""

from __future__ import annotations

import wave
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import gevent
import pytest
from gevent.event import Event

from dialogs.effects import Hangup, Lookup, Write
from dialogs.results import Failed, Found, Match, Noted, Slow, Written
from esl.switch import Digit
from ivr.back_end_work import Filler
from ivr.config import CallSettings, Settings
from ivr.hold_music import filler_of, soft_music
from ivr.occasion import Occasion
from ivr.session import Services
from speech.sound import write_wav
from tests.ivr.test_session import SPEED, Rig, number_question, spoken

MOMENT = spoken("one moment")
ASK = Lookup("account", {"customer_number": "45716"}, "lookup", 20.0, MOMENT)


class SlowAnswer:
    """Answers after so many seconds of call time, or never."""

    def __init__(self, seconds: float | None, answer: object) -> None:
        self._seconds, self._answer = seconds, answer
        self.deadlines: list[float] = []

    def ask(self, name: str, by: Mapping[str, str], *, deadline: float, sensitive: bool) -> object:
        self.deadlines.append(deadline)
        if self._seconds is None:
            Event().wait()
        gevent.sleep((self._seconds or 0.0) / SPEED)
        return self._answer

    def write(self, write: Write, occasion: Occasion) -> object:
        return self.ask(write.name, write.values, deadline=write.deadline, sensitive=False)


class SpeakingRig(Rig):
    """Prompts last: the switch tells their end when the test, or an order, says so."""

    filler = Filler(after=1.5, music=Path("/prompts/music.wav"))
    writes: object = None

    def services(self) -> Services:
        return replace(super().services(), filler=self.filler, writes=self.writes)


@pytest.fixture
def rig(tmp_path: Path) -> SpeakingRig:
    return SpeakingRig(tmp_path)


def plays(rig: Rig) -> list[str]:
    return [order for order in rig.call.orders if order.startswith(("play", "stop_playing"))]


def test_who_is_answered_soon_hears_nothing_of_it(rig: SpeakingRig) -> None:
    """Most look-ups take no second."""
    rig.lookups = SlowAnswer(0.2, Found({"balance": 1}))
    dialog, _ = rig.live([ASK, Hangup("bye")])
    assert dialog.results == [Found({"balance": 1})]
    assert plays(rig) == []


def test_a_slow_answer_is_filled_with_a_word_and_music(rig: SpeakingRig) -> None:
    """A word, music, the word again; all of it is in the transcript, and ends with the answer."""
    rig.lookups = SlowAnswer(6.0, Found({"balance": 1}))
    dialog, record = rig.live([ASK, Hangup("bye")])
    assert dialog.results == [Found({"balance": 1})]
    assert plays(rig)[:3] == ["play one moment.wav", "play music.wav", "play one moment.wav"]
    assert (record.turns[0].kind, record.turns[0].text) == ("said", "one moment")
    assert record.turns[-1].result == "found"


def test_an_answer_ends_the_music_and_lets_a_sentence_end(rig: SpeakingRig) -> None:
    """Half a word sounds broken; half a chord does not."""
    rig.call.hold_prompts = True
    rig.lookups = SlowAnswer(3.0, Found())

    def sentence_ends() -> None:
        gevent.sleep(5.0 / SPEED)
        rig.call.sentence_ends()

    gevent.spawn(sentence_ends)
    rig.live([ASK, Hangup("bye")])
    assert plays(rig) == ["play one moment.wav"]
    rig.call = type(rig.call)(hold_prompts=True)
    rig.filler = Filler(after=1.5, music=Path("/prompts/music.wav"))
    rig.lookups = SlowAnswer(6.0, Found())

    def only_the_sentence() -> None:
        gevent.sleep(3.0 / SPEED)
        rig.call.sentence_ends()

    gevent.spawn(only_the_sentence)
    rig.live([ASK, Hangup("bye")])
    assert plays(rig) == ["play one moment.wav", "play music.wav", "stop_playing"]


def test_without_music_there_is_a_rest_between_two_words(rig: SpeakingRig) -> None:
    """Silence of a few seconds, and then again that it takes a moment."""
    rig.filler = Filler(after=1.0)
    rig.lookups = SlowAnswer(12.0, Found())
    rig.live([ASK, Hangup("bye")])
    assert 2 <= len(plays(rig)) <= 3
    assert set(plays(rig)) == {"play one moment.wav"}


def test_a_system_that_never_answers_is_slow_at_the_deadline(rig: SpeakingRig) -> None:
    """The flow's `slow` branch takes it from there, and the music is over."""
    rig.lookups = SlowAnswer(None, None)
    dialog, record = rig.live([ASK, Hangup("bye")])
    assert dialog.results == [Slow()]
    assert rig.lookups.deadlines == [20.0]
    assert record.turns[-1].result == "slow"


def keys_after(rig: SpeakingRig, seconds: float, keys: str) -> None:
    def press() -> None:
        gevent.sleep(seconds / SPEED)
        for key in keys:
            rig.call.inbox.put(Digit(key))

    gevent.spawn(press)


def test_zero_leads_to_a_person_once_it_sounds(rig: SpeakingRig) -> None:
    """Who has been told that it takes a moment need not wait for it."""
    rig.lookups = SlowAnswer(None, None)
    keys_after(rig, 4.0, "0")
    dialog, record = rig.live([ASK, Hangup("bye")])
    assert dialog.results == [Match("@person", "0", "keys")]
    assert record.turns[-1].result == "left"


def test_keys_before_that_are_for_the_next_question(rig: SpeakingRig) -> None:
    """A number that begins with 0 may be typed ahead."""
    rig.lookups = SlowAnswer(1.0, Found())
    keys_after(rig, 0.3, "04571")
    dialog, _ = rig.live([ASK, number_question(), Hangup("bye")])
    assert dialog.results == [Found(), Match("04571", "04571", "keys")]


def test_a_caller_who_hangs_up_while_it_sounds_is_gone_at_once(rig: SpeakingRig) -> None:
    """Nothing is waited for any more."""
    rig.lookups = SlowAnswer(None, None)

    def hang_up() -> None:
        gevent.sleep(4.0 / SPEED)
        rig.call.caller_hangs_up()

    gevent.spawn(hang_up)
    dialog, record = rig.live([ASK, Hangup("bye")])
    assert dialog.results == []
    assert record.ended_by == "caller"


def test_a_write_is_filled_too_and_zero_waits(rig: SpeakingRig) -> None:
    """What is being done is not left half way: the key is for the next question."""
    rig.writes = SlowAnswer(5.0, Noted())
    keys_after(rig, 3.0, "0")
    write = Write("delivery_day", {"order_id": "1"}, "change", 20.0, MOMENT)
    dialog, record = rig.live([write, Hangup("bye")])
    assert dialog.results == [Noted()]
    assert "play one moment.wav" in plays(rig)
    assert [(turn.text, turn.result) for turn in record.turns if turn.kind == "deed"] == [("write", "noted")]


@pytest.mark.parametrize("result", [Written({"reference": "A1"}), Noted(), Failed("x")])
def test_what_came_of_a_write_is_in_the_record(rig: SpeakingRig, result: object) -> None:
    """By its name, and not by what was written."""
    rig.writes = SlowAnswer(0.0, result)
    write = Write("delivery_day", {"order_id": "780346"}, "change", 2.0, MOMENT)
    dialog, record = rig.live([write, Hangup("bye")])
    assert dialog.results == [result]
    (turn,) = record.turns
    assert turn.result == type(result).__name__.lower()
    assert "780346" not in repr(turn)


def test_without_somebody_who_writes_it_fails(rig: SpeakingRig) -> None:
    """And is told as such; the flow's `error` branch takes it."""
    write = Write("delivery_day", {"order_id": "1"}, "change", 2.0)
    dialog, _ = rig.live([write, Hangup("bye")])
    assert dialog.results == [Failed("Write is not installed")]


def test_the_music_is_our_own_and_soft(tmp_path: Path) -> None:
    """Eight seconds that any switch plays, far from full scale, and quiet at the seam of the loop."""
    filler = filler_of(Settings(home=tmp_path))
    assert filler.music is not None
    with wave.open(str(filler.music)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        assert sound.getnframes() == 64000
    samples = memoryview(soft_music()).cast("h")
    assert max(samples) < 32767 // 4
    assert max(abs(samples[0]), abs(samples[-1])) < 50


@pytest.mark.parametrize(
    ("chosen", "music"), [("none", None), ("own.wav", "own.wav"), ("nowhere.wav", None), ("text.wav", None)]
)
def test_another_music_or_none(tmp_path: Path, chosen: str, music: str | None) -> None:
    """A file that cannot be played is told, and the call goes on without."""
    (tmp_path / "text.wav").write_text("no sound")
    write_wav(tmp_path / "own.wav", soft_music())
    filler = filler_of(Settings(home=tmp_path, calls=CallSettings.model_validate({"filler_music": chosen})))
    assert filler.music == (None if music is None else tmp_path / music)
