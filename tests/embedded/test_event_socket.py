"""The event socket that clients come to, and the `api` commands."""

from __future__ import annotations

import contextlib
import json
import socket

import gevent
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esl.embedded import listener as listener_module
from esl.embedded.api import API
from esl.embedded.clock import Clock
from esl.embedded.config import SwitchConfig
from tests.embedded.conftest import PASSWORD
from tests.embedded.replay import Peer, Server


def client(switch, *, password: str | None = PASSWORD) -> Peer:
    peer = Peer(socket.create_connection(switch.event_socket_address))
    peer.wait_for("auth/request:")
    if password is not None:
        assert peer.ask(f"auth {password}").about["Reply-Text"] == "+OK accepted"
    return peer


@pytest.mark.parametrize("command", ["auth wrong", "auth ", "auth ClueCon", "userauth a@b:c"])
def test_a_wrong_password_ends_the_connection(make_switch, clock: Clock, command: str) -> None:
    """As the real switch: `-ERR invalid`, then the goodbye; nothing can be tried twice."""
    peer = client(make_switch(clock=clock), password=None)
    assert peer.ask(command).about["Reply-Text"] == "-ERR invalid"
    peer.wait_end()
    assert peer.received[-1].body.startswith(b"Disconnected, goodbye.\n")


def test_nothing_can_be_done_before_auth(make_switch, clock: Clock) -> None:
    """No command works without the password, and whoever says nothing is sent away."""
    switch = make_switch(clock=clock)
    peer = client(switch, password=None)
    for command in ("api status", "event plain ALL", "sendmsg x"):
        assert peer.ask(command).about["Reply-Text"] == "-ERR command not found"
    peer.wait_end()  # 25 seconds of the switch's clock


def test_there_is_no_default_password() -> None:
    """Two switches that nobody configured do not share a secret, and it is not the well-known one."""
    first, second = SwitchConfig().password, SwitchConfig().password
    assert first != second
    assert len(first) >= 24


def test_subscriptions_and_filters(make_switch, call, clock: Clock) -> None:
    """Only what was asked for comes, and of that only what the filters let through."""
    switch = make_switch(["answer"], ["set", "a=b"], ["park"], clock=clock)
    everything, some = client(switch), client(switch)
    assert some.ask("event plain").about["Reply-Text"] == "-ERR no keywords supplied"
    assert some.ask("event xml ALL").about["Reply-Text"].startswith("-ERR")
    assert some.ask("noevents").about["Reply-Text"] == "-ERR not listening for events"
    everything.ask("event plain ALL")
    some.ask("event plain CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_ANSWER")
    assert some.ask("nixevent CHANNEL_ANSWER").about["Reply-Text"] == "+OK events nixed"
    assert some.ask("filter Application set").about["Reply-Text"] == "+OK filter added. [Application]=[set]"
    assert some.ask("filter application -set2").about["Reply-Text"].startswith("+OK")
    call(switch)
    everything.wait_for("CHANNEL_EXECUTE", Application="park")
    some.wait_for("CHANNEL_EXECUTE_COMPLETE", Application="set")
    assert [m.about["Application"] for m in some.received if m.event] == ["set", "set"]
    sequence = [int(m.about["Event-Sequence"]) for m in everything.received if m.event]
    assert sequence == sorted(set(sequence))
    assert some.ask("filter delete all").about["Reply-Text"] == "+OK filter deleted. [all][]"
    assert some.ask("noevents").about["Reply-Text"] == "+OK no longer listening for events"


def test_events_as_json(make_switch, call, clock: Clock) -> None:
    """`event json` carries the same values, decoded."""
    switch = make_switch(["answer"], ["park"], clock=clock)
    peer = client(switch)
    assert peer.ask("event json CHANNEL_ANSWER").about["Reply-Text"] == "+OK event listener enabled json"
    call(switch, name="Ana Pérez")
    message = peer.wait_for("text/event-json:")
    content = json.loads(message.body)
    assert content["Event-Name"] == "CHANNEL_ANSWER"
    assert content["Caller-Caller-ID-Name"] == "Ana Pérez"


def test_bgapi_answers_with_an_event(make_switch, clock: Clock) -> None:
    """The job's id comes back twice, its result as BACKGROUND_JOB with a body of its own length."""
    peer = client(make_switch(clock=clock))
    peer.ask("event plain BACKGROUND_JOB")
    reply = peer.ask("bgapi uuid_exists nobody\nJob-UUID: job-1")
    assert reply.raw == (b"Content-Type: command/reply\nReply-Text: +OK Job-UUID: job-1\nJob-UUID: job-1\n\n")
    job = peer.wait_for("BACKGROUND_JOB", Job_UUID="job-1")
    assert job.about["Job-Command"] == "uuid_exists"
    assert job.about["Job-Command-Arg"] == "nobody"
    assert job.body.endswith(b"Content-Length: 5\n\nfalse")
    assert "Job-Owner-UUID" not in job.about


def test_what_is_not_there_says_so(make_switch, clock: Clock) -> None:
    """Commands of later rooms answer as unknown ones do on the real switch, never with a success."""
    peer = client(make_switch(clock=clock))
    for name in ("sched_api", "uuid_media", "nonsense"):
        assert peer.ask(f"api {name} x").body == f"-ERR {name} Command not found!\n".encode()
    assert peer.ask("linger 5").about["Reply-Text"] == "-ERR not controlling a session"
    assert peer.ask("sendmsg nobody").about["Reply-Text"] == "-ERR invalid session id [nobody]"


def test_api_on_legs(make_switch, call, clock: Clock) -> None:
    """Reading, setting and ending legs by uuid, and the real switch's words when there is none."""
    switch = make_switch(["answer"], ["park"], clock=clock)
    peer = client(switch)
    caller = call(switch)
    uuid = caller.uuid
    caller.wait_for_answer()
    ask = lambda command: peer.ask(f"api {command}").body.decode()  # noqa: E731 - short
    assert ask(f"uuid_exists {uuid}") == "true"
    assert ask("show channels count") == "\n1 total.\n"
    assert ask(f"uuid_setvar {uuid} colour deep blue") == "+OK\n"
    assert ask(f"uuid_getvar {uuid} colour") == "deep blue"
    assert ask(f"uuid_getvar {uuid} caller_id_number") == "34600111222"
    assert ask(f"uuid_getvar {uuid} nothing") == "_undef_"
    assert ask(f"uuid_setvar_multi {uuid} a=1;b=2") == "+OK\n"
    assert "variable_b: 2\n" in ask(f"uuid_dump {uuid}")
    assert "Caller-Channel-Name: sofia/internal/34600111222%40127.0.0.1\n" in ask(f"uuid_dump {uuid}")
    assert ask(f"uuid_record {uuid} stop /none.wav") == "-ERR Cannot stop record session!\n"
    assert ask(f"uuid_record {uuid}").startswith("-USAGE: ")
    assert ask(f"uuid_kill {uuid} CALL_REJECTED") == "+OK\n"
    assert caller.wait_hangup() == "CALL_REJECTED"
    for command in ("uuid_kill x", "uuid_break x all", "uuid_getvar x y", "uuid_transfer x 9100"):
        assert ask(command) == "-ERR No such channel!\n"
    assert ask(f"uuid_record {uuid} start /x.wav") == "-ERR Cannot locate session!\n"
    assert ask(f"uuid_exists {uuid}") == "false"
    assert " session(s) max" in ask("status")


def test_agents_check_in_and_out(make_switch, call, clock: Clock) -> None:
    """A caller waits while nobody is there and is served once somebody checks in."""
    agent = {"name": "eva@default", "status": "Logged Out", "answers_after": 0.1, "talks_for": 1.0}
    switch = make_switch(
        ["answer"],
        ["callcenter", "billing@default"],
        clock=clock,
        queues=[{"name": "billing@default", "agents": [agent]}],
    )
    peer = client(switch)
    peer.ask("event plain CHANNEL_BRIDGE CUSTOM callcenter::info")
    caller = call(switch, name="a|b\nc")
    peer.wait_for("CUSTOM", CC_Action="member-queue-start")
    count = "api callcenter_config queue count"
    assert peer.ask(f"{count} agents billing@default Available").body == b"0\n"
    assert peer.ask(f"{count} members billing@default").body == b"1\n"
    rows = peer.ask("api callcenter_config queue list members billing@default").body.decode().split("\n")
    assert len(rows) == 5  # columns, one member on two lines, +OK, nothing: as the real one prints a name
    order = {"command": "callcenter_config", "data": {"arguments": "queue list members"}}
    assert json.loads(peer.ask(f"api json {json.dumps(order)}").body)["response"] == {
        "error": "Missing data attribute: queue_name"
    }
    order["data"] = {"arguments": "queue list members", "queue_name": "billing@default"}
    (row,) = json.loads(peer.ask(f"api json {json.dumps(order)}").body)["response"]
    assert (row["cid_name"], row["session_uuid"], row["state"]) == ("a|b\nc", caller.uuid, "Waiting")
    assert peer.ask("api callcenter_config agent set status eva@default Gone").body.startswith(b"-ERR")
    assert peer.ask("api callcenter_config agent set status eva@default 'Available'").body == b"+OK\n"
    peer.wait_for("CHANNEL_BRIDGE")
    caller.wait_hangup()
    peer.wait_for("CUSTOM", CC_Agent_State="Waiting")
    assert peer.ask(f"{count} members billing@default").body == b"0\n"


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"longest_wait": 2.0}, "TIMEOUT"),
        ({"longest_wait_without_agents": 2.0}, "NO_AGENT_TIMEOUT"),
    ],
)
def test_leaving_a_queue_by_time(make_switch, call, clock: Clock, limits, reason: str) -> None:
    """The queue gives up after its limit, says why, and the dialplan's next action runs."""
    switch = make_switch(
        ["answer"],
        ["callcenter", "empty"],
        ["hangup", "USER_BUSY"],
        clock=clock,
        queues=[{"name": "empty", **limits}],
    )
    peer = client(switch)
    peer.ask("event plain CHANNEL_HANGUP_COMPLETE")
    assert call(switch).wait_hangup() == "USER_BUSY"
    told = peer.wait_for("CHANNEL_HANGUP_COMPLETE")
    assert told.about["variable_cc_cause"] == "cancel"
    assert told.about["variable_cc_cancel_reason"] == reason


def test_an_agent_who_never_answers_is_passed_over(make_switch, call, clock: Clock) -> None:
    """The offer fails with NO_ANSWER and the next agent gets the caller."""
    agents = [
        {"name": "absent@default", "answers_after": None, "ring_time": 1.0},
        {"name": "present@default", "status": "Logged Out", "answers_after": 0.1, "talks_for": 0.5},
    ]
    switch = make_switch(
        ["answer"], ["callcenter", "q"], clock=clock, queues=[{"name": "q", "agents": agents}]
    )
    peer = client(switch)
    peer.ask("event plain CUSTOM callcenter::info")
    caller = call(switch)
    failed = peer.wait_for("CUSTOM", CC_Action="bridge-agent-fail")
    assert failed.about["CC-Hangup-Cause"] == "NO_ANSWER"
    peer.ask("api callcenter_config agent set status present@default Available")
    bridged = peer.wait_for("CUSTOM", CC_Action="bridge-agent-start")
    assert bridged.about["CC-Agent"] in {"present@default"}
    caller.wait_hangup()


def test_the_caller_hears_the_agent_and_may_hang_up(make_switch, call, clock: Clock) -> None:
    """Music, then a person; when the caller goes, the agent is free again."""
    agent = {"name": "ana", "answers_after": 1.0, "talks_for": 600.0, "voice": "tone_stream://%(300,0,300)"}
    switch = make_switch(
        ["answer"],
        ["callcenter", "q"],
        clock=clock,
        queues=[{"name": "q", "agents": [agent], "music": "silence_stream://-1"}],
    )
    peer = client(switch)
    peer.ask("event plain CHANNEL_UNBRIDGE CUSTOM callcenter::info")
    caller = call(switch)
    caller.wait_for_sound()
    caller.hang_up()
    peer.wait_for("CHANNEL_UNBRIDGE")
    peer.wait_for("CUSTOM", CC_Agent_State="Waiting")
    assert switch.call_centre.agents["ana"].free


def test_a_client_that_does_not_read_is_disconnected(
    make_switch, call, server: Server, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It loses events first, then the connection; the calls and the other clients notice nothing."""
    monkeypatch.setattr(listener_module, "_MOST_UNSENT", 200_000)
    monkeypatch.setattr(listener_module, "_MOST_LOST", 20)
    switch = make_switch(["socket", f"{server.address} async full"], clock=clock)
    deaf = socket.create_connection(switch.event_socket_address)
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.sendall(f"auth {PASSWORD}\n\nevent plain ALL\n\n".encode())
    call(switch)
    peer = server.accept()
    peer.ask("connect")
    peer.ask("myevents")
    with gevent.Timeout(60, AssertionError("the deaf client was never disconnected")):
        while len(switch.board.listeners) > 1:
            peer.ask(
                "sendmsg\ncall-command: execute\nexecute-app-name: set\nexecute-app-arg: a=" + "x" * 20_000
            )
    assert peer.ask("api status").body.startswith(b"UP ")
    deaf.close()


@pytest.mark.parametrize(
    "rubbish", [b"\x00" * 300_000, b"a: b\n" * 80_000, b"sendmsg\nContent-Length: x\n\n"]
)
def test_rubbish_ends_only_the_connection_it_came_on(make_switch, clock: Clock, rubbish: bytes) -> None:
    """A client without sense or manners costs nobody else anything."""
    switch = make_switch(clock=clock)
    good, bad = client(switch), client(switch)
    with contextlib.suppress(OSError):
        bad.connection.sendall(rubbish)
    bad.wait_end()
    assert good.ask("api status").body.startswith(b"UP ")


_WORDS = st.one_of(
    st.text(max_size=30).map(lambda text: text.replace("/", "_")),  # no recording outside its folder
    st.sampled_from(
        [
            "UUID",
            "start",
            "stop",
            "mask",
            "all",
            "queue",
            "agent",
            "tier",
            "list",
            "count",
            "set",
            "get",
            "members",
            "agents",
            "status",
            "channels",
            "-bleg",
            "q",
            "ana",
            "'",
            "a=b;c",
            "/dev/null",
            "99999999999",
            "-1",
        ]
    ),
)


def test_no_argument_breaks_an_api_command(make_switch, call, clock: Clock) -> None:
    """Whatever is asked, there is an answer in words: a usage line, an error, or what was asked for."""
    queue = {"name": "q", "agents": [{"name": "ana", "status": "Logged Out"}]}
    switch = make_switch(["answer"], ["callcenter", "q"], clock=clock, queues=[queue])
    call(switch).wait_for_sound()

    @settings(max_examples=300, deadline=None)
    @given(st.sampled_from(sorted(API)), st.lists(_WORDS, max_size=5))
    def ask(name: str, words: list[str]) -> None:
        argument = " ".join(words).replace("UUID", next(iter(switch.sessions), "x"))
        assert isinstance(switch.api(name, argument), str)

    ask()
