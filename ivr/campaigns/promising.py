"""Performs `promise`: keeps what a caller has promised to pay, if the house accepts it.

Rules:
1. The campaign's policy decides, as it was when the campaign was started; without a campaign, the usual one
   (`PromisePolicy()`). What the flow has said of it is courtesy.
2. It is taken only from whoever has proved who they are, with a yes to what was read back, and kept for their
   first account, which is the one that campaigns call about.
3. Asked twice in a call for the same, it is one promise. It takes the place of those that are open.
4. Without the database nothing is promised: what nobody can judge nobody may confirm.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from zoneinfo import ZoneInfo

import structlog
from pydantic import ValidationError

from data import records
from data.errors import DataError
from data.records import Request
from data.records.accounts import PromiseTerms
from data.store import Store
from dialogs.effects import Promise
from dialogs.results import Done, Failed, Refused
from ivr.campaigns.strategies import PromisePolicy
from ivr.clock import Clock
from ivr.in_thread import in_thread
from ivr.occasion import Occasion

log = structlog.get_logger(__name__)


class Promising:
    """Promises of all calls of this process."""

    def __init__(self, store: Store, clock: Clock, *, zone: str) -> None:
        """`zone`: the company's, whose days count."""
        self._store, self._clock, self._zone = store, clock, ZoneInfo(zone)

    def keep(self, promise: Promise, occasion: Occasion) -> Done | Refused | Failed:
        """Blocks cooperatively."""
        person = occasion.person
        if person is None:
            return Refused("not_proved")
        if not promise.confirmed_by:
            return Refused("not_confirmed")
        now = self._clock.utc()
        try:
            kept = in_thread(lambda: self._kept(promise, occasion, person.customer_number, now))
        except DataError as lost:
            log.error("promise_not_kept", call=str(occasion.call_id), reason=str(lost))
            return Failed(f"promises cannot be kept ({lost.code})")
        if isinstance(kept, records.Refused):
            log.info("promise_refused", call=str(occasion.call_id), reason=kept.reason)
            return Refused(kept.reason)
        log.info("promise_kept", call=str(occasion.call_id), promise=str(kept.id))
        return Done()

    def _kept(
        self, promise: Promise, occasion: Occasion, customer_number: str, now: datetime
    ) -> records.Promise | records.Refused:
        accounts = self._store.accounts.of_customer(customer_number)
        if not accounts or accounts[0].currency != promise.currency:
            return records.Refused("unknown")
        policy = policy_of(self._store, occasion.strategy, occasion.campaign)
        return self._store.accounts.promise(
            customer_number,
            amount_cents=promise.amount,
            promised_for=date.fromisoformat(promise.on),
            request=Request(at=now, by="caller", key=_key(promise, occasion), call_id=occasion.call_id),
            label=accounts[0].label,
            terms=PromiseTerms(
                longest_days=policy.longest_days,
                of_balance=True,
                least_of_balance=policy.least_of_balance,
                least_share=policy.least_share,
                grace_days=policy.grace_days,
                most_instalments=policy.instalments,
                confirmed_by=promise.confirmed_by,
                verified_by=occasion.proof,
            ),
            instalments=promise.instalments,
            today=now.astimezone(self._zone).date(),
        )


def policy_of(store: Store, strategy: str, campaign: str) -> PromisePolicy:
    """What the house accepts in that campaign; without one, or where it is not to be read, what is usual."""
    found = store.campaigns.of_name(strategy, campaign) if strategy and campaign else None
    if found is None:
        return PromisePolicy()
    try:
        return PromisePolicy.model_validate(found.declared.get("promises") or {})
    except ValidationError:
        log.error("promise_policy_unreadable", strategy=strategy, campaign=campaign)
        return PromisePolicy()


def _key(promise: Promise, occasion: Occasion) -> str:
    said = (occasion.call_id, promise.name, promise.amount, promise.currency, promise.on, promise.instalments)
    return f"promise-{hashlib.sha256(repr(said).encode()).hexdigest()[:48]}"
