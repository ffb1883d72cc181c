"""What a caller hears while a back end takes its time, and what their keys do meanwhile."""

from __future__ import annotations

import wave
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import gevent
import pytest
from gevent.event import Event

from dialogs.effects import Hangup, Lookup, Spoken, Write
from dialogs.results import Failed, Found, Match, Noted, Slow, Written
from ivr.config import CallSettings, Settings
from ivr.living.back_end_work import Filler
from ivr.living.hold_music import filler_of, soft_music
from ivr.living.meanwhile import REST, SHORTEST
from ivr.living.services import Services
from ivr.occasion import Occasion
from speech.errors import SynthesizerLate, SynthesizerLost
from speech.sound import write_wav
from speech.synthesizer import Waiting
from tests.ivr.paper import PaperCall
from tests.ivr.session_rig import Rig, number_question, spoken

MOMENT = spoken("one moment")
ASK = Lookup("account", {"customer_number": "45716"}, "lookup", 5000.0, MOMENT)
"""Its deadline is beyond any of these tests, whose call time goes a hundred times as fast as the clock."""
WORDS, MUSIC = "play one moment.wav", "play music.wav"


class Answer:
    """Answers once the call has come so far, or never: nothing here goes by how busy the machine is."""

    def __init__(self, answer: object, until: Callable[[], bool] | None = None) -> None:
        self._answer, self._until = answer, until
        self.deadlines: list[float] = []

    def ask(self, name: str, by: Mapping[str, str], *, deadline: float, sensitive: bool) -> object:
        self.deadlines.append(deadline)
        while self._until is None or not self._until():
            gevent.sleep(0.001)
        return self._answer

    def write(self, write: Write, occasion: Occasion) -> object:
        return self.ask(write.name, write.values, deadline=write.deadline, sensitive=False)


def at_once() -> bool:
    return True


class SpeakingRig(Rig):
    """Prompts last: the switch tells their end when the test, or an order, says so."""

    filler = Filler(after=1.5, music=Path("/prompts/music.wav"))
    writes: object = None

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.longest = 1e6

    def ordered(self, *orders: str) -> Callable[[], bool]:
        """Whether the switch has been given all these."""
        return lambda: all(self.call.orders.count(order) >= orders.count(order) for order in orders)

    def services(self) -> Services:
        return replace(super().services(), filler=self.filler, writes=self.writes)


@pytest.fixture
def rig(tmp_path: Path) -> SpeakingRig:
    return SpeakingRig(tmp_path)


def plays(rig: Rig) -> list[str]:
    return [order for order in rig.call.orders if order.startswith(("play", "stop_playing"))]


def test_who_is_answered_soon_hears_nothing_of_it(rig: SpeakingRig) -> None:
    """Most look-ups take no second."""
    rig.filler = Filler(after=5000.0)
    rig.lookups = Answer(Found({"balance": 1}), at_once)
    dialog, _ = rig.live([ASK, Hangup("bye")])
    assert dialog.results == [Found({"balance": 1})]
    assert plays(rig) == []


def test_a_slow_answer_is_filled_with_a_word_and_music(rig: SpeakingRig) -> None:
    """A word, music, the word again; the word is in the transcript, before what was found."""
    rig.lookups = Answer(Found({"balance": 1}), rig.ordered(WORDS, MUSIC, WORDS))
    dialog, record = rig.live([ASK, Hangup("bye")])
    assert dialog.results == [Found({"balance": 1})]
    assert plays(rig)[:3] == [WORDS, MUSIC, WORDS]
    assert (record.turns[0].kind, record.turns[0].text) == ("said", "one moment")
    assert record.turns[-1].result == "found"


def test_a_sentence_that_sounds_is_spoken_to_its_end(rig: SpeakingRig) -> None:
    """Half a word sounds broken: the answer waits for it."""
    rig.call.hold_prompts = True
    rig.lookups = Answer(Found(), rig.ordered(WORDS))
    still_sounding: list[bool] = []

    def sentence_ends() -> None:
        while not rig.ordered(WORDS)():
            gevent.sleep(0.001)
        gevent.sleep(0.05)  # the answer is long there
        still_sounding.append("stop_playing" not in rig.call.orders and "hang_up" not in rig.call.orders[-1])
        rig.call.sentence_ends()

    gevent.spawn(sentence_ends)
    rig.live([ASK, Hangup("bye")])
    assert still_sounding == [True]
    assert plays(rig) == [WORDS]


def test_music_ends_with_the_answer(rig: SpeakingRig) -> None:
    """Half a chord does not sound broken."""
    rig.call.hold_prompts = True
    rig.lookups = Answer(Found(), rig.ordered(WORDS, MUSIC))

    def sentence_ends() -> None:
        while not rig.ordered(WORDS)():
            gevent.sleep(0.001)
        rig.call.sentence_ends()

    gevent.spawn(sentence_ends)
    rig.live([ASK, Hangup("bye")])
    assert plays(rig) == [WORDS, MUSIC, "stop_playing"]


def test_without_music_there_is_a_rest_between_two_words(rig: SpeakingRig) -> None:
    """Silence of a few seconds, and then again that it takes a moment."""
    rig.filler = Filler(after=1.0)
    rig.lookups = Answer(Found(), rig.ordered(WORDS, WORDS))
    rig.live([ASK, Hangup("bye")])
    assert set(plays(rig)) == {WORDS}
    spoke = [one.at_ms for one in rig.store.calls.latest(1)[0].turns if one.kind == "said"]
    assert spoke[1] - spoke[0] >= REST * 1000


def test_a_sound_that_the_switch_cannot_play_is_not_asked_for_without_end(rig: SpeakingRig) -> None:
    """It ends as soon as it has begun; a call must not become a storm of commands."""
    rig.lookups = Answer(Found(), rig.ordered(*(MUSIC,) * 3))
    _, record = rig.live([ASK, Hangup("bye")])
    lasted = record.turns[-1].at_ms / 1000
    assert len(plays(rig)) <= lasted / SHORTEST + 1


def test_without_a_voice_the_wait_is_silent_and_the_answer_counts(rig: SpeakingRig) -> None:
    """A lost synthesiser must not cost the caller the look-up that works."""
    tried = Event()

    class NoVoice:
        def file_of(self, spoken: Spoken, waiting: Waiting | None = None) -> Path:
            tried.set()
            raise SynthesizerLost("gone")

    rig.prompts = NoVoice()
    rig.lookups = Answer(Found({"balance": 1}), tried.is_set)
    dialog, _ = rig.live([ASK, Hangup("bye")])
    assert dialog.results == [Found({"balance": 1})]
    assert plays(rig) == []


class Making:
    """A voice that has a sentence with a value only after somebody has waited for it for long enough."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []
        """What was asked for, and whether by somebody who has been waiting."""
        self.made = Event()

    def file_of(self, spoken: Spoken, waiting: Waiting | None = None) -> Path:
        self.asked.append((spoken.text, waiting is not None))
        if spoken.varies and not self.made.is_set():
            raise SynthesizerLate("nothing within 1.9 s")
        return Path(f"/prompts/{spoken.text}.wav")


ORDER = (Spoken("looking for order 7", "es", varies=True),)
GENERAL, ORDER_WORDS = "play Un momento, por favor..wav", "play looking for order 7.wav"


def test_a_sentence_with_a_value_that_is_not_there_in_time_leaves_no_silence(rig: SpeakingRig) -> None:
    """What always is there is said in its place; its own words come when they are there."""
    rig.prompts = making = Making()
    rig.lookups = Answer(Found(), rig.ordered(GENERAL, MUSIC, ORDER_WORDS))
    when(rig.ordered(GENERAL, MUSIC), making.made.set)
    dialog, record = rig.live([replace(ASK, filler=ORDER), Hangup("bye")])
    assert dialog.results == [Found()]
    assert plays(rig)[:2] == [GENERAL, MUSIC] and ORDER_WORDS in plays(rig)
    assert "looking for order 7" in [turn.text for turn in record.turns if turn.kind == "said"]
    assert (ORDER[0].text, True) in making.asked  # it counts since the look-up began


def test_a_sentence_with_a_value_is_made_before_it_is_due(rig: SpeakingRig) -> None:
    """It takes as long as the caller has waited already; who is answered at once costs no synthesis."""
    rig.prompts = making = Making()
    rig.filler = Filler(after=5000.0)
    rig.lookups = Answer(Found(), lambda: bool(making.asked))
    rig.live([replace(ASK, filler=ORDER), Hangup("bye")])
    assert making.asked == [(ORDER[0].text, False)]
    assert plays(rig) == []
    rig.prompts = again = Making()
    rig.lookups = Answer(Found(), at_once)
    rig.call = PaperCall()
    rig.live([replace(ASK, filler=ORDER), Hangup("bye")])
    assert again.asked == []


def test_a_system_that_never_answers_is_slow_at_the_deadline(rig: SpeakingRig) -> None:
    """The flow's `slow` branch takes it from there, and the music is over."""
    rig.lookups = Answer(None)
    dialog, record = rig.live([replace(ASK, deadline=20.0), Hangup("bye")])
    assert dialog.results == [Slow()]
    assert rig.lookups.deadlines == [20.0]
    assert record.turns[-1].result == "slow"


def when(reached: Callable[[], bool], do: Callable[[], object]) -> None:
    """Does it as soon as the call has come so far."""

    def wait() -> None:
        while not reached():
            gevent.sleep(0.001)
        do()

    gevent.spawn(wait)


def test_zero_leads_to_a_person_once_it_sounds(rig: SpeakingRig) -> None:
    """Who has been told that it takes a moment need not wait for it."""
    rig.lookups = Answer(None)
    when(rig.ordered(WORDS), lambda: rig.call.keys("0"))
    dialog, record = rig.live([ASK, Hangup("bye")])
    assert dialog.results == [Match("@person", "0", "keys")]
    assert record.turns[-1].result == "left"


def test_keys_before_that_are_for_the_next_question(rig: SpeakingRig) -> None:
    """A number that begins with 0 may be typed ahead."""
    rig.filler = Filler(after=5000.0)
    rig.lookups = Answer(Found(), rig.call.inbox.empty)
    rig.call.keys("04571")
    dialog, _ = rig.live([ASK, number_question(), Hangup("bye")])
    assert dialog.results == [Found(), Match("04571", "04571", "keys")]


def test_a_caller_who_hangs_up_while_it_sounds_is_gone_at_once(rig: SpeakingRig) -> None:
    """Nothing is waited for any more."""
    rig.lookups = Answer(None)
    when(rig.ordered(WORDS), rig.call.caller_hangs_up)
    dialog, record = rig.live([ASK, Hangup("bye")])
    assert dialog.results == []
    assert record.ended_by == "caller"


def test_a_write_is_filled_too_and_zero_waits(rig: SpeakingRig) -> None:
    """What is being done is not left half way: the key is for the next question."""
    rig.writes = Answer(Noted(), rig.ordered(WORDS, MUSIC))
    when(rig.ordered(WORDS), lambda: rig.call.keys("0"))
    write = Write("delivery_day", {"order_id": "1"}, "change", 5000.0, MOMENT)
    dialog, record = rig.live([write, Hangup("bye")])
    assert dialog.results == [Noted()]
    assert [(turn.text, turn.result) for turn in record.turns if turn.kind == "deed"] == [("write", "noted")]


@pytest.mark.parametrize("result", [Written({"reference": "A1"}), Noted(), Failed("x")])
def test_what_came_of_a_write_is_in_the_record(rig: SpeakingRig, result: object) -> None:
    """By its name, and not by what was written."""
    rig.writes = Answer(result, at_once)
    write = Write("delivery_day", {"order_id": "780346"}, "change", 5000.0)
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
