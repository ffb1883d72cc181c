"""The same server on a real FreeSWITCH: what the scripted peer takes for granted, checked at the source.

Needs `freeswitch` on PATH, or FREESWITCH_HOME with bin/ and mod/ below it. The caller is a loopback leg that
plays a tone, so no SIP and no network is involved.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest
from gevent.event import Event as Flag

from esl import commands
from esl.errors import ConnectionLostError
from esl.inbound import InboundConnection
from esl.live_audio import LiveAudio
from esl.outbound import OutboundServer
from esl.switch import Audio, Call, CallEvent, Digit, Finished, HungUp
from esl.wire import Event

pytestmark = pytest.mark.freeswitch

DEADLINE = 10.0
CONFIGURATION = """<?xml version="1.0"?>
<document type="freeswitch/xml">
<section name="configuration">
 <configuration name="modules.conf"><modules>
  {modules}
 </modules></configuration>
 <configuration name="event_socket.conf"><settings>
  <param name="nat-map" value="false"/><param name="listen-ip" value="127.0.0.1"/>
  <param name="listen-port" value="{inbound}"/><param name="password" value="ClueCon"/>
 </settings></configuration>
 <configuration name="switch.conf"><settings/></configuration>
 <configuration name="timezones.conf"/>
 <configuration name="post_load_modules.conf"><modules/></configuration>
</section>
<section name="dialplan"><context name="public">
 <extension name="ivr"><condition field="destination_number" expression="^9100$">
  <action application="socket" data="127.0.0.1:{outbound} async full"/>
  <action application="set" data="fallback=reached"/>
  <action application="hangup" data="NORMAL_TEMPORARY_FAILURE"/>
 </condition></extension>
</context></section>
<section name="directory"/><section name="languages"/>
</document>
"""
MODULES = (
    "event_socket",
    "commands",
    "dptools",
    "dialplan_xml",
    "loopback",
    "sndfile",
    "tone_stream",
    "native_file",
)


def program() -> tuple[Path, Path] | None:
    """The program and its modules' folder."""
    home = os.environ.get("FREESWITCH_HOME")
    found = str(Path(home) / "bin" / "freeswitch") if home else shutil.which("freeswitch")
    if not found or not Path(found).exists():
        return None
    base = Path(found).resolve().parent.parent
    for modules in (base / "mod", base / "lib" / "freeswitch" / "mod"):
        if modules.is_dir():
            return Path(found), modules
    return None


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class FreeSwitch:
    """A real switch with one extension, 9100, that leads to us."""

    def __init__(self, folder: Path, binary: Path, modules: Path) -> None:
        self.inbound_port, self.outbound_port = free_port(), free_port()
        self.calls = 0
        self.far = ""
        (folder / "freeswitch.xml").write_text(
            CONFIGURATION.format(
                modules="".join(f'<load module="mod_{name}"/>' for name in MODULES),
                inbound=self.inbound_port,
                outbound=self.outbound_port,
            )
        )
        places = [part for option in ("conf", "log", "db", "run") for part in (f"-{option}", str(folder))]
        library = binary.parent.parent / "lib"
        self._process = subprocess.Popen(
            [str(binary), "-nonat", "-nf", "-nc", "-nosql", *places, "-mod", str(modules)],
            env={**os.environ, "LD_LIBRARY_PATH": str(library)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.control = InboundConnection("127.0.0.1", self.inbound_port, "ClueCon")
        with gevent.Timeout(30, AssertionError("the switch did not start")):
            while True:
                try:
                    self.control.connect()
                    break
                except ConnectionLostError:
                    assert self._process.poll() is None, "the switch ended while it started"
                    self.control = InboundConnection("127.0.0.1", self.inbound_port, "ClueCon")
                    Flag().wait(0.1)
        self.control.subscribe("BACKGROUND_JOB", "CHANNEL_HANGUP_COMPLETE")

    def call(self) -> None:
        """A caller who says a steady tone; `far` is the leg on his side."""
        self.calls += 1
        self.far = f"far-end-{self.calls}"
        dialling = commands.api(
            f"originate {{origination_caller_id_number=34600111222,origination_uuid={self.far}}}"
            "loopback/9100/public &playback(tone_stream://%(20000,0,500))"
        )
        self.dialled = self.control.bgapi(dialling, job_uuid=f"dial-{self.calls}")
        """Set once the caller has noticed the answer; who is killed before is a call that failed, not one
        that ended (NORMAL_TEMPORARY_FAILURE)."""

    def close(self) -> None:
        self.control.stop()
        self._process.terminate()
        self._process.wait(20)


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreeSwitch]:
    found = program()
    if found is None:
        pytest.skip("no FreeSWITCH: put it on PATH or set FREESWITCH_HOME")
    one = FreeSwitch(tmp_path_factory.mktemp("freeswitch"), *found)
    yield one
    one.close()


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
    """The next action after `socket` runs, and the tap does not go on recording unseen."""
    gone = Flag()
    reached: list[str] = []

    def note(event: Event) -> None:
        if event.name == "CHANNEL_HANGUP_COMPLETE" and event.uuid != switch.far:
            reached.append(event.get("variable_fallback"))
            gone.set()

    def life(call: Call) -> None:
        call.answer()
        call.start_listening()
        until(call, Audio)
        switch.control.events_to = note
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        lived(switch, life, audio)
    assert gone.wait(DEADLINE)
    assert reached == ["reached"]
