"""A connection that we open to the switch: events of many legs, the dialler, a look at how it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gevent import socket
from gevent.event import AsyncResult
from greenswitch.esl import InboundESL

from esl import commands, sockets
from esl.connection import REPLY_DEADLINE, Connection
from esl.errors import ConnectionLostError, EslError, LoginRefusedError
from esl.queue_events import SUBCLASS
from esl.wire import Command, Event


class InboundConnection(Connection, InboundESL):  # type: ignore[misc]  # greenswitch ships no types
    """Logged in, with replies and events as on any connection."""

    def __init__(
        self,
        host: str,
        port: int,
        password: str,
        *,
        user: str = "",
        domain: str = "",
        timeout: float = REPLY_DEADLINE,
    ) -> None:
        self._prepare()
        InboundESL.__init__(self, host, port, password, timeout)
        self.deadline = timeout
        self.user = user
        self.domain = domain

    def connect(self) -> None:
        """Connects and logs in. Raises `ConnectionLostError` or `LoginRefusedError`."""
        try:
            self.sock = socket.create_connection((self.host, self.port), timeout=self.timeout)
        except OSError as fault:
            raise ConnectionLostError(f"no connection to {self.host}:{self.port}: {fault}") from None
        self.sock.settimeout(None)
        sockets.tune(self.sock)
        self.connected = True
        self.start_event_handlers()
        if not self._auth_request_event.wait(self.timeout):
            self.lose(f"no greeting within {self.timeout:g} s")
        if self.lost_because is not None:
            self._refuse(self.lost_because)
        self.authenticate()

    def _greeted(self) -> None:
        self._auth_request_event.set()

    def _lose(self, reason: str, kind: type[ConnectionLostError], text: str) -> None:
        super()._lose(reason, kind, text)
        self._auth_request_event.set()

    def authenticate(self) -> None:
        """Logs in with the password, or as a user of the switch's directory if one was given."""
        command = (
            commands.userauth(self.user, self.domain, self.password)
            if self.user
            else commands.auth(self.password)
        )
        answer = self.send(command).text
        if answer != "+OK accepted":
            self.lose("login refused")
            self._refuse(answer)

    def _refuse(self, reason: str) -> None:
        refused = reason.startswith(("-ERR", "refused by the switch"))
        kind = LoginRefusedError if refused else ConnectionLostError
        raise kind(f"{self.host}:{self.port}: {reason}") from None

    def subscribe(self, *names: str, custom: Sequence[str] = ()) -> None:
        """Events of every leg from here on, to `events_to`. Raises `CommandRefusedError`."""
        self.request(commands.events(names, custom=custom))

    def subscribe_call_centre(self, actions: Collection[str]) -> None:
        """Of what mod_callcenter tells these `CC-Action`, to `events_to`. Raises `CommandRefusedError`."""
        # The filters first: without them, every one comes.
        for action in sorted(actions):
            self.request(commands.filter_events("CC-Action", action))
        self.subscribe(custom=(SUBCLASS,))

    def api(self, command: Command, timeout: float | None = None) -> str:
        """The text that the command printed. Raises `CommandRefusedError`."""
        return self.request(command, timeout)

    def bgapi(self, command: Command, *, job_uuid: str) -> AsyncResult[Event]:
        """Starts an api command in the background. The result is set to its BACKGROUND_JOB event, whose
        body is the answer (subscribe to BACKGROUND_JOB first)."""
        waiting = self._expect(("", job_uuid))
        try:
            self.request(commands.background(command, job_uuid=job_uuid))
        except EslError:
            self._completions.pop(("", job_uuid), None)
            raise
        return waiting
