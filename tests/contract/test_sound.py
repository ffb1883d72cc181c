"""What the caller hears of us, and we of the caller."""

from __future__ import annotations

import time

import gevent
import numpy as np
import pytest

from esl.switch import FRAME_BYTES, Audio, Finished
from tests.contract.place import (
    ALMOST_ALL,
    Application,
    Place,
    arrived,
    connected,
    hears,
    in_a_row,
    last_loud,
    loudness,
    pause,
    wait_heard,
    wav,
)
from tests.freeswitch.sound import noise, tone
from tests.freeswitch.sound import place as position

STOPS = 30


def test_one_prompt_is_heard_whole(place: Place, application: Application) -> None:
    """From its first sample to its last; its end is told when it is over, not before, not much later."""
    sound = noise(1.0)
    caller, session = connected(place, application)
    playing = session.call.play([wav(place.folder / "one.wav", sound)])
    ended = session.finished(playing)
    told = time.monotonic()
    assert (ended.command_id, ended.application, ended.response) == (playing, "playback", "FILE PLAYED")
    pause(0.3)
    assert position(sound, in_a_row(caller))[1] > 0.97
    assert -0.05 < told - last_loud(caller) < 0.2


@pytest.mark.parametrize("seconds", [(0.5, 0.7, 0.4), (0.333, 0.517, 0.25)], ids=["frames", "odd lengths"])
def test_several_prompts_without_a_gap(
    place: Place, application: Application, seconds: tuple[float, ...]
) -> None:
    """A sentence is made of recordings: joined sample by sample, whatever their lengths."""
    sounds = [noise(each, seed=seed) for seed, each in enumerate(seconds, 1)]
    files = [wav(place.folder / f"part{at}.wav", sound) for at, sound in enumerate(sounds)]
    caller, session = connected(place, application)
    assert session.finished(session.call.play(files)).response == "FILE PLAYED"
    pause(0.3)
    heard = in_a_row(caller)
    assert position(b"".join(sounds), heard)[1] > 0.97
    places = [position(sound, heard)[0] for sound in sounds]
    joined = np.diff(places) - [len(sound) // 2 for sound in sounds[:-1]]
    assert joined.tolist() == [0] * len(joined)


def test_a_prompt_asked_for_during_another_is_heard_at_once(place: Place, application: Application) -> None:
    """Commands do not wait for what plays: the last one asked for plays first, the others go on behind it
    and end in the reverse order. So our session asks for one at a time."""
    sounds = [noise(0.4, seed=seed) for seed in (1, 2, 3)]
    files = [wav(place.folder / f"turn{at}.wav", sound) for at, sound in enumerate(sounds)]
    caller, session = connected(place, application)
    asked = [session.call.play([file]) for file in files]
    session.finished(asked[0])
    ended = [event for _, event in session.events if isinstance(event, Finished)]
    assert [each.command_id for each in ended] == asked[::-1]
    assert {each.response for each in ended} == {"FILE PLAYED"}
    pause(0.3)
    last = position(sounds[2], in_a_row(caller))
    assert last[1] > 0.97
    assert last[0] < 0.2 * 8000


def test_before_the_answer_a_prompt_is_early_media(place: Place, application: Application) -> None:
    """An announcement that costs the caller nothing."""
    sound = noise(0.6)
    caller = place.caller()
    caller.call()
    session = application.next_call()
    played = session.finished(session.call.play([wav(place.folder / "early.wav", sound)]))
    assert played.response == "FILE PLAYED"
    pause(0.2)
    assert not caller.answered.is_set()
    assert position(sound, in_a_row(caller))[1] > 0.9
    session.call.answer()
    assert caller.answered.wait(3)


def test_a_missing_prompt_says_so_and_the_call_goes_on(place: Place, application: Application) -> None:
    """The session can say it in another way."""
    caller, session = connected(place, application)
    missing = session.finished(session.call.play([place.folder / "not there.wav"]))
    assert missing.response == "FILE NOT FOUND"
    sound = noise(0.4)
    there = wav(place.folder / "there.wav", sound)
    assert session.finished(session.call.play([there])).response == "FILE PLAYED"
    pause(0.3)
    assert position(sound, in_a_row(caller))[1] > 0.97


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_missing_prompt_among_others(place: Place, application: Application, at: int) -> None:
    """The rest of the sentence is said, wherever in it a recording is missing."""
    sound = noise(0.4)
    files = [wav(place.folder / f"present{number}.wav", sound) for number in range(3)]
    files[at] = place.folder / "not there.wav"
    caller, session = connected(place, application)
    ended = session.finished(session.call.play(files))
    pause(0.3)
    heard = sum(loudness(frame.samples) > 500 for frame in caller.heard) / 50
    assert (ended.response, round(heard, 1)) == ("FILE PLAYED", 0.8)


def test_what_the_caller_says_arrives_whole(place: Place, application: Application) -> None:
    """Every sample once and in place, before, during and after a prompt; positions count them."""
    said = noise(2.0)
    caller, session = connected(place, application)
    session.call.start_listening()
    session.hear(FRAME_BYTES * 10)
    playing = session.call.play([wav(place.folder / "tone.wav", tone(440, 1.0))])
    done = caller.say(said)
    session.finished(playing)
    assert done.wait(5)
    session.listen(0.4)
    assert arrived(said, bytes(session.audio)) > ALMOST_ALL
    before = len(session.audio)
    event = session.until(lambda each: isinstance(each, Audio))
    assert isinstance(event, Audio)
    assert len(event.samples) % FRAME_BYTES == 0
    assert event.position == pytest.approx(before / 16000)


def test_listening_stops_and_starts_again(place: Place, application: Application) -> None:
    """Nothing arrives in between, and nothing that was said in between arrives later."""
    first, unheard, second = (noise(0.6, seed=seed) for seed in (1, 2, 3))
    caller, session = connected(place, application)
    session.call.start_listening()
    session.hear(FRAME_BYTES * 5)
    assert caller.say(first).wait(5)
    session.listen(0.3)
    session.call.stop_listening()
    session.listen(0.05)
    so_far = len(session.audio)
    assert caller.say(unheard).wait(5)
    session.listen(0.3)
    assert len(session.audio) == so_far
    session.call.start_listening()
    again = session.until(lambda each: isinstance(each, Audio))
    assert isinstance(again, Audio)
    assert again.position == 0
    assert caller.say(second).wait(5)
    session.listen(0.3)
    heard = bytes(session.audio)
    assert arrived(first, heard) > ALMOST_ALL
    assert arrived(second, heard) > ALMOST_ALL
    assert arrived(unheard, heard) == 0


def test_a_prompt_stops_at_once(place: Place, application: Application) -> None:
    """From `stop_playing` to the last sound at the caller's ear: p95 ≤ 150 ms. Its `Finished` comes."""
    long = wav(place.folder / "long.wav", tone(440, 20))
    caller, session = connected(place, application)
    session.call.start_listening()
    took, responses = [], set()
    for _ in range(STOPS):
        playing = session.call.play([long])
        hears(caller)
        pause(0.1)
        stopped = time.monotonic()
        session.call.stop_playing()
        responses.add(session.finished(playing, 1.0).response)
        began = len(caller.heard)
        pause(0.2)
        wait_heard(
            caller,
            lambda heard, began=began: len(heard) == began or loudness(heard[-1].samples) == 0,
            1.0,
        )
        took.append(last_loud(caller) - stopped)
    p50, p95 = (float(np.percentile(took, percent)) * 1000 for percent in (50, 95))
    print(f"\nstop_playing to silence, {STOPS} times: p50 {p50:.0f} ms, p95 {p95:.0f} ms, {max(took):.3f} s")
    assert p95 <= 150
    assert responses == {"FILE PLAYED"}


def test_a_stop_stops_all_that_is_asked_for(place: Place, application: Application) -> None:
    """Every command still gets its `Finished`, and the next prompt is heard."""
    caller, session = connected(place, application)
    long = wav(place.folder / "long.wav", tone(440, 20))
    asked = [session.call.play([long]) for _ in range(3)]
    hears(caller)
    session.call.stop_playing()
    session.finished(asked[0])
    ended = [event for _, event in session.events if isinstance(event, Finished)]
    assert [(each.command_id, each.response) for each in ended] == [
        (each, "FILE PLAYED") for each in asked[::-1]
    ]
    sound = noise(0.5)
    assert (
        session.finished(session.call.play([wav(place.folder / "next.wav", sound)])).response == "FILE PLAYED"
    )
    pause(0.3)
    assert position(sound, in_a_row(caller))[1] > 0.97


def test_keys_arrive_in_order_during_a_prompt_and_after(place: Place, application: Application) -> None:
    """Every key of the telephone, none twice; no key stops a prompt by itself (`*` would)."""
    sound = noise(3.0)
    caller, session = connected(place, application)
    playing = session.call.play([wav(place.folder / "prompt.wav", sound)])
    hears(caller)
    caller.press("12*#")
    assert session.keys(4) == "12*#"
    assert session.finished(playing).response == "FILE PLAYED"
    caller.press("34567890*#11")
    assert session.keys(16) == "12*#34567890*#11"
    session.listen(0.3)
    assert session.keys_so_far == "12*#34567890*#11"
    assert position(sound, in_a_row(caller))[1] > 0.97


def test_a_key_is_told_while_it_is_fresh(place: Place, application: Application) -> None:
    """The session stops its prompt at the first key, so it must hear of it at once."""
    caller, session = connected(place, application)
    playing = session.call.play([wav(place.folder / "long.wav", tone(440, 20))])
    hears(caller)
    pressed = time.monotonic()
    pressing = gevent.spawn(caller.press, "5")
    session.keys(1)
    took = session.events[-1][0] - pressed
    pressing.get()
    session.call.stop_playing()
    assert session.finished(playing, 1.0).response == "FILE PLAYED"
    print(f"\nkey to event: {took * 1000:.0f} ms")
    assert took < 8.0  # of the prompt's twenty; a quiet machine takes a twentieth
