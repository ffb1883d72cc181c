"""The connection that legs share for their events: up, lost, back; and what a leg does in between."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import gevent
import pytest
import structlog
from gevent.event import Event as Flag
from gevent.queue import Queue

from esl import wire
from esl.errors import CallEnded
from esl.outbound import OutboundServer
from esl.switch import Call, Digit, Finished, HungUp
from esl.switchboard import LONGEST_PAUSE, MARK, REFUSED_PAUSE, SHORTEST_PAUSE, Switchboard
from esl.wire import Command, CommandReader
from tests.esl.peer import DEADLINE, LINGER_NOTICE, Peer, api_response, events_of, reply

TRACE = "outbound-socket-dtmf-by-info"
"""Has a key and the end of a prompt in it."""
CORE, UUID = events_of(TRACE)[0].get("Core-UUID"), events_of(TRACE)[0].uuid
PROMPT = Path("/var/prompts/hola.wav")


class EventPort:
    """The side of a switch that event connections come to."""

    def __init__(self, *, password: str = "right", core: str = CORE, port: int = 0) -> None:
        self.password, self.core = password, core
        self.commands: list[str] = []
        self.clients: list[socket.socket] = []
        self.subscribed = Flag()
        self.deaf = False
        self._listener = socket.create_server(("127.0.0.1", port), backlog=8)
        self.address: tuple[str, int] = self._listener.getsockname()
        self._greenlet = gevent.spawn(self._accept)

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            self.clients.append(client)
            gevent.spawn(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        reader = CommandReader()
        try:
            client.sendall(b"Content-Type: auth/request\n\n")
            while data := client.recv(65536):
                for command in reader.feed(data):
                    self.commands.append(command.line)
                    if not self.deaf:
                        client.sendall(self._answer(command))
        except OSError:
            return

    def _answer(self, command: Command) -> bytes:
        match command.word:
            case "auth":
                return reply("+OK accepted" if command.rest == self.password else "-ERR invalid")
            case "api":
                assert command.rest == "global_getvar core_uuid"
                return api_response(self.core)
            case "event":
                self.subscribed.set()
                return reply("+OK event listener enabled plain")
            case _:
                return reply("+OK")

    def tell(self, peer: Peer, name: str, application: str = "", **changes: str) -> None:
        """An event of the peer's leg, on the newest event connection instead of on its own."""
        event = next(
            event
            for event in peer.events
            if event.name == name and application in ("", event.get("Application"))
        )
        headers = dict(event.headers) | changes
        if application:
            headers["Application-UUID"] = peer.ids[application]
        self.clients[-1].sendall(wire.encode_event(headers, event.body))

    def drop(self) -> None:
        """The connections break; the port stays."""
        clients, self.clients = self.clients, []
        self.subscribed.clear()
        for client in clients:
            with suppress(OSError):  # the other side may have closed first
                client.shutdown(socket.SHUT_RDWR)
            client.close()

    def close(self) -> None:
        self._greenlet.kill()
        self._listener.close()
        self.drop()


class Pauses:
    """Time that the test lets pass: `pause` waits for `go`."""

    def __init__(self) -> None:
        self.asked: Queue[float] = Queue()
        self._go: Queue[None] = Queue()

    def __call__(self, seconds: float) -> None:
        self.asked.put(seconds)
        self._go.get()

    def go(self, first: Callable[[], None] = lambda: None) -> float:
        """Lets the next pause pass, once `first` is done; its length."""
        seconds = self.asked.get(timeout=DEADLINE)
        first()
        self._go.put(None)
        return float(seconds)


class Scene:
    """A server with a switchboard, its event port, and one call at a time."""

    def __init__(self, **options: object) -> None:
        self.events = EventPort()
        self.pauses = Pauses()
        self.board = Switchboard(
            self.events.address,
            "right",
            pause=self.pauses,
            chance=lambda: 0.0,
            **options,  # type: ignore[arg-type] # options pass through
        )
        self.calls: Queue[Call] = Queue()
        self.done = Flag()
        self.server = OutboundServer(("127.0.0.1", 0), self._live, event_sources=[self.board])
        self.server.start()
        self.peers: list[Peer] = []

    def _live(self, call: Call) -> None:
        self.calls.put(call)
        self.done.wait()

    def connected(self) -> Scene:
        self.board.start()
        assert self.board.wait_connected(DEADLINE)
        assert self.events.subscribed.wait(DEADLINE)
        return self

    def call(self, trace: str = TRACE, **options: object) -> tuple[Peer, Call]:
        peer = Peer(self.server.address, trace, **options)  # type: ignore[arg-type] # options pass through
        self.peers.append(peer)
        return peer, self.calls.get(timeout=DEADLINE)

    def close(self) -> None:
        self.done.set()
        for peer in self.peers:
            peer.close()
        self.server.close(deadline=DEADLINE)
        self.board.close()
        self.events.close()


@pytest.fixture
def open_scene() -> Iterator[Callable[..., Scene]]:
    scenes: list[Scene] = []

    def build(**options: object) -> Scene:
        scenes.append(Scene(**options))
        return scenes[-1]

    yield build
    for scene in scenes:
        scene.close()


def mark_of(board: Switchboard) -> str:
    return board.mark[MARK]


def next_event(call: Call) -> object:
    return call.inbox.get(timeout=DEADLINE)


# --- while it is there ----------------------------------------------------------------------------


def test_it_subscribes_narrowly_and_filters_first(open_scene: Callable[..., Scene]) -> None:
    """Only what legs need, only of legs with its mark: other legs cost the switch a comparison."""
    scene = open_scene().connected()
    assert scene.events.commands == [
        "auth right",
        "api global_getvar core_uuid",
        f"filter variable_{MARK} {mark_of(scene.board)}",
        "filter Event-Name DTMF",  # a key is told without variables
        "event plain CHANNEL_EXECUTE_COMPLETE DTMF CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_HANGUP_COMPLETE",
    ]


def test_a_call_whose_events_come_by_it(open_scene: Callable[..., Scene]) -> None:
    """The leg carries the mark before anything happens on it, asks for nothing on its own socket, and hears
    its prompt's end, its keys and its hang-up."""
    scene = open_scene().connected()
    peer, call = scene.call()
    peer.wait_for("uuid_setvar_multi")
    assert peer.lines[2:] == [
        f"api uuid_setvar_multi {UUID} playback_terminators=none;{MARK}={mark_of(scene.board)}"
    ]
    assert scene.board.legs == 1
    identity = call.play([PROMPT])
    peer.wait_for("execute playback")
    scene.events.tell(peer, "DTMF", **{"DTMF-Digit": "7"})
    scene.events.tell(peer, "CHANNEL_EXECUTE_COMPLETE", "playback")
    assert next_event(call) == Digit("7")
    ended = next_event(call)
    assert isinstance(ended, Finished)
    assert ended.command_id == identity
    scene.events.tell(peer, "CHANNEL_HANGUP_COMPLETE")
    assert isinstance(next_event(call), HungUp)
    assert scene.board.legs == 0


def test_anothers_events_are_nobodys(open_scene: Callable[..., Scene]) -> None:
    """A leg that is gone, or never was ours."""
    scene = open_scene().connected()
    peer, call = scene.call()
    scene.events.tell(peer, "DTMF", **{"Unique-ID": "somebody-else", "DTMF-Digit": "1"})
    scene.events.tell(peer, "DTMF", **{"DTMF-Digit": "2"})
    assert next_event(call) == Digit("2")


@pytest.mark.parametrize("why", ["another switch", "not connected"])
def test_a_leg_that_it_does_not_carry_hears_for_itself(open_scene: Callable[..., Scene], why: str) -> None:
    """Several switches may bring calls to one server; and a call never waits for the event connection."""
    scene = open_scene()
    if why == "another switch":
        scene.events.core = "another"
        scene.connected()
    peer, call = scene.call()
    peer.wait_for(f"filter Unique-ID {UUID}")
    peer.wait_for("uuid_setvar_multi")  # two greenlets may not send at once
    peer.send_event("DTMF", **{"DTMF-Digit": "3"})
    assert next_event(call) == Digit("3")
    assert scene.board.legs == 0


# --- when it is lost --------------------------------------------------------------------------------


def playing(answer: str) -> Callable[[Peer, Command], bool]:
    """A switch that ends fences at once and says `answer` when it is asked whether a file is playing."""

    def script(peer: Peer, command: Command) -> bool:
        if "uuid_fileman" in command.line:
            peer.send(api_response(answer))
            return True
        if command.headers.get("execute-app-name") == "set":
            peer.answer(command)
            end_fence(peer)
            return True
        return False

    return script


def end_fence(peer: Peer) -> None:
    """The switch tells the end of the newest fence on the leg's own socket."""
    identity = peer.ids["set"]
    peer.send_event(
        "CHANNEL_EXECUTE_COMPLETE", "playback", **{"Application": "set", "Application-UUID": identity}
    )


def test_a_prompt_goes_on_when_the_connection_is_lost(open_scene: Callable[..., Scene]) -> None:
    """It plays, so nothing is made up: its end is told to the leg's own socket."""
    scene = open_scene().connected()
    peer, call = scene.call(script=playing("+OK\n"))
    identity = call.play([PROMPT])
    peer.wait_for("execute playback")
    scene.events.drop()
    peer.wait_for("uuid_fileman")
    peer.send_event("CHANNEL_EXECUTE_COMPLETE", "playback")
    ended = next_event(call)
    assert isinstance(ended, Finished)
    assert (ended.command_id, ended.response) == (identity, "FILE PLAYED")


def test_a_prompt_that_ended_in_the_gap_is_found_out(open_scene: Callable[..., Scene]) -> None:
    """The switch plays nothing any more; the session must not wait for an event that has been sent."""
    scene = open_scene().connected()
    peer, call = scene.call(script=playing("-ERR No file handle!\n"))
    identity = call.play([PROMPT])
    peer.wait_for("execute playback")
    scene.events.drop()
    assert next_event(call) == Finished(identity, "playback", "_none_", {})
    order = [line for line in peer.lines if "setvar" not in line][3:]
    assert [line.split(" ")[0] for line in order] == ["filter", "event", "execute", "api"]
    peer.send_event("CHANNEL_EXECUTE_COMPLETE", "playback")  # told after all: ignored
    peer.send_event("DTMF", **{"DTMF-Digit": "9"})
    assert next_event(call) == Digit("9")


def test_two_prompts_at_once_are_stopped(open_scene: Callable[..., Scene]) -> None:
    """The switch's word that a file plays could mean either; both end, and nobody waits for ever."""
    scene = open_scene().connected()
    peer, call = scene.call(script=playing("+OK\n"))
    identities = {call.play([PROMPT]), call.play([PROMPT])}
    peer.wait_for("execute playback")
    scene.events.drop()
    ended = [next_event(call), next_event(call)]
    assert {each.command_id for each in ended if isinstance(each, Finished)} == identities
    assert any("uuid_break" in line for line in peer.lines)


@pytest.mark.parametrize(
    "verdict", [{"cc_cause": "answered"}, {"cc_cause": "cancel", "cc_cancel_reason": "TIMEOUT"}, {}]
)
def test_a_queue_that_ended_in_the_gap_left_its_verdict(
    open_scene: Callable[..., Scene], verdict: dict[str, str]
) -> None:
    """What an earlier queue left was removed before; so what is there is this one's, and nothing means that
    the caller still waits."""

    def script(peer: Peer, command: Command) -> bool:
        if "uuid_getvar" in command.line:
            peer.send(api_response(verdict.get(command.line.split(" ")[-1], "_undef_")))
            return True
        return False

    scene = open_scene().connected()
    peer, call = scene.call("callcenter-exit-key", script=script, channel={"Core-UUID": CORE})
    identity = call.enqueue("billing@default")
    peer.wait_for("execute callcenter")
    assert any(line.endswith("cc_cause=;cc_cancel_reason=;cc_exit_key=") for line in peer.lines)
    scene.events.drop()
    peer.wait_for("uuid_getvar .* cc_exit_key")
    if verdict:
        assert next_event(call) == Finished(identity, "callcenter", "_none_", verdict)
    else:
        peer.send_event("CHANNEL_EXECUTE_COMPLETE", "callcenter")
        ended = next_event(call)
        assert isinstance(ended, Finished)
        assert ended.variables["cc_cause"]


def test_a_fence_that_ended_in_the_gap(open_scene: Callable[..., Scene]) -> None:
    """A prompt that was being stopped is over."""
    scene = open_scene().connected()
    peer, call = scene.call()
    identity = call.play([PROMPT])
    call.stop_playing()
    first = peer.ids["set"]
    scene.events.drop()
    with gevent.Timeout(DEADLINE):
        while peer.ids["set"] == first:
            gevent.sleep(0)
    end_fence(peer)
    assert next_event(call) == Finished(identity, "playback", "_none_", {})


def test_a_hang_up_needs_no_event(open_scene: Callable[..., Scene]) -> None:
    """The notice on the leg's own socket is enough; only who it was can get lost."""
    scene = open_scene().connected()
    peer, call = scene.call()
    peer.send(LINGER_NOTICE)
    assert next_event(call) == HungUp("NORMAL_UNSPECIFIED", by_caller=True)
    with pytest.raises(CallEnded):
        call.play([PROMPT])


def test_a_leg_whose_events_cannot_be_had_is_given_up(open_scene: Callable[..., Scene]) -> None:
    """Then its dialplan goes on: never dead air."""

    def refuse(peer: Peer, command: Command) -> bool:
        if command.word == "event":
            peer.send(reply("-ERR no keywords supplied"))
            return True
        return False

    scene = open_scene().connected()
    peer, call = scene.call(script=refuse)
    call.play([PROMPT])
    scene.events.drop()
    assert next_event(call) == HungUp("CONNECTION_LOST", by_caller=False)
    assert peer.closed.wait(DEADLINE)


# --- coming back --------------------------------------------------------------------------------------


def test_it_comes_back_and_says_so(open_scene: Callable[..., Scene]) -> None:
    """Lost and back are one line each; new legs share it again, and it subscribes anew."""
    scene = open_scene()
    with structlog.testing.capture_logs() as logs:
        scene.connected()
        _, first = scene.call()
        scene.events.drop()
        assert scene.events.subscribed.wait(DEADLINE)
        assert scene.board.wait_connected(DEADLINE)
        _, second = scene.call(channel={"Unique-ID": "second"})
    assert scene.board.legs == 1
    told = [line for line in logs if line["event"].startswith("event_connection")]
    assert [line["event"] for line in told] == [
        "event_connection_up",
        "event_connection_lost",
        "event_connection_back",
    ]
    assert told[1]["legs"] == 1
    assert (first.uuid, second.uuid) == (UUID, "second")


def test_pauses_grow_to_less_than_a_second(open_scene: Callable[..., Scene]) -> None:
    """So it is back within 2 s of the switch's return; and it complains once."""
    scene = open_scene()
    address = scene.events.address
    scene.events.close()
    with structlog.testing.capture_logs() as logs:
        scene.board.start()
        pauses = [scene.pauses.go() for _ in range(6)]

        def return_() -> None:
            scene.events = EventPort(port=address[1])

        pauses.append(scene.pauses.go(return_))
        assert scene.board.wait_connected(DEADLINE)
    assert pauses == [SHORTEST_PAUSE * 2**n for n in range(4)] + [LONGEST_PAUSE] * 3
    complaints = [line for line in logs if line["event"] == "no_event_connection"]
    assert len(complaints) == 1
    assert "switch.event_host" in complaints[0]["remedy"]


def test_chance_shortens_pauses(open_scene: Callable[..., Scene]) -> None:
    """Many servers that lost one switch do not come back in step; none waits longer for it."""
    scene = open_scene()
    scene.events.close()
    board = Switchboard(scene.events.address, "right", pause=scene.pauses, chance=lambda: 0.5)
    board.start()
    assert scene.pauses.go() == pytest.approx(SHORTEST_PAUSE * 0.75)
    board.close()


def test_a_refused_login_is_tried_seldom(open_scene: Callable[..., Scene]) -> None:
    """The password is wrong: the operator is told which setting, and the switch is left alone."""
    scene = open_scene()
    scene.events.password = "another"
    with structlog.testing.capture_logs() as logs:
        scene.board.start()
        assert scene.pauses.go() == REFUSED_PAUSE
        assert scene.pauses.go() == REFUSED_PAUSE
    complaints = [line for line in logs if line["event"] == "no_event_connection"]
    assert len(complaints) == 1
    assert "switch.event_password" in complaints[0]["remedy"]


def test_a_connection_that_falls_silent_is_lost(
    open_scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A switch behind a firewall that forgot the connection: no end of file ever comes."""
    monkeypatch.setattr("esl.switchboard.REPLY_DEADLINE", 0.05)
    scene = open_scene(ping=0.01).connected()
    peer, _ = scene.call()
    scene.events.deaf = True
    peer.wait_for("filter Unique-ID")
    assert not scene.board.legs


def test_it_can_be_closed_at_any_time(open_scene: Callable[..., Scene]) -> None:
    """Before it ever connected, while legs are there, and twice; legs then hear for themselves."""
    scene = open_scene()
    scene.board.close()
    scene.connected()
    peer, _ = scene.call()
    scene.board.close()
    scene.board.close()
    peer.wait_for("filter Unique-ID")
    assert not scene.board.connected


def test_one_that_only_watches_asks_for_nothing(open_scene: Callable[..., Scene]) -> None:
    """Each leg hears for itself, and still it is noticed when the switch goes and comes."""
    scene = open_scene(carries=False)
    scene.board.start()
    assert scene.board.wait_connected(DEADLINE)
    assert scene.events.commands == ["auth right", "api global_getvar core_uuid"]
    peer, _ = scene.call()
    peer.wait_for(f"filter Unique-ID {UUID}")
