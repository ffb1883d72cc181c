"""Known callers on whole calls: greeting, short cut, a person first, and the reason in the call's record."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import gevent
import pytest
from sqlalchemy import update

from data.models import CustomerRow
from data.records import CallRecord
from data.seeds import demo_customers
from data.store import Store
from dialogs.written import test_text as text_of_test
from ivr.demo import CallerMind, Persona, PlayedCall, Reply
from ivr.moments import LookedUp, SystemSpoke
from ivr.stage import MORNING, Stage
from ivr.workshop.recorded_call import Site
from ivr.workshop.recorded_call import test_of as as_test
from tests.calls.conftest import settings_in
from tests.calls.test_keyed_calls import said, silent_voice

LUCIA, ANTONIO, MONTSERRAT = demo_customers()[:3]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("keyed")
    with Stage(settings_in(folder, engine="none"), agent_talks_for=0.3) as stage:
        stage.server.rooms.voice.wait_warm()
        yield stage


@pytest.fixture(scope="module")
def store(stage: Stage) -> Iterator[Store]:
    store = Store(stage.settings.database_url)
    yield store
    store.close()


BLOCKED, STRANGER = "+34600555444", "+34600555333"
REPLIES = {
    MONTSERRAT.phone_number: (
        Reply("known_matter", keys="1"),
        Reply("home_postcode", keys="17001"),
        Reply("anything_else", keys="2"),
    ),
    ANTONIO.phone_number: (Reply("straight_to_a_person", keys="1"),),
    BLOCKED: (),
    STRANGER: (
        Reply("main_menu", keys="5"),
        Reply("wants_address", keys="2"),
        Reply("anything_else", keys="2"),
    ),
}
"""Who calls, and what they key at which step."""


@pytest.fixture(scope="module")
def calls(stage: Stage, store: Store) -> dict[str, PlayedCall]:
    """All of them at once, by their number: Antonio has become a VIP, and one is blocked."""
    with store.database.writing() as connection:
        rich = update(CustomerRow).where(CustomerRow.customer_number == ANTONIO.customer_number)
        connection.execute(rich.values(value_cents=450_000, value_currency="EUR"))
    assert store.callers.block(BLOCKED, at=MORNING, why="test")
    minds = {}
    for number, replies in REPLIES.items():
        persona = Persona(name="caller", number=number, language="es", replies=replies, interrupts_after=0.3)
        minds[number] = CallerMind(persona, stage.caller(number, "caller"), silent_voice)
        stage.watch_caller(number, minds[number].watch)
    gevent.joinall([gevent.spawn(mind.play) for mind in minds.values()], raise_error=True)
    stage.wait_until_idle()
    return {number: mind.played for number, mind in minds.items()}


def record(store: Store, number: str) -> CallRecord:
    """The last call of that number."""
    return next(one for one in store.calls.latest(20) if one.caller_number == number)


def test_an_order_that_arrives_today_is_asked_about_and_told(
    stage: Stage, store: Store, calls: dict[str, PlayedCall]
) -> None:
    """In Catalan, because she is noted so; the number is asked for by nobody; the reason is kept."""
    number = MONTSERRAT.phone_number
    played = calls[number]
    assert said(played, "known_matter").startswith("Truca per la seva comanda 780361")
    assert [one.result for one in played.moments if isinstance(one, LookedUp)] == ["found"]
    assert not said(played, "order_id")
    kept = record(store, number)
    assert (kept.segment, kept.segment_reason, kept.language) == ("regular", "Res fora del comú", "ca")
    assert kept.outcome == "order_told"
    assert kept.rules_version
    assert kept.caller_facts["order.number"] == "780361"
    assert kept.customer_id is None, "a number proves nothing"
    assert [one.segment for one in store.callers.noted(e164=number, customer_id=None)] == ["regular"]
    flows = stage.server.rooms.live.current.flows
    told = text_of_test("told again", as_test(kept, flows, Site(ZoneInfo("Europe/Madrid"))), flows)
    assert "orders.on_the_way: 1" in told
    assert "780361" not in told, "the order is hers, and the test is anybody's"


def test_a_vip_is_offered_a_person_before_any_menu(store: Store, calls: dict[str, PlayedCall]) -> None:
    """The record has the figures that made them one."""
    number = ANTONIO.phone_number
    played = calls[number]
    assert said(played, "straight_to_a_person")
    assert not said(played, "main_menu")
    kept = record(store, number)
    assert (kept.segment, kept.outcome) == ("vip", "handed_over")
    assert kept.segment_reason == "Nivel –, 4.500,00 € en un año"


def test_a_blocked_number_is_turned_away(store: Store, calls: dict[str, PlayedCall]) -> None:
    """With a sentence, and no menu; the call is on record like any other."""
    spoken = [one.step for one in calls[BLOCKED].moments if isinstance(one, SystemSpoke)]
    assert spoken == ["not_welcome"]
    assert record(store, BLOCKED).segment == "blocked"


def test_a_stranger_is_greeted_as_everybody(store: Store, calls: dict[str, PlayedCall]) -> None:
    """And is new: nobody has called from that number."""
    assert said(calls[STRANGER], "greeting") == "Hola, le damos la bienvenida."
    assert record(store, STRANGER).segment == "new"
