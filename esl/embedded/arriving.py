"""Who joins the switch's line: a caller, whose leg begins, or somebody who waits to be called."""

from __future__ import annotations

import contextlib
import logging
import socket
from typing import TYPE_CHECKING
from urllib.parse import unquote
from uuid import uuid4

from esl.embedded.errors import LineError
from esl.embedded.hold import hold
from esl.embedded.leg_variables import inbound_variables
from esl.embedded.line import (
    AUDIO,
    HANGUP,
    HOLD,
    INFO_KEY,
    KEY,
    Hello,
    Line,
    Waiting,
    read_audio,
    read_hello,
    read_hold,
    read_key,
    send_opening,
)
from esl.embedded.profile import CallerProfile, Times
from esl.embedded.session import Session

if TYPE_CHECKING:
    from esl.embedded.switch import EmbeddedSwitch

_log = logging.getLogger(__name__)


def take_call(switch: EmbeddedSwitch, connection: socket.socket) -> None:
    """Reads who it is, and answers with the call's uuid, the number that is taken, or a refusal's reason."""
    try:
        who, rest = read_hello(connection)
        if isinstance(who, Waiting):
            send_opening(connection, {"takes": who.takes})
            switch.callees.wait(who.takes, lambda got, lost: Line(connection, got=got, lost=lost, rest=rest))
            return
        refusal = switch.refusal()
        if refusal:
            send_opening(connection, {"reason": refusal, "cause": "SWITCH_CONGESTION"})
            connection.close()
            return
        session = _session_for(switch, who)
        send_opening(connection, {"uuid": session.uuid})
    except LineError as fault:
        _log.info("a call did not begin: %s", fault)
        with contextlib.suppress(OSError):
            send_opening(connection, {"reason": str(fault), "cause": "MANDATORY_IE_MISSING"})
        connection.close()
        return
    except OSError:
        connection.close()
        return
    _attach(session, connection, rest)
    switch.adopt(session)


def _session_for(switch: EmbeddedSwitch, hello: Hello) -> Session:
    uuid = str(uuid4())
    now = int(switch.clock.now() * 1_000_000)
    profile = CallerProfile(
        unique_id=uuid,
        channel_name=f"sofia/internal/{hello.number}@127.0.0.1",
        direction="inbound",
        caller_id_number=hello.number,
        # FreeSWITCH decodes what a caller sends as a name, once (seen on 1.11.2).
        caller_id_name=unquote(hello.name, errors="replace"),
        destination_number=hello.destination,
        username=hello.number,
        dialplan="XML",
        times=Times(profile_created=now, created=now),
    )
    variables = inbound_variables(
        profile, session_id=switch.next_session_id(), media_port=switch.next_media_port()
    )
    session = Session(switch, profile, variables)
    session.channel.update(hello.variables)
    return session


def _attach(session: Session, connection: socket.socket, rest: bytes) -> None:
    channel, media = session.channel, session.media

    def got(kind: bytes, body: bytes) -> None:
        if kind == AUDIO:
            media.hear(read_audio(body)[1])
        elif kind == KEY:
            session.press(*read_key(body))
        elif kind == INFO_KEY:
            session.press(*read_key(body), source="ENDPOINT")
        elif kind == HOLD:
            hold(channel, read_hold(body))
        elif kind == HANGUP:
            channel.hang_up(body.decode("ascii", "replace") or "NORMAL_CLEARING", by_caller=True)
        else:
            raise LineError(f"a caller does not send {kind!r}")

    def lost(_reason: str) -> None:
        channel.hang_up("NORMAL_CLEARING", by_caller=True)

    def hung_up() -> None:
        cause = channel.hangup_cause or "NORMAL_CLEARING"
        if media.line is not None and not channel.hung_up_by_caller:
            media.line.send(HANGUP, cause.encode())

    media.line = Line(connection, got=got, lost=lost, rest=rest)
    channel.when_hung_up.append(hung_up)
