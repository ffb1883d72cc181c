"""The `socket` application: who is called, what a server may do, and what happens when it goes away."""

from __future__ import annotations

import socket

import gevent
import pytest

from esl.embedded.clock import Clock
from tests.embedded.replay import Peer, Server

TONE = "tone_stream://%(300,0,440)"


def dead_address() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"127.0.0.1:{listening.getsockname()[1]}"


def execute(app: str, argument: str = "", identity: str = "", **more: str) -> str:
    lines = ["sendmsg", "call-command: execute", f"execute-app-name: {app}"]
    lines += [f"execute-app-arg: {argument}"] if argument else []
    lines += [f"Event-UUID: {identity}"] if identity else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
    return "\n".join(lines)


def connected(server: Server) -> Peer:
    peer = server.accept()
    for command in ("connect", "linger 5", "myevents", "event plain PLAYBACK_START PLAYBACK_STOP"):
        peer.ask(command)
    return peer


def test_hosts_are_tried_in_their_order(make_switch, call, server: Server, clock: Clock) -> None:
    """The second server gets the call if the first is down."""
    switch = make_switch(["socket", f"{dead_address()}|{server.address} async full"], clock=clock)
    call(switch)
    peer = connected(server)
    assert peer.received[0].about["Control"] == "full"


def test_no_server_at_all_means_the_next_action(make_switch, call, clock: Clock) -> None:
    """A caller is never left in silence: what stands after `socket` runs."""
    switch = make_switch(
        ["socket", f"{dead_address()} async full"],
        ["answer"],
        ["playback", TONE],
        ["hangup", "NORMAL_TEMPORARY_FAILURE"],
        clock=clock,
    )
    caller = call(switch)
    caller.wait_for_sound()
    assert caller.wait_hangup() == "NORMAL_TEMPORARY_FAILURE"


@pytest.mark.parametrize("resume", [True, False])
def test_a_server_that_goes_away_before_connect(
    make_switch, call, server: Server, clock: Clock, resume: bool
) -> None:
    """The real switch then parks the leg for ever, unless `socket_resume` is set."""
    switch = make_switch(
        ["set", f"socket_resume={str(resume).lower()}"],
        ["socket", f"{server.address} async full"],
        ["hangup", "NORMAL_TEMPORARY_FAILURE"],
        clock=clock,
    )
    caller = call(switch)
    server.accept().close()
    if resume:
        assert caller.wait_hangup() == "NORMAL_TEMPORARY_FAILURE"
    else:
        caller.silent(100)
        assert not caller.hung_up.is_set()


@pytest.mark.parametrize("how", ["close", "reset", "exit"])
def test_a_server_that_goes_away_mid_prompt(
    make_switch, call, server: Server, clock: Clock, how: str
) -> None:
    """The prompt is played to its end, then the dialplan's next action runs."""
    switch = make_switch(
        ["socket", f"{server.address} async full"],
        ["playback", "tone_stream://%(200,0,1000)"],
        ["hangup", "NORMAL_TEMPORARY_FAILURE"],
        clock=clock,
    )
    watcher = Peer(socket.create_connection(switch.event_socket_address))
    watcher.ask(f"auth {switch.config.password}")
    watcher.ask("event plain CHANNEL_EXECUTE PLAYBACK_STOP CHANNEL_HANGUP_COMPLETE")
    caller = call(switch)
    peer = connected(server)
    peer.ask(execute("answer"))
    peer.ask(execute("playback", "tone_stream://%(2000,0,440)"))
    peer.wait_for("PLAYBACK_START")
    if how == "reset":
        peer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    if how == "exit":
        peer.ask("exit")
    peer.close()
    assert caller.wait_hangup() == "NORMAL_TEMPORARY_FAILURE"
    watcher.wait_for("CHANNEL_HANGUP_COMPLETE")
    told = [m.about.get("Application", m.about.get("Playback-Status")) for m in watcher.received if m.event]
    assert told[:-1] == ["socket", "answer", "playback", "done", "playback", "done", "hangup"]
    stops = [m for m in watcher.received if m.kind == "PLAYBACK_STOP"]
    assert stops[0].about["variable_playback_last_offset_pos"] == "16000"


@pytest.mark.parametrize("after", [0.0, 0.02, 0.1, 0.3, 0.6, 1.0, 1.6])
@pytest.mark.parametrize("how", ["hang_up", "vanish"])
def test_the_caller_hangs_up_at_any_instant(
    make_switch, call, server: Server, clock: Clock, after: float, how: str
) -> None:
    """Whenever it happens, the leg is accounted for and nothing of it is left."""
    switch = make_switch(["socket", f"{server.address} async full"], clock=clock)
    watcher = Peer(socket.create_connection(switch.event_socket_address))
    watcher.ask(f"auth {switch.config.password}")
    watcher.ask("event plain CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY")
    caller = call(switch)

    def serve() -> None:
        try:
            peer = connected(server)
            peer.ask(execute("answer"))
            peer.ask(execute("playback", "tone_stream://%(500,0,440)"))
            digits = "4 4 3 4000 # tone_stream://%(400,0,300) silence_stream://250 digits \\d+ 2000"
            peer.ask(execute("play_and_get_digits", digits))
        except (AssertionError, OSError):
            pass  # the call may have ended anywhere

    serving = gevent.spawn(serve)
    caller.silent(after)
    getattr(caller, how)()
    complete = watcher.wait_for("CHANNEL_HANGUP_COMPLETE")
    expected = (
        "NORMAL_CLEARING" if int(complete.about["Caller-Channel-Answered-Time"]) else "ORIGINATOR_CANCEL"
    )
    assert complete.about["Hangup-Cause"] == expected
    assert complete.about["variable_hangup_cause_q850"] == "16"
    serving.join(10)
    for peer in server.peers:
        peer.close()
    watcher.wait_for("CHANNEL_DESTROY")
    kinds = [message.kind for message in watcher.received if message.event]
    assert kinds == ["CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY"]
    assert not switch.sessions
    assert not switch.media_clock._legs


def test_commands_run_in_order_and_a_prompt_interrupts_a_prompt(
    make_switch, call, server: Server, clock: Clock
) -> None:
    """As on the real switch: what is sent during a prompt runs at once, then the prompt goes on."""
    switch = make_switch(["socket", f"{server.address} async full"], clock=clock)
    call(switch)
    peer = connected(server)
    peer.ask(execute("answer"))
    peer.ask(execute("playback", "tone_stream://%(1500,0,440)", "long"))
    peer.wait_for("PLAYBACK_START")
    peer.ask(execute("playback", "tone_stream://%(200,0,600)", "short"))
    peer.wait_for("CHANNEL_EXECUTE_COMPLETE", Application_UUID="long")
    ends = [m.about["Application-UUID"] for m in peer.received if m.kind == "CHANNEL_EXECUTE_COMPLETE"]
    assert ends[-2:] == ["short", "long"]
    long = peer.wait_for("CHANNEL_EXECUTE_COMPLETE", Application_UUID="long")
    assert long.about["variable_playback_last_offset_pos"] == "12000"


def test_event_lock_makes_prompts_wait_for_each_other(
    make_switch, call, server: Server, clock: Clock
) -> None:
    """With `event-lock` two prompts that were sent at once are heard one after the other."""
    switch = make_switch(["socket", f"{server.address} async full"], clock=clock)
    call(switch)
    peer = connected(server)
    peer.ask(execute("answer"))
    peer.ask(execute("playback", "tone_stream://%(600,0,440)", "one", event_lock="true"))
    peer.ask(execute("playback", "tone_stream://%(200,0,600)", "two", event_lock="true"))
    peer.wait_for("CHANNEL_EXECUTE_COMPLETE", Application_UUID="two")
    ends = [m.about["Application-UUID"] for m in peer.received if m.kind == "CHANNEL_EXECUTE_COMPLETE"]
    assert ends[-2:] == ["one", "two"]


def test_break_all_forgets_what_was_queued(make_switch, call, server: Server, clock: Clock) -> None:
    """`uuid_break UUID all` stops the prompt and drops the commands that wait behind it."""
    switch = make_switch(["socket", f"{server.address} async full"], clock=clock)
    caller = call(switch)
    peer = connected(server)
    peer.ask(execute("answer"))
    peer.ask(execute("playback", "tone_stream://%(9000,0,440)", "one", event_lock="true"))
    peer.ask(execute("playback", "tone_stream://%(9000,0,600)", "two"))
    peer.wait_for("PLAYBACK_START")
    peer.ask(f"api uuid_break {caller.uuid} all")
    peer.wait_for("CHANNEL_EXECUTE_COMPLETE", Application_UUID="one")
    peer.ask(execute("set", "a=b", "three"))
    peer.wait_for("CHANNEL_EXECUTE_COMPLETE", Application_UUID="three")
    assert "two" not in {m.about.get("Application-UUID") for m in peer.received}


def test_argument_in_the_body_loops_and_expansion(make_switch, call, server: Server, clock: Clock) -> None:
    """Long arguments travel as a body, `loops` repeats, and `${name}` is expanded once unless forbidden."""
    switch = make_switch(["socket", f"{server.address} async full"], clock=clock)
    call(switch, name="${hangup_cause}${caller_id_number}")
    peer = connected(server)
    peer.ask(execute("answer"))
    body = b"silence_stream://600"
    peer.ask(
        execute("playback", "", "body", content_type="text/plain", content_length=str(len(body)), loops="2"),
        body,
    )
    peer.wait_for("CHANNEL_EXECUTE_COMPLETE", count=3)
    starts = [m for m in peer.received if m.kind == "PLAYBACK_START"]
    assert [m.about["Playback-File-Path"] for m in starts] == ["silence_stream://600"] * 2
    assert [m.about["variable_current_loop"] for m in starts] == ["1", "2"]
    peer.ask(execute("set", "who=${caller_id_name}", "e1"))
    told = peer.wait_for("CHANNEL_EXECUTE_COMPLETE", Application_UUID="e1")
    assert told.about["variable_who"] == "${hangup_cause}${caller_id_number}"  # not expanded again
    peer.ask(execute("set", "app_disable_expand_variables=true", "e2"))
    peer.ask(execute("set", "raw=${uuid}", "e3"))
    told = peer.wait_for("CHANNEL_EXECUTE_COMPLETE", Application_UUID="e3")
    assert told.about["variable_raw"] == "${uuid}"


def test_without_full_control_only_the_leg_can_be_commanded(
    make_switch, call, server: Server, clock: Clock
) -> None:
    """`api`, `event` and `linger` need `full`: a dialplan that forgot it is noticed here too."""
    switch = make_switch(["socket", f"{server.address} async"], clock=clock)
    call(switch)
    peer = server.accept()
    assert peer.ask("connect").about["Control"] == "single-channel"
    for command in ("api status", "event plain ALL", "linger 5"):
        assert peer.ask(command).about["Reply-Text"] == "-ERR command not found"
    assert peer.ask("myevents").about["Reply-Text"] == "+OK Events Enabled"
    assert peer.ask(execute("answer")).about["Reply-Text"] == "+OK"


def test_in_turn_a_reply_means_done(make_switch, call, server: Server, clock: Clock) -> None:
    """Without `async` the reply to `sendmsg` comes when the application has ended."""
    switch = make_switch(["socket", f"{server.address} full"], ["hangup", "USER_BUSY"], clock=clock)
    caller = call(switch)
    peer = server.accept()
    assert peer.ask("connect").about["Socket-Mode"] == "static"
    peer.ask("myevents")
    peer.ask(execute("answer"))
    before = caller.position
    assert peer.ask(execute("playback", "tone_stream://%(500,0,440)", "p")).about["Reply-Text"] == "+OK"
    assert caller.position - before >= 4000
    peer.wait_for("CHANNEL_EXECUTE_COMPLETE", Application_UUID="p")
    peer.ask("exit")
    assert caller.wait_hangup() == "USER_BUSY"


def test_transfer_runs_another_extension(make_switch, call, server: Server, clock: Clock) -> None:
    """`uuid_transfer` and `transfer` leave the server's extension; endless circles end in a hang-up."""
    more = [
        {"destination": "9100", "actions": [["socket", f"{server.address} async full"]]},
        {"destination": "92(\\d+)", "actions": [["set", "group=${destination_number}"], ["park"]]},
        {"destination": "circle", "actions": [["transfer", "circle"]]},
    ]
    switch = make_switch(clock=clock, extensions=more)
    caller = call(switch)
    peer = connected(server)
    peer.ask(execute("answer"))
    assert peer.ask(f"api uuid_transfer {caller.uuid} 9234").body == b"+OK\n"
    told = peer.wait_for("CHANNEL_EXECUTE_COMPLETE", Application="set")
    assert told.about["variable_group"] == "9234"
    assert told.about["variable_DP_MATCH"] == "ARRAY::9234|:34"
    peer.ask(f"api uuid_kill {caller.uuid} USER_BUSY")
    assert caller.wait_hangup() == "USER_BUSY"
    lost = call(switch, destination="circle")
    assert lost.wait_hangup() == "EXCHANGE_ROUTING_ERROR"
    assert call(switch, destination="no such number").wait_hangup() == "NO_ROUTE_DESTINATION"


@pytest.mark.parametrize(
    "name",
    [
        "Eve%0Avariable_vip: true",
        "Eve\nvariable_vip: true\n\nEvent-Name: X",
        "x" * 10_000,
        "${api_hangup_hook}\r\n\x00\x1b[0m",
        "Ñandú 日本 %",
        "a|b,c;d",
    ],
)
def test_a_hostile_caller_name_stays_a_value(
    make_switch, call, server: Server, clock: Clock, name: str
) -> None:
    """Whatever a caller calls themselves, no header line or event comes of it."""
    switch = make_switch(["socket", f"{server.address} async full"], clock=clock)
    caller = call(switch, name=name, number="34600\n111222")
    peer = server.accept()
    data = peer.ask("connect")
    assert data.about["Event-Name"] == "CHANNEL_DATA"
    assert "variable_vip" not in data.about
    lines = [
        line for line in bytes(peer.raw).decode().split("\n") if line.startswith("Caller-Caller-ID-Name: ")
    ]
    assert len(lines) == 1
    assert lines[0].isprintable()
    assert lines[0].isascii()
    expected = name.replace("%0A", "\n") if "%0A" in name else name  # as the real switch: %0A is kept
    assert data.about["Caller-Caller-ID-Name"].replace("\x00", "") == expected.replace("\x00", "")
    dumped = peer.ask(f"api uuid_dump {caller.uuid}").body.decode().split("\n")
    assert len([line for line in dumped if line.startswith("Caller-Caller-ID-Name: ")]) == 1
