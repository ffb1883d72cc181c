"""Somebody is called by the switch, and brought together with another; what is not there is told."""

from __future__ import annotations

import pytest

from tests.contract.bridged import FAILURES, answered, dial, hear
from tests.contract.place import (
    ALMOST_ALL,
    Place,
    pause,
)
from tests.freeswitch.harness import EslSocket
from tests.freeswitch.sound import noise

SHOW_USAGE = (
    "-USAGE: codec|endpoint|application|api|dialplan|file|timer|calls [count]|channels [count|like "
    "<match string>]|calls|detailed_calls|bridged_calls|detailed_bridged_calls|aliases|complete|chat|"
    "management|modules|nat_map|say|interfaces|interface_types|tasks|limits|status\n"
)


@pytest.mark.parametrize(
    "cause", [*FAILURES, "NORMAL_TEMPORARY_FAILURE", "INVALID_NUMBER_FORMAT", "UNWANTED"]
)
def test_originate_refused(place: Place, events: EslSocket, cause: str) -> None:
    """The job's result is the cause."""
    events.command("event plain BACKGROUND_JOB")
    callee = place.callee("34600333444")
    result = dial(events, place, f"{callee.dial} &park()", "dial-1")
    callee.wait_for_call()
    callee.refuse(cause)
    assert result() == f"-ERR {cause}"


def test_originate_and_bring_together(place: Place, events: EslSocket) -> None:
    """Two who were called apart are brought together, talk, and are sent to an extension of the dialplan."""
    events.command("event plain BACKGROUND_JOB CHANNEL_BRIDGE CHANNEL_UNBRIDGE")
    people = [place.callee("34600333444"), place.callee("34600333555")]
    for name, callee in zip("ab", people, strict=True):
        result = dial(events, place, f"{callee.dial} &park()", f"dial-{name}")
        answered(callee)
        assert result() == f"+OK dial-{name}"
    assert place.api("uuid_bridge dial-a dial-b") == "+OK dial-b\n"
    events.event(lambda headers: headers.get("Event-Name") == "CHANNEL_BRIDGE")
    pause(0.4)
    sounds = [noise(0.5, seed=1), noise(0.5, seed=2)]
    outs = [callee.say(sound) for callee, sound in zip(people, sounds, strict=True)]
    assert all(out.wait(5) for out in outs)
    pause(0.4)
    assert [hear(callee, sound) > ALMOST_ALL for callee, sound in zip(people, sounds[::-1], strict=True)] == [
        True
    ] * 2
    people[0].hang_up()
    assert people[1].over.wait(3)


@pytest.mark.parametrize(
    ("what", "answer"),
    [
        ("nosuch/abc &park()", "-ERR CHAN_NOT_IMPLEMENTED\n"),
        ("user/nobody &park()", "-ERR SUBSCRIBER_ABSENT\n"),
        ("sofia/gateway/nowhere/1 &park()", "-ERR INVALID_GATEWAY\n"),
        ("sofia/ivr &park()", "-ERR INVALID_URL\n"),
        ("{a=1 &park()", "-ERR DESTINATION_OUT_OF_ORDER\n"),
        ("error/USER_BUSY &park()", "-ERR USER_BUSY\n"),
    ],
)
def test_what_cannot_be_called(place: Place, what: str, answer: str) -> None:
    """The same answers from both switches."""
    assert place.api(f"originate {what}") == answer


def test_a_leg_brought_together_with_itself_waits_to_be_hung_up(place: Place, events: EslSocket) -> None:
    """It is a mistake that both switches accept: the leg does nothing more, and still ends when told to."""
    events.command("event plain BACKGROUND_JOB CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP_COMPLETE")
    callee = place.callee("34600333444")
    result = dial(events, place, f"{callee.dial} &park()", "dial-1")
    answered(callee)
    assert result() == "+OK dial-1"
    assert place.api("uuid_bridge dial-1 dial-1") == "+OK dial-1\n"
    events.event(lambda headers: headers.get("Application") == "park")
    assert place.api("uuid_exists dial-1") == "true"
    assert place.api("uuid_kill dial-1") == "+OK\n"
    events.event(lambda headers: headers.get("Event-Name") == "CHANNEL_HANGUP_COMPLETE")
    assert callee.over.wait(5)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("uuid_broadcast nosuch x.wav", "-ERR invalid uuid\n"),
        ("uuid_broadcast nosuch", "-USAGE: <uuid> <path> [aleg|bleg|holdb|both]\n"),
        ("uuid_bridge nosuch nosuch", "-ERR Invalid uuid\n"),
        ("uuid_bridge nosuch", "-USAGE: <uuid> <other_uuid>\n"),
        ("show nosuch", SHOW_USAGE),
        ("show", SHOW_USAGE),
    ],
)
def test_what_is_not_there_is_told_in_the_same_words(place: Place, asked: str, answer: str) -> None:
    """Who reads these answers must not depend on which switch gave them."""
    assert place.api(asked) == answer
