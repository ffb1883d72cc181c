"""`ivr freeswitch`: brings a real FreeSWITCH under this server's control."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path, PurePosixPath

import click

from esl.freeswitch import configuration as switch
from esl.freeswitch.folder import Preparation, prepare, write
from esl.freeswitch.render import UNWRITABLE
from ivr.agents.opening import dial_strings, staff_of
from ivr.config import Settings
from ivr.errors import ConfigurationError
from ivr.publishing.served import served_catalogue
from ivr.queueing.sync import Wanted, wanted
from ivr.this_machine import is_loopback


@click.group()
def freeswitch() -> None:
    """A real FreeSWITCH: its configuration. Step by step: docs/freeswitch.md.

    \b
    Example:
      ivr freeswitch init conf/freeswitch
    """


def named(_context: click.Context, parameter: click.Parameter, folder: str) -> Path:
    """A folder that was really given: an empty one (a variable that is not set) would be the current one.
    Raises `click.BadParameter`."""
    if not folder.strip():
        raise click.BadParameter("it is empty: name the folder, or . for this one", param=parameter)
    return Path(folder)


@freeswitch.command()
@click.argument("folder", metavar="DIR", type=click.Path(), callback=named)
@click.option("--force", is_flag=True, help="Overwrite what differs; the old file stays as NAME.before[.N].")
@click.option(
    "--keep",
    is_flag=True,
    help="Show what differs, keep all of it, and go on (status 0): for a service's start.",
)
@click.pass_obj
def init(settings: Settings, folder: Path, force: bool, keep: bool) -> int:
    """Write a complete, minimal FreeSWITCH configuration into DIR.

    It follows the settings: `outbound`, `switch`, `recordings`, and the section `freeswitch`.
    Passwords are made, not defaulted, lie in DIR/secrets, and are kept by later runs. If DIR holds
    files that differ, or secrets that others may read, that is shown and nothing is changed without --force
    (exit status 1).

    \b
    Examples:
      ivr freeswitch init conf/freeswitch
      IVR_FREESWITCH__SIP_ADDRESS=192.0.2.10 ivr freeswitch init /etc/freeswitch
      ivr --config ivr.yaml freeswitch init conf/freeswitch --force
      ivr freeswitch init /etc/freeswitch --keep
    """
    if force and keep:
        raise click.UsageError("--force overwrites what differs and --keep does not: give one of them")
    folder = folder.absolute()
    configuration = switch_configuration(settings)
    preparation = prepare(folder, configuration, _given(settings))
    for warning in (
        *unreachable(settings),
        *silent(settings),
        *unasked(settings),
        *unstaffed(configuration),
        *unwise(settings),
    ):
        click.echo(warning, err=True)
    if not (preparation.changes or preparation.new_secrets or preparation.too_open):
        click.echo(f"{folder}: nothing to change")
        return 0
    for change in preparation.changes:
        if change.new:
            continue
        click.echo(change.diff or f"{change.file.place}: only a secret differs", nl=not change.diff)
    for place in preparation.too_open:
        click.echo(f"{place}: others than its owner may read it" + (", until now" if force else ""))
    if preparation.differs and not force:
        remedy = "the same command with --force" + (" instead of --keep" if keep else "")
        click.echo(f"Nothing was changed. To overwrite: {remedy}", err=True)
        return 0 if keep else 1
    write(preparation, force=force)
    _tell(preparation, settings)
    return 0


def switch_configuration(settings: Settings) -> switch.SwitchConfiguration:
    """What the settings mean for the switch. Raises `ConfigurationError`, `SwitchConfigurationError`."""
    own = settings.freeswitch
    legs = own.legs if own.legs is not None else 2 * settings.outbound.max_calls
    people = _people(settings)
    return switch.SwitchConfiguration(
        servers=_servers(settings),
        sip=switch.Sip(own.sip_address, own.sip_port, own.public_address, own.peers, own.jitter_buffer),
        event_socket=switch.EventSocket(
            own.event_address or settings.switch.event_host, settings.switch.event_port, own.event_clients
        ),
        limits=switch.Limits(legs, own.legs_per_second, own.rtp_first, own.rtp_last),
        gateways=tuple(
            switch.Gateway(trunk.name, trunk.proxy, trunk.username, trunk.register_here)
            for trunk in own.gateways
        ),
        numbers=own.numbers,
        star_code=settings.agents.star_code,
        queues=people.queues,
        fallback_queue=own.fallback_queue,
        agents=people.agents,
        overflow=own.overflow,
        apology=_posix(own.apology),
        hold_music=_posix(own.hold_music),
        recordings=PurePosixPath(settings.recordings_folder),
        live_audio=PurePosixPath(own.live_audio),
        streams=settings.audio.transport == "websocket",
        log_level=own.log_level,
    )


def _people(settings: Settings) -> Wanted:
    """Queues and agents: of `queues.yaml`, of the settings, and every other queue that the published release
    or the designers' folder may name: no caller is handed to a queue that the switch does not know."""
    catalogue = served_catalogue(settings).catalogue
    own = settings.freeswitch
    for names, what in (
        ([queue.name for queue in own.queues], "queues"),
        ([agent.name for agent in own.agents], "agents"),
    ):  # what is joined below would hide it
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ConfigurationError(
                f"freeswitch.{what}: {twice[0][:60]!a} stands there twice", "Give each its own name"
            )
    described = [
        switch.Queue(queue.name, queue.strategy, queue.longest_wait, queue.longest_wait_without_agents)
        for queue in own.queues
    ]
    known = {queue.name for queue in described}
    described += [switch.Queue(name) for name in sorted(catalogue.queues - known)]
    telephones = [switch.Agent(agent.name, agent.queues) for agent in own.agents]
    plan, roster = staff_of(settings, catalogue)
    return wanted(plan, described, telephones, dial_strings(roster))


def _servers(settings: Settings) -> tuple[switch.Server, ...]:
    if not settings.freeswitch.servers:
        host = settings.outbound.host
        if _is_unspecified(host):
            raise ConfigurationError(
                f"outbound.host is {host}, which a switch cannot call",
                "Name the server in freeswitch.servers",
            )
        return (switch.Server(host, settings.outbound.port),)
    servers = []
    for text in settings.freeswitch.servers:
        host, _, port = text.rpartition(":")
        if not (port.isascii() and port.isdigit() and len(port) <= 5):
            raise ConfigurationError(
                f"freeswitch.servers: {text[:60]!a} is not host:port", "Write it like 127.0.0.1:8040"
            )
        servers.append(switch.Server(host, int(port)))
    return tuple(servers)


def _is_unspecified(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def _posix(path: Path | None) -> PurePosixPath | None:
    return None if path is None else PurePosixPath(path)


def _given(settings: Settings) -> dict[str, str]:
    """Secrets that somebody else chose: the providers', and an event password that is in use already."""
    given = {}
    for trunk in settings.freeswitch.gateways:
        try:
            password = settings.path(trunk.password_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"The password of gateway {trunk.name[:60]!a} cannot be read from {trunk.password_file}",
                "Write it to that file, readable for you alone",
            ) from error
        if UNWRITABLE.search(password):
            raise ConfigurationError(
                f"{trunk.password_file}, the password of {trunk.name[:60]!a}, holds a control character",
                "Write one line with the password alone to that file",
            )
        given[f"gateway-{trunk.name}"] = password
    if settings.switch.event_password:
        given["event_socket"] = settings.switch.event_password
    return given


def unreachable(settings: Settings) -> list[str]:
    """Why our server could not reach the event socket as both are set up; one line each, with the remedy."""
    own, host = settings.freeswitch, settings.switch.event_host
    address = own.event_address or host
    warnings = []
    if not _is_unspecified(address) and is_loopback(address) != is_loopback(host):
        warnings.append(
            f"Warning: FreeSWITCH will wait for the server on {address}, and the server asks {host}. "
            f"Set switch.event_host to an address of the switch, or leave freeswitch.event_address out"
        )
    if all(network.is_loopback for network in own.event_clients) and not (
        is_loopback(host) and (is_loopback(address) or _is_unspecified(address))
    ):
        warnings.append(
            f"Warning: FreeSWITCH will let only its own loopback in to its event socket on {address}. "
            "Name the server's address in freeswitch.event_clients"
        )
    return warnings


def silent(settings: Settings) -> list[str]:
    """Sound files that are not there now: the switch would play nothing, or only its ringing tone."""
    own = settings.freeswitch
    return [
        f"Warning: freeswitch.{name} is {str(file)[:255]}, and no such file is there now. "
        "Put the sound there, where the switch runs, or leave the setting out"
        for name, file in (("apology", own.apology), ("hold_music", own.hold_music))
        if file is not None and not file.is_file()
    ]


def unasked(settings: Settings) -> list[str]:
    """Why the queues are those of the folder, although a release may have been published."""
    unread = served_catalogue(settings).unread
    if not unread:
        return []
    return [
        f"Warning: {unread}. The queues are those of {settings.flows_folder}; if a release was published, "
        "run this again when the database is there"
    ]


def unwise(settings: Settings) -> list[str]:
    """What FreeSWITCH takes, and an operator hardly means; one line each, with the remedy."""
    own = settings.freeswitch
    warnings = []
    if own.log_level in ("info", "debug"):
        warnings.append(
            f"Warning: with freeswitch.log_level {own.log_level} the switch writes every key that a caller "
            "presses into its log, PINs included. Use notice but for a test with keys of nobody"
        )
    for name, allowed, what in (
        ("peers", own.peers, "bring calls"),
        ("event_clients", own.event_clients, "connect to its event socket, this server neither"),
    ):
        if not allowed:
            warnings.append(
                f"Warning: freeswitch.{name} is empty, so nobody may {what}. Name addresses, or leave it out "
                "for loopback alone"
            )
    if any(network.prefixlen == 0 for network in own.peers):
        warnings.append(
            "Warning: freeswitch.peers lets the whole internet bring calls without a password. Name your "
            "provider's addresses"
        )
    if any(network.prefixlen == 0 for network in own.event_clients):
        warnings.append(
            "Warning: freeswitch.event_clients lets everybody try the password that commands the switch. "
            "Name the server's address"
        )
    if own.live_audio.exists() and not own.live_audio.is_dir():
        raise ConfigurationError(
            f"freeswitch.live_audio: {str(own.live_audio)[:255]} is no folder", "Name a folder on tmpfs"
        )
    return warnings


def unstaffed(configuration: switch.SwitchConfiguration) -> list[str]:
    """That nobody would serve the callers whose server was lost."""
    queue = configuration.fallback_queue
    if any(queue == served for agent in configuration.agents for served, _ in agent.tiers):
        return []
    return [
        f"Warning: nobody serves the fallback queue {queue}: callers whose server is lost would wait "
        f"there in vain. Give an agent of agents.yaml `queues: {{{queue}: {{}}}}`, or name a telephone in "
        "freeswitch.agents"
    ]


def _tell(preparation: Preparation, settings: Settings) -> None:
    written = len(preparation.changes)
    click.echo(f"{preparation.folder}: {written} file{'s' if written != 1 else ''} written")
    if settings.switch.kind == "freeswitch" and settings.switch.event_password:
        return
    click.echo(
        "Next, in ivr.yaml (the whole way: docs/freeswitch.md):\n"
        "  switch:\n"
        "    kind: freeswitch\n"
        f"    event_password: {{file: {_quoted(str(preparation.event_password_file))}}}"
    )


def _quoted(text: str) -> str:
    """As YAML 1.2 reads it back, whatever signs are in it (its double-quoted style, section 7.3.1)."""
    signs = (
        "\\" + sign if sign in '"\\' else sign if sign.isprintable() else f"\\U{ord(sign):08x}"
        for sign in text
    )
    return f'"{"".join(signs)}"'


commands: list[click.Command] = [freeswitch]
