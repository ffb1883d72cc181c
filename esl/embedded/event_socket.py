"""The event socket that clients come to: `auth`, then commands and events of the whole switch."""

from __future__ import annotations

import contextlib
import hmac
import socket
from typing import TYPE_CHECKING

from esl.embedded.listener import EventListener

if TYPE_CHECKING:
    from esl.embedded.switch import EmbeddedSwitch

_AUTH_SECONDS = 25.0


class ClientConnection(EventListener):
    """A client. Until it has given the password it can do nothing."""

    def __init__(self, switch: EmbeddedSwitch, connection: socket.socket) -> None:
        super().__init__(switch, connection)
        self._authenticated = False
        self._patience = switch.clock.later(_AUTH_SECONDS, self._lose_patience)

    def open(self) -> None:
        self.send(b"Content-Type: auth/request\n\n")

    def allowed(self) -> bool:
        return self._authenticated

    def authenticate(self, line: str) -> None:
        word, _, password = line.partition(" ")
        if word.lower() not in {"auth", "userauth"}:
            self.reply("-ERR command not found")
            return
        right = word.lower() == "auth" and hmac.compare_digest(
            password.encode(), self.switch.config.password.encode()
        )
        if right:
            self._authenticated = True
            self._patience.kill(block=False)
            self.reply("+OK accepted")
        else:
            self.reply("-ERR invalid")
            self.running = False

    def ended(self) -> None:
        self._patience.kill(block=False)

    def _lose_patience(self) -> None:
        self.running = False
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RD)
