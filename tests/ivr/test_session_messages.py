"""Messages that callers leave in a session: how they end, and what is kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dialogs.effects import (
    Hangup,
    Record,
)
from dialogs.results import (
    Failed,
    NoInput,
    Recorded,
)
from esl.switch import FRAME_BYTES, Audio, Digit, HungUp
from tests.ivr.paper import LiveInbox
from tests.ivr.session_rig import Rig, rig

__all__ = ["rig"]


MESSAGE = Record("message", "billing", "m", 5.0, 1.0, 2.0, outcome="message_left")


class TalkingInbox(LiveInbox):
    """Live audio of somebody who talks for so many frames, then is silent; `then` comes in the middle."""

    def __init__(self, frames: int, then: Sequence[object] = ()) -> None:
        super().__init__()
        self._voiced = frames
        self._middle = frames // 2
        self._then = then

    def get(self, block: bool = True, timeout: float | None = None) -> object:
        if self._then and self._voiced == self._middle:
            for event in self._then:
                self.put(event)
            self._then = ()
        if self.empty() and self._voiced > 0:
            self._voiced -= 1
            return Audio(voiced_frame(self._voiced), 0.0)
        return super().get(block, timeout)

    @property
    def talks(self) -> bool:
        return self._voiced > 0


def voiced_frame(at: int) -> bytes:
    """20 ms of what a voice detector takes for a voice: harmonics of 120 Hz, in syllables."""
    if at % 20 > 12:
        return bytes(FRAME_BYTES)
    time = (np.arange(160) + 160 * at) / 8000
    wave = sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 20))
    return (wave * 3000).astype("<i2").tobytes()


def test_a_message_ends_with_silence_and_is_kept_with_the_call(rig: Rig) -> None:
    """The caller's voice alone, in a file of its own, and a turn that names it."""
    rig.call.inbox = TalkingInbox(100)
    dialog, record = rig.live([MESSAGE, Hangup("bye")])
    (result,) = dialog.results
    assert isinstance(result, Recorded)
    assert result.reference.endswith(f"{record.call_id}-message-1.wav")
    assert rig.call.voice == rig.folder / "recordings" / result.reference
    orders = rig.call.orders
    assert orders.index("start_voice_recording") < orders.index("stop_voice_recording")
    assert [(turn.kind, turn.text) for turn in record.turns] == [("recorded", result.reference)]


def test_a_key_ends_a_recording(rig: Rig) -> None:
    """`#`, and no other key. Call time goes no faster than the machine: nothing here waits for it."""
    rig.clock.speed = 1.0
    inbox = TalkingInbox(200, then=[Digit("1"), Digit("#")])
    rig.call.inbox = inbox
    dialog, _ = rig.live([replace(MESSAGE, longest=600.0), Hangup("bye")])
    assert isinstance(dialog.results[0], Recorded)
    assert "stop_voice_recording" in rig.call.orders
    assert inbox.talks, "the end of the talk was waited for"


def test_nothing_said_leaves_no_file(rig: Rig) -> None:
    """Silence is no message: the file goes, and the flow is told."""
    rig.call.inbox = LiveInbox()
    dialog, _ = rig.live([MESSAGE, Hangup("bye")])
    assert dialog.results == [NoInput()]
    assert rig.call.voice is not None, "nothing was recorded"
    assert not rig.call.voice.exists()


def test_a_caller_who_hangs_up_has_left_a_message(rig: Rig) -> None:
    """Most messages end like this: the message counts, and so does the outcome."""
    rig.clock.speed = 1.0  # nothing here waits for call time
    rig.call.inbox = TalkingInbox(100, then=[HungUp("NORMAL_CLEARING", by_caller=True)])
    _, record = rig.live([MESSAGE, Hangup("bye")])
    assert record.outcome == "message_left"
    assert [turn.kind for turn in record.turns] == ["recorded"]


def test_a_switch_that_does_not_record_is_a_failure(rig: Rig) -> None:
    """A full disk: the flow's `failed`."""
    rig.call.refused = "start_voice_recording"
    dialog, _ = rig.live([MESSAGE, Hangup("bye")])
    assert dialog.results == [Failed("the switch refuses to record")]


def test_a_message_can_be_left_where_calls_are_not_recorded(rig: Rig) -> None:
    """Who leaves a message wants it kept; that the house records no calls is another matter."""
    rig.recorded = False
    rig.call.inbox = TalkingInbox(100)
    dialog, record = rig.live([MESSAGE, Hangup("bye")])
    (result,) = dialog.results
    assert isinstance(result, Recorded)
    assert rig.call.voice == rig.folder / "recordings" / result.reference
    assert "start_recording" not in rig.call.orders
    assert not record.recording
