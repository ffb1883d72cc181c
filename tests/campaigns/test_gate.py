"""The one way out: what the database has on record decides, and what is let out is on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import insert, update

from data.ids import new_id
from data.models import CustomerRow, IdentityRow
from data.records import Consent, Request
from data.seeds import seed
from data.store import Store
from ivr.campaigns.contact_rules.contact import Allowed, Blocked
from ivr.campaigns.contact_rules.gate import Admitted, Gate, Wish
from ivr.campaigns.contact_rules.reading import presets
from ivr.campaigns.explaining import look_at_all
from tests.commands import ivr
from tests.databases import store_at
from tests.side_by_side import side_by_side

LUCIA, ANTONIO, NUMBER = "45716", "12807", "+34759000101"
MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
LANDLINE = "+34934445566"


@pytest.fixture
def seeded(store: Store) -> Store:
    seed(store, customers=10)
    return store


def customer(store: Store, number: str) -> UUID:
    found = store.customers.by_number(number)
    assert found is not None
    return found.id


def gate(store: Store, at: datetime = MONDAY) -> Gate:
    return Gate(store.contacts, presets(), now=lambda: at)


def test_a_contact_is_on_record_before_it_is_made(seeded: Store) -> None:
    """From then on it counts as a conversation, until it is known what it was."""
    lucia = customer(seeded, LUCIA)
    wish = Wish(to=LANDLINE, channel="call", purpose="collection", customer_id=lucia)
    first = gate(seeded).admit(wish)
    assert isinstance(first, Admitted) and first.allowed.rules == ("es.collection",)
    again = gate(seeded).admit(wish)
    assert isinstance(again, Blocked) and again.reason == "cap"
    gate(seeded).settle(first.contact_id, conversation=False, result="busy")
    (made,) = seeded.contacts.history(seeded.contacts.whom(LANDLINE, customer_id=lucia))
    assert (made.conversation, made.result, made.customer_id) == (False, "busy", lucia)
    assert made.rules == f"es.collection {presets().version}"
    gate(seeded).withdraw(first.contact_id)
    assert isinstance(gate(seeded).admit(wish), Admitted), "one that was never made counts for nothing"


def test_caps_are_per_human_being_over_channels_and_campaigns(seeded: Store) -> None:
    """Two customer numbers with one DNI are one person; another person is another."""
    lucia, antonio = customer(seeded, LUCIA), customer(seeded, ANTONIO)
    with seeded.database.writing() as connection:
        for one in (lucia, antonio):
            values = {"kind": "cif", "value": "B12345674", "set_at": MONDAY, "set_by": "t"}
            connection.execute(insert(IdentityRow).values(id=new_id(), customer_id=one, **values))
    sms = Wish(to="+34612345678", channel="sms", purpose="collection", customer_id=lucia)
    assert isinstance(gate(seeded).admit(sms), Admitted)
    call = Wish(to=LANDLINE, channel="call", purpose="collection", customer_id=antonio)
    assert isinstance(gate(seeded).admit(call), Blocked)
    other = customer(seeded, "29389")
    assert isinstance(gate(seeded).admit(replace(call, customer_id=other)), Admitted)


def test_of_two_servers_one_is_second(seeded: Store) -> None:
    """Both judge the same person at the same time, and one contact is made."""
    wish = Wish(to=LANDLINE, channel="call", purpose="collection", customer_id=customer(seeded, LUCIA))
    answers = side_by_side(*[lambda: gate(seeded).admit(wish)] * 4)
    assert sorted(type(one).__name__ for one in answers) == ["Admitted", "Blocked", "Blocked", "Blocked"]


def test_do_not_call_is_asked_by_number_customer_and_dni(seeded: Store) -> None:
    """Also what they ask for in a call does not reach them then; its reason is told."""
    lucia = customer(seeded, LUCIA)
    wish = Wish(to=LANDLINE, channel="call", purpose="service", customer_id=lucia)
    assert isinstance(gate(seeded).look(wish), Allowed)
    for kind, subject in (("number", LANDLINE), ("person", LUCIA)):
        seeded.suppressions.add(kind, subject, reason="asked", at=MONDAY)  # type: ignore[arg-type]  # a table
        found = gate(seeded).look(replace(wish, asked_for="call x"))
        assert isinstance(found, Blocked) and found.told == "not to be contacted: asked"
        seeded.suppressions.remove(kind, subject)  # type: ignore[arg-type]  # as above
    assert isinstance(gate(seeded).look(wish), Allowed)


def test_only_their_own_yes_is_a_consent(seeded: Store) -> None:
    """Somebody else's at the same number is not, a no of anybody there is, and a yes needs its proof."""
    lucia, antonio = customer(seeded, LUCIA), customer(seeded, ANTONIO)
    wish = Wish(
        to=LANDLINE,
        channel="call",
        purpose="commercial",
        customer_id=lucia,
        caller_id="+34910000000",
    )

    def said(who: UUID, given: bool, answer: str, day: int) -> str:
        seeded.consents.note(
            Consent(
                kind="marketing",
                given=given,
                terms_version="1",
                text="¿Acepta?",
                language="es",
                at=MONDAY - timedelta(days=10 - day),
                answer=answer,
                customer_id=who,
                e164=LANDLINE,
            )
        )
        found = gate(seeded).look(wish)
        return found.reason if isinstance(found, Blocked) else "allowed"

    assert said(antonio, True, "sí", 1) == "consent"
    assert said(lucia, True, "", 2) == "consent"
    assert said(lucia, True, "sí", 3) == "allowed"
    assert said(antonio, False, "no", 4) == "refused"


def test_what_was_asked_for_is_noted_and_counted_by_no_rule(seeded: Store) -> None:
    """The exception is on record with where they asked; the next contact of ours is as free as before."""
    lucia = customer(seeded, LUCIA)
    midnight = MONDAY.replace(hour=1)
    link = Wish(to="+34612345678", channel="sms", purpose="collection", customer_id=lucia)
    asked = gate(seeded, midnight).admit(replace(link, asked_for="call 7, step send_link"))
    assert isinstance(asked, Admitted) and asked.allowed.exception == "call 7, step send_link"
    assert isinstance(gate(seeded).admit(link), Admitted)
    whom = seeded.contacts.whom("+34612345678", customer_id=lucia)
    assert [one.asked_for for one in seeded.contacts.history(whom)] == ["", "call 7, step send_link"]


@pytest.mark.parametrize("to", ["+34806123456", "112", "+881612345678", "nobody@example.org", "600"])
def test_what_is_no_ordinary_number_is_never_contacted(seeded: Store, to: str) -> None:
    """Premium, emergency, satellite, an e-mail without a country: the law of nowhere allows nothing."""
    found = gate(seeded).look(Wish(to=to, channel="call", purpose="service"))
    assert isinstance(found, Blocked) and (found.rule, found.next_lawful) == ("house.number", None)


def test_an_email_goes_by_the_law_of_their_number(seeded: Store) -> None:
    """And is counted for the same person."""
    lucia = customer(seeded, LUCIA)
    mail = Wish(to="l@example.org", law_of=LANDLINE, channel="email", purpose="collection", customer_id=lucia)
    assert isinstance(gate(seeded).admit(mail), Admitted)
    call = Wish(to=LANDLINE, channel="call", purpose="collection", customer_id=lucia)
    assert isinstance(gate(seeded).admit(call), Blocked)


def test_a_birth_date_on_record_counts(seeded: Store) -> None:
    """In Mexico no minor is contacted about a debt, whichever of their customer numbers is meant."""
    lucia, mexico = customer(seeded, LUCIA), "+525512345678"
    evening = MONDAY.replace(hour=19)
    wish = Wish(to=mexico, channel="call", purpose="collection", customer_id=lucia, caller_id="+525500000000")
    with seeded.database.writing() as connection:
        mine = update(CustomerRow).where(CustomerRow.id == lucia)
        connection.execute(mine.values(zone="America/Mexico_City", region="MX", birth_date=date(2015, 2, 1)))
    refused = gate(seeded, evening).look(wish)
    assert isinstance(refused, Blocked) and [one.reason for one in refused.why] == ["minor"]
    assert isinstance(gate(seeded, evening).look(replace(wish, purpose="service")), Allowed)


def test_explain_tells_what_stands_against_it_beside_the_rules(seeded: Store) -> None:
    """Who asks before a call hears of a dispute and of a retired number, as the dialler does."""
    lucia = customer(seeded, LUCIA)
    wish = Wish(to=LANDLINE, channel="call", purpose="collection", customer_id=lucia)

    def told(asked: Wish) -> list[str]:
        found = look_at_all(seeded, presets(), asked, MONDAY, "Europe/Madrid")
        return [f"{one.rule} {one.reason}" for one in found.why] if isinstance(found, Blocked) else []

    assert told(wish) == []
    seeded.collection_holds.hold(LUCIA, "dispute", Request(at=MONDAY))
    assert told(wish) == told(replace(wish, channel="email", law_of=LANDLINE)) == ["house.debt debt"]
    assert told(replace(wish, purpose="service")) == []
    assert told(replace(wish, customer_id=customer(seeded, ANTONIO))) == []
    seeded.collection_holds.lift(LUCIA, by="ana", at=MONDAY)
    mobile = "+34600111999"
    seeded.customers.put_phone_number_first(LUCIA, mobile, Request(at=MONDAY))
    assert told(replace(wish, to=mobile)) == []
    seeded.customers.retire(LUCIA, mobile, Request(at=MONDAY), why="others answered there")
    assert told(replace(wish, to=mobile)) == ["house.number number"]


def test_the_commands(tmp_path: Path) -> None:
    """`ivr rules`: what an operator asks, with exit status and one line that says why."""
    store_at(tmp_path / "ivr.sqlite3", customers=10).close()
    asked = ("rules", "explain", "--purpose", "collection", "--number")
    blocked = ivr(tmp_path, *asked, "+573001234567", "--at", "2026-11-21T15:30-05:00")
    assert blocked.stdout.splitlines()[0].startswith("blocked: co.collection, Saturday after 15:00 in Bogotá")
    assert (blocked.returncode, blocked.stdout.splitlines()[-1]) == (1, "next: Monday 07:00")
    allowed = ivr(tmp_path, *asked, "934445566", "--at", "2026-11-23 13:00", "--customer", LUCIA)
    assert (allowed.returncode, allowed.stdout) == (0, "allowed: es.collection\n")
    assert ivr(tmp_path, *asked, "806123456").returncode == 2
    assert "co.collection" in ivr(tmp_path, "rules", "list", "--json").stdout
    assert ivr(tmp_path, "rules", "show", "co.colection").returncode == 1
    assert '"source": "Ley 2300 de 2023"' in ivr(tmp_path, "rules", "show", "co.collection").stdout


def test_own_rules_are_checked_from_the_command_line(tmp_path: Path) -> None:
    """With file, line and remedy."""
    folder = tmp_path / "contact_rules"
    folder.mkdir()
    (folder / "own.yaml").write_text("rules:\n  - id: Own\n")
    done = ivr(tmp_path, "rules", "check")
    assert done.returncode == 1 and "own.yaml:2:" in done.stdout + done.stderr
    assert ivr(tmp_path, "rules", "list").returncode == 2, "nothing is decided by half of the rules"


def test_a_registry_s_answer_is_brought_in(tmp_path: Path) -> None:
    """Listed, not listed, unreadable; and a registry that no rule asks is a mistake."""
    store_at(tmp_path / "ivr.sqlite3").close()
    file = tmp_path / "rne.csv"
    file.write_text("TEL;EXCLUIDO\n+573001234567;SI\n+573001234568;no\n12;no\n+573001234569;quizás\n")
    columns = ("--number", "TEL", "--listed", "EXCLUIDO")
    done = ivr(tmp_path, "rules", "registry", "RNE", str(file), *columns, "--json")
    assert done.returncode == 1 and '"kept": 2, "listed": 1' in done.stdout
    explain = ("rules", "explain", "--purpose", "commercial", "--at", "2026-11-24T10:00-05:00", "--number")
    assert "stands in the registry RNE" in ivr(tmp_path, *explain, "+573001234567").stdout
    assert ivr(tmp_path, *explain, "+573001234568").stdout == "allowed: co.commercial\n"
    assert "was not looked up" in ivr(tmp_path, *explain, "+573001234569").stdout
    assert ivr(tmp_path, "rules", "registry", "RNX", str(file)).returncode == 2
