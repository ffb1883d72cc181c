"""What coordinators do with a campaign's calls, by command or over the API: start, pause, drain, stop, look.

It is written into the database; every server that dials looks there twice a second. Every function blocks for
as long as the database takes. Who asks is noted by whoever calls this; here nothing is printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from data.campaigns import Campaign, Sample
from data.records.dialling import Attempt, CampaignState, Standing
from data.store import Store
from dialogs.check_right_party import check_right_party
from dialogs.errors import FlowsInvalid
from dialogs.loader import read_flows
from dialogs.source import read
from ivr.campaigns import cutting
from ivr.campaigns.declaration import kept
from ivr.campaigns.dialling.ways_out import trunks_of
from ivr.campaigns.strategies import CampaignFile, actions_of, around_mistakes
from ivr.campaigns.surroundings import around
from ivr.config import Settings
from ivr.errors import IvrError
from ivr.publishing.catalogues import catalogue_in

Verb = Literal["pause", "drain", "stop"]
_BECOMES: Mapping[Verb, tuple[CampaignState, tuple[CampaignState, ...]]] = {
    "pause": ("paused", ("running",)),
    "drain": ("draining", ("running", "paused")),
    "stop": ("stopped", ("running", "paused", "draining")),
}
_STARTS_FROM: tuple[CampaignState, ...] = ("created", "paused", "draining", "stopped", "finished")
RATE_OF = timedelta(hours=24)


class CampaignNotReady(IvrError):
    """It cannot be started, or not so, as it is now."""

    code = "campaign_not_ready"


@dataclass(frozen=True)
class Started:
    """A campaign that runs."""

    sample: str
    new: int
    """People who were not on its list before."""
    was: str
    """The state from which it was started."""


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


def start(
    settings: Settings, store: Store, strategy: str, name: str, *, sample: str | None, by: str, at: datetime
) -> Started:
    """Starts a campaign as its strategy's file declares it now, on that sample (or the one that it was on, or
    the newest). Raises `NoSuchCampaign`, `CampaignNotReady`."""
    wanted = cutting.declared(settings, strategy, name)
    campaign = cutting.created(store, strategy, name)
    chosen = _sample(store, campaign, sample)
    if campaign.state == "running":
        raise CampaignNotReady(f"{name} runs already", "See ivr campaign status; pause or stop it first")
    if campaign.state in ("paused", "draining") and campaign.sample_id != chosen.id:
        raise CampaignNotReady(f"{name} is {campaign.state} on another sample", "Stop it first")
    if at >= chosen.cut_at + timedelta(days=wanted.campaign.days):
        raise CampaignNotReady(
            f"The sample {chosen.name} was cut more than {wanted.campaign.days} days ago", "Cut a new one"
        )
    for flow in (wanted.campaign.flow, wanted.campaign.on_machine):
        if flow is not None and not (settings.flows_folder / f"{flow}.flow.yaml").is_file():
            raise CampaignNotReady(f"There is no flow {flow} among the flows", "Write it first")
    _insist_on_actions(settings, wanted)
    if wanted.campaign.purpose == "collection":
        _insist_on_right_party(settings, wanted.campaign)
    known = [one.name for one in trunks_of(settings)]
    if wanted.campaign.trunk not in (None, *known) or not known:
        raise CampaignNotReady(
            f"There is no trunk {wanted.campaign.trunk or 'to call by'}",
            "Declare it in campaigns.trunks of ivr.yaml",
        )
    new = store.dial_list.fill(chosen.id, at=at)
    declared = kept(wanted.strategy.actor, wanted.campaign)
    if not store.dial_list.set_state(
        campaign.id, "running", before=_STARTS_FROM, at=at, by=by, sample_id=chosen.id, declared=declared
    ):
        raise CampaignNotReady(f"{name} was started by somebody else", "See ivr campaign status")
    return Started(chosen.name, new, campaign.state)


def _insist_on_actions(settings: Settings, wanted: cutting.Declared) -> None:
    """Raises `CampaignNotReady`: an action is declared for what never happens, or names what is not there."""
    if not any(actions_of(wanted.campaign)):
        return
    name = wanted.strategy.strategy
    alone = wanted.strategy.model_copy(update={"campaigns": {wanted.name: wanted.campaign}})
    source = read(settings.path(settings.strategies) / f"{name}.yaml")
    problems = sorted(around_mistakes(source, alone, around(settings)))
    if problems:
        raise CampaignNotReady(str(problems[0])[:300], f"Correct it (ivr campaign check {name})")


def _insist_on_right_party(settings: Settings, campaign: CampaignFile) -> None:
    """Raises `CampaignNotReady`: in its flows a debt may be told to whoever answers."""
    names = frozenset(name for name in (campaign.flow, campaign.on_machine) if name is not None)
    folder = settings.flows_folder
    try:
        catalogue = replace(catalogue_in(folder), collecting=names)
        problems = list(check_right_party(read_flows([folder], catalogue)[0], catalogue))
    except FlowsInvalid as fault:
        problems = list(fault.problems)
    if problems:
        raise CampaignNotReady(str(problems[0]), "Then publish it (ivr flow publish)")


def _sample(store: Store, campaign: Campaign, name: str | None) -> Sample:
    samples = store.campaigns.samples(campaign.id)
    if not samples:
        raise CampaignNotReady(
            f"{campaign.name} has no sample",
            f"First ivr campaign sample {campaign.strategy} {campaign.name} NAME",
        )
    if name is not None:
        found = next((one for one in samples if one.name == name), None)
        if found is None:
            known = ", ".join(one.name for one in samples[:10])
            raise CampaignNotReady(f"{campaign.name} has no sample {name[:40]}", f"There are {known}")
        return found
    if campaign.state in ("paused", "draining"):
        return next(one for one in samples if one.id == campaign.sample_id)
    return samples[0]


def change(store: Store, strategy: str, name: str, verb: Verb, *, by: str, at: datetime) -> bool:
    """Pauses, drains or stops. False: it is not in a state from which that is possible. Raises
    `NoSuchCampaign`."""
    campaign = cutting.created(store, strategy, name)
    state, before = _BECOMES[verb]
    return store.dial_list.set_state(campaign.id, state, before=before, at=at, by=by)


def status(settings: Settings, store: Store, strategy: str, name: str, *, at: datetime) -> Status:
    """Raises `NoSuchCampaign`."""
    campaign = cutting.created(store, strategy, name)
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
    )


def revive(store: Store, strategy: str, name: str, customer_id: UUID, *, at: datetime) -> bool:
    """Somebody decides that a person whose call was lost is called again. False: theirs was not."""
    campaign = cutting.created(store, strategy, name)
    return campaign.sample_id is not None and store.dial_list.revive(campaign.sample_id, customer_id, at=at)
