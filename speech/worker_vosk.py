"""The worker processes of `speech.vosk`: a template loads the models, forked workers share them.

Rules:
1. The template does nothing but load and try (`vosk_models`), fork on request (a socket arrives with each
   request), and end with its parent. It holds no recogniser, so a fork finds no locks taken.
2. A worker decodes what it is fed at once, on one thread: many callers share it, each with a recogniser for
   themselves over the one model. Where it cannot do all at once, who waits for an answer comes first, and
   no silence is decoded ahead.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from typing import Any

from speech.decoding_turns import DecodingTurns
from speech.frames import Header
from speech.recognizer import WHILE_SPOKEN
from speech.sound import LEAST_VOICE, SAMPLE_RATE, has_voice, voiced_seconds
from speech.vosk_models import load
from speech.vosk_readings import Alternative, grammar_for, readings
from speech.vosk_recognizers import VoskRecognizers
from speech.worker_link import ParentLink, stdin_socket

_PARTIAL_EVERY = SAMPLE_RATE * 2 // 2
"""Bytes (0.5 s) between two looks at the words so far."""
_PAUSED_EVERY = SAMPLE_RATE * 2 // 10
"""Bytes (0.1 s): in a pause, where the last word decides when the answer is over."""
_AT_A_TIME = SAMPLE_RATE * 2 // 10
"""Bytes (0.1 s) that are decoded together while the caller speaks: each time Vosk traces the best path back,
to see whether they have ended, and its network works in blocks of 0.2 s anyway."""
_AHEAD = SAMPLE_RATE * 2 * 3 // 10
"""Bytes (0.3 s): so far the decoder is behind the sound: its network looks ahead, and works in blocks."""
_BEHIND = 40
"""Frames of 20 ms that wait, from which on the worker is behind its callers: two of each of 20."""
_TAIL = SAMPLE_RATE * 2 // 5
"""Bytes (0.2 s) of a pause, by whose sound it is continued."""
_LONGEST_BYTES = 60 * 2 * SAMPLE_RATE


class _Stream:
    """One utterance on its recogniser."""

    def __init__(
        self, recognizers: VoskRecognizers, model: Any, language: str, phrases: list[str], *, in_a_row: bool
    ) -> None:
        def known(text: str) -> bool:
            return all(model.vosk_model_find_word(word) >= 0 for word in text.split())

        usable = [phrase for phrase in dict.fromkeys(phrases) if phrase and known(phrase)]
        self._decoys: tuple[str, ...] = ()
        self._whole = frozenset(() if in_a_row else usable)
        """What may be the whole answer."""
        grammar: tuple[str, ...] = ()
        if usable:
            grammar, self._decoys = grammar_for(language, usable, is_known=known, in_a_row=in_a_row)
            grammar = (*grammar, *(["[unk]"] if known("[unk]") else []))
        self._recognizers = recognizers
        self._grammar = language, grammar
        self._recognizer = recognizers.take(*self._grammar)
        self._ended_by_vosk = False
        """Whether the sound so far ends with a stretch that Vosk has ended by itself."""
        self._stretches: list[list[Alternative]] = []
        self._sound = bytearray()
        self._undecoded = bytearray()
        self._looked = 0
        self._partial = ""
        self._paused = False
        self._ahead = 0
        """Bytes of silence that the decoder has been given before they came."""
        self._held = bytearray()
        """Those that have come since."""

    def feed(self, samples: bytes) -> str | None:
        """Decodes; returns the words so far if they have changed."""
        if len(self._sound) + len(samples) > _LONGEST_BYTES:
            return None
        self._sound += samples
        self._undecoded += self._not_ahead(samples)
        if len(self._undecoded) >= _AT_A_TIME:
            self._decode()
        if len(self._sound) - self._looked < (_PAUSED_EVERY if self._paused else _PARTIAL_EVERY):
            return None
        return self.look()

    def look(self) -> str | None:
        """The words so far, if they have changed since the last look."""
        self._looked = len(self._sound)
        self._decode()
        # What Vosk itself has taken for a stretch of its own is not in its partial any more.
        before = [stretch[0].text for stretch in self._stretches if stretch]
        now = str(json.loads(self._recognizer.PartialResult()).get("partial", ""))
        words = " ".join([*before, now]).split()
        text = " ".join(word for word in words if word not in self._decoys and word != "[unk]")
        if text == self._partial:
            return None
        self._partial = text
        return text

    def pause(self, *, behind: bool = False) -> str | None:
        """The caller has fallen silent. The decoder is given the silence that is to come, so that the last
        word is known now and not when that has come; then it is looked at more often.

        `behind`: not that silence, which is a sixth of the work for a short answer. A worker that is behind
        its callers has none to spare; the word is then known when the silence has come.
        """
        self._paused = True
        tail = bytes(self._sound[-_TAIL:])
        if len(tail) == _TAIL and not self._ahead and not behind:
            self._ahead = _AHEAD
            self._undecoded += (tail + tail)[:_AHEAD]
        return self.look()

    def resume(self) -> None:
        """They went on; what was told in the pause is told anew."""
        self._paused = False
        self._partial = ""
        self._undecoded += self._held
        self._ahead, self._held = 0, bytearray()
        self._decode()

    def _not_ahead(self, samples: bytes) -> bytes:
        """What the decoder has not been given yet: the pause that it had ahead is held back, for whoever goes
        on speaking in it."""
        if not self._ahead:
            return samples
        room = max(0, self._ahead - len(self._held))
        self._held += samples[:room]
        return samples[room:]

    def _decode(self) -> None:
        if not self._undecoded:
            return
        samples, self._undecoded = bytes(self._undecoded), bytearray()
        self._ended_by_vosk = bool(self._recognizer.AcceptWaveform(samples))
        if self._ended_by_vosk:
            self._stretches.append(_alternatives(self._recognizer.Result()))

    def finish(self) -> tuple[tuple[str, float], ...]:
        """The readings of all that was fed. Nothing more is fed then."""
        self._decode()
        self._stretches.append(_alternatives(self._recognizer.FinalResult()))
        if not self._ended_by_vosk:
            self._recognizers.give_back(*self._grammar, self._recognizer)
        sound = bytes(self._sound)
        voiced = voiced_seconds(sound)
        if voiced < LEAST_VOICE and not has_voice(sound):
            return ()
        return readings(self._stretches, self._decoys, phrases=self._whole, voiced=voiced)


def _alternatives(result: str) -> list[Alternative]:
    return [
        Alternative(str(one.get("text", "")).strip(), float(one.get("confidence", 0.0)))
        for one in json.loads(result).get("alternatives", ())
    ]


class _Service:
    def __init__(self, link: ParentLink, models: dict[str, Any]) -> None:
        self._link = link
        self._models = models
        self._recognizers = VoskRecognizers(models)
        self._streams: dict[int, _Stream] = {}

    def take(self, header: Header, body: bytes, *, behind: bool = False) -> None:
        """One frame from the server. `behind`: so many more wait that only what must be done is done."""
        number = int(header["id"])
        try:
            self._take(number, header, body, behind)
        except Exception as fault:  # noqa: BLE001 - one utterance's fault is not the others'
            self._streams.pop(number, None)
            self._link.send({"op": "failed", "id": number, "text": f"{type(fault).__name__}: {fault}"})

    def _take(self, number: int, header: Header, body: bytes, behind: bool) -> None:
        match header["op"]:
            case "open":
                language = str(header["language"])
                self._streams[number] = _Stream(
                    self._recognizers,
                    self._models[language],
                    language,
                    [str(p) for p in header["phrases"]],
                    in_a_row=bool(header["in_a_row"]),
                )
            case "feed" if number in self._streams:
                self._tell(number, self._streams[number].feed(body))
            case "pause" if number in self._streams:
                self._tell(number, self._streams[number].pause(behind=behind))
            case "resume" if number in self._streams:
                self._streams[number].resume()
            case "finish" if number in self._streams:
                found = self._streams.pop(number).finish()
                self._link.send({"op": "heard", "id": number, "readings": found})
            case "cancel":
                self._streams.pop(number, None)
            case "words":
                model = self._models[str(header["language"])]
                unknown = [word for word in header["words"] if model.vosk_model_find_word(word) < 0]
                self._link.send({"op": "words", "id": number, "unknown": unknown})

    def _tell(self, number: int, text: str | None) -> None:
        """What the words so far are, where they have changed."""
        if text is not None:
            said = [[text, WHILE_SPOKEN]] if text else []
            self._link.send({"op": "partial", "id": number, "readings": said})


def serve(link: ParentLink, models: dict[str, Any], unfit: dict[str, str]) -> None:
    """Decodes until the server has gone. `unfit`: languages whose model cannot be used, and why."""
    service = _Service(link, models)
    link.ready(languages=sorted(models), unfit=unfit)
    turns = DecodingTurns()
    while (arrived := link.arrived(wait=not turns)) is not None:
        for frame in arrived:
            turns.put(frame)
        if (turn := turns.take()) is not None:
            service.take(*turn, behind=len(turns) > _BEHIND)


def main() -> None:
    """The template: loads the models, then forks a worker for each socket that arrives."""
    settings = json.loads(sys.argv[1])
    control = stdin_socket()
    link = ParentLink(control)
    try:
        models, unfit = load(settings["models"], link.progress)
    except Exception as fault:  # noqa: BLE001 - whatever it is, the server shall hear it
        link.send({"op": "fatal", "text": f"Vosk cannot be loaded: {fault}"})
        return
    if not models:
        reasons = "; ".join(unfit.values())
        link.send({"op": "fatal", "text": f"the Vosk model cannot be loaded: {reasons}"})
        return
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # workers that end are nobody's to collect
    link.ready()
    while True:
        data, descriptors, _flags, _address = socket.recv_fds(control, 1, 1)
        if not data:
            return
        for descriptor in descriptors:
            connection = socket.socket(fileno=descriptor)
            if os.fork() == 0:
                control.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                serve(ParentLink(connection), models, unfit)
                os._exit(0)
            connection.close()


if __name__ == "__main__":
    main()
