"""Captures of a real FreeSWITCH for tests/traces, each a small call that can be made again.

    python -m tests.freeswitch.capture FOLDER     writes them all (needs FreeSWITCH, see harness)

The format is that of tests/traces: what the switch sent, byte for byte; commands are the lines that begin
with `>>> `, and `<<< EOF` is the switch closing the connection.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import gevent
from gevent import monkey

from esl.freeswitch.configuration import Gateway, Limits, Queue, Server, SwitchConfiguration
from tests.freeswitch.harness import EslSocket, FreeSwitch, OutboundPort, free_port, freeswitch
from tests.freeswitch.leg import Leg
from tests.freeswitch.sound import noise, tone
from tests.freeswitch.telephone import Telephone, telephone

EVENTS = (
    "event plain PLAYBACK_START PLAYBACK_STOP RECORD_START RECORD_STOP DTMF CHANNEL_EXECUTE_COMPLETE "
    "CHANNEL_HANGUP_COMPLETE CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_BRIDGE CHANNEL_UNBRIDGE CUSTOM avmd::beep"
)
Place = tuple[FreeSwitch, OutboundPort]

HOST = b"fs"
"""What the switch's machine is called in a capture."""
_NAMED = re.compile(rb"(?m)^((?:variable_)?FreeSWITCH-(?:Hostname|Switchname)): .*$")


def named(name: str) -> Callable[[Mapping[str, str]], bool]:
    return lambda headers: headers.get("Event-Name") == name


def begin(place: Place, phone: Telephone) -> tuple[EslSocket, Leg, str]:
    """As in the captures that there are: connect, linger, myevents, events, answer."""
    calling = gevent.spawn(phone.call, "9100")
    esl = place[1].call()
    uuid = esl.command("connect").headers["Unique-ID"]
    for command in ("linger 5", "myevents", EVENTS):
        esl.command(command)
    esl.execute("answer", ident="a1")
    esl.completed("a1")
    return esl, calling.get(timeout=5), uuid


def finish(esl: EslSocket) -> bytes:
    """To the end of the connection, as the switch sees it."""
    if not esl.closed.wait(15):
        raise TimeoutError("the switch did not close the connection")
    return b"".join(map(nameless, esl.transcript))


def nameless(message: bytes) -> bytes:
    """One message as it may be published: the machine's name is `HOST`, and the length says so."""
    head, blank, body = message.partition(b"\n\n")
    body = _NAMED.sub(rb"\1: " + HOST, body)
    if body:
        head = re.sub(rb"(?m)^Content-Length: \d+$", b"Content-Length: %d" % len(body), head)
    return _NAMED.sub(rb"\1: " + HOST, head) + blank + body


def dtmf_info(place: Place) -> bytes:
    """A key by SIP INFO while a prompt plays, then one by RFC 2833."""
    with telephone(place[0].sip, name="Ana Pérez") as phone:
        esl, leg, _ = begin(place, phone)
        esl.execute("playback", "silence_stream://1500", ident="p1")
        esl.event(named("PLAYBACK_START"))
        leg.press_by_info("5")
        esl.event(named("DTMF"))
        leg.press("6")
        esl.event(named("DTMF"))
        esl.completed("p1")
        esl.execute("hangup", ident="h1")
        return finish(esl)


def hold(place: Place) -> bytes:
    """The caller puts us on hold while a prompt plays, and comes back."""
    with telephone(place[0].sip, name="Ana Pérez") as phone:
        esl, leg, _ = begin(place, phone)
        esl.execute("playback", "tone_stream://%(2000,0,440)", ident="p1")
        esl.event(named("PLAYBACK_START"))
        leg.hold()
        esl.event(named("CHANNEL_HOLD"))
        leg.hold("sendrecv")
        esl.event(named("CHANNEL_UNHOLD"))
        esl.completed("p1")
        leg.hang_up()
        return finish(esl)


def transfer_to_extension(place: Place) -> bytes:
    """We send the leg to another extension: our socket stays with it, beside the next one, to its end."""
    with telephone(place[0].sip, name="Ana Pérez") as phone:
        esl, leg, _ = begin(place, phone)
        esl.execute("transfer", "9200 XML ivr", ident="t1")
        second = place[1].call()  # 9200 leads to the same dialplan
        second.command("connect")
        leg.hang_up()
        return finish(esl)


def transfer_to_telephone(place: Place) -> bytes:
    """We bridge the caller to a telephone outside; that one hangs up."""
    switch = place[0]
    with (
        telephone(switch.sip, name="Ana Pérez") as phone,
        telephone(switch.sip, "34600333444") as other,
    ):
        esl, leg, _ = begin(place, phone)
        esl.execute("set", "hangup_after_bridge=false", ident="s1")
        esl.completed("s1")
        esl.execute("bridge", f"sofia/ivr/34600333444@{other.host}:{other.port}", ident="b1")
        far = other.called()
        far.ring()
        far.answer()
        esl.event(named("CHANNEL_BRIDGE"))
        far.wait_heard(lambda frames: len(frames) > 10, 5)
        far.hang_up()
        esl.completed("b1")
        leg.hang_up()
        return finish(esl)


def transfer_refused(place: Place) -> bytes:
    """The telephone that we bridge to is busy: the caller stays with us."""
    switch = place[0]
    with (
        telephone(switch.sip, name="Ana Pérez") as phone,
        telephone(switch.sip, "34600333444") as other,
    ):
        esl, leg, _ = begin(place, phone)
        esl.execute("set", "continue_on_fail=true", ident="s1")
        esl.completed("s1")
        esl.execute("bridge", f"sofia/ivr/34600333444@{other.host}:{other.port}", ident="b1")
        other.called().refuse(486)
        esl.completed("b1")
        leg.hang_up()
        return finish(esl)


DIALLING = (
    "event plain BACKGROUND_JOB CHANNEL_CREATE CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_ANSWER "
    "CHANNEL_HANGUP_COMPLETE"
)


Callee = Callable[[EslSocket, Leg], None]


def originate(place: Place, calls: Mapping[str, tuple[str, Callee]], events: str = DIALLING) -> bytes:
    """Calls that we make, one after the other: by uuid, its variables and what happens after the INVITE."""
    switch = place[0]
    with telephone(switch.sip, "34600333444") as other:
        esl = switch.connect()
        # The password is no fact about the switch.
        esl.transcript[:] = [part.replace(switch.password.encode(), b"secret") for part in esl.transcript]
        esl.command(events)
        target = f"sofia/ivr/34600333444@{other.host}:{other.port}"
        for uuid, (variables, callee) in calls.items():
            given = f"{variables}originate_timeout=10,origination_uuid={uuid}"
            esl.command(f"bgapi originate {{{given}}}{target} &park()\nJob-UUID: job-{uuid}")
            callee(esl, other.called())
        esl.command("exit")
        return finish(esl)


def originate_early_media(place: Place) -> bytes:
    """Sound before the answer. Ignored: the job ends with the answer. Taken for one: with the 183. And a
    call that ends in it, as with an announcement that the number is not in use."""

    def ignored(esl: EslSocket, leg: Leg) -> None:
        leg.ring(early_media=True)
        esl.event(named("CHANNEL_PROGRESS_MEDIA"))
        leg.answer()
        esl.event(named("BACKGROUND_JOB"))
        leg.hang_up()
        esl.event(named("CHANNEL_HANGUP_COMPLETE"))

    def taken(esl: EslSocket, leg: Leg) -> None:
        leg.ring(early_media=True)
        esl.event(named("BACKGROUND_JOB"))
        leg.answer()
        esl.event(named("CHANNEL_ANSWER"))
        leg.hang_up()
        esl.event(named("CHANNEL_HANGUP_COMPLETE"))

    def refused(esl: EslSocket, leg: Leg) -> None:
        leg.ring(early_media=True)
        esl.event(named("CHANNEL_PROGRESS_MEDIA"))
        leg.refuse(404)
        for _ in range(2):  # which of the two comes first is chance
            esl.event(lambda headers: headers["Event-Name"] in ("BACKGROUND_JOB", "CHANNEL_HANGUP_COMPLETE"))

    calls = {
        "dial-ignored": ("ignore_early_media=true,", ignored),
        "dial-taken": ("", taken),
        "dial-refused": ("ignore_early_media=true,", refused),
    }
    return originate(place, calls)


def originate_voicemail(place: Place) -> bytes:
    """A voicemail takes the call: greeting, beep (mod_avmd hears it), our message, our hang-up."""

    def callee(esl: EslSocket, leg: Leg) -> None:
        leg.ring()
        leg.answer()
        esl.event(named("BACKGROUND_JOB"))
        start = ("sendmsg dial-voicemail", "call-command: execute", "execute-app-name: avmd_start")
        esl.command("\n".join((*start, "Event-UUID: v1")))
        leg.say(noise(1.0, level=0.05) + bytes(8000) + tone(1000, 0.6, level=0.3))
        esl.event(lambda headers: headers.get("Event-Subclass") == "avmd::beep")
        esl.command("api uuid_broadcast dial-voicemail tone_stream://%(300,0,440) aleg")
        esl.event(named("PLAYBACK_STOP"))
        esl.command("api uuid_kill dial-voicemail")
        esl.event(named("CHANNEL_HANGUP_COMPLETE"))

    events = DIALLING + " PLAYBACK_START PLAYBACK_STOP CHANNEL_EXECUTE_COMPLETE CUSTOM avmd::beep avmd::stop"
    return originate(place, {"dial-voicemail": ("ignore_early_media=true,", callee)}, events)


BOTH_LEGS = (
    "event plain CHANNEL_OUTGOING CHANNEL_CREATE CHANNEL_ORIGINATE CHANNEL_PROGRESS CHANNEL_ANSWER "
    "CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE DTMF"
)


def bridge_both_legs(place: Place) -> bytes:
    """A bridge as somebody sees it who watches the switch: both legs, a key from either side, the callee's
    hang-up and, with `hangup_after_bridge`, the caller's."""
    switch, server = place
    with (
        telephone(switch.sip, name="Ana Pérez") as phone,
        telephone(switch.sip, "34600333444") as other,
    ):
        calling = gevent.spawn(phone.call, "9100")
        ours = server.call()
        uuid = ours.command("connect").headers["Unique-ID"]
        ours.command("event plain CHANNEL_EXECUTE_COMPLETE")
        ours.execute("answer", ident="a1")
        ours.completed("a1")
        leg = calling.get(timeout=5)
        esl = switch.connect()
        esl.transcript[:] = [part.replace(switch.password.encode(), b"secret") for part in esl.transcript]
        esl.command(BOTH_LEGS)
        esl.command(f"api uuid_setvar {uuid} hangup_after_bridge true")
        target = f"sofia/ivr/34600333444@{other.host}:{other.port}"
        execute = (f"sendmsg {uuid}", "call-command: execute", "execute-app-name: bridge")
        esl.command("\n".join((*execute, f"execute-app-arg: {target}", "Event-UUID: b1")))
        far = other.called()
        gevent.sleep(0.1)  # so that the leg waits (CS_CONSUME_MEDIA) when it rings, as it does on a network
        far.ring()
        esl.event(named("CHANNEL_PROGRESS"))
        far.answer()
        esl.event(named("CHANNEL_BRIDGE"))
        far.wait_heard(lambda frames: len(frames) > 10, 5)
        for speaker, key in ((leg, "5"), (far, "7")):
            speaker.press(key)
            esl.event(named("DTMF"))
        far.hang_up()
        esl.event(lambda headers: headers["Event-Name"] == "CHANNEL_HANGUP_COMPLETE")
        esl.event(lambda headers: headers["Event-Name"] == "CHANNEL_HANGUP_COMPLETE")
        esl.command("exit")
        return finish(esl)


CAPTURES: dict[str, Callable[[Place], bytes]] = {
    "outbound-socket-dtmf-by-info": dtmf_info,
    "outbound-socket-hold": hold,
    "outbound-socket-transfer-to-extension": transfer_to_extension,
    "outbound-socket-bridge": transfer_to_telephone,
    "outbound-socket-bridge-busy": transfer_refused,
    "bridge-both-legs-inbound": bridge_both_legs,
    "originate-early-media-inbound": originate_early_media,
    "originate-voicemail-beep-inbound": originate_voicemail,
}


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_VARIES = re.compile(r"127\.0\.0\.1:\d+|auth \S+")
_FORTUITOUS = ("CHANNEL_PARK", "CHANNEL_UNPARK", "CHANNEL_STATE", "CHANNEL_CALLSTATE")
"""Events whose number or place among the others changes from call to call."""
_BEFORE = ("CHANNEL_CREATE", "CHANNEL_EXECUTE", "CHANNEL_EXECUTE_COMPLETE")
"""Events of the dialplan before our first command: they are delivered on a thread of their own, and whether
some still come after `myevents` is chance (two of 42 calls on a busy machine)."""
_FIRST = ("a1",)
"""What `begin` executes first."""
_TELLING = (
    "Application",
    "Application-Response",
    "Application-UUID",
    "DTMF-Digit",
    "DTMF-Source",
    "Job-UUID",
)
_TELLING += ("Hangup-Cause", "Answer-State", "Event-Subclass", "Beep-Status")


@dataclass(frozen=True)
class Skeleton:
    """What does not change from call to call."""

    exchange: tuple[str, ...]
    """Commands, and the switch's replies."""
    events: tuple[str, ...]
    """Events with what they say of the call, in their order; the same one twice in a row counts once."""


def skeleton(text: bytes) -> Skeleton:
    """Of a capture, ours or one in tests/traces."""
    exchange: list[str] = []
    events: list[str] = []
    begun = b"\n>>> connect\n" not in b"\n" + text
    for line in text.decode("utf-8", "replace").split("\n"):
        if line.startswith(">>> "):
            exchange.append(_VARIES.sub("*", _UUID.sub("*", line)))
        elif line.startswith(("Reply-Text: ", "-ERR", "+OK", "Content-Disposition: ")) or line == "<<< EOF":
            exchange.append(_UUID.sub("*", line))
    for block in re.split(r"\n\n", text.decode("utf-8", "replace")):
        headers = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and line[0] != ">")
        name = headers.get("Event-Name")
        begun = begun or headers.get("Application-UUID") in _FIRST
        if name is None or name in _FORTUITOUS or (name in _BEFORE and not begun):
            continue
        said = [f"{key}={_UUID.sub('*', headers[key])}" for key in _TELLING if key in headers]
        told = " ".join([name, *said])
        if not events or events[-1] != told:
            events.append(told)
    return Skeleton(tuple(exchange), tuple(events))


def configuration(port: int) -> SwitchConfiguration:
    """What captures are made with."""
    return SwitchConfiguration(
        servers=(Server("127.0.0.1", port),),
        limits=Limits(calls=50, calls_per_second=50),
        queues=(Queue("agents"),),
        gateways=(Gateway("trunk", "127.0.0.1:9", "account", register=False),),
    )


def main(folder: Path) -> None:
    port = free_port()
    with freeswitch(configuration(port)) as switch:
        server = OutboundPort(port)
        for name, capture in CAPTURES.items():
            (folder / f"{name}.esl").write_bytes(capture((switch, server)))
            print(name)
        server.close()


if __name__ == "__main__":
    monkey.patch_all()
    main(Path(sys.argv[1]))
