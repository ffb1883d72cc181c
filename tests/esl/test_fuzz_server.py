"""Hostile peers at the door of the real accept loop, by the thousand, while calls go on and arrive."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import gevent
import pytest
import structlog
from gevent.pool import Pool
from gevent.queue import Empty

from esl import wire
from esl.errors import CommandRefusedError
from esl.outbound import OutboundServer
from esl.switch import Call, HungUp
from esl.wire import Command
from tests.esl.peer import DEADLINE, Peer, events_of
from tests.esl.test_fuzz_wire import LINES, damaged, real_messages

AT_ONCE = 20
"""Hostile connections that are open at a time, beside those that stay silent."""
EVERY = 50
"""A new call arrives among so many of them."""
PROMPT = Path("/var/prompts/hola.wav")
LATE = 0.5
"""Seconds that a good call may wait for anything, on a machine that is also the attacker."""
LATE_WHEN_BUSY = 2.0
"""The same with other tests beside it; whoever waits for a hostile connection waits for its deadline."""
UUID = "good-call"


@dataclass
class Watched:
    """How the good calls fared: seconds."""

    commands: list[float] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)


def answering(peer: Peer, command: Command) -> bool:
    """As a switch does, the end of `answer` included."""
    peer.answer(command)
    if command.headers.get("execute-app-name") == "answer":
        peer.send_event("CHANNEL_EXECUTE_COMPLETE", "answer", **{"Unique-ID": peer.channel["Unique-ID"]})
    return True


def lived(call: Call) -> None:
    """A call of the application: answers, plays, and stays until it is over."""
    call.answer()
    call.play([PROMPT])
    with suppress(Empty):
        while not isinstance(call.inbox.get(timeout=3600), HungUp):
            call.set_variable("turn", "next")


def attack(address: tuple[str, int], order: random.Random) -> None:
    """One hostile connection: from its first byte, or once it has been taken for a switch."""
    parts = order.choices([*real_messages(), *LINES, bytes(order.randrange(300))], k=order.randint(0, 8))
    stream = damaged(b"".join(parts), order)
    if order.random() < 0.3:
        misbehave_later(address, stream, order)
        return
    with socket.create_connection(address, timeout=DEADLINE) as hostile, suppress(OSError):
        size = order.choice([1, 7, 100, 70_000])
        for at in range(0, min(len(stream), 60 * size), size):
            hostile.sendall(stream[at : at + size])
        match order.randrange(4):
            case 0:
                return
            case 1:
                hostile.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                return
            case 2:
                hostile.shutdown(socket.SHUT_WR)
            case _:
                pass  # says no more, and waits to be shown the door
        while hostile.recv(65536):
            pass


def misbehave_later(address: tuple[str, int], stream: bytes, order: random.Random) -> None:
    """A switch at first; from some command on it sends events and bytes that no switch would."""
    turn = order.randint(1, 7)
    event = order.choice(events_of("outbound-socket-digits"))
    forged = damaged(wire.encode_event(event.headers, event.body), order)

    def script(peer: Peer, command: Command) -> bool:
        answering(peer, command)
        if len(peer.commands) >= turn:
            peer.send(forged + stream)
        return True

    peer = Peer(address, script=script)
    peer.closed.wait(order.uniform(0, 0.2))
    peer.close()


@contextmanager
def good_call(server: OutboundServer, watched: Watched, calls: dict[str, Call]) -> Iterator[None]:
    """A call that has a command answered every 10 ms, for the length of a `with`."""
    peer = Peer(server.address, channel={"Unique-ID": UUID}, script=answering)
    peer.wait_for("execute playback")

    def go_on() -> None:
        while True:
            began = time.monotonic()
            calls[UUID].set_variable("turn", "mine")
            watched.commands.append(time.monotonic() - began)
            gevent.sleep(0.01)  # the pace of the call that must not be held up

    going = gevent.spawn(go_on)
    try:
        yield
        assert not going.ready(), "the good call was lost"
        assert not peer.closed.is_set()
    finally:
        going.kill()
        peer.close()


@contextmanager
def greenlets_that_fail() -> Iterator[list[object]]:
    """What gevent would print, and nobody would read, about greenlets that ended with an exception."""
    hub, failed = gevent.get_hub(), []
    usual = hub.handle_error

    def note(context: object, kind: type, value: object, trace: object) -> None:
        if not issubclass(kind, gevent.GreenletExit):
            failed.append(value)
        usual(context, kind, value, trace)

    hub.handle_error = note
    try:
        yield failed
    finally:
        hub.handle_error = usual


def siege(attacks: int, seed: int) -> Watched:
    """So many hostile connections, and how the good calls fared. Raises `AssertionError` for every fault of
    ours that was logged."""
    watched, order = Watched(), random.Random(seed)
    calls: dict[str, Call] = {}

    def on_call(call: Call) -> None:
        calls[call.uuid] = call
        with suppress(CommandRefusedError):  # such a switch may refuse anything
            lived(call)

    server = OutboundServer(("127.0.0.1", 0), on_call, max_calls=2 * AT_ONCE, connect_deadline=0.5)
    server.start()
    attackers = Pool(AT_ONCE)
    try:
        with (
            structlog.testing.capture_logs() as logged,
            greenlets_that_fail() as failed,
            good_call(server, watched, calls),
        ):
            for number in range(attacks):
                attackers.spawn(attack, server.address, random.Random(order.random()))
                if number % EVERY == 0:
                    began = time.monotonic()
                    newcomer = Peer(server.address, channel={"Unique-ID": f"n{number}"}, script=answering)
                    newcomer.wait_for("execute playback")
                    watched.arrivals.append(time.monotonic() - began)
                    newcomer.close()
            attackers.join(timeout=30)
            assert not attackers, "a hostile connection was never closed"
    finally:
        server.close(deadline=DEADLINE)
    faults = [entry for entry in logged if str(entry["event"]).endswith("_failed")]
    assert not faults, faults[:3]
    assert not failed, failed[:3]
    assert server.active_calls == 0
    return watched


def besieged(attacks: int, late: float) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"\nseed {seed}")
    watched = siege(attacks, seed)
    commands, arrivals = sorted(watched.commands), sorted(watched.arrivals)
    print(
        f"{attacks} hostile connections; {len(commands)} commands of the good call: "
        f"p50 {commands[len(commands) // 2] * 1000:.0f} ms, worst {commands[-1] * 1000:.0f} ms; "
        f"{len(arrivals)} new calls: worst {arrivals[-1] * 1000:.0f} ms"
    )
    assert commands[-1] < late
    assert arrivals[-1] < late


def test_a_siege_holds_up_no_call() -> None:
    """A sample of the next one."""
    besieged(200, LATE_WHEN_BUSY)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_five_thousand_hostile_connections() -> None:
    """Garbage, forgery, silence, resets: none ends the accept loop, none holds up a call."""
    besieged(5_000, LATE)


def test_silent_connections_take_no_place_from_calls() -> None:
    """Four times as many as the server takes calls, from an address that may connect: a call is served."""
    server = OutboundServer(("127.0.0.1", 0), lived, max_calls=10, connect_deadline=DEADLINE)
    server.start()
    silent = [socket.create_connection(server.address, timeout=DEADLINE) for _ in range(40)]
    try:
        began = time.monotonic()
        peer = Peer(server.address, script=answering)
        peer.wait_for("execute playback")
        assert time.monotonic() - began < LATE_WHEN_BUSY
        peer.close()
    finally:
        for one in silent:
            one.close()
        server.close(deadline=DEADLINE)


def test_a_fault_of_the_library_is_not_hidden() -> None:
    """The siege does notice a fault of ours: what is logged as failed fails the test."""

    def faulty(call: Call) -> None:
        raise ZeroDivisionError(f"a bug in {call.uuid}")

    server = OutboundServer(("127.0.0.1", 0), faulty)
    server.start()
    try:
        with structlog.testing.capture_logs() as logged:
            assert Peer(server.address, script=answering).closed.wait(DEADLINE)
    finally:
        server.close(deadline=DEADLINE)
    assert [entry["event"] for entry in logged if str(entry["event"]).endswith("_failed")] == ["call_failed"]
