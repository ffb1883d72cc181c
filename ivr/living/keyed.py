"""The keys that are pressed in answer to one question.

The time for the next one runs by the clock: live audio goes on arriving while a caller thinks about it.
"""

from __future__ import annotations

from dialogs.effects import Collect
from dialogs.results import Keyed, Match, NoMatch
from ivr.clock import Clock
from ivr.living.attention import Attention

STAR_KEYS = 2
"""Keys of a sequence that begins with a star: `*` repeats, `*0` asks for a person."""


class KeyedAnswer:
    """One question's."""

    def __init__(self, collect: Collect, attention: Attention, clock: Clock) -> None:
        self._collect, self._attention, self._clock = collect, attention, clock
        self._keys: list[str] = []
        self._until = 0.0

    @property
    def begun(self) -> bool:
        """Whether there is a key."""
        return bool(self._keys)

    @property
    def over(self) -> bool:
        """Whether no more are to come: it is complete, or took too long."""
        return self.begun and (self._complete() or self._clock.now() >= self._until)

    @property
    def left(self) -> float:
        """Seconds for the next key."""
        return max(0.0, self._until - self._clock.now())

    def typed_ahead(self) -> bool:
        """Takes the keys that were pressed before anybody waited for them; whether there is one."""
        if not self._collect.keys.longest:
            return False
        while self._attention.keys and not (self._keys and self._complete()):
            self._keys.append(self._attention.keys.popleft())
        self._wait_for_the_next()
        return self.begun

    def press(self, key: str) -> None:
        """One more."""
        self._keys.append(key)
        self._wait_for_the_next()

    def _wait_for_the_next(self) -> None:
        self._until = self._clock.now() + self._collect.keys.inter_digit_timeout

    def _complete(self) -> bool:
        keys = self._collect.keys
        if keys.terminator and self._keys[-1] == keys.terminator:
            return True
        longest = min(keys.longest, STAR_KEYS) if self._keys[0] == "*" else keys.longest
        return len(self._keys) >= longest

    def judged(self) -> tuple[Match | NoMatch, Keyed]:
        """The answer, and what was pressed. What was keyed on from a wrong one is dropped."""
        pressed = "".join(self._keys)
        terminator = self._collect.keys.terminator
        if terminator and pressed != terminator:
            if not pressed.endswith(terminator):
                self._attention.forget_next(terminator)  # "45716#": the # belongs to this answer
            pressed = pressed.removesuffix(terminator)
        given = Keyed(pressed)
        answer = self._collect.judge(given)
        if isinstance(answer, NoMatch):
            self._attention.drop_run_on()
        return answer, given
