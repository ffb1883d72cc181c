"""One place to wait in a call.

Rules:
1. A hang-up ends every wait at once, by `CallOverError`; nothing is swallowed after it.
2. Work that takes time (a look-up, the recogniser) runs beside, and its end comes to the same inbox.
3. Keys that are pressed while nobody asks are kept for the next question; those that run on from an answer
   that was not taken were meant for the question behind it (a PIN after a number), and are dropped.
4. The last two seconds of sound are kept: a question that begins has to know who is speaking.
5. A call that lasts longer than it may is told so once, by `CallTooLongError`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import gevent
from gevent.queue import Empty

from esl.switch import SAMPLE_RATE, Audio, Call, Digit, Finished, Held, HungUp, ListeningLost, TakenBack
from ivr.clock import Clock
from ivr.living.meanwhile import Meanwhile

T = TypeVar("T")
_KEPT_SOUND = 2 * 2 * SAMPLE_RATE
"""Bytes: what an ear needs to know the line's noise."""
_STALE = 0.5
"""Seconds without sound (nobody listened) after which what is kept tells nothing of this moment."""
KEPT_KEYS = 40
"""More than any question takes; a caller who leans on a key fills no memory."""
RUN_ON = 1.0
"""Seconds: a key that follows so soon was meant before it could be heard that the answer was not taken."""


class CallOverError(Exception):
    """The leg is gone; `hung_up` tells how."""

    def __init__(self, hung_up: HungUp) -> None:
        super().__init__(hung_up.cause)
        self.hung_up = hung_up


class CallTooLongError(Exception):
    """The call has used up its time."""


class DeadlineError(Exception):
    """Work beside the call did not end in time."""


class KeyedError(Exception):
    """The caller has pressed a key, which makes the work beside the call needless."""


class SpokeOnError(Exception):
    """The caller goes on speaking, which makes the work beside the call needless."""


@dataclass(frozen=True)
class WorkEnded(Generic[T]):
    """Work beside the call is over. `token`: what its beginning gave."""

    token: object
    value: T | None
    fault: Exception | None


class Attention:
    """The call's inbox, with the rules above."""

    def __init__(
        self,
        call: Call,
        clock: Clock,
        *,
        longest: float,
        on_hold: Callable[[Held | TakenBack], None] | None = None,
    ) -> None:
        """`longest` is in seconds; `on_hold` is told of every hold, and of its end."""
        self._call = call
        self._on_hold = on_hold
        self._clock = clock
        self._ends_at: float | None = clock.now() + longest
        self.keys: deque[str] = deque(maxlen=KEPT_KEYS)
        self._sound = bytearray()
        self._sounded_at = 0.0
        self._forgotten = ""
        self._runs_on_until = 0.0
        self.listening_lost = ""
        """Why there is no live audio any more; empty while there is."""
        self.over: HungUp | None = None

    def next(self, timeout: float) -> Audio | Digit | Finished | ListeningLost | WorkEnded[object] | None:
        """The next event, or None after `timeout` seconds of call time.

        Raises `CallOverError`, `CallTooLongError`.
        """
        if self.over is not None:
            raise CallOverError(self.over)
        if self._ends_at is not None and self._clock.now() > self._ends_at:
            self._ends_at = None
            raise CallTooLongError
        try:
            event = self._call.inbox.get(timeout=self._clock.wait_seconds(timeout))
        except Empty:
            return None
        match event:
            case HungUp():
                self.over = event
                raise CallOverError(event)
            case ListeningLost(reason):
                self.listening_lost = reason
                return event
            case Digit(key):
                forgotten, self._forgotten = self._forgotten, ""
                return None if key == forgotten or self._runs_on(key) else event
            case Audio() | Finished() | WorkEnded():
                self._keep(event)
                return event
            case Held() | TakenBack():
                if self._on_hold is not None:
                    self._on_hold(event)
                return None
            case _:
                return None

    def _keep(self, event: object) -> None:
        if not isinstance(event, Audio):
            return
        self._sound += event.samples
        self._sounded_at = self._clock.now()
        if len(self._sound) > 2 * _KEPT_SOUND:
            del self._sound[:-_KEPT_SOUND]

    def catch_up(self) -> None:
        """Takes what came while nobody waited for anything (a prompt was being made); keys are kept.

        Raises `CallOverError`, `CallTooLongError`.
        """
        while not self._call.inbox.empty():
            if isinstance(event := self.next(0.0), Digit):
                self.keys.append(event.key)

    @property
    def lately(self) -> bytes:
        """What the line has brought until now and nobody has judged: two seconds of it, or less."""
        if self._clock.now() - self._sounded_at > _STALE:
            return b""
        return bytes(self._sound[-_KEPT_SOUND:])

    def judged(self, but_last: float = 0.0) -> None:
        """All that was heard until now has been answered to, or all but the last seconds."""
        del self._sound[: max(0, len(self._sound) - 2 * round(but_last * SAMPLE_RATE))]

    def forget_next(self, key: str) -> None:
        """Drops `key` if it is the next that comes: it ends an answer that was complete without it."""
        if self.keys and self.keys[0] == key:
            self.keys.popleft()
        elif not self.keys:
            self._forgotten = key

    def drop_run_on(self) -> None:
        """Drops what was keyed ahead, and the keys that follow one another from now on without a pause."""
        self.keys.clear()
        self._runs_on_until = self._clock.now() + RUN_ON

    def _runs_on(self, key: str) -> bool:
        now = self._clock.now()
        # A star is part of no number: it asks for something (`*0` for a person), and is always heard.
        runs_on = key != "*" and now < self._runs_on_until
        self._runs_on_until = now + RUN_ON if runs_on else 0.0
        return runs_on

    def lift_limit(self) -> None:
        """From now on the call may last as long as it likes: people are talking."""
        self._ends_at = None

    def until_finished(
        self,
        command_id: str,
        on_key: Callable[[], None] | None = None,
        on_sound: Callable[[bytes], object] | None = None,
    ) -> Finished:
        """Waits for the end of an application; keys pressed meanwhile are kept, and `on_key` is told.
        `on_sound` is given what the line brings."""
        while True:
            match self.next(1.0):
                case Finished(command_id=ended) as finished if ended == command_id:
                    return finished
                case Digit(key):
                    self.keys.append(key)
                    if on_key is not None:
                        on_key()
                case Audio(samples=samples) if on_sound is not None:
                    on_sound(samples)

    def until_said(self, command_id: str) -> None:
        """Waits for the end of what is said ahead of a prompt; keys pressed meanwhile are the prompt's."""
        before = len(self.keys)
        self.until_finished(command_id)
        pressed = list(self.keys)[before:]
        for _key in pressed:
            self.keys.pop()
        for key in pressed:
            self._call.inbox.put(Digit(key))

    def beside(self, work: Callable[[], object]) -> object:
        """Begins `work` beside the call; its end comes as a `WorkEnded` with the token that is given here."""
        token = object()
        self._begin(token, work)
        return token

    def _begin(self, token: object, work: Callable[[], T]) -> gevent.Greenlet[..., None]:
        def run() -> None:
            try:
                self._call.inbox.put(WorkEnded(token, work(), None))
            except Exception as fault:  # noqa: BLE001 - it is raised again where it is awaited
                self._call.inbox.put(WorkEnded(token, None, fault))

        return gevent.spawn(run)

    def during(
        self,
        work: Callable[[], T],
        deadline: float,
        filling: Meanwhile | None = None,
        *,
        until_key: bool = False,
        until_sound: Callable[[bytes], bool] = lambda _samples: False,
    ) -> T:
        """Does `work` beside the call and returns what it returns, or raises what it raises.

        `filling` is what the caller hears while it takes long. `until_key`: a key ends it. `until_sound` is
        given what the line brings, and tells whether that ends it.

        Raises `DeadlineError` after `deadline` seconds, `PersonWanted` if the caller does not want to wait,
        `KeyedError` for a key that ends it (it is kept), `SpokeOnError` for sound that does, and
        `CallOverError` as soon as the caller hangs up; the work is given up in all these cases.
        """
        token = object()
        beside = self._begin(token, work)
        ends_at = self._clock.now() + deadline
        try:
            while (left := ends_at - self._clock.now()) > 0:
                event = self.next(left if filling is None else min(left, filling.left()))
                if filling is not None and filling.takes(event):
                    event = None
                match event:
                    case WorkEnded(token=ended, value=value, fault=fault) if ended is token:
                        if fault is not None:
                            raise fault
                        return value  # type: ignore[return-value] # the token ties it to `work`
                    case Digit(key):
                        self.keys.append(key)
                        if until_key:
                            raise KeyedError
                    case Audio(samples=samples) if until_sound(samples):
                        raise SpokeOnError
                if filling is not None:
                    filling.go_on()
            raise DeadlineError
        finally:
            beside.kill(block=False)
