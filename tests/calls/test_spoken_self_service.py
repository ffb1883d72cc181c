"""Whole spoken calls of self-service: what callers say is heard, and what they want is in the database."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from typing_extensions import override

from data.models import TicketRow
from data.records import Appointment, CallRecord, Request
from data.seeds import DEMO_PIN, DemoCustomer, demo_customers
from data.store import Store
from dialogs.spoken import say_digits
from ivr.demo import GAP_BEFORE_SPEAKING, CallerMind, Persona, PlayedCall, Reply
from ivr.moments import SystemSpoke
from ivr.stage import MORNING, Stage
from ivr.voice import Speaker

LUCIA, _ANTONIO, MONTSERRAT, EMILY, JOSE, *_ = demo_customers()
YES = {"es": "sí", "ca": "sí", "en": "yes"}
NO = {"es": "no, gracias", "ca": "no, gràcies", "en": "no, thank you"}
CALL_DEADLINE = 240.0
"""Seconds: the recogniser has to share the machine."""
TRIES = 3
"""Times that an answer is given, if it is asked for again."""


@dataclass(frozen=True)
class Wish:
    """A caller, what they say and key, and what must have come of it."""

    name: str
    who: DemoCustomer
    language: str
    said: Sequence[Reply]
    outcome: str
    stored: Callable[[Store, PlayedCall], bool]
    number: str = ""
    """Where they call from; by default a telephone that nobody knows."""
    before: Callable[[Store], None] = lambda _store: None


def says(step: str, words: str, keys: str = "") -> list[Reply]:
    """Said twice, and then keyed if there are keys for it, as callers do who are not understood."""
    said = [Reply(step, words=words)] * 2
    return [*said, *[Reply(step, keys=keys)] * 2] if keys else [*said, *said[:1]]


def digits(step: str, number: object, language: str) -> list[Reply]:
    return says(step, say_digits(str(number), language), str(number))


def proof(who: DemoCustomer, language: str) -> list[Reply]:
    """The number by voice, and the PIN by key, as they are asked to."""
    return [*digits("customer_number", who.customer_number, language), *[Reply("pin", keys=DEMO_PIN)] * TRIES]


def enough(language: str) -> list[Reply]:
    return [*says("anything_else", NO[language]), *says("anything_else", "no")]


def heard(*texts: str) -> Callable[[Store, PlayedCall], bool]:
    """All of it was told, as the call's record has it."""

    def told(store: Store, call: PlayedCall) -> bool:
        whole = " ".join(turn.text for turn in record_of(store, call).turns if turn.who == "system")
        return all(text in whole for text in texts)

    return told


def record_of(store: Store, call: PlayedCall) -> CallRecord:
    """The last call from that number."""
    record, *_ = [one for one in store.calls.latest(50) if one.caller_number == call.persona.number]
    return record


def order_is(number: object, **wanted: str) -> Callable[[Store, PlayedCall], bool]:
    def so(store: Store, _call: PlayedCall) -> bool:
        order = store.orders.by_number(str(number))
        return order is not None and all(str(getattr(order, name)) == value for name, value in wanted.items())

    return so


def ticket_opened(store: Store, call: PlayedCall) -> bool:
    """With its topic, where to call back, and the sound of what was told."""
    call_id = record_of(store, call).call_id
    with store.database.reading() as connection:
        number = select(TicketRow.ticket_number).where(TicketRow.call_id == call_id)
        (ticket_number,) = connection.execute(number).scalars()
    ticket = store.tickets.by_number(ticket_number)
    assert ticket is not None
    told = ticket.about.get("topic", ticket.topic), ticket.about.get("contact")
    return told == ("internet", call.persona.number) and bool(ticket.about.get("recording"))


def appointments(count: int, *days: str) -> Callable[[Store, PlayedCall], bool]:
    def so(store: Store, call: PlayedCall) -> bool:
        who = MONTSERRAT if call.persona.language == "ca" else EMILY
        mine = store.appointments.of_customer(who.customer_number, since=MORNING)
        return len(mine) == count and all(f"{one.begins_at:%Y-%m-%d}" in days for one in mine)

    return so


def phone_is(number: str) -> Callable[[Store, PlayedCall], bool]:
    def so(store: Store, _call: PlayedCall) -> bool:
        customer = store.customers.by_number(LUCIA.customer_number)
        return customer is not None and customer.phone_numbers[0] == number

    return so


def book_for_emily(store: Store) -> None:
    slot = store.appointments.free("technician", since=MORNING)[0]
    booked = store.appointments.book(EMILY.customer_number, slot.id, Request(at=MORNING))
    assert isinstance(booked, Appointment), booked


class Listener(CallerMind):
    """Agrees to what was heard rightly, as people do, and not to another number; speaks after a tone."""

    @override
    def _listen_and_answer(self, spoke: SystemSpoke) -> None:
        if spoke.step != "description":
            return super()._listen_and_answer(spoke)
        (told,) = [one for one in self._persona.replies if one.step == spoke.step]
        if self._caller.wait_until_quiet(GAP_BEFORE_SPEAKING):
            self._caller.speak(self._words[told.words])
            self._caller.key("#")
        return None

    @override
    def _reply_to(self, spoke: SystemSpoke) -> Reply | None:
        yes, no = YES[self._persona.language], NO[self._persona.language].partition(",")[0]
        wanted = next((one for one in self._left if one.step == spoke.step), None)
        own_yes_no = wanted is None or wanted.words.partition(",")[0] in (yes, no)
        if spoke.kind != "yes_no" or own_yes_no:
            return super()._reply_to(spoke)
        keyed = [one.keys for one in self._persona.replies if one.step == spoke.step and one.keys]
        told = re.sub(r"\D", "", spoke.text)
        return Reply(spoke.step, words=no if keyed and told not in keyed else yes)


WISHES = [
    Wish(
        "ticket status", LUCIA, "es",
        [
            *says("main_menu", "cómo va mi incidencia"),
            *says("has_reference", "sí"),
            *digits("ticket_id", LUCIA.ticket_number, "es"),
            *digits("home_postcode", LUCIA.own.postal_code, "es"),
            *says("talk_about_it", "no"),
        ],
        "ticket_told", heard("internet"),
    ),
    Wish(
        "new ticket with a voice note", LUCIA, "es",
        [
            *says("main_menu", "tengo una avería"),
            *says("has_reference", "no"),
            *says("about_what", "internet", "1"),
            *says("same_number", "sí"),
            Reply("description", words="no va desde ayer por la noche"),
            *digits("home_postcode", LUCIA.own.postal_code, "es"),
        ],
        "ticket_opened", ticket_opened,
    ),
    Wish(
        "order", LUCIA, "es",
        [
            *says("main_menu", "dónde está mi pedido"),
            *digits("order_id", LUCIA.order_number, "es"),
            *digits("home_postcode", LUCIA.own.postal_code, "es"),
        ],
        "order_told", heard("SEUR", "25 de noviembre"),
    ),
    Wish(
        "another delivery day", LUCIA, "es",
        [
            *says("main_menu", "cambiar el día de entrega"),
            *proof(LUCIA, "es"),
            *says("wanted_day", "el tres de diciembre", "0312"),
            *says("confirm_wanted_day", "sí"),
        ],
        "delivery_changed", order_is(LUCIA.order_number, expected_on="2026-12-03"),
    ),
    Wish(
        "an order that is cancelled", JOSE, "es",
        [
            *says("main_menu", "cancelar mi pedido"),
            *proof(JOSE, "es"),
            *says("sure", "sí"),
        ],
        "order_cancelled", order_is(JOSE.order_number, status="cancelled"),
    ),
    Wish(
        "own data", LUCIA, "es",
        [
            *says("main_menu", "cambiar mis datos"),
            *proof(LUCIA, "es"),
            *says("which_data", "mi teléfono", "1"),
            *digits("new_phone", "600111222", "es"),
            *says("confirm_new_phone", "sí"),
        ],
        "own_data_changed", phone_is("+34600111222"),
    ),
    Wish(
        "balance of one of several accounts", MONTSERRAT, "ca",
        [
            *says("known_matter", "no"),
            *says("main_menu", "quant dec"),
            *proof(MONTSERRAT, "ca"),
            *says("which_of_them", "la fibra", "1"),
            *says("told", "no"),
        ],
        "balance_told", heard("87,05 €"), number=MONTSERRAT.phone_number,
    ),
    Wish(
        "an appointment", MONTSERRAT, "ca",
        [
            *says("known_matter", "no"),
            *says("main_menu", "una cita"),
            *proof(MONTSERRAT, "ca"),
            *says("what_to_do", "una altra", "3"),
            *says("which_service", "una visita del tècnic", "1"),
            *says("which_slot", "la segona", "2"),
            *says("sure_slot", "sí"),
        ],
        "appointment_booked", appointments(2, "2026-11-24"), number=MONTSERRAT.phone_number,
    ),
    Wish(
        "an appointment that is moved", EMILY, "en",
        [
            *says("known_matter", "no"),
            *says("main_menu", "an appointment"),
            *proof(EMILY, "en"),
            *says("what_to_do", "move it", "1"),
            Reply("which_slot", keys="3"),
            *says("sure_slot", "yes"),
        ],
        "appointment_moved", appointments(1, "2026-11-24", "2026-11-25", "2026-11-26"),
        number=EMILY.phone_number, before=book_for_emily,
    ),
    Wish(
        "order", EMILY, "en",
        [
            *says("known_matter", "no"),
            *says("main_menu", "where is my order"),
            *digits("order_id", EMILY.order_number, "en"),
            *digits("home_postcode", EMILY.own.postal_code, "en"),
            *says("has_arrived", "yes"),
        ],
        "order_told", heard("delivered"), number=EMILY.phone_number,
    ),
]  # fmt: skip


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("wish", "nth"),
    [(wish, nth) for nth, wish in enumerate(WISHES)],
    ids=[f"{wish.language} {wish.name}" for wish in WISHES],
)
def test_a_spoken_call_reaches_its_goal(spoken_stage: Stage, speaker: Speaker, wish: Wish, nth: int) -> None:
    """All but the PIN by voice, and numbers not understood; the outcome, and what is stored or told."""
    store = Store(spoken_stage.settings.database_url)
    wish.before(store)
    persona = Persona(
        name=wish.who.name,
        number=wish.number or f"+346000007{nth:02}",
        language=wish.language,
        replies=[*wish.said, *enough(wish.language)],
        agreement=YES[wish.language],
    )
    caller = spoken_stage.caller(persona.number, persona.name)
    mind = Listener(persona, caller, speaker.speak, deadline=CALL_DEADLINE)
    spoken_stage.watch_caller(persona.number, mind.watch)
    call = mind.play()
    spoken_stage.wait_until_idle()
    assert call.over is not None, [str(one) for one in call.moments[-4:]]
    turns = [(turn.step, turn.who, turn.text) for turn in record_of(store, call).turns]
    assert call.over.outcome == wish.outcome, turns
    assert wish.stored(store, call)
    store.close()
