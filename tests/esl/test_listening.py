"""Listening and recording where the switch cannot begin at once, as a real one right after the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest
from gevent.event import Event as Flag
from gevent.queue import Empty, Queue

from esl.errors import CallEnded
from esl.listening import MOST_TRIES, Listening
from esl.live_audio import LiveAudio
from esl.switch import FRAME_BYTES, Audio, Call, CallEvent, ListeningLost
from esl.wire import Command
from tests.esl.outbound_house import UUID, House, next_event, open_house
from tests.esl.peer import DEADLINE, Peer, api_response

Script = Callable[[Peer, Command], bool]
__all__ = ["open_house"]


RECORD = re.compile(r"api uuid_record \S+ (\S+) (\S+)")


def recordings_of(peer: Peer) -> list[tuple[str, str]]:
    """(action, file name) of what the switch was told about recordings."""
    return [(m[1], Path(m[2]).name) for line in peer.lines if (m := RECORD.match(line))]


def refusing(times: int, answer: str = "-ERR Cannot record session!\n") -> Script:
    """A switch that refuses the first so many recordings."""
    refused = iter(range(times))

    def script(peer: Peer, command: Command) -> bool:
        if " start " in command.rest and next(refused, None) is not None:
            peer.send(api_response(answer))
            return True
        return False

    return script


@pytest.mark.parametrize("what", ["listening", "recording"])
def test_a_recording_that_cannot_begin_yet_is_asked_for_again(
    open_house: Callable[..., House], tmp_path: Path, what: str
) -> None:
    """Seen on 1.11.2 right after the answer. The caller's sound arrives all the same."""
    seen: list[CallEvent] = []
    file = tmp_path / (f"{UUID}.r8" if what == "listening" else "call.wav")

    def life(call: Call) -> None:
        if what == "listening":
            call.start_listening()
            file.write_bytes(bytes(FRAME_BYTES))
            seen.append(next_event(call))
        else:
            call.start_recording(file)

    house = open_house(life, live_audio=LiveAudio(folder=tmp_path))
    peer = house.call(script=refusing(2))
    house.wait()
    assert recordings_of(peer)[:3] == [("start", file.name)] * 3
    assert seen == ([Audio(bytes(FRAME_BYTES), 0.0)] if what == "listening" else [])


@pytest.mark.parametrize(("answer", "tries"), [("Cannot record session!", 3), ("No space left", 1)])
def test_a_recording_that_never_begins_is_told(
    open_house: Callable[..., House], tmp_path: Path, answer: str, tries: int
) -> None:
    """Once, after a bounded number of tries; what is no passing moment is not tried again."""
    seen: list[CallEvent] = []

    def life(call: Call) -> None:
        call.start_listening()
        seen.append(next_event(call))

    house = open_house(life, live_audio=LiveAudio(folder=tmp_path))
    peer = house.call(script=refusing(9, f"-ERR {answer}\n"))
    house.wait()
    assert recordings_of(peer) == [("start", f"{UUID}.r8")] * tries
    assert seen == [ListeningLost(f"the switch refused: -ERR {answer}")]


def test_a_leg_that_is_gone_is_not_asked_again(open_house: Callable[..., House], tmp_path: Path) -> None:
    """The hang-up ends the wait between two tries."""
    refuse = refusing(9)

    def script(peer: Peer, command: Command) -> bool:
        done = refuse(peer, command)
        if done:
            peer.send_event("CHANNEL_HANGUP", **{"Unique-ID": peer.channel["Unique-ID"]})
        return done

    def life(call: Call) -> None:
        with pytest.raises(CallEnded):
            call.start_listening()

    house = open_house(life, live_audio=LiveAudio(folder=tmp_path))
    peer = house.call(script=script)
    house.wait()
    assert recordings_of(peer) == [("start", f"{UUID}.r8")]


class Deaf:
    """A switch that makes the file each time it is told to, and leaves the first `silent` ones empty."""

    def __init__(self, folder: Path, silent: int) -> None:
        self.told: list[tuple[str, str]] = []
        self.inbox: Queue[Audio | ListeningLost] = Queue()
        self.audio = LiveAudio(folder=folder)
        self.settled = Flag()
        self._silent = silent
        self.listening = Listening(
            UUID,
            self.audio,
            start=self._start,
            end=lambda command: self.told.append(_told(command)),
            post=self.inbox.put,
            silent_after=0.0,
        )

    def _start(self, batch: tuple[Command, ...]) -> None:
        self.told.append(_told(batch[-1]))
        begun = sum(action == "start" for action, _ in self.told)
        file = self.audio.folder / self.told[-1][1]
        file.write_bytes(b"" if begun <= self._silent else bytes(FRAME_BYTES))
        self.audio.look()  # the reader has come by: what is there is open, what was written is delivered
        if begun == min(self._silent + 1, MOST_TRIES):
            self.settled.set()


def _told(command: Command) -> tuple[str, str]:
    found = RECORD.match(command.line)
    assert found is not None
    return found[1], Path(found[2]).name


@pytest.fixture
def deaf(tmp_path: Path) -> Iterator[Callable[[int], Deaf]]:
    made: list[Deaf] = []

    def make(silent: int) -> Deaf:
        made.append(Deaf(tmp_path, silent))
        return made[-1]

    yield make
    for one in made:
        one.listening.drop()
        one.audio.close()


FILES = (f"{UUID}.r8", f"{UUID}.2.r8", f"{UUID}.3.r8")


@pytest.mark.parametrize("silent", [0, 1, 2])
def test_what_was_accepted_and_stays_silent_is_begun_again(
    deaf: Callable[[int], Deaf], tmp_path: Path, silent: int
) -> None:
    """Under another name, after the first was stopped; the caller is heard, and no file is left."""
    switch = deaf(silent)
    switch.listening.start()
    assert switch.settled.wait(DEADLINE)
    assert switch.inbox.get(timeout=DEADLINE) == Audio(bytes(FRAME_BYTES), 0.0)
    gevent.sleep(0)  # a try that has heard something is not followed by another
    expected = [("start", FILES[0])]
    for number in range(silent):
        expected += [("stop", FILES[number]), ("start", FILES[number + 1])]
    assert switch.told == expected
    assert switch.audio.following == 1
    assert list(tmp_path.iterdir()) == []


def test_it_is_begun_three_times_at_most(deaf: Callable[[int], Deaf]) -> None:
    """What is silent then is told as ever (`stall_after`)."""
    switch = deaf(99)
    switch.listening.start()
    assert switch.settled.wait(DEADLINE)
    gevent.idle()
    assert [name for action, name in switch.told if action == "start"] == list(FILES)
    with pytest.raises(Empty):
        switch.inbox.get(block=False)


def test_whoever_stops_listening_is_not_listened_to_again(deaf: Callable[[int], Deaf]) -> None:
    """Also in the moment in which it would be begun again."""
    switch = deaf(99)
    switch.listening.start()
    switch.listening.stop()
    gevent.idle()
    assert switch.told == [("start", FILES[0]), ("stop", FILES[0])]
    switch.listening.start()
    assert switch.audio.following == 1
