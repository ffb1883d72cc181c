"""What has been asked on a connection and not been answered yet.

Rules:
1. Replies come in the order of the commands. A command that nobody waits for any more still takes its own.
2. Commands that belong together are one question: whoever asked is woken once, with all the replies.
3. Every question has a deadline. One clock watches those of a connection, for almost none is ever missed.
4. Seconds in which this process did not run are not the switch's silence: replies may lie there unread, those
   of hundreds of calls. After a clock that rang late, every deadline begins anew.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import gevent
from gevent.event import AsyncResult

from esl.wire import Message

_PUNCTUAL = 0.1
"""Seconds by which a clock may ring late on a machine that has time."""


class Question:
    """Commands that belong together."""

    __slots__ = ("answer", "due", "replies", "seconds", "size", "word")

    def __init__(self, word: str, size: int, seconds: float) -> None:
        self.word = word
        self.size = size
        self.seconds = seconds
        self.due = time.monotonic() + seconds
        self.replies: list[Message] = []
        self.answer: AsyncResult[list[Message]] = AsyncResult()

    def get(self) -> list[Message]:
        """Waits for all replies. Raises `ConnectionLostError`, `CommandTimeoutError`."""
        replies = self.answer.get()
        assert replies is not None
        return replies


class Replies:
    """The questions of one connection, the oldest first. `overdue` gets one whose time has passed, in a
    greenlet of its own."""

    def __init__(self, overdue: Callable[[Question], None]) -> None:
        self._overdue = overdue
        self._questions: deque[Question] = deque()
        self._clock: Any = None
        self._rings = 0.0

    def expect(self, questions: Sequence[Question]) -> None:
        """Their replies follow those that are awaited already. To be called before they are sent."""
        self._questions.extend(questions)
        due = questions[-1].due
        if self._clock is None or due < self._rings:
            self._wind(due)

    def take(self, message: Message) -> bool:
        """The next reply; False if there is no question."""
        if not self._questions:
            return False
        question = self._questions[0]
        question.replies.append(message)
        if len(question.replies) == question.size:
            self._questions.popleft()
            question.answer.set(question.replies)
        return True

    def end(self, fault: Callable[[], Exception]) -> None:
        """No reply comes any more: wakes everybody who waits, each with a fault of his own."""
        questions, self._questions = self._questions, deque()
        self._stop()
        for question in questions:
            question.answer.set_exception(fault())

    def _wind(self, due: float) -> None:
        self._stop()
        self._rings = due
        self._clock = gevent.get_hub().loop.timer(max(due - time.monotonic(), 0.0))
        self._clock.start(self._look)

    def _stop(self) -> None:
        clock, self._clock = self._clock, None
        if clock is not None:
            clock.stop()
            clock.close()

    def _look(self) -> None:
        """The clock has rung; in the hub, so that nothing here may wait."""
        self._stop()
        if not self._questions:
            return
        now = time.monotonic()
        if now - self._rings > _PUNCTUAL:
            for question in self._questions:
                question.due = now + question.seconds
        first = min(self._questions, key=lambda question: question.due)
        if first.due > now:
            self._wind(first.due)
        else:
            gevent.spawn(self._overdue, first)
