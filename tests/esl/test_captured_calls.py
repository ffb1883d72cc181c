"""Captured calls of the real switch, played to our side: what an application is told of each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import gevent
import pytest

from esl import wire
from esl.errors import CallEnded
from esl.inbound import InboundConnection
from esl.outbound import OutboundServer
from esl.switch import Call, CallEvent, Digit, Held, HungUp, TakenBack
from esl.wire import Command, Event
from tests.esl import traces
from tests.esl.peer import DEADLINE, LINGER_NOTICE, Peer
from tests.esl.test_inbound import GREETING, Listener

LEGS: dict[str, tuple[CallEvent, ...]] = {
    "outbound-socket-dtmf-by-info": (Digit("5"), Digit("6"), HungUp("NORMAL_CLEARING", by_caller=False)),
    "outbound-socket-hold": (Held(), TakenBack(), HungUp("NORMAL_CLEARING", by_caller=True)),
    "outbound-socket-transfer-to-extension": (HungUp("NORMAL_CLEARING", by_caller=True),),
    "outbound-socket-bridge": (HungUp("NORMAL_CLEARING", by_caller=True),),
    "outbound-socket-bridge-busy": (HungUp("NORMAL_CLEARING", by_caller=True),),
}


@pytest.mark.parametrize("name", LEGS)
def test_a_leg_hears_its_keys_its_holds_and_its_end_and_nothing_else(name: str) -> None:
    """Keys by INFO, a hold, a transfer, a conversation and a busy line: events of other legs and of commands
    that are not ours are no concern of the call's."""
    heard: list[CallEvent] = []

    def on_call(call: Call) -> None:
        with suppress(CallEnded):
            call.answer()
        while not heard or not isinstance(heard[-1], HungUp):
            heard.append(call.inbox.get(timeout=DEADLINE))

    def script(peer: Peer, command: Command) -> bool:
        peer.answer(command)
        if command.line.startswith("api uuid_answer"):
            for event in peer.events[1:]:
                peer.send(wire.encode_event(event.headers, event.body))
            peer.send(LINGER_NOTICE)
        return True

    server = OutboundServer(("127.0.0.1", 0), on_call)
    server.start()
    try:
        assert Peer(server.address, name, script=script).closed.wait(DEADLINE)
        assert server.drain(DEADLINE)
    finally:
        server.close(0)
    assert tuple(heard) == LEGS[name]


@pytest.fixture
def heard(request: pytest.FixtureRequest) -> Iterator[list[Event]]:
    """The events of a captured inbound connection, as ours tells them once it has sent the commands."""
    steps = [step for step in traces.load(request.param).steps if step.command]
    answers = iter(step.answer for step in steps)
    listener = Listener(GREETING, lambda _command: next(answers))
    connection = InboundConnection("127.0.0.1", listener.port, "secret")
    events: list[Event] = []
    connection.events_to = events.append
    try:
        connection.connect()
        for step in steps[1:]:
            line, *headers = step.command.decode().split("\n")
            connection.send(Command(line, wire.Headers(part.split(": ", 1) for part in headers)))
        connection.ended.wait(DEADLINE)
        yield events
    finally:
        connection.lose("the test is over")
        gevent.idle()
        listener.close()


def jobs(events: list[Event]) -> dict[str, str]:
    """What became of each call that was dialled."""
    return {
        event.get("Job-UUID"): event.body.decode().strip()
        for event in events
        if event.name == "BACKGROUND_JOB"
    }


@pytest.mark.parametrize("heard", ["originate-early-media-inbound"], indirect=True)
def test_early_media_is_no_answer_unless_we_say_so(heard: list[Event]) -> None:
    """Ignored, the job ends with the answer; taken, with the early media; an announcement with its cause."""
    assert jobs(heard) == {
        "job-dial-ignored": "+OK dial-ignored",
        "job-dial-taken": "+OK dial-taken",
        "job-dial-refused": "-ERR UNALLOCATED_NUMBER",
    }
    order = {
        uuid: [event.name for event in heard if event.uuid == uuid or event.get("Job-UUID") == f"job-{uuid}"]
        for uuid in ("dial-ignored", "dial-taken")
    }
    ignored, taken = order["dial-ignored"], order["dial-taken"]
    assert ignored.index("CHANNEL_ANSWER") < ignored.index("BACKGROUND_JOB")
    assert (
        taken.index("CHANNEL_PROGRESS_MEDIA") < taken.index("BACKGROUND_JOB") < taken.index("CHANNEL_ANSWER")
    )


@pytest.mark.parametrize("heard", ["originate-voicemail-beep-inbound"], indirect=True)
def test_the_beep_of_a_voicemail_is_told(heard: list[Event]) -> None:
    """After the answer, and before our message is played: that is when to speak."""
    assert jobs(heard) == {"job-dial-voicemail": "+OK dial-voicemail"}
    names = [event.subclass or event.name for event in heard]
    assert names.index("CHANNEL_ANSWER") < names.index("avmd::beep") < names.index("PLAYBACK_START")
    beep = heard[names.index("avmd::beep")]
    assert (beep.uuid, beep.get("Beep-Status")) == ("dial-voicemail", "DETECTED")
    assert names[-1] == "CHANNEL_HANGUP_COMPLETE"
