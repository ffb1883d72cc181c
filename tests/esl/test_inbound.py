"""The connection that we open to the switch, against a listener that replays captured exchanges."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import gevent
import pytest

from esl import commands
from esl.errors import CommandRefusedError, ConnectionLostError, LoginRefusedError, UnsafeTextError
from esl.inbound import InboundConnection
from esl.wire import Command, CommandReader, Event
from tests.esl import traces
from tests.esl.peer import DEADLINE, reply

GREETING = b"Content-Type: auth/request\n\n"


class Listener:
    """The switch's port 8021: greets, then lets `answer` say what follows each command."""

    def __init__(self, greeting: bytes, answer: Callable[[Command], bytes | None]) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.commands: list[Command] = []
        self._greeting = greeting
        self._answer = answer
        self._greenlet = gevent.spawn(self._serve)

    def _serve(self) -> None:
        sock, _ = self._server.accept()
        with sock:
            sock.sendall(self._greeting)
            reader = CommandReader()
            while data := sock.recv(65536):
                for command in reader.feed(data):
                    self.commands.append(command)
                    answer = self._answer(command)
                    if answer is None:
                        return
                    sock.sendall(answer)

    def close(self) -> None:
        self._greenlet.kill()
        self._server.close()


class Trace:
    """Answers each command as the trace does, whatever order they come in."""

    def __init__(self, name: str) -> None:
        self.answers = {step.command: step.answer for step in traces.load(name).steps}

    def __call__(self, command: Command) -> bytes | None:
        words = b"\n".join(
            [command.line.encode(), *(f"{k}: {v}".encode() for k, v in command.headers.items())]
        )
        return self.answers[words]


@pytest.fixture
def dial() -> Iterator[Callable[..., tuple[InboundConnection, Listener]]]:
    opened: list[tuple[InboundConnection, Listener]] = []

    def to(
        answer: Callable[[Command], bytes | None], *, greeting: bytes = GREETING, **options: object
    ) -> tuple[InboundConnection, Listener]:
        listener = Listener(greeting, answer)
        connection = InboundConnection("127.0.0.1", listener.port, "ClueCon", **options)  # type: ignore[arg-type] # options pass through
        opened.append((connection, listener))
        return connection, listener

    yield to
    for connection, listener in opened:
        connection.lose("the test is over")
        listener.close()


Dial = Callable[..., tuple[InboundConnection, Listener]]


def test_log_in_subscribe_and_dial_as_captured(dial: Dial) -> None:
    """Background jobs are told apart by their own id, and their result is the event's body."""
    connection, _ = dial(Trace("originate-outcomes-inbound"))
    events: list[Event] = []
    connection.events_to = events.append
    connection.connect()
    connection.subscribe(
        "BACKGROUND_JOB", "CHANNEL_CREATE", "CHANNEL_PROGRESS", "CHANNEL_ANSWER", "CHANNEL_HANGUP_COMPLETE"
    )
    results = {}
    for code in ("486", "404"):
        job = connection.bgapi(
            commands.originate(
                f"sofia/internal/34600000{code}@127.0.0.1:5095",
                variables={
                    "ignore_early_media": "true",
                    "originate_timeout": "5",
                    "origination_uuid": f"dial-{code}",
                    "origination_caller_id_number": "34911222333",
                },
            ),
            job_uuid=f"job-{code}",
        )
        results[code] = job.get(timeout=DEADLINE).body
    assert results == {"486": b"-ERR USER_BUSY\n", "404": b"-ERR UNALLOCATED_NUMBER\n"}
    assert [event.name for event in events[:3]] == [
        "CHANNEL_CREATE",
        "CHANNEL_HANGUP_COMPLETE",
        "BACKGROUND_JOB",
    ]
    assert events[0].uuid == "dial-486"


def test_tables_of_the_queues_as_captured(dial: Dial) -> None:
    """`api` returns what the command printed; custom events name their subclass."""
    connection, _ = dial(Trace("callcenter-events-inbound"))
    heard: list[str] = []
    connection.register_handle("callcenter::info", lambda event: heard.append(event.get("CC-Action")))
    connection.connect()
    connection.subscribe(custom=["callcenter::info"])
    tiers = connection.api(commands.api("callcenter_config tier list"))
    assert tiers.split("\n") == [
        "queue|agent|state|level|position",
        "support@default|ana@default|Ready|1|1",
        "+OK",
    ]
    assert connection.api(commands.api("callcenter_config queue count members support@default")) == "0"
    assert heard[:4] == ["member-queue-start", "members-count", "agent-state-change", "agent-offering"]


@pytest.mark.parametrize(
    ("greeting", "said", "error"),
    [
        (GREETING, reply("-ERR invalid"), LoginRefusedError),
        (
            b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n",
            b"",
            LoginRefusedError,
        ),
        (b"SSH-2.0-OpenSSH\n\n", b"", ConnectionLostError),
        (b"", b"", ConnectionLostError),
    ],
)
def test_a_login_that_fails_says_why(
    dial: Dial, greeting: bytes, said: bytes, error: type[Exception]
) -> None:
    """Wrong password, address not on the list, no switch, no greeting at all: each at once or in time."""
    connection, _ = dial(lambda command: said, greeting=greeting, timeout=0.2)
    with pytest.raises(error):
        connection.connect()
    assert connection.ended.is_set()


def test_nobody_listens(dial: Dial) -> None:
    """One clear error with the address."""
    connection, listener = dial(lambda command: None)
    listener.close()
    with pytest.raises(ConnectionLostError, match=f"127.0.0.1:{listener.port}"):
        connection.connect()


def test_log_in_as_a_user_of_the_directory(dial: Dial) -> None:
    """`userauth` narrows what the connection may do."""
    connection, listener = dial(lambda command: reply("+OK accepted"), user="ivr", domain="pbx.test")
    connection.connect()
    assert listener.commands[0].line == "userauth ivr@pbx.test:ClueCon"


def test_the_end_of_the_connection_wakes_everyone(dial: Dial) -> None:
    """Commands, jobs and `end_to`: the switch closes in the middle of it all."""
    answers = {"auth": reply("+OK accepted"), "bgapi": reply("+OK Job-UUID: j"), "api": None}
    connection, _ = dial(lambda command: answers[command.word])
    ended: list[str] = []
    connection.end_to = ended.append
    connection.connect()
    job = connection.bgapi(commands.api("status"), job_uuid="j")
    with pytest.raises(ConnectionLostError):
        connection.api(commands.api("status"))
    with pytest.raises(ConnectionLostError):
        job.get(timeout=DEADLINE)
    assert ended == ["closed by the switch"]
    with pytest.raises(ConnectionLostError):
        connection.api(commands.api("status"))


def test_a_refused_command_tells_what_and_why(dial: Dial) -> None:
    """`-ERR` is an error of its own; nothing of a value is in the message but the command's name."""
    answers = {
        "auth": reply("+OK accepted"),
        "api": b"Content-Type: api/response\nContent-Length: 9\n\n-ERR bad\n",
    }
    connection, _ = dial(lambda command: answers[command.word])
    connection.connect()
    with pytest.raises(CommandRefusedError, match="'api uuid_setvar_multi': -ERR bad") as refused:
        connection.api(commands.set_variables("u", {"secret": "4571"}))
    assert "4571" not in str(refused.value)


def test_a_command_from_within_a_callback_is_refused(dial: Dial) -> None:
    """It would wait for the reply that only its own greenlet can read."""
    connection, _ = dial(Trace("callcenter-events-inbound"))
    faults: list[BaseException] = []

    def ask(_event: Event) -> None:
        try:
            connection.api(commands.api("status"))
        except RuntimeError as fault:
            faults.append(fault)

    connection.events_to = ask
    connection.connect()
    connection.subscribe(custom=["callcenter::info"])
    connection.api(commands.api("callcenter_config tier list"))
    assert faults


def test_a_command_that_would_break_the_framing_never_leaves(dial: Dial) -> None:
    """And the connection is as good as before."""
    connection, listener = dial(lambda command: reply("+OK accepted"))
    connection.connect()
    with pytest.raises(UnsafeTextError):
        connection.send("api status\n\napi shutdown")
    assert [command.line for command in listener.commands] == ["auth ClueCon"]
    assert connection.connected


def test_many_senders_get_their_own_replies(dial: Dial) -> None:
    """Replies come in the order of the commands, whoever sent them."""

    def echo(command: Command) -> bytes:
        if command.word == "auth":
            return reply("+OK accepted")
        body = command.rest.encode()
        return b"Content-Type: api/response\nContent-Length: %d\n\n%s" % (len(body), body)

    connection, _ = dial(echo)
    connection.connect()
    asking = [gevent.spawn(connection.api, commands.api(f"echo {n} {'x' * n * 50}")) for n in range(40)]
    gevent.joinall(asking, timeout=DEADLINE)
    assert [one.value.split(" ")[1] for one in asking] == [str(n) for n in range(40)]
