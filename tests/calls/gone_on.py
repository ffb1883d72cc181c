"""A caller who goes on while their words are being recognised; the worker is held for that long."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gevent.queue import Queue

from esl.embedded.caller import ScriptedCaller
from ivr.demo import GAP_BEFORE_SPEAKING
from ivr.moments import CallerAnswered, Moment, SystemSpoke
from speech.auto import AutoRecognizer
from speech.recognizer import Recognizer

THOUGHT = 0.8
"""Seconds between the two halves: more than the pause that ends an answer to a menu."""


@contextmanager
def held(recognizer: Recognizer | None) -> Iterator[Callable[[], None]]:
    """Whisper's worker stands still, until what this gives is called."""
    assert isinstance(recognizer, AutoRecognizer) and recognizer._whisper is not None
    (worker,) = recognizer._whisper.worker_pids()
    os.kill(worker, signal.SIGSTOP)
    try:
        yield lambda: os.kill(worker, signal.SIGCONT)
    finally:
        os.kill(worker, signal.SIGCONT)


def answer_in_two_halves(
    caller: ScriptedCaller, moments: Queue[Moment], recognizer: Recognizer | None, halves: tuple[bytes, bytes]
) -> CallerAnswered:
    """What was understood at the main menu."""

    def until(kind: type[Moment]) -> Moment:
        while not isinstance(moment := moments.get(timeout=30), kind):
            pass
        return moment

    with caller:
        until(SystemSpoke)
        caller.wait_until_quiet(GAP_BEFORE_SPEAKING)
        with held(recognizer) as let_go:
            caller.speak(halves[0])
            caller.silent(THOUGHT)
            caller.start_speaking(halves[1])
            caller.silent(0.3)
            let_go()
            answered = until(CallerAnswered)
        caller.hang_up()
    assert isinstance(answered, CallerAnswered)
    return answered
