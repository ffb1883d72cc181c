"""Cases: opened once, with a reference that proves itself; notes by whom they may be."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from data import luhn, tickets
from data.ids import new_id
from data.records import NewTicket, Refused, TicketNote
from data.seeds import seed
from data.store import Store
from tests.data.conftest import NOW

MINUTE = timedelta(minutes=1)


@pytest.fixture
def seeded(store: Store) -> Store:
    seed(store, customers=10)
    return store


def test_a_ticket_is_opened_and_found_by_its_reference(seeded: Store) -> None:
    """Eight digits with a check digit; it holds what was said, and is open."""
    call_id = new_id()
    new = NewTicket(
        at=NOW,
        topic="internet",
        subject="No tengo línea\u202e desde ayer",
        customer_number="45716",
        promised_on=date(2026, 11, 27),
        call_id=call_id,
    )
    reference = seeded.tickets.open(new)
    assert isinstance(reference, str)
    assert len(reference) == 8 and luhn.is_valid(reference)
    ticket = seeded.tickets.by_number(reference)
    assert ticket is not None
    assert (ticket.customer_number, ticket.topic, ticket.status) == ("45716", "internet", "open")
    assert (ticket.subject, ticket.promised_on) == ("No tengo línea desde ayer", date(2026, 11, 27))
    assert [(step.status, step.at) for step in ticket.history] == [("open", NOW)]
    assert (ticket.kind, ticket.about, ticket.notes, ticket.call_id) == ("incident", {}, (), call_id)
    theirs = seeded.tickets.of_customer("45716")
    assert [one.ticket_number for one in theirs] == [reference, "20264511"]


def test_a_case_of_somebody_unknown(seeded: Store) -> None:
    """A flow may open a case for whoever calls; what it noted comes back as it was."""
    reference = seeded.tickets.open(NewTicket(at=NOW, kind="complaint", about={"street": "C/ Ñ, 1"}))
    assert isinstance(reference, str)
    case = seeded.tickets.by_number(reference)
    assert case is not None
    assert (case.customer_number, case.name, case.kind) == ("", "", "complaint")
    assert case.about == {"street": "C/ Ñ, 1"}


def test_the_same_key_opens_one_ticket(seeded: Store) -> None:
    """An outbox that tries again must not open a second one; without a key each is its own."""
    new = NewTicket(at=NOW, customer_number="45716")
    first = seeded.tickets.open(new, key="call-1:open")
    assert seeded.tickets.open(new, key="call-1:open") == first
    assert len(seeded.tickets.of_customer("45716")) == 2
    assert seeded.tickets.open(new) != first


def test_a_key_of_another_change_is_refused(seeded: Store) -> None:
    """Two steps of a flow that share a key by mistake do not get each other's answer."""
    seeded.tickets.open(NewTicket(at=NOW), key="k")
    note = TicketNote(at=NOW, who="caller", text="x")
    assert seeded.tickets.add_note("20264511", note, key="k") == Refused("other_request")


def test_a_customer_who_is_not_there(seeded: Store) -> None:
    """Refused, not opened for nobody; and the key is free for the corrected request."""
    assert seeded.tickets.open(NewTicket(at=NOW, customer_number="99999"), key="k") == Refused("unknown")
    assert isinstance(seeded.tickets.open(NewTicket(at=NOW, customer_number="45716"), key="k"), str)


def test_a_taken_reference_is_drawn_again(seeded: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """References are drawn, so two may be the same: the second is drawn anew, and never shared."""
    drawn = iter(["20264511", "20264511", "10000009"])
    monkeypatch.setattr(tickets, "new_reference", lambda: next(drawn))
    assert seeded.tickets.open(NewTicket(at=NOW)) == "10000009"
    lucia = seeded.tickets.by_number("20264511")
    assert lucia is not None and lucia.customer_number == "45716"


def test_notes_are_kept_in_order(seeded: Store) -> None:
    """Voice note and text, by whom; the ticket's last update is the newest of them."""
    call_id = new_id()
    voice = TicketNote(at=NOW + MINUTE, who="caller", text="", recording="notes/a.wav", call_id=call_id)
    written = TicketNote(at=NOW + 2 * MINUTE, who="agent", text="Llamar el lunes")
    assert seeded.tickets.add_note("20264511", voice, of="45716", key="n1") is True
    assert seeded.tickets.add_note("20264511", written) is True
    assert seeded.tickets.add_note("20264511", voice, of="45716", key="n1") is True
    ticket = seeded.tickets.by_number("20264511")
    assert ticket is not None
    assert ticket.notes == (voice, written)
    assert ticket.updated_at == written.at


def test_nobody_adds_to_somebody_elses_ticket(seeded: Store) -> None:
    """Not theirs and not there are told alike, so that references cannot be probed."""
    note = TicketNote(at=NOW, who="caller", text="x")
    assert seeded.tickets.add_note("20264511", note, of="12807") == Refused("unknown")
    assert seeded.tickets.add_note("20264512", note, of="12807") == Refused("unknown")
    assert seeded.tickets.add_note("' OR 1=1 --", note) == Refused("unknown")
    assert seeded.tickets.add_note("é" * 9, note) == Refused("unknown")


def test_only_what_is_open(seeded: Store) -> None:
    """For a caller who has one open ticket, it is the one that they call about."""
    assert [one.ticket_number for one in seeded.tickets.of_customer("77024")] == ["20264537"]
    assert seeded.tickets.of_customer("77024", open_only=True) == ()
    assert seeded.tickets.of_customer("nobody") == ()
