"""`ivr serve`: the server."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import click
import gevent
from gevent.event import Event

from ivr.alive import Alive
from ivr.cli import pass_settings
from ivr.config import Settings
from ivr.embedded import EmbeddedSwitchProcess, switch_config
from ivr.errors import SwitchFailed
from ivr.moments import nobody_watches
from ivr.server import Server
from ivr.told_faults import keep_quiet, leave_no_core

if TYPE_CHECKING:
    from ivr.api.api_server import ApiServer


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Outbound socket port; default: outbound.port.")
@click.option("--drain", default=30.0, show_default=True, help="Seconds that calls have to end at a stop.")
@pass_settings
def serve(settings: Settings, port: int | None, drain: float) -> None:
    """The server: takes the calls that the switch brings, calls people for campaigns and callbacks, and
    answers the HTTP API.

    Without FreeSWITCH (switch.kind: embedded) it brings up the embedded switch as a child process, and
    callers join that one's line port.

    \b
    Examples:
      ivr serve
      ivr --config /etc/ivr/ivr.yaml serve
      IVR_SWITCH__KIND=freeswitch ivr serve --port 8040
    """
    if port is not None:
        outbound = settings.outbound.model_copy(update={"port": port})
        settings = settings.model_copy(update={"outbound": outbound})
    keep_quiet(as_json=settings.log.format == "json")
    leave_no_core()
    stop = _stop_asked()
    api = _api_of(settings)
    server = _started(settings, api)
    switch = None
    alive = Alive()
    events = _event_socket(settings)
    try:
        host, bound = server.outbound_address
        click.echo(f"ivr: taking calls from the switch on {host}:{bound}")
        if settings.switch.kind == "embedded":
            switch = EmbeddedSwitchProcess(_embedded(settings, server))
            events = _joined(switch, server, settings.switch.destination)
            gevent.spawn(switch.wait).link(lambda _: stop.set())
        if api is not None:
            api.start(server, events)
            click.echo(f"ivr: the API answers on http://{api.address[0]}:{api.address[1]} (see /docs there)")
        alive.start()
        stop.wait()
        alive.stopping()
        if switch is not None and switch.ended:
            raise SwitchFailed(
                f"The embedded switch has ended by itself ({switch.last_words()})", "Start again"
            )
        click.echo("ivr: stopping; calls under way may end", err=True)
    finally:
        server.stop(drain)
        if api is not None:  # it tells the supervisor of the last calls, too
            api.stop()
        if switch is not None:
            # Callers who were released go on in the fallback: the switch ends with the last of them.
            switch.stop(deadline=drain)
        alive.stop()


def _stop_asked() -> Event:
    """Set by the signals that end a service."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stop.set)
    return stop


def _started(settings: Settings, api: ApiServer | None) -> Server:
    server = Server(
        settings,
        tell=lambda text: click.echo(f"ivr: {text}", err=True),
        watch=nobody_watches if api is None else api.watch,
    )
    try:
        server.start()
    except BaseException:
        if api is not None:
            api.stop()
        raise
    understanding = server.rooms.performers.understanding
    if understanding is not None and settings.understanding.prepare:
        understanding.prepare()
    return server


def _embedded(settings: Settings, server: Server) -> dict[str, object]:
    """The embedded switch that brings its calls to `server`."""
    return switch_config(
        settings,
        server=server.outbound_address,
        queues=sorted(server.rooms.queues),
        plan=server.rooms.people.plan,
        ports=(settings.switch.event_port, settings.switch.line_port),
    )


def _joined(switch: EmbeddedSwitchProcess, server: Server, destination: str) -> tuple[tuple[str, int], str]:
    """Starts it, and whoever of the server watches and commands a switch; where its events are."""
    switch.start()
    events = (switch.addresses.events, switch.addresses.password)
    server.watch_queues(*events)
    server.call_back_through(*events)
    server.campaign_through(*events)
    server.attend_agents(*events)
    host, port = switch.addresses.lines
    click.echo(f"ivr: embedded switch ready; callers join {host}:{port}, and dial {destination}")
    return events


def _api_of(settings: Settings) -> ApiServer | None:
    """Its port is taken first: to hear that another has it, nobody should wait for models."""
    if not settings.api.enabled:
        return None
    from ivr.api.api_server import ApiServer  # noqa: PLC0415 - Flask is not loaded by other commands

    return ApiServer(settings)


def _event_socket(settings: Settings) -> tuple[tuple[str, int], str] | None:
    switch = settings.switch
    if switch.kind != "freeswitch" or switch.event_password is None:
        return None
    return (switch.event_host, switch.event_port), switch.event_password


commands = [serve]
