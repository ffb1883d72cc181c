"""SIPp as a crowd of callers: a generated scenario, real RTP, and the count of what went well.

For measurements and for tests alike. What one caller says and hears, to the millisecond, is another matter
(`tests/freeswitch/telephone.py`, and docs/decisions/freeswitch-configuration.md for the reason).
"""

from __future__ import annotations

import audioop
import csv
import shutil
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from gevent import subprocess

from ivr.errors import MeasurementImpossible
from ivr.load.freeswitch import free_port

PATIENCE = 20.0
"""Seconds that a caller waits for the end of the call."""

SCENARIO = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="callers">
<send retrans="500"><![CDATA[
INVITE sip:{destination}@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "{name}" <sip:{number}@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:{destination}@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:{number}@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio {audio_port} RTP/AVP 0
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
From: "{name}" <sip:{number}@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:{destination}@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
{sound}
{ending}
</scenario>
"""
SOUND = '<nop><action><exec rtp_stream="{file},-1,0,PCMU/8000"/></action></nop>'
SWITCH_HANGS_UP = """<recv request="BYE" timeout="{patience}"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>"""
CALLER_HANGS_UP = """<pause milliseconds="{after}"/>
<send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "{name}" <sip:{number}@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:{destination}@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200"/>"""


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


class SippCaller:
    """Calls from `number` with the display name `name`."""

    def __init__(
        self, switch: tuple[str, int], folder: Path, *, number: str = "34600111222", name: str = "Ana"
    ) -> None:
        self._switch, self._folder = switch, folder
        self._number, self._name = number, name
        self._sipp = find_sipp()

    def call(
        self,
        destination: str,
        *,
        calls: int = 1,
        per_second: float = 10,
        at_once: int | None = None,
        says: bytes = b"",
        hang_up_after: float | None = None,
        patience: float = PATIENCE,
        audio_ports: Sequence[int] = (),
    ) -> Crowd:
        """Makes `calls` calls and waits for their ends. Raises `MeasurementImpossible` if SIPp says nothing.

        `says` is 16-bit sound at 8 kHz, repeated until the call ends. Without `hang_up_after` (seconds
        after the answer) the switch has to hang up within `patience` seconds. With `audio_ports` the sound of
        each call is somebody else's business, at these ports of this machine.
        """
        who = {"destination": destination, "number": self._number, "name": escape(self._name)}
        who["audio_port"] = "[field0]" if audio_ports else "[media_port]"
        if hang_up_after is None:
            ending = SWITCH_HANGS_UP.format(patience=int(patience * 1000))
        else:
            ending = CALLER_HANGS_UP.format(after=int(hang_up_after * 1000), **who)
        scenario = self._folder / "scenario.xml"
        scenario.write_text(SCENARIO.format(sound=self._sound(says), ending=ending, **who), encoding="utf-8")
        statistics = self._folder / f"statistics-{free_port()}.csv"
        seconds = calls / per_second + patience + 20
        arguments: list[object] = [self._sipp, f"{self._switch[0]}:{self._switch[1]}", "-sf", scenario]
        arguments += ["-nostdin", "-i", "127.0.0.1", "-p", free_port(socket.SOCK_DGRAM)]
        arguments += ["-m", calls, "-r", per_second, "-l", at_once or calls]
        arguments += ["-trace_stat", "-stf", statistics, "-fd", 1]
        arguments += ["-timeout", f"{int(seconds)}s", "-timeout_error"]
        if audio_ports:
            ports = self._folder / "ports.csv"
            ports.write_text("\n".join(["SEQUENTIAL", *map(str, audio_ports)]) + "\n")
            arguments += ["-inf", ports]
        return _result(statistics, self._run([str(each) for each in arguments], seconds + 10))

    def _sound(self, says: bytes) -> str:
        if not says:
            return ""
        file = self._folder / "says.ulaw"
        file.write_bytes(audioop.lin2ulaw(says, 2))
        return SOUND.format(file=file)

    def _run(self, arguments: list[str], seconds: float) -> Path:
        """Where its words are."""
        output = self._folder / "sipp.output"
        with output.open("wb") as written:
            child = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=written, stderr=written, cwd=self._folder
            )
            try:
                child.wait(timeout=seconds)
            finally:
                if child.poll() is None:
                    child.kill()
                    child.wait()
        return output


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
