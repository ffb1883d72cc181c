"""What is known of a caller before anything is said: the names that `segments.yaml` may use.

Rules:
1. A fact of a person (`person`, `orders`, `tickets`, `debts` …) is there only if the number is exactly one
   person's, or the caller has proved who they are. Of a number that several share, nothing of anybody is.
2. Every fact has a value also for somebody nobody knows: none is 0, no text is "", and only what cannot be
   (the day of an order that is not there) is unknown. A condition about something unknown does not hold.
3. What may be said to a caller who has proved nothing is marked `said`; the checker refuses to say the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from dialogs.catalogue import ValueType
from dialogs.source import nearest

Scalar = str | int | bool | None


@dataclass(frozen=True)
class Fact:
    """One thing that is known of a caller, or is not."""

    kind: ValueType
    meaning: str
    absent: Scalar
    """Its value for a caller of whom nothing is known."""
    said: bool = False
    """Whether it may be said to a caller who has not proved who they are."""


def _count(meaning: str, *, said: bool = False) -> Fact:
    return Fact("number", meaning, 0, said)


def _yes_no(meaning: str) -> Fact:
    return Fact("boolean", meaning, False)


def _text(meaning: str) -> Fact:
    return Fact("text", meaning, "")


FACTS: Mapping[str, Fact] = {
    "number.withheld": _yes_no("The caller hides the number, or there is none"),
    "number.internal": _yes_no("It is a short extension of the company's own"),
    "number.mobile": _yes_no("It is a mobile"),
    "number.country": _text("Its country, such as `ES`; empty for none"),
    "number.blocked": _yes_no("Somebody has blocked it (`ivr caller block`)"),
    "people.count": _count("How many people the number belongs to"),
    "person.known": _yes_no("It is exactly one person: the number's only one, or one who has proved it"),
    "person.verified": _yes_no("The caller has proved in this call who they are"),
    "person.membership": _text("The person's level, such as `gold`"),
    "person.language": _text("The language that the person is noted with"),
    "person.value": Fact("money", "What the person has paid and ordered within a year", 0),
    "person.value_currency": _text("Its currency"),
    "person.days": Fact("number", "Days since they became a customer", None),
    "calls.ever": _count("Earlier calls from this number", said=True),
    "calls.last_24_hours": _count("Calls within 24 hours before this one", said=True),
    "calls.last_7_days": _count("Calls within 7 days", said=True),
    "calls.last_30_days": _count("Calls within 30 days", said=True),
    "calls.last_90_days": _count("Calls within 90 days", said=True),
    "calls.last_days_ago": Fact("number", "Days since the last call", None),
    "calls.last_outcome": _text("How the last call ended: an outcome's code"),
    "calls.last_ended_by": _text("Who ended the last call: `caller`, `system`, `agent`"),
    "calls.language": _text("The language of the last call"),
    "tickets.open": _count("Open tickets"),
    "tickets.broken": _count("Open tickets whose promised day has passed"),
    "tickets.oldest_days": Fact("number", "Days since the oldest open ticket was opened", None),
    "ticket.number": Fact("code", "The open ticket that was touched last", None, True),
    "ticket.topic": _text("What it is about: a code"),
    "ticket.promised_date": Fact("date", "The day promised for it", None, True),
    "orders.last_90_days": _count("Orders placed within 90 days"),
    "orders.on_the_way": _count("Orders that are neither delivered nor cancelled"),
    "orders.late": _count("Of these, those whose day has passed"),
    "order.number": Fact("code", "The order on the way that is expected next", None, True),
    "order.status": _text("Its state: a code"),
    "order.expected_date": Fact("date", "The day on which it is expected", None, True),
    "order.in_days": Fact("number", "Days until then: 0 is today, less is late", None),
    "debts.open": _count("Debts that are open"),
    "debts.overdue": _count("Of these, those whose day has passed"),
    "debts.overdue_days": _count("Days since the oldest of these was due"),
    "debts.amount": Fact("money", "What is owed in all", 0),
    "debts.amount_currency": _text("Its currency"),
    "debts.stage": _text("The furthest stage: `early`, `late`, `pre_judicial` …"),
    "promises.open": _count("Promises to pay whose day is to come"),
    "promises.broken": _count("Promises to pay that were not kept"),
}

OUTCOMES = "outcomes"
"""`outcomes.handed_over` is how many calls within 90 days ended so; one for each outcome of the flows."""
ABSENT: Mapping[str, Scalar] = {name: fact.absent for name, fact in FACTS.items()}


def fact_types(outcomes: Iterable[str]) -> dict[str, ValueType]:
    """Every name that conditions may use, with its type; `outcomes` are those that the flows can set."""
    types: dict[str, ValueType] = {name: fact.kind for name, fact in FACTS.items()}
    return {**types, **{f"{OUTCOMES}.{code}": "number" for code in outcomes}}


def may_be_said(name: str) -> bool:
    """Whether it may be told to somebody who has proved nothing."""
    fact = FACTS.get(name)
    return fact is not None and fact.said


def wrong_facts(history: Mapping[str, Scalar]) -> Iterator[tuple[str, str]]:
    """Facts that there are not, or that have values of another type: the name, what is wrong, what to do."""
    for name, value in history.items():
        fact = FACTS.get(name)
        if fact is None and not name.startswith(f"{OUTCOMES}."):
            yield name, f"nothing is known as `{name}`: {nearest(name, FACTS)}"
            continue
        wanted = _mistaken("number" if fact is None else fact.kind, value)
        if value is not None and wanted:
            yield name, f"`{name}: {value}` must be {wanted}: correct it"


def _mistaken(kind: ValueType, value: Scalar) -> str:
    """What the value should be; empty if it is."""
    if kind == "boolean":
        return "" if isinstance(value, bool) else "true or false"
    if kind in ("number", "money"):
        whole = isinstance(value, int) and not isinstance(value, bool)
        return "" if whole else "a whole number" + (" of cents" if kind == "money" else "")
    if not isinstance(value, str):
        return "text: put it in quotes"
    if kind == "date":
        try:
            date.fromisoformat(value)
        except ValueError:
            return "a day, such as `2026-11-24`"
    return ""
