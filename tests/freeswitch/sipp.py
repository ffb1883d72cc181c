"""What every telephone of SIPp's says in SIP, and the process that says it.

The scenarios (`sipp_people`, `sipp_agents`) say when. Each has a table of who has which port for sound
("number;port"), and keeps the number that was called in `user`, the row of that table in `row`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from gevent import subprocess

from ivr.load.callers import find_sipp

HEADERS = """[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]"""
NO_BODY = """Contact: <sip:[$user]@[local_ip]:[local_port]>
Content-Length: 0

"""
RINGING = f"""<send><![CDATA[
SIP/2.0 180 Ringing
{HEADERS}
[last_CSeq:]
[last_Record-Route:]
{NO_BODY}]]></send>
"""
BYE = """<send retrans="500"><![CDATA[
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
"""
"""Whoever was called hangs up; the INVITE's headers From and To have to be kept in `from` and `to`."""


def answer(table: str, *, keys: bool) -> str:
    """They pick up, with sound at the port of their row of the table. `keys`: they take keys, too."""
    formats = "0 101" if keys else "0"
    events = "a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\n" if keys else ""
    return f"""<send retrans="500"><![CDATA[
SIP/2.0 200 OK
{HEADERS}
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
m=audio [field1 file="{table}.csv" line="[$row]"] RTP/AVP {formats}
a=rtpmap:0 PCMU/8000
{events}a=ptime:20
]]></send>
"""


@contextmanager
def sipp(
    folder: Path, port: int, name: str, scenario: str, tables: Mapping[str, Sequence[str]]
) -> Iterator[None]:
    """SIPp plays the scenario at that port until the block is left. `tables`: what it looks up by the first
    field of each row. What it logs is in NAME.log, what went wrong in NAME.err."""
    arguments: list[object] = [find_sipp(), "-sf", f"{name}.xml"]
    for table, rows in tables.items():
        # A table without rows SIPp does not take; nobody has this number.
        text = "\n".join(["SEQUENTIAL", *(rows or ["none"])]) + "\n"
        (folder / f"{table}.csv").write_text(text, encoding="utf-8")
        arguments += ["-inf", f"{table}.csv", "-infindex", f"{table}.csv", 0]
    (folder / f"{name}.xml").write_text(scenario, encoding="utf-8")
    arguments += ["-nostdin", "-i", "127.0.0.1", "-p", port]
    arguments += ["-trace_logs", "-log_file", f"{name}.log", "-trace_err", "-error_file", f"{name}.err"]
    with (folder / f"{name}.output").open("wb") as output:
        child = subprocess.Popen(
            [str(each) for each in arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
        )
        try:
            yield
        finally:
            child.kill()
            child.wait(timeout=5)
