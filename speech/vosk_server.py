"""Recognition by vosk-server over its websocket: the same Vosk, on other machines, behind any load balancer.

Rules:
1. One connection for each utterance, as the server's protocol wants it: settings, sound, end, answer. The
   server answers every message but the settings, so answers are counted.
2. Nothing here blocks who feeds: what is fed waits for the connection, and is kept until the answer is there.
3. A connection that fails or breaks costs no words: they are said again, once, to the next server. A server
   that failed, or was late, is left alone for a while; if none is left, `open` refuses at once.
4. Every wait has a deadline, every buffer a limit, and what a server sends is data that may be anything.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import gevent
import gevent.event
from websockets.exceptions import WebSocketException

from speech.errors import RecognizerLost, RecognizerTimeout
from speech.figures import Figures, Room
from speech.recognizer import WHILE_SPOKEN, Hypothesis, Reading
from speech.server_line import Broken, Line, Server
from speech.sound import SAMPLE_RATE, has_voice, seconds_of, voiced_seconds
from speech.utterances import LONGEST_KEPT, REPEATED_WITHIN
from speech.vosk_readings import Alternative, grammar_for, readings

MOST_STREAMS = 200
"""Utterances at a time over all servers; beyond, `open` refuses."""
_ALTERNATIVES = 5
_PIECE = 1600
"""Bytes: a tenth of a second at a time; what is left at the end goes at once."""
_LARGEST_PIECE = 32_000
_END = '{"eof" : 1}'
"""As the server compares it, sign by sign."""


class ServerUtterance:
    """Fulfils the `Utterance` port over one connection, or two if the first one breaks."""

    def __init__(
        self, recognizer: VoskServer, language: str, phrases: Sequence[str], *, in_a_row: bool
    ) -> None:
        self._recognizer = recognizer
        self._servers = recognizer.candidates(language)
        self._grammar, self._decoys = _grammar(language, phrases, in_a_row=in_a_row)
        self._whole = frozenset(() if in_a_row else filter(None, phrases))
        self._sound = bytearray()
        self._complete = False
        self._news = gevent.event.Event()
        self._partial = ""
        self._answer: gevent.event.AsyncResult[list[list[Alternative]]] = gevent.event.AsyncResult()
        self._over = False
        self._asked = self._servers[0]
        self._talker = gevent.spawn(self._talk)

    def feed(self, samples: bytes) -> None:
        """8 kHz samples. Never blocks; a lost server shows at `finish`."""
        if not self._over and len(self._sound) + len(samples) <= LONGEST_KEPT:
            self._sound += samples
            self._recognizer.figures.audio_seconds += seconds_of(samples)
            self._news.set()

    def pause(self) -> None:
        """Vosk decodes as it hears: nothing to begin."""

    def resume(self) -> None:
        """See `pause`."""

    @property
    def so_far(self) -> tuple[Reading, ...]:
        """The words so far."""
        return (Reading(self._partial, WHILE_SPOKEN),) if self._partial else ()

    def finish(self, timeout: float) -> Hypothesis:
        """Waits for the answer. Raises `RecognizerLost`, `RecognizerTimeout`."""
        began = time.monotonic()
        self._complete = True
        self._news.set()
        figures = self._recognizer.figures
        try:
            self._answer.wait(timeout)
            if not self._answer.ready():
                figures.late += 1
                self._asked.failed(f"{self._asked.url} did not answer within {timeout:g} s")
                raise RecognizerTimeout(f"vosk-server did not answer within {timeout:g} s")
            try:
                stretches = self._answer.get()
            except RecognizerLost:
                figures.lost += 1
                raise
        finally:
            self.cancel()
        assert stretches is not None
        waited = time.monotonic() - began
        figures.answer_came(waited)
        return Hypothesis(
            self._readings(stretches), VoskServer.engine, seconds_of(bytes(self._sound)), waited
        )

    def cancel(self) -> None:
        """Nobody wants the answer any more."""
        if not self._over:
            self._over = True
            self._recognizer.forget(self)
            self._talker.kill(block=False)

    def _readings(self, stretches: list[list[Alternative]]) -> tuple[Reading, ...]:
        sound = bytes(self._sound)
        # A minute of sound takes fifty milliseconds: not on the hub.
        threads = gevent.get_hub().threadpool
        if not threads.apply(has_voice, (sound,)):
            return ()
        voiced = threads.apply(voiced_seconds, (sound,)) if self._whole else 0.0
        found = readings(stretches, self._decoys, phrases=self._whole, voiced=voiced)
        return tuple(Reading(text, confidence) for text, confidence in found)

    # --- the greenlet that talks to the servers ---

    def _talk(self) -> None:
        reason = "no server"
        for attempt, server in enumerate(self._servers[:2]):
            if attempt and self._sound:
                self._recognizer.figures.repeated += 1
            self._asked = server
            try:
                asking = _Asking(server, self, within=REPEATED_WITHIN if attempt else None)
                self._answer.set(asking.answer())
                return
            except (Broken, OSError, WebSocketException) as fault:
                reason = str(fault) or repr(fault)
                server.failed(reason)
        self._answer.set_exception(RecognizerLost(reason))

    @property
    def settings(self) -> dict[str, Any]:
        """What the server is told first."""
        grammar = {"phrase_list": list(self._grammar)} if self._grammar else {}
        return {
            "sample_rate": SAMPLE_RATE,
            "max_alternatives": _ALTERNATIVES,
            "words": False,
            **grammar,
        }

    def more_than(self, said: int, least: int) -> bytes | None:
        """What follows after `said` bytes, as soon as it is `least` long or the utterance is over.

        None: it is over, and that was all. Waits cooperatively, a second at most; empty then.
        """
        there = len(self._sound) - said
        if there < (1 if self._complete else least):
            if self._complete:
                return None
            self._news.clear()
            self._news.wait(1.0)
            return b""
        return bytes(self._sound[said : said + _LARGEST_PIECE])

    def made_out(self, text: str) -> None:
        """The words that the server has made out until now."""
        self._partial = " ".join(w for w in text.split() if w not in self._decoys and w != "[unk]")


class _Asking:
    """One utterance, said to one server: it answers each piece, and the end with its last result."""

    def __init__(self, server: Server, utterance: ServerUtterance, *, within: float | None) -> None:
        """`within`: seconds from the end to the answer; None: as long as the utterance waits."""
        self._server = server
        self._utterance = utterance
        self._within = within
        self._said = 0
        self._ended = False

    def answer(self) -> list[list[Alternative]]:
        """Raises `Broken`, OSError, `WebSocketException`."""
        line = self._server.connect()
        listener = None
        try:
            line.say(json.dumps({"config": self._utterance.settings}, ensure_ascii=False))
            listener = gevent.spawn(self._listen, line)
            self._say_all(line, listener)
            listener.join(timeout=self._within)
            if not listener.ready():
                raise Broken(f"{self._server.url} did not answer within {self._within:g} s")
            stretches: list[list[Alternative]] | Broken = listener.get()
            if isinstance(stretches, Broken):
                raise stretches
            return stretches
        finally:
            if listener is not None:
                listener.kill(block=False)
            line.close()

    def _say_all(self, line: Line, listener: gevent.Greenlet[..., Any]) -> None:
        place = 0
        while (piece := self._utterance.more_than(place, _PIECE)) is not None:
            if listener.ready():
                return  # it knows why
            if piece:
                self._said += 1
                line.give(piece)
                place += len(piece)
        self._ended = True
        line.say(_END)

    def _listen(self, line: Line) -> list[list[Alternative]] | Broken:
        stretches: list[list[Alternative]] = []
        heard = 0
        try:
            while not (self._ended and heard > self._said):
                told = json.loads(line.hear())
                heard += 1
                if not isinstance(told, dict):
                    raise TypeError
                if "partial" in told:
                    self._utterance.made_out(str(told["partial"]))
                else:
                    stretches.append(_alternatives(told))
        except (Broken, OSError) as fault:
            return Broken(str(fault) or repr(fault))
        except (ValueError, TypeError, AttributeError, WebSocketException):
            return Broken(f"{self._server.url} answers something that is no vosk-server's")
        return stretches


class VoskServer:
    """Fulfils the `Recognizer` port for the languages that have servers."""

    engine = "vosk-server"

    def __init__(self, servers: Mapping[str, Sequence[str]], *, most: int = MOST_STREAMS) -> None:
        """`servers`: their addresses per language (a server has one model). Raises `RecognizerLost` for one
        that is no address."""
        self._servers = {language: [Server(url) for url in urls] for language, urls in servers.items()}
        self._turns = {language: itertools.count() for language in servers}
        self._open: set[ServerUtterance] = set()
        self._most = most
        self.away: dict[str, str] = {}
        """Languages of which no server answered at the start, with the reason."""
        self.figures = Figures()

    def languages(self) -> frozenset[str]:
        """Those that have a server."""
        return frozenset(self._servers)

    def open(
        self, *, language: str, phrases: Sequence[str] = (), words: Sequence[str] = ()
    ) -> ServerUtterance:
        """Begins an utterance. Raises `RecognizerLost` if no server can take it."""
        if language not in self._servers:
            raise RecognizerLost(f"no vosk-server is set up for {language!r}")
        if len(self._open) >= self._most:
            self.figures.refused += 1
            raise RecognizerLost(f"vosk-server is busy: {len(self._open)} utterances at a time")
        expected = [phrase.strip().lower() for phrase in (*phrases, *words)]
        utterance = ServerUtterance(self, language, expected, in_a_row=bool(words))
        self._open.add(utterance)
        self.figures.opened += 1
        return utterance

    def candidates(self, language: str) -> list[Server]:
        """The servers that may be asked, the next one in turn first. Raises `RecognizerLost`."""
        servers = self._servers[language]
        first = next(self._turns[language]) % len(servers)
        usable = [server for server in (*servers[first:], *servers[:first]) if server.usable]
        if not usable:
            self.figures.refused += 1
            raise RecognizerLost(f"no vosk-server can be had: {servers[first].reason}")
        return usable if len(usable) > 1 else usable * 2  # one alone is asked again

    def wait_ready(self, timeout: float) -> None:
        """Tries every server once. Raises `RecognizerLost` for a language of which none answers."""
        del timeout  # each has its own
        self.away = {}
        for language, servers in self._servers.items():
            reasons = []
            for server in servers:
                try:
                    server.connect().close()
                except (Broken, OSError, WebSocketException) as fault:
                    server.failed(str(fault))
                    reasons.append(str(fault))
            if len(reasons) == len(servers):
                self.away[language] = "; ".join(reasons)
        if self.away:
            raise RecognizerLost("; ".join(dict.fromkeys(self.away.values())))

    @property
    def room(self) -> Room:
        """How much is asked of the servers at a time, and now."""
        usable = sum(server.usable for servers in self._servers.values() for server in servers)
        return Room(workers=usable, most=self._most, busy=len(self._open), waiting_bytes=0)

    def forget(self, utterance: ServerUtterance) -> None:
        """It is over."""
        self._open.discard(utterance)

    def close(self) -> None:
        """Ends what is under way."""
        for utterance in list(self._open):
            utterance.cancel()


def _grammar(
    language: str, phrases: Sequence[str], *, in_a_row: bool
) -> tuple[tuple[str, ...], frozenset[str]]:
    """What the server shall expect, and which of it are decoys. Words that its model lacks it drops."""
    usable = tuple(dict.fromkeys(phrase for phrase in phrases if phrase))
    if not usable:
        return (), frozenset()
    grammar, decoys = grammar_for(language, usable, is_known=lambda _word: True, in_a_row=in_a_row)
    return (*grammar, "[unk]"), frozenset(decoys)


def _alternatives(told: Mapping[str, Any]) -> list[Alternative]:
    """A result's readings, with alternatives or without. Raises ValueError, TypeError, AttributeError."""
    if "alternatives" in told:
        return [
            Alternative(str(one.get("text", "")).strip(), float(one.get("confidence", 0.0)))
            for one in told["alternatives"]
        ]
    return [Alternative(str(told.get("text", "")).strip(), 0.0)]
