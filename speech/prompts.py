"""Spoken prompts as files: what was synthesised, and the studio's recordings.

Rules:
1. A studio recording always beats synthesis, if it still says what the flow says. Its name is the designer's,
   never the caller's, and even so cannot lead out of the prompts folder.
2. A sentence with values is joined from recordings where the studio recorded all its fixed parts; values are
   joined from recorded words if they are all there, else synthesised.
3. Nobody waits for conversions longer than `PATIENCE`, for all of a prompt together: what is joined is
   converted beside the calls, and what is not there in time is synthesised. Callers come before batches.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import gevent
import gevent.lock
import gevent.subprocess

from speech.errors import SoundUnreadable, SynthesizerLost
from speech.joining import VALUES, Join, in_recordings, pause_after, silence
from speech.prompt_cache import PromptCache
from speech.recorded import Recorded
from speech.sound import SAMPLE_RATE, read_wav
from speech.spare import Spare
from speech.spawning import worker_environment
from speech.studio import SOUND_VERSION, Conversion
from speech.studio_files import STUDIO_ENDINGS, studio_file
from speech.synthesizer import Synthesizer, Waiting

LOG = logging.getLogger("speech.prompts")

JOINED_LIMIT = 128 << 20
"""Bytes of joined sentences."""
_CONVERSION_TIMEOUT = 60.0
"""Seconds for one recording."""
_EACH_CONVERSION = 2.0
"""Seconds for each further one of a batch."""
PATIENCE = 1.5
"""Seconds that a caller waits for the recordings of a prompt to be converted; then it is synthesised."""
_URGENT = 2
"""Conversions for callers who wait, at a time."""
_AGAIN = 60.0
"""Seconds until a recording that could not be converted is tried, and told, again."""
PACES = (1.0, 0.8)
"""The usual pace, and that of callers who asked for slower (`dialogs.call.SLOW`)."""


class PromptLibrary:
    """Where each stretch of prompt comes from: the studio if it recorded it, else the synthesiser."""

    def __init__(
        self,
        synthesizer: Synthesizer,
        *,
        recordings: Path | None = None,
        converted: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE,
        spare: Spare | None = None,
    ) -> None:
        """`recordings`: the studio's folder (`name.wav`, or `es/name.wav` per language).

        `converted`: where their 8 kHz copies and what is joined of them go; needed with recordings.
        `spare` takes what is joined where that folder's disk does not. Raises `SynthesizerLost` if that
        folder cannot be written.
        """
        if recordings is not None and converted is None:
            raise ValueError("studio recordings need a folder for their converted copies")
        self._synthesizer = synthesizer
        self._recordings = recordings.resolve() if recordings else None
        self._converted = converted.resolve() if converted else None
        self._joined = (
            PromptCache(self._converted / "joined", limit=JOINED_LIMIT, spare=spare)
            if self._converted
            else None
        )
        self._index = Recorded(self._recordings) if self._recordings else None
        self._clock = clock
        self._patience = patience
        self._urgent: dict[Path, gevent.Greenlet[[Conversion], None]] = {}
        self._urgent_turn = gevent.lock.BoundedSemaphore(_URGENT)
        self._failed: dict[Path, float] = {}
        self._refused: dict[Path, float] = {}
        self._wanted: dict[Path, Conversion] = {}
        self._converting: gevent.Greenlet[[], None] | None = None
        self._turn = gevent.lock.BoundedSemaphore(1)

    def file_of(
        self,
        text: str,
        *,
        language: str,
        recording_name: str | None = None,
        pace: float = 1.0,
        pieces: Sequence[tuple[str, str | None]] = (),
        waiting: Waiting | None = None,
    ) -> Path:
        """The 8 kHz file to play. Raises `SynthesizerLost`.

        `pieces`: the text in its parts, each with its recording's name or None for a value. `waiting`: since
        when somebody on the line waits for the prompt; without it, since now.
        """
        waiting = waiting or Waiting()
        if recording_name is not None and (studio := self.recording_of(recording_name, language, text)):
            try:
                if (copy := self._telephone_copy(studio, pace, waiting)) is not None:
                    return copy
            except (SoundUnreadable, OSError) as fault:
                self._complain(studio, fault)
        if pieces and (joined := self._in_parts(pieces, language, pace, waiting)):
            return joined
        return self._synthesizer.render(text, language=language, pace=pace, waiting=waiting)

    def recording_of(self, name: str, language: str, text: str | None = None) -> Path | None:
        """The studio's file of this name: the language's own first, then one for all languages.

        None also where it is known to say something else than `text`.
        """
        if self._recordings is None:
            return None
        path = studio_file(self._recordings, name, language)
        return path if path is not None and self._says(path, text) else None

    def rest_of(self, files: Sequence[Path], seconds: float) -> Path:
        """What follows in those 8 kHz files after so many seconds (to a fifth of one), as a file.

        Raises `SynthesizerLost`, `SoundUnreadable`.
        """
        if self._joined is None:
            raise SynthesizerLost("there is no folder for parts of prompts")
        start = int(seconds * 5) / 5
        marks = [(str(file), file.stat().st_mtime_ns) for file in files if file.exists()]

        def sound() -> bytes:
            whole = b"".join(read_wav(file) for file in files)
            return whole[round(start * SAMPLE_RATE) * 2 :] or silence(0.02)

        return self._joined.sound(json.dumps([SOUND_VERSION, "rest", start, marks]), sound)

    def prepare(self) -> int:
        """Converts every recording that calls may need, in both paces; returns how many were not yet.

        Waits cooperatively. What cannot be converted is told in the log, and synthesised on calls.
        """
        if self._recordings is None:
            return 0
        wanted: list[Conversion] = []
        for file in self._recordings.rglob("*"):
            if file.suffix.lower() in STUDIO_ENDINGS and file.is_file():
                wanted += [c for pace in PACES if (c := self._conversion(file, pace)) and not c.done]
            gevent.sleep(0)
        self._convert(wanted)
        return len(wanted)

    # --- joining ---

    def _in_parts(
        self, pieces: Sequence[tuple[str, str | None]], language: str, pace: float, waiting: Waiting
    ) -> Path | None:
        """The sentence, joined; None where the studio lacks a part, or it is not converted yet."""
        if self._recordings is None or not any(name for _text, name in pieces):
            return None
        joins: list[Join] = []
        for text, name in pieces:
            if name is not None:
                studio = self.recording_of(name, language, text)
                if studio is None:
                    return None
                joins.append(Join(studio, pause_after(text)))
            else:
                spoken = in_recordings(text, lambda words: self.recording_of(f"{VALUES}/{words}", language))
                if spoken is None:
                    value = self._synthesizer.render(text, language=language, pace=pace, waiting=waiting)
                    spoken = [Join(value, pause_after(text))]
                joins += spoken
        ready = [self._ready(join, pace) for join in joins]
        if not all(ready):
            return None
        return self._one_file([join for join in ready if join])

    def _ready(self, join: Join, pace: float) -> Join | None:
        """The join with its telephone copy; None, and a conversion begins beside, where there is none."""
        if self._recordings is None or not join.file.is_relative_to(self._recordings):
            return join
        conversion = self._conversion(join.file, pace)
        if conversion is None or conversion.done:
            return Join(conversion.copy if conversion else join.file, join.pause)
        if self._clock() - self._refused.get(join.file, -_AGAIN) >= _AGAIN:
            self._wanted[conversion.copy] = conversion
            if self._converting is None or self._converting.ready():
                self._converting = gevent.spawn(self._convert_wanted)
        return None

    def _one_file(self, joins: Sequence[Join]) -> Path | None:
        assert self._joined is not None
        marks = [(str(join.file), join.file.stat().st_mtime_ns, join.pause) for join in joins]

        def sound() -> bytes:
            parts = [read_wav(join.file) + silence(join.pause) for join in joins[:-1]]
            return b"".join((*parts, read_wav(joins[-1].file)))

        try:
            return self._joined.sound(json.dumps([SOUND_VERSION, marks]), sound)
        except (SoundUnreadable, OSError) as fault:
            self._complain(joins[0].file, fault)
            return None

    # --- conversion ---

    def _conversion(self, studio: Path, pace: float) -> Conversion | None:
        """How to make its telephone copy; None: it is one already."""
        assert self._converted is not None and self._recordings is not None
        if abs(pace - 1.0) < 0.01 and self._is_finished(studio):
            return None
        facts = studio.stat()
        word = f"{VALUES}/" in studio.relative_to(self._recordings).as_posix()
        key = f"{SOUND_VERSION}\n{studio}\n{facts.st_size}\n{facts.st_mtime_ns}\n{pace:.3f}"
        return Conversion.of(studio, self._converted, key, pace=pace, word=word)

    def _is_finished(self, studio: Path) -> bool:
        """Whether it was made ready for telephones when it was brought in."""
        assert self._index is not None
        try:
            return self._index.entry(studio) is not None
        except SoundUnreadable:
            return False  # told where its text is asked for; converting it once more does no harm

    def _telephone_copy(self, studio: Path, pace: float, waiting: Waiting) -> Path | None:
        """None where it is not there in time for somebody on the line, or could not be made a moment ago."""
        conversion = self._conversion(studio, pace)
        if conversion is None:
            return studio
        copy = conversion.copy
        if not conversion.done and self._clock() - self._failed.get(copy, -_AGAIN) >= _AGAIN:
            converting = self._urgent.get(copy)
            if converting is None:
                converting = self._urgent[copy] = gevent.spawn(self._convert_now, conversion)
            converting.join(timeout=max(0.0, self._patience - waiting.seconds))
        return copy if conversion.done else None

    def _convert_now(self, conversion: Conversion) -> None:
        """For somebody on the line: beside a batch that may take minutes."""
        try:
            with self._urgent_turn:
                _run([conversion])
        except SoundUnreadable as fault:
            conversion.fault = str(fault)
        finally:
            del self._urgent[conversion.copy]
        if not conversion.done:
            self._failed[conversion.copy] = self._clock()
            self._complain(conversion.studio, SoundUnreadable(conversion.fault or "it cannot be converted"))

    def _convert_wanted(self) -> None:
        while self._wanted:
            wanted, self._wanted = list(self._wanted.values()), {}
            self._convert(wanted)

    def _convert(self, wanted: Sequence[Conversion]) -> None:
        """Converts a batch; tells what cannot be."""
        with self._turn:
            try:
                _run([conversion for conversion in wanted if not conversion.done])
            except SoundUnreadable as fault:
                LOG.warning("%s", fault)
        for conversion in wanted:
            if not conversion.done:
                self._complain(conversion.studio, SoundUnreadable(conversion.fault or "not converted"))

    def _says(self, recording: Path, text: str | None) -> bool:
        assert self._index is not None
        try:
            if text is None or self._index.says(recording, text):
                return True
            self._complain(recording, SoundUnreadable("the flow's text has changed since it was recorded"))
        except (SoundUnreadable, OSError) as fault:
            self._complain(recording, fault)
            return True  # a broken index is no reason to silence the studio
        return False

    def _complain(self, studio: Path, fault: Exception) -> None:
        """Once a minute per file: a broken file is heard of, and does not fill the log."""
        now = self._clock()
        if now - self._refused.get(studio, -_AGAIN) >= _AGAIN:
            self._refused[studio] = now
            LOG.warning("%s is not used, the prompt is synthesised: %s", studio, fault)


def _run(conversions: Sequence[Conversion]) -> None:
    """Converts in a process of its own and waits cooperatively; each tells its own fault.

    Raises `SoundUnreadable` if the process fails as a whole.
    """
    if not conversions:
        return
    wanted = "".join(json.dumps(conversion.told()) + "\n" for conversion in conversions)
    timeout = _CONVERSION_TIMEOUT + _EACH_CONVERSION * (len(conversions) - 1)
    try:
        done = gevent.subprocess.run(
            [sys.executable, "-m", "speech.studio"],
            env=worker_environment(),
            input=wanted.encode(),
            stdout=gevent.subprocess.PIPE,
            stderr=gevent.subprocess.PIPE,
            timeout=timeout,
        )
    except gevent.subprocess.TimeoutExpired:
        raise SoundUnreadable(
            f"{len(conversions)} recordings were not converted within {timeout:g} s"
        ) from None
    for conversion, line in zip(conversions, done.stdout.decode(errors="replace").splitlines(), strict=False):
        conversion.fault = line
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise SoundUnreadable(lines[-1] if lines else "recordings cannot be converted")
