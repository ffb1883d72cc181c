"""Something is changed by a whole call, on the embedded switch and a real database."""

from __future__ import annotations

from data.seeds import DEMO_PIN
from data.store import Store
from ivr.demo import CallerMind, Persona, Reply
from ivr.stage import Stage

CUSTOMER, PIN, ORDER, POSTCODE = "65193", DEMO_PIN, "780387", "35002"
"""José Manuel, whose order is being prepared."""


def test_an_order_is_cancelled_by_whoever_proves_that_it_is_theirs(keyed_stage: Stage) -> None:
    """The state is heard, a yes offers the next step, and the number of the order is not asked for again."""
    store = Store(keyed_stage.settings.database_url)
    persona = Persona(
        name="José Manuel",
        number="+34600000401",
        language="es",
        interrupts_after=0.5,
        replies=(
            Reply("main_menu", keys="2"),
            Reply("order_id", keys=ORDER),
            Reply("home_postcode", keys=POSTCODE),
            Reply("anything_else", keys="1"),
            Reply("more_about_order", keys="2"),
            Reply("customer_number", keys=CUSTOMER),
            Reply("pin", keys=PIN),
            Reply("sure", keys="1"),
            Reply("anything_else", keys="2"),
        ),
    )
    mind = CallerMind(persona, keyed_stage.caller(persona.number, persona.name), lambda _text, _language: b"")
    keyed_stage.watch_caller(persona.number, mind.watch)
    call = mind.play()
    assert call.over is not None
    assert call.over.outcome == "order_cancelled"
    keyed_stage.wait_until_idle()
    order = store.orders.by_number(ORDER)
    (record,) = [one for one in store.calls.latest(20) if one.caller_number == persona.number]
    store.close()
    assert order is not None
    assert order.status == "cancelled"
    assert sum(turn.step == "order_id" and turn.kind == "keys" for turn in record.turns) == 1
    assert not [turn for turn in record.turns if PIN in turn.text]
