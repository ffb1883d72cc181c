"""What is remembered of a caller, as the facts that segments are decided by (`dialogs.segments.facts`)."""

from __future__ import annotations

from datetime import date, datetime

from data.records.callers import CallerHistory, CallingCustomer
from dialogs.segments.facts import OUTCOMES, Scalar
from ivr.callers.numbers import CallerNumber

Facts = dict[str, Scalar]


def facts_of(number: CallerNumber, known: CallerHistory, *, now: datetime, verified: bool) -> Facts:
    """Every fact that there is; what is not known is left out. `now`: in the company's zone."""
    calls, today = known.calls, now.date()
    found: Facts = {
        "number.withheld": number.withheld,
        "number.internal": bool(number.internal),
        "number.mobile": number.mobile,
        "number.country": number.country,
        "number.blocked": known.blocked_since is not None,
        "people.count": known.people,
        "person.known": known.person is not None,
        "person.verified": verified and known.person is not None,
        "calls.ever": calls.ever,
        "calls.last_24_hours": calls.last_24_hours,
        "calls.last_7_days": calls.last_7_days,
        "calls.last_30_days": calls.last_30_days,
        "calls.last_90_days": calls.last_90_days,
        "calls.last_days_ago": None if calls.last_at is None else (now - calls.last_at).days,
        "calls.last_outcome": calls.last_outcome,
        "calls.last_ended_by": calls.last_ended_by,
        "calls.language": calls.last_language,
    }
    found.update({f"{OUTCOMES}.{outcome}": count for outcome, count in calls.outcomes.items()})
    if known.person is not None:
        found.update(_of_person(known.person, now, today))
    return found


def _of_person(person: CallingCustomer, now: datetime, today: date) -> Facts:
    return {
        "person.membership": person.membership,
        "person.language": person.language,
        "person.value": person.value_cents,
        "person.value_currency": person.value_currency,
        "person.days": None if person.since is None else (today - person.since).days,
        **_of_service(person, now, today),
        "debts.open": person.debts_open,
        "debts.overdue": person.debts_overdue,
        "debts.overdue_days": 0 if person.overdue_since is None else (today - person.overdue_since).days,
        "debts.amount": person.debts_cents,
        "debts.amount_currency": person.debts_currency,
        "debts.stage": person.debt_stage,
        "promises.open": person.promises_open,
        "promises.broken": person.promises_broken,
    }


def _of_service(person: CallingCustomer, now: datetime, today: date) -> Facts:
    found: Facts = {
        "tickets.open": person.tickets_open,
        "tickets.broken": person.tickets_broken,
        "orders.last_90_days": person.orders_last_90_days,
        "orders.on_the_way": person.orders_on_the_way,
        "orders.late": person.orders_late,
    }
    if person.oldest_ticket_at is not None:
        found["tickets.oldest_days"] = (now - person.oldest_ticket_at).days
    if person.ticket is not None:
        found["ticket.number"] = person.ticket.number
        found["ticket.topic"] = person.ticket.topic
        found["ticket.promised_date"] = _iso(person.ticket.promised_on)
    if person.order is not None:
        expected = person.order.expected_on
        found["order.number"] = person.order.number
        found["order.status"] = person.order.status
        found["order.expected_date"] = _iso(expected)
        found["order.in_days"] = None if expected is None else (expected - today).days
    return found


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
