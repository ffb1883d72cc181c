"""One place to wait: a hang-up ends everything, work runs beside, keys are kept."""

from __future__ import annotations

import gevent
import pytest
from gevent.event import Event

from esl.switch import Finished, HungUp, ListeningLost
from ivr.clock import Clock
from ivr.living.attention import KEPT_KEYS, Attention, CallOverError, CallTooLongError, DeadlineError
from tests.ivr.paper import PaperCall

SPEED = 50.0
"""Fifty seconds of call in one."""


def attention_of(call: PaperCall, longest: float = 600.0) -> Attention:
    return Attention(call, Clock(SPEED), longest=longest)


def test_a_hang_up_ends_the_wait_and_every_later_one() -> None:
    """Nothing goes on in a call that is over, however often it is asked."""
    call = PaperCall()
    attention = attention_of(call)
    call.inbox.put(HungUp("ORIGINATOR_CANCEL", by_caller=True))
    for _ in range(2):
        with pytest.raises(CallOverError) as ended:
            attention.next(1.0)
        assert ended.value.hung_up.cause == "ORIGINATOR_CANCEL"


def test_waiting_ends_after_the_time_of_the_call() -> None:
    """A wait has a deadline, in call time."""
    assert attention_of(PaperCall()).next(0.5) is None


def test_work_beside_the_call_brings_its_value() -> None:
    """A look-up's answer comes through the same place as everything else."""
    assert attention_of(PaperCall()).during(lambda: 42, 5.0) == 42


def test_work_beside_the_call_raises_its_fault() -> None:
    """A fault of the work is a fault of whoever asked for it, not of the greenlet that did it."""

    def fails() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        attention_of(PaperCall()).during(fails, 5.0)


def test_work_that_takes_too_long_is_given_up() -> None:
    """The caller does not wait for a back end that hangs, and the work is ended."""
    ended = Event()

    def hangs() -> None:
        try:
            Event().wait()
        finally:
            ended.set()

    with pytest.raises(DeadlineError):
        attention_of(PaperCall()).during(hangs, 1.0)
    assert ended.wait(timeout=5)


def test_a_hang_up_ends_work_at_once() -> None:
    """Rule 1: every wait has a deadline, and a hang-up ends it before that."""
    call = PaperCall()
    gevent.spawn(call.caller_hangs_up)
    with pytest.raises(CallOverError):
        attention_of(call).during(Event().wait, 10_000.0)


def test_keys_pressed_while_nobody_asks_are_kept_in_order_and_bounded() -> None:
    """Type-ahead works, and a key that is leaned on fills no memory."""
    call = PaperCall()
    attention = attention_of(call)
    call.keys("12")
    call.inbox.put(Finished("c1", "playback", "FILE PLAYED", {}))
    stopped: list[int] = []
    attention.until_finished("c1", on_key=lambda: stopped.append(1))
    assert (list(attention.keys), len(stopped)) == (["1", "2"], 2)
    call.keys("9" * 1000)
    call.inbox.put(Finished("c2", "playback", "FILE PLAYED", {}))
    attention.until_finished("c2")
    assert len(attention.keys) == KEPT_KEYS


def test_the_end_of_another_application_is_not_taken_for_this_ones() -> None:
    """Completions are matched by id, not by name."""
    call = PaperCall()
    call.inbox.put(Finished("c1", "playback", "other", {}))
    call.inbox.put(Finished("c2", "playback", "mine", {}))
    assert attention_of(call).until_finished("c2").response == "mine"


def test_a_call_that_lasts_too_long_is_told_once() -> None:
    """The limit ends the dialog, and then leaves room to say good-bye."""
    call = PaperCall()
    attention = attention_of(call, longest=0.0)
    with pytest.raises(CallTooLongError):
        attention.next(0.1)
    assert attention.next(0.1) is None


def test_lost_audio_is_remembered() -> None:
    """Whoever asks next knows that only keys are left, and why."""
    call = PaperCall()
    attention = attention_of(call)
    call.inbox.put(ListeningLost("disk full"))
    attention.next(1.0)
    assert attention.listening_lost == "disk full"
