"""What coordinators do with campaigns, by command or over the API: create, preview, cut a sample.

Who asks is noted by whoever calls this; here nothing is printed. Every function blocks for as long as the
database takes, and raises `FlowsInvalid` for a strategy's file with mistakes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from data.base_facts import On, Test
from data.campaigns import Campaign, Sample
from data.ids import new_id
from data.records import AuditEntry
from data.store import Store
from ivr.campaigns.conditions import read_condition
from ivr.campaigns.contact_rules.reading import load_rulebook
from ivr.campaigns.declaration import kept
from ivr.campaigns.known import NoSuchCampaign as NoSuchCampaign  # noqa: PLC0414 -- of this module's interface
from ivr.campaigns.known import created as created  # noqa: PLC0414 -- as above
from ivr.campaigns.samples import Cutter, Tally
from ivr.campaigns.strategies import CampaignFile, StrategyFile, load_strategy
from ivr.config import Settings
from ivr.errors import IvrError

LONGEST_NAME = 40
Progress = Callable[[str, int], Callable[[int], None]]
"""Is told what begins and how many there are; what it returns is told how many are done."""


class SampleUnfit(IvrError):
    """The name or the condition of a sample cannot be taken."""

    code = "sample_unfit"


def silent(_what: str, _total: int) -> Callable[[int], None]:
    return lambda _done: None


@dataclass(frozen=True)
class Declared:
    """A campaign as its strategy's file has it now."""

    strategy: StrategyFile
    name: str
    campaign: CampaignFile


def declared(settings: Settings, strategy: str, name: str) -> Declared:
    """Raises `NoSuchCampaign`."""
    found = load_strategy(settings.path(settings.strategies), strategy)
    if name not in found.campaigns:
        known = ", ".join(found.campaigns)
        raise NoSuchCampaign(f"{strategy}.yaml declares no campaign {name[:40]}", f"There are {known}")
    return Declared(found, name, found.campaigns[name])


def today(settings: Settings, at: datetime) -> On:
    """That moment, and which day it is at the company's place."""
    return On(at=at, today=at.astimezone(ZoneInfo(settings.calls.zone)).date())


def create(settings: Settings, store: Store, wanted: Declared, *, by: str, at: datetime) -> tuple[int, bool]:
    """How many customers its base has, and whether it is new. Raises `NoSuchCampaign`."""
    campaign, strategy = wanted.campaign, wanted.strategy.strategy
    if not (settings.flows_folder / f"{campaign.flow}.flow.yaml").is_file():
        raise NoSuchCampaign(f"There is no flow {campaign.flow} among the flows", "Write it first")
    base = store.campaigns.base(strategy, campaign.base)
    if base is None:
        raise NoSuchCampaign(
            f"The base {campaign.base} is empty", f"First ivr campaign load {strategy} {campaign.base} FILE"
        )
    new = Campaign(
        id=new_id(),
        strategy=strategy,
        name=wanted.name,
        base_id=base,
        purpose=campaign.purpose,
        declared=kept(wanted.strategy.actor, campaign),
        state="created",
        created_at=at,
        created_by=by,
    )
    made = store.campaigns.create(new)
    return store.campaigns.size(base), made


def condition(where: str | None, wanted: Declared) -> tuple[str, Test]:
    """Who is meant: `where`, or the strategy's `sample`. Raises `SampleUnfit`."""
    text = wanted.campaign.sample if where is None else where
    try:
        return text, read_condition(text)
    except ValueError as wrong:
        raise SampleUnfit(f"--where: {wrong}"[:300], "See ivr campaign facts") from None


def count(store: Store, wanted: Declared, where: str | None, on: On) -> Mapping[str, int]:
    """How many the condition meets, by stage of arrears; by the database alone."""
    _, test = condition(where, wanted)
    base = created(store, wanted.strategy.strategy, wanted.name).base_id
    return store.campaigns.count(base, test, on)


def preview(
    settings: Settings,
    store: Store,
    wanted: Declared,
    where: str | None,
    on: On,
    told: Progress = silent,
) -> Tally:
    """Who would be in a sample, and who would not, for which reasons; nothing is kept."""
    _, test = condition(where, wanted)
    base = created(store, wanted.strategy.strategy, wanted.name).base_id
    cutter = _cutter(settings, store, wanted, on, told("looking", store.campaigns.size(base)))
    for _ in cutter.cut(store.campaigns.candidates(base, test, on)):
        pass
    return cutter.tally


@dataclass(frozen=True)
class Cut:
    """A sample that is asked for."""

    name: str
    where: str | None
    by: str


def cut(
    settings: Settings, store: Store, wanted: Declared, asked: Cut, on: On, told: Progress = silent
) -> tuple[Sample, Tally] | None:
    """Cuts a sample, freezes it and puts that on record. `None`: the campaign has one of that name."""
    text, test = condition(asked.where, wanted)
    if len(asked.name) > LONGEST_NAME or not asked.name.strip():
        raise SampleUnfit(f"A sample's name has 1 to {LONGEST_NAME} characters", "Choose another")
    campaign = created(store, wanted.strategy.strategy, wanted.name)
    rulebook = load_rulebook(settings.path(settings.contact_rules))
    new = Sample(
        id=new_id(),
        campaign_id=campaign.id,
        name=asked.name,
        condition=text,
        rules_version=rulebook.version,
        cut_at=on.at,
        cut_by=asked.by,
    )
    done = told("cutting", store.campaigns.size(campaign.base_id))
    cutter = _cutter(settings, store, wanted, on, done)
    candidates = store.campaigns.candidates(campaign.base_id, test, on)
    if not store.campaigns.freeze(new, cutter.cut(candidates)):
        return None
    what = f"samples: {cutter.tally.matched} customers"
    store.audit.note(
        AuditEntry(at=on.at, who=asked.by, action="write", what=what, why=f"campaign {wanted.name}")
    )
    return new, cutter.tally


def _cutter(
    settings: Settings, store: Store, wanted: Declared, on: On, done: Callable[[int], None]
) -> Cutter:
    rulebook = load_rulebook(settings.path(settings.contact_rules))
    return Cutter(store.contacts, rulebook, wanted.campaign, wanted.strategy.actor, on=on, done=done)


def figures(counted: Mapping[str, int]) -> dict[str, Any]:
    """Of a sample, as reports have them: how many were met, are in it, and were left out for which reason."""
    return {
        "matched": sum(counted.values()),
        "included": counted.get("", 0),
        "excluded": {reason: n for reason, n in counted.items() if reason},
    }
