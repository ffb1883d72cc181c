"""Calls that the switch makes: a caller is connected with somebody, or somebody is called."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import gevent
import pytest

from tests.contract.place import (
    ALMOST_ALL,
    Application,
    Callee,
    Caller,
    Place,
    arrived,
    connected,
    in_a_row,
    loudness,
    pause,
)
from tests.embedded.sound import read_stereo
from tests.freeswitch.harness import EslMessage, EslSocket, wait_until
from tests.freeswitch.sound import noise
from tests.freeswitch.sound import place as position

EVENTS = (
    "event plain BACKGROUND_JOB CHANNEL_OUTGOING CHANNEL_CREATE CHANNEL_ORIGINATE CHANNEL_PROGRESS "
    "CHANNEL_ANSWER CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE "
    "CHANNEL_EXECUTE_COMPLETE DTMF"
)

SHOW_USAGE = (
    "-USAGE: codec|endpoint|application|api|dialplan|file|timer|calls [count]|channels [count|like "
    "<match string>]|calls|detailed_calls|bridged_calls|detailed_bridged_calls|aliases|complete|chat|"
    "management|modules|nat_map|say|interfaces|interface_types|tasks|limits|status\n"
)


MOST_OF_IT = 0.5
"""Of what a supervisor hears and whispers: the real switch mixes from buffers that run over now and then."""


class Line:
    """An event connection of the tests' own, and one caller whom it bridges."""

    def __init__(self, esl: EslSocket, place: Place, application: Application) -> None:
        self.esl, self.place = esl, place
        self.caller, self.session = connected(place, application)
        self.uuid = self.session.call.uuid
        self.told: list[EslMessage] = []

    def set(self, name: str, value: str) -> None:
        assert self.place.api(f"uuid_setvar {self.uuid} {name} {value}").startswith("+OK")

    def bridge(self, dial: str) -> None:
        """Begins to bridge the caller."""
        self.esl.command(
            f"sendmsg {self.uuid}\ncall-command: execute\nexecute-app-name: bridge\n"
            f"execute-app-arg: {dial}\nEvent-UUID: b1"
        )

    def next(self, kind: str, seconds: float = 10, **wanted: str) -> dict[str, str]:
        """The next event of that kind; what came before is kept in `told`."""

        def matches(message: EslMessage) -> bool:
            return message.headers.get("Event-Name") == kind and all(
                message.headers.get(name.replace("_", "-")) == value for name, value in wanted.items()
            )

        with gevent.Timeout(seconds, TimeoutError(f"no {kind} {wanted}; there were {self.order()}")):
            while True:
                message = self.esl.events.get()
                self.told.append(message)
                if matches(message):
                    return message.headers

    def bridged(self) -> dict[str, str]:
        """What the leg says at the end of `bridge`."""
        return self.next("CHANNEL_EXECUTE_COMPLETE", Application_UUID="b1")

    def both_over(self) -> None:
        """Waits until the end of both legs was told, in whichever order."""
        while [event[:-2] for event in self.order()].count("HANGUP_COMPLETE") < len("AB"):
            self.next("CHANNEL_HANGUP_COMPLETE")

    def order(self) -> list[str]:
        """Events of both legs, A the caller's. Nothing of a leg that began before us: an earlier test's."""
        kinds = EVENTS.split()[2:-2]
        ours = {self.uuid: "A"}
        order = []
        for message in self.told:
            name, uuid = message.headers.get("Event-Name", ""), message.headers.get("Unique-ID", "")
            if name == "CHANNEL_OUTGOING":
                ours.setdefault(uuid, "B")
            if name in kinds and uuid in ours:
                order.append(f"{name.removeprefix('CHANNEL_')} {ours[uuid]}")
        return order

    def order_of(self, leg: str) -> list[str]:
        """The events of one leg. Each leg of a real switch is a thread: what two of them tell of their ends
        comes in either order (seen: B's HANGUP before and after A's UNBRIDGE)."""
        return [event[:-2] for event in self.order() if event.endswith(leg)]


@pytest.fixture
def events(place: Place) -> Iterator[EslSocket]:
    address, password = place.events
    esl = EslSocket(socket.create_connection(address, timeout=5))
    esl.reply()
    assert esl.command(f"auth {password}").headers["Reply-Text"] == "+OK accepted"
    yield esl
    esl.close()


@pytest.fixture
def line(place: Place, application: Application, events: EslSocket) -> Line:
    line = Line(events, place, application)
    events.command(EVENTS)
    return line


def answered(callee: Callee) -> None:
    callee.wait_for_call()
    callee.ring()
    pause(0.2)
    callee.answer()


def hear(one: Callee | Caller, sound: bytes) -> float:
    """How much of it reached them."""
    return arrived(sound, b"".join(frame.samples for frame in list(one.heard)))


def test_both_hear_each_other_and_their_keys(line: Line) -> None:
    """Sound and keys, both ways; who hangs up first ends it for both."""
    callee = line.place.callee("34600333444")
    line.set("hangup_after_bridge", "true")
    line.bridge(callee.dial)
    answered(callee)
    line.next("CHANNEL_BRIDGE")
    pause(0.3)
    said, replied = noise(0.6, seed=1), noise(0.6, seed=2)
    outs = [line.caller.say(said), callee.say(replied)]
    assert all(out.wait(5) for out in outs)
    pause(0.4)
    assert arrived(said, b"".join(frame.samples for frame in list(callee.heard))) > ALMOST_ALL
    assert arrived(replied, in_a_row(line.caller)) > ALMOST_ALL
    line.caller.press("5")
    assert line.next("DTMF", DTMF_Digit="5")["Unique-ID"] == line.uuid
    callee.press("7")
    assert line.next("DTMF", DTMF_Digit="7")["Unique-ID"] != line.uuid
    wait_until(lambda: "5" in callee.keys, 3, "the caller's key at the callee's ear")
    callee.hang_up()
    assert line.caller.over.wait(3)
    about = line.bridged()
    assert [about[f"variable_{name}"] for name in RESULTS] == ["SUCCESS", "SUCCESS", "NORMAL_CLEARING"]
    assert about["variable_last_bridge_hangup_cause"] == "NORMAL_CLEARING"
    line.both_over()
    together = ["OUTGOING B", "CREATE B", "ORIGINATE B", "PROGRESS B", "ANSWER B", "BRIDGE A", "HANGUP B"]
    assert line.order()[: len(together)] == together
    assert line.order_of("B")[-2:] == ["HANGUP", "HANGUP_COMPLETE"]
    assert line.order_of("A") == ["BRIDGE", "UNBRIDGE", "HANGUP", "HANGUP_COMPLETE"]


RESULTS = ("originate_disposition", "DIALSTATUS", "bridge_hangup_cause")


def test_the_caller_hangs_up(line: Line) -> None:
    """The callee's telephone hears it, and A's end is told after B's."""
    callee = line.place.callee("34600333444")
    line.bridge(callee.dial)
    answered(callee)
    line.next("CHANNEL_BRIDGE")
    pause(0.3)
    line.caller.hang_up()
    assert callee.over.wait(3)
    about = line.bridged()
    assert about["variable_last_bridge_role"] == "originator"
    line.both_over()
    assert line.order().index("HANGUP A") < line.order().index("HANGUP_COMPLETE B")
    assert line.order_of("A")[-3:] == ["HANGUP", "UNBRIDGE", "HANGUP_COMPLETE"]
    assert line.order_of("B")[-2:] == ["HANGUP", "HANGUP_COMPLETE"]


FAILURES = {
    "USER_BUSY": "BUSY",
    "CALL_REJECTED": "DONTCALL",
    "UNALLOCATED_NUMBER": "UNALLOCATED_NUMBER",
    "NO_USER_RESPONSE": "NO_USER_RESPONSE",
}


@pytest.mark.parametrize("cause", FAILURES)
def test_refused(line: Line, cause: str) -> None:
    """The variables say why; with `continue_on_fail` the caller is still ours."""
    callee = line.place.callee("34600333444")
    line.set("continue_on_fail", "true")
    line.bridge(callee.dial)
    callee.wait_for_call()
    callee.refuse(cause)
    about = line.bridged()
    assert about["Answer-State"] == "answered"
    names = ("originate_disposition", "DIALSTATUS", "originate_failed_cause", "last_bridge_hangup_cause")
    assert [about[f"variable_{name}"] for name in names] == [cause, FAILURES[cause], cause, cause]
    assert not line.caller.over.is_set()


def test_refused_and_not_allowed_to_go_on(line: Line) -> None:
    """Without it, the caller's leg ends with the callee's cause."""
    callee = line.place.callee("34600333444")
    line.set("continue_on_fail", "false")
    line.bridge(callee.dial)
    callee.wait_for_call()
    callee.refuse("USER_BUSY")
    assert line.caller.over.wait(3)
    assert line.next("CHANNEL_HANGUP_COMPLETE", Unique_ID=line.uuid)["Hangup-Cause"] == "USER_BUSY"


def test_nobody_answers(line: Line) -> None:
    """`originate_timeout`: the callee's telephone stops ringing; no answer is always a reason to go on."""
    callee = line.place.callee("34600333444")
    line.bridge(f"{{originate_timeout=1}}{callee.dial}")
    callee.wait_for_call()
    callee.ring()
    about = line.bridged()
    assert [about[f"variable_{name}"] for name in RESULTS[:2]] == ["NO_ANSWER", "NOANSWER"]
    assert callee.over.wait(3)
    assert not line.caller.over.is_set()


def test_the_caller_gives_up_while_it_rings(line: Line) -> None:
    """ORIGINATOR_CANCEL, and the callee's telephone is quiet."""
    callee = line.place.callee("34600333444")
    line.bridge(callee.dial)
    callee.wait_for_call()
    callee.ring()
    line.next("CHANNEL_PROGRESS")
    line.caller.hang_up()
    assert callee.over.wait(3)
    assert line.bridged()["variable_DIALSTATUS"] == "CANCEL"


def test_at_once(line: Line) -> None:
    """The first to answer wins, and the other loses the race."""
    slow, quick = line.place.callee("34600333444"), line.place.callee("34600333555")
    line.bridge(f"{slow.dial},{quick.dial}")
    slow.wait_for_call()
    slow.ring()
    answered(quick)
    about = line.next("CHANNEL_BRIDGE")
    assert about["Other-Leg-Destination-Number"] == "34600333555"
    causes = about["variable_originate_causes"].removeprefix("ARRAY::").split("|:")
    assert [cause.partition(";")[2] for cause in causes] == ["LOSE_RACE", "NONE"]
    assert slow.over.wait(3)


def test_one_after_the_other(line: Line) -> None:
    """`|`: the second is called when the first has refused."""
    first, second = line.place.callee("34600333444"), line.place.callee("34600333555")
    line.bridge(f"{first.dial}|{second.dial}")
    first.wait_for_call()
    first.refuse("USER_BUSY")
    answered(second)
    causes = line.next("CHANNEL_BRIDGE")["variable_originate_causes"].removeprefix("ARRAY::").split("|:")
    assert [cause.partition(";")[2] for cause in causes] == ["USER_BUSY", "NONE"]


def test_a_recording_holds_both_sides(line: Line) -> None:
    """Stereo, of the caller's leg: the caller left, whom they talk with right."""
    callee, file = line.place.callee("34600333444"), line.place.folder / "bridged.wav"
    line.set("RECORD_STEREO", "true")
    assert line.place.api(f"uuid_record {line.uuid} start {file}").startswith("+OK")
    line.bridge(callee.dial)
    answered(callee)
    line.next("CHANNEL_BRIDGE")
    pause(0.3)
    said, replied = noise(0.5, seed=1), noise(0.5, seed=2)
    outs = [line.caller.say(said), callee.say(replied)]
    assert all(out.wait(5) for out in outs)
    pause(0.4)
    line.caller.hang_up()
    line.next("CHANNEL_HANGUP_COMPLETE", Unique_ID=line.uuid)
    left, right = read_stereo(file)
    assert arrived(said, left) > ALMOST_ALL
    assert arrived(replied, right) > ALMOST_ALL
    file.unlink()


def dial(line_events: EslSocket, place: Place, what: str, uuid: str) -> Callable[[], str]:
    """Begins to call; gives what waits for the result."""
    line_events.command(f"bgapi originate {{origination_uuid={uuid}}}{what}\nJob-UUID: job-{uuid}")

    def result() -> str:
        told = line_events.event(lambda headers: headers.get("Job-UUID") == f"job-{uuid}")
        return told.body.strip()

    return result


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


def test_a_supervisor_listens_and_whispers(line: Line) -> None:
    """Hears both; what is said after key 2 is heard by the caller, and not by the callee."""
    agent, supervisor = line.place.callee("34600333444"), line.place.callee("34600333555")
    line.bridge(agent.dial)
    answered(agent)
    line.next("CHANNEL_BRIDGE")
    result = dial(line.esl, line.place, f"{supervisor.dial} &eavesdrop({line.uuid})", "dial-s")
    answered(supervisor)
    assert result() == "+OK dial-s"
    pause(0.5)
    said, replied, whispered = (noise(0.5, seed=seed) for seed in (1, 2, 3))
    assert line.caller.say(said).wait(5)
    assert agent.say(replied).wait(5)
    supervisor.press("2")
    pause(0.3)
    assert supervisor.say(whispered).wait(5)
    pause(0.5)
    assert hear(supervisor, said) > MOST_OF_IT
    assert hear(supervisor, replied) > MOST_OF_IT
    assert hear(line.caller, whispered) > MOST_OF_IT
    heard = b"".join(frame.samples for frame in list(agent.heard))
    assert position(whispered[:8000], heard)[1] < 0.5
    line.caller.hang_up()
    assert supervisor.over.wait(5)
    assert loudness(heard) > 0
