"""What a caller hears while a back end takes its time: a word that it takes a moment, then soft music, again.

Rules:
1. Who is answered soon hears nothing of it: it begins after `after` seconds.
2. An answer ends the music at once; a sentence is spoken to its end, for half a word sounds broken.
3. Once it sounds, the key 0 leads to a person. Other keys, and a 0 before that, are for the next question.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from esl.errors import CommandRefusedError
from esl.switch import Call, Digit, Finished
from ivr.clock import Clock

REST = 4.0
"""Seconds of silence between two sentences where there is no music."""
SHORTEST = 1.0
"""Seconds from the beginning of one sound to the beginning of the next, at least."""
PERSON = "0"


class PersonWanted(Exception):
    """The caller does not want to wait for the answer."""


class Meanwhile:
    """Fills the time of one look-up or write."""

    def __init__(
        self,
        call: Call,
        clock: Clock,
        *,
        words: Callable[[], str | None] | None,
        music: Path | None,
        after: float,
        rest: float = REST,
        person: bool = True,
    ) -> None:
        """`words` begins to speak and returns the command's id; without it nothing ever sounds. `rest`:
        seconds between two sentences without music. `person`: the caller may leave for a person."""
        self._person, self._rest = person, rest
        self._call, self._clock = call, clock
        self._words, self._music = words, music
        self._next_at = clock.now() + after
        self._began_at = 0.0
        self._command: str | None = None
        self._speaking = False
        self._begun = False

    def left(self) -> float:
        """Seconds until there is something to do; what sounds tells its end by itself."""
        if self._words is None or self._command is not None:
            return 60.0
        return max(0.0, self._next_at - self._clock.now())

    def go_on(self) -> None:
        """Begins what is due. Raises `CallEnded`."""
        if self._words is None or self._command is not None or self._clock.now() < self._next_at:
            return
        self._began_at = self._clock.now()
        try:
            if self._speaking and self._music is not None:
                self._command, self._speaking = self._call.play([self._music]), False
            else:
                self._command, self._speaking, self._begun = self._words(), True, True
                if self._command is None:
                    self._words = None  # nothing to say it with: a silent wait is still a wait
        except CommandRefusedError:
            self._words = None

    def takes(self, event: object) -> bool:
        """Whether that event is ours. Raises `PersonWanted`."""
        match event:
            case Finished(command_id=ended) if ended == self._command:
                self._command = None
                # A file that the switch cannot play ends at once: it is not asked for again and again.
                self._next_at = max(self._clock.now(), self._began_at + SHORTEST)
                if self._music is None:
                    self._next_at += self._rest
                    self._speaking = False
                return True
            case Digit(key) if key == PERSON and self._begun and self._person:
                raise PersonWanted
        return False

    @property
    def begun(self) -> bool:
        """Whether something was said."""
        return self._begun

    @property
    def sounding(self) -> str | None:
        """The command of what sounds now."""
        return self._command

    def stop(self, *, words: bool = False) -> None:
        """Ends the music; a sentence ends by itself, unless `words` says otherwise. Raises `CallEnded`."""
        if self._command is not None and (words or not self._speaking):
            self._call.stop_playing()
