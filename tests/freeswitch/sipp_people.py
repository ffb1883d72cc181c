"""SIPp as the telephones of many people who are called: they answer, refuse, let it ring, and hang up.

What they say and hear is `people_voices`, at the ports that the table of people names.
"""

from __future__ import annotations

import re
import secrets
import socket
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.freeswitch.harness import free_port
from tests.freeswitch.sipp import BYE, HEADERS, NO_BODY, RINGING, answer, sipp

_BEGINS = """<?xml version="1.0" encoding="UTF-8"?>
<scenario name="people">
<recv request="INVITE" rrs="true">
 <action>
  <ereg regexp="sip:([0-9]+)@" search_in="msg" check_it="true" assign_to="all,user"/>
  <ereg regexp="m=audio ([0-9]+)" search_in="body" check_it="true" assign_to="offer,audio"/>
  <ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="sequence"/>
  <ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
  <ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
  <log message="rings [$user]"/>
  <lookup assign_to="row" file="lines.csv" key="[$user]"/>
  <lookup assign_to="absent" file="absent.csv" key="[$user]"/>
  <test assign_to="away" variable="absent" compare="greater_than_equal" value="0"/>
"""
_LOOKS_IN = """  <lookup assign_to="row{status}" file="refuse{status}.csv" key="[$user]"/>
  <test assign_to="is{status}" variable="row{status}" compare="greater_than_equal" value="0"/>
"""
_INVITED = """ </action>
</recv>
<Reference variables="all,offer"/>
"""
_GOES_TO = """<nop next="refuse{status}" test="is{status}"/>
"""
_LIVES = f"""{RINGING}<nop next="absent" test="away"/>
<pause milliseconds="300"/>
{answer("lines", keys=True)}<recv request="ACK">
 <action><log message="answers [$user] audio=[$audio] call=[call_id]"/></action>
</recv>
<recv request="INFO" optional="true" next="goes"/>
<recv request="BYE"/>
<send next="over"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
{NO_BODY}]]></send>
<label id="goes"/>
{BYE}<recv response="200" next="over"/>
<label id="absent"/>
<recv request="CANCEL"/>
<send><![CDATA[
SIP/2.0 200 OK
{HEADERS}
[last_CSeq:]
{NO_BODY}]]></send>
<send><![CDATA[
SIP/2.0 487 Request Terminated
{HEADERS}
CSeq: [$sequence] INVITE
{NO_BODY}]]></send>
<recv request="ACK" next="over"/>
"""
_REFUSES = """<label id="refuse{status}"/>
<send><![CDATA[
SIP/2.0 {status} No
{headers}
[last_CSeq:]
{empty}]]></send>
<recv request="ACK" next="over"/>
"""
_ENDS = """<label id="over"/>
<nop><action><log message="over [$user]"/></action></nop>
</scenario>
"""


def scenario(statuses: Iterable[int]) -> str:
    """What SIPp does for each call, if these are the statuses with which people refuse. (Each has its own
    lines: SIPp takes no status from a table.)"""
    known = sorted(set(statuses))
    looks = "".join(_LOOKS_IN.format(status=one) for one in known)
    goes = "".join(_GOES_TO.format(status=one) for one in known)
    refuses = "".join(_REFUSES.format(status=one, headers=HEADERS, empty=NO_BODY) for one in known)
    return _BEGINS + looks + _INVITED + goes + _LIVES + refuses + _ENDS


_ANSWERS = re.compile(r"^answers (\d+) audio=(\d+) call=(\S+)", re.M)


@dataclass
class SippPeople:
    """Their telephones, for the length of `sipp_people`."""

    port: int
    folder: Path
    _calls: dict[str, str] = field(default_factory=dict)
    _read: int = 0

    @property
    def _told(self) -> str:
        log = self.folder / "people.log"
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""

    @property
    def rang(self) -> Counter[str]:
        """How often each number was called."""
        return Counter(re.findall(r"^rings (\d+)", self._told, re.M))

    def answered(self) -> Iterator[tuple[str, int]]:
        """Who has picked up since it was last asked: number, and the switch's port for sound."""
        found = _ANSWERS.findall(self._told)
        for number, audio, call in found[self._read :]:
            self._read += 1
            self._calls[number] = call
            yield number, int(audio)

    def hang_up(self, number: str) -> None:
        """Whoever has answered puts it down now. (SIPp takes an INFO of that call for the order.)"""
        here, mark = f"127.0.0.1:{self.port}", secrets.token_hex(8)
        order = [
            f"INFO sip:{number}@{here} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{mark}",
            f"From: <sip:test@127.0.0.1>;tag={mark}",
            f"To: <sip:{number}@{here}>",
            f"Call-ID: {self._calls[number]}",
            "CSeq: 9 INFO",
            "Content-Length: 0",
        ]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto("\r\n".join([*order, "", ""]).encode(), ("127.0.0.1", self.port))


@contextmanager
def sipp_people(
    folder: Path, port: int, audio: Mapping[str, int], *, refuse: Mapping[str, int], absent: Sequence[str]
) -> Iterator[SippPeople]:
    """Telephones at that SIP port. `audio`: number (digits) → port of their sound; `refuse`: number → SIP
    status; `absent`: it rings, and nobody comes."""
    tables = {
        "lines": [f"{number};{place}" for number, place in audio.items()],
        "absent": list(absent),
    }
    for number, status in refuse.items():
        tables.setdefault(f"refuse{status}", []).append(number)
    with sipp(folder, port, "people", scenario(refuse.values()), tables):
        yield SippPeople(port, folder)


def sip_port() -> int:
    """A free one for SIPp."""
    return free_port(socket.SOCK_DGRAM)
