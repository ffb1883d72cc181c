"""Who and what a real FreeSWITCH with our configuration refuses."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_network

import gevent
import pytest

from esl.freeswitch.configuration import Agent, EventSocket, Limits, Queue, Server, Sip, SwitchConfiguration
from tests.freeswitch.conftest import Scene, need_freeswitch
from tests.freeswitch.harness import EslSocket, OutboundPort, free_port, freeswitch, wait_until
from tests.freeswitch.leg import CallRefused
from tests.freeswitch.telephone import telephone

pytestmark = pytest.mark.freeswitch

HERE = (ip_network("127.0.0.1/32"),)
STRANGER = "127.0.0.2"


@pytest.fixture(scope="module")
def strict() -> Iterator[Scene]:
    """Two numbers, two legs, one address."""
    need_freeswitch()
    port = free_port()
    configuration = SwitchConfiguration(
        servers=(Server("127.0.0.1", free_port()), Server("127.0.0.1", port)),
        sip=Sip(peers=HERE),
        event_socket=EventSocket(clients=HERE),
        limits=Limits(calls=2),
        numbers=("+34911222333", "9100"),
        queues=(Queue("agents", longest_wait_without_agents=1),),
        agents=(Agent("1001", ("agents",)),),
    )
    with freeswitch(configuration) as switch:
        yield Scene(switch, port, [])


def empty(scene: Scene) -> None:
    """A leg counts until its session has ended, which is a moment after the telephone knows."""
    wait_until(lambda: scene.switch.api("status").count("\n0 session(s) - peak") == 1, 5, "no session left")


def test_only_our_numbers_lead_anywhere(strict: Scene) -> None:
    """A switch on a public address is asked for every number there is."""
    with telephone(strict.switch.sip) as phone:
        for number in ("00441234567890", "91000", "34911222334", "1001"):
            with pytest.raises(CallRefused) as refused:
                phone.call(number)
            assert refused.value.status in (404, 480)
            empty(strict)
        for number in ("9100", "+34911222333", "34911222333"):  # trunks deliver with and without +
            phone.call(number).hang_up()
            empty(strict)


@pytest.mark.parametrize("password", [None, "guess", "right"])
def test_a_stranger_is_refused_and_leaves_nothing_behind(strict: Scene, password: str | None) -> None:
    """Only peers call. A challenge would keep a session for each attempt, and a few would fill the switch;
    so even an agent's own password does not call, and a stolen one calls nobody."""
    if password == "right":
        password = strict.switch.secret("agent-1001")
    with telephone(strict.switch.sip, "1001", host=STRANGER, password=password) as phone:
        for number in ("9100", "+34911222333", "00441234567890", "1001"):
            with pytest.raises(CallRefused) as refused:
                phone.call(number)
            assert refused.value.status == 403
            with pytest.raises(
                CallRefused, match="403"
            ):  # nor does who wants our offer, and would be answered
                sip = strict.switch.sip
                phone.dial(number).call_without_offer(f"sip:{number}@{sip[0]}:{sip[1]}", seconds=10)
            empty(strict)


def test_an_agents_telephone_may_register_from_anywhere(strict: Scene) -> None:
    """Agents work at home; their telephones are called, they do not call."""
    with telephone(strict.switch.sip, "1001", host=STRANGER, password="guess") as desk:
        assert desk.register() == 403
    with telephone(
        strict.switch.sip, "1001", host=STRANGER, password=strict.switch.secret("agent-1001")
    ) as desk:
        assert desk.register() == 200
        assert desk.register(0) == 200


def test_a_strangers_event_connection_is_turned_away(strict: Scene) -> None:
    """The password is the second door; this is the first."""
    address = ("127.0.0.1", strict.switch.configuration.event_socket.port)
    connected = socket.create_connection(address, timeout=5, source_address=(STRANGER, 0))
    esl = EslSocket(connected)
    try:
        assert esl.closed.wait(5)
        assert b"auth/request" not in b"".join(esl.transcript)
        assert b"Access Denied" in b"".join(esl.transcript)
    finally:
        esl.close()


def test_the_second_server_takes_what_the_first_does_not(strict: Scene) -> None:
    """`socket a|b`: a rolling restart must not send callers to the fallback."""
    server = OutboundPort(strict.port)
    empty(strict)
    try:
        with telephone(strict.switch.sip) as phone:
            leg = phone.dial("9100")
            calling = gevent.spawn(
                leg.call, f"sip:9100@{strict.switch.sip[0]}:{strict.switch.sip[1]}", [], seconds=10
            )
            esl = server.call()
            esl.command("connect")
            esl.execute("answer")
            calling.get(timeout=5)
            leg.hang_up()
    finally:
        server.close()


def test_beyond_the_limit_a_caller_is_refused_at_once(strict: Scene) -> None:
    """503 lets the provider try another switch; silence would not. The last one refused keeps a session for
    a while (FreeSWITCH 1.11), so this test is the module's last."""
    empty(strict)
    with telephone(strict.switch.sip) as phone:
        phone.call("9100")
        phone.call("9100")
        for _ in range(3):
            with pytest.raises(CallRefused) as refused:
                phone.call("9100")
            assert refused.value.status == 503
