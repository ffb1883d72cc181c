"""What reaches an agent's telephone with a caller: headers, and a sentence before the conversation."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.records import MissedOffer, NeverTalked, VisitFacts
from esl.inbound import InboundConnection
from esl.queue_events import ACTIONS, read
from esl.wire import Event
from ivr.queueing.visits import GONE_IN_WHISPER, VisitBook
from tests.contract.place import STAFFED, Application, Callee, Caller, Place, Session, hears, pause, wav
from tests.contract.test_queue import queued
from tests.freeswitch.harness import EslSocket, wait_until
from tests.freeswitch.sound import noise
from tests.freeswitch.sound import place as position

AGENT = "1001@ivr"
WHISPER = noise(1.2, seed=5)


@pytest.fixture
def desk(place: Place) -> Iterator[Callee]:
    """The agent's telephone, and somebody at it."""
    (before,) = [
        line.split("|") for line in place.api("callcenter_config agent list").splitlines() if AGENT in line
    ]
    columns = place.api("callcenter_config agent list").splitlines()[0].split("|")
    contact = before[columns.index("contact")]
    callee = place.callee("5501")
    place.api(f"callcenter_config agent set contact {AGENT} {callee.dial}")
    place.api(f"callcenter_config agent set status {AGENT} Available")
    yield callee
    place.api(f"callcenter_config agent set status {AGENT} 'Logged Out'")
    callee.hang_up()
    wait_until(lambda: state_of(place) == "Waiting", 15, "the agent free again")
    place.api(f"callcenter_config agent set contact {AGENT} {contact}")


def state_of(place: Place) -> str:
    lines = [
        line.split("|") for line in place.api("callcenter_config agent list").splitlines() if "|" in line
    ]
    (row,) = [line for line in lines if line[0] == AGENT]
    return row[lines[0].index("state")]


def sound(who: Caller | Callee) -> bytes:
    return b"".join(frame.samples for frame in who.heard)


def whispering(
    place: Place, application: Application, desk: Callee, folder: Path
) -> tuple[Caller, Session, str]:
    """A caller in the queue whose agent is about to answer, and what they are to be told lies ready."""
    file = wav(folder / "whisper.wav", WHISPER)
    caller, session, queueing = queued(place, application, STAFFED)
    session.call.set_variable("cc_outbound_announce", str(file))
    desk.wait_for_call()
    desk.ring()
    return caller, session, queueing


def test_headers_reach_the_agents_telephone(place: Place, application: Application, desk: Callee) -> None:
    """Those that are named, and no others."""
    caller = place.caller()
    caller.call()
    session = application.next_call()
    session.call.answer()
    session.call.set_variable("sip_h_X-IVR-Call", "01a202bc-a20a-74f1-86d0-904e405fc26f")
    session.call.set_variable("sip_h_X-IVR-About", "order 4571, %C3%A9 (ok)")
    session.call.set_variable("sip_h_X-Secret", "8642")
    session.call.set_variable("cc_export_vars", "sip_h_X-IVR-Call,sip_h_X-IVR-About")
    session.call.enqueue(STAFFED)
    desk.wait_for_call()
    told = {name: value for name, value in desk.headers.items() if name.startswith(("X-IVR", "X-Secret"))}
    assert told == {
        "X-IVR-Call": "01a202bc-a20a-74f1-86d0-904e405fc26f",
        "X-IVR-About": "order 4571, %C3%A9 (ok)",
    }


def test_the_agent_is_told_first_and_the_caller_hears_music(
    place: Place, application: Application, desk: Callee, tmp_path: Path
) -> None:
    """Then the two are connected, and the queue's application has ended."""
    caller, session, queueing = whispering(place, application, desk, tmp_path)
    hears(caller)
    desk.answer()
    wait_until(lambda: len(desk.heard) > 45, 10, "the whisper")
    hears(caller)  # still the music
    ended = session.finished(queueing, 5.0)
    assert ended.variables["cc_cause"] == "answered"
    assert position(WHISPER[3200:], sound(desk))[1] > 0.7
    assert position(WHISPER[3200:], sound(caller))[1] < 0.3
    said = noise(1.0, seed=6)
    pause(0.5)
    assert desk.say(said).wait(5)
    wait_until(lambda: position(said[1600:8000], sound(caller))[1] > 0.5, 5, "the agent heard")
    desk.hang_up()
    assert session.hung_up(5).cause == "NORMAL_CLEARING"


def test_an_agent_who_hangs_up_in_the_whisper_has_not_taken_the_call(
    place: Place, application: Application, desk: Callee, tmp_path: Path
) -> None:
    """The caller keeps waiting, and an agent is rung again; that it failed is told, and counts as no answer.

    Whoever listens to the call centre hears the actions that they have asked for, and no others.
    """
    address, password = place.events
    events = EslSocket(socket.create_connection(address, timeout=5))
    events.reply()
    events.command(f"auth {password}")
    events.command("event plain CUSTOM callcenter::info")
    narrow, heard = InboundConnection(*address, password, timeout=5), list[Event]()
    narrow.connect()
    narrow.events_to = heard.append
    narrow.subscribe_call_centre(ACTIONS)
    caller, session, queueing = whispering(place, application, desk, tmp_path)
    desk.answer()
    wait_until(lambda: len(desk.heard) > 10, 10, "the whisper begun")
    again = place.callee("5502")
    place.api(f"callcenter_config agent set contact {AGENT} {again.dial}")
    desk.hang_up()
    assert not caller.over.is_set()
    hears(caller)
    again.wait_for_call()
    again.ring()
    again.answer()
    assert session.finished(queueing, 10.0).variables["cc_cause"] == "answered"
    assert not caller.over.is_set()
    pause(0.5)  # they talk
    again.hang_up()
    assert session.hung_up(5).cause == "NORMAL_CLEARING"
    heads = [events.events.get().headers for _ in range(events.events.qsize())]
    events.close()
    told = [one["CC-Action"] for one in heads if one.get("CC-Action", "").startswith(("agent-off", "bridge"))]
    offered = ["agent-offering", "bridge-agent-start"]
    assert told[:5] == [*offered, "bridge-agent-end", *offered]
    wait_until(lambda: any(one.get("CC-Action") == "member-queue-end" for one in heard), 5, "the end")
    narrow.lose("closed by us")
    everything = {one["CC-Action"] for one in heads if "CC-Action" in one}
    assert {one.get("CC-Action") for one in heard} <= ACTIONS
    assert everything - ACTIONS  # such as members-count
    book = VisitBook("here")
    facts = [fact for event in heard if (one := read(event)) is not None for fact in book.facts(one)]
    (missed,) = [one for one in facts if isinstance(one, MissedOffer)]
    assert missed.cause == GONE_IN_WHISPER
    kinds = [type(one) for one in facts if isinstance(one, NeverTalked | MissedOffer)]
    assert kinds == [NeverTalked, MissedOffer]
    (left,) = [one for one in facts if isinstance(one, VisitFacts) and one.left_by is not None]
    assert left.left_by == "answered"


def test_a_whisper_that_is_not_there_holds_nobody_up(
    place: Place, application: Application, desk: Callee
) -> None:
    """The file is gone: they are connected without."""
    _, session, queueing = queued(place, application, STAFFED)
    session.call.set_variable("cc_outbound_announce", "/tmp/there-is-no-such-file.wav")
    desk.wait_for_call()
    desk.ring()
    desk.answer()
    assert session.finished(queueing, 5.0).variables["cc_cause"] == "answered"
