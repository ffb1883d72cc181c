"""The event connection and a real FreeSWITCH that dies and returns; and what control of a call costs."""

from __future__ import annotations

import time

import pytest
import structlog

from esl.switch import HungUp
from esl.switchboard import Switchboard
from ivr.load.control import measure
from tests.contract.on_freeswitch import FreeSwitchPlace, configuration
from tests.contract.place import Application, connected
from tests.freeswitch.conftest import need_freeswitch
from tests.freeswitch.harness import find_sipp, free_port, freeswitch

pytestmark = pytest.mark.freeswitch

BACK_WITHIN = 2.0
"""Seconds after the switch has returned."""


@pytest.mark.parametrize("carries", [True, False], ids=["shared", "own"])
def test_a_switch_that_is_killed_is_found_again(carries: bool) -> None:
    """`kill -9` with a call under way: the call ends, once; the switch's return is noticed within 2 s, is
    told, and the next call is served as the first was."""
    need_freeswitch()
    port = free_port()
    with structlog.testing.capture_logs() as logs, freeswitch(configuration(port)) as switch:
        events = switch.configuration.event_socket
        board = Switchboard((events.address, events.port), switch.password, carries=carries)
        board.start()
        assert board.wait_connected(5)
        application = Application(port, event_sources=[board])
        try:
            _, session = connected(FreeSwitchPlace(switch, port), application)
            assert board.legs == int(carries)
            switch.kill()
            assert session.hung_up(2) == HungUp("CONNECTION_LOST", by_caller=False)
            session.let_go()
            switch.start()
            returned = time.monotonic()  # its event socket lets us in
            assert board.wait_connected(BACK_WITHIN)
            way = "shared" if carries else "own"
            print(f"\n{way}: back {time.monotonic() - returned:.3f} s after the switch")
            caller, again = connected(FreeSwitchPlace(switch, port), application)
            assert board.legs == int(carries)
            caller.hang_up()
            assert again.hung_up().by_caller
        finally:
            application.close()
            board.close()
    told = [line["event"] for line in logs if line["event"].startswith("event_connection")]
    assert told[:3] == ["event_connection_up", "event_connection_lost", "event_connection_back"]


def test_the_benchmark_measures() -> None:
    """A sample of `ivr bench control`: no call fails, and every figure is one."""
    need_freeswitch()
    if find_sipp() is None:
        pytest.skip("SIPp is not installed (Debian: sip-tester)")
    costs = measure(["lua", "esl-own", "session-shared"], calls=20, per_second=20, rounds=1)
    assert [cost.failed for cost in costs] == [0, 0, 0]
    lua, own, session = costs
    assert lua.switch_ratio == 1.0
    assert lua.application_ms == 0.0
    assert 0 < own.application_ms < session.application_ms
    assert all(cost.switch_ms > 0 and cost.answer_ms > 0 for cost in costs)
