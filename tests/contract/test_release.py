"""Whoever loses us reaches people: the dialplan's next action runs, whatever became of our server."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import gevent
import pytest

from esl.switch import Audio
from tests.contract.place import (
    ALMOST_ALL,
    FALLBACK,
    Application,
    Caller,
    Place,
    arrived,
    connected,
    gone,
    hears,
    in_a_row,
    in_fallback,
    members,
    pause,
    wav,
)
from tests.contract.test_recording import is_whole, read
from tests.freeswitch.harness import taps, wait_until
from tests.freeswitch.sound import noise, tone
from tests.freeswitch.sound import place as position


def test_without_a_server_the_caller_reaches_people(place: Place) -> None:
    """Nobody listens where the dialplan looks for us."""
    caller = place.caller()
    caller.call()
    wait_until(lambda: len(members(place, FALLBACK)) == 1, 5, "a caller in the fallback queue")
    assert caller.answered.wait(2)
    hears(caller)


@pytest.mark.parametrize("during", ["nothing", "before the answer", "listening", "recording"])
def test_a_released_caller_goes_on(place: Place, application: Application, during: str) -> None:
    """What we cannot serve must never end in dead air."""
    if during == "before the answer":
        caller = place.caller()
        caller.call()
        session = application.next_call()
    else:
        caller, session = connected(place, application)
    if during == "listening":
        session.call.start_listening()
        session.until(lambda event: isinstance(event, Audio))
    if during == "recording":
        session.call.start_recording(place.folder / "left.wav")
    session.let_go()
    in_fallback(place, session.call.uuid)
    assert caller.answered.wait(2)
    hears(caller)
    assert place.api(f"uuid_getvar {session.call.uuid} ivr_landing").strip() == "fallback"
    assert not caller.over.is_set()


def test_what_plays_is_heard_to_its_end(place: Place, application: Application) -> None:
    """A sentence is not cut off because our part is over."""
    sentence = noise(2.0)
    caller, session = connected(place, application)
    session.call.play([wav(place.folder / "sentence.wav", sentence)])
    hears(caller)
    session.let_go()
    pause(0.5)
    assert session.call.uuid not in members(place, FALLBACK)
    in_fallback(place, session.call.uuid)
    assert position(sentence, in_a_row(caller))[1] > 0.97


def test_a_transferred_caller_is_in_the_dialplan_again(place: Place, application: Application) -> None:
    """`transfer` ends what we do with the leg; here the extension leads to us a second time."""
    caller, session = connected(place, application)
    session.call.transfer("9100")
    again = application.next_call()
    assert again.call.uuid == session.call.uuid
    sound = noise(0.5)
    assert again.finished(again.call.play([wav(place.folder / "again.wav", sound)])).response == "FILE PLAYED"
    session.let_go()
    again.let_go()
    in_fallback(place, session.call.uuid)
    assert not caller.over.is_set()


@contextmanager
def victim(place: Place, *how: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server of ours in a process of its own, which takes calls."""
    command = [sys.executable, "-m", "tests.contract.victim", str(place.port), str(place.folder), *how]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
    finally:
        process.kill()
        process.wait(timeout=5)


@pytest.mark.parametrize("round_", range(2))
def test_kill_9_at_any_instant(place: Place, round_: int) -> None:
    """Ten calls at different points of their life when the server is killed: before `connect` is answered,
    in a prompt, listening, recording, with a command under way. Every one reaches the fallback queue, and
    when they have hung up no leg is left."""
    order = random.Random(round_)
    wav(place.folder / "prompt.wav", tone(440, 0.6))
    callers: list[Caller] = [place.caller() for _ in range(10)]

    def call_later(caller: Caller) -> None:
        pause(order.uniform(0, 1.2))
        caller.call()

    with victim(place) as process:
        calling = [gevent.spawn(call_later, caller) for caller in callers]
        pause(1.25)
        os.kill(process.pid, signal.SIGKILL)
        gevent.joinall(calling, raise_error=True)
        wait_until(lambda: len(members(place, FALLBACK)) == len(callers), 8, "all in the fallback queue")
        # What the dead listened to would grow in memory for as long as somebody waits.
        wait_until(lambda: not taps(place.pid), 2, "no live audio that goes on")
    assert not any(caller.over.is_set() for caller in callers)
    for caller in callers:
        hears(caller)
        caller.hang_up()
    gone(place)


def test_what_a_killed_server_listened_to_is_gone_after_the_next_start(place: Place) -> None:
    """Killed before it had looked at the caller's file, which then lies there under its name."""
    wav(place.folder / "prompt.wav", tone(440, 0.6))
    caller = place.caller()
    with victim(place, "listening") as process:
        caller.call()
        process.wait(timeout=8)
        wait_until(lambda: len(members(place, FALLBACK)) == 1, 8, "the caller in the fallback queue")
    wait_until(lambda: not taps(place.pid), 2, "no live audio that goes on")
    with victim(place):  # the real switch has removed the file, which is too short for it; we do the rest
        assert list((place.folder / "live").rglob("*.r8")) == []
    assert not caller.over.is_set()
    caller.hang_up()
    gone(place)


def test_a_server_killed_in_a_sensitive_question_leaves_no_masked_call(place: Place) -> None:
    """What the caller says from the fallback on is on the recording again: queue and talk with people."""
    said = noise(1.0)
    caller = place.caller()
    with victim(place, "masked") as process:
        caller.call()
        process.wait(timeout=8)
        wait_until(lambda: len(members(place, FALLBACK)) == 1, 8, "the caller in the fallback queue")
    [uuid] = members(place, FALLBACK)
    assert caller.say(said).wait(5)
    pause(0.5)  # FreeSWITCH drops the last quarter of a second of a recording that ends in a queue
    caller.hang_up()
    gone(place)
    file = place.folder / f"{uuid}.wav"
    wait_until(lambda: is_whole(file), 3, "a complete recording")
    assert arrived(said, read(file)[0]) > ALMOST_ALL


@pytest.mark.parametrize("how", ["closed", "reset"])
@pytest.mark.parametrize(
    "said", [b"", b"connect\n\n", b"connect\n\nmyevents\n\nsendmsg\ncall-com"], ids=["", "connect", "half"]
)
def test_a_server_that_says_no_more(place: Place, said: bytes, how: str) -> None:
    """A server that dies with bytes unread resets the connection; that is as good as its end, at any point
    of the exchange."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", place.port))
        listening.listen()
        place.caller().call()
        arrived, _ = listening.accept()
        arrived.sendall(said)
        pause(0.1)
        if how == "reset":
            arrived.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        arrived.close()
        wait_until(lambda: len(members(place, FALLBACK)) == 1, 5, "a caller in the fallback queue")
