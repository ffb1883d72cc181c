"""What was synthesised once is a file: the `Synthesizer` port, made of one engine or two."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

import gevent

from speech.errors import PromptNotKept, SynthesizerLate, SynthesizerLost
from speech.prompt_cache import CACHE_LIMIT, PromptCache
from speech.sound import write_wav
from speech.spare import Spare
from speech.studio import SOUND_VERSION
from speech.synthesizer import Waiting

LOG = logging.getLogger("speech.cached_synthesizer")
T = TypeVar("T")

SOON = 1.5
"""Seconds that callers wait for the preferred voice, for all of a prompt together. Piper says 160 signs in
them, on two busy cores."""
AT_ALL = 1.9
"""Seconds that callers wait for a prompt in any voice. A worker of pyttsx3 that hangs has been replaced in
1.2; what is left of two seconds is the switch's, to begin playing."""
LEFT_ALONE = 10.0
"""Seconds for which a preferred voice that was late is not asked, as a vosk-server is."""


class Speaker(Protocol):
    """An engine that gives samples, such as `speech.pyttsx3.Pyttsx3`."""

    engine: str

    def languages(self) -> frozenset[str]: ...

    def identity(self, language: str) -> str: ...

    def speak(self, text: str, *, language: str, pace: float = 1.0) -> bytes: ...

    def close(self) -> None: ...


class CachedSynthesizer:
    """The `Synthesizer` port: each text is spoken once and then is a file.

    Callers wait for the preferred voice no longer than `SOON`: then the other one speaks. They wait no longer
    than `AT_ALL` for both, even if a worker hangs and so does what takes its place: then they are to be told
    to wait, and the text is asked for again. What comes late is kept for the next time.
    """

    def __init__(
        self,
        speaker: Speaker,
        folder: Path,
        *,
        limit: int = CACHE_LIMIT,
        preferred: Speaker | None = None,
        soon: float = SOON,
        at_all: float = AT_ALL,
        clock: Callable[[], float] = time.monotonic,
        spare: Spare | None = None,
    ) -> None:
        """`folder` is created; `limit` in bytes, above which the longest unused files go.

        `preferred` speaks the languages that it has a voice for, as long as it can within `soon` seconds;
        `speaker` the rest, and what takes longer than `at_all` is late for somebody on the line. `spare`
        takes what the folder's disk does not. Raises
        `SynthesizerLost` if the folder cannot be written.
        """
        self._speaker, self._preferred = speaker, preferred
        self._longest, self._at_all, self._clock = soon, at_all, clock
        self._late_at = -math.inf
        self.engine = "+".join(one.engine for one in (preferred, speaker) if one is not None)
        self._spare = spare
        self._cache = PromptCache(folder, limit=limit, spare=spare)

    def render(self, text: str, *, language: str, pace: float = 1.0, waiting: Waiting | None = None) -> Path:
        """The file of this text, for somebody who waits for it on the line, since `waiting` or since now.

        Raises `SynthesizerLost`; `SynthesizerLate` if it takes too long for them, and goes on beside.
        """
        waiting = waiting or Waiting()
        wanted = self._preferring(language)
        if wanted is not None:
            if self._cache.has(_key(wanted, text, language, pace)):
                return self._render(wanted, text, language, pace)
            try:
                return self._soon(lambda: self._render(wanted, text, language, pace), waiting)
            except SynthesizerLost as lost:
                self._complain(wanted, lost)
        if self._cache.has(_key(self._speaker, text, language, pace)):
            return self._render(self._speaker, text, language, pace)
        return self._at_last(lambda: self._render(self._speaker, text, language, pace), waiting)

    def make(self, text: str, *, language: str, pace: float = 1.0) -> Path:
        """The same where nobody waits on the line: as long as it takes. Raises `SynthesizerLost`;
        `PromptNotKept` if the disk does not take it."""
        wanted = self._preferring(language)
        if wanted is not None:
            try:
                return self._render(wanted, text, language, pace, ahead=True)
            except PromptNotKept:
                raise
            except SynthesizerLost as lost:
                self._complain(wanted, lost)
        return self._render(self._speaker, text, language, pace, ahead=True)

    def speak_into(
        self,
        file: Path,
        text: str,
        *,
        language: str,
        pace: float = 1.0,
        waiting: Waiting | None = None,
    ) -> Path:
        """As `render`, into that file, and nothing of it is kept here; another, of its name, where its disk
        takes no more. Raises as that."""
        waiting = waiting or Waiting()
        pcm, wanted = None, self._preferring(language)
        if wanted is not None:
            try:
                pcm = self._soon(lambda: wanted.speak(text, language=language, pace=pace), waiting)
            except SynthesizerLost as lost:
                self._complain(wanted, lost)
        if pcm is None:
            pcm = self._at_last(lambda: self._speaker.speak(text, language=language, pace=pace), waiting)
        try:
            write_wav(file, pcm)
        except OSError as refused:
            if self._spare is None:
                raise SynthesizerLost(f"{file.parent}: cannot be written ({refused.strerror})") from None
            return self._spare.keep(file.stem, pcm, instead_of=file.parent, refused=refused)
        if self._spare is not None:
            self._spare.has_room(file.parent)
        return file

    def has(self, text: str, *, language: str, pace: float = 1.0) -> bool:
        """Whether it is there already. Raises `SynthesizerLost` without a voice."""
        speaker = self._preferring(language) or self._speaker
        return self._cache.has(_key(speaker, text, language, pace))

    def close(self) -> None:
        """Ends the engines' workers; the files stay."""
        for speaker in (self._preferred, self._speaker):
            if speaker is not None:
                speaker.close()
        if self._spare is not None:
            self._spare.clear()

    def _preferring(self, language: str) -> Speaker | None:
        """The preferred speaker, if it has a voice for that language."""
        known = self._preferred is not None and language.partition("-")[0] in self._preferred.languages()
        return self._preferred if known else None

    def _soon(self, work: Callable[[], T], waiting: Waiting) -> T:
        """What `work` gives, by the preferred voice. Raises `SynthesizerLost`, also if it is late: then it
        goes on beside."""
        if self._clock() - self._late_at < LEFT_ALONE:
            raise SynthesizerLost("it was late")
        left = self._longest - waiting.seconds
        try:
            return _within(left, work)
        except SynthesizerLate as late:
            if left < self._longest / 2:  # earlier sentences took the time: it does not hang
                raise SynthesizerLost(f"the prompt has taken {waiting.seconds:.1f} s") from None
            self._late_at = self._clock()
            raise SynthesizerLost(f"{late}; left alone for {LEFT_ALONE:g} s") from None

    def _at_last(self, work: Callable[[], T], waiting: Waiting) -> T:
        """What `work` gives, by the voice behind which there is none. Raises `SynthesizerLost`, and
        `SynthesizerLate`: then it goes on beside."""
        return _within(self._at_all - waiting.seconds, work)

    def _complain(self, speaker: Speaker, lost: SynthesizerLost) -> None:
        LOG.warning("%s is not to be had, %s speaks: %s", speaker.engine, self._speaker.engine, lost)

    def _render(
        self, speaker: Speaker, text: str, language: str, pace: float, *, ahead: bool = False
    ) -> Path:
        key = _key(speaker, text, language, pace)
        return self._cache.sound(key, lambda: speaker.speak(text, language=language, pace=pace), ahead=ahead)


def _within(seconds: float, work: Callable[[], T]) -> T:
    """What `work` gives; it goes on beside if that takes longer. Raises `SynthesizerLost` or `…Late`."""
    if seconds <= 0:
        raise SynthesizerLate("no time was left for it")
    beside = gevent.spawn(_told, work)
    beside.join(seconds)
    if not beside.ready():
        raise SynthesizerLate(f"nothing within {seconds:.1f} s")
    given = beside.get()
    if isinstance(given, SynthesizerLost):
        raise given
    return given


def _told(work: Callable[[], T]) -> T | SynthesizerLost:
    """What it gives or fails with: a greenlet's own exception would be printed."""
    try:
        return work()
    except SynthesizerLost as lost:
        return lost


def _key(speaker: Speaker, text: str, language: str, pace: float) -> str:
    """All that the sound depends on. Raises `SynthesizerLost` without a voice."""
    return "\n".join((SOUND_VERSION, speaker.identity(language), language, f"{pace:.3f}", text))
