"""Calls by keys: what works without any recogniser, and what remains when callers go at any instant."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest

from data.seeds import demo_customers
from data.store import Store
from esl.switch import FRAME_BYTES
from ivr.cli.demo import busy, keying_caller
from ivr.demo import CallerMind, Persona, PlayedCall, Reply, person_goal
from ivr.moments import CallerAnswered, LookedUp, SystemSpoke
from ivr.stage import Stage
from ivr.workshop.voice_call import converse

INSTANTS = [0.0, 0.0, 0.0, 0.02, 0.1, 0.3, 0.7, 1.1, 1.6, 2.2, 2.9, 3.7, 4.6, 5.6, 6.7]
"""Seconds after dialling: while ringing, at the answer, in prompts, between keys, in the queue."""


def silent_voice(_text: str, _language: str) -> bytes:
    """These callers do not speak."""
    return b""


def asker(number: str, choice: str, step: str, keys: str) -> Persona:
    """Chooses from the menu, keys a number and a postcode, and is content with what they hear."""
    assert LUCIA.own.postal_code
    replies = [
        Reply("main_menu", keys=choice),
        Reply(step, keys=keys),
        Reply("home_postcode", keys=LUCIA.own.postal_code),
        Reply("anything_else", keys="2"),
    ]
    return Persona(name=step, number=number, language="es", replies=replies, interrupts_after=0.5)


LUCIA, ANTONIO = demo_customers()[:2]
assert LUCIA.order_number and LUCIA.ticket_number
CALLERS = (
    keying_caller(ANTONIO.customer_number, "+34600000002"),
    asker("+34600000003", "2", "order_id", LUCIA.order_number),
    asker("+34600000004", "3", "ticket_id", LUCIA.ticket_number),
)


@pytest.fixture(scope="module")
def played(keyed_stage: Stage) -> list[PlayedCall]:
    """All of `CALLERS` at once."""
    minds = []
    for persona in CALLERS:
        minds.append(CallerMind(persona, keyed_stage.caller(persona.number, persona.name), silent_voice))
        keyed_stage.watch_caller(persona.number, minds[-1].watch)
    gevent.joinall([gevent.spawn(mind.play) for mind in minds], raise_error=True)
    keyed_stage.wait_until_idle()
    return [mind.played for mind in minds]


def test_a_caller_keys_the_number_and_gets_a_person(keyed_stage: Stage, played: list[PlayedCall]) -> None:
    """No recogniser at all: keys answer every question, and a person is within reach."""
    call = played[0]
    verdict = person_goal(call)
    assert verdict.reached, verdict.why
    keyed = [one for one in call.moments if isinstance(one, CallerAnswered)]
    assert [answer.by for answer in keyed] == ["keys"] * 5
    assert call.over is not None
    assert call.over.outcome == "handed_over"
    store = Store(keyed_stage.settings.database_url)
    ways = {flow: store.traffic.of(flow) for flow in ("main", "hand_over")}
    store.close()
    assert ways["main"].exits["after_balance", "if 1"] == ways["hand_over"].exits["person", "handed"] == 1
    assert ways["main"].visits["main_menu"] == len(CALLERS)


def test_orders_and_tickets_are_told_from_the_database(played: list[PlayedCall]) -> None:
    """Each answered by the live look-up, while others call, in the words for the state that it gave."""
    _, order, ticket = played
    for call, outcome in ((order, "order_told"), (ticket, "ticket_told")):
        assert [one.result for one in call.moments if isinstance(one, LookedUp)] == ["found"]
        assert call.over is not None
        assert (call.over.outcome, call.over.by) == (outcome, "system")
    assert said(order, "arrives") == "Le llegará el 25 de noviembre de 2026."
    assert said(ticket, "about_internet") == "Es su incidencia de internet."
    assert said(ticket, "promised") == "Esperamos resolverla el 25 de noviembre de 2026 como muy tarde."


def said(call: PlayedCall, step: str) -> str:
    """What a step said; empty if the call did not come there."""
    return next((one.text for one in call.moments if isinstance(one, SystemSpoke) and one.step == step), "")


def test_callers_who_hang_up_at_any_instant_leave_complete_records(keyed_stage: Stage) -> None:
    """A dozen callers go at a dozen instants, at once; each record is finished, and by the caller."""
    store = Store(keyed_stage.settings.database_url)
    before = {record.call_id for record in store.calls.latest(100)}

    def call_and_go(place: int, after: float) -> None:
        caller = keyed_stage.caller(f"+3461000{place:04}")
        caller.join()
        if after:
            caller.silent(min(after, 3.0))
        if after > 3.0:
            caller.key("0")  # on the way to a person
            caller.silent(after - 3.0)
        if place % 3 == 2:
            caller.vanish()
        else:
            caller.hang_up()

    gevent.joinall(
        [gevent.spawn(call_and_go, place, after) for place, after in enumerate(INSTANTS)],
        raise_error=True,
        timeout=60,
    )
    with gevent.Timeout(20):
        keyed_stage.wait_until_idle()
    records = [record for record in store.calls.latest(100) if record.call_id not in before]
    store.close()
    # Who goes before the switch has brought the call to the server was never seen by it.
    assert len(records) >= len([after for after in INSTANTS if after > 0.05])
    for record in records:
        assert record.finished
        assert record.hangup_cause
        # Who goes while the switch connects the server is seen as a connection that ended, and no more.
        early = record.hangup_cause == "CONNECTION_LOST" and not record.turns
        assert record.ended_by == ("unknown" if early else "caller"), (record.hangup_cause, record.turns)
    assert [record.ended_by for record in records].count("caller") > len(INSTANTS) // 2


def test_keys_that_answer_nothing_end_nothing(keyed_stage: Stage) -> None:
    """Wrong keys, stars, a key that is leaned on: the calls go on and can still be ended in order."""

    def press(place: int, keys: str) -> bool:
        caller = keyed_stage.caller(f"+3462000000{place}")
        caller.join()
        caller.wait_until_quiet(0.4)
        caller.key(keys, gap=0.02, hold=0.02)
        goes_on = caller.wait_for_sound(20)
        caller.hang_up()
        return goes_on

    wrong = ["9", "##", "***", "1" + "1" * 60]
    calls = [gevent.spawn(press, place, keys) for place, keys in enumerate(wrong)]
    gevent.joinall(calls, raise_error=True, timeout=60)
    assert [call.value for call in calls] == [True] * len(wrong)
    with gevent.Timeout(20):
        keyed_stage.wait_until_idle()


class DeviceInMemory:
    """A microphone that hums, and a loudspeaker that remembers."""

    def __init__(self) -> None:
        self.played: list[bytes] = []
        self._humming = 50

    def read(self) -> bytes | None:
        self._humming -= 1
        return b"\x10\x20" * (FRAME_BYTES // 2) if self._humming >= 0 else None

    def play(self, frame: bytes) -> None:
        self.played.append(frame)

    def loud(self) -> int:
        """Frames that could be heard."""
        return sum(frame != bytes(FRAME_BYTES) for frame in self.played)


def test_a_person_with_a_device_hears_and_is_heard(keyed_stage: Stage) -> None:
    """The greeting comes out of the loudspeaker, the microphone goes into the line, a typed line hangs up."""
    device = DeviceInMemory()
    caller = keyed_stage.caller("+34630000001", ear=device.play)

    def typed() -> Iterator[str]:
        while device.loud() < 25:
            gevent.sleep(0.05)  # between two looks at what the loudspeaker got
        yield "/hangup\n"

    with gevent.Timeout(30):
        converse(caller, device, typed())
    assert caller.hung_up.is_set()
    assert b"\x10\x20" * FRAME_BYTES in caller.said
    assert device.loud() >= 25
    with gevent.Timeout(20):
        keyed_stage.wait_until_idle()


def test_who_is_not_understood_on_a_busy_machine_hears_why() -> None:
    """The demonstration judges what was heard in time; a machine that does nothing else is no reason."""
    assert "8 processes for 2 processors" in busy(8.2, 2)
    assert busy(3.9, 2) == busy(8.2, 8) == ""
