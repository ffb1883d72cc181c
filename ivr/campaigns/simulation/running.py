"""Plays a population in progressive and in predictive mode, once per seed, and says how it went.

Both modes meet the same population with the same seed. The worst seed is told, not the mean: a law asks
nobody how it usually goes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ivr.campaigns.contact_rules.contact import Blocked, Contact, Ledger, Lookup, Past, Person
from ivr.campaigns.contact_rules.deciding import decide
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.pacing.abandons import HOUSE, AbandonCap, Abandons
from ivr.campaigns.pacing.blended import Blended
from ivr.campaigns.pacing.of_rules import cap_of
from ivr.campaigns.pacing.pacer import Pacer, Progressive
from ivr.campaigns.pacing.predictive import Predictive
from ivr.campaigns.simulation.declared import Whom
from ivr.campaigns.simulation.figures import Figures, worst_share
from ivr.campaigns.simulation.floor import Floor, Seats
from ivr.campaigns.simulation.lists import ByRules, Callee, CallList, Endless, Made, callees_of
from ivr.campaigns.simulation.people import People
from ivr.campaigns.simulation.population import Population, Simulated
from ivr.campaigns.simulation.virtual_time import VirtualTime
from ivr.numbers import checked

Mode = str
MODES: tuple[Mode, ...] = ("progressive", "predictive")


@dataclass(frozen=True, kw_only=True)
class Played:
    """One campaign, in one mode, with one seed."""

    campaign: str
    mode: Mode
    seed: int
    cap: AbandonCap
    figures: Figures
    abandon_rate_max: float
    """The highest share in any window of the cap."""
    made: tuple[Made, ...]
    """Who was called when, if the population has people."""
    blocked: dict[str, int]
    """How often a rule said no at the instant of dialling, by its id."""

    @property
    def occupancy(self) -> float:
        return self.figures.whole.occupancy


def play(
    population: Population, *, mode: Mode, seed: int, rulebook: Rulebook, whom: Whom | None = None
) -> list[Played]:
    """Every campaign of the population side by side, with one ledger of each person. `whom`: the people, if
    not the population's."""
    time, people = VirtualTime(), People(population, seed)
    callees = callees_of(population.people) if whom is None else whom()
    floors: list[tuple[str, AbandonCap, CallList, Floor]] = []
    seats: dict[str, Seats] = {}
    for campaign in population.campaigns or (None,):
        cap = _cap(campaign, callees, population, rulebook)
        calls: CallList = Endless() if campaign is None else ByRules(campaign, callees, rulebook)
        floor = Floor(
            population,
            seats=_seats(population, campaign, seats),
            abandons=Abandons(cap, zone=ZoneInfo(population.zone)),
            pacer=_pacer(mode, cap, population),
            calls=calls,
            people=people,
            time=time,
        )
        floors.append(("" if campaign is None else campaign.name, cap, calls, floor))
    time.pass_all()
    days = _days(population)
    return [
        Played(
            campaign=name,
            mode=mode,
            seed=seed,
            cap=cap,
            figures=floor.figures,
            abandon_rate_max=_worst(floor.figures, cap, days),
            made=tuple(calls.made) if isinstance(calls, ByRules) else (),
            blocked=calls.blocked if isinstance(calls, ByRules) else {},
        )
        for name, cap, calls, floor in floors
    ]


def _seats(population: Population, campaign: Simulated | None, known: dict[str, Seats]) -> Seats:
    """Its own agents, or those of the campaign that it shares them with."""
    if campaign is None:
        return Seats(population.agents)
    if campaign.agents_of is not None:
        return known[campaign.agents_of]
    found = known[campaign.name] = Seats(campaign.agents)
    return found


def _pacer(mode: Mode, cap: AbandonCap, population: Population) -> Pacer:
    pacer: Pacer = Progressive()
    if mode == "predictive":
        pacer = Predictive(cap, zone=ZoneInfo(population.zone))
    return Blended(pacer) if population.callers_per_hour else pacer


def _cap(
    campaign: Simulated | None, callees: Sequence[Callee], population: Population, rulebook: Rulebook
) -> AbandonCap:
    """Of every rule that may hold for one of the people."""
    if campaign is None:
        return HOUSE
    countries = sorted({callee.number.country for callee in callees})
    day = population.begins
    held = [
        rulebook.holding(country, campaign.purpose, campaign.actor, "call", [day]) for country in countries
    ]
    return cap_of(rule for rules in held for rule in rules)


def _days(population: Population) -> list[float]:
    """At which second each day begins."""
    begin = population.shifts()[0][0]
    zone = ZoneInfo(population.zone)
    found = []
    for ahead in range(population.days):
        day = population.begins + timedelta(days=ahead)
        found.append((datetime(day.year, day.month, day.day, tzinfo=zone) - begin).total_seconds())
    return found


def _worst(figures: Figures, cap: AbandonCap, days: Sequence[float]) -> float:
    of = figures.live if cap.denominator == "live_answers" else figures.dialled
    length = max(cap.window // timedelta(days=1), 1)
    return worst_share(figures.abandoned, of, window=cap.window.total_seconds(), days=list(days)[::length])


@dataclass(frozen=True)
class Outcome:
    """All seeds, in both modes."""

    population: Population
    played: tuple[Played, ...]
    rule_violations: int
    """Calls that the rules, asked again with all that is known now, would not have let be made; and windows
    in which more was abandoned than the cap allows."""

    def of(self, mode: Mode) -> list[Played]:
        return [one for one in self.played if one.mode == mode]

    def occupancy(self, mode: Mode, seed: int | None = None) -> float:
        """Busy of the time that agents were there, all campaigns and seeds (or one) together."""
        wholes = [one.figures.whole for one in self.of(mode) if seed in (None, one.seed)]
        there = sum(one.there for one in wholes)
        return sum(one.busy for one in wholes) / there if there else math.nan

    @property
    def abandon_rate_max(self) -> float:
        return max((one.abandon_rate_max for one in self.of("predictive")), default=0.0)

    @property
    def worst_seed(self) -> int:
        """Where the occupancy gained least."""
        seeds = {one.seed for one in self.played}
        return min(seeds, key=self.gain)

    def gain(self, seed: int) -> float:
        """By how much the occupancy is higher than in progressive mode."""
        return self.occupancy("predictive", seed) - self.occupancy("progressive", seed)

    @property
    def calls(self) -> int:
        return sum(len(one.figures.dialled) for one in self.of("predictive"))


def simulate(
    population: Population,
    *,
    seeds: Sequence[int],
    rulebook: Rulebook,
    done: Callable[[int], None],
    whom: Whom | None = None,
) -> Outcome:
    """Each seed in each mode. `done`: is told how many runs are over."""
    played: list[Played] = []
    runs = 0
    for seed in seeds:
        for mode in MODES:
            played += play(population, mode=mode, seed=seed, rulebook=rulebook, whom=whom)
            runs += 1
            done(runs)
    over = sum(1 for one in played if one.abandon_rate_max > one.cap.share)
    broken = sum(_unlawful(population, played, mode, seed, rulebook) for mode in MODES for seed in seeds)
    return Outcome(population, tuple(played), over + broken)


def _unlawful(
    population: Population, played: Sequence[Played], mode: Mode, seed: int, rulebook: Rulebook
) -> int:
    """How many calls of that run were not lawful, by what is known of all the others afterwards."""
    campaigns = {one.name: one for one in population.campaigns}
    runs = [one for one in played if (one.mode, one.seed) == (mode, seed)]
    made = sorted((call for run in runs for call in run.made), key=lambda one: one.at)
    pasts: dict[str, list[Past]] = {}
    registries = {one.name for rule in rulebook.rules for one in rule.registries}
    wrong = 0
    for call in made:
        campaign, past = campaigns[call.campaign], pasts.setdefault(call.key, [])
        contact = Contact(
            person=Person(key=call.key, region=call.region),
            number=checked(call.number, region=None, countries=None),
            channel="call",
            purpose=campaign.purpose,
            actor=campaign.actor,
            automated=False,
            caller_id=campaign.caller_id,
        )
        ledger = Ledger(
            contacts=tuple(past), registries={name: Lookup(listed=False, at=call.at) for name in registries}
        )
        wrong += isinstance(decide(rulebook, contact, at=call.at, ledger=ledger), Blocked)
        talked = call.end in ("live", "dropped")
        past.append(Past(at=call.at, channel="call", number=call.number, conversation=talked))
    return wrong
