"""A `SwitchConfiguration` and its secrets → the files that FreeSWITCH reads.

Rules:
1. A template is a whole, well-formed XML file in `templates/`; `@{name}` stands for a value inside an
   attribute, `<part name="..."/>` for elements that there may be none or many of.
2. Values are put into the *parsed* template, never into its text, so that no value can end an attribute.
3. FreeSWITCH's preprocessor reads the files as text before its XML parser does: `inert` hides from it what
   it would expand (`$${...}`, `<!--#`, `X-PRE-PROCESS`).
4. The same input gives the same bytes: a second run can be compared.
"""

from __future__ import annotations

import re
import string
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

from esl.freeswitch.configuration import Network, Queue, Sip, SwitchConfiguration
from esl.freeswitch.errors import SwitchConfigurationError

TEMPLATES = Path(__file__).parent / "templates"

RINGING = "tone_stream://%(1500,3000,425);loops=-1"
"""What people who wait hear without hold music: the ringing tone of Spain (425 Hz, 1.5 s on, 3 s off)."""
CONGESTION = "tone_stream://%(200,200,425);loops=10"
"""Four seconds of the congestion tone of Spain."""

_CONFIGURATIONS = (
    "modules",
    "switch",
    "logfile",
    "console",
    "event_socket",
    "acl",
    "sofia",
    "callcenter",
    "avmd",
)
_LEVELS = ("debug", "info", "notice", "warning", "err", "crit", "alert")
UNWRITABLE = re.compile(r"[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Control characters and what XML cannot hold."""


SECRET_PLACES = ("autoload_configs/event_socket.conf.xml", "sip_profiles/ivr.xml", "directory/agents.xml")
"""The files that hold a password."""


@dataclass(frozen=True)
class ConfigurationFile:
    """One file, by its place below the configuration folder."""

    place: str
    text: str
    secret: bool
    """Holds a password: only its owner may read it (mode 0600)."""


class _Place(string.Template):
    """`@{name}`; `@@` is a plain `@`. The usual `$` belongs to FreeSWITCH."""

    delimiter = "@"


def render(configuration: SwitchConfiguration, secrets: Mapping[str, str]) -> list[ConfigurationFile]:
    """All files of the configuration, in a fixed order.

    `secrets` holds one for each of `configuration.secret_names`. Raises `SwitchConfigurationError` if one
    is missing or holds control characters.
    """
    missing = [name for name in configuration.secret_names if not secrets.get(name)]
    if missing:
        raise SwitchConfigurationError(
            f"The secret {missing[0]} is missing; write it to secrets/{missing[0]}"
        )
    files = [_top(configuration)]
    for name, (values, parts) in _autoload(configuration, secrets).items():
        text = _fill(f"{name}.conf.xml", values, parts)
        files.append(_file(f"autoload_configs/{name}.conf.xml", text))
    files.append(_file("sip_profiles/ivr.xml", _sip_profile(configuration, secrets)))
    files.append(_file("dialplan/ivr.xml", _dialplan(configuration)))
    files.append(_file("directory/agents.xml", _directory(configuration, secrets)))
    return files


def _file(place: str, text: str) -> ConfigurationFile:
    return ConfigurationFile(place, text, place in SECRET_PLACES)


_Filling = tuple[Mapping[str, str], Mapping[str, Sequence[ET.Element]]]


def _top(configuration: SwitchConfiguration) -> ConfigurationFile:
    includes = [
        ET.Element("X-PRE-PROCESS", cmd="include", data=f"autoload_configs/{name}.conf.xml")
        for name in _CONFIGURATIONS
    ]
    values = {
        "recordings": str(configuration.recordings),
        "live_audio": str(configuration.live_audio),
        "hold_music": _hold_music(configuration),
    }
    return ConfigurationFile(
        "freeswitch.xml", _fill("freeswitch.xml", values, {"configurations": includes}), secret=False
    )


def _autoload(configuration: SwitchConfiguration, secrets: Mapping[str, str]) -> dict[str, _Filling]:
    """What fills each file of `autoload_configs`."""
    limits, events = configuration.limits, configuration.event_socket
    level = {"log_level": configuration.log_level}
    levels = {"levels": ",".join(_LEVELS[_LEVELS.index(configuration.log_level) :])}
    fillings: dict[str, _Filling] = {
        "switch": (
            level
            | {
                # FreeSWITCH refuses an inbound leg once the limit is reached *with* it (sofia.c, 1.11).
                "sessions": str(limits.calls + 1),
                "calls_per_second": str(limits.calls_per_second),
                "rtp_first": str(limits.rtp_first),
                "rtp_last": str(limits.rtp_last),
            },
            {},
        ),
        "logfile": (levels, {}),
        "console": (level | levels, {}),
        "event_socket": (
            {"address": events.address, "port": str(events.port), "password": secrets["event_socket"]},
            {},
        ),
        "acl": ({}, {"servers": _nodes(events.clients), "peers": _nodes(_peers(configuration))}),
        "callcenter": ({}, _queues(configuration)),
        "modules": ({}, {"streams": _streams(configuration)}),
    }
    return {name: fillings.get(name, ({}, {})) for name in _CONFIGURATIONS}


def _sip_profile(configuration: SwitchConfiguration, secrets: Mapping[str, str]) -> str:
    sip = configuration.sip
    gateways = [
        _part(
            "gateway",
            name=gateway.name,
            proxy=gateway.proxy,
            username=gateway.username,
            password=secrets[f"gateway-{gateway.name}"],
            register=_flag(gateway.register),
        )
        for gateway in configuration.gateways
    ]
    by_name = any(not _is_address(gateway.proxy.partition(":")[0]) for gateway in configuration.gateways)
    values = {"address": sip.address, "port": str(sip.port), "plain_dns": _flag(not by_name)}
    parts = {"gateways": gateways, "public_address": _public(sip), "transport": _transport(sip)}
    parts["jitter_buffer"] = _jitter_buffer(sip)
    return _fill("sip_profile.xml", values, parts)


def _public(sip: Sip) -> list[ET.Element]:
    if sip.public_address is None:
        return []
    return [_param("ext-sip-ip", sip.public_address), _param("ext-rtp-ip", sip.public_address)]


def _jitter_buffer(sip: Sip) -> list[ET.Element]:
    """Absent rather than 0, which FreeSWITCH takes for one frame. On a bad line it may grow fivefold: what it
    holds back, the caller waits for."""
    milliseconds = sip.jitter_buffer
    return [_param("auto-jitterbuffer-msec", f"{milliseconds}:{5 * milliseconds}")] if milliseconds else []


def _transport(sip: Sip) -> list[ET.Element]:
    """On loopback, where TCP has no use, one socket less to listen on."""
    return [_param("bind-params", "transport=udp")] if ip_address(sip.address).is_loopback else []


def _streams(configuration: SwitchConfiguration) -> list[ET.Element]:
    return [ET.Element("load", module="mod_audio_stream")] if configuration.streams else []


def _queues(configuration: SwitchConfiguration) -> dict[str, list[ET.Element]]:
    queues = [
        _part(
            "queue",
            name=queue.name,
            strategy=queue.strategy,
            hold_music=hold_music(configuration, queue),
            level_wait=str(queue.level_wait),
            by_level=_flag(bool(queue.level_wait)),
            longest_wait=str(queue.longest_wait),
            longest_wait_without_agents=str(queue.longest_wait_without_agents),
        )
        for queue in configuration.queues
    ]
    agents = [
        _part("agent", name=agent.name, contact=agent.dial, wrap_up=str(agent.wrap_up))
        for agent in configuration.agents
    ]
    tiers = [
        _part("tier", agent=agent.name, queue=queue, level=str(level), position=str(agent.position(queue)))
        for agent in configuration.agents
        for queue, level in agent.tiers
    ]
    return {"queues": queues, "agents": agents, "tiers": tiers}


def _dialplan(configuration: SwitchConfiguration) -> str:
    # Providers write the same number with and without the plus.
    numbers = "|".join(dict.fromkeys(number.removeprefix("+") for number in configuration.numbers))
    values = {
        "numbers": rf"^\+?({numbers})$" + _star(configuration) if numbers else "^.+$",
        "servers": "|".join(f"{server.host}:{server.port}" for server in configuration.servers),
        "fallback_queue": configuration.fallback_queue,
    }
    landing = []
    if configuration.overflow is not None:
        target = f"sofia/gateway/{configuration.gateways[0].name}/{configuration.overflow}"
        landing.append(_action("bridge", target))
    sorry = CONGESTION if configuration.apology is None else str(configuration.apology)
    landing.append(_action("playback", sorry))
    return _fill("dialplan.xml", values, {"landing": landing})


def _star(configuration: SwitchConfiguration) -> str:
    return f"|^{re.escape(configuration.star_code)}$" if configuration.star_code else ""


def _directory(configuration: SwitchConfiguration, secrets: Mapping[str, str]) -> str:
    users = [
        _part("user", name=agent.telephone, password=secrets[f"agent-{agent.name}"])
        for agent in configuration.agents
        if agent.telephone
    ]
    return _fill("directory.xml", {}, {"users": users})


def _peers(configuration: SwitchConfiguration) -> tuple[Network, ...]:
    """Who may bring calls: as configured, and gateways that are named by address."""
    hosts = [gateway.proxy.partition(":")[0] for gateway in configuration.gateways]
    return (*configuration.sip.peers, *(ip_network(host) for host in hosts if _is_address(host)))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def hold_music(configuration: SwitchConfiguration, queue: Queue) -> str:
    """What is played to those who wait in that queue."""
    return _hold_music(configuration) if queue.music is None else str(queue.music)


def _hold_music(configuration: SwitchConfiguration) -> str:
    return RINGING if configuration.hold_music is None else str(configuration.hold_music)


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _nodes(networks: Sequence[Network]) -> list[ET.Element]:
    return [ET.Element("node", type="allow", cidr=str(network)) for network in networks]


def _param(name: str, value: str) -> ET.Element:
    return ET.Element("param", name=name, value=value)


def _action(application: str, data: str) -> ET.Element:
    return ET.Element("action", application=application, data=data)


def _part(name: str, /, **values: str) -> ET.Element:
    """One element from `templates/parts`."""
    return _filled(_parse(f"parts/{name}.xml"), values)


def _parse(template: str) -> ET.Element:
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))  # noqa: S314 - our own, shipped files
    return ET.fromstring((TEMPLATES / template).read_text(encoding="utf-8"), parser)  # noqa: S314 - as above


def _filled(root: ET.Element, values: Mapping[str, str]) -> ET.Element:
    for value in values.values():
        if UNWRITABLE.search(value):
            raise SwitchConfigurationError("A value holds control characters; leave them out")
    for element in root.iter():
        if isinstance(element.tag, str):  # comments have a function for a tag
            for attribute, text in element.attrib.items():
                element.set(attribute, _Place(text).substitute(values))
    return root


def _fill(template: str, values: Mapping[str, str], parts: Mapping[str, Sequence[ET.Element]]) -> str:
    root = _filled(_parse(template), values)
    for parent in list(root.iter()):
        for place in [child for child in parent if child.tag == "part"]:
            at = list(parent).index(place)
            parent[at : at + 1] = parts[place.attrib["name"]]
    ET.indent(root)
    return inert(ET.tostring(root, encoding="unicode", short_empty_elements=True)) + "\n"


def inert(text: str) -> str:
    """`text` with what FreeSWITCH's preprocessor would act upon written as character references.

    Our own `X-PRE-PROCESS` elements stay (they begin with `<`), and so does `${...}`, which belongs to
    the dialplan. Source: `preprocess` and `expand_vars` in FreeSWITCH's switch_xml.c.
    """
    text = text.replace("$${", "&#36;&#36;{")
    return re.sub(r"(?i)(?<!<)x(?=-pre-process)", lambda match: f"&#{ord(match.group())};", text)
