"""Whether a contact may be made at a moment, and when it may be otherwise. Pure: clock and ledger come in.

Rules:
1. What is not known forbids: an unknown country, a country without rules, an uncertain zone (each that may be
   theirs counts), an unknown region (each region's holidays count), a registry that nobody has asked.
2. Every rule of every country concerned must allow it: the number's, and the person's own.
3. `next_lawful` ends always: each step goes forward to a moment before which one rule surely forbids, at most
   `MOST_STEPS` times and `HORIZON` ahead.
4. Whoever asked for this very contact gets it at any hour: that is an exception on record. Whom nobody may
   contact gets none all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from dialogs.calendars import Calendar, Hours
from ivr.campaigns.contact_rules import limits
from ivr.campaigns.contact_rules.contact import Allowed, Block, Blocked, Contact, Decision, Ledger, Reason
from ivr.campaigns.contact_rules.rulebook import Rulebook
from ivr.campaigns.contact_rules.windows import next_open, open_in_all
from ivr.campaigns.contact_rules.words import closed
from ivr.campaigns.contact_rules.written import (
    CallerId,
    Channel,
    ConsentNeeded,
    Purpose,
    Registry,
    Rule,
    Window,
    length_of,
)
from ivr.numbers import is_mobile

HORIZON = timedelta(days=62)
MOST_STEPS = 400
_WINDOW_DAYS = 40
OF_AGE = 18
"""Years."""
"""How far hours are looked for at a time; the longest run of closed days is a week of feasts."""
DO_NOT_CALL, REFUSED, NO_RULE = "house.do_not_call", "house.refused", "house.no_rule"
_REFUSABLE = {
    "call": ("calls",),
    "sms": ("sms", "messages"),
    "email": ("email", "messages"),
    "whatsapp": ("whatsapp", "messages"),
}
"""What a person may have said no to, by channel; and `marketing` for what is commercial."""
_FOREVER = datetime.max.replace(tzinfo=UTC)


def decide(rulebook: Rulebook, contact: Contact, *, at: datetime, ledger: Ledger) -> Decision:
    """Whether the contact may be made at that moment; if not, why, and the next moment at which it may."""
    why, rules = _judged(rulebook, contact, at, ledger)
    if not why:
        return Allowed(rules=rules, exception=contact.asked_for)
    return Blocked(why=why, next_lawful=_next(rulebook, contact, at, ledger, why))


def next_lawful(rulebook: Rulebook, contact: Contact, *, at: datetime, ledger: Ledger) -> datetime | None:
    """The first moment from then on at which it may be made; `None`: not within `HORIZON`, or never."""
    match decide(rulebook, contact, at=at, ledger=ledger):
        case Allowed():
            return at
        case Blocked() as blocked:
            return blocked.next_lawful


def _next(
    rulebook: Rulebook, contact: Contact, at: datetime, ledger: Ledger, why: Sequence[Block]
) -> datetime | None:
    moment = at
    for _ in range(MOST_STEPS):
        untils = [one.until for one in why]
        if None in untils:
            return None
        moment = max(one for one in untils if one is not None)
        if moment - at > HORIZON:
            return None
        why, _rules = _judged(rulebook, contact, moment, ledger)
        if not why:
            return moment
    return None


def _judged(
    rulebook: Rulebook, contact: Contact, at: datetime, ledger: Ledger
) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """What forbids it then, the longest first, and by which rules it was judged."""
    blocks = list(of_the_house(contact.channel, contact.purpose, ledger))
    if contact.asked_for:
        return tuple(blocks), ()
    names: list[str] = []
    for country in _countries(contact):
        zones = candidate_zones(contact)
        days = {at.astimezone(ZoneInfo(zone)).date() for zone in zones}
        rules = rulebook.holding(country, contact.purpose, contact.actor, contact.channel, days)
        names += [rule.id for rule in rules]
        if not rules:
            blocks.append(_uncovered(rulebook, contact, country, min(days), zones))
        for rule in rules:
            blocks += _of_rule(rule, contact, at, ledger)
    blocks.sort(key=lambda one: _FOREVER if one.until is None else one.until, reverse=True)
    return tuple(blocks), tuple(dict.fromkeys(names))


def _countries(contact: Contact) -> tuple[str, ...]:
    """Whose law holds: the number's country, and where the person is known to live."""
    own = contact.person.region.partition("-")[0]
    return tuple(dict.fromkeys(one for one in (contact.number.country, own) if one))


def candidate_zones(contact: Contact, how: str = "every_candidate") -> tuple[str, ...]:
    """Where the person may be when they are contacted."""
    number = contact.number
    theirs = number.candidate_zones if how == "every_candidate" else number.zones
    own = contact.person.zone
    return tuple(dict.fromkeys((own, *theirs))) if own else theirs


def of_the_house(channel: Channel, purpose: Purpose, ledger: Ledger) -> Iterator[Block]:
    """What forbids it in every country, also where they asked for it: they do not want it."""
    if ledger.do_not_call:
        told = f"not to be contacted: {ledger.do_not_call}"
        yield Block(rule=DO_NOT_CALL, reason="do_not_call", told=told, until=None)
    kinds = (*_REFUSABLE[channel], *(("marketing",) if purpose == "commercial" else ()))
    for kind in kinds:
        said = ledger.consents.get(kind)
        if said is not None and not said.given:
            told = f"they said no to {kind} on {said.at:%Y-%m-%d}"
            yield Block(rule=REFUSED, reason="refused", told=told, until=None)


def _uncovered(rulebook: Rulebook, contact: Contact, country: str, day: date, zones: Sequence[str]) -> Block:
    begins = rulebook.next_beginning(country, contact.purpose, contact.actor, contact.channel, day)
    until = None
    if begins is not None:
        until = max(datetime.combine(begins, time(), ZoneInfo(zone)) for zone in zones).astimezone(UTC)
    told = f"no rule is in force for {contact.purpose} by {contact.channel} in {country} ({contact.actor})"
    return Block(rule=NO_RULE, reason="no_rule", told=told, until=until)


def _of_rule(rule: Rule, contact: Contact, at: datetime, ledger: Ledger) -> Iterator[Block]:
    def block(reason: Reason, told: str, until: datetime | None) -> Block:
        return Block(
            rule=rule.id, reason=reason, told=told, until=until, source=rule.source, status=rule.status
        )

    zones = candidate_zones(contact, rule.zones)
    for needed in rule.consent:
        if (told := _consent_missing(needed, contact, ledger)) is not None:
            yield block("consent", told, None)
    for registry in rule.registries:
        if (told := _registry_objects(registry, contact, at, ledger)) is not None:
            yield block("registry", told, None)
    if contact.channel == "call" and (told := caller_id_objects(rule.caller_id, contact.caller_id)):
        yield block("caller_id", told, None)
    if (
        rule.minors == "forbidden"
        and (of_age := _under_age_until(contact.person.born, at, zones)) is not None
    ):
        yield block("minor", f"they are under {OF_AGE} until {of_age}", None)
    window = rule.window_of(contact.channel)
    if window is not None and window.days != "any":
        calendars = calendars_of(rule, window, zones, contact.person.region)
        if not open_in_all(at, calendars):
            shut = next(one for one in calendars if one.at(at) != "open")
            later = next_open(at, calendars, days=_WINDOW_DAYS)
            yield block("window", closed(at, shut), later)
    for limit in limits.reached(rule, contact, ledger.contacts, at, zones):
        yield block(limit.kind, limit.told, limit.until)


def _under_age_until(born: date | None, at: datetime, zones: Sequence[str]) -> date | None:
    """Their eighteenth birthday, where it has not come in each zone; whoever was born on 29 February waits
    for 1 March."""
    if born is None:
        return None
    leaps = (born.month, born.day) == (2, 29)
    of_age = date(born.year + OF_AGE, 3, 1) if leaps else born.replace(year=born.year + OF_AGE)
    today = min(at.astimezone(ZoneInfo(zone)).date() for zone in zones)
    return of_age if today < of_age else None


def calendars_of(rule: Rule, window: Window, zones: Sequence[str], region: str) -> tuple[Calendar, ...]:
    """The hours of a window in each zone, with the holidays that may be the person's."""
    assert window.days != "any"
    places: tuple[str, ...] = ()
    if window.on_holidays == "closed" and rule.holidays is not None:
        places = tuple(
            place for country in rule.holidays.countries for place in _places(country, region, rule)
        )
    return _calendars(tuple(sorted(window.days.items())), places, tuple(zones))


@lru_cache(maxsize=4096)
def _calendars(
    days: tuple[tuple[int, tuple[Hours, ...]], ...], places: tuple[str, ...], zones: tuple[str, ...]
) -> tuple[Calendar, ...]:
    return tuple(Calendar(dict(days), holidays=places, zone=zone) for zone in zones)


def _places(country: str, region: str, rule: Rule) -> tuple[str, ...]:
    if rule.holidays is None or rule.holidays.region == "none":
        return (country,)
    every = _regions(country)
    if region in every:
        return (region,)
    return every or (country,)


@lru_cache(maxsize=64)
def _regions(country: str) -> tuple[str, ...]:
    return tuple(f"{country}-{one}" for one in holidays.list_supported_countries().get(country, ()))


def _consent_missing(needed: ConsentNeeded, contact: Contact, ledger: Ledger) -> str | None:
    if contact.channel not in needed.channels or (needed.automated_only and not contact.automated):
        return None
    said = [ledger.consents[kind] for kind in needed.kinds if kind in ledger.consents]
    given = [one for one in said if one.given]
    if any(one.proof or not needed.proof for one in given):
        return None
    kinds = " or ".join(needed.kinds)
    return f"their consent ({kinds}) has no proof" if given else f"they have not consented ({kinds})"


def _registry_objects(registry: Registry, contact: Contact, at: datetime, ledger: Ledger) -> str | None:
    if contact.channel not in registry.channels:
        return None
    said = ledger.registries.get(registry.name)
    if said is None:
        return f"the registry {registry.name} was not looked up"
    if said.listed:
        return f"the number stands in the registry {registry.name}"
    longest = length_of(registry.max_age)
    assert longest is not None
    if at - said.at > longest:
        return f"the look-up in the registry {registry.name} is older than {registry.max_age}"
    return None


def caller_id_objects(policy: CallerId | None, shown: str | None) -> str | None:
    """Why a rule lets no call go out that shows this number (`None`: none); `None`: it does."""
    if policy is None:
        return None
    if shown is None:
        return (
            "the caller ID must not be hidden: say which is shown" if policy.hidden == "forbidden" else None
        )
    if policy.mobile == "forbidden" and is_mobile(shown):
        return f"the caller ID {shown} is a mobile's"
    if policy.never and shown.startswith(policy.never):
        return f"the caller ID {shown} must not be shown"
    if policy.only and not shown.startswith(policy.only):
        return f"the caller ID {shown} begins with none of {', '.join(policy.only)}"
    return None
