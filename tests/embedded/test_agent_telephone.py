"""Agents of a queue who have a telephone on the switch: it rings, and both sides are heard."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from esl.embedded.clock import Clock
from esl.embedded.scripted_callee import ScriptedCallee
from esl.embedded.switch import EmbeddedSwitch
from tests.embedded.conftest import PASSWORD
from tests.embedded.replay import Peer
from tests.embedded.sound import counting

QUEUE = "billing@default"


@pytest.fixture
def staffed(make_switch, clock: Clock) -> Iterator[Callable[..., tuple[EmbeddedSwitch, Peer]]]:
    """A switch whose dialplan leads to a queue with two agents, and a client that hears of it."""
    clients: list[Peer] = []

    def make(*actions: list[str], **of_agent: object) -> tuple[EmbeddedSwitch, Peer]:
        agents = [{"name": "1001@default", **of_agent}, {"name": "1002@default", "status": "Logged Out"}]
        switch = make_switch(
            ["answer"],
            ["set", "hangup_after_bridge=true"],
            ["callcenter", QUEUE],
            *actions,
            clock=clock,
            queues=[{"name": QUEUE, "agents": agents, "music": "silence_stream://-1"}],
        )
        client = Peer(socket.create_connection(switch.event_socket_address))
        clients.append(client)
        client.wait_for("auth/request:")
        client.ask(f"auth {PASSWORD}")
        client.ask("event plain CHANNEL_BRIDGE CHANNEL_HANGUP_COMPLETE CUSTOM callcenter::info")
        return switch, client

    yield make
    for client in clients:
        client.close()


def telephone(switch: EmbeddedSwitch, number: str) -> ScriptedCallee:
    callee = ScriptedCallee(switch.line_address, number=number, clock=switch.clock)
    callee.join()
    return callee


def actions_told(client: Peer) -> list[str]:
    return [m.about["CC-Action"] for m in client.received if "CC-Action" in m.about]


def test_the_agent_answers_and_both_are_heard(staffed, call) -> None:
    """The telephone shows the caller; sound passes both ways; the agent's hang-up ends it, and it is told."""
    switch, client = staffed()
    desk = telephone(switch, "1001")
    caller = call(switch)
    invitation = desk.wait_for_call()
    assert (invitation.number, invitation.name) == ("34600111222", "Ana Pérez")
    desk.ring()
    desk.silent(1.0)
    desk.answer()
    client.wait_for("CHANNEL_BRIDGE")
    said, replied = counting(30), counting(30, start=5000)
    desk.start_speaking(replied)
    caller.speak(said)
    caller.silent(0.2)
    assert said in desk.heard
    assert replied in caller.heard
    assert switch.call_centre.agents["1001@default"].state == "In a queue call"
    desk.hang_up()
    assert caller.wait_hangup() == "NORMAL_CLEARING"
    ended = client.wait_for("CHANNEL_HANGUP_COMPLETE", Call_Direction="inbound").about
    assert ended["variable_cc_agent"] == "1001@default"
    assert ended["variable_cc_cause"] == "answered"
    client.wait_for("CUSTOM", CC_Action="member-queue-end")
    told = [
        action for action in actions_told(client) if action not in ("agent-state-change", "members-count")
    ]
    assert told == [
        "member-queue-start",
        "agent-offering",
        "bridge-agent-start",
        "bridge-agent-end",
        "member-queue-end",
    ]


@pytest.mark.parametrize("how", ["refuses", "does not answer"])
def test_an_agent_who_does_not_take_it(staffed, call, how: str) -> None:
    """The offer fails with the telephone's cause, and the caller waits on."""
    switch, client = staffed(ring_time=3.0)
    desk = telephone(switch, "1001")
    caller = call(switch)
    desk.wait_for_call()
    if how == "refuses":
        desk.refuse("USER_BUSY")
    failed = client.wait_for("CUSTOM", CC_Action="bridge-agent-fail").about
    assert failed["CC-Hangup-Cause"] == ("USER_BUSY" if how == "refuses" else "NO_ANSWER")
    assert not caller.hung_up.is_set()


def test_a_caller_who_gives_up_stops_the_ringing(staffed, call) -> None:
    """The telephone is quiet at once, and its agent free."""
    switch, _ = staffed()
    desk = telephone(switch, "1001")
    caller = call(switch)
    desk.wait_for_call()
    desk.ring()
    caller.silent(0.5)
    caller.hang_up()
    assert desk.wait_hangup(5) == "ORIGINATOR_CANCEL"
    switch.clock.sleep(2.0)
    assert switch.call_centre.agents["1001@default"].state == "Waiting"


def test_without_a_telephone_the_agent_is_simulated(staffed, call) -> None:
    """Nobody sits at 1001: the agent answers by configuration, as before."""
    switch, client = staffed(answers_after=0.5, talks_for=1.0)
    caller = call(switch)
    client.wait_for("CHANNEL_BRIDGE")
    assert caller.wait_hangup() == "NORMAL_CLEARING"


def test_the_caller_hangs_up_on_the_agent(staffed, call) -> None:
    """The agent's telephone hears it, and nobody is left."""
    switch, client = staffed()
    desk = telephone(switch, "1001")
    caller = call(switch)
    desk.wait_for_call()
    desk.answer()
    client.wait_for("CHANNEL_BRIDGE")
    caller.hang_up()
    assert desk.wait_hangup(5) == "NORMAL_CLEARING"
    client.wait_for("CUSTOM", CC_Action="member-queue-end")
    switch.clock.sleep(1.0)
    assert switch.sessions == {}
