"""Who calls, before the greeting and again when more is known.

Rules:
1. A caller waits for it `DEADLINE` at most. What cannot be known in time, or without the database, is not
   known: the caller is in no segment, and the call goes on as everybody's.
2. After some failures in a row nobody waits for a while, so that a lost database costs a few calls, and not
   all of them, their first moment.
3. It is asked again when a step has changed something or the caller has proved who they are; never by the
   clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID

import gevent
import structlog
from gevent.threadpool import ThreadPool

from data.errors import DataError
from data.records.callers import CallerHistory, TakenFor
from data.store import Store
from dialogs.effects import Deed, Effect, Lookup, Understand
from dialogs.engine import Conversation
from dialogs.results import CaseOpened, Done, Found, Result
from dialogs.segments.facts import Scalar
from dialogs.segments.rules import SegmentRules
from ivr.callers.history import facts_of
from ivr.callers.numbers import CallerNumber, caller_number
from ivr.clock import Clock

log = structlog.get_logger(__name__)

DEADLINE = 0.3
"""Seconds."""
FAILURES = 3
"""In a row, after which nobody waits."""
REST = 5.0
"""Seconds for which nobody waits then."""


class KnownCallers:
    """Looks up callers for all calls of this process."""

    def __init__(
        self, store: Store, *, region: str, zone: tzinfo, clock: Clock, deadline: float = DEADLINE
    ) -> None:
        """`region`: the site's country (ISO 3166); `zone`: the company's, for what is late; `deadline`:
        seconds."""
        self._store, self._region, self._zone, self._clock = store, region, zone, clock
        self._deadline = deadline
        # Of its own: what hangs here must not hold up look-ups and records.
        self._pool = ThreadPool(2)
        self._failures = 0
        self._rests_until = 0.0

    def close(self) -> None:
        """Waits for nobody any more."""
        self._pool.kill()

    def meet(self, number: str, *, at: datetime) -> Acquaintance:
        """The caller of a call that came in at that moment. Blocks cooperatively, `deadline` at most."""
        one = Acquaintance(self, caller_number(number, self._region), at)
        one.look()
        return one

    def local_time(self) -> datetime:
        """The time in the company's zone."""
        return self._clock.utc().astimezone(self._zone)

    def remembered(
        self, number: CallerNumber, *, before: datetime, customer_number: str | None
    ) -> CallerHistory | None:
        """What is remembered of a caller; `None`: nothing can be known now."""
        if self._clock.now() < self._rests_until:
            return None
        known = self._asked(number, before, customer_number)
        self._failures = self._failures + 1 if known is None else 0
        if self._failures >= FAILURES:
            self._failures, self._rests_until = 0, self._clock.now() + REST
        return known

    def _asked(
        self, number: CallerNumber, before: datetime, customer_number: str | None
    ) -> CallerHistory | None:
        today = self.local_time().date()

        def ask() -> CallerHistory | DataError:
            # Caught here: gevent prints what a thread of its pool raises.
            try:
                return self._store.callers.history(
                    number.e164,
                    written=number.written,
                    before=before,
                    today=today,
                    customer_number=customer_number,
                )
            except DataError as lost:
                return lost

        answer: CallerHistory | DataError | None = None
        with gevent.Timeout(self._clock.wait_seconds(self._deadline)) as late:
            try:
                answer = self._pool.apply(ask)
            except gevent.Timeout as over:
                if over is not late:
                    raise
        if isinstance(answer, CallerHistory):
            return answer
        log.warning("caller_not_known", reason="too slow" if answer is None else str(answer))
        return None


@dataclass
class Acquaintance:
    """One call's caller, as far as they are known."""

    callers: KnownCallers
    number: CallerNumber
    since: datetime
    """When the call began: what comes after is no history."""
    facts: Mapping[str, Scalar] | None = None
    """`None`: nothing could be known."""
    customer_number: str | None = None
    """Who the caller has proved to be."""
    customer_id: UUID | None = None
    """The one person whom the facts are about."""

    def look(self) -> bool:
        """Looks them up; whether anything could be known. Blocks cooperatively."""
        found = self.callers.remembered(self.number, before=self.since, customer_number=self.customer_number)
        if found is None:
            return False
        self.customer_id = None if found.person is None else found.person.id
        verified = self.customer_number is not None
        self.facts = facts_of(self.number, found, now=self.callers.local_time(), verified=verified)
        return True

    @property
    def facts_but_language(self) -> Mapping[str, Scalar] | None:
        """The facts without the languages that they have spoken."""
        if self.facts is None:
            return None
        return {name: value for name, value in self.facts.items() if not name.endswith(".language")}

    def told(self, rules: SegmentRules) -> dict[str, Scalar]:
        """What flows are told of them when the call begins, for its record: the segment, and every fact that
        is more than nothing."""
        if self.facts is None:
            return {}
        facts = {name: value for name, value in self.facts.items() if value not in (None, "", 0, False)}
        return {"segment": rules.decide(self.facts).segment.name, **facts}

    def taken_for(self, conversation: Conversation) -> TakenFor | None:
        """What the conversation takes them for now, for the call's record; `None`: for nobody."""
        decision = conversation.known
        if not decision.segment.name:
            return None
        held = next((one.condition for one in decision.tried if one.verdict == "holds"), "")
        return TakenFor(
            segment=decision.segment.name,
            reason=conversation.reason,
            rule=held,
            rules_version=conversation.rules_version,
            at=self.since,
            e164=self.number.e164,
            customer_id=self.customer_id,
        )

    def outdated_by(self, effect: Effect, result: Result) -> bool:
        """Whether that may have changed what is known: something was looked up, written, or proved."""
        changing = isinstance(effect, Lookup | Deed) and not isinstance(effect, Understand)
        return changing and isinstance(result, Found | Done | CaseOpened)
