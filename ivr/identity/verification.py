"""Performs `verify`: one try, counted, judged, and answered at the same time whatever came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import gevent
import structlog

from data.errors import DataError
from data.ids import new_id
from data.records import Known
from data.verification import (
    WITHHELD,
    Lockout,
    Scope,
    Verifications,
    VerificationTry,
    Windows,
    Wrong,
)
from dialogs.results import Failed, Found, Locked, Missing, Slow
from ivr.clock import Clock
from ivr.identity.pins import Hashing
from ivr.identity.proofs import OF_CALLED, agrees, bare, normalised, subject_of, told
from ivr.identity.settings import Limit, VerificationSettings
from ivr.in_thread import in_thread
from ivr.occasion import Occasion, ServedCustomer

log = structlog.get_logger(__name__)

CALL_LOCK = timedelta(hours=4)
"""How long a call is locked: longer than any call lasts."""
_LOOKUP = "look-up: "
"""Before the name of what is looked up, where a try is about that and not about a person."""
LookedUp = Found | Missing | Slow | Failed


@dataclass(frozen=True)
class Verified:
    """What came of a try; `person` only if they have passed."""

    result: Found | Missing | Locked | Failed
    person: ServedCustomer | None = None


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
        if OF_CALLED & set(claims) and not occasion.called:
            log.error("proof_of_called_people_only", call=str(occasion.call_id), identity=identity)
            return Verified(Failed(f"{identity} proves only whom we have called"))
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

    def guarded(
        self, thing: tuple[str, str], occasion: Occasion, ask: Callable[[], LookedUp]
    ) -> LookedUp | Failed:
        """Asks for what a number and a postcode open, unless it was guessed too often. `thing`: kind, number.

        A number that nobody has and a postcode that is wrong are one try each. `Failed`, which people take
        over, is also what a lost database gives: who cannot be counted is not answered.
        """
        kind, number = thing
        try:
            a_try = self._try(f"{_LOOKUP}{kind}", (f"{_LOOKUP}{kind}", number), occasion)
            if isinstance(self._begun(a_try), Locked):
                return Failed(f"too many wrong answers about the {kind}, or of the caller")
            result = ask()
            if isinstance(result, Missing):
                self._was_wrong(a_try)
            elif isinstance(result, Found):
                in_thread(lambda: self._verifications.was_right(a_try))
            else:
                in_thread(lambda: self._verifications.withdraw(a_try))
        except DataError as lost:
            log.error("verification_lost", call=str(occasion.call_id), reason=str(lost))
            return Failed(f"tries cannot be counted ({lost.code})")
        return result

    def _try(self, identity: str, who: tuple[str, str], occasion: Occasion) -> VerificationTry:
        return VerificationTry(
            id=new_id(),
            identity=identity,
            subject_hash=in_thread(lambda: self._verifications.subject(*who)),
            caller_number=occasion.caller_number or WITHHELD,
            call_id=occasion.call_id,
            at=self._clock.utc(),
        )

    def _judged(
        self, identity: str, claims: Mapping[str, str], occasion: Occasion
    ) -> tuple[Verified, Wrong | None]:
        kind, value = subject_of(claims)
        known = in_thread(lambda: self._verifications.person(kind, value))
        nobody = (kind, bare(value) if kind == "customer_number" else value)
        who = ("customer", str(known.customer_id)) if known is not None else nobody
        a_try = self._try(identity, who, occasion)
        wrong = self._begun(a_try)
        # Judged also where it is too late: it must not be told by the time that it takes.
        right = agrees(claims, known)
        if "pin" in claims:
            right &= self._hashing.proves(claims["pin"], known.pin_hash if known else None)
        if isinstance(wrong, Locked):
            return Verified(wrong), None
        if right and known is not None:
            return self._pass(a_try, known), wrong
        log.info("verification_wrong", call=str(occasion.call_id), identity=identity)
        locked = self._was_wrong(a_try)
        return Verified(Locked() if locked else Missing()), wrong

    def _begun(self, a_try: VerificationTry) -> Wrong | Locked:
        """Counts it as under way; `Locked`: it is not to be judged, and was no try."""
        return in_thread(lambda: self._begun_in_thread(a_try))

    def _begun_in_thread(self, a_try: VerificationTry) -> Wrong | Locked:
        verifications = self._verifications
        holding = verifications.lockout(
            subject_hash=a_try.subject_hash,
            caller_number=a_try.caller_number,
            call_id=a_try.call_id,
            at=a_try.at,
        )
        if holding is not None:
            return Locked()
        verifications.begin(a_try)
        # Wrong ones of whoever died over them lock as all others do, as soon as somebody asks.
        used_up = self._lock(a_try)
        possible = verifications.wrong(a_try, self._windows(a_try), under_way=True)
        if not used_up and not any(
            possibly > allowed for _, _, possibly, allowed, _, _ in self._scopes(a_try, possible)
        ):
            return possible
        verifications.withdraw(a_try)
        if not used_up:
            # Too many at the same instant: they may all be right, so that nobody is locked for it.
            log.info("verification_at_once", call=str(a_try.call_id))
        return Locked()

    def _was_wrong(self, a_try: VerificationTry) -> bool:
        """Counts it as wrong. Whether that was the last one allowed; it locks then."""

        def settle() -> bool:
            self._verifications.was_wrong(a_try)
            return self._lock(a_try)

        return in_thread(settle)

    def _windows(self, a_try: VerificationTry) -> Windows:
        return Windows(
            subject=timedelta(seconds=self._settings.per_person.within),
            caller=timedelta(seconds=self._per_caller(a_try.caller_number).within),
            overall=timedelta(seconds=self._settings.overall.within),
        )

    def _lock(self, a_try: VerificationTry) -> bool:
        """Locks where what was wrong is as much as is allowed; whether it did."""
        wrong = self._verifications.wrong(a_try, self._windows(a_try))
        full = [one for one in self._scopes(a_try, wrong) if one[2] >= one[3]]
        for scope, subject, _, _, span, reason in full:
            self._note_lock(scope, subject, a_try.at, span, reason)
        return bool(full)

    def _scopes(
        self, a_try: VerificationTry, wrong: Wrong
    ) -> Iterator[tuple[Scope, str, int, int, timedelta, str]]:
        """Of each scope: whom it locks, how many there are of how many, for how long, and why."""
        settings = self._settings
        caller, person, overall = (
            self._per_caller(a_try.caller_number),
            settings.per_person,
            settings.overall,
        )
        span = timedelta(seconds=overall.within)
        yield "all", "", wrong.overall, overall.lock, span, f"{wrong.overall} wrong answers of all callers"
        span = timedelta(seconds=caller.lock)
        reason = f"{wrong.caller} wrong answers of one caller"
        yield "caller", a_try.caller_number, wrong.caller, caller.wrong, span, reason
        span = timedelta(seconds=person.lock)
        reason = f"{wrong.subject} wrong answers for one {_about(a_try.identity)}"
        yield "subject", a_try.subject_hash, wrong.subject, person.wrong, span, reason
        reason = f"{wrong.call} wrong answers in one call"
        yield "call", str(a_try.call_id), wrong.call, settings.per_call, CALL_LOCK, reason

    def _note_lock(self, scope: Scope, subject: str, at: datetime, span: timedelta, reason: str) -> None:
        lockout = Lockout(scope=scope, subject=subject, reason=reason, since=at, until=at + span)
        if self._verifications.lock(lockout):
            log.warning("verification_locked", scope=scope, reason=reason, until=lockout.until)

    def _pass(self, a_try: VerificationTry, known: Known) -> Verified:
        in_thread(lambda: self._verifications.passed(a_try, known.customer_id))
        return Verified(told(known), ServedCustomer(known.customer_id, known.customer_number))

    def _per_caller(self, caller_number: str) -> Limit:
        return self._settings.withheld if caller_number == WITHHELD else self._settings.per_caller


def _about(identity: str) -> str:
    return identity.removeprefix(_LOOKUP) if identity.startswith(_LOOKUP) else "person"
