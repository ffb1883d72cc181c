"""How a leg ends: by the first sign of it, and by the word who ended it, which may come a moment later.

mod_sofia notes a received BYE or refusal in `sip_term_status` before it hangs up the channel, and what became
of it in `sip_hangup_disposition` (`recv_bye`, `recv_cancel`, `send_bye`, ...) 20 to 170 ms later.
"""

from __future__ import annotations

from collections.abc import Callable

import gevent
from gevent.event import Event as Flag

from esl.later import run_later
from esl.switch import HungUp
from esl.wire import Event

VERDICT_GRACE = 2.0
"""Seconds to wait after the first sign for the word who hung up. A busy switch says it late, and without it
the caller is taken to have done it."""


class Ending:
    """The end of one leg. `signed` is called at each sign of it, `closed` once, when nothing better is to be
    known; `grace` is in seconds."""

    def __init__(
        self, *, signed: Callable[[], None], closed: Callable[[HungUp], None], grace: float = VERDICT_GRACE
    ) -> None:
        self._signed, self._closed, self._grace = signed, closed, grace
        self.verdict: HungUp | None = None
        """What is known so far; none before the first sign."""
        self.begun = Flag()
        self.over = False
        """`closed` has been called."""
        self.transferred = False
        """We have sent the leg to another extension: that its connection ends is no loss."""
        self._by_us = ""  # the cause that we gave
        self._waiting: gevent.Greenlet[[], None] | None = None

    @property
    def cause(self) -> str:
        """For the error of who comes too late."""
        return self.verdict.cause if self.verdict else "hung up"

    def by_us(self, cause: str) -> None:
        """We have asked for it."""
        self._by_us = cause

    def take(self, event: Event) -> None:
        """An event of the leg. Those that tell nothing of its end change nothing."""
        match event.name:
            case "CHANNEL_HANGUP":
                self._hear(event, certain=False)
            case "CHANNEL_HANGUP_COMPLETE":
                self._hear(event, certain=True)
        if self.verdict is not None and not self.over and _disposition(event):
            self._hear(event, certain=True)

    def gone(self) -> None:
        """The switch's word that the channel is down: only the last events follow, if any."""
        if self.verdict is None and not self.over:
            self._sign(HungUp(self._by_us or "NORMAL_UNSPECIFIED", by_caller=not self._by_us))
            if self._by_us:
                self._close()  # nobody can tell us more
            else:
                self._await_verdict()

    def cut_off(self) -> None:
        """The connection is over. Without a sign before, the leg has gone on in its dialplan."""
        if self.over:
            return
        if self.verdict is None:
            self._sign(HungUp("BLIND_TRANSFER" if self.transferred else "CONNECTION_LOST", by_caller=False))
        self._close()

    def _hear(self, event: Event, *, certain: bool) -> None:
        so_far = self.verdict.cause if self.verdict else "NORMAL_UNSPECIFIED"
        cause = event.get("Hangup-Cause") or event.get("variable_hangup_cause") or so_far
        by_caller = _ended_by_caller(event)
        if by_caller is None and certain and "variable_sip_call_id" not in event.headers:
            by_caller = not self._by_us  # no word is to be had from what is not SIP
        self._sign(HungUp(cause, by_caller=bool(by_caller)))
        if certain or by_caller is not None or self._by_us:
            self._close()
        else:
            self._await_verdict()

    def _sign(self, verdict: HungUp) -> None:
        self.verdict = verdict
        self.begun.set()
        self._signed()

    def _await_verdict(self) -> None:
        if self._waiting is None:
            self._waiting = run_later(self._grace, self._close)

    def _close(self) -> None:
        if self.over:
            return
        assert self.verdict is not None
        self.over = True
        self._closed(self.verdict)
        if self._waiting is not None and self._waiting is not gevent.getcurrent():
            self._waiting.kill(block=False)


def _disposition(event: Event) -> str:
    return event.get("variable_sip_hangup_disposition")


def _ended_by_caller(event: Event) -> bool | None:
    """Who hung up, as far as the event tells; None if it does not."""
    if disposition := _disposition(event):
        return disposition.startswith("recv_")
    return True if event.get("variable_sip_term_status") else None
