"""A caller who goes on while we think about what they have said is understood as a whole, on a live call."""

from __future__ import annotations

from gevent.queue import Queue

from ivr.moments import Moment
from ivr.stage import Stage
from ivr.voice import Speaker
from tests.calls.gone_on import answer_in_two_halves

NUMBER = "+34600000071"


def test_the_second_half_of_an_answer_counts(spoken_stage: Stage, speaker: Speaker) -> None:
    """Whisper hears it together with the first, and the call goes on where the whole leads."""
    moments: Queue[Moment] = Queue()
    spoken_stage.watch_caller(NUMBER, moments.put)
    answered = answer_in_two_halves(
        spoken_stage.caller(NUMBER, "Two halves"),
        moments,
        spoken_stage.server.rooms.voice.recognizer,
        (speaker.speak("quiero saber", "es"), speaker.speak("dónde está mi pedido", "es")),
    )
    assert (answered.step, answered.said) == ("main_menu", "quiero saber dónde está mi pedido")
    assert answered.value == "order"
