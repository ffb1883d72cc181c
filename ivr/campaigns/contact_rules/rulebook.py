"""All rules that are known, and which of them hold for a contact on a day. Pure.

Rules:
1. Every rule that holds must allow it: a company's own rule can forbid more, and what a preset forbids never
   becomes lawful by one.
2. Where no whole rule holds for a country, purpose, actor and channel, nothing is allowed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from ivr.campaigns.contact_rules.written import NOT_IN_FORCE, Actor, Channel, Purpose, Rule, length_of

_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Rulebook:
    """Presets and the company's own rules."""

    rules: tuple[Rule, ...]

    @cached_property
    def version(self) -> str:
        """What tells this set of rules from another, for what was decided by it."""
        told = "\n".join(sorted(rule.model_dump_json() for rule in self.rules))
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    @cached_property
    def look_back(self) -> timedelta:
        """How far the ledger must be read for the longest period of all rules."""
        periods = [
            length_of(one)
            for rule in self.rules
            for one in (
                *(cap.period for cap in rule.caps),
                *(rest.lasts for rest in rule.cooldowns),
                *((rule.exclusivity.period,) if rule.exclusivity else ()),
            )
        ]
        # A week of the wall, and a day for the zones.
        return max((one for one in periods if one is not None), default=_WEEK) + _WEEK + timedelta(days=1)

    def named(self, name: str) -> tuple[Rule, ...]:
        """Every version of a rule, oldest first."""
        return tuple(sorted((one for one in self.rules if one.id == name), key=lambda one: one.valid_from))

    def holding(
        self, country: str, purpose: Purpose, actor: Actor, channel: Channel, days: Iterable[date]
    ) -> tuple[Rule, ...]:
        """The rules in force on any of these days (where the callee may be it can be another day). None:
        the contact is not covered by a whole rule on each of them, and must not be made."""
        days = tuple(days)
        meant = [
            one
            for one in self.rules
            if country in one.jurisdictions
            and purpose in one.purposes
            and actor in one.actors
            and channel in one.channels
        ]
        whole = [one for one in meant if not one.extra]
        if not all(any(one.in_force(day) for one in whole) for day in days):
            return ()
        return tuple(one for one in meant if any(one.in_force(day) for day in days))

    def next_beginning(
        self, country: str, purpose: Purpose, actor: Actor, channel: Channel, after: date
    ) -> date | None:
        """The first day after that one on which a whole rule begins to hold that does not yet."""
        begins = [
            one.valid_from
            for one in self.rules
            if not one.extra
            and one.status not in NOT_IN_FORCE
            and country in one.jurisdictions
            and purpose in one.purposes
            and actor in one.actors
            and channel in one.channels
            and one.valid_from > after
        ]
        return min(begins, default=None)
