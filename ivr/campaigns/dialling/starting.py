"""A campaign is started, and what must be so before anybody is called.

Blocks for as long as files and database take.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from data.campaigns import Campaign, Sample
from data.records.dialling import CampaignState
from data.store import Store
from dialogs.check_objections import check_objections
from dialogs.check_right_party import check_right_party
from dialogs.errors import FlowsInvalid, Problem
from dialogs.loader import read_flows
from dialogs.source import Source, read
from ivr.campaigns import cutting
from ivr.campaigns.against_rules import unkept
from ivr.campaigns.contact_rules.reading import load_rulebook
from ivr.campaigns.declaration import kept
from ivr.campaigns.dialling.ways_out import trunks_of
from ivr.campaigns.strategies import CampaignFile, StrategyFile, actions_of, around_mistakes
from ivr.campaigns.surroundings import around
from ivr.config import Settings
from ivr.errors import IvrError
from ivr.publishing.catalogues import catalogue_in

_STARTS_FROM: tuple[CampaignState, ...] = ("created", "paused", "draining", "stopped", "finished")


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
    _insist_on_rules(settings, wanted, at, chosen.cut_at + timedelta(days=wanted.campaign.days))
    _insist_on_flows(settings, wanted.campaign)
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
    source, alone = _alone(settings, wanted)
    _refuse(wanted, around_mistakes(source, alone, around(settings)))


def _insist_on_rules(settings: Settings, wanted: cutting.Declared, at: datetime, until: datetime) -> None:
    """Raises `CampaignNotReady`: a contact rule demands of each call, on some day of the sample, what none
    would keep; or the rules cannot be read."""
    zone = ZoneInfo(settings.calls.zone)
    first, last = at.astimezone(zone).date(), until.astimezone(zone).date()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    source, alone = _alone(settings, wanted)

    def lacking(flow: str) -> Collection[str]:
        return around(settings).without_a_person(flow)  # reads all flows: only if a rule wants it

    try:
        rulebook = load_rulebook(settings.path(settings.contact_rules))
        problems = list(unkept(source, alone, rulebook, lacking, days))
    except FlowsInvalid as fault:
        problems = list(fault.problems)
    _refuse(wanted, problems)


def _alone(settings: Settings, wanted: cutting.Declared) -> tuple[Source, StrategyFile]:
    """The strategy without its other campaigns, and its file."""
    source = read(settings.path(settings.strategies) / f"{wanted.strategy.strategy}.yaml")
    return source, wanted.strategy.model_copy(update={"campaigns": {wanted.name: wanted.campaign}})


def _refuse(wanted: cutting.Declared, problems: Iterable[Problem]) -> None:
    if first := min(problems, default=None):
        remedy = f"Correct it (ivr campaign check {wanted.strategy.strategy})"
        raise CampaignNotReady(str(first)[:300], remedy)


def _insist_on_flows(settings: Settings, campaign: CampaignFile) -> None:
    """Raises `CampaignNotReady`: who is called cannot object, or a debt may be told to whoever answers."""
    collects = campaign.purpose == "collection"
    names = (campaign.flow, campaign.on_machine) if collects else ()
    folder = settings.flows_folder
    try:
        catalogue = replace(
            catalogue_in(folder),
            collecting=frozenset(name for name in names if name is not None),
            calling=frozenset([campaign.flow]),
        )
        flows = read_flows([folder], catalogue)[0]
        problems = list(check_right_party(flows, catalogue)) if collects else []
        mine = f"{campaign.flow}.flow.yaml"
        problems += [one for one in check_objections(flows, catalogue) if Path(one.file).name == mine]
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
