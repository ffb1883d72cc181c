"""The embedded switch against the real one: the client's side of every captured exchange is played
to it, and replies, events, header names, their order and their values are compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import gevent
import pytest

from esl.embedded.caller import ScriptedCaller
from esl.embedded.clock import ScaledClock
from tests.embedded.replay import Peer, Received, Server, Step, all_of, read_trace

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
    |Controlled-Session-UUID|CC-.*-Time
    |variable_(uuid|call_uuid|session_id|.*_uuid|.*call_id|.*_tag|.*cseq|.*_via|sip_full_(from|to)|.*stamp|.*epoch
    |.*sdp.*|.*media_port|rtp_use_ssrc|socket_host|transfer_(history|source)|signal_bond|last_bridge_to
    |uuid_bridge|Event-.*|Core-.*|FreeSWITCH-.*|rtp_audio_.*|.*(sec|duration)|playback_last_offset_pos
    |record_(samples|seconds|ms|file_size)|current_application_data|RECORD_.*|digits)
    |Content-Length""",
    re.VERBOSE,
)
MOVED = re.compile(r"variable_sip_(to_tag|from_tag|cseq|call_id|full_via|from_display|full_from|full_to)")
"""Variables that the caller's ACK brings or sets anew, about 20 ms after the answer."""


def _events(messages: list[Received]) -> list[Received]:
    return [message for message in messages if message.event is not None and message.kind != "CHANNEL_PARK"]


def _of_the_leg(messages: list[Received]) -> list[Received]:
    """What the leg's own thread told; the queue's thread tells its events in between, whenever it runs."""
    return [
        message
        for message in _events(messages)
        if message.about.get("CC-Action") in (None, "member-queue-start") or "CC-Cancel-Reason" in message.about
    ]


def _replies(messages: list[Received]) -> list[str]:
    return [message.identity for message in messages if message.event is None]


def _own(uuid_there: str, uuid_here: str, text: str) -> str:
    return text.replace(uuid_there, uuid_here)


def play_client(steps: list[Step], peer: Peer, at: dict[int, Callable[[], None]]) -> None:
    """Sends the trace's commands, each once as much had come as then. `at`: what the caller does after
    so many messages of the trace have come (counted without the commands)."""
    uuid_there = ""
    expected = 0
    for step in steps:
        expected += len([message for message in step.came if message.kind != "CHANNEL_PARK"])
        for message in step.came:
            uuid_there = uuid_there or message.about.get("Unique-ID", "")
        peer.wait(
            lambda: (
                peer.ended
                or len([message for message in peer.received if message.kind != "CHANNEL_PARK"])
                >= _reachable(expected, at)
            ),
            f"{expected} messages",
        )
        for count in sorted(at):
            if count <= expected:
                at.pop(count)()
        peer.wait(
            lambda: (
                peer.ended
                or len([message for message in peer.received if message.kind != "CHANNEL_PARK"]) >= expected
            ),
            f"{expected} messages before {step.command}",
        )
        if step.command is not None:
            here = peer.received[0].about["Unique-ID"] if peer.received else ""
            peer.send(_own(uuid_there, here, step.command) if uuid_there else step.command)


def _reachable(expected: int, at: dict[int, Callable[[], None]]) -> int:
    return min([expected, *at])


def _after(steps: list[Step], kind: str) -> int:
    """How many messages had come when the first of that kind had."""
    counted = [message for message in all_of(steps) if message.kind != "CHANNEL_PARK"]
    return next(place for place, message in enumerate(counted, 1) if message.kind == kind)


def compare(there: list[Received], here: list[Received]) -> tuple[int, int]:
    """Asserts that what the leg told is the same; returns how many header lines were compared and how
    many of the real switch's are missing."""
    assert _replies(there) == _replies(here)
    mine, real = _of_the_leg(here), _of_the_leg(there)
    assert [message.identity for message in mine] == [message.identity for message in real]
    compared = missing = 0
    for one, other in zip(mine, real, strict=True):
        more, less = compare_headers(one, other)
        compared += more
        missing += less
    return compared, missing


def compare_headers(mine: Received, real: Received) -> tuple[int, int]:
    names_here = [name for name, _ in mine.event or ()]
    names_there = [name for name, _ in real.event or ()]
    # When the ACK comes is a matter of the network: its variables are not compared one by one.
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
            here = values_here[name].replace(values_here["Unique-ID"], values_there["Unique-ID"])
            assert here == values_there[name], f"{real.identity}: {name}"
    return len(names_there), len(left_out)


@pytest.mark.parametrize(
    ("name", "queue", "kind", "act"),
    [
        ("outbound-socket-digits", None, "PLAYBACK_START", lambda caller: caller.key("4571", gap=0.4)),
        ("outbound-socket-errors", None, None, None),
        ("outbound-socket-record-and-break", None, None, None),
        (
            "outbound-socket-caller-hangs-up-mid-playback",
            None,
            "PLAYBACK_START",
            lambda caller: (caller.silent(1.5), caller.hang_up()),
        ),
        ("callcenter-exit-key", EMPTY_QUEUE, "PLAYBACK_START", lambda caller: caller.key("2")),
        ("callcenter-agent-answers", QUEUE, None, None),
    ],
)
def test_outbound_trace(
    name: str,
    queue: dict[str, object] | None,
    kind: str | None,
    act: Callable[[ScriptedCaller], None] | None,
    make_switch,
    call,
    server: Server,
    clock: ScaledClock,
    record_property,
) -> None:
    """A client that was written against the real switch sees the same conversation here."""
    steps = read_trace(name)
    switch = make_switch(
        ["socket", f"{server.address} async full"],
        *FALLBACK,
        clock=clock,
        queues=[queue] if queue else [],
    )
    caller = call(switch)
    peer = server.accept()
    at = {} if kind is None or act is None else {_after(steps, kind): lambda: gevent.spawn(act, caller)}
    play_client(steps, peer, at)
    if name != "callcenter-agent-answers":  # that capture stops before the switch closes
        peer.wait_end(10)
    there = list(all_of(steps))
    here = peer.received[: len(peer.received)]
    if name == "callcenter-agent-answers":
        here = [m for m in here if m.kind != "text/disconnect-notice:disconnect"]
        there = [m for m in there if m.kind != "text/disconnect-notice:disconnect"]
    compared, missing = compare(there, here)
    record_property("headers_compared", compared)
    record_property("headers_missing", missing)
    assert compared > 500


def _bytes_of(path: Path) -> bytes:
    return path.read_bytes()
