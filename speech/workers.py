"""Worker processes, seen from the server: started, spoken to, noticed when they die, replaced.

Rules:
1. Nothing here blocks the hub: sockets are gevent's, and what is sent waits in an outbox.
2. Every wait has a deadline, and the end of a worker (end of file) wakes all who wait on it at once.
3. The outbox has a limit; a worker that does not keep up loses the conversation, not the server.
4. Workers are exec'ed (`python -m speech.worker_…`), never forked from the patched server, and end
   when the server does, because their socket is their standard input.
5. A dead worker is replaced after a pause that doubles up to ten seconds. What is sent meanwhile
   waits for the new one.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import gevent
import gevent.event
import gevent.socket

from speech.errors import WorkerLost, WorkerTimeout, WorkerUnfit
from speech.figures import Figures, Room
from speech.frames import Decoder, Frame, FrameFault, Header, encode
from speech.spawning import START_TIMEOUT, Spawned, Spawner

LOG = logging.getLogger("speech.workers")

OUTBOX_LIMIT = 8 << 20
"""Bytes waiting for one worker: more than eight minutes of one call's audio."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0
_GIVE_UP = 3
"""Failed starts in a row after which new conversations are refused (starts go on being tried); a worker that
says itself that it is unfit counts as so many."""


class Conversation:
    """One utterance or one rendering on its way through a worker."""

    def __init__(self, link: Link, number: int, figures: Figures) -> None:
        self.link = link
        self._figures = figures
        self.number = number
        self._answer: gevent.event.AsyncResult[Frame] = gevent.event.AsyncResult()
        self.partials: deque[Header] = deque(maxlen=8)

    def send(self, op: str, body: bytes = b"", **fields: object) -> None:
        """Queues a frame. Never blocks; raises `WorkerLost` if the worker is gone or too slow."""
        self.link.send({"op": op, "id": self.number, **fields}, body)

    def wait(self, timeout: float) -> Frame:
        """The answer. Raises `WorkerLost`, `WorkerTimeout`."""
        began = time.monotonic()
        self._answer.wait(timeout)
        if not self._answer.ready():
            self._figures.late += 1
            self.link.unanswered()
            raise WorkerTimeout(f"{self.link.name} did not answer within {timeout:g} s")
        try:
            answer = self._answer.get()
        except WorkerLost:
            self._figures.lost += 1
            raise
        assert answer is not None
        self._figures.answer_came(time.monotonic() - began)
        return answer

    def wait_started(self, timeout: float) -> None:
        """Waits until its worker has started, or cannot. Raises `WorkerTimeout`."""
        if not self.link.ready.wait(timeout):
            raise WorkerTimeout(f"{self.link.name} was not ready after {timeout:g} s")

    def arrived(self, frame: Frame) -> None:
        """Called by the link with each frame of this conversation."""
        if frame[0].get("op") == "partial":
            self.partials.append(frame[0])
        else:
            self._answer.set(frame)

    def lost(self, reason: str) -> None:
        """Called by the link when the worker is gone."""
        if not self._answer.ready():
            self._answer.set_exception(WorkerLost(reason))

    def close(self) -> None:
        """No answer is expected any more."""
        self.link.forget(self.number)


@dataclass
class Link:
    """One life of one worker, from before its start to its end."""

    name: str
    figures: Figures
    facts: Header = field(default_factory=dict)
    ready: gevent.event.Event = field(default_factory=gevent.event.Event)
    reason: str = ""
    unfit: bool = False
    """The worker said itself why it cannot do its work."""
    pid: int = 0
    _conversations: dict[int, Conversation] = field(default_factory=dict)
    _outbox: deque[bytes] = field(default_factory=deque)
    _waiting: int = 0
    _filled: gevent.event.Event = field(default_factory=gevent.event.Event)
    _connection: gevent.socket.socket | None = None
    _next: int = 1
    _unanswered: int = 0
    _hung: str = ""

    @property
    def load(self) -> int:
        """Conversations under way."""
        return len(self._conversations)

    @property
    def waiting_bytes(self) -> int:
        """What is queued and not sent yet."""
        return self._waiting

    def open(self) -> Conversation:
        """A new conversation. Raises `WorkerLost` if this life is over."""
        if self.reason:
            raise WorkerLost(self.reason)
        conversation = Conversation(self, self._next, self.figures)
        self._conversations[self._next] = conversation
        self._next += 1
        return conversation

    def forget(self, number: int) -> None:
        """The conversation is over."""
        self._conversations.pop(number, None)

    def send(self, header: Header, body: bytes = b"") -> None:
        """Queues a frame for the writer. Raises `WorkerLost`."""
        if self.reason:
            raise WorkerLost(self.reason)
        data = encode(header, body)
        if self._waiting + len(data) > OUTBOX_LIMIT:
            raise WorkerLost(f"{self.name} does not keep up: {self._waiting} bytes are waiting for it")
        self._outbox.append(data)
        self._waiting += len(data)
        self._filled.set()

    def unanswered(self) -> None:
        """A deadline passed. Two in a row without a sign of life end the worker."""
        self._unanswered += 1
        if self._unanswered >= 2 and self.ready.is_set():
            self.abandon()

    def abandon(self) -> None:
        """Ends a worker that hangs, without waiting for it to leave."""
        self._hung = f"{self.name} (pid {self.pid}) does not answer: ended"
        self._shut()  # the reader meets the end of file, and its keeper puts another one in its place

    def live(self, spawner: Spawner, *, start_timeout: float, progress: Callable[[str], None]) -> None:
        """Starts the worker and serves it until it ends; `reason` then says why."""
        spawned: Spawned | None = None
        overdue = gevent.Timeout(start_timeout)
        writer: gevent.Greenlet[[gevent.socket.socket], None] | None = None
        reason = f"{self.name} ended"
        try:
            spawned = spawner.spawn(progress)
            self._connection = spawned.connection
            writer = gevent.spawn(self._write, spawned.connection)
            overdue.start()
            reason = self._read(spawned.connection, overdue, progress) or self._hung or reason
            if not self.ready.is_set() and (said := spawned.last_words()):
                reason += f": {said}"
        except gevent.Timeout as passed:
            if passed is not overdue:
                raise
            reason = f"{self.name} was not ready after {start_timeout:g} s"
            spawner.close()  # what workers are forked from may hang itself: the next one gets a new one
        except (WorkerLost, FrameFault) as fault:
            reason = str(fault)
            self.unfit = isinstance(fault, WorkerUnfit)
        except OSError:
            reason = self._hung or f"{self.name} ended"  # a reset instead of an end of file: it was killed
        finally:
            overdue.close()
            self._end(reason)
            if writer is not None:
                writer.kill(block=False)
            if spawned is not None:
                spawned.connection.close()
                spawned.kill(self.pid)

    def _read(
        self, connection: gevent.socket.socket, overdue: gevent.Timeout, progress: Callable[[str], None]
    ) -> str:
        decoder = Decoder()
        while data := connection.recv(1 << 16):
            self._unanswered = 0
            for header, body in decoder.push(data):
                match header.get("op"):
                    case "ready":
                        overdue.close()
                        self.facts, self.pid = header, int(header.get("pid", 0))
                        self.ready.set()
                    case "progress":
                        progress(str(header.get("text")))
                    case "fatal":
                        raise WorkerUnfit(f"{self.name}: {header.get('text')}")
                    case _:
                        conversation = self._conversations.get(int(header.get("id", 0)))
                        if conversation is not None:
                            conversation.arrived((header, body))
        return ""

    def _write(self, connection: gevent.socket.socket) -> None:
        try:
            while True:
                self._filled.wait()
                while self._outbox:
                    data = self._outbox.popleft()
                    self._waiting -= len(data)
                    connection.sendall(data)
                self._filled.clear()
        except OSError:
            return  # the reader meets the end of file, and says so

    def _end(self, reason: str) -> None:
        self.reason = self.reason or reason
        for conversation in list(self._conversations.values()):
            conversation.lost(self.reason)
        self._conversations.clear()
        self._outbox.clear()
        self._waiting = 0
        self.ready.set()  # wakes who waits for the start; `reason` tells that it failed

    def close(self) -> None:
        """Ends this life from our side: the worker sees the end of file and leaves."""
        self._end(f"{self.name} is closed")
        self._shut()

    def _shut(self) -> None:
        if self._connection is not None:
            try:
                self._connection.shutdown(gevent.socket.SHUT_RDWR)
            except OSError:
                self._connection.close()


class WorkerPool:
    """`size` workers of one kind, each replaced when it ends."""

    def __init__(
        self,
        spawner: Spawner,
        *,
        size: int = 1,
        start_timeout: float = START_TIMEOUT,
        most: int | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        """`most`: conversations that a worker takes at a time; beyond, `open` refuses."""
        self.name = spawner.name
        self.figures = Figures()
        self._most = most
        self._spawner = spawner
        self._start_timeout = start_timeout
        self._progress = progress or (lambda text: LOG.info("%s: %s", spawner.name, text))
        self._failed_starts = 0
        self._closed = False
        self._links = [Link(self.name, self.figures) for _ in range(size)]
        self._keepers = [gevent.spawn(self._keep, seat) for seat in range(size)]

    def _keep(self, seat: int) -> None:
        pause = _FIRST_PAUSE
        while not self._closed:
            link = self._links[seat]
            began = time.monotonic()
            link.live(self._spawner, start_timeout=self._start_timeout, progress=self._progress)
            if self._closed:
                return  # type: ignore[unreachable] # it changes while the worker lives
            LOG.warning("%s", link.reason)
            worked = bool(link.facts)
            self._failed_starts = 0 if worked else self._failed_starts + (_GIVE_UP if link.unfit else 1)
            if worked and time.monotonic() - began > _LONGEST_PAUSE:
                pause = _FIRST_PAUSE
            self.figures.restarts += worked
            self._links[seat] = Link(self.name, self.figures)  # takes conversations from now on
            if not worked:
                self._links[seat].facts = {"last_failure": link.reason}
            gevent.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            self._links[seat].facts = {}

    def wait_ready(self, timeout: float) -> Header:
        """Waits for the first worker; returns what it reported. Raises `WorkerLost`, `WorkerTimeout`."""
        deadline = time.monotonic() + timeout
        while True:
            link = self._links[0]
            if not link.ready.wait(max(0.0, deadline - time.monotonic())):
                raise WorkerTimeout(f"{self.name} was not ready after {timeout:g} s")
            if not link.reason:
                return link.facts
            if self._closed or self._failed_starts >= _GIVE_UP:
                raise WorkerLost(link.reason)
            if time.monotonic() > deadline:
                raise WorkerTimeout(link.reason)
            gevent.sleep(0.05)  # until the keeper has put the next life in its place

    def open(self) -> Conversation:
        """A conversation with the least busy worker, started or still starting.

        Raises `WorkerLost` where the pool is closed, its workers fail to start again and again, or all have
        as many conversations as they may.
        """
        try:
            conversation = self._least_busy().open()
        except WorkerLost:
            self.figures.refused += 1
            raise
        self.figures.opened += 1
        return conversation

    def replace(self, conversation: Conversation) -> None:
        """Its worker hangs: whoever waits for that one is told so, and another takes its place."""
        conversation.link.abandon()
        while any(link is conversation.link for link in self._links) and not self._closed:
            gevent.sleep(0.001)  # until its keeper has seen it

    def _least_busy(self) -> Link:
        if self._closed:
            raise WorkerLost(f"{self.name} is closed")
        links = [link for link in self._links if not link.reason]
        started = [link for link in links if link.ready.is_set()]
        if not started and (self._failed_starts >= _GIVE_UP or not links):
            failures = [str(link.facts.get("last_failure", "")) for link in self._links]
            raise WorkerLost(next(filter(None, failures), f"{self.name} does not start"))
        chosen = min(started or links, key=lambda link: link.load)
        if self._most is not None and chosen.load >= self._most:
            raise WorkerLost(f"{self.name} is busy: {chosen.load} at a time on each worker")
        return chosen

    @property
    def load(self) -> int:
        """Conversations under way."""
        return sum(link.load for link in self._links)

    @property
    def room(self) -> Room:
        """How much it can take, and takes now; `most` is 0 where nothing limits it."""
        limit = (self._most or 0) * len(self._links)
        waiting = sum(link.waiting_bytes for link in self._links)
        return Room(workers=len(self.pids()), most=limit, busy=self.load, waiting_bytes=waiting)

    def pids(self) -> list[int]:
        """Process ids of the workers that have started."""
        return [link.pid for link in self._links if link.pid and not link.reason]

    def close(self) -> None:
        """Ends the workers; conversations under way are lost. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        for link in self._links:
            link.close()
        self._spawner.close()
        gevent.joinall(self._keepers, timeout=3)
        gevent.killall(self._keepers, block=False)
