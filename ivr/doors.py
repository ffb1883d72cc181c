"""Where the switch comes in: calls, their events, and their live audio."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import structlog

from esl.audio_socket import AudioSocket
from esl.errors import AddressTakenError
from esl.live_audio import AudioTransport, LiveAudio
from esl.live_folder import claim
from esl.outbound import OutboundServer
from esl.switch import Call
from esl.switchboard import Switchboard
from ivr.config import Settings
from ivr.errors import NotWritable, PortTaken
from ivr.rooms import writable
from ivr.shared_memory import shared_memory

log = structlog.get_logger(__name__)


def bind(settings: Settings, take: Callable[[Call], None], closing: ExitStack) -> OutboundServer:
    """Takes the ports; `take` lives a call. Calls are accepted once `open_for_calls` was called: until then
    the switch goes to its next action. Raises `PortTaken`, `NotWritable`.

    It comes before the models are loaded: a minute later would be late to hear that a port is taken.
    """
    outbound = settings.outbound
    audio = live_audio_of(settings)
    closing.callback(audio.close)
    board = _switchboard(settings)
    if board is not None:
        closing.callback(board.close)
    server = OutboundServer(
        (outbound.host, outbound.port),
        take,
        allowed=outbound.allowed,
        max_calls=outbound.max_calls,
        live_audio=audio,
        event_sources=() if board is None else (board,),
    )
    with _port_of("outbound", outbound.host, outbound.port):
        server.bind()
    closing.callback(server.stop_accepting)
    return server


def open_for_calls(settings: Settings, server: OutboundServer) -> None:
    """Accepts calls from now on. Raises `PortTaken`."""
    with _port_of("outbound", settings.outbound.host, settings.outbound.port):
        server.start()


@contextmanager
def _port_of(section: str, host: str, port: int) -> Iterator[None]:
    """Tells a port that is taken in the settings' words. Raises `PortTaken`."""
    try:
        yield
    except AddressTakenError as taken:
        raise PortTaken(
            f"Port {port} on {host} is taken",
            f"End the program that listens there, or set {section}.port in ivr.yaml",
        ) from taken


def _switchboard(settings: Settings) -> Switchboard | None:
    """The connection to FreeSWITCH's event socket. (The embedded switch is our own child.)"""
    switch = settings.switch
    if switch.kind != "freeswitch":
        return None
    if switch.event_password is None:
        log.warning("no_event_connection", reason="no password is set", remedy="set switch.event_password")
        return None
    board = Switchboard(
        (switch.event_host, switch.event_port), switch.event_password, carries=switch.events == "shared"
    )
    board.start()
    return board


def live_audio_of(settings: Settings) -> AudioTransport:
    """The way that the settings say. Raises `PortTaken`, `NotWritable`."""
    audio = settings.audio
    if audio.transport == "websocket":
        transport = AudioSocket((audio.host, audio.port), url=audio.url, allowed=audio.allowed)
        with _port_of("audio", audio.host, audio.port):
            transport.start()
        return transport
    folder = shared_memory(settings)
    try:
        claimed = claim(writable(folder, "live audio"))
    except OSError as refused:
        raise NotWritable(
            f"No folder for live audio in {folder} ({refused.strerror or refused})",
            "Name a folder of this user's in freeswitch.live_audio",
        ) from refused
    if claimed.leftovers:
        log.warning("live_audio_left_over", files=claimed.leftovers, removed_from=str(claimed.path.parent))
    return LiveAudio(folder=claimed)
