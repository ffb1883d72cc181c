"""Listens to what a caller dictates, to find what must not stay in the file: a PIN that is told beside it.

Rules:
1. Each part between two pauses is recognised while the caller goes on, and its words are kept nowhere.
2. No message is lost with it: what is not understood, or without a recogniser, stays as it was said.
3. What is found is silenced as a whole, with `AROUND` before and behind it. Rather a
   word too much than a digit.
"""

from __future__ import annotations

from dataclasses import dataclass

import gevent
import structlog

from dialogs.numbers_hidden import pins_among
from speech.endpointing import Endpointer, SpeechEnded, SpeechPaused, SpeechResumed, SpeechStarted, TooLong
from speech.errors import SpeechError
from speech.recognizer import Recognizer, Utterance

log = structlog.get_logger(__name__)

EACH = 20.0
"""Seconds that one part may take to be understood, while others are being said."""
_PAUSE = 0.6
"""Seconds of silence between two parts."""
_LONGEST_PART = 10.0
AROUND = 0.5


@dataclass(eq=False)
class _Part:
    """`begin`, `end`: seconds since the first frame."""

    begin: float
    end: float
    text: str = ""


class Overheard:
    """One dictation."""

    def __init__(self, recognizer: Recognizer | None, language: str) -> None:
        served = recognizer is not None and language in recognizer.languages()
        self._recognizer = recognizer if served else None
        self._language = language
        self._ear = self._new_ear(0.0)
        self._utterance: Utterance | None = None
        self._parts: list[_Part] = []
        self._recognising: list[gevent.Greenlet[..., None]] = []

    @staticmethod
    def _new_ear(start: float) -> Endpointer:
        return Endpointer(final_silence=_PAUSE, initial_timeout=None, longest=_LONGEST_PART, start=start)

    def push(self, frame: bytes) -> None:
        """A frame of 20 ms, in order. Never waits."""
        if self._recognizer is None:
            return
        if self._utterance is not None:
            self._utterance.feed(frame)
        for happening in self._ear.push(frame):
            match happening:
                case SpeechStarted(at=at, audio=beginning):
                    self._begin(self._recognizer, at, beginning)
                case SpeechPaused() if self._utterance is not None:
                    self._utterance.pause()
                case SpeechResumed() if self._utterance is not None:
                    self._utterance.resume()
                case SpeechEnded(at=at) | TooLong(at=at):
                    self._end(at)
                    self._ear = self._new_ear(at)

    def _begin(self, recognizer: Recognizer, at: float, beginning: bytes) -> None:
        self._parts.append(_Part(at, at))
        try:
            self._utterance = recognizer.open(language=self._language)
            self._utterance.feed(beginning)
        except SpeechError as lost:
            log.warning("not_overheard", reason=str(lost))
            self._utterance = None

    def _end(self, at: float) -> None:
        utterance, self._utterance = self._utterance, None
        if self._parts:
            self._parts[-1].end = at
        if utterance is not None:
            self._recognising.append(gevent.spawn(self._recognise, utterance, self._parts[-1]))

    @staticmethod
    def _recognise(utterance: Utterance, part: _Part) -> None:
        try:
            readings = utterance.finish(EACH).readings
        except SpeechError as lost:
            log.warning("not_overheard", reason=str(lost))
            return
        finally:
            utterance.cancel()
        part.text = readings[0].text if readings else ""

    def secrets(self) -> list[tuple[float, float]]:
        """What is to be silenced, in seconds since the first frame: once, at the end of the dictation. Waits
        until all is understood, or cannot be."""
        if self._ear.speaking:
            self._end(self._ear.position)
        gevent.joinall(self._recognising)
        found = pins_among([part.text for part in self._parts])
        return [
            (max(0.0, part.begin - AROUND), part.end + AROUND)
            for part, secret in zip(self._parts, found, strict=True)
            if secret
        ]
