"""Calling back on a real FreeSWITCH, over SIP: the same calls as on the embedded switch (tests/calls)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import gevent
import pytest

from data.ids import new_id
from data.records import Booking, Callback
from ivr.queueing.callback_rules import CallbackSettings
from ivr.switch_settings import TelephoneSettings
from tests.calls.called_back import Watched, write_flows
from tests.calls.conftest import settings_in
from tests.freeswitch.conftest import need_freeswitch
from tests.freeswitch.harness import FreeSwitch, freeswitch, wait_until
from tests.freeswitch.leg import Leg
from tests.freeswitch.product import ProductStage, beside, configuration, on_free_port
from tests.freeswitch.telephone import Telephone, telephone

pytestmark = [pytest.mark.freeswitch, pytest.mark.timeout(180)]

AGENT = "1001"
NUMBER = "+34600111222"


@dataclass
class Place:
    """A server that dials the customer's telephone for every number, an agent who is logged in."""

    stage: ProductStage
    switch: FreeSwitch
    customer: Telephone
    desk: Telephone

    def booked(self, number: str) -> Callable[[], Callback]:
        """Somebody waits to be called; what has become of them, each time it is asked."""
        rooms = self.stage.server.rooms
        booking = Booking(queue="billing", number=number, language="es", joined_at=self.now, at=self.now)
        callback, _ = rooms.store.callbacks.book(booking)

        def found() -> Callback:
            latest = rooms.store.callbacks.get(callback.id)
            assert latest is not None
            return latest

        return found

    @property
    def now(self) -> datetime:
        return self.stage.server.rooms.records.clock.utc()

    def talks(self) -> bool:
        """The agent is past the announcement of the caller: who hangs up in it has not taken the call."""
        return "|In a queue call|" in self.switch.api("callcenter_config agent list")

    @contextmanager
    def serving(self) -> Iterator[None]:
        """The agent takes the first call, hears who it is, and talks for a second."""

        def serve() -> None:
            ringing = self.desk.called(60)
            ringing.ring()
            ringing.answer()
            wait_until(self.talks, 30, "the agent talks with nobody")
            ringing.over.wait(1.0)
            ringing.hang_up()

        work = gevent.spawn(serve)
        try:
            yield
        finally:
            work.kill()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    need_freeswitch()
    folder = tmp_path_factory.mktemp("called_back")
    write_flows(folder)
    settings = on_free_port(settings_in(folder, engine="none"))
    agents = (TelephoneSettings(name=AGENT, queues=("billing",)),)
    own = settings.freeswitch.model_copy(update={"agents": agents})
    settings = settings.model_copy(update={"freeswitch": own})
    with freeswitch(configuration(settings)) as switch, telephone(switch.sip, "34600111222") as customer:
        dial = f"sofia/ivr/{{digits}}@{customer.host}:{customer.port}"
        settings = settings.model_copy(update={"callbacks": CallbackSettings(dial=dial, ring=10)})
        stage = ProductStage(beside(settings, switch))
        stage.server.start()
        try:
            with telephone(switch.sip, AGENT, password=switch.secret(f"agent-{AGENT}")) as desk:
                assert desk.register() == 200
                switch.api(f"callcenter_config agent set status {AGENT}@ivr Available")
                stage.server.rooms.voice.wait_warm()
                yield Place(stage, switch, customer, desk)
        finally:
            stage.server.stop(1.0)


@pytest.fixture(autouse=True)
def nobody_left(place: Place) -> Iterator[None]:
    """Whoever a test leaves waiting is tried again in a minute, in the middle of another test."""
    yield
    callbacks = place.stage.server.rooms.store.callbacks
    for one in callbacks.waiting():
        callbacks.cancel_one(one.id, at=place.now, why="the test is over")


def test_called_back_and_talks_with_an_agent(place: Place) -> None:
    """They press one, and the agent's telephone rings."""
    watched = Watched()
    place.stage.watch_caller(NUMBER, watched)
    with place.serving():
        found = place.booked(NUMBER)
        ringing = place.customer.called(20)
        ringing.ring()
        ringing.answer()
        assert watched.asked.wait(10)
        ringing.press("1")
        assert watched.handed.wait(20)
        ringing.wait_over(20)
    wait_until(lambda: found().state == "reached", 10, "nobody noted it")
    place.stage.wait_until_idle(place.switch)
    assert found().tries == 1


@pytest.mark.parametrize(
    ("status", "result"), [(486, "busy"), (603, "rejected"), (404, "invalid"), (503, "unreachable")]
)
def test_what_the_network_says(place: Place, status: int, result: str) -> None:
    """Each refusal has its result, and its own way on."""
    found = place.booked(f"+34600111{status}")
    ringing = place.customer.called(20)
    ringing.refuse(status)
    wait_until(lambda: found().last_result != "", 10, "nobody noted it")
    assert (found().last_result, found().tries) == (result, 1)
    assert found().state == ("given_up" if result == "invalid" else "waiting")


def test_what_the_switch_knows_of_a_try(place: Place) -> None:
    """Of one that never was, of one that rings, and of one that is over."""
    calling = place.stage.server.calling_back
    assert calling is not None
    owner = calling.callbacks.owner
    assert calling.dialler.trace(new_id(), owner) == "never"
    assert calling.dialler.trace(new_id(), "n1@another-switch:8021") == "gone"
    found = place.booked("+34600111999")
    ringing = place.customer.called(20)
    ringing.ring()
    attempt = found().attempt_id
    assert attempt is not None
    assert calling.dialler.trace(attempt, owner) == "up"
    ringing.refuse(486)
    wait_until(lambda: found().state == "waiting", 10, "nobody noted it")
    assert calling.dialler.trace(attempt, owner) == "gone"


@pytest.fixture
def agent_first(place: Place) -> Iterator[Place]:
    """The same server, which has an agent on the line before it calls. Without a wrap-up after the test
    before: at its end the customer would be rung first."""
    place.switch.api(f"callcenter_config agent set wrap_up_time {AGENT}@ivr 0")
    calling = place.stage.server.calling_back
    assert calling is not None
    before = calling.callbacks.settings
    calling.callbacks.settings = before.model_copy(update={"first": "agent"})
    yield place
    calling.callbacks.settings = before
    place.stage.wait_until_idle(place.switch)


def test_an_agent_first_and_then_the_customer(agent_first: Place) -> None:
    """A leg with nobody at its end waits in mod_callcenter; its agent gets the customer."""
    place, number, watched = agent_first, "+34600111333", Watched()
    place.stage.watch_caller(number, watched)
    found = place.booked(number)
    desk = place.desk.called(60)
    desk.ring()
    assert desk.invite is not None and desk.invite.get("From").startswith(f'"{number}" <')
    assert found().state == "claimed" and found().tries == 0  # nobody is called yet
    desk.answer()
    ringing = place.customer.called(30)
    ringing.ring()
    ringing.answer()
    assert watched.asked.wait(20)
    ringing.press("1")
    assert watched.handed.wait(20)
    wait_until(lambda: found().state == "reached", 10, "nobody noted it")
    bridged = place.switch.api("show calls")
    assert number.lstrip("+") in bridged
    ringing.hang_up()
    desk.wait_over(20)
    assert found().tries == 1


def test_the_agent_is_let_go_when_the_customer_is_busy(agent_first: Place) -> None:
    """And is free for others, and has missed nothing; the place waits for its next try."""
    place = agent_first
    agents = place.stage.server.rooms.store.agents

    def misses() -> list[datetime]:
        return [one.at for one in agents.latest(AGENT, most=20) if one.result == "missed"]

    before = misses()
    found = place.booked("+34600111334")
    desk = place.desk.called(60)
    desk.answer()
    ringing = place.customer.called(30)
    ringing.refuse(486)
    wait_until(lambda: found().last_result == "busy", 10, "nobody noted it")
    desk.wait_over(20)
    assert (found().state, found().tries) == ("waiting", 1)
    place.stage.wait_until_idle(place.switch)
    assert misses() == before


def test_an_agent_who_hangs_up_stops_the_ringing(agent_first: Place) -> None:
    """Nobody picks up for nobody; they are called again in a minute."""
    place = agent_first
    found = place.booked("+34600111335")
    desk = place.desk.called(60)
    desk.answer()
    ringing = place.customer.called(30)
    ringing.ring()
    desk.hang_up()
    ringing.wait_over(20)
    wait_until(lambda: found().last_result == "dropped", 10, "nobody noted it")
    assert found().state == "waiting"


def put_through(place: Place, number: str, desk: Leg | None = None) -> tuple[Leg, Leg]:
    """Somebody who is called back talks with the agent: the desk's leg and theirs."""
    watched = Watched()
    place.stage.watch_caller(number, watched)
    found = place.booked(number)
    if desk is None:
        desk = place.desk.called(60)
        desk.answer()
    ringing = place.customer.called(30)
    ringing.ring()
    ringing.answer()
    assert watched.asked.wait(20)
    ringing.press("1")
    assert watched.handed.wait(20)
    wait_until(lambda: found().state == "reached", 10, "nobody noted it")
    return desk, ringing


def test_a_wrap_up_that_is_about_to_end_is_used_for_ringing(agent_first: Place) -> None:
    """mod_callcenter keeps when an agent's last talk ended: the next customer's telephone rings meanwhile."""
    place, number, watched = agent_first, "+34600111336", Watched()
    desk, ringing = put_through(place, "+34600111337")
    found = place.booked(number)  # while they talk
    wait_until(lambda: found().state == "claimed", 20, "nobody holds the place")
    place.stage.watch_caller(number, watched)
    ringing.hang_up()
    desk.wait_over(20)
    next_one = place.customer.called(20)
    next_one.ring()
    assert found().state == "dialled"
    with pytest.raises(TimeoutError):
        place.desk.called(1.0)  # the agent writes up the call before
    next_one.answer()
    assert watched.asked.wait(20)
    desk = place.desk.called(30)
    desk.answer()
    next_one.press("1")
    assert watched.handed.wait(20)
    wait_until(lambda: found().state == "reached", 10, "nobody noted it")
    next_one.hang_up()
    desk.wait_over(20)


def test_a_key_is_too_late_once_an_agent_hears_who_comes(place: Place) -> None:
    """mod_callcenter lets them out, and brings the two together all the same: they get the agent."""
    number, watched = "34600111555", Watched()
    place.switch.api(f"callcenter_config agent set wrap_up_time {AGENT}@ivr 0")
    place.stage.watch_caller(number, watched)
    with telephone(place.switch.sip, number) as phone:
        caller = phone.call("9100")
        caller.press("0")
        desk = place.desk.called(60)
        members = place.switch.api("callcenter_config queue list members billing@ivr").splitlines()
        uuid = next(row.split("|")[3] for row in members if number in row)  # others have left
        wait_until(
            lambda: place.switch.api(f"uuid_getvar {uuid} cc_outbound_announce").startswith("/"),
            20,
            "nobody would tell the agent who comes",
        )
        desk.answer()
        caller.press("1")
        assert watched.handed.wait(30)
        wait_until(place.talks, 10, "they do not talk")
        desk.hang_up()
        caller.wait_over(20)
    place.stage.wait_until_idle(place.switch)
    waiting = place.stage.server.rooms.store.callbacks.waiting()
    assert f"+{number}" not in {one.number for one in waiting}
