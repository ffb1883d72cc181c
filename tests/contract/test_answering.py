"""Who answers a call that we place, on the live audio of both switches: people, a machine, nobody."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import gevent
import pytest

from esl.switch import Digit, HungUp
from ivr.clock import Clock
from ivr.living.answered import GreetingOver, WhoAnswers
from speech.answering import Answering
from speech.pyttsx3 import Pyttsx3
from tests.contract.place import (
    ALMOST_ALL,
    Application,
    Callee,
    Place,
    Session,
    arrived,
    in_a_row,
    together,
    wav,
)
from tests.freeswitch.sound import noise, tone

GREETING = "Ahora no podemos atenderle. Deje su mensaje después de la señal."


@pytest.fixture(scope="module")
def speaker() -> Iterator[Pyttsx3]:
    engine = Pyttsx3(timeout=20.0, patience=20.0)
    yield engine
    engine.close()


def placed(place: Place, application: Application, number: str) -> tuple[Callee, Session]:
    """Somebody who was called, has answered, and is with our server."""
    callee = place.callee(number)
    dial = f"originate {callee.dial} '&socket(127.0.0.1:{place.port} async full)'"
    gevent.spawn(place.api, dial)
    callee.wait_for_call()
    callee.answer()
    return callee, application.next_call()


def silence(seconds: float) -> bytes:
    return bytes(round(seconds * 8000) * 2)


def detected(session: Session) -> Answering:
    return WhoAnswers(session.call, Clock()).detect()


def test_people_are_people(place: Place, application: Application, speaker: Pyttsx3) -> None:
    """Two of them at once, by one reader of live audio; each says a word and waits."""
    found: dict[str, Answering] = {}
    answered = [
        (*placed(place, application, number), words)
        for number, words in (("34600333441", "¿Sí?"), ("34600333442", "Diga"))
    ]

    def hear(session: Session, words: str) -> None:
        found[words] = detected(session)

    sounds = [speaker.speak(words, language="es") for *_, words in answered]
    for (callee, session, _words), sound in zip(answered, sounds, strict=True):
        session.call.start_listening()  # a word said before that is heard by nobody, on a busy machine
        callee.say(silence(0.3) + sound)
    together(*(partial(hear, session, words) for _callee, session, words in answered))
    assert {words: answering.kind for words, answering in found.items()} == {"¿Sí?": "human", "Diga": "human"}
    assert all(answering.after_seconds <= 3.0 for answering in found.values()), found


def test_a_message_is_left_after_the_tone(place: Place, application: Application, speaker: Pyttsx3) -> None:
    """The greeting is known for a machine's in the middle; the tone's end is told once it is out, and what we
    play then is heard whole."""
    callee, session = placed(place, application, "34600333443")
    said = callee.say(silence(0.3) + speaker.speak(GREETING, language="es") + silence(0.6) + tone(1000, 0.4))
    heard = WhoAnswers(session.call, Clock())
    answering = heard.detect()
    assert (answering.kind, said.is_set()) == ("machine", False), answering
    over = heard.wait_for_tone()
    assert over.how == "tone", over
    assert said.wait(2), "the tone's end was told before the tone had ended"
    message = noise(1.0)
    session.finished(session.call.play([wav(place.folder / "message.wav", message)]))
    gevent.sleep(0.3)
    assert arrived(message, in_a_row(callee)) >= ALMOST_ALL


def test_who_presses_a_key_is_a_person(place: Place, application: Application) -> None:
    """At once, without a word; and the key is left for the question that follows."""
    callee, session = placed(place, application, "34600333445")
    pressing = gevent.spawn(callee.press, "5")
    assert detected(session) == Answering("human", pytest.approx(0.0, abs=3.0), "the key 5")
    pressing.get(timeout=5)
    assert session.until(lambda event: isinstance(event, Digit)) == Digit("5")


def test_who_hangs_up_is_nobody(place: Place, application: Application) -> None:
    """It is told at once, before the time is over, and the call's end is left in the inbox."""
    callee, session = placed(place, application, "34600333446")
    heard = WhoAnswers(session.call, Clock())
    gevent.spawn_later(0.3, callee.hang_up)
    answering = heard.detect()
    assert answering.kind == "unknown" and answering.evidence.startswith("they hung up")
    assert heard.wait_for_tone() == GreetingOver("gone", pytest.approx(0.0, abs=3.0), "NORMAL_CLEARING")
    assert session.hung_up() == HungUp("NORMAL_CLEARING", by_caller=True)
