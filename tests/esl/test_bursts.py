"""Many calls in one instant, and a server that was busy meanwhile: nobody is lost who could be served."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator

import gevent
import pytest
from gevent import monkey

from esl.connection import OutboundConnection
from esl.errors import CallEnded, CommandTimeoutError
from esl.outbound import OutboundServer
from esl.replies import Question, Replies
from esl.switch import Call
from esl.wire import CommandReader, Headers, Message
from tests.esl.peer import DEADLINE, Peer, api_response

BURST = 300
SOCKET = monkey.get_original("socket", "socket")
"""The system's own: what it does, it does without letting our greenlets run."""


@pytest.fixture
def server() -> Iterator[OutboundServer]:
    server = OutboundServer(("127.0.0.1", 0), lambda call: call.answer(), max_calls=BURST)
    server.start()
    yield server
    server.close(deadline=DEADLINE)


def test_a_burst_waits_at_the_door_while_we_are_busy(server: OutboundServer) -> None:
    """Three hundred switches' connections, made while not one greenlet of ours runs: the system keeps every
    one for us (it may keep 4096), and once we run again each is asked who it is."""
    callers = []
    try:
        for _ in range(BURST):
            callers.append(SOCKET())
            callers[-1].setblocking(False)
            assert callers[-1].connect_ex(server.address) in (0, errno.EINPROGRESS)
        connected = [one.getsockopt(SOCKET_LEVEL, SO_ERROR) == 0 and one.getpeername() for one in callers]
        assert all(connected), "refused, or dropped to be tried again a second later"
        asked = 0
        with gevent.Timeout(DEADLINE):
            while asked < BURST:
                gevent.sleep(0.005)
                asked = sum(1 for one in callers if arrived(one) == b"connect\n\nlinger 5\n\n")
    finally:
        for one in callers:
            one.close()


SOCKET_LEVEL, SO_ERROR = 1, 4
PEEK = 2  # MSG_PEEK


def arrived(caller: object) -> bytes:
    try:
        return bytes(caller.recv(100, PEEK))  # type: ignore[attr-defined] # the system's socket
    except BlockingIOError:
        return b""


class Silent:
    """Counts whom it is told to be overdue."""

    def __init__(self) -> None:
        self.told: list[Question] = []

    def __call__(self, question: Question) -> None:
        self.told.append(question)


def reply() -> Message:
    return Message(Headers({"Content-Type": "command/reply", "Reply-Text": "+OK"}))


def test_time_in_which_we_slept_is_not_the_switchs_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven seconds without a turn for us, and a deadline of five: the replies may have come long since."""
    silent = Silent()
    replies = Replies(silent)
    question = Question("api", 1, 5.0)
    replies.expect([question])
    awake = time.monotonic
    monkeypatch.setattr("esl.replies.time.monotonic", lambda: awake() + 7.0)
    replies._look()
    gevent.sleep(0)
    assert silent.told == []
    assert replies.take(reply())
    assert question.answer.ready()
    replies.end(RuntimeError)


def test_a_silent_switch_is_still_found_out() -> None:
    """Punctually, and whoever waits is told so."""
    server = OutboundServer(
        ("127.0.0.1", 0), lambda call: errors.append(refused(call)), command_deadline=0.05
    )
    errors: list[str] = []
    server.start()
    try:
        peer = Peer(server.address, script=lambda _peer, command: command.word == "api")
        began = time.monotonic()
        assert peer.closed.wait(DEADLINE)
        assert time.monotonic() - began < DEADLINE / 2
    finally:
        server.close(deadline=DEADLINE)
    assert errors == ["ended"]


def refused(call: Call) -> str:
    try:
        call.answer()
    except CallEnded:
        return "ended"
    return "answered"


def test_the_earliest_of_several_deadlines_counts() -> None:
    """A goodbye has a second, whatever else is waited for."""
    silent = Silent()
    replies = Replies(silent)
    patient, hasty = Question("api", 1, 5.0), Question("exit", 1, 0.02)
    replies.expect([patient])
    replies.expect([hasty])
    with gevent.Timeout(DEADLINE):
        while not silent.told:
            gevent.sleep(0.005)
    assert silent.told == [hasty]
    replies.end(lambda: CommandTimeoutError("over"))
    for question in (patient, hasty):
        with pytest.raises(CommandTimeoutError):
            question.get()


def test_two_greenlets_that_write_at_once_keep_their_order() -> None:
    """The second's command waits behind the rest of the first's, which the socket has not taken yet; each
    gets its own reply."""
    with SOCKET() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        ours = gevent.socket.create_connection(listening.getsockname())
        theirs, _ = listening.accept()
    with theirs:
        theirs.setblocking(False)
        connection = OutboundConnection(("127.0.0.1", 1), ours)
        long = gevent.spawn(connection.send, "api " + "x" * 8_000_000, DEADLINE)
        short = gevent.spawn(connection.send, "api short", DEADLINE)
        reader, seen = CommandReader(command_limit=10_000_000), list[int]()
        with gevent.Timeout(DEADLINE):
            while len(seen) < 2:
                gevent.sleep(0.001)
                try:
                    data = theirs.recv(1_000_000)
                except BlockingIOError:
                    continue
                for command in reader.feed(data):
                    seen.append(len(command.rest))
                    theirs.sendall(api_response(f"{len(command.rest)}"))
        assert seen == [8_000_000, 5]
        assert [one.get(timeout=DEADLINE).text for one in (long, short)] == ["8000000", "5"]
        connection.lose("the test is over")
