"""A population as a real campaign has met it: how people answered by hour, how long it rang, how long they
talked.

Rules:
1. Counted is what was dialled and reached the other side: not what we took back, what the trunk refused, or
   of which nobody knows the end.
2. An hour is the callee's. Its chance is smoothed as if `PRIOR` calls more had been made then with the chance
   of all hours; an hour without calls has no point, and lies on the line between its neighbours.
3. What too few calls tell is refused, or kept as the population has it and named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import fmean, pstdev
from zoneinfo import ZoneInfo

from data.records.dialling import PastCall
from data.store import Store
from ivr.campaigns import cutting
from ivr.campaigns.dialling.results import OUR_SIDE
from ivr.campaigns.simulation.population import Lasts, Machines, Population, Rings
from ivr.errors import IvrError
from ivr.numbers import NotCalled, checked

LOOK_BACK = timedelta(days=60)
MOST = 100_000
LEAST_CALLS, LEAST_LIVE, LEAST_TALKS, LEAST_WRAP_UPS = 200, 30, 30, 30
PRIOR = 20.0
_NOBODYS = frozenset({*OUR_SIDE, "cancelled", "unclear"})
_SHORTEST = 1.0


class TooLittleKnown(IvrError):
    """Nothing can be learned from so few calls."""

    code = "too_little_known"


@dataclass(frozen=True)
class Learned:
    """What was learned, and from what."""

    population: Population
    calls: int
    live: int
    talks: int
    since: datetime
    kept: tuple[str, ...]
    """Keys of the population of which the ledger tells too little; they are as they were."""


def like(store: Store, strategy: str, name: str, population: Population, *, at: datetime) -> Learned:
    """The population with the figures of that campaign's calls of the last 60 days. Raises `NoSuchCampaign`,
    `TooLittleKnown`."""
    campaign = cutting.created(store, strategy, name)
    made = store.dial_attempts.past(campaign.id, since=at - LOOK_BACK, most=MOST)
    calls = [one for one in made if one.result not in _NOBODYS]
    live = [one for one in calls if _is_live(one)]
    # Where agents talk, how long they do; where the flow alone talks, how long people are with it.
    staffed = campaign.declared.get("mode", "automated") != "automated"
    talked = [one for one in live if one.agent] if staffed else live
    talks = [length for one in talked if (length := _talk(one)) >= _SHORTEST]
    _insist(f"{strategy} {name}", len(calls), len(live), len(talks))
    others = [one for one in calls if not _is_live(one)]
    machines = [one for one in others if one.result == "machine"]
    kept = []
    update: dict[str, object] = {
        "live": _by_hour(calls),
        "busy": _share(others, "busy"),
        "invalid": _share(others, "invalid"),
        "rings": _rings(live, population.rings, int(campaign.declared.get("ring", 30))),
        "talk": _lasts(talks),
    }
    if machines:
        update["machines"] = _machines(others, machines, population.machines)
    else:  # nobody listened for them, or none was met
        kept.append("machines")
    noted = store.agents.wrap_ups(str(campaign.declared.get("queue") or ""), since=at - LOOK_BACK)
    wrap_ups = [noted[one.call_id] for one in talked if one.call_id in noted]
    if len(wrap_ups) >= LEAST_WRAP_UPS:
        update["wrap_up"] = _lasts([max(length, _SHORTEST) for length in wrap_ups])
    else:
        kept.append("wrap_up")
    since = min(one.dialled_at for one in calls)
    learned = population.model_copy(update=update)
    return Learned(learned, len(calls), len(live), len(talks), since, tuple(kept))


def _insist(which: str, calls: int, live: int, talks: int) -> None:
    wanted = ((calls, LEAST_CALLS, "calls"), (live, LEAST_LIVE, "answers"), (talks, LEAST_TALKS, "talks"))
    for there, least, what in wanted:
        if there < least:
            raise TooLittleKnown(
                f"{which[:80]} has {there} {what} in {LOOK_BACK.days} days: {least} are needed to learn from",
                "Simulate with --population FILE, or like another campaign",
            )


def _is_live(one: PastCall) -> bool:
    return one.answered_at is not None and one.result != "machine"


def _talk(one: PastCall) -> float:
    assert one.answered_at is not None
    return (one.ended_at - one.answered_at).total_seconds()


def _rang(one: PastCall) -> float:
    assert one.answered_at is not None
    return max((one.answered_at - one.dialled_at).total_seconds(), 0.1)


def _by_hour(calls: Iterable[PastCall]) -> dict[int, float]:
    """Minute of the callee's day → chance, in the middle of each hour in which somebody was called."""
    tries, live = Counter[int](), Counter[int]()
    for one in calls:
        hour = one.dialled_at.astimezone(_zone(one.number)).hour
        tries[hour] += 1
        live[hour] += _is_live(one)
    whole = live.total() / tries.total()
    return {
        hour * 60 + 30: round((live[hour] + PRIOR * whole) / (tries[hour] + PRIOR), 4)
        for hour in sorted(tries)
    }


@lru_cache(maxsize=200_000)
def _zone(number: str) -> ZoneInfo:
    try:
        return ZoneInfo(checked(number, region=None, countries=None).candidate_zones[0])
    except NotCalled:
        return ZoneInfo("UTC")


def _share(others: Sequence[PastCall], result: str) -> float:
    return round(sum(1 for one in others if one.result == result) / len(others), 4) if others else 0.0


def _machines(others: Sequence[PastCall], machines: Sequence[PastCall], before: Machines) -> Machines:
    """Those that were recognised; how many are not, no ledger can tell."""
    share = _share(others, "machine")
    rest = 1 - _share(others, "busy") - _share(others, "invalid")
    rang = [_rang(one) for one in machines if one.answered_at is not None]
    update: dict[str, object] = {"share": round(min(share / max(before.recognised, share), rest), 4)}
    if rang:
        update["rings"] = round(fmean(rang), 1)
    return before.model_copy(update=update)


def _rings(live: Sequence[PastCall], before: Rings, longest: int) -> Rings:
    rang = [_rang(one) for one in live]
    spread = max(pstdev(rang), 0.1)
    return before.model_copy(
        update={"mean": round(fmean(rang), 2), "spread": round(spread, 2), "longest": float(longest)}
    )


def _lasts(lengths: Sequence[float]) -> Lasts:
    return Lasts(mean=round(fmean(lengths), 1), spread=round(max(pstdev(lengths), _SHORTEST), 1))
