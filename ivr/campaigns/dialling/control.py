"""What coordinators do with a campaign's calls, by command or over the API: pause, drain, stop, look. (To
start one, more is asked: `starting`.)

It is written into the database; every server that dials looks there twice a second. Every function blocks for
as long as the database takes. Who asks is noted by whoever calls this; here nothing is printed. Nor is
anything loaded that only a start needs: who stops a campaign does not wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from data.campaigns import Campaign, Sample
from data.records.dialling import Attempt, CampaignState, Standing
from data.store import Store
from data.trunks import MOST_FAILURES
from ivr.campaigns.dialling.results import OUR_SIDE
from ivr.campaigns.dialling.ways_out import trunks_of
from ivr.campaigns.known import created
from ivr.config import Settings

Verb = Literal["pause", "drain", "stop"]
_BECOMES: Mapping[Verb, tuple[CampaignState, tuple[CampaignState, ...]]] = {
    "pause": ("paused", ("running",)),
    "drain": ("draining", ("running", "paused")),
    "stop": ("stopped", ("running", "paused", "draining")),
}
RATE_OF = timedelta(hours=24)


@dataclass(frozen=True)
class Status:
    """What a campaign does now."""

    campaign: Campaign
    sample: Sample | None
    """The one that it works on; `None`: it was never started."""
    standing: Standing | None
    results: Mapping[str, int]
    """Of its calls of the last day."""
    calls: tuple[Attempt, ...]
    """That ring, or are talked in."""
    rests_until: datetime | None
    """Its trunk refuses, and rests until then."""
    trunk: str = ""
    trunk_ill: bool = False
    """It has refused calls in a row: one at a time finds out whether it is back."""
    trunk_said: str = ""
    """The cause of the latest of this campaign's calls that did not leave the house; empty: all left."""


def change(store: Store, strategy: str, name: str, verb: Verb, *, by: str, at: datetime) -> bool:
    """Pauses, drains or stops. False: it is not in a state from which that is possible. Raises
    `NoSuchCampaign`."""
    campaign = created(store, strategy, name)
    state, before = _BECOMES[verb]
    return store.dial_list.set_state(campaign.id, state, before=before, at=at, by=by)


def status(settings: Settings, store: Store, strategy: str, name: str, *, at: datetime) -> Status:
    """Raises `NoSuchCampaign`."""
    campaign = created(store, strategy, name)
    sample = next((one for one in store.campaigns.samples(campaign.id) if one.id == campaign.sample_id), None)
    if sample is None:
        return Status(campaign, None, None, {}, (), None)
    wanted = campaign.declared.get("trunk")
    trunk = next((one.name for one in trunks_of(settings) if wanted in (None, one.name)), "")
    return Status(
        campaign=campaign,
        sample=sample,
        standing=store.dial_list.standing(sample.id, at=at),
        results=store.dial_attempts.results(campaign.id, since=at - RATE_OF),
        calls=store.dial_attempts.under_way(sample.id),
        rests_until=store.trunks.rests_until(trunk, at=at),
        trunk=trunk,
        trunk_ill=store.trunks.failures(trunk) >= MOST_FAILURES,
        trunk_said=store.dial_attempts.latest_cause(campaign.id, tuple(OUR_SIDE), since=at - RATE_OF),
    )


def unclear(store: Store, strategy: str, name: str) -> tuple[tuple[str, datetime], ...]:
    """Whose call was lost with its server: customer number, and since when. Raises `NoSuchCampaign`."""
    campaign = created(store, strategy, name)
    return () if campaign.sample_id is None else store.dial_list.unclear(campaign.sample_id)


def revive(store: Store, strategy: str, name: str, customer_number: str, *, at: datetime) -> bool:
    """Somebody decides that a person whose call was lost is called again. False: theirs was not. Raises
    `NoSuchCampaign`."""
    campaign = created(store, strategy, name)
    person = store.customers.by_number(customer_number)
    if campaign.sample_id is None or person is None:
        return False
    return store.dial_list.revive(campaign.sample_id, person.id, at=at)
