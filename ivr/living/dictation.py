"""The caller has the word: what they say goes to a file of its own until a key, silence or the longest time.

Rules:
1. The switch writes the file (the caller's voice alone); we only listen for the end.
2. Without live audio (lost, refused) there is no silence to hear: a key or the longest time ends it.
3. A caller who hangs up has finished, too: what was said until then is kept.
4. A PIN that is told in it does not stay (`ivr.living.overheard`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dialogs.effects import Record
from esl.switch import FRAME_BYTES, Audio, Call, Digit, ListeningLost
from ivr.clock import Clock
from ivr.living.attention import Attention
from ivr.living.overheard import Overheard
from speech.endpointing import Endpointer, SpeechEnded, SpeechStarted, TooLong


@dataclass(frozen=True)
class Dictated:
    """`spoke`: something was said, as far as could be heard; `seconds`: from the beginning to the end."""

    spoke: bool
    seconds: float
    began_at: float = 0.0
    """Call time."""


class Dictation:
    """Performs one `Record`."""

    def __init__(
        self,
        record: Record,
        *,
        call: Call,
        attention: Attention,
        clock: Clock,
        overheard: Overheard | None = None,
    ) -> None:
        self._overheard = overheard or Overheard(None, "")
        self._record = record
        self._call = call
        self._attention = attention
        self._clock = clock
        self._endpointer = Endpointer(
            final_silence=record.final_silence, initial_timeout=None, longest=record.longest
        )
        self._deaf = False
        self._heard = False
        self._began = clock.now()

    @property
    def so_far(self) -> Dictated:
        """What there is at this moment; after a hang-up, all there will be."""
        return Dictated(self._heard or self._deaf, self._clock.now() - self._began, self._began)

    def secrets(self) -> list[tuple[float, float]]:
        """What of it is to be silenced, in seconds from its beginning. Waits for the last words."""
        return self._overheard.secrets()

    def take(self, file: Path) -> Dictated:
        """Records to the file. Raises `CommandRefusedError`, `CallEnded`, `CallOverError`."""
        self._attention.keys.clear()  # pressed during the prompt: they were for nothing
        self._call.start_listening()
        self._deaf = bool(self._attention.listening_lost)
        self._began = self._clock.now()
        self._call.start_voice_recording(file)
        self._wait()
        dictated = self.so_far
        self._call.stop_voice_recording()
        return dictated

    def _wait(self) -> None:
        ends_at = self._began + self._record.longest
        while (left := ends_at - self._clock.now()) > 0:
            if not self._heard and not self._deaf:
                left = min(left, self._began + self._record.initial_timeout - self._clock.now())
                if left <= 0:
                    return
            match self._attention.next(left):
                case Digit(key) if key in self._record.terminators:
                    return
                case Audio(samples=samples) if self._hears_the_end(samples):
                    return
                case ListeningLost():
                    self._deaf = True

    def _hears_the_end(self, samples: bytes) -> bool:
        if self._deaf:
            return False
        for start in range(0, len(samples), FRAME_BYTES):
            frame = samples[start : start + FRAME_BYTES]
            self._overheard.push(frame)
            for happening in self._endpointer.push(frame):
                match happening:
                    case SpeechStarted():
                        self._heard = True
                    case SpeechEnded() | TooLong():
                        return True
        return False
