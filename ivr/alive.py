"""Tells the service manager that we live (systemd's `Type=notify` and `WatchdogSec`, sd_notify(3)).

A server that hangs is worse than a dead one: FreeSWITCH keeps its calls, and their callers hear nothing.
So the word comes from the hub that lives the calls, and a manager that misses it ends the process; the
callers are then in the fallback queue at once.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

import gevent
import structlog

log = structlog.get_logger(__name__)


class Alive:
    """From `start` to `stop`. Without a manager that wants to know, it does nothing."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        for_us = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = environment.get("WATCHDOG_USEC", "") if for_us else ""
        self._every = int(microseconds) / 3e6 if microseconds.isascii() and microseconds.isdigit() else 0.0
        """Seconds, a third of what the manager waits; 0: it does not watch."""
        self._socket: socket.socket | None = None
        self._greenlet: gevent.Greenlet[[], None] | None = None

    def start(self) -> None:
        """Calls are taken from here on."""
        if not self._address:
            return
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        self._say("READY=1")
        if self._every:
            self._greenlet = gevent.spawn(self._go_on)

    def stopping(self) -> None:
        """No new calls; those under way may end, which takes its time: the word goes on coming."""
        self._say("STOPPING=1")

    def stop(self) -> None:
        """Nothing is said any more."""
        if self._greenlet is not None:
            self._greenlet.kill()
        if self._socket is not None:
            self._socket.close()
        self._greenlet = self._socket = None

    def _go_on(self) -> None:
        while True:
            gevent.sleep(self._every)
            self._say("WATCHDOG=1")

    def _say(self, word: str) -> None:
        if self._socket is None:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            self._socket.sendto(word.encode(), address)
        except OSError as lost:  # a manager that is gone must not end calls
            log.warning("manager_not_told", word=word, reason=str(lost))
