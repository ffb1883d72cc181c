"""Vosk's recognisers, used again, on the real Vosk in Korean: it saves time, and carries nothing over."""

from __future__ import annotations

from typing import Any

import pytest

from speech.pyttsx3 import Pyttsx3
from speech.vosk_models import load
from speech.vosk_recognizers import VoskRecognizers
from speech.worker_vosk import _Stream
from tests.speech.conftest import _model, mixed, noise, silence

YES_NO = ["네", "아니요"]
FRAME = 320


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    """The model in this very process, as a worker has it."""
    loaded, unfit = load({"ko": str(_model("vosk-ko"))}, lambda *_told: None)
    assert not unfit
    return loaded


def _stream(recognizers: VoskRecognizers, models: dict[str, Any], phrases: list[str]) -> _Stream:
    return _Stream(recognizers, models["ko"], "ko", phrases, in_a_row=False)


def _said(
    recognizers: VoskRecognizers, models: dict[str, Any], sound: bytes, phrases: list[str]
) -> tuple[tuple[str, float], ...]:
    stream = _stream(recognizers, models, phrases)
    for place in range(0, len(sound), FRAME):
        stream.feed(sound[place : place + FRAME])
    return stream.finish()


def test_nothing_of_one_utterance_reaches_the_next(models: dict[str, Any], speaker: Pyttsx3) -> None:
    """Another voice, loud and in noise, was heard before: the answer is what a new recogniser says of it."""
    answer = silence(0.2) + speaker.speak("네", language="ko") + silence(0.3)
    other = silence(0.2) + speaker.speak("아니요", language="ko", pace=1.4) + silence(0.3)
    other = mixed(other, noise(len(other) / 16000, 900, kind="pink"))
    fresh = _said(VoskRecognizers(models), models, answer, YES_NO)
    used = VoskRecognizers(models)
    for _at in range(3):
        assert [text for text, _sure in _said(used, models, other, YES_NO)][:1] in ([], ["아니요"])
        again = _said(used, models, answer, YES_NO)
        assert len(used) == 1
        assert [text for text, _sure in again] == [text for text, _sure in fresh]
        # Kaldi dithers its features with a random number of its own.
        assert again[0][1] == pytest.approx(fresh[0][1], abs=0.02)


def test_only_the_same_question_gets_it(models: dict[str, Any]) -> None:
    """Other phrases, and none at all, have recognisers of their own; two at a time have one each."""
    recognizers = VoskRecognizers(models)
    first, second = (recognizers.take("ko", YES_NO) for _ in range(2))
    assert first is not second
    recognizers.give_back("ko", YES_NO, first)
    assert recognizers.take("ko", YES_NO[:1]) is not first
    assert recognizers.take("ko", []) is not first
    assert recognizers.take("ko", YES_NO) is first
    assert recognizers.take("ko", YES_NO) is not first


def test_those_of_old_questions_go_first(models: dict[str, Any]) -> None:
    """A worker keeps so many; what a flow does not ask any more is forgotten."""
    recognizers = VoskRecognizers(models, most=2)
    made = {word: recognizers.take("ko", [word]) for word in ("네", "아니요", "학교")}
    for word in ("네", "아니요", "네", "학교"):
        recognizers.give_back("ko", [word], recognizers.take("ko", [word]))
    assert len(recognizers) == 2
    for word, one in made.items():
        recognizers.give_back("ko", [word], one)
    assert len(recognizers) == 2
    assert recognizers.take("ko", ["학교"]) is made["학교"]
    assert recognizers.take("ko", ["네"]) is not made["네"]


def test_one_in_the_middle_of_its_sound_is_not_used_again(models: dict[str, Any], speaker: Pyttsx3) -> None:
    """After a stretch that Vosk has ended it would go on with the old features, and a cancelled utterance
    would go on in the next one."""
    recognizers = VoskRecognizers(models)
    word = silence(0.2) + speaker.speak("네", language="ko")
    cancelled = _stream(recognizers, models, YES_NO)
    cancelled.feed(word)
    del cancelled
    assert len(recognizers) == 0
    stream = _stream(recognizers, models, YES_NO)
    for sound in (word, *[silence(0.1)] * 30):
        stream.feed(sound)
        if stream._ended_by_vosk:
            break
    assert stream._ended_by_vosk, "two seconds of silence after a word end a stretch"
    assert stream.finish()[0][0] == "네"
    assert len(recognizers) == 0
    assert _said(recognizers, models, word + silence(0.3), YES_NO)[0][0] == "네"
    assert len(recognizers) == 1


def test_one_that_expects_anything_is_not_kept(models: dict[str, Any], speaker: Pyttsx3) -> None:
    """It would hold more of the model's graph with every sentence: a worker would grow by gigabytes."""
    recognizers = VoskRecognizers(models)
    answer = silence(0.2) + speaker.speak("네", language="ko") + silence(0.3)
    assert _said(recognizers, models, answer, [])
    assert len(recognizers) == 0
    assert _said(recognizers, models, answer, YES_NO)
    assert len(recognizers) == 1


def test_a_worker_that_is_behind_decodes_no_silence_ahead(models: dict[str, Any], speaker: Pyttsx3) -> None:
    """The word is then known when the silence has come, and is the same."""
    word = silence(0.2) + speaker.speak("네", language="ko") + silence(0.24)
    ahead, behind = (_stream(VoskRecognizers(models), models, YES_NO) for _ in range(2))
    for stream in (ahead, behind):
        for place in range(0, len(word), FRAME):
            stream.feed(word[place : place + FRAME])
    assert ahead.pause() == "네" and ahead._ahead > 0
    # A block of the network may have ended with the word, so it is known now or when the silence has come.
    known = [behind.pause(behind=True), *(behind.feed(silence(0.1)) for _ in range(4))]
    assert behind._ahead == 0
    assert "네" in known
    assert ahead.finish()[0][0] == behind.finish()[0][0] == "네"
