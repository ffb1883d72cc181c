"""What a call learns about how it hears its caller: echoes, who does not stop, answers that nobody took."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from dialogs.results import Heard, Keyed, NoInput, NoMatch
from esl.switch import ListeningLost
from ivr.clock import Clock
from ivr.living.attention import Attention
from ivr.living.collected import Collected
from ivr.living.hearing import MOST_UNHEARD, Hearing
from tests.ivr.paper import PaperCall
from tests.speech.question_scene import PaperEngine

UNHEARD = Collected(NoMatch(), 1.0, recognizer_lost=True)
HEARD = Collected(NoMatch("no"), 1.0, given=Heard(()))
KEYED = Collected(NoMatch("1"), 1.0, given=Keyed("1"))
SILENCE = Collected(NoInput(), None)


@pytest.fixture
def call() -> PaperCall:
    """A call on paper."""
    return PaperCall()


@pytest.fixture
def attention(call: PaperCall) -> Attention:
    """Where it waits."""
    return Attention(call, Clock(), longest=60.0)


@pytest.fixture
def hearing(call: PaperCall, attention: Attention) -> Hearing:
    """With an engine that understands Spanish."""
    return Hearing(call, attention, PaperEngine([]))


def test_the_switch_sends_sound_only_where_somebody_listens(call: PaperCall, attention: Attention) -> None:
    """Live audio that nobody hears is work for nothing."""
    Hearing(call, attention, None).begin()
    assert call.orders == []
    Hearing(call, attention, PaperEngine([])).begin()
    assert call.orders == ["start_listening"]


def test_a_language_that_nobody_understands_goes_by_keys(hearing: Hearing) -> None:
    """That question; the others of the call are heard."""
    assert hearing.listener("ca") is None
    assert hearing.listener("es") is hearing.listener_over_prompts("es") is hearing.recognizer is not None


def test_without_live_audio_nobody_listens(call: PaperCall, attention: Attention, hearing: Hearing) -> None:
    """An utterance would be opened that never ends."""
    call.inbox.put(ListeningLost("the file is gone"))
    attention.next(1.0)
    assert hearing.listener("es") is None and hearing.listener_over_prompts("es") is None


def test_a_line_that_echoes_does_so_for_the_rest_of_the_call(hearing: Hearing) -> None:
    """From the first echo on, speech cuts no prompt; between prompts the caller is heard as before."""
    assert hearing.into_prompts == "answer"
    hearing.learn(Collected(NoMatch(), 1.0, echoes=True))
    hearing.learn(HEARD)
    assert hearing.into_prompts == "echo"
    assert hearing.listener_over_prompts("es") is None and hearing.listener("es") is not None


def test_an_echo_of_a_sentence_counts_as_well(hearing: Hearing) -> None:
    """The line is the same one."""
    hearing.note_echo()
    assert hearing.into_prompts == "echo"
    assert hearing.listener_over_prompts("es") is None


def test_who_talks_on_hears_the_next_question_and_may_interrupt_the_one_behind(hearing: Hearing) -> None:
    """Each answer decides anew; over a sentence they may object at any time."""
    hearing.learn(Collected(NoMatch(), 1.0, given=Heard(()), talks_on=True))
    assert hearing.into_prompts == "talk"
    assert hearing.listener_over_prompts("es") is not None
    hearing.learn(SILENCE)
    assert hearing.into_prompts == "answer"


@pytest.mark.parametrize("between", [KEYED, SILENCE])
def test_what_is_not_spoken_does_not_show_that_somebody_is_heard(
    hearing: Hearing, between: Collected
) -> None:
    """Keys and silence prove nothing about the recogniser."""
    for one in (UNHEARD, between, UNHEARD):
        hearing.learn(one)
    assert hearing.recognizer is None and hearing.listener("es") is None


def test_an_answer_that_was_heard_lets_the_count_begin_again(hearing: Hearing) -> None:
    """One busy moment here and there takes nobody's voice."""
    for one in (UNHEARD, HEARD, UNHEARD):
        hearing.learn(one)
    assert hearing.recognizer is not None


def test_that_a_call_goes_by_keys_is_told_once(hearing: Hearing) -> None:
    """Not again at each answer that is keyed from then on."""
    with capture_logs() as told:
        for one in (*[UNHEARD] * MOST_UNHEARD, KEYED, SILENCE):
            hearing.learn(one)
    assert [one["event"] for one in told] == ["call_by_keys"]
