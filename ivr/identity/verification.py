"""Performs `verify`: one try, counted, judged, and answered at the same time whatever came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import gevent
import structlog

from data.errors import DataError
from data.ids import new_id
from data.verification import (
    WITHHELD,
    Known,
    Lockout,
    Scope,
    Verifications,
    VerificationTry,
    Windows,
    Wrong,
)
from dialogs.results import Failed, Found, Locked, Missing
from ivr.clock import Clock
from ivr.identity.pins import Hashing
from ivr.identity.proofs import agrees, normalised, subject_of, told
from ivr.identity.settings import Limit, VerificationSettings
from ivr.in_thread import in_thread
from ivr.occasion import Occasion, Person

log = structlog.get_logger(__name__)

CALL_LOCK = timedelta(hours=4)
"""How long a call is locked: longer than any call lasts."""


@dataclass(frozen=True)
class Verified:
    """What came of a try; `person` only if they have passed."""

    result: Found | Missing | Locked | Failed
    person: Person | None = None


class Verification:
    """Tries of all calls of this process; they are counted in the database, with those of the others."""

    def __init__(
        self, verifications: Verifications, settings: VerificationSettings, *, hashing: Hashing, clock: Clock
    ) -> None:
        self._verifications = verifications
        self._settings = settings
        self._hashing = hashing
        self._clock = clock

    def verify(self, identity: str, claims: Mapping[str, str], occasion: Occasion) -> Verified:
        """Blocks cooperatively. It takes the floor's time at least, whatever comes of it."""
        began = self._clock.now()
        floor = self._settings.floor
        try:
            verified, wrong = self._judged(identity, normalised(claims), occasion)
            if wrong is not None and wrong.overall > self._settings.overall.slow:
                floor = max(floor, self._settings.overall.slow_floor)
        except DataError as lost:
            # Who cannot be counted cannot pass: else a lost database would open every account.
            log.error("verification_lost", call=str(occasion.call_id), reason=str(lost))
            verified = Verified(Failed(f"tries cannot be counted ({lost.code})"))
        gevent.sleep(self._clock.wait_seconds(began + floor - self._clock.now()))
        return verified

    def _judged(
        self, identity: str, claims: Mapping[str, str], occasion: Occasion
    ) -> tuple[Verified, Wrong | None]:
        at = self._clock.utc()
        kind, value = subject_of(claims)
        known = in_thread(lambda: self._verifications.person(kind, value))
        who = ("customer", str(known.customer_id)) if known is not None else (kind, value)
        a_try = VerificationTry(
            id=new_id(),
            identity=identity,
            subject_hash=in_thread(lambda: self._verifications.subject(*who)),
            caller_number=occasion.caller_number or WITHHELD,
            call_id=occasion.call_id,
            at=at,
        )
        wrong = self._counted(a_try)
        # Judged also where it is too late: it must not be told by the time that it takes.
        right = agrees(claims, known)
        if "pin" in claims:
            right &= self._hashing.proves(claims["pin"], known.pin_hash if known else None)
        if wrong is None:
            return Verified(Locked()), None
        if self._lock(a_try, wrong, full=False):
            return Verified(Locked()), wrong
        if right and known is not None:
            return self._pass(a_try, known), wrong
        log.info("verification_wrong", call=str(occasion.call_id), identity=identity, wrong=wrong.call)
        locked = self._lock(a_try, wrong, full=True)
        return Verified(Locked() if locked else Missing()), wrong

    def _counted(self, a_try: VerificationTry) -> Wrong | None:
        """Counts it, and how often it was wrong with it; `None`: a lock holds, and it is no try."""
        windows = Windows(
            subject=timedelta(seconds=self._settings.per_person.within),
            caller=timedelta(seconds=self._per_caller(a_try.caller_number).within),
            overall=timedelta(seconds=self._settings.overall.within),
        )

        def count() -> Wrong | None:
            holding = self._verifications.lockout(
                subject_hash=a_try.subject_hash,
                caller_number=a_try.caller_number,
                call_id=a_try.call_id,
                at=a_try.at,
            )
            if holding is not None:
                return None
            self._verifications.begin(a_try)
            return self._verifications.wrong(a_try, windows)

        return in_thread(count)

    def _lock(self, a_try: VerificationTry, wrong: Wrong, *, full: bool) -> bool:
        """Whether it is too often now; locks then. `full`: this try was wrong, and the last one allowed.

        Before the judgement only what is beyond the limit counts: others who try at the same instant.
        """
        more = 0 if full else 1
        settings = self._settings
        caller = self._per_caller(a_try.caller_number)
        over: list[tuple[Scope, str, timedelta, str]] = []
        if wrong.overall >= settings.overall.lock + more:
            span = timedelta(seconds=settings.overall.within)
            over.append(("all", "", span, f"{wrong.overall} wrong answers of all callers"))
        if wrong.caller >= caller.wrong + more:
            span = timedelta(seconds=caller.lock)
            over.append(("caller", a_try.caller_number, span, f"{wrong.caller} wrong answers of one caller"))
        if wrong.subject >= settings.per_person.wrong + more:
            span = timedelta(seconds=settings.per_person.lock)
            over.append(
                ("subject", a_try.subject_hash, span, f"{wrong.subject} wrong answers for one person")
            )
        if wrong.call >= settings.per_call + more:
            over.append(("call", str(a_try.call_id), CALL_LOCK, f"{wrong.call} wrong answers in one call"))
        for scope, subject, span, reason in over:
            self._note_lock(scope, subject, a_try.at, span, reason)
        return bool(over)

    def _note_lock(self, scope: Scope, subject: str, at: datetime, span: timedelta, reason: str) -> None:
        lockout = Lockout(scope=scope, subject=subject, reason=reason, since=at, until=at + span)
        if in_thread(lambda: self._verifications.lock(lockout)):
            log.warning("verification_locked", scope=scope, reason=reason, until=lockout.until)

    def _pass(self, a_try: VerificationTry, known: Known) -> Verified:
        in_thread(lambda: self._verifications.passed(a_try, known.customer_id))
        return Verified(told(known), Person(known.customer_id, known.customer_number))

    def _per_caller(self, caller_number: str) -> Limit:
        return self._settings.withheld if caller_number == WITHHELD else self._settings.per_caller
