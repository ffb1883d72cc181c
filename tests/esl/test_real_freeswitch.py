"""The same server on a real FreeSWITCH: what the scripted peer takes for granted, checked at the source.

Needs `freeswitch` on PATH, or FREESWITCH_HOME. Its configuration is the product's. The caller is a loopback
leg that plays a tone, so no SIP and no network is involved.
"""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest
from gevent.event import Event as Flag

from esl import commands
from esl.freeswitch.configuration import Queue, Server, SwitchConfiguration
from esl.inbound import InboundConnection
from esl.live_audio import LiveAudio
from esl.outbound import OutboundServer
from esl.switch import Audio, Call, CallEvent, Digit, Finished, HungUp
from esl.wire import Event
from ivr.load.freeswitch import EXTENSION, OwnFreeSwitch, find_freeswitch, free_port, temporary_folder
from tests.freeswitch.conftest import need_freeswitch
from tests.freeswitch.harness import taps

pytestmark = pytest.mark.freeswitch

DEADLINE = 10.0


class FreeSwitch(OwnFreeSwitch):
    """A real switch with the product's own dialplan, whose calls are brought to us."""

    def __init__(self, binary: Path, folder: Path) -> None:
        self.outbound_port = free_port()
        servers = (Server("127.0.0.1", self.outbound_port),)
        super().__init__(binary, folder, SwitchConfiguration(servers=servers, queues=(Queue("agents"),)))
        self.calls = 0
        self.far = ""

    def start(self) -> None:
        super().start()
        event_socket = self.configuration.event_socket
        self.control = InboundConnection(event_socket.address, event_socket.port, self.password)
        self.control.connect()
        self.control.subscribe("BACKGROUND_JOB", "CHANNEL_HANGUP_COMPLETE")

    def call(self) -> None:
        """A caller who says a steady tone; `far` is the leg on his side."""
        self.calls += 1
        self.far = f"far-end-{self.calls}"
        dialling = commands.api(
            f"originate {{origination_caller_id_number=34600111222,origination_uuid={self.far}}}"
            f"loopback/{EXTENSION}/ivr &playback(tone_stream://%(20000,0,500))"
        )
        self.dialled = self.control.bgapi(dialling, job_uuid=f"dial-{self.calls}")
        """Set once the caller has noticed the answer; who is killed before is a call that failed, not one
        that ended (NORMAL_TEMPORARY_FAILURE)."""

    def stop(self) -> None:
        self.control.stop()
        super().stop()


@pytest.fixture(scope="module")
def switch() -> Iterator[FreeSwitch]:
    need_freeswitch()
    with temporary_folder() as folder:
        one = FreeSwitch(find_freeswitch(), folder)
        one.start()
        yield one
        one.stop()


def lived(switch: FreeSwitch, life: Callable[[Call], None], audio: LiveAudio) -> None:
    """One call to 9100, lived as the test says."""
    ended = Flag()
    faults: list[BaseException] = []

    def whole(call: Call) -> None:
        try:
            life(call)
        except BaseException as fault:
            faults.append(fault)
            raise
        finally:
            ended.set()

    server = OutboundServer(("127.0.0.1", switch.outbound_port), whole, live_audio=audio)
    server.start()
    try:
        switch.call()
        assert ended.wait(DEADLINE)
        if faults:
            raise faults[0]
    finally:
        server.close(deadline=DEADLINE)


def until(call: Call, kind: type[CallEvent]) -> CallEvent:
    while True:
        event = call.inbox.get(timeout=DEADLINE)
        if isinstance(event, kind):
            return event


@pytest.fixture
def audio() -> Iterator[LiveAudio]:
    one = LiveAudio()
    yield one
    one.close()


def test_a_whole_call_on_the_real_switch(switch: FreeSwitch, audio: LiveAudio, tmp_path: Path) -> None:
    """Live audio from an unlinked file, also a second time; recording with a mask; values as they were;
    prompts that end, are stopped, and are stopped before they began; a key; our hang-up."""
    prompt, recording = tmp_path / "dos segundos.wav", tmp_path / "grabación.wav"
    with wave.open(str(prompt), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\x00\x10" * 16000)

    def life(call: Call) -> None:
        call.answer()
        assert call.caller_number == "34600111222"
        call.start_listening()
        call.start_recording(recording)
        call.set_variable("nota", "a;b'c\\d é ")
        assert switch.control.api(commands.api(f"uuid_getvar {call.uuid} nota")) == "a;b'c\\d é "
        first = call.inbox.get(timeout=DEADLINE)
        assert isinstance(first, Audio)
        assert first.position == 0.0
        assert not audio.path_for(call.uuid).exists()
        call.mask_recording()
        call.unmask_recording()

        call.play([prompt, prompt])
        switch.control.api(commands.api(f"uuid_send_dtmf {switch.far} 7"))
        assert until(call, Digit) == Digit("7")
        call.stop_playing()
        stopped = until(call, Finished)
        assert isinstance(stopped, Finished)
        assert stopped.response == "FILE PLAYED"
        with gevent.Timeout(DEADLINE, AssertionError("the caller's tone must be audible")):
            while True:
                heard = until(call, Audio)
                if isinstance(heard, Audio) and len(set(heard.samples)) > 10:
                    break

        started = call.play([prompt])
        call.stop_playing()
        dropped = until(call, Finished)
        assert isinstance(dropped, Finished)
        assert dropped.command_id == started

        call.stop_recording()
        call.stop_listening()
        call.start_listening()
        again = until(call, Audio)
        while isinstance(again, Audio) and again.position:  # heard before, and not taken out yet
            again = until(call, Audio)

        call.play([tmp_path / "no.wav"])
        missing = until(call, Finished)
        assert isinstance(missing, Finished)
        assert missing.response == "FILE NOT FOUND"
        call.hang_up("USER_BUSY")
        assert until(call, HungUp) == HungUp("USER_BUSY", by_caller=False)

    lived(switch, life, audio)
    with wave.open(str(recording), "rb") as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 8000)
        assert file.getnframes() > 0


def test_a_caller_who_hangs_up_ends_the_call(switch: FreeSwitch, audio: LiveAudio) -> None:
    """Seen from the other side: the far end goes away."""

    def life(call: Call) -> None:
        call.answer()
        switch.dialled.get(timeout=DEADLINE)
        switch.control.api(commands.kill(switch.far))
        assert until(call, HungUp) == HungUp("NORMAL_CLEARING", by_caller=True)

    lived(switch, life, audio)


def test_after_a_fault_of_ours_the_dialplan_goes_on(switch: FreeSwitch, audio: LiveAudio) -> None:
    """The next actions after `socket` run, and the tap does not go on recording unseen."""
    lost: list[str] = []
    gone = Flag()
    reached: list[str] = []

    def note(event: Event) -> None:
        if event.name == "CHANNEL_HANGUP_COMPLETE" and event.uuid == lost[0]:
            reached.append(event.get("variable_ivr_landing"))
            gone.set()

    def life(call: Call) -> None:
        call.answer()
        call.start_listening()
        until(call, Audio)
        lost.append(call.uuid)
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        lived(switch, life, audio)
    waiting = commands.call_centre("queue", "list", "members", "agents@ivr")
    with gevent.Timeout(DEADLINE, AssertionError("the caller is not in the fallback queue")):
        while lost[0] not in switch.control.api(waiting):
            Flag().wait(0.05)
    assert not taps(switch.pid)
    switch.control.events_to = note
    switch.control.api(commands.kill(switch.far))
    assert gone.wait(DEADLINE)
    assert reached == ["fallback"]
