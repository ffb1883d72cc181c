"""The configuration without a FreeSWITCH: values, escaping, well-formed files."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from ipaddress import ip_network
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esl.caller_id import shown_name, shown_number
from esl.freeswitch.configuration import (
    Agent,
    EventSocket,
    Gateway,
    Limits,
    Queue,
    Server,
    Sip,
    SwitchConfiguration,
)
from esl.freeswitch.errors import SwitchConfigurationError
from esl.freeswitch.render import TEMPLATES, inert, render

EVERYTHING = SwitchConfiguration(
    servers=(Server("10.0.0.1", 8040), Server("ivr-2.example.net", 9040)),
    sip=Sip("192.0.2.10", 5080, "198.51.100.7", (ip_network("203.0.113.0/28"),)),
    event_socket=EventSocket("10.0.0.9", 8022, (ip_network("10.0.0.0/24"),)),
    limits=Limits(calls=50, calls_per_second=7, rtp_first=20000, rtp_last=20100),
    gateways=(Gateway("trunk", "203.0.113.5:5070", "34911222333"),),
    numbers=("+34911222333", "9100"),
    queues=(Queue("agents"), Queue("billing", "round-robin", 300, 20)),
    fallback_queue="billing",
    agents=(Agent("1001", ("agents", "billing")),),
    overflow="+34600111222",
    apology=PurePosixPath("/srv/sounds/sorry.wav"),
    hold_music=PurePosixPath("/srv/sounds/wait.wav"),
)


def files(configuration: SwitchConfiguration, secret: str = "s3cret") -> dict[str, ET.Element]:
    """The rendered files, parsed by a parser that knows nothing of FreeSWITCH."""
    secrets = dict.fromkeys(configuration.secret_names, secret)
    return {file.place: ET.fromstring(file.text) for file in render(configuration, secrets)}


def params(element: ET.Element) -> dict[str, str]:
    return {param.attrib["name"]: param.attrib["value"] for param in element.iter("param")}


def actions(rendered: dict[str, ET.Element]) -> list[tuple[str, str]]:
    callers = rendered["dialplan/ivr.xml"].find("context[@name='ivr']/extension[@name='callers']")
    assert callers is not None
    return [(action.attrib["application"], action.get("data", "")) for action in callers.iter("action")]


def test_the_defaults_alone_make_a_whole_configuration() -> None:
    """A newcomer without a single setting gets every file, and every file that is named exists."""
    rendered = files(SwitchConfiguration())
    named = {place.attrib["data"] for place in rendered["freeswitch.xml"].iter("X-PRE-PROCESS")}
    included = {place for place in named if place.endswith(".xml")}
    assert included | {"freeswitch.xml", "sip_profiles/ivr.xml"} == set(rendered)


def test_the_fallback_stands_right_behind_the_socket() -> None:
    """A lost server must lead to people; anything between would run for every lost call."""
    steps = actions(files(EVERYTHING))
    at = steps.index(("socket", "10.0.0.1:8040|ivr-2.example.net:9040 async full"))
    names = [application for application, _ in steps]
    assert ("callcenter", "billing@ivr") in steps[at:]
    assert steps[at + 1 : at + 5] == [  # what the dead server listened to, and what it masked
        ("set", "app_disable_expand_variables=false"),
        ("stop_record_session", "${ivr_tap}"),
        ("record_session_unmask", "${ivr_recording}"),
        ("set", "app_disable_expand_variables=true"),
    ]
    assert names[at + 5 :] == ["set", "answer", "set", "set", "callcenter", "bridge", "playback", "hangup"]
    assert ("bridge", "sofia/gateway/trunk/+34600111222") in steps
    assert ("playback", "/srv/sounds/sorry.wav") in steps


def test_nothing_is_expanded_once_the_socket_has_the_call() -> None:
    """`${...}` in what a caller chose must stay text, whatever application it reaches."""
    steps = actions(files(SwitchConfiguration()))
    sockets = [at for at, (application, _) in enumerate(steps) if application == "socket"]
    assert ("set", "app_disable_expand_variables=true") in steps[: sockets[0]]


def test_recordings_have_no_thread_of_their_own() -> None:
    """One that starts while the caller hangs up would keep its session for ever (seen on 1.11.2)."""
    steps = actions(files(SwitchConfiguration()))
    at = [application for application, _ in steps].index("socket")
    assert ("set", "RECORD_USE_THREAD=false") in steps[:at]


@pytest.mark.parametrize(("milliseconds", "rendered"), [(40, "40:200"), (100, "100:500"), (0, None)])
def test_the_jitter_buffer_is_absent_or_as_long_as_was_said(milliseconds: int, rendered: str | None) -> None:
    """FreeSWITCH takes a 0 for one frame, in which a call still has holes."""
    profile = files(replace(EVERYTHING, sip=Sip(jitter_buffer=milliseconds)))["sip_profiles/ivr.xml"]
    assert params(profile).get("auto-jitterbuffer-msec") == rendered


def test_every_setting_arrives_where_freeswitch_looks_for_it() -> None:
    """A setting that is typed but not rendered would be silently ignored."""
    rendered = files(EVERYTHING)
    switch = params(rendered["autoload_configs/switch.conf.xml"])
    assert (switch["max-sessions"], switch["sessions-per-second"]) == ("51", "7")
    assert (switch["rtp-start-port"], switch["rtp-end-port"]) == ("20000", "20100")
    events = params(rendered["autoload_configs/event_socket.conf.xml"])
    assert (events["listen-ip"], events["listen-port"], events["password"]) == ("10.0.0.9", "8022", "s3cret")
    profile = rendered["sip_profiles/ivr.xml"].find("profile/settings")
    assert profile is not None
    sip = params(profile)
    assert (sip["sip-ip"], sip["sip-port"], sip["ext-sip-ip"]) == ("192.0.2.10", "5080", "198.51.100.7")
    lists = {
        each.attrib["name"]: [node.attrib["cidr"] for node in each]
        for each in rendered["autoload_configs/acl.conf.xml"].iter("list")
    }
    assert lists == {"ivr_servers": ["10.0.0.0/24"], "sip_peers": ["203.0.113.0/28", "203.0.113.5/32"]}
    centre = rendered["autoload_configs/callcenter.conf.xml"]
    queues = {each.attrib["name"]: params(each) for each in centre.iter("queue")}
    assert queues["billing@ivr"]["strategy"] == "round-robin"
    assert queues["billing@ivr"]["max-wait-time"] == "300"
    assert queues["agents@ivr"]["moh-sound"] == "/srv/sounds/wait.wav"
    tiers = [(tier.attrib["agent"], tier.attrib["queue"]) for tier in centre.iter("tier")]
    assert tiers == [("1001@ivr", "agents@ivr"), ("1001@ivr", "billing@ivr")]
    user = rendered["directory/agents.xml"].find(".//user")
    assert user is not None
    assert params(user)["password"] == "s3cret"


def test_the_module_for_streams_is_loaded_only_where_they_are_wanted() -> None:
    """It is not part of FreeSWITCH: a switch without it would complain at every start."""
    for streams in (False, True):
        rendered = files(replace(EVERYTHING, streams=streams))["autoload_configs/modules.conf.xml"]
        loaded = [load.attrib["module"] for load in rendered.iter("load")]
        assert ("mod_audio_stream" in loaded) is streams
        assert len(loaded) == 12 + streams
        assert not list(rendered.iter("part"))


def test_ports_that_are_just_enough_are_taken() -> None:
    """The last port named is the last pair's first: 20098 and 20099 are the fiftieth leg's."""
    assert Limits(calls=50, rtp_first=20000, rtp_last=20098).rtp_last == 20098


def test_only_the_named_numbers_lead_to_the_server() -> None:
    """A `+` must not become a quantifier, and a longer number must not match a shorter one. Providers write
    the same number with and without it."""
    expression = condition_of("callers", EVERYTHING)
    assert all(re.search(expression, number) for number in ("+34911222333", "34911222333", "9100"))
    assert not any(re.search(expression, number) for number in ("++34911222333", "91000", "19100", "3349112"))


def condition_of(extension: str, configuration: SwitchConfiguration = EVERYTHING) -> str:
    found = files(configuration)["dialplan/ivr.xml"].find(f".//extension[@name='{extension}']/condition")
    assert found is not None
    return found.attrib["expression"]


def is_fit(extension: str, sent: bytes) -> bool:
    """As FreeSWITCH's dialplan finds it, byte by byte."""
    pattern = condition_of(extension, SwitchConfiguration()).replace(r"\z", r"\Z")
    return re.search(pattern.encode("ascii"), sent) is not None


@pytest.mark.parametrize(
    "name", ["", "Ana Pérez", "O'Neil, S.A. (2) & 'Cía'", "안녕하세요", "Ñandú ŀ 🙂", "x" * 100]
)
def test_a_plain_name_goes_into_a_queue(name: str) -> None:
    """Whoever has a name like other people keeps it."""
    assert is_fit("unfit names", name.encode())


@pytest.mark.parametrize(
    "name",
    [
        *(b"Ana|B", b"Eve\nx", b"Eve\n", b"Eve%0Ax", b'Eve" <sip:x>', b"Eve\\", b"${x}", b"x" * 101, b"\x7f"),
        *("a\u202eb".encode(), "a\u2066b".encode(), "a\x85b".encode(), "a\u2028b".encode()),
        *(b"\xff", b"a\xc3", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\x80"),
    ],
)
def test_no_other_name_goes_into_a_queue(name: bytes) -> None:
    """Columns, rows, what is decoded or expanded later, what is seen by nobody, and what is no UTF-8."""
    assert not is_fit("unfit names", name)


@given(st.text(max_size=200) | st.sampled_from(['|%"<>\\$', "\u202e", "x" * 900]))
def test_our_server_and_the_dialplan_agree(text: str) -> None:
    """What the server makes of any name or number is one that the dialplan lets in."""
    assert is_fit("unfit names", shown_name(text).encode("utf-8", "replace"))
    assert is_fit("unfit numbers", shown_number(text).encode())


@pytest.mark.parametrize("number", [b"34600|1", b"34600\n", b"34600%0A", b"6 00", b"1" * 65])
def test_an_unfit_number(number: bytes) -> None:
    """It is printed in the same row as the name."""
    assert not is_fit("unfit numbers", number)
    assert is_fit("unfit numbers", b"+34600111222") and is_fit("unfit numbers", b"anonymous")


PRINTABLE = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x2FFF, exclude_categories=["Cc", "Cs"]), min_size=1
)


@given(
    secret=PRINTABLE | st.sampled_from(["$${recordings_dir}", '"/>', "X-PRE-PROCESS", "<!--#exec", "<?x?>"])
)
def test_any_password_survives_and_does_nothing(secret: str) -> None:
    """Whatever a provider calls a password: it is read back as it was, and wakes no preprocessor."""
    configuration = SwitchConfiguration(gateways=(Gateway("trunk", "sip.example.net", "account"),))
    rendered = {
        file.place: file.text
        for file in render(configuration, dict.fromkeys(configuration.secret_names, secret))
    }
    text = rendered["sip_profiles/ivr.xml"]
    gateway = ET.fromstring(text).find(".//gateway")
    assert gateway is not None
    assert params(gateway)["password"] == secret
    assert not any(word in text for word in ("$${", "<!--#", "<?"))
    assert "x-pre-process" not in text.lower()


@pytest.mark.parametrize("word", ["X-PRE-PROCESS", "x-pre-process", "a X-Pre-Process"])
def test_words_of_the_preprocessor_are_hidden_from_it(word: str) -> None:
    """FreeSWITCH drops a line that holds this word without a `<` before it; our own elements stay."""
    hidden = inert(f'<param value="{word}" /><X-PRE-PROCESS cmd="set" />')
    assert hidden.lower().count("x-pre-process") == 1
    assert ET.fromstring(f"<a>{hidden}</a>")[0].attrib["value"] == word


@pytest.mark.parametrize("secret", ["a\nb", "a\0b", "a\x7fb", "a\tb", "\ud800"])
def test_control_characters_are_refused(secret: str) -> None:
    """They would break the file or, in a log, the line."""
    with pytest.raises(SwitchConfigurationError, match="control characters"):
        files(SwitchConfiguration(), secret)


def test_a_missing_secret_is_never_defaulted() -> None:
    """No configuration without a password of its own."""
    with pytest.raises(SwitchConfigurationError, match="event_socket is missing"):
        render(SwitchConfiguration(), {})
    with pytest.raises(SwitchConfigurationError, match="event_socket is missing"):
        render(SwitchConfiguration(), {"event_socket": ""})


HOSTILE = [
    "",
    "a b",
    "a|b",
    "a,b",
    "${system(touch x)}",
    "$${x}",
    '"/><action application="system"',
    "a\nb",
    "../../x",
    "ünï",
    "x" * 300,
    "\x1b[2J",
]
"""What must not become part of a dialplan."""


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "make",
    [
        Queue,
        lambda text: Server(text, 1),
        lambda text: Gateway(text, "sip.example.net", "account"),
        lambda text: Gateway("trunk", text, "account"),
        lambda text: Agent(text, ()),
        Sip,
        lambda text: Sip(public_address=text),
        EventSocket,
        lambda text: SwitchConfiguration(numbers=(text,)),
        lambda text: SwitchConfiguration(
            gateways=(Gateway("trunk", "sip.example.net", "account"),), overflow=text
        ),
        lambda text: SwitchConfiguration(apology=PurePosixPath("/" + (text or ".."))),
        lambda text: SwitchConfiguration(recordings=PurePosixPath("/srv", text or "..")),
        lambda text: SwitchConfiguration(fallback_queue=text),
        lambda text: SwitchConfiguration(log_level=text),
        lambda text: Queue("agents", strategy=text),
        lambda text: SwitchConfiguration(agents=(Agent("1001", (text,)),)),
    ],
)
def test_what_could_reach_an_application_is_refused(make: Any, text: str) -> None:
    """One printable line with the remedy after a semicolon, however wild the value; nothing is passed on."""
    with pytest.raises(SwitchConfigurationError) as caught:
        make(text)
    message = str(caught.value)
    assert message.isprintable()
    assert "; " in message
    assert len(message) < 400


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Server("127.0.0.1", 0), "from 1 to 65535"),
        (lambda: Server("::1", 8040), "IPv4 address or a host name"),
        (lambda: Gateway("trunk", "sip.example.net:99999", "a"), "from 1 to 65535"),
        (lambda: Limits(rtp_first=20001), "two even ones"),
        (lambda: Sip(jitter_buffer=5), "from 20 to 500"),
        (lambda: Limits(rtp_first=30000, rtp_last=20000), "two even ones"),
        (lambda: Limits(calls=0), "from 1 to 100000"),
        (
            lambda: Limits(calls=50, rtp_first=20000, rtp_last=20096),
            "20000 to 20096 carry 49 legs, two each, and there may be 50; set rtp_last to 20098 or more",
        ),
        (lambda: Limits(calls=9000, rtp_first=60000, rtp_last=65534), "set rtp_first lower"),
        (lambda: Sip("0.0.0.0"), "to which nobody can send; give the machine's own"),
        (lambda: Sip("224.0.0.1"), "to which nobody can send"),
        (lambda: Sip("2001:db8::1"), "IPv6; give the machine's IPv4 address"),
        (lambda: Sip("::"), "IPv6; give"),
        (lambda: Sip(public_address="0.0.0.0"), "The public address cannot be 0.0.0.0"),
        (lambda: SwitchConfiguration(servers=()), "at least one server"),
        (lambda: SwitchConfiguration(overflow="600111222"), "needs a gateway"),
        (lambda: SwitchConfiguration(queues=(Queue("a"), Queue("a")), fallback_queue="a"), "its own name"),
        (lambda: SwitchConfiguration(fallback_queue="sales"), "choose one of agents"),
        (lambda: SwitchConfiguration(queues=()), "none yet"),
    ],
)
def test_a_wrong_value_names_its_remedy(make: Any, words: str) -> None:
    """An operator must not have to read our code."""
    with pytest.raises(SwitchConfigurationError, match=re.escape(words)):
        make()


@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.xml")), ids=lambda path: path.name)
def test_templates_are_well_formed_and_leave_the_preprocessor_alone(template: Any) -> None:
    """A comment with the preprocessor's words would make FreeSWITCH drop lines."""
    text = template.read_text(encoding="utf-8")
    ET.fromstring(text)
    assert "$${" not in text
    assert not re.search(r"(?i)(?<!<)x-pre-process", text)


def test_the_same_settings_give_the_same_bytes() -> None:
    """Otherwise a second run would always show a difference."""
    secrets = dict.fromkeys(EVERYTHING.secret_names, "s3cret")
    assert render(EVERYTHING, secrets) == render(EVERYTHING, secrets)
