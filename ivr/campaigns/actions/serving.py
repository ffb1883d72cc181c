"""Actions and promises in a server: looked at now and again, claimed in the database, done once.

Rules:
1. Every server of the database looks; whoever claims an action does it, and what a dead one had is taken over
   when its lease ends.
2. The database is never asked on the loop that lives the calls.
3. Nothing hangs on a switch: also who calls nobody sends what was promised.
"""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog

from data.store import Store
from ivr.agents.shown import House
from ivr.campaigns import promise_days
from ivr.campaigns.actions.performing import Performing, Terms
from ivr.campaigns.actions.verdicts import Did, Dropped, PutOff
from ivr.campaigns.contact_rules.gate import Gate
from ivr.campaigns.contact_rules.reading import load_rulebook
from ivr.clock import Clock
from ivr.config import Settings
from ivr.in_thread import in_thread
from ivr.looking import Looking

log = structlog.get_logger(__name__)

EVERY = 2.0
"""Seconds between two looks at what is due."""
PROMISES_EVERY = timedelta(minutes=5)
"""Between two looks at promises; days are what they go by."""
LEASE = timedelta(seconds=60)
AT_ONCE = 50
"""Actions that are claimed in one look; the next one follows at once if there were as many."""


def terms_of(settings: Settings) -> Terms:
    """What an installation allows, and how it writes."""
    calls, messages = settings.calls, settings.messages
    return Terms(
        house=House(currency=calls.currency, region=calls.region, zone=calls.zone),
        language=calls.language,
        limits=messages.limits,
        callbacks=settings.callbacks,
        messages_to=frozenset(messages.countries or (calls.region,)),
    )


class Acting:
    """One server's, from `start` to `close`."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, *, owner: str) -> None:
        """`owner`: this process, by its node's name. Raises `FlowsInvalid` for contact rules with mistakes:
        then nobody is contacted."""
        self._store, self._clock, self._owner = store, clock, owner
        self._zone = ZoneInfo(settings.calls.zone)
        rulebook = load_rulebook(settings.path(settings.contact_rules))
        gate = Gate(store.contacts, rulebook, now=clock.utc)
        terms = terms_of(settings)
        self._performing = Performing(store, gate, rulebook, terms, owner=owner, now=clock.utc)
        self._looking = Looking(self.step, every=EVERY, name="actions")
        self._promises = Looking(self.promises, every=EVERY, name="promises")
        self._looks_at = clock.utc()

    def start(self) -> None:
        """Begins to look what there is to do."""
        self._looking.start()
        self._promises.start()

    def close(self) -> None:
        """No action is begun from here on; one that was being done is done, or taken over."""
        self._looking.stop()
        self._promises.stop()

    def step(self) -> int:
        """Does what is due; how many actions were looked at. Raises `DataError`."""
        looked = 0
        while True:
            at = self._clock.utc()
            claimed = in_thread(
                lambda at=at: self._store.actions.claim(self._owner, at=at, lease=LEASE, most=AT_ONCE)  # type: ignore[misc]  # mypy knows no such default
            )
            for action in claimed:
                verdict = in_thread(lambda action=action: self._performing.perform(action))  # type: ignore[misc]  # as above
                about = {"action": str(action.id), "kind": action.kind, "outcome": action.outcome}
                match verdict:
                    case Did():
                        log.info("action_done", **about)
                    case PutOff(until, result, _why):
                        log.info("action_put_off", until=until.isoformat(), reason=result, **about)
                    case Dropped(result, _why):
                        log.warning("action_dropped", reason=result, **about)
            looked += len(claimed)
            if len(claimed) < AT_ONCE:
                return looked

    def promises(self) -> None:
        """Looks at promises, if it is time. Raises `DataError`."""
        at = self._clock.utc()
        if at < self._looks_at and self._looks_at - at <= PROMISES_EVERY:
            return
        self._looks_at = at + PROMISES_EVERY
        found = in_thread(lambda: promise_days.look(self._store, at=at, zone=self._zone))
        if found.closed or found.reminders:
            closed = {str(state): count for state, count in found.closed.items()}
            log.info("promises_looked_at", reminders=found.reminders, **closed)
