"""Agents as whole calls on the embedded switch: the star code, a call from the queue, a supervisor's hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from data.store import Store
from esl.embedded.caller import ScriptedCaller
from esl.embedded.scripted_callee import ScriptedCallee
from ivr.agents.attendance import Attendance
from ivr.agents.supervising import NotSupervised
from ivr.identity.pins import HASHER
from ivr.stage import Stage
from tests.agents.known import presence_of
from tests.calls.conftest import settings_in
from tests.freeswitch.harness import wait_until

CATALOGUE = """
queues: [billing, support]
lookups:
  agent: {by: [agent, agent_pin], fields: {proof: code, state: text}}
writes:
  agent_state:
    values: {agent_proof: code, to: text, pause_key: digits}
    reasons: [unknown, not_in, unknown_reason, telephone_taken, in_a_call]
"""
QUEUES = """
queues:
  billing: {handling_time: 60, announce: {every: 600}}
  support: {handling_time: 60, announce: {every: 600}}
"""
AGENTS = """
agents:
  2001: {{contact: user/1001, queues: [billing], wrap_up: 1, pin: "{pin}"}}
  2002: {{contact: user/1002, queues: [support], wrap_up: 1}}
pauses:
  lunch: {{key: 1, counts_as_work: false}}
"""
DESK = """flow: agent_desk
languages: [es]
person: over
retries: {no_input: 1, no_match: 1}
steps:
  - ask: agent_number
    type: digits
    max: 10
    min: 2
    prompt: {es: "Agente."}
  - ask: agent_pin
    type: digits
    max: 12
    min: 4
    sensitive: true
    prompt: {es: "Clave."}
  - lookup: agent
    by: {agent: "{agent_number}", agent_pin: "{agent_pin}"}
    found: what
    missing: over
    slow: over
    error: over
  - menu: what
    prompt: {es: "¿Qué?"}
    choices:
      in: {key: 1, phrases: {es: [entrar]}, then: in}
      pause: {key: 2, phrases: {es: [pausa]}, then: pause}
      person: {key: 0, phrases: {es: [operador]}, then: over}
  - id: in
    write: agent_state
    with: {agent_proof: "{agent.proof}", to: "in", pause_key: "0"}
    done: over
    refused: over
    later: over
    error: over
  - id: pause
    write: agent_state
    with: {agent_proof: "{agent.proof}", to: "paused", pause_key: "1"}
    done: over
    refused: over
    later: over
    error: over
  - id: over
    hangup: normal
"""
"""The shipped one in few words: its prompts take their time."""
MAIN = """flow: main
languages: [es]
person: person
steps:
  - id: person
    queue: billing
    busy: {offer: callback, declined: over}
  - id: over
    hangup: normal
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("agents")
    (folder / "flows").mkdir()
    agents = AGENTS.format(pin=HASHER.hash("4821"))
    files = {"catalogue": CATALOGUE, "queues": QUEUES, "agents": agents, "main.flow": MAIN}
    files["agent_desk.flow"] = DESK
    for name, text in files.items():
        (folder / "flows" / f"{name}.yaml").write_text(text, encoding="utf-8")
    settings = settings_in(folder, engine="none")
    strict = settings.verification.model_copy(
        update={"per_person": settings.verification.per_person.model_copy(update={"wrong": 1}), "floor": 0.0}
    )
    with Stage(settings.model_copy(update={"verification": strict})) as playing:
        yield playing


@pytest.fixture
def attendance(stage: Stage) -> Attendance:
    attendance = stage.server.attendance
    assert attendance is not None
    wait_until(lambda: "2001@ivr" in attendance.line.centre.agents(), 10, "the agents on the switch")
    return attendance


@pytest.fixture
def store(stage: Stage) -> Store:
    return stage.server.rooms.store


def dialled(stage: Stage, *keys: str) -> ScriptedCaller:
    """An agent who dials the star code and keys something after each prompt."""
    assert stage.switch is not None
    caller = ScriptedCaller(stage.switch.addresses.lines, destination="*55", number="1001")
    caller.join()
    for each in keys:
        assert caller.wait_until_quiet(0.3)
        caller.key(each)
    return caller


def status(attendance: Attendance, agent: str) -> str:
    return attendance.line.centre.agents()[f"{agent}@ivr"].status


def soon(condition: Callable[[], bool], what: str) -> None:
    wait_until(condition, 15, what)


def test_an_agents_day(stage: Stage, attendance: Attendance, store: Store) -> None:
    """In by the star code, a call with its contact, wrap-up, a pause: in the database and on the switch."""
    assert stage.switch is not None
    dialled(stage, "2001#", "4821#", "1").wait_hangup(20)
    assert presence_of(store, "2001").state == "in"
    assert store.agents.state_changes("2001")[0].source == "star_code"
    soon(lambda: status(attendance, "2001") == "Available", "the agent on the switch")
    desk = ScriptedCallee(stage.switch.addresses.lines, number="1001")
    desk.join()
    caller = stage.caller("+34600000501")
    caller.join()
    desk.wait_for_call()
    desk.answer()
    soon(lambda: store.agents.in_hand("2001") is not None, "the contact")
    contact = attendance.contacts.in_hand("2001", by="test").contact
    assert contact.call_id is not None and contact.queue == "billing"
    caller.hang_up()
    soon(lambda: store.agents.in_hand("2001") is None, "the end of the wrap-up")
    assert store.agents.latest("2001", most=1)[0].closed_by == "time"
    dialled(stage, "2001#", "4821#", "2").wait_hangup(20)
    assert presence_of(store, "2001").reason == "lunch"
    soon(lambda: status(attendance, "2001") == "On Break", "the pause on the switch")


@pytest.mark.long
def test_a_wrong_pin_opens_nothing_and_is_counted(stage: Stage, attendance: Attendance, store: Store) -> None:
    """After so many wrong ones, of whichever call, the right one is not tried."""
    before = store.agents.state_changes()
    for pin in ("1111", "4821"):
        dialled(stage, "2001#", f"{pin}#").wait_hangup(20)
    assert store.agents.state_changes() == before
    [lock] = store.verifications.lockouts(at=stage.server.rooms.records.clock.utc())
    assert lock.scope == "subject"


def test_a_supervisor_moves_a_caller(stage: Stage, attendance: Attendance, store: Store) -> None:
    """From one queue to the other with the time that they have waited; the flow goes on for them there."""
    caller = stage.caller("+34600000502")
    caller.join()
    billing, support = (
        lambda q=queue: attendance.line.centre.members(f"{q}@ivr") for queue in ("billing", "support")
    )
    soon(lambda: any(one.waits for one in billing()), "the caller in billing")
    [member] = [one for one in billing() if one.waits]
    with pytest.raises(NotSupervised, match="no queue"):
        attendance.supervision.move(member.session, "sales", queues=["billing", "support"], by="s", why="x")
    moved = attendance.supervision.move(
        member.session, "support", queues=["billing", "support"], by="s", why="asked"
    )
    assert (moved.before, moved.place, moved.waiting) == ("billing", 1, 1)
    assert [one.session for one in support() if one.waits] == [member.session]
    assert not [one for one in billing() if one.waits]
    assert "move to support" in [one.what for one in store.audit.latest(50)]
    states = {one.queue: one for one in attendance.live.queues()}
    assert (states["support"].waiting, states["billing"].waiting) == (1, 0)
    caller.hang_up()
    with pytest.raises(NotSupervised, match="gone"):
        soon(lambda: not [one for one in support() if one.waits], "nobody there")
        attendance.supervision.move(member.session, "billing", queues=["billing"], by="s", why="x")
