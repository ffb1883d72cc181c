"""A caller who puts us on hold and comes back: what goes on, and what recording and live audio miss."""

from __future__ import annotations

import time

import pytest

from esl.switch import FRAME_BYTES, Held, TakenBack
from tests.contract.place import Application, Place, connected, gone, wait_heard, wav
from tests.contract.test_recording import is_whole, read
from tests.freeswitch.harness import wait_until
from tests.freeswitch.sound import strength, tone

HELD = 1.5
"""Seconds."""


@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
def test_time_on_hold_is_missing_from_recording_and_live_audio(
    place: Place, application: Application, direction: str
) -> None:
    """With hold music (`sendonly`) or without (`inactive`): the prompt is played to its end and its
    completion told; the caller hears none of it; the recording lacks the time, and the live audio the hold
    music. Both ends of the hold are told. Afterwards all goes on."""
    file = place.folder / "held.wav"
    caller, session = connected(place, application)
    session.call.start_listening()
    session.hear(FRAME_BYTES * 5)
    began = time.monotonic()
    session.call.start_recording(file)
    session.listen(0.5)

    hold_asked = time.monotonic()
    caller.put_on_hold(direction)
    held_at = time.monotonic()
    session.listen(0.2)  # what was on its way
    heard, listened = len(caller.heard), len(session.audio)
    caller.say(tone(700, HELD - 0.5))  # hold music
    unheard = session.call.play([wav(place.folder / "unheard.wav", tone(440, 0.5))])
    session.finished(unheard)
    session.listen(held_at + HELD - time.monotonic())
    assert (len(session.audio) - listened) / 16000 < 0.2
    assert strength(b"".join(frame.samples for frame in caller.heard[heard:]), 440) < 0.1
    flows = ("remote_audio_media_flow", "audio_media_flow")
    answers = {"sendonly": ["sendonly", "recvonly"], "inactive": ["inactive", "inactive"]}
    told = [place.api(f"uuid_getvar {session.call.uuid} {name}").strip() for name in flows]
    assert told == answers[direction]
    least_held = time.monotonic() - held_at
    caller.take_back()
    most_held = time.monotonic() - hold_asked

    back = len(caller.heard)
    session.call.play([wav(place.folder / "heard.wav", tone(1100, 0.5))])
    wait_heard(
        caller,
        lambda heard: strength(b"".join(frame.samples for frame in heard[back:])[-3200:], 1100) > 0.5,
    )
    resumed = len(session.audio)
    session.hear(resumed + FRAME_BYTES * 40)
    lasted = time.monotonic() - began
    caller.hang_up()
    session.hung_up()
    assert [event for _, event in session.events if isinstance(event, Held | TakenBack)] == [
        Held(),
        TakenBack(),
    ]
    session.let_go()
    gone(place)
    wait_until(lambda: is_whole(file), 3, "a complete recording")
    left, right = read(file)
    assert lasted - most_held - 0.4 < len(left) / 16000 < lasted - least_held + 0.4
    assert strength(left, 700) < 0.1
    pieces = [right[at : at + 1600] for at in range(0, len(right) - 1600, 1600)]
    assert any(strength(piece, 1100) > 0.5 for piece in pieces)
