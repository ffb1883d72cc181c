"""How often somebody may be contacted: caps, rests, and one channel only. Pure.

Rules:
1. A contact whose end is not known counts as a conversation, and one whose debt is not known counts for each
   debt: what is uncertain forbids.
2. Days and weeks are those of the callee's wall, in each zone where they may be; the strictest counts.
3. `7 days` and `48 hours` run from each contact. Where a law counts calendar days this is stricter, never
   looser: the hours at which anybody may be contacted do not touch midnight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ivr.campaigns.contact_rules.contact import Contact, Past, Reason
from ivr.campaigns.contact_rules.written import Channel, Counts, Rule, Scope, length_of


@dataclass(frozen=True)
class Reached:
    """A limit that is reached."""

    kind: Reason
    told: str
    until: datetime
    """When it may be over, not before."""


def reached(
    rule: Rule, contact: Contact, past: Sequence[Past], at: datetime, zones: Sequence[str]
) -> Iterator[Reached]:
    """Every limit of the rule that forbids the contact at that moment."""
    for cap in rule.caps:
        if contact.channel in cap.channels:
            counted = _counted(past, contact, cap.scope, cap.channels, cap.counts)
            until = _full_until(counted, cap.n, cap.period, at, zones)
            if until is not None:
                plural = f"{cap.counts}{'s' if cap.n > 1 else ''}"
                told = (
                    f"{cap.n} {plural} with this {cap.scope} within {_within(cap.period)} {_have(cap.n)} made"
                )
                yield Reached("cap", told, until)
    for rest in rule.cooldowns:
        if contact.channel in rest.channels:
            counted = _counted(past, contact, rest.scope, rest.of or rest.channels, rest.after)
            until = _full_until(counted, 1, rest.lasts, at, zones)
            if until is not None:
                told = f"this {rest.scope} rests for {_within(rest.lasts)} after {_a(rest.after)}"
                yield Reached("cooldown", told, until)
    if rule.exclusivity is not None:
        kind, period = rule.exclusivity.after, rule.exclusivity.period
        others = _counted(past, contact, "person", None, kind)
        counted = [one for one in others if one.channel != contact.channel]
        until = _full_until(counted, 1, period, at, zones)
        if until is not None:
            used = max(counted, key=lambda one: one.at).channel
            yield Reached("channel", f"one channel within {_within(period)}, and {used} was used", until)


def _counted(
    past: Iterable[Past], contact: Contact, scope: Scope, channels: Sequence[Channel] | None, counts: Counts
) -> list[Past]:
    return [
        one
        for one in past
        if (channels is None or one.channel in channels)
        and (counts == "attempt" or one.conversation is not False)
        and _concerns(one, contact, scope)
    ]


def _concerns(one: Past, contact: Contact, scope: Scope) -> bool:
    match scope:
        case "person":
            return one.theirs
        case "number":
            return one.number == contact.number.e164
        case "debt":
            return one.theirs and (one.debt is None or contact.debt is None or one.debt == contact.debt)


def _full_until(
    counted: Sequence[Past], n: int, period: str, at: datetime, zones: Sequence[str]
) -> datetime | None:
    """When so few are left within the period that one more may be made; `None`: now."""
    length = length_of(period)
    if length is not None:
        within = sorted((one.at for one in counted if one.at > at - length), reverse=True)
        return within[n - 1] + length if len(within) >= n else None
    ends = []
    for zone in map(ZoneInfo, zones):
        begin = _beginning(at.astimezone(zone).date(), period)
        # What the ledger has from later on (a clock was set back) counts as well.
        if sum(1 for one in counted if one.at.astimezone(zone).date() >= begin) >= n:
            after = begin + timedelta(days=7 if period == "week" else 1)
            ends.append(datetime.combine(after, time(), zone).astimezone(UTC))
    return max(ends, default=None)


def _beginning(day: date, period: str) -> date:
    return day - timedelta(days=day.weekday()) if period == "week" else day


def _within(period: str) -> str:
    return f"the {period}" if period in ("day", "week") else period


def _have(n: int) -> str:
    return "were" if n > 1 else "was"


def _a(counts: Counts) -> str:
    return "an attempt" if counts == "attempt" else "a conversation"
