"""The worker process of `speech.whisper`: one model, many utterances, a few decodes at once.

Rules:
1. The main thread only reads frames; decoding threads take jobs by urgency: who waits for an answer
   first, then callers who have just fallen silent, then words that are over while the caller goes on.
2. A decode that began at a pause is told at once, because it tells whether the answer is complete, and is the
   answer at the end if no new sound came in between.
3. The process ends with its parent, in the middle of a decode if need be.
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from speech.clips import Clip, clips_of
from speech.espeak_phones import EspeakPhones
from speech.expected_phrases import Guess
from speech.frames import Header
from speech.phonetics import Phonetics, Spelling
from speech.whisper_decoding import Ear
from speech.whisper_readings import Utterance, same_clips
from speech.worker_link import ParentLink, stdin_socket

_URGENT, _SOON, _EARLY = 0, 1, 2
_LONGEST_BYTES = 60 * 16000
"""A minute: beyond it an utterance is not one."""
_EARLY_EVERY = 16000 * 3 // 10
"""Bytes (0.3 s) between looks for a word that is over."""

Job = tuple[int, int, Callable[[], None]]


class _Jobs:
    """Threads that take the most urgent job."""

    def __init__(self, threads: int) -> None:
        self._queue: queue.PriorityQueue[Job] = queue.PriorityQueue()
        self._order = itertools.count()
        for _thread in range(threads):
            threading.Thread(target=self._work, daemon=True).start()

    def put(self, urgency: int, work: Callable[[], None]) -> None:
        """Queues `work`."""
        self._queue.put((urgency, next(self._order), work))

    def _work(self) -> None:
        while True:
            _urgency, _order, work = self._queue.get()
            work()


class _Stream:
    """One utterance: its sound so far, and what has been made of it."""

    def __init__(self, link: ParentLink, number: int, utterance: Utterance) -> None:
        self._link = link
        self._number = number
        self._utterance = utterance
        self._sound = bytearray()
        self._turn = threading.Lock()
        self._made: tuple[list[Clip], tuple[Guess, ...]] | None = None
        self._looked = 0
        self.wanted = True
        self.paused = False

    def feed(self, samples: bytes) -> bool:
        """More sound; True if it is time to look for a word that is over."""
        if len(self._sound) + len(samples) <= _LONGEST_BYTES:
            self._sound += samples
        if not self._utterance.by_words or len(self._sound) - self._looked < _EARLY_EVERY:
            return False
        self._looked = len(self._sound)
        return True

    def early(self) -> None:
        """Recognises words that are over. Gives way to everything else."""
        if self.wanted and self._turn.acquire(blocking=False):
            try:
                self._utterance.early(bytes(self._sound))
            finally:
                self._turn.release()

    def speculate(self) -> None:
        """Decodes what there is, in case this was all, and tells what it would be."""
        with self._turn:
            if not (self.wanted and self.paused):
                return
            guesses = self._decode()
            if self.wanted and self.paused:
                self._link.send({"op": "partial", "id": self._number, "readings": _told(guesses)})

    def finish(self) -> None:
        """Answers with the last decode if it still holds, else with a new one."""
        with self._turn:
            if not self.wanted:
                return
            reused = self._made is not None and same_clips(self._made[0], clips_of(bytes(self._sound)))
            guesses = self._made[1] if reused and self._made is not None else self._decode()
        self.wanted = False
        self._link.send(
            {
                "op": "heard",
                "id": self._number,
                "readings": _told(guesses),
                "ready_before": reused,
            }
        )

    def failed(self, fault: Exception) -> None:
        """Tells the parent that this utterance cannot be decoded."""
        self.wanted = False
        self._link.send({"op": "failed", "id": self._number, "text": f"{type(fault).__name__}: {fault}"})

    def _decode(self) -> tuple[Guess, ...]:
        pcm = bytes(self._sound)
        self._made = None
        made = self._utterance.readings(pcm)
        self._made = (clips_of(pcm), made)
        return made


def _told(guesses: Sequence[Guess]) -> list[tuple[str, float]]:
    return [(guess.text, guess.confidence) for guess in guesses]


def _phonetics() -> Phonetics:
    """By espeak-ng; where that is not there, by spelling."""
    try:
        return EspeakPhones()
    except (ImportError, OSError):
        return Spelling()


class _Service:
    def __init__(self, link: ParentLink, ear: Ear, threads: int) -> None:
        self._link = link
        self._ear = ear
        self._jobs = _Jobs(threads)
        self._phonetics = _phonetics()
        self._streams: dict[int, _Stream] = {}

    def take(self, header: Header, body: bytes) -> None:
        """One frame from the parent."""
        number = int(header["id"])
        if header["op"] == "open":
            utterance = Utterance(
                self._ear,
                str(header["language"]),
                list(header["phrases"]),
                list(header["words"]),
                phonetics=self._phonetics,
            )
            self._streams[number] = _Stream(self._link, number, utterance)
            return
        stream = self._streams.get(number)
        if stream is None:
            return
        match header["op"]:
            case "feed":
                if stream.feed(body):
                    self._put(_EARLY, stream, stream.early)
            case "pause":
                stream.paused = True
                self._put(_SOON, stream, stream.speculate)
            case "resume":
                stream.paused = False
            case "finish":
                self._put(_URGENT, stream, lambda: self._finish(number, stream))
            case "cancel":
                self._streams.pop(number, None)
                stream.wanted = False

    def _finish(self, number: int, stream: _Stream) -> None:
        try:
            stream.finish()
        finally:
            self._streams.pop(number, None)

    def _put(self, urgency: int, stream: _Stream, work: Callable[[], None]) -> None:
        def job() -> None:
            try:
                work()
            except Exception as fault:  # noqa: BLE001 - one utterance's fault is not the others'
                if stream.wanted:
                    stream.failed(fault)

        self._jobs.put(urgency, job)


def main() -> None:
    """Serves until the parent has gone."""
    settings = json.loads(sys.argv[1])
    link = ParentLink(stdin_socket())
    link.progress("loading Whisper")
    parallel = int(settings["parallel"])
    try:
        ear = Ear(Path(settings["model"]), threads=int(settings["threads"]), parallel=parallel)
        silence = bytes(16000)
        heard = ear.listen(silence)  # the first decode allocates: not while a caller waits
        ear.free(heard, "es")
        ear.choose(heard, "es", ["sí", "no"])
    except Exception as fault:  # noqa: BLE001 - whatever it is, the parent shall hear it
        link.send({"op": "fatal", "text": f"the Whisper model cannot be loaded: {fault}"})
        return
    service = _Service(link, ear, parallel)
    link.ready()
    while (frame := link.receive()) is not None:
        service.take(*frame)
    os._exit(0)  # decodes under way are nobody's any more


if __name__ == "__main__":
    main()
