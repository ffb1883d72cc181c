"""What callers get, and what is stored afterwards: each flow in each language on each database."""

from __future__ import annotations

from data.records import Request
from data.seeds import DEMO_PIN, demo_customers
from ivr.stage import MORNING
from tests.self_service.conftest import Said
from tests.self_service.world import ZONE, World

LUCIA, ANTONIO, MONTSERRAT, EMILY, JOSE, *_ = demo_customers()
assert LUCIA.order_number and LUCIA.ticket_number and LUCIA.own.postal_code and JOSE.order_number
WHO = (LUCIA.customer_number, DEMO_PIN)


def test_the_balance_after_a_proof(world: World, language: str, said: Said) -> None:
    """Not a word of it before; then what is owed, what of it is late, since when."""
    call = world.call("main", language).keys("1", LUCIA.customer_number)
    assert call.step == "pin"
    assert "142" not in " ".join(call.heard)
    call.keys("1111", LUCIA.customer_number)
    assert "142" not in " ".join(call.heard)
    call.keys(DEMO_PIN)
    assert said("142,30 €", "142,30 €", "€142.30") in call.last
    assert said("5 de noviembre de 2026", "5 de novembre del 2026", "5 November 2026") in call.last
    call.says(said("no, gracias", "no, gràcies", "no, thank you"))
    assert call.outcome == "balance_told"
    call.says(said("no, nada más", "no, res més", "no, nothing else"))
    assert call.step == ""


def test_an_order_takes_its_number_and_a_postcode(world: World, language: str, said: Said) -> None:
    """With another postcode it is as if there were no such order."""
    call = world.call("order_status", language).keys(str(LUCIA.order_number), "41001")
    assert call.step == "order_id"
    assert "SEUR" not in call.last
    call.keys(str(LUCIA.order_number), str(LUCIA.own.postal_code))
    assert "SEUR" in call.last
    assert said("25 de noviembre", "25 de novembre", "25 November") in call.last
    assert call.outcome == "order_told"


def test_a_ticket_takes_its_reference_and_a_postcode(world: World, language: str, said: Said) -> None:
    call = world.call("ticket_status", language)
    call.keys(str(LUCIA.ticket_number), str(LUCIA.own.postal_code))
    assert said("de internet", "d'internet", "about the internet") in call.last
    assert said("25 de noviembre", "25 de novembre", "25 November") in call.last
    assert call.outcome == "ticket_told"


def test_a_known_caller_is_asked_about_their_order(world: World, language: str, said: Said) -> None:
    """The telephone names the order; what is told of it takes the postcode."""
    call = world.call("main", language, number=MONTSERRAT.phone_number)
    assert "780361" in call.last
    call.says(said("sí", "sí", "yes"))
    assert call.step == "home_postcode"
    call.says(said("uno siete cero cero uno", "u set zero zero u", "one seven zero zero one"))
    assert said("hoy mismo", "avui mateix", "today") in call.last


def test_an_order_is_cancelled_once_it_is_proved_to_be_theirs(
    world: World, language: str, said: Said
) -> None:
    """Somebody else's stays as it was, and nothing is told of it."""
    stranger = world.call("main", language)
    stranger.says(
        said("anular el pedido", "anul·lar la comanda", "cancel the order") + f" {JOSE.order_number}"
    )
    stranger.keys(*WHO)
    assert (stranger.conversation.slots["order_id"], stranger.step) == (JOSE.order_number, "order_id")
    # Who has one that can be cancelled need not know its number.
    call = world.call("cancel_order", language).keys(JOSE.customer_number, DEMO_PIN)
    assert (call.conversation.slots["order_id"], call.step) == (JOSE.order_number, "sure")
    call.says(said("sí, por favor", "sí, si us plau", "yes, please"))
    assert call.outcome == "order_cancelled"
    order = world.store.orders.by_number(str(JOSE.order_number))
    assert order is not None
    assert order.status == "cancelled"
    again = world.call("cancel_order", language).keys(JOSE.customer_number, DEMO_PIN)
    assert said("ningún pedido que", "cap comanda que", "no order that") in again.last
    assert again.step == "offer_a_person"


def test_another_delivery_day(world: World, language: str, said: Said) -> None:
    """A holiday is refused, a change of mind before the yes counts; the day is stored."""
    call = world.call("change_delivery", language).keys(*WHO)
    assert call.step == "wanted_day"
    call.says(said("el ocho de diciembre", "el vuit de desembre", "the eighth of December"))
    assert said("Ese día no repartimos", "Aquest dia no fem", "We do not deliver on that day") in call.last
    assert said("miércoles 9", "dimecres 9", "Wednesday 9") in call.last
    call.says(said("el dos de diciembre", "el dos de desembre", "the second of December"))
    call.says("no")
    assert call.step == "wanted_day"
    call.says(said("el tres de diciembre", "el tres de desembre", "the third of December"))
    call.says(said("sí", "sí", "yes"))
    assert call.outcome == "delivery_changed"
    order = world.store.orders.by_number(str(LUCIA.order_number))
    assert order is not None
    assert str(order.expected_on) == "2026-12-03"


def test_no_correction_of_the_delivery_day_leads_round_the_rules(
    world: World, language: str, said: Said
) -> None:
    """At the read-back as at the question: a holiday, and a day too soon for a parcel on its way."""
    call = world.call("change_delivery", language).keys(*WHO)
    call.says(said("el dos de diciembre", "el dos de desembre", "the second of December"))
    assert call.step == "confirm_wanted_day"
    for day in (
        said("no, el ocho de diciembre", "no, el vuit de desembre", "no, the eighth of December"),
        said("no, mañana", "no, demà", "no, tomorrow"),
    ):
        call.says(day)
        assert call.step == "wanted_day", call.last
        call.says(said("el dos de diciembre", "el dos de desembre", "the second of December"))
    call.says(said("sí", "sí", "yes"))
    order = world.store.orders.by_number(str(LUCIA.order_number))
    assert order is not None
    assert str(order.expected_on) == "2026-12-02"


def test_a_note_on_a_ticket(world: World, language: str, said: Said) -> None:
    """The recording hangs on it, with the call."""
    call = world.call("add_to_ticket", language).keys(*WHO)
    assert call.outcome == "ticket_noted"
    ticket = world.store.tickets.by_number(str(LUCIA.ticket_number))
    assert ticket is not None
    assert (ticket.notes[-1].recording, ticket.notes[-1].call_id) == (
        f"2026/11/23/{call.call_id}.wav",
        call.call_id,
    )


def test_a_new_ticket_and_how_it_stands(world: World, language: str, said: Said) -> None:
    """Its reference is told and stored; it takes the postcode that was given with it, from any telephone."""
    number = "+34600111222"
    call = world.call("new_ticket", language, number=number).keys("1")
    assert call.step == "same_number"
    call.says(said("sí", "sí", "yes"))
    assert call.step == "home_postcode"
    call.keys("28001")
    assert call.outcome == "ticket_opened"
    reference = call.conversation.slots["fault"]
    assert reference in call.last.replace(" ", "")
    ticket = world.store.tickets.by_number(str(reference))
    assert ticket is not None
    assert (ticket.topic, ticket.about["contact"], ticket.call_id) == ("internet", number, call.call_id)
    same = world.call("ticket_status", language, number=number).keys(str(reference), "28002")
    assert same.step == "ticket_id"
    other = world.call("ticket_status", language, number="+34600111223").keys(str(reference), "28001")
    assert other.outcome == "ticket_told"


def test_an_appointment_is_booked_moved_and_cancelled(world: World, language: str, said: Said) -> None:
    """One call books, another moves, a third cancels; each is stored."""

    def mine() -> list[tuple[str, str]]:
        from_now = world.store.appointments.of_customer(LUCIA.customer_number, since=MORNING)
        return [(one.status, one.begins_at.astimezone(ZONE).isoformat()[:16]) for one in from_now]

    call = world.call("appointments", language).keys(*WHO, "1")
    assert call.step == "which_slot"
    call.says(said("la tercera", "la tercera", "the third one"))
    assert (call.step, mine()) == ("sure_slot", [])
    call.says(said("no, la segunda", "no, la segona", "no, the second one"))
    call.says(said("la de las once", "la de les onze", "the eleven o'clock one"))
    assert (call.step, mine()) == ("sure_slot", [])
    call.says(said("sí, resérvela", "sí, reservi-la", "yes, book it"))
    assert call.outcome == "appointment_booked"
    assert mine() == [("booked", "2026-11-24T11:00")]
    again = world.call("appointments", language).keys(*WHO)
    assert again.step == "what_to_do"
    again.says(said("cambiarla", "canviar-la", "move it"))
    again.keys("3")  # the third of those that are offered: not the time that they have
    assert (again.step, mine()) == ("sure_slot", [("booked", "2026-11-24T11:00")])
    again.keys("1")
    assert again.outcome == "appointment_moved"
    assert mine() == [("booked", "2026-11-25T09:00")]
    last = world.call("appointments", language).keys(*WHO, "2")
    last.says(said("sí", "sí", "yes"))
    assert last.outcome == "appointment_cancelled"
    assert mine() == []


def test_whoever_has_several_appointments_says_which(world: World, language: str, said: Said) -> None:
    """The second is cancelled, and the first, which comes earlier, stays."""
    for service in ("1", "2"):
        call = world.call("appointments", language).keys(*WHO)
        if call.step == "what_to_do":
            call.keys("3")
        call.keys(service, "1", "1")
        assert call.outcome == "appointment_booked"
    booked = world.store.appointments.of_customer(LUCIA.customer_number, since=MORNING)
    assert [one.service for one in booked] == ["technician", "shop"]
    call = world.call("appointments", language).keys(*WHO)
    call.says(
        said(
            "anular la cita de la tienda",
            "anul·lar la cita de la botiga",
            "cancel the appointment in the shop",
        )
    )
    call.says(said("la de la tienda", "la de la botiga", "the one in the shop"))
    assert call.step == "sure_cancel"
    call.says(said("sí", "sí", "yes"))
    assert call.outcome == "appointment_cancelled"
    left = world.store.appointments.of_customer(LUCIA.customer_number, since=MORNING)
    assert [one.service for one in left] == ["technician"]


def test_ones_own_data(world: World, language: str, said: Said) -> None:
    """Telephone and address are stored as they were read back; the telephone of before learns of it."""
    before = "+34600111999"
    world.store.customers.put_phone_number_first(LUCIA.customer_number, before, Request(at=MORNING))
    call = world.call("own_data", language).keys(*WHO, "1", "600111333")
    assert "600 111 333" in call.last
    call.says("no")
    call.keys("600111222")
    call.says(said("sí", "sí", "yes"))
    assert call.outcome == "own_data_changed"
    assert [one["to"] for one in world.sent(call)] == [before]
    address = world.call("own_data", language).keys(*WHO, "2")
    address.says("Calle Mayor 3").keys("28013").says("Madrid").says(said("sí", "sí", "yes"))
    stored = world.store.customers.by_number(LUCIA.customer_number)
    assert stored is not None
    assert stored.phone_numbers == ("+34600111222", before, LUCIA.phone_number)
    assert (stored.postal_code, stored.town) == ("28013", "Madrid")
    assert stored.address
    assert "mayor 3" in stored.address.lower()


def test_a_new_e_mail_address_is_a_case_for_a_person(world: World, language: str) -> None:
    """Its reference is told; nothing is written to an address that nobody has checked."""
    call = world.call("own_data", language).keys(*WHO, "3")
    assert call.outcome == "own_data_noted"
    case = world.store.tickets.by_number(str(call.conversation.slots["email_change"]))
    assert case is not None
    assert (case.kind, case.customer_number) == ("email_change", LUCIA.customer_number)


NEITHER = ("2", "2")
"""Nobody is free, and the caller wants neither a call nor to leave a message."""


def test_whoever_guesses_is_locked_out_and_told_nothing(world: World, language: str) -> None:
    """Three wrong PINs end with a person, and count in the next calls: after five, nobody gets in."""
    call = world.call("balance", language, agents="busy")
    call.keys(*[LUCIA.customer_number, "1111"] * 3)
    assert call.turn.queues == ["billing"]
    assert call.step == "wants_callback"
    assert call.keys(*NEITHER).step == ""
    assert "€" not in " ".join(call.heard)
    again = world.call("balance", language, agents="busy").keys(
        *[LUCIA.customer_number, "1111"] * 2, *NEITHER
    )
    assert again.step == ""
    third = world.call("balance", language, agents="busy").keys(*WHO)
    assert third.person is None
    assert "€" not in " ".join(third.heard)


def test_movements_of_one_account(world: World, language: str, said: Said) -> None:
    """Who has two chooses; nothing of the other is told. Who has one is asked nothing."""
    call = world.call("last_movements", language).keys(MONTSERRAT.customer_number, DEMO_PIN)
    assert call.step == "which_of_them"
    call.keys("2")
    assert said("Una factura de 12,00 €", "Una factura de 12,00 €", "A bill of €12.00") in call.last
    assert "87" not in call.last
    assert call.outcome == "movements_told"
    only = world.call("last_movements", language).keys(*WHO)
    assert only.step == "hear_more"
    assert said("Una factura de 67,80 €", "Una factura de 67,80 €", "A bill of €67.80") in only.last
    only.says(said("sí", "sí", "yes"))
    assert said("Un pago de 69,90 €", "Un pagament de 69,90 €", "A payment of €69.90") in only.last


def test_one_of_several_accounts(world: World, language: str, said: Said) -> None:
    """What is owed for it and when it is due; then the other one."""
    call = world.call("balance", language).keys(MONTSERRAT.customer_number, DEMO_PIN)
    assert "fibra" in call.last
    call.says(said("la primera", "la primera", "the first one"))
    assert said("87,05 €", "87,05 €", "€87.05") in call.last
    assert said("26 de noviembre", "26 de novembre", "26 November") in call.last
    call.says(said("sí", "sí", "yes")).keys("2")
    assert said("12,00 €", "12,00 €", "€12.00") in call.last


def test_the_balance_is_sent_where_the_caller_likes(world: World, language: str, said: Said) -> None:
    """By e-mail, to the address that was known before; it is read back in part, and stored with the call."""
    call = world.call("send_balance", language).keys(*WHO)
    assert call.step == "which_way"
    call.says(said("por correo", "per correu", "by e-mail"))
    assert call.step == "by_email"
    assert "example.org" in call.last
    assert "fernandez" not in call.last
    call.says(said("sí", "sí", "yes"))
    assert call.outcome == "balance_sent"
    (message,) = world.sent(call)
    assert (message["to"], message["channel"]) == (LUCIA.own.email, "email")
    assert said("142,30 €", "142,30 €", "€142.30") in message["text"]
    (noted,) = world.store.messages.latest(call_id=call.call_id)
    assert (noted.template, noted.state) == ("send_balance/send_email", "waiting")


def test_ways_to_pay_and_a_person(world: World, language: str, said: Said) -> None:
    """Told to anybody; who would rather pay now gets billing."""
    call = world.call("main", language)
    call.says(said("cómo puedo pagar", "com puc pagar", "how can I pay"))
    assert call.step == "pay_now"
    call.says(said("sí", "sí", "yes"))
    assert call.turn.queues == ["billing"]


def test_silence_and_wrong_references_end_with_a_person(world: World, language: str) -> None:
    """Nothing is told on the way, and nothing is stored."""
    call = world.call("order_status", language)
    while call.step:
        call.silent()
    assert call.turn.queues == ["sales"]
    wrong = world.call("ticket_status", language, agents="busy").keys(*["99999997", "28014"] * 2)
    assert wrong.turn.queues == ["support"]
    assert wrong.keys(*NEITHER).step == "anything_else"
    assert not world.store.tickets.by_number("99999997")


def test_a_person_at_any_question(world: World, language: str, said: Said) -> None:
    """Asked for by word, in the middle of a proof: of the department that it was about."""
    call = world.call("change_delivery", language).keys(LUCIA.customer_number)
    call.says(said("operador", "operador", "operator"))
    assert call.turn.queues == ["sales"]
    assert call.step == ""
