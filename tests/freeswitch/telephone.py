"""A telephone for tests: SIP over UDP, and sound in real time, each sample with the instant it passed.

Rules:
1. A `Telephone` sends sound all the time, like a real one: silence when nothing is said.
2. `said` and `heard` share one clock (`time.monotonic`), so a latency is a subtraction.
3. Every wait has a deadline; what went wrong is an exception of the test, never a hang.
"""

from __future__ import annotations

import contextlib
import secrets
import socket
from collections.abc import Iterator

import gevent
from gevent.queue import Empty, Queue

from tests.freeswitch.leg import CallRefused, Leg
from tests.freeswitch.sip import (
    Message,
    authorization,
    decode,
    tag,
)


class Telephone:
    """A SIP address that calls and is called. `name` may be any text, also what no telephone would send."""

    def __init__(
        self,
        switch: tuple[str, int],
        number: str = "34600111222",
        *,
        name: str | None = None,
        host: str = "127.0.0.1",
        password: str | None = None,
    ) -> None:
        self.switch, self.number, self.name, self.password = switch, number, name, password
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self.host, self.port = self._socket.getsockname()
        self._legs: dict[str, Leg] = {}
        self._all: list[Leg] = []
        self._incoming: Queue = Queue()
        self._greenlet = gevent.spawn(self._receive)

    def call(
        self, destination: str, *, seconds: float = 30, extra: list[tuple[str, str]] | None = None
    ) -> Leg:
        """Calls and waits for the answer. Raises `CallRefused`, `TimeoutError`."""
        leg = self.dial(destination)
        leg.call(f"sip:{destination}@{self.switch[0]}:{self.switch[1]}", extra or [], seconds=seconds)
        return leg

    def dial(self, destination: str) -> Leg:
        """A leg that has not called yet (`leg.call`), for tests that hang up while it rings."""
        leg = Leg(self, f"{secrets.token_hex(8)}@{self.host}")
        if self.name is not None:
            leg.local = f'"{self.name}" {leg.local}'
        self._legs[leg.call_id] = leg
        self._all.append(leg)
        return leg

    def called(self, seconds: float = 10) -> Leg:
        """Waits until somebody calls; rings are for the test to send. Raises `TimeoutError`."""
        try:
            leg: Leg = self._incoming.get(timeout=seconds)
        except Empty:
            raise TimeoutError(f"nobody called {self.number} within {seconds} s") from None
        return leg

    def register(self, seconds: int = 300) -> int:
        """Registers with the password; the final status."""
        leg = self.dial("")
        leg.target = f"sip:{self.switch[0]}:{self.switch[1]}"
        leg.local = f"<sip:{self.number}@{self.switch[0]}>;tag={secrets.token_hex(6)}"
        leg.remote = f"<sip:{self.number}@{self.switch[0]}>"
        extra = [("Expires", str(seconds))]
        response = leg.request("REGISTER", extra, accept=True)
        if response.status == 401 and self.password is not None:
            challenge = response.get("WWW-Authenticate")
            answer = authorization(challenge, "REGISTER", leg.target, self.number, self.password)
            response = leg.request("REGISTER", [*extra, ("Authorization", answer)], accept=True)
        leg.close()
        self.forget(leg)
        return response.status

    def send(self, message: Message, _target: str = "") -> None:
        """To the switch, whatever the address says: a test has one."""
        self._socket.sendto(message.encode(), self.switch)

    def respond(self, request: Message, status: int, local: str, body: str = "") -> None:
        """Answers a request of the far end; `local` is our side of the dialog, with its tag."""
        words = {180: "Ringing", 183: "Session Progress", 200: "OK", 487: "Request Terminated"}
        headers = [("Via", via) for via in request.all("Via")]
        headers += [
            ("From", request.get("From")),
            ("To", request.get("To") if tag(request.get("To")) else local),
            ("Call-ID", request.get("Call-ID")),
            ("CSeq", request.get("CSeq")),
            ("Contact", f"<sip:{self.number}@{self.host}:{self.port}>"),
        ]
        if body:
            headers.append(("Content-Type", "application/sdp"))
        self.send(Message(f"SIP/2.0 {status} {words.get(status, 'Refused')}", headers, body))

    def forget(self, leg: Leg) -> None:
        self._legs.pop(leg.call_id, None)

    def _receive(self) -> None:
        while True:
            try:
                packet, _ = self._socket.recvfrom(65535)
            except OSError:
                return
            message = decode(packet)
            if message is None:
                continue
            leg = self._legs.get(message.get("Call-ID"))
            if leg is not None:
                if (
                    leg.invite is not None
                    and message.get("CSeq") == leg.invite.get("CSeq")
                    and message.method == "INVITE"
                ):
                    continue  # the same INVITE again
                leg.receive(message)
            elif message.method == "INVITE" and not message.status:
                leg = Leg(self, message.get("Call-ID"))
                leg.take(message)
                self._legs[leg.call_id] = leg
                self._all.append(leg)
                self._incoming.put(leg)
            elif not message.status and message.method != "ACK":
                self.respond(message, 200, f"{message.get('To')};tag=outside")

    def close(self) -> None:
        """Hangs up what is still up and lets go of the sockets."""
        for leg in list(self._all):
            if leg.answered.is_set() and not leg.over.is_set():
                with contextlib.suppress(TimeoutError, CallRefused):
                    leg.hang_up()
            leg.close()
        self._greenlet.kill()
        self._socket.close()


@contextlib.contextmanager
def telephone(switch: tuple[str, int], number: str = "34600111222", **options: object) -> Iterator[Telephone]:
    """A telephone for the length of a `with`."""
    phone = Telephone(switch, number, **options)  # type: ignore[arg-type] - passed on as given
    try:
        yield phone
    finally:
        phone.close()
