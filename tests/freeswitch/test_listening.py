"""A thousand calls on a real FreeSWITCH, listened to right after the answer: each of them is heard."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import gevent
import pytest
from gevent.queue import Empty
from structlog.testing import capture_logs

from esl.errors import CallEnded
from esl.outbound import OutboundServer
from esl.switch import FRAME_BYTES, Audio, Call, HungUp, ListeningLost
from ivr.load.callers import SippCaller
from tests.freeswitch.conftest import Scene
from tests.freeswitch.sound import noise
from tests.freeswitch.test_many_calls import need_sipp

pytestmark = pytest.mark.freeswitch

PER_SECOND = 40
LASTING = 2.0
"""Seconds from the answer to the hang-up."""
HEARD_AT_LEAST = int(0.5 * LASTING * 50)
"""Frames of a call: what was not heard of before a second try, and no more, may be missing."""


@dataclass
class Heard:
    """What came of all calls."""

    frames: list[int] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def too_little(self) -> list[int]:
        return [frames for frames in self.frames if frames < HEARD_AT_LEAST]


def listened(scene: Scene, folder: Path, calls: int) -> tuple[Heard, int]:
    """What was heard of so many calls, and how often listening was begun again."""
    heard = Heard()

    def on_call(call: Call) -> None:
        frames = 0
        try:
            call.answer()
            call.start_listening()
            while not isinstance(event := call.inbox.get(timeout=30), HungUp):
                if isinstance(event, Audio):
                    frames += len(event.samples) // FRAME_BYTES
                if isinstance(event, ListeningLost):
                    heard.lost.append(event.reason)
        except (Empty, CallEnded) as ended:
            heard.lost.append(repr(ended))
        heard.frames.append(frames)

    server = OutboundServer(("127.0.0.1", scene.port), on_call)
    server.start()
    try:
        with capture_logs() as logged:
            result = SippCaller(scene.switch.sip, folder).call(
                "9100", calls=calls, per_second=PER_SECOND, hang_up_after=LASTING, says=noise(LASTING)
            )
            with gevent.Timeout(10, AssertionError("a call does not end")):
                server.drain(10)
    finally:
        server.close(2)
    assert (result.succeeded, result.failed) == (calls, 0)
    again = sum(entry["event"] == "listening_begun_again" for entry in logged)
    return heard, again


def all_are_heard(scene: Scene, folder: Path, calls: int) -> None:
    need_sipp()
    heard, again = listened(scene, folder, calls)
    print(
        f"\n{calls} calls: {len(heard.lost)} lost, {len(heard.too_little)} with less than {HEARD_AT_LEAST} "
        f"frames, fewest {min(heard.frames)}; begun again {again} times"
    )
    assert len(heard.frames) == calls
    assert heard.lost == []
    assert heard.too_little == []


def test_each_of_forty_calls_is_heard(scene: Scene, tmp_path: Path) -> None:
    """A sample of the next one."""
    all_are_heard(scene, tmp_path, 40)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_each_of_a_thousand_calls_is_heard(scene: Scene, tmp_path: Path) -> None:
    """`uuid_record` right after the answer is refused, or has no effect, in about 3 of 1000 calls: nobody may
    notice."""
    all_are_heard(scene, tmp_path, 1000)
