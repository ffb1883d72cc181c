"""The embedded switch against the real one: the client's side of every captured exchange is played
to it, and replies, events, header names, their order and their values are compared."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import gevent
import pytest

from esl.embedded.caller import ScriptedCaller
from esl.embedded.clock import Clock
from tests.embedded.conftest import PASSWORD
from tests.embedded.replay import TRACES, Peer, Received, Server, Step, all_of, read_trace

FALLBACK = (
    ["log", "WARNING socket returned, fallback"],
    ["answer"],
    ["playback", "tone_stream://%(500,0,440)"],
    ["hangup", "NORMAL_TEMPORARY_FAILURE"],
)
QUEUE = {
    "name": "support@default",
    "music": "silence_stream://-1",
    "agents": [{"name": "ana@default", "contact": "agent", "answers_after": 0.1, "talks_for": 3.0}],
}
EMPTY_QUEUE = {"name": "support@default", "music": "silence_stream://-1"}

# Headers of the real switch that the embedded one leaves out: none.
LEFT_OUT: frozenset[str] = frozenset()
# Headers that the embedded one has and the real one has not, in the same event: none.
ADDED: frozenset[str] = frozenset()

# Values that differ from call to call, or say which machine it was.
VOLATILE = re.compile(
    r"""Core-UUID|FreeSWITCH-.*|Event-(Date-.*|Sequence)|Job-UUID|.*(UUID|Unique-ID)|.*-Time|.*Transfer-Source
    |Controlled-Session-UUID|CC-.*-Time|.*-Last-Hold|.*-Hold-Accum|variable_hold_(events|accum_(usec|ms))
    |variable_(uuid|call_uuid|session_id|.*_uuid|.*call_id|.*_tag|.*cseq|.*_via|sip_full_(from|to)|.*stamp|.*epoch
    |.*sdp.*|.*media_port|rtp_use_ssrc|socket_host|transfer_(history|source)|signal_bond|last_bridge_to
    |uuid_bridge|Event-.*|Core-.*|FreeSWITCH-.*|rtp_audio_.*|.*(sec|duration)|playback_last_offset_pos
    |record_(samples|seconds|ms|file_size)|current_application_data|RECORD_.*|digits)
    |Content-Length""",
    re.VERBOSE,
)
NOTHING = re.compile(r"(?!)")
FORTUITOUS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|127\.0\.0\.1:\d+")
"""A uuid or a port in a value that says more than that."""
MOVED = re.compile(r"variable_sip_(to_tag|from_tag|cseq|call_id|full_via|from_display|full_from|full_to)")
"""Variables that the caller's ACK brings or sets anew, about 20 ms after the answer."""


def _events(messages: list[Received]) -> list[Received]:
    return [message for message in messages if message.event is not None and message.kind != "CHANNEL_PARK"]


def _of_the_leg(messages: list[Received]) -> list[Received]:
    """What the leg's own thread told; the queue's thread tells its events in between, whenever it runs."""
    return [
        message
        for message in _events(messages)
        if message.about.get("CC-Action") in (None, "member-queue-start")
        or "CC-Cancel-Reason" in message.about
    ]


def _replies(messages: list[Received]) -> list[str]:
    return [message.identity for message in messages if message.event is None]


def play_client(
    steps: list[Step],
    peer: Peer,
    clock: Clock,
    *,
    act_after: int = 0,
    act: Callable[[], object] = lambda: None,
) -> None:
    """Sends the trace's commands, each once as much had come as then, and a moment after an event.
    `act` is called when `act_after` messages have come (0: never)."""
    there = next((m.about["Unique-ID"] for m in all_of(steps) if "Unique-ID" in m.about), "")
    expected = 0
    for step in steps:
        before, expected = expected, expected + len(_counted(step.came))
        if before < act_after <= expected:
            _wait_for(peer, act_after, "the caller to do something")
            act()
        _wait_for(peer, expected, f"{step.command}")
        if _events(step.came):
            clock.sleep(0.5)
        if step.command is not None:
            here = peer.received[0].about.get("Unique-ID", there) if peer.received else there
            peer.send(step.command.replace(there, here) if there else step.command)


def _counted(messages: list[Received]) -> list[Received]:
    """CHANNEL_PARK is told or not, depending on who is faster."""
    return [message for message in messages if message.kind != "CHANNEL_PARK"]


def _wait_for(peer: Peer, count: int, what: str) -> None:
    peer.wait(lambda: peer.ended or len(_counted(peer.received)) >= count, f"{count} messages before {what}")


def _after(steps: list[Step], kind: str) -> int:
    """How many messages had come when the first of that kind had."""
    counted = _counted(list(all_of(steps)))
    return next(place for place, message in enumerate(counted, 1) if message.kind == kind)


def compare(there: list[Received], here: list[Received], apart: re.Pattern[str] = NOTHING) -> int:
    """Asserts that what the leg told is the same; returns how many header lines were compared. Header lines
    whose whole names match `apart` are not."""
    assert _replies(there) == _replies(here)
    mine, real = _of_the_leg(here), _of_the_leg(there)
    assert [message.identity for message in mine] == [message.identity for message in real]
    return sum(compare_headers(one, other, apart) for one, other in zip(mine, real, strict=True))


def compare_headers(mine: Received, real: Received, apart: re.Pattern[str] = NOTHING) -> int:
    """Names, order and values of two events' header lines; returns how many were compared."""
    names_here = [name for name, _ in mine.event or () if not apart.fullmatch(name)]
    names_there = [name for name, _ in real.event or () if not apart.fullmatch(name)]
    # When the ACK comes is a matter of the network: its variables are not compared one by one.
    if real.kind == "CHANNEL_HANGUP_COMPLETE":  # by then it has come, on both sides
        moved = {name for name in names_there if MOVED.fullmatch(name)}
        assert moved == {name for name in names_here if MOVED.fullmatch(name)}
        assert len(moved) in (1, 7, 8)  # refused at once; no name, no sip_from_display
    names_here = [name for name in names_here if not MOVED.fullmatch(name)]
    names_there = [name for name in names_there if not MOVED.fullmatch(name)]
    left_out = [name for name in names_there if name not in names_here]
    added = [name for name in names_here if name not in names_there]
    assert set(left_out) <= LEFT_OUT, f"{real.identity}: missing {left_out}"
    assert set(added) <= ADDED, f"{real.identity}: the real one has no {added}"
    common_here = [name for name in names_here if name in set(names_there)]
    common_there = [name for name in names_there if name in set(names_here)]
    assert common_here == common_there, f"{real.identity}: another order"
    values_here, values_there = mine.about, real.about
    for name in set(common_there):
        volatile = VOLATILE.fullmatch(name) or "async full" in values_there[name]
        if name == "Application-Data" and values_there["Application"] == "uuid_bridge":
            volatile = True  # the agent's leg
        if not volatile:
            leg_here, leg_there = values_here.get("Unique-ID", "-"), values_there.get("Unique-ID", "-")
            here = FORTUITOUS.sub("*", values_here[name].replace(leg_here, leg_there))
            assert here == FORTUITOUS.sub("*", values_there[name]), f"{real.identity}: {name}"
    return len(names_there)


@dataclass(frozen=True)
class Case:
    """A trace, the queue that it needs, and what the caller does once something has been told."""

    trace: str
    queue: dict[str, object] | None = None
    after: str = ""
    act: Callable[[ScriptedCaller], object] = lambda _caller: None
    closed_by_switch: bool = True
    before: tuple[list[str], ...] = ()
    """The dialplan's actions before the socket."""
    apart: re.Pattern[str] = NOTHING
    callee: dict[str, object] | None = None
    """Who is called."""


def _hang_up_soon(caller: ScriptedCaller) -> None:
    caller.silent(1.5)
    caller.hang_up()


def _hang_up_later(caller: ScriptedCaller) -> None:
    caller.silent(5.0)
    caller.hang_up()


def _both_kinds_of_keys(caller: ScriptedCaller) -> None:
    caller.key("5", hold=0.16, by_info=True)
    caller.key("6")


def _hold_for_a_while(caller: ScriptedCaller) -> None:
    caller.hold()
    caller.silent(0.5)
    caller.hold("sendrecv")
    caller.silent(2.5)
    caller.hang_up()


OURS = (
    ["set", "app_disable_expand_variables=true"],
    ["set", "RECORD_USE_THREAD=false"],
    ["set", "media_timeout=120000"],
    ["set", "media_hold_timeout=1800000"],
)
"""What the dialplan of `ivr freeswitch init` did before the socket, when these were captured."""
NOW_OURS = (*OURS, ["multiset", "socket_resume=true playback_terminators=none"])
TELEPHONE = re.compile(
    r"""variable_sip_from_port|variable_sip_user_agent|variable_sip_allow|variable_sip_reason  # says less
    |variable_sip_(Remote-Party-ID|cid_type)  # does not say who it is twice
    |(Channel|Caller|Other-Leg)-(Channel-Name|Context)|Channel-Name  # with its port; the context is `ivr`
    |variable_(channel_name|sofia_profile_(name|url)|recovery_profile_name)  # the profile is `ivr`
    |variable_sip_(network|received|from|req|to|contact|via|reply)_(port|uri|rport|user|params)
    |variable_(sip_invite_failure|sip_hangup)_phrase  # its own words for 486
    |variable_bridge_channel  # its port is in the name
    |variable_rtp_use_codec_string  # what the profile offers
    |variable_DP_MATCH""",  # its dialplan's condition has no group
    re.VERBOSE,
)
"""Harmless differences of the later captures: their caller was another telephone than SIPp, their switch was
configured by `ivr freeswitch init`. The embedded switch imitates the earlier ones."""

CALLEE = "34600333444"
CASES = [
    Case("outbound-socket-digits", None, "PLAYBACK_START", lambda caller: caller.key("4571", gap=0.4)),
    Case("outbound-socket-errors"),
    Case("outbound-socket-record-and-break"),
    Case("outbound-socket-caller-hangs-up-mid-playback", None, "PLAYBACK_START", _hang_up_soon),
    Case("callcenter-exit-key", EMPTY_QUEUE, "PLAYBACK_START", lambda caller: caller.key("2")),
    Case("callcenter-agent-answers", QUEUE, closed_by_switch=False),
    Case(
        "outbound-socket-dtmf-by-info",
        None,
        "PLAYBACK_START",
        _both_kinds_of_keys,
        before=OURS,
        apart=TELEPHONE,
    ),
    Case("outbound-socket-hold", None, "PLAYBACK_START", _hold_for_a_while, before=OURS, apart=TELEPHONE),
    Case(
        "outbound-socket-bridge",
        None,
        "CHANNEL_UNBRIDGE",
        _hang_up_soon,
        before=OURS,
        apart=TELEPHONE,
        callee={"answers_after": 0.1, "talks_for": 0.4},
    ),
    Case(
        "outbound-socket-bridge-busy",
        None,
        "CHANNEL_ANSWER",
        _hang_up_later,
        before=OURS,
        apart=TELEPHONE,
        callee={"refuses": "USER_BUSY", "rings": False, "answers_after": 0.1},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.trace)
def test_outbound_trace(case: Case, make_switch, call, server: Server, clock: Clock) -> None:
    """A client that was written against the real switch sees the same conversation here."""
    steps = read_trace(case.trace)
    socket_action = ["socket", f"{server.address} async full"]
    queues = [case.queue] if case.queue else []
    callees = [{"number": CALLEE, **case.callee}] if case.callee else []
    switch = make_switch(*case.before, socket_action, *FALLBACK, clock=clock, queues=queues, callees=callees)
    caller = call(switch)
    peer = server.accept()
    play_client(
        steps,
        peer,
        clock,
        act_after=_after(steps, case.after) if case.after else 0,
        act=lambda: gevent.spawn(case.act, caller),
    )
    if case.closed_by_switch:
        peer.wait_end()
    there, here = list(all_of(steps)), peer.received.copy()
    if not case.closed_by_switch:  # that capture stops before the connection is closed
        here = [message for message in here if not message.kind.endswith(":disconnect")]
    Path(f"/dev/shm/{caller.uuid}.r8").unlink(missing_ok=True)  # the trace's own tap
    assert compare(there, here, case.apart) > 500


def test_transfer_trace(make_switch, call, server: Server, clock: Clock) -> None:
    """A leg that is sent to another extension: the first socket hears of it to its end, beside the second."""
    steps = read_trace("outbound-socket-transfer-to-extension")
    actions = (*NOW_OURS, ["socket", f"{server.address} async full"])
    switch = make_switch(clock=clock, extensions=[{"destination": "9[12]00", "actions": list(actions)}])
    caller = call(switch)
    peer = server.accept()

    def second_server() -> None:
        server.accept().ask("connect")
        clock.sleep(0.1)
        caller.hang_up()

    play_client(
        steps, peer, clock, act_after=_after(steps, "CHANNEL_UNPARK"), act=lambda: gevent.spawn(second_server)
    )
    peer.wait_end()
    assert compare(list(all_of(steps)), peer.received.copy(), TELEPHONE) > 500


PLAYED_ELSEWHERE = {
    "callcenter-events-inbound",
    "outbound-socket-transfer-to-extension",
    # test_dialling_traces.py
    "bridge-both-legs-inbound",
    "originate-early-media-inbound",
    "originate-outcomes-inbound",
    "originate-voicemail-beep-inbound",
}


def test_every_trace_is_played() -> None:
    """A new capture is held against the embedded switch."""
    assert {case.trace for case in CASES} | PLAYED_ELSEWHERE == {file.stem for file in TRACES.glob("*.esl")}


def test_replies_byte_for_byte(make_switch, call, server: Server, clock: Clock) -> None:
    """Whoever reads replies as bytes (a line more, a space less) reads what the real switch sends."""
    steps = read_trace("outbound-socket-errors")
    switch = make_switch(["socket", f"{server.address} async full"], *FALLBACK, clock=clock)
    call(switch)
    peer = server.accept()
    play_client(steps, peer, clock)
    peer.wait_end()
    there = [message.raw for message in all_of(steps) if message.event is None]
    here = [message.raw for message in peer.received if message.event is None]
    uuids = [
        next(m.about["Unique-ID"] for m in messages if "Unique-ID" in m.about).encode()
        for messages in (all_of(steps), peer.received)
    ]
    assert [raw.replace(uuids[1], uuids[0]) for raw in here] == there
    assert len(there) > 10


def test_inbound_trace(make_switch, call, server: Server, clock: Clock) -> None:
    """What a client hears of a queue on its own connection, and what it is answered about it."""
    steps = read_trace("callcenter-events-inbound")
    switch = make_switch(["socket", f"{server.address} async full"], *FALLBACK, clock=clock, queues=[QUEUE])
    peer = Peer(socket.create_connection(switch.event_socket_address))
    peer.wait_for("auth/request:")
    peer.ask(f"auth {PASSWORD}")
    peer.ask("event plain CUSTOM callcenter::info")
    call(switch)
    queue = server.accept()
    queue.ask("connect")
    for app, argument in (("answer", ""), ("callcenter", "support@default")):
        queue.ask(f"sendmsg\ncall-command: execute\nexecute-app-name: {app}\nexecute-app-arg: {argument}")
    told = [message for message in all_of(steps) if message.event is not None]
    peer.wait(lambda: len(_events(peer.received)) >= len(told), "the queue's events")
    for step in steps[2:-1]:
        assert step.command is not None
        peer.send(step.command)
    peer.wait_end()
    here, there = _events(peer.received), told
    assert sorted(m.identity for m in here) == sorted(m.identity for m in there)
    order = [m.about["CC-Action"] for m in there if m.about["CC-Action"] != "members-count"]
    assert [m.about["CC-Action"] for m in here if m.about["CC-Action"] != "members-count"] == order
    remaining = here.copy()
    for real in there:
        mine = next(m for m in remaining if m.identity == real.identity)
        remaining.remove(mine)
        compare_headers(mine, real)
    numbers = re.compile(r"\b1\d{9}\b|\|\d+\|0\|0\n")
    answers_here = [numbers.sub("#", m.body.decode()) for m in peer.received if m.event is None]
    answers_there = [numbers.sub("#", m.body.decode()) for m in all_of(steps) if m.event is None]
    assert answers_here == answers_there
