"""Who answers, where the line misbehaves: no sound, sound that breaks off, other events in between."""

from __future__ import annotations

import pytest

from esl.switch import FRAME_BYTES, Audio, Digit, Finished, HungUp, ListeningLost
from ivr.clock import Clock
from ivr.living.answered import WhoAnswers
from speech.answering import AnswerDetector
from speech.pyttsx3 import Pyttsx3
from tests.ivr.paper import PaperCall

SPEED = 50.0
"""Only where nothing is to be heard: to judge sound that is at hand takes no time of the call."""
LONG = "Ferretería López, buenos días, le atiende Ana, ¿en qué puedo ayudarle?"
PLAYED = Finished("c1", "playback", "FILE PLAYED", {})
GONE = HungUp("NORMAL_CLEARING", by_caller=True)


@pytest.fixture(scope="module")
def firm() -> bytes:
    """A firm that answers with a sentence, and waits."""
    engine = Pyttsx3(timeout=20.0, patience=20.0)
    try:
        words = engine.speak(LONG, language="es")
    finally:
        engine.close()
    return words + bytes(16000 * 4)


def hear(call: PaperCall, sound: bytes) -> None:
    """The sound arrives, 100 ms at a time."""
    for place in range(0, len(sound) // FRAME_BYTES * FRAME_BYTES, 5 * FRAME_BYTES):
        call.inbox.put(Audio(sound[place : place + 5 * FRAME_BYTES], place / 16000))


def left(call: PaperCall) -> list[object]:
    return [call.inbox.get(block=False) for _ in range(call.inbox.qsize())]


def test_no_sound_at_all_is_unknown_by_the_clock() -> None:
    """The dialler is not kept waiting by a line that is dead."""
    answering = WhoAnswers(PaperCall(), Clock(SPEED)).detect()
    assert (answering.kind, answering.after_seconds) == ("unknown", 0.0)
    assert answering.evidence == "only 0.0 s of sound came in 3.5 s"


def test_sound_that_breaks_off_is_unknown_and_told() -> None:
    """The reason is the evidence, and whoever lives the call learns it too."""
    call = PaperCall()
    hear(call, bytes(16000))
    call.inbox.put(ListeningLost("the disk is full"))
    answering = WhoAnswers(call, Clock()).detect()
    assert (answering.kind, answering.evidence) == ("unknown", "the disk is full")
    assert left(call) == [ListeningLost("the disk is full")]


def test_a_call_that_is_over_is_unknown() -> None:
    """The switch refuses to listen, because nobody is there."""
    call = PaperCall()
    call.caller_hangs_up()
    assert WhoAnswers(call, Clock()).detect().evidence == "the call is over"
    assert left(call) == [GONE]


def test_silence_is_nobody_in_three_seconds_of_sound() -> None:
    """However fast or slowly they arrive."""
    call = PaperCall()
    hear(call, bytes(16000 * 4))
    answering = WhoAnswers(call, Clock()).detect()
    assert (answering.kind, answering.after_seconds) == ("unknown", 3.0)


def test_all_but_sound_is_left_in_its_order(firm: bytes) -> None:
    """What happened before the verdict and what arrived with it, the hang-up last."""
    call = PaperCall()
    call.inbox.put(PLAYED)
    hear(call, firm[: 16000 * 3])
    call.inbox.put(Digit("7"))
    call.inbox.put(GONE)
    assert WhoAnswers(call, Clock()).detect().kind == "machine"
    assert [one for one in left(call) if not isinstance(one, Audio)] == [PLAYED, Digit("7"), GONE]


def test_a_firm_that_waits_is_spoken_to(firm: bytes) -> None:
    """No tone comes; the silence behind the sentence is when to say who calls."""
    call = PaperCall()
    hear(call, firm)
    heard = WhoAnswers(call, Clock())
    assert heard.detect().kind == "machine"
    assert heard.wait_for_tone().how == "silence"


def test_a_machine_that_talks_on_is_given_up(firm: bytes) -> None:
    """By the sound's time and by the clock's."""
    call = PaperCall()
    hear(call, firm[:-64000] * 3)
    heard = WhoAnswers(call, Clock(), detector=AnswerDetector(tone_within=6.0))
    assert heard.detect().kind == "machine"
    assert (heard.wait_for_tone().how, call.inbox.qsize() > 0) == ("time", True)
    again = PaperCall()
    hear(again, firm[: 16000 * 3])
    heard = WhoAnswers(again, Clock(4.0))
    assert heard.detect().kind == "machine"
    assert heard.wait_for_tone(within=8.0).evidence == "no tone came in time"


def test_hanging_up_ends_the_wait_for_the_tone(firm: bytes) -> None:
    """Nothing is left on a machine that is not there any more."""
    call = PaperCall()
    hear(call, firm[: 16000 * 3])
    call.inbox.put(GONE)
    heard = WhoAnswers(call, Clock())
    assert heard.detect().kind == "machine"
    assert heard.wait_for_tone().how == "gone"
    assert left(call) == [GONE]
