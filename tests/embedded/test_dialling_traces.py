"""Calls that the switch makes, against captures of the real one: the client's side of each is played to
the embedded switch, and what it tells of every leg is compared, header by header."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

import gevent

from esl.embedded.clock import Clock
from esl.embedded.scripted_callee import ScriptedCallee
from esl.embedded.switch import EmbeddedSwitch
from tests.embedded.conftest import PASSWORD
from tests.embedded.replay import Peer, Received, Server, Step, all_of, read_trace
from tests.embedded.sound import tone
from tests.embedded.test_traces import NOW_OURS, TELEPHONE, compare_headers

NUMBER = "34600333444"
OTHERWISE = frozenset({"dial-unreachable", "dial-noanswer", "dial-answered"})
"""A host that is not there, so that no response comes, and mod_loopback's channels, which are not SIP's."""
Callee = Callable[[ScriptedCallee], None]


def play_calls(
    switch: EmbeddedSwitch, steps: list[Step], clock: Clock, callees: dict[str, Callee]
) -> list[Received]:
    """Sends the trace's commands, each once as much had come as then; `callees` are on the line, each for the
    call with its uuid."""
    peer = Peer(socket.create_connection(switch.event_socket_address))
    expected = 0
    for step in steps:
        expected += len(step.came)
        count = expected
        peer.wait(lambda: peer.ended or len(peer.received) >= count, f"{expected} messages")  # noqa: B023 - now
        if step.command is None:
            break
        command = re.sub(r"auth \S+", f"auth {PASSWORD}", step.command)
        uuid = re.search(r"origination_uuid=([\w-]+)", command)
        if uuid is not None and uuid[1] in callees:
            callee = ScriptedCallee(switch.line_address, number=NUMBER, clock=clock)
            callee.join()
            gevent.spawn(callees[uuid[1]], callee)
        if "BACKGROUND_JOB" in [message.kind for message in step.came]:
            clock.sleep(0.3)
        peer.send(command)
    peer.wait_end()
    return peer.received


def by_leg(messages: list[Received]) -> dict[str, list[Received]]:
    """Events by the leg that they are about; of other legs than those that we named, nothing."""
    legs: dict[str, list[Received]] = {}
    for message in messages:
        uuid = message.about.get("Unique-ID", "")
        if message.event is not None and uuid.startswith("dial-"):
            legs.setdefault(uuid, []).append(message)
    return legs


def jobs(messages: list[Received]) -> dict[str, str]:
    """What each BACKGROUND_JOB said."""
    return {
        message.about["Job-UUID"]: message.body.decode().partition("\n\n")[2]
        for message in messages
        if message.kind == "BACKGROUND_JOB"
    }


def ending(message: Received) -> str:
    """The event, and the cause if there is one."""
    return f"{message.kind} {message.about.get('Hangup-Cause', '')}"


def compare(
    there: list[Received],
    here: list[Received],
    *,
    apart: re.Pattern[str],
    roughly: frozenset[str] = frozenset(),
) -> int:
    """Asserts that replies, jobs and what was told of each leg are the same; returns how many header lines
    were compared. Of the legs in `roughly` only events and causes are."""
    mine, real = by_leg(here), by_leg(there)
    assert jobs(here) == jobs(there)
    assert [m.identity for m in here if m.event is None] == [m.identity for m in there if m.event is None]
    assert mine.keys() == real.keys()
    count = 0
    for uuid, told in real.items():
        if uuid in roughly:
            assert sorted(map(ending, mine[uuid])) == sorted(map(ending, told)), uuid
            continue
        assert [m.identity for m in mine[uuid]] == [m.identity for m in told], uuid
        count += sum(compare_headers(one, other, apart) for one, other in zip(mine[uuid], told, strict=True))
    return count


def hangs_up_when(done: Callable[[ScriptedCallee], object], *, early: bool, answers_after: float) -> Callee:
    def live(callee: ScriptedCallee) -> None:
        callee.wait_for_call()
        if early:
            callee.sound_early()
        else:
            callee.ring()
        callee.silent(answers_after)
        done(callee)

    return live


def _answer_and_hang_up(callee: ScriptedCallee) -> None:
    callee.answer()
    callee.silent(1.0)
    callee.hang_up()


def _say_greeting_and_beep(callee: ScriptedCallee) -> None:
    callee.answer()
    callee.silent(0.5)
    callee.speak(tone(1.0, 200, level=400) + bytes(8000) + tone(0.6, 1000))


def test_early_media(make_switch, clock: Clock) -> None:
    """Ignored, taken for the answer, and followed by a refusal."""
    steps = read_trace("originate-early-media-inbound")
    switch = make_switch(clock=clock)
    here = play_calls(
        switch,
        steps,
        clock,
        {
            "dial-ignored": hangs_up_when(_answer_and_hang_up, early=True, answers_after=0.5),
            "dial-taken": hangs_up_when(_answer_and_hang_up, early=True, answers_after=1.5),
            "dial-refused": hangs_up_when(
                lambda callee: callee.refuse("UNALLOCATED_NUMBER"), early=True, answers_after=0.5
            ),
        },
    )
    assert compare(list(all_of(steps)), here, apart=TELEPHONE) > 500


def test_outcomes(make_switch, clock: Clock) -> None:
    """Every way to fail, of numbers that are declared; and a loopback that rings on, and one that answers."""
    steps = read_trace("originate-outcomes-inbound")
    causes = {
        "486": "USER_BUSY",
        "404": "UNALLOCATED_NUMBER",
        "603": "CALL_REJECTED",
        "480": "NO_USER_RESPONSE",
        "503": "NORMAL_TEMPORARY_FAILURE",
        "607": "UNWANTED",
        "484": "INVALID_NUMBER_FORMAT",
        "000": "NORMAL_TEMPORARY_FAILURE",
    }
    switch = make_switch(
        clock=clock,
        extensions=[
            {"destination": "ring", "actions": [["ring_ready"], ["sleep", "60000"]]},
            {"destination": "agent", "actions": [["answer"], ["park"]]},
        ],
        callees=[
            {"number": f"34600000{end}", "refuses": cause, "rings": False, "answers_after": 0.1}
            for end, cause in causes.items()
        ],
    )
    here = play_calls(switch, steps, clock, {})
    assert compare(list(all_of(steps)), here, apart=TELEPHONE, roughly=OTHERWISE) > 500


AVMD = re.compile(
    f"(?:{TELEPHONE.pattern})|variable_avmd_(total_time|detect)|variable_playback_.*", re.VERBOSE
)


def without_avmd(steps: list[Step]) -> list[Step]:
    """The embedded switch has no mod_avmd: its command, the reply to it and what it told are left out."""
    place = next(number for number, step in enumerate(steps) if "avmd_start" in (step.command or ""))
    replied = [m for m in steps[place + 1].came if m.identity != "command/reply: +OK"]
    joined = Step(steps[place + 1].command, steps[place].came + replied)
    kept = [*steps[:place], joined, *steps[place + 2 :]]
    return [Step(step.command, [m for m in step.came if not is_avmd(m)]) for step in kept]


def is_avmd(message: Received) -> bool:
    return message.kind == "CUSTOM" or message.about.get("Application") == "avmd_start"


def test_voicemail(make_switch, clock: Clock) -> None:
    """A machine answers, and our message is played to it."""
    steps = without_avmd(read_trace("originate-voicemail-beep-inbound"))
    switch = make_switch(clock=clock)
    here = play_calls(
        switch,
        steps,
        clock,
        {"dial-voicemail": hangs_up_when(_say_greeting_and_beep, early=False, answers_after=0.5)},
    )
    assert compare(list(all_of(steps)), here, apart=AVMD) > 500


BUFFERED = re.compile(f"(?:{TELEPHONE.pattern})|variable_rtp_jb_.*|variable_ivr_.*", re.VERBOSE)
"""That capture's configuration has a jitter buffer, which keeps accounts of its own."""


def of_both(messages: list[Received], caller: str) -> dict[str, list[Received]]:
    """Events of the caller's leg and of the one that was placed."""
    legs: dict[str, list[Received]] = {"caller": [], "callee": []}
    for message in messages:
        if message.event is not None:
            legs["caller" if message.about["Unique-ID"] == caller else "callee"].append(message)
    return legs


def test_both_legs_of_a_bridge(make_switch, call, server: Server, clock: Clock) -> None:
    """What somebody hears who watches the switch: the order across both legs, and all that each says."""
    steps = read_trace("bridge-both-legs-inbound")
    there = list(all_of(steps))
    socket_action = ["socket", f"{server.address} async full"]
    switch = make_switch(*NOW_OURS, socket_action, clock=clock)
    caller = call(switch)
    ours = server.accept()
    for command in ("connect", "sendmsg\ncall-command: execute\nexecute-app-name: answer"):
        ours.ask(command)
    caller.wait_for_answer()
    caller.silent(0.5)
    callee = ScriptedCallee(switch.line_address, number=NUMBER, clock=clock)
    callee.join()

    def talk() -> None:
        callee.wait_for_call()
        callee.silent(0.2)
        callee.ring()
        callee.silent(0.2)
        callee.answer()
        callee.silent(0.5)
        caller.key("5")
        callee.key("7")
        callee.silent(0.5)
        callee.hang_up()

    gevent.spawn(talk)
    uuid = re.search(r"uuid_setvar (\S+)", "".join(step.command or "" for step in steps))
    assert uuid is not None
    for step in steps:
        if step.command is not None:
            step.command = step.command.replace(uuid[1], caller.uuid)
    here = play_calls(switch, steps, clock, {})
    order = [(m.kind, m.about["Unique-ID"] == caller.uuid) for m in here if m.event is not None]
    assert order == [(m.kind, m.about["Unique-ID"] == uuid[1]) for m in there if m.event is not None]
    mine, real = of_both(here, caller.uuid), of_both(there, uuid[1])
    for name in mine:
        assert [m.identity for m in mine[name]] == [m.identity for m in real[name]]
        for one, other in zip(mine[name], real[name], strict=True):
            compare_headers(one, other, BUFFERED)
