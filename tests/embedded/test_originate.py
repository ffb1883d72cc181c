"""`originate`: whom the embedded switch calls, what becomes of it, and what it tells meanwhile."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest

from esl.embedded.clock import Clock
from esl.embedded.dial_string import read_dial_string
from esl.embedded.errors import DialStringError
from esl.embedded.scripted_callee import ScriptedCallee
from esl.embedded.switch import EmbeddedSwitch
from tests.embedded.conftest import PASSWORD
from tests.embedded.replay import Peer, Server
from tests.embedded.sound import tone, write_wav

NUMBER = "34600333444"
TARGET = f"sofia/internal/{NUMBER}@127.0.0.1:5062"
LIFE = (
    "event plain BACKGROUND_JOB CHANNEL_OUTGOING CHANNEL_CREATE CHANNEL_ORIGINATE CHANNEL_STATE "
    "CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_ANSWER CHANNEL_PARK CHANNEL_HANGUP "
    "CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY DTMF"
)


@pytest.fixture
def dial(make_switch, clock: Clock) -> Iterator[Callable[..., Dialled]]:
    """Starts a switch with those callees, and a client that hears everything."""
    clients: list[Peer] = []

    def make(*callees: dict[str, object], **more: object) -> Dialled:
        switch = make_switch(clock=clock, callees=list(callees), gateways=["trunk"], **more)
        client = Peer(socket.create_connection(switch.event_socket_address))
        clients.append(client)
        client.wait_for("auth/request:")
        client.ask(f"auth {PASSWORD}")
        client.ask(LIFE)
        return Dialled(switch, client)

    yield make
    for client in clients:
        client.close()


class Dialled:
    """A switch that dials, and what it told."""

    def __init__(self, switch: EmbeddedSwitch, client: Peer) -> None:
        self.switch, self.client = switch, client

    def originate(self, what: str, uuid: str = "dial-1", *, variables: str = "") -> str:
        """The job's result."""
        given = f"{{origination_uuid={uuid}{',' if variables else ''}{variables}}}"
        self.client.ask(f"bgapi originate {given}{what}\nJob-UUID: job-{uuid}")
        return self.result(uuid)

    def result(self, uuid: str) -> str:
        job = self.client.wait_for("BACKGROUND_JOB", **{"Job_UUID": f"job-{uuid}"})
        return job.body.decode().partition("\n\n")[2].strip()

    def told(self, uuid: str = "dial-1") -> list[str]:
        return [
            f"{message.kind}:{message.about['Channel-State'][3:]}"
            if message.kind == "CHANNEL_STATE"
            else message.kind
            for message in self.client.received
            if message.event is not None and message.about.get("Unique-ID") == uuid
        ]


def test_answered_events_in_the_real_order(dial) -> None:
    """As captured of FreeSWITCH 1.11.2: OUTGOING, CREATE, ORIGINATE, the telephone, park, the end."""
    there = dial({"number": NUMBER, "answers_after": 2.0})
    assert there.originate(f"{TARGET} &park()") == "+OK dial-1"
    there.client.wait_for("CHANNEL_PARK")
    assert there.client.ask("api uuid_kill dial-1").body == b"+OK\n"
    there.client.wait_for("CHANNEL_DESTROY")
    assert there.told() == [
        "CHANNEL_OUTGOING",
        "CHANNEL_STATE:INIT",
        "CHANNEL_CREATE",
        "CHANNEL_ORIGINATE",
        "CHANNEL_STATE:ROUTING",
        "CHANNEL_STATE:CONSUME_MEDIA",
        "CHANNEL_PROGRESS",
        "CHANNEL_ANSWER",
        "CHANNEL_STATE:EXECUTE",
        "CHANNEL_PARK",
        "CHANNEL_HANGUP",
        "CHANNEL_STATE:HANGUP",
        "CHANNEL_STATE:REPORTING",
        "CHANNEL_HANGUP_COMPLETE",
        "CHANNEL_DESTROY",
    ]
    ended = there.client.wait_for("CHANNEL_HANGUP_COMPLETE").about
    assert ended["variable_answersec"] == "2"
    assert ended["variable_sip_hangup_disposition"] == "send_bye"
    assert there.switch.sessions == {}


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        ("USER_BUSY", "486"),
        ("UNALLOCATED_NUMBER", "404"),
        ("CALL_REJECTED", "603"),
        ("NO_USER_RESPONSE", "480"),
        ("INVALID_NUMBER_FORMAT", "484"),
        ("NORMAL_TEMPORARY_FAILURE", "503"),
        ("NORMAL_CIRCUIT_CONGESTION", "503"),
        ("UNWANTED", "607"),
    ],
)
def test_refused(dial, cause: str, status: str) -> None:
    """Every way to refuse is the job's result, the leg's cause, and SIP's status."""
    there = dial({"number": NUMBER, "refuses": cause, "answers_after": 0.5})
    assert there.originate(f"{TARGET} &park()") == f"-ERR {cause}"
    ended = there.client.wait_for("CHANNEL_HANGUP_COMPLETE").about
    assert (ended["Hangup-Cause"], ended["variable_sip_term_status"]) == (cause, status)
    assert ended["variable_sip_hangup_disposition"] == "recv_refuse"


def test_nobody_answers_in_time(dial, clock: Clock) -> None:
    """`originate_timeout` counts, then the telephone stops ringing."""
    there = dial({"number": NUMBER, "answers_after": None})
    began = clock.now()
    assert there.originate(f"{TARGET} &park()", variables="originate_timeout=7") == "-ERR NO_ANSWER"
    assert 7.0 <= clock.now() - began < 7.5
    ended = there.client.wait_for("CHANNEL_HANGUP_COMPLETE").about
    assert ended["variable_sip_hangup_disposition"] == "send_cancel"


@pytest.mark.parametrize(
    ("what", "answer"),
    [
        ("nosuch/abc &park()", "-ERR CHAN_NOT_IMPLEMENTED"),
        ("user/nobody &park()", "-ERR SUBSCRIBER_ABSENT"),
        ("sofia/gateway/other/1 &park()", "-ERR INVALID_GATEWAY"),
        ("sofia/internal &park()", "-ERR INVALID_URL"),
        ("error/USER_BUSY &park()", "-ERR USER_BUSY"),
        (f"[leg_timeout=1{TARGET} &park()", "-ERR DESTINATION_OUT_OF_ORDER"),
        (f"{TARGET}:_:{TARGET} &park()", "-ERR DESTINATION_OUT_OF_ORDER"),
    ],
)
def test_what_cannot_be_called(dial, what: str, answer: str) -> None:
    """The results of the real switch, and no leg."""
    there = dial({"number": NUMBER})
    assert there.originate(what) == answer
    assert there.told() == []


def test_usage(dial) -> None:
    """Too few words, or too many."""
    there = dial()
    for argument in ("", " foo", " a b c d e f g h"):
        assert there.client.ask(f"api originate{argument}").body.startswith(b"-USAGE: <call url> <exten>|&")


def test_a_uuid_is_given_once(dial) -> None:
    """The second call with the same uuid is not placed, and the first goes on."""
    there = dial({"number": NUMBER, "lines": 2})
    assert there.originate(f"{TARGET} &park()") == "+OK dial-1"
    again = there.client.ask(f"api originate {{origination_uuid=dial-1}}{TARGET} &park()")
    assert again.body == b"-ERR DESTINATION_OUT_OF_ORDER\n"
    assert there.client.ask("api uuid_exists dial-1").body == b"true"


def test_limits_count_placed_legs(dial) -> None:
    """`max-sessions` holds for both directions."""
    there = dial({"number": NUMBER, "lines": 9}, most_calls=2)
    results = [there.originate(f"{TARGET} &park()", f"dial-{n}") for n in range(3)]
    assert results == ["+OK dial-0", "+OK dial-1", "-ERR DESTINATION_OUT_OF_ORDER"]


def test_a_telephone_in_use_is_busy(dial) -> None:
    """One call at a time, unless it has more lines; then it can be called again."""
    there = dial({"number": NUMBER})
    assert there.originate(f"{TARGET} &park()", "dial-1") == "+OK dial-1"
    assert there.originate(f"{TARGET} &park()", "dial-2") == "-ERR USER_BUSY"
    there.client.ask("api uuid_kill dial-1")
    there.client.wait_for("CHANNEL_DESTROY", Unique_ID="dial-1")
    assert there.originate(f"{TARGET} &park()", "dial-3") == "+OK dial-3"


def test_no_codec_in_common(dial) -> None:
    """What is offered is `absolute_codec_string`."""
    there = dial({"number": NUMBER, "codecs": ["G729"]}, {"number": "1002", "codecs": ["G729", "PCMA"]})
    assert there.originate(f"{TARGET} &park()", "dial-1") == "-ERR INCOMPATIBLE_DESTINATION"
    assert there.originate("user/1002 &park()", "dial-2") == "+OK dial-2"
    offer = "absolute_codec_string=PCMU"
    there.client.ask("api uuid_kill dial-2")
    there.client.wait_for("CHANNEL_DESTROY", Unique_ID="dial-2")
    assert there.originate("user/1002 &park()", "dial-3", variables=offer) == "-ERR INCOMPATIBLE_DESTINATION"


@pytest.mark.parametrize("ignored", [True, False])
def test_early_media(dial, clock: Clock, ignored: bool) -> None:
    """Taken for the answer, unless `ignore_early_media`; who answers later is told then."""
    there = dial({"number": NUMBER, "early_media": "tone_stream://%(1000,0,425)", "answers_after": 3.0})
    began = clock.now()
    variables = "ignore_early_media=true" if ignored else ""
    assert there.originate(f"{TARGET} &park()", variables=variables) == "+OK dial-1"
    assert (clock.now() - began >= 3.0) is ignored
    there.client.wait_for("CHANNEL_ANSWER")
    assert clock.now() - began >= 3.0


def test_an_announcement_that_ends_in_a_refusal(dial) -> None:
    """`The number you have called...`, heard or ignored, is no answer."""
    there = dial(
        {"number": NUMBER, "early_media": "tone_stream://%(1000,0,425)", "refuses": "UNALLOCATED_NUMBER"}
    )
    assert (
        there.originate(f"{TARGET} &park()", variables="ignore_early_media=true") == "-ERR UNALLOCATED_NUMBER"
    )


def test_a_machine_answers(dial, clock: Clock, tmp_path: Path) -> None:
    """What it says reaches the switch: the live audio holds its greeting, from the first sample."""
    greeting = tone(1.5, 300) + tone(0.4, 1000)
    write_wav(tmp_path / "greeting.wav", greeting)
    there = dial({"number": NUMBER, "voice": str(tmp_path / "greeting.wav")})
    recorded = tmp_path / "heard.wav"
    assert (
        there.originate(f"{TARGET} '&record({recorded} 3)'", variables="RECORD_READ_ONLY=true")
        == "+OK dial-1"
    )
    there.client.wait_for("CHANNEL_DESTROY")
    assert greeting[:16000] in recorded.read_bytes()


def test_the_leg_meets_an_extension(dial, server: Server) -> None:
    """`originate URL 9100`: the dialplan, with who was called as who calls."""
    there = dial(
        {"number": NUMBER},
        extensions=[{"destination": "9100", "actions": [["socket", f"{server.address} async full"]]}],
    )
    assert (
        there.originate(f"{TARGET} 9100 XML default", variables="origination_caller_id_number=34911")
        == "+OK dial-1"
    )
    channel = server.accept()
    channel.send("connect")
    about = channel.wait_for("CHANNEL_DATA").about
    assert about["Caller-Destination-Number"] == "9100"
    assert about["Caller-Caller-ID-Number"] == NUMBER
    assert about["Caller-Callee-ID-Number"] == "34911"
    assert about["Call-Direction"] == "outbound"


def test_the_leg_meets_a_server(dial, server: Server, clock: Clock) -> None:
    """`&socket(HOST:PORT async full)` in quotes, as a dialler uses it."""
    # A busy machine brings the server's word late, by the virtual clock: the callee has patience.
    there = dial({"number": NUMBER, "keys": "17", "talks_for": 120.0})
    assert there.originate(f"{TARGET} '&socket({server.address} async full)'") == "+OK dial-1"
    server.accept().send("connect")
    keys = [there.client.wait_for("DTMF", DTMF_Digit=key).about["Unique-ID"] for key in "17"]
    assert keys == ["dial-1", "dial-1"]
    ended = there.client.wait_for("CHANNEL_HANGUP_COMPLETE").about
    assert ended["variable_sip_hangup_disposition"] == "recv_bye"


def test_variables_reach_the_legs_that_they_are_for(dial) -> None:
    """Those in braces every leg, those in brackets one; both before its first event."""
    there = dial({"number": "1001", "answers_after": None}, {"number": "1002"})
    there.client.ask(
        "bgapi originate {case=4711,origination_caller_id_name='Ana, Pérez'}"
        "[origination_uuid=one,desk=a]user/1001,[origination_uuid=two,desk=b]user/1002 &park()\n"
        "Job-UUID: job-x"
    )
    assert there.result("x") == "+OK two"
    seen = {uuid: there.client.wait_for("CHANNEL_CREATE", Unique_ID=uuid).about for uuid in ("one", "two")}
    assert [seen[uuid]["variable_desk"] for uuid in ("one", "two")] == ["a", "b"]
    assert {about["variable_case"] for about in seen.values()} == {"4711"}
    assert {about["Caller-Caller-ID-Name"] for about in seen.values()} == {"Ana, Pérez"}
    lost = there.client.wait_for("CHANNEL_HANGUP_COMPLETE", Unique_ID="one").about
    assert lost["Hangup-Cause"] == "LOSE_RACE"


def test_turns(dial, clock: Clock) -> None:
    """The second turn is for when the first has failed; a turn that times out is the last one."""
    there = dial(
        {"number": "1001", "refuses": "USER_BUSY"},
        {"number": "1002"},
        {"number": "1003", "answers_after": None},
    )
    there.client.ask("bgapi originate user/1001|[origination_uuid=c]user/1002 &park()\nJob-UUID: job-c")
    assert there.result("c") == "+OK c"
    limit = "originate_timeout=2"
    there.client.ask(f"bgapi originate {{{limit}}}user/1003|user/1001 &park()\nJob-UUID: job-d")
    assert there.result("d") == "-ERR NO_ANSWER"
    there.client.ask(
        f"bgapi originate {{{limit},originate_continue_on_timeout=true}}user/1003|user/1001 &park()\n"
        "Job-UUID: job-e"
    )
    assert there.result("e") == "-ERR USER_BUSY"


def test_a_callee_on_a_line(dial, clock: Clock, tmp_path: Path) -> None:
    """Somebody made of code takes the call: sees who calls, rings, answers, hears."""
    said = tone(0.5)
    file = write_wav(tmp_path / "said.wav", said)
    there = dial()
    callee = ScriptedCallee(there.switch.line_address, number="1001", clock=clock)
    callee.join()
    calling = gevent.spawn(
        there.originate,
        f"user/1001@example.org &playback({file})",
        variables="origination_caller_id_number=34911222333,sip_h_X-Case=4711",
    )
    invitation = callee.wait_for_call()
    assert (invitation.number, invitation.destination) == ("34911222333", "1001")
    assert invitation.variables == {"sip_h_X-Case": "4711"}
    callee.ring()
    callee.silent(1.0)
    callee.answer()
    assert calling.get() == "+OK dial-1"
    assert callee.wait_until_quiet(0.4, timeout=5) is False  # the tone is over, and so is the call
    assert callee.wait_hangup() == "NORMAL_CLEARING"
    assert said in callee.heard
    assert there.client.ask("api originate user/1001 &park()").body == b"-ERR USER_NOT_REGISTERED\n"


def test_a_line_that_breaks_while_it_rings(dial, clock: Clock) -> None:
    """A telephone that loses its network is no answer."""
    there = dial()
    callee = ScriptedCallee(there.switch.line_address, number="1001", clock=clock)
    callee.join()
    calling = gevent.spawn(there.originate, "user/1001 &park()")
    callee.wait_for_call()
    callee.vanish()
    assert calling.get() == "-ERR NORMAL_TEMPORARY_FAILURE"


def test_loopback_meets_the_dialplan(dial) -> None:
    """The far end is a leg of the same switch; sound and the answer pass."""
    there = dial(
        extensions=[
            {"destination": "9300", "actions": [["answer"], ["playback", "tone_stream://%(2000,0,440)"]]}
        ]
    )
    assert there.originate("loopback/9300/default &park()") == "+OK dial-1"
    leg = there.switch.sessions["dial-1"]
    there.client.wait_for("CHANNEL_DESTROY", Unique_ID="dial-1")
    assert leg.channel.hangup_cause == "NORMAL_CLEARING"
    assert there.originate("loopback/nowhere/default &park()", "dial-2") == "-ERR NO_ROUTE_DESTINATION"


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("user/1", [["user/1"]]),
        ("user/1,user/2|sofia/gateway/t/3", [["user/1", "user/2"], ["sofia/gateway/t/3"]]),
        ("{a=1,b='x,y'}[c=1,d=2]user/1,[e=3]user/2", [["user/1", "user/2"]]),
        ("{^^:a=1:b=2}user/1 , user/2", [["user/1", "user/2"]]),
        ("{a=x\\,y}user/1", [["user/1"]]),
    ],
)
def test_dial_strings(text: str, turns: list[list[str]]) -> None:
    """Turns and targets, whatever stands in quotes and brackets."""
    read = read_dial_string(text)
    assert [[f"{target.endpoint}/{target.address}" for target in turn] for turn in read.turns] == turns


def test_dial_string_variables() -> None:
    """Quoted, escaped, with a separator of their own."""
    assert read_dial_string("{a=1,b='x,y',c=p\\,q}user/1").variables == {"a": "1", "b": "x,y", "c": "p,q"}
    assert read_dial_string("{^^:a=1,5:b=2}user/1").variables == {"a": "1,5", "b": "2"}
    assert read_dial_string("[a=1][b=2]user/1").turns[0][0].variables == {"a": "1", "b": "2"}


@pytest.mark.parametrize("text", ["", "{a=1}", "{a=1", "user", "us er/1", "|,|", "user/1:_:user/2", "/1"])
def test_no_dial_string(text: str) -> None:
    """One clear error, never a traceback."""
    with pytest.raises(DialStringError):
        read_dial_string(text)
