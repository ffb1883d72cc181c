"""Spoken prompts as files: the cache of what was synthesised, and the studio's recordings.

Rules:
1. A file's name is the hash of all that its sound depends on, so a file is never wrong, only unused.
2. Files appear whole (rename), so that a switch on another process never plays half a sentence.
3. The same text asked for twice at once is synthesised once.
4. A studio recording named by the flow always beats synthesis. Its name is the designer's, never the
   caller's, and even so cannot lead out of the prompts folder.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Protocol

import gevent
import gevent.event
import gevent.subprocess

from speech.errors import SoundUnreadable, SynthesizerLost
from speech.sound import write_wav
from speech.spawning import worker_environment
from speech.synthesizer import Synthesizer

LOG = logging.getLogger("speech.prompts")

CACHE_LIMIT = 512 << 20
"""Bytes: nine hours of prompts."""
_SOUND_VERSION = "4"
"""Raised when the treatment after synthesis (resampling, level, trimming) changes."""
_CONVERSION_TIMEOUT = 60.0
"""Seconds for one recording."""
_STUDIO_ENDINGS = (".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a")


class Speaker(Protocol):
    """An engine that gives samples, such as `speech.pyttsx3.Pyttsx3`."""

    engine: str

    def identity(self, language: str) -> str: ...

    def speak(self, text: str, *, language: str, pace: float = 1.0) -> bytes: ...

    def close(self) -> None: ...


class CachedSynthesizer:
    """The `Synthesizer` port: each text is spoken once and then is a file."""

    def __init__(self, speaker: Speaker, folder: Path, *, limit: int = CACHE_LIMIT) -> None:
        """`folder` is created; `limit` in bytes, above which the longest unused files go.

        Raises `SynthesizerLost` if the folder cannot be written.
        """
        self.engine = speaker.engine
        self._speaker = speaker
        self._folder = folder.resolve()
        self._limit = limit
        self._under_way: dict[Path, gevent.event.AsyncResult[Path]] = {}
        self._in_use: set[Path] = set()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise SynthesizerLost(f"{folder}: prompts cannot be kept there ({fault.strerror})") from None
        if not os.access(self._folder, os.W_OK):
            raise SynthesizerLost(f"{folder}: not writable; prompts need a folder of their own")
        self._size = 0
        for kept in self._folder.glob("??/*.wav"):
            self._size += kept.stat().st_size

    def render(self, text: str, *, language: str, pace: float = 1.0) -> Path:
        """The file of this text; made now if it is not there. Raises `SynthesizerLost`."""
        path = self.path_of(text, language=language, pace=pace)
        self._in_use.add(path)
        while True:
            if path.exists():
                os.utime(path)  # the clean-up goes by this
                return path
            other = self._under_way.get(path)
            if other is None:
                return self._make(path, text, language, pace)
            other.wait()
            if other.exception is not None:
                raise SynthesizerLost(str(other.exception))

    def path_of(self, text: str, *, language: str, pace: float = 1.0) -> Path:
        """Where the sound of this text is, or would be. Raises `SynthesizerLost` without a voice."""
        key = "\n".join((_SOUND_VERSION, self._speaker.identity(language), language, f"{pace:.3f}", text))
        name = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        return self._folder / name[:2] / f"{name[2:34]}.wav"

    def close(self) -> None:
        """Ends the engine's workers; the files stay."""
        self._speaker.close()

    def _make(self, path: Path, text: str, language: str, pace: float) -> Path:
        waiting: gevent.event.AsyncResult[Path] = gevent.event.AsyncResult()
        self._under_way[path] = waiting
        try:
            pcm = self._speaker.speak(text, language=language, pace=pace)
            try:
                write_wav(path, pcm)
            except OSError as fault:
                raise SynthesizerLost(f"{path.parent}: cannot write a prompt ({fault.strerror})") from None
            self._size += path.stat().st_size
            if self._size > self._limit:
                self._clean_up()
            waiting.set(path)
            return path
        except BaseException as fault:
            waiting.set_exception(
                fault if isinstance(fault, SynthesizerLost) else SynthesizerLost("interrupted")
            )
            raise
        finally:
            del self._under_way[path]

    def _clean_up(self) -> None:
        """Removes the files that were asked for longest ago, down to 80 % of the limit.

        Those of this process stay: the port promises that a file stays while the process runs.
        """
        files = [(f.stat().st_mtime, f.stat().st_size, f) for f in self._folder.glob("??/*.wav")]
        self._size = sum(size for _time, size, _file in files)
        for _time, size, file in sorted(files):
            if self._size <= self._limit * 0.8:
                return
            if file not in self._in_use:
                file.unlink(missing_ok=True)
                self._size -= size


class PromptLibrary:
    """Where each stretch of prompt comes from: the studio if it recorded it, else the synthesiser."""

    def __init__(
        self,
        synthesizer: Synthesizer,
        *,
        recordings: Path | None = None,
        converted: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`recordings`: the studio's folder (`name.wav`, or `es/name.wav` per language).

        `converted`: where their 8 kHz copies go; needed where there are recordings.
        """
        if recordings is not None and converted is None:
            raise ValueError("studio recordings need a folder for their converted copies")
        self._synthesizer = synthesizer
        self._recordings = recordings.resolve() if recordings else None
        self._converted = converted.resolve() if converted else None
        self._clock = clock
        self._refused: dict[Path, float] = {}

    def file_of(
        self, text: str, *, language: str, recording_name: str | None = None, pace: float = 1.0
    ) -> Path:
        """The 8 kHz file to play. Raises `SynthesizerLost`."""
        if recording_name is not None and (studio := self.recording_of(recording_name, language)):
            try:
                return self._telephone_copy(studio)
            except (SoundUnreadable, OSError) as fault:
                self._complain(studio, fault)
        return self._synthesizer.render(text, language=language, pace=pace)

    def recording_of(self, name: str, language: str) -> Path | None:
        """The studio's file of this name: the language's own first, then one for all languages."""
        pure = PurePosixPath(name)
        if self._recordings is None or pure.is_absolute() or ".." in pure.parts or "\0" in name:
            return None
        for base in (self._recordings / language, self._recordings):
            for ending in ("", *_STUDIO_ENDINGS) if pure.suffix in _STUDIO_ENDINGS else _STUDIO_ENDINGS:
                path = (base / f"{name}{ending}").resolve()
                if path.is_file() and path.is_relative_to(self._recordings):
                    return path
        return None

    def _telephone_copy(self, studio: Path) -> Path:
        assert self._converted is not None
        facts = studio.stat()
        key = f"{_SOUND_VERSION}\n{studio}\n{facts.st_size}\n{facts.st_mtime_ns}"
        copy = self._converted / f"studio-{hashlib.sha256(key.encode()).hexdigest()[:32]}.wav"
        if not copy.exists():
            _convert(studio, copy)
        return copy

    def _complain(self, studio: Path, fault: Exception) -> None:
        """Once a minute per file: a broken file is heard of, and does not fill the log."""
        now = self._clock()
        if now - self._refused.get(studio, -60.0) >= 60.0:
            self._refused[studio] = now
            LOG.warning("%s is not used, the prompt is synthesised: %s", studio, fault)


def recordings_below(folder: Path) -> frozenset[str] | None:
    """The names of the studio's recordings, as prompts name them; `None` without a studio's folder."""
    if not folder.is_dir():
        return None
    files = (file for file in folder.rglob("*") if file.suffix in _STUDIO_ENDINGS)
    return frozenset(file.relative_to(folder).with_suffix("").as_posix() for file in files)


def _convert(studio: Path, copy: Path) -> None:
    """Converts in a process of its own and waits cooperatively. Raises `SoundUnreadable`."""
    try:
        done = gevent.subprocess.run(
            [sys.executable, "-m", "speech.studio", str(studio), str(copy)],
            env=worker_environment(),
            stdin=gevent.subprocess.DEVNULL,
            stdout=gevent.subprocess.DEVNULL,
            stderr=gevent.subprocess.PIPE,
            timeout=_CONVERSION_TIMEOUT,
        )
    except gevent.subprocess.TimeoutExpired:
        raise SoundUnreadable(f"{studio}: not converted within {_CONVERSION_TIMEOUT:g} s") from None
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise SoundUnreadable(lines[-1] if lines else f"{studio}: cannot be converted")
