"""A whole sound said to a recogniser: at once, or as a session does it on a call."""

from __future__ import annotations

import time

import gevent

from speech.endpointing import Endpointer, SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted
from speech.recognizer import Hypothesis, Recognizer

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


def on_a_call(
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
