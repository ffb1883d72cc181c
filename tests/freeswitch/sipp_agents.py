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
from gevent import subprocess

from ivr.load.callers import find_sipp
from tests.freeswitch.harness import FreeSwitch, free_port
from tests.freeswitch.telephone import telephone

SCENARIO = """<?xml version="1.0" encoding="UTF-8"?>
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
<send><![CDATA[
SIP/2.0 180 Ringing
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
[last_Record-Route:]
Contact: <sip:[$user]@[local_ip]:[local_port]>
Content-Length: 0

]]></send>
<pause milliseconds="{rings}"/>
<send retrans="500"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
[last_Record-Route:]
Contact: <sip:[$user]@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [field1 file="agents.csv" line="[$row]"] RTP/AVP 0
a=rtpmap:0 PCMU/8000
a=ptime:20
]]></send>
<recv request="ACK"/>
<pause milliseconds="{talks}"/>
<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
[routes]
From:[$to];tag=[call_number]
To:[$from]
Call-ID: [call_id]
CSeq: 1 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200">
 <action><log message="over [$user]"/></action>
</recv>
</scenario>
"""
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
    (folder / "agents.xml").write_text(
        SCENARIO.format(rings=int(rings * 1000), talks=int(talks * 1000)), encoding="utf-8"
    )
    rows = [f"{agent};{place}" for agent, place in sorted(audio.items())]
    (folder / "agents.csv").write_text("\n".join(["SEQUENTIAL", *rows]) + "\n", encoding="utf-8")
    arguments: list[object] = [find_sipp(), "-sf", "agents.xml", "-inf", "agents.csv"]
    arguments += ["-infindex", "agents.csv", 0, "-nostdin", "-i", "127.0.0.1", "-p", port]
    arguments += [
        "-trace_logs",
        "-log_file",
        folder / "agents.log",
        "-trace_err",
        "-error_file",
        "agents.err",
    ]
    with (folder / "agents.output").open("wb") as output:
        child = subprocess.Popen(
            [str(each) for each in arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
        )
        try:
            yield SippAgents(folder)
        finally:
            child.kill()
            child.wait(timeout=5)


def register(switch: FreeSwitch, agents: Sequence[str], port: int) -> None:
    """Each registers with their own password, at that port of this machine."""

    def one(agent: str) -> None:
        with telephone(switch.sip, agent, password=switch.secret(f"agent-{agent}")) as phone:
            phone.port = port
            assert phone.register() == 200, agent

    for agent in agents:
        gevent.with_timeout(20, one, agent)
