"""A FreeSWITCH of our own for tests (`ivr.load.freeswitch`), and the least ESL there can be to look at it.

Rules:
1. Where no FreeSWITCH is installed, tests are skipped, and the reason names it.
2. Waiting means: until it happened, or the process ended, or the deadline passed.
"""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import gevent
from gevent.event import Event
from gevent.queue import Empty, Queue

from esl.freeswitch.configuration import SwitchConfiguration
from ivr.errors import MeasurementImpossible
from ivr.load.callers import find_sipp as installed_sipp
from ivr.load.freeswitch import OwnFreeSwitch
from ivr.load.freeswitch import find_freeswitch as installed_freeswitch
from ivr.load.freeswitch import free_port as free_port  # noqa: PLC0414 - part of this module's interface
from tests.own_folder import own_folder


def find_freeswitch() -> Path | None:
    """`freeswitch` below FREESWITCH_HOME, else on PATH."""
    try:
        return installed_freeswitch()
    except MeasurementImpossible:
        return None


def find_sipp() -> Path | None:
    """SIPp (Debian: sip-tester)."""
    try:
        return installed_sipp()
    except MeasurementImpossible:
        return None


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Polls every 20 ms. Raises `TimeoutError` that says what did not happen."""
    never, deadline = Event(), time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        never.wait(0.02)


def taps(pid: int) -> list[str]:
    """The files of live audio that a process has open, with or without a name (proc(5))."""
    found = []
    for number in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            target = str(number.readlink())
            if re.search(r"\.r8\b", target):
                found.append(target)
    return found


@dataclass
class EslMessage:
    """Headers, their values unquoted, and the body."""

    headers: dict[str, str]
    body: str = ""
    raw: bytes = field(default=b"", repr=False)


class EslSocket:
    """The least ESL there can be, on purpose not ours: what it says about the switch is not our own echo."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._stream = connected.makefile("rb")
        self._replies: Queue = Queue()
        self.events: Queue = Queue()
        self.closed = Event()
        self.transcript: list[bytes] = []
        """Everything that passed, as in tests/traces."""
        self._greenlet = gevent.spawn(self._read)

    def _read(self) -> None:
        try:
            while (message := self._message()) is not None:
                kind = message.headers.get("Content-Type", "")
                is_reply = kind in ("command/reply", "api/response", "auth/request")
                # The reply to `connect` is the channel's data and has no type of its own to go by.
                (self._replies if is_reply or "Reply-Text" in message.headers else self.events).put(message)
        except OSError:
            pass
        finally:
            self.closed.set()
            self._replies.put(None)
            self.transcript.append(b"<<< EOF\n")

    def _message(self) -> EslMessage | None:
        raw = b""
        while not raw.endswith(b"\n\n"):
            line = self._stream.readline()
            if not line:
                return None
            raw += line
        headers = _headers(raw)
        body = self._stream.read(int(headers.get("Content-Length", 0)))
        self.transcript.append(raw + body)
        if headers.get("Content-Type") == "text/event-plain":
            head, _, rest = body.partition(b"\n\n")
            return EslMessage(_headers(head), rest.decode("utf-8", "replace"), raw + body)
        return EslMessage(headers, body.decode("utf-8", "replace"), raw + body)

    def command(self, text: str, *, seconds: float = 10) -> EslMessage:
        """Sends a command and returns its reply. Raises `TimeoutError`."""
        self.send(text)
        return self.reply(seconds)

    def send(self, text: str) -> None:
        self.transcript.append("".join(f">>> {line}\n" for line in text.split("\n")).encode())
        self._socket.sendall(text.encode() + b"\n\n")

    def reply(self, seconds: float = 10) -> EslMessage:
        try:
            message: EslMessage | None = self._replies.get(timeout=seconds)
        except Empty:
            raise TimeoutError("no reply from the switch") from None
        if message is None:
            raise ConnectionError("the switch closed the connection")
        return message

    def execute(self, application: str, argument: str = "", *, ident: str = "x1") -> EslMessage:
        """`sendmsg execute`; the reply says that it was queued."""
        lines = ["sendmsg", "call-command: execute", f"execute-app-name: {application}"]
        lines += [f"execute-app-arg: {argument}"] if argument else []
        return self.command("\n".join([*lines, f"Event-UUID: {ident}"]))

    def event(self, condition: Callable[[Mapping[str, str]], bool], seconds: float = 10) -> EslMessage:
        """The next event that fulfils `condition`; others are dropped. Raises `TimeoutError`."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            with contextlib.suppress(Empty):
                message: EslMessage = self.events.get(timeout=left)
                if condition(message.headers):
                    return message
        raise TimeoutError("the awaited event did not come")

    def completed(self, ident: str, seconds: float = 10) -> EslMessage:
        """CHANNEL_EXECUTE_COMPLETE of what `execute` started."""
        return self.event(
            lambda headers: (
                headers.get("Event-Name") == "CHANNEL_EXECUTE_COMPLETE"
                and headers.get("Application-UUID") == ident
            ),
            seconds,
        )

    def close(self) -> None:
        self._greenlet.kill()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._stream.close()
        self._socket.close()


def _headers(raw: bytes) -> dict[str, str]:
    pairs = (line.partition(": ") for line in raw.decode("utf-8", "replace").split("\n") if ": " in line)
    return {name: unquote(value) for name, _, value in pairs}


class OutboundPort:
    """Where the dialplan's `socket` arrives: one `EslSocket` for each call."""

    def __init__(self, port: int = 0) -> None:
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(100)
        self.port: int = self._listener.getsockname()[1]
        self._calls: Queue = Queue()
        self._open: list[EslSocket] = []
        self._greenlet = gevent.spawn(self._accept)

    def _accept(self) -> None:
        while True:
            connected, _ = self._listener.accept()
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            esl = EslSocket(connected)
            self._open.append(esl)
            self._calls.put(esl)

    def call(self, seconds: float = 10) -> EslSocket:
        """The next call that arrives. Raises `TimeoutError`."""
        try:
            esl: EslSocket = self._calls.get(timeout=seconds)
        except Empty:
            raise TimeoutError("no call reached the socket") from None
        return esl

    def close(self) -> None:
        self._greenlet.kill()
        self._listener.close()
        for esl in self._open:
            esl.close()


class FreeSwitch(OwnFreeSwitch):
    """A running FreeSWITCH that is asked by sockets of the tests' own."""

    _control: EslSocket | None = None

    @property
    def log(self) -> Path:
        return self.folder / "log" / "freeswitch.log"

    def secret(self, name: str) -> str:
        """A password from the configuration folder."""
        return (self.folder / "conf" / "secrets" / name).read_text().strip()

    def connect(self, password: str | None = None) -> EslSocket:
        """An inbound connection to the event socket, authenticated."""
        esl = EslSocket(
            socket.create_connection(("127.0.0.1", self.configuration.event_socket.port), timeout=5)
        )
        try:
            esl.reply()
            answer = esl.command(f"auth {self.password if password is None else password}")
            if answer.headers.get("Reply-Text") != "+OK accepted":
                raise PermissionError(answer.headers.get("Reply-Text"))
        except BaseException:
            esl.close()
            raise
        return esl

    def api(self, command: str) -> str:
        """One `api` command; its answer."""
        if self._control is None or self._control.closed.is_set():
            self._control = self.connect()
        return self._control.command(f"api {command}").body

    def complaints(self) -> list[str]:
        """The log's lines of level ERR, CRIT and ALERT."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return [line for line in text.splitlines() if re.search(r"\[(?:ERR|CRIT|ALERT)\]", line)]

    def channels(self) -> int:
        """Legs that are up."""
        found = re.search(r"^(\d+) total", self.api("show channels count"), re.M)
        assert found is not None
        return int(found.group(1))

    def stop(self) -> None:
        """Asks it to end, then insists."""
        with contextlib.suppress(OSError, TimeoutError, PermissionError, AssertionError):
            self.api("fsctl shutdown now")
        if self._control is not None:
            self._control.close()
        super().stop()


@contextlib.contextmanager
def freeswitch(configuration: SwitchConfiguration | None = None) -> Iterator[FreeSwitch]:
    """A FreeSWITCH for the length of a `with`. Call `find_freeswitch` first."""
    binary = find_freeswitch()
    assert binary is not None, "no FreeSWITCH here"
    with own_folder("ivr-fs") as folder:
        switch = FreeSwitch(binary, folder, configuration or SwitchConfiguration())
        try:
            switch.start()
            yield switch
        finally:
            switch.stop()
