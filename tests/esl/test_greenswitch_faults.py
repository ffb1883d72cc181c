"""Each fault of greenswitch 0.0.19, shown on the plain library and repaired in ours, on the same bytes over
a real loopback connection.

If a test's first half fails one day, the library has mended that fault, and our repair may go.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import gevent
import pytest
from greenswitch.esl import OutboundESLServer, OutboundSession

from esl import wire
from esl.connection import OutboundConnection
from esl.errors import CommandTimeoutError, ConnectionLostError
from esl.outbound import OutboundServer
from esl.wire import CommandReader
from tests.esl.peer import DEADLINE, Peer, events_of, reply

WRONG = 0.15
"""Seconds after which a plain session that still waits is taken to wait for ever."""


class Switch:
    """The switch's end of a connection to one session, plain or ours."""

    def __init__(self, kind: type[Any], buffers: int = 0) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            if buffers:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffers)
            client = socket.create_connection(listener.getsockname(), timeout=DEADLINE)
            self.sock, _ = listener.accept()
        if buffers:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffers)
        client.settimeout(None)
        self.client = client
        self.sock.settimeout(DEADLINE)
        self.reader = CommandReader()
        self.session = kind(("127.0.0.1", 1), client)
        self._greenlets: list[gevent.Greenlet[..., Any]] = []

    def doing(self, work: Callable[..., Any], *arguments: Any, **named: Any) -> gevent.Greenlet[..., Any]:
        """The session's side of it, under way."""
        greenlet = gevent.spawn(work, *arguments, **named)
        self._greenlets.append(greenlet)
        return greenlet

    def commands(self, number: int) -> list[wire.Command]:
        """The next commands that the session sends."""
        got: list[wire.Command] = []
        while len(got) < number:
            got += self.reader.feed(self.sock.recv(65536))
        return got

    def close(self) -> None:
        gevent.killall(self._greenlets)
        self.session._run = False
        for greenlet in (self.session._receive_events_greenlet, self.session._process_events_greenlet):
            if greenlet is not None:
                greenlet.kill()
        self.sock.close()
        self.client.close()


@pytest.fixture
def switches() -> Iterator[Callable[..., Switch]]:
    opened: list[Switch] = []

    def open_switch(kind: type[Any], **options: Any) -> Switch:
        opened.append(Switch(kind, **options))
        return opened[-1]

    yield open_switch
    for switch in opened:
        switch.close()


Switches = Callable[..., Switch]
BOTH = (OutboundSession, OutboundConnection)


def result_of(greenlet: gevent.Greenlet[..., Any], deadline: float = DEADLINE) -> Any:
    return greenlet.get(timeout=deadline)


def test_fault_the_whole_block_is_unquoted_before_it_is_split(switches: Switches) -> None:
    """A caller's display name forges a channel variable in the plain library."""
    headers = dict(events_of("outbound-socket-digits")[0].headers)
    headers["Caller-Caller-ID-Name"] = "Eve%0Avariable_vip: true"
    for name in wire.CONNECT_CLOSING:
        del headers[name]
    forged = {}
    for kind in BOTH:
        switch = switches(kind)
        asking = switch.doing(switch.session.send, "connect")
        switch.commands(1)
        switch.sock.sendall(wire.encode_connect_reply(headers))
        forged[kind] = "variable_vip" in result_of(asking).headers
    assert forged == {OutboundSession: True, OutboundConnection: False}


def test_fault_the_body_of_an_event_is_parsed_into_headers(switches: Switches) -> None:
    """The result of a background job: lost, or worse, taken for header lines."""
    event = wire.encode_event(
        {"Event-Name": "BACKGROUND_JOB", "Job-UUID": "j1"}, b"-ERR USER_BUSY\nJob-UUID: forged\n"
    )
    seen: dict[Any, list[Any]] = {kind: [] for kind in BOTH}
    for kind in BOTH:
        switch = switches(kind)
        arrived = gevent.event.Event()
        switch.session.register_handle("BACKGROUND_JOB", seen[kind].append)
        switch.session.register_handle("BACKGROUND_JOB", lambda _event, arrived=arrived: arrived.set())
        switch.sock.sendall(event)
        assert arrived.wait(DEADLINE)
    (plain,), (ours,) = seen.values()
    assert plain.headers["Job-UUID"] == "forged"
    assert not hasattr(plain, "body")
    assert ours.headers["Job-UUID"] == "j1"
    assert ours.body == b"-ERR USER_BUSY\nJob-UUID: forged\n"


def completion(identity: str) -> bytes:
    for event in events_of("outbound-socket-caller-hangs-up-mid-playback"):
        if event.name == "CHANNEL_EXECUTE_COMPLETE" and event.get("Application") == "playback":
            return wire.encode_event(dict(event.headers) | {"Application-UUID": identity})
    raise LookupError


def connected(switch: Switch) -> None:
    connecting = switch.doing(switch.session.connect)
    headers = dict(events_of("outbound-socket-caller-hangs-up-mid-playback")[0].headers)
    for name in wire.CONNECT_CLOSING:
        del headers[name]
    count = 2 if isinstance(switch.session, OutboundConnection) else 1
    switch.commands(count)
    switch.sock.sendall(wire.encode_connect_reply(headers) + reply("+OK will linger 5 seconds") * (count - 1))
    result_of(connecting)


def test_fault_completions_are_matched_by_the_applications_name(switches: Switches) -> None:
    """The end of an earlier prompt passes for the end of this one."""
    for kind in BOTH:
        switch = switches(kind)
        connected(switch)
        playing = switch.doing(switch.session.playback, "/b.wav")
        (command,) = switch.commands(1)
        switch.sock.sendall(reply("+OK") + completion("an-earlier-prompt"))
        if kind is OutboundSession:
            assert result_of(playing).headers["Application-UUID"] == "an-earlier-prompt"
            continue
        with pytest.raises(gevent.Timeout):
            result_of(playing, WRONG)
        switch.sock.sendall(completion(command.headers["Event-UUID"]))
        assert result_of(playing).headers["Application-UUID"] == command.headers["Event-UUID"]


def test_fault_lists_are_changed_while_they_are_iterated(switches: Switches) -> None:
    """One handler that unregisters itself makes the next one miss the event."""
    missed = {}
    for kind in BOTH:
        switch = switches(kind)
        session = switch.session
        first, second, last = [], [], gevent.event.Event()

        def once(event: Any, session: Any = session, first: list[Any] = first) -> None:
            first.append(event)
            session.unregister_handle("DTMF", once)

        session.register_handle("DTMF", once)
        session.register_handle("DTMF", second.append)
        session.register_handle("TALK", lambda _event, last=last: last.set())
        switch.sock.sendall(
            wire.encode_event({"Event-Name": "DTMF"}) + wire.encode_event({"Event-Name": "TALK"})
        )
        assert last.wait(DEADLINE)
        assert len(first) == 1
        missed[kind] = len(second) == 0
    assert missed == {OutboundSession: True, OutboundConnection: False}


def test_fault_a_long_command_is_sent_in_part(switches: Switches) -> None:
    """`send` writes what fits into the socket's buffer and forgets the rest."""
    line = "api " + "x" * 4_000_000
    arrived = {}
    for kind in BOTH:
        switch = switches(kind, buffers=8192)
        switch.doing(switch.session.send, line)
        switch.sock.settimeout(WRONG)
        total = 0
        with suppress(TimeoutError):
            while total < len(line) + 2:
                total += len(switch.sock.recv(1 << 20))
        arrived[kind] = total == len(line) + 2
    assert arrived == {OutboundSession: False, OutboundConnection: True}


def test_fault_the_end_of_the_connection_wakes_nobody(switches: Switches) -> None:
    """Whoever waits for a reply waits for ever."""
    for kind in BOTH:
        switch = switches(kind)
        waiting = switch.doing(switch.session.send, "api status")
        switch.commands(1)
        switch.sock.shutdown(socket.SHUT_RDWR)
        if kind is OutboundSession:
            with pytest.raises(gevent.Timeout):
                result_of(waiting, WRONG)
        else:
            with pytest.raises(ConnectionLostError, match="closed by the switch"):
                result_of(waiting)


def test_fault_a_command_has_no_deadline(switches: Switches) -> None:
    """A switch that does not answer holds the call for ever."""
    for kind in BOTH:
        switch = switches(kind)
        switch.session.deadline = 0.05
        waiting = switch.doing(switch.session.send, "api status")
        switch.commands(1)
        if kind is OutboundSession:
            with pytest.raises(gevent.Timeout):
                result_of(waiting, WRONG)
        else:
            with pytest.raises(CommandTimeoutError):
                result_of(waiting)


@pytest.mark.parametrize(
    "nonsense", [b"garbage\n\n", b"\n\n", b"Content-Type: command/reply\nReply-Text: x\n\n"]
)
@pytest.mark.filterwarnings("ignore")
def test_fault_an_unexpected_block_kills_the_reader(switches: Switches, nonsense: bytes) -> None:
    """A line without a colon, a blank line too many, a reply nobody asked for: the plain library's reader
    dies and takes every later event with it. Ours goes on, or ends the call for all to see."""
    for kind in BOTH:
        switch = switches(kind)
        heard = gevent.event.Event()
        switch.session.register_handle("DTMF", lambda _event, heard=heard: heard.set())
        switch.sock.sendall(nonsense + wire.encode_event({"Event-Name": "DTMF"}))
        if kind is OutboundSession:
            assert not heard.wait(WRONG)
            assert switch.session._receive_events_greenlet.dead
            assert switch.session.connected, "and it still thinks that it is connected"
        elif nonsense.startswith(b"garbage"):
            assert switch.session.ended.wait(DEADLINE)
            assert "malformed stream" in switch.session.lost_because
        else:
            assert heard.wait(DEADLINE)


def test_fault_a_command_waits_for_the_last_ones_acknowledgement(switches: Switches) -> None:
    """Nagle's algorithm and delayed acknowledgements add 40 ms to a command that follows another."""
    plain = switches(OutboundSession).client.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    server = OutboundServer(("127.0.0.1", 0), lambda call: None)
    server.start()
    try:
        peer = Peer(server.address, script=lambda _peer, _command: True)  # it answers nothing: nothing ends
        peer.wait_for("connect")
        (connection,) = server._unproven
        ours = connection.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        peer.close()
    finally:
        server.close(deadline=DEADLINE)
    assert (bool(plain), bool(ours)) == (False, True)


def test_fault_the_accept_loop_sleeps() -> None:
    """Callers that arrive one after the other each wait up to 100 ms at the plain library's door."""

    def seconds_for(address: tuple[str, int], calls: int = 5) -> float:
        started = time.monotonic()
        for _ in range(calls):
            peer = Peer(address)
            peer.wait_for("connect")
            peer.close()
        return time.monotonic() - started

    class Application:
        def __init__(self, session: Any) -> None:
            self.session = session

        def run(self) -> None:
            """Nothing: only the arrival counts."""

    plain = OutboundESLServer("127.0.0.1", free_port(), Application)
    listening = gevent.spawn(plain.listen)
    while plain.bound_port is None or not plain._running:
        gevent.idle()
    try:
        slow = seconds_for(("127.0.0.1", plain.bound_port))
    finally:
        listening.kill()
        plain.server.close()
    ours = OutboundServer(("127.0.0.1", 0), lambda call: None)
    ours.start()
    try:
        fast = seconds_for(ours.address)
    finally:
        ours.close(deadline=DEADLINE)
    assert slow > 0.3
    assert fast < slow / 2


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
