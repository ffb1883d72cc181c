"""What an agent's screen is told while it happens: one desk for each agent, any number of screens at it.

Rules:
1. Whoever was away for a moment says what they heard last, and is told what they have missed: `KEPT` events.
2. A screen that does not keep up is closed, and nobody waits for it: it comes back, and asks as in 1.
3. A desk that nobody has sat at for `FORGOTTEN_AFTER` seconds is cleared away.
4. A screen costs a greenlet and a connection, and no thread.
"""

from __future__ import annotations

import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gevent.queue import Empty, Full, Queue

KEPT = 100
FORGOTTEN_AFTER = 600.0
BEHIND = 50
"""Events that a screen may be behind."""
HEARTBEAT = 15.0
"""Seconds of silence, after which a line is sent that means nothing: so that what lies between keeps the
connection, and we see that the other end is gone."""
MOST_AT_A_DESK = 5


class DeskFull(Exception):
    """There are too many screens, at this desk or altogether."""


@dataclass(frozen=True)
class DeskEvent:
    """Something that an agent is told."""

    n: int
    kind: str
    data: dict[str, Any]


@dataclass(eq=False)
class Screen:
    """One that listens. `None` in `inbox`: it is closed."""

    agent: str
    inbox: Queue[DeskEvent | None] = field(default_factory=lambda: Queue(BEHIND))
    closed: bool = False


@dataclass
class _Desk:
    events: deque[DeskEvent] = field(default_factory=lambda: deque(maxlen=KEPT))
    screens: list[Screen] = field(default_factory=list)
    left_at: float = 0.0


class Desks:
    """Those of all agents on one server."""

    def __init__(self, *, most: int, now: Callable[[], float] = time.monotonic) -> None:
        """`most`: screens altogether. `now`: seconds of a clock that never goes back."""
        self._most, self._now = most, now
        self._boot = secrets.token_hex(4)
        self._n = 0
        self._desks: dict[str, _Desk] = {}
        self._closed = False

    def __len__(self) -> int:
        """How many screens are open."""
        return sum(len(desk.screens) for desk in self._desks.values())

    def attended(self, agent: str) -> bool:
        """Whether somebody sits there, or did a moment ago."""
        self._clear()
        return agent in self._desks

    def tell(self, agent: str, kind: str, data: dict[str, Any]) -> None:
        """Tells every screen at the desk. Never waits."""
        desk = self._desks.get(agent)
        if desk is None:
            return
        self._n += 1
        event = DeskEvent(self._n, kind, data)
        desk.events.append(event)
        for screen in list(desk.screens):
            try:
                screen.inbox.put_nowait(event)
            except Full:
                self._close(screen)

    def open(self, agent: str, last_id: str = "") -> Screen:
        """A new screen; `last_id` is that of the last event that it has heard. Raises `DeskFull`."""
        self._clear()
        desk = self._desks.setdefault(agent, _Desk())
        if self._closed or len(self) >= self._most or len(desk.screens) >= MOST_AT_A_DESK:
            raise DeskFull(agent)
        screen = Screen(agent)
        for event in list(self._missed(desk, last_id))[-BEHIND:]:
            screen.inbox.put_nowait(event)
        desk.screens.append(screen)
        return screen

    def leave(self, screen: Screen) -> None:
        """Nobody listens there any more."""
        desk = self._desks.get(screen.agent)
        if desk is not None and screen in desk.screens:
            desk.screens.remove(screen)
            desk.left_at = self._now()

    def close(self) -> None:
        """Ends all screens."""
        self._closed = True
        for desk in self._desks.values():
            for screen in list(desk.screens):
                self._close(screen)

    def written(
        self, screen: Screen, good: Callable[[], bool], heartbeat: float = HEARTBEAT
    ) -> Iterator[bytes]:
        """What goes over the wire (`text/event-stream`), until the screen is closed or not `good`,
        which is asked at each silence and before each event."""
        yield b"retry: 2000\n\n"
        try:
            while True:
                try:
                    event = screen.inbox.get(timeout=heartbeat)
                except Empty:
                    event = DeskEvent(0, "", {})
                if event is None or screen.closed or not good():
                    return
                yield self._line(event)
        finally:
            self.leave(screen)

    def _line(self, event: DeskEvent) -> bytes:
        if not event.kind:
            return b": still here\n\n"
        data = json.dumps(event.data, ensure_ascii=False)
        return f"id: {self._boot}-{event.n}\nevent: {event.kind}\ndata: {data}\n\n".encode()

    def _missed(self, desk: _Desk, last_id: str) -> Iterator[DeskEvent]:
        boot, _, n = last_id.partition("-")
        if not last_id:
            return
        if boot != self._boot or not (n.isascii() and n.isdigit() and len(n) < 19):
            yield from desk.events  # of another server, or of this one before its restart
            return
        yield from (event for event in desk.events if event.n > int(n))

    def _close(self, screen: Screen) -> None:
        screen.closed = True
        self.leave(screen)
        try:
            screen.inbox.put_nowait(None)
        except Full:
            screen.inbox.get_nowait()
            screen.inbox.put_nowait(None)

    def _clear(self) -> None:
        now = self._now()
        for agent, desk in list(self._desks.items()):
            if not desk.screens and now - desk.left_at > FORGOTTEN_AFTER:
                del self._desks[agent]
