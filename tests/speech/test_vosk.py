"""Recognition with the real engines: Korean by Vosk, Spanish, Catalan and English by Whisper.

The callers are espeak-ng voices at 8 kHz. Whisper hears them worse than people, so what is asserted
are the phrases that the demo needs, with a caller's voice that was chosen by measurement.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import gevent
import pytest

from speech.endpointing import Endpointer, SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted
from speech.errors import RecognizerLost, RecognizerTimeout
from speech.frames import Frame, Header
from speech.pyttsx3 import Pyttsx3
from speech.recognizer import Hypothesis, Recognizer
from speech.spawning import Program, Template
from speech.utterances import WorkerUtterance
from speech.vosk import Vosk
from speech.whisper import Whisper
from speech.workers import WorkerPool
from tests.speech.conftest import _model, mixed, noise, silence, tones

YES_NO = ("네", "아니요")
MENU = {
    "es": (
        *("saldo", "mi saldo", "quiero saber mi saldo", "pedido", "incidencia", "una persona", "agente"),
        *("repetir", "ayuda", "adiós", "sí", "no", "no gracias"),
    ),
    "ca": (
        "saldo",
        "vull saber el meu saldo",
        "comanda",
        "una persona",
        "repetir",
        "adéu",
        "sí",
        "no",
        "no gràcies",
    ),
    "en": (
        "balance",
        "my balance",
        "order",
        "a person",
        "agent",
        "repeat",
        "goodbye",
        "yes",
        "no",
        "no thank you",
    ),
}
DIGITS = ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")


def said_to(
    recognizer: Recognizer,
    sound: bytes,
    language: str,
    phrases: tuple[str, ...],
    words: tuple[str, ...] = (),
) -> Hypothesis:
    """Feeds a whole sound frame by frame, without waiting, and takes the answer."""
    utterance = recognizer.open(language=language, phrases=phrases, words=words)
    for place in range(0, len(sound), 320):
        utterance.feed(sound[place : place + 320])
    return utterance.finish(30)


def _on_a_call(
    recognizer: Recognizer,
    sound: bytes,
    language: str,
    phrases: tuple[str, ...] = (),
    words: tuple[str, ...] = (),
) -> Hypothesis:
    """As a session does it, in real time: end-pointing decides, pauses are passed on."""
    endpointer, utterance = Endpointer(), None
    began, clock = time.monotonic(), gevent.get_hub().loop
    for number, place in enumerate(range(0, len(sound) - 319, 320), start=1):
        ahead = began + number * 0.02 - time.monotonic()
        if ahead > 0:
            gevent.get_hub().wait(clock.timer(ahead))
        frame = sound[place : place + 320]
        if utterance is not None:
            utterance.feed(frame)
        for event in endpointer.push(frame):
            match event:
                case SpeechStarted(audio=beginning):
                    utterance = recognizer.open(language=language, phrases=phrases, words=words)
                    utterance.feed(beginning)
                case SpeechPaused() if utterance is not None:
                    utterance.pause()
                case SpeechResumed() if utterance is not None:
                    utterance.resume()
                case SpeechEnded() if utterance is not None:
                    return utterance.finish(30)
    raise AssertionError("the endpointer heard no end")


# --- Vosk ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", YES_NO)
def test_vosk_hears_yes_and_no(vosk: Vosk, speaker: Pyttsx3, text: str) -> None:
    """The production path whole: template, forked worker, grammar, 8 kHz."""
    sound = silence(0.2) + speaker.speak(text, language="ko") + silence(0.3)
    heard = _on_a_call(vosk, sound + silence(0.8), "ko", YES_NO)
    assert heard.readings[0].text == text
    assert heard.readings[0].confidence > 0.8


@pytest.mark.long
def test_vosk_answers_at_once(vosk: Vosk, speaker: Pyttsx3) -> None:
    """The words are recognised while they are spoken: on a quiet machine nothing is left for the end."""
    sound = silence(0.2) + speaker.speak("네", language="ko") + silence(1.1)
    assert _on_a_call(vosk, sound, "ko", YES_NO).wait_seconds < 0.2


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


# --- Whisper -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "quiero saber mi saldo"),
        ("es", "una persona"),
        ("es", "adiós"),
        ("es", "no gracias"),
        ("es", "no"),
        ("ca", "una persona"),
        ("ca", "vull saber el meu saldo"),
        ("en", "my balance"),
        ("en", "a person"),
        ("en", "yes"),
    ],
)
def test_whisper_hears_what_the_menu_expects(
    whisper: Whisper, caller: Pyttsx3, language: str, text: str
) -> None:
    """The fallback engine carries a call in each of the three languages."""
    sound = silence(0.3) + caller.speak(text, language=language) + silence(0.6)
    heard = said_to(whisper, sound, language, MENU[language])
    assert heard.readings[0].text == text
    assert heard.readings[0].confidence >= 0.2


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Header]:
    """What the workers answer, as it comes over the wire."""
    seen: list[Header] = []
    answer = WorkerUtterance._answer

    def noted(utterance: WorkerUtterance, timeout: float) -> Frame:
        header, body = answer(utterance, timeout)
        seen.append(header)
        return header, body

    monkeypatch.setattr(WorkerUtterance, "_answer", noted)
    return seen


def test_whisper_hears_a_number_while_it_is_spoken(
    whisper: Whisper, caller: Pyttsx3, answers: list[Header]
) -> None:
    """Five digits in real time: right, and ready when the final silence is over."""
    sound = silence(0.4) + caller.speak("cuatro, cinco, siete, uno, ocho", language="es") + silence(1.2)
    heard = _on_a_call(whisper, sound, "es", words=DIGITS)
    texts = [reading.text.replace(" ", "") for reading in heard.readings]
    assert texts[0] in {"45718", "cuatrocincosieteunoocho"}
    assert [answer["ready_before"] for answer in answers] == [True]


def test_the_answer_is_ready_before_the_silence_is_over(
    whisper: Whisper, caller: Pyttsx3, answers: list[Header]
) -> None:
    """What was decoded from the pause on is the answer at the end: nothing is decoded after the silence."""
    sound = silence(0.4) + caller.speak("quiero saber mi saldo", language="es") + silence(1.2)
    heard = _on_a_call(whisper, sound, "es", MENU["es"])
    assert heard.readings[0].text == "quiero saber mi saldo"
    assert [answer["ready_before"] for answer in answers] == [True]


def test_going_on_after_a_pause_voids_what_was_decoded(whisper: Whisper, caller: Pyttsx3) -> None:
    """A speculative result of the first half must not be the answer to the whole."""
    utterance = whisper.open(language="es", words=DIGITS)
    utterance.feed(silence(0.3) + caller.speak("cuatro", language="es") + silence(0.4))
    utterance.pause()
    utterance.resume()
    utterance.feed(caller.speak("siete", language="es") + silence(0.4))
    utterance.pause()
    texts = [reading.text for reading in utterance.finish(30).readings]
    assert texts[0] in {"cuatro siete", "4 7"}


@pytest.mark.parametrize(
    "sound",
    [
        noise(3.0, 800),
        noise(10.0, 3000),
        noise(3.0, 800, kind="pink"),
        silence(3.0),
        tones(770, 1336, seconds=1.0),
    ],
)
def test_whisper_makes_nothing_of_noise_and_does_not_loop(whisper: Whisper, sound: bytes) -> None:
    """Noise gives no reading, and never the 17 seconds that free decoding takes even on a quiet machine."""
    for phrases in ((), MENU["es"]):
        heard = said_to(whisper, sound, "es", phrases)
        assert heard.readings == ()
        assert heard.wait_seconds < 12.0


@pytest.mark.parametrize("text", ["tengo hambre", "mañana lloverá en Sevilla", "el perro come pan"])
def test_whisper_is_not_sure_of_what_nobody_asked(whisper: Whisper, caller: Pyttsx3, text: str) -> None:
    """No expected phrase is forced onto other words: what comes stays below one half."""
    sound = silence(0.3) + caller.speak(text, language="es") + silence(0.5)
    heard = said_to(whisper, sound, "es", MENU["es"])
    assert all(reading.confidence < 0.5 for reading in heard.readings)


AMOUNTS = (
    "ciento cuarenta y dos euros con treinta céntimos",
    "ochenta y un euros con doce céntimos",
    "doscientos tres euros",
    "cuarenta y siete euros con noventa céntimos",
    "quinientos noventa y nueve euros con noventa y nueve céntimos",
)


@pytest.mark.parametrize("amount", AMOUNTS)
def test_the_amount_that_we_speak_is_audible(whisper: Whisper, speaker: Pyttsx3, amount: str) -> None:
    """Our own voice, recognised again among other amounts: the right one was to be heard."""
    sound = speaker.speak(f"Su saldo pendiente es de {amount}.", language="es", pace=0.85)
    expected = tuple(f"su saldo pendiente es de {one}" for one in AMOUNTS)
    heard = said_to(whisper, silence(0.3) + sound + silence(0.5), "es", expected)
    assert heard.readings[0].text == f"su saldo pendiente es de {amount}"


def test_whisper_gives_up_in_time(whisper: Whisper, caller: Pyttsx3) -> None:
    """A deadline is a deadline; the worker lives on."""
    utterance = whisper.open(language="es", words=DIGITS)
    utterance.feed(silence(0.3) + caller.speak("cuatro, cinco, siete, uno, ocho", language="es"))
    with pytest.raises(RecognizerTimeout):
        utterance.finish(0.001)
    utterance.cancel()
    sound = silence(0.3) + caller.speak("una persona", language="es") + silence(0.4)
    assert said_to(whisper, sound, "es", MENU["es"]).readings[0].text == "una persona"


def test_a_language_that_is_not_served_is_refused(whisper: Whisper) -> None:
    """One clear line, before any sound is sent."""
    with pytest.raises(RecognizerLost, match="'xx'"):
        whisper.open(language="xx")


def test_cancelling_is_always_safe(whisper: Whisper) -> None:
    """A caller who hangs up in the middle, or after the end, leaves nothing behind."""
    utterance = whisper.open(language="es")
    utterance.feed(silence(0.5))
    utterance.cancel()
    utterance.cancel()
    utterance.feed(silence(0.5))
    utterance.pause()


def test_a_whisper_worker_killed_in_an_utterance_is_replaced_without_a_long_silence(
    whisper: Whisper, caller: Pyttsx3
) -> None:
    """Heard by the new worker, or given up after two seconds; the next one is recognised in any case."""
    sound = silence(0.3) + caller.speak("una persona", language="es") + silence(0.4)
    utterance = whisper.open(language="es", phrases=MENU["es"])
    utterance.feed(sound)
    os.kill(whisper.worker_pids()[0], signal.SIGKILL)
    began = time.monotonic()
    try:
        assert utterance.finish(30).readings[0].text == "una persona"
    except RecognizerLost as lost:
        assert "ended" in str(lost)
    assert time.monotonic() - began < 10.0  # of the 30 that it was given
    assert said_to(whisper, sound, "es", MENU["es"]).readings[0].text == "una persona"
