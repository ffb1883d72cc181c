"""A crowd of callers (SIPp): each calls, waits for the switch to hang up, and is counted."""

from __future__ import annotations

import csv
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from gevent import subprocess

from ivr.errors import MeasurementImpossible
from ivr.load.freeswitch import free_port

PATIENCE = 20
"""Seconds that a caller waits for the end of the call."""

_SCENARIO = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="callers">
<send retrans="500"><![CDATA[
INVITE sip:{destination}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "Ana" <sip:34600111222@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:{destination}@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:34600111222@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
a=ptime:20
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="183" optional="true"/>
<recv response="200" rrs="true" rtd="true"/>
<send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "Ana" <sip:34600111222@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:{destination}@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv request="BYE" timeout="{patience}"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""


@dataclass(frozen=True)
class Crowd:
    """How it went."""

    succeeded: int
    failed: int
    answered_after: float
    """Seconds from INVITE to 200, the mean."""


def find_sipp() -> Path:
    """SIPp. Raises `MeasurementImpossible`."""
    found = shutil.which("sipp")
    if found is None:
        raise MeasurementImpossible(
            "There is no SIPp here, which makes the calls", "Install it (Debian: sip-tester)"
        )
    return Path(found)


def call(sipp: Path, folder: Path, *, port: int, destination: str, calls: int, per_second: float) -> Crowd:
    """Makes `calls` calls to the switch at `port` and waits for their ends.

    Raises `MeasurementImpossible` if SIPp says nothing about them.
    """
    scenario, statistics = folder / "callers.xml", folder / f"callers-{free_port()}.csv"
    scenario.write_text(_SCENARIO.format(destination=destination, patience=PATIENCE * 1000), encoding="utf-8")
    limit = calls / per_second + 2 * PATIENCE
    arguments: list[object] = [sipp, f"127.0.0.1:{port}", "-sf", scenario, "-nostdin", "-i", "127.0.0.1"]
    arguments += ["-p", free_port(socket.SOCK_DGRAM), "-m", calls, "-r", per_second, "-l", calls]
    arguments += ["-trace_stat", "-stf", statistics, "-fd", 1, "-timeout", f"{limit:.0f}s", "-timeout_error"]
    output = folder / "callers.output"
    with output.open("wb") as written:
        child = subprocess.Popen(
            [str(each) for each in arguments],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            cwd=folder,
        )
        try:
            child.wait(timeout=limit + 10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    return _result(statistics, output)


def _result(statistics: Path, output: Path) -> Crowd:
    rows = []
    if statistics.exists():
        with statistics.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream, delimiter=";"))
    if not rows:
        said = output.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise MeasurementImpossible(
            f"SIPp did not run ({said[-1][:200] if said else 'no word'})", "Try again"
        )
    last = rows[-1]
    hours, minutes, whole, micros = last["ResponseTime1(C)"].split(":")
    answered = 3600 * int(hours) + 60 * int(minutes) + int(whole) + int(micros) / 1e6
    return Crowd(int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"]), answered)
