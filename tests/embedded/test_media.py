"""Sound: what the caller hears, what the tap and the recordings hold, and when."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import gevent
import numpy as np
import pytest
from gevent.event import Event

from esl.embedded.caller import ScriptedCaller
from esl.embedded.clock import Clock, ScaledClock
from esl.embedded.media import Media, MediaClock
from esl.embedded.sounds import SILENCE, Source, open_sound
from tests.embedded.replay import Peer, Server
from tests.embedded.sound import counting, numbers, tone, write_wav

ASYNC = "async full"


@pytest.fixture
def answered(
    make_switch, call, server: Server, clock: Clock
) -> tuple[Peer, ScriptedCaller, str, Callable[..., None]]:
    """A call that a server has answered: its connection, the caller, the uuid, and `do(app, arg, id)`."""
    switch = make_switch(["socket", f"{server.address} {ASYNC}"], clock=clock)
    caller = call(switch)
    peer = server.accept()
    peer.ask("connect")
    peer.ask("linger 5")
    peer.ask("myevents")
    peer.ask("event plain PLAYBACK_START PLAYBACK_STOP RECORD_START RECORD_STOP")

    def do(app: str, argument: str = "", identity: str = "x") -> None:
        peer.ask(
            f"sendmsg\ncall-command: execute\nexecute-app-name: {app}\n"
            f"execute-app-arg: {argument}\nEvent-UUID: {identity}"
        )

    do("answer", identity="a")
    peer.wait_for("CHANNEL_EXECUTE_COMPLETE", Application_UUID="a")
    return peer, caller, caller.uuid, do


def start_tap(peer: Peer, uuid: str, path: Path) -> None:
    variables = "enable_file_write_buffering=false;RECORD_READ_ONLY=true;RECORD_PRE_BUFFER_FRAMES=0"
    assert peer.ask(f"api uuid_setvar_multi {uuid} {variables};playback_terminators=none").body == b"+OK\n"
    assert peer.ask(f"api uuid_record {uuid} start {path}").body == b"+OK Success\n"


def wait_until(done: Callable[[], bool], seconds: float = 10.0) -> None:
    """Looks again whenever other greenlets have run; fails after the deadline."""
    with gevent.Timeout(seconds, AssertionError("it did not become so")):
        while not done():
            gevent.idle()
            gevent.get_hub().loop.update_now()


def test_tap_grows_with_every_tick(answered, tmp_path: Path, clock: Clock) -> None:
    """The live audio is there as soon as it is heard: whole frames, none lost, none twice."""
    peer, caller, uuid, _ = answered
    tap = tmp_path / "tap.r8"
    start_tap(peer, uuid, tap)
    before = tap.stat().st_size
    spoken = counting(50)
    utterance = caller.speak(spoken)
    wait_until(lambda: tap.read_bytes().count(spoken[-320:]) == 1)
    late = (caller.position - utterance.end) / 8000
    content = tap.read_bytes()
    assert content[content.index(spoken[:320]) :].startswith(spoken)
    assert len(content) % 320 == 0
    assert before % 320 == 0
    assert late <= 0.04  # the frame itself and the tick


def test_tap_goes_on_while_a_prompt_plays(answered, tmp_path: Path) -> None:
    """Barge-in is possible: the caller is heard during playback, and the prompt is not in the tap."""
    peer, caller, uuid, do = answered
    tap = tmp_path / "tap.r8"
    start_tap(peer, uuid, tap)
    do("playback", "tone_stream://%(3000,0,300)", "p")
    peer.wait_for("PLAYBACK_START")
    caller.speak(counting(10))
    wait_until(lambda: counting(10) in tap.read_bytes())
    heard = np.frombuffer(tap.read_bytes(), "<i2")
    assert set(heard.tolist()) <= {0, *range(1000, 1010)}


def test_break_stops_the_prompt_with_the_next_tick(answered) -> None:
    """After `uuid_break` has been answered not one more frame of the prompt is sent."""
    peer, caller, uuid, do = answered
    do("playback", "tone_stream://%(60000,0,300)", "p")
    caller.wait_for_sound()
    sent = peer.ask(f"api uuid_break {uuid} all")
    assert sent.body == b"+OK\n"
    stop = peer.wait_for("PLAYBACK_STOP")
    assert stop.about["Playback-Status"] == "break"
    done = peer.wait_for("CHANNEL_EXECUTE_COMPLETE", Application_UUID="p")
    assert done.about["Application-Response"] == "FILE PLAYED"
    played = int(stop.about["variable_playback_last_offset_pos"])
    caller.silent(0.5)
    loud = np.flatnonzero(np.frombuffer(caller.heard, "<i2"))
    heard = int(loud[-1] - loud[0]) + 1
    assert played - 320 < heard <= played


def test_stereo_recording_is_aligned_and_masked_in_place(answered, tmp_path: Path) -> None:
    """Left is the caller, right the system, at the same instant; masked parts are silent on both
    sides and just as long, while the tap goes on hearing."""
    peer, caller, uuid, do = answered
    tap, recording = tmp_path / "tap.r8", tmp_path / "call.wav"
    start_tap(peer, uuid, tap)
    stereo = "enable_file_write_buffering=;RECORD_READ_ONLY=;RECORD_STEREO=true"
    peer.ask(f"api uuid_setvar_multi {uuid} {stereo}")
    assert peer.ask(f"api uuid_record {uuid} start {recording}").body == b"+OK Success\n"
    do("echo")
    caller.speak(counting(20, start=1000))
    assert peer.ask(f"api uuid_record {uuid} mask {recording}").body == b"+OK Success\n"
    caller.speak(counting(20, start=2000))
    assert peer.ask(f"api uuid_record {uuid} unmask {recording}").body == b"+OK Success\n"
    caller.speak(counting(20, start=3000))
    wait_until(lambda: counting(20, start=3000) in tap.read_bytes())
    assert peer.ask(f"api uuid_record {uuid} stop {recording}").body == b"+OK Success\n"
    stopped = peer.wait_for("RECORD_STOP")
    with wave.open(str(recording)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 2, 2)
        content = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        assert file.getnframes() == int(stopped.about["variable_record_samples"])
    left, right = content[:, 0], content[:, 1]
    assert np.array_equal(left, right)  # the echo says in a tick what it hears in it
    frames = left.reshape(-1, 160)[:, 0].tolist()
    heard = np.frombuffer(tap.read_bytes(), "<i2").reshape(-1, 160)[:, 0].tolist()
    assert [number for number in heard if number] == [
        *range(1000, 1020),
        *range(2000, 2020),
        *range(3000, 3020),
    ]
    offset = heard.index(1000) - frames.index(1000)
    for place, number in enumerate(frames):
        assert number in (0, heard[place + offset])
    masked = {heard[place + offset] for place, number in enumerate(frames) if number == 0}
    assert set(range(2003, 2016)) <= masked
    assert 3010 in frames


def test_recordings_that_cannot_be_written_do_not_end_the_call(answered, tmp_path: Path) -> None:
    """A full disk, a file that was taken away, a folder that cannot be made: the call goes on."""
    peer, caller, uuid, do = answered
    full = tmp_path / "full.r8"
    full.symlink_to("/dev/full")
    start_tap(peer, uuid, full)
    stopped = peer.wait_for("RECORD_STOP")
    assert stopped.about["Record-Completion-Cause"] == "uri-failure"
    gone = tmp_path / "gone.r8"
    start_tap(peer, uuid, gone)
    gone.unlink()
    refused = peer.ask(f"api uuid_record {uuid} start /proc/no/such/folder/x.wav")
    assert refused.body == b"-ERR Cannot record session!\n"
    do("playback", "tone_stream://%(200,0,300)", "p")
    done = peer.wait_for("CHANNEL_EXECUTE_COMPLETE", Application_UUID="p")
    assert done.about["Application-Response"] == "FILE PLAYED"
    assert not caller.hung_up.is_set()


def test_an_empty_recording_is_removed(answered, tmp_path: Path) -> None:
    """A recording that never got a frame leaves no file."""
    peer, _, uuid, _ = answered
    path = tmp_path / "never.wav"
    peer.connection.sendall(
        f"api uuid_record {uuid} start {path}\n\napi uuid_record {uuid} stop {path}\n\n".encode()
    )
    peer.wait_for("RECORD_STOP")
    assert not path.exists()


def test_recordings_are_closed_by_the_hangup(answered, tmp_path: Path) -> None:
    """The caller hangs up: the file is whole, and RECORD_STOP comes before the leg's last event."""
    peer, caller, uuid, _ = answered
    path = tmp_path / "call.wav"
    peer.ask(f"api uuid_record {uuid} start {path}")
    caller.speak(tone(0.5))
    caller.hang_up()
    peer.wait_for("CHANNEL_HANGUP_COMPLETE")
    kinds = [message.kind for message in peer.received]
    assert kinds.index("RECORD_STOP") < kinds.index("CHANNEL_HANGUP_COMPLETE")
    with wave.open(str(path)) as file:
        assert file.getnframes() > 3000


@pytest.mark.parametrize(("terminators", "response_within"), [(None, 5.0), ("none", 30.0)])
def test_star_stops_playback_unless_told_otherwise(
    answered, clock: Clock, terminators: str | None, response_within: float
) -> None:
    """`*` ends a prompt by default, which surprises; `playback_terminators=none` keeps it going."""
    peer, caller, uuid, do = answered
    if terminators:
        peer.ask(f"api uuid_setvar {uuid} playback_terminators {terminators}")
    do("playback", "tone_stream://%(4000,0,300)", "p")
    caller.wait_for_sound()
    caller.key("*")
    stop = peer.wait_for("PLAYBACK_STOP")
    played = int(stop.about["variable_playback_last_offset_pos"]) / 8000
    assert (played < 3.5) == (terminators is None)
    assert peer.wait_for("DTMF").about["DTMF-Digit"] == "*"


def test_a_file_at_another_rate_sounds_as_long(answered, tmp_path: Path) -> None:
    """A 22,050 Hz stereo WAV is heard at its own speed and pitch."""
    peer, caller, _, do = answered
    mono = np.frombuffer(tone(1.0, hz=500, rate=22050), "<i2")
    path = write_wav(tmp_path / "p.wav", np.repeat(mono, 2).astype("<i2").tobytes(), rate=22050, channels=2)
    do("playback", str(path), "p")
    done = peer.wait_for("CHANNEL_EXECUTE_COMPLETE", Application_UUID="p")
    assert done.about["variable_playback_ms"] == "1000"
    caller.silent(0.3)
    heard = np.frombuffer(caller.heard, "<i2").astype(float)
    loud = heard[np.abs(heard) > 250]
    crossings = np.count_nonzero(np.diff(np.signbit(loud)))
    assert 950 < crossings < 1050


def test_prompts_in_a_row_have_no_gap(tmp_path: Path) -> None:
    """`file_string://A!B` joins to the sample, leaves out what is missing, and fails if all is."""
    first = write_wav(tmp_path / "a.wav", counting(1)[:246])
    second = write_wav(tmp_path / "b.wav", counting(3, start=2000))
    source = open_sound(f"file_string://{first}!{tmp_path}/none.wav!{second}")
    samples = []
    while (frame := source.read()) is not None:
        samples += numbers(frame)
    assert samples[:123] == [1000] * 123
    assert samples[123:603] == numbers(counting(3, start=2000))
    assert source.total == 603


def test_ticks_are_made_up_for_and_do_not_drift() -> None:
    """A machine that was busy has ticked as often as the clock says, not less."""

    class Jumping:
        """A clock that sleeps exactly, except once, when it sleeps ten times too long."""

        def __init__(self) -> None:
            self.time = 0.0
            self.ticks = 0

        def now(self) -> float:
            return self.time

        def sleep(self, seconds: float) -> None:
            self.ticks += 1
            self.time += max(seconds, 0.0) + (0.2 if self.ticks == 50 else 0.0)
            if self.time > 4.0:
                raise gevent.GreenletExit

        def wait(self, event: Event, seconds: float | None) -> bool:
            raise AssertionError("the media clock only sleeps")

        def later(self, seconds: float, run: Callable[[], None]) -> gevent.Greenlet:
            raise AssertionError("the media clock only sleeps")

    clock = Jumping()
    ticking = MediaClock(clock)
    media = Media(wake=lambda: None)
    ticking.add(media, failed=lambda: None)
    ticking.start()
    assert ticking._greenlet is not None
    ticking._greenlet.join(5)
    assert abs(media.ticks - 200) <= 1
    assert max(ticking.lateness) == pytest.approx(0.2, abs=0.03)


def test_one_leg_that_fails_is_hung_up_alone() -> None:
    """A fault in one leg's tick costs that leg, not the others their sound."""
    failed: list[str] = []
    ticking = MediaClock(ScaledClock(10))
    good, bad = Media(wake=lambda: None), Media(wake=lambda: None)

    class Broken(Source):
        def read(self) -> bytes | None:
            raise RuntimeError("broken")

    bad.play(Broken((), None))
    ticking.add(bad, failed=lambda: failed.append("bad"))
    ticking.add(good, failed=lambda: failed.append("good"))
    ticking.start()
    wait_until(lambda: good.ticks > 5)
    ticking.stop()
    assert failed == ["bad"]
    assert bad.ticks == 0


def test_a_backlog_of_silence_is_left_out_but_never_speech() -> None:
    """A late line catches up in the pauses: the caller's words are all heard."""
    media = Media(wake=lambda: None)
    for frame in [SILENCE] * 6 + [counting(1)] * 4:
        media.hear(frame)
    heard = [media._next_heard() for _ in range(10)]
    assert heard.count(counting(1)) == 4
    assert heard.index(counting(1)) == 0
    assert media.skipped == 6
