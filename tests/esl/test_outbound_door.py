"""Who is let in at the outbound socket, and how it opens and closes: hostile peers, limits, a taken port."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import ip_network

import gevent
import pytest
import structlog

from esl.errors import (
    AddressTakenError,
    AddressUnusableError,
)
from esl.outbound import OutboundServer
from esl.switch import CallEvent, HungUp
from tests.esl.outbound_house import UUID, House, open_house, until_hung_up
from tests.esl.peer import DEADLINE

__all__ = ["open_house"]


@pytest.mark.parametrize(
    "nonsense",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\n\n",
        b"\x00\xff" * 5000 + b"\n\n",
        b"A" * 300_000,
        b"Content-Length: 99999999\n\n",
        b"Content-Type: command/reply\nReply-Text: +OK\n\n" * 50,
        b"Content-Type: text/disconnect-notice\n\n",
        b"Event-Name: CHANNEL_DATA\nUnique-ID: a/../../b\nContent-Type: command/reply\nControl: full\n"
        b"Socket-Mode: async\n\nContent-Type: command/reply\nReply-Text: +OK\n\n",
        b"",
    ],
)
def test_a_hostile_peer_is_shown_the_door_and_holds_nobody_up(
    open_house: Callable[..., House], nonsense: bytes
) -> None:
    """Garbage, oversize, a forged reply, or silence: closed within the deadline, while a real call that
    arrives meanwhile lives as ever."""
    house = open_house(lambda call: call.answer(), connect_deadline=0.2)
    with socket.create_connection(house.server.address, timeout=DEADLINE) as hostile:
        hostile.sendall(nonsense)
        peer = house.call()
        peer.wait_for("uuid_answer")
        house.wait()
        try:
            while hostile.recv(65536):
                pass
        except ConnectionError:
            pass
    assert house.arrived.get().uuid == UUID


def test_a_dripping_peer_meets_the_deadline(open_house: Callable[..., House]) -> None:
    """A byte now and then does not buy time: the deadline is for the whole reply."""
    house = open_house(lambda call: None, connect_deadline=0.2)
    late = gevent.Timeout(DEADLINE, AssertionError("still connected"))
    with socket.create_connection(house.server.address, timeout=0.01) as hostile, late:
        while True:
            try:
                hostile.sendall(b"x")
                if hostile.recv(100) == b"" or hostile.recv(100) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
    assert not house.arrived.ready()


def test_an_address_that_is_not_listed_gets_nothing(open_house: Callable[..., House]) -> None:
    """Not a byte, and a line in the log with its address and the remedy; a listed one is served beside it."""
    house = open_house(until_hung_up, allowed=[ip_network("127.0.0.1/32")])
    stranger = ("127.0.0.2", 0)
    with structlog.testing.capture_logs() as logged:
        with socket.create_connection(house.server.address, DEADLINE, source_address=stranger) as refused:
            assert refused.recv(100) == b""
        with socket.create_connection(house.server.address, DEADLINE, source_address=stranger) as again:
            assert again.recv(100) == b""  # and no second line within the minute
        house.call().wait_for("app_disable_expand_variables")
    refusals = [entry for entry in logged if entry["log_level"] == "warning"]
    assert refusals == [
        {
            "event": "outbound_refused",
            "log_level": "warning",
            "peer": "127.0.0.2",
            "remedy": "add the switch's address to the allowed ones",
        }
    ]


def test_connections_that_say_nothing_do_not_fill_the_log(
    open_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A port scan is one line, and a minute later one more with the count; a call that is lost under way is a
    line of its own."""
    now = [1000.0]
    monkeypatch.setattr("esl.outbound.time.monotonic", lambda: now[0])
    house = open_house(until_hung_up)

    def knock(times: int) -> None:
        strangers = [socket.create_connection(house.server.address, DEADLINE) for _ in range(times)]
        for stranger in strangers:
            assert stranger.recv(7) == b"connect"
            stranger.shutdown(socket.SHUT_WR)
            while stranger.recv(100):  # until we close it, too: it has been told or counted
                pass
            stranger.close()

    with structlog.testing.capture_logs() as logged:
        knock(30)
        now[0] += 61
        knock(1)
    told = [entry for entry in logged if entry["log_level"] == "warning"]
    assert [entry["event"] for entry in told] == ["outbound_connection_said_nothing"] * 2
    assert (told[0]["peer"], told[0].get("count_since"), told[1]["count_since"]) == ("127.0.0.1", None, 30)


def test_a_channel_without_full_control_is_refused_with_the_remedy(open_house: Callable[..., House]) -> None:
    """`socket HOST:PORT async` without `full` refuses `api`: say so instead of failing later."""
    house = open_house(lambda call: None)
    with structlog.testing.capture_logs() as logged:
        peer = house.call(channel={"Control": "single-channel"})
        assert peer.closed.wait(DEADLINE)
    assert "async full" in logged[-1]["reason"]
    assert not house.arrived.ready()


def test_beyond_the_most_calls_the_switch_is_sent_on(open_house: Callable[..., House]) -> None:
    """A closed connection makes the switch try its next server or action; a free place is taken again."""
    house = open_house(until_hung_up, max_calls=1)
    first = house.call()
    house.arrived.get(timeout=DEADLINE)
    assert house.server.active_calls == 1
    second = house.call()
    assert second.closed.wait(DEADLINE)
    assert second.commands == []
    first.close()
    house.wait()
    house.done.clear()
    house.call().wait_for("app_disable_expand_variables")


def test_a_taken_port_is_one_line_with_the_remedy() -> None:
    """No stack trace for what an operator can put right."""
    first = OutboundServer(("127.0.0.1", 0), lambda call: None)
    first.start()
    try:
        with pytest.raises(AddressTakenError, match=r"is taken: .* configure another port") as taken:
            OutboundServer(first.address, lambda call: None).start()
        assert taken.value.code == "esl.address_taken"
        with pytest.raises(AddressUnusableError, match="address of this machine"):
            OutboundServer(("192.0.2.1", 0), lambda call: None).start()
    finally:
        first.close(deadline=0)


def test_closing_lets_calls_end_and_then_lets_them_go(open_house: Callable[..., House]) -> None:
    """No new calls, a deadline for those under way, then `HungUp` for the rest."""
    seen: list[CallEvent] = []
    house = open_house(lambda call: seen.extend(until_hung_up(call)))
    house.call()
    house.arrived.get(timeout=DEADLINE)
    house.server.stop_accepting()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(house.server.address, timeout=DEADLINE)
    assert house.server.active_calls == 1
    assert house.server.close(deadline=0.01) == 1
    assert seen == [HungUp("CONNECTION_LOST", by_caller=False)]
    assert house.server.active_calls == 0


def test_a_bound_port_refuses_until_it_is_started() -> None:
    """While the models load nobody waits at our door: the switch goes to its next server or action at once,
    and a second server learns at once that the port is taken."""
    server = OutboundServer(("127.0.0.1", 0), lambda call: call.answer())
    server.bind()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.address, timeout=DEADLINE)
    server.start()
    with pytest.raises(AddressTakenError):
        OutboundServer(server.address, lambda call: call.answer()).bind()
    socket.create_connection(server.address, timeout=DEADLINE).close()
    server.close(deadline=DEADLINE)


def test_a_bound_port_that_is_never_started_is_free_again() -> None:
    """The server may fail between the two."""
    first = OutboundServer(("127.0.0.1", 0), lambda call: call.answer())
    first.bind()
    first.stop_accepting()
    second = OutboundServer(first.address, lambda call: call.answer())
    second.start()
    second.close(deadline=DEADLINE)
