"""The shared event connection on a real FreeSWITCH: every kind of event that a leg needs comes by it."""

from __future__ import annotations

from pathlib import Path

import gevent
import pytest

from esl.errors import CallEnded
from esl.outbound import OutboundServer
from esl.switch import Call, CallEvent, Digit, Finished, HungUp
from esl.switchboard import Switchboard
from tests.contract.place import wav
from tests.freeswitch.conftest import Scene
from tests.freeswitch.sound import tone
from tests.freeswitch.telephone import telephone

pytestmark = pytest.mark.freeswitch


def test_keys_prompts_and_the_end_come_by_the_shared_connection(scene: Scene, tmp_path: Path) -> None:
    """Keys by RFC 2833 and by INFO: they carry none of the variables by which other events are chosen."""
    event_socket = scene.switch.configuration.event_socket
    board = Switchboard((event_socket.address, event_socket.port), scene.switch.password)
    events: list[CallEvent] = []
    prompt = wav(tmp_path / "prompt.wav", tone(440, 1.0))

    def on_call(call: Call) -> None:
        try:
            call.answer()
            call.play([prompt])
            while not isinstance(event := call.inbox.get(timeout=10), HungUp):
                events.append(event)
            events.append(event)
        except CallEnded:
            events.append(HungUp("LOST", by_caller=False))

    server = OutboundServer(("127.0.0.1", scene.port), on_call, event_sources=(board,))
    board.start()
    assert board.wait_connected(5)
    server.start()
    try:
        with telephone(scene.switch.sip) as phone:
            leg = phone.call("9100")
            assert board.legs == 1
            assert leg.press("7#").wait(3)
            leg.press_by_info("5")
            with gevent.Timeout(5, TimeoutError(f"the end of the prompt did not come: {events}")):
                while not any(isinstance(event, Finished) for event in events):
                    gevent.sleep(0.02)
            leg.hang_up()
        with gevent.Timeout(5, TimeoutError(f"the end did not come: {events}")):
            while not events or not isinstance(events[-1], HungUp):
                gevent.sleep(0.02)
    finally:
        server.close(2)
        board.close()
    assert "".join(event.key for event in events if isinstance(event, Digit)) == "7#5"
    assert [event.response for event in events if isinstance(event, Finished)] == ["FILE PLAYED"]
    assert events[-1] == HungUp("NORMAL_CLEARING", by_caller=True)
