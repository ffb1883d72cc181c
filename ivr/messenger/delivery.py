"""Carries messages from the outbox to the providers, and tries again what did not arrive.

Rules:
1. An errand is claimed with a lease: several servers carry from one outbox, and none carries twice at once.
2. A provider that is down costs its own messages time and nobody else's: each channel is carried by itself.
3. What is refused for good, or has been tried `MOST_TRIES` times, is given up, and an operator sees it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta

import gevent
import structlog

from data.errors import DataError
from data.messages import State
from data.records import Claimed
from data.store import Store
from ivr.clock import Clock
from ivr.in_thread import in_thread
from ivr.messenger.message import Carrier, DeliveryFailed, Message

log = structlog.get_logger(__name__)

EVERY = 1.0
"""Seconds between two looks at the outbox."""
AT_ONCE = 8
"""Messages of one channel that are carried at the same time."""
LEASE = timedelta(seconds=120)
"""Longer than any deadline of a provider."""
MOST_TRIES = 14
"""With the pauses below: about a day and a half."""
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 6 * 3600.0


def pause_after(tries: int) -> float:
    """Seconds until the next try: three times as long each time, a quarter more or less by chance."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 3.0 ** (tries - 1)) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret


class Delivery:
    """One process's carrying; `start` and `close` it, or `carry` by hand."""

    def __init__(self, store: Store, carriers: Mapping[str, Carrier], *, owner: str, clock: Clock) -> None:
        """`owner`: this process, by its node's name."""
        self._store, self._carriers, self._owner, self._clock = store, carriers, owner, clock
        self._running: list[gevent.Greenlet[..., object]] = []
        self._lost = False

    def start(self) -> None:
        self._running = [gevent.spawn(self._carry_now_and_then, channel) for channel in self._carriers]

    def close(self) -> None:
        """What is under way is given back by its lease."""
        gevent.killall(self._running)
        self._running = []

    def _carry_now_and_then(self, channel: str) -> None:
        while True:
            try:
                carried = self.carry(channel)
                self._lost = False
            except DataError as lost:
                carried = 0
                if not self._lost:
                    log.error("messages_wait", reason=str(lost))
                self._lost = True
            except Exception:
                # The other messages must go on being carried, whatever broke this one.
                log.exception("message_lost", channel=channel)
                carried = 0
            if carried < AT_ONCE:
                gevent.sleep(EVERY)

    def carry(self, channel: str) -> int:
        """Carries what is due, at most `AT_ONCE`; how many it took up. Raises `DataError`."""
        claimed = in_thread(
            lambda: self._store.outbox.claim(
                self._owner, at=self._clock.utc(), lease=LEASE, most=AT_ONCE, kinds=(channel,)
            )
        )
        gevent.joinall([gevent.spawn(self._carry_one, one) for one in claimed], raise_error=True)
        return len(claimed)

    def _carry_one(self, errand: Claimed) -> None:
        carrier = self._carriers[errand.kind]
        try:
            reference = carrier.deliver(Message.from_body(errand.body))
        except DeliveryFailed as failed:
            self._failed(errand, failed)
            return
        at = self._clock.utc()
        if in_thread(lambda: self._store.outbox.done(errand.id, self._owner, at=at)):
            state: State = "sent" if carrier.sends else "failed"
            detail = reference if carrier.sends else f"not sent, written to {reference}"
            in_thread(
                lambda: self._store.messages.settle(errand.idempotency_key, state, at=at, detail=detail)
            )

    def _failed(self, errand: Claimed, failed: DeliveryFailed) -> None:
        at, outbox = self._clock.utc(), self._store.outbox
        told = {"channel": errand.kind, "call": str(errand.call_id), "tries": errand.tries}
        if not failed.final and errand.tries < MOST_TRIES:
            pause = max(failed.again_in or 0.0, pause_after(errand.tries))
            log.warning("message_delayed", reason=failed.reason, again_in=round(pause), **told)
            due = at + timedelta(seconds=pause)
            in_thread(lambda: outbox.try_again(errand.id, self._owner, due_at=due, error=failed.reason))
            return
        log.error("message_given_up", reason=failed.reason, **told)
        if in_thread(lambda: outbox.give_up(errand.id, self._owner, at=at, error=failed.reason)):
            in_thread(
                lambda: self._store.messages.settle(
                    errand.idempotency_key, "failed", at=at, detail=failed.reason
                )
            )
