"""An agent looks at the next person of a campaign, and decides: call, skip, or later.

Rules:
1. An agent sees the customer in hand and not the lists: one person at a time, of the campaigns whose queue
   they serve, while they are checked in. Whom they saw stands in the audit log, by whoever asks here.
2. Who is shown may be called as far as was seen a moment ago. The contact rules are asked again at the
   instant of dialling, whatever an agent decides; then the agent is told why there is no call.
3. The call is made by a server that runs, within a second. Here nothing is dialled. Every function blocks for
   as long as the database takes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from data.previews import claimed_for
from data.records import Customer
from data.records.accounts import AccountStatus
from data.records.contacts import ContactMade
from data.records.dialling import Attempt, Preview
from data.store import Store
from ivr.campaigns.contact_rules.gate import Gate
from ivr.campaigns.contact_rules.reading import load_rulebook
from ivr.campaigns.dialling.dialler import LEASE
from ivr.campaigns.dialling.plan import CampaignUnfit, Plan, plan_of
from ivr.campaigns.dialling.settings import TrunkSettings
from ivr.campaigns.dialling.stores import Stores
from ivr.campaigns.dialling.trying import Ready, Trying
from ivr.campaigns.dialling.ways_out import trunks_of
from ivr.config import Settings
from ivr.errors import IvrError

LOOKS_FOR = timedelta(minutes=5)
"""How long an agent may look; asked again, it begins anew."""
LONGEST_LATER = timedelta(days=31)
MOST_PASSED_OVER = 50
"""People who may not be called now, and are put back before the agent is told that there is nobody."""
MOST_CONTACTS = 10


class NobodyToShow(IvrError):
    """There is nobody for this agent now."""

    code = "nobody_to_show"


class NotDecided(IvrError):
    """What the agent decided does not count."""

    code = "not_decided"


@dataclass(frozen=True)
class InView:
    """Whom an agent looks at."""

    preview: Preview
    strategy: str
    campaign: str
    purpose: str
    customer: Customer
    accounts: tuple[AccountStatus, ...]
    numbers: tuple[str, ...]
    """At which they may be called, the likeliest first; `preview.rank` is the one that comes next."""
    contacts: tuple[ContactMade, ...]
    """The latest with them, the newest first."""
    attempt: Attempt | None = None

    @property
    def call(self) -> str:
        """What the call does: `calling`, `talking`, or how it ended; empty: there is none."""
        if self.attempt is None:
            return ""
        return self.attempt.result or ("talking" if self.attempt.answered_at else "calling")

    """The call, once it is made."""


@dataclass(frozen=True)
class Previewing:
    """What agents are shown, on one database."""

    store: Store
    gate: Gate
    trunks: tuple[TrunkSettings, ...]
    now: Callable[[], datetime]
    zone: ZoneInfo

    @classmethod
    def of(cls, settings: Settings, store: Store, *, now: Callable[[], datetime]) -> Previewing:
        """By the settings. Raises `FlowsInvalid` for contact rules with mistakes."""
        rulebook = load_rulebook(settings.path(settings.contact_rules))
        gate = Gate(store.contacts, rulebook, now=now)
        return cls(store, gate, trunks_of(settings), now, ZoneInfo(settings.calls.zone))

    def show(self, agent: str, serves: Callable[[str], bool]) -> InView:
        """The next person for an agent, of campaigns whose queue they serve: who was shown already, until
        they decide. Raises `NobodyToShow`."""
        self._insist_on_presence(agent)
        known = self.store.previews.of_agent(agent)
        if known is not None and known.decision == "call":
            return self._seen(known)
        if known is not None and self.store.previews.still(known, until=self.now() + LOOKS_FOR):
            return self._seen(known)
        for plan in self._running():
            if not serves(plan.agents_of):
                continue
            shown = self._next_of(plan, agent)
            if shown is not None:
                return self._seen(shown)
        raise NobodyToShow(
            "Nobody is to be called now in the preview campaigns of your queues", "Ask again later"
        )

    def in_view(self, agent: str) -> InView:
        """Whom the agent looks at, or has looked at last. Raises `NobodyToShow`."""
        known = self.store.previews.of_agent(agent) or next(
            iter(self.store.previews.latest(agent, most=1)), None
        )
        if known is None:
            raise NobodyToShow("You look at nobody", "Ask for the next person")
        return self._seen(known)

    def call(self, agent: str, *, number: int | None = None) -> None:
        """Whom the agent looks at is called, at that number of theirs (from 1). Raises `NotDecided`."""
        preview = self._open(agent)
        numbers = self.store.campaigns.numbers(preview.sample_id, preview.customer_id)
        rank = preview.rank if number is None else number
        if not 1 <= rank <= len(numbers):
            raise NotDecided(f"There is no number {rank}", f"Take one of 1 to {len(numbers)}")
        if not any(one.running.sample_id == preview.sample_id for one in self._running()):
            raise NotDecided("The campaign does not run now", "Skip them, or decide when it goes on")
        if not self.store.previews.call(preview, rank=rank, at=self.now(), lease=LEASE):
            raise _too_late()

    def skip(self, agent: str, reason: str) -> None:
        """This campaign does not call them. Raises `NotDecided`."""
        if not reason.strip():
            raise NotDecided("A reason is missing", "Write why they are not called")
        if not self.store.previews.skip(self._open(agent), reason=reason, at=self.now()):
            raise _too_late()

    def later(self, agent: str, after: timedelta, reason: str = "") -> datetime:
        """They are shown again after so long; when. Raises `NotDecided`."""
        if not timedelta(minutes=1) <= after <= LONGEST_LATER:
            raise NotDecided("That is not later", f"Write 1 minute to {LONGEST_LATER.days} days")
        due = self.now() + after
        if not self.store.previews.later(self._open(agent), reason=reason, due_at=due, at=self.now()):
            raise _too_late()
        return due

    # --- whom ---------------------------------------------------------------------------------------

    def _insist_on_presence(self, agent: str) -> None:
        presence = self.store.agents.presence(agent)
        if presence is None or presence.state != "in":
            raise NobodyToShow(f"{agent} is not checked in", f"First ivr agent in {agent}")

    def _open(self, agent: str) -> Preview:
        known = self.store.previews.of_agent(agent)
        if known is None:
            raise NotDecided("You look at nobody", "Ask for the next person")
        if known.decision:
            raise NotDecided("You have decided already: they are about to be called", "Wait for the call")
        return known

    def _running(self) -> list[Plan]:
        found = []
        for running in self.store.dial_list.at_work():
            if running.state != "running":
                continue
            try:
                plan = plan_of(running, self.trunks)
            except CampaignUnfit:  # the server tells it
                continue
            if plan.file.mode == "preview" and self.now() < plan.until:
                found.append(plan)
        return found

    def _next_of(self, plan: Plan, agent: str) -> Preview | None:
        owner, stores = claimed_for(agent), Stores.of(self.store)
        trying = Trying(stores, self.gate, now=self.now, wait=_never, zone=self.zone)
        for _ in range(MOST_PASSED_OVER):
            entries = stores.dial_list.claim(
                plan.running.sample_id, owner, at=self.now(), lease=LOOKS_FOR, most=1
            )
            if not entries:
                return None
            for ready in trying.ready(plan, entries, owner=owner):
                return self._noted(plan, agent, ready)
        return None

    def _noted(self, plan: Plan, agent: str, ready: Ready) -> Preview | None:
        shown = self.store.previews.show(
            plan.running.id, ready.entry, agent, at=self.now(), until=self.now() + LOOKS_FOR
        )
        if shown is None:  # they were shown another in the same moment
            self.store.dial_list.put_back([ready.entry], claimed_for(agent), due_at=self.now())
            return self.store.previews.of_agent(agent)
        return shown

    def _seen(self, preview: Preview) -> InView:
        store = self.store
        customer = store.customers.by_id(preview.customer_id)
        campaign = next((one for one in store.campaigns.all() if one.id == preview.campaign_id), None)
        if customer is None or campaign is None:
            raise NobodyToShow("Their data are gone", "Ask for the next person")
        numbers = store.campaigns.numbers(preview.sample_id, preview.customer_id)
        whom = store.contacts.whom(numbers[0] if numbers else "", customer_id=customer.id)
        attempt = preview.attempt_id
        return InView(
            preview=preview,
            strategy=campaign.strategy,
            campaign=campaign.name,
            purpose=campaign.purpose,
            customer=customer,
            accounts=store.accounts.of_customer(customer.customer_number),
            numbers=numbers,
            contacts=store.contacts.history(whom, most=MOST_CONTACTS),
            attempt=None if attempt is None else store.dial_attempts.get(attempt),
        )


def _too_late() -> NotDecided:
    return NotDecided(
        "It is too late: they went back on the list, or the campaign was changed", "Ask for the next person"
    )


def _never(_seconds: float) -> None:
    raise AssertionError("whoever only looks waits for no trunk")
