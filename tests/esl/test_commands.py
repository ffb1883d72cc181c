"""No value leaves its place in a command, and the commands are those the real switch was given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esl import commands
from esl.embedded.separated import cut_at
from esl.errors import UnsafeTextError
from esl.wire import Command, CommandReader, encode_command
from tests.esl import traces

UUID = "d5c30c2a-2529-416b-8184-957d4e77b099"


def sent(command: Command) -> bytes:
    return encode_command(command.line, command.headers, command.body)


@pytest.mark.parametrize(
    ("trace", "command"),
    [
        ("outbound-socket-digits", commands.connect()),
        ("outbound-socket-digits", commands.linger(5)),
        ("outbound-socket-digits", commands.my_events()),
        ("outbound-socket-digits", commands.execute("answer", event_uuid="a1")),
        ("outbound-socket-digits", commands.execute("hangup", "NORMAL_CLEARING", event_uuid="h1")),
        ("callcenter-exit-key", commands.call_center("support@default", event_uuid="q1")),
        ("outbound-socket-errors", commands.playback([Path("/no/such/file.wav")], event_uuid="p1")),
        ("outbound-socket-record-and-break", commands.break_all(UUID)),
        ("outbound-socket-record-and-break", commands.record(UUID, "start", Path(f"/dev/shm/{UUID}.r8"))),
        ("outbound-socket-record-and-break", commands.record(UUID, "stop", Path(f"/dev/shm/{UUID}.r8"))),
        ("callcenter-events-inbound", commands.auth("ClueCon")),
        ("callcenter-events-inbound", commands.bye()),
        ("callcenter-events-inbound", commands.events([], custom=["callcenter::info"])),
    ],
)
def test_commands_are_those_of_the_captured_exchanges(trace: str, command: Command) -> None:
    """Byte for byte what was sent to the real switch."""
    assert sent(command).removesuffix(b"\n\n") in traces.load(trace).commands


def test_the_rest_of_the_commands() -> None:
    """Their text, where no trace has them."""
    assert commands.only_leg("a-1").line == "filter Unique-ID a-1"
    assert commands.no_events().line == "noevents"
    assert commands.divert_events(True).line == "divert_events on"
    assert commands.userauth("ana", "pbx.test", "secret").line == "userauth ana@pbx.test:secret"
    assert commands.kill("u", "USER_BUSY").line == "api uuid_kill u USER_BUSY"
    assert commands.transfer("u", "9100").line == "api uuid_transfer u 9100"
    assert commands.queue_again("u", "q@ivr").line == "api uuid_transfer u callcenter:q@ivr inline"
    assert commands.count_packets("u").line == "api uuid_set_media_stats u"
    assert commands.execute("answer", event_uuid="a", leg="u").line == "sendmsg u"
    assert (
        commands.originate(
            "sofia/gateway/t/600", variables={}, application="socket", argument="127.0.0.1:8040 async full"
        ).line
        == "api originate sofia/gateway/t/600 '&socket(127.0.0.1:8040 async full)'"
    )


@pytest.mark.parametrize(
    "build",
    [
        lambda: commands.execute("play back", event_uuid="a"),
        lambda: commands.execute("playback", "${sofia_contact(1)}", event_uuid="a"),
        lambda: commands.execute("playback", "%[a=b]x", event_uuid="a"),
        lambda: commands.execute("playback", "%,[a=b]x", event_uuid="a"),
        lambda: commands.execute("playback", "a\nb", event_uuid="a"),
        lambda: commands.execute("answer", event_uuid="a b"),
        lambda: commands.playback([Path("/a")] * 101, event_uuid="a"),
        lambda: commands.set_variables("u x", {"a": "b"}),
        lambda: commands.set_variables("u", {"a=b": "c"}),
        lambda: commands.set_variables("u", {"a;b": "c"}),
        lambda: commands.set_variables("u", {}),
        lambda: commands.record("u", "start", Path("/a/b\n.wav")),
        lambda: commands.record("u", "start", Path("/a/${x}.wav")),
        lambda: commands.record("u", "start", Path("/a/b.wav ")),
        lambda: commands.kill("u", "x y"),
        lambda: commands.transfer("u", "-both 9100"),
        lambda: commands.transfer("u", "9100 XML"),
        lambda: commands.filter_events("Unique-ID", "/.*/"),
        lambda: commands.filter_events("Unique-ID", "+x"),
        lambda: commands.filter_events("Unique ID", "x"),
        lambda: commands.events(["ALL; x"]),
        lambda: commands.events([], custom=["a b"]),
        lambda: commands.auth(""),
        lambda: commands.auth("a\nb"),
        lambda: commands.userauth("a@b", "c", "d"),
        lambda: commands.background(commands.bye(), job_uuid="j"),
        lambda: commands.background(commands.api("status"), job_uuid="j k"),
        lambda: commands.originate("sofia/gateway/t/600 &park()", variables={}),
        lambda: commands.originate("a|b", variables={}),
        lambda: commands.originate("a,b", variables={}),
        lambda: commands.originate("a", variables={"n": "x,execute_on_answer=y"}),
        lambda: commands.originate("a", variables={"n": "x}sofia/y"}),
        lambda: commands.originate("a", variables={"n": "${x}"}),
        lambda: commands.originate("a", variables={}, argument="x) 'y"),
        lambda: commands.api("status\nexit"),
    ],
)
def test_what_would_mean_something_to_the_switch_is_refused(build: Callable[[], Command]) -> None:
    """Syntax of the switch in a place for plain text."""
    with pytest.raises(UnsafeTextError):
        build()


@pytest.mark.parametrize("name", ["Señor Peña", "it-s_+plus", "con espacio"])
def test_paths_that_people_really_have_are_accepted(name: str) -> None:
    """Accents and blanks are no danger; what has blanks is quoted where blanks separate."""
    line = commands.record("u", "start", Path(f"/var/{name}.wav")).line
    quote = "'" if " " in name else ""
    assert line == f"api uuid_record u start {quote}/var/{name}.wav{quote}"


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
tricky = st.text(st.sampled_from(list("a ;'\\=\"ns{}$,|")), max_size=20)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)


@given(st.dictionaries(names, texts | tricky, min_size=1, max_size=5))
@settings(max_examples=300, deadline=None)
def test_no_value_leaves_its_variable(variables: dict[str, str]) -> None:
    """Read back as the switch separates them (tests/embedded/test_separated.py has what the real one kept),
    the same variables with the same values; one command."""
    (command,) = CommandReader().feed(sent(commands.set_variables("u", variables)))
    listed = command.line.removeprefix("api uuid_setvar_multi u ").rstrip()
    assert dict(part.split("=", 1) for part in cut_at(listed, ";", 64)) == variables


@given(texts | tricky | st.text(max_size=20))
@settings(max_examples=300, deadline=None)
def test_no_text_makes_a_second_command(text: str) -> None:
    """Whatever is put in any place: refused, or one command that begins as it should."""
    builders: list[tuple[str, Callable[[], Command]]] = [
        ("sendmsg", lambda: commands.execute("playback", text, event_uuid="a")),
        ("sendmsg", lambda: commands.playback([Path("/" + text)], event_uuid="a")),
        ("sendmsg", lambda: commands.call_center(text, event_uuid="a")),
        ("sendmsg", lambda: commands.transfer_to(text, event_uuid="a")),
        ("api uuid_setvar_multi u a=", lambda: commands.set_variables("u", {"a": text})),
        ("api uuid_record u start ", lambda: commands.record("u", "start", Path("/" + text))),
        ("api uuid_kill u ", lambda: commands.kill("u", text)),
        ("api originate {a=", lambda: commands.originate("e", variables={"a": text})),
        ("filter Unique-ID ", lambda: commands.only_leg(text)),
        ("auth ", lambda: commands.auth(text)),
    ]
    for start, build in builders:
        try:
            stream = sent(build())
        except UnsafeTextError:
            continue
        (command,) = CommandReader().feed(stream)
        assert command.line.startswith(start)
        assert set(command.headers) <= {"call-command", "execute-app-name", "execute-app-arg", "Event-UUID"}
