"""Recognition with the real Vosk, in Korean. The callers are espeak-ng voices at 8 kHz."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import gevent
import pytest

from speech.pyttsx3 import Pyttsx3
from speech.spawning import Program, Template
from speech.vosk import Vosk
from speech.workers import WorkerPool
from tests.speech.conftest import _model, mixed, noise, silence, tones
from tests.speech.said import on_a_call, said_to

YES_NO = ("네", "아니요")


@pytest.mark.parametrize("text", YES_NO)
def test_vosk_hears_yes_and_no(vosk: Vosk, speaker: Pyttsx3, text: str) -> None:
    """The production path whole: template, forked worker, grammar, 8 kHz."""
    sound = silence(0.2) + speaker.speak(text, language="ko") + silence(0.3)
    heard = on_a_call(vosk, sound + silence(0.8), "ko", YES_NO)
    assert heard.readings[0].text == text
    assert heard.readings[0].confidence > 0.8


@pytest.mark.long
def test_vosk_answers_at_once(vosk: Vosk, speaker: Pyttsx3) -> None:
    """The words are recognised while they are spoken: on a quiet machine nothing is left for the end."""
    sound = silence(0.2) + speaker.speak("네", language="ko") + silence(1.1)
    assert on_a_call(vosk, sound, "ko", YES_NO).wait_seconds < 0.2


@pytest.mark.parametrize(
    "sound",
    [
        noise(2.0, 200),
        noise(2.0, 800),
        noise(2.0, 4000),
        noise(2.0, 800, kind="pink"),
        silence(2.0),
        tones(697, 1209, seconds=1.0),
    ],
)
def test_vosk_makes_nothing_of_noise(vosk: Vosk, sound: bytes) -> None:
    """The Korean grammar turns noise to "no" by itself: our rule refuses it."""
    assert said_to(vosk, sound, "ko", YES_NO).readings == ()


@pytest.mark.parametrize("text", ["오늘 지금", "음악", "학교에 갑니다"])
def test_vosk_is_not_sure_of_what_nobody_asked(vosk: Vosk, speaker: Pyttsx3, text: str) -> None:
    """Words outside the grammar fit a decoy better: no reading, or one too weak to act on."""
    sound = silence(0.2) + speaker.speak(text, language="ko") + silence(0.3)
    heard = said_to(vosk, sound, "ko", YES_NO)
    assert all(reading.confidence < 0.2 for reading in heard.readings)


def test_vosk_streams_partials(vosk: Vosk, speaker: Pyttsx3) -> None:
    """Words are there before the caller has ended, and never a decoy among them."""
    sound = (silence(0.2) + speaker.speak("네", language="ko") + silence(0.1)) * 3
    utterance = vosk.open(language="ko", phrases=YES_NO)
    for place in range(0, len(sound), 320):
        utterance.feed(sound[place : place + 320])
    deadline = time.monotonic() + 30
    while not utterance.so_far and time.monotonic() < deadline:
        gevent.sleep(0.005)  # idling, we would take the core that the engine needs
    assert set(utterance.so_far[0].text.split()) <= set(YES_NO)
    utterance.cancel()


def test_vosk_knows_the_last_word_in_the_pause(vosk: Vosk, speaker: Pyttsx3) -> None:
    """The decoder is behind the sound; in a pause it is given the silence that is to come, and needs no more
    sound. Whoever goes on in that pause loses nothing."""
    first = silence(0.2) + speaker.speak("네", language="ko") + silence(0.24)
    second = silence(0.2) + speaker.speak("아니요", language="ko") + silence(0.3)
    first, second = (mixed(sound, noise(len(sound) / 16000, 8)) for sound in (first, second))
    utterance = vosk.open(language="ko", phrases=YES_NO)
    for place in range(0, len(first), 320):
        utterance.feed(first[place : place + 320])
    utterance.pause()
    _until(lambda: bool(utterance.so_far))
    assert utterance.so_far[0].text == "네"
    for place in range(0, len(second), 320):
        utterance.feed(second[place : place + 320])
        if place == 320 * 16:
            utterance.resume()
    utterance.pause()
    _until(lambda: len(utterance.so_far[0].text.split()) > 1 if utterance.so_far else False)
    assert utterance.so_far[0].text == "네 아니요"
    assert utterance.finish(30).readings[0].text == "네 아니요"


def _until(there: Callable[[], bool]) -> None:
    with gevent.Timeout(20):
        while not there():
            gevent.sleep(0.005)


def test_vosk_names_words_that_it_does_not_know(vosk: Vosk) -> None:
    """Vosk drops them in silence: the flow checker must be able to name them."""
    assert vosk.unknown_words("ko", ["네 아니요", "quux 네"]) == ("quux",)


def test_vosk_lives_on_phrases_that_it_does_not_know(vosk: Vosk, speaker: Pyttsx3) -> None:
    """An unknown phrase among known ones costs only itself; with none known it hears freely."""
    sound = silence(0.2) + speaker.speak("네", language="ko") + silence(0.3)
    assert said_to(vosk, sound, "ko", ("quux", *YES_NO)).readings[0].text == "네"
    assert said_to(vosk, sound, "ko", ("quux",)).engine == "vosk"


def test_many_callers_share_the_workers(vosk: Vosk, speaker: Pyttsx3) -> None:
    """Twelve utterances at once on two workers: everyone gets their own answer."""
    sounds = {text: silence(0.2) + speaker.speak(text, language="ko") + silence(0.3) for text in YES_NO}
    calls = [(text, gevent.spawn(said_to, vosk, sounds[text], "ko", YES_NO)) for text in YES_NO * 6]
    assert all(call.get(timeout=30).readings[0].text == text for text, call in calls)


def test_a_vosk_worker_killed_in_an_utterance_costs_nobody_a_word(vosk: Vosk, speaker: Pyttsx3) -> None:
    """What was said is said again to another worker: before the end of the words, and after it."""
    sound = silence(0.2) + speaker.speak("네", language="ko") + silence(0.3)
    vosk.unknown_words("ko", ["네"])
    repeated = vosk.figures.repeated
    utterances = [vosk.open(language="ko", phrases=YES_NO) for _ in range(2)]
    for utterance in utterances:
        utterance.feed(sound[:4800])
    killed = set(vosk.worker_pids())
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    with gevent.Timeout(20):
        # Said again to one that is dead as well and not known to be, the words would be lost.
        while killed & set(vosk.worker_pids()):
            gevent.idle()
    for utterance in utterances:
        utterance.feed(sound[4800:])
        assert utterance.finish(30).readings[0].text == "네"
    assert vosk.figures.repeated == repeated + 2 and vosk.figures.restarts >= 1


def _facts(process: int) -> list[str]:
    """Its state, its parent …"""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def test_a_template_that_hangs_is_replaced() -> None:
    """No worker comes of it any more: its successor forks the next one, and the hung one is gone."""
    settings = {"models": {"ko": str(_model("vosk-ko"))}}
    pool = WorkerPool(Template(Program("speech.worker_vosk", settings)), size=1, start_timeout=2.0)
    try:
        pool.wait_ready(60)
        (worker,) = pool.pids()
        template = int(_facts(worker)[1])
        with gevent.Timeout(20):
            while _facts(template)[0] != "S":  # it has forked, and waits
                gevent.sleep(0.05)
        os.kill(template, signal.SIGSTOP)
        os.kill(worker, signal.SIGKILL)
        with gevent.Timeout(60):
            while pool.pids() in ([], [worker]):
                gevent.sleep(0.05)
            while Path(f"/proc/{template}").exists():
                gevent.sleep(0.05)
    finally:
        pool.close()


def test_forked_workers_share_the_model(vosk: Vosk) -> None:
    """A second worker costs a few megabytes, not another model (measured: 5 to 14 of 300)."""
    vosk.unknown_words("ko", ["네"])
    private = []
    for pid in vosk.worker_pids():
        with open(f"/proc/{pid}/smaps_rollup") as file:  # noqa: PTH123 - /proc is no place for paths
            private += [int(line.split()[1]) for line in file if line.startswith("Private_Dirty")]
    assert private and max(private) < 60_000
