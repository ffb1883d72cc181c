"""Our configuration in a real FreeSWITCH: it loads, calls reach us, and those that we lose reach people."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import gevent
import pytest

from esl.freeswitch.configuration import SwitchConfiguration
from tests.freeswitch.conftest import Scene, need_freeswitch
from tests.freeswitch.harness import EslSocket, OutboundPort, freeswitch, wait_until
from tests.freeswitch.leg import Leg
from tests.freeswitch.sound import noise, place, strength
from tests.freeswitch.telephone import Telephone, telephone

pytestmark = pytest.mark.freeswitch

ALLOWED_COMPLAINTS: tuple[str, ...] = ()
"""What FreeSWITCH may complain about while it loads our configuration: nothing so far."""


def arrive(server: OutboundPort, phone: Telephone, destination: str = "9100") -> tuple[EslSocket, Leg]:
    """A call on our socket, answered, with its events on."""
    calling = gevent.spawn(phone.call, destination)
    esl = server.call()
    esl.command("connect")
    esl.command("myevents")
    esl.execute("answer", ident="answer")
    esl.completed("answer")
    return esl, calling.get(timeout=5)


def members(scene: Scene, queue: str = "agents") -> int:
    """Callers who wait (those who gave up stay in the table for a minute)."""
    table = scene.switch.api(f"callcenter_config queue list members {queue}@ivr")
    return len(re.findall(r"\|Waiting\||\|Trying\|", table))


def landed(scene: Scene, queue: str = "agents") -> None:
    """Waits until the one caller waits in the fallback queue."""
    wait_until(lambda: members(scene, queue) == 1, 5, f"a caller in the queue {queue}")


def gone(scene: Scene) -> None:
    wait_until(lambda: scene.switch.channels() == 0, 5, "no channel left behind")


def test_it_loads_without_a_complaint(scene: Scene) -> None:
    """An [ERR] line at every start hides the one that matters."""
    unexpected = [line for line in scene.loading if not any(word in line for word in ALLOWED_COMPLAINTS)]
    assert unexpected == []
    status = scene.switch.api("status")
    assert "is ready" in status
    assert re.search(r"out of max 200,", status)
    assert "301 session(s) max" in status


def test_every_module_that_we_name_is_loaded(scene: Scene) -> None:
    """A module that is missing shows up only when a call needs it."""
    modules = ET.fromstring(
        (scene.switch.folder / "conf" / "autoload_configs" / "modules.conf.xml").read_text(encoding="utf-8")
    )
    named = [load.attrib["module"] for load in modules.iter("load")]
    assert len(named) > 8
    assert [name for name in named if scene.switch.api(f"module_exists {name}").strip() != "true"] == []


def test_a_call_reaches_our_socket_and_is_ours_to_command(scene: Scene, server: OutboundPort) -> None:
    """The dialplan's `socket ... async full`: answer, sound in both directions, keys, hang-up."""
    with telephone(scene.switch.sip, name="Ana Pérez") as phone:
        calling = gevent.spawn(phone.call, "9100")
        esl = server.call()
        data = esl.command("connect").headers
        assert data["Caller-Caller-ID-Name"] == "Ana Pérez"
        assert data["Caller-Caller-ID-Number"] == "34600111222"
        assert data["Caller-Destination-Number"] == "9100"
        for command in ("linger 5", "myevents", "event plain DTMF", "api status"):
            assert not esl.command(command).headers.get("Reply-Text", "").startswith("-ERR")
        esl.execute("answer", ident="a1")
        esl.completed("a1")
        leg = calling.get(timeout=5)
        esl.execute("playback", "tone_stream://%(1000,0,440)", ident="p1")
        leg.press("7#")
        keys = [esl.event(lambda h: h.get("Event-Name") == "DTMF").headers["DTMF-Digit"] for _ in range(2)]
        assert keys == ["7", "#"]
        assert esl.completed("p1").headers["Application-Response"] == "FILE PLAYED"
        leg.wait_heard(lambda heard: len(heard) >= 49, 2)
        assert strength(leg.heard_samples()[3200:6400], 440) > 0.95
        esl.execute("hangup", "NORMAL_CLEARING", ident="h1")
        leg.wait_over(3)
        ended = esl.event(lambda headers: headers.get("Event-Name") == "CHANNEL_HANGUP_COMPLETE")
        assert ended.headers["Hangup-Cause"] == "NORMAL_CLEARING"
        esl.close()  # while it lingers, the channel stays
    gone(scene)


def test_what_is_said_comes_back_whole(scene: Scene, server: OutboundPort) -> None:
    """The telephone's own sound is good enough to measure with: an echo returns every sample in place."""
    said = noise(2.0)
    with telephone(scene.switch.sip) as phone:
        esl, leg = arrive(server, phone)
        esl.execute("echo", ident="e1")
        esl.event(lambda headers: headers.get("Application") == "echo")
        assert leg.say(said).wait(5)
        leg.wait_heard(lambda heard: len(heard) > 105, 3)
        assert place(said, leg.heard_samples())[1] > 0.99
        sequences = [frame.sequence for frame in leg.heard]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
        leg.hang_up()
    gone(scene)


def test_keys_by_info_arrive_as_well(scene: Scene, server: OutboundPort) -> None:
    """Some telephones send keys as SIP INFO."""
    with telephone(scene.switch.sip) as phone:
        esl, leg = arrive(server, phone)
        esl.execute("sleep", "3000", ident="s1")
        leg.press_by_info("5")
        event = esl.event(lambda headers: headers.get("Event-Name") == "DTMF")
        assert event.headers["DTMF-Digit"] == "5"
        leg.hang_up()
    gone(scene)


def test_a_trunk_that_wants_our_offer_is_served(scene: Scene, server: OutboundPort) -> None:
    """An INVITE without SDP: some exchanges always call so. Sound and keys go both ways."""
    with telephone(scene.switch.sip) as phone:
        leg = phone.dial("9100")
        leg.call_without_offer(f"sip:9100@{scene.switch.sip[0]}:{scene.switch.sip[1]}", seconds=10)
        esl = server.call()
        esl.command("connect")
        esl.command("myevents")
        assert "+OK" in scene.switch.api(f"uuid_answer {uuid_of(esl)}")
        esl.execute("playback", "tone_stream://%(1000,0,440)", ident="p1")
        leg.press("7")
        event = esl.event(lambda headers: headers.get("Event-Name") == "DTMF")
        assert event.headers["DTMF-Digit"] == "7"
        assert esl.completed("p1").headers["Application-Response"] == "FILE PLAYED"
        leg.wait_heard(lambda heard: len(heard) >= 45, 2)
        assert strength(leg.heard_samples()[3200:6400], 440) > 0.95
        leg.hang_up()
    gone(scene)


OFFERS = {
    "only a codec that we do not have": ("RTP/AVP 0 101", "RTP/AVP 18", 488),
    "a fax": ("m=audio", "m=image", 488),
    "sound at another pace": ("a=ptime:20", "a=ptime:40", 200),
    "the old way to hold": ("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0", 200),
}


@pytest.mark.parametrize("offer", OFFERS)
def test_a_new_offer_in_the_call_does_not_end_it(scene: Scene, server: OutboundPort, offer: str) -> None:
    """Refused or taken, the call goes on, and after the usual offer everything is as before."""
    before, after, status = OFFERS[offer]
    with telephone(scene.switch.sip) as phone:
        esl, leg = arrive(server, phone)
        assert leg.offer(lambda usual: usual.replace(before, after)).status == status
        esl.execute("playback", "silence_stream://300", ident="p1")
        assert esl.completed("p1").headers["Application-Response"] == "FILE PLAYED"
        assert leg.offer().status == 200
        heard = len(leg.heard)
        esl.execute("playback", "tone_stream://%(600,0,440)", ident="p2")
        leg.press("8")
        event = esl.event(lambda headers: headers.get("Event-Name") == "DTMF")
        assert event.headers["DTMF-Digit"] == "8"
        assert esl.completed("p2").headers["Application-Response"] == "FILE PLAYED"
        assert len(leg.heard) - heard > 20
        leg.hang_up()
    gone(scene)


def uuid_of(esl: EslSocket) -> str:
    """Of the leg whose `connect` was answered."""
    found = re.search(rb"^Unique-ID: (\S+)", b"".join(esl.transcript), re.M)
    assert found is not None
    return found[1].decode()


def test_without_a_server_the_caller_reaches_people(scene: Scene) -> None:
    """Nobody listens on the socket's port: the next action is the queue, with a ringing tone."""
    with telephone(scene.switch.sip) as phone:
        leg = phone.call("9100")
        landed(scene)
        leg.wait_heard(lambda heard: len(heard) > 50, 3)
        assert strength(leg.heard_samples()[:16000], 425) > 0.9
        leg.hang_up()
    gone(scene)


def test_a_caller_whom_nobody_serves_hears_so(scene: Scene) -> None:
    """No agent logged in: out of the queue after its limit, congestion tone, a cause that says temporary."""
    with telephone(scene.switch.sip) as phone:
        leg = phone.call("9100")
        leg.wait_over(20)
        assert "NORMAL_TEMPORARY_FAILURE" in leg.reason
        assert strength(leg.heard_samples()[-32000:], 425) > 0.4
    gone(scene)


@pytest.mark.parametrize("during", ["nothing", "playback", "uuid_record"])
def test_a_server_that_dies_in_a_call_leaves_it_to_people(
    scene: Scene, server: OutboundPort, during: str
) -> None:
    """What the switch sees of `kill -9` is a closed connection: the caller goes on to the fallback queue."""
    with telephone(scene.switch.sip) as phone:
        esl, leg = arrive(server, phone)
        if during == "playback":
            esl.execute("playback", "tone_stream://%(500,0,440)", ident="p1")
        if during == "uuid_record":
            uuid = esl.command("connect").headers["Unique-ID"]
            esl.command(f"api uuid_record {uuid} start {scene.switch.folder}/live/{uuid}.r8")
        esl.close()
        landed(scene)
        assert not leg.over.is_set()
        leg.hang_up()
    gone(scene)


def test_nothing_a_caller_chose_is_expanded(scene: Scene, server: OutboundPort) -> None:
    """A name with `${...}` or a line end in it stays text, even inside an application's argument."""
    trap = scene.switch.folder / "trap"
    name = "${system(touch " + str(trap) + ")}%0Avariable_vip: true"
    with telephone(scene.switch.sip, name=name) as phone:
        calling = gevent.spawn(phone.call, "9100")
        esl = server.call()
        data = esl.command("connect").headers
        # FreeSWITCH itself takes the `$` away, and undoes the `%0A` that the telephone sent.
        assert data["Caller-Caller-ID-Name"] == name.replace("$", "%").replace("%0A", "\n")
        assert "variable_vip" not in data
        esl.command("myevents")
        spoken = "/${uuid}/${system(touch " + str(trap) + ")}"  # what a recogniser might one day return
        esl.execute("playback", spoken, ident="p1")
        ended = esl.completed("p1").headers
        assert ended["Application-Data"] == spoken
        assert ended["Application-Response"] == "FILE NOT FOUND"
        # `set` would expand it whatever the channel says. The api does not: it leaves the variable unset.
        esl.command(f"api uuid_setvar_multi {data['Unique-ID']} heard={spoken}")
        assert esl.command(f"api uuid_getvar {data['Unique-ID']} heard").body == "_undef_"
        esl.execute("answer", ident="a1")
        calling.get(timeout=5).hang_up()
    assert not trap.exists()
    gone(scene)


def test_an_agents_telephone_registers_and_takes_the_caller(scene: Scene, server: OutboundPort) -> None:
    """The generated password works, the queue rings the agent, both hear each other, and a caller whom the
    agent has served is not sent on to the apology."""
    name, secret = "1001", scene.switch.secret("agent-1001")
    with (
        telephone(scene.switch.sip, name, password=secret) as desk,
        telephone(scene.switch.sip) as phone,
    ):
        assert desk.register() == 200
        scene.switch.api("callcenter_config agent set status 1001@ivr Available")
        esl, leg = arrive(server, phone)
        esl.execute("set", "hangup_after_bridge=true", ident="h1")
        esl.execute("callcenter", "staffed@ivr", ident="q1")
        ringing = desk.called(10)
        ringing.ring()
        ringing.answer()
        esl.event(lambda headers: headers.get("Event-Name") == "CHANNEL_BRIDGE")
        leg.wait_heard(lambda heard: len(heard) > 10, 3)
        ringing.wait_heard(lambda heard: len(heard) > 10, 3)  # now sound flows, both ways
        greeting, reply = noise(1.0, seed=2), noise(1.0, seed=3)
        before = len(leg.heard), len(ringing.heard)
        said = [ringing.say(greeting), leg.say(reply)]
        assert all(done.wait(5) for done in said)
        leg.wait_heard(lambda heard: len(heard) > before[0] + 55, 3)
        ringing.wait_heard(lambda heard: len(heard) > before[1] + 55, 3)
        assert place(greeting, leg.heard_samples())[1] > 0.95
        assert place(reply, ringing.heard_samples())[1] > 0.95
        ringing.hang_up()
        leg.wait_over(3)
        scene.switch.api("callcenter_config agent set status 1001@ivr 'Logged Out'")
    gone(scene)


def test_a_wrong_password_does_not_register(scene: Scene) -> None:
    """Agents' passwords are checked, whoever's address it is."""
    with telephone(scene.switch.sip, "1001", password="guess") as desk:
        assert desk.register() == 403


def test_the_event_socket_takes_only_its_password(scene: Scene) -> None:
    """FreeSWITCH's well-known default opens nothing."""
    assert "is ready" in scene.switch.api("status")
    for guess in ("ClueCon", "", scene.switch.password[:-1], scene.switch.password + "x"):
        with pytest.raises((PermissionError, ConnectionError)):
            scene.switch.connect(guess)


def test_names_and_passwords_arrive_as_they_were_written(scene: Scene) -> None:
    """Signs that mean something to XML or to FreeSWITCH's preprocessor reach the module unchanged."""
    answer = scene.switch.api("xml_locate configuration configuration name sofia.conf")
    gateway = ET.fromstring(answer).find(".//gateway[@name='trunk']")
    assert gateway is not None
    values = {param.attrib["name"]: param.attrib["value"] for param in gateway.iter("param")}
    assert values["username"] == scene.switch.configuration.gateways[0].username
    assert values["password"] == scene.switch.secret("gateway-trunk")


def test_keys_are_not_in_the_log(scene: Scene, server: OutboundPort) -> None:
    """A card number that a caller keys must not be found in FreeSWITCH's log either."""
    keyed = "739184620517"  # so long that no uuid, port or time in the log holds it by chance
    with telephone(scene.switch.sip) as phone:
        esl, leg = arrive(server, phone)
        esl.execute(
            "play_and_get_digits",
            "12 12 1 5000 # silence_stream://100 silence_stream://100 pin \\d+ 3000",
            ident="d1",
        )
        assert leg.press(keyed).wait(8)
        assert esl.completed("d1").headers["variable_pin"] == keyed
        leg.hang_up()
    text = scene.switch.log.read_text(errors="replace")
    assert "RECV DTMF" not in text
    assert keyed not in text


def test_it_starts_and_stops_on_defaults_alone() -> None:
    """What a newcomer gets without one setting, apart from free ports."""
    need_freeswitch()
    with freeswitch(SwitchConfiguration()) as switch:
        assert switch.complaints() == []
        assert switch.channels() == 0
