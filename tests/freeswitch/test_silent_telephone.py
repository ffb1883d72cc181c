"""An agent's telephone that answers and sends no sound, on a real FreeSWITCH."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import gevent
import pytest

from data.store import Store
from esl.call_centre import MemberRow
from ivr.agents.desk import Who
from ivr.agents.settings import AgentSettings
from ivr.agents.soundless import CAUSE
from ivr.queueing.visits import GONE_IN_WHISPER
from tests.agents.known import contact_of, presence_of
from tests.freeswitch.conftest import need_freeswitch
from tests.freeswitch.harness import FreeSwitch, wait_until
from tests.freeswitch.leg import Leg
from tests.freeswitch.product import ProductStage, product_stage
from tests.freeswitch.sound import place, tone
from tests.freeswitch.telephone import Telephone, telephone
from tests.freeswitch.test_queue_crowd import settings_for

pytestmark = [pytest.mark.freeswitch, pytest.mark.timeout(400)]

SILENT, GOOD = "1001", "1002"
ME = Who("test", "cli")


@dataclass
class Place:
    stage: ProductStage
    switch: FreeSwitch
    silent: Telephone
    good: Telephone
    store: Store
    """Not the server's own, which is busy."""


@pytest.fixture(
    params=[
        pytest.param(1.0, marks=pytest.mark.long, id="in the announcement"),
        pytest.param(6.0, id="in the conversation"),
    ]
)
def desks(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Two agents; how long a telephone may be silent."""
    need_freeswitch()
    agents = AgentSettings(silent_after=request.param)
    settings = settings_for(tmp_path, 2).model_copy(update={"agents": agents})
    with ExitStack() as closing:
        stage, switch = closing.enter_context(product_stage(settings))
        phones = [
            closing.enter_context(telephone(switch.sip, name, password=switch.secret(f"agent-{name}")))
            for name in (SILENT, GOOD)
        ]
        assert [phone.register() for phone in phones] == [200, 200]
        stage.server.rooms.voice.wait_warm()
        store = Store(settings.database_url)
        closing.callback(store.close)
        yield Place(stage, switch, *phones, store)


def checks_in(desks: Place, agent: str) -> None:
    attendance = desks.stage.server.attendance
    assert attendance is not None
    wait_until(lambda: attendance.desk.check_in(agent, ME).on_switch, 60, f"{agent} on the switch")


def without_sound(leg: Leg) -> None:
    """It answers, and not one packet leaves it."""
    gevent.kill(leg._greenlets[1])
    leg.ring()
    leg.answer()


def test_the_caller_keeps_their_place_and_gets_another_agent(desks: Place) -> None:
    """They are not lost, and go before whoever came meanwhile; the agent pauses with the reason, and the call
    that they did not take is missed."""
    store = desks.store
    checks_in(desks, SILENT)
    with telephone(desks.switch.sip, "34600111777") as customer, telephone(desks.switch.sip) as later:
        began = time.monotonic()
        first = customer.call("9100")
        wait_until(lambda: any(one.score >= 2 for one in members(desks)), 60, "they wait for two seconds")
        without_sound(desks.silent.called(60))
        second = later.call("9100")
        wait_until(lambda: presence_of(store, SILENT).state == "paused", 60, "the pause")
        assert presence_of(store, SILENT).reason == "no_sound"
        assert not first.over.is_set()
        wait_until(lambda: len(waiting(desks)) == 2, 60, "both in the queue")
        ahead, behind = waiting(desks)
        assert ahead.score > behind.score
        assert ahead.base_score <= ahead.score <= time.monotonic() - began + 2  # no second counts twice
        checks_in(desks, GOOD)
        talking = desks.good.called(60)
        talking.ring()
        talking.answer()
        wait_until(lambda: talks(desks, GOOD), 60, "the conversation")
        sound = tone(440, 1.0)
        assert talking.say(sound).wait(10)
        first.wait_heard(lambda _: place(sound[:8000], first.heard_samples())[1] > 0.7, 60)
        contact = contact_of(store, GOOD)
        assert contact.call_id is not None
        call = store.calls.get(contact.call_id)
        assert call is not None and call.caller_number == "34600111777"  # and not who came later
        talking.hang_up()
        first.wait_over(60)
        assert not second.over.is_set()
        second.hang_up()
    desks.stage.wait_until_idle(desks.switch)
    (missed,) = store.agents.latest(SILENT, most=5)
    assert (missed.result, missed.cause in (CAUSE, GONE_IN_WHISPER)) == ("missed", True)
    wait_until(lambda: not store.agents.all_in_hand(), 60, "the end of the wrap-up")
    assert [one.reason for one in store.agents.state_changes(SILENT, most=1)] == ["no_sound"]
    assert store.alerts.repairs() == ()


def members(desks: Place) -> list[MemberRow]:
    """Whose turn it is first comes first."""
    attendance = desks.stage.server.attendance
    assert attendance is not None
    found = attendance.line.centre.members("billing@ivr")
    return sorted(found, key=lambda one: -one.score)


def waiting(desks: Place) -> list[MemberRow]:
    return [one for one in members(desks) if one.waits]


def talks(desks: Place, agent: str) -> bool:
    """They are past the announcement of the caller."""
    return any(one.state == "Answered" and one.serving == f"{agent}@ivr" for one in members(desks))
