"""Opens the performers of a server: who checks identities, opens cases, sends messages, understands."""

from __future__ import annotations

from contextlib import ExitStack

from data.spool import Spool
from data.store import Store
from ivr.agents.follow_ups import CALLBACK, carrying_callbacks
from ivr.campaigns.actions.providers import StrategyProviders
from ivr.campaigns.contact_rules.gate import Gate
from ivr.campaigns.contact_rules.reading import load_rulebook, presets
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.promising import Promising
from ivr.cases import CASE, Cases
from ivr.clock import Clock
from ivr.config import Settings
from ivr.evidence import CONSENT, Evidence
from ivr.identity.pins import Hashing
from ivr.identity.verification import Verification
from ivr.messenger.errands import errands_of
from ivr.messenger.messenger import MESSAGE, Messenger, carriers
from ivr.messenger.paper import Folder
from ivr.outbox import Kind, Outbox
from ivr.performers import Performers
from ivr.queueing.booking import Bookings
from ivr.queueing.callback_hours import CallingHours
from ivr.queueing.people import People
from ivr.safekeeping import Safekeeping
from ivr.understanding.opening import open_understanding


def dial_string(settings: Settings) -> str | None:
    """How somebody is called back, with `{number}` in it; `None`: there is no way."""
    if not settings.callbacks.enabled:
        return None
    if settings.callbacks.dial is not None:
        return settings.callbacks.dial
    if settings.switch.kind == "embedded":
        return "user/{number}"
    if settings.switch.event_password is None or not settings.freeswitch.gateways:
        return None
    return f"sofia/gateway/{settings.freeswitch.gateways[0].name}/{{number}}"


def _rulebook(settings: Settings) -> Rulebook:
    """Raises `FlowsInvalid` for rules of the company's own that cannot be read."""
    own = settings.path(settings.contact_rules)
    return load_rulebook(own) if own.is_dir() else presets()


def open_performers(
    settings: Settings, store: Store, clock: Clock, closing: ExitStack, outbox: Outbox, people: People
) -> Performers:
    """Those of a server; `closing` closes them. `outbox` carries their errands from its start on. `people`:
    the queues in which callers keep a place."""
    hashing = Hashing()
    closing.callback(hashing.close)
    _carry_messages(settings, store, clock, outbox)
    safe = Safekeeping(Spool(settings.spool_folder))
    rulebook = _rulebook(settings)
    gate = Gate(store.contacts, rulebook, now=clock.utc)
    cases = Cases(store, clock, safe)
    messenger = Messenger(
        store, settings.messages, region=settings.calls.region, clock=clock, safe=safe, gate=gate
    )
    evidence = Evidence(store, settings.recordings_folder, clock, safe)
    # What had to wait in the spool comes back as an errand.
    outbox.takes(CASE, Kind(carry=cases.carry))
    outbox.takes(MESSAGE, Kind(carry=messenger.carry))
    outbox.takes(CONSENT, Kind(carry=evidence.carry))
    outbox.takes(CALLBACK, Kind(carry=carrying_callbacks(store.callbacks, clock.utc)))
    understanding = open_understanding(settings.understanding, settings.home, clock.now)
    closing.callback(understanding.close)
    hours = CallingHours(
        settings.callbacks,
        zone=settings.calls.zone,
        calendar=lambda queue: people.plan.queue(queue).calendar,
        rulebook=rulebook,
    )
    bookings = Bookings(
        store.callbacks,
        settings.callbacks,
        people,
        region=settings.calls.region,
        now=clock.utc,
        hours=hours,
        gate=gate,
    )
    return Performers(
        identity=Verification(store.verifications, settings.verification, hashing=hashing, clock=clock),
        cases=cases,
        notices=messenger,
        consents=evidence,
        # A place that nobody would ever be called from is not kept.
        callbacks=bookings if dial_string(settings) is not None else None,
        understanding=understanding,
        promises=Promising(store, clock, zone=settings.calls.zone),
    )


def _carry_messages(settings: Settings, store: Store, clock: Clock, outbox: Outbox) -> None:
    """By whom a message of each channel is carried."""
    folder = Folder(settings.messages_folder, clock.utc)
    carried = {
        **carriers(settings.messages, folder, clock),
        "whatsapp": StrategyProviders(settings.path(settings.strategies)),
    }
    for channel, kind in errands_of(store, carried, clock).items():
        outbox.takes(channel, kind)
