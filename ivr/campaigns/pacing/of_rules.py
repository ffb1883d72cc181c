"""The abandon cap that a campaign keeps to, out of the contact rules in force."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from ivr.campaigns.contact_rules.written import Abandon, Rule, length_of
from ivr.campaigns.pacing.abandons import HOUSE, AbandonCap

_DAYS = {"day": timedelta(days=1), "week": timedelta(days=7)}


def cap_of(rules: Iterable[Rule]) -> AbandonCap:
    """The strictest of all: the lowest share, within the shortest window. What keeps to a share each day
    keeps to it each month, and live answers are never more than attempts. No rule says anything: the house's.
    """
    caps = [rule.abandon for rule in rules if rule.abandon is not None]
    if not caps:
        return HOUSE
    by_live = any(one.denominator == "live_answers" for one in caps)
    return AbandonCap(
        share=min(one.cap for one in caps),
        window=min(map(_window, caps)),
        denominator="live_answers" if by_live else "attempts",
    )


def _window(abandon: Abandon) -> timedelta:
    return length_of(abandon.window) or _DAYS[abandon.window]
