"""Legs that we dial on a switch, over a connection to its event socket: marked before they leave, and traced.

Rules:
1. A leg has the attempt's id as its uuid, and is brought to this very server once somebody answers.
2. A mark is left on the switch before the order to dial leaves. So no mark, on the switch that the order went
   to, and since before the order: it never began. A mark and no leg: it is gone, or may be.
"""

from __future__ import annotations

import time
from typing import Literal
from uuid import UUID

import structlog
from gevent.lock import BoundedSemaphore

from esl import commands
from esl.errors import CommandRefusedError, EslError
from esl.inbound import InboundConnection
from esl.wire import Command

log = structlog.get_logger(__name__)

CONNECT_DEADLINE = 2.0
ANSWER_WITHIN = 15.0
"""Seconds that a switch may take over one command: with this connection the end of every call that rings is
lost, so one that is busy is waited for. (An order to dial is not given later than that, either.)"""
KEPT_MARKS = 24 * 3600.0
"""Seconds that a mark is kept; of an older try it is not known any more whether it began."""
Trace = Literal["never", "up", "gone"]


class Originating:
    """One switch on which we dial."""

    def __init__(
        self, event_socket: tuple[str, int], password: str, *, server: tuple[str, int], name: str
    ) -> None:
        """`server`: where the switch finds this process; `name` tells the switch from others (`trace`)."""
        self._address, self._password = event_socket, password
        self._server = server
        self.name = name
        self._connection: InboundConnection | None = None
        self._connecting = BoundedSemaphore()
        self._marks: dict[str, float] = {}

    def close(self) -> None:
        """Ends the connection. Whoever is being called stays so, and is looked for by their mark."""
        if self._connection is not None:
            self._connection.lose("closed by us")

    def _here(self) -> str:
        """`HOST:PORT` of this server, as the switch finds it. Raises `EslError`."""
        host, port = self._server
        if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound: the switch needs one address of ours
            host = self._connected().sock.getsockname()[0]
        return f"{host}:{port}"

    # --- marks ------------------------------------------------------------------------------------

    def _mark(self, attempt_id: UUID) -> None:
        """From here on it may have left. Raises `EslError`."""
        self._ask(commands.set_global(_name(attempt_id), "1"))
        self._marks[_name(attempt_id)] = time.monotonic()

    def _unmark(self, attempt_id: UUID) -> None:
        """It is known elsewhere how it ended."""
        self._forget(_name(attempt_id))

    def _forget_old_marks(self) -> None:
        for mark in [one for one, left in self._marks.items() if time.monotonic() - left > KEPT_MARKS]:
            self._forget(mark)

    def _forget(self, mark: str) -> None:
        self._marks.pop(mark, None)
        try:
            self._ask(commands.set_global(mark, ""))
        except EslError as fault:  # it stays until the switch's next start
            log.warning("dial_mark_left", reason=str(fault))

    def trace(self, attempt_id: UUID, owner: str) -> Trace:
        """What the switch knows of that leg: it never was there, it is up, or it is gone (or it cannot be
        known); `up` also while the switch cannot be asked. `owner`: who had it dialled, `NODE@SWITCH`."""
        age = time.time() - (attempt_id.int >> 80) / 1000  # UUIDv7: milliseconds since the epoch come first
        try:
            if self._ask(commands.leg_exists(str(attempt_id))).strip() == "true":
                return "up"
            if age > KEPT_MARKS or not owner.endswith(f"@{self.name}"):
                return "gone"
            if self._asked_for(_name(attempt_id)) == "1":
                return "gone"
            uptime = float(self._ask(commands.uptime()).strip())
        except (EslError, ValueError) as fault:
            log.warning("dialled_leg_not_traced", attempt=str(attempt_id), reason=str(fault))
            return "up"
        return "never" if uptime > age else "gone"  # a switch that has started since has forgotten its marks

    def _asked_for(self, mark: str) -> str:
        try:
            return self._ask(commands.get_global(mark)).strip()
        except CommandRefusedError:  # `-ERR no reply`: there is none
            return ""

    # --- the connection ---------------------------------------------------------------------------

    def _ask(self, command: Command) -> str:
        return self._connected().api(command)

    def _connected(self) -> InboundConnection:
        """The connection, opened anew if it was lost. Raises `EslError`."""
        with self._connecting:
            known = self._connection
            if known is not None and known.lost_because is None:
                return known
            host, port = self._address
            fresh = InboundConnection(host, port, self._password, timeout=CONNECT_DEADLINE)
            try:
                fresh.connect()
                fresh.deadline = ANSWER_WITHIN
                self._subscribe(fresh)
            except BaseException:
                fresh.lose("closed by us")
                raise
            if known is not None:
                log.info("dialling_connection_back")
            self._connection = fresh
            return fresh

    def _subscribe(self, fresh: InboundConnection) -> None:
        """What is to be heard on a connection."""
        fresh.subscribe("BACKGROUND_JOB")


def _name(attempt_id: UUID) -> str:
    return f"ivr_dialled_{attempt_id.hex}"
