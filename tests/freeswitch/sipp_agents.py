"""SIPp as the telephones of many agents: they register, ring, answer, talk, and hang up.

Each telephone's sound is somebody else's business, at a port that the agents' table names (`voices`).
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import gevent

from tests.freeswitch.harness import FreeSwitch, free_port
from tests.freeswitch.sipp import BYE, RINGING, answer, sipp
from tests.freeswitch.telephone import telephone

_BEGINS = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="agents">
<recv request="INVITE" rrs="true">
 <action>
  <ereg regexp="sip:([0-9]+)@" search_in="msg" check_it="true" assign_to="all,user"/>
  <ereg regexp="X-IVR-Call: *([0-9a-f-]+)" search_in="msg" assign_to="line1,call"/>
  <ereg regexp="X-IVR-Queue: *([a-z_]+)" search_in="msg" assign_to="line2,queue"/>
  <ereg regexp="X-IVR-Language: *([a-z]+)" search_in="msg" assign_to="line3,language"/>
  <ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
  <ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
  <lookup assign_to="row" file="agents.csv" key="[$user]"/>
  <log message="rings [$user] call=[$call] queue=[$queue] language=[$language]"/>
 </action>
</recv>
<Reference variables="all,line1,line2,line3"/>
"""
_PAUSE = """<pause milliseconds="{milliseconds}"/>
"""
_ENDS = """<recv response="200">
 <action><log message="over [$user]"/></action>
</recv>
</scenario>
"""


def scenario(rings: float, talks: float) -> str:
    """What SIPp does for each call, with so many seconds of each."""
    ringing, talking = (_PAUSE.format(milliseconds=int(one * 1000)) for one in (rings, talks))
    picked_up = answer("agents", keys=False) + '<recv request="ACK"/>\n'
    return _BEGINS + RINGING + ringing + picked_up + talking + BYE + _ENDS


_RINGS = re.compile(r"rings (\d+) call=(\S*) queue=(\S*) language=(\S*)")


@dataclass(frozen=True)
class Rang:
    """That an agent's telephone rang, and what its INVITE said."""

    agent: str
    call: str
    queue: str
    language: str


class SippAgents:
    """Their telephones, for the length of `sipp_agents`."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "agents.log"

    @property
    def told(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    @property
    def rang(self) -> list[Rang]:
        return [Rang(*found) for found in _RINGS.findall(self.told)]

    @property
    def over(self) -> int:
        """Calls that they have ended."""
        return len(re.findall(r"^over \d+", self.told, re.M))


@contextmanager
def sipp_agents(
    switch: FreeSwitch, folder: Path, audio: Mapping[str, int], *, rings: float, talks: float
) -> Iterator[SippAgents]:
    """The telephones of `audio` (agent → port of their sound), registered. They ring for `rings` seconds, and
    hang up `talks` seconds after they have answered."""
    port = free_port(socket.SOCK_DGRAM)
    register(switch, sorted(audio), port)
    rows = [f"{agent};{place}" for agent, place in sorted(audio.items())]
    with sipp(folder, port, "agents", scenario(rings, talks), {"agents": rows}):
        yield SippAgents(folder)


def register(switch: FreeSwitch, agents: Sequence[str], port: int) -> None:
    """Each registers with their own password, at that port of this machine."""

    def one(agent: str) -> None:
        with telephone(switch.sip, agent, password=switch.secret(f"agent-{agent}")) as phone:
            phone.port = port
            assert phone.register() == 200, agent

    for agent in agents:
        gevent.with_timeout(20, one, agent)
